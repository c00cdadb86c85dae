"""An alert: an event put before a person, with the cargo aboard, the reasons for its rank, and the time that is left.

Life of one ``alert_id`` (it belongs to one event for ever)::

    (none) --raised--> --updated*--> closed | retracted
                        a retracted one may be raised again, when late data changes its event back

Every statement is a new ``revision``; what was published is never altered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tracker.events import Event, finite
from tracker.schema import JSON_COUNT, JSON_ID, JSON_ORDINAL, JSON_TEXT, JsonField, json_object


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
    """One revision of one alert. ``consignments`` (loaded), ``possible`` (maybe aboard) and ``itinerary`` are JSON objects ready to be sent; ``known_us`` is when the
    revision was known (later than its event, where another event changed the alert); ``part_of`` is the alert that tells its story."""

    alert_id: str
    revision: int
    type: AlertType
    priority: int
    terms: tuple[PriorityTerm, ...]
    event: Event
    consignments: tuple[Mapping[str, Any], ...]
    consignments_aboard: int
    possible: tuple[Mapping[str, Any], ...]
    consignments_possible: int
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
        return {item.name: item.value(self) for item in ALERT_FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertField(JsonField):
    """One field of the alert's JSON object: what it says of an alert, too."""

    value: Callable[[Alert], Any]


_TERM: Final = json_object(
    (
        JsonField("name", JSON_TEXT, "Its name."),
        JsonField("points", {"type": "integer"}, "Points."),
        JsonField("sentence", JSON_TEXT, "In words."),
    ),
    "One reason.",
)
ALERT_FIELDS: Final = (
    AlertField("alert_id", JSON_ID, "Stable id: the same facts give the same id in every replay.", value=lambda a: a.alert_id),
    AlertField("revision", JSON_ORDINAL, "1, 2, ...: a newer statement of the same alert.", value=lambda a: a.revision),
    AlertField("priority", {"type": "integer", "minimum": 0, "maximum": 100}, "0 to 100.", value=lambda a: a.priority),
    AlertField("priority_band", {"type": "string", "enum": [str(band) for band in Band]}, "The same in one word.", value=lambda a: str(a.band)),
    AlertField(
        "priority_terms", {"type": "array", "items": _TERM}, "Why; the points add up to the priority.",
        value=lambda a: [{"name": t.name, "points": t.points, "sentence": t.sentence} for t in a.terms],
    ),
    AlertField(
        "link", {"type": "string", "enum": ["linked", "unlinked"]}, "Whether cargo is known aboard.",
        value=lambda a: "linked" if a.is_linked else "unlinked",
    ),
    AlertField("event", {"$ref": "#/$defs/event"}, "The event behind it.", value=lambda a: a.event.to_json()),
    AlertField(
        "consignments", {"type": "array", "items": {"$ref": "#/$defs/consignment"}},
        "Consignments loaded, flagged ones first, gravest first.", value=lambda a: [dict(item) for item in a.consignments],
    ),
    AlertField(
        "consignments_aboard", JSON_COUNT, "How many are aboard; more than are listed in rare cases.", value=lambda a: a.consignments_aboard
    ),
    AlertField(
        "possible_consignments", {"type": "array", "items": {"$ref": "#/$defs/consignment"}},
        "Consignments that may be aboard, or not; each link says why. They count neither in the priority nor in the words.",
        value=lambda a: [dict(item) for item in a.possible],
    ),
    AlertField(
        "consignments_possible", JSON_COUNT, "How many may be aboard; more than are listed in rare cases.", value=lambda a: a.consignments_possible
    ),
    AlertField("itinerary", {"$ref": "#/$defs/itinerary"}, "The declared itinerary.", value=lambda a: dict(a.itinerary)),
    AlertField(
        "lead_time_h", {"type": ["number", "null"], "minimum": 0}, "Hours left until flagged cargo should arrive at its place of discharge.",
        value=lambda a: None if a.lead_time_h is None else finite(a.lead_time_h, 2),
    ),
    AlertField("explanation", JSON_TEXT, "What happened, why it matters, what can still be done, in plain words.", value=lambda a: a.explanation),
    AlertField(
        "part_of", {"type": ["string", "null"], "pattern": "^[0-9a-f]{24}$"},
        "The alert that tells this story instead, where this one is retracted for it.", required=False, value=lambda a: a.part_of,
    ),
)  # fmt: skip
"""The alert's JSON object, field by field: what is published, its schema and its meaning."""


def alert_id(event_id: str) -> str:
    """The id of the alert on an event: blake2b, so a replay gives the same."""
    return hashlib.blake2b(f"alert|{event_id}".encode(), digest_size=12).hexdigest()
