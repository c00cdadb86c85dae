"""Opening the store of the room: a folder (SQLite in WAL mode) or a URL (PostgreSQL), brought to the layout of this program.

Migrations run at opening, one process at a time (a file's lock beside SQLite, an advisory lock of PostgreSQL). A store that a newer program wrote is
refused: it may say what this one does not understand.

A write is one transaction, ``with store.write() as connection``; it holds whatever it is given, or nothing. One writer goes at a time, in PostgreSQL as in
SQLite: nearly every write adds to the chain of the audit, and what was read in it holds until its end. A read sees one instant.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from streams.private import make_private_folder, private_handle
from tracker.errors import InputError, StoreError
from tracker.room.store.tables import METADATA

SQLITE_FILE: Final = "room.sqlite"
_LAYOUT_TABLE: Final = "alembic_version"
"""Of Alembic."""
_BUSY_S: Final = 30
"""So long a writer waits for one of another process: a backup, a command of the audit."""
_POOL: Final = 8
_MORE: Final = 40
"""Connections beyond the pool: as many as there are threads that answer requests (anyio: 40)."""
_LOCK_NUMBER: Final = 7_243_391_825
"""Of PostgreSQL's advisory lock while a layout is brought up; any number nobody else has."""
_WRITER_NUMBER: Final = _LOCK_NUMBER + 1
_READING: Final = "room_reading"


@dataclass(frozen=True, slots=True)
class RoomStore:
    """The open store. Its methods may be called from any thread."""

    engine: Engine
    is_sqlite: bool
    folder: Path | None
    """Where SQLite's file and other files of the room are; None of PostgreSQL."""
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; it is durable when the block ends, and nothing of it is where the block raises."""
        with self._turn if self.is_sqlite else nullcontext(), self.engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _WRITER_NUMBER})
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A view of one instant; nothing may be written by it."""
        with self.engine.connect() as plain:
            connection = plain.execution_options(**{_READING: True})
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    def wash(self, most_bytes: int | None = None) -> bool:
        """Write SQLite's file anew, so that nothing erased is left in it or in its log: pages that were split keep bits of what stood in them. Writers wait meanwhile.

        Parameters
        ----------
        most_bytes:
            A larger file is left as it is; None: of any size.

        Returns
        -------
        bool
            Whether it was done: not where another process writes all the time, and PostgreSQL has its own VACUUM.
        """
        if self.folder is None:
            return False
        if most_bytes is not None and (self.folder / SQLITE_FILE).stat().st_size > most_bytes:
            return False
        with self._turn:
            raw = self.engine.raw_connection()  # outside of any transaction
            try:
                for statement in ("PRAGMA query_only = 0", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    raw.cursor().execute(statement)
            except sqlite3.OperationalError:  # another process writes, or the disk is too full for a copy
                return False
            finally:
                raw.close()
        return True

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class Filling:
    """What an empty store is filled with, in the transaction in which its layout is made."""

    layout: tuple[str, ...]
    """That of what is filled in."""
    fill: Callable[[Connection], None]
    finish: Callable[[Connection], None]
    """Called when the store has the layout of this program."""


def open_room_store(data: str, filling: Filling | None = None) -> RoomStore:
    """The store of a folder, which is made where it is missing, or of a database's URL (``postgresql://user@host/name``), at the layout of this program.

    Parameters
    ----------
    filling:
        Fills it, all or nothing; it has to be empty then.

    Raises
    ------
    InputError
        the folder or the database cannot be used, or is to be filled and not empty.
    StoreError
        a newer program wrote it.
    """
    if "://" in data:
        return _open_server(data, filling)
    folder = Path(data)
    try:
        make_private_folder(folder)
        os.close(private_handle(folder / SQLITE_FILE, os.O_RDWR | os.O_CREAT))
    except OSError as exc:
        raise InputError(
            f"the room's store cannot be made there ({exc.strerror})", data, "give --data a folder that can be written"
        ) from exc
    engine = create_engine(
        URL.create("sqlite", database=str(folder / SQLITE_FILE)), poolclass=QueuePool, pool_size=_POOL, max_overflow=_MORE,
        connect_args={"check_same_thread": False, "timeout": _BUSY_S},
    )  # fmt: skip
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    store = RoomStore(engine, True, folder)
    with _closed_on_failure(store), _file_lock(folder / "room.lock"):
        _bring_up(store, data, filling)
    return store


def _open_server(data: str, filling: Filling | None) -> RoomStore:
    try:
        url = make_url(data)
    except (ArgumentError, ValueError) as exc:
        raise InputError("is no URL of a database", _shown(data), "write postgresql://USER@HOST/NAME") from exc
    if url.get_backend_name() != "postgresql":
        raise InputError(
            f"{url.get_backend_name()} is no database the room can use",
            "--data",
            "write postgresql://USER@HOST/NAME, or give a folder",
        )
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), pool_size=_POOL, max_overflow=_MORE, pool_pre_ping=True,
        hide_parameters=True,
    )  # fmt: skip
    store = RoomStore(engine, False, None)
    try:
        with _closed_on_failure(store), engine.connect() as waiting:
            waiting.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK_NUMBER})
            try:
                _bring_up(store, url.render_as_string(hide_password=True), filling)
            finally:
                waiting.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK_NUMBER})
    except OperationalError as exc:
        why = str(exc.orig).strip().splitlines()[0] if exc.orig is not None else "no answer"
        raise InputError(
            f"the database does not let us in ({why})",
            url.render_as_string(hide_password=True),
            "check address, name, user and password",
        ) from exc
    return store


def _shown(data: str) -> str:
    """A URL that could not be read, without what stands before its @: that may be a password."""
    return f"...@{data.rpartition('@')[2]}" if "@" in data else data


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = (
        None  # transactions begin where we say (:func:`_begin_sqlite`), and hold tables being made, too
    )
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        f"busy_timeout = {_BUSY_S * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its turn at once: one that began as a reader could be refused later, when others have written."""
    is_reading = bool(connection.get_execution_options().get(_READING))
    connection.exec_driver_sql(f"PRAGMA query_only = {int(is_reading)}")
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    handle = private_handle(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def migrations_config() -> Config:
    """Where the migrations are: beside this file, in the wheel too."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def layout_of(connection: Connection) -> tuple[str, ...]:
    """The layout of a store."""
    return tuple(sorted(MigrationContext.configure(connection).get_current_heads()))


def known_layouts() -> set[str]:
    """Layouts that this program knows."""
    return {script.revision for script in ScriptDirectory.from_config(migrations_config()).walk_revisions()}


def _bring_up(store: RoomStore, where: str, filling: Filling | None) -> None:
    config, known = migrations_config(), known_layouts()
    try:
        with store.write() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
            if not set(found) <= known:
                raise StoreError(
                    f"{where}: the room's store has layout {', '.join(sorted(found))}, which a newer tidewaiter wrote; use that one, or give --data another place"
                )
            config.attributes["connection"] = connection
            if filling is not None:
                _empty(connection, where)
                for revision in filling.layout:
                    command.upgrade(config, revision)
                filling.fill(connection)
            command.upgrade(config, "heads")
            if filling is not None:
                filling.finish(connection)
    except DBAPIError as exc:
        if isinstance(exc, OperationalError) and not store.is_sqlite:
            raise
        raise StoreError(f"{where}: the room's store cannot be read ({exc.orig}); restore it from its backup") from exc


def _empty(connection: Connection, where: str) -> None:
    """Take away tables that hold nothing, so that they can be made in the layout of what is filled in.

    Raises
    ------
    InputError
        they hold something.
    """
    found = MetaData()
    names = [name for name in inspect(connection).get_table_names() if name in {*METADATA.tables, _LAYOUT_TABLE}]
    found.reflect(connection, only=names)
    for table in found.sorted_tables:
        if table.name != _LAYOUT_TABLE and connection.execute(select(table).limit(1)).first() is not None:
            raise InputError(
                "there is a room already, and a restore overwrites nothing", where, "give --data another place"
            )
    found.drop_all(connection)


@contextmanager
def _closed_on_failure(store: RoomStore) -> Iterator[None]:
    """A store that cannot be opened leaves no connection behind."""
    try:
        yield
    except BaseException:
        store.close()
        raise
