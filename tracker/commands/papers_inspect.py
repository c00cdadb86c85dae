"""``tidewaiter papers inspect``: what a file of papers is, what its columns are taken for, and a mapping to begin with. Nothing is stored."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.commands.given import places_of, settings_of
from tracker.commands.options import CargoMappingOption, ConfigOption, ReferenceOption
from tracker.errors import GaveNothingError, InputError
from tracker.terminal import err, out

if TYPE_CHECKING:
    from tracker.cargo.office.inspection import Inspected
    from tracker.cargo.office.suggest import Suggestion

_CELLS = 2
_TOLD = 20


def papers_inspect(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file of papers: a table, a workbook, JSON, EDIFACT or X12.")
    ],
    mapping_out: Annotated[
        Path | None, typer.Option("-o", "--mapping-out", help="Write the suggested mapping here, to be completed.")
    ] = None,
    cargo_mapping: CargoMappingOption = None,
    config: ConfigOption = None,
    reference: ReferenceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a table on stdout.")] = False,
) -> None:
    """Show what a file of papers is and how its columns are read, suggest a mapping, and show the first rows as they would be read.

    Nothing is stored. Exit codes: 0 something can be read, 2 a mistake, 3 nothing in it can be read.
    """
    from streams.errors import StreamError, TooLargeError
    from streams.files import read_whole
    from tracker.cargo.limits import Room
    from tracker.cargo.office.inspection import inspect_papers, mapping_text

    settings = settings_of(config, None, cargo_mapping)
    room = Room.of(settings.cargo)
    try:
        content = read_whole(file, room.bytes_left)
    except TooLargeError as exc:
        raise room.too_large(str(file)) from exc
    except FileNotFoundError as exc:
        raise InputError("there is no such file", str(file), "check the path") from exc
    except (OSError, StreamError) as exc:
        raise InputError(f"cannot be read ({exc})", str(file), "check that the file is whole and may be read") from exc
    answers = inspect_papers(content, str(file), places_of(reference).resolve_location, settings.cargo)
    suggested = [answer for answer in answers if answer.suggestion is not None]
    if mapping_out is not None:
        _write(
            mapping_out,
            mapping_text(suggested[0].suggestion, file.name) if suggested and suggested[0].suggestion else "",
        )
    for answer in answers:
        if as_json:
            sys.stdout.write(json.dumps(answer.to_json(), ensure_ascii=False) + "\n")
        else:
            _show(answer, with_mapping=mapping_out is None)
    if not any(answer.manifests for answer in answers):
        raise typer.Exit(GaveNothingError.exit_code)


def _write(path: Path, text: str) -> None:
    if not text:
        err.say(f"{path}: not written; the columns are known already, or no header was found", "yellow")
        return
    if path.exists():
        raise InputError("is there already", str(path), "name another file, or remove it")
    path.write_text(text, encoding="utf-8")
    err.say(f"{path}: written; change what is wrong in it, and use it with --cargo-mapping {path}", "green")


def _show(answer: Inspected, *, with_mapping: bool) -> None:
    out.say(answer.name, "bold")
    out.say(f"  {answer.what}")
    suggestion = answer.suggestion
    if suggestion is not None:
        _show_columns(suggestion)
    if answer.refusal:
        out.say(f"  cannot be read yet: {answer.refusal}", "red")
    for at, note in answer.told[:_TOLD]:
        out.say(f"  row {at}: {note}", "yellow")
    if answer.manifests:
        out.say("first rows as they would be read", "bold")
        for manifest in answer.manifests:
            _show_manifest(manifest)
    if suggestion is not None and with_mapping:
        from tracker.cargo.office.inspection import mapping_text

        out.say("suggested mapping (-o FILE writes it)", "bold")
        for line in mapping_text(suggestion, Path(answer.name).name).splitlines():
            out.say(f"  {line}")


def _show_columns(suggestion: Suggestion) -> None:
    from rich.table import Table

    table = Table("column", "is taken for", "unit", "why", "doubt", "first cells", box=None, padding=(0, 1))
    for column in suggestion.columns:
        cells = " | ".join(" ".join(cell.split())[:24] for cell in dict.fromkeys(column.cells[:_CELLS]))
        taken = column.field or "not read"
        table.add_row(column.name or "(no name)", taken, column.unit, column.why, column.doubt, cells)
    out.print(table)
    for field, value in suggestion.mapping.fixed.items():
        out.say(f"  in all rows {field} = {value} ({suggestion.fixed_why.get(field, '')})")
    if suggestion.mapping.decimal:
        out.say(f"  decimal mark of its numbers: {suggestion.mapping.decimal}")
    if suggestion.mapping.order:
        out.say(f"  order of its dates: {suggestion.mapping.order}")
    for sentence in suggestion.missing:
        out.say(f"  missing: {sentence}", "red")


def _show_manifest(manifest: dict[str, Any]) -> None:
    craft = ", ".join(f"{name} {value}" for name, value in manifest["conveyance"].items())
    out.say(f"  {manifest['manifest_id']}: {craft}")
    for node in manifest["itinerary"]:
        said = ", ".join(f"{name} {node[name]}" for name in ("arrive", "depart") if name in node)
        out.say(f"    call {node['location']}: {said}")
    for item in manifest["consignments"]:
        goods = "; ".join(", ".join(f"{name} {value}" for name, value in line.items()) for line in item["goods"])
        boxes = " ".join(box["equipment_id"] for box in item["equipment"])
        party = item.get("consignee", {}).get("name", "")
        out.say(
            f"    {item['document_type']} {item['document_number']}: {item['loading']} to {item['discharge']}"
            + (f", for {party}" if party else "")
            + (f"; {goods}" if goods else "")
            + (f"; {boxes}" if boxes else "")
        )
