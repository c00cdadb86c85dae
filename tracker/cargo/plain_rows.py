"""Large tables of consignments by column: the manifests whose every row is plain, without an object for a row; all other rows are left to ``read_csv``, which says what is odd about them.

A row is plain where ``read_csv`` would take it as it is written and say nothing: every cell in the one form that needs no interpretation, places known, check digits right, one row for each
consignment, one conveyance for each manifest. One row that is not costs its manifest the short way, and changes nothing else: both ways give the same papers
(``tests/tracker/cargo/test_plain_rows.py``).

Whole documents that cannot be divided line by line (a quotation over several lines, columns that are not ours, the header again) are left to ``read_csv`` altogether.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tracker.cargo.columns import statement_table
from tracker.cargo.consignment import Location
from tracker.cargo.draft import ICAO_LETTERS, Drafts, Locate, make_conveyance
from tracker.cargo.fields import PARTIES, UNNAMED, fields_of
from tracker.cargo.ledger import CargoFile, Origin, read_fields
from tracker.cargo.manifest import Manifest
from tracker.cargo.read_csv import FlagRow, OwnRows, read_rows, shape_of
from tracker.cargo.rows import ConsignmentRows
from tracker.cargo.sheets import LONG_ROWS, Sheet, SheetRow, delimiter_of
from tracker.cargo.values import KINDS, MAX_TEXT
from tracker.voyages.itinerary import Conveyance

LEAST_ROWS: Final = 1000
"""Smaller tables are read row by row: it takes less than a second (ours)."""
_MOSTLY: Final = 0.9
_KEY: Final = ("manifest_id", "version")
_CONVEYANCE: Final = tuple(field.csv_name for field in fields_of("conveyance"))
_NEEDED: Final = ("manifest_id", "mode", "consignment_id", "document_type", "document_number", "loading", "discharge")
_FORMS: Final = {
    "version": r"^[1-9]\d{0,5}$",
    "mode": "^(sea|air)$",
    "document_type": "^(bill_of_lading|air_waybill)$",
    "hs_code": r"^\d{2,12}$",
    "packages": r"^\d{1,12}$",
    "gross_mass_kg": r"^\d{1,8}(\.\d{1,6})?$",
    **{f"{party}_country": "^[A-Z]{2}$" for party in PARTIES},
}
"""The forms that mean themselves."""
_BLANKS: Final = r"^\s|\s$|\s\s|[^\S ]|[\x00-\x1f\x7f-\x9f]"
_ANY_BLANKS: Final = re.compile(r"\s\s|\s[,;\t|\n\"]|[,;\t|\n\"]\s|[^\S \n]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_CONTAINER: Final = r"^[A-Z]{3}[UJZ]\d{7}$"
_UNIT_LOAD_DEVICE: Final = r"^[A-Z][A-Z0-9]{2}\d{4,5}[A-Z0-9]{2}$"
_LETTERS: Final = np.array([value for value in range(10, 39) if value % 11], dtype=np.int64)
"""What the letters of a container number count (ISO 6346)."""
_TEXT: Final = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a text below its header that polars can take, and those it cannot, each with its number."""

    good: bytes
    good_at: NDArray[np.int64]
    odd: list[SheetRow]
    longest: int
    """Bytes of the longest line."""


def read_plain(
    text: str, file: CargoFile, locate: Locate, drafts: Drafts, flags: list[FlagRow]
) -> list[Manifest] | None:
    """The plain manifests of a large CSV of consignments; the other rows go to ``drafts`` and ``file``. None where it is another document: nothing was read then."""
    if text.count("\n") < LEAST_ROWS or "\r" in text.replace("\r\n", ""):
        return None
    text = text.replace("\r\n", "\n")
    delimiter = delimiter_of(text)
    line = text[: text.index("\n")]
    header = next(csv.reader([line], delimiter=delimiter), [])
    shape = shape_of(header)
    names = [name.strip().lower() for name in header]
    if (
        shape is None
        or shape.name != "consignments"
        or len(set(names)) < len(names)
        or set(names) - shape.columns.keys()
    ):
        return None
    lines = _divided(text, line, delimiter, len(names))
    if lines is None:
        return None
    table = _table(lines, names, delimiter)
    if table is None:
        return None
    is_cut = not text.endswith("\n")
    plain, places, conveyances = _plain(
        table, locate, is_cut, _ANY_BLANKS.search(text) is not None, lines.longest > MAX_TEXT
    )
    if len(plain) < _MOSTLY * table.height:
        return None  # ``read_csv`` takes them all by column, and holds fewer of them at once
    layout = OwnRows(shape, SheetRow(1, header), file)
    if len(plain) < table.height or lines.odd:
        rest = table.filter(~pl.col("at").is_in(plain["at"].implode()))
        rows = sorted([*lines.odd, *_sheet_rows(rest, names)], key=lambda row: row.at)
        read_rows(Sheet("", iter(rows), is_cut, delimiter, len(rows) > LONG_ROWS), layout, file, drafts, flags)
    file.rows_in += plain.height
    return _manifests(plain, places, conveyances)


def _divided(text: str, header: str, delimiter: str, width: int) -> _Lines | None:
    """The text by its lines; None where a quotation goes over several of them, or the header comes again."""
    data = text.encode()
    whole = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(whole == ord("\n"))
    if not text.endswith("\n"):
        ends = np.append(ends, len(data))
    begins = np.concatenate([[0], ends[:-1] + 1])
    signs = np.flatnonzero(whole == ord(delimiter))
    counts = np.searchsorted(signs, ends) - np.searchsorted(signs, begins)
    quotes = np.flatnonzero(whole == ord('"'))
    quoted = np.searchsorted(quotes, ends) - np.searchsorted(quotes, begins)
    if np.any(quoted % 2) or data.count(b"\n" + header.encode()):
        return None
    is_good = counts == width - 1
    for at in np.flatnonzero(quoted).tolist():
        try:
            cells = next(csv.reader([data[begins[at] : ends[at]].decode()], delimiter=delimiter, strict=True))
        except csv.Error:
            return None
        is_good[at] = len(cells) == width
    is_blank = ends == begins
    is_good[0] = False
    odd = []
    for at in np.flatnonzero(~is_good & ~is_blank)[1:].tolist():
        cells = next(csv.reader([data[begins[at] : ends[at]].decode()], delimiter=delimiter, strict=True))
        if any(cell.strip() for cell in cells):
            odd.append(SheetRow(at + 1, cells))
    good_at, longest = np.flatnonzero(is_good), int((ends - begins).max())
    if len(good_at) == len(ends) - 1:
        return _Lines(data[ends[0] + 1 :], good_at + 1, odd, longest)
    good = b"\n".join(data[begins[at] : ends[at]] for at in good_at.tolist())
    return _Lines(good, good_at + 1, odd, longest)


def _table(lines: _Lines, names: list[str], delimiter: str) -> pl.DataFrame | None:
    """Every cell as text, missing where it is empty, and the number of the line."""
    try:
        table = pl.read_csv(
            io.BytesIO(lines.good), has_header=False, new_columns=names, separator=delimiter, infer_schema=False
        )
    except pl.exceptions.PolarsError:
        return None
    if table.height != len(lines.good_at):
        return None
    missing = [pl.lit(None, pl.String).alias(name) for name in _all_columns() if name not in names]
    table = table.with_columns(pl.Series("at", lines.good_at), *missing)
    return table.filter(~pl.all_horizontal(pl.col(name).is_null() for name in names))


def _all_columns() -> list[str]:
    own = ("manifest", "conveyance", "consignment", *PARTIES, "goods", "equipment")
    return [field.csv_name for record in own for field in fields_of(record)]


def _sheet_rows(table: pl.DataFrame, names: list[str]) -> Iterator[SheetRow]:
    """Rows as ``read_csv`` takes them."""
    for at, *cells in table.select("at", *names).iter_rows():
        yield SheetRow(at, ["" if cell is None else cell for cell in cells])


def _plain(
    table: pl.DataFrame, locate: Locate, is_cut: bool, has_blanks: bool, has_long: bool
) -> tuple[pl.DataFrame, dict[str, Location], dict[tuple[str, int], Conveyance]]:
    """The rows of plain manifests with the codes of their places, the places, and how each manifest names its craft."""
    located = {
        code: _located(code, locate) for name in ("loading", "discharge") for code in table[name].unique().to_list()
    }
    known = {code: place for code, place in located.items() if place is not None}
    odd = [pl.col(name).is_null() for name in _NEEDED]
    odd += [~pl.col(name).str.contains(form) & pl.col(name).is_not_null() for name, form in _FORMS.items()]
    odd += [~pl.col(name).is_in(list(known)) for name in ("loading", "discharge")]
    airports = [code for code, place in known.items() if len(place.code) == ICAO_LETTERS]
    if airports:
        odd += [(pl.col("mode") == "sea") & pl.col(name).is_in(airports) for name in ("loading", "discharge")]
    odd.append(pl.col("equipment_id").is_null() & (pl.col("size_type").is_not_null() | pl.col("seals").is_not_null()))
    if has_blanks:
        odd += [pl.col(name).str.contains(_BLANKS).fill_null(False) for name in _all_columns()]
    if has_long:
        odd += [(pl.col(name).str.len_chars() > MAX_TEXT).fill_null(False) for name in _all_columns()]
    is_odd = table.select(pl.any_horizontal(*(one.fill_null(True) for one in odd))).to_series().to_numpy().copy()
    is_odd |= ~_boxes_ok(table) | ~_waybills_ok(table)
    is_odd |= table.select(pl.struct("manifest_id", "version", "consignment_id").is_duplicated()).to_series().to_numpy()
    if is_cut and table.height:
        is_odd[-1] = True
    table = table.with_columns(pl.Series("is_odd", is_odd), pl.col("version").fill_null("1"))
    of_one = table.group_by(_KEY, maintain_order=True).agg(
        pl.col("is_odd").any(),
        pl.struct(_CONVEYANCE).n_unique().alias("craft"),
        *(pl.col(name).first() for name in _CONVEYANCE),
    )
    conveyances: dict[tuple[str, int], Conveyance] = {}
    for row in of_one.filter(~pl.col("is_odd") & (pl.col("craft") == 1)).iter_rows(named=True):
        conveyance = _conveyance(row)
        if conveyance is not None:
            conveyances[row["manifest_id"], int(row["version"])] = conveyance
    keys = pl.DataFrame(
        {"manifest_id": [name for name, _ in conveyances], "version": [str(number) for _, number in conveyances]},
        schema={"manifest_id": pl.String, "version": pl.String},
    )
    table = table.join(keys, on=_KEY, how="semi", maintain_order="left")
    codes = {code: place.code for code, place in known.items()}
    table = table.with_columns(
        pl.col(name).replace_strict(codes, return_dtype=pl.String) for name in ("loading", "discharge")
    )
    return table, {place.code: place for place in known.values()}, conveyances


def _located(code: str | None, locate: Locate) -> Location | None:
    """A place of a code as written; None where its row has to be looked at."""
    if code is None:
        return None
    try:
        place = locate(KINDS["location"].parse(code))
    except ValueError:
        return None
    return None if place is None else Location(place.code, place.name, place.lat_deg, place.lon_deg)


def _conveyance(row: dict[str, Any]) -> Conveyance | None:
    """How a manifest names its craft; None where there is anything to say of it."""
    scratch = CargoFile("")
    raw = {name: row[name] or "" for name in _CONVEYANCE}
    try:
        made = make_conveyance(read_fields(fields_of("conveyance"), raw, csv=True), Origin(scratch, 0))
    except ValueError:
        return None
    return None if scratch.warnings.total else made


def _boxes_ok(table: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether the container of each row is one with the right check digit, or a unit load device, or there is none."""
    column = table["equipment_id"]
    is_box = column.str.contains(_CONTAINER).fill_null(False).to_numpy()
    ok = (column.is_null() | column.str.contains(_UNIT_LOAD_DEVICE).fill_null(False)).to_numpy().copy()
    if is_box.any():
        numbers = column.filter(pl.Series(is_box)).to_numpy().astype("S11")
        signs = numbers.view(np.uint8).reshape(-1, 11).astype(np.int64)
        values = np.concatenate([_LETTERS[signs[:, :4] - ord("A")], signs[:, 4:10] - ord("0")], axis=1)
        ok[is_box] = (values << np.arange(10)).sum(axis=1) % 11 % 10 == signs[:, 10] - ord("0")
    return ok


def _waybills_ok(table: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether the air waybill of each row has the right check digit, or it is under no air waybill."""
    number = pl.coalesce("master_document_number", "document_number")
    digits = number.str.replace("-", "", literal=True)
    right = (digits.str.slice(3, 7).cast(pl.Int64, strict=False) % 7) == digits.str.slice(10, 1).cast(
        pl.Int64, strict=False
    )
    fits = number.str.contains(r"^(\d{3}-\d{8}|\d{11})$") & right
    return table.select(((pl.col("document_type") != "air_waybill") | fits).fill_null(False)).to_series().to_numpy()


def _manifests(
    table: pl.DataFrame, places: dict[str, Location], conveyances: dict[tuple[str, int], Conveyance]
) -> list[Manifest]:
    """Manifests that share one table."""
    rows = _statements(table)
    at = table.with_row_index("row").group_by(_KEY, maintain_order=True).agg(pl.col("row").cast(pl.Int64))
    return [
        Manifest(name, int(version), conveyances[name, int(version)], None, ConsignmentRows(rows, np.asarray(mine, dtype=np.int64), places))
        for name, version, mine in zip(at["manifest_id"].to_list(), at["version"].to_list(), (one.to_numpy() for one in at["row"]), strict=True)
    ]  # fmt: skip


def _statements(table: pl.DataFrame) -> pa.Table:
    """The columns of ``tracker.cargo.columns`` of plain rows."""
    said = table.with_columns(
        pl.when(pl.any_horizontal(pl.col(f"{party}_{name}").is_not_null() for name in ("address", "country", "id")))
        .then(pl.col(f"{party}_name").fill_null(UNNAMED))
        .otherwise(pl.col(f"{party}_name"))
        .alias(f"{party}_name")
        for party in PARTIES
    ).with_columns(
        pl.col("packages").cast(pl.Int64), pl.col("gross_mass_kg").cast(pl.Float64),
        pl.Series("goods", _goods(table), pl.String), pl.Series("equipment", _boxes(table), pl.String),
        pl.col("hs_code").fill_null("").alias("hs_codes"), pl.col("equipment_id").fill_null("").alias("equipment_ids"),
        pl.lit("[]").alias("flags"), pl.lit(None, pl.Float64).alias("flag_severity"),
    )  # fmt: skip
    wanted = statement_table(()).schema
    return said.select(wanted.names).to_arrow().cast(wanted)


def _goods(table: pl.DataFrame) -> list[str]:
    """Lines of goods as JSON, as ``columns.consignment_row`` writes them."""
    texts: dict[str | None, str] = {None: "null"}
    lines = []
    masses = table["gross_mass_kg"].cast(pl.Float64).to_list()
    for text, code, packages, mass in zip(
        table["description"].to_list(), table["hs_code"].to_list(), table["packages"].to_list(), masses, strict=True
    ):
        if text is None and code is None and packages is None and mass is None:
            lines.append("[]")
            continue
        said = texts.get(text)
        if said is None:
            said = texts[text] = _TEXT(text)
        hs_code = "null" if code is None else f'"{code}"'
        number = "null" if packages is None else str(int(packages))
        lines.append(
            f'[{{"description": {said}, "hs_code": {hs_code}, "packages": {number}, "gross_mass_kg": {"null" if mass is None else repr(mass)}}}]'
        )
    return lines


def _boxes(table: pl.DataFrame) -> list[str]:
    """Containers as JSON."""
    lines = []
    for box, size, seals in zip(
        table["equipment_id"].to_list(), table["size_type"].to_list(), table["seals"].to_list(), strict=True
    ):
        if box is None:
            lines.append("[]")
            continue
        sealed = "[]" if seals is None else _TEXT(list(dict.fromkeys(seals.split())))
        kind = "null" if size is None else _TEXT(size)
        lines.append(f'[{{"equipment_id": "{box}", "size_type": {kind}, "seals": {sealed}}}]')
    return lines
