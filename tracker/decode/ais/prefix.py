"""What stands before and after a sentence, the ways that are fast: ISO and Unix times, NMEA 4.10 tag blocks, USCG suffixes.

Prefix, at the start of a line, any of ``[ ,;<tab>]`` after it::

    2016-03-31 00:00:01,   2016-03-31T00:00:01.250Z   2016-03-31T02:00:01+02:00     ISO 8601
    1452468552   1452468552.938   1452468552938                                    Unix time in s, ms, us or ns

All other prefixes are left to ``line_time``. An ISO time without an offset is of the input's zone.

Tag block: ``\\s:STATION,c:1668046497,g:1-2-7218*74\\``. The two hex digits are the XOR of what is between the first
backslash and the ``*``. Fields used: ``s`` source, ``c`` Unix time in s, ms, us or ns, ``g`` sentence-count-group; others
are checksummed and passed over, whatever is in them: a block whose checksum holds over all that stands between its backslashes
is one, also with ``!`` or ``*`` inside. A group that is not three numbers is ignored, a time that is none makes the block bad.

Suffix of the US Coast Guard: ``...*hh,d-109,S2105,t050056.00,T56.13,r003669946,1325394060,1325394001``: the first field
that begins with ``r`` or ``b`` is the station, the first that is a Unix time the time. (Where a second follows, it is a
minute off the transmission's slot time ``T``.)

Unix times: from 1e17 nanoseconds, from 1e14 microseconds, from 1e11 milliseconds, else seconds.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais import layout as at
from tracker.decode.ais.calendar import checked_time, date_is_real, days_from_date
from tracker.decode.ais.eight import load8
from tracker.decode.ais.layout import State, Unit
from tracker.decode.ais.line_time import epoch_us, read_zone
from tracker.decode.zones import NEVER as NO_OFFSET

_COMMA: Final = 44
_STAR: Final = 42
_BACKSLASH: Final = 92
_COLON: Final = 58
_DAY_US: Final = 86_400_000_000


TAG_STOP: Final = np.isin(np.arange(256), (_COMMA, _STAR, _BACKSLASH, 33))
"""Bytes that end a field of a tag block."""
_HEX: Final = np.full(256, -1000, dtype=np.int64)
_HEX[48:58] = np.arange(10)
_HEX[65:71] = _HEX[97:103] = np.arange(10, 16)


@njit(cache=True, nogil=True, error_model="numpy")
def hex_digit(byte: int) -> int:
    """Value of a hex digit, -1000 for any other byte."""
    return _HEX[byte]


@njit(cache=True, nogil=True, error_model="numpy")
def two_digits(work: NDArray[np.uint8], p: int) -> int:
    """The number of two decimal digits, negative if they are none."""
    a = work[p] - 48
    b = work[p + 1] - 48
    if a < 0 or a > 9 or b < 0 or b > 9:
        return -1000
    return a * 10 + b


@njit(cache=True, nogil=True, error_model="numpy")
def iso_time(work: NDArray[np.uint8], p: int, end: int, state: State) -> tuple[int, int]:
    """An ISO time at ``p`` whose separators are already known to fit: where it ends and its microseconds.

    UNREAD_TIME where it needs ``line_time``: with AM or PM, a second of 60, or in another step of the zone than the last one.
    """
    date: Any = np.int64(load8(work, p))
    date_end: Any = np.int64(load8(work, p + 2))
    if date != state.date_bytes or date_end != state.date_end_bytes:
        year = two_digits(work, p) * 100 + two_digits(work, p + 2)
        month = two_digits(work, p + 5)
        day = two_digits(work, p + 8)
        if year < 0 or month < 0 or day < 0 or not date_is_real(year, month, day):
            return p, at.BAD_TIME
        state.date_bytes = date
        state.date_end_bytes = date_end
        state.date_days = days_from_date(year, month, day)
        state.date_utc_us = at.NO_TIME
    clock = load8(work, p + 11)
    digits = clock & np.uint64(0x0F0F000F0F000F0F)
    if (clock & np.uint64(0xF0F000F0F000F0F0)) != np.uint64(0x3030003030003030) or (
        (digits + np.uint64(0x0606000606000606)) & np.uint64(0x1010001010001010)
    ):
        return p, at.BAD_TIME
    pairs: Any = np.int64(digits * np.uint64(10) + (digits >> np.uint64(8)))  # tens x 10 + ones, in bytes 0, 3 and 6
    hour = pairs & 0xFF
    minute = (pairs >> 24) & 0xFF
    second = (pairs >> 48) & 0xFF
    if hour > 23 or minute > 59 or second > 60:
        return p, at.UNREAD_TIME
    clock_us = (hour * 3600 + minute * 60 + second) * 1_000_000
    p += 19
    if p + 1 < end and (work[p] == 46 or work[p] == 44) and 48 <= work[p + 1] <= 57:
        if work[p] == _COMMA:
            return p, at.UNREAD_TIME  # a fraction, or the next column
        p += 1
        scale = 1_000_000
        while p < end and 48 <= work[p] <= 57:
            scale //= 10
            clock_us += (work[p] - 48) * scale
            p += 1
    if (work[p] == _COMMA or (work[p] == 32 and work[p + 1] == 33)) and second < 60:
        if state.date_utc_us >= 0:
            return p, state.date_utc_us + clock_us
        return p, _first_of_date(state.date_days * _DAY_US, clock_us, state)
    return _iso_ending(work, p, end, state.date_days * _DAY_US + clock_us, second, state)


@njit(cache=True, nogil=True, error_model="numpy")
def _first_of_date(midnight_us: int, clock_us: int, state: State) -> int:
    """UTC of the first times of a date: with them, its midnight, where the zone has one offset all day; UNREAD_TIME in a new step."""
    local_us = midnight_us + clock_us
    if local_us < state.zone_from_us or local_us >= state.zone_until_us:
        return at.UNREAD_TIME
    first_us = checked_time(midnight_us - state.zone_offset_us)
    whole = state.zone_from_us <= midnight_us and midnight_us + _DAY_US <= state.zone_until_us
    if whole and first_us >= 0 and checked_time(first_us + _DAY_US) >= 0:
        state.date_utc_us = first_us
    return checked_time(local_us - state.zone_offset_us)


@njit(cache=True, nogil=True, error_model="numpy")
def _iso_ending(work: NDArray[np.uint8], p: int, end: int, local_us: int, second: int, state: State) -> tuple[int, int]:
    """What may stand behind an ISO time: where that ends, and the UTC, or UNREAD_TIME."""
    byte = work[p] | 32 if work[p] != 32 else work[p + 1] | 32
    # AM, PM, or only a word that begins like them
    if p < end and (byte in (46, 97, 112) or 48 <= byte <= 57 or second == 60):
        return p, at.UNREAD_TIME
    p, offset = read_zone(work, p, end)
    if offset == NO_OFFSET:
        if local_us < state.zone_from_us or local_us >= state.zone_until_us:
            return p, at.UNREAD_TIME
        offset = state.zone_offset_us
    return p, checked_time(local_us - offset)


@njit(cache=True, nogil=True, error_model="numpy")
def time_prefix(work: NDArray[np.uint8], p: int, end: int, state: State) -> tuple[int, int]:
    """A time at the start of a line: where it ends and its microseconds, UNREAD_TIME if it is none of the fast ways."""
    if (
        end - p >= 19
        and (work[p + 4] == 45 or work[p + 4] == 47)
        and work[p + 7] == work[p + 4]
        and (work[p + 10] == 32 or work[p + 10] == 84)
        and work[p + 13] == _COLON
        and work[p + 16] == _COLON
    ):
        return iso_time(work, p, end, state)
    q = p
    while q < end and 48 <= work[q] <= 57:
        q += 1
    n = q - p
    if (
        n < 10
        or n > 19
        or n == 12
        or n == 14
        or n == 17
        or work[q] not in (32, _COMMA, 46, 59, 9, 33, _BACKSLASH, _COLON)
    ):
        return p, at.UNREAD_TIME
    return epoch_us(work, p, end)


@njit(cache=True, nogil=True, error_model="numpy")
def tag_block(work: NDArray[np.uint8], p: int, end: int, unit: Unit) -> int:
    """Read the tag block whose opening backslash is at ``p`` into ``unit``; returns the byte after it.

    A block that is broken clears ``tag_ok``; then the byte returned is where a sentence may begin, or ``end``.
    """
    q = p + 1
    check = 0
    while q < end and work[q] != _STAR:
        kind = work[q]
        start = q + 2
        stop = q
        while stop < end and not TAG_STOP[work[stop]]:
            check ^= work[stop]
            stop += 1
        if stop >= end or work[stop] == _BACKSLASH or work[stop] == 33:
            q = stop
            break
        if stop > start and work[q + 1] == _COLON:
            if kind == 115:  # s
                unit.station = start
                unit.station_bytes = min(stop - start, at.STATION_BYTES)
            elif kind == 99:  # c
                last, time_us = epoch_us(work, start, stop)
                if last != stop:
                    unit.tag_ok = 0
                else:
                    unit.time_us = time_us
            elif kind == 103:  # g
                unit.group = group_number(work, start, stop)
        q = stop
        if work[q] == _COMMA:
            check ^= _COMMA
            q += 1
    if q + 3 < end and work[q] == _STAR and work[q + 3] == _BACKSLASH:
        if hex_digit(work[q + 1]) * 16 + hex_digit(work[q + 2]) != check:
            unit.tag_ok = 0
        return q + 4
    if q + 2 < end and work[q] == _STAR and work[q + 2] == _BACKSLASH:  # one hex digit, as some writers do
        if hex_digit(work[q + 1]) != check:
            unit.tag_ok = 0
        return q + 3
    closing = odd_tag_block(work, p, end, unit)
    if closing:
        return closing
    unit.tag_ok = 0
    while q < end and work[q] != 33 and work[q] != 36 and work[q] != _BACKSLASH:
        q += 1
    if q + 1 < end and work[q] == _BACKSLASH and work[q + 1] in (33, 36, _BACKSLASH):
        q += 1
    return q


@njit(cache=True, nogil=True, error_model="numpy")
def odd_tag_block(work: NDArray[np.uint8], p: int, end: int, unit: Unit) -> int:
    """Read a block with ``!`` or ``*`` inside, if its checksum holds up to the next backslash; the byte after it, or 0."""
    stop = p + 1
    while stop < end and work[stop] != _BACKSLASH:
        stop += 1
    star = stop - 3
    if stop >= end or star <= p or work[star] != _STAR:
        return 0
    check = 0
    for i in range(p + 1, star):
        check ^= work[i]
    if hex_digit(work[star + 1]) * 16 + hex_digit(work[star + 2]) != check:
        return 0
    q = p + 1
    while q < star:
        last = q
        while last < star and work[last] != _COMMA:
            last += 1
        if last > q + 2 and work[q + 1] == _COLON:
            if work[q] == 115:  # s
                unit.station = q + 2
                unit.station_bytes = min(last - q - 2, at.STATION_BYTES)
            elif work[q] == 99:  # c
                where, time_us = epoch_us(work, q + 2, last)
                if where == last:
                    unit.time_us = time_us
            elif work[q] == 103:  # g
                unit.group = group_number(work, q + 2, last)
        q = last + 1
    return stop + 1


@njit(cache=True, nogil=True, error_model="numpy")
def group_number(work: NDArray[np.uint8], p: int, end: int) -> int:
    """The third number of ``1-2-7218``, or -1 if the three numbers are not there."""
    for _ in range(2):
        digits = 0
        while p < end and 48 <= work[p] <= 57:
            p += 1
            digits += 1
        if digits == 0 or p >= end or work[p] != 45:
            return -1
        p += 1
    value = 0
    start = p
    while p < end and 48 <= work[p] <= 57 and p - start < 17:
        value = value * 10 + (work[p] - 48)
        p += 1
    return value if p == end and p > start else -1


@njit(cache=True, nogil=True, error_model="numpy")
def suffix(work: NDArray[np.uint8], p: int, end: int, unit: Unit) -> int:
    """Read the comma-separated fields after a checksum; returns where they end. Only fills what is still unknown."""
    while p < end and work[p] == _COMMA:
        start = p + 1
        stop = start
        while stop < end and work[stop] not in (_COMMA, _BACKSLASH, 33, 13):
            stop += 1
        last = stop
        while last > start and (work[last - 1] <= 32 or work[last - 1] in (34, 39)):
            last -= 1
        if last > start + 1 and work[start] in (98, 114) and unit.station_bytes == 0:
            unit.station = start
            unit.station_bytes = min(last - start, at.STATION_BYTES)
        elif last - start >= 10 and unit.time_us == at.NO_TIME:
            where, time_us = epoch_us(work, start, last)
            if where == last and time_us > 0:
                unit.time_us = time_us
        p = stop
    return p
