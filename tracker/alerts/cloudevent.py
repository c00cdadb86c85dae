"""Alerts as CloudEvents 1.0 in structured JSON: one object, one line.

``id`` is alert and revision, so that a consumer who sees one twice drops it; ``time`` is the event time at which the revision was
known, never the wall clock; ``subject`` is the craft, and the key under which a broker keeps one craft's alerts in order.
"""

from __future__ import annotations

from typing import Any

from tracker.alerts.alert import Alert
from tracker.events import iso_time
from tracker.printable import json_text

SOURCE = "/tidewaiter"


def cloudevent(alert: Alert, source: str = SOURCE) -> dict[str, Any]:
    """The alert in its CloudEvents envelope; ``source`` names the installation."""
    return {
        "specversion": "1.0",
        "id": f"{alert.alert_id}.{alert.revision}",
        "source": source,
        "type": alert.type_name,
        "subject": alert.event.craft,
        "time": iso_time(alert.known_us),
        "datacontenttype": "application/json",
        "data": alert.data(),
    }


def to_json_line(alert: Alert, source: str = SOURCE) -> str:
    """One JSON line, the same bytes on every run."""
    return json_text(cloudevent(alert, source), separators=(",", ":"), allow_nan=False)
