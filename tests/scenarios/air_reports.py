"""Stories of aircraft that fall silent, after public reports and the ways of feeds, each as a feed would have given it.

A sky of airliners is heard as receivers hear (``air_feeds``), so that what is heard where is known after some hours; one aircraft, or one receiver, does
what the story tells. Some are dark, most only look like it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, destination, distance_km
from tests.scenarios.air_feeds import Site, Sky
from tests.scenarios.feeds import T0_S, Air, fly, iso, opensky, readsb
from tests.scenarios.traffic import START_US
from tracker.positions import PositionBatch

HOUR_S = 3600
EUROPE = Sky(
    airways=(
        (42.0, 0.0, 57.5, 12.0), (42.3, 14.0, 57.5, 0.0), (47.9, -5.5, 48.6, 16.5), (42.0, 8.2, 57.5, 7.6), (53.0, -5.5, 45.0, 16.8),
        (44.5, -4.5, 55.5, 15.5), (49.8, -5.5, 50.6, 16.3),
    ),
    craft=70, hours=9.0, interval_s=30.0, away_h=(0.5, 2.0),
)  # fmt: skip
"""Every airway ends beyond the horizon of all receivers."""
SITES = (Site(49.0, 2.5, 60.0), Site(50.0, 8.5, 60.0), Site(47.5, 8.5, 60.0), Site(52.3, 4.8, 20.0))
TARGET = "3b7a11"
FRANKFURT = (50.033, 8.57)


@dataclass(frozen=True)
class Story:
    """Files of a feed, how many dark periods of ``TARGET`` and outages are to be told (nobody else is dark), and what it is made after."""

    files: Callable[[], dict[str, str]]
    dark: int
    after: str
    outages: int = 0


def rows_of(batch: PositionBatch) -> list[Air]:
    """Rows of a made sky as those of a feed."""
    seconds = (batch.time_us - START_US) // 1_000_000
    columns = (
        batch.craft & 0xFFFFFF,
        batch.lat_deg,
        batch.lon_deg,
        batch.altitude_ft,
        batch.speed_kn,
        batch.course_deg,
    )
    return [
        Air(int(second), f"{address:06x}", f"TST{address & 0xFFF:d}", lat, lon, feet, round(knots, 1), course)
        for second, address, lat, lon, feet, knots, course in zip(
            seconds.tolist(), *(c.tolist() for c in columns), strict=True
        )
    ]


@cache
def sky(number: int = 1, hours: float = 9.0, craft: int = 70) -> PositionBatch:
    """The airliners."""
    return replace(EUROPE, hours=hours, craft=craft).rows(number)


def heard(rows: PositionBatch, sites: Sequence[Site] = SITES) -> PositionBatch:
    """What at least one of the receivers hears."""
    return rows.take(np.any([site.hears(rows, number) for number, site in enumerate(sites)], axis=0))


def ears(rows: Sequence[Air], sites: Sequence[Site] = SITES) -> list[Air]:
    """The rows of one aircraft that a receiver hears, by the horizon of its height."""
    lat, lon, feet = (np.array([getattr(row, name) for row in rows]) for name in ("lat", "lon", "feet"))
    far: NDArray[np.bool_] = np.zeros(len(rows), dtype=np.bool_)
    for site in sites:
        reach_km = 4.12 * (np.sqrt(site.mast_m) + np.sqrt(np.maximum(feet, 0.0) * 0.3048))
        sector = bearing_deg(site.lat_deg, site.lon_deg, lat, lon) // 30.0
        for number, share in site.sectors.items():
            reach_km = np.where(sector == number, share * reach_km, reach_km)
        far |= distance_km(site.lat_deg, site.lon_deg, lat, lon) < reach_km
    return [row for row, is_heard in zip(rows, far.tolist(), strict=True) if is_heard]


def legs(
    place: tuple[float, float],
    parts: Sequence[tuple[float, float, float, float, float]],
    first_s: int,
    every_s: int = 10,
    **more: object,
) -> list[Air]:
    """An aircraft on legs of (minutes, knots, course, feet at the end of it, feet at its begin)."""
    out: list[Air] = []
    for minutes, knots, course, from_ft, to_ft in parts:
        leg = fly(TARGET, "TGT1", place, course, minutes, knots, 0.0, every_s, first_s, **more)
        out += [replace(row, feet=from_ft + (to_ft - from_ft) * k / len(leg)) for k, row in enumerate(leg)]
        place = tuple(float(v) for v in destination(*place, course, knots * 1.852 * minutes / 60.0))  # type: ignore[assignment]
        first_s += round(minutes * 60.0)
    return out


def without(rows: Sequence[Air], first_s: float, last_s: float) -> list[Air]:
    """The rows outside a span."""
    return [row for row in rows if not first_s <= row.second < last_s]


def opensky_csv(rows: Sequence[Air]) -> str:
    """State vectors as OpenSky's database gives them."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        ["time", "icao24", "lat", "lon", "velocity", "heading", "vertrate", "callsign", "onground", "alert", "spi", "squawk", "baroaltitude",
         "geoaltitude", "lastposupdate", "lastcontact", "hour"]
    )  # fmt: skip
    for row in sorted(rows, key=lambda one: one.second):
        now = T0_S + row.second
        height = round(row.feet * 0.3048, 1)
        table.writerow(
            [now, row.address, round(row.lat, 5), round(row.lon, 5), round(row.knots * 0.514444, 2), round(row.course % 360.0, 1), 0.0, row.flight.ljust(8),
             row.ground, False, False, row.squawk, height, height + 60.0, now - 0.3, now - 0.1, now // 3600 * 3600]
        )  # fmt: skip
    return out.getvalue()


def sbs(rows: Sequence[Air]) -> str:
    """BaseStation's lines: a place and a velocity."""
    lines = []
    for row in sorted(rows, key=lambda one: one.second):
        at = f"{iso(row.second, '%Y/%m/%d,%H:%M:%S')}.000"
        head = f"1,1,{row.address.upper()},1,{at},{at}"
        lines.append(f"MSG,3,{head},,{row.feet:.0f},,,{row.lat:.5f},{row.lon:.5f},,,0,0,0,{-1 if row.ground else 0}")
        lines.append(f"MSG,4,{head},,,{row.knots:.0f},{row.course % 360.0:.0f},,,0,,,,,{-1 if row.ground else 0}")
    return "\n".join(lines) + "\n"


def overhead(first_s: int = 7 * HOUR_S, minutes: float = 70.0, **more: object) -> list[Air]:
    """The aircraft of a story, at FL300 through the middle of what is heard."""
    return legs((47.2, 3.0), [(minutes, 430.0, 55.0, 30_000.0, 30_000.0)], first_s, **more)


def _switched_off() -> dict[str, str]:
    return {"feed.json": readsb([*rows_of(heard(sky())), *overhead(minutes=25.0)])}


def _off_and_on() -> dict[str, str]:
    return {
        "states.csv": opensky_csv([*rows_of(heard(sky())), *without(overhead(), 7 * HOUR_S + 1400, 7 * HOUR_S + 2500)])
    }


def _off_and_on_sbs() -> dict[str, str]:
    return {"feed.sbs": sbs([*rows_of(heard(sky())), *without(overhead(), 7 * HOUR_S + 1400, 7 * HOUR_S + 2500)])}


def _ocean() -> dict[str, str]:
    """Receivers in Ireland and in Newfoundland, and between them nobody; the airways end beyond the horizons on either side."""
    atlantic = Sky(
        airways=((51.2, 2.2, 47.6, -63.4), (52.6, 3.4, 49.0, -63.5), (49.2, 2.9, 45.6, -62.2)),
        craft=60,
        hours=12.0,
        interval_s=20.0,
    )
    shores = (Site(53.0, -8.5, 60.0), Site(52.0, -5.0, 60.0), Site(49.0, -54.5, 60.0), Site(47.6, -53.0, 60.0))
    target = fly(TARGET, "TGT1", (52.0, -4.0), 283.0, 300.0, 460.0, 36_000.0, 20, 5 * HOUR_S)
    return {"states.json": opensky([*rows_of(heard(atlantic.rows(3), shores)), *ears(target, shores)])}


def _box() -> dict[str, str]:
    rows = rows_of(sky())
    there = overhead(3 * HOUR_S)
    back = fly(TARGET, "TGT2", (50.8, 14.0), 245.0, 100.0, 430.0, 32_000.0, 10, 6 * HOUR_S)
    return {
        "states.csv": opensky_csv(
            [row for row in [*rows, *there, *back] if 47.0 < row.lat < 51.0 and 1.0 < row.lon < 9.5]
        )
    }


def _mountain() -> dict[str, str]:
    """One receiver under a ridge: of four sectors it hears a third of the horizon, of two a tenth."""
    valley = (Site(47.3, 8.5, 20.0, sectors={3: 0.1, 4: 0.1, 5: 0.35, 6: 0.35, 7: 0.35, 8: 0.35}),)
    return {"feed.json": readsb([*rows_of(heard(sky(), valley)), *ears(overhead(), valley)])}


def _low_flight() -> dict[str, str]:
    """A light aircraft on a day out at 2,500 ft, now above the horizon of one receiver and now of another."""
    parts = [
        (20.0, 105.0, 20.0, 1_500.0, 2_500.0),
        *((12.0, 105.0, course, 2_500.0, 2_500.0) for course in (60.0, 140.0, 230.0, 300.0, 20.0, 90.0, 200.0)),
    ]
    return {"feed.json": readsb([*rows_of(heard(sky())), *ears(legs((48.9, 2.6), parts, 5 * HOUR_S))])}


def _rig() -> dict[str, str]:
    """A helicopter flies out to a platform beyond the horizon, lands, and comes back two hours later."""
    out = [
        (4.0, 120.0, 330.0, 0.0, 3_000.0),
        (75.0, 140.0, 330.0, 3_000.0, 3_000.0),
        (5.0, 90.0, 330.0, 3_000.0, 100.0),
    ]
    rig = (55.3, 2.35)
    home = [
        (5.0, 90.0, 150.0, 100.0, 3_000.0),
        (75.0, 140.0, 150.0, 3_000.0, 3_000.0),
        (4.0, 120.0, 150.0, 3_000.0, 0.0),
    ]
    rows = [*legs((52.3, 4.8), out, 3 * HOUR_S), *legs(rig, home, 6 * HOUR_S)]
    return {
        "feed.json": readsb([*rows_of(heard(sky())), *ears([replace(row, more={"category": "A7"}) for row in rows])])
    }


def _dusk() -> dict[str, str]:
    """A regional receiver: fewer and fewer in the evening, one mail flight at night, nobody till eight."""
    rng = np.random.default_rng(6)
    valley = SITES[2:3]
    rows = heard(sky(), valley)
    kept = np.zeros(len(rows), dtype=np.bool_)
    for craft in np.unique(rows.craft):
        mine = np.flatnonzero(rows.craft == craft)
        flight = np.cumsum(np.diff(rows.time_us[mine], prepend=rows.time_us[mine[0]]) > 1_200_000_000)
        begun_us = np.array([rows.time_us[mine[flight == number][0]] for number in range(flight[-1] + 1)])
        kept[mine] = begun_us[flight] < START_US + rng.uniform(1.0, 5.0) * HOUR_S * 1_000_000
    evening = rows_of(rows.take(kept))
    mail = fly(TARGET, "TGT1", (47.6, -4.0), 85.0, 170.0, 380.0, 27_000.0, 10, 9 * HOUR_S)
    morning = [replace(row, second=row.second + 20 * HOUR_S) for row in evening if row.second < 2 * HOUR_S]
    return {"feed.json": readsb([*evening, *ears(mail, valley), *morning])}


def _restart() -> dict[str, str]:
    """One receiver is updated and starts again after twenty minutes."""
    rows = [*rows_of(heard(sky(), SITES[:1])), *ears(overhead(), SITES[:1])]
    return {"feed.json": readsb(without(rows, 7 * HOUR_S + 1200, 7 * HOUR_S + 2400))}


def _one_of_three() -> dict[str, str]:
    """The receiver in the middle dies; two go on."""
    files = {}
    for number, site in enumerate(SITES[:3]):
        rows = [*rows_of(heard(sky(), (site,))), *ears(overhead(), (site,))]
        files[f"{'abc'[number]}.json"] = readsb(without(rows, 7 * HOUR_S + 1500, 1e9) if number == 0 else rows)
    return files


def _multilateration() -> dict[str, str]:
    """An old transponder: a place only while four receivers hear it, else altitude and squawk; an echo by TIS-B in between."""
    rng = np.random.default_rng(4)
    rows = overhead(minutes=70.0)
    seen = [
        replace(row, more={"type": "mlat", "nic": 0, "rc": 0})
        if rng.random() < 0.7
        else replace(row, more={"type": "tisb_icao"})
        for row in rows
        if not (1200 < row.second - 7 * HOUR_S < 2700) and rng.random() < 0.4
    ]
    quiet = [
        replace(row, lat=np.nan, lon=np.nan, more={"type": "mode_s"})
        for row in rows
        if 1200 < row.second - 7 * HOUR_S < 2700
    ]
    return {"feed.json": _placeless(readsb([*rows_of(heard(sky())), *seen, *quiet]))}


def _jammed() -> dict[str, str]:
    """Its receiver of satellites gives no position for half an hour; the transponder goes on answering."""
    rows = [
        replace(row, lat=np.nan, lon=np.nan, quality=0, more={"type": "adsb_icao", "nac_p": 0})
        if 1200 < row.second - 7 * HOUR_S < 3000
        else row
        for row in overhead()
    ]
    return {"feed.json": _placeless(readsb([*rows_of(heard(sky())), *rows]))}


def _placeless(text: str) -> str:
    """Rows without a place as readsb writes them: without the members."""
    return text.replace('"lat": NaN, "lon": NaN, ', "")


def _vehicles() -> dict[str, str]:
    """Follow-me cars and tugs with transponders, on and off as they are used."""
    rows: list[Air] = []
    for number in range(6):
        for shift in range(4):
            begin = (1 + 2 * shift) * HOUR_S + 300 * number
            cars = fly(
                f"3c00{number:02x}",
                f"FM{number}",
                (50.03 + 0.002 * number, 8.55),
                70.0,
                25.0,
                12.0,
                364.0,
                10,
                begin,
                ground=True,
            )
            rows += [replace(row, more={"category": "C2"}) for row in cars]
    return {"feed.json": readsb([*rows_of(heard(sky())), *rows])}


def _parked() -> dict[str, str]:
    """Lands in Frankfurt, taxies in, and is switched off at the stand for the night."""
    parts = [
        (30.0, 420.0, 60.0, 34_000.0, 30_000.0),
        (20.0, 300.0, 60.0, 30_000.0, 4_000.0),
        (8.0, 150.0, 60.0, 4_000.0, 364.0),
    ]
    down = legs((47.3, 1.0), parts, 3 * HOUR_S)
    north, east = FRANKFURT[0] - down[-1].lat, FRANKFURT[1] - down[-1].lon
    down = [replace(row, lat=row.lat + north, lon=row.lon + east) for row in down]
    taxi = fly(TARGET, "TGT1", FRANKFURT, 70.0, 8.0, 12.0, 364.0, 10, down[-1].second + 10, ground=True)
    again = fly(TARGET, "TGT2", (taxi[-1].lat, taxi[-1].lon), 250.0, 8.0, 12.0, 364.0, 10, 8 * HOUR_S, ground=True)
    return {"feed.json": readsb([*rows_of(heard(sky())), *down, *taxi, *again])}


def _shared_address() -> dict[str, str]:
    """Three aircraft with one address of a test set, at the same time and far apart; each comes and goes beyond the horizon."""
    one = overhead(5 * HOUR_S, minutes=140.0)
    two = fly(TARGET, "TGT2", (57.8, 1.5), 170.0, 150.0, 410.0, 28_000.0, 10, 5 * HOUR_S + 1800)
    three = fly(TARGET, "TGT3", (42.0, 6.0), 0.0, 140.0, 450.0, 36_000.0, 10, 6 * HOUR_S)
    return {
        "feed.json": readsb([*rows_of(heard(sky())), *(row for flight in (one, two, three) for row in ears(flight))])
    }


def _unseen_landing() -> dict[str, str]:
    """Descends towards an aerodrome below everybody's coverage, lost at 9,000 ft, and is heard again on its way out two hours later."""
    parts = [(25.0, 430.0, 120.0, 35_000.0, 35_000.0), (25.0, 300.0, 120.0, 35_000.0, 1_500.0)]
    down = legs((49.5, 10.0), parts, 4 * HOUR_S)
    field = down[-1].lat, down[-1].lon
    up = legs(field, [(25.0, 300.0, 300.0, 1_500.0, 34_000.0), (110.0, 440.0, 300.0, 34_000.0, 34_000.0)], 6 * HOUR_S)
    return {"feed.json": readsb([*rows_of(heard(sky())), *ears(down), *ears(up)])}


def _weak() -> dict[str, str]:
    """A worn transponder is heard for a minute here and there along its way."""
    rng = np.random.default_rng(9)
    minutes = rng.random(80) < 0.25
    rows = [row for row in overhead() if minutes[(row.second - 7 * HOUR_S) // 60] and rng.random() < 0.5]
    return {"feed.json": readsb([*rows_of(heard(sky())), *rows])}


def _no_place_ever() -> dict[str, str]:
    """A fighter without ADS-B: altitude and squawk for twenty minutes, then no more."""
    rows = [replace(row, lat=np.nan, lon=np.nan, more={"type": "mode_s"}) for row in overhead(minutes=20.0)]
    return {"feed.json": _placeless(readsb([*rows_of(heard(sky())), *rows]))}


def _flaky() -> dict[str, str]:
    """A receiver whose program dies every half an hour and is started again after four minutes."""
    rows = [*rows_of(heard(sky(), SITES[:1])), *ears(overhead(), SITES[:1])]
    return {"feed.json": readsb([row for row in rows if row.second % 1800 > 240])}


def _long_haul() -> dict[str, str]:
    """Leaves eastward in the morning and comes back from the west in the afternoon, round the world as far as anybody hears."""
    out = overhead(2 * HOUR_S, minutes=140.0)
    back = fly(TARGET, "TGT2", (50.2, -5.0), 95.0, 150.0, 460.0, 37_000.0, 10, 7 * HOUR_S)
    return {"states.json": opensky([*rows_of(heard(sky())), *ears(out), *ears(back)])}


def _from_space() -> dict[str, str]:
    """Receivers on satellites hear everybody every half minute, and a customer gets a region of it; one aircraft is switched off."""
    rows = [row for row in rows_of(sky()) if 43.0 < row.lat < 56.5 and -4.0 < row.lon < 15.0]
    target = overhead(6 * HOUR_S, minutes=100.0, every_s=30)
    return {"states.csv": opensky_csv([*rows, *without(target, 6 * HOUR_S + 2400, 6 * HOUR_S + 3900)])}


def _emergency_descent() -> dict[str, str]:
    """Falls from FL350 to 3,000 ft within six minutes in the middle of what is heard, and is silent from there."""
    parts = [(30.0, 440.0, 55.0, 35_000.0, 35_000.0), (6.0, 380.0, 55.0, 35_000.0, 3_000.0)]
    return {"feed.json": readsb([*rows_of(heard(sky())), *legs((47.2, 3.0), parts, 7 * HOUR_S)])}


def _loss() -> dict[str, str]:
    """Two reports of ten are lost at random, everybody's; one is switched off for 25 min."""
    rng = np.random.default_rng(5)
    rows = [*rows_of(heard(sky())), *without(overhead(), 7 * HOUR_S + 1500, 7 * HOUR_S + 3000)]
    return {"feed.json": readsb([row for row in rows if rng.random() > 0.2])}


def _helicopter() -> dict[str, str]:
    """A rescue helicopter lands on a meadow for half an hour, and at a hospital."""
    parts = [(12.0, 130.0, 40.0, 400.0, 1_200.0), (1.0, 50.0, 40.0, 1_200.0, 500.0)]
    first = legs((48.9, 2.6), parts, 4 * HOUR_S)
    second = legs(
        (first[-1].lat, first[-1].lon),
        [(1.0, 50.0, 200.0, 500.0, 1_200.0), (14.0, 130.0, 200.0, 1_200.0, 700.0)],
        5 * HOUR_S,
    )
    return {"feed.sbs": sbs([*rows_of(heard(sky())), *ears([*first, *second])])}


STORIES: dict[str, Story] = {
    "switched off in the air": Story(_switched_off, 1, "military transports at FL300 over Europe whose transponders end in mid-air"),
    "off and on, OpenSky's table": Story(_off_and_on, 1, "the same, heard again 18 min and 145 km on"),
    "off and on, BaseStation": Story(_off_and_on_sbs, 1, "the same"),
    "across the ocean": Story(_ocean, 0, "airliners of the North Atlantic tracks between Ireland and Newfoundland"),
    "a box of states": Story(_box, 0, "queries of OpenSky by a box"),
    "under a ridge": Story(_mountain, 0, "receivers in alpine valleys"),
    "a light aircraft": Story(_low_flight, 0, "club flights at 2,500 ft"),
    "to a platform": Story(_rig, 0, "helicopters from Den Helder and Aberdeen to platforms"),
    "few at night": Story(_dusk, 0, "regional receivers at night"),
    "a receiver starts again": Story(_restart, 0, "updates of a receiver", outages=1),
    "one receiver of three": Story(_one_of_three, 0, "feeders that end", outages=1),
    "multilateration": Story(_multilateration, 0, "aircraft without ADS-B: type mlat and tisb_icao of readsb"),
    "no position for half an hour": Story(_jammed, 0, "jamming over the Baltic and the Black Sea: the position is lost and Mode S goes on"),
    "vehicles": Story(_vehicles, 0, "category C2 at airports"),
    "parked": Story(_parked, 0, "transponders off at the stand"),
    "one address for three": Story(_shared_address, 0, "addresses left as they came"),
    "landed unseen": Story(_unseen_landing, 0, "aerodromes below coverage"),
    "a worn transponder": Story(_weak, 0, "aircraft heard now and then, as by three receivers in the Ganges delta"),
    "a program that dies": Story(_flaky, 0, "receivers on small computers that run out of memory"),
    "round the world": Story(_long_haul, 0, "long-haul airframes"),
    "heard from space": Story(_from_space, 1, "space-based ADS-B"),
    "an emergency descent": Story(_emergency_descent, 0, "rapid descents after loss of pressure"),
    "two of ten lost": Story(_loss, 1, "overloaded links"),
    "a rescue helicopter": Story(_helicopter, 0, "landings off aerodromes"),
    "never a place": Story(_no_place_ever, 0, "fighters without ADS-B"),
}  # fmt: skip
