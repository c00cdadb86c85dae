"""Made skies as feeds really give them: cut by a box, by the horizon of each receiver, on days of ducting.

Airliners fly airways end to end and come back the other way hours later under the same address. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, distance_km, interpolate
from tests.scenarios.traffic import HOUR_US, START_US
from tracker.identity import icao24_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch

M_PER_FT = 0.3048
REACH_KM_PER_SQRT_M = 4.12
"""Radio horizon over an earth of 4/3 radius, km for square roots of metres (ITU-R P.452, ICAO Doc 9718)."""


@dataclass(frozen=True)
class Sky:
    """Airways (lat, lon, lat, lon), each flown both ways; who has flown one comes back after a while on the ground."""

    airways: tuple[tuple[float, float, float, float], ...]
    craft: int = 60
    hours: float = 12.0
    levels_ft: tuple[float, float] = (25_000.0, 41_000.0)
    interval_s: float = 8.0
    loss: float = 0.1
    away_h: tuple[float, float] = (1.0, 4.0)

    def rows(self, seed: int) -> PositionBatch:
        """All that is transmitted, in time order."""
        rng = np.random.default_rng(seed)
        return PositionBatch.concat([self._craft(i, rng) for i in range(self.craft)]).in_time_order()

    def _craft(self, number: int, rng: np.random.Generator) -> PositionBatch:
        way = self.airways[int(rng.integers(len(self.airways)))]
        if rng.random() < 0.5:
            way = (*way[2:], *way[:2])
        knots = rng.uniform(420.0, 480.0)
        span_h = float(distance_km(*way)) / 1.852 / knots
        begin_h = rng.uniform(-span_h, 0.7 * self.hours)
        parts = []
        while begin_h < self.hours:
            parts.append(self._flight(number, way, begin_h, span_h, knots, rng))
            begin_h += span_h + rng.uniform(*self.away_h)
            way = (*way[2:], *way[:2])
        return PositionBatch.concat(parts)

    def _flight(
        self, number: int, way: tuple[float, ...], begin_h: float, span_h: float, knots: float, rng: np.random.Generator
    ) -> PositionBatch:
        count = int(span_h * 3600.0 / self.interval_s)
        after_h = np.cumsum(rng.uniform(0.8, 1.2, count)) * self.interval_s / 3600.0
        share = np.minimum(after_h / span_h, 1.0)
        lat, lon = interpolate(way[0], way[1], way[2], way[3], share)
        lat = lat + rng.normal(0.0, 0.06)
        level_ft = 1000.0 * rng.integers(*(np.array(self.levels_ft) / 1000.0).astype(int))
        time_us = START_US + ((begin_h + after_h) * HOUR_US).astype(np.int64)
        keep = (time_us > START_US) & (time_us < START_US + self.hours * HOUR_US) & (rng.random(count) > self.loss)
        keep &= share < 1.0
        return PositionBatch.of(
            time_us[keep], np.full(int(keep.sum()), icao24_craft(0x440000 + number)), lat[keep], lon[keep],
            speed_kn=knots + rng.normal(0.0, 1.0, int(keep.sum())),
            course_deg=bearing_deg(lat, lon, *(np.full(count, end) for end in way[2:]))[keep],
            altitude_ft=level_ft, vertical_rate_ftmin=0.0, on_ground=0, message_type=MESSAGE_TYPE_AIRBORNE,
        )  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A receiver on a mast, which hears to the horizon of each height; farther on days of ducting; not at all during ``outages``."""

    lat_deg: float
    lon_deg: float
    mast_m: float = 20.0
    ducting: tuple[tuple[float, float], ...] = ()
    outages: tuple[tuple[float, float], ...] = ()
    fade: float = 0.02
    sectors: dict[int, float] = field(default_factory=dict)
    """Of some sectors of 30 degrees the share of the horizon that hills leave."""

    def hears(self, rows: PositionBatch, seed: int) -> NDArray[np.bool_]:
        """Which rows come through."""
        rng = np.random.default_rng(seed)
        km = distance_km(self.lat_deg, self.lon_deg, rows.lat_deg, rows.lon_deg)
        horizon_km = REACH_KM_PER_SQRT_M * (np.sqrt(self.mast_m) + np.sqrt(rows.altitude_ft * M_PER_FT))
        hours = (rows.time_us - START_US) / HOUR_US
        for start_h, end_h in self.ducting:
            horizon_km = np.where((hours >= start_h) & (hours < end_h), 1.4 * horizon_km, horizon_km)
        sector = bearing_deg(self.lat_deg, self.lon_deg, rows.lat_deg, rows.lon_deg) // 30.0
        for number, share in self.sectors.items():
            horizon_km = np.where(sector == number, share * horizon_km, horizon_km)
        heard = rng.random(len(rows)) < 1.0 / (1.0 + np.exp(np.clip((km / horizon_km - 1.0) / self.fade, -40.0, 40.0)))
        for start_h, end_h in self.outages:
            heard &= ~((hours >= start_h) & (hours < end_h))
        return heard


def boxed(rows: PositionBatch, south: float, north: float, west: float, east: float) -> PositionBatch:
    """The rows within a box, as a query of a database or a subscription gives them."""
    inside = (rows.lat_deg > south) & (rows.lat_deg < north) & (rows.lon_deg > west) & (rows.lon_deg < east)
    return rows.take(inside)


ALPS = Sky(
    airways=(
        (43.5, 3.0, 49.5, 13.5), (44.0, 12.5, 50.0, 4.0), (46.9, 1.0, 46.6, 15.5), (42.5, 8.2, 51.0, 8.6), (43.0, 5.0, 50.5, 9.5),
        (47.6, 2.0, 44.5, 14.0), (50.0, 2.5, 43.5, 10.0), (45.0, 2.5, 48.8, 14.0), (46.0, 1.0, 48.2, 15.0),
    ),
    craft=150,
)  # fmt: skip
SWISS_BOX = (45.8, 47.85, 5.9, 10.6)
DELTA = Sky(
    airways=(
        (20.0, 84.0, 28.0, 96.0), (27.5, 84.0, 18.5, 95.5), (23.5, 82.5, 23.8, 97.5), (17.0, 89.0, 29.5, 90.5), (18.5, 85.0, 29.0, 93.5),
        (25.5, 83.0, 20.5, 97.0), (21.5, 82.0, 26.0, 97.5), (30.0, 86.0, 15.0, 91.5),
    ),
    craft=70,
)  # fmt: skip
DELTA_SITES = (Site(23.78, 90.40, 30.0), Site(22.35, 91.80, 60.0), Site(22.82, 89.55, 15.0))
"""Three receivers as far apart as those of Dhaka, Chittagong and Khulna."""
