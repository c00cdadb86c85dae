"""Mode S frames by the book: strings of bits, long division, one frame at a time. The slow twin of the kernels.

``number(bits, first, last)`` counts bits from 1 as the standards do.
"""

from __future__ import annotations

import math
from typing import Any

GENERATOR = "1111111111111010000001001"
CHARACTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"


def bits_of(frame: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in frame)


def number(bits: str, first: int, last: int) -> int:
    return int(bits[first - 1 : last], 2)


def syndrome(frame: bytes) -> int:
    """What is left of a frame after long division by the generator."""
    bits = [int(b) for b in bits_of(frame)]
    for i in range(len(bits) - 24):
        if bits[i]:
            for k, g in enumerate(GENERATOR):
                bits[i + k] ^= int(g)
    return int("".join(map(str, bits[-24:])), 2)


def zones(lat_deg: float) -> int:
    """NL by its formula."""
    if lat_deg == 0:
        return 59
    if abs(lat_deg) == 87:
        return 2
    if abs(lat_deg) > 87:
        return 1
    a = 1 - math.cos(math.pi / 30)
    return math.floor(2 * math.pi / math.acos(1 - a / math.cos(math.radians(abs(lat_deg))) ** 2))


def altitude_ft(code13: int) -> float | None:
    """Altitude of the bits C1 A1 C2 A2 C4 A4 M B1 Q B2 D2 B4 D4."""
    if code13 == 0:
        return None
    c1, a1, c2, a2, c4, a4, m, b1, q, b2, d2, b4, d4 = (int(b) for b in f"{code13:013b}")
    if m:
        return None
    if q:
        digits = (c1, a1, c2, a2, c4, a4, b1, b2, d2, b4, d4)
        return int("".join(map(str, digits)), 2) * 25 - 1000
    five_hundreds = _from_gray((d2, d4, a1, a2, a4, b1, b2, b4))
    hundreds = _from_gray((c1, c2, c4))
    if hundreds in (0, 5, 6):
        return None
    hundreds = 5 if hundreds == 7 else hundreds
    if five_hundreds % 2:
        hundreds = 6 - hundreds
    return five_hundreds * 500 + hundreds * 100 - 1300


def _from_gray(digits: tuple[int, ...]) -> int:
    value, last = 0, 0
    for digit in digits:
        last ^= digit
        value = value * 2 + last
    return value


def squawk(code13: int) -> str:
    c1, a1, c2, a2, c4, a4, _, b1, d1, b2, d2, b4, d4 = (int(b) for b in f"{code13:013b}")
    return f"{a4 * 4 + a2 * 2 + a1}{b4 * 4 + b2 * 2 + b1}{c4 * 4 + c2 * 2 + c1}{d4 * 4 + d2 * 2 + d1}"


def fields(frame: bytes) -> dict[str, Any]:
    """What one frame says by itself; no address check, no position."""
    bits = bits_of(frame)
    df = number(bits, 1, 5)
    said: dict[str, Any] = {"df": df}
    if df in (0, 4, 16, 20):
        said["altitude"] = altitude_ft(number(bits, 20, 32))
    if df in (5, 21):
        said["squawk"] = squawk(number(bits, 20, 32))
    if df not in (17, 18):
        return said
    me = bits[32:88]
    said["tc"] = tc = number(me, 1, 5)
    if 1 <= tc <= 4:
        said["name"] = "".join(CHARACTERS[number(me, 9 + 6 * i, 14 + 6 * i)] for i in range(8))
        said["category"] = f"{'DCBA'[tc - 1]}{number(me, 6, 8)}"
    elif 5 <= tc <= 8:
        said["speed"] = _movement_kn(number(me, 6, 12))
        said["course"] = number(me, 14, 20) * 360 / 128 if me[12] == "1" else None
    elif tc == 19:
        said.update(_velocity(me))
    elif 9 <= tc <= 18:
        code = me[8:14] + "0" + me[14:20]
        said["altitude"] = altitude_ft(int(code, 2))
    return said


def _movement_kn(code: int) -> float | None:
    steps = [(1, 2, 0.0, 0.0), (2, 9, 0.125, 0.125), (9, 13, 1.0, 0.25), (13, 39, 2.0, 0.5)]
    steps += [(39, 94, 15.0, 1.0), (94, 109, 70.0, 2.0), (109, 124, 100.0, 5.0), (124, 125, 175.0, 0.0)]
    for first, stop, base, step in steps:
        if first <= code < stop:
            return base + (code - first) * step
    return None


def _velocity(me: str) -> dict[str, Any]:
    said: dict[str, Any] = {"speed": None, "course": None, "heading": None, "rate": None}
    subtype = number(me, 6, 8)
    if number(me, 38, 46):
        said["rate"] = (number(me, 38, 46) - 1) * 64 * (-1 if me[36] == "1" else 1)
    if subtype in (1, 2) and number(me, 15, 24) and number(me, 26, 35):
        factor = 4 if subtype == 2 else 1
        east = (number(me, 15, 24) - 1) * factor * (-1 if me[13] == "1" else 1)
        north = (number(me, 26, 35) - 1) * factor * (-1 if me[24] == "1" else 1)
        said["speed"] = math.hypot(east, north)
        if said["speed"]:
            said["course"] = math.degrees(math.atan2(east, north)) % 360
    if subtype in (3, 4) and me[13] == "1":
        said["heading"] = number(me, 15, 24) * 360 / 1024
    return said
