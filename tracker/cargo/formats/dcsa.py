"""DCSA's JSON: operational vessel schedules (OVS 3), track and trace events (T&T 2 and 3), port calls (JIT 2).

Known by their names of members, be it a list, one object, or an object around a list (``data``, ``events``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tracker.cargo.formats import cut_json, dcsa_events, dcsa_schedules
from tracker.cargo.formats.edifact import plain
from tracker.cargo.formats.gathered import Gathered
from tracker.cargo.text import text_of

_HEAD_BYTES: Final = 4000
_MARKS: Final = (
    b'"vesselSchedules"',
    b'"transportCalls"',
    b'"eventClassifierCode"',
    b'"retractedEventID"',
    b'"portCallID"',
)
_AROUND: Final = ("data", "events", "serviceSchedules", "schedules", "portCalls")
_KINDS: Final[tuple[tuple[str, frozenset[str], Callable[[dict[str, Any], str, Gathered], None]], ...]] = (
    ("service schedule", frozenset({"vesselSchedules"}), dcsa_schedules.read_service),
    ("vessel schedule", frozenset({"transportCalls"}), dcsa_schedules.read_vessel),
    ("event", frozenset({"eventClassifierCode", "metadata", "eventID", "retractedEventID"}), dcsa_events.read_event),
    ("port call", frozenset({"portCallID"}), dcsa_schedules.read_port_call),
)


def is_dcsa(content: bytes) -> bool:
    """Whether it begins as one of these does."""
    head = plain(content[:_HEAD_BYTES]).lstrip(b"\xef\xbb\xbf \r\n\t")
    return head[:1] in (b"[", b"{") and b'"manifest_id"' not in head and any(mark in head for mark in _MARKS)


def read(content: bytes, gathered: Gathered) -> None:
    """Read every schedule, event and call; what is none of them is refused."""
    values, why = cut_json.parse_all(text_of(content, gathered.file))
    if why:
        gathered.file.break_off(
            1, f"is no whole JSON ({why}); what was whole before is kept, ask the sender for all of it"
        )
    if not values:
        gathered.origin(1).reject("", f"nothing of it can be read ({why})")
    for number, value in enumerate(values, 1):
        for place, item in _items(value):
            _read_item(item, place if len(values) == 1 else f"document {number} {place}".strip(), gathered)


def _items(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        for name in _AROUND:
            if isinstance(value.get(name), list):
                return [(f"{name}[{i}]", item) for i, item in enumerate(value[name])]
        return [("", value)]
    return [(f"[{i}]", item) for i, item in enumerate(value)] if isinstance(value, list) else [("", value)]


def _read_item(item: Any, place: str, gathered: Gathered) -> None:
    if isinstance(item, dict):
        for _, marks, reader in _KINDS:
            if marks & item.keys():
                reader(item, place, gathered)
                return
    names = ", ".join(name for name, _, _ in _KINDS)
    gathered.origin(1, place).reject("", f"{place or 'the object'} is none of these: {names}")
