"""The two clocks of an alert, and who is told when they run out: functions of the standing and of now, so that no job has to run for them.

The clock of acknowledgement runs from when an alert began to call until somebody acknowledges it; the clock of response runs from there until somebody, or
a unit, has it. Silencing stops neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tracker.room.desk.states import Standing, State

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
"""Written out here: ``tracker.units`` knows the clock, which nothing of the desk may import."""
STALE_US: Final = DAY_US
"""ISA-18.2: annunciated for more than 24 h is stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSettings:
    """How long people may take, in minutes."""

    acknowledge_critical_min: float = 5
    acknowledge_high_min: float = 15
    acknowledge_other_min: float = 60
    respond_min: float = 60

    def acknowledge_us(self, band: str) -> int:
        """Time for acknowledging an alert of a priority band."""
        minutes = {"critical": self.acknowledge_critical_min, "high": self.acknowledge_high_min}
        return round(minutes.get(band, self.acknowledge_other_min) * MINUTE_US)

    @property
    def respond_us(self) -> int:
        """Time until somebody must have it."""
        return round(self.respond_min * MINUTE_US)


class Escalation(StrEnum):
    """Who is told beside those who have it."""

    NONE = "none"
    SUPERVISOR_OF_UNIT = "supervisor_of_unit"
    """The clock of acknowledgement ran out."""
    EVERY_SUPERVISOR = "every_supervisor"
    """It ran out twice over, or the clock of response did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Instants in microseconds since 1970 UTC; None where the clock does not run."""

    acknowledge_due_us: int | None
    respond_due_us: int | None
    escalation: Escalation
    is_stale: bool


def clocks_of(standing: Standing, now_us: int, settings: ClockSettings) -> Clocks:
    """The clocks of an alert at an instant."""
    standing = standing.settled(now_us)
    state = standing.state(now_us)
    since_us, allowed_us = standing.annunciated_us, settings.acknowledge_us(standing.facts.band)
    acknowledge_due_us = since_us + allowed_us if state is State.ANNUNCIATED else None
    is_awaited = state in (State.ANNUNCIATED, State.ACKNOWLEDGED) and standing.responded_us is None
    respond_due_us = since_us + settings.respond_us if is_awaited else None
    escalation = Escalation.NONE
    if acknowledge_due_us is not None and now_us >= acknowledge_due_us:
        escalation = Escalation.SUPERVISOR_OF_UNIT
    if (acknowledge_due_us is not None and now_us >= acknowledge_due_us + allowed_us) or (
        respond_due_us is not None and now_us >= respond_due_us
    ):
        escalation = Escalation.EVERY_SUPERVISOR
    is_stale = state in (State.ANNUNCIATED, State.RETURNED) and now_us - since_us > STALE_US
    return Clocks(
        acknowledge_due_us=acknowledge_due_us, respond_due_us=respond_due_us, escalation=escalation, is_stale=is_stale
    )
