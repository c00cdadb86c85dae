"""The last calls of every craft."""

from __future__ import annotations

import numpy as np

from tests.tracker.alerts.story import SHIP_A, Call
from tests.tracker.cargo import papers as p
from tracker.cargo.calls import MOST_AT_A_PORT, MOST_CALLS, CallLog

DAY_US = 86_400_000_000
FIRST_US = p.us("2026-01-01T00:00Z")
MUCH_LATER_US = FIRST_US + 1000 * DAY_US


def _calls(count: int, code: str = "NLRTM") -> list[Call]:
    starts = (FIRST_US + 3 * day * DAY_US for day in range(count))
    return [Call(SHIP_A, code, start_us, start_us + DAY_US) for start_us in starts]


def _last(log: CallLog) -> int:
    seen = log.near(SHIP_A, "NLRTM", None, MUCH_LATER_US, 0)
    assert seen is not None
    return seen.arrive_us


def test_a_full_log_keeps_the_newest_calls() -> None:
    log = CallLog(None, 30.0)
    calls = _calls(3 * MOST_AT_A_PORT)
    for call in calls:
        log.add([call])
        assert _last(log) == call.arrive_us
    assert len(log) == MOST_AT_A_PORT
    kept = log.at(SHIP_A, "NLRTM", MUCH_LATER_US)
    assert min(call.arrive_us for call in kept) == calls[-MOST_AT_A_PORT].arrive_us


def test_calls_that_become_known_late_do_not_drive_out_newer_ones() -> None:
    log = CallLog(None, 30.0)
    calls = _calls(2 * MOST_AT_A_PORT)
    log.add(reversed(calls))
    assert _last(log) == calls[-1].arrive_us
    kept = log.at(SHIP_A, "NLRTM", MUCH_LATER_US)
    assert min(call.arrive_us for call in kept) == calls[-MOST_AT_A_PORT].arrive_us


def test_who_calls_at_many_ports_is_remembered_by_the_last_ones_and_a_ferry_pushes_out_nothing_else() -> None:
    log = CallLog(None, 30.0)
    log.add([Call(SHIP_A, "DEHAM", FIRST_US - DAY_US, FIRST_US)])
    log.add(_calls(3 * MOST_AT_A_PORT))
    assert [seen.location for seen in log.at(SHIP_A, "DEHAM", MUCH_LATER_US)] == ["DEHAM"]
    codes = [f"XX{n:03}" for n in range(2 * MOST_CALLS)]
    log.add(Call(SHIP_A, code, MUCH_LATER_US + n * DAY_US, None) for n, code in enumerate(codes))
    assert len(log) == MOST_CALLS
    at_us = MUCH_LATER_US + 1000 * DAY_US
    assert [len(list(log.at(SHIP_A, code, at_us))) for code in (codes[-1], codes[0], "DEHAM")] == [1, 0, 0]


def test_a_restored_log_answers_as_the_one_it_was_taken_of() -> None:
    log = CallLog(None, 30.0)
    log.add([*_calls(3), *_calls(3, "DEHAM"), Call(SHIP_A, "GBFXT", FIRST_US + 30 * DAY_US, None)])
    again = CallLog(None, 30.0)
    again.add([Call(SHIP_A + 1, "GBFXT", FIRST_US, None)])  # places are numbered otherwise here
    again.forget_craft(np.array([SHIP_A + 1]))
    again.restore(log.table())
    assert again.table().equals(log.table())
    for code in ("NLRTM", "DEHAM", "GBFXT"):
        for at_us in (FIRST_US, FIRST_US + DAY_US, MUCH_LATER_US):
            assert list(again.at(SHIP_A, code, at_us)) == list(log.at(SHIP_A, code, at_us))
