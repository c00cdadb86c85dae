"""Days and instants of the Gregorian calendar, for kernels."""

from __future__ import annotations

from typing import Final

from numba import njit

from tracker.decode.ais import layout as at
from tracker.decode.base import MAX_TIME_US, MIN_TIME_US

_DAY_S: Final = 86_400


@njit(cache=True, nogil=True, error_model="numpy")
def checked_time(time_us: int) -> int:
    """The time, or BAD_TIME outside 1990 to 2100."""
    if time_us < MIN_TIME_US or time_us > MAX_TIME_US:
        return at.BAD_TIME
    return time_us


@njit(cache=True, nogil=True, error_model="numpy")
def days_from_date(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the Gregorian calendar (era arithmetic: years begin in March)."""
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719_469


@njit(cache=True, nogil=True, error_model="numpy")
def date_is_real(year: int, month: int, day: int) -> bool:
    """Whether the Gregorian calendar has that day."""
    if month < 1 or month > 12 or day < 1:
        return False
    longest = 31
    if month in (4, 6, 9, 11):
        longest = 30
    elif month == 2:
        longest = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return day <= longest


@njit(cache=True, nogil=True, error_model="numpy")
def utc_us(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Microseconds since 1970 of a civil UTC time, BAD_TIME if there is no such time."""
    if not date_is_real(year, month, day) or hour > 23 or minute > 59 or second > 59:
        return at.BAD_TIME
    return checked_time((days_from_date(year, month, day) * _DAY_S + hour * 3600 + minute * 60 + second) * 1_000_000)
