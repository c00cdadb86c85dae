"""Records that a row-by-row kernel leaves for judgement: whose, when known, of what kind, and the state row as it stood.

What detectors of the air have in common: :func:`placed_aircraft` are the columns their kernels follow, :meth:`Records.judged` takes to
judgement what the watermark has reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.events import Event
from tracker.identity import is_aircraft
from tracker.positions import PositionBatch
from tracker.schema import read_only

Judge = Callable[[int, int, int, NDArray[np.float64]], Event | None]
"""Key, instant it became known, kind and state row of a record -> the event it gives rise to, if any."""


def placed_aircraft(positions: PositionBatch, columns: Sequence[str]) -> list[Any] | None:
    """Some columns of the rows that place an aircraft, read-only; None where no row does."""
    placed = np.asarray(is_aircraft(positions.craft)) & positions.has_position
    if not placed.any():
        return None
    given = [getattr(positions, name) for name in columns]
    return [read_only(column if placed.all() else column[placed]) for column in given]


class Records:
    """Records of one kernel; ``state`` has shape (records, width)."""

    def __init__(self, key: Any, known_us: Any, kind: Any, state: Any) -> None:
        self.key: NDArray[np.int64] = key
        self.known_us: NDArray[np.int64] = known_us
        self.kind: NDArray[np.int64] = kind
        self.state: NDArray[np.float64] = state

    def __len__(self) -> int:
        return len(self.key)

    @property
    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """The columns in the order kernels take them."""
        return self.key, self.known_us, self.kind, self.state

    @classmethod
    def room(cls, length: int, width: int) -> Records:
        """Space for so many records."""
        whole = [np.empty(length, dtype=np.int64) for _ in range(3)]
        return cls(whole[0], whole[1], whole[2], np.empty((length, width)))

    def plus(self, other: Records) -> Records:
        """These and some more."""
        if not len(other):
            return self
        return Records(*(np.concatenate(pair) for pair in zip(self.arrays, other.arrays, strict=True)))

    def take(self, rows: Any) -> Records:
        """Some of them."""
        return Records(*(array[rows] for array in self.arrays))

    def in_order(self) -> Records:
        """By the instant they became known, then by craft and kind."""
        return self.take(np.lexsort((self.kind, self.key, self.known_us)))

    def judged(self, watermark_us: int, judge: Judge) -> tuple[list[Event], Records]:
        """Events of what became known up to the watermark, in order, and the records that wait for a later one."""
        due = self.known_us <= watermark_us
        if not due.any():
            return [], self
        ready = self.take(due).in_order()
        given = [
            judge(int(ready.key[i]), int(ready.known_us[i]), int(ready.kind[i]), ready.state[i])
            for i in range(len(ready))
        ]
        return [event for event in given if event is not None], self.take(~due)

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        ordered = self.in_order()
        flat = pa.FixedSizeListArray.from_arrays(pa.array(ordered.state.ravel()), self.state.shape[1])
        return pa.table({"key": ordered.key, "known_us": ordered.known_us, "kind": ordered.kind, "state": flat})

    @classmethod
    def from_arrow(cls, table: pa.Table, width: int) -> Records:
        """The inverse of :meth:`to_arrow`."""
        whole = [table.column(name).combine_chunks().to_numpy() for name in ("key", "known_us", "kind")]
        flat = table.column("state").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return cls(whole[0], whole[1], whole[2], flat.reshape(-1, width))
