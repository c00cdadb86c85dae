"""Times as papers mean them: with their precision, and in the zone of the place they speak of.

A date alone is the whole local day of the place. An hour without a zone is the place's local time. Only a time with its zone (``Z``, ``+02:00``) needs no place.

Written is what offices write: ISO 8601, ``15/04/2026 14:00``, ``15.04.2026``, ``15-APR-2026``, ``202604151400``, ``20260415``, ``04/15/2026 2:00 PM``, and the days
since 1900 that a spreadsheet makes of a date (``46127.58``). Of two numbers that can both be a month the first is the day, but where the hour is told with AM or PM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local times have no zone yet
_DAY: Final = timedelta(days=1)
_SPREADSHEET: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of spreadsheets, which count a 29 February 1900
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_HOUR: Final = r"(?:[ T,]+(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*([AP]M)?)?"
_NUMBERS: Final = re.compile(rf"(\d{{1,2}})[/.-](\d{{1,2}})[/.-](\d{{4}}){_HOUR}", re.IGNORECASE)
_NAMED: Final = re.compile(rf"(\d{{1,2}})[ -]?([A-Z]{{3}})[A-Z]*[ -]?(\d{{4}}){_HOUR}", re.IGNORECASE)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?")
_SERIAL: Final = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
_DATE_ALONE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


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


def read_time(text: str) -> PaperTime:
    """The time that a text on papers means; ``ValueError`` where it is none.

    >>> [read_time(text).said for text in ("15/04/2026 14:00", "15-APR-2026", "04/15/2026 2:00 PM", "20260415", "46127.5")]
    ['2026-04-15T14:00:00', '2026-04-15', '2026-04-15T14:00:00', '2026-04-15', '2026-04-15T12:00:00']
    """
    text = text.strip()
    if _DATE_ALONE.fullmatch(text):
        return PaperTime(datetime.fromisoformat(text), is_day=True)
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return PaperTime(_moment(year, month, day, hour, minute, second), is_day=found[4] is None)
    if found := _NUMBERS.fullmatch(text):
        first, second_number = int(found[1]), int(found[2])
        month_first = second_number > 12 or (found[7] is not None and first <= 12)
        month, day = (first, second_number) if month_first else (second_number, first)
        return _with_hour(int(found[3]), month, day, found.group(4, 5, 6, 7))
    if found := _NAMED.fullmatch(text):
        return _with_hour(int(found[3]), _MONTHS.index(found[2].upper()) + 1, int(found[1]), found.group(4, 5, 6, 7))
    if _SERIAL.fullmatch(text):
        days = float(text.replace(",", "."))
        moment = _SPREADSHEET + timedelta(minutes=round(days * 24 * 60))
        return PaperTime(moment, is_day=days.is_integer())
    return PaperTime(datetime.fromisoformat(text))


def _with_hour(year: int, month: int, day: int, hour: tuple[str | None, ...]) -> PaperTime:
    hours, minutes, seconds, half = hour
    if hours is None:
        return PaperTime(_moment(year, month, day), is_day=True)
    of_day = int(hours)
    if half is not None:
        if not 1 <= of_day <= 12:
            raise ValueError("no hour of a clock of twelve")
        of_day = of_day % 12 + (12 if half.upper() == "PM" else 0)
    return PaperTime(_moment(year, month, day, of_day, int(minutes or 0), int(seconds or 0)))


def _moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - local


def _us(moment: datetime) -> int:
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)
