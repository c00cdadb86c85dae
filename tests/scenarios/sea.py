"""Small made stories of single ships for the loitering and encounter tests: tracks by hand, places by hand, a driver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from models.angles import wrap_longitude
from models.geodesy import bearing_deg, destination, distance_km
from tracker.detectors.base import Context, Detector
from tracker.events import Event, event_order
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

START_US = 1_700_000_100_000_000
MIN_US = 60_000_000
HOUR_US = 60 * MIN_US
ONE = mmsi_craft(219_000_001)
TWO = mmsi_craft(219_000_002)


class Sea:
    """Ports and land as discs; everything else is deep water."""

    def __init__(
        self, ports: Sequence[tuple[float, float]] = (), land: Sequence[tuple[float, float, float]] = ()
    ) -> None:
        self.ports, self.land = ports, land

    def port_distance_km(self, lat_deg: Any, lon_deg: Any) -> Any:
        out = np.full(np.shape(lat_deg), 1000.0)
        for lat, lon in self.ports:
            out = np.minimum(out, distance_km(lat, lon, lat_deg, lon_deg))
        return out

    def airport_distance_km(self, lat_deg: Any, lon_deg: Any) -> Any:
        return np.full(np.shape(lat_deg), 1000.0)

    def is_land(self, lat_deg: Any, lon_deg: Any) -> Any:
        out = np.zeros(np.shape(lat_deg), dtype=np.bool_)
        for lat, lon, radius_km in self.land:
            out |= distance_km(lat, lon, lat_deg, lon_deg) <= radius_km
        return out


def context(**places: Any) -> Context:
    return Context(Sea(**places))


def legs(
    craft: int,
    start: tuple[float, float],
    parts: Iterable[tuple[float, float, float]],
    every_min: float = 2.0,
    **more: Any,
) -> PositionBatch:
    """A track of (minutes, knots, course) legs from a place, reported every so many minutes with her true speed."""
    times, lats, lons, speeds, courses = [], [], [], [], []
    (lat, lon), now = start, 0.0
    phase = 0.0
    for minutes, knots, course in parts:
        marks = np.arange(phase, minutes, every_min)
        at_lat, at_lon = destination(lat, lon, course, knots * 1.852 * marks / 60.0)
        times.append(now + marks)
        lats.append(np.atleast_1d(at_lat))
        lons.append(np.atleast_1d(at_lon))
        speeds.append(np.full(len(marks), knots))
        courses.append(np.full(len(marks), course))
        phase = (marks[-1] + every_min - minutes) if len(marks) else phase - minutes
        lat, lon = (float(v) for v in destination(lat, lon, course, knots * 1.852 * minutes / 60.0))
        now += minutes
    time_us = START_US + (np.concatenate(times) * MIN_US).astype(np.int64)
    more.setdefault("speed_kn", np.concatenate(speeds))
    more.setdefault("course_deg", np.concatenate(courses))
    return PositionBatch.of(time_us, craft, np.concatenate(lats), np.concatenate(lons), **more)


def beside(
    track: PositionBatch, craft: int, away_m: float, off_course_deg: float = 90.0, later_s: float = 0.0
) -> PositionBatch:
    """A second craft keeping station on another one."""
    course = np.append(bearing_deg(track.lat_deg[:-1], track.lon_deg[:-1], track.lat_deg[1:], track.lon_deg[1:]), 0.0)
    course[-1] = course[-2]
    lat, lon = destination(track.lat_deg, track.lon_deg, course + off_course_deg, away_m / 1000.0)
    time_us = track.time_us + int(later_s * 1e6)
    return PositionBatch.of(time_us, craft, lat, lon, speed_kn=track.speed_kn, course_deg=track.course_deg)


def said(*ships: tuple[int, int, bytes]) -> StaticBatch:
    """Static reports (craft, type, name) at the start."""
    craft, ship_type, name = (np.array(column) for column in zip(*ships, strict=True))
    return StaticBatch.from_columns(
        len(craft),
        time_us=START_US,
        received_us=START_US,
        craft=craft,
        source=0,
        message_type=5,
        ship_type=ship_type,
        name=name,
    )


def turned(rows: PositionBatch, turn_deg: float) -> PositionBatch:
    return rows.with_columns(lon_deg=np.asarray(wrap_longitude(rows.lon_deg + turn_deg)))


def told(
    detector: Detector,
    *tracks: PositionBatch,
    statics: StaticBatch | None = None,
    every_min: float = 7.0,
    after_h: float = 6.0,
) -> list[Event]:
    """Everything published when the tracks are replayed with a watermark every few minutes."""
    rows = PositionBatch.concat(tracks).in_time_order()
    statics = statics if statics is not None else StaticBatch.empty()
    events: list[Event] = []
    end_us = int(rows.time_us[-1]) + int(after_h * HOUR_US)
    first, mark = 0, int(rows.time_us[0])
    while mark <= end_us:
        stop = int(np.searchsorted(rows.time_us, mark, side="right"))
        found = detector.process_batch(rows.take(slice(first, stop)), statics if first == 0 else StaticBatch.empty())
        found += detector.advance_watermark(mark)
        events += sorted(found, key=event_order)
        first, mark = stop, mark + int(every_min * MIN_US)
    return events
