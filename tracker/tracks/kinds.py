"""Which craft move, and on what: masks over craft keys.

Kinds of MMSI (ITU-R M.585-9): fixed stations are ``00MIDxxxx`` (coast, base) and ``99MIDxxxx`` (aids to navigation). A *vessel* is an
MMSI that is neither station nor aircraft and does not begin with 9, except ``98MIDxxxx`` (craft of a parent ship): 970/972/974 are
distress devices, 979 amateur gear, and fishing fleets mark their drifting nets and lines with numbers like 941203527. Badly formed
numbers below are kept: one ship in forty transmits one, and those deserve more attention rather than less.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from tracker.identity import DOMAIN_ICAO24, DOMAIN_MMSI, DOMAIN_OTHER24, domain, is_base_station, number
from tracker.schema import read_only

VESSEL: Final = 0
AIRCRAFT: Final = 1
NEITHER: Final = 2


def is_fixed_station(craft: Any) -> Any:
    """Base stations and aids to navigation (scalar or array)."""
    aid = (domain(craft) == DOMAIN_MMSI) & (number(craft) // 10_000_000 == 99)
    return is_base_station(craft) | aid


def is_vessel(craft: Any) -> Any:
    """What floats and goes somewhere of its own will (scalar or array)."""
    kinds = kinds_of(np.atleast_1d(np.asarray(craft, dtype=np.int64)))
    return kinds == VESSEL if np.ndim(craft) else bool(kinds[0] == VESSEL)


def kinds_of(craft: NDArray[np.int64]) -> NDArray[np.int8]:
    """``VESSEL``, ``AIRCRAFT`` (:func:`tracker.identity.is_aircraft`) or ``NEITHER`` of each craft key, shape (n,)."""
    kinds = np.empty(len(craft), dtype=np.int8)
    _kinds(read_only(np.ascontiguousarray(craft)), kinds)
    return kinds


@numba.njit(cache=True, nogil=True)
def _kinds(craft: NDArray[np.int64], kinds: NDArray[np.int8]) -> None:
    for i in range(len(craft)):
        family, value = (craft[i] >> 32) & 0xFF, craft[i] & 0xFFFF_FFFF
        if family == DOMAIN_ICAO24 or family == DOMAIN_OTHER24:
            kinds[i] = AIRCRAFT
            continue
        leading = value // 10_000_000
        is_station = leading == 0 and value > 999_999
        if family != DOMAIN_MMSI:
            kinds[i] = NEITHER
        elif value // 1_000_000 == 111:
            kinds[i] = AIRCRAFT  # search and rescue, on AIS
        else:
            kinds[i] = VESSEL if (leading < 90 or leading == 98) and not is_station else NEITHER
