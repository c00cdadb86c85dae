"""When a flight ends, and whose flight it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.scenarios.diversion_tracks import HOUR_US, ICAO24, START_US, Track, flight, judge, node, world
from tracker.detectors.base import Context
from tracker.detectors.diversion import DiversionConfig, DiversionDetector
from tracker.events import Event
from tracker.identity import icao24_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode

CRUISE = {"on_ground": 0, "altitude_ft": 36_000}
GROUND = {"on_ground": 1, "altitude_ft": np.nan}
LIGHT = 0x400E16
AIRFRAME_PAPERS = flight(node("EDDF", depart_h=0), node("ESSA", arrive_h=2.2))


def numbered(*nodes: ItineraryNode, name: str = "DLH802") -> Itinerary:
    return Itinerary("F1", 1, Conveyance(Mode.AIR, flight=name, flight_date="2026-03-01"), nodes)


NUMBERED_PAPERS = numbered(node("EDDF", depart_h=0), node("ESSA", arrive_h=2.2))
BOTH = pytest.mark.parametrize("papers", [AIRFRAME_PAPERS, NUMBERED_PAPERS], ids=["airframe", "number"])


def signs(*said: tuple[float, str], address: int = ICAO24) -> StaticBatch:
    """Call signs at hours."""
    time_us = np.array([START_US + round(hour * HOUR_US) for hour, _ in said], dtype=np.int64)
    return StaticBatch.from_columns(
        len(said), time_us=time_us, received_us=time_us, craft=icao24_craft(address), source=0, message_type=104,
        call_sign=np.array([name.encode() for _, name in said], dtype="S8"),
    )  # fmt: skip


def gate(code: str = "EDDF", hours: float = 0.2, at_h: float = 0.0) -> Track:
    return Track(code, at_h, every_min=0.5).wait(hours, **GROUND)


def land(track: Track, code: str) -> Track:
    down = track.straight(
        code, 300, on_ground=0, altitude_ft=lambda part: 9_000 * (1 - part) + 300, vertical_rate_ftmin=-900
    )
    return down.wait(0.2, **GROUND)


def details(events: Sequence[Event]) -> list[str]:
    return [event.detail for event in {event.event_id: event for event in events}.values()]


def there_and_back(unseen_h: float) -> Track:
    """800 km towards ESSA, unheard, and back to EDDF from where it was lost."""
    out = gate().straight("ESSA", 450, part=0.65, **CRUISE)
    return land(out.unheard(unseen_h).straight("EDDF", 450, part=0.97, **CRUISE), "EDDF")


@BOTH
@pytest.mark.parametrize("back", ["DLH803", "DLH802"], ids=["its own number", "the same number"])
def test_a_turn_round_out_of_coverage_is_not_a_return(papers: Itinerary, back: str) -> None:
    track = there_and_back(2.0)
    said = signs((0.0, "DLH802"), (3.2, back))
    assert judge(papers, track.flown(), statics=said) == []


def test_a_turn_round_out_of_coverage_is_not_a_return_where_call_signs_are_not_heard() -> None:
    assert judge(AIRFRAME_PAPERS, there_and_back(2.0).flown()) == []


@BOTH
def test_back_before_it_can_have_landed_it_turned_round(papers: Itinerary) -> None:
    events = judge(papers, there_and_back(0.5).flown(), statics=signs((0.0, "DLH802")))
    assert details(events) == ["returned_to_origin"]


@BOTH
def test_going_on_after_a_long_silence_it_is_the_same_flight(papers: Itinerary) -> None:
    """Heard again nearer, and on its way, after an hour too much: then it lands elsewhere."""
    track = gate().straight("ESSA", 450, part=0.5, **CRUISE)
    track.lat, track.lon = 57.8, 16.6
    track = land(track.unheard(2.5).straight("ESSA", 400, part=0.4, **CRUISE), "ESSV")
    events = judge(papers, track.flown(), statics=signs((0.0, "DLH802")))
    assert details(events) == ["landed_elsewhere"]


def test_late_is_not_said_where_it_may_have_landed_unseen() -> None:
    """Found on its way to the destination again seven hours later: the flight, or another of the same number."""
    track = gate().straight("ESSA", 450, part=0.6, **CRUISE)
    track = track.unheard(7.0).straight("ESSA", 450, part=0.5, **CRUISE)
    assert judge(NUMBERED_PAPERS, track.flown(), statics=signs((0.0, "DLH802"))) == []


@BOTH
def test_waiting_at_the_gate_makes_it_late(papers: Itinerary) -> None:
    track = gate(hours=6.0).straight("ESSA", 450, part=0.5, **CRUISE)
    assert set(details(judge(papers, track.flown(), statics=signs((0.0, "DLH802"))))) == {"late"}


@BOTH
def test_the_same_number_on_the_next_day_is_another_flight(papers: Itinerary) -> None:
    first = gate().straight("ESSA", 450, part=0.65, **CRUISE)
    second = land(gate(at_h=24.0).straight("ESSA", 450, part=0.5, **CRUISE), "EKCH")
    rows = PositionBatch.concat([first.flown(), second.flown()])
    assert judge(papers, rows, statics=signs((0.0, "DLH802"), (24.0, "DLH802"))) == []


def test_a_flight_first_heard_a_day_after_its_departure_is_not_that_flight() -> None:
    """Nobody heard it on its day: it may have been flown then, and what is heard now is tomorrow's."""
    track = land(gate(at_h=24.5).straight("ESSA", 450, part=0.5, **CRUISE), "EKCH")
    for papers in (NUMBERED_PAPERS, AIRFRAME_PAPERS):
        assert judge(papers, track.flown(), statics=signs((24.5, "DLH802"))) == []


def test_an_airframe_first_heard_when_the_flight_may_be_over_begins_nothing() -> None:
    track = land(gate(at_h=5.0).straight("ESSA", 450, part=0.5, **CRUISE), "EKCH")
    assert judge(AIRFRAME_PAPERS, track.flown()) == []


def test_another_call_sign_in_the_air_ends_a_flight_by_number_and_not_one_by_airframe() -> None:
    track = land(gate().straight("ESSA", 450, part=0.5, **CRUISE), "EKCH")
    said = signs((0.0, "DLH802"), (0.8, "GLAD1"))
    assert judge(NUMBERED_PAPERS, track.flown(), statics=said) == []
    assert details(judge(AIRFRAME_PAPERS, track.flown(), statics=said)) == ["landed_elsewhere"]


@BOTH
def test_a_slip_of_the_crew_ends_nothing(papers: Itinerary) -> None:
    track = land(gate().straight("ESSA", 450, part=0.5, **CRUISE), "EKCH")
    said = signs((0.0, "DLH802"), (0.5, "DLH80"), (0.55, "DLH802"))
    assert details(judge(papers, track.flown(), statics=said)) == ["landed_elsewhere"]


@BOTH
def test_after_a_landing_elsewhere_only_the_declared_airport_is_news(papers: Itinerary) -> None:
    track = land(gate().straight("ESSA", 450, part=0.5, **CRUISE), "EKCH").wait(1.0, **GROUND)
    away = land(track.straight("LOWW", 450, part=0.9, **CRUISE), "LOWW")
    said = signs((0.0, "DLH802"), (2.2, "DLH9801"))
    events = judge(papers, away.flown(), statics=said)
    assert details(events) == ["landed_elsewhere"]
    assert sum(event.state == "open" for event in events) == 1
    track = land(gate().straight("ESSA", 450, part=0.5, **CRUISE), "EKCH").wait(1.0, **GROUND)
    home = land(track.straight("ESSA", 450, part=0.9, **CRUISE), "ESSA")
    assert judge(papers, home.flown(), statics=signs((0.0, "DLH802")))[-1].state == "closed"


def test_the_next_leg_of_the_papers_begins_after_one_that_ended_unseen() -> None:
    papers = flight(node("EDDF", depart_h=0), node("ESSA", arrive_h=2.2, depart_h=3.5), node("EDDF", arrive_h=5.5))
    track = gate().straight("ESSA", 450, part=0.65, **CRUISE).unheard(2.5)
    track = land(track.straight("EDDF", 450, part=0.5, **CRUISE), "EKCH")
    events = judge(papers, track.flown(), statics=signs((0.0, "DLH802"), (3.8, "DLH803")))
    assert details(events) == ["landed_elsewhere"]
    assert events[-1].evidence["left"] == "ESSA"


def test_first_heard_after_it_turned_away_it_is_known_by_its_number() -> None:
    track = Track((48.6, 12.0), 0.8, every_min=0.5).straight("LIPZ", 450, part=0.8, **CRUISE)
    track = land(track, "LIPZ")
    assert details(judge(NUMBERED_PAPERS, track.flown(), statics=signs((0.8, "DLH802")))) == ["landed_elsewhere"]
    assert judge(AIRFRAME_PAPERS, track.flown(), statics=signs((0.8, "GLAD1"))) == []


def test_the_leg_before_under_the_same_number_is_no_return() -> None:
    track = land(Track("EGLL", 0.1, every_min=0.5).straight("EDDF", 450, part=0.9, **CRUISE), "EDDF")
    assert judge(NUMBERED_PAPERS, track.flown(), statics=signs((0.1, "DLH802"))) == []


def test_nobody_begins_who_cannot_come_from_the_origin() -> None:
    """Yesterday's flight of a number flown overnight is nearly there when today's is to leave."""
    papers = numbered(node("KJFK", depart_h=0), node("EDDF", arrive_h=8))
    track = Track((52.0, -10.0), 0.05, every_min=0.5).straight("EDDF", 470, part=0.5, **CRUISE)
    track = land(track, "EGSS")
    assert judge(papers, track.flown(), statics=signs((0.05, "DLH802"))) == []


@pytest.mark.parametrize("leaks_at_h", [0.9, 0.3], ids=["after the airliner", "before it"])
def test_a_light_aircraft_with_the_airliners_number_is_not_judged(leaks_at_h: float) -> None:
    airliner = gate(at_h=0.6).straight("ESSA", 450, part=0.97, **CRUISE)
    light = Track("EKRK", leaks_at_h, every_min=0.5).straight("EKOD", 95, part=0.9, on_ground=0, altitude_ft=2_500)
    light = light.straight("EKOD", 60, on_ground=0, altitude_ft=400).wait(0.3, **GROUND)
    rows = PositionBatch.concat([land(airliner, "ESSA").flown(), light.rows(icao24_craft(LIGHT))])
    said = StaticBatch.concat(
        [signs((0.6, "DLH802"), (1.5, "DLH802")), signs((leaks_at_h, "DLH802"), address=LIGHT)]
    ).in_time_order()
    assert judge(NUMBERED_PAPERS, rows, statics=said) == []


def test_and_the_airliner_still_is() -> None:
    airliner = land(gate().straight("ESSA", 450, part=0.5, **CRUISE), "EKCH")
    light = Track("EKRK", 0.9, every_min=0.5).straight("EKOD", 95, part=0.9, on_ground=0, altitude_ft=2_500)
    rows = PositionBatch.concat([airliner.flown(), light.rows(icao24_craft(LIGHT))])
    said = StaticBatch.concat([signs((0.0, "DLH802")), signs((0.9, "DLH802"), address=LIGHT)]).in_time_order()
    events = judge(NUMBERED_PAPERS, rows, statics=said)
    assert details(events) == ["landed_elsewhere"]
    assert events[0].craft.endswith(f"{ICAO24:06x}")


@pytest.mark.parametrize(("feet", "found"), [(400.0, ["landed_elsewhere"]), (2_500.0, [])])
def test_lost_on_final_next_door_it_landed_there_and_higher_up_it_may_be_vectored(
    feet: float, found: list[str]
) -> None:
    papers = flight(node("EDDK", depart_h=0), node("LIRA", arrive_h=2))
    track = gate("EDDK").straight("LIRF", 430, part=0.97, **CRUISE)
    track = track.straight(
        "LIRF",
        140,
        part=0.95,
        on_ground=0,
        altitude_ft=lambda part: feet + 2_000 * (1 - part),
        vertical_rate_ftmin=-800,
    )
    assert details(judge(papers, track.flown())) == found


def test_on_the_ground_sooner_than_anything_falls_it_did_not_land() -> None:
    track = gate().straight("EKCH", 450, **CRUISE).wait(0.3, **GROUND)
    assert details(judge(AIRFRAME_PAPERS, track.flown())) != ["landed_elsewhere"]


def test_descending_on_one_spot_it_is_not_on_approach() -> None:
    """Spoofed to an airport: moving by its speed, not by its positions."""
    track = gate().straight("ESSA", 450, part=0.4, **CRUISE)
    track.lat, track.lon = node("EKCH").lat_deg, node("EKCH").lon_deg
    stands = {"on_ground": 0, "altitude_ft": lambda part: 25_000 * (1 - part) + 900, "vertical_rate_ftmin": -1_500}
    spoofed = track.unheard(0.3).wait(0.4, speed_kn=300.0, **stands)
    assert judge(AIRFRAME_PAPERS, spoofed.flown()) == []


def test_cuts_and_restarts_change_no_byte() -> None:
    rows = land(gate().straight("ESSA", 450, part=0.5, **CRUISE), "EKCH").flown()
    said = signs(*[(hour, "DLH802" if hour < 0.5 or hour > 0.6 else "DLH8") for hour in np.arange(0.0, 2.0, 0.05)])
    end_us = int(rows.time_us[-1]) + HOUR_US

    def driven(marks: list[int]) -> list[str]:
        lines: list[str] = []
        detector = DiversionDetector(DiversionConfig(), Context(world()), [NUMBERED_PAPERS], world())
        past = -1
        for mark in marks:
            now = (rows.time_us > past) & (rows.time_us <= mark)
            spoken = (said.time_us > past) & (said.time_us <= mark)
            lines += [e.to_json_line() for e in detector.process_batch(rows.take(now), said.take(spoken))]
            lines += [e.to_json_line() for e in detector.advance_watermark(mark)]
            snapshot = detector.snapshot()
            detector = DiversionDetector(DiversionConfig(), Context(world()), (), world())
            detector.restore(snapshot)
            past = mark
        return lines

    whole = driven([end_us])
    assert whole
    for seed in range(2):
        marks = sorted({*np.random.default_rng(seed).choice(rows.time_us, 12).tolist(), end_us})
        assert driven(marks) == whole


def test_yesterdays_airframe_of_a_daily_number_does_not_silence_todays() -> None:
    """Still under the number after midnight it matches today's papers; it never begins them, and flies on as something else."""
    yesterdays = Track((50.5, 9.5), 0.1, every_min=0.5).straight("EKCH", 400, part=0.5, **CRUISE)
    yesterdays = yesterdays.unheard(2.0).straight("LOWW", 400, part=0.9, **CRUISE)
    todays = land(gate(at_h=3.0).straight("ESSA", 450, part=0.5, **CRUISE), "EKCH")
    rows = PositionBatch.concat([yesterdays.rows(icao24_craft(LIGHT)), todays.flown()])
    said = [signs((0.1, "DLH802"), (2.5, "DLH77"), address=LIGHT), signs((3.0, "DLH802"))]
    papers = numbered(node("EDDF", depart_h=3.0), node("ESSA", arrive_h=5.2))
    events = judge(papers, rows, statics=StaticBatch.concat(said).in_time_order())
    assert details(events) == ["landed_elsewhere"]


def test_legs_that_may_all_have_been_flown_in_one_silence_are_all_over() -> None:
    """Out and back on the papers; found half a day later closing on home from somewhere else."""
    papers = flight(node("EDDF", depart_h=0), node("ESSA", arrive_h=2.2, depart_h=3.2), node("EDDF", arrive_h=5.4))
    track = gate().straight("ESSA", 450, part=0.65, **CRUISE).unheard(11.0)
    track.lat, track.lon = 56.0, 12.0
    track = track.straight("EDDF", 450, part=0.9, **CRUISE)
    assert judge(papers, track.flown(), statics=signs((0.0, "DLH802"), (12.5, "DLH833"))) == []
