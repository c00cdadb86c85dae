"""What all pages and schemas made from tables share: marks, cells, the head of a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

MADE: Final = "<!-- Made by python -m tracker.documents from the tables the code uses; do not edit. -->\n\n"
MADE_IN_JSON: Final = "Made by python -m tracker.documents from the tables the code uses; do not edit."
SCHEMA_BASE: Final = "https://tidewaiter.example/schemas/"
"""Names the schemas; nothing is fetched from there (RFC 2606 keeps the domain for no one)."""
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema(name: str, title: str, schema: Mapping[str, Any]) -> str:
    """A file of docs/schemas."""
    head = {"$schema": _DRAFT, "$id": f"{SCHEMA_BASE}{name}.schema.json", "title": title, "$comment": MADE_IN_JSON}
    return json.dumps({**head, **schema}, indent=2, ensure_ascii=False) + "\n"


def plain(value: object) -> str:
    """A value as a person writes it."""
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "none"
    return str(value)


def cell(text: str) -> str:
    """A text that may stand in a cell of a table."""
    return text.replace("|", "\\|")
