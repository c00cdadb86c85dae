"""``tidewaiter watch``: the live program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.commands.given import cargo_of, places_of, settings_of, zones_of
from tracker.commands.options import CargoOption, ConfigOption, ProfileOption, ReferenceOption, ZonesOption
from tracker.errors import InputError

if TYPE_CHECKING:
    from tracker.config.watch import SourceConfig


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("watch")(watch_command)


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
    zones: ZonesOption = None,
    config: ConfigOption = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Append alerts as CloudEvents JSON lines.")] = None,
    profile: ProfileOption = None,
    reference: ReferenceOption = None,
) -> None:
    """Watch live feeds for months: read, judge, store, alert; SIGTERM ends it cleanly (docs/watch.md)."""
    from tracker.watch.ending import AtOnce
    from tracker.watch.files import WatchFiles, state_folder
    from tracker.watch.run import run_watch
    from tracker.watch.source_text import source_of

    settings = settings_of(config, profile)
    named: dict[str, SourceConfig] = {}
    for name, made in map(source_of, source or []):
        if name in named:
            raise InputError("is given twice", f"--source {name}", "give each source a name of its own")
        named[name] = made
    settings = settings.with_sources(named)
    places = places_of(reference)
    book = cargo_of(cargo, places, settings)
    run_watch(settings, WatchFiles(db, state_folder(db), alerts), book, places, zones_of(zones))
    raise AtOnce(0)
