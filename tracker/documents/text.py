"""Cells and marks that all pages made from tables share."""

from __future__ import annotations

from typing import Final

MADE: Final = "<!-- Made by python -m tracker.documents from the tables the code uses; do not edit. -->\n\n"


def plain(value: object) -> str:
    """A value as a person writes it."""
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "none"
    return str(value)


def cell(text: str) -> str:
    """A text that may stand in a cell of a table."""
    return text.replace("|", "\\|")
