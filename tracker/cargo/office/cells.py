"""Cells of an office's table to the text that our readers understand: numbers, units, dates, ids, places.

Each converter takes one text and gives one text; what it cannot make out it leaves as it is, for the reader to refuse with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from tracker.cargo.fields import FIELDS
from tracker.cargo.office.mapping import MappedColumn, PapersMapping
from tracker.cargo.paper_time import read_time
from tracker.cargo.sheets import PlainText
from tracker.cargo.values import split_unit

Convert = Callable[[str], str]

_NOTHING: Final = re.compile(
    r"[-–—_.?*]+|#?n/?\.?a\.?|n/d|s/d|nil|null|\(null\)|none|nan|#(?:ref!|name\?|value!|div/0!|null!|num!)|tb[acdn]|t\.b\.[acdn]\.?",
    re.IGNORECASE,
)
"""What people and programs write into a cell to say that there is nothing."""
KIND_OF: Final = {field.csv_name: field.kind for field in FIELDS} | {
    "loading_depart": "place_time", "discharge_arrive": "place_time", "craft_and_voyage": "text", "container_and_type": "text",
}  # fmt: skip
NUMBER_KINDS: Final = frozenset({"mass", "count", "severity", "latitude", "longitude"})
TIME_KINDS: Final = frozenset({"place_time", "date", "time"})
_WHOLE_AS_FLOAT: Final = re.compile(r"(\d+)[.,]0+")
_SEVERAL: Final = re.compile(r"\s*[,;/\n|+&]\s*")
_BOX: Final = re.compile(r"\b([A-Z]{3}[UJZ])[ -.]?(\d{3})[ .]?(\d{3})[ -./]*(\d)\b", re.IGNORECASE)
_CRAFT_AND_VOYAGE: Final = (
    re.compile(r"(.+?)\s*[/|,;]\s*(?:V(?:OY(?:AGE)?)?[. ]*)?(\w[\w-]*)\s*", re.IGNORECASE),
    re.compile(r"(.+?)\s+-?\s*V(?:OY(?:AGE)?)?[. ]+(\w[\w-]*)\s*", re.IGNORECASE),
    re.compile(r"(.+?)\s+-\s+(\w*\d[\w]*)\s*", re.IGNORECASE),
    re.compile(r"(.+?)\s+(\d{2,5}[A-Z]{0,2}|[A-Z]{1,3}\d{2,5}[A-Z]?)\s*", re.IGNORECASE),
)


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is nothing in it.

    >>> [is_nothing(text) for text in ("", " - ", "N/A", "#REF!", "NA", "0", "NILE STAR")]
    [True, True, True, True, True, False, False]
    """
    plain = text.strip()
    return not plain or _NOTHING.fullmatch(plain) is not None


def converter(column: MappedColumn, mapping: PapersMapping) -> Convert:
    """How the cells of a column become ours."""
    kind = KIND_OF.get(column.field, "text")
    codes = mapping.codes.get(column.field, {})
    decimal, order = column.decimal or mapping.decimal, column.order or mapping.order
    zone = column.zone or mapping.zone
    plain: Convert
    if kind in NUMBER_KINDS:
        plain = _number(decimal, column.unit)
    elif kind in TIME_KINDS:
        plain = _time(order, ZoneInfo(zone) if zone and kind != "date" else None)
    elif kind == "location":
        plain = _place(mapping.places)
    elif kind == "hs_code":
        plain = _hs_code
    elif kind in ("text", "texts"):
        plain = _number_as_text
    else:
        plain = _whole
    return _coded(codes, plain) if codes else plain


def _coded(codes: Mapping[str, str], plain: Convert) -> Convert:
    def convert(text: str) -> str:
        said = codes.get(text.strip().upper())
        return plain(text) if said is None else said

    return convert


def _number(decimal: str, unit: str) -> Convert:
    other = {",": ".", ".": ","}.get(decimal, "")

    def convert(text: str) -> str:
        number, own_unit = split_unit(text.strip())
        if decimal and not isinstance(text, PlainText):
            number = re.sub(r"(?<=\d)[ '\u00a0\u202f" + re.escape(other) + r"](?=\d{3}(?!\d))", "", number)
            number = number.replace(decimal, ".")
        if own_unit or unit:
            return f"{number} {own_unit or unit}"
        return PlainText(number) if decimal or isinstance(text, PlainText) else number

    return convert


def _time(order: str, zone: ZoneInfo | None) -> Convert:
    def convert(text: str) -> str:
        if isinstance(text, PlainText) and zone is None:
            return text
        try:
            said = read_time(text, order)
        except (ValueError, OverflowError):
            return text
        if said.is_day:
            return said.moment.date().isoformat()
        moment = said.moment
        if moment.tzinfo is None and zone is not None:
            moment = moment.replace(tzinfo=zone)
        return moment.isoformat()

    return convert


def _place(places: Mapping[str, str]) -> Convert:
    def convert(text: str) -> str:
        return places.get(text.strip().upper(), text)

    return convert


def _hs_code(text: str) -> str:
    """Spreadsheets take the zero off ``090111``: codes have an even number of digits."""
    plain = _whole(text)
    return f"0{plain}" if plain.isdecimal() and len(plain) % 2 and len(plain) > 2 else plain


def _whole(text: str) -> str:
    """``9100009.0`` is how some programs export a number."""
    found = _WHOLE_AS_FLOAT.fullmatch(text.strip())
    return found[1] if found else text


def _number_as_text(text: str) -> str:
    return _whole(text) if len(text) < 24 and text[:1].isdecimal() else text


def split_craft(text: str) -> tuple[str, str]:
    """Ship's name and voyage number out of one cell; no voyage where none is told apart.

    >>> split_craft("MSC OSCAR / 114N"), split_craft("SEA STAR V.114N"), split_craft("EVER GIVEN 0123-045W"), split_craft("EVER GIVEN")
    (('MSC OSCAR', '114N'), ('SEA STAR', '114N'), ('EVER GIVEN 0123-045W', ''), ('EVER GIVEN', ''))
    """
    for pattern in _CRAFT_AND_VOYAGE:
        if (found := pattern.fullmatch(text.strip())) is not None:
            return found[1].strip(), found[2]
    return text.strip(), ""


def boxes_in(text: str) -> list[str]:
    """Container numbers in a cell, each once; the cell itself where it holds none of their form.

    >>> boxes_in("CSQU 305438-3"), boxes_in("CSQU3054383, MSKU1234565"), boxes_in("loose")
    (['CSQU3054383'], ['CSQU3054383', 'MSKU1234565'], ['loose'])
    """
    found = ["".join(one).upper() for one in _BOX.findall(text)]
    return list(dict.fromkeys(found)) or [text.strip()]


def several(text: str) -> list[str]:
    """Parts of a cell that lists several things."""
    return [part for part in _SEVERAL.split(text.strip()) if part]
