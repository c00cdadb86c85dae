"""Options that several commands have, each in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DbOption = Annotated[Path | None, typer.Option("--db", help="DuckDB file to write; without it nothing is kept.")]
StoreOption = Annotated[Path, typer.Option("--db", help="Store of the live program; its journals stand beside it.")]
CargoOption = Annotated[
    list[Path] | None, typer.Option("--cargo", help="Cargo file or folder (docs/cargo.md); may be repeated.")
]
CargoMappingOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--cargo-mapping",
        help="TOML file that says what the columns of a cargo table mean (docs/cargo.md); may be repeated, and adds to those of the settings.",
    ),
]
ZonesOption = Annotated[Path | None, typer.Option("--zones", help="Areas of interest as GeoJSON.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file of settings (docs/settings.md). Default: none.")
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile", help="customs, gfw, or one of your settings. Default: as the settings say, else customs."
    ),
]
ReferenceOption = Annotated[
    Path | None, typer.Option("--reference", help="Folder of imported reference data. Default: the user's own.")
]
ReferenceFolderOption = Annotated[
    Path | None, typer.Option("--folder", help="Where imported data is kept. Default: the user's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Summary as JSON on stdout.")]

# what is said of recordings: of their times, and of the columns of a table

UndatedOption = Annotated[
    str,
    typer.Option(
        "--undated",
        "--start-time",
        help="When recordings without times began: a time like 2026-03-01T00:00:00Z, or mtime, that of the file. Default: such rows are refused.",
    ),
]
DateOrderOption = Annotated[
    str,
    typer.Option("--date-order", help="dmy or mdy: what 03/04/2026 means, where no day above 12 in the file shows it."),
]
ZoneOption = Annotated[
    str,
    typer.Option("--zone", help="Zone of times written without an offset: Europe/Paris, +05:30. Default: UTC."),
]
ClockOption = Annotated[
    str,
    typer.Option("--clock", help="What stamps Beast and AVR frames: 12mhz, gps (Radarcape), or auto, by their bits."),
]
ReceiverOption = Annotated[
    str,
    typer.Option(
        "--receiver", help="Where the one receiver of Mode S frames stands: LAT,LON or LAT,LON,HEIGHT in metres."
    ),
]
MappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", help="TOML file that says what the columns of a table mean (docs/inputs.md)."),
]
