"""How many delimiters the lines of a block of text have."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def delimiters_of(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], delimiter: int
) -> NDArray[np.int64]:
    """The delimiters in each stretch of ``data``."""
    out = np.empty(len(starts), dtype=np.int64)
    _count(data, starts, ends, np.uint8(delimiter), out)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _count(data: Any, starts: Any, ends: Any, delimiter: Any, out: Any) -> None:
    for line in range(len(starts)):
        part = data[starts[line] : ends[line]]
        told = 0
        for i in range(len(part)):
            told += part[i] == delimiter
        out[line] = told
