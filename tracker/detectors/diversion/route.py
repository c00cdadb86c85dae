"""The way of ships: off every usual route, away from the declared port, towards a later one, and back again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.legs import Fix, Leg
from tracker.detectors.diversion.pace import UNDER_WAY_KN, best_kn, run_since
from tracker.detectors.diversion.rules import SeaRule
from tracker.detectors.diversion.telling import place_text, who_text
from tracker.detectors.diversion.turn import TURNED_KM, follow_trail, turn_of
from tracker.detectors.wording import clock_text, kilometres_text
from tracker.events import Event
from tracker.units import KM_PER_NM, US_PER_H, iso_time
from tracker.voyages.itinerary import Itinerary, Mode

_BACK_KM: Final = 40.0
_STRAIGHT: Final = 0.8
"""She makes for a place when this share of what she sailed since she turned brought her nearer: within 37 degrees of the way there."""
_BACK_US: Final = US_PER_H
_BACK_MADE_KM: Final = 5.0
_MADE_GOOD_US: Final = 6 * US_PER_H
_MADE_GOOD_KM: Final = 60.0
_CLOSING: Final = 0.5
"""This share of what she sails brings her nearer while she makes for her port: within 60 degrees of the shortest way."""
_FAR_ROUND: Final = 1.5
"""A way so many times the straight line is one the chart may be wrong about (ours: capes and straits of the hand-laid voyages make 1.3 and less but for a few)."""
_BOWED_LEG_KM: Final = 600.0
"""On a shorter leg a bow is no weather routing (ours: honest bows of the hand-laid voyages lie on legs of 680 to 1,760 km but for one of 500; ships that leave the lane of a short leg and
come back to it near their port, too)."""
_NEARS: Final = 0.3
"""Such a share of her sailing brings a ship nearer that makes her way among islands (ours: set on voyages laid by hand)."""
_TOLD: Final = frozenset({"wrong_way", "skipped_call"})
_RUN_STEP_US: Final = US_PER_H
_GOING_AWAY_H: Final = 1.0
_STALL_KMH: Final = 15.0


class RouteRules(SeaRule):
    """Where she sails, against where the papers send her."""

    def follow_progress(self, case: Case, row: Row, fix: Fix) -> None:
        """How far she has sailed, and how much of it brought her nearer.

        ``spent_km`` and the distance to go together are as long as the voyage gets; what that is more than it was at its least is wasted.
        In the middle of the corridor nothing counts as wasted.
        """
        made_km = case.last_to_go_km - fix.to_go_km
        sailed_km = 0.0
        if case.last_us != NEVER and not math.isnan(case.last_lat_deg) and case.stop_us == NEVER:
            sailed_km = distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg)
        case.spent_km += sailed_km
        whole_km = case.spent_km + fix.to_go_km
        closes = made_km >= self._config.sea_veered_share * sailed_km > 0.0
        follow_trail(case, row, fix.to_go_km, on_way=closes and fix.on_line)
        if math.isnan(case.closing_lat_deg) or fix.close or closes:
            case.closing_lat_deg, case.closing_lon_deg = row.lat_deg, row.lon_deg
        case.spent_least_km = whole_km if fix.close else min(case.spent_least_km, whole_km)
        case.last_to_go_km = fix.to_go_km
        since_us = row.time_us - round(max(self._config.sea_stalled_h, self._config.sea_veered_h) * US_PER_H)
        if not case.run or row.time_us - case.run[-1][0] >= _RUN_STEP_US:
            case.run.append((row.time_us, case.spent_km, fix.to_go_km, fix.left_km))
        while len(case.run) > 1 and case.run[1][0] <= since_us:
            case.run.pop(0)

    def _stalled(self, case: Case, row: Row, fix: Fix, wasted_km: float) -> bool:
        """Whether hours of sailing brought her no nearer, or a day of it hardly half as near as it should."""
        cfg = self._config
        if wasted_km >= cfg.sea_stalled_km and self._made_at_most(case, row, fix, cfg.sea_stalled_h, 0.0):
            return True
        veered = self._made_at_most(case, row, fix, cfg.sea_veered_h, cfg.sea_veered_share)
        at_sea = wasted_km >= cfg.sea_veered_km and veered
        return at_sea and self._port(row.lat_deg, row.lon_deg)[1] > cfg.sea_veered_port_km

    @staticmethod
    def _made_at_most(case: Case, row: Row, fix: Fix, hours: float, share: float) -> bool:
        """Whether at most this share of what she sailed in the last hours brought her nearer."""
        then = run_since(case, row.time_us, hours)
        if then is None:
            return False
        then_us, spent_km, to_go_km, _ = then
        sailed_km = case.spent_km - spent_km
        return (
            sailed_km >= (row.time_us - then_us) / US_PER_H * _STALL_KMH
            and to_go_km - fix.to_go_km <= share * sailed_km
        )

    def _makes_for_it(self, case: Case, row: Row, leg: Leg, fix: Fix) -> bool:
        """Whether she makes for her port though on a longer way: most of the last hours' sailing brought her nearer.

        Among what the chart calls land the straight line counts, too: the chart does not know how fjords and rivers go on.
        """
        then = run_since(case, row.time_us, self._config.sea_stalled_h) or (case.run[0] if case.run else None)
        if then is None:
            return False
        share = self._config.sea_veered_share
        if then[2] - fix.to_go_km > share * (case.spent_km - then[1]):
            return True
        return leg.is_among_land(row.lat_deg, row.lon_deg) and self._nears(case, row, leg.straight_km, share)

    def _nears_after_all(self, case: Case, row: Row, leg: Leg, fix: Fix) -> bool:
        """A second look before she is told of: whether the last hours brought her nearer by the finer chart, or by the straight line where the lanes go far round it.

        The lanes know no way round many an island, and into many a fjord.
        """
        is_far_round = fix.to_go_km > _FAR_ROUND * leg.straight_km(row.lat_deg, row.lon_deg)
        charts = (leg.straight_km, leg.near_km) if is_far_round else (leg.near_km,)
        return any(self._nears(case, row, to_go_km, _NEARS) for to_go_km in charts)

    def _nears(self, case: Case, row: Row, to_go_km: Callable[[float, float], float], share: float) -> bool:
        """Whether more than a share of what she sailed in the last hours brought her nearer, by one way to measure it."""
        if not case.trail:
            return False
        since_us = row.time_us - round(self._config.sea_stalled_h * US_PER_H)
        _, spent_km, _, lat, lon = next((e for e in reversed(case.trail) if e[0] <= since_us), case.trail[0])
        made_km = to_go_km(lat, lon) - to_go_km(row.lat_deg, row.lon_deg)
        return made_km > share * (case.spent_km - spent_km)

    def off_route(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix, speed_kn: float) -> list[Event]:
        if case.stop_us != NEVER:  # she lies there: an undeclared call or loitering, but no voyage
            case.off_us, case.off_rows = NEVER, 0
            return []
        wasted_km = case.spent_km + fix.to_go_km - case.spent_least_km
        longer_km = max(fix.detour_km - case.chart_km, wasted_km)
        stalled = fix.beyond and self._stalled(case, row, fix, wasted_km)
        on_way = fix.offset_km <= 0.8 * fix.half_width_km or longer_km <= fix.near_limit_km
        if on_way and not stalled:
            case.off_us, case.off_rows = NEVER, 0
            if fix.close:
                case.excused_km = 0.0
            return []
        far = fix.beyond and longer_km > fix.detour_limit_km
        excused = longer_km <= case.excused_km + (fix.detour_limit_km if case.excused_km else 0.0)
        if not (far or stalled) or excused:
            return []
        is_bow = leg.length_km > _BOWED_LEG_KM and longer_km <= self._config.sea_veered_km
        if is_bow and self._makes_for_it(case, row, leg, fix):
            return []
        if leg.by_another_strait(row.lat_deg, row.lon_deg):
            case.excused_km = longer_km
            return []
        if case.off_us == NEVER:
            case.off_us, case.off_lat_deg, case.off_lon_deg = row.time_us, row.lat_deg, row.lon_deg
        case.off_rows += 1
        if row.time_us - case.off_us < self._config.sea_sustained_h * US_PER_H or case.off_rows < 3:
            return []
        if self._has_room(case, itinerary, row, fix):
            return []
        nears = self._nears_after_all(case, row, leg, fix)
        if nears and leg.near_detour_km(row.lat_deg, row.lon_deg) <= fix.detour_limit_km:
            return []
        if "off_route" in case.route.facts and (
            "skipped_call" in case.route.facts or case.next + 1 >= len(itinerary.nodes)
        ):
            return []
        detail, towards = self._skipping(case, itinerary, row, leg)
        if detail in case.route.facts:
            return []
        start_us, start_lat, start_lon = case.off_us, case.off_lat_deg, case.off_lon_deg
        turn = turn_of(case, TURNED_KM)
        if turn is not None and turn.time_us < start_us:
            start_us, start_lat, start_lon, _ = turn
        sentence = (
            f"{who_text(case, itinerary)}, declared from {place_text(leg.start)} to {place_text(leg.end)}, has left every usual route since "
            f"{clock_text(start_us)}: {kilometres_text(fix.offset_km)} off it, {self._where(row)}, with {kilometres_text(fix.to_go_km)} still "
            f"to go, a detour of {kilometres_text(longer_km)}{towards}."
        )
        confidence = 0.6 + 0.3 * min(1.0, longer_km / (4.0 * fix.detour_limit_km)) if detail == "off_route" else 0.6
        return self._tell(
            case, itinerary, row, detail, confidence, sentence,
            self._measured(case, itinerary, row, fix, speed_kn, longer_km), start_us=start_us, lat_deg=start_lat,
            lon_deg=start_lon,
        )  # fmt: skip

    def wrong_way(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix, speed_kn: float) -> list[Event]:
        lost_km = fix.to_go_km - case.best_km
        least_km = max(self._config.sea_wrong_way_km, self._config.sea_wrong_way_share * fix.to_go_km)
        if (
            lost_km <= least_km
            or row.time_us - case.best_us < self._config.sea_sustained_h * US_PER_H
            or not speed_kn > UNDER_WAY_KN
        ):
            return []
        if case.route.facts.keys() >= _TOLD or self._has_room(case, itinerary, row, fix):
            return []
        if not self._goes_away(case, row, fix) or self._nears_after_all(case, row, leg, fix):
            return []
        detail, towards = self._skipping(case, itinerary, row, leg)
        if detail == "off_route":
            turned = lost_km > self._config.sea_turned_factor * least_km or not fix.beyond
            if not turned or fix.to_go_km <= self._config.waiting_radius_km:
                return []
            detail = "wrong_way"
        if detail in case.route.facts:
            return []
        start_us, start_lat, start_lon = case.best_us, case.best_lat_deg, case.best_lon_deg
        turn = turn_of(case, TURNED_KM)
        if turn is not None:
            start_us, start_lat, start_lon, _ = turn
        sentence = (
            f"{who_text(case, itinerary)}, declared for {place_text(leg.end)}, sails away from it: {kilometres_text(fix.to_go_km)} to go now, but "
            f"{kilometres_text(case.best_km)} on {clock_text(case.best_us)}; she is {self._where(row)}{towards}."
        )
        return self._tell(
            case, itinerary, row, detail, 0.85 if detail == "wrong_way" else 0.6, sentence,
            self._measured(case, itinerary, row, fix, speed_kn, fix.detour_km),
            start_us=start_us, lat_deg=start_lat, lon_deg=start_lon,
        )  # fmt: skip

    @staticmethod
    def _goes_away(case: Case, row: Row, fix: Fix) -> bool:
        """Whether she still does: who drifted back does not, nor who follows a usual way through narrows the chart does not know."""
        then = run_since(case, row.time_us, _GOING_AWAY_H)
        if then is None:
            return False
        then_us, spent_km, to_go_km, left_km = then
        sails = case.spent_km - spent_km >= UNDER_WAY_KN * KM_PER_NM * (row.time_us - then_us) / US_PER_H
        return sails and fix.to_go_km > to_go_km and (fix.beyond or fix.left_km >= left_km)

    def _has_room(self, case: Case, itinerary: Itinerary, row: Row, fix: Fix) -> bool:
        """Whether the papers leave so much time that she may go on an errand first: supply ships, ships between two cargoes."""
        arrive_us = itinerary.nodes[case.next].arrive_us
        if arrive_us is None or case.seen_kn <= UNDER_WAY_KN:
            return False
        needed_h = fix.to_go_km / (case.seen_kn * KM_PER_NM)
        return (arrive_us - row.time_us) / US_PER_H >= self._config.sea_room * needed_h

    def _skipping(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg) -> tuple[str, str]:
        """``skipped_call`` when since she turned she makes for a later declared node, along the direct way there, else ``off_route``."""
        nodes = itinerary.nodes
        then_lat, then_lon = case.closing_lat_deg, case.closing_lon_deg
        if math.isnan(then_lat):
            then_lat, then_lon = case.best_lat_deg, case.best_lon_deg
        sailed_km = distance_km(then_lat, then_lon, row.lat_deg, row.lon_deg)
        for m in range(case.next + 1, len(nodes)):
            direct = self._legs.leg(Mode.SEA, leg.start, nodes[m])
            here = direct.fix(row.lat_deg, row.lon_deg)
            made_km = direct.to_go_km(then_lat, then_lon) - here.to_go_km
            if here.inside and made_km > max(_BACK_KM, _STRAIGHT * sailed_km):
                return "skipped_call", f"; this is the way to {place_text(nodes[m])}, declared later"
        return "off_route", ""

    def come_back(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        """Closes the route story once she serves the declaration again.

        Either she has been in the corridor and closing for an hour, or she comes from an undeclared call and, though outside it still, what
        she sailed for six hours brought her nearer; that detour is then excused, and only a longer one is news.
        """
        if not case.strayed or case.said_us != NEVER:
            return []
        closing = fix.to_go_km <= case.best_km + _BACK_KM or fix.to_go_km <= case.worst_km - _BACK_KM
        back = False
        away_km = distance_km(row.lat_deg, row.lon_deg, leg.start.lat_deg, leg.start.lon_deg)
        if (
            not fix.inside
            or not closing
            or case.stop_us != NEVER
            or away_km
            <= self._config.declared_radius_km  # back where the leg began: she has turned round, and is not on her way
        ):
            case.back_us = NEVER
        elif case.back_us == NEVER:
            case.back_us, case.back_spent_km, case.back_to_go_km = row.time_us, case.spent_km, fix.to_go_km
        elif row.time_us - case.back_us >= _BACK_US:
            sailed_km, made_km = case.spent_km - case.back_spent_km, case.back_to_go_km - fix.to_go_km
            back = made_km >= max(_BACK_MADE_KM, _CLOSING * sailed_km)
            if not back and row.time_us - case.back_us >= 2 * _BACK_US:
                case.back_us = NEVER
        if not (back or ("undeclared_call" in case.route.facts and self._makes_good(case, row, fix))):
            return []
        case.back_us = case.check_us = NEVER
        case.off_us, case.off_rows = NEVER, 0
        case.excused_km = 0.0 if fix.close else fix.detour_km
        case.forget_progress()
        bound_for = place_text(itinerary.nodes[case.next])
        why = f"Since {clock_text(row.time_us)} she is on her way to {bound_for} again."
        return self._teller.close(case, itinerary, case.route, row.time_us, why)

    def _makes_good(self, case: Case, row: Row, fix: Fix) -> bool:
        """Whether the last six hours' sailing brought her nearer to the declared port."""
        if case.check_us == NEVER or case.stop_us != NEVER:
            case.check_us, case.check_km, case.sailed_km = row.time_us, fix.to_go_km, 0.0
            return False
        case.sailed_km += distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg)
        if row.time_us - case.check_us < _MADE_GOOD_US:
            return False
        made_good_km, sailed_km = case.check_km - fix.to_go_km, case.sailed_km
        case.check_us, case.check_km, case.sailed_km = row.time_us, fix.to_go_km, 0.0
        return sailed_km >= _MADE_GOOD_KM and made_good_km >= self._config.sea_made_good * sailed_km

    def _measured(
        self, case: Case, itinerary: Itinerary, row: Row, fix: Fix, speed_kn: float, longer_km: float
    ) -> dict[str, Any]:
        """The figures behind off_route and wrong_way."""
        nearest_km, nearest = min(
            (distance_km(row.lat_deg, row.lon_deg, node.lat_deg, node.lon_deg), node.location)
            for node in itinerary.nodes
        )
        arrive_us = itinerary.nodes[case.next].arrive_us
        hours_left = math.nan if arrive_us is None else (arrive_us - row.time_us) / US_PER_H
        hours_at_this = fix.to_go_km / KM_PER_NM / speed_kn if speed_kn > UNDER_WAY_KN else math.nan
        return {
            "distance_off_route_km": fix.offset_km,
            "corridor_half_width_km": fix.half_width_km,
            "detour_km": longer_km,
            "distance_to_go_km": fix.to_go_km,
            "best_distance_to_go_km": case.best_km,
            "nearest_declared": nearest,
            "nearest_declared_km": nearest_km,
            "eta": None if math.isnan(hours_at_this) else iso_time(row.time_us + round(hours_at_this * US_PER_H)),
            "required_speed_kn": fix.to_go_km / KM_PER_NM / hours_left if hours_left > 0.0 else math.nan,
            "capable_speed_kn": best_kn(self._config, case, row.time_us),
        }

    def _where(self, row: Row) -> str:
        port, km = self._port(row.lat_deg, row.lon_deg)
        return f"now {kilometres_text(km)} from {port.name}"
