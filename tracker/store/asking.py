"""A question to an open store: one statement that only reads, its answer in batches, and limits on what it may take.

Whoever writes the store must never wait for whoever asks it, nor run out of memory with it. So a question has

- a cursor of its own with a read-only transaction: it sees the store as of the last commit, and the writer does not see it;
- ``operator_memory_limit``: sorts, joins and groups beyond it go through temporary files;
- a check of :mod:`tracker.store.read_only` before;
- a bound on the memory of the whole process (``RLIMIT_DATA``) while questions run, because what DuckDB makes of strings and lists is counted by none of its
  limits: ``list_resize([1], 1000000000)`` took 14 GB. What asks for too much is refused by the system, and that is the question: it asks for
  hundreds of megabytes at once, and the rest of the program for little. The bound leaves room for the program to double what it has resident.
- less of the processor than everything else (:func:`yield_to_others`).

Interrupting a question works between two batches of its inside, thousands of rows each.
"""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb
import pyarrow as pa

from tracker.errors import InputError
from tracker.store.answers import Params, answer, sql_types
from tracker.store.database import Database
from tracker.store.read_only import check_read_only

_ROOM_BYTES: Final = 512 << 20
"""While questions run, the process may grow by so much, or by what it has resident where that is more, before the system refuses it more."""
_NICENESS: Final = 10
"""Of the threads that answer: a tenth of the processor where others want it too."""


class QuestionError(InputError):
    """A question that DuckDB refused or could not answer: its words."""

    def __init__(self, what: str, mend: str = "docs/columns.md lists the views and their columns") -> None:
        super().__init__(what, "query", mend)


class TooCostlyError(QuestionError):
    """A question that needed more memory than it may take."""

    def __init__(self) -> None:
        super().__init__(
            "needs more memory than a question may take, or was ended with the store", "ask for less at a time"
        )


class Question:
    """One statement and its answer. Used by one thread at a time; :meth:`interrupt` may be called from any.

    Parameters
    ----------
    cursor:
        A connection of its own to the store, closed with the question.
    memory:
        What sorts, joins and groups may keep, in DuckDB's words; None for no limit.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, memory: str | None = None) -> None:
        self._cursor = cursor
        self._is_interrupted = False
        self._reader: pa.RecordBatchReader | None = None
        self._memory = memory

    def ask(self, sql: str, params: Params = None) -> pa.Schema:
        """Begin to answer; the columns, with DuckDB's types (``tracker.store.answers``).

        Raises
        ------
        InputError
            the statement may not be asked, or cannot be answered: why.
        """
        with self._told():
            check_read_only(sql, _macros(self._cursor))
            self._cursor.execute("SET python_enable_replacements = false")
            self._cursor.execute("SET TimeZone = 'UTC'")
            if self._memory is not None:
                self._cursor.execute(f"SET operator_memory_limit = '{self._memory}'")
                self._cursor.execute("SET streaming_buffer_size = '1MB'")
            self._cursor.execute("BEGIN TRANSACTION READ ONLY")
            self._reader = answer(self._cursor, sql, params)
        return self._reader.schema

    def next_batch(self) -> pa.RecordBatch | None:
        """The next rows, None behind the last."""
        assert self._reader is not None
        with self._told():
            try:
                return self._reader.read_next_batch()
            except StopIteration:
                return None

    def interrupt(self) -> None:
        """End it as soon as it can be ended."""
        self._is_interrupted = True
        with suppress(duckdb.Error):
            self._cursor.interrupt()

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody asked it to end."""
        return self._is_interrupted

    def close(self) -> None:
        """Forget the answer and release the cursor."""
        if self._reader is not None:
            with suppress(Exception):
                self._reader.close()
            self._reader = None
        with suppress(duckdb.Error):
            self._cursor.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Foreign errors as ours."""
        try:
            yield
        except InputError as exc:
            raise self._costly(exc.what) or exc from exc.__cause__
        except (duckdb.OutOfMemoryException, MemoryError) as exc:
            raise TooCostlyError() from exc
        except (duckdb.Error, pa.ArrowException, OSError, RuntimeError, ValueError, TypeError) as exc:
            # errors on the way come through Arrow, as whatever it makes of them
            text = (str(exc).strip().splitlines() or [type(exc).__name__])[0]
            raise self._costly(text) or QuestionError(text) from exc

    def _costly(self, text: str) -> TooCostlyError | None:
        """Whether it was the memory: refused to the question, or the question was ended for it by the store (``Database.lend``)."""
        if "Out of Memory" in text or ("INTERRUPT" in text and not self._is_interrupted):
            return TooCostlyError()
        return None


def _macros(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    found = cursor.execute(
        "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal"
    ).fetchall()
    return frozenset(row[0] for row in found)


class MemoryGuard:
    """Bounds the memory of the process while at least one question runs."""

    def __init__(self, room_bytes: int = _ROOM_BYTES) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._room_bytes = room_bytes

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """While inside, the process may double what it has resident, or grow by some room, and no further."""
        with self._lock:
            self._running += 1
            self._set()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._set()

    def _set(self) -> None:
        """Set anew at every begin and end: the program may have grown meanwhile."""
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = hard
        if self._running and (sizes := _sizes_bytes()) is not None:
            data_bytes, resident_bytes = sizes
            wanted = data_bytes + max(self._room_bytes, resident_bytes)
            if hard != resource.RLIM_INFINITY:
                wanted = min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def _sizes_bytes() -> tuple[int, int] | None:
    """``VmData``, which RLIMIT_DATA bounds, and ``VmRSS`` of /proc/self/status (proc(5)); None where there is none."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        return int(rows["VmData"].split()[0]) << 10, int(rows["VmRSS"].split()[0]) << 10
    except (OSError, KeyError, ValueError, IndexError):
        return None


def yield_to_others() -> None:
    """Give the calling thread less of the processor than everything else; where the system knows no niceness of threads, nothing."""
    if os.uname().sysname == "Linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class Answer:
    """Rows that come in Arrow batches, with the values that DuckDB would give for them, whoever found them.

    Read it once: by ``batches``, ``fetchmany`` or one of those that take all that is left.
    """

    def __init__(
        self,
        schema: pa.Schema,
        next_batch: Callable[[], pa.RecordBatch | None],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.schema = schema
        self._next_batch, self.close = next_batch, close
        self._memory = _own_memory()
        self._rows: list[tuple[Any, ...]] = []

    @property
    def description(self) -> list[tuple[str, str]]:
        """Name and DuckDB's type of every column."""
        return list(zip(self.schema.names, sql_types(self.schema), strict=True))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, as they come; the end of it closes the answer."""
        try:
            while (batch := self._next_batch()) is not None:
                yield batch
        finally:
            self.close()

    def to_arrow_reader(self) -> pa.RecordBatchReader:
        """All rows, for whoever reads Arrow."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches())

    def to_arrow_table(self) -> pa.Table:
        """All rows as a table."""
        return pa.Table.from_batches(list(self.batches()), self.schema)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """The next rows as tuples; fewer than asked for only at the end."""
        while len(self._rows) < size and (batch := self._next_batch()) is not None:
            self._rows.extend(self._memory.from_arrow(pa.Table.from_batches([batch])).fetchall())
        given, self._rows = self._rows[:size], self._rows[size:]
        return given

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples."""
        rows: list[tuple[Any, ...]] = self._memory.from_arrow(self.to_arrow_table()).fetchall()
        return rows

    def fetchnumpy(self) -> dict[str, Any]:
        """All rows as columns of numpy."""
        columns: dict[str, Any] = self._memory.from_arrow(self.to_arrow_table()).fetchnumpy()
        return columns


class Reader(Protocol):
    """Whoever answers: the file (:class:`FileReader`) or a running program (``tracker.door.client.DoorReader``)."""

    def execute(self, sql: str, params: Params = None) -> Answer:
        """The answer to one statement that only reads.

        Raises
        ------
        InputError
            it may not be asked, or cannot be answered.
        """
        ...

    def close(self) -> None:
        """Release the store."""
        ...


class FileReader:
    """A store that nobody writes now, opened read-only."""

    def __init__(self, store: Database) -> None:
        self._store = store

    def execute(self, sql: str, params: Params = None) -> Answer:
        """The answer to one statement that only reads."""
        question = Question(self._store.cursor())
        try:
            schema = question.ask(sql, params)
        except BaseException:
            question.close()
            raise
        return Answer(schema, question.next_batch, question.close)

    def close(self) -> None:
        """Close the file."""
        self._store.close()


def _own_memory() -> duckdb.DuckDBPyConnection:
    """An empty DuckDB in memory that may open nothing."""
    memory = duckdb.connect(":memory:")
    for setting in ("TimeZone = 'UTC'", "enable_external_access = false", "python_enable_replacements = false"):
        memory.execute(f"SET {setting}")
    return memory
