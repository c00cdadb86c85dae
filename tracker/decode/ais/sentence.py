"""One sentence: ``!AIVDM,2,1,9,A,5815Njh2Bah1KL7CGG<H,0*26``, and Gatehouse's ``$PGHP`` time line.

::

    !ttVDM or !ttVDO   any talker tt (AI ship and shore, AB base station, BS Baltic, SA ...)
    count, number      sentences of the message and which this is, 1-9
    sequence           0-99 or empty, ties the sentences of one message together
    channel            A, B, 1, 2 or empty
    payload            armoured characters (``sixbit``)
    fill               0-5 bits of the last character that are no part of the message; empty means 0
    *hh                XOR of all characters between ``!`` and ``*``

The straight path reads a well-formed sentence once, front to back, with the checksum on the way. Whatever does not fit
goes to ``judge``, which finds the end of the damage and names its cause: first whether the checksum is right at all
(``bad_checksum``), then what else is wrong. A new ``!``, ``$`` or tag block inside a sentence means it was cut off
(``truncated``), and the new one is read on its own.

``$PGHP,1,year,month,day,hour,minute,second,ms,country,region,station,online,cc*hh`` gives the time of what follows.
``$ttRMC,hhmmss.ss,A,...,ddmmyy,...,mode*hh`` and ``$ttZDA,hhmmss.ss,dd,mm,yyyy,zh,zm*hh`` are the bus's own UTC (IEC 61162-1).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais import layout as at
from tracker.decode.ais.calendar import date_is_real, utc_us
from tracker.decode.ais.layout import Unit
from tracker.decode.ais.prefix import hex_digit, two_digits
from tracker.decode.ais.sixbit import armoured_run

_COMMA: Final = 44
_STAR: Final = 42
_YEAR, _MONTH, _DAY, _HOUR, _MINUTE, _SECOND, _MS = 1, 2, 3, 4, 5, 6, 7
"""Places of the numbers of a PGHP sentence."""


@njit(cache=True, nogil=True, error_model="numpy")
def read_sentence(work: NDArray[np.uint8], p: int, end: int, unit: Unit) -> int:
    """Read the VDM or VDO sentence at ``p`` into ``unit``; returns the byte after its checksum.

    ``cause`` is 0 for a sound sentence. ``work`` must hold a line feed at ``end`` and 16 readable bytes after it.
    """
    check = np.int64(work[p + 1]) ^ work[p + 2] ^ work[p + 3] ^ work[p + 4] ^ work[p + 5]
    last = work[p + 5]
    if work[p + 3] != 86 or work[p + 4] != 68 or (last != 77 and last != 79) or work[p + 6] != _COMMA:
        return judge(work, p, end, unit, at.UNKNOWN_SENTENCE)
    unit.talker = (work[p + 1] * 256 + work[p + 2]) * 256 + last
    count = work[p + 7]
    number = work[p + 9]
    if count < 49 or count > 57 or number < 49 or number > count or work[p + 8] != _COMMA or work[p + 10] != _COMMA:
        return judge(work, p, end, unit, at.UNKNOWN_SENTENCE)
    check ^= count ^ number ^ _COMMA  # three commas are one
    i = p + 11
    sequence = -1
    while 48 <= work[i] <= 57 and i < p + 13:
        sequence = max(sequence, 0) * 10 + (work[i] - 48)
        check ^= work[i]
        i += 1
    if work[i] != _COMMA:
        return judge(work, p, end, unit, at.UNKNOWN_SENTENCE)
    i += 1
    channel = 0
    first = i
    while work[i] > 32 and work[i] != _COMMA and work[i] != _STAR and i < first + 2:
        channel = channel * 256 + work[i]
        check ^= work[i]
        i += 1
    if work[i] != _COMMA:
        return judge(work, p, end, unit, at.UNKNOWN_SENTENCE)
    i += 1
    offset = i
    i, folded = armoured_run(work, i)
    check ^= folded
    byte = work[i]
    if byte != _COMMA:
        return judge(work, p, end, unit, at.UNKNOWN_SENTENCE if byte == _STAR else at.BAD_ARMOUR)
    chars = i - offset
    check ^= _COMMA  # of the commas around sequence, channel and payload one is left
    i += 1
    fill = 0
    if work[i] != _STAR:
        fill = work[i] - 48
        if fill < 0 or fill > 5 or work[i + 1] != _STAR:
            return judge(work, p, end, unit, at.BAD_ARMOUR)
        check ^= work[i]
        i += 1
    if hex_digit(work[i + 1]) * 16 + hex_digit(work[i + 2]) != check:
        return judge(work, p, end, unit, at.BAD_CHECKSUM)
    unit.cause = at.TOO_LONG if chars > at.MAX_PAYLOAD_CHARS else 0
    unit.count = count - 48
    unit.number = number - 48
    unit.sequence = sequence
    unit.channel = channel
    unit.offset = offset
    unit.chars = chars
    unit.fill = fill
    return i + 3


@njit(cache=True, nogil=True, error_model="numpy")
def judge(work: NDArray[np.uint8], p: int, end: int, unit: Unit, cause: int) -> int:
    """Where the unsound sentence at ``p`` ends, and its cause: ``cause`` if at least the checksum is right."""
    i = p + 1
    check = 0
    while i < end and work[i] not in (_STAR, 33, 36, 92):
        check ^= work[i]
        i += 1
    if i >= end or work[i] != _STAR:
        if cause != at.UNKNOWN_SENTENCE or named_vdm(work, p, end):
            cause = at.BAD_CHECKSUM if i >= end else at.TRUNCATED
        unit.cause = cause
        return i
    sound = i + 2 < end and hex_digit(work[i + 1]) * 16 + hex_digit(work[i + 2]) == check
    if not sound and (cause != at.UNKNOWN_SENTENCE or named_vdm(work, p, end)):
        cause = at.BAD_CHECKSUM
    unit.cause = cause
    i += 1
    for _ in range(2):
        if i < end and hex_digit(work[i]) >= 0:
            i += 1
    return i


@njit(cache=True, nogil=True, error_model="numpy")
def named_vdm(work: NDArray[np.uint8], p: int, end: int) -> bool:
    """Whether the sentence at ``p`` calls itself VDM or VDO."""
    return p + 6 < end and work[p + 3] == 86 and work[p + 4] == 68 and work[p + 5] in (77, 79) and work[p + 6] == 44


@njit(cache=True, nogil=True, error_model="numpy")
def is_pghp(work: NDArray[np.uint8], p: int) -> bool:
    """Whether ``$PGHP,`` stands at ``p``."""
    return (
        work[p] == 36
        and work[p + 1] == 80
        and work[p + 2] == 71
        and work[p + 3] == 72
        and work[p + 4] == 80
        and work[p + 5] == _COMMA
    )


@njit(cache=True, nogil=True, error_model="numpy")
def read_pghp(work: NDArray[np.uint8], p: int, end: int, unit: Unit) -> int:
    """Read the ``$PGHP`` sentence at ``p``: its time and station into ``unit``; returns the byte after it."""
    i = p + 1
    check = 0
    while i < end and work[i] not in (_STAR, 33, 36, 92):
        check ^= work[i]
        i += 1
    if i + 2 >= end or work[i] != _STAR or hex_digit(work[i + 1]) * 16 + hex_digit(work[i + 2]) != check:
        return judge(work, p, end, unit, at.BAD_CHECKSUM)
    start = p + 6
    for k in range(11):
        stop = start
        value: Any = 0
        while stop < i and work[stop] != _COMMA:
            digit = np.int64(work[stop]) - 48
            value = min(value * 10 + digit, 1_000_000) if 0 <= digit <= 9 and value >= 0 else -1
            stop += 1
        unit.pghp[k] = value if stop > start else -1
        if k == 10:
            unit.station = start
            unit.station_bytes = min(stop - start, at.STATION_BYTES)
        start = min(stop + 1, i)
    year, month, day = unit.pghp[_YEAR], unit.pghp[_MONTH], unit.pghp[_DAY]
    hour, minute, second, ms = unit.pghp[_HOUR], unit.pghp[_MINUTE], unit.pghp[_SECOND], unit.pghp[_MS]
    time_us = at.BAD_TIME
    if min(year, month, day) >= 0 and min(hour, minute, second) >= 0 and 0 <= ms < 1000:
        time_us = utc_us(year, month, day, hour, minute, second)
    unit.time_us = time_us + ms * 1000 if time_us > 0 else at.BAD_TIME
    unit.cause = 0 if time_us > 0 else at.BAD_EVENT_TIME
    return i + 3


@njit(cache=True, nogil=True, error_model="numpy")
def bus_time_kind(work: NDArray[np.uint8], p: int) -> int:
    """1 if ``$ttRMC,`` stands at ``p``, 2 for ``$ttZDA,``, else 0."""
    if work[p] != 36 or work[p + 6] != _COMMA:
        return 0
    if work[p + 3] == 82 and work[p + 4] == 77 and work[p + 5] == 67:
        return 1
    return 2 if work[p + 3] == 90 and work[p + 4] == 68 and work[p + 5] == 65 else 0


@njit(cache=True, nogil=True, error_model="numpy")
def read_bus_time(work: NDArray[np.uint8], p: int, end: int, kind: int, unit: Unit) -> int:
    """Read the RMC or ZDA sentence at ``p``; returns the byte after it.

    ``time_us`` is NO_TIME where it says none, BAD_TIME where it says one that cannot be. ``vouched`` is 1 if the receiver vouches
    for it: RMC with status A, and a mode, where one is given, that is neither N (not valid) nor S (simulator). ZDA has no
    status. ``bus_talker`` is the talker.
    """
    i = p + 1
    check = 0
    while i < end and work[i] not in (_STAR, 33, 36, 92):
        check ^= work[i]
        i += 1
    unit.time_us = at.NO_TIME
    if i + 2 >= end or work[i] != _STAR or hex_digit(work[i + 1]) * 16 + hex_digit(work[i + 2]) != check:
        unit.cause = at.BAD_CHECKSUM
        return judge(work, p, end, unit, at.BAD_CHECKSUM)
    unit.cause = 0
    unit.bus_talker = work[p + 1] * 256 + work[p + 2]
    sound = True
    clock_us = np.int64(at.NO_TIME)
    day = np.int64(-1)
    month = np.int64(-1)
    year = np.int64(-1)
    start = p + 7
    for k in range(1, 14):
        stop = start
        while stop < i and work[stop] != _COMMA:
            stop += 1
        n = stop - start
        if k == 1 and n >= 6:
            hour = two_digits(work, start)
            minute = two_digits(work, start + 2)
            second = two_digits(work, start + 4)
            clock_us = np.int64(at.BAD_TIME)
            if 0 <= hour <= 23 and 0 <= minute <= 59 and (0 <= second <= 59 or (second == 60 and minute == 59)):
                clock_us = ((hour * 60 + minute) * 60 + second) * 1_000_000
                scale = 1_000_000
                for j in range(start + 7, stop if work[start + 6] == 46 else start):
                    scale //= 10
                    clock_us += (np.int64(work[j]) - 48) * scale
        elif kind == 1 and k == 2:
            sound = n == 1 and work[start] == 65
        elif kind == 1 and k == 9 and n == 6:
            day = two_digits(work, start)
            month = two_digits(work, start + 2)
            year = two_digits(work, start + 4)
            year += 1900 if year >= 80 else 2000  # GPS began in 1980
        elif kind == 1 and k == 12 and n == 1:
            sound = sound and work[start] != 78 and work[start] != 83
        elif kind == 2 and 2 <= k <= 3 and 1 <= n <= 2:
            value = two_digits(work, start) if n == 2 else np.int64(work[start]) - 48
            if k == 2:
                day = np.int64(value)
            else:
                month = np.int64(value)
        elif kind == 2 and k == 4 and n == 4:
            year = np.int64(two_digits(work, start) * 100 + two_digits(work, start + 2))
        start = min(stop + 1, i)
    unit.vouched = 1 if sound else 0
    if clock_us != at.NO_TIME and year != -1:
        time_us = utc_us(year, month, day, 0, 0, 0)
        if time_us > 0 and clock_us >= 0:
            unit.time_us = time_us + clock_us
        elif clock_us < 0 or not date_is_real(year, month, day):
            unit.time_us = at.BAD_TIME  # else 1980-01-06 or so: it has no date yet
    return i + 3
