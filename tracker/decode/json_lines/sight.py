"""What the beginning of a JSON input is: whether records of craft are in it, and if not, what they lack."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.decode.json_lines.documents import JsonDocuments
from tracker.decode.json_lines.envelopes import Envelopes
from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.lines import JsonLines, is_by_lines
from tracker.decode.json_lines.shapes import Plan
from tracker.decode.layouts import Layout

_NEEDS = {
    "craft": "a craft (mmsi or icao24)",
    "time": "a time (timestamp)",
    "position": "a position (lat and lon)",
}


@dataclass(frozen=True, slots=True)
class JsonSight:
    """What was seen."""

    readable: bool
    """Records name a craft and a position, or are raw frames. A time may be missing: the user may give one."""
    layout: Layout | None = None
    refusal: str = ""
    """What the records name and what they lack, where they cannot be read."""


def json_sight(first_bytes: bytes) -> JsonSight | None:
    """What the records at the beginning of an input are; None where there is no JSON object in it."""
    text = first_bytes.decode("utf-8", "replace").removeprefix("\ufeff")
    reader = (JsonLines if is_by_lines(text) else JsonDocuments)(Envelopes())
    try:
        items = reader.feed(text, last=True)
    except RecursionError:
        return None
    plans = {item.plan for item in items if item.plan is not None and item.plan.fields}
    if not plans:
        return JsonSight(False, refusal="JSON without records of a craft") if _holds_objects(items) else None
    for plan in plans:
        needs = plan.layout.needs if plan.layout else ("craft", "position")
        if plan.names_frame or not ({"craft", *needs} - {"time"}) & set(plan.missing):
            return JsonSight(True, plan.layout)
    best = min(plans, key=lambda plan: (len(plan.missing), -len(plan.fields)))
    return JsonSight(False, best.layout, _refusal(best))


def _holds_objects(items: list[Item]) -> bool:
    return any(isinstance(item.value, dict) for item in items)


def _refusal(plan: Plan) -> str:
    there = [_NEEDS[name].partition(" (")[0] for name in _NEEDS if name not in plan.missing]
    lacking = [_NEEDS[name] for name in _NEEDS if name in plan.missing]
    named = " and ".join(there) if there else "neither craft nor time nor position"
    return (
        f"JSON whose records name {named} but not {' and '.join(lacking)}"
        if there
        else f"JSON whose records name {named}"
    )
