"""The sphere in integer cells of nearly equal area: rows of latitude, each cut into as many columns as fit its length.

::

    row    = floor((lat + 90) / size)
    n(row) = max(1, round(360 / size * cos(middle of the row)))
    column = floor((lon + 180) / 360 * n(row))
    cell   = row << 24 | column

There is no special case at the antimeridian (columns count round the circle) nor at a pole (the last rows have few
columns, and the row beyond the pole is the same row on the other side). Sizes from 0.001 degrees up fit.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_longitude

_ROW_SHIFT: Final = 24
_COLUMN_MASK: Final = (1 << _ROW_SHIFT) - 1
NO_CELL: Final = -1
"""The cell of a point that is not a number."""


def columns_in_row(row: Any, size_deg: float) -> Any:
    """How many cells a row of latitude has."""
    middle = np.radians((np.asarray(row) + 0.5) * size_deg - 90.0)
    return np.maximum(1, np.rint(360.0 / size_deg * np.cos(middle))).astype(np.int64)


def cell_of(lat_deg: Any, lon_deg: Any, size_deg: float) -> NDArray[np.int64]:
    """The cell of each point; ``NO_CELL`` where a coordinate is NaN."""
    lat = np.asarray(lat_deg, dtype=np.float64)
    lon = np.asarray(lon_deg, dtype=np.float64)
    bad = np.isnan(lat) | np.isnan(lon)
    row = np.clip(np.floor((np.where(bad, 0.0, lat) + 90.0) / size_deg), 0, _rows(size_deg) - 1).astype(np.int64)
    return np.where(bad, NO_CELL, _in_row(row, np.where(bad, 0.0, lon), size_deg))


def cells_around(lat_deg: Any, lon_deg: Any, size_deg: float) -> NDArray[np.int64]:
    """The cell of each point and its eight neighbours, shape (..., 9), the own cell first.

    Near a pole, where rows have few columns, the same cell may stand more than once.
    """
    lat = np.asarray(lat_deg, dtype=np.float64)
    lon = np.asarray(lon_deg, dtype=np.float64)
    rows = _rows(size_deg)
    row = np.clip(np.floor((lat + 90.0) / size_deg), 0, rows - 1).astype(np.int64)
    out = np.empty((*np.shape(lat), 9), dtype=np.int64)
    place = 0
    for up in (0, -1, 1):
        beyond = (row + up < 0) | (row + up >= rows)
        there = np.where(beyond, row, row + up)
        over = np.where(beyond, lon + 180.0, lon)
        width = 360.0 / columns_in_row(there, size_deg)
        for side in (0, -1, 1):
            out[..., place] = _in_row(there, over + side * width, size_deg)
            place += 1
    return out


def centre(cell: Any, size_deg: float) -> tuple[Any, Any]:
    """Latitude and longitude of the middle of each cell."""
    row, column = np.asarray(cell) >> _ROW_SHIFT, np.asarray(cell) & _COLUMN_MASK
    lat = (row + 0.5) * size_deg - 90.0
    return lat, wrap_longitude((column + 0.5) * 360.0 / columns_in_row(row, size_deg) - 180.0)


def _rows(size_deg: float) -> int:
    return int(np.ceil(180.0 / size_deg))


def _in_row(row: Any, lon_deg: Any, size_deg: float) -> NDArray[np.int64]:
    count = columns_in_row(row, size_deg)
    column = np.floor((wrap_longitude(lon_deg) + 180.0) / 360.0 * count).astype(np.int64)
    return (row << _ROW_SHIFT) | np.minimum(column, count - 1)
