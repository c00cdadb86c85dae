"""The ways that a craft lost may have gone: places on each at even steps of time, the likeliest way first.

While it is silent a fan of ways is laid out from its last position at its last speed, each with the weight of craft really doing so (a ship in
passage holds its course; a turn of more than 40 degrees in the ten minutes after any given report is a matter of a few per cent, and lies
within the cell where it was last heard for most of that time). A ship heard again came by one of the ways of :func:`ways_back`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.geodesy import EARTH_RADIUS_KM, KM_PER_NM, bearing_deg_scalar, distance_km_scalar
from tracker.detectors.silence.columns import AIRCRAFT
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.lost import Return, Silence

TURNS_DEG: Final = np.array([0.0, -10.0, 10.0, -20.0, 20.0, -45.0, 45.0, -90.0, 90.0, 180.0, 0.0])
WEIGHTS: Final = np.array([0.36, 0.21, 0.21, 0.08, 0.08, 0.012, 0.012, 0.008, 0.008, 0.005, 0.015])
"""The fan; the last way is to stop."""
AHEAD: Final = slice(0, 5)
SURPRISING: Final = 0.3
"""A silence likelier than this while the transmitter is on is not at all surprising, and is looked at again only when it has grown by half."""
STEPS: Final = 12
SHARES: Final = (np.arange(STEPS) + 0.5) / STEPS
"""The middles of the steps, as shares of a way."""
_OTHERS: Final = np.array([0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2])
"""Of all ways back but the straight one: on and back, off to either side by half and by all of what it had time for, lying first, lying last."""
_ROUNDING: Final = 1.001
_LEAST_OTHER: Final = 0.1
_MOST_OTHER: Final = 0.8
"""Weight of them all, where hardly any time is left over for them; and where nearly all is."""
_ASIDE: Final = ((90.0, 0.5), (-90.0, 0.5), (90.0, 1.0), (-90.0, 1.0))
_CORNERS: Final = 1 + len(_ASIDE)


class Point(NamedTuple):
    """A place, in degrees."""

    lat_deg: float
    lon_deg: float


def fans(
    silences: Sequence[Silence], after_s: NDArray[np.float64], ways: int = len(TURNS_DEG)
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the fans of some craft, shape (craft, ways, steps), at seconds after each was lost, shape (craft, steps).

    ``ways`` is how many of each are laid out, the straight one first.
    """
    start = np.array([(s.lat_deg, s.lon_deg, s.course_deg, s.speed_kn, s.since_us - s.pos_us) for s in silences])
    course, speed = np.nan_to_num(start[:, 2]), np.nan_to_num(start[:, 3])
    run_km = (speed * KM_PER_NM)[:, None] * (after_s + start[:, 4:] / 1e6) / 3600.0
    lat, lon = np.empty((2, len(silences), ways, after_s.shape[1]))
    _lay_fans(start[:, :2], course, run_km, lat, lon)
    return lat, lon


def fan(silence: Silence, after_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The fan of one craft, shape (ways, steps)."""
    lat, lon = fans([silence], after_s[None])
    return lat[0], lon[0]


def begins_covered(
    covered: NDArray[np.bool_], age_s: float, silence: Silence, config: SilenceConfig, for_s: float | None = None
) -> bool:
    """Whether the first hour (aircraft: five minutes; else ``for_s``) of the way it took lies where craft are heard: that was no edge of coverage."""
    begun_s = age_s / STEPS * int(np.logical_and.accumulate(covered).sum())
    return begun_s >= (for_s or (config.gap_min_air_s if silence.kind == AIRCRAFT else config.gap_min_ship_s))


def least_if_straight(limit: float) -> float:
    """From this probability of silence on the straight way on, the silence is within no limit and not at all surprising, whatever the others say.

    No way of the fan takes weight from the straight one (``sea.along_the_shore``).
    """
    return _ROUNDING * max(SURPRISING, limit) / float(WEIGHTS[0])


def ways_back(silence: Silence, back: Return) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Ways from where a ship was lost to where it was heard again, shape (ways, steps), and their weights; the straight one first."""
    begin, end = Point(silence.lat_deg, silence.lon_deg), Point(back.lat_deg, back.lon_deg)
    km = float(distance_km_scalar(*begin, *end))
    hours = (back.pos_us - silence.pos_us) / 3.6e9
    own_km = (0.0 if math.isnan(silence.speed_kn) else silence.speed_kn) * KM_PER_NM * hours
    return ways_between(begin, end, silence.course_deg, km, max(own_km, km, 1e-3))


def ways_between(
    begin: Point, end: Point, course_deg: float, km: float, room_km: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The same between two places ``km`` apart, for a ship lost on a course (NaN: unknown) that had time for ``room_km``."""
    lat, lon = np.empty((2, 1 + len(_OTHERS), STEPS))
    _lay_back(begin, end, course_deg, room_km, lat, lon)
    other = _LEAST_OTHER + (_MOST_OTHER - _LEAST_OTHER) * (1.0 - km / room_km)
    return lat, lon, np.concatenate([[1.0 - other], other * _OTHERS])


@numba.njit(cache=True, nogil=True)
def _lay_fans(
    start_deg: NDArray[np.float64],
    course_deg: NDArray[np.float64],
    run_km: NDArray[np.float64],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
) -> None:
    """Great circles from each start (latitude, longitude), one per turn; the last way stays where it is."""
    for i in range(len(start_deg)):
        start = Point(start_deg[i, 0], start_deg[i, 1])
        for w in range(lat_deg.shape[1]):
            for k in range(run_km.shape[1]):
                km = run_km[i, k] if w < len(TURNS_DEG) - 1 else 0.0
                to = _destination(start, course_deg[i] + TURNS_DEG[w], km)
                lat_deg[i, w, k], lon_deg[i, w, k] = to.lat_deg, to.lon_deg


@numba.njit(cache=True, nogil=True)
def _lay_back(
    begin: Point,
    end: Point,
    course_deg: float,
    room_km: float,
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
) -> None:
    """Straight; on along its course and back; off to either side; lying first; lying last. ``room_km`` is what it had time for."""
    km = distance_km_scalar(begin.lat_deg, begin.lon_deg, end.lat_deg, end.lon_deg)
    straight_deg = bearing_deg_scalar(begin.lat_deg, begin.lon_deg, end.lat_deg, end.lon_deg)
    course_deg = straight_deg if math.isnan(course_deg) else course_deg
    aside_km = math.sqrt(max(room_km * room_km - km * km, 0.0)) / 2.0
    # on along its course and back: the third corner of a triangle whose two other sides are as long as it had time for
    off = math.cos(math.radians(course_deg - straight_deg))
    on_km = (room_km * room_km - km * km) / (2.0 * max(room_km - km * off, 1e-6))
    moving = max(km / room_km, 1e-9)
    middle = _between(begin, end, 0.5)
    for k in range(STEPS):
        share = SHARES[k]
        first = min(max((share - (1.0 - km / room_km)) / moving, 0.0), 1.0)
        last = min(max(share / moving, 0.0), 1.0)
        for way, at in ((0, share), (1 + _CORNERS, first), (2 + _CORNERS, last)):
            to = _between(begin, end, at)
            lat_deg[way, k], lon_deg[way, k] = to.lat_deg, to.lon_deg
    for way in range(1, 1 + _CORNERS):
        if way == 1:
            corner = _destination(begin, course_deg, min(on_km, room_km / 2.0 + km / 2.0))
        else:
            turn_deg, part = _ASIDE[way - 2]
            corner = _destination(middle, straight_deg + turn_deg, part * aside_km)
        there_km = distance_km_scalar(begin.lat_deg, begin.lon_deg, corner.lat_deg, corner.lon_deg)
        on_from_km = distance_km_scalar(corner.lat_deg, corner.lon_deg, end.lat_deg, end.lon_deg)
        bend = there_km / max(there_km + on_from_km, 1e-9)
        for k in range(STEPS):
            if SHARES[k] <= bend:
                to = _between(begin, corner, min(SHARES[k] / max(bend, 1e-9), 1.0))
            else:
                to = _between(corner, end, max((SHARES[k] - bend) / max(1.0 - bend, 1e-9), 0.0))
            lat_deg[way, k], lon_deg[way, k] = to.lat_deg, to.lon_deg


@numba.njit(cache=True, nogil=True)
def _destination(start: Point, course_deg: float, run_km: float) -> Point:
    """``models.geodesy.destination`` for one point."""
    phi, theta, delta = math.radians(start.lat_deg), math.radians(course_deg), run_km / EARTH_RADIUS_KM
    sin_phi2 = math.sin(phi) * math.cos(delta) + math.cos(phi) * math.sin(delta) * math.cos(theta)
    sin_phi2 = min(max(sin_phi2, -1.0), 1.0)
    y = math.sin(theta) * math.sin(delta) * math.cos(phi)
    x = math.cos(delta) - math.sin(phi) * sin_phi2
    lon_deg = (start.lon_deg + math.degrees(math.atan2(y, x)) + 180.0) % 360.0 - 180.0
    return Point(math.degrees(math.asin(sin_phi2)), lon_deg)


@numba.njit(cache=True, nogil=True)
def _between(begin: Point, end: Point, share: float) -> Point:
    """``models.geodesy.interpolate`` for one share of one great circle."""
    phi1, lam1 = math.radians(begin.lat_deg), math.radians(begin.lon_deg)
    phi2, lam2 = math.radians(end.lat_deg), math.radians(end.lon_deg)
    x1, y1, z1 = math.cos(phi1) * math.cos(lam1), math.cos(phi1) * math.sin(lam1), math.sin(phi1)
    x2, y2, z2 = math.cos(phi2) * math.cos(lam2), math.cos(phi2) * math.sin(lam2), math.sin(phi2)
    omega = math.acos(min(max(x1 * x2 + y1 * y2 + z1 * z2, -1.0), 1.0))
    if omega < 1e-9:
        one, two = 1.0 - share, share
    else:
        one, two = math.sin((1.0 - share) * omega) / math.sin(omega), math.sin(share * omega) / math.sin(omega)
    x, y, z = one * x1 + two * x2, one * y1 + two * y2, one * z1 + two * z2
    lon_deg = (math.degrees(math.atan2(y, x)) + 180.0) % 360.0 - 180.0
    return Point(math.degrees(math.atan2(z, math.hypot(x, y))), lon_deg)
