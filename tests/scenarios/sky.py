"""Small made stories of single aircraft: a ground by hand, flights by legs, a driver."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.contracts.flights import flown
from tracker.detectors.base import Context
from tracker.events import Event
from tracker.geography.airports import Airport, AirportTable
from tracker.geography.ground import Ground
from tracker.geography.strips import Runway, RunwayTable, StripTable, SuspectedStrip
from tracker.identity import icao24_craft
from tracker.positions import MESSAGE_TYPE_SURFACE, PositionBatch
from tracker.statics import StaticBatch

START_US = 1_772_323_200_000_000
MIN_US = 60_000_000
ONE = 0x4B4001
FIELD = (50.0, 5.0)
"""Nothing within 40 km."""
AERODROME = (50.0, 6.0)
AIRPORT = (51.0, 5.0)
STRIP = (49.6, 5.0)


def ground(runways: bool = False) -> Ground:
    """A small aerodrome, an airport with scheduled traffic and a suspected strip on a plain at 300 ft."""
    places = [("EBSM", "", AERODROME), ("EBBG", "BIG", AIRPORT), ("EBXX", "", (49.0, 5.0)), ("EBYY", "", (50.0, 4.0))]
    table = AirportTable(
        [Airport(icao, iata, f"Place {icao}", "BE", lat, lon, 300.0) for icao, iata, (lat, lon) in places]
    )
    own = RunwayTable([Runway("EBBG", 51.05, 5.0, 51.08, 5.0)]) if runways else None
    return Ground(table, strips=StripTable([SuspectedStrip("Old quarry", *STRIP, "seen from the road")]), runways=own)


def context(runways: bool = False) -> Context:
    made = ground(runways)
    return Context(places=None, ground=lambda: made)


def says(address: int, category: str, call_sign: str = "") -> StaticBatch:
    """One static report at the start."""
    return StaticBatch.from_columns(
        1, time_us=START_US, received_us=START_US, craft=icao24_craft(address), source=0, message_type=104,
        emitter_category=np.bytes_(category), call_sign=np.bytes_(call_sign),
    )  # fmt: skip


def standing(
    address: int, place: tuple[float, float], begun_us: int, minutes: float, *, kn: float = 0.0
) -> PositionBatch:
    """Ground reports on one spot, one every 10 s."""
    time_us = begun_us + np.arange(int(minutes * 6)) * 10_000_000
    n = len(time_us)
    return PositionBatch.of(
        time_us, np.full(n, icao24_craft(address)), np.full(n, place[0]), np.full(n, place[1]), message_type=MESSAGE_TYPE_SURFACE,
        speed_kn=kn, course_deg=90.0, on_ground=1,
    )  # fmt: skip


def approach(
    address: int, place: tuple[float, float], begun_us: int, *, ends_ft: float = 450.0, kn: float = 65.0
) -> PositionBatch:
    """Level for ten minutes, down for five at 400 ft a minute, from the west, ending at a place at a height."""
    legs = [(600.0, 100.0, 0.0, 0.0), (300.0, kn, 0.0, -400.0 / 60.0)]
    run_deg = sum(leg[0] * leg[1] for leg in legs) / 3600.0 * 1.852 / 111.195 / np.cos(np.radians(place[0]))
    return flown(address, (place[0], place[1] - run_deg), 90.0, ends_ft + 2000.0, begun_us, legs)


def level(
    address: int, place: tuple[float, float], ft: float, begun_us: int, minutes: float, course_deg: float = 90.0
) -> PositionBatch:
    """Straight and level through the sky."""
    return flown(address, place, course_deg, ft, begun_us, [(minutes * 60.0, 100.0, 0.0, 0.0)])


def told(
    detector: Any, *tracks: PositionBatch, statics: StaticBatch | None = None, until_min: float = 0.0
) -> list[Event]:
    """Everything a detector publishes about some tracks."""
    rows = PositionBatch.concat(list(tracks)).in_time_order()
    end_us = max(int(rows.time_us[-1]), START_US + int(until_min * MIN_US))
    events = detector.process_batch(rows, statics if statics is not None else StaticBatch.empty())
    return [*events, *detector.advance_watermark(end_us)]
