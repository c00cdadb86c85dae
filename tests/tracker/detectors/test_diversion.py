"""The diversion detector as a detector: cuts, snapshots, papers that come and go, craft known only by what they transmit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.scenarios.diversion_tracks import HOUR_US, MMSI, START_US, Track, judge, node, voyage, world
from tracker.detectors.base import Context
from tracker.detectors.diversion import DiversionConfig, DiversionDetector
from tracker.identity import mmsi_craft, with_segment
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import Itinerary

PAPERS = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=55))
ROWS = Track("NLRTM", every_min=2).wait(1).sail("SEGOT", part=0.4).sail("DEBRV").wait(8).sail("SEGOT").wait(3).rows()
END_US = int(ROWS.time_us[-1])


def build(*itineraries: Itinerary) -> DiversionDetector:
    return DiversionDetector(DiversionConfig(), Context(world()), itineraries, world())


def drive(marks: list[int], cuts: int = 1, restart: bool = False) -> list[str]:
    detector = build(PAPERS)
    lines, done = [], 0
    for mark in marks:
        stop = int(np.searchsorted(ROWS.time_us, mark, side="right"))
        edges = np.linspace(done, stop, cuts + 1).astype(int)
        for one, two in itertools.pairwise(edges):
            lines += detector.process_batch(ROWS.take(slice(int(one), int(two))), StaticBatch.empty())
        lines += detector.advance_watermark(mark)
        done = stop
        if restart:
            snapshot = detector.snapshot()
            detector = build()
            detector.restore(snapshot)
            assert detector.snapshot() == snapshot
    return [event.to_json_line() for event in lines]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("restart", [False, True])
def test_cuts_cadence_and_restarts_change_no_byte(seed: int, restart: bool) -> None:
    marks = sorted({*np.random.default_rng(seed).choice(ROWS.time_us, 25).tolist(), END_US})
    assert drive(marks, cuts=3, restart=restart) == drive([END_US])


def test_without_itineraries_nothing_is_held_and_nothing_said() -> None:
    detector = build()
    empty = len(detector.snapshot())
    assert detector.process_batch(ROWS, StaticBatch.empty()) == []
    assert detector.advance_watermark(END_US) == []
    assert len(detector.snapshot()) == empty


def test_a_ship_named_only_by_her_name_is_followed_from_when_she_says_it() -> None:
    papers = voyage(*PAPERS.nodes, name="Amber Gull")
    said = StaticBatch.from_columns(
        1, time_us=START_US + 2 * HOUR_US, received_us=START_US + 2 * HOUR_US, craft=mmsi_craft(MMSI), source=0,
        message_type=5, name=b"AMBER GULL", ship_type=70,
    )  # fmt: skip
    events = judge(papers, ROWS, statics=said)
    assert {event.craft for event in events} == {f"mmsi:{MMSI}"}
    assert "undeclared_call" in {event.detail for event in events}
    assert all(event.confidence < 0.6 for event in events), "a name alone is weak evidence"
    assert judge(papers, ROWS) == [], "who is never named is never judged"


def test_the_same_calls_on_two_papers_are_one_story() -> None:
    twin = Itinerary("V2", 1, PAPERS.conveyance, PAPERS.nodes)
    assert len(judge([PAPERS, twin], ROWS)) == len(judge(PAPERS, ROWS))


@pytest.mark.parametrize(
    ("apart_h", "depart_h", "stories"), [(5 / 60, 0, 1), (5, 0, 1), (0, None, 1), (48, 0, 2)],
    ids=["minutes", "hours", "a time left out", "days"],
)  # fmt: skip
def test_the_same_calls_at_nearly_the_same_times_are_one_story(
    apart_h: float, depart_h: float | None, stories: int
) -> None:
    twin = voyage(node("NLRTM", depart_h=depart_h), node("SEGOT", arrive_h=55 + apart_h))
    twin = Itinerary("V2", 1, PAPERS.conveyance, twin.nodes)
    once = {event.event_id for event in judge(PAPERS, ROWS)}
    assert len({event.event_id for event in judge([PAPERS, twin], ROWS)}) == stories * len(once)


def test_a_withdrawn_itinerary_says_nothing_more() -> None:
    detector = build(PAPERS)
    assert detector.withdraw(["V1"], START_US) == []
    detector.process_batch(ROWS, StaticBatch.empty())
    assert detector.advance_watermark(END_US) == []


def test_an_amendment_that_declares_the_call_makes_it_a_call() -> None:
    amended = Itinerary(
        "V1", 2, PAPERS.conveyance, (PAPERS.nodes[0], node("DEBRV", arrive_h=25, depart_h=40), PAPERS.nodes[1])
    )
    detector = build(PAPERS)
    assert detector.declare([amended], START_US, StaticBatch.empty()) == []
    assert detector.declare([PAPERS], START_US, StaticBatch.empty()) == [], "an older version changes nothing"
    detector.process_batch(ROWS, StaticBatch.empty())
    assert "undeclared_call" not in {event.detail for event in detector.advance_watermark(END_US)}


def test_another_ship_under_the_same_mmsi_is_not_followed() -> None:
    other = Track("ESALG", every_min=2, seed=9).wait(60).rows()
    other = other.with_columns(segment=with_segment(other.craft, 1))
    both = PositionBatch.concat([ROWS, other]).in_time_order()
    assert [e.to_json_line() for e in judge(PAPERS, both)] == [e.to_json_line() for e in judge(PAPERS, ROWS)]


def test_papers_run_out_and_are_forgotten() -> None:
    detector = build(PAPERS)
    detector.process_batch(ROWS, StaticBatch.empty())
    detector.advance_watermark(END_US)
    events = detector.advance_watermark(END_US + 60 * 24 * HOUR_US)
    assert all(event.state == "closed" for event in events)
    assert len(detector.snapshot()) <= len(build().snapshot()) + 100


def test_every_threshold_is_in_the_rule_and_bounds_are_kept() -> None:
    with pytest.raises(ValueError, match="sea_detour_km"):
        DiversionConfig(sea_detour_km=-1.0)
    event = judge(PAPERS, ROWS)[0]
    assert event.rule.thresholds["declared_radius_km"] == DiversionConfig().declared_radius_km
