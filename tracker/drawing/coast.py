"""Land on a chart, from the same mask the detectors ask: cells of about 1 km, in which rivers and harbours are land.

The mask is probed every few pixels, land cells are joined to areas, and the staircases between them are straightened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from tracker.drawing.chart import Chart
from tracker.drawing.svg import line_path

IsLand = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
"""True on land, per latitude and longitude."""

_STEP_PX: Final = 4.0
_MASK_CELL_DEG: Final = 1.0 / 120.0
_STRAIGHTENED: Final = 0.8
"""Of a cell: corners of a staircase lie 0.71 of it off the line through its middle."""
_LEAST_CELLS: Final = 3.0
"""Islets smaller than this are specks and left out."""


def land_path(chart: Chart, is_land: IsLand) -> str:
    """Path data of the land on a chart, empty at sea; holes are to be filled by the even-odd rule."""
    x_px: NDArray[np.float64] = np.arange(-_STEP_PX, chart.width_px + _STEP_PX, _STEP_PX)
    y_px: NDArray[np.float64] = np.arange(-_STEP_PX, chart.height_px + _STEP_PX, _STEP_PX)
    grid_x, grid_y = np.meshgrid(x_px + _STEP_PX / 2.0, y_px + _STEP_PX / 2.0)
    lat, lon = chart.position(grid_x.ravel(), grid_y.ravel())
    land = is_land(lat, lon).reshape(grid_x.shape)
    area = shapely.union_all(_runs(land, x_px, y_px))
    cell_px = max(_STEP_PX, _MASK_CELL_DEG * chart.px_per_deg)
    shape = area.simplify(_STRAIGHTENED * cell_px)
    least_px2 = _LEAST_CELLS * _STEP_PX**2
    rings: list[Any] = [
        ring for part in shapely.get_parts(shape) if part.area >= least_px2 for ring in shapely.get_rings(part)
    ]
    return "".join(line_path(shapely.get_coordinates(ring)[:-1], closed=True) for ring in rings)


def _runs(land: NDArray[np.bool_], x_px: NDArray[np.float64], y_px: NDArray[np.float64]) -> NDArray[Any]:
    """Boxes of neighbouring land cells, row by row."""
    padded = np.pad(land, ((0, 0), (1, 1))).astype(np.int8)
    row, begins = np.nonzero(np.diff(padded, axis=1) == 1)
    ends = np.nonzero(np.diff(padded, axis=1) == -1)[1]
    west, east = x_px[0] + begins * _STEP_PX, x_px[0] + ends * _STEP_PX
    boxes: NDArray[Any] = shapely.box(west, y_px[row], east, y_px[row] + _STEP_PX)
    return boxes
