"""Late rows wait for the next multiple of the settling time, by rows alone, and are taken once."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.engine.late import LateRows

GRID_US = 100


def times(*given: int):
    return np.array(given, dtype=np.int64)


@pytest.mark.parametrize(("reached_us", "due_us"), [(100, 200), (199, 200), (200, 300)])
def test_they_are_due_at_the_next_multiple_behind_what_was_reached_when_the_first_came(
    reached_us: int, due_us: int
) -> None:
    late = LateRows(GRID_US)
    assert not late.is_due(10**9), "none waits"
    assert late.take(10**9) is None
    late.note(times(50, 40), reached_us)
    late.note(times(60, 30), reached_us + GRID_US)
    assert (late.earliest_us, late.latest_us, late.due_us) == (30, 60, due_us)
    assert not late.is_due(due_us - 1)
    assert late.is_due(due_us)


def test_they_are_taken_once_the_watermark_has_passed_what_is_due_or_all_that_wait() -> None:
    late = LateRows(GRID_US)
    late.note(times(30, 150), 110)
    assert late.take(149) is None
    assert late.take(150) == 30, "all that wait are behind it"
    assert late.take(10**9) is None, "once"
    late.note(times(30, 450), 110)
    assert late.take(199) is None
    assert late.take(200) == 30
    assert (late.earliest_us, late.due_us) == (201, 300), "what is ahead of it waits on"
    assert late.take(299) is None
    assert late.take(450) == 201
    assert late.earliest_us is None


def test_nothing_is_waited_for_beyond_an_instant_to_which_the_clock_was_set_back() -> None:
    late = LateRows(GRID_US)
    late.note(times(30, 450), 110)
    late.set_back(120)
    assert late.latest_us == 120
    late.set_back(900)
    assert late.latest_us == 120
    assert late.take(120) == 30
    assert late.earliest_us is None


def cut(late: LateRows, lead: tuple[int, ...], frontier_us: int | None) -> list[tuple[int, int]]:
    return [(one.start, one.stop) for one in late.cuts(times(*lead), frontier_us)]


def test_rows_are_cut_where_their_source_reaches_a_multiple_if_late_rows_wait_or_are_among_them() -> None:
    idle, waiting = LateRows(GRID_US), LateRows(GRID_US)
    waiting.note(times(30), 110)
    rows = (110, 190, 200, 250, 300)
    assert cut(idle, rows, 110) == [(0, 5)], "none waits, and none is late"
    assert cut(idle, rows, None) == [(0, 5)]
    assert cut(waiting, rows, 110) == [(0, 2), (2, 4), (4, 5)]
    assert cut(waiting, rows, None) == [(0, 2), (2, 4), (4, 5)]
    assert cut(waiting, rows, 99) == [(0, 2), (2, 4), (4, 5)], (
        "the first row reaches a multiple: a cut before it is none"
    )
    assert cut(waiting, rows, 350) == [(0, 5)], "it had come further before"
    assert cut(idle, (110, 210, 150, 310), 110) == [(0, 1), (1, 3), (3, 4)], "one is late"
    assert cut(idle, (), 110) == cut(waiting, (), None) == [(0, 0)]


def test_a_snapshot_keeps_what_waits() -> None:
    late, again = LateRows(GRID_US), LateRows(GRID_US)
    late.note(times(30, 450), 110)
    again.restore(late.table())
    assert again == late
    again.restore(LateRows(GRID_US).table())
    assert again == LateRows(GRID_US)
