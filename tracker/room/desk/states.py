"""How an alert stands at the desk, after ISA-18.2 and IEC 62682: frozen values, and the state that follows from them and the time.

An alert has two sides that change apart from each other. Its **facts** come from an engine, revision by revision. Its **standing** is the desk's work:
who acknowledged, who has it, where it is shelved, how it was closed, what was noted. Nothing an engine says erases work, and no act changes a fact.

::

    annunciated -- acknowledge --> acknowledged -- close --> closed
         |                              |
         | facts closed, retracted      | facts retracted: struck through, must be acknowledged
         v                              v
      returned -- acknowledge --> acknowledged (facts closed: it stays true) or over (retracted)

    shelved: put aside by a person, with a reason, and always with an end
    suppressed: told within another story, or by a rule that a person set      out of service: its feed or detector is off

A shelf ends by the clock and not by a job that might not run: the state is a function of the standing *and of now*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

BANDS: Final = ("low", "medium", "high", "critical")
"""Priority in one word, from the least on (``tracker.alerts``)."""


class State(StrEnum):
    """Where an alert stands."""

    ANNUNCIATED = "annunciated"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"
    CLOSED = "closed"
    OVER = "over"


STATES: Final[dict[State, str]] = {
    State.ANNUNCIATED: "It calls: nobody has acknowledged it, or it became graver since.",
    State.ACKNOWLEDGED: "Somebody has seen it; the work goes on until it is closed.",
    State.RETURNED: "It ended or was retracted before anybody looked, or was retracted after somebody did: shown struck through until acknowledged.",
    State.SHELVED: "Put aside by a person, with a reason and an end.",
    State.SUPPRESSED: "Not annunciated by design: it is part of another story, or a rule that a person set says so.",
    State.OUT_OF_SERVICE: "Not annunciated because its feed or its rule is out of service.",
    State.CLOSED: "Closed by the desk, with an outcome.",
    State.OVER: "It was retracted, and somebody has seen that; or it was over before this room first met its engine.",
}
"""State -> its sentence."""
FINISHED: Final = frozenset({State.CLOSED, State.OVER})
"""What has left the list and stays in the history."""


class Life(StrEnum):
    """What the facts say of the event behind an alert."""

    PRESENT = "present"
    CLOSED = "closed"
    RETRACTED = "retracted"


class Wake(StrEnum):
    """What ends a shelf before its time."""

    MOVES = "moves"
    ENTERS = "enters"
    HEARD = "heard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the desk's rules need of a revision of the facts."""

    revision: int
    life: Life = Life.PRESENT
    band: str = "low"
    part_of: str | None = None

    @property
    def rank(self) -> int:
        """The band as a number, 0 to 3."""
        return BANDS.index(self.band)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Put aside: by whom, why, until when at the latest, and what ends it before."""

    by: str
    at_us: int
    reason: str
    until_us: int
    rank: int
    """How grave it was then: what becomes graver comes off the shelf."""
    wakes: tuple[Wake, ...] = ()
    needs: tuple[str, ...] | None = None
    """Compartments that one must have to read the reason; None: written before this was kept, and only who sees the whole alert reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Closed: by whom, with which outcome."""

    by: str
    at_us: int
    outcome: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    rank: int = 0
    """How grave it was then: what becomes graver is annunciated again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody noted; one that was taken back is kept and marked."""

    note_id: str
    by: str
    at_us: int
    text: str
    is_withdrawn: bool = False
    needs: tuple[str, ...] = ()
    """Compartments of what its writer saw: who lacks one is not shown the note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Seen: by whom, when, and how grave it was then."""

    by: str
    at_us: int
    rank: int
    is_of_retraction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Given to a unit by the room itself, by the unit's rule (``desk.routing``): no person has taken it yet, so no clock stops."""

    unit: str
    why: tuple[str, ...]
    """By what the rule fits: ``port:NLRTM``, ``area:NAME``, ``map``, ``craft:ship``, ``feed:NAME``, ``default``."""
    also: tuple[str, ...] = ()
    """Units whose rules fit as well; this one is the first by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The desk's work on one alert.

    ``version`` counts the desk's acts. ``annunciated_us`` is when it last began to call, by the clock of the room; the clocks of acknowledgement and
    response run from there.
    """

    version: int
    facts: Facts
    annunciated_us: int
    acknowledgement: Acknowledgement | None = None
    shelf: Shelf | None = None
    suppressed_by: str | None = None
    """The rule of a person that keeps it quiet by design; ``facts.part_of`` is the other reason."""
    out_of_service_by: str | None = None
    is_history: bool = False
    """It was over before this room first met its engine, or comes while the room reads what there was before: nobody is called."""
    closing: Closing | None = None
    person: str | None = None
    unit: str | None = None
    watchers: tuple[str, ...] = ()
    silenced_until_us: int = 0
    responded_us: int | None = None
    notes: tuple[Note, ...] = ()
    routing: Routing | None = None
    """How the room gave it to its unit; None where a person did, or nobody."""

    def state(self, now_us: int) -> State:
        """Where it stands at an instant."""
        return _state(self.settled(now_us))

    def settled(self, now_us: int) -> Standing:
        """The standing with a shelf taken away whose time is over: it calls again from that instant."""
        if self.shelf is None or self.shelf.until_us > now_us:
            return self
        return self.off_the_shelf(self.shelf.until_us)

    def off_the_shelf(self, at_us: int) -> Standing:
        """Off the shelf, calling again."""
        return replace(
            self, shelf=None, acknowledgement=None, annunciated_us=at_us, responded_us=None, silenced_until_us=0
        )

    def is_sounding(self, now_us: int) -> bool:
        """Whether it makes a sound: it calls, and nobody silenced it just now. Silence is not acknowledgement and ends by itself."""
        return self.state(now_us) is State.ANNUNCIATED and now_us >= self.silenced_until_us

    def as_grave_as(self, band: str) -> Standing:
        """The standing with another band in its facts: what somebody is shown who may not see all of them."""
        return replace(self, facts=replace(self.facts, band=band))

    def to_json(self) -> dict[str, Any]:
        """All of it, for the store; :func:`standing_of` is the way back."""
        return asdict(self)

    def version_for(self, compartments: frozenset[str]) -> int:
        """The version without notes that somebody with these compartments is not shown: each was one act, and taking it back another."""
        hidden = [note for note in self.notes if not compartments.issuperset(note.needs)]
        return self.version - len(hidden) - sum(note.is_withdrawn for note in hidden)


def _state(standing: Standing) -> State:
    facts, seen = standing.facts, standing.acknowledgement
    if standing.closing is not None:
        return State.CLOSED
    if standing.is_history:
        return State.OVER
    if facts.part_of is not None or standing.suppressed_by is not None:
        return State.SUPPRESSED
    if standing.out_of_service_by is not None:
        return State.OUT_OF_SERVICE
    if facts.life is Life.RETRACTED:
        return State.OVER if seen is not None and seen.is_of_retraction else State.RETURNED
    if standing.shelf is not None:
        return State.SHELVED
    if seen is not None:
        return State.ACKNOWLEDGED
    return State.RETURNED if facts.life is Life.CLOSED else State.ANNUNCIATED


def raised(facts: Facts, now_us: int) -> Standing:
    """The standing of an alert that is first heard of."""
    return Standing(version=1, facts=facts, annunciated_us=now_us)


def revised(standing: Standing, facts: Facts, now_us: int) -> Standing:
    """The standing after a newer revision of the facts. It never takes away a note, an assignment or an outcome's record of who did what.

    - An older revision, or the same, changes nothing.
    - Graver than when it was acknowledged, shelved or closed: it calls again. The same band again after a fall does not, nor do points within a band.
    - Retracted: struck through, until somebody acknowledges that; a closed one stays closed.
    - Raised again after a retraction, or no longer part of another story: it calls again.
    - Of what was over before the room met its engine: it calls if it is raised again.
    """
    before = standing.facts
    if facts.revision <= before.revision:
        return standing
    standing = replace(standing.settled(now_us), facts=facts)
    if standing.is_history:
        return called_from_history(standing, now_us) if facts.life is Life.PRESENT else standing
    if facts.life is Life.RETRACTED:
        if before.life is Life.RETRACTED or standing.closing is not None:
            return standing
        return replace(standing, shelf=None, silenced_until_us=0)
    was_retracted = before.life is Life.RETRACTED
    if standing.closing is not None:
        return _calling(replace(standing, closing=None), now_us) if facts.rank > standing.closing.rank else standing
    if was_retracted or facts.rank > _rank_seen(standing):
        return _calling(standing, now_us)
    return standing


def called_from_history(standing: Standing, now_us: int) -> Standing:
    """What is not over calls from now on, though it began before the room met its engine."""
    return _calling(replace(standing, is_history=False), now_us)


def _rank_seen(standing: Standing) -> int:
    """How grave it was when somebody last looked; where nobody did it calls anyway."""
    if standing.shelf is not None:
        return standing.shelf.rank
    if standing.acknowledgement is not None:
        return standing.acknowledgement.rank
    return len(BANDS)


def _calling(standing: Standing, now_us: int) -> Standing:
    return replace(
        standing, acknowledgement=None, shelf=None, annunciated_us=now_us, silenced_until_us=0, responded_us=None
    )


def woken(standing: Standing, wake: Wake, now_us: int) -> Standing:
    """The standing after something happened that may end a shelf."""
    if standing.shelf is None or wake not in standing.shelf.wakes:
        return standing
    return standing.off_the_shelf(now_us)


def suppressed(standing: Standing, rule_id: str | None, now_us: int, *, is_service: bool = False) -> Standing:
    """The standing under a rule of a person that keeps it quiet, or (None) free of it: what nobody had acknowledged calls again."""
    before = standing.out_of_service_by if is_service else standing.suppressed_by
    if before == rule_id:
        return standing
    changed = replace(standing, out_of_service_by=rule_id) if is_service else replace(standing, suppressed_by=rule_id)
    if rule_id is None and changed.acknowledgement is None:
        return replace(changed, annunciated_us=now_us)
    return changed


def standing_of(stored: Mapping[str, Any]) -> Standing:
    """The standing that ``to_json`` wrote."""
    read = dict(stored)
    facts, shelf, closing, seen = read["facts"], read["shelf"], read["closing"], read["acknowledgement"]
    read["facts"] = Facts(**{**facts, "life": Life(facts["life"])})
    read["shelf"] = shelf and _shelf_of(shelf)
    read["closing"] = closing and Closing(**closing)
    read["acknowledgement"] = seen and Acknowledgement(**seen)
    read["watchers"] = tuple(read["watchers"])
    read["notes"] = tuple(Note(**{**note, "needs": tuple(note["needs"])}) for note in read["notes"])
    routing = read.get("routing")
    read["routing"] = routing and Routing(**{**routing, "why": tuple(routing["why"]), "also": tuple(routing["also"])})
    return Standing(**read)


def _shelf_of(stored: Mapping[str, Any]) -> Shelf:
    needs = stored.get("needs")
    wakes = tuple(Wake(wake) for wake in stored["wakes"])
    return Shelf(**{**stored, "wakes": wakes, "needs": None if needs is None else tuple(needs)})
