"""What a loitering event says: detail, confidence, evidence and the sentence."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

from tracker.detectors.loitering import spells
from tracker.detectors.loitering.config import LoiteringConfig
from tracker.detectors.wording import duration_text, kilometres_text, who
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.ship_types import Particulars
from tracker.units import US_PER_H, Micros

VERSION: Final = "1"
_STEADY_SET: Final = 0.6
_NO_CARRIER: Final = 0.45
"""Where nobody said that she carries anything: of craft adrift far out most fish, dive or drill."""


def detail_of(config: LoiteringConfig, spell: Any) -> str:
    """``anchored``, ``drifting`` or ``slow``; headings decide where there are some."""
    if spells.radius_km(spell) <= config.swing_km:
        return "anchored"
    if spell[spells.ANGLE_ROWS] >= 3:
        off_deg = spell[spells.ANGLE_SUM] / spell[spells.ANGLE_ROWS]
        return "drifting" if off_deg >= config.drift_angle_deg else "slow"
    return "drifting" if spells.net_km(spell) >= _STEADY_SET * spell[spells.PATH_KM] else "slow"


def loitering_event(
    config: LoiteringConfig,
    key: int,
    spell: Any,
    known_us: int,
    port_km: float,
    she: Particulars,
    state: EventState,
    shore_km: float = math.nan,
) -> Event:
    """One revision of the event of a judged spell; ``shore_km`` is its mean distance from shore where that was asked."""
    start_us, end_us = int(spell[spells.START_US]), int(spell[spells.SLOW_US])
    hours = (end_us - start_us) / US_PER_H
    lat, lon = spells.centre(spell)
    radius_km = spells.radius_km(spell)
    detail = detail_of(config, spell)
    closed = state is not EventState.OPEN
    craft = craft_text(key & CRAFT_MASK)
    angle_rows = spell[spells.ANGLE_ROWS]
    lasted = min(1.0, hours / config.other_min_duration_h)
    base = 0.6 if she.ship_type in config.carrier_types else _NO_CARRIER
    confidence = base + 0.15 * min(1.0, port_km / 100.0) + 0.15 * lasted + 0.1 * (70 <= she.ship_type <= 89)
    evidence = {
        "duration_h": hours,
        "radius_km": radius_km,
        "path_km": float(spell[spells.PATH_KM]),
        "net_displacement_km": spells.net_km(spell),
        "mean_speed_kn": spells.mean_kn(spell),
        "course_off_heading_deg": float(spell[spells.ANGLE_SUM] / angle_rows) if angle_rows else None,
        "positions": int(spell[spells.ROWS]),
        "port_km": port_km,
        "start_lat_deg": float(spell[spells.START_LAT]),
        "start_lon_deg": float(spell[spells.START_LON]),
        "name": she.name or None,
        "ship_type": she.ship_type if she.ship_type != 255 else None,
        "reports_at_anchor": int(spell[spells.ANCHORED]),
        "segment": int(segment_number(key)),
    }
    if not math.isnan(shore_km):
        evidence["mean_shore_km"] = shore_km
    return Event(
        event_id=event_id(EventKind.LOITERING, key, start_us),
        revision=2 if closed else 1,
        state=state,
        kind=EventKind.LOITERING,
        detail=detail,
        craft=craft,
        other_craft=None,
        start_us=Micros(start_us),
        end_us=Micros(end_us) if closed else None,
        lat_deg=lat,
        lon_deg=lon,
        cause=None,
        confidence=confidence,
        explanation=("Withdrawn: on the mean she was too near the shore. " if state is EventState.RETRACTED else "")
        + _sentence(craft, she, detail, closed, hours, radius_km, port_km),
        evidence=evidence,
        rule=Rule("loitering", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )


def _sentence(
    craft: str, she: Particulars, detail: str, closed: bool, hours: float, radius_km: float, port_km: float
) -> str:
    doing = {
        "anchored": ("has lain in one spot", "lay in one spot"),
        "drifting": ("has been adrift", "was adrift"),
        "slow": ("has been moving slowly to and fro", "moved slowly to and fro"),
    }[detail][closed]
    return (
        f"{who(craft, she)} {doing} for {duration_text(hours)} within {kilometres_text(radius_km)} of one place, "
        f"{kilometres_text(port_km)} from the nearest port, where ships do not usually wait."
    )
