"""Flights between real airports: their paths, their transmissions, and what receivers near the airports get of them.

A flight taxies, climbs 185 ft per kilometre, cruises, descends three degrees, lands and taxies in; ground speed follows
height. Departures come in waves, as they do, so that aircraft in the air have others around them. While in the air she sends, every
five seconds, a position pair (even, odd half a second later) and a velocity; all-calls every 15 s, altitude replies every
20 s, identification every 30 s, identity replies every minute; on the ground surface positions instead.

A frame is received with probability 0.9 inside the radio horizon of a receiver, ``4.12 (sqrt(h1) + sqrt(h2))`` km with heights in metres
and at most 410 km (220 NM), falling over a few kilometres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, destination, distance_km, interpolate
from tracker.simulate import world
from tracker.simulate.radio import Span
from tracker.simulate.stories.seed import Seed
from tracker.simulate.tracks import HOUR_S
from tracker.units import KM_PER_NM, M_PER_FT

STEP_S: Final = 5.0
_LOOK_S: Final = 20.0
_MOMENT_S: Final = 180.0
_MOVE_S: Final = 120.0
_MOST_MOVES: Final = 30
CLIMB_FT_KM: Final = 185.0
DESCENT_FT_KM: Final = 172.0
HORIZON_KM: Final = 4.12
HORIZON_TOP_KM: Final = 410.0
RECEIVER_HEIGHT_M: Final = 30.0
_SPEED_AT_FT: Final = ([0.0, 3000.0, 10000.0, 25000.0, 36000.0], [140.0, 190.0, 260.0, 400.0, 455.0])
WITNESS_KM: Final = 350.0
"""Others this near show that the receivers around her listen: both are above the horizon of one."""
_HEARD: Final = 0.5
_HIGH_FT: Final = 16_000.0
"""A low aircraft is heard by whatever stands at its aerodrome, and is no witness of what a network hears en route."""
_PATCH_KM: Final = 30.0
_FURTHER_KM: Final = 45.0
_NO_HIGHER_FT: Final = 1_500.0
_LEAST_KNOWN_S: Final = 540.0
_KNOWN_SHARE: Final = 0.7
"""A silence is labelled only where what was heard before lets somebody know that it is one: two patches of 0.2 degrees, where the next two on the way are
known as well (who is lost on the last kilometres before an edge is lost to the edge), for the 8 min of the shortest dark period and one more."""
_TRIES: Final = 8
"""Times of one flight that are tried."""
_WAVES_H: Final = (5.5, 15.5)
_WAVE_H: Final = 3.0

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Flight:
    """One flight on a grid of five seconds."""

    address: int
    call_sign: str
    registration: str
    squawk: int
    origin: str
    declared: str
    landed: str
    time_s: Floats
    lat: Floats
    lon: Floats
    altitude_ft: Floats
    speed_kn: Floats
    track_deg: Floats
    climb_ftmin: Floats
    on_ground: NDArray[np.bool_]
    story: str = ""
    category: str = "A3"
    off_air: list[Span] = field(default_factory=list)
    squawks: list[tuple[float, float, int]] = field(default_factory=list)
    """From when to when she squawks something else."""
    poor: list[Span] = field(default_factory=list)
    """When her positions have no integrity (type code 18)."""
    lies: list[Any] = field(default_factory=list)
    """Where its receiver puts it instead (``tracker.simulate.lies``)."""

    @property
    def craft(self) -> str:
        """Her craft text."""
        return f"icao24:{self.address:06x}"


def place(code: str) -> tuple[float, float, float]:
    """An airport's latitude, longitude and height in feet."""
    entry = world.airports()[code]
    return float(entry["lat"]), float(entry["lon"]), float(entry["elevation"])


def _great_circle(start: tuple[float, float], end: tuple[float, float], step_km: float = 0.5) -> tuple[Floats, Floats]:
    count = max(2, int(distance_km(*start, *end) / step_km) + 1)
    lat, lon = interpolate(*start, *end, np.linspace(0.0, 1.0, count))
    return np.asarray(lat), np.asarray(lon)


def _racetrack(lat: float, lon: float, course: float, laps: int) -> tuple[Floats, Floats]:
    """Laps of two straight legs of 7 km and two half circles of 2.6 km radius, to the right."""
    leg, radius = 7.0, 2.6
    straight = np.arange(0.0, leg, 0.5)
    arc = np.arange(0.0, np.pi, 0.5 / radius)
    along = np.concatenate([straight, leg + radius * np.sin(arc), leg - straight, -radius * np.sin(arc)])
    across = np.concatenate(
        [
            np.zeros_like(straight),
            radius * (1 - np.cos(arc)),
            np.full_like(straight, 2 * radius),
            radius * (1 + np.cos(arc)),
        ]
    )
    along, across = np.tile(along, laps), np.tile(across, laps)
    out = destination(lat, lon, course + np.degrees(np.arctan2(across, along)), np.hypot(along, across))
    return np.asarray(out[0]), np.asarray(out[1])


def fly(
    rng: np.random.Generator,
    number: int,
    origin: str,
    declared: str,
    depart_s: float,
    *,
    story: str = "",
    alternate: str | None = None,
) -> Flight:
    """One flight; ``story`` is ``holding``, ``landed_elsewhere`` (at ``alternate``), ``returned_to_origin`` or nothing."""
    start, goal = place(origin), place(declared)
    whole = float(distance_km(*start[:2], *goal[:2]))
    legs: list[tuple[Floats, Floats]] = []
    held: list[bool] = []
    landed = declared
    if story in ("landed_elsewhere", "returned_to_origin"):
        share = 0.3 if story == "returned_to_origin" else max(0.55, 1.0 - 90.0 / whole)
        lat, lon = interpolate(*start[:2], *goal[:2], np.array([share]))
        turn = (float(lat[0]), float(lon[0]))
        landed = origin if story == "returned_to_origin" else str(alternate)
        legs, held = [_great_circle(start[:2], turn), _great_circle(turn, place(landed)[:2])], [False, False]
    elif story == "holding":
        lat, lon = interpolate(*start[:2], *goal[:2], np.array([1.0 - 55.0 / whole]))
        fix = (float(lat[0]), float(lon[0]))
        laps = int(rng.integers(3, 6))
        legs = [
            _great_circle(start[:2], fix),
            _racetrack(*fix, float(bearing_deg(*fix, *goal[:2])), laps),
            _great_circle(fix, goal[:2]),
        ]
        held = [False, True, False]
    else:
        legs, held = [_great_circle(start[:2], goal[:2])], [False]
    goal = place(landed)
    lat, lon = (np.concatenate([leg[k] for leg in legs]) for k in (0, 1))
    lat, lon = world.smooth((lat, lon), 4)
    waiting = np.concatenate([np.full(len(leg[0]), flag) for leg, flag in zip(legs, held, strict=True)])
    step = np.concatenate([[0.0], distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:])])
    gone = np.cumsum(np.where(waiting, 0.0, step))
    cruise = (
        float(rng.choice(np.arange(28_000, 40_000, 1_000))) if whole > 450.0 else float(rng.choice([18e3, 22e3, 26e3]))
    )
    altitude = np.minimum(start[2] + CLIMB_FT_KM * gone, goal[2] + DESCENT_FT_KM * (gone[-1] - gone))
    altitude = np.minimum(altitude, cruise)
    above = altitude - np.interp(gone, [0.0, gone[-1]], [start[2], goal[2]])
    speed = np.interp(above, *_SPEED_AT_FT) * rng.uniform(0.96, 1.04)
    times = np.cumsum(step / (np.maximum(speed, 60.0) * KM_PER_NM / HOUR_S))

    stand, runway_s = destination(start[0], start[1], rng.uniform(0, 360), 1.3), 420.0
    gate, taxi_in_s = destination(goal[0], goal[1], rng.uniform(0, 360), 1.2), 360.0
    knot_s = np.concatenate(
        [[0.0, 60.0], runway_s + times, [runway_s + times[-1] + taxi_in_s - 60.0, runway_s + times[-1] + taxi_in_s]]
    )
    grid = np.arange(0.0, knot_s[-1], STEP_S)
    lat_at = np.interp(grid, knot_s, np.concatenate([[stand[0], stand[0]], lat, [gate[0], gate[0]]]))
    lon_at = np.interp(grid, knot_s, np.concatenate([[stand[1], stand[1]], lon, [gate[1], gate[1]]]))
    altitude_at = np.interp(grid, knot_s, np.concatenate([[start[2]] * 2, altitude, [goal[2]] * 2]))
    moved = distance_km(lat_at[:-1], lon_at[:-1], lat_at[1:], lon_at[1:])
    speed_at = np.append(moved, 0.0) / KM_PER_NM / (STEP_S / HOUR_S)
    course = np.append(bearing_deg(lat_at[:-1], lon_at[:-1], lat_at[1:], lon_at[1:]), 0.0)
    ground = (grid < runway_s) | (grid > runway_s + times[-1])
    letters = "".join(chr(65 + int(k)) for k in rng.integers(0, 26, 3))
    return Flight(
        address=int(rng.integers(0x3C0000, 0x4CFFFF)),
        call_sign=f"TDW{number:d}{letters[0]}",
        registration=f"{rng.choice(['PH', 'D', 'OY', 'SE', 'LN', 'G', 'F'])}-{letters}{number % 10}",
        squawk=int("".join(str(int(k)) for k in rng.integers(1, 7, 4))),
        origin=origin,
        declared=declared,
        landed=landed,
        time_s=depart_s - runway_s + grid,
        lat=lat_at,
        lon=lon_at,
        altitude_ft=altitude_at,
        speed_kn=speed_at,
        track_deg=course,
        climb_ftmin=np.gradient(altitude_at) * 60.0 / STEP_S,
        on_ground=ground,
        story=story,
    )


def schedule(rng: np.random.Generator, count: int, hours: float) -> tuple[list[Flight], list[Seed]]:
    """``count`` flights in waves, with their stories; a flight that would not end in time departs earlier."""
    waves = [day * 24.0 + wave for day in range(int(hours // 24) + 1) for wave in _WAVES_H]
    waves = [wave for wave in waves if wave + _WAVE_H + 2.0 < hours] or [min(0.3, hours / 10.0)]
    span_h = _WAVE_H if hours > 12.0 else max(0.2, min(_WAVE_H, hours - 2.6))
    plots = ["landed_elsewhere", "landed_elsewhere", "returned_to_origin", "holding", "holding", "holding"]
    plots = plots[:: max(1, round(40 / max(count, 1)))] if count < 40 else plots
    flights: list[Flight] = []
    seeds: list[Seed] = []
    for number in range(count):
        story = plots[number // 2] if number % 2 == 0 and number // 2 < len(plots) else ""
        origin, declared, alternate = _city_pair(rng, story)
        depart_s = (waves[number % len(waves)] + float(rng.uniform(0.0, span_h))) * HOUR_S
        flight = fly(rng, 100 + number, origin, declared, depart_s, story=story, alternate=alternate)
        while any(flight.address == other.address for other in flights):
            flight.address += 1
        flight.time_s = flight.time_s - max(0.0, float(flight.time_s[-1]) - (hours * HOUR_S - 300.0))
        keep_apart(flight, flights)
        if story:
            seeds.append(_told(flight))
        flights.append(flight)
    return flights, seeds


def keep_apart(flight: Flight, others: Sequence[Flight]) -> None:
    """Let a flight depart earlier until it keeps company with none of the others, as those who control traffic would."""
    for _ in range(_MOST_MOVES):
        if not any(_in_company(flight, other) for other in others):
            return
        flight.time_s = flight.time_s - _MOVE_S


def _in_company(one: Flight, other: Flight) -> bool:
    """Whether two flights aloft are closer than control allows for more than a moment (ICAO Doc 4444: 5 nm or 1,000 ft)."""
    at_s = np.arange(max(one.time_s[0], other.time_s[0]), min(one.time_s[-1], other.time_s[-1]), _LOOK_S)
    if not len(at_s):
        return False
    (lat, lon, height), (lat_2, lon_2, height_2) = (
        [np.interp(at_s, f.time_s, column) for column in (f.lat, f.lon, f.altitude_ft)] for f in (one, other)
    )
    level = (np.abs(height - height_2) < 950.0) & (np.minimum(height, height_2) > 2_500.0)
    close = level & (distance_km(lat, lon, lat_2, lon_2) < 5.0 * KM_PER_NM)
    return bool(close.sum() * _LOOK_S > _MOMENT_S)


def _city_pair(rng: np.random.Generator, story: str) -> tuple[str, str, str | None]:
    """Origin, destination and, for a landing elsewhere, a third airport 100 to 350 km from the destination."""
    while True:
        origin, declared = (
            str(code) for code in rng.permutation(world.AIR_ROUTES[int(rng.integers(len(world.AIR_ROUTES)))])
        )
        if story != "landed_elsewhere":
            return origin, declared, None
        near = [
            code
            for code in world.AIR_RECEIVERS
            if code not in (origin, declared) and 100.0 < distance_km(*place(declared)[:2], *place(code)[:2]) < 350.0
        ]
        if near:
            return origin, declared, str(rng.choice(near))


def _told(flight: Flight) -> Seed:
    """The label of a flight's story."""
    air = np.flatnonzero(~flight.on_ground)
    goal = place(flight.declared)
    to_go = distance_km(flight.lat, flight.lon, goal[0], goal[1])
    if flight.story == "holding":
        return Seed(
            "negative",
            "holding_stack",
            None,
            float(flight.time_s[air[0]]),
            float(flight.time_s[air[-1]]),
            float(flight.lat[air[-1]]),
            float(flight.lon[air[-1]]),
            None,
            f"{flight.call_sign} flies a holding pattern before landing at {flight.declared}.",
            must_alert=False,
            forbids=("circling", "loitering", "diversion", "dark_period"),
            craft=flight.craft,
        )
    turn = int(np.argmin(np.where(flight.on_ground, np.inf, to_go)))
    touch = int(air[-1])
    if flight.story == "returned_to_origin":
        growing = turn + int(np.argmax(to_go[turn:] > to_go[turn] + 60.0))
        known_s, what = float(flight.time_s[growing]), "turns back and lands where she came from"
    else:
        known_s, what = float(flight.time_s[touch]), f"lands at {flight.landed} instead"
    return Seed(
        "diversion",
        flight.story,
        None,
        float(flight.time_s[turn]),
        float(flight.time_s[-1]) + 600.0,
        float(flight.lat[turn]),
        float(flight.lon[turn]),
        known_s,
        f"{flight.call_sign}, declared from {flight.origin} to {flight.declared}, {what}.",
        craft=flight.craft,
    )


class AirCoverage:
    """The radio horizons of all receivers together."""

    def __init__(self) -> None:
        places = np.array([place(code) for code in world.AIR_RECEIVERS])
        self._lat, self._lon = places[:, 0][:, None], places[:, 1][:, None]
        self._height_m = (places[:, 2] * M_PER_FT + RECEIVER_HEIGHT_M)[:, None]

    def any_receiver(self, lat: Any, lon: Any, altitude_ft: Any) -> Floats:
        """Chance that at least one receiver gets one frame."""
        height_m = np.maximum(np.asarray(altitude_ft) * M_PER_FT, 0.0) + 5.0
        base_m = np.minimum(self._height_m, height_m + RECEIVER_HEIGHT_M)
        reach = np.minimum(
            HORIZON_KM * (np.sqrt(np.minimum(base_m, RECEIVER_HEIGHT_M)) + np.sqrt(height_m)), HORIZON_TOP_KM
        )
        away = distance_km(self._lat, self._lon, lat, lon)
        chance = 0.9 / (1.0 + np.exp(np.clip((away - reach) / (0.02 * reach), -40.0, 40.0)))
        missed: Floats = np.prod(1.0 - np.where(chance < 0.01, 0.0, chance), axis=0)
        return 1.0 - missed


def go_dark(
    rng: np.random.Generator, flights: list[Flight], coverage: AirCoverage, wanted: int, feed_off: tuple[Span, ...]
) -> list[Seed]:
    """Switch off transponders of honest flights in cruise for 10 to 40 min where they are heard, others are too, and others were heard before."""
    seeds: list[Seed] = []
    for number in np.concatenate([rng.permutation(len(flights)) for _ in range(_TRIES)]):
        if len(seeds) == wanted:
            break
        flight = flights[int(number)]
        length = int(rng.uniform(10.0, 40.0) * 60.0 / STEP_S)
        level = np.flatnonzero(flight.altitude_ft > flight.altitude_ft.max() - 500.0)
        if flight.story or len(level) < length + 120:
            continue
        first = int(level[0] + rng.integers(40, len(level) - length - 70))
        part = slice(first - 60, first + length + 60)
        begin_s, end_s = float(flight.time_s[first]), float(flight.time_s[first + length])
        heard = coverage.any_receiver(flight.lat[part], flight.lon[part], flight.altitude_ft[part])
        others = [
            other
            for other in flights
            if other is not flight
            and not other.off_air
            and other.time_s[0] + 600.0 < begin_s
            and end_s < other.time_s[-1] - 600.0
        ]
        if (
            heard.min() < 0.85
            or _witnesses(flight, others, coverage, begin_s, end_s) < 2
            or _known_s(flight, first, length, flights, coverage)
            < max(_LEAST_KNOWN_S, _KNOWN_SHARE * (end_s - begin_s))
            or any(a - 600.0 < end_s and begin_s < b + 600.0 for a, b in feed_off)
        ):
            continue
        flight.off_air.append((begin_s, end_s))
        flight.story = "silent"
        seeds.append(
            Seed(
                "dark_period",
                "silent",
                None,
                begin_s,
                end_s,
                float(flight.lat[first]),
                float(flight.lon[first]),
                begin_s + 60.0,
                f"{flight.call_sign} is silent in cruise for {(end_s - begin_s) / 60.0:.0f} min where she should be heard.",
                craft=flight.craft,
                story="silent_flight",
            )
        )
    return seeds


def _witnesses(flight: Flight, others: list[Flight], coverage: AirCoverage, begin_s: float, end_s: float) -> int:
    """How many other flights are heard high, and within ``WITNESS_KM`` of one another, a quarter, half and three quarters through a silence."""
    at_s = begin_s + np.array([0.25, 0.5, 0.75]) * (end_s - begin_s)
    lat, lon = np.interp(at_s, flight.time_s, flight.lat), np.interp(at_s, flight.time_s, flight.lon)
    count = 0
    for other in others:
        there = [np.interp(at_s, other.time_s, values) for values in (other.lat, other.lon, other.altitude_ft)]
        near = distance_km(lat, lon, there[0], there[1]) < WITNESS_KM
        count += bool((near & (there[2] > _HIGH_FT) & (coverage.any_receiver(*there) > _HEARD)).all())
    return count


def _known_s(flight: Flight, first: int, length: int, flights: list[Flight], coverage: AirCoverage) -> float:
    """For how much of a silence it is known that an aircraft is heard: where others were earlier, no higher, near its way and further along it.

    Who was heard higher proves nothing: the horizon is farther for it.
    """
    sample = np.linspace(first, first + length, 12).astype(np.int64)
    lat, lon, height = flight.lat[sample], flight.lon[sample], flight.altitude_ft[sample]
    course = bearing_deg(lat[:-1], lon[:-1], lat[1:], lon[1:])
    beyond = destination(lat, lon, np.append(course, course[-1]), _FURTHER_KM)
    known = np.zeros((2, len(sample)), dtype=np.bool_)
    for other in flights:
        earlier = np.flatnonzero(other.time_s < flight.time_s[first])[::3]
        if other is flight or not len(earlier):
            continue
        there = other.lat[earlier], other.lon[earlier], other.altitude_ft[earlier]
        heard = (coverage.any_receiver(*there) > _HEARD) & (there[2] <= height[:, None] + _NO_HIGHER_FT)
        for row, place in enumerate(((lat, lon), beyond)):
            away = distance_km(place[0][:, None], place[1][:, None], there[0], there[1])
            known[row] |= ((away < _PATCH_KM) & heard).any(axis=1)
    return float(known.all(axis=0).mean()) * length * STEP_S
