"""Twenty voyages laid by hand: every kind of diversion found, and at most 5 false ones per 1,000 craft-days."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.scenarios.diversion_tracks import judge
from tests.scenarios.hand_laid_voyages import ACCEPTED, Sailed, as_one, fleet
from tracker.events import Event

pytestmark = pytest.mark.slow

AT_MOST_FALSE = 5.0
"""Per 1,000 craft-days."""


@pytest.fixture(scope="module")
def ships() -> list[Sailed]:
    return fleet()


@pytest.fixture(scope="module")
def told(ships: list[Sailed]) -> dict[str, list[Event]]:
    """Every revision, by papers."""
    papers, rows, texts = as_one(ships)
    by_papers: dict[str, list[Event]] = defaultdict(list)
    for event in judge(papers, rows, statics=texts, every_h=6.0):
        by_papers[event.evidence["itinerary_id"]].append(event)
    return by_papers


def test_every_diversion_is_found(ships: list[Sailed], told: dict[str, list[Event]]) -> None:
    missed = []
    for ship in (ship for ship in ships if ship.diversion):
        last = {event.event_id: event.detail for event in told[ship.papers.itinerary_id]}
        if not set(last.values()) & ACCEPTED.get(ship.diversion, {ship.diversion}):
            missed.append((ship.name, ship.diversion, sorted(last.values())))
    assert missed == []


def test_voyages_as_declared_are_no_news(ships: list[Sailed], told: dict[str, list[Event]]) -> None:
    honest = [ship for ship in ships if not ship.diversion]
    false = [event.explanation for ship in honest for event in told[ship.papers.itinerary_id]]
    days = sum(ship.days for ship in honest)
    stories = {event.event_id for ship in honest for event in told[ship.papers.itinerary_id]}
    print(
        f"{len(honest)} voyages, {days:.0f} craft-days, {1000.0 * len(stories) / days:.1f} false diversions per 1,000 craft-days"
    )
    assert 1000.0 * len(stories) / days <= AT_MOST_FALSE, false
