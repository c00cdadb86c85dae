"""State keyed by craft: one slot per key, every column a numpy array.

Kernels and vectorised code index columns by slot::

    state = KeyedState({"last_us": ("i8", NEVER_US), "lat_deg": ("f8", nan)})
    slots = state.slots(batch.segment)          # int32 per row; unknown keys get a fresh slot with the defaults
    state["last_us"][slots] = batch.time_us     # (rows in time order: the last write wins)
    state.forget(old_slots)

``slots`` may grow the arrays: fetch ``state["name"]`` after it, not before. Slot numbers depend on history; anything that is
published must be ordered by key (``state.alive()`` is). The size is bounded by keys alive: forgotten slots are reused.

What is known of one key lies together: columns are views of one array of records, and a column of several values is an array of rows. Reports of a
hundred thousand craft come in no order that a cache could like; a row then costs a few lines of memory and not one for every column.

The lookup is open addressing with linear probing over a power-of-two table at most half full; keys hash by the
64-bit finaliser of MurmurHash3 (Appleby, public domain). About 10 ns a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.cache_lines import ROWS_AHEAD, prefetch
from streams.snapshot import LaterTable

_EMPTY: Final = -1
_DELETED: Final = -2
_FIRST_CAPACITY: Final = 1024
_ENTERED_ROWS: Final = 1 << 16
"""Rows looked at for new keys at a time: in a crowd of new craft most rows are of those entered just before."""


@numba.njit(cache=True, nogil=True, inline="always")
def _bucket(key: int, mask: int) -> int:
    """First place to look for a key."""
    h = np.uint64(key)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    h ^= h >> np.uint64(33)
    return int(np.int64(h & np.uint64(mask)))


@numba.njit(cache=True, nogil=True)
def find_slots(keys: Any, table_slot: Any, table_key: Any, out: Any) -> int:
    """Slot of each key or -1; returns how many are missing."""
    mask = len(table_slot) - 1
    missing = 0
    for i in range(len(keys)):
        ahead = _bucket(keys[min(i + ROWS_AHEAD, len(keys) - 1)], mask)
        prefetch(table_slot, ahead, 0)
        prefetch(table_key, ahead, 0)
        key = keys[i]
        at = _bucket(key, mask)
        slot = np.int32(-1)
        while table_slot[at] != _EMPTY:
            if table_slot[at] >= 0 and table_key[at] == key:
                slot = table_slot[at]
                break
            at = (at + 1) & mask
        out[i] = slot
        if slot < 0:
            missing += 1
    return missing


@numba.njit(cache=True, nogil=True)
def _insert(keys: Any, slots: Any, table_slot: Any, table_key: Any) -> None:
    """Enter keys known to be absent."""
    mask = len(table_slot) - 1
    for i in range(len(keys)):
        at = _bucket(keys[i], mask)
        while table_slot[at] >= 0:
            at = (at + 1) & mask
        table_slot[at] = slots[i]
        table_key[at] = keys[i]


@numba.njit(cache=True, nogil=True)
def _delete(keys: Any, table_slot: Any, table_key: Any) -> None:
    """Mark the places of keys as deleted."""
    mask = len(table_slot) - 1
    for i in range(len(keys)):
        at = _bucket(keys[i], mask)
        while table_slot[at] != _EMPTY:
            if table_slot[at] >= 0 and table_key[at] == keys[i]:
                table_slot[at] = _DELETED
                break
            at = (at + 1) & mask


def _by_key(keys: NDArray[np.int64], alive: NDArray[np.bool_]) -> NDArray[np.int64]:
    used = np.flatnonzero(alive)
    return used[np.argsort(keys[used], kind="stable")]


def record_type(columns: Mapping[str, tuple[Any, ...]]) -> np.dtype[Any]:
    """What a :class:`KeyedState` keeps of a key in one record: its columns that have no width, in their order."""
    return np.dtype([(name, dtype) for name, (dtype, _, *width) in columns.items() if not width], align=True)


class KeyedState:
    """Columns of state, one slot per int64 key.

    Parameters
    ----------
    columns:
        name -> (numpy dtype, default), or name -> (dtype, default, width) for a column of ``width`` values per key, which lies apart from the
        records; one of a dtype with a shape, ``(8,)f8``, lies within them.
    """

    def __init__(self, columns: Mapping[str, tuple[Any, ...]]) -> None:
        self._spec = dict(columns)
        self._capacity = _FIRST_CAPACITY
        self._keys = np.zeros(self._capacity, dtype=np.int64)
        self._alive = np.zeros(self._capacity, dtype=np.bool_)
        self._record_type = record_type(columns)
        self._records, self._rows = self._blank(self._capacity)
        self._columns = self._views(self._records, self._rows)
        self._free = np.arange(self._capacity - 1, -1, -1, dtype=np.int32)
        """A stack of slots not in use: the first ``_free_count`` of them, the next one to be given last."""
        self._free_count = self._capacity
        self._deleted = 0
        self._new_table(4 * _FIRST_CAPACITY)

    def __len__(self) -> int:
        return self._capacity - self._free_count

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._columns[name]

    @property
    def records(self) -> NDArray[np.void]:
        """The columns that have no width as one array of records, a slot each: what kernels that speak names take."""
        return self._records

    @property
    def keys(self) -> NDArray[np.int64]:
        """Key of every slot; meaningless for slots not alive."""
        return self._keys

    @property
    def table(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The lookup as :func:`find_slots` takes it, for kernels that look up many times; do not write."""
        return self._table_slot, self._table_key

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        arrays = [
            self._keys,
            self._alive,
            self._table_slot,
            self._table_key,
            self._records,
            self._free,
            *self._rows.values(),
        ]
        return sum(array.nbytes for array in arrays)

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        """Slot of each key, -1 where there is none."""
        out = np.empty(len(keys), dtype=np.int32)
        find_slots(keys, self._table_slot, self._table_key, out)
        return out

    def slots(self, keys: NDArray[np.int64]) -> NDArray[np.int32]:
        """Slot of each key; unknown keys are entered with the defaults of all columns."""
        out = np.empty(len(keys), dtype=np.int32)
        if find_slots(keys, self._table_slot, self._table_key, out):
            rest = keys[out < 0]
            while len(rest):
                self._enter(np.unique(rest[:_ENTERED_ROWS]))
                rest = rest[_ENTERED_ROWS:]
                rest = rest[self.find(rest) < 0]
            find_slots(keys, self._table_slot, self._table_key, out)
        return out

    def alive(self) -> NDArray[np.int64]:
        """Slots in use, ordered by key."""
        return _by_key(self._keys, self._alive)

    @property
    def alive_mask(self) -> NDArray[np.bool_]:
        """True for slots in use (do not write)."""
        return self._alive

    def forget(self, slots: NDArray[Any]) -> None:
        """Give the slots back."""
        if len(slots) == 0:
            return
        _delete(self._keys[slots], self._table_slot, self._table_key)
        self._alive[slots] = False
        self._free[self._free_count : self._free_count + len(slots)] = slots
        self._free_count += len(slots)
        self._deleted += len(slots)
        if self._deleted > len(self._table_slot) // 4:
            self._new_table(len(self._table_slot))

    def forget_keys(self, keys: NDArray[np.int64]) -> None:
        """Give back the slots of some keys, each named once; those not known are passed over."""
        slots = self.find(keys)
        self.forget(slots[slots >= 0])

    def to_arrow(self) -> pa.Table:
        """All keys and columns, ordered by key."""
        return self._table(self._keys, self._alive, self._columns)

    def capture(self) -> LaterTable:
        """:meth:`to_arrow` of this very instant, made when called: putting records in order takes ten times as long as copying them."""
        records = self._records.copy()
        rows = {name: values.copy() for name, values in self._rows.items()}
        return partial(self._table, self._keys.copy(), self._alive.copy(), self._views(records, rows))

    def restore_arrow(self, table: pa.Table) -> None:
        """Fill an empty state from :meth:`to_arrow`."""
        slots = self.slots(table.column("key").combine_chunks().to_numpy())
        for name in self._spec:
            column = table.column(name)
            array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            values = (array.flatten() if pa.types.is_fixed_size_list(array.type) else array).to_numpy(
                zero_copy_only=False
            )
            self._columns[name][slots] = values.reshape(-1, *self._columns[name].shape[1:])

    @staticmethod
    def _table(keys: NDArray[np.int64], alive: NDArray[np.bool_], columns: Mapping[str, NDArray[Any]]) -> pa.Table:
        used = _by_key(keys, alive)
        arrays: dict[str, Any] = {"key": pa.array(keys[used])}
        for name, values in columns.items():
            rows = values[used]
            if rows.ndim == 2:
                flat = pa.array(rows.ravel())
                arrays[name] = pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])
            else:
                arrays[name] = pa.array(rows)
        return pa.table(arrays)

    def _blank(self, length: int) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
        """Records and rows with the defaults."""
        records = np.zeros(length, dtype=self._record_type)
        rows: dict[str, NDArray[Any]] = {}
        for name, (dtype, default, *width) in self._spec.items():
            if width:
                rows[name] = np.full((length, *width), default, dtype=dtype)
            else:
                records[name] = default
        return records, rows

    def _views(self, records: NDArray[Any], rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return {name: rows[name] if name in rows else records[name] for name in self._spec}

    def _enter(self, keys: NDArray[np.int64]) -> None:
        if self._free_count < len(keys):
            self._grow(len(self) + len(keys))
        slots = self._free[self._free_count - len(keys) : self._free_count][::-1].copy()
        self._free_count -= len(keys)
        self._keys[slots] = keys
        self._alive[slots] = True
        for name, (_, default, *_width) in self._spec.items():
            self._columns[name][slots] = default
        if 2 * (len(self) + self._deleted) > len(self._table_slot):
            self._new_table(1 << (2 * len(self)).bit_length())
        else:
            _insert(keys, slots, self._table_slot, self._table_key)

    def _grow(self, least: int) -> None:
        """Room for at least so many keys, a quarter more at a time: with doubling, a third of the memory would lie idle on average."""
        old = self._capacity
        while self._capacity < least:
            self._capacity += max(_FIRST_CAPACITY, self._capacity // 4)
        more = self._capacity - old
        self._keys = np.concatenate([self._keys, np.zeros(more, dtype=np.int64)])
        self._alive = np.concatenate([self._alive, np.zeros(more, dtype=np.bool_)])
        records, rows = self._blank(more)
        self._records = np.concatenate([self._records, records])
        self._rows = {name: np.concatenate([self._rows[name], rows[name]]) for name in rows}
        self._columns = self._views(self._records, self._rows)
        in_use, self._free = self._free[: self._free_count], np.empty(self._capacity, dtype=np.int32)
        self._free[:more] = np.arange(self._capacity - 1, old - 1, -1, dtype=np.int32)
        self._free[more : more + self._free_count] = in_use
        self._free_count += more

    def _new_table(self, size: int) -> None:
        self._table_slot = np.full(size, _EMPTY, dtype=np.int32)
        self._table_key = np.zeros(size, dtype=np.int64)
        self._deleted = 0
        used = np.flatnonzero(self._alive).astype(np.int32)
        _insert(self._keys[used], used, self._table_slot, self._table_key)
