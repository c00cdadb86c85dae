"""Aircraft of the fleet: an orbit, a holding, a survey, a field landing and flights into an aerodrome, with their ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_course, wrap_longitude
from models.geodesy import destination
from tracker.geography.airports import Airport, AirportTable
from tracker.geography.ground import Ground
from tracker.geography.strips import StripTable, SuspectedStrip
from tracker.identity import icao24_craft
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch

Leg = tuple[float, float, float, float]
"""Seconds, knots, degrees turned a second, feet climbed a second."""

FIELD = (54.5, 2.8)
AERODROME = (54.2, 2.2)


def ground(turn_deg: float = 0.0) -> Ground:
    """One aerodrome at 100 ft, six more far around for the heights, one suspected strip."""
    places = [AERODROME, *((54.6 + 0.9 * np.sin(a), 3.0 + 1.6 * np.cos(a)) for a in np.arange(6) * 1.05)]
    airports = [
        Airport(f"TS{k:02d}", "", f"Field {k}", "XX", lat, float(wrap_longitude(lon + turn_deg)), 100.0)
        for k, (lat, lon) in enumerate(places)
    ]
    return Ground(
        AirportTable(airports),
        strips=StripTable([SuspectedStrip("Peat bog", 54.35, float(wrap_longitude(3.4 + turn_deg)))]),
    )


def flown(
    address: int,
    start: tuple[float, float],
    course_deg: float,
    feet: float,
    begun_us: int,
    legs: list[Leg],
    step_s: float = 5.0,
) -> PositionBatch:
    """The reports of a flight of legs."""
    seconds = np.concatenate([np.full(int(leg[0] / step_s), k) for k, leg in enumerate(legs)]).astype(int)
    kn, turn, climb = (np.array([leg[k] for leg in legs])[seconds] for k in (1, 2, 3))
    course = course_deg + np.cumsum(turn * step_s)
    lat, lon = np.empty(len(seconds)), np.empty(len(seconds))
    here = start
    for i in range(len(seconds)):
        here = tuple(float(v) for v in destination(*here, course[i], kn[i] * 1.852 / 3600.0 * step_s))  # type: ignore[assignment]
        lat[i], lon[i] = here
    return reports(
        address,
        begun_us + (np.arange(len(seconds)) * step_s * 1e6).astype(np.int64),
        lat,
        lon,
        kn,
        course,
        feet + np.cumsum(climb * step_s),
        climb * 60.0,
    )


def reports(
    address: int, time_us: NDArray[np.int64], lat: NDArray[np.float64], lon: NDArray[np.float64], kn: NDArray[np.float64],
    course: NDArray[np.float64], feet: NDArray[np.float64], rate: NDArray[np.float64],
) -> PositionBatch:  # fmt: skip
    """Columns of one aircraft in the air."""
    return PositionBatch.of(
        time_us, np.full(len(time_us), icao24_craft(address)), lat, wrap_longitude(lon), message_type=MESSAGE_TYPE_AIRBORNE, speed_kn=kn,
        course_deg=wrap_course(course), altitude_ft=np.round(feet / 25.0) * 25.0, vertical_rate_ftmin=rate, on_ground=0, source=1,
    )  # fmt: skip


RACETRACK: list[Leg] = [(60, 220, 3.0, 0), (60, 220, 0.0, 0)]
RASTER: list[Leg] = [(240, 120, 0.0, 0), (60, 120, 3.0, 0), (240, 120, 0.0, 0), (60, 120, -3.0, 0)]


def tracks(begun_us: int) -> list[PositionBatch]:
    """All of them; the first two land at the aerodrome and show that it is heard there to the ground."""
    straight: Leg = (600, 150, 0.0, 0)
    parts = []
    for k in range(2):
        approach = flown(
            0x4B2000 + k,
            (54.2, 2.2 - 0.63),
            90.0,
            3000.0,
            begun_us + k * 900_000_000,
            [(600, 100, 0.0, -2.3), (200, 100, 0.0, -5.0)],
        )
        parts.append(approach)
    parts.append(flown(0x4B2010, (55.0, 2.0), 90.0, 4000.0, begun_us, [straight, (900, 110, 2.5, 0), straight]))
    parts.append(flown(0x4B2011, (55.2, 2.0), 90.0, 9000.0, begun_us, [straight, *RACETRACK * 6, straight]))
    parts.append(flown(0x4B2012, (54.9, 3.0), 45.0, 5000.0, begun_us, [straight, *RASTER * 4, straight]))
    low = flown(0x4B2013, (54.5, 2.4), 90.0, 500.0, begun_us, [(1800, 90, 0.0, 0.0), (600, 90, 0.2, 0.0)])
    parts.append(low)
    down: list[Leg] = [(600, 120, 0.0, 0.0), (300, 100, 0.0, -5.5), (60, 80, 0.0, -3.0)]
    came = flown(0x4B2014, (54.5, 2.15), 90.0, 2400.0, begun_us + 600_000_000, down)
    went = flown(
        0x4B2014,
        (float(came.lat_deg[-1]), float(came.lon_deg[-1])),
        270.0,
        600.0,
        begun_us + 3_600_000_000,
        [(300, 80, 0.0, 8.0), straight],
    )
    parts.extend([came, went])
    parts.append(flown(0x4B2015, (54.7, 3.2), 90.0, 30_000.0, begun_us, [(6000, 300, 0.05, 0.0)]))
    return parts
