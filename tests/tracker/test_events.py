"""Events: stable ids, contract JSON, revisions."""

from __future__ import annotations

import json

import numpy as np

from tracker.events import Event, EventKind, EventState, Rule, event_from_json, event_id, event_order
from tracker.identity import mmsi_craft, with_segment
from tracker.units import Micros, iso_time, parse_time

CRAFT = int(mmsi_craft(219001234))


def event(**changes: object) -> Event:
    first = Event(
        event_id("gap", CRAFT, 1), 1, EventState.OPEN, EventKind.GAP, "", "mmsi:219001234", None, Micros(1), None, 55.1234567,
        float("nan"), "unknown", 0.5, "She fell silent.", {"speed_kn": np.float32(3.5), "n": np.int64(2)}, Rule("gap", "1"), Micros(7),
    )  # fmt: skip
    return first.revised(**changes) if changes else first


def test_the_same_facts_give_the_same_id_and_others_another() -> None:
    assert event_id("gap", CRAFT, 1) == event_id("gap", CRAFT, 1)
    others = {
        event_id("gap", CRAFT, 1),
        event_id("loitering", CRAFT, 1),
        event_id("gap", CRAFT, 2),
        event_id("gap", CRAFT, 1, CRAFT + 1),
    }
    others.add(event_id("gap", with_segment(CRAFT, 1), 1))
    assert len(others) == 5


def test_json_has_the_fields_of_the_contract_in_order() -> None:
    row = json.loads(event().to_json_line())
    assert list(row) == [
        "event_id", "revision", "state", "kind", "detail", "craft", "other_craft", "start", "end", "lat_deg", "lon_deg",
        "cause", "confidence", "explanation", "evidence", "rule",
    ]  # fmt: skip
    assert row["lon_deg"] is None
    assert row["evidence"] == {"speed_kn": 3.5, "n": 2, "known": "1970-01-01T00:00:00.000Z"}


def test_confidence_is_the_published_one_before_it_is_stored_and_after() -> None:
    stated = event(confidence=0.5 + 0.1 + 0.1 + 0.2, lon_deg=-3.25, evidence={})
    assert stated.confidence == 0.9 != 0.5 + 0.1 + 0.1 + 0.2
    assert event_from_json(stated.to_json()).confidence == stated.confidence


def test_a_revision_keeps_the_id_and_leaves_the_first_as_it_was() -> None:
    first = event()
    closed = first.revised(state=EventState.CLOSED, end_us=Micros(9))
    assert (closed.event_id, closed.revision, closed.state) == (first.event_id, 2, EventState.CLOSED)
    assert first.end_us is None
    assert event_order(first) < event_order(closed)


def test_times_are_utc_and_inverse() -> None:
    assert iso_time(1459461600123456) == "2016-03-31T22:00:00.123Z"
    assert parse_time("2016-03-31T22:00:00Z") == 1459461600000000
    assert parse_time("2016-04-01 00:00:00+02:00") == 1459461600000000
    assert parse_time("2016-03-31 22:00:00") == 1459461600000000
