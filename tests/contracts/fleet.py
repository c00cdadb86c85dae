"""A small made-up sea for the contract suite: every detector finds something in it, and every truth is known.

Two days, one region, two receivers. Twelve ships pass to and fro; one of them falls silent for five hours; one drifts
for eight; two meet for three hours; two run side by side for two; one gives the same position under way, one goes round a ring, two share an
MMSI, one changes her name; a base station beats every ten seconds... thinned to a
minute; an airliner crosses. Longitudes can be turned by any angle: nothing else may change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import geodesy
from models.angles import wrap_longitude
from tests.contracts import flights
from tracker.detectors.base import GRID_ORIGIN_DEG, Context
from tracker.geography.zones import ZoneSet, zones_from
from tracker.identity import icao24_craft, mmsi_craft, with_segment
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch

START_US = 1_772_323_200_000_000
MIN_US = 60_000_000
HOURS = 30


@dataclass(frozen=True)
class OpenSea:
    """Places with one port far away, turned with the rest of the world."""

    turn_deg: float = 0.0

    def port_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(geodesy.distance_km(lat_deg, lon_deg, 48.0, wrap_longitude(-5.0 + self.turn_deg)))

    def airport_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(geodesy.distance_km(lat_deg, lon_deg, 47.0, wrap_longitude(-6.0 + self.turn_deg)))

    def is_land(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        """A continent of 300 km around 50 N 20 E, far from every ship but one that jumps there."""
        inland_km = geodesy.distance_km(lat_deg, lon_deg, 50.0, wrap_longitude(20.0 + self.turn_deg))
        return np.asarray(inland_km < 300.0)


def context(turn_deg: float = 0.0) -> Context:
    """The context that belongs to a fleet turned by the same angle."""
    origin_deg = float(wrap_longitude(GRID_ORIGIN_DEG + turn_deg))
    return Context(
        places=OpenSea(turn_deg),
        zones=zones(turn_deg),
        ground=lambda: flights.ground(turn_deg),
        grid_origin_deg=origin_deg,
    )


def zones(turn_deg: float = 0.0) -> ZoneSet:
    """Two areas across the lanes, one to come into and one to leave, with no report on an edge."""
    return zones_from({"type": "FeatureCollection", "features": [
        _area("bank", "inside", 2.713, 3.307, turn_deg), _area("roads", "outside", 2.009, 3.611, turn_deg),
    ]}, "fleet")  # fmt: skip


def _area(name: str, sense: str, west: float, east: float, turn_deg: float) -> dict[str, Any]:
    corners = [(west, 54.02), (east, 54.02), (east, 55.7), (west, 55.7), (west, 54.02)]
    ring = [[float(wrap_longitude(lon + turn_deg)), lat] for lon, lat in corners]
    return {
        "type": "Feature",
        "properties": {"name": name, "sense": sense},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def fleet(turn_deg: float = 0.0) -> tuple[PositionBatch, StaticBatch]:
    """All rows in event-time order."""
    rng = np.random.default_rng(20260301)
    parts = [_passing(rng, 219000100 + k, lat=54.0 + 0.05 * k, dark=(k == 5)) for k in range(12)]
    parts.append(_drifting(rng, 219000200))
    parts.extend(_meeting(rng, 219000301, 219000302))
    parts.extend(_side_by_side(rng, 219000401, 219000402))
    parts.extend(_liars(rng))
    parts.append(_base_station())
    parts.append(_airliner())
    parts.extend(flights.tracks(START_US + 124 * 60 * 1_000_000))
    parts.append(_wingman())
    rows = PositionBatch.concat(parts)
    rows = rows.with_columns(
        lon_deg=np.asarray(wrap_longitude(rows.lon_deg + turn_deg)),
        fingerprint=np.arange(1, len(rows) + 1, dtype=np.int64),
    )
    minutes = np.array([1, 2, 3, *range(4, HOURS * 60, 30)])
    renamed = np.where(minutes[3:] < 700, b"RENAMED", b"SOMEBODY ELSE")
    statics = StaticBatch.from_columns(
        len(minutes),
        time_us=START_US + minutes * MIN_US,
        received_us=START_US + minutes * MIN_US,
        craft=mmsi_craft(np.array([219000100, 219000200, 219000301, *[219000103] * len(renamed)])),
        source=0,
        message_type=5,
        name=np.array([b"PASSING", b"DRIFTING", b"MEETING", *renamed]),
        ship_type=np.array([70, 80, 80, *[70] * len(renamed)]),
    )
    return rows.in_time_order(), statics.in_time_order()


def _track(
    rng: np.random.Generator,
    mmsi: int,
    minutes: NDArray[np.float64],
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    speed_kn: NDArray[np.float64],
    course_deg: NDArray[np.float64],
) -> PositionBatch:
    time_us = START_US + (minutes * MIN_US).astype(np.int64) + rng.integers(0, 5_000_000, len(minutes))
    return PositionBatch.of(
        time_us, np.full(len(minutes), mmsi_craft(mmsi)), lat + rng.normal(0, 3e-6, len(minutes)),
        lon + rng.normal(0, 3e-6, len(minutes)), speed_kn=speed_kn, course_deg=course_deg, message_type=1,
        source=(rng.random(len(minutes)) < 0.5).astype(np.int32), station=b"s1",
    )  # fmt: skip


def _passing(rng: np.random.Generator, mmsi: int, lat: float, *, dark: bool) -> PositionBatch:
    """To and fro along a parallel, 2 to 4 degrees east, at 10 kn; one report every two minutes."""
    minutes = np.arange(0.0, HOURS * 60, 2.0) + rng.uniform(0, 1)
    phase = rng.uniform(0, 2)
    degrees = minutes / 60 * 10 * 1.852 / (111.2 * np.cos(np.radians(lat))) + phase * 2
    to_and_fro = np.abs((degrees % 4.0) - 2.0)
    course = np.where((degrees % 4.0) > 2.0, 90.0, 270.0)
    if dark:
        keep = (minutes < 600) | (minutes > 900)
        minutes, to_and_fro, course = minutes[keep], to_and_fro[keep], course[keep]
    n = len(minutes)
    return _track(rng, mmsi, minutes, np.full(n, lat), 2.0 + to_and_fro, np.full(n, 10.0), course)


def _drifting(rng: np.random.Generator, mmsi: int) -> PositionBatch:
    """Arrives, drifts about for eight hours, leaves."""
    minutes = np.arange(0.0, HOURS * 60, 3.0)
    drifting = (minutes >= 480) & (minutes < 960)
    run_nm = np.where(
        minutes < 480,
        minutes / 60 * 9,
        np.where(drifting, 72 + (minutes - 480) / 60 * 0.4, 75.2 + (minutes - 960) / 60 * 9),
    )
    lat = 54.8 + 0 * minutes
    lon = 2.0 + run_nm * 1.852 / (111.2 * np.cos(np.radians(54.8)))
    return _track(
        rng,
        mmsi,
        minutes,
        lat,
        lon,
        np.where(drifting, 0.5, 9.0),
        np.where(drifting, rng.uniform(0, 360, len(minutes)), 90.0),
    )


def _meeting(rng: np.random.Generator, one: int, two: int) -> list[PositionBatch]:
    """Two ships come from east and west, lie 100 m apart for three hours around midnight, and part."""
    parts = []
    for mmsi, side in ((one, -1.0), (two, 1.0)):
        minutes = np.arange(0.0, HOURS * 60, 2.0)
        hours_off = np.where(
            minutes < 1350, (1350 - minutes) / 60, np.where(minutes > 1530, (minutes - 1530) / 60, 0.0)
        )
        km = side * (0.05 + hours_off * 8 * 1.852)
        lon = 3.0 + km / (111.2 * np.cos(np.radians(55.2)))
        speed = np.where(hours_off > 0, 8.0, 0.3)
        course = np.where((minutes < 1350) == (side < 0), 90.0, 270.0)
        parts.append(_track(rng, mmsi, minutes, np.full(len(minutes), 55.2), lon, speed, course))
    return parts


def _side_by_side(rng: np.random.Generator, one: int, two: int) -> list[PositionBatch]:
    """Two ships on converging courses run 90 m abeam at 6 kn for two hours, then diverge."""
    parts = []
    for mmsi, side in ((one, -1.0), (two, 1.0)):
        minutes = np.arange(0.0, 16 * 60, 1.0)
        off_km = 0.045 + np.where(
            minutes < 400, (400 - minutes) * 0.06, np.where(minutes > 520, (minutes - 520) * 0.06, 0.0)
        )
        lat = 55.6 + side * off_km / 111.2
        lon = 2.0 + minutes / 60 * 6 * 1.852 / (111.2 * np.cos(np.radians(55.6)))
        n = len(minutes)
        parts.append(_track(rng, mmsi, minutes, lat, lon, np.full(n, 6.0), np.full(n, 90.0)))
    return parts


def _liars(rng: np.random.Generator) -> list[PositionBatch]:
    """One frozen for five hours, one on a ring of two kilometres at three times her speed, two under one MMSI for four hours."""
    minutes = np.arange(0.0, 10 * 60, 1.0)
    n = len(minutes)
    sailed = 2.2 + np.where(minutes < 200, minutes, np.where(minutes < 500, 200, minutes - 300)) * 0.003
    frozen = _track(rng, 219000500, minutes, np.full(n, 55.3), sailed, np.full(n, 7.0), np.full(n, 90.0))
    around = np.radians(minutes * 14.0)
    ring_lat = 55.4 + 2.0 / 111.2 * np.cos(around)
    ring_lon = 3.4 + 2.0 / (111.2 * np.cos(np.radians(55.4))) * np.sin(around)
    ring = _track(rng, 219000510, minutes, ring_lat, ring_lon, np.full(n, 5.0), np.full(n, 45.0))
    first = _track(rng, 219000520, minutes, np.full(n, 54.05), 2.3 + minutes * 0.002, np.full(n, 4.2), np.full(n, 90.0))
    some = minutes[60:300] + 0.4
    second = _track(rng, 219000520, some, np.full(len(some), 55.65), 3.5 - some * 0.002, np.full(len(some), 4.1), np.full(len(some), 270.0))  # fmt: skip
    return [frozen, ring, first, second.with_columns(segment=with_segment(second.craft, 1))]


def _base_station() -> PositionBatch:
    time_us = START_US + np.arange(0, HOURS * 60) * MIN_US
    n = len(time_us)
    return PositionBatch.of(
        time_us, np.full(n, mmsi_craft(2191000)), np.full(n, 54.5), np.full(n, 2.5), message_type=4, station=b"s1"
    )


def _airliner() -> PositionBatch:
    time_us = START_US + (120 * 60 + np.arange(0, 3600, 10)) * 1_000_000
    n = len(time_us)
    lon = 0.0 + np.arange(n) * 0.02
    return PositionBatch.of(
        time_us, np.full(n, icao24_craft(0x4B1812)), np.full(n, 54.4), lon, message_type=MESSAGE_TYPE_AIRBORNE,
        speed_kn=450.0, course_deg=90.0, altitude_ft=36000.0, on_ground=0, source=1,
        emergency=np.where((np.arange(n) > 100) & (np.arange(n) < 200), 1, 0),
    )  # fmt: skip


def _wingman() -> PositionBatch:
    """Keeps 600 m beside the airliner for a quarter of an hour, then turns away."""
    leader = _airliner()
    n, stays = len(leader), 90
    away = np.maximum(np.arange(n) - stays, 0) * 0.01
    return leader.with_columns(
        craft=np.full(n, icao24_craft(0x4B1813)),
        segment=np.full(n, icao24_craft(0x4B1813)),
        time_us=leader.time_us + 3_000_000,
        received_us=leader.received_us + 3_000_000,
        lat_deg=leader.lat_deg + 0.0055 + away,
        lon_deg=leader.lon_deg + 0.006,
        course_deg=np.where(np.arange(n) < stays, 90.0, 60.0).astype(np.float32),
    )
