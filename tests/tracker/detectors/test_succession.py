"""Silences that a change of identity explains are taken back."""

from __future__ import annotations

import pytest

from tracker.detectors.succession import TRANSFER, Successions
from tracker.events import Event, EventKind, EventState, Rule
from tracker.identity import parse_craft
from tracker.units import US_PER_MIN, Micros

OLD, NEW = "mmsi:613003456", "mmsi:352009876"


def event(kind: EventKind, known_min: int, start_min: int, **more: object) -> Event:
    given = {
        "event_id": f"{kind} {start_min}", "revision": 1, "state": EventState.OPEN, "kind": kind, "detail": "sea", "craft": OLD,
        "other_craft": None, "start_us": Micros(start_min * US_PER_MIN), "end_us": None, "lat_deg": 40.0, "lon_deg": -10.0, "cause": None,
        "confidence": 0.9, "explanation": "as it was", "evidence": {}, "rule": Rule(str(kind), "1", {}), "known_us": Micros(known_min * US_PER_MIN),
    }  # fmt: skip
    return Event(**{**given, **more})


def dark(known_min: int, start_min: int = 0, **more: object) -> Event:
    return event(EventKind.DARK_PERIOD, known_min, start_min, **{"cause": "silent_in_coverage", **more})


def transfer(known_min: int, start_min: int = 3, **more: object) -> Event:
    return event(
        EventKind.INTEGRITY, known_min, start_min, **{"detail": TRANSFER, "craft": NEW, "other_craft": OLD, **more}
    )


@pytest.mark.parametrize("known_min", [8, 10])
def test_a_dark_period_that_a_transfer_explains_by_then_is_never_told(known_min: int) -> None:
    filter_ = Successions()
    assert filter_.extend(
        [*([transfer(8)] if known_min == 8 else []), dark(10), *([transfer(10)] if known_min == 10 else [])]
    ) == [transfer(known_min)]
    assert filter_.extend([dark(300, revision=2, state=EventState.CLOSED)]) == []


def test_a_dark_period_told_already_is_withdrawn_once() -> None:
    filter_ = Successions()
    assert filter_.extend([dark(10)]) == [dark(10)]
    withdrawn, told = filter_.extend([transfer(12)])
    assert told == transfer(12)
    assert (withdrawn.kind, withdrawn.state, withdrawn.revision) == (EventKind.DARK_PERIOD, EventState.RETRACTED, 2)
    assert NEW in withdrawn.explanation
    assert filter_.extend([dark(300, revision=2, state=EventState.CLOSED)]) == []


def test_the_gap_stays_with_another_cause_and_goes_on_counting_its_revisions() -> None:
    filter_, gap = Successions(), event(EventKind.GAP, 10, 0, cause="silent_in_coverage")
    filter_.extend([gap])
    changed, _ = filter_.extend([transfer(12)])
    assert (changed.state, changed.cause, changed.revision) == (EventState.OPEN, "unknown", 2)
    (closed,) = filter_.extend(
        [event(EventKind.GAP, 300, 0, cause="silent_in_coverage", revision=2, state=EventState.CLOSED)]
    )
    assert closed.revision == 3


def test_a_later_silence_another_ship_and_a_transfer_withdrawn_change_nothing() -> None:
    filter_ = Successions()
    filter_.extend([transfer(8)])
    for one in (dark(900, 880), dark(20, craft="mmsi:219000001")):
        assert filter_.extend([one]) == [one]
    filter_ = Successions()
    filter_.extend([transfer(8)])
    filter_.extend([transfer(9, revision=2, state=EventState.RETRACTED)])
    assert filter_.extend([dark(10)]) == [dark(10)]


def test_a_restart_and_a_craft_forgotten() -> None:
    filter_, again = Successions(), Successions()
    filter_.extend([transfer(8), dark(9, craft="mmsi:219000001")])
    again.restore(filter_.table())
    assert again.extend([dark(10)]) == []
    again.forget([parse_craft(OLD), parse_craft("mmsi:219000001")])
    assert again.table().num_rows == 0
