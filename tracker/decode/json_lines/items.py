"""What a JSON feed is cut into, whether it comes by lines or as documents."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tracker.decode.rejects import SAMPLE_BYTES, RejectCause

MAX_DOCUMENT_CHARS: Final = 1 << 24
"""The longest line, or object that must be held whole. The world's aircraft in one snapshot are about 9 MB."""
ARRAY_KINDS: Final = {"aircraft": ("now",), "trace": ("icao", "timestamp"), "states": ()}
"""Members whose array is rows, and what must stand before it to read it element by element."""


class Item(NamedTuple):
    """One JSON value, or what was refused."""

    at: int
    """Line number, or ordinal of the item in a document, from 1."""
    value: Any
    kind: str = ""
    """``aircraft``, ``trace`` or ``states`` for an element of such an array, ``""`` for a value of its own."""
    header: dict[str, Any] | None = None
    """The other members of the object that held the array."""
    cause: RejectCause | None = None
    """Why it is refused; ``value`` is then its beginning as text."""


def refused(at: int, text: str, cause: RejectCause) -> Item:
    """An item that is refused."""
    return Item(at, text[:SAMPLE_BYTES], cause=cause)


def opened(at: int, value: Any, step: int = 0) -> list[Item]:
    """A value as items: arrays and documents of rows are opened. ``step`` is added to ``at`` from item to item."""
    if isinstance(value, list):
        return [Item(at + step * n, element) for n, element in enumerate(value)]
    if isinstance(value, dict):
        for kind in ARRAY_KINDS:
            rows = value.get(kind, "")
            if rows is None:
                return []
            if isinstance(rows, list):
                header = {name: member for name, member in value.items() if name != kind}
                return [Item(at + step * n, row, kind, header) for n, row in enumerate(rows)]
    return [Item(at, value)]
