"""Stories of ships and their papers: what is a diversion, and what only looks like one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenarios.diversion_tracks import Track, judge, node, told, voyage
from tracker.detectors.diversion import DiversionConfig
from tracker.detectors.diversion.case import Case
from tracker.detectors.diversion.pace import best_kn
from tracker.events import EventState

TO_GOTHENBURG = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=55))
BY_COLOMBO = voyage(node("SGSIN", depart_h=0), node("LKCMB", arrive_h=200, depart_h=230), node("NLRTM", arrive_h=800))


def test_a_voyage_as_declared_is_no_news() -> None:
    assert judge(TO_GOTHENBURG, Track("NLRTM").wait(2).sail("SEGOT").wait(8).rows()) == []


def test_she_leaves_the_route_and_then_sails_away_one_event_that_grows() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.3).straight((58.5, -1.0), 15)
    events = judge(TO_GOTHENBURG, track.rows())
    assert told(events) == [(0, "off_route", "open"), (0, "wrong_way", "open")]
    facts = events[-1].evidence["facts"]
    assert [fact["detail"] for fact in facts] == ["off_route", "wrong_way"]
    assert facts[0]["distance_off_route_km"] > facts[0]["corridor_half_width_km"]
    assert "Gotthenburg" in events[-1].explanation


def test_a_distance_that_jumps_though_she_sails_on_is_the_charts_fault() -> None:
    """East of Fuerteventura the way over open water goes now on one side of the islands, now on the other, and is 60 km longer for an hour."""
    papers = voyage(node("ESLPA", depart_h=0), node("MAAGA", arrive_h=90))
    track = Track("ESLPA").wait(1)
    for point in ((28.5, -15.1), (29.5, -13.7), (30.4, -10.0)):
        track = track.straight(point, 8)
    assert judge(papers, track.straight("MAAGA", 8).wait(3).rows()) == []


def test_she_turns_round_and_goes_back() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.7).sail("NLRTM").wait(6)
    assert [detail for _, detail, _ in told(judge(TO_GOTHENBURG, track.rows()))] == ["wrong_way", "returned_to_origin"]


def test_a_call_never_declared_is_found_and_ends_when_she_sails_on() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.4).sail("DEBRV").wait(8).sail("SEGOT").wait(3)
    events = [event for event in judge(TO_GOTHENBURG, track.rows()) if event.evidence["facts"]]
    first = [event for event in events if event.event_id == events[0].event_id]
    assert first[-1].detail == "undeclared_call"
    assert first[-1].state is EventState.CLOSED
    assert "Bremerhaven" in first[-1].explanation


def test_a_short_stop_on_the_way_is_no_call() -> None:
    """Two hours off Texel: a pilot, a crew change."""
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.12).wait(2).sail("SEGOT").wait(3)
    assert judge(TO_GOTHENBURG, track.rows()) == []


def test_waiting_at_anchor_off_the_declared_port_is_neither_late_nor_a_call() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.93).wait(60).sail("SEGOT").wait(3)
    assert judge(TO_GOTHENBURG, track.rows()) == []


def test_slow_steaming_that_still_arrives_in_time_is_no_news() -> None:
    papers = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=90))
    assert judge(papers, Track("NLRTM").wait(1).sail("SEGOT", 6.5).wait(3).rows()) == []


def test_a_receivers_hole_of_a_day_is_no_news() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT").wait(3).without(5, 29)
    assert judge(TO_GOTHENBURG, track.rows()) == []


def test_unheard_over_a_declared_call_she_is_presumed_to_have_called() -> None:
    track = Track("SGSIN", every_min=10).wait(5).sail("LKCMB").wait(20).sail("NLRTM", 16, part=0.3).without(90, 200)
    assert judge(BY_COLOMBO, track.rows()) == []


def test_heard_again_short_of_a_declared_port_she_has_not_called_there_yet() -> None:
    """At full speed she could have been there and back; but she comes the way that leads there, not the way on."""
    papers = voyage(
        node("DKEBJ", depart_h=0), node("GBTEE", arrive_h=40, depart_h=50), node("GBRMG", arrive_h=80), node("FRLEH")
    )
    track = Track("DKEBJ").wait(1).sail("GBTEE", 10.0).wait(5).sail("GBRMG").wait(5).without(5, 32)
    assert judge(papers, track.rows()) == []


def test_a_canal_transit_with_its_wait_is_no_news() -> None:
    papers = voyage(node("INNSA", depart_h=0), node("ITGOA", arrive_h=450))
    track = Track("INNSA", every_min=10).wait(1).sail("ITGOA", part=0.58)
    rows = track.sail((29.75, 32.55)).wait(30).sail("ITGOA").wait(5).rows()
    assert judge(papers, rows) == []


@pytest.mark.slow
def test_round_the_cape_is_a_declared_way_where_the_papers_give_it_time() -> None:
    track = Track("SGSIN", every_min=20).wait(5).sail((-35.5, 18.0), 16).sail("NLRTM", 16).wait(10).rows()
    assert judge(voyage(node("SGSIN", depart_h=0), node("NLRTM", arrive_h=1200)), track, every_h=24) == []
    hurried = judge(voyage(node("SGSIN", depart_h=0), node("NLRTM", arrive_h=330)), track, every_h=24)
    assert "off_route" in {fact["detail"] for event in hurried for fact in event.evidence["facts"]}


def test_passing_a_declared_port_on_the_way_to_the_next_is_a_skipped_call() -> None:
    track = Track("SGSIN", every_min=10).wait(5).sail("NLRTM", 16, part=0.3)
    events = judge(BY_COLOMBO, track.rows())
    assert events[-1].detail == "skipped_call"
    assert len({event.event_id for event in events}) == 1


def test_calling_in_another_order_is_told_as_such() -> None:
    papers = voyage(
        node("NLRTM", depart_h=0), node("DEHAM", arrive_h=30, depart_h=50), node("SEGOT", arrive_h=90), node("PLGDN")
    )
    track = Track("NLRTM").wait(1).sail("SEGOT").wait(8).sail("DEHAM").wait(8)
    details = [event.detail for event in judge(papers, track.rows())]
    assert "skipped_call" in details
    assert details[-1] == "reordered_call"


def test_a_call_at_the_second_port_first_is_told_when_she_lies_there() -> None:
    papers = voyage(
        node("BEZEE", depart_h=0), node("GBRMG", arrive_h=10, depart_h=20), node("NLEUR", arrive_h=35), node("PLGDN")
    )
    track = Track("BEZEE").wait(1).sail("NLEUR").wait(8)
    (event,) = {e.event_id: e for e in judge(papers, track.rows())}.values()
    assert event.detail == "reordered_call"
    assert "before Ramsgate" in event.explanation


def test_who_slows_down_cannot_arrive_and_who_keeps_her_pace_is_late() -> None:
    papers = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=50))
    slowed = Track("NLRTM").wait(1).sail("SEGOT", part=0.4).sail("SEGOT", 4.5, part=0.5)
    assert {event.detail for event in judge(papers, slowed.rows())} == {"unreachable_in_time"}
    steady = Track("NLRTM").wait(1).sail("SEGOT", 9.0, part=0.9)
    assert judge(papers, steady.rows())[-1].detail == "late"


def test_a_wait_off_one_declared_port_excuses_no_delay_at_the_next() -> None:
    papers = voyage(
        node("NLRTM", depart_h=0), node("DEHAM", arrive_h=30, depart_h=60), node("SEGOT", arrive_h=100), node("PLGDN")
    )
    waits_and_calls = Track("NLRTM").wait(1).sail("DEHAM", part=0.93).wait(12).sail("DEHAM").wait(8)
    on_time = waits_and_calls.sail("SEGOT", 12.0).wait(3)
    assert judge(papers, on_time.rows()) == []
    waits_and_calls = Track("NLRTM").wait(1).sail("DEHAM", part=0.93).wait(12).sail("DEHAM").wait(8)
    slow = waits_and_calls.sail("SEGOT", 4.0, part=0.7)
    assert {event.evidence["bound_for"] for event in judge(papers, slow.rows())} == {"SEGOT"}
    assert judge(papers, slow.rows())[-1].detail in ("unreachable_in_time", "late")


def test_calls_due_before_she_was_first_heard_are_not_held_against_her() -> None:
    papers = voyage(
        node("BEZEE", depart_h=-40), node("NLEUR", arrive_h=-20, depart_h=-8), node("FRLEH", arrive_h=30), node("GBFAL")
    )
    assert judge(papers, Track((51.55, 2.9)).sail("FRLEH").wait(6).rows()) == []


def test_a_drift_at_sea_off_a_later_port_is_no_call_there() -> None:
    papers = voyage(
        node("NLIJM", depart_h=0), node("BEZEE", arrive_h=20, depart_h=30), node("FRBOL"), node("NLVLI"), node("DEHAM")
    )
    track = Track("NLIJM").wait(1).sail((51.81, 3.4)).wait(3).sail("BEZEE").wait(6)
    assert judge(papers, track.rows()) == []


def test_late_is_told_when_the_time_has_passed_and_graded() -> None:
    track = Track("NLRTM").wait(60).sail("SEGOT").wait(3)
    events = judge(TO_GOTHENBURG, track.rows())
    assert told(events)[0] == (0, "unreachable_in_time", "open")
    assert told(events)[-1] == (0, "late", "closed")
    slightly = Track("NLRTM").wait(8).sail("SEGOT").wait(3)
    assert judge(TO_GOTHENBURG, slightly.rows()) == []


def test_before_the_declared_departure_she_owes_nothing() -> None:
    papers = voyage(node("NLRTM", depart_h=100), node("SEGOT", arrive_h=160))
    track = Track("GBFXT").wait(2).sail("FRLEH").wait(10).sail("NLRTM").wait(30)
    assert judge(papers, track.rows()) == []


def test_papers_of_a_voyage_long_over_say_nothing_about_this_one() -> None:
    papers = voyage(node("NLRTM", depart_h=-2000), node("SEGOT", arrive_h=-1900))
    assert judge(papers, Track("NLRTM").wait(2).sail("ESALG").wait(8).rows()) == []


def test_a_ship_that_never_came_near_the_declared_voyage_is_not_judged_by_it() -> None:
    papers = voyage(node("SGSIN", depart_h=0), node("HKHKG", arrive_h=100))
    assert judge(papers, Track("NLRTM").wait(2).sail("SEGOT").wait(3).rows()) == []


@pytest.mark.parametrize("east", [True, False])
def test_the_pacific_is_crossed_without_a_seam(east: bool) -> None:
    one, two = ("JPYOK", "USLAX") if east else ("USLAX", "JPYOK")
    papers = voyage(node(one, depart_h=0), node(two, arrive_h=400))
    assert judge(papers, Track(one, every_min=20).wait(2).sail(two, 15).wait(8).rows(), every_h=12) == []


def test_a_turn_in_mid_pacific_is_seen() -> None:
    papers = voyage(node("JPYOK", depart_h=0), node("USLAX", arrive_h=400))
    track = Track("JPYOK", every_min=20).wait(2).sail("USLAX", 15, part=0.5).straight((10.0, 179.0), 15)
    assert "wrong_way" in {event.detail for event in judge(papers, track.rows(), every_h=12)}


def test_positions_without_speed_do_as_well() -> None:
    rows = Track("NLRTM").wait(1).sail("SEGOT", part=0.7).sail("NLRTM", part=0.6).rows()
    mute = rows.with_columns(speed_kn=np.full(len(rows), np.nan, dtype=np.float32))
    assert [event.detail for event in judge(TO_GOTHENBURG, mute)] == ["wrong_way"]


def test_a_ship_whose_pace_is_not_known_is_judged_by_her_class() -> None:
    """Rows under way at speeds her class does not reach leave no highest speed seen."""
    case = Case("V1", 1, 1.0, 0, "mmsi", under_way_rows=100)
    assert best_kn(DiversionConfig(), case, 0) == DiversionConfig().cargo_top_kn


def test_by_a_strait_that_the_lanes_do_not_know_she_is_on_her_way() -> None:
    """The fourth Kuril strait instead of the first is a fifth longer, with Paramushir between them."""
    papers = voyage(node("RUMAG", depart_h=0), node("RUPKC", arrive_h=110))
    track = Track("RUMAG", every_min=10).wait(1)
    for point in ((59.0, 151.0), (51.3, 154.4), (50.1, 154.7), (49.82, 154.97), (49.6, 155.7), (51.0, 158.2)):
        track = track.straight(point, 12)
    assert judge(papers, track.straight("RUPKC", 12).wait(3).rows()) == []


def test_towards_that_strait_and_back_she_is_off_her_route() -> None:
    papers = voyage(node("RUMAG", depart_h=0), node("RUPKC", arrive_h=110))
    track = Track("RUMAG", every_min=10).wait(1)
    for point in ((59.0, 151.0), (55.0, 152.5), (48.5, 149.5), (47.0, 148.0)):
        track = track.straight(point, 12)
    assert "off_route" in {fact["detail"] for event in judge(papers, track.rows()) for fact in event.evidence["facts"]}


def test_a_bow_that_brings_her_nearer_all_the_time_is_her_way() -> None:
    """Durres to Bari 33 km north of the straight line is 15 km longer."""
    papers = voyage(node("ALDRZ", depart_h=0), node("ITBRI", arrive_h=30))
    track = Track("ALDRZ").wait(1)
    for point in ((41.3, 19.2), (41.6, 17.8), (41.18, 16.95)):
        track = track.straight(point, 12)
    assert judge(papers, track.wait(3).rows()) == []
