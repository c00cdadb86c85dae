"""What one transmitter says against what she does: the row-by-row kernel of frozen positions, circles and navigation quality.

State per segment, ``WIDTH`` doubles. Instants are microseconds, exact in doubles; ``NaN`` is never.

**Frozen.** From the first report at a place on, as long as positions stay within ``frozen_km`` of it and the reported speed above
``frozen_kn``, the distance she should have run is added up (at most ten minutes a report). Any slower or moved report begins anew.

**Circle.** Positions at least 40 m apart are taken; between two of them she must turn by less than 100 degrees and less than ten minutes may pass. The sums of
the algebraic circle fit (Kasa 1976, IEEE Trans. Instrum. Meas. 25:8) are kept in km around the first position::

    minimise sum (z + D x + E y + F)^2,  z = x^2 + y^2;   radius^2 = (D^2 + E^2) / 4 - F;   rms = sqrt(mean residual^2) / (2 radius)

together with the signed and absolute turn, the run along arcs, the run by reported speed, and how far the reported course lies off the tangent.
After each full circle from ``circle_laps`` on it is judged; what does not fit begins anew.

**Presence.** Since when, and from where on, it has been heard without a silence of ten minutes.

**Rest.** Since when a ship has made less than 3 kn, the longest time between two reports meanwhile, and the clearest *hop* of the last three hours in it: a step of one report to the next that ends elsewhere than
where the hull would have drifted by its speeds and courses before and after (``_HOP_KM``, ``_HOP_KN``, ``_HOP_DRIFT_FRAC``). A hull that lies does not hop; a number that goes over to another hull does (``exchange``).

**Quality.** When it was last good, and since when it has been bad: of aircraft in the air NIC and NACp, of ships the position accuracy bit.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.geodesy import difference_deg_scalar, distance_km_scalar, is_surely_farther_scalar
from streams.cache_lines import ask_ahead, lines_of
from tracker.schema import NO_CODE_U8
from tracker.tracks.kinds import AIRCRAFT, NEITHER, VESSEL

FROZEN: Final = 0
CIRCLE: Final = 1

(
    US, LAT, LON, SPEED, ROWS, FIRST_US,
    F_US, F_LAT, F_LON, F_KM, F_ROWS, F_TOLD,
    C_US, C_LAT, C_LON, C_PUS, C_PX, C_PY, C_BEARING, C_TURN, C_TURNS, C_PATH, C_SAID, C_OFF, C_N,
    SX, SY, SXX, SYY, SXY, SXZ, SYZ, SZ, SZZ, C_TOLD,
    GOOD_US, BAD_US, QUALITY_US,
    LAND_US, LAND_SINCE, LAND_CHECKS, LAND_ROWS,
    JUMP_US, JUMP_KM, JUMP_LAT, JUMP_LON,
    SINCE_US, SINCE_LAT, SINCE_LON,
    REST_US, REST_GAP_US, HOP_US, HOP_FROM_LAT, HOP_FROM_LON, HOP_LAT, HOP_LON, HOP_OVER_KM,
    COURSE,
) = range(58)  # fmt: skip
WIDTH: Final = 58
_LINES: Final = lines_of(8 * WIDTH)

_FOUND: Final = np.dtype(
    [
        ("slot", "i8"), ("what", "i8"), ("now_us", "f8"), ("since_us", "f8"), ("lat_deg", "f8"), ("lon_deg", "f8"),
        ("run_km", "f8"), ("reports", "f8"), ("speed_kn", "f8"), ("radius_km", "f8"), ("laps", "f8"), ("odds", "f8"),
    ],
    align=True,
)  # fmt: skip
"""What is found of a transmitter: at most one record per rule in ten minutes. Of a frozen position: the run by reported speed, reports and the speed last reported; of a circle:
its radius, how many times round, and the run over the reported run."""

_KM_PER_DEG: Final = 111.19492664455873
_STEP_US: Final = 600_000_000.0
_TELL_US: Final = 600_000_000.0
_TAKE_KM: Final = 0.04
_REST_KN: Final = 3.0
_HOP_KM: Final = 0.03
_HOP_KN: Final = 0.3
_HOP_DRIFT_FRAC: Final = 0.2
_HOP_US: Final = 300_000_000.0
"""A hop is so much longer than what a hull drifts by the mean of its speeds and courses before and after, between reports no farther apart than this: two fixes of 10 m, a speed told in tenths
of a knot, a fifth of the drift, and half of what speed and course changed meanwhile (ours). A hull set steadily by the stream is where it is expected, however fast the stream."""
_HOP_KEPT_US: Final = 10_800_000_000.0
"""So long a hop is kept against those less clear: noise hops as well, now and then, and a meeting is over within three hours (``exchange``)."""
_AWAY_US: Final = 600_000_000.0
"""Heard again after a longer silence a craft is here *since* then (:data:`SINCE_US`): ten minutes, past which a ship under way is unlike to be merely unheard."""


class Reports(NamedTuple):
    """Rows in time order, each with a position: the slot of each transmitter, what was reported, and its kind (``tracks.kinds``); each shape (n,)."""

    slot: NDArray[np.int32]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    nic: NDArray[np.uint8]
    nac_p: NDArray[np.uint8]
    on_ground: NDArray[np.int8]
    kind: NDArray[np.int8]


class Limits(NamedTuple):
    """Thresholds of ``IntegrityConfig``, under their names there."""

    frozen_km: float
    frozen_kn: float
    frozen_run_km: float
    air_frozen_run_km: float
    frozen_reports: float
    circle_laps: float
    circle_min_km: float
    circle_max_km: float
    circle_kn: float
    circle_rms_frac: float
    circle_odds: float
    min_nic: float
    min_nac_p: float


@numba.njit(cache=True, nogil=True)
def _restart_circle(s: NDArray[np.float64], now: float, lat: float, lon: float) -> None:
    """The fit begins at this position."""
    s[C_US], s[C_LAT], s[C_LON] = now, lat, lon
    s[C_PUS], s[C_PX], s[C_PY], s[C_BEARING] = now, 0.0, 0.0, math.nan
    s[C_TURN : C_N + 1] = 0.0
    s[SX : SZZ + 1] = 0.0
    s[C_N] = 1.0


@numba.njit(cache=True, nogil=True)
def _fit(s: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Radius, relative rms, and centre in km; NaN where the points make no circle."""
    n = s[C_N]
    a11, a12, a13, a22, a23, a33 = s[SXX], s[SXY], s[SX], s[SYY], s[SY], n
    b1, b2, b3 = -s[SXZ], -s[SYZ], -s[SZ]
    det = a11 * (a22 * a33 - a23 * a23) - a12 * (a12 * a33 - a23 * a13) + a13 * (a12 * a23 - a22 * a13)
    if not abs(det) > 1e-18:
        return math.nan, math.nan, math.nan, math.nan
    d = (b1 * (a22 * a33 - a23 * a23) - a12 * (b2 * a33 - a23 * b3) + a13 * (b2 * a23 - a22 * b3)) / det
    e = (a11 * (b2 * a33 - b3 * a23) - b1 * (a12 * a33 - a23 * a13) + a13 * (a12 * b3 - b2 * a13)) / det
    f = (a11 * (a22 * b3 - a23 * b2) - a12 * (a12 * b3 - b2 * a13) + b1 * (a12 * a23 - a22 * a13)) / det
    square = (d * d + e * e) / 4.0 - f
    if not square > 0.0:
        return math.nan, math.nan, math.nan, math.nan
    radius = math.sqrt(square)
    left = max(0.0, (s[SZZ] + d * s[SXZ] + e * s[SYZ] + f * s[SZ]) / n)
    return radius, math.sqrt(left) / (2.0 * radius) / radius, -d / 2.0, -e / 2.0


@numba.njit(cache=True, nogil=True)
def _circle(
    s: NDArray[np.float64],
    now: float,
    lat: float,
    lon: float,
    speed: float,
    course: float,
    limits: Limits,
    found: NDArray[np.void],
) -> bool:
    """One more position of the circle rule; True where ``found``, a record, holds a circle."""
    if math.isnan(s[C_US]) or now - s[C_PUS] > _STEP_US:
        _restart_circle(s, now, lat, lon)
        return False
    y = (lat - s[C_LAT]) * _KM_PER_DEG
    x = difference_deg_scalar(lon, s[C_LON]) * _KM_PER_DEG * math.cos(math.radians(s[C_LAT]))
    dx, dy = x - s[C_PX], y - s[C_PY]
    chord = math.hypot(dx, dy)
    if chord < _TAKE_KM:
        return False
    bearing = math.degrees(math.atan2(dx, dy))
    turn = 0.0
    if not math.isnan(s[C_BEARING]):
        turn = difference_deg_scalar(bearing, s[C_BEARING])
        if abs(turn) > 100.0 or math.hypot(x, y) > 3.0 * limits.circle_max_km:
            _restart_circle(s, now, lat, lon)
            return False
    half = math.radians(abs(turn)) / 2.0
    if half > 0.01:
        chord *= half / math.sin(half)
    hours = (now - s[C_PUS]) / 3.6e9
    s[C_PUS], s[C_PX], s[C_PY], s[C_BEARING] = now, x, y, bearing
    before = abs(s[C_TURN])
    s[C_TURN] += turn
    s[C_TURNS] += abs(turn)
    s[C_PATH] += chord
    s[C_SAID] += 0.0 if math.isnan(speed) else speed * 1.852 * hours
    if not math.isnan(course):
        s[C_OFF] += abs(difference_deg_scalar(course, bearing + turn / 2.0))
    s[C_N] += 1.0
    z = x * x + y * y
    s[SX] += x
    s[SY] += y
    s[SXX] += x * x
    s[SYY] += y * y
    s[SXY] += x * y
    s[SXZ] += x * z
    s[SYZ] += y * z
    s[SZ] += z
    s[SZZ] += z * z
    around = abs(s[C_TURN])
    if s[C_TURNS] > 270.0 and around < 0.8 * s[C_TURNS]:
        _restart_circle(s, now, lat, lon)
        return False
    if around < 360.0 * limits.circle_laps or math.floor(around / 360.0) == math.floor(before / 360.0):
        return False
    radius, rms, cx, cy = _fit(s)
    run_h = (now - s[C_US]) / 3.6e9
    run_kn, said_kn = s[C_PATH] / run_h / 1.852, s[C_SAID] / run_h / 1.852
    odds = max(run_kn, 0.1) / max(said_kn, 0.1)
    at_odds = odds > limits.circle_odds or odds < 1.0 / limits.circle_odds or s[C_OFF] / s[C_N] > 45.0
    fits = (
        rms <= limits.circle_rms_frac
        and limits.circle_min_km <= radius <= limits.circle_max_km
        and max(run_kn, said_kn) >= limits.circle_kn
    )
    if not fits or not at_odds:
        _restart_circle(s, now, lat, lon)
        return False
    circle = found[0]
    circle.radius_km, circle.laps, circle.odds = radius, around / 360.0, odds
    circle.lat_deg = s[C_LAT] + cy / _KM_PER_DEG
    circle.lon_deg = s[C_LON] + cx / (_KM_PER_DEG * max(math.cos(math.radians(s[C_LAT])), 1e-6))
    return True


@numba.njit(cache=True, nogil=True)
def follow(reports: Reports, state: NDArray[np.float64], limits: Limits, found: NDArray[np.void]) -> int:
    """Carry the reports through; returns the number of records written to ``found``, which must hold two a report.

    ``state``: shape (slots, ``WIDTH``). Of a transmitter that is neither ship nor aircraft only the position is kept.
    """
    count = 0
    for i in range(len(reports.slot)):
        ask_ahead(state, reports.slot, i, _LINES)
        slot, kind, speed_kn = reports.slot[i], reports.kind[i], reports.speed_kn[i]
        now, lat_deg, lon_deg = float(reports.time_us[i]), reports.lat_deg[i], reports.lon_deg[i]
        nic, nac_p, on_ground = reports.nic[i], reports.nac_p[i], reports.on_ground[i] == 1
        s = state[slot]
        if not now - s[US] <= _AWAY_US:
            s[SINCE_US], s[SINCE_LAT], s[SINCE_LON] = now, lat_deg, lon_deg
        if kind == NEITHER:
            s[US], s[LAT], s[LON], s[SPEED] = now, lat_deg, lon_deg, speed_kn
            continue
        if kind == AIRCRAFT and not on_ground and (nic != NO_CODE_U8 or nac_p != NO_CODE_U8):
            bad = (nic != NO_CODE_U8 and nic < limits.min_nic) or (nac_p != NO_CODE_U8 and nac_p < limits.min_nac_p)
            _grade(s, now, not bad)
        elif kind == VESSEL and nic <= 1:
            _grade(s, now, nic == 1)
        moving = speed_kn > limits.frozen_kn and not on_ground
        still = moving and not math.isnan(s[F_US])
        still = still and not is_surely_farther_scalar(s[F_LAT], s[F_LON], lat_deg, lon_deg, limits.frozen_km)
        if still and distance_km_scalar(s[F_LAT], s[F_LON], lat_deg, lon_deg) <= limits.frozen_km:
            s[F_KM] += min(now - s[US], _STEP_US) / 3.6e9 * speed_kn * 1.852
            s[F_ROWS] += 1.0
            run_km = limits.air_frozen_run_km if kind == AIRCRAFT else limits.frozen_run_km
            if s[F_KM] >= run_km and s[F_ROWS] >= limits.frozen_reports and not now - s[F_TOLD] < _TELL_US:
                s[F_TOLD] = now
                r = found[count]
                r.slot, r.what, r.now_us, r.since_us = slot, FROZEN, now, s[F_US]
                r.run_km, r.reports, r.speed_kn = s[F_KM], s[F_ROWS], speed_kn
                r.lat_deg, r.lon_deg = s[F_LAT], s[F_LON]
                count += 1
        elif moving:
            s[F_US], s[F_LAT], s[F_LON], s[F_KM], s[F_ROWS] = now, lat_deg, lon_deg, 0.0, 1.0
        else:
            s[F_US] = math.nan
        if kind == VESSEL:
            _rest(s, now, lat_deg, lon_deg, speed_kn, reports.course_deg[i])
            r = found[count]
            is_circle = _circle(
                s, now, lat_deg, lon_deg, speed_kn, reports.course_deg[i], limits, found[count : count + 1]
            )
            if is_circle and not now - s[C_TOLD] < _TELL_US:
                r.slot, r.what, r.now_us, r.since_us = slot, CIRCLE, now, s[C_US]
                s[C_TOLD] = now
                count += 1
        if math.isnan(s[FIRST_US]):
            s[FIRST_US] = now
            s[ROWS] = 0.0
        s[ROWS] += 1.0
        s[US], s[LAT], s[LON], s[SPEED], s[COURSE] = now, lat_deg, lon_deg, speed_kn, reports.course_deg[i]
    return count


@numba.njit(cache=True, nogil=True)
def _rest(
    s: NDArray[np.float64], now: float, lat_deg: float, lon_deg: float, speed_kn: float, course_deg: float
) -> None:
    """A report of a ship that makes little way; ``s`` still holds the one before."""
    if not speed_kn <= _REST_KN:
        return
    if not s[SPEED] <= _REST_KN:
        s[REST_US], s[REST_GAP_US], s[HOP_OVER_KM] = now, 0.0, 0.0
        return
    silent_us = now - s[US]
    s[REST_GAP_US] = max(s[REST_GAP_US], silent_us)
    if silent_us > _HOP_US:
        return
    hours = silent_us / 3.6e9
    room_km, drift_km = _HOP_KM + _HOP_KN * 1.852 * hours, (speed_kn + s[SPEED]) / 2.0 * 1.852 * hours
    east_km = difference_deg_scalar(lon_deg, s[LON]) * _KM_PER_DEG  # at the equator, where it is longest
    if math.hypot((lat_deg - s[LAT]) * _KM_PER_DEG, east_km) + (1.0 - _HOP_DRIFT_FRAC) * drift_km <= room_km:
        return
    from_lat_deg, from_lon_deg = s[LAT], s[LON]
    if math.isnan(course_deg) or math.isnan(s[COURSE]):
        room_km += max(speed_kn, s[SPEED]) * 1.852 * hours
    else:
        one, other = math.radians(s[COURSE]), math.radians(course_deg)
        north_kn, east_kn = s[SPEED] * math.cos(one), s[SPEED] * math.sin(one)
        late_north_kn, late_east_kn = speed_kn * math.cos(other), speed_kn * math.sin(other)
        changed_kn = math.hypot(late_north_kn - north_kn, late_east_kn - east_kn)
        room_km += _HOP_DRIFT_FRAC * drift_km + changed_kn / 2.0 * 1.852 * hours
        east_km_per_deg = _KM_PER_DEG * max(math.cos(math.radians(lat_deg)), 1e-6)
        from_lat_deg += (north_kn + late_north_kn) / 2.0 * 1.852 * hours / _KM_PER_DEG
        from_lon_deg += (east_kn + late_east_kn) / 2.0 * 1.852 * hours / east_km_per_deg
    over_km = distance_km_scalar(from_lat_deg, from_lon_deg, lat_deg, lon_deg) - room_km
    if over_km > (s[HOP_OVER_KM] if now - s[HOP_US] <= _HOP_KEPT_US else 0.0):
        s[HOP_US], s[HOP_OVER_KM] = now, over_km
        s[HOP_FROM_LAT], s[HOP_FROM_LON], s[HOP_LAT], s[HOP_LON] = from_lat_deg, from_lon_deg, lat_deg, lon_deg


@numba.njit(cache=True, nogil=True)
def _grade(s: NDArray[np.float64], now: float, is_good: bool) -> None:
    """A report that says how good its position is."""
    s[QUALITY_US] = now
    if is_good:
        s[GOOD_US], s[BAD_US] = now, math.nan
    elif math.isnan(s[BAD_US]):
        s[BAD_US] = now


def no_records(rows: int) -> NDArray[np.void]:
    """Space for the records of so many rows."""
    return np.empty(2 * rows + 2, dtype=_FOUND)
