"""Rows of an office's table to rows of ours, by a mapping.

What papers of one ship leave out because everybody knows it is derived, and only from what the row says: the manifest is named after ship and voyage, the consignment after its
document, sea or air by what names the craft. A row without a document number goes on with the consignment above it, and one that names neither ship nor ports
is under the ship above. Totals are compared with what was read. Two things in one cell are parted, and several containers in one cell are several.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

from tracker.cargo.codes import compact
from tracker.cargo.fields import CsvShape
from tracker.cargo.ledger import CargoFile
from tracker.cargo.office.cells import Convert, boxes_in, converter, is_nothing, several, split_craft
from tracker.cargo.office.mapping import MappedColumn, PapersMapping, numbered_names
from tracker.cargo.office.words import fold
from tracker.cargo.sheets import SheetRow
from tracker.cargo.values import KINDS
from tracker.identity import imo_check_digit_ok

_TOTAL: Final = re.compile(
    r"(?:grand |sub-?\s?|gran |sous-)?(?:totals?|totales|totaux|totaal|totale|summe|gesamt|suma|somme|soma|sum)\b.*",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(r"^(?:M/?[VTS]|M\.[VTS]\.?|SS|MOTOR VESSEL)[ .:]+", re.IGNORECASE)
_CRAFT: Final = ("craft_name", "imo", "mmsi", "call_sign", "registration", "flight", "icao24")
_UNDER: Final = (
    *_CRAFT,
    "voyage_number",
    "flight_date",
    "loading",
    "discharge",
    "loading_depart",
    "discharge_arrive",
    "carrier",
    "manifest_id",
    "version",
    "mode",
)
_LINE: Final = ("equipment_id", "description", "hs_code", "packages", "gross_mass_kg", "seals", "size_type")
_NAMES: Final = ("manifest_id", "version", "consignment_id")
_COUNTED: Final = ("packages", "gross_mass_kg")
_NEAR_KG: Final = 1.0
_FEW_CELLS: Final = 2
_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
"""A long number as a spreadsheet shows it and saves it: its last digits are gone."""
_ERROR: Final = re.compile(r"#(?:REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)", re.IGNORECASE)
_STATE_WORDS: Final = frozenset(["status", "estado", "statut", "stato", "situacao", "state"])
_CANCELLED: Final = re.compile(
    r"(?:cancel\w*|void(?:ed)?|delete[ds]?|annul\w*|anulad[oa]s?|annullat\w*|cancelad[oa]s?|storn\w*|geannuleerd|shut ?out)\.?",
    re.IGNORECASE,
)
_IMO: Final = re.compile(r"[\s(\[,/-]*\bIMO\b[ .:#-]*(?:NO\.?\s*)?(\d{7})\b[)\]]?\s*", re.IGNORECASE)
_TOLD_VOYAGE: Final = re.compile(r".+\s(?:V\.\s*|VOY(?:AGE)?[. ]+)(?=\w*\d)[\w-]+", re.IGNORECASE)
_FLIGHT_AND_DAY: Final = re.compile(
    r"\s*([A-Z0-9]{2,3}\s?\d{1,4}[A-Z]?)\s*/\s*(\d{1,2})(?:\s?[A-Z]{3}\s?(?:\d{2}|\d{4})?)?\s*", re.IGNORECASE
)
"""A flight and its day, as flight manifests write them: ``AF077/15``, ``AF077/15APR``."""
Row = dict[str, str]


@dataclass(slots=True)
class OfficeRows:
    """One table being read.

    Parameters
    ----------
    mapping:
        What its columns mean.
    header:
        The cells of its header.
    file:
        Where oddities are told.
    """

    mapping: PapersMapping
    header: Sequence[str]
    file: CargoFile
    _columns: list[tuple[int, str, Convert]] = field(init=False)
    _above: Row = field(default_factory=dict)
    _sums: dict[str, float] = field(default_factory=dict)
    _sums_of_part: dict[str, float] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _fixed: Row = field(init=False)
    _states: list[int] = field(init=False)
    _bills: dict[tuple[str, str], list[tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = numbered_names(self.header)
        self._columns = [
            (index, column.field, converter(column, self.mapping))
            for index, name in enumerate(names)
            if (column := self.mapping.columns.get(name)) is not None and column.field
        ]
        self._states = [index for index, name in enumerate(self.header) if _STATE_WORDS & set(fold(name).split())]
        self._fixed = {}
        self._fixed = self._parted(
            {
                name: converter(MappedColumn(name), self.mapping)(text)
                for name, text in self.mapping.fixed.items()
                if not is_nothing(text)
            }
        )

    @property
    def shape(self) -> CsvShape:
        """What its rows are."""
        return self.mapping.shape

    @property
    def unread(self) -> list[str]:
        """Columns of the header that are not read: of no meaning that is known, or in nobody's mapping."""
        read = {index for index, _, _ in self._columns}
        return [" ".join(name.split()) for index, name in enumerate(self.header) if name.strip() and index not in read]

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row is the header again, as on a new page."""
        return [cell.strip().lower() for cell in cells[: len(self.header)]] == [
            cell.strip().lower() for cell in self.header
        ]

    def rows_of(self, row: SheetRow) -> list[Row]:
        """A row as rows of ours: none where it says nothing of cargo, several where it lists several containers."""
        said: Row = {}
        for index, name, convert in self._columns:
            text = row.cells[index] if index < len(row.cells) else ""
            if _ERROR.fullmatch(text.strip()):
                self._tell_once(
                    f"error {name}", row.at, f"{name} is {text.strip()}, an error of the spreadsheet's own, and taken as empty; mend its formula"
                )  # fmt: skip
            if not is_nothing(text) or (text.strip().upper() == "NA" and name.endswith("_country")):
                said.setdefault(name, convert(text.strip() if type(text) is str else text))
        if self._is_total(row, said):
            return []
        if self.shape.name != "consignments":
            return [self._completed(self._fixed | said)] if said else []
        if not said or self._is_note(row, said):
            self._tell_once("note", row.at, "is no row of the table (too few cells are filled) and was left alone")
            return []
        self._check_state(row)
        split = self._parted(said)
        made = self._of_consignment(self._fixed | split, row.at)
        self._add_up(made)
        return [made, *self._further(made, split)]

    def _check_state(self, row: SheetRow) -> None:
        """Goods that a list calls cancelled are not aboard, whatever else it says of them; ``ValueError`` for such a row."""
        for index in self._states:
            text = row.cells[index].strip() if index < len(row.cells) else ""
            if _CANCELLED.fullmatch(text):
                note = f"{self.header[index]} is {text!r}: the row was not taken; where its goods are on papers that are here already, send their manifest again with a higher version"
                raise ValueError(f"{self.header[index]}={text}", note)

    def _is_total(self, row: SheetRow, said: Row) -> bool:
        """Whether a row adds up those above it; what it says is compared."""
        first = next((cell for cell in row.cells if cell.strip()), "")
        is_named = _TOTAL.fullmatch(first.strip()) is not None and "document_number" not in {
            name for name in said if not _TOTAL.fullmatch(said[name].strip())
        }
        is_bare = (
            bool(said) and said.keys() <= set(_COUNTED) and len(self._columns) > len(_COUNTED) and bool(self._above)
        )
        if not is_named and not is_bare:
            return False
        if is_bare and not is_named and not self._agrees(said):
            return False  # a further line of goods
        for name in _COUNTED:
            number = _value(name, said.get(name, ""))
            if number is None or not self._above:
                continue
            if not any(
                (_same if name == "gross_mass_kg" else _equal)(number, sums.get(name, 0.0))
                for sums in (self._sums, self._sums_of_part)
            ):
                unit = "kg" if name == "gross_mass_kg" else "packages"
                self.file.break_off(
                    row.at, f"the total is {number:,.10g} {unit}, and {self._sums.get(name, 0.0):,.10g} were read; ask whether rows are missing"
                )  # fmt: skip
        self._sums_of_part = {}
        return True

    def _agrees(self, said: Row) -> bool:
        numbers = {name: _value(name, said[name]) for name in said}
        return any(
            all(number is not None and _same(number, sums.get(name, 0.0)) for name, number in numbers.items())
            for sums in (self._sums, self._sums_of_part)
        )

    def _add_up(self, row: Row) -> None:
        for name in _COUNTED:
            number = _value(name, row.get(name, ""))
            if number is not None:
                for sums in (self._sums, self._sums_of_part):
                    sums[name] = sums.get(name, 0.0) + number

    def _is_note(self, row: SheetRow, said: Row) -> bool:
        """Whether a row is a remark below or between: few cells are filled, and none that a consignment is known by."""
        filled = sum(1 for cell in row.cells if cell.strip())
        if len(self._columns) <= 2 * _FEW_CELLS or filled > _FEW_CELLS:
            return False
        known_by = {*_LINE, "document_number", "container_and_type"}
        return not said.keys() & known_by or (filled == 1 and said.keys() == {"document_number"})

    def _parted(self, said: Row) -> Row:
        """Cells with two things in them, parted."""
        parted = dict(said)
        if (both := parted.pop("craft_and_voyage", None)) is not None:
            name, voyage = split_craft(both)
            parted.setdefault("craft_name", name)
            if voyage:
                parted.setdefault("voyage_number", voyage)
        elif "craft_name" in parted and "voyage_number" not in parted and "voyage_number" not in self._fixed:
            name, voyage = split_craft(parted["craft_name"])
            if voyage and ("/" in parted["craft_name"][2:] or _TOLD_VOYAGE.fullmatch(parted["craft_name"].strip())):
                parted["craft_name"], parted["voyage_number"] = name, voyage
        if (found := _IMO.search(parted.get("craft_name", ""))) is not None and imo_check_digit_ok(int(found[1])):
            parted.setdefault("imo", found[1])
            parted["craft_name"] = _IMO.sub(" ", parted["craft_name"]).strip()
        if not parted.get("craft_name", "named"):
            del parted["craft_name"]
        if (found := _FLIGHT_AND_DAY.fullmatch(parted.get("flight", ""))) is not None:
            parted["flight"] = found[1]
        if (both := parted.pop("container_and_type", None)) is not None:
            boxes = boxes_in(both)
            parted.setdefault("equipment_id", ", ".join(boxes))
            kind = re.search(r"\b(\d{2}\s?[A-Z][A-Z0-9]|\d{2}['’]?\s?[A-Z]{2})\b", both.upper())
            if kind:
                parted.setdefault("size_type", kind[1].replace(" ", ""))
        return parted

    def _of_consignment(self, said: Row, at: int) -> Row:
        """The row with what it leaves out."""
        has_number = "document_number" in said or "master_document_number" in said
        if not has_number and self._above and said.keys() & set(_LINE):
            self._tell_once(
                "goes on",
                at,
                "has no document number and goes on with the consignment above it; give each row its own if it does not",
            )
            return {
                **{
                    name: self._above[name]
                    for name in ("manifest_id", "version", "consignment_id")
                    if name in self._above
                },
                **{name: said[name] for name in _LINE if name in said},
            }
        if (
            has_number
            and self._above
            and not said.keys() & {*_CRAFT, "loading", "discharge", "manifest_id"} - self._fixed.keys()
        ):
            self._tell_once("under", at, "names neither ship nor ports and is taken as under those of the row above")
            said = {**{name: self._above[name] for name in _UNDER if name in self._above}, **said}
        if "document_number" not in said and "master_document_number" in said:
            said["document_number"] = said["master_document_number"]
        completed = self._completed(said)
        if "document_number" in completed:
            completed.setdefault("consignment_id", self._consignment_name(completed, at))
        if "manifest_id" not in completed and self.shape.name == "consignments":
            raise ValueError("craft_name", "names no ship or flight; fill it in, and send the row again")
        self._above = {**completed, **{name: completed[name] for name in _UNDER if name in completed}}
        return completed

    def _consignment_name(self, said: Row, at: int) -> str:
        """What a consignment is called within its manifest: by its document. Forwarders number their own bills from one, and parts of one bill go to several ports."""
        number = said["document_number"]
        if _SHORTENED.fullmatch(number.strip()):
            self._tell_once("shortened", at, f"document_number {number!r} was shortened by a spreadsheet, which took its last digits; format the column as text and save it again, each row is taken for itself")  # fmt: skip
            return f"{number} row {at}"
        kind = tuple(said.get(name, "") for name in ("loading", "discharge", "master_document_number"))
        known = self._bills.setdefault((said.get("manifest_id", ""), compact(number)), [])
        same = next((index for index, one in enumerate(known) if _agree(one, kind)), None)
        if same is None:
            same = len(known)
            known.append(kind)
            if same:
                self._tell_once("again", at, f"document {number} is here again with other ports or another master document, and taken as a consignment of its own")  # fmt: skip
        return number if not same else f"{number} ({same + 1})"

    def _completed(self, said: Row) -> Row:
        """Mode, kind of document and name of the manifest, where they are not said."""
        is_air = said.keys() & {"flight", "registration", "icao24"} and not said.keys() & {"imo", "mmsi", "craft_name"}
        mode = _read("mode", said.get("mode", "")) or ("air" if is_air else "sea")
        said["mode"] = mode
        if self.shape.name == "consignments" and not _read("document_type", said.get("document_type", "")):
            said["document_type"] = "air_waybill" if mode == "air" else "bill_of_lading"
        if self.shape.name == "itineraries" and "craft_and_voyage" in said:
            said["craft_name"], voyage = split_craft(said.pop("craft_and_voyage"))
            if voyage:
                said.setdefault("voyage_number", voyage)
        if "manifest_id" not in said and (name := self._manifest_name(said)):
            said["manifest_id"] = name
        return said

    def _manifest_name(self, said: Mapping[str, str]) -> str:
        craft = next(
            (
                said[name]
                for name in ("craft_name", "flight", "imo", "mmsi", "call_sign", "registration", "icao24")
                if said.get(name)
            ),
            "",
        )
        if not craft:
            return ""
        craft = " ".join(_TITLE.sub("", craft.upper()).split())
        when = (
            said.get("voyage_number")
            or said.get("flight_date")
            or said.get("loading_depart")
            or said.get("discharge_arrive")
        )
        return f"{craft} {compact(when[:10]) if when else PurePath(self.file.path).stem.partition('.')[0]}"

    def _further(self, made: Row, said: Row) -> list[Row]:
        """Rows for all containers but the first, and all codes of goods but the first."""
        names: Row = {name: made[name] for name in _NAMES if name in made}
        further: list[Row] = []
        if "equipment_id" in said:
            boxes = boxes_in(said["equipment_id"])
            made["equipment_id"] = boxes[0]
            seals = several(said.get("seals", ""))
            if len(boxes) > 1 and len(seals) == len(boxes):
                made["seals"] = seals[0]
                further += [
                    {**names, "equipment_id": box, "seals": seal}
                    for box, seal in zip(boxes[1:], seals[1:], strict=True)
                ]
            else:
                further += [{**names, "equipment_id": box} for box in boxes[1:]]
        if "seals" in made:
            made["seals"] = " ".join(several(made["seals"]))
        if "hs_code" in said:
            codes = several(said["hs_code"])
            if len(codes) > 1 and all(_read("hs_code", code) for code in codes):
                made["hs_code"] = codes[0]
                further += [{**names, "hs_code": code} for code in codes[1:]]
        return further

    def _tell_once(self, what: str, at: int, note: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self.file.warn(at, "", note)


def _read(name: str, text: str) -> Any:
    """A value of ours as it is written, None where it is none."""
    try:
        return str(KINDS[name].parse(text)) if text else None
    except ValueError:
        return None


def _value(name: str, text: str) -> float | None:
    kind = "mass" if name == "gross_mass_kg" else "count"
    try:
        return float(KINDS[kind].parse(text)) if text else None
    except ValueError:
        return None


def _equal(one: float, other: float) -> bool:
    """Packages are counted: one that lacks is one that lacks."""
    return round(one) == round(other)


def _agree(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two rows may mean one thing: what is left empty contradicts nothing."""
    return all(a.strip().upper() == b.strip().upper() or not a or not b for a, b in zip(one, other, strict=True))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= max(_NEAR_KG, 1e-4 * abs(one))
