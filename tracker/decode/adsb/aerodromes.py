"""Where on Earth a surface position is, for an aircraft nobody has seen flying, when the receiver's place is not known.

A pair of surface frames leaves eight places: two latitudes 90 degrees apart, and at each of them four longitudes 90 degrees
apart (other ones in the south than in the north: the two latitudes have different numbers of zones). An aircraft on the
ground is at an aerodrome, so if exactly one of the eight has a known aerodrome within 6 km (the far end of the largest
fields from their reference points), that one is the place; if none or several have, there is no position. With the
28,000 aerodromes of airportsdata a place picked at random on Earth is that near to one in one case of 160, so a field that
is in no list is taken for another in four cases of a hundred; therefore such a place is only a guess until she has flown
(``fix.py``).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.adsb.cpr import distance_m, global_position, wrap_lon_deg

NEAR_M: Final = 6_000.0
_NEAR_LAT_DEG: Final = 0.06


_last: tuple[Any, NDArray[np.float64]] = (None, np.zeros((0, 2)))
"""The table sorted last, and the same sorted: all inputs of a command have one, and a folder may hold thousands of inputs."""


def sorted_places(aerodromes_deg: Any) -> NDArray[np.float64]:
    """Latitudes and longitudes ``[n, 2]`` sorted by latitude, as the kernel searches them; None gives none."""
    global _last  # noqa: PLW0603
    if aerodromes_deg is None:
        return np.zeros((0, 2))
    given, done = _last
    if given is aerodromes_deg:
        return done
    places = np.array(aerodromes_deg, np.float64).reshape(-1, 2)
    places = places[np.isfinite(places).all(axis=1)]
    done = np.ascontiguousarray(places[np.lexsort((places[:, 1], places[:, 0]))])
    _last = (aerodromes_deg, done)
    return done


@njit(cache=True, nogil=True)
def has_aerodrome(places: NDArray[np.float64], lat_deg: float, lon_deg: float) -> bool:
    """Whether a known aerodrome is within ``NEAR_M``."""
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) >> 1
        if places[middle, 0] < lat_deg - _NEAR_LAT_DEG:
            low = middle + 1
        else:
            high = middle
    while low < len(places) and places[low, 0] <= lat_deg + _NEAR_LAT_DEG:
        if distance_m(places[low, 0], places[low, 1], lat_deg, lon_deg) <= NEAR_M:
            return True
        low += 1
    return False


@njit(cache=True, nogil=True)
def only_aerodrome(
    places: NDArray[np.float64], even_lat: int, even_lon: int, odd_lat: int, odd_lon: int, newest_is_odd: bool
) -> tuple[float, float]:  # fmt: skip
    """Of the eight places a pair of surface frames may mean, the one at an aerodrome; NaN where it is not exactly one."""
    lat, lon, found = np.nan, np.nan, 0
    for half in (45.0, -45.0):
        there, first = global_position(even_lat, even_lon, odd_lat, odd_lon, newest_is_odd, 90.0, half, 0.0)
        if math.isnan(there):
            continue
        for quarter in range(4):
            around = wrap_lon_deg(first + 90.0 * quarter)
            if has_aerodrome(places, there, around):
                lat, lon, found = there, around, found + 1
    return (lat, lon) if found == 1 else (math.nan, math.nan)
