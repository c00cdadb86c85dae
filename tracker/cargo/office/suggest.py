"""What an office's table means, guessed from its header and first rows: a mapping, and of each column what it was taken for, why, and what is doubtful.

1. The header is the row among the first forty of which the most cells are known words (``words``); two rows may make one header, as where ``Vessel`` stands over ``Name`` and ``Voyage``.
2. Each column is what its header says, if its cells can be read as that; a column that no word tells is known by numbers with check digits (containers, IMO, air waybills).
3. Decimal mark and order of dates are decided by cells that can be read in one way only; where none decides, that is a doubt.
4. What stands above the header as ``Vessel: SEA STAR`` is the same for all rows.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tracker.cargo.codes import air_waybill_ok, compact, container_ok
from tracker.cargo.fields import CSV_SHAPES
from tracker.cargo.office.cells import KIND_OF, NUMBER_KINDS, TIME_KINDS, boxes_in, converter, is_nothing
from tracker.cargo.office.mapping import (
    MappedColumn,
    PapersMapping,
    fields_of_shape,
    needed_fields,
    numbered_names,
    plain_name,
)
from tracker.cargo.office.words import EXTRA, NOT_READ, Meaning, fold, meaning_of
from tracker.cargo.sheets import PlainText, SheetRow
from tracker.cargo.values import KINDS
from tracker.identity import imo_check_digit_ok

HEADER_WITHIN: Final = 40
LOOKED_AT_ROWS: Final = 1000
_FEWEST_KNOWN: Final = 3
_MOSTLY: Final = 0.6
_CRAFT: Final = frozenset(
    {"craft_name", "craft_and_voyage", "imo", "mmsi", "call_sign", "flight", "registration", "icao24"}
)
_ONCE_MORE: Final = frozenset({"description", "seals", "-"})
_DATE: Final = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](?:\d{4}|\d{2})\b(.*)")
_LABEL: Final = re.compile(r"\s*([^:=]{2,40}?)\s*[:=]\s*(.*)")
_HOLDS_BOTH: Final = re.compile(r"\d[.,' ]\d{3}([.,])\d+(?!\d)")
_ENDS_OF_FLIGHT: Final = {
    "loading": ("origin", "org", "orig", "from", "dep", "origen", "origine", "origem", "abgang"),
    "discharge": ("destination", "dest", "dst", "arr", "destino", "destinazione", "bestimmung"),
}
_PLACE_KINDS: Final = ("loading", "discharge", "location")
Knows = Callable[[str], Any]


@dataclass(slots=True)
class FoundColumn:
    """One column as it was understood. ``name`` is as the mapping names it; ``field`` is empty where it is not read."""

    name: str
    field: str = ""
    unit: str = ""
    why: str = ""
    doubt: str = ""
    cells: list[str] = dataclasses.field(default_factory=list)
    """The cells of the first rows that say something."""


@dataclass(slots=True)
class Suggestion:
    """How a table is read."""

    mapping: PapersMapping
    header: list[str]
    """Cells of the header; of two rows that make one, joined."""
    begins: int
    """Which of the rows given is the first one below the header."""
    columns: list[FoundColumn]
    fixed_why: dict[str, str]
    missing: list[str]
    """Fields without which nothing can be read, each in a sentence with its mend."""

    @property
    def doubts(self) -> list[str]:
        """All that is doubtful."""
        return [f"{column.name!r}: {column.doubt}" for column in self.columns if column.doubt]

    @property
    def sentence(self) -> str:
        """What was taken for what, in one sentence."""
        taken = ", ".join(f"{column.name!r} as {column.field}" for column in self.columns if column.field)
        return f"its columns are not ours and were taken by their names: {taken}"


def suggest(
    rows: Sequence[SheetRow], knows: Knows | None = None, delimiter: str = "", sheet: str = ""
) -> Suggestion | None:
    """How a table is probably meant; None where no row looks like a header of papers.

    Parameters
    ----------
    rows:
        Its first rows, up to ``LOOKED_AT_ROWS``.
    knows:
        Finds a place by what is written, to say which are unknown.
    delimiter:
        What parts its cells: with semicolons a comma is the likelier decimal mark.
    """
    found = _header(rows)
    if found is None:
        return None
    header, begins = found
    body = [row for row in rows[begins:] if row.cells]
    names = numbered_names(header)
    columns = [
        FoundColumn(_as_written(header[index], name), cells=_cells(body, index))
        for index, name in enumerate(names)
        if name or _cells(body, index)
    ]
    shape_name = _take_by_words(columns)
    if not shape_name:
        return None
    shape = next(shape for shape in CSV_SHAPES if shape.name == shape_name)
    _take_by_cells(columns, shape_name)
    _doubt_repeated(columns)
    fixed, why = _above(rows[: max(begins - 1, 0)], {column.field for column in columns}, fields_of_shape(shape))
    decimal = _decimal(columns, delimiter)
    order = _order(columns)
    mapping = PapersMapping(
        "", "", shape, {plain_name(c.name): MappedColumn("" if c.field == NOT_READ else c.field, c.unit) for c in columns if c.name}, fixed, decimal, order, sheet=sheet
    )  # fmt: skip
    for column in columns:
        if column.field == NOT_READ:
            column.field = ""
        elif knows is not None and column.field in _PLACE_KINDS:
            _doubt_places(column, knows)
    return Suggestion(mapping, header, begins, columns, why, _missing(shape_name, columns, fixed))


def _as_written(cell: str, name: str) -> str:
    """The name of a column as it is written, with the number of a further one of that name."""
    return cell + name[len(plain_name(cell)) :]


def _header(rows: Sequence[SheetRow]) -> tuple[list[str], int] | None:
    """The cells of the header, and the index of the row below it."""
    best: tuple[float, list[str], int] | None = None
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        single = list(row.cells)
        score = _known(single)
        choices = [(score, single, index + 1)]
        if index + 1 < len(rows) and index + 1 < HEADER_WITHIN:
            below = list(rows[index + 1].cells)
            if _known(below) >= 1 and not _has_digits(below):
                joined = joined_header(single, below)
                choices.append((_known(joined) - 0.5, joined, index + 2))
        for choice in choices:
            if choice[0] > (best[0] if best else _FEWEST_KNOWN - 0.5):
                best = choice
    if best is None:
        return None
    _, header, begins = best
    while begins < len(rows) and begins < HEADER_WITHIN and _is_further_header(rows[begins].cells):
        begins += 1
    return [" ".join(cell.split()) for cell in header], begins


def _known(cells: Sequence[str]) -> float:
    """How many different things the cells name, words known in part counting half."""
    found: dict[str, float] = {}
    for cell in cells:
        if cell.strip() and len(cell) < 60:
            meaning = meaning_of(cell)
            if meaning.fields:
                worth = 0.2 if meaning.fields[0] == NOT_READ else 0.5 if meaning.is_near else 1.0
                found[meaning.fields[0]] = max(found.get(meaning.fields[0], 0.0), worth)
    return sum(found.values())


def _has_digits(cells: Sequence[str]) -> bool:
    return sum(any(c.isdigit() for c in cell) for cell in cells) > 1


def _is_further_header(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) >= _FEWEST_KNOWN and not _has_digits(cells) and _known(cells) >= _MOSTLY * len(filled)


def joined_header(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """A header of two rows: what stands above goes for the empty cells right of it, as where cells are merged."""
    joined, over = [], ""
    for index in range(max(len(above), len(below))):
        top = above[index].strip() if index < len(above) else ""
        low = below[index].strip() if index < len(below) else ""
        over = top or (over if low else "")
        if not low or not over:
            joined.append(low or top)
            continue
        joined.append(_of_two(over, low, is_under_both=bool(top)))
    return joined


def _of_two(over: str, low: str, *, is_under_both: bool) -> str:
    """What a column of a header of two rows is called: ``Gross`` over ``weight`` is one name, ``Vessel`` over ``Voyage`` tells where the name belongs."""
    both = f"{over} {low}"
    joined, alone = meaning_of(both), meaning_of(low)
    if joined.fields and not joined.is_near:
        return low if joined.fields[0] in EXTRA and alone.fields and not alone.is_near else both
    if alone.fields and not alone.is_near:
        return low
    return low if alone.fields and not is_under_both else both


def _doubt_repeated(columns: Sequence[FoundColumn]) -> None:
    """Of two columns of one name the first is read; that the other says otherwise is told."""
    named = {column.name: column for column in columns}
    for column in columns:
        first = named.get(column.name.rpartition("#")[0])
        if not column.field and first is not None and first.field not in ("", NOT_READ) and first.cells != column.cells:
            column.doubt = (
                f"is not read: the first column of that name was taken for {first.field}, and this one says otherwise"
            )


def _cells(body: Sequence[SheetRow], index: int) -> list[str]:
    return [row.cells[index] for row in body if index < len(row.cells) and not is_nothing(row.cells[index])]


def _take_by_words(columns: list[FoundColumn]) -> str:
    """Give each column the field that its name says; returns the shape of the table."""
    meanings = [meaning_of(column.name) for column in columns]
    said = {field for meaning in meanings for field in meaning.fields}
    if said & {"document_number", "master_document_number"}:
        shape_name = "consignments"
    elif "location" in said and said & {"arrive", "depart", "sequence"}:
        shape_name = "itineraries"
    elif said & {"loading", "discharge"} and said & {"equipment_id", "description", "gross_mass_kg"}:
        shape_name = "consignments"
    else:
        return ""
    shape = next(shape for shape in CSV_SHAPES if shape.name == shape_name)
    allowed = {*fields_of_shape(shape), NOT_READ}
    taken: dict[str, FoundColumn] = {}
    for near in (False, True):
        for column, meaning in zip(columns, meanings, strict=True):
            if column.field or meaning.is_near != near:
                continue
            _take(column, meaning, allowed, taken)
    _take_ends_of_flight(columns, allowed, taken)
    if "document_number" not in taken and "master_document_number" in taken:
        column = taken["master_document_number"]
        column.field, column.why = "document_number", f"{column.why}; there is no other document"
    return shape_name


def _take_ends_of_flight(columns: Sequence[FoundColumn], allowed: set[str], taken: dict[str, FoundColumn]) -> None:
    """On lists of flights ``Origin`` and ``Destination`` are airports; on those of ships often the countries of the goods."""
    if "flight" not in taken:
        return
    for one, words in _ENDS_OF_FLIGHT.items():
        for column in columns:
            if one in allowed and one not in taken and not column.field and fold(column.name) in words:
                _take(column, Meaning((one,)), allowed, taken)


def _take(column: FoundColumn, meaning: Meaning, allowed: set[str], taken: dict[str, FoundColumn]) -> None:
    fields = [one for one in meaning.fields if one in allowed]
    for one in fields:
        fits = _fitting(column.cells, one, meaning.unit)
        if fits < 0.5:
            shown = next((cell for cell in column.cells if not _fitting([cell], one, meaning.unit)), "")
            column.doubt = f"is not read: its name says {one}, but its cells ({' '.join(shown.split())[:40]!r}) cannot be read as such; correct them, or say in a mapping what it is"
            continue
        if one in taken and one not in _ONCE_MORE:
            column.doubt = f"may be {one} as well, which {taken[one].name!r} was taken for"
            continue
        column.field, column.unit, column.doubt = one, meaning.unit if KIND_OF.get(one) == "mass" else "", ""
        column.why = (
            "not needed"
            if one == NOT_READ
            else f"by a part of its name, {column.name!r}"
            if meaning.is_near
            else "by its name"
        )
        if KIND_OF.get(one) == "mass" and not meaning.unit:
            column.doubt = (
                ""
                if any(re.search(r"\d\s*[A-Za-z]", cell) for cell in column.cells)
                else "no unit is named: taken as kg"
            )
        if one not in _ONCE_MORE:
            taken[one] = column
        elif one != NOT_READ and one in taken:
            column.field = NOT_READ
        elif one != NOT_READ:
            taken[one] = column
        return


def _fitting(cells: list[str], name: str, unit: str) -> float:
    """The share of cells that can be read as a field."""
    kind = KIND_OF.get(name, "text")
    if name == "size_type":
        looks = [re.match(r"\s*(\d{2}|[A-Z0-9]{2}[A-Z]\d)", cell, re.IGNORECASE) is not None for cell in cells]
        return sum(looks) / len(looks) if looks else 0.0
    if name == "equipment_id":
        looks = [
            any(container_ok(box) is not None for box in boxes_in(cell)) or len(compact(cell)) >= 8 for cell in cells
        ]
        return sum(looks) / len(looks) if looks else 1.0
    if kind in ("text", "texts", "location", "mode", "document_type") or not cells:
        return 1.0
    convert = converter(MappedColumn(name, unit if kind == "mass" else ""), PapersMapping())
    return sum(_reads(kind, convert(cell)) for cell in cells) / len(cells)


def _reads(kind: str, text: str) -> bool:
    if kind == "country":
        return len(text.strip()) >= 2
    if kind == "hs_code":
        return any(c.isdigit() for c in text)
    try:
        KINDS[kind].parse(text)
    except ValueError:
        return False
    return True


def _take_by_cells(columns: list[FoundColumn], shape_name: str) -> None:
    """Columns that no word tells, by the check digits of their cells."""
    if shape_name != "consignments":
        return
    have = {column.field for column in columns}
    tests: tuple[tuple[str, Callable[[str], bool], str], ...] = (
        ("equipment_id", lambda text: bool(container_ok(text)), "container numbers with right check digits"),
        (
            "imo",
            lambda text: (
                bool(re.fullmatch(r"(?:IMO)?\s*[5-9]\d{6}", text.strip()))
                and imo_check_digit_ok(int(compact(text)[-7:]))
            ),
            "IMO numbers",
        ),
        ("document_number", lambda text: bool(air_waybill_ok(text)), "air waybill numbers with right check digits"),
    )
    for name, is_one, what in tests:
        if name in have or (name == "imo" and have & {"imo"}):
            continue
        for column in columns:
            right = sum(map(is_one, column.cells)) if not column.field and column.cells else 0
            if right and right >= _MOSTLY * len(column.cells):
                column.field, column.why, column.doubt = (
                    name,
                    f"by its cells: {right:,} of {len(column.cells):,} are {what}",
                    "",
                )
                break


def _above(rows: Sequence[SheetRow], have: set[str], allowed: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What stands above the header for all rows: ``Vessel: SEA STAR``, or in two cells side by side."""
    fixed: dict[str, str] = {}
    why: dict[str, str] = {}
    for row in rows:
        for label, value in _pairs(row.cells):
            meaning = meaning_of(label)
            fields = [one for one in meaning.fields if one in allowed]
            if not fields or meaning.is_near or fields[0] in have or fields[0] in fixed or is_nothing(value):
                continue
            if _fitting([value], fields[0], "") < 1 or fields[0] in (
                "description",
                "packages",
                "gross_mass_kg",
                "document_number",
            ):
                continue
            fixed[fields[0]] = value.strip()
            why[fields[0]] = f"above the header, row {row.at}: {label.strip()!r}"
    if "craft_and_voyage" in fixed and have & {"craft_name", "voyage_number"}:
        del fixed["craft_and_voyage"]
    return fixed, why


def _pairs(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    filled = [cell.strip() for cell in cells if cell.strip()]
    at = 0
    while at < len(filled):
        said = _LABEL.fullmatch(filled[at])
        if said is not None and said[2]:
            yield said[1], said[2]
            at += 1
        elif at + 1 < len(filled) and not _is_word(filled[at + 1]):
            yield filled[at].rstrip(" :="), filled[at + 1]
            at += 2 if meaning_of(filled[at].rstrip(" :=")).fields else 1
        else:
            at += 1


def _is_word(cell: str) -> bool:
    """Whether a cell is the name of a column itself: two of them side by side are two names, and none says the other."""
    meaning = meaning_of(cell.rstrip(" :="))
    return bool(meaning.fields) and not meaning.is_near


def _decimal(columns: list[FoundColumn], delimiter: str) -> str:
    """The decimal mark of a table's numbers, empty where its cells need none to be known."""
    numbers = [
        (column, cell.strip())
        for column in columns
        if KIND_OF.get(column.field) in NUMBER_KINDS
        for cell in column.cells
        if not isinstance(cell, PlainText)
    ]
    marks: dict[str, int] = {".": 0, ",": 0}
    unsure: list[FoundColumn] = []
    for column, cell in numbers:
        if (both := _HOLDS_BOTH.search(cell)) is not None and len(set(re.findall(r"[.,]", cell))) == 2:
            marks[both[1]] += 1
        elif (one := re.search(r"\d([.,])(\d+)(?!\d)(?!.*[.,]\d)", cell)) is not None and cell.count(one[1]) == 1:
            if len(one[2]) != 3 or cell.startswith("0"):
                marks[one[1]] += 1
            elif column.field == "gross_mass_kg":
                unsure.append(column)
        elif (many := re.search(r"\d([.,])\d{3}\1\d{3}", cell)) is not None:
            marks["," if many[1] == "." else "."] += 1
    if marks[","] != marks["."]:
        decimal = "," if marks[","] > marks["."] else "."
        if min(marks.values()):
            for column in columns:
                if KIND_OF.get(column.field) == "mass":
                    column.doubt = f"its decimal mark is now a comma, now a point; taken as {'a comma' if decimal == ',' else 'a point'} where a number can be read in two ways"
            return ""
        return decimal
    if unsure:
        decimal = "," if delimiter == ";" else "."
        for column in unsure:
            column.doubt = (
                f"no number in it shows the decimal mark; taken as {'a comma' if decimal == ',' else 'a point'}"
            )
        return decimal
    return ""


def _order(columns: list[FoundColumn]) -> str:
    """The order of day and month, empty where no cell needs it."""
    day_first = month_first = unsure = 0
    doubtful: list[FoundColumn] = []
    for column in columns:
        if KIND_OF.get(column.field) not in TIME_KINDS:
            continue
        for cell in column.cells:
            said = None if isinstance(cell, PlainText) else _DATE.match(cell.strip())
            if said is None:
                continue
            first, second = int(said[1]), int(said[2])
            day_first += first > 12
            month_first += second > 12
            if first <= 12 and second <= 12 and first != second:
                unsure += 1
                doubtful.append(column)
    if day_first and not month_first:
        return "dmy"
    if month_first and not day_first:
        return "mdy"
    for column in doubtful:
        column.doubt = "its dates can be read in two ways and none decides; taken as day before month"
    return "dmy" if unsure and not month_first else ""


def _doubt_places(column: FoundColumn, knows: Knows) -> None:
    unknown = [cell for cell in dict.fromkeys(cell.strip() for cell in column.cells) if knows(cell.upper()) is None]
    if unknown:
        column.doubt = f"unknown places: {', '.join(map(repr, unknown[:5]))}{f' and {len(unknown) - 5} more' if len(unknown) > 5 else ''}; name them under [places]"


def _missing(shape_name: str, columns: list[FoundColumn], fixed: dict[str, str]) -> list[str]:
    have = {column.field for column in columns} | fixed.keys()
    needs = needed_fields(next(shape for shape in CSV_SHAPES if shape.name == shape_name))
    missing = [f"no column is {name}" for name in sorted(needs - have)]
    if not have & (_CRAFT | {"manifest_id"}):
        missing.append("no column names the ship or flight")
    return missing


def with_sheet(suggestion: Suggestion, where: str) -> Suggestion:
    """The same, its mapping named after the file it was made from."""
    return replace(suggestion, mapping=replace(suggestion.mapping, where=where))
