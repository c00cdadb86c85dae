"""Floods begin above ten in ten minutes and end below five."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.room.desk.load import WINDOW_US, floods_of, load_of

MINUTE_US = 60_000_000
SHIFT_US = 12 * 60 * MINUTE_US


def test_ten_in_ten_minutes_are_no_flood_and_eleven_are() -> None:
    ten = [k * MINUTE_US // 2 for k in range(10)]
    assert load_of(ten, 5 * MINUTE_US, SHIFT_US).flood_since_us is None
    load = load_of([*ten, 5 * MINUTE_US], 5 * MINUTE_US, SHIFT_US)
    assert (load.flood_since_us, load.last_10_min, load.floods) == (5 * MINUTE_US, 11, 1)
    assert "flood" in load.sentence


def test_a_flood_ends_when_fewer_than_five_are_left_and_not_before() -> None:
    times = [k * MINUTE_US for k in range(6)] + [6 * MINUTE_US] * 5
    begun, ended = floods_of(times, 60 * MINUTE_US)[0]
    assert begun == 6 * MINUTE_US
    assert ended == 6 * MINUTE_US + WINDOW_US, "the five of the sixth minute leave together"
    assert load_of(times, 15 * MINUTE_US, SHIFT_US).flood_since_us == begun


def test_the_load_is_said_as_the_standard_has_it() -> None:
    for count, word in ((6, "acceptable"), (12, "manageable"), (13, "more than one desk")):
        times = [k * 4 * MINUTE_US for k in range(count)]
        assert word in load_of(times, times[-1], SHIFT_US).sentence


@given(st.lists(st.integers(0, 90), max_size=60), st.integers(0, 100))
def test_it_agrees_with_counting_minute_by_minute(minutes, now) -> None:
    times = sorted(minute * MINUTE_US for minute in minutes)
    load = load_of(times, now * MINUTE_US, SHIFT_US)
    is_flood = False
    for minute in range(now + 1):  # everything happens on whole minutes, so does what changes
        within = [t for t in minutes if minute - 10 < t <= minute]
        is_flood = len(within) > 10 or (is_flood and len(within) >= 5)
    assert (load.flood_since_us is not None) == is_flood
    assert load.last_10_min == sum(now - 10 < t <= now for t in minutes)
    assert load.last_hour == sum(now - 60 < t <= now for t in minutes)
