"""Eight bytes at once: the three machine instructions that Numba has no word for.

``load8`` reads eight bytes at any address as one little-endian number (the first byte lowest), without the check for
negative indices. ``swap8`` turns their order round. ``first_byte`` tells which byte of a mask is the first that is not
zero. All else is arithmetic on ``uint64``: a test for eight bytes is an addition whose carries stay inside each byte,
because every byte is below 128 (ASCII) and every constant at most 127.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_I64 = ir.IntType(64)


@intrinsic
def load8(typing_context: Any, array: Any, index: Any) -> Any:
    """Bytes ``index`` to ``index + 7`` of a contiguous uint8 array. The caller sees to it that they exist."""
    signature = types.uint64(array, types.int64)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.PointerType(_I64))
        return builder.load(pointer, align=1)

    return signature, build


@intrinsic
def swap8(typing_context: Any, value: Any) -> Any:
    """The eight bytes in reverse order."""
    signature = types.uint64(types.uint64)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bswap(arguments[0])

    return signature, build


@intrinsic
def first_byte(typing_context: Any, mask: Any) -> Any:
    """Index 0-7 of the lowest byte of ``mask`` that is not zero; 8 if all are."""
    signature = types.int64(types.uint64)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.lshr(builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0)), _I64(3))

    return signature, build


@njit(cache=True, nogil=True, error_model="numpy")
def first_bytes(array: Any, index: int, n: int) -> Any:
    """The ``n`` bytes at ``index`` as a number, zeros in place of the others of eight; 0 if ``n`` is not positive."""
    if n <= 0:
        return np.uint64(0)
    value = load8(array, index)
    if n < 8:
        value &= (np.uint64(1) << np.uint64(8 * n)) - np.uint64(1)
    return value
