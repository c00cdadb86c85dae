"""Calls of ships: at declared ports in the declared order, at skipped ones afterwards, back at the start, and at ports nobody declared."""

from __future__ import annotations

import math
from typing import Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.legs import Fix, Leg
from tracker.detectors.diversion.rules import SeaRule, before_heard
from tracker.detectors.diversion.telling import place_text, who_text
from tracker.detectors.wording import clock_text, kilometres_text
from tracker.events import Event
from tracker.units import US_PER_H
from tracker.voyages.itinerary import Itinerary, Mode

MOORED: Final = 5
_CALL_STOP_US: Final = US_PER_H // 2
_SLOW_ARRIVAL_KM: Final = 8.0
_SLOW_ARRIVAL_KN: Final = 3.0
_SAME_STOP_KM: Final = 3.0
_BERTH_KM: Final = 2.0


class CallRules(SeaRule):
    """Where she lies, against where the papers let her lie."""

    def follow_stop(self, case: Case, row: Row, speed_kn: float) -> None:
        if speed_kn < self._config.stopped_kn:
            moved = case.stop_us != NEVER and (
                distance_km(case.stop_lat_deg, case.stop_lon_deg, row.lat_deg, row.lon_deg) > _SAME_STOP_KM
            )
            if case.stop_us == NEVER or moved:
                case.stop_us, case.stop_lat_deg, case.stop_lon_deg = row.time_us, row.lat_deg, row.lon_deg
                case.stop_told = False
        elif speed_kn > 2.0 * self._config.stopped_kn:
            case.stop_us = NEVER

    def calls(self, case: Case, itinerary: Itinerary, row: Row, speed_kn: float) -> list[Event]:
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
                f"{who_text(case, itinerary)} called at {place_text(nodes[here])} on {clock_text(row.time_us)}, after "
                f"{place_text(nodes[case.next - 1])}, in another order than declared."
            )
            return self._tell(
                case, itinerary, row, "reordered_call", 0.9, sentence, {"called_at": nodes[here].location}, turned=True
            )
        missed = [j for j in range(case.next, here) if not before_heard(case, nodes[j])] if case.engaged else []
        if missed:
            names = " and ".join(place_text(nodes[j]) for j in missed)
            called = f"{who_text(case, itinerary)} called at {place_text(nodes[here])} on {clock_text(row.time_us)}"
            if not any(self._passed(case, itinerary, j, here) for j in missed):
                sentence = f"{called} before {names}, in another order than declared."
                facts = {"still_open": [nodes[j].location for j in missed], "called_at": nodes[here].location}
                events += self._tell(case, itinerary, row, "reordered_call", 0.8, sentence, facts, turned=True)
        if missed and not events:
            sentence = f"{called} without having called at {names}, as declared."
            facts = {"skipped": [nodes[j].location for j in missed], "called_at": nodes[here].location}
            events += self._tell(case, itinerary, row, "skipped_call", 0.85, sentence, facts, turned=True)
        why = f"She called at {place_text(nodes[here])} on {clock_text(row.time_us)}."
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
        turned = case.strayed and case.route.facts.keys() & {"wrong_way", "skipped_call"}
        if (
            not turned
            or case.away_km <= 1.5 * self._config.declared_radius_km
            or not 0 < case.next < len(itinerary.nodes)
        ):
            return []
        start, bound_for = itinerary.nodes[case.next - 1], itinerary.nodes[min(case.next, len(itinerary.nodes) - 1)]
        km = distance_km(row.lat_deg, row.lon_deg, start.lat_deg, start.lon_deg)
        if km > self._config.declared_radius_km:
            return []
        sentence = (
            f"{who_text(case, itinerary)}, declared for {place_text(bound_for)}, turned back and lies at {place_text(start)} again since "
            f"{clock_text(case.stop_us)}."
        )
        return self._tell(
            case, itinerary, row, "returned_to_origin", 0.9, sentence, {"called_at": start.location}, turned=True
        )

    def undeclared_call(self, case: Case, itinerary: Itinerary, row: Row, leg: Leg, fix: Fix) -> list[Event]:
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
        reach_km = cfg.berth_radius_km if row.nav_status == MOORED else cfg.port_radius_km
        canal_km = cfg.berth_radius_km if row.nav_status == MOORED else cfg.canal_radius_km
        if port_km > reach_km or leg.waits_for_canal(lat, lon, canal_km):
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
        sentence = (
            f"{who_text(case, itinerary)} lies at {port.name} ({port.code}) since {clock_text(case.stop_us)}, {kilometres_text(port_km)} from the port; the papers "
            f"declare no call there between {place_text(leg.start)} and {place_text(leg.end)}."
        )
        measured = {"port": port.code, "port_name": port.name, "port_distance_km": port_km, "stopped_h": hours}
        confidence = 0.9 if berthed and off_route else (0.75 if berthed or off_route else 0.5)
        events = self._tell(
            case, itinerary, row, "undeclared_call", confidence, sentence, measured,
            start_us=case.stop_us, lat_deg=lat, lon_deg=lon, again=True, turned=True,
        )  # fmt: skip
        case.called_lat_deg, case.called_lon_deg, case.called_name = lat, lon, port.name
        case.forget_progress()
        return events
