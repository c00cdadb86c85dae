"""Which craft move, and on what: masks over craft keys.

Kinds of MMSI (ITU-R M.585-9): fixed stations are ``00MIDxxxx`` (coast, base) and ``99MIDxxxx`` (aids to navigation). A *vessel* is an
MMSI that is neither station nor aircraft and does not begin with 9, except ``98MIDxxxx`` (craft of a parent ship): 970/972/974 are
distress devices, 979 amateur gear, and fishing fleets mark their drifting nets and lines with numbers like 941203527. Badly formed
numbers below are kept: one ship in forty transmits one, and those deserve more attention rather than less.
"""

from __future__ import annotations

from typing import Any

from tracker.identity import DOMAIN_MMSI, domain, is_aircraft, is_base_station, number


def is_fixed_station(craft: Any) -> Any:
    """Base stations and aids to navigation (scalar or array)."""
    aid = (domain(craft) == DOMAIN_MMSI) & (number(craft) // 10_000_000 == 99)
    return is_base_station(craft) | aid


def is_vessel(craft: Any) -> Any:
    """What floats and goes somewhere of its own will (scalar or array)."""
    leading = number(craft) // 10_000_000
    afloat = (domain(craft) == DOMAIN_MMSI) & ((leading < 90) | (leading == 98))
    return afloat & ~is_aircraft(craft) & ~is_base_station(craft)
