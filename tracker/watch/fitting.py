"""What no setting shows alone: whether sources, broker, window and door go together. Found out before anything is opened.

A source that reads what the program itself writes would feed it for ever: each dead letter is unreadable as a sentence, and makes another.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tracker.config.watch import BrokerConfig, SourceConfig, WatchConfig, host_and_port, is_topic_name
from tracker.errors import InputError, SettingError
from tracker.settings import Settings
from tracker.store.opening import log_of
from tracker.topics.outgoing import TOPICS
from tracker.watch.files import WatchFiles

_ANY: Final = ("", "0.0.0.0", "::")
"""Hosts that mean every address of the machine."""


def check_fit(settings: Settings) -> None:
    """Refuse settings that do not go together.

    Raises
    ------
    SettingError
        naming the two that do not, and how to mend it.
    """
    sources: Mapping[str, SourceConfig] = settings.sources
    broker = settings.kafka
    _check_topics(broker)
    _check_secrets(broker)
    _check_own_topics(sources, broker)
    _check_twice(sources)
    _check_listeners(sources, settings.watch)


def check_files(settings: Settings, files: WatchFiles) -> None:
    """Refuse a file of alerts that is none, or something of the program's own; and a source that follows what the program writes.

    Its folder may be missing: whoever mounts it late is waited for, and told.

    Raises
    ------
    InputError, SettingError
        naming the file and how to mend it.
    """
    own = [files.store, log_of(files.store), files.state]
    alerts = files.alerts
    if alerts is not None:
        where = f"--alerts {alerts}"
        if alerts.is_dir():
            raise InputError("is a folder", where, "name a file in it")
        if alerts.exists() and not alerts.is_file() and not alerts.is_char_device():
            raise InputError(
                "keeps nothing: what is written there is lost where nobody reads it", where, "name a plain file"
            )
        if _is_of(alerts, own):
            raise InputError("is the store, or a file of it", where, "name another file")
        own.append(alerts)
    sources: Mapping[str, SourceConfig] = settings.sources
    for name, source in sources.items():
        if source.kind == "file" and _is_of(Path(source.path), own):
            raise SettingError(
                f"{source.path} is written by the program itself", f"[sources.{name}] path", "name the file of a feed"
            )


def _is_of(path: Path, places: Iterable[Path]) -> bool:
    """Whether a path is one of some places, or lies in one."""
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(place)) for place in places)


def _check_topics(broker: BrokerConfig) -> None:
    names: dict[str, str] = {}
    for key in TOPICS:
        topic = str(getattr(broker, key))
        if not is_topic_name(topic):
            raise SettingError(
                f"topic {topic!r} is no name of a topic",
                f"[kafka] {key}",
                "use letters, digits, dot, dash and underscore",
            )
        if topic in names:
            raise SettingError(
                f"{topic} is the topic of {names[topic]} too", f"[kafka] {key}", "give each a topic of its own"
            )
        names[topic] = key


def _check_secrets(broker: BrokerConfig) -> None:
    """A variable cannot come later, so it is asked for now; a file with a password may, and is waited for."""
    if not broker.bootstrap:
        return
    if broker.sasl_password_env and broker.sasl_mechanism and not os.environ.get(broker.sasl_password_env):
        raise SettingError(
            f"the environment has no {broker.sasl_password_env}",
            "[kafka] sasl_password_env",
            "set it, or name a file in sasl_password_file",
        )
    for key in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
        name = str(getattr(broker, key))
        if not name or "SSL" not in broker.security_protocol:
            continue
        if not Path(name).is_file():
            raise SettingError(f"{name} is not there", f"[kafka] {key}", "name the file in PEM format")
        if not os.access(name, os.R_OK):
            raise SettingError(f"{name} may not be read", f"[kafka] {key}", "give this user the right to read it")


def _check_own_topics(sources: Mapping[str, SourceConfig], broker: BrokerConfig) -> None:
    ours = {str(getattr(broker, key)): key for key in TOPICS}
    for name, source in sources.items():
        for topic in source.topics if source.kind == "kafka" else ():
            if topic in ours:
                raise SettingError(
                    f"{topic} is the program's own topic of {ours[topic]}",
                    f"[sources.{name}] topics",
                    "name topics of raw feeds",
                )


def _check_twice(sources: Mapping[str, SourceConfig]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for name, source in sources.items():
        for key, what in _origins(source):
            if (other := seen.setdefault((key, what), name)) != name:
                raise SettingError(
                    f"{what} is read by [sources.{other}] already",
                    f"[sources.{name}] {key}",
                    "remove one: every report would come twice",
                )


def _origins(source: SourceConfig) -> Iterator[tuple[str, str]]:
    """What a source reads, where two that read the same would read the same reports."""
    if source.kind == "tcp":
        yield "address", "{}:{}".format(*host_and_port(source.address))
    elif source.kind == "file":
        yield "path", os.path.realpath(source.path)
    elif source.kind == "kafka":
        yield from (("topics", topic) for topic in source.topics)


def _check_listeners(sources: Mapping[str, SourceConfig], watch: WatchConfig) -> None:
    taken: list[tuple[str, str, int, str]] = []
    for where, protocol, address in _listeners(sources, watch):
        try:
            host, port = host_and_port(address)
        except ValueError:
            continue  # told where it is opened
        for other, other_protocol, other_port, other_host in taken:
            is_same = host == other_host or host in _ANY or other_host in _ANY
            if port and protocol == other_protocol and port == other_port and is_same:
                raise SettingError(f"{address} is taken by {other}", where, "choose another port")
        taken.append((where, protocol, port, host))


def _listeners(sources: Mapping[str, SourceConfig], watch: WatchConfig) -> Iterator[tuple[str, str, str]]:
    """Setting, protocol and address of everything that is listened on."""
    if watch.http_address:
        yield "[watch] http_address", "tcp", watch.http_address
    if watch.door not in ("", "off"):
        yield "[watch] door", "tcp", watch.door
    for name, source in sources.items():
        if source.kind in ("tcp_server", "udp"):
            yield f"[sources.{name}] address", "udp" if source.kind == "udp" else "tcp", source.address
