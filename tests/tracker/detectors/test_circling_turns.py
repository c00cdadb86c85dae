"""The kernel of the turn sum agrees with its slow twin, and with what is obvious."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contracts import flights
from tests.naive.turns import first_circling_us
from tracker.detectors.base import Context
from tracker.detectors.circling import CirclingConfig, CirclingDetector
from tracker.detectors.circling import turns as kernel
from tracker.statics import StaticBatch

START_US = 1_772_323_200_000_000
ONLY_TURNS = CirclingConfig(holding_turns=999, circle_deg=1e6, survey_turns=999, path_over_extent=0.0)


@pytest.mark.parametrize("seed", range(12))
def test_the_turn_sum_reaches_its_mark_when_the_slow_twin_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bias = rng.choice([-1.2, -0.6, 0.3, 0.9, 2.0])
    legs = [(float(rng.integers(20, 200)), 110.0, float(bias + rng.normal(0, 1.0)), 0.0) for _ in range(30)]
    track = flights.flown(0x4B3000, (50.0, 3.0), 10.0, 4000.0, START_US, legs, step_s=4.0)
    keep = rng.random(len(track)) < 0.8
    track = track.take(keep)
    detector = CirclingDetector(ONLY_TURNS, Context(places=None))
    detector.process_batch(track, StaticBatch.empty())
    opened = detector._aircraft.held.known_us[detector._aircraft.held.kind == kernel.OPEN]
    course = track.course_deg.astype(float)
    expected = first_circling_us(track.time_us.tolist(), course.tolist(), track.speed_kn.tolist(), ONLY_TURNS)
    assert (int(opened[0]) if len(opened) else None) == expected


def test_the_random_tracks_hold_both_cases() -> None:
    slow = flights.flown(0x4B3000, (50.0, 3.0), 10.0, 4000.0, START_US, [(2000.0, 110.0, 0.1, 0.0)], step_s=4.0)
    fast = flights.flown(0x4B3000, (50.0, 3.0), 10.0, 4000.0, START_US, [(2000.0, 110.0, 1.1, 0.0)], step_s=4.0)
    for track, found in ((slow, False), (fast, True)):
        said = [column.tolist() for column in (track.time_us, track.course_deg.astype(float), track.speed_kn)]
        assert (first_circling_us(said[0], said[1], said[2], ONLY_TURNS) is not None) is found


def test_an_even_circle_is_one_and_a_square_is_none() -> None:
    def since(legs: list[flights.Leg]) -> bool:
        track = flights.flown(0x4B3000, (50.0, 3.0), 10.0, 4000.0, START_US, legs)
        detector = CirclingDetector(CirclingConfig(turn_deg=1e6, holding_turns=999), Context(places=None))
        detector.process_batch(track, StaticBatch.empty())
        return bool((detector._aircraft.held.kind == kernel.OPEN).any())

    assert since([(120.0, 170.0, 0.0, 0.0), (720.0, 170.0, 0.6, 0.0)])
    assert not since([(120.0, 170.0, 0.0, 0.0), *[(150.0, 170.0, 0.0, 0.0), (30.0, 170.0, 3.0, 0.0)] * 5])
    assert not since([(120.0, 170.0, 0.0, 0.0), (130.0, 430.0, 3.0, 0.0), (600.0, 170.0, 0.0, 0.0)]), "a delaying turn"
