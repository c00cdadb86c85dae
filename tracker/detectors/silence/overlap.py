"""Who else hears a craft: what one station, or source, misses of craft that others still hear.

Where stations overlap, a craft is not silent when one of them dies: the others hear it. But of its reports that station used to give a share,
and gives none any more. For each craft that several hear, and each that hears it, is learned every how many of its reports comes from there
(``every``, the mean of a geometric count; of copies of one report the first counts). Silent since ``T``, a station misses of a craft::

    (reports since its last one of her) / every  x  min(1, NEAR / way made since)

No more than ``MOST_ROWS`` of one craft count, for what hides it from one mast hides all it says. Only craft count that were not overdue
there at ``T``: who leaves the earshot of a station leaves it one by one.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import KM_PER_NM
from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.detectors.silence.memory import AIRCRAFT, Memory

_NOBODY: Final = -2
_RATE: Final = 0.1
"""Weight of one count in ``every``: some ten reports settle it."""
_SETTLED: Final = 5
_LEAST_ROWS: Final = 3.0
"""e^-3, one in twenty, is about as likely as that this one has just left the earshot of the station."""
MOST_ROWS: Final = 10.0
_LATEST_US: Final = 600_000_000
_NEAR_KM: Final = (10.0, 60.0)
"""So far on a ship, or an aircraft, is still about where the station heard it: a cell at sea, a third of a receiver's range in the air."""
_KEPT_US: Final = 2 * 3_600_000_000
"""As long as a silent source is looked at (``outage``)."""
_CRAFT: Final = {"rows": ("i8", 0), "feed": ("i8", _NOBODY), "last_us": ("i8", 0), "several": ("u1", 0)}
_PAIR: Final = {
    "craft": ("i8", -1), "feed": ("i8", _NOBODY), "last_us": ("i8", 0), "at": ("i8", 0), "every": ("f8", 1.0), "count": ("i8", 0),
}  # fmt: skip


class Overlap:
    """Craft heard by several stations, or by several sources; ``name`` is that of its tables."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._craft, self._pairs = KeyedState(_CRAFT), KeyedState(_PAIR)

    def learn(self, time_us: NDArray[np.int64], craft: NDArray[np.int64], feed: NDArray[np.int64]) -> None:
        """Take rows in time order: transmitter, and the key of the station or source that gave it."""
        if not len(craft):
            return
        state, pairs = self._craft, self._pairs
        slots = state.slots(craft)
        keys, row, by, at, last_us = np.empty((5, 2 * len(craft)), dtype=np.int64)
        n = _of_several(
            time_us, craft, feed, slots, state["rows"], state["feed"], state["last_us"], state["several"],
            keys, row, by, at, last_us,
        )  # fmt: skip
        if n:
            found = pairs.slots(keys[:n])
            pairs["craft"][found], pairs["feed"][found] = craft[row[:n]], by[:n]
            _count(found, at, last_us, pairs["at"], pairs["every"], pairs["count"], pairs["last_us"])

    def missed(self, feed: int, since_us: int, now_us: int, memory: Memory) -> tuple[float, float]:
        """How many craft that others still hear one misses that is silent since then, and how many of their reports."""
        pairs = self._pairs
        rows = np.flatnonzero(pairs.alive_mask & (pairs["feed"] == feed) & (pairs["count"] >= _SETTLED))
        rows = rows[pairs["last_us"][rows] >= since_us - _LATEST_US]
        slots, own = memory.craft.find(pairs["craft"][rows]), self._craft.find(pairs["craft"][rows])
        known = (slots >= 0) & (own >= 0)
        rows, slots, own = rows[known], slots[known], own[known]
        craft, last_us, every = memory.craft, pairs["last_us"][rows], pairs["every"][rows]
        patience_us = 1e6 * np.maximum(3.0 * craft["interval"][slots] * every, 2.0 * memory.config.tick_s)
        here = (last_us >= since_us - patience_us) & (craft["heard_us"][slots] > since_us)
        km = np.nan_to_num(craft["speed"][slots]) * KM_PER_NM * (now_us - last_us) / 3.6e9
        near_km = np.where(craft["kind"][slots] == AIRCRAFT, _NEAR_KM[1], _NEAR_KM[0])
        gone = (self._craft["rows"][own] - pairs["at"][rows]) / every * np.minimum(1.0, near_km / np.maximum(km, 1e-3))
        gone = np.minimum(gone[here & (gone >= _LEAST_ROWS)], MOST_ROWS)
        return float(len(gone)), float(np.sort(gone).sum())

    def forget(self, craft: NDArray[np.int64], now_us: int | None = None) -> None:
        """Drop some craft, and where a time is given what nobody else has heard for long."""
        pairs = self._pairs
        rows = pairs.alive()
        drop = np.isin(pairs["craft"][rows], craft)
        if now_us is not None:
            drop |= pairs["last_us"][rows] < now_us - _KEPT_US
        pairs.forget(rows[drop])
        self._craft.forget_keys(craft)

    def tables(self) -> dict[str, LaterTable]:
        """The state for a snapshot."""
        return {f"{self._name}_craft": self._craft.capture(), f"{self._name}_pairs": self._pairs.capture()}

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """Take over the state of a snapshot."""
        self._craft.restore_arrow(tables[f"{self._name}_craft"])
        self._pairs.restore_arrow(tables[f"{self._name}_pairs"])


@numba.njit(cache=True, nogil=True)
def _pair(craft: int, feed: int) -> int:
    """One number for a craft and who hears it."""
    mixed = np.uint64(craft) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(feed) * np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(31)
    return int(np.int64(mixed & np.uint64((1 << 62) - 1)))


@numba.njit(cache=True, nogil=True)
def _of_several(
    time_us: Any, craft: Any, feed: Any, slots: Any, rows: Any, last_feed: Any, heard_us: Any, several: Any,
    keys: Any, row: Any, by: Any, at: Any, last_us: Any,
) -> int:  # fmt: skip
    """Count the rows of each craft; those of craft that more than one hears are entered, and the one before the first such row."""
    n = 0
    for i in range(len(slots)):
        s = slots[i]
        if several[s] == 0 and last_feed[s] != feed[i] and last_feed[s] != _NOBODY:
            several[s] = 1
            keys[n], row[n], by[n] = _pair(craft[i], last_feed[s]), i, last_feed[s]
            at[n], last_us[n] = rows[s], heard_us[s]
            n += 1
        rows[s] += 1
        last_feed[s], heard_us[s] = feed[i], time_us[i]
        if several[s] == 1:
            keys[n], row[n], by[n] = _pair(craft[i], feed[i]), i, feed[i]
            at[n], last_us[n] = rows[s], time_us[i]
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _count(slots: Any, at: Any, last_us: Any, last_at: Any, every: Any, count: Any, pair_us: Any) -> None:
    """Every how many of its reports a craft is heard by one: a mean, of all at first and then of the latest."""
    for i in range(len(slots)):
        s = slots[i]
        if count[s] > 0:
            every[s] += max(_RATE, 1.0 / (count[s] + 1.0)) * (at[i] - last_at[s] - every[s])
        count[s] += 1
        last_at[s], pair_us[s] = at[i], last_us[i]
