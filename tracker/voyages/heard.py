"""Who craft said they are: what papers that come later are laid over.

Kept is every different statement of a craft (IMO number, name, call sign; of an aircraft also the day, since flight numbers come again every day) with the instants
at which it was first and last said. A statement is some 100 bytes; of more than ``MOST_STATEMENTS`` those not said for longest are dropped, and of one craft
the last ``MOST_OF_A_CRAFT`` are kept: somebody who gives another name with every message pushes out nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.identity import is_aircraft, is_ship_station
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY
from tracker.voyages.ship_names import MOST_EDITS, folded

MOST_STATEMENTS: Final = 1 << 20
MOST_OF_A_CRAFT: Final = 64
"""More than a ship says in a year, and an aircraft in two weeks (ours)."""
_MOST_UNSORTED: Final = 4096
"""So many new statements are looked through one by one before all are sorted by craft anew."""
_NEAR_COUNTS: Final = 2 * MOST_EDITS
"""An edit changes two counts at most."""
_COUNTED: Final = tuple(dict.fromkeys(folded("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")))
_COUNT_OF: Final = np.array(
    [_COUNTED.index(one) if (one := folded(chr(code))) in _COUNTED else -1 for code in range(128)]
)
"""Which count a letter or figure goes to, by its code: those that a scanner takes for each other are one."""
_SAID: Final = ("imo", "name", "call_sign")
KeysOf = Callable[[int, bytes, bytes], tuple[str, str]]
"""Craft, name and call sign as heard -> what papers would know them by, each empty where they say nothing."""


class Heard:
    """The statements of all craft.

    Parameters
    ----------
    keys_of:
        How name and call sign are compared (``tracker.voyages.conveyance.heard_keys``).
    """

    def __init__(self, keys_of: KeysOf) -> None:
        self._keys_of = keys_of
        self._said = KeyedState(
            {
                "craft": ("i8", 0), "first_us": ("i8", 0), "last_us": ("i8", 0), "imo": ("i4", 0), "name": ("S20", b""), "call_sign": ("S8", b""),
                "plain_name": ("S20", b""), "name_key": ("u4", 0), "sign_key": ("u4", 0),
            }
        )  # fmt: skip
        self._of_craft = KeyedState({"statements": ("i4", 0)})
        self._letters = np.zeros((0, len(_COUNTED)), dtype=np.int8)
        self._present = np.zeros(0, dtype=np.uint64)
        """Of every slot the letters of its name, counted, and which there are, a bit each: letters are counted when they are heard, and not at every question."""
        self._slots_by = {name: _SlotsBy(self._said, name) for name in ("craft", "imo", "name_key", "sign_key")}

    def __len__(self) -> int:
        return len(self._said)

    def note(self, statics: StaticBatch) -> StaticBatch:
        """Static reports in event-time order; those that say nothing of who the craft is are passed over. Returns what was not said before."""
        statics = statics.take(_says_who(statics))
        if not len(statics):
            return statics
        said, keys = self._said, statement_hashes(statics)
        new = np.flatnonzero(said.find(keys) < 0)
        slots = said.slots(keys)
        rows = new
        if len(new):
            _, first = np.unique(keys[new], return_index=True)
            rows = np.sort(new[first])
            at = slots[rows]
            said["craft"][at], said["first_us"][at] = statics.craft[rows], statics.time_us[rows]
            for name in _SAID:
                said[name][at] = getattr(statics, name)[rows]
            for slot, row in zip(at.tolist(), rows.tolist(), strict=True):
                name, sign = self._keys_of(
                    int(statics.craft[row]), bytes(statics.name[row]), bytes(statics.call_sign[row])
                )
                said["plain_name"][slot] = name.encode("ascii", "ignore")
                said["name_key"][slot], said["sign_key"][slot] = key_number(name), key_number(sign)
            self._enter(at)
        said["last_us"][slots] = statics.time_us
        if len(new):
            self._keep_bounds(np.unique(statics.craft[new]))
        return statics.take(rows)

    def of_craft(self, craft: int) -> StaticBatch:
        """What a craft said, each first and last time."""
        return self._rows(self._slots_by["craft"].of([craft]))

    def of_papers(self, imos: Collection[int], names: Iterable[str], signs: Iterable[str]) -> StaticBatch:
        """What craft said that ever gave one of some numbers, or what papers know by some keys: all they said, each first and last time, in the order of time.

        Others may be among them, whose keys have the same number: whoever asks compares again.
        """
        wanted = [self._slots_by["imo"].of([imo for imo in imos if imo > 0])]
        for column, keys in (("name_key", names), ("sign_key", signs)):
            wanted.append(self._slots_by[column].of(_numbers(keys)))
        crafts = np.unique(self._said["craft"][np.concatenate(wanted)])
        return self._rows(self._slots_by["craft"].of(crafts))

    def who_said(self, names: Collection[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Craft that gave a name which papers know by one of some keys, and when each said so first; the first to say it first."""
        said, slots = self._said, self._slots_by["name_key"].of(_numbers(names))
        plain = np.array(sorted({name.encode("ascii", "ignore")[:20] for name in names}), dtype="S20")
        slots = slots[np.isin(said["plain_name"][slots], plain)]
        order = np.lexsort((said["craft"][slots], said["first_us"][slots]))
        crafts, first_us = said["craft"][slots[order]], said["first_us"][slots[order]]
        _, at = np.unique(crafts, return_index=True)
        at.sort()
        return crafts[at], first_us[at]

    def who_gave(self, crafts: NDArray[np.int64], imo: int, until_us: int) -> set[int]:
        """Of some craft those that gave an IMO number by an instant."""
        said, slots = self._said, self._slots_by["imo"].of([imo])
        slots = slots[(said["first_us"][slots] <= until_us) & np.isin(said["craft"][slots], crafts)]
        return set(said["craft"][slots].tolist())

    def alike(self, keys: Iterable[str]) -> StaticBatch:
        """What ships said whose names are known by nearly the letters of some keys, each first and last time; whoever asks compares again.

        Letters are counted, wherever they stand: ``MOST_EDITS`` edits change no more than ``_NEAR_COUNTS`` counts.
        """
        wanted = np.array(sorted({key.encode("ascii", "ignore") for key in keys} - {b""}), dtype="S")
        alive = np.flatnonzero(self._said.alive_mask)
        alive = alive[self._said["plain_name"][alive] != b""]
        if not len(wanted) or not len(alive):
            return self._rows(alive[:0])
        present, near = self._present[alive], np.zeros(len(alive), dtype=np.bool_)
        counts = _letter_counts(wanted)
        for count, letters in zip(counts, _letters_present(counts), strict=True):
            maybe = np.flatnonzero(~near & (np.bitwise_count(present ^ letters) <= _NEAR_COUNTS))
            near[maybe] = np.abs(self._letters[alive[maybe]] - count).sum(axis=1) <= _NEAR_COUNTS
        return self._rows(alive[near])

    def _rows(self, slots: NDArray[np.int64]) -> StaticBatch:
        said = self._said
        again = slots[said["last_us"][slots] > said["first_us"][slots]]
        at = np.concatenate([slots, again])
        time_us = np.concatenate([said["first_us"][slots], said["last_us"][again]])
        order = np.lexsort((said.keys[at], said["craft"][at], time_us))
        at = at[order]
        columns = {name: said[name][at] for name in ("craft", *_SAID)}
        return StaticBatch.from_columns(len(at), time_us=time_us[order], **columns)

    def forget(self, before_us: int) -> None:
        """Drop what was not said since an instant."""
        alive = self._said.alive()
        self._drop(alive[self._said["last_us"][alive] < before_us])

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Drop what some craft said."""
        alive = self._said.alive()
        self._drop(alive[np.isin(self._said["craft"][alive], craft)])

    def capture(self) -> LaterTable:
        """For a snapshot."""
        return self._said.capture()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`, into a memory of nothing."""
        self._said.restore_arrow(table)
        self._enter(self._said.alive())

    def _enter(self, slots: NDArray[Any]) -> None:
        """What is kept beside new statements."""
        self._count(self._said["craft"][slots], 1)
        for by in self._slots_by.values():
            by.add(slots)
        room = len(self._said["craft"])
        if room > len(self._present):
            self._letters = np.resize(self._letters, (room, len(_COUNTED)))
            self._present = np.resize(self._present, room)
        self._letters[slots] = _letter_counts(self._said["plain_name"][slots])
        self._present[slots] = _letters_present(self._letters[slots])

    def _count(self, crafts: NDArray[np.int64], change: int) -> None:
        slots = self._of_craft.slots(crafts)
        np.add.at(self._of_craft["statements"], slots, change)

    def _drop(self, slots: NDArray[np.int64]) -> None:
        crafts = self._said["craft"][slots]
        self._said.forget(slots)
        self._count(crafts, -1)
        gone = np.unique(crafts)
        self._of_craft.forget_keys(gone[self._of_craft["statements"][self._of_craft.slots(gone)] == 0])

    def _keep_bounds(self, crafts: NDArray[np.int64]) -> None:
        """Drop what is too much of craft that said something new, and of all."""
        said = self._said
        many = crafts[self._of_craft["statements"][self._of_craft.slots(crafts)] > MOST_OF_A_CRAFT]
        if len(many):
            alive = said.alive()
            mine = alive[np.isin(said["craft"][alive], many)]
            order = mine[np.lexsort((said.keys[mine], -said["last_us"][mine], said["craft"][mine]))]
            craft = said["craft"][order]
            begins = np.flatnonzero(np.r_[True, craft[1:] != craft[:-1]])
            place = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)]))
            self._drop(order[place >= MOST_OF_A_CRAFT])
        if len(said) > MOST_STATEMENTS:
            alive = said.alive()
            oldest = alive[np.lexsort((said.keys[alive], said["last_us"][alive]))]
            self._drop(oldest[: len(said) - MOST_STATEMENTS * 7 // 8])


class _SlotsBy:
    """Finds the slots of statements by what a column says, without going through all."""

    def __init__(self, said: KeyedState, column: str) -> None:
        self._said, self._column = said, column
        self._order, self._values = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self._since: list[NDArray[np.int64]] = []
        self._unsorted = 0
        """Slots by the column, and what it said, as they were at the last sorting; slots given since, and how many. A slot may have gone to another statement
        by now: whoever reads looks."""

    def add(self, slots: NDArray[Any]) -> None:
        """Slots were given to new statements."""
        if self._unsorted <= _MOST_UNSORTED:  # beyond, everything is sorted at the next question
            self._since.append(slots.astype(np.int64))
        self._unsorted += len(slots)

    def of(self, values: Collection[int] | NDArray[Any]) -> NDArray[np.int64]:
        """The slots, in order, whose statements say one of some values."""
        if not len(values):
            return np.zeros(0, dtype=np.int64)
        said, alive = self._said[self._column], self._said.alive_mask
        if self._unsorted > _MOST_UNSORTED:
            slots = np.flatnonzero(alive)
            self._order = slots[np.argsort(said[slots], kind="stable")]
            self._values = said[self._order].astype(np.int64)
            self._since, self._unsorted = [], 0
        wanted = np.unique(np.asarray(values, dtype=np.int64))
        begin = np.searchsorted(self._values, wanted, side="left")
        count = np.searchsorted(self._values, wanted, side="right") - begin
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        since = np.concatenate([np.zeros(0, dtype=np.int64), *self._since])
        since = since[np.isin(said[since], wanted)]
        slots = np.concatenate([self._order[np.repeat(begin, count) + within], since])
        return np.unique(slots[alive[slots] & np.isin(said[slots], wanted)])


def _numbers(keys: Iterable[str]) -> list[int]:
    """The numbers of some keys that say anything."""
    return sorted({key_number(key) for key in keys} - {0})


def _says_who(statics: StaticBatch) -> NDArray[np.bool_]:
    says = (statics.imo > 0) | (statics.name != b"") | (statics.call_sign != b"")
    return np.asarray(says & (is_aircraft(statics.craft) | is_ship_station(statics.craft)), dtype=np.bool_)


def _letter_counts(keys: NDArray[np.bytes_]) -> NDArray[np.int8]:
    """How often each letter and figure stands in each key, shape (n, len(_COUNTED))."""
    counts = np.zeros((len(keys), len(_COUNTED)), dtype=np.int8)
    letters = np.ascontiguousarray(keys).view(np.uint8).reshape(len(keys), keys.dtype.itemsize)
    kinds = _COUNT_OF[np.minimum(letters, 127)]
    row, at = np.nonzero(kinds >= 0)
    np.add.at(counts, (row, kinds[row, at]), 1)
    return counts


def _letters_present(counts: NDArray[np.int8]) -> NDArray[np.uint64]:
    """Which letters and figures are there, a bit each, shape (n,): names whose counts differ by some differ in no more bits."""
    bits = np.uint64(1) << np.arange(len(_COUNTED), dtype=np.uint64)
    return np.asarray(((counts > 0) * bits).sum(axis=1, dtype=np.uint64))


def key_number(key: str) -> int:
    """A key as a number, 0 for none: two keys may share one."""
    return crc32(key.encode()) if key else 0


def statement_hashes(statics: StaticBatch) -> NDArray[np.int64]:
    """64-bit hash per row over craft, IMO number, name, call sign and, of aircraft, the day (multiply and add, splitmix finaliser)."""
    hashed = np.zeros(len(statics), dtype=np.uint64)
    day = np.where(is_aircraft(statics.craft), statics.time_us // US_PER_DAY, 0)
    columns: list[NDArray[Any]] = [
        statics.craft.astype(np.uint64),
        day.astype(np.uint64),
        statics.imo.astype(np.uint64),
        *np.ascontiguousarray(statics.name, dtype="S24").view(np.uint64).reshape(-1, 3).T,
        np.ascontiguousarray(statics.call_sign, dtype="S8").view(np.uint64),
    ]
    for values in columns:
        hashed ^= values
        hashed *= np.uint64(0x9E3779B97F4A7C15)
        hashed ^= hashed >> np.uint64(29)
    hashed *= np.uint64(0xBF58476D1CE4E5B9)
    hashed ^= hashed >> np.uint64(32)
    return hashed.view(np.int64)
