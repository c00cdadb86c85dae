"""The AIS and Mode S kernels as Python, for coverage: what Numba compiles to machine instructions, said again in Python.

With ``NUMBA_DISABLE_JIT=1`` kernels are ordinary functions, but four that they call are written in LLVM and have no Python form;
elements of arrays are then Numpy scalars of eight bits, where a compiled kernel computes with 64; and an element of an array of
records has no attributes. Kernels take their arrays through ``borrowed``, which mends the latter two.
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


class PlainRecord:
    """One record of an array: its fields are attributes, read as Python's numbers and written in place."""

    __slots__ = ("_record",)

    def __init__(self, record: np.void) -> None:
        object.__setattr__(self, "_record", record)

    def __getattr__(self, name: str) -> Any:
        value = self._record[name]
        return borrowed(value) if isinstance(value, np.ndarray) else value.item()

    def __setattr__(self, name: str, value: Any) -> None:
        self._record[name] = value


class PlainRecords(np.ndarray[Any, Any]):
    """An array whose elements are records with attributes."""

    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        return PlainRecord(value) if isinstance(value, np.void) else value


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


def borrowed(values: Any) -> Any:
    """The array, or the tuple of arrays and tuples, read as Python's integers and as records with attributes."""
    if isinstance(values, tuple):
        inside = [borrowed(item) for item in values]
        return type(values)(*inside) if hasattr(values, "_fields") else tuple(inside)
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.names:
        return values.view(PlainRecords)
    return values.view(PlainInts) if values.dtype.kind in "iu" else values


def use_plain_kernels() -> None:
    """Replace what has no Python form in every module of the AIS and Mode S decoders."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("tracker.decode.ais.", "tracker.decode.adsb.")):
            for function in (load8, swap8, first_byte, borrowed):
                if hasattr(module, function.__name__):
                    setattr(module, function.__name__, function)
            for constant, value in list(vars(module).items()):
                if isinstance(value, np.ndarray):
                    setattr(module, constant, borrowed(value))
