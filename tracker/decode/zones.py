"""Zones of written times that carry no offset: IANA names (``Europe/Paris``) and fixed offsets (``+05:30``).

A local time is not always one instant (RFC 5545 section 3.3.5 shows both cases):

* When clocks go back, an hour is written twice: which of the two is meant cannot be told from the text. It is **not read**.
* When clocks go forward, an hour is never shown: a time in it was not written by that clock. It is **not read** either.

The order of a file does not decide, for a file may be in any order; an hour of refused rows, each counted and told, is better than
half an hour of them placed an hour away.

``local_steps`` gives a zone as two arrays, so that kernels need no ``zoneinfo``.
"""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from tracker.errors import InputError
from tracker.nearest import meant
from tracker.units import US_PER_S

NEVER: Final = np.iinfo(np.int64).min
"""The offset of local times that no clock of the zone shows."""
TWICE: Final = NEVER + 1
"""The offset of local times that it shows twice."""
_FIXED: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_ALIKE: Final = 0.7
_FIRST_YEAR, _LAST_YEAR = 1989, 2101
_MOST_OFFSET_H: Final = 18
"""Python and Java allow so much; the widest in use are -12 and +14 hours."""
_SEARCH_STEP: Final = timedelta(days=7)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ZoneSteps(NamedTuple):
    """A zone as steps of local time. ``offset_us[k]`` holds from ``local_from_us[k]`` until the next entry."""

    local_from_us: NDArray[np.int64]
    """Local wall time, as if it were UTC; the first entry is before every time that can be."""
    offset_us: NDArray[np.int64]
    """How far local time is ahead of UTC; ``NEVER`` or ``TWICE`` where a local time is none or two instants."""


def zone_named(name: str) -> tzinfo:
    """The zone of a name.

    Raises
    ------
    InputError
        where there is no such zone; it names the nearest ones.

    >>> zone_named("Europe/Pariss")
    Traceback (most recent call last):
    tracker.errors.InputError: 'Europe/Pariss' is no time zone; did you mean 'Europe/Paris' or 'Europe/Warsaw' or 'Europe/Madrid'? write it like Europe/Paris, UTC or +05:30
    """
    text = name.strip()
    if text.upper() in ("", "UTC", "Z", "GMT"):
        return UTC
    fixed = _FIXED.fullmatch(text)
    if fixed is not None and int(fixed[2]) <= _MOST_OFFSET_H:
        ahead = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        return timezone(-ahead if fixed[1] == "-" else ahead)
    known = {one.casefold(): one for one in available_timezones()}
    if text.casefold() not in known:
        place = text.replace(" ", "_")
        tails = {one.rpartition("/")[2].casefold(): one for one in known.values()}
        alike = [] if "/" in place else difflib.get_close_matches(place.casefold(), tails, 3, _ALIKE)
        near = (
            f"did you mean {' or '.join(repr(tails[tail]) for tail in alike)}?"
            if alike
            else meant(place, known.values(), "")
        )
        raise InputError(f"{name!r} is no time zone", "", f"{near} write it like Europe/Paris, UTC or +05:30".strip())
    return ZoneInfo(known[text.casefold()])


@lru_cache(maxsize=64)
def local_steps(name: str) -> ZoneSteps:
    """The offsets of a zone by local time, from 1989 to 2101; :func:`zone_named` tells a wrong name."""
    zone = zone_named(name)
    begin, end = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    starts, offsets = [-(1 << 62)], [_offset_us(zone, begin)]
    at = begin
    while at < end and not isinstance(zone, timezone):
        until = at + _SEARCH_STEP
        if _offset_us(zone, until) != _offset_us(zone, at):
            change = _first_change(zone, at, until)
            before, after = offsets[-1], _offset_us(zone, change)
            change_us = (change - _EPOCH) // timedelta(microseconds=1)
            starts += [change_us + min(before, after), change_us + max(before, after)]
            offsets += [NEVER if after > before else TWICE, after]
            at = change
        else:
            at = until
    return ZoneSteps(np.array(starts, np.int64), np.array(offsets, np.int64))


def local_offsets(local_us: NDArray[np.int64], name: str) -> NDArray[np.int64]:
    """How far local times of a zone are ahead of UTC; ``NEVER`` or ``TWICE`` where they are no single instant."""
    steps = local_steps(name)
    return steps.offset_us[np.searchsorted(steps.local_from_us, local_us, "right") - 1]


def _offset_us(zone: tzinfo, at: datetime) -> int:
    offset = zone.utcoffset(at.astimezone(zone))
    return 0 if offset is None else int(offset.total_seconds()) * US_PER_S


def _first_change(zone: tzinfo, low: datetime, high: datetime) -> datetime:
    """The instant, to the second, at which the offset at ``low`` ends; zones change at most once within a week."""
    before = _offset_us(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset_us(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
