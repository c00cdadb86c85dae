"""Stories of craft in company, laid by hand after public reports: ships and aircraft by legs, written as the feeds that people have.

A :class:`Craft` is a track by the minute; its reports are written as NMEA (messages 1, 18, 5 and 24), as CSV, or of aircraft as JSON lines and CSV. All
follows from the seed of the story, and no story knows a threshold.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.geodesy import bearing_deg, destination, distance_km, interpolate
from tracker.simulate import ais_encoder

START_S = 1_772_323_200
"""1 March 2026, 00:00 UTC."""
KM_PER_NM = 1.852
Spot = tuple[float, float]


@dataclass
class Craft:
    """One craft: who it is, and where it is at each minute since ``START_S``; a new one has nowhere been."""

    identity: int
    name: str
    ship_type: int = 70
    length_m: float = 190.0
    every_min: float = 3.0
    class_b: bool = False
    draughts: Sequence[tuple[float, float]] = ((0.0, 9.0),)
    from_min: float = 0.0
    category: str = "A3"
    time_min: list[float] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    headings: list[float] = field(default_factory=list)
    states: list[int] = field(default_factory=list)
    feet: list[float] = field(default_factory=list)
    silences: list[tuple[float, float]] = field(default_factory=list)
    height_ft: float = 35_000.0
    step_min: float = 1.0

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(zlib.crc32(f"{self.identity} {self.name}".encode()))

    @property
    def now(self) -> float:
        """Minutes at the end of what is laid."""
        return self.time_min[-1] if self.time_min else self.from_min

    @property
    def here(self) -> Spot:
        """Where it is at the end of what is laid."""
        return self.spots[-1]

    def _to(self, minute: float, spot: Spot, heading: float, status: int) -> None:
        self.time_min.append(minute)
        self.spots.append((float(spot[0]), float(spot[1])))
        self.headings.append(float(heading) % 360.0)
        self.states.append(status)
        self.feet.append(self.height_ft)

    def at(self, spot: Spot, heading: float = 0.0, status: int = 0) -> Self:
        """Begin at a spot."""
        self._to(self.now, spot, heading, status)
        return self

    def run(self, minutes: float, kn: float, course: float, status: int = 0) -> Self:
        """Steer a course."""
        start, begun = self.here, self.now
        for minute in _minutes(minutes, self.step_min):
            self._to(begun + minute, destination(*start, course, kn * KM_PER_NM * minute / 60.0), course, status)
        return self

    def sail(self, to: Spot, kn: float, status: int = 0) -> Self:
        """Go to a spot by the great circle."""
        start, begun = self.here, self.now
        km = float(distance_km(*start, *to))
        span = km / KM_PER_NM / kn * 60.0
        for minute in _minutes(span, self.step_min):
            spot = interpolate(*start, *to, np.float64(min(1.0, minute / span)))
            self._to(begun + minute, spot, float(bearing_deg(*self.here, *to)), status)
        return self

    def drift(
        self, minutes: float, kn: float = 0.8, toward: float = 90.0, status: int = 0, wander: float = 25.0
    ) -> Self:
        """Adrift with stopped engines: set a way that wanders, the head anywhere."""
        begun, way, head = self.now, 0.0, float(self.rng.uniform(0, 360))
        for minute in _minutes(minutes, self.step_min):
            way = 0.97 * way + float(self.rng.normal(0.0, wander * 0.24))
            spot = destination(*self.here, toward + way, kn * KM_PER_NM / 60.0 * (begun + minute - self.now))
            head += float(self.rng.normal(0.0, 1.5))
            self._to(begun + minute, spot, head, status)
        return self

    def anchor(self, minutes: float, radius_m: float = 180.0, status: int = 1) -> Self:
        """Swing about an anchor that lies so far ahead, with tide and wind."""
        begun, anchor = self.now, destination(*self.here, self.headings[-1], radius_m / 1000.0)
        head, base = self.headings[-1], self.headings[-1]
        for minute in _minutes(minutes, self.step_min):
            base += float(self.rng.normal(0.0, 0.4))
            head = base + 8.0 * np.sin(minute / 7.0) + 70.0 * np.sin(2 * np.pi * (begun + minute) / 745.0)
            self._to(begun + minute, destination(*anchor, head + 180.0, radius_m / 1000.0), head, status)
        return self

    def lie(self, minutes: float, status: int = 5) -> Self:
        """Lie still."""
        begun, spot, head = self.now, self.here, self.headings[-1]
        for minute in _minutes(minutes, self.step_min):
            self._to(begun + minute, spot, head, status)
        return self

    def box(
        self, minutes: float, side_km: float = 4.0, drift_kn: float = 0.9, toward: float = 110.0, back_kn: float = 6.0
    ) -> Self:
        """Drift across a box and sail back to its windward side, again and again."""
        until, home = self.now + minutes, self.here
        while self.now < until:
            self.drift(min(side_km / KM_PER_NM / drift_kn * 60.0, until - self.now), drift_kn, toward)
            if self.now < until:
                self.sail(home, back_kn)
        return self

    def mow(self, minutes: float, kn: float, line_km: float, apart_km: float, course: float, status: int = 3) -> Self:
        """Go to and fro on parallel lines."""
        until, way = self.now + minutes, course
        while self.now < until:
            self.run(min(line_km / KM_PER_NM / kn * 60.0, until - self.now), kn, way, status)
            if self.now < until:
                self.run(min(apart_km / KM_PER_NM / kn * 60.0, until - self.now), kn, course + 90.0, status)
            way += 180.0
        return self

    def beside(
        self, other: Craft, minutes: float, away_m: float = 70.0, off_deg: float = 90.0, status: int = 0
    ) -> Self:
        """Keep station on another one: made fast, or in formation."""
        begun = self.now
        for minute in _minutes(minutes, self.step_min):
            spot, head, feet = other.place(begun + minute)
            self.height_ft = feet
            self._to(begun + minute, destination(*spot, head + off_deg, away_m / 1000.0), head, status)
        return self

    def meet(self, other: Craft, minute: float, kn: float, away_m: float = 70.0, off_deg: float = 90.0) -> Self:
        """Come alongside another one at a minute, from where it is now: slower than asked where there is time left, and with only a beginning laid, later."""
        spot, head, _ = other.place(minute)
        goal = destination(*spot, head + off_deg, away_m / 1000.0)
        goal = float(goal[0]), float(goal[1])
        span = float(distance_km(*self.here, *goal)) / KM_PER_NM / kn * 60.0
        wait = minute - self.now - span
        if wait < -1e-6:
            raise ValueError(f"{self.name} is {-wait:.0f} min too far off")
        if len(self.time_min) == 1:
            self.time_min[0] += wait
        elif wait > 0:
            self.run(wait / 2.0, kn, self.headings[-1])
            span = float(distance_km(*self.here, *goal)) / KM_PER_NM / kn * 60.0
            kn *= span / (minute - self.now)
        return self.sail(goal, kn)

    def place(self, minute: float) -> tuple[Spot, float, float]:
        """Where it is at a minute, its heading and height."""
        times = np.array(self.time_min)
        spots = np.unwrap(np.radians(np.array(self.spots)), axis=0)
        lat, lon = (float(np.degrees(np.interp(minute, times, spots[:, n]))) for n in (0, 1))
        head = self.headings[min(len(times) - 1, int(np.searchsorted(times, minute)))]
        return (lat, (lon + 180.0) % 360.0 - 180.0), head, float(np.interp(minute, times, self.feet))

    def reports(self, noise_m: float = 5.0) -> dict[str, NDArray[Any]]:
        """What it sends: minutes, places, speeds, courses, headings, states and heights."""
        times = np.array(self.time_min)
        pace = self.every_min
        sent = np.arange(times[0] + self.rng.uniform(0.0, pace), times[-1], pace)
        sent = np.sort(sent + self.rng.uniform(-0.2, 0.2, len(sent)) * pace)
        sent = sent[(sent > times[0]) & (sent < times[-1])]
        for first, last in self.silences:
            sent = sent[(sent < first) | (sent > last)]
        spots = np.unwrap(np.radians(np.array(self.spots)), axis=0)

        def where(at: NDArray[Any]) -> NDArray[Any]:
            return np.degrees(np.array([np.interp(at, times, spots[:, n]) for n in (0, 1)]))

        lat, lon = where(sent)
        half = min(0.5, pace)
        back, ahead = where(np.maximum(sent - half, times[0])), where(np.minimum(sent + half, times[-1]))
        span = np.minimum(sent + half, times[-1]) - np.maximum(sent - half, times[0])
        kn = distance_km(*back, *ahead) / KM_PER_NM / (span / 60.0)
        course = np.where(kn > 0.1, bearing_deg(*back, *ahead), self.rng.uniform(0, 360, len(sent)))
        off = self.rng.normal(0.0, noise_m / 111_000.0, (2, len(sent)))
        index = np.clip(np.searchsorted(times, sent), 0, len(times) - 1)
        return {
            "minute": sent, "lat": lat + off[0], "lon": (lon + off[1] / np.cos(np.radians(lat)) + 180.0) % 360.0 - 180.0, "kn": kn,
            "course": course % 360.0, "heading": np.array(self.headings)[index], "status": np.array(self.states)[index],
            "feet": np.interp(sent, times, np.array(self.feet)),
        }  # fmt: skip

    def until(self, minute: float, kn: float = 12.0, course: float | None = None) -> Self:
        """Sail on till a minute."""
        return self.run(minute - self.now, kn, self.headings[-1] if course is None else course)

    def draught(self, minute: float) -> float:
        """What it says of its draught at a minute."""
        return [metres for since, metres in self.draughts if since <= minute or since == 0.0][-1]


def _minutes(span: float, step: float) -> list[float]:
    whole = [step * n for n in range(1, int(span / step + 1e-9) + 1)]
    return whole if whole and abs(whole[-1] - span) < 1e-9 else [*whole, span]


def lane(
    first: int,
    one: Spot,
    two: Spot,
    hours: float,
    every_h: float = 1.5,
    kn: float = 13.0,
    ships: int = 40,
    aside_km: float = 2.5,
) -> list[Craft]:
    """Ships that pass on a lane in both directions, each in its own track: who tells that a place is heard."""
    rng, found = np.random.default_rng(first), []
    span_min = float(distance_km(*one, *two)) / KM_PER_NM / kn * 60.0
    for n in range(min(ships, int((hours + span_min / 60.0) / every_h))):
        there, back = (one, two) if n % 2 else (two, one)
        right = float(bearing_deg(*there, *back)) + 90.0
        aside = aside_km * (1.0 + rng.uniform(0.0, 1.0))
        ends = [destination(*end, right, aside) for end in (there, back)]
        name = f"PASSER {n}"
        ship = Craft(first + n, name, 70 + n % 5, 150.0 + n, from_min=n * every_h * 60.0 - span_min)
        found.append(ship.at(ends[0]).sail(ends[1], kn + float(rng.uniform(-1.0, 2.0))))
    return found


def stamp(minute: float) -> str:
    """ISO time of a minute."""
    return datetime.fromtimestamp(START_S + round(minute * 60.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_csv(crafts: Iterable[Craft]) -> bytes:
    """One table of all, as archives of AIS are."""
    head = "mmsi,timestamp,lat,lon,speed,course,heading,status,name,imo,callsign,vesseltype,draught,length,width,transceiverclass"
    rows: list[tuple[float, str]] = []
    for craft in crafts:
        sent = craft.reports()
        for n, minute in enumerate(sent["minute"].tolist()):
            if minute < 0:
                continue
            own = (
                (
                    f"{sent['heading'][n]:.0f}",
                    str(sent["status"][n]),
                    str(_imo(craft)),
                    f"{craft.draught(minute):.1f}",
                    "A",
                )
                if not craft.class_b
                else ("", "", "", "", "B")
            )
            line = (
                f"{craft.identity},{stamp(minute)},{sent['lat'][n]:.6f},{sent['lon'][n]:.6f},{sent['kn'][n]:.1f},{sent['course'][n]:.1f},"
                f"{own[0]},{own[1]},{craft.name},{own[2]},{_call_sign(craft)},{craft.ship_type},{own[3]},{craft.length_m:.0f},"
                f"{craft.length_m / 6:.0f},{own[4]}"
            )
            rows.append((minute, line))
    return "\n".join([head, *[line for _, line in sorted(rows)], ""]).encode()


def as_nmea(crafts: Iterable[Craft]) -> bytes:
    """Tagged sentences of one station; statics every half hour and whenever the draught changes."""
    rows: list[tuple[float, bytes]] = []
    for number, craft in enumerate(crafts):
        sent = craft.reports()
        sent = {name: values[sent["minute"] >= 0] for name, values in sent.items()}
        count = len(sent["minute"])
        if not count:
            continue
        epoch = START_S + np.rint(sent["minute"] * 60.0).astype(np.int64)
        mmsi = np.full(count, craft.identity)
        place = sent["kn"], sent["lat"], sent["lon"], sent["course"]
        if craft.class_b:
            payload = ais_encoder.class_b_position(mmsi, *place, np.full(count, np.nan), epoch % 60)
        else:
            payload = ais_encoder.class_a_position(
                1, mmsi, sent["status"], np.full(count, np.nan), *place, sent["heading"], epoch % 60
            )
        lines = ais_encoder.single_sentences(payload, 0, np.zeros(count, dtype=bool), _station(count), epoch)
        rows += [(float(at), bytes(line)) for at, line in zip(sent["minute"], lines, strict=True)]
        rows += _statics(craft, number, sent["minute"])
    return b"".join(line for _, line in sorted(rows))


def _station(count: int) -> NDArray[Any]:
    return np.full(count, b"STORY")


def _statics(craft: Craft, number: int, minutes: NDArray[Any]) -> list[tuple[float, bytes]]:
    marks = [float(minutes[0]) + 0.05]
    for minute in minutes.tolist():
        if minute - marks[-1] >= 30.0 or craft.draught(minute) != craft.draught(marks[-1]):
            marks.append(minute + 0.05)
    found = []
    for n, at in enumerate(marks):
        epoch = np.array([START_S + round(at * 60.0)])
        one, mmsi = np.zeros(1, dtype=bool), np.array([craft.identity])
        if craft.class_b:
            parts = [
                ais_encoder.class_b_name(mmsi, [craft.name]),
                ais_encoder.class_b_ship(
                    mmsi, craft.ship_type, [_call_sign(craft)], craft.length_m, craft.length_m / 6
                ),
            ]
            lines = [
                ais_encoder.single_sentences(part, fill, one, _station(1), epoch)
                for part, fill in zip(parts, (2, 0), strict=True)
            ]
        else:
            payload = ais_encoder.class_a_static(
                mmsi, _imo(craft), [_call_sign(craft)], [craft.name], craft.ship_type, craft.length_m, craft.length_m / 6, 0, 0, 24, 60,
                craft.draught(at), [""],
            )  # fmt: skip
            lines = list(ais_encoder.double_sentences(payload, 2, one, _station(1), epoch, np.array([number * 97 + n])))
        found.append((at, b"".join(bytes(line) for pair in lines for line in pair)))
    return found


def _imo(craft: Craft) -> int:
    """A hull number whose check digit is right."""
    base = 900_000 + craft.identity % 99_999
    return base * 10 + sum(int(digit) * weight for digit, weight in zip(str(base), range(7, 1, -1), strict=True)) % 10


def _call_sign(craft: Craft) -> str:
    return f"C{craft.identity % 100_000:05d}"


def as_json_lines(crafts: Iterable[Craft]) -> bytes:
    """State vectors of aircraft, one a line."""
    rows = []
    for craft in crafts:
        sent = craft.reports(15.0)
        rate = np.gradient(sent["feet"], sent["minute"])
        for n, minute in enumerate(sent["minute"].tolist()):
            row = {
                "icao24": f"{craft.identity:06x}", "latitude": round(float(sent["lat"][n]), 6), "longitude": round(float(sent["lon"][n]), 6),
                "altitude": round(float(sent["feet"][n]) / 25.0) * 25, "groundspeed": round(float(sent["kn"][n]), 1),
                "track": round(float(sent["course"][n]), 1), "vertical_rate": round(float(rate[n]) / 64.0) * 64, "onground": False,
                "callsign": craft.name, "squawk": "2345", "nic": 8, "nac_p": 9, "category": craft.category,
                "timestamp": round(START_S + minute * 60.0, 2),
            }  # fmt: skip
            rows.append((minute, json.dumps(row)))
    return "\n".join([*[line for _, line in sorted(rows)], ""]).encode()


def as_air_csv(crafts: Iterable[Craft]) -> bytes:
    """The same as a table."""
    lines = [json.loads(line) for line in as_json_lines(crafts).splitlines()]
    head = [
        "icao24",
        "timestamp",
        "latitude",
        "longitude",
        "altitude",
        "groundspeed",
        "track",
        "vertical_rate",
        "callsign",
    ]
    rows = [",".join(str(line[name]) for name in head) for line in lines]
    return "\n".join([",".join(head), *rows, ""]).encode()


WRITERS = {"nmea": as_nmea, "csv": as_csv, "jsonl": as_json_lines, "air.csv": as_air_csv}


def written(crafts: Iterable[Craft], form: str, folder: Path) -> Path:
    """The story as a file."""
    path = folder / f"story.{form}"
    path.write_bytes(WRITERS[form](crafts))
    return path
