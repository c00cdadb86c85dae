"""Mode S frames and the Beast binary stream, many at a time (ICAO Annex 10 vol. IV; RTCA DO-260B; Jetvision wiki, Mode-S Beast data output formats).

Frames are rows of bytes: 14 for DF17, 7 for DF4, DF5 and DF11. Numbers inside are packed most significant bit first::

    DF17   DF 5 | CA 3 | address 24 | ME 56 | parity 24
    ME     TC 9-18 airborne   TC 5 | SS 2 | NICb 1 | altitude 12 | T 1 | F 1 | CPR lat 17 | CPR lon 17
           TC 5-8 surface     TC 5 | movement 7 | status 1 | track 7 | T 1 | F 1 | CPR lat 17 | CPR lon 17
           TC 19 velocity     TC 5 | subtype 3 | flags 5 | Dew 1 | Vew 10 | Dns 1 | Vns 10 | Src 1 | Svr 1 | VR 9 | 2 | SDif 1 | dAlt 7
           TC 1-4 identity    TC 5 | category 3 | eight characters of 6
    DF11   DF 5 | CA 3 | address 24 | parity 24
    DF4/5  DF 5 | FS 3 | DR 5 | UM 6 | AC or ID 13 | parity 24 exclusive-or address

Parity is the remainder by 0x1FFF409, byte by byte through a table. CPR is the encoding of DO-260B A.1.7 with the zone table
computed from its formula. A Beast frame is ``1A type(2 short, 3 long) timestamp(6) signal(1) frame``, every 1A after
the type doubled; the timestamp counts a 12 MHz clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

CLOCK_HZ: Final = 12_000_000
_GENERATOR: Final = 0xFFF409
_ESCAPE: Final = 0x1A
_ZONES: Final = 15
_CPR_BINS: Final = 131_072.0


def _parity_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32) << 16
    for _ in range(8):
        table = np.where(table & 0x800000, (table << 1) ^ _GENERATOR, table << 1) & 0xFFFFFF
    return table.astype(np.uint32)


_TABLE: Final = _parity_table()


def parity(body: Bytes) -> NDArray[np.uint32]:
    """The 24 parity bits of rows of bytes."""
    remainder = np.zeros(len(body), dtype=np.uint32)
    for column in range(body.shape[1]):
        remainder = ((remainder << 8) & 0xFFFFFF) ^ _TABLE[(remainder >> 16) ^ body[:, column]]
    return remainder


def _pack(fields: Sequence[tuple[Any, int]], length: int) -> Bytes:
    """Rows of bytes from ``(values, width in bits)``; the widths add up to whole bytes."""
    bits = np.zeros((length, sum(width for _, width in fields)), dtype=np.uint8)
    at = 0
    for values, width in fields:
        column = np.broadcast_to(np.asarray(values), (length,)).astype(np.int64)[:, None]
        bits[:, at : at + width] = (column >> np.arange(width - 1, -1, -1)) & 1
        at += width
    return np.packbits(bits, axis=1)


def _closed(body: Bytes, overlay: Any = 0) -> Bytes:
    """Body and parity, exclusive-or ``overlay`` (an address in DF4 and DF5)."""
    check = parity(body) ^ np.asarray(overlay, dtype=np.uint32)
    tail = np.stack([check >> 16 & 255, check >> 8 & 255, check & 255], axis=1).astype(np.uint8)
    return np.hstack([body, tail])


def _extended(address: Any, message: Bytes, capability: int = 5) -> Bytes:
    """DF17 around 56 bits of message; capability 5 is airborne, 4 on the ground."""
    head = _pack([(17, 5), (capability, 3), (address, 24)], len(message))
    return _closed(np.hstack([head, message]))


def longitude_zones(lat_deg: Any) -> NDArray[np.float64]:
    """NL(lat) of DO-260B A.1.7.2."""
    lat = np.abs(np.asarray(lat_deg, dtype=np.float64))
    inside = np.clip(lat, 0.0, 86.999999)
    ratio = 1.0 - (1.0 - np.cos(np.pi / (2.0 * _ZONES))) / np.cos(np.radians(inside)) ** 2
    zones = np.floor(2.0 * np.pi / np.arccos(np.clip(ratio, -1.0, 1.0)))
    return np.where(lat > 87.0, 1.0, np.where(lat >= 86.999999, 2.0, zones))


def cpr(lat_deg: Any, lon_deg: Any, odd: Any, surface: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Compact position reports: 17 bits of latitude and of longitude inside their zones."""
    lat, lon = np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64)
    odd = np.asarray(odd, dtype=np.int64)
    circle, bins = 360.0, _CPR_BINS
    if surface:
        circle = 90.0
    d_lat = circle / (4 * _ZONES - odd)
    y = np.floor(bins * np.mod(lat, d_lat) / d_lat + 0.5)
    rounded_lat = d_lat * (y / bins + np.floor(lat / d_lat))
    d_lon = circle / np.maximum(longitude_zones(rounded_lat) - odd, 1.0)
    x = np.floor(bins * np.mod(lon, d_lon) / d_lon + 0.5)
    return y.astype(np.int64) % 131_072, x.astype(np.int64) % 131_072


def _altitude_12(altitude_ft: Any) -> NDArray[np.int64]:
    """25 ft steps from -1000 ft with the Q bit set."""
    steps = np.clip(np.rint((np.asarray(altitude_ft, dtype=np.float64) + 1000.0) / 25.0), 0, 2047).astype(np.int64)
    return ((steps >> 4) << 5) | 0b10000 | (steps & 15)


def airborne_position(
    address: Any, lat_deg: Any, lon_deg: Any, altitude_ft: Any, odd: Any, type_code: Any = 11
) -> Bytes:
    """DF17, type code 11 (NIC 8) unless told otherwise."""
    y, x = cpr(lat_deg, lon_deg, odd, surface=False)
    fields = [(type_code, 5), (0, 2), (0, 1), (_altitude_12(altitude_ft), 12), (0, 1), (odd, 1), (y, 17), (x, 17)]
    return _extended(address, _pack(fields, len(y)))


def movement_code(speed_kn: Any) -> NDArray[np.int64]:
    """Ground speed on the surface in the uneven steps of DO-260B table A-2-6."""
    speed = np.asarray(speed_kn, dtype=np.float64)
    edges = [0.125, 1.0, 2.0, 15.0, 70.0, 100.0, 175.0]
    values = [
        np.ones_like(speed),
        2 + (speed - 0.125) / 0.125,
        9 + (speed - 1.0) / 0.25,
        13 + (speed - 2.0) / 0.5,
        39 + (speed - 15.0),
        94 + (speed - 70.0) / 2.0,
        109 + (speed - 100.0) / 5.0,
    ]
    return np.select([speed < edge for edge in edges], values, default=124.0).astype(np.int64)


def surface_position(address: Any, lat_deg: Any, lon_deg: Any, speed_kn: Any, track_deg: Any, odd: Any) -> Bytes:
    """DF17, type code 7."""
    y, x = cpr(lat_deg, lon_deg, odd, surface=True)
    track = np.rint(np.asarray(track_deg, dtype=np.float64) * 128.0 / 360.0).astype(np.int64) % 128
    fields = [(7, 5), (movement_code(speed_kn), 7), (1, 1), (track, 7), (0, 1), (odd, 1), (y, 17), (x, 17)]
    return _extended(address, _pack(fields, len(y)), capability=4)


def airborne_velocity(address: Any, speed_kn: Any, track_deg: Any, vertical_rate_ftmin: Any) -> Bytes:
    """DF17, type code 19, subtype 1: ground speed as east and north parts."""
    track = np.radians(track_deg)
    east = np.rint(np.asarray(speed_kn) * np.sin(track)).astype(np.int64)
    north = np.rint(np.asarray(speed_kn) * np.cos(track)).astype(np.int64)
    climb = np.rint(np.asarray(vertical_rate_ftmin, dtype=np.float64) / 64.0).astype(np.int64)
    fields = [
        (19, 5),
        (1, 3),
        (0b00010, 5),  # no intent change, no IFR flag, NACv 2
        (east < 0, 1),
        (np.minimum(np.abs(east) + 1, 1023), 10),
        (north < 0, 1),
        (np.minimum(np.abs(north) + 1, 1023), 10),
        (1, 1),
        (climb < 0, 1),
        (np.minimum(np.abs(climb) + 1, 511), 9),
        (0, 2),
        (0, 1),
        (0, 7),
    ]
    return _extended(address, _pack(fields, len(east)))


def identification(address: Any, call_sign: Any, category: str = "A3") -> Bytes:
    """DF17, type code 4 for categories A, 3 for B; A3 is a large aircraft."""
    raw = np.char.ljust(np.asarray(call_sign, dtype="S8"), 8)
    codes = np.frombuffer(raw.astype("S8").tobytes(), dtype=np.uint8).reshape(len(raw), 8)
    codes = np.where(codes >= 64, codes - 64, codes)
    return _extended(
        address,
        _pack(
            [({"A": 4, "B": 3}[category[0]], 5), (int(category[1]), 3), *((codes[:, k], 6) for k in range(8))], len(raw)
        ),
    )


def all_call(address: Any, airborne: Any) -> Bytes:
    """DF11 with interrogator zero."""
    length = len(np.atleast_1d(address))
    return _closed(_pack([(11, 5), (np.where(airborne, 5, 4), 3), (address, 24)], length))


def altitude_reply(address: Any, altitude_ft: Any) -> Bytes:
    """DF4, altitude in 25 ft steps (M bit zero, Q bit one)."""
    twelve = _altitude_12(altitude_ft)
    thirteen = ((twelve >> 6) << 7) | (twelve & 0x3F)
    body = _pack([(4, 5), (0, 3), (0, 5), (0, 6), (thirteen, 13)], len(twelve))
    return _closed(body, address)


def identity_reply(address: Any, squawk: Any) -> Bytes:
    """DF5; ``squawk`` is four octal digits read as a decimal number, 7000 for example."""
    code = np.atleast_1d(np.asarray(squawk, dtype=np.int64))
    a, b, c, d = (code // power % 10 for power in (1000, 100, 10, 1))

    def bit(digit: Any, number: int) -> Any:
        return digit >> number & 1

    order = [bit(c, 0), bit(a, 0), bit(c, 1), bit(a, 1), bit(c, 2), bit(a, 2), 0 * a]
    order += [bit(b, 0), bit(d, 0), bit(b, 1), bit(d, 1), bit(b, 2), bit(d, 2)]
    body = _pack([(5, 5), (0, 3), (0, 5), (0, 6), *((value, 1) for value in order)], len(code))
    return _closed(body, address)


def beast_stream(frames: Sequence[Bytes], clock: Sequence[Any], signal: Sequence[Any]) -> bytes:
    """Frames of both lengths as one stream in the order of their clock; ties keep the order given."""
    width = 2 + 6 + 1 + 14
    rows, lengths, times = [], [], []
    for frame, counted, level in zip(frames, clock, signal, strict=True):
        count, size = frame.shape
        row = np.zeros((count, width), dtype=np.uint8)
        row[:, 0] = _ESCAPE
        row[:, 1] = ord("3") if size == 14 else ord("2")
        ticks = np.asarray(counted, dtype=np.int64)
        row[:, 2:8] = ticks[:, None] >> np.arange(40, -1, -8) & 255
        row[:, 8] = level
        row[:, 9 : 9 + size] = frame
        rows.append(row)
        lengths.append(np.full(count, 9 + size))
        times.append(ticks)
    order = np.argsort(np.concatenate(times), kind="stable")
    table, length = np.concatenate(rows)[order], np.concatenate(lengths)[order]
    kept = np.arange(width) < length[:, None]
    repeats = np.where((table == _ESCAPE) & (np.arange(width) >= 2), 2, 1)
    return np.repeat(table[kept], repeats[kept]).tobytes()
