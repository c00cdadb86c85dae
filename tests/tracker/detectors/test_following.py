"""Claims about the frame of detectors that follow one craft: a small detector of reports counted, made of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from streams.records import state_columns
from tracker.detectors.following import Following, rows_of
from tracker.detectors.records import Left, Reached, leave
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch

TENTH, ENDED = 0, 1
ONE, TWO = int(mmsi_craft(219_000_001)), int(mmsi_craft(219_000_002))


class Counted:
    """How many reports there were, and how fast the last four said it was."""

    last_us: float = -1e18
    reports: int = 0
    speeds_kn: NDArray[np.float64] = np.full(4, math.nan)


class Reports(NamedTuple):
    """What the kernel looks at."""

    segment: NDArray[np.int64]
    time_us: NDArray[np.int64]
    speed_kn: NDArray[np.float32]


@numba.njit
def count_reports(
    first: int, slots: NDArray[np.int32], reports: Reports, state: NDArray[np.void], left: Left
) -> Reached:
    """A record at every tenth report."""
    count = 0
    for i in range(first, len(slots)):
        if count + 1 > len(left.key):
            return Reached(i, count)
        s: Any = state[slots[i]]
        s.last_us = float(reports.time_us[i])
        s.speeds_kn[s.reports % 4] = reports.speed_kn[i]
        s.reports += 1
        if s.reports % 10 == 0:
            count = leave(left, count, TENTH, reports.segment[i], reports.time_us[i], s)
    return Reached(len(slots), count)


def ends(silent: NDArray[np.void]) -> Iterable[tuple[int, NDArray[np.bool_]]]:
    """Who was heard more than once has an end."""
    yield ENDED, silent["reports"] > 1


def frame(room: int = 4096) -> Following:
    return Following(Counted, ends, 1000, room=room)


def carry(one: Following, positions: PositionBatch) -> None:
    reports = rows_of(Reports, positions, np.ones(len(positions), dtype=np.bool_))
    slots = one.state.slots(reports.segment)
    records = one.state.records
    one.follow(len(slots), lambda row, left: count_reports(row, slots, reports, records, left))


def rows(times_us: Any, craft: int = ONE) -> PositionBatch:
    n = len(times_us)
    return PositionBatch.of(np.array(times_us), craft, np.zeros(n), np.zeros(n), speed_kn=np.arange(n))


def test_columns_are_the_fields_of_a_class_in_their_order() -> None:
    assert list(state_columns(Counted)) == ["last_us", "reports", "speeds_kn"]
    assert [dtype for dtype, _ in state_columns(Counted).values()] == ["f8", "i8", "(4,)f8"]


@pytest.mark.parametrize("room", [1, 2, 4096])
def test_a_kernel_is_asked_until_all_rows_are_carried_however_little_room_there_is(room: int) -> None:
    one = frame(room)
    carry(one, rows(range(45)))
    assert one.held.known_us.tolist() == [9, 19, 29, 39]
    assert [record.state.reports for record in one.held] == [10, 20, 30, 40]
    assert one.held.state["speeds_kn"][1].tolist() == [16.0, 17.0, 18.0, 19.0], "as it stood then"


def test_records_wait_for_the_watermark_and_come_in_order_of_time_then_craft() -> None:
    one = frame()
    carry(one, rows(range(20), TWO))
    carry(one, rows(range(20), ONE))
    assert [(r.known_us, r.key) for r in one.due(9)] == [(9, ONE), (9, TWO)]
    assert not len(one.due(18))
    assert [(r.known_us, r.key) for r in one.due(19)] == [(19, ONE), (19, TWO)]
    assert not len(one.held)


def test_who_is_silent_for_too_long_leaves_its_record_and_is_forgotten() -> None:
    one = frame()
    carry(one, rows([0, 10], ONE))
    carry(one, rows([500], TWO))
    assert not len(one.end_silent(1009))
    assert [record.key for record in one.end_silent(1010)] == [ONE]
    assert [(r.known_us, r.kind, r.key) for r in one.due(1010)] == [(1010, ENDED, ONE)]
    assert [record.key for record in one.end_silent(5000)] == [TWO]
    assert not len(one.due(5000)), "heard once only"
    assert len(one.state) == 0


def test_a_snapshot_holds_the_craft_and_the_records_that_wait() -> None:
    one, again = frame(), frame()
    carry(one, rows(range(25)))
    tables = {name: table() if callable(table) else table for name, table in one.tables().items()}
    again.restore(tables)
    for some in (one, again):
        carry(some, rows(range(25, 30)))
    assert [(r.known_us, r.state.reports) for r in again.due(100)] == [(9, 10), (19, 20), (29, 30)]
    assert again.state.records[0] == one.state.records[0]
    assert tables["held"].column("speeds_kn").to_pylist()[0] == [8.0, 9.0, 6.0, 7.0]


def test_who_is_forgotten_leaves_neither_state_nor_records() -> None:
    one = frame()
    carry(one, rows(range(10), ONE))
    carry(one, rows(range(10), TWO))
    one.forget(one.state.find(np.array([ONE])), one.held.key == ONE)
    assert [record.key for record in one.held] == [TWO]
    assert one.state.find(np.array([ONE])).tolist() == [-1]
