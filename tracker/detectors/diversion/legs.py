"""Geometry of one declared leg: corridor, detour and distance to go, at sea and in the air.

At sea a leg may have several ways: the shortest over the network of sea lanes and, where that uses a canal, the way round it, for
who declares ten more days has declared the Cape. A ship is measured against the way she is nearest to. In the air there is one way, the
great circle.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from models.corridor import Path, half_width_km
from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.config import DiversionConfig
from tracker.geography.sea_routes import DIRECT_KM, SeaDistances, SeaRoutes
from tracker.units import US_PER_H
from tracker.voyages.itinerary import ItineraryNode, Mode

CANALS: Final = {
    "suez": ((29.93, 32.55), (31.26, 32.31)),
    "panama": ((8.95, -79.57), (9.37, -79.92)),
    "kiel": ((53.89, 9.14), (54.37, 10.15)),
    "bosporus": ((41.22, 29.13), (41.0, 28.98)),
    "dardanelles": ((40.03, 26.17), (40.41, 26.68)),
}
"""Both ends of the passages where ships wait for their turn."""
AVOIDABLE: Final = ("suez", "panama", "kiel")
_SLOWEST_DECLARED_KN: Final = 25.0
_HARDLY_LONGER: Final = 1.1
_HARDLY_LONGER_KM: Final = 15.0
_CACHED_LEGS: Final = 512


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a craft is with respect to a leg, in km. ``detour_km`` is how much longer the leg gets by being there."""

    offset_km: float
    half_width_km: float
    to_go_km: float
    detour_km: float
    detour_limit_km: float
    way: int

    @property
    def outside(self) -> bool:
        """Outside the corridor, and not merely on another way of like length."""
        return self.offset_km > self.half_width_km and (
            self.detour_km > self.detour_limit_km or self.offset_km > 3.0 * self.half_width_km
        )

    @property
    def inside(self) -> bool:
        """Clearly back on the way (hysteresis of ``outside``)."""
        return self.offset_km <= 0.8 * self.half_width_km or self.detour_km <= 0.5 * self.detour_limit_km


@dataclass(frozen=True, slots=True)
class _Way:
    path: Path
    to_end: SeaDistances | None
    to_start: SeaDistances | None
    passages: tuple[str, ...]


class Leg:
    """From one declared node to another."""

    def __init__(
        self, config: DiversionConfig, mode: Mode, start: ItineraryNode, end: ItineraryNode, ways: list[_Way]
    ) -> None:
        self.start, self.end = start, end
        self._ways = ways
        self._air = mode is Mode.AIR
        self._lane_km, self._lane_factor = config.sea_lane_km, config.sea_lane_detour_factor
        if self._air:
            self._corridor = (config.air_corridor_base_km, config.air_corridor_growth, config.air_corridor_widest_km)
            self._detour = (config.air_detour_km, config.air_detour_share)
        else:
            self._corridor = (config.sea_corridor_base_km, config.sea_corridor_growth, config.sea_corridor_widest_km)
            self._detour = (config.sea_detour_km, config.sea_detour_share)
        self.canals = tuple(name for name in ways[0].passages if name in CANALS)
        self.length_km = ways[0].path.length_km

    def fix(self, lat_deg: float, lon_deg: float) -> Fix:
        """The craft against the way it is nearest to. Costly distances are asked only outside the corridor."""
        best = None
        for number, way in enumerate(self._ways):
            offset, along = way.path.project_one(lat_deg, lon_deg)
            length = way.path.length_km
            wide = half_width_km(along, length, *self._corridor)
            if best is None or offset - wide < best[0]:
                best = (offset - wide, number, offset, wide, along)
        assert best is not None
        _, number, offset_km, wide, along_km = best
        way = self._ways[number]
        length = way.path.length_km
        limit = max(self._detour[0], self._detour[1] * length)
        if offset_km <= wide and not self._air:
            return Fix(offset_km, wide, length - along_km, 0.0, limit, number)
        to_go, gone = self.to_go_km(lat_deg, lon_deg, way), self._gone_km(lat_deg, lon_deg, way)
        detour = max(0.0, gone + to_go - length)
        if way.to_end is not None and detour > limit and way.to_end.on_lane(lat_deg, lon_deg, self._lane_km):
            limit *= self._lane_factor
        return Fix(offset_km, wide, to_go, detour, limit, number)

    def to_go_km(self, lat_deg: float, lon_deg: float, way: _Way | None = None) -> float:
        """Distance to the end of the leg."""
        field = (way or self._ways[0]).to_end
        if field is None:
            return distance_km(lat_deg, lon_deg, self.end.lat_deg, self.end.lon_deg)
        return field.km_from(lat_deg, lon_deg)

    def waits_for_canal(self, lat_deg: float, lon_deg: float, radius_km: float) -> bool:
        """Near the end of a canal this leg uses."""
        return any(
            distance_km(lat_deg, lon_deg, lat, lon) <= radius_km for name in self.canals for lat, lon in CANALS[name]
        )

    def _gone_km(self, lat_deg: float, lon_deg: float, way: _Way) -> float:
        if way.to_start is None:
            return distance_km(lat_deg, lon_deg, self.start.lat_deg, self.start.lon_deg)
        return way.to_start.km_from(lat_deg, lon_deg)


class Legs:
    """Legs by their ends, built once; least recently used out."""

    def __init__(self, config: DiversionConfig, routes: SeaRoutes) -> None:
        self._config, self._routes = config, routes
        self._known: OrderedDict[tuple[Mode, ItineraryNode, ItineraryNode], Leg] = OrderedDict()

    def leg(self, mode: Mode, start: ItineraryNode, end: ItineraryNode) -> Leg:
        """The leg from one node to another."""
        key = (mode, start, end)
        if key not in self._known:
            ways = [self._great_circle(start, end)] if mode is Mode.AIR else self._sea_ways(start, end)
            self._known[key] = Leg(self._config, mode, start, end, ways)
            if len(self._known) > _CACHED_LEGS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _great_circle(self, start: ItineraryNode, end: ItineraryNode) -> _Way:
        lat, lon = np.array([start.lat_deg, end.lat_deg]), np.array([start.lon_deg, end.lon_deg])
        return _Way(Path(lat, lon), None, None, ())

    def _sea_ways(self, start: ItineraryNode, end: ItineraryNode) -> list[_Way]:
        ways = self._open_ways(start, end, ())
        for canal in AVOIDABLE:
            if canal in ways[0].passages:
                round_it = self._open_ways(start, end, (canal,))
                if _time_for(start, end, round_it[0].path.length_km):
                    ways += round_it
        return ways

    def _open_ways(self, start: ItineraryNode, end: ItineraryNode, avoid: tuple[str, ...]) -> list[_Way]:
        """The shortest way first, then those that approach the port from another side and are hardly longer."""
        to_end = self._routes.distances_to(end.lat_deg, end.lon_deg, avoid)
        to_start = self._routes.distances_to(start.lat_deg, start.lon_deg, avoid)
        routes = [self._routes.route(start.lat_deg, start.lon_deg, end.lat_deg, end.lon_deg, avoid)]
        if distance_km(start.lat_deg, start.lon_deg, end.lat_deg, end.lon_deg) > DIRECT_KM:
            routes.append(self._routes.customary(start.lat_deg, start.lon_deg, end.lat_deg, end.lon_deg, avoid))
            routes += to_end.routes_from(start.lat_deg, start.lon_deg, _HARDLY_LONGER, _HARDLY_LONGER_KM)
            back = to_start.routes_from(end.lat_deg, end.lon_deg, _HARDLY_LONGER, _HARDLY_LONGER_KM)
            routes += [route.reversed() for route in back]
        return [_Way(Path(r.lat_deg, r.lon_deg), to_end, to_start, r.passages) for r in routes]


def _time_for(start: ItineraryNode, end: ItineraryNode, length_km: float) -> bool:
    """Whether the declared times leave room for a way of this length; unknown times leave room for any."""
    departs_us = start.depart_us if start.depart_us is not None else start.arrive_us
    if departs_us is None or end.arrive_us is None:
        return True
    return (end.arrive_us - departs_us) / US_PER_H * _SLOWEST_DECLARED_KN * 1.852 >= length_km


@lru_cache(maxsize=4)
def shared_legs(config: DiversionConfig, routes: SeaRoutes) -> Legs:
    """One set of legs for all detectors of the same rules and routes: a leg is slow to build, and timelines are rebuilt often."""
    return Legs(config, routes)
