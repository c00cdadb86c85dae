"""What ``tidewaiter check`` tries of a live program before it is started: each thing once, briefly, changing nothing.

Whatever the settings name is met as the program would meet it: sources are connected to and listened to for a moment, addresses bound and
let go, brokers asked for their topics, files opened, folders looked at. A finding is one line: what, how it is, why not, how to mend it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from streams.errors import StreamError
from streams.files import peek
from streams.kafka_sink import topic_names
from streams.probe import first_bytes, try_to_bind
from tracker.config.watch import BrokerConfig, SourceConfig, WatchConfig, host_and_port
from tracker.decode.recognise import PEEK_BYTES, recognise
from tracker.errors import InputError, SettingError, TrackerError
from tracker.settings import Settings
from tracker.store.migrations import LAYOUT
from tracker.store.standing import InUse, standing_of
from tracker.watch.files import state_folder
from tracker.watch.fitting import check_fit
from tracker.watch.sources import kafka_config

LISTEN_S: Final = 3.0
"""A feed that runs gives something within three seconds; one that does not is told, and no error."""
_CONNECT_S: Final = 5.0
_ROOM_GB: Final = 5.0
"""Beside the journals: a store of a week of a busy coast, and its snapshots."""
_GB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tried. ``is_good`` is None for what is no error and should be known."""

    what: str
    is_good: bool | None
    how_it_is: str
    mend: str = ""

    def sentence(self) -> str:
        """One line."""
        return f"{self.how_it_is}; {self.mend}" if self.mend else self.how_it_is


def try_all(settings: Settings, store: Path | None, *, listen_s: float = LISTEN_S) -> Iterator[Finding]:
    """Everything that the settings and the store's name name, one after the other."""
    watch = settings.watch
    sources: Mapping[str, SourceConfig] = settings.sources
    if not sources:
        yield Finding(
            "sources", None, "none is configured", "watch needs one: [sources.NAME], or --source NAME=tcp://host:port"
        )
    try:
        check_fit(settings)
    except SettingError as exc:
        yield Finding("settings", False, str(exc))
    topics: dict[str, tuple[str, ...]] = {}
    for name, source in sources.items():
        if source.kind == "kafka":
            topics[name] = source.topics
        else:
            yield _tried(f"source {name}", lambda source=source: _source(source, listen_s))  # type: ignore[misc]
    yield from _broker(settings.kafka, topics)
    if watch.http_address:
        yield _tried("watch.http_address", lambda: _can_listen(watch.http_address, "metrics and health"))
    if store is not None:
        yield _tried("store", lambda: _store(store))
        yield _tried("disk", lambda: _room(store, watch, any(source.is_socket for source in sources.values())))


def _tried(what: str, find: Callable[[], tuple[bool | None, str, str]]) -> Finding:
    try:
        return Finding(what, *find())
    except TrackerError as exc:
        return Finding(what, False, str(exc))
    except ValueError as exc:
        return Finding(what, False, str(exc), "correct it")
    except OSError as exc:
        return Finding(what, False, exc.strerror or str(exc), "check the path, the permissions and the network")


def _source(source: SourceConfig, listen_s: float) -> tuple[bool | None, str, str]:
    if source.kind == "file":
        return _file(Path(source.path))
    if source.kind == "tcp":
        return _feed(source.address, listen_s)
    if source.kind == "udp":
        return _can_listen(source.address, "datagrams", datagrams=True)
    return _can_listen(source.address, "receivers that connect")


def _file(path: Path) -> tuple[bool | None, str, str]:
    if not path.exists():
        return None, f"{path} is not there yet", "it is waited for; is the path right?"
    if path.is_dir():
        return False, f"{path} is a folder", "name the file in it"
    if not path.is_file():
        return False, f"{path} is no plain file", "only those can be followed: write into one, or send by tcp or udp"
    if not os.access(path, os.R_OK):
        return False, f"{path} may not be read", "give this user the right to read it"
    first = peek(path, PEEK_BYTES)
    if not first.strip():
        return None, f"{path} is empty as yet", ""
    return True, f"{path} holds {recognise(first, str(path))}", ""


def _feed(address: str, listen_s: float) -> tuple[bool | None, str, str]:
    try:
        first = first_bytes(*host_and_port(address), listen_s, PEEK_BYTES)
    except OSError as exc:
        return (
            False,
            f"{address} cannot be reached ({exc.strerror or exc})",
            "is the address right, the receiver on, the way open?",
        )
    if not first.strip():
        return (
            None,
            f"{address} is connected and said nothing for {listen_s:g} s",
            "a receiver in a quiet place may; else look at it",
        )
    try:
        return True, f"{address} gives {recognise(first)}, {len(first):,} bytes at once", ""
    except InputError:
        wrong = f"{address} gives {len(first):,} bytes that no decoder recognises"
        return False, wrong, "is it the right port of the receiver? docs/inputs.md lists what is read"


def _can_listen(address: str, whom: str, *, datagrams: bool = False) -> tuple[bool | None, str, str]:
    try:
        try_to_bind(*host_and_port(address), datagrams=datagrams)
    except OSError as exc:
        return False, f"{address} cannot be listened on ({exc.strerror or exc})", "choose another, or end who has it"
    return True, f"{address} is free for {whom}", ""


def _broker(broker: BrokerConfig, wanted: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    if not broker.bootstrap:
        for name in wanted:
            yield Finding(f"source {name}", False, "no broker is named", "set bootstrap in [kafka]")
        return
    try:
        kafka = kafka_config(broker)
        assert kafka is not None
        there = set(topic_names(replace(kafka, request_timeout_s=min(kafka.request_timeout_s, _CONNECT_S))))
    except (TrackerError, StreamError) as exc:
        yield Finding("kafka", False, str(exc), "is [kafka] bootstrap right, and the broker running?")
        return
    ours = {name: getattr(broker, name) for name in ("alerts", "state", "dead_letters", "flags", "orders")}
    missing = sorted(set(ours.values()) - there)
    how = f"{broker.bootstrap} answers, {len(there):,} topics"
    if missing and broker.create_topics:
        yield Finding("kafka", True, f"{how}; to be created: {', '.join(missing)}")
    elif missing:
        yield Finding(
            "kafka",
            False,
            f"{how}; missing: {', '.join(missing)}",
            "create them (deploy/topics.yaml), or set create_topics = true",
        )
    else:
        yield Finding("kafka", True, f"{how}; ours are there")
    for name, topics in wanted.items():
        away = [topic for topic in topics if topic not in there]
        if away:
            yield Finding(
                f"source {name}", None, f"no topic {', '.join(away)} as yet", "it is waited for; is the name right?"
            )
        else:
            yield Finding(f"source {name}", True, f"{', '.join(topics)} is there")


def _store(store: Path) -> tuple[bool | None, str, str]:
    folder = store.parent
    if not folder.is_dir():
        return False, f"there is no folder {folder}", f"mkdir -p {folder}"
    if not os.access(folder, os.W_OK):
        return False, f"{folder} may not be written", "give this user the right, or choose another --db"
    if not store.exists():
        return True, f"{store} will be made", ""
    try:
        layout = standing_of(store).layout
    except InUse:
        return None, f"{store} is open in another program", "if that is watch, ask it: tidewaiter status"
    if layout < LAYOUT:
        return (
            None,
            f"{store} has layout {layout}, this program writes {LAYOUT}",
            "it is migrated at the next start (tidewaiter migrate --dry-run)",
        )
    return True, f"{store} is a store of this layout", ""


def _room(store: Path, watch: WatchConfig, has_journal: bool) -> tuple[bool | None, str, str]:
    place = state_folder(store)
    while not place.exists() and place != place.parent:
        place = place.parent
    free_gb = shutil.disk_usage(place).free / _GB
    needed_gb = _ROOM_GB + (watch.journal_gb if has_journal else 0.0)
    said = f"{free_gb:,.0f} GB free at {place}"
    if free_gb >= needed_gb:
        return True, said, ""
    if has_journal and free_gb >= _ROOM_GB:
        return None, f"{said}; journals may take {watch.journal_gb:g} GB", "lower [watch] journal_gb or make room"
    return False, said, "make room, or choose another disk"
