"""Persons and units in the store: made, changed with a version, found. What a person may not be is told by :class:`AccountError`.

Functions take the connection of a transaction; whoever calls them writes the audit in the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from tracker.room.accounts.account_tables import BROWSERS, OPENINGS, PASSKEYS, PERSONS, SESSIONS, UNITS
from tracker.room.accounts.secrets import new_id
from tracker.room.desk.routing import UnitRule
from tracker.room.rights import Role


class AccountError(Exception):
    """What was asked of an account cannot be: the status of the answer and a sentence."""

    def __init__(self, status: int, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.members = status, detail, members


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the store has it, without what is kept of its password."""

    person_id: str
    login: str
    name: str
    unit_id: str | None
    roles: frozenset[Role]
    compartments: frozenset[str]
    is_active: bool
    must_change_password: bool
    password_until_us: int | None
    version: int


def person_of(row: Row[Any]) -> Person:
    """A row of :data:`PERSONS`."""
    return Person(
        row.person_id, row.login, row.name, row.unit_id, frozenset(map(Role, row.roles)), frozenset(row.compartments),
        row.is_active, row.must_change_password, row.password_until_us, row.version,
    )  # fmt: skip


def find_person(connection: Connection, person_id: str) -> Person | None:
    """By id."""
    row = connection.execute(select(PERSONS).where(PERSONS.c.person_id == person_id)).one_or_none()
    return None if row is None else person_of(row)


def list_persons(connection: Connection, after: str, limit: int) -> list[Person]:
    """In the order of their ids, after one."""
    rows = connection.execute(
        select(PERSONS).where(PERSONS.c.person_id > after).order_by(PERSONS.c.person_id).limit(limit)
    )
    return [person_of(row) for row in rows]


def make_person(connection: Connection, values: Mapping[str, Any], password_hash: str | None, once_until_us: int | None, now_us: int) -> Person:  # fmt: skip
    """A new person. ``once_until_us``: the password holds until then and must be changed.

    Raises
    ------
    AccountError
        the login is taken, or there is no such unit.
    """
    _check_unit(connection, values.get("unit_id"))
    login = str(values["login"]).lower()
    if connection.execute(select(PERSONS.c.person_id).where(PERSONS.c.login == login)).first() is not None:
        raise AccountError(409, f"login: '{login}' is taken; choose another")
    person_id = new_id("p")
    connection.execute(
        insert(PERSONS).values(
            person_id=person_id, login=login, name=values["name"], unit_id=values.get("unit_id"),
            roles=_words(values.get("roles", ())), compartments=_words(values.get("compartments", ())), is_active=True,
            password_hash=password_hash, must_change_password=once_until_us is not None, password_until_us=once_until_us,
            made_us=now_us, version=1,
        )
    )  # fmt: skip
    made = find_person(connection, person_id)
    assert made is not None
    return made


def change_person(connection: Connection, person: Person, changes: Mapping[str, Any], now_us: int) -> Person:
    """The person with these changes, of ``name unit_id roles compartments is_active``. Who is blocked or loses a role or compartment is signed out.

    Raises
    ------
    AccountError
        there is no such unit, or nobody would be left who can make accounts.
    """
    _check_unit(connection, changes.get("unit_id"))
    values = {name: _words(value) if name in ("roles", "compartments") else value for name, value in changes.items()}
    roles = frozenset(map(Role, values.get("roles", person.roles)))
    is_active = bool(values.get("is_active", person.is_active))
    if is_administrator(person) and not (is_active and Role.ADMINISTRATOR in roles):
        others = [one for one in _administrators(connection) if one.person_id != person.person_id]
        if not others:
            raise AccountError(409, "nobody would be left who can make accounts; make another administrator first")
    connection.execute(
        update(PERSONS).where(PERSONS.c.person_id == person.person_id).values(**values, version=person.version + 1)
    )
    changed = find_person(connection, person.person_id)
    assert changed is not None
    if not is_active or person.roles - changed.roles or person.compartments - changed.compartments:
        end_sessions(connection, person.person_id, "account changed", now_us)
    if person.compartments - changed.compartments or not is_active:
        close_openings(connection, person.person_id, now_us)
    return changed


def set_password(connection: Connection, person: Person, password_hash: str, once_until_us: int | None, now_us: int, keep_session: str | None = None) -> None:  # fmt: skip
    """A new password; all sessions of the person but one end. Where somebody else gave it, no browser is known any more and no passkey holds: who had the account may have added one."""
    connection.execute(
        update(PERSONS).where(PERSONS.c.person_id == person.person_id).values(
            password_hash=password_hash, must_change_password=once_until_us is not None,
            password_until_us=once_until_us, version=person.version + 1,
        )
    )  # fmt: skip
    end_sessions(connection, person.person_id, "password changed", now_us, keep_session)
    if keep_session is None:
        connection.execute(PASSKEYS.delete().where(PASSKEYS.c.person_id == person.person_id))
        connection.execute(BROWSERS.delete().where(BROWSERS.c.person_id == person.person_id))


def end_sessions(connection: Connection, person_id: str, why: str, now_us: int, but: str | None = None) -> None:
    """End a person's sessions, all or all but one."""
    chosen = and_(SESSIONS.c.person_id == person_id, SESSIONS.c.ended_us.is_(None))
    if but is not None:
        chosen = and_(chosen, SESSIONS.c.session_id != but)
    connection.execute(update(SESSIONS).where(chosen).values(ended_us=now_us, ended_why=why))


def close_openings(connection: Connection, person_id: str, now_us: int) -> None:
    """Close the compartments that a person opened in need."""
    chosen = and_(OPENINGS.c.person_id == person_id, OPENINGS.c.until_us > now_us)
    connection.execute(update(OPENINGS).where(chosen).values(until_us=now_us))


def is_administrator(person: Person) -> bool:
    """Whether it can make accounts."""
    return person.is_active and Role.ADMINISTRATOR in person.roles


def _administrators(connection: Connection) -> list[Person]:
    """Active ones; roles are a list in JSON, and persons are few."""
    rows = connection.execute(select(PERSONS).where(PERSONS.c.is_active))
    return [person for person in map(person_of, rows) if is_administrator(person)]


def list_units(connection: Connection) -> list[dict[str, Any]]:
    """All units by name; there are few."""
    return [_unit(row) for row in connection.execute(select(UNITS).order_by(UNITS.c.name))]


def unit_rules(connection: Connection) -> list[UnitRule]:
    """What is each unit's own."""
    return [
        UnitRule(
            unit_id=row.unit_id, name=row.name, ports=tuple(row.ports), areas=tuple(row.areas), area=row.area,
            crafts=tuple(row.crafts), feeds=tuple(row.feeds), is_default=row.is_default,
        )
        for row in connection.execute(select(UNITS).order_by(UNITS.c.name))
    ]  # fmt: skip


def find_unit(connection: Connection, unit_id: str) -> dict[str, Any] | None:
    """By id."""
    row = connection.execute(select(UNITS).where(UNITS.c.unit_id == unit_id)).one_or_none()
    return None if row is None else _unit(row)


def put_unit(
    connection: Connection, values: Mapping[str, Any], unit: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A new unit, or ``unit`` with changes.

    Raises
    ------
    AccountError
        the name is taken.
    """
    unit_id = new_id("u") if unit is None else str(unit["unit_id"])
    if "name" in values:
        taken = and_(UNITS.c.name == values["name"], UNITS.c.unit_id != unit_id)
        if connection.execute(select(UNITS.c.unit_id).where(taken)).first() is not None:
            raise AccountError(409, "name: another unit has it; choose another")
    if values.get("is_default"):
        connection.execute(update(UNITS).where(UNITS.c.unit_id != unit_id).values(is_default=False))
    if unit is None:
        connection.execute(insert(UNITS).values(unit_id=unit_id, version=1, **{"ports": [], "area": None, **values}))
    else:
        connection.execute(
            update(UNITS).where(UNITS.c.unit_id == unit_id).values(**values, version=int(unit["version"]) + 1)
        )
    found = find_unit(connection, unit_id)
    assert found is not None
    return found


def _check_unit(connection: Connection, unit_id: str | None) -> None:
    if unit_id is not None and find_unit(connection, unit_id) is None:
        raise AccountError(422, "unit_id: there is no such unit; GET /api/v1/units lists them")


def _unit(row: Row[Any]) -> dict[str, Any]:
    return {key: getattr(row, key) for key in UNITS.c.keys()}  # noqa: SIM118 (a collection of columns, no dict)


def _words(values: Iterable[str]) -> list[str]:
    return sorted(set(map(str, values)))
