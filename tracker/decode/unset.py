"""Values that a program left in place of none: they say nothing, and a report whose position is one of them says only that the craft was heard.

===============================  ==================================================================================================
position                         why it is none
===============================  ==================================================================================================
0 N 0 E                          a structure nobody filled (Signal K's encoder: fulup-bzh/GeoGate #65; dump1090's data.json with
                                 ``validposition`` 0: lyusupov/SoftRF #74; services: aisstream/issues #104)
91 or 181                        AIS's own "not available" (ITU-R M.1371-5), in either field
90 and 180                       the corner of the map
latitude = longitude             one value in both fields: whole degrees (a default) or at least four decimals (a copy)
99, 999, 9999, 99999 ...         fillers of tables; 32768 and 9.96921e36 of binary ones (netCDF)
===============================  ==================================================================================================

What it costs a ship that is really there: at 0 N 0 E and on the line latitude = longitude a position is exactly so only within the resolution of the
source, 0.2 m in AIS, 11 m in a table of four decimals. One that passes loses a single position, one that lies there is *heard* all the time and keeps every
position beside that point that its receiver gives it. Tables of one to three decimals keep equal values: 1.11 km are not missed by chance, and
nobody copies so.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.positions import MESSAGE_TYPE_MODE_S

_FILLERS: Final = np.array(
    [99.0, 199.0, 999.0, 999.9, 9_999.0, 99_999.0, 999_999.0, 9_999_999.0, 32_767.0, 32_768.0, 2_147_483_647.0]
)
_NETCDF_FILL: Final = 9e36
NEGATIVE_FILLERS: Final = np.array([-1.0, -99.0, -999.0, -9_999.0, -99_999.0, -999_999.0, -32_768.0])
_AIS_NO_SPEED: Final = 1_023.0
"""AIS's count of tenths of a knot for none, where somebody forgot the tenths."""
_COARSE_PER_DEG: Final = 1_000


def is_filler(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a value of a table stands for none, whatever it is a value of; only ask where the value cannot be."""
    return np.isin(np.abs(values), _FILLERS) | (np.abs(values) > _NETCDF_FILL)


def no_places(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a position is none; NaN in either is none, too.

    >>> no_places(np.array([0.0, 0.0, 91.0, 999.0, 55.0, 4.5, 4.51234]), np.array([0.0, 6.5, 3.0, 999.0, 55.0, 4.5, 4.51234])).tolist()
    [True, False, True, True, True, False, True]
    """
    nowhere = np.isnan(lat_deg) | np.isnan(lon_deg)
    nowhere |= (lat_deg == 91.0) | (lon_deg == 181.0)
    alike = lat_deg == lon_deg
    if alike.any():
        steps = lat_deg[alike] * _COARSE_PER_DEG
        whole = np.rint(lat_deg[alike]) == lat_deg[alike]
        nowhere[alike] |= whole | (np.abs(steps - np.rint(steps)) > 1e-6)
    far = (np.abs(lat_deg) >= 90.0) | (np.abs(lon_deg) > 180.0)
    if far.any():
        lat, lon = lat_deg[far], lon_deg[far]
        nowhere[far] |= (np.abs(lat) == 90.0) & (np.abs(lon) == 180.0)
        nowhere[far] |= ((np.abs(lat) > 90.0) & is_filler(lat)) | ((np.abs(lon) > 180.0) & is_filler(lon))
    return nowhere


def without_fillers(values: NDArray[np.float64], impossible: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Values with NaN for those that cannot be and stand for none; others that cannot be stay what they are."""
    if not impossible.any():
        return values
    fillers = impossible & (is_filler(values) | np.isin(values, NEGATIVE_FILLERS) | (values == _AIS_NO_SPEED))
    return np.where(fillers, np.nan, values)


def forget_unset(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], message_type: NDArray[np.uint8]) -> None:
    """Aircraft whose position is none were heard: their rows are changed in place."""
    there = ~np.isnan(lat_deg)
    unset = there & no_places(lat_deg, lon_deg)
    if unset.any():
        lat_deg[unset] = lon_deg[unset] = np.nan
        message_type[unset] = MESSAGE_TYPE_MODE_S


@njit(cache=True, nogil=True, error_model="numpy")
def is_no_place(raw_lat: int, raw_lon: int, steps: int) -> Any:
    """The same of AIS's numbers, ``steps`` to a degree."""
    if raw_lon == 181 * steps or raw_lat == 91 * steps:
        return True
    if raw_lat != raw_lon:
        return abs(raw_lat) == 90 * steps and abs(raw_lon) == 180 * steps
    return raw_lat % steps == 0 or (steps > _COARSE_PER_DEG and raw_lat % (steps // _COARSE_PER_DEG) != 0)
