"""Shortest ways over the sea lanes: route between two points, and how far it still is to one.

The network is searoute's (4,109 lines, 2.66 million km, with the names of its passages), read from its file. Here it becomes a sparse
graph whose edges are at most ``EDGE_KM`` long, so that a ship in mid-ocean has a node near her, and Dijkstra runs in compiled code.

A point off the network joins it at any node no further than ``REACH_FACTOR`` times its nearest node plus ``REACH_KM`` to which the
straight way is water: at most ``LAND_KM`` of it may be land, not counting ``SHORE_KM`` at either end (berths, rivers and canals are land in
the mask). Of these the node that makes the whole way shortest is taken; where none is clear, the nearest. Two points closer than ``DIRECT_KM`` may also go straight. The network is coarse:
near ports and in narrow seas a legal ship can be 50 km off it, and lengths are good to a few per cent.

The Northwest Passage is closed unless asked for. Answers are cached, least recently used first out.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.corridor import Path
from models.geodesy import destination, distance_km, distance_km_scalar, interpolate
from tracker.geography.bundled import bundled_file
from tracker.geography.land import LandMask
from tracker.geography.near_water import NearWater, near_water
from tracker.geography.nearest import PointIndex
from tracker.geography.open_water import OpenDistances, OpenWater

_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")
EDGE_KM: Final = 100.0
REACH_FACTOR: Final = 1.5
REACH_KM: Final = 5.0
PORT_SIGHT_KM: Final = 60.0
"""Over open water a port is joined to every node in sight of it this near."""
LAND_KM: Final = 4.0
SHORE_KM: Final = 6.0
_LAND_STEP_KM: Final = 2.0
SAME_WAY_KM: Final = 10.0
_MOST_WAYS: Final = 4
_LAND_APART_KM: Final = 20.0
_AMONG_KM: Final = (8.0, 16.0)
_PLATEAU: Final = 0.2
_OTHER_WAY_KM: Final = 40.0
"""Nearer than this the corridor of one way is that of the other (25 km and more to either side)."""
_LONGEST_TRIED: Final = 16
DIRECT_KM: Final = 40.0
ALWAYS_CLOSED: Final = frozenset({"northwest"})
CLOSABLE: Final = ("suez", "panama", "kiel", "northwest")
"""Passages that may be closed: their points are joined by the network only."""
EXTRA_PASSAGES: Final = (
    ("kiel", ((53.874321, 9.041942), (53.89, 9.14), (54.31, 9.66), (54.365, 10.15), (54.454073, 10.310669))),
)
"""Passages the network lacks, latitude before longitude: the Kiel Canal, Brunsbuettel to Holtenau, between nodes of the network."""
_LON_SPAN: Final = 36_000_000
_CACHED_FIELDS: Final = 128
_CACHED_NEAR: Final = 64
"""Grids of some 300 kB each."""
_CACHED_ROUTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Route:
    """A way over the sea: its points in order, where each lies along it, and the passages it uses."""

    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    along_km: NDArray[np.float64]
    passages: tuple[str, ...]

    def reversed(self) -> Route:
        """The same way in the other direction."""
        return Route(
            self.lat_deg[::-1], self.lon_deg[::-1], self.along_km[-1] - self.along_km[::-1], self.passages[::-1]
        )

    @property
    def length_km(self) -> float:
        """Length from first to last point."""
        return float(self.along_km[-1])

    def position_at(self, along_km: Any) -> tuple[Any, Any]:
        """Latitude and longitude at a distance from the start (clipped to the route)."""
        along = np.clip(np.asarray(along_km, dtype=np.float64), 0.0, self.along_km[-1])
        leg = np.clip(np.searchsorted(self.along_km, along, side="right") - 1, 0, len(self.along_km) - 2)
        span = self.along_km[leg + 1] - self.along_km[leg]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(span > 0.0, (along - self.along_km[leg]) / span, 0.0)
        return interpolate(self.lat_deg[leg], self.lon_deg[leg], self.lat_deg[leg + 1], self.lon_deg[leg + 1], part)

    def sampled(self, step_km: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points every ``step_km`` (a little less, so that they divide the route evenly), both ends included."""
        count = max(1, int(np.ceil(self.length_km / step_km)))
        lat, lon = self.position_at(np.linspace(0.0, self.length_km, count + 1))
        return lat, lon


@dataclass(frozen=True, slots=True)
class SeaDistances:
    """Distance over the sea from anywhere to one point (the way to it and from it are equally long)."""

    network: _Network
    lat_deg: float
    lon_deg: float
    node_km: NDArray[np.float64]
    node_before: NDArray[np.int32]

    def km_from(self, lat_deg: float, lon_deg: float) -> float:
        """Length of the shortest way from a position; NaN where there is none or the position is missing."""
        return self._start(lat_deg, lon_deg)[0]

    def route_from(self, lat_deg: float, lon_deg: float) -> Route:
        """The shortest way from a position; the great circle where the network offers none."""
        return self.traced(lat_deg, lon_deg, self._start(lat_deg, lon_deg)[1])

    def traced(self, lat_deg: float, lon_deg: float, node: int) -> Route:
        """The shortest way from a position that joins the network at a given node (-1: goes straight)."""
        lats, lons, names = [lat_deg], [lon_deg], []
        while node >= 0:
            lats.append(float(self.network.lat_deg[node]))
            lons.append(float(self.network.lon_deg[node]))
            onward = int(self.node_before[node])
            name = self.network.passage.get((min(node, onward), max(node, onward)))
            if name is not None and name not in names:
                names.append(name)
            node = onward
        lat = np.array([*lats, self.lat_deg])
        lon = np.array([*lons, self.lon_deg])
        steps = distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:])
        return Route(lat, lon, np.concatenate([[0.0], np.cumsum(steps)]), tuple(names))

    def routes_from(self, lat_deg: float, lon_deg: float, longer: float, longer_km: float) -> list[Route]:
        """Ways from another point, one for each node at which that may join the network, shortest first.

        Only those at most ``longer`` times and ``longer_km`` more than the shortest, and none that keeps within ``SAME_WAY_KM`` of
        one before it.
        """
        nodes, km = self.network.clear_joins(lat_deg, lon_deg)
        total = km + self.node_km[nodes]
        routes: list[Route] = []
        for i in np.argsort(total, kind="stable").tolist():
            if not total[i] <= longer * total.min() + longer_km:
                break
            route = self.traced(lat_deg, lon_deg, int(nodes[i]))
            if all(_apart_km(route, other) > SAME_WAY_KM for other in routes):
                routes.append(route)
        return routes[:_MOST_WAYS]

    def others(self, back: SeaDistances, longer: float) -> list[Route]:
        """Other ways over the network from where ``back`` leads to: by another strait, on the other side of an island.

        A way counts that is at most ``longer`` times the shortest and has a plateau: a stretch of a fifth of it (``_PLATEAU``) that lies on the shortest
        way from its one end to the one point and from its other end to the other point (Cambridge Vehicle Information Technology, "Choice routing",
        2005; Abraham, Delling, Goldberg and Werneck 2013, "Alternative routes in road networks"). So a way out and back is none; nor is one over
        the same open water, with no land between it and the shorter ones. Shortest first.
        """
        total_km = self.node_km + back.node_km
        least_km = float(total_km.min())
        numbers = np.arange(len(total_km))
        on = (self.node_before >= 0) & (back.node_before[self.node_before] == numbers)
        came_from = back.node_before
        begins = on & ~((came_from >= 0) & on[came_from] & (self.node_before[came_from] == numbers))
        starts = np.flatnonzero(begins & (total_km <= longer * least_km))
        routes: list[Route] = []
        for first in starts[np.argsort(total_km[starts], kind="stable")].tolist():
            last = first
            while on[last]:
                last = int(self.node_before[last])
            if back.node_km[last] - back.node_km[first] < _PLATEAU * least_km:
                continue
            here = float(self.network.lat_deg[last]), float(self.network.lon_deg[last])
            route = _joined(back.traced(*here, last).reversed(), self.traced(*here, last))
            if not routes or all(
                _apart_km(route, other) > _OTHER_WAY_KM and self.network.land_between(route, other) for other in routes
            ):
                routes.append(route)
                if len(routes) > _MOST_WAYS:
                    break
        return routes[1:]  # the first is the shortest way itself

    def on_lane(self, lat_deg: float, lon_deg: float, within_km: float) -> bool:
        """Whether any lane of the network passes this close (nodes are at most ``EDGE_KM`` apart, mostly much less)."""
        return self.network.lane_km(lat_deg, lon_deg) <= within_km

    def _start(self, lat_deg: float, lon_deg: float) -> tuple[float, int]:
        """Length of the shortest way and the node where it joins the network, -1 for straight there."""
        if not (math.isfinite(lat_deg) and math.isfinite(lon_deg)):
            return float("nan"), -1
        straight = distance_km_scalar(lat_deg, lon_deg, self.lat_deg, self.lon_deg)
        if straight <= DIRECT_KM:
            return straight, -1
        nodes, km = self.network.joins(lat_deg, lon_deg)
        total = km + self.node_km[nodes]
        for i in np.argsort(total, kind="stable")[:_LONGEST_TRIED].tolist():
            if not math.isfinite(total[i]):
                break
            if self.network.clear(lat_deg, lon_deg, int(nodes[i])):
                return float(total[i]), int(nodes[i])
        nearest = int(np.argmin(km))
        return (float(total[nearest]), int(nodes[nearest])) if math.isfinite(total[nearest]) else (math.nan, -1)


class SeaRoutes:
    """The network of sea lanes. ``avoid`` names passages held closed, e.g. ``("suez",)``.

    Parameters
    ----------
    land:
        Gives the land mask when first needed; without one every straight way counts as water.
    """

    def __init__(self, land: Callable[[], LandMask] | None = None) -> None:
        self._land = land
        self._networks: dict[frozenset[str], _Network] = {}
        self._open: OrderedDict[tuple[Any, ...], OpenDistances | None] = OrderedDict()
        self._fields: OrderedDict[tuple[Any, ...], SeaDistances] = OrderedDict()
        self._routes: OrderedDict[tuple[Any, ...], Route] = OrderedDict()
        self._near: OrderedDict[tuple[float, float], NearWater | None] = OrderedDict()

    @cached_property
    def _lines(self) -> _Lines:
        return _read_lines()

    def distances_to(
        self, lat_deg: float, lon_deg: float, avoid: Iterable[str] = (), *, arctic: bool = False
    ) -> SeaDistances:
        """Distances from anywhere to one point."""
        closed = frozenset(avoid) | (frozenset() if arctic else ALWAYS_CLOSED)
        if closed not in self._networks:
            self._networks[closed] = _Network(self._lines, closed, self._land)
        key, network = (lat_deg, lon_deg, closed), self._networks[closed]
        return _kept(self._fields, key, _CACHED_FIELDS, lambda: network.distances_to(lat_deg, lon_deg))

    @cached_property
    def _water(self) -> OpenWater | None:
        """The network with everything in sight of each other joined; None where there is no land mask."""
        if self._land is None:
            return None
        lines = self._lines
        names, number = np.unique(lines.passage.astype(str), return_inverse=True)
        apart = np.full(len(lines.lat_deg), -1, dtype=np.int64)
        named = np.isin(names, CLOSABLE)[number]
        apart[lines.edges[:, named].ravel()] = np.tile(number[named], 2)
        return OpenWater(lines.lat_deg, lines.lon_deg, apart, self._land())

    def open_distances_to(self, lat_deg: float, lon_deg: float, avoid: Iterable[str] = ()) -> OpenDistances | None:
        """Distances over open water from anywhere to one point; None where there is no land mask."""
        water = self._water
        if water is None:
            return None
        network = self.distances_to(lat_deg, lon_deg, avoid).network
        key = (lat_deg, lon_deg, frozenset(avoid) | ALWAYS_CLOSED)
        return _kept(self._open, key, _CACHED_FIELDS, lambda: network.open_distances_to(lat_deg, lon_deg, water))

    def near_km(self, place: tuple[float, float], lat_deg: float, lon_deg: float) -> float:
        """Distance over water to a place within some 1,000 km (``near_water``); NaN beyond, and where there is no land mask."""
        if self._land is None:
            return math.nan
        land = self._land()
        found = _kept(self._near, place, _CACHED_NEAR, lambda: near_water(land, *place))
        return math.nan if found is None else found.km_from(lat_deg, lon_deg)

    def customary(
        self, lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float, avoid: Iterable[str] = ()
    ) -> Route:
        """The way that searoute itself would give, with both ends put on: what others declare and simulate routes with."""
        closed = frozenset(avoid)
        network = self.distances_to(lat2_deg, lon2_deg, closed).network
        one, two = network.vertex_near(lat1_deg, lon1_deg), network.vertex_near(lat2_deg, lon2_deg)
        lat, lon = float(network.lat_deg[two]), float(network.lon_deg[two])
        lane = self.distances_to(lat, lon, closed).traced(lat1_deg, lon1_deg, one)
        lats, lons = np.append(lane.lat_deg, lat2_deg), np.append(lane.lon_deg, lon2_deg)
        steps = distance_km(lats[:-1], lons[:-1], lats[1:], lons[1:])
        return Route(lats, lons, np.concatenate([[0.0], np.cumsum(steps)]), lane.passages)

    def land_divides(self, lat_deg: float, lon_deg: float, way: Route) -> bool:
        """Whether there is land (``_LAND_APART_KM`` of it) between a place and a way."""
        if self._land is None:
            return False
        off_km, along_km = Path(way.lat_deg, way.lon_deg).project_one(lat_deg, lon_deg)
        return _land_divides(self._land(), lat_deg, lon_deg, way, off_km, along_km)

    def is_among_land(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether half of what lies around a place (``_AMONG_KM``) is land to the mask: rivers, fjords, skerries."""
        if self._land is None:
            return False
        courses, radii = np.meshgrid(np.arange(0.0, 360.0, 45.0), _AMONG_KM)
        lat, lon = destination(lat_deg, lon_deg, courses.ravel(), radii.ravel())
        return float(self._land().is_land(lat, lon).mean()) >= 0.5

    def route(
        self, lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float, avoid: Iterable[str] = ()
    ) -> Route:
        """The shortest way from 1 to 2."""
        closed = frozenset(avoid)
        key = (lat1_deg, lon1_deg, lat2_deg, lon2_deg, closed)

        def found() -> Route:
            return self.distances_to(lat2_deg, lon2_deg, closed).route_from(lat1_deg, lon1_deg)

        return _kept(self._routes, key, _CACHED_ROUTES, found)


def _kept(answers: OrderedDict[_Key, _Answer], key: _Key, most: int, find: Callable[[], _Answer]) -> _Answer:
    """An answer found before, or found now and kept; the one least recently asked for goes first."""
    if key not in answers:
        answers[key] = find()
        if len(answers) > most:
            answers.popitem(last=False)
    answers.move_to_end(key)
    return answers[key]


@dataclass(frozen=True, slots=True)
class _Lines:
    """All segments of the network, cut to at most ``EDGE_KM``: nodes, edges between them, passage of each edge ("" for none), and which
    nodes are points of the published network itself."""

    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    edges: NDArray[np.int64]
    passage: NDArray[np.object_]
    vertex: NDArray[np.bool_]


def _read_lines() -> _Lines:
    collection = json.loads(bundled_file("searoute", "data", "marnet_searoute.geojson").read_bytes())
    parts, names = [], []
    for feature in collection["features"]:
        shape = feature["geometry"]
        for part in shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]:
            parts.append(part)
            names.append(feature["properties"].get("passage") or "")
    for name, line in EXTRA_PASSAGES:
        parts.append([[lon, lat] for lat, lon in line])
        names.append(name)
    counts = np.array([len(part) for part in parts])
    points = np.array([point[:2] for part in parts for point in part], dtype=np.float64)
    first = np.ones(len(points), dtype=np.bool_)
    first[np.cumsum(counts) - 1] = False  # the last point of a line starts no segment
    one = np.flatnonzero(first)
    passage = np.repeat(np.array(names, dtype=object), counts - 1)
    lat, lon = points[:, 1], points[:, 0]
    pieces = np.ceil(distance_km(lat[one], lon[one], lat[one + 1], lon[one + 1]) / EDGE_KM).astype(np.int64)
    one, passage, pieces = one[pieces > 0], passage[pieces > 0], pieces[pieces > 0]
    segment = np.repeat(np.arange(len(one)), pieces)
    piece = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    ends = []
    for step in (piece, piece + 1):
        part_of = step / pieces[segment]
        a = one[segment]
        lats, lons = interpolate(lat[a], lon[a], lat[a + 1], lon[a + 1], part_of)
        at_start, at_end = step == 0, step == pieces[segment]
        lats = np.where(at_start, lat[a], np.where(at_end, lat[a + 1], lats))
        lons = wrap_longitude(np.where(at_start, lon[a], np.where(at_end, lon[a + 1], lons)))
        ends.append(
            np.round(lats * 1e5).astype(np.int64) * _LON_SPAN + np.round(lons * 1e5).astype(np.int64) % _LON_SPAN
        )
    keys, number = np.unique(np.stack(ends), return_inverse=True)
    lat_whole, lon_whole = np.divmod(keys, _LON_SPAN)
    edges = number.reshape(2, -1)
    vertex = np.zeros(len(keys), dtype=np.bool_)
    vertex[edges[0][(piece == 0) & (passage[segment] != "kiel")]] = True
    vertex[edges[1][(piece + 1 == pieces[segment]) & (passage[segment] != "kiel")]] = True
    return _Lines(lat_whole / 1e5, wrap_longitude(lon_whole / 1e5), edges, passage[segment], vertex)


def _land_divides(
    land: LandMask, lat_deg: float, lon_deg: float, way: Route, off_km: float, along_km: float
) -> bool:  # fmt: skip
    """Whether there is land (``_LAND_APART_KM`` of it) between a place and the point of a way that is nearest to it."""
    part = np.linspace(0.0, 1.0, max(2, round(off_km / _LAND_STEP_KM)))
    lat, lon = interpolate(lat_deg, lon_deg, *way.position_at(along_km), part)
    return float(land.is_land(lat, lon).sum()) * _LAND_STEP_KM >= _LAND_APART_KM


def _joined(one: Route, other: Route) -> Route:
    """One way after the other."""
    passages = tuple(dict.fromkeys((*one.passages, *other.passages)))
    return Route(
        np.concatenate([one.lat_deg, other.lat_deg]), np.concatenate([one.lon_deg, other.lon_deg]),
        np.concatenate([one.along_km, one.length_km + other.along_km]), passages,
    )  # fmt: skip


def _apart_km(one: Route, other: Route) -> float:
    """How far the first way gets from the second."""
    return float(Path(other.lat_deg, other.lon_deg).project(one.lat_deg, one.lon_deg)[0].max())


class _Network:
    """The graph with some passages closed."""

    def __init__(self, lines: _Lines, closed: frozenset[str], land: Callable[[], LandMask] | None) -> None:
        self._land = land
        self.lat_deg, self.lon_deg = lines.lat_deg, lines.lon_deg
        self._index = PointIndex(self.lat_deg, self.lon_deg)
        self._vertices = np.flatnonzero(lines.vertex)
        open_ = ~np.isin(lines.passage.astype(str), sorted(closed)) if closed else np.ones(len(lines.passage), np.bool_)
        named = np.flatnonzero(open_ & (lines.passage != ""))
        ordered = np.sort(lines.edges, axis=0)
        self.passage = {(int(ordered[0, i]), int(ordered[1, i])): str(lines.passage[i]) for i in named}
        edges = np.unique(ordered[:, open_ & (ordered[0] != ordered[1])], axis=1)
        one, two = edges
        km = distance_km(self.lat_deg[one], self.lon_deg[one], self.lat_deg[two], self.lon_deg[two])
        from scipy.sparse import csr_matrix  # noqa: PLC0415 (loaded when a route is asked for)

        self._graph = csr_matrix((km, (one, two)), shape=(len(self.lat_deg), len(self.lat_deg)))

    def joins(self, lat_deg: float, lon_deg: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Nodes at which a point may join the network, and how far each is; the way there is not looked at."""
        _, nearest_km = self._index.nearest_one(lat_deg, lon_deg)
        nodes = self._index.within(lat_deg, lon_deg, REACH_FACTOR * nearest_km + REACH_KM)
        return nodes, distance_km(lat_deg, lon_deg, self.lat_deg[nodes], self.lon_deg[nodes])

    def clear_joins(self, lat_deg: float, lon_deg: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Of the nodes at which a point may join the network those the straight way to which is water; else the nearest."""
        nodes, km = self.joins(lat_deg, lon_deg)
        clear = np.array([self.clear(lat_deg, lon_deg, int(node)) for node in nodes])
        keep = clear if clear.any() else km == km.min()
        return nodes[keep], km[keep]

    def vertex_near(self, lat_deg: float, lon_deg: float) -> int:
        """The point of the published network that is nearest in plain degrees, as searoute itself takes it."""
        at = self._vertices
        return int(at[np.argmin((self.lat_deg[at] - lat_deg) ** 2 + (self.lon_deg[at] - lon_deg) ** 2)])

    def lane_km(self, lat_deg: float, lon_deg: float) -> float:
        """Distance to the nearest node."""
        return self._index.nearest_one(lat_deg, lon_deg)[1]

    def land_between(self, one: Route, other: Route) -> bool:
        """Whether there is land (``_LAND_APART_KM`` of it) between two ways, where the first gets farthest from the second."""
        if self._land is None:
            return False
        off_km, along_km = Path(other.lat_deg, other.lon_deg).project(one.lat_deg, one.lon_deg)
        far = int(off_km.argmax())
        return _land_divides(
            self._land(),
            float(one.lat_deg[far]),
            float(one.lon_deg[far]),
            other,
            float(off_km[far]),
            float(along_km[far]),
        )

    def clear(self, lat_deg: float, lon_deg: float, node: int) -> bool:
        """Whether the straight way from a point to a node is water."""
        end_lat, end_lon = float(self.lat_deg[node]), float(self.lon_deg[node])
        km = distance_km_scalar(lat_deg, lon_deg, end_lat, end_lon)
        if self._land is None or km <= 2.0 * SHORE_KM:
            return True
        part = np.arange(SHORE_KM, km - SHORE_KM, _LAND_STEP_KM) / km
        east = (end_lon - lon_deg + 180.0) % 360.0 - 180.0
        lat, lon = lat_deg + (end_lat - lat_deg) * part, (lon_deg + east * part + 180.0) % 360.0 - 180.0
        return float(self._land().is_land(lat, lon).sum()) * _LAND_STEP_KM <= LAND_KM

    def open_distances_to(self, lat_deg: float, lon_deg: float, water: OpenWater) -> OpenDistances:
        """Dijkstra from one point over the network and all that is in sight of each other."""
        nodes, _ = self.clear_joins(lat_deg, lon_deg)
        around = self._index.within(lat_deg, lon_deg, PORT_SIGHT_KM)
        at = [
            i for i in around.tolist()
            if water.sees(lat_deg, lon_deg, float(self.lat_deg[i]), float(self.lon_deg[i]))
        ]  # fmt: skip
        nodes = np.union1d(nodes, np.array(at, dtype=np.int64))
        km = distance_km(lat_deg, lon_deg, self.lat_deg[nodes], self.lon_deg[nodes])
        count = self._graph.shape[0]
        from scipy.sparse import coo_matrix  # noqa: PLC0415
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

        lanes = self._graph.tocoo()
        one = np.concatenate([lanes.row, water.one, np.full(len(nodes), count)])
        two = np.concatenate([lanes.col, water.two, nodes])
        pairs, first = np.unique(one * (count + 1) + two, return_index=True)
        length = np.concatenate([lanes.data, water.km, np.maximum(km, 1e-6)])[first]
        whole = coo_matrix((length, np.divmod(pairs, count + 1)), shape=(count + 1, count + 1)).tocsr()
        node_km, before = dijkstra(whole, directed=False, indices=count, return_predecessors=True)
        before = np.where((before == count) | (before < 0), -1, before).astype(np.int32)
        return OpenDistances(water, self._index, (lat_deg, lon_deg), node_km[:count], before[:count])

    def distances_to(self, lat_deg: float, lon_deg: float) -> SeaDistances:
        """Dijkstra from one point: it becomes a node of its own beside the nodes it may join."""
        nodes, km = self.clear_joins(lat_deg, lon_deg)
        count = self._graph.shape[0]
        from scipy.sparse import csr_matrix  # noqa: PLC0415
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

        joined = csr_matrix((np.maximum(km, 1e-6), (np.full(len(nodes), count), nodes)), shape=(count + 1, count + 1))
        whole = self._graph.copy()
        whole.resize((count + 1, count + 1))
        node_km, before = dijkstra(whole + joined, directed=False, indices=count, return_predecessors=True)
        before = np.where((before == count) | (before < 0), -1, before).astype(np.int32)
        return SeaDistances(self, lat_deg, lon_deg, node_km[:count], before[:count])
