"""Recorded inputs: found in folders and archives, recognised, and read.

>>> from tracker.inputs import open_input
>>> open_input.__module__
'tracker.inputs.recorded'

The names of ``recorded`` are loaded when they are asked for: a file that is refused needs none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.inputs.recorded import Input, distinct_inputs, feed_name, open_input

__all__ = ["Input", "distinct_inputs", "feed_name", "open_input"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tracker.inputs import recorded

    return getattr(recorded, name)
