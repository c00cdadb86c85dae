"""JSON documents: values that follow each other, wherever the line ends are, read array element by array element.

::

    outside --[--> array --]--> outside                    a top-level array is read element by element
    outside --{--> whole object --> outside                an object is one item ...
    outside --{ .. "aircraft": [--> array --]--> tail      ... unless the array it carries can be read element by element
    tail --}--> outside                                    because its header (``now``, ``icao``) stood before the array

An element of an array that is no JSON within 64 KiB is refused, and reading goes on after the next ``},{`` or ``],[``, so
one damaged byte costs an element or two and not the file. Objects that must be held whole are refused beyond 16 MiB; whether
one is complete is tried again only when twice as much is there. Everything held is bounded by these sizes.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from tracker.decode.json_lines.items import ARRAY_KINDS, MAX_DOCUMENT_CHARS, Item, opened, refused
from tracker.decode.rejects import SAMPLE_BYTES, RejectCause

MAX_ELEMENT_CHARS: Final = 1 << 16
HEADER_CHARS: Final = 1 << 16
"""How much of an object is looked at for the array it carries."""

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


class JsonDocuments:
    """Cuts text into items; see the module."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._held = 0
        """Characters in ``_parts``."""
        self._patience_chars = 0
        """Nothing can come of it before so much is held."""
        self._text = ""
        """All that is held, while it is read."""
        self._at = 0
        self._skipping = False
        """Behind the head of something refused, looking for where to go on."""
        self._kind: str | None = None
        """Inside an array: its kind, ``""`` for a top-level one."""
        self._header: dict[str, Any] | None = None
        self._in_tail = False
        self._retry_chars = HEADER_CHARS
        self._clear_to = 0
        """Where in ``_text`` a member with an array may begin; before it there is none."""

    def feed(self, text: str, last: bool) -> list[Item]:
        """The items that are complete now."""
        self._parts.append(text)
        self._held += len(text)
        if self._held < self._patience_chars and not last:
            return []
        self._text = "".join(self._parts)
        self._clear_to = 0
        self._patience_chars = 0
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
                self._parts, self._held = [self._text], len(self._text)
                self._text = ""
                return items
            position = following

    def skip(self, ending: str) -> tuple[int, str]:
        """Forget the unfinished item, its number and text; ``ending``, which would complete it, may also be the end of its array."""
        text = "".join(self._parts)
        self._parts, self._held, self._patience_chars = [ending], len(ending), 0
        self._retry_chars, self._clear_to = HEADER_CHARS, 0
        self._at += 1
        return self._at, text + ending

    def state(self) -> dict[str, Any]:
        """What is kept between calls, as plain values."""
        return {
            "text": "".join(self._parts),
            "patience_chars": self._patience_chars,
            "skipping": self._skipping,
            "kind": self._kind,
            "header": None if self._header is None else json.dumps(self._header),
            "in_tail": self._in_tail,
            "retry_chars": self._retry_chars,
            "at": self._at,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of :meth:`state`."""
        text, header = state["text"], state["header"]
        self._parts, self._held = [text], len(text)
        self._patience_chars, self._retry_chars = state["patience_chars"], state["retry_chars"]
        self._skipping, self._kind, self._in_tail = state["skipping"], state["kind"], state["in_tail"]
        self._header = None if header is None else json.loads(header)
        self._at = state["at"]

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
            items.append(refused(self._at, text[start : found.start() + 1], RejectCause.BAD_JSON))
            return found.end()
        items.append(refused(self._at, text[start : start + SAMPLE_BYTES], cause if last else RejectCause.TOO_LONG))
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
                items.append(refused(self._at, text[start : found.start() if found else None], RejectCause.BAD_JSON))
            self._skipping = found is None
            return found.start() if found else self._stop(len(text))
        self._skipping = False
        if not last and len(text) - start < HEADER_CHARS:
            return self._stop(start)
        try:
            value, end = _raw_decode(text, start)
        except (ValueError, RecursionError):
            end = len(text) + HEADER_CHARS
        if end - start <= HEADER_CHARS:
            return self._open(value, end, items)
        member = _ARRAY_MEMBER.search(text, max(start, self._clear_to), start + HEADER_CHARS)
        if member is None:
            self._clear_to = start + HEADER_CHARS - _OVERLAP_CHARS
        else:
            header = _header(text[start : member.end()], member[1])
            if header is not None:
                self._kind, self._header = member[1], header
                return member.end()
        return self._whole(start, last, items)

    def _open(self, value: Any, end: int, items: list[Item]) -> int:
        """Take a whole object."""
        found = opened(self._at + 1, value, step=1)
        items.extend(found)
        self._at += len(found)
        return end

    def _whole(self, start: int, last: bool, items: list[Item]) -> int:
        """Read an object that is one item; tried again only when twice as much is there."""
        text = self._text
        held = len(text) - start
        if held < self._retry_chars and not last:
            self._patience_chars = self._retry_chars
            return self._stop(start)
        try:
            value, end = _raw_decode(text, start)
        except (ValueError, RecursionError):
            if not last and held < MAX_DOCUMENT_CHARS:
                self._patience_chars = self._retry_chars = min(2 * held, MAX_DOCUMENT_CHARS)
                return self._stop(start)
            end = start + MAX_DOCUMENT_CHARS + 1
        if end - start > MAX_DOCUMENT_CHARS:
            self._at += 1
            cause = RejectCause.TOO_LONG if held >= MAX_DOCUMENT_CHARS else RejectCause.TRUNCATED
            items.append(refused(self._at, text[start : start + SAMPLE_BYTES], cause))
            self._retry_chars, self._skipping = HEADER_CHARS, True
            found = _NEXT_DOCUMENT.search(text, start + 1, start + MAX_DOCUMENT_CHARS)
            return found.end() if found else min(start + MAX_DOCUMENT_CHARS, len(text))
        self._retry_chars = HEADER_CHARS
        return self._open(value, end, items)

    def _stop(self, start: int) -> int:
        """Keep the text from ``start`` and wait for more."""
        self._text = self._text[start:]
        return _MORE


def _header(text: str, kind: str) -> dict[str, Any] | None:
    """Members before an array, from the text up to and with its bracket; None unless they suffice to read it."""
    try:
        header = json.loads(text + "]}")
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or header.pop(kind, None) != []:
        return None
    return header if all(name in header for name in ARRAY_KINDS[kind]) else None
