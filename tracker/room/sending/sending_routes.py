"""Routes of sending: whom the room tells of what, tests, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Connection, Row

from tracker.config.room import is_mail_address
from tracker.room.accounts.account_routes import IfMatch, check_version
from tracker.room.alerts.facts import iso
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.desk.occasions import Cause, Wants
from tracker.room.rights import Caller, Right
from tracker.room.sending import sending_shapes as shapes
from tracker.room.sending import subscriptions as kept
from tracker.room.sending.addresses import NotAllowedError, target_of
from tracker.room.sending.outbox import put
from tracker.room.sending.sender import Sender
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem, not_found

Manager = Annotated[Caller, Depends(needs(Right.MANAGE_SENDING))]
_WANTS = ("least_band", "kinds", "rules", "areas", "units", "causes")
MOST_SUBSCRIPTIONS: Final = 200
"""Each is looked at with each change of an alert (ours)."""
_NOT_CLEARED = "this needs compartments that you do not have; whoever has them does it"


def sending_routes(sender: Sender, parts: RoomParts) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/subscriptions", tags=["sending"])

    @router.get("", summary="Whom the room tells of what", openapi_extra=audited(Act.SUBSCRIPTIONS_READ))
    def read(caller: Manager) -> shapes.Subscriptions:
        """All subscriptions, without secrets, and how sending goes."""
        with parts.store.write() as connection:
            rows = kept.listed(connection)
            waiting, given_up = kept.waiting(connection), kept.given_up(connection)
            parts.audit.write(connection, caller, Act.SUBSCRIPTIONS_READ)
        now_us = parts.now_us()
        return shapes.Subscriptions(
            subscriptions=[
                shapes.SubscriptionShown(
                    **_facts(row), sending=_state(row, waiting, given_up, now_us) if _may_know(caller, row) else None
                )
                for row in rows
            ]
        )

    @router.post("", status_code=201, summary="Tell somebody", openapi_extra=audited(Act.SUBSCRIPTION_MADE))
    def make(body: shapes.NewSubscription, caller: Manager) -> shapes.SubscriptionMade:
        """Make a subscription. The answer has the secret of a webhook, which is told nowhere else."""
        _check_target(sender, body.way, body.target)
        _check_clearance(caller, body.compartments)
        wants = Wants.from_json(body.model_dump(include=set(_WANTS)) | {"units": _units(parts, body.units)})
        values = {
            "name": body.name,
            "way": body.way,
            "target": body.target,
            "unit_id": None if body.unit is None else _units(parts, [body.unit])[0],
            "compartments": sorted(set(body.compartments)),
        }
        with parts.store.write() as connection:
            if len(kept.listed(connection)) >= MOST_SUBSCRIPTIONS:
                raise Problem(
                    409, f"a room has at most {MOST_SUBSCRIPTIONS} subscriptions; remove one that nobody needs"
                )
            subscription_id = kept.make(connection, values, wants, caller.person_id, parts.now_us())
            row = _there(connection, subscription_id)
            terms = {"way": body.way, "compartments": "+".join(values["compartments"] or [])}
            parts.audit.write(connection, caller, Act.SUBSCRIPTION_MADE, [f"subscription:{subscription_id}"], terms=terms)  # fmt: skip
        return shapes.SubscriptionMade(**_facts(row), sending=_state(row, {}, {}, parts.now_us()), secret=_secret(row))

    @router.patch("/{subscription_id}", openapi_extra=audited(Act.SUBSCRIPTION_CHANGED))
    def change(
        subscription_id: shapes.SubscriptionId,
        body: shapes.SubscriptionChanges,
        caller: Manager,
        if_match: IfMatch = None,
    ) -> shapes.SubscriptionShown:
        """Change a subscription, pause it (nothing is kept for it meanwhile), or take it up again. What waits goes by the new one."""
        given = body.model_dump(exclude_unset=True)
        if wrong := [name for name, value in given.items() if value is None and name != "unit"]:
            raise Problem(422, f"{wrong[0]}: leave it out, or give a value")
        with parts.store.write() as connection:
            row = _there(connection, subscription_id)
            check_version(if_match, row.version)
            if given.keys() - {"is_paused"}:
                _check_clearance(caller, [*row.compartments, *given.get("compartments", ())])
            if "target" in given:
                _check_target(sender, row.way, given["target"])
            values: dict[str, Any] = {name: given[name] for name in ("name", "target", "is_paused") if name in given}
            if "compartments" in given:
                values["compartments"] = sorted(set(given["compartments"]))
            if "unit" in given:
                values["unit_id"] = None if given["unit"] is None else _units(parts, [given["unit"]])[0]
            wants = {name: given[name] for name in _WANTS if name in given}
            if "units" in wants:
                wants["units"] = _units(parts, wants["units"])
            if wants:
                values["wants"] = Wants.from_json({**row.wants, **wants}).to_json()
            if values:
                kept.change(connection, row, values)
            terms = {"changed": "+".join(sorted(given))}
            if "compartments" in values:
                terms["compartments"] = "+".join(values["compartments"])
            parts.audit.write(connection, caller, Act.SUBSCRIPTION_CHANGED, [f"subscription:{subscription_id}"], terms=terms)  # fmt: skip
            return _shown(connection, caller, subscription_id, parts.now_us())

    @router.delete("/{subscription_id}", status_code=204, openapi_extra=audited(Act.SUBSCRIPTION_REMOVED))
    def remove(subscription_id: shapes.SubscriptionId, caller: Manager) -> Response:
        """Remove a subscription; what waits for it is not sent."""
        with parts.store.write() as connection:
            _there(connection, subscription_id)
            kept.remove(connection, subscription_id)
            parts.audit.write(connection, caller, Act.SUBSCRIPTION_REMOVED, [f"subscription:{subscription_id}"])
        return Response(status_code=204)

    @router.post("/{subscription_id}/rotate", openapi_extra=audited(Act.SUBSCRIPTION_ROTATED))
    def rotate(subscription_id: shapes.SubscriptionId, caller: Manager) -> shapes.SubscriptionMade:
        """Give a webhook a new secret. For ``token_overlap_h`` what is sent is signed by the old one, too."""
        with parts.store.write() as connection:
            row = _there(connection, subscription_id)
            _check_clearance(caller, row.compartments)
            if row.way != "webhook":
                raise Problem(409, "mail has no secret; only a webhook has")
            kept.rotate(connection, row, parts.now_us())
            row = _there(connection, subscription_id)
            parts.audit.write(connection, caller, Act.SUBSCRIPTION_ROTATED, [f"subscription:{subscription_id}"])
            shown = _shown(connection, caller, subscription_id, parts.now_us())
        return shapes.SubscriptionMade(**shown.model_dump(), secret=_secret(row))

    @router.post("/{subscription_id}/test", status_code=202, openapi_extra=audited(Act.SUBSCRIPTION_TESTED))
    def test(subscription_id: shapes.SubscriptionId, caller: Manager) -> shapes.Tested:
        """Send a test, the way alerts go; what came of it is in the deliveries."""
        with parts.store.write() as connection:
            row = _there(connection, subscription_id)
            _check_clearance(caller, row.compartments)
            if row.is_paused:
                raise Problem(409, "it is paused; take it up again first")
            message_id = put(connection, subscription_id, None, Cause.TEST, parts.now_us())
            names = [f"subscription:{subscription_id}", f"message:{message_id}"]
            parts.audit.write(connection, caller, Act.SUBSCRIPTION_TESTED, names)
        return shapes.Tested(message_id=message_id)

    @router.get("/{subscription_id}/deliveries", openapi_extra=audited(Act.DELIVERIES_READ))
    def read_deliveries(
        subscription_id: shapes.SubscriptionId, caller: Manager, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> shapes.Deliveries:
        """The last attempts to send, newest first, and what came of each."""
        with parts.store.write() as connection:
            row = _there(connection, subscription_id)
            _check_clearance(caller, row.compartments)
            found = kept.deliveries(connection, subscription_id, limit)
            parts.audit.write(connection, caller, Act.DELIVERIES_READ, [f"subscription:{subscription_id}"])
        return shapes.Deliveries(
            deliveries=[
                shapes.DeliveryShown(
                    at=str(iso(one.at_us)), is_taken=one.is_taken, status=one.status, why=one.why, messages=one.messages
                )
                for one in found
            ]
        )

    def _secret(row: Row[Any]) -> str | None:
        return sender.secrets.secret(row.subscription_id, row.generation) if row.way == "webhook" else None

    return router


def _there(connection: Connection, subscription_id: str) -> Row[Any]:
    row = kept.find(connection, subscription_id)
    if row is None:
        raise not_found()
    return row


def _check_target(sender: Sender, way: str, target: str) -> None:
    if way == "mail":
        if sender.mail_server is None:
            raise Problem(422, "way: this room sends no mail; set [room] mail_server and mail_from, and start it anew")
        if not is_mail_address(target):
            raise Problem(422, "target: this is no address of mail; write NAME@HOST in ASCII")
        return
    try:
        found = target_of(target)
        if found.literal is not None:
            sender.policy.check(found, found.literal)
    except NotAllowedError as exc:
        raise Problem(422, f"target: {exc}") from None


def _check_clearance(caller: Caller, compartments: Sequence[str]) -> None:
    """Nobody sends himself, or reads the traces of, what he may not see."""
    if not caller.compartments.issuperset(compartments):
        raise Problem(403, _NOT_CLEARED)


def _may_know(caller: Caller, row: Row[Any]) -> bool:
    return caller.compartments.issuperset(row.compartments)


def _units(parts: RoomParts, words: Sequence[str]) -> list[str]:
    found = [parts.callers.unit(word) for word in words]
    if None in found:
        raise Problem(422, "unit: there is no unit with this id or name; GET /api/v1/units lists them")
    return sorted({unit for unit in found if unit is not None})


def _shown(connection: Connection, caller: Caller, subscription_id: str, now_us: int) -> shapes.SubscriptionShown:
    row = _there(connection, subscription_id)
    state = None
    if _may_know(caller, row):
        state = _state(row, kept.waiting(connection), kept.given_up(connection), now_us)
    return shapes.SubscriptionShown(**_facts(row), sending=state)


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {
        "subscription_id": row.subscription_id, "name": row.name, "way": row.way, "target": row.target, "unit": row.unit_id,
        "wants": row.wants, "compartments": row.compartments, "is_paused": row.is_paused, "made_by": row.made_by,
        "made": iso(row.made_us), "version": row.version,
    }  # fmt: skip


def _state(row: Row[Any], waiting: Mapping[str, int], given_up: Mapping[str, int], now_us: int) -> shapes.SendingState:
    is_failing = row.failures > 0
    return shapes.SendingState(
        state="paused" if row.is_paused else "failing" if is_failing else "well",
        waiting=waiting.get(row.subscription_id, 0),
        given_up=given_up.get(row.subscription_id, 0),
        last_sent=iso(row.last_sent_us),
        failing_since=iso(row.failing_since_us),
        failures=row.failures,
        next_try=iso(max(row.not_before_us, now_us)) if is_failing and not row.is_paused else None,
        why=row.last_why,
    )
