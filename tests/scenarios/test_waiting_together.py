"""Stories of waiting in company: many alike at once are one event about the area."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, Sea, context, legs, said, told
from tracker.detectors.loitering import LoiteringConfig, LoiteringDetector
from tracker.events import Event, EventState, times_concerned
from tracker.identity import craft_text, mmsi_craft

HOME = (50.0, -20.0)
SHIPS = [mmsi_craft(219_000_010 + n) for n in range(12)]
NAMED = said(*((ship, 70, b"SHIP %d" % n) for n, ship in enumerate(SHIPS)))


def detector(**places):
    return LoiteringDetector(LoiteringConfig(), context(**places))


def coming(
    ship: int, at: tuple[float, float], after_min: float, wait_min: float, knots: float = 1.2, way: float = 135.0
):
    """A ship that comes from the south, is adrift at a place for a while from some minute on, and sails on."""
    lat, lon = destination(*at, 180.0, 12.0 * 1.852 * after_min / 60.0)
    return legs(ship, (float(lat), float(lon)), [(after_min, 12.0, 0.0), (wait_min, knots, way), (120, 12.0, 0.0)])


def standing(events: list[Event]) -> list[Event]:
    last = {event.event_id: event for event in events}
    return [event for event in last.values() if event.state is not EventState.RETRACTED]


def around(n: int, km: float = 12.0) -> tuple[float, float]:
    lat, lon = destination(*HOME, n * 40.0, km)
    return float(lat), float(lon)


def storm(ships: int = 9):
    """Ships heave to within an hour and a half of each other and sail on when it is over."""
    return [coming(SHIPS[n], around(n), 120 + 10 * n, 480 + 5 * n) for n in range(ships)]


def test_nine_ships_hove_to_in_a_gale_are_one_event():
    events = told(detector(), *storm(), statics=NAMED)
    (queue,) = standing(events)
    assert (queue.kind, queue.detail, queue.state) == ("loitering", "queue", "closed")
    assert set(queue.evidence["craft"]) == {craft_text(ship) for ship in SHIPS[:9]}
    assert queue.evidence["craft_most"] == 9
    assert "Up to 9 ships waited together" in queue.explanation
    first = next(event for event in events if event.event_id == queue.event_id)
    assert first.state is EventState.OPEN
    assert first.known_us - START_US <= (2 + 3.1) * HOUR_US
    assert "SHIP 0" in first.explanation
    assert "south-east" in first.explanation
    assert "wind and stream" in first.explanation
    assert abs(queue.start_us - START_US - 2 * HOUR_US) < 0.1 * HOUR_US


def test_three_ships_are_three_events():
    assert [event.detail for event in standing(told(detector(), *storm(3), statics=NAMED))] == ["drifting"] * 3


def test_ships_far_apart_are_no_company():
    tracks = [coming(SHIPS[n], (40.0 + 2.0 * n, -20.0), 120, 400) for n in range(5)]
    assert {event.detail for event in standing(told(detector(), *tracks, statics=NAMED))} == {"drifting"}


def test_a_closed_canal_is_a_queue_that_grows_and_dissolves():
    """They arrive one after another over two days, anchor or drift within a few kilometres, and sail when it opens."""
    opens_min = 3000
    tracks = [
        coming(SHIPS[n], around(n, 4.0), 60 + 200 * n, opens_min - 60 - 200 * n + 15 * n, 0.1, 0.0) for n in range(12)
    ]
    events = told(detector(), *tracks, statics=NAMED)
    (queue,) = standing(events)
    counts = [event.evidence["craft_count"] for event in events if event.event_id == queue.event_id]
    assert max(counts) == 12
    assert counts[: counts.index(12) + 1] == sorted(counts[: counts.index(12) + 1])
    assert counts[0] == 4
    assert queue.state is EventState.CLOSED
    grown = next(event for event in events if event.event_id == queue.event_id and event.evidence["craft_count"] == 12)
    assert "12 ships wait together" in grown.explanation
    assert "now" in grown.explanation


def test_who_is_left_when_a_queue_dissolves_is_told_by_herself():
    tracks = [coming(SHIPS[n], around(n), 120 + 50 * n, 400 if n else 1500) for n in range(4)]
    events = told(detector(), *tracks, statics=NAMED)
    assert sorted((event.detail, event.craft) for event in standing(events)) == [
        ("drifting", craft_text(SHIPS[0])),
        ("queue", craft_text(SHIPS[0])),
    ]
    alone = [event for event in events if event.detail == "drifting" and event.craft == craft_text(SHIPS[0])]
    assert [event.state for event in alone] == ["open", "retracted", "open", "closed"] or EventState.RETRACTED in [
        event.state for event in alone
    ]


def test_a_queue_says_from_when_until_when_each_ship_waited_in_it_and_a_ship_that_comes_again_has_two_stays():
    lat, lon = around(5)
    again = legs(SHIPS[5], (lat, lon), [(300, 1.2, 135.0), (90, 12.0, 0.0), (80, 12.0, 180.0), (300, 1.2, 135.0), (120, 12.0, 0.0)])  # fmt: skip
    events = told(detector(), *[coming(SHIPS[n], around(n), 60, 840 - 60 * n) for n in range(5)], again, statics=NAMED)
    last = [event for event in events if event.detail == "queue"][-1]
    assert (last.state, set(last.evidence["craft"])) == (EventState.CLOSED, {craft_text(ship) for ship in SHIPS[:6]})
    spans = [(name, (a - START_US) / HOUR_US, (b - START_US) / HOUR_US) for name, a, b in times_concerned(last)]
    assert len([name for name, *_ in spans if name == craft_text(SHIPS[5])]) == 2
    (third,) = [(since_h, until_h) for name, since_h, until_h in spans if name == craft_text(SHIPS[2])]
    assert third == (pytest.approx(1.0, abs=0.3), pytest.approx(13.0, abs=0.3))
    (first,) = [until_h for name, _, until_h in spans if name == craft_text(SHIPS[0])]
    assert first == (last.end_us - START_US) / HOUR_US, "it still waits when the queue is over"
    running = next(event for event in events if event.detail == "queue")
    assert {stay["until"] for stay in running.evidence["stays"]} == {None}


def test_the_queue_is_the_same_for_every_cadence_and_after_a_restart():
    tracks = storm()
    fine = told(detector(), *tracks, statics=NAMED, every_min=1.0)
    coarse = told(detector(), *tracks, statics=NAMED, every_min=400.0)
    assert [event.to_json_line() for event in fine] == [event.to_json_line() for event in coarse]


def test_one_wait_in_two_parts_is_one_event():
    """Adrift, an hour and a half back up-wind, adrift again."""
    track = legs(ONE, HOME, [(120, 12, 90), (360, 1.2, 200), (90, 5.0, 20), (300, 1.2, 200), (120, 12, 90)])
    events = told(detector(), track, statics=said((ONE, 70, b"SEA TRADER")))
    assert len({event.event_id for event in events}) == 1
    assert events[-1].state is EventState.CLOSED
    assert events[-1].evidence["parts"] == 2
    assert "in 2 parts" in events[-1].explanation
    assert events[-1].evidence["duration_h"] == pytest.approx(12.5, abs=0.2)


def test_waits_half_a_day_of_sailing_apart_are_two():
    track = legs(ONE, HOME, [(120, 12, 90), (360, 1.2, 200), (420, 12.0, 90), (300, 1.2, 200), (120, 12, 90)])
    assert len(standing(told(detector(), track, statics=said((ONE, 70, b"SEA TRADER"))))) == 2


@pytest.mark.parametrize("status", [2, 3])
def test_what_she_reports_of_herself_stands_in_the_explanation_and_so_does_a_tug(status):
    track = legs(ONE, HOME, [(120, 12, 90), (360, 1.2, 200), (120, 12, 90)])
    slow = (track.speed_kn < 2).astype(bool)
    track = track.with_columns(nav_status=np.where(slow, status, 0).astype(np.uint8))
    tug = legs(SHIPS[0], (49.99, -19.375), [(120, 0.0, 0), (420, 1.2, 200)])
    (event,) = standing(told(detector(), track, tug, statics=said((ONE, 70, b"SEA TRADER"), (SHIPS[0], 52, b"STRONG"))))
    assert ("not under command" if status == 2 else "restricted") in event.explanation
    assert "STRONG (mmsi:219000010) stands by." in event.explanation


@pytest.mark.parametrize("ship_type", [80, 99, 255])
def test_what_never_sailed_and_lies_still_is_a_fixture_and_who_works_beside_it_does_not_loiter(ship_type):
    fixture = legs(ONE, HOME, [(4000, 0.0, 0)], nav_status=0)
    supply = coming(SHIPS[0], (50.005, -20.0), 600, 270, 0.05, 0.0)
    assert told(detector(), fixture, supply, statics=said((ONE, ship_type, b"FLOATER"), (SHIPS[0], 70, b"PSV"))) == []


def test_a_ship_first_heard_adrift_far_out_is_told_all_the_same():
    track = legs(ONE, HOME, [(400, 1.2, 200), (120, 12, 90)])
    assert len(standing(told(detector(), track, statics=said((ONE, 70, b"SEA TRADER"))))) == 1


def test_a_buoy_on_gear_does_not_loiter():
    track = legs(ONE, HOME, [(60, 8, 90), (700, 0.7, 200)])
    assert told(detector(), track, statics=said((ONE, 30, b"NC4-94%"))) == []
    assert told(detector(), track, statics=said((ONE, 70, b"NC4-94%"))) == []


def test_a_buoy_on_gear_that_says_its_name_late_is_taken_back():
    late = said((ONE, 70, b"NC4-94%"))
    late = late.with_columns(time_us=late.time_us + 600 * MIN_US, received_us=late.received_us + 600 * MIN_US)
    events = told(detector(), legs(ONE, HOME, [(60, 8, 90), (700, 0.7, 200), (60, 8, 90)]), statics=late)
    assert events[0].state == "open"
    assert events[-1].state == "retracted"
    assert "a buoy on fishing gear" in events[-1].explanation


def test_the_open_event_of_a_long_wait_says_how_long_it_is_now():
    events = told(
        detector(),
        legs(ONE, HOME, [(120, 12, 90), (1500, 0.1, 200), (60, 12, 90)]),
        statics=said((ONE, 70, b"SEA TRADER")),
    )
    assert [event.state for event in events] == ["open", "open", "open", "closed"]
    assert [round(event.evidence["duration_h"]) for event in events] == [3, 8, 16, 25]
    assert "for 16 h" in events[2].explanation


def test_a_roadstead_is_no_queue():
    """At anchor off a port, by their own report, a dozen ships lie as they always do."""
    tracks = [coming(SHIPS[n], around(n, 4.0), 60 + 30 * n, 900, 0.0, 0.0) for n in range(12)]
    tracks = [track.with_columns(nav_status=(track.speed_kn < 1).astype(np.uint8)) for track in tracks]
    assert told(detector(ports=[(50.1, -20.2)]), *tracks, statics=NAMED) == []


def test_without_a_queue_the_settings_of_gfw_tell_each():
    config = dataclasses.replace(LoiteringConfig(), queue_craft=1_000_000)
    events = told(LoiteringDetector(config, context()), *storm(4), statics=NAMED)
    assert {event.detail for event in standing(events)} == {"drifting"}
    assert isinstance(context().places, Sea)


def anchored(tracks):
    return [track.with_columns(nav_status=(track.speed_kn < 1).astype(np.uint8)) for track in tracks]


def test_roads_that_fill_when_a_canal_closes_are_a_queue_on_the_second_day():
    """At anchor before a port, as everybody there: two a day come and go, then ten come and none leaves."""
    usual = [coming(SHIPS[n], around(n, 4.0), 100 + 400 * n, 500, 0.0, 0.0) for n in range(2)]
    stuck = [coming(SHIPS[2 + n], around(n, 4.0), 1500 + 100 * n, 4000, 0.0, 0.0) for n in range(10)]
    events = told(detector(ports=[(50.1, -20.2)]), *anchored([*usual, *stuck]), statics=NAMED)
    (queue,) = standing(events)
    assert queue.detail == "queue"
    assert queue.evidence["craft_most"] == 10
    opened = next(event for event in events if event.event_id == queue.event_id)
    assert opened.evidence["craft_count"] >= 8
    assert opened.evidence["usual"] <= 1
    assert "In the week before at most" in opened.explanation


def test_roads_in_which_as_many_come_as_go_are_no_queue():
    """Three ships lie there at any time, for days."""
    tracks = [coming(SHIPS[n], around(n, 4.0), 300 + 400 * n, 1200, 0.0, 0.0) for n in range(12)]
    assert told(detector(ports=[(50.1, -20.2)]), *anchored(tracks), statics=NAMED) == []
