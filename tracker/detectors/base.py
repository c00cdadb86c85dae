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
- ``snapshot`` then ``restore`` is as if never stopped. Snapshots are made between calls, and may hold rows not yet judged. Whoever has much
  state has ``capture``, too (``streams.snapshot.Capturing``), of which ``snapshot`` is the rest.
- State is bounded by craft alive. ``forget`` leaves nothing of some craft, not even of rows held: memory is short and they are strangers. It comes right after
  ``advance_watermark`` of the same instant. What was open of them is closed or withdrawn, with the reason, known at that instant; their silence is nothing any more.
- It shares nothing that changes with another detector: those of a timeline may do their part of a step at once, in threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from streams.errors import SnapshotError
from streams.snapshot import scalars
from tracker.detectors.wording import Landmarks, no_landmark
from tracker.events import Event, EventKind
from tracker.geography.ground import UNKNOWN_GROUND, Ground
from tracker.geography.zones import NO_ZONES, ZoneSet
from tracker.identity import is_aircraft, is_one_of
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_S
from tracker.voyages.itinerary import Itinerary


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


GRID_ORIGIN_DEG: Final = -0.0314159
"""Longitude from which cells are counted unless a setting says otherwise: round coordinates lie on no border of cells."""


@dataclass(frozen=True, slots=True)
class Context:
    """What detectors know of the world besides the rows: reference places, names of sources, areas of interest."""

    places: Places
    source_name: Callable[[int], str] = field(default=lambda source: f"source-{source}")
    zones: ZoneSet = NO_ZONES
    ground: Callable[[], Ground] = field(default=lambda: UNKNOWN_GROUND)
    """What lies below aircraft, made when first asked."""
    port_near: Landmarks = no_landmark
    """The port that a place at sea is told by."""
    aerodrome_near: Landmarks = no_landmark
    """The aerodrome that a place over land is told by."""

    grid_origin_deg: float = GRID_ORIGIN_DEG
    """Longitude from which cells are counted: a setting, so that where a feed begins decides nothing, and what was learned apart can be put together."""

    def near(self, craft: int) -> Landmarks:
        """What names the places of a craft."""
        return self.aerodrome_near if is_aircraft(craft) else self.port_near


def check_grid(kept_deg: float, origin_deg: float) -> None:
    """Cells of a snapshot are of no use where they are counted from elsewhere: ``SnapshotError``."""
    if kept_deg != origin_deg:
        raise SnapshotError(
            f"its cells are counted from {kept_deg} degrees and not from {origin_deg} ([grids] origin_lon_deg)"
        )


class Detector(Protocol):
    """A stateful, pure finder of events."""

    kinds: frozenset[EventKind]

    def process_batch(self, positions: PositionBatch, statics: StaticBatch) -> list[Event]:
        """Take the next rows in event-time order; return what they made known."""
        ...

    def advance_watermark(self, watermark_us: int) -> list[Event]:
        """No row at or before ``watermark_us`` will come any more; return what that made known."""
        ...

    def forget(self, craft: NDArray[np.int64], at_us: int) -> list[Event]:
        """Keep nothing of some craft (keys, in order), given up at the watermark just reached; the last word on what was open."""
        ...

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes with a layout number."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a detector that has seen nothing yet."""
        ...


@runtime_checkable
class FollowsItineraries(Protocol):
    """A detector that judges what papers declare. Both verbs come right after ``advance_watermark`` of the same instant, as ``forget`` does, and what they return
    became known at it."""

    def declare(self, itineraries: Sequence[Itinerary], at_us: int, said: StaticBatch) -> list[Event]:
        """Follow some itineraries from an instant on, each in place of the older version of its id.

        ``said`` is what craft said before of who they are, as far as these papers may mean it, in the order of time.
        """
        ...

    def withdraw(self, itinerary_ids: Sequence[str], at_us: int) -> list[Event]:
        """Follow some itineraries no longer: the papers declare none any more."""
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


@dataclass(frozen=True, slots=True)
class Parts:
    """How a tick of too many rows is cut: at the first multiple of ``every_us`` by which it has ``rows``, and so on."""

    every_us: int
    rows: int


BUSY: Final = Parts(5 * US_PER_S, 50_000)
"""A minute at the world's published rate is 1.2 million rows: judged at once, they would hold up for a second whatever else is to be told."""


class TickBuffer:
    """Holds rows back and gives them out in slices of a fixed event-time grid.

    For rules that compare craft with one another and so need a common instant: slice ``k`` holds the rows with
    ``tick_us*k < time <= tick_us*(k+1)`` and is given out, with its end, once the watermark has reached that end. The slices
    are the same however the rows were cut and however often the watermark moved.

    With ``parts`` a tick of many rows is given out in several slices, the last of which ends with it: for whoever learns row by row and judges
    at the end of the tick. Where they end depends on the rows alone, too.

    After ``quiet_us`` without a row nothing can become known any more (every detector has forgotten its craft by then), so the
    grid jumps to the next row: a recording with years between its parts costs no more than one without.
    """

    def __init__(self, tick_us: int, quiet_us: int = 30 * 24 * US_PER_H, parts: Parts | None = None) -> None:
        self.tick_us, self.quiet_us, self.parts = tick_us, quiet_us, parts
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

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Hold no rows of some craft any longer."""
        positions, statics = self._positions, self._statics
        self._positions, self._statics = [], []
        for rows in positions:
            self.add(rows.take(~is_one_of(rows.craft, craft)), StaticBatch.empty())
        for told in statics:
            self.add(PositionBatch.empty(), told.take(~is_one_of(told.craft, craft)))

    def slices(self, watermark_us: int) -> Iterator[tuple[int, PositionBatch, StaticBatch]]:
        """Each complete slice in order: its end, its rows. Empty slices are given too, from the first row on."""
        for ticks in self.ticks(watermark_us):
            for k, end_us in enumerate(ticks.end_us.tolist()):
                yield end_us, ticks.positions_of(k), ticks.statics_of(k)

    def ticks(self, watermark_us: int) -> list[Ticks]:
        """All complete slices, as many at once as lie together, for kernels that go through many of them.

        Rows held and rows just come share a tick, the first one. It is laid together and given out by itself, and what follows it is given
        as it came: laid together as a whole, each block of a recording would be copied in all its columns for the sake of one tick.
        """
        given = []
        end_us = self._end_of_held_us(watermark_us)
        if end_us is not None:
            later = self._set_aside(end_us)
            given.append(self._complete(end_us))
            self._positions += later
        if self._is_any_complete(watermark_us):
            given.append(self._complete(watermark_us))
        return given

    def _end_of_held_us(self, watermark_us: int) -> int | None:
        """End of the next tick, where it is complete and its rows lie in several batches, the last of which goes on after it."""
        if len(self._positions) < 2:
            return None
        positions_us = [held.time_us for held in self._positions]
        end_us = self._end_of_tick_us(*positions_us, *(held.time_us for held in self._statics))
        if end_us is None or not self._positions[0].time_us[0] <= end_us <= watermark_us:
            return None
        return end_us if self._positions[-1].time_us[-1] > end_us else None

    def _set_aside(self, end_us: int) -> list[PositionBatch]:
        """Hold only the positions up to an instant; those after it."""
        first = next(k for k, held in enumerate(self._positions) if held.time_us[-1] > end_us)
        cut = self._positions[first]
        row = int(np.searchsorted(cut.time_us, end_us, side="right"))
        later = [cut.take(slice(row, None)), *self._positions[first + 1 :]]
        self._positions = [*self._positions[:first], cut.take(slice(0, row))]
        return later

    def _complete(self, watermark_us: int) -> Ticks:
        """The complete slices of the rows held, of which there is at least one; they are held no longer."""
        positions, statics = PositionBatch.concat(self._positions), StaticBatch.concat(self._statics)
        ends: list[NDArray[np.int64]] = []
        rows, told = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
        row = static = 0
        while (end_us := self._end_of_tick_us(positions.time_us[row:], statics.time_us[static:])) is not None:
            last_us = min(watermark_us, max(self._last_row_us + self.quiet_us, end_us))
            some = self._ends(end_us, last_us, positions.time_us, row)
            if not len(some):
                break
            rows_at = np.searchsorted(positions.time_us, some, side="right")
            told_at = np.searchsorted(statics.time_us, some, side="right")
            heard = np.flatnonzero(np.diff(rows_at, prepend=row) + np.diff(told_at, prepend=static))
            if len(heard):
                self._last_row_us = int(some[heard[-1]])
            row, static = int(rows_at[-1]), int(told_at[-1])
            self._next_end_us = (int(some[-1]) // self.tick_us + 1) * self.tick_us
            ends.append(some)
            rows.append(rows_at)
            told.append(told_at)
        self._positions, self._statics = [], []
        self.add(positions.take(slice(row, None)), statics.take(slice(static, None)))
        return Ticks(np.concatenate(ends), np.concatenate(rows), np.concatenate(told), positions, statics)

    def _is_any_complete(self, watermark_us: int) -> bool:
        """Whether there is anything to give out: asked at every move of the watermark, so without laying the rows together."""
        positions_us = [batch.time_us for batch in self._positions]
        end_us = self._end_of_tick_us(*positions_us, *(batch.time_us for batch in self._statics))
        if end_us is None or end_us <= watermark_us or self.parts is None:
            return end_us is not None and end_us <= watermark_us
        edge_us = watermark_us // self.parts.every_us * self.parts.every_us
        count = sum(int(np.searchsorted(times, edge_us, side="right")) for times in positions_us)
        return count >= self.parts.rows

    def _end_of_tick_us(self, *times_us: NDArray[np.int64]) -> int | None:
        """End of the tick that comes next, from the rows held, each array in order; None before the first, and after a long quiet till the next."""
        end_us = self._next_end_us
        if end_us is None or end_us > self._last_row_us + self.quiet_us:
            ahead = [int(times[0]) for times in times_us if len(times)]
            if not ahead:
                return None
            row_us = -(-min(ahead) // self.tick_us) * self.tick_us
            end_us = row_us if end_us is None else max(end_us, row_us)
        return end_us

    def _ends(self, end_us: int, last_us: int, times_us: NDArray[np.int64], row: int) -> NDArray[np.int64]:
        """Ends of the slices up to an instant, the first tick of which ends at ``end_us`` and begins with ``row``."""
        ends = np.arange(end_us, last_us + 1, self.tick_us)
        if self.parts is None:
            return ends
        ticks = np.append(ends, end_us + len(ends) * self.tick_us)  # the last is under way
        rows_at = np.searchsorted(times_us, np.minimum(ticks, last_us), side="right")
        more: list[int] = []
        for k in np.flatnonzero(np.diff(rows_at, prepend=row) >= self.parts.rows).tolist():
            since = row if k == 0 else int(rows_at[k - 1])
            begin_us, stop_us = int(ticks[k]) - self.tick_us, min(int(ticks[k]) - 1, last_us)
            fine = np.arange(begin_us + self.parts.every_us, stop_us + 1, self.parts.every_us)
            for part_us, at in zip(fine.tolist(), np.searchsorted(times_us, fine, side="right").tolist(), strict=True):
                if at - since >= self.parts.rows:
                    more.append(part_us)
                    since = at
        return np.sort(np.append(ends, more)) if more else ends

    def tables(self) -> dict[str, Any]:
        """The held rows and the grid position for a snapshot (``streams.snapshot.pack``)."""
        grid = scalars(
            next_end_us=-1 if self._next_end_us is None else self._next_end_us, last_row_us=self._last_row_us
        )
        positions, statics = list(self._positions), list(self._statics)
        return {
            "held_positions": lambda: PositionBatch.concat(positions).to_arrow(),
            "held_statics": lambda: StaticBatch.concat(statics).to_arrow(),
            "held_grid": grid,
        }

    def restore(self, tables: dict[str, Any]) -> None:
        """The inverse of :meth:`tables`."""
        self.add(PositionBatch.from_arrow(tables["held_positions"]), StaticBatch.from_arrow(tables["held_statics"]))
        end, self._last_row_us = (
            tables["held_grid"].column(name)[0].as_py() for name in ("next_end_us", "last_row_us")
        )
        self._next_end_us = None if end == -1 else end
