"""Cargo from tables: rows of cells, by the columns of ours (``fields.CSV_SHAPES``) or by those of an office (``tracker.cargo.office``)."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from tracker.cargo.bulk import BulkColumns, BulkManifest
from tracker.cargo.consignment import ConsignmentItem, Party
from tracker.cargo.draft import (
    ConsignmentDraft,
    Drafts,
    ManifestDraft,
    NodeDraft,
    make_conveyance,
    make_party,
    merge_drafts,
)
from tracker.cargo.fields import CSV_SHAPES, FLAG_KEYS, PARTIES, CsvShape, Field, fields_of
from tracker.cargo.ledger import CargoFile, Origin, read_fields
from tracker.cargo.sheets import Sheet, SheetRow
from tracker.cargo.values import KINDS
from tracker.voyages.itinerary import Conveyance

FlagRow = tuple[dict[str, Any], Origin]
Row = dict[str, str]
_LATE: Final = (("loading", "depart", "loading_depart"), ("discharge", "arrive", "discharge_arrive"))
"""Of a row of consignments: at which place which time is declared, and where the row has it."""
_TIMES: Final = frozenset(column for _, _, column in _LATE)
_CHUNK_ROWS: Final = 20_000
"""Rows read column by column at once: the memory of some ten megabytes."""


class Layout(Protocol):
    """How the cells of a row become columns of ours."""

    @property
    def shape(self) -> CsvShape:
        """What its rows are."""
        ...

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row is the header again."""
        ...

    def rows_of(self, row: SheetRow) -> list[Row]:
        """A row as rows of ours; ``ValueError`` (sample, note) where it is none."""
        ...


def shape_of(header: Sequence[str]) -> CsvShape | None:
    """Which file a header begins, None where its columns are not ours."""
    names = {name.strip().lower() for name in header}
    for shape in CSV_SHAPES:
        if shape.recognised_by <= names and (shape.name != "flags" or names & set(FLAG_KEYS)):
            return shape
    return None


class OwnRows:
    """A table with columns of ours."""

    def __init__(self, shape: CsvShape, header: SheetRow, file: CargoFile) -> None:
        self.shape = shape
        self.header = [name.strip().lower() for name in header.cells]
        while self.header and not self.header[-1]:
            self.header.pop()
        self.names = [self._own_name(name, number, header.at, file) for number, name in enumerate(self.header)]

    def _own_name(self, name: str, number: int, at: int, file: CargoFile) -> str:
        """The column of ours that a name of the header is, empty where it is none."""
        if name in self.shape.columns and name in self.header[:number]:
            file.warn(at, name, f"column {name!r} is there twice; the first is read")
            return ""
        if name and name not in self.shape.columns:
            file.unknown(at, name, self.shape.columns)
        return name

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row is the header again."""
        return [name.strip().lower() for name in cells[: len(self.header)]] == self.header

    def rows_of(self, row: SheetRow) -> list[Row]:
        """The row by the names of its columns. Empty cells at its end may be left out, or be too many."""
        cells = list(row.cells)
        while len(cells) > len(self.header) and not cells[-1].strip():
            cells.pop()
        lacking = set(self.names[len(cells) :])
        if len(cells) > len(self.header) or lacking & self.shape.recognised_by:
            note = f"has {len(cells)} cells where the header has {len(self.header)}; quote texts that hold commas"
            raise ValueError(f"{len(cells)} cells", note)
        return [{name: cell for name, cell in zip(self.names, cells, strict=False) if name}]


def read_rows(sheet: Sheet, layout: Layout, file: CargoFile, drafts: Drafts, flags: list[FlagRow]) -> None:
    """Add the rows of a table below its header to the drafts before it. A table written twice into itself is two documents: a header begins the second."""
    if not sheet.is_long or not gc.isenabled():
        _read_rows(sheet, layout, file, drafts, flags)
        return
    gc.disable()  # a million rows make no cycles, and looking for some takes as long as reading them
    try:
        _read_rows(sheet, layout, file, drafts, flags)
    finally:
        gc.enable()


def _read_rows(sheet: Sheet, layout: Layout, file: CargoFile, drafts: Drafts, flags: list[FlagRow]) -> None:
    document: Drafts = {}
    shape, last_at, last_is_bad = layout.shape, 0, False
    bulk = _Bulk(file) if shape.name == "consignments" and sheet.is_long else None
    plain = _PlainRows(layout, file) if bulk is not None and isinstance(layout, OwnRows) else None
    for row in sheet.rows:
        last_at, last_is_bad = row.at, False
        if plain is not None and plain.has_taken(row):
            if plain.is_full:
                plain.give(bulk, document)
            continue
        if not row.fault and layout.is_header(row.cells):
            if bulk is not None:
                if plain is not None:
                    plain.give(bulk, document)
                bulk.end(document)
                bulk = _Bulk(file)
            merge_drafts(drafts, _in_order(document))
            document = {}
            file.rows_in += 1
            file.warn(row.at, "", "is the header again; what follows is read as another document")
            continue
        origin = Origin(file, row.at)
        try:
            if row.fault:
                raise ValueError("", row.fault)
            rows = layout.rows_of(row)
        except ValueError as exc:
            file.rows_in += 1
            origin.reject(*exc.args)
            last_is_bad = True
            continue
        file.rows_in += bool(rows)
        if bulk is not None:
            bulk.take(row.at, rows, document)
            continue
        for number, raw in enumerate(rows):
            one = origin if number == 0 else Origin(file, row.at, rows=0)
            try:
                if shape.name == "flags":
                    flags.append((_flag(raw, one), one))
                elif shape.name == "itineraries":
                    _add_node(raw, one, document)
                else:
                    _add_line(raw, one, document)
            except ValueError as exc:
                one.reject(*exc.args)
                last_is_bad = last_is_bad or number == 0
                break
    if bulk is not None:
        if plain is not None:
            plain.give(bulk, document)
        bulk.end(document)
    if sheet.is_cut:
        _tell_of_end(file, last_at or 1, last_is_bad or not last_at)
    merge_drafts(drafts, _in_order(document))


class _PlainRows:
    """Rows with as many cells as the header of a table of ours: they wait, to be read column by column."""

    def __init__(self, layout: OwnRows, file: CargoFile) -> None:
        self._names, self._file = layout.names, file
        self._first = layout.header[0]
        self._count = len(layout.names)
        self._ats: list[int] = []
        self._rows: list[list[str]] = []

    def has_taken(self, row: SheetRow) -> bool:
        """Take a row, unless there is something special about it."""
        cells = row.cells
        if len(cells) != self._count or cells[0].lower() == self._first or type(cells) is not list:
            return False
        self._ats.append(row.at)
        self._rows.append(cells)
        return True

    @property
    def is_full(self) -> bool:
        """Whether it is time to read them."""
        return len(self._ats) >= _CHUNK_ROWS

    def give(self, bulk: _Bulk | None, document: Drafts) -> None:
        """Hand them over."""
        if bulk is not None and self._ats:
            self._file.rows_in += len(self._ats)
            bulk.take_cells(self._ats, self._names, self._rows, document)
        self._ats, self._rows = [], []


class _Bulk:
    """Consignments of a large table on their way into columns; rows that must go the slow way wait until the others are there."""

    def __init__(self, file: CargoFile) -> None:
        self._file, self._columns = file, BulkColumns(file)
        self._ats: list[int] = []
        self._chunk: list[Row] = []
        self._slow: list[tuple[int, Row, int]] = []

    def take(self, at: int, rows: list[Row], document: Drafts) -> None:
        """A row of the table."""
        if len(rows) == 1 and not rows[0].keys() & _TIMES:
            self._ats.append(at)
            self._chunk.append(rows[0])
            if len(self._ats) >= _CHUNK_ROWS:
                self._flush(document)
        else:
            self._slow += [(at, row, int(number == 0)) for number, row in enumerate(rows)]

    def take_cells(self, ats: list[int], names: Sequence[str], rows: list[list[str]], document: Drafts) -> None:
        """Many rows of a table whose columns are ours."""
        cells = {name: column for name, column in zip(names, zip(*rows, strict=True), strict=True) if name}
        self._columns_of(ats, cells, lambda index: {name: column[index] for name, column in cells.items()}, document)

    def _flush(self, document: Drafts) -> None:
        if self._chunk:
            chunk = self._chunk
            names = {name for row in chunk for name in row}
            cells = {name: [row.get(name, "") for row in chunk] for name in names}
            self._columns_of(self._ats, cells, chunk.__getitem__, document)
        self._ats, self._chunk = [], []

    def _columns_of(
        self, ats: list[int], cells: Mapping[str, Sequence[str]], raw: Callable[[int], Row], document: Drafts
    ) -> None:
        def manifest_of(key: tuple[str, int], said: tuple[str, ...], index: int) -> BulkManifest | None:
            draft = document.get(key)
            if draft is None or (said and not (draft.bulk and draft.bulk.said)):
                try:
                    draft = _draft(raw(index), Origin(self._file, ats[index]), document)
                except ValueError:
                    return None
            if draft.bulk is None:
                draft.bulk = self._columns.manifest()
            draft.bulk.said = draft.bulk.said or said
            return draft.bulk if not said or said == draft.bulk.said else None

        self._slow += [(ats[index], raw(index), 1) for index in self._columns.take(ats, cells, manifest_of)]

    def end(self, document: Drafts) -> None:
        """The table ends: what waits is read row by row."""
        self._flush(document)
        bad = 0
        for at, row, counts in sorted(self._slow, key=lambda one: one[0]):
            if bad == at and not counts:
                continue  # further containers of a row that was refused
            origin = Origin(self._file, at, rows=counts)
            try:
                _add_line(row, origin, document)
            except ValueError as exc:
                origin.reject(*exc.args)
                bad = at


def _tell_of_end(file: CargoFile, at: int, is_bad: bool) -> None:
    """The last line has no end."""
    if is_bad:
        file.break_off(at, "the document breaks off in this row; send it again whole")
    else:
        file.warn(at, "", "the last line has no end: if the document was cut there, its last cell is not whole")


def _flag(raw: Row, origin: Origin) -> dict[str, Any]:
    columns = next(shape for shape in CSV_SHAPES if shape.name == "flags").columns
    keys = [field for field in columns.values() if field.record in ("manifest", "consignment")]
    values = read_fields([_optional(field) for field in keys], raw, csv=True)
    if not values.keys() & set(FLAG_KEYS):
        raise ValueError("", "names no consignment; give consignment_id or document_number")
    return values | read_fields(fields_of("flag"), raw, csv=True, lenient=origin)


def _in_order(document: Drafts) -> Drafts:
    """The drafts of a table with their calls in order."""
    for draft in document.values():
        draft.nodes.sort(key=lambda node: int(node.values["sequence"]))
    return document


def _draft(raw: dict[str, str], origin: Origin, drafts: Drafts) -> ManifestDraft:
    """The draft a row belongs to, once its conveyance is known not to contradict it."""
    names = read_fields(fields_of("manifest"), raw, csv=True)
    key = (names["manifest_id"], names.get("version", 1))
    given = _has_any(raw, "conveyance")
    known = drafts.get(key)
    if known is not None and not given:
        return known
    conveyance = make_conveyance(read_fields(fields_of("conveyance"), raw, csv=True), origin) if given else None
    if known is None:
        known = drafts[key] = ManifestDraft(*key, origin)
    if known.conveyance is None:
        known.conveyance = conveyance
    elif conveyance is not None and conveyance != known.conveyance:
        known.conveyance = _both(known.conveyance, conveyance, key)
    return known


def _both(known: Conveyance, given: Conveyance, key: tuple[str, int]) -> Conveyance:
    """The conveyance of two rows of a manifest: a cell left empty contradicts nothing."""
    more = {item.name: value for item in dataclasses.fields(given) if (value := getattr(given, item.name)) is not None}
    for name, value in more.items():
        if getattr(known, name) not in (None, value):
            note = f"names another conveyance than the first row of manifest {key[0]} version {key[1]} ({name} {value} and {getattr(known, name)}); correct one of them, or give it a manifest_id of its own"
            raise ValueError(f"manifest_id={key[0]}", note)
    return dataclasses.replace(known, **more)


def _add_node(raw: dict[str, str], origin: Origin, drafts: Drafts) -> None:
    values = read_fields(fields_of("node"), raw, csv=True)
    if "sequence" not in values:
        raise ValueError("sequence", "sequence is missing; number the calls of a manifest from 1")
    draft = _draft(raw, origin, drafts)
    if any(node.values["sequence"] == values["sequence"] for node in draft.nodes):
        raise ValueError(
            f"sequence={values['sequence']}", f"manifest {draft.manifest_id} has a call {values['sequence']} already"
        )
    draft.nodes.append(NodeDraft(values, origin))


def _add_line(raw: dict[str, str], origin: Origin, drafts: Drafts) -> None:
    """Add a row to its consignment. Where only its goods or container are bad, the row is refused and the consignment kept."""
    identifier = read_fields(fields_of("consignment")[:1], raw, csv=True)["consignment_id"]
    names = read_fields(fields_of("manifest"), raw, csv=True)
    known = drafts.get((names["manifest_id"], names.get("version", 1)))
    if known is not None:
        known.unpack_one(identifier)
    consignment = known.consignments.get(identifier) if known else None
    fields = fields_of("consignment")
    values = read_fields(fields if consignment is None else map(_optional, fields), raw, csv=True)
    parties = {
        party: make_party(read_fields(fields_of(party), raw, csv=True, lenient=origin))
        for party in PARTIES
        if _has_any(raw, party)
    }
    bad_line: ValueError | None = None
    goods: dict[str, Any] = {}
    equipment: dict[str, Any] = {}
    try:
        goods = read_fields(fields_of("goods"), raw, csv=True)
        equipment = read_fields(fields_of("equipment"), raw, csv=True) if _has_any(raw, "equipment") else {}
    except ValueError as exc:
        bad_line, goods = exc, {}
    draft = _draft(raw, origin, drafts)
    counted = origin if bad_line is None else Origin(origin.file, origin.at, origin.where, 0)
    if consignment is None:
        consignment = draft.consignments[identifier] = ConsignmentDraft(values, parties, [counted])
    else:
        _check_same(identifier, consignment, values, parties)
        consignment.origins.append(counted)
    if bad_line is not None:
        sample, note = bad_line.args
        raise ValueError(sample, f"{note}; consignment {identifier} is kept without this line")
    if goods:
        consignment.goods.append(ConsignmentItem(**goods))
    if equipment:
        consignment.add_equipment(equipment, origin)
    for end, what, column in _LATE:
        if raw.get(column) and end in values:
            _add_call(draft, values[end], what, column, raw[column], origin)


def _add_call(draft: ManifestDraft, place: str, what: str, column: str, text: str, origin: Origin) -> None:
    """Note a declared time of loading or discharge; the first one of a place stands."""
    try:
        said = KINDS["place_time"].parse(text)
    except ValueError as exc:
        origin.warn(f"{column}={text[:60]}", f"{column} {text[:60]!r} {exc}; it is left out")
        return
    known = draft.ends.setdefault(
        (place, what), NodeDraft({"location": place, what: said}, Origin(origin.file, origin.at, rows=0))
    )
    if known.values[what] != said:
        origin.warn(f"{column}={text[:60]}", f"{column} differs from the one above for {place}, which stands")


def _check_same(
    identifier: str, consignment: ConsignmentDraft, values: dict[str, Any], parties: dict[str, Party]
) -> None:
    """Further rows of a consignment repeat its fields or leave them empty."""
    for name, value in values.items():
        if consignment.values.get(name) != value:
            note = f"{name} differs from the first row of consignment {identifier}"
            raise ValueError(f"consignment_id={identifier}; {name}={value}", note)
    for party, given in parties.items():
        if consignment.parties.setdefault(party, given) != given:
            note = f"{party} differs from the first row of consignment {identifier}"
            raise ValueError(f"consignment_id={identifier}", note)


def _has_any(raw: dict[str, str], record: str) -> bool:
    return any((raw.get(field.csv_name) or "").strip() for field in fields_of(record))


def _optional(field: Field) -> Field:
    return Field(field.record, field.name, field.kind, False, field.sentence, field.column)
