"""Stories of silences at sea, laid by hand: waiting places off the lanes, lossy receivers, nights of ducting, feeds with habits of their own."""

from __future__ import annotations

import numpy as np

from models.geodesy import destination
from tests.scenarios.test_silence_weighed import HER, LAT, LON, at, events_of, lanes, last, standing
from tests.scenarios.traffic import START_US, silenced
from tracker.events import EventKind, EventState
from tracker.positions import PositionBatch


def lying(
    craft: int, begin_h: float, hours: float, *, of: tuple[float, float], every_s: float = 60.0, heard: float = 0.95, status: int = 0, seed: int = 1
) -> PositionBatch:  # fmt: skip
    """A ship that lies where it is, a share of its reports heard."""
    rng = np.random.default_rng(seed)
    n = int(hours * 3600.0 / every_s)
    rows = PositionBatch.of(
        START_US + ((begin_h * 3600.0 + (np.arange(n) + rng.uniform(0.1, 0.9, n)) * every_s) * 1e6).astype(np.int64),
        np.full(n, craft, dtype=np.int64), of[0] + rng.normal(0.0, 2e-4, n), of[1] + rng.normal(0.0, 2e-4, n),
        speed_kn=rng.uniform(0.2, 0.6, n), course_deg=rng.uniform(0.0, 360.0, n), message_type=1, nav_status=status,
    )  # fmt: skip
    return rows.take(rng.random(n) < heard)


def off_the_lane(km: float) -> tuple[float, float]:
    """A place that far west of the lanes, beside their middle."""
    lat, lon = destination(LAT + 0.9, LON, 270.0, km)
    return float(lat), float(lon)


def test_a_tanker_dark_for_a_day_in_a_waiting_place_that_nobody_passes_is_told_within_the_hour():
    """As in the Laconian Gulf: it lay there and was heard for hours, 25 km off the ships that pass, and nothing else made the place known."""
    place = off_the_lane(25.0)
    waiting = lying(HER, 12.0, 40.0, of=place)
    events = events_of([*lanes(54.0), silenced(waiting, HER, at(20.0), at(46.0))])
    (dark,) = standing(events)
    assert abs(dark.start_us - at(20.0)) < 300e6
    assert dark.state is EventState.CLOSED
    assert min(e.known_us for e in events if e.kind == EventKind.DARK_PERIOD) < at(21.0)


def test_a_ship_just_come_to_a_place_that_nobody_passes_proves_nothing_by_its_silence():
    place = off_the_lane(25.0)
    events = events_of([*lanes(40.0), lying(HER, 12.0, 0.7, of=place), lying(HER, 30.0, 2.0, of=place)])
    assert standing(events) == []


def test_a_ship_at_anchor_of_which_every_fourth_report_is_heard_is_not_dark():
    """Class A reports every 3 min at anchor; one of them in twelve minutes leaves pauses of an hour now and then, which no rest ever noted."""
    crew = [HER + k for k in range(6)]
    parts = [
        lying(craft, 12.0, 48.0, of=off_the_lane(2.0 + 3.0 * k), every_s=180.0, heard=0.25, status=k % 2, seed=40 + k)
        for k, craft in enumerate(crew)
    ]
    events = events_of([*lanes(60.0), *parts])
    over = [e for craft in crew for e in last(events, EventKind.DARK_PERIOD, craft) if e.state is EventState.CLOSED]
    assert over == []


def heard_in_a_night_of_ducting(rows: PositionBatch, begin_h: float, end_h: float) -> PositionBatch:
    """Heard as far as latitude 41 on most days, everywhere in one night."""
    since_h = (rows.time_us - START_US) / 3.6e9
    return rows.take((rows.lat_deg < 41.0) | ((since_h > begin_h) & (since_h < end_h)))


def test_a_night_of_ducting_makes_no_place_known():
    """Ships that pass the edge of what is heard on most days were told for days after a night in which all of the lane was heard."""
    rows = heard_in_a_night_of_ducting(PositionBatch.concat(lanes(60.0)), 38.0, 46.0)
    told = [e for e in events_of([rows]) if e.kind == EventKind.DARK_PERIOD]
    assert told == []
