"""Manifests out of JSON text, one after another, and as much as there is of what is damaged.

Read are an object ``{"manifests": [...]}``, a list of manifests, and manifests after one another (JSON lines). One manifest at a time is held as objects. Where the text
breaks off or is damaged, everything whole before it is kept, down to the single consignment, and reading goes on at the next element that begins as its neighbours do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

MANIFESTS: Final = "manifests"
_BLANK: Final = re.compile(r"[\s,\ufeff]*")
_FIRST_KEY: Final = re.compile(r'\{\s*"([^"\\]{1,60})"')
_KEPT_IN_PART: Final = frozenset({MANIFESTS, "consignments", "itinerary"})
"""Lists that are worth having although they end early: what is in them stands for itself."""
_DEEPEST: Final = 20
_DECODER: Final = json.JSONDecoder(parse_constant=lambda name: None if name == "NaN" else name)
"""``NaN``, which some programs write for a missing number, is null; infinities become text, which no number field takes."""


@dataclass(slots=True)
class JsonManifest:
    """One manifest as JSON has it. ``where`` leads to it where it stands in a list; ``at`` is its number there, else its line."""

    value: Any
    at: int
    where: str = ""


@dataclass(slots=True)
class JsonFaults:
    """What could not be read: (line, note); ``breaks_off`` where the text ends before its time."""

    found: list[tuple[int, str]] = field(default_factory=list)
    breaks_off: bool = False


def read_json_text(text: str, faults: JsonFaults) -> Iterator[JsonManifest]:
    """The manifests of a text; what is damaged goes to ``faults``."""
    return _Reader(text, faults).documents()


class _Fault(Exception):
    def __init__(self, at: int, note: str) -> None:
        self.at, self.note = at, note


class _Reader:
    def __init__(self, text: str, faults: JsonFaults) -> None:
        self._text, self._faults = text, faults
        self._counted, self._lines = 0, 1

    def documents(self) -> Iterator[JsonManifest]:
        """All that is at the top, one after another."""
        at = self._after_blank(0)
        while at < len(self._text):
            begin = at
            try:
                if self._text[at] == "[":
                    at = yield from self._list(at + 1, "")
                elif self._text[at] == "{":
                    at = yield from self._object(at)
                else:
                    raise _Fault(at, "Expecting value")
            except _Fault as fault:
                at = self._tell(fault, self._next_line_object(max(begin + 1, fault.at)))
            at = self._after_blank(at)

    def _object(self, at: int) -> Generator[JsonManifest, None, int]:
        """An object at the top: a manifest, or what holds a list of them."""
        begin, line = at, self._line(at)
        named = _FIRST_KEY.match(self._text, at)
        if named is not None and named[1] == "manifest_id":  # the common case, at full speed
            value, end, is_whole = self._value(at)
            yield JsonManifest(value, line)
            if not is_whole:
                raise _Fault(end, "breaks off")
            return end
        members: dict[str, Any] = {}
        at = self._after_blank(at + 1)
        while at < len(self._text) and self._text[at] != "}":
            key, at = self._key(at)
            if key == MANIFESTS and self._text[at : at + 1] == "[":
                at = yield from self._list(at + 1, MANIFESTS)
            else:
                members[key], at, is_whole = self._value(at)
                if not is_whole:
                    if "manifest_id" in members:
                        yield JsonManifest(members, line)
                    raise _Fault(at, "breaks off")
            at = self._after_blank(at)
        if at >= len(self._text):
            raise _Fault(begin if not members else at, "breaks off")
        if "manifest_id" in members:
            yield JsonManifest(members, line)
        return at + 1

    def _list(self, at: int, name: str) -> Generator[JsonManifest, None, int]:
        """The manifests of a list, after its bracket; returns where it ends."""
        number, begins = 0, None
        while True:
            at = self._after_blank(at)
            if at >= len(self._text):
                self._faults.breaks_off = True
                self._faults.found.append((self._line(at), "the document breaks off here"))
                return at
            if self._text[at] == "]":
                return at + 1
            begins = begins or self._beginning(at)
            end, is_whole = at, False
            try:
                value, end, is_whole = self._value(at)
                yield JsonManifest(value, number + 1, f"{name or MANIFESTS}[{number}]")
            except _Fault as fault:
                end = fault.at
                note = fault.note
            else:
                note = "breaks off"
            number += 1
            at = end if is_whole else self._tell(_Fault(end, note), self._next(begins, max(at + 1, end)))

    def _value(self, at: int, depth: int = 0) -> tuple[Any, int, bool]:
        """A value, where it ends, and whether it is whole. Raises ``_Fault`` where nothing of it can be kept."""
        try:
            value, end = _DECODER.raw_decode(self._text, at)
        except RecursionError:
            raise _Fault(at, "is nested too deeply") from None
        except ValueError as exc:
            fault = _Fault(getattr(exc, "pos", at), getattr(exc, "msg", str(exc)))
        else:
            if end < len(self._text) or self._text[end - 1] in '}]"':
                return value, end, True
            raise _Fault(end, "breaks off")
        if depth > _DEEPEST or self._text[at : at + 1] != "{":
            raise fault
        members: dict[str, Any] = {}
        at = self._after_blank(at + 1)
        try:
            while at < len(self._text) and self._text[at] != "}":
                key, at = self._key(at)
                if key in _KEPT_IN_PART and self._text[at : at + 1] == "[":
                    members[key] = []
                    at = self._partly(at + 1, members[key], key, depth)
                else:
                    value, at, is_whole = self._value(at, depth + 1)
                    if not is_whole:
                        return members, at, False
                    members[key] = value
                at = self._after_blank(at)
        except _Fault as inner:
            if not members:
                raise
            return members, inner.at, False
        return members, at + 1, at < len(self._text)

    def _partly(self, at: int, into: list[Any], name: str, depth: int) -> int:
        """The whole elements of a list, some of which are damaged; returns where it ends."""
        begins = None
        while True:
            at = self._after_blank(at)
            if at >= len(self._text):
                raise _Fault(at, "breaks off")
            if self._text[at] == "]":
                return at + 1
            begins = begins or self._beginning(at)
            try:
                value, end = _DECODER.raw_decode(self._text, at)
            except (ValueError, RecursionError) as exc:
                damaged = getattr(exc, "pos", at)
                again = self._next(begins, max(at + 1, damaged))
                if again >= len(self._text):
                    raise _Fault(at, f"breaks off or is damaged in {name}[{len(into)}]") from None
                at = self._tell(_Fault(damaged, f"{name}[{len(into)}] is no JSON ({getattr(exc, 'msg', exc)})"), again)
                continue
            into.append(value)
            at = end

    def _key(self, at: int) -> tuple[str, int]:
        """The name of a member, and where its value begins."""
        try:
            key, at = _DECODER.raw_decode(self._text, at)
        except (ValueError, RecursionError) as exc:
            raise _Fault(getattr(exc, "pos", at), "Expecting the name of a member in quotation marks") from None
        at = _BLANK.match(self._text, at).end()  # type: ignore[union-attr]
        if not isinstance(key, str) or self._text[at : at + 1] != ":":
            raise _Fault(at, "Expecting a colon after the name of a member")
        return key, self._after_blank(at + 1)

    def _tell(self, fault: _Fault, go_on: int) -> int:
        """Note a fault; returns where reading goes on."""
        if go_on >= len(self._text) or fault.note.startswith("breaks off"):
            self._faults.breaks_off = True
        self._faults.found.append((self._line(min(fault.at, len(self._text))), fault.note))
        return go_on

    def _beginning(self, at: int) -> re.Pattern[str] | None:
        """How the elements of a list begin: by the first key of the first one."""
        found = _FIRST_KEY.match(self._text, at)
        return re.compile(r"\{\s*" + re.escape(f'"{found[1]}"')) if found else None

    def _next(self, begins: re.Pattern[str] | None, at: int) -> int:
        found = begins.search(self._text, at) if begins is not None else None
        return found.start() if found else len(self._text)

    def _next_line_object(self, at: int) -> int:
        found = re.compile(r"(?<=\n)\s*\{").search(self._text, at)
        return found.end() - 1 if found else len(self._text)

    def _after_blank(self, at: int) -> int:
        return _BLANK.match(self._text, at).end()  # type: ignore[union-attr]

    def _line(self, at: int) -> int:
        """The line of a place; asked in rising order."""
        if at < self._counted:
            return self._text.count("\n", 0, at) + 1
        self._lines += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._lines
