"""Alerts as CloudEvents 1.0 in structured JSON: one object, one line.

``id`` is alert and revision, so that a consumer who sees one twice drops it; ``time`` is the event time at which the revision was
known, never the wall clock; ``subject`` is the craft, and the key under which a broker keeps one craft's alerts in order.
"""

from __future__ import annotations

from typing import Any, Final

from tracker.alerts.alert import Alert, AlertType
from tracker.printable import json_text
from tracker.schema import JSON_CRAFT, JSON_TEXT, JSON_TIME, JsonField
from tracker.units import iso_time

SOURCE = "/tidewaiter"
ENVELOPE_FIELDS: Final = (
    JsonField("specversion", {"const": "1.0"}, "Version of CloudEvents."),
    JsonField("id", {"type": "string", "pattern": r"^[0-9a-f]{24}\.[0-9]+$"}, "alert_id and revision."),
    JsonField("source", JSON_TEXT, "The installation that speaks."),
    JsonField("type", {"type": "string", "enum": [f"tidewaiter.alert.{kind}" for kind in AlertType]}, "What this revision says."),
    JsonField("subject", JSON_CRAFT, "The craft."),
    JsonField("time", JSON_TIME, "Event time at which this revision was known."),
    JsonField("datacontenttype", {"const": "application/json"}, "Type of data."),
    JsonField("data", {"$ref": "#/$defs/data"}, "The alert."),
)  # fmt: skip
"""The envelope, field by field."""


def cloudevent(alert: Alert, source: str = SOURCE) -> dict[str, Any]:
    """The alert in its CloudEvents envelope; ``source`` names the installation."""
    head = envelope(alert.alert_id, alert.revision, alert.type_name, alert.event.craft, alert.known_us, source)
    return {**head, "data": alert.data()}


def envelope(
    alert_id: str, revision: int, type_name: str, craft: str, known_us: int, source: str = SOURCE
) -> dict[str, Any]:
    """All of the CloudEvent but its ``data``; ``craft`` as text."""
    return {
        "specversion": "1.0",
        "id": f"{alert_id}.{revision}",
        "source": source,
        "type": type_name,
        "subject": craft,
        "time": iso_time(known_us),
        "datacontenttype": "application/json",
    }


def to_json_line(alert: Alert, source: str = SOURCE) -> str:
    """One JSON line, the same bytes on every run."""
    return json_text(cloudevent(alert, source), separators=(",", ":"), allow_nan=False)
