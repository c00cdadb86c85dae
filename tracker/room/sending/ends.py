"""What becomes of messages: taken, tried again, given up, withheld. Each end is one transaction with its entry in the audit, by ids alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from tracker.room.alerts.alert_tables import ALERTS
from tracker.room.audited import Act
from tracker.room.rights import NOBODY
from tracker.room.sending.posting import Sent
from tracker.room.sending.sending_tables import DELIVERIES, ESCALATIONS_TOLD, OUTBOX, SUBSCRIPTIONS
from tracker.room.shell.parts import Audit
from tracker.units import US_PER_DAY, US_PER_S

RETRIES_S: Final = (5, 30, 120, 600, 3_600, 21_600)
"""Pauses after one failure, two, three and so on; what is not taken after the last is given up (the tail is that of Standard Webhooks' example)."""
_WHOLE_US: Final = sum(RETRIES_S) * US_PER_S
"""What has waited for a failing receiver so long is given up without tries of its own."""
MOST_WAITING: Final = 10_000
"""Beyond, the oldest for a failing receiver are given up: a desk that has not looked for so long fetches the list."""
_AT_ONCE: Final = 500
KEPT_US: Final = 7 * US_PER_DAY
SENT, GIVEN_UP, WITHHELD = "sent", "given_up", "withheld"


def ended(connection: Connection, audit: Audit, subscription_id: str, message_ids: Sequence[str], end: str, now_us: int) -> None:  # fmt: skip
    """Messages come to their end."""
    for first in range(0, len(message_ids), _AT_ONCE):
        ids = list(message_ids[first : first + _AT_ONCE])
        connection.execute(update(OUTBOX).where(OUTBOX.c.message_id.in_(ids)).values(ended_us=now_us, end=end))
        names = [f"subscription:{subscription_id}", *(f"message:{one}" for one in ids)]
        audit.write(connection, NOBODY, Act.DELIVERY_ENDED, names, is_refused=end == GIVEN_UP, terms={"end": end})


def delivered(connection: Connection, audit: Audit, sub: Row[Any], rows: Sequence[Row[Any]], sent: Sent, now_us: int) -> bool:  # fmt: skip
    """Write down what came of a delivery of some messages. False where the subscription was removed meanwhile."""
    of_it = SUBSCRIPTIONS.c.subscription_id == sub.subscription_id
    found = connection.execute(select(SUBSCRIPTIONS).where(of_it)).one_or_none()
    if found is None:
        return False
    ids = [row.message_id for row in rows]
    connection.execute(
        insert(DELIVERIES).values(
            delivery_id=uuid.uuid4().hex, subscription_id=sub.subscription_id, target=sub.target.lower(), at_us=now_us,
            is_taken=sent.is_taken, status=sent.status, why=sent.why, messages=ids,
        )
    )  # fmt: skip
    if sent.is_taken:
        well = {"failures": 0, "failing_since_us": None, "not_before_us": 0, "last_sent_us": now_us, "last_why": None}
        connection.execute(update(SUBSCRIPTIONS).where(of_it).values(**well))
        ended(connection, audit, sub.subscription_id, ids, SENT, now_us)
        return True
    failures = found.failures + 1
    pause_us = RETRIES_S[min(failures, len(RETRIES_S)) - 1] * US_PER_S
    connection.execute(
        update(SUBSCRIPTIONS)
        .where(of_it)
        .values(
            failures=failures,
            failing_since_us=now_us if found.failing_since_us is None else found.failing_since_us,
            not_before_us=now_us + pause_us,
            last_why=sent.why,
        )
    )
    lost = [row.message_id for row in rows if row.attempts >= len(RETRIES_S)]
    for row in rows:
        again_us = RETRIES_S[min(row.attempts, len(RETRIES_S) - 1)] * US_PER_S
        connection.execute(
            update(OUTBOX)
            .where(OUTBOX.c.message_id == row.message_id)
            .values(attempts=row.attempts + 1, due_us=now_us + again_us)
        )
    lost += _outlived(connection, sub.subscription_id, now_us, _WHOLE_US)
    ended(connection, audit, sub.subscription_id, list(dict.fromkeys(lost)), GIVEN_UP, now_us)
    return True


def _outlived(connection: Connection, subscription_id: str, now_us: int, most_us: int) -> Iterable[str]:
    """What has waited too long, or is too much."""
    waits = (OUTBOX.c.subscription_id == subscription_id) & OUTBOX.c.ended_us.is_(None)
    old = select(OUTBOX.c.message_id).where(waits, OUTBOX.c.at_us < now_us - most_us)
    too_many = (
        select(OUTBOX.c.message_id).where(waits).order_by(OUTBOX.c.number.desc()).offset(MOST_WAITING).limit(1 << 31)
    )
    return [*connection.execute(old).scalars(), *connection.execute(too_many).scalars()]


def forget_old(connection: Connection, audit: Audit, now_us: int) -> None:
    """Ends and deliveries are kept for a week; of clocks, those of alerts on which work is left. What has waited for a week, or is too much, is given up: its receiver is paused, or too slow."""
    asked = select(OUTBOX.c.subscription_id).where(OUTBOX.c.ended_us.is_(None)).group_by(OUTBOX.c.subscription_id)
    for subscription_id in connection.execute(asked).scalars().all():
        lost = _outlived(connection, subscription_id, now_us, KEPT_US)
        ended(connection, audit, subscription_id, list(dict.fromkeys(lost)), GIVEN_UP, now_us)
    connection.execute(delete(OUTBOX).where(OUTBOX.c.ended_us < now_us - KEPT_US))
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.at_us < now_us - KEPT_US))
    is_open = select(ALERTS.c.alert_id).where(ALERTS.c.alert_id == ESCALATIONS_TOLD.c.alert_id, ~ALERTS.c.is_finished)
    connection.execute(delete(ESCALATIONS_TOLD).where(~is_open.exists()))
