"""Bytes in any cut to JSON items: the lines of a file, or the elements of its arrays, one at a time.

Two ways to read, chosen once from the first 64 KiB: *lines*, when at least half of the lines are complete JSON values;
otherwise *documents*, which follow the brackets wherever the line ends are.

Documents::

    outside --[--> array --]--> outside                    a top-level array is read element by element
    outside --{--> whole object --> outside                an object is one item ...
    outside --{ .. "aircraft": [--> array --]--> tail      ... unless the array it carries can be read element by element
    tail --}--> outside                                    because its header (``now``, ``icao``) stood before the array

An element of an array that is no JSON within 64 KiB is refused, and reading goes on after the next ``},{`` or ``],[``, so
one damaged byte costs an element or two and not the file. Lines and objects that must be held whole are
refused beyond 16 MiB. Everything held is bounded by these sizes.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, Final, NamedTuple

from tracker.decode.rejects import SAMPLE_BYTES, RejectCause

DECIDE_CHARS: Final = 1 << 16
"""How much is looked at before choosing how to read."""
MAX_ELEMENT_CHARS: Final = 1 << 16
MAX_DOCUMENT_CHARS: Final = 1 << 24
ARRAY_KINDS: Final = {"aircraft": ("now",), "trace": ("icao", "timestamp"), "states": ()}
"""Members whose array is rows, and what must stand before it to read it element by element."""

_SPACE = re.compile(r"[ \t\r\n]*")
_SPACE_OR_COMMA = re.compile(r"[ \t\r\n,]*")
_ARRAY_MEMBER = re.compile(r'"(aircraft|trace|states)"\s*:\s*\[')
_BETWEEN_ELEMENTS = re.compile(r"[}\]]\s{0,40},\s{0,40}(?=[{\[])")
_NEXT_DOCUMENT = re.compile(r"\n(?=[{\[])")
_OPENING = re.compile(r"[{\[]")
_MORE: Final = -1
"""More text is needed."""
_OVERLAP_CHARS: Final = 100
"""Longer than anything ``_BETWEEN_ELEMENTS`` matches."""
_raw_decode = json.JSONDecoder().raw_decode


class Item(NamedTuple):
    """One JSON value, or what was refused."""

    at: int
    """Line number, or ordinal of the item in a document, from 1."""
    value: Any
    kind: str = ""
    """``aircraft``, ``trace`` or ``states`` for an element of such an array, ``""`` for a value of its own."""
    header: dict[str, Any] | None = None
    """Members that stood before the array."""
    cause: RejectCause | None = None
    """Why it is refused; ``value`` is then its beginning as text."""


class JsonItems:
    """Cuts an input into items; see the module."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._by_lines: bool | None = None
        self._at = 0
        self._skipping = False
        """Behind the head of something refused, looking for where to go on."""
        self._kind: str | None = None
        """Inside an array: its kind, ``""`` for a top-level one."""
        self._header: dict[str, Any] | None = None
        self._in_tail = False
        self._retry_chars = DECIDE_CHARS

    def feed(self, data: bytes, last: bool = False) -> list[Item]:
        """The items that are complete now; ``last`` says that nothing follows."""
        self._text += self._utf8.decode(data, last)
        if self._by_lines is None:
            self._text = self._text.removeprefix("\ufeff")
            if len(self._text) < DECIDE_CHARS and not last:
                return []
            self._by_lines = _looks_like_lines(self._text[:DECIDE_CHARS])
        return self._lines(last) if self._by_lines else self._documents(last)

    # Lines

    def _lines(self, last: bool) -> list[Item]:
        items: list[Item] = []
        *lines, self._text = self._text.split("\n")
        if last and self._text:
            lines.append(self._text)
            self._text = ""
            cut_short = True
        else:
            cut_short = False
        for number, line in enumerate(lines):
            self._at += 1
            if self._skipping:
                self._skipping = False
                continue
            if not line or line.isspace():
                continue
            if len(line) > MAX_DOCUMENT_CHARS:
                items.append(self._refused(line, RejectCause.TOO_LONG))
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                broken_off = cut_short and number == len(lines) - 1
                items.append(self._refused(line, RejectCause.TRUNCATED if broken_off else RejectCause.BAD_JSON))
                continue
            items.extend(self._opened(value))
        if len(self._text) > MAX_DOCUMENT_CHARS:
            if not self._skipping:
                self._at += 1
                items.append(self._refused(self._text, RejectCause.TOO_LONG))
                self._at -= 1
            self._skipping, self._text = True, ""
        return items

    def _opened(self, value: Any) -> list[Item]:
        """A value as items: arrays and documents of rows are opened."""
        if isinstance(value, list):
            return [Item(self._at, element) for element in value]
        if isinstance(value, dict):
            for kind in ARRAY_KINDS:
                rows = value.get(kind, "")
                if rows is None:
                    return []
                if isinstance(rows, list):
                    header = {name: member for name, member in value.items() if name != kind}
                    return [Item(self._at, row, kind, header) for row in rows]
        return [Item(self._at, value)]

    def _refused(self, text: str, cause: RejectCause) -> Item:
        return Item(self._at, text[:SAMPLE_BYTES], cause=cause)

    # Documents

    def _documents(self, last: bool) -> list[Item]:
        items: list[Item] = []
        position = 0
        while True:
            if self._kind is not None:
                following = self._element(position, last, items)
            elif self._in_tail:
                following = self._tail(position, last, items)
            else:
                following = self._top_level(position, last, items)
            if following == _MORE:
                return items
            position = following

    def _element(self, start: int, last: bool, items: list[Item]) -> int:
        """Read one element at ``start``; gives back where it ends, or ``_MORE``."""
        text = self._text
        if self._skipping:
            found = _BETWEEN_ELEMENTS.search(text, start)
            if found is None:
                self._text = text[max(start, len(text) - _OVERLAP_CHARS) :]
                return self._stop(0)
            self._skipping = False
            return found.end()
        start = _SPACE_OR_COMMA.match(text, start).end()  # type: ignore[union-attr]
        if start == len(text):
            return self._stop(start)
        if text[start] == "]":
            self._in_tail = self._kind != ""
            self._kind = None
            return start + 1
        cause = RejectCause.BAD_JSON
        try:
            value, end = _raw_decode(text, start)
        except (ValueError, RecursionError):
            end = -1
        if 0 <= end <= start + MAX_ELEMENT_CHARS:
            after = _SPACE.match(text, end).end()  # type: ignore[union-attr]
            if after == len(text) and not last:
                return self._stop(start)
            if after == len(text) or text[after] in ",]":
                self._at += 1
                items.append(Item(self._at, value, self._kind or "", self._header))
                return self._further_elements(end, items)
        elif len(text) - start < MAX_ELEMENT_CHARS + _OVERLAP_CHARS:
            if not last:
                return self._stop(start)
            cause = RejectCause.TRUNCATED
        if not last and len(text) - start < MAX_ELEMENT_CHARS + _OVERLAP_CHARS:
            return self._stop(start)
        found = _BETWEEN_ELEMENTS.search(text, start + 1, start + MAX_ELEMENT_CHARS)
        self._at += 1
        if found is not None:
            items.append(self._refused(text[start : found.start() + 1], RejectCause.BAD_JSON))
            return found.end()
        items.append(self._refused(text[start : start + SAMPLE_BYTES], cause if last else RejectCause.TOO_LONG))
        if last:
            return self._stop(len(text))
        self._skipping = True
        return start + MAX_ELEMENT_CHARS

    def _further_elements(self, start: int, items: list[Item]) -> int:
        """The fast way over sound elements; gives back where it met anything else."""
        text, kind, header, at = self._text, self._kind or "", self._header, self._at
        enough = len(text) - MAX_ELEMENT_CHARS - _OVERLAP_CHARS
        end = start
        while start < enough:
            start = _SPACE_OR_COMMA.match(text, start).end()  # type: ignore[union-attr]
            if text[start] not in "{[":
                break
            try:
                value, start = _raw_decode(text, start)
            except (ValueError, RecursionError):
                break
            if start - end > MAX_ELEMENT_CHARS or text[start] != ",":
                break
            at += 1
            items.append(Item(at, value, kind, header))
            end = start
        self._at = at
        return end

    def _tail(self, start: int, last: bool, items: list[Item]) -> int:
        """Skip the members that follow the array, up to the end of its object."""
        text = self._text
        start = _SPACE.match(text, start).end()  # type: ignore[union-attr]
        head = '{"":0'
        try:
            _, end = _raw_decode(head + text[start : start + MAX_ELEMENT_CHARS])
        except (ValueError, RecursionError):
            if not last and len(text) - start < MAX_ELEMENT_CHARS:
                return self._stop(start)
            self._in_tail = False
            self._header = None
            return start
        self._in_tail = False
        self._header = None
        return start + end - len(head)

    def _top_level(self, start: int, last: bool, items: list[Item]) -> int:
        """Read one value, or open the array it consists of or carries."""
        text = self._text
        start = _SPACE_OR_COMMA.match(text, start).end()  # type: ignore[union-attr]
        if start == len(text):
            return self._stop(start)
        if text[start] == "[":
            self._kind, self._header = "", None
            return start + 1
        if text[start] != "{":
            found = _OPENING.search(text, start)
            if not self._skipping:
                self._at += 1
                items.append(self._refused(text[start : found.start() if found else None], RejectCause.BAD_JSON))
            self._skipping = found is None
            return found.start() if found else self._stop(len(text))
        self._skipping = False
        if not last and len(text) - start < DECIDE_CHARS:
            return self._stop(start)
        member = _ARRAY_MEMBER.search(text, start, start + DECIDE_CHARS)
        if member is not None:
            header = _header(text[start : member.end()], member[1])
            if header is not None:
                self._kind, self._header = member[1], header
                return member.end()
        return self._whole(start, last, items)

    def _whole(self, start: int, last: bool, items: list[Item]) -> int:
        """Read an object that is one item; tried again only when twice as much is there."""
        text = self._text
        held = len(text) - start
        if held < self._retry_chars and not last:
            return self._stop(start)
        try:
            value, end = _raw_decode(text, start)
        except (ValueError, RecursionError):
            if not last and held < MAX_DOCUMENT_CHARS:
                self._retry_chars = min(2 * held, MAX_DOCUMENT_CHARS)
                return self._stop(start)
            end = start + MAX_DOCUMENT_CHARS + 1
        if end - start > MAX_DOCUMENT_CHARS:
            self._at += 1
            cause = RejectCause.TOO_LONG if held >= MAX_DOCUMENT_CHARS else RejectCause.TRUNCATED
            items.append(self._refused(text[start : start + SAMPLE_BYTES], cause))
            self._retry_chars, self._skipping = DECIDE_CHARS, True
            found = _NEXT_DOCUMENT.search(text, start + 1, start + MAX_DOCUMENT_CHARS)
            return found.end() if found else min(start + MAX_DOCUMENT_CHARS, len(text))
        self._retry_chars = DECIDE_CHARS
        opened = self._opened(value)
        items.extend(Item(self._at + 1 + n, i.value, i.kind, i.header) for n, i in enumerate(opened))
        self._at += len(opened)
        return end

    def _stop(self, start: int) -> int:
        """Keep the text from ``start`` and wait for more."""
        self._text = self._text[start:]
        return _MORE


def _looks_like_lines(text: str) -> bool:
    """Whether at least half of the lines that are surely whole are JSON values of their own."""
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    if len(lines) > 1:
        lines = lines[:-1]
    good = sum(_is_value(line) for line in lines[:200])
    return 2 * good >= len(lines[:200]) and good > 0


def _is_value(line: str) -> bool:
    try:
        return isinstance(json.loads(line), (dict, list))
    except (ValueError, RecursionError):
        return False


def _header(text: str, kind: str) -> dict[str, Any] | None:
    """Members before an array, from the text up to and with its bracket; None unless they suffice to read it."""
    try:
        header = json.loads(text + "]}")
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or header.pop(kind, None) != []:
        return None
    return header if all(name in header for name in ARRAY_KINDS[kind]) else None
