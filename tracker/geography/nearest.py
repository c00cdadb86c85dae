"""Nearest of many fixed points on the sphere: a k-d tree on unit vectors, so poles and the antimeridian are no special case."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.geodesy import chord_of_km, km_of_chord, unit_vector, unit_vectors


class PointIndex:
    """Fixed points and their tree."""

    def __init__(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> None:
        self._points = unit_vectors(lat_deg, lon_deg)

    @cached_property
    def _tree(self) -> Any:
        """Made at the first question: many runs ask none of some tables."""
        from scipy.spatial import cKDTree  # noqa: PLC0415 (loaded when it is needed: a fifth of a second)

        return cKDTree(self._points)

    def nearest(self, lat_deg: Any, lon_deg: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Index of the nearest point and its distance in km, per position; -1 and NaN where the position is missing."""
        lat = np.atleast_1d(np.asarray(lat_deg, dtype=np.float64))
        lon = np.atleast_1d(np.asarray(lon_deg, dtype=np.float64))
        index = np.full(len(lat), -1, dtype=np.int64)
        km = np.full(len(lat), np.nan)
        known = np.isfinite(lat) & np.isfinite(lon)
        if known.any() and len(self._points):
            chord, index[known] = self._tree.query(unit_vectors(lat[known], lon[known]))
            km[known] = km_of_chord(chord)
        return index, km

    def within(self, lat_deg: float, lon_deg: float, radius_km: float) -> NDArray[np.int64]:
        """Indices of all points within a radius of one position, in index order."""
        found = self._tree.query_ball_point(
            unit_vector(lat_deg, lon_deg), float(chord_of_km(radius_km)), return_sorted=True
        )
        return np.array(found, dtype=np.int64)

    def nearest_one(self, lat_deg: float, lon_deg: float) -> tuple[int, float]:
        """:meth:`nearest` for one known position, without the cost of arrays."""
        chord, index = self._tree.query(unit_vector(lat_deg, lon_deg))
        return int(index), float(km_of_chord(chord))

    def several(self, lat_deg: float, lon_deg: float, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Distances in km and indices of the ``count`` nearest points of one known position, nearest first."""
        chord, index = self._tree.query(
            unit_vector(lat_deg, lon_deg), k=np.arange(1, min(count, len(self._points)) + 1)
        )
        return np.asarray(km_of_chord(chord)), np.asarray(index, dtype=np.int64)
