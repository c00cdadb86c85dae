"""A backup of the room's store, made beside a running room: one instant of it, in one file (:mod:`tracker.room.upkeep.backup_file`).

One reading transaction sees one instant, in SQLite (WAL) as in PostgreSQL (repeatable read), and nobody who writes waits for it. The numbered changes of the stream to
browsers are left out: they are a copy of seven days, and whoever comes back to a restored room fetches the list anew. The file has ``.part`` behind
its name until it is whole, was read back and lies on the disk.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select

from streams.journal_segments import sync_folder
from streams.private import private_handle
from tracker.errors import InputError, StoreError
from tracker.room.audit.audit_tables import AUDIT_TIP
from tracker.room.audit.keys import KEY_FILE, PUBLIC_FILE
from tracker.room.store.opening import RoomStore, layout_of
from tracker.room.store.tables import METADATA
from tracker.room.upkeep.backup_file import BackupWriter, Manifest, read_manifest
from tracker.units import iso_time

LEFT_OUT: Final = ("desk_stream",)
"""Tables that a restored room makes anew."""
_ROWS: Final = 1_000

Tell = Callable[[str, float], None]
"""Step and the fraction done."""


def silent(_step: str, _done: float) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    path: Path
    stored_bytes: int
    manifest: Manifest

    def sentence(self) -> str:
        """One sentence."""
        rows = sum(self.manifest.rows.values())
        keys = "with the key of the audit" if self.manifest.has_keys else "without keys"
        return f"{self.path}: {rows:,} rows, {self.stored_bytes:,} bytes, {keys}; read back whole, the audit ends at {self.manifest.head}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        manifest = self.manifest
        return {
            "file": str(self.path), "bytes": self.stored_bytes, "rows": dict(manifest.rows), "head": manifest.head, "made": manifest.made,
            "has_keys": manifest.has_keys, "layout": list(manifest.layout),
        }  # fmt: skip


def take_backup(store: RoomStore, to: Path, now_us: int, keys: Path | None, tell: Tell = silent) -> Made:
    """Make a backup of the store as it is at this instant.

    Parameters
    ----------
    keys:
        The folder whose keys go with it; None: no keys.

    Raises
    ------
    InputError
        the file is there, or cannot be made.
    StoreError
        it could not be made whole; nothing is left under its name.
    """
    if to.exists():
        raise InputError("is there already, and a backup overwrites nothing", str(to), "name a new file")
    part = to.with_name(to.name + ".part")
    try:
        handle = private_handle(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    except OSError as exc:
        raise InputError(
            f"cannot be written ({exc.strerror})", str(part), "name a file in a folder that can be written"
        ) from exc
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise InputError(
                "is being made by another process", str(part), "wait for its end, or name another"
            ) from exc
        try:
            file.truncate()  # of a backup that was killed
            with store.read() as connection:
                _write(connection, file, now_us, keys, tell)
            file.flush()
            os.fsync(file.fileno())
            manifest = read_manifest(part, tell)
            os.link(part, to)  # and never over a file that came meanwhile
        except FileExistsError as exc:
            raise InputError("is there by now, and a backup overwrites nothing", str(to), "name a new file") from exc
        except OSError as exc:
            raise StoreError(f"{part}: the backup could not be written: {exc.strerror or exc}") from exc
        finally:
            part.unlink(missing_ok=True)
        sync_folder(to.parent)
    return Made(to, to.stat().st_size, manifest)


def _write(connection: Connection, file: Any, now_us: int, keys: Path | None, tell: Tell) -> None:
    tables = [table for table in METADATA.sorted_tables if table.name not in LEFT_OUT]
    total = sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    writer = BackupWriter(file, layout_of(connection), iso_time(now_us), [str(table.name) for table in tables])
    for table in tables:
        writer.begin(str(table.name), [str(column.name) for column in table.columns])
        asked = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS)
        for rows in connection.execute(asked).partitions():
            for row in rows:
                writer.add(list(row))
            tell("backup", writer.rows / max(total, 1))
    for name in (KEY_FILE, PUBLIC_FILE) if keys is not None else ():
        assert keys is not None
        writer.add_key(name, (keys / name).read_text(encoding="ascii"))
    tip = connection.execute(select(AUDIT_TIP.c.sequence, AUDIT_TIP.c.hash)).one_or_none()
    writer.finish("0:" if tip is None else f"{tip.sequence}:{tip.hash}")
