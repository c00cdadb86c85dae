"""What a circling event says: which kind of circling, how sure, evidence and the sentence.

========  ==============================================================  ==========
detail    when                                                            confidence
========  ==============================================================  ==========
holding   racetrack (legs between the turns), not longer than any known    0.15
survey    half turns alternately left and right, legs between them         0.2
orbit     anything else: circles, racetracks flown for longer              0.5 .. 0.8
          within 8 km of an aerodrome; a calibration circle                0.4
          by a glider, hang-glider or ultralight                           0.15
          in the middle of a survey                                        0.2
========  ==============================================================  ==========
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from models.geodesy import destination
from tracker.detectors.circling import turns
from tracker.detectors.circling.config import CirclingConfig
from tracker.detectors.circling.turns import Turning
from tracker.detectors.records import Record
from tracker.detectors.wording import clock_text, duration_text, kilometres_text, period_text, where_text
from tracker.events import Event, EventKind, EventState, Rule, event_id
from tracker.geography.ground import Ground, NearAerodrome
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.tracks.emitter_categories import SOARING, Airframe
from tracker.units import KM_PER_NM, US_PER_MIN, Micros

VERSION: Final = "2"
AERODROME_KM: Final = 8.0
_GOING_SOMEWHERE: Final = 1.5
"""Below this path over extent nobody holds: one round of a racetrack has 2 and more, a straight way 1."""
CALIBRATION_KM: Final = 25.0
"""A calibration circle is flown round an aid on or near an aerodrome."""


@dataclass(frozen=True, slots=True)
class Story:
    """What is kept of an aircraft says of the circling so far."""

    end_us: int
    turned_deg: float
    minutes: float
    path_km: float
    radius_km: float
    straight_share: float
    elongation: float
    lat_deg: float
    lon_deg: float

    @property
    def path_over_extent(self) -> float:
        """adsbtrack's loiter ratio: path over twice the radius."""
        return self.path_km / max(2.0 * self.radius_km, 0.1)


def story_of(row: Turning) -> Story:
    """The story of a record, until its turn stood at its greatest."""
    end_us = row.top_us
    seconds = max((end_us - row.start_us) / 1e6, 1.0)
    points = max(row.points, 1.0)
    east_km, north_km = row.sum_east_km / points, row.sum_north_km / points
    bearing = math.degrees(math.atan2(east_km, north_km))
    lat, lon = destination(row.start_lat_deg, row.start_lon_deg, bearing, math.hypot(east_km, north_km))
    return Story(
        end_us=int(end_us),
        turned_deg=float(row.top_sum_deg - row.sign * row.start_sum_deg),
        minutes=float((end_us - row.start_us) / US_PER_MIN),
        path_km=float(row.top_path_km - row.start_path_km),
        radius_km=turns.radius_km(row),
        straight_share=float((row.top_straight_s - row.start_straight_s) / seconds),
        elongation=turns.elongation(row),
        lat_deg=float(lat),
        lon_deg=float(lon),
    )


def is_circuit(config: CirclingConfig, row: Turning, ground: Ground) -> bool:
    """Whether she came down to an aerodrome or to the ground while turning: circuits with touch and go, circling to land, crop spraying."""
    if math.isnan(row.low_ft):
        return False
    lat, lon = float(row.low_lat_deg), float(row.low_lon_deg)
    if row.low_ft < ground.height(lat, lon).ground_ft + config.ground_ft:
        return True
    near = ground.aerodrome(lat, lon)
    if near.airport is None or near.edge_km > config.circuit_km:
        return False
    field_ft = near.airport.elevation_ft
    return bool(row.low_ft < (0.0 if math.isnan(field_ft) else field_ft) + config.circuit_ft)


def is_surveying(config: CirclingConfig, row: Turning) -> bool:
    """Whether the story began in the middle of a survey, or soon after."""
    since_min = (row.start_us - row.latest_us) / US_PER_MIN
    return bool(row.survey_turns >= config.survey_turns and since_min <= config.survey_ends_min)


def detail_of(config: CirclingConfig, row: Turning, story: Story, held_before: int) -> str:
    """``holding`` or ``orbit``; empty where she only goes somewhere in turns."""
    if row.phase == turns.CIRCLE:
        return "orbit"
    if story.path_over_extent < config.path_over_extent and row.phase == turns.ORBIT:
        return ""
    if story.path_over_extent < _GOING_SOMEWHERE:
        return ""
    mean_kn = story.path_km / KM_PER_NM / max(story.minutes / 60.0, 1e-6)
    slow = mean_kn < config.holding_kn
    if row.phase == turns.RACE and slow and abs(story.turned_deg) < config.turn_deg:
        return ""
    race = row.phase == turns.RACE or story.straight_share >= config.holding_straight_share
    race |= story.elongation <= config.holding_elongation and mean_kn >= config.holding_fast_kn
    if race and not slow and (story.minutes <= config.holding_max_min or held_before >= config.stack_craft):
        return "holding"
    return "orbit"


def circling_event(
    config: CirclingConfig,
    record: Record,
    detail: str,
    story: Story,
    near: NearAerodrome,
    she: Airframe,
    held_before: int,
) -> Event:
    """What is told of an orbit or a holding, as a first revision."""
    key, known_us, kind, row = record
    closed = kind == turns.END
    circle, surveying = row.phase == turns.CIRCLE, is_surveying(config, row)
    calibration = circle and near.point_km <= CALIBRATION_KM
    soaring = she.category in SOARING
    at_aerodrome = near.point_km <= AERODROME_KM
    if detail == "holding" or soaring:
        confidence = 0.15
    elif surveying:
        confidence = 0.2
    elif calibration or at_aerodrome:
        confidence = 0.4
    else:
        confidence = 0.5 + 0.1 * (story.path_over_extent >= 5.0) + 0.2 * min(1.0, story.minutes / 60.0)
    evidence = {
        "turned_deg": story.turned_deg,
        "direction": "right" if row.sign > 0.0 else "left",
        "duration_min": story.minutes,
        "path_km": story.path_km,
        "radius_km": story.radius_km,
        "path_over_extent": story.path_over_extent,
        "straight_share": story.straight_share,
        "elongation": story.elongation,
        "lowest_ft": float(row.low_ft),
        "highest_ft": float(row.high_ft),
        "pattern": "circle"
        if circle
        else "racetrack"
        if story.straight_share >= config.holding_straight_share
        else "orbit",
        "calibration_circle": calibration,
        "during_survey": surveying,
        "nearest_aerodrome": None if near.airport is None else near.airport.icao,
        "aerodrome_km": None if near.airport is None else near.point_km,
        "others_held_here": held_before,
        "call_sign": she.call_sign or None,
        "emitter_category": she.category or None,
        "segment": int(segment_number(key)),
    }
    return _event(
        config, key, int(row.start_us), detail, story.lat_deg, story.lon_deg, known_us, story.end_us if closed else None,
        confidence, _sentence(key, she, detail, story, near, calibration, soaring, surveying, closed), evidence,
    )  # fmt: skip


def survey_event(config: CirclingConfig, record: Record, near: NearAerodrome, she: Airframe) -> Event:
    """What is told of a survey, as a first revision."""
    key, known_us, kind, row = record
    closed = kind == turns.SURVEY_END
    minutes = float((row.latest_us - row.survey_us) / US_PER_MIN)
    legs = int(row.survey_turns) + 1
    evidence = {
        "legs": legs,
        "duration_min": minutes,
        "nearest_aerodrome": None if near.airport is None else near.airport.icao,
        "aerodrome_km": None if near.airport is None else near.point_km,
        "call_sign": she.call_sign or None,
        "emitter_category": she.category or None,
        "segment": int(segment_number(key)),
    }
    flies = "flew" if closed else "flies"
    start_us = int(row.survey_us)
    lat, lon = float(row.survey_lat_deg), float(row.survey_lon_deg)
    sentence = (
        f"{_who(key, she)} {flies} a raster of {legs} legs, turning left and right in turn, for {duration_text(minutes / 60.0)}, "
        f"{period_text(start_us, int(row.latest_us)) if closed else f'since {clock_text(start_us)}'}{_where(near, lat, lon)}: "
        "a survey, as for maps and photographs."
    )
    end_us = int(row.latest_us) if closed else None
    return _event(config, key, start_us, "survey", lat, lon, known_us, end_us, 0.2, sentence, evidence)


def _event(
    config: CirclingConfig, key: int, start_us: int, detail: str, lat: float, lon: float, known_us: int, end_us: int | None,
    confidence: float, sentence: str, evidence: dict[str, Any],
) -> Event:  # fmt: skip
    survey = "survey" if detail == "survey" else ""
    return Event(
        event_id=event_id(EventKind.CIRCLING, key, start_us, detail=survey),
        revision=1,
        state=EventState.OPEN if end_us is None else EventState.CLOSED,
        kind=EventKind.CIRCLING,
        detail=detail,
        craft=craft_text(key & CRAFT_MASK),
        other_craft=None,
        start_us=Micros(start_us),
        end_us=None if end_us is None else Micros(end_us),
        lat_deg=lat,
        lon_deg=lon,
        cause=None,
        confidence=confidence,
        explanation=sentence,
        evidence=evidence,
        rule=Rule("circling", VERSION, asdict(config)),
        known_us=Micros(known_us),
    )


def _who(key: int, she: Airframe) -> str:
    craft = craft_text(key & CRAFT_MASK)
    return f"{she.call_sign} ({craft})" if she.call_sign else craft


def _where(near: NearAerodrome, lat_deg: float, lon_deg: float) -> str:
    """How far from which aerodrome; the position where none is known."""
    if near.airport is None:
        return f", {where_text(lat_deg, lon_deg)}"
    return f", {kilometres_text(near.point_km)} from {near.airport.name} ({near.airport.icao})"


def _sentence(
    key: int,
    she: Airframe,
    detail: str,
    story: Story,
    near: NearAerodrome,
    calibration: bool,
    soaring: bool,
    surveying: bool,
    closed: bool,
) -> str:
    where = _where(near, story.lat_deg, story.lon_deg)
    lasted, laps = duration_text(story.minutes / 60.0), story.turned_deg / 360.0
    end_us = story.end_us
    when = (
        period_text(end_us - int(story.minutes * US_PER_MIN), end_us)
        if closed
        else f"since {clock_text(end_us - int(story.minutes * US_PER_MIN))}"
    )
    if detail == "holding":
        doing = "held" if closed else "is holding"
        return f"{_who(key, she)} {doing} in a racetrack for {lasted}, {when}{where}, as aircraft waiting to land do."
    doing = "circled" if closed else "is circling"
    why = ""
    if calibration:
        why = "; so wide and even a circle is flown to calibrate a radio aid"
    elif surveying:
        why = ", in the middle of a survey"
    elif soaring:
        why = ", as gliders do to climb"
    return f"{_who(key, she)} {doing}: {laps:.1f} turns the same way in {lasted}, {when}, within {kilometres_text(story.radius_km)} of one place{where}{why}."
