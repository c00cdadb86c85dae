"""Zones: areas of interest that people bring as GeoJSON (RFC 7946), and which points lie in which of them.

A file holds a FeatureCollection, a Feature, or a bare Polygon or MultiPolygon (named after the file). Properties of a feature:

=================  ======  ==============================================================================================
``name``           needed  what people call it
``zone_id``                stable name in event ids and evidence; ``name`` where it is missing; no two alike
``applies_to``     both    ``sea``, ``air`` or ``both``
``sense``          inside  ``inside``: an event is being inside; ``outside``: having been inside and being outside
``min_altitude_ft``        aircraft lower than this are not inside
``max_altitude_ft``        aircraft higher than this are not inside
=================  ======  ==============================================================================================

Lookup: rows in half-degree cells that no zone's bounding box touches are dropped at the cost of one table look-up. What is left
is compared with the bounding boxes, one by one or, where zones are many, through a tree; then with the polygons, zone by zone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from models.angles import wrap_longitude
from streams.errors import StreamError
from streams.files import read_whole
from tracker.errors import InputError
from tracker.geography.polygons import Outline, Ring, polygon_of

APPLIES_TO: Final = ("both", "sea", "air")
SENSES: Final = ("inside", "outside")
MAX_VERTICES: Final = 1_000_000
MOST_BYTES: Final = 200_000_000
"""Of a zones file, unpacked: a million vertices take some 40 MB."""
MAX_ZONES: Final = 32_767
_MAX_LON_DEG: Final = 540.0
_NO_DEGREES: Final = 1e9
_FEW_ZONES: Final = 24
_CELLS: Final = 2
_LONGITUDES: Final = 360 * _CELLS
_LATITUDES: Final = 180 * _CELLS
_BLOCK_ROWS: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Zone:
    """One area of interest."""

    zone_id: str
    name: str
    outline: Outline
    applies_to: str = "both"
    sense: str = "inside"
    min_altitude_ft: float = -math.inf
    max_altitude_ft: float = math.inf

    @property
    def has_altitudes(self) -> bool:
        """Is the zone bounded above or below?"""
        return math.isfinite(self.min_altitude_ft) or math.isfinite(self.max_altitude_ft)


class ZoneSet:
    """Zones of one run, numbered in the order of their ids; ``warnings`` says what was repaired while reading."""

    def __init__(self, zones: Sequence[Zone] = (), warnings: Sequence[str] = ()) -> None:
        self.zones = tuple(sorted(zones, key=lambda zone: zone.zone_id))
        self.warnings = tuple(warnings)
        self._touched = np.zeros(_LATITUDES * _LONGITUDES, dtype=np.bool_)
        boxes, owners = [], []
        for number, zone in enumerate(self.zones):
            outline = zone.outline
            self._touch(outline)
            for turn in (-360.0, 0.0, 360.0):
                west, east = outline.west_deg + turn, outline.east_deg + turn
                if west <= 180.0 and east >= -180.0:
                    boxes.append(shapely.box(west, outline.south_deg, east, outline.north_deg))
                    owners.append(number)
        self._owners = np.array(owners, dtype=np.int64)
        self._tree = shapely.STRtree(boxes)

    def __len__(self) -> int:
        return len(self.zones)

    def holding(
        self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which points lie in which zones: pairs (point, zone number), ordered by zone, then point. No missing values."""
        row = np.minimum((np.asarray(lat_deg) + 90.0) * _CELLS, _LATITUDES - 1).astype(np.int64)
        column = (np.mod(np.asarray(lon_deg) + 180.0, 360.0) * _CELLS).astype(np.int64) % _LONGITUDES
        near = np.flatnonzero(self._touched[row * _LONGITUDES + column])
        lat, lon = lat_deg[near], lon_deg[near]
        points: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        numbers: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        for number, some in self._candidates(lat, lon):
            inside = some[self.zones[number].outline.covers(lat[some], lon[some])]
            points.append(near[inside])
            numbers.append(np.full(len(inside), number, dtype=np.int64))
        return np.concatenate(points), np.concatenate(numbers)

    def _candidates(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64]
    ) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Zone numbers in order, each with the points that may lie in it."""
        if len(lat) == 0:
            return
        if len(self.zones) <= _FEW_ZONES:
            every = np.arange(len(lat))
            for number in range(len(self.zones)):
                yield number, every
            return
        wrapped = wrap_longitude(lon)
        found: list[NDArray[np.int64]] = []
        for first in range(0, len(lat), _BLOCK_ROWS):
            block = slice(first, first + _BLOCK_ROWS)
            point, box = self._tree.query(shapely.points(wrapped[block], lat[block]))
            found.append(self._owners[box] * len(lat) + point + first)
        pairs = np.unique(np.concatenate(found))
        owner, point = np.divmod(pairs, len(lat))
        numbers, starts = np.unique(owner, return_index=True)
        if len(numbers) == 0:
            return
        for number, some in zip(numbers, np.split(point, starts[1:]), strict=True):
            yield int(number), some

    def _touch(self, outline: Outline) -> None:
        """Mark the cells of a bounding box."""
        south = max(int((outline.south_deg + 90.0) * _CELLS), 0)
        north = min(int((outline.north_deg + 90.0) * _CELLS), _LATITUDES - 1)
        west = math.floor((outline.west_deg + 180.0) * _CELLS)
        east = math.floor((outline.east_deg + 180.0) * _CELLS)
        columns = np.arange(west, min(east, west + _LONGITUDES - 1) + 1) % _LONGITUDES
        grid = self._touched.reshape(_LATITUDES, _LONGITUDES)
        grid[south : north + 1, columns] = True


NO_ZONES: Final = ZoneSet()


def read_zones(path: Path) -> ZoneSet:
    """Zones of a GeoJSON file; ``InputError`` says what is wrong, in which feature, and how to mend it."""
    try:
        document = json.loads(read_whole(path, MOST_BYTES).decode("utf-8-sig"))
    except OSError as exc:
        raise InputError(f"cannot be read ({exc.strerror})", str(path), "check the name of the zones file") from exc
    except StreamError as exc:
        raise InputError(
            f"cannot be read: it {exc}", str(path), "simplify the outlines, or check that it is whole"
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise InputError(f"is not JSON ({exc})", str(path), "zones are a GeoJSON file (docs/zones.md)") from exc
    return zones_from(document, path.name, path.stem)


def zones_from(document: Any, where: str, bare_name: str = "zone") -> ZoneSet:
    """Zones of a parsed GeoJSON document; ``bare_name`` names a geometry without a feature around it."""
    zones: list[Zone] = []
    warnings: list[str] = []
    ids: set[str] = set()
    vertices = 0
    for spot, properties, geometry in _features(document, where, bare_name):
        parts = _parts(geometry, spot)
        vertices += sum(len(ring) for part in parts for ring in part)
        if vertices > MAX_VERTICES:
            raise InputError(f"has more than {MAX_VERTICES:,} vertices", where, "simplify the outlines")
        zone, repaired = _zone(properties, parts, spot)
        if zone.zone_id in ids:
            raise InputError(f"{zone.zone_id!r} is the name of two zones", spot, "give each its own zone_id")
        ids.add(zone.zone_id)
        zones.append(zone)
        if repaired:
            warnings.append(f"{spot}: edges of {zone.name} cross one another; its outline was repaired")
    if not zones:
        raise InputError("holds no polygon", where, "add a Feature with a Polygon and a name (docs/zones.md)")
    if len(zones) > MAX_ZONES:
        raise InputError(f"holds more than {MAX_ZONES:,} zones", where, "leave out those nobody watches")
    return ZoneSet(zones, warnings)


def _features(document: Any, where: str, bare_name: str) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Where it stands, properties and geometry of each feature."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind in ("Polygon", "MultiPolygon"):
        yield where, {"name": bare_name}, document
        return
    if kind == "Feature":
        features: Any = [document]
    elif kind == "FeatureCollection":
        features = document.get("features")
    else:
        features = None
    if not isinstance(features, list):
        raise InputError("is not GeoJSON of polygons", where, "its type must be FeatureCollection, Feature or Polygon")
    for number, feature in enumerate(features, start=1):
        spot = f"{where}, feature {number}"
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise InputError("is not a GeoJSON Feature", spot, 'give it "type": "Feature"')
        properties = feature.get("properties")
        yield spot, properties if isinstance(properties, dict) else {}, feature.get("geometry")


def _zone(properties: Mapping[str, Any], parts: list[list[Ring]], spot: str) -> tuple[Zone, bool]:
    name = properties.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InputError("has no name", spot, 'add the property "name"')
    zone_id = properties.get("zone_id")
    zone_id = name if zone_id is None or str(zone_id).strip() == "" else str(zone_id)
    choices: dict[str, Any] = {}
    for key, allowed in (("applies_to", APPLIES_TO), ("sense", SENSES)):
        choices[key] = properties.get(key) or allowed[0]
        if choices[key] not in allowed:
            raise InputError(f"{key} is {choices[key]!r}", spot, f"write one of {', '.join(allowed)}")
    low = _altitude(properties, "min_altitude_ft", -math.inf, spot)
    high = _altitude(properties, "max_altitude_ft", math.inf, spot)
    if low >= high:
        raise InputError("min_altitude_ft is not below max_altitude_ft", spot, "swap them")
    polygon, repaired = polygon_of(parts)
    if polygon.is_empty:
        raise InputError(f"the outline of {name} encloses no area", spot, "give at least three different corners")
    return Zone(
        zone_id.strip(), name.strip(), Outline(polygon), **choices, min_altitude_ft=low, max_altitude_ft=high
    ), repaired


def _altitude(properties: Mapping[str, Any], key: str, default: float, spot: str) -> float:
    value = properties.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InputError(f"{key} is {value!r}", spot, "write a number of feet")
    return float(value)


def _parts(geometry: Any, spot: str) -> list[list[Ring]]:
    """Rings of a polygon's parts: the outer one first, then its holes."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise InputError(f"is {kind or 'nothing'}, not a polygon", spot, "draw it as a Polygon or leave it out")
    given = geometry.get("coordinates")
    parts = [given] if kind == "Polygon" else given
    if not isinstance(parts, list) or not parts or not all(isinstance(part, list) and part for part in parts):
        raise InputError(f"the coordinates are not those of a {kind}", spot, "a Polygon is a list of rings")
    return [[_ring(ring, spot) for ring in part] for part in parts]


def _ring(given: Any, spot: str) -> Ring:
    """One closed ring, checked."""
    if not isinstance(given, list) or len(given) < 4:
        raise InputError("a ring has fewer than four positions", spot, "a triangle takes four, the last like the first")
    if len(given) > MAX_VERTICES:
        raise InputError(f"a ring has more than {MAX_VERTICES:,} vertices", spot, "simplify the outline")
    for position in given:
        if (
            not isinstance(position, list)
            or len(position) < 2
            or any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in position[:2])
            or not all(abs(value) <= _NO_DEGREES for value in position[:2])
        ):
            raise InputError(f"{position!r:.60} is no position", spot, "write [longitude, latitude] in degrees")
    ring = np.array([position[:2] for position in given], dtype=np.float64)
    bad = np.flatnonzero(~((np.abs(ring[:, 0]) <= _MAX_LON_DEG) & (np.abs(ring[:, 1]) <= 90.0)))
    if len(bad):
        lon, lat = ring[bad[0]]
        swapped = (np.abs(ring[:, 0]) <= 90.0).all() and (np.abs(ring[:, 1]) <= 180.0).all()
        mend = (
            "longitude and latitude look swapped: GeoJSON writes longitude first"
            if swapped
            else "write [longitude, latitude] in degrees, WGS 84"
        )
        raise InputError(f"position [{lon:g}, {lat:g}] is off the globe", spot, mend)
    if not (ring[0] == ring[-1]).all():
        raise InputError("a ring is not closed", spot, "repeat its first position at the end")
    return ring
