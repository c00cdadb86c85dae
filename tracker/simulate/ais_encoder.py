"""AIS messages as bits and sentences, many at a time (ITU-R M.1371-5 annex 8; NMEA 0183 tag blocks; IEC 61162-1).

A payload is a matrix of ASCII bytes, one row per message, all of one message type::

    1, 3   class A position       168 bits   28 characters
    4      base station           168        28
    5      class A static         424        71, two fill bits, sent as two sentences of 60 and 11
    18     class B position       168        28
    21     aid to navigation      272        46, four fill bits
    24 A/B class B static         160, 168   27 with two fill bits, 28

A sentence is a row of bytes as well. Every part of it has a fixed width, so no sentence is ever formatted by itself::

    \\s:STATN,c:1772323200*hh\\!AIVDM,1,1,,A,<payload>,0*hh                          one line
    \\g:1-2-4711,s:STATN,c:1772323200*hh\\!AIVDM,2,1,3,A,<60 characters>,0*hh         the first of two
    \\g:2-2-4711*hh\\!AIVDM,2,2,3,A,<11 characters>,2*hh                             the second
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

STATION_CHARACTERS: Final = 5
FIRST_FRAGMENT_CHARACTERS: Final = 60
_LON_UNITS: Final = 600_000.0
_NO_HEADING: Final = 511
_NO_TURN: Final = -128
_CHUNK: Final = 16_384
_HEX: Final = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)


def pack(fields: Sequence[tuple[Any, int]], length: int) -> Bytes:
    """Six-bit armoured payloads from ``(values, width in bits)`` in the order sent; negatives as two's complement.

    A value of shape (n, k) is k fields of that width, one after the other (text). The payload is filled with zero bits to a
    full character.
    """
    widths = [width * (np.shape(values)[1] if np.ndim(values) == 2 else 1) for values, width in fields]
    total = sum(widths)
    characters = -(-total // 6)
    out = np.empty((length, characters), dtype=np.uint8)
    for start in range(0, length, _CHUNK):
        stop = min(start + _CHUNK, length)
        bits = np.zeros((stop - start, characters * 6), dtype=np.uint8)
        at = 0
        for values, width in fields:
            array = np.asarray(values)
            columns = array.shape[1] if array.ndim == 2 else 1
            part = np.broadcast_to(array, (length,)) if array.ndim < 2 else array
            part = part[start:stop].astype(np.int64).reshape(stop - start, columns)
            shifts = np.arange(width - 1, -1, -1)
            bits[:, at : at + width * columns] = ((part[:, :, None] >> shifts) & 1).reshape(stop - start, -1)
            at += width * columns
        weights = np.array([32, 16, 8, 4, 2, 1], dtype=np.uint8)
        six = (bits.reshape(stop - start, characters, 6) * weights).sum(axis=2, dtype=np.uint8)
        out[start:stop] = six + np.where(six < 40, 48, 56).astype(np.uint8)
    return out


def text_codes(texts: Any, characters: int) -> Bytes:
    """Six-bit codes of texts, padded with ``@``: ``@A..Z[\\]^_`` are 0-31, space to ``?`` are 32-63."""
    raw = np.asarray(texts, dtype=f"S{characters}")
    codes = np.frombuffer(raw.tobytes(), dtype=np.uint8).reshape(len(raw), characters)
    return np.where(codes >= 64, codes - 64, codes).astype(np.uint8)


def _tenths(values: Any, missing: int, top: int) -> NDArray[np.int64]:
    """Tenths as integers, ``missing`` for NaN, never more than ``top``."""
    given = np.asarray(values, dtype=np.float64)
    scaled = np.clip(np.rint(np.nan_to_num(given) * 10.0), 0, top)
    return np.where(np.isnan(given), missing, scaled).astype(np.int64)


def _turn_code(turn_degmin: Any) -> NDArray[np.int64]:
    """Rate of turn as 4.733 times the root of degrees a minute, signed; NaN is not available."""
    given = np.asarray(turn_degmin, dtype=np.float64)
    size = np.clip(np.rint(4.733 * np.sqrt(np.abs(np.nan_to_num(given)))), 0, 126)
    return np.where(np.isnan(given), _NO_TURN, np.sign(np.nan_to_num(given)) * size).astype(np.int64)


def _course_code(course_deg: Any) -> NDArray[np.int64]:
    given = np.asarray(course_deg, dtype=np.float64)
    return np.where(np.isnan(given), 3600, np.rint(np.nan_to_num(given) * 10.0) % 3600).astype(np.int64)


def _heading_code(heading_deg: Any) -> NDArray[np.int64]:
    given = np.asarray(heading_deg, dtype=np.float64)
    return np.where(np.isnan(given), _NO_HEADING, np.rint(np.nan_to_num(given)) % 360).astype(np.int64)


def _degrees_code(degrees: Any) -> NDArray[np.int64]:
    """Ten-thousandths of a minute."""
    return np.rint(np.asarray(degrees, dtype=np.float64) * _LON_UNITS).astype(np.int64)


def class_a_position(
    message_type: Any,
    mmsi: Any,
    status: Any,
    turn_degmin: Any,
    speed_kn: Any,
    lat_deg: Any,
    lon_deg: Any,
    course_deg: Any,
    heading_deg: Any,
    second: Any,
) -> Bytes:
    """Messages 1 to 3."""
    return pack(
        [
            (message_type, 6),
            (0, 2),
            (mmsi, 30),
            (status, 4),
            (_turn_code(turn_degmin), 8),
            (_tenths(speed_kn, 1023, 1022), 10),
            (1, 1),
            (_degrees_code(lon_deg), 28),
            (_degrees_code(lat_deg), 27),
            (_course_code(course_deg), 12),
            (_heading_code(heading_deg), 9),
            (second, 6),
            (0, 2 + 3 + 1),
            (0, 19),
        ],
        len(np.atleast_1d(mmsi)),
    )


def class_b_position(
    mmsi: Any, speed_kn: Any, lat_deg: Any, lon_deg: Any, course_deg: Any, heading_deg: Any, second: Any
) -> Bytes:
    """Message 18, a carrier-sense unit."""
    return pack(
        [
            (18, 6),
            (0, 2),
            (mmsi, 30),
            (0, 8),
            (_tenths(speed_kn, 1023, 1022), 10),
            (0, 1),
            (_degrees_code(lon_deg), 28),
            (_degrees_code(lat_deg), 27),
            (_course_code(course_deg), 12),
            (_heading_code(heading_deg), 9),
            (second, 6),
            (0, 2),
            (0b1011100, 7),  # carrier sense, no display, DSC, whole band, message 22, autonomous, no RAIM
            (1, 1),
            (393222, 19),  # what carrier-sense units send for the communication state
        ],
        len(np.atleast_1d(mmsi)),
    )


def class_a_static(
    mmsi: Any,
    imo: Any,
    call_sign: Any,
    name: Any,
    ship_type: Any,
    length_m: Any,
    beam_m: Any,
    eta_month: Any,
    eta_day: Any,
    eta_hour: Any,
    eta_minute: Any,
    draught_m: Any,
    destination: Any,
) -> Bytes:
    """Message 5; the antenna stands a fifth of the length from the stern, amidships."""
    length, beam = np.asarray(length_m, dtype=np.int64), np.asarray(beam_m, dtype=np.int64)
    stern = length // 5
    return pack(
        [
            (5, 6),
            (0, 2),
            (mmsi, 30),
            (0, 2),
            (imo, 30),
            (text_codes(call_sign, 7), 6),
            (text_codes(name, 20), 6),
            (ship_type, 8),
            (length - stern, 9),
            (stern, 9),
            (beam // 2, 6),
            (beam - beam // 2, 6),
            (1, 4),
            (eta_month, 4),
            (eta_day, 5),
            (eta_hour, 5),
            (eta_minute, 6),
            (_tenths(draught_m, 0, 255), 8),
            (text_codes(destination, 20), 6),
            (0, 2),
        ],
        len(np.atleast_1d(mmsi)),
    )


def class_b_name(mmsi: Any, name: Any) -> Bytes:
    """Message 24 part A."""
    return pack([(24, 6), (0, 2), (mmsi, 30), (0, 2), (text_codes(name, 20), 6)], len(np.atleast_1d(mmsi)))


def class_b_ship(mmsi: Any, ship_type: Any, call_sign: Any, length_m: Any, beam_m: Any) -> Bytes:
    """Message 24 part B; the vendor field is zero."""
    length, beam = np.asarray(length_m, dtype=np.int64), np.asarray(beam_m, dtype=np.int64)
    return pack(
        [
            (24, 6),
            (0, 2),
            (mmsi, 30),
            (1, 2),
            (ship_type, 8),
            (0, 42),
            (text_codes(call_sign, 7), 6),
            (length - length // 5, 9),
            (length // 5, 9),
            (beam // 2, 6),
            (beam - beam // 2, 6),
            (0, 6),
        ],
        len(np.atleast_1d(mmsi)),
    )


def base_station(mmsi: Any, epoch_s: Any, lat_deg: Any, lon_deg: Any) -> Bytes:
    """Message 4: the station's own clock and place."""
    moment = np.atleast_1d(np.asarray(epoch_s, dtype=np.int64)).astype("datetime64[s]")
    day, month, year = (moment.astype(f"datetime64[{unit}]") for unit in "DMY")
    second_of_day = (moment - day).astype(np.int64)
    return pack(
        [
            (4, 6),
            (0, 2),
            (mmsi, 30),
            (year.astype(np.int64) + 1970, 14),
            (month.astype(np.int64) % 12 + 1, 4),
            ((day - month.astype("datetime64[D]")).astype(np.int64) + 1, 5),
            (second_of_day // 3600, 5),
            (second_of_day // 60 % 60, 6),
            (second_of_day % 60, 6),
            (1, 1),
            (_degrees_code(lon_deg), 28),
            (_degrees_code(lat_deg), 27),
            (7, 4),
            (0, 1 + 9 + 1 + 19),
        ],
        len(moment),
    )


def aid_to_navigation(mmsi: Any, aid_type: Any, name: Any, lat_deg: Any, lon_deg: Any, second: Any) -> Bytes:
    """Message 21, a real aid on station."""
    return pack(
        [
            (21, 6),
            (0, 2),
            (mmsi, 30),
            (aid_type, 5),
            (text_codes(name, 20), 6),
            (1, 1),
            (_degrees_code(lon_deg), 28),
            (_degrees_code(lat_deg), 27),
            (0, 30),
            (1, 4),
            (second, 6),
            (0, 1 + 8 + 1 + 1 + 1 + 1),
        ],
        len(np.atleast_1d(mmsi)),
    )


def _digits(values: Any, places: int) -> Bytes:
    """Decimal digits as ASCII, leading zeros kept."""
    powers = 10 ** np.arange(places - 1, -1, -1, dtype=np.int64)
    return (np.asarray(values, dtype=np.int64)[:, None] // powers % 10 + 48).astype(np.uint8)


def _fixed(text: str, length: int) -> Bytes:
    return np.broadcast_to(np.frombuffer(text.encode("ascii"), dtype=np.uint8), (length, len(text)))


def _with_checksum(body: Bytes) -> Bytes:
    """``body*hh``: the exclusive or of all bytes of ``body``."""
    check = np.bitwise_xor.reduce(body, axis=1)
    return np.hstack([body, _fixed("*", len(body)), _HEX[check >> 4][:, None], _HEX[check & 15][:, None]])


def _line(tag: Bytes, sentence: Bytes) -> Bytes:
    rows = len(tag)
    slash = _fixed("\\", rows)
    return np.hstack(
        [slash, _with_checksum(tag), slash, _fixed("!", rows), _with_checksum(sentence), _fixed("\r\n", rows)]
    )


def _station_bytes(station: Any) -> Bytes:
    raw = np.asarray(station, dtype=f"S{STATION_CHARACTERS}")
    return np.frombuffer(raw.tobytes(), dtype=np.uint8).reshape(len(raw), STATION_CHARACTERS)


def single_sentences(payload: Bytes, fill_bits: int, channel_b: Any, station: Any, epoch_s: Any) -> Bytes:
    """One line per message; ``channel_b`` is true for radio channel B, stations have five characters."""
    rows = len(payload)
    tag = np.hstack([_fixed("s:", rows), _station_bytes(station), _fixed(",c:", rows), _digits(epoch_s, 10)])
    channel = np.where(channel_b, ord("B"), ord("A")).astype(np.uint8)[:, None]
    sentence = np.hstack(
        [_fixed("AIVDM,1,1,,", rows), channel, _fixed(",", rows), payload, _fixed(f",{fill_bits}", rows)]
    )
    return _line(tag, sentence)


def double_sentences(
    payload: Bytes, fill_bits: int, channel_b: Any, station: Any, epoch_s: Any, group: Any
) -> tuple[Bytes, Bytes]:
    """Two lines per message, tied by tag block group (1000-9999) and sequence number (its last digit)."""
    rows = len(payload)
    group = 1000 + np.asarray(group, dtype=np.int64) % 9000
    channel = np.where(channel_b, ord("B"), ord("A")).astype(np.uint8)[:, None]
    comma = _fixed(",", rows)
    lines = []
    for number, (part, fill) in enumerate(
        ((payload[:, :FIRST_FRAGMENT_CHARACTERS], 0), (payload[:, FIRST_FRAGMENT_CHARACTERS:], fill_bits)), start=1
    ):
        tag = np.hstack([_fixed(f"g:{number}-2-", rows), _digits(group, 4)])
        if number == 1:
            tag = np.hstack(
                [tag, _fixed(",s:", rows), _station_bytes(station), _fixed(",c:", rows), _digits(epoch_s, 10)]
            )
        sentence = np.hstack(
            [
                _fixed(f"AIVDM,2,{number},", rows),
                _digits(group % 10, 1),
                comma,
                channel,
                comma,
                part,
                _fixed(f",{fill}", rows),
            ]
        )
        lines.append(_line(tag, sentence))
    return lines[0], lines[1]
