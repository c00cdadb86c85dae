"""Made ships and aircraft as feeds write them: NMEA, MarineCadastre, aisstream, readsb snapshots, OpenSky states.

A ship is a list of rows with the position said and the true one unknown to the feed; writers put rows of any number of craft in time order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import numpy as np

from models.geodesy import destination
from tracker.simulate import ais_encoder as ais

T0_S = 1_772_323_200
"""1 March 2026, 00:00 UTC."""


@dataclass(frozen=True)
class Said:
    """What a ship says of itself."""

    mmsi: int
    name: str = ""
    imo: int = 0
    call_sign: str = ""
    ship_type: int = 80
    length_m: int = 180
    draught_m: float = 8.0
    destination: str = ""


@dataclass(frozen=True)
class Row:
    """One report: seconds since :data:`T0_S`, who, where, how fast and whither."""

    second: int
    said: Said
    lat: float
    lon: float
    knots: float
    course: float
    status: int = 0
    accurate: bool = True


@dataclass(frozen=True)
class Air:
    """One row of an aircraft."""

    second: int
    address: str
    flight: str
    lat: float
    lon: float
    feet: float
    knots: float
    course: float
    squawk: str | None = "1000"
    ground: bool = False
    quality: int = 8
    more: dict[str, Any] = field(default_factory=dict)


def sail(
    said: Said,
    place: tuple[float, float],
    parts: Iterable[tuple[float, float, float]],
    every_s: int = 120,
    first_s: int = 0,
) -> list[Row]:
    """A ship on legs of (minutes, knots, course)."""
    rows, second, begin = [], float(first_s), float(first_s)
    for minutes, knots, course in parts:
        while second < begin + minutes * 60.0:
            lat, lon = destination(*place, course, knots * 1.852 * (second - begin) / 3600.0)
            rows.append(Row(round(second), said, float(lat), float(lon), knots, course))
            second += every_s
        place = tuple(float(v) for v in destination(*place, course, knots * 1.852 * minutes / 60.0))  # type: ignore[assignment]
        begin += minutes * 60.0
    return rows


def neighbours(place: tuple[float, float], count: int = 6, hours: float = 10.0, every_s: int = 180) -> list[Row]:
    """Ordinary ships that pass, so that a feed is one."""
    rows: list[Row] = []
    for k in range(count):
        start = tuple(float(v) for v in destination(*place, 360.0 * k / count, 25.0 + 5.0 * k))
        said = Said(232_000_100 + k, f"PASSER {'ABCDEFGHIJ'[k]}", 0, f"MPAS{k}", 70, 120 + 10 * k)
        rows += sail(said, start, [(60.0 * hours, 9.0 + k, 40.0 + 57.0 * k)], every_s, first_s=7 * k)
    return rows


def fly(
    address: str, flight: str, place: tuple[float, float], course: float, minutes: float, knots: float = 440.0, feet: float = 35000.0,
    every_s: int = 10, first_s: int = 0, **more: Any,
) -> list[Air]:  # fmt: skip
    """A straight flight."""
    seconds = np.arange(0, minutes * 60, every_s)
    lats, lons = destination(*place, course, knots * 1.852 * seconds / 3600.0)
    return [
        Air(first_s + int(s), address, flight, float(lat), float(lon), feet, knots, course, **more)
        for s, lat, lon in zip(seconds, lats, lons, strict=True)
    ]


def moved(
    rows: Sequence[Any], first_s: float, last_s: float, place: Any, share: float = 1.0, seed: int = 1, **changes: Any
) -> list[Any]:
    """A share of the rows between two seconds at another place: (row, random numbers) -> (lat, lon)."""
    rng = np.random.default_rng(seed)
    return [
        replace(row, **dict(zip(("lat", "lon"), map(float, place(row, rng)), strict=True)), **changes)
        if first_s <= row.second < last_s and rng.random() < share
        else row
        for row in rows
    ]  # fmt: skip


def iso(second: float, form: str = "%Y-%m-%dT%H:%M:%S") -> str:
    """A time of a story in letters."""
    return datetime.fromtimestamp(T0_S + second, UTC).strftime(form)


def marinecadastre(rows: Sequence[Row]) -> str:
    """The table of NOAA, 2018 and after."""
    head = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,TransceiverClass\n"
    return head + "".join(
        f"{r.said.mmsi},{iso(r.second)},{r.lat:.5f},{r.lon:.5f},{r.knots:.1f},{r.course % 360.0:.1f},{round(r.course) % 360},{r.said.name},"
        f"{f'IMO{r.said.imo}' if r.said.imo else ''},{r.said.call_sign},{r.said.ship_type},{r.status},{r.said.length_m},"
        f"{r.said.length_m // 6},{r.said.draught_m},{r.said.ship_type},A\n"
        for r in sorted(rows, key=lambda row: row.second)
    )  # fmt: skip


def aisstream(rows: Sequence[Row], static_every: int = 6) -> str:
    """Messages of aisstream.io, one a line."""
    lines, count = [], {}
    for r in sorted(rows, key=lambda row: row.second):
        about = {"MMSI": r.said.mmsi, "MMSI_String": r.said.mmsi, "ShipName": r.said.name.ljust(20), "latitude": r.lat, "longitude": r.lon,
                 "time_utc": iso(r.second, "%Y-%m-%d %H:%M:%S") + ".000000000 +0000 UTC"}  # fmt: skip
        body = {"MessageID": 1, "UserID": r.said.mmsi, "Latitude": r.lat, "Longitude": r.lon, "Sog": round(r.knots, 1), "Cog": round(r.course % 360.0, 1),
                "TrueHeading": round(r.course) % 360, "NavigationalStatus": r.status, "RateOfTurn": 0, "Timestamp": r.second % 60,
                "PositionAccuracy": r.accurate, "Valid": True}  # fmt: skip
        lines.append({"Message": {"PositionReport": body}, "MessageType": "PositionReport", "MetaData": about})
        count[r.said] = count.get(r.said, -1) + 1
        if count[r.said] % static_every == 0:
            stern = r.said.length_m // 5
            static = {"UserID": r.said.mmsi, "CallSign": r.said.call_sign, "Name": r.said.name, "ImoNumber": r.said.imo, "Type": r.said.ship_type,
                      "Dimension": {"A": r.said.length_m - stern, "B": stern, "C": 10, "D": 10}, "MaximumStaticDraught": r.said.draught_m,
                      "Destination": r.said.destination, "Eta": {"Month": 0, "Day": 0, "Hour": 24, "Minute": 60}, "Valid": True}  # fmt: skip
            lines.append({"Message": {"ShipStaticData": static}, "MessageType": "ShipStaticData", "MetaData": about})
    return "".join(json.dumps(line) + "\n" for line in lines)


def nmea(rows: Sequence[Row], static_every: int = 6) -> str:
    """AIVDM with tag blocks; message 5 with every sixth report."""
    out, count, group = [], {}, 0
    for r in sorted(rows, key=lambda row: row.second):
        payload = ais.class_a_position(
            1,
            [r.said.mmsi],
            r.status,
            0.0,
            [r.knots],
            [r.lat],
            [r.lon],
            [r.course % 360.0],
            [r.course % 360.0],
            [r.second % 60],
        )
        out.append(ais.single_sentences(payload, 0, [False], [b"MADE1"], [T0_S + r.second]))
        count[r.said] = count.get(r.said, -1) + 1
        if count[r.said] % static_every == 0:
            s, group = r.said, group + 1
            payload = ais.class_a_static(
                [s.mmsi], [s.imo], [s.call_sign], [s.name], [s.ship_type], [s.length_m], [s.length_m // 6], 0, 0, 24, 60, [s.draught_m], [s.destination]
            )  # fmt: skip
            out += ais.double_sentences(payload, 2, [False], [b"MADE1"], [T0_S + r.second], [group])
    return b"".join(line.tobytes() for line in out).decode("ascii")


def readsb(rows: Sequence[Air]) -> str:
    """Snapshots of aircraft.json, one a line."""
    lines = []
    for second, some in groupby(sorted(rows, key=lambda row: row.second), key=lambda row: row.second):
        aircraft = [
            {"hex": r.address, "type": "adsb_icao", "flight": r.flight.ljust(8), "alt_baro": "ground" if r.ground else round(r.feet), "gs": r.knots,
             "track": r.course % 360.0, "lat": round(r.lat, 6), "lon": round(r.lon, 6), "nic": r.quality, "rc": 186, "nac_p": min(r.quality + 1, 9) if r.quality else 0,
             "sil": 3, "version": 2, "seen": 0.1, "seen_pos": 0.2, **({} if r.squawk is None else {"squawk": r.squawk}), **r.more}
            for r in some
        ]  # fmt: skip
        lines.append({"now": T0_S + second + 0.3, "messages": 1000, "aircraft": aircraft})
    return "".join(json.dumps(line) + "\n" for line in lines)


def opensky(rows: Sequence[Air]) -> str:
    """States of OpenSky's interface, one answer a line."""
    lines = []
    for second, some in groupby(sorted(rows, key=lambda row: row.second), key=lambda row: row.second):
        now = T0_S + second
        states = [
            [r.address, r.flight.ljust(8), "Germany", now, now, round(r.lon, 5), round(r.lat, 5), round(r.feet * 0.3048, 1), r.ground,
             round(r.knots * 0.514444, 1), r.course % 360.0, 0.0, None, round(r.feet * 0.3048 + 60.0, 1), r.squawk, False, 0]
            for r in some
        ]  # fmt: skip
        lines.append({"time": now, "states": states})
    return "".join(json.dumps(line) + "\n" for line in lines)
