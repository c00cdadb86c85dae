"""A made-up half day in mid-ocean in which every detector finds something: what kernels are made ready with before anything real comes in.

Six ships pass to and fro, one of them dark for five hours, one heard by two stations; one drifts; two lie together, two run side by side; one gives
the same position again and again, one goes round a ring, two share an MMSI. An airliner in distress crosses with another beside it, one circles, one
comes down where no aerodrome is. All without chance: the same rows every time.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_MIN, US_PER_S

START_US: Final = 1_700_000_000_000_000
HOURS: Final = 14
LAT_DEG, LON_DEG = 10.0, -30.0
_KM: Final = 111.2
"""In a degree of latitude; so near the equator of longitude too, to two parts in a hundred."""

Numbers = NDArray[np.float64]


def rows() -> PositionBatch:
    """All reports in event-time order."""
    ships = [*_passing(), _drifting(), *_together(), *_abreast(), *_liars()]
    every = PositionBatch.concat([*ships, *_aircraft()])
    return every.with_columns(fingerprint=np.arange(1, len(every) + 1)).in_time_order()


def statics() -> StaticBatch:
    """A ship that goes by another name after some hours, and its type; every second report is of a table."""
    minutes = np.arange(1, HOURS * 60, 30)
    return StaticBatch.from_columns(
        len(minutes), time_us=START_US + minutes * US_PER_MIN, received_us=START_US + minutes * US_PER_MIN,
        craft=mmsi_craft(219000100), source=0, message_type=np.where(minutes % 60 < 30, 5, 120), ship_type=70,
        name=np.where(minutes < 300, b"ONE NAME", b"ANOTHER ALTOGETHER"),
    )  # fmt: skip


def in_port(lat_deg: float, lon_deg: float) -> PositionBatch:
    """A ship that lies in a port and is heard no more."""
    time_us = START_US + np.arange(0, 4 * 60, 3) * US_PER_MIN
    n = len(time_us)
    return PositionBatch.of(
        time_us, np.full(n, mmsi_craft(219000600)), np.full(n, lat_deg), np.full(n, lon_deg), message_type=1, speed_kn=0.0,
        nav_status=5, station=b"s1",
    )  # fmt: skip


def _ship(
    mmsi: int, minutes: Numbers, north_km: Numbers, east_km: Numbers, speed_kn: Numbers, course: Numbers
) -> PositionBatch:
    wobble = 1e-6 * np.sin(minutes * 7.0 + mmsi)
    return PositionBatch.of(
        START_US + (minutes * US_PER_MIN).astype(np.int64), np.full(len(minutes), mmsi_craft(mmsi)),
        LAT_DEG + north_km / _KM + wobble, LON_DEG + east_km / _KM / np.cos(np.radians(LAT_DEG)) + wobble,
        message_type=1, speed_kn=speed_kn, course_deg=course, nav_status=0, station=b"s1",
    )  # fmt: skip


def _passing() -> list[PositionBatch]:
    tracks = []
    for number in range(6):
        minutes = np.arange(0.0, HOURS * 60, 2.0) + 0.1 * number
        if number == 3:
            minutes = minutes[(minutes < 400) | (minutes > 700)]
        way = (minutes / 60 * 10 * 1.852 + 40 * number) % 400.0
        east, course = np.where(way > 200, 400 - way, way), np.where(way > 200, 270.0, 90.0)
        ship = _ship(219000100 + number, minutes, 6.0 * number + 0 * way, east, np.full(len(way), 10.0), course)
        if number == 0:
            ship = ship.with_columns(station=np.where(np.arange(len(ship)) % 3 == 0, b"s2", b"s1"))
        tracks.append(ship)
    return tracks


def _drifting() -> PositionBatch:
    minutes = np.arange(0.0, HOURS * 60, 3.0)
    drifts = (minutes >= 120) & (minutes < 600)
    east = np.where(
        minutes < 120, minutes * 0.28, np.where(drifts, 33.6 + (minutes - 120) * 0.01, 38.4 + (minutes - 600) * 0.28)
    )
    return _ship(
        219000200,
        minutes,
        np.full(len(minutes), 60.0),
        east,
        np.where(drifts, 0.4, 9.0),
        np.where(drifts, minutes * 7 % 360, 90.0),
    )


def _together() -> list[PositionBatch]:
    tracks = []
    for mmsi, side in ((219000301, -1.0), (219000302, 1.0)):
        minutes = np.arange(0.0, HOURS * 60, 2.0)
        off_h = np.where(minutes < 300, (300 - minutes) / 60, np.where(minutes > 500, (minutes - 500) / 60, 0.0))
        speed, course = np.where(off_h > 0, 8.0, 0.3), np.where((minutes < 300) == (side < 0), 90.0, 270.0)
        tracks.append(
            _ship(mmsi, minutes, np.full(len(minutes), 90.0), 120 + side * (0.05 + off_h * 14.8), speed, course)
        )
    return tracks


def _abreast() -> list[PositionBatch]:
    tracks = []
    for mmsi, side in ((219000401, -1.0), (219000402, 1.0)):
        minutes = np.arange(0.0, 600.0, 1.0)
        off_km = 0.045 + np.where(
            minutes < 200, (200 - minutes) * 0.06, np.where(minutes > 340, (minutes - 340) * 0.06, 0.0)
        )
        east = minutes / 60 * 6 * 1.852
        tracks.append(
            _ship(mmsi, minutes, 120 + side * off_km, east, np.full(len(minutes), 6.0), np.full(len(minutes), 90.0))
        )
    return tracks


def _liars() -> list[PositionBatch]:
    minutes = np.arange(0.0, 600.0, 1.0)
    n = len(minutes)
    sailed = np.where(minutes < 150, minutes, np.where(minutes < 450, 150.0, minutes - 300)) * 0.21
    frozen = _ship(219000500, minutes, np.full(n, 150.0), sailed, np.full(n, 7.0), np.full(n, 90.0))
    turn = np.radians(minutes * 14.0)
    ring = _ship(219000510, minutes, 170 + 2 * np.cos(turn), 100 + 2 * np.sin(turn), np.full(n, 5.0), np.full(n, 45.0))
    first = _ship(219000520, minutes, np.full(n, 190.0), minutes * 0.13, np.full(n, 4.2), np.full(n, 90.0))
    some = minutes[60:300] + 0.4
    second = _ship(
        219000520,
        some,
        np.full(len(some), 230.0),
        150 - some * 0.13,
        np.full(len(some), 4.1),
        np.full(len(some), 270.0),
    )
    return [frozen, ring, first, second]


def _aircraft() -> list[PositionBatch]:
    seconds = np.arange(0.0, 3600.0, 10.0)
    n = len(seconds)
    level, east = np.full(n, 36_000.0), seconds * 0.23
    crosses = _plane(0x4B1812, seconds, np.full(n, 200.0), east, np.full(n, 450.0), np.full(n, 90.0), level)
    distress = crosses.with_columns(emergency=np.where((seconds > 1000) & (seconds < 2000), 1, 0).astype(np.uint8))
    beside = _plane(0x4B1813, seconds + 3, np.full(n, 200.6), east + 0.7, np.full(n, 450.0), np.full(n, 90.0), level)
    angle = np.radians(seconds * 1.5)
    heading = (90.0 + seconds * 1.5) % 360.0
    circles = _plane(
        0x4B1814, seconds, 300 - 8 * np.cos(angle), 8 * np.sin(angle), np.full(n, 220.0), heading, np.full(n, 9_000.0)
    )
    down = np.maximum(6_000.0 - seconds * 5.0, 0.0)
    slow = np.where(down > 0, 120.0, 0.0)
    along = np.cumsum(slow) * 10 / 3600 * 1.852
    lands = _plane(0x4B1815, seconds, np.full(n, 350.0), along, slow, np.full(n, 90.0), down)
    return [distress, beside, circles, lands.with_columns(on_ground=(down <= 0).astype(np.int8))]


def _plane(
    icao24: int,
    seconds: Numbers,
    north_km: Numbers,
    east_km: Numbers,
    speed_kn: Numbers,
    course: Numbers,
    altitude_ft: Numbers,
) -> PositionBatch:
    return PositionBatch.of(
        START_US + 2 * 60 * US_PER_MIN + (seconds * US_PER_S).astype(np.int64), np.full(len(seconds), icao24_craft(icao24)),
        LAT_DEG + north_km / _KM, LON_DEG + east_km / _KM / np.cos(np.radians(LAT_DEG)), message_type=MESSAGE_TYPE_AIRBORNE,
        speed_kn=speed_kn, course_deg=course, altitude_ft=altitude_ft, on_ground=0, nic=8, nac_p=9, sil=3,
    )  # fmt: skip
