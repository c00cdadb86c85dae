"""JSON Schema of papers as JSON, made from the table of fields (``tracker.cargo.fields``)."""

from __future__ import annotations

from typing import Any, Final

from tracker.cargo.fields import PARTIES, fields_of
from tracker.cargo.values import KINDS
from tracker.documents.text import json_schema

_NUMBERS: Final[dict[str, dict[str, Any]]] = {
    "integer": {"type": "integer"},
    "version": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    "count": {"type": "integer", "minimum": 0},
    "mass": {"type": "number", "minimum": 0},
    "severity": {"type": "number", "minimum": 0, "maximum": 1},
    "latitude": {"type": "number", "minimum": -90, "maximum": 90},
    "longitude": {"type": "number", "minimum": -180, "maximum": 180},
    "imo": {"type": ["integer", "string"]},
    "mmsi": {"type": ["integer", "string"]},
    "texts": {"type": "array", "items": {"type": "string"}},
}
"""Kinds that JSON writes otherwise than as text."""


def papers_schema() -> str:
    """docs/schemas/papers.schema.json: a message of the topic of papers where it is JSON. Other keys are told and left alone."""
    consignment = _object("consignment", "Goods of one shipper to one consignee under one document.")
    consignment["properties"] |= {
        **{party: _object(party, f"The {party}.") for party in PARTIES},
        "goods": _list(_object("goods", "A line of goods.")),
        "equipment": _list(_object("equipment", "A container or unit load device.")),
        "flags": _list(_object("flag", "A risk that the papers name.")),
    }
    manifest = _object("manifest", "The consignments on one craft and leg.")
    manifest["properties"] |= {
        "conveyance": _object("conveyance", "The craft, as the papers name it."),
        "itinerary": _list(_object("node", "A declared call.")),
        "consignments": _list(consignment),
    }
    manifest["required"].append("conveyance")
    schema = {
        "description": "Papers as JSON: manifests, or one of them.",
        "oneOf": [
            {"type": "object", "properties": {"manifests": _list({"$ref": "#/$defs/manifest"})}, "required": ["manifests"]},
            {"$ref": "#/$defs/manifest"},
        ],
        "$defs": {"manifest": manifest},
    }  # fmt: skip
    return json_schema("papers", "Tidewaiter papers", schema)


def _object(record: str, sentence: str) -> dict[str, Any]:
    fields = fields_of(record)
    return {
        "type": "object",
        "description": sentence,
        "properties": {
            item.name: {
                **_NUMBERS.get(item.kind, {"type": "string"}),
                "description": f"{item.sentence} ({KINDS[item.kind].sentence})",
            }
            for item in fields
        },
        "required": [item.name for item in fields if item.required],
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


PAGES: Final = {"schemas/papers.schema.json": papers_schema}
