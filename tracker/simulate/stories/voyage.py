"""What ships of all stories do: leave a lane for a place beside it, come back to it, arrive, trade on."""

from __future__ import annotations

import numpy as np

from models.geodesy import bearing_deg, destination, distance_km
from tracker.simulate import world
from tracker.simulate.stories.seed import LANE_CLEAR_KM, MARGIN_S, PORT_CLEAR_KM, WELL_HEARD
from tracker.simulate.tracks import HOUR_S, Track
from tracker.simulate.traffic import Call, Sea, Ship
from tracker.simulate.world import Line


def quiet_place(sea: Sea) -> tuple[str, str, int, float, float] | None:
    """A lane, an index on it, and a well-heard place 8 to 18 km beside it in open water away from everything."""
    for _ in range(60):
        one, two = sea.trade(low_km=150.0, high_km=700.0)
        line = world.lane(one, two)
        index = int(sea.rng.integers(len(line[0]) // 5, len(line[0]) * 4 // 5))
        side = float(sea.rng.choice([-1.0, 1.0])) * float(sea.rng.uniform(8.0, 18.0))
        lat, lon = destination(line[0][index], line[1][index], world.courses(line)[index] + 90.0, side)
        if (
            sea.coverage.in_any_weather(lat, lon)[0] > WELL_HEARD
            and world.port_distance_km(lat, lon) > PORT_CLEAR_KM
            and world.lane_distance_km(lat, lon) > LANE_CLEAR_KM
            and is_far_from_land(lat, lon)
        ):
            return one, two, index, float(lat), float(lon)
    return None


def is_far_from_land(lat: float, lon: float) -> bool:
    """Whether there is no land within 12 km, islands of 4 km and more included: who does its rounds close to one of those is inshore."""
    return all(world.open_water(lat, lon, radius_km)[0] for radius_km in (12.0, 8.0, 4.0))


def to_and_from(line: Line, index: int, lat: float, lon: float) -> tuple[Line, Line]:
    """The lane left 25 km before a place beside it, and joined again 25 km after."""
    before, after = max(index - 25, 1), min(index + 25, len(line[0]) - 2)
    inward = world.joined((line[0][:before], line[1][:before]), (np.array([lat]), np.array([lon])))
    outward = world.joined((np.array([lat]), np.array([lon])), (line[0][after:], line[1][after:]))
    return inward, outward


def through(line: Line, index: int, lat: float, lon: float) -> tuple[Line, Line]:
    """The way beside the lane, along it, that leads through a place near it: to the place and from it on."""
    north = float(bearing_deg(line[0][index], line[1][index], lat, lon)) - float(world.courses(line)[index])
    off_km = float(distance_km(line[0][index], line[1][index], lat, lon)) * float(np.sin(np.radians(north)))
    moved = world.shifted(line, off_km)
    at = int(np.argmin(distance_km(moved[0], moved[1], lat, lon)))
    here = np.array([lat]), np.array([lon])
    inward = world.joined((moved[0][:at], moved[1][:at]), here)
    return inward, world.joined(here, (moved[0][at + 1 :], moved[1][at + 1 :]))


def at_time(ship: Ship, mark_s: float, wanted_s: float) -> None:
    """Move a voyage in time so that ``mark_s`` becomes ``wanted_s``."""
    ship.delay(wanted_s - mark_s)


def sent_off(sea: Sea, one: str, role: str, speed_kn: float | None = None) -> Ship:
    """A ship about to leave a port at second zero of her own clock."""
    ship = sea.merchant(role, Track(0.0), speed_kn)
    ship.calls.append(Call(one, None, 0.0))
    return ship


def arrived(sea: Sea, ship: Ship, two: str, line: Line) -> None:
    """Sails the last stretch to a berth and carries on trading."""
    lat, lon = sea.berth(two)
    ship.track.sail((np.append(line[0], lat), np.append(line[1], lon)), ship.service_kn, sea.rng, ramp_km=(3.0, 6.0))
    ship.calls.append(Call(two, ship.track.now_s, None))
    sea.carry_on(ship)


def rejoin(lain: Line, outward: Line) -> Line:
    """From where she lay to the way on, its first kilometres cut."""
    return np.append(lain[0][-1:], outward[0][6:]), np.append(lain[1][-1:], outward[1][6:])


def lane_near(sea: Sea, lat: float, lon: float, not_this: tuple[str, str]) -> tuple[str, str, int] | None:
    """Another lane within 35 km of a place, and the index of its nearest point."""
    choices = world.pairs()
    for pick in sea.rng.permutation(len(choices))[:150]:
        one, two, run = choices[pick]
        if not 120.0 < run < 800.0 or {one, two} == set(not_this):
            continue
        line = world.lane(one, two)
        away = distance_km(line[0], line[1], lat, lon)
        index = int(np.argmin(away))
        if away[index] < 35.0 and 30 < index < len(line[0]) - 30:
            before, after = index - 25, index + 25
            legs = [world.resample((np.array([line[0][k], lat]), np.array([line[1][k], lon]))) for k in (before, after)]
            if all(not world.is_land(*leg).any() for leg in legs):
                return one, two, index
    return None


def approach(line: Line, index: int, abeam: Line, *, first: bool) -> Line:
    """From a lane to the first place abeam, in line with the course there, or from the last place abeam to a lane."""
    course = float(bearing_deg(abeam[0][0], abeam[1][0], abeam[0][-1], abeam[1][-1]))
    if first:
        lead = destination(abeam[0][0], abeam[1][0], course + 165.0, 9.0)
        end = (np.array([lead[0], abeam[0][0]]), np.array([lead[1], abeam[1][0]]))
        return world.joined((line[0][:index], line[1][:index]), end)
    lead = destination(abeam[0][-1], abeam[1][-1], course - 25.0, 9.0)
    begin = (np.array([abeam[0][-1], lead[0]]), np.array([abeam[1][-1], lead[1]]))
    return world.joined(begin, (line[0][index:], line[1][index:]))


def voyage_in_time(sea: Sea, ship: Ship, hours: float) -> bool:
    """Let the voyage built on the ship's own clock begin inside the scenario; False where it is too long."""
    room_s = sea.end_s - hours * HOUR_S - 2.0 * MARGIN_S
    if room_s <= 0.0:
        return False
    at_time(ship, 0.0, MARGIN_S + float(sea.rng.uniform(0.0, room_s)))
    return True
