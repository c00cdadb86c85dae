"""How fast she sails, how fast she could, and since when she is slower than she was."""

from __future__ import annotations

import math
from typing import Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.config import DiversionConfig
from tracker.units import KM_PER_NM, US_PER_H

UNDER_WAY_KN: Final = 3.0
_KNOWN_ROWS: Final = 18


def speed_kn_of(case: Case, row: Row) -> float:
    """Reported speed, or displacement since the last report kept; NaN where neither is known."""
    if not math.isnan(row.speed_kn):
        return row.speed_kn
    if case.last_us == NEVER or row.time_us <= case.last_us or math.isnan(case.last_lat_deg):
        return math.nan
    km = distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg)
    return km / KM_PER_NM / ((row.time_us - case.last_us) / US_PER_H)


def class_kn(config: DiversionConfig, case: Case) -> float:
    """Top speed of her class."""
    return config.cargo_top_kn if math.isnan(case.top_kn) else case.top_kn


def follow_pace(config: DiversionConfig, case: Case, row: Row, speed_kn: float) -> None:
    """How long she has been seen under way, and since when slower than she was."""
    if not speed_kn > UNDER_WAY_KN:
        return
    case.under_way_rows += 1
    if speed_kn >= config.sea_slowed_share * case.seen_kn:
        case.slow_us = NEVER
    elif case.slow_us == NEVER:
        case.slow_us, case.slow_lat_deg, case.slow_lon_deg = row.time_us, row.lat_deg, row.lon_deg


def best_kn(config: DiversionConfig, case: Case, time_us: int) -> float:
    """What she can do: more than she was seen to do, but no more than her class; who was not seen for long may do all of that.

    Always above zero: who was never seen under way, or at speeds only that her class does not reach, is judged by her class.
    """
    if case.under_way_rows < _KNOWN_ROWS or case.seen_kn <= UNDER_WAY_KN:
        return class_kn(config, case)
    over_seen = config.sea_slowed_best if slow_for_long(config, case, time_us) else config.best_over_seen
    return min(class_kn(config, case), over_seen * case.seen_kn)


def slow_for_long(config: DiversionConfig, case: Case, time_us: int) -> bool:
    """Whether she has slowed down and stayed so."""
    return case.slow_us != NEVER and time_us - case.slow_us >= config.sea_slowed_h * US_PER_H


def run_since(case: Case, time_us: int, hours: float) -> tuple[int, float, float, float] | None:
    """The latest entry of ``case.run`` that is at least so many hours old; None where she has not been followed for so long."""
    since_us = time_us - round(hours * US_PER_H)
    return next((entry for entry in reversed(case.run) if entry[0] <= since_us), None)


def is_idle(config: DiversionConfig, case: Case, time_us: int) -> bool:
    """Whether she lies or drifts."""
    if case.stop_us != NEVER:
        return True
    then = run_since(case, time_us, config.sea_idle_h)
    return then is not None and case.spent_km - then[1] <= UNDER_WAY_KN * KM_PER_NM * (time_us - then[0]) / US_PER_H
