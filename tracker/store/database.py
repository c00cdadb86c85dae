"""The DuckDB file: one process owns it, one thread writes it, many cursors read it.

Work is handed over as values (a function and its arguments) to the writer thread and runs in order; ``commit`` ends the
transaction after everything handed over before it. A write that fails stops the store: the next call raises.

Rows that come from outside are handed over as portions (``tracker.store.portions``). Where the store refuses one, and not because of the disk, the
transaction is begun anew without it, and its halves are tried, until a single row is refused: that one is set aside (``program_fault`` in the view
``rejects``), all others are stored.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from tracker.decode.rejects import REJECT_SENTENCES, RejectCause
from tracker.errors import StoreError
from tracker.faults import Fault, fault_of
from tracker.store.opening import CATALOG, clear_copies, open_store, store_id
from tracker.store.portions import Portion, is_of_the_rows

_MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may keep in memory; larger sorts and joins go through its temporary files."""
_CALL_BACK_TRIES: Final = 30
"""Times a tenth of a second that closing waits for lent cursors."""
_LONGEST_SHORT_S: Final = 5.0
"""A new question waits this long while those before it are being ended for want of memory: longer than all tries of calling them back."""
_MEMORY_TRIES: Final = 4
"""Times a write is tried that finds no memory while others ask."""
_MOST_ASKED: Final = 0.6
"""So much of the memory may be taken by what statements make on their way while cursors are lent; beyond, they are interrupted."""
_LOOK_S: Final = 0.05
_ASKED_BYTES: Final = "SELECT coalesce(sum(memory_usage_bytes), 0) FROM duckdb_memory() WHERE tag IN ('ALLOCATOR', 'COLUMN_DATA', 'HASH_TABLE', 'ORDER_BY', 'OVERFLOW_STRINGS', 'WINDOW')"
_QUEUE_LENGTH: Final = 8
"""Writes waiting at most: a slower disk slows the reader down instead of filling memory."""

_MOST_REFUSED: Final = 64
"""Rows of one portion that are set aside one by one; beyond, all that is left of it is."""

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
    is_confined:
        No statement may open another file or load anything any more, whoever asks it. A store opened read-only always is.
    copies:
        The one folder in which a confined store may be copied into a file all the same; what a kill left there is removed.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        read_only: bool = False,
        memory: str = _MEMORY_LIMIT,
        is_confined: bool = False,
        copies: Path | None = None,
    ) -> None:
        self.path = path
        self._is_read_only = read_only
        self._is_attached = path is not None and not read_only
        self._file = path.resolve() if self._is_attached and path is not None else None
        self._connection = open_store(path, read_only=read_only, memory=memory)
        self.store_id = "" if read_only else store_id(self._connection)
        """Tells this store from every other."""
        if copies is not None:
            clear_copies(copies)
            quoted = str(copies).replace("'", "''")
            self._connection.execute(f"SET allowed_directories = ['{quoted}/']")
        if read_only or is_confined:
            # the store's own file, its log and its temporary files stay open to it
            self._connection.execute("SET enable_external_access = false")
        self._opened = self._identity()
        self._since_commit: list[Write] = []
        self._faults: queue.SimpleQueue[tuple[str, Fault]] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        self._lent: set[duckdb.DuckDBPyConnection] = set()
        self._lending, self._is_closing, self._is_short = threading.Condition(), False, False
        self._looker: threading.Thread | None = None
        self._most_asked_bytes = int(_limit_bytes(self._connection) * _MOST_ASKED)
        self._queue: queue.Queue[Write | None] = queue.Queue(maxsize=_QUEUE_LENGTH)
        self._writer: threading.Thread | None = None
        if not read_only:
            self._writer = threading.Thread(target=self._write_all, name="store-writer", daemon=True)
            self._writer.start()

    def write(self, task: Write) -> None:
        """Hand a write to the writer thread; it becomes durable with the next :meth:`commit`. ``StoreError`` where there is none to write it."""
        self._check()
        if self._writer is None:
            what = "is open for reading only" if self._is_read_only else "is closed"
            raise StoreError(f"{self.path or 'memory'}: the store {what}: nothing can be written")
        self._queue.put(task)

    def call(self, what: Callable[[], object]) -> None:
        """Have something called in the writer's thread after everything handed over so far; it writes nothing."""
        self.write(_Call(what))

    @property
    def gone(self) -> str:
        """What has become of the file while it was open, in a sentence: removed, or another put in its place. Empty while it is there."""
        if self._opened is None or (found := self._identity()) == self._opened:
            return ""
        what = "was removed" if found is None else "was replaced by another file"
        return f"{self.path}: the store {what} while it was open; put it back where it was"

    def take_faults(self) -> list[tuple[str, Fault]]:
        """Rows set aside since this was asked last, each with its source."""
        taken = []
        with suppress(queue.Empty):
            while True:
                taken.append(self._faults.get_nowait())
        return taken

    def commit(self, *, wait: bool = True) -> None:
        """Make everything handed over so far durable, in one transaction; returns when it is on disk, or at once."""
        done = threading.Event()

        def finish(connection: duckdb.DuckDBPyConnection) -> None:
            connection.execute("COMMIT")
            connection.execute("BEGIN")
            self._since_commit.clear()
            done.set()

        self.write(_Question(finish))
        while wait and not done.wait(0.2):
            self._check()

    def ask(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """The answer of the writer thread, which sees everything handed over so far, committed or not; of a store that is only read, a cursor's."""
        if self._is_read_only:
            with closing(self.cursor()) as cursor:
                try:
                    return question(cursor)
                except duckdb.Error as exc:
                    raise StoreError(f"{self.path or 'memory'}: a question failed: {exc}") from exc
        answer: queue.Queue[T | BaseException] = queue.Queue(maxsize=1)

        def put(connection: duckdb.DuckDBPyConnection) -> None:
            try:
                answer.put(question(connection))
            except duckdb.OutOfMemoryException:
                raise  # it is asked again
            except BaseException as exc:
                answer.put(exc)
                raise

        self.write(_Question(put))
        while True:
            try:
                given = answer.get(timeout=0.2)
            except queue.Empty:
                self._check()
                continue
            if isinstance(given, BaseException):
                raise StoreError(f"{self.path or 'memory'}: a question failed: {given}") from given
            return given

    def work(self, task: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Have the writer thread write something whose outcome depends on what is there, and say what came of it; durable with the next
        :meth:`commit`. It may be called again, in a transaction begun anew, and must then do the same."""
        outcome: queue.SimpleQueue[T] = queue.SimpleQueue()

        def put(connection: duckdb.DuckDBPyConnection) -> None:
            outcome.put(task(connection))

        self.write(put)
        while True:
            with suppress(queue.Empty):
                return outcome.get(timeout=0.2)
            self._check()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A reader of the last committed state; use one per thread."""
        cursor = self._connection.cursor()
        if self._is_attached:
            cursor.execute(f"USE {CATALOG}")
        return cursor

    @contextmanager
    def lend(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for somebody who does not know when the store is closed: closing interrupts whatever it does then, and waits for its return.

        Raises
        ------
        StoreError
            the store is closing.
        """
        with self._lending:
            if not self._lending.wait_for(lambda: not self._is_short or self._is_closing, _LONGEST_SHORT_S):
                raise StoreError(f"{self.path or 'memory'}: the store needs its memory for what comes in")
            if self._is_closing:
                raise StoreError(f"{self.path or 'memory'}: the store is closing")
            cursor = self.cursor()
            self._lent.add(cursor)
            if self._looker is None:
                self._looker = threading.Thread(target=self._look_at_memory, name="store-memory", daemon=True)
                self._looker.start()
        try:
            yield cursor
        finally:
            with suppress(duckdb.Error):
                cursor.close()
            with self._lending:
                self._lent.discard(cursor)
                self._lending.notify_all()

    def _call_back(self) -> None:
        """A cursor left open would keep the file open behind the closing, and the next opening would fail."""
        with self._lending:
            self._is_closing = True
            self._interrupt_all(_CALL_BACK_TRIES)

    def _interrupt_all(self, tries: int) -> None:
        """Interrupt whatever is lent until it has come back, with the lock held."""
        for _ in range(tries):
            if not self._lent:
                return
            for cursor in self._lent:
                with suppress(duckdb.Error):
                    cursor.interrupt()
            self._lending.wait(0.1)

    def _look_at_memory(self) -> None:
        """While cursors are lent: what they make on their way must not fill the memory, or the next write would find none."""
        with self.cursor() as looking:
            while True:
                try:
                    used = looking.execute(_ASKED_BYTES).fetchall()[0][0]
                except duckdb.ConnectionException:
                    if self._is_closing:  # a question that could not be called back outlives the closing
                        return
                    raise
                with self._lending:
                    if not self._lent:
                        self._looker = None
                        return
                    if used > self._most_asked_bytes:
                        self._interrupt_all(1)
                    self._lending.wait(_LOOK_S)

    def close(self) -> None:
        """Finish all writes and close the file."""
        self._call_back()
        if (looker := self._looker) is not None:
            looker.join(2)
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
            self._writer = None
        # a question that cannot be interrupted now still holds the file; everything written is durable all the same
        with suppress(duckdb.Error) if self._lent else nullcontext():
            self._connection.close()
        self._check()

    def abandon(self) -> None:
        """Close as a kill would: what was not committed is as if it had never been handed over. Says nothing of a failed write; that was told."""
        if self._failure is None:
            self._failure = StoreError(f"{self.path or 'memory'}: the store was abandoned")
        if self.gone:
            # writing the log through ends with the removal of what now has its name
            with suppress(duckdb.Error):
                self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        with suppress(StoreError, duckdb.Error):
            self.close()

    def _write_all(self) -> None:
        connection = self.cursor()
        connection.execute("BEGIN")
        while (task := self._queue.get()) is not None:
            if self._failure is not None:
                continue  # after a failure nothing more is written, but the queue must not block whoever fills it
            try:
                self._do(connection, task)
            except BaseException as exc:
                self._failure = exc
        if self._failure is None:
            connection.execute("COMMIT")
        connection.close()  # rolls back what is open

    def _do(self, connection: duckdb.DuckDBPyConnection, task: Write) -> None:
        """Do a write; where questions of others have taken the memory, they are ended, and it is done again."""
        for left in reversed(range(_MEMORY_TRIES)):
            try:
                self._do_once(connection, task)
            except duckdb.OutOfMemoryException:
                if not left or not self._make_room():
                    raise
                self._begin_anew(connection)
            else:
                return

    def _make_room(self) -> bool:
        """End whatever others ask; False where nobody asks anything."""
        with self._lending:
            if not self._lent:
                return False
            self._is_short = True
            try:
                self._interrupt_all(_CALL_BACK_TRIES)
            finally:
                self._is_short = False
                self._lending.notify_all()
        return True

    def _do_once(self, connection: duckdb.DuckDBPyConnection, task: Write) -> None:
        try:
            task(connection)
        except BaseException as exc:
            if not (isinstance(task, Portion) and is_of_the_rows(exc)):
                raise
            self._divide(connection, task, exc)
        else:
            if not isinstance(task, (_Question, _Call)):
                self._since_commit.append(task)

    def _divide(self, connection: duckdb.DuckDBPyConnection, portion: Portion, exc: BaseException) -> None:
        """Store what can be stored of a portion, and set aside what cannot."""
        self._begin_anew(connection)
        left, refused = [(portion, exc)], 0
        while left:
            part, why = left.pop()
            if len(part) <= 1 or refused >= _MOST_REFUSED:
                refused += 1
                self._set_aside(connection, part, why)
                continue
            for half in part.halves():
                try:
                    half(connection)
                except BaseException as again:
                    if not is_of_the_rows(again):
                        raise
                    self._begin_anew(connection)
                    left.append((half, again))
                else:
                    self._since_commit.append(half)

    def _begin_anew(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The transaction as it was before what has just failed: DuckDB has ended it."""
        with suppress(duckdb.TransactionException):  # a COMMIT that failed has ended it altogether
            connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        for task in self._since_commit:
            task(connection)

    def _set_aside(self, connection: duckdb.DuckDBPyConnection, part: Portion, exc: BaseException) -> None:
        try:
            unit, source = part.describe(part.begin), part.source(part.begin)
        except Exception:
            unit, source = "a row that cannot be shown", "store"
        fault, cause = fault_of(exc, "store", unit, len(part)), RejectCause.PROGRAM_FAULT
        row = [
            f"store:{source}",
            str(cause),
            len(part),
            fault.unit,
            f"{part.table}: {fault.note()}",
            REJECT_SENTENCES[cause],
        ]

        def tell(connection: duckdb.DuckDBPyConnection) -> None:
            connection.execute(
                """INSERT INTO reject_rows BY NAME SELECT ? AS source, ? AS cause, ? AS count, ? AS sample, ? AS note, ? AS sentence""", row
            )  # fmt: skip

        tell(connection)
        self._since_commit.append(tell)
        self._faults.put((source, fault))

    def _identity(self) -> tuple[int, int] | None:
        """Device and number of the file under the store's name."""
        try:
            return None if self._file is None else ((found := self._file.stat()).st_dev, found.st_ino)
        except OSError:
            return None

    def _check(self) -> None:
        if self._failure is not None:
            raise StoreError(f"{self.path or 'memory'}: a write failed: {self._failure}") from self._failure


def _limit_bytes(connection: duckdb.DuckDBPyConnection) -> float:
    """What DuckDB may keep in memory, as it tells it: ``488.2 MiB``."""
    text = str(connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])
    number, _, unit = text.partition(" ")
    return float(number) * {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}[unit]


@dataclass(frozen=True, slots=True)
class _Question:
    """What changes nothing that would have to be done again in a transaction begun anew."""

    ask: Write

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.ask(connection)


@dataclass(frozen=True, slots=True)
class _Call:
    """As :class:`_Question`, of something that needs no store."""

    what: Callable[[], object]

    def __call__(self, _: duckdb.DuckDBPyConnection) -> None:
        self.what()
