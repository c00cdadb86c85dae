"""Routes of alerts: the list, the dossier, acts one by one and in bulk, history, the stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from tracker.room.alerts import once
from tracker.room.alerts.acting import Desk, NotDone, do, nothing_there, undo, versions_for
from tracker.room.alerts.bodies import ActBody, BulkBody, act_of_body
from tracker.room.alerts.desk import DeskRun
from tracker.room.alerts.facts import iso
from tracker.room.alerts.hub import MOST_OF_ONE
from tracker.room.alerts.keeping import Kept, Turn, compartment_rules, desk_turn, find_visible
from tracker.room.alerts.listing import MOST_ROWS, CursorError, Filter, page_of
from tracker.room.alerts.showing import dossier_of, history_of, row_of
from tracker.room.alerts.streaming import EventStream
from tracker.room.alerts.tags import read_if_match
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.desk.acts import Act as DeskAct
from tracker.room.desk.acts import Assign, HandOver
from tracker.room.desk.states import State
from tracker.room.rights import Caller, Right
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem

AlertId = Annotated[str, Path(max_length=64, description="Id of the alert.")]
IfMatch = Annotated[
    str | None, Header(max_length=400, description='The ETag of what you have seen, for example "d7-f3".')
]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=once.MOST_KEY,
        description="The same key again does nothing and gives the first answer.",
    ),
]
Many = Annotated[list[str] | None, Query(max_length=50)]
_TAG_HEADERS: Final = {
    "ETag": {"description": "Versions of the desk's work and of the facts.", "schema": {"type": "string"}}
}


def alert_routes(run: DeskRun, parts: RoomParts) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["alerts"])
    clocks = run.settings.clocks

    def answer(turn_or_connection: Connection, kept: Kept, caller: Caller) -> tuple[dict[str, Any], str]:
        row = row_of(turn_or_connection, kept, caller.compartments, parts.now_us(), clocks)
        return row, row["etag"]

    def asked_act(body: Any) -> DeskAct:
        """The act that a body asks for; whoever gets the alert has to be there."""
        act = act_of_body(body)
        if not isinstance(act, Assign | HandOver):
            return act
        person = None if act.person is None else parts.callers.assignee(act.person)
        if act.person is not None and person is None:
            raise Problem(422, "body.person: nobody with this id or login may act on alerts; ask who is called what")
        unit = None if act.unit is None else parts.callers.unit(act.unit)
        if act.unit is not None and unit is None:
            raise Problem(
                422, "body.unit: there is no unit with this id or name; an administrator makes one at /api/v1/units"
            )
        return replace(act, person=person, unit=unit)

    @router.get("/alerts", summary="The list of alerts", openapi_extra=audited(Act.ALERTS_READ))
    def read_alerts(
        caller: Annotated[Caller, Depends(needs(Right.SEE_ALERTS))],
        state: Annotated[list[State] | None, Query()] = None,
        priority_band: Many = None,
        kind: Many = None,
        craft: Many = None,
        person: Many = None,
        unit: Many = None,
        engine: Many = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
        cursor: Annotated[str | None, Query(max_length=500)] = None,
    ) -> JSONResponse:
        """Work that is left, ordered by what waiting costs, with the terms; with ``state=closed`` or ``over`` what is finished, newest first.

        Within one property any of its values will do, between properties all must. ``person=me`` is the caller.
        """
        chosen = Filter(
            states=tuple(str(one) for one in state or ()),
            bands=tuple(priority_band or ()),
            kinds=tuple(kind or ()),
            crafts=tuple(craft or ()),
            persons=tuple(caller.person_id if one == "me" else one for one in person or ()),
            units=tuple(unit or ()),
            engines=tuple(engine or ()),
        )
        try:
            page = page_of(run.open_alerts, chosen, caller.compartments, parts.now_us(), limit=limit, cursor=cursor)
        except CursorError:
            raise Problem(400, "the cursor is none that this list gave; leave it out and begin anew") from None
        _write(parts, caller, Act.ALERTS_READ, [], {"shown": len(page.rows)})
        return _json(
            {
                "alerts": page.rows,
                "counts": page.counts,
                "as_of": iso(page.as_of_us),
                "next_cursor": page.next_cursor,
                "at": iso(parts.now_us()),
            }
        )

    @router.get(
        "/alerts/{alert_id}",
        summary="The dossier of an alert",
        openapi_extra=audited(Act.ALERT_READ),
        responses={200: {"headers": _TAG_HEADERS}},
    )
    def read_alert(alert_id: AlertId, caller: Annotated[Caller, Depends(needs(Right.SEE_DOSSIERS))]) -> JSONResponse:
        """All that is known of an alert and may be seen by the caller: facts, desk, notes, clocks."""
        with parts.store.read() as connection:
            kept = find_visible(connection, alert_id, caller.compartments)
            told = None if kept is None else dossier_of(connection, kept, caller.compartments, parts.now_us(), clocks)
        _write(parts, caller, Act.ALERT_READ, [f"alert:{alert_id}"], {}, is_refused=told is None)
        if told is None:
            raise _problem(nothing_there())
        return _json(told, told["etag"])

    @router.get(
        "/alerts/{alert_id}/history", summary="Revisions and acts", openapi_extra=audited(Act.ALERT_HISTORY_READ)
    )
    def read_history(alert_id: AlertId, caller: Annotated[Caller, Depends(needs(Right.SEE_DOSSIERS))]) -> JSONResponse:
        """Every revision with what changed from the one before, from which value to which, and every act of the desk."""
        with parts.store.read() as connection:
            kept = find_visible(connection, alert_id, caller.compartments)
            told = None if kept is None else history_of(connection, kept, caller.compartments)
        _write(parts, caller, Act.ALERT_HISTORY_READ, [f"alert:{alert_id}"], {}, is_refused=told is None)
        if told is None:
            raise _problem(nothing_there())
        return _json(told)

    def in_turn(caller: Caller, act: Act, key: str | None, digest: str, work: Any) -> JSONResponse:
        """Do something in the desk's turn, once for a key; a refusal is committed to the audit, and then told."""
        has_changed = False
        with parts.store.write() as connection, desk_turn(connection, parts.now_us()) as turn:
            first = None if key is None else once.answered(connection, caller.person_id, key, digest)
            if first is None:
                status, told, tag = work(turn)
                if key is not None:
                    once.remember(connection, caller, key, digest, status, told | {"etag_header": tag}, turn.now_us)
            else:
                is_refused = not first.is_same_request
                parts.audit.write(connection, caller, act, [], is_refused=is_refused, terms={"is_repeated": True})
            has_changed = turn.has_told
        if has_changed:
            run.hub.ring()
        if first is not None:
            if not first.is_same_request:
                raise Problem(
                    422, "this Idempotency-Key came with another request before; use a new one for a new request"
                )
            if not caller.compartments >= first.compartments:
                raise Problem(409, "it was done, and you may see less now than then; read the alert again")
            status, told = first.status, dict(first.answer)
            tag = told.pop("etag_header", None)
        if status >= 400:
            raise Problem(status, told.pop("detail"), None, **told)
        return _json(told, tag, status)

    @router.patch(
        "/alerts/{alert_id}",
        summary="Act on an alert",
        openapi_extra=audited(Act.ALERT_ACTED),
        responses={200: {"headers": _TAG_HEADERS}},
    )
    def act_on_alert(
        alert_id: AlertId,
        body: ActBody,
        caller: Annotated[Caller, Depends(needs(Right.ACT_ON_ALERTS))],
        if_match: IfMatch = None,
        key: Key = None,
    ) -> JSONResponse:
        """One act: acknowledge, silence, shelve, unshelve, assign, hand_over, note, watch, close, reopen.

        If-Match must have the ETag that was seen (428 without). Acts that judge the facts need both versions, others that of the desk; silence, watch and note may
        say ``*``. 412 says who changed what since. Closing needs the right to give verdicts, shelving a critical one that of supervisors.
        """
        if if_match is None:
            raise Problem(
                428, "say in If-Match which version of the alert you have seen; its ETag is in the list and the dossier"
            )
        seen = read_if_match(if_match)
        if seen is None:
            raise Problem(400, 'If-Match is no ETag of an alert; it looks like "d7-f3"')

        act = asked_act(body)

        def work(turn: Turn) -> tuple[int, dict[str, Any], str | None]:
            done = do(turn, Desk(parts.audit, caller), alert_id, seen, act)
            return _told(done, answer, turn.connection, caller)

        return in_turn(
            caller, Act.ALERT_ACTED, key, once.digest_of("act", alert_id, if_match, body.model_dump_json()), work
        )

    @router.post(
        "/alerts/{alert_id}/undo",
        summary="Undo my last act",
        openapi_extra=audited(Act.ALERT_UNDONE),
        responses={200: {"headers": _TAG_HEADERS}},
    )
    def undo_act(
        alert_id: AlertId, caller: Annotated[Caller, Depends(needs(Right.ACT_ON_ALERTS))], key: Key = None
    ) -> JSONResponse:
        """Take back what the caller did last to this alert, within 30 s and if nobody did anything to it since."""

        def work(turn: Turn) -> tuple[int, dict[str, Any], str | None]:
            return _told(undo(turn, Desk(parts.audit, caller), alert_id), answer, turn.connection, caller)

        return in_turn(caller, Act.ALERT_UNDONE, key, once.digest_of("undo", alert_id), work)

    @router.post("/alerts/bulk", summary="Act on several alerts", openapi_extra=audited(Act.ALERT_ACTED))
    def act_on_alerts(
        body: BulkBody, caller: Annotated[Caller, Depends(needs(Right.ACT_ON_ALERTS))], key: Key = None
    ) -> JSONResponse:
        """One act on the alerts that were on the screen, each with the version that was shown; the answer says which were refused, and why. The others are done."""
        seen_of = {item.alert_id: read_if_match(item.etag) for item in body.alerts}
        for alert_id, seen in seen_of.items():
            if not seen:
                raise Problem(422, f'the etag of alert {alert_id!r} is none; it looks like "d7-f3"')
        if len(seen_of) < len(body.alerts):
            raise Problem(422, "an alert stands twice in the list; send each once")

        act = asked_act(body.act)

        def work(turn: Turn) -> tuple[int, dict[str, Any], str | None]:
            done: list[dict[str, Any]] = []
            refused: list[dict[str, Any]] = []
            for alert_id, seen in sorted(seen_of.items()):
                assert seen
                came = do(turn, Desk(parts.audit, caller), alert_id, seen, act)
                if isinstance(came, NotDone):
                    refused.append(
                        {"alert_id": alert_id, "status": came.status, "detail": came.sentence, **came.members}
                    )
                else:
                    done.append(
                        {"alert_id": alert_id, "etag": versions_for(turn.connection, came, caller.compartments).tag}
                    )
            return 200, {"done": done, "refused": refused}, None

        return in_turn(caller, Act.ALERT_ACTED, key, once.digest_of("bulk", body.model_dump_json()), work)

    @router.get(
        "/stream/alerts",
        status_code=200,
        summary="The stream of alerts",
        openapi_extra=audited(Act.ALERTS_FOLLOWED),
        response_class=EventStream,
        responses={
            200: {
                "content": {"text/event-stream": {}},
                "description": "Events alert, heartbeat (every 5 s) and reset.",
            }
        },
    )
    def follow_alerts(
        caller: Annotated[Caller, Depends(needs(Right.SEE_ALERTS))],
        last_event_id: Annotated[str | None, Header(max_length=200)] = None,
    ) -> EventStream:
        """Server-sent events: ``alert`` has a row of the list whenever one changes, ``reset`` says that the list must be fetched again.

        ``id`` is durable: who comes again with ``Last-Event-ID`` gets what was missed. Ids say nothing but the place.
        """
        has_room = run.hub.has_room_for(caller.person_id)
        terms = {"is_resumed": last_event_id is not None}
        _write(parts, caller, Act.ALERTS_FOLLOWED, [], terms, is_refused=not has_room)
        if not has_room:
            raise Problem(
                429,
                f"you have {MOST_OF_ONE} streams open already; close some, or wait until those of broken lines have ended",
                {"Retry-After": "20"},
            )

        def compartments_now() -> frozenset[str] | None:
            now = parts.callers.again(caller)
            if now is None or not now.may(Right.SEE_ALERTS):
                return None
            with parts.store.read() as connection:
                used = {rule.compartment for rule in compartment_rules(connection)}
            return now.compartments & used  # who may see equally much shares one encoding

        return EventStream(run.hub, last_event_id, compartments_now, parts.stopping, caller.person_id)

    return router


def _told(
    done: Kept | NotDone, answer: Any, connection: Connection, caller: Caller
) -> tuple[int, dict[str, Any], str | None]:
    if isinstance(done, NotDone):
        return done.status, {"detail": done.sentence, **done.members}, None
    told, tag = answer(connection, done, caller)
    return 200, told, tag


def _write(
    parts: RoomParts,
    caller: Caller,
    act: Act,
    objects: list[str],
    terms: Mapping[str, Any],
    *,
    is_refused: bool = False,
) -> None:
    """A read is in the audit before it is answered."""
    with parts.store.write() as connection:
        parts.audit.write(connection, caller, act, objects, is_refused=is_refused, terms=terms)


def _problem(why: NotDone) -> Problem:
    return Problem(why.status, why.sentence, None, **why.members)


def _json(told: Any, tag: str | None = None, status: int = 200) -> JSONResponse:
    made = JSONResponse(None, status, {} if tag is None else {"ETag": tag})
    made.body = orjson.dumps(told)
    made.headers["content-length"] = str(len(made.body))
    return made
