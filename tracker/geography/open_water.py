"""How far it is over open water: the lane network, joined and left wherever the sight is clear, and pulled straight.

A network of lanes gives lengths that are right along the lanes and up to four times too long beside them. Here two nodes are joined, too,
wherever the great circle between them is water (``SIGHT_KM``), a ship joins at any node she sees within ``JOIN_KM``, and the way from there
is pulled straight round its corners: from each point it goes on to the farthest later point of the way that is in sight. So it is a visibility
graph (Lozano-Perez and Wesley, 1979, "An algorithm for planning collision-free paths among polyhedral obstacles") on the points the network
offers. A ship that sees her port has the great circle before her, and every mile sailed straight at it is a mile less.

Sight is clear where at most ``LAND_KM`` of the way is land, not counting ``SHORE_KM`` at a ship's and a port's end (berths and rivers are land
in the mask). Shoals are not in the mask: those that close a strait to ships are in ``SHOALS``.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.geodesy import (
    EARTH_RADIUS_KM,
    chord_of_km,
    distance_km,
    distance_km_scalar,
    interpolate,
    unit_vector,
    unit_vectors,
)
from streams.borrowed import borrowed
from tracker.geography.land import LandMask
from tracker.geography.nearest import PointIndex

SIGHT_KM: Final = 150.0
JOIN_KM: Final = 200.0
LAND_KM: Final = 1.0
SHORE_KM: Final = 6.0
_NODE_SHORE_KM: Final = 1.5
_MOST_TRIED: Final = 400
_JOINS: Final = 3
"""Ways by so many of the best nodes in sight are pulled straight; the shortest counts."""
_STEP_KM: Final = 0.5
_SAME_KM: Final = 30.0
"""Ways whose lengths differ by less may be one way."""
_LAST_KM: Final = 20.0
"""A strait is passed when the last stretch to a node in it brought a ship nearer (ours: the width of many a strait, and less than the depth of a bay that matters)."""
_ROWS: Final = 21_600
_COLUMNS: Final = 43_200
_CELLS_PER_DEG: Final = 120
_PER_QUARTER: Final = 30
SHOALS: Final = (
    ((9.25, 79.15), (9.0, 79.9)),  # Adam's Bridge between India and Ceylon: 1 to 2 m
    ((9.4, 79.0), (9.25, 79.15)),  # Pamban Channel: 4 m under a railway bridge
)
"""Shallow water no sea-going ship crosses, from one point to the other, latitude before longitude (Admiralty charts, NGA Pub. 173)."""


class Sea(NamedTuple):
    """What sight is judged by."""

    changes: NDArray[np.int32]
    """Change points of the mask."""
    rows: NDArray[np.int64]
    """Where each row of the mask begins among them."""
    near: NDArray[np.bool_]
    """Squares of a quarter degree with land in them or beside them, ``[720, 1440]``."""
    far: NDArray[np.bool_]
    """The same of one degree, ``[180, 360]``."""
    shoals: NDArray[np.float64]
    """Pairs of unit vectors, ``[n, 2, 3]``."""


class Way(NamedTuple):
    """The ways from all nodes to one place, and what was found of them when they were pulled straight."""

    points: NDArray[np.float64]
    """The nodes, unit vectors ``[n, 3]``."""
    place: NDArray[np.float64]
    node_km: NDArray[np.float64]
    node_next: NDArray[np.int32]
    pulled_km: NDArray[np.float64]
    """NaN where it was not pulled yet."""
    corner: NDArray[np.int32]
    """The next corner of the way, -1 for the place."""


class OpenWater:
    """A network of lanes with everything in sight of each other joined."""

    def __init__(
        self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], apart: NDArray[np.int64], land: LandMask
    ) -> None:
        """``apart``: a number per node; nodes of the same number other than -1 are joined by the network only (canals)."""
        from scipy.spatial import cKDTree  # noqa: PLC0415 (loaded when it is needed)

        self.lat_deg, self.lon_deg = lat_deg, lon_deg
        self.points = unit_vectors(lat_deg, lon_deg)
        self.sea = Sea(*_coarse(land.changes), _shoals())
        tree = cKDTree(self.points)
        pairs = tree.query_pairs(float(chord_of_km(SIGHT_KM)), output_type="ndarray").astype(np.int64)
        one, two = pairs[:, 0], pairs[:, 1]
        pairs = pairs[(apart[one] < 0) | (apart[one] != apart[two])]
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        clear = np.zeros(len(pairs), dtype=np.bool_)
        _clear_pairs(pairs, self.points, self.sea, clear)
        self.one, self.two = pairs[clear].T
        self.km = distance_km(lat_deg[self.one], lon_deg[self.one], lat_deg[self.two], lon_deg[self.two])

    def sees(self, lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> bool:
        """Whether the great circle between two places is water, but for the shores at its ends."""
        ends = unit_vectors(np.array([lat1_deg, lat2_deg]), np.array([lon1_deg, lon2_deg]))
        return bool(_clear(ends[0], ends[1], self.sea, SHORE_KM))


class OpenDistances:
    """Distance over open water from anywhere to one place.

    Parameters
    ----------
    water, index:
        The network and its tree.
    node_km, node_next:
        Shortest way from each node, and the node after it on that way (-1: the place itself).
    """

    def __init__(
        self, water: OpenWater, index: PointIndex, place: tuple[float, float], node_km: NDArray[np.float64],
        node_next: NDArray[np.int32],
    ) -> None:  # fmt: skip
        self._water, self._index = water, index
        self.lat_deg, self.lon_deg = place
        self._at = unit_vectors(np.array([place[0]]), np.array([place[1]]))[0]
        self._way = Way(
            water.points, self._at, node_km, node_next, np.full(len(node_km), np.nan), np.full(len(node_km), -1, dtype=np.int32)
        )  # fmt: skip

    def km_from(self, lat_deg: float, lon_deg: float) -> float:
        """Length of the shortest way; NaN where there is none in sight."""
        return self._begin(lat_deg, lon_deg)[0]

    def corners_from(self, lat_deg: float, lon_deg: float) -> list[tuple[float, float]]:
        """Where the shortest way turns, the place itself last."""
        km, node = self._begin(lat_deg, lon_deg)
        corners = []
        while not math.isnan(km) and node >= 0:
            corners.append((float(self._water.lat_deg[node]), float(self._water.lon_deg[node])))
            _pull(node, self._way, self._water.sea)
            node = int(self._way.corner[node])
        return [*corners, (self.lat_deg, self.lon_deg)]

    def nodes_ahead(
        self, back: OpenDistances, lat_deg: float, lon_deg: float, most_km: float, within_km: float
    ) -> list[tuple[float, float]]:
        """Nodes in sight to which a position lies on the way from where ``back`` leads to, and from which the place is reached without coming
        back by the position, the whole at most ``most_km`` long: she may be about to pass by another strait. Shortest first.

        The last steps to a node must bring her nearer: who turns back at the head of a bay has found no strait.
        """
        nodes = self._index.within(lat_deg, lon_deg, within_km)
        if not len(nodes):
            return []
        ahead_km = distance_km(lat_deg, lon_deg, self._water.lat_deg[nodes], self._water.lon_deg[nodes])
        came_km, onward_km = back.nodes_km(nodes), self.nodes_km(nodes)
        here_came_km, here_onward_km = back.km_from(lat_deg, lon_deg), self.km_from(lat_deg, lon_deg)
        fits = (
            (came_km + onward_km <= most_km)
            & (here_came_km + ahead_km <= came_km + _SAME_KM)
            & (onward_km <= ahead_km + here_onward_km - _SAME_KM)
        )
        found = nodes[fits][np.argsort((came_km + onward_km)[fits], kind="stable")]
        places = [(float(self._water.lat_deg[i]), float(self._water.lon_deg[i])) for i in found]
        seen = [place for place in places if self._water.sees(lat_deg, lon_deg, *place)]
        return [place for place in seen if self._nears_up_to(lat_deg, lon_deg, place)]

    def _nears_up_to(self, lat_deg: float, lon_deg: float, place: tuple[float, float]) -> bool:
        """Whether the last of the straight way to a place in sight brings a ship nearer."""
        ahead_km = float(distance_km(lat_deg, lon_deg, *place))
        if ahead_km <= _LAST_KM:
            return True
        lat, lon = interpolate(lat_deg, lon_deg, *place, 1.0 - _LAST_KM / ahead_km)
        return self.km_from(*place) < self.km_from(float(lat), float(lon))

    def nodes_km(self, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Lengths of the ways from nodes, pulled straight; infinite where there is none."""
        reached = nodes[self._way.node_km[nodes] < math.inf]
        for node in reached.tolist():
            _pull(node, self._way, self._water.sea)
        return np.where(np.isnan(self._way.pulled_km[nodes]), math.inf, self._way.pulled_km[nodes])

    def _begin(self, lat_deg: float, lon_deg: float) -> tuple[float, int]:
        """Length and the first corner, -1 for the place itself."""
        if not (math.isfinite(lat_deg) and math.isfinite(lon_deg)):
            return math.nan, -1
        here = np.array(unit_vector(lat_deg, lon_deg))
        water = self._water
        if _clear(here, self._at, water.sea, SHORE_KM):
            return distance_km_scalar(lat_deg, lon_deg, self.lat_deg, self.lon_deg), -1
        nodes = self._index.within(lat_deg, lon_deg, JOIN_KM)
        if not len(nodes):
            nodes = np.array([self._index.nearest_one(lat_deg, lon_deg)[0]])
        km, node = _join(here, nodes, self._way, water.sea)
        return float(km), int(node)


def _coarse(
    changes: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Where rows begin, and where there is no land far and wide, so that sight may be judged by longer steps."""
    rows = np.searchsorted(changes, np.arange(_ROWS + 1, dtype=np.int64) * _COLUMNS).astype(np.int64)
    quarter = np.zeros((_ROWS // _PER_QUARTER, _COLUMNS // _PER_QUARTER), dtype=np.bool_)
    _mark(changes, rows, quarter)
    whole: NDArray[np.bool_] = np.asarray(quarter.reshape(180, 4, 360, 4).any(axis=(1, 3)), dtype=np.bool_)
    return changes, rows, _beside(quarter), _beside(whole)


def _beside(land: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Squares with land in them or in one of the eight around."""
    rows = land | np.roll(land, 1, axis=1) | np.roll(land, -1, axis=1)
    rows[1:] |= rows[:-1].copy()
    rows[:-1] |= rows[1:].copy()
    return rows


def _shoals() -> NDArray[np.float64]:
    ends = np.array(SHOALS, dtype=np.float64)
    return np.stack([unit_vectors(ends[:, k, 0], ends[:, k, 1]) for k in (0, 1)], axis=1)


@numba.njit(cache=True, nogil=True)
def _mark(changes: NDArray[np.int32], rows: NDArray[np.int64], quarter: NDArray[np.bool_]) -> None:
    """Which squares of a quarter degree have land."""
    for row in range(len(rows) - 1):
        at, stop = rows[row], rows[row + 1]
        base = row * _COLUMNS
        column = 0
        land = at % 2 == 1
        while True:
            until = changes[at] - base if at < stop else _COLUMNS
            if land and until > column:
                for square in range(column // _PER_QUARTER, (until - 1) // _PER_QUARTER + 1):
                    quarter[row // _PER_QUARTER, square] = True
            if at >= stop:
                break
            column, land, at = until, not land, at + 1


@numba.njit(cache=True, nogil=True)
def _clear(one: NDArray[np.float64], two: NDArray[np.float64], sea: Sea, shore_km: float) -> bool:
    """Whether the great circle between two unit vectors is water, but for the shores at its ends and ``LAND_KM`` in all."""
    changes, rows, near, far, shoals = borrowed(sea)
    dx, dy, dz = one[0] - two[0], one[1] - two[1], one[2] - two[2]
    angle = 2.0 * math.asin(min(1.0, math.sqrt(dx * dx + dy * dy + dz * dz) / 2.0))
    km = angle * EARTH_RADIUS_KM
    if km <= 2.0 * shore_km:
        return True
    for k in range(len(shoals)):
        if _cross(one, two, shoals[k, 0], shoals[k, 1]):
            return False
    sine = math.sin(angle)
    if sine < 1e-9:
        return False
    on_land = 0.0
    along = shore_km
    while along < km - shore_km:
        part = along / km
        a, b = math.sin((1.0 - part) * angle) / sine, math.sin(part * angle) / sine
        x, y, z = a * one[0] + b * two[0], a * one[1] + b * two[1], a * one[2] + b * two[2]
        lat = math.degrees(math.atan2(z, math.sqrt(x * x + y * y)))
        lon = math.degrees(math.atan2(y, x))
        south, east = 90.0 - lat, lon + 180.0
        # the margin of one square: 111 km and 28 km from north to south, less from east to west
        shrink = max(math.cos(math.radians(min(88.0, abs(lat) + 1.0))), 0.02)
        if not far[min(int(south), 179), int(east) % 360]:
            along += max(_STEP_KM, 100.0 * shrink)
            continue
        if not near[min(int(south * 4.0), 719), int(east * 4.0) % 1440]:
            along += max(_STEP_KM, 25.0 * shrink)
            continue
        row = min(int(south * _CELLS_PER_DEG), _ROWS - 1)
        cell = row * _COLUMNS + min(int(east * _CELLS_PER_DEG), _COLUMNS - 1)
        low, high = rows[row], rows[row + 1]
        while low < high:
            middle = (low + high) // 2
            if changes[middle] <= cell:
                low = middle + 1
            else:
                high = middle
        if low % 2 == 1:
            on_land += _STEP_KM
            if on_land > LAND_KM:
                return False
        along += _STEP_KM
    return True


@numba.njit(cache=True, nogil=True)
def _cross(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]) -> bool:
    """Whether the great-circle arcs ab and cd cross."""
    return _side(a, b, c) * _side(a, b, d) < 0.0 and _side(c, d, a) * _side(c, d, b) < 0.0 and _dot(a, c) > 0.0


@numba.njit(cache=True, nogil=True)
def _side(a: NDArray[np.float64], b: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    return (
        p[0] * (a[1] * b[2] - a[2] * b[1]) + p[1] * (a[2] * b[0] - a[0] * b[2]) + p[2] * (a[0] * b[1] - a[1] * b[0])
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@numba.njit(cache=True, nogil=True)
def _arc_km(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return 2.0 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(dx * dx + dy * dy + dz * dz) / 2.0))


@numba.njit(cache=True, nogil=True)
def _clear_pairs(pairs: NDArray[np.int64], points: NDArray[np.float64], sea: Sea, clear: NDArray[np.bool_]) -> None:
    """Which pairs of nodes, ``[n, 2]``, see one another."""
    for i in range(len(pairs)):
        clear[i] = _clear(points[pairs[i, 0]], points[pairs[i, 1]], sea, _NODE_SHORE_KM)


@numba.njit(cache=True, nogil=True)
def _pull(node: int, way: Way, sea: Sea) -> None:
    """The next corner of the way from a node and the length of the way pulled straight, for it and all corners after it.

    From the far end: a way of many nodes is gone back from the place, so that each corner is known before it is used.
    """
    way, sea = borrowed(way), borrowed(sea)
    if not math.isnan(way.pulled_km[node]):
        return
    chain = [node]
    while way.node_next[chain[-1]] >= 0 and math.isnan(way.pulled_km[way.node_next[chain[-1]]]):
        chain.append(way.node_next[chain[-1]])
    for k in range(len(chain) - 1, -1, -1):
        at = chain[k]
        if _clear(way.points[at], way.place, sea, SHORE_KM):
            way.corner[at], way.pulled_km[at] = -1, _arc_km(way.points[at], way.place)
            continue
        target = way.node_next[at]
        if target < 0:  # a berth up a river: the network's own last piece
            way.corner[at], way.pulled_km[at] = -1, _arc_km(way.points[at], way.place)
            continue
        while way.corner[target] >= 0 and _clear(way.points[at], way.points[way.corner[target]], sea, _NODE_SHORE_KM):
            target = way.corner[target]
        way.corner[at], way.pulled_km[at] = target, _arc_km(way.points[at], way.points[target]) + way.pulled_km[target]


@numba.njit(cache=True, nogil=True)
def _join(here: NDArray[np.float64], nodes: NDArray[np.int64], way: Way, sea: Sea) -> tuple[float, int]:
    """The best of the ways by the first few nodes in sight, pulled straight; by the nearest node where none is in sight."""
    way, sea = borrowed(way), borrowed(sea)
    total = np.empty(len(nodes))
    closest, closest_km = -1, math.inf
    for i in range(len(nodes)):
        km = _arc_km(here, way.points[nodes[i]])
        total[i] = km + way.node_km[nodes[i]]
        if km < closest_km and total[i] < math.inf:
            closest, closest_km = i, km
    if closest < 0:
        return math.nan, -1
    found = 0
    best_km, best = math.inf, -1
    for _ in range(min(len(nodes), _MOST_TRIED)):
        i = int(np.argmin(total))
        if not total[i] < math.inf:
            break
        total[i] = math.inf
        if not _clear(here, way.points[nodes[i]], sea, SHORE_KM):
            continue
        km, first = _from_node(here, nodes[i], way, sea)
        if km < best_km:
            best_km, best = km, first
        found += 1
        if found >= _JOINS:
            break
    if found == 0:
        _pull(nodes[closest], way, sea)
        return closest_km + way.pulled_km[nodes[closest]], nodes[closest]
    return best_km, best


@numba.njit(cache=True, nogil=True)
def _from_node(here: NDArray[np.float64], node: int, way: Way, sea: Sea) -> tuple[float, int]:
    """Length of the way by one node, and its first corner: the last point of the way in sight, be it between two corners."""
    way, sea = borrowed(way), borrowed(sea)
    _pull(node, way, sea)
    target = node
    while way.corner[target] >= 0 and _clear(here, way.points[way.corner[target]], sea, SHORE_KM):
        target = way.corner[target]
    best = target
    best_km = _arc_km(here, way.points[target]) + way.pulled_km[target]
    between = way.node_next[target]
    while way.corner[target] >= 0 and between >= 0 and between != way.corner[target]:
        _pull(between, way, sea)
        km = _arc_km(here, way.points[between]) + way.pulled_km[between]
        if km < best_km - 0.1 and _clear(here, way.points[between], sea, SHORE_KM):
            best_km, best = km, between
        between = way.node_next[between]
    return best_km, best
