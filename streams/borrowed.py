"""Arrays handed to a kernel without their reference counts.

numba counts references, with atomic instructions, whenever an array is handed from function to function or taken out of a tuple of columns; with small
functions that costs more than their work. A kernel whose caller holds the arrays need not count::

    rows, out = borrowed(rows), borrowed(out)
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

__all__ = ["borrowed"]


@intrinsic
def borrowed(typing_context: Any, values: Any) -> Any:
    """The same array, or the same tuple of arrays and tuples, without reference counts; for use inside a kernel whose caller holds them."""
    del typing_context

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _uncounted(context, builder, signature.args[0], arguments[0])

    return values(values), build


def _uncounted(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, types.Array):
        view = context.make_array(kind)(context, builder, value)
        view.meminfo = ir.Constant(view.meminfo.type, None)
        view.parent = ir.Constant(view.parent.type, None)
        return view._getvalue()
    if isinstance(kind, types.BaseTuple):  # type: ignore[attr-defined]
        for place, item in enumerate(kind.types):
            inside = _uncounted(context, builder, item, builder.extract_value(value, place))
            value = builder.insert_value(value, inside, place)
    return value
