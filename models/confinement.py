"""How confined is a track: a bound on the circle that holds it, kept up in constant memory.

The track is laid on the plane that touches the sphere at its first point (azimuthal equidistant: distance and bearing from that point
are true), and the least and greatest projection on four axes, 45 degrees apart, are kept. Half the greatest of the eight diagonals of
the two bounding boxes is an upper bound of the radius of the smallest enclosing circle; of the two boxes (upright and turned)
each holds the track, so the smaller half diagonal counts::

    radius <= min( |(dx, dy)|, |(du, dv)| ) / 2      dx = xmax - xmin, ..., u = (x+y)/sqrt 2, v = (y-x)/sqrt 2

The bound is exact for a straight line and 41 % above the truth for a filled circle. Nothing depends on longitude as a number, so
it holds across the antimeridian and at the poles.
"""

from __future__ import annotations

import math
from typing import Final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.geodesy import EARTH_RADIUS_KM

EXTENT_WIDTH: Final = 8
"""Numbers kept per track: least and greatest of x, y, u, v, in km."""
_HALF_SQRT2: Final = math.sqrt(0.5)


@numba.njit(cache=True, nogil=True)
def local_km_scalar(lat0_deg: float, lon0_deg: float, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """East and north of a point seen from an origin, in km, at true distance and bearing.

    >>> [round(km, 1) for km in local_km_scalar(60.0, 10.0, 60.0, 10.1)]
    [5.6, 0.0]
    """
    phi0, phi = math.radians(lat0_deg), math.radians(lat_deg)
    lam = math.radians(lon_deg - lon0_deg)
    half_phi, half_lam = math.sin((phi - phi0) / 2.0), math.sin(lam / 2.0)
    cos0, cos1 = math.cos(phi0), math.cos(phi)
    h = half_phi * half_phi + cos0 * cos1 * half_lam * half_lam
    km = 2.0 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(h, 1.0)))
    east = cos1 * math.sin(lam)
    # sin(phi - phi0) + 2 sin(phi0) cos(phi) sin^2(lam/2) is the north component without cancellation
    north = math.sin(phi - phi0) + 2.0 * math.sin(phi0) * cos1 * half_lam * half_lam
    length = math.hypot(east, north)
    if length == 0.0:
        return 0.0, 0.0
    return km * east / length, km * north / length


@numba.njit(cache=True, nogil=True)
def widen(extent: NDArray[np.float64], x_km: float, y_km: float) -> None:
    """Take one more point into an extent (a row of ``EXTENT_WIDTH`` numbers, all zero at the origin)."""
    u, v = (x_km + y_km) * _HALF_SQRT2, (y_km - x_km) * _HALF_SQRT2
    extent[0], extent[1] = min(extent[0], x_km), max(extent[1], x_km)
    extent[2], extent[3] = min(extent[2], y_km), max(extent[3], y_km)
    extent[4], extent[5] = min(extent[4], u), max(extent[5], u)
    extent[6], extent[7] = min(extent[6], v), max(extent[7], v)


@numba.njit(cache=True, nogil=True)
def radius_km_scalar(extent: NDArray[np.float64]) -> float:
    """Upper bound of the radius of the smallest circle around an extent."""
    upright = math.hypot(extent[1] - extent[0], extent[3] - extent[2])
    turned = math.hypot(extent[5] - extent[4], extent[7] - extent[6])
    return min(upright, turned) / 2.0


@numba.njit(cache=True, nogil=True)
def _radius_km(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> float:
    extent = np.zeros(EXTENT_WIDTH)
    for i in range(1, len(lat_deg)):
        x, y = local_km_scalar(lat_deg[0], lon_deg[0], lat_deg[i], lon_deg[i])
        widen(extent, x, y)
    return radius_km_scalar(extent)


def confinement_radius_km(lat_deg: ArrayLike, lon_deg: ArrayLike) -> float:
    """The bound for a whole track at once, in km; NaN for none. The two have one shape (n,), without NaN.

    >>> round(confinement_radius_km([0.0, 0.0], [179.95, -179.95]), 2)
    5.56
    """
    lat = np.atleast_1d(np.asarray(lat_deg, dtype=np.float64))
    lon = np.atleast_1d(np.asarray(lon_deg, dtype=np.float64))
    return float(_radius_km(lat, lon)) if len(lat) else math.nan
