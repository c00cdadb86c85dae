"""Claims about the book of open events: it numbers revisions, and keeps what is not over."""

from __future__ import annotations

import numpy as np

from tracker.detectors.open_events import OpenEvents
from tracker.events import Event, EventKind, EventState, Rule
from tracker.identity import craft_text, mmsi_craft, with_segment
from tracker.units import Micros

ONE, TWO = int(mmsi_craft(219_000_001)), int(mmsi_craft(219_000_002))


def event(craft: int = ONE, state: EventState = EventState.OPEN, hours: float = 1.0) -> Event:
    return Event(
        event_id="a", revision=1, state=state, kind=EventKind.LOITERING, detail="slow", craft=craft_text(craft), other_craft=None,
        start_us=Micros(0), end_us=None, lat_deg=50.0, lon_deg=3.0, cause=None, confidence=0.5, explanation="It waits.",
        evidence={"hours": hours}, rule=Rule("loitering", "1", {"min_h": 1.0}), known_us=Micros(5),
    )  # fmt: skip


def test_revisions_count_up_until_an_event_is_closed_and_then_begin_anew() -> None:
    book = OpenEvents()
    place = (ONE, 10)
    assert [book.tell(place, event()).revision for _ in range(3)] == [1, 2, 3]
    assert book.close(place, event(state=EventState.CLOSED)).revision == 4
    assert place not in book
    assert len(book) == 0
    assert book.tell(place, event()).revision == 1


def test_what_is_closed_and_was_never_told_is_a_first_revision_and_not_kept() -> None:
    book = OpenEvents()
    assert book.close((ONE, 10), event(state=EventState.CLOSED)).revision == 1
    assert not book.of(ONE)


def test_an_event_that_goes_on_under_another_place_keeps_its_number() -> None:
    book, over = OpenEvents(), OpenEvents()
    book.tell((ONE, 10), event())
    over.keep((ONE, 10), book.close((ONE, 10), event(state=EventState.CLOSED)))
    before = over.pop((ONE, 10))
    assert before is not None
    book.keep((ONE, 70), before)
    assert book.tell((ONE, 70), event()).revision == 3
    assert not len(over)


def test_events_of_one_craft_are_known_by_which_they_are() -> None:
    book = OpenEvents()
    for place in ((ONE, 10), (ONE, 20), (TWO, 10)):
        book.tell(place, event(place[0]))
    assert sorted(book.of(ONE)) == [10, 20]
    assert book.get((TWO, 20)) is None


def test_who_is_forgotten_leaves_nothing_whatever_its_segment() -> None:
    book = OpenEvents()
    for key in (ONE, int(with_segment(np.array([ONE]), 1)[0]), TWO):
        book.tell((key, 10), event(key))
    book.forget(np.array([ONE]))
    assert [place for place, _ in book] == [(TWO, 10)]


def test_a_book_put_away_and_opened_again_goes_on_with_the_next_number() -> None:
    book, again = OpenEvents(), OpenEvents()
    for place in ((TWO, 5), (ONE, 20), (ONE, 10)):
        book.tell(place, event(place[0]))
    book.tell((ONE, 10), event(hours=2.5))
    again.restore(book.to_arrow())
    assert again.to_arrow().equals(book.to_arrow())
    assert [place for place, _ in again] == [(ONE, 10), (ONE, 20), (TWO, 5)]
    assert again.tell((ONE, 10), event()).revision == 3
    assert again.tell((TWO, 5), event()).revision == 2
