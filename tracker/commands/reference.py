"""``tidewaiter reference``: your own ports, airports and routes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.folders import reference_folder
from tracker.commands.options import ReferenceFolderOption
from tracker.terminal import err, out


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="Your own ports, airports and routes.")
    app.add_typer(group, name="reference")
    group.command("import")(reference_import)
    group.command("list")(reference_list)


def reference_import(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSV or GeoJSON files (docs/reference-data.md).")
    ],
    folder: ReferenceFolderOption = None,
) -> None:
    """Import your own ports, airports, runways, routes or identity tables (docs/reference-data.md)."""
    from streams.time import SystemClock
    from tracker.geography.reference import import_reference
    from tracker.units import iso_time

    for file in files:
        report = import_reference(file, folder or reference_folder(), iso_time(SystemClock().now_us()))
        refused = f", {report.bad_rows:,} refused" if report.bad_rows else ""
        err.say(f"{file.name}: {report.rows:,} rows of {report.kind.replace('_', ' ')}{refused}")


def reference_list(
    folder: ReferenceFolderOption = None,
) -> None:
    """What has been imported, from which files."""
    from tracker.commands.show import show_reference
    from tracker.geography.reference import list_reference

    show_reference(out, list_reference(folder or reference_folder()))
