"""Rings on the globe as one planar polygon: the antimeridian, poles, holes and crossed edges are settled here, once.

Longitude and latitude are taken as plane coordinates and edges as straight lines in them (RFC 7946, 3.1.1). Longitudes of the polygon made
run on across 180 from wherever the first ring begins; a point is moved by whole turns into that frame before it is asked about.

Edges
    longer than 180 degrees of longitude go the short way round, across the antimeridian; one of exactly 360 degrees is meant as it stands
    (a band around the earth) unless that leaves no area.
Rings
    whose longitudes run once around the earth hold the nearer pole.
Parts
    cut at the antimeridian (RFC 7946, 3.1.9) are joined again, so that the cut is no edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from models.geodesy import distance_km
from tracker.units import KM_PER_DEG

Ring = NDArray[np.float64]
"""Longitudes and latitudes, shape (n, 2), first and last alike."""

_TURN: Final = 360.0
_MANY_CORNERS: Final = 2000


def polygon_of(parts: Sequence[Sequence[Ring]]) -> tuple[BaseGeometry, bool]:
    """The polygon of some parts, each an outer ring and its holes; and whether crossed edges had to be repaired.

    An empty polygon comes back where the rings enclose no area.
    """
    whole: BaseGeometry = shapely.Polygon()
    repaired = False
    for outer, *holes in parts:
        shape, mended = _filled(outer)
        repaired |= mended
        for ring in holes:
            hole, mended = _filled(ring)
            repaired |= mended
            shape = shape.difference(_beside(hole, shape))
        whole = shape if whole.is_empty else shapely.union(whole, _beside(shape, whole))
    return _folded(_areas(whole)), repaired


class Outline:
    """One polygon ready to be asked: which points it covers, how far they are from its edge."""

    def __init__(self, polygon: BaseGeometry) -> None:
        self.polygon = polygon
        self.west_deg, self.south_deg, self.east_deg, self.north_deg = (float(v) for v in polygon.bounds)
        self._middle_deg = (self.west_deg + self.east_deg) / 2.0
        self._narrow = np.cos(np.radians(min(89.0, abs(self.south_deg + self.north_deg) / 2.0)))
        self._coarse: _Edges | None = None
        self._exact: _Edges | None = None
        shapely.prepare(self.polygon)

    def in_frame(self, lon_deg: Any) -> Any:
        """Longitudes moved by whole turns to where the polygon lies."""
        return self._middle_deg + np.mod(np.asarray(lon_deg) - self._middle_deg + 180.0, _TURN) - 180.0

    def covers(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        """True for points inside or on the edge."""
        x = self.in_frame(lon_deg)
        inside = (lat_deg >= self.south_deg) & (lat_deg <= self.north_deg) & (x >= self.west_deg) & (x <= self.east_deg)
        rows = np.flatnonzero(inside)
        inside[rows] = shapely.intersects_xy(self.polygon, x[rows], lat_deg[rows])
        return inside

    def edge_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance to the nearest edge, whichever side of it a point is; infinite where there is no edge.

        Of outlines with very many corners the edge is a simplified one, and the distance off by its tolerance: a thousandth of the outline's
        size, doubled until it is simple enough.
        """
        if self._coarse is None:
            self._coarse = _Edges(self._simple(), self._narrow)
        return self._coarse.distance_km(lat_deg, self.in_frame(lon_deg), np.inf)

    def beyond(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], km: float) -> NDArray[np.bool_]:
        """True for points outside that are farther than ``km`` from the edge (points inside are to be told apart before)."""
        x = self.in_frame(lon_deg)
        margin_lat = km / KM_PER_DEG
        margin_lon = margin_lat / np.maximum(np.cos(np.radians(np.minimum(np.abs(lat_deg) + margin_lat, 90.0))), 1e-9)
        off_lat = np.maximum(self.south_deg - lat_deg, lat_deg - self.north_deg)
        off_lon = np.maximum(self.west_deg - x, x - self.east_deg)
        far: NDArray[np.bool_] = (off_lat > margin_lat) | (
            (off_lon > margin_lon) & (self.east_deg - self.west_deg < 180.0)
        )
        near = np.flatnonzero(~far)
        if len(near):
            if self._exact is None:
                self._exact = _Edges(self.polygon, self._narrow)
            far[near] = self._exact.distance_km(lat_deg[near], x[near], km) > km
        return far

    def _simple(self) -> BaseGeometry:
        """The polygon with at most ``_MANY_CORNERS``, if need be at the cost of precision."""
        shape, tolerance = self.polygon, 1e-3 * max(self.east_deg - self.west_deg, self.north_deg - self.south_deg)
        while shapely.get_num_coordinates(shape) > _MANY_CORNERS:
            simpler = self.polygon.simplify(tolerance, preserve_topology=False)
            if simpler.is_empty:
                break
            shape, tolerance = simpler, 2.0 * tolerance
        return shape


class _Edges:
    """The edges of a polygon in a tree, in a plane whose longitudes are narrowed as at the polygon's middle latitude."""

    def __init__(self, polygon: BaseGeometry, narrow: float) -> None:
        self._narrow = narrow
        self._edges = _real_edges(polygon)
        self._tree = shapely.STRtree(shapely.linestrings(self._edges * np.array([narrow, 1.0])))
        highest = np.abs(self._edges[:, :, 1]).max() if len(self._edges) else 0.0
        self._stretch = max(1.0, narrow / max(np.cos(np.radians(highest)), 0.02))

    def distance_km(self, lat_deg: Any, x_deg: Any, at_most_km: float) -> NDArray[np.float64]:
        """Distance to the nearest edge; infinite where it is farther than ``at_most_km``, give or take the plane's distortion."""
        out = np.full(len(lat_deg), np.inf)
        if len(lat_deg) == 0 or len(self._edges) == 0:
            return out
        reach = 2.0 * at_most_km / KM_PER_DEG * self._stretch + 1e-9 if np.isfinite(at_most_km) else None
        points = shapely.points(x_deg * self._narrow, lat_deg)
        asked, nearest = self._tree.query_nearest(points, max_distance=reach, all_matches=False)
        lat, lon, edge = lat_deg[asked], x_deg[asked], self._edges[nearest]
        scale = np.stack([np.cos(np.radians(lat)), np.ones(len(lat))], axis=-1)
        along = (edge[:, 1] - edge[:, 0]) * scale
        to_point = (np.stack([lon, lat], axis=-1) - edge[:, 0]) * scale
        part = np.sum(to_point * along, axis=1) / np.maximum(np.sum(along * along, axis=1), 1e-300)
        foot = edge[:, 0] + np.clip(part, 0.0, 1.0)[:, None] * (edge[:, 1] - edge[:, 0])
        out[asked] = distance_km(lat, lon, foot[:, 1], foot[:, 0])
        return out


def _real_edges(polygon: BaseGeometry) -> NDArray[np.float64]:
    """Edges as (n, 2 ends, lon lat), without poles and the seam where a polygon around the earth meets itself."""
    pairs = []
    for ring in shapely.get_rings(shapely.get_parts(polygon)):
        points = shapely.get_coordinates(ring)
        pairs.append(np.stack([points[:-1], points[1:]], axis=1))
    edges = np.concatenate(pairs)
    at_pole = (np.abs(edges[:, :, 1]) >= 90.0).all(axis=1)
    seam = np.zeros(len(edges), dtype=np.bool_)
    west, _, east, _ = polygon.bounds
    if east - west >= _TURN - 1e-9:
        for meridian in (west, east):
            seam |= (np.abs(edges[:, :, 0] - meridian) < 1e-9).all(axis=1)
    kept: NDArray[np.float64] = edges[~(at_pole | seam)]
    return kept


def _filled(ring: Ring) -> tuple[BaseGeometry, bool]:
    """The area within a ring, and whether it was repaired."""
    shape, mended = _unrolled(ring, whole_turns=True)
    return (shape, mended) if shape.area > 0.0 else _unrolled(ring, whole_turns=False)


def _unrolled(ring: Ring, *, whole_turns: bool) -> tuple[BaseGeometry, bool]:
    """The area of a ring with its longitudes running on; ``whole_turns`` believes steps of exactly 360 degrees."""
    steps = np.diff(ring[:, 0])
    short = np.mod(steps + 180.0, _TURN) - 180.0
    literal = (np.abs(steps) <= 180.0) | (whole_turns & (np.abs(steps) == _TURN))
    x = ring[0, 0] + np.concatenate([[0.0], np.cumsum(np.where(literal, steps, short))])
    points = np.stack([x, ring[:, 1]], axis=1)
    if abs(x[-1] - x[0]) > 180.0:
        pole = 90.0 if ring[:, 1].mean() > 0.0 else -90.0
        points = np.concatenate([points, [[x[-1], pole], [x[0], pole], points[0]]])
    else:
        points[-1] = points[0]
    shape = shapely.Polygon(points)
    mended = not shape.is_valid
    return _areas(shapely.make_valid(shape) if mended else shape), mended


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """Only what has area: repair and union may leave lines and points."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.area > 0.0])


def _shifted(shape: BaseGeometry, east_deg: float) -> BaseGeometry:
    return shapely.transform(shape, lambda points: points + np.array([east_deg, 0.0])) if east_deg else shape


def _beside(shape: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """``shape`` moved by whole turns next to ``other``; around the earth it is laid out on both sides as well."""
    if shape.is_empty or other.is_empty:
        return shape
    west, _, east, _ = shape.bounds
    other_west, _, other_east, _ = other.bounds
    turns = round(((other_west + other_east) - (west + east)) / 2.0 / _TURN)
    moved = _shifted(shape, turns * _TURN)
    if east - west < _TURN - 1e-9:
        return moved
    return shapely.union_all([_shifted(moved, turn) for turn in (-_TURN, 0.0, _TURN)])


def _folded(shape: BaseGeometry) -> BaseGeometry:
    """A shape wider than one turn laid over itself within one."""
    if shape.is_empty:
        return shape
    west, south, east, north = shape.bounds
    if east - west <= _TURN + 1e-9:
        return shape
    turns = int(np.ceil((east - west) / _TURN - 1e-9))
    frame = shapely.box(west, south, west + _TURN, north)
    return _areas(shapely.union_all([_shifted(shape, -_TURN * k).intersection(frame) for k in range(turns)]))
