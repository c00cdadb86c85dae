"""Where a craft is at any second: pieces of movement put end to end, then read off on a grid.

A piece is sailing along a path with a speed that breathes, staying (moored, at anchor swinging with the tide, drifting, circling)
or given points. Times are seconds from the start of the scenario; a track may begin before it and end after.
Between points a craft moves straight; before the first and after the last point it lies where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import destination
from tracker.simulate.world import Line, length_km, resample
from tracker.units import KM_PER_NM

UNDER_WAY: Final = 0
AT_ANCHOR: Final = 1
MOORED: Final = 5
FISHING: Final = 7
HOUR_S: Final = 3600.0
TIDE_S: Final = 12.42 * HOUR_S


@dataclass(slots=True)
class Stay:
    """A time at one place, kept for labels: what it was, when and where."""

    what: str
    start_s: float
    end_s: float
    lat_deg: float
    lon_deg: float
    place: str = ""


@dataclass(slots=True)
class Track:
    """Points in time order with navigational status and heading (NaN: along the course)."""

    now_s: float
    times: list[NDArray[np.float64]] = field(default_factory=list)
    lats: list[NDArray[np.float64]] = field(default_factory=list)
    lons: list[NDArray[np.float64]] = field(default_factory=list)
    statuses: list[NDArray[np.uint8]] = field(default_factory=list)
    headings: list[NDArray[np.float64]] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)

    def add(
        self,
        time_s: NDArray[np.float64],
        lat: NDArray[np.float64],
        lon: NDArray[np.float64],
        status: int,
        heading: NDArray[np.float64] | float = np.nan,
    ) -> None:
        """Points as they are; the clock of the track goes on from the last."""
        self.times.append(time_s)
        self.lats.append(np.asarray(lat, dtype=np.float64))
        self.lons.append(np.asarray(lon, dtype=np.float64))
        self.statuses.append(np.full(len(time_s), status, dtype=np.uint8))
        self.headings.append(np.broadcast_to(np.asarray(heading, dtype=np.float64), time_s.shape))
        self.now_s = float(time_s[-1])

    def sail(
        self,
        line: Line,
        speed_kn: float,
        rng: np.random.Generator,
        *,
        status: int = UNDER_WAY,
        ramp_km: tuple[float, float] = (6.0, 6.0),
        slow: tuple[float, float, float] | None = None,
        breath: float = 0.03,
    ) -> None:
        """Along a path. ``slow`` is (from km, to km, speed) of a stretch sailed at another speed.

        Speed breathes by ``breath`` over tens of kilometres and falls to a quarter within ``ramp_km`` of the two ends.
        """
        line = resample(line, 0.5)
        run = length_km(line)
        waves = rng.uniform(15.0, 60.0, 3), rng.uniform(0.0, 2.0 * np.pi, 3)
        wave = sum(np.sin(2.0 * np.pi * run / period + phase) for period, phase in zip(*waves, strict=True))
        speed = speed_kn * (1.0 + breath * wave / 1.5)
        if slow is not None:
            speed = np.where((run >= slow[0]) & (run <= slow[1]), slow[2], speed)
        for distance, ramp in ((run, ramp_km[0]), (run[-1] - run, ramp_km[1])):
            if ramp > 0.0:
                speed = speed * np.clip(0.25 + 0.75 * distance / ramp, 0.25, 1.0)
        middle = (speed[:-1] + speed[1:]) / 2.0 * KM_PER_NM / HOUR_S
        time_s = self.now_s + np.concatenate([[0.0], np.cumsum(np.diff(run) / middle)])
        self.add(time_s, line[0], line[1], status)

    def lie(self, hours: float, lat: float, lon: float, heading_deg: float, place: str = "") -> None:
        """Moored at a berth."""
        time_s = np.array([self.now_s, self.now_s + hours * HOUR_S])
        self.stays.append(Stay("port_stay", time_s[0], time_s[1], lat, lon, place))
        self.add(time_s, np.full(2, lat), np.full(2, lon), MOORED, heading_deg)

    def anchor(self, hours: float, lat: float, lon: float, rng: np.random.Generator, place: str = "") -> None:
        """At anchor: swinging around the anchor with the tide on 120 to 250 m of cable."""
        time_s = self.now_s + np.arange(0.0, hours * HOUR_S + 1.0, 120.0)
        phase, radius_km = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.12, 0.25)
        swing = 200.0 * np.tanh(3.0 * np.sin(2.0 * np.pi * time_s / TIDE_S + phase)) / 2.0
        swing = swing + 12.0 * np.sin(2.0 * np.pi * time_s / rng.uniform(700.0, 1500.0)) + rng.uniform(0.0, 360.0)
        at_lat, at_lon = destination(lat, lon, swing, radius_km)
        self.stays.append(Stay("anchorage", time_s[0], time_s[-1], lat, lon, place))
        self.add(time_s, at_lat, at_lon, AT_ANCHOR, np.mod(swing + 180.0, 360.0))

    def drift(self, hours: float, speed_kn: float, course_deg: float, rng: np.random.Generator) -> None:
        """Adrift from the last point, beam to the wind."""
        time_s = self.now_s + np.arange(0.0, hours * HOUR_S + 1.0, 120.0)
        run = (time_s - time_s[0]) / HOUR_S * speed_kn * KM_PER_NM
        wander = course_deg + 20.0 * np.sin(2.0 * np.pi * (time_s - time_s[0]) / rng.uniform(2.0, 4.0) / HOUR_S)
        lat, lon = destination(self.lats[-1][-1], self.lons[-1][-1], wander, run)
        self.add(time_s, lat, lon, UNDER_WAY, np.mod(wander + 85.0, 360.0))

    def circle(self, hours: float, speed_kn: float, radius_km: float, rng: np.random.Generator) -> None:
        """Slow rounds beginning and ending at the last point."""
        time_s = self.now_s + np.arange(0.0, hours * HOUR_S + 1.0, 60.0)
        start_deg = rng.uniform(0.0, 360.0)
        turned = (time_s - time_s[0]) / HOUR_S * speed_kn * KM_PER_NM / radius_km
        turned *= np.rint(turned[-1] / (2.0 * np.pi)) * 2.0 * np.pi / turned[-1] if turned[-1] > 2.0 * np.pi else 1.0
        centre = destination(self.lats[-1][-1], self.lons[-1][-1], start_deg + 180.0, radius_km)
        lat, lon = destination(centre[0], centre[1], start_deg + np.degrees(turned), radius_km)
        self.add(time_s, lat, lon, UNDER_WAY)

    def shift(self, seconds: float) -> None:
        """Everything earlier or later."""
        self.times = [time_s + seconds for time_s in self.times]
        self.now_s += seconds
        for stay in self.stays:
            stay.start_s += seconds
            stay.end_s += seconds

    def at(self, time_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions at some instants."""
        times, lat, lon = np.concatenate(self.times), np.concatenate(self.lats), np.concatenate(self.lons)
        return np.interp(time_s, times, lat), np.interp(time_s, times, lon)

    def state_at(self, time_s: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Navigational status and heading at some instants; moored before the first and after the last point."""
        times, status = np.concatenate(self.times), np.concatenate(self.statuses)
        heading = np.concatenate(self.headings)
        where = np.searchsorted(times, time_s, side="right") - 1
        inside = np.clip(where, 0, len(times) - 1)
        outside = (where < 0) | (time_s > times[-1])
        return np.where(outside, MOORED, status[inside]).astype(np.uint8), np.where(outside, 0.0, heading[inside])
