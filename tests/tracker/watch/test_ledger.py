"""Public revisions: one more for every new statement, none for what is public already, a retraction for what no longer holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from streams.errors import SnapshotError
from tracker.events import Event, EventKind, EventState, Rule, event_id, statement_digest
from tracker.identity import mmsi_craft
from tracker.units import Micros
from tracker.watch.ledger import WITHDRAWN, Ledger

CRAFT = int(mmsi_craft(219001234))


def event(
    number: int = 1, known_us: int = 10, state: EventState = EventState.OPEN, said: str = "She fell silent."
) -> Event:
    return Event(
        event_id("gap", CRAFT, number), 1, state, EventKind.GAP, "", "mmsi:219001234", None, Micros(number), None, 55.0,
        10.0, "unknown", 0.5, said, {}, Rule("gap", "1"), Micros(known_us),
    )  # fmt: skip


class Memory:
    """A ledger, with everything it was told and has told."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.told: dict[str, Event] = {}
        self.stated: dict[tuple[str, str], Event] = {}

    def publish(self, stated: Event) -> Event:
        self.note(stated)
        told = self.ledger.publish(stated)
        self.told[told.event_id] = told
        return told

    def note(self, stated: Event) -> None:
        self.ledger.note(stated)
        self.stated[stated.event_id, statement_digest(stated)] = stated

    def reconcile(self, known_us: int = 99) -> list[Event]:
        ids = {*self.told, *self.ledger.timeline}
        found = self.ledger.reconcile(
            ids, known_us, self.told.__getitem__, lambda key, digest: self.stated[key, digest]
        )
        self.told.update({told.event_id: told for told in found})
        return found


def test_revisions_are_counted_in_public_whatever_the_detector_counts() -> None:
    memory = Memory()
    assert memory.publish(event()).revision == 1
    assert memory.publish(replace(event(said="She is silent still."), revision=1)).revision == 2
    assert memory.publish(replace(event(2), revision=7)).revision == 1


def test_nothing_is_told_of_what_is_stated_again() -> None:
    memory = Memory()
    memory.publish(event())
    memory.ledger.timeline = {}
    memory.note(replace(event(known_us=50), revision=4))
    assert memory.reconcile() == []


def test_other_words_are_told_under_the_same_id_as_known_now() -> None:
    memory = Memory()
    memory.publish(event())
    memory.note(event(said="She was heard at once.", state=EventState.CLOSED))
    (told,) = memory.reconcile(known_us=99)
    assert (told.event_id, told.revision, told.known_us, told.state) == (event().event_id, 2, 99, EventState.CLOSED)
    assert told.explanation == "She was heard at once."
    assert memory.reconcile() == []


def test_what_is_stated_no_more_is_retracted_once() -> None:
    memory = Memory()
    memory.publish(event())
    memory.ledger.timeline = {}
    (told,) = memory.reconcile(known_us=99)
    assert (told.revision, told.state, told.explanation, told.known_us) == (2, EventState.RETRACTED, WITHDRAWN, 99)
    assert memory.reconcile() == []


def test_what_was_retracted_and_is_stated_again_stands_again() -> None:
    memory = Memory()
    memory.publish(event())
    memory.ledger.timeline = {}
    memory.reconcile()
    memory.note(event())
    (told,) = memory.reconcile()
    assert (told.revision, told.state) == (3, EventState.OPEN)


def test_an_event_late_rows_bring_is_told_and_one_retracted_before_anyone_knew_is_not() -> None:
    memory = Memory()
    memory.note(event(1))
    memory.note(event(2, state=EventState.RETRACTED))
    assert [(told.event_id, told.revision) for told in memory.reconcile()] == [(event(1).event_id, 1)]


def test_corrections_come_in_order_of_their_ids() -> None:
    memory = Memory()
    for number in (3, 1, 2, 5, 4):
        memory.note(event(number))
    ids = [told.event_id for told in memory.reconcile()]
    assert ids == sorted(ids)
    assert len(ids) == 5


def test_what_became_public_after_an_instant_is_touched() -> None:
    memory = Memory()
    memory.publish(event(1, known_us=10))
    memory.publish(event(2, known_us=11))
    assert memory.ledger.touched_since(10) == {event(2).event_id}


def test_old_events_are_forgotten_unless_they_are_open() -> None:
    memory = Memory()
    memory.publish(event(1, known_us=10))
    memory.publish(event(2, known_us=10, state=EventState.CLOSED))
    memory.publish(event(3, known_us=30, state=EventState.CLOSED))
    memory.ledger.forget(20)
    kept = {event(1).event_id, event(3).event_id}
    assert memory.ledger.public.keys() == kept
    assert memory.ledger.timeline.keys() == kept


def test_a_restored_ledger_counts_on() -> None:
    memory, other = Memory(), Memory()
    memory.publish(event())
    other.ledger.restore(memory.ledger.snapshot())
    other.ledger.restore_timeline(memory.ledger.timeline_table())
    assert other.ledger.public == memory.ledger.public
    assert other.ledger.timeline == memory.ledger.timeline
    assert other.publish(event(said="Silent still.")).revision == 2


@pytest.mark.parametrize("harm", [lambda whole: whole[:-20], lambda whole: b"", lambda whole: b"other" + whole])
def test_a_damaged_snapshot_is_refused(harm: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SnapshotError):
        Ledger().restore(harm(Ledger().snapshot()))
