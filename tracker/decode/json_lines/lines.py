"""JSON by lines: every line is a value of its own, be it a row or a whole snapshot."""

from __future__ import annotations

import re
from typing import Any, Final

from tracker.decode.json_lines.envelopes import Envelopes
from tracker.decode.json_lines.items import MAX_DOCUMENT_CHARS, Item, refused
from tracker.decode.json_lines.parse import value_of
from tracker.decode.rejects import RejectCause

_WITH_PREFIX: Final = re.compile(
    r"((?:\[[^\]\n]{1,60}\]|[^{\[]\S{0,300})(?: [^{\s]{1,40}){0,3}?)[\s,;:]*[\s,;\]](\{.*\})\s*"
)
"""What stands before the JSON of a line: a topic (``mosquitto_sub -v``), or a time (``ts``, a logger)."""
_TIME_PREFIX: Final = re.compile(r"\[?\d|\[?[A-Z][a-z]{2} +\d")
_MMSI_IN_TOPIC: Final = re.compile(r"(?:^|/)(\d{9})(?:/|$)")
_RECORD_SEPARATOR: Final = "\x1e"
"""Stands before every text of a GeoJSON sequence (RFC 8142)."""


DECIDE_LINES: Final = 8
DECIDE_CHARS: Final = 1 << 16


def decidable(text: str) -> bool:
    """Whether enough is there to see how the values are set apart."""
    return len(text) >= DECIDE_CHARS or len(_first_lines(text)) >= DECIDE_LINES


def is_by_lines(text: str) -> bool:
    """Whether at least half of the first lines are complete JSON values by themselves."""
    lines = _first_lines(text) or [text[:DECIDE_CHARS]]
    values = (line_with_prefix(line) for line in lines[:DECIDE_LINES])
    good = sum(found is not None and isinstance(found[0], (dict, list)) for found in values)
    return 2 * good >= min(len(lines), DECIDE_LINES)


def _first_lines(text: str) -> list[str]:
    return [line for line in text[:DECIDE_CHARS].split("\n")[:-1] if line and not line.isspace()]


class JsonLines:
    """Cuts text into the items of its lines. Holds at most one line of ``MAX_DOCUMENT_CHARS``."""

    def __init__(self, envelopes: Envelopes) -> None:
        self._envelopes = envelopes
        self._parts: list[str] = []
        """The unfinished line."""
        self._held = 0
        self._skipping = False
        """Inside a line that was refused for its length."""
        self._line = 0

    def feed(self, text: str, last: bool) -> list[Item]:
        """The items of the lines that are complete now."""
        items: list[Item] = []
        plan_of = self._envelopes.plan_at_once
        *ends, rest = text.split("\n")
        for end in ends:
            self._line += 1
            if end and not self._held and not self._skipping and len(end) <= MAX_DOCUMENT_CHARS:
                try:
                    value = value_of(end)
                except (ValueError, RecursionError):
                    self._take(end, items, cut_short=False)
                    continue
                if type(value) is dict and (plan := plan_of(value)) is not None:  # the quick way
                    items.append(tuple.__new__(Item, (self._line, value, plan, None, None)))
                else:
                    items.extend(self._envelopes.items(self._line, value))
                continue
            self._take(end, items, cut_short=False)
        self._hold(rest, items)
        if last and self._held and not self._skipping:
            self._line += 1
            self._take("", items, cut_short=True)
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

    def _take(self, line: str, items: list[Item], *, cut_short: bool) -> None:
        """Add the items of the line that ``line`` completes."""
        if self._parts:
            line = "".join((*self._parts, line))
            self._parts, self._held = [], 0
        if self._skipping:
            self._skipping = False
            return
        if not line or line.isspace():
            return
        if len(line) > MAX_DOCUMENT_CHARS:
            items.append(refused(self._line, line, RejectCause.TOO_LONG))
            return
        try:
            value = value_of(line)
        except (ValueError, RecursionError):
            found = line_with_prefix(line)
            if found is None:
                cause = RejectCause.TRUNCATED if cut_short else RejectCause.BAD_JSON
                items.append(refused(self._line, line, cause))
                return
            items.extend(self._envelopes.within(self._line, found[0], "", found[1], None, 0))
            return
        items.extend(self._envelopes.items(self._line, value))


def line_with_prefix(line: str) -> tuple[Any, dict[str, Any]] | None:
    """The value of a line that may have something before its JSON, and what that tells a record without: an MMSI, or a time; None where it is none."""
    line = line.lstrip(_RECORD_SEPARATOR)
    prefix = ""
    found = _WITH_PREFIX.fullmatch(line) if line[:1] not in "{[" or _TIME_PREFIX.match(line) else None
    if found:
        prefix, line = found[1], found[2]
    try:
        value = value_of(line)
    except (ValueError, RecursionError):
        return None
    mmsi = _MMSI_IN_TOPIC.search(prefix)
    if mmsi:
        return value, {"mmsi": mmsi[1]}
    if _TIME_PREFIX.match(prefix):
        return value, {"time": prefix.strip("[]:,; \t")}
    return value, {}
