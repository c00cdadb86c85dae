"""Tracks and papers for the diversion stories: ships along real sea lanes, flights along great circles, with noise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from models.corridor import Path
from models.geodesy import distance_km, interpolate
from tracker.detectors.base import Context
from tracker.detectors.diversion import DiversionConfig, DiversionDetector
from tracker.events import Event, event_order
from tracker.geography.places import WorldPlaces
from tracker.identity import icao24_craft, mmsi_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.units import parse_time
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode

START_US = parse_time("2026-03-01T00:00:00Z")
MIN_US = 60_000_000
HOUR_US = 60 * MIN_US
MMSI = 219001234
ICAO24 = 0x4B1812


@cache
def world() -> WorldPlaces:
    return WorldPlaces()


def place(code: str) -> tuple[float, float]:
    found = world().resolve_location(code)
    assert found is not None, code
    return found.lat_deg, found.lon_deg


def node(code: str, arrive_h: float | None = None, depart_h: float | None = None) -> ItineraryNode:
    found = world().resolve_location(code)
    assert found is not None, code
    return ItineraryNode(
        found.code, found.name, found.lat_deg, found.lon_deg,
        None if arrive_h is None else START_US + round(arrive_h * HOUR_US),
        None if depart_h is None else START_US + round(depart_h * HOUR_US),
    )  # fmt: skip


def voyage(*nodes: ItineraryNode, **named: Any) -> Itinerary:
    return Itinerary("V1", 1, Conveyance(Mode.SEA, **(named or {"mmsi": MMSI})), nodes)


def flight(*nodes: ItineraryNode) -> Itinerary:
    return Itinerary("F1", 1, Conveyance(Mode.AIR, icao24=ICAO24), nodes)


class Track:
    """Reports of one craft, written by sailing and waiting."""

    def __init__(self, at: str | tuple[float, float], hour: float = 0.0, seed: int = 1, every_min: float = 3.0) -> None:
        self.lat, self.lon = place(at) if isinstance(at, str) else at
        self.hour = hour
        self._every_h = every_min / 60.0
        self._rng = np.random.default_rng(seed)
        self._parts: list[dict[str, Any]] = []

    def sail(self, to: str | tuple[float, float], knots: float = 15.0, part: float = 1.0) -> Track:
        """Along the sea lanes to a place, or a part of the way there."""
        lat, lon = place(to) if isinstance(to, str) else to
        route = world().sea_routes.route(self.lat, self.lon, lat, lon)
        return self._along(route.position_at, route.length_km * part, knots)

    def straight(self, to: str | tuple[float, float], knots: float, part: float = 1.0, **columns: Any) -> Track:
        """Along the great circle to a place, or a part of the way there."""
        lat, lon = place(to) if isinstance(to, str) else to
        lat0, lon0, whole = self.lat, self.lon, float(distance_km(self.lat, self.lon, lat, lon))
        return self._along(lambda km: interpolate(lat0, lon0, lat, lon, km / whole), whole * part, knots, **columns)

    def wait(self, hours: float, **columns: Any) -> Track:
        """Stopped, swinging by a few hundred metres."""
        steps = np.arange(0.0, hours, self._every_h)
        turn = 2 * np.pi * steps / 6.0
        return self._add(
            steps,
            self.lat + 0.002 * np.sin(turn),
            self.lon + 0.002 * np.cos(turn),
            np.full(len(steps), 0.1),
            hours,
            columns,
        )

    def unheard(self, hours: float) -> Track:
        """Time passes without reports and without moving."""
        self.hour += hours
        return self

    def without(self, start_h: float, end_h: float) -> Track:
        """What was heard between two hours is lost."""
        for part in self._parts:
            keep = (part["hour"] < start_h) | (part["hour"] > end_h)
            for name in part:
                part[name] = part[name][keep]
        return self

    def rows(self, craft: int | None = None) -> PositionBatch:
        names = self._parts[0].keys()
        columns = {name: np.concatenate([part[name] for part in self._parts]) for name in names}
        time_us = START_US + (columns.pop("hour") * HOUR_US).astype(np.int64)
        key = craft if craft is not None else mmsi_craft(MMSI)
        lat, lon = columns.pop("lat"), columns.pop("lon")
        return PositionBatch.of(time_us, np.full(len(time_us), key), lat, (lon + 180.0) % 360.0 - 180.0, **columns)

    def flown(self) -> PositionBatch:
        rows = self.rows(icao24_craft(ICAO24))
        return rows.with_columns(message_type=np.full(len(rows), MESSAGE_TYPE_AIRBORNE, dtype=np.uint8))

    def _along(self, position_at: Any, run_km: float, knots: float, **columns: Any) -> Track:
        hours = run_km / 1.852 / knots
        steps = np.arange(0.0, hours, self._every_h)
        lat, lon = position_at(steps * knots * 1.852)
        self._add(steps, lat, lon, knots + self._rng.normal(0.0, 0.2, len(steps)), hours, columns)
        end_lat, end_lon = position_at(np.array(run_km))
        self.lat, self.lon = float(end_lat), float(end_lon)
        return self

    def _add(self, steps: Any, lat: Any, lon: Any, knots: Any, hours: float, columns: dict[str, Any]) -> Track:
        n = len(steps)
        part = {
            "hour": self.hour + steps,
            "lat": lat + self._rng.normal(0.0, 1e-4, n),
            "lon": lon + self._rng.normal(0.0, 1e-4, n),
            "speed_kn": np.maximum(knots, 0.0),
            "altitude_ft": np.full(n, np.nan),
            "vertical_rate_ftmin": np.full(n, np.nan),
            "on_ground": np.full(n, -1),
            "nav_status": np.full(n, 255),
        }
        for name, value in columns.items():
            part[name] = np.broadcast_to(value(steps / max(hours, 1e-9)) if callable(value) else value, (n,)).copy()
        self._parts.append(part)
        self.hour += hours
        return self


def judge(
    itineraries: Itinerary | Sequence[Itinerary], rows: PositionBatch, *, until_h: float | None = None, every_h: float = 1.0,
    statics: StaticBatch | None = None, config: DiversionConfig | None = None,
) -> list[Event]:  # fmt: skip
    """All revisions, driven with a watermark every ``every_h``."""
    papers = [itineraries] if isinstance(itineraries, Itinerary) else itineraries
    detector = DiversionDetector(config or DiversionConfig(), Context(world()), papers, world())
    rows = rows.in_time_order()
    end_us = int(rows.time_us[-1]) + HOUR_US if until_h is None else START_US + round(until_h * HOUR_US)
    marks = [*range(int(rows.time_us[0]), end_us, round(every_h * HOUR_US)), end_us]
    events: list[Event] = []
    done = 0
    spoken = statics if statics is not None else StaticBatch.empty()
    for mark in marks:
        stop = int(np.searchsorted(rows.time_us, mark, side="right"))
        said = spoken.take(spoken.time_us <= mark)
        spoken = spoken.take(spoken.time_us > mark)
        events += detector.process_batch(rows.take(slice(done, stop)), said)
        events += detector.advance_watermark(mark)
        done = stop
    assert events == sorted(events, key=event_order)
    return events


def told(events: Sequence[Event]) -> list[tuple[int, str, str]]:
    """Each revision as (which event, detail, state), events numbered by first appearance."""
    numbers: dict[str, int] = {}
    return [(numbers.setdefault(e.event_id, len(numbers)), e.detail, str(e.state)) for e in events]


def sea_path(one: str, two: str) -> Path:
    """The sea lanes between two ports, for asserting where a story happened."""
    route = world().sea_routes.route(*place(one), *place(two))
    return Path(route.lat_deg, route.lon_deg)
