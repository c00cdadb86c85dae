"""What a document's bytes are, and reading them into drafts: JSON, CSV and workbooks, ours or an office's, recognised by content and never by a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

from tracker.cargo.box_events import BoxDraft
from tracker.cargo.draft import Drafts
from tracker.cargo.formats.gathered import Gathered
from tracker.cargo.formats.table import Reader, reader_of
from tracker.cargo.json_text import JsonFaults, read_json_text
from tracker.cargo.ledger import CargoFile
from tracker.cargo.limits import CargoConfig, Room
from tracker.cargo.office.layout import OfficeRows
from tracker.cargo.office.mapping import PapersMapping, numbered_names, read_papers_mapping
from tracker.cargo.office.suggest import HEADER_WITHIN, LOOKED_AT_ROWS, Suggestion, suggest
from tracker.cargo.read_csv import FlagRow, Layout, OwnRows, read_rows, shape_of
from tracker.cargo.read_json import read_manifest
from tracker.cargo.sheets import Sheet, SheetRow, text_sheet
from tracker.cargo.text import text_of
from tracker.cargo.workbook import is_workbook, workbook_sheets
from tracker.errors import CargoError


@dataclass(slots=True)
class Gatherings:
    """What was read of one or several documents, before places are looked up."""

    drafts: Drafts = field(default_factory=dict)
    flags: list[FlagRow] = field(default_factory=list)
    boxes: list[BoxDraft] = field(default_factory=list)


@dataclass(slots=True)
class Content:
    """A document that was recognised."""

    comes: int
    """Of several documents those with the lower number are read first: forms of others and JSON before tables."""
    read: Callable[[Gatherings], None]
    """``CargoError`` where nothing of it can be read."""


def recognised(content: bytes, file: CargoFile, room: Room, mappings: Sequence[PapersMapping] = ()) -> Content | None:
    """What bytes are, unpacked ones; None where they are no papers. Raises ``CargoError`` where they are beyond the limits, or damaged from the beginning."""
    reader = reader_of(content)
    if reader is not None:
        file.kind = reader.kind
        room.take(content, file.path)
        return _of_others(reader, content, file)
    if is_workbook(content):
        return _tables(workbook_sheets(content, file, room), file, mappings)
    text = text_of(content, file)
    room.take(text, file.path)
    if (begin := text.lstrip("\ufeff \t\r\n")[:1]) in ("{", "["):
        return _json(text, file) if begin == "{" or '"manifest' in text[:4096] else None
    return _tables([text_sheet(text)], file, mappings)


def _of_others(reader: Reader, content: bytes, file: CargoFile) -> Content:
    def read(into: Gatherings) -> None:
        gathered = Gathered(file, into.drafts)
        reader.read(content, gathered)
        into.boxes += gathered.boxes

    return Content(0, read)


def mappings_of(config: CargoConfig) -> tuple[PapersMapping, ...]:
    """The mapping files of the settings, read. Raises ``CargoError`` for one that cannot be."""
    return tuple(_read_mapping(path, _changed_ns(path)) for path in config.mappings)


def _changed_ns(path: str) -> int:
    """When a file was last changed; 0 where there is none."""
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _read_mapping(path: str, changed_ns: int) -> PapersMapping:
    """A mapping, read once as long as its file is not changed."""
    return read_papers_mapping(Path(path))


def _json(text: str, file: CargoFile) -> Content:
    def read(into: Gatherings) -> None:
        faults = JsonFaults()
        any_read = False
        for manifest in read_json_text(text, faults):
            file.kind = "json" if manifest.where else "json lines"
            any_read = True
            read_manifest(manifest.value, manifest.at, manifest.where, file, into.drafts)
        if not any_read:
            _nothing(faults, file)
        for line, note in faults.found:
            file.rows_in += 1
            file.reject(line, f"line {line}", f"is no JSON ({note}); correct it there, or ask for the document again")
        if faults.breaks_off:
            file.break_off(
                text.count("\n") + 1, "the document breaks off; what is whole before that is kept, ask for all of it"
            )

    return Content(1, read)


def _nothing(faults: JsonFaults, file: CargoFile) -> None:
    if not faults.found:
        raise CargoError.no_cargo(file.path)
    line, note = faults.found[0]
    if "nested" in note:
        raise CargoError("is nested too deeply", file.path, "ask for it in another form")
    raise CargoError(f"is no JSON ({note})", f"{file.path}, line {line}", "correct it there")


def _tables(sheets: list[Sheet], file: CargoFile, mappings: Sequence[PapersMapping]) -> Content | None:
    """The tables of a document: those that are papers; the others are told."""
    found: list[tuple[Sheet, Layout]] = []
    others: list[str] = []
    problem: CargoError | None = None
    for sheet in sheets:
        try:
            layout = _layout(sheet, file, mappings)
        except CargoError as exc:
            problem = problem or exc
            layout = None
        if layout is None:
            others.append(sheet.name)
        else:
            found.append((sheet, layout))
    if not found and problem is not None:
        raise problem
    if not found:
        return None
    for name in others:
        file.warn(1, name, f"sheet {name!r} holds no papers and was left alone")

    def read(into: Gatherings) -> None:
        for sheet, layout in found:
            file.kind = layout.shape.name
            read_rows(sheet, layout, file, into.drafts, into.flags)

    return Content(2, read)


def _layout(sheet: Sheet, file: CargoFile, mappings: Sequence[PapersMapping]) -> Layout | None:
    """How the rows of a table are read; its rows are left at the first one below the header."""
    first = list(islice(sheet.rows, LOOKED_AT_ROWS))
    if not first:
        return None
    shape = shape_of(first[0].cells)
    if shape is not None:
        sheet.rows = chain(first[1:], sheet.rows)
        return OwnRows(shape, first[0], file)
    chosen = _by_mapping(sheet.name, first, mappings)
    if chosen is not None:
        mapping, at = chosen
        missing = mapping.missing(numbered_names(first[at].cells))
        if missing:
            file.warn(
                first[at].at,
                "",
                f"mapping {mapping.where} names columns that are not there: {', '.join(map(repr, missing))}",
            )
        sheet.rows = chain(first[at + 1 :], sheet.rows)
        return OfficeRows(mapping, [" ".join(cell.split()) for cell in first[at].cells], file)
    suggestion = suggest(first, None, sheet.delimiter if not sheet.name else "", sheet.name)
    if suggestion is None:
        return None
    if suggestion.missing:
        raise CargoError(
            f"is a table whose columns are not ours, and {' and '.join(suggestion.missing)}", f"{file.path}{f', sheet {sheet.name!r}' if sheet.name else ''}",
            "'tidewaiter papers inspect FILE -o MAPPING' writes a mapping to complete",
        )  # fmt: skip
    _tell(suggestion, first, file)
    sheet.rows = chain(first[suggestion.begins :], sheet.rows)
    return OfficeRows(suggestion.mapping, suggestion.header, file)


def _tell(suggestion: Suggestion, first: Sequence[SheetRow], file: CargoFile) -> None:
    at = first[suggestion.begins - 1].at
    file.warn(at, "", f"{suggestion.sentence}; 'tidewaiter papers inspect' shows why, and writes a mapping")
    for doubt in suggestion.doubts:
        file.warn(at, "", f"column {doubt}")


def _by_mapping(
    sheet: str, first: Sequence[SheetRow], mappings: Sequence[PapersMapping]
) -> tuple[PapersMapping, int] | None:
    """The mapping that knows most columns of a header, and which row that is."""
    best: tuple[int, PapersMapping, int] | None = None
    for mapping in mappings:
        if mapping.sheet and sheet and mapping.sheet != sheet:
            continue
        for at, row in enumerate(first[:HEADER_WITHIN]):
            fits = mapping.fits(numbered_names([" ".join(cell.split()) for cell in row.cells]))
            if fits and (best is None or fits > best[0]):
                best = (fits, mapping, at)
    return best[1:] if best else None
