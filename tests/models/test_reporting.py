import numpy as np
import pytest

from models.reporting import (
    BEAT_S,
    best_interval_scalar,
    drift_scalar,
    learned_interval_scalar,
    nominal_interval_s,
)


@pytest.mark.parametrize(
    ("message_type", "speed_kn", "status", "expected_s"),
    [
        (1, 0.0, 1, 180.0),
        (1, 0.0, 5, 180.0),
        (1, 4.0, 1, 10.0),
        (1, 0.0, 0, 10.0),
        (1, 14.0, 0, 10.0),
        (3, 20.0, 0, 6.0),
        (1, 30.0, 0, 2.0),
        (1, np.nan, 255, 10.0),
        (18, 1.0, 255, 180.0),
        (18, 8.0, 255, 30.0),
        (27, 12.0, 0, 180.0),
        (21, np.nan, 255, 180.0),
        (4, np.nan, 255, 10.0),
        (101, 450.0, 255, 1.0),
        (120, 8.0, 255, 10.0),
    ],
)
def test_nominal_intervals_are_those_of_the_recommendation(message_type, speed_kn, status, expected_s):
    assert nominal_interval_s(message_type, speed_kn, status) == expected_s


def follow(step, seen, start=np.nan):
    value = start
    for item in seen:
        value = step(value, item)
    return value


def test_the_learned_interval_settles_at_the_median():
    rng = np.random.default_rng(1)
    seen = np.where(rng.random(4000) < 0.3, 180.0, rng.uniform(50.0, 70.0, 4000))
    assert follow(learned_interval_scalar, seen) == pytest.approx(np.median(seen), rel=0.2)


def test_it_follows_a_ship_that_leaves_her_berth_within_thirty_reports():
    assert follow(learned_interval_scalar, [10.0] * 31, start=180.0) == pytest.approx(10.0)


def test_one_long_silence_moves_it_by_one_step():
    assert learned_interval_scalar(60.0, 40_000.0) == pytest.approx(66.0)


def test_the_best_interval_stays_below_the_median_where_half_is_lost():
    rng = np.random.default_rng(2)
    seen = 60.0 * rng.geometric(0.5, 4000)
    assert follow(best_interval_scalar, seen) < 75.0


def test_bursts_count_as_one_beat():
    assert follow(best_interval_scalar, [0.2, 0.3, 4.5] * 100) == BEAT_S


def test_a_running_mean_forgets_at_its_rate():
    assert drift_scalar(np.nan, 7.0, 0.1) == 7.0
    assert drift_scalar(10.0, 20.0, 0.15) == pytest.approx(11.5)
