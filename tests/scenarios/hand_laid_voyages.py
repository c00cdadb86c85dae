"""Twenty voyages laid by hand, in as many seas: waypoints as charts and pilot books give them, from neither searoute nor the simulator's router.

Sources of the waypoints: traffic separation schemes (IMO Ships' Routeing), Admiralty Ocean Passages for the World (NP136) and the NGA Sailing
Directions, each rounded to a tenth of a degree or so. A ship goes straight from one to the next. Every voyage is sailed as the papers say in four ways (in fair weather;
round a storm; slowly, as declared; with a day and more at anchor before the berth) and once with a diversion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.geodesy import bearing_deg, destination, distance_km, interpolate
from tests.scenarios.diversion_tracks import START_US, Track, node, place, world
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import Conveyance, Itinerary, Mode

Points = Sequence[tuple[float, float]]
ANCHORED, MOORED, UNDER_WAY = 1, 5, 0


@dataclass(frozen=True, slots=True)
class Voyage:
    """Ports with the waypoints between them; ``berth_km`` is how far to seaward of the ports' points she berths."""

    name: str
    ports: tuple[str, ...]
    ways: tuple[Points, ...]
    knots: float
    berth_km: float


VOYAGES: Final = (
    Voyage("English Channel and Biscay", ("NLRTM", "PTLIS", "ESALG"), (
        ((52.0, 3.9), (51.4, 2.3), (51.0, 1.5), (50.5, 0.3), (49.9, -2.9), (48.8, -5.7), (43.4, -9.9), (39.0, -9.8), (38.6, -9.4)),
        ((38.5, -9.6), (36.9, -9.2), (36.0, -6.2), (36.0, -5.6)),
    ), 15.0, 5.0),
    Voyage("Bay of Bengal and Malacca", ("LKCMB", "SGSIN"), (
        ((6.8, 79.6), (5.8, 80.2), (5.8, 80.7), (6.2, 94.5), (5.9, 96.0), (5.6, 97.8), (3.0, 100.6), (2.0, 102.0), (1.2, 103.3), (1.17, 103.7)),
    ), 14.0, 8.0),
    Voyage("Red Sea", ("SAJED", "DJJIB"), (
        ((21.3, 38.8), (20.0, 38.4), (16.0, 40.7), (14.2, 42.3), (13.0, 43.1), (12.7, 43.25), (12.5, 43.5), (12.0, 43.6), (11.7, 43.3)),
    ), 13.0, 6.0),
    Voyage("Yucatan Channel and Straits of Florida", ("PAONX", "USMIA"), (
        ((9.6, -79.9), (16.0, -81.8), (21.7, -85.3), (23.3, -83.8), (24.1, -81.5), (24.9, -80.2), (25.7, -79.9)),
    ), 16.0, 6.0),
    Voyage("Cape of Good Hope", ("ZADUR", "AOLAD"), (
        ((-30.0, 31.3), (-33.3, 28.4), (-34.9, 25.0), (-35.4, 20.2), (-34.5, 18.0), (-29.0, 15.5), (-22.0, 13.3), (-18.0, 11.3), (-15.0, 11.6), (-9.0, 12.8)),
    ), 14.0, 9.0),
    Voyage("Sound and Baltic", ("SEGOT", "EETLL"), (
        ((57.6, 11.6), (56.9, 11.9), (56.3, 12.3), (56.05, 12.63), (55.8, 12.75), (55.35, 12.6), (55.0, 13.3), (55.35, 14.6), (55.9, 16.6),
         (57.0, 19.4), (58.7, 20.9), (59.3, 22.3), (59.6, 24.4)),
    ), 13.0, 6.0),
    Voyage("Norwegian coast", ("NOSVG", "NOTRD"), (
        ((59.1, 5.0), (60.0, 4.7), (61.9, 4.4), (62.4, 4.9), (63.2, 6.8), (63.7, 8.0), (63.75, 9.2), (63.6, 9.7), (63.5, 10.2)),
    ), 12.0, 5.0),
    Voyage("Aegean", ("GRPIR", "TRIZM"), (
        ((37.6, 23.7), (37.6, 24.15), (37.85, 24.42), (38.02, 24.62), (38.4, 25.2), (38.72, 25.8), (38.73, 26.4), (38.6, 26.75), (38.45, 26.85)),
    ), 12.0, 10.0),
    Voyage("Java Sea and Karimata", ("IDSUB", "SGSIN"), (
        ((-6.8, 112.7), (-4.5, 110.6), (-2.9, 109.1), (-1.2, 108.3), (0.8, 106.0), (1.4, 104.8), (1.2, 104.1)),
    ), 13.0, 12.0),
    Voyage("Caribbean", ("TTPOS", "JMKIN"), (((10.75, -61.8), (11.4, -62.8), (17.3, -76.1), (17.75, -76.7)),), 15.0, 5.0),
    Voyage("Gulf of St Lawrence", ("CAHAL", "CAQUE"), (
        ((44.4, -63.4), (45.0, -60.5), (46.3, -59.4), (47.4, -59.9), (48.9, -63.6), (49.4, -65.0), (49.4, -66.5), (48.7, -68.7), (48.2, -69.4),
         (47.5, -70.2), (47.0, -70.75)),
    ), 13.0, 5.0),
    Voyage("Plate and southern Brazil", ("UYMVD", "BRRIG", "BRSSZ"), (
        ((-35.1, -56.2), (-35.2, -54.7), (-34.0, -52.6), (-32.3, -51.9)),
        ((-32.3, -51.6), (-28.8, -48.3), (-25.5, -47.0), (-24.2, -46.3)),
    ), 13.0, 15.0),
    Voyage("Korea Strait and Yellow Sea", ("KRPUS", "CNTAO"), (
        ((34.9, 129.1), (34.3, 128.3), (33.9, 127.3), (33.9, 126.1), (34.2, 125.2), (35.9, 120.8)),
    ), 14.0, 6.0),
    Voyage("Bass Strait", ("AUADL", "AUMEL", "AUSYD"), (
        ((-34.9, 138.3), (-35.5, 138.0), (-35.8, 138.1), (-36.4, 138.6), (-38.1, 139.9), (-38.9, 141.5), (-39.1, 143.4), (-38.5, 144.5), (-38.3, 144.62), (-38.1, 144.85)),
        ((-38.1, 144.85), (-38.3, 144.62), (-38.6, 144.6), (-39.35, 146.4), (-38.0, 150.0), (-37.4, 150.3), (-34.2, 151.4)),
    ), 15.0, 7.0),
    Voyage("Bay of Bengal", ("INMAA", "BDCGP"), (((13.1, 80.6), (20.5, 91.0), (21.9, 91.6)),), 12.0, 20.0),
    Voyage("California", ("USLAX", "USOAK"), (
        ((33.6, -118.4), (34.05, -119.2), (34.3, -120.5), (34.6, -120.9), (36.3, -122.2), (37.5, -122.8), (37.75, -122.7), (37.82, -122.45)),
    ), 14.0, 3.0),
    Voyage("Iceland to Scotland", ("ISREY", "GBABD"), (
        ((64.2, -22.9), (63.7, -23.1), (63.2, -20.2), (59.3, -4.5), (58.7, -3.3), (58.65, -2.9), (57.6, -1.6)),
    ), 13.0, 5.0),
    Voyage("Canaries", ("SNDKR", "ESLPA", "MAAGA"), (
        ((14.6, -17.6), (21.0, -18.2), (27.5, -15.3), (28.1, -15.3)),
        ((28.5, -15.1), (29.5, -13.7), (30.4, -10.0)),
    ), 14.0, 6.0),
    Voyage("Somali coast", ("TZDAR", "OMSLL"), (((-6.7, 39.6), (-3.0, 42.5), (2.0, 47.6), (8.0, 51.6), (12.1, 51.6), (16.8, 54.1)),), 14.0, 10.0),
    Voyage("Bosporus, Marmara and Dardanelles", ("ROCND", "GRSKG"), (
        ((44.1, 28.9), (41.4, 29.3), (41.22, 29.13), (41.1, 29.06), (40.98, 28.97), (40.6, 27.8), (40.4, 26.75), (40.2, 26.4), (40.02, 26.1),
         (40.1, 25.7), (39.98, 24.6), (39.85, 24.0), (39.82, 23.6), (39.95, 23.2), (40.4, 22.8)),
    ), 11.0, 6.0),
)  # fmt: skip

DIVERSIONS: Final = {
    "English Channel and Biscay": "skipped_call",
    "Bay of Bengal and Malacca": "returned_to_origin",
    "Red Sea": "late",
    "Yucatan Channel and Straits of Florida": "undeclared_call",
    "Cape of Good Hope": "off_route",
    "Sound and Baltic": "contradicting_destination",
    "Norwegian coast": "unreachable_in_time",
    "Aegean": "landed_elsewhere",
    "Java Sea and Karimata": "wrong_way",
    "Caribbean": "landed_elsewhere",
    "Gulf of St Lawrence": "returned_to_origin",
    "Plate and southern Brazil": "reordered_call",
    "Korea Strait and Yellow Sea": "contradicting_destination",
    "Bass Strait": "skipped_call",
    "Bay of Bengal": "wrong_way",
    "California": "late",
    "Iceland to Scotland": "undeclared_call",
    "Canaries": "reordered_call",
    "Somali coast": "off_route",
    "Bosporus, Marmara and Dardanelles": "unreachable_in_time",
}
"""What each does when it leaves its papers."""
ELSEWHERE: Final = {
    "Yucatan Channel and Straits of Florida": "CUHAV",
    "Aegean": "GRSKG",
    "Java Sea and Karimata": "IDJKT",
    "Caribbean": "COCTG",
    "Bay of Bengal": "MMRGN",
    "Iceland to Scotland": "FOTHO",
    "Sound and Baltic": "PLGDN",
    "Korea Strait and Yellow Sea": "CNSHA",
}
"""The port nobody declared."""
ACCEPTED: Final = {
    "skipped_call": {"skipped_call", "reordered_call"},
    "reordered_call": {"skipped_call", "reordered_call"},
    "landed_elsewhere": {"undeclared_call"},
    "wrong_way": {"wrong_way", "undeclared_call"},
    "off_route": {"off_route", "wrong_way"},
    "late": {"late", "unreachable_in_time"},
    "unreachable_in_time": {"unreachable_in_time", "late"},
}
"""By which name a story may end: sailing away ends as a call at a port not declared; a ship that landed elsewhere called there."""
HONEST: Final = ("fair weather", "storm", "slow", "wait")


@dataclass(frozen=True, slots=True)
class Sailed:
    """One ship on one voyage: papers, track, what she types, and the diversion ("" for none)."""

    name: str
    diversion: str
    papers: Itinerary
    rows: PositionBatch
    texts: StaticBatch
    days: float


def fleet() -> list[Sailed]:
    """Every voyage in four honest ways and once with a diversion."""
    ships = []
    for number, voyage in enumerate(VOYAGES):
        for way, manner in enumerate(HONEST):
            ships.append(_sail(voyage, manner, "", 215_000_000 + number * 10 + way))
        ships.append(_sail(voyage, "fair weather", DIVERSIONS[voyage.name], 215_000_000 + number * 10 + 9))
    return ships


def _sail(voyage: Voyage, manner: str, diversion: str, mmsi: int) -> Sailed:
    knots = 0.6 * voyage.knots if manner == "slow" else voyage.knots
    way_km = [
        _length_km([place(a), *way, place(b)])
        for a, b, way in zip(voyage.ports, voyage.ports[1:], voyage.ways, strict=False)
    ]
    planned_h = [km / 1.852 / knots * 1.12 + 8.0 + (36.0 if manner == "wait" else 0.0) for km in way_km]
    nodes, hour = [], 4.0
    for k, code in enumerate(voyage.ports):
        arrive = None if k == 0 else hour + planned_h[k - 1]
        hour = hour if arrive is None else arrive + 20.0
        nodes.append(node(code, arrive, hour if k + 1 < len(voyage.ports) else None))
    track = Track(_berth(voyage, 0), seed=mmsi, every_min=15.0)
    track.wait(28.0 if diversion == "late" else 4.0, nav_status=MOORED)
    {
        "": _as_declared, "late": _as_declared, "contradicting_destination": _as_declared, "skipped_call": _skip, "reordered_call": _reorder,
        "returned_to_origin": _return, "undeclared_call": _call, "landed_elsewhere": _land, "wrong_way": _land, "off_route": _abeam,
        "unreachable_in_time": _crawl,
    }[diversion](track, voyage, knots, manner)  # fmt: skip
    rows = track.rows(int(mmsi_craft(mmsi)))
    papers = Itinerary(f"{voyage.name}: {diversion or manner}", 1, Conveyance(Mode.SEA, mmsi=mmsi), tuple(nodes))
    said = ELSEWHERE[voyage.name] if diversion == "contradicting_destination" else voyage.ports[-1]
    return Sailed(voyage.name, diversion, papers, rows, _texts(rows, voyage.ports[-1], said), track.hour / 24.0)


def _as_declared(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    for k in range(len(voyage.ways)):
        points = list(voyage.ways[k])
        _go(track, _round_a_storm(track, points) if manner == "storm" else points, knots)
        if manner == "wait":
            lat, lon = place(voyage.ports[k + 1])
            back = float(bearing_deg(lat, lon, *points[-1]))
            anchorage = destination(lat, lon, back, min(22.0, float(distance_km(lat, lon, *points[-1]))))
            _go(track, [(float(anchorage[0]), float(anchorage[1]))], knots)
            track.wait(30.0, nav_status=ANCHORED)
        _berth_at(track, voyage, k + 1, knots)


def _skip(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    """By the middle port, as the way leads, and on."""
    first = list(voyage.ways[0])
    while distance_km(*first[-1], *place(voyage.ports[1])) < 60.0:
        first.pop()
    onward = [p for p in voyage.ways[1] if distance_km(*p, *place(voyage.ports[1])) > 60.0]
    _go(track, [*first, *onward], knots)
    _berth_at(track, voyage, 2, knots)


def _reorder(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    """The last port first, then back to the one between."""
    _skip(track, voyage, knots, manner)
    onward = [p for p in voyage.ways[1] if distance_km(*p, *place(voyage.ports[1])) > 60.0]
    _go(track, [*reversed(onward), voyage.ways[0][-1]], knots)
    _berth_at(track, voyage, 1, knots)


def _return(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    """Half-way and back."""
    out = list(voyage.ways[0])[: max(3, len(voyage.ways[0]) // 2)]
    _go(track, [*out, *reversed(out[:-1])], knots)
    _berth_at(track, voyage, 0, knots)


def _call(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    """Half-way into a port nobody declared, and on."""
    code = ELSEWHERE[voyage.name]
    points = list(voyage.ways[0])
    near = int(np.argmin([distance_km(*p, *place(code)) for p in points]))
    _go(track, points[: near + 1], knots)
    _moor(track, *place(code), knots)
    _go(track, points[near + 1 :], knots)
    _berth_at(track, voyage, 1, knots)


def _land(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    """Half-way she turns for a port nobody declared and stays there."""
    points = list(voyage.ways[0])[: max(2, len(voyage.ways[0]) // 2)]
    _go(track, points, knots)
    _moor(track, *place(ELSEWHERE[voyage.name]), knots)


def _abeam(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    """On the longest stretch 280 km out to sea at a right angle, back again, and on."""
    points = list(voyage.ways[0])
    longest = int(np.argmax(distance_km(*np.array(points[:-1]).T, *np.array(points[1:]).T)))
    one, two = points[longest], points[longest + 1]
    middle = interpolate(*one, *two, 0.5)
    seaward = float(bearing_deg(*middle, *two)) + (-90.0 if one[0] < -9.0 else 90.0)
    out = destination(*middle, seaward, 280.0)
    turn = (float(middle[0]), float(middle[1]))
    _go(track, [*points[: longest + 1], turn, (float(out[0]), float(out[1])), turn, *points[longest + 1 :]], knots)
    _berth_at(track, voyage, 1, knots)


def _crawl(track: Track, voyage: Voyage, knots: float, manner: str) -> None:
    """From half-way on at a third of her speed."""
    points = list(voyage.ways[0])
    _go(track, points[: len(points) // 2], knots)
    _go(track, points[len(points) // 2 :], 0.33 * knots)
    _berth_at(track, voyage, 1, 0.33 * knots)


def _round_a_storm(track: Track, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The longest stretch in a bow, a seventh of its length to one side where both sides are water."""
    ways = [(track.lat, track.lon), *points]
    longest = int(np.argmax(distance_km(*np.array(ways[:-1]).T, *np.array(ways[1:]).T)))
    one, two = ways[longest], ways[longest + 1]
    km, course = float(distance_km(*one, *two)), float(bearing_deg(*one, *two))
    middle = interpolate(*one, *two, 0.5)
    for side in (90.0, -90.0):
        around = destination(*middle, course + side, km / 7.0)
        half = [interpolate(*end, float(around[0]), float(around[1]), np.linspace(0.1, 1.0, 200)) for end in (one, two)]
        if not any(world().land.is_land(*part).any() for part in half):
            return [*points[:longest], (float(around[0]), float(around[1])), *points[longest:]]
    return points


def _berth(voyage: Voyage, k: int) -> tuple[float, float]:
    """Seaward of the port's point, towards the waypoint next to it."""
    at = place(voyage.ports[k])
    next_to = voyage.ways[k][0] if k < len(voyage.ways) else voyage.ways[-1][-1]
    km = min(voyage.berth_km, 0.8 * float(distance_km(*at, *next_to)))
    lat, lon = destination(*at, float(bearing_deg(*at, *next_to)), km)
    return float(lat), float(lon)


def _berth_at(track: Track, voyage: Voyage, k: int, knots: float) -> None:
    _moor(track, *_berth(voyage, k), knots)


def _moor(track: Track, lat: float, lon: float, knots: float) -> None:
    _go(track, [(lat, lon)], knots)
    track.wait(16.0, nav_status=MOORED)


def _go(track: Track, points: Points, knots: float) -> None:
    for point in points:
        if distance_km(track.lat, track.lon, *point) > 0.5:
            track.straight(point, knots, nav_status=UNDER_WAY)


def _length_km(points: Points) -> float:
    lat, lon = np.array(points).T
    return float(distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum())


def _texts(rows: PositionBatch, bound_for: str, said: str) -> StaticBatch:
    """What she types every half hour; a third of the way on it is another port if it ever is."""
    time_us = np.arange(int(rows.time_us[0]), int(rows.time_us[-1]), 1_800_000_000)
    later = time_us > START_US + (int(rows.time_us[-1]) - START_US) // 3
    return StaticBatch.from_columns(
        len(time_us), time_us=time_us, received_us=time_us, craft=int(rows.craft[0]), source=0, message_type=5,
        destination=np.where(later, said.encode(), bound_for.encode()).astype("S20"), ship_type=70,
    )  # fmt: skip


def as_one(ships: list[Sailed]) -> tuple[list[Itinerary], PositionBatch, StaticBatch]:
    """Papers, rows and texts of all, in order of time."""
    rows = PositionBatch.concat([ship.rows for ship in ships]).in_time_order()
    texts = StaticBatch.concat([ship.texts for ship in ships])
    return [replace(ship.papers) for ship in ships], rows, texts.take(np.argsort(texts.time_us, kind="stable"))
