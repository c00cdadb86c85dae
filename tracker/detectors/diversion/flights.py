"""When a flight ends: papers bind to a flight, not to an airframe.

An airliner that leaves coverage towards its destination lands there unseen, turns round and comes back an hour later as another flight.
Nothing of the old papers is owed by that one. A flight is over

- when it was seen to land where the papers end (``AirRules``);
- when it transmits another call sign for ``air_other_call_min``, unless the papers name the airframe itself and it was seen to fly on
  throughout: goods do not leave an aircraft in the air;
- when a silence was long enough to reach the destination, turn round there and come to where it is found, and it does not go on towards the
  destination with the call sign it had, or from nearer by than it was lost. Until that is known nothing is judged;
- when it was silent for ``air_other_flight_h``: the same number is then the next day's flight.

What happened unseen is unknown, and is told as nothing.
"""

from __future__ import annotations

import math
from typing import Final

from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.case import NEVER, Case, Row
from tracker.detectors.diversion.config import DiversionConfig
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN
from tracker.voyages.airlines import parse_flight
from tracker.voyages.itinerary import Itinerary

AIRFRAME: Final = frozenset({"icao24", "registration"})
"""Matches that name the aircraft, not the flight."""
_FLYING_KN: Final = 50.0
_SEEN_ENOUGH_ROWS: Final = 10
_SLOW_CRAFT_KN: Final = 200.0
_SLOW_CRAFT_FACTOR: Final = 1.3
_GONE_ON_KM: Final = 20.0
_IN_VIEW_US: Final = 15 * US_PER_MIN
_BEFORE_DEPARTURE_KM: Final = 50.0
_PRESUMED_PACE_KMH: Final = 750.0
_GATE_US: Final = US_PER_H
_EARLY_US: Final = 30 * US_PER_MIN


def same_flight(one: str, other: str) -> bool:
    """Whether two call signs are one flight: equal, or carrier and number are (``AF077`` and ``AFR77``).

    >>> same_flight("AF077", "AFR77"), same_flight("RYR8AB", "RYR8AC")
    (True, False)
    """
    if one.strip() == other.strip():
        return True
    first, second = parse_flight(one), parse_flight(other)
    return first is not None and second is not None and first[:2] == second[:2]


def agrees(case: Case, itinerary: Itinerary) -> bool:
    """Whether it transmits the flight that the papers name."""
    papers = (itinerary.conveyance.flight, itinerary.conveyance.call_sign)
    return bool(case.call_sign) and (
        any(text and same_flight(text, case.call_sign) for text in papers)
        or (case.reason not in AIRFRAME and same_flight(case.flight_sign, case.call_sign))
    )


def departs_us(case: Case, itinerary: Itinerary) -> int:
    """When the leg it is to fly begins: declared, or presumed from its arrival; ``NEVER`` where the papers give no time."""
    bound_for = max(1, case.next)
    start, end = itinerary.nodes[bound_for - 1], itinerary.nodes[min(bound_for, len(itinerary.nodes) - 1)]
    declared = start.depart_us if start.depart_us is not None else start.arrive_us
    if declared is not None:
        return declared
    if end.arrive_us is None or end is start:
        return NEVER
    whole_km = distance_km(start.lat_deg, start.lon_deg, end.lat_deg, end.lon_deg)
    return end.arrive_us - round(whole_km / _PRESUMED_PACE_KMH * US_PER_H) - _GATE_US


def hear_call_sign(case: Case, time_us: int, call_sign: str) -> None:
    """Remember what it transmits, and since when that is not the flight of the papers."""
    if call_sign == case.call_sign:
        return
    case.call_sign = call_sign
    at_gate = not case.engaged or case.away_km < _BEFORE_DEPARTURE_KM
    followed = case.flown and case.found_us == NEVER and time_us - case.last_us <= _IN_VIEW_US
    in_view = followed and time_us - case.view_us > _IN_VIEW_US
    if not case.flight_sign or (case.reason in AIRFRAME and (at_gate or in_view)):
        case.flight_sign, case.other_us = call_sign, NEVER
    elif same_flight(call_sign, case.flight_sign):
        case.other_us = NEVER
    elif case.other_us == NEVER:
        case.other_us = time_us


def remember(case: Case, row: Row) -> None:
    """Where it was last heard, since when without a break, and how fast it was seen to be."""
    if case.last_us == NEVER or row.time_us - case.last_us > _IN_VIEW_US:
        case.view_us = row.time_us
    if row.on_ground != 1 and row.speed_kn >= _FLYING_KN:
        case.under_way_rows += 1
        case.seen_kn = max(case.seen_kn, row.speed_kn)
    case.remember(row)


class Unseen:
    """What a silence leaves possible."""

    def __init__(self, config: DiversionConfig) -> None:
        self._config = config

    def may_be_flown(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """Not yet met under these papers: may their flight be over already?

        True where, since the declared departure or since it was last heard, there was time to fly to the destination, turn round and be
        where it is.
        """
        since_us, nodes = max(departs_us(case, itinerary), case.last_us), itinerary.nodes
        if since_us == NEVER or len(nodes) < 2:
            return False
        start = nodes[max(1, case.next) - 1]
        lat, lon = start.lat_deg, start.lon_deg
        if case.last_us == since_us:
            lat, lon = case.last_lat_deg, case.last_lon_deg
        return row.time_us - since_us >= self._round_us(case, itinerary, lat, lon, row)

    def is_in_time(self, case: Case, itinerary: Itinerary, at_us: int) -> bool:
        """Whether it transmits the flight of the papers, and on their day."""
        departs = departs_us(case, itinerary)
        late_us = at_us - departs if departs != NEVER else 0
        return agrees(case, itinerary) and late_us < self._config.air_other_flight_h * US_PER_H

    def may_come_from_origin(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """Whether it could be where it is, had it left as declared (or half an hour earlier)."""
        departs, first = departs_us(case, itinerary), itinerary.nodes[max(1, case.next) - 1]
        away_km = distance_km(first.lat_deg, first.lon_deg, row.lat_deg, row.lon_deg)
        hours = (row.time_us - departs + _EARLY_US) / US_PER_H
        return departs == NEVER or away_km <= self._config.aircraft_top_kn * KM_PER_NM * hours

    def may_have_landed(self, case: Case, itinerary: Itinerary, row: Row) -> bool:
        """Whether the silence before this report was long enough to land where it was bound for, turn round and be here."""
        if case.last_us == NEVER or math.isnan(case.last_lat_deg):
            return False
        needed_us = self._round_us(case, itinerary, case.last_lat_deg, case.last_lon_deg, row)
        return row.time_us - case.last_us >= needed_us

    def is_another_day(self, case: Case, row: Row) -> bool:
        """Silent so long that the same number is the next day's flight."""
        if case.last_us == NEVER:
            return False
        flown_km = distance_km(case.last_lat_deg, case.last_lon_deg, row.lat_deg, row.lon_deg)
        flown_h = flown_km / self._unseen_kmh(case, row)
        return (row.time_us - case.last_us) / US_PER_H - flown_h >= self._config.air_other_flight_h

    def is_other_flight(self, case: Case, time_us: int) -> bool:
        """Whether it has transmitted another call sign for so long that it is another flight."""
        return case.other_us != NEVER and time_us - case.other_us >= self._config.air_other_call_min * US_PER_MIN

    def goes_on(self, case: Case, itinerary: Itinerary, to_go_km: float, inside: bool) -> bool | None:
        """Found again after such a silence: True where it goes on as declared, False where not, None while that is not yet known."""
        if to_go_km > case.found_to_go_km + _GONE_ON_KM:
            return False
        if to_go_km > case.found_to_go_km - _GONE_ON_KM:
            return None
        return inside and (agrees(case, itinerary) or case.found_to_go_km < case.lost_to_go_km - _GONE_ON_KM)

    def legs_over(self, case: Case, itinerary: Itinerary, row: Row) -> int:
        """How many legs of the papers may have been flown since it was lost, each with its turn-round; one at least."""
        nodes, count, way_km = itinerary.nodes, 1, case.lost_to_go_km
        for at in range(case.next + 1, len(nodes)):
            way_km += distance_km(nodes[at - 1].lat_deg, nodes[at - 1].lon_deg, nodes[at].lat_deg, nodes[at].lon_deg)
            whole_km = way_km + distance_km(nodes[at].lat_deg, nodes[at].lon_deg, row.lat_deg, row.lon_deg)
            needed_h = whole_km / self._unseen_kmh(case, row) + (count + 1) * self._config.air_turn_round_min / 60.0
            if case.lost_us == NEVER or (row.time_us - case.lost_us) / US_PER_H < needed_h:
                break
            count += 1
        return count

    def _round_us(self, case: Case, itinerary: Itinerary, lat_deg: float, lon_deg: float, row: Row) -> int:
        """The shortest time from a place to the destination, a turn-round, and from there to where a report comes from."""
        goal = itinerary.nodes[max(case.next, min(1, len(itinerary.nodes) - 1))]
        way_km = distance_km(lat_deg, lon_deg, goal.lat_deg, goal.lon_deg) + distance_km(
            goal.lat_deg, goal.lon_deg, row.lat_deg, row.lon_deg
        )
        return round(way_km / self._unseen_kmh(case, row) * US_PER_H + self._config.air_turn_round_min * US_PER_MIN)

    def _unseen_kmh(self, case: Case, row: Row) -> float:
        """How fast it may have flown while nobody heard it."""
        seen_kn = max(case.seen_kn, row.speed_kn)
        slow = case.under_way_rows >= _SEEN_ENOUGH_ROWS and seen_kn < _SLOW_CRAFT_KN
        return KM_PER_NM * (_SLOW_CRAFT_FACTOR * seen_kn if slow else max(self._config.air_unseen_kn, seen_kn))
