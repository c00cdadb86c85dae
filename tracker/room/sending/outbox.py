"""The outbox: what is to be sent is kept in the transaction of the change that causes it, so that neither is without the other.

Whatever a subscription is not cleared for leaves nothing here that tells of it: no row, no number, no gap.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from tracker.room.alerts.visibility import Needs, redacted
from tracker.room.desk.acts import UNDO_US
from tracker.room.desk.occasions import Cause, RanOut, Wants, causes_of
from tracker.room.desk.states import Standing
from tracker.room.sending.sending_tables import OUTBOX, SUBSCRIPTIONS

WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Whom to tell, of what."""

    subscription_id: str
    unit_id: str | None
    wants: Wants
    compartments: frozenset[str]
    made_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change of an alert: how it stood and what it told before and after; nothing before of one that is new."""

    alert_id: str
    rule: str
    area: str
    needs: Needs
    data: Mapping[str, Any]
    standing: Standing
    data_before: Mapping[str, Any] | None = None
    standing_before: Standing | None = None


def subscription_of(row: Row[Any]) -> Subscription:
    """The subscription of a row."""
    return Subscription(
        subscription_id=row.subscription_id, unit_id=row.unit_id, wants=Wants.from_json(row.wants),
        compartments=frozenset(row.compartments), made_us=row.made_us,
    )  # fmt: skip


def subscriptions(connection: Connection) -> list[Subscription]:
    """Those that are not paused."""
    asked = select(SUBSCRIPTIONS).where(~SUBSCRIPTIONS.c.is_paused).order_by(SUBSCRIPTIONS.c.subscription_id)
    return [subscription_of(row) for row in connection.execute(asked)]


def new_message_id() -> str:
    """An id at random: two of them tell neither how many there were between them nor which was first."""
    return f"msg_{secrets.token_hex(16)}"


def put(connection: Connection, subscription_id: str, alert_id: str | None, cause: Cause, at_us: int, due_us: int | None = None, message_id: str | None = None) -> str:  # fmt: skip
    """Put a message into the outbox; its id."""
    message_id = message_id or new_message_id()
    connection.execute(
        insert(OUTBOX).values(
            message_id=message_id, subscription_id=subscription_id, alert_id=alert_id, cause=str(cause), at_us=at_us,
            due_us=at_us if due_us is None else due_us, attempts=0,
        )
    )  # fmt: skip
    return message_id


def note_changes(connection: Connection, changes: Iterable[Changed], now_us: int) -> None:
    """Put into the outbox whatever of these changes somebody wants to be told of."""
    told = subscriptions(connection)
    known: set[tuple[str, str, Cause]] = set()
    for change in changes:
        before = change.standing_before
        if before is not None and before.closing is not None and change.standing.closing is None:
            _withdraw_closing(connection, change.alert_id, now_us)
        for one in told:
            if change.needs.hides_all(one.compartments) or not is_for(one, change):
                continue
            seen_before = before and _seen(before, change.data_before, change.needs, one.compartments)
            seen = _seen(change.standing, change.data, change.needs, one.compartments)
            for cause in causes_of(seen_before, seen, now_us):
                key = (one.subscription_id, change.alert_id, cause)
                if key in known or not one.wants.takes_cause(cause, seen_before, seen):
                    continue
                known.add(key)
                due_us = now_us + UNDO_US + 1 if cause is Cause.CLOSED else now_us
                message_id = _id_of(one, change, cause)
                put(connection, one.subscription_id, change.alert_id, cause, now_us, due_us, message_id)


def _id_of(one: Subscription, change: Changed, cause: Cause) -> str | None:
    """The id of what an engine's revision causes: the same where a restored room takes the revision in once more. None of what people and clocks cause."""
    before = change.standing_before
    if before is not None and (before.facts.revision == change.standing.facts.revision or cause is Cause.CLOSED):
        return None
    said = f"{one.subscription_id}|{change.alert_id}|{cause}|{change.standing.facts.revision}"
    return f"msg_{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def is_for(one: Subscription, change: Changed, *, whatever_unit: bool = False) -> bool:
    """Whether a subscription is about this alert, whatever its cause and band; ``whatever_unit``: whosever the subscription is."""
    unit = change.standing.unit
    if one.unit_id is not None and one.unit_id != unit and not whatever_unit:
        return False
    kind = change.data["event"]["kind"]
    return one.wants.takes(kind=kind, rule=change.rule, area=change.area, unit=unit)


def seen_standing(change: Changed, compartments: frozenset[str]) -> Standing:
    """How an alert stands for who has these compartments."""
    return _seen(change.standing, change.data, change.needs, compartments)


def told_of_escalation(told: Sequence[Subscription], change: Changed, one: Subscription, clock: RanOut) -> bool:
    """Whether a subscription is told that a clock ran out. The first clock is the unit's own; where the unit has no subscription for it, and of what has no unit, the room's."""
    if Cause.ESCALATION not in one.wants.causes and one.wants.causes:
        return False
    if clock.to == "every_supervisor":
        return is_for(one, change, whatever_unit=True)
    unit = change.standing.unit
    has_own = unit is not None and any(
        other.unit_id == unit and (not other.wants.causes or Cause.ESCALATION in other.wants.causes) for other in told
    )
    return is_for(one, change) and (one.unit_id == unit if has_own else one.unit_id is None)


def _seen(standing: Standing, data: Mapping[str, Any] | None, needs: Needs, compartments: frozenset[str]) -> Standing:
    if data is None or not needs.hides_some(compartments):
        return standing
    return standing.as_grave_as(redacted(data, needs, compartments)["priority_band"])


def _withdraw_closing(connection: Connection, alert_id: str, now_us: int) -> None:
    """A closing that was taken back before it was told is not told."""
    connection.execute(
        update(OUTBOX)
        .where(OUTBOX.c.alert_id == alert_id, OUTBOX.c.cause == str(Cause.CLOSED), OUTBOX.c.ended_us.is_(None))
        .values(ended_us=now_us, end=WITHDRAWN)
    )
