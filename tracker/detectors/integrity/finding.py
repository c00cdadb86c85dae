"""A finding: what a rule says of a craft, or an area, at an instant, in figures and in words.

Confidence grows with what speaks for a lie and is capped below 1; ``INFORMATION`` is below what is ever put before a person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracker.detectors.wording import Landmarks, no_landmark, period_text, place_text, position_text, where_text
from tracker.identity import CRAFT_MASK
from tracker.units import iso_time

VERSION: Final = "4"
"""Of the rules, told with every event."""
INFORMATION: Final = 0.2
"""Confidence of what is recorded and put before nobody."""
MOST_LISTED: Final = 20
"""Craft that the evidence of an event names."""
SURE: Final = 0.8
"""From this confidence on a sentence has no word of doubt."""
NEWS_ONCE: Final = ("shared_identity", "duplicate_identity")
"""Numbers that several craft share come and go for months: these details are published once, and again only where there is something new."""
PAIRS: Final = "identity_exchange"
"""The detail whose subject is a pair of craft."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of a craft (key) at an instant."""

    detail: str
    key: int
    start_us: int
    seen_us: int
    lat_deg: float
    lon_deg: float
    confidence: float
    sentence: str
    evidence: Mapping[str, Any]
    cause: str | None = None
    subject: str = ""
    """What the event is about where it is not the craft (an area)."""
    speak: bool = False
    """Publish a revision although the confidence has not grown."""
    craft: str = ""
    """Who it is told of where that is no craft (``source:NAME``)."""
    once: bool = False
    """A fact without duration: closed as soon as it is told."""
    other: int | None = None
    """The other craft it is about."""


Near = Callable[[int], Landmarks]
"""What names the places of a craft: ports or aerodromes."""


def nowhere(craft: int) -> Landmarks:
    """No names for any place."""
    return no_landmark


def finding(
    detail: str,
    key: int,
    times_us: tuple[float, float],
    place: tuple[float, float],
    confidence: float,
    sentence: str,
    evidence: dict[str, Any],
    **more: Any,
) -> Finding:
    """A finding of figures as kernels give them.

    Parameters
    ----------
    times_us:
        Since when it is so, and when it was seen last.
    place:
        Latitude and longitude in degrees; NaN where there is none.
    more:
        Further fields of :class:`Finding`.
    """
    (start_us, seen_us), (lat, lon) = times_us, place
    return Finding(
        detail, int(key), int(start_us), int(seen_us), float(lat), float(lon), float(confidence), sentence, evidence, **more
    )  # fmt: skip


def spot(time_us: float, lat: float, lon: float) -> dict[str, Any]:
    """A place and its time, for the evidence of an event."""
    return {"time": iso_time(int(time_us)), "lat_deg": float(lat), "lon_deg": float(lon)}


_SPOT: Final = re.compile(r"\d\.\d\d [NS] \d{1,3}\.\d\d [EW]")
"""A position in words."""


def in_words(one: Finding, near: Near) -> str:
    """A finding in words, with its time and place where its sentence has none."""
    lat, lon = float(one.lat_deg), float(one.lon_deg)
    has_spot, landmarks = math.isfinite(lat + lon), near(one.key & CRAFT_MASK)
    if "UTC" in one.sentence:
        if not has_spot or one.subject.startswith("source:") or _SPOT.search(one.sentence):
            return one.sentence
        return f"{one.sentence} This was seen {where_text(lat, lon, landmarks)}."
    seen = f"This was seen {period_text(int(one.start_us), int(one.seen_us))}"
    if not has_spot:
        return f"{one.sentence} {seen}."
    here = position_text(lat, lon)
    if here in one.sentence:
        return f"{one.sentence.replace(here, place_text(lat, lon, landmarks), 1)} {seen}."
    return f"{one.sentence} {seen}, {where_text(lat, lon, landmarks)}."
