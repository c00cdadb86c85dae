"""How an alert stands at the desk: single stories, each with its number or its complaint."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tracker.room.desk.acts import (
    Acknowledge,
    Actor,
    AddNote,
    Assign,
    Close,
    HandOver,
    Refusal,
    Reopen,
    Shelve,
    Silence,
    Unshelve,
    Watch,
    acted,
    undone,
)
from tracker.room.desk.clocks import Clocks, ClockSettings, Escalation, clocks_of
from tracker.room.desk.outcomes import OUTCOMES, Outcome
from tracker.room.desk.states import (
    STATES,
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
from tracker.room.desk.waiting import cost_of_waiting

MINUTE_US = 60_000_000
T0 = 1_800_000_000_000_000
OFFICER, OTHER, SUPERVISOR = Actor("p1"), Actor("p2"), Actor("p9", is_supervisor=True)
NEEDED = {
    Outcome.SEIZED: {"what": "40 kg in a container"},
    Outcome.IRREGULARITY: {"what": "seal broken"},
    Outcome.EXPLAINED: {"explanation": "repairs"},
    Outcome.WRONG_RULE: {"explanation": "a pilot boat"},
    Outcome.WRONG_DATA: {"explanation": "GPS jammed"},
    Outcome.NOT_INSPECTED: {"why": "no capacity"},
}


def facts(revision: int = 1, life: Life = Life.PRESENT, band: str = "medium", part_of: str | None = None) -> Facts:
    return Facts(revision=revision, life=life, band=band, part_of=part_of)


def did(standing: Standing, act, actor: Actor = OFFICER, at_us: int = T0) -> Standing:
    after = acted(standing, act, actor, at_us)
    assert isinstance(after, Standing), after
    return after


def refused(standing: Standing, act, actor: Actor = OFFICER, at_us: int = T0) -> str:
    after = acted(standing, act, actor, at_us)
    assert isinstance(after, Refusal), after
    return after.sentence


def test_every_state_has_its_sentence() -> None:
    assert set(STATES) == set(State)
    assert set(OUTCOMES) == set(Outcome)


def test_an_alert_calls_until_it_is_acknowledged() -> None:
    standing = raised(facts(), T0)
    assert standing.state(T0 + 10**12) is State.ANNUNCIATED
    assert did(standing, Acknowledge()).state(T0) is State.ACKNOWLEDGED


def test_silence_is_not_acknowledgement_and_the_sound_returns_after_half_a_minute() -> None:
    silent = did(raised(facts(), T0), Silence())
    assert silent.state(T0) is State.ANNUNCIATED
    assert [silent.is_sounding(T0 + s * 1_000_000) for s in (0, 29, 30)] == [False, False, True]
    assert silent.version == 1, "nobody's work is out of date because somebody wanted quiet"


@pytest.mark.parametrize("life", [Life.CLOSED, Life.RETRACTED])
def test_what_ended_before_anybody_looked_stays_until_acknowledged(life) -> None:
    standing = revised(raised(facts(), T0), facts(2, life), T0 + 1)
    assert standing.state(T0 + 10**12) is State.RETURNED
    assert did(standing, Acknowledge()).state(T0) is (State.ACKNOWLEDGED if life is Life.CLOSED else State.OVER)


def test_acknowledging_what_is_over_never_makes_it_call_again() -> None:
    """oncall #3161: to acknowledge a resolved one opened it again."""
    over = did(revised(raised(facts(), T0), facts(2, Life.RETRACTED), T0), Acknowledge())
    assert over.state(T0 + 10**13) is State.OVER
    assert "nothing to acknowledge" in refused(over, Acknowledge())


def test_a_retraction_of_what_was_acknowledged_stays_struck_through_until_that_is_acknowledged_too() -> None:
    seen = did(raised(facts(), T0), Acknowledge())
    gone = revised(seen, facts(2, Life.RETRACTED), T0 + 1)
    assert gone.state(T0 + 1) is State.RETURNED
    assert did(gone, Acknowledge(), OTHER).state(T0 + 2) is State.OVER


def test_an_acknowledged_alert_that_becomes_graver_calls_again() -> None:
    seen = did(raised(facts(), T0), Acknowledge())
    graver = revised(seen, facts(2, band="high"), T0 + 5)
    assert graver.state(T0 + 5) is State.ANNUNCIATED
    assert graver.annunciated_us == T0 + 5


def test_one_that_falls_and_comes_back_to_where_it_was_acknowledged_does_not_chatter() -> None:
    """opencpn #4872: whatever changed rang again."""
    seen = did(raised(facts(band="high"), T0), Acknowledge())
    for revision, band in enumerate(("medium", "high", "low", "high"), 2):
        seen = revised(seen, facts(revision, band=band), T0 + revision)
        assert seen.state(T0 + revision) is State.ACKNOWLEDGED


def test_an_older_revision_changes_nothing() -> None:
    standing = revised(raised(facts(), T0), facts(5, band="high"), T0)
    assert revised(standing, facts(4, Life.RETRACTED), T0) is standing
    assert revised(standing, facts(5, Life.RETRACTED), T0) is standing


def test_a_retracted_one_that_is_raised_again_calls() -> None:
    over = did(revised(raised(facts(), T0), facts(2, Life.RETRACTED), T0), Acknowledge())
    assert revised(over, facts(3), T0 + 9).state(T0 + 9) is State.ANNUNCIATED


def test_a_shelf_ends_by_the_clock_and_by_no_job() -> None:
    """alerta #961: shelved for ever, because the housekeeping did not run."""
    shelved = did(did(raised(facts(), T0), Acknowledge()), Shelve("pilot boarding", T0 + 60 * MINUTE_US))
    assert shelved.state(T0 + 60 * MINUTE_US - 1) is State.SHELVED
    assert shelved.state(T0 + 60 * MINUTE_US) is State.ANNUNCIATED
    assert shelved.settled(T0 + 90 * MINUTE_US).annunciated_us == T0 + 60 * MINUTE_US


def test_a_shelf_needs_a_reason_and_an_end_that_is_near() -> None:
    standing = raised(facts(), T0)
    assert "reason" in refused(standing, Shelve(" ", T0 + 1))
    assert "past" in refused(standing, Shelve("later", T0))
    assert "14 days" in refused(standing, Shelve("later", T0 + 15 * 86_400_000_000))


def test_a_critical_alert_is_shelved_by_a_supervisor_only() -> None:
    standing = raised(facts(band="critical"), T0)
    assert "supervisor" in refused(standing, Shelve("later", T0 + 1))
    assert did(standing, Shelve("later", T0 + 1), SUPERVISOR).state(T0) is State.SHELVED


def test_a_shelf_ends_when_the_craft_does_what_it_waited_for() -> None:
    shelved = did(raised(facts(), T0), Shelve("at anchor", T0 + 60 * MINUTE_US, (Wake.MOVES,)))
    assert woken(shelved, Wake.HEARD, T0 + 1) is shelved
    assert woken(shelved, Wake.MOVES, T0 + 1).state(T0 + 1) is State.ANNUNCIATED


def test_what_becomes_graver_comes_off_the_shelf_and_a_retraction_is_seen_there_too() -> None:
    shelved = did(raised(facts(), T0), Shelve("at anchor", T0 + 60 * MINUTE_US))
    assert revised(shelved, facts(2), T0 + 1).state(T0 + 1) is State.SHELVED
    assert revised(shelved, facts(2, band="critical"), T0 + 1).state(T0 + 1) is State.ANNUNCIATED
    assert revised(shelved, facts(2, Life.RETRACTED), T0 + 1).state(T0 + 1) is State.RETURNED


def test_unshelving_makes_it_call_again() -> None:
    shelved = did(raised(facts(), T0), Shelve("at anchor", T0 + 60 * MINUTE_US))
    assert did(shelved, Unshelve()).state(T0) is State.ANNUNCIATED
    assert "no shelf" in refused(raised(facts(), T0), Unshelve())


def test_part_of_another_story_a_rule_and_a_feed_are_three_words() -> None:
    standing = raised(facts(), T0)
    part = revised(standing, facts(2, Life.RETRACTED, part_of="other"), T0)
    assert part.state(T0) is State.SUPPRESSED
    assert suppressed(standing, "rule-1", T0).state(T0) is State.SUPPRESSED
    assert suppressed(standing, "feed-1", T0, is_service=True).state(T0) is State.OUT_OF_SERVICE
    assert revised(part, facts(3), T0 + 4).state(T0 + 4) is State.ANNUNCIATED


def test_what_is_free_of_a_rule_calls_unless_somebody_had_seen_it() -> None:
    standing = raised(facts(), T0)
    unseen = suppressed(suppressed(standing, "r", T0), None, T0 + 7)
    assert (unseen.state(T0 + 7), unseen.annunciated_us) == (State.ANNUNCIATED, T0 + 7)
    seen = did(standing, Acknowledge())
    assert suppressed(suppressed(seen, "r", T0), None, T0 + 7).state(T0 + 7) is State.ACKNOWLEDGED


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_closes_with_what_it_needs(outcome) -> None:
    standing = raised(facts(), T0)
    closed = did(standing, Close(outcome, NEEDED.get(outcome, {})))
    assert closed.state(T0) is State.CLOSED
    assert closed.closing.outcome == outcome
    assert "closed already" in refused(closed, Close(Outcome.INCONCLUSIVE))
    if outcome in NEEDED:
        assert "needs" in refused(standing, Close(outcome))
    assert "has no field" in refused(standing, Close(outcome, {"colour": "red"}))


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"what": 3}, "text"), ({"what": "x" * 501}, "500"), ({"what": "x", "mass_kg": "much"}, "number"), ({"what": "x", "mass_kg": -1}, "number"),
        ({"what": "x", "mass_kg": True}, "number"), ({"what": "x", "mass_kg": float("nan")}, "number"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_told(fields, word) -> None:
    assert word in refused(raised(facts(), T0), Close(Outcome.SEIZED, fields))
    assert "one of" in refused(raised(facts(), T0), Close(Outcome.NOT_INSPECTED, {"why": "tired"}))


def test_a_closed_one_stays_closed_unless_it_becomes_graver() -> None:
    closed = did(raised(facts(), T0), Close(Outcome.INCONCLUSIVE))
    assert revised(closed, facts(2), T0).state(T0) is State.CLOSED
    assert revised(closed, facts(2, Life.RETRACTED), T0).state(T0) is State.CLOSED
    assert revised(closed, facts(2, band="critical"), T0).state(T0) is State.ANNUNCIATED


def test_reopening_takes_it_up_again_with_a_reason() -> None:
    closed = did(raised(facts(), T0), Close(Outcome.INCONCLUSIVE))
    assert "why" in refused(closed, Reopen(""))
    assert did(closed, Reopen("new papers")).state(T0) is State.ACKNOWLEDGED
    assert "open already" in refused(raised(facts(), T0), Reopen("x"))


def test_hand_over_is_of_what_one_has() -> None:
    mine = did(raised(facts(), T0), Assign("p1", "port of Rotterdam"))
    assert "only the person who has it" in refused(mine, HandOver("end of shift", "p2"), OTHER)
    assert "whom" in refused(mine, HandOver("end of shift"))
    assert "why" in refused(mine, HandOver(" ", "p2"))
    given = did(mine, HandOver("end of shift", "p2", "port of Rotterdam"))
    assert (given.person, given.unit) == ("p2", "port of Rotterdam")
    assert did(mine, HandOver("she is ill", "p2"), SUPERVISOR).person == "p2"


def test_watchers_come_and_go_and_change_nobodys_version() -> None:
    watched = did(did(raised(facts(), T0), Watch()), Watch(), OTHER)
    assert watched.watchers == ("p1", "p2")
    assert did(watched, Watch(is_on=False)).watchers == ("p2",)
    assert watched.version == 1


def test_notes_have_bounds() -> None:
    standing = raised(facts(), T0)
    assert "4000" in refused(standing, AddNote("n", "x" * 4_001))
    assert "4000" in refused(standing, AddNote("n", "  "))


def test_an_act_is_undone_within_half_a_minute_by_who_did_it_if_nothing_came_after() -> None:
    before = did(raised(facts(), T0), AddNote("n1", "seen by pilot"))
    after = did(before, Close(Outcome.INCONCLUSIVE))
    told = {"did": Close(Outcome.INCONCLUSIVE), "by": "p1", "at_us": T0, "version": after.version}
    back = undone(after, before, **told, actor=OFFICER, now_us=T0 + 30_000_000)
    assert isinstance(back, Standing)
    assert replace(back, version=before.version) == before
    assert back.version == after.version + 1
    assert "more than 30 s" in undone(after, before, **told, actor=OFFICER, now_us=T0 + 30_000_001).sentence
    assert "only the person" in undone(after, before, **told, actor=OTHER, now_us=T0).sentence
    later = did(after, AddNote("n2", "x"), OTHER)
    assert "was done to this alert since" in undone(later, before, **told, actor=OFFICER, now_us=T0).sentence


def test_undoing_what_was_followed_by_new_facts_keeps_the_facts() -> None:
    before = raised(facts(), T0)
    after = revised(did(before, Close(Outcome.INCONCLUSIVE)), facts(2, Life.RETRACTED), T0 + 1)
    back = undone(
        after,
        before,
        Close(Outcome.INCONCLUSIVE),
        by="p1",
        at_us=T0,
        version=after.version,
        actor=OFFICER,
        now_us=T0 + 2,
    )
    assert back.facts.revision == 2
    assert back.state(T0 + 2) is State.RETURNED


def test_a_note_that_is_undone_is_kept_and_marked() -> None:
    before = raised(facts(), T0)
    act = AddNote("n1", "wrong ship")
    after = did(before, act)
    back = undone(after, before, act, by="p1", at_us=T0, version=after.version, actor=OFFICER, now_us=T0 + 1)
    assert [(note.text, note.is_withdrawn) for note in back.notes] == [("wrong ship", True)]


def test_a_standing_is_the_same_after_the_store() -> None:
    standing = raised(facts(), T0)
    for act in (
        AddNote("n", "text"),
        Assign("p1", "u"),
        Watch(),
        Silence(),
        Acknowledge(),
        Shelve("x", T0 + 9, (Wake.HEARD,)),
    ):
        standing = did(standing, act)
        assert standing_of(json.loads(json.dumps(standing.to_json()))) == standing
    closed = did(raised(facts(), T0), Close(Outcome.SEIZED, {"what": "x", "mass_kg": 3.5}))
    assert standing_of(json.loads(json.dumps(closed.to_json()))) == closed


def at(standing: Standing, minutes: float) -> Clocks:
    return clocks_of(standing, T0 + round(minutes * MINUTE_US), ClockSettings())


@pytest.mark.parametrize(("band", "minutes"), [("critical", 5), ("high", 15), ("medium", 60), ("low", 60)])
def test_the_clock_of_acknowledgement_runs_by_priority(band, minutes) -> None:
    standing = did(raised(facts(band=band), T0), Assign(unit="u"))
    assert at(standing, 0).acknowledge_due_us == T0 + minutes * MINUTE_US
    assert at(standing, minutes - 0.1).escalation is Escalation.NONE
    assert at(standing, minutes).escalation is Escalation.SUPERVISOR_OF_UNIT
    assert at(standing, 2 * minutes).escalation is Escalation.EVERY_SUPERVISOR
    assert at(did(standing, Acknowledge()), 2 * minutes).escalation is Escalation.NONE
    assert at(did(standing, Silence()), minutes).escalation is Escalation.SUPERVISOR_OF_UNIT


def test_the_clock_of_response_runs_until_somebody_has_it() -> None:
    seen = did(raised(facts(), T0), Acknowledge())
    assert at(seen, 59).escalation is Escalation.NONE
    assert at(seen, 60).escalation is Escalation.EVERY_SUPERVISOR
    assert at(did(seen, Assign(unit="u")), 60).respond_due_us is None
    assert at(did(seen, Close(Outcome.INCONCLUSIVE)), 60).respond_due_us is None


def test_clocks_are_settings() -> None:
    clocks = clocks_of(
        raised(facts(band="critical"), T0), T0, ClockSettings(acknowledge_critical_min=2, respond_min=30)
    )
    assert clocks.acknowledge_due_us == T0 + 2 * MINUTE_US
    assert clocks.respond_due_us == T0 + 30 * MINUTE_US


def test_what_calls_for_more_than_a_day_is_stale() -> None:
    standing = raised(facts(), T0)
    assert [at(standing, minutes).is_stale for minutes in (1_440, 1_441)] == [False, True]
    assert at(revised(standing, facts(2, Life.CLOSED), T0), 1_441).is_stale


def cost(standing: Standing, priority: int, lead_h: float | None, minutes: float = 0) -> int:
    points, terms = cost_of_waiting(
        standing.state(T0 + round(minutes * MINUTE_US)),
        priority,
        lead_h,
        at(standing, minutes),
        T0 + round(minutes * MINUTE_US),
    )
    assert points == sum(term.points for term in terms)
    return points


def test_the_list_is_ordered_by_what_is_lost_by_waiting() -> None:
    calls, seen = raised(facts(), T0), did(raised(facts(), T0), Acknowledge())
    assert cost(calls, 60, 3.0) > cost(calls, 60, 30.0) > cost(calls, 60, None) == cost(calls, 60, 100.0)
    assert cost(calls, 60, None) > cost(seen, 60, None) > cost(revised(calls, facts(2, Life.RETRACTED), T0), 60, None)
    assert cost(calls, 60, None, 61) > cost(calls, 60, None, 59)
    assert cost(did(calls, Close(Outcome.INCONCLUSIVE)), 90, 1.0) == 0
