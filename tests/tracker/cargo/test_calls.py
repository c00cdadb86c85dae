"""The last calls of a craft at the ports of some papers."""

from __future__ import annotations

from tests.tracker.alerts.story import SHIP_A, Call
from tests.tracker.cargo import papers as p
from tracker.cargo.calls import MAX_CALLS, CallLog

DAY_US = 86_400_000_000
FIRST_US = p.us("2026-01-01T00:00Z")


def _calls(count: int) -> list[Call]:
    starts = (FIRST_US + 3 * day * DAY_US for day in range(count))
    return [Call(SHIP_A, "NLRTM", start_us, start_us + DAY_US) for start_us in starts]


def _last(log: CallLog) -> int:
    seen = log.near(SHIP_A, "NLRTM", None, FIRST_US + 1000 * DAY_US, 0)
    assert seen is not None
    return seen.arrive_us


def test_a_full_log_keeps_the_newest_calls() -> None:
    log = CallLog(frozenset({"NLRTM"}), None, 30.0)
    calls = _calls(3 * MAX_CALLS)
    for call in calls:
        log.add([call])
        assert _last(log) == call.arrive_us
    assert len(log) == MAX_CALLS
    kept = log.at(SHIP_A, "NLRTM", FIRST_US + 1000 * DAY_US)
    assert min(call.arrive_us for call in kept) == calls[-MAX_CALLS].arrive_us


def test_calls_that_become_known_late_do_not_drive_out_newer_ones() -> None:
    log = CallLog(frozenset({"NLRTM"}), None, 30.0)
    calls = _calls(2 * MAX_CALLS)
    log.add(reversed(calls))
    assert _last(log) == calls[-1].arrive_us
    kept = log.at(SHIP_A, "NLRTM", FIRST_US + 1000 * DAY_US)
    assert min(call.arrive_us for call in kept) == calls[-MAX_CALLS].arrive_us
