"""What people decided between a backup and its restore, learned from the engine: verdicts that it has and the restored room has not.

Once the restored room has taken in all that the engine told meanwhile, it asks the engine's view ``verdicts`` for decisions made since the backup by persons and
services of this room. Each is kept as sent, so it is never sent twice, and its alert is closed (or taken up again) as it was: nobody judges it a
second time unknowingly. Notes, assignments and shelves of that time are lost, and so are verdicts of persons that the backup did not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection, delete, insert, select

from tracker.room.accounts.account_tables import PERSONS, TOKENS
from tracker.room.alerts.acting import KIND_OF
from tracker.room.alerts.alert_tables import DECISIONS, DESK_ACTS
from tracker.room.alerts.deciding import REOPENED
from tracker.room.alerts.keeping import DESK, Turn, desk_turn, find
from tracker.room.audited import Act as AuditAct
from tracker.room.desk.acts import Actor, Close, Refusal, Reopen, acted
from tracker.room.desk.outcomes import Outcome
from tracker.room.rights import NOBODY
from tracker.room.shell.parts import Audit
from tracker.room.store.metadata import ROOM_FACTS
from tracker.room.store.opening import RoomStore

_MARGIN_US: Final = 300 * 1_000_000
"""The clocks of a room and its engine may differ by so much; what is known already is passed over."""
MOST: Final = 10_000
"""Decisions looked at after a restore; a backup so old is not gone on with."""
ASKED: Final = f"""
    SELECT decision_id, alert_id, revision, verdict, judged_by, epoch_us(judged_time) AS judged_us, outcome_fields
    FROM verdicts WHERE epoch_us(received_time) >= ? AND decision_id IS NOT NULL ORDER BY judged_time, decision_id LIMIT {MOST}
"""
"""Of the engine's view."""


def fact_of(engine: str) -> str:
    """The name of the fact that an engine is still to be asked; its value is the instant of the backup."""
    return f"relearn:{engine}"


def to_ask_since_us(store: RoomStore, engine: str) -> int | None:
    """Since when an engine is to be asked for decisions; None where there is nothing to ask."""
    with store.read() as connection:
        asked = select(ROOM_FACTS.c.value).where(ROOM_FACTS.c.name == fact_of(engine))
        value = connection.execute(asked).scalar_one_or_none()
    return None if value is None else int(value) - _MARGIN_US


def relearn(store: RoomStore, engine: str, rows: Sequence[Mapping[str, Any]], now_us: int, audit: Audit) -> int:
    """Take over what the engine has and this room has not, in one transaction; how many decisions."""
    learned = 0
    with store.write() as connection:
        ours = _ours(connection)
        with desk_turn(connection, now_us) as turn:
            told = [objects for row in rows if (objects := _relearn_one(turn, engine, row, ours))]
        for objects in told:
            audit.write(connection, NOBODY, AuditAct.DECISION_RELEARNED, objects)
            learned += 1
        connection.execute(delete(ROOM_FACTS).where(ROOM_FACTS.c.name == fact_of(engine)))
    return learned


def _ours(connection: Connection) -> frozenset[str]:
    """Who decides here: other rooms may tell the same engine."""
    persons = connection.execute(select(PERSONS.c.person_id)).scalars()
    return frozenset((*persons, *connection.execute(select(TOKENS.c.token_id)).scalars()))


def _relearn_one(turn: Turn, engine: str, row: Mapping[str, Any], ours: frozenset[str]) -> list[str]:
    """What was learned, as the audit tells it; empty where it was nothing."""
    decision_id, alert_id, by = str(row["decision_id"]), str(row["alert_id"]), str(row["judged_by"])
    known = select(DECISIONS.c.decision_id).where(DECISIONS.c.decision_id == decision_id)
    kept = find(turn.connection, alert_id)
    if by not in ours or kept is None or turn.connection.execute(known).first() is not None:
        return []
    fields = row["outcome_fields"] or {}
    fields = orjson.loads(fields) if isinstance(fields, str) else dict(fields)
    at_us, verdict = int(row["judged_us"]), str(row["verdict"])
    body = {
        "decision_id": decision_id, "alert_id": alert_id, "revision": int(row["revision"]), "verdict": verdict, "outcome_fields": fields,
        "judged_by": by, "judged_at": at_us, "note": None,
    }  # fmt: skip
    turn.connection.execute(
        insert(DECISIONS).values(
            decision_id=decision_id, engine=engine, alert_id=alert_id, at_us=at_us, not_before_us=at_us, sent_us=turn.now_us,
            body=orjson.dumps(body).decode(),
        )
    )  # fmt: skip
    told = [f"alert:{alert_id}", f"decision:{decision_id}", f"person:{by}"]
    closing = kept.standing.closing
    if closing is not None and closing.at_us > at_us:
        return told  # judged anew meanwhile
    act: Close | Reopen
    if verdict == REOPENED:
        act = Reopen("it was reopened before this room was restored from a backup")
    elif verdict in set(Outcome):
        act = Close(Outcome(verdict), fields)
    else:
        return told
    standing = kept.standing if closing is None or verdict == REOPENED else replace(kept.standing, closing=None)
    after = acted(standing, act, Actor(by), at_us)
    if isinstance(after, Refusal):
        return told
    turn.connection.execute(
        insert(DESK_ACTS).values(
            act_id=decision_id, alert_id=alert_id, at_us=at_us, by=by, kind=KIND_OF[type(act)],
            body=orjson.dumps(asdict(act)).decode(), before=orjson.dumps(kept.standing.to_json()).decode(),
            version=after.version, revision=after.facts.revision, needs="[]",
        )
    )  # fmt: skip
    turn.change_standing(kept, after, DESK)
    return told
