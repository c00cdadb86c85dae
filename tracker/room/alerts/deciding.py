"""What people decide, on its way back to the engine: kept in the transaction of the act, sent until the engine has said that it is durable there.

A decision waits as long as its act can be undone. The engine knows each by its ``decision_id``, so it may be sent twice and counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import orjson
from sqlalchemy import insert, select, update

from tracker.errors import InputError
from tracker.room.alerts.alert_tables import DECISIONS
from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import Kept, Turn
from tracker.room.desk.acts import UNDO_US
from tracker.room.shell.logs import Log
from tracker.room.store.opening import RoomStore

REOPENED: Final = "reopened"
"""The verdict that takes back one which the engine has already."""
MOST_AT_ONCE: Final = 100
_NEVER_TAKEN: Final = (400, 409, 413, 422)
"""Answers of an engine that will be the same tomorrow."""


class DecisionDoor(Protocol):
    """Where decisions go."""

    def send(self, decisions: Sequence[Mapping[str, Any]]) -> None:
        """Hand over; returns when they are durable.

        Raises
        ------
        InputError, OSError
            they are not, or nobody knows: they are sent again.
        """
        ...


def decide(turn: Turn, kept: Kept, act_id: str, by: str, verdict: str, fields: Mapping[str, Any]) -> None:
    """Keep a verdict for the engine."""
    body = {
        "decision_id": act_id,
        "alert_id": kept.alert_id,
        "revision": kept.standing.facts.revision,
        "verdict": verdict,
        "outcome_fields": dict(fields),
        "judged_by": by,
        "judged_at": iso(turn.now_us),
        "note": None,
    }
    turn.connection.execute(
        insert(DECISIONS).values(
            decision_id=act_id,
            engine=kept.engine,
            alert_id=kept.alert_id,
            at_us=turn.now_us,
            not_before_us=turn.now_us + UNDO_US,
            body=orjson.dumps(body).decode(),
        )
    )


def withdraw(turn: Turn, kept: Kept, act_id: str, by: str) -> None:
    """Take back the verdicts on an alert: one that waits is not sent, one that was sent is followed by ``reopened``."""
    mine = (DECISIONS.c.alert_id == kept.alert_id) & DECISIONS.c.withdrawn_us.is_(None)
    rows = turn.connection.execute(
        select(DECISIONS.c.decision_id, DECISIONS.c.sent_us, DECISIONS.c.not_before_us, DECISIONS.c.body).where(mine)
    ).all()
    last = None
    for row in rows:
        may_be_known = row.sent_us is not None or row.not_before_us <= turn.now_us  # on its way, perhaps
        if orjson.loads(row.body)["verdict"] != REOPENED and may_be_known:
            last = row
        elif not may_be_known:
            turn.connection.execute(
                update(DECISIONS).where(DECISIONS.c.decision_id == row.decision_id).values(withdrawn_us=turn.now_us)
            )
    if last is not None:
        decide(turn, kept, f"{act_id[:31]}r", by, REOPENED, {})


def send_due(store: RoomStore, engine: str, door: DecisionDoor, now_us: int, log: Log) -> int:
    """Send what is due to an engine; how many it has now.

    Raises
    ------
    InputError, OSError
        it does not take them now; nothing is lost.
    """
    due = (
        select(DECISIONS.c.decision_id, DECISIONS.c.body)
        .where(
            DECISIONS.c.engine == engine,
            DECISIONS.c.sent_us.is_(None),
            DECISIONS.c.withdrawn_us.is_(None),
            DECISIONS.c.not_before_us <= now_us,
        )
        .order_by(DECISIONS.c.at_us, DECISIONS.c.decision_id)
        .limit(MOST_AT_ONCE)
    )
    with store.read() as connection:
        rows = connection.execute(due).all()
    if not rows:
        return 0
    try:
        door.send([orjson.loads(row.body) for row in rows])
    except InputError as exc:
        if getattr(exc, "status", None) not in _NEVER_TAKEN:
            raise
        return sum(
            _sent_alone(store, row, door, now_us, log) for row in rows
        )  # one that it will never take must not hold up the others
    _mark(store, [row.decision_id for row in rows], sent_us=now_us)
    return len(rows)


def _sent_alone(store: RoomStore, row: Any, door: DecisionDoor, now_us: int, log: Log) -> bool:
    try:
        door.send([orjson.loads(row.body)])
    except InputError as exc:
        if getattr(exc, "status", None) not in _NEVER_TAKEN:
            raise
        log.warning("room_decision_refused", decision=row.decision_id, why=str(exc))
        _mark(store, [row.decision_id], withdrawn_us=now_us)
        return False
    _mark(store, [row.decision_id], sent_us=now_us)
    return True


def _mark(store: RoomStore, ids: Sequence[str], **values: int) -> None:
    with store.write() as connection:
        connection.execute(update(DECISIONS).where(DECISIONS.c.decision_id.in_(ids)).values(**values))


def waiting(store: RoomStore, engine: str) -> int:
    """How many decisions an engine has not got yet."""
    asked = select(DECISIONS.c.decision_id).where(
        DECISIONS.c.engine == engine, DECISIONS.c.sent_us.is_(None), DECISIONS.c.withdrawn_us.is_(None)
    )
    with store.read() as connection:
        return len(connection.execute(asked).all())
