"""``tidewaiter backup``, ``restore`` and ``migrate``: a store kept, put back, and brought to the layout of this program."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.errors import InputError
from tracker.terminal import err, progress

_STEPS = 1000


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("backup")(backup_command)
    app.command("restore")(restore_command)
    app.command("migrate")(migrate_command)


def backup_command(
    db: Annotated[Path, typer.Option("--db", help="Store, whether or not a program has it open.")],
    to: Annotated[
        Path, typer.Option("--to", help="New folder; on the same disk journals are linked and cost no room.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="What was made as JSON on stdout.")] = False,
) -> None:
    """Back up a store with its snapshots and journals, also while watch has it; verified before it gets its name."""
    from streams.time import SystemClock
    from tracker.door.client import Door
    from tracker.store.copying import closed_store
    from tracker.watch.backup import take_backup

    if not db.exists():
        raise InputError("there is no such file", str(db), "give the store that watch or replay wrote")
    door = Door.of_store(db)
    if door is not None:
        report = door.backup(to)
    else:
        with progress("backup") as tell, closed_store(db) as view:
            made = take_backup(
                db, to, view, SystemClock(), None if tell is None else lambda _, done: tell(int(done * _STEPS), _STEPS)
            )
        report = made.to_json()
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        linked = f", {report['linked_bytes']:,} of them linked and not copied" if report["linked_bytes"] else ""
        err.say(f"{report['folder']}: {report['files']:,} files, {report['bytes']:,} bytes{linked}; whole")


def restore_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder that backup made.")],
    db: Annotated[Path, typer.Option("--db", help="Where the store is to be; nothing may be there.")],
) -> None:
    """Put a backup where a store is to be, every digest checked; overwrites nothing."""
    from tracker.watch.backup import restore_backup

    with progress("restore") as tell:
        files = restore_backup(folder, db, None if tell is None else lambda _, done: tell(int(done * _STEPS), _STEPS))
    err.say(f"{db} is restored, {files:,} files, every digest as written; start watch with it as before")


def migrate_command(
    db: Annotated[Path, typer.Option("--db", help="Store that no program has open.")],
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what would be done, how long it takes and what room it needs; on a copy, changing nothing.",
        ),
    ] = False,
) -> None:
    """Bring a store to the layout of this program, which watch and replay do by themselves at their start."""
    from tracker.store.migrating import migrate, rehearse

    if dry_run:
        for line in rehearse(db).sentences():
            err.say(line)
    else:
        for line in migrate(db).sentences():
            err.say(line)
