"""The schedule of ships: a declared time that cannot be kept, and one that was not.

Who has slowed down on the way keeps the name ``unreachable_in_time``, for that is the cause; who keeps her pace is ``late``.
"""

from __future__ import annotations

import math
from typing import Any, Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.destination import late_eta_us
from tracker.detectors.diversion.legs import Fix, Leg
from tracker.detectors.diversion.pace import best_kn, is_idle, slow_for_long
from tracker.detectors.diversion.rules import SeaRule
from tracker.detectors.diversion.telling import place_text, who_text
from tracker.detectors.wording import clock_text, duration_text, kilometres_text
from tracker.events import Event
from tracker.units import KM_PER_NM, US_PER_H, iso_time
from tracker.voyages.itinerary import Itinerary

_SHORT_US: Final = US_PER_H // 2
_LATE_AGAIN: Final = 2.0


class ScheduleRules(SeaRule):
    """When she can be there, against when the papers want her."""

    def in_time(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        cfg = self._config
        arrive_us = leg.end.arrive_us
        if arrive_us is None or not case.timely:
            return []
        stopped = is_idle(cfg, case, row.time_us)
        near_km = cfg.idle_radius_km if stopped else cfg.declared_radius_km
        left_km = min(fix.to_go_km, distance_km(row.lat_deg, row.lon_deg, leg.end.lat_deg, leg.end.lon_deg))
        if not stopped:  # a port seen over flats and bars may be hours away
            left_km = fix.to_go_km if fix.beyond else max(fix.to_go_km, fix.left_km)
        if left_km <= near_km or case.waited:
            case.waited = True
            why = f"She is within {kilometres_text(near_km)} of {place_text(leg.end)} since {clock_text(row.time_us)}."
            return self._teller.close(case, itinerary, case.schedule, row.time_us, why)
        if case.strayed:
            return []
        able_kn = best_kn(cfg, case, row.time_us)
        hours_left = (arrive_us - row.time_us) / US_PER_H
        needed_h = (fix.to_go_km - cfg.declared_radius_km) / (able_kn * KM_PER_NM)
        short_h = needed_h - hours_left
        slow = slow_for_long(cfg, case, row.time_us)
        least_h = cfg.sea_slowed_unreachable_h if slow else cfg.sea_unreachable_h
        if short_h <= max(least_h, cfg.sea_unreachable_share * hours_left):
            case.short_us = NEVER
            return []
        if case.short_us == NEVER:
            case.short_us, case.short_lat_deg, case.short_lon_deg = row.time_us, row.lat_deg, row.lon_deg
        if row.time_us - case.short_us < _SHORT_US:
            return []
        late_h = -hours_left
        measured: dict[str, Any] = {
            "distance_to_go_km": fix.to_go_km, "capable_speed_kn": able_kn, "at_best_h_late": short_h,
            "required_speed_kn": fix.to_go_km / KM_PER_NM / hours_left if hours_left > 0.0 else math.nan,
            "late_h": max(0.0, late_h),
        }  # fmt: skip
        if late_eta_us(case, leg, cfg) != NEVER:
            measured["transmitted_eta"] = iso_time(case.said_eta_us)
        due = clock_text(arrive_us)
        if not case.schedule.open:
            case.slowed = case.slow_us != NEVER
        if late_h > 0.0:
            again = late_h >= _LATE_AGAIN * max(case.late_told_h, cfg.sea_late_h / _LATE_AGAIN)
            if again:
                case.late_told_h = late_h
            behind = f"is {duration_text(late_h)} late" if late_h >= 1.0 else "is not there"
            sentence = f"{who_text(case, itinerary)} was due at {place_text(leg.end)} on {due} and {behind}, with {kilometres_text(fix.to_go_km)} to go."
            detail = "late"
            if case.slowed:
                detail, sentence = "unreachable_in_time", f"{sentence} She has slowed down on the way."
            confidence = min(0.9, 0.5 + late_h / 240.0)
            return self._tell_since(case, itinerary, row, detail, confidence, sentence, measured, again=again)
        sentence = (
            f"{who_text(case, itinerary)} is due at {place_text(leg.end)} on {due}, but with {kilometres_text(fix.to_go_km)} to go she would be "
            f"{duration_text(short_h)} late even at {able_kn:.0f} kn."
        )
        return self._tell_since(case, itinerary, row, "unreachable_in_time", 0.7, sentence, measured)

    def _tell_since(
        self, case: Case, itinerary: Itinerary, row: Row, detail: str, confidence: float, sentence: str,
        measured: dict[str, Any], *, again: bool = False,
    ) -> list[Event]:  # fmt: skip
        """It began when she slowed down, where that is the cause, else when even her best was no longer enough."""
        since = case.short_us, case.short_lat_deg, case.short_lon_deg
        if case.slowed and case.slow_us != NEVER:
            since = case.slow_us, case.slow_lat_deg, case.slow_lon_deg
        return self._tell(
            case, itinerary, row, detail, confidence, sentence, measured,
            start_us=since[0], lat_deg=since[1], lon_deg=since[2], schedule=True, again=again,
        )  # fmt: skip
