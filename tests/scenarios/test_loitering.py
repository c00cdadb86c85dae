"""Stories of waiting: which are loitering, and what each is called."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, context, legs, said, told, turned
from tracker.detectors.loitering import GFW, LoiteringConfig, LoiteringDetector
from tracker.identity import mmsi_craft

HOME = (50.0, -20.0)
CARGO = said((ONE, 70, b"SEA TRADER"))
WAIT = [(120, 12.0, 90.0), (360, 0.5, 200.0), (120, 12.0, 90.0)]


def detector(config=None, **places):
    return LoiteringDetector(config or LoiteringConfig(), context(**places))


def test_a_cargo_ship_adrift_for_six_hours_is_told_after_three_and_closed_when_she_sails():
    events = told(detector(), legs(ONE, HOME, WAIT), statics=CARGO)
    opened, closed = events
    assert (opened.state, closed.state) == ("open", "closed")
    assert opened.event_id == closed.event_id
    assert opened.detail == closed.detail == "drifting"
    assert abs(opened.start_us - (START_US + 2 * HOUR_US)) <= 4 * MIN_US
    assert 3 * HOUR_US <= opened.known_us - opened.start_us <= 3 * HOUR_US + 4 * MIN_US
    assert abs(closed.end_us - (START_US + 8 * HOUR_US)) <= 4 * MIN_US
    assert "SEA TRADER (mmsi:219000001) has been adrift for 3 h" in opened.explanation
    assert "was adrift for 5 h 5" in closed.explanation or "was adrift for 6 h 00" in closed.explanation
    assert closed.evidence["duration_h"] == pytest.approx(6.0, abs=0.1)
    assert closed.evidence["mean_speed_kn"] == pytest.approx(0.5, abs=0.1)


def test_two_and_a_half_hours_are_none():
    assert told(detector(), legs(ONE, HOME, [(60, 12, 90), (150, 0.3, 0), (60, 12, 90)]), statics=CARGO) == []


def test_lying_in_one_spot_is_anchored_and_slow_rounds_are_slow():
    still = told(detector(), legs(ONE, HOME, [(60, 12, 90), (300, 0.0, 0), (60, 12, 90)]), statics=CARGO)
    rounds = [(60, 12, 90), *[(20, 1.5, course) for _ in range(4) for course in (0, 90, 180, 270)], (60, 12, 90)]
    slow = told(detector(), legs(ONE, HOME, rounds), statics=CARGO)
    assert {e.detail for e in still} == {"anchored"}
    assert {e.detail for e in slow} == {"slow"}


def test_rounds_that_never_fall_below_the_slow_speed_are_loitering_and_creeping_along_is_none():
    rounds = [(60, 12, 90), *[(20, 2.4, course) for _ in range(4) for course in (0, 90, 180, 270)], (60, 12, 90)]
    opened, closed = told(detector(), legs(ONE, HOME, rounds), statics=CARGO)
    assert opened.detail == "slow"
    assert closed.evidence["duration_h"] == pytest.approx(5.4, abs=0.3)
    assert told(detector(), legs(ONE, HOME, [(60, 12, 90), (600, 2.4, 90), (60, 12, 90)]), statics=CARGO) == []


def test_a_boat_of_unknown_type_that_makes_over_two_knots_on_the_mean_is_at_work():
    hauling = [(60, 12, 90), (15, 1.8, 120), (285, 2.3, 120), (60, 12, 90)]
    assert told(detector(LoiteringConfig(radius_km=20.0)), legs(ONE, HOME, hauling)) == []
    assert len(told(detector(LoiteringConfig(radius_km=20.0)), legs(ONE, HOME, hauling), statics=CARGO)) == 2


def test_headings_tell_drifting_from_steaming_slowly():
    track = legs(ONE, HOME, [(60, 12, 90), (360, 1.0, 200), (60, 12, 90)])
    across = track.with_columns(heading_deg=np.full(len(track), 290.0, dtype=np.float32))
    along = track.with_columns(heading_deg=np.full(len(track), 200.0, dtype=np.float32))
    assert {e.detail for e in told(detector(), across, statics=CARGO)} == {"drifting"}
    assert {e.detail for e in told(detector(), along, statics=CARGO)} == {"slow"}


def test_speeds_are_derived_where_the_feed_has_none():
    track = legs(ONE, HOME, WAIT, speed_kn=np.nan, course_deg=np.nan)
    assert len(told(detector(), track, statics=CARGO)) == 2


def test_a_transmitter_that_says_zero_while_she_travels_does_not_loiter():
    assert told(detector(), legs(ONE, HOME, [(600, 12, 90)], speed_kn=0.0), statics=CARGO) == []


def test_single_bad_speeds_do_not_break_a_wait():
    track = legs(ONE, HOME, WAIT)
    speed = track.speed_kn.copy()
    speed[::25] = 9.0
    assert len(told(detector(), track.with_columns(speed_kn=speed), statics=CARGO)) == 2


def test_a_slow_passage_is_not_confined():
    assert (
        told(detector(LoiteringConfig(radius_km=3.0)), legs(ONE, HOME, [(60, 12, 90), (600, 1.9, 90)]), statics=CARGO)
        == []
    )


@pytest.mark.parametrize(
    "places",
    [
        {"ports": [(50.0, -19.4)]},
        {"land": [(49.98, -19.45, 3.0)]},
        {"land": [(49.9, -19.4, 8.0)]},
    ],
)
def test_near_a_port_on_a_river_and_inshore_waiting_is_normal(places):
    assert told(detector(**places), legs(ONE, HOME, WAIT), statics=CARGO) == []


@pytest.mark.parametrize("ship_type", [30, 31, 33, 50, 51, 52])
def test_ships_that_work_slowly_are_excused(ship_type):
    assert told(detector(), legs(ONE, HOME, WAIT), statics=said((ONE, ship_type, b"WORKER"))) == []


@pytest.mark.parametrize("status", [5, 7])
def test_moored_and_fishing_by_status_are_excused(status):
    assert told(detector(), legs(ONE, HOME, WAIT, nav_status=status), statics=CARGO) == []


def test_at_anchor_is_normal_on_an_outer_road_but_not_in_mid_ocean():
    track = legs(ONE, HOME, [(120, 12, 90), (360, 0.0, 0), (120, 12, 90)], nav_status=1)
    assert told(detector(ports=[(50.0, -19.1)]), track, statics=CARGO) == []
    assert len(told(detector(), track, statics=CARGO)) == 2


def test_an_unknown_craft_must_wait_longer_and_far_from_land():
    assert told(detector(), legs(ONE, HOME, [(60, 12, 90), (220, 0.5, 0), (60, 12, 90)])) == []
    assert len(told(detector(), legs(ONE, HOME, WAIT))) == 2
    assert told(detector(land=[(49.9, -19.3, 5.0)]), legs(ONE, HOME, WAIT)) == []


def test_an_unknown_craft_going_to_and_fro_is_working():
    rounds = [(60, 12, 90), *[(40, 1.9, course) for _ in range(5) for course in (0, 180)], (60, 12, 90)]
    assert told(detector(), legs(ONE, HOME, rounds)) == []
    assert len(told(detector(), legs(ONE, HOME, rounds), statics=CARGO)) == 2


def test_a_place_where_others_waited_becomes_an_anchorage():
    others = [
        legs(mmsi_craft(219_000_010 + n), (50.0 + 0.005 * n, -19.4), [(200, 0.0, 0), (60, 10, 0)]) for n in range(4)
    ]
    late = legs(ONE, HOME, [(400, 3.4, 90), (400, 0.1, 0)])
    statics = said((ONE, 70, b"LATE"), *((mmsi_craft(219_000_010 + n), 31, b"EARLY") for n in range(4)))
    assert told(detector(), *others, late, statics=statics) == []
    assert len(told(detector(), *others[:3], late, statics=statics)) == 2


def test_silence_ends_it_at_the_last_report_and_is_known_when_it_is_too_long():
    events = told(detector(), legs(ONE, HOME, [(60, 12, 90), (300, 0.2, 0)]), statics=CARGO)
    closed = events[-1]
    assert closed.state == "closed"
    assert closed.known_us - closed.end_us == 2 * HOUR_US


def test_stations_aircraft_and_gear_buoys_do_not_loiter():
    for craft in (mmsi_craft(2_190_001), mmsi_craft(992_190_001), mmsi_craft(111_219_001), mmsi_craft(941_203_527)):
        assert told(detector(), legs(craft, HOME, WAIT)) == []


@pytest.mark.parametrize("turn_deg", [-160.6, 199.4])
def test_across_the_antimeridian_she_drifts_all_the_same(turn_deg):
    here = told(detector(), legs(ONE, HOME, WAIT), statics=CARGO)
    there = told(detector(), turned(legs(ONE, HOME, WAIT), turn_deg), statics=CARGO)
    assert [(e.event_id, e.revision, e.detail, e.end_us) for e in here] == [
        (e.event_id, e.revision, e.detail, e.end_us) for e in there
    ]
    assert abs(abs(there[0].lon_deg) - 180.0) < 1.0


def test_near_the_pole_it_works():
    assert len(told(detector(), legs(ONE, (89.95, 0.0), WAIT), statics=CARGO)) == 2


def test_the_gfw_profile_is_four_hours_below_two_knots_twenty_miles_off():
    """GFW: hour speed below 2 kn, consecutive; at least 20 nm from shore; 4 h."""
    slow = legs(ONE, HOME, [(60, 12, 90), (300, 1.9, 90), (90, 12, 90)])
    assert len(told(detector(GFW), slow)) == 2
    assert told(detector(GFW), legs(ONE, HOME, [(60, 12, 90), (220, 1.9, 90), (60, 12, 90)])) == []
    assert told(detector(GFW), legs(ONE, HOME, [(60, 12, 90), (300, 2.2, 90), (60, 12, 90)])) == []
    assert told(detector(GFW, land=[(50.3, -19.5, 6.0)]), slow) == []


def test_a_senseless_configuration_is_refused():
    with pytest.raises(ValueError, match="moving_above_kn"):
        LoiteringConfig(slow_below_kn=5.0)
    with pytest.raises(ValueError, match="radius_km"):
        LoiteringConfig(radius_km=0.0)
