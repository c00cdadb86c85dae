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
- It shares nothing that changes with another detector: those of a timeline may do their part of a step at once, in threads.
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


@dataclass(frozen=True, slots=True)
class Ticks:
    """Complete slices of a :class:`TickBuffer`: slice ``k`` ends at ``end_us[k]`` and holds the rows ``row[k]`` up to ``row[k + 1]``
    of ``positions``, and so of ``statics``."""

    end_us: NDArray[np.int64]
    row: NDArray[np.int64]
    static: NDArray[np.int64]
    positions: PositionBatch
    statics: StaticBatch

    def positions_of(self, k: int) -> PositionBatch:
        """The positions of a slice."""
        return self.positions.take(slice(int(self.row[k]), int(self.row[k + 1])))

    def statics_of(self, k: int) -> StaticBatch:
        """The statics of a slice."""
        return self.statics.take(slice(int(self.static[k]), int(self.static[k + 1])))


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
        ticks = self.ticks(watermark_us)
        for k, end_us in enumerate(ticks.end_us.tolist()):
            yield end_us, ticks.positions_of(k), ticks.statics_of(k)

    def ticks(self, watermark_us: int) -> Ticks:
        """All complete slices at once, for kernels that go through many of them."""
        positions, statics = PositionBatch.concat(self._positions), StaticBatch.concat(self._statics)
        ends, rows, told = [], [], []
        row = static = 0
        while (end_us := self._next_slice_us(positions, statics, row, static, watermark_us)) is not None:
            last_us = min(watermark_us, max(self._last_row_us + self.quiet_us, end_us))
            some = np.arange(end_us, last_us + 1, self.tick_us)
            rows_at = np.searchsorted(positions.time_us, some, side="right")
            told_at = np.searchsorted(statics.time_us, some, side="right")
            heard = np.flatnonzero(np.diff(rows_at, prepend=row) + np.diff(told_at, prepend=static))
            if len(heard):
                self._last_row_us = int(some[heard[-1]])
            row, static = int(rows_at[-1]), int(told_at[-1])
            self._next_end_us = int(some[-1]) + self.tick_us
            ends.append(some)
            rows.append(rows_at)
            told.append(told_at)
        self._positions = [positions.take(slice(row, None))]
        self._statics = [statics.take(slice(static, None))]
        none = [np.zeros(1, dtype=np.int64)]
        return Ticks(
            np.concatenate(ends) if ends else none[0][:0],
            np.concatenate(none + rows),
            np.concatenate(none + told),
            positions,
            statics,
        )

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
