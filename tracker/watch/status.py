"""What the loop publishes of itself: frozen values for ``/metrics``, reasons for ``/readyz``, and changes for the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from streams.journaled import JournaledSource
from streams.source import Source, SourceHealth
from streams.time import US_PER_S, SteadyClock
from tracker.watch.facts import LoopFacts
from tracker.watch.life import Life
from tracker.watch.outbox import Outbox
from tracker.web.metrics import Value
from tracker.web.operations import Status


def not_ready(facts: LoopFacts, life: Life | None) -> tuple[str, ...]:
    """Why the program is not live, a sentence each."""
    if life is None:
        return (f"{facts.phase}: {facts.last_error}" if facts.last_error else facts.phase,)
    if life.is_catching_up:
        return (f"catching up; waits for {', '.join(life.waits_for)}",)
    return ()


def status_of(
    facts: LoopFacts,
    life: Life | None,
    outbox: Outbox | None,
    sources: Mapping[str, Source],
    clock: SteadyClock,
    now_us: int,
) -> Status:
    """Everything, at one instant of the monotonic clock ``now_us``; called by the loop alone."""
    reasons = not_ready(facts, life)
    values = [Value("live", (), float(not reasons)), *_loop(facts, now_us)]
    wall_us = clock.now_us()
    values += [
        Value("clock_jumps_total", (), clock.jumps),
        Value("clock_offset_seconds", (), clock.offset_us / US_PER_S),
        Value("resident_bytes", (), resident_bytes()),
    ]
    for name, source in sources.items():
        values += _source(name, source, wall_us)
    if life is not None:
        values += _life(life, wall_us)
    if outbox is not None:
        status = outbox.status
        values += [
            Value("outbox_messages", (), status.depth),
            Value("outbox_sent_total", (), status.sent),
            Value("outbox_refused_total", (), status.refused),
            Value("broker_away", (), float(status.is_away)),
        ]
    return Status(now_us, reasons, tuple(values))


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0


@dataclass(slots=True)
class Changes:
    """Tells of each change of a source's or the broker's state once."""

    _states: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, sources: Mapping[str, Source], outbox: Outbox | None) -> Iterator[tuple[str, dict[str, object]]]:
        """Events for the log with their fields; ``source_away`` and ``broker_away`` are for a person to look at."""
        for name, source in sources.items():
            health = source.health
            yield from self._changed(f"source {name}", health.state, health.last_error, {"source": name}, "source")
        if outbox is not None:
            state = "waiting" if outbox.status.is_away else "connected"
            error = outbox.status.last_error if outbox.status.is_away else ""
            yield from self._changed("broker", state, error, {"unsent": outbox.status.depth}, "broker")

    def _changed(
        self, key: str, state: str, error: str, fields: dict[str, object], what: str
    ) -> Iterator[tuple[str, dict[str, object]]]:
        before = self._states.get(key)
        self._states[key] = (state, error)
        if before == (state, error) or (before is None and not error):
            return
        well = state == "connected" and not error
        yield (
            f"{what}_{'back' if well else 'away' if state != 'connected' else 'trouble'}",
            {**fields, "state": state, "error": error},
        )


def _loop(facts: LoopFacts, now_us: int) -> Iterator[Value]:
    yield Value("commits_total", (), facts.commits)
    yield Value("lives_total", (), facts.lives)
    yield Value("snapshots_total", (), facts.snapshots)
    yield Value("snapshot_seconds", (), facts.snapshot_s)
    if facts.snapshot_at_us is not None:
        yield Value("snapshot_age_seconds", (), (now_us - facts.snapshot_at_us) / US_PER_S)


def _source(name: str, source: Source, wall_us: int) -> Iterator[Value]:
    health: SourceHealth = source.health
    yield Value("source_bytes_total", (name,), health.bytes_in)
    yield Value("source_chunks_total", (name,), health.chunks_in)
    yield Value("source_connects_total", (name,), health.connects)
    yield Value("source_dropped_total", (name,), health.dropped)
    yield Value("source_up", (name,), float(health.state == "connected"))
    if health.last_heard_us is not None:
        yield Value("source_silent_seconds", (name,), max(0.0, (wall_us - health.last_heard_us) / US_PER_S))
    if health.lag is not None:
        yield Value("source_lag", (name,), health.lag)
    if isinstance(source, JournaledSource):
        yield Value("journal_bytes", (name,), source.journal_status.stored_bytes)


def _life(life: Life, wall_us: int) -> Iterator[Value]:
    counts = life.engine.counts
    for line in life.lines.values():
        decoder = line.counts
        yield Value("units_total", (line.name,), decoder.units_in)
        yield Value("units_decoded_total", (line.name,), decoder.units_decoded)
        for cause, count in sorted(decoder.rejects.counts.items()):
            yield Value("rejects_total", (line.name, str(cause)), count)
    for name in ("reports", "statics", "recomputations", "recomputed_rows", "corrections"):
        yield Value(f"{name}_total", (), getattr(counts, name))
    for name in ("late", "too_late", "broken_clock"):
        yield Value(f"{name}_rows_total", (), getattr(counts, name))
    if life.engine.watermark_us > 0:
        yield Value("watermark_delay_seconds", (), (wall_us - life.engine.watermark_us) / US_PER_S)
    for (kind, state), count in sorted(counts.events.items()):
        yield Value("events_total", (kind, state), count)
    for (kind, type_), count in sorted(counts.alerts.items()):
        yield Value("alerts_total", (kind, type_), count)
    for kind, count in life.control.counts.items():
        yield Value("control_messages_total", (kind,), count)
    yield Value("snapshot_bytes", (), life.snapshot_bytes)
    yield Value("snapshots_stored_bytes", (), life.shelf.stored_bytes)
