"""Aircraft: does the flight go, and land, where the papers say?

One step per kept report (the first of every minute)::

    before the declared departure              nothing is owed
    on the ground at the origin, or in the     the flight has begun
      corridor and closing on the destination
    landed at the declared airport             served; bound for the next
    landed at a later declared airport         skipped_call
    landed where she came from                 returned_to_origin
    landed anywhere else                       landed_elsewhere
    outside the great-circle corridor, long    off_route
    further off than she was                   wrong_way
    cannot arrive in time / has not            unreachable_in_time, late (only where no stronger story is open)
    another flight, or may be (``flights``)    nothing, and the papers are done with

Landed means: on the ground in two kept reports (or one and then silence), or slow and low at an airport. An aircraft lost low,
descending, near an airport and silent for ``approach_silence_min`` is taken to have landed there, with less confidence; near her
declared destination such a loss, or a single report on the ground before it, is taken for a landing as declared, wherever the nearest
strip may be: one surface position (CPR is ambiguous on the ground) may be tens of km wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.flights import AIRFRAME, Unseen, agrees, hear_call_sign, remember
from tracker.detectors.diversion.legs import Fix, Leg, Legs
from tracker.detectors.diversion.telling import Teller, place_text, who_text
from tracker.detectors.diversion.turn import follow_trail, turn_of
from tracker.detectors.wording import clock_text, duration_text, kilometres_text
from tracker.events import Event
from tracker.geography.airports import Airport, AirportTable
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN, iso_time
from tracker.voyages.itinerary import Itinerary, Mode

_SLOW_KN: Final = 50.0
_LOW_FT: Final = 500.0
_DESCENDING_FTMIN: Final = -200.0
_LOST_NEAR_DECLARED_KM: Final = 60.0
_CLOSING: Final = 0.6
_TURNED_KM: Final = 40.0
"""Who wasted less since any report has not been seen to turn: departure, approach and holding take as much."""
_ENGAGE_KM: Final = 20.0
_LEFT_ORIGIN_KM: Final = 30.0
_BACK_KM: Final = 60.0
_BACK_US: Final = 5 * US_PER_MIN
_ROLE_UNKNOWN_US: Final = 10 * US_PER_MIN
_RIVAL_US: Final = 2 * US_PER_H
_SLOW_RIVAL_KN: Final = 200.0
_STEEPEST_FTMIN: Final = 8000.0
"""Emergency descents reach 6,000 to 8,000 ft/min; who is on the ground sooner after cruise was not where it said."""
_STEEP_FROM_FT: Final = 5000.0
_FROZEN_SHARE: Final = 0.25
_FROZEN_KN: Final = 80.0
_ON_FINAL_FT: Final = 1000.0
_ON_FINAL_KM: Final = 6.0
_NEXT_DOOR_KM: Final = 15.0
"""Lost this low (at 3 degrees: the last 6 km) at another airport, further than this from the declared one, it landed there."""


class AirRules:
    """The rules for aircraft; state lives in the case."""

    def __init__(
        self,
        config: DiversionConfig,
        legs: Legs,
        airports: AirportTable,
        teller: Teller,
        cases: Callable[[], list[Case]] = list,
    ) -> None:
        self._config, self._legs, self._airports, self._teller = config, legs, airports, teller
        self._unseen = Unseen(config)
        self._cases = cases

    def step(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """What one report makes known."""
        if case.done:
            return []
        if not row.placed:
            if case.deadline_us != NEVER:
                self._expect_silence(case, row.time_us)
            return []
        events = self._placed(case, itinerary, row)
        remember(case, row)
        if row.on_ground != 1 and not math.isnan(row.altitude_ft):
            case.last_altitude_ft, case.air_us = row.altitude_ft, row.time_us
        return events

    def called(self, case: Case, time_us: int, call_sign: str) -> None:
        """What it transmits as its flight."""
        if not case.done:
            hear_call_sign(case, time_us, call_sign)

    def _placed(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        departs_us = itinerary.nodes[0].depart_us
        if (departs_us is not None and row.time_us < departs_us) or case.next >= len(itinerary.nodes):
            return []
        begins = not case.engaged
        if begins and case.other_us != NEVER:
            return []
        if begins and (not self._may_begin(case, itinerary, row) or not self._engage(case, itinerary, row)):
            return []
        if case.other_us != NEVER:
            return self._under_another_sign(case, itinerary, row)
        if not begins and case.found_us == NEVER and self._unseen.may_have_landed(case, itinerary, row):
            case.found_us, case.deadline_us, case.ground_rows = row.time_us, NEVER, 0
            case.found_to_go_km = self._to_go_km(case, itinerary, row.lat_deg, row.lon_deg)
            case.lost_to_go_km = self._to_go_km(case, itinerary, case.last_lat_deg, case.last_lon_deg)
            case.lost_us = case.last_us
        if not (begins or case.diverted) and self._unseen.is_another_day(case, row):
            return self._over(case, itinerary, row)
        if case.found_us != NEVER and not case.diverted:
            return self._found(case, itinerary, row)
        landed = self._landing(case, itinerary, row)
        return landed if landed is not None else self._in_flight(case, itinerary, row)

    def _may_begin(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """False while the flight of the papers may have been flown before it was heard; then, unless it transmits that flight, for good."""
        if case.found_us == NEVER and self._unseen.may_be_flown(case, itinerary, row):
            case.found_us = row.time_us
        if case.found_us == NEVER:
            return True
        if self._unseen.is_in_time(case, itinerary, case.found_us):
            case.found_us = NEVER
            return True
        case.done = row.time_us - case.found_us > _ROLE_UNKNOWN_US
        return False

    def _under_another_sign(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """While it transmits another call sign nothing is judged; after a landing elsewhere it may still bring the goods."""
        if case.diverted and case.reason in AIRFRAME:
            return self._at_declared(case, itinerary, row)
        if self._unseen.is_other_flight(case, row.time_us):
            return self._over(case, itinerary, row)
        return []

    def _found(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """Found after a silence in which it may have landed as declared: the same flight, or already another?"""
        served = self._at_declared(case, itinerary, row)
        if served or case.done:
            return served
        if self._is_grounded(row):
            if not case.flown and agrees(case, itinerary):
                case.found_us = NEVER
                return []
            forward = case.found_to_go_km < case.lost_to_go_km and agrees(case, itinerary)
            if not forward:
                return self._over(case, itinerary, row)
            case.found_us, case.flown, case.timely = NEVER, True, False
            landed = self._landing(case, itinerary, row)
            return landed or []
        leg = self._legs.leg(Mode.AIR, case.start_node(itinerary), itinerary.nodes[case.next])
        fix = leg.fix(row.lat_deg, row.lon_deg)
        goes_on = self._unseen.goes_on(case, itinerary, fix.to_go_km, fix.inside)
        if goes_on is None:
            return []
        if not goes_on:
            return self._over(case, itinerary, row)
        case.timely = not case.flown and agrees(case, itinerary)
        case.found_us, case.flown = NEVER, True
        case.off_us, case.off_rows = NEVER, 0
        case.forget_progress()
        return self._in_flight(case, itinerary, row)

    def _at_declared(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """Served, where it stands at a declared airport still to come."""
        if not self._is_grounded(row):
            return []
        for j in range(case.next, len(itinerary.nodes)):
            node = itinerary.nodes[j]
            if distance_km(row.lat_deg, row.lon_deg, node.lat_deg, node.lon_deg) <= self._config.airport_radius_km:
                case.flown, case.ground_rows, case.deadline_us = False, 0, NEVER
                return self._served(case, itinerary, j, row.lat_deg, row.lon_deg, row.time_us, row.time_us, 0.5)
        return []

    def _over(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        """The declared flight has ended, unseen: its stories end; the leg of the papers begins that cannot be over, where there is one."""
        bound_for = itinerary.nodes[case.next]
        why = f"The aircraft now makes another flight; whether it has been at {place_text(bound_for)} meanwhile was not seen."
        events = self._teller.close_both(case, itinerary, row.time_us, why)
        case.start_leg(case.next + self._unseen.legs_over(case, itinerary, row))
        case.lost_us = NEVER
        case.engaged, case.flown, case.ground_rows, case.deadline_us = False, False, 0, NEVER
        case.origin_to_go_km = math.nan
        if case.reason in AIRFRAME:
            case.flight_sign = ""
        case.done = case.next >= len(itinerary.nodes)
        return events

    def _to_go_km(self, case: Case, itinerary: Itinerary, lat_deg: float, lon_deg: float) -> float:
        node = itinerary.nodes[case.next]
        return distance_km(lat_deg, lon_deg, node.lat_deg, node.lon_deg)

    def silent(self, case: Case, itinerary: Itinerary, known_us: int) -> list[Event]:
        """The craft was not heard until the deadline she was given."""
        case.deadline_us = NEVER
        if case.done or case.next >= len(itinerary.nodes):
            return []
        bound_for = itinerary.nodes[case.next]
        lat, lon, landed_us, confidence = case.low_lat_deg, case.low_lon_deg, case.low_us, 0.6
        if case.ground_rows:
            lat, lon, landed_us, confidence = case.last_lat_deg, case.last_lon_deg, case.ground_us, 0.8
        off_km = distance_km(lat, lon, bound_for.lat_deg, bound_for.lon_deg)
        _, airport_km = self._airport(lat, lon)
        on_final = not case.ground_rows and case.low_ft < _ON_FINAL_FT and airport_km < _ON_FINAL_KM
        if off_km <= _LOST_NEAR_DECLARED_KM and not (on_final and off_km > _NEXT_DOOR_KM):
            lat, lon = bound_for.lat_deg, bound_for.lon_deg
        return self._landed(case, itinerary, lat, lon, landed_us, known_us, confidence)

    def _engage(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """Whether this is the declared flight: seen at its origin, or in its corridor and closing on its destination."""
        nodes = itinerary.nodes
        if len(nodes) == 1:
            case.origin_lat_deg, case.origin_lon_deg = row.lat_deg, row.lon_deg
            case.engaged = True
            return True
        if row.on_ground == 1 or row.speed_kn < _SLOW_KN:
            for k in range(max(0, case.next - 1), len(nodes) - 1):
                if (
                    distance_km(row.lat_deg, row.lon_deg, nodes[k].lat_deg, nodes[k].lon_deg)
                    <= self._config.airport_radius_km
                ):
                    case.start_leg(k + 1)
                    case.engaged, case.near_km = True, 0.0
                    return True
            return False
        if not self._unseen.may_come_from_origin(case, itinerary, row):
            return False
        bound_for = max(1, case.next)
        if self._is_on_its_way(case, itinerary, row, bound_for):
            case.start_leg(bound_for)
        elif bound_for == 1 and self._unseen.is_in_time(case, itinerary, row.time_us):
            case.start_leg(1)
            case.by_number = True
        else:
            return False
        case.engaged = case.flown = True
        return True

    def _is_on_its_way(self, case: Case, itinerary: Itinerary, row: Row, bound_for: int) -> bool:
        """In the corridor of a leg and closing on its end."""
        leg = self._legs.leg(Mode.AIR, itinerary.nodes[bound_for - 1], itinerary.nodes[bound_for])
        fix = leg.fix(row.lat_deg, row.lon_deg)
        if fix.outside:
            case.origin_to_go_km = math.nan
            return False
        if math.isnan(case.origin_to_go_km) or fix.to_go_km > case.origin_to_go_km:
            case.origin_to_go_km = fix.to_go_km
        return fix.to_go_km <= case.origin_to_go_km - _ENGAGE_KM

    def _landing(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event] | None:
        """Events of a landing, or None while in flight (or still at the origin)."""
        if not self._is_grounded(row):
            case.ground_rows = 0
            case.flown = True
            self._watch_approach(case, row)
            return None
        if not case.ground_rows and self._fell_too_fast(case, row):
            case.flown = False
        if not case.flown:
            return []
        case.ground_rows += 1
        if case.ground_rows == 1:
            case.ground_us = row.time_us
            self._expect_silence(case, row.time_us)
            return []
        case.deadline_us = NEVER
        return self._landed(case, itinerary, row.lat_deg, row.lon_deg, case.ground_us, row.time_us, 0.95)

    def _is_grounded(self, row: Row) -> bool:
        return row.on_ground == 1 or (row.speed_kn < _SLOW_KN and self._low(row))

    def _fell_too_fast(self, case: Case, row: Row) -> bool:
        """On the ground sooner than anything comes down from where it flew: one of the two was not so (tests, spoofing)."""
        minutes = (row.time_us - case.air_us) / US_PER_MIN
        return case.last_altitude_ft > _STEEP_FROM_FT + _STEEPEST_FTMIN * minutes

    def _watch_approach(self, case: Case, row: Row) -> None:
        """Sets or clears the deadline of an aircraft that may be about to land."""
        case.deadline_us = NEVER
        descending = row.vertical_rate_ftmin < _DESCENDING_FTMIN or row.altitude_ft < case.last_altitude_ft - 200.0
        if not descending or math.isnan(row.altitude_ft) or _is_frozen(case, row):
            return
        airport, km = self._airport(row.lat_deg, row.lon_deg)
        if (
            airport is not None
            and km <= self._config.approach_km
            and self._height_ft(row, airport) < self._config.approach_ft
        ):
            case.low_us, case.low_lat_deg, case.low_lon_deg = row.time_us, row.lat_deg, row.lon_deg
            case.low_ft = self._height_ft(row, airport)
            self._expect_silence(case, row.time_us)

    def _expect_silence(self, case: Case, heard_us: int) -> None:
        case.deadline_us = heard_us + round(self._config.approach_silence_min * US_PER_MIN)

    def _landed(
        self, case: Case, itinerary: Itinerary, lat: float, lon: float, landed_us: int, known_us: int, confidence: float
    ) -> list[Event]:
        """A landing at a place: as declared, or not."""
        nodes, radius_km = itinerary.nodes, self._config.airport_radius_km
        case.flown, case.ground_rows, case.deadline_us = False, 0, NEVER
        bound_for = nodes[case.next]
        for j in range(case.next, len(nodes)):
            if distance_km(lat, lon, nodes[j].lat_deg, nodes[j].lon_deg) <= radius_km:
                return self._served(case, itinerary, j, lat, lon, landed_us, known_us, confidence)
        if case.diverted:
            return []
        start = case.start_node(itinerary)
        airport, km = self._airport(lat, lon)
        off_km = distance_km(lat, lon, bound_for.lat_deg, bound_for.lon_deg)
        measured: dict[str, Any] = {
            "landed": iso_time(landed_us),
            "airport": None if airport is None else airport.icao,
            "airport_name": None if airport is None else airport.name,
            "airport_distance_km": km,
            "distance_to_declared_km": off_km,
            "seen_on_ground": confidence > 0.6,
        }
        if distance_km(lat, lon, start.lat_deg, start.lon_deg) <= radius_km:
            if case.left_km < _LEFT_ORIGIN_KM:
                case.engaged = case.by_number = False
                return []
            detail = "returned_to_origin"
            what = f"returned to {place_text(start)}"
        else:
            detail = "landed_elsewhere"
            where = "away from any known airport" if airport is None else f"at {airport.name} ({airport.icao})"
            what = f"landed {where}"
        seen = "" if confidence > 0.6 else ", as far as can be told from where it was last heard"
        sentence = (
            f"{who_text(case, itinerary)}, declared from {place_text(start)} to {place_text(bound_for)}, {what} on {clock_text(landed_us)}{seen}, "
            f"{kilometres_text(off_km)} from its declared destination."
        )
        case.diverted = True
        return self._tell(
            case, itinerary, detail, confidence, sentence, measured, known_us, landed_us, lat, lon, again=True, turned=True,
        )  # fmt: skip

    def _served(
        self,
        case: Case,
        itinerary: Itinerary,
        j: int,
        lat: float,
        lon: float,
        landed_us: int,
        known_us: int,
        confidence: float,
    ) -> list[Event]:
        nodes, events = itinerary.nodes, []
        missed = range(case.next, j)
        if missed:
            names = " and ".join(place_text(nodes[k]) for k in missed)
            sentence = f"{who_text(case, itinerary)} landed at {place_text(nodes[j])} on {clock_text(landed_us)} without having landed at {names}, as declared."
            measured = {"skipped": [nodes[k].location for k in missed], "called_at": nodes[j].location}
            events += self._tell(
                case,
                itinerary,
                "skipped_call",
                confidence * 0.9,
                sentence,
                measured,
                known_us,
                landed_us,
                lat,
                lon,
                turned=True,
            )
        why = f"It landed at {place_text(nodes[j])} on {clock_text(landed_us)}."
        events += self._teller.close_both(case, itinerary, known_us, why)
        case.start_leg(j + 1)
        case.near_km = 0.0
        case.done = case.served = case.next == len(nodes)
        return events

    def _in_flight(self, case: Case, itinerary: Itinerary, row: Row) -> list[Event]:
        leg = self._legs.leg(Mode.AIR, case.start_node(itinerary), itinerary.nodes[case.next])
        fix = leg.fix(row.lat_deg, row.lon_deg)
        self._leave(case, row, leg)
        self._follow(case, row, fix)
        if fix.to_go_km < case.best_km:
            case.best_km, case.best_us = fix.to_go_km, row.time_us
            case.best_lat_deg, case.best_lon_deg = row.lat_deg, row.lon_deg
            case.worst_km = fix.to_go_km
        case.worst_km = max(case.worst_km, fix.to_go_km)
        if fix.inside:
            case.off_us, case.off_rows = NEVER, 0
        if case.by_number and self._is_on_its_way(case, itinerary, row, case.next):
            case.by_number = False
            case.forget_progress()
        if case.by_number:
            return self._in_time(case, itinerary, row, leg, fix)
        if case.diverted:
            return self._come_back(case, itinerary, row, leg, fix)
        events = self._off_route(case, itinerary, row, leg, fix)
        events += self._wrong_way(case, itinerary, row, leg, fix)
        events += self._come_back(case, itinerary, row, leg, fix)
        events += self._in_time(case, itinerary, row, leg, fix)
        return events

    def _leave(self, case: Case, row: Row, leg: Leg) -> None:
        """How far it is, and was seen to go, from where the leg began: only who left it can return to it."""
        off_km = distance_km(row.lat_deg, row.lon_deg, leg.start.lat_deg, leg.start.lon_deg)
        case.near_km, case.away_km = min(case.near_km, off_km), max(case.away_km, off_km)
        case.left_km = max(case.left_km, off_km - case.near_km)

    @staticmethod
    def _follow(case: Case, row: Row, fix: Fix) -> None:
        """How far it has flown, and how much of it brought it nearer."""
        flown_km = 0.0
        if not math.isnan(case.last_lat_deg):
            flown_km = distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg)
        case.spent_km += flown_km
        closes = bool(case.trail) and case.trail[-1][2] - fix.to_go_km >= _CLOSING * flown_km > 0.0
        follow_trail(case, row, fix.to_go_km, on_way=closes and fix.on_line)

    def _off_route(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        if not fix.outside:
            return []
        if case.off_us == NEVER:
            case.off_us, case.off_lat_deg, case.off_lon_deg = row.time_us, row.lat_deg, row.lon_deg
        case.off_rows += 1
        if row.time_us - case.off_us < self._config.air_sustained_min * US_PER_MIN or case.off_rows < 3:
            return []
        sentence = (
            f"{who_text(case, itinerary)}, declared from {place_text(leg.start)} to {place_text(leg.end)}, has been outside every usual route since "
            f"{clock_text(case.off_us)}: {kilometres_text(fix.offset_km)} beside it, {kilometres_text(fix.to_go_km)} still to go, a detour of "
            f"{kilometres_text(fix.detour_km)}."
        )
        return self._tell(
            case, itinerary, "off_route", 0.7, sentence, self._measured(case, fix), row.time_us, case.off_us,
            case.off_lat_deg, case.off_lon_deg, turned=True,
        )  # fmt: skip

    def _wrong_way(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        if (
            fix.to_go_km - case.best_km <= self._config.air_wrong_way_km
            or row.time_us - case.best_us < self._config.air_sustained_min * US_PER_MIN
        ):
            return []
        sentence = (
            f"{who_text(case, itinerary)}, declared for {place_text(leg.end)}, flies away from it: {kilometres_text(fix.to_go_km)} to go now, but "
            f"{kilometres_text(case.best_km)} on {clock_text(case.best_us)}."
        )
        return self._tell(
            case, itinerary, "wrong_way", 0.8, sentence, self._measured(case, fix), row.time_us, case.best_us,
            case.best_lat_deg, case.best_lon_deg, turned=True,
        )  # fmt: skip

    def _come_back(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        """In the corridor and closing again (a new flight after a landing elsewhere included)."""
        closing = fix.to_go_km <= case.worst_km - _BACK_KM
        if not (case.route.open and fix.inside and closing):
            case.back_us = NEVER
            return []
        if case.back_us == NEVER:
            case.back_us = row.time_us
        if row.time_us - case.back_us < _BACK_US:
            return []
        case.back_us, case.diverted = NEVER, False
        case.forget_progress()
        why = f"Since {clock_text(row.time_us)} it is on its way to {place_text(leg.end)} again."
        return self._teller.close(case, itinerary, case.route, row.time_us, why)

    def _in_time(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
        cfg, arrive_us = self._config, leg.end.arrive_us
        if arrive_us is None or case.route.open or not case.timely:
            return []
        hours_left = (arrive_us - row.time_us) / US_PER_H
        short_h = fix.to_go_km / (cfg.aircraft_top_kn * KM_PER_NM) - hours_left
        case.short_rows = case.short_rows + 1 if short_h > cfg.air_late_h else 0
        if case.short_rows < 2:
            return []
        measured = {
            "distance_to_go_km": fix.to_go_km, "capable_speed_kn": cfg.aircraft_top_kn, "at_best_h_late": short_h,
            "required_speed_kn": fix.to_go_km / KM_PER_NM / hours_left if hours_left > 0.0 else math.nan,
            "late_h": max(0.0, -hours_left),
        }  # fmt: skip
        due = clock_text(arrive_us)
        if -hours_left > cfg.air_late_h:
            detail, confidence = "late", 0.7
            sentence = (
                f"{who_text(case, itinerary)} was due at {place_text(leg.end)} on {due} and is {duration_text(-hours_left)} late, "
                f"with {kilometres_text(fix.to_go_km)} to go."
            )
        else:
            detail, confidence = "unreachable_in_time", 0.6
            sentence = (
                f"{who_text(case, itinerary)} is due at {place_text(leg.end)} on {due}, but with {kilometres_text(fix.to_go_km)} to go it would be "
                f"{duration_text(short_h)} late even at {cfg.aircraft_top_kn:.0f} kn."
            )
        return self._tell(
            case, itinerary, detail, confidence, sentence, measured, row.time_us, row.time_us, row.lat_deg, row.lon_deg,
            schedule=True,
        )  # fmt: skip

    def _tell(
        self, case: Case, itinerary: Itinerary, detail: str, confidence: float, sentence: str, measured: dict[str, Any],
        known_us: int, start_us: int, lat_deg: float, lon_deg: float, *, schedule: bool = False, again: bool = False,
        turned: bool = False,
    ) -> list[Event]:  # fmt: skip
        """``turned``: the fact began where it turned off its way, if it was seen to, else at ``start_us``."""
        turn = turn_of(case, _TURNED_KM) if turned else None
        if turn is not None:
            start_us, lat_deg, lon_deg, _ = turn
        if self._is_anothers(case, known_us):
            return []
        return self._teller.fact(
            case, itinerary, case.schedule if schedule else case.route, detail, known_us=known_us, start_us=start_us,
            lat_deg=lat_deg, lon_deg=lon_deg, confidence=confidence, sentence=sentence, measured=measured, again=again,
        )  # fmt: skip

    def _is_anothers(self, case: Case, at_us: int) -> bool:
        """Whether another airframe has the better claim to the flight: it arrived as declared, or is heard, too, and was so first.

        A flight number leaks to light aircraft near an airliner (readsb issue 124); of two the faster has the better claim.
        """
        if case.reason in AIRFRAME:
            return False
        mine = (case.seen_kn < _SLOW_RIVAL_KN, case.since_us)
        return any(
            other.itinerary_id == case.itinerary_id
            and other is not case
            and (other.served or (other.engaged and other.other_us == NEVER and at_us - other.last_us <= _RIVAL_US))
            and (other.served or other.reason in AIRFRAME or (other.seen_kn < _SLOW_RIVAL_KN, other.since_us) < mine)
            for other in self._cases()
        )

    def _measured(self, case: Case, fix: Fix) -> dict[str, Any]:
        return {
            "distance_off_route_km": fix.offset_km,
            "corridor_half_width_km": fix.half_width_km,
            "detour_km": fix.detour_km,
            "distance_to_go_km": fix.to_go_km,
            "best_distance_to_go_km": case.best_km,
        }

    def _airport(self, lat_deg: float, lon_deg: float) -> tuple[Airport | None, float]:
        """The likeliest airport within reach: one with an IATA code before strips and helipads, then the nearest."""
        found = self._airports.within(lat_deg, lon_deg, self._config.approach_km)
        if not found:
            return None, math.nan
        best = min((not a.iata, distance_km(lat_deg, lon_deg, a.lat_deg, a.lon_deg), i) for i, a in enumerate(found))
        return found[best[2]], best[1]

    def _height_ft(self, row: Row, airport: Airport) -> float:
        return row.altitude_ft - (0.0 if math.isnan(airport.elevation_ft) else airport.elevation_ft)

    def _low(self, row: Row) -> bool:
        if math.isnan(row.altitude_ft):
            return False
        airport, km = self._airport(row.lat_deg, row.lon_deg)
        return airport is not None and km <= 3.0 and self._height_ft(row, airport) < _LOW_FT


def _is_frozen(case: Case, row: Row) -> bool:
    """Moving by its speed and not by its positions: it is not where it says."""
    hours = (row.time_us - case.last_us) / US_PER_H
    moved_km = distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg)
    return row.speed_kn > _FROZEN_KN and moved_km < _FROZEN_SHARE * row.speed_kn * KM_PER_NM * hours
