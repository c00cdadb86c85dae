"""Which places can be near a position, by a grid of tenths of a degree: for kernels that look at every report.

Cell of a position: ``row = min(floor((lat + 90) * 10), 1799)``, ``column = floor((lon + 180) * 10) mod 3600``. Each cell lists the places
within ``reach_km`` of any point of it, as one flat array with offsets (compressed rows), so a kernel measures a handful of distances
where a tree would be asked. A place near a pole is listed in every column of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

CELLS_PER_DEG: Final = 10
ROWS: Final = 180 * CELLS_PER_DEG
COLUMNS: Final = 360 * CELLS_PER_DEG
_KM_PER_DEG: Final = 111.1


@dataclass(frozen=True, slots=True)
class NearbyGrid:
    """Places by cell: those of cell ``c`` are ``places[start[c]:start[c + 1]]``, in table order."""

    start: NDArray[np.int32]
    places: NDArray[np.int32]

    @classmethod
    def of(cls, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], reach_km: float) -> NearbyGrid:
        """The grid of some places."""
        cells: list[NDArray[np.int64]] = []
        owners: list[NDArray[np.int64]] = []
        margin_deg = reach_km / _KM_PER_DEG
        for place in range(len(lat_deg)):
            lat, lon = float(lat_deg[place]), float(lon_deg[place])
            low = max(0, int(np.floor((lat - margin_deg + 90.0) * CELLS_PER_DEG)))
            high = min(ROWS - 1, int(np.floor((lat + margin_deg + 90.0) * CELLS_PER_DEG)))
            shrink = np.cos(np.radians(min(90.0, abs(lat) + margin_deg)))
            wide_deg = 180.0 if shrink * 180.0 <= margin_deg else margin_deg / shrink
            if wide_deg >= 179.9:
                columns = np.arange(COLUMNS)
            else:
                west = int(np.floor((lon - wide_deg + 180.0) * CELLS_PER_DEG))
                east = int(np.floor((lon + wide_deg + 180.0) * CELLS_PER_DEG))
                columns = np.arange(west, east + 1) % COLUMNS
            found = (np.arange(low, high + 1)[:, None] * COLUMNS + columns).ravel()
            cells.append(found)
            owners.append(np.full(len(found), place))
        if not cells:
            return cls(np.zeros(ROWS * COLUMNS + 1, dtype=np.int32), np.zeros(0, dtype=np.int32))
        cell, owner = np.concatenate(cells), np.concatenate(owners)
        order = np.lexsort((owner, cell))
        start = np.zeros(ROWS * COLUMNS + 1, dtype=np.int32)
        np.cumsum(np.bincount(cell, minlength=ROWS * COLUMNS), out=start[1:])
        return cls(start, owner[order].astype(np.int32))


@numba.njit(cache=True, nogil=True)
def cell_of(lat_deg: float, lon_deg: float) -> Any:
    """Cell of a position, for kernels."""
    row = min(int((lat_deg + 90.0) * CELLS_PER_DEG), ROWS - 1)
    column = int((lon_deg + 180.0) * CELLS_PER_DEG) % COLUMNS
    return row * COLUMNS + column
