"""What is left of an alert, an act or a decision when its time is over. Pure.

Left are ids, numbers, instants and the words of fixed lists: kind, detail, rule, area, feed, band, confidence, outcome, who acted (by id) and when. Gone is
whatever a person or a document wrote: texts of notes and reasons, what was found, parties, goods, itineraries, evidence, explanations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ERASED: Final = "what was told of it was erased when its time was over"
_OF_DATA: Final = (
    "alert_id", "revision", "priority", "priority_band", "link", "part_of", "consignments_aboard", "consignments_possible", "lead_time_h",
)  # fmt: skip
_OF_EVENT: Final = (
    "event_id", "revision", "state", "kind", "detail", "craft", "other_craft", "start", "end", "lat_deg", "lon_deg", "cause", "confidence",
)  # fmt: skip
_OF_FIELDS: Final = ("hs_code", "mass_kg", "why")
"""Fields of outcomes that are numbers or words of a list."""
_WRITTEN: Final = ("text", "reason", "explanation")


def erased_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a revision of an alert, without what documents and sentences told."""
    event = data["event"]
    rule = event.get("rule") or {}
    return {
        **{name: data[name] for name in _OF_DATA if name in data},
        "priority_terms": [{"name": t["name"], "points": t["points"], "sentence": ""} for t in data.get("priority_terms", ())],
        "event": {
            **{name: event[name] for name in _OF_EVENT if name in event},
            "explanation": ERASED, "evidence": {},
            "rule": {"name": rule.get("name"), "version": rule.get("version"), "thresholds": {}},
        },
        "consignments": [], "possible_consignments": [], "itinerary": {}, "explanation": ERASED,
    }  # fmt: skip


def erased_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A revision as it was received (CloudEvent), without what it told."""
    head = ("specversion", "id", "type", "source", "subject", "time", "datacontenttype")
    return {**{name: event[name] for name in head if name in event}, "data": erased_data(event["data"])}


def erased_needs(needs: Mapping[str, Any]) -> dict[str, Any]:
    """The compartments that are asked for, without the documents that asked: what is left is shown to nobody new."""
    names = sorted({name for asked in needs["consignments"].values() for name in asked})
    return {"whole": list(needs["whole"]), "consignments": {"erased": names} if names else {}}


def erased_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an outcome: numbers and codes."""
    return {name: fields[name] for name in _OF_FIELDS if name in fields}


def erased_words(told: Any) -> Any:
    """A standing, or the body of an act, with every text that somebody wrote made empty."""
    if isinstance(told, Mapping):
        return {
            name: "" if name in _WRITTEN and isinstance(value, str)
            else erased_fields(value) if name in ("fields", "outcome_fields") and isinstance(value, Mapping)
            else erased_words(value)
            for name, value in told.items()
        }  # fmt: skip
    return [erased_words(one) for one in told] if isinstance(told, list | tuple) else told
