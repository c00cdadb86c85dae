"""Lines of text: NMEA AIS, SBS-1 and JSON, each with the places where a time may stand.

NMEA (``tracker.decode.ais.prefix`` has the forms): tag block ``c:``, Unix or ISO prefix, USCG suffix, ``$PGHP`` line, and the UTC date that base
stations transmit (message types 4 and 11, ITU-R M.1371-5 table 50: year at bit 38, month 52, day 56, hour 61, minute 66, second 72).
SBS-1: dates and times generated and logged, fields 7 to 10. JSON: members that name an instant, at any depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from typing import Final

from tracker.restamp.stamps import ISO, iso_us, moved_iso, moved_number, number_us

Move = Callable[[bytes, int], tuple[bytes, int | None]]
"""From a line and a shift in µs to the line moved and when it was transmitted; None where it says no time."""

_TAG: Final = re.compile(rb"\\([^\\]{0,500})\\")
_TAG_TIME: Final = re.compile(rb"(?:(?<=^)|(?<=,))c:(\d{9,19})(?=,|\*|$)")
_PREFIX: Final = re.compile(rb"^(?:(?P<iso>" + ISO + rb")|(?P<unix>\d{9,19}(?:\.\d{1,9})?))(?=[ ,;\t])")
_SUFFIX: Final = re.compile(rb"(?<=,)(\d{10,16}(?:\.\d{1,6})?)(?=,|\s*$)")
_SENTENCE: Final = re.compile(rb"![A-Z]{2}VD[MO],1,1,[^,]*,[^,]*,(?P<payload>[^,]+),[0-5]?\*(?P<check>[0-9A-Fa-f]{2})")
_PGHP: Final = re.compile(
    rb"\$(PGHP,1,)(\d{4},\d{1,2},\d{1,2},\d{1,2},\d{1,2},\d{1,2},\d{1,3})(,[^*]*)\*[0-9A-Fa-f]{2}"
)
_BASE_STATIONS: Final = (b"4", b";")
"""Armoured message types 4 and 11."""
_UTC_FIELDS: Final = ((38, 14), (52, 4), (56, 5), (61, 5), (66, 6), (72, 6))
_UTC_END: Final = 78

_JSON_NAMES: Final = (
    b"now", b"timestamp", b"time", b"time_position", b"last_contact", b"lastcontact", b"lastposupdate", b"system_timestamp", b"gnss_timestamp",
    b"basedatetime", b"datetime", b"timeutc", b"timestamputc", b"utc", b"datetimeutc",
    b"rxuxtime", b"toa",
)  # fmt: skip
_JSON_TIME: Final = re.compile(
    rb'(?P<head>"(?P<name>' + b"|".join(_JSON_NAMES) + rb')"\s*:\s*)(?:"(?P<iso>' + ISO + rb')"|(?P<unix>\d{9,19}(?:\.\d+)?))', re.IGNORECASE
)  # fmt: skip


def move_nmea(line: bytes, shift_us: int) -> tuple[bytes, int | None]:
    """A line of NMEA AIS; the first time in it is its time, as for the decoder."""
    times: list[int] = []

    def tag(found: re.Match[bytes]) -> bytes:
        body, star, _ = found[1].rpartition(b"*")
        told = _TAG_TIME.search(body)
        if not star or told is None:
            return found[0]
        times.append(number_us(told[1].decode()))
        body = body[: told.start(1)] + moved_number(told[1].decode(), shift_us).encode() + body[told.end(1) :]
        return b"\\%s*%s\\" % (body, _checksum(body))

    line = _TAG.sub(tag, line)
    line = _moved_prefix(line, shift_us, times)
    star = line.find(b"*", line.rfind(b"!"))
    if star >= 0 and b"!" in line:
        line = line[: star + 3] + _SUFFIX.sub(lambda found: _moved_unix(found[1], shift_us, times), line[star + 3 :])
    line = _PGHP.sub(lambda found: _moved_pghp(found, shift_us, times), line)
    line = _SENTENCE.sub(lambda found: _moved_base_station(found, shift_us), line)
    return line, times[0] if times else None


def move_sbs1(line: bytes, shift_us: int) -> tuple[bytes, int | None]:
    """A line of SBS-1: both of its dates with their times."""
    fields = line.split(b",")
    first: int | None = None
    for date, clock in ((6, 7), (8, 9)):
        if len(fields) <= clock:
            break
        try:
            text = f"{fields[date].decode('ascii').replace('/', '-')} {fields[clock].decode('ascii')}"
            told = iso_us(text)
            moved = moved_iso(text, shift_us)
        except ValueError:
            continue
        first = told if first is None else first
        fields[date], fields[clock] = (part.encode() for part in (moved[:10].replace("-", "/"), moved[11:]))
    return b",".join(fields), first


def move_json(line: bytes, shift_us: int) -> tuple[bytes, int | None]:
    """A line of JSON; members that name an instant, at whatever depth."""
    times: list[int] = []

    def moved(found: re.Match[bytes]) -> bytes:
        if found["unix"] is not None:
            return found["head"] + _moved_unix(found["unix"], shift_us, times)
        return b'%s"%s"' % (found["head"], _moved_iso_bytes(found["iso"], shift_us, times))

    line = _JSON_TIME.sub(moved, line)
    return line, times[0] if times else None


def leave(line: bytes, _shift_us: int) -> tuple[bytes, int | None]:
    """A line without any time."""
    return line, None


def _moved_prefix(line: bytes, shift_us: int, times: list[int]) -> bytes:
    found = _PREFIX.match(line)
    if found is None:
        return line
    if found["iso"] is not None:
        return _moved_iso_bytes(found["iso"], shift_us, times) + line[found.end() :]
    return _moved_unix(found["unix"], shift_us, times) + line[found.end() :]


def _moved_unix(text: bytes, shift_us: int, times: list[int]) -> bytes:
    times.append(number_us(text.decode()))
    return moved_number(text.decode(), shift_us).encode()


def _moved_iso_bytes(text: bytes, shift_us: int, times: list[int]) -> bytes:
    try:
        told, moved = iso_us(text.decode()), moved_iso(text.decode(), shift_us)
    except ValueError:  # the 31st of April
        return text
    times.append(told)
    return moved.encode()


def _moved_pghp(found: re.Match[bytes], shift_us: int, times: list[int]) -> bytes:
    numbers = [int(part) for part in found[2].split(b",")]
    try:
        told = _instant(numbers[:6]) + timedelta(milliseconds=numbers[6])
    except ValueError:
        return found[0]
    times.append(round(told.timestamp() * 1e6))
    moved = told + timedelta(microseconds=shift_us)
    parts = (moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second, moved.microsecond // 1000)
    body = found[1] + ",".join(map(str, parts)).encode() + found[3]
    return b"$%s*%s" % (body, _checksum(body))


def _moved_base_station(found: re.Match[bytes], shift_us: int) -> bytes:
    """The date that a base station transmits; as it is where it transmits none."""
    payload = found["payload"]
    if payload[:1] not in _BASE_STATIONS or len(payload) * 6 < _UTC_END:
        return found[0]
    values = [byte - 48 if byte < 96 else byte - 56 for byte in payload[: _UTC_END // 6]]
    if any(not 0 <= value < 64 for value in values):
        return found[0]
    bits = reduce(lambda word, value: word << 6 | value, values, 0)
    numbers = [bits >> (_UTC_END - start - width) & ((1 << width) - 1) for start, width in _UTC_FIELDS]
    try:
        moved = _instant(numbers) + timedelta(microseconds=shift_us)
    except (ValueError, OverflowError):
        return found[0]
    parts = (moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second)
    for (start, width), number in zip(_UTC_FIELDS, parts, strict=True):
        place = _UTC_END - start - width
        bits = bits & ~(((1 << width) - 1) << place) | number << place
    values = [bits >> place & 63 for place in range(_UTC_END - 6, -1, -6)]
    armoured = bytes(value + 48 if value < 40 else value + 56 for value in values)
    begin, end = found.start("payload") - found.start(), found.end("payload") - found.start()
    sentence = found[0][:begin] + armoured + payload[len(armoured) :] + found[0][end:-2]
    return sentence + _checksum(sentence[1:-1])


def _instant(numbers: list[int]) -> datetime:
    """Year, month, day, hour, minute, second as an instant; ``ValueError`` where there is none such."""
    year, month, day, hour, minute, second = numbers
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _checksum(body: bytes) -> bytes:
    return b"%02X" % reduce(xor, body, 0)
