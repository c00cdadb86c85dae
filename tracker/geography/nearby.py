"""Which places can be near a position, by a grid of fifths of a degree: for kernels that look at every report.

Cell of a position: ``row = min(floor((lat + 90) * 5), 899)``, ``column = floor((lon + 180) * 5) mod 1800``. Each cell lists the places
within ``reach_km`` of any point of it, as one flat array with offsets (compressed rows), so a kernel measures a handful of distances
where a tree would be asked. A place near a pole is listed in every column of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from tracker.units import KM_PER_DEG

CELLS_PER_DEG: Final = 5
ROWS: Final = 180 * CELLS_PER_DEG
COLUMNS: Final = 360 * CELLS_PER_DEG


@dataclass(frozen=True, slots=True)
class NearbyGrid:
    """Places by cell: those of cell ``c`` are ``places[start[c]:start[c + 1]]``, in table order."""

    start: NDArray[np.int32]
    places: NDArray[np.int32]

    @classmethod
    def of(cls, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], reach_km: float) -> NearbyGrid:
        """The grid of some places."""
        margin_deg = reach_km / KM_PER_DEG
        low = np.maximum(0, np.floor((lat_deg - margin_deg + 90.0) * CELLS_PER_DEG)).astype(np.int64)
        high = np.minimum(ROWS - 1, np.floor((lat_deg + margin_deg + 90.0) * CELLS_PER_DEG)).astype(np.int64)
        shrink = np.cos(np.radians(np.minimum(90.0, np.abs(lat_deg) + margin_deg)))
        wide_deg = margin_deg / np.maximum(shrink, margin_deg / 180.0)
        west = np.floor((lon_deg - wide_deg + 180.0) * CELLS_PER_DEG).astype(np.int64)
        east = np.floor((lon_deg + wide_deg + 180.0) * CELLS_PER_DEG).astype(np.int64)
        wide = np.minimum(east - west + 1, COLUMNS)
        count = (high - low + 1) * wide
        owner = np.repeat(np.arange(len(lat_deg)), count)
        turn = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        row = low[owner] + turn // wide[owner]
        cell = row * COLUMNS + (west[owner] + turn % wide[owner]) % COLUMNS
        order = np.lexsort((owner, cell))
        start = np.zeros(ROWS * COLUMNS + 1, dtype=np.int32)
        np.cumsum(np.bincount(cell, minlength=ROWS * COLUMNS), out=start[1:])
        return cls(start, owner[order].astype(np.int32))


@numba.njit(cache=True, nogil=True)
def cell_of(lat_deg: float, lon_deg: float) -> int:
    """Cell of a position, for kernels."""
    row = min(int((lat_deg + 90.0) * CELLS_PER_DEG), ROWS - 1)
    column = int((lon_deg + 180.0) * CELLS_PER_DEG) % COLUMNS
    return row * COLUMNS + column
