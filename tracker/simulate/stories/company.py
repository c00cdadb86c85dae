"""Ships that work or lie in company, and what lies or drifts at sea for good.

- lightering: two tankers abreast at 4 to 5 kn for hours, two workboats around them. Positive: the meeting of the tankers, known 20 minutes after they are
  abreast; the boats meet nobody.
- reduced_power: two tankers lie together for hours and are heard every three quarters of an hour, for they reduce the power of their transmitters (as
  terminals ask for). Positive: the meeting, known after three hours, and its draughts; negative: dark periods.
- supply: a production ship and two boats that lie alongside it every half day. The first two visits of each may be told, the later ones are no news.
- tender: a boat launched at sea, at work around its mother ship and alongside again. Negative.
- gear: a buoy on a drifting net. Negative.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.geodesy import destination, distance_km
from tracker.simulate import world
from tracker.simulate.stories.meeting import stopped_encounter
from tracker.simulate.stories.seed import LANE_CLEAR_KM, PORT_CLEAR_KM, WELL_HEARD, Crowd, Seed, negative
from tracker.simulate.stories.voyage import arrived, quiet_place, sent_off, to_and_from
from tracker.simulate.tracks import HOUR_S, Track
from tracker.simulate.traffic import CARGO_TYPES, Sea, Ship
from tracker.simulate.world import Line
from tracker.units import KM_PER_NM

_HONEST: Final = ("dark_period", "loitering", "encounter")
_TANKER: Final = CARGO_TYPES["tanker"]
_WORKBOAT: Final = 90
_SUPPLY: Final = 79
_YACHT: Final = 37
_VISIT_H: Final = 3.5
_EVERY_H: Final = 11.0
_KNOWN_VISITS: Final = 2
_TRIES: Final = 40


def lightering(sea: Sea) -> Crowd | None:
    """Two tankers abreast, slowly, for hours, with two workboats in company; they come from two sides and part again."""
    knots, hours = float(sea.rng.uniform(4.0, 5.2)), float(sea.rng.uniform(4.0, 6.0))
    room_s = sea.end_s - (hours + 6.0) * HOUR_S
    run = _long_run(sea, knots * KM_PER_NM * hours) if room_s > 0.0 else None
    if run is None:
        return None
    one, two, line = run
    start_s = 3.0 * HOUR_S + float(sea.rng.uniform(0.0, room_s))
    span = np.arange(0.0, hours * HOUR_S + 1.0, 60.0)
    km = world.length_km(line)
    gone_km = span / HOUR_S * knots * KM_PER_NM
    base = np.interp(gone_km, km, line[0]), np.interp(gone_km, km, line[1])
    course = world.courses(base)
    ships: list[Ship] = []
    for abeam_m, ahead_m, speed_kn, origin in ((0.0, 0.0, 12.5, one), (115.0, 10.0, 12.0, two), (-420.0, 120.0, 9.0, one), (560.0, -150.0, 10.3, one)):  # fmt: skip
        boat = speed_kn < 11.0
        ship = sent_off(sea, origin, "workboat" if boat else "seeded", speed_kn)
        ship.ship_type = _WORKBOAT if boat else _TANKER
        ship.length_m, ship.beam_m, ship.draught_m = (38, 9, 3.5) if boat else (250 if abeam_m else 330, 44, 14.0)
        sway = 15.0 * np.sin(span / 1700.0 + abeam_m)
        at = destination(*destination(*base, course + 90.0, (abeam_m + sway) / 1000.0), course, ahead_m / 1000.0)
        goal = one if ships else two
        inward, _ = to_and_from(*_near(origin, two if origin == one else one, at[0][0], at[1][0]), float(at[0][0]), float(at[1][0]))  # fmt: skip
        ship.track.sail(inward, ship.service_kn, sea.rng, ramp_km=(6.0, 5.0))
        met_s = ship.track.now_s
        ship.track.add(met_s + span, at[0], at[1], 0)
        _, outward = to_and_from(*_near(one if goal == two else two, goal, at[0][-1], at[1][-1]), float(at[0][-1]), float(at[1][-1]))  # fmt: skip
        arrived(sea, ship, goal, outward)
        ship.delay(start_s - met_s)
        ships.append(ship)
    place, end_s = (float(base[0][0]), float(base[1][0])), start_s + hours * HOUR_S
    first, second, *boats = ships
    what = f"{first.name} and {second.name} lighter at {knots:.1f} kn for {hours:.1f} h, two workboats beside them."
    meeting = Seed(
        "encounter", "under_way", first, start_s, end_s, *place, start_s + HOUR_S / 3.0, what,
        other=second, also=("diversion",), story="lightering",
    )  # fmt: skip
    attending = [
        negative("workboat", boat, (start_s, end_s), place, f"{boat.name} attends two tankers that lighter.", _HONEST, story="lightering")
        for boat in boats
    ]  # fmt: skip
    return ships, [meeting, *attending]


def _near(start: str, end: str, lat: float, lon: float) -> tuple[Line, int]:
    """A lane, and the index of its point nearest to a place."""
    line = world.lane(start, end)
    return line, int(np.argmin(distance_km(line[0], line[1], lat, lon)))


def _long_run(sea: Sea, length_km: float) -> tuple[str, str, Line] | None:
    """A straight run of open, well-heard water beside a lane and along it, both ways in use."""
    for _ in range(_TRIES):
        place = quiet_place(sea)
        if place is None:
            return None
        one, two, index, lat, lon = place
        lane = world.lane(one, two)
        course = float(world.courses(lane)[index])
        far = destination(lat, lon, course, length_km + 1.0)
        line = world.resample((np.array([lat, far[0]]), np.array([lon, far[1]])))
        heard = sea.coverage.in_any_weather(line[0], line[1]).min() > WELL_HEARD
        clear = world.port_distance_km(line[0], line[1]).min() > 18.0 and world.open_water(line[0], line[1], 6.0).all()
        away = min(_near(one, two, *end)[1] for end in ((lat, lon), far))
        if (
            heard
            and clear
            and away > 40
            and len(lane[0]) - max(_near(one, two, *end)[1] for end in ((lat, lon), far)) > 40
        ):
            return one, two, line
    return None


def reduced_power(sea: Sea) -> Crowd | None:
    """Two tankers that lie together for 6 to 9 h and are hardly heard meanwhile; one gives cargo to the other."""
    told = stopped_encounter(sea, hours=float(sea.rng.uniform(6.0, 9.0)))
    if told is None:
        return None
    ships, seed = told
    for ship, before_m, after_m in zip(ships, (19.5, 8.0), (12.5, 14.5), strict=True):
        ship.ship_type, ship.length_m, ship.beam_m, ship.draught_m = _TANKER, 250, 44, before_m
        ship.loads.append((seed.end_s - 900.0, after_m))
        ship.weak.append((seed.start_s, seed.end_s))
    first, second = ships
    seed.story, seed.known_s = "reduced_power", seed.start_s + 3.0 * HOUR_S
    seed.what = f"{first.name} and {second.name} lie together at reduced power, heard every three quarters of an hour."
    span, place = (seed.start_s - HOUR_S, seed.end_s + HOUR_S), (seed.lat_deg, seed.lon_deg)
    quiet = [
        negative("reduced_power", ship, span, place, f"{ship.name} reduces the power of its transmitter.", ("dark_period",))
        for ship in ships
    ]  # fmt: skip
    return ships, [seed, *quiet]


def supply(sea: Sea) -> Crowd | None:
    """A production ship that never moves, and two boats that lie alongside it every half day."""
    place = _off_a_port(sea)
    if place is None:
        return None
    line, index, lat, lon = place
    field = sea.registry.enrol("fixture", 80, 260, 1.0, Track(0.0))
    field.track.add(np.array([0.0, sea.end_s + HOUR_S]), np.full(2, lat), np.full(2, lon), 0, 40.0)
    ships, seeds = [field], [
        negative("fixture", field, (0.0, sea.end_s), (lat, lon), f"{field.name} produces oil at one place and never moves.", ("dark_period", "loitering"))
    ]  # fmt: skip
    for n in range(2):
        boat = sea.registry.enrol("supply", _SUPPLY, 78, 11.0, Track(0.0))
        berth = destination(lat, lon, 120.0 + 180.0 * n, 0.12)
        inward, _ = to_and_from(line, index, float(berth[0]), float(berth[1]))
        back = inward[0][::-1], inward[1][::-1]
        track, visits = boat.track, 0
        track.now_s = -float(sea.rng.uniform(0.0, 2.0)) * HOUR_S + 4.0 * HOUR_S * n
        home = (inward[0][:1], inward[1][:1])
        track.add(np.array([track.now_s - 30.0 * HOUR_S, track.now_s]), np.repeat(home[0], 2), np.repeat(home[1], 2), 5)
        while track.now_s < sea.end_s:
            track.sail(inward, boat.service_kn, sea.rng, ramp_km=(4.0, 2.0))
            begin_s = track.now_s
            track.add(
                begin_s + np.arange(0.0, _VISIT_H * HOUR_S, 300.0),
                np.full(42, berth[0]),
                np.full(42, berth[1]),
                0,
                40.0,
            )
            visits += 1
            if begin_s + _VISIT_H * HOUR_S < sea.end_s:
                news = visits <= _KNOWN_VISITS
                seeds.append(
                    negative(
                        "newcomer" if news else "regular", boat, (begin_s, track.now_s), (lat, lon),
                        f"{boat.name} lies alongside {field.name}, visit {visits}.",
                        ("dark_period", "loitering") if news else _HONEST, also=("encounter",) if news else (), story="supply",
                    )
                )  # fmt: skip
            track.sail(back, boat.service_kn, sea.rng, ramp_km=(2.0, 4.0))
            rest_s = max(1.5, _EVERY_H - (track.now_s - begin_s) / HOUR_S) * HOUR_S
            track.add(track.now_s + np.array([1.0, rest_s]), np.repeat(home[0], 2), np.repeat(home[1], 2), 5)
        ships.append(boat)
    return ships, seeds


def _off_a_port(sea: Sea) -> tuple[Line, int, float, float] | None:
    """A lane, an index on it 45 to 110 km from its port, and a quiet place some 10 km beside that."""
    for _ in range(_TRIES):
        one, two = sea.trade(low_km=150.0, high_km=700.0)
        line, index = world.lane(one, two), int(sea.rng.integers(45, 110))
        side_km = float(sea.rng.choice([-1.0, 1.0]) * sea.rng.uniform(8.0, 16.0))
        lat, lon = (
            float(v) for v in destination(line[0][index], line[1][index], world.courses(line)[index] + 90.0, side_km)
        )
        if (
            sea.coverage.in_any_weather(lat, lon)[0] > WELL_HEARD
            and world.port_distance_km(lat, lon) > PORT_CLEAR_KM
            and world.lane_distance_km(lat, lon) > LANE_CLEAR_KM
            and world.open_water(lat, lon, 8.0)[0]
        ):
            return line, index, lat, lon
    return None


def tender(sea: Sea) -> Crowd | None:
    """A boat launched from its mother ship at sea; it works around it for an hour, lies alongside for hours, and is hoisted in."""
    place = quiet_place(sea)
    hours = float(sea.rng.uniform(3.0, 3.6))
    if place is None:
        return None
    one, two, index, lat, lon = place
    inward, outward = to_and_from(world.lane(one, two), index, lat, lon)
    mother = sent_off(sea, one, "mother", 12.0)
    mother.ship_type, mother.length_m, mother.beam_m = _YACHT, 75, 13
    mother.track.sail(inward, mother.service_kn, sea.rng, ramp_km=(6.0, 3.0))
    arrived_s = mother.track.now_s
    mother.track.drift(hours, 0.4, float(sea.rng.uniform(0, 360)), sea.rng)
    lain = mother.track.times[-1] - arrived_s, mother.track.lats[-1], mother.track.lons[-1]
    arrived(sea, mother, two, (np.append(lain[1][-1:], outward[0][6:]), np.append(lain[2][-1:], outward[1][6:])))
    start_s = 3.0 * HOUR_S + float(sea.rng.uniform(0.0, max(sea.end_s - (hours + 6.0) * HOUR_S, 0.0)))
    mother.delay(start_s - arrived_s)
    boat = sea.registry.enrol("tender", _YACHT, 9, 20.0, Track(start_s), class_b=True)
    span = np.arange(0.0, (hours - 0.4) * HOUR_S, 60.0)
    work = np.clip(np.minimum(span - 1200.0, 4800.0 - span) / 900.0, 0.0, 1.0)
    at = destination(
        np.interp(span + 900.0, lain[0], lain[1]), np.interp(span + 900.0, lain[0], lain[2]), 60.0 + span / 40.0 * (work > 0.0), 0.03 + 2.0 * work
    )  # fmt: skip
    boat.track.add(start_s + 900.0 + span, at[0], at[1], 0)
    end_s = float(boat.track.times[-1][-1])
    boat.off_air += [(-HOUR_S, start_s + 900.0), (end_s, sea.end_s + HOUR_S)]
    return [mother, boat], [
        negative("tender", boat, (start_s + 900.0, end_s), (lat, lon), f"{boat.name} is a boat of {mother.name}.", _HONEST),
        negative("mother_ship", mother, (start_s, start_s + hours * HOUR_S), (lat, lon), f"{mother.name} waits for its boat.", ("encounter", "dark_period"), also=("loitering",), story="tender"),
    ]  # fmt: skip


def gear(sea: Sea) -> Crowd | None:
    """A buoy on a net drifts for half a day and is hauled."""
    place = quiet_place(sea)
    if place is None:
        return None
    lat, lon = place[3:]
    start_s = float(sea.rng.uniform(0.1, 0.5)) * sea.end_s
    buoy = sea.registry.enrol("gear", 30, 2, 1.0, Track(start_s), class_b=True)
    buoy.name = f"NC{int(sea.rng.integers(1, 20))}-{int(sea.rng.integers(60, 99))}%"
    buoy.track.add(np.array([start_s, start_s + 1.0]), np.full(2, lat), np.full(2, lon), 0)
    buoy.track.drift(float(sea.rng.uniform(8.0, 13.0)), 0.6, float(sea.rng.uniform(0, 360)), sea.rng)
    end_s = buoy.track.now_s
    buoy.off_air += [(0.0, start_s), (end_s, sea.end_s + HOUR_S)]
    what = f"{buoy.name} marks a drifting net."
    return [buoy], [negative("gear", buoy, (start_s, min(end_s, sea.end_s)), (lat, lon), what, _HONEST)]
