"""What a picture is made of: an event, the track of its craft and those of the others that matter.

Times are microseconds since 1970, event time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.events import Event, EventKind
from tracker.units import US_PER_H, US_PER_MIN

_LEAST_BEFORE_US: Final = 40 * US_PER_MIN
_LEAST_BEFORE_AIR_US: Final = 10 * US_PER_MIN
_MOST_BEFORE_US: Final = 6 * US_PER_H
_MOST_BEFORE_DIVERSION_US: Final = 24 * US_PER_H
"""A diversion is told apart from the way she came, so more of it is shown."""
_SHARE_BEFORE: Final = 0.6
"""Of the event's length, shown before it and after it."""
SILENCES: Final = frozenset({EventKind.GAP, EventKind.DARK_PERIOD})
"""Kinds whose event is that nobody heard her."""
MOST_COMPANY: Final = 40
"""So many other craft are drawn at most: more would hide the coast."""


@dataclass(frozen=True, slots=True)
class Track:
    """Positions of one craft in the order of time, one array per column; speeds and altitudes may be NaN."""

    craft: str
    name: str
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float64]
    altitude_ft: NDArray[np.float64]
    segment: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time_us)

    @property
    def is_aircraft(self) -> bool:
        """Does she fly?"""
        return is_aircraft(self.craft)

    @property
    def who(self) -> str:
        """Her name, or where none is known her identity."""
        return self.name or self.craft

    def where(self, rows: Any) -> Track:
        """Some of the positions."""
        columns = {item.name: getattr(self, item.name)[rows] for item in fields(self)[2:]}
        return replace(self, **columns)


@dataclass(frozen=True, slots=True)
class Rate:
    """Rows a source gave in each minute of a time without holes; ``minute_us`` is when the minute began."""

    minute_us: NDArray[np.int64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Case:
    """One event with what is drawn of it.

    Parameters
    ----------
    partner:
        The other craft of an encounter; of a shared identity the second transmitter.
    company:
        Witnesses, craft of a struck area, craft that a lost source was hearing.
    rate:
        For a feed outage: how much the source gave.
    """

    event: Event
    track: Track
    partner: Track | None = None
    company: tuple[Track, ...] = ()
    rate: Rate | None = None
    title: str = ""
    """Of a picture of a craft or an area: what it shows, in place of the kind of the event, which then only says from when to when."""
    area_deg: tuple[float, float, float, float] | None = None
    """South, west, north, east of the area that is drawn, whoever was in it; west is greater than east across the antimeridian."""

    @property
    def end_us(self) -> int:
        """When the event ended, or up to when it was known while it is open."""
        return end_of(self.event)


def is_aircraft(craft: str) -> bool:
    """Is the text of a craft that of an aircraft?"""
    return craft.startswith("icao24:")


def end_of(event: Event) -> int:
    """End of an event, of an open one when its last revision was known."""
    return int(max(event.start_us, event.known_us if event.end_us is None else event.end_us))


def window_us(event: Event) -> tuple[int, int]:
    """From when to when the craft is drawn: the event and a part of its length before and after."""
    end_us = end_of(event)
    least = _LEAST_BEFORE_AIR_US if is_aircraft(event.craft) else _LEAST_BEFORE_US
    most = _MOST_BEFORE_DIVERSION_US if event.kind is EventKind.DIVERSION else _MOST_BEFORE_US
    margin = int(min(max(least, _SHARE_BEFORE * (end_us - event.start_us)), most))
    return int(event.start_us) - margin, end_us + margin


def company_of(event: Event) -> tuple[str, ...]:
    """Other craft the evidence names: witnesses of a silence, craft of a struck area."""
    told = [item.get("craft") for item in _list(event, "witnesses") if isinstance(item, dict)]
    told += _list(event, "craft")
    others = {craft for craft in told if isinstance(craft, str)} - {event.craft, event.other_craft}
    return tuple(sorted(others))[:MOST_COMPANY]


def _list(event: Event, key: str) -> list[Any]:
    value = event.evidence.get(key)
    return value if isinstance(value, list) else []
