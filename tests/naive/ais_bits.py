"""AIS messages from the bit tables, one bit string and plain Python numbers at a time; the twin of the kernels.

Also a writer of random messages and sentences for tests.
"""

from __future__ import annotations

import math
import random
from typing import Any

Row = dict[str, Any]


def bits_of(payload: str, fill_bits: int = 0) -> str:
    """Armoured characters as a string of 0 and 1."""
    bits = "".join(f"{ord(c) - (48 if ord(c) < 88 else 56):06b}" for c in payload)
    return bits[: len(bits) - fill_bits]


def unsigned(bits: str, start: int, width: int) -> int:
    return int(bits[start : start + width], 2)


def signed(bits: str, start: int, width: int) -> int:
    value = unsigned(bits, start, width)
    return value - (1 << width) if value >> (width - 1) else value


def text(bits: str, start: int, characters: int) -> bytes:
    codes = [int(bits[i : i + 6], 2) for i in range(start, start + 6 * characters, 6) if i + 6 <= len(bits)]
    return "".join(chr(c + 64 if c < 32 else c) for c in codes).rstrip("@").strip().encode()


def position(bits: str, lon_start: int, lon_width: int, lat_width: int, steps: int) -> tuple[float, float]:
    lon = signed(bits, lon_start, lon_width) / steps
    lat = signed(bits, lon_start + lon_width, lat_width) / steps
    corner = abs(lat) == 90 and abs(lon) == 180
    copied = lat == lon and (lat == round(lat) or (steps > 1_000 and round(lat, 3) != lat))
    there = abs(lon) <= 180 and abs(lat) <= 90 and not corner and not copied
    return (lat, lon) if there else (math.nan, math.nan)


def turn(raw: int) -> float:
    if raw == -128:
        return math.nan
    if abs(raw) == 127:
        return math.copysign(720.0, raw)
    return math.copysign((raw / 4.733) ** 2, raw)


def tenth(raw: int, limit: int) -> float:
    return raw / 10 if raw < limit else math.nan


def whole(raw: int, limit: int) -> float:
    return float(raw) if raw < limit else math.nan


def position_row(bits: str) -> Row:
    """The position (or heard) row of a message."""
    kind = unsigned(bits, 0, 6)
    nan = math.nan
    row: Row = {
        "message_type": kind,
        "mmsi": unsigned(bits, 8, 30),
        "lat_deg": nan,
        "lon_deg": nan,
        "speed_kn": nan,
        "course_deg": nan,
        "heading_deg": nan,
        "altitude_ft": nan,
        "turn_degmin": nan,
        "nav_status": 255,
        "nic": 255,
        "utc_second": 255,
    }
    second = 63
    if kind in (1, 2, 3):
        row["nav_status"] = unsigned(bits, 38, 4)
        row["turn_degmin"] = turn(signed(bits, 42, 8))
        row["speed_kn"] = tenth(unsigned(bits, 50, 10), 1023)
        row["nic"] = unsigned(bits, 60, 1)
        row["lat_deg"], row["lon_deg"] = position(bits, 61, 28, 27, 600_000)
        row["course_deg"] = tenth(unsigned(bits, 116, 12), 3600)
        row["heading_deg"] = whole(unsigned(bits, 128, 9), 360)
        second = unsigned(bits, 137, 6)
    elif kind in (18, 19):
        row["speed_kn"] = tenth(unsigned(bits, 46, 10), 1023)
        row["nic"] = unsigned(bits, 56, 1)
        row["lat_deg"], row["lon_deg"] = position(bits, 57, 28, 27, 600_000)
        row["course_deg"] = tenth(unsigned(bits, 112, 12), 3600)
        row["heading_deg"] = whole(unsigned(bits, 124, 9), 360)
        second = unsigned(bits, 133, 6)
    elif kind == 9:
        row["altitude_ft"] = whole(unsigned(bits, 38, 12), 4095) / 0.3048
        row["speed_kn"] = whole(unsigned(bits, 50, 10), 1023)
        row["nic"] = unsigned(bits, 60, 1)
        row["lat_deg"], row["lon_deg"] = position(bits, 61, 28, 27, 600_000)
        row["course_deg"] = tenth(unsigned(bits, 116, 12), 3600)
        second = unsigned(bits, 128, 6)
    elif kind in (4, 11):
        second = unsigned(bits, 72, 6)
        row["nic"] = unsigned(bits, 78, 1)
        row["lat_deg"], row["lon_deg"] = position(bits, 79, 28, 27, 600_000)
    elif kind == 21:
        row["nic"] = unsigned(bits, 163, 1)
        row["lat_deg"], row["lon_deg"] = position(bits, 164, 28, 27, 600_000)
        second = unsigned(bits, 253, 6)
    elif kind == 27:
        row["nic"] = unsigned(bits, 38, 1)
        row["nav_status"] = unsigned(bits, 40, 4)
        row["lat_deg"], row["lon_deg"] = position(bits, 44, 18, 17, 600)
        row["speed_kn"] = whole(unsigned(bits, 79, 6), 63)
        row["course_deg"] = whole(unsigned(bits, 85, 9), 360)
    if second < 60:
        row["utc_second"] = second
    return row


def static_row(bits: str) -> Row | None:
    """The static row of a message, None for types without one."""
    kind = unsigned(bits, 0, 6)
    nan = math.nan
    row: Row = {
        "message_type": kind,
        "mmsi": unsigned(bits, 8, 30),
        "imo": -1,
        "name": b"",
        "call_sign": b"",
        "ship_type": 255,
        "to_bow_m": nan,
        "to_stern_m": nan,
        "to_port_m": nan,
        "to_starboard_m": nan,
        "draught_m": nan,
        "destination": b"",
        "eta_month": 255,
        "eta_day": 255,
        "eta_hour": 255,
        "eta_minute": 255,
    }
    sizes = None
    if kind == 5:
        row["imo"] = unsigned(bits, 40, 30) or -1
        row["call_sign"] = text(bits, 70, 7)
        row["name"] = text(bits, 112, 20)
        row["ship_type"] = unsigned(bits, 232, 8) or 255
        sizes = 240
        month, day = unsigned(bits, 274, 4), unsigned(bits, 278, 5)
        hour, minute = unsigned(bits, 283, 5), unsigned(bits, 288, 6)
        row["eta_month"] = month if 1 <= month <= 12 else 255
        row["eta_day"] = day or 255
        row["eta_hour"] = hour if hour < 24 else 255
        row["eta_minute"] = minute if minute < 60 else 255
        row["draught_m"] = unsigned(bits, 294, 8) / 10 or nan
        row["destination"] = text(bits, 302, 20)
    elif kind == 19:
        row["name"] = text(bits, 143, 20)
        row["ship_type"] = unsigned(bits, 263, 8) or 255
        sizes = 271
    elif kind == 21:
        row["name"] = text(bits, 43, 20)
        sizes = 219
    elif kind == 24 and unsigned(bits, 38, 2) == 0:
        row["name"] = text(bits, 40, 20)
    elif kind == 24:
        row["ship_type"] = unsigned(bits, 40, 8) or 255
        row["call_sign"] = text(bits, 90, 7)
        sizes = None if row["mmsi"] // 10_000_000 == 98 else 132
    else:
        return None
    if sizes is not None:
        found = [unsigned(bits, sizes + at, width) for at, width in ((0, 9), (9, 9), (18, 6), (24, 6))]
        if any(found):
            row["to_bow_m"], row["to_stern_m"], row["to_port_m"], row["to_starboard_m"] = found
    return row


def armour(bits: str) -> tuple[str, int]:
    """A bit string as payload characters and the number of fill bits."""
    fill = -len(bits) % 6
    bits += "0" * fill
    values = [int(bits[i : i + 6], 2) for i in range(0, len(bits), 6)]
    return "".join(chr(v + 48 if v < 40 else v + 56) for v in values), fill


def checksum(body: str) -> str:
    value = 0
    for character in body:
        value ^= ord(character)
    return f"{value:02X}"


def sentences(bits: str, sequence: int = 0, channel: str = "A", characters: int = 60, talker: str = "AI") -> list[str]:
    """The VDM sentences of a message."""
    payload, fill = armour(bits)
    pieces = [payload[i : i + characters] for i in range(0, len(payload), characters)]
    out = []
    for number, piece in enumerate(pieces, 1):
        last = number == len(pieces)
        tie = str(sequence) if len(pieces) > 1 else ""
        body = f"{talker}VDM,{len(pieces)},{number},{tie},{channel},{piece},{fill if last else 0}"
        out.append(f"!{body}*{checksum(body)}")
    return out


LENGTHS = {1: 168, 2: 168, 3: 168, 4: 168, 5: 424, 9: 168, 11: 168, 18: 168, 19: 312, 21: 272, 24: 168, 27: 96}
"""Bits of a message of each columnar type (24 B has 168, 24 A 160 or 168)."""


def random_bits(kind: int, seed: random.Random) -> str:
    """A message of the type with random bits everywhere else, now and then a 'not available' value's neighbourhood."""
    bits = list(f"{seed.getrandbits(LENGTHS[kind]):0{LENGTHS[kind]}b}")
    bits[0:6] = f"{kind:06b}"
    bits[8:38] = f"{seed.randint(1, 999_999_999):030b}"
    if kind == 24:
        bits[38:40] = f"{seed.randint(0, 1):02b}"
    lon_start, lon_width, lat_width, steps = {
        **dict.fromkeys((1, 2, 3, 9), (61, 28, 27, 600_000)),
        **dict.fromkeys((18, 19), (57, 28, 27, 600_000)),
        **dict.fromkeys((4, 11), (79, 28, 27, 600_000)),
        21: (164, 28, 27, 600_000),
        27: (44, 18, 17, 600),
    }.get(kind, (0, 0, 0, 0))
    if lon_width and seed.random() < 0.8:  # mostly real positions, else whatever the bits say
        lon = seed.choice([seed.randint(-180 * steps, 180 * steps), 181 * steps, 180 * steps, -180 * steps])
        lat = seed.choice([seed.randint(-90 * steps, 90 * steps), 91 * steps, 90 * steps, -90 * steps])
        bits[lon_start : lon_start + lon_width] = f"{lon & ((1 << lon_width) - 1):0{lon_width}b}"
        bits[lon_start + lon_width : lon_start + lon_width + lat_width] = (
            f"{lat & ((1 << lat_width) - 1):0{lat_width}b}"
        )
    return "".join(bits)
