"""Late rows that wait to be settled together, and when that is due.

They wait until a source reaches the next multiple of ``settle_us`` of event time, so that a thousand of them cost one recomputation. When that is
depends on the rows alone: one feed cut up differently is settled at the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.units import NEVER_US


@dataclass(slots=True)
class LateRows:
    """Of the rows that wait the earliest and the latest, and when they are due."""

    settle_us: int
    earliest_us: int | None = None
    """None where none waits."""
    latest_us: int = NEVER_US
    due_us: int = NEVER_US

    def note(self, times_us: NDArray[np.int64], reached_us: int) -> None:
        """Some rows are late; their source, or the watermark, has reached an instant."""
        earliest_us, latest_us = int(times_us.min()), int(times_us.max())
        if self.earliest_us is None:
            self.due_us = self._next_due_us(reached_us)
            self.earliest_us, self.latest_us = earliest_us, latest_us
        else:
            self.earliest_us = min(self.earliest_us, earliest_us)
            self.latest_us = max(self.latest_us, latest_us)

    def is_due(self, reached_us: int) -> bool:
        """Whether they are to be settled now that a source has come so far."""
        return self.earliest_us is not None and reached_us >= self.due_us

    def take(self, mark_us: int) -> int | None:
        """The earliest, once the watermark has passed what is due; rows ahead of it wait on. None where it has not."""
        if self.earliest_us is None or mark_us < min(self.latest_us, self.due_us):
            return None
        earliest_us, self.earliest_us = self.earliest_us, None
        if self.latest_us > mark_us:
            self.earliest_us, self.due_us = mark_us + 1, self._next_due_us(mark_us)
        return earliest_us

    def set_back(self, to_us: int) -> None:
        """No row is waited for beyond an instant."""
        self.latest_us = min(self.latest_us, to_us)

    def cuts(self, lead_us: NDArray[np.int64], frontier_us: int | None) -> Iterator[slice]:
        """Rows of a source cut where it reaches a multiple of ``settle_us``, if late rows wait for that or are among them."""
        whole = slice(0, len(lead_us))
        if not len(lead_us):
            yield whole
            return
        if frontier_us is None:
            frontier_us = int(lead_us[0])
        reached_us = np.maximum(np.maximum.accumulate(lead_us), frontier_us)
        if self.earliest_us is None and not (lead_us < reached_us).any():
            yield whole
            return
        first_cell, cell = frontier_us // self.settle_us, reached_us // self.settle_us
        edges = [0, *(np.flatnonzero(np.diff(cell, prepend=first_cell))).tolist(), len(lead_us)]
        for start, stop in pairwise(sorted(set(edges))):
            yield slice(start, stop)

    def _next_due_us(self, reached_us: int) -> int:
        return (reached_us // self.settle_us + 1) * self.settle_us

    def table(self) -> pa.Table:
        """For a snapshot."""
        return pa.table(
            {
                "earliest_us": pa.array([self.earliest_us], pa.int64()),
                "latest_us": pa.array([self.latest_us], pa.int64()),
                "due_us": pa.array([self.due_us], pa.int64()),
            }
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        kept: dict[str, Any] = table.to_pylist()[0]
        self.earliest_us, self.latest_us, self.due_us = kept["earliest_us"], kept["latest_us"], kept["due_us"]
