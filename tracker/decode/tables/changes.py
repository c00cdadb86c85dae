"""Which rows of a table say something new about who the craft is.

A table repeats name, call sign and type on every row. A static report is given for a row whose statics differ from the
last ones given for that craft, so a table of a million rows gives a static report per craft and change. Memory is bounded:
beyond ``MAX_CRAFT`` craft the longest known is forgotten (and would be told again).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MAX_CRAFT: Final = 1 << 19


class StaticChanges:
    """Remembers, per craft, a hash of the statics last given."""

    def __init__(self, max_craft: int = MAX_CRAFT) -> None:
        self._last: dict[int, int] = {}
        self._max_craft = max_craft

    def rows(self, craft: NDArray[np.int64], statics_hash: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Numbers of the rows, ascending, whose statics are new for their craft."""
        if not len(craft):
            return np.zeros(0, dtype=np.int64)
        order = np.argsort(craft, kind="stable")
        keys, hashes = craft[order], statics_hash[order]
        first = np.ones(len(craft), dtype=bool)
        first[1:] = keys[1:] != keys[:-1]
        changed = np.ones(len(craft), dtype=bool)
        changed[1:] = first[1:] | (hashes[1:] != hashes[:-1])
        starts = np.flatnonzero(first)
        ends = np.append(starts[1:], len(keys)) - 1
        for start, end in sorted(zip(starts.tolist(), ends.tolist(), strict=True), key=lambda span: order[span[0]]):
            key = int(keys[start])
            changed[start] = self._last.get(key) != int(hashes[start])
            self._last[key] = int(hashes[end])
            if len(self._last) > self._max_craft:
                self._last.pop(next(iter(self._last)))
        return np.sort(order[changed])

    def table(self) -> pa.Table:
        """What is remembered, the longest known first, for a snapshot."""
        return pa.table(
            {"craft": pa.array(list(self._last), pa.int64()), "hash": pa.array(list(self._last.values()), pa.uint64())}
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        self._last = dict(zip(table.column("craft").to_pylist(), table.column("hash").to_pylist(), strict=True))
