"""The DuckDB file: one process owns it, one thread writes it, many cursors read it.

Work is handed over as values (a function and its arguments) to the writer thread and runs in order; ``commit`` ends the
transaction after everything handed over before it. A write that fails stops the store: the next call raises.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import duckdb

from tracker.errors import InputError, StoreError
from tracker.store.migrations import MIGRATIONS
from tracker.store.tables import LAYOUT, TABLES, VIEWS

_MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may keep in memory; larger sorts and joins go through its temporary files."""
_ROW_GROUP_ROWS: Final = 32_768
"""Every 16 MB of the log DuckDB writes them into the file, packed, and the last group of rows with them once more. A commit with an alert may wait
behind it: 0.13 to 0.18 s for 140,000 positions, with groups of the usual 122,880 rows 0.13 to 0.66 s, for the same size of the file."""
_CATALOG: Final = "store"
_QUEUE_LENGTH: Final = 8
"""Writes waiting at most: a slower disk slows the reader down instead of filling memory."""

Write = Callable[[duckdb.DuckDBPyConnection], None]
T = TypeVar("T")


class Database:
    """One open DuckDB file (or memory, for tests and replays nobody keeps).

    Parameters
    ----------
    path:
        The file; None keeps everything in memory.
    read_only:
        For queries while nobody writes.
    memory:
        What DuckDB may keep in memory, in its own words.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False, memory: str = _MEMORY_LIMIT) -> None:
        self.path = path
        self._is_attached = path is not None and not read_only
        self._connection = _connect(path, read_only=read_only, memory=memory)
        _prepare(self._connection, path, read_only=read_only)
        self._failure: BaseException | None = None
        self._queue: queue.Queue[Write | None] = queue.Queue(maxsize=_QUEUE_LENGTH)
        self._writer: threading.Thread | None = None
        if not read_only:
            self._writer = threading.Thread(target=self._write_all, name="store-writer", daemon=True)
            self._writer.start()

    def write(self, task: Write) -> None:
        """Hand a write to the writer thread; it becomes durable with the next :meth:`commit`."""
        self._check()
        self._queue.put(task)

    def commit(self, *, wait: bool = True) -> None:
        """Make everything handed over so far durable, in one transaction; returns when it is on disk, or at once."""
        done = threading.Event()

        def finish(connection: duckdb.DuckDBPyConnection) -> None:
            connection.execute("COMMIT")
            connection.execute("BEGIN")
            done.set()

        self.write(finish)
        while wait and not done.wait(0.2):
            self._check()

    def ask(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """The answer of the writer thread, which sees everything handed over so far, committed or not."""
        answer: queue.Queue[T | BaseException] = queue.Queue(maxsize=1)

        def put(connection: duckdb.DuckDBPyConnection) -> None:
            try:
                answer.put(question(connection))
            except BaseException as exc:
                answer.put(exc)
                raise

        self.write(put)
        while True:
            try:
                given = answer.get(timeout=0.2)
            except queue.Empty:
                self._check()
                continue
            if isinstance(given, BaseException):
                raise StoreError(f"{self.path or 'memory'}: a question failed: {given}") from given
            return given

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A reader of the last committed state; use one per thread."""
        cursor = self._connection.cursor()
        if self._is_attached:
            cursor.execute(f"USE {_CATALOG}")
        return cursor

    def close(self) -> None:
        """Finish all writes and close the file."""
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
            self._writer = None
        self._connection.close()
        self._check()

    def abandon(self) -> None:
        """Close as a kill would: what was not committed is as if it had never been handed over. Says nothing of a failed write; that was told."""
        if self._failure is None:
            self._failure = StoreError(f"{self.path or 'memory'}: the store was abandoned")
        with suppress(StoreError, duckdb.Error):
            self.close()

    def _write_all(self) -> None:
        connection = self.cursor()
        connection.execute("BEGIN")
        while (task := self._queue.get()) is not None:
            if self._failure is not None:
                continue  # after a failure nothing more is written, but the queue must not block whoever fills it
            try:
                task(connection)
            except BaseException as exc:
                self._failure = exc
        if self._failure is None:
            connection.execute("COMMIT")
        connection.close()  # rolls back what is open

    def _check(self) -> None:
        if self._failure is not None:
            raise StoreError(f"{self.path or 'memory'}: a write failed: {self._failure}") from self._failure


def _connect(path: Path | None, *, read_only: bool, memory: str) -> duckdb.DuckDBPyConnection:
    try:
        if path is None or read_only:
            connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only)
        else:
            connection = _attach(path)
    except duckdb.IOException as exc:
        if "lock" in str(exc).lower():
            raise InputError(
                "another process has this store open", str(path), "stop it first, or ask it through its own queries"
            ) from exc
        raise InputError("cannot be opened as a DuckDB file", str(path), "choose another --db file") from exc
    except duckdb.Error as exc:
        raise InputError(
            "is not a DuckDB file of a version this program reads", str(path), "choose another file"
        ) from exc
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # of every cursor too, whatever the machine's own
    connection.execute(f"SET memory_limit = '{memory}'")
    if not read_only:
        connection.execute(
            "SET threads = 1"
        )  # measured: a writer with more takes a quarter more CPU from the detectors
    return connection


def _attach(path: Path) -> duckdb.DuckDBPyConnection:
    """A file to be written: only whoever attaches it can say how many rows make a group."""
    connection = duckdb.connect()
    try:
        file, spill = (str(name).replace("'", "''") for name in (path, f"{path}.tmp"))
        connection.execute(f"SET temp_directory = '{spill}'")
        connection.execute(f"ATTACH '{file}' AS {_CATALOG} (ROW_GROUP_SIZE {_ROW_GROUP_ROWS})")
        connection.execute(f"USE {_CATALOG}")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: duckdb.DuckDBPyConnection, path: Path | None, *, read_only: bool) -> None:
    """Create the tables of a new file, migrate an older one, refuse a newer one."""
    known = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    where = str(path or "memory")
    if "about" not in known:
        if read_only or known:
            raise InputError("is no store of this program", where, "give the file that 'tidewaiter replay --db' wrote")
        for statement in TABLES.values():
            connection.execute(statement)
        connection.execute("INSERT INTO about VALUES (?, ?)", [LAYOUT, "tidewaiter"])
    found = int(_one(connection, "SELECT max(layout) FROM about"))
    if found > LAYOUT:
        raise InputError(f"has layout {found}, this program knows {LAYOUT}", where, "use the newer program")
    if read_only:
        return
    for layout in range(found, LAYOUT):
        connection.execute("BEGIN")
        for statement in MIGRATIONS[layout]:
            connection.execute(statement)
        connection.execute("UPDATE about SET layout = ?", [layout + 1])
        connection.execute("COMMIT")
    for name, query in VIEWS.items():
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    if row is None:
        raise StoreError(f"no answer to {query}")
    return row[0]
