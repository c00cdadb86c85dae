"""Aircraft that meet in the air: one joins another in cruise, flies in her company and leaves again.

The second comes from 30 km abeam within seven minutes, keeps 300 to 900 m and 100 to 300 ft off for 11 to 17 min, far from every
airport and well heard, and goes as she came. Her transponder is on for that time only; that she is silent before and after is true, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from models.geodesy import bearing_deg, destination, distance_km
from tracker.events import EventKind
from tracker.simulate import world
from tracker.simulate.air import STEP_S, AirCoverage, Flight, Floats
from tracker.simulate.radio import Span
from tracker.simulate.stories.seed import Seed
from tracker.units import KM_PER_NM

_APPROACH: Final = int(420.0 / STEP_S)
"""Steps that coming near, and going away again, take."""
_ABEAM_KM: Final = 30.0
_ALOFT_FT: Final = 15_000.0
_AIRPORT_KM: Final = 32.0
_HEARD: Final = 0.85
_KNOWN_S: Final = 480.0
"""Strangers in overtaking are past one another by then."""
_TRIES: Final = 6


def meetings(
    rng: np.random.Generator, flights: Sequence[Flight], wanted: int, feed_off: tuple[Span, ...]
) -> tuple[list[Flight], list[Seed]]:
    """So many second aircraft beside honest flights in cruise, with their labels; fewer where there is no room."""
    made: list[Flight] = []
    seeds: list[Seed] = []
    addresses = {flight.address for flight in flights}
    for number in rng.permutation(len(flights)).tolist():
        if len(seeds) == wanted:
            break
        leader = flights[number]
        length = int(rng.uniform(11.0, 17.0) * 60.0 / STEP_S)
        first = None if leader.story or leader.poor else _room(rng, leader, length, feed_off)
        if first is None:
            continue
        second = _beside(rng, leader, first, length, len(made))
        while second.address in addresses:
            second.address += 1
        addresses.add(second.address)
        leader.story = "formation"
        begin_s, end_s = float(leader.time_s[first]), float(leader.time_s[first + length])
        what = f"{second.call_sign} joins {leader.call_sign} in cruise and flies beside her for {(end_s - begin_s) / 60.0:.0f} min."
        made.append(second)
        seeds.append(
            Seed(
                EventKind.ENCOUNTER, "formation", None, begin_s, end_s, float(leader.lat[first]), float(leader.lon[first]),
                begin_s + _KNOWN_S, what, craft=leader.craft, other_craft=second.craft, also=(EventKind.DARK_PERIOD,),
            )
        )  # fmt: skip
    return made, seeds


def _room(rng: np.random.Generator, leader: Flight, length: int, feed_off: tuple[Span, ...]) -> int | None:
    """Where in cruise they can be together: heard from approach to parting, away from airports while together."""
    aloft = np.flatnonzero(leader.altitude_ft > _ALOFT_FT)
    spare = len(aloft) - length - 2 * _APPROACH
    for _ in range(_TRIES if spare > 0 else 0):
        first = int(aloft[0]) + _APPROACH + int(rng.integers(spare))
        whole, together = slice(first - _APPROACH, first + length + _APPROACH), slice(first, first + length, 12)
        begin_s, end_s = float(leader.time_s[whole][0]), float(leader.time_s[whole][-1])
        heard = AirCoverage().any_receiver(leader.lat[whole], leader.lon[whole], leader.altitude_ft[whole])
        if (
            begin_s > 0.0
            and heard.min() >= _HEARD
            and _airport_km(leader.lat[together], leader.lon[together]).min() > _AIRPORT_KM
            and not any(a - 600.0 < end_s and begin_s < b + 600.0 for a, b in feed_off)
        ):
            return first
    return None


def _airport_km(lat: Floats, lon: Floats) -> Floats:
    """Distance of each point from the nearest airport of the world's table."""
    places = np.array([(float(a["lat"]), float(a["lon"])) for a in world.airports().values()])
    near = (np.abs(places[:, 0] - lat.mean()) < 5.0) & (np.abs(places[:, 1] - lon.mean()) < 8.0)
    away: Floats = distance_km(lat[:, None], lon[:, None], places[near, 0], places[near, 1]).min(axis=1, initial=1000.0)
    return away


def _beside(rng: np.random.Generator, leader: Flight, first: int, length: int, number: int) -> Flight:
    """The second aircraft, from the approach to the parting."""
    part = slice(first - _APPROACH, first + length + _APPROACH)
    step = np.arange(length + 2 * _APPROACH)
    away = np.clip(np.maximum(_APPROACH - step, step - _APPROACH - length) / _APPROACH, 0.0, 1.0)
    side, near_km = float(rng.choice([-1.0, 1.0])), float(rng.uniform(0.3, 0.9))
    abeam_km = near_km + _ABEAM_KM * away * away * (3.0 - 2.0 * away)
    lat, lon = destination(leader.lat[part], leader.lon[part], leader.track_deg[part] + 90.0 * side, abeam_km)
    moved = distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:])
    course = bearing_deg(lat[:-1], lon[:-1], lat[1:], lon[1:])
    letters = "".join(chr(65 + int(k)) for k in rng.integers(0, 26, 3))
    return replace(
        leader,
        address=int(rng.integers(0x3C0000, 0x4CFFFF)),
        call_sign=f"FM{number:02d}{letters}",
        registration=f"XX-{letters}",
        squawk=int("".join(str(int(k)) for k in rng.integers(1, 7, 4))),
        time_s=leader.time_s[part].copy(),
        lat=np.asarray(lat),
        lon=np.asarray(lon),
        altitude_ft=leader.altitude_ft[part] + float(rng.choice([-1.0, 1.0])) * float(rng.uniform(100.0, 300.0)),
        speed_kn=np.append(moved, moved[-1]) / KM_PER_NM / (STEP_S / 3600.0),
        track_deg=np.append(course, course[-1]),
        climb_ftmin=np.zeros(len(step)),
        on_ground=np.zeros(len(step), dtype=np.bool_),
        story="formation",
        off_air=[],
        squawks=[],
        poor=[],
    )
