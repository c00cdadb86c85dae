"""The timeline: everything that is a function of the rows in event-time order, and of nothing else.

::

    rows up to a watermark -> register -> tracks -> shared places -> detectors -> events, in the order they became known, and what joins and corrects them
                                            |-> port calls -> which craft the papers mean (the linker)

It holds no rows that arrive out of order (``streams.reorder`` does), publishes nothing and stores nothing. So it can be set back: a
snapshot restored into a new timeline and driven over the same rows again, with late ones among them, ends as if those had come in time.

The register (``tracker.tracks.register``) lets in only as many craft as there is memory for. Where it makes room, everything is driven up to that instant and
every part that keeps state by craft is told whom to forget; what was still open of them is closed with a word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.snapshot import Later, Snapshotting, bundle, bytes_table, capture, table_bytes, unbundle
from tracker.cargo.box_events import BoxEvent
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.detectors.base import Detector, FollowsItineraries
from tracker.detectors.encounter import OneSided
from tracker.detectors.guard import GuardedDetector
from tracker.detectors.integrity.contradicted import Contradicted
from tracker.detectors.integrity.finding import nowhere
from tracker.detectors.integrity.shared_places import SharedPlaces
from tracker.detectors.succession import Successions
from tracker.detectors.zone import ZoneDetector
from tracker.engine.feeds import Feeds
from tracker.events import Event, EventKind, EventState, event_order, events_from_arrow, events_to_arrow
from tracker.faults import Fault, fault_of
from tracker.identity import parse_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import DISPLACED, TrackBuilder, believed
from tracker.tracks.register import OVER_BUDGET, CraftRegister
from tracker.tracks.segments import KEPT
from tracker.tracks.told import ToldStatics
from tracker.units import NEVER_US
from tracker.voyages.itinerary import Itinerary
from tracker.voyages.port_calls import PortCalls

_LAYOUT: Final = 4

Task = Callable[[], list[Event]]
InTurn = Callable[[Sequence[Task]], Iterable[list[Event]]]
"""Does all tasks and gives what each gave, in their order. Detectors share nothing that changes: whether they run at once shows nowhere."""


def one_by_one(tasks: Sequence[Task]) -> Iterable[list[Event]]:
    """Each after the one before."""
    return [task() for task in tasks]


@dataclass(frozen=True, slots=True)
class Advance:
    """What a step of the timeline gave: every row with its segment and fate, the static reports without what a table said before, and the
    events now known, in order."""

    tracked: PositionBatch
    fate: NDArray[np.uint8]
    statics: StaticBatch
    events: list[Event]


class Timeline:
    """Tracks, detectors, port calls and linker driven together; ``run`` lets the detectors do their part of a step."""

    def __init__(
        self,
        tracks: TrackBuilder,
        detectors: Mapping[str, Detector],
        linker: CargoLinker,
        port_calls: PortCalls,
        one_sided: OneSided,
        feeds: Feeds,
        run: InTurn = one_by_one,
        register: CraftRegister | None = None,
        tracked: Collection[str] = (),
        contradicted: Contradicted | None = None,
    ) -> None:
        self._run = run
        self._contradicted = Contradicted(nowhere) if contradicted is None else contradicted
        self.register = CraftRegister() if register is None else register
        self.tracked = tracked
        """Craft followed by an order: never forgotten."""
        self.linker, self.port_calls, self.tracks = linker, port_calls, tracks
        self._feeds = feeds
        self._detectors = dict(detectors)
        self._one_sided = one_sided
        self._successions = Successions()
        self._statics_told = ToldStatics()
        self._shared_places = SharedPlaces()
        self._waiting: list[Event] = []
        self._faults: list[Fault] = []
        self._open: dict[str, tuple[int, ...]] = {}
        """Craft of every event that is open."""

    @property
    def fates(self) -> Mapping[str, int]:
        """Rows kept by tracks and dropped by cause."""
        return self.tracks.counts

    def advance(self, rows: PositionBatch, statics: StaticBatch, watermark_us: int) -> Advance:
        """Take the rows released up to a watermark, in event-time order."""
        told_statics = self._statics_told.new(statics)
        statics = told_statics.without_repeats()
        segments, fates, events = [], [], []
        row = static = 0
        while True:
            part = self.register.take(rows, statics, row, static, watermark_us)
            some, told = rows.take(slice(row, part.row)), statics.take(slice(static, part.static))
            up_to_us = watermark_us if part.at_us is None else part.at_us
            segment, fate, found = self._judge(some, part.rows_in, told, part.statics_in, up_to_us)
            segments.append(segment)
            fates.append(fate)
            events += found
            row, static = part.row, part.static
            if part.at_us is None:
                break
            events += self._forget(part.at_us)
        tracked = rows.with_columns(segment=np.concatenate(segments))
        return Advance(tracked, np.concatenate(fates), told_statics, events)

    def _judge(
        self, rows: PositionBatch, rows_in: NDArray[np.bool_] | None, statics: StaticBatch, statics_in: NDArray[np.bool_] | None,
        watermark_us: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8], list[Event]]:  # fmt: skip
        """The rows of craft admitted, through everything; segment and fate of all rows, and the events now known."""
        segment, fate = rows.craft, np.full(len(rows), OVER_BUDGET, dtype=np.uint8)
        tracked, judged = self.tracks.judge(rows if rows_in is None else rows.take(rows_in))
        if rows_in is None:
            segment, fate = tracked.segment, judged
        else:
            segment = segment.copy()
            segment[rows_in], fate[rows_in] = tracked.segment, judged
        statics = statics if statics_in is None else statics.take(statics_in)
        given = (judged == KEPT) | tracked.is_displaced
        is_kept = judged[given] == KEPT
        everything = tracked.take(given)
        everything = everything.with_columns(source=self._feeds.of(everything.source))
        everything, shared = self._shared_places.sift(everything)
        kept, everything = believed(everything), everything.take(is_kept)
        if tracked.is_displaced.any():
            displaced = np.zeros(len(fate), dtype=np.bool_)
            displaced[slice(None) if rows_in is None else rows_in] = (judged == KEPT) & tracked.is_displaced
            fate = np.where(displaced, np.uint8(DISPLACED), fate)
        found = [*self._waiting, *shared]
        tasks = [
            partial(
                _step, detector, everything if EventKind.INTEGRITY in detector.kinds else kept, statics, watermark_us
            )
            for detector in self._detectors.values()
        ]
        for told in self._run(tasks):
            found.extend(told)
        with self._told("port calls", f"{len(kept):,} positions up to {watermark_us}"):
            self.port_calls.process_batch(kept)
            self.port_calls.advance_watermark(watermark_us)
        with self._told("papers", f"{len(statics):,} static reports up to {watermark_us}"):
            self.linker.observe(statics)
            self.linker.add_port_calls(self.port_calls.take_calls())
        self.tracks.advance_watermark(watermark_us)
        ready = sorted((event for event in found if event.known_us <= watermark_us), key=event_order)
        self._waiting = [event for event in found if event.known_us > watermark_us]
        ready = self._successions.extend(ready)
        self.linker.hand_over(ready)
        with self._told("ways of craft on papers", f"{len(kept):,} positions up to {watermark_us}"):
            self.linker.follow(kept)
            ready = sorted([*ready, *self._against_papers()], key=event_order)
        return segment, fate, self._noted(self._one_sided.extend(ready))

    def _against_papers(self) -> list[Event]:
        """What became known of papers and ships that contradict each other."""
        told = self.linker.take_told()
        return [self._contradicted.event(one, self.linker.papers_of(one.conveyance, one.known_us)) for one in told]

    def take_papers(
        self, manifests: Sequence[Manifest], known_us: int, at_us: int, boxes: Sequence[BoxEvent] = ()
    ) -> tuple[set[int], list[Event]]:
        """Papers, each the newest version of its ``manifest_id``, which takes the place of the one before, and what became of boxes; right after the rows up to a
        watermark were taken.

        Parameters
        ----------
        known_us:
            Since when they count as known.
        at_us:
            The watermark reached: from here on detectors judge by them. The same instant, but where they come to a timeline later than they became known.

        Returns
        -------
        Craft that the old or the new papers may mean, and what became known of events: an amended itinerary ends what was told of the one before.
        """
        crafts: set[int] = set()
        found: list[Event] = []
        with self._told("papers", f"{len(manifests):,} papers known at {known_us}"):
            crafts = self.linker.take(self.linker.newer(manifests), known_us)
            if boxes:
                crafts |= self.linker.take_boxes(boxes, known_us)
            joined = self.linker.take_joined()
            declared = [one.itinerary for one in joined if one.itinerary is not None and one.itinerary.is_whole]
            silent = [one.manifest_id for one in joined if one.itinerary is None or not one.itinerary.is_whole]
            found = self._declare(silent, declared, at_us)
        return crafts, self.note_given_up(found)

    def declare_anew(self, manifest_ids: Collection[str], at_us: int) -> list[Event]:
        """Some papers are gone, or say something else under the same version: detectors follow what is declared now. What became known of events."""
        declared = [one for one in self.linker.itineraries() if one.itinerary_id in manifest_ids]
        return self.note_given_up(self._declare(sorted(manifest_ids), declared, at_us))

    def _declare(
        self, gone: Sequence[str], declared: Sequence[Itinerary], at_us: int, only: Collection[str] | None = None
    ) -> list[Event]:
        """Detectors that follow itineraries, those in ``only`` where it is given, are told which there are no more, and which there are now."""
        said = self.linker.heard_of(itinerary.conveyance for itinerary in declared)

        def told(detector: Detector) -> list[Event]:
            if not isinstance(detector, FollowsItineraries):
                return []
            return [*detector.withdraw(gone, at_us), *detector.declare(declared, at_us, said)]

        return [
            event
            for name, detector in self._detectors.items()
            if only is None or name in only
            for event in (detector.asked(told) if isinstance(detector, GuardedDetector) else told(detector))
        ]

    def take_faults(self) -> list[Fault]:
        """What detectors, port calls and papers fell over since this was asked last."""
        faults, self._faults = self._faults, []
        for detector in self._detectors.values():
            if isinstance(detector, GuardedDetector):
                faults += detector.take_faults()
        return faults

    @property
    def fallen(self) -> dict[str, str]:
        """What detectors no longer know, by name, a sentence each."""
        guarded = {name: one for name, one in self._detectors.items() if isinstance(one, GuardedDetector)}
        return {name: detector.fallen for name, detector in guarded.items() if detector.fallen}

    @contextmanager
    def _told(self, part: str, unit: str) -> Iterator[None]:
        """An exception costs this part its step and is told."""
        try:
            yield
        except Exception as exc:
            self._faults.append(fault_of(exc, part, unit))

    def _forget(self, at_us: int) -> list[Event]:
        """Make room at an instant up to which everything was judged; what is said of those who are forgotten."""
        held = {craft for crafts in self._open.values() for craft in crafts} | self.linker.meant()
        gone = self.register.forget(held, {*self.linker.named(), *map(parse_craft, self.tracked)})
        if not len(gone):
            return []
        found: list[Event] = []
        for told in self._run([partial(detector.forget, gone, at_us) for detector in self._detectors.values()]):
            found.extend(told)
        self.port_calls.forget(gone, at_us)
        self.linker.add_port_calls(self.port_calls.take_calls())
        self.linker.forget_craft(gone)
        self.tracks.forget(gone)
        self._shared_places.forget(gone)
        told = self._successions.extend(sorted(found, key=event_order))
        self._successions.forget(gone.tolist())
        told = self._one_sided.extend(told)
        self._one_sided.forget(gone)
        return self._noted(told)

    def take_over(
        self, before: Timeline, anew: Collection[str] = (), papers: Iterable[Manifest] = (), at_us: int = NEVER_US
    ) -> dict[str, str]:
        """Go on where another timeline is, up to a watermark, by the papers that it names; only on one that has seen nothing yet, and in place of the other.

        Detectors in ``anew``, and those that cannot take over what the other remembers, begin with nothing: which, each with why.

        Raises
        ------
        Exception
            where something else than a detector cannot take over: this timeline is of no use then, and ``before`` is as it was.
        """
        parts = {name: later() for name, later in before.capture().items()}
        begun = dict.fromkeys(anew, "what it remembers is laid out by what has changed")
        for name in self._detectors:
            part = parts.pop(f"detector.{name}", None)
            if part is None or name in begun:
                continue
            try:
                self._detectors[name].restore(part)
            except Exception as exc:
                begun[name] = f"it cannot take over what it remembers ({exc})"
        self.restore_parts(parts, papers)
        self._declare((), self.linker.itineraries(), at_us, only=begun)
        return begun

    def given_up(self, names: Collection[str], zone_ids: Collection[str], at_us: int) -> list[Event]:
        """The last word of some detectors on all that they have open, and on visits of zones watched no longer; of no use afterwards.

        Asked of a timeline that another has taken over from; ``at_us`` is the watermark.
        """
        craft = self.register.admitted()
        found: list[Event] = []
        for name, detector in self._detectors.items():
            if name in names:
                found += detector.forget(craft, at_us)
            elif zone_ids and isinstance(detector, GuardedDetector):
                found += detector.asked(
                    lambda inner: inner.ended(zone_ids, at_us) if isinstance(inner, ZoneDetector) else []
                )
        return sorted(found, key=event_order)

    def note_given_up(self, events: Iterable[Event]) -> list[Event]:
        """Take note of what detectors, or the timeline before, gave up at the watermark reached; the events to tell of."""
        told = self._one_sided.extend(self._successions.extend(sorted(events, key=event_order)))
        return self._noted(told)

    def _noted(self, events: list[Event]) -> list[Event]:
        """The same events; who has one open is kept up."""
        for event in events:
            if event.state is EventState.OPEN and not event.craft.startswith("source:"):
                craft = filter(None, (event.craft, event.other_craft))
                self._open[event.event_id] = tuple(map(parse_craft, craft))
            else:
                self._open.pop(event.event_id, None)
        return events

    def capture(self) -> dict[str, Later]:
        """The whole state of this instant, member by member."""
        waiting, one_sided = table_bytes(events_to_arrow(self._waiting)), table_bytes(self._one_sided.table())
        opened, told = table_bytes(self._open_table()), self._statics_told.capture()
        successions = table_bytes(self._successions.table())
        members: dict[str, Snapshotting] = {
            "register": self.register,
            "tracks": self.tracks,
            "shared_places": self._shared_places,
            "port_calls": self.port_calls,
            "linker": self.linker,
            **{f"detector.{name}": detector for name, detector in self._detectors.items()},
        }
        captured = {name: capture(member) for name, member in members.items()}
        return {
            **captured,
            "waiting": lambda: waiting,
            "one_sided": lambda: one_sided,
            "successions": lambda: successions,
            "open": lambda: opened,
            "told": lambda: table_bytes(told()),
        }

    def snapshot(self) -> bytes:
        """The whole state as one block of bytes."""
        return bundle("timeline", _LAYOUT, {name: later() for name, later in self.capture().items()})

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a timeline that has seen nothing yet."""
        self.restore_parts(unbundle("timeline", _LAYOUT, snapshot))

    def restore_parts(self, parts: Mapping[str, bytes], papers: Iterable[Manifest] = ()) -> None:
        """Take over the parts of one; ``papers`` are those whose versions they name. A detector they do not know starts afresh."""
        self.register.restore(parts["register"])
        for row in bytes_table(parts["open"]).to_pylist():
            self._open[row["event_id"]] = tuple(row["craft"])
        if (part := parts.get("told")) is not None:
            self._statics_told.restore(bytes_table(part))
        self.tracks.restore(parts["tracks"])
        if (known := parts.get("shared_places")) is not None:
            self._shared_places.restore(known)
        self.port_calls.restore(parts["port_calls"])
        self.linker.restore(parts["linker"], papers)
        for name, detector in self._detectors.items():
            if (part := parts.get(f"detector.{name}")) is not None:
                detector.restore(part)
        self._waiting = events_from_arrow(bytes_table(parts["waiting"]))
        self._one_sided.restore(bytes_table(parts["one_sided"]))
        if (part := parts.get("successions")) is not None:
            self._successions.restore(bytes_table(part))

    def _open_table(self) -> pa.Table:
        opened = sorted(self._open.items())
        return pa.table(
            {
                "event_id": pa.array([event_id for event_id, _ in opened], pa.string()),
                "craft": pa.array([craft for _, craft in opened], pa.list_(pa.int64())),
            }
        )


def _step(detector: Detector, rows: PositionBatch, statics: StaticBatch, watermark_us: int) -> list[Event]:
    if isinstance(detector, GuardedDetector):
        return detector.step(rows, statics, watermark_us)
    return [*detector.process_batch(rows, statics), *detector.advance_watermark(watermark_us)]
