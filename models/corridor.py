"""A corridor around a path on the sphere: how far outside it a point is, and how far along.

A path is a chain of great-circle arcs. For each arc from ``a`` to ``b`` (unit vectors) with pole ``n = a x b / |a x b|`` and
``t = n x a``, a point ``p`` lies ``atan2(p.t, p.a)`` along the arc; where that is within the arc it is ``asin(p.n)`` beside it, else
nearest to one of the ends. The nearest arc of the chain gives both answers. Poles and antimeridian are no special case.

The half width grows from both ends, because craft leaving or nearing a port keep to the lane more than those in mid-ocean::

    half width = min(base + growth * min(along, length - along), widest)
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.geodesy import EARTH_RADIUS_KM, unit_vector, unit_vectors

__all__ = ["Path", "half_width_km"]


class _Arcs(NamedTuple):
    """The arcs of a path: unit vectors ``[n, 3]``, angles in radians ``[n]``."""

    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    pole: NDArray[np.float64]
    towards: NDArray[np.float64]
    """At right angles to the beginning, in the direction of the arc."""
    length: NDArray[np.float64]
    before: NDArray[np.float64]
    """Length of the arcs before it."""


class Path:
    """A chain of great-circle arcs through at least one point; equal points in a row are dropped.

    ``lat_deg`` and ``lon_deg`` have one shape (n,), n at least 1, without NaN.

    >>> equator = Path(np.array([0.0, 0.0]), np.array([170.0, -170.0]))
    >>> round(equator.length_km)
    2224
    >>> [round(km) for km in equator.project_one(1.0, 180.0)]
    [111, 1112]
    """

    def __init__(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> None:
        points = unit_vectors(np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64))
        apart = np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-9
        points = points[np.concatenate([[True], apart])]
        if len(points) == 1:  # a path of one point: an arc of no length
            points = np.concatenate([points, points])
        begin, end = points[:-1], points[1:]
        pole = np.cross(begin, end)
        norm = np.linalg.norm(pole, axis=1, keepdims=True)
        pole = np.divide(pole, norm, out=np.zeros_like(pole), where=norm > 0.0)
        arc = np.arctan2(norm[:, 0], np.sum(begin * end, axis=1))
        self._arcs = _Arcs(begin, end, pole, np.cross(pole, begin), arc, np.concatenate([[0.0], np.cumsum(arc)[:-1]]))

    @property
    def length_km(self) -> float:
        """Length of the whole chain."""
        return float((self._arcs.before[-1] + self._arcs.length[-1]) * EARTH_RADIUS_KM)

    def project(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distance from the path and distance along it of the nearest point of it, in km, per position; NaN for NaN."""
        p = unit_vectors(np.atleast_1d(np.asarray(lat_deg)), np.atleast_1d(np.asarray(lon_deg)))
        off, along = np.empty(len(p)), np.empty(len(p))
        _project(p, self._arcs, off, along)
        return off * EARTH_RADIUS_KM, along * EARTH_RADIUS_KM

    def project_one(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """:meth:`project` for one position, without the cost of arrays."""
        p = np.array([unit_vector(lat_deg, lon_deg)])
        off, along = np.empty(1), np.empty(1)
        _project(p, self._arcs, off, along)
        return float(off[0]) * EARTH_RADIUS_KM, float(along[0]) * EARTH_RADIUS_KM


def half_width_km(along_km: float, length_km: float, base_km: float, growth: float, widest_km: float) -> float:
    """Half width of the corridor at a distance along a path, all in km but ``growth``, km per km from the nearer end.

    >>> half_width_km(along_km=100.0, length_km=1000.0, base_km=10.0, growth=0.2, widest_km=50.0)
    30.0
    """
    from_end = max(min(along_km, length_km - along_km), 0.0)
    return min(base_km + growth * from_end, widest_km)


@numba.njit(cache=True, nogil=True)
def _project(p: NDArray[np.float64], arcs: _Arcs, off: NDArray[np.float64], along: NDArray[np.float64]) -> None:
    """Angle from the chain and along it, per point."""
    a, b, n, t, arc, before = arcs
    for i in range(len(p)):
        x, y, z = p[i, 0], p[i, 1], p[i, 2]
        best, best_along = np.inf, np.nan
        if math.isnan(x + y + z):
            best = np.nan
        for k in range(len(a)):
            beside = x * n[k, 0] + y * n[k, 1] + z * n[k, 2]
            towards = x * t[k, 0] + y * t[k, 1] + z * t[k, 2]
            ahead = x * a[k, 0] + y * a[k, 1] + z * a[k, 2]
            on = math.atan2(towards, ahead)
            if 0.0 <= on <= arc[k] and arc[k] > 0.0:
                distance = abs(math.asin(min(1.0, max(-1.0, beside))))
            else:
                to_a = _chord(x - a[k, 0], y - a[k, 1], z - a[k, 2])
                to_b = _chord(x - b[k, 0], y - b[k, 1], z - b[k, 2])
                on = 0.0 if to_a <= to_b else arc[k]
                distance = 2.0 * math.asin(min(1.0, min(to_a, to_b) / 2.0))
            if distance < best:
                best, best_along = distance, before[k] + on
        off[i], along[i] = best, best_along


@numba.njit(cache=True, nogil=True)
def _chord(x: float, y: float, z: float) -> float:
    return math.sqrt(x * x + y * y + z * z)
