"""What becomes of alerts when papers, flags or orders change, which of them stand, and orders in their rank."""

from __future__ import annotations

import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B, event
from tests.tracker.alerts.test_desk import PAPERS, desk
from tests.tracker.cargo import papers as p
from tests.tracker.cargo.papers import us
from tracker.alerts.alert import Alert, AlertType
from tracker.alerts.config import AlertConfig
from tracker.alerts.desk import AlertDesk
from tracker.alerts.rank import rank
from tracker.events import EventKind, EventState
from tracker.identity import craft_text

WAIT = event(EventKind.LOITERING, confidence=0.5)
"""Shown to nobody by itself."""
LATER, LATER_STILL = us("2026-04-15T08:00:00Z"), us("2026-04-15T09:00:00Z")
ORDER = "Order O-1 tracks it."


def told(alert: Alert | None) -> tuple[AlertType, int] | None:
    return None if alert is None else (alert.type, alert.revision)


def with_order(at: AlertDesk) -> None:
    at.tracked = {craft_text(SHIP_A): ORDER}


def test_where_nothing_has_changed_nothing_is_told_and_no_revision_is_used_up() -> None:
    at, first = desk(PAPERS), event()
    assert told(at.consider(first)) == (AlertType.RAISED, 1)
    assert at.reconsider(first, LATER) is None
    assert at.reconsider(first, LATER) is None
    closed = first.revised(state=EventState.CLOSED, end_us=LATER, known_us=LATER)
    assert told(at.consider(closed)) == (AlertType.CLOSED, 2)


def test_an_order_shows_what_nobody_would_see_and_its_end_withdraws_it() -> None:
    at = desk()
    assert at.consider(WAIT) is None
    assert at.reconsider(WAIT, LATER) is None
    with_order(at)
    assert told(raised := at.reconsider(WAIT, LATER)) == (AlertType.RAISED, 1)
    assert raised is not None
    assert raised.known_us == LATER
    assert at.reconsider(WAIT, LATER) is None
    at.tracked = {}
    assert told(at.reconsider(WAIT, LATER_STILL)) == (AlertType.RETRACTED, 2)
    assert at.reconsider(WAIT, LATER_STILL) is None, "withdrawn once"
    with_order(at)
    assert told(at.reconsider(WAIT, LATER_STILL)) == (AlertType.RAISED, 3)


def test_an_order_on_what_is_shown_already_is_an_update_that_ranks_it_higher() -> None:
    at, dark = desk(), event()
    before = at.consider(dark)
    with_order(at)
    after = at.reconsider(dark, LATER)
    assert before is not None and after is not None
    assert told(after) == (AlertType.UPDATED, 2)
    (term,) = (term for term in after.terms if term.name == "tracked")
    assert (term.points, term.sentence) == (AlertConfig().tracked_points, ORDER)
    assert after.priority > before.priority
    assert not [term for term in after.terms if term.name == "unlinked"], (
        "who is tracked is not held back for want of cargo"
    )


@pytest.mark.parametrize(("kind", "craft"), [(EventKind.LOITERING, SHIP_A), (EventKind.FEED_OUTAGE, "source:feed")])
def test_a_limit_that_is_not_reached_takes_and_gives_nothing(kind: EventKind, craft: int | str) -> None:
    _, terms = rank(event(kind, craft, confidence=0.5), [], 0, None, AlertConfig())
    assert [term.points for term in terms if term.name in ("unlinked", "operations")] == [0]


def test_open_alerts_stand_and_closed_ones_for_as_long_as_is_asked() -> None:
    at = desk(PAPERS)
    first, second = event(), event(EventKind.DIVERSION)
    at.consider(first)
    at.consider(second)
    at.consider(second.revised(state=EventState.CLOSED, end_us=LATER, known_us=LATER))
    both = sorted([first.event_id, second.event_id])
    assert at.standing(LATER) == both
    assert at.standing(LATER + 1) == [first.event_id]
    at.consider(first.revised(state=EventState.RETRACTED, known_us=LATER))
    assert at.standing(LATER + 1) == []


def test_a_queue_without_papers_has_no_itinerary_and_one_of_two_ships_has_that_of_the_first() -> None:
    queue = event(
        EventKind.LOITERING,
        SHIP_A,
        detail="queue",
        evidence={"craft": [craft_text(SHIP_A), craft_text(SHIP_B), "mmsi:538000002"]},
    )
    alert = desk().consider(queue)
    assert alert is not None
    assert alert.itinerary == {}
    other = p.manifest(p.FULL, conveyance=p.Conveyance(p.Mode.SEA, mmsi=538000001))
    meeting = event(EventKind.ENCOUNTER, SHIP_A, other_craft=craft_text(SHIP_B))
    alert = desk(other).consider(meeting)
    assert alert is not None
    assert alert.is_linked
    assert alert.itinerary == {}, "the papers are the other's"


@pytest.mark.parametrize(("minute", "parts"), [("06:00", 1), ("06:01", 0)])
def test_a_wait_that_begins_when_the_meeting_ends_belongs_to_it_and_one_a_minute_later_does_not(
    minute: str, parts: int
) -> None:
    at = desk(PAPERS)
    meeting = event(
        EventKind.ENCOUNTER, SHIP_A, "2026-04-15T02:00:00Z", "2026-04-15T06:00:00Z", other_craft=craft_text(SHIP_B),
        state=EventState.CLOSED, end_us=us("2026-04-15T06:00:00Z"),
    )  # fmt: skip
    wait = event(EventKind.LOITERING, SHIP_A, f"2026-04-15T{minute}:00Z", "2026-04-15T10:00:00Z")
    assert told(at.consider(meeting)) is not None
    alert = at.consider(wait)
    assert (alert is None) == bool(parts)
