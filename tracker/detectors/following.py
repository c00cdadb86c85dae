"""The frame of a detector that follows one craft at a time, row by row: loitering, zone, circling, landing.

::

    rows of a batch --kernel--> what is kept of each craft
                        '-----> records (``records``): whose, known when, of what kind, and what was kept as it stood
    silence -----------'                                  |
    watermark --> those of them that it has reached, in order --judge--> events

What such a detector gives:

========  ==============================================================================================================
kept      a class of typed defaults, a field for each number that is kept of a craft (:func:`streams.records.state_columns`)
rows      a NamedTuple of the columns of ``PositionBatch`` that its kernel looks at (:func:`rows_of`)
limits    a NamedTuple of its thresholds, made from its configuration
kernel    ``follow(first, slots, rows, state, limits, left) -> Reached``: carries the rows from ``first`` on through, writes records into
          ``left``, and stops early when that is nearly full
ends      which of those silent for too long leave which record
judge     what a record gives rise to: an event, a revision (``open_events``), or nothing
========  ==============================================================================================================

The detector owns a :class:`Following` and calls it; what else it remembers (types of ships, places where others waited) it keeps by itself.
Why it is done so: docs/decisions/0010-following.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.records import state_columns
from streams.snapshot import LaterTable
from tracker.detectors.records import Left, Reached, Records
from tracker.positions import PositionBatch
from tracker.schema import read_only

R = TypeVar("R", bound=tuple[Any, ...])
Step = Callable[[int, Left], Reached]
"""A kernel with all it needs but the row to begin with and the room for records."""
Ends = Callable[[NDArray[np.void]], Iterable[tuple[int, NDArray[np.bool_]]]]
"""What is kept of some craft that have been silent for too long -> kinds of record, and which of the craft leave one."""


def rows_of(kind: type[R], positions: PositionBatch, wanted: NDArray[np.bool_]) -> R:
    """Columns of the wanted rows, as the fields of ``kind`` are named, read-only."""
    given = (getattr(positions, name) for name in cast("Any", kind)._fields)
    whole = bool(wanted.all())
    return kind(*(read_only(column if whole else column[wanted]) for column in given))


class Following:
    """What is kept of each craft, and the records that wait for the watermark.

    Parameters
    ----------
    kept:
        Class of what is kept of one craft, see :func:`streams.records.state_columns`; its field ``last_us`` is when it was last heard.
    ends:
        The records of those silent for too long; they are known at the end of the longest silence allowed.
    silence_us:
        Longest silence allowed; the least of all where it is not the same for everybody.
    silences_us:
        Gives the longest silence allowed of each slot, where it differs.
    room:
        So many records a kernel may leave before it is asked again.
    more:
        Columns of several values a craft, as of :class:`KeyedState`.
    """

    def __init__(
        self, kept: type, ends: Ends, silence_us: int, *,
        silences_us: Callable[[], NDArray[np.float64]] | None = None, room: int = 4096, more: Mapping[str, tuple[Any, ...]] | None = None,
    ) -> None:  # fmt: skip
        self.state = KeyedState({**state_columns(kept), **(more or {})})
        self._ends, self._silence_us, self._silences_us = ends, silence_us, silences_us
        self._room = Records.room(room, self.state.records.dtype)
        self.held = self._room.take(slice(0, 0))
        self._silent_from_us = -np.inf
        """Nobody has been silent for too long before this instant."""

    def follow(self, count: int, step: Step) -> None:
        """Carry so many rows through a kernel, and hold the records it leaves."""
        row = 0
        while row < count:
            row, records = step(row, self._room.left)
            self.held = self.held.plus(self._room.take(slice(0, records)))

    def stand(self, slots: NDArray[Any], kind: int, known_us: Any) -> Records:
        """Records of some craft as they stand."""
        known = np.broadcast_to(np.asarray(known_us, dtype=np.int64), len(slots))
        return Records(self.state.keys[slots], known, np.full(len(slots), kind), self.state.records[slots])

    def end_silent(self, watermark_us: int) -> Records:
        """Forget those silent for too long, after they have left their records; returns them as they stood (kind -1)."""
        if watermark_us < self._silent_from_us:
            return self.held.take(slice(0, 0))
        state, alive = self.state, self.state.alive_mask
        end_us = state["last_us"] + (self._silences_us() if self._silences_us else self._silence_us)
        is_gone = alive & (end_us <= watermark_us)
        # whoever is heard later than this watermark is silent for too long later than that
        self._silent_from_us = np.min(end_us, initial=watermark_us + self._silence_us, where=alive & ~is_gone)
        gone = self.stand(np.flatnonzero(is_gone), -1, end_us[is_gone])
        for kind, which in self._ends(gone.state):
            left = gone.take(which)
            self.held = self.held.plus(Records(left.key, left.known_us, np.full(len(left), kind), left.state))
        state.forget(np.flatnonzero(is_gone))
        return gone

    def due(self, watermark_us: int) -> Records:
        """The records that the watermark has reached, in order; they are held no longer."""
        due = self.held.known_us <= watermark_us
        ready = self.held.take(due).in_order()
        self.held = self.held.take(~due) if len(ready) else self.held
        return ready

    def forget(self, slots: NDArray[Any], held: NDArray[np.bool_]) -> None:
        """Keep nothing in some slots, and not those of the records held."""
        self.held = self.held.take(~held)
        self.state.forget(slots)

    def tables(self) -> dict[str, pa.Table | LaterTable]:
        """The state of this instant for a snapshot; what is much is put together when asked for."""
        return {"craft": self.state.capture(), "held": self.held.to_arrow()}

    def restore(self, tables: Mapping[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`, on one that has seen nothing yet."""
        self.state.restore_arrow(tables["craft"])
        self.held = Records.from_arrow(tables["held"], self.state.records.dtype)
