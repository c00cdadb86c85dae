"""Jammed receivers: craft that stand, in turns or for good, where they are not.

- flicker: three or four ships under way within ``TOGETHER_KM`` of one another give, in a part of their reports, one place for hours: of open sea, far inland, an airport's,
  or one that goes round a circle of three kilometres;
- displaced_flights: five aircraft one behind the other give, in turns of a minute or for good, the place of one airport.

Positive: one ``mass_displacement``, known ten minutes (aircraft three) after it began. Negative for each of them: all else.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import destination, distance_km
from tracker.simulate import air, world
from tracker.simulate.lies import Lie, inland
from tracker.simulate.radio import GRID_S, Silence, Span
from tracker.simulate.silence import window_starts
from tracker.simulate.stories.seed import Seed, negative
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Ship

TOGETHER_KM: Final = 170.0
_MOST: Final = 4
_LEAST: Final = 3
_TRIES: Final = 30
_ALL_ELSE: Final = ("dark_period", "loitering", "encounter", "diversion", "integrity")
_ALL_ELSE_ALOFT: Final = (*_ALL_ELSE, "circling", "off_aerodrome_landing")
_STREAM: Final = 5
_CIRCLES: Final = 0.3
_CIRCLE_KM: Final = 3.0
_ALOFT_FT: Final = 14_000.0

Grid = NDArray[np.float64]


def flicker(
    rng: np.random.Generator, fleet: list[Ship], lat: Grid, lon: Grid, chance: NDArray[np.float32], lost: Silence
) -> list[Seed]:
    """Honest ships that are jammed together; nothing where no three are near one another."""
    hours = float(rng.uniform(2.2, 3.6))
    length = int(hours * HOUR_S / GRID_S)
    free = [
        k
        for k, ship in enumerate(fleet)
        if ship.role == "lane" and not ship.story and not ship.lies and not ship.off_air
    ]
    starts = {k: window_starts(lat[k], lon[k], chance[k], lost, hours) for k in free}
    for _ in range(_TRIES):
        one = free[int(rng.integers(len(free)))] if free else -1
        if one < 0 or not len(starts[one]):
            continue
        row = int(rng.choice(starts[one]))
        near = [k for k in free if row in set(starts[k].tolist()) and distance_km(lat[k, row], lon[k, row], lat[one, row], lon[one, row]) < TOGETHER_KM]  # fmt: skip
        if len(near) >= _LEAST:
            break
    else:
        return []
    near = near[:_MOST]
    here = float(lat[one, row]), float(lon[one, row])
    false = _false_place(rng, here)
    lap_s = float(rng.uniform(1200.0, 3000.0)) if rng.random() < _CIRCLES else 0.0
    begin_s, end_s = row * GRID_S, (row + length) * GRID_S
    share, still = float(rng.uniform(0.4, 0.85)), bool(rng.random() < 0.6)
    for k in near:
        late_s = float(rng.uniform(0.0, 600.0))
        fleet[k].story = "flicker"
        fleet[k].lies.append(
            Lie(
                "flicker",
                begin_s + late_s,
                end_s - late_s,
                *false,
                radius_km=_CIRCLE_KM,
                lap_s=lap_s,
                share=share,
                still=still,
                seed=int(rng.integers(1 << 31)),
            )
        )
    what = f"{len(near)} ships stand in turns at their own place and at {false[0]:.2f} N {false[1]:.2f} E."
    seeds = [
        Seed(
            "integrity", "mass_displacement", fleet[near[0]], begin_s, end_s, *here, begin_s + 1200.0, what,
            must_alert=False, story="flicker",
        )
    ]  # fmt: skip
    return seeds + [
        negative("flicker", fleet[k], (begin_s - HOUR_S, end_s + 2.0 * HOUR_S), here, f"{fleet[k].name} is jammed.", _ALL_ELSE)
        for k in near
    ]  # fmt: skip


def _false_place(rng: np.random.Generator, here: tuple[float, float]) -> tuple[float, float]:
    """Where jammed receivers are put: half of them at sea 60 to 250 km off, the others far inland or at an airport."""
    kind = float(rng.random())
    if kind < 0.25:
        return inland(rng)
    if kind < 0.5:
        far = [code for code in world.AIR_RECEIVERS if 60.0 < distance_km(*here, *air.place(code)[:2]) < 600.0]
        if far:
            return air.place(str(rng.choice(far)))[:2]
    for _ in range(200):
        there = destination(*here, rng.uniform(0, 360), rng.uniform(60.0, 250.0))
        if world.open_water(*there, 8.0)[0]:
            return float(there[0]), float(there[1])
    return float(there[0]), float(there[1])


def displaced_flights(
    rng: np.random.Generator, flights: list[air.Flight], hours: float, feed_off: tuple[Span, ...]
) -> list[Seed]:
    """Five more flights one behind the other that are jammed over the middle of their way."""
    for _ in range(_TRIES):
        origin, goal = world.AIR_ROUTES[int(rng.integers(len(world.AIR_ROUTES)))]
        depart_s = float(rng.uniform(1.0, hours - 5.0)) * HOUR_S
        stream: list[air.Flight] = []
        for k in range(_STREAM):
            stream.append(air.fly(rng, 950 + k, origin, goal, depart_s + 150.0 * k + float(rng.uniform(0, 30))))
            air.keep_apart(stream[-1], [*flights, *stream[:-1]])
        middle = stream[_STREAM // 2]
        at = int(0.5 * len(middle.time_s))
        begin_s = float(middle.time_s[at])
        end_s = begin_s + float(rng.uniform(11.0, 17.0)) * 60.0
        heard = all(_heard_aloft(flight, begin_s - 300.0, end_s + 300.0) for flight in stream)
        if heard and not any(a - HOUR_S < end_s and begin_s < b + HOUR_S for a, b in feed_off):
            break
    else:
        return []
    here = float(middle.lat[at]), float(middle.lon[at])
    codes = [c for c in world.AIR_RECEIVERS if c not in (origin, goal) and 90.0 < distance_km(*here, *air.place(c)[:2]) < 420.0]  # fmt: skip
    if not codes:
        return []
    code = str(rng.choice(codes))
    share = float(rng.choice([0.5, 0.7, 1.0]))
    for k, flight in enumerate(stream):
        flight.story, flight.address = "displaced_flights", (flight.address & ~0xF) | k
        flight.lies.append(
            Lie(
                "flicker",
                begin_s + 20.0 * k,
                end_s,
                *air.place(code)[:2],
                share=share,
                block_s=60.0,
                seed=int(rng.integers(1 << 31)),
            )
        )
    flights.extend(stream)
    what = f"{_STREAM} aircraft give the place of {code} for {(end_s - begin_s) / 60.0:.0f} min."
    seeds = [
        Seed(
            "integrity", "mass_displacement", None, begin_s, end_s, *here, begin_s + 180.0, what,
            must_alert=False, craft=stream[0].craft, story="displaced_flights",
        )
    ]  # fmt: skip
    return seeds + [
        negative(
            "displaced_flight", None, (float(f.time_s[0]), float(f.time_s[-1]) + 600.0), here, f"{f.call_sign} is jammed.",
            _ALL_ELSE_ALOFT, craft=f.craft, story="displaced_flights",
        )
        for f in stream
    ]  # fmt: skip


def _heard_aloft(flight: air.Flight, begin_s: float, end_s: float) -> bool:
    """Whether a flight is high up and well heard from one instant to another."""
    part = (flight.time_s > begin_s) & (flight.time_s < end_s)
    if flight.time_s[0] > begin_s or flight.time_s[-1] < end_s or flight.time_s[0] < 0.0:
        return False
    level = flight.altitude_ft[part] > _ALOFT_FT
    heard = air.AirCoverage().any_receiver(flight.lat[part], flight.lon[part], flight.altitude_ft[part])
    return bool(level.all() and heard.min() > 0.85)
