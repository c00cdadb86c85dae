"""Compartments opened in need ("break glass"): for a while, with a reason, told to supervisors and the audit.

Any name that could be a compartment's is taken, so that opening one does not tell whether there is such a compartment.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from tracker.room.accounts.account_tables import OPENINGS
from tracker.room.accounts.persons import AccountError
from tracker.room.accounts.secrets import new_id
from tracker.room.rights import Caller


def open_compartment(connection: Connection, caller: Caller, compartment: str, reason: str, until_us: int, now_us: int) -> str:  # fmt: skip
    """Open it for this person until then; the id of the opening."""
    opening_id = new_id("o")
    connection.execute(
        insert(OPENINGS).values(
            opening_id=opening_id, person_id=caller.person_id, compartment=compartment, reason=reason,
            opened_us=now_us, until_us=until_us,
        )
    )  # fmt: skip
    return opening_id


def close_opening(connection: Connection, caller: Caller, opening_id: str, now_us: int) -> None:
    """Close one's own before its time.

    Raises
    ------
    AccountError
        it is not one's own, or closed.
    """
    mine = and_(
        OPENINGS.c.opening_id == opening_id, OPENINGS.c.person_id == caller.person_id, OPENINGS.c.until_us > now_us
    )
    if connection.execute(update(OPENINGS).where(mine).values(until_us=now_us)).rowcount == 0:
        raise AccountError(404, "there is nothing here that you may see; check the address")


def list_openings(connection: Connection, limit: int) -> list[Row[Any]]:
    """The newest."""
    return list(
        connection.execute(select(OPENINGS).order_by(OPENINGS.c.opened_us.desc(), OPENINGS.c.opening_id).limit(limit))
    )


def note_seen(connection: Connection, caller: Caller) -> None:
    """All openings have been looked at by this person; who opened it does not count as a second pair of eyes."""
    unseen = and_(OPENINGS.c.seen_by.is_(None), OPENINGS.c.person_id != caller.person_id)
    connection.execute(update(OPENINGS).where(unseen).values(seen_by=caller.person_id))


def count_unseen(connection: Connection, caller: Caller) -> int:
    """How many openings of others nobody has looked at."""
    unseen = and_(OPENINGS.c.seen_by.is_(None), OPENINGS.c.person_id != caller.person_id)
    return connection.execute(select(func.count()).select_from(OPENINGS).where(unseen)).scalar_one()
