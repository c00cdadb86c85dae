"""Bodies of requests: JSON that every part of the room, its stores and its answers can hold.

JSON itself allows more: a letter NUL, which PostgreSQL keeps in no text; half a letter (a lone surrogate), which is no UTF-8; numbers without end or beyond 64 bit,
which no column takes; lists in lists without end. What has any of these is refused before anything is done with it, the same over every store.
"""

from __future__ import annotations

import math
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

MOST_DEPTH: Final = 32
"""Lists and objects within each other; an area of many polygons has seven."""
_MOST_NUMBER: Final = (1 << 63) - 1
NO_NUL: Final = r"^[^\x00]*$"
"""Pattern of a parameter that goes into a question to the store."""


class Sent(BaseModel):
    """What is sent: nothing but what is told of it, and nothing that cannot be kept."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, sent: Any) -> Any:
        why = why_not_kept(sent)
        if why is not None:
            raise ValueError(why)
        return sent


def why_not_kept(sent: Any) -> str | None:
    """Why a JSON document cannot be kept; None where it can.

    >>> why_not_kept({"text": "a" + chr(0)})
    'a text has the letter NUL'
    >>> why_not_kept({"text": "lights seen", "mass_kg": 4.5})
    """
    level = [sent]
    for _ in range(MOST_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif (why := _why_not_one(value)) is not None:
                return why
        if not inner:
            return None
        level = inner
    return f"lists and objects stand in each other more than {MOST_DEPTH} deep"


def _why_not_one(value: Any) -> str | None:
    if isinstance(value, str):
        if "\0" in value:
            return "a text has the letter NUL"
        try:
            value.encode()
        except UnicodeEncodeError:
            return "a text has half a letter (a lone surrogate)"
    elif isinstance(value, float) and not math.isfinite(value):
        return "a number is none, or has no end"
    elif isinstance(value, int) and abs(value) > _MOST_NUMBER:
        return "a number is beyond 64 bit"
    return None
