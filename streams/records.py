"""One class for a record: its annotations are the fields of an array of records, and the names and types a kernel speaks.

Compiled kernels keep state in arrays of records, so that what is known of one thing lies together in memory and is written by name::

    class Craft:
        heard_us: int = NEVER_US
        lat_deg: float = math.nan
        flags: Annotated[int, "i4"] = 0

    craft = np.zeros(100, record_dtype(Craft))
    one: Craft = craft[7]       # a kernel: numba reads and writes one.heard_us in place

No object of such a class is ever made: it tells numpy the layout, and mypy what ``craft[7]`` has.

Examples
--------
>>> class Fix:
...     time_us: int = -1
...     lat_deg: float = 0.0
...     kind: Annotated[int, "u1"] = 255
>>> record_dtype(Fix).names
('time_us', 'lat_deg', 'kind')
>>> record_dtype(Fix)["kind"], record_dtype(Fix).itemsize
(dtype('uint8'), 24)
>>> state_columns(Fix)["kind"]
('u1', 255)
"""

from __future__ import annotations

from typing import Annotated, Any, Final, get_origin, get_type_hints

import numpy as np

__all__ = ["record_dtype", "state_columns"]

_PLAIN: Final[dict[Any, str]] = {int: "i8", float: "f8", bool: "?"}


def record_dtype(record: type) -> np.dtype[np.void]:
    """The aligned dtype of arrays of such records, fields in the order of the annotations.

    ``int`` is 64 bits wide and ``float`` a double; ``Annotated[int, "u1"]`` says another width, ``Annotated[NDArray[np.int64], "4i8"]`` a field of
    four values. ``TypeError`` where an annotation says no width.
    """
    return np.dtype([(name, _format(record, name, hint)) for name, hint in _hints(record).items()], align=True)


def state_columns(record: type) -> dict[str, tuple[str, Any]]:
    """The columns of a :class:`~streams.keyed_state.KeyedState` that keeps such records: name -> (dtype, default of the class).

    A field whose default is an array of floats is as long as that. ``AttributeError`` where a field has no default.
    """
    columns = {}
    for name, hint in _hints(record).items():
        default = getattr(record, name)
        is_array = isinstance(default, np.ndarray) and get_origin(hint) is not Annotated
        columns[name] = (f"({len(default)},)f8" if is_array else _format(record, name, hint), default)
    return columns


def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record, include_extras=True)


def _format(record: type, name: str, hint: Any) -> str:
    if get_origin(hint) is Annotated:
        return str(hint.__metadata__[0])
    if hint not in _PLAIN:
        raise TypeError(f"{record.__name__}.{name}: {hint} says no width; write Annotated[..., 'f4']")
    return _PLAIN[hint]
