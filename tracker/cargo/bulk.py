"""Consignments of a large table, gathered as columns: rows without a fault take no object each, and become rows of one Arrow table.

A chunk of rows is read column by column; what a cell means is remembered, for most cells repeat. A row goes the slow way, through the drafts, where a cell of it cannot be read, something it needs is missing, it
contradicts its manifest, or its consignment was left and comes again. Then the consignment is taken out of the columns, so that what is told of it is the same as of a small table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.cargo.codes import air_waybill_ok, compact, container_ok, is_unit_load_device
from tracker.cargo.columns import OWN_COLUMNS, table_of
from tracker.cargo.consignment import ConsignmentItem, DocumentType, Party, TransportEquipment
from tracker.cargo.fields import PARTIES, UNNAMED, Field, fields_of
from tracker.cargo.ledger import CargoFile, Origin
from tracker.cargo.values import KINDS, MAX_TEXT

ManifestOf = Callable[[tuple[str, int], tuple[str, ...], int], "BulkManifest | None"]
_ENDS: Final = ("document_type", "document_number", "loading", "discharge", "master_document_number", "carrier")
"""Fields of a consignment in the order in which they are held; the first four must be there."""
_REMEMBERED: Final = 50_000
_HELD: Final = 20_000
_PARTY_PARTS: Final = ("name", "address", "country", "id")
_CONVEYANCE: Final = tuple(item.csv_name for item in fields_of("conveyance"))
_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,6})?")
_BOX: Final = re.compile(r"[A-Z]{3}[UJZ]\d{7}")
_quoted: Final = json.encoder.encode_basestring


@dataclass(frozen=True, slots=True)
class _Bad:
    """A cell that cannot be read."""

    note: str


@dataclass(slots=True)
class BulkManifest:
    """The consignments of one version of a manifest, as rows of the columns."""

    columns: BulkColumns
    number: int
    said: tuple[str, ...] = ()
    """How its first row names the craft, as written."""
    rows: dict[str, int] = field(default_factory=dict)
    """Consignment -> row."""

    def __len__(self) -> int:
        return len(self.rows)

    def at(self) -> NDArray[np.int64]:
        """Its rows in the columns."""
        return np.fromiter(self.rows.values(), np.int64, len(self.rows))

    def table(self) -> pa.Table:
        """Its rows; places as they are written."""
        at = self.at()
        whole = self.columns.table()
        if len(at) and at[-1] - at[0] == len(at) - 1 and bool(np.all(np.diff(at) == 1)):
            return whole.slice(int(at[0]), len(at))
        return whole.take(pa.array(at))

    @property
    def file(self) -> CargoFile:
        """Where oddities are told."""
        return self.columns.file

    def line_of(self, index: int) -> int:
        """The line in which one of its consignments begins."""
        return self.columns.lines[next(islice(self.rows.values(), index, None))]

    def take_out(
        self, name: str
    ) -> tuple[dict[str, Any], dict[str, Party], list[ConsignmentItem], dict[str, TransportEquipment], Origin]:
        """A consignment as drafts have it: fields, parties, goods, containers, and where it stands; it is in the columns no more."""
        row = self.rows.pop(name)
        held = {column: values[row].as_py() for column, values in zip(*self.columns.by_name(), strict=True)}
        return *_drafted(held), Origin(self.file, self.columns.lines[row], rows=self.columns.counts[row])


class BulkColumns:
    """The columns of one document."""

    def __init__(self, file: CargoFile) -> None:
        self.file = file
        self._memory: dict[str, dict[str, Any]] = {}
        self._with_faults: set[str] = set()
        self._written: dict[str, tuple[NDArray[np.int32], list[str]]] = {}
        self._codes_of: dict[str, dict[str, str]] | None = None
        self._meant: tuple[Mapping[str, Mapping[str, str]], pa.Table] | None = None
        self._manifests = 0
        self._held: list[tuple[Any, ...]] = []
        self._tables: list[pa.Table] = []
        self._whole: pa.Table | None = None
        self._open: tuple[int, str] | None = None
        """Number of the manifest and name of the consignment that further rows may add to."""
        self._goods: list[str] = []
        self._boxes: dict[str, tuple[str | None, tuple[str, ...]]] = {}
        self._sums: list[Any] = [None, None]
        self._codes: dict[str, None] = {}
        self.lines: list[int] = []
        self.counts: list[int] = []
        """How many rows of the document each consignment was made of."""

    def table(self) -> pa.Table:
        """All rows."""
        self.close()
        self.flush()
        if self._whole is None:
            self._whole = pa.concat_tables(self._tables).combine_chunks() if self._tables else table_of(OWN_COLUMNS, [])
        return self._whole

    def by_name(self) -> tuple[list[str], list[pa.ChunkedArray]]:
        """Names and columns of the table."""
        whole = self.table()
        return whole.column_names, whole.columns

    def manifest(self) -> BulkManifest:
        """A further manifest."""
        self._manifests += 1
        return BulkManifest(self, self._manifests)

    def written(self, end: str) -> tuple[NDArray[np.int32], list[str]]:
        """Places of loading or discharge as they are written: which of the list each row has."""
        if end not in self._written:
            coded = self.table().column(end).combine_chunks().dictionary_encode()
            self._written[end] = coded.indices.to_numpy(), coded.dictionary.to_pylist()
        return self._written[end]

    def codes(self, locate: Callable[[str], Any]) -> dict[str, dict[str, str]]:
        """Of places that are written otherwise: their codes, for loading and discharge."""
        if self._codes_of is None:
            self._codes_of = {"loading": {}, "discharge": {}}
            for end, codes in self._codes_of.items():
                found = ((code, locate(code)) for code in self.written(end)[1])
                codes.update({code: place.code for code, place in found if place is not None and place.code != code})
        return self._codes_of

    def with_places(self, codes: Mapping[str, Mapping[str, str]]) -> pa.Table:
        """The table with other codes of places; made once for the same codes."""
        if self._meant is None or (self._meant[0] is not codes and self._meant[0] != codes):
            table = self.table()
            for end, meant in codes.items():
                indices, written = self.written(end)
                if any(meant.get(code, code) != code for code in written):
                    mapped = pa.array([meant.get(code, code) for code in written], pa.string())
                    column = pa.DictionaryArray.from_arrays(pa.array(indices), mapped).dictionary_decode()
                    table = table.set_column(table.column_names.index(end), end, column)
            self._meant = codes, table
        return self._meant[1]

    # one chunk

    def take(self, ats: Sequence[int], cells: Mapping[str, Sequence[str]], manifest_of: ManifestOf) -> list[int]:
        """Take the rows of a chunk; returns the numbers of those that must go the slow way.

        Parameters
        ----------
        ats:
            The line of each row.
        cells:
            Columns of ours as written.
        manifest_of:
            Gives the manifest of a row, by its key and how it names its craft; None where the row contradicts it.
        """
        count = len(ats)
        bad: set[int] = set()

        def column(item: Field, *, lenient: bool = False) -> Sequence[Any]:
            written = cells.get(item.csv_name)
            if written is None:
                return [None] * count
            values, has_bad = self._texts(written) if item.kind == "text" else self._values(item, written)
            for index, value in enumerate(values) if has_bad else ():
                if type(value) is _Bad and lenient:
                    self.file.warn(ats[index], item.csv_name, f"{item.csv_name} {value.note}; it is left out")
                    values[index] = None
                elif type(value) is _Bad:
                    bad.add(index)
            return values

        manifest_ids, versions = (column(item) for item in fields_of("manifest"))
        own = {item.name: column(item) for item in fields_of("consignment")}
        told = list(zip(*(column(item, lenient=True) for party in PARTIES for item in fields_of(party)), strict=True))
        lines = list(zip(*(column(item) for item in fields_of("goods")), strict=True))
        boxes, sizes, seals = (column(item) for item in fields_of("equipment"))
        named = [cells[name] for name in _CONVEYANCE if name in cells]
        crafts: Sequence[tuple[str, ...]] = list(zip(*named, strict=True)) if named else [()] * count
        names = own.pop("consignment_id")
        consigned = list(zip(*(own[name] for name in _ENDS), strict=True))
        slow: list[int] = []
        last: tuple[Any, ...] = ()
        manifest: BulkManifest | None = None
        for index, name in enumerate(names):
            manifest_id, craft, box = manifest_ids[index], crafts[index], boxes[index]
            if manifest_id is None or name is None or index in bad or (box is None and (sizes[index] or seals[index])):
                slow.append(index)
                continue
            if last != (manifest_id, versions[index], craft):
                last = (manifest_id, versions[index], craft)
                manifest = manifest_of((manifest_id, versions[index] or 1), craft if any(craft) else (), index)
            if manifest is None:
                slow.append(index)
                continue
            ends = consigned[index]
            if name not in manifest.rows:
                if None in ends[:4]:
                    slow.append(index)
                    continue
                self._begin(manifest, name, ends, told[index], ats[index])
            elif self._open != (manifest.number, name) or not self._agrees(ends, told[index]):
                slow.append(index)
                continue
            else:
                self.counts[-1] += 1
            self._line(lines[index])
            if box is not None:
                self._box(ats[index], box, sizes[index], seals[index] or ())
        return slow

    def _texts(self, cells: Sequence[str]) -> tuple[list[Any], bool]:
        """Texts, and whether any cannot be read."""
        values: list[Any] = [" ".join(cell.split()) or None for cell in cells]
        if max(map(len, cells)) <= MAX_TEXT:
            return values, False
        long = _Bad(f"is longer than {MAX_TEXT} characters; shorten it")
        return [long if value is not None and len(value) > MAX_TEXT else value for value in values], True

    def _values(self, item: Field, cells: Sequence[str]) -> tuple[list[Any], bool]:
        """Values of a kind, each written text read once, and whether any cannot be read."""
        memory = self._memory.get(item.csv_name, {})
        if not memory or len(memory) > _REMEMBERED:
            memory = self._memory[item.csv_name] = {"": None}
        new = set(cells).difference(memory)
        for cell in new:
            memory[cell] = _value(item.kind, cell)
        values = [memory[cell] for cell in cells]
        return values, item.csv_name in self._faulty(item, memory, new)

    def _faulty(self, item: Field, memory: Mapping[str, Any], new: set[str]) -> set[str]:
        """Columns in which a cell that cannot be read was seen."""
        if any(type(memory[cell]) is _Bad for cell in new):
            self._with_faults.add(item.csv_name)
        return self._with_faults

    # one consignment

    def _begin(self, manifest: BulkManifest, name: str, ends: tuple[Any, ...], told: tuple[Any, ...], at: int) -> None:
        self.close()
        manifest.rows[name] = len(self.lines)
        self.lines.append(at)
        self.counts.append(1)
        self._open = manifest.number, name
        self._ends, self._told = ends, _parties(told)

    def _agrees(self, ends: tuple[Any, ...], told: tuple[Any, ...]) -> bool:
        """Whether a further row repeats the fields of its consignment, or leaves them empty."""
        if any(value is not None and value != known for value, known in zip(ends, self._ends, strict=True)):
            return False
        if all(value is None for value in told):
            return True
        return all(value is None or value == known for value, known in zip(_parties(told), self._told, strict=True))

    def _line(self, line: tuple[Any, ...]) -> None:
        description, code, packages, mass = line
        if description is None and code is None and packages is None and mass is None:
            return
        said = "null" if description is None else _quoted(description)
        tariff = "null" if code is None else f'"{code}"'
        count = "null" if packages is None else packages
        self._goods.append(
            f'{{"description": {said}, "hs_code": {tariff}, "packages": {count}, "gross_mass_kg": {"null" if mass is None else repr(mass)}}}'
        )
        if code:
            self._codes[code] = None
        if packages is not None:
            self._sums[0] = (self._sums[0] or 0) + packages
        if mass is not None:
            self._sums[1] = (self._sums[1] or 0) + mass

    def _box(self, at: int, box: str, size: str | None, seals: tuple[str, ...]) -> None:
        number = box if _BOX.fullmatch(box) else compact(box)
        ok = container_ok(number)
        if not ok:
            warn_of_box(Origin(self.file, at), number, ok)
        known = self._boxes.get(number)
        if known is not None:
            size, seals = known[0] or size, tuple(dict.fromkeys((*known[1], *seals)))
        self._boxes[number] = size, tuple(dict.fromkeys(seals))

    def close(self) -> None:
        """The consignment that was begun is whole."""
        if self._open is None:
            return
        kind, number, loading, discharge, master, carrier = self._ends
        if kind is DocumentType.AIR_WAYBILL:
            warn_of_air_waybill(Origin(self.file, self.lines[-1]), master or number)
        boxes = "[" + ", ".join(
            f'{{"equipment_id": {_quoted(box)}, "size_type": {"null" if size is None else _quoted(size)}, "seals": [{", ".join(map(_quoted, seals))}]}}'
            for box, (size, seals) in self._boxes.items()
        ) + "]"  # fmt: skip
        self._held.append((
            self._open[1], str(kind), number, master, carrier, loading, discharge, *self._told, f"[{', '.join(self._goods)}]", " ".join(self._codes), *self._sums, boxes,
            " ".join(self._boxes), "[]", None,
        ))  # fmt: skip
        self._open, self._goods, self._boxes, self._codes, self._sums = None, [], {}, {}, [None, None]
        if len(self._held) >= _HELD:
            self.flush()

    def flush(self) -> None:
        """Rows held as Python values become a table."""
        if self._held:
            empty = table_of(OWN_COLUMNS, []).schema
            arrays = [
                pa.array(values, kind.type) for values, kind in zip(zip(*self._held, strict=True), empty, strict=True)
            ]
            self._tables.append(pa.Table.from_arrays(arrays, schema=empty))
            self._held = []
            self._whole = None


def _value(kind: str, cell: str) -> Any:
    """What a text means: a value, None where there is none, or why it cannot be read."""
    if kind == "mass" and type(cell) is str and _NUMBER.fullmatch(cell):
        return float(cell)
    if kind == "count" and cell.isascii() and cell.isdigit() and len(cell) < 12:
        return int(cell)
    if not cell.strip():
        return None
    try:
        return KINDS[kind].parse(cell)
    except ValueError as exc:
        return _Bad(str(exc))


def _parties(told: tuple[Any, ...]) -> tuple[Any, ...]:
    """Parties as they are kept: one of which papers give an address or number alone is not named."""
    if told[0] is not None and told[4] is not None and told[8] is not None:
        return told
    kept = list(told)
    for first in range(0, len(told), len(_PARTY_PARTS)):
        if kept[first] is None and any(value is not None for value in told[first + 1 : first + len(_PARTY_PARTS)]):
            kept[first] = UNNAMED
    return tuple(kept)


def warn_of_box(origin: Origin, number: str, ok: bool | None) -> None:
    """Say what is odd about a container's number."""
    if ok is False:
        origin.warn(f"equipment_id={number}", f"container {number} has a wrong check digit; compare it with the papers")
    elif ok is None and not is_unit_load_device(number):
        origin.warn(f"equipment_id={number}", f"{number} is neither a container (ISO 6346) nor a unit load device")


def warn_of_air_waybill(origin: Origin, number: str) -> None:
    """Say what is odd about an air waybill's number."""
    ok = air_waybill_ok(number)
    if ok is False:
        origin.warn(
            f"document_number={number}", f"air waybill {number} has a wrong check digit; compare it with the papers"
        )
    elif ok is None:
        origin.warn(f"document_number={number}", f"{number} is no air waybill number (three digits and eight)")


def _drafted(
    row: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Party], list[ConsignmentItem], dict[str, TransportEquipment]]:
    """A row of the columns as a draft has it: fields, parties, goods, containers."""
    names = ("consignment_id", "document_number", "master_document_number", "carrier", "loading", "discharge")
    values = {name: row[name] for name in names if row[name] is not None} | {
        "document_type": DocumentType(row["document_type"])
    }
    parties = {
        party: Party(**{part: row[f"{party}_{part}"] for part in _PARTY_PARTS})
        for party in PARTIES
        if row[f"{party}_name"] is not None
    }
    goods = [ConsignmentItem(**line) for line in json.loads(row["goods"])]
    boxes = {
        box["equipment_id"]: TransportEquipment(box["equipment_id"], box["size_type"], tuple(box["seals"]))
        for box in json.loads(row["equipment"])
    }
    return values, parties, goods, boxes
