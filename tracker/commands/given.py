"""What the options of a command name, read and ready; each mistake in one sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracker.commands.folders import cache_folder, reference_folder
from tracker.errors import InputError
from tracker.terminal import err

if TYPE_CHECKING:
    from tracker.cargo.book import CargoBook
    from tracker.geography.places import WorldPlaces
    from tracker.geography.zones import ZoneSet
    from tracker.settings import Settings
    from tracker.units import Micros


_MOST_SAID: Final = 10
"""So many files of papers that are not whole, or not understood for sure, are named."""


def time_of(text: str, option: str) -> Micros:
    """A time as written on the command line."""
    from tracker.units import parse_time

    try:
        return parse_time(text)
    except ValueError as exc:
        raise InputError(f"{text!r} is no time", option, "write it like 2026-03-01T00:00:00Z") from exc


def settings_of(config: Path | None, profile: str | None, cargo_mappings: list[Path] | None = None) -> Settings:
    """Settings of a file, of the environment and of a profile, with further mappings of cargo tables."""
    from tracker.settings import load_settings

    settings = load_settings(config, profile, os.environ)
    return settings.with_cargo_mappings([str(path) for path in cargo_mappings]) if cargo_mappings else settings


def places_of(reference: Path | None) -> WorldPlaces:
    """Ports, airports and coasts, with what was imported."""
    from tracker.geography.places import WorldPlaces

    if reference is not None and not reference.is_dir():
        what = "is no folder" if reference.exists() else "there is no such folder"
        raise InputError(what, str(reference), "check the path given to --reference; 'tidewaiter reference' fills one")
    return WorldPlaces.load(reference or reference_folder(), cache_folder())


def cargo_of(paths: list[Path] | None, places: WorldPlaces, settings: Settings) -> CargoBook:
    """The papers, with what is wrong in them said; an empty book without paths."""
    from tracker.cargo.book import CargoBook
    from tracker.cargo.read import read_cargo

    book = read_cargo(paths, places.resolve_location, settings.cargo) if paths else CargoBook()
    _say_bad_cargo(book)
    return book


def zones_of(path: Path | None) -> ZoneSet:
    """Areas of interest."""
    from tracker.geography.zones import NO_ZONES, read_zones

    return read_zones(path) if path else NO_ZONES


def _say_bad_cargo(book: CargoBook) -> None:
    odd = [f"{file.path}: is incomplete: {file.incomplete}" for file in book.files if file.is_incomplete]
    odd += [f"{file.path}: {file.guessed}" for file in book.files if file.guessed]
    for sentence in odd[:_MOST_SAID]:
        err.say(sentence, "yellow")
    if len(odd) > _MOST_SAID:
        err.say(
            f"cargo: {len(odd) - _MOST_SAID:,} more are incomplete or guessed; 'tidewaiter check --cargo' lists them",
            "yellow",
        )
    samples = [(file.path, sample) for file in book.files for sample in file.rejects.samples]
    for path, sample in samples[:10]:
        err.say(f"{path}: row {sample.at}: {sample.note}", "yellow")
    if book.rows_rejected > 10:
        err.say(f"cargo: {book.rows_rejected:,} rows refused in all; 'tidewaiter check --cargo' lists them", "yellow")
