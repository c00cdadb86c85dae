"""The AIS kernels as Python, for coverage: what Numba compiles to machine instructions, said again in Python.

With ``NUMBA_DISABLE_JIT=1`` kernels are ordinary functions, but four of the AIS decoder's are written in LLVM and have no Python
form; and elements of arrays are then Numpy scalars of eight bits, where a compiled kernel computes with 64.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


class PlainInts(np.ndarray[Any, Any]):
    """An array whose integer elements are Python's."""

    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        return int(value) if isinstance(value, np.integer) else value


def load8(array: Any, index: int) -> Any:
    """Eight bytes as a little-endian number."""
    return np.uint64(int.from_bytes(array[index : index + 8].tobytes(), "little"))


def swap8(value: Any) -> Any:
    """The eight bytes in reverse order."""
    return np.uint64(int.from_bytes(int(value).to_bytes(8, "little"), "big"))


def first_byte(mask: Any) -> int:
    """Index of the lowest byte that is not zero; 8 if all are."""
    bits = int(mask)
    return ((bits & -bits).bit_length() - 1) // 8 if bits else 8


def borrowed(array: Any) -> Any:
    """The array, read as Python's integers where it holds integers."""
    return array.view(PlainInts) if array.dtype.kind in "iu" else array


def use_plain_kernels() -> None:
    """Replace what has no Python form in every module of the AIS decoder."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tracker.decode.ais."):
            for function in (load8, swap8, first_byte, borrowed):
                if hasattr(module, function.__name__):
                    setattr(module, function.__name__, function)
            for constant, value in list(vars(module).items()):
                if isinstance(value, np.ndarray):
                    setattr(module, constant, borrowed(value))
