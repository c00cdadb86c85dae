"""A diversion starts when and where the craft turned: not hours earlier, when its crew typed another port, nor when the rule was first broken."""

from __future__ import annotations

import pytest

from models.geodesy import distance_km_scalar as distance_km
from tests.scenarios.diversion_tracks import HOUR_US, MMSI, START_US, Track, flight, judge, node, place, voyage
from tests.scenarios.test_diversion_air import land
from tests.scenarios.test_diversion_destination import saying
from tracker.detectors.diversion.case import Case, Row
from tracker.detectors.diversion.turn import follow_trail, turn_of
from tracker.events import Event

TO_GOTHENBURG = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=55))
TO_NEW_YORK = flight(node("EDDF", depart_h=0), node("KJFK", arrive_h=9))
CRUISE = {"on_ground": 0, "altitude_ft": 36_000}


def hours_off(event: Event, turned_h: float) -> float:
    """By how many hours an event starts after the turn."""
    return (event.start_us - START_US) / HOUR_US - turned_h


def test_who_turns_right_round_turned_there() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.6)
    turned_h, lat, lon = track.hour, track.lat, track.lon
    events = judge(TO_GOTHENBURG, track.sail("NLRTM").rows())
    assert {event.detail for event in events} == {"wrong_way"}
    assert all(abs(hours_off(event, turned_h)) < 0.4 for event in events)
    assert distance_km(events[0].lat_deg, events[0].lon_deg, lat, lon) < 10.0


@pytest.mark.parametrize("to", [(58.5, -1.0), (57.9, 1.6)])
def test_who_leaves_the_way_by_an_angle_turned_there(to: tuple[float, float]) -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.35)
    turned_h = track.hour
    events = judge(TO_GOTHENBURG, track.straight(to, 15).rows())
    assert events[0].detail == "off_route"
    assert all(abs(hours_off(event, turned_h)) < 1.2 for event in events)


def test_what_her_crew_types_hours_before_the_turn_is_evidence_and_not_the_start() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.6)
    turned_h = track.hour
    track = track.sail("NLRTM")
    statics = saying((0, "SEGOT"), (turned_h - 9.0, "GBLON"), until_h=track.hour)
    events = judge(TO_GOTHENBURG, track.rows(), statics=statics)
    assert [event.detail for event in events[:2]] == ["contradicting_destination", "wrong_way"]
    typed, turned = events[:2]
    assert typed.event_id == turned.event_id
    assert hours_off(typed, turned_h) == pytest.approx(-9.0, abs=0.2)
    assert abs(hours_off(turned, turned_h)) < 0.4
    assert "Her crew has given GBLON as her destination since" in turned.explanation


def test_an_undeclared_call_starts_where_she_left_her_way_for_it() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.4)
    turned_h = track.hour
    events = judge(TO_GOTHENBURG, track.sail("DEBRV").wait(8).rows())
    assert events[-1].detail == "undeclared_call"
    assert abs(hours_off(events[-1], turned_h)) < 1.0
    (called,) = (fact for fact in events[-1].evidence["facts"] if fact["detail"] == "undeclared_call")
    assert called["port"] == "DEBRV"


def test_a_ship_that_slows_down_is_late_from_there_on() -> None:
    papers = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=50))
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.4)
    slowed_h = track.hour
    events = judge(papers, track.sail("SEGOT", 4.5, part=0.5).rows())
    assert {event.detail for event in events} == {"unreachable_in_time"}
    assert all(abs(hours_off(event, slowed_h)) < 0.4 for event in events)


@pytest.mark.parametrize(
    ("part", "to", "detail"), [(0.7, "CYYR", "landed_elsewhere"), (0.2, "EDDF", "returned_to_origin"), (0.2, "GMMN", "wrong_way")]
)  # fmt: skip
def test_a_flight_turned_where_it_left_its_way(part: float, to: str, detail: str) -> None:
    track = (
        Track("EDDF", every_min=0.5).wait(0.2, on_ground=1, altitude_ft=0).straight("KJFK", 450, part=part, **CRUISE)
    )
    turned_h, lat, lon = track.hour, track.lat, track.lon
    track = land(track, to) if detail != "wrong_way" else track.straight(to, 420, **CRUISE)
    events = [event for event in judge(TO_NEW_YORK, track.flown()) if event.detail == detail]
    assert events
    assert all(abs(hours_off(event, turned_h)) < 0.2 for event in events)
    assert distance_km(events[-1].lat_deg, events[-1].lon_deg, lat, lon) < 100.0


def test_a_landing_straight_ahead_is_where_it_landed() -> None:
    """Boston lies on the way to New York: there was no turn."""
    track = Track("EDDF", every_min=0.5).wait(0.2, on_ground=1, altitude_ft=0)
    track = land(track.straight("KBOS", 450, part=0.9, **CRUISE), "KBOS")
    landed_h = track.hour - 0.2
    events = judge(TO_NEW_YORK, track.flown())
    assert events[-1].detail == "landed_elsewhere"
    assert abs(hours_off(events[-1], landed_h)) < 0.1


def test_across_the_antimeridian_the_turn_is_where_it_was() -> None:
    papers = voyage(node("JPYOK", depart_h=0), node("USLAX", arrive_h=400))
    track = Track("JPYOK", every_min=20).wait(1).sail("USLAX", 16, part=0.55)
    turned_h = track.hour
    events = judge(papers, track.sail("JPYOK", 16, part=0.2).rows())
    assert {event.detail for event in events} == {"wrong_way"}
    assert all(abs(hours_off(event, turned_h)) < 1.0 for event in events)


def trail(*stretches: tuple[int, float]) -> Case:
    """A case after stretches of so many reports, 10 km apart, each report that much nearer."""
    case = Case("V1", MMSI, 1.0, 0, "mmsi")
    lat, lon = place("NLRTM")
    to_go_km, time_us = 5_000.0, 0
    for reports, nearer_km in stretches:
        for _ in range(reports):
            time_us += 1
            case.spent_km += 10.0
            to_go_km -= nearer_km
            follow_trail(case, Row(time_us, 0, lat, lon, 15.0, 0.0, 0.0, -1, 0), to_go_km, on_way=False)
    return case


@pytest.mark.parametrize("nearer_km", [-10.0, -3.0, 0.0, 5.0, 8.5])
def test_the_turn_is_found_whatever_its_angle(nearer_km: float) -> None:
    turn = turn_of(trail((25, 9.7), (15, nearer_km)), 10.0)
    assert turn is not None
    assert turn.time_us == 25


def test_who_sails_on_has_not_turned() -> None:
    assert turn_of(trail((40, 9.7)), 10.0) is None


def test_a_trail_stays_small_and_still_knows_a_turn_of_days_ago() -> None:
    case = trail((300, 9.7), (200, -9.0))
    assert len(case.trail) <= 64
    turn = turn_of(case, 10.0)
    assert turn is not None
    assert turn.time_us == pytest.approx(300, abs=30)
