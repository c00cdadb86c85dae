"""Types of cargo fields: from what a file holds to what the program keeps, or a sentence saying what is wrong.

A parser gets text (CSV) or a JSON value and raises ``ValueError`` with words that follow "<field> <value>".
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tracker.cargo.codes import compact
from tracker.cargo.consignment import DocumentType
from tracker.cargo.paper_time import PaperTime, YearMissingError, read_time
from tracker.cargo.sheets import PlainText
from tracker.decode.base import MAX_TIME_US, MIN_TIME_US
from tracker.geography.place_names import country_code
from tracker.units import US_PER_DAY, parse_time
from tracker.voyages.itinerary import Mode

MAX_TEXT: Final = 4000
"""Longer texts are refused: no party, description or number on a manifest is that long."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of field: its parser and what a person must write."""

    parse: Callable[[Any], Any]
    sentence: str


def _text(raw: Any) -> str:
    if isinstance(raw, (dict, list, bool)):
        raise ValueError("is no text; write one text")
    text = " ".join(str(raw).split())
    if not text.isascii():  # JSON can escape half a character, which no store and no topic takes
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters; shorten it")
    return text


def _texts(raw: Any) -> tuple[str, ...]:
    if isinstance(raw, list):
        return tuple(_text(item) for item in raw)
    return tuple(_text(raw).split())


_LONGEST_PLACE: Final = 60
_OTHER_YEARS: Final = "is outside the years 1990 to 2100; correct it"
_GROUPED: Final = re.compile(r"-?\d{1,3}([ ,.'])\d{3}(\1\d{3})*")
"""Digits in threes: ``1,200``, ``22 400``, ``1.200.000``."""
_COUNTED: Final = re.compile(r"\s*(pcs?|pkgs?|ctns?|colis|bultos|packages|pieces|cartons|colli)\.?$", re.IGNORECASE)
_MASS_UNIT: Final = re.compile(
    r"(?<=[\d\s.,])\s*(kilograms?|kilos?|kgs?|kgm|tonnes?|tons?|tne|mt|t|lbs?|lbr|pounds?|gr?)\.?$", re.IGNORECASE
)
_KG: Final = {"k": 1.0, "t": 1000.0, "m": 1000.0, "l": 0.45359237, "p": 0.45359237, "g": 0.001}
"""Kilograms of a unit by its first letter; a ton is the metric one, as in all manifests, a pound the avoirdupois one (exact by definition)."""


def split_unit(text: str) -> tuple[str, str]:
    """A mass and its unit as written; no unit where none is.

    >>> split_unit("12,5 t"), split_unit("1200kgs"), split_unit("7")
    (('12,5', 't'), ('1200', 'kgs'), ('7', ''))
    """
    found = _MASS_UNIT.search(text)
    return (text[: found.start()].rstrip(), found[1]) if found else (text, "")


def plain_number(text: str) -> str:
    """A number as offices write it, with a decimal point and without marks between thousands.

    Of two marks the last one is the decimal mark. One comma before exactly three digits parts thousands, as does a blank; one point is a decimal point.

    >>> [plain_number(text) for text in ("22.400,5", "22,400.5", "1,200", "22,5", "1 200 kg", "22.4")]
    ['22400.5', '22400.5', '1200', '22.5', '1200', '22.4']
    """
    if isinstance(text, PlainText):
        return text
    text = split_unit(_COUNTED.sub("", text))[0]
    if "," in text and "." in text:
        decimal = max(",.", key=text.rfind)
        whole, _, rest = text.rpartition(decimal)
        if _GROUPED.fullmatch(whole):
            return re.sub(r"[ ,.']", "", whole) + f".{rest}"
        return text
    grouped = _GROUPED.fullmatch(text)
    if grouped and (grouped[1] != "." or text.count(".") > 1):
        return text.replace(grouped[1], "")
    return text.replace(",", ".") if text.count(",") == 1 else text


def _number(raw: Any) -> float:
    try:
        value = float(plain_number(raw if isinstance(raw, PlainText) else _text(raw)))
    except ValueError:
        raise ValueError("is no number; write digits with a decimal point") from None
    if not math.isfinite(value):
        raise ValueError("is no finite number; write digits with a decimal point")
    return value


def _mass(raw: Any) -> float:
    """Kilograms; a unit written behind the number counts."""
    unit = split_unit(_text(raw))[1] if isinstance(raw, str) else ""
    return float(f"{_number(raw) * _KG[unit[0].lower()]:.9g}") if unit else _number(raw)


def _integer(raw: Any) -> int:
    text = plain_number(raw if isinstance(raw, PlainText) else _text(raw))
    if re.fullmatch(r"-?\d{16,}(\.0+)?", text, re.ASCII):
        raise ValueError("has more than 15 digits; correct it")
    if not re.fullmatch(r"-?\d{1,15}(\.0+)?", text, re.ASCII):
        raise ValueError("is no whole number; write digits only")
    return int(text.partition(".")[0])


def _within(parse: Callable[[Any], Any], low: float, high: float) -> Callable[[Any], Any]:
    def parsed(raw: Any) -> Any:
        value = parse(raw)
        if not low <= value <= high:
            raise ValueError(f"is outside {low:,.12g} to {high:,.12g}; correct it")
        return value

    return parsed


def _one_of(choices: type[Mode]) -> Callable[[Any], Any]:
    names = [str(choice) for choice in choices]

    def parsed(raw: Any) -> Any:
        try:
            return choices(_text(raw).lower().replace(" ", "_"))
        except ValueError:
            raise ValueError(f"is none of {', '.join(names)}") from None

    return parsed


_DOCUMENTS: Final = {
    DocumentType.BILL_OF_LADING: (
        "BL",
        "BOL",
        "OBL",
        "HBL",
        "MBL",
        "HOUSEBL",
        "MASTERBL",
        "SEAWAYBILL",
        "SWB",
        "WAYBILL",
        "SEAWAYBILLS",
        "BILLOFLADING",
    ),
    DocumentType.AIR_WAYBILL: ("AWB", "MAWB", "HAWB", "AIRWAYBILL", "HOUSEAWB", "MASTERAWB"),
}
"""What offices call a transport document, by letters alone."""


def _document_type(raw: Any) -> DocumentType:
    letters = compact(_text(raw))
    for kind, names in _DOCUMENTS.items():
        if letters in names:
            return kind
    raise ValueError(f"is none of {', '.join(map(str, DocumentType))}")


def _place(raw: Any) -> str:
    """A code without blanks, or the name of a port in capitals."""
    text = unicodedata.normalize("NFKC", _text(raw)).upper()
    if not text.isascii() and any(map(str.isalpha, text)) and len(text) <= _LONGEST_PLACE:
        return text  # a name: without its foreign letters Bodø would be BOD, which is Bordeaux
    code = compact(text)
    if not 3 <= len(code) <= _LONGEST_PLACE:
        raise ValueError(
            "is not a place; write a UN/LOCODE such as NLRTM, an ICAO or IATA code such as EHAM, or the name of a port"
        )
    return code if len(code) <= 5 else text


def _country(raw: Any) -> str:
    code = country_code(_text(raw))
    if not re.fullmatch(r"[A-Z]{2}", code, re.ASCII):
        raise ValueError("is not a country; write two letters (ISO 3166)")
    return code


def _matching(pattern: str, form: str, change: Callable[[str], str] = compact) -> Callable[[Any], str]:
    def parsed(raw: Any) -> str:
        text = change(_text(raw))
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"is not {form}")
        return text

    return parsed


def _digits(text: str) -> str:
    return re.sub(r"^(IMO|MMSI)", "", compact(text))


def _time(raw: Any) -> int:
    try:
        moment = int(parse_time(_text(raw)))
    except OverflowError:
        raise ValueError(_OTHER_YEARS) from None
    except ValueError:
        raise ValueError("is no time; write it like 2026-04-17T08:30:00Z") from None
    if not MIN_TIME_US <= moment <= MAX_TIME_US:
        raise ValueError(_OTHER_YEARS)
    return moment


def _place_time(raw: Any) -> PaperTime:
    try:
        said = read_time(_text(raw))
        first_us, last_us = said.span_us(None)
    except OverflowError:
        raise ValueError(_OTHER_YEARS) from None
    except YearMissingError:
        raise
    except ValueError:
        raise ValueError("is no time; write it like 2026-04-17T08:30:00Z") from None
    if not MIN_TIME_US + US_PER_DAY <= first_us <= last_us <= MAX_TIME_US - US_PER_DAY:
        raise ValueError(_OTHER_YEARS)
    return said


def _date(raw: Any) -> str:
    try:
        return read_time(_text(raw)).moment.date().isoformat()
    except (ValueError, OverflowError):
        raise ValueError("is no date; write it like 2026-04-17") from None


_IMO = _matching(r"\d{7}", "an IMO number; write its seven digits", _digits)
_MMSI = _matching(r"\d{9}", "an MMSI; write its nine digits", _digits)
_ICAO24 = _matching(r"[0-9A-F]{6}", "a 24-bit address; write its six hexadecimal digits")

KINDS: Final = {
    "text": Kind(_text, "text"),
    "texts": Kind(_texts, "list of texts"),
    "integer": Kind(_integer, "whole number"),
    "version": Kind(_within(_integer, 1, 1_000_000), "whole number from 1"),
    "count": Kind(_within(_integer, 0, 1e12), "whole number from 0"),
    "mass": Kind(_within(_mass, 0, 1e9), "number of kilograms from 0"),
    "severity": Kind(_within(_number, 0, 1), "number from 0 to 1"),
    "latitude": Kind(_within(_number, -90, 90), "degrees, -90 to 90"),
    "longitude": Kind(_within(_number, -180, 180), "degrees, -180 to 180"),
    "time": Kind(_time, "ISO 8601 time, UTC where no zone is given"),
    "place_time": Kind(_place_time, "time or date; ISO 8601, or as offices write it; local where no zone is given"),
    "date": Kind(_date, "ISO 8601 date"),
    "mode": Kind(_one_of(Mode), "`sea` or `air`"),
    "document_type": Kind(_document_type, "`bill_of_lading` or `air_waybill`"),
    "imo": Kind(lambda raw: int(_IMO(raw)), "seven digits"),
    "mmsi": Kind(lambda raw: int(_MMSI(raw)), "nine digits"),
    "icao24": Kind(lambda raw: int(_ICAO24(raw), 16), "six hexadecimal digits"),
    "location": Kind(_place, "UN/LOCODE, ICAO or IATA code, or name of a port"),
    "country": Kind(_country, "two letters (ISO 3166), or the name of a country"),
    "hs_code": Kind(_matching(r"\d{2,12}", "an HS code; write 2 to 12 digits"), "2 to 12 digits"),
}
