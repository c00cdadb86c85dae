"""The plain forms of a written time, a whole column at once: a kernel over the bytes of its texts.

``2026-03-01T12:00:00`` with ``-`` or ``/`` and ``T`` or a blank, and where the caller says the order ``01/03/2026 12:00:00``; behind it a point and up to
twelve digits, and ``Z``, ``+00:00``, ``+0000``, `` UTC`` or `` +0000 UTC`` (Go). Nine in ten tables write their times so, and reading them takes longest of all that is done to a
row (66 ns by Polars' ``to_datetime``, 8 ns here, beside 15 ns for the copy of the texts). All else is left to ``tracker.decode.written_times``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais.calendar import date_is_real, days_from_date

DAY_ORDERS: Final = {"": 0, "dmy": 1, "mdy": 2}
_HEAD: Final = 19
"""``2026-03-01T12:00:00`` has so many bytes."""
_FIRST_YEAR, _LAST_YEAR = 1989, 2101
_MOST_DIGITS: Final = 12
_MICROS: Final = 6
_MINUS, _SLASH, _COLON, _POINT, _BLANK, _T, _Z = 45, 47, 58, 46, 32, 84, 90
_OFFSETS_OF_UTC: Final = np.array(
    [list(text.ljust(10)) for text in (b" UTC", b"+0000", b"+00:00", b" +0000 UTC")], dtype=np.uint8
)
_OFFSET_LENGTHS: Final = (4, 5, 6, 10)


def plain_times_us(column: pl.Series, order: str, otherwise: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds of a column of texts as if all were UTC, ``otherwise`` where it is not of a plain form; and which have no offset."""
    texts = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, ends, data = texts.buffers()
    out = np.full(len(texts), otherwise, dtype=np.int64)
    is_local = np.zeros(len(texts), dtype=np.bool_)
    if len(texts) and data is not None:
        bounds = np.frombuffer(ends, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
        _read(np.frombuffer(data, dtype=np.uint8), bounds, DAY_ORDERS[order], out, is_local)
    return out, is_local


@njit(cache=True, nogil=True, error_model="numpy")
def _number(data: Any, p: int, digits: int) -> int:
    """A number of so many digits, negative where they are none."""
    value = 0
    for i in range(p, p + digits):
        digit = data[i] - 48
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _read(data: Any, bounds: Any, order: int, out: Any, is_local: Any) -> None:
    """Fill ``out`` and ``is_local``. Most texts have the date of the one before."""
    date_at, midnight_s = -1, 0
    for row in range(len(out)):
        p, end = bounds[row], bounds[row + 1]
        if end - p < _HEAD or data[p + 13] != _COLON or data[p + 16] != _COLON:
            continue
        if data[p + 10] != _BLANK and data[p + 10] != _T:
            continue
        same = date_at >= 0
        for i in range(10):
            same = same and data[p + i] == data[date_at + i]
        if not same:
            days = _days(data, p, order)
            if days < 0:
                date_at = -1
                continue
            date_at, midnight_s = p, days * 86_400
        hour, minute, second = _number(data, p + 11, 2), _number(data, p + 14, 2), _number(data, p + 17, 2)
        if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
            continue
        p, more_us = _fraction(data, p + _HEAD, end)
        if more_us < 0:
            continue
        if p < end and not _is_utc(data, p, end):
            continue
        is_local[row] = p == end
        out[row] = (midnight_s + hour * 3600 + minute * 60 + second) * 1_000_000 + more_us


@njit(cache=True, nogil=True, error_model="numpy")
def _days(data: Any, p: int, order: int) -> int:
    """Days since 1970 of a date, negative where it is none of ours."""
    if data[p + 4] == data[p + 7] and (data[p + 4] == _MINUS or data[p + 4] == _SLASH):
        year, month, day = _number(data, p, 4), _number(data, p + 5, 2), _number(data, p + 8, 2)
    elif (
        order
        and data[p + 10] == _BLANK
        and data[p + 2] == data[p + 5]
        and (data[p + 2] == _MINUS or data[p + 2] == _SLASH)
    ):
        day, month, year = _number(data, p, 2), _number(data, p + 3, 2), _number(data, p + 6, 4)
        if order == 2:
            day, month = month, day
    else:
        return -1
    if year < _FIRST_YEAR or year > _LAST_YEAR or not date_is_real(year, month, day):
        return -1
    return days_from_date(year, month, day)


@njit(cache=True, nogil=True, error_model="numpy")
def _fraction(data: Any, p: int, end: int) -> tuple[int, int]:
    """Where a fraction of a second ends, and its whole microseconds; -1 where it is broken."""
    if p >= end or data[p] != _POINT:
        return p, 0
    p += 1
    value = digits = 0
    while p < end and 48 <= data[p] <= 57:
        if digits < _MICROS:
            value = value * 10 + (data[p] - 48)
        digits += 1
        p += 1
    if digits == 0 or digits > _MOST_DIGITS:
        return p, -1
    for _ in range(digits, _MICROS):
        value *= 10
    return p, value


@njit(cache=True, nogil=True, error_model="numpy")
def _is_utc(data: Any, p: int, end: int) -> bool:
    """Whether the rest of a text says UTC."""
    if end - p == 1:
        return bool(data[p] == _Z)
    for kind in range(4):
        if end - p == _OFFSET_LENGTHS[kind]:
            same = True
            for i in range(end - p):
                same = same and data[p + i] == _OFFSETS_OF_UTC[kind, i]
            return same
    return False
