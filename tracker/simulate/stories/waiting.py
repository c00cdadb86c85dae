"""Ships that wait, alone or many at once.

Places are open water well heard, away from ports (30 km) and lanes (6 km). A wait can be known two hours after it began.

- storm: ships on one lane heave to within an hour of each other and are set the same way; drift_boxes: they wait in slow rounds a few miles apart, one
  after another. One queue and not one wait each, known two hours after the fourth of them stopped.
- roads_full: ten ships come to anchor off a port where hardly anybody lay the day before. One queue, known three hours after the eighth of them anchored.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.geodesy import bearing_deg, destination, distance_km
from tracker.simulate import world
from tracker.simulate.stories.seed import LANE_CLEAR_KM, MARGIN_S, PORT_CLEAR_KM, WELL_HEARD, Crowd, Seed, Told
from tracker.simulate.stories.voyage import arrived, at_time, quiet_place, sent_off, to_and_from
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Call, Sea, Ship

_SHIPS: Final = 6
_APART_KM: Final = 7.0
_ROADS: Final = ("GBIMM", "GBTEE", "NLIJM", "DKFDH", "DEWVN", "NLVLI", "DKHIR", "SETRG", "DERSK", "PLSWI")
"""Ports off which nobody of the honest fleet anchors."""
_ANCHORED: Final = 10
_ENOUGH: Final = 8
_LEARNT_H: Final = 26.0
"""What usually lies in roads is known after a day."""


def loitering(sea: Sea) -> Told | None:
    """She leaves the lane, drifts or goes slow rounds for 4 to 10 h in open water, and sails on."""
    place = quiet_place(sea)
    hours = float(sea.rng.uniform(4.2, 10.0))
    latest_s = sea.end_s - MARGIN_S - hours * HOUR_S
    if place is None or latest_s < MARGIN_S:
        return None
    one, two, index, lat, lon = place
    inward, outward = to_and_from(world.lane(one, two), index, lat, lon)
    ship = sent_off(sea, one, "seeded")
    ship.track.sail(inward, ship.service_kn, sea.rng, ramp_km=(6.0, 3.0))
    begin_s = ship.track.now_s
    drifting = bool(sea.rng.random() < 0.6)
    if drifting:
        ship.track.drift(hours, float(sea.rng.uniform(0.3, 0.9)), float(sea.rng.uniform(0, 360)), sea.rng)
    else:
        ship.track.circle(hours, float(sea.rng.uniform(1.0, 1.7)), float(sea.rng.uniform(0.8, 1.8)), sea.rng)
    end_s = ship.track.now_s
    here = (np.array([ship.track.lats[-1][-1]]), np.array([ship.track.lons[-1][-1]]))
    start_s = float(sea.rng.uniform(MARGIN_S, latest_s))
    arrived(sea, ship, two, (np.concatenate([here[0], outward[0][4:]]), np.concatenate([here[1], outward[1][4:]])))
    at_time(ship, begin_s, start_s)
    sea.carry_on(ship)
    way = "adrift" if drifting else "in slow rounds"
    seed = Seed(
        "loitering",
        "drift" if drifting else "slow_rounds",
        ship,
        start_s,
        start_s + (end_s - begin_s),
        lat,
        lon,
        start_s + 2.0 * HOUR_S,
        f"{ship.name} waits {way} for {hours:.1f} h in open water, away from port, anchorage and lane.",
    )
    return [ship], seed


def storm(sea: Sea) -> Crowd | None:
    """Six ships on a lane heave to within an hour, a few miles apart, and sail on when it is over."""
    return _together(sea, "storm", late_min=10.0, hours=float(sea.rng.uniform(7.0, 10.0)))


def drift_boxes(sea: Sea) -> Crowd | None:
    """Six ships come within hours and wait in slow rounds, each in a box of its own."""
    return _together(sea, "drift_boxes", late_min=35.0, hours=float(sea.rng.uniform(9.0, 12.0)))


def _together(sea: Sea, detail: str, late_min: float, hours: float) -> Crowd | None:
    """Ships that stop beside a lane one after another, ``late_min`` apart."""
    place = quiet_place(sea)
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
        inward, outward = to_and_from(line, index, float(at_lat), float(at_lon))
        ship = sent_off(sea, one, "seeded", speed_kn)
        ship.track.sail(inward, ship.service_kn, sea.rng, ramp_km=(6.0, 3.0))
        begin_s = ship.track.now_s
        if detail == "storm":
            ship.track.drift(hours, 0.6, set_deg + float(sea.rng.uniform(-8.0, 8.0)), sea.rng)
        else:
            ship.track.circle(hours, float(sea.rng.uniform(0.9, 1.5)), float(sea.rng.uniform(0.8, 1.5)), sea.rng)
        here = np.array([ship.track.lats[-1][-1]]), np.array([ship.track.lons[-1][-1]])
        arrived(sea, ship, two, (np.append(here[0], outward[0][4:]), np.append(here[1], outward[1][4:])))
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


def roads_full(sea: Sea) -> Crowd | None:
    """A port that takes nobody in: ten ships come to anchor off it within some hours and wait on."""
    code = str(sea.rng.choice(_ROADS))
    room_s = sea.end_s - (_LEARNT_H + 8.0) * HOUR_S
    centre = _free_roads(sea, code) if room_s > 0.0 else None
    if centre is None:
        return None
    begin_s = _LEARNT_H * HOUR_S + float(sea.rng.uniform(0.0, room_s))
    starts = [one for one, two, run in world.pairs() if two == code and run > 150.0]
    ships: list[Ship] = []
    for n in range(_ANCHORED):
        row, column = divmod(n, 4)
        lat, lon = (
            float(v) for v in destination(*destination(*centre, 90.0, 1.3 * (column - 1.5)), 0.0, 1.3 * (row - 1.0))
        )
        ship = sent_off(sea, str(sea.rng.choice(starts)), "seeded")
        line = world.lane(ship.calls[0].port, code)
        near = max(int(np.argmin(distance_km(line[0], line[1], lat, lon))), 2)
        inward = world.joined((line[0][:near], line[1][:near]), (np.array([lat]), np.array([lon])))
        ship.track.sail(inward, ship.service_kn, sea.rng, ramp_km=(6.0, 4.0))
        ship.calls.append(Call(code, None, None))
        ship.delay(begin_s + n * 25.0 * 60.0 + float(sea.rng.uniform(0.0, 10.0)) * 60.0 - ship.track.now_s)
        ship.track.anchor((sea.end_s - ship.track.now_s) / HOUR_S + 1.0, lat, lon, sea.rng, code)
        ship.calls[-1].arrive_s = sea.end_s + 20.0 * HOUR_S
        ships.append(ship)
    known_s = float(ships[_ENOUGH - 1].track.stays[0].start_s) + 3.0 * HOUR_S
    seed = Seed(
        "loitering", "roads_full", ships[0], begin_s, sea.end_s, *centre, known_s,
        f"{_ANCHORED} ships come to anchor off {code}, where hardly anybody lay the day before: one queue.",
        must_alert=False, also=("diversion",),
    )  # fmt: skip
    return ships, [seed]


def _free_roads(sea: Sea, code: str) -> tuple[float, float] | None:
    """A place to anchor 7 to 16 km off a port, well heard, clear of the lanes."""
    port = world.port(code)
    for reach in (8.0, 11.0, 14.0, 17.0):
        for course in sea.rng.permutation(np.arange(0.0, 360.0, 20.0)):
            lat, lon = (float(v) for v in destination(port.lat_deg, port.lon_deg, float(course), reach))
            if (
                world.open_water(lat, lon, 5.0)[0]
                and sea.coverage.in_any_weather(lat, lon)[0] > WELL_HEARD
                and world.port_distance_km(lat, lon) > 6.0
                and world.lane_distance_km(lat, lon) > 2.5
            ):
                return lat, lon
    return None
