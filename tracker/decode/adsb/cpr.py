"""Compact position reporting: 17-bit latitude and longitude inside zones (RTCA DO-260B, A.1.7).

The world is cut into 60 (even frames) or 59 (odd frames) zones of latitude, and into NL(lat) or NL(lat) - 1 zones of
longitude, NL from 59 at the equator to 1 at the poles. A frame tells where in its zone the aircraft is, to one part
in 2^17; which zone, follows from

* **global** decoding: an even and an odd frame of nearly the same moment,
  ``j = floor(59 yz0 - 60 yz1 + 1/2)``, ``lat_i = 360/(60-i) (j mod (60-i) + yz_i)``, both latitudes in the same NL band, and
  the same with ``NL - 1`` and ``NL`` for longitude; or
* **local** decoding: a place nearer than half a zone.

Surface positions use zones of a quarter of the size (90 instead of 360 degrees), so a global decode has two
latitudes and four longitudes and the nearest to a reference is taken; it has to be within 45 degrees.

NL is looked up in the table of the 58 latitudes where it changes,
``acos(sqrt((1 - cos(pi/30)) / (1 - cos(2 pi/NL))))``.
Longitudes come out in -180 to 180, 180 itself as -180. Functions return ``(lat_deg, lon_deg)``, NaN where the pair is none.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

SCALE: Final = 1.0 / 131072.0


def _transition_latitudes() -> NDArray[np.float64]:
    """Latitudes at which NL falls from ``59 - i`` to ``58 - i``, ascending; 87 degrees exactly for the last."""
    zones = np.arange(59, 2, -1)
    inner = (1.0 - math.cos(math.pi / 30.0)) / (1.0 - np.cos(2.0 * math.pi / zones))
    return np.append(np.degrees(np.arccos(np.sqrt(inner))), 87.0)


_TRANSITIONS: Final = _transition_latitudes()


@njit(cache=True, nogil=True)
def longitude_zones(lat_deg: float) -> int:
    """NL: how many zones of longitude there are at a latitude."""
    latitude = abs(lat_deg)
    if latitude > 87.0:
        return 1
    low, high = 0, 58
    while low < high:
        middle = (low + high) >> 1
        if _TRANSITIONS[middle] <= latitude:
            low = middle + 1
        else:
            high = middle
    return max(59 - low, 2)


@njit(cache=True, nogil=True)
def wrap_lon_deg(lon_deg: float) -> float:
    """The same longitude in -180 (inclusive) to 180 (exclusive)."""
    return lon_deg - 360.0 * math.floor((lon_deg + 180.0) / 360.0)


@njit(cache=True, nogil=True)
def global_position(
    even_lat: int, even_lon: int, odd_lat: int, odd_lon: int, newest_is_odd: bool, span_deg: float, ref_lat: float,
    ref_lon: float,
) -> tuple[float, float]:  # fmt: skip
    """Position of the newer frame of a pair; ``span_deg`` is 360 airborne, 90 on the surface (then near the reference)."""
    yz0, yz1 = even_lat * SCALE, odd_lat * SCALE
    j = math.floor(59.0 * yz0 - 60.0 * yz1 + 0.5)
    lat0 = span_deg / 60.0 * (j % 60 + yz0)
    lat1 = span_deg / 59.0 * (j % 59 + yz1)
    if span_deg == 360.0:
        if lat0 >= 270.0:
            lat0 -= 360.0
        if lat1 >= 270.0:
            lat1 -= 360.0
    else:
        shift = span_deg * math.floor((ref_lat - (lat1 if newest_is_odd else lat0)) / span_deg + 0.5)
        lat0 += shift
        lat1 += shift
    if abs(lat0) > 90.0 or abs(lat1) > 90.0:
        return np.nan, np.nan
    zones = longitude_zones(lat0)
    if zones != longitude_zones(lat1):
        return np.nan, np.nan
    xz0, xz1 = even_lon * SCALE, odd_lon * SCALE
    m = math.floor(xz0 * (zones - 1) - xz1 * zones + 0.5)
    if newest_is_odd:
        n = max(zones - 1, 1)
        lat, lon = lat1, span_deg / n * (m % n + xz1)
    else:
        n = max(zones, 1)
        lat, lon = lat0, span_deg / n * (m % n + xz0)
    if span_deg != 360.0:
        lon += span_deg * math.floor((ref_lon - lon) / span_deg + 0.5)
    return lat, wrap_lon_deg(lon)


@njit(cache=True, nogil=True)
def local_position(
    lat_cpr: int, lon_cpr: int, is_odd: bool, span_deg: float, ref_lat: float, ref_lon: float
) -> tuple[float, float]:
    """Position of one frame nearest to a reference; right only when the reference is within half a zone."""
    d_lat = span_deg / (59.0 if is_odd else 60.0)
    y = lat_cpr * SCALE
    lat = d_lat * (math.floor(ref_lat / d_lat - y + 0.5) + y)
    if abs(lat) > 90.0:
        return np.nan, np.nan
    zones = longitude_zones(lat)
    d_lon = span_deg / max(zones - 1 if is_odd else zones, 1)
    x = lon_cpr * SCALE
    lon = d_lon * (math.floor(ref_lon / d_lon - x + 0.5) + x)
    return lat, wrap_lon_deg(lon)


@njit(cache=True, nogil=True)
def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance on the sphere of 6,371,009 m, good to half a per cent."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    half_lat = math.sin(0.5 * (b - a))
    half_lon = math.sin(0.5 * math.radians(lon_b - lon_a))
    h = half_lat * half_lat + math.cos(a) * math.cos(b) * half_lon * half_lon
    return 2.0 * 6_371_009.0 * math.asin(min(1.0, math.sqrt(h)))
