"""A small validator of JSON Schema 2020-12: the keywords that our schemas use, and a refusal of any other."""

from __future__ import annotations

import re
from typing import Any

from tracker.events import parse_time

_SILENT = {"$schema", "$id", "$defs", "title", "description"}
_TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "null": type(None)}


def errors(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = "$") -> list[str]:
    """Everything in ``value`` that the schema forbids."""
    root = root or schema
    found: list[str] = []
    for keyword, rule in schema.items():
        if keyword in _SILENT:
            continue
        if keyword == "$ref":
            found += errors(value, root["$defs"][rule.removeprefix("#/$defs/")], root, at)
        elif keyword == "type":
            names = [rule] if isinstance(rule, str) else rule
            if not any(_is(value, name) for name in names):
                found.append(f"{at}: {value!r} is no {rule}")
        elif keyword == "const":
            found += [] if value == rule else [f"{at}: {value!r} is not {rule!r}"]
        elif keyword == "enum":
            found += [] if value in rule else [f"{at}: {value!r} is none of {rule}"]
        elif keyword == "pattern":
            found += [] if not isinstance(value, str) or re.search(rule, value) else [f"{at}: {value!r} !~ {rule}"]
        elif keyword == "format":
            assert rule == "date-time"
            if isinstance(value, str):
                parse_time(value)
                found += [] if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) else [f"{at}: {value}"]
        elif keyword in ("minimum", "maximum"):
            if isinstance(value, (int, float)) and (value < rule if keyword == "minimum" else value > rule):
                found.append(f"{at}: {value} beyond {keyword} {rule}")
        elif keyword == "required":
            found += [f"{at}: {name} is missing" for name in rule if isinstance(value, dict) and name not in value]
        elif keyword == "properties":
            for name in rule.keys() & (value.keys() if isinstance(value, dict) else set()):
                found += errors(value[name], rule[name], root, f"{at}.{name}")
        elif keyword == "additionalProperties":
            if rule is False and isinstance(value, dict):
                found += [f"{at}: unknown {name}" for name in value.keys() - schema["properties"].keys()]
        elif keyword == "items":
            for i, item in enumerate(value if isinstance(value, list) else ()):
                found += errors(item, rule, root, f"{at}[{i}]")
        else:
            raise NotImplementedError(keyword)
    return found


def _is(value: Any, name: str) -> bool:
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])
