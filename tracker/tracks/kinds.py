"""Which craft move, and on what: masks over craft keys.

Fixed stations under an MMSI (ITU-R M.585-9): ``00MIDxxxx`` coast and base stations, ``99MIDxxxx`` aids to navigation. Distress
devices ``970/972/974`` drift but are no craft. A *vessel* is every other MMSI that is not an aircraft, well formed or not: one in
forty ships transmits a badly formed MMSI, and those deserve more attention rather than less.
"""

from __future__ import annotations

from typing import Any

from tracker.identity import DOMAIN_MMSI, domain, is_aircraft, is_base_station, number


def is_fixed_station(craft: Any) -> Any:
    """Base stations and aids to navigation (scalar or array)."""
    aid = (domain(craft) == DOMAIN_MMSI) & (number(craft) // 10_000_000 == 99)
    return is_base_station(craft) | aid


def is_vessel(craft: Any) -> Any:
    """What floats and goes somewhere: an MMSI that is no station, no aircraft and no distress device."""
    leading = number(craft) // 1_000_000
    distress = (leading == 970) | (leading == 972) | (leading == 974)
    afloat = (domain(craft) == DOMAIN_MMSI) & ~distress
    return afloat & ~is_aircraft(craft) & ~is_fixed_station(craft)
