"""Ends of flights as they happen: what ends one, what diverts one, and what only looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenarios.diversion_tracks import ICAO24, Track, flight, judge, node
from tests.scenarios.test_diversion_flights import CRUISE, GROUND, details, gate, land, numbered, signs
from tracker.identity import icao24_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import Itinerary

TO_ATHENS = (node("LIRF", depart_h=0), node("LGAV", arrive_h=2.0))
BY_AIRFRAME = flight(*TO_ATHENS)
BY_NUMBER = numbered(*TO_ATHENS, name="AZA722")
BOTH = pytest.mark.parametrize("papers", [BY_AIRFRAME, BY_NUMBER], ids=["airframe", "number"])
SAID = signs((0.0, "AZA722"))


def near_athens() -> Track:
    return gate("LIRF").straight("LGAV", 440, part=0.96, **CRUISE)


def approach(track: Track, to: tuple[float, float], low_ft: float = 400.0, **columns: float) -> Track:
    return track.straight(
        to, 190, on_ground=0, altitude_ft=lambda part: 6_000 * (1 - part) + low_ft, vertical_rate_ftmin=-800, **columns
    )


def missed(track: Track) -> Track:
    """Down to 400 ft over the runway, and up again."""
    down = approach(track, (37.935, 23.945))
    return down.straight(
        (38.2, 23.6), 220, on_ground=0, altitude_ft=lambda part: 400 + 8_000 * part, vertical_rate_ftmin=1_500
    )


@BOTH
def test_after_the_landing_another_number_is_another_flight(papers: Itinerary) -> None:
    on = land(near_athens(), "LGAV").wait(0.8, **GROUND).straight("LLBG", 440, part=0.95, **CRUISE)
    said = signs((0.0, "AZA722"), (2.4, "DAL6722"))
    assert judge(papers, land(on, "LLBG").flown(), statics=said) == []


@BOTH
def test_a_turn_round_nobody_heard_ends_the_flight_wherever_the_next_goes(papers: Itinerary) -> None:
    out = gate("LIRF").straight("LGAV", 440, part=0.6, **CRUISE).unheard(2.3)
    back = out.straight("LIRN", 430, part=0.9, **CRUISE)
    said = signs((0.0, "AZA722"), (3.5, "AZA727"))
    assert judge(papers, land(back, "LIRN").flown(), statics=said) == []


@BOTH
def test_going_round_and_landing_at_the_second_try_is_no_news(papers: Itinerary) -> None:
    assert judge(papers, land(missed(near_athens()), "LGAV").flown(), statics=SAID) == []


@BOTH
def test_going_round_and_landing_next_door_is_told(papers: Itinerary) -> None:
    away = missed(near_athens()).straight("LGTS", 380, part=0.85, on_ground=0, altitude_ft=20_000)
    assert details(judge(papers, land(away, "LGTS").flown(), statics=SAID)) == ["landed_elsewhere"]


@BOTH
def test_an_hour_of_holding_then_landing_is_no_news(papers: Itinerary) -> None:
    track = near_athens()
    for corner in ((37.3, 23.6), (37.4, 24.1), (37.6, 24.0), (37.5, 23.5)) * 4:
        track = track.straight(corner, 230, on_ground=0, altitude_ft=11_000)
    assert judge(papers, land(track, "LGAV").flown(), statics=SAID) == []


@BOTH
def test_seen_turning_back_it_returned(papers: Itinerary) -> None:
    track = gate("LIRF").straight("LGAV", 440, part=0.35, **CRUISE)
    for corner in ((40.0, 15.2), (40.3, 15.8)) * 3:  # burning fuel first
        track = track.straight(corner, 250, on_ground=0, altitude_ft=9_000)
    back = track.straight("LIRF", 400, part=0.9, **CRUISE)
    assert details(judge(papers, land(back, "LIRF").flown(), statics=SAID)) == ["returned_to_origin"]


@BOTH
def test_an_alternate_nobody_heard_it_land_at_is_not_told(papers: Itinerary) -> None:
    track = gate("LIRF").straight("LGAV", 440, part=0.7, **CRUISE)
    away = track.straight("LGKR", 400, part=0.5, on_ground=0, altitude_ft=lambda part: 36_000 - 14_000 * part)
    told = judge(papers, away.flown(), until_h=30.0, statics=SAID)
    assert not {"landed_elsewhere", "returned_to_origin"} & set(details(told))


@BOTH
def test_a_stop_for_fuel_is_told_unless_declared(papers: Itinerary) -> None:
    stop = land(gate("LIRF").straight("LGKR", 440, part=0.9, **CRUISE), "LGKR").wait(0.9, **GROUND)
    on = land(stop.straight("LGAV", 440, part=0.85, **CRUISE), "LGAV")
    events = judge(papers, on.flown(), statics=SAID)
    assert details(events) == ["landed_elsewhere"]
    assert events[-1].state == "closed"
    declared = numbered(
        node("LIRF", depart_h=0), node("LGKR", arrive_h=1.3, depart_h=2.2), node("LGAV", arrive_h=3.2), name="AZA722"
    )
    assert judge(declared, on.flown(), statics=SAID) == []


@BOTH
def test_positioning_to_the_origin_and_away_again_is_nothing(papers: Itinerary) -> None:
    there = land(Track("LIMC", -2.0, every_min=0.5).straight("LIRF", 430, part=0.9, **CRUISE), "LIRF").wait(
        0.6, **GROUND
    )
    flown = land(there.straight("LGAV", 440, part=0.96, **CRUISE), "LGAV").wait(0.5, **GROUND)
    away = land(flown.straight("LGTS", 400, part=0.85, **CRUISE), "LGTS")
    said = signs((-2.0, "AZA9001"), (-0.5, "AZA722"), (flown.hour - 0.1, "AZA9002"))
    assert judge(papers, away.flown(), statics=said) == []


def test_over_midnight_and_again_the_next_night_it_is_two_flights() -> None:
    papers = numbered(node("LIRF", depart_h=23.6), node("LGAV", arrive_h=25.6), name="AZA722")
    first = Track("LIRF", 23.4, every_min=0.5).wait(0.3, **GROUND).straight("LGAV", 440, part=0.96, **CRUISE)
    one = land(first, "LGAV")
    again = Track("LIRF", 47.4, every_min=0.5).wait(0.3, **GROUND).straight("LGAV", 440, part=0.4, **CRUISE)
    two = land(again.straight("LIRF", 440, part=0.9, **CRUISE), "LIRF")
    rows = PositionBatch.concat([one.flown(), two.flown()])
    assert judge(papers, rows, statics=signs((23.4, "AZA722"), (47.4, "AZA722"))) == []


@BOTH
@pytest.mark.parametrize(("knots", "told"), [(330.0, []), (150.0, ["late"])])
def test_headwind_makes_late_by_hours_only(papers: Itinerary, knots: float, told: list[str]) -> None:
    track = land(gate("LIRF").straight("LGAV", knots, part=0.96, **CRUISE), "LGAV")
    assert [
        d.replace("unreachable_in_time", "late") for d in details(judge(papers, track.flown(), statics=SAID))
    ] == told


def test_another_airliner_that_shows_the_number_by_mistake_is_not_judged_by_it() -> None:
    ours = land(near_athens(), "LGAV")
    other = Track("LIRN", 0.7, every_min=0.5).straight("LFMN", 420, part=0.9, **CRUISE)
    strange = land(other, "LFMN").rows(icao24_craft(ICAO24 + 5))
    said = StaticBatch.concat(
        [
            signs((0.0, "AZA722"), (1.0, "AZA722"), (2.0, "AZA722")),
            signs((0.7, "AZA722"), (1.1, "AZA1722"), address=ICAO24 + 5),
        ]
    ).in_time_order()
    assert judge(BY_NUMBER, PositionBatch.concat([ours.flown(), strange]), statics=said) == []


@BOTH
def test_heard_again_at_the_gate_next_morning_it_arrived(papers: Itinerary) -> None:
    track = gate("LIRF").straight("LGAV", 440, part=0.6, **CRUISE).unheard(11.0)
    parked = PositionBatch.concat([track.flown(), Track("LGAV", track.hour, every_min=0.5).wait(0.5, **GROUND).flown()])
    assert judge(papers, parked, statics=SAID) == []


@BOTH
def test_low_fuel_to_a_field_without_a_name_is_told(papers: Itinerary) -> None:
    away = (
        gate("LIRF")
        .straight("LGAV", 440, part=0.5, **CRUISE)
        .straight((40.05, 18.3), 300, on_ground=0, altitude_ft=8_000)
    )
    down = approach(away, (40.07, 18.35), 0.0).wait(0.3, on_ground=1, altitude_ft=np.nan)
    assert details(judge(papers, down.flown(), statics=SAID)) == ["landed_elsewhere"]


@BOTH
def test_the_flight_is_the_subject_of_what_is_told(papers: Itinerary) -> None:
    away = missed(near_athens()).straight("LGTS", 380, part=0.85, on_ground=0, altitude_ft=20_000)
    subject = "Flight AZA722 (icao24:4b1812)" if papers is BY_NUMBER else "The flight of icao24:4b1812"
    for event in judge(papers, land(away, "LGTS").flown(), statics=SAID):
        assert event.explanation.startswith(f"{subject}, declared ")
        assert "UTC" in event.explanation
