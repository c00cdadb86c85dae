"""Height of the ground anywhere, offline: the user's own grid where there is one, else between the aerodromes, else the sea.

Between aerodromes (airportsdata, 28,298 surveyed heights) the height is the mean of the six nearest, weighted by the inverse square of
their distance (at least 1 km). Its uncertainty, within which the truth lies nineteen times in twenty, grows with the spread of those six and
the distance of the nearest::

    u_m = 25 + 1.8 spread_m + 0.8 nearest_km

Measured by leaving each of the 28,298 aerodromes out in turn: 94.6 % of the errors lie within u, and between 93 % and 96 % of them in every class of
distance (0-5 km to over 160 km) and of spread (under 10 m to over 300 m); the median error is 25 m, the median u 107 m.
``tests/tracker/geography/test_elevation.py`` repeats it.

At sea, farther than 10 km from any aerodrome, the height is 0 within 15 m (tide, geoid, swell). A grid is read bilinearly; its uncertainty is one and a half
times the range of the four corners, 300 m for each degree of step, and 15 m: on a grid of five minutes (the heights that ``pvlib`` ships, docs/reference-data.md)
93 % of the aerodromes lie within it, and half of the errors are under 20 m.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.geography.airports import AirportTable
from tracker.geography.nearest import PointIndex
from tracker.units import M_PER_FT

_NEIGHBOURS: Final = 6
_OFF_SHORE_KM: Final = 10.0
_SEA_UNCERTAINTY_M: Final = 15.0
_GRID_UNCERTAINTY_M: Final = 15.0
_GRID_UNCERTAINTY_M_DEG: Final = 300.0
_GRID_RANGES: Final = 1.5


@dataclass(frozen=True, slots=True)
class GroundHeight:
    """Height of the ground above mean sea level, how sure, and from what: ``grid``, ``aerodromes``, ``sea`` or ``unknown`` (then NaN)."""

    ground_ft: float
    uncertainty_ft: float
    source: str


UNKNOWN_HEIGHT: Final = GroundHeight(float("nan"), float("inf"), "unknown")


class ElevationGrid:
    """Heights on a grid of equal angles, rows from north to south, columns from west to east.

    Parameters
    ----------
    heights_m:
        Shape (rows, columns); NaN where unknown.
    north_deg, west_deg:
        The middle of the first row and column.
    """

    def __init__(self, heights_m: NDArray[np.float32], north_deg: float, west_deg: float, step_deg: float) -> None:
        self.heights_m, self.north_deg, self.west_deg, self.step_deg = heights_m, north_deg, west_deg, step_deg

    def at(self, lat_deg: float, lon_deg: float) -> GroundHeight:
        """Height at a point; unknown outside the grid and where a corner is missing."""
        rows, columns = self.heights_m.shape
        y = (self.north_deg - lat_deg) / self.step_deg
        x = ((lon_deg - self.west_deg) % 360.0) / self.step_deg
        around = abs(columns * self.step_deg - 360.0) < self.step_deg / 2.0
        if not (0.0 <= y <= rows - 1) or not (around or x <= columns - 1):
            return UNKNOWN_HEIGHT
        row, column = min(int(y), rows - 2), int(x) if around else min(int(x), columns - 2)
        corners = self.heights_m[row : row + 2][:, [column % columns, (column + 1) % columns]].astype(np.float64)
        if np.isnan(corners).any():
            return UNKNOWN_HEIGHT
        down, right = y - row, x - column
        upper, lower = corners[:, 0] * (1.0 - right) + corners[:, 1] * right
        height_m = upper * (1.0 - down) + lower * down
        doubt_m = _GRID_UNCERTAINTY_M + _GRID_UNCERTAINTY_M_DEG * self.step_deg + _GRID_RANGES * float(np.ptp(corners))
        return GroundHeight(float(height_m) / M_PER_FT, doubt_m / M_PER_FT, "grid")


class Elevation:
    """Height of the ground.

    Parameters
    ----------
    is_land:
        Whether a point is land, asked only off the aerodromes; None where nobody knows (then everything is land).
    """

    def __init__(
        self,
        airports: AirportTable,
        is_land: Callable[[Any, Any], NDArray[np.bool_]] | None = None,
        grid: ElevationGrid | None = None,
    ) -> None:
        known = np.isfinite(airports.elevation_ft)
        self._height_m = airports.elevation_ft[known] * M_PER_FT
        self._index = PointIndex(airports.lat_deg[known], airports.lon_deg[known])
        self._is_land, self._grid = is_land, grid

    def at(self, lat_deg: float, lon_deg: float) -> GroundHeight:
        """Height at a point."""
        if self._grid is not None:
            height = self._grid.at(lat_deg, lon_deg)
            if height.source != "unknown":
                return height
        count = min(_NEIGHBOURS, len(self._height_m))
        if not count or not (np.isfinite(lat_deg) and np.isfinite(lon_deg)):
            return UNKNOWN_HEIGHT
        km, rows = self._index.several(lat_deg, lon_deg, count)
        if km[0] > _OFF_SHORE_KM and self._is_sea(lat_deg, lon_deg):
            return GroundHeight(0.0, _SEA_UNCERTAINTY_M / M_PER_FT, "sea")
        height_m, doubt_m = between(km, self._height_m[rows])
        return GroundHeight(height_m / M_PER_FT, doubt_m / M_PER_FT, "aerodromes")

    def _is_sea(self, lat_deg: float, lon_deg: float) -> bool:
        return self._is_land is not None and not self._is_land(np.array([lat_deg]), np.array([lon_deg]))[0]


def between(km: NDArray[np.float64], heights_m: NDArray[np.float64]) -> tuple[float, float]:
    """Height between places at some distances (nearest first), and its uncertainty, both in metres."""
    weight = 1.0 / np.maximum(km, 1.0) ** 2
    mean_m = float(np.average(heights_m, weights=weight))
    spread_m = float(np.sqrt(np.average((heights_m - mean_m) ** 2, weights=weight)))
    return mean_m, 25.0 + 1.8 * spread_m + 0.8 * float(km[0])


def heights_left_out(airports: AirportTable) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Each aerodrome's height from its neighbours (those within 500 m are the same place), its uncertainty, and the truth; metres."""
    known = np.flatnonzero(np.isfinite(airports.elevation_ft))
    lat, lon, truth_m = airports.lat_deg[known], airports.lon_deg[known], airports.elevation_ft[known] * M_PER_FT
    index = PointIndex(lat, lon)
    guess, doubt = np.full(len(known), np.nan), np.full(len(known), np.nan)
    for i in range(len(known)):
        km, rows = index.several(float(lat[i]), float(lon[i]), _NEIGHBOURS + 4)
        other = km > 0.5
        if other.any():
            guess[i], doubt[i] = between(km[other][:_NEIGHBOURS], truth_m[rows[other][:_NEIGHBOURS]])
    return guess, doubt, truth_m
