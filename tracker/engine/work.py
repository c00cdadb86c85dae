"""Places of work: a chunk, a step of the watermark, a settlement of late rows; what of them is set aside because it ended earlier lives.

Who remembers that is ``tracker.watch.quarantine``. A replay has one life: nothing is set aside in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.faults import Fault
from tracker.units import NEVER_US, iso_time

CHUNK: Final = "chunk"
STEP: Final = "step"
SETTLEMENT: Final = "settlement"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the work was: a chunk by its line and position, or a span of event time."""

    kind: str
    line: str = ""
    position: str = ""
    after_us: int = 0
    up_to_us: int = 0
    error: str = ""
    """What ended the life there."""

    def shared_with(self, other: Place) -> Place | None:
        """The part of this place that another is of, too; None where there is none."""
        if self.kind != other.kind:
            return None
        if self.kind == CHUNK:
            return self if (self.line, self.position) == (other.line, other.position) else None
        after_us, up_to_us = max(self.after_us, other.after_us), min(self.up_to_us, other.up_to_us)
        return replace(self, after_us=after_us, up_to_us=up_to_us) if after_us < up_to_us else None

    def fault(self, rows: int = 1) -> Fault:
        """As what was set aside is told."""
        error, at, place = self.error.rpartition(" at ")
        return Fault(self.kind, error if at else self.error, place if at else "unknown", str(self), rows)

    def __str__(self) -> str:
        if self.kind == CHUNK:
            return f"chunk {self.position} of {self.line}"
        begin = "" if self.after_us <= 0 else f"from {iso_time(self.after_us)} "
        return f"{self.kind} {begin}up to {iso_time(max(self.up_to_us, 0))}"


def lies_in(places: Iterable[Place], time_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which instants lie in one of some spans."""
    found = np.zeros(len(time_us), dtype=np.bool_)
    for place in places:
        found |= (time_us > place.after_us) & (time_us <= place.up_to_us)
    return found


class Aside(Protocol):
    """What is set aside, as the engine asks for it, and what it is told of the work in hand."""

    @property
    def aside(self) -> Sequence[Place]:
        """Places set aside, the latest last."""
        ...

    @property
    def settled_to_us(self) -> int:
        """Nothing up to here is settled any more."""
        ...

    def holding(self, place: Place) -> AbstractContextManager[None]:
        """Work at a place."""
        ...

    def steps_aside(self, after_us: int, up_to_us: int) -> list[Place]:
        """The steps set aside that reach into a span of event time."""
        ...


class NothingAside:
    """Whoever has one life only."""

    aside: Sequence[Place] = ()
    settled_to_us: int = NEVER_US

    def holding(self, place: Place) -> AbstractContextManager[None]:
        """Nobody asks afterwards."""
        return nullcontext()

    def steps_aside(self, after_us: int, up_to_us: int) -> list[Place]:
        """None."""
        return []
