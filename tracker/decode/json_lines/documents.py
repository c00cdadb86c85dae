"""JSON documents: values that follow each other, wherever the line ends are, read array element by array element.

::

    outside --[--> array --]--> outside                    a top-level array is read element by element
    outside --{--> whole object --> outside                an object is opened as a whole ...
    outside --{ .. "aircraft": [--> array --]--> tail      ... unless it is large and an array it carries can be read element
    tail --}--> outside                                    by element, because all that its rows lack stands before it
    array --[ or { .. [--> array within --> array          elements too large to be held are entered in the same way

Entered arrays are frames on a stack: an array knows how many objects around it are to be left behind it. An array may be entered
that is a member of ``envelopes.ROW_MEMBERS`` whose header stands before it, or whose first element is a record that lacks nothing.

An element of an array that is no JSON within 64 KiB is refused, and reading goes on after the next ``},{`` or ``],[``, so
one damaged byte costs an element or two and not the file. Objects that must be held whole are refused beyond 16 MiB; whether
one is complete is tried again only when twice as much is there. Everything held is bounded by these sizes.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tracker.decode.json_lines.envelopes import Envelopes
from tracker.decode.json_lines.items import MAX_DOCUMENT_CHARS, Item, refused
from tracker.decode.json_lines.parse import value_of
from tracker.decode.json_lines.shapes import ROW_MEMBERS
from tracker.decode.rejects import SAMPLE_BYTES, RejectCause

MAX_ELEMENT_CHARS: Final = 1 << 16
HEADER_CHARS: Final = 1 << 16
"""How much of an object is looked at for the array it carries."""
MAX_FRAMES: Final = 8
"""How deep arrays may lie in each other to be read element by element."""

_SPACE = re.compile(r"[ \t\r\n]*")
_SPACE_OR_COMMA = re.compile(r"[ \t\r\n,\x1e]*")
_ARRAY_MEMBER = re.compile(r'"([^"\\]{1,100})"\s{0,40}:\s{0,40}\[(?=\s{0,40}[\[{])')
_MAX_MEMBERS: Final = 16
"""How many arrays of a header are considered."""
_BETWEEN_ELEMENTS = re.compile(r"[}\]]\s{0,40},\s{0,40}(?=[{\[])")
_NEXT_DOCUMENT = re.compile(r"\n(?=[{\[])")
_OPENING = re.compile(r"[{\[]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_MORE: Final = -1
"""More text is needed."""
_OVERLAP_CHARS: Final = 400
"""Longer than anything ``_BETWEEN_ELEMENTS`` and ``_ARRAY_MEMBER`` match."""
_raw_decode = json.JSONDecoder().raw_decode


@dataclass(slots=True)
class _Frame:
    """An array that is being read element by element."""

    kind: str
    """Name of the member that it is, if it is one of ``ROW_MEMBERS``."""
    objects: int
    """How many objects were entered for it, to be left behind it."""
    inherited: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] | None = None
    """The members before it."""
    begun: bool = False
    """An element was read."""


class JsonDocuments:
    """Cuts text into items; see the module."""

    def __init__(self, envelopes: Envelopes) -> None:
        self._envelopes = envelopes
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
        self._frames: list[_Frame] = []
        self._tail_objects = 0
        """Behind an array: so many objects are to be left."""
        self._retry_chars = HEADER_CHARS

    def feed(self, text: str, last: bool) -> list[Item]:
        """The items that are complete now."""
        self._parts.append(text)
        self._held += len(text)
        if self._held < self._patience_chars and not last:
            return []
        self._text = "".join(self._parts)
        self._patience_chars = 0
        items: list[Item] = []
        position = 0
        while True:
            if self._tail_objects:
                following = self._tail(position, last)
            elif self._frames:
                following = self._element(position, last, items)
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
        self._retry_chars = HEADER_CHARS
        self._at += 1
        return self._at, text + ending

    def state(self) -> dict[str, Any]:
        """What is kept between calls, as plain values."""
        return {
            "text": "".join(self._parts),
            "patience_chars": self._patience_chars,
            "skipping": self._skipping,
            "frames": json.dumps([asdict(frame) for frame in self._frames]),
            "tail_objects": self._tail_objects,
            "retry_chars": self._retry_chars,
            "at": self._at,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of :meth:`state`."""
        text = state["text"]
        self._parts, self._held = [text], len(text)
        self._patience_chars, self._retry_chars = state["patience_chars"], state["retry_chars"]
        self._skipping, self._tail_objects = state["skipping"], state["tail_objects"]
        self._frames = [_Frame(**frame) for frame in json.loads(state["frames"])]
        self._at = state["at"]

    def _take(self, value: Any, items: list[Item]) -> None:
        """Add the records of a value: an element of the array that is read, or a value of its own."""
        if self._frames:
            frame = self._frames[-1]
            frame.begun = True
            found = self._envelopes.within(self._at + 1, value, frame.kind, frame.inherited, frame.header, 1)
        else:
            found = self._envelopes.items(self._at + 1, value, step=1)
        items.extend(found)
        self._at += len(found)

    def _refuse(self, text: str, cause: RejectCause, items: list[Item]) -> None:
        self._at += 1
        items.append(refused(self._at, text, cause))

    def _element(self, start: int, last: bool, items: list[Item]) -> int:
        """Read one element at ``start``; gives back where it ends, or ``_MORE``."""
        text, frame = self._text, self._frames[-1]
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
            self._frames.pop()
            self._tail_objects = frame.objects
            return start + 1
        cause = RejectCause.BAD_JSON
        value: Any = None
        try:
            value, end = _raw_decode(text, start)
        except (ValueError, RecursionError):
            end = -1
        if 0 <= end <= start + MAX_ELEMENT_CHARS:
            after = _SPACE.match(text, end).end()  # type: ignore[union-attr]
            if after == len(text) and not last:
                return self._stop(start)
            if after == len(text) or text[after] in ",]":
                if not frame.begun and not frame.kind and self._envelopes.is_header(value):
                    following = _SPACE_OR_COMMA.match(text, after).end()  # type: ignore[union-attr]
                    if following == len(text) and not last:
                        return self._stop(start)
                    if text[following : following + 1] == "[":
                        frame.begun = True
                        frame.inherited = dict(self._envelopes.inherit(value, frame.inherited))
                        return following
                self._take(value, items)
                return self._further_elements(end, items)
        elif len(text) - start < MAX_ELEMENT_CHARS + _OVERLAP_CHARS:
            if not last:
                return self._stop(start)
            cause = RejectCause.TRUNCATED
        if not last and len(text) - start < HEADER_CHARS + MAX_ELEMENT_CHARS + _OVERLAP_CHARS:
            return self._stop(start)
        if len(text) - start > MAX_ELEMENT_CHARS and (entered := self._enter(start, inside=True)):
            return entered
        found = _BETWEEN_ELEMENTS.search(text, start + 1, start + MAX_ELEMENT_CHARS)
        if found is not None:
            self._refuse(text[start : found.start() + 1], RejectCause.BAD_JSON, items)
            return found.end()
        self._refuse(text[start : start + SAMPLE_BYTES], cause if last else RejectCause.TOO_LONG, items)
        if last:
            return self._stop(len(text))
        self._skipping = True
        return start + MAX_ELEMENT_CHARS

    def _further_elements(self, start: int, items: list[Item]) -> int:
        """The fast way over sound elements, many at once; gives back where it met anything else."""
        text = self._text
        enough = len(text) - MAX_ELEMENT_CHARS - _OVERLAP_CHARS
        while start < enough:
            first = _SPACE_OR_COMMA.match(text, start).end()  # type: ignore[union-attr]
            if text[first] not in "{[":
                break
            closing = "}" if text[first] == "{" else "]"
            end = text.rfind(closing + ",", first, first + MAX_ELEMENT_CHARS) + 1
            if not end:
                break
            try:
                values = value_of(f"[{text[first:end]}]")
            except (ValueError, RecursionError):
                break
            for value in values:
                self._take(value, items)
            start = end
        return start

    def _tail(self, start: int, last: bool) -> int:
        """Skip the members that follow an array, up to the end of the objects that were entered for it."""
        text = self._text
        start = _SPACE.match(text, start).end()  # type: ignore[union-attr]
        head = '{"":' * (self._tail_objects - 1) + '{"":0'
        try:
            _, end = _raw_decode(head + text[start : start + MAX_ELEMENT_CHARS])
        except (ValueError, RecursionError):
            if not last and len(text) - start < MAX_ELEMENT_CHARS:
                return self._stop(start)
            self._tail_objects = 0
            return start
        self._tail_objects = 0
        return start + end - len(head)

    def _top_level(self, start: int, last: bool, items: list[Item]) -> int:
        """Read one value, or enter the array it consists of or carries."""
        text = self._text
        start = _SPACE_OR_COMMA.match(text, start).end()  # type: ignore[union-attr]
        if start == len(text):
            return self._stop(start)
        if text[start] == "[":
            self._frames.append(_Frame("", 0))
            return start + 1
        if text[start] != "{":
            found = _OPENING.search(text, start)
            if not self._skipping:
                self._refuse(text[start : found.start() if found else None], RejectCause.BAD_JSON, items)
            self._skipping = found is None
            return found.start() if found else self._stop(len(text))
        self._skipping = False
        if not last and len(text) - start < HEADER_CHARS:
            return self._stop(start)
        try:
            value, end = _raw_decode(text, start)
        except (ValueError, RecursionError):
            value, end = None, len(text) + HEADER_CHARS
        if end - start <= HEADER_CHARS:
            self._take(value, items)
            return end
        if not last and len(text) - start < HEADER_CHARS + MAX_ELEMENT_CHARS:
            return self._stop(start)
        if self._retry_chars == HEADER_CHARS and (entered := self._enter(start, inside=False)):
            return entered
        return self._whole(start, last, items)

    def _enter(self, start: int, *, inside: bool) -> int:
        """Enter an array that the value at ``start`` is or carries; gives back where its first element begins, or 0."""
        text = self._text
        if inside and text[start] == "[" and len(self._frames) < MAX_FRAMES:
            following = _SPACE.match(text, start + 1).end()  # type: ignore[union-attr]
            if text[following : following + 1] in ("{", "["):
                self._frames.append(_Frame("", 0, dict(self._frames[-1].inherited)))
                return start + 1
            return 0
        above = self._frames[-1].inherited if inside else {}
        for tried, member in enumerate(_ARRAY_MEMBER.finditer(text, start, start + HEADER_CHARS)):
            if tried == _MAX_MEMBERS:
                break
            frames = self._frames_before(text[start : member.end()], member[1], above)
            if frames and len(self._frames) + len(frames) <= MAX_FRAMES and self._may_enter(frames[-1], member.end()):
                self._frames += frames
                return member.end()
        return 0

    def _may_enter(self, frame: _Frame, start: int) -> bool:
        """Whether the rows of an array lack nothing that could still come behind it."""
        needed = ROW_MEMBERS.get(frame.kind)
        if needed is not None:
            return all(name in (frame.header or {}) for name in needed)
        try:
            first, _ = _raw_decode(self._text[start : start + MAX_ELEMENT_CHARS + 1], 0)
        except (ValueError, RecursionError, IndexError):
            return False
        if type(first) is not dict:
            return False
        plan = self._envelopes.plans.of(first)
        lacking = {
            "craft": "mmsi" not in frame.inherited and "icao24" not in frame.inherited,
            "time": "time" not in frame.inherited,
            "position": True,
        }
        return not any(lacking[name] for name in plan.missing)

    def _frames_before(self, text: str, name: str, above: dict[str, Any]) -> list[_Frame]:
        """The frames that are open at the end of a text, which ends with the bracket of the array ``name``; none unless it can be read."""
        brackets: list[str] = []
        for token in _TOKEN.finditer(text):
            bracket = token[0]
            if bracket in "{[":
                brackets.append(bracket)
            elif bracket in "}]":
                if not brackets:
                    return []
                brackets.pop()
        if len(brackets) > 4 * MAX_FRAMES:
            return []
        try:
            value = json.loads(text + "".join("}" if b == "{" else "]" for b in reversed(brackets)))
        except (ValueError, RecursionError):
            return []
        frames: list[_Frame] = []
        objects, inherited, header = 0, above, None
        for bracket in brackets:
            if bracket == "{":
                if type(value) is not dict or not value:
                    return []
                last_name = next(reversed(value))
                header = {other: member for other, member in value.items() if other != last_name}
                inherited = dict(self._envelopes.inherit(header, inherited))
                objects += 1
                value = value[last_name]
            else:
                kind = last_name if objects and last_name in ROW_MEMBERS else ""
                frames.append(_Frame(kind, objects, inherited, header, bool(value)))
                objects, header = 0, None
                value = value[-1] if value else None
        return frames if frames and last_name == name else []

    def _whole(self, start: int, last: bool, items: list[Item]) -> int:
        """Read an object that must be held whole; tried again only when twice as much is there."""
        text = self._text
        held = len(text) - start
        if held < self._retry_chars and not last:
            self._patience_chars = self._retry_chars
            return self._stop(start)
        value: Any = None
        try:
            value, end = _raw_decode(text, start)
        except (ValueError, RecursionError):
            if not last and held < MAX_DOCUMENT_CHARS:
                self._patience_chars = self._retry_chars = min(2 * held, MAX_DOCUMENT_CHARS)
                return self._stop(start)
            end = start + MAX_DOCUMENT_CHARS + 1
        if end - start > MAX_DOCUMENT_CHARS:
            cause = RejectCause.TOO_LONG if held >= MAX_DOCUMENT_CHARS else RejectCause.TRUNCATED
            self._refuse(text[start : start + SAMPLE_BYTES], cause, items)
            self._retry_chars, self._skipping = HEADER_CHARS, True
            found = _NEXT_DOCUMENT.search(text, start + 1, start + MAX_DOCUMENT_CHARS)
            return found.end() if found else min(start + MAX_DOCUMENT_CHARS, len(text))
        self._retry_chars = HEADER_CHARS
        self._take(value, items)
        return end

    def _stop(self, start: int) -> int:
        """Keep the text from ``start`` and wait for more."""
        self._text = self._text[start:]
        return _MORE
