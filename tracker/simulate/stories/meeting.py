"""Ships that meet.

Places are open water well heard, away from ports (30 km; side by side 18 km) and lanes (6 km). A stopped encounter can be known one hour after both were
together, side by side 20 minutes after, a one-sided one when the silent one is heard again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.geodesy import destination
from tracker.simulate import world
from tracker.simulate.stories.seed import MARGIN_S, WELL_HEARD, Seed, Told
from tracker.simulate.stories.voyage import (
    approach,
    arrived,
    at_time,
    lane_near,
    quiet_place,
    rejoin,
    sent_off,
    to_and_from,
)
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Call, Sea
from tracker.simulate.world import Line
from tracker.units import KM_PER_NM

Ways = Callable[[Line, int, float, float], tuple[Line, Line]]
"""To a place beside a lane, and from there on."""


def stopped_encounter(sea: Sea, hours: float | None = None, ways: Ways = to_and_from) -> Told | None:
    """Two ships leave their lanes (by ``ways``), lie 50 to 300 m apart for 1.5 to 4 h (or ``hours``) in open water, and part."""
    place = quiet_place(sea)
    hours = float(sea.rng.uniform(1.6, 4.0)) if hours is None else hours
    latest_s = sea.end_s - MARGIN_S - (hours + 0.6) * HOUR_S
    earliest_s = MARGIN_S + 0.4 * HOUR_S
    if place is None or latest_s < earliest_s:
        return None
    one, two, index, lat, lon = place
    other_lane = lane_near(sea, lat, lon, (one, two))
    if other_lane is None:
        return None
    three, four, other_index = other_lane
    drift_kn, drift_deg = float(sea.rng.uniform(0.1, 0.6)), float(sea.rng.uniform(0, 360))
    gap_km, gap_deg = float(sea.rng.uniform(0.06, 0.28)), float(sea.rng.uniform(0, 360))
    start_s = float(sea.rng.uniform(earliest_s, latest_s))

    first = sent_off(sea, one, "seeded")
    inward, outward = ways(world.lane(one, two), index, lat, lon)
    first.track.sail(inward, first.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    early_s = 0.3 * HOUR_S
    first_s = first.track.now_s + early_s
    first.track.drift(hours + 0.5, drift_kn, drift_deg, sea.rng)
    waiting = first.track.times[-1] - first_s
    drift_line = (first.track.lats[-1], first.track.lons[-1])
    arrived(sea, first, two, rejoin(drift_line, outward))
    at_time(first, first_s, start_s)

    second = sent_off(sea, three, "seeded")
    span = np.arange(0.0, hours * HOUR_S + 1.0, 120.0)
    base = np.interp(span, waiting, drift_line[0]), np.interp(span, waiting, drift_line[1])
    turning = gap_deg + 15.0 * np.sin(span / 3000.0)
    beside = destination(base[0], base[1], turning, gap_km + 0.02 * np.sin(span / 1900.0))
    inward, outward = ways(world.lane(three, four), other_index, float(beside[0][0]), float(beside[1][0]))
    second.track.sail(inward, second.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    second_s = second.track.now_s
    second.track.add(second_s + span, beside[0], beside[1], 0, float(sea.rng.uniform(0, 360)))
    arrived(sea, second, four, rejoin(beside, outward))
    at_time(second, second_s, start_s)
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
    place = quiet_place(sea)
    hours = float(sea.rng.uniform(1.0, 2.0))
    early_h, dark_h = float(sea.rng.uniform(1.8, 2.6)), float(sea.rng.uniform(0.6, 0.9))
    latest_s = sea.end_s - MARGIN_S - (hours + 2.0) * HOUR_S
    earliest_s = max(MARGIN_S + early_h * HOUR_S, 0.25 * sea.end_s)
    if place is None or latest_s < earliest_s:
        return None
    one, two, index, lat, lon = place
    other_lane = lane_near(sea, lat, lon, (one, two))
    if other_lane is None:
        return None
    three, four, other_index = other_lane
    start_s = float(sea.rng.uniform(earliest_s, latest_s))

    first = sent_off(sea, one, "seeded")
    inward, outward = to_and_from(world.lane(one, two), index, lat, lon)
    first.track.sail(inward, first.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    first_s = first.track.now_s + early_h * HOUR_S
    first.track.drift(
        early_h + hours + dark_h + 0.5, float(sea.rng.uniform(0.1, 0.5)), float(sea.rng.uniform(0, 360)), sea.rng
    )
    waiting = first.track.times[-1] - first_s
    drift_line = (first.track.lats[-1], first.track.lons[-1])
    arrived(sea, first, two, rejoin(drift_line, outward))
    at_time(first, first_s, start_s)

    second = sent_off(sea, three, "seeded")
    span = np.arange(0.0, hours * HOUR_S + 1.0, 120.0)
    base = np.interp(span, waiting, drift_line[0]), np.interp(span, waiting, drift_line[1])
    beside = destination(base[0], base[1], float(sea.rng.uniform(0, 360)), float(sea.rng.uniform(0.06, 0.2)))
    inward, outward = to_and_from(world.lane(three, four), other_index, float(beside[0][0]), float(beside[1][0]))
    second.track.sail(inward, second.service_kn, sea.rng, ramp_km=(6.0, 4.0))
    second_s = second.track.now_s
    second.track.add(second_s + span, beside[0], beside[1], 0, float(sea.rng.uniform(0, 360)))
    arrived(sea, second, four, rejoin(beside, outward))
    at_time(second, second_s, start_s)
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


def side_by_side(sea: Sea) -> Told | None:
    """Two ships keep 60 to 150 m apart for 30 to 120 min at 5 to 10 kn, and part."""
    minutes = float(sea.rng.uniform(32.0, 118.0))
    speed = float(sea.rng.uniform(5.2, 9.6))
    run_km = speed * KM_PER_NM * minutes / 60.0
    latest_s = sea.end_s - MARGIN_S - minutes * 60.0
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
    other_lane = lane_near(sea, float(line[0][middle]), float(line[1][middle]), (one, two))
    if other_lane is None or latest_s < MARGIN_S:
        return None
    three, four, other_index = other_lane

    first = sent_off(sea, one, "seeded")
    first.track.sail(line, first.service_kn, sea.rng, slow=(begin_km - 3.0, begin_km + run_km + 3.0, speed))
    walked = world.length_km((first.track.lats[-1], first.track.lons[-1]))
    relative_s = float(np.interp(begin_km, walked, first.track.times[-1]))
    finish_s = float(np.interp(begin_km + run_km, walked, first.track.times[-1]))
    start_s = float(sea.rng.uniform(MARGIN_S, latest_s))
    first.calls.append(Call(two, first.track.now_s, None))
    at_time(first, relative_s, start_s)
    end_s = start_s + finish_s - relative_s
    sea.carry_on(first)

    span = np.arange(start_s, end_s, 30.0)
    with_first = first.track.at(span)
    gap_km = float(sea.rng.uniform(0.065, 0.145)) * float(sea.rng.choice([-1.0, 1.0]))
    abeam = destination(with_first[0], with_first[1], world.courses(with_first) + 90.0, gap_km)
    other = world.lane(three, four)
    head = approach(other, other_index - 25, abeam, first=True)
    tail = approach(other, other_index + 25, abeam, first=False)
    if world.is_land(*world.resample(tail)).mean() > 0.05:
        return None
    second = sent_off(sea, three, "seeded")
    second.track.sail(head, second.service_kn, sea.rng, ramp_km=(6.0, 5.0))
    meet_s = second.track.now_s
    second.track.add(meet_s + (span - span[0]), abeam[0], abeam[1], 0)
    arrived(sea, second, four, tail)
    at_time(second, meet_s, start_s)
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
