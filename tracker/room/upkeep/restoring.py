"""A backup put into an empty store, SQLite or PostgreSQL, whichever it was made of: in one transaction, all or nothing.

What a restored room does otherwise than one that went on:

- Nobody is signed in: all sessions are over. Passwords, passkeys and tokens of services are those of the backup; one that was taken back since holds again.
- Each engine is followed from the number that the backup had, so everything it told since comes again, once. A decision that the backup did not know as sent is sent again under
  its id, which the engine takes once. What was decided since the backup, the room learns from the engine (:mod:`tracker.room.alerts.relearning`).
- The stream to browsers goes on far behind every number ever given, so that whoever comes back fetches the list anew; versions of the desk's work
  jump as well, so that an act meant for a version of the lost time is refused and told.
- The chain of the audit is gone through before anything is kept, and goes on with an entry that tells of the restore. Entries behind the backup's head are lost; anchors kept elsewhere say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection, MetaData, Table, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from streams.private import replace_private
from tracker.errors import InputError, StoreError
from tracker.room.accounts.account_tables import SESSIONS, TOKENS
from tracker.room.alerts.alert_tables import ALERTS, DESK_TURN, ENGINES
from tracker.room.alerts.relearning import fact_of
from tracker.room.audit.heads import read_anchors
from tracker.room.audit.keys import KEY_FILE, PUBLIC_FILE, open_key
from tracker.room.audit.log import AuditLog
from tracker.room.audit.verifying import verify_store
from tracker.room.audited import Act
from tracker.room.rights import NOBODY
from tracker.room.store.metadata import ROOM_FACTS
from tracker.room.store.opening import Filling, known_layouts, open_room_store
from tracker.room.store.tables import METADATA
from tracker.room.upkeep.backup import Tell, silent
from tracker.room.upkeep.backup_file import Manifest, read_lines, read_manifest
from tracker.units import parse_time

STREAM_JUMP: Final = 1 << 40
"""More changes than a room ever makes between a backup and its restore."""
VERSION_JUMP: Final = 1_000
"""More acts than one alert ever sees in that time."""
_ROWS: Final = 500
_PRIVATE_OF_ROOM: Final = {KEY_FILE, PUBLIC_FILE}


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    tokens: int
    """Tokens of services that hold."""

    def sentence(self, data: str) -> str:
        """One sentence."""
        rows = sum(self.manifest.rows.values())
        tokens = f"; {self.tokens} tokens of services hold, also such as were revoked since" if self.tokens else ""
        return f"{data}: restored as of {self.manifest.made}, {rows:,} rows, the chain of the audit holds up to {self.manifest.head}; everyone signs in anew{tokens}"


def restore_backup(path: Path, data: str, keys: Path, now_us: Callable[[], int], tell: Tell = silent) -> Restored:
    """Put a backup into the empty store of ``data``, and its keys, if it has any, into the folder ``keys``.

    Raises
    ------
    InputError
        the backup is not whole, or there is a room already.
    StoreError
        the chain of the audit in it does not hold, or the store could not be written.
    """
    manifest = read_manifest(path, tell)
    unknown = set(manifest.layout) - known_layouts()
    if unknown:
        raise InputError(
            f"has layout {', '.join(sorted(unknown))}, which a newer tidewaiter wrote", str(path), "use that one"
        )
    made_keys = _put_keys(path, keys) if manifest.has_keys else []
    tokens = 0

    def finish(connection: Connection) -> None:
        nonlocal tokens
        _check_audit(connection, manifest, path)
        tokens = _as_restored(connection, manifest, now_us(), AuditLog(now_us, open_key(keys)))

    try:
        filling = Filling(manifest.layout, lambda connection: _fill(connection, path, tell), finish)
        open_room_store(data, filling).close()
    except BaseException as exc:
        for one in made_keys:
            one.unlink(missing_ok=True)
        if isinstance(exc, SQLAlchemyError):
            raise StoreError(
                f"{path}: could not be restored ({type(exc).__name__}); nothing was kept, look at the disk and the log of the database"
            ) from exc
        raise
    return Restored(manifest, tokens)


def _put_keys(path: Path, folder: Path) -> list[Path]:
    """Write the keys; those that were not there before."""
    made: list[Path] = []
    for read in read_lines(path):
        if not isinstance(read.line, dict) or "key" not in read.line:
            continue
        name, text = str(read.line["key"]), str(read.line["text"])
        if name not in _PRIVATE_OF_ROOM:
            raise InputError(
                f"has a key called {name[:40]!r}, which is none of a room", str(path), "take another backup"
            )
        place = folder / name
        if place.exists():
            if place.read_text(encoding="ascii", errors="replace") != text:
                raise InputError(
                    "is another key than that of the backup", str(place), "move it away, or give --data an empty place"
                )
            continue
        replace_private(place, text)
        made.append(place)
    return made


def _fill(connection: Connection, path: Path, tell: Tell) -> None:
    """All rows, as they were written; columns by their names, in the layout of the backup."""
    table: Table | None = None
    columns: list[str] = []
    held: list[dict[str, Any]] = []

    def put() -> None:
        if table is not None and held:
            connection.execute(insert(table), held)
        held.clear()

    for read in read_lines(path):
        if isinstance(read.line, list):
            held.append(dict(zip(columns, read.line, strict=True)))
            if len(held) >= _ROWS:
                put()
                tell("restore", read.done)
        elif "table" in read.line:
            put()
            columns = list(map(str, read.line["columns"]))
            table = Table(str(read.line["table"]), MetaData(), autoload_with=connection, resolve_fks=False)
    put()


def _check_audit(connection: Connection, manifest: Manifest, path: Path) -> None:
    finding = verify_store(connection, read_anchors((), [manifest.head] if not manifest.head.startswith("0:") else ()))
    if not finding.holds:
        raise StoreError(
            f"{path}: {finding.sentence()} ({finding.problems[0].sentence}); it was not restored, take another backup"
        )


def _go_on_counting(connection: Connection) -> None:
    """PostgreSQL gives numbers by sequences, which know nothing of rows that came with theirs."""
    if connection.dialect.name != "postgresql":
        return
    for table in METADATA.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            last = connection.execute(select(func.max(column))).scalar_one()
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, last or 1, last is not None)))


def _as_restored(connection: Connection, manifest: Manifest, now_us: int, audit: AuditLog) -> int:
    """Make of the room of the backup one that begins anew; how many tokens of services hold."""
    _go_on_counting(connection)
    is_live = SESSIONS.c.ended_us.is_(None)
    connection.execute(update(SESSIONS).where(is_live).values(ended_us=now_us, ended_why="restored from a backup"))
    connection.execute(update(DESK_TURN).values(sequence=DESK_TURN.c.sequence + STREAM_JUMP))
    for row in connection.execute(select(ALERTS.c.alert_id, ALERTS.c.standing, ALERTS.c.desk_version)).all():
        standing = orjson.loads(row.standing)
        standing["version"] += VERSION_JUMP
        connection.execute(
            update(ALERTS)
            .where(ALERTS.c.alert_id == row.alert_id)
            .values(standing=orjson.dumps(standing).decode(), desk_version=row.desk_version + VERSION_JUMP)
        )
    for engine in connection.execute(select(ENGINES.c.engine)).scalars().all():
        connection.execute(delete(ROOM_FACTS).where(ROOM_FACTS.c.name == fact_of(engine)))
        connection.execute(insert(ROOM_FACTS).values(name=fact_of(engine), value=str(parse_time(manifest.made))))
    audit.write(connection, NOBODY, Act.ROOM_RESTORED, terms={"head": manifest.head, "made": manifest.made})
    held = select(TOKENS.c.token_id).where(TOKENS.c.revoked_us.is_(None), TOKENS.c.until_us > now_us)
    return len(connection.execute(held).all())
