"""An alert: an event put before a person, with the cargo aboard, the reasons for its rank, and the time that is left.

Life of one ``alert_id`` (it belongs to one event for ever)::

    (none) --raised--> --updated*--> closed | retracted
                        a retracted one may be raised again, when late data changes its event back

Every statement is a new ``revision``; what was published is never altered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracker.events import Event, finite


class AlertType(StrEnum):
    """What a revision of an alert says."""

    RAISED = "raised"
    UPDATED = "updated"
    RETRACTED = "retracted"
    CLOSED = "closed"


class Band(StrEnum):
    """Priority in one word."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


BAND_FROM: Mapping[Band, int] = {Band.CRITICAL: 75, Band.HIGH: 50, Band.MEDIUM: 25, Band.LOW: 0}
"""Lowest priority of each band."""


@dataclass(frozen=True, slots=True)
class PriorityTerm:
    """One reason of the rank: so many points, and why."""

    name: str
    points: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One revision of one alert. ``consignments`` and ``itinerary`` are JSON objects ready to be sent; ``known_us`` is when the
    revision was known (later than its event, where another event changed the alert); ``part_of`` is the alert that tells its story."""

    alert_id: str
    revision: int
    type: AlertType
    priority: int
    terms: tuple[PriorityTerm, ...]
    event: Event
    consignments: tuple[Mapping[str, Any], ...]
    consignments_aboard: int
    itinerary: Mapping[str, Any]
    is_linked: bool
    lead_time_h: float | None
    explanation: str
    known_us: int
    part_of: str | None = None

    @property
    def band(self) -> Band:
        """Priority in one word."""
        return next(band for band, lowest in BAND_FROM.items() if self.priority >= lowest)

    @property
    def type_name(self) -> str:
        """The CloudEvents type."""
        return f"tidewaiter.alert.{self.type}"

    def data(self) -> dict[str, Any]:
        """The alert as the contract's JSON object (docs/schemas/alert.schema.json)."""
        return {
            "alert_id": self.alert_id,
            "revision": self.revision,
            "priority": self.priority,
            "priority_band": str(self.band),
            "priority_terms": [{"name": t.name, "points": t.points, "sentence": t.sentence} for t in self.terms],
            "link": "linked" if self.is_linked else "unlinked",
            "event": self.event.to_json(),
            "consignments": [dict(item) for item in self.consignments],
            "consignments_aboard": self.consignments_aboard,
            "itinerary": dict(self.itinerary),
            "lead_time_h": None if self.lead_time_h is None else finite(self.lead_time_h, 2),
            "explanation": self.explanation,
            "part_of": self.part_of,
        }


def alert_id(event_id: str) -> str:
    """The id of the alert on an event: blake2b, so a replay gives the same."""
    return hashlib.blake2b(f"alert|{event_id}".encode(), digest_size=12).hexdigest()
