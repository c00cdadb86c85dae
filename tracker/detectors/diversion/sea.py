"""Ships: does she still go where the papers say?

One step per kept report (the first of every ten minutes)::

    before the declared departure                 she owes nothing
    not yet seen near node 0 or on a leg          not begun: nothing is said of her
    stopped (or nearly) near a declared node      called there; nodes jumped over are skipped calls; calls made late are reordered
    first heard again on a later leg              presumed to have called meanwhile, where the time allows it
    outside corridor and detour, sustained        off_route
    further off than she was, under way           wrong_way, or skipped_call when that brings her to a later node
    stopped near another port for long            undeclared_call
    back in the corridor and closing              the story ends
    cannot arrive in time / has not               unreachable_in_time, late (only where no stronger story is open)
"""

from __future__ import annotations

import math
from typing import Any, Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.destination import late_eta_us
from tracker.detectors.diversion.legs import Fix, Leg, Legs
from tracker.detectors.diversion.telling import Teller, hours_text, km_text, place_text, time_text
from tracker.events import Event, iso_time
from tracker.geography.ports import Port, PortTable
from tracker.units import KM_PER_NM, US_PER_H
from tracker.voyages.itinerary import Itinerary, ItineraryNode, Mode

MOORED: Final = 5
_CALL_STOP_US: Final = US_PER_H // 2
_SLOW_ARRIVAL_KM: Final = 8.0
_SLOW_ARRIVAL_KN: Final = 3.0
_SAME_STOP_KM: Final = 3.0
_UNDER_WAY_KN: Final = 3.0
_BERTH_KM: Final = 2.0
_PRESUMED_CALL_US: Final = 2 * US_PER_H
_BACK_KM: Final = 40.0
_BACK_US: Final = US_PER_H
_SHORT_US: Final = US_PER_H // 2
_KNOWN_ROWS: Final = 18
_MADE_GOOD_US: Final = 6 * US_PER_H
_MADE_GOOD_KM: Final = 60.0
_LATE_AGAIN: Final = 2.0


class SeaRules:
    """The rules for ships; state lives in the case."""

    def __init__(self, config: DiversionConfig, legs: Legs, ports: PortTable, teller: Teller) -> None:
        self._config, self._legs, self._ports, self._teller = config, legs, ports, teller

    def step(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """What one report makes known."""
        if case.done or not row.placed:
            return []
        begins_us = begins(itinerary)
        if begins_us is not None and row.time_us < begins_us:
            case.remember(row)
            return []
        if case.first_us == NEVER:
            case.first_us = row.time_us
        speed_kn = _speed_kn(case, row)
        case.last_kn = speed_kn
        if speed_kn <= self._class_kn(case):
            case.seen_kn = max(case.seen_kn, speed_kn)
        self._follow_stop(case, row, speed_kn)
        events = self._calls(case, itinerary, row, speed_kn)
        if not case.done and (case.engaged or self._engage(case, itinerary, row)):
            events += self._judge(case, itinerary, row, speed_kn)
        case.remember(row)
        return events

    def _follow_stop(self, case: Case, row: Row, speed_kn: float) -> None:
        if speed_kn < self._config.stopped_kn:
            moved = case.stop_us != NEVER and (
                distance_km(case.stop_lat_deg, case.stop_lon_deg, row.lat_deg, row.lon_deg) > _SAME_STOP_KM
            )
            if case.stop_us == NEVER or moved:
                case.stop_us, case.stop_lat_deg, case.stop_lon_deg = row.time_us, row.lat_deg, row.lon_deg
                case.stop_told = False
        elif speed_kn > 2.0 * self._config.stopped_kn:
            case.stop_us = NEVER

    def _calls(self, case: Case, itinerary: Itinerary, row: Row, speed_kn: float) -> list[Event]:
        """Calls at declared nodes."""
        nodes = itinerary.nodes
        stopped = case.stop_us != NEVER and row.time_us - case.stop_us >= _CALL_STOP_US
        radius_km = self._config.declared_radius_km
        at: list[tuple[float, int]] = []
        for j in {*range(case.next, len(nodes)), *case.skipped}:
            km = distance_km(row.lat_deg, row.lon_deg, nodes[j].lat_deg, nodes[j].lon_deg)
            lies = stopped and km <= radius_km and (j == case.next or self._in_port(row))
            if lies or (km <= _SLOW_ARRIVAL_KM and speed_kn < _SLOW_ARRIVAL_KN):
                at.append((km, j))
        if case.next > 0:
            start = nodes[case.next - 1]
            case.away_km = max(case.away_km, distance_km(row.lat_deg, row.lon_deg, start.lat_deg, start.lon_deg))
            if (
                case.away_km <= 1.5 * radius_km
            ):  # still where the leg began: a later call at the same place is not this one
                at = [(km, j) for km, j in at if j == case.next]
        if not at:
            return self._returned(case, itinerary, row) if stopped else []
        _, here = min(at)
        if any(j == case.next for _, j in at):
            here = case.next
        events: list[Event] = []
        if here < case.next:
            case.skipped.remove(here)
            sentence = (
                f"She called at {place_text(nodes[here])} after {place_text(nodes[case.next - 1])}, "
                "in another order than declared."
            )
            return self._tell(
                case, itinerary, row, "reordered_call", 0.9, sentence, {"called_at": nodes[here].location}
            )
        missed = [j for j in range(case.next, here) if not _before_heard(case, nodes[j])] if case.engaged else []
        if missed:
            names = " and ".join(place_text(nodes[j]) for j in missed)
            if not any(self._passed(case, itinerary, j, here) for j in missed):
                sentence = f"She called at {place_text(nodes[here])} before {names}, in another order than declared."
                facts = {"still_open": [nodes[j].location for j in missed], "called_at": nodes[here].location}
                events += self._tell(case, itinerary, row, "reordered_call", 0.8, sentence, facts)
        if missed and not events:
            sentence = f"She called at {place_text(nodes[here])} without having called at {names}, as declared."
            facts = {"skipped": [nodes[j].location for j in missed], "called_at": nodes[here].location}
            events += self._tell(case, itinerary, row, "skipped_call", 0.85, sentence, facts)
        why = f"She called at {place_text(nodes[here])} on {time_text(row.time_us)}."
        case.engaged = True
        case.start_leg(here + 1)
        case.skipped += missed
        if not missed:
            events += self._teller.close(case, itinerary, case.route, row.time_us, why)
        events += self._teller.close(case, itinerary, case.schedule, row.time_us, why)
        if case.next == len(nodes) and not case.skipped:
            events += self._teller.close(case, itinerary, case.route, row.time_us, why)
            case.done = True
        return events

    def _in_port(self, row: Row) -> bool:
        """Whether a stop here is one in a port, not at sea off it."""
        return row.nav_status == MOORED or self._port(row.lat_deg, row.lon_deg)[1] <= self._config.port_radius_km

    def _passed(self, case: Case, itinerary: Itinerary, j: int, here: int) -> bool:
        """Whether a declared port lay on the way to where she calls, and she came by it."""
        missed, called = itinerary.nodes[j], itinerary.nodes[here]
        km = distance_km(case.best_lat_deg, case.best_lon_deg, missed.lat_deg, missed.lon_deg)
        if j > case.next or math.isnan(km):
            return True
        start = case.start_node(itinerary)
        by_it_km = sum(self._legs.leg(Mode.SEA, a, b).length_km for a, b in ((start, missed), (missed, called)))
        direct_km = self._legs.leg(Mode.SEA, start, called).length_km
        return km <= self._config.sea_passed_km and by_it_km <= self._config.sea_passed_detour * direct_km

    def _returned(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """She turned back and lies again where the leg began."""
        turned = case.strayed and "wrong_way" in case.route.facts and "skipped_call" not in case.route.facts
        if not turned or not 0 < case.next < len(itinerary.nodes):
            return []
        start, bound_for = itinerary.nodes[case.next - 1], itinerary.nodes[min(case.next, len(itinerary.nodes) - 1)]
        km = distance_km(row.lat_deg, row.lon_deg, start.lat_deg, start.lon_deg)
        if km > self._config.declared_radius_km:
            return []
        sentence = (
            f"Declared for {place_text(bound_for)}, she turned back and lies at {place_text(start)} again since "
            f"{time_text(case.stop_us)}."
        )
        return self._tell(case, itinerary, row, "returned_to_origin", 0.9, sentence, {"called_at": start.location})

    def _engage(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """Whether she is on the declared voyage at all; sets the leg she is on."""
        nodes = itinerary.nodes
        if len(nodes) == 1:
            case.origin_lat_deg, case.origin_lon_deg = row.lat_deg, row.lon_deg
            case.engaged = True
            return True
        first = nodes[0]
        if distance_km(row.lat_deg, row.lon_deg, first.lat_deg, first.lon_deg) <= self._config.declared_radius_km:
            case.start_leg(1)
            case.engaged = True
            return True
        for k in _legs_by_time(itinerary, row.time_us):
            if self._legs.leg(Mode.SEA, nodes[k - 1], nodes[k]).fix(row.lat_deg, row.lon_deg).inside:
                case.start_leg(k)
                case.engaged = True
                return True
        return False

    def _judge(self, case: Case, itinerary: Itinerary, row: Row, speed_kn: float) -> list[Event]:
        """Route and schedule of a ship that has begun."""
        if case.next >= len(itinerary.nodes):  # only skipped calls are left
            return []
        leg = self._legs.leg(Mode.SEA, case.start_node(itinerary), itinerary.nodes[case.next])
        fix = leg.fix(row.lat_deg, row.lon_deg)
        if case.last_us != NEVER and row.time_us - case.last_us >= _PRESUMED_CALL_US:
            later = self._presumed(case, itinerary, row, leg, fix)
            if later == len(itinerary.nodes):
                case.done = True
                why = f"She was lost near {place_text(leg.end)} and is presumed to have called there."
                closed = self._teller.close(case, itinerary, case.route, row.time_us, why)
                return closed + self._teller.close(case, itinerary, case.schedule, row.time_us, why)
            if later:
                case.start_leg(later)
                leg = self._legs.leg(Mode.SEA, case.start_node(itinerary), itinerary.nodes[case.next])
                fix = leg.fix(row.lat_deg, row.lon_deg)
        if _before_heard(case, leg.end):
            self._past_calls(case, itinerary, row)
            return []
        if math.isnan(fix.to_go_km):
            return []
        if fix.way != case.way:
            case.way = fix.way
            case.forget_progress()
        if fix.to_go_km < case.best_km:
            case.best_km, case.best_us = fix.to_go_km, row.time_us
            case.best_lat_deg, case.best_lon_deg = row.lat_deg, row.lon_deg
            case.worst_km = fix.to_go_km
        case.worst_km = max(case.worst_km, fix.to_go_km)
        events: list[Event] = []
        start = leg.start
        if distance_km(row.lat_deg, row.lon_deg, start.lat_deg, start.lon_deg) > self._config.declared_radius_km:
            self._follow_pace(case, row, speed_kn)
            events += self._off_route(case, itinerary, row, leg, fix, speed_kn)
            events += self._wrong_way(case, itinerary, row, leg, fix, speed_kn)
        elif not case.strayed:
            # still off the port she leaves: progress is measured from here
            case.best_km, case.best_us, case.worst_km = fix.to_go_km, row.time_us, fix.to_go_km
            case.best_lat_deg, case.best_lon_deg = row.lat_deg, row.lon_deg
        events += self._undeclared_call(case, itinerary, row, leg, fix)
        events += self._come_back(case, itinerary, row, fix)
        events += self._in_time(case, itinerary, row, leg, fix)
        return events

    def _past_calls(self, case: Case, itinerary: Itinerary, row: Row) -> None:
        """Calls due before she was first heard count as made once she is on the leg after them."""
        nodes = itinerary.nodes
        for m in range(case.next + 1, len(nodes)):
            if not _before_heard(case, nodes[m - 1]):
                return
            if self._legs.leg(Mode.SEA, nodes[m - 1], nodes[m]).fix(row.lat_deg, row.lon_deg).inside:
                case.start_leg(m)
                return

    def _presumed(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> int:
        """The node she is bound for now if she may have called at others while unheard; 0 if nothing speaks for it.

        Either she was lost or comes back near the port, with time enough to have called there; or she is on a later leg, with
        time enough to have sailed there by every port between.
        """
        nodes = itinerary.nodes
        run_km = leg.to_go_km(case.last_lat_deg, case.last_lon_deg)
        hours = (row.time_us - case.last_us) / US_PER_H
        reach_km = self._class_kn(case) * KM_PER_NM * hours
        if min(run_km, fix.to_go_km) <= self._config.waiting_radius_km:
            called = run_km + fix.to_go_km <= reach_km - self._class_kn(case) * KM_PER_NM
            if called:
                return case.next + 1
        if not fix.outside:
            return 0
        for m in range(case.next + 1, len(nodes)):
            later = self._legs.leg(Mode.SEA, nodes[m - 1], nodes[m])
            here = later.fix(row.lat_deg, row.lon_deg)
            if here.inside and run_km + later.length_km - here.to_go_km <= reach_km:
                return m
            run_km += later.length_km
        return 0

    def _off_route(
        self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix, speed_kn: float
    ) -> list[Event]:
        if fix.inside:
            case.off_us, case.off_rows, case.excused_km = NEVER, 0, 0.0
            return []
        if case.stop_us != NEVER:  # she lies there: an undeclared call or loitering, but no voyage
            case.off_us, case.off_rows = NEVER, 0
            return []
        if not fix.outside or fix.detour_km <= case.excused_km + (fix.detour_limit_km if case.excused_km else 0.0):
            return []
        if case.off_us == NEVER:
            case.off_us, case.off_lat_deg, case.off_lon_deg = row.time_us, row.lat_deg, row.lon_deg
        case.off_rows += 1
        if row.time_us - case.off_us < self._config.sea_sustained_h * US_PER_H or case.off_rows < 3:
            return []
        detail, towards = self._skipping(case, itinerary, row, leg)
        if detail in case.route.facts:
            return []
        sentence = (
            f"Declared from {place_text(leg.start)} to {place_text(leg.end)}, she has been outside every usual route since "
            f"{time_text(case.off_us)}: {km_text(fix.offset_km)} off it, {self._where(row)}, with {km_text(fix.to_go_km)} still "
            f"to go, a detour of {km_text(fix.detour_km)}{towards}."
        )
        confidence = 0.6 + 0.3 * min(1.0, fix.detour_km / (4.0 * fix.detour_limit_km)) if detail == "off_route" else 0.6
        return self._tell(
            case, itinerary, row, detail, confidence, sentence, self._measured(case, itinerary, row, fix, speed_kn),
            start_us=case.off_us, lat_deg=case.off_lat_deg, lon_deg=case.off_lon_deg,
        )  # fmt: skip

    def _wrong_way(
        self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix, speed_kn: float
    ) -> list[Event]:
        lost_km = fix.to_go_km - case.best_km
        least_km = max(self._config.sea_wrong_way_km, self._config.sea_wrong_way_share * fix.to_go_km)
        if (
            lost_km <= least_km
            or row.time_us - case.best_us < self._config.sea_sustained_h * US_PER_H
            or not speed_kn > _UNDER_WAY_KN
        ):
            return []
        detail, towards = self._skipping(case, itinerary, row, leg)
        if detail == "off_route":
            turned = lost_km > self._config.sea_turned_factor * least_km or not fix.outside
            if not turned or fix.to_go_km <= self._config.waiting_radius_km:
                return []
            detail = "wrong_way"
        if detail in case.route.facts:
            return []
        sentence = (
            f"Declared for {place_text(leg.end)}, she sails away from it: {km_text(fix.to_go_km)} to go now, but "
            f"{km_text(case.best_km)} on {time_text(case.best_us)}; she is {self._where(row)}{towards}."
        )
        return self._tell(
            case, itinerary, row, detail, 0.85 if detail == "wrong_way" else 0.6, sentence,
            self._measured(case, itinerary, row, fix, speed_kn),
            start_us=case.best_us, lat_deg=case.best_lat_deg, lon_deg=case.best_lon_deg,
        )  # fmt: skip

    def _skipping(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg) -> tuple[str, str]:
        """``skipped_call`` when she closes on a later declared node along the direct way there, else ``off_route``."""
        nodes = itinerary.nodes
        for m in range(case.next + 1, len(nodes)):
            direct = self._legs.leg(Mode.SEA, leg.start, nodes[m])
            here = direct.fix(row.lat_deg, row.lon_deg)
            before = direct.fix(case.best_lat_deg, case.best_lon_deg)
            if here.inside and here.to_go_km < before.to_go_km - _BACK_KM:
                return "skipped_call", f"; this is the way to {place_text(nodes[m])}, declared later"
        return "off_route", ""

    def _undeclared_call(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        cfg = self._config
        if case.stop_us == NEVER or case.stop_told:
            return []
        hours = (row.time_us - case.stop_us) / US_PER_H
        if hours < min(cfg.call_stop_h, cfg.call_on_route_moored_h):
            return []
        lat, lon = case.stop_lat_deg, case.stop_lon_deg
        radius_km = cfg.declared_radius_km
        if any(distance_km(lat, lon, node.lat_deg, node.lon_deg) <= radius_km for node in itinerary.nodes):
            return []
        if (
            distance_km(lat, lon, leg.end.lat_deg, leg.end.lon_deg) <= cfg.waiting_radius_km
            and row.nav_status != MOORED
        ):
            return []
        port, port_km = self._port(lat, lon)
        if port_km > cfg.port_radius_km or leg.waits_for_canal(lat, lon, cfg.canal_radius_km):
            return []
        berthed = row.nav_status == MOORED or port_km <= _BERTH_KM
        if not berthed and distance_km(lat, lon, leg.end.lat_deg, leg.end.lon_deg) <= cfg.waiting_radius_km:
            return []
        off_route = fix.outside or case.strayed
        needed = (
            cfg.call_stop_h if off_route else (cfg.call_on_route_moored_h if berthed else cfg.call_on_route_anchored_h)
        )
        if hours < needed:
            return []
        case.stop_told = True
        case.called_lat_deg, case.called_lon_deg, case.called_name = lat, lon, port.name
        case.forget_progress()
        sentence = (
            f"She stopped at {port.name} ({port.code}) since {time_text(case.stop_us)}, {km_text(port_km)} from the port; the papers "
            f"declare no call there between {place_text(leg.start)} and {place_text(leg.end)}."
        )
        measured = {"port": port.code, "port_name": port.name, "port_distance_km": port_km, "stopped_h": hours}
        confidence = 0.9 if berthed and off_route else (0.75 if berthed or off_route else 0.5)
        return self._tell(
            case, itinerary, row, "undeclared_call", confidence, sentence, measured,
            start_us=case.stop_us, lat_deg=lat, lon_deg=lon, again=True,
        )  # fmt: skip

    def _come_back(self, case: Case, itinerary: Itinerary, row: Row, fix: Fix) -> list[Event]:
        """Closes the route story once she serves the declaration again.

        Either she has been in the corridor and closing for an hour, or she comes from an undeclared call and, though outside it still, what
        she sailed for six hours brought her nearer; that detour is then excused, and only a longer one is news.
        """
        if not case.strayed or case.said_us != NEVER:
            return []
        closing = fix.to_go_km <= case.best_km + _BACK_KM or fix.to_go_km <= case.worst_km - _BACK_KM
        back = False
        if not fix.inside or not closing or case.stop_us != NEVER:
            case.back_us = NEVER
        elif case.back_us == NEVER:
            case.back_us = row.time_us
        else:
            back = row.time_us - case.back_us >= _BACK_US
        if not (back or ("undeclared_call" in case.route.facts and self._makes_good(case, row, fix))):
            return []
        case.back_us = case.check_us = NEVER
        case.off_us, case.off_rows = NEVER, 0
        case.excused_km = 0.0 if fix.inside else fix.detour_km
        case.forget_progress()
        bound_for = place_text(itinerary.nodes[case.next])
        why = f"Since {time_text(row.time_us)} she is on her way to {bound_for} again."
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

    def _in_time(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        cfg = self._config
        arrive_us = leg.end.arrive_us
        if arrive_us is None:
            return []
        near_km = cfg.waiting_radius_km if case.stop_us != NEVER else cfg.declared_radius_km
        if fix.to_go_km <= near_km or case.waited:
            case.waited = True
            why = f"She is within {km_text(near_km)} of {place_text(leg.end)} since {time_text(row.time_us)}."
            return self._teller.close(case, itinerary, case.schedule, row.time_us, why)
        if case.strayed:
            return []
        best_kn = self._best_kn(case, row.time_us)
        hours_left = (arrive_us - row.time_us) / US_PER_H
        needed_h = (fix.to_go_km - cfg.declared_radius_km) / (best_kn * KM_PER_NM)
        short_h = needed_h - hours_left
        if short_h <= cfg.sea_unreachable_h:
            case.short_us = NEVER
            return []
        if case.short_us == NEVER:
            case.short_us = row.time_us
        if row.time_us - case.short_us < _SHORT_US:
            return []
        late_h = -hours_left
        measured: dict[str, Any] = {
            "distance_to_go_km": fix.to_go_km, "capable_speed_kn": best_kn, "at_best_h_late": short_h,
            "required_speed_kn": fix.to_go_km / KM_PER_NM / hours_left if hours_left > 0.0 else math.nan,
            "late_h": max(0.0, late_h),
        }  # fmt: skip
        if late_eta_us(case, leg, cfg) != NEVER:
            measured["transmitted_eta"] = iso_time(case.said_eta_us)
        due = time_text(arrive_us)
        if not case.schedule.open:
            case.slowed = case.slow_us != NEVER
        if late_h > 0.0:
            again = late_h >= _LATE_AGAIN * max(case.late_told_h, cfg.sea_late_h / _LATE_AGAIN)
            if again:
                case.late_told_h = late_h
            behind = f"is {hours_text(late_h)} late" if late_h >= 1.0 else "is not there"
            sentence = (
                f"She was due at {place_text(leg.end)} on {due} and {behind}, with {km_text(fix.to_go_km)} to go."
            )
            detail = "late"
            if case.slowed:
                detail, sentence = "unreachable_in_time", f"{sentence} She has slowed down on the way."
            return self._tell(
                case, itinerary, row, detail, min(0.9, 0.5 + late_h / 240.0), sentence, measured, schedule=True,
                again=again,
            )  # fmt: skip
        sentence = (
            f"She is due at {place_text(leg.end)} on {due}, but with {km_text(fix.to_go_km)} to go she would be "
            f"{hours_text(short_h)} late even at {best_kn:.0f} kn."
        )
        return self._tell(case, itinerary, row, "unreachable_in_time", 0.7, sentence, measured, schedule=True)

    def _tell(
        self, case: Case, itinerary: Itinerary, row: Row, detail: str, confidence: float, sentence: str,
        measured: dict[str, Any], *, start_us: int | None = None, lat_deg: float | None = None,
        lon_deg: float | None = None, schedule: bool = False, again: bool = False,
    ) -> list[Event]:  # fmt: skip
        return self._teller.fact(
            case, itinerary, case.schedule if schedule else case.route, detail, known_us=row.time_us,
            start_us=row.time_us if start_us is None else start_us,
            lat_deg=row.lat_deg if lat_deg is None else lat_deg, lon_deg=row.lon_deg if lon_deg is None else lon_deg,
            confidence=confidence, sentence=sentence, measured=measured, again=again,
        )  # fmt: skip

    def _measured(self, case: Case, itinerary: Itinerary, row: Row, fix: Fix, speed_kn: float) -> dict[str, Any]:
        """The figures behind off_route and wrong_way."""
        nearest_km, nearest = min(
            (distance_km(row.lat_deg, row.lon_deg, node.lat_deg, node.lon_deg), node.location)
            for node in itinerary.nodes
        )
        arrive_us = itinerary.nodes[case.next].arrive_us
        hours_left = math.nan if arrive_us is None else (arrive_us - row.time_us) / US_PER_H
        hours_at_this = fix.to_go_km / KM_PER_NM / speed_kn if speed_kn > _UNDER_WAY_KN else math.nan
        return {
            "distance_off_route_km": fix.offset_km,
            "corridor_half_width_km": fix.half_width_km,
            "detour_km": fix.detour_km,
            "distance_to_go_km": fix.to_go_km,
            "best_distance_to_go_km": case.best_km,
            "nearest_declared": nearest,
            "nearest_declared_km": nearest_km,
            "eta": None if math.isnan(hours_at_this) else iso_time(row.time_us + round(hours_at_this * US_PER_H)),
            "required_speed_kn": fix.to_go_km / KM_PER_NM / hours_left if hours_left > 0.0 else math.nan,
            "capable_speed_kn": self._best_kn(case, row.time_us),
        }

    def _class_kn(self, case: Case) -> float:
        return self._config.cargo_top_kn if math.isnan(case.top_kn) else case.top_kn

    def _follow_pace(self, case: Case, row: Row, speed_kn: float) -> None:
        """How long she has been seen under way, and since when slower than she was."""
        if not speed_kn > _UNDER_WAY_KN:
            return
        case.under_way_rows += 1
        if speed_kn >= self._config.sea_slowed_share * case.seen_kn:
            case.slow_us = NEVER
        elif case.slow_us == NEVER:
            case.slow_us = row.time_us

    def _best_kn(self, case: Case, time_us: int) -> float:
        """What she can do: more than she was seen to do, but no more than her class; who was not seen for long may do all of that."""
        if case.under_way_rows < _KNOWN_ROWS:
            return self._class_kn(case)
        slow = case.slow_us != NEVER and time_us - case.slow_us >= self._config.sea_slowed_h * US_PER_H
        over_seen = self._config.sea_slowed_best if slow else self._config.best_over_seen
        return min(self._class_kn(case), over_seen * case.seen_kn)

    def _port(self, lat_deg: float, lon_deg: float) -> tuple[Port, float]:
        index, km = self._ports.nearest(lat_deg, lon_deg)
        return self._ports[int(index[0])], float(km[0])

    def _where(self, row: Row) -> str:
        port, km = self._port(row.lat_deg, row.lon_deg)
        return f"now {km_text(km)} from {port.name}"


def begins(itinerary: Itinerary) -> int | None:
    """From when on she owes anything: the declared departure from the first node; for a lone node nothing is declared."""
    first: ItineraryNode = itinerary.nodes[0]
    if len(itinerary.nodes) == 1:
        return None
    return first.depart_us if first.depart_us is not None else first.arrive_us


def _before_heard(case: Case, node: ItineraryNode) -> bool:
    """Whether a call was due before she was first heard: she may have called before anybody listened."""
    return node.arrive_us is not None and node.arrive_us < case.first_us


def _legs_by_time(itinerary: Itinerary, time_us: int) -> list[int]:
    """Indices of the nodes she may be bound for, likeliest first: the last leg begun by declared times, then those before."""
    starts = [node.depart_us if node.depart_us is not None else node.arrive_us for node in itinerary.nodes[:-1]]
    if all(start is None for start in starts):
        return list(range(1, len(itinerary.nodes)))
    return [k + 1 for k in range(len(starts) - 1, -1, -1) if (starts[k] or 0) <= time_us]


def _speed_kn(case: Case, row: Row) -> float:
    """Reported speed, or displacement since the last report kept; NaN where neither is known."""
    if not math.isnan(row.speed_kn):
        return row.speed_kn
    if case.last_us == NEVER or row.time_us <= case.last_us or math.isnan(case.last_lat_deg):
        return math.nan
    km = distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg)
    return km / KM_PER_NM / ((row.time_us - case.last_us) / US_PER_H)
