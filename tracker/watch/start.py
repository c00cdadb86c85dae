"""From settings to a running program: everything the live program is made of, put together in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from streams.errors import SinkAwayError
from streams.kafka_config import InRecord, KafkaConfig, OutRecord
from streams.kafka_sink import KafkaSink, create_topics, missing_topics
from streams.kafka_source import KafkaRecords
from streams.source import Source
from streams.threads import at_once
from streams.time import Clock
from tracker.alerts.alert import Alert
from tracker.cargo.book import CargoBook
from tracker.config.papers import PAPERS
from tracker.config.watch import BrokerConfig, SourceConfig
from tracker.decode.rejects import RejectCause
from tracker.errors import SettingError
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES, ZoneSet
from tracker.settings import Settings
from tracker.topics.outgoing import TOPICS, alert_record, dead_letter, state_record, topic_specs
from tracker.watch.coming_papers import ComingPapers, RecordSource
from tracker.watch.control import FLAGS, ORDERS
from tracker.watch.files import WatchFiles
from tracker.watch.inbox import Inbox
from tracker.watch.loop import Log, Watch
from tracker.watch.outbox import Sink
from tracker.watch.receiving import Receiving
from tracker.watch.sinks import AlertLines
from tracker.watch.sources import kafka_config, make_source
from tracker.watch.world import World

_DETECTOR_THREADS: Final = 2
"""Two detectors do most of the work of a minute, each about half of it."""


def assemble(
    settings: Settings,
    files: WatchFiles,
    clock: Clock,
    log: Log,
    *,
    book: CargoBook | None = None,
    places: WorldPlaces,
    zones: ZoneSet = NO_ZONES,
) -> Watch:
    """The live program, ready to run.

    Raises
    ------
    SettingError
        no source is configured, or one cannot be made.
    """
    sources: Mapping[str, SourceConfig] = settings.sources
    if not sources:
        raise SettingError(
            "no source is configured", "[sources]", "add one to the settings, or give --source NAME=ADDRESS"
        )
    broker = settings.kafka
    kafka = kafka_config(broker)
    has_sink = kafka is not None or files.alerts is not None

    def messages_of(alert: Alert) -> Sequence[OutRecord]:
        return (alert_record(alert, broker.alerts), state_record(alert, broker.state)) if has_sink else ()

    def make(name: str) -> Source:
        return make_source(name, sources[name], settings.watch, kafka, files.state / "journal", clock)

    pool = ThreadPoolExecutor(_DETECTOR_THREADS, thread_name_prefix="detectors")
    world = World(
        settings,
        book or CargoBook(),
        places,
        zones,
        sources,
        messages_of,
        broker.dead_letters,
        partial(at_once, pool),
        broker.answers,
        has_sink,
        clock,
    )
    return Watch(
        world,
        files.store,
        files.state / "snapshots",
        {name: make(name) for name in sources},
        make,
        _control_maker(broker, kafka, clock),
        _sinks_maker(broker, kafka, files.alerts, log),
        _dead_letter_maker(broker),
        log,
        clock=clock,
    )


def coming_papers(
    settings: Settings, receiving: Receiving, inbox: Inbox | None, clock: Clock, log: Log
) -> ComingPapers:
    """Papers that come by the topic of the settings, where there is a broker, and whichever way else."""
    broker = settings.kafka
    kafka = kafka_config(broker)

    def make() -> RecordSource | None:
        return None if kafka is None else KafkaRecords(PAPERS, (broker.papers,), kafka, clock)

    return ComingPapers(receiving, inbox, make, clock, log)


def _control_maker(
    broker: BrokerConfig, kafka: KafkaConfig | None, clock: Clock
) -> Callable[[], tuple[RecordSource, Callable[[InRecord], str]] | None]:
    def kind_of(record: InRecord) -> str:
        return FLAGS if record.topic == broker.flags else ORDERS

    def make() -> tuple[RecordSource, Callable[[InRecord], str]] | None:
        if kafka is None:
            return None
        return KafkaRecords("control", (broker.flags, broker.orders), kafka, clock), kind_of

    return make


def _sinks_maker(
    broker: BrokerConfig, kafka: KafkaConfig | None, alerts: Path | None, log: Log
) -> Callable[[], Mapping[str, Sink]]:
    def make() -> Mapping[str, Sink]:
        sinks: dict[str, Sink] = {}
        if alerts is not None:
            sinks["file"] = AlertLines(
                alerts, broker.alerts, lambda told: log.warning("alerts_mended", file=str(alerts), error=told)
            )
        if kafka is not None:
            sinks["kafka"] = _Topics(kafka, broker, log)
        return sinks

    return make


class _Topics:
    """The Kafka sink. Topics that are missing are created before anything is sent, or their names are told where that is not allowed."""

    def __init__(self, kafka: KafkaConfig, broker: BrokerConfig, log: Log) -> None:
        self._sink, self._kafka, self._broker, self._log = KafkaSink(kafka), kafka, broker, log
        self._are_there = False

    def prepare(self) -> None:
        specs = topic_specs({name: getattr(self._broker, name) for name in TOPICS})
        if self._broker.create_topics:
            made = create_topics(self._kafka, specs)
            if made:
                self._log.info("topics_created", topics=made)
        else:
            missing = missing_topics(self._kafka, [spec.name for spec in specs])
            if missing:
                self._log.warning("topics_missing", topics=missing)
        self._are_there = True

    def send(self, records: Sequence[OutRecord]) -> None:
        if not self._are_there:
            self.prepare()
        try:
            self._sink.send(records)
        except SinkAwayError:
            self._are_there = False  # a topic may have been deleted: it is looked for, and made again
            raise

    def close(self) -> None:
        self._sink.close()


def _dead_letter_maker(broker: BrokerConfig) -> Callable[[OutRecord, str], OutRecord | None]:
    def make(record: OutRecord, why: str) -> OutRecord | None:
        if record.topic == broker.dead_letters:
            return None
        key = (record.key or b"").decode("utf-8", "replace")
        return dead_letter(
            RejectCause.TOO_LONG, why, record.value or b"", f"outbox:{record.topic}:{key}", 0, broker.dead_letters
        )

    return make
