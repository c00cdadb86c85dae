"""Airborne position squitter, type codes 9-18 and 20-22 (RTCA DO-260B 2.2.3.2.3; BDS 0,5).

=======  =====  =================================================================
ME bits  width  field
=======  =====  =================================================================
1-5      5      type code: 9-18 barometric altitude, 20-22 height above the ellipsoid
6-7      2      surveillance status
8        1      NIC supplement B (TIS-B, ADS-R: IMF, 1 = the address is not ICAO's)
9-20     12     altitude (``altitude.py``)
21       1      time synchronised to UTC
22       1      CPR format, 0 even, 1 odd
23-39    17     CPR latitude
40-56    17     CPR longitude
=======  =====  =================================================================

The navigation integrity category (how far the true position may be away) follows from type code, the supplements and
the version the aircraft transmits (RTCA DO-260B table 2-200; the reading of readsb). Type codes of the surface (5-8) included.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def is_odd(me: int) -> bool:
    """CPR format bit, surface and airborne alike."""
    return (me >> 34) & 1 == 1


@njit(cache=True, nogil=True)
def cpr_lat(me: int) -> int:
    """CPR latitude, surface and airborne alike."""
    return (me >> 17) & 0x1FFFF


@njit(cache=True, nogil=True)
def cpr_lon(me: int) -> int:
    """CPR longitude, surface and airborne alike."""
    return me & 0x1FFFF


@njit(cache=True, nogil=True)
def altitude_code(me: int) -> int:
    """The 12-bit altitude field."""
    return (me >> 36) & 0xFFF


@njit(cache=True, nogil=True)
def integrity_category(type_code: int, version: int, nic_a: int, nic_b: int, nic_c: int) -> int:
    """NIC 0-11 of a position squitter."""
    if type_code in (5, 9, 20):
        return 11
    if type_code in (6, 10, 21):
        return 10
    if type_code == 7:
        return 9 if version >= 1 and nic_a and not (version == 2 and nic_c) else 8
    if type_code == 8:
        if version < 2:
            return 0
        return 7 if nic_a and nic_c else (6 if nic_a or nic_c else 0)
    if type_code == 11:
        return 9 if (version == 2 and nic_a and nic_b) or (version == 1 and nic_a) else 8
    if type_code == 16:
        return 3 if (version == 2 and nic_a and nic_b) or (version == 1 and nic_a) else 2
    if 12 <= type_code <= 15:
        return 19 - type_code
    return 1 if type_code == 17 else 0
