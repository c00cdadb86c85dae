"""What people decided on alerts, as a room tells it: bytes in, decisions or a sentence out.

::

    {"decisions": [{"decision_id": "...", "alert_id": "...", "revision": 3, "verdict": "seized", "outcome_fields": {}, "judged_by": "...",
                    "judged_at": "2026-11-30T10:00:00Z", "note": "..."}]}

``outcome_fields`` and ``note`` may be missing. A decision is the same when all it says is: its digest is of its canonical JSON.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracker.cargo.values import KINDS
from tracker.printable import brief
from tracker.topics.incoming import NOT_IN_TEXT, SEEN
from tracker.units import iso_time

MOST_DECISIONS: Final = 500
"""Of one message."""
MOST_FIELDS_CHARS: Final = 8_000
"""Of ``outcome_fields`` as JSON."""
_NAME: Final = re.compile(f"[{SEEN}]+")
_FREE: Final = re.compile(f"[^{NOT_IN_TEXT}]*")
_LINES: Final = re.compile(r"[\n\t]")


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided on a revision of an alert. ``outcome_fields`` is canonical JSON, ``judged_us`` the time by the room's clock."""

    decision_id: str
    alert_id: str
    revision: int
    verdict: str
    outcome_fields: str
    judged_by: str
    judged_us: int
    note: str | None

    @property
    def digest(self) -> str:
        """SHA-256 of all it says, as hexadecimal digits."""
        said = [getattr(self, name) for name in self.__slots__]
        return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def read_decisions(content: bytes) -> list[Decision]:
    """The decisions of a message.

    Raises
    ------
    ValueError
        it is none: which decision, which field, how to mend it.
    """
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"the body is no JSON: {exc}") from None
    if not isinstance(raw, dict) or raw.keys() != {"decisions"} or not isinstance(raw["decisions"], list):
        raise ValueError('the body has no list of decisions; write {"decisions": [{...}]}')
    if not 1 <= len(raw["decisions"]) <= MOST_DECISIONS:
        raise ValueError(f"there are {len(raw['decisions']):,} decisions; send 1 to {MOST_DECISIONS} at a time")
    return [_decision(number, one) for number, one in enumerate(raw["decisions"], 1)]


def _decision(number: int, raw: Any) -> Decision:
    if not isinstance(raw, dict):
        raise ValueError(f"decision {number} is no object")
    for key in raw:
        if key not in _FIELDS:
            raise ValueError(
                f"decision {number} has an unknown key {brief(key, 40)!r}; it may have {', '.join(_FIELDS)}"
            )
    found: dict[str, Any] = {}
    for key, (name, read, is_needed) in _FIELDS.items():
        value = raw.get(key)
        if value is None and is_needed:
            raise ValueError(f"decision {number} has no {key}")
        try:
            found[name] = read(value)
        except ValueError as exc:
            raise ValueError(f"{key} of decision {number} {exc}") from None
    return Decision(**found)


def _name(most: int) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if not isinstance(raw, str) or not 1 <= len(raw) <= most or _NAME.fullmatch(raw) is None or not raw.strip():
            raise ValueError(f"is no text of 1 to {most} characters that can be seen")
        return raw

    return read


def _revision(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw < 1 << 31:
        raise ValueError("is no whole number from 1 on")
    return raw


def _time(raw: Any) -> int:
    if not isinstance(raw, str) or len(raw) > 40:
        raise ValueError("is no time; write 2026-11-30T10:00:00Z")
    at_us = int(KINDS["time"].parse(raw))
    iso_time(at_us)
    return at_us


def _note(raw: Any) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw, str) or len(raw) > 4_000 or _FREE.fullmatch(_LINES.sub(" ", raw)) is None:
        raise ValueError("is no text of at most 4,000 characters without control characters")
    return raw


def _fields(raw: Any) -> str:
    if raw is None:
        return "{}"
    if not isinstance(raw, Mapping):
        raise ValueError("is no object")
    try:
        text = json.dumps(raw, sort_keys=True, separators=(",", ":"), allow_nan=False)
        json.dumps(raw, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("has a number or a character that JSON has not") from None
    if len(text) > MOST_FIELDS_CHARS:
        raise ValueError(f"has {len(text):,} characters; at most {MOST_FIELDS_CHARS:,} are taken")
    return text


_FIELDS: Final[Mapping[str, tuple[str, Callable[[Any], Any], bool]]] = {
    "decision_id": ("decision_id", _name(100), True),
    "alert_id": ("alert_id", _name(100), True),
    "revision": ("revision", _revision, True),
    "verdict": ("verdict", _name(64), True),
    "outcome_fields": ("outcome_fields", _fields, False),
    "judged_by": ("judged_by", _name(200), True),
    "judged_at": ("judged_us", _time, True),
    "note": ("note", _note, False),
}
"""Key -> attribute of :class:`Decision`, who reads it, and whether it must be there."""
