"""``tidewaiter inspect``: what a file is, how it is read, what is missing; and a mapping to begin with."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.commands.options import (
    ClockOption,
    DateOrderOption,
    MappingOption,
    ReceiverOption,
    UndatedOption,
    ZoneOption,
)
from tracker.errors import GaveNothingError, InputError
from tracker.terminal import err, out

if TYPE_CHECKING:
    from streams.archives import LeftOut
    from tracker.decode.layouts import ReadLayout, UserMapping
    from tracker.inputs.inspection import Inspected, ReadColumn
    from tracker.inputs.opening import Recognised

FEWEST_GUESSED = 2
_COLUMNS_SHOWN = 60


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("inspect")(inspect_command)


def inspect_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Recordings, folders, archives or patterns, as for replay; - is standard input."
        ),
    ],
    mapping: MappingOption = None,
    mapping_out: Annotated[
        Path | None,
        typer.Option(
            "--mapping-out", help="Write how the columns of the first table are read, as a mapping to begin with."
        ),
    ] = None,
    undated: UndatedOption = "",
    date_order: DateOrderOption = "",
    zone: ZoneOption = "",
    clock: ClockOption = "",
    receiver: ReceiverOption = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="Read all of each file, not only its first million rows.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a recording on stdout.")] = False,
) -> None:
    """Show what a file is and how it is read: layout, columns and units, first rows, time span, what is missing, what is refused and why.

    Nothing is stored. Exit codes: 0 something can be read, 2 a mistake, 3 nothing that is named gives anything.
    """
    from streams.archives import Spool
    from tracker.decode.layouts import read_mapping
    from tracker.inputs.inspection import inspected, mapping_text
    from tracker.inputs.opening import open_recordings
    from tracker.inputs.recorded import open_input
    from tracker.inputs.sidecar import TimesSaid

    said = read_mapping(mapping) if mapping else None
    times = TimesSaid(undated, date_order, zone, clock, receiver)
    written, gives = False, False
    with Spool() as spool:
        without = [mapping_out] if mapping_out else []
        opened = open_recordings(files, spool, without, said, may_be_nothing=True)
        for one in opened.recordings:
            read = open_input(one, 0, times, mapping=said)
            found = inspected(read, packing=_packing(one), whole=whole)
            gives |= not found.nothing
            if mapping_out is not None and not written:
                written = _write_mapping(read.read_layout(), one.stored.name, mapping_out)
            if as_json:
                sys.stdout.write(json.dumps(found.to_json()) + "\n")
            else:
                show(found)
        for refused in opened.left_out:
            _say_left_out(refused, said, as_json=as_json)
        if mapping_out is not None and not written:
            guesses = (guess for one in opened.refused if (guess := _guess(one.name, said)) is not None)
            guess = next(guesses, None)
            if guess is None:
                err.say(f"{mapping_out}: not written; none of these files is a table", "yellow")
            else:
                _write(mapping_out, mapping_text(guess, opened.refused[0].name))
    if not gives:
        raise typer.Exit(GaveNothingError.exit_code)


def _packing(one: Recognised) -> str:
    """What it is packed in, in a word or two."""
    from streams.files import peek
    from streams.unpack import MAGIC_BYTES, packing_of

    words = []
    if one.stored.is_member:
        words.append("in an archive")
    if packing := packing_of(peek(one.stored, MAGIC_BYTES, layers=0)):
        words.append(packing)
    return ", ".join(words)


def _write_mapping(read: ReadLayout | None, name: str, path: Path) -> bool:
    """Write how a recording is read, if it is a table."""
    from tracker.inputs.inspection import mapping_text

    if read is None:
        return False
    _write(path, mapping_text(read, name))
    return True


def _guess(name: str, said: UserMapping | None) -> ReadLayout | None:
    """What can be guessed of the columns of a table that cannot be read; None of what looks like no table."""
    from streams.encodings import beginning_as_utf8, encoding_of
    from streams.errors import StreamError
    from streams.files import Stored, peek
    from tracker.decode.layouts import Reading
    from tracker.decode.recognise import PEEK_BYTES
    from tracker.decode.tables.header import likely_layout

    if not Path(name).is_file():
        return None
    try:
        first = peek(Stored.at(name), PEEK_BYTES)
    except (OSError, StreamError):
        return None
    text = beginning_as_utf8(first, encoding_of(first))
    read = likely_layout(text, Reading(said))
    return read if read is not None and len(read.sources) >= FEWEST_GUESSED else None


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise InputError("is there already", str(path), "name another file, or remove it")
    path.write_text(text, encoding="utf-8")
    err.say(f"{path}: written; change what is wrong in it and use it with --mapping {path}", "green")


def _say_left_out(one: LeftOut, said: UserMapping | None, *, as_json: bool) -> None:
    guess = _guess(one.name, said) if one.is_wrong else None
    from tracker.inputs.inspection import columns_of

    columns = columns_of(guess) if guess is not None else []
    if as_json:
        known = [column.to_json() for column in columns]
        sys.stdout.write(json.dumps({"name": one.name, "kind": "", "is": one.why, "columns": known}) + "\n")
        return
    out.say(f"{one.name}: {one.why}", "red" if one.is_wrong else "yellow")
    if guess is not None:
        _show_columns(columns)
        out.say("  --mapping-out FILE writes this as a mapping to be completed", "dim")


def show(found: Inspected) -> None:
    """All of it for a person."""
    from rich.table import Table

    out.say(found.name, "bold")
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("what it is", found.title + (f", packed ({found.packing})" if found.packing else ""))
    if found.columns or found.layout:
        known = (
            f"{found.layout_title} ({found.layout}); {found.origin}"
            if found.layout
            else "none that is known; read by generic names"
        )
        facts.add_row("layout", known)
    if found.encoding != "utf-8":
        facts.add_row("text", f"{found.encoding}, read as such")
    part = "" if found.is_whole else ", of its beginning (--whole reads all of it)"
    facts.add_row("read", f"{found.units_decoded:,} of {found.units_in:,} lines, rows or frames{part}")
    if found.first_time:
        craft = [f"{found.ships:,} ship{'s' * (found.ships != 1)}"] * bool(found.ships) + [
            f"{found.aircraft:,} aircraft"
        ] * bool(found.aircraft)
        facts.add_row("craft", ", ".join(craft))
        facts.add_row(
            "gives",
            f"{found.positions:,} positions, {found.heard:,} times only heard, {found.statics:,} static reports",
        )
        facts.add_row("time (UTC)", f"{found.first_time} to {found.last_time}")
    if found.first_time:
        facts.add_row("missing", ", ".join(found.missing) or "nothing that is looked for")
    for sentence in found.units:
        facts.add_row("units", sentence)
    if found.clock:
        facts.add_row("clock", found.clock)
    for one in found.refused:
        facts.add_row(
            "refused",
            f"{one.count:,} as {one.cause}: {one.sentence} First, {one.at:,}: {one.sample}"
            + (f" To mend it: {one.mend}." if one.mend else ""),
        )
    if found.nothing:
        facts.add_row("nothing", found.nothing)
    out.print(facts)
    _show_columns(found.columns)
    _show_rows(found.rows)
    if found.told:
        out.say("first static reports as read", "bold")
    for report in found.told:
        said = ", ".join(f"{name} {value}" for name, value in report.items() if name != "craft")
        out.say(f" {report['craft']}: {said}")
    out.say("")


def _show_columns(columns: list[ReadColumn]) -> None:
    if not columns:
        return
    from rich.table import Table

    out.say("how its columns are read", "bold")
    table = Table("column", "is read as", "in", box=None, padding=(0, 1))
    for column in [one for one in columns if one.field][:_COLUMNS_SHOWN]:
        table.add_row(column.name, column.field, column.unit)
    out.print(table)
    unread = [column.name for column in columns if not column.field]
    if unread:
        out.say(f"  not read: {', '.join(unread[:_COLUMNS_SHOWN])}", "dim")


def _show_rows(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    from rich.table import Table

    names = [
        name
        for name in dict.fromkeys(name for row in rows for name in row)
        if any(row.get(name) is not None for row in rows)
    ]
    out.say("first rows as read", "bold")
    table = Table(*names, box=None, padding=(0, 1))
    for row in rows:
        table.add_row(*("" if row.get(name) is None else _cell(row[name]) for name in names))
    out.print(table)


def _cell(value: Any) -> str:
    is_short = isinstance(value, float) and (abs(value) < 1e-3 or value == int(value))
    return f"{value:g}" if is_short else str(value)
