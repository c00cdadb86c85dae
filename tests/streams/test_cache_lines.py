"""Asking for memory ahead changes nothing, wherever it points."""

from __future__ import annotations

import numba
import numpy as np

from streams.cache_lines import LINE_BYTES, prefetch


@numba.njit
def _sum(records: object, rows: object, offset_bytes: int) -> float:
    total = 0.0
    for i in range(len(rows)):
        prefetch(records, rows[i], offset_bytes)
        total += records[i]
    return total


def test_rows_of_any_layout_can_be_asked_for_even_where_there_is_nothing() -> None:
    packed = np.zeros(40, dtype=np.dtype([("kind", "u1"), ("value", "f8")], align=True))
    packed["value"] = np.arange(40.0)
    for values in (np.arange(40.0), np.arange(80.0)[::2] / 2.0, packed["value"]):
        for rows in (np.arange(40, dtype=np.int32), np.full(40, -1, dtype=np.int64), np.full(40, 1 << 40)):
            for offset in (0, 5 * LINE_BYTES, -1):
                assert _sum(values, rows, offset) == np.arange(40.0).sum()
