"""What the crew types against what the papers say.

One step per destination heard::

    before the declared departure, not under way,
      or still off the port the leg begins at         nothing is judged: crews type the next port late
    names no port known                               nothing is said
    names another port near the declared one's        nothing is said: the next voyage's
    names a place on her way for bunkers, a pilot,
      orders or an anchorage                          nothing is said
    may mean a declared port (called at or not),
      the port she just left, or a canal on her way   fits; for ten minutes, an open contradiction is over
    names only other ports, for long enough           contradicting_destination

Of several ports the text may mean, the one nearest to the declared calls is told. A transmitted time of arrival far behind the declared one
joins the evidence and is no event: crews leave old times standing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, TYPED, Case, Said
from tracker.detectors.diversion.config import DiversionConfig
from tracker.detectors.diversion.legs import Leg, Legs
from tracker.detectors.diversion.telling import Teller, place_text, who_text
from tracker.detectors.wording import clock_text, kilometres_text
from tracker.events import Event
from tracker.geography.destinations import Destinations, is_waypoint, shared_destinations
from tracker.geography.ports import Port, PortTable
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S, iso_time
from tracker.voyages.itinerary import Itinerary, Mode

_UNDER_WAY_KN: Final = 3.0
_FRESH_US: Final = 2 * US_PER_H
_AGREED_US: Final = 10 * US_PER_MIN
_HALF_YEAR_S: Final = 183 * 86_400


class DestinationRules:
    """The rule for transmitted destinations; state lives in the case."""

    def __init__(self, config: DiversionConfig, legs: Legs, ports: PortTable, teller: Teller) -> None:
        self._config, self._legs, self._ports, self._teller = config, legs, ports, teller

    @cached_property
    def _destinations(self) -> Destinations:
        return shared_destinations(self._ports)

    def said(self, case: Case, itinerary: Itinerary, time_us: int, said: Said) -> list[Event]:
        """What one transmitted destination makes known."""
        case.said_eta_us = said.eta_us
        if itinerary.mode is not Mode.SEA or not self._under_way(case, itinerary, time_us):
            return []
        meant = self._destinations.resolve(said.destination)
        if not meant:
            return []
        leg = self._legs.leg(Mode.SEA, case.start_node(itinerary), itinerary.nodes[case.next])
        if any(self._fits(case, itinerary, leg, port) for port in meant) or self._names_next(leg, said):
            case.said_us = NEVER
            if case.agreed_us == NEVER:
                case.agreed_us = time_us
            if case.strayed or time_us - case.agreed_us < _AGREED_US:
                return []
            why = f"Since {clock_text(case.agreed_us)} her crew gives {said.destination.strip()} as destination."
            return self._teller.close(case, itinerary, case.route, time_us, why)
        case.agreed_us = NEVER
        if self._nearly_there(case, leg) or (is_waypoint(said.destination) and self._on_way(leg, meant)):
            case.said_us = NEVER
            return []
        if case.said_us == NEVER:
            case.said_us = time_us
        if time_us - case.said_us < self._config.destination_sustained_h * US_PER_H:
            return []
        told = case.route.facts.get(TYPED) if case.route.open else None
        if told is not None and told["destination"] == said.destination.strip():
            return []
        return self._contradicts(case, itinerary, leg, time_us, said, meant)

    def _under_way(self, case: Case, itinerary: Itinerary, time_us: int) -> bool:
        """On the declared voyage, moving, and clear of the port the leg begins at."""
        if case.done or not case.engaged or case.next >= len(itinerary.nodes):
            return False
        start = case.start_node(itinerary)
        left_km = distance_km(case.last_lat_deg, case.last_lon_deg, start.lat_deg, start.lon_deg)
        return (
            time_us - case.last_us <= _FRESH_US
            and case.last_kn > _UNDER_WAY_KN
            and left_km > self._config.declared_radius_km
        )

    def _nearly_there(self, case: Case, leg: Leg) -> bool:
        """Near the port she is bound for: crews type the next one while the pilot brings her in."""
        left_km = distance_km(case.last_lat_deg, case.last_lon_deg, leg.end.lat_deg, leg.end.lon_deg)
        return left_km <= self._config.waiting_radius_km

    @staticmethod
    def _on_way(leg: Leg, meant: tuple[Port, ...]) -> bool:
        return any(leg.fix(port.lat_deg, port.lon_deg).inside for port in meant)

    def _names_next(self, leg: Leg, said: Said) -> bool:
        """``NL RTM>DE HAM`` typed on the way to Rotterdam: the next call and the one after it."""
        before = said.destination.split(">")[:-1]
        ports = [port for part in before for port in self._destinations.resolve(part)]
        return any(
            distance_km(port.lat_deg, port.lon_deg, leg.end.lat_deg, leg.end.lon_deg)
            <= self._config.destination_radius_km
            for port in ports
        )

    def _fits(self, case: Case, itinerary: Itinerary, leg: Leg, port: Port) -> bool:
        """Whether a port is a declared one, one she comes from, or a canal on her way."""
        places = [*itinerary.nodes, case.start_node(itinerary)]
        return (
            any(port.code == place.location for place in places)
            or self._off_km(port, itinerary) <= self._config.destination_radius_km
            or distance_km(port.lat_deg, port.lon_deg, places[-1].lat_deg, places[-1].lon_deg)
            <= self._config.destination_radius_km
            or leg.waits_for_canal(port.lat_deg, port.lon_deg, self._config.canal_radius_km)
        )

    def _contradicts(
        self, case: Case, itinerary: Itinerary, leg: Leg, time_us: int, said: Said, meant: tuple[Port, ...]
    ) -> list[Event]:
        text = said.destination.strip()
        told = case.route.facts.get(TYPED)
        port = min(meant, key=lambda p: (self._off_km(p, itinerary), p.code))
        off_km = self._off_km(port, itinerary)
        on_way = leg.fix(port.lat_deg, port.lon_deg).inside
        measured: dict[str, Any] = {
            "destination": text,
            "port": port.code,
            "port_name": port.name,
            "distance_to_declared_km": off_km,
            "candidates": [candidate.code for candidate in meant],
            "on_declared_way": on_way,
        }
        if late_eta_us(case, leg, self._config) != NEVER:
            measured["transmitted_eta"] = iso_time(case.said_eta_us)
        sentence = (
            f"{who_text(case, itinerary)}, declared for {place_text(leg.end)}, transmits {text} as her destination since {clock_text(case.said_us)}: "
            f"{port.name} ({port.code}), {kilometres_text(off_km)} from any port declared."
        )
        return self._teller.fact(
            case, itinerary, case.route, TYPED, known_us=time_us, start_us=case.said_us, lat_deg=case.last_lat_deg,
            lon_deg=case.last_lon_deg, confidence=0.5 if on_way or len(meant) > 1 else 0.65, sentence=sentence,
            measured=measured, again=told is not None and told["destination"] != text,
        )  # fmt: skip

    @staticmethod
    def _off_km(port: Port, itinerary: Itinerary) -> float:
        """Distance to the nearest declared port."""
        return min(distance_km(port.lat_deg, port.lon_deg, node.lat_deg, node.lon_deg) for node in itinerary.nodes)


def late_eta_us(case: Case, leg: Leg, config: DiversionConfig) -> int:
    """The crew's own time of arrival where it is far behind the declared one, else ``NEVER``."""
    declared_us = leg.end.arrive_us
    if case.said_eta_us == NEVER or declared_us is None:
        return NEVER
    return case.said_eta_us if case.said_eta_us - declared_us > config.destination_eta_h * US_PER_H else NEVER


def eta_us(statics: StaticBatch, row: int) -> int:
    """The crew's time of arrival, in the year that brings it nearest to the report; ``NEVER`` where it is none."""
    month, day = int(statics.eta_month[row]), int(statics.eta_day[row])
    hour, minute = int(statics.eta_hour[row]), int(statics.eta_minute[row])
    heard_s = int(statics.time_us[row]) // US_PER_S
    for year in range(datetime.fromtimestamp(heard_s, UTC).year - 1, datetime.fromtimestamp(heard_s, UTC).year + 2):
        try:
            eta_s = int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())
        except ValueError:
            continue
        if abs(eta_s - heard_s) <= _HALF_YEAR_S:
            return eta_s * US_PER_S
    return NEVER
