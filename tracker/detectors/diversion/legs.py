"""Geometry of one declared leg: corridor, detour and distance to go, at sea and in the air.

At sea a leg may have several ways: the shortest over the network of sea lanes, the shortest over open water and, where a way uses a canal, the
way round it, for who declares ten more days has declared the Cape. A ship is measured against the way she is nearest to. The distance to go is
the one over open water (``geography.open_water``): the lanes are too coarse for it. In the air there is one way, the great circle.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from models.corridor import Path, half_width_km
from models.geodesy import distance_km as distance_km_of
from models.geodesy import distance_km_scalar as distance_km
from tracker.detectors.diversion.config import DiversionConfig
from tracker.geography.open_water import OpenDistances
from tracker.geography.sea_routes import DIRECT_KM, Route, SeaDistances, SeaRoutes
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
_OTHER_WAY: Final = 1.15
"""By another strait: Palawan Passage instead of the Sulu Sea is 10 % longer from Manila to Java, the Sound instead of Kiel 12 % from Danzig to the Channel."""
_AHEAD_KM: Final = 300.0
"""So far ahead a ship is asked whether there is another strait."""
_LINE_KM: Final = 5.0
_CACHED_LEGS: Final = 512


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a craft is with respect to a leg, in km. ``detour_km`` is how much longer the leg gets by being there."""

    offset_km: float
    half_width_km: float
    to_go_km: float
    detour_km: float
    detour_limit_km: float
    near_limit_km: float
    way: int
    left_km: float
    """Along the nearest way to its end."""

    @property
    def beyond(self) -> bool:
        """Outside the corridors of all ways, whatever that costs."""
        return self.offset_km > self.half_width_km

    @property
    def outside(self) -> bool:
        """Outside the corridor, and not merely on another way of like length."""
        return self.beyond and self.detour_km > self.detour_limit_km

    @property
    def inside(self) -> bool:
        """Clearly on the way (hysteresis of ``outside``)."""
        return self.offset_km <= 0.8 * self.half_width_km or self.detour_km <= self.near_limit_km

    @property
    def on_line(self) -> bool:
        """On the usual way itself, as nearly as lanes and airways are known."""
        return self.offset_km <= max(_LINE_KM, 0.1 * self.half_width_km)

    @property
    def close(self) -> bool:
        """In the middle of the corridor."""
        return self.offset_km <= 0.4 * self.half_width_km


@dataclass(frozen=True, slots=True)
class _Distances:
    """Distances to both ends of a leg, over the lanes and over open water (None where there is no land mask)."""

    lanes_to_end: SeaDistances
    lanes_to_start: SeaDistances
    to_end: SeaDistances | OpenDistances
    to_start: SeaDistances | OpenDistances
    lanes_km: float
    length_km: float


@dataclass(frozen=True, slots=True)
class _Way:
    path: Path
    route: Route | None
    distances: _Distances | None
    passages: tuple[str, ...]
    group: int


class Leg:
    """From one declared node to another."""

    def __init__(
        self, config: DiversionConfig, routes: SeaRoutes, mode: Mode, start: ItineraryNode, end: ItineraryNode,
        ways: list[_Way],
    ) -> None:  # fmt: skip
        self.start, self.end = start, end
        self._ways, self._routes = ways, routes
        self._strait = config.sea_strait_share, config.sea_strait_km
        self._air = mode is Mode.AIR
        self.canals = tuple(name for name in ways[0].passages if name in CANALS)
        self.length_km = ways[0].path.length_km
        if self._air:
            self._corridor = (config.air_corridor_base_km, config.air_corridor_growth, config.air_corridor_widest_km)
            self._limit_km = max(config.air_detour_km, config.air_detour_share * self.length_km)
            self._near_km = 0.5 * self._limit_km
        else:
            distances = ways[0].distances
            assert distances is not None
            if math.isfinite(distances.length_km):
                self.length_km = distances.length_km
            self._corridor = (config.sea_corridor_base_km, config.sea_corridor_growth, config.sea_corridor_widest_km)
            self._limit_km = max(config.sea_detour_km, _sea_share(config, self.length_km) * self.length_km)
            self._near_km = 0.5 * max(config.sea_detour_km, config.sea_near_share * self.length_km)

    def fix(self, lat_deg: float, lon_deg: float) -> Fix:
        """The craft against the way it is nearest to. Costly distances are asked only outside the corridor."""
        way, offset_km, wide, left_km = self._nearest(lat_deg, lon_deg)
        to_go = self.to_go_km(lat_deg, lon_deg, way)
        detour = 0.0 if offset_km <= wide and not self._air else self._detour_km(lat_deg, lon_deg, way, to_go)
        return Fix(offset_km, wide, to_go, detour, self._limit_km, self._near_km, way.group, left_km)

    def _nearest(self, lat_deg: float, lon_deg: float) -> tuple[_Way, float, float, float]:
        """The way whose corridor a place is in or nearest to, how far it is off that way, half of the corridor's width, and what is left of the way."""
        best = None
        for way in self._ways:
            offset, along = way.path.project_one(lat_deg, lon_deg)
            wide = half_width_km(along, way.path.length_km, *self._corridor)
            if best is None or offset - wide < best[0]:
                best = (offset - wide, way, offset, wide, way.path.length_km - along)
        assert best is not None
        return best[1:]

    def by_another_strait(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether a ship here may be about to pass on the other side of land than the usual way: by a strait that the lanes do not know.

        A way is another one where it leads by places outside every corridor and goes on without coming back by here, is little longer than the
        shortest (Abraham, Delling, Goldberg and Werneck 2013 allow alternatives a quarter), and has land between it and the usual ones.
        """
        way = self._nearest(lat_deg, lon_deg)[0]
        if way.distances is None:
            return False
        onward, back = way.distances.to_end, way.distances.to_start
        if isinstance(onward, SeaDistances) or isinstance(back, SeaDistances):
            return False
        share, longer_km = self._strait
        most_km = way.distances.length_km + min(share * way.distances.length_km, longer_km)
        ahead = onward.nodes_ahead(back, lat_deg, lon_deg, most_km, _AHEAD_KM)
        beyond = [place for place in ahead if not self._in_corridor(*place)]
        return bool(beyond) and any(self._land_divides(*place) for place in ((lat_deg, lon_deg), *beyond))

    def _in_corridor(self, lat_deg: float, lon_deg: float) -> bool:
        _, offset_km, wide_km, _ = self._nearest(lat_deg, lon_deg)
        return offset_km <= wide_km

    def _land_divides(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether there is land between a place and the way that is nearest to it."""
        route = self._nearest(lat_deg, lon_deg)[0].route
        return route is not None and self._routes.land_divides(lat_deg, lon_deg, route)

    def is_among_land(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether the chart knows little of the waters here: rivers, fjords, skerries."""
        return self._routes.is_among_land(lat_deg, lon_deg)

    def to_go_km(self, lat_deg: float, lon_deg: float, way: _Way | None = None) -> float:
        """Distance to the end of the leg."""
        distances = (way or self._ways[0]).distances
        if distances is None:
            return self.straight_km(lat_deg, lon_deg)
        return distances.to_end.km_from(lat_deg, lon_deg)

    def straight_km(self, lat_deg: float, lon_deg: float) -> float:
        """Distance to the end along the great circle."""
        return distance_km(lat_deg, lon_deg, self.end.lat_deg, self.end.lon_deg)

    def near_km(self, lat_deg: float, lon_deg: float) -> float:
        """Distance to the end over water by a chart finer than the lanes; NaN where that does not reach."""
        return self._routes.near_km((self.end.lat_deg, self.end.lon_deg), lat_deg, lon_deg)

    def near_detour_km(self, lat_deg: float, lon_deg: float) -> float:
        """How much longer the leg gets by being there, all by the finer chart; NaN where that does not reach."""
        start = (self.start.lat_deg, self.start.lon_deg)
        gone_km = self._routes.near_km(start, lat_deg, lon_deg)
        return gone_km + self.near_km(lat_deg, lon_deg) - self.near_km(*start)

    def waits_for_canal(self, lat_deg: float, lon_deg: float, radius_km: float) -> bool:
        """Near the end of a canal this leg uses."""
        return any(
            distance_km(lat_deg, lon_deg, lat, lon) <= radius_km for name in self.canals for lat, lon in CANALS[name]
        )

    def _detour_km(self, lat_deg: float, lon_deg: float, way: _Way, to_go_km: float) -> float:
        """How much longer the leg gets by being there: over open water or over the lanes, whichever says less."""
        distances = way.distances
        if distances is None:
            gone = distance_km(lat_deg, lon_deg, self.start.lat_deg, self.start.lon_deg)
            return max(0.0, gone + to_go_km - self.length_km)
        detour = distances.to_start.km_from(lat_deg, lon_deg) + to_go_km - distances.length_km
        if detour > self._near_km and distances.to_end is not distances.lanes_to_end:
            lanes = distances.lanes_to_start.km_from(lat_deg, lon_deg) + distances.lanes_to_end.km_from(
                lat_deg, lon_deg
            )
            detour = float(np.fmin(detour, lanes - distances.lanes_km))
        return max(0.0, detour)


def _sea_share(config: DiversionConfig, length_km: float) -> float:
    """Which share of a leg a detour may take: ocean passages are routed round weather, coastal ones are not."""
    ocean = (length_km - config.sea_coastal_km) / (config.sea_ocean_km - config.sea_coastal_km)
    return config.sea_detour_share + (config.sea_detour_share_ocean - config.sea_detour_share) * min(
        1.0, max(0.0, ocean)
    )


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
            self._known[key] = Leg(self._config, self._routes, mode, start, end, ways)
            if len(self._known) > _CACHED_LEGS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _great_circle(self, start: ItineraryNode, end: ItineraryNode) -> _Way:
        lat, lon = np.array([start.lat_deg, end.lat_deg]), np.array([start.lon_deg, end.lon_deg])
        return _Way(Path(lat, lon), None, None, (), 0)

    def _sea_ways(self, start: ItineraryNode, end: ItineraryNode) -> list[_Way]:
        ways = self._open_ways(start, end, (), 0)
        for canal in AVOIDABLE:
            if canal in ways[0].passages:
                round_it = self._open_ways(start, end, (canal,), len(ways))
                if _time_for(start, end, round_it[0].path.length_km):
                    ways += round_it
        return ways

    def _open_ways(self, start: ItineraryNode, end: ItineraryNode, avoid: tuple[str, ...], group: int) -> list[_Way]:
        """The shortest way over the lanes first, then those that approach the port from another side and are hardly longer, and the
        shortest over open water."""
        one, two = (start.lat_deg, start.lon_deg), (end.lat_deg, end.lon_deg)
        to_end, to_start = self._routes.distances_to(*two, avoid), self._routes.distances_to(*one, avoid)
        open_end, open_start = self._routes.open_distances_to(*two, avoid), self._routes.open_distances_to(*one, avoid)
        distances = _Distances(
            to_end, to_start, open_end or to_end, open_start or to_start, to_end.km_from(*one),
            float(np.fmin((open_end or to_end).km_from(*one), (open_start or to_start).km_from(*two))),
        )  # fmt: skip
        routes = [self._routes.route(*one, *two, avoid)]
        if distance_km(*one, *two) > DIRECT_KM:
            routes.append(self._routes.customary(*one, *two, avoid))
            routes += to_end.routes_from(*one, _HARDLY_LONGER, _HARDLY_LONGER_KM)
            back = to_start.routes_from(*two, _HARDLY_LONGER, _HARDLY_LONGER_KM)
            routes += [route.reversed() for route in back]
            routes += to_end.others(to_start, _OTHER_WAY)
        ways = [_Way(Path(r.lat_deg, r.lon_deg), r, distances, r.passages, group) for r in routes]
        if open_end is not None and open_start is not None:
            for corners in ([one, *open_end.corners_from(*one)], [two, *open_start.corners_from(*two)]):
                lat, lon = np.array(corners).T
                km = np.append(0.0, np.cumsum(distance_km_of(lat[:-1], lon[:-1], lat[1:], lon[1:])))
                ways.append(_Way(Path(lat, lon), Route(lat, lon, km, ()), distances, (), group))
        return ways


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
