"""Acts: what a person does to the standing of an alert. Each gives a new standing, or a refusal in words; nothing is changed in place.

::

    after = acted(standing, Acknowledge(), actor, now_us)
    if isinstance(after, Refusal): ...

Silencing, watching and noting overwrite nobody's work. Everything else raises ``version``, and so does a note, because whoever closes an alert should have
read it. An act can be undone by whoever did it within ``UNDO_US``, as long as nobody did anything to the alert since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tracker.room.desk.clocks import DAY_US, SECOND_US
from tracker.room.desk.outcomes import Outcome, fault_of_fields
from tracker.room.desk.states import (
    FINISHED,
    Acknowledgement,
    Closing,
    Life,
    Note,
    Shelf,
    Standing,
    State,
    Wake,
    revised,
)

UNDO_US: Final = 30_000_000
"""control-room.md: undo within 30 s."""
SILENCE_US: Final = 30_000_000
"""IMO MSC.302(87): a sound that was silenced returns after 30 s."""
MOST_SHELF_US: Final = 14 * DAY_US
"""Nothing is put aside for longer than two weeks (ours: then it is a rule, and a supervisor sets it)."""
MOST_NOTE: Final = 4_000
MOST_NOTES: Final = 500
MOST_WATCHERS: Final = 100


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as far as the desk's rules ask."""

    person_id: str
    is_supervisor: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act was not done, in one sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """I have seen it."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Be quiet for half a minute; it still calls."""


@dataclass(frozen=True, slots=True)
class Shelve:
    """Put it aside until an instant at the latest."""

    reason: str
    until_us: int
    wakes: tuple[Wake, ...] = ()
    needs: tuple[str, ...] = ()
    """Compartments that one must have to read the reason."""


@dataclass(frozen=True, slots=True)
class Unshelve:
    """Take it off the shelf: it calls again."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Give it to a person, a unit, both or (None, None) to nobody."""

    person: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give what I have to another, with why: the one who has it, or a supervisor, may."""

    reason: str
    person: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class AddNote:
    """Note something."""

    note_id: str
    text: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """Tell me what becomes of it, or no longer."""

    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Close:
    """Close it with an outcome."""

    outcome: Outcome
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reopen:
    """Take a closed one up again, with why."""

    reason: str


Act = Acknowledge | Silence | Shelve | Unshelve | Assign | HandOver | AddNote | Watch | Close | Reopen
"""Everything a person can do to the standing of an alert."""

SEES_FACTS: Final = (Acknowledge, Shelve, Close, Reopen)
"""Acts that judge the facts: who does them must have seen their present revision."""
OVERWRITES_NOTHING: Final = (Silence, Watch, AddNote)
"""Acts that take nothing from anybody: they may be done without having seen the present version."""


def acted(standing: Standing, act: Act, actor: Actor, now_us: int) -> Standing | Refusal:
    """The standing after an act; a refusal where it may not or need not be done."""
    standing = standing.settled(now_us)
    after = _ACTS[type(act)](standing, act, actor, now_us)
    if isinstance(after, Refusal) or isinstance(act, Silence | Watch):
        return after
    return replace(after, version=standing.version + 1)


def undone(
    standing: Standing, before: Standing, did: Act, *, by: str, at_us: int, version: int, actor: Actor, now_us: int
) -> Standing | Refusal:
    """The standing with an act taken back.

    Parameters
    ----------
    standing, before:
        As it is, and as it was before the act.
    did, by, at_us, version:
        The act, who did it, when, and the version it made.
    """
    if by != actor.person_id:
        return Refusal("only the person who did it can undo it; do the contrary instead")
    if now_us - at_us > UNDO_US:
        return Refusal(f"it was done more than {UNDO_US // SECOND_US} s ago; do the contrary instead")
    if standing.version != version:
        return Refusal("it was taken back already, or something was done to this alert since; look at it again")
    if isinstance(did, AddNote):  # a note is never lost: it is marked
        notes = tuple(replace(n, is_withdrawn=True) if n.note_id == did.note_id else n for n in standing.notes)
        return replace(standing, notes=notes, version=version + 1)
    restored = replace(
        before,
        notes=standing.notes,
        watchers=standing.watchers,
        silenced_until_us=standing.silenced_until_us,
    )
    return replace(revised(restored, standing.facts, now_us), version=version + 1)


def _acknowledge(standing: Standing, act: Acknowledge, actor: Actor, now_us: int) -> Standing | Refusal:
    state = standing.state(now_us)
    if state not in (State.ANNUNCIATED, State.RETURNED):
        return Refusal(f"it is {_words(state)}: there is nothing to acknowledge")
    return replace(
        standing,
        acknowledgement=Acknowledgement(
            by=actor.person_id,
            at_us=now_us,
            rank=standing.facts.rank,
            is_of_retraction=standing.facts.life is Life.RETRACTED,
        ),
        silenced_until_us=0,
    )


def _silence(standing: Standing, act: Silence, actor: Actor, now_us: int) -> Standing | Refusal:
    if standing.state(now_us) is not State.ANNUNCIATED:
        return Refusal(f"it is {_words(standing.state(now_us))} and makes no sound")
    return replace(standing, silenced_until_us=now_us + SILENCE_US)


def _shelve(standing: Standing, act: Shelve, actor: Actor, now_us: int) -> Standing | Refusal:
    state = standing.state(now_us)
    if state not in (State.ANNUNCIATED, State.ACKNOWLEDGED, State.SHELVED) and not (
        state is State.RETURNED and standing.facts.life is Life.CLOSED
    ):
        return Refusal(f"it is {_words(state)} and cannot be shelved")
    if not act.reason.strip():
        return Refusal("a shelf needs a reason; say why it can wait")
    if not now_us < act.until_us <= now_us + MOST_SHELF_US:
        return Refusal(f"a shelf ends within {MOST_SHELF_US // DAY_US} days, and not in the past; give such an end")
    if standing.facts.band == "critical" and not actor.is_supervisor:
        return Refusal("a critical alert is shelved by a supervisor only; ask one, or assign it")
    shelf = Shelf(
        by=actor.person_id,
        at_us=now_us,
        reason=act.reason.strip()[:MOST_NOTE],
        until_us=act.until_us,
        rank=standing.facts.rank,
        wakes=act.wakes,
        needs=act.needs,
    )
    return replace(standing, shelf=shelf, silenced_until_us=0)


def _unshelve(standing: Standing, act: Unshelve, actor: Actor, now_us: int) -> Standing | Refusal:
    if standing.shelf is None:
        return Refusal("it is on no shelf")
    return standing.off_the_shelf(now_us)


def _assign(standing: Standing, act: Assign, actor: Actor, now_us: int) -> Standing | Refusal:
    if standing.closing is not None:
        return Refusal("it is closed; reopen it to assign it")
    if (act.person, act.unit) == (standing.person, standing.unit) and standing.routing is None:
        return Refusal("it is assigned so already")
    return _given(standing, act.person, act.unit, now_us)


def _hand_over(standing: Standing, act: HandOver, actor: Actor, now_us: int) -> Standing | Refusal:
    if standing.closing is not None:
        return Refusal("it is closed; reopen it to hand it over")
    if standing.person != actor.person_id and not actor.is_supervisor:
        return Refusal("only the person who has it, or a supervisor, hands it over")
    if act.person is None and act.unit is None:
        return Refusal("say to whom: a person, a unit or both")
    if not act.reason.strip():
        return Refusal("a hand-over needs a sentence that says why")
    return _given(standing, act.person, act.unit, now_us)


def _given(standing: Standing, person: str | None, unit: str | None, now_us: int) -> Standing:
    is_with_somebody = person is not None or unit is not None
    responded_us = standing.responded_us or now_us if is_with_somebody else None
    return replace(standing, person=person, unit=unit, responded_us=responded_us, routing=None)


def _note(standing: Standing, act: AddNote, actor: Actor, now_us: int) -> Standing | Refusal:
    text = act.text.strip()
    if not text or len(text) > MOST_NOTE:
        return Refusal(f"a note has 1 to {MOST_NOTE} characters")
    if len(standing.notes) >= MOST_NOTES:
        return Refusal(f"an alert has at most {MOST_NOTES} notes; write into the case instead")
    note = Note(note_id=act.note_id, by=actor.person_id, at_us=now_us, text=text, needs=act.needs)
    return replace(standing, notes=(*standing.notes, note))


def _watch(standing: Standing, act: Watch, actor: Actor, now_us: int) -> Standing | Refusal:
    others = tuple(name for name in standing.watchers if name != actor.person_id)
    if act.is_on and len(others) >= MOST_WATCHERS:
        return Refusal(f"an alert has at most {MOST_WATCHERS} watchers")
    return replace(standing, watchers=(*others, actor.person_id) if act.is_on else others)


def _close(standing: Standing, act: Close, actor: Actor, now_us: int) -> Standing | Refusal:
    if standing.closing is not None:
        return Refusal(f"it is closed already ({standing.closing.outcome}); reopen it to judge it anew")
    fault = fault_of_fields(act.outcome, act.fields)
    if fault is not None:
        return Refusal(fault)
    closing = Closing(
        by=actor.person_id, at_us=now_us, outcome=str(act.outcome), fields=dict(act.fields), rank=standing.facts.rank
    )
    return replace(
        standing, closing=closing, shelf=None, silenced_until_us=0, responded_us=standing.responded_us or now_us
    )


def _reopen(standing: Standing, act: Reopen, actor: Actor, now_us: int) -> Standing | Refusal:
    if standing.state(now_us) not in FINISHED:
        return Refusal("it is open already")
    if not act.reason.strip():
        return Refusal("reopening needs a sentence that says why")
    seen = Acknowledgement(by=actor.person_id, at_us=now_us, rank=standing.facts.rank)
    return replace(standing, closing=None, acknowledgement=seen, responded_us=None, annunciated_us=now_us)


def _words(state: State) -> str:
    return str(state).replace("_", " ")


_ACTS: Final[dict[type, Callable[[Standing, Any, Actor, int], Standing | Refusal]]] = {
    Acknowledge: _acknowledge,
    Silence: _silence,
    Shelve: _shelve,
    Unshelve: _unshelve,
    Assign: _assign,
    HandOver: _hand_over,
    AddNote: _note,
    Watch: _watch,
    Close: _close,
    Reopen: _reopen,
}
