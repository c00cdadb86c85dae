"""``tidewaiter check``: whether what the settings name is there, one line each; and what is set."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.commands.folders import cache_folder, reference_folder
from tracker.commands.given import settings_of
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
    from tracker.settings import Settings
    from tracker.watch.trial import Finding

_WORDS = {True: ("ok", "green"), None: ("note", "yellow"), False: ("wrong", "red")}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check")(check_command)


def check_command(
    config: ConfigOption = None,
    db: Annotated[Path | None, typer.Option("--db", help="Store that watch is to write.")] = None,
    source: Annotated[list[str] | None, typer.Option("--source", help="A source as in watch; may be repeated.")] = None,
    cargo: CargoOption = None,
    cargo_mapping: CargoMappingOption = None,
    zones: ZonesOption = None,
    profile: ProfileOption = None,
    reference: ReferenceOption = None,
    settings_only: Annotated[
        bool, typer.Option("--settings", help="List every setting with its value, meaning and origin, and try nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON lines on stdout.")] = False,
) -> None:
    """Try what the settings name (sources, broker, store, zones, papers, room on the disk) and show what is set differently from the defaults."""
    from tracker.commands.show import show_changed_settings, show_settings
    from tracker.watch.source_text import source_of

    settings = settings_of(config, profile, cargo_mapping)
    settings = settings.with_sources(dict(map(source_of, source or [])))
    if settings_only:
        show_settings(out, settings)
        return
    if not as_json:
        show_changed_settings(out, settings)
    wrong = 0
    for finding in _findings(settings, config, db, cargo, zones, reference):
        wrong += finding.is_good is False
        word, style = _WORDS[finding.is_good]
        if as_json:
            sys.stdout.write(
                json.dumps({"what": finding.what, "is": word, "how": finding.how_it_is, "mend": finding.mend}) + "\n"
            )
        else:
            out.say(f"{word:5}  {finding.what}: {finding.sentence()}", style)
    if wrong:
        raise typer.Exit(1)


def _findings(
    settings: Settings,
    config: Path | None,
    db: Path | None,
    cargo: list[Path] | None,
    zones: Path | None,
    reference: Path | None,
) -> Iterator[Finding]:
    from tracker.watch.trial import Finding, try_all

    yield Finding("settings", True, f"{config or 'the defaults'}, profile {settings.profile}")
    yield from _reference(reference)
    if zones is not None:
        yield from _zones(zones)
    if cargo:
        yield from _cargo(settings, cargo, reference)
    yield from try_all(settings, db)


def _reference(folder: Path | None) -> Iterator[Finding]:
    from tracker.geography.reference import list_reference
    from tracker.watch.trial import Finding

    place = folder or reference_folder()
    if folder is not None and not folder.is_dir():
        yield Finding("reference", False, f"there is no folder {folder}", "tidewaiter reference import makes it")
        return
    try:
        held = [report.kind.replace("_", " ") for report in list_reference(place)]
    except (OSError, ValueError, TypeError) as exc:
        yield Finding("reference", False, f"{place} cannot be read ({exc})", "import its files anew")
        return
    yield Finding(
        "reference", True, f"{', '.join(held) if held else 'nothing imported: what comes with the program is used'}"
    )


def _zones(path: Path) -> Iterator[Finding]:
    from tracker.geography.zones import read_zones
    from tracker.watch.trial import Finding

    try:
        found = read_zones(path)
    except InputError as exc:
        yield Finding("zones", False, str(exc))
        return
    yield Finding(
        "zones",
        None if found.warnings else True,
        f"{path}: {len(found)} areas{''.join(f'; {w}' for w in found.warnings)}",
    )


def _cargo(settings: Settings, paths: list[Path], reference: Path | None) -> Iterator[Finding]:
    from tracker.cargo.read import read_cargo
    from tracker.geography.places import WorldPlaces
    from tracker.replay import cargo_counts
    from tracker.watch.trial import Finding

    places = WorldPlaces.load(reference or reference_folder(), cache_folder())
    try:
        book = read_cargo(paths, places.resolve_location, settings.cargo)
    except InputError as exc:
        yield Finding("cargo", False, str(exc))
        return
    counts: Any = cargo_counts(book)
    said = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    yield Finding("cargo", not book.rows_rejected, said or "nothing in it")
    for file in book.files:
        for word, tally in (("refused", file.rejects), ("warning", file.warnings)):
            for sample in tally.samples:
                yield Finding(
                    "cargo",
                    False if word == "refused" else None,
                    f"{file.path}: row {sample.at}: {word}: {sample.note}",
                )
