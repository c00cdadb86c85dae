"""A time anywhere in the text before or behind a sentence, in whatever way a logger wrote it.

The fast ways (a line that begins with ISO or Unix time) are read by ``prefix``; this reads the others, from the front, and
the first complete time counts::

    2026-03-01 12:00:00   2026/03/01T12:00Z   2026.3.1 12:00:00,25   2026-03-01-12:00:00   2026:060:12:00:00 (day of the year)
    20260301120000   20260301T120000Z   20260301 120000   20260301120000123
    01/03/2026 12:00:00   3-1-2026 12:00:00 PM   01.03.2026 12:00   12:00:00 01/03/2026
    1772366400   1772366400123   1772366400123456   1772366400123456789   1772366400.123
    Mar  1 12:00:00 2026   Sun, 01 Mar 2026 12:00:00 +0000   01/Mar/2026:12:00:00 +0000   March 1, 2026 12:00:00 PM

A time may end in ``Z``, an offset (``+02``, ``+0200``, `` +02:00``), ``UTC`` or another abbreviation of one meaning; else it is of
the input's zone. Dates of numbers alone are read by the order that the user says, else by the one that a day above 12 has
proven, else by the only one that fits a clock at hand; else they are ``AMBIGUOUS``. Dots are day first (DIN 5008).

What is not complete is *loose*: a clock without a date, a date without a year (syslog, RFC 3164). Who calls completes it by a
clock at hand, or refuses it. What looks like a time and is none (30 February, 25 o'clock, a date without a clock, a Unix time
below zero) is ``BAD_TIME``: passed over it would leave the sentence to another clock.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from tracker.decode.ais import layout as at
from tracker.decode.ais.calendar import checked_time, date_is_real, days_from_date
from tracker.decode.ais.layout import State, Unit
from tracker.decode.zones import NEVER as NO_OFFSET
from tracker.decode.zones import TWICE, ZoneSteps

_DAY_US: Final = 86_400_000_000
_MINUTE_US: Final = 60_000_000
_NEAR_A_CLOCK_US: Final = 36 * 3_600_000_000
"""A date that is right lies so near a clock of the same input: a zone is 14 h at most, and a log is written soon."""
_NONE: Final = -1
_MS_FROM: Final = 100_000_000_000
_US_FROM: Final = 100_000_000_000_000
_NS_FROM: Final = 100_000_000_000_000_000
_MOST_DIGITS: Final = 19
_UNKNOWN_OFFSET: Final = 1 << 60
"""So far from UTC that no time is left."""


class Date(NamedTuple):
    """A date as it was read: there need be no such day."""

    year: int
    month: int
    day: int


class Written(NamedTuple):
    """A date of numbers alone: day and month in one order or the other."""

    year: int
    first: int
    second: int
    dots: bool
    """Whether dots stand between them."""


def _letters(words: str) -> NDArray[np.int64]:
    """Words of three letters as numbers, in lower case."""
    return np.array(
        [sum(ord(c) << 8 * k for k, c in enumerate(word)) for word in words.lower().split()], dtype=np.int64
    )


_MONTHS: Final = _letters("jan feb mar apr may jun jul aug sep oct nov dec")
_ABBREVIATIONS: Final = _letters("utc gmt wet cet eet est edt cdt mst mdt pst pdt msk jst kst")
_ABBREVIATED_H: Final = np.array([0, 0, 0, 1, 2, -5, -4, -5, -7, -6, -8, -7, 3, 9, 9], dtype=np.int64)
"""The American ones are RFC 5322's (section 4.3), the others of one meaning in use."""
_OF_SEVERAL_ZONES: Final = _letters("cst ist bst ast sst")
"""Chicago or Shanghai, India or Israel or Ireland, ...: a time before one of these is not read."""
_SUMMER: Final = _letters("wes ces ees")
"""First letters of WEST, CEST and EEST."""


@njit(cache=True, nogil=True, error_model="numpy")
def is_digit(byte: int) -> bool:
    """Whether a byte is a decimal digit."""
    return 48 <= byte <= 57


@njit(cache=True, nogil=True, error_model="numpy")
def _is_letter(byte: int) -> bool:
    return 97 <= (byte | 32) <= 122


@njit(cache=True, nogil=True, error_model="numpy")
def _word(work: NDArray[np.uint8], p: int) -> Any:
    """The three bytes at ``p`` in lower case, as a number."""
    return (np.int64(work[p]) | 32) | (np.int64(work[p + 1]) | 32) << 8 | (np.int64(work[p + 2]) | 32) << 16


@njit(cache=True, nogil=True, error_model="numpy")
def _run(work: NDArray[np.uint8], p: int, end: int) -> int:
    """How many digits stand at ``p``."""
    q = p
    while q < end and is_digit(work[q]):
        q += 1
    return q - p


@njit(cache=True, nogil=True, error_model="numpy")
def _number(work: NDArray[np.uint8], p: int, digits: int) -> Any:
    value = np.int64(0)
    for i in range(p, p + digits):
        value = value * 10 + (np.int64(work[i]) - 48)
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def to_utc(local_us: int, zone: ZoneSteps, state: State) -> int:
    """UTC of a local time by the steps of the input's zone; BAD_TIME for one that is none, AMBIGUOUS_TIME for one that comes twice.

    The step is remembered in ``state`` for ``prefix``: most times are of the same one as those before.
    """
    if local_us < state.zone_from_us or local_us >= state.zone_until_us:
        zone = borrowed(zone)
        steps = state.zone_steps
        k: Any = np.int64(0)
        above = np.int64(steps)  # the step looked for is from k on, and below this
        while above - k > 1:
            middle = (k + above) // 2
            if zone.local_from_us[middle] <= local_us:
                k = middle
            else:
                above = middle
        offset = zone.offset_us[k]
        if offset == NO_OFFSET:
            return at.BAD_TIME
        if offset == TWICE:
            return at.AMBIGUOUS_TIME
        state.zone_from_us = zone.local_from_us[k]
        state.zone_until_us = zone.local_from_us[k + 1] if k + 1 < steps else at.END_OF_TIME
        state.zone_offset_us = offset
    return checked_time(local_us - state.zone_offset_us)


@njit(cache=True, nogil=True, error_model="numpy")
def read_zone(work: NDArray[np.uint8], p: int, end: int) -> tuple[int, int]:
    """The offset behind a time at ``p``: where it ends and its microseconds, ``NO_OFFSET`` if there is none."""
    q = p
    while q < end and work[q] == 32 and q < p + 2:
        q += 1
    if q >= end:
        return p, NO_OFFSET
    byte = work[q]
    if byte in (90, 122) and not _is_letter(work[q + 1]) and not is_digit(work[q + 1]):
        return q + 1, 0
    if byte in (43, 45) and is_digit(work[q + 1]) and is_digit(work[q + 2]):
        digits = _run(work, q + 1, end)
        hours = _number(work, q + 1, 2)
        minutes = 0
        stop = q + 1 + digits
        if digits == 2 and work[q + 3] == 58 and _run(work, q + 4, end) == 2:
            minutes = _number(work, q + 4, 2)
            stop = q + 6
        elif digits == 4:
            minutes = _number(work, q + 3, 2)
        elif digits != 2 or work[stop] == 46:
            return p, NO_OFFSET
        if hours > 18 or minutes > 59:
            return p, NO_OFFSET
        offset = (hours * 60 + minutes) * _MINUTE_US
        return stop, -offset if byte == 45 else offset
    if _is_letter(byte) and q + 3 <= end:
        word = _word(work, q)
        after = work[q + 3]
        if not _is_letter(after) and not is_digit(after):
            for k in range(len(_ABBREVIATIONS)):
                if _ABBREVIATIONS[k] == word:
                    return q + 3, _ABBREVIATED_H[k] * 60 * _MINUTE_US
            for k in range(len(_OF_SEVERAL_ZONES)):
                if _OF_SEVERAL_ZONES[k] == word:
                    return q + 3, _UNKNOWN_OFFSET
        elif (after | 32) == 116 and not _is_letter(work[q + 4]):
            for k in range(len(_SUMMER)):
                if _SUMMER[k] == word:
                    return q + 4, (k + 1) * 60 * _MINUTE_US
    return p, NO_OFFSET


@njit(cache=True, nogil=True, error_model="numpy")
def epoch_us(work: NDArray[np.uint8], p: int, end: int) -> tuple[int, int]:
    """A Unix time in s, ms, us or ns at ``p``: where it ends and its microseconds, or BAD_TIME."""
    value: Any = np.int64(0)
    q = p
    while q < end and is_digit(work[q]):
        value = value * 10 + (np.int64(work[q]) - 48)
        q += 1
    digits = q - p
    if digits == 0 or digits > _MOST_DIGITS or (digits == _MOST_DIGITS and work[p] > 56):
        return q, at.BAD_TIME
    if value >= _NS_FROM:
        return q, checked_time(value // 1000)
    scale = 1_000_000
    if value >= _US_FROM:
        scale = 1
    elif value >= _MS_FROM:
        scale = 1000
    value *= scale
    if q + 1 < end and work[q] == 46 and is_digit(work[q + 1]):
        q += 1
        while q < end and is_digit(work[q]):
            scale //= 10
            value += (np.int64(work[q]) - 48) * scale
            q += 1
    return q, checked_time(value)


@njit(cache=True, nogil=True, error_model="numpy")
def _clock(work: NDArray[np.uint8], p: int, end: int) -> tuple[int, int]:
    """A clock at ``p``: where it ends and the microseconds of the day; -1 if there is none, BAD_TIME if there is no such.

    A second of 60 gives 60 s: ``_dated`` sees to it that only a leap second has one.
    """
    digits = _run(work, p, end)
    q = p + digits
    fraction_us: Any = 0
    second = 0
    if digits in (1, 2) and work[q] == 58 and _run(work, q + 1, end) == 2:
        hour = _number(work, p, digits)
        minute = _number(work, q + 1, 2)
        q += 3
        if work[q] == 58 and _run(work, q + 1, end) == 2:
            second = _number(work, q + 1, 2)
            q += 3
        elif work[q] == 58 and is_digit(work[q + 1]):
            return p, _NONE
    elif digits == 6:
        hour = _number(work, p, 2)
        minute = _number(work, p + 2, 2)
        second = _number(work, p + 4, 2)
    elif digits == 4:
        hour = _number(work, p, 2)
        minute = _number(work, p + 2, 2)
    elif digits == 9:  # with milliseconds
        hour = _number(work, p, 2)
        minute = _number(work, p + 2, 2)
        second = _number(work, p + 4, 2)
        fraction_us = _number(work, p + 6, 3) * 1000
    else:
        return p, _NONE
    if work[q] in (44, 46) and is_digit(work[q + 1]):
        digits = _run(work, q + 1, end)
        # behind a comma another column may begin, with a date or a number
        if work[q] == 46 or (digits <= 9 and work[q + 1 + digits] not in (45, 46, 47, 58)):
            scale = 1_000_000
            for i in range(q + 1, q + 1 + digits):
                scale //= 10
                fraction_us += (np.int64(work[i]) - 48) * scale
            q += 1 + digits
    after = q + 1 if work[q] == 32 else q
    letter = work[after] | 32
    if letter in (97, 112) and after < end:
        stop = 0
        if (work[after + 1] | 32) == 109 and not _is_letter(work[after + 2]):
            stop = after + 2
        elif work[after + 1] == 46 and (work[after + 2] | 32) == 109 and work[after + 3] == 46:
            stop = after + 4
        if stop:
            if hour < 1 or hour > 12:
                return stop, at.BAD_TIME
            hour = hour % 12 + (12 if letter == 112 else 0)
            q = stop
    midnight = hour == 24 and minute == 0 and second == 0 and fraction_us == 0  # at a day's end (ISO 8601)
    if (hour > 23 and not midnight) or minute > 59 or second > 60:
        return q, at.BAD_TIME
    return q, ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction_us


@njit(cache=True, nogil=True, error_model="numpy")
def _dated(
    work: NDArray[np.uint8],
    p: int,
    end: int,
    date: Date,
    clock_us: int,
    utc: bool,
    zone: ZoneSteps,
    state: State,
) -> tuple[int, int]:
    """The time of a date and a clock that ends at ``p``, with what offset follows: where that ends, and UTC or BAD_TIME."""
    q, offset = read_zone(work, p, end)
    if (
        not date_is_real(date.year, date.month, date.day)
        or clock_us < 0
        or is_digit(work[p])
        or (work[p] == 46 and is_digit(work[p + 1]))
    ):
        return q, at.BAD_TIME
    local_us = days_from_date(date.year, date.month, date.day) * _DAY_US + clock_us
    if offset == NO_OFFSET and utc:
        offset = 0
    time_us = to_utc(local_us, zone, state) if offset == NO_OFFSET else checked_time(local_us - offset)
    if (
        clock_us % _MINUTE_US < 1_000_000
        and time_us > 0
        and work[p - 1] == 48
        and work[p - 2] == 54
        and work[p - 3] == 58
    ) and (time_us // 1_000_000) % 86_400 != 0:
        return q, at.BAD_TIME  # second 60, and not at midnight UTC
    return q, time_us


@njit(cache=True, nogil=True, error_model="numpy")
def prove(order: int, state: State) -> None:
    """A date that can only be read one way."""
    state.order_proven = order
    if order == at.DAY_FIRST:
        state.days_first += 1
    else:
        state.months_first += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _numbers_only(
    work: NDArray[np.uint8],
    p: int,
    end: int,
    written: Written,
    clock_us: int,
    near_us: int,
    zone: ZoneSteps,
    state: State,
) -> tuple[int, int]:
    """The time of a date whose day and month stand in an order to be found."""
    a, b = written.first, written.second
    day_first_date, month_first_date = Date(written.year, b, a), Date(written.year, a, b)
    order = state.order_said
    if written.dots and order == 0:
        order = at.DAY_FIRST
    if a > 12 and b <= 12:
        order = at.DAY_FIRST
        prove(order, state)
    elif b > 12 and a <= 12:
        order = at.MONTH_FIRST
        prove(order, state)
    elif order == 0:
        order = at.DAY_FIRST if a == b else state.order_proven
    if order == at.DAY_FIRST:
        return _dated(work, p, end, day_first_date, clock_us, False, zone, state)
    if order == at.MONTH_FIRST:
        return _dated(work, p, end, month_first_date, clock_us, False, zone, state)
    q, day_first = _dated(work, p, end, day_first_date, clock_us, False, zone, state)
    q, month_first = _dated(work, p, end, month_first_date, clock_us, False, zone, state)
    if near_us > 0:
        day_fits = day_first > 0 and abs(day_first - near_us) <= _NEAR_A_CLOCK_US
        month_fits = month_first > 0 and abs(month_first - near_us) <= _NEAR_A_CLOCK_US
        if day_fits != month_fits:
            prove(at.DAY_FIRST if day_fits else at.MONTH_FIRST, state)
            return q, day_first if day_fits else month_first
    return q, at.AMBIGUOUS_TIME if day_first > 0 or month_first > 0 else at.BAD_TIME


@njit(cache=True, nogil=True, error_model="numpy")
def _month_named(work: NDArray[np.uint8], p: int, end: int) -> tuple[int, int]:
    """The month whose name stands at ``p``, and where it ends; 0 if there is none."""
    if p + 3 > end:
        return p, 0
    word = _word(work, p)
    for k in range(12):
        if _MONTHS[k] == word:
            q = p + 3
            while q < end and _is_letter(work[q]):
                q += 1
            return (q, k + 1) if q <= p + 9 else (p, 0)
    return p, 0


@njit(cache=True, nogil=True, error_model="numpy")
def _gap(work: NDArray[np.uint8], p: int, end: int) -> int:
    """Where the clock behind a date may begin: past at most three of blank, tab, comma, semicolon, ``T``, ``_``, ``-``, ``:``, ``@``, quotes."""
    q = p
    while q < end and q < p + 3 and work[q] in (32, 9, 44, 59, 84, 116, 95, 45, 58, 64, 34, 39, 124):
        q += 1
    return q


@njit(cache=True, nogil=True, error_model="numpy")
def _says_utc(work: NDArray[np.uint8], begin: int, p: int) -> bool:
    """Whether ``timestamp: `` or ``rxtime":"`` stands before ``p``: AIS-catcher writes these in UTC, whatever the zone of the machine."""
    if p - begin >= 3 and work[p - 1] == 32 and work[p - 2] == 58 and work[p - 3] == 112:
        return True
    return p - begin >= 4 and work[p - 1] == 34 and work[p - 2] == 58 and work[p - 3] == 34 and work[p - 4] == 101


@njit(cache=True, nogil=True, error_model="numpy")
def find_time(
    work: NDArray[np.uint8],
    begin: int,
    end: int,
    behind: bool,
    near_us: int,
    zone: ZoneSteps,
    state: State,
    unit: Unit,
) -> Any:
    """The first complete time in ``work[begin:end]``, else BAD_TIME, AMBIGUOUS_TIME, LOOSE_TIME or NO_TIME.

    Parameters
    ----------
    behind:
        The text stands behind a sentence: what is no complete time counts only at its beginning, further on it is a comment.
    near_us:
        A clock at hand, or NO_TIME.
    unit:
        For LOOSE_TIME: ``loose_month`` (0: a clock alone), ``loose_day``, ``loose_clock_us`` (us of the day).
    """
    bad = False
    ambiguous = False
    loose = False
    clock_us: Any = np.int64(_NONE)  # a clock seen, for a date that follows
    clock_end: Any = np.int64(0)
    clock: Any = np.int64(_NONE)
    stop: Any = np.int64(0)
    first = True  # nothing but separators so far
    i = begin
    while i < end:
        byte = work[i]
        before = np.int64(work[i - 1]) if i > begin else 32
        if not is_digit(byte) and not _is_letter(byte):
            i += 1
            continue
        leads = first
        first = False
        if (
            is_digit(before)
            or _is_letter(before)
            or before == 95
            or (before == 46 and i - 1 > begin and is_digit(work[i - 2]))
        ):
            while i < end and (is_digit(work[i]) or _is_letter(work[i]) or work[i] == 95):
                i += 1
            continue
        joined = before == 45 and i - 2 >= begin and (is_digit(work[i - 2]) or _is_letter(work[i - 2]))
        counts = leads or not behind
        year: Any = np.int64(_NONE)
        month: Any = np.int64(0)
        day: Any = np.int64(0)
        order_open = False
        dots = False
        q: Any = np.int64(i)
        time_us: Any = np.int64(at.NO_TIME)
        digits = _run(work, i, end)
        after = np.int64(work[i + digits]) if i + digits < end else 0
        if digits == 0:
            q, month = _month_named(work, i, end)
            if month == 0:
                while i < end and (is_digit(work[i]) or _is_letter(work[i])):
                    i += 1
                continue
            while q < end and work[q] == 32:
                q += 1
            n = _run(work, q, end)
            if n < 1 or n > 2:
                i = q
                continue
            day = _number(work, q, n)
            q += n
            stop = q
            while q < end and work[q] in (32, 44):
                q += 1
            if _run(work, q, end) == 4 and work[q + 4] != 58:
                year = _number(work, q, 4)
                q += 4
            else:
                q = stop
        elif digits == 4 and after in (45, 47, 46, 58):
            n = _run(work, i + 5, end)
            stop = i + 5 + n
            if n == 3 and after in (45, 58):  # the day of the year
                year = _number(work, i, 4)
                month = np.int64(1)
                day = _number(work, i + 5, 3)
                q = stop
                leap = date_is_real(year, 2, 29)
                if day < 1 or day > (366 if leap else 365):
                    month = np.int64(13)
                else:
                    while day > 28 and not date_is_real(year, month, day):
                        longest = 31
                        while not date_is_real(year, month, longest):
                            longest -= 1
                        day -= longest
                        month += 1
            elif n in (1, 2) and work[stop] == after and 1 <= _run(work, stop + 1, end) <= 2:
                year = _number(work, i, 4)
                month = _number(work, i + 5, n)
                n = _run(work, stop + 1, end)
                day = _number(work, stop + 1, n)
                q = stop + 1 + n
        elif digits in (1, 2) and after in (45, 47, 46, 32) and _is_letter(work[i + digits + 1]):
            q, month = _month_named(work, i + digits + 1, end)
            if month and work[q] in (45, 47, 46, 32, 44):
                q += 1
                while q < end and work[q] == 32:
                    q += 1
                if _run(work, q, end) == 4:
                    day = _number(work, i, digits)
                    year = _number(work, q, 4)
                    q += 4
            if year == _NONE:
                month = np.int64(0)
        elif digits in (1, 2) and after in (45, 47, 46) and not joined:
            n = _run(work, i + digits + 1, end)
            stop = i + digits + 1 + n
            years = _run(work, stop + 1, end) if n in (1, 2) and work[stop] == after else 0
            if years in (2, 4):
                month = _number(work, i, digits)
                day = _number(work, i + digits + 1, n)
                year = _number(work, stop + 1, years)
                q = stop + 1 + years
                order_open = True
                dots = after == 46
                if years == 2:
                    # which of the three is the year cannot be seen; without a clock it is no date at all
                    q2 = _gap(work, q, end)
                    stop, seen = _clock(work, q2, end)
                    if seen == _NONE or q2 == q:
                        i = q
                        continue
                    if state.order_said == 0:
                        ambiguous = ambiguous or counts
                        i = stop
                        continue
                    year += 1900 if year >= 90 else 2000
        elif digits in (14, 17) and 19 <= _number(work, i, 2) <= 20:
            year = _number(work, i, 4)
            stop, clock = _clock(work, i + 8, i + 8 + (9 if digits == 17 else 6))
            if digits == 14:
                stop, clock = _clock(work, i + 8, end)
            date = Date(year, _number(work, i + 4, 2), _number(work, i + 6, 2))
            q, time_us = _dated(work, stop, end, date, clock, _says_utc(work, begin, i), zone, state)
            if digits == 17 and time_us < 0:
                q, time_us = epoch_us(work, i, end)
        elif digits == 12 and 19 <= _number(work, i, 2) <= 20:
            stop, clock = _clock(work, i + 8, end)
            date = Date(_number(work, i, 4), _number(work, i + 4, 2), _number(work, i + 6, 2))
            q, time_us = _dated(work, stop, end, date, clock, False, zone, state)
        elif (
            digits == 8
            and 19 <= _number(work, i, 2) <= 20
            and date_is_real(_number(work, i, 4), _number(work, i + 4, 2), _number(work, i + 6, 2))
        ):
            year = _number(work, i, 4)
            month = _number(work, i + 4, 2)
            day = _number(work, i + 6, 2)
            q = i + 8
        elif digits >= 10 or (digits == 9 and leads and not behind):
            q, time_us = epoch_us(work, i, end)
            if before == 45 or digits == 9:  # a time below zero; or an MMSI: nobody logged AIS before 2001-09-09
                time_us = np.int64(at.BAD_TIME)
        elif digits in (1, 2) and after == 58:
            q, clock = _clock(work, i, end)
            if clock >= 0 and work[q] != 58:
                clock_us = clock
                clock_end = q
                if counts:
                    loose = True
                    unit.loose_month = 0
                    unit.loose_clock_us = clock
            elif clock == at.BAD_TIME and counts:
                bad = True
            i = max(q, i + digits)
            continue
        if (month != 0 or year != _NONE) and time_us == at.NO_TIME:
            q2 = _gap(work, q, end)
            stop, clock = _clock(work, q2, end)
            if clock == _NONE or q2 == q:
                if clock_us >= 0 and i - clock_end <= 3 and year != _NONE:  # the clock stood first
                    clock = clock_us
                    stop = q
                elif year != _NONE:
                    bad = bad or counts  # a date, and no clock
                    i = q
                    continue
                else:
                    i = q
                    continue
            if year == _NONE:  # Mar  1 12:00:00, perhaps with a zone and the year behind it
                q, _offset = read_zone(work, stop, end)
                while q < end and work[q] == 32:
                    q += 1
                ends = work[q + 4] not in (45, 46, 47) and (work[q + 4] != 58 or not is_digit(work[q + 5]))
                if _run(work, q, end) == 4 and ends and 1990 <= _number(work, q, 4) <= 2100:
                    year = _number(work, q, 4)
                    after_year = q + 4
                    q, time_us = _dated(work, stop, end, Date(year, month, day), clock, False, zone, state)
                    q = after_year
                else:
                    q = stop
                    if clock >= 0 and date_is_real(2024, month, day):
                        if counts:
                            loose = True
                            unit.loose_month = month
                            unit.loose_day = day
                            unit.loose_clock_us = clock
                    else:
                        bad = bad or counts
                    i = q
                    continue
            elif order_open:
                written = Written(year, month, day, dots)
                q, time_us = _numbers_only(work, stop, end, written, clock, near_us, zone, state)
            else:
                q, time_us = _dated(work, stop, end, Date(year, month, day), clock, False, zone, state)
        if time_us >= 0:
            return time_us
        if time_us == at.BAD_TIME:
            bad = bad or counts
        elif time_us == at.AMBIGUOUS_TIME:
            ambiguous = ambiguous or counts
        i = max(q, i + max(digits, 1))
    if bad:
        return at.BAD_TIME
    if ambiguous:
        return at.AMBIGUOUS_TIME
    return at.LOOSE_TIME if loose else at.NO_TIME


@njit(cache=True, nogil=True, error_model="numpy")
def completed(near_us: int, zone: ZoneSteps, state: State, unit: Unit) -> Any:
    """The loose time of ``unit`` nearest to a clock: of the days before, of and after it, or of its year and its neighbours."""
    nearest = np.int64(at.BAD_TIME)
    day = near_us // _DAY_US
    year = 1970 + np.int64(day / 365.2425)
    for k in range(-1, 2):
        if unit.loose_month == 0:
            local_us = (day + k) * _DAY_US
        elif date_is_real(year + k, unit.loose_month, unit.loose_day):
            local_us = days_from_date(year + k, unit.loose_month, unit.loose_day) * _DAY_US
        else:
            continue
        time_us = to_utc(local_us + unit.loose_clock_us, zone, state)
        if time_us > 0 and (nearest < 0 or abs(time_us - near_us) < abs(nearest - near_us)):
            nearest = time_us
    return nearest
