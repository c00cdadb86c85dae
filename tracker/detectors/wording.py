"""Words that explanations share: who, when, where, how long, how far.

Every sentence has a subject and clock times in UTC; a place is told by the nearest port or aerodrome where the program knows one. A ship may be "she",
an aircraft is "it".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from models.geodesy import bearing_deg, distance_km_scalar
from tracker.tracks.ship_types import Particulars

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Our own, so that no locale changes a sentence."""
_POINTS: Final = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Landmark(Protocol):
    """A port or aerodrome with a name."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def lat_deg(self) -> float:
        """Degrees north."""
        ...

    @property
    def lon_deg(self) -> float:
        """Degrees east."""
        ...


Landmarks = Callable[[float, float], Landmark | None]
"""The nearest landmark of a spot, None where the program knows none."""


def no_landmark(lat_deg: float, lon_deg: float) -> Landmark | None:
    """Where no places have names."""
    return None


def who(craft: str, she: Particulars) -> str:
    """Name and identity of a craft, or the identity alone."""
    return f"{she.name} ({craft})" if she.name else craft


def clock_text(instant_us: int) -> str:
    """``2 Mar 07:05 UTC``."""
    return f"{_day_and_minute(instant_us)} UTC"


def period_text(start_us: int, end_us: int) -> str:
    """``from 1 Mar 22:00 to 2 Mar 02:30 UTC``; the day once where both are the same."""
    start, end = _day_and_minute(start_us), _day_and_minute(end_us)
    if start == end:
        return f"on {end} UTC"
    same = start.rpartition(" ")[0] == end.rpartition(" ")[0]
    return f"from {start} to {end.rpartition(' ')[2] if same else end} UTC"


def place_text(lat_deg: float, lon_deg: float, landmarks: Landmarks = no_landmark) -> str:
    """``63 km north-west of Aveiro (41.02 N 9.28 W)``, or the position alone."""
    here = position_text(lat_deg, lon_deg)
    mark = landmarks(lat_deg, lon_deg)
    if mark is None:
        return here
    km = distance_km_scalar(mark.lat_deg, mark.lon_deg, lat_deg, lon_deg)
    if km < 1.0:
        return f"{mark.name} ({here})"
    toward = compass_text(float(bearing_deg(mark.lat_deg, mark.lon_deg, lat_deg, lon_deg)))
    return f"{kilometres_text(km)} {toward} of {mark.name} ({here})"


def where_text(lat_deg: float, lon_deg: float, landmarks: Landmarks = no_landmark) -> str:
    """``63 km north-west of Aveiro (41.02 N 9.28 W)``, ``at Aveiro (40.64 N 8.75 W)`` or ``at 41.02 N 9.28 W``: what follows a verb."""
    place = place_text(lat_deg, lon_deg, landmarks)
    return place if " of " in place else f"at {place}"


def position_text(lat_deg: float, lon_deg: float) -> str:
    """``41.02 N 9.28 W``."""
    return f"{abs(lat_deg):.2f} {'S' if lat_deg < 0 else 'N'} {abs(lon_deg):.2f} {'W' if lon_deg < 0 else 'E'}"


def compass_text(toward_deg: float) -> str:
    """``north-west``: the nearest of eight points."""
    return _POINTS[round(toward_deg / 45.0) % 8]


def duration_text(hours: float) -> str:
    """``45 min``, ``4 h 05 min``, ``2 d 3 h``."""
    minutes = round(hours * 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def date_text(instant_us: int) -> str:
    """``25 Apr 2026 10:00 UTC``: a day that may be far off."""
    moment = _moment(instant_us)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment:%Y %H:%M} UTC"


def estimate_text(hours: float) -> str:
    """``2.5 h``, ``14 h``, ``3 days``: a time reckoned from declared arrivals, of which no minute is true."""
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def kilometres_text(km: float) -> str:
    """``180 m``, ``2.4 km``, ``63 km``, ``5,510 km``; a distance that is not known is called so."""
    if math.isnan(km):
        return "an unknown distance"
    if km < 0.9995:
        return f"{round(km * 1000)} m"
    if km < 9.95:
        return f"{km:.1f} km"
    return f"{km:.0f} km" if km < 1000.0 else f"{round(km, -1):,.0f} km"


def _day_and_minute(instant_us: int) -> str:
    moment = _moment(instant_us)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment:%H:%M}"


def _moment(instant_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(instant_us))


def day_text(said: str) -> str:
    """A date of which papers give no hour, in the calendar of its place.

    >>> day_text("2026-04-16")
    '16 Apr 2026 (no hour is declared)'
    """
    day = date.fromisoformat(said)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year} (no hour is declared)"
