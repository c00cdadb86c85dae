"""A document looked at before it is taken: what it is, what its columns were taken for and why, a mapping to begin with, and the first rows as they would be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from tracker.cargo.content import Gatherings, found_layout, mappings_of, recognised, tables_of
from tracker.cargo.draft import Locate
from tracker.cargo.ledger import CargoFile
from tracker.cargo.limits import CargoConfig, Room
from tracker.cargo.manifest import Manifest
from tracker.cargo.office.mapping import PapersMapping
from tracker.cargo.office.suggest import LOOKED_AT_ROWS, Suggestion, suggest
from tracker.cargo.read_csv import read_rows
from tracker.cargo.sheets import Sheet
from tracker.cargo.write import manifest_json
from tracker.errors import CargoError

SHOWN_ROWS: Final = 20
_SHOWN_CELLS: Final = 3


@dataclass(slots=True)
class Inspected:
    """What was found of one table, or of a document that is none."""

    name: str
    what: str
    """What it is, in words."""
    suggestion: Suggestion | None = None
    """Where its columns are not ours, and no mapping of the settings fits."""
    refusal: str = ""
    manifests: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    """The first rows as they would be read, as JSON of ours."""
    told: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    """Oddities and refusals among them: row, note."""

    def to_json(self) -> dict[str, Any]:
        """All of it for a program."""
        columns = []
        if self.suggestion is not None:
            for column in self.suggestion.columns:
                columns.append({**dataclasses.asdict(column), "cells": column.cells[:_SHOWN_CELLS]})
        return {
            "name": self.name,
            "what": self.what,
            "columns": columns,
            "fixed": dict(self.suggestion.mapping.fixed) if self.suggestion else {},
            "missing": self.suggestion.missing if self.suggestion else [],
            "mapping": mapping_text(self.suggestion, self.name) if self.suggestion else "",
            "refusal": self.refusal,
            "manifests": self.manifests,
            "told": [{"row": at, "note": note} for at, note in self.told],
        }


def inspect_papers(content: bytes, name: str, locate: Locate, config: CargoConfig) -> list[Inspected]:
    """Look at a document, unpacked bytes: one answer a table. Raises ``CargoError`` where it is no papers at all, and nothing can be said of it."""
    file = CargoFile(name)
    room = Room.of(config)
    mappings = mappings_of(config)
    sheets = tables_of(content, file, room)
    if sheets is None:
        found = recognised(content, file, Room.of(config), mappings)
        if found is None:
            raise CargoError.no_cargo(name, is_empty=not content.strip(), content=content)
        into = Gatherings()
        found.read(into)
        answer = Inspected(name, f"{file.kind}: read as it is, no mapping is needed")
        _fill(answer, into, file, locate)
        return [answer]
    answers = [_table(sheet, name, locate, mappings) for sheet in sheets]
    for told in file.warnings.samples:
        answers[0].told.append((told.at, told.note))
    return answers


def _table(sheet: Sheet, name: str, locate: Locate, mappings: Sequence[PapersMapping]) -> Inspected:
    first = list(islice(sheet.rows, LOOKED_AT_ROWS))
    label = f"{name}, sheet {sheet.name!r}" if sheet.name else name
    file = CargoFile(name)
    looked_at = Sheet(sheet.name, iter(first), delimiter=sheet.delimiter)
    suggestion: Suggestion | None = None
    try:
        found = found_layout(looked_at, file, mappings)
    except CargoError as exc:
        suggestion = suggest(first, locate, "" if sheet.name else sheet.delimiter, sheet.name)
        return Inspected(label, "a table that lacks what it needs", suggestion, exc.what)
    if found is None:
        return Inspected(
            label,
            "a table in which no header of papers was found",
            refusal="no row names three columns of papers; name the columns in a mapping file",
        )
    layout, is_guessed = found
    if is_guessed:
        suggestion = suggest(first, locate, "" if sheet.name else sheet.delimiter, sheet.name)
    what = (
        "a table with columns of an office, taken by their names"
        if is_guessed
        else f"{layout.shape.name}: its columns are ours, or a mapping knows them"
    )
    answer = Inspected(label, what, suggestion)
    into = Gatherings()
    read_rows(Sheet(sheet.name, islice(looked_at.rows, SHOWN_ROWS)), layout, file, into.drafts, into.flags)
    _fill(answer, into, file, locate)
    return answer


def _fill(answer: Inspected, into: Gatherings, file: CargoFile, locate: Locate) -> None:
    made = [into.drafts[key].finish(locate) for key in sorted(into.drafts)]
    answer.manifests = [_few(one) for one in made if one is not None][:SHOWN_ROWS]
    answer.told += [
        (sample.at, sample.note)
        for tally in (file.rejects, file.warnings)
        for sample in tally.samples
        if "were taken by their names" not in sample.note
    ]


def _few(manifest: Manifest) -> dict[str, Any]:
    return manifest_json(dataclasses.replace(manifest, consignments=tuple(islice(manifest.consignments, SHOWN_ROWS))))


def mapping_text(suggestion: Suggestion, name: str) -> str:
    """The mapping that a suggestion is, as TOML with its reasons and doubts as remarks."""
    return "\n".join(_lines(suggestion, name)) + "\n"


def _lines(suggestion: Suggestion, name: str) -> Iterator[str]:
    mapping = suggestion.mapping
    yield f"# How the columns of {name} are read; made by tidewaiter papers inspect. What is wrong in it is to be changed by hand."
    for sentence in suggestion.missing:
        yield f"# MISSING: {sentence}"
    yield f"shape = {_quoted(mapping.shape.name)}"
    if mapping.sheet:
        yield f"sheet = {_quoted(mapping.sheet)}"
    yield "\n[columns]"
    for column in suggestion.columns:
        if not column.name:
            continue
        if column.doubt:
            yield f"# doubtful: {' '.join(column.doubt.split())}"
        unit = f", unit = {_quoted(column.unit)}" if column.unit and column.unit != "kg" else ""
        meaning = f"{{ field = {_quoted(column.field)}{unit} }}" if unit else _quoted(column.field)
        yield f"{_quoted(column.name)} = {meaning}" + (
            f"   # {column.why}" if column.field and column.why else "" if column.field else "   # not read"
        )
    if mapping.fixed:
        yield "\n[fixed]"
        for field, value in mapping.fixed.items():
            yield f"{field} = {_quoted(value)}   # {suggestion.fixed_why.get(field, '')}"
    if mapping.decimal:
        yield f"\n[numbers]\ndecimal = {_quoted(mapping.decimal)}"
    if mapping.order:
        yield f"\n[time]\norder = {_quoted(mapping.order)}"


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in plain) + '"'
