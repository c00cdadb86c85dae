"""Stories of circling: which are orbits, holdings, surveys, and which are nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts.flights import RACETRACK, RASTER, flown
from tests.scenarios.sky import AERODROME, FIELD, MIN_US, ONE, START_US, context, says, standing, told
from tracker.detectors.circling import CirclingConfig, CirclingDetector

STRAIGHT = (600.0, 110.0, 0.0, 0.0)
ORBITS = (1200.0, 110.0, 1.5, 0.0)


def detector(**config):
    return CirclingDetector(CirclingConfig(**config), context())


def test_an_orbit_is_told_after_four_laps_and_closed_when_she_flies_on():
    opened, closed = told(
        detector(), flown(ONE, FIELD, 0.0, 4000.0, START_US, [STRAIGHT, ORBITS, (1200.0, 110.0, 0.0, 0.0)])
    )
    assert (opened.state, closed.state) == ("open", "closed")
    assert opened.detail == closed.detail == "orbit"
    assert opened.event_id == closed.event_id
    four_laps_us = START_US + 600_000_000 + 1440 / 1.5 * 1e6
    assert abs(opened.known_us - four_laps_us) <= MIN_US
    assert abs(closed.end_us - (START_US + 1800 * 1_000_000)) <= MIN_US
    assert closed.evidence["turned_deg"] == pytest.approx(1800, abs=90)
    assert closed.evidence["radius_km"] < 3.5
    assert closed.confidence >= 0.5
    assert "is circling: 4." in opened.explanation


@pytest.mark.parametrize("legs", [
    [STRAIGHT, (240.0, 110.0, 1.5, 0.0), STRAIGHT],
    [STRAIGHT, *[(60.0, 110.0, 3.0, 0.0), (60.0, 110.0, -3.0, 0.0)] * 12, STRAIGHT],
    [STRAIGHT, *[(180.0, 110.0, 1.0, 0.0), (900.0, 110.0, 0.0, 0.0)] * 6],
    [STRAIGHT, (1200.0, 15.0, 3.0, 0.0), STRAIGHT],
], ids=["one lap", "weaving", "turns far apart", "hovering"])  # fmt: skip
def test_these_are_nothing(legs):
    assert told(detector(), flown(ONE, FIELD, 0.0, 4000.0, START_US, legs)) == []


def test_a_racetrack_is_a_holding_of_low_confidence():
    events = told(
        detector(), flown(ONE, FIELD, 0.0, 9000.0, START_US, [STRAIGHT, *RACETRACK * 5, (1200.0, 220.0, 0.0, 0.0)])
    )
    assert {e.detail for e in events} == {"holding"}
    assert all(e.confidence < 0.3 for e in events)
    assert "holding in a racetrack" in events[0].explanation


def test_a_racetrack_of_which_rare_reports_show_no_legs_is_a_holding_by_its_shape():
    """Every 18 s: a leg of 50 s has two reports, and is none."""
    lap = [(60.0, 250.0, 3.0, 0.0), (50.0, 250.0, 0.0, 0.0)]
    track = flown(ONE, FIELD, 20.0, 9000.0, START_US, [STRAIGHT, *lap * 12, (1200.0, 250.0, 0.0, 0.0)], step_s=2.0)
    events = told(detector(), track.take(slice(0, None, 9)))
    assert {e.detail for e in events} == {"holding"}
    assert events[0].evidence["elongation"] <= 0.75
    circles = flown(ONE, FIELD, 20.0, 9000.0, START_US, [STRAIGHT, (1200.0, 250.0, 1.5, 0.0)], step_s=2.0)
    assert {e.detail for e in told(detector(), circles.take(slice(0, None, 9)))} == {"orbit"}


def test_a_racetrack_longer_than_any_holding_becomes_an_orbit_unless_others_held_there():
    def long_one(address, begun_us):
        return flown(address, FIELD, 0.0, 9000.0, begun_us, [STRAIGHT, *RACETRACK * 50])

    details = [e.detail for e in told(detector(), long_one(ONE, START_US))]
    assert details == ["holding", "orbit"]
    others = [flown(ONE + k, FIELD, 0.0, 9000.0, START_US, [STRAIGHT, *RACETRACK * 5, STRAIGHT]) for k in (1, 2, 3)]
    events = told(detector(), *others, long_one(ONE, START_US + 60 * MIN_US))
    assert {e.detail for e in events} == {"holding"}


def test_a_raster_is_a_survey_and_circles_in_it_belong_to_it():
    legs = [STRAIGHT, *RASTER * 4, (900.0, 120.0, 2.0, 0.0), *RASTER]
    events = told(detector(), flown(ONE, FIELD, 0.0, 5000.0, START_US, legs))
    assert [e.detail for e in events[:2]] == ["survey", "orbit"]
    orbit = next(e for e in events if e.detail == "orbit")
    assert orbit.evidence["during_survey"]
    assert orbit.confidence < 0.3


def test_circuits_with_touch_and_go_are_none_and_an_orbit_over_the_same_field_is_told():
    lap = [(60.0, 90.0, 3.0, 0.0), (100.0, 90.0, 0.0, -7.0), (60.0, 90.0, 3.0, 0.0), (100.0, 90.0, 0.0, 7.0)]
    assert told(detector(), flown(ONE, AERODROME, 0.0, 1100.0, START_US, [(30.0, 90.0, 0.0, 0.0), *lap * 8])) == []
    events = told(detector(), flown(ONE, AERODROME, 0.0, 2500.0, START_US, [STRAIGHT, (1200.0, 90.0, 1.5, 0.0)]))
    assert [e.detail for e in events] == ["orbit"]


def test_coming_down_to_the_ground_while_turning_is_spraying_or_landing_and_none():
    assert told(detector(), flown(ONE, FIELD, 0.0, 400.0, START_US, [STRAIGHT, ORBITS])) == []


def test_gliders_circle_to_climb():
    track = flown(ONE, FIELD, 0.0, 3000.0, START_US, [STRAIGHT, (600.0, 50.0, 12.0, 3.0)])
    assert [e.confidence for e in told(detector(), track, statics=says(ONE, "B1", "GLIDE"))] == [0.15]
    assert told(detector(), track)[0].confidence >= 0.5


def test_a_calibration_circle_is_found_by_positions_where_courses_are_wrong():
    track = flown(
        ONE,
        (AERODROME[0], AERODROME[1] - 0.2),
        10.0,
        3000.0,
        START_US,
        [(300.0, 170.0, 0.0, 0.0), (900.0, 170.0, 0.6, 0.0)],
    )
    wrong = track.with_columns(course_deg=np.mod(-track.course_deg * 3.0, 360.0).astype(np.float32))
    missing = track.with_columns(course_deg=np.full(len(track), np.nan, dtype=np.float32))
    for rows in (track, wrong, missing):
        events = told(detector(), rows)
        assert [e.evidence["calibration_circle"] for e in events] == [True]
        assert "calibrate" in events[0].explanation


def test_silence_and_the_ground_end_it():
    circling = flown(ONE, FIELD, 0.0, 4000.0, START_US, [STRAIGHT, ORBITS])
    closed = told(detector(), circling, until_min=60)[-1]
    assert closed.state == "closed"
    assert closed.known_us == int(circling.time_us[-1]) + 10 * MIN_US
    down_us = int(circling.time_us[-1]) + 5_000_000
    down = standing(ONE, FIELD, down_us, 1)
    assert told(detector(), circling, down)[-1].known_us == down_us


def test_two_silent_minutes_hide_turns_but_end_nothing():
    track = flown(ONE, FIELD, 0.0, 4000.0, START_US, [STRAIGHT, ORBITS, STRAIGHT])
    gap = (track.time_us > START_US + 900_000_000) & (track.time_us < START_US + 1_020_000_000)
    events = told(detector(), track.take(~gap))
    assert [e.detail for e in events][:1] == ["orbit"]
    assert events[-1].evidence["turned_deg"] < 1800
