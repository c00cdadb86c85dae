"""One waits at sea, another is silent and was able to have been with her."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.geodesy import destination
from streams.snapshot import pack, unpack
from tracker.detectors.encounter import GFW, EncounterConfig, OneSided
from tracker.events import Event, EventKind, EventState, GapCause, Rule
from tracker.units import iso_time

START_US = 1_772_323_200_000_000
HOUR_US = 3_600_000_000
HERE = (55.0, 3.0)
WAITING, SILENT = "mmsi:219000001", "mmsi:219000002"


def event(kind: EventKind, craft: str, start_h: float, end_h: float | None, known_h: float, **more: Any) -> Event:
    given: dict[str, Any] = {
        "event_id": f"{kind}-{craft}", "revision": 1, "detail": "", "other_craft": None, "lat_deg": HERE[0], "lon_deg": HERE[1],
        "state": EventState.OPEN if end_h is None else EventState.CLOSED, "cause": None, "confidence": 0.9, "explanation": "",
        "evidence": {}, "rule": Rule("x", "1", {}),
    }  # fmt: skip
    end_us = None if end_h is None else START_US + round(end_h * HOUR_US)
    times = {
        "start_us": START_US + round(start_h * HOUR_US),
        "end_us": end_us,
        "known_us": START_US + round(known_h * HOUR_US),
    }
    return Event(kind=kind, craft=craft, **(given | times | more))


def wait(start_h: float = 0.0, end_h: float | None = None, known_h: float = 3.0, **more: Any) -> Event:
    return event(EventKind.LOITERING, more.pop("craft", WAITING), start_h, end_h, known_h, **more)


def silence(
    start_h: float, end_h: float, *, before_km: float, after_km: float, knots: float = 12.0, **more: Any
) -> Event:
    """Last heard so far west of the wait, heard again so far east of it."""
    before, after = destination(*HERE, 270.0, before_km), destination(*HERE, 90.0, after_km)
    evidence = {
        "speed_kn": knots,
        "implied_speed_kn": (before_km + after_km) / 1.852 / (end_h - start_h),
        "return_lat_deg": float(after[0]),
        "return_lon_deg": float(after[1]),
    }
    given = {
        "lat_deg": float(before[0]),
        "lon_deg": float(before[1]),
        "evidence": evidence,
        "cause": str(GapCause.SILENT_IN_COVERAGE),
    }
    return event(EventKind.DARK_PERIOD, more.pop("craft", SILENT), start_h, end_h, end_h, **(given | more))


def joined(*events: Event, config: EncounterConfig | None = None) -> list[Event]:
    joiner = OneSided(config or EncounterConfig())
    ordered = sorted(events, key=lambda e: e.known_us)
    return [e for e in joiner.extend(ordered) if e.kind is EventKind.ENCOUNTER]


def test_who_was_silent_and_had_time_to_lie_beside_her_may_have_met_her() -> None:
    (meeting,) = joined(wait(), silence(1.0, 5.0, before_km=20.0, after_km=20.0))
    assert (meeting.craft, meeting.other_craft, meeting.detail) == (WAITING, SILENT, "one_sided")
    assert 0.3 < meeting.confidence <= 0.6
    assert meeting.evidence["room_h"] == pytest.approx(4.0 - 2 * 20.0 / (12.0 * 1.1 * 1.852), abs=0.01)
    assert "Nobody saw them together" in meeting.explanation


def queue(known_h: float, *craft: str) -> Event:
    """Ships that wait a km apart since hour 0."""
    places = [destination(*HERE, 0.0, float(number)) for number in range(len(craft))]
    waits = [
        {"craft": one, "since": iso_time(START_US), "lat_deg": float(lat), "lon_deg": float(lon)}
        for one, (lat, lon) in zip(craft, places, strict=True)
    ]
    return wait(known_h=known_h, event_id="queue", detail="queue", evidence={"waits": waits})


def test_a_ship_of_a_queue_waits_too_and_who_else_did_is_told() -> None:
    (meeting,) = joined(
        queue(3.0, WAITING, "mmsi:219000008", "mmsi:219000009"), silence(1.0, 5.0, before_km=20.0, after_km=20.0)
    )
    assert (meeting.craft, meeting.other_craft) == (WAITING, SILENT)
    assert meeting.evidence["others_waiting"] == ["mmsi:219000008", "mmsi:219000009"]
    assert "2 other ships waited there" in meeting.explanation
    (alone,) = joined(queue(3.0, WAITING), silence(1.0, 5.0, before_km=20.0, after_km=20.0))
    assert alone.confidence > meeting.confidence
    assert "others_waiting" not in alone.evidence


def test_who_has_left_the_queue_waits_no_more() -> None:
    assert (
        joined(queue(1.0, WAITING), queue(1.5, "mmsi:219000008"), silence(1.0, 5.0, before_km=20.0, after_km=20.0))[
            0
        ].craft
        == "mmsi:219000008"
    )


def test_it_does_not_matter_which_became_known_first() -> None:
    late_wait = joined(wait(known_h=6.0), silence(1.0, 5.0, before_km=20.0, after_km=20.0))
    assert len(late_wait) == 1
    assert late_wait[0].event_id == joined(wait(), silence(1.0, 5.0, before_km=20.0, after_km=20.0))[0].event_id


@pytest.mark.parametrize(
    "other",
    [
        silence(1.0, 5.0, before_km=48.0, after_km=48.0),  # she sailed straight on
        silence(1.0, 5.0, before_km=200.0, after_km=20.0),  # too far
        silence(-8.0, -1.0, before_km=20.0, after_km=20.0),  # before the wait began
        silence(1.0, 5.0, before_km=20.0, after_km=20.0, cause=str(GapCause.LEFT_COVERAGE)),
        silence(1.0, 5.0, before_km=20.0, after_km=20.0, state=EventState.RETRACTED),
        silence(1.0, 5.0, before_km=20.0, after_km=20.0, craft=WAITING),
        silence(1.0, 5.0, before_km=20.0, after_km=20.0, knots=450.0, craft="icao24:45852b"),
        silence(1.0, 5.0, before_km=20.0, after_km=20.0, knots=120.0, craft="mmsi:111219501"),  # a rescue helicopter
        silence(1.0, 5.0, before_km=20.0, after_km=20.0, craft="mmsi:992191001"),  # a buoy
    ],
)
def test_no_time_no_place_no_silence_no_meeting(other: Event) -> None:
    assert joined(wait(), other) == []


def test_a_wait_over_before_she_could_arrive_is_none() -> None:
    assert joined(wait(end_h=2.0, known_h=2.0), silence(1.0, 5.0, before_km=20.0, after_km=20.0)) == []


def test_a_pair_is_told_once_though_both_events_go_on() -> None:
    dark = silence(1.0, 5.0, before_km=20.0, after_km=20.0)
    ended = replace(wait(end_h=7.0, known_h=7.5), revision=2)
    assert len(joined(wait(), dark, ended)) == 1


def test_one_silence_is_one_meeting_with_whom_there_was_most_room() -> None:
    dark = silence(1.0, 5.0, before_km=20.0, after_km=20.0)
    (meeting,) = joined(wait(craft="mmsi:219000003", event_id="a", start_h=2.6), wait(), dark)
    assert meeting.craft == WAITING
    later = wait(craft="mmsi:219000003", event_id="a", known_h=6.0)
    assert [e.craft for e in joined(wait(), dark, later)] == [WAITING]


HEARD = {"positions": 300, "duration_h": 5.0}


def gap(before_km: float = 20.0, fading: float = 1.0, **more: Any) -> Event:
    dark = silence(1.0, 5.0, before_km=before_km, after_km=20.0, cause=str(GapCause.LEFT_COVERAGE))
    return replace(dark, kind=EventKind.GAP, evidence={**dark.evidence, "fading": fading, "feed_habit": 0.001, **more})


def test_who_waits_shows_that_the_place_is_heard_where_nobody_passed_before() -> None:
    (meeting,) = joined(wait(evidence=HEARD), gap())
    assert meeting.confidence < 0.5
    assert "near her, who was heard all the time" in meeting.explanation


@pytest.mark.parametrize(
    ("waits", "silent"),
    [
        (wait(evidence=HEARD), gap(fading=0.5)),  # she was going out of earshot
        (wait(evidence=HEARD), gap(before_km=28.0)),  # too far to speak for
        (wait(evidence={"positions": 20, "duration_h": 5.0}), gap()),  # hardly heard herself
        (wait(evidence=HEARD), gap(heard_elsewhere=True)),
        (wait(evidence=HEARD), gap(feed_habit=0.01)),  # an archive cut into trips
    ],
)
def test_otherwise_a_gap_is_no_meeting(waits: Event, silent: Event) -> None:
    assert joined(waits, silent) == []


def test_the_gfw_profile_knows_none() -> None:
    assert joined(wait(), silence(1.0, 5.0, before_km=20.0, after_km=20.0), config=GFW) == []


def test_stopped_and_restored_it_says_the_same() -> None:
    first = OneSided(EncounterConfig())
    assert first.take(wait()) == []
    tables = unpack("one_sided", 1, pack("one_sided", 1, {"kept": first.table()}))
    second = OneSided(EncounterConfig())
    second.restore(tables["kept"])
    dark = silence(1.0, 5.0, before_km=20.0, after_km=20.0)
    assert second.take(dark) == first.take(dark) != []


def test_what_is_over_for_two_days_is_forgotten() -> None:
    joiner = OneSided(EncounterConfig())
    joiner.take(wait(end_h=5.0, known_h=5.0))
    joiner.take(silence(90.0, 95.0, before_km=20.0, after_km=20.0))
    assert len(joiner) == 1


def test_who_was_seen_with_somebody_during_her_silence_needs_no_guess() -> None:
    met = event(EventKind.ENCOUNTER, SILENT, 2.0, 4.0, 4.5, other_craft="mmsi:219000009", detail="stopped")
    story = wait(known_h=6.0), silence(1.0, 5.0, before_km=20.0, after_km=20.0)
    assert [e for e in joined(*story, met) if e.detail == "one_sided"] == []
    assert len([e for e in joined(*story, replace(met, craft="mmsi:219000008")) if e.detail == "one_sided"]) == 1
