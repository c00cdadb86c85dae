"""The first start: an administrator with a password for once, made where there is nobody yet, told once and kept nowhere."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from tracker.room.accounts.account_tables import PERSONS
from tracker.room.accounts.persons import make_person, person_of, set_password
from tracker.room.accounts.secrets import new_password
from tracker.room.accounts.signing_in import SigningIn
from tracker.room.audited import Act
from tracker.room.rights import NOBODY, Role

FIRST_LOGIN: Final = "administrator"


def first_password(signing_in: SigningIn) -> str | None:
    """The password of the first administrator, where one had to be made; None where the room has somebody already.

    One who never signed in before its password ran out gets a new one: nobody else could.
    """
    with signing_in.store.read() as connection:
        row = connection.execute(select(PERSONS).where(PERSONS.c.login == FIRST_LOGIN)).one_or_none()
        count = connection.execute(select(func.count()).select_from(PERSONS)).scalar_one()
    has_run_out = (
        count == 1 and row is not None and row.must_change_password and row.password_until_us <= signing_in.now_us()
    )
    if count and not has_run_out:
        return None
    password = new_password()
    hashed, until_us = signing_in.hash_for_once(password)
    with signing_in.store.write() as connection:
        now_us = signing_in.now_us()
        if row is None:
            if connection.execute(select(func.count()).select_from(PERSONS)).scalar_one():
                return None  # another process was first
            values = {"login": FIRST_LOGIN, "name": "Administrator", "roles": (Role.ADMINISTRATOR,)}
            person = make_person(connection, values, hashed, until_us, now_us)
        else:
            person = person_of(row)
            set_password(connection, person, hashed, until_us, now_us)
        signing_in.audit.write(connection, NOBODY, Act.ROOM_BEGUN, (person.person_id,))
    return password


def given_anew(signing_in: SigningIn, login: str) -> str | None:
    """A password for once for whoever has lost theirs, given by who has the machine; None where there is no such person."""
    password = new_password()
    hashed, until_us = signing_in.hash_for_once(password)
    with signing_in.store.write() as connection:
        row = connection.execute(select(PERSONS).where(PERSONS.c.login == login.lower())).one_or_none()
        if row is None:
            return None
        set_password(connection, person_of(row), hashed, until_us, signing_in.now_us())
        signing_in.audit.write(connection, NOBODY, Act.PASSWORD_GIVEN, (row.person_id,), terms={"way": "command"})
    return password
