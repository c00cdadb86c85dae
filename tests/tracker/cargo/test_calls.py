"""The last calls of every craft."""

from __future__ import annotations

from dataclasses import replace

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


def test_a_call_is_forgotten_once_it_ended_before_the_instant_and_one_that_goes_on_by_its_arrival() -> None:
    log = CallLog(None, 30.0)
    log.add([Call(SHIP_A, "NLRTM", FIRST_US, FIRST_US + DAY_US), Call(SHIP_A, "DEHAM", FIRST_US + DAY_US, None)])
    log.forget(FIRST_US + DAY_US)
    assert len(log) == 2, "it ended at that very instant"
    log.forget(FIRST_US + DAY_US + 1)
    assert len(log) == 0


def test_only_the_calls_of_the_craft_named_are_dropped() -> None:
    log = CallLog(None, 30.0)
    log.add([*_calls(2), Call(SHIP_A + 1, "NLRTM", FIRST_US, None)])
    log.forget_craft(np.array([SHIP_A + 1, SHIP_A + 2]))
    assert len(log) == 2


def test_a_call_counts_from_the_instant_at_which_it_was_known_and_its_end_from_another() -> None:
    log = CallLog(None, 30.0)
    log.add([Call(SHIP_A, "NLRTM", FIRST_US)])
    ended = Call(SHIP_A, "NLRTM", FIRST_US, FIRST_US + DAY_US)
    log.add([ended])
    assert len(log) == 1, "a later revision of the same call"
    assert list(log.at(SHIP_A, "NLRTM", FIRST_US - 1)) == []
    (open_call,) = log.at(SHIP_A, "NLRTM", FIRST_US)
    assert open_call.depart_us is None
    assert [one.depart_us for one in log.at(SHIP_A, "NLRTM", ended.known_us - 1)] == [None]
    assert [one.depart_us for one in log.at(SHIP_A, "NLRTM", ended.known_us)] == [FIRST_US + DAY_US]
    log.add([Call(SHIP_A, "NLRTM", FIRST_US)])
    assert [one.depart_us for one in log.at(SHIP_A, "NLRTM", MUCH_LATER_US)] == [None], "it goes on after all"


def test_of_calls_within_the_window_the_last_is_meant() -> None:
    log = CallLog(None, 30.0)
    calls = _calls(3)
    log.add(calls)
    off = (-1, 0, 1)
    near = [log.near(SHIP_A, "NLRTM", calls[1].arrive_us + us, MUCH_LATER_US, 3 * DAY_US) for us in off]
    assert [one and one.arrive_us for one in near] == [calls[1].arrive_us, calls[2].arrive_us, calls[2].arrive_us]
    assert log.near(SHIP_A, "NLRTM", calls[0].arrive_us - 3 * DAY_US - 1, MUCH_LATER_US, 3 * DAY_US) is None
    assert log.near(SHIP_A, "NLRTM", calls[0].arrive_us - 3 * DAY_US, MUCH_LATER_US, 3 * DAY_US) is not None


def test_ports_of_one_country_near_each_other_are_one_and_airports_are_not() -> None:
    rotterdam, paris = p.PLACES["NLRTM"], p.PLACES["LFPG"]
    places = {
        "NLRTM": rotterdam,
        "NLMSV": replace(rotterdam, code="NLMSV", lon_deg=rotterdam.lon_deg - 0.4),
        "NLAMS": replace(rotterdam, code="NLAMS", lat_deg=rotterdam.lat_deg + 0.5),
        "BERTM": replace(rotterdam, code="BERTM"),
        "LFPG": paris,
        "LFPB": replace(paris, code="LFPB"),
    }
    log = CallLog(places.get, 30.0)
    same = {code for code in places if log.is_same_port("NLRTM", code)}
    assert same == {"NLRTM", "NLMSV"}
    assert [log.is_same_port(*pair) for pair in (("LFPG", "LFPB"), ("NLRTM", "NLXXX"), ("NLXXX", "NLRTM"))] == 3 * [
        False
    ]
    assert log.is_same_port("NLXXX", "NLXXX"), "a code that nobody can place is itself"
    assert not CallLog(None, 30.0).is_same_port("NLRTM", "NLMSV")
