"""Stories: craft that do what must be found. Each is built so that its label is true by construction.

A story takes a ``Sea`` and gives its ships and one ``Seed``; None where no fitting place or time was found, the caller tries again.
Places are open water well heard, away from ports (30 km) and, for waiting and meeting, from lanes (6 km). When each
could first be known (``known_s``):

- loitering: two hours after she began to wait; stopped encounter: one hour after both were together; side by side: 20 minutes after.
- one-sided encounter: when the silent one is heard again.
- off route: 30 km from the declared lane; wrong way: 20 km farther from her port than she had been.
- undeclared call: alongside for half an hour; skipped call: 20 km past the place nearest to it; reordered call: alongside at the wrong one.
- unreachable: when the rest of the way needs 1.3 times her service speed; late: the declared time has passed.
- contradicting destination: when her crew's destination changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.geodesy import bearing_deg, destination, distance_km
from tracker.simulate import world
from tracker.simulate.tracks import HOUR_S, Track
from tracker.simulate.traffic import Call, Sea, Ship
from tracker.simulate.world import Line
from tracker.units import KM_PER_NM

WELL_HEARD: Final = 0.7
"""Chance of one message being received where stories happen: of the four to eight sent in a window all but never is none."""
PORT_CLEAR_KM: Final = 30.0
LANE_CLEAR_KM: Final = 6.0
_REAL_DETOUR_KM: Final = 20.0
"""Who leaves the lane must pay for it: a shorter way over open water is no diversion."""
_MARGIN_S: Final = 0.75 * HOUR_S
"""Nothing begins or ends nearer than this to the ends of the scenario."""


@dataclass(slots=True)
class Seed:
    """A label in the making: ships instead of texts, seconds of the scenario instead of instants."""

    kind: str
    detail: str
    ship: Ship | None
    start_s: float
    end_s: float
    lat_deg: float
    lon_deg: float
    known_s: float | None
    what: str
    other: Ship | None = None
    must_alert: bool = True
    forbids: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    craft: str | None = None
    """Where it is no ship: a flight or a source."""
    other_craft: str | None = None
    """The second flight of a meeting in the air."""


Told = tuple[list[Ship], Seed]
Story = Callable[[Sea], Told | None]


def _quiet_place(sea: Sea) -> tuple[str, str, int, float, float] | None:
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
            and world.open_water(lat, lon, 12.0)[0]
        ):
            return one, two, index, float(lat), float(lon)
    return None


def _to_and_from(line: Line, index: int, lat: float, lon: float) -> tuple[Line, Line]:
    """The lane left 25 km before a place beside it, and joined again 25 km after."""
    before, after = max(index - 25, 1), min(index + 25, len(line[0]) - 2)
    inward = world.joined((line[0][:before], line[1][:before]), (np.array([lat]), np.array([lon])))
    outward = world.joined((np.array([lat]), np.array([lon])), (line[0][after:], line[1][after:]))
    return inward, outward


def _at_time(ship: Ship, mark_s: float, wanted_s: float) -> None:
    """Move a voyage in time so that ``mark_s`` becomes ``wanted_s``."""
    ship.delay(wanted_s - mark_s)


def _sent_off(sea: Sea, one: str, role: str, speed_kn: float | None = None) -> Ship:
    """A ship about to leave a port at second zero of her own clock."""
    ship = sea.merchant(role, Track(0.0), speed_kn)
    ship.calls.append(Call(one, None, 0.0))
    return ship


def _arrived(sea: Sea, ship: Ship, two: str, line: Line) -> None:
    """Sails the last stretch to a berth and carries on trading."""
    lat, lon = sea.berth(two)
    ship.track.sail((np.append(line[0], lat), np.append(line[1], lon)), ship.service_kn, sea.rng, ramp_km=(3.0, 6.0))
    ship.calls.append(Call(two, ship.track.now_s, None))
    sea.carry_on(ship)


def loitering(sea: Sea) -> Told | None:
    """She leaves the lane, drifts or goes slow rounds for 4 to 10 h in open water, and sails on."""
    place = _quiet_place(sea)
    hours = float(sea.rng.uniform(4.2, 10.0))
    latest_s = sea.end_s - _MARGIN_S - hours * HOUR_S
    if place is None or latest_s < _MARGIN_S:
        return None
    one, two, index, lat, lon = place
    inward, outward = _to_and_from(world.lane(one, two), index, lat, lon)
    ship = _sent_off(sea, one, "seeded")
    ship.track.sail(inward, ship.service_kn, sea.rng, ramp_km=(6.0, 3.0))
    begin_s = ship.track.now_s
    drifting = bool(sea.rng.random() < 0.6)
    if drifting:
        ship.track.drift(hours, float(sea.rng.uniform(0.3, 0.9)), float(sea.rng.uniform(0, 360)), sea.rng)
    else:
        ship.track.circle(hours, float(sea.rng.uniform(1.0, 1.7)), float(sea.rng.uniform(0.8, 1.8)), sea.rng)
    end_s = ship.track.now_s
    here = (np.array([ship.track.lats[-1][-1]]), np.array([ship.track.lons[-1][-1]]))
    start_s = float(sea.rng.uniform(_MARGIN_S, latest_s))
    _arrived(sea, ship, two, (np.concatenate([here[0], outward[0][4:]]), np.concatenate([here[1], outward[1][4:]])))
    _at_time(ship, begin_s, start_s)
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


def stopped_encounter(sea: Sea) -> Told | None:
    """Two ships leave their lanes, lie 50 to 300 m apart for 1.5 to 4 h in open water, and part."""
    place = _quiet_place(sea)
    hours = float(sea.rng.uniform(1.6, 4.0))
    latest_s = sea.end_s - _MARGIN_S - (hours + 0.6) * HOUR_S
    earliest_s = _MARGIN_S + 0.4 * HOUR_S
    if place is None or latest_s < earliest_s:
        return None
    one, two, index, lat, lon = place
    other_lane = _lane_near(sea, lat, lon, (one, two))
    if other_lane is None:
        return None
    three, four, other_index = other_lane
    drift_kn, drift_deg = float(sea.rng.uniform(0.1, 0.6)), float(sea.rng.uniform(0, 360))
    gap_km, gap_deg = float(sea.rng.uniform(0.06, 0.28)), float(sea.rng.uniform(0, 360))
    start_s = float(sea.rng.uniform(earliest_s, latest_s))

    first = _sent_off(sea, one, "seeded")
    inward, outward = _to_and_from(world.lane(one, two), index, lat, lon)
    first.track.sail(inward, first.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    early_s = 0.3 * HOUR_S
    first_s = first.track.now_s + early_s
    first.track.drift(hours + 0.5, drift_kn, drift_deg, sea.rng)
    waiting = first.track.times[-1] - first_s
    drift_line = (first.track.lats[-1], first.track.lons[-1])
    _arrived(sea, first, two, _rejoin(drift_line, outward))
    _at_time(first, first_s, start_s)

    second = _sent_off(sea, three, "seeded")
    span = np.arange(0.0, hours * HOUR_S + 1.0, 120.0)
    base = np.interp(span, waiting, drift_line[0]), np.interp(span, waiting, drift_line[1])
    turning = gap_deg + 15.0 * np.sin(span / 3000.0)
    beside = destination(base[0], base[1], turning, gap_km + 0.02 * np.sin(span / 1900.0))
    inward, outward = _to_and_from(world.lane(three, four), other_index, float(beside[0][0]), float(beside[1][0]))
    second.track.sail(inward, second.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    second_s = second.track.now_s
    second.track.add(second_s + span, beside[0], beside[1], 0, float(sea.rng.uniform(0, 360)))
    _arrived(sea, second, four, _rejoin(beside, outward))
    _at_time(second, second_s, start_s)
    for ship in (first, second):
        sea.carry_on(ship)
    seed = Seed(
        "encounter",
        "stopped",
        first,
        start_s,
        start_s + hours * HOUR_S,
        float(beside[0][0]),
        float(beside[1][0]),
        start_s + HOUR_S,
        f"{first.name} and {second.name} lie {gap_km * 1000:.0f} m apart for {hours:.1f} h in open water and part.",
        other=second,
        also=("loitering", "diversion"),
    )
    return [first, second], seed


def one_sided_encounter(sea: Sea) -> Told | None:
    """One ship waits in open water; another comes to her with her transmitter off, lies beside her, and is heard again far from her."""
    place = _quiet_place(sea)
    hours = float(sea.rng.uniform(1.0, 2.0))
    early_h, dark_h = float(sea.rng.uniform(1.8, 2.6)), float(sea.rng.uniform(0.6, 0.9))
    latest_s = sea.end_s - _MARGIN_S - (hours + 2.0) * HOUR_S
    earliest_s = max(_MARGIN_S + early_h * HOUR_S, 0.25 * sea.end_s)
    if place is None or latest_s < earliest_s:
        return None
    one, two, index, lat, lon = place
    other_lane = _lane_near(sea, lat, lon, (one, two))
    if other_lane is None:
        return None
    three, four, other_index = other_lane
    start_s = float(sea.rng.uniform(earliest_s, latest_s))

    first = _sent_off(sea, one, "seeded")
    inward, outward = _to_and_from(world.lane(one, two), index, lat, lon)
    first.track.sail(inward, first.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    first_s = first.track.now_s + early_h * HOUR_S
    first.track.drift(
        early_h + hours + dark_h + 0.5, float(sea.rng.uniform(0.1, 0.5)), float(sea.rng.uniform(0, 360)), sea.rng
    )
    waiting = first.track.times[-1] - first_s
    drift_line = (first.track.lats[-1], first.track.lons[-1])
    _arrived(sea, first, two, _rejoin(drift_line, outward))
    _at_time(first, first_s, start_s)

    second = _sent_off(sea, three, "seeded")
    span = np.arange(0.0, hours * HOUR_S + 1.0, 120.0)
    base = np.interp(span, waiting, drift_line[0]), np.interp(span, waiting, drift_line[1])
    beside = destination(base[0], base[1], float(sea.rng.uniform(0, 360)), float(sea.rng.uniform(0.06, 0.2)))
    inward, outward = _to_and_from(world.lane(three, four), other_index, float(beside[0][0]), float(beside[1][0]))
    second.track.sail(inward, second.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    second_s = second.track.now_s
    second.track.add(second_s + span, beside[0], beside[1], 0, float(sea.rng.uniform(0, 360)))
    _arrived(sea, second, four, _rejoin(beside, outward))
    _at_time(second, second_s, start_s)
    for ship in (first, second):
        sea.carry_on(ship)
    silent = start_s - dark_h * HOUR_S, start_s + (hours + dark_h) * HOUR_S
    second.off_air.append(silent)
    seed = Seed(
        "encounter",
        "one_sided",
        first,
        start_s,
        start_s + hours * HOUR_S,
        float(beside[0][0]),
        float(beside[1][0]),
        silent[1] + 120.0,
        f"{first.name} waits in open water; {second.name}, silent for {(silent[1] - silent[0]) / HOUR_S:.1f} h, lies beside her for {hours:.1f} h.",
        other=second,
        also=("loitering", "dark_period", "diversion"),
    )
    return [first, second], seed


def _rejoin(lain: Line, outward: Line) -> Line:
    """From where she lay to the way on, its first kilometres cut."""
    return np.append(lain[0][-1:], outward[0][6:]), np.append(lain[1][-1:], outward[1][6:])


def _lane_near(sea: Sea, lat: float, lon: float, not_this: tuple[str, str]) -> tuple[str, str, int] | None:
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


def side_by_side(sea: Sea) -> Told | None:
    """Two ships keep 60 to 150 m apart for 30 to 120 min at 5 to 10 kn, and part."""
    minutes = float(sea.rng.uniform(32.0, 118.0))
    speed = float(sea.rng.uniform(5.2, 9.6))
    run_km = speed * KM_PER_NM * minutes / 60.0
    latest_s = sea.end_s - _MARGIN_S - minutes * 60.0
    for _ in range(60):
        one, two = sea.trade(low_km=200.0, high_km=700.0)
        line = sea.beside(world.lane(one, two), 4.0, 6.5)
        run = world.length_km(line)
        begin_km = float(sea.rng.uniform(0.2, 0.7)) * run[-1]
        part = (run > begin_km - 10.0) & (run < begin_km + run_km + 15.0)
        lat, lon = line[0][part], line[1][part]
        bends = np.ptp(np.unwrap(np.radians(world.courses(line)[part]))) > np.radians(25.0)
        heard = sea.coverage.in_any_weather(lat, lon).min() > WELL_HEARD
        if heard and not bends and world.port_distance_km(lat, lon).min() > 18.0 and not world.is_land(lat, lon).any():
            break
    else:
        return None
    middle = int(np.searchsorted(run, begin_km))
    other_lane = _lane_near(sea, float(line[0][middle]), float(line[1][middle]), (one, two))
    if other_lane is None or latest_s < _MARGIN_S:
        return None
    three, four, other_index = other_lane

    first = _sent_off(sea, one, "seeded")
    first.track.sail(line, first.service_kn, sea.rng, slow=(begin_km - 3.0, begin_km + run_km + 3.0, speed))
    walked = world.length_km((first.track.lats[-1], first.track.lons[-1]))
    relative_s = float(np.interp(begin_km, walked, first.track.times[-1]))
    finish_s = float(np.interp(begin_km + run_km, walked, first.track.times[-1]))
    start_s = float(sea.rng.uniform(_MARGIN_S, latest_s))
    first.calls.append(Call(two, first.track.now_s, None))
    _at_time(first, relative_s, start_s)
    end_s = start_s + finish_s - relative_s
    sea.carry_on(first)

    span = np.arange(start_s, end_s, 30.0)
    with_first = first.track.at(span)
    gap_km = float(sea.rng.uniform(0.065, 0.145)) * float(sea.rng.choice([-1.0, 1.0]))
    abeam = destination(with_first[0], with_first[1], world.courses(with_first) + 90.0, gap_km)
    other = world.lane(three, four)
    head = _approach(other, other_index - 25, abeam, first=True)
    tail = _approach(other, other_index + 25, abeam, first=False)
    if world.is_land(*world.resample(tail)).mean() > 0.05:
        return None
    second = _sent_off(sea, three, "seeded")
    second.track.sail(head, second.service_kn, sea.rng, ramp_km=(6.0, 5.0))
    meet_s = second.track.now_s
    second.track.add(meet_s + (span - span[0]), abeam[0], abeam[1], 0)
    _arrived(sea, second, four, tail)
    _at_time(second, meet_s, start_s)
    sea.carry_on(second)
    seed = Seed(
        "encounter",
        "under_way",
        first,
        start_s,
        end_s,
        float(abeam[0][0]),
        float(abeam[1][0]),
        start_s + HOUR_S / 3.0,
        f"{first.name} and {second.name} sail side by side, {abs(gap_km) * 1000:.0f} m apart, for {minutes:.0f} min "
        f"at {speed:.1f} kn.",
        other=second,
        also=("diversion",),
    )
    return [first, second], seed


def _approach(line: Line, index: int, abeam: Line, *, first: bool) -> Line:
    """From a lane to the first place abeam, in line with the course there, or from the last place abeam to a lane."""
    course = float(bearing_deg(abeam[0][0], abeam[1][0], abeam[0][-1], abeam[1][-1]))
    if first:
        lead = destination(abeam[0][0], abeam[1][0], course + 165.0, 9.0)
        end = (np.array([lead[0], abeam[0][0]]), np.array([lead[1], abeam[1][0]]))
        return world.joined((line[0][:index], line[1][:index]), end)
    lead = destination(abeam[0][-1], abeam[1][-1], course - 25.0, 9.0)
    begin = (np.array([abeam[0][-1], lead[0]]), np.array([abeam[1][-1], lead[1]]))
    return world.joined(begin, (line[0][index:], line[1][index:]))


def _voyage_in_time(sea: Sea, ship: Ship, hours: float) -> bool:
    """Let the voyage built on the ship's own clock begin inside the scenario; False where it is too long."""
    room_s = sea.end_s - hours * HOUR_S - 2.0 * _MARGIN_S
    if room_s <= 0.0:
        return False
    _at_time(ship, 0.0, _MARGIN_S + float(sea.rng.uniform(0.0, room_s)))
    return True


def off_route(sea: Sea) -> Told | None:
    """She leaves the declared lane by 50 to 110 km and comes back to it."""
    for _ in range(80):
        one, two = sea.trade(low_km=220.0, high_km=520.0)
        line = world.lane(one, two)
        index = int(sea.rng.integers(len(line[0]) * 2 // 5, len(line[0]) * 3 // 5))
        side = float(sea.rng.choice([-1.0, 1.0])) * float(sea.rng.uniform(55.0, 110.0))
        lat, lon = destination(line[0][index], line[1][index], world.courses(line)[index] + 90.0, side)
        away = float(distance_km(line[0], line[1], lat, lon).min())
        if away < 50.0 or not world.open_water(lat, lon, 8.0)[0]:
            continue
        span = int(min(len(line[0]) * 0.35, 110))
        before, after = max(index - span, 12), min(index + span, len(line[0]) - 12)
        path = world.joined(
            (line[0][:before], line[1][:before]),
            (np.array([lat]), np.array([lon])),
            (line[0][after:], line[1][after:]),
        )
        if world.length_km(path)[-1] - world.length_km(line)[-1] < _REAL_DETOUR_KM:
            continue  # the lane bends there, and she cuts the bend
        cross = distance_km(path[0][:, None], path[1][:, None], line[0], line[1]).min(axis=1)
        heard = sea.coverage.in_any_weather(path[0], path[1])
        far = cross > 30.0
        if world.land_share(path) == 0.0 and far.any() and (heard[far] > WELL_HEARD).mean() > 0.5:
            break
    else:
        return None
    ship = _sent_off(sea, one, "seeded")
    sea.passage(ship, one, two, path)
    hours = ship.track.now_s / HOUR_S
    if not _voyage_in_time(sea, ship, hours):
        return None
    times, lats, lons = (np.concatenate(part) for part in (ship.track.times, ship.track.lats, ship.track.lons))
    cross = distance_km(lats[:, None], lons[:, None], line[0], line[1]).min(axis=1)
    left, clear = int(np.argmax(cross > 8.0)), int(np.argmax(cross > 30.0))
    arrive_s = ship.calls[-1].arrive_s or 0.0
    sea.carry_on(ship)
    ship.declared = [Call(one, None, ship.calls[0].depart_s), Call(two, arrive_s, None)]
    seed = Seed(
        "diversion",
        "off_route",
        ship,
        times[left],
        arrive_s,
        lats[left],
        lons[left],
        times[clear],
        f"{ship.name}, bound from {one} to {two}, goes up to {cross.max():.0f} km off the lane.",
    )
    return [ship], seed


def wrong_way(sea: Sea) -> Told | None:
    """Part of the way to her declared port she turns round and makes for another."""
    one, two = sea.trade(low_km=220.0, high_km=600.0)
    line = world.lane(one, two)
    turn = int(len(line[0]) * sea.rng.uniform(0.4, 0.6))
    if sea.coverage.in_any_weather(line[0][turn - 40 : turn], line[1][turn - 40 : turn]).min() < WELL_HEARD:
        return None
    choices = [b for a, b, run in world.pairs() if a == one and b != two and run < 400.0]
    if not choices:
        return None
    three = str(sea.rng.choice(choices))
    onward = world.lane(one, three)
    fork = _fork(line, onward, turn)
    back = world.joined((line[0][fork:turn][::-1], line[1][fork:turn][::-1]), (onward[0][fork:], onward[1][fork:]))
    ship = _sent_off(sea, one, "seeded")
    ship.track.sail((line[0][:turn], line[1][:turn]), ship.service_kn, sea.rng, ramp_km=(6.0, 0.0))
    turned_s = ship.track.now_s
    ship.track.sail(world.shifted(back, 1.5, 4.0), ship.service_kn, sea.rng, ramp_km=(0.0, 6.0))
    ship.calls.append(Call(three, ship.track.now_s, None))
    rest_h = (world.length_km(line)[-1] - turn) / (ship.service_kn * KM_PER_NM)
    if not _voyage_in_time(sea, ship, turned_s / HOUR_S + 4.0):
        return None
    depart_s = float(ship.track.times[0][0])
    start_s = depart_s + turned_s
    sea.carry_on(ship)
    ship.declared = [Call(one, None, depart_s), Call(two, start_s + (rest_h + 2.0) * HOUR_S, None)]
    seed = Seed(
        "diversion",
        "wrong_way",
        ship,
        start_s,
        max(start_s + HOUR_S, min(ship.calls[1].arrive_s or sea.end_s, sea.end_s)),
        float(line[0][turn]),
        float(line[1][turn]),
        start_s + 20.0 / (ship.service_kn * KM_PER_NM) * HOUR_S,
        f"{ship.name}, declared for {two}, turns round half-way and makes for {three}.",
    )
    return [ship], seed


def _fork(line: Line, onward: Line, turn: int) -> int:
    """Index of the last point two lanes from one port have in common."""
    length = min(len(line[0]), len(onward[0]), turn)
    apart = distance_km(line[0][:length], line[1][:length], onward[0][:length], onward[1][:length]) > 2.0
    return max(int(np.argmax(apart)) - 1, 1) if apart.any() else length - 1


def _port_on_the_way(sea: Sea, low_km: float, high_km: float) -> tuple[str, str, str] | None:
    """A voyage and a port near the middle of it."""
    for _ in range(80):
        one, two = sea.trade(low_km=260.0, high_km=620.0)
        line = world.lane(one, two)
        for code in sea.rng.permutation(np.array(world.PORTS)):
            place = world.port(str(code))
            away = distance_km(line[0], line[1], place.lat_deg, place.lon_deg)
            where = int(np.argmin(away)) / len(away)
            linked = {(one, str(code)), (str(code), two)} <= {(a, b) for a, b, _ in world.pairs()}
            if low_km < away.min() < high_km and 0.25 < where < 0.75 and linked:
                return one, str(code), two
    return None


def undeclared_call(sea: Sea) -> Told | None:
    """On her way from one declared port to the next she goes alongside at a third."""
    voyage = _port_on_the_way(sea, 5.0, 60.0)
    if voyage is None:
        return None
    one, middle, two = voyage
    ship = _sent_off(sea, one, "seeded")
    sea.passage(ship, one, middle)
    called_s = ship.track.now_s
    hours = float(sea.rng.uniform(4.0, 8.0))
    sea.stay(ship, hours)
    sea.passage(ship, middle, two)
    if not _voyage_in_time(sea, ship, called_s / HOUR_S + 3.0):
        return None
    start_s, arrive_s = ship.calls[1].arrive_s or 0.0, ship.calls[2].arrive_s or 0.0
    ship.declared = [Call(one, None, ship.calls[0].depart_s), Call(two, arrive_s, None)]
    sea.carry_on(ship)
    place = world.port(middle)
    seed = Seed(
        "diversion",
        "undeclared_call",
        ship,
        start_s,
        start_s + hours * HOUR_S,
        place.lat_deg,
        place.lon_deg,
        start_s + HOUR_S / 2.0,
        f"{ship.name}, declared from {one} to {two} direct, goes alongside at {middle} for {hours:.1f} h.",
    )
    return [ship], seed


def skipped_call(sea: Sea) -> Told | None:
    """She passes a declared port without calling."""
    voyage = _port_on_the_way(sea, 8.0, 70.0)
    if voyage is None:
        return None
    one, middle, two = voyage
    ship = _sent_off(sea, one, "seeded")
    sea.passage(ship, one, two)
    total_s = ship.track.now_s
    place = world.port(middle)
    lats, lons = np.concatenate(ship.track.lats), np.concatenate(ship.track.lons)
    away = distance_km(lats, lons, place.lat_deg, place.lon_deg)
    nearest = int(np.argmin(away))
    past = nearest + int(np.argmax(away[nearest:] > away[nearest] + 20.0))
    own_s = np.concatenate(ship.track.times)
    if not _voyage_in_time(sea, ship, min(total_s, own_s[past] + 2.0 * HOUR_S) / HOUR_S):
        return None
    begin_s = ship.calls[0].depart_s or 0.0
    arrive_s = ship.calls[1].arrive_s or 0.0
    declared_s = begin_s + own_s[nearest]
    ship.declared = [
        Call(one, None, begin_s),
        Call(middle, declared_s + HOUR_S, declared_s + 6.0 * HOUR_S),
        Call(two, arrive_s + 7.0 * HOUR_S, None),
    ]
    sea.carry_on(ship)
    seed = Seed(
        "diversion",
        "skipped_call",
        ship,
        begin_s,
        min(arrive_s, sea.end_s),
        float(lats[nearest]),
        float(lons[nearest]),
        begin_s + own_s[past],
        f"{ship.name}, declared from {one} by {middle} to {two}, passes {middle} without calling.",
    )
    return [ship], seed


def reordered_call(sea: Sea) -> Told | None:
    """Declared to call at one port and then another, she goes to the second first."""
    for _ in range(40):
        one, two = sea.trade(low_km=150.0, high_km=330.0)
        choices = [b for a, b, run in world.pairs() if a == two and b != one and 90.0 < run < 330.0]
        choices = [c for c in choices if any(a == one and b == c for a, b, _ in world.pairs())]
        if choices:
            three = str(sea.rng.choice(choices))
            break
    else:
        return None
    ship = _sent_off(sea, one, "seeded")
    sea.passage(ship, one, three)
    called_s = ship.track.now_s
    hours = float(sea.rng.uniform(4.0, 7.0))
    sea.stay(ship, hours)
    sea.passage(ship, three, two)
    if not _voyage_in_time(sea, ship, called_s / HOUR_S + 2.0):
        return None
    begin_s = ship.calls[0].depart_s or 0.0
    start_s = ship.calls[1].arrive_s or 0.0
    knots = ship.service_kn * KM_PER_NM / HOUR_S * 0.95
    first_s = begin_s + float(world.length_km(world.lane(one, two))[-1]) / knots
    second_s = first_s + 6.0 * HOUR_S + float(world.length_km(world.lane(two, three))[-1]) / knots
    ship.declared = [
        Call(one, None, begin_s),
        Call(two, first_s, first_s + 6.0 * HOUR_S),
        Call(three, second_s, None),
    ]
    sea.carry_on(ship)
    place = world.port(three)
    seed = Seed(
        "diversion",
        "reordered_call",
        ship,
        begin_s,
        start_s + hours * HOUR_S,
        place.lat_deg,
        place.lon_deg,
        start_s + HOUR_S / 2.0,
        f"{ship.name}, declared for {two} and then {three}, calls at {three} first.",
    )
    return [ship], seed


def unreachable(sea: Sea) -> Told | None:
    """Half-way she slows to 4 or 5 kn, so that the declared time cannot be kept."""
    one, two = sea.trade(low_km=200.0, high_km=420.0)
    line = world.lane(one, two)
    run = float(world.length_km(line)[-1])
    slow_kn, slow_km = float(sea.rng.uniform(4.0, 5.2)), float(sea.rng.uniform(0.25, 0.4)) * run
    part = slice(int(slow_km), int(slow_km) + 70)
    if sea.coverage.in_any_weather(line[0][part], line[1][part]).mean() < WELL_HEARD:
        return None
    ship = _sent_off(sea, one, "seeded")
    kmh = ship.service_kn * KM_PER_NM
    ship.track.sail(sea.beside(line), ship.service_kn, sea.rng, slow=(slow_km, run - 12.0, slow_kn))
    ship.calls.append(Call(two, ship.track.now_s, None))
    declared_h = run / kmh + 1.0
    times, lats, lons = ship.track.times[0], ship.track.lats[0], ship.track.lons[0]
    to_go = run - world.length_km((lats, lons))
    left_h = declared_h - times / HOUR_S
    needs = np.flatnonzero((to_go > 10.0) & (to_go > np.maximum(left_h, 0.0) * 1.3 * kmh))
    slowed = int(np.argmax(run - to_go >= slow_km))
    if not len(needs) or not _voyage_in_time(sea, ship, times[needs[0]] / HOUR_S + 3.0):
        return None
    begin_s = ship.calls[0].depart_s or 0.0
    ship.declared = [Call(one, None, begin_s), Call(two, begin_s + declared_h * HOUR_S, None)]
    end_s = min(ship.calls[1].arrive_s or sea.end_s, sea.end_s)
    sea.carry_on(ship)
    seed = Seed(
        "diversion",
        "unreachable_in_time",
        ship,
        begin_s + times[slowed],
        end_s,
        float(lats[slowed]),
        float(lons[slowed]),
        begin_s + times[needs[0]],
        f"{ship.name}, bound from {one} to {two}, slows to {slow_kn:.1f} kn and cannot be there when declared.",
    )
    return [ship], seed


def late(sea: Sea) -> Told | None:
    """She sails as ever, but her papers want her there 6 to 9 h earlier than she comes."""
    one, two = sea.trade(low_km=160.0, high_km=420.0)
    ship = _sent_off(sea, one, "seeded")
    sea.passage(ship, one, two, speed_kn=ship.service_kn * 0.72)
    hours = ship.track.now_s / HOUR_S
    if not _voyage_in_time(sea, ship, hours):
        return None
    begin_s, arrive_s = ship.calls[0].depart_s or 0.0, ship.calls[1].arrive_s or 0.0
    declared_s = arrive_s - float(sea.rng.uniform(6.0, 9.0)) * HOUR_S
    if declared_s < begin_s + 0.45 * hours * HOUR_S:
        return None
    ship.declared = [Call(one, None, begin_s), Call(two, declared_s, None)]
    sea.carry_on(ship)
    lat, lon = ship.track.at(np.array([declared_s]))
    seed = Seed(
        "diversion",
        "late",
        ship,
        begin_s,
        arrive_s,
        float(lat[0]),
        float(lon[0]),
        declared_s,
        f"{ship.name} is declared at {two} {(arrive_s - declared_s) / HOUR_S:.1f} h before she arrives.",
    )
    return [ship], seed


def contradicting_destination(sea: Sea) -> Told | None:
    """She sails as declared, but on the way her crew types another destination."""
    one, two = sea.trade(low_km=200.0, high_km=450.0)
    three = sea.trade(one)[1]
    line = world.lane(one, two)
    middle = len(line[0]) // 2
    if three == two or sea.coverage.in_any_weather(line[0][middle], line[1][middle])[0] < WELL_HEARD:
        return None
    ship = _sent_off(sea, one, "seeded")
    sea.passage(ship, one, two)
    hours = ship.track.now_s / HOUR_S
    if not _voyage_in_time(sea, ship, hours):
        return None
    begin_s, arrive_s = ship.calls[0].depart_s or 0.0, ship.calls[1].arrive_s or 0.0
    change_s = begin_s + 0.45 * (arrive_s - begin_s)
    ship.told = [(-1e9, two), (change_s, three), (arrive_s, two)]
    ship.declared = [Call(one, None, begin_s), Call(two, arrive_s, None)]
    sea.carry_on(ship)
    lat, lon = ship.track.at(np.array([change_s]))
    seed = Seed(
        "diversion",
        "contradicting_destination",
        ship,
        change_s,
        arrive_s,
        float(lat[0]),
        float(lon[0]),
        change_s,
        f"{ship.name}, declared for {two}, transmits {three} as her destination.",
    )
    return [ship], seed


STORIES: Final[tuple[tuple[Story, int], ...]] = (
    (loitering, 6),
    (stopped_encounter, 5),
    (side_by_side, 4),
    (one_sided_encounter, 2),
    (off_route, 2),
    (wrong_way, 2),
    (undeclared_call, 2),
    (skipped_call, 2),
    (reordered_call, 2),
    (unreachable, 2),
    (late, 2),
    (contradicting_destination, 2),
)
"""Each story and how often it is told among 200 vessels."""


def told(sea: Sea, vessels: int) -> tuple[list[Ship], list[Seed]]:
    """All stories in their numbers for a fleet; those that find no room in a short scenario are left out."""
    ships: list[Ship] = []
    seeds: list[Seed] = []
    for story, often in STORIES:
        wanted, tries = max(1, round(often * vessels / 200)), 0
        while wanted and tries < 25:
            tries += 1
            result = story(sea)
            if result is not None:
                ships += result[0]
                seeds.append(result[1])
                wanted -= 1
    for seed in seeds:
        for ship in (seed.ship, seed.other):
            if ship is not None:
                ship.story = seed.detail
    return ships, seeds
