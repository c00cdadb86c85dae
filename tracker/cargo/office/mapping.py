"""Mapping files: what the columns of an office's table mean, in TOML.

::

    name = "Lists of the Harbour Agency"
    shape = "consignments"                # or itineraries, flags

    [columns]
    "B/L No" = "document_number"
    "Peso" = { field = "gross_mass_kg", unit = "t", decimal = "," }
    "ETA" = { field = "discharge_arrive", order = "dmy", zone = "Europe/Madrid" }
    "Remarks" = ""                        # not read
    "Name#2" = "consignee_name"           # the second column of that name

    [fixed]                               # what is the same in all rows
    craft_name = "SEA STAR"
    mode = "sea"

    [numbers]
    decimal = ","                         # of all columns that say nothing else

    [time]
    order = "dmy"
    zone = "Europe/Madrid"                # of hours without a zone; without it they are the port's own

    [places]
    "Waalhaven pier 7" = "NLRTM"

    [codes.document_type]                 # what they write -> ours
    "OBL" = "bill_of_lading"

``tidewaiter papers inspect FILE -o MAPPING`` writes one to begin with.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.cargo.fields import CSV_SHAPES, CsvShape
from tracker.cargo.office.words import EXTRA
from tracker.errors import CargoError
from tracker.nearest import meant

MOST_MAPPING_BYTES: Final = 1 << 20
UNITS: Final = ("kg", "t", "lb", "g")
ORDERS: Final = ("dmy", "mdy", "ymd")
MARKS: Final = (".", ",")
_SHAPES: Final = {shape.name: shape for shape in CSV_SHAPES}
_TOP: Final = ("name", "shape", "sheet", "columns", "fixed", "numbers", "time", "places", "codes")
_OF_COLUMN: Final = {"field": None, "unit": UNITS, "decimal": MARKS, "order": ORDERS, "zone": None}
_MEND: Final = "'tidewaiter papers inspect FILE -o MAPPING' writes one to begin with"


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """What one column means. ``field`` is a column of ours or one of ``words.EXTRA``; empty where it is not read."""

    field: str
    unit: str = ""
    decimal: str = ""
    order: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class PapersMapping:
    """What an office's table means."""

    where: str = ""
    name: str = ""
    shape: CsvShape = CSV_SHAPES[0]
    columns: Mapping[str, MappedColumn] = field(default_factory=dict)
    """By the name of their column (``plain_name``)."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    decimal: str = ""
    order: str = ""
    zone: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    """Place as they write it, in capitals -> as we do."""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field -> what they write, in capitals -> what we do."""
    sheet: str = ""

    def missing(self, names: Sequence[str]) -> list[str]:
        """Columns that it names and a header has not."""
        there = set(names)
        return [name for name, column in self.columns.items() if column.field and name not in there]

    def fits(self, names: Sequence[str]) -> int:
        """How many of its columns a header has; 0 where one is missing that a row cannot do without."""
        missing = set(self.missing(names))
        needed = {name for name, column in self.columns.items() if column.field in needed_fields(self.shape)}
        read = sum(1 for column in self.columns.values() if column.field)
        return 0 if missing & needed else read - len(missing)


def needed_fields(shape: CsvShape) -> frozenset[str]:
    """Fields that an office's table of a shape must have; the others are derived or may be left out."""
    return {
        "consignments": frozenset({"document_number", "loading", "discharge"}),
        "itineraries": frozenset({"location"}),
        "flags": frozenset({"flag"}),
    }[shape.name]


def fields_of_shape(shape: CsvShape) -> list[str]:
    """What a column of a table of this shape may mean."""
    return [
        *shape.columns,
        *(EXTRA if shape.name == "consignments" else ["craft_and_voyage"] if shape.name == "itineraries" else []),
    ]


def plain_name(name: str) -> str:
    """The name of a column without regard to case and blanks."""
    return " ".join(name.split()).casefold()


def numbered_names(header: Sequence[str]) -> list[str]:
    """Plain names of a header's columns; the second of a name has ``#2`` behind it. Columns without a name have none.

    >>> numbered_names(["Name", "NAME ", "", "City"])
    ['name', 'name#2', '', 'city']
    """
    seen: dict[str, int] = {}
    names = []
    for cell in header:
        name = plain_name(cell)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if not name or seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def read_papers_mapping(path: Path) -> PapersMapping:
    """A mapping from a file. Raises ``CargoError``: what is wrong, in which line or section, and how to mend it."""
    try:
        if path.stat().st_size > MOST_MAPPING_BYTES:
            raise CargoError("is too long for a mapping", str(path), "see docs/cargo.md")
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as exc:
        raise CargoError("there is no such mapping file", str(path), "check the path; " + _MEND) from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise CargoError(f"is no mapping ({exc})", str(path), f"correct it there; {_MEND}") from exc
    return mapping_of(given, str(path))


def mapping_of(given: Mapping[str, Any], where: str = "") -> PapersMapping:
    """A mapping from what the TOML says."""
    for key in given:
        _known(key, _TOP, "setting or section", "there are", where)
    shape_name = _text(given, "shape", where) or "consignments"
    _known(shape_name, tuple(_SHAPES), "shape", "the shapes are", where)
    shape = _SHAPES[shape_name]
    columns = {}
    for name, meaning in _section(given, "columns", where).items():
        columns[plain_name(name)] = _column(name, meaning, shape, where)
    twice = [one.field for one in columns.values() if one.field]
    for field_name in dict.fromkeys(twice):
        if twice.count(field_name) > 1 and field_name not in ("description", "seals"):
            names = [name for name, one in columns.items() if one.field == field_name]
            raise CargoError(
                f"[columns] {' and '.join(map(repr, names))} are both {field_name}",
                where,
                'keep one of them, and write "" for the other',
            )
    fixed = _texts(given, "fixed", where)
    for name in fixed:
        _known(name, tuple(fields_of_shape(shape)), "field of [fixed]", "the fields are", where)
    numbers, time = _texts(given, "numbers", where), _texts(given, "time", where)
    for section, values, keys in (("numbers", numbers, ("decimal",)), ("time", time, ("order", "zone"))):
        for key in values:
            _known(key, keys, f"key of [{section}]", "the keys are", where)
    if not columns:
        raise CargoError(
            "names no column", where, f'write [columns] and lines like "B/L No" = "document_number"; {_MEND}'
        )
    codes = {}
    for name, table in _section(given, "codes", where).items():
        _known(name, tuple(fields_of_shape(shape)), "field of [codes]", "the fields are", where)
        codes[name] = {
            key.strip().upper(): value for key, value in _texts({name: table}, name, where, "codes.").items()
        }
    made = PapersMapping(
        where, _text(given, "name", where), shape, columns, fixed, numbers.get("decimal", ""), time.get("order", ""), time.get("zone", ""),
        {key.strip().upper(): value for key, value in _texts(given, "places", where).items()}, codes, _text(given, "sheet", where),
    )  # fmt: skip
    _check(MappedColumn("", "", made.decimal, made.order, made.zone), "[numbers] or [time]", where)
    return made


def _column(name: str, meaning: Any, shape: CsvShape, where: str) -> MappedColumn:
    given = {"field": meaning} if isinstance(meaning, str) else meaning
    if not isinstance(given, dict):
        raise CargoError(
            f"[columns] {name!r} is neither a field nor {{ field, unit, decimal, order, zone }}",
            where,
            f'write "{name}" = "document_number"',
        )
    for key, value in given.items():
        _known(key, tuple(_OF_COLUMN), f"key of [columns] {name!r}", "the keys are", where)
        if not isinstance(value, str):
            raise CargoError(f"[columns] {name!r}: {key} = {value!r} is no text", where, f'write {key} = "..."')
    column = MappedColumn(**given) if "field" in given else MappedColumn("", **given)
    if column.field:
        _known(column.field, tuple(fields_of_shape(shape)), f"field for {name!r}", "the fields are", where)
    _check(column, f"[columns] {name!r}", where)
    if column.unit and column.field != "gross_mass_kg":
        raise CargoError(
            f"[columns] {name!r}: {column.field or 'what is not read'} has no unit", where, "only gross_mass_kg has one"
        )
    return column


def _check(column: MappedColumn, what: str, where: str) -> None:
    for key, allowed in _OF_COLUMN.items():
        value = getattr(column, key)
        if allowed and value and value not in allowed:
            raise CargoError(
                f"{what}: {key} = {value!r} is none of {', '.join(map(repr, allowed))}", where, "write one of them"
            )
    if column.zone:
        try:
            ZoneInfo(column.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise CargoError(
                f"{what}: zone = {column.zone!r} is no zone",
                where,
                "write its IANA name, like Europe/Amsterdam, or UTC",
            ) from exc


def _section(given: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise CargoError(f"{name} is no section", where, f"write [{name}] on a line of its own")
    return value


def _texts(given: Mapping[str, Any], name: str, where: str, prefix: str = "") -> dict[str, str]:
    texts = {}
    for key, value in _section(given, name, where).items():
        if isinstance(value, (dict, list, bool)):
            raise CargoError(f"[{prefix}{name}] {key} is no single value", where, f'write "{key}" = "..."')
        texts[key] = str(value)
    return texts


def _text(given: Mapping[str, Any], key: str, where: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise CargoError(f"{key} = {value!r} is no text", where, f'write {key} = "..."')
    return value


def _known(word: str, words: tuple[str, ...], what: str, all_are: str, where: str) -> None:
    if word not in words:
        raise CargoError(f"{word!r} is no {what}", where, meant(word, words, all_are) or "docs/cargo.md lists them")
