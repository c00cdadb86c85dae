"""Stories of flights and their papers."""

from __future__ import annotations

import numpy as np

from tests.scenarios.diversion_tracks import Track, flight, judge, node, told

TO_NEW_YORK = flight(node("EDDF", depart_h=0), node("KJFK", arrive_h=9))
CRUISE = {"on_ground": 0, "altitude_ft": 36_000}


def at_gate(code: str = "EDDF", hours: float = 0.2) -> Track:
    return Track(code, every_min=0.5).wait(hours, on_ground=1, altitude_ft=0)


def land(track: Track, code: str) -> Track:
    down = track.straight(
        code, 300, on_ground=0, altitude_ft=lambda part: 36_000 * (1 - part), vertical_rate_ftmin=-900
    )
    return down.wait(0.2, on_ground=1, altitude_ft=0)


def test_a_flight_as_declared_is_no_news() -> None:
    assert judge(TO_NEW_YORK, land(at_gate().straight("KJFK", 450, part=0.97, **CRUISE), "KJFK").flown()) == []


def test_holding_near_the_destination_is_no_news() -> None:
    track = at_gate().straight("KJFK", 450, part=0.98, **CRUISE)
    for corner in ((41.3, -73.2), (41.0, -73.6)) * 4:
        track = track.straight(corner, 250, **CRUISE)
    assert judge(TO_NEW_YORK, land(track, "KJFK").flown()) == []


def test_a_landing_elsewhere_is_told_with_the_airport() -> None:
    events = judge(TO_NEW_YORK, land(at_gate().straight("KJFK", 450, part=0.7, **CRUISE), "CYYR").flown())
    assert events[-1].detail == "landed_elsewhere"
    assert "Goose Bay" in events[-1].explanation
    assert events[-1].evidence["facts"][-1]["airport"] == "CYYR"


def test_a_return_to_the_origin_is_told_as_one_event() -> None:
    events = judge(TO_NEW_YORK, land(at_gate().straight("KJFK", 450, part=0.1, **CRUISE), "EDDF").flown())
    assert told(events) == [(0, "wrong_way", "open"), (0, "returned_to_origin", "open")]


def test_lost_low_over_another_airport_counts_as_landed_after_silence() -> None:
    track = at_gate().straight("KJFK", 450, part=0.7, **CRUISE).straight("CYYR", 400, part=0.95, **CRUISE)
    track = track.straight("CYYR", 180, part=0.96, on_ground=0, altitude_ft=lambda part: 8_000 * (1 - part) + 300,
                           vertical_rate_ftmin=-800)  # fmt: skip
    rows = track.flown()
    assert [event.detail for event in judge(TO_NEW_YORK, rows, until_h=track.hour + 0.1)] == []
    (event,) = judge(TO_NEW_YORK, rows)
    assert event.detail == "landed_elsewhere"
    assert event.confidence < 0.7


def test_lost_low_near_the_declared_airport_counts_as_served() -> None:
    track = at_gate().straight("KJFK", 450, part=0.99, **CRUISE)
    track = track.straight("KJFK", 180, part=0.7, on_ground=0, altitude_ft=lambda part: 8_000 * (1 - part) + 500,
                           vertical_rate_ftmin=-800)  # fmt: skip
    assert judge(TO_NEW_YORK, track.flown()) == []


def test_out_of_coverage_over_the_ocean_is_no_news() -> None:
    assert judge(TO_NEW_YORK, at_gate().straight("KJFK", 450, part=0.3, **CRUISE).flown(), until_h=40) == []


def test_the_inbound_flight_landing_late_at_the_origin_is_not_a_return() -> None:
    track = Track("EDDH", every_min=0.5).straight("EDDF", 400, **CRUISE).wait(0.5, on_ground=1, altitude_ft=0)
    assert judge(TO_NEW_YORK, track.straight("KJFK", 450, part=0.3, **CRUISE).flown()) == []


def test_another_flight_of_the_same_aircraft_before_departure_is_nothing() -> None:
    papers = flight(node("EDDF", depart_h=20), node("KJFK", arrive_h=29))
    assert judge(papers, land(at_gate("EDDM").straight("LIRF", 400, part=0.8, **CRUISE), "LIRF").flown()) == []


def test_a_detour_for_wind_is_no_news_but_another_continent_is() -> None:
    windy = at_gate().straight((56.0, -30.0), 450, **CRUISE)
    assert judge(TO_NEW_YORK, land(windy.straight("KJFK", 450, part=0.95, **CRUISE), "KJFK").flown()) == []
    south = at_gate().straight("KJFK", 450, part=0.2, **CRUISE).straight("GMMN", 450, part=0.9, **CRUISE)
    assert {event.detail for event in judge(TO_NEW_YORK, south.flown())} <= {"off_route", "wrong_way"}
    assert judge(TO_NEW_YORK, south.flown())


def test_over_the_pole_is_a_great_circle_like_any_other() -> None:
    papers = flight(node("KSEA", depart_h=0), node("OMDB", arrive_h=16))
    track = at_gate("KSEA").straight("OMDB", 480, part=0.97, **CRUISE)
    assert float(np.nanmax(track.flown().lat_deg)) > 80.0
    assert judge(papers, land(track, "OMDB").flown()) == []
