"""Distance, bearing and destination on the sphere, on arrays; unit vectors for cKDTree.

The sphere of radius 6371.0088 km (IUGG mean radius R1) is within 0.56 % of the WGS 84 ellipsoid everywhere; every threshold
of the program is coarser than that. All functions take scalars or arrays, broadcast, and hold at the poles and across the
antimeridian. The ``*_scalar`` kernels are the same formulas for use inside numba code.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_course, wrap_longitude

EARTH_RADIUS_KM: Final = 6371.0088
KM_PER_NM: Final = 1.852
_KM_PER_DEG: Final = math.pi * EARTH_RADIUS_KM / 180.0


def distance_km(lat1_deg: Any, lon1_deg: Any, lat2_deg: Any, lon2_deg: Any) -> Any:
    """Great-circle distance (haversine, exact to a metre at short range)."""
    phi1, phi2 = np.radians(lat1_deg), np.radians(lat2_deg)
    half_phi = (phi2 - phi1) / 2.0
    half_lambda = np.radians(np.asarray(lon2_deg) - lon1_deg) / 2.0
    h = np.sin(half_phi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lambda) ** 2
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0)))


def bearing_deg(lat1_deg: Any, lon1_deg: Any, lat2_deg: Any, lon2_deg: Any) -> Any:
    """Initial course of the great circle from 1 to 2, in [0, 360)."""
    phi1, phi2 = np.radians(lat1_deg), np.radians(lat2_deg)
    lam = np.radians(np.asarray(lon2_deg) - lon1_deg)
    y = np.sin(lam) * np.cos(phi2)
    x = np.cos(phi1) * np.sin(phi2) - np.sin(phi1) * np.cos(phi2) * np.cos(lam)
    return wrap_course(np.degrees(np.arctan2(y, x)))


def destination(lat_deg: Any, lon_deg: Any, course_deg: Any, run_km: Any) -> tuple[Any, Any]:
    """Where a great circle leads from a point: latitude and longitude after ``run_km``."""
    phi, theta = np.radians(lat_deg), np.radians(course_deg)
    delta = np.asarray(run_km, dtype=np.float64) / EARTH_RADIUS_KM
    sin_phi2 = np.clip(np.sin(phi) * np.cos(delta) + np.cos(phi) * np.sin(delta) * np.cos(theta), -1.0, 1.0)
    y = np.sin(theta) * np.sin(delta) * np.cos(phi)
    x = np.cos(delta) - np.sin(phi) * sin_phi2
    return np.degrees(np.arcsin(sin_phi2)), wrap_longitude(np.asarray(lon_deg) + np.degrees(np.arctan2(y, x)))


def interpolate(lat1_deg: Any, lon1_deg: Any, lat2_deg: Any, lon2_deg: Any, fraction: Any) -> tuple[Any, Any]:
    """Point at ``fraction`` of the great circle from 1 to 2 (exact slerp; antipodal points give NaN)."""
    one, two = unit_vectors(lat1_deg, lon1_deg), unit_vectors(lat2_deg, lon2_deg)
    part = np.asarray(fraction, dtype=np.float64)[..., None]
    omega = np.arccos(np.clip(np.sum(one * two, axis=-1), -1.0, 1.0))[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        weight1 = np.where(omega < 1e-9, 1.0 - part, np.sin((1.0 - part) * omega) / np.sin(omega))
        weight2 = np.where(omega < 1e-9, part, np.sin(part * omega) / np.sin(omega))
    return from_unit_vectors(weight1 * one + weight2 * two)


def by_way_of(
    begin: tuple[float, float], via: tuple[float, float], end: tuple[float, float], shares: NDArray[np.float64]
) -> tuple[Any, Any]:
    """Points at ``shares`` of the length of two great circles, from one place (latitude, longitude) by way of another to a third."""
    first, second = float(distance_km(*begin, *via)), float(distance_km(*via, *end))
    turn = first / max(first + second, 1e-9)
    on_first = shares <= turn
    lat1, lon1 = interpolate(*begin, *via, np.minimum(shares / max(turn, 1e-9), 1.0))
    lat2, lon2 = interpolate(*via, *end, np.maximum((shares - turn) / max(1.0 - turn, 1e-9), 0.0))
    return np.where(on_first, lat1, lat2), np.where(on_first, lon1, lon2)


def unit_vectors(lat_deg: Any, lon_deg: Any) -> NDArray[np.float64]:
    """Points on the unit sphere, shape (..., 3)."""
    phi, lam = np.radians(lat_deg), np.radians(lon_deg)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi) + 0.0 * lam], axis=-1)


def unit_vector(lat_deg: float, lon_deg: float) -> tuple[float, float, float]:
    """:func:`unit_vectors` for one point, without the cost of arrays."""
    phi, lam = math.radians(lat_deg), math.radians(lon_deg)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)


def from_unit_vectors(vectors: NDArray[np.float64]) -> tuple[Any, Any]:
    """Latitude and longitude of vectors of any length, shape (..., 3)."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.degrees(np.arctan2(z, np.hypot(x, y))), wrap_longitude(np.degrees(np.arctan2(y, x)))


def chord_of_km(arc_km: Any) -> Any:
    """Straight distance between unit vectors whose great-circle distance is ``arc_km`` (for cKDTree radii)."""
    return 2.0 * np.sin(np.minimum(np.asarray(arc_km, dtype=np.float64) / EARTH_RADIUS_KM, math.pi) / 2.0)


def km_of_chord(chord: Any) -> Any:
    """The inverse of :func:`chord_of_km`."""
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(np.minimum(np.asarray(chord, dtype=np.float64) / 2.0, 1.0))


@numba.njit(cache=True, nogil=True)
def distance_km_scalar(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """:func:`distance_km` for one pair, for use in kernels."""
    phi1, phi2 = math.radians(lat1_deg), math.radians(lat2_deg)
    sin_phi = math.sin((phi2 - phi1) / 2.0)
    sin_lam = math.sin(math.radians(lon2_deg - lon1_deg) / 2.0)
    h = sin_phi * sin_phi + math.cos(phi1) * math.cos(phi2) * sin_lam * sin_lam
    return 2.0 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(h, 1.0)))


@numba.njit(cache=True, nogil=True)
def bearing_deg_scalar(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """:func:`bearing_deg` for one pair, for use in kernels."""
    phi1, phi2 = math.radians(lat1_deg), math.radians(lat2_deg)
    lam = math.radians(lon2_deg - lon1_deg)
    y = math.sin(lam) * math.cos(phi2)
    x = math.cos(phi1) * math.sin(phi2) - math.sin(phi1) * math.cos(phi2) * math.cos(lam)
    return math.degrees(math.atan2(y, x)) % 360.0


@numba.njit(cache=True, nogil=True)
def one_turn_deg_scalar(angle_deg: float) -> float:
    """An angle in [0, 360); one that lies there already costs no division."""
    return angle_deg if 0.0 <= angle_deg < 360.0 else angle_deg % 360.0


@numba.njit(cache=True, nogil=True)
def difference_deg_scalar(to_deg: float, from_deg: float) -> float:
    """Signed smallest turn in [-180, 180), for use in kernels."""
    return one_turn_deg_scalar(to_deg - from_deg + 180.0) - 180.0


@numba.njit(cache=True, nogil=True)
def is_surely_farther_scalar(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float, km: float) -> bool:
    """Whether two points are farther apart than a short distance, told without an arc; where it is not plain, False.

    From below: an arc is no shorter than its way in latitude, nor than the chord of its way in longitude, of which ``cos(x) >= 1 - x^2 / 2`` and
    ``sin(x) >= x - x^3 / 6`` are bounds. A hundredth is left for rounding.
    """
    north_km = abs(lat2_deg - lat1_deg) * _KM_PER_DEG
    if north_km > 1.01 * km:
        return True
    phi1, phi2 = math.radians(lat1_deg), math.radians(lat2_deg)
    shrink2 = (1.0 - 0.5 * phi1 * phi1) * (1.0 - 0.5 * phi2 * phi2)
    east_km = abs(lon2_deg - lon1_deg) * _KM_PER_DEG
    return abs(phi1) < 1.4 and east_km < _KM_PER_DEG and shrink2 * east_km * east_km > 1.02 * km * km
