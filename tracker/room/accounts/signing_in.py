"""Sign-in, re-entry, a new password: what happens in which order, and what the audit has of it.

An attempt is counted, then the password is checked outside of any transaction, then what came of it is written with its audit in one. The answer to a
wrong password, an unknown name and a blocked account is the same, and takes as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from streams.time import US_PER_S
from tracker.config.room import RoomConfig
from tracker.room.accounts import attempts
from tracker.room.accounts.account_tables import BROWSERS, PERSONS, SESSIONS
from tracker.room.accounts.known import KnownCallers, begin_session, find_session
from tracker.room.accounts.passwords import MOST_CHARS, Passwords, TooBusy, why_weak
from tracker.room.accounts.persons import AccountError, Person, find_person, person_of, set_password
from tracker.room.accounts.secrets import digest, new_secret
from tracker.room.audited import Act
from tracker.room.rights import NOBODY, Caller
from tracker.room.shell.parts import Audit
from tracker.room.store.opening import RoomStore

_WRONG = "login or password: wrong; try again, or ask an administrator for a password for once"


@dataclass(frozen=True, slots=True)
class Entered:
    """Who has come in: the session's secret for the cookie, the browser's where it is new."""

    person: Person
    session_id: str
    secret: str
    browser: str | None


@dataclass(frozen=True, slots=True)
class SigningIn:
    """The ways in by password."""

    store: RoomStore
    now_us: Callable[[], int]
    audit: Audit
    settings: RoomConfig
    passwords: Passwords
    known: KnownCallers

    def enter(self, login: str, password: str, address: str, browser: str | None) -> Entered:
        """A new session.

        Raises
        ------
        AccountError
            401 wrong, 429 too many attempts (``retry_after_s``), 503 too many at once.
        """
        row, keys, browser_hash = self._count(login, address, browser)
        is_right = self._check(password, row)
        is_outdated = row is not None and is_right and self.passwords.is_outdated(row.password_hash)
        hashed = self._hash(password) if is_outdated else None
        with self.store.write() as connection:
            now_us = self.now_us()
            person = self._admitted(connection, row, is_right, now_us)
            if person is None:
                objects = () if row is None else (row.person_id,)
                self.audit.write(connection, NOBODY, Act.SESSION_BEGUN, objects, is_refused=True)
            else:
                attempts.succeed(connection, keys)
                if hashed is not None:
                    chosen = PERSONS.c.person_id == person.person_id
                    connection.execute(update(PERSONS).where(chosen).values(password_hash=hashed))
                entered = self._begin_session(connection, person, "password", address, browser_hash)
        if person is None:
            raise AccountError(401, _WRONG)
        return entered

    def enter_as(self, which: ColumnElement[bool], way: str, address: str) -> Entered | None:
        """A new session of the person that somebody else vouched for: a passkey, a provider. None where there is no such person, or it may not come in."""
        with self.store.write() as connection:
            row = connection.execute(select(PERSONS).where(which)).one_or_none()
            if row is None or not row.is_active:
                objects = () if row is None else (row.person_id,)
                self.audit.write(connection, NOBODY, Act.SESSION_BEGUN, objects, is_refused=True, terms={"way": way})
                return None
            return self._begin_session(connection, person_of(row), way, address, None)

    def check_own_password(self, caller: Caller, password: str, act: Act) -> None:
        """That whoever has the session is its person, before something lasting is added to it.

        Raises
        ------
        AccountError
            401 wrong, 429, 503.
        """
        with self.store.read() as connection:
            row = connection.execute(select(PERSONS).where(PERSONS.c.person_id == caller.person_id)).one()
        key = attempts.Key(f"session:{caller.session_id}", 5)
        self._begin((key,))
        is_right = self._check(password, row)
        with self.store.write() as connection:
            self.audit.write(connection, caller, act, (caller.person_id,), is_refused=not is_right)
            if is_right:
                attempts.forget(connection, key.text)
        if not is_right:
            raise AccountError(401, "password: wrong; it is the present one that is asked for")

    def renew(self, secret: str, password: str, address: str) -> None:
        """Take up a session again, or prolong it, with the password; it stays the same session.

        Raises
        ------
        AccountError
            401 where it is over or the password is wrong, 429, 503.
        """
        with self.store.read() as connection:
            row = find_session(connection, SESSIONS.c.secret_hash == digest(secret))
        if row is None or not self.known.is_renewable(row, self.now_us()):
            raise AccountError(401, "this session is over; sign in anew")
        # counted by the session: whoever holds its secret is no stranger, and no stranger holds it up
        keys = (attempts.Key(f"session:{row.session_id}", 5),)
        self._begin(keys)
        is_right = self._check(password, row)
        with self.store.write() as connection:
            now_us = self.now_us()
            person = self._admitted(connection, row, is_right, now_us)
            caller = Caller(row.person_id, row.name, session_id=row.session_id)
            self.audit.write(connection, caller, Act.SESSION_RENEWED, (row.session_id,), is_refused=person is None)
            if person is not None:
                attempts.forget(connection, keys[0].text)
                connection.execute(
                    update(SESSIONS).where(SESSIONS.c.session_id == row.session_id).values(
                        proven_us=now_us, seen_us=now_us
                    )
                )  # fmt: skip
        if person is None:
            raise AccountError(401, "password: wrong; try again, or sign in anew")

    def change_password(self, caller: Caller, old: str, new: str) -> None:
        """A new password of one's own; other sessions end.

        Raises
        ------
        AccountError
            401 where the old one is wrong, 422 where the new one is weak, 429, 503.
        """
        with self.store.read() as connection:
            row = connection.execute(select(PERSONS).where(PERSONS.c.person_id == caller.person_id)).one()
        if (weak := why_weak(new, row.login, self.settings.password_least_chars)) or old == new:
            raise AccountError(422, f"new_password: {weak or 'is the old one'}; choose another")
        self._begin((attempts.Key(f"session:{caller.session_id}", 5),))
        is_right, hashed = self._check(old, row), self._hash(new)
        with self.store.write() as connection:
            now_us = self.now_us()
            person = self._admitted(connection, row, is_right, now_us)
            self.audit.write(connection, caller, Act.PASSWORD_CHANGED, (caller.person_id,), is_refused=person is None)
            if person is not None:
                set_password(connection, person, hashed, None, now_us, keep_session=caller.session_id)
                attempts.forget(connection, f"session:{caller.session_id}")
        if person is None:
            raise AccountError(401, "password: wrong; it is the present one that is asked for")

    def hash_for_once(self, password: str) -> tuple[str, int]:
        """What is kept of a password for once, and until when it holds."""
        return self._hash(password), self.now_us() + int(self.settings.password_once_h * 3600 * US_PER_S)

    def _count(self, login: str, address: str, browser: str | None) -> tuple[Row[Any] | None, tuple[attempts.Key, ...], str | None]:  # fmt: skip
        """The person by its login, what the attempt counts by, and the browser where this person is known in it."""
        with self.store.write() as connection:
            row = connection.execute(select(PERSONS).where(PERSONS.c.login == login.lower())).one_or_none()
            known = None
            if row is not None and browser:
                found = connection.execute(select(BROWSERS).where(BROWSERS.c.secret_hash == digest(browser))).first()
                known = found.secret_hash if found is not None and found.person_id == row.person_id else None
            keys = attempts.keys_of(login, address, known)
            wait_s = attempts.begin(connection, keys, self.now_us())
        if wait_s is not None:
            raise _too_many(wait_s)
        return row, keys, known

    def _begin(self, keys: tuple[attempts.Key, ...]) -> None:
        with self.store.write() as connection:
            wait_s = attempts.begin(connection, keys, self.now_us())
        if wait_s is not None:
            raise _too_many(wait_s)

    def _check(self, password: str, row: Row[Any] | None) -> bool:
        try:
            return self.passwords.is_right(password[: MOST_CHARS + 1], None if row is None else row.password_hash)
        except TooBusy:
            raise _busy() from None

    def _hash(self, password: str) -> str:
        try:
            return self.passwords.hash(password)
        except TooBusy:
            raise _busy() from None

    def _admitted(self, connection: Connection, row: Row[Any] | None, is_right: bool, now_us: int) -> Person | None:
        """The person as it is now, where the password checked is still its own and holds."""
        if row is None or not is_right:
            return None
        now = connection.execute(select(PERSONS).where(PERSONS.c.person_id == row.person_id)).one()
        has_run_out = now.password_until_us is not None and now_us >= now.password_until_us
        if not now.is_active or now.password_hash != row.password_hash or has_run_out:
            return None
        return person_of(now)

    def _begin_session(self, connection: Connection, person: Person, way: str, address: str, browser: str | None) -> Entered:  # fmt: skip
        now_us = self.now_us()
        session_id, secret = begin_session(connection, person, way, address, now_us)
        new_browser = self._know_browser(connection, person, browser, now_us)
        caller = Caller(person.person_id, person.name, person.roles, person.unit_id, session_id=session_id)
        self.audit.write(connection, caller, Act.SESSION_BEGUN, (person.person_id, session_id), terms={"way": way})
        return Entered(person, session_id, secret, new_browser)

    def _know_browser(self, connection: Connection, person: Person, known: str | None, now_us: int) -> str | None:
        """The secret of a browser that is new; None for one that is known."""
        if known is not None:
            connection.execute(update(BROWSERS).where(BROWSERS.c.secret_hash == known).values(used_us=now_us))
            return None
        secret = new_secret()
        connection.execute(
            insert(BROWSERS).values(secret_hash=digest(secret), person_id=person.person_id, used_us=now_us)
        )
        return secret


def person_now(connection: Connection, person_id: str) -> Person:
    """A person that is there.

    Raises
    ------
    AccountError
        it is not.
    """
    found = find_person(connection, person_id)
    if found is None:
        raise AccountError(404, "there is nothing here that you may see; check the address")
    return found


def _too_many(wait_s: float) -> AccountError:
    return AccountError(
        429, f"too many attempts failed; try again in {wait_s:.0f} s", retry_after_s=max(1, round(wait_s + 0.5))
    )


def _busy() -> AccountError:
    return AccountError(503, "many are signing in just now; try again in a few seconds", retry_after_s=3)
