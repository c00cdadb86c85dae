"""Which rows of a table say something new about who the craft is.

A table repeats name, call sign and type on every row. Everything it says of a craft is told as a ship would tell it, once in each six
minutes of event time (:data:`TOLD_EVERY_US`, a grid that is the same for every file): by the first row that says so. A table of a million rows
gives a static report per craft, statement and six minutes, and a craft that was forgotten is known again.

Which row is the first is a question of event time, not of the place in the file. A row is given if none that is as early was given before
it; so of rows in order the first is given, and of rows out of order the earliest too, with a few later ones before it, which
``tracker.tracks.told`` takes out once all inputs are in order. Neither the order of rows nor how they are spread over files changes what is told.
Memory is bounded: beyond ``MAX_STATEMENTS`` the earlier half is forgotten (and would be given again).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from tracker.schema import read_only
from tracker.units import NEVER_US, US_PER_MIN

MAX_STATEMENTS: Final = 1 << 17
TOLD_EVERY_US: Final = 6 * US_PER_MIN
"""A ship transmits its statics every six minutes (ITU-R M.1371-5, table 46)."""
_FOREVER_US: Final = -NEVER_US
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(29)


class StaticChanges:
    """Remembers when what was said of which craft was given first, in each stretch of time."""

    def __init__(self, most: int = MAX_STATEMENTS) -> None:
        self._state = KeyedState({"us": ("i8", _FOREVER_US)})
        self._most = most

    def rows(self, craft: NDArray[np.int64], time_us: NDArray[np.int64], said: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Numbers of the rows, ascending, that are to be told; ``said`` is a hash of what each row says."""
        if not len(craft):
            return np.zeros(0, dtype=np.int64)
        state = self._state
        slots = state.slots(read_only(statement_keys(craft, said, time_us // TOLD_EVERY_US)))
        told = np.empty(len(craft), dtype=np.bool_)
        _earliest(slots, read_only(time_us), state["us"], told)
        if len(state) > self._most:
            alive = state.alive()
            state.forget(alive[np.argsort(state["us"][alive], kind="stable")[: len(alive) // 2]])
        return np.flatnonzero(told)

    def table(self) -> pa.Table:
        """What is remembered, for a snapshot."""
        return self._state.to_arrow()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        self._state = KeyedState({"us": ("i8", _FOREVER_US)})
        self._state.restore_arrow(table)


def statement_keys(craft: NDArray[np.int64], said: NDArray[np.uint64], stretch: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each craft, what is said of it, and the stretch of time."""
    words = (np.ascontiguousarray(word).view(np.uint64) for word in (said, craft, stretch))
    keys: NDArray[np.int64] = mixed_words(words, len(said)).view(np.int64)
    return keys


def mixed_words(words: Iterable[NDArray[np.uint64]], count: int) -> NDArray[np.uint64]:
    """A hash of each of ``count`` rows, whose words are given column by column."""
    mixed = np.zeros(count, dtype=np.uint64)
    for word in words:
        mixed = (mixed ^ word) * _SPREAD
        mixed ^= mixed >> _FOLD
    return mixed


@numba.njit(cache=True, nogil=True)
def _earliest(
    slots: NDArray[np.int32], time_us: NDArray[np.int64], told_us: NDArray[np.int64], told: NDArray[np.bool_]
) -> None:
    """Fill ``told`` and carry the state on."""
    for i in range(len(slots)):
        s = slots[i]
        told[i] = time_us[i] < told_us[s]
        if told[i]:
            told_us[s] = time_us[i]
