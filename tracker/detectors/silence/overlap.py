"""Who else hears a craft: what one station, or source, misses of craft that others still hear.

Where stations overlap, a craft is not silent when one of them dies: the others hear it. But of its reports that station used to give a share,
and gives none any more. For each craft that several hear, and each that hears it, is learned every how many of its reports comes from there
(``every``, the mean of a geometric count; of copies of one report the first counts). Silent since ``T``, a station misses of a craft::

    (reports since its last one of her) / every  x  min(1, NEAR / way made since)

No more than ``MOST_ROWS`` of one craft count, for what hides it from one mast hides all it says. Only craft count that were not overdue
there at ``T``: who leaves the earshot of a station leaves it one by one.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import KM_PER_NM
from streams.borrowed import borrowed
from streams.keyed_state import KeyedState
from streams.records import state_columns
from streams.snapshot import LaterTable
from tracker.detectors.silence.columns import AIRCRAFT
from tracker.detectors.silence.memory import Memory
from tracker.schema import read_only

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


class Rows(NamedTuple):
    """Rows in time order: transmitter, and the key of the station or source that gave it; each shape (n,)."""

    time_us: NDArray[np.int64]
    craft: NDArray[np.int64]
    feed: NDArray[np.int64]


class HeardCraft:
    """What is kept of one craft."""

    rows: int = 0
    feed: int = _NOBODY
    """Who heard it last."""
    last_us: int = 0
    several: Annotated[int, "u1"] = 0


class Pair:
    """What is kept of a craft and one that hears it."""

    craft: int = -1
    feed: int = _NOBODY
    last_us: int = 0
    at: int = 0
    """How many rows of the craft there were by the last one from here."""
    every: float = 1.0
    count: int = 0


class Entries(NamedTuple):
    """Rows of craft that several hear, for ``Pair``: its key, the number of the row, and what the pair takes over; each of room for twice the rows."""

    key: NDArray[np.int64]
    row: NDArray[np.int64]
    feed: NDArray[np.int64]
    at: NDArray[np.int64]
    last_us: NDArray[np.int64]


class Overlap:
    """Craft heard by several stations, or by several sources; ``name`` is that of its tables."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._craft, self._pairs = KeyedState(state_columns(HeardCraft)), KeyedState(state_columns(Pair))

    def learn(self, time_us: NDArray[np.int64], craft: NDArray[np.int64], feed: NDArray[np.int64]) -> None:
        """Take rows in time order: transmitter, and the key of the station or source that gave it."""
        if not len(craft):
            return
        state, pairs = self._craft, self._pairs
        slots = state.slots(craft)
        out = Entries(*np.empty((5, 2 * len(craft)), dtype=np.int64))
        n = _of_several(Rows(*map(read_only, (time_us, craft, feed))), slots, state.records, out)
        if n:
            found = pairs.slots(out.key[:n])
            pairs["craft"][found], pairs["feed"][found] = craft[out.row[:n]], out.feed[:n]
            _count(found, out, pairs.records)

    def missed(self, feed: int, since_us: int, now_us: int, memory: Memory) -> tuple[float, float]:
        """How many craft that others still hear one misses that is silent since then, and how many of their reports."""
        pairs = self._pairs
        rows = np.flatnonzero(pairs.alive_mask & (pairs["feed"] == feed) & (pairs["count"] >= _SETTLED))
        rows = rows[pairs["last_us"][rows] >= since_us - _LATEST_US]
        slots, own = memory.craft.find(pairs["craft"][rows]), self._craft.find(pairs["craft"][rows])
        known = (slots >= 0) & (own >= 0)
        rows, slots, own = rows[known], slots[known], own[known]
        craft, last_us, every = memory.craft, pairs["last_us"][rows], pairs["every"][rows]
        patience_us = 1e6 * np.maximum(3.0 * craft["interval_s"][slots] * every, 2.0 * memory.config.tick_s)
        here = (last_us >= since_us - patience_us) & (craft["heard_us"][slots] > since_us)
        km = np.nan_to_num(craft["speed_kn"][slots]) * KM_PER_NM * (now_us - last_us) / 3.6e9
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
def _of_several(rows: Rows, slots: NDArray[np.int32], craft: NDArray[np.void], out: Entries) -> int:
    """Count the rows of each craft; those of craft that more than one hears are entered, and the one before the first such row."""
    rows, out = borrowed(rows), borrowed(out)
    n = 0
    for i in range(len(slots)):
        one: HeardCraft = craft[slots[i]]
        feed = rows.feed[i]
        if one.several == 0 and one.feed != feed and one.feed != _NOBODY:
            one.several = 1
            out.key[n], out.row[n], out.feed[n] = _pair(rows.craft[i], one.feed), i, one.feed
            out.at[n], out.last_us[n] = one.rows, one.last_us
            n += 1
        one.rows += 1
        one.feed, one.last_us = feed, rows.time_us[i]
        if one.several == 1:
            out.key[n], out.row[n], out.feed[n] = _pair(rows.craft[i], feed), i, feed
            out.at[n], out.last_us[n] = one.rows, rows.time_us[i]
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _count(slots: NDArray[np.int32], entered: Entries, pairs: NDArray[np.void]) -> None:
    """Every how many of its reports a craft is heard by one: a mean, of all at first and then of the latest."""
    entered = borrowed(entered)
    for i in range(len(slots)):
        one: Pair = pairs[slots[i]]
        if one.count > 0:
            one.every += max(_RATE, 1.0 / (one.count + 1.0)) * (entered.at[i] - one.at - one.every)
        one.count += 1
        one.at, one.last_us = entered.at[i], entered.last_us[i]
