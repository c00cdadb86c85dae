"""Everything in a value that one of our schemas forbids, times that are not written as ours included."""

from __future__ import annotations

import re
from typing import Any

import jsonschema

from tracker.units import parse_time

_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_time_of_ours(text: object) -> bool:
    if not isinstance(text, str):
        return True
    parse_time(text)
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text) is not None


def errors(value: Any, schema: dict[str, Any]) -> list[str]:
    """What is forbidden, a sentence each."""
    found = jsonschema.Draft202012Validator(schema, format_checker=_FORMATS).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]
