"""What targets of flags and consignments are compared by."""

from __future__ import annotations

Mark = tuple[str, str]
"""What a target and a consignment are compared by first: a kind of name, and the name."""


def folded(name: str) -> str:
    """A name as it is compared: without regard to case and blanks."""
    return " ".join(name.casefold().split())
