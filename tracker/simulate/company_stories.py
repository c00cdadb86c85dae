"""Many alike at once, and what lies or drifts at sea for good: stories in which each craft by itself would be told.

- storm: ships on one lane heave to within an hour of each other and are set the same way; drift_boxes: ships wait in slow rounds a few miles apart, one
  after another. Positive: one ``loitering``, detail ``queue``, known two hours after the fourth of them stopped. Not one each: ``also`` and the negatives of the others.
- fixture: a production ship that never moves; gear: a buoy on a drifting net. Negative: no loitering, no dark period, no meeting.

They come from a generator of their own and are added to a finished fleet, so that all else stays as it is without them. Only a scenario of at least
``LEAST_VESSELS`` and ``LEAST_HOURS`` has room for them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.geodesy import bearing_deg, destination
from tracker.simulate import world
from tracker.simulate.stories import (
    LANE_CLEAR_KM,
    PORT_CLEAR_KM,
    WELL_HEARD,
    Seed,
    _arrived,
    _quiet_place,
    _sent_off,
    _to_and_from,
)
from tracker.simulate.tracks import HOUR_S, Track
from tracker.simulate.traffic import Sea, Ship

LEAST_VESSELS: Final = 120
LEAST_HOURS: Final = 36.0
_SHIPS: Final = 6
_APART_KM: Final = 7.0
_HONEST: Final = ("dark_period", "loitering", "encounter")

Crowd = tuple[list[Ship], list[Seed]]


def storm(sea: Sea) -> Crowd | None:
    """Six ships on a lane heave to within an hour, a few miles apart, and sail on when it is over."""
    return _together(sea, "storm", late_min=10.0, hours=float(sea.rng.uniform(7.0, 10.0)))


def drift_boxes(sea: Sea) -> Crowd | None:
    """Six ships come within hours and wait in slow rounds, each in a box of its own."""
    return _together(sea, "drift_boxes", late_min=35.0, hours=float(sea.rng.uniform(9.0, 12.0)))


def fixture(sea: Sea) -> Crowd | None:
    """A production ship that lies at one place all the time."""
    place = _quiet_place(sea)
    if place is None:
        return None
    lat, lon = place[3:]
    ship = sea.registry.enrol("fixture", 80, 260, 1.0, Track(0.0))
    ship.track.add(np.array([0.0, sea.end_s + HOUR_S]), np.full(2, lat), np.full(2, lon), 0, 40.0)
    what = f"{ship.name} produces oil at one place and never moves."
    return [ship], [_negative("fixture", ship, 0.0, sea.end_s, lat, lon, what)]


def gear(sea: Sea) -> Crowd | None:
    """A buoy on a net drifts for half a day and is hauled."""
    place = _quiet_place(sea)
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
    return [buoy], [
        _negative("gear", buoy, start_s, min(end_s, sea.end_s), lat, lon, f"{buoy.name} marks a drifting net.")
    ]


STORIES: Final = (storm, drift_boxes, fixture, gear)


def told(sea: Sea, vessels: int) -> Crowd:
    """Each story once; those that find no room are left out."""
    ships: list[Ship] = []
    seeds: list[Seed] = []
    if vessels < LEAST_VESSELS or sea.hours < LEAST_HOURS:
        return ships, seeds
    for story in STORIES:
        for _ in range(25):
            result = story(sea)
            if result is not None:
                ships += result[0]
                seeds += result[1]
                break
    for ship in ships:
        ship.story = ship.story or "company"
    return ships, seeds


def _negative(detail: str, ship: Ship, start_s: float, end_s: float, lat: float, lon: float, what: str) -> Seed:
    return Seed("negative", detail, ship, start_s, end_s, lat, lon, None, what, must_alert=False, forbids=_HONEST)


def _together(sea: Sea, detail: str, late_min: float, hours: float) -> Crowd | None:
    """Ships that stop beside a lane one after another, ``late_min`` apart."""
    place = _quiet_place(sea)
    latest_s = sea.end_s - 3.0 * HOUR_S - hours * HOUR_S - _SHIPS * late_min * 60.0
    if place is None or latest_s < 3.0 * HOUR_S:
        return None
    one, two, index, lat, lon = place
    line = world.lane(one, two)
    along = float(bearing_deg(line[0][index], line[1][index], line[0][index + 1], line[1][index + 1]))
    spots = [destination(lat, lon, along, _APART_KM * (n - _SHIPS / 2.0)) for n in range(_SHIPS)]
    for at_lat, at_lon in spots:
        if not (
            sea.coverage.in_any_weather(at_lat, at_lon)[0] > WELL_HEARD
            and world.port_distance_km(float(at_lat), float(at_lon)) > PORT_CLEAR_KM
            and world.lane_distance_km(float(at_lat), float(at_lon)) > LANE_CLEAR_KM
            and world.open_water(float(at_lat), float(at_lon), 12.0)[0]
        ):
            return None
    start_s, set_deg = float(sea.rng.uniform(3.0 * HOUR_S, latest_s)), float(sea.rng.uniform(0.0, 360.0))
    speed_kn = float(sea.rng.uniform(11.5, 13.0))  # one speed: nobody overtakes another on the way
    ships: list[Ship] = []
    for n, (at_lat, at_lon) in enumerate(spots):
        inward, outward = _to_and_from(line, index, float(at_lat), float(at_lon))
        ship = _sent_off(sea, one, "seeded", speed_kn)
        ship.track.sail(inward, ship.service_kn, sea.rng, ramp_km=(6.0, 3.0))
        begin_s = ship.track.now_s
        if detail == "storm":
            ship.track.drift(hours, 0.6, set_deg + float(sea.rng.uniform(-8.0, 8.0)), sea.rng)
        else:
            ship.track.circle(hours, float(sea.rng.uniform(0.9, 1.5)), float(sea.rng.uniform(0.8, 1.5)), sea.rng)
        here = np.array([ship.track.lats[-1][-1]]), np.array([ship.track.lons[-1][-1]])
        _arrived(sea, ship, two, (np.append(here[0], outward[0][4:]), np.append(here[1], outward[1][4:])))
        ship.delay(start_s + n * late_min * 60.0 - begin_s)
        ships.append(ship)
    known_s = start_s + 3 * late_min * 60.0 + 2.0 * HOUR_S
    end_s = start_s + hours * HOUR_S + (_SHIPS - 1) * late_min * 60.0
    why = "heave to in a gale" if detail == "storm" else "wait in drift boxes"
    seed = Seed(
        "loitering", detail, ships[0], start_s, end_s, lat, lon, known_s,
        f"{ships[0].name} and {_SHIPS - 1} others {why} a few miles from each other: one queue, not one wait each.",
        must_alert=False, also=("diversion",),
    )  # fmt: skip
    return ships, [seed]
