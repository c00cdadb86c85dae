"""From settings to sources: each kind is made here, sockets behind a journal."""

from __future__ import annotations

from pathlib import Path

from streams.clients import ClientLimits
from streams.follow import FollowSource
from streams.framing import Framing
from streams.journal import Journal, JournalConfig
from streams.journaled import JournaledSource
from streams.kafka_config import KafkaConfig
from streams.kafka_source import KafkaSource
from streams.listeners import TcpServerSource, UdpSource
from streams.sockets import TcpClientSource
from streams.source import Source
from streams.time import Clock, SteadyClock
from tracker.config.watch import BrokerConfig, SourceConfig, WatchConfig, host_and_port
from tracker.errors import SettingError


def make_source(
    name: str, config: SourceConfig, watch: WatchConfig, kafka: KafkaConfig | None, journals: Path, clock: Clock
) -> Source:
    """One source, not started yet; ``journals`` is the folder of all journals.

    Raises
    ------
    SettingError
        a Kafka source without a broker.
    JournalError
        the journal's folder cannot be used.
    """
    if config.kind == "file":
        begin_at = "end" if config.start_at == "latest" else "beginning"
        return FollowSource(name, config.path, clock, begin_at=begin_at)  # type: ignore[arg-type]
    if config.kind == "kafka":
        if kafka is None:
            raise SettingError("no broker is named", f"[sources.{name}]", "set bootstrap in [kafka]")
        return KafkaSource(name, config.topics, kafka, clock, start_at=config.start_at)
    journal = Journal(journals / name, journal_config(watch))
    if isinstance(clock, SteadyClock) and (newest_us := journal.newest_us) is not None:
        clock.not_before(newest_us)
    return JournaledSource(_socket(name, config, clock), journal)


def _socket(name: str, config: SourceConfig, clock: Clock) -> Source:
    host, port = host_and_port(config.address)
    framing = _framing(config)
    if config.kind == "tcp":
        return TcpClientSource(name, host, port, clock, framing=framing, silence_s=config.silence_s)
    limits = ClientLimits(config.max_clients, config.clients_per_address, config.client_idle_s)
    if config.kind == "tcp_server":
        return TcpServerSource(name, host, port, clock, framing=framing, limits=limits)
    return UdpSource(name, host, port, clock, limits=limits)


def _framing(config: SourceConfig) -> Framing:
    """As set, or as the format named needs it, or by the first bytes."""
    if config.framing != "auto":
        return "beast" if config.framing == "beast" else "lines"
    if config.format == "auto":
        return "auto"
    return "beast" if config.format == "beast" else "lines"


def journal_config(watch: WatchConfig) -> JournalConfig:
    """How journals are kept."""
    return JournalConfig(
        fsync_s=watch.journal_fsync_s, keep_h=watch.journal_keep_h, keep_bytes=int(watch.journal_gb * (1 << 30))
    )


def kafka_config(broker: BrokerConfig) -> KafkaConfig | None:
    """How to reach the cluster; None where none is named."""
    if not broker.bootstrap:
        return None
    names = KafkaConfig.__dataclass_fields__.keys() & BrokerConfig.__dataclass_fields__.keys()
    try:
        return KafkaConfig(**{name: getattr(broker, name) for name in names})
    except ValueError as exc:
        raise SettingError(str(exc), "[kafka]", "correct it") from exc
