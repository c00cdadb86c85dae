"""Voyages laid by hand as stories: every diversion found, none told before it began, and at most 5 false ones per 1,000 craft-days."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from tests.scenarios.diversion_tracks import judge
from tests.scenarios.more_voyages import ISLANDS, MORE
from tests.scenarios.voyage_stories import ACCEPTED, STORIES, Sailed, Story, backwards, sail
from tracker.events import Event
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

pytestmark = pytest.mark.slow

AT_MOST_FALSE = {"stories": 5.0, "more": 5.0, "islands": 125.0}
"""Per 1,000 craft-days; among islands as many as are left there, a limit told in docs/events/diversion.md."""


SETS: dict[str, list[tuple[int, Story]]] = {
    "stories": [*enumerate([*STORIES, *(backwards(story) for story in STORIES if not story.kind)])],
    "more": MORE,
    "islands": ISLANDS,
}


@pytest.fixture(scope="module", params=SETS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def ships(name: str) -> list[Sailed]:
    return [sail(story, number) for number, story in SETS[name]]


@pytest.fixture(scope="module")
def told(ships: list[Sailed]) -> dict[str, list[Event]]:
    """Every revision, by papers."""
    rows = PositionBatch.concat([ship.rows for ship in ships]).in_time_order()
    texts = StaticBatch.concat([ship.texts for ship in ships])
    texts = texts.take(np.argsort(texts.time_us, kind="stable"))
    by_papers: dict[str, list[Event]] = defaultdict(list)
    for event in judge([ship.papers for ship in ships], rows, statics=texts, every_h=6.0):
        by_papers[event.evidence["itinerary_id"]].append(event)
    return by_papers


def test_every_diversion_is_found(ships: list[Sailed], told: dict[str, list[Event]]) -> None:
    missed = {}
    for ship in (ship for ship in ships if ship.story.kind):
        facts = {fact["detail"] for event in told[ship.story.name] for fact in event.evidence["facts"]}
        if not facts & ACCEPTED.get(ship.story.kind, {ship.story.kind}):
            missed[ship.story.name] = sorted(facts)
    assert missed == {}


def test_nothing_is_told_before_she_turns(ships: list[Sailed], told: dict[str, list[Event]]) -> None:
    early = [
        event.explanation
        for ship in ships
        for event in told[ship.story.name]
        if ship.turn_us is not None and event.known_us < ship.turn_us
    ]
    assert early == []


def test_voyages_as_declared_are_no_news(name: str, ships: list[Sailed], told: dict[str, list[Event]]) -> None:
    honest = [ship for ship in ships if not ship.story.kind]
    days = sum(ship.days for ship in honest)
    false = {event.event_id: event.explanation for ship in honest for event in told[ship.story.name]}
    print(
        f"{len(honest)} voyages, {days:.0f} craft-days, {1000.0 * len(false) / days:.1f} false diversions per 1,000 craft-days"
    )
    assert 1000.0 * len(false) / days <= AT_MOST_FALSE[name], false


def test_every_sentence_has_its_subject_first_and_a_clock_time(told: dict[str, list[Event]]) -> None:
    sentences = [(event.craft, event.explanation) for events in told.values() for event in events]
    assert [text for craft, text in sentences if not text.startswith(craft) or "UTC" not in text] == []
