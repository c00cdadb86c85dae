"""What is known of the places on a way: whether craft are heard there, how well, and how often they are lost.

A place is *covered* where its own cell is known, or two cells on opposite sides of it; its figures are those of its cell (weight 1) and of the
eight around (one half). A place at sea where nobody was heard yet is covered where well-known places lie all around it, one or two cells
away, for a shore station's reach has no holes the size of a cell. And a place at sea is covered only where it is heard time and again: one
receiver's range is what it is on most days.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.cells import cell_scalar
from models.reception import PRIOR, loss_share
from streams.keyed_state import find_slots
from tracker.detectors.silence.columns import AIRCRAFT, SHIP
from tracker.detectors.silence.learning import later_spells
from tracker.detectors.silence.memory import Memory
from tracker.detectors.silence.ways import Point

_OPPOSITE: Final = ((1, 2), (3, 6), (4, 8), (5, 7))
"""Neighbours on opposite sides of a cell (``models.cells.cells_around``): a place between two places heard is heard."""
COMPASS: Final = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""Steps north and east, opposite ones in pairs."""
_RINGS: Final = 2
_SURROUNDING: Final = _RINGS * len(COMPASS)
_AXES: Final = 2
"""So many of the four axes through a place must have a well-known place on both sides."""
_HEARD_OFTEN: Final = 0.65
"""Ours: two thirds of the spells that as many passages at random fill. Half let a night of ducting, which touches two of the five spells of a first
day, pass with one ship more on another."""
_NEARBY_DEG: Final = np.array([(0.0, 0.0), *((a * d, b * d) for a, b in COMPASS for d in (0.15, 0.3, 0.5))])
"""Steps north and east to the places around one, and to itself."""
_FLUKES: Final = 2
"""Of some twenty places around so many may seem better heard than they are."""
_MOST: Final = 0.98
_LEAST: Final = 0.02
"""Reception is never taken as certain either way."""


class Places(NamedTuple):
    """What is known of places, each array of one shape."""

    cell: NDArray[np.int64]
    covered: NDArray[np.bool_]
    loss: NDArray[np.float64]
    reception: NDArray[np.float64]
    passages: NDArray[np.float64]

    def of(self, k: int) -> Places:
        """Those of the ``k``-th of several craft."""
        return Places(self.cell[k], self.covered[k], self.loss[k], self.reception[k], self.passages[k])


class Cells(NamedTuple):
    """The cells of the memory as kernels look them up (``KeyedState.table`` and ``.records``)."""

    table_slot: NDArray[np.int32]
    table_key: NDArray[np.int64]
    records: NDArray[np.void]


class Rules(NamedTuple):
    """What makes a place known, and what is known of the feed."""

    feed_share: float
    min_own_passages: float
    min_passages: float
    at_sea: bool
    origin_lon_deg: float
    cell_deg: float
    listened: int
    listened_us: int


def cells_of(memory: Memory) -> Cells:
    """The cells as they are now; not to be kept, for they move when they grow."""
    return Cells(*memory.cells.table, memory.cells.records)


def rules_of(memory: Memory, kind: int) -> Rules:
    """What makes a place known to craft of a kind."""
    config, air = memory.config, kind == AIRCRAFT
    return Rules(
        feed_share=memory.feed_share(kind),
        min_own_passages=float(config.min_own_passages_air if air else config.min_own_passages),
        min_passages=float(config.min_passages_air if air else config.min_passages),
        at_sea=not air,
        origin_lon_deg=memory.origin_lon,
        cell_deg=float(config.cell_ship_deg),
        listened=memory.listened,
        listened_us=memory.listened_us,
    )


def places_of(
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    layer: NDArray[np.int64] | int,
    memory: Memory,
    kind: int,
) -> Places:
    """What is known of points of any shape, all of one kind of craft; ``layer`` of each, or of all."""
    shape = lat_deg.shape
    around = memory.neighbourhood(lat_deg, lon_deg, layer, kind == AIRCRAFT).reshape(-1, 9)
    count = len(around)
    loss, reception, passages = np.empty((3, count))
    found = Places(np.ascontiguousarray(around[:, 0]), np.empty(count, dtype=np.bool_), loss, reception, passages)
    _look_up(lat_deg.ravel(), lon_deg.ravel(), around, cells_of(memory), rules_of(memory, kind), found)
    return Places(
        cell=found.cell.reshape(shape),
        covered=found.covered.reshape(shape),
        loss=found.loss.reshape(shape),
        reception=found.reception.reshape(shape),
        passages=found.passages.reshape(shape),
    )


def best_around(lat_deg: float, lon_deg: float, memory: Memory) -> float:
    """The reception of the best places at which ships are heard within some 60 km: of all but two flukes; infinite where fewer are known."""
    north_deg, east_deg = _NEARBY_DEG.T
    lat = np.clip(lat_deg + north_deg, -90.0, 90.0)
    lon = lon_deg + east_deg / max(math.cos(math.radians(lat_deg)), 0.1)
    places = places_of(lat, (lon + 180.0) % 360.0 - 180.0, 0, memory, SHIP)
    known = np.sort(places.reception[places.covered & (places.passages > 0.0)])
    return float(known[-1 - _FLUKES]) if len(known) > _FLUKES else math.inf


@numba.njit(cache=True, nogil=True)
def _look_up(
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    around: NDArray[np.int64],
    cells: Cells,
    rules: Rules,
    found: Places,
) -> None:
    """Points in the order of ways: one in the same cells as the point before has the same figures."""
    slots, known = np.empty(9, dtype=np.int32), False
    for i in range(len(around)):
        same = i > 0
        for j in range(9):
            same = same and around[i, j] == around[i - 1, j]
        if same and known:
            found.covered[i] = True
            found.loss[i], found.reception[i] = found.loss[i - 1], found.reception[i - 1]
            found.passages[i] = found.passages[i - 1]
            continue
        if not same:
            find_slots(around[i], cells.table_slot, cells.table_key, slots)
        _of_cells(slots, cells, rules, found, i)
        known = found.covered[i]
        if rules.at_sea and not known:
            _surround(Point(lat_deg[i], lon_deg[i]), cells, rules, found, i)


@numba.njit(cache=True, nogil=True)
def _of_cells(slots: NDArray[np.int32], cells: Cells, rules: Rules, found: Places, i: int) -> None:
    """What the own cell and its neighbours know together."""
    passages, losses, received, expected, own = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(9):
        if slots[j] < 0:
            continue
        cell, weight = cells.records[slots[j]], 1.0 if j == 0 else 0.5
        if j == 0:
            own = cell.passages
        passages += weight * cell.passages
        losses += weight * cell.losses
        received += weight * cell.received
        expected += weight * cell.expected
    between = False
    for one, other in _OPPOSITE:
        a, b = slots[one], slots[other]
        if a >= 0 and b >= 0:
            fewer = min(cells.records[a].passages, cells.records[b].passages)
            between = between or fewer >= 2.0 * rules.min_own_passages
    covered = (own >= rules.min_own_passages or between) and passages >= rules.min_passages
    found.passages[i] = passages
    found.loss[i] = loss_share(passages, losses, rules.feed_share)
    found.reception[i] = min(max(received / max(expected, 1.0), _LEAST), _MOST)
    found.covered[i] = covered and (not rules.at_sea or _in_most_spells(slots, passages, cells, rules))


@numba.njit(cache=True, nogil=True)
def _surround(place: Point, cells: Cells, rules: Rules, found: Places, i: int) -> None:
    """Enter a place as covered, with the figures of the sixteen places around it, where these know it."""
    enough, axes = 2.0 * rules.min_own_passages, 0
    for k in range(0, len(COMPASS), 2):
        if axes + (len(COMPASS) - k) // 2 < _AXES:
            return
        axes += (
            _most_passages(place, k, cells, rules) >= enough and _most_passages(place, k + 1, cells, rules) >= enough
        )
    if axes < _AXES:
        return
    keys, slots = np.empty(_SURROUNDING, dtype=np.int64), np.empty(_SURROUNDING, dtype=np.int32)
    for k in range(_SURROUNDING):
        keys[k] = _cell_towards(place, k % len(COMPASS), k // len(COMPASS) + 1, rules)
    find_slots(keys, cells.table_slot, cells.table_key, slots)
    passages, losses, received, expected = 0.0, 0.0, 0.0, 0.0
    for s in slots:
        if s >= 0:
            cell = cells.records[s]
            passages += cell.passages
            losses += cell.losses
            received += cell.received
            expected += cell.expected
    passages, losses = passages / 4.0, losses / 4.0
    if passages >= rules.min_passages and _in_most_spells(slots, passages, cells, rules):
        found.covered[i] = True
        found.passages[i] = passages
        found.loss[i] = (losses + PRIOR * rules.feed_share) / (passages + losses + PRIOR)
        found.reception[i] = min(max(received / max(expected, 1.0), _LEAST), _MOST)


@numba.njit(cache=True, nogil=True)
def _cell_towards(place: Point, direction: int, steps: int, rules: Rules) -> int:
    """The cell so many steps of a cell's size away in a direction of ``COMPASS``."""
    north, east = COMPASS[direction]
    step_deg = steps * rules.cell_deg
    lat_deg = min(max(place.lat_deg + north * step_deg, -89.9), 89.9)
    lon_deg = place.lon_deg + east * step_deg / max(math.cos(math.radians(lat_deg)), 0.02)
    return cell_scalar(lat_deg, (lon_deg - rules.origin_lon_deg + 180.0) % 360.0 - 180.0, rules.cell_deg)


@numba.njit(cache=True, nogil=True)
def _most_passages(place: Point, direction: int, cells: Cells, rules: Rules) -> float:
    """Passages of the better known of the places one and two cells away in a direction."""
    keys, slots = np.empty(_RINGS, dtype=np.int64), np.empty(_RINGS, dtype=np.int32)
    for ring in range(_RINGS):
        keys[ring] = _cell_towards(place, direction, ring + 1, rules)
    find_slots(keys, cells.table_slot, cells.table_key, slots)
    most = 0.0
    for s in slots:
        if s >= 0:
            most = max(most, cells.records[s].passages)
    return most


@numba.njit(cache=True, nogil=True)
def _in_most_spells(slots: NDArray[np.int32], passages: float, cells: Cells, rules: Rules) -> bool:
    """Whether places were heard in as many spells as so many passages at random times fill, some two thirds of them at least.

    One receiver's range is what it is on most days. A night of ducting, or a fleet that fished there twice, makes many passages in few spells.
    A ship makes two or three of them.
    """
    of, heard = _bits(rules.listened), 0
    if of < 2:
        return True
    for s in slots:
        if s >= 0:
            last_us = cells.records[s].last_us
            heard |= later_spells(cells.records[s].spells, last_us, max(rules.listened_us, last_us))
    return bool(_bits(heard) >= _HEARD_OFTEN * of * (1.0 - (1.0 - 1.0 / of) ** (passages / 2.0)))


@numba.njit(cache=True, nogil=True)
def _bits(spells: int) -> int:
    count = 0
    while spells:
        spells &= spells - 1
        count += 1
    return count
