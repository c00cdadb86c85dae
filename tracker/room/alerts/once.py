"""Requests that carry an Idempotency-Key: a repetition gets the first answer, and nothing is done twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, delete, insert, select

from tracker.room.alerts.alert_tables import DESK_KEYS
from tracker.room.rights import Caller
from tracker.units import US_PER_H

KEPT_US: Final = 24 * US_PER_H
"""draft-ietf-httpapi-idempotency-key-header leaves it to the server; a day outlives a page that was offline (ours)."""
MOST_KEY: Final = 100
_COMPARTMENTS: Final = "seen_with"


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered the first time."""

    status: int
    answer: dict[str, Any]
    is_same_request: bool
    compartments: frozenset[str]
    """What whoever asked could see then."""


def digest_of(*parts: object) -> str:
    """A digest of a request: two with one key must be the same."""
    return hashlib.sha256(orjson.dumps([str(part) for part in parts])).hexdigest()


def answered(connection: Connection, caller: str, key: str, digest: str) -> Answered | None:
    """The first answer to a key of a caller; None where it is new."""
    asked = select(DESK_KEYS).where(DESK_KEYS.c.caller == caller, DESK_KEYS.c.key == key)
    row = connection.execute(asked).one_or_none()
    if row is None:
        return None
    answer = orjson.loads(row.answer)
    return Answered(row.status, answer, row.digest == digest, frozenset(answer.pop(_COMPARTMENTS, ())))


def remember(
    connection: Connection, caller: Caller, key: str, digest: str, status: int, answer: dict[str, Any], now_us: int
) -> None:
    """Keep an answer for whoever asks again, with what was in force for it."""
    kept = {**answer, _COMPARTMENTS: sorted(caller.compartments)}
    connection.execute(delete(DESK_KEYS).where(DESK_KEYS.c.at_us < now_us - KEPT_US))
    connection.execute(
        insert(DESK_KEYS).values(
            caller=caller.person_id,
            key=key,
            at_us=now_us,
            digest=digest,
            status=status,
            answer=orjson.dumps(kept).decode(),
        )
    )
