"""``tidewaiter watch``: the live program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.commands.given import cargo_of, places_of, settings_of, zones_of
from tracker.commands.options import (
    CargoMappingOption,
    CargoOption,
    ConfigOption,
    ProfileOption,
    ReferenceOption,
    ZonesOption,
)
from tracker.errors import InputError
from tracker.terminal import out

if TYPE_CHECKING:
    from tracker.config.watch import SourceConfig


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("watch")(watch_command)
    app.command("reload")(reload_command)


def watch_command(
    db: Annotated[Path, typer.Option("--db", help="DuckDB file to write; snapshots and journals stand beside it.")],
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            help="NAME=tcp://host:port, tcp-listen://, udp://, kafka://topic or a path; ?format=beast and other settings may follow; besides those of the settings.",
        ),
    ] = None,
    cargo: CargoOption = None,
    cargo_mapping: CargoMappingOption = None,
    zones: ZonesOption = None,
    config: ConfigOption = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Append alerts as CloudEvents JSON lines.")] = None,
    profile: ProfileOption = None,
    reference: ReferenceOption = None,
) -> None:
    """Watch live feeds for months: read, judge, store, alert; SIGTERM ends it cleanly (docs/watch.md)."""
    from tracker.watch.ending import AtOnce
    from tracker.watch.files import WatchFiles, state_folder
    from tracker.watch.reloading import Given
    from tracker.watch.run import run_watch
    from tracker.watch.source_text import source_of

    named: dict[str, SourceConfig] = {}
    for name, made in map(source_of, source or []):
        if name in named:
            raise InputError("is given twice", f"--source {name}", "give each source a name of its own")
        named[name] = made
    settings_of(config, profile, cargo_mapping)  # a mistake in them is told before the world is loaded
    places = places_of(reference)

    def read() -> Given:
        settings = settings_of(config, profile, cargo_mapping).with_sources(named)
        return Given(settings, cargo_of(cargo, places, settings), zones_of(zones))

    run_watch(read, WatchFiles(db, state_folder(db), alerts), places)
    raise AtOnce(0)


def reload_command(
    db: Annotated[Path, typer.Option("--db", help="Store of the running program.")],
    as_json: Annotated[bool, typer.Option("--json", help="What became of it as a line of JSON on stdout.")] = False,
) -> None:
    """Have a running watch read its zones, papers and thresholds again; a mistake in them is told, and the old stays in force."""
    from tracker.door.client import Door
    from tracker.printable import json_text

    door = Door.of_store(db)
    if door is None:
        raise InputError("no program has it", str(db), "nothing is in force; 'tidewaiter watch' reads all at its start")
    report = door.reload()
    out.print(json_text(report) if as_json else str(report["sentence"]), soft_wrap=True, markup=False, highlight=False)
