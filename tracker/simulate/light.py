"""Light aircraft and their stories: orbits, surveys, field landings, and what only looks like them.

All start from and return to a small aerodrome 8 to 25 km from an air receiver, so that they are heard to the ground. A *field* is a point 11.5 to 14.8 km from
a receiver's airport (heard to the ground there too, and so are others, coming in to land) and at least 14 km from any other aerodrome.

Told, with when it could first be known: an orbit of 5 to 10 laps after four laps; a survey of 9 to 14 legs after six legs; a field landing with the transponder on two ground
reports after touching down, with the transponder off 10 min after that; the same at a strip of the register (``strips.csv`` beside the labels).

Every other silent landing has another light aircraft about, which passed as low over the same field before and is heard meanwhile; without one, nobody can tell before she
is heard again.

Traps: circuits with touch and go, go-arounds, a helicopter to a hospital, a low pass, a landing at an aerodrome below everybody's coverage, a flight that dives below coverage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy.spatial import cKDTree

from models.geodesy import bearing_deg, chord_of_km, distance_km, unit_vectors
from tracker.simulate import world
from tracker.simulate.air import Flight
from tracker.simulate.pilot import Pilot, beyond
from tracker.simulate.stories import Seed
from tracker.simulate.tracks import HOUR_S

FORBIDDEN: Final = ("circling", "off_aerodrome_landing")
_MARGIN_S: Final = 900.0
_APART_KM: Final = 8.0
"""Fields are so far from one another that what happens at one is not at another."""


@dataclass(slots=True)
class LightWorld:
    """Light aircraft, their labels and the register of strips."""

    flights: list[Flight] = field(default_factory=list)
    seeds: list[Seed] = field(default_factory=list)
    strips: list[tuple[str, float, float]] = field(default_factory=list)


class Aerodromes:
    """All aerodromes, and places away from them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        entries = world.airports()
        self.codes = np.array(list(entries))
        self.lat = np.array([float(e["lat"]) for e in entries.values()])
        self.lon = np.array([float(e["lon"]) for e in entries.values()])
        self.tree = cKDTree(unit_vectors(self.lat, self.lon))
        self.entries = entries
        self.taken: list[tuple[float, float]] = []

    def within(self, lat: float, lon: float, km: float) -> list[str]:
        """Codes within a distance."""
        rows = self.tree.query_ball_point(unit_vectors(lat, lon), float(chord_of_km(km)), return_sorted=True)
        return [str(self.codes[row]) for row in rows]

    def place(self, code: str) -> tuple[float, float, float]:
        """Latitude, longitude and height of one."""
        entry = self.entries[code]
        return float(entry["lat"]), float(entry["lon"]), float(entry["elevation"] or 0.0)

    def home(self, receiver: str, low_km: float = 8.0, high_km: float = 25.0) -> str | None:
        """A small aerodrome near a receiver."""
        lat, lon, _ = self.place(receiver)
        near = [c for c in self.within(lat, lon, high_km) if not self.entries[c]["iata"]]
        near = [c for c in near if float(distance_km(lat, lon, *self.place(c)[:2])) >= low_km]
        return str(self.rng.choice(np.array(near))) if near else None

    def field(self, receiver: str) -> tuple[float, float, float, float] | None:
        """A field near a receiver's airport: place, height and the course of the last approach, away from the airport."""
        lat, lon, ft = self.place(receiver)
        for _ in range(40):
            out = float(self.rng.uniform(0.0, 360.0))
            there = beyond(lat, lon, out, float(self.rng.uniform(11.5, 14.8)))
            if (
                self.within(*there, 14.0) not in ([receiver], [])
                or not world.is_land(*(np.array([v]) for v in there))[0]
            ):
                continue
            if any(float(distance_km(*there, *other)) < _APART_KM for other in self.taken):
                continue
            self.taken.append((there[0], there[1]))
            return there[0], there[1], ft, out + float(self.rng.uniform(-40.0, 40.0))
        return None


Made = tuple[Pilot, str, str, Callable[[float, str, str], Seed], tuple[tuple[float, float], ...]]
"""Pilot, home, category, the label from (begin of the flight, call sign, craft), and spans off the air."""


def _airborne(places: Aerodromes, home: str, ft_above: float = 1500.0) -> Pilot:
    lat, lon, ft = places.place(home)
    pilot = Pilot(lat, lon, ft, float(places.rng.uniform(0.0, 360.0)))
    pilot.stand(240.0)
    pilot.take_off(ft + ft_above)
    return pilot


def _home_again(places: Aerodromes, pilot: Pilot, home: str) -> None:
    lat, lon, ft = places.place(home)
    course = float(bearing_deg(pilot.lat_deg, pilot.lon_deg, lat, lon))
    pilot.land_at(lat, lon, ft, course)
    pilot.taxi(60.0)
    pilot.stand(300.0)


def _seed(
    kind: str,
    detail: str,
    pilot_at: tuple[float, float],
    begin: float,
    end: float,
    known: float | None,
    what: str,
    craft: str,
    **more: Any,
) -> Seed:
    return Seed(kind, detail, None, begin, end, *pilot_at, known, what, must_alert=False, craft=craft, **more)


def orbit(places: Aerodromes, receiver: str) -> Made | None:
    """Five to ten laps over one place well away from aerodromes."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    kn, ft = float(rng.uniform(85.0, 120.0)), spot[2] + float(rng.uniform(1500.0, 4500.0))
    pilot.go_to((spot[0], spot[1]), kn, ft)
    rate = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(1.3, 3.0))
    laps = float(rng.uniform(5.0, 10.0))
    begin = pilot.now_s
    pilot.steps(360.0 * laps / abs(rate), rate, kn, ft)
    end, at = pilot.now_s, (pilot.lat_deg, pilot.lon_deg)
    _home_again(places, pilot, home)
    known = begin + 1440.0 / abs(rate)

    def label(t: float, name: str, craft: str) -> Seed:
        return _seed(
            "circling",
            "orbit",
            at,
            t + begin,
            t + end,
            t + known,
            f"{name} flies {laps:.1f} circles over one place.",
            craft,
        )

    return pilot, home, "A1", label, ()


def survey(places: Aerodromes, receiver: str) -> Made | None:
    """A raster of 9 to 14 legs."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    kn, ft = float(rng.uniform(100.0, 130.0)), spot[2] + float(rng.uniform(3000.0, 6000.0))
    leg_s, turn_s, legs = float(rng.uniform(120.0, 260.0)), float(rng.uniform(60.0, 90.0)), int(rng.integers(9, 15))
    pilot.go_to((spot[0], spot[1]), kn, ft)
    begin, sign = pilot.now_s, float(rng.choice([-1.0, 1.0]))
    known = begin
    for leg in range(legs):
        pilot.steps(leg_s, 0.0, kn, ft)
        if leg == 5:
            known = pilot.now_s
        if leg < legs - 1:
            pilot.steps(turn_s, sign * 180.0 / turn_s, kn, ft)
            sign = -sign
    end, at = pilot.now_s, (pilot.lat_deg, pilot.lon_deg)
    _home_again(places, pilot, home)

    def label(t: float, name: str, craft: str) -> Seed:
        return _seed(
            "circling", "survey", at, t + begin, t + end, t + known, f"{name} flies a raster of {legs} legs.", craft
        )

    return pilot, home, "A1", label, ()


def _down(
    places: Aerodromes, receiver: str, detail: str, category: str = "A1"
) -> tuple[Pilot, str, tuple[float, float], float, float, tuple[tuple[float, float], ...], bool] | None:
    """To a field, down for 12 to 45 min, and home; half of the time with the transponder off from 100 to 300 ft above it."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    silent = bool(rng.random() < 0.6)
    lat, lon, ft, final = spot
    touched = pilot.land_at(lat, lon, ft, final, kn=float(rng.uniform(50.0, 70.0)))
    heights = np.array([row[2] for row in pilot.log])
    low = int(np.flatnonzero(heights > ft + float(rng.uniform(100.0, 300.0)))[-1]) + 1
    pilot.stand(float(rng.uniform(720.0, 2700.0)))
    pilot.course_deg = final
    pilot.take_off(ft + 1500.0)
    up = next(k for k in range(len(pilot.log) - 1, 0, -1) if pilot.log[k][2] < ft + 250.0)
    off = ((low * 5.0, up * 5.0),) if silent else ()
    end = up * 5.0
    _home_again(places, pilot, home)
    return pilot, home, (lat, lon), touched, end, off, silent


def field_landing(places: Aerodromes, receiver: str) -> Made | None:
    """Down in a field where no aerodrome is."""
    made = _down(places, receiver, "landing")
    if made is None:
        return None
    pilot, home, at, touched, end, off, silent = made

    def label(t: float, name: str, craft: str) -> Seed:
        how = "with her transponder off" if silent else "and says so"
        known = t + (off[0][0] + 600.0 if silent else touched + 10.0)
        return _seed(
            "off_aerodrome_landing",
            "landing",
            at,
            t + touched,
            t + end,
            known,
            f"{name} comes down in a field {how}.",
            craft,
        )

    return pilot, home, "A1", label, off


def suspected_strip(places: Aerodromes, receiver: str) -> Made | None:
    """The same at a strip of the register."""
    made = _down(places, receiver, "suspected_strip")
    if made is None:
        return None
    pilot, home, at, touched, end, off, silent = made

    def label(t: float, name: str, craft: str) -> Seed:
        known = t + (off[0][0] + 600.0 if silent else touched + 10.0)
        return _seed(
            "off_aerodrome_landing",
            "suspected_strip",
            at,
            t + touched,
            t + end,
            known,
            f"{name} comes down at a suspected strip.",
            craft,
        )

    return pilot, home, "A1", label, off


def helicopter(places: Aerodromes, receiver: str) -> Made | None:
    """A rotorcraft to a hospital and back."""
    made = _down(places, receiver, "helicopter")
    if made is None:
        return None
    pilot, home, at, _, _, off, _ = made

    def label(t: float, name: str, craft: str) -> Seed:
        what = f"{name}, a helicopter, lands at a hospital."
        return _seed("negative", "helicopter", at, t, t + pilot.now_s, None, what, craft, forbids=FORBIDDEN)

    return pilot, home, "A7", label, off


def circuits(places: Aerodromes, receiver: str) -> Made | None:
    """Five to eight circuits with touch and go at home."""
    home = places.home(receiver)
    if home is None:
        return None
    lat, lon, ft = places.place(home)
    pilot, rng = Pilot(lat, lon, ft, float(places.rng.uniform(0.0, 360.0))), places.rng
    pilot.stand(240.0)
    course, turn = pilot.course_deg, float(rng.choice([-1.0, 1.0])) * 3.0
    for _ in range(int(rng.integers(5, 9))):
        pilot.take_off(ft + 700.0)
        for straight_s, height in ((40.0, 1000.0), (100.0, 1000.0), (35.0, 700.0)):
            pilot.steps(30.0, turn, 90.0, ft + 1000.0)
            pilot.steps(straight_s, 0.0, 90.0, ft + height)
        pilot.land_at(lat, lon, ft, course, final_km=2.0)
        pilot.course_deg = course
    pilot.taxi(60.0)
    pilot.stand(300.0)
    what = "flies circuits with touch and go"
    return pilot, home, "A1", _quiet("circuits", what, (lat, lon), pilot), ()


def go_around(places: Aerodromes, receiver: str) -> Made | None:
    """Three to five approaches to a great airport broken off low down, and home."""
    home = places.home(receiver)
    if home is None:
        return None
    lat, lon, ft = places.place(receiver)
    pilot, rng = _airborne(places, home, 3000.0), places.rng
    course = float(rng.uniform(0.0, 360.0))
    for _ in range(int(rng.integers(3, 6))):
        start = beyond(lat, lon, course + 180.0, 14.0)
        pilot.go_to(start, 150.0, ft + 2500.0, 1.0)
        pilot.go_to((lat, lon), 120.0, ft + 250.0, 0.8)
        pilot.steps(180.0, 0.0, 140.0, ft + 2500.0)
    _home_again(places, pilot, home)
    return pilot, home, "A2", _quiet("go_around", "goes around several times", (lat, lon), pilot), ()


def low_pass(places: Aerodromes, receiver: str) -> Made | None:
    """Low over a field and away."""
    home, spot = places.home(receiver), places.field(receiver)
    if home is None or spot is None:
        return None
    pilot = _airborne(places, home)
    lat, lon, ft, final = spot
    start = beyond(lat, lon, final + 180.0, 5.0)
    pilot.go_to(start, 90.0, ft + 1100.0, 0.8)
    pilot.go_to((lat, lon), 75.0, ft + 150.0)
    pilot.steps(60.0, 0.0, 80.0, ft + 150.0)
    pilot.steps(240.0, 0.0, 95.0, ft + 1500.0)
    _home_again(places, pilot, home)
    return pilot, home, "A1", _quiet("low_pass", "passes low over a field", (lat, lon), pilot), ()


def far_aerodrome(places: Aerodromes, receiver: str) -> Made | None:
    """A landing at an aerodrome that nobody hears low down, and the flight back."""
    home, far = places.home(receiver), places.home(receiver, 60.0, 110.0)
    if home is None or far is None:
        return None
    pilot, rng = _airborne(places, home), places.rng
    lat, lon, ft = places.place(far)
    course = float(bearing_deg(pilot.lat_deg, pilot.lon_deg, lat, lon))
    start = beyond(lat, lon, course + 180.0, 6.0)
    pilot.go_to(start, 105.0, ft + 2500.0, 1.0)
    pilot.land_at(lat, lon, ft, course)
    pilot.stand(float(rng.uniform(900.0, 2400.0)))
    pilot.take_off(ft + 2500.0)
    pilot.go_to(places.place(home)[:2], 105.0, places.place(home)[2] + 2500.0, 6.0)
    _home_again(places, pilot, home)
    return pilot, home, "A1", _quiet("far_aerodrome", f"lands at {far}, where nobody hears her", (lat, lon), pilot), ()


def below_coverage(places: Aerodromes, receiver: str) -> Made | None:
    """Down below what anybody hears, 15 to 30 min along, and up again elsewhere."""
    home = places.home(receiver)
    if home is None:
        return None
    pilot, rng = _airborne(places, home, 2000.0), places.rng
    lat, lon, ft = places.place(receiver)
    out = float(rng.uniform(0.0, 360.0))
    there = beyond(lat, lon, out, 70.0)
    pilot.go_to(there, 110.0, ft + 2500.0, 2.0)
    pilot.steps(300.0, 0.0, 80.0, ft + 250.0)
    pilot.steps(float(rng.uniform(900.0, 1800.0)), 0.0, 85.0, ft + 250.0)
    pilot.steps(300.0, 0.0, 105.0, ft + 3000.0)
    pilot.go_to(places.place(home)[:2], 110.0, places.place(home)[2] + 2500.0, 6.0)
    _home_again(places, pilot, home)
    return (
        pilot,
        home,
        "A1",
        _quiet("below_coverage", "flies on below what anybody hears", (there[0], there[1]), pilot),
        (),
    )


def _quiet(detail: str, what: str, at: tuple[float, float], pilot: Pilot) -> Callable[[float, str, str], Seed]:
    def label(t: float, name: str, craft: str) -> Seed:
        return _seed("negative", detail, at, t, t + pilot.now_s, None, f"{name} {what}.", craft, forbids=FORBIDDEN)

    return label


STORIES: Final[tuple[tuple[Callable[[Aerodromes, str], Made | None], int], ...]] = (
    (orbit, 4),
    (survey, 3),
    (field_landing, 5),
    (suspected_strip, 3),
    (helicopter, 2),
    (circuits, 2),
    (go_around, 2),
    (low_pass, 2),
    (far_aerodrome, 2),
    (below_coverage, 2),
)
"""Each story and how often it is told beside 40 flights."""


def light_world(
    rng: np.random.Generator, flights: int, hours: float, avoid: tuple[tuple[float, float], ...] = ()
) -> LightWorld:
    """All stories in their numbers; those that find no room in a short scenario, or no time free of ``avoid``, are left out."""
    made = LightWorld()
    if not flights:
        return made
    places = Aerodromes(rng)
    for story, often in STORIES:
        wanted, tries = max(1, round(often * flights / 40)), 0
        while wanted and tries < 60:
            tries += 1
            told = story(places, str(rng.choice(np.array(world.AIR_RECEIVERS))))
            if told is not None and _enter(made, rng, story.__name__, told, hours * HOUR_S, avoid):
                wanted -= 1
    return made


def _enter(
    made: LightWorld,
    rng: np.random.Generator,
    story: str,
    told: Made,
    end_s: float,
    avoid: tuple[tuple[float, float], ...],
) -> bool:
    """Give a story its time; False where there is none."""
    pilot, home, category, label, off = told
    room_s = end_s - pilot.now_s - 2.0 * _MARGIN_S
    if room_s <= 0.0:
        return False
    begun_s = _MARGIN_S + float(rng.uniform(0.0, room_s))
    if any(a < begun_s + pilot.now_s + 900.0 and begun_s - 900.0 < b for a, b in avoid):
        return False
    if off and len(made.flights) % 2 == 0:
        _companion(made, rng, begun_s + off[0][0], label(begun_s, "", "").lat_deg, label(begun_s, "", "").lon_deg, home)
    number = len(made.flights)
    flight = pilot.flight(begun_s, int(rng.integers(0x3C0000, 0x4CFFFF)), f"LT{number:03d}", home, category, story)
    flight.off_air = [(begun_s + a, begun_s + b) for a, b in off]
    seed = label(begun_s, flight.call_sign, flight.craft)
    made.flights.append(flight)
    made.seeds.append(seed)
    if seed.detail == "suspected_strip":
        made.strips.append((f"Strip {len(made.strips) + 1}", seed.lat_deg, seed.lon_deg))
    return True


def _companion(made: LightWorld, rng: np.random.Generator, silent_s: float, lat: float, lon: float, home: str) -> None:
    """Another aircraft that passes low over a field 15 min before a silence begins there, and flies about within 40 km for most of an hour."""
    entry = world.airports()[home]
    home_lat, home_lon, home_ft = float(entry["lat"]), float(entry["lon"]), float(entry["elevation"] or 0.0)
    pilot = Pilot(home_lat, home_lon, home_ft, float(rng.uniform(0.0, 360.0)))
    pilot.take_off(home_ft + 1500.0)
    away = float(bearing_deg(home_lat, home_lon, lat, lon))
    pilot.go_to(beyond(lat, lon, away + 180.0, 4.0), 90.0, home_ft + 800.0, 0.8)
    pilot.go_to((lat, lon), 80.0, home_ft + 40.0)
    passed_s = pilot.now_s
    pilot.steps(90.0, 0.0, 90.0, home_ft + 40.0)
    for leg in range(4):
        out = away + (140.0 if leg % 2 else -60.0)
        pilot.go_to(beyond(lat, lon, out, 30.0), 95.0, home_ft + 2500.0, 1.0)
    pilot.land_at(home_lat, home_lon, home_ft, float(bearing_deg(pilot.lat_deg, pilot.lon_deg, home_lat, home_lon)))
    pilot.stand(300.0)
    begun_s = silent_s - 900.0 - passed_s
    flight = pilot.flight(
        begun_s, int(rng.integers(0x3C0000, 0x4CFFFF)), f"LT{len(made.flights):03d}", home, "A1", "low_pass"
    )
    made.flights.append(flight)
    made.seeds.append(
        _quiet("low_pass", "passes low over a field and flies about", (lat, lon), pilot)(
            begun_s, flight.call_sign, flight.craft
        )
    )
