"""``tidewaiter draw``: an event, an alert, a craft or an area as a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.given import places_of, time_of, zones_of
from tracker.commands.options import ReferenceOption
from tracker.errors import InputError
from tracker.terminal import err


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("draw")(draw_command)


def draw_command(
    what: Annotated[
        str | None,
        typer.Argument(
            help="An event_id, an alert_id, a craft (mmsi:219001234, icao24:4b1812), or a kind of event: the first of it."
        ),
    ] = None,
    db: Annotated[Path, typer.Option("--db", help="Store written by replay or watch.")] = ...,  # type: ignore[assignment]
    target: Annotated[Path | None, typer.Option("--out", help="SVG file to write; without it stdout.")] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="With a craft or an area: from this time (ISO 8601, UTC).")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="With a craft or an area: up to this time.")] = None,
    area: Annotated[
        str | None,
        typer.Option(
            "--area", help="Whoever was between two corners: LAT,LON,LAT,LON, south-west first, for example 54,8,55,9."
        ),
    ] = None,
    detail: Annotated[
        str | None, typer.Option("--detail", help="With a kind: the first event of this detail or cause.")
    ] = None,
    zones: Annotated[
        Path | None, typer.Option("--zones", help="Areas of interest as GeoJSON, to be drawn too.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Words before the caption.")] = "",
    reference: ReferenceOption = None,
) -> None:
    """Draw an event, an alert, a craft or an area as SVG: tracks, coast, places, time, and the event's own sentence (docs/drawing.md)."""
    from tracker.door.opening import open_to_read
    from tracker.drawing.picture import draw
    from tracker.inputs.recorded import feed_name
    from tracker.outputs import check_outputs, replaced
    from tracker.store.cases import Span, craft_named, read_area, read_case, read_craft

    check_outputs({"--out": target}, [db, *([zones] if zones else [])])
    if (what is None) == (area is None):
        raise InputError(
            "needs one thing to draw", "draw", "name an event, an alert, a craft or a kind, or give --area"
        )
    span = Span(
        *(None if text is None else time_of(text, option) for text, option in ((begin, "--from"), (end, "--to")))
    )
    craft = None if what is None else craft_named(what)
    if area is None and craft is None and (begin or end):
        raise InputError("go with a craft or an area", "--from and --to", "an event has its own times")
    corners = None if area is None else _corners(area)
    with open_to_read(db) as reader:
        if corners is not None:
            case = read_area(reader, str(db), corners, span)
        elif craft is not None:
            case = read_craft(reader, str(db), craft, span)
        else:
            case = read_case(reader, str(db), str(what), detail, lambda source: feed_name(Path(source)))
    picture = draw(case, places_of(reference), zones_of(zones), note)
    if target is None:
        sys.stdout.write(picture)
        return
    with replaced(target, text=True) as file:
        file.write(picture)
    err.say(f"{target} is drawn")


def _corners(text: str) -> tuple[float, float, float, float]:
    """South, west, north, east."""
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError as exc:
        raise InputError(
            f"{text!r} are no two corners", "--area", "write LAT,LON,LAT,LON, for example 54,8,55,9"
        ) from exc
    if not (-90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180 and west != east):
        raise InputError(
            f"{text!r} is no area", "--area", "the south-west corner first; latitudes -90 to 90, longitudes -180 to 180"
        )
    return south, west, north, east
