"""Public revisions: public revisions are counted, corrections say what differs and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tracker.engine.public_revisions import WITHDRAWN, PublicRevisions
from tracker.events import Event, EventKind, EventState, Rule, statement_digest
from tracker.units import Micros

T0 = 1_700_000_000_000_000


def event(state: EventState = EventState.OPEN, revision: int = 1, known: int = 0, name: str = "a") -> Event:
    return Event(
        name, revision, state, EventKind.GAP, "sea", "mmsi:219000001", None, Micros(T0), None, 1.0, 2.0, "unknown", 0.5,
        f"silent, {state}", {"n": 1}, Rule("gap", "1"), Micros(T0 + known),
    )  # fmt: skip


def test_public_revisions_follow_one_another_whatever_the_detector_counts() -> None:
    revisions = PublicRevisions()
    assert revisions.publish(event()).revision == 1
    assert revisions.publish(event(EventState.CLOSED, revision=7, known=5)).revision == 2


def stated_by(*events: Event):
    by_digest = {statement_digest(one): one for one in events}
    return lambda _, digest: by_digest[digest]


def test_what_the_timeline_states_no_more_is_retracted_once() -> None:
    revisions = PublicRevisions()
    told = revisions.publish(event())
    revisions.timeline.clear()
    found = revisions.reconcile({"a"}, T0 + 9, lambda _: told, stated_by())
    assert [(e.revision, e.state, e.explanation, e.known_us) for e in found] == [(2, "retracted", WITHDRAWN, T0 + 9)]
    assert revisions.reconcile({"a"}, T0 + 10, lambda _: found[0], stated_by()) == []


def test_what_it_states_otherwise_is_told_in_its_words_and_what_is_public_is_not_told_again() -> None:
    revisions = PublicRevisions()
    revisions.publish(event())
    same = replace(event(), revision=3, known_us=Micros(T0 + 77))
    revisions.note(same)
    assert revisions.reconcile({"a"}, T0 + 99, lambda _: same, stated_by(same)) == []
    closed = event(EventState.CLOSED, revision=4)
    revisions.note(closed)
    found = revisions.reconcile({"a"}, T0 + 99, lambda _: same, stated_by(closed))
    assert [(e.revision, e.state, e.known_us) for e in found] == [(2, "closed", T0 + 99)]


def test_a_retraction_of_what_was_never_public_is_not_news() -> None:
    revisions = PublicRevisions()
    gone = event(EventState.RETRACTED)
    revisions.note(gone)
    assert revisions.reconcile({"a"}, T0, lambda _: gone, stated_by(gone)) == []


@pytest.mark.parametrize("settled", [True, False])
def test_only_what_is_settled_is_forgotten(settled: bool) -> None:
    revisions = PublicRevisions()
    revisions.publish(event(EventState.CLOSED if settled else EventState.OPEN))
    revisions.forget(T0 + 1)
    assert (not revisions.public) == settled


def test_a_snapshot_holds_both_shelves() -> None:
    revisions = PublicRevisions()
    revisions.publish(event())
    revisions.publish(event(name="b"))
    again = PublicRevisions()
    again.restore(revisions.snapshot())
    again.restore_timeline(revisions.timeline_table())
    assert again.public == revisions.public
    assert again.timeline == revisions.timeline


def test_what_nobody_was_told_and_what_was_retracted_before_gives_no_correction() -> None:
    revisions = PublicRevisions()
    assert revisions.reconcile(["never heard of"], T0, lambda _: event(), stated_by()) == []
    for name in ("b", "a"):
        revisions.note(event(name=name))
    found = revisions.reconcile(
        ["b", "a", "b"], T0 + 3, lambda _: event(), lambda name, _: event(name=name, revision=9)
    )
    assert [(e.event_id, e.revision, e.known_us) for e in found] == [("a", 1, T0 + 3), ("b", 1, T0 + 3)], (
        "in order, once"
    )
    assert revisions.reconcile(["a", "b"], T0 + 4, lambda _: event(), stated_by()) == []


def test_what_is_public_is_what_was_published_whatever_was_counted() -> None:
    revisions = PublicRevisions()
    revisions.publish(event(name="a"))
    revisions.publish(event(name="b"))
    revisions.publish(event(name="c"))
    revisions.agree(["a", "b"], [event(name="b", revision=5)])
    assert {name: one.revision for name, one in revisions.public.items()} == {"b": 5, "c": 1}
    assert revisions.publish(event(EventState.CLOSED, name="b")).revision == 6
    assert revisions.publish(event(name="a")).revision == 1


def test_what_was_known_since_an_instant_or_goes_on_is_told_from_what_is_over() -> None:
    revisions = PublicRevisions()
    revisions.publish(event(name="open"))
    revisions.publish(event(EventState.CLOSED, known=5, name="closed"))
    names = ["open", "closed", "nobody's"]
    assert revisions.lately_known(names, T0 + 5) == {"open", "closed"}
    assert revisions.lately_known(names, T0 + 6) == {"open"}
    assert revisions.touched_since(T0 + 4) == {"closed"}
    assert revisions.touched_since(T0 + 5) == set()
    revisions.forget(T0 + 5)
    assert set(revisions.public) == set(revisions.timeline) == {"open", "closed"}
    revisions.forget(T0 + 6)
    assert set(revisions.public) == set(revisions.timeline) == {"open"}
