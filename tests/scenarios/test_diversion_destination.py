"""Stories of what crews type and what their papers say."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenarios.diversion_tracks import HOUR_US, MMSI, START_US, Track, judge, node, told, voyage, world
from tracker.detectors.base import Context
from tracker.detectors.diversion import DiversionConfig, DiversionDetector
from tracker.detectors.diversion.destination import eta_us
from tracker.events import Event
from tracker.identity import mmsi_craft
from tracker.statics import StaticBatch
from tracker.units import iso_time, parse_time

PAPERS = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=60))
AS_DECLARED = Track("NLRTM").wait(1).sail("SEGOT").wait(3)


def saying(*texts: tuple[float, str], until_h: float, every_min: float = 6.0, **columns: int) -> StaticBatch:
    """Message 5 every six minutes with the text that stands since an hour."""
    hours = np.arange(0.0, until_h, every_min / 60.0)
    since = np.array([hour for hour, _ in texts])
    words = np.array([text.encode() for _, text in texts], dtype="S20")
    time_us = START_US + (hours * HOUR_US).astype(np.int64)
    return StaticBatch.from_columns(
        len(hours), time_us=time_us, received_us=time_us, craft=mmsi_craft(MMSI), source=0, message_type=5,
        destination=words[np.searchsorted(since, hours, side="right") - 1], ship_type=70, **columns,
    )  # fmt: skip


def story(*texts: tuple[float, str], track: Track = AS_DECLARED) -> list[Event]:
    return judge(PAPERS, track.rows(), statics=saying(*texts, until_h=track.hour))


def test_another_destination_on_the_way_is_told_and_ends_when_corrected() -> None:
    events = story((0, "SEGOT"), (15, "NO OSL"), (25, "SE GOT"))
    assert told(events) == [
        (0, "contradicting_destination", "open"),
        (0, "contradicting_destination", "closed"),
    ]
    fact = events[0].evidence["facts"][0]
    assert (fact["destination"], fact["port"]) == ("NO OSL", "NOOSL")
    assert events[0].start_us == pytest.approx(START_US + 15 * HOUR_US, abs=HOUR_US / 4)
    assert events[0].known_us <= START_US + 16 * HOUR_US
    assert "transmits NO OSL" in events[0].explanation


@pytest.mark.parametrize(
    "text",
    [
        "SEGOT", ">SE GOT", "GOTHENBURG", "GOTENBURG", "NLRTM", "DE HAM > SE GOT", "FOR ORDERS", "SEA", "@@@", "QXZJWKP",
        "SEGOT/NOOSL", "NLRTM=>SEGOT", "NLRTM-SEGOT", "NLRTM TO SEGOT", "GOTHENBORG", "GOTHENBURG VIA SKAW", "VINGA PILOT", "MAAS PILOT",
        "ALL CHINESE CREW", "SWEDEN", "BRAZIL", "ARA", "SKAW", "SKAGEN ROADS", "SKAGEN FOR ORDERS", "SKAGEN FOR BUNKERS", "SEGOT>BEANR", "TBN",
    ],
)  # fmt: skip
def test_the_declared_port_the_last_port_and_no_port_contradict_nothing(text: str) -> None:
    assert story((0, text)) == []


@pytest.mark.parametrize(
    "text", ["ANTWERP", "ANTWERP VIA FLUSHING", "NLRTM>DEHAM", "HAMBURG FOR ORDERS", "BREMERHAFEN"]
)
def test_another_port_contradicts_by_whatever_name(text: str) -> None:
    assert {event.detail for event in story((0, "SEGOT"), (12, text))} == {"contradicting_destination"}


def test_the_next_port_typed_while_she_comes_in_is_the_next_voyages() -> None:
    assert story((0, "SEGOT"), (AS_DECLARED.hour - 6, "BEANR")) == []
    assert story((0, "SEGOT"), (AS_DECLARED.hour - 12, "BEANR")) != []


def test_a_text_that_stands_for_ten_minutes_is_a_slip() -> None:
    assert story((0, "SEGOT"), (15, "NOOSL"), (15.2, "SEGOT")) == []


def test_off_the_port_she_leaves_the_next_voyage_is_not_yet_judged() -> None:
    assert story((0, "ESALG"), (2.0, "SEGOT")) == []


def test_before_the_declared_departure_she_may_type_anything() -> None:
    papers = voyage(node("NLRTM", depart_h=100), node("SEGOT", arrive_h=160))
    track = Track("GBFXT").wait(2).sail("FRLEH").wait(10).sail("NLRTM").wait(30)
    assert judge(papers, track.rows(), statics=saying((0, "FRLEH"), until_h=track.hour)) == []


def test_one_story_she_types_another_port_and_then_goes_there() -> None:
    track = Track("NLRTM").wait(1).sail("SEGOT", part=0.4).sail("DEBRV").wait(8)
    events = story((0, "DE BRV"), track=track)
    assert len({event.event_id for event in events}) == 1
    assert events[0].detail == "contradicting_destination"
    assert events[-1].detail == "undeclared_call"
    assert {"contradicting_destination", "undeclared_call"} <= {f["detail"] for f in events[-1].evidence["facts"]}


def test_a_shared_identity_that_says_both_ports_says_nothing() -> None:
    one = saying((0, "SEGOT"), until_h=50, every_min=22.0)
    two = saying((0, "ESALG"), until_h=50, every_min=26.0)
    statics = StaticBatch.concat([one, two]).in_time_order()
    assert judge(PAPERS, AS_DECLARED.rows(), statics=statics) == []


def test_an_old_time_of_arrival_is_no_event_and_a_late_one_joins_the_evidence() -> None:
    old = saying((0, "SEGOT"), until_h=50, eta_month=1, eta_day=3, eta_hour=4, eta_minute=0)
    assert judge(PAPERS, AS_DECLARED.rows(), statics=old) == []
    late = saying((0, "NOOSL"), until_h=50, eta_month=3, eta_day=9, eta_hour=4, eta_minute=0)
    event = judge(PAPERS, AS_DECLARED.rows(), statics=late)[0]
    assert event.evidence["facts"][0]["transmitted_eta"] == "2026-03-09T04:00:00.000Z"


def test_restarts_in_the_middle_of_a_text_change_no_byte() -> None:
    rows = AS_DECLARED.rows()
    statics = saying((0, "SEGOT"), (15, "NOOSL"), (25, "SEGOT"), until_h=AS_DECLARED.hour)
    detector, lines = DiversionDetector(DiversionConfig(), Context(world()), [PAPERS], world()), []
    for hour in np.arange(0.5, AS_DECLARED.hour + 1.0, 0.7):
        mark, before = START_US + round(hour * HOUR_US), START_US + round((hour - 0.7) * HOUR_US)
        heard = rows.take((rows.time_us > before) & (rows.time_us <= mark))
        typed = statics.take((statics.time_us > before) & (statics.time_us <= mark))
        detector.process_batch(heard, typed)
        lines += [event.to_json_line() for event in detector.advance_watermark(mark)]
        snapshot = detector.snapshot()
        detector = DiversionDetector(DiversionConfig(), Context(world()), (), world())
        detector.restore(snapshot)
    assert lines == [event.to_json_line() for event in judge(PAPERS, rows, statics=statics)]
    assert len(lines) == 2


def test_a_time_of_arrival_lies_in_the_year_nearest_to_the_report() -> None:
    heard_us = parse_time("2026-12-30T00:00:00Z")
    columns = {"time_us": heard_us, "received_us": heard_us, "craft": mmsi_craft(MMSI), "source": 0, "message_type": 5}
    row = StaticBatch.from_columns(1, **columns, eta_month=1, eta_day=2, eta_hour=6, eta_minute=30)
    assert iso_time(eta_us(row, 0)) == "2027-01-02T06:30:00.000Z"
    assert eta_us(StaticBatch.from_columns(1, **columns, eta_month=0, eta_day=0, eta_hour=24, eta_minute=60), 0) == -1
