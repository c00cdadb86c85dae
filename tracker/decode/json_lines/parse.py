"""The one place where text becomes JSON values: the quick parser where it takes the text, else Python's own.

``orjson`` is several times as fast and stricter: it takes no ``NaN``, no half of a surrogate pair and no text that nests deeper than it
cares for. What it refuses Python's parser reads, so the quick one changes nothing but the time. Where it is not installed (there is no
wheel of it for some machines) everything is read by Python's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final


def _quick_parser() -> Callable[[str], Any]:
    try:
        loads: Callable[[str], Any] = import_module("orjson").loads
    except ImportError:
        return json.loads
    return loads


_quick: Final = _quick_parser()


def value_of(text: str) -> Any:
    """The value of a JSON text; ``ValueError`` or ``RecursionError`` where it is none."""
    try:
        return _quick(text)
    except ValueError:
        return json.loads(text)
