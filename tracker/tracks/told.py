"""Statics of tables in event-time order: everything said of a craft is told once in six minutes, by the first report that says so.

A table says who the craft is on every row. What its reader gives is thinned already (``tracker.decode.tables.changes``), but of rows out of order, and of
several files that lie beside one another in time, some that are not the first are left. The rule is the same in both places and asks for
nothing but the rows in event-time order: so a sorted file and the same file shuffled, split or joined give the same statics.

What is remembered is of the stretch of :data:`TOLD_EVERY_US` under way only.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.decode.tables.changes import TOLD_EVERY_US, mixed_words, statement_keys
from tracker.positions import MESSAGE_TYPE_TABLE
from tracker.schema import read_only
from tracker.statics import StaticBatch

_NEVER: Final = -(1 << 62)
_NOT_SAID: Final = ("time_us", "received_us", "craft", "source")


class ToldStatics:
    """Which static reports of tables say something new."""

    def __init__(self) -> None:
        self._state = KeyedState({"told": ("u1", 0), "stretch": ("i8", _NEVER)})

    def new(self, statics: StaticBatch) -> StaticBatch:
        """The rows of a batch in event-time order that are to be told; reports of transmitters are all."""
        table = statics.message_type == MESSAGE_TYPE_TABLE
        if not table.any():
            return statics
        rows = np.flatnonzero(table)
        state, stretch = self._state, statics.time_us[rows] // TOLD_EVERY_US
        slots = state.slots(read_only(statement_keys(statics.craft[rows], content_hash(statics, rows), stretch)))
        state["stretch"][slots] = stretch
        told = np.empty(len(rows), dtype=np.bool_)
        _once(slots, state["told"], told)
        old = state.alive()
        state.forget(old[state["stretch"][old] < stretch[-1]])
        if told.all():
            return statics
        kept = ~table
        kept[rows] = told
        return statics.take(kept)

    def capture(self) -> LaterTable:
        """For a snapshot."""
        return self._state.capture()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`."""
        self._state.restore_arrow(table)


@numba.njit(cache=True, nogil=True)
def _once(slots: NDArray[np.int32], before: NDArray[np.uint8], told: NDArray[np.bool_]) -> None:
    """Fill ``told`` with who was not told before."""
    for i in range(len(slots)):
        s = slots[i]
        told[i] = before[s] == 0
        before[s] = 1


def content_hash(statics: StaticBatch, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A hash of what each row says: all columns but when, whence and of whom."""
    told = [column.name for column in StaticBatch.COLUMNS if column.name not in _NOT_SAID]
    return mixed_words((word for name in told for word in _words(getattr(statics, name)[rows])), len(rows))


def _words(values: NDArray[np.generic]) -> list[NDArray[np.uint64]]:
    """A column as unsigned words, one or more a row."""
    if values.dtype.kind != "S":
        if values.dtype.kind == "f":
            values = np.where(np.isnan(values), np.nan, values).astype(np.float64)
            return [np.ascontiguousarray(values).view(np.uint64)]
        return [values.astype(np.int64).view(np.uint64)]
    width = -(-values.dtype.itemsize // 8)
    padded = np.ascontiguousarray(values.astype(f"S{8 * width}")).view(np.uint64).reshape(len(values), width)
    return [padded[:, k] for k in range(width)]
