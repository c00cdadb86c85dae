"""Memory asked for ahead of its use, for kernels that go from one craft to another.

State of a hundred thousand craft does not fit a cache, and reports come in no order: each row would wait for its craft's lines, one after the
other, at some hundred nanoseconds each. Asked for a few rows ahead they are there when their turn comes. Nothing is read or changed by it, and an
address that does not exist does no harm (LLVM ``llvm.prefetch``).
"""

from __future__ import annotations

from typing import Any, Final

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

ROWS_AHEAD: Final = 12
"""So many rows ahead: half a dozen lines of each, which is as much as a core can wait for at once."""
LINE_BYTES: Final = 64


def lines_of(record_bytes: int) -> int:
    """Lines that a record may lie on, wherever it begins."""
    return -(-record_bytes // LINE_BYTES) + 1


@intrinsic
def prefetch(typing_context: Any, array: Any, row: Any, offset_bytes: Any) -> Any:
    """Ask for the line ``offset_bytes`` behind the first value of a row of an array."""
    del typing_context
    if not isinstance(array, types.Array) or not isinstance(row, types.Integer):
        return None

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, row_type, offset_type = signature.args
        values = context.make_array(array_type)(context, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, values.strides)[0]
        index = context.cast(builder, arguments[1], row_type, types.intp)
        offset = context.cast(builder, arguments[2], offset_type, types.intp)
        byte = ir.IntType(8)
        start = builder.bitcast(values.data, byte.as_pointer())
        at = builder.gep(start, [builder.add(builder.mul(index, stride), offset)])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), flag, flag, flag])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(ask, [at, ir.Constant(flag, 0), ir.Constant(flag, 3), ir.Constant(flag, 1)])
        return context.get_dummy_value()

    return types.void(array, row, offset_bytes), codegen


@numba.njit(inline="always")
def ask_ahead(records: Any, rows: Any, i: int, lines: int) -> None:
    """Whoever is at the ``i``-th of some rows asks for the first lines of the record that the loop comes to soon."""
    soon = rows[min(i + ROWS_AHEAD, len(rows) - 1)]
    for line in range(lines):
        prefetch(records, soon, line * LINE_BYTES)
