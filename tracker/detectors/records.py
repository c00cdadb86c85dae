"""Records that a row-by-row kernel leaves for judgement: whose, known when, of what kind, and what was kept of the craft as it stood.

A kernel writes them into the arrays of :class:`Left` by :func:`leave`, and says how far it came as :class:`Reached`. What is done with them
stands in ``following``.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class Left(NamedTuple):
    """Room for the records of a kernel, each array of shape (room,); ``state`` is of the type that is kept of a craft."""

    key: NDArray[np.int64]
    known_us: NDArray[np.int64]
    kind: NDArray[np.int64]
    state: NDArray[np.void]


class Reached(NamedTuple):
    """How far a kernel came: the row that is next, and how many records it left."""

    row: int
    records: int


class Record(NamedTuple):
    """One record, as it is judged; ``state`` has the fields of what is kept of a craft."""

    key: int
    known_us: int
    kind: int
    state: Any


@numba.njit(inline="always")
def leave(left: Left, at: int, kind: int, key: int, known_us: int, state: Any) -> int:
    """Leave the ``at``-th record; returns how many there are then."""
    left.key[at], left.known_us[at], left.kind[at] = key, known_us, kind
    left.state[at] = state
    return at + 1


class Records:
    """Some records, a column each."""

    def __init__(self, key: Any, known_us: Any, kind: Any, state: Any) -> None:
        self.key: NDArray[np.int64] = key
        self.known_us: NDArray[np.int64] = known_us
        self.kind: NDArray[np.int64] = kind
        self.state: NDArray[np.void] = state

    def __len__(self) -> int:
        return len(self.key)

    def __iter__(self) -> Iterator[Record]:
        names = self.state.dtype.names or ()
        columns = (self.key.tolist(), self.known_us.tolist(), self.kind.tolist(), self.state.tolist())
        for key, known_us, kind, values in zip(*columns, strict=True):
            # fields of numpy's own records are looked up ten times as slowly
            yield Record(key, known_us, kind, SimpleNamespace(**dict(zip(names, values, strict=True))))

    @property
    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """The columns in their order."""
        return self.key, self.known_us, self.kind, self.state

    @property
    def left(self) -> Left:
        """The columns as kernels take them."""
        return Left(*self.arrays)

    @classmethod
    def room(cls, length: int, kept: np.dtype[Any]) -> Records:
        """Space for so many records of what is kept."""
        whole = [np.empty(length, dtype=np.int64) for _ in range(3)]
        return cls(whole[0], whole[1], whole[2], np.empty(length, dtype=kept))

    def plus(self, other: Records) -> Records:
        """These and some more, copied."""
        if not len(other):
            return self
        return Records(*(np.concatenate(pair) for pair in zip(self.arrays, other.arrays, strict=True)))

    def take(self, rows: Any) -> Records:
        """Some of them."""
        return Records(*(array[rows] for array in self.arrays))

    def in_order(self) -> Records:
        """By the instant they became known, then by craft and kind."""
        return self.take(np.lexsort((self.kind, self.key, self.known_us)))

    def to_arrow(self) -> pa.Table:
        """For a snapshot: a column for each field of what is kept."""
        ordered = self.in_order()
        columns = {"key": ordered.key, "known_us": ordered.known_us, "kind": ordered.kind}
        return pa.table({name: pa.array(values) for name, values in columns.items()} | arrow_columns(ordered.state))

    @classmethod
    def from_arrow(cls, table: pa.Table, kept: np.dtype[Any]) -> Records:
        """The inverse of :meth:`to_arrow`."""
        whole = [table.column(name).combine_chunks().to_numpy() for name in ("key", "known_us", "kind")]
        return cls(whole[0], whole[1], whole[2], from_arrow_columns(table, kept))


def arrow_columns(records: NDArray[np.void]) -> dict[str, pa.Array]:
    """Fields of some records as Arrow columns; one of several values is a list."""
    columns = {}
    for name in records.dtype.names or ():
        values = records[name]
        flat = pa.array(np.ascontiguousarray(values).ravel())
        columns[name] = flat if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return columns


def from_arrow_columns(table: pa.Table, kept: np.dtype[Any]) -> NDArray[np.void]:
    """The inverse of :func:`arrow_columns`."""
    records = np.empty(len(table), dtype=kept)
    for name in kept.names or ():
        column = table.column(name).combine_chunks()
        values = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
        records[name] = values.to_numpy(zero_copy_only=False).reshape(records[name].shape)
    return records
