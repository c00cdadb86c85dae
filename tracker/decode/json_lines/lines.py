"""JSON by lines: every line is a value of its own, be it a row or a whole snapshot."""

from __future__ import annotations

import json
from typing import Any

from tracker.decode.json_lines.items import MAX_DOCUMENT_CHARS, Item, opened, refused
from tracker.decode.rejects import RejectCause


class JsonLines:
    """Cuts text into the items of its lines. Holds at most one line of ``MAX_DOCUMENT_CHARS``."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        """The unfinished line."""
        self._held = 0
        self._skipping = False
        """Inside a line that was refused for its length."""
        self._line = 0

    def feed(self, text: str, last: bool) -> list[Item]:
        """The items of the lines that are complete now."""
        items: list[Item] = []
        *ends, rest = text.split("\n")
        for end in ends:
            self._line += 1
            items.extend(self._take(end, cut_short=False))
        self._hold(rest, items)
        if last and self._held and not self._skipping:
            self._line += 1
            items.extend(self._take("", cut_short=True))
        return items

    def skip(self, ending: str) -> tuple[int, str]:
        """Forget the unfinished line, which ``ending`` would complete: its number and text."""
        text = "".join((*self._parts, ending))
        self._parts, self._held, self._skipping = [], 0, False
        self._line += 1
        return self._line, text

    def state(self) -> dict[str, Any]:
        """What is kept between calls, as plain values."""
        return {"text": "".join(self._parts), "skipping": self._skipping, "at": self._line}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of :meth:`state`."""
        text = state["text"]
        self._parts, self._held = [text] if text else [], len(text)
        self._skipping, self._line = state["skipping"], state["at"]

    def _hold(self, rest: str, items: list[Item]) -> None:
        """Keep the beginning of a line, or refuse it once it is too long."""
        if self._skipping or not rest:
            return
        self._parts.append(rest)
        self._held += len(rest)
        if self._held > MAX_DOCUMENT_CHARS:
            items.append(refused(self._line + 1, "".join(self._parts), RejectCause.TOO_LONG))
            self._parts, self._held, self._skipping = [], 0, True

    def _take(self, end: str, *, cut_short: bool) -> list[Item]:
        """The items of the line that ``end`` completes."""
        line = "".join((*self._parts, end))
        self._parts, self._held = [], 0
        if self._skipping:
            self._skipping = False
            return []
        if not line or line.isspace():
            return []
        if len(line) > MAX_DOCUMENT_CHARS:
            return [refused(self._line, line, RejectCause.TOO_LONG)]
        try:
            return opened(self._line, json.loads(line))
        except (ValueError, RecursionError):
            return [refused(self._line, line, RejectCause.TRUNCATED if cut_short else RejectCause.BAD_JSON)]
