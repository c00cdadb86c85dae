"""What a zone event says: detail, evidence and the sentence."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

from tracker.detectors.records import Record
from tracker.detectors.wording import clock_text, duration_text, kilometres_text, period_text, who
from tracker.detectors.zone import visits
from tracker.detectors.zone.config import ZoneConfig
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.geography.zones import Zone
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H, Micros, iso_time

VERSION: Final = "1"
_SEEN_TO_CROSS: Final = 0.95
_FOUND: Final = 0.9


def zone_event(config: ZoneConfig, zone: Zone, record: Record, she: Particulars) -> Event:
    """One revision of the event of a visit."""
    visit, kind, key = record.state, record.kind, int(record.state.segment)
    start_us, last_us = int(visit.start_us), int(visit.on_us)
    before_us = visit.before_us
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
        "speed_kn": float(visit.start_kn),
        "course_deg": float(visit.start_course_deg),
        "altitude_ft": float(visit.start_ft),
        "slowest_kn": float(visit.slowest_kn),
        "positions": int(visit.reports),
        "heard_before": None if math.isnan(before_us) else iso_time(int(before_us)),
        "first_position": _spot(start_us, visit.start_lat_deg, visit.start_lon_deg),
        "last_position": _spot(last_us, visit.on_lat_deg, visit.on_lon_deg),
        "farthest_from_edge_km": float(visit.deep_km),
        "farthest_position": None
        if math.isnan(visit.deep_km)
        else _spot(int(visit.deep_us), visit.deep_lat_deg, visit.deep_lon_deg),
        "ended_by": None if not closed else "crossing" if left else "silence",
        "next_position": _spot(int(visit.run_us), visit.run_lat_deg, visit.run_lon_deg) if left else None,
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
        lat_deg=float(visit.start_lat_deg),
        lon_deg=float(visit.start_lon_deg),
        cause=None,
        confidence=_FOUND if found else _SEEN_TO_CROSS,
        explanation=_sentence(who(craft, she), zone.name, detail, kind, visit),
        evidence=evidence,
        rule=Rule("zone", VERSION, asdict(config)),
        known_us=Micros(record.known_us),
    )


def _spot(time_us: int, lat_deg: float, lon_deg: float) -> dict[str, Any]:
    return {"time": iso_time(time_us), "lat_deg": float(lat_deg), "lon_deg": float(lon_deg)}


def _sentence(she: str, zone: str, detail: str, kind: int, visit: visits.Visit) -> str:
    speed_kn = visit.start_kn
    at_speed = "" if math.isnan(speed_kn) else f" at {speed_kn:.1f} kn"
    if kind == visits.OPEN:
        came = {"inside": f"entered {zone}", "outside": f"left {zone}", "found_inside": f"was picked up inside {zone}"}
        return f"{she} {came[detail]} on {clock_text(int(visit.start_us))}{at_speed}."
    stayed = duration_text((visit.on_us - visit.start_us) / US_PER_H)
    when = period_text(int(visit.start_us), int(visit.on_us))
    deep_km = visit.deep_km
    depth = f", up to {kilometres_text(deep_km)} from its edge" if math.isfinite(deep_km) else ""
    where, went = ("outside", "came back") if detail == "outside" else ("inside", "left it")
    end = went if kind == visits.LEFT else "was then heard no more"
    return f"{she} was {where} {zone} for {stayed}, {when}{depth}, and {end}."
