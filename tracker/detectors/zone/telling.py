"""What a zone event says: detail, evidence and the sentence."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

from tracker.detectors.wording import clock_text, duration_text, kilometres_text, period_text, who
from tracker.detectors.zone import visits
from tracker.detectors.zone.config import ZoneConfig
from tracker.events import Event, EventKind, EventState, Rule, event_id, iso_time
from tracker.geography.zones import Zone
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H, Micros

VERSION: Final = "1"
_SEEN_TO_CROSS: Final = 0.95
_FOUND: Final = 0.9


def zone_event(
    config: ZoneConfig, zone: Zone, key: int, kind: int, known_us: int, visit: Any, she: Particulars
) -> Event:
    """One revision of the event of a visit; ``kind`` is that of the record."""
    start_us, last_us = int(visit[visits.START_US]), int(visit[visits.ON_US])
    before_us = visit[visits.BEFORE_US]
    found = zone.sense == "inside" and math.isnan(before_us)
    detail = "outside" if zone.sense == "outside" else "found_inside" if found else "inside"
    closed = kind != visits.OPEN
    craft = craft_text(key & CRAFT_MASK)
    left = kind == visits.LEFT
    evidence = {
        "zone_id": zone.zone_id,
        "zone_name": zone.name,
        "sense": zone.sense,
        "duration_h": (last_us - start_us) / US_PER_H,
        "speed_kn": float(visit[visits.START_KN]),
        "course_deg": float(visit[visits.START_COURSE]),
        "altitude_ft": float(visit[visits.START_FT]),
        "slowest_kn": float(visit[visits.SLOWEST_KN]),
        "positions": int(visit[visits.REPORTS]),
        "heard_before": None if math.isnan(before_us) else iso_time(int(before_us)),
        "first_position": _spot(start_us, visit[visits.START_LAT], visit[visits.START_LON]),
        "last_position": _spot(last_us, visit[visits.ON_LAT], visit[visits.ON_LON]),
        "farthest_from_edge_km": float(visit[visits.DEEP_KM]),
        "farthest_position": None
        if math.isnan(visit[visits.DEEP_KM])
        else _spot(int(visit[visits.DEEP_US]), visit[visits.DEEP_LAT], visit[visits.DEEP_LON]),
        "ended_by": None if not closed else "crossing" if left else "silence",
        "next_position": _spot(int(visit[visits.RUN_US]), visit[visits.RUN_LAT], visit[visits.RUN_LON])
        if left
        else None,
        "name": she.name or None,
        "ship_type": she.ship_type if she.ship_type != 255 else None,
        "segment": int(segment_number(key)),
    }
    return Event(
        event_id=event_id(EventKind.ZONE, key, start_us, detail=zone.zone_id),
        revision=2 if closed else 1,
        state=EventState.CLOSED if closed else EventState.OPEN,
        kind=EventKind.ZONE,
        detail=detail,
        craft=craft,
        other_craft=None,
        start_us=Micros(start_us),
        end_us=Micros(last_us) if closed else None,
        lat_deg=float(visit[visits.START_LAT]),
        lon_deg=float(visit[visits.START_LON]),
        cause=None,
        confidence=_FOUND if found else _SEEN_TO_CROSS,
        explanation=_sentence(who(craft, she), zone.name, detail, kind, visit),
        evidence=evidence,
        rule=Rule("zone", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )


def _spot(time_us: int, lat_deg: float, lon_deg: float) -> dict[str, Any]:
    return {"time": iso_time(time_us), "lat_deg": float(lat_deg), "lon_deg": float(lon_deg)}


def _sentence(she: str, zone: str, detail: str, kind: int, visit: Any) -> str:
    speed_kn = visit[visits.START_KN]
    at_speed = "" if math.isnan(speed_kn) else f" at {speed_kn:.1f} kn"
    if kind == visits.OPEN:
        came = {"inside": f"entered {zone}", "outside": f"left {zone}", "found_inside": f"was picked up inside {zone}"}
        return f"{she} {came[detail]} on {clock_text(int(visit[visits.START_US]))}{at_speed}."
    stayed = duration_text((visit[visits.ON_US] - visit[visits.START_US]) / US_PER_H)
    when = period_text(int(visit[visits.START_US]), int(visit[visits.ON_US]))
    deep_km = visit[visits.DEEP_KM]
    depth = f", up to {kilometres_text(deep_km)} from its edge" if math.isfinite(deep_km) else ""
    where, went = ("outside", "came back") if detail == "outside" else ("inside", "left it")
    end = went if kind == visits.LEFT else "was then heard no more"
    return f"{she} was {where} {zone} for {stayed}, {when}{depth}, and {end}."
