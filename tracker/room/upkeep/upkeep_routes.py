"""Routes of whoever keeps the room: what is erased by its age, and what is held."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from sqlalchemy import delete, insert, select

from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import find_visible
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.rights import Caller, Right
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem, not_found
from tracker.room.shell.sent import Sent
from tracker.room.upkeep.retention import Retention
from tracker.room.upkeep.upkeep_tables import HOLDS

_MOST_STEPS: Final = 20
"""Transactions of one request; the rest is done by the room itself, or by asking again."""
_MOST_HOLDS: Final = 1_000


class RetentionBody(Sent):
    """What to do."""

    is_preview: bool = Field(default=True, description="Count only; nothing is erased.")


class HoldBody(Sent):
    """An alert to keep."""

    alert_id: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=500, description="Why it is kept: the case.")


def upkeep_routes(parts: RoomParts) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/room", tags=["room"])
    retention = Retention(parts.store, parts.now_us, parts.audit, parts.settings)

    @router.post("/retention", summary="Erase what is old", openapi_extra=audited(Act.RETENTION_READ))
    def retain(body: RetentionBody, caller: Annotated[Caller, Depends(needs(Right.MANAGE_ROOM))]) -> dict[str, Any]:
        """Count what is to be erased by its age, or erase it now instead of with the next day. Counts are of what the caller may see; what it may not see is erased as well."""
        found = retention.due(caller.compartments)
        with parts.store.write() as connection:
            parts.audit.write(connection, caller, Act.RETENTION_READ, terms={"is_preview": body.is_preview})
        if not body.is_preview:
            for _ in range(_MOST_STEPS):
                if not retention.step(caller):
                    retention.finish()
                    break
        left = found if body.is_preview else retention.due(caller.compartments)
        return {"is_preview": body.is_preview, "found": found.to_json(), "left": left.to_json()}

    @router.get("/holds", summary="Legal holds", openapi_extra=audited(Act.HOLDS_READ))
    def read_holds(caller: Annotated[Caller, Depends(needs(Right.MANAGE_ROOM))]) -> dict[str, Any]:
        """Alerts that are kept whole, the newest hold first, of those the caller may see."""
        with parts.store.read() as connection:
            rows = connection.execute(select(HOLDS).order_by(HOLDS.c.at_us.desc(), HOLDS.c.alert_id)).all()
            seen = [row for row in rows if find_visible(connection, row.alert_id, caller.compartments) is not None]
        with parts.store.write() as connection:
            parts.audit.write(connection, caller, Act.HOLDS_READ, terms={"shown": len(seen)})
        return {"holds": [_shown(row) for row in seen]}

    @router.post("/holds", status_code=201, summary="Hold an alert", openapi_extra=audited(Act.HOLD_MADE))
    def hold(body: HoldBody, caller: Annotated[Caller, Depends(needs(Right.MANAGE_ROOM))]) -> dict[str, Any]:
        """Keep an alert whole, whatever its age, until the hold ends. A second hold on it changes the reason."""
        with parts.store.write() as connection:
            if find_visible(connection, body.alert_id, caller.compartments) is None:
                raise not_found()
            count = len(connection.execute(select(HOLDS.c.alert_id).where(HOLDS.c.alert_id != body.alert_id)).all())
            if count >= _MOST_HOLDS:
                raise Problem(409, f"there are {_MOST_HOLDS} holds; end some that are over")
            connection.execute(delete(HOLDS).where(HOLDS.c.alert_id == body.alert_id))
            connection.execute(
                insert(HOLDS).values(
                    alert_id=body.alert_id, reason=body.reason, by=caller.person_id, at_us=parts.now_us()
                )
            )
            parts.audit.write(connection, caller, Act.HOLD_MADE, [f"alert:{body.alert_id}"])
            row = connection.execute(select(HOLDS).where(HOLDS.c.alert_id == body.alert_id)).one()
        return _shown(row)

    @router.delete("/holds/{alert_id}", status_code=204, summary="End a hold", openapi_extra=audited(Act.HOLD_ENDED))
    def release(
        alert_id: Annotated[str, Path(max_length=64)], caller: Annotated[Caller, Depends(needs(Right.MANAGE_ROOM))]
    ) -> None:
        """Let an alert go the way of its age again."""
        with parts.store.write() as connection:
            is_seen = find_visible(connection, alert_id, caller.compartments) is not None
            gone = is_seen and connection.execute(delete(HOLDS).where(HOLDS.c.alert_id == alert_id)).rowcount
            if not gone:
                raise not_found()
            parts.audit.write(connection, caller, Act.HOLD_ENDED, [f"alert:{alert_id}"])

    return router


def _shown(row: Any) -> dict[str, Any]:
    return {"alert_id": row.alert_id, "reason": row.reason, "by": row.by, "at": iso(row.at_us)}
