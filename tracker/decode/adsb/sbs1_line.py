"""One SBS-1 line to numbers: fields, decimals, dates, addresses; the format itself is told in ``sbs1.py``."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from tracker.decode.adsb import aircraft as ac
from tracker.decode.adsb.kernel import FRESH_US, Count, is_news
from tracker.decode.base import MAX_TIME_US, MIN_TIME_US
from tracker.identity import DOMAIN_ICAO24, DOMAIN_OTHER24
from tracker.positions import (
    MESSAGE_TYPE_AIRBORNE,
    MESSAGE_TYPE_MODE_S,
    MESSAGE_TYPE_SURFACE,
    MESSAGE_TYPE_VELOCITY,
)
from tracker.schema import NO_CODE_U8

FIELDS: Final = 22
HIGHEST_FT: Final = 150_000.0
FASTEST_KN: Final = 4_000.0
BAD_NUMBER: Final = np.inf

# what became of a line
OK, OTHER, UNKNOWN, BAD_ROW, BAD_IDENTITY, BAD_TIME, IMPOSSIBLE, NO_TIME, AMBIGUOUS = range(9)
UNREAD_US, UNTOLD_US, AMBIGUOUS_US = -1, -2, -3
"""In place of a time: it cannot be read, there is none, there are two."""
MLAT: Final = 3
"""Of ``rebroadcast``: others worked out where it was, from when they heard it (multilateration)."""


class Lines(NamedTuple):
    """Lines of a text, each from ``start`` to ``stop``, and the time of each."""

    text: NDArray[np.uint8]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    time_us: NDArray[np.int64]


# rows of the matrices of ``Out``
TIME, CRAFT = 0, 1
LAT, LON, SPEED, COURSE, ALTITUDE, RATE = 0, 1, 2, 3, 4, 5
TYPE, GROUND, SENDER, EMERGENCY = 0, 1, 2, 3


class Out(NamedTuple):
    """What :func:`read_lines` fills: what became of each line, and columns of positions and statics."""

    outcome: NDArray[np.uint8]
    """By line."""
    counted: NDArray[np.void]
    """One record of ``kernel.Count``."""
    whole: NDArray[np.int64]
    real: NDArray[np.float64]
    """In degrees, kn, ft, ft/min."""
    code: NDArray[np.uint8]
    said_whole: NDArray[np.int64]
    said_text: NDArray[np.uint8]
    """``[n, 14]``: flight name (8), squawk (4), nothing (2)."""


@njit(cache=True, nogil=True)
def read_number(data: NDArray[np.uint8], start: int, stop: int) -> float:
    """A decimal number without exponent; NaN for an empty field, infinity for what is none."""
    while start < stop and data[start] == 0x20:
        start += 1
    while stop > start and data[stop - 1] == 0x20:
        stop -= 1
    if start == stop:
        return np.nan
    negative = data[start] == 0x2D
    if negative or data[start] == 0x2B:
        start += 1
    value, scale, any_digit, point = 0.0, 1.0, False, False
    for i in range(start, stop):
        c = data[i]
        if 48 <= c <= 57 and i - start < 20:
            any_digit = True
            value = value * 10.0 + (c - 48)
            if point:
                scale *= 10.0
        elif c == 0x2E and not point:
            point = True
        else:
            return BAD_NUMBER
    if not any_digit:
        return BAD_NUMBER
    return -value / scale if negative else value / scale


@njit(cache=True, nogil=True)
def _digits(data: NDArray[np.uint8], start: int, count: int, stop: int) -> int:
    """``count`` decimal digits as a number, -1 if they are none."""
    if start + count > stop:
        return -1
    value = 0
    for i in range(start, start + count):
        if not 48 <= data[i] <= 57:
            return -1
        value = value * 10 + data[i] - 48
    return value


@njit(cache=True, nogil=True)
def read_time_us(data: NDArray[np.uint8], date: int, date_stop: int, clock: int, clock_stop: int) -> int:
    """``YYYY/MM/DD`` and ``HH:MM:SS[.fff]`` as microseconds of the sender's clock, ``UNREAD_US`` if they are anything else."""
    year, month, day = (
        _digits(data, date, 4, date_stop),
        _digits(data, date + 5, 2, date_stop),
        _digits(data, date + 8, 2, date_stop),
    )
    hour, minute, second = (
        _digits(data, clock, 2, clock_stop),
        _digits(data, clock + 3, 2, clock_stop),
        _digits(data, clock + 6, 2, clock_stop),
    )
    if year < 1900 or not 1 <= month <= 12 or day < 1 or date_stop != date + 10:
        return UNREAD_US
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > (30 if month in (4, 6, 9, 11) else 31) or (month == 2 and day > (29 if leap else 28)):
        return UNREAD_US
    if not 0 <= hour <= 23 or not 0 <= minute <= 59 or not 0 <= second <= 60:
        return UNREAD_US
    fraction_us, unit = 0, 100_000
    if clock + 8 < clock_stop:
        if data[clock + 8] != 0x2E:
            return UNREAD_US  # PM, a zone
        for i in range(clock + 9, clock_stop):
            if not 48 <= data[i] <= 57:
                return UNREAD_US
            fraction_us += (data[i] - 48) * unit
            unit //= 10
    # days since 1970 by the civil calendar, years beginning in March
    y = year - (1 if month <= 2 else 0)
    of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    days = 365 * y + y // 4 - y // 100 + y // 400 + of_year - 719_468
    return ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction_us


@njit(cache=True, nogil=True)
def read_address(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """Six hex digits, ``~`` before them for other addresses, as a key of the aircraft table; -1 if they are none."""
    other = 0
    if start < stop and data[start] == 0x7E:
        other = ac.OTHER
        start += 1
    if stop - start != 6:
        return -1
    value: Any = 0
    for i in range(start, stop):
        c = np.int64(data[i])
        if 48 <= c <= 57:
            digit = c - 48
        elif 65 <= (c & 0xDF) <= 70:
            digit = (c & 0xDF) - 55
        else:
            return -1
        value = value << 4 | digit
    return -1 if value in (0, 0xFFFFFF) else value | other


@njit(cache=True, nogil=True)
def read_times(lines: Lines) -> None:
    """Fill in the time of each line by its sender's clock: generated, else logged."""
    lines = borrowed(lines)
    data = lines.text
    comma = np.empty(10, np.int64)
    for k in range(len(lines.start)):
        found = 0
        for i in range(lines.start[k], lines.stop[k]):
            if data[i] == 0x2C:
                comma[found] = i
                found += 1
                if found == 10:
                    break
        lines.time_us[k] = UNTOLD_US
        if found < 10:
            continue
        for first in (5, 7):
            date, clock, stop = comma[first] + 1, comma[first + 1] + 1, comma[first + 2]
            if clock - 1 > date or stop > clock:
                lines.time_us[k] = read_time_us(data, date, clock - 1, clock, stop)
                if lines.time_us[k] >= 0:
                    break


@njit(cache=True, nogil=True)
def read_lines(first: int, lines: Lines, table: ac.Table, out: Out) -> int:
    """Decode lines from ``first`` on; returns where it stopped, at the end or where the table wants tidying."""
    lines, table, out = borrowed(lines), borrowed(table), borrowed(out)
    data, outcome = lines.text, out.outcome
    count: Count = out.counted[0]
    field = np.empty((FIELDS + 1, 2), np.int64)
    for k in range(first, len(lines.start)):
        p, end = lines.start[k], lines.stop[k]
        fields = 0
        field[0, 0] = p
        for i in range(p, end):
            if data[i] == 0x2C:
                if fields < FIELDS:
                    field[fields, 1] = i
                    fields += 1
                    field[fields, 0] = i + 1
                else:
                    fields = FIELDS + 1
                    break
        if fields < FIELDS:
            field[fields, 1] = end
        fields += 1
        word: Any = 0
        for i in range(field[0, 0], min(field[0, 0] + 4, field[0, 1])):
            word = word << 8 | np.int64(data[i])
        multilateral = word == 0x4D4C4154  # MLAT
        if word != 0x4D5347 and not multilateral:  # MSG
            named = word in (0x53454C, 0x4944, 0x414952, 0x535441, 0x434C4B)  # SEL ID AIR STA CLK
            outcome[k] = OTHER if named and fields > 4 else UNKNOWN
            continue
        if fields != FIELDS:
            outcome[k] = BAD_ROW
            continue
        key = read_address(data, field[4, 0], field[4, 1])
        if key < 0:
            outcome[k] = BAD_IDENTITY
            continue
        t = lines.time_us[k]
        if not MIN_TIME_US <= t <= MAX_TIME_US:
            outcome[k] = NO_TIME if t == UNTOLD_US else AMBIGUOUS if t == AMBIGUOUS_US else BAD_TIME
            continue
        altitude_stop = field[11, 1]
        if altitude_stop > field[11, 0] and data[altitude_stop - 1] == 0x48:
            altitude_stop -= 1
        altitude = read_number(data, field[11, 0], altitude_stop)
        speed = read_number(data, field[12, 0], field[12, 1])
        course = read_number(data, field[13, 0], field[13, 1])
        lat = read_number(data, field[14, 0], field[14, 1])
        lon = read_number(data, field[15, 0], field[15, 1])
        rate = read_number(data, field[16, 0], field[16, 1])
        squawk = read_number(data, field[17, 0], field[17, 1])
        ground = read_number(data, field[21, 0], field[21, 1])
        if np.isinf(altitude + speed + course + rate + squawk + ground) or np.isinf(lat) or np.isinf(lon):
            outcome[k] = BAD_ROW
            continue
        if abs(lat) > 90.0 or abs(lon) > 180.0 or abs(altitude) > HIGHEST_FT or speed > FASTEST_KN or speed < 0.0:
            outcome[k] = IMPOSSIBLE
            continue
        if ac.must_tidy(table, t):
            return k
        outcome[k] = OK
        one: ac.Aircraft = table.aircraft[ac.enter(table, key, t)]
        craft = ((DOMAIN_OTHER24 if key & ac.OTHER else DOMAIN_ICAO24) << 32) | (key & 0xFFFFFF)

        _say(one, t, data, field[10, 0], field[10, 1], squawk, craft, out)
        has_position = not (np.isnan(lat) or np.isnan(lon) or lat == 0.0 or lon == 0.0)
        on_ground = 255 if np.isnan(ground) else (0 if ground == 0.0 else 1)
        velocity = field[1, 1] - field[1, 0] == 1 and data[field[1, 0]] == 0x34
        message_type = MESSAGE_TYPE_VELOCITY if velocity else MESSAGE_TYPE_MODE_S
        if not np.isnan(speed):
            one.speed_kn, one.course_deg = speed, course
            one.speed_us = t
        if not np.isnan(rate):
            one.rate_ftmin = rate
            one.rate_us = t
        if not np.isnan(altitude):
            one.altitude_ft = altitude
            one.altitude_us = t
        if has_position:
            message_type = MESSAGE_TYPE_SURFACE if on_ground == 1 else MESSAGE_TYPE_AIRBORNE
            if np.isnan(speed) and abs(t - one.speed_us) <= FRESH_US:
                speed, course = one.speed_kn, one.course_deg
            if np.isnan(rate) and abs(t - one.rate_us) <= FRESH_US:
                rate = one.rate_ftmin
            if np.isnan(altitude) and on_ground != 1 and abs(t - one.altitude_us) <= FRESH_US:
                altitude = one.altitude_ft
        else:
            lat, lon = np.nan, np.nan
        row = count.positions
        count.positions += 1
        out.whole[TIME, row], out.whole[CRAFT, row] = t, craft
        out.real[LAT, row], out.real[LON, row] = lat, lon - 360.0 if lon == 180.0 else lon
        out.real[SPEED, row], out.real[COURSE, row] = speed, course
        out.real[ALTITUDE, row], out.real[RATE, row] = altitude, rate
        out.code[TYPE, row], out.code[GROUND, row] = message_type, on_ground
        out.code[SENDER, row] = MLAT if multilateral else NO_CODE_U8
        # The squawk says which emergency it is; the flag alone (a number other than 0) only that it is one, and of surveillance replies (5, 6) that it is none.
        emergency: Any = NO_CODE_U8
        if squawk == 7500.0:
            emergency = 5
        elif squawk == 7600.0:
            emergency = 4
        elif squawk == 7700.0:
            emergency = 1
        elif not np.isnan(squawk):
            emergency = 0
        else:
            surveillance = field[1, 1] - field[1, 0] == 1 and 0x35 <= data[field[1, 0]] <= 0x36
            for i in range(field[19, 0], field[19, 1]):
                if 49 <= data[i] <= 57:
                    emergency = 1
                elif data[i] == 48 and surveillance and emergency == NO_CODE_U8:
                    emergency = 0
        if emergency != NO_CODE_U8:
            one.emergency, one.emergency_us = emergency, t
        elif abs(t - one.emergency_us) <= FRESH_US:
            emergency = one.emergency
        out.code[EMERGENCY, row] = emergency
    return len(lines.start)


@njit(cache=True, nogil=True)
def _say(
    one: ac.Aircraft, time_us: int, data: NDArray[np.uint8], start: int, stop: int, squawk: float, craft: int, out: Out
) -> None:  # fmt: skip
    """Write a static row for a flight name or squawk that is new or not said for a minute."""
    name: Any = np.int64(0)
    length = 0
    while stop > start and data[stop - 1] == 0x20:
        stop -= 1
    for i in range(start, min(stop, start + 8)):
        c = np.int64(data[i])
        if not (48 <= c <= 57 or 65 <= (c & 0xDF) <= 90):
            length = 0
            break
        name = (name * 37 + c) & 0x7FFF_FFFF_FFFF
        length += 1
    code = -1 if np.isnan(squawk) or squawk < 0.0 or squawk > 7777.0 else int(squawk)
    say_name = length > 0 and is_news(one.name, one.name_said_us, name, time_us)
    say_code = code >= 0 and is_news(one.squawk, one.squawk_said_us, code, time_us)
    if not say_name and not say_code:
        return
    out = borrowed(out)
    count: Count = out.counted[0]
    row = count.statics
    count.statics += 1
    out.said_whole[TIME, row], out.said_whole[CRAFT, row] = time_us, craft
    out.said_text[row] = 0
    if say_name:
        one.name, one.name_said_us = name, time_us
        for i in range(length):
            out.said_text[row, i] = data[start + i]
    if say_code:
        one.squawk, one.squawk_said_us = code, time_us
        for digit in range(4):
            out.said_text[row, 11 - digit] = 48 + code % 10
            code //= 10
