"""Columns of one value, cut from arrays that nobody ever writes to: a small block then costs no filling of them."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracker.schema import NO_CODE_U8

T = TypeVar("T", bound=np.generic)
_ROWS: Final = 1 << 15


class Constants:
    """The columns that a decoder never fills, and the source of its rows."""

    def __init__(self, source: int) -> None:
        self.source = np.full(_ROWS, source, dtype=np.int32)
        self.no_rate = np.full(_ROWS, np.nan, dtype=np.float32)
        self.no_ground = np.full(_ROWS, -1, dtype=np.int8)
        self.no_code = np.full(_ROWS, NO_CODE_U8, dtype=np.uint8)
        self.no_squawk = np.zeros(_ROWS, dtype="S4")
        self.no_registration = np.zeros(_ROWS, dtype="S10")
        self.no_category = np.zeros(_ROWS, dtype="S2")


def cut(constant: NDArray[T], n: int) -> NDArray[T]:
    """``n`` times the value of a constant array."""
    return constant[:n] if n <= len(constant) else np.full(n, constant[0], dtype=constant.dtype)
