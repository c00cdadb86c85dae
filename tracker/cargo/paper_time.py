"""Times as papers mean them: with their precision, and in the zone of the place they speak of.

A date alone is the whole local day of the place. An hour without a zone is the place's local time. Only a time with its zone (``Z``, ``+02:00``, ``UTC``) needs no place.

Written is what offices write: ISO 8601, ``15/04/2026 14:00``, ``15.04.26``, ``2026/04/15``, ``15-APR-2026``, ``15 abr. 2026``, ``April 15, 2026``, ``202604151400``, ``20260415``,
``04/15/2026 2:00 PM``, and the days since 1900 that a spreadsheet makes of a date (``46127.58``). Of two numbers that can both be a month the first is the day, but where the hour
is told with AM or PM, or whoever asks knows the order.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local times have no zone yet
_DAY: Final = timedelta(days=1)
_SPREADSHEET: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of spreadsheets, which count a 29 February 1900
_MONTHS: Final = (
    "JAN ENE GEN", "FEB FEV", "MAR MRT MAE MRZ", "APR ABR AVR", "MAY MAI MEI MAG", "JUN JUIN GIU", "JUL JUIL LUG", "AUG AGO AOU", "SEP SET", "OCT OKT OUT OTT", "NOV", "DEC DEZ DIC",
)  # fmt: skip
"""English, Spanish, French, Portuguese, Italian, German, Dutch, without accents."""
_MONTH_OF: Final = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_HOUR: Final = r"(?:(?:[ T,@]+|(?<=\d{4}) ?- ?)(\d{1,2})(?:[:.hH](\d{2})?(?::(\d{2}))?(?:[.,]\d+)?|(?=\s*[AP]\.?M)|(?<=\d{2})(\d{2}))?\s*([AP]\.?M\.?)?)?"
_NUMBERS: Final = re.compile(rf"(\d{{1,2}})[/. -](\d{{1,2}})[/. -](\d{{4}}|\d{{2}}){_HOUR}", re.IGNORECASE)
_YEAR_FIRST: Final = re.compile(rf"(\d{{4}})[/. -](\d{{1,2}})[/. -](\d{{1,2}}){_HOUR}", re.IGNORECASE)
_NAMED: Final = re.compile(
    rf"(\d{{1,2}})[ ./-]*(?:DE )?([A-Z]{{3,10}})[ ./,-]*(?:DE )?(\d{{4}}|\d{{2}}){_HOUR}", re.IGNORECASE
)
_MONTH_FIRST: Final = re.compile(
    rf"([A-Z]{{3,10}})[ .-]*(\d{{1,2}})(?:ST|ND|RD|TH)?[ ,]+(\d{{4}}){_HOUR}", re.IGNORECASE
)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?)?")
_SERIAL: Final = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
_WEEK_DATE: Final = re.compile(r"\d{4}-?W\d{2}-?\d")
"""A week without its day is no date: nobody knows which."""
_NO_YEAR: Final = re.compile(r"\d{1,2}[ ./-]*([A-Z]{3,10})\.?|([A-Z]{3,10})[ .-]*\d{1,2}", re.IGNORECASE)
_DATE_ALONE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ZONE: Final = re.compile(
    r"(?<=[\d\s.])\s*\(?(?:UTC|GMT|Z)(?:([+-])(\d{1,2})(?::?(\d{2}))?)?\)?$|(?<=:\d{2})\s+([+-])(\d{2}):?(\d{2})$",
    re.IGNORECASE,
)
_LOCAL: Final = re.compile(r"(?<=\d)\s*\(?(?:H(?:OU)?RS?|HS|LT|LMT|LOCAL(?: TIME)?|UHR|UUR|H)\.?\)?$", re.IGNORECASE)
_WEEKDAY: Final = re.compile(r"^([A-Z]{2,10})[.,]{0,2}\s+(?=\d)", re.IGNORECASE)


_EXAMPLE: Final = "2026-04-15"


class YearMissingError(ValueError):
    """A day and a month alone."""


@dataclass(frozen=True, slots=True)
class PaperTime:
    """A time on papers. ``moment`` has a zone where the papers give one; ``is_day``: no hour is given."""

    moment: datetime
    is_day: bool = False

    def span_us(self, zone: tzinfo | None) -> tuple[int, int]:
        """The first and the last instant it may mean, in a place's zone (UTC where nobody knows it)."""
        if self.moment.tzinfo is not None:
            instant = _us(self.moment)
            return instant, instant
        zone = zone or UTC
        first = _us(self.moment.replace(tzinfo=zone))
        return first, _us((self.moment + _DAY).replace(tzinfo=zone)) if self.is_day else first

    @property
    def said(self) -> str | None:
        """The time in ISO form where it needs a place to be an instant; None where it is one by itself."""
        if self.moment.tzinfo is not None:
            return None
        return self.moment.date().isoformat() if self.is_day else self.moment.isoformat(timespec="seconds")


def read_time(text: str, order: str = "") -> PaperTime:
    """The time that a text on papers means; ``ValueError`` where it is none. ``order`` (dmy, mdy) is that of the numbers of a date, where it is known.

    >>> [read_time(text).said for text in ("15/04/2026 14:00", "15-APR-2026", "04/15/2026 2:00 PM", "20260415", "46127.5")]
    ['2026-04-15T14:00:00', '2026-04-15', '2026-04-15T14:00:00', '2026-04-15', '2026-04-15T12:00:00']
    >>> read_time("03/04/2026").said, read_time("03/04/2026", "mdy").said
    ('2026-04-03', '2026-03-04')
    """
    text = text.strip()
    if _DATE_ALONE.fullmatch(text):
        return PaperTime(datetime.fromisoformat(text), is_day=True)
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return PaperTime(_moment(year, month, day, hour, minute, second), is_day=found[4] is None)
    if _SERIAL.fullmatch(text):
        days = float(text.replace(",", "."))
        moment = _SPREADSHEET + timedelta(minutes=round(days * 24 * 60))
        return PaperTime(moment, is_day=days.is_integer())
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).replace(
            "\u202f", " "
        )
    if _WEEK_DATE.fullmatch(text):
        return PaperTime(datetime.fromisoformat(text), is_day=True)
    try:
        return PaperTime(datetime.fromisoformat("" if "W" in text.upper() else text))
    except ValueError:
        return _of_offices(text, order)


def _of_offices(text: str, order: str) -> PaperTime:
    """A time in one of the many forms that no standard knows."""
    zone: tzinfo | None = None
    if (found := _ZONE.search(text)) is not None:
        sign, hours, minutes = found.group(1, 2, 3) if found[1] else found.group(4, 5, 6)
        behind = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-behind if sign == "-" else behind) if sign else UTC
        text = text[: found.start()].rstrip()
    else:
        text = _LOCAL.sub("", text)
    if (weekday := _WEEKDAY.match(text)) is not None and not _month(weekday[1]):
        text = text[weekday.end() :]
    if (found := _YEAR_FIRST.fullmatch(text)) is not None:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif (found := _NUMBERS.fullmatch(text)) is not None:
        first, second = int(found[1]), int(found[2])
        month_first = second > 12 or (first <= 12 and (order == "mdy" or (not order and found[8] is not None)))
        year, month, day = _year(found[3]), *((first, second) if month_first else (second, first))
    elif (found := _NAMED.fullmatch(text)) is not None and _month(found[2]):
        year, month, day = _year(found[3]), _month(found[2]), int(found[1])
    elif (found := _MONTH_FIRST.fullmatch(text)) is not None and _month(found[1]):
        year, month, day = int(found[3]), _month(found[1]), int(found[2])
    elif (found := _NO_YEAR.fullmatch(text)) is not None and _month(found[1] or found[2]):
        raise YearMissingError(f"names no year, and which is meant nobody can know; write it like {_EXAMPLE}")
    else:
        raise ValueError("no time in a form that is known")
    said = _with_hour(year, month, day, found.group(4, 5, 6, 7, 8))
    return said if zone is None or said.is_day else PaperTime(said.moment.replace(tzinfo=zone))


def _month(word: str) -> int:
    """Number of a month by its name; 0 where it is none."""
    plain = word.upper()
    return _MONTH_OF.get(plain[:4], 0) or _MONTH_OF.get(plain[:3], 0)


def _year(digits: str) -> int:
    """Papers of goods afloat are of this century."""
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _with_hour(year: int, month: int, day: int, hour: tuple[str | None, ...]) -> PaperTime:
    hours, minutes, seconds, joined, half = hour
    if hours is None:
        return PaperTime(_moment(year, month, day), is_day=True)
    of_day = int(hours)
    if half is not None:
        if not 1 <= of_day <= 12:
            raise ValueError("no hour of a clock of twelve")
        of_day = of_day % 12 + (12 if half.upper().startswith("P") else 0)
    elif of_day == 24 and not int(minutes or joined or 0):  # the end of the day
        return PaperTime(_moment(year, month, day) + _DAY)
    return PaperTime(_moment(year, month, day, of_day, int(minutes or joined or 0), int(seconds or 0)))


def _moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - local


def _us(moment: datetime) -> int:
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)
