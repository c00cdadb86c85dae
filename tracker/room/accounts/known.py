"""Who calls: sessions and tokens in the store, made, found, prolonged, ended.

A session is *live* until it was idle for ``session_idle_min`` or its password was given ``session_most_h`` ago; then it is *stale* for ``session_renew_h``:
nothing is answered, and the password takes it up again with what it holds. It is *over* when it was ended, or after that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from streams.time import US_PER_S
from tracker.config.room import RoomConfig
from tracker.room.accounts.account_tables import OPENINGS, PERSONS, SESSIONS, TOKEN_SECRETS, TOKENS, UNITS
from tracker.room.accounts.persons import Person, person_of
from tracker.room.accounts.secrets import digest, new_id, new_secret
from tracker.room.rights import Caller, Right, Role, rights_of
from tracker.room.store.opening import RoomStore

_SEEN_EVERY_US: Final = 60 * US_PER_S
"""That a session was used is noted once a minute: a write for every read would make readers wait for each other."""
_MIN_US: Final = 60 * US_PER_S
_H_US: Final = 3600 * US_PER_S


@dataclass(frozen=True, slots=True)
class KnownCallers:
    """The ``Callers`` of :mod:`tracker.room.shell.parts`, over the store."""

    store: RoomStore
    now_us: Callable[[], int]
    settings: RoomConfig

    def of_session(self, secret: str) -> Caller | None:
        """Whose live session this is."""
        now_us = self.now_us()
        with self.store.read() as connection:
            row = find_session(connection, SESSIONS.c.secret_hash == digest(secret))
            if row is None or not self.is_live(row, now_us):
                return None
            caller = session_caller(connection, row, now_us)
        if now_us - row.seen_us >= _SEEN_EVERY_US:
            with self.store.write() as connection:
                connection.execute(
                    update(SESSIONS).where(SESSIONS.c.session_id == row.session_id).values(seen_us=now_us)
                )
        return caller

    def of_token(self, secret: str) -> Caller | None:
        """Whose token this is."""
        now_us = self.now_us()
        with self.store.read() as connection:
            held = or_(TOKEN_SECRETS.c.until_us.is_(None), TOKEN_SECRETS.c.until_us > now_us)
            row = connection.execute(
                select(TOKENS).join(TOKEN_SECRETS, TOKEN_SECRETS.c.token_id == TOKENS.c.token_id).where(
                    and_(TOKEN_SECRETS.c.secret_hash == digest(secret), held)
                )
            ).one_or_none()  # fmt: skip
        if row is None or not _holds(row, now_us):
            return None
        if now_us - (row.used_us or 0) >= _SEEN_EVERY_US:
            with self.store.write() as connection:
                connection.execute(update(TOKENS).where(TOKENS.c.token_id == row.token_id).values(used_us=now_us))
        return _token_caller(row)

    def again(self, caller: Caller) -> Caller | None:
        """The same caller as it is now: None once its session or token is over. For streams, which stay open for hours."""
        now_us = self.now_us()
        with self.store.read() as connection:
            if caller.session_id is not None:
                row = find_session(connection, SESSIONS.c.session_id == caller.session_id)
                is_over = row is None or now_us >= row.proven_us + int(self.settings.session_most_h * _H_US)
                return None if row is None or is_over else session_caller(connection, row, now_us)
            token = connection.execute(select(TOKENS).where(TOKENS.c.token_id == caller.token_id)).one_or_none()
        return None if token is None or not _holds(token, now_us) else _token_caller(token)

    def may_renew(self, secret: str) -> bool:
        """Whether a session that does not live can be taken up again with the password."""
        now_us = self.now_us()
        with self.store.read() as connection:
            row = find_session(connection, SESSIONS.c.secret_hash == digest(secret))
        return row is not None and self.is_renewable(row, now_us)

    def assignee(self, word: str) -> str | None:
        """The id of the person who has this id or login and may act on alerts."""
        with self.store.read() as connection:
            asked = select(PERSONS).where(
                or_(PERSONS.c.person_id == word, PERSONS.c.login == word), PERSONS.c.is_active
            )
            row = connection.execute(asked).first()
        if row is None:
            return None
        person = person_of(row)
        return person.person_id if Right.ACT_ON_ALERTS in rights_of(person.roles) else None

    def unit(self, word: str) -> str | None:
        """The id of the unit that has this id or name."""
        with self.store.read() as connection:
            asked = select(UNITS.c.unit_id).where(or_(UNITS.c.unit_id == word, UNITS.c.name == word))
            return connection.execute(asked).scalars().first()

    def is_live(self, row: Row[Any], now_us: int) -> bool:
        """Whether it answers."""
        return now_us < self.live_until_us(row)

    def is_renewable(self, row: Row[Any], now_us: int) -> bool:
        """Whether it lives, or can be taken up again."""
        return now_us < self.live_until_us(row) + int(self.settings.session_renew_h * _H_US)

    def live_until_us(self, row: Row[Any]) -> int:
        """Until when it answers where nothing more is asked."""
        idle_us = row.seen_us + int(self.settings.session_idle_min * _MIN_US)
        return min(idle_us, row.proven_us + int(self.settings.session_most_h * _H_US))


def begin_session(connection: Connection, person: Person, way: str, address: str, now_us: int) -> tuple[str, str]:
    """A new session: its id and its secret."""
    session_id, secret = new_id("s"), new_secret()
    connection.execute(
        insert(SESSIONS).values(
            session_id=session_id, secret_hash=digest(secret), person_id=person.person_id, way=way, address=address,
            begun_us=now_us, proven_us=now_us, seen_us=now_us,
        )
    )  # fmt: skip
    return session_id, secret


def find_session(connection: Connection, which: Any) -> Row[Any] | None:
    """A session that was not ended, of a person who may come in."""
    asked = (
        select(*PERSONS.c, *(SESSIONS.c[name] for name in ("session_id", "begun_us", "proven_us", "seen_us", "way")))
        .join(PERSONS, PERSONS.c.person_id == SESSIONS.c.person_id)
        .where(and_(which, SESSIONS.c.ended_us.is_(None), PERSONS.c.is_active))
    )
    return connection.execute(asked).one_or_none()


def session_caller(connection: Connection, row: Row[Any], now_us: int) -> Caller:
    """The caller of a row of :func:`find_session`, with the compartments it opened in need."""
    person = person_of(row)
    opened = connection.execute(
        select(OPENINGS.c.compartment).where(
            and_(OPENINGS.c.person_id == person.person_id, OPENINGS.c.until_us > now_us)
        )
    ).scalars()
    return Caller(
        person.person_id, person.name, person.roles, person.unit_id, person.compartments | frozenset(opened),
        session_id=row.session_id, must_change_password=person.must_change_password,
    )  # fmt: skip


def _holds(row: Row[Any], now_us: int) -> bool:
    return row.revoked_us is None and now_us < row.until_us


def _token_caller(row: Row[Any]) -> Caller:
    return Caller(
        row.token_id, row.name, frozenset({Role.SERVICE}), row.unit_id, frozenset(row.compartments),
        token_id=row.token_id, is_service=True, scopes=frozenset(map(Right, row.scopes)),
    )  # fmt: skip
