"""Small made traffic for the silence tests: lanes, receivers with a soft edge, thinned reports, losses.

Ships run along lanes between two far ends, at their own speed and their own interval. A report is heard with a probability that
falls from one to nothing around the range of the nearest working receiver. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, distance_km, interpolate
from tracker.detectors.base import Context, Detector
from tracker.events import Event
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch

START_US = 1_700_000_000_000_000
HOUR_US = 3_600_000_000


class OpenSea:
    """No port, no airport and no land anywhere near, unless given."""

    def __init__(self, ports: Sequence[tuple[float, float]] = (), airports: Sequence[tuple[float, float]] = ()) -> None:
        self._ports, self._airports = tuple(ports), tuple(airports)

    def port_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        return _nearest(self._ports, lat_deg, lon_deg)

    def airport_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        return _nearest(self._airports, lat_deg, lon_deg)

    def is_land(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.zeros(np.shape(lat_deg), dtype=np.bool_)


def _nearest(points: tuple[tuple[float, float], ...], lat: Any, lon: Any) -> NDArray[np.float64]:
    out = np.full(np.shape(lat), 5000.0)
    for point in points:
        out = np.minimum(out, distance_km(point[0], point[1], lat, lon))
    return out


@dataclass(frozen=True)
class Receiver:
    """A station: heard for sure inside ``range_km``, hardly beyond a quarter more; off during ``outages``."""

    name: bytes
    lat_deg: float
    lon_deg: float
    range_km: float
    outages: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Traffic:
    """Lanes are (lat, lon, lat, lon); each craft runs one of them, there or back."""

    lanes: tuple[tuple[float, float, float, float], ...]
    receivers: tuple[Receiver, ...]
    craft: int = 200
    hours: float = 24.0
    speed_kn: tuple[float, float] = (9.0, 18.0)
    interval_s: tuple[float, float] = (20.0, 180.0)
    loss: float = 0.15
    altitude_ft: float = np.nan
    key: Callable[[Any], Any] = field(default=lambda i: mmsi_craft(219_000_000 + i))
    spread_km: float = 3.0
    message_type: int = 1

    def rows(self, seed: int) -> PositionBatch:
        """All reports heard, in time order."""
        rng = np.random.default_rng(seed)
        parts = [part for i in range(self.craft) if (part := self._craft(i, rng)) is not None]
        return PositionBatch.concat(parts).in_time_order()

    def _craft(self, number: int, rng: np.random.Generator) -> PositionBatch | None:
        lat1, lon1, lat2, lon2 = self.lanes[int(rng.integers(len(self.lanes)))]
        if rng.random() < 0.5:
            lat1, lon1, lat2, lon2 = lat2, lon2, lat1, lon1
        knots = rng.uniform(*self.speed_kn)
        pace_s = np.exp(rng.uniform(*np.log(self.interval_s)))
        aside = rng.normal(0.0, self.spread_km / 111.0)
        way_km = float(distance_km(lat1, lon1, lat2, lon2))
        span_h = way_km / 1.852 / knots
        begin_h = rng.uniform(-span_h, self.hours)
        count = int(span_h * 3600.0 / pace_s)
        after_h = np.cumsum(rng.uniform(0.8, 1.2, count)) * pace_s / 3600.0
        lat, lon = interpolate(lat1, lon1, lat2, lon2, np.minimum(after_h / span_h, 1.0))
        lat = lat + aside
        course = bearing_deg(lat, lon, lat2 + aside, lon2)
        time_us = START_US + ((begin_h + after_h) * 3.6e9).astype(np.int64)
        keep = (time_us > START_US) & (time_us < START_US + self.hours * 3.6e9) & (rng.random(count) > self.loss)
        station = np.full(count, b"", dtype="S16")
        heard = np.zeros(count, dtype=np.bool_)
        for receiver in self.receivers:
            away = distance_km(receiver.lat_deg, receiver.lon_deg, lat, lon)
            chance = 1.0 / (1.0 + np.exp((away / receiver.range_km - 1.0) / 0.06))
            here = rng.random(count) < chance
            for start_us, end_us in receiver.outages:
                here &= ~((time_us >= start_us) & (time_us < end_us))
            station[here & ~heard] = receiver.name
            heard |= here
        keep &= heard
        if not keep.any():
            return None
        noise = rng.normal(0.0, 0.2, count)
        return PositionBatch.of(
            time_us[keep],
            np.full(int(keep.sum()), self.key(number), dtype=np.int64),
            lat[keep],
            lon[keep],
            speed_kn=(knots + noise)[keep],
            course_deg=np.mod(course + 2.0 * noise, 360.0)[keep],
            altitude_ft=self.altitude_ft,
            message_type=self.message_type,
            station=station[keep],
        )


NORTH_SEA = Traffic(
    lanes=((49.6, 0.0, 56.0, 7.0), (52.0, -1.0, 52.0, 7.5), (49.5, 2.2, 56.5, 2.6), (53.6, -1.5, 53.6, 8.5)),
    receivers=(
        Receiver(b"r1", 52.0, 4.2, 100.0),
        Receiver(b"r2", 52.6, 1.7, 100.0),
        Receiver(b"r3", 53.4, 4.8, 90.0),
        Receiver(b"r4", 51.4, 3.0, 90.0),
    ),
)
"""Four stations around the southern North Sea, two hundred ships a day on four lanes."""

AIRWAYS = Traffic(
    lanes=((43.0, -8.0, 54.0, 13.0), (54.0, -6.0, 43.0, 11.0), (49.0, -6.0, 49.0, 12.0), (42.5, 2.5, 55.0, 2.5)),
    receivers=(Receiver(b"a1", 49.0, 2.5, 330.0),),
    craft=200,
    hours=6.0,
    speed_kn=(400.0, 480.0),
    interval_s=(2.0, 8.0),
    altitude_ft=34_000.0,
    key=lambda i: icao24_craft(0x400000 + i),
    spread_km=8.0,
    message_type=MESSAGE_TYPE_AIRBORNE,
)
"""One high receiver and two hundred flights crossing its range in six hours."""


def silenced(rows: PositionBatch, craft: int, start_us: int, end_us: int) -> PositionBatch:
    """The same rows without one craft's during a while."""
    gone = (rows.craft == craft) & (rows.time_us > start_us) & (rows.time_us < end_us)
    return rows.take(~gone)


def seeded_silences(
    rows: PositionBatch,
    count: int,
    seed: int,
    hours: tuple[float, float],
    observed: int,
    least_km_h: float = 5.0,
    amid: int = 0,
    places: Any = None,
) -> tuple[PositionBatch, list[tuple[int, int, int]]]:
    """Silence ``count`` craft, each once, amid a run of close reports while moving; returns rows and (craft, from, to).

    A silence is only made where she was really heard during it, so that what is removed is what she transmitted. With
    ``amid`` so many other craft must have been heard within 20 km of her way both in its first and its second half, and as
    many in the six hours before; with ``places`` she is off ports and land.
    """
    rng = np.random.default_rng(seed)
    made: list[tuple[int, int, int]] = []
    order = rng.permutation(np.unique(rows.craft))
    drop = np.zeros(len(rows), dtype=np.bool_)
    for craft in order:
        if len(made) == count:
            break
        mine = np.flatnonzero(rows.craft == craft)
        if len(mine) < 3 * observed:
            continue
        length_us = int(rng.uniform(*hours) * HOUR_US)
        time_us, lat, lon = rows.time_us[mine], rows.lat_deg[mine], rows.lon_deg[mine]
        fit = np.flatnonzero(time_us + length_us < time_us[-1])
        fit = fit[fit >= observed]
        rng.shuffle(fit)
        for first in fit[:20]:
            last = int(np.searchsorted(time_us, time_us[first] + length_us))
            steps_us = np.diff(time_us[first : last + 1])
            km = float(distance_km(lat[first], lon[first], lat[last], lon[last]))
            before = float(distance_km(lat[first - 5], lon[first - 5], lat[first], lon[first]))
            before_h = (time_us[first] - time_us[first - 5]) / HOUR_US
            if steps_us.max() < 900e6 and km > least_km_h * length_us / HOUR_US and before > least_km_h * before_h:
                if amid and not _amid(rows, mine[first : last + 1], amid):
                    continue
                if places is not None and (
                    (places.port_distance_km(lat[first : last + 1], lon[first : last + 1]) < 8.0).any()
                    or places.is_land(lat[first : last + 1], lon[first : last + 1]).any()
                ):
                    continue
                drop[mine[first + 1 : last]] = True
                made.append((int(craft), int(time_us[first]), int(time_us[last])))
                break
    return rows.take(~drop), made


def _amid(rows: PositionBatch, mine: NDArray[np.int64], count: int) -> bool:
    middle = mine[len(mine) // 2]
    before_us = rows.time_us[mine[0]] - 6 * HOUR_US
    for first, last, at in ((None, mine[0], mine[0]), (mine[0], middle, mine[0]), (middle, mine[-1], middle)):
        start = int(np.searchsorted(rows.time_us, before_us)) if first is None else int(first)
        some = slice(start, int(last))
        near = distance_km(rows.lat_deg[at], rows.lon_deg[at], rows.lat_deg[some], rows.lon_deg[some]) < 20.0
        if len(np.unique(rows.craft[some][near & (rows.craft[some] != rows.craft[mine[0]])])) < count:
            return False
    return True


def run(detector: Detector, rows: PositionBatch, step: int = 20_000, until_us: int | None = None) -> list[Event]:
    """Feed rows and watermarks as a driver does; every revision in order."""
    events: list[Event] = []
    for at in range(0, len(rows), step):
        part = rows.take(slice(at, at + step))
        events.extend(detector.process_batch(part, StaticBatch.empty()))
        events.extend(detector.advance_watermark(int(part.time_us[-1]) - 1))
    last_us = int(rows.time_us[-1]) if len(rows) else START_US
    events.extend(detector.advance_watermark(last_us if until_us is None else until_us))
    return events


def context(ports: Sequence[tuple[float, float]] = (), airports: Sequence[tuple[float, float]] = ()) -> Context:
    """A world of open sea with the given ports and airports."""
    return Context(OpenSea(ports, airports))
