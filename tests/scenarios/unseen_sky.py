"""Airliners flying their rotations under a few receivers: most turn-rounds happen where nobody hears them.

Airframes fly out and back (W-patterns: home, A, home, B, home ...) between real airports, each leg under its own flight number, the same
numbers every day, with turn-rounds of 25 to 90 minutes and night stops. Papers are made for one leg of each, or there and back. A leg climbs, cruises (with a
step climb on long ones), descends three degrees and may hold or go around. Heard is what lies above the radio horizon of a receiver
(4.12 (sqrt(h1) + sqrt(h2)) km, at most 410), on the ground 6 km around one, or what lies in a box as subscriptions cut them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.corridor import Path
from models.geodesy import bearing_deg, destination, distance_km, interpolate
from tests.scenarios.diversion_tracks import START_US, node, place
from tracker.identity import icao24_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode

HOMES: Final = ("EHAM", "EDDF", "LIRF", "EGKK", "LEMD", "LOWW")
"""Where receivers stand."""
AWAY: Final = (
    "EIDW", "LPPT", "LGAV", "LTFM", "ESSA", "ENGM", "EFHK", "EPWA", "LROP", "LLBG", "HECA", "GMMN", "GCLP", "LHBP", "EVRA", "BIKF", "OMDB",
    "KJFK", "LCLK", "LMML", "DTTA",
)  # fmt: skip
AIRLINES: Final = ("KLM", "DLH", "AZA", "EZY", "IBE", "AUA", "RYR", "WZZ")
STEP_S: Final = 30.0
FEET_KM: Final = 172.0
DIVERSIONS: Final = ("landed_elsewhere", "returned_to_origin", "late", "wrong_way", "off_route", "skipped_call")

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Leg:
    """One flight as it was flown: seconds, degrees, feet, knots."""

    second: Floats
    lat: Floats
    lon: Floats
    altitude_ft: Floats
    speed_kn: Floats
    on_ground: NDArray[np.bool_]
    call_sign: str = ""


@dataclass(slots=True)
class Sky:
    """Papers, what was heard, and which papers have which diversion."""

    papers: list[Itinerary] = field(default_factory=list)
    rows: list[PositionBatch] = field(default_factory=list)
    signs: list[tuple[int, int, str]] = field(default_factory=list)
    seeded: dict[str, str] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    """Papers with a diversion that nobody heard enough of."""
    craft_days: float = 0.0

    def positions(self) -> PositionBatch:
        return PositionBatch.concat(self.rows).in_time_order()

    def statics(self) -> StaticBatch:
        signs = sorted(self.signs)
        time_us = np.array([s[0] for s in signs], dtype=np.int64)
        return StaticBatch.from_columns(
            len(signs), time_us=time_us, received_us=time_us, craft=np.array([s[1] for s in signs], dtype=np.int64), source=0,
            message_type=104, call_sign=np.array([s[2].encode() for s in signs], dtype="S8"),
        )  # fmt: skip


def fly(
    rng: np.random.Generator,
    begins_s: float,
    points: Sequence[tuple[float, float]],
    *,
    hold: bool = False,
    again: bool = False,
) -> Leg:
    """From the first point to the last: gate, climb, cruise, descent, landing, gate; ``again`` goes around once."""
    lat_parts, lon_parts = [], []
    for one, two in itertools.pairwise(points):
        count = max(2, int(distance_km(*one, *two) / 2.0))
        lat, lon = interpolate(*one, *two, np.linspace(0.0, 1.0, count, endpoint=False))
        lat_parts.append(np.asarray(lat))
        lon_parts.append(np.asarray(lon))
    lat, lon = np.append(np.concatenate(lat_parts), points[-1][0]), np.append(np.concatenate(lon_parts), points[-1][1])
    extra_ft = np.zeros(len(lat))
    if hold or again:
        at = max(1, len(lat) - (25 if hold else 6))
        turn = np.linspace(0.0, 360.0 * (4 if hold else 1), 60 if hold else 25)
        radius = 6.0
        course = float(bearing_deg(lat[at - 1], lon[at - 1], lat[at], lon[at]))
        centre = destination(lat[at], lon[at], course + 90.0, radius)
        ring = destination(float(centre[0]), float(centre[1]), course - 90.0 + turn, radius)
        lat, lon = np.insert(lat, at, ring[0]), np.insert(lon, at, ring[1])
        extra_ft = np.insert(extra_ft, at, np.full(len(turn), np.nan))
    step = np.append(0.0, distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]))
    turning = np.isnan(extra_ft)
    gone = np.cumsum(np.where(turning, 0.0, step))
    cruise = float(rng.choice([33e3, 36e3, 38e3])) if gone[-1] > 450.0 else 22e3
    level = np.where((gone > 0.6 * gone[-1]) & (gone[-1] > 2000.0), cruise + 2000.0, cruise)
    altitude = np.minimum(np.minimum(185.0 * gone, FEET_KM * (gone[-1] - gone)), level)
    if again:
        altitude[turning] = np.maximum(altitude[turning], 2500.0)
    speed = np.interp(altitude, [0.0, 3e3, 1e4, 2.5e4, 3.6e4], [140.0, 190.0, 260.0, 400.0, 455.0]) * rng.uniform(
        0.97, 1.04
    )
    at_s = begins_s + 600.0 + np.cumsum(step / (speed * 1.852) * 3600.0)
    knots_s = np.concatenate([[begins_s, begins_s + 599.0], at_s, [at_s[-1] + 5.0, at_s[-1] + 400.0]])
    ends = [np.concatenate([[v[0]] * 2, v, [v[-1]] * 2]) for v in (lat, lon, altitude, speed)]
    grid = np.arange(begins_s, knots_s[-1], STEP_S)
    columns = [np.interp(grid, knots_s, values) for values in ends]
    ground = (grid < at_s[0]) | (grid > at_s[-1])
    columns[3] = np.where(ground, 12.0, columns[3])
    return Leg(grid, columns[0], columns[1], columns[2], columns[3], ground)


def heard(leg: Leg, receivers: Sequence[str], box: tuple[float, float, float, float] | None) -> NDArray[np.bool_]:
    """Which reports of a leg anybody hears."""
    if box is not None:
        south, north, west, east = box
        return (leg.lat > south) & (leg.lat < north) & (leg.lon > west) & (leg.lon < east)
    within = np.zeros(len(leg.lat), dtype=bool)
    reach = np.minimum(410.0, 4.12 * (np.sqrt(30.0) + np.sqrt(np.maximum(leg.altitude_ft, 0.0) * 0.3048)))
    reach = np.where(leg.on_ground, 6.0, reach)
    for code in receivers:
        within |= distance_km(leg.lat, leg.lon, *place(code)) < reach
    return within


def alternate(code: str, among: Sequence[str]) -> str:
    """The nearest of some airports that is another one, 60 km off at least."""
    others = [(float(distance_km(*place(code), *place(other))), other) for other in among]
    return min(pair for pair in others if pair[0] > 60.0)[1]


def make_sky(
    seed: int, airframes: int = 100, days: float = 2.0, box: tuple[float, float, float, float] | None = None
) -> Sky:
    """Papers for one leg of each airframe; every fourth of those that can be seen to has a diversion."""
    rng, sky = np.random.default_rng(seed), Sky()
    for number in range(airframes):
        _one_airframe(rng, sky, number, days, box)
    sky.craft_days = airframes * days
    return sky


def _one_airframe(
    rng: np.random.Generator, sky: Sky, number: int, days: float, box: tuple[float, float, float, float] | None
) -> None:
    craft, home = int(icao24_craft(0x480000 + number)), str(rng.choice(HOMES))
    airline, base = str(rng.choice(AIRLINES)), 100 + 10 * number
    away = [str(code) for code in rng.permutation(AWAY)[:3]]
    legs_of_day = [(home, away[0]), (away[0], home), (home, away[1]), (away[1], home), (home, away[2]), (away[2], home)]
    plot = DIVERSIONS[number // 4 % len(DIVERSIONS)] if number % 4 == 0 else str(rng.choice(["", "", "hold", "again"]))
    chosen = (0, int(rng.choice([0, 2]))) if plot in DIVERSIONS else (0, int(rng.integers(0, 4)))
    clock, index, filed = float(rng.uniform(4.0, 8.0)) * 3600.0, 0, False
    for _ in range(40):
        day = int(clock // 86400.0)
        if clock >= days * 86400.0:
            break
        origin, goal = legs_of_day[index]
        story = plot if (0, index) == chosen and not filed else ""
        name = f"{airline}{base + index}"
        due_s = clock
        actual_s = (
            due_s
            + (float(rng.uniform(5.0, 7.0)) if story == "late" else min(1.5, float(rng.exponential(0.3)))) * 3600.0
        )
        points, lands, stops = [place(origin), place(goal)], goal, [origin, goal]
        if story == "off_route":
            course = float(bearing_deg(*points[0], *points[1]))
            aside = destination(*points[0], course + 75.0, 370.0)
            points.insert(1, (float(aside[0]), float(aside[1])))
        elif story == "skipped_call":
            lands = alternate(origin, HOMES)
            points, stops = [points[0], place(lands)], [origin, goal, lands]
        elif story == "" and index % 2 == 0 and number % 3 == 0:
            stops = [origin, goal, origin]
        elif story in ("landed_elsewhere", "returned_to_origin", "wrong_way"):
            whole = float(distance_km(*points[0], *points[1]))
            lands = origin if story != "landed_elsewhere" else alternate(origin, HOMES)
            share = (
                min(0.5, 380.0 / whole) if story == "wrong_way" else min(0.5, float(rng.uniform(150.0, 330.0)) / whole)
            )
            turn = interpolate(*points[0], *points[1], np.array([share]))
            points = [points[0], (float(turn[0][0]), float(turn[1][0])), place(lands)]
            if story == "wrong_way":
                lands = max(AWAY[:17], key=lambda code: float(distance_km(*place(code), *place(goal))))
                points = [*points[:2], place(origin), place(lands)]
        leg = fly(rng, actual_s, points, hold=story == "hold", again=story == "again")
        if (0, index) == chosen and not filed:
            filed = True
            papers, conveyance = f"P{number}", _conveyance(rng, number, name, day, len(stops) > 2)
            sky.papers.append(Itinerary(papers, 1, conveyance, _nodes(stops, due_s / 3600.0)))
            if story in DIVERSIONS and _can_be_seen(
                leg, story, heard(leg, HOMES, box), points[0], place(goal), conveyance
            ):
                sky.seeded[papers] = story
            elif story in DIVERSIONS:
                sky.unseen.add(papers)
        _transmit(sky, craft, leg, name, heard(leg, HOMES, box))
        clock = float(leg.second[-1]) + float(rng.uniform(25.0, 90.0)) * 60.0
        if lands != goal:
            clock = max(clock, float(leg.second[-1]) + 5400.0)
            ferry = fly(rng, clock, [place(lands), place(home)]) if lands != home else None
            if ferry is not None:
                _transmit(sky, craft, ferry, f"{airline}{9000 + number % 900}", heard(ferry, HOMES, box))
                clock = float(ferry.second[-1]) + 3600.0
            index = (index | 1) if home == origin else index
        index = (index + 1) % len(legs_of_day)
        late_in_day = (clock % 86400.0) / 3600.0
        if (index % 2 == 0 and late_in_day > 19.0) or index == 0:
            clock, index = (clock // 86400.0 + 1.0) * 86400.0 + float(rng.uniform(4.0, 8.0)) * 3600.0, 0


def _can_be_seen(
    leg: Leg,
    story: str,
    keep: NDArray[np.bool_],
    origin: tuple[float, float],
    goal: tuple[float, float],
    papers: Conveyance,
) -> bool:
    """Whether what was heard shows the story: that it set out as declared, and the landing, or the way back."""
    turn = int(np.argmin(distance_km(leg.lat, leg.lon, *goal)))
    set_out = (keep & ~leg.on_ground)[:turn].sum() > 20
    if story == "late":
        round_h = 2.0 * float(distance_km(*origin, *goal)) / 926.0 + 0.5
        return bool(set_out and (papers.flight is not None or round_h > 7.0))
    if not keep.any():
        return False
    if story == "off_route":
        way = Path(np.array([origin[0], goal[0]]), np.array([origin[1], goal[1]]))
        aside_km = np.array([way.project_one(lat, lon)[0] for lat, lon in zip(leg.lat, leg.lon, strict=True)])
        detour_km = float((distance_km(leg.lat, leg.lon, *origin) + distance_km(leg.lat, leg.lon, *goal))[keep].max())
        long_way = detour_km - way.length_km > max(200.0, 0.1 * way.length_km)
        return bool((keep & (aside_km > 250.0)).sum() > 25 and keep[0] and long_way)
    if story == "skipped_call":
        return bool(keep[-3:].all() and keep[0])
    shown = keep[-3:].all() if story in ("landed_elsewhere", "returned_to_origin") else keep[turn : turn + 60].all()
    return bool(set_out and shown)


def _nodes(stops: Sequence[str], departs_h: float) -> tuple[ItineraryNode, ...]:
    """Calls with times: 780 km/h and 36 minutes a leg, an hour on the ground."""
    nodes, hours = [node(stops[0], depart_h=departs_h)], departs_h
    for one, two in itertools.pairwise(stops):
        hours += float(distance_km(*place(one), *place(two))) / 780.0 + 0.6
        nodes.append(node(two, hours, hours + 1.0 if two is not stops[-1] else None))
        hours += 1.0
    return tuple(nodes)


def _conveyance(rng: np.random.Generator, number: int, name: str, day: int, several_legs: bool) -> Conveyance:
    """Papers name the flight and its day, or the airframe, or both; for several legs, each with its number, the airframe."""
    address, date = 0x480000 + number, str(np.datetime64("2026-03-01") + day)
    kind = "airframe" if several_legs else rng.choice(["flight", "airframe", "both"])
    if kind == "flight":
        return Conveyance(Mode.AIR, flight=name, flight_date=date)
    if kind == "airframe":
        return Conveyance(Mode.AIR, icao24=address)
    return Conveyance(Mode.AIR, icao24=address, flight=name, flight_date=date)


def _transmit(sky: Sky, craft: int, leg: Leg, call_sign: str, keep: NDArray[np.bool_]) -> None:
    if not keep.any():
        return
    time_us = START_US + (leg.second[keep] * 1e6).astype(np.int64)
    n = len(time_us)
    sky.rows.append(
        PositionBatch.of(
            time_us, np.full(n, craft), leg.lat[keep], leg.lon[keep], speed_kn=leg.speed_kn[keep],
            altitude_ft=np.where(leg.on_ground[keep], np.nan, leg.altitude_ft[keep]), on_ground=leg.on_ground[keep].astype(np.int8),
            vertical_rate_ftmin=np.gradient(leg.altitude_ft)[keep] * 60.0 / STEP_S,
            message_type=np.full(n, MESSAGE_TYPE_AIRBORNE, dtype=np.uint8),
        )
    )  # fmt: skip
    sky.signs += [(int(at), craft, call_sign) for at in time_us[::10]]
