"""A storm or a strait closed moves everybody; one ship's detour is news, a fleet's is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.scenarios.diversion_tracks import MMSI, Track, judge, node, voyage
from tracker.events import Event
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.voyages.itinerary import Itinerary

AWAY = (57.2, 0.5)
SHOWN = 0.3
"""``alerts.min_confidence``: what is less sure is put before nobody."""


def papers(count: int) -> list[Itinerary]:
    """So many ships from Rotterdam to Gothenburg, an hour apart."""
    return [
        replace(voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=80), mmsi=MMSI + k), itinerary_id=f"V{k}")
        for k in range(count)
    ]


def sailing(count: int, strays: int) -> PositionBatch:
    """The first of them leave the lane for the same place far off it, the others keep to it."""
    rows = []
    for k in range(count):
        track = Track("NLRTM", hour=0.5 * k, seed=k).sail("SEGOT", part=0.3)
        track = track.straight(AWAY, 14.0, part=0.6) if k < strays else track.sail("SEGOT")
        rows.append(track.rows(mmsi_craft(MMSI + k)))
    return PositionBatch.concat(rows)


def last_of_each(events: list[Event]) -> dict[str, Event]:
    return {event.craft: event for event in events if event.detail in ("off_route", "wrong_way")}


def test_one_ship_off_her_route_among_others_on_theirs_is_news() -> None:
    events = last_of_each(judge(papers(6), sailing(6, 1)))
    assert list(events) == [f"mmsi:{MMSI}"]
    assert events[f"mmsi:{MMSI}"].confidence > SHOWN


def test_two_strays_are_two_stories() -> None:
    events = last_of_each(judge(papers(6), sailing(6, 2)))
    assert len(events) == 2
    assert all(event.confidence > SHOWN for event in events.values())


def test_when_all_stray_nobody_is_told_of_and_the_reason_is_said() -> None:
    events = last_of_each(judge(papers(6), sailing(6, 6)))
    assert len(events) == 6
    for event in events.values():
        assert event.confidence < SHOWN
        assert "something moves them all" in event.explanation
        facts = [fact for fact in event.evidence["facts"] if "others_off_route" in fact]
        assert facts[0]["others_off_route"] >= 3 > facts[0]["others_on_route"]


@pytest.mark.parametrize("every_h", [0.2, 3.0, 40.0])
def test_what_the_others_do_does_not_depend_on_the_cadence(every_h: float) -> None:
    once = judge(papers(6), sailing(6, 5))
    assert judge(papers(6), sailing(6, 5), every_h=every_h) == once
