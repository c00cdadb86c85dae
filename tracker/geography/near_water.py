"""How far it is over water to a place nearby, on a fine grid of the land mask: a second look where the lanes know no way.

The ways of ``open_water`` turn at points of the lane network only, so an island that no lane rounds, or a fjord that none enters, costs hundreds of kilometres. Here the sea within
``REACH_DEG`` of a place is cut into cells of ``CELL_DEG`` (7 km), each joined to the sixteen a knight's move or less away, and Dijkstra's algorithm (1959) gives the distance from every cell.
A way along such a grid is at most 3 % longer than the straight one. A cell is sea where half of it is: narrower straits are closed, and rivers too, as in the mask; shallows are open.

It takes a fifth of a second for each place, so it is asked only before a ship would be told of.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.geography.land import LandMask
from tracker.units import KM_PER_DEG

REACH_DEG: Final = 9.0
"""1,000 km north and south, and as far east and west: beyond, lanes are good enough."""
CELL_DEG: Final = 1.0 / 15.0
_SAMPLES: Final = 4
"""Points looked at in a cell, along each side."""
_MOST_LAT_DEG: Final = 80.0
_HARBOUR_CELLS: Final = 3
"""The place, and who asks, may lie in a cell that is land to the mask: the nearest sea within so many cells is taken."""
_MOVES: Final = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (1, -2), (2, 1), (2, -1))
"""Steps north and east; those back follow from them."""


class NearWater(NamedTuple):
    """Distances over water to one place, km, infinite where there is none; rows from south to north."""

    km: NDArray[np.float32]
    south_deg: float
    west_deg: float
    east_cell_deg: float

    def km_from(self, lat_deg: float, lon_deg: float) -> float:
        """The distance from a position; NaN beyond the grid, and where no sea is near."""
        row = math.floor((lat_deg - self.south_deg) / CELL_DEG)
        column = math.floor(((lon_deg - self.west_deg) % 360.0) / self.east_cell_deg)
        rows, columns = self.km.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return math.nan
        for n in range(_HARBOUR_CELLS + 1):
            around = self.km[max(row - n, 0) : row + n + 1, max(column - n, 0) : column + n + 1]
            if np.isfinite(around).any():
                return float(around.min())
        return math.nan


def near_water(land: LandMask, lat_deg: float, lon_deg: float) -> NearWater | None:
    """Distances to a place; None near the poles, and where it is not at the sea."""
    from scipy.sparse import coo_matrix  # noqa: PLC0415 (loaded when it is needed)
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    if not abs(lat_deg) < _MOST_LAT_DEG - REACH_DEG:
        return None
    half = round(REACH_DEG / CELL_DEG)
    east_cell_deg = CELL_DEG / math.cos(math.radians(lat_deg))
    side = 2 * half + 1
    south_deg, west_deg = lat_deg - (half + 0.5) * CELL_DEG, lon_deg - (half + 0.5) * east_cell_deg
    is_sea = _is_sea(land, side, south_deg, west_deg, east_cell_deg)
    start = _nearest(is_sea, half)
    if start is None:
        return None
    lat = np.radians(south_deg + (np.arange(side) + 0.5) * CELL_DEG)
    number = np.arange(side * side).reshape(side, side)
    ones: list[NDArray[np.int64]] = []
    twos: list[NDArray[np.int64]] = []
    lengths: list[NDArray[np.float64]] = []
    for north, east in _MOVES:
        one, two = _ends(north, east, side)
        clear = is_sea[one] & is_sea[two]
        if max(north, abs(east)) == 2:  # a knight's move passes between two cells: both are to be sea
            half_way = (north // 2, int(east / 2)), (north - north // 2, east - int(east / 2))
            for n, e in half_way:
                clear &= is_sea[_shifted(one, n, e)]
        wide = np.cos(0.5 * (lat[one[0]] + lat[two[0]])) * KM_PER_DEG * east_cell_deg
        km = np.hypot(north * CELL_DEG * KM_PER_DEG, east * wide)
        ones.append(number[one][clear])
        twos.append(number[two][clear])
        lengths.append(np.broadcast_to(km[:, None], clear.shape)[clear])
    graph = coo_matrix(
        (np.concatenate(lengths), (np.concatenate(ones), np.concatenate(twos))), shape=(side**2, side**2)
    )
    km = dijkstra(graph.tocsr(), directed=False, indices=start)
    return NearWater(km.reshape(side, side).astype(np.float32), south_deg, west_deg, east_cell_deg)


def _is_sea(land: LandMask, side: int, south_deg: float, west_deg: float, east_cell_deg: float) -> NDArray[np.bool_]:
    """Cells of which half and more is sea."""
    steps = (np.arange(side * _SAMPLES) + 0.5) / _SAMPLES
    lat, lon = np.meshgrid(south_deg + steps * CELL_DEG, west_deg + steps * east_cell_deg, indexing="ij")
    on_land = land.is_land(lat.ravel(), ((lon.ravel() + 180.0) % 360.0) - 180.0)
    share = on_land.reshape(side, _SAMPLES, side, _SAMPLES).mean(axis=(1, 3))
    return np.asarray(share <= 0.5, dtype=np.bool_)


def _nearest(is_sea: NDArray[np.bool_], half: int) -> int | None:
    """The number of the sea cell nearest to the middle."""
    n = _HARBOUR_CELLS
    rows, columns = np.nonzero(is_sea[half - n : half + n + 1, half - n : half + n + 1])
    if not len(rows):
        return None
    best = int(np.argmin((rows - n) ** 2 + (columns - n) ** 2))
    return int((half - n + rows[best]) * len(is_sea) + half - n + columns[best])


def _ends(north: int, east: int, side: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """All pairs of cells one move apart, as two views."""
    first = slice(max(-east, 0), side - max(east, 0))
    return (slice(0, side - north), first), (slice(north, side), slice(first.start + east, first.stop + east))


def _shifted(view: tuple[slice, slice], north: int, east: int) -> tuple[slice, slice]:
    return slice(view[0].start + north, view[0].stop + north), slice(view[1].start + east, view[1].stop + east)
