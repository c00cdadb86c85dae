"""Records that a row-by-row kernel leaves for judgement: whose, when known, of what kind, and the state row as it stood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


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
