"""Subscriptions in the store: made, changed with a version, removed, rotated, listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tracker.room.accounts.secrets import new_id
from tracker.room.desk.occasions import Wants
from tracker.room.sending.sending_tables import DELIVERIES, ESCALATIONS_TOLD, OUTBOX, SUBSCRIPTIONS, WAYS


def make(connection: Connection, values: Mapping[str, Any], wants: Wants, by: str, now_us: int) -> str:
    """A new subscription, of ``name way target unit_id compartments``; its id."""
    subscription_id = new_id("w")
    connection.execute(
        insert(SUBSCRIPTIONS).values(
            **values, subscription_id=subscription_id, wants=wants.to_json(), is_paused=False, generation=1, made_by=by,
            made_us=now_us, version=1, failures=0, not_before_us=0,
        )
    )  # fmt: skip
    return subscription_id


def find(connection: Connection, subscription_id: str) -> Row[Any] | None:
    """By id."""
    asked = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.subscription_id == subscription_id)
    return connection.execute(asked).one_or_none()


def listed(connection: Connection) -> list[Row[Any]]:
    """All by name; there are few."""
    return list(
        connection.execute(select(SUBSCRIPTIONS).order_by(SUBSCRIPTIONS.c.name, SUBSCRIPTIONS.c.subscription_id))
    )


def change(connection: Connection, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Change a subscription. One with another target, or taken up again, begins anew: what failed before says nothing of it."""
    begins_anew = "target" in values or values.get("is_paused") is False
    anew = {"failures": 0, "failing_since_us": None, "not_before_us": 0, "last_why": None} if begins_anew else {}
    connection.execute(
        update(SUBSCRIPTIONS)
        .where(SUBSCRIPTIONS.c.subscription_id == row.subscription_id)
        .values(**values, **anew, version=row.version + 1)
    )


def rotate(connection: Connection, row: Row[Any], now_us: int) -> int:
    """The next secret of a webhook: its number. The one before holds for a while, older ones no more."""
    connection.execute(
        update(SUBSCRIPTIONS)
        .where(SUBSCRIPTIONS.c.subscription_id == row.subscription_id)
        .values(generation=row.generation + 1, rotated_us=now_us, version=row.version + 1)
    )
    return int(row.generation) + 1


def remove(connection: Connection, subscription_id: str) -> None:
    """It is no more, and nothing of it is sent any more. Its deliveries stay for their week: mails an hour are counted by them."""
    for table in (OUTBOX, ESCALATIONS_TOLD, SUBSCRIPTIONS):
        connection.execute(delete(table).where(table.c.subscription_id == subscription_id))


def waiting(connection: Connection) -> dict[str, int]:
    """Subscription -> how many messages wait for it."""
    asked = select(OUTBOX.c.subscription_id, func.count()).where(OUTBOX.c.ended_us.is_(None))
    return {row[0]: row[1] for row in connection.execute(asked.group_by(OUTBOX.c.subscription_id))}


def given_up(connection: Connection) -> dict[str, int]:
    """Subscription -> how many messages were given up, as long as they are kept."""
    asked = select(OUTBOX.c.subscription_id, func.count()).where(OUTBOX.c.end == "given_up")
    return {row[0]: row[1] for row in connection.execute(asked.group_by(OUTBOX.c.subscription_id))}


def by_way(connection: Connection) -> dict[str, tuple[int, int]]:
    """Way -> how many messages wait, and how many receivers fail that nobody has paused."""
    asked = (
        select(SUBSCRIPTIONS.c.way, func.count(OUTBOX.c.number))
        .join(OUTBOX, OUTBOX.c.subscription_id == SUBSCRIPTIONS.c.subscription_id)
        .where(OUTBOX.c.ended_us.is_(None))
        .group_by(SUBSCRIPTIONS.c.way)
    )
    waiting = {row[0]: row[1] for row in connection.execute(asked)}
    is_failing = (SUBSCRIPTIONS.c.failures > 0) & ~SUBSCRIPTIONS.c.is_paused
    asked = select(SUBSCRIPTIONS.c.way, func.count()).where(is_failing).group_by(SUBSCRIPTIONS.c.way)
    failing = {row[0]: row[1] for row in connection.execute(asked)}
    return {way: (waiting.get(way, 0), failing.get(way, 0)) for way in WAYS}


def deliveries(connection: Connection, subscription_id: str, most: int) -> list[Row[Any]]:
    """The last deliveries, newest first."""
    asked = select(DELIVERIES).where(DELIVERIES.c.subscription_id == subscription_id)
    return list(
        connection.execute(asked.order_by(DELIVERIES.c.at_us.desc(), DELIVERIES.c.delivery_id.desc()).limit(most))
    )
