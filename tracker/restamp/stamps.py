"""One stamp as text, moved: epoch numbers in seconds, milliseconds, microseconds or nanoseconds (told apart by their size), ISO 8601 times."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tracker.units import US_PER_S

_FROM: Final = (
    (Decimal(10) ** 17, Decimal(1000)),
    (Decimal(10) ** 14, Decimal(1)),
    (Decimal(10) ** 11, Decimal("1e-3")),
)
"""Least number of nanoseconds, microseconds and milliseconds, and how many of each are a microsecond; below are seconds."""
_PER_US_OF_SECONDS: Final = Decimal("1e-6")
ISO: Final = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_ISO_PARTS: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)([T ])(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")


def number_us(text: str) -> int:
    """Microseconds since 1970 of an epoch number."""
    number = Decimal(text)
    return int(number / _per_us(number))


def moved_number(text: str, shift_us: int) -> str:
    """The number of an instant later, with as many digits behind the point.

    >>> moved_number("1452468552.938", 3_000_000), moved_number("1452468552938", 3_000_000)
    ('1452468555.938', '1452468555938')
    """
    number = Decimal(text)
    moved = number + shift_us * _per_us(number)
    _, point, digits = text.partition(".")
    return f"{moved:.{len(digits) if point else 0}f}"


def _per_us(number: Decimal) -> Decimal:
    return next((per_us for least, per_us in _FROM if abs(number) >= least), _PER_US_OF_SECONDS)


def iso_us(text: str) -> int:
    """Microseconds since 1970 of an ISO time; without a zone it is UTC. ``ValueError`` where there is no such time."""
    found = _ISO_PARTS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    instant = datetime.fromisoformat(text if found[9] else text + "+00:00")
    return round((instant - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) / timedelta(microseconds=1))


def moved_iso(text: str, shift_us: int) -> str:
    """The ISO time of an instant later, written alike.

    >>> moved_iso("2016-03-31 23:59:59.5", 1_000_000)
    '2016-04-01 00:00:00.5'
    """
    found = _ISO_PARTS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    fraction, zone = found[8] or "", found[9] or ""
    whole = datetime.fromisoformat(text[:19].replace(" ", "T"))
    micros = int((fraction[1:] + "000000")[:6]) + shift_us
    moved = whole + timedelta(seconds=micros // US_PER_S)
    digits = f"{micros % US_PER_S:06d}"[: len(fraction) - 1].ljust(len(fraction) - 1, "0") if fraction else ""
    return f"{moved.isoformat(found[4], 'seconds')}{'.' if fraction else ''}{digits}{zone}"
