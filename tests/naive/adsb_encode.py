"""Writes Mode S frames and the containers they come in, for tests: the encoder's side of the standards."""

from __future__ import annotations

import math

from tests.naive.adsb_bits import CHARACTERS, syndrome, zones

ESC = 0x1A


def _sealed(body: int, width: int, overlay: int = 0) -> bytes:
    frame = (body << 24).to_bytes((width + 24) // 8, "big")
    return ((body << 24) | (syndrome(frame) ^ overlay)).to_bytes((width + 24) // 8, "big")


def squitter(address: int, me: int, *, df: int = 17, capability: int = 5) -> bytes:
    """DF 17 or 18."""
    return _sealed((df << 83) | (capability << 80) | (address << 56) | me, 88)


def all_call(address: int, *, capability: int = 5, interrogator: int = 0) -> bytes:
    """DF 11."""
    return _sealed((11 << 27) | (capability << 24) | address, 32, interrogator)


def reply(df: int, address: int, code13: int, *, status: int = 0, mb: int = 0) -> bytes:
    """DF 0, 4, 5, 16, 20, 21: the address overlays the parity."""
    head = (df << 27) | (status << 24) | code13
    return _sealed(head, 32, address) if df < 16 else _sealed((head << 56) | mb, 88, address)


def altitude_code(altitude_ft: float) -> int:
    """13-bit code in 25-ft steps."""
    n = round((altitude_ft + 1000) / 25)
    return (n & 0x7E0) << 2 | (n & 0x10) << 1 | 0x10 | (n & 0x0F)


def name_bits(name: str) -> int:
    value = 0
    for letter in f"{name:8}":
        value = value << 6 | CHARACTERS.index(letter)
    return value


def identification(name: str, *, type_code: int = 4, category: int = 3) -> int:
    return (type_code << 51) | (category << 48) | name_bits(name)


def cpr(lat_deg: float, lon_deg: float, odd: bool, *, surface: bool = False) -> tuple[int, int]:
    """DO-260B A.1.7.3: 17-bit latitude and longitude."""
    span = 90.0 if surface else 360.0
    d_lat = span / (59 if odd else 60)
    yz = math.floor(131072 * ((lat_deg % d_lat) / d_lat) + 0.5)
    r_lat = d_lat * (yz / 131072 + math.floor(lat_deg / d_lat))
    d_lon = span / max(zones(r_lat) - (1 if odd else 0), 1)
    xz = math.floor(131072 * ((lon_deg % d_lon) / d_lon) + 0.5)
    return yz % 131072, xz % 131072


def airborne(
    lat_deg: float, lon_deg: float, odd: bool, altitude_ft: float = 35_000.0, *, type_code: int = 11, bit_8: int = 0
) -> int:
    code = altitude_code(altitude_ft)
    yz, xz = cpr(lat_deg, lon_deg, odd)
    code12 = (code & 0x1F80) >> 1 | code & 0x3F
    return (type_code << 51) | (bit_8 << 48) | (code12 << 36) | (odd << 34) | (yz << 17) | xz


def surface(lat_deg: float, lon_deg: float, odd: bool, *, movement: int = 30, track: int | None = 64) -> int:
    yz, xz = cpr(lat_deg, lon_deg, odd, surface=True)
    heading = 0 if track is None else 0x80 | track
    return (7 << 51) | (movement << 44) | (heading << 36) | (odd << 34) | (yz << 17) | xz


def velocity(east_kn: int, north_kn: int, rate_ftmin: int = 0) -> int:
    """Type code 19, subtype 1."""
    east = (east_kn < 0) << 10 | (abs(east_kn) + 1)
    north = (north_kn < 0) << 10 | (abs(north_kn) + 1)
    rate = (rate_ftmin < 0) << 9 | (abs(rate_ftmin) // 64 + 1)
    return (19 << 51) | (1 << 48) | (east << 32) | (north << 21) | (rate << 10)


def beast(frame: bytes, ticks: int = 0, *, signal: int = 0x80) -> bytes:
    """One Beast message."""
    kind = {2: b"1", 7: b"2", 14: b"3"}[len(frame)]
    body = ticks.to_bytes(6, "big") + bytes([signal]) + frame
    return bytes([ESC]) + kind + body.replace(b"\x1a", b"\x1a\x1a")


def receiver_id(number: int) -> bytes:
    return b"\x1a\xe3" + number.to_bytes(8, "big").replace(b"\x1a", b"\x1a\x1a")


def flight(
    address: int, lat_deg: float, lon_deg: float, seconds: int, *, east_kn: int = 300, north_kn: int = 200
) -> list[tuple[int, bytes, tuple[float, float] | None]]:
    """Two positions and a velocity a second: time in µs, frame, true place of a position frame."""
    out: list[tuple[int, bytes, tuple[float, float] | None]] = []
    for half in range(2 * seconds):
        hours = half / 7200
        lat = lat_deg + north_kn * hours / 60
        lon = lon_deg + east_kn * hours / 60 / max(math.cos(math.radians(lat)), 0.01)
        lon = (lon + 180) % 360 - 180
        time_us = half * 500_000
        out.append((time_us, squitter(address, airborne(lat, lon, half % 2 == 1)), (lat, lon)))
        if half % 2:
            out.append((time_us + 100_000, squitter(address, velocity(east_kn, north_kn)), None))
    return out
