"""What the room reads out of a revision of an alert: the CloudEvent of docs/topics.md, as columns to ask by. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracker.room.desk.states import BANDS, Facts, Life, Wake
from tracker.units import US_PER_H, iso_time, parse_time

_LIVES: Final = {
    "tidewaiter.alert.raised": Life.PRESENT,
    "tidewaiter.alert.updated": Life.PRESENT,
    "tidewaiter.alert.closed": Life.CLOSED,
    "tidewaiter.alert.retracted": Life.RETRACTED,
}
_CELL_DEG: Final = 5
"""An area without a name is a cell of so many degrees: some 300 sea miles, a sea or a strait (ours)."""
_MOST_NUMBER: Final = 1 << 31
"""Columns of numbers of revisions and points hold less."""
_MOST_LEAD_H: Final = 100_000.0
"""Eleven years: beyond, a lead time is a mistake (ours)."""


class NoAlertError(ValueError):
    """What came is no alert; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One revision of an alert as an engine told it."""

    alert_id: str
    revision: int
    life: Life
    priority: int
    band: str
    craft: str
    other_craft: str | None
    kind: str
    detail: str
    rule: str
    area: str
    feed: str
    confidence: float | None
    lead_until_us: int | None
    part_of: str | None
    data: Mapping[str, Any]

    def facts(self) -> Facts:
        """What the desk's rules need of it."""
        return Facts(revision=self.revision, life=self.life, band=self.band, part_of=self.part_of)


def told_by(event: Mapping[str, Any]) -> Told:
    """Read a CloudEvent.

    Raises
    ------
    NoAlertError
        it is none of an alert.
    """
    try:
        data = event["data"]
        life = _LIVES[event["type"]]
        told = data["event"]
        band = data["priority_band"]
        if band not in BANDS:
            raise NoAlertError(f"priority_band {band!r} is none")
        revision, priority = data["revision"], data["priority"]
        if not (isinstance(revision, int) and isinstance(priority, int) and 1 <= revision < _MOST_NUMBER):
            raise NoAlertError("revision and priority are no numbers")
        if abs(priority) >= _MOST_NUMBER:
            raise NoAlertError("its priority is no number of points")
        return Told(
            alert_id=_text(data["alert_id"], 64),
            revision=revision,
            life=life,
            priority=priority,
            band=band,
            craft=_text(told["craft"], 200),
            other_craft=None if told.get("other_craft") is None else _text(told["other_craft"], 200),
            kind=_text(told["kind"], 40),
            detail=_text(told.get("detail") or "", 60),
            rule=_text(told["rule"]["name"], 60),
            area=area_of(told),
            feed=feed_of(told),
            confidence=_share(told.get("confidence")),
            lead_until_us=_lead_until_us(data.get("lead_time_h"), event["time"]),
            part_of=None if data.get("part_of") is None else _text(data["part_of"], 64),
            data=data,
        )
    except (KeyError, TypeError, AttributeError) as exc:
        raise NoAlertError(f"it has not what an alert has ({exc!r})") from exc


def area_of(event: Mapping[str, Any]) -> str:
    """The area an event counts for: its zone or port by name where it tells one, else a cell of five degrees, named by its south-west corner."""
    evidence = event.get("evidence") or {}
    for name in ("zone", "zone_name", "port", "location"):
        value = evidence.get(name)
        if isinstance(value, str) and 0 < len(value) <= 100 and "\0" not in value:
            return value
    lat_deg, lon_deg = event.get("lat_deg"), event.get("lon_deg")
    if not isinstance(lat_deg, int | float) or not isinstance(lon_deg, int | float):
        return "nowhere"
    if not (abs(lat_deg) <= 90 and abs(lon_deg) <= 360):
        return "nowhere"
    south, west = (math.floor(value / _CELL_DEG) * _CELL_DEG for value in (lat_deg, lon_deg))
    return f"{'S' if south < 0 else 'N'}{abs(south):02d}{'W' if west < 0 else 'E'}{abs(west):03d}"


def feed_of(event: Mapping[str, Any]) -> str:
    """The feed an event came by; ``ais`` or ``ads-b`` where it does not tell."""
    source = (event.get("evidence") or {}).get("source")
    if isinstance(source, str) and 0 < len(source) <= 200 and "\0" not in source:
        return source
    craft = str(event["craft"])
    if craft.startswith("source:"):
        return craft.removeprefix("source:")[:200]
    return "ads-b" if craft.startswith("icao24:") else "ais"


def wakes_of(told: Told) -> tuple[Wake, ...]:
    """What this revision says that its craft has done: it is heard again, it entered an area, it moves again."""
    state = (told.data["event"] or {}).get("state")
    if told.life is Life.RETRACTED:
        return ()
    if told.kind in ("gap", "dark_period"):
        return (Wake.HEARD, Wake.MOVES) if state == "closed" else ()
    if told.kind == "zone":
        return (Wake.ENTERS, Wake.MOVES)
    if told.kind in ("loitering", "encounter", "circling"):
        return (Wake.MOVES,) if state == "closed" else ()
    return (Wake.MOVES,) if told.kind in ("diversion", "off_aerodrome_landing") else ()


def iso(at_us: int | None) -> str | None:
    """An instant as the API writes it; None where there is none."""
    return None if at_us is None else iso_time(at_us)


def _lead_until_us(lead_time_h: Any, known: str) -> int | None:
    if not isinstance(lead_time_h, int | float) or not abs(lead_time_h) <= _MOST_LEAD_H:
        return None
    try:
        return parse_time(known) + round(lead_time_h * US_PER_H)
    except (ValueError, OverflowError) as exc:
        raise NoAlertError(f"its time {known!r} is none") from exc


def _share(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise NoAlertError(f"{str(value)[:40]!r} is no text of at most {most} characters without NUL")
    return value
