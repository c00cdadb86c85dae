"""In which order alerts are worked on: by what is lost by letting them wait, with every term shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.room.desk.clocks import Clocks
from tracker.room.desk.states import FINISHED, State

_MINUTE_US: Final = 60_000_000
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
        late_min = (now_us - clocks.acknowledge_due_us) // _MINUTE_US
        terms.append(Term("acknowledge_clock", _OVERDUE_POINTS, f"it should have been acknowledged {late_min} min ago"))
    if clocks.respond_due_us is not None and now_us >= clocks.respond_due_us:
        late_min = (now_us - clocks.respond_due_us) // _MINUTE_US
        terms.append(Term("response_clock", _RESPONSE_POINTS, f"somebody should have had it {late_min} min ago"))
    if state in _QUIET_POINTS:
        terms.append(Term("state", _QUIET_POINTS[state], f"it is {str(state).replace('_', ' ')}"))
    return sum(term.points for term in terms), tuple(terms)
