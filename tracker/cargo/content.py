"""What a document's bytes are, and reading them into drafts: JSON, CSV and workbooks, ours or an office's, recognised by content and never by a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Final

from tracker.cargo.box_events import BoxDraft
from tracker.cargo.draft import Drafts
from tracker.cargo.fields import CSV_SHAPES
from tracker.cargo.formats.gathered import Gathered
from tracker.cargo.formats.table import Reader, reader_of
from tracker.cargo.json_text import JsonFaults, read_json_text
from tracker.cargo.ledger import CargoFile
from tracker.cargo.limits import CargoConfig, Room
from tracker.cargo.office.layout import OfficeRows
from tracker.cargo.office.mapping import PapersMapping, numbered_names, plain_name, read_papers_mapping
from tracker.cargo.office.suggest import HEADER_WITHIN, LOOKED_AT_ROWS, Suggestion, joined_header, suggest
from tracker.cargo.read_csv import FlagRow, Layout, OwnRows, read_rows, shape_of
from tracker.cargo.read_json import read_manifest
from tracker.cargo.sheets import Sheet, SheetRow, text_sheet
from tracker.cargo.text import text_of
from tracker.cargo.workbook import is_workbook, workbook_sheets
from tracker.errors import CargoError

_LOOKED_AT: Final = 4096
_SHOWN: Final = 5
_MOST_UNREAD: Final = 12
_MOST_COLUMNS: Final = 16_384
"""As many as a spreadsheet has; what is done for each pair of columns takes seconds then."""


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
    if (begin := _begins(text)) in ("{", "["):
        return _json(text, file) if begin == "{" or '"manifest' in text[:_LOOKED_AT] else None
    return _tables([text_sheet(text)], file, mappings)


def tables_of(content: bytes, file: CargoFile, room: Room) -> list[Sheet] | None:
    """The tables in a document; None where it is of another form."""
    if reader_of(content) is not None:
        return None
    if is_workbook(content):
        return workbook_sheets(content, file, room)
    text = text_of(content, file)
    room.take(text, file.path)
    return None if not text.strip() or _begins(text) in ("{", "[") else [text_sheet(text)]


def _begins(text: str) -> str:
    return text.lstrip("\ufeff \t\r\n")[:1]


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
            layout = found_layout(sheet, file, mappings)
        except CargoError as exc:
            problem = problem or exc
            layout = None
        if layout is None:
            others.append(sheet.name)
        else:
            found.append((sheet, layout[0]))
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


def found_layout(sheet: Sheet, file: CargoFile, mappings: Sequence[PapersMapping]) -> tuple[Layout, bool] | None:
    """How the rows of a table are read, and whether that was guessed; its rows are left at the first one below the header.

    None where it is no table of papers. Raises ``CargoError`` where it is one that lacks what it needs.
    """
    first = list(islice(sheet.rows, LOOKED_AT_ROWS))
    if not first:
        return None
    widest = max(first, key=lambda row: len(row.cells))
    if len(widest.cells) > _MOST_COLUMNS:
        raise CargoError(
            f"has {len(widest.cells):,} cells in row {widest.at}, more than the {_MOST_COLUMNS:,} of a spreadsheet", file.path,
            "have it exported again, one consignment or call a row",
        )  # fmt: skip
    shape = shape_of(first[0].cells)
    if shape is not None:
        sheet.rows = chain(first[1:], sheet.rows)
        return OwnRows(shape, first[0], file), False
    chosen = _by_mapping(sheet.name, first, mappings)
    if chosen is not None:
        mapping, header, begins = chosen
        missing = mapping.missing(numbered_names(header))
        if missing:
            note = f"mapping {mapping.where} names columns that are not there: {', '.join(map(repr, missing))}"
            file.warn(first[begins - 1].at, "", note)
        sheet.rows = chain(first[begins:], sheet.rows)
        by_mapping = OfficeRows(mapping, header, file)
        left_out = {name for name, column in mapping.columns.items() if not column.field}
        if unread := _unread(by_mapping, left_out):
            note = f'{unread}; name them in mapping {mapping.where}, with "" for those that are to be left out'
            file.warn(first[begins - 1].at, "", note)
        return by_mapping, False
    suggestion = suggest(first, None, sheet.delimiter if not sheet.name else "", sheet.name)
    if suggestion is None:
        return None
    if suggestion.missing:
        _check_own(first[0].cells, file)
        raise CargoError(
            f"is a table whose columns are not ours, and {' and '.join(suggestion.missing)}", f"{file.path}{f', sheet {sheet.name!r}' if sheet.name else ''}",
            "'tidewaiter papers inspect FILE -o MAPPING' writes a mapping to complete",
        )  # fmt: skip
    by_names = OfficeRows(suggestion.mapping, suggestion.header, file)
    _tell(suggestion, _unread(by_names, frozenset()), first, file)
    sheet.rows = chain(first[suggestion.begins :], sheet.rows)
    return by_names, True


def _unread(rows: OfficeRows, left_out: Set[str]) -> str:
    """Which columns are not read, in words; ``left_out`` are those of a mapping that are not to be."""
    unread = [name for name in rows.unread if plain_name(name) not in left_out]
    more = f" and {len(unread) - _MOST_UNREAD} more" if len(unread) > _MOST_UNREAD else ""
    return f"not read: {', '.join(map(repr, unread[:_MOST_UNREAD]))}{more}" if unread else ""


def _check_own(header: Sequence[str], file: CargoFile) -> None:
    """Raise ``CargoError`` where a header is nearly one of ours: what it lacks, and which of its columns may be meant by it."""
    names = {name for cell in header if (name := cell.strip().lower())}
    for shape in CSV_SHAPES:
        lacking, others = sorted(shape.recognised_by - names), sorted(names - shape.columns.keys())
        if len(lacking) < len(shape.recognised_by) / 2 and len(others) < len(names) / 2:
            none_of_ours = f", and {', '.join(map(repr, others[:_SHOWN]))} is none of ours" if others else ""
            raise CargoError(
                f"lacks the column {', '.join(lacking)} of {shape.name}{none_of_ours}", file.path,
                "name its columns as in docs/cargo.md",
            )  # fmt: skip


def _tell(suggestion: Suggestion, unread: str, first: Sequence[SheetRow], file: CargoFile) -> None:
    at = first[suggestion.begins - 1].at
    file.guessed = f"{'; '.join(filter(None, (suggestion.sentence, unread)))}; 'tidewaiter papers inspect' shows why, and writes a mapping"
    file.warn(at, "", file.guessed)
    for doubt in suggestion.doubts:
        file.warn(at, "", f"column {doubt}")


def _by_mapping(
    sheet: str, first: Sequence[SheetRow], mappings: Sequence[PapersMapping]
) -> tuple[PapersMapping, list[str], int] | None:
    """The mapping that knows most columns of a header, that header, and which row comes below it."""
    best: tuple[int, PapersMapping, list[str], int] | None = None
    for at, row in enumerate(first[:HEADER_WITHIN]) if mappings else ():
        headers = [(list(row.cells), at + 1)]
        if at + 1 < len(first):
            headers.append((joined_header(row.cells, first[at + 1].cells), at + 2))
        for cells, begins in headers:
            header = [" ".join(cell.split()) for cell in cells]
            names = numbered_names(header)
            for mapping in mappings:
                fits = 0 if mapping.sheet and sheet and mapping.sheet != sheet else mapping.fits(names)
                if fits and (best is None or fits > best[0]):
                    best = (fits, mapping, header, begins)
    return best[1:] if best else None
