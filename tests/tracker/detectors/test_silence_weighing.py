"""The odds of other explanations of a ship's silence, and their sum."""

import dataclasses
import math

import numpy as np
import pytest

from tracker.detectors.silence import weighing
from tracker.detectors.silence.columns import NEVER_US
from tracker.detectors.silence.lost import Silence, at_random, lifted, may_be_lifted
from tracker.detectors.silence.weighing import Odds

NOTHING = Odds(**{field.name: 0.0 for field in dataclasses.fields(Odds)})


def test_small_odds_add_up_and_one_large_one_decides():
    some = dataclasses.replace(NOTHING, earshot=0.03, chance=0.04)
    assert some.p_ordinary == pytest.approx(0.07 / 1.07)
    assert some.decisive == "chance"
    assert some.without("chance") == pytest.approx(0.03 / 1.03)
    assert dataclasses.replace(some, habit=7.0).p_ordinary > 0.8


def test_a_pause_is_ordinary_till_it_outgrows_her_longest_of_late():
    assert weighing.chance(600.0, 500.0, 60.0) > 0.5
    assert weighing.chance(2_000.0, 500.0, 60.0) == pytest.approx(0.02, abs=0.001), "four times her longest"
    assert weighing.chance(600.0, 0.0, 60.0) == pytest.approx(0.02, abs=0.001), "ten reports missing"
    assert weighing.chance(0.0, 0.0, 60.0) > 1.0


def test_who_was_heard_few_times_is_a_stranger():
    assert weighing.stranger(5) > 0.05 > weighing.stranger(20)


def test_reports_lost_by_chance_are_no_weak_transmitter_but_a_trend_is():
    """A quarter of her reports lost: a steady share of 0.75, and intervals so irregular that the latest mean a tenth more than usual."""
    assert weighing.weak(0.9, 0.75, 0.25, class_b=False) < 0.03
    assert weighing.weak(0.8, 1.0, 0.0, class_b=False) > 0.2, "regular, and then rarer"
    assert weighing.weak(1.0, 0.5, 0.1, class_b=False) > weighing.weak(1.0, 0.9, 0.1, class_b=False)
    assert weighing.weak(1.0, 0.8, 0.1, class_b=True) > weighing.weak(1.0, 0.8, 0.1, class_b=False)


def test_each_other_ship_heard_speaks_against_weather_and_each_lost_one_for_a_receiver():
    assert weighing.alone(0) > 0.1 > weighing.alone(1) > weighing.alone(3)
    assert weighing.together(1, 0) == 0.0, "two may meet"
    assert weighing.together(2, 3) > 0.05
    assert weighing.together(4, 10) > weighing.together(4, 100)


def test_a_feed_is_one_that_cuts_by_what_it_lost_so_far():
    assert weighing.habit(0, 0, heard_again=False) > 0.05, "nothing is known of a new feed"
    assert weighing.habit(0, 400, heard_again=False) < 0.02
    assert weighing.habit(8, 1000, heard_again=False) > 1.0
    assert weighing.habit(1e6, 1e6, heard_again=False) > 1.0
    assert weighing.habit(3, 1000, heard_again=True) < 0.001


def lost_ship(**given: float) -> Silence:
    known = {"beats": 200, "best_s": 50.0, "mean_s": 70.0, "longest_s": 150.0, "speed_kn": 12.0} | given
    return Silence(
        key=1, kind=0, since_us=0, pos_us=0, lat_deg=50.0, lon_deg=0.0, course_deg=90.0, altitude_ft=math.nan, climb_ftmin=math.nan, on_ground=-1, nav_status=0,
        source=0, interval_s=70.0, schedule_s=10.0, fading=1.0, blind_from_us=NEVER_US, blind_to_us=NEVER_US, place_km=99.0, ashore=False, noted=False,
        shared=False, **known,
    )  # fmt: skip


def test_reports_are_lost_at_random_where_no_pause_is_long():
    assert at_random(lost_ship())
    assert not at_random(lost_ship(longest_s=900.0)), "a hill"
    assert not at_random(lost_ship(beats=10)), "hardly known"
    assert not at_random(lost_ship(mean_s=55.0)), "it loses next to none"
    assert not at_random(lost_ship(speed_kn=2.0)), "one spot"


def test_a_quarter_of_an_hour_is_how_a_range_breathes():
    assert may_be_lifted(lost_ship(), 4000.0)
    assert not may_be_lifted(lost_ship(), 900.0)


def test_a_middling_place_witnesses_where_the_best_around_it_are_no_better_and_an_edge_does_not():
    heard = np.array([0.62, 0.45, 0.9])
    raised = lifted(0.8 * heard, heard, 0.7)
    assert raised.tolist() == pytest.approx([0.6, 0.36, 0.72])
    assert lifted(0.8 * heard, heard, 0.95).tolist() == pytest.approx((0.8 * heard).tolist()), (
        "the best hear nearly all"
    )
    assert lifted(0.8 * heard, heard, math.inf).tolist() == pytest.approx((0.8 * heard).tolist())


def test_a_far_receiver_explains_a_weak_transmitter_always_and_a_strong_one_where_hardly_anybody_is_heard():
    assert [weighing.far_off(heard, class_b=True) for heard in (1, 9)] == [1.0, 1.0]
    assert [weighing.far_off(heard, class_b=False) for heard in (1, 2, 3, 9)] == [0.1, 0.1, 0.0, 0.0]
