"""The place of a single position frame where the receiver's own place is known: local decoding against it (DO-260B, A.1.7.5 and A.1.7.6).

A frame leaves one place in each zone, airborne some 360 NM apart, on the surface 90 NM. The nearest to the receiver is the right one while the
aircraft is within half a zone of it, 180 NM (45 NM). At cruise one is heard from further off: at 250 NM north of the receiver its frame has a
place 110 NM south of it, too. So an airborne place counts only where the frame has no other within the horizon of an aircraft of that height::

    1.1 x 4.12 km (sqrt(height) + sqrt(height of the receiver))        in metres; earth of 4/3 radius (ITU-R P.453, ICAO Doc 9718)

A tenth for air that bends more than usual: three receivers in the Ganges delta heard to 1.03 times that horizon in five hours. readsb's predecessors ask for the receiver's range instead and take places up to 360 NM less that range; this takes the same on the four
axes, and what lies between them as far as it is certain.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import njit

from tracker.decode.adsb.cpr import SCALE, distance_m, local_position, longitude_zones, wrap_lon_deg
from tracker.units import M_PER_FT, M_PER_NM

AIR_RANGE_M: Final = 180.0 * M_PER_NM
SURFACE_RANGE_M: Final = 45.0 * M_PER_NM
_M_PER_SQRT_M: Final = 4_120.0
_BENT: Final = 1.1
_UNKNOWN_FT: Final = 45_000.0
"""Where a frame says no height: no airliner flies higher (ICAO Doc 4444: FL410 and FL450 are the highest in use)."""


class Receiver(NamedTuple):
    """Where a receiver stands, its height above the sea; NaN where that is not known."""

    lat_deg: float = math.nan
    lon_deg: float = math.nan
    height_m: float = math.nan


@njit(cache=True, nogil=True)
def earshot_m(receiver: Receiver, altitude_ft: float) -> float:
    """How far a receiver may hear an aircraft of that height; NaN where the receiver's place is not known."""
    height_m = max(_UNKNOWN_FT if math.isnan(altitude_ft) else altitude_ft, 0.0) * M_PER_FT
    return _BENT * _M_PER_SQRT_M * (math.sqrt(height_m) + math.sqrt(max(receiver.height_m, 0.0)))


@njit(cache=True, nogil=True)
def near_receiver(
    lat_cpr: int, lon_cpr: int, is_odd: bool, surface: bool, receiver: Receiver, altitude_ft: float
) -> tuple[float, float]:
    """The only place of a frame at which the receiver can hear it, NaN where there is none, or several."""
    if math.isnan(receiver.lat_deg):
        return math.nan, math.nan
    span_deg = 90.0 if surface else 360.0
    lat, lon = local_position(lat_cpr, lon_cpr, is_odd, span_deg, receiver.lat_deg, receiver.lon_deg)
    if not distance_m(lat, lon, receiver.lat_deg, receiver.lon_deg) <= (SURFACE_RANGE_M if surface else AIR_RANGE_M):
        return math.nan, math.nan
    if surface:
        return lat, lon
    horizon_m = earshot_m(receiver, altitude_ft)
    d_lat = span_deg / (59.0 if is_odd else 60.0)
    for row in (-1, 0, 1):
        there = lat + row * d_lat
        if abs(there) > 90.0:
            continue
        zones = longitude_zones(there)
        d_lon = span_deg / max(zones - 1 if is_odd else zones, 1)
        x = lon_cpr * SCALE
        nearest = math.floor(receiver.lon_deg / d_lon - x + 0.5)
        for column in (-1, 0, 1):
            if row == 0 and column == 0:
                continue
            other = wrap_lon_deg(d_lon * (nearest + column + x))
            if distance_m(there, other, receiver.lat_deg, receiver.lon_deg) <= horizon_m:
                return math.nan, math.nan
    return lat, lon
