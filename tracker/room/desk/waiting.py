"""In which order alerts are worked on: by what is lost by letting them wait, with every term shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.room.desk.clocks import HOUR_US, MINUTE_US, SECOND_US, Clocks
from tracker.room.desk.states import FINISHED, Standing, State

_LEAD_POINTS: Final = 40
_LEAD_FULL_H: Final = 2.0
"""An inspection can still just be prepared (ours)."""
_LEAD_NONE_H: Final = 48.0
"""Beyond two days an hour of waiting costs nothing (ours)."""
_CALLS_POINTS: Final = 20
_OVERDUE_POINTS: Final = 20
_RESPONSE_POINTS: Final = 15
_QUIET_POINTS: Final = {State.RETURNED: -30, State.SHELVED: -100, State.SUPPRESSED: -200, State.OUT_OF_SERVICE: -200}


@dataclass(frozen=True, slots=True)
class Term:
    """One reason for a place in the list: its points, and in words."""

    name: str
    points: int
    sentence: str


def cost_of_waiting(
    state: State, priority: int, lead_time_left_h: float | None, clocks: Clocks, now_us: int
) -> tuple[int, tuple[Term, ...]]:
    """What an hour more would cost, in points, and why; the points of the terms add up to it.

    Parameters
    ----------
    priority:
        0 to 100, as the facts say.
    lead_time_left_h:
        Hours left to prepare an inspection; None where nobody knows, or it is too late.
    """
    terms = [Term("priority", priority, f"its priority is {priority}")]
    if state in FINISHED:
        return 0, (Term("finished", 0, "nothing is left to do"),)
    if lead_time_left_h is not None and 0 <= lead_time_left_h < _LEAD_NONE_H:
        share = min((_LEAD_NONE_H - lead_time_left_h) / (_LEAD_NONE_H - _LEAD_FULL_H), 1.0)
        terms.append(
            Term(
                "lead_time", round(_LEAD_POINTS * share), f"{lead_time_left_h:.1f} h are left to prepare an inspection"
            )
        )
    if state is State.ANNUNCIATED:
        terms.append(Term("calls", _CALLS_POINTS, "nobody has acknowledged it"))
    if clocks.acknowledge_due_us is not None and now_us >= clocks.acknowledge_due_us:
        late_min = (now_us - clocks.acknowledge_due_us) // MINUTE_US
        terms.append(Term("acknowledge_clock", _OVERDUE_POINTS, f"it should have been acknowledged {late_min} min ago"))
    if clocks.respond_due_us is not None and now_us >= clocks.respond_due_us:
        late_min = (now_us - clocks.respond_due_us) // MINUTE_US
        terms.append(Term("response_clock", _RESPONSE_POINTS, f"somebody should have had it {late_min} min ago"))
    if state in _QUIET_POINTS:
        terms.append(Term("state", _QUIET_POINTS[state], f"it is {str(state).replace('_', ' ')}"))
    return sum(term.points for term in terms), tuple(terms)


def unchanged_until_us(standing: Standing, lead_until_us: int | None, clocks: Clocks, now_us: int) -> int:
    """An instant after now before which neither the state nor the points of :func:`cost_of_waiting` change; early rather than late.

    Parameters
    ----------
    lead_until_us:
        When no time is left to prepare an inspection; None where nobody knows.
    clocks:
        Those of the standing now.
    """
    shelf_us = None if standing.shelf is None else standing.shelf.until_us
    turns = [turn for turn in (shelf_us, clocks.acknowledge_due_us, clocks.respond_due_us) if turn and turn > now_us]
    if lead_until_us is not None and now_us <= lead_until_us:
        turns.append(max(_lead_turn_us(lead_until_us, now_us), now_us + 1))
    return min(turns, default=2**63)


def _lead_turn_us(lead_until_us: int, now_us: int) -> int:
    """A second before the lead time's points change next (they are rounded, so the instant itself is not sharp)."""
    left_h = (lead_until_us - now_us) / HOUR_US
    if left_h >= _LEAD_NONE_H:
        return lead_until_us - round(_LEAD_NONE_H * HOUR_US)
    share = min((_LEAD_NONE_H - left_h) / (_LEAD_NONE_H - _LEAD_FULL_H), 1.0)
    points = round(_LEAD_POINTS * share)
    if points == _LEAD_POINTS:
        return lead_until_us
    next_h = _LEAD_NONE_H - (_LEAD_NONE_H - _LEAD_FULL_H) * (points + 0.5) / _LEAD_POINTS
    return lead_until_us - round(next_h * HOUR_US) - SECOND_US
