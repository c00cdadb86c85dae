"""JSON of other people, whatever is cut off: the objects of a list that are whole are kept.

A text that breaks off is closed behind the last element that is whole, of the innermost list it breaks off in: what was begun there is dropped, what stands around it is kept as far as it goes.
"""

from __future__ import annotations

from typing import Any, Final

from tracker.cargo.read_json import blank_end, parse_json, parse_next

MOST_DEPTH: Final = 64
"""Deeper nesting is no paper of anybody."""


def parse_all(text: str) -> tuple[list[Any], str]:
    """The values of a text one after another (files put together, JSON lines), and why the last one is not whole (empty where it is)."""
    values: list[Any] = []
    at = blank_end(text, 0)
    while at < len(text) or not values:
        try:
            value, at = parse_next(text, at)
        except RecursionError:
            return values, "is nested too deeply"
        except ValueError:
            value, why = _parse(text[at:])
            return values + [value] * (value is not None), why
        values.append(value)
    return values, ""


def _parse(text: str) -> tuple[Any, str]:
    """The value of a text that is not whole, and why it is not. None where nothing of it can be read."""
    try:
        return parse_json(text), ""
    except RecursionError:
        return None, "is nested too deeply"
    except ValueError as exc:
        why = str(exc)
    for at, closing in reversed(_whole_parts(text)):
        try:
            return parse_json(text[:at] + closing), why
        except (ValueError, RecursionError):
            continue
    return None, why


def object_in(raw: Any, name: str) -> dict[str, Any]:
    """An object that is a member of another; empty where there is none."""
    value = raw.get(name) if isinstance(raw, dict) else None
    return value if isinstance(value, dict) else {}


def _whole_parts(text: str) -> list[tuple[int, str]]:
    """The last places behind which a text can be closed, with what closes it: behind each element of a list."""
    stack: list[str] = []
    places: list[tuple[int, str]] = []
    at, size = 0, len(text)
    while at < size:
        sign = text[at]
        if sign == '"':
            at += 1
            while at < size and text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        elif sign in "[{":
            stack.append("]" if sign == "[" else "}")
            if len(stack) > MOST_DEPTH:
                return places[-_TRIED:]
            if sign == "[":
                places.append((at + 1, "".join(reversed(stack))))
        elif sign in "]}":
            if not stack or stack.pop() != sign:
                return places[-_TRIED:]
            if stack and stack[-1] == "]":
                places.append((at + 1, "".join(reversed(stack))))
        at += 1
        if len(places) > 4 * _TRIED:
            del places[:-_TRIED]
    return places[-_TRIED:]


_TRIED: Final = 8
