"""The sheet of a hand-over: what one shift leaves to the next, as it stood, signed by who reads it. The head of the audit on it is an anchor, printed or not."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, insert, select, update

from tracker.room.alerts.alert_tables import ALERTS, HANDOVERS
from tracker.room.alerts.counting import loads_visible
from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import Kept, find, unfinished, visible
from tracker.room.alerts.showing import order_of, row_of
from tracker.room.audit.chain import canonical
from tracker.room.desk.states import State

if TYPE_CHECKING:
    from tracker.room.alerts.desk import DeskRun

_PARTS = ("open", "shelved", "promised", "suppressed", "closed")
_ROW = (
    "alert_id",
    "etag",
    "state",
    "priority",
    "priority_band",
    "kind",
    "craft",
    "explanation",
    "person",
    "unit",
    "shelf",
    "outcome",
    "lead_until",
)


def sheet_of(
    connection: Connection, run: DeskRun, compartments: frozenset[str], unit: str | None, since_us: int, now_us: int
) -> dict[str, Any]:
    """The sheet as it is at an instant, of what somebody may see."""
    clocks = run.settings.clocks
    parts: dict[str, list[tuple[int, dict[str, Any]]]] = {name: [] for name in _PARTS}

    def put(name: str, kept: Kept) -> None:
        row = row_of(connection, kept, compartments, now_us, clocks)
        parts[name].append((-order_of(kept, compartments, now_us, clocks)[0], {key: row[key] for key in _ROW}))

    for kept in visible(connection, unfinished(), compartments):
        state = kept.standing.state(now_us)
        if unit is not None and kept.standing.unit != unit:
            continue
        if state is State.SHELVED:
            put("shelved", kept)
        elif state in (State.SUPPRESSED, State.OUT_OF_SERVICE):
            put("suppressed", kept)
        else:
            put("promised" if kept.standing.person is not None else "open", kept)
    closed = select(ALERTS).where(ALERTS.c.is_finished, ALERTS.c.changed_us >= since_us)
    for kept in visible(connection, closed, compartments):
        if (
            kept.standing.closing is not None
            and kept.standing.closing.at_us >= since_us
            and unit in (None, kept.standing.unit)
        ):
            put("closed", kept)
    loads = loads_visible(connection, compartments, now_us, run.settings.shift_us)
    return {
        "unit": unit,
        "since": iso(since_us),
        "until": iso(now_us),
        **{
            name: [row for _, row in sorted(rows, key=lambda one: (one[0], one[1]["alert_id"]))]
            for name, rows in parts.items()
        },
        "engines": [
            {"engine": e.engine, "is_connected": e.is_connected, "since": iso(e.since_us), "why": e.why}
            for e in run.engines()
        ],
        "load": [
            {
                "unit": name,
                "last_hour": load.last_hour,
                "last_shift": load.last_shift,
                "floods": load.floods,
                "sentence": load.sentence,
            }
            for name, load in loads
            if unit in (None, name)
        ],
    }


def write(
    connection: Connection,
    sheet: dict[str, Any],
    unit: str | None,
    since_us: int,
    now_us: int,
    remarks: str,
    by: str,
    anchor: str,
) -> dict[str, Any]:
    """Keep a sheet as it stands, with the head of the audit on it."""
    body = {**sheet, "remarks": remarks, "anchor": anchor}
    digest = hashlib.sha256(canonical(body)).hexdigest()
    sheet_id = uuid.uuid4().hex
    connection.execute(
        insert(HANDOVERS).values(
            sheet_id=sheet_id, unit=unit, from_us=since_us, until_us=now_us, body=orjson.dumps(body).decode(), digest=digest, anchor=anchor,
            written_by=by, written_us=now_us,
        )
    )  # fmt: skip
    return {
        "sheet_id": sheet_id,
        "digest": digest,
        "written_by": by,
        "written": iso(now_us),
        "signed_by": None,
        "signed": None,
        "sheet": body,
    }


def sheets(
    connection: Connection, unit: str | None, compartments: frozenset[str], limit: int = 10
) -> list[dict[str, Any]]:
    """The sheets written last, each without the alerts that somebody may not see."""
    asked = select(HANDOVERS).order_by(HANDOVERS.c.written_us.desc()).limit(limit)
    if unit is not None:
        asked = asked.where(HANDOVERS.c.unit == unit)
    return [_shown(connection, row, compartments) for row in connection.execute(asked).all()]


def sign(
    connection: Connection, sheet_id: str, by: str, now_us: int, compartments: frozenset[str]
) -> dict[str, Any] | str:
    """Sign a sheet; else why not, empty where there is none."""
    row = connection.execute(select(HANDOVERS).where(HANDOVERS.c.sheet_id == sheet_id).with_for_update()).one_or_none()
    if row is None:
        return ""
    if row.signed_by is not None:
        return "it is signed already; write a new sheet for the next hand-over"
    if row.written_by == by:
        return "whoever wrote a sheet cannot take the shift over from himself; the next shift signs it"
    connection.execute(update(HANDOVERS).where(HANDOVERS.c.sheet_id == sheet_id).values(signed_by=by, signed_us=now_us))
    signed = connection.execute(select(HANDOVERS).where(HANDOVERS.c.sheet_id == sheet_id)).one()
    return _shown(connection, signed, compartments)


def _shown(connection: Connection, row: Any, compartments: frozenset[str]) -> dict[str, Any]:
    """A sheet for somebody: alerts that he may not see are left out, and what is said of others was written by who saw as much only where he does, too."""
    body = orjson.loads(row.body)
    is_whole = True
    for name in _PARTS:
        rows = []
        for told in body[name]:
            kept = find(connection, told["alert_id"])
            if kept is None or kept.needs.hides_all(compartments):
                is_whole = False
            elif kept.needs.hides_some(compartments):
                is_whole = False
                rows.append(
                    {key: told[key] for key in ("alert_id", "state", "kind", "craft", "person", "unit", "outcome")}
                )
            else:
                rows.append(told)
        body[name] = rows
    if not is_whole:
        body = {**body, "remarks": "", "load": []}
    return {
        "sheet_id": row.sheet_id,
        "digest": row.digest,
        "written_by": row.written_by,
        "written": iso(row.written_us),
        "signed_by": row.signed_by,
        "signed": iso(row.signed_us),
        "sheet": body,
    }
