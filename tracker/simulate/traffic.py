"""The honest fleet: who sails, works, waits and lies where, with nothing to hide.

Shares of the fleet (of 200): lane traffic of cargo ships, tankers and container ships between ports with stays of 6 to 22 h; ferries that
shuttle; fishing vessels that trawl at 3 to 4.5 kn and haul at 1 kn; tugs and pilot boats around a port; class B yachts along the
coast; ships waiting at anchor, several together; ships alongside all the time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from models.geodesy import bearing_deg, destination, distance_km
from tracker.identity import imo_check_digit_ok
from tracker.simulate import world
from tracker.simulate.radio import Coverage, Span
from tracker.simulate.tracks import FISHING, HOUR_S, Track
from tracker.simulate.world import Line

CARGO_TYPES: Final = {"cargo": 70, "container": 71, "tanker": 80, "chemical": 81}
_MIDS: Final = np.array([219, 211, 244, 232, 257, 265, 227, 205, 636, 538, 477, 249, 304, 255, 246, 209])
_FIRST: Final = [
    "AMBER",
    "ANGLIA",
    "ARCTIC",
    "BALTIC",
    "BRIGHT",
    "CELTIC",
    "CORAL",
    "CRIMSON",
    "DOGGER",
    "EASTERN",
    "EMERALD",
    "FORTH",
    "FRISIAN",
    "GANNET",
    "GOLDEN",
    "HANSA",
    "IVORY",
    "JADE",
    "KESTREL",
    "LIVELY",
    "MARSH",
    "MERIDIAN",
    "NORDIC",
    "NORTHERN",
    "OCEAN",
    "OLIVE",
    "PEARL",
    "POLAR",
    "QUIET",
    "RAPID",
    "RED",
    "ROYAL",
    "SALT",
    "SILVER",
    "SOLENT",
    "SOUTHERN",
    "STEADY",
    "SWIFT",
    "TIDAL",
    "UPLAND",
    "VIKING",
    "WESTERN",
    "WHITE",
    "WILLOW",
]
_SECOND: Final = [
    "ALBATROSS",
    "ANCHOR",
    "BEACON",
    "BRIDGE",
    "CREST",
    "CURLEW",
    "DAWN",
    "EAGLE",
    "EIDER",
    "FALCON",
    "FULMAR",
    "GALE",
    "HARBOUR",
    "HERON",
    "HORIZON",
    "ISLAND",
    "JAY",
    "KITTIWAKE",
    "LANTERN",
    "LARK",
    "MERCHANT",
    "MISTRAL",
    "OSPREY",
    "PETREL",
    "PILGRIM",
    "PLOVER",
    "PUFFIN",
    "RAVEN",
    "REEF",
    "SANDPIPER",
    "SKUA",
    "SPIRIT",
    "STAR",
    "SWAN",
    "TERN",
    "TIDE",
    "TRADER",
    "VOYAGER",
    "WAVE",
    "WIND",
]


@dataclass(slots=True)
class Call:
    """A call as it happens, seconds of the scenario; None where the voyage begins or ends beyond the papers."""

    port: str
    arrive_s: float | None
    depart_s: float | None


@dataclass(slots=True)
class Ship:
    """One vessel: who she says she is, where she goes, and when her transmitter is off."""

    role: str
    mmsi: int
    imo: int
    name: str
    call_sign: str
    ship_type: int
    length_m: int
    beam_m: int
    draught_m: float
    service_kn: float
    track: Track
    class_b: bool = False
    calls: list[Call] = field(default_factory=list)
    off_air: list[Span] = field(default_factory=list)
    told: list[tuple[float, str]] = field(default_factory=list)
    """Destinations as her crew typed them: from when, what. Empty means the next call."""
    story: str = ""
    declared: list[Call] | None = None
    """What the papers say, where that is not what she does."""
    lies: list[Any] = field(default_factory=list)
    """What her transmitter says instead of the truth (``tracker.simulate.lies``)."""
    renamed: list[tuple[float, str, str]] = field(default_factory=list)
    """From when she says another name and call sign."""
    loads: list[tuple[float, float]] = field(default_factory=list)
    """From when she has another draught, in metres."""
    weak: list[Span] = field(default_factory=list)
    """When her transmitter has so little power that one report in three quarters of an hour comes through."""
    goes_on: tuple[float, Ship] | None = None
    """From when her hull, with what is aboard, sails under another number."""

    @property
    def craft(self) -> str:
        """Her craft text."""
        return f"mmsi:{self.mmsi:09d}"

    def delay(self, seconds: float) -> None:
        """Her whole track and all calls later (earlier, if negative)."""
        self.track.shift(seconds)
        for call in self.calls:
            call.arrive_s = None if call.arrive_s is None else call.arrive_s + seconds
            call.depart_s = None if call.depart_s is None else call.depart_s + seconds


class Registry:
    """Gives every vessel a number and a name nobody else has."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._numbers: set[int] = set()
        self._hulls: set[int] = set()
        self._names = [f"{a} {b}" for a in _FIRST for b in _SECOND]
        rng.shuffle(self._names)

    def another_name(self) -> str:
        """A name nobody has."""
        return self._names.pop()

    def imo(self) -> int:
        """A number with a right check digit that nobody has."""
        head = 0
        while not head or head in self._hulls:
            head = int(self._rng.integers(910_000, 989_999))
        self._hulls.add(head)
        return next(head * 10 + digit for digit in range(10) if imo_check_digit_ok(head * 10 + digit))

    def enrol(self, role: str, ship_type: int, length_m: int, service_kn: float, track: Track, **more: bool) -> Ship:
        """A new vessel."""
        mmsi = 0
        while not mmsi or mmsi in self._numbers:
            mmsi = int(self._rng.choice(_MIDS)) * 1_000_000 + int(self._rng.integers(100_000, 999_999))
        self._numbers.add(mmsi)
        letters = "".join(chr(65 + int(k)) for k in self._rng.integers(0, 26, 4))
        return Ship(
            role=role,
            mmsi=mmsi,
            imo=0 if more.get("class_b") else self.imo(),
            name=self._names.pop(),
            call_sign=f"{letters}{int(self._rng.integers(0, 9))}",
            ship_type=ship_type,
            length_m=length_m,
            beam_m=max(3, round(length_m / 6.5)),
            draught_m=round(float(length_m) ** 0.5 * 0.62, 1),
            service_kn=service_kn,
            track=track,
            class_b=bool(more.get("class_b")),
        )


@dataclass(slots=True)
class Sea:
    """Everything a story needs: chance, names, reach, and how long the scenario lasts."""

    rng: np.random.Generator
    registry: Registry
    coverage: Coverage
    hours: float

    @property
    def end_s(self) -> float:
        """The end of the scenario in seconds."""
        return self.hours * HOUR_S

    def merchant(self, role: str, track: Track, speed_kn: float | None = None) -> Ship:
        """A cargo ship of some kind with a fitting size and speed."""
        kind = str(self.rng.choice(["cargo", "cargo", "container", "tanker", "chemical"]))
        low, high = {"container": (15.0, 18.5), "tanker": (11.0, 13.5)}.get(kind, (10.5, 14.5))
        speed = float(self.rng.uniform(low, high)) if speed_kn is None else speed_kn
        length = int(self.rng.integers(85, 230))
        return self.registry.enrol(role, CARGO_TYPES[kind], length, speed, track)

    def berth(self, code: str) -> tuple[float, float]:
        """A place alongside within 600 m of the port."""
        place = world.port(code)
        lat, lon = destination(place.lat_deg, place.lon_deg, self.rng.uniform(0, 360), self.rng.uniform(0.05, 0.6))
        return float(lat), float(lon)

    def beside(self, line: Line, low_km: float = 0.3, high_km: float = 3.2) -> Line:
        """A path on the starboard side of a lane, nearer the lane where land is in the way."""
        offset = self.rng.uniform(low_km, high_km)
        for share in (1.0, 0.4, 0.1):
            moved = world.shifted(line, offset * share)
            if world.land_share(moved) <= world.land_share(line):
                return moved
        return line

    def trade(self, start: str | None = None, low_km: float = 100.0, high_km: float = 950.0) -> tuple[str, str]:
        """A pair of ports to sail between."""
        fitting = [(a, b) for a, b, run in world.pairs() if low_km < run < high_km and start in (None, a)]
        if not fitting:
            fitting = [(a, b) for a, b, _ in world.pairs() if start in (None, a)]
        one, two = fitting[int(self.rng.integers(len(fitting)))]
        return one, two

    def passage(
        self, ship: Ship, start: str, end: str, line: Line | None = None, speed_kn: float | None = None
    ) -> None:
        """From berth to berth along the lane (or a given path); the calls of both ends are noted."""
        if not ship.calls:
            ship.calls.append(Call(start, None, ship.track.now_s))
        ship.calls[-1].depart_s = ship.track.now_s
        path = self.beside(world.lane(start, end)) if line is None else line
        lat, lon = self.berth(end)
        path = (np.append(path[0], lat), np.append(path[1], lon))
        if ship.track.lats:
            path = (np.insert(path[0], 0, ship.track.lats[-1][-1]), np.insert(path[1], 0, ship.track.lons[-1][-1]))
        ship.track.sail(path, ship.service_kn if speed_kn is None else speed_kn, self.rng)
        ship.calls.append(Call(end, ship.track.now_s, None))

    def stay(self, ship: Ship, hours: float) -> None:
        """Alongside where she is."""
        ship.track.lie(
            hours,
            ship.track.lats[-1][-1],
            ship.track.lons[-1][-1],
            float(self.rng.uniform(0, 360)),
            ship.calls[-1].port if ship.calls else "",
        )

    def carry_on(self, ship: Ship) -> None:
        """Further honest trade until the scenario is over."""
        while ship.track.now_s < self.end_s:
            self.stay(ship, float(self.rng.uniform(6.0, 22.0)))
            self.passage(ship, *self.trade(ship.calls[-1].port))


def lane_ship(sea: Sea) -> Ship:
    """Trades between ports; at the start she is somewhere on her way or alongside."""
    start, end = sea.trade()
    ship = sea.merchant("lane", Track(-float(sea.rng.uniform(0.0, 24.0)) * HOUR_S))
    sea.passage(ship, start, end)
    sea.carry_on(ship)
    return ship


def ferry(sea: Sea, number: int) -> Ship:
    """To and fro all day."""
    one, two = world.FERRY_LINES[number % len(world.FERRY_LINES)]
    ship = sea.registry.enrol(
        "ferry", 60, int(sea.rng.integers(110, 215)), float(sea.rng.uniform(17.0, 21.0)), Track(0.0)
    )
    ship.track.now_s = -float(sea.rng.uniform(0.0, 8.0)) * HOUR_S
    while ship.track.now_s < sea.end_s:
        sea.passage(ship, one, two)
        sea.stay(ship, float(sea.rng.uniform(0.7, 1.5)))
        one, two = two, one
    return ship


def fishing_vessel(sea: Sea) -> Ship:
    """Out to a ground 15 to 60 km off, tow after tow with hauls between, home after a day or so."""
    harbours = (
        "DKEBJ",
        "DKHAN",
        "DKSKA",
        "GBLOW",
        "GBPTL",
        "FRBOL",
        "NLIJM",
        "BEZEE",
        "NOEGE",
        "SEVAG",
        "GBTEE",
        "DKRNN",
    )
    home = str(sea.rng.choice(harbours))
    place = world.port(home)
    ground = (place.lat_deg, place.lon_deg)
    for _ in range(200):
        lat, lon = destination(
            place.lat_deg, place.lon_deg, float(sea.rng.uniform(0, 360)), float(sea.rng.uniform(18.0, 60.0))
        )
        way = world.resample((np.array([place.lat_deg, lat]), np.array([place.lon_deg, lon])))
        if world.land_share(way) == 0.0 and world.open_water(lat, lon, 12.0)[0]:
            ground = (float(lat), float(lon))
            break
    class_b = bool(sea.rng.random() < 0.3)
    ship = sea.registry.enrol("fishing", 30, int(sea.rng.integers(14, 38)), 8.5, Track(0.0), class_b=class_b)
    track = ship.track
    track.now_s = -float(sea.rng.uniform(0.0, 20.0)) * HOUR_S
    berth = sea.berth(home)
    while track.now_s < sea.end_s:
        track.lie(float(sea.rng.uniform(3.0, 9.0)), *berth, 0.0, home)
        track.sail(_straight(berth, ground), ship.service_kn, sea.rng, ramp_km=(2.0, 0.0))
        heading, here = float(sea.rng.uniform(0, 360)), ground
        back_at_s = track.now_s + float(sea.rng.uniform(9.0, 26.0)) * HOUR_S
        while track.now_s < back_at_s:
            homeward = float(bearing_deg(*here, *ground)) if distance_km(*here, *ground) > 4.0 else heading + 150.0
            heading = homeward + float(sea.rng.uniform(-30.0, 30.0))
            tow = destination(*here, heading, float(sea.rng.uniform(5.0, 9.0)))
            there = (float(tow[0]), float(tow[1]))
            towing_kn = float(sea.rng.uniform(3.0, 4.4))
            track.sail(_straight(here, there), towing_kn, sea.rng, status=FISHING, ramp_km=(0.0, 0.0), breath=0.08)
            track.drift(float(sea.rng.uniform(0.3, 0.7)), float(sea.rng.uniform(0.4, 1.1)), heading, sea.rng)
            track.statuses[-1][:] = FISHING
            here = (float(track.lats[-1][-1]), float(track.lons[-1][-1]))
        track.sail(_straight(here, berth), ship.service_kn, sea.rng, ramp_km=(0.0, 2.0))
    return ship


def harbour_craft(sea: Sea, pilot: bool) -> Ship:
    """A pilot boat or tug: out to the roads 4 to 9 km off, a while there, and back, every few hours."""
    home = str(sea.rng.choice(["NLEUR", "BEZEE", "FRLEH", "GBFXT", "FRDKK", "NLIJM"]))
    line = world.lane(home, next(b for a, b, _ in world.pairs() if a == home))
    kind, speed = (50, 17.0) if pilot else (52, 9.5)
    ship = sea.registry.enrol("pilot" if pilot else "tug", kind, 18 if pilot else 32, speed, Track(0.0))
    track, berth = ship.track, sea.berth(home)
    track.now_s = -float(sea.rng.uniform(0.0, 3.0)) * HOUR_S
    while track.now_s < sea.end_s:
        track.lie(float(sea.rng.uniform(0.5, 3.0)), *berth, 0.0, home)
        reach = int(sea.rng.integers(6, 12))
        out = (np.concatenate([[berth[0]], line[0][1:reach]]), np.concatenate([[berth[1]], line[1][1:reach]]))
        track.sail(out, speed, sea.rng, ramp_km=(1.5, 1.5))
        track.drift(
            float(sea.rng.uniform(0.2, 0.8)), float(sea.rng.uniform(0.3, 1.2)), float(sea.rng.uniform(0, 360)), sea.rng
        )
        here = (track.lats[-1][-1], track.lons[-1][-1])
        back = (np.concatenate([[here[0]], out[0][::-1]]), np.concatenate([[here[1]], out[1][::-1]]))
        track.sail(back, speed, sea.rng, ramp_km=(1.5, 1.5))
    return ship


def yacht(sea: Sea) -> Ship:
    """A class B sailing yacht: along the coast by day, in harbour by night."""
    start, end = sea.trade(low_km=60.0, high_km=330.0)
    ship = sea.registry.enrol(
        "yacht", 36, int(sea.rng.integers(9, 17)), float(sea.rng.uniform(4.8, 6.8)), Track(0.0), class_b=True
    )
    ship.track.now_s = -float(sea.rng.uniform(0.0, 30.0)) * HOUR_S
    while ship.track.now_s < sea.end_s:
        sea.passage(ship, start, end)
        sea.stay(ship, float(sea.rng.uniform(8.0, 16.0)))
        start, end = end, sea.trade(end, low_km=60.0, high_km=330.0)[1]
    return ship


class Roads:
    """Anchorages off busy ports: places 1.1 km apart, so that neighbours swing clear."""

    HOME: Final = ("NLEUR", "BEZEE", "DEBRV", "SEGOT", "FRLEH", "GBFXT", "DKSKA", "GBSOU")

    def __init__(self, sea: Sea, ships: int) -> None:
        self._used = min(max(ships // 5, 2), len(self.HOME))
        self._centres = [self._find(code) for code in self.HOME]
        self._next = 0

    def _find(self, code: str) -> tuple[float, float]:
        place = world.port(code)
        best = (place.lat_deg, place.lon_deg)
        for reach in (11.0, 15.0, 19.0, 24.0, 30.0):
            for course in range(0, 360, 15):
                lat, lon = destination(place.lat_deg, place.lon_deg, float(course), reach)
                if world.open_water(lat, lon, 4.0)[0] and 2.5 < world.lane_distance_km(lat, lon) < 12.0:
                    return float(lat), float(lon)
        return best

    def place(self) -> tuple[str, float, float]:
        """The next free anchor place and its port."""
        code, (lat, lon) = self.HOME[self._next % self._used], self._centres[self._next % self._used]
        ring = self._next // self._used
        self._next += 1
        row, column = divmod(ring, 3)
        lat, lon = destination(lat, lon, 90.0, 1.1 * (column - 1))
        lat, lon = destination(lat, lon, 0.0, 1.1 * row)
        return code, float(lat), float(lon)


def waiting_ship(sea: Sea, roads: Roads) -> Ship:
    """Comes in, waits at anchor for 10 to 40 h (or did so before the start), then goes alongside."""
    code, lat, lon = roads.place()
    start = next(a for a, b, _ in sea.rng.permutation(np.array(world.pairs(), dtype=object)) if b == code)
    ship = sea.merchant("waiting", Track(0.0))
    line = sea.beside(world.lane(start, code))
    near = int(np.argmin(distance_km(line[0], line[1], lat, lon)))
    inward = (np.append(line[0][: max(near, 2)], lat), np.append(line[1][: max(near, 2)], lon))
    ship.calls.append(Call(start, None, 0.0))
    ship.track.sail(inward, ship.service_kn, sea.rng)
    ship.track.anchor(float(sea.rng.uniform(10.0, 40.0)), lat, lon, sea.rng, code)
    anchored = ship.track.stays[-1]
    ship.track.shift(float(sea.rng.uniform(-14.0, 0.6 * sea.hours)) * HOUR_S - anchored.start_s)
    ship.calls[0].depart_s = float(ship.track.times[0][0])
    here = (ship.track.lats[-1][-1], ship.track.lons[-1][-1])
    berth = sea.berth(code)
    out = (
        np.concatenate([[here[0]], line[0][near:], [berth[0]]]),
        np.concatenate([[here[1]], line[1][near:], [berth[1]]]),
    )
    ship.track.sail(out, min(ship.service_kn, 9.0), sea.rng, ramp_km=(3.0, 4.0))
    ship.calls.append(Call(code, ship.track.now_s, None))
    sea.carry_on(ship)
    return ship


def idle_ship(sea: Sea) -> Ship:
    """Alongside all the time."""
    ship = sea.merchant("idle", Track(-HOUR_S))
    code = str(sea.rng.choice(world.PORTS))
    ship.calls.append(Call(code, -HOUR_S, None))
    ship.track.lie(sea.hours + 2.0, *sea.berth(code), float(sea.rng.uniform(0, 360)), code)
    return ship


def _straight(start: tuple[float, float], end: tuple[float, float]) -> Line:
    return world.resample((np.array([start[0], end[0]]), np.array([start[1], end[1]])), 0.5)


def honest_fleet(sea: Sea, count: int) -> list[Ship]:
    """``count`` vessels in the shares of the module docstring, lane traffic filling up."""
    share = count / 140.0
    roads = Roads(sea, round(18 * share))
    fleet: list[Ship] = []
    fleet += [ferry(sea, k) for k in range(round(12 * share))]
    fleet += [fishing_vessel(sea) for _ in range(round(18 * share))]
    fleet += [harbour_craft(sea, pilot=k % 2 == 0) for k in range(round(12 * share))]
    fleet += [yacht(sea) for _ in range(round(12 * share))]
    fleet += [waiting_ship(sea, roads) for _ in range(round(18 * share))]
    fleet += [idle_ship(sea) for _ in range(round(6 * share))]
    fleet += [lane_ship(sea) for _ in range(count - len(fleet))]
    return fleet
