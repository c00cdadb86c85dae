"""Whether the beginning of a JSON input holds records of craft. Why not is said by ``tracker.decode.refusals``."""

from __future__ import annotations

from tracker.decode.json_lines.documents import JsonDocuments
from tracker.decode.json_lines.envelopes import Envelopes
from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.lines import JsonLines, is_by_lines
from tracker.decode.json_lines.shapes import missing_of
from tracker.decode.layouts import Layout


def holds_records(first_bytes: bytes) -> bool:
    """Whether records name a craft and a position, or are raw frames; a time may be missing, for the user may give one."""
    return any(_is_record(item) for item in _items(first_bytes))


def layout_seen(first_bytes: bytes) -> Layout | None:
    """The known layout of the first records, None where they are read by generic names."""
    return next((item.plan.layout for item in _items(first_bytes) if item.plan and _is_record(item)), None)


def _items(first_bytes: bytes) -> list[Item]:
    text = first_bytes.decode("utf-8", "replace").removeprefix("\ufeff")
    reader = (JsonLines if is_by_lines(text) else JsonDocuments)(Envelopes())
    try:
        return reader.feed(text, last=True)
    except RecursionError:
        return []


def _is_record(item: Item) -> bool:
    plan = item.plan
    if plan is None or not plan.fields:
        return False
    needs = plan.layout.needs if plan.layout else ("craft", "position")
    missing = missing_of((*plan.fields, *(item.inherited or {})))
    return plan.names_frame or not ({"craft", *needs} - {"time"}).intersection(missing)
