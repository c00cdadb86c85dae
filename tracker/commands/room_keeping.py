"""``tidewaiter room backup``, ``restore`` and ``retain``: the room's store kept, put back, and rid of what is old."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.commands.folders import data_folder
from tracker.commands.options import ConfigOption
from tracker.terminal import err, out, progress

if TYPE_CHECKING:
    from tracker.room.assembling import AssembledRoom

_STEPS = 1000


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("backup")(backup_command)
    app.command("restore")(restore_command)
    app.command("retain")(retain_command)


def backup_command(
    data: Annotated[str, typer.Option("--data", help="Folder of the room's store, or URL of its database; the room may run.")],
    to: Annotated[Path, typer.Option("--to", help="File to write; one that is there is not overwritten.")],
    with_keys: Annotated[bool, typer.Option("--with-keys", help="With the key that signs the audit: whoever has the file can sign as this room.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was made as JSON on stdout.")] = False,
    config: ConfigOption = None,
) -> None:  # fmt: skip
    """Back up the room's store as it is at one instant, also beside a running room; read back before it gets its name."""
    from tracker.room.audited import Act
    from tracker.room.rights import NOBODY
    from tracker.room.upkeep.backup import take_backup

    room, keys = _room(data, config)
    try:
        with _told("backup") as tell:
            made = take_backup(room.parts.store, to, room.parts.now_us(), keys if with_keys else None, tell)
        with room.parts.store.write() as connection:
            terms = {"head": made.manifest.head, "has_keys": with_keys}
            room.parts.audit.write(connection, NOBODY, Act.ROOM_BACKED_UP, terms=terms)
    finally:
        room.parts.store.close()
    if as_json:
        out.say(json.dumps(made.to_json()))
    else:
        err.say(made.sentence())


def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that room backup made.")],
    data: Annotated[str, typer.Option("--data", help="Folder or URL of a database where no room is yet.")],
    config: ConfigOption = None,
) -> None:
    """Put a backup of the room where none is, SQLite or PostgreSQL; overwrites nothing, and keeps nothing unless all of it holds."""
    from streams.time import SteadyClock, SystemClock
    from tracker.room.assembling import key_folder
    from tracker.room.upkeep.restoring import restore_backup
    from tracker.settings import load_settings

    settings = load_settings(config, None, os.environ).room
    keys = key_folder(data, settings, data_folder() / "room")
    with _told("restore") as tell:
        done = restore_backup(file, data, keys, SteadyClock(SystemClock()).now_us, tell)
    err.say(done.sentence(data if "://" not in data else "the database"))


def retain_command(
    data: Annotated[str, typer.Option("--data", help="Folder of the room's store, or URL of its database; the room may run.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is to be erased; nothing is.")] = False,
    config: ConfigOption = None,
) -> None:  # fmt: skip
    r"""Erase now what \[room] keep_alerts_d and its like say is old, which a running room does once a day."""
    from tracker.room.upkeep.retention import Retention

    room, _ = _room(data, config)
    try:
        retention = Retention(room.parts.store, room.parts.now_us, room.parts.audit, room.parts.settings)
        due = retention.due()
        if not dry_run:
            while retention.step():
                pass
            retention.finish(None)
    finally:
        room.parts.store.close()
    err.say(f"{'to be erased' if dry_run else 'erased'}: {due.sentence()}")


def _room(data: str, config: Path | None) -> tuple[AssembledRoom, Path]:
    """A room that is there, and the folder of its keys."""
    from tracker.errors import InputError
    from tracker.room.assembling import assemble, key_folder
    from tracker.room.store.opening import SQLITE_FILE
    from tracker.settings import load_settings

    if "://" not in data and not (Path(data) / SQLITE_FILE).is_file():
        raise InputError("there is no room", data, "give --data the folder that the room was started with")
    settings = load_settings(config, None, os.environ).room
    keys = key_folder(data, settings, data_folder() / "room")
    return assemble(data, settings, keys), keys


@contextmanager
def _told(what: str) -> Iterator[Callable[[str, float], None]]:
    """How far it is, on a terminal."""
    with progress(what) as tell:
        yield lambda _, done: None if tell is None else tell(int(done * _STEPS), _STEPS)
