"""Routes of the audit: read it, verify it, take it away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from tracker.room.audit.audit_tables import AUDIT_ENTRIES, AUDIT_HEADS, AUDIT_OBJECTS
from tracker.room.audit.heads import Head, read_anchors
from tracker.room.audit.log import entries, entry_of
from tracker.room.audit.publishing import HeadsTopic
from tracker.room.audit.verifying import verify_store
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.rights import Caller, Right
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem

MOST_ROWS: Final = 1_000


def audit_routes(
    parts: RoomParts,
    sign_head: Callable[[], Head],
    anchor_lines: Callable[[], list[str]],
    topic: Callable[[], HeadsTopic | None] = lambda: None,
) -> APIRouter:
    """The routes.

    Parameters
    ----------
    sign_head, anchor_lines:
        Sign and publish the head now; the anchors published so far.
    topic:
        Where heads are sent besides.
    """
    router = APIRouter(prefix="/audit", tags=["audit"])
    verifying = threading.Lock()

    @router.get("", summary="Read the audit", openapi_extra=audited(Act.AUDIT_READ))
    def read_audit(
        caller: Annotated[Caller, Depends(needs(Right.SEE_AUDIT))],
        actor: Annotated[str | None, Query(max_length=200, description="person:ID, service:ID or nobody")] = None,
        act: Annotated[list[Act] | None, Query()] = None,
        thing: Annotated[
            str | None, Query(alias="object", max_length=250, description="alert:ID, person:ID, ...")
        ] = None,
        since: Annotated[datetime | None, Query()] = None,
        until: Annotated[datetime | None, Query()] = None,
        is_refused: Annotated[bool | None, Query()] = None,
        before: Annotated[
            int | None, Query(ge=1, le=1 << 62, description="Number of the last entry of the page before.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    ) -> dict[str, Any]:
        """Entries, newest first. Each has ids only; who has the right to look at people and alerts finds their names there."""
        asked = select(AUDIT_ENTRIES).order_by(AUDIT_ENTRIES.c.sequence.desc()).limit(limit + 1)
        if thing is not None:
            asked = asked.join(AUDIT_OBJECTS, AUDIT_OBJECTS.c.sequence == AUDIT_ENTRIES.c.sequence).where(
                AUDIT_OBJECTS.c.object == thing
            )
        for condition, value in (
            (AUDIT_ENTRIES.c.actor == actor, actor),
            (AUDIT_ENTRIES.c.act.in_([str(one) for one in act or ()]), act),
            (AUDIT_ENTRIES.c.at_us >= _micros(since), since),
            (AUDIT_ENTRIES.c.at_us < _micros(until), until),
            (AUDIT_ENTRIES.c.is_refused.is_(bool(is_refused)), is_refused),
            (AUDIT_ENTRIES.c.sequence < (before or 0), before),
        ):
            if value is not None:
                asked = asked.where(condition)
        with parts.store.read() as connection:
            found = [entry_of(row) for row in connection.execute(asked)]
        _write(Act.AUDIT_READ, caller, {"shown": min(len(found), limit)})
        return {
            "entries": [_shown(entry.to_json()) for entry in found[:limit]],
            "next_before": found[limit - 1].sequence if len(found) > limit else None,
        }

    @router.get("/verify", summary="Verify the audit", openapi_extra=audited(Act.AUDIT_VERIFIED))
    def verify_audit(
        caller: Annotated[Caller, Depends(needs(Right.SEE_AUDIT))],
        anchor: Annotated[
            list[str] | None,
            Query(max_length=100, description="NUMBER:HASH off a sheet or out of a file that was kept elsewhere."),
        ] = None,
    ) -> dict[str, Any]:
        """Go through the whole chain and hold it against the anchors: those given, and those of this machine, which prove less. One at a time."""
        if not verifying.acquire(blocking=False):
            raise Problem(
                503, "the audit is being verified for somebody else; ask again in a minute", {"Retry-After": "60"}
            )
        try:
            with parts.store.read() as connection:
                finding = verify_store(connection, read_anchors(anchor_lines(), anchor or ()))
        finally:
            verifying.release()
        _write(Act.AUDIT_VERIFIED, caller, {"holds": finding.holds, "entries": finding.entries})
        return {**finding.to_json(), "sentence": finding.sentence()}

    @router.get(
        "/export",
        summary="Take the audit away",
        openapi_extra=audited(Act.AUDIT_EXPORTED),
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {}}}},
    )
    def export_audit(caller: Annotated[Caller, Depends(needs(Right.EXPORT_AUDIT))]) -> StreamingResponse:
        """The chain as JSON lines, with a head signed for it; ``tidewaiter room audit verify --export`` goes through it elsewhere."""
        _write(Act.AUDIT_EXPORTED, caller, {})
        head = sign_head()

        def lines() -> Iterator[bytes]:
            with parts.store.read() as connection:
                for entry in entries(connection):
                    if entry.sequence > head.sequence:
                        break
                    yield orjson.dumps(entry.to_json()) + b"\n"

        return StreamingResponse(
            lines(), media_type="application/x-ndjson", headers={"Tidewaiter-Audit-Head": head.word}
        )

    @router.get("/heads", summary="The heads, and where they went", openapi_extra=audited(Act.AUDIT_HEADS_READ))
    def read_heads(
        caller: Annotated[Caller, Depends(needs(Right.SEE_AUDIT))],
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    ) -> dict[str, Any]:
        """The heads that were signed last, newest first, and whether the topic of the settings has them: ``topic`` is null where there is none."""
        sending = topic()
        with parts.store.read() as connection:
            asked = select(AUDIT_HEADS).order_by(AUDIT_HEADS.c.sequence.desc()).limit(limit)
            found = [{"head": f"{row.sequence}:{row.hash}", "at": _at(row.at_us)} for row in connection.execute(asked)]
        state = None if sending is None else sending.state()
        _write(Act.AUDIT_HEADS_READ, caller, {"shown": len(found)})
        return {
            "heads": found,
            "topic": None
            if state is None
            else {
                "name": state.topic,
                "sent": state.sent,
                "waiting": state.waiting,
                "failing_since": None if state.failing_since_us is None else _at(state.failing_since_us),
                "why": state.why,
            },
        }

    def _write(act: Act, caller: Caller, terms: dict[str, Any]) -> None:
        with parts.store.write() as connection:
            parts.audit.write(connection, caller, act, terms=terms)

    return router


def _micros(at: datetime | None) -> int:
    if at is None:
        return 0
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "at": _at(int(told["at_us"]))}


def _at(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
