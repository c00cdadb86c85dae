"""What the loop says of itself: once a second it is measured, and the frozen result is what the HTTP threads see.

Changes are told to the log once, with their sentence: a source connected, lost or back, its journal full, the broker away or back, a part of
a turn slow, the clock jumping. Everything here runs in the loop's thread; :attr:`Meters.latest` is replaced whole, never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from streams.clocks import Off
from streams.journaled import JournaledSource
from streams.source import Source, SourceHealth
from streams.time import US_PER_S, Clock, MonotonicClock, SteadyClock
from tracker.config.papers import PAPERS
from tracker.config.watch import CONTROL
from tracker.faults import fault_of
from tracker.watch.life import Life
from tracker.watch.lines import Line
from tracker.watch.loop import Log, Watch
from tracker.watch.sight import Judging, clock_sentences, life_sentences, line_sentence
from tracker.watch.status import Status
from tracker.watch.status_book import StatusBook
from tracker.web.metrics import Sample
from tracker.web.operations import STARTING, Snapshot

PHASES: Final = ("starting", "catching up", "live", "store away", "stopped")
_TELL_REFUSALS_US: Final = 60 * US_PER_S
_STEPS_TO_TELL: Final = 200
"""Of a live feed fewer steps say nothing of its units: a few craft in one manoeuvre."""
STATES: Final = ("starting", "connected", "waiting", "closed")


class Meters:
    """Measures a watch. ``clock`` stamps receipts, so delays are told by it.

    Parameters
    ----------
    standing:
        How many alerts stand, by band, as last counted.
    """

    def __init__(
        self,
        clock: SteadyClock,
        log: Log,
        monotonic: Clock | None = None,
        standing: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self.latest = Snapshot()
        self.status = Status()
        """As :attr:`latest`, of the same instant."""
        self._standing = standing
        self._book = StatusBook(clock)
        self._clock, self._log, self._monotonic = clock, log, monotonic or MonotonicClock()
        self._measured_us: int | None = None
        self._phase = ""
        self._states: dict[str, str] = {}
        self._errors: dict[str, str] = {}
        self._was_connected: set[str] = set()
        self._is_away, self._is_clock_away, self._jumps = False, False, 0
        self._is_pressed = False
        self._slow: dict[str, int] = {}
        self._refusals: dict[str, tuple[int, int, int]] = {}  # when they were told, and how many there were then
        self._off: dict[str, Off] = {}
        self._doubted: dict[str, set[str]] = {}
        """Columns of each line that looked as if they were in another unit."""
        self._is_shifted = False
        self.judging = Judging()

    def measure(self, watch: Watch) -> None:
        """Measure now, unless that was done within the second and the phase is the same."""
        now_us = self._monotonic.now_us()
        is_due = self._measured_us is None or now_us - self._measured_us >= US_PER_S
        if not is_due and watch.facts.phase == self._phase:
            return
        self._measured_us, self._phase = now_us, watch.facts.phase
        try:
            self._measure(watch, now_us)
        except (
            Exception
        ) as exc:  # a fault in telling ends nothing that is told of, and must not look like a loop that hangs
            fault = fault_of(exc, "status")
            self._log.warning("quarantined", part=fault.part, error=fault.error, place=fault.place, unit="", rows=0)
            reason = f"the program failed in looking how it does ({fault.note()})"
            self.latest = Snapshot(watch.facts.phase, now_us, (), (reason,))

    def _measure(self, watch: Watch, now_us: int) -> None:
        healths, standing = watch.healths, dict(self._standing())
        self._look_at_clocks(watch, now_us)
        self._tell_changes(watch, healths)
        not_ready = (*_not_ready(watch, healths), *self._blind(watch))
        self.status = status = self._book.status(watch, healths, now_us, not_ready, standing)
        samples = (
            *self._of_sources(watch, healths), *self._of_loop(watch, now_us), *self._of_life(watch), *_of_papers(watch), *_of_status(status)
        )  # fmt: skip
        self.latest = Snapshot(watch.facts.phase, now_us, samples, not_ready)

    def _look_at_clocks(self, watch: Watch, now_us: int) -> None:
        """What lines say of the time, to the clock that asks for witnesses; what is off with theirs, to the log."""
        life: Life | None = watch.life
        self.judging.look(life, now_us, watch.waited_for)
        if life is None:
            return
        lines = [line for line in life.lines.values() if line.number in watch.heard]
        self._clock.testify([o for line in lines if line.is_stamped_by_us and (o := line.clock.offset_us) is not None])
        for line in life.lines.values():
            off = line.clock.off
            if off is not self._off.get(line.name, Off.NOT):
                self._off[line.name] = off
                offset_s = None if line.clock_offset_s is None else round(line.clock_offset_s, 1)
                apart = life.stands_apart(line, lambda other: other.number in watch.heard)
                said = line_sentence(line, is_apart=apart)
                if said:
                    self._log.warning("clock_offset", source=line.source, line=line.name, offset_s=offset_s, said=said)
                else:
                    self._log.info("clock_agrees", source=line.source, line=line.name, offset_s=offset_s)
            self._look_at_units(line)
        if bool(life.shift_us) is not self._is_shifted:
            self._is_shifted = bool(life.shift_us)
            if life.shift_us:
                self._log.warning("clock_wrong", behind_s=round(life.shift_us / US_PER_S, 1))
            else:
                self._log.info("clock_right")

    def _look_at_units(self, line: Line) -> None:
        """Columns that look as if they were in another unit, each once to the log."""
        told = self._doubted.setdefault(line.name, set())
        if line.units.steps + line.units.climb_steps < _STEPS_TO_TELL:
            return
        for doubt in line.units.doubts():
            if doubt.field not in told:
                told.add(doubt.field)
                self._log.warning("unit_doubtful", source=line.source, line=line.name, said=doubt.sentence())

    def _blind(self, watch: Watch) -> Iterator[str]:
        """Reasons of clocks, and of rows that nothing judges."""
        yield from clock_sentences(self._clock)
        if watch.life is not None and not watch.life.is_catching_up:
            yield from life_sentences(watch.life, self._clock.now_us(), watch.heard)
            yield from self.judging.sentences()

    def _of_sources(self, watch: Watch, healths: dict[str, SourceHealth]) -> Iterator[Sample]:
        now_us = self._clock.now_us()
        for name, health in healths.items():
            labels = (name,)
            yield Sample("tidewaiter_source_bytes_total", health.bytes_in, labels)
            yield Sample("tidewaiter_source_chunks_total", health.chunks_in, labels)
            yield Sample("tidewaiter_source_connects_total", health.connects, labels)
            yield Sample("tidewaiter_source_dropped_total", health.dropped, labels)
            if health.clients is not None:
                yield Sample("tidewaiter_source_clients", health.clients, labels)
                yield Sample("tidewaiter_source_let_go_total", health.let_go, labels)
            if health.lag is not None:
                yield Sample("tidewaiter_source_lag", health.lag, labels)
            if health.last_heard_us is not None:
                yield Sample("tidewaiter_source_last_heard_seconds", (now_us - health.last_heard_us) / US_PER_S, labels)
            for state in STATES:
                yield Sample("tidewaiter_source_state", health.state == state, (name, state))
            if (journal := _journal_of(watch.sources.get(name))) is not None:
                yield Sample("tidewaiter_journal_bytes", journal.stored_bytes, labels)

    def _of_loop(self, watch: Watch, now_us: int) -> Iterator[Sample]:
        facts = watch.facts
        for phase in PHASES:
            yield Sample("tidewaiter_phase", facts.phase == phase, (phase,))
        yield Sample("tidewaiter_commits_total", facts.commits)
        for part, count in facts.slow.items():
            yield Sample("tidewaiter_slow_total", count, (part,))
        for part, count in facts.faults.items():
            yield Sample("tidewaiter_quarantined_total", count, (part,))
        yield Sample("tidewaiter_decoders_lost_total", facts.decoders_lost)
        yield Sample("tidewaiter_lives_total", facts.lives)
        yield Sample("tidewaiter_snapshots_total", facts.snapshots)
        yield Sample("tidewaiter_snapshot_seconds", facts.snapshot_s)
        if facts.snapshot_at_us is not None:
            yield Sample("tidewaiter_snapshot_age_seconds", (now_us - facts.snapshot_at_us) / US_PER_S)
        yield Sample("tidewaiter_clock_jumps_total", self._clock.jumps)
        yield Sample("tidewaiter_clock_offset_seconds", self._clock.offset_us / US_PER_S)
        if watch.outbox is not None:
            status = watch.outbox.status
            yield Sample("tidewaiter_outbox_depth", status.depth)
            yield Sample("tidewaiter_outbox_sent_total", status.sent)
            yield Sample("tidewaiter_outbox_refused_total", status.refused)
            yield Sample("tidewaiter_broker_away", status.is_away)

    def _of_life(self, watch: Watch) -> Iterator[Sample]:
        life: Life | None = watch.life
        if life is None:
            return
        counts, mark_us = life.engine.counts, life.engine.watermark_us
        yield Sample("tidewaiter_reports_total", counts.reports)
        yield Sample("tidewaiter_statics_total", counts.statics)
        yield Sample("tidewaiter_late_rows_total", counts.late)
        yield Sample("tidewaiter_too_late_rows_total", counts.too_late)
        yield Sample("tidewaiter_broken_clock_rows_total", counts.broken_clock)
        register = life.engine.timeline.register
        yield Sample("tidewaiter_craft_remembered", len(register))
        yield Sample("tidewaiter_craft_most", register.config.most_craft)
        yield Sample("tidewaiter_craft_waiting", register.waiting)
        yield Sample("tidewaiter_craft_forgotten_total", register.forgotten)
        yield Sample("tidewaiter_craft_pressed", register.is_pressed)
        yield Sample("tidewaiter_over_budget_rows_total", register.turned_away)
        yield Sample("tidewaiter_recomputations_total", counts.recomputations)
        yield Sample("tidewaiter_recomputed_rows_total", counts.recomputed_rows)
        yield Sample("tidewaiter_corrections_total", counts.corrections)
        if self.judging.share is not None:
            yield Sample("tidewaiter_judged_share", self.judging.share)
        if mark_us > 0:
            yield Sample("tidewaiter_watermark_delay_seconds", (self._clock.now_us() - mark_us) / US_PER_S)
        for (kind, state), count in counts.events.items():
            yield Sample("tidewaiter_events_total", count, (str(kind), str(state)))
        for (kind, what), count in counts.alerts.items():
            yield Sample("tidewaiter_alerts_total", count, (str(kind), str(what)))
        for kind, count in life.control.counts.items():
            yield Sample("tidewaiter_control_total", count, (kind,))
        yield Sample("tidewaiter_snapshot_bytes", life.snapshot_bytes)
        for line in life.lines.values():
            labels, units = (line.source, line.name), line.counts
            yield Sample("tidewaiter_line_units_total", units.units_in, labels)
            yield Sample("tidewaiter_line_units_decoded_total", units.units_decoded, labels)
            yield Sample("tidewaiter_line_rows_total", line.progress.rows, labels)
            if line.clock_offset_s is not None:
                yield Sample("tidewaiter_source_clock_offset_seconds", line.clock_offset_s, labels)
            for cause, count in units.rejects.counts.items():
                yield Sample("tidewaiter_line_rejects_total", count, (*labels, str(cause)))

    def _tell_changes(self, watch: Watch, healths: dict[str, SourceHealth]) -> None:
        for name, health in healths.items():
            before = self._states.get(name)
            self._states[name] = health.state
            if health.state == "connected" and before != "connected":
                if name in self._was_connected:
                    self._log.info("source_back", source=name, connects=health.connects)
                else:
                    self._log.info("source_connected", source=name, connects=health.connects)
                self._was_connected.add(name)
            elif before == "connected" and health.state == "waiting":
                self._log.warning("source_lost", source=name, error=health.last_error)
            elif before != "waiting" and health.state == "waiting" and health.last_error:
                self._log.warning("source_waits", source=name, error=health.last_error)
            elif before != "waiting" and health.state == "waiting":
                self._states[name] = before or ""  # the reason comes with the first try
            self._tell_refusals(name, health)
            journal = _journal_of(watch.sources.get(name))
            error = _held_up_by(watch.sources.get(name)) or ("" if journal is None else journal.last_error)
            if error and error != self._errors.get(name):
                self._log.warning("journal_trouble", source=name, error=error)
            self._errors[name] = error
        status = None if watch.outbox is None else watch.outbox.status
        if status is not None and status.is_away != self._is_away:
            self._is_away = status.is_away
            if status.is_away:
                self._log.warning("broker_away", error=status.last_error, depth=status.depth)
            else:
                self._log.info("broker_back", depth=status.depth)
        for part, count in watch.facts.slow.items():
            if count != self._slow.get(part, 0):
                self._slow[part] = count
                self._log.warning("slow", part=part, seconds=round(watch.facts.slow_s[part], 3), times=count)
        self._tell_clock()
        self._tell_memory(watch.life)

    def _tell_memory(self, life: Life | None) -> None:
        if life is None or life.engine.timeline.register.is_pressed == self._is_pressed:
            return
        register = life.engine.timeline.register
        self._is_pressed = register.is_pressed
        told = {
            "remembered": len(register), "most_craft": register.config.most_craft, "forgotten": register.forgotten,
            "rows_not_judged": register.turned_away,
        }  # fmt: skip
        if register.is_pressed:
            self._log.warning("memory_short", **told)
        else:
            self._log.info("memory_enough", **told)

    def _tell_refusals(self, name: str, health: SourceHealth) -> None:
        """What a source had to refuse, once a minute at most: whoever floods us with connections must not flood the log, too."""
        now_us = self._monotonic.now_us()
        told_us, dropped, let_go = self._refusals.get(name, (now_us - _TELL_REFUSALS_US, 0, 0))
        if (health.dropped, health.let_go) != (dropped, let_go) and now_us - told_us >= _TELL_REFUSALS_US:
            self._refusals[name] = now_us, health.dropped, health.let_go
            self._log.warning(
                "source_refuses", source=name, dropped=health.dropped - dropped, let_go=health.let_go - let_go,
                clients=health.clients, error=health.last_error,
            )  # fmt: skip

    def _tell_clock(self) -> None:
        if self._clock.jumps != self._jumps:
            self._jumps, self._is_clock_away = self._clock.jumps, True
            self._log.warning("clock_jump", offset_s=round(self._clock.offset_us / US_PER_S, 3), jumps=self._jumps)
        elif self._is_clock_away and not self._clock.is_away:
            self._is_clock_away = False
            self._log.info("clock_back", steps=self._clock.steps)


def _of_papers(watch: Watch) -> Iterator[Sample]:
    """How papers come in."""
    if (papers := watch.papers) is None:
        return
    for (way, state), count in dict(papers.documents).items():
        yield Sample("tidewaiter_papers_documents_total", count, (way, state))
    for cause, count in papers.refused.items():
        yield Sample("tidewaiter_papers_refused_total", count, (cause,))
    yield Sample("tidewaiter_papers_rows_refused_total", papers.rows_refused)
    yield Sample("tidewaiter_papers_consignments_total", papers.consignments)
    yield Sample("tidewaiter_papers_seconds_total", papers.receiving.read_s, ("read",))
    yield Sample("tidewaiter_papers_seconds_total", papers.taken_s, ("take",))
    yield Sample("tidewaiter_papers_waiting", papers.receiving.waiting)
    if papers.inbox is not None:
        yield Sample("tidewaiter_papers_stuck", len(papers.inbox.stuck))


def _of_status(status: Status) -> Iterator[Sample]:
    """What is measured for the status alone, as metrics."""
    if status.memory_bytes is not None:
        yield Sample("tidewaiter_memory_resident_bytes", status.memory_bytes)
    for band, count in status.alerts_open.items():
        yield Sample("tidewaiter_alerts_open", count, (band,))
    if status.delay is not None and status.delay.turns:
        delay = status.delay
        for share, seconds in (("p50", delay.p50_s), ("p99", delay.p99_s), ("longest", delay.longest_s)):
            yield Sample("tidewaiter_delay_seconds", seconds or 0.0, (share,))
    if status.store is not None:
        yield Sample("tidewaiter_store_bytes", status.store.bytes)
        if status.store.disk_free_bytes is not None:
            yield Sample("tidewaiter_disk_free_bytes", status.store.disk_free_bytes)


def _not_ready(watch: Watch, healths: dict[str, SourceHealth]) -> Iterator[str]:
    facts, life = watch.facts, watch.life
    if facts.phase == "store away":
        yield f"the store is away: {facts.last_error}"
    elif facts.driven is not None:
        yield f"the detectors are driven over the rows of the store: {facts.driven:.0%}"
    elif facts.phase == "catching up":
        yield f"catching up with {', '.join(life.waits_for) if life is not None else 'the store'}"
    elif facts.phase == "starting":
        yield STARTING
    elif facts.phase != "live":
        yield f"the program is {facts.phase}"
    if life is not None and life.snapshot_error:
        yield f"no snapshot can be written; the one before stays in force, and all since is read again at the next start: {life.snapshot_error}"
    if life is not None and life.engine.timeline.register.is_pressed:
        register = life.engine.timeline.register
        yield (
            f"memory for craft is short: {len(register):,} of {register.config.most_craft:,} are remembered and newcomers are judged only after "
            f"{register.config.proof_reports} reports; look for a source that invents craft, or raise [memory] most_craft"
        )
    for name, health in healths.items():
        if health.state in ("starting", "closed"):
            yield f"source {name} is {health.state}"
        if name == CONTROL and health.state == "waiting" and health.last_error:
            yield f"flags and orders are not read: {health.last_error}"
        if name == PAPERS and health.state == "waiting" and health.last_error:
            yield f"papers are not read from their topic: {health.last_error}"
        if error := _held_up_by(watch.sources.get(name)):
            yield f"source {name}: {error}"
    inbox = None if watch.papers is None else watch.papers.inbox
    if inbox is not None and inbox.error:
        yield f"papers are not read from their folder: {inbox.error}"
    yield from facts.fallen.values()
    status = None if watch.outbox is None else watch.outbox.status
    if status is not None and status.is_away:
        yield f"messages cannot be sent, {status.depth:,} wait: {status.last_error}"


def _held_up_by(source: Source | None) -> str:
    """Why the journal of a source takes nothing now: disk full, for instance."""
    return source.held_up_by if isinstance(source, JournaledSource) else ""


def _journal_of(source: Source | None) -> Any:
    return source.journal_status if isinstance(source, JournaledSource) else None
