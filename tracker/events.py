"""Events: facts found in the data, reproducible and revisable.

State diagram of one ``event_id``::

    (none) --revision 1--> open --revision n--> open | closed | retracted
                           closed --late data--> closed (changed) | retracted

``event_id`` is a hash of kind, craft and start, so a replay gives the same id. What was published is never altered:
a correction is a new revision of the same id.

``known_us`` is the event time at which the data first allowed this revision to be stated. It orders the output
(``EVENT_ORDER``), is the same for every way of cutting the input into batches, and is published as ``evidence.known``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

import pyarrow as pa

from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.printable import json_text
from tracker.schema import (
    JSON_CRAFT,
    JSON_ID,
    JSON_ORDINAL,
    JSON_TEXT,
    JSON_TEXT_OR_NULL,
    JSON_TIME,
    JSON_TIME_OR_NULL,
    JsonField,
    json_object,
)
from tracker.units import Micros, iso_time, parse_time


class EventKind(StrEnum):
    """The kinds of event, in the words of the glossary."""

    GAP = "gap"
    DARK_PERIOD = "dark_period"
    LOITERING = "loitering"
    ENCOUNTER = "encounter"
    DIVERSION = "diversion"
    OFF_AERODROME_LANDING = "off_aerodrome_landing"
    CIRCLING = "circling"
    INTEGRITY = "integrity"
    ZONE = "zone"
    FEED_OUTAGE = "feed_outage"


class EventState(StrEnum):
    """Where an event is in its life."""

    OPEN = "open"
    CLOSED = "closed"
    RETRACTED = "retracted"


class GapCause(StrEnum):
    """Why a craft was silent. Only ``silent_in_coverage`` is ever put before a person."""

    SILENT_IN_COVERAGE = "silent_in_coverage"
    LEFT_COVERAGE = "left_coverage"
    FEED_OUTAGE = "feed_outage"
    IN_PORT = "in_port"
    UNKNOWN = "unknown"


CONFIDENCE_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rule spoke, and with which thresholds."""

    name: str
    version: str
    thresholds: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One revision of one event; the fields are the columns of the ``events`` view."""

    event_id: str
    revision: int
    state: EventState
    kind: EventKind
    detail: str
    craft: str
    other_craft: str | None
    start_us: Micros
    end_us: Micros | None
    lat_deg: float
    lon_deg: float
    cause: str | None
    confidence: float
    explanation: str
    evidence: Mapping[str, Any]
    rule: Rule
    known_us: Micros

    def __post_init__(self) -> None:
        # as published: 0.7 + 0.2 is 0.9 to whoever compares it with a threshold, before it was stored and after
        object.__setattr__(self, "confidence", round(float(self.confidence), CONFIDENCE_DIGITS))

    @property
    def is_of_feed(self) -> bool:
        """Whether it is told of a feed and of no craft."""
        return self.craft.startswith("source:")

    def revised(self, **changes: Any) -> Event:
        """The next revision of the same event."""
        return replace(self, revision=self.revision + 1, **changes)

    def to_json(self) -> dict[str, Any]:
        """The event as the contract's JSON object; NaN becomes null."""
        return {
            "event_id": self.event_id,
            "revision": self.revision,
            "state": str(self.state),
            "kind": str(self.kind),
            "detail": self.detail,
            "craft": self.craft,
            "other_craft": self.other_craft,
            "start": iso_time(self.start_us),
            "end": None if self.end_us is None else iso_time(self.end_us),
            "lat_deg": finite(self.lat_deg, 6),
            "lon_deg": finite(self.lon_deg, 6),
            "cause": self.cause,
            "confidence": finite(self.confidence, CONFIDENCE_DIGITS),
            "explanation": self.explanation,
            "evidence": {**plain(self.evidence), "known": iso_time(self.known_us)},
            "rule": _stated(self.rule),
        }

    def to_json_line(self) -> str:
        """One JSON line, keys in contract order, the same bytes on every run."""
        return json_text(self.to_json(), separators=(",", ":"), allow_nan=False)


EVENT_FIELDS: Final = (
    JsonField("event_id", JSON_ID, "Stable id: the same facts give the same id in every replay."),
    JsonField("revision", JSON_ORDINAL, "1, 2, ...: a newer statement of the same event."),
    JsonField("state", {"type": "string", "enum": [str(state) for state in EventState]}, "Where it is in its life: it goes on, it is over, it did not happen."),
    JsonField("kind", {"type": "string", "enum": [str(kind) for kind in EventKind]}, "Kind of event."),
    JsonField("detail", JSON_TEXT, "Narrows the kind; may be empty."),
    JsonField("craft", JSON_CRAFT, "Craft, or source:NAME of a feed outage."),
    JsonField("other_craft", JSON_TEXT_OR_NULL, "The other craft of an encounter."),
    JsonField("start", JSON_TIME, "When it began."),
    JsonField("end", JSON_TIME_OR_NULL, "When it ended; null while open."),
    JsonField("lat_deg", {"type": ["number", "null"], "minimum": -90, "maximum": 90}, "Where, latitude."),
    JsonField("lon_deg", {"type": ["number", "null"], "minimum": -180, "maximum": 180}, "Where, longitude."),
    JsonField("cause", JSON_TEXT_OR_NULL, "Cause of a gap or dark period, or of a displacement."),
    JsonField("confidence", {"type": ["number", "null"], "minimum": 0, "maximum": 1}, "How sure the rule is, 0 to 1."),
    JsonField("explanation", JSON_TEXT, "The reason in plain words."),
    JsonField(
        "evidence",
        {
            "type": "object",
            "properties": {"known": {**JSON_TIME, "description": "When the data first allowed this revision to be stated."}},
            "required": ["known"],
            "additionalProperties": True,
        },
        "What the rule saw; differs by kind (docs/events).",
    ),
    JsonField(
        "rule",
        json_object(
            (
                JsonField("name", JSON_TEXT, "Its name."),
                JsonField("version", JSON_TEXT, "Its version."),
                JsonField("thresholds", {"type": "object"}, "Thresholds used."),
            ),
            "",
        ),
        "The rule that spoke.",
    ),
)  # fmt: skip
"""The fields of :meth:`Event.to_json`, in their order."""


_STATED: Final[dict[int, tuple[Rule, dict[str, Any]]]] = {}
_MOST_STATED: Final = 256


def _stated(rule: Rule) -> dict[str, Any]:
    """A rule as JSON, made once for each rule object: it has forty thresholds and stands in thousands of events. Not to be changed."""
    kept = _STATED.get(id(rule))
    if kept is None or kept[0] is not rule:
        if len(_STATED) >= _MOST_STATED:
            _STATED.clear()
        kept = rule, {"name": rule.name, "version": rule.version, "thresholds": plain(rule.thresholds)}
        _STATED[id(rule)] = kept
    return kept[1]


def craft_concerned(event: Event) -> tuple[str, ...]:
    """Every craft that an event is about, each once: its own, the other one, and of a queue all that wait or waited in it."""
    listed = event.evidence.get("craft") if event.kind is EventKind.LOITERING else None
    return tuple(dict.fromkeys(filter(None, (event.craft, event.other_craft, *(listed or ())))))


def times_concerned(event: Event) -> list[tuple[str, int, int]]:
    """From when until when each craft had part in an event, as far as it is known (``parts_in_time``)."""
    known_us = int(event.known_us)
    end_us = known_us if event.end_us is None else min(int(event.end_us), known_us)
    return parts_in_time(craft_concerned(event), event.evidence, int(event.start_us), end_us)


def parts_in_time(
    craft: Iterable[str], evidence: Mapping[str, Any], start_us: int, end_us: int
) -> list[tuple[str, int, int]]:
    """From when until when some craft had part in an event: all of its time, or their ``stays`` where the evidence has any.

    A stay is an object with ``craft``, ``since`` and ``until`` (ISO times; null while it lasts); a craft may have several. No time lies outside the event.
    """
    stays: dict[str, list[tuple[int, int]]] = {}
    for stay in evidence.get("stays") or ():
        since_us = max(start_us, min(int(parse_time(stay["since"])), end_us))
        until_us = end_us if stay["until"] is None else min(int(parse_time(stay["until"])), end_us)
        stays.setdefault(stay["craft"], []).append((since_us, max(until_us, since_us)))
    return [(one, *span) for one in craft for span in stays.get(one, [(start_us, end_us)])]


def event_order(event: Event) -> tuple[Any, ...]:
    """Sort key of everything published: when it was known, then by name."""
    return (event.known_us, event.kind, event.craft, event.event_id, event.revision)


def event_id(kind: str, key: int | str, start_us: int, other: int | str | None = None, detail: str = "") -> str:
    """Stable id of an event: blake2b over kind, craft or segment key, start and, where needed, other craft and detail.

    Parameters
    ----------
    key, other:
        Craft or segment keys (or the text of a source). For a pair give the smaller key first, so that A-B is B-A.
    """

    def text(value: int | str) -> str:
        if isinstance(value, str):
            return value
        number = int(segment_number(value))
        return craft_text(int(value) & CRAFT_MASK) + (f"#{number}" if number else "")

    parts = [str(kind), text(key), str(int(start_us)), "" if other is None else text(other), detail]
    return hashlib.blake2b("|".join(parts).encode(), digest_size=12).hexdigest()


def event_from_json(stated: Mapping[str, Any]) -> Event:
    """The event of :meth:`Event.to_json`; instants come back in milliseconds, places that are null as NaN."""
    evidence = dict(stated["evidence"])
    known_us = parse_time(evidence.pop("known"))
    rule = stated["rule"]
    return Event(
        event_id=stated["event_id"],
        revision=stated["revision"],
        state=EventState(stated["state"]),
        kind=EventKind(stated["kind"]),
        detail=stated["detail"],
        craft=stated["craft"],
        other_craft=stated["other_craft"],
        start_us=parse_time(stated["start"]),
        end_us=None if stated["end"] is None else parse_time(stated["end"]),
        lat_deg=math.nan if stated["lat_deg"] is None else stated["lat_deg"],
        lon_deg=math.nan if stated["lon_deg"] is None else stated["lon_deg"],
        cause=stated["cause"],
        confidence=math.nan if stated["confidence"] is None else stated["confidence"],
        explanation=stated["explanation"],
        evidence=evidence,
        rule=Rule(rule["name"], rule["version"], rule["thresholds"]),
        known_us=known_us,
    )


def finite(value: float, digits: int) -> float | None:
    """A rounded float, or None where it is not a finite number."""
    return round(float(value), digits) if math.isfinite(value) else None


def plain(value: Any) -> Any:
    """Nested evidence as JSON types: numpy scalars unpacked, floats rounded to six digits, NaN as null."""
    exact = type(value)  # nearly all values are of these four types, and asking for a Mapping is dear
    if exact is float:
        return round(value, 6) if math.isfinite(value) else None
    if exact is str or exact is int or exact is bool or value is None:
        return value
    if exact is dict:
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return str(value) if isinstance(value, StrEnum) else value
    if isinstance(value, float):
        return finite(value, 6)
    return str(value)


def settled(event: Event) -> Event:
    """The same event with evidence and thresholds as plain JSON types: what a snapshot can hold."""
    rule = replace(event.rule, thresholds=plain(event.rule.thresholds))
    return replace(event, evidence=plain(event.evidence), rule=rule)


def statement_digest(event: Event) -> str:
    """What a revision states, as a short hash: equal for revisions that differ only in number and in when they were known."""
    stated = event.to_json()
    del stated["revision"]
    del stated["evidence"]["known"]
    text = json.dumps(stated, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


_WHOLE: Final = {"revision", "start_us", "end_us", "known_us"}
_REAL: Final = {"lat_deg", "lon_deg", "confidence"}


def events_to_arrow(events: Iterable[Event]) -> pa.Table:
    """Events as Arrow, a column per field, for snapshots; the inverse is :func:`events_from_arrow`."""
    rows = [settled(event) for event in events]
    columns: dict[str, pa.Array] = {}
    for name in (item.name for item in fields(Event)):
        values: list[Any] = [getattr(event, name) for event in rows]
        if name in _WHOLE:
            columns[name] = pa.array(values, pa.int64())
        elif name in _REAL:
            columns[name] = pa.array(values, pa.float64())
        elif name == "evidence":
            columns[name] = pa.array([json.dumps(value) for value in values], pa.string())
        elif name == "rule":
            told = [json.dumps([rule.name, rule.version, dict(rule.thresholds)]) for rule in values]
            columns[name] = pa.array(told, pa.string())
        else:
            columns[name] = pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.table(columns)


def events_from_arrow(table: pa.Table) -> list[Event]:
    """The events of :func:`events_to_arrow`."""
    return [
        Event(
            **{
                **row,
                "state": EventState(row["state"]),
                "kind": EventKind(row["kind"]),
                "evidence": json.loads(row["evidence"]),
                "rule": Rule(*json.loads(row["rule"])),
            }
        )
        for row in table.to_pylist()
    ]
