"""SBS-1 (BaseStation) lines: 22 comma-separated fields of what another program has decoded already.

=====  =====================================================  =====  ==================================
field  what                                                   field  what
=====  =====================================================  =====  ==================================
1      MSG (SEL, ID, AIR, STA, CLK carry no report)           14     track, degrees
2      1-8: which frame it came from                          15     latitude
5      address, six hex digits; ``~`` before one not ICAO's   16     longitude
7, 8   date ``2024/06/06``, time ``08:58:39.147``, generated  17     vertical rate, ft/min
9, 10  the same, logged                                       18     squawk
11     flight name                                            19-21  alert, emergency, SPI: not read
12     altitude, ft                                           22     on ground: -1 or 1 yes, 0 no
13     ground speed, kn
=====  =====================================================  =====  ==================================

(woodair.net Barebones42 socket data; readsb net_io.c.) What senders do differently, and what is done about it:

* The times are the sender's local time with no zone, and BaseStation delayed free users by five minutes: live, a line gets
  the time it was received; in a replay the generated time is read as UTC, the logged one where that is missing.
* A latitude or longitude of exactly 0 means none. ``H`` behind an altitude marks a geometric one and is read over.
* mlat-server puts other numbers into fields 19 and 20; they are not read. Some fill every field in every line: what
  a line carries decides what it is, the number in field 2 only tells a velocity from other lines without a position.

The format has neither CPR nor parity: positions are taken as they stand, and there are no bits to recognise a
message heard twice by (``fingerprint`` 0). Speed, course, vertical rate and altitude not older than 10 s are put into position rows.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.adsb import aircraft as ac
from tracker.decode.adsb.decoder import static_rows
from tracker.decode.adsb.kernel import FRESH_US, SAY_AGAIN_US
from tracker.decode.base import MAX_TIME_US, MIN_TIME_US, Decoded, DecoderCounts
from tracker.decode.rejects import RejectCause
from tracker.identity import DOMAIN_ICAO24, DOMAIN_OTHER24
from tracker.positions import (
    MESSAGE_TYPE_AIRBORNE,
    MESSAGE_TYPE_MODE_S,
    MESSAGE_TYPE_SURFACE,
    MESSAGE_TYPE_VELOCITY,
    PositionBatch,
)
from tracker.units import Micros

MAX_LINE_BYTES: Final = 400
_FIELDS: Final = 22
_HIGHEST_FT: Final = 150_000.0
_FASTEST_KN: Final = 4_000.0
_BAD_NUMBER: Final = np.inf

_OK, _OTHER, _UNKNOWN, _BAD_ROW, _BAD_IDENTITY, _BAD_TIME, _IMPOSSIBLE = 0, 1, 2, 3, 4, 5, 6
_CAUSES: Final = {
    _UNKNOWN: RejectCause.UNKNOWN_SENTENCE,
    _BAD_ROW: RejectCause.BAD_ROW,
    _BAD_IDENTITY: RejectCause.BAD_IDENTITY,
    _BAD_TIME: RejectCause.BAD_TIME,
    _IMPOSSIBLE: RejectCause.IMPOSSIBLE_VALUE,
}
_ROWS, _STATICS = 0, 1
_TIME, _CRAFT = 0, 1
_LAT, _LON, _SPEED, _COURSE, _ALTITUDE, _RATE = 0, 1, 2, 3, 4, 5
_TYPE, _GROUND = 0, 1


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
            return _BAD_NUMBER
    if not any_digit:
        return _BAD_NUMBER
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
    """``YYYY/MM/DD`` and ``HH:MM:SS[.fff]`` as UTC microseconds, -1 if they are none."""
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
    if year < 1900 or not 1 <= month <= 12 or not 1 <= day <= 31:
        return -1
    if not 0 <= hour <= 23 or not 0 <= minute <= 59 or not 0 <= second <= 60:
        return -1
    fraction_us, unit = 0, 100_000
    if clock + 8 < clock_stop and data[clock + 8] == 0x2E:
        for i in range(clock + 9, clock_stop):
            if not 48 <= data[i] <= 57:
                return -1
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
def read_lines(
    start: int,
    lines: NDArray[np.int64],
    data: NDArray[np.uint8],
    received_us: int,
    keys: NDArray[np.int64],
    whole: NDArray[np.int64],
    real: NDArray[np.float64],
    meta: NDArray[np.int64],
    tally: NDArray[np.int64],
    outcome: NDArray[np.uint8],
    out_whole: NDArray[np.int64],
    out_real: NDArray[np.float64],
    out_code: NDArray[np.uint8],
    static_whole: NDArray[np.int64],
    static_text: NDArray[np.uint8],
) -> int:
    """Decode lines ``lines[k] = start, stop``; returns where it stopped, at the end or where the table wants tidying."""
    field = np.empty((_FIELDS + 1, 2), np.int64)
    for k in range(start, len(lines)):
        p, end = lines[k, 0], lines[k, 1]
        fields = 0
        field[0, 0] = p
        for i in range(p, end):
            if data[i] == 0x2C:
                if fields < _FIELDS:
                    field[fields, 1] = i
                    fields += 1
                    field[fields, 0] = i + 1
                else:
                    fields = _FIELDS + 1
                    break
        if fields < _FIELDS:
            field[fields, 1] = end
        fields += 1
        word: Any = 0
        for i in range(field[0, 0], min(field[0, 0] + 4, field[0, 1])):
            word = word << 8 | np.int64(data[i])
        if word != 0x4D5347:  # MSG
            named = word in (0x53454C, 0x4944, 0x414952, 0x535441, 0x434C4B)  # SEL ID AIR STA CLK
            outcome[k] = _OTHER if named and fields > 4 else _UNKNOWN
            continue
        if fields != _FIELDS:
            outcome[k] = _BAD_ROW
            continue
        key = read_address(data, field[4, 0], field[4, 1])
        if key < 0:
            outcome[k] = _BAD_IDENTITY
            continue
        t = received_us
        if t < 0:
            t = read_time_us(data, field[6, 0], field[6, 1], field[7, 0], field[7, 1])
            if t < 0:
                t = read_time_us(data, field[8, 0], field[8, 1], field[9, 0], field[9, 1])
            if not MIN_TIME_US <= t <= MAX_TIME_US:
                outcome[k] = _BAD_TIME
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
            outcome[k] = _BAD_ROW
            continue
        if abs(lat) > 90.0 or abs(lon) > 180.0 or abs(altitude) > _HIGHEST_FT or speed > _FASTEST_KN or speed < 0.0:
            outcome[k] = _IMPOSSIBLE
            continue
        if ac.must_tidy(keys, meta, t):
            return k
        outcome[k] = _OK
        slot = ac.enter(keys, whole, real, meta, key, t)
        craft = ((DOMAIN_OTHER24 if key & ac.OTHER else DOMAIN_ICAO24) << 32) | (key & 0xFFFFFF)

        _say(
            whole, slot, t, data, field[10, 0], field[10, 1], squawk, craft, tally, static_whole, static_text
        )  # fmt: skip
        has_position = not (np.isnan(lat) or np.isnan(lon) or lat == 0.0 or lon == 0.0)
        on_ground = 255 if np.isnan(ground) else (0 if ground == 0.0 else 1)
        velocity = field[1, 1] - field[1, 0] == 1 and data[field[1, 0]] == 0x34
        message_type = MESSAGE_TYPE_VELOCITY if velocity else MESSAGE_TYPE_MODE_S
        if not np.isnan(speed):
            real[slot, ac.SPEED], real[slot, ac.COURSE] = speed, course
            whole[slot, ac.SPEED_US] = t
        if not np.isnan(rate):
            real[slot, ac.RATE] = rate
            whole[slot, ac.RATE_US] = t
        if not np.isnan(altitude):
            real[slot, ac.ALTITUDE] = altitude
            whole[slot, ac.ALTITUDE_US] = t
        if has_position:
            message_type = MESSAGE_TYPE_SURFACE if on_ground == 1 else MESSAGE_TYPE_AIRBORNE
            if np.isnan(speed) and abs(t - whole[slot, ac.SPEED_US]) <= FRESH_US:
                speed, course = real[slot, ac.SPEED], real[slot, ac.COURSE]
            if np.isnan(rate) and abs(t - whole[slot, ac.RATE_US]) <= FRESH_US:
                rate = real[slot, ac.RATE]
            if np.isnan(altitude) and on_ground != 1 and abs(t - whole[slot, ac.ALTITUDE_US]) <= FRESH_US:
                altitude = real[slot, ac.ALTITUDE]
        else:
            lat, lon = np.nan, np.nan
        row = tally[_ROWS]
        tally[_ROWS] += 1
        out_whole[_TIME, row], out_whole[_CRAFT, row] = t, craft
        out_real[_LAT, row], out_real[_LON, row] = lat, lon - 360.0 if lon == 180.0 else lon
        out_real[_SPEED, row], out_real[_COURSE, row] = speed, course
        out_real[_ALTITUDE, row], out_real[_RATE, row] = altitude, rate
        out_code[_TYPE, row], out_code[_GROUND, row] = message_type, on_ground
    return len(lines)


@njit(cache=True, nogil=True)
def _say(
    whole: NDArray[np.int64],
    slot: int,
    time_us: int,
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    squawk: float,
    craft: int,
    tally: NDArray[np.int64],
    static_whole: NDArray[np.int64],
    static_text: NDArray[np.uint8],
) -> None:
    """Write a static row for a flight name or squawk that is new or not said for a minute."""
    name = np.int64(0)
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
    say_name = length > 0 and (
        name != whole[slot, ac.NAME] or abs(time_us - whole[slot, ac.NAME_SAID_US]) >= SAY_AGAIN_US
    )
    say_code = code >= 0 and (
        code != whole[slot, ac.SQUAWK] or abs(time_us - whole[slot, ac.SQUAWK_SAID_US]) >= SAY_AGAIN_US
    )
    if not say_name and not say_code:
        return
    row = tally[_STATICS]
    tally[_STATICS] += 1
    static_whole[_TIME, row], static_whole[_CRAFT, row] = time_us, craft
    static_text[row] = 0
    if say_name:
        whole[slot, ac.NAME], whole[slot, ac.NAME_SAID_US] = name, time_us
        for i in range(length):
            static_text[row, i] = data[start + i]
    if say_code:
        whole[slot, ac.SQUAWK], whole[slot, ac.SQUAWK_SAID_US] = code, time_us
        for digit in range(4):
            static_text[row, 11 - digit] = 48 + code % 10
            code //= 10


class Sbs1Decoder:
    """SBS-1 lines in, rows out."""

    def __init__(self, source: int) -> None:
        self.counts = DecoderCounts()
        self.source = source
        self._aircraft = ac.AircraftTable()
        self._tail = b""
        self._overlong = False
        self._line = 0

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the stream."""
        data = self._tail + block if self._tail else block
        stop = data.rfind(b"\n") + 1
        self._tail = data[stop:]
        decoded = self._decode(data[:stop], received_us) if stop else Decoded()
        if len(self._tail) > MAX_LINE_BYTES:
            if not self._overlong:
                self._overlong = True
                self._too_long(self._line + 1, self._tail)
            self._tail = b""
        return decoded

    def flush(self) -> Decoded:
        """The last line, if it has no end."""
        data, self._tail = self._tail, b""
        return self._decode(data + b"\n", None) if data else Decoded()

    def _too_long(self, line: int, text: bytes) -> None:
        self.counts.units_in += 1
        self.counts.rejects.add(RejectCause.TOO_LONG, line, text)

    def _decode(self, text: bytes, received_us: Micros | None) -> Decoded:
        data = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(data == 0x0A)
        lines = np.empty((len(ends), 2), np.int64)
        lines[1:, 0] = ends[:-1] + 1
        lines[0, 0] = 0
        lines[:, 1] = ends
        lines[:, 1] -= (lines[:, 1] > lines[:, 0]) & (data[np.maximum(ends - 1, 0)] == 0x0D)
        number = self._line + 1 + np.arange(len(lines))
        self._line += len(lines)
        keep = lines[:, 1] > lines[:, 0]
        if self._overlong:  # the rest of a line refused before
            self._overlong = False
            keep[0] = False
        for k in np.flatnonzero(keep & (lines[:, 1] - lines[:, 0] > MAX_LINE_BYTES)).tolist():
            keep[k] = False
            self._too_long(int(number[k]), text[lines[k, 0] : lines[k, 1]])
        return self._rows(data, lines[keep], number[keep], received_us)

    def _rows(
        self, data: NDArray[np.uint8], lines: NDArray[np.int64], number: NDArray[np.int64], received_us: int | None
    ) -> Decoded:
        n = len(lines)
        tally = np.zeros(2, np.int64)
        outcome = np.empty(n, np.uint8)
        out_whole = np.empty((2, n), np.int64)
        out_real = np.empty((6, n), np.float64)
        out_code = np.empty((2, n), np.uint8)
        static_whole = np.empty((2, n), np.int64)
        static_text = np.empty((n, 14), np.uint8)
        table = self._aircraft
        received = -1 if received_us is None else received_us
        done = 0
        while True:
            done = read_lines(
                done,
                lines,
                data,
                received,
                table.keys,
                table.whole,
                table.real,
                table.meta,
                tally,
                outcome,
                out_whole,
                out_real,
                out_code,
                static_whole,
                static_text,
            )
            if done == n:
                break
            table.tidy(self._time_of(data, lines[done], received))
        self._count(data, lines, number, outcome)
        rows, said = tally.tolist()
        time_us = out_whole[_TIME, :rows]
        positions = PositionBatch.of(
            time_us,
            out_whole[_CRAFT, :rows],
            out_real[_LAT, :rows],
            out_real[_LON, :rows],
            source=self.source,
            message_type=out_code[_TYPE, :rows],
            speed_kn=out_real[_SPEED, :rows],
            course_deg=out_real[_COURSE, :rows],
            altitude_ft=out_real[_ALTITUDE, :rows],
            vertical_rate_ftmin=out_real[_RATE, :rows],
            on_ground=out_code[_GROUND, :rows].view(np.int8),
        )
        said_us = static_whole[_TIME, :said]
        return Decoded(
            positions, static_rows(said_us, said_us, static_whole[_CRAFT, :said], self.source, static_text[:said])
        )

    @staticmethod
    def _time_of(data: NDArray[np.uint8], line: NDArray[np.int64], received_us: int) -> int:
        """Event time of the line at which the kernel asked for a tidy table."""
        if received_us >= 0:
            return received_us
        field = data[line[0] : line[1]].tobytes().split(b",")
        for date, clock in ((field[6], field[7]), (field[8], field[9])):
            both = np.frombuffer(date + clock, np.uint8)
            time_us = int(read_time_us(both, 0, len(date), len(date), len(both)))
            if time_us >= 0:
                return time_us
        raise AssertionError("the kernel stops only at a line whose time it has read")

    def _count(
        self,
        data: NDArray[np.uint8],
        lines: NDArray[np.int64],
        number: NDArray[np.int64],
        outcome: NDArray[np.uint8],
    ) -> None:
        counts = self.counts
        counts.units_in += len(outcome)
        by_outcome = np.bincount(outcome, minlength=_IMPOSSIBLE + 1).tolist()
        for code, name in ((_OK, "sbs msg"), (_OTHER, "sbs other")):
            if by_outcome[code]:
                counts.messages[name] += by_outcome[code]
                counts.units_decoded += by_outcome[code]
        for code, cause in _CAUSES.items():
            for k in np.flatnonzero(outcome == code).tolist() if by_outcome[code] else ():
                if not counts.rejects.wants_sample(cause):
                    counts.rejects.counts[cause] += by_outcome[code]
                    break
                counts.rejects.add(cause, int(number[k]), data[lines[k, 0] : lines[k, 1]].tobytes())
                by_outcome[code] -= 1
