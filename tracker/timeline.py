"""The timeline: everything that is a function of the rows in event-time order, and of nothing else.

::

    rows up to a watermark -> tracks -> detectors -> events, in the order they became known, and what joins them
                                 |-> port calls -> which craft the papers mean (the linker)

It holds no rows that arrive out of order (``streams.reorder`` does), publishes nothing and stores nothing. So it can be set back: a
snapshot restored into a new timeline and driven over the same rows again, with late ones among them, ends as if those had come in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import Later, Snapshotting, bundle, bytes_table, capture, table_bytes, unbundle
from tracker.cargo.link import CargoLinker
from tracker.detectors.base import Detector
from tracker.detectors.encounter import OneSided
from tracker.events import Event, event_order, events_from_arrow, events_to_arrow
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder
from tracker.tracks.segments import KEPT
from tracker.voyages.port_calls import PortCalls

_LAYOUT: Final = 2

Task = Callable[[], list[Event]]
InTurn = Callable[[Sequence[Task]], Iterable[list[Event]]]
"""Does all tasks and gives what each gave, in their order. Detectors share nothing that changes: whether they run at once shows nowhere."""


def one_by_one(tasks: Sequence[Task]) -> Iterable[list[Event]]:
    """Each after the one before."""
    return [task() for task in tasks]


@dataclass(frozen=True, slots=True)
class Advance:
    """What a step of the timeline gave: every row with its segment and fate, and the events now known, in order."""

    tracked: PositionBatch
    fate: NDArray[np.uint8]
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
        feed_of: NDArray[np.int32],
        run: InTurn = one_by_one,
    ) -> None:
        self._run = run
        self.linker, self.port_calls, self.tracks = linker, port_calls, tracks
        self.feed_of = feed_of
        """Number of the feed of each source: what detectors know a source by."""
        self._detectors = dict(detectors)
        self._one_sided = one_sided
        self._waiting: list[Event] = []

    @property
    def fates(self) -> Mapping[str, int]:
        """Rows kept by tracks and dropped by cause."""
        return self.tracks.counts

    def advance(self, rows: PositionBatch, statics: StaticBatch, watermark_us: int) -> Advance:
        """Take the rows released up to a watermark, in event-time order."""
        statics = statics.without_repeats()
        tracked, fate = self.tracks.judge(rows)
        kept = tracked.take(fate == KEPT)
        kept = kept.with_columns(source=self.feed_of[kept.source])
        found = self._waiting
        tasks = [partial(_step, detector, kept, statics, watermark_us) for detector in self._detectors.values()]
        for told in self._run(tasks):
            found.extend(told)
        self.port_calls.process_batch(kept)
        self.port_calls.advance_watermark(watermark_us)
        self.linker.observe(statics)
        self.linker.add_port_calls(self.port_calls.take_calls())
        self.tracks.advance_watermark(watermark_us)
        ready = sorted((event for event in found if event.known_us <= watermark_us), key=event_order)
        self._waiting = [event for event in found if event.known_us > watermark_us]
        return Advance(tracked, fate, self._one_sided.extend(ready))

    def capture(self) -> dict[str, Later]:
        """The whole state of this instant, member by member."""
        waiting, one_sided = table_bytes(events_to_arrow(self._waiting)), table_bytes(self._one_sided.table())
        members: dict[str, Snapshotting] = {
            "tracks": self.tracks,
            "port_calls": self.port_calls,
            "linker": self.linker,
            **{f"detector.{name}": detector for name, detector in self._detectors.items()},
        }
        captured = {name: capture(member) for name, member in members.items()}
        return {**captured, "waiting": lambda: waiting, "one_sided": lambda: one_sided}

    def snapshot(self) -> bytes:
        """The whole state as one block of bytes."""
        return bundle("timeline", _LAYOUT, {name: later() for name, later in self.capture().items()})

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a timeline that has seen nothing yet."""
        self.restore_parts(unbundle("timeline", _LAYOUT, snapshot))

    def restore_parts(self, parts: Mapping[str, bytes]) -> None:
        """Take over the parts of one. A detector they do not know starts afresh."""
        self.tracks.restore(parts["tracks"])
        self.port_calls.restore(parts["port_calls"])
        self.linker.restore(parts["linker"])
        for name, detector in self._detectors.items():
            if (part := parts.get(f"detector.{name}")) is not None:
                detector.restore(part)
        self._waiting = events_from_arrow(bytes_table(parts["waiting"]))
        self._one_sided.restore(bytes_table(parts["one_sided"]))


def _step(detector: Detector, rows: PositionBatch, statics: StaticBatch, watermark_us: int) -> list[Event]:
    return [*detector.process_batch(rows, statics), *detector.advance_watermark(watermark_us)]
