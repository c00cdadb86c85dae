"""The stage: ports, coast stations, airports and air receivers of a North Sea that could be.

Ports and lanes are those of the ``searoute`` network, airports those of ``airportsdata``, so that a declared itinerary resolves
to the same places everywhere in the program. Coast stations are invented; their ranges are ordinary for aerials of 20 to 80 m
(30 to 60 nm), and some look badly over a sector. The middle of the North Sea and the western Channel hear nobody.
"""

from __future__ import annotations

import itertools
import math
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import airportsdata
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from models.geodesy import bearing_deg, chord_of_km, destination, distance_km, km_of_chord, unit_vectors
from tracker.geography.land import LandMask

Line = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Latitudes and longitudes of a path, about a kilometre apart."""

# fmt: off
PORTS: Final = (
    "NLEUR", "NLIJM", "NLEEM", "NLVLI", "BEZEE", "FRDKK", "FRBOL", "FRLEH", "FRBES",
    "GBFXT", "GBIMM", "GBTEE", "GBSOU", "GBPTL", "GBPLY", "GBFAL", "GBRMG", "DKEBJ",
    "DKHIR", "DKSKA", "DKFDH", "NOKRS", "NOEGE", "NOSVG", "SEGOT", "SEVAG", "SETRG",
    "DERSK", "DKGED", "DEBRV", "DECUX", "DEWVN", "DKRNN", "PLSWI",
)
WEST_OF_KIEL: Final = frozenset((
    "NLEUR", "NLIJM", "NLEEM", "NLVLI", "BEZEE", "DKEBJ", "DEBRV", "DECUX", "DEWVN",
))
EAST_OF_KIEL: Final = frozenset((
    "DKGED", "DERSK", "SETRG", "DKRNN", "PLSWI", "SEVAG", "DKFDH", "SEGOT",
))
"""Between these the Kiel canal is the short way, which no coast station of ours watches: they do not trade."""
# fmt: on
FERRY_LINES: Final = (
    ("FRBOL", "GBFOL"),
    ("FRDKK", "GBRMG"),
    ("GBHRW", "NLHVH"),
    ("DKFDH", "SEGOT"),
    ("DKHIR", "NOKRS"),
    ("DKGED", "DERSK"),
    ("SETRG", "DERSK"),
    ("NLIJM", "GBTEE"),
)
STEP_KM: Final = 1.0
_RING_KM: Final = 3.0


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the network."""

    code: str
    name: str
    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True)
class Station:
    """A coast station: her code (five characters), place, range for class A and the sector she sees badly, if any."""

    code: str
    lat_deg: float
    lon_deg: float
    range_nm: float
    shadow_from_deg: float = 0.0
    shadow_to_deg: float = 0.0


STATIONS: Final = (
    Station("BREST", 48.33, -4.77, 44.0),
    Station("START", 50.22, -3.64, 42.0, 330.0, 20.0),
    Station("PORTL", 50.52, -2.46, 38.0),
    Station("WIGHT", 50.58, -1.30, 44.0, 300.0, 340.0),
    Station("HAGUE", 49.72, -1.94, 46.0),
    Station("ANTIF", 49.68, 0.16, 40.0),
    Station("BEACH", 50.74, 0.25, 42.0),
    Station("DOVER", 51.13, 1.34, 46.0),
    Station("OSTND", 51.23, 2.92, 40.0),
    Station("HOEKH", 51.98, 4.11, 46.0),
    Station("LOWES", 52.48, 1.76, 42.0),
    Station("HELDR", 52.96, 4.73, 44.0),
    Station("TERSC", 53.36, 5.21, 42.0),
    Station("BORKM", 53.59, 6.66, 40.0),
    Station("HELGO", 54.18, 7.89, 48.0),
    Station("BLAAV", 55.56, 8.08, 38.0, 200.0, 230.0),
    Station("HANST", 57.11, 8.60, 42.0),
    Station("SKAGN", 57.74, 10.60, 46.0),
    Station("LINDE", 57.98, 7.05, 42.0),
    Station("JAERN", 58.66, 5.55, 38.0),
    Station("VINGA", 57.63, 11.60, 36.0),
    Station("ANHLT", 56.73, 11.65, 40.0),
    Station("GEDSR", 54.57, 11.96, 42.0),
    Station("FALST", 55.38, 12.82, 36.0),
    Station("BORNH", 55.15, 14.72, 40.0),
    Station("SPURN", 53.58, 0.12, 42.0),
    Station("TYNEM", 55.02, -1.42, 40.0),
)

AIR_ROUTES: Final = (
    ("EHAM", "EKCH"),
    ("EGLL", "EKCH"),
    ("EHAM", "ENGM"),
    ("EBBR", "ESGG"),
    ("LFPG", "EKCH"),
    ("EGLL", "EDDB"),
    ("EGCC", "EDDF"),
    ("EHAM", "EGPD"),
    ("EDDF", "EGLL"),
    ("LFPG", "EDDH"),
)
# fmt: off
AIR_RECEIVERS: Final = (
    "EHAM", "EGLL", "EGCC", "EGPD", "EGNT", "EBBR", "LFPG", "LFRN", "EDDF",
    "EDDH", "EDDL", "EKCH", "EKBI", "ENGM", "ENZV", "ESGG", "EDDB", "EDDW",
    "ELLX",
)
# fmt: on


@lru_cache(maxsize=1)
def _all_ports() -> tuple[dict[str, Port], cKDTree]:
    """Every port the network knows, by code, and a tree over their places."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import searoute  # noqa: PLC0415 - slow to import, needed by the simulator only
    known: dict[str, Port] = {}
    for node, attributes in searoute.setup_P().nodes(data=True):
        lon, lat = node
        code = str(attributes.get("port") or "")
        known.setdefault(code, Port(code, str(attributes.get("name") or code), float(lat), float(lon)))
    places = list(known.values())
    return known, cKDTree(unit_vectors([p.lat_deg for p in places], [p.lon_deg for p in places]))


def port(code: str) -> Port:
    """A port by its code."""
    return _all_ports()[0][code]


def port_distance_km(lat_deg: Any, lon_deg: Any) -> NDArray[np.float64]:
    """Distance to the nearest of all ports of the network."""
    chord, _ = _all_ports()[1].query(unit_vectors(lat_deg, lon_deg))
    return np.asarray(km_of_chord(chord), dtype=np.float64)


@lru_cache(maxsize=1)
def _land() -> LandMask:
    return LandMask.bundled()


def is_land(lat_deg: Any, lon_deg: Any) -> NDArray[np.bool_]:
    """The land mask (a kilometre; harbours are land)."""
    return np.asarray(_land().is_land(lat_deg, lon_deg)).reshape(np.shape(lat_deg))


def length_km(line: Line) -> NDArray[np.float64]:
    """Distance run at every point of a path."""
    lat, lon = line
    return np.concatenate([[0.0], np.cumsum(distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]))])


def resample(line: Line, step_km: float = STEP_KM) -> Line:
    """The same path with points ``step_km`` apart."""
    run = length_km(line)
    wanted = np.linspace(0.0, run[-1], max(2, int(run[-1] / step_km) + 1))
    return np.interp(wanted, run, line[0]), np.interp(wanted, run, line[1])


def smooth(line: Line, reach: int = 5) -> Line:
    """Corners rounded by a moving average over ``2*reach+1`` points; the ends stay."""
    if len(line[0]) < 4 * reach:
        return line
    kernel = np.full(2 * reach + 1, 1.0 / (2 * reach + 1))
    # Odd reflection about the ends keeps them in place.
    padded = [np.concatenate([2.0 * c[0] - c[reach:0:-1], c, 2.0 * c[-1] - c[-2 : -reach - 2 : -1]]) for c in line]
    lat, lon = (np.convolve(c, kernel, mode="valid") for c in padded)
    return lat, lon


def joined(*lines: Line) -> Line:
    """Paths one after the other as one path, resampled and smoothed."""
    lat, lon = np.concatenate([one[0] for one in lines]), np.concatenate([one[1] for one in lines])
    return smooth(resample((lat, lon)))


def shifted(line: Line, offset_km: Any, taper_km: float = 25.0) -> Line:
    """The path beside a path, to starboard positive, running together at both ends."""
    run = length_km(line)
    fade = np.clip(np.minimum(run, run[-1] - run) / taper_km, 0.0, 1.0)
    course = courses(line)
    lat, lon = destination(line[0], line[1], course + 90.0, np.asarray(offset_km) * fade)
    return lat, lon


def courses(line: Line) -> NDArray[np.float64]:
    """Course at every point of a path."""
    lat, lon = line
    back, ahead = np.arange(len(lat)) - 1, np.arange(len(lat)) + 1
    back[0], ahead[-1] = 0, len(lat) - 1
    return np.asarray(bearing_deg(lat[back], lon[back], lat[ahead], lon[ahead]))


@lru_cache(maxsize=2048)
def lane(start: str, end: str) -> Line:
    """The lane of the network between two ports, a kilometre between points, corners rounded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import searoute  # noqa: PLC0415 - as above

        from_port, to_port = port(start), port(end)
        route = searoute.searoute(
            [from_port.lon_deg, from_port.lat_deg],
            [to_port.lon_deg, to_port.lat_deg],
            append_orig_dest=True,
            restrictions=["northwest", "kiel"],
        )
    points = np.array(route["geometry"]["coordinates"], dtype=np.float64)
    return smooth(resample((points[:, 1], points[:, 0])))


def land_share(line: Line) -> float:
    """Share of a path on land, its two ends within 15 km of port set aside."""
    run = length_km(line)
    inner = (run > 15.0) & (run < run[-1] - 15.0)
    return float(is_land(line[0][inner], line[1][inner]).mean()) if inner.any() else 0.0


def drawn_tight(line: Line, step: int = 5) -> Line:
    """About the shortest way over water between the ends of a path: from each place straight on to the farthest later one with no land between.

    As for ``land_share``, land within 15 km of either end is harbour.
    """
    lat, lon = (np.append(c[:-1:step], c[-1]) for c in line)
    at, corners, last = 0, [0], len(lat) - 1
    while at < last:
        at = next((far for far in range(last, at + 1, -1) if _is_clear(line, (lat[[at, far]], lon[[at, far]]))), at + 1)
        corners.append(at)
    return resample((lat[corners], lon[corners]))


def _is_clear(line: Line, leg: Line) -> bool:
    """Whether a straight leg crosses no land but that of the harbours at both ends of a path."""
    lat, lon = resample(leg)
    ends = (distance_km(lat, lon, line[0][k], line[1][k]) > 15.0 for k in (0, -1))
    return not (is_land(lat, lon) & np.logical_and(*ends)).any()


@lru_cache(maxsize=1)
def pairs() -> tuple[tuple[str, str, float], ...]:
    """Ports that trade with one another: start, end and length of the lane in kilometres, both ways."""
    found = []
    for one, two in itertools.combinations(PORTS, 2):
        if len({one, two} & WEST_OF_KIEL) == 1 and len({one, two} & EAST_OF_KIEL) == 1:
            continue
        a, b = port(one), port(two)
        if 80.0 < float(distance_km(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)) < 650.0:
            line = lane(one, two)
            if land_share(line) < 0.02:
                run = float(length_km(line)[-1])
                found += [(one, two, run), (two, one, run)]
    return tuple(found)


@lru_cache(maxsize=1)
def _lane_tree() -> cKDTree:
    lines = [lane(one, two) for one, two, _ in pairs() if one < two]
    lat, lon = np.concatenate([c[0] for c in lines]), np.concatenate([c[1] for c in lines])
    return cKDTree(unit_vectors(lat, lon))


def lane_distance_km(lat_deg: Any, lon_deg: Any) -> NDArray[np.float64]:
    """Distance to the nearest lane of all."""
    chord, _ = _lane_tree().query(unit_vectors(lat_deg, lon_deg), distance_upper_bound=float(chord_of_km(300.0)))
    return np.asarray(km_of_chord(np.minimum(chord, 1.0)), dtype=np.float64)


def open_water(lat_deg: Any, lon_deg: Any, radius_km: float) -> NDArray[np.bool_]:
    """True where no land stands at the point, nor on circles around it up to ``radius_km``, 3 km apart at most: an island of 3 km is not missed."""
    lat, lon = np.atleast_1d(lat_deg), np.atleast_1d(lon_deg)
    clear = ~is_land(lat, lon)
    rings = max(2, math.ceil(radius_km / _RING_KM))
    for share in np.arange(1, rings + 1) / rings:
        points = max(12, math.ceil(2.0 * math.pi * share * radius_km / _RING_KM))
        for course in np.arange(points) * (360.0 / points):
            clear &= ~is_land(*destination(lat, lon, float(course), radius_km * share))
    return np.asarray(clear)


@lru_cache(maxsize=1)
def airports() -> dict[str, dict[str, Any]]:
    """Airports by ICAO code."""
    return dict(airportsdata.load("ICAO"))
