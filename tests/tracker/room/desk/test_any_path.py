"""Whatever people and engines do, in whatever order: nothing unseen leaves the list, no note is lost, and undo restores exactly."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.tracker.room.desk.test_desk import NEEDED, T0
from tracker.room.desk.acts import (
    Acknowledge,
    Actor,
    AddNote,
    Assign,
    Close,
    HandOver,
    Reopen,
    Shelve,
    Silence,
    Unshelve,
    Watch,
    acted,
    undone,
)
from tracker.room.desk.clocks import ClockSettings, clocks_of
from tracker.room.desk.outcomes import Outcome
from tracker.room.desk.states import (
    BANDS,
    FINISHED,
    Facts,
    Life,
    Standing,
    State,
    Wake,
    raised,
    revised,
    standing_of,
    suppressed,
    woken,
)

PEOPLE = [Actor("p1"), Actor("p2"), Actor("p9", is_supervisor=True)]
QUIET_UNSEEN = {State.ANNUNCIATED, State.RETURNED, State.SUPPRESSED, State.OUT_OF_SERVICE}


class Desk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_us = T0
        self.standing = raised(Facts(revision=1, band="medium"), T0)
        self.noted: list[str] = []
        self.is_seen = False  # by any person, since it last began to call
        self.last: tuple[Standing, object, Actor, int, int] | None = None

    def now_is(self) -> None:
        """A shelf that ended calls again: then it is unseen."""
        if self.standing.shelf is not None and self.standing.shelf.until_us <= self.now_us:
            self.is_seen = False

    def do(self, act, actor: Actor) -> None:
        before = self.standing
        after = acted(before, act, actor, self.now_us)
        if not isinstance(after, Standing):
            assert self.standing == before
            return
        if not isinstance(act, Silence | Watch):
            self.last = (before, act, actor, self.now_us, after.version)
            assert after.version == before.version + 1
        if isinstance(act, AddNote):
            self.noted.append(act.note_id)
        if isinstance(act, Acknowledge | Shelve | Close | Reopen):
            self.is_seen = True
        if isinstance(act, Unshelve):
            self.is_seen = False
        self.standing = after

    @rule(seconds=st.sampled_from([0, 1, 29, 31, 600, 4_000, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.now_us += seconds * 1_000_000
        self.now_is()

    @rule(
        actor=st.sampled_from(PEOPLE),
        act=st.sampled_from([Acknowledge(), Silence(), Unshelve(), Watch(), Watch(is_on=False), Reopen("new papers")]),
    )
    def simple_act(self, actor: Actor, act) -> None:
        self.do(act, actor)

    @rule(actor=st.sampled_from(PEOPLE), minutes=st.integers(-1, 90), wakes=st.sets(st.sampled_from(Wake)))
    def shelve(self, actor: Actor, minutes: int, wakes: set[Wake]) -> None:
        self.do(Shelve("waits for its pilot", self.now_us + minutes * 60_000_000, tuple(sorted(wakes))), actor)

    @rule(
        actor=st.sampled_from(PEOPLE),
        person=st.sampled_from([None, "p1", "p2"]),
        unit=st.sampled_from([None, "u1"]),
        is_hand_over=st.booleans(),
    )
    def give(self, actor: Actor, person: str | None, unit: str | None, is_hand_over: bool) -> None:
        self.do(HandOver("end of shift", person, unit) if is_hand_over else Assign(person, unit), actor)

    @rule(actor=st.sampled_from(PEOPLE))
    def note(self, actor: Actor) -> None:
        self.do(AddNote(f"n{len(self.noted)}", "the pilot saw her"), actor)

    @rule(actor=st.sampled_from(PEOPLE), outcome=st.sampled_from(Outcome))
    def close(self, actor: Actor, outcome: Outcome) -> None:
        self.do(Close(outcome, NEEDED.get(outcome, {})), actor)

    @rule(
        step=st.integers(-1, 2),
        life=st.sampled_from(Life),
        band=st.sampled_from(BANDS),
        part_of=st.sampled_from([None, None, "other"]),
    )
    def facts_come(self, step: int, life: Life, band: str, part_of: str | None) -> None:
        before = self.standing.settled(self.now_us)
        facts = Facts(
            revision=max(before.facts.revision + step, 1),
            life=life,
            band=band,
            part_of=part_of if life is Life.RETRACTED else None,
        )
        self.standing = revised(self.standing, facts, self.now_us)
        if step <= 0:
            assert self.standing.facts == before.facts
        assert self.standing.version == before.version, "an engine's revision is no work of the desk"
        if self.standing.state(self.now_us) in (State.ANNUNCIATED, State.RETURNED) and before.state(
            self.now_us
        ) not in (
            State.ANNUNCIATED,
            State.RETURNED,
        ):
            self.is_seen = False

    @rule(wake=st.sampled_from(Wake))
    def craft_does(self, wake: Wake) -> None:
        was_on_shelf = self.standing.shelf is not None
        self.standing = woken(self.standing, wake, self.now_us)
        if was_on_shelf and self.standing.shelf is None:
            self.is_seen = False

    @rule(rule_id=st.sampled_from([None, "r1"]), is_service=st.booleans())
    def rule_is_set(self, rule_id: str | None, is_service: bool) -> None:
        self.standing = suppressed(self.standing, rule_id, self.now_us, is_service=is_service)

    @precondition(lambda self: self.last is not None)
    @rule(actor=st.sampled_from(PEOPLE))
    def undo(self, actor: Actor) -> None:
        assert self.last is not None
        before, act, by, at_us, version = self.last
        facts_same = self.standing.facts == before.facts
        back = undone(
            self.standing, before, act, by=by.person_id, at_us=at_us, version=version, actor=actor, now_us=self.now_us
        )
        if not isinstance(back, Standing):
            return
        if not isinstance(act, AddNote) and facts_same:
            kept = {
                "watchers": before.watchers,
                "silenced_until_us": before.silenced_until_us,
                "version": before.version,
            }
            assert replace(back, **kept) == before
        self.standing, self.last = back, None
        self.is_seen = back.acknowledgement is not None or back.shelf is not None or back.closing is not None
        self.now_is()

    @invariant()
    def no_note_is_lost(self) -> None:
        assert [note.note_id for note in self.standing.notes] == self.noted

    @invariant()
    def the_unseen_stays(self) -> None:
        state = self.standing.state(self.now_us)
        if not self.is_seen:
            assert (
                state in QUIET_UNSEEN | {State.ACKNOWLEDGED} if self.standing.acknowledgement else state in QUIET_UNSEEN
            )
        if state in FINISHED:
            assert self.is_seen or self.standing.acknowledgement is not None

    @invariant()
    def the_store_keeps_it(self) -> None:
        assert standing_of(json.loads(json.dumps(self.standing.to_json()))) == self.standing

    @invariant()
    def clocks_can_be_told(self) -> None:
        clocks = clocks_of(self.standing, self.now_us, ClockSettings())
        assert (clocks.acknowledge_due_us is not None) == (self.standing.state(self.now_us) is State.ANNUNCIATED)


TestDesk = Desk.TestCase
