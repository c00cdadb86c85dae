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

import math
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.geodesy import one_turn_deg_scalar

_ROW_SHIFT: Final = 24
_COLUMN_MASK: Final = (1 << _ROW_SHIFT) - 1
NO_CELL: Final = -1
"""The cell of a point that is not a number."""


def cell_of(lat_deg: Any, lon_deg: Any, size_deg: float) -> NDArray[np.int64]:
    """The cell of each point; ``NO_CELL`` where a coordinate is NaN."""
    lat, lon = np.broadcast_arrays(np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64))
    out = np.empty(lat.size, dtype=np.int64)
    _cells(lat.ravel(), lon.ravel(), float(size_deg), out)
    return out.reshape(lat.shape)


def cells_around(lat_deg: Any, lon_deg: Any, size_deg: float) -> NDArray[np.int64]:
    """The cell of each point and its eight neighbours, shape (..., 9), the own cell first; ``NO_CELL`` for NaN.

    Near a pole, where rows have few columns, the same cell may stand more than once.
    """
    lat, lon = np.broadcast_arrays(np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64))
    out = np.empty((lat.size, 9), dtype=np.int64)
    _around(lat.ravel(), lon.ravel(), float(size_deg), out)
    return out.reshape((*lat.shape, 9))


def centre(cell: Any, size_deg: float) -> tuple[Any, Any]:
    """Latitude and longitude of the middle of each cell."""
    row, column = np.asarray(cell) >> _ROW_SHIFT, np.asarray(cell) & _COLUMN_MASK
    lat = (row + 0.5) * size_deg - 90.0
    columns = np.maximum(1.0, np.rint(360.0 / size_deg * np.cos(np.radians(lat))))
    return lat, wrap_longitude((column + 0.5) * 360.0 / columns - 180.0)


@numba.njit(cache=True, nogil=True, inline="always")
def _columns(row: int, size_deg: float) -> int:
    middle = math.radians((row + 0.5) * size_deg - 90.0)
    return max(1, round(360.0 / size_deg * math.cos(middle)))


@numba.njit(cache=True, nogil=True, inline="always")
def _in_row(row: int, lon_deg: float, columns: int) -> int:
    column = math.floor(one_turn_deg_scalar(lon_deg + 180.0) / 360.0 * columns)
    return (row << 24) | min(column, columns - 1)


@numba.njit(cache=True, nogil=True)
def cell_scalar(lat_deg: float, lon_deg: float, size_deg: float) -> int:
    """The cell of one point, for use in kernels."""
    if math.isnan(lat_deg) or math.isnan(lon_deg):
        return NO_CELL
    rows = math.ceil(180.0 / size_deg)
    row = min(max(math.floor((lat_deg + 90.0) / size_deg), 0), rows - 1)
    return _in_row(row, lon_deg, _columns(row, size_deg))


@numba.njit(cache=True, nogil=True)
def _cells(lat_deg: Any, lon_deg: Any, size_deg: float, out: Any) -> None:
    for i in range(len(lat_deg)):
        out[i] = cell_scalar(lat_deg[i], lon_deg[i], size_deg)


@numba.njit(cache=True, nogil=True)
def _around(lat_deg: Any, lon_deg: Any, size_deg: float, out: Any) -> None:
    rows = math.ceil(180.0 / size_deg)
    for i in range(len(lat_deg)):
        if math.isnan(lat_deg[i]) or math.isnan(lon_deg[i]):
            out[i, :] = NO_CELL
            continue
        row = min(max(math.floor((lat_deg[i] + 90.0) / size_deg), 0), rows - 1)
        for step in range(3):
            up = (step + 1) % 3 - 1  # 0, 1, -1: the own row first
            there, lon = row + up, lon_deg[i]
            if there < 0 or there >= rows:
                there, lon = row, lon + 180.0
            columns = _columns(there, size_deg)
            width = 360.0 / columns
            out[i, 3 * step] = _in_row(there, lon, columns)
            out[i, 3 * step + 1] = _in_row(there, lon - width, columns)
            out[i, 3 * step + 2] = _in_row(there, lon + width, columns)
