"""Many ticks in one kernel call: the stretches of time in which nothing happens but learning.

A tick of :mod:`.detector` costs some fifty calls however little was heard. Most ticks need none of the judgement: all craft, cells and
feeds in them are known, nobody comes back from a silence, nobody's silence is due. The kernel goes through such ticks, and stops at the first
that needs more, before it has written anything of it, or after the part of it that it can do::

    ALL     somebody is new, a craft ends a silence or a feed comes back: nothing was done yet
    CELLS   some place is new: nothing was done yet; it is entered, and the kernel goes on
    FEEDS   rows are learned; a feed is silent, faint or thin and must be looked at
    CRAFT   rows are learned and feeds judged; silences of craft are due, or the hour is over
    DONE    no tick is left

The result is that of the ticks done one by one, bit by bit: the kernel calls the same functions in the same order.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.cells import NO_CELL
from streams.borrowed import borrowed
from streams.keyed_state import find_slots
from tracker.detectors.base import Ticks
from tracker.detectors.silence.columns import AIRCRAFT, SHIP, Found, Grid, Left, Limits, Rows
from tracker.detectors.silence.learning import cell_keys, find_due, find_returns, learn_rows
from tracker.detectors.silence.memory import Memory
from tracker.detectors.silence.outage import (
    NO_STATION,
    FeedLimits,
    FeedWatch,
    any_back,
    fade,
    hash_stations,
    pauses,
    run_on,
)
from tracker.schema import read_only
from tracker.units import US_PER_H

_ALL: Final = 0
_FEEDS: Final = 1
_CRAFT: Final = 2
_DONE: Final = 3
_CELLS: Final = 4


class _Ticks(NamedTuple):
    """Tick ``k`` ends at ``end_us[k]`` and holds the rows ``row[k]`` up to ``row[k + 1]``."""

    end_us: NDArray[np.int64]
    row: NDArray[np.int64]


class _Given(NamedTuple):
    """The rows of all ticks, and the keys of their craft, sources and stations."""

    rows: Rows
    segment: NDArray[np.int64]
    source: NDArray[np.int64]
    station: NDArray[np.int64]


class _Table(NamedTuple):
    """A ``KeyedState``: its lookup and its records."""

    slot: NDArray[np.int32]
    key: NDArray[np.int64]
    records: NDArray[np.void]


class _Known(NamedTuple):
    """What is remembered."""

    craft: _Table
    alive: NDArray[np.bool_]
    """Slots of craft in use."""
    places: _Table
    feeds: _Table
    feed_keys: NDArray[np.int64]
    used: NDArray[np.int64]
    """Slots of feeds in use."""
    calm_us: NDArray[np.int64]
    row_counts: NDArray[np.int64]
    share: NDArray[np.float64]
    """``Memory.feed``."""


class _Limits(NamedTuple):
    learning: Limits
    grid: Grid
    feeds: FeedLimits


class _Room(NamedTuple):
    """Room for what is made of the rows of one tick, and for the slots of craft whose silence is due."""

    craft: NDArray[np.int32]
    cell: NDArray[np.int32]
    source: NDArray[np.int32]
    station: NDArray[np.int32]
    cell_key: NDArray[np.int64]
    left: NDArray[np.int64]
    left_kind: NDArray[np.uint8]
    named: NDArray[np.int64]
    """Stations of the rows that name one, and their times."""
    named_us: NDArray[np.int64]
    returned: NDArray[np.int64]
    due: NDArray[np.int64]


class Stage(IntEnum):
    """How far a tick was done when the kernel stopped at it."""

    ALL = _ALL
    FEEDS = _FEEDS
    CRAFT = _CRAFT
    DONE = _DONE


class Stretch:
    """Some complete ticks, and the state they change."""

    def __init__(self, ticks: Ticks, memory: Memory, feeds: FeedWatch) -> None:
        self._ticks, self._memory, self._feeds = ticks, memory, feeds
        rows, count = ticks.positions, int(ticks.row[-1])
        stations = np.empty(count, dtype=np.int64)
        hash_stations(np.ascontiguousarray(rows.station[:count]).view(np.uint64), rows.source, stations)
        self._given = _Given(
            Rows(*(read_only(getattr(rows, name)[:count]) for name in Rows._fields)),
            read_only(rows.segment[:count]),
            rows.source[:count].astype(np.int64),
            stations,
        )
        most = int(np.diff(ticks.row).max(initial=0))
        craft, cell, source, station = np.empty((4, most), dtype=np.int32)
        cell_key, left, named, named_us, returned = np.empty((5, most), dtype=np.int64)
        left_kind, due = np.empty(most, dtype=np.uint8), np.empty(0, dtype=np.int64)
        self._room = _Room(
            craft, cell, source, station, cell_key, left, left_kind, named, named_us, returned, due,
        )  # fmt: skip
        self._limits = _Limits(memory.limits, memory.grid, feeds.limits)

    def run(self, first: int) -> tuple[int, Stage]:
        """Go on from a tick; the tick that needs more, and how far it was done."""
        ticks, cells = self._ticks, self._memory.cells
        if first >= len(ticks.end_us):
            return first, Stage.DONE
        self._room = self._room._replace(due=np.empty(len(self._memory.craft), dtype=np.int64))
        k, stage = self._run(first, is_located=False)
        while stage == _CELLS:
            keys = self._room.cell_key[: ticks.row[k + 1] - ticks.row[k]]
            cells.slots(keys[keys != NO_CELL])
            k, stage = self._run(k, is_located=True)
        return k, Stage(stage)

    def _run(self, first: int, *, is_located: bool) -> tuple[int, int]:
        """The kernel; ``is_located``: the craft and the cells of the first tick are looked up already."""
        memory, feeds, ticks = self._memory, self._feeds, self._ticks
        craft, places, state = memory.craft, memory.cells, feeds.state
        known = _Known(
            _Table(*craft.table, craft.records), craft.alive_mask,
            _Table(*places.table, places.records),
            _Table(*state.table, state.records), state.keys, feeds.used, feeds.calm_us, feeds.row_counts,
            memory.feed,
        )  # fmt: skip
        result: tuple[int, int] = _run(
            first, is_located, _Ticks(ticks.end_us, ticks.row), self._given, known, self._limits, self._room
        )
        return result


@numba.njit(cache=True, nogil=True)
def _learn(given: _Given, first: int, found: Found, known: _Known, limits: Limits, room: _Room) -> None:
    """The rows of a tick, from ``first`` on, into craft and cells; what ended well is entered there, and for the whole feed."""
    given, found, known, room = borrowed(given), borrowed(found), borrowed(known), borrowed(room)
    craft, places = known.craft, known.places
    left = Left(room.left, room.left_kind)
    stayed = learn_rows(given.rows, first, found, craft.records, places.records, limits, left)
    if not stayed:
        return
    slots = room.cell[:stayed]
    find_slots(left.cell_key[:stayed], places.slot, places.key, slots)
    ships = 0
    for i in range(stayed):
        if slots[i] >= 0:
            places.records[slots[i]].passages += 1.0
        ships += left.kind[i] == SHIP
    known.share[SHIP, 0] += ships
    known.share[AIRCRAFT, 0] += stayed - ships


@numba.njit(cache=True, nogil=True)
def _run(
    first: int,
    is_located: bool,
    ticks: _Ticks,
    given: _Given,
    known: _Known,
    limits: _Limits,
    room: _Room,
) -> tuple[int, int]:
    ticks, given, known, limits = borrowed(ticks), borrowed(given), borrowed(known), borrowed(limits)
    room, rows = borrowed(room), borrowed(given.rows)
    craft, places, feeds = known.craft, known.places, known.feeds
    tick_us = limits.feeds.tick_us
    for k in range(first, len(ticks.end_us)):
        a, b, now_us = ticks.row[k], ticks.row[k + 1], ticks.end_us[k]
        n = b - a
        if n:
            slots, cell_slot, source_slot = room.craft[:n], room.cell[:n], room.source[:n]
            keys, times = room.cell_key[:n], rows.time_us[a:b]
            if not is_located:
                if find_slots(given.segment[a:b], craft.slot, craft.key, slots):
                    return k, _ALL
                if find_returns(times, slots, craft.records, limits.learning.first_us, room.returned):
                    return k, _ALL
            count = 0
            for i in range(n):
                if given.station[a + i] != NO_STATION:
                    room.named[count] = given.station[a + i]
                    room.named_us[count] = times[i]
                    count += 1
            station_slot = room.station[:count]
            if find_slots(given.source[a:b], feeds.slot, feeds.key, source_slot):
                return k, _ALL
            if find_slots(room.named[:count], feeds.slot, feeds.key, station_slot):
                return k, _ALL
            if any_back(source_slot, feeds.records) or any_back(station_slot, feeds.records):
                return k, _ALL
            if is_located:
                find_slots(keys, places.slot, places.key, cell_slot)
                is_located = False
            else:
                placed = cell_keys(rows, a, slots, craft.records, limits.grid, keys)
                if n - find_slots(keys, places.slot, places.key, cell_slot) < placed:
                    return k, _CELLS
            found = Found(slots, cell_slot, keys, given.station[a:b])
            _learn(given, a, found, known, limits.learning, room)
            pauses(times, source_slot, feeds.records, known.row_counts)
            if count:
                pauses(room.named_us[:count], station_slot, feeds.records, known.row_counts)
        if now_us % tick_us:
            continue  # a part of a tick
        if len(known.used):
            if run_on(known.used, known.feed_keys, now_us, feeds.records, known.calm_us, limits.feeds):
                return k, _FEEDS
            fade(known.used, now_us, feeds.records, limits.feeds.outage_min_s)
        if now_us // US_PER_H != (now_us - tick_us) // US_PER_H or find_due(
            craft.records, known.alive, now_us, room.due
        ):
            return k, _CRAFT
    return len(ticks.end_us), _DONE
