"""Retention: what is old is erased in small transactions, each with an entry of ids in the audit; the audit itself is never touched, so its chain holds.

- **Alerts** finished ``keep_alerts_d`` ago (closed, or over) and not held: :mod:`tracker.room.upkeep.erasing` says what is left. With them go notes, reasons, found goods and the
  texts of decisions that the engine has. One that changes later is erased again when its time is over again.
- **Sheets** of hand-overs after ``keep_sheets_d``, save those that name a held alert; reasons of openings and suppressions that ended as long ago are made empty.
- **Sessions** that ended, and browsers not used, ``keep_sessions_d`` ago; failed sign-ins and answers to repeated requests after a day.
- **Persons** blocked ``keep_persons_d`` ago get another login and name; their id stays, and with it what they did.

SQLite overwrites what is erased (``secure_delete``), and its file is written anew at the end. PostgreSQL frees it with its next VACUUM (docs/room.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from tracker.config.room import RoomConfig
from tracker.room.accounts.account_tables import ATTEMPTS, BROWSERS, OPENINGS, PASSKEYS, PERSONS, SESSIONS
from tracker.room.accounts.persons import end_sessions
from tracker.room.alerts.alert_tables import (
    ALERT_REVISIONS,
    ALERTS,
    DECISIONS,
    DESK_ACTS,
    DESK_KEYS,
    HANDOVERS,
    SUPPRESSIONS,
)
from tracker.room.alerts.visibility import Needs
from tracker.room.audit.audit_tables import AUDIT_ENTRIES, AUDIT_OBJECTS
from tracker.room.audited import Act
from tracker.room.rights import NOBODY, Caller
from tracker.room.shell.parts import Audit
from tracker.room.store.opening import RoomStore
from tracker.room.upkeep.erasing import erased_data, erased_event, erased_needs, erased_words
from tracker.room.upkeep.upkeep_tables import HOLDS
from tracker.units import US_PER_DAY

AT_ONCE: Final = 50
"""Alerts, sheets or persons erased in one transaction: some tens of milliseconds in which nobody else writes."""
WASHED_BYTES: Final = 512 << 20
"""A larger file is written anew by 'tidewaiter room retain' alone: writers wait for some ten seconds a gigabyte."""
_SHEET_PARTS: Final = ("open", "shelved", "promised", "suppressed", "closed")
_PROTECTED_US: Final = US_PER_DAY


@dataclass(frozen=True, slots=True)
class Terms:
    """Since when each kind of thing is old. Instants are microseconds since 1970 UTC."""

    alerts_us: int
    sheets_us: int
    sessions_us: int
    persons_us: int
    day_us: int

    @classmethod
    def of(cls, settings: RoomConfig, now_us: int) -> Terms:
        """What ``[room]`` says, at an instant."""

        def before(days: float) -> int:
            return now_us - round(days * US_PER_DAY)

        return cls(
            before(settings.keep_alerts_d), before(settings.keep_sheets_d), before(settings.keep_sessions_d), before(settings.keep_persons_d),
            now_us - _PROTECTED_US,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """How many of each are to be erased now."""

    alerts: int
    sheets: int
    sessions: int
    persons: int
    held: int
    """Old alerts that a hold keeps."""

    def to_json(self) -> dict[str, int]:
        """For answers."""
        return {
            "alerts": self.alerts, "sheets": self.sheets, "sessions": self.sessions, "persons": self.persons, "held": self.held,
        }  # fmt: skip

    def sentence(self) -> str:
        """One sentence."""
        return f"{self.alerts:,} alerts, {self.sheets:,} sheets, {self.sessions:,} sessions and {self.persons:,} persons; {self.held:,} old alerts are held"


def due(connection: Connection, terms: Terms, compartments: frozenset[str] | None = None) -> Due:
    """What is to be erased. ``compartments``: of whoever asks, who learns of nothing that it may not see; None: the owner of the machine."""
    counts = [0, 0]
    held = select(HOLDS.c.alert_id)
    for condition, place in ((ALERTS.c.alert_id.not_in(held), 0), (ALERTS.c.alert_id.in_(held), 1)):
        for needs in connection.execute(select(ALERTS.c.needs).where(_old_alerts(terms), condition)).scalars():
            if compartments is None or not Needs.from_json(orjson.loads(needs)).hides_all(compartments):
                counts[place] += 1
    return Due(
        counts[0], len(_sheets(connection, terms, compartments)), _count(connection, SESSIONS, _old_sessions(terms)),
        len(_persons(connection, terms)), counts[1],
    )  # fmt: skip


def _count(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()


class Retention:
    """Erases step by step.

    Parameters
    ----------
    now_us:
        The clock.
    """

    def __init__(self, store: RoomStore, now_us: Callable[[], int], audit: Audit, settings: RoomConfig) -> None:
        self._store, self._now_us, self._audit, self._settings = store, now_us, audit, settings
        self._has_erased = False

    def due(self, compartments: frozenset[str] | None = None) -> Due:
        """What is to be erased now, of what somebody may see."""
        with self._store.read() as connection:
            return due(connection, Terms.of(self._settings, self._now_us()), compartments)

    def step(self, caller: Caller = NOBODY) -> bool:
        """Erase a little in one transaction; whether anything was."""
        now_us = self._now_us()
        terms = Terms.of(self._settings, now_us)
        with self._store.write() as connection:
            for kind, erase in (
                ("alerts", _erase_alerts),
                ("sheets", _erase_sheets),
                ("sessions", _erase_sessions),
                ("persons", _erase_persons),
            ):
                objects, count = erase(connection, terms, now_us)
                if count:
                    self._audit.write(
                        connection, caller, Act.RETENTION_DONE, objects, terms={"kind": kind, "count": count}
                    )
                    self._has_erased = True
                    return True
        return False  # fmt: skip

    def finish(self, most_bytes: int | None = WASHED_BYTES) -> None:
        """After the last step: of SQLite's file and its log nothing is left in which erased text stands, unless the file is so large that writers would wait too long."""
        if self._has_erased:
            self._has_erased = not self._store.wash(most_bytes)


def _old_alerts(terms: Terms) -> ColumnElement[bool]:
    is_left = or_(ALERTS.c.erased_us.is_(None), ALERTS.c.erased_us <= ALERTS.c.changed_us)
    return and_(ALERTS.c.is_finished, ALERTS.c.changed_us < terms.alerts_us, is_left)


def _old_sessions(terms: Terms) -> ColumnElement[bool]:
    return and_(
        SESSIONS.c.seen_us < terms.sessions_us,
        or_(SESSIONS.c.ended_us.is_(None), SESSIONS.c.ended_us < terms.sessions_us),
    )


def _erase_alerts(connection: Connection, terms: Terms, now_us: int) -> tuple[Sequence[str], int]:
    asked = (
        select(ALERTS.c.alert_id, ALERTS.c.facts, ALERTS.c.needs, ALERTS.c.standing)
        .where(_old_alerts(terms), ALERTS.c.alert_id.not_in(select(HOLDS.c.alert_id)))
        .order_by(ALERTS.c.changed_us).limit(AT_ONCE)
    )  # fmt: skip
    rows = connection.execute(asked).all()
    for row in rows:
        connection.execute(
            update(ALERTS).where(ALERTS.c.alert_id == row.alert_id).values(
                facts=_dumped(erased_data(orjson.loads(row.facts))), needs=_dumped(erased_needs(orjson.loads(row.needs))),
                standing=_dumped(erased_words(orjson.loads(row.standing))), erased_us=now_us,
            )
        )  # fmt: skip
        _rewrite(connection, ALERT_REVISIONS, row.alert_id, {"event": erased_event})
        _rewrite(connection, DESK_ACTS, row.alert_id, {"body": erased_words, "before": erased_words})
        _rewrite(
            connection,
            DECISIONS,
            row.alert_id,
            {"body": erased_words},
            DECISIONS.c.sent_us.is_not(None) | DECISIONS.c.withdrawn_us.is_not(None),
        )
    return [f"alert:{row.alert_id}" for row in rows], len(rows)


def _rewrite(connection: Connection, table: Table, alert_id: str, columns: dict[str, Callable[[Any], Any]], *more: ColumnElement[bool]) -> None:  # fmt: skip
    """Columns of JSON of all rows of an alert, each made anew by its function."""
    keys = list(table.primary_key.columns)
    asked = select(*keys, *(table.c[name] for name in columns)).where(table.c.alert_id == alert_id, *more)
    for row in connection.execute(asked).all():
        values = {name: _dumped(made(orjson.loads(getattr(row, name)))) for name, made in columns.items()}
        connection.execute(update(table).where(*(key == getattr(row, key.name) for key in keys)).values(**values))


def _sheets(connection: Connection, terms: Terms, compartments: frozenset[str] | None) -> list[str]:
    """Old sheets that name no held alert, and none that somebody may not see."""
    held = frozenset(connection.execute(select(HOLDS.c.alert_id)).scalars())
    hidden: frozenset[str] = frozenset()
    if compartments is not None:
        needs = connection.execute(select(ALERTS.c.alert_id, ALERTS.c.needs))
        hidden = frozenset(
            row.alert_id for row in needs if Needs.from_json(orjson.loads(row.needs)).hides_all(compartments)
        )
    found = []
    for row in connection.execute(
        select(HANDOVERS.c.sheet_id, HANDOVERS.c.body).where(HANDOVERS.c.written_us < terms.sheets_us)
    ):
        body = orjson.loads(row.body)
        named = {told["alert_id"] for part in _SHEET_PARTS for told in body.get(part, ())}
        if not named & held and not named & hidden:
            found.append(row.sheet_id)
    return found


def _erase_sheets(connection: Connection, terms: Terms, now_us: int) -> tuple[Sequence[str], int]:
    found = _sheets(connection, terms, None)[:AT_ONCE]
    connection.execute(delete(HANDOVERS).where(HANDOVERS.c.sheet_id.in_(found)))
    connection.execute(
        update(OPENINGS).where(OPENINGS.c.until_us < terms.alerts_us, OPENINGS.c.reason != "").values(reason="")
    )
    connection.execute(
        update(SUPPRESSIONS)
        .where(SUPPRESSIONS.c.until_us < terms.alerts_us, SUPPRESSIONS.c.reason != "")
        .values(reason="")
    )
    return [f"sheet:{sheet_id}" for sheet_id in found], len(found)


def _erase_sessions(connection: Connection, terms: Terms, now_us: int) -> tuple[Sequence[str], int]:
    """Sessions have no text: how many is told, not which."""
    gone = connection.execute(delete(SESSIONS).where(_old_sessions(terms))).rowcount
    connection.execute(delete(BROWSERS).where(BROWSERS.c.used_us < terms.sessions_us))
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.last_us < terms.day_us))
    connection.execute(delete(DESK_KEYS).where(DESK_KEYS.c.at_us < terms.day_us))
    return (), gone


def _persons(connection: Connection, terms: Terms) -> list[str]:
    """Persons who are blocked, were told of as changed last before the time, and still have their name."""
    found = []
    for row in connection.execute(
        select(PERSONS.c.person_id, PERSONS.c.login, PERSONS.c.made_us).where(~PERSONS.c.is_active)
    ):
        changed = (
            select(func.max(AUDIT_ENTRIES.c.at_us))
            .join(AUDIT_OBJECTS, AUDIT_OBJECTS.c.sequence == AUDIT_ENTRIES.c.sequence)
            .where(AUDIT_OBJECTS.c.object == row.person_id, AUDIT_ENTRIES.c.act == str(Act.PERSON_CHANGED), ~AUDIT_ENTRIES.c.is_refused)
        )  # fmt: skip
        at_us = connection.execute(changed).scalar_one() or row.made_us
        if row.login != left_login(row.person_id) and at_us < terms.persons_us:
            found.append(row.person_id)
    return found


def left_login(person_id: str) -> str:
    """The login of who left: nobody signs in by it."""
    return f"left-{person_id}".lower()


def _erase_persons(connection: Connection, terms: Terms, now_us: int) -> tuple[Sequence[str], int]:
    found = _persons(connection, terms)[:AT_ONCE]
    for person_id in found:
        values: dict[str, Any] = {
            "login": left_login(person_id), "name": "left", "password_hash": None, "roles": [], "compartments": [], "unit_id": None,
        }  # fmt: skip
        connection.execute(
            update(PERSONS).where(PERSONS.c.person_id == person_id).values(**values, version=PERSONS.c.version + 1)
        )
        end_sessions(connection, person_id, "left", now_us)
        connection.execute(update(SESSIONS).where(SESSIONS.c.person_id == person_id).values(address=""))
        connection.execute(delete(PASSKEYS).where(PASSKEYS.c.person_id == person_id))
        connection.execute(delete(BROWSERS).where(BROWSERS.c.person_id == person_id))
    return [f"person:{person_id}" for person_id in found], len(found)


def _dumped(document: Any) -> str:
    return orjson.dumps(document).decode()
