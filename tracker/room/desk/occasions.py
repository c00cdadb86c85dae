"""What of a change is worth telling somebody who is not looking: causes, and who wants to be told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from tracker.room.desk.clocks import ClockSettings, Escalation, clocks_of
from tracker.room.desk.states import BANDS, Life, Standing, State


class Cause(StrEnum):
    """Why something is sent."""

    RAISED = "raised"
    GRAVER = "graver"
    ENDED = "ended"
    RETRACTED = "retracted"
    CLOSED = "closed"
    ESCALATION = "escalation"
    TEST = "test"


CAUSES: Final[dict[Cause, str]] = {
    Cause.RAISED: "It began to call: it is new, or came off a shelf or out of a suppression, or was retracted and is raised again.",
    Cause.GRAVER: "It became graver, by a band of priority.",
    Cause.ENDED: "What it tells of is over.",
    Cause.RETRACTED: "It was retracted.",
    Cause.CLOSED: "The desk closed it, and can no longer undo that.",
    Cause.ESCALATION: "A clock ran out: nobody has acknowledged it in time, or nobody has it.",
    Cause.TEST: "Somebody asked for a test.",
}
"""Cause -> its sentence."""
_TOLD: Final = frozenset({State.ANNUNCIATED, State.ACKNOWLEDGED, State.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """Which alerts somebody wants to be told of; an empty tuple means all."""

    least_band: str = "low"
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()

    def takes(self, *, kind: str, rule: str, area: str, unit: str | None) -> bool:
        """Whether an alert with these properties is meant, whatever its band."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.rules or rule in self.rules)
            and (not self.areas or area in self.areas)
            and (not self.units or unit in self.units)
        )

    def takes_cause(self, cause: Cause, before: Standing | None, after: Standing) -> bool:
        """Whether a change of this cause is meant. What had a high enough band before is told of to its end; what rises to it is as good as raised."""
        least, rank_before = BANDS.index(self.least_band), 0 if before is None else before.facts.rank
        if max(after.facts.rank, rank_before) < least:
            return False
        if cause is Cause.GRAVER and rank_before < least and (not self.causes or Cause.RAISED in self.causes):
            return True
        return not self.causes or cause in self.causes

    def to_json(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> Wants:
        """What ``to_json`` wrote."""
        lists = {name: tuple(read[name]) for name in ("kinds", "rules", "areas", "units")}
        return cls(least_band=read["least_band"], causes=tuple(map(Cause, read["causes"])), **lists)


def causes_of(before: Standing | None, after: Standing, now_us: int) -> tuple[Cause, ...]:
    """What a change of an alert is to somebody; both standings are as grave as what is shown to him. ``before``: None of an alert that is new."""
    state = after.state(now_us)
    if after.is_history:
        return ()
    if before is None:
        is_over = state is State.RETURNED and after.facts.life is Life.CLOSED
        return (Cause.RAISED,) if state is State.ANNUNCIATED or is_over else ()
    if state is State.CLOSED:
        return () if before.closing is not None else (Cause.CLOSED,)
    found = []
    if after.facts.rank > before.facts.rank and state in _TOLD:
        found.append(Cause.GRAVER)
    elif state is State.ANNUNCIATED and after.annunciated_us != before.annunciated_us:
        found.append(Cause.RAISED)
    is_quiet = after.suppressed_by is not None or after.out_of_service_by is not None
    if after.facts.life is not before.facts.life and not is_quiet:
        found += [Cause.ENDED] if after.facts.life is Life.CLOSED else []
        found += [Cause.RETRACTED] if after.facts.life is Life.RETRACTED else []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class RanOut:
    """A clock that ran out: which, when, and who is told."""

    clock: str
    due_us: int
    to: Escalation


def ran_out(standing: Standing, now_us: int, settings: ClockSettings) -> tuple[RanOut, ...]:
    """The clocks of an alert that have run out, each of its own: ``acknowledge``, the same twice over, ``respond``."""
    told = clocks_of(standing, now_us, settings)
    found = []
    if told.acknowledge_due_us is not None:
        twice_us = told.acknowledge_due_us + settings.acknowledge_us(standing.facts.band)
        found += [
            RanOut("acknowledge", told.acknowledge_due_us, Escalation.SUPERVISOR_OF_UNIT),
            RanOut("acknowledge_twice", twice_us, Escalation.EVERY_SUPERVISOR),
        ]
    if told.respond_due_us is not None:
        found.append(RanOut("respond", told.respond_due_us, Escalation.EVERY_SUPERVISOR))
    return tuple(one for one in found if now_us >= one.due_us)
