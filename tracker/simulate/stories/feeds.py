"""Other people's feeds, beside the coast stations and receivers: tables of positions as they are sold or polled, each with a habit of its own.

- ``box_ships.csv``: a subscription that ends at a box off Portugal; ships sail in and out of it, and some come back half a day later. Negative: dark period, loitering.
- ``box_flights.csv``: a box over Spain, cut out of a network's states; airliners cross it and come back hours later. Negative: dark period, landing. Two of them are in distress
  (positive: ``emergency``): one squawks 7700 on every row, one says it once, and the table leaves the column empty where nothing changed.
- ``polled.csv``: a program's answers about ships in the Bay of Biscay, asked every three minutes. For an hour and a half or two it tells the last report of six of them again and again
  under new times (positive: one ``repeated_reports`` of the feed; negative: what the six ships would have done).
- ``satellite.csv``: hours of two ships of the fleet which no coast station got, delivered later in one batch, the second ship's before the first's. Negative: dark period.

All of it lies where none of the simulator's own stations hears anybody, but for the satellite.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, destination, distance_km, interpolate
from tracker.simulate.radio import GRID_S, Silence, motion
from tracker.simulate.silence import window
from tracker.simulate.stories.seed import Seed, negative
from tracker.simulate.tracks import HOUR_S, Track
from tracker.simulate.traffic import CARGO_TYPES, Registry, Ship
from tracker.units import KM_PER_NM, US_PER_S, iso_time

BOX_SHIPS: Final = "box_ships.csv"
BOX_FLIGHTS: Final = "box_flights.csv"
POLLED: Final = "polled.csv"
SATELLITE: Final = "satellite.csv"
FEED_FILES: Final = (BOX_SHIPS, BOX_FLIGHTS, POLLED, SATELLITE)

_SHIP_COLUMNS: Final = "mmsi,timestamp,lat,lon,speed,course,heading,status,name,imo,callsign,vesseltype,length,width"
_FLIGHT_COLUMNS: Final = "icao24,timestamp,lat,lon,altitude,groundspeed,track,callsign,squawk,onground"
_LANE_OFF_PORTUGAL: Final = ((36.9, -9.9), (42.3, -10.0))
_BOX_OFF_PORTUGAL: Final = (38.0, 41.2)
"""From one latitude to another; the lane lies well inside in longitude."""
_LANE_IN_BISCAY: Final = ((47.3, -6.6), (43.9, -9.3))
_APART_KM: Final = 1.3
"""Ships of a lane keep so far from the next one abeam: nobody meets anybody."""
_AIRWAYS: Final = (
    (43.8, -8.5, 38.2, 2.0), (37.0, -6.0, 44.0, -0.5), (43.0, -9.0, 39.5, 2.5), (36.5, -3.0, 44.5, -4.0), (40.9, -9.5, 40.2, 2.5), (44.0, -6.0, 37.5, -0.5),
)  # fmt: skip
_BOX_OVER_SPAIN: Final = (39.0, 42.0, -6.5, -1.0)
_REPEATING: Final = 6
_HONEST: Final = ("dark_period", "loitering", "encounter")

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Feed:
    """A table in the making: its columns, its rows with the second each belongs to, and how long craft were in it."""

    file: str
    columns: str
    rows: list[tuple[float, str]] = field(default_factory=list)
    craft_hours: float = 0.0
    in_order: bool = True

    def text(self, begin_us: int, end_s: float, loss: float) -> str:
        """The table; times are put in here, since rows are made in seconds of the scenario. ``loss`` of the rows are missing."""
        kept = [row for row in self.rows if 0.0 <= row[0] < end_s]
        if self.in_order:
            kept.sort(key=lambda row: row[0])
        if loss > 0.0:
            lucky = np.random.default_rng(len(kept)).random(len(kept)) >= loss
            kept = [row for row, is_kept in zip(kept, lucky, strict=True) if is_kept]
        told = (line.replace("@", iso_time(begin_us + int(time_s) * US_PER_S), 1) for time_s, line in kept)
        return "".join(f"{line}\n" for line in (self.columns, *told))


def _ship_rows(
    ship: Ship, time_s: Floats, lat: Floats, lon: Floats, knots: Any, course: Any
) -> Iterable[tuple[float, str]]:
    who = f"{ship.name},{ship.imo},{ship.call_sign},{ship.ship_type},{ship.length_m},{ship.beam_m}"
    for t, a, b, v, c in zip(time_s, lat, lon, np.broadcast_to(knots, time_s.shape), np.broadcast_to(course, time_s.shape), strict=True):  # fmt: skip
        yield float(t), f"{ship.mmsi},@,{a:.5f},{b:.5f},{v:.1f},{c % 360.0:.1f},{round(c) % 360},0,{who}"


def _sailed(rng: np.random.Generator, lane: tuple[tuple[float, float], tuple[float, float]], abeam_km: float, back: bool, begin_s: float, knots: float, every_s: float) -> tuple[Floats, ...]:  # fmt: skip
    """One passage of a lane: seconds, latitude, longitude, speed and course of what is heard of it."""
    start, end = reversed(lane) if back else lane
    course = float(bearing_deg(*start, *end))
    side_km = -abeam_km if back else abeam_km
    (lat_1, lat_2), (lon_1, lon_2) = destination(
        np.array([start[0], end[0]]), np.array([start[1], end[1]]), course + 90.0, side_km
    )
    start, end = (float(lat_1), float(lon_1)), (float(lat_2), float(lon_2))
    run_s = float(distance_km(*start, *end)) / (knots * KM_PER_NM) * HOUR_S
    time_s = np.arange(0.0, run_s, every_s) + rng.uniform(0.0, every_s)
    time_s = time_s[rng.random(len(time_s)) > 0.06] + rng.uniform(-9.0, 9.0)
    lat, lon = interpolate(*start, *end, np.clip(time_s / run_s, 0.0, 1.0))
    said = knots + rng.normal(0.0, 0.1, len(time_s))
    return begin_s + time_s, np.asarray(lat), np.asarray(lon), said, course + rng.normal(0.0, 0.8, len(time_s))


def _lane_ship(registry: Registry, rng: np.random.Generator) -> Ship:
    kind = str(rng.choice(list(CARGO_TYPES)))
    return registry.enrol("feed", CARGO_TYPES[kind], int(rng.integers(90, 300)), 13.0, Track(0.0))


def box_ships(rng: np.random.Generator, registry: Registry, end_s: float, count: int = 24) -> tuple[Feed, list[Seed]]:
    """Ships on a lane through a box."""
    feed, seeds = Feed(BOX_SHIPS, _SHIP_COLUMNS), []
    for k in range(count):
        ship, knots = _lane_ship(registry, rng), float(rng.uniform(11.0, 16.0))
        begin_s, back = float(rng.uniform(-16.0 * HOUR_S, end_s * 0.7)), bool(k % 2)
        while begin_s < end_s:
            columns = _sailed(rng, _LANE_OFF_PORTUGAL, _APART_KM * (k - count / 2.0), back, begin_s, knots, 150.0)
            begin_s = float(columns[0][-1]) + float(rng.uniform(5.0, 16.0)) * HOUR_S
            inside = (columns[1] > _BOX_OFF_PORTUGAL[0]) & (columns[1] < _BOX_OFF_PORTUGAL[1])
            columns = tuple(column[inside] for column in columns)
            feed.rows += _ship_rows(ship, *columns)
            feed.craft_hours += float(np.ptp(columns[0])) / HOUR_S
            back = not back
        what = f"{ship.name} sails in and out of a box."
        seeds.append(negative("box_edge", ship, (0.0, end_s), (40.0, -10.0), what, _HONEST, story="box_edge_ships"))
    return feed, seeds


def box_flights(rng: np.random.Generator, end_s: float, count: int = 36) -> tuple[Feed, list[Seed]]:
    """Airliners that cross a box, come back hours later, and two that are in distress in it."""
    south, north, west, east = _BOX_OVER_SPAIN
    feed, seeds = Feed(BOX_FLIGHTS, _FLIGHT_COLUMNS), []
    distress = {2: True, 5: False}
    for k in range(count):
        address, sign = 0x340000 + int(rng.integers(0x800)) * 64 + k, f"BXE{100 + k}"
        way = _AIRWAYS[k % len(_AIRWAYS)]
        knots, level_ft = float(rng.uniform(425.0, 470.0)), 26_000 + 1_000 * (k % 14)
        squawk, begin_s = (
            f"{int(rng.integers(1, 7))}{k % 7}{int(rng.integers(1, 7))}4",
            float(rng.uniform(-0.5, 5.0)) * HOUR_S,
        )
        craft, told = f"icao24:{address:06x}", False
        while begin_s < end_s:
            run_s = float(distance_km(*way)) / (knots * KM_PER_NM) * HOUR_S
            time_s = np.arange(0.0, run_s, 10.0) + rng.uniform(0.0, 9.0)
            lat, lon = interpolate(*way, np.clip(time_s / run_s, 0.0, 1.0))
            inside = (lat > south) & (lat < north) & (lon > west) & (lon < east) & (rng.random(len(lat)) > 0.05)
            inside &= (begin_s + time_s >= 0.0) & (begin_s + time_s < end_s)
            course = np.asarray(bearing_deg(lat, lon, np.full(len(lat), way[2]), np.full(len(lat), way[3])))
            rows = np.flatnonzero(inside)
            codes = [squawk] * len(rows)
            if k in distress and not told and begin_s > 8.0 * HOUR_S and len(rows) > 110:
                from_row = 40
                until = from_row + 60 if distress[k] else len(rows)
                if distress[k]:
                    codes[from_row:until] = ["7700"] * (until - from_row)
                else:
                    codes = [squawk, *[""] * (len(rows) - 1)]
                    codes[from_row] = "7700"
                said_s = begin_s + time_s[rows[[from_row, until - 1]]]
                how = "on every row" if distress[k] else "once"
                seeds.append(
                    Seed(
                        "integrity", "emergency", None, float(said_s[0]), float(said_s[1]), float(lat[rows[from_row]]), float(lon[rows[from_row]]), float(said_s[0]) + 120.0,
                        f"{sign} squawks 7700, which the table says {how}.", must_alert=False, craft=craft, story="squawk_in_table",
                    )
                )  # fmt: skip
                told = True
            for row, code in zip(rows.tolist(), codes, strict=True):
                feed.rows.append(
                    (
                        begin_s + float(time_s[row]),
                        f"{address:06x},@,{lat[row]:.5f},{lon[row]:.5f},{level_ft},{knots:.0f},{course[row]:.1f},{sign},{code},false",
                    )
                )
            feed.craft_hours += len(rows) * 10.0 / HOUR_S
            begin_s += run_s + float(rng.uniform(1.2, 5.0)) * HOUR_S
            way = (*way[2:], *way[:2])
        what = f"{sign} crosses a box and comes back hours later."
        forbidden = ("dark_period", "off_aerodrome_landing", "diversion", "encounter")
        seeds.append(negative("box_edge", None, (0.0, end_s), (40.5, -4.0), what, forbidden, craft=craft, story="box_edge_flights"))  # fmt: skip
    return feed, seeds


def polled(rng: np.random.Generator, registry: Registry, end_s: float, count: int = 18) -> tuple[Feed, list[Seed]]:
    """Ships on a lane, asked for every three minutes, and six whose last report comes again and again for a while."""
    feed, seeds = Feed(POLLED, _SHIP_COLUMNS), []
    hours = float(rng.uniform(1.4, 2.0))
    from_s = float(rng.uniform(0.45, 0.7)) * end_s
    until_s = from_s + hours * HOUR_S
    repeating: list[Ship] = []
    for k in range(count):
        ship, knots = _lane_ship(registry, rng), float(rng.uniform(11.5, 15.0))
        back, begin_s = bool(k % 2), float(rng.uniform(-15.0, 2.0)) * HOUR_S
        while begin_s < end_s:
            columns = _sailed(rng, _LANE_IN_BISCAY, _APART_KM * (k - count / 2.0), back, begin_s, knots, 180.0)
            begin_s, back = float(columns[0][-1]) + float(rng.uniform(2.0, 7.0)) * HOUR_S, not back
            time_s = columns[0]
            old = (time_s >= from_s) & (time_s < until_s)
            if (
                old.any()
                and len(repeating) < _REPEATING
                and time_s[0] < from_s - HOUR_S
                and time_s[-1] > until_s + HOUR_S
            ):
                last = int(np.argmax(old)) - 1
                for column in columns[1:]:
                    column[old] = column[last]
                repeating.append(ship)
            feed.rows += _ship_rows(ship, *columns)
            feed.craft_hours += float(np.ptp(time_s)) / HOUR_S
    middle = (45.6, -8.0)
    if repeating:
        what = f"The feed tells the last report of {len(repeating)} ships again for {hours:.1f} h."
        seeds.append(
            Seed(
                "integrity", "repeated_reports", None, from_s, until_s, *middle, from_s + HOUR_S / 2.0, what,
                must_alert=False, craft=f"source:{POLLED.removesuffix('.csv')}", story="repeated_reports",
            )
        )  # fmt: skip
    seeds += [
        negative("stale_report", ship, (from_s, until_s + HOUR_S), middle, f"{ship.name} is told of anew with an old report.", (*_HONEST, "integrity"), story="repeated_reports")
        for ship in repeating
    ]  # fmt: skip
    return feed, seeds


def satellite(
    rng: np.random.Generator, fleet: list[Ship], lat: Floats, lon: Floats, chance: NDArray[np.float32], lost: Silence, wanted: int = 2
) -> tuple[Feed, list[Seed]]:  # fmt: skip
    """Hours of honest ships which only a satellite got, and which come late."""
    feed, seeds = Feed(SATELLITE, _SHIP_COLUMNS, in_order=False), []
    batches: list[list[tuple[float, str]]] = []
    free = [k for k, ship in enumerate(fleet) if ship.role == "lane" and not ship.story and not ship.off_air]
    for k in rng.permutation(np.array(free, dtype=np.int64)).tolist():
        hours = float(rng.uniform(2.2, 3.0))
        row = window(rng, lat[k], lon[k], chance[k], lost, hours)
        if row is None:
            continue
        rows = np.arange(row, row + int(hours * HOUR_S / GRID_S), 7)
        knots, course = motion(lat[k], lon[k])
        ship, span = fleet[k], (row * GRID_S, row * GRID_S + hours * HOUR_S)
        ship.off_air.append(span)
        ship.story = "late_delivery"
        batches.append(
            list(
                _ship_rows(
                    ship, rows.astype(np.float64) * GRID_S, lat[k, rows], lon[k, rows], knots[rows], course[rows]
                )
            )
        )
        what = f"{ship.name} is heard by a satellite alone for {hours:.1f} h, and told of later."
        place = float(lat[k, row]), float(lon[k, row])
        seeds.append(negative("late_delivery", ship, span, place, what, ("dark_period",)))
        if len(batches) == wanted:
            break
    feed.rows = [row for batch in reversed(batches) for row in batch]
    return feed, seeds
