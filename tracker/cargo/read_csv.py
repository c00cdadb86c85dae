"""Cargo from CSV: comma, semicolon or tab, header in the first line, recognised by its columns (``fields.CSV_SHAPES``)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

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

FlagRow = tuple[dict[str, Any], Origin]
_MANIFEST_IDS = frozenset({"manifest_id", "version"})


def shape_of(header: str) -> CsvShape | None:
    """Which file a header line begins, None where it is no cargo file."""
    names = {name.strip().strip('"').lower() for name in header.split(_delimiter(header))}
    for shape in CSV_SHAPES:
        if shape.recognised_by <= names and (shape.name != "flags" or names & set(FLAG_KEYS)):
            return shape
    return None


def read_csv(text: str, shape: CsvShape, file: CargoFile, drafts: Drafts, flags: list[FlagRow]) -> None:
    """Add the rows of one file to the drafts of the files before it. A file written twice into itself is two documents: a header begins the second."""
    document: Drafts = {}
    columns = shape.columns
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.split("\n", 1)[0]), strict=True)
    header = [name.strip().lower() for name in next(reader)]
    for name in header:
        if name not in columns:
            file.unknown(1, name, columns)
    for at, cells in _rows(reader, file):
        origin = Origin(file, at)
        if [name.strip().lower() for name in cells] == header:
            merge_drafts(drafts, document)
            document = {}
            file.warn(at, "", "is the header again; what follows is read as another document")
            continue
        if len(cells) != len(header):
            origin.reject(
                f"{len(cells)} cells",
                f"has {len(cells)} cells where the header has {len(header)}; quote texts that hold commas",
            )
            continue
        raw = dict(zip(header, cells, strict=True))
        try:
            if shape.name == "flags":
                keys = [field for field in columns.values() if field.record in ("manifest", "consignment")]
                values = read_fields([_optional(field) for field in keys], raw, csv=True)
                if not values.keys() & set(FLAG_KEYS):
                    raise ValueError("", "names no consignment; give consignment_id or document_number")
                flags.append((values | read_fields(fields_of("flag"), raw, csv=True, lenient=origin), origin))
            elif shape.name == "itineraries":
                _add_node(raw, origin, document)
            else:
                _add_line(raw, origin, document)
        except ValueError as exc:
            sample, note = exc.args
            origin.reject(sample, note)
    merge_drafts(drafts, document)


def _rows(reader: Any, file: CargoFile) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin in; blank lines are none. A broken quotation costs the rest of its row only."""
    while True:
        at = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            file.rows_in += 1
            file.reject(at, "", f"cannot be read as CSV ({exc}); check the quotation marks")
            continue
        if any(cell.strip() for cell in cells):
            file.rows_in += 1
            yield at, cells


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
        raise ValueError(
            f"manifest_id={key[0]}",
            f"names another conveyance than the first row of manifest {key[0]} version {key[1]}",
        )
    return known


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
    draft.nodes.sort(key=lambda node: int(node.values["sequence"]))


def _add_line(raw: dict[str, str], origin: Origin, drafts: Drafts) -> None:
    """Add a row to its consignment. Where only its goods or container are bad, the row is refused and the consignment kept."""
    identifier = read_fields(fields_of("consignment")[:1], raw, csv=True)["consignment_id"]
    names = read_fields(fields_of("manifest"), raw, csv=True)
    known = drafts.get((names["manifest_id"], names.get("version", 1)))
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


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)
