"""What an off-aerodrome landing says: evidence and the sentence."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Final

from tracker.detectors.landing import descents
from tracker.detectors.landing.config import LandingConfig
from tracker.detectors.landing.judge import Spot, Verdict
from tracker.detectors.records import Record
from tracker.detectors.wording import clock_text, duration_text, kilometres_text
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.emitter_categories import Airframe
from tracker.units import US_PER_H, Micros, iso_time

VERSION: Final = "2"


def first_event(config: LandingConfig, record: Record, spot: Spot, she: Airframe, verdict: Verdict, seen: str) -> Event:
    """Revision 1, open. ``seen``: ``ground``, ``still`` or ``lost``."""
    key, known_us, _, row = record
    start_us = int(row.down_us)
    craft = craft_text(key & CRAFT_MASK)
    covered = seen == "lost" and row.cover_craft >= 1.0
    evidence = {
        "seen": seen,
        "altitude_ft": spot.altitude_ft,
        "above_ground_ft": spot.above_ground_ft,
        "uncertainty_ft": spot.uncertainty_ft,
        "ground_ft": spot.ground.ground_ft,
        "ground_source": spot.ground.source,
        "ground_uncertainty_ft": spot.ground.uncertainty_ft,
        "pressure_offset_ft": spot.pressure_ft,
        "pressure_from_touchdowns": spot.touchdowns,
        "speed_kn": float(row.down_kn),
        "speed_before_kn": float(row.down_old_kn),
        "vertical_rate_ftmin": float(row.down_rate_ftmin),
        "nearest_aerodrome": None if spot.near.airport is None else spot.near.airport.icao,
        "aerodrome_km": None if spot.near.airport is None else spot.near.point_km,
        "suspected_strip": None if spot.strip is None or spot.strip_km > config.strip_approach_km else spot.strip.name,
        "suspected_strip_remark": None
        if spot.strip is None or spot.strip_km > config.strip_approach_km
        else spot.strip.remark or None,
        "suspected_strip_km": None if spot.strip is None else spot.strip_km,
        "others_heard_as_low": int(row.cover_craft) if seen == "lost" else None,
        "lowest_heard_ft": float(row.cover_ft) if covered and row.cover_ft > descents.ON_GROUND_FT else None,
        "heard_since": int(row.witnesses) if seen == "lost" else None,
        "flies_like_helicopter": bool(row.slow_rows >= descents.HOVERS_ROWS),
        "took_off": None,
        "heard_again_km": None,
        "heard_again_after_h": None,
        "call_sign": she.call_sign or None,
        "emitter_category": she.category or None,
        "segment": int(segment_number(key)),
    }
    return Event(
        event_id=event_id(EventKind.OFF_AERODROME_LANDING, key, start_us),
        revision=1,
        state=EventState.OPEN,
        kind=EventKind.OFF_AERODROME_LANDING,
        detail=verdict.detail,
        craft=craft,
        other_craft=None,
        start_us=Micros(start_us),
        end_us=None,
        lat_deg=spot.lat_deg,
        lon_deg=spot.lon_deg,
        cause=None,
        confidence=verdict.confidence,
        explanation=_sentence(f"{she.call_sign} ({craft})" if she.call_sign else craft, start_us, row, spot, seen),
        evidence=evidence,
        rule=Rule("off_aerodrome_landing", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )


def took_off(event: Event, known_us: int, off_us: int, verdict: Verdict) -> Event:
    """Closed: she was heard taking off from there."""
    hours = (off_us - event.start_us) / US_PER_H
    return event.revised(
        state=EventState.CLOSED, end_us=Micros(off_us), known_us=Micros(known_us), detail=verdict.detail, confidence=verdict.confidence,
        explanation=f"{_stem(event)} It was heard climbing away from there on {clock_text(off_us)}, {duration_text(hours)} later.",
        evidence={**event.evidence, "took_off": iso_time(off_us)},
    )  # fmt: skip


def heard_elsewhere(event: Event, known_us: int, back_us: int, away_km: float, flew_on: bool) -> Event:
    """Heard again elsewhere: withdrawn where she must have flown on, closed where she was too slow for that."""
    hours = max((back_us - event.start_us) / US_PER_H, 1e-6)
    evidence = {**event.evidence, "heard_again_km": away_km, "heard_again_after_h": hours}
    again = f"It was heard again {kilometres_text(away_km)} away {duration_text(hours)} later"
    if flew_on:
        return event.revised(
            state=EventState.RETRACTED, end_us=Micros(back_us), known_us=Micros(known_us), evidence=evidence,
            explanation=f"{_stem(event)} {again}: it flew on.",
        )  # fmt: skip
    return event.revised(
        state=EventState.CLOSED, end_us=Micros(back_us), known_us=Micros(known_us), evidence=evidence,
        explanation=f"{_stem(event)} {again}, too slow for having flown on.",
    )  # fmt: skip


def heard_no_more(event: Event, known_us: int, last_us: int) -> Event:
    """Closed: nothing was heard of her for long."""
    return event.revised(
        state=EventState.CLOSED, end_us=Micros(max(last_us, int(event.start_us))), known_us=Micros(known_us),
        explanation=f"{_stem(event)} Nothing has been heard of it since {clock_text(int(event.start_us))}.",
    )  # fmt: skip


def _stem(event: Event) -> str:
    """The first sentence of the explanation."""
    return str(event.explanation)


def _sentence(it: str, start_us: int, row: descents.Descent, spot: Spot, seen: str) -> str:
    clock = clock_text(start_us)
    strip = spot.strip.name if spot.strip is not None else ""
    at = f" at the suspected strip {strip}" if strip and spot.strip_km <= 5.0 else ""
    near = (
        ""
        if spot.near.airport is None
        else f", {kilometres_text(spot.near.point_km)} from {spot.near.airport.name} ({spot.near.airport.icao})"
    )
    if seen == "ground":
        return f"{it} has reported from the ground since {clock}{at}, where no aerodrome is known{near}."
    if seen == "still":
        return f"{it} has stood on one spot since {clock}{at}, where no aerodrome is known{near}."
    height = (
        "low" if math.isnan(spot.above_ground_ft)
        else f"about {max(0.0, round(spot.above_ground_ft, -2)):,.0f} ft (give or take {round(spot.uncertainty_ft, -2):,.0f}) above the ground"
    )  # fmt: skip
    others = int(row.cover_craft)
    heard = "another was" if others == 1 else "9 or more others were" if others >= 9 else f"{others} others were"
    why = f", though {heard} heard there as low" if others else ""
    return f"{it} was lost on {clock}{at} while coming down, {height} at {row.down_kn:.0f} kn, where no aerodrome is known{near}{why}."
