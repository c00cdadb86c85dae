"""The engine: decoded rows in, published events and alerts out, whatever the order of arrival. Pure: it knows no socket, file or clock.

::

    feed -> reorder -> timeline -> ledger (public revisions) -> desk -> recorder
              | late rows: recorded at once, settled soon
              v
            settle: set the timeline back before the earliest late row, drive it again over what is recorded, publish what differs

Late rows wait to be settled together until a source reaches the next multiple of ``settle_us`` of event time, so that a thousand of them cost one
recomputation. When that is depends on the rows alone: one feed cut up differently is settled at the same rows. A row late in its own source may still
be ahead of the watermark, which a slower source holds back: it waits until the watermark has passed it, too.

After a restart the engine is restored from a snapshot, and the rows after it are fed again with the recorder muted, until it is where it was
when the store was last committed (``tracker.watch.life``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.errors import SnapshotError
from streams.frontier import FrontierConfig
from streams.reorder import Reorder
from streams.snapshot import bundle, bundle_pieces, bytes_table, table_bytes, unbundle
from tracker.alerts.alert import Alert
from tracker.alerts.desk import AlertDesk
from tracker.decode.base import Decoded
from tracker.events import Event
from tracker.faults import Fault, fault_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.timeline import Timeline
from tracker.watch.ledger import Ledger
from tracker.watch.quarantine import SETTLEMENT, STEP, Place, Quarantine, lies_in

_LAYOUT: Final = 4
_NEVER: Final = -(1 << 62)
NO_LIMIT_US: Final = 1 << 62
_KEPT: Final = "timeline kept"
_SETTLING_SHARE: Final = 5
"""So many rows may be driven again for each that is judged. At the world's published rate, 20,000 a second, that is a tenth of a core (docs/benchmarks.md).
A feed that is late all the time is settled less often for it, never not at all."""
_FREE_ROWS: Final = 5_000_000
"""And so many beyond: small feeds are settled whenever it is due, alike in every run."""


class Recorder(Protocol):
    """Where the engine's results go, in order; they become durable together."""

    def positions(self, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Rows judged, each with its fate (a code of ``tracker.store.append.QUALITIES``)."""
        ...

    def late(self, rows: PositionBatch, statics: StaticBatch) -> None:
        """Rows behind the watermark."""
        ...

    def broken(self, rows: PositionBatch) -> None:
        """Rows with a clock nobody can believe."""
        ...

    def quarantined(self, rows: PositionBatch) -> None:
        """Rows on which the program itself fails."""
        ...

    def statics(self, rows: StaticBatch) -> None:
        """Static reports."""
        ...

    def stated(self, events: Sequence[Event]) -> None:
        """What the timeline states, for later comparison."""
        ...

    def published(self, events: Sequence[Event], alerts: Sequence[Alert]) -> None:
        """Public revisions."""
        ...

    def rejudged(self, after_us: int, up_to_us: int, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Late rows of a window as judged now; they replace what was recorded of them by :meth:`late`."""
        ...

    def set_back(self, after_us: int) -> None:
        """The timeline was set back to an instant: it will tell anew which port calls began or ended after it."""
        ...


@dataclass(frozen=True, slots=True)
class Slice:
    """Recorded rows up to an instant, in event-time order; ``is_late`` marks those recorded as late."""

    rows: PositionBatch
    statics: StaticBatch
    is_late: NDArray[np.bool_]
    up_to_us: int


class Past(Protocol):
    """What was recorded, and the timelines of the past."""

    def slices(self, after_us: int, up_to_us: int, stops_us: Sequence[int]) -> Iterator[Slice]:
        """All rows recorded after an instant, ending a slice at each of ``stops_us``, the last one at ``up_to_us``."""
        ...

    def public_event(self, event_id: str) -> Event:
        """The last public revision."""
        ...

    def statement(self, event_id: str, digest: str) -> Event:
        """What the timeline once stated under a digest."""
        ...

    def keep_timeline(self, watermark_us: int, snapshot: bytes) -> None:
        """Keep a timeline; one of the same instant is replaced."""
        ...

    def timeline_before(self, instant_us: int) -> tuple[int, bytes] | None:
        """The latest timeline kept whose watermark is before an instant."""
        ...

    def drop_timeline(self, watermark_us: int) -> None:
        """Offer a timeline no more: it cannot be read."""
        ...

    def oldest_mark_us(self) -> int:
        """Watermark of the oldest timeline kept: rows up to it are beyond settling."""
        ...

    def timeline_marks_after(self, instant_us: int) -> list[int]:
        """Watermarks of the timelines kept after an instant."""
        ...


@dataclass(slots=True)
class EngineCounts:
    """What went through since the start of the process."""

    reports: int = 0
    statics: int = 0
    late: int = 0
    too_late: int = 0
    broken_clock: int = 0
    recomputations: int = 0
    recomputed_rows: int = 0
    corrections: int = 0
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Published revisions by kind and state."""
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Published revisions by kind and type."""


class _UnreadableError(SnapshotError):
    """A timeline kept is of another version or damaged; an earlier one may do."""


class Engine:
    """Everything between the decoders and the store of a live program.

    Parameters
    ----------
    build:
        Makes a timeline that has seen nothing yet.
    settle_us:
        Grid of event time on which late rows are settled.
    horizon_us:
        Rows so far behind the watermark judge nothing any more, however old the timelines are that are kept.
    """

    def __init__(
        self,
        build: Callable[[], Timeline],
        desk: AlertDesk,
        frontier: FrontierConfig,
        settle_us: int,
        recorder: Recorder,
        past: Past,
        horizon_us: int = NO_LIMIT_US,
    ) -> None:
        self.counts = EngineCounts()
        self.recorder = recorder
        self.ledger = Ledger()
        self.desk = desk
        self._build, self._settle_us, self._past = build, settle_us, past
        self._horizon_us = horizon_us
        self.timeline = build()
        desk.linker = self.timeline.linker
        self.reorder = Reorder(frontier, PositionBatch.empty(), StaticBatch.empty())
        self._earliest_late_us: int | None = None
        self._latest_late_us = self._due_us = _NEVER
        self._faults: list[Fault] = []
        self.most_lead_us: dict[int, int] = {}
        """How far beyond its receipt a report may take its source along, by source; of others each report leads as far as its time says."""
        self.quarantine = Quarantine()
        """What ended earlier lives is set aside."""
        self.limit_us = NO_LIMIT_US
        """Nothing is judged beyond: while a life catches up, the watermark the store has, for what is released is not recorded then."""
        self.touched: set[str] | None = None
        """Events stated while the recorder was muted; None while it is not."""

    @property
    def watermark_us(self) -> int:
        """Everything up to here was judged."""
        return self.reorder.released_us

    @property
    def is_unsettled(self) -> bool:
        """Late rows wait for the next recomputation."""
        return self._earliest_late_us is not None

    def feed(self, source: int, decoded: Decoded) -> None:
        """Take what a decoder gave; call :meth:`step` to judge what it completes."""
        rows, statics = decoded.positions, decoded.statics
        lead_us = rows.time_us
        if (most_us := self.most_lead_us.get(source)) is not None:
            lead_us = np.minimum(lead_us, rows.received_us + most_us)
        for part in self._parts(source, lead_us):
            if self._is_due(int(lead_us[part.start]) if len(rows) else _NEVER):
                self._advance(self.reorder.watermark_us)
                self._settle()
            late, late_statics, broken = self.reorder.add(source, rows.take(part), statics, lead_us[part])
            statics = statics.take(slice(0, 0))
            self.counts.late += len(late) + len(late_statics)
            self.reject(broken)
            if len(late) or len(late_statics):
                self.recorder.late(late, late_statics)
                self._note_late(source, late, late_statics)

    def step(self) -> bool:
        """Judge everything the watermark allows; True when it moved."""
        before_us = self.reorder.released_us
        self._advance(self.reorder.watermark_us)
        if self._is_due(self.reorder.released_us):
            self._settle()
        return self.reorder.released_us > before_us

    def force(self, watermark_us: int) -> None:
        """Judge everything up to an instant whatever the sources say: it was reached before a restart."""
        self._advance(watermark_us)

    def reject(self, rows: PositionBatch, statics: int = 0) -> None:
        """Record rows whose clock cannot be believed; static reports of such a time are counted and kept nowhere."""
        self.counts.broken_clock += len(rows) + statics
        if len(rows):
            self.recorder.broken(rows)

    def set_back(self, to_us: int) -> None:
        """Forget what waits from beyond an instant, and how far sources seemed to be; what was judged is not taken back by this."""
        self._latest_late_us = min(self._latest_late_us, to_us)
        beyond, again = self.reorder.set_back(to_us)
        self.reject(beyond)
        for source in np.unique(again.source).tolist():
            self.feed(source, Decoded(again.take(again.source == source)))

    def settle(self) -> None:
        """Settle late rows that the watermark has passed, for whoever ends the feed."""
        if self._earliest_late_us is not None:
            self._settle()

    def timeline_snapshot(self) -> bytes:
        """The timeline and what it states: enough to set it back here."""
        return _pack_timeline(self.timeline, self.ledger)

    def capture_timeline(self) -> Callable[[], list[bytes]]:
        """As :meth:`timeline_snapshot`, of this very instant, but put together only when called, by whatever thread, and in pieces."""
        return _capture(self.timeline, self.ledger)

    def rest_snapshot(self) -> bytes:
        """All that is not in :meth:`timeline_snapshot`; the two together are enough to go on after a restart."""
        waiting = pa.table(
            {
                "earliest_us": pa.array([self._earliest_late_us], pa.int64()),
                "latest_us": pa.array([self._latest_late_us], pa.int64()),
                "due_us": pa.array([self._due_us], pa.int64()),
            }
        )
        return bundle(
            "engine",
            _LAYOUT,
            {
                "ledger": self.ledger.snapshot(),
                "reorder": self.reorder.snapshot(),
                "desk": self.desk.snapshot(),
                "late": table_bytes(waiting),
            },
        )

    def restore(self, timeline: bytes, rest: bytes) -> None:
        """Take over snapshots of one instant; only on an engine that has seen nothing yet, its sources opened."""
        parts = unbundle("engine", _LAYOUT, rest)
        self.ledger.restore(parts["ledger"])
        _unpack_timeline(timeline, self.timeline, self.ledger)
        self.reorder.restore(parts["reorder"])
        self.desk.restore(parts["desk"])
        late = bytes_table(parts["late"]).to_pylist()[0]
        self._earliest_late_us, self._latest_late_us = late["earliest_us"], late["latest_us"]
        self._due_us = late["due_us"]

    def publish(self, events: Sequence[Event]) -> None:
        """Public revisions to the desk and the recorder."""
        alerts = [alert for event in events for alert in self._judged(event)]
        for event in events:
            self.counts.events[str(event.kind), str(event.state)] += 1
        self.tell(events, alerts)

    def take_faults(self) -> list[Fault]:
        """What timeline and desk fell over since this was asked last."""
        faults, self._faults = self._faults, []
        return [*faults, *self.timeline.take_faults()]

    def _judged(self, event: Event) -> list[Alert]:
        """Alerts of an event; one that the desk falls over is published without."""
        try:
            return list(self.desk.judge(event))
        except Exception as exc:
            self._faults.append(fault_of(exc, "desk", f"{event.event_id} {event.kind} {event.craft}"))
            return []

    def tell(self, events: Sequence[Event], alerts: Sequence[Alert]) -> None:
        """Hand over what is public now."""
        for alert in alerts:
            self.counts.alerts[str(alert.event.kind), str(alert.type)] += 1
        if events or alerts:
            self.recorder.published(events, alerts)

    def correct(self, event_ids: set[str]) -> None:
        """Publish what the timeline states of some events, where the public knows it otherwise."""
        mark_us = self.reorder.released_us
        found = self.ledger.reconcile(event_ids, mark_us, self._past.public_event, self._past.statement)
        self.counts.corrections += len(found)
        self.publish(found)

    def _is_due(self, reached_us: int) -> bool:
        """Whether late rows are to be settled now that a source has come so far, and what was driven again so far allows for it."""
        if self._earliest_late_us is None or reached_us < self._due_us:
            return False
        return self.counts.recomputed_rows <= _SETTLING_SHARE * self.counts.reports + _FREE_ROWS

    def _advance(self, to_us: int) -> None:
        to_us = min(to_us, self.limit_us)
        if to_us <= self.reorder.released_us:
            return
        before_us = self.reorder.released_us
        with self.quarantine.holding(Place(STEP, after_us=before_us, up_to_us=to_us)):
            mark_us, rows, statics = self.reorder.release(to_us)
            if bad := self.quarantine.steps_aside(before_us, mark_us):
                rows, statics = self._without(bad, rows, statics)
            self._judge(rows, statics, mark_us)

    def _judge(self, rows: PositionBatch, statics: StaticBatch, mark_us: int) -> None:
        given = self.timeline.advance(rows, statics, mark_us)
        self.counts.reports += len(rows)
        self.counts.statics += len(statics)
        if len(rows):
            self.recorder.positions(given.tracked, given.fate)
        if len(statics):
            self.recorder.statics(statics)
        if given.events:
            self.recorder.stated(given.events)
            if self.touched is not None:
                self.touched.update(event.event_id for event in given.events)
        self.publish([self.ledger.publish(event) for event in given.events])
        self.desk.advance_watermark(mark_us)

    def _without(
        self, places: Sequence[Place], rows: PositionBatch, statics: StaticBatch
    ) -> tuple[PositionBatch, StaticBatch]:
        """Without what ended earlier lives: positions are recorded as such, static reports stay in the journal only."""
        bad, bad_statics = lies_in(places, rows.time_us), lies_in(places, statics.time_us)
        if count := int(np.count_nonzero(bad) + np.count_nonzero(bad_statics)):
            self.recorder.quarantined(rows.take(bad))
            self._faults.append(places[-1].fault(count))
        return rows.take(~bad), statics.take(~bad_statics)

    def _parts(self, source: int, lead_us: NDArray[np.int64]) -> Iterator[slice]:
        """Rows cut where the source reaches a multiple of ``settle_us``, if late rows wait for that or are among them."""
        whole = slice(0, len(lead_us))
        if not len(lead_us):
            yield whole
            return
        frontier_us = self.reorder.frontier_us(source)
        if frontier_us is None:
            frontier_us = int(lead_us[0])
        reached_us = np.maximum(np.maximum.accumulate(lead_us), frontier_us)
        if self._earliest_late_us is None and not (lead_us < reached_us).any():
            yield whole
            return
        first_cell, cell = frontier_us // self._settle_us, reached_us // self._settle_us
        edges = [0, *(np.flatnonzero(np.diff(cell, prepend=first_cell))).tolist(), len(lead_us)]
        for start, stop in pairwise(sorted(set(edges))):
            yield slice(start, stop)

    def _note_late(self, source: int, rows: PositionBatch, statics: StaticBatch) -> None:
        times_us = np.concatenate([rows.time_us, statics.time_us])
        in_time = times_us > max(self._past.oldest_mark_us(), self.reorder.released_us - self._horizon_us)
        self.counts.too_late += int(np.count_nonzero(~in_time))
        if not in_time.any():
            return
        earliest_us, latest_us = int(times_us[in_time].min()), int(times_us[in_time].max())
        if self._earliest_late_us is None:
            reached_us = max(self.reorder.frontier_us(source) or 0, self.reorder.released_us)
            self._due_us = self._next_due_us(reached_us)
            self._earliest_late_us, self._latest_late_us = earliest_us, latest_us
        else:
            self._earliest_late_us = min(self._earliest_late_us, earliest_us)
            self._latest_late_us = max(self._latest_late_us, latest_us)

    def _next_due_us(self, reached_us: int) -> int:
        return (reached_us // self._settle_us + 1) * self._settle_us

    def _settle(self) -> None:
        """Set the timeline back before the earliest late row and drive it again over what was recorded since.

        As far as the watermark is: late rows ahead of it are settled once it has passed them.
        """
        assert self._earliest_late_us is not None
        mark_us = self.reorder.released_us
        if mark_us < min(self._latest_late_us, self._due_us):
            return
        found = self._past.timeline_before(self._earliest_late_us)
        self._earliest_late_us = None
        if self._latest_late_us > mark_us:
            self._earliest_late_us, self._due_us = mark_us + 1, self._next_due_us(mark_us)
        while found is not None:
            begin_us, snapshot = found
            if begin_us < self.quarantine.settled_to_us:
                self._faults += [one.fault() for one in self.quarantine.aside if one.kind == SETTLEMENT][-1:]
                return
            with self.quarantine.holding(Place(SETTLEMENT, after_us=begin_us, up_to_us=mark_us)):
                if self._is_settled_from(begin_us, mark_us, snapshot):
                    return
            found = self._past.timeline_before(begin_us)

    def _is_settled_from(self, begin_us: int, mark_us: int, snapshot: bytes) -> bool:
        """Settle from a timeline kept; False where it cannot be read."""
        touched = self.ledger.touched_since(begin_us)
        try:
            touched |= self.drive_again(begin_us, mark_us, snapshot)
        except _UnreadableError:
            self._past.drop_timeline(begin_us)
            return False
        self.counts.recomputations += 1
        if self.touched is not None:
            self.touched |= touched
        self.correct(touched)
        return True

    def drive_again(
        self,
        begin_us: int,
        mark_us: int,
        snapshot: bytes | None = None,
        keep_us: Iterable[int] = (),
        on_way: Callable[[int], object] = lambda _: None,
    ) -> set[str]:
        """Set the timeline back (to nothing, without a snapshot) and drive it over what was recorded; the events it stated on the way.

        Timelines kept on the way are written anew, and others kept at ``keep_us``. ``on_way`` is told every instant reached.
        """
        timeline = self._build()
        if snapshot is not None:
            _unpack_timeline(snapshot, timeline, self.ledger)
        known = {*self._past.timeline_marks_after(begin_us), *keep_us}
        marks = sorted(mark for mark in known if begin_us < mark <= mark_us)
        touched: set[str] = set()
        after_us = begin_us
        for part in self._past.slices(begin_us, mark_us, marks):
            given = timeline.advance(part.rows, part.statics, part.up_to_us)
            self.counts.recomputed_rows += len(part.rows)
            for event in given.events:
                self.ledger.note(event)
                touched.add(event.event_id)
            if given.events:
                self.recorder.stated(given.events)
            if part.is_late.any():
                late = np.flatnonzero(part.is_late)
                self.recorder.rejudged(after_us, part.up_to_us, given.tracked.take(late), given.fate[late])
            if part.up_to_us in marks:
                self._past.keep_timeline(part.up_to_us, _pack_timeline(timeline, self.ledger))
            after_us = part.up_to_us
            on_way(after_us)
        self.recorder.set_back(begin_us)
        self.timeline = timeline
        self.desk.linker = timeline.linker
        if self.touched is not None:
            self.touched |= touched
        return touched


def _capture(timeline: Timeline, ledger: Ledger) -> Callable[[], list[bytes]]:
    stated = table_bytes(ledger.timeline_table())
    captured = timeline.capture()

    def made() -> list[bytes]:
        # each capture goes as soon as it is packed: the state lies in memory once more, not twice
        parts = {f"timeline.{name}": captured.pop(name)() for name in sorted(captured)}
        return bundle_pieces(_KEPT, _LAYOUT, {**parts, "stated": stated})

    return made


def _pack_timeline(timeline: Timeline, ledger: Ledger) -> bytes:
    return b"".join(_capture(timeline, ledger)())


def _unpack_timeline(snapshot: bytes, timeline: Timeline, ledger: Ledger) -> None:
    try:
        parts = unbundle(_KEPT, _LAYOUT, snapshot)
        stated = bytes_table(parts.pop("stated"))
        timeline.restore_parts({name.removeprefix("timeline."): part for name, part in parts.items()})
    except Exception as exc:  # of another version, or damaged in a way that no checksum tells
        raise _UnreadableError(f"a timeline kept cannot be read ({type(exc).__name__}: {exc})") from exc
    ledger.restore_timeline(stated)
