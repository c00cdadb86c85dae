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
    most others around her stray, too             the story is nobody's own any more (company)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.calls import CallRules
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.company import SHARED, company_of
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.legs import Fix, Leg, Legs
from tracker.detectors.diversion.pace import UNDER_WAY_KN, class_kn, follow_pace, speed_kn_of
from tracker.detectors.diversion.route import RouteRules
from tracker.detectors.diversion.rules import SeaRule, before_heard
from tracker.detectors.diversion.schedule import ScheduleRules
from tracker.detectors.diversion.telling import Teller, place_text
from tracker.detectors.diversion.turn import follow_trail
from tracker.events import Event
from tracker.geography.ports import PortTable
from tracker.units import KM_PER_NM, US_PER_H
from tracker.voyages.itinerary import Itinerary, ItineraryNode, Mode

_PRESUMED_CALL_US: Final = 2 * US_PER_H
_ASK_US: Final = US_PER_H // 2


class SeaRules(SeaRule):
    """All rules for ships, asked in order."""

    def __init__(
        self,
        config: DiversionConfig,
        legs: Legs,
        ports: PortTable,
        teller: Teller,
        cases: Callable[[], Iterable[Case]] = tuple,
    ) -> None:
        super().__init__(config, legs, ports, teller)
        self._cases = cases
        self._calls = CallRules(config, legs, ports, teller)
        self._route = RouteRules(config, legs, ports, teller)
        self._schedule = ScheduleRules(config, legs, ports, teller)

    def step(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """What one report makes known."""
        if case.done or not row.placed:
            return []
        begins_us = begins(itinerary)
        if begins_us is not None and row.time_us < begins_us and not case.engaged:
            first = itinerary.nodes[0]
            if distance_km(row.lat_deg, row.lon_deg, first.lat_deg, first.lon_deg) <= self._config.declared_radius_km:
                case.at_start_us = row.time_us
            if not self._sails_early(case, itinerary, row, begins_us):
                case.last_kn = speed_kn_of(case, row)
                case.remember(row)
                return []
        if case.first_us == NEVER:
            case.first_us = row.time_us
        speed_kn = speed_kn_of(case, row)
        case.last_kn = speed_kn
        if speed_kn <= class_kn(self._config, case):
            case.seen_kn = max(case.seen_kn, speed_kn)
        self._calls.follow_stop(case, row, speed_kn)
        events = self._calls.calls(case, itinerary, row, speed_kn)
        if not case.done and (case.engaged or self._engage(case, itinerary, row)):
            events += self._judge(case, itinerary, row, speed_kn)
        case.remember(row)
        return events

    def _engage(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """Whether she is on the declared voyage at all; sets the leg she is on."""
        nodes = itinerary.nodes
        if len(nodes) == 1:
            case.origin_lat_deg, case.origin_lon_deg = row.lat_deg, row.lon_deg
            case.engaged = True
            return True
        first = nodes[0]
        if distance_km(row.lat_deg, row.lon_deg, first.lat_deg, first.lon_deg) <= self._config.declared_radius_km:
            if case.errand_km >= self._config.sea_wrong_way_km:
                case.tried = {}
                return False
            case.start_leg(1)
            case.engaged = True
            return True
        begins_us = begins(itinerary)
        early_us = round(self._config.sea_early_h * US_PER_H)
        left_early = case.at_start_us != NEVER and begins_us is not None and case.at_start_us >= begins_us - early_us
        if left_early and case.errand_km < self._config.sea_wrong_way_km:
            case.start_leg(1)
            case.engaged = True
            return True
        for k in _legs_by_time(itinerary, row.time_us):
            leg = self._legs.leg(Mode.SEA, nodes[k - 1], nodes[k])
            fix = leg.fix(row.lat_deg, row.lon_deg)
            if not fix.inside:
                case.tried.pop(str(k), None)
            elif self._closes(case, k, row, fix):
                errand_km = case.errand_km
                case.start_leg(k)
                case.errand_km = errand_km
                case.timely = not self._too_far(case, leg, row)
                case.engaged = True
                return True
        return False

    def _closes(self, case: Case, k: int, row: Row, fix: Fix) -> bool:
        """Whether a ship first heard on a leg sails it the right way: what crosses it or sails back has not begun this voyage."""
        if str(k) not in case.tried:
            case.tried[str(k)] = (row.lat_deg, row.lon_deg, fix.to_go_km)
        lat, lon, to_go_km = case.tried[str(k)]
        sailed_km = distance_km(lat, lon, row.lat_deg, row.lon_deg)
        if sailed_km < self._config.sea_begun_km:
            return False
        if to_go_km - fix.to_go_km >= 0.5 * sailed_km:
            return True
        case.tried[str(k)] = (row.lat_deg, row.lon_deg, fix.to_go_km)
        return False

    def _too_far(self, case: Case, leg: Leg, row: Row) -> bool:
        """Whether she cannot have come so far since the declared departure: the papers' times are then another voyage's."""
        if leg.start.depart_us is None:
            return False
        km = distance_km(leg.start.lat_deg, leg.start.lon_deg, row.lat_deg, row.lon_deg)
        hours = max(0.0, (row.time_us - leg.start.depart_us) / US_PER_H)
        return km - self._config.declared_radius_km > class_kn(self._config, case) * KM_PER_NM * hours

    def _sails_early(self, case: Case, itinerary: Itinerary, row: Row, begins_us: int) -> bool:
        """Whether she has left the first port for the second some hours before the declared departure."""
        early_us = round(self._config.sea_early_h * US_PER_H)
        if case.at_start_us in (NEVER, row.time_us) or begins_us - row.time_us > early_us:
            return False
        if row.time_us - case.at_start_us > early_us or not speed_kn_of(case, row) > UNDER_WAY_KN:
            return False
        return self._legs.leg(Mode.SEA, *itinerary.nodes[:2]).fix(row.lat_deg, row.lon_deg).inside

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
                return self._teller.close_both(case, itinerary, row.time_us, why)
            if later:
                case.start_leg(later)
                leg = self._legs.leg(Mode.SEA, case.start_node(itinerary), itinerary.nodes[case.next])
                fix = leg.fix(row.lat_deg, row.lon_deg)
        if before_heard(case, leg.end):
            self._past_calls(case, itinerary, row)
            return []
        if math.isnan(fix.to_go_km):
            return []
        if fix.way != case.way:
            case.way = fix.way
            case.forget_progress()
        grown_km = _unsailed_km(case, row, fix.to_go_km - case.last_to_go_km)
        shrunk_km = _unsailed_km(case, row, case.last_to_go_km - fix.to_go_km)
        case.correct_progress(grown_km)
        case.chart_km = 0.0 if fix.close else max(0.0, case.chart_km + grown_km - shrunk_km)
        if fix.to_go_km < case.best_km:
            case.best_km, case.best_us = fix.to_go_km, row.time_us
            case.best_lat_deg, case.best_lon_deg = row.lat_deg, row.lon_deg
            case.worst_km = fix.to_go_km
        case.worst_km = max(case.worst_km, fix.to_go_km)
        events: list[Event] = []
        start = leg.start
        if distance_km(row.lat_deg, row.lon_deg, start.lat_deg, start.lon_deg) > self._config.declared_radius_km:
            follow_pace(self._config, case, row, speed_kn)
            self._route.follow_progress(case, row, fix)
            events += self._route.off_route(case, itinerary, row, leg, fix, speed_kn)
            events += self._route.wrong_way(case, itinerary, row, leg, fix, speed_kn)
            case.errand_km = max(case.errand_km, fix.to_go_km - case.best_km)
        elif not case.strayed and not case.called_name and case.errand_km >= self._config.sea_wrong_way_km:
            # out and back on other business: she begins when she makes for the port she is declared for
            case.engaged, case.tried = False, {}
            return []
        elif not case.strayed:
            # still off the port she leaves: progress is measured from here
            case.forget_progress()
            follow_trail(case, row, fix.to_go_km, on_way=True)
            case.last_to_go_km = fix.to_go_km
            case.best_km, case.best_us, case.worst_km = fix.to_go_km, row.time_us, fix.to_go_km
            case.best_lat_deg, case.best_lon_deg = row.lat_deg, row.lon_deg
        events += self._calls.undeclared_call(case, itinerary, row, leg, fix)
        events += self._route.come_back(case, itinerary, row, leg, fix)
        events += self._schedule.in_time(case, itinerary, row, leg, fix)
        return events + self._company(case, itinerary, row, told_now=bool(events))

    def _company(self, case: Case, itinerary: Itinerary, row: Row, *, told_now: bool) -> list[Event]:
        """Whether what she does is what all do, asked when she is told and every half hour while she strays."""
        if not case.route.open or case.route.shared or case.route.detail not in SHARED:
            return []
        if not told_now and row.time_us - case.company_us < _ASK_US:
            return []
        case.company_us = row.time_us
        company = company_of(case, self._cases(), row.time_us, self._config)
        return self._teller.share(case, itinerary, company, row.time_us) if company.shares(self._config) else []

    def _past_calls(self, case: Case, itinerary: Itinerary, row: Row) -> None:
        """Calls due before she was first heard count as made once she is on the leg after them."""
        nodes = itinerary.nodes
        for m in range(case.next + 1, len(nodes)):
            if not before_heard(case, nodes[m - 1]):
                return
            if self._legs.leg(Mode.SEA, nodes[m - 1], nodes[m]).fix(row.lat_deg, row.lon_deg).inside:
                case.start_leg(m)
                return

    def _presumed(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> int:
        """The node she is bound for now if she may have called at others while unheard; 0 if nothing speaks for it.

        Either she was lost or comes back near the port, with time enough to have called there, and is not where only the way to that port
        leads by; or she is on a later leg, with
        time enough to have sailed there by every port between.
        """
        nodes = itinerary.nodes
        run_km = leg.to_go_km(case.last_lat_deg, case.last_lon_deg)
        hours = (row.time_us - case.last_us) / US_PER_H
        reach_km = class_kn(self._config, case) * KM_PER_NM * hours
        if min(run_km, fix.to_go_km) <= self._config.waiting_radius_km:
            called = run_km + fix.to_go_km <= reach_km - class_kn(self._config, case) * KM_PER_NM
            if called and not (fix.inside and self._short_of_next(case, itinerary, row)):
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

    def _short_of_next(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """Whether the leg after the one she is bound on does not lead by here: she is still before the call between them."""
        nodes = itinerary.nodes
        if case.next + 1 >= len(nodes):
            return False
        onward = self._legs.leg(Mode.SEA, nodes[case.next], nodes[case.next + 1])
        return not onward.fix(row.lat_deg, row.lon_deg).inside


def _unsailed_km(case: Case, row: Row, change_km: float) -> float:
    """How much of a change of the distance to go she cannot have sailed since the last report; nothing but a wrong chart makes it.

    Over water it changes by no more than was sailed. It jumps where she crosses what the chart calls land (rivers, lakes, narrows, archipelagos),
    and where a way between islands comes into sight or is lost.
    """
    hours = (row.time_us - case.last_us) / US_PER_H
    sailed_km = max(
        distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg), case.seen_kn * KM_PER_NM * hours
    )
    return float(np.fmax(0.0, change_km - sailed_km))


def begins(itinerary: Itinerary) -> int | None:
    """From when on she owes anything: the declared departure from the first node; for a lone node nothing is declared."""
    first: ItineraryNode = itinerary.nodes[0]
    if len(itinerary.nodes) == 1:
        return None
    return first.depart_us if first.depart_us is not None else first.arrive_us


def _legs_by_time(itinerary: Itinerary, time_us: int) -> list[int]:
    """Indices of the nodes she may be bound for, likeliest first: the last leg begun by declared times, then those before."""
    starts = [node.depart_us if node.depart_us is not None else node.arrive_us for node in itinerary.nodes[:-1]]
    if all(start is None for start in starts):
        return list(range(1, len(itinerary.nodes)))
    return [k + 1 for k in range(len(starts) - 1, -1, -1) if (starts[k] or 0) <= time_us]
