"""JSON that breaks off, mended: every manifest, call and consignment that is whole before the break, and nothing else.

The text is walked once, from bracket to bracket. At the break some lists are open; the text is cut behind the last whole element of the innermost of them that is a list of
manifests, of calls or of consignments, and all brackets still open there are closed.
"""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},]', re.DOTALL)
_LISTS: Final = ("manifests", "itinerary", "consignments")
_CLOSING: Final = {"{": "}", "[": "]"}
MOST_DEPTH: Final = 200


def mended_json(text: str) -> str | None:
    """The text up to its last whole record, closed; None where it does not break off, or nothing whole is in it."""
    open_at: list[tuple[str, str]] = []
    """Brackets open, each with the name of what it holds."""
    ends: list[int] = []
    """Of each open bracket: where its last whole element ends."""
    name = ""
    for found in _MARK.finditer(text):
        mark = found[0]
        if mark[0] == '"':
            if len(mark) < 2 or mark[-1] != '"':
                break
            if open_at and open_at[-1][0] == "{":
                name = mark[1:-1] if text[found.end() : found.end() + 20].lstrip().startswith(":") else name
        elif mark in _CLOSING:
            if len(open_at) >= MOST_DEPTH:
                return None
            open_at.append((mark, name if open_at and open_at[-1][0] == "{" else ""))
            ends.append(found.end())
        elif mark == ",":
            if open_at:
                ends[-1] = found.start()
        else:
            if not open_at or _CLOSING[open_at[-1][0]] != mark:
                return None
            open_at.pop()
            ends.pop()
            if not open_at:
                return None
            if open_at[-1][0] == "[":
                ends[-1] = found.end()
    for depth in reversed(range(len(open_at))):
        bracket, called = open_at[depth]
        if bracket == "[" and called in _LISTS:
            closing = "".join(_CLOSING[one] for one, _ in reversed(open_at[: depth + 1]))
            return text[: ends[depth]] + closing
    return None
