"""Receive stamps survive a wall clock that jumps."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from streams.memory import ManualClock
from streams.time import US_PER_S, MonotonicClock, SteadyClock, SystemClock

HOUR_US = 3600 * US_PER_S
START_US = 1_700_000_000 * US_PER_S


class Times:
    """A wall and a monotonic clock that run together unless told otherwise."""

    def __init__(self) -> None:
        self.wall, self.monotonic = ManualClock(START_US), ManualClock(123)
        self.steady = SteadyClock(self.wall, self.monotonic)

    def run(self, seconds: float, *, drift_ppm: int = 0, step_s: float = 1.0) -> list[int]:
        """What the steady clock says every ``step_s``."""
        said = []
        for _ in range(round(seconds / step_s)):
            step_us = int(step_s * US_PER_S)
            self.monotonic.advance(step_us)
            self.wall.advance(step_us + step_us * drift_ppm // US_PER_S)
            said.append(self.steady.now_us())
        return said


@pytest.mark.parametrize("jump_us", [HOUR_US, -HOUR_US, 3 * US_PER_S, -3 * US_PER_S])
def test_a_jump_is_counted_and_not_followed_until_it_has_held_for_ten_minutes(jump_us: int) -> None:
    times = Times()
    times.run(60)
    times.wall.advance(jump_us)
    said = times.run(599)
    assert said == [START_US + (61 + second) * US_PER_S for second in range(599)]
    assert (times.steady.jumps, times.steady.steps, times.steady.offset_us) == (1, 0, jump_us)
    said = times.run(5)
    assert said[-1] == START_US + (60 + 599 + 5) * US_PER_S + jump_us
    assert (times.steady.jumps, times.steady.steps, times.steady.offset_us) == (1, 1, 0)


def test_a_jump_that_is_taken_back_changes_nothing() -> None:
    times = Times()
    times.run(10)
    times.wall.advance(HOUR_US)
    times.run(500)
    times.wall.advance(-HOUR_US)
    times.run(1000)
    assert times.steady.now_us() == START_US + 1510 * US_PER_S
    assert (times.steady.jumps, times.steady.steps) == (1, 0)


def test_a_wall_that_keeps_jumping_is_never_believed() -> None:
    times = Times()
    for _ in range(20):
        times.wall.advance(60 * US_PER_S)
        times.run(300)
    assert times.steady.now_us() == START_US + 6000 * US_PER_S
    assert (times.steady.jumps, times.steady.steps) == (20, 0)


@pytest.mark.parametrize("drift_ppm", [400, -400])
@pytest.mark.parametrize("step_s", [0.01, 1.0, 60.0])
def test_small_drift_is_followed_smoothly(drift_ppm: int, step_s: float) -> None:
    times = Times()
    said = times.run(100 if step_s < 1 else 86_400, drift_ppm=drift_ppm, step_s=step_s)
    assert times.steady.jumps == 0
    assert abs(times.steady.offset_us) <= 100
    assert all(later >= earlier for earlier, later in pairwise(said))


def test_a_second_of_difference_is_made_good_without_a_step() -> None:
    times = Times()
    times.wall.advance(-US_PER_S)
    said = times.run(1100)
    assert all(later > earlier for earlier, later in pairwise(said))
    assert times.steady.offset_us == 0
    assert times.steady.jumps == 0


@pytest.mark.parametrize("seed", range(5))
def test_time_never_runs_backwards_unless_a_new_time_is_believed(seed: int) -> None:
    chance, times, last_us, steps = random.Random(seed), Times(), START_US, 0
    for _ in range(5000):
        times.monotonic.advance(chance.randrange(3 * US_PER_S))
        times.wall.advance(chance.choice((0, 0, 0, US_PER_S, HOUR_US, -HOUR_US)))
        now_us = times.steady.now_us()
        assert now_us >= last_us or times.steady.steps > steps
        last_us, steps = now_us, times.steady.steps


def test_real_clocks_agree() -> None:
    steady = SteadyClock(SystemClock())
    assert abs(steady.now_us() - SystemClock().now_us()) < US_PER_S
    assert MonotonicClock().now_us() <= MonotonicClock().now_us()
