"""The flag of a craft, of its id as text. Pure."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import Final

from tracker.identity import ICAO24_FLAGS, flag_of, parse_craft

_BLOCKS: Final = sorted(ICAO24_FLAGS)
_FIRSTS: Final = [first for first, _, _ in _BLOCKS]


@lru_cache(maxsize=65_536)
def country_of(craft: str) -> str | None:
    """The state (ISO 3166, two letters) whose number or address it has; None where nobody knows, or it is no craft.

    >>> country_of("mmsi:219001234"), country_of("icao24:4b1812"), country_of("source:harbour")
    ('DK', 'CH', None)
    """
    scheme, _, number = craft.partition(":")
    if scheme == "icao24" and not number.startswith("~"):
        try:
            address = int(number, 16)
        except ValueError:
            return None
        at = bisect_right(_FIRSTS, address) - 1
        return _BLOCKS[at][2] if at >= 0 and address <= _BLOCKS[at][1] else None
    if scheme != "mmsi":
        return None
    try:
        return flag_of(parse_craft(craft)) or None
    except ValueError:
        return None
