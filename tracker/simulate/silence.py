"""Dark periods at sea, and the outages that must not be taken for them.

A dark period is put into an honest voyage afterwards, where it is true that she should have been heard: for the whole time, and an hour
before and half an hour after, one message of hers is received with at least ``WELL_HEARD``, she is under way, no station or feed outage
touches the time, at least two other ships are heard within 45 km, and traffic was heard for some hours before. A third of them turn aside while dark, a third make a detour; that
is a sideways bump on her track, at most 12 km, over water.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, destination, distance_km
from tracker.simulate import world
from tracker.simulate.radio import GRID_S, Coverage, Duct, Silence, Span, motion
from tracker.simulate.stories.seed import WELL_HEARD, Seed, negative
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Ship
from tracker.units import KM_PER_NM

WITNESS_KM: Final = 45.0
_PASSED_KM: Final = 8.0
_KNOWN_S: Final = 3.0 * HOUR_S
BEFORE_S: Final = HOUR_S
AFTER_S: Final = HOUR_S / 2.0
LEARNING_S: Final = 8.0 * HOUR_S
"""No dark period begins before this (or a fifth of the scenario): what is heard where must be known by then."""
_UNHEARD: Final = 0.05
_FAR_REPORTS: Final = 8
KNOWN_AFTER_S: Final = 150.0
"""Three windows of the aggregator: the first instant at which a silence under a dense receiver says anything."""

Grid = NDArray[np.float64]


def outages(
    rng: np.random.Generator, seeds: list[Seed], coverage: Coverage, hours: float
) -> tuple[Silence, list[Seed]]:
    """One station off for 2 to 4 h and the whole AIS feed off for 20 to 40 min, away in time from what is seeded.

    Within half an hour of the feed's outage nothing seeded begins, ends or becomes known, and nobody meets during it; within 110 km of the station nothing seeded goes
    on while it is off.
    """
    told: list[Seed] = []
    feed: tuple[Span, ...] = ()
    stations: dict[str, Span] = {}
    if hours >= 6.0:
        for _ in range(400):
            length = float(rng.uniform(20.0, 40.0)) * 60.0
            begin = float(rng.uniform(2.0 * HOUR_S, (hours - 2.0) * HOUR_S))
            marks = [mark for s in seeds for mark in (s.start_s, s.end_s, s.known_s or s.start_s)]
            met = any(s.other is not None and s.start_s < begin + length and begin < s.end_s for s in seeds)
            if not met and not any(begin - HOUR_S / 2.0 < mark < begin + length + HOUR_S / 2.0 for mark in marks):
                feed = ((begin, begin + length),)
                told.append(_outage("whole_feed", "source:ais", begin, begin + length, "The whole AIS feed is silent."))
                break
    length = float(rng.uniform(2.0, 4.0)) * HOUR_S
    for _ in range(200):
        if length > hours * HOUR_S / 2.0:
            break
        station = coverage.stations[int(rng.integers(len(coverage.stations)))]
        begin = float(rng.uniform(HOUR_S, (hours - 1.0) * HOUR_S - length))
        near = [
            s
            for s in seeds
            if s.start_s - HOUR_S < begin + length
            and begin < s.end_s + HOUR_S
            and distance_km(station.lat_deg, station.lon_deg, s.lat_deg, s.lon_deg) < 110.0
        ]
        if not near:
            stations[station.code] = (begin, begin + length)
            what = f"Coast station {station.code} is off."
            told.append(
                _outage(
                    "station_outage",
                    f"source:{station.code}",
                    begin,
                    begin + length,
                    what,
                    station.lat_deg,
                    station.lon_deg,
                )
            )
            break
    return Silence(stations, feed), told


def _outage(
    detail: str, craft: str, begin: float, end: float, what: str, lat: float = float("nan"), lon: float = float("nan")
) -> Seed:
    return Seed(
        "feed_outage", detail, None, begin, end, lat, lon, begin + 300.0, what, must_alert=False, craft=craft
    )  # fmt: skip


def go_dark(
    rng: np.random.Generator,
    fleet: list[Ship],
    lat: Grid,
    lon: Grid,
    chance: NDArray[np.float32],
    coverage: Coverage,
    silence: Silence,
    wanted: int,
) -> list[Seed]:
    """Switch off transmitters of honest lane ships; rows of ``lat`` and ``lon`` are bent for those that turn aside."""
    seeds: list[Seed] = []
    hours_left = (lat.shape[1] - 1) * GRID_S / HOUR_S
    for number in _candidates(rng, fleet, 12 * wanted):
        if len(seeds) == wanted:
            break
        if fleet[number].story:
            continue
        length_h = float(rng.uniform(1.0, min(8.0, hours_left - 2.0))) if hours_left > 3.2 else 1.0
        row = window(rng, lat[number], lon[number], chance[number], silence, length_h)
        if row is None:
            continue
        part = slice(row, row + int(length_h * HOUR_S / GRID_S) + 1)
        if _witnesses(number, part, lat, lon, chance) < 2 or not _sailed_before(number, part, lat, lon, chance):
            continue
        way = ("silent", "silent_turning", "silent_detour")[len(seeds) % 3]
        if way != "silent" and not _bend(rng, way, lat[number], lon[number], part, coverage):
            way = "silent"
        begin_s, end_s = part.start * GRID_S, (part.stop - 1) * GRID_S
        ship = fleet[number]
        ship.off_air.append((begin_s, end_s))
        ship.story = "dark_period"
        also = {
            "silent": "",
            "silent_turning": " and turns aside meanwhile",
            "silent_detour": " and makes a detour meanwhile",
        }
        seeds.append(
            Seed(
                "dark_period",
                way,
                ship,
                begin_s,
                end_s,
                float(lat[number, part.start]),
                float(lon[number, part.start]),
                begin_s + KNOWN_AFTER_S,
                f"{ship.name} is silent for {length_h:.1f} h under way where she should be heard{also[way]}.",
            )
        )
    return seeds


def _candidates(rng: np.random.Generator, fleet: list[Ship], tries: int) -> list[int]:
    """Honest lane ships in random order, each tried several times."""
    lane = [k for k, ship in enumerate(fleet) if ship.role == "lane" and not ship.story]
    if not lane:
        return []
    order = [int(k) for k in rng.permutation(np.array(lane))]
    return order * (tries // len(order) + 1)


def window(
    rng: np.random.Generator, lat: Grid, lon: Grid, chance: NDArray[np.float32], silence: Silence, length_h: float
) -> int | None:
    """A grid index at which a silence of this length may begin, or None."""
    starts = window_starts(lat, lon, chance, silence, length_h)
    return int(rng.choice(starts)) if len(starts) else None


def window_starts(
    lat: Grid, lon: Grid, chance: NDArray[np.float32], silence: Silence, length_h: float
) -> NDArray[np.int64]:
    """All grid indices at which something of this length may begin: well heard and under way before, meanwhile and after."""
    before, after = int(BEFORE_S / GRID_S), int(AFTER_S / GRID_S)
    length = int(length_h * HOUR_S / GRID_S)
    speed, _ = motion(lat, lon)
    good = (chance > WELL_HEARD) & (speed > 6.0)
    time_s = np.arange(len(lat)) * GRID_S
    for begin, end in (*silence.feed, *silence.stations.values()):
        good &= ~((time_s > begin - HOUR_S / 2.0) & (time_s < end + HOUR_S / 2.0))
    whole = before + length + after
    count = np.concatenate([[0], np.cumsum(good)])
    if len(good) <= whole:
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(count[whole:] - count[:-whole] == whole)
    starts = starts[starts + before >= min(LEARNING_S, 0.2 * time_s[-1]) / GRID_S]
    port_clear = (
        starts[world.port_distance_km(lat[starts + before], lon[starts + before]) > 15.0] if len(starts) else starts
    )
    return port_clear + before


def _witnesses(number: int, part: slice, lat: Grid, lon: Grid, chance: NDArray[np.float32]) -> int:
    """How many other ships are well heard within ``WITNESS_KM`` of her at some time of the silence."""
    sample = np.linspace(part.start, part.stop - 1, 12).astype(np.int64)
    away = distance_km(lat[:, sample], lon[:, sample], lat[number, sample], lon[number, sample])
    near = (away < WITNESS_KM) & (chance[:, sample] > WELL_HEARD / 2.0)
    near[number] = False
    return int(near.any(axis=1).sum())


def _sailed_before(number: int, part: slice, lat: Grid, lon: Grid, chance: NDArray[np.float32]) -> bool:
    """Whether reception is known on most of the first three hours of her way: two others were well heard within 8 km of it before."""
    stop = min(part.stop - 1, part.start + int(_KNOWN_S / GRID_S))
    known = []
    for at in np.linspace(part.start, stop, 8).astype(np.int64):
        away = distance_km(lat[:, : part.start], lon[:, : part.start], lat[number, at], lon[number, at])
        near = (away < _PASSED_KM) & (chance[:, : part.start] > WELL_HEARD)
        near[number] = False
        known.append(int(near.any(axis=1).sum()) >= 2)
    return float(np.mean(known)) > 0.7


def _bend(rng: np.random.Generator, way: str, lat: Grid, lon: Grid, part: slice, coverage: Coverage) -> bool:
    """A sideways bump: back on the lane at the end of the silence, or farthest out there and back within two hours.

    The bump is at most 12 km and a tenth of the distance run, so that her speed hardly changes. False, and nothing changed,
    where it would lead over land or out of coverage.
    """
    stop = part.stop if way == "silent_detour" else min(part.stop + int(2.5 * HOUR_S / GRID_S), len(lat))
    rows = np.arange(part.start, stop)
    share = (rows - part.start) / (part.stop - 1 - part.start)
    if way == "silent_detour":
        bump = np.sin(np.pi * np.minimum(share, 1.0)) ** 2
    else:
        back = (rows - part.stop) / max(stop - part.stop, 1)
        bump = np.where(
            share < 1.0, np.sin(np.pi / 2.0 * share) ** 2, np.cos(np.pi / 2.0 * np.clip(back, 0.0, 1.0)) ** 2
        )
    run = float(np.sum(distance_km(lat[rows[:-1]], lon[rows[:-1]], lat[rows[1:]], lon[rows[1:]])))
    reach = min(12.0, run * 0.1)
    before, _ = motion(lat[rows], lon[rows])
    if before.min() < 5.0:
        return False
    smooth = _general_course(lat[rows], lon[rows])
    for side in rng.permutation([-1.0, 1.0]):
        new = destination(lat[rows], lon[rows], smooth + 90.0, side * reach * bump)
        heard = coverage.any_station(new[0], new[1], rows * GRID_S)
        faster = motion(*new)[0].max() > 1.2 * before.max()
        if not faster and not world.is_land(*new).any() and heard.min() > WELL_HEARD / 2.0:
            lat[rows], lon[rows] = new
            return True
    return False


def _general_course(lat: Grid, lon: Grid) -> Grid:
    """Her course over the half hour around each instant, so that a corner of the lane is no corner of the bump."""
    reach = int(900.0 / GRID_S)
    rows = np.arange(len(lat))
    back, ahead = np.maximum(rows - reach, 0), np.minimum(rows + reach, len(lat) - 1)
    course = bearing_deg(lat[back], lon[back], lat[ahead], lon[ahead])
    return np.asarray(course, dtype=np.float64)


def left_coverage(
    ship: Ship, heard_s: NDArray[np.float64], lat: Grid, lon: Grid, chance: NDArray[np.float32]
) -> list[Seed]:
    """Silences of an honest ship longer than 45 min where nobody could hear her."""
    seeds = []
    for gap in np.flatnonzero(np.diff(heard_s) > 0.75 * HOUR_S):
        begin, end = float(heard_s[gap]), float(heard_s[gap + 1])
        part = slice(int(begin / GRID_S), int(end / GRID_S) + 1)
        if float(chance[part].mean()) < WELL_HEARD / 2.0:
            seeds.append(
                Seed(
                    "negative",
                    "left_coverage",
                    ship,
                    begin,
                    end,
                    float(lat[part.start]),
                    float(lon[part.start]),
                    None,
                    f"{ship.name} is out of everybody's reach for {(end - begin) / HOUR_S:.1f} h "
                    f"({distance_km(lat[part.start], lon[part.start], lat[part.stop - 1], lon[part.stop - 1]) / KM_PER_NM:.0f} nm).",
                    must_alert=False,
                    forbids=("dark_period",),
                )
            )
    return seeds


def ducting(rng: np.random.Generator, coverage: Coverage, lost: Silence, hours: float) -> Duct | None:
    """A night of six to eight hours on which one station hears 200 nm and more; none where an outage leaves no room."""
    for _ in range(60):
        index = int(rng.integers(len(coverage.stations)))
        station, begin = coverage.stations[index], float(rng.uniform(16.0, hours - 18.0)) * HOUR_S
        span = begin, begin + float(rng.uniform(6.0, 8.0)) * HOUR_S
        off = [*lost.feed, *([lost.stations[station.code]] if station.code in lost.stations else [])]
        if not any(a - 2.0 * HOUR_S < span[1] and span[0] < b + 2.0 * HOUR_S for a, b in off):
            reach_km = float(rng.uniform(210.0, 280.0)) * KM_PER_NM
            return Duct(index, station.code, station.lat_deg, station.lon_deg, span, reach_km)
    return None


def heard_far_off(
    ship: Ship, heard_s: NDArray[np.float64], lat: Grid, lon: Grid, chance: NDArray[np.float32], duct: Duct
) -> list[Seed]:
    """A ship that was heard on the night of ducting where nobody hears otherwise."""
    rows = np.minimum((heard_s / GRID_S).astype(np.int64), len(chance) - 1)
    far = (heard_s >= duct.span[0]) & (heard_s < duct.span[1]) & (chance[rows] < _UNHEARD)
    if far.sum() < _FAR_REPORTS:
        return []
    first = int(np.argmax(far))
    what = f"{ship.name} is heard by {duct.code} far beyond its usual range, and no more when the night is over."
    span, place = (
        (float(heard_s[first]), duct.span[1] + 6.0 * HOUR_S),
        (float(lat[rows[first]]), float(lon[rows[first]])),
    )
    return [negative("ducting", ship, span, place, what, ("dark_period",))]


def station_of_duct(duct: Duct) -> Seed:
    """Neither when it begins to hear so far nor when that is over has anything become silent."""
    place, span = (duct.lat_deg, duct.lon_deg), (duct.span[0] - HOUR_S, duct.span[1] + 3.0 * HOUR_S)
    what = f"Coast station {duct.code} hears {duct.reach_km / KM_PER_NM:.0f} nm far for a night."
    return negative("ducting", None, span, place, what, ("feed_outage",), craft=f"source:ais/{duct.code}")
