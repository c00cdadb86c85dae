"""JSON Schemas of what is put before people and programs: an event (a line of ``events.jsonl``), an alert in its envelope (a line of ``alerts.jsonl``) and
without it (the value of a record). Made from the tables that publish them: ``EVENT_FIELDS``, ``ALERT_FIELDS``, ``ENVELOPE_FIELDS``, ``FIELDS`` of the papers.
"""

from __future__ import annotations

from typing import Any, Final

from tracker.alerts.alert import ALERT_FIELDS
from tracker.alerts.cloudevent import ENVELOPE_FIELDS
from tracker.alerts.dossier import CONSIGNMENT_FIELDS, ITINERARY_FIELDS
from tracker.cargo.consignment import DocumentType
from tracker.cargo.fields import PARTIES, fields_of
from tracker.documents.text import json_schema
from tracker.events import EVENT_FIELDS, EventKind
from tracker.schema import JSON_COUNT, JSON_SHARE, JSON_TEXT, JSON_TIME, JsonField, json_object

_OF_PAPERS: Final = {
    "count": JSON_COUNT,
    "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
    "document_type": {"type": "string", "enum": [str(kind) for kind in DocumentType]},
    "hs_code": {"type": "string", "pattern": "^[0-9]{2,12}$"},
    "location": JSON_TEXT,
    "mass": {"type": "number", "minimum": 0},
    "severity": JSON_SHARE,
    "text": JSON_TEXT,
    "texts": {"type": "array", "items": JSON_TEXT},
    "time": JSON_TIME,
    "place_time": JSON_TEXT,
}
"""Kind of a field of the papers -> its shape in JSON."""
_ALWAYS: Final = frozenset({("consignor", "name"), ("flag", "severity")})
"""Fields that papers may leave out and that are written all the same, with what stands for them."""


def event_schema() -> str:
    """docs/schemas/event.schema.json."""
    return json_schema(
        "event", "Tidewaiter event", json_object(EVENT_FIELDS, "A revision of an event: a line of events.jsonl.")
    )


def alert_schema() -> str:
    """docs/schemas/alert.schema.json."""
    envelope = json_object(
        ENVELOPE_FIELDS,
        "A CloudEvents 1.0 envelope (structured mode): a line of alerts.jsonl. On a topic the envelope is headers, and the value is alert-data.schema.json.",
    )
    return json_schema(
        "alert", "Tidewaiter alert in its envelope", {**envelope, "$defs": {"data": _data(), **_parts()}}
    )


def alert_data_schema() -> str:
    """docs/schemas/alert-data.schema.json."""
    return json_schema("alert-data", "Tidewaiter alert, without its envelope", {**_data(), "$defs": _parts()})


def _data() -> dict[str, Any]:
    return json_object(ALERT_FIELDS, "The alert.")


def _parts() -> dict[str, Any]:
    event = json_object(EVENT_FIELDS, "The event behind the alert, as in the events output.")
    event["properties"]["kind"]["enum"] = [
        str(kind) for kind in EventKind if kind is not EventKind.GAP
    ]  # a gap is no alert
    lists = {
        "goods": "Lines of goods.",
        "equipment": "Containers and unit load devices.",
        "flags": "Why it is watched.",
    }
    consignment = (
        *_of_papers("consignment"),
        *(JsonField(party, {"$ref": "#/$defs/party"}, "", required=False) for party in PARTIES),
        *(
            JsonField(name, {"type": "array", "items": json_object(_of_papers(name.removesuffix("s") if name == "flags" else name), "One of them.")}, sentence)
            for name, sentence in lists.items()
        ),
        *CONSIGNMENT_FIELDS,
    )  # fmt: skip
    return {
        "event": event,
        "consignment": json_object(consignment, "One consignment, and whether it is aboard."),
        "itinerary": json_object(ITINERARY_FIELDS, "The declared itinerary of the craft; empty where none is known."),
        "party": json_object(_of_papers("consignor", "A person or firm"), "A person or firm on the papers."),
    }


def _of_papers(record: str, who: str = "") -> list[JsonField]:
    """The fields of one record of the papers; ``who`` takes the place of the party whose record it is."""
    return [
        JsonField(
            item.name,
            _OF_PAPERS[item.kind],
            f"{item.sentence.partition(' of the ')[0]}." if who else item.sentence,
            item.required or (record, item.name) in _ALWAYS,
        )
        for item in fields_of(record)
    ]


PAGES: Final = {
    "schemas/event.schema.json": event_schema,
    "schemas/alert.schema.json": alert_schema,
    "schemas/alert-data.schema.json": alert_data_schema,
}
