"""What a detector is. One interface for a test, a replay, the live consumer and a cluster.

The driver promises, and ``tests/contracts`` checks that results do not depend on anything else:

1. Rows come in event-time order, ties in the order of ``PositionBatch.in_time_order``; duplicates are gone and ``segment``
   is set (``tracker.tracks``). Rows with NaN positions are "heard without a position".
2. ``process_batch`` may cut the rows anywhere, also between equal times, and may be empty.
3. ``advance_watermark(w)`` follows when every row with time <= ``w`` was handed in; rows after it are later than ``w``. It is the
   only place where *absence* becomes an event and where old state is forgotten. Cadence is the driver's choice.

The detector promises:

- Final events and every revision are the same for every cut and cadence; so each rule asks "what was known at instant t", never
  "what do I know now". ``known_us`` of each event returned lies after the previous watermark and at or before the next one:
  a revision knowable at ``w`` is returned no later than by ``advance_watermark(w)``.
- No rows, arrays or events given or returned are changed afterwards.
- ``snapshot`` then ``restore`` is as if never stopped. Snapshots are made between calls, and may hold rows not yet judged.
- State is bounded by craft alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from streams.snapshot import scalars
from tracker.events import Event, EventKind
from tracker.geography.ground import UNKNOWN_GROUND, Ground
from tracker.geography.zones import NO_ZONES, ZoneSet
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_H


class Places(Protocol):
    """What detectors ask of geography (``tracker.geography`` has the real one; tests use small ones)."""

    def port_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance to the nearest port, per point."""
        ...

    def airport_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance to the nearest airport, per point."""
        ...

    def is_land(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        """True where the land mask says land (rivers and harbours included: the mask is coarse)."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What detectors know of the world besides the rows: reference places, names of sources, areas of interest."""

    places: Places
    source_name: Callable[[int], str] = field(default=lambda source: f"source-{source}")
    zones: ZoneSet = NO_ZONES
    ground: Callable[[], Ground] = field(default=lambda: UNKNOWN_GROUND)
    """What lies below aircraft, made when first asked."""


class Detector(Protocol):
    """A stateful, pure finder of events."""

    kinds: frozenset[EventKind]

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Take the next rows in event-time order; return what they made known."""
        ...

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """No row at or before ``watermark_us`` will come any more; return what that made known."""
        ...

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes with a layout number."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        ...


class TickBuffer:
    """Holds rows back and gives them out in slices of a fixed event-time grid.

    For rules that compare craft with one another and so need a common instant: slice ``k`` holds the rows with
    ``tick_us*k < time <= tick_us*(k+1)`` and is given out, with its end, once the watermark has reached that end. The slices
    are the same however the rows were cut and however often the watermark moved.

    After ``quiet_us`` without a row nothing can become known any more (every detector has forgotten its craft by then), so the
    grid jumps to the next row: a recording with years between its parts costs no more than one without.
    """

    def __init__(self, tick_us: int, quiet_us: int = 30 * 24 * US_PER_H) -> None:
        self.tick_us, self.quiet_us = tick_us, quiet_us
        self._positions: list[PositionBatch] = []
        self._statics: list[StaticBatch] = []
        self._next_end_us: int | None = None
        self._last_row_us = 0

    def add(self, positions: PositionBatch, statics: StaticBatch) -> None:
        """Hold rows until their slice is complete."""
        if len(positions):
            self._positions.append(positions)
        if len(statics):
            self._statics.append(statics)

    def slices(self, watermark_us: int) -> Iterator[tuple[int, PositionBatch, StaticBatch]]:
        """Each complete slice in order: its end, its rows. Empty slices are given too, from the first row on."""
        positions = PositionBatch.concat(self._positions)
        statics = StaticBatch.concat(self._statics)
        no_positions, no_statics = positions.take(slice(0, 0)), statics.take(slice(0, 0))
        start_p = start_s = 0
        while (end_us := self._next_slice_us(positions, statics, start_p, start_s, watermark_us)) is not None:
            stop_p = int(np.searchsorted(positions.time_us, end_us, side="right"))
            stop_s = int(np.searchsorted(statics.time_us, end_us, side="right"))
            if stop_p > start_p or stop_s > start_s:
                self._last_row_us = end_us
            some_p = positions.take(slice(start_p, stop_p)) if stop_p > start_p else no_positions
            some_s = statics.take(slice(start_s, stop_s)) if stop_s > start_s else no_statics
            yield end_us, some_p, some_s
            start_p, start_s = stop_p, stop_s
            self._next_end_us = end_us + self.tick_us
        self._positions = [positions.take(slice(start_p, None))]
        self._statics = [statics.take(slice(start_s, None))]

    def _next_slice_us(
        self, positions: PositionBatch, statics: StaticBatch, start_p: int, start_s: int, watermark_us: int
    ) -> int | None:
        """End of the next slice; None where the watermark or the rows do not reach so far."""
        end_us = self._next_end_us
        if end_us is None or end_us > self._last_row_us + self.quiet_us:
            ahead = [int(b.time_us[at]) for b, at in ((positions, start_p), (statics, start_s)) if at < len(b)]
            if not ahead:
                return None
            row_us = -(-min(ahead) // self.tick_us) * self.tick_us
            end_us = row_us if end_us is None else max(end_us, row_us)
        return end_us if end_us <= watermark_us else None

    def tables(self) -> dict[str, Any]:
        """The held rows and the grid position as Arrow tables, for a snapshot."""
        grid = scalars(
            next_end_us=-1 if self._next_end_us is None else self._next_end_us, last_row_us=self._last_row_us
        )
        return {
            "held_positions": PositionBatch.concat(self._positions).to_arrow(),
            "held_statics": StaticBatch.concat(self._statics).to_arrow(),
            "held_grid": grid,
        }

    def restore(self, tables: dict[str, Any]) -> None:
        """The inverse of :meth:`tables`."""
        self._positions = [PositionBatch.from_arrow(tables["held_positions"])]
        self._statics = [StaticBatch.from_arrow(tables["held_statics"])]
        end, self._last_row_us = (
            tables["held_grid"].column(name)[0].as_py() for name in ("next_end_us", "last_row_us")
        )
        self._next_end_us = None if end == -1 else end
