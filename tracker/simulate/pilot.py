"""A light aircraft flown by hand: five-second steps, three degrees of turn a second, towards points and heights.

Each method adds steps to the log; ``flight`` makes a ``Flight`` of it. Heights are above mean sea level, in feet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from models.angles import difference, wrap_course
from models.geodesy import bearing_deg, destination, distance_km
from tracker.simulate.air import STEP_S, Flight
from tracker.units import KM_PER_NM

TURN_DEG_S = 3.0
CLIMB_FTMIN = 600.0
_SLOWING_KN_STEP = 8.0


def beyond(lat: float, lon: float, course_deg: float, run_km: float) -> tuple[float, float]:
    """The point a great circle leads to."""
    there = destination(lat, lon, course_deg, run_km)
    return float(there[0]), float(there[1])


@dataclass(slots=True)
class Pilot:
    """An aircraft at a place, and all it did so far."""

    lat_deg: float
    lon_deg: float
    ft: float
    course_deg: float
    kn: float = 0.0
    log: list[tuple[float, float, float, float, float, bool]] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        """Seconds since the log began."""
        return len(self.log) * STEP_S

    def stand(self, seconds: float) -> None:
        """On the ground, at rest."""
        self.kn = 0.0
        for _ in range(int(seconds / STEP_S)):
            self._log(True)

    def taxi(self, seconds: float, kn: float = 12.0) -> None:
        """On the ground, straight on."""
        for _ in range(int(seconds / STEP_S)):
            self.kn = kn
            self._move(0.0, self.ft, True)

    def steps(self, seconds: float, turn_deg_s: float, kn: float, ft: float) -> None:
        """In the air for some time, turning evenly, towards a speed and a height."""
        for _ in range(max(1, int(seconds / STEP_S))):
            self._speed(kn)
            self._move(turn_deg_s * STEP_S, ft, False)

    def go_to(
        self, goal: tuple[float, float], kn: float, ft: float, within_km: float = 0.6, limit_s: float = 7200.0
    ) -> None:
        """In the air to a point."""
        for _ in range(int(limit_s / STEP_S)):
            if float(distance_km(self.lat_deg, self.lon_deg, *goal)) <= within_km:
                return
            off = float(difference(bearing_deg(self.lat_deg, self.lon_deg, *goal), self.course_deg))
            self._speed(kn)
            self._move(math.copysign(min(abs(off), TURN_DEG_S * STEP_S), off), ft, False)

    def land_at(
        self, lat: float, lon: float, field_ft: float, final_deg: float, kn: float = 65.0, final_km: float = 5.0
    ) -> float:
        """A straight final approach of four degrees to a point and a stop there; returns the second of the touchdown."""
        start = beyond(lat, lon, final_deg + 180.0, final_km)
        top_ft = field_ft + final_km * 230.0
        self.go_to(start, kn + 20.0, top_ft, 0.8)
        while (left_km := float(distance_km(self.lat_deg, self.lon_deg, lat, lon))) > 0.25 and len(self.log) < 20_000:
            off = float(difference(bearing_deg(self.lat_deg, self.lon_deg, lat, lon), self.course_deg))
            if abs(off) > 90.0 and left_km < 0.8:
                break
            self._speed(kn)
            self._move(
                math.copysign(min(abs(off), TURN_DEG_S * STEP_S), off),
                min(self.ft, field_ft + left_km * 230.0),
                False,
                free=True,
            )
        touched_s = self.now_s
        self.ft = field_ft
        for kn_now in (45.0, 25.0, 10.0, 5.0):
            self.kn = kn_now
            self._move(0.0, field_ft, True)
        return touched_s

    def take_off(self, ft: float, kn: float = 80.0) -> None:
        """Roll and climb straight ahead to a height."""
        for kn_now in (20.0, 45.0, 60.0):
            self.kn = kn_now
            self._move(0.0, self.ft, True)
        while self.ft < ft:
            self._speed(kn)
            self._move(0.0, ft, False)

    def flight(self, begun_s: float, address: int, call_sign: str, origin: str, category: str, story: str) -> Flight:
        """The log as a flight."""
        lat, lon, ft, course, kn, ground = (np.array(column) for column in zip(*self.log, strict=True))
        return Flight(
            address=address, call_sign=call_sign, registration="", squawk=7000, origin=origin, declared=origin, landed=origin,
            time_s=np.asarray(begun_s + np.arange(len(lat)) * STEP_S, dtype=np.float64), lat=lat, lon=lon, altitude_ft=ft, speed_kn=kn, track_deg=course,
            climb_ftmin=np.gradient(ft) * 60.0 / STEP_S, on_ground=ground.astype(np.bool_), story=story, category=category,
        )  # fmt: skip

    def _speed(self, kn: float) -> None:
        self.kn += min(max(kn - self.kn, -_SLOWING_KN_STEP), _SLOWING_KN_STEP)

    def _move(self, turn_deg: float, ft: float, on_ground: bool, *, free: bool = False) -> None:
        self.course_deg = float(wrap_course(self.course_deg + turn_deg))
        most_ft = math.inf if free else CLIMB_FTMIN / 60.0 * STEP_S
        self.ft += min(max(ft - self.ft, -most_ft), most_ft)
        run_km = self.kn * KM_PER_NM / 3600.0 * STEP_S
        lat, lon = destination(self.lat_deg, self.lon_deg, self.course_deg, run_km)
        self.lat_deg, self.lon_deg = float(lat), float(lon)
        self._log(on_ground)

    def _log(self, on_ground: bool) -> None:
        self.log.append((self.lat_deg, self.lon_deg, self.ft, self.course_deg, self.kn, on_ground))
