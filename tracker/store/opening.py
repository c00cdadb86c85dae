"""Opening a DuckDB file: whose it is, whether it is whole, and what to do where it is not.

================================================  ====================================================================================
what is found                                     what is done
================================================  ====================================================================================
nothing                                           a new store, in one transaction: whoever is killed in it leaves nothing or all
a file that ends inside its own head, no log      a first start was killed before anything was in it: begun anew
tables of ours, all empty, without ``about``      the same, by versions before 6, which made one table after the other: made whole
other tables, or no DuckDB file                   refused: it is somebody else's
a log (``FILE.wal``) without its store            refused: DuckDB would throw it away without a word
a damaged store or log                            refused, and told as what it is
an older layout                                   all steps up to the present one, in one transaction
================================================  ====================================================================================
"""

from __future__ import annotations

import fcntl
import re
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import duckdb

from streams.private import close_to_others
from tracker.errors import InputError, StoreError
from tracker.printable import printable
from tracker.store.migrations import LAYOUT, MIGRATIONS
from tracker.store.tables import TABLES
from tracker.store.views import make_views

CATALOG: Final = "store"
ROW_GROUP_ROWS: Final = 32_768
"""Every 16 MB of the log DuckDB writes them into the file, packed, and the last group of rows with them once more. A commit with an alert may wait
behind it: 0.13 to 0.18 s for 140,000 positions, with groups of the usual 122,880 rows 0.13 to 0.66 s, for the same size of the file."""
_HEAD_BYTES: Final = 3 * 4096
"""A main header and two headers of the database, as DuckDB writes them first."""
_MAGIC: Final = b"DUCK"
_MAGIC_AT: Final = 8
_LOG_BEGINS: Final = bytes.fromhex("640062650002")[:5]
"""Of every log: the first field (100) of its first entry is its kind, 98, the version. Compared because DuckDB takes a log that begins with anything
else for an empty one."""
_DAMAGED: Final = ("Corrupt", "Could not read enough bytes", "checksum")
"""What DuckDB says of a file that is not whole."""
_STORE_ID: Final = "store_id"


def open_store(path: Path | None, *, read_only: bool, memory: str) -> duckdb.DuckDBPyConnection:
    """A connection to the store, its tables and views as this program knows them.

    Raises
    ------
    InputError
        for a file that cannot be used, with what to do.
    """
    if path is not None:
        _look_at(path, read_only=read_only)
    connection = _connect(path, read_only=read_only, memory=memory)
    try:
        _prepare(connection, path, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    if path is not None and not read_only:
        for file in (path, log_of(path)):
            close_to_others(file)
    return connection


def log_of(path: Path) -> Path:
    """DuckDB's log of what is not yet in the file."""
    return path.with_name(path.name + ".wal")


def clear_copies(folder: Path) -> None:
    """Remove what a killed program left of a copy; whoever calls it has the store, so nobody else copies there."""
    for left in folder.glob("*.duckdb*") if folder.is_dir() else ():
        with suppress(OSError):
            left.unlink()


def store_id(connection: duckdb.DuckDBPyConnection) -> str:
    """What tells this store from every other, also from one made in its place; empty in stores of old that were only read since."""
    found = connection.execute("SELECT content FROM watch_state WHERE name = ?", [_STORE_ID]).fetchone()
    return "" if found is None else str(found[0])


_HOLDER: Final = re.compile(r"lock is held in (.+?) \(PID (\d+)\)")


def _look_at(path: Path, *, read_only: bool) -> None:
    """Refuse what DuckDB would misunderstand, and clear away what a killed first start has left."""
    log = log_of(path)
    if path.is_dir():
        raise InputError("is a folder", str(path), "name a file in it")
    if not path.exists():
        if _size(log):
            raise InputError(
                f"is not there, but its log {log.name} is, with {_size(log):,} bytes of committed results",
                str(path),
                "put the store back, or move the log away to begin a new one",
            )
        return
    begins = _begins(log, len(_LOG_BEGINS))
    if begins and begins != _LOG_BEGINS[: len(begins)]:
        raise _damaged_log(path, "it does not begin as a log does")
    if not read_only and _is_unfinished(path) and not _size(log):
        _remove_unfinished(path)


def _is_unfinished(path: Path) -> bool:
    """Whether a file ends inside the head of a DuckDB file."""
    begins = _begins(path, _MAGIC_AT + len(_MAGIC))
    return _size(path) < _HEAD_BYTES and (not begins.strip(b"\0") or begins[_MAGIC_AT:] == _MAGIC)


def _remove_unfinished(path: Path) -> None:
    try:
        with path.open("r+b") as file:
            # as DuckDB locks it: whoever is making it just now has the lock
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except BlockingIOError as exc:
        raise _locked(path) from exc
    except OSError as exc:
        raise InputError(f"cannot be opened ({exc.strerror})", str(path), "check its permissions and its disk") from exc


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _begins(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def _locked(path: Path, said: str = "") -> InputError:
    """Somebody has the store; ``said`` is DuckDB's own sentence, which names whom where this machine can tell."""
    holder = _HOLDER.search(said)
    who = f" ({printable(Path(holder[1]).name)}, process {holder[2]})" if holder else ""
    return InputError(
        f"another process has this store open{who}, and what you ask cannot be done at its door, or no door leads into it from here "
        "(docs/door.md)",
        str(path),
        "end it first; where it is a 'tidewaiter watch' of another user or in a container, read it as that user or in there",
    )


def _damaged_log(path: Path, why: str) -> InputError:
    return InputError(
        f"its log {log_of(path).name} is damaged ({why})",
        str(path),
        "keep a copy of both files, then restore them from a backup, or move the log away: what was committed since the store was last written "
        "through is then lost, and a live program reads it again from its journals",
    )


def _told(exc: duckdb.Error, path: Path) -> InputError:
    """What DuckDB says of a file, in our words."""
    said, first = str(exc), str(exc).splitlines()[0]
    if "lock" in said.lower() and "block" not in said.lower():
        return _locked(path, said)
    if "WAL" in said:
        if "does not match database file" in said:
            return InputError(
                f"its log {log_of(path).name} belongs to another store",
                str(path),
                "put the store back that the log belongs to, or move the log away: what is in it is then lost",
            )
        return _damaged_log(path, first)
    is_ours = _begins(path, _MAGIC_AT + len(_MAGIC))[_MAGIC_AT:] == _MAGIC
    if is_ours and any(word in said for word in _DAMAGED):
        return InputError(
            f"is damaged ({first})",
            str(path),
            "keep a copy of it and of its log, check the disk, then restore it from a backup or begin a new one with another --db file",
        )
    if isinstance(exc, duckdb.IOException):
        return InputError(f"cannot be opened as a DuckDB file ({first})", str(path), "choose another --db file")
    return InputError("is not a DuckDB file of a version this program reads", str(path), "choose another file")


def _connect(path: Path | None, *, read_only: bool, memory: str) -> duckdb.DuckDBPyConnection:
    try:
        if path is None or read_only:
            connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only)
        else:
            connection = _attach(path)
    except duckdb.Error as exc:
        raise _told(exc, path or Path("memory")) from exc
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
        connection.execute(f"ATTACH '{file}' AS {CATALOG} (ROW_GROUP_SIZE {ROW_GROUP_ROWS})")
        connection.execute(f"USE {CATALOG}")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: duckdb.DuckDBPyConnection, path: Path | None, *, read_only: bool) -> None:
    """Create the tables of a new file, migrate an older one, refuse a newer one: all in one transaction."""
    where = str(path or "memory")
    known = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    is_new = "about" not in known or _one(connection, "SELECT count(*) FROM about") == 0
    if is_new and (read_only or not _has_nothing(connection, known)):
        raise InputError("is no store of this program", where, "give the file that 'tidewaiter replay --db' wrote")
    found = LAYOUT if is_new else int(_one(connection, "SELECT max(layout) FROM about"))
    if found > LAYOUT:
        raise InputError(f"has layout {found}, this program knows {LAYOUT}", where, "use the newer program")
    if read_only:
        return
    connection.execute("BEGIN")
    try:
        if is_new:
            for statement in TABLES.values():
                connection.execute(statement)
            connection.execute("INSERT INTO about VALUES (?, ?)", [LAYOUT, "tidewaiter"])
        for layout in range(found, LAYOUT):
            for statement in MIGRATIONS[layout]:
                connection.execute(statement)
        if found < LAYOUT:
            connection.execute("UPDATE about SET layout = ?", [LAYOUT])
        has_made = make_views(connection)
        if not store_id(connection):
            connection.execute("INSERT INTO watch_state VALUES (?, ?)", [_STORE_ID, uuid.uuid4().hex])
        connection.execute("COMMIT")
        if has_made:
            connection.execute("CHECKPOINT")  # the log begins with what people put in, not with our comments
    except duckdb.Error as exc:
        if path is not None and any(word in str(exc) for word in _DAMAGED):
            raise _told(exc, path) from exc
        raise StoreError(f"{where}: its tables cannot be made or migrated ({exc}); nothing was changed") from exc


def _has_nothing(connection: duckdb.DuckDBPyConnection, known: set[str]) -> bool:
    """Whether all tables are ours and empty: what a first start leaves that was killed in it."""
    return known <= set(TABLES) and all(_one(connection, f"SELECT count(*) FROM {name}") == 0 for name in known)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    if row is None:
        raise StoreError(f"no answer to {query}")
    return row[0]
