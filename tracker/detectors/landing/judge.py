"""Where an aircraft that came down, or was lost coming down, is: at an aerodrome, on the way to one, at a suspected strip, or nowhere known.

============================================  =====================================================  ==========
what was seen                                 detail                                                  confidence
============================================  =====================================================  ==========
at a suspected strip, on the ground           suspected_strip                                         0.95
at a suspected strip, lost coming down        suspected_strip                                         0.7 (0.5 below the others' reception)
on the ground                                 landing                                                 0.9
stands still, slower than an aeroplane flies  landing                                                 0.6
lost coming down where others are heard       lost_on_approach                                        0.45 .. 0.7
... heard again climbing from there           landing                                                 0.85
lost below everybody, heard again climbing    landing (suspected_strip near one)                      0.55 (0.85)
a rotorcraft (A7, or flying like one)         helicopter                                              0.2
a glider, balloon, parachute, ultralight      as above                                                0.25 at most
at sea (ships and platforms have decks)       as above                                                0.25 at most
============================================  =====================================================  ==========
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tracker.detectors.landing import descents
from tracker.detectors.landing.config import LandingConfig
from tracker.detectors.landing.pressure import PressureOffsets
from tracker.geography.elevation import GroundHeight
from tracker.geography.ground import Ground, NearAerodrome
from tracker.geography.strips import SuspectedStrip
from tracker.tracks.emitter_categories import LIGHT_FIELDS, NOT_FLYING, ROTORCRAFT, Airframe


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where an aircraft came down or was lost, and what is known of it. Heights are NaN where unknown."""

    lat_deg: float
    lon_deg: float
    near: NearAerodrome
    strip: SuspectedStrip | None
    strip_km: float
    ground: GroundHeight
    altitude_ft: float
    pressure_ft: float
    touchdowns: int
    above_ground_ft: float
    uncertainty_ft: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """An event to be told: its detail and confidence."""

    detail: str
    confidence: float


def spot_of(row: descents.Descent, known_us: int, ground: Ground, pressure: PressureOffsets) -> Spot:
    """What is known of the place in the ``down_`` fields of a record."""
    lat, lon, altitude_ft = float(row.down_lat_deg), float(row.down_lon_deg), float(row.down_ft)
    strip, strip_km = ground.strip(lat, lon)
    height = ground.height(lat, lon)
    offset_ft, doubt_ft, touchdowns = pressure.at(lat, lon, known_us)
    return Spot(
        lat_deg=lat, lon_deg=lon, near=ground.aerodrome(lat, lon), strip=strip, strip_km=strip_km, ground=height, altitude_ft=altitude_ft,
        pressure_ft=offset_ft, touchdowns=touchdowns, above_ground_ft=altitude_ft - offset_ft - height.ground_ft,
        uncertainty_ft=math.hypot(doubt_ft, height.uncertainty_ft),
    )  # fmt: skip


def came_down(config: LandingConfig, row: descents.Descent, spot: Spot, she: Airframe) -> Verdict | None:
    """Ground reports, or standing still."""
    if spot.near.edge_km <= config.aerodrome_km or she.category in NOT_FLYING:
        return None
    still = row.what == descents.STILL
    if still and not spot.above_ground_ft <= config.still_below_ft + spot.uncertainty_ft:
        return None
    if not still and row.down_kn > config.lost_below_kn:
        return None
    if spot.strip_km <= config.strip_km:
        return Verdict("suspected_strip", 0.95)
    return _tempered(Verdict("landing", 0.6 if still else 0.9), row, spot, she)


def was_lost(config: LandingConfig, row: descents.Descent, spot: Spot, ground: Ground, she: Airframe) -> Verdict | None:
    """Lost coming down: raised where others are heard as low, or at a suspected strip."""
    if she.category in NOT_FLYING or not _is_nowhere(config, row, spot, ground):
        return None
    cover = row.cover_craft >= 1.0
    if spot.strip_km <= _strip_reach_km(config, row, she) and spot.above_ground_ft <= config.strip_below_ft:
        return Verdict("suspected_strip", 0.7 if cover else 0.5)
    if not cover or not spot.above_ground_ft <= config.lost_below_ft:
        return None
    sure = 0.45
    sure += 0.1 * (row.cover_craft >= 3.0)
    sure += 0.1 * (spot.above_ground_ft <= 800.0) + 0.05 * (spot.uncertainty_ft <= 500.0)
    return _tempered(Verdict("lost_on_approach", sure), row, spot, she)


def went_up_again(
    config: LandingConfig, row: descents.Descent, spot: Spot, ground: Ground, she: Airframe
) -> Verdict | None:
    """Heard again climbing where she was lost below the reception of others: she was down in between."""
    minutes = (row.back_us - row.down_us) / 60e6
    if she.category in NOT_FLYING or minutes < config.lost_after_min or not is_climbing_out(row):
        return None
    if not _is_nowhere(config, row, spot, ground) or not spot.above_ground_ft <= config.strip_below_ft:
        return None
    if spot.strip_km <= _strip_reach_km(config, row, she):
        return Verdict("suspected_strip", 0.85)
    return _tempered(Verdict("landing", 0.55), row, spot, she)


def confirmed(verdict: Verdict, row: descents.Descent, spot: Spot, she: Airframe) -> Verdict:
    """The same once she was heard again climbing from there."""
    if verdict.detail == "suspected_strip":
        return Verdict("suspected_strip", max(verdict.confidence, 0.9))
    detail = "landing" if verdict.detail == "lost_on_approach" else verdict.detail
    return _tempered(Verdict(detail, 0.85), row, spot, she)


def is_climbing_out(row: descents.Descent) -> bool:
    """Heard again climbing, and not much higher than she was."""
    higher_ft = row.back_ft - row.down_ft
    return bool(row.back_climb_ft > 0.0 and not higher_ft > 1500.0)


def _is_nowhere(config: LandingConfig, row: descents.Descent, spot: Spot, ground: Ground) -> bool:
    """Not at an aerodrome, nor near or before one that her descent would reach."""
    if math.isnan(spot.above_ground_ft) or spot.near.edge_km <= config.glide_extra_km:
        return False
    high_ft = max(0.0, spot.above_ground_ft) + min(spot.uncertainty_ft, 500.0)
    reach_km = config.glide_extra_km + high_ft / config.glide_ft_km
    ahead = ground.ahead(spot.lat_deg, spot.lon_deg, float(row.down_course_deg), reach_km, config.glide_within_deg)
    return ahead is None


def _strip_reach_km(config: LandingConfig, row: descents.Descent, she: Airframe) -> float:
    """How near to a strip one lost was bound for it; a rotorcraft needs no final approach."""
    return config.strip_km if is_rotorcraft(row, she) else config.strip_approach_km


def is_rotorcraft(row: descents.Descent, she: Airframe) -> bool:
    """By her category, or where she has told none by how she flies."""
    return she.category == ROTORCRAFT or (not she.category and bool(row.slow_rows >= descents.HOVERS_ROWS))


def _tempered(verdict: Verdict, row: descents.Descent, spot: Spot, she: Airframe) -> Verdict:
    """Less sure where the kind of aircraft or the place makes it everyday."""
    if is_rotorcraft(row, she):
        return Verdict("helicopter", 0.2)
    if she.category in LIGHT_FIELDS or spot.ground.source == "sea":
        return Verdict(verdict.detail, min(verdict.confidence, 0.25))
    return verdict
