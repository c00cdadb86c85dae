"""An alert as JSON for one who may see so much of it: a row of the list, the dossier, its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, select

from tracker.room.alerts.acting import versions_for
from tracker.room.alerts.alert_tables import DESK_ACTS
from tracker.room.alerts.countries import country_of
from tracker.room.alerts.facts import area_of, iso
from tracker.room.alerts.keeping import Kept, find_visible, revisions, standing_for
from tracker.room.alerts.visibility import redacted, without_story
from tracker.room.desk.clocks import Clocks, ClockSettings, clocks_of
from tracker.room.desk.states import Life, Routing, Standing
from tracker.room.desk.waiting import Term, cost_of_waiting
from tracker.units import US_PER_H


def order_of(
    kept: Kept, compartments: frozenset[str], now_us: int, clocks: ClockSettings
) -> tuple[int, tuple[Term, ...], Clocks]:
    """What an hour of waiting costs as somebody sees it, why, and the clocks."""
    told = clocks_of(standing_for(kept, compartments), now_us, clocks)
    data = redacted(kept.data, kept.needs, compartments)
    lead_h = None
    if kept.lead_until_us is not None and data is kept.data:
        lead_h = (kept.lead_until_us - now_us) / US_PER_H
    points, terms = cost_of_waiting(kept.standing.state(now_us), data["priority"], lead_h, told, now_us)
    return points, terms, told


def facts_for(
    connection: Connection, data: Mapping[str, Any], kept: Kept, compartments: frozenset[str]
) -> Mapping[str, Any]:
    """The data of a revision of an alert as somebody may see them; the same object where nothing is hidden."""
    seen = redacted(data, kept.needs, compartments)
    story = seen.get("part_of")
    if story is None or find_visible(connection, str(story), compartments) is not None:
        return seen
    return without_story(seen)


def row_of(
    connection: Connection, kept: Kept, compartments: frozenset[str], now_us: int, clocks: ClockSettings
) -> dict[str, Any]:
    """A row of the list."""
    standing = kept.standing.settled(now_us)
    is_whole = not kept.needs.hides_some(compartments)
    data = facts_for(connection, kept.data, kept, compartments)
    event = data["event"]
    points, terms, told = order_of(kept, compartments, now_us, clocks)
    flags = sorted({flag["flag"] for consignment in data["consignments"] for flag in consignment.get("flags", ())})
    return {
        "alert_id": kept.alert_id,
        "etag": versions_for(connection, kept, compartments).tag,
        "engine": kept.engine,
        "state": str(standing.state(now_us)),
        "life": str(standing.facts.life),
        "is_struck_through": standing.facts.life is Life.RETRACTED,
        "is_sounding": standing.is_sounding(now_us),
        "silenced_until": iso(standing.silenced_until_us) if standing.silenced_until_us > now_us else None,
        "priority": data["priority"],
        "priority_band": data["priority_band"],
        "kind": event["kind"],
        "rule": kept.rule,
        "detail": event.get("detail", ""),
        "craft": event["craft"],
        "craft_country": country_of(str(event["craft"])),
        "other_craft": event.get("other_craft"),
        "start": event.get("start"),
        "end": event.get("end"),
        "lat_deg": event.get("lat_deg"),
        "lon_deg": event.get("lon_deg"),
        "area": area_of(event),
        "confidence": event.get("confidence"),
        "explanation": data["explanation"],
        "flags": flags,
        "consignments_aboard": data["consignments_aboard"],
        "lead_until": iso(kept.lead_until_us) if is_whole else None,
        "part_of": data.get("part_of"),
        "person": standing.person,
        "unit": standing.unit,
        "routing": None if standing.routing is None else _routing(standing.routing, is_whole),
        "watchers": len(standing.watchers),
        "notes": sum(compartments.issuperset(note.needs) for note in standing.notes),
        "annunciated": iso(standing.annunciated_us),
        "acknowledge_due": iso(told.acknowledge_due_us),
        "respond_due": iso(told.respond_due_us),
        "escalation": str(told.escalation),
        "is_stale": told.is_stale,
        "shelf": _shelf(standing, compartments, is_whole),
        "outcome": None if standing.closing is None else standing.closing.outcome,
        "received": iso(kept.first_us),
        "changed": iso(kept.changed_us) if is_whole else None,
        "order": {
            "points": points,
            "terms": [{"name": t.name, "points": t.points, "sentence": t.sentence} for t in terms],
        },
    }


def dossier_of(
    connection: Connection, kept: Kept, compartments: frozenset[str], now_us: int, clocks: ClockSettings
) -> dict[str, Any]:
    """All that is known of an alert."""
    standing = kept.standing.settled(now_us)
    is_whole = not kept.needs.hides_some(compartments)
    seen, closing = standing.acknowledgement, standing.closing
    versions = versions_for(connection, kept, compartments)
    data = facts_for(connection, kept.data, kept, compartments)
    return {
        **row_of(connection, kept, compartments, now_us, clocks),
        "desk_version": versions.desk,
        "facts_revision": versions.facts,
        "facts": data if is_whole else _numbered(data, versions.facts),
        "acknowledged": None if seen is None else {"by": seen.by, "at": iso(seen.at_us)},
        "suppressed_by": standing.suppressed_by or standing.out_of_service_by,
        "watched_by": list(standing.watchers),
        "closed": None
        if closing is None
        else {
            "by": closing.by,
            "at": iso(closing.at_us),
            "outcome": closing.outcome,
            "fields": dict(closing.fields) if is_whole else {},
        },
        "notes": [
            {
                "note_id": note.note_id,
                "by": note.by,
                "at": iso(note.at_us),
                "text": note.text,
                "is_withdrawn": note.is_withdrawn,
            }
            for note in standing.notes
            if compartments.issuperset(note.needs)
        ],
    }


def _numbered(data: Mapping[str, Any], revision: int) -> dict[str, Any]:
    """What is left of the facts, with the number of the revision as it is seen."""
    return {**data, "revision": revision, "event": {**data["event"], "revision": revision}}


def _routing(routing: Routing, is_whole: bool) -> dict[str, Any]:
    """Why the room gave it to its unit; where goods are hidden they may have been seen by all when it was given."""
    return {"why": list(routing.why) if is_whole else [], "also": list(routing.also) if is_whole else []}


def _shelf(standing: Standing, compartments: frozenset[str], is_whole: bool) -> dict[str, Any] | None:
    shelf = standing.shelf
    if shelf is None:
        return None
    may_read = is_whole or (shelf.needs is not None and compartments.issuperset(shelf.needs))
    return {
        "by": shelf.by,
        "at": iso(shelf.at_us),
        "reason": shelf.reason if may_read else "",
        "until": iso(shelf.until_us),
        "wakes": [str(w) for w in shelf.wakes],
    }


def history_of(connection: Connection, kept: Kept, compartments: frozenset[str]) -> dict[str, Any]:
    """Revisions of the facts, each with what changed from the one before, and acts of the desk, each oldest first."""
    told: list[dict[str, Any]] = []
    before: dict[str, Any] | None = None
    for one in revisions(connection, kept.alert_id, kept.standing.facts.revision):
        data = {**facts_for(connection, one.data, kept, compartments), "revision": 0}
        now = {"life": str(one.life), **_flat({**data, "event": {**data["event"], "revision": 0}})}
        if now == before:
            continue
        told.append(
            {
                "revision": len(told) + 1,
                "life": str(one.life),
                "changes": [] if before is None else _changes(before, now),
            }
        )
        before = now
    asked = (
        select(DESK_ACTS).where(DESK_ACTS.c.alert_id == kept.alert_id).order_by(DESK_ACTS.c.at_us, DESK_ACTS.c.version)
    )
    is_whole = not kept.needs.hides_some(compartments)
    acts = [
        {
            "act_id": row.act_id,
            "what": row.kind,
            "by": row.by,
            "at": iso(row.at_us),
            "is_undone": row.undone_us is not None,
            "told": {
                k: v
                for k, v in orjson.loads(row.body).items()
                if k not in ("needs", *(() if is_whole else ("fields", "reason")))
            },
        }
        for row in connection.execute(asked)
        if compartments.issuperset(orjson.loads(row.needs))
    ]
    return {"revisions": told, "acts": acts}


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """A document as paths and plain values; lists of consignments by their own keys."""
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, inner in value.items():
            found |= _flat(inner, f"{name}.{key}" if name else str(key))
        return found
    if isinstance(value, list):
        found = {}
        for number, inner in enumerate(value):
            found |= _flat(inner, f"{name}[{number}]")
        return found
    return {name: value}


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    names = [name for name in now if before.get(name) != now[name]] + [name for name in before if name not in now]
    return [{"name": name, "from": before.get(name), "to": now.get(name)} for name in names[:200]]
