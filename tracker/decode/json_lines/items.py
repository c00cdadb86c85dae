"""What a JSON feed is cut into, whether it comes by lines or as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tracker.decode.json_lines.shapes import Plan
from tracker.decode.rejects import SAMPLE_BYTES, RejectCause

MAX_DOCUMENT_CHARS: Final = 1 << 24
"""The longest line, or object that must be held whole. The world's aircraft in one snapshot are about 9 MB."""


class Item(NamedTuple):
    """One record, or what was refused."""

    at: int
    """Line number, or ordinal of the item in a document, from 1."""
    value: Any
    plan: Plan | None = None
    """How the value is read; None where it has no shape that is known."""
    inherited: Mapping[str, Any] | None = None
    """Fields that the documents around it give where it has none of its own."""
    cause: RejectCause | None = None
    """Why it is refused; ``value`` is then its beginning as text."""


def refused(at: int, text: str, cause: RejectCause) -> Item:
    """An item that is refused."""
    return Item(at, text[:SAMPLE_BYTES], cause=cause)
