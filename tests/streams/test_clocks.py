"""Clocks held against each other: what is impossible, what a median is not moved by, and what proves our own clock wrong."""

from __future__ import annotations

import numpy as np
import pytest

from streams.clocks import ClockLimits, LineClock, Off, impossible, shift_of
from streams.memory import ManualClock
from streams.time import NOT_BEFORE_US, SteadyClock

S = 1_000_000
H = 3600 * S
NOW_US = NOT_BEFORE_US + 200 * 24 * H
LIMITS = ClockLimits(lasts_us=30 * S)


def heard(clock: LineClock, offset_us: int, from_s: int, to_s: int, rows: int = 2) -> None:
    """Rows of a clock that is off, received second by second."""
    for second in range(from_s, to_s):
        received_us = np.full(rows, NOW_US + second * S, dtype=np.int64)
        clock.receive(int(received_us[0]))
        clock.observe(received_us + offset_us, received_us)


def test_nobody_receives_what_was_not_sent_yet() -> None:
    times_us = np.array([NOW_US, NOW_US + 299 * S, NOW_US + 301 * S, NOW_US - 9 * 365 * 24 * H], dtype=np.int64)
    received_us = np.full(4, NOW_US, dtype=np.int64)
    assert impossible(times_us, received_us, 300 * S).tolist() == [False, False, True, False]


def test_what_our_own_clock_says_is_not_believed_while_it_is_proven_wrong_or_was_never_set() -> None:
    received_us = np.full(2, NOW_US, dtype=np.int64)
    times_us = received_us + np.array([0, 2 * H])
    assert impossible(times_us, received_us, 300 * S, shift_us=2 * H).tolist() == [True, False]
    assert impossible(times_us, received_us, 300 * S, not_before_us=NOW_US + S).tolist() == [True, False]


@pytest.mark.parametrize(
    ("offset_us", "off"),
    [(-S, Off.NOT), (-20 * S, Off.NOT), (2 * H, Off.AHEAD), (-H, Off.BEHIND), (-9 * 365 * 24 * H, Off.PAST)],
)
def test_a_clock_that_is_off_is_told_once_that_lasts_and_forgiven_when_it_agrees_again(
    offset_us: int, off: Off
) -> None:
    clock = LineClock(LIMITS)
    heard(clock, offset_us, 0, 20)
    assert clock.off is Off.NOT
    heard(clock, offset_us, 20, 60)
    assert (clock.off, clock.offset_us) == (off, offset_us)
    heard(clock, -S, 60, 60 + 256)
    assert (clock.off, clock.is_live) == (Off.NOT, True)


def test_a_burst_from_one_of_many_senders_moves_no_median() -> None:
    clock = LineClock(LIMITS)
    heard(clock, -S, 0, 60)
    received_us = np.full(100_000, NOW_US + 60 * S, dtype=np.int64)
    clock.receive(NOW_US + 60 * S)
    clock.observe(received_us + 73 * 365 * 24 * H, received_us)
    heard(clock, -S, 61, 120)
    assert (clock.off, clock.offset_us) == (Off.NOT, -S)


def test_rows_without_a_time_of_their_own_say_nothing_of_any_clock() -> None:
    clock = LineClock(LIMITS)
    heard(clock, 0, 0, 60)
    assert clock.offset_us is None
    assert clock.is_live


def test_a_clock_put_away_goes_on_as_if_nothing_had_happened() -> None:
    first, again = LineClock(LIMITS), LineClock(LIMITS)
    heard(first, -H, 0, 60)
    again.set_state(first.state())
    assert (again.off, again.offset_us, again.received_us, again.is_live) == (
        first.off, first.offset_us, first.received_us, first.is_live,
    )  # fmt: skip
    for second in (61, 62, 75, 80, 95):
        for clock in (first, again):
            heard(clock, 0, second, second + 1)
        assert again.state() == first.state()


def test_what_an_older_version_kept_of_a_clock_is_read() -> None:
    clock = LineClock(LIMITS)
    clock.set_state([7 * S, -1, 0, 1, 2, 5 * S, 6 * S])
    assert (clock.received_us, clock.off, clock.offset_us) == (7 * S, Off.NOT, None)


def test_a_receive_clock_that_goes_back_is_noticed_and_a_chunk_out_of_turn_is_not() -> None:
    clock = LineClock(LIMITS)
    assert not clock.receive(NOW_US)
    assert not clock.receive(NOW_US - 59 * S)
    assert clock.receive(NOW_US - H)
    assert not clock.receive(NOW_US - H + S)


def test_feeds_that_agree_with_each_other_and_not_with_us_prove_us_behind() -> None:
    assert shift_of([("a", 2 * H), ("b", 2 * H + 20 * S)], 300 * S) == 2 * H + 20 * S
    assert shift_of([("a", 2 * H)], 300 * S) == 0, "one alone may be ahead"
    assert shift_of([("a", 2 * H), ("a", 2 * H)], 300 * S) == 0, "two connections of one feed are one witness"
    assert shift_of([("a", 2 * H), ("b", 2 * H), ("c", -5 * S)], 300 * S) == 0, "one agrees with us"
    assert shift_of([("a", 2 * H), ("b", 9 * H)], 300 * S) == 0, "they do not agree"
    assert shift_of([("a", -2 * H), ("b", -2 * H)], 300 * S) == 0, "they may both be late"


class Wall:
    """A steady clock over a wall and a monotonic clock moved by hand."""

    def __init__(self, start_us: int = NOW_US) -> None:
        self.wall, self.monotonic = ManualClock(start_us), ManualClock()
        self.steady = SteadyClock(self.wall, self.monotonic)

    def pass_s(self, seconds: int) -> None:
        for _ in range(seconds):
            self.wall.advance(S)
            self.monotonic.advance(S)
            self.steady.now_us()

    @property
    def error_s(self) -> int:
        """Steady minus wall."""
        return round((self.steady.now_us() - self.wall.now_us()) / S)


def test_a_life_does_not_begin_before_the_last_one_ended_until_the_wall_has_held() -> None:
    scene = Wall()
    scene.steady.not_before(NOW_US + 73 * 365 * 24 * H)
    scene.pass_s(500)
    assert scene.error_s == 73 * 365 * 24 * 3600
    scene.pass_s(200)
    assert scene.error_s == 0


def test_witnesses_that_agree_with_the_wall_and_not_with_us_are_believed_at_once() -> None:
    scene = Wall()
    scene.steady.not_before(NOW_US + 73 * 365 * 24 * H)
    scene.steady.testify([-73 * 365 * 24 * H, -73 * 365 * 24 * H - 20 * S])
    scene.pass_s(3)
    assert scene.error_s == 0


def test_a_wall_set_back_is_never_believed_while_sources_are_ahead_of_it() -> None:
    scene = Wall()
    scene.steady.testify([0, -2 * S, 3 * S])
    scene.wall.advance(-2 * H)
    scene.pass_s(1200)
    assert scene.error_s == 7200
    scene.steady.testify([])
    scene.pass_s(2)
    assert scene.error_s == 0, "it has held, and nobody denies it"


def test_a_wall_that_was_never_set_is_not_believed() -> None:
    scene = Wall()
    scene.wall.advance(-NOW_US)
    scene.pass_s(1200)
    assert scene.steady.is_unset
    assert scene.error_s == NOW_US // S
