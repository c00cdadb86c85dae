"""Ships that do not do what their papers say. When each could first be known:

- off route: 30 km from the declared lane (and later 50 km off the shortest way over water, too, on a voyage a twelfth longer); wrong way: 20 km farther from her port than she had been.
- undeclared call: alongside for half an hour; skipped call: 20 km past the place nearest to it; reordered call: alongside at the wrong one.
- unreachable: when the rest of the way needs 1.3 times her service speed; late: the declared time has passed.
- contradicting destination: when her crew's destination changed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.geodesy import destination, distance_km
from tracker.simulate import world
from tracker.simulate.stories.seed import WELL_HEARD, Seed, Told, negative
from tracker.simulate.stories.voyage import sent_off, voyage_in_time
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Call, Sea
from tracker.simulate.world import Line
from tracker.units import KM_PER_NM

_TO_TELL_S: Final = 4.5 * HOUR_S
"""A ship that has slowed down loses so much time in five hours or so that she is late at any speed."""
_OFF_KM: Final = 50.0
_REAL_DETOUR_KM: Final = 30.0
_REAL_DETOUR_SHARE: Final = 0.08
"""Who leaves the lane must pay for it: her voyage is longer than by the lane by this and by this share of it. What costs less is another way of like
length, as ships choose for weather and traffic, and nobody could tell it from one."""
_ANOTHER_PORT_KM: Final = 60.0
"""Ports nearer to one another than this share their roads and berths: to crews and papers they may be one."""
_EARLY_KM: Final = 130.0
"""Who types another port nearer to her own than this may mean her next voyage: for three hours or four before the berth nobody could tell."""


def off_route(sea: Sea) -> Told | None:
    """She leaves the declared lane, and the shortest way over water, by 50 to 110 km and comes back to it."""
    for _ in range(150):
        one, two = sea.trade(low_km=220.0, high_km=520.0)
        line = world.lane(one, two)
        index = int(sea.rng.integers(len(line[0]) * 2 // 5, len(line[0]) * 3 // 5))
        side = float(sea.rng.choice([-1.0, 1.0])) * float(sea.rng.uniform(55.0, 110.0))
        lat, lon = destination(line[0][index], line[1][index], world.courses(line)[index] + 90.0, side)
        away = float(distance_km(line[0], line[1], lat, lon).min())
        if away < _OFF_KM or not world.open_water(lat, lon, 8.0)[0]:
            continue
        path = _through_place(line, index, float(lat), float(lon))
        cross = distance_km(path[0][:, None], path[1][:, None], line[0], line[1]).min(axis=1)
        heard = sea.coverage.in_any_weather(path[0], path[1])
        far = cross > 30.0
        if world.land_share(path) > 0.0 or not far.any() or (heard[far] > WELL_HEARD).mean() <= 0.5:
            continue
        lane_km = float(world.length_km(line)[-1])
        longer_km = float(world.length_km(path)[-1]) - lane_km
        if longer_km < max(_REAL_DETOUR_KM, _REAL_DETOUR_SHARE * lane_km):
            continue  # another way of like length
        if distance_km(*world.drawn_tight(line), lat, lon).min() >= _OFF_KM:
            break
    else:
        return None
    ship = sent_off(sea, one, "seeded")
    sea.passage(ship, one, two, path)
    if not voyage_in_time(sea, ship, ship.track.now_s / HOUR_S):
        return None
    times, lats, lons = (np.concatenate(part) for part in (ship.track.times, ship.track.lats, ship.track.lons))
    cross = distance_km(lats[:, None], lons[:, None], line[0], line[1]).min(axis=1)
    left, clear = int(np.argmax(cross > 8.0)), int(np.argmax(cross > 30.0))
    arrive_s = ship.calls[1].arrive_s or 0.0
    ship.declared = [Call(one, None, ship.calls[0].depart_s), Call(two, arrive_s, None)]
    sea.carry_on(ship)
    what = f"{ship.name}, bound from {one} to {two}, goes up to {cross.max():.0f} km off the lane."
    return [ship], Seed(
        "diversion", "off_route", ship, times[left], arrive_s, lats[left], lons[left], times[clear], what
    )


def _through_place(line: Line, index: int, lat_deg: float, lon_deg: float) -> Line:
    """The lane left on both sides of an index for a place beside it."""
    span = int(min(len(line[0]) * 0.35, 110))
    before, after = max(index - span, 12), min(index + span, len(line[0]) - 12)
    ends = (line[0][:before], line[1][:before]), (line[0][after:], line[1][after:])
    return world.joined(ends[0], (np.array([lat_deg]), np.array([lon_deg])), ends[1])


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
    ship = sent_off(sea, one, "seeded")
    ship.track.sail((line[0][:turn], line[1][:turn]), ship.service_kn, sea.rng, ramp_km=(6.0, 0.0))
    turned_s = ship.track.now_s
    ship.track.sail(world.shifted(back, 1.5, 4.0), ship.service_kn, sea.rng, ramp_km=(0.0, 6.0))
    ship.calls.append(Call(three, ship.track.now_s, None))
    rest_h = (world.length_km(line)[-1] - turn) / (ship.service_kn * KM_PER_NM)
    if not voyage_in_time(sea, ship, turned_s / HOUR_S + 4.0):
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
    ship = sent_off(sea, one, "seeded")
    sea.passage(ship, one, middle)
    called_s = ship.track.now_s
    hours = float(sea.rng.uniform(4.0, 8.0))
    sea.stay(ship, hours)
    sea.passage(ship, middle, two)
    if not voyage_in_time(sea, ship, called_s / HOUR_S + 3.0):
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
    ship = sent_off(sea, one, "seeded")
    sea.passage(ship, one, two)
    total_s = ship.track.now_s
    place = world.port(middle)
    lats, lons = np.concatenate(ship.track.lats), np.concatenate(ship.track.lons)
    away = distance_km(lats, lons, place.lat_deg, place.lon_deg)
    nearest = int(np.argmin(away))
    past = nearest + int(np.argmax(away[nearest:] > away[nearest] + 20.0))
    own_s = np.concatenate(ship.track.times)
    if not voyage_in_time(sea, ship, min(total_s, own_s[past] + 2.0 * HOUR_S) / HOUR_S):
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
    ship = sent_off(sea, one, "seeded")
    sea.passage(ship, one, three)
    called_s = ship.track.now_s
    hours = float(sea.rng.uniform(4.0, 7.0))
    sea.stay(ship, hours)
    sea.passage(ship, three, two)
    if not voyage_in_time(sea, ship, called_s / HOUR_S + 2.0):
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
    ship = sent_off(sea, one, "seeded")
    kmh = ship.service_kn * KM_PER_NM
    ship.track.sail(sea.beside(line), ship.service_kn, sea.rng, slow=(slow_km, run - 12.0, slow_kn))
    ship.calls.append(Call(two, ship.track.now_s, None))
    declared_h = run / kmh + 1.0
    times, lats, lons = ship.track.times[0], ship.track.lats[0], ship.track.lons[0]
    to_go = run - world.length_km((lats, lons))
    left_h = declared_h - times / HOUR_S
    needs = np.flatnonzero((to_go > 10.0) & (to_go > np.maximum(left_h, 0.0) * 1.3 * kmh))
    slowed = int(np.argmax(run - to_go >= slow_km))
    if not len(needs) or not voyage_in_time(sea, ship, times[needs[0]] / HOUR_S + 3.0):
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
    if seed.known_s is not None and sea.end_s - seed.known_s < _TO_TELL_S:  # true, but too late to be asked for
        what = f"{seed.what[:-1]}, as shows too late."
        return [ship], negative(
            "too_late", ship, (seed.start_s, end_s), (seed.lat_deg, seed.lon_deg), what, (), also=("diversion",)
        )
    return [ship], seed


def late(sea: Sea) -> Told | None:
    """She sails as ever, but her papers want her there 6 to 9 h earlier than she comes."""
    one, two = sea.trade(low_km=160.0, high_km=420.0)
    ship = sent_off(sea, one, "seeded")
    sea.passage(ship, one, two, speed_kn=ship.service_kn * 0.72)
    hours = ship.track.now_s / HOUR_S
    if not voyage_in_time(sea, ship, hours):
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
    """She sails as declared, but well before she is there her crew types another destination."""
    one, two = sea.trade(low_km=240.0, high_km=520.0)
    three = sea.trade(one)[1]
    if min(_apart_km(three, one), _apart_km(three, two)) < _ANOTHER_PORT_KM:
        return None
    return _typed(sea, (one, two, three), float(sea.rng.uniform(0.3, 0.45)))


def next_voyage(sea: Sea) -> Told | None:
    """She sails as declared; an hour or two before the berth her crew types the port after it."""
    one, two = sea.trade(low_km=160.0, high_km=450.0)
    three = sea.trade(two)[1]
    return None if three == one else _typed(sea, (one, two, three), None)


def _apart_km(one: str, two: str) -> float:
    return float(distance_km(*(x for code in (one, two) for x in (world.port(code).lat_deg, world.port(code).lon_deg))))


def _typed(sea: Sea, ports: tuple[str, str, str], share: float | None) -> Told | None:
    """A voyage from the first port to the second on which her crew types the third after a share of the time, or (None) shortly before the berth."""
    one, two, three = ports
    ship = sent_off(sea, one, "seeded")
    sea.passage(ship, one, two)
    hours = ship.track.now_s / HOUR_S
    if not voyage_in_time(sea, ship, hours):
        return None
    begin_s, arrive_s = ship.calls[0].depart_s or 0.0, ship.calls[1].arrive_s or 0.0
    change_s = arrive_s - float(sea.rng.uniform(1.0, 2.0)) * HOUR_S
    if share is not None:
        change_s = begin_s + share * (arrive_s - begin_s)
    lat, lon = (float(x[0]) for x in ship.track.at(np.array([change_s])))
    if sea.coverage.in_any_weather(lat, lon)[0] < WELL_HEARD:
        return None
    to_go_km = float(distance_km(lat, lon, world.port(two).lat_deg, world.port(two).lon_deg))
    if share is not None and to_go_km < _EARLY_KM:
        return None
    ship.told = [(-1e9, two), (change_s, three), (arrive_s, two if share is not None else three)]
    ship.declared = [Call(one, None, begin_s), Call(two, arrive_s, None)]
    if share is None:
        sea.stay(ship, float(sea.rng.uniform(6.0, 22.0)))
        sea.passage(ship, two, three)
    sea.carry_on(ship)
    if share is None:
        what = f"{ship.name}, declared for {two}, types {three}, where she goes next, {to_go_km:.0f} km before it."
        return [ship], negative("next_voyage", ship, (change_s, arrive_s), (lat, lon), what, ("diversion",))
    what = f"{ship.name}, declared for {two}, transmits {three} as her destination."
    return [ship], Seed("diversion", "contradicting_destination", ship, change_s, arrive_s, lat, lon, change_s, what)
