"""The engine: decoded rows in, published events and alerts out, whatever the order of arrival. Pure: it knows no socket, file or clock.

::

    feed -> reorder -> timeline -> public revisions -> desk -> recorder
              | late rows: recorded at once
              v
            settle: set the timeline back before the earliest late row, drive it again over what is recorded, publish what differs

The live program looks back (``tracker.engine.looking_back``): late rows wait to be settled together (``tracker.engine.late``), and a row late in its own
source may still be ahead of the watermark, which a slower source holds back: it waits until the watermark has passed it, too. A replay is an engine that
never looks back: it has measured beforehand how far its files are out of order, and its late rows are recorded and judge nothing.

After a restart the engine is restored from a snapshot, and the rows after it are fed again with the recorder muted, until it is where it was
when the store was last committed (``tracker.watch.catch_up``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from streams.frontier import FrontierConfig
from streams.reorder import Reorder
from streams.snapshot import bundle, bytes_table, table_bytes, unbundle
from tracker.alerts.alert import Alert
from tracker.alerts.desk import AlertDesk
from tracker.cargo.box_events import BoxEvent
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.decode.base import Decoded
from tracker.engine.ends import Recorder
from tracker.engine.late import LateRows
from tracker.engine.looking_back import (
    NO_LIMIT_US,
    LookingBack,
    UnreadableTimelineError,
    capture_timeline,
    pack_timeline,
    take_known,
    unpack_timeline,
)
from tracker.engine.papers import PaperLog, Taken
from tracker.engine.public_revisions import PublicRevisions
from tracker.engine.timeline import Timeline
from tracker.engine.work import SETTLEMENT, STEP, Aside, NothingAside, Place, lies_in
from tracker.events import Event
from tracker.faults import Fault, fault_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import NEVER_US

_LAYOUT: Final = 4
_SETTLING_SHARE: Final = 5
"""So many rows may be driven again for each that is judged. At the world's published rate, 20,000 a second, that is a tenth of a core (docs/benchmarks.md).
A feed that is late all the time is settled less often for it, never not at all."""
_FREE_ROWS: Final = 5_000_000
"""And so many beyond: small feeds are settled whenever it is due, alike in every run."""


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


class Engine:
    """Everything between the decoders and the store.

    Parameters
    ----------
    build:
        Makes a timeline that has seen nothing yet.
    desk_of:
        Makes the alert desk over a timeline's linker.
    frontier:
        Bounds of sources that are opened without bounds of their own.
    looking_back:
        None: late rows are recorded and judge nothing.
    quarantine:
        What ended earlier lives.
    papers:
        The papers known so far, each with the watermark from which it counts; :meth:`take_papers` adds to it. None: the timelines made have all there are.
    """

    def __init__(
        self,
        build: Callable[[], Timeline],
        desk_of: Callable[[CargoLinker], AlertDesk],
        frontier: FrontierConfig,
        recorder: Recorder,
        looking_back: LookingBack | None = None,
        quarantine: Aside | None = None,
        papers: PaperLog | None = None,
    ) -> None:
        self.counts = EngineCounts()
        self.papers = PaperLog() if papers is None else papers
        self.on_papers: Callable[[], object] = lambda: None
        """Called where papers came, before anything behind them is judged: standing alerts of :meth:`take_meant` are to be judged again. Never while something is repeated."""
        self._meant: set[int] = set()
        self._build, self._desk_of, self._frontier = build, desk_of, frontier
        self._recorder, self._looking_back = recorder, looking_back
        self._quarantine = NothingAside() if quarantine is None else quarantine
        self._faults: list[Fault] = []
        self._sources: dict[int, FrontierConfig | None] = {}
        self.timeline, self.desk, self.revisions, self.reorder, self._late = self._nothing_seen()
        self._most_lead_us: dict[int, int] = {}
        self._limit_us = NO_LIMIT_US
        self._touched: set[str] | None = None
        """Events stated since :meth:`repeat_up_to`; None while nothing is repeated."""

    def _nothing_seen(
        self,
    ) -> tuple[Timeline, AlertDesk, PublicRevisions, Reorder[PositionBatch, StaticBatch], LateRows]:
        timeline = self._build()
        take_known(timeline, self.papers, NEVER_US)
        reorder = Reorder(self._frontier, PositionBatch.empty(), StaticBatch.empty())
        for source, frontier in self._sources.items():
            reorder.open(source, frontier)
        settle_us = 1 if self._looking_back is None else self._looking_back.settle_us
        return timeline, self._desk_of(timeline.linker), PublicRevisions(), reorder, LateRows(settle_us)

    def begin_anew(self) -> None:
        """Forget everything but which sources are open: as if nothing had been seen, or restored."""
        self.timeline, self.desk, self.revisions, self.reorder, self._late = self._nothing_seen()
        self._most_lead_us.clear()

    # -- sources -----------------------------------------------------------------------------------------------------------

    def open_source(self, source: int, frontier: FrontierConfig | None = None) -> None:
        """A source is about to give rows; ``frontier`` has its own bounds. Its feed is known to the timeline (``tracker.engine.feeds``)."""
        self._sources[source] = frontier
        self.reorder.open(source, frontier)

    def close_source(self, source: int) -> None:
        """A source has ended."""
        self.reorder.close(source)

    def frontier_us(self, source: int) -> int | None:
        """How far a source has come in event time."""
        return self.reorder.frontier_us(source)

    def lateness_us(self, source: int) -> int:
        """How long rows of a source are waited for now."""
        return self.reorder.lateness_us(source)

    def expect_lateness(self, source: int, lateness_us: int) -> None:
        """How long rows of a source were waited for before a restart, where no snapshot tells it."""
        self.reorder.expect_lateness(source, lateness_us)

    def set_idle(self, source: int, beyond_us: int | None) -> None:
        """A live source is quiet for so much longer than others wait for it; None: it is heard."""
        self.reorder.set_idle(source, beyond_us)

    def bound_lead(self, source: int, most_us: int | None) -> None:
        """How far beyond its receipt a report may take its source along; None: each leads as far as its time says."""
        if most_us is None:
            self._most_lead_us.pop(source, None)
        else:
            self._most_lead_us[source] = most_us

    # -- rows --------------------------------------------------------------------------------------------------------------

    @property
    def watermark_us(self) -> int:
        """Everything up to here was judged."""
        return self.reorder.released_us

    @property
    def is_unsettled(self) -> bool:
        """Late rows wait for the next recomputation."""
        return self._late.earliest_us is not None

    def feed(self, source: int, decoded: Decoded) -> None:
        """Take what a decoder gave; call :meth:`step` to judge what it completes."""
        rows, statics = decoded.positions, decoded.statics
        lead_us = rows.time_us
        if (most_us := self._most_lead_us.get(source)) is not None:
            lead_us = np.minimum(lead_us, rows.received_us + most_us)
        looks_back = self._looking_back is not None
        for part in self._late.cuts(lead_us, self.frontier_us(source)) if looks_back else [slice(0, len(rows))]:
            if self._is_due(int(lead_us[part.start]) if len(rows) else NEVER_US):
                self._advance(self.reorder.watermark_us)
                self._settle()
            late, late_statics, broken = self.reorder.add(source, rows.take(part), statics, lead_us[part])
            statics = statics.take(slice(0, 0))
            self.counts.late += len(late) + len(late_statics)
            self.reject(broken)
            if len(late) or len(late_statics):
                self._recorder.late(late, late_statics)
                self._note_late(source, late, late_statics)

    def step(self) -> bool:
        """Judge everything the watermark allows; True when it moved."""
        before_us = self.reorder.released_us
        self._advance(self.reorder.watermark_us)
        if self._is_due(self.reorder.released_us):
            self._settle()
        return self.reorder.released_us > before_us

    def judge_up_to(self, mark_us: int) -> None:
        """Judge everything up to an instant whatever the sources say: it was reached before a restart."""
        self._advance(mark_us)

    def finish(self) -> None:
        """All sources have ended: judge what is left, rows that were believed only then included."""
        self._advance(self.reorder.watermark_us)
        self._release(self.reorder.watermark_us)
        self.settle()

    def reject(self, rows: PositionBatch, statics: int = 0) -> None:
        """Record rows whose clock cannot be believed; static reports of such a time are counted and kept nowhere."""
        self.counts.broken_clock += len(rows) + statics
        if len(rows):
            self._recorder.broken(rows)

    def set_back(self, to_us: int) -> None:
        """Forget what waits from beyond an instant, and how far sources seemed to be; what was judged is not taken back by this."""
        self._late.set_back(to_us)
        beyond, again = self.reorder.set_back(to_us)
        self.reject(beyond)
        for source in np.unique(again.source).tolist():
            self.feed(source, Decoded(again.take(again.source == source)))

    def settle(self) -> None:
        """Settle late rows that the watermark has passed, for whoever ends the feed."""
        if self.is_unsettled:
            self._settle()

    def held(self) -> tuple[PositionBatch, StaticBatch]:
        """Rows taken and not judged yet, in no order."""
        return self.reorder.held()

    # -- snapshots ---------------------------------------------------------------------------------------------------------

    def timeline_snapshot(self) -> bytes:
        """The timeline and what it states: enough to set it back here."""
        return pack_timeline(self.timeline, self.revisions)

    def capture_timeline(self) -> Callable[[], list[bytes]]:
        """As :meth:`timeline_snapshot`, of this very instant, but put together only when called, by whatever thread, and in pieces."""
        return capture_timeline(self.timeline, self.revisions)

    def rest_snapshot(self) -> bytes:
        """All that is not in :meth:`timeline_snapshot`; the two together are enough to go on after a restart."""
        return bundle(
            "engine",
            _LAYOUT,
            {
                "ledger": self.revisions.snapshot(),
                "reorder": self.reorder.snapshot(),
                "desk": self.desk.snapshot(),
                "late": table_bytes(self._late.table()),
            },
        )

    def restore(self, timeline: bytes, rest: bytes) -> None:
        """Take over snapshots of one instant; only on an engine that has seen nothing yet, its sources opened. Where that fails: :meth:`begin_anew`."""
        parts = unbundle("engine", _LAYOUT, rest)
        self.revisions.restore(parts["ledger"])
        self.reorder.restore(parts["reorder"])
        unpack_timeline(timeline, self.timeline, self.revisions, self.papers, self.watermark_us)
        self.desk.restore(parts["desk"])
        self._late.restore(bytes_table(parts["late"]))

    # -- after a restart ---------------------------------------------------------------------------------------------------

    def repeat_up_to(self, mark_us: int) -> None:
        """What comes was judged before, up to an instant: nothing is judged beyond it until :meth:`repeated`."""
        self._touched, self._limit_us = set(), mark_us

    def repeated(self, mark_us: int) -> set[str]:
        """All of it is here: judge it up to the instant, whatever the sources say. The events stated meanwhile; :meth:`agree` on them is next."""
        assert self._touched is not None
        self.step()
        self.judge_up_to(mark_us)
        self._limit_us = NO_LIMIT_US
        return self._touched

    def agree(self, event_ids: Collection[str], events: Iterable[Event], alerts: Iterable[Mapping[str, Any]]) -> None:
        """What was published of some events is what the store says: their last public revisions, and their alerts (``AlertDesk.adopt``)."""
        events = list(events)
        self.revisions.agree(event_ids, events)
        self.desk.adopt(set(event_ids), events, alerts)
        self._touched = None

    # -- events ------------------------------------------------------------------------------------------------------------

    def publish(self, events: Sequence[Event]) -> None:
        """Public revisions to the desk and the recorder."""
        alerts = [alert for event in events for alert in self._judged(event)]
        for event in events:
            self.counts.events[str(event.kind), str(event.state)] += 1
        self.tell(events, alerts)

    def tell(self, events: Sequence[Event], alerts: Sequence[Alert]) -> None:
        """Hand over what is public now."""
        for alert in alerts:
            self.counts.alerts[str(alert.event.kind), str(alert.type)] += 1
        if events or alerts:
            self._recorder.published(events, alerts)

    def correct(self, event_ids: set[str]) -> None:
        """Publish what the timeline states of some events, where the public knows it otherwise."""
        assert self._looking_back is not None, "who never looks back corrects nothing"
        past = self._looking_back.past
        found = self.revisions.reconcile(event_ids, self.watermark_us, past.public_event, past.statement)
        self.counts.corrections += len(found)
        self.publish(found)

    def build_anew(
        self, anew: Collection[str] = (), zone_ids: Collection[str] = (), manifest_ids: Collection[str] = ()
    ) -> dict[str, str]:
        """Go on by other settings, zones or papers: timeline and desk are made anew, and take over what those before remember.

        ``anew`` are detectors that begin with nothing, ``zone_ids`` zones watched no longer, ``manifest_ids`` papers of which :attr:`papers` says something else
        than it did: what was open of any of them is closed, with a word. Gives the detectors that began anew, each with why.

        Raises
        ------
        Exception
            where something else than a detector cannot take over; nothing has changed then.
        """
        before, mark_us = self.timeline, self.watermark_us
        timeline = self._build()
        begun = timeline.take_over(before, anew, self.papers.manifests(), mark_us)
        take_known(timeline, self.papers, mark_us)
        desk = self._desk_of(timeline.linker)
        desk.restore(self.desk.snapshot())
        self.timeline, self.desk = timeline, desk
        events = timeline.note_given_up(before.given_up(begun, zone_ids, mark_us))
        self._state([*events, *(timeline.declare_anew(manifest_ids, mark_us) if manifest_ids else ())])
        return begun

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

    # -- judging -----------------------------------------------------------------------------------------------------------

    def _advance(self, to_us: int) -> None:
        """Judge up to an instant; papers that count from one on the way take their place there."""
        to_us = min(to_us, self._limit_us)
        if to_us <= self.reorder.released_us:
            return
        for one in self.papers.between(self.reorder.released_us, to_us):
            if one.known_us > self.reorder.released_us:
                self._release(one.known_us)
            self._take(one)
        if to_us > self.reorder.released_us:
            self._release(to_us)

    def take_papers(self, manifests: Sequence[Manifest], known_us: int, boxes: Sequence[BoxEvent] = ()) -> None:
        """Papers that came: each the newest version of its ``manifest_id``, which replaces the one before (one that is not newer is passed over), and what became of boxes.

        They count from ``known_us`` on, which is :attr:`watermark_us` as they come; whoever stores them stores it with them, and gives it again to the engine of
        the next life in ``papers``, so that they take the same place between the rows. With a later instant they wait until the watermark reaches it.
        Afterwards ask :meth:`take_meant`, or leave it to :attr:`on_papers`.
        """
        if not (manifests or boxes):
            return
        one = self.papers.add(manifests, known_us, boxes)
        if known_us <= self.watermark_us:
            self._take(one)

    def _take(self, one: Taken) -> None:
        crafts, events = self.timeline.take_papers(one.manifests, one.known_us, self.watermark_us, one.boxes)
        self._state(events)
        if self._touched is None:
            self._meant |= crafts

    def take_meant(self) -> set[int]:
        """Craft that papers which came since this was asked last may mean, or meant before: their standing alerts are to be judged again."""
        meant, self._meant = self._meant, set()
        return meant

    def _release(self, to_us: int) -> None:
        if self._meant:
            self.on_papers()
        before_us = self.reorder.released_us
        with self._quarantine.holding(Place(STEP, after_us=before_us, up_to_us=to_us)):
            mark_us, rows, statics = self.reorder.release(to_us)
            if bad := self._quarantine.steps_aside(before_us, mark_us):
                rows, statics = self._without(bad, rows, statics)
            self._judge(rows, statics, mark_us)

    def _judge(self, rows: PositionBatch, statics: StaticBatch, mark_us: int) -> None:
        given = self.timeline.advance(rows, statics, mark_us)
        if self._looking_back is None:
            # what a table repeats says nothing new; but a row that comes late may make news of it, so whoever looks back keeps all
            statics = given.statics
        self.counts.reports += len(rows)
        self.counts.statics += len(statics)
        if len(rows):
            self._recorder.positions(given.tracked, given.fate)
        if len(statics):
            self._recorder.statics(statics)
        self._state(given.events)
        self.desk.advance_watermark(mark_us)

    def _state(self, events: Sequence[Event]) -> None:
        """The timeline states some events."""
        if events and self._looking_back is not None:
            self._looking_back.recorder.stated(events)
        if self._touched is not None:
            self._touched.update(event.event_id for event in events)
        self.publish([self.revisions.publish(event) for event in events])

    def _without(
        self, places: Sequence[Place], rows: PositionBatch, statics: StaticBatch
    ) -> tuple[PositionBatch, StaticBatch]:
        """Without what ended earlier lives: positions are recorded as such, static reports stay in the journal only."""
        bad, bad_statics = lies_in(places, rows.time_us), lies_in(places, statics.time_us)
        if count := int(np.count_nonzero(bad) + np.count_nonzero(bad_statics)):
            self._recorder.quarantined(rows.take(bad))
            self._faults.append(places[-1].fault(count))
        return rows.take(~bad), statics.take(~bad_statics)

    # -- looking back ------------------------------------------------------------------------------------------------------

    def drive_again(
        self,
        begin_us: int,
        mark_us: int,
        snapshot: bytes | None = None,
        keep_us: Iterable[int] = (),
        on_way: Callable[[int], object] = lambda _: None,
    ) -> set[str]:
        """Set the timeline back (to nothing, without a snapshot) and drive it over what was recorded; the events it stated on the way.

        ``keep_us``, ``on_way``: as of ``LookingBack.drive``.
        """
        assert self._looking_back is not None, "who never looks back has nothing recorded"
        timeline = self._build()
        if snapshot is None:
            take_known(timeline, self.papers, begin_us)
        else:
            unpack_timeline(snapshot, timeline, self.revisions, self.papers, begin_us)

        def note(at_us: int, rows: int) -> None:
            self.counts.recomputed_rows += rows
            on_way(at_us)

        touched = self._looking_back.drive(timeline, self.revisions, begin_us, mark_us, keep_us, note, self.papers)
        self.timeline = timeline
        self.desk.linker = timeline.linker
        if self._touched is not None:
            self._touched |= touched
        return touched

    def _is_due(self, reached_us: int) -> bool:
        """Whether late rows are to be settled now that a source has come so far, and what was driven again so far allows for it."""
        if not self._late.is_due(reached_us):
            return False
        return self.counts.recomputed_rows <= _SETTLING_SHARE * self.counts.reports + _FREE_ROWS

    def _note_late(self, source: int, rows: PositionBatch, statics: StaticBatch) -> None:
        if self._looking_back is None:
            return
        times_us = np.concatenate([rows.time_us, statics.time_us])
        in_time = times_us > self._looking_back.beyond_us(self.watermark_us)
        self.counts.too_late += int(np.count_nonzero(~in_time))
        if in_time.any():
            self._late.note(times_us[in_time], max(self.frontier_us(source) or 0, self.watermark_us))

    def _settle(self) -> None:
        """Set the timeline back before the earliest late row and drive it again over what was recorded since.

        As far as the watermark is: late rows ahead of it are settled once it has passed them.
        """
        assert self._looking_back is not None
        mark_us = self.watermark_us
        earliest_us = self._late.take(mark_us)
        if earliest_us is None:
            return
        past = self._looking_back.past
        found = past.timeline_before(earliest_us)
        while found is not None:
            begin_us, snapshot = found
            if begin_us < self._quarantine.settled_to_us:
                self._faults += [one.fault() for one in self._quarantine.aside if one.kind == SETTLEMENT][-1:]
                return
            with self._quarantine.holding(Place(SETTLEMENT, after_us=begin_us, up_to_us=mark_us)):
                if self._is_settled_from(begin_us, mark_us, snapshot):
                    return
            past.drop_timeline(begin_us)
            found = past.timeline_before(begin_us)

    def _is_settled_from(self, begin_us: int, mark_us: int, snapshot: bytes) -> bool:
        """Settle from a timeline kept; False where it cannot be read."""
        touched = self.revisions.touched_since(begin_us)
        try:
            touched |= self.drive_again(begin_us, mark_us, snapshot)
        except UnreadableTimelineError:
            return False
        self.counts.recomputations += 1
        if self._touched is not None:
            self._touched |= touched
        self.correct(touched)
        return True
