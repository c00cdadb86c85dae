"""Turning: the row-by-row state machine of one aircraft in the air.

The course is unwound into a sum ``S`` of signed turns, right positive. A step counts if no more than 60 s lie between the two reports and the turn is
believable (150 degrees and 25 degrees a second at most); one course that is not is passed over, a second one is believed without its step. Reports are
taken every two seconds at most, courses only above ``slowest_kn``. The reported course counts; where it is missing, or has lately belied the positions (its middle
over a step more than 45 degrees off the bearing made good, in four of ten steps), the bearing made good over 100 m or more does.

Once a minute (the first report in it) sum, path, straight seconds and place go into a ring of the last 40 minutes. Three things begin the story::

    ORBIT    |S - S(t0)| >= turn_deg for some t0 of the ring                                   (any report)
    RACE     holding_turns half turns the same way, legs between them                          (a report that makes a leg)
    CIRCLE   the last minutes of the ring turn evenly (rates within a factor of two) through circle_deg, wide and with little bank  (once a minute)

    none --begin--> CIRCLING --little turn in ends_min, silence, on the ground--> none          OPEN, REVIEW every review_min, END
    none --survey_turns half turns alternately--> SURVEY --none for survey_ends_min, silence, on the ground--> none     SURVEY, SURVEY_END

A *leg* is ``leg_s`` within ``leg_deg`` of the course it began with. A *half turn* lies between two legs 130 to 240 degrees apart; legs less than 60 degrees apart are
one leg that bends.

A record carries what is kept of the aircraft. The story's extent, sums for its centre and lowest point are kept up with the minutes of the ring in which
the turn stood near its greatest, so that what follows the circling does not widen it.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.confinement import EXTENT_WIDTH, local_km_scalar, radius_km_scalar, widen
from models.geodesy import difference_deg_scalar, distance_km_scalar
from tracker.detectors.circling.config import CirclingConfig
from tracker.detectors.records import Left, Reached, leave
from tracker.units import US_PER_MIN, US_PER_S

OPEN: Final = 0
REVIEW: Final = 1
END: Final = 2
SURVEY: Final = 3
SURVEY_END: Final = 4

NONE: Final = 0
ORBIT: Final = 1
RACE: Final = 2
CIRCLE: Final = 3

RING: Final = 40
NEVER_US: Final = -1e18
_NEVER_US: Final = -1e17


class Turning:
    """What is kept of one aircraft, and a record carries. Instants are microseconds, exact in doubles.

    ``last_`` is the last report taken and ``ref_`` the last course believed, ``bad`` whether one was passed over since; ``sum_deg`` is the turn, ``path_km`` the way
    and ``straight_s`` the time on legs, all since it was heard first; ``least_deg`` and ``most_deg`` are of the turn in the ring's window, ``minute`` is that of the
    ring's last entry. ``leg_`` is the leg under way (``leg_on`` once it is long enough), ``old_leg_`` the one before. ``same`` counts half turns the same way
    (signed), ``other`` alternating ones, ``latest_us`` is when the last of those was. From ``phase`` on it is the story: how it began (``start_``), when its turn
    stood at its greatest (``top_``), its extent, centre, lowest and highest; and the survey.
    """

    last_us: float = NEVER_US
    last_lat_deg: float = math.nan
    last_lon_deg: float = math.nan
    ref_us: float = NEVER_US
    ref_course_deg: float = math.nan
    ref_lat_deg: float = math.nan
    ref_lon_deg: float = math.nan
    bad: int = 0
    doubt: float = 0.0
    sum_deg: float = 0.0
    path_km: float = 0.0
    straight_s: float = 0.0
    minute: int = -1
    least_deg: float = 0.0
    most_deg: float = 0.0
    leg_sum_deg: float = 0.0
    leg_us: float = NEVER_US
    leg_on: int = 0
    old_leg_sum_deg: float = math.nan
    old_leg_us: float = NEVER_US
    old_end_us: float = NEVER_US
    same: int = 0
    same_us: float = 0.0
    other: int = 0
    other_sign: int = 0
    other_us: float = 0.0
    latest_us: float = 0.0
    phase: int = NONE
    sign: int = 0
    start_us: float = 0.0
    start_sum_deg: float = 0.0
    start_path_km: float = 0.0
    start_straight_s: float = 0.0
    start_lat_deg: float = 0.0
    start_lon_deg: float = 0.0
    need_deg: float = 0.0
    review_us: float = 0.0
    top_us: float = 0.0
    top_sum_deg: float = 0.0
    top_path_km: float = 0.0
    top_straight_s: float = 0.0
    sum_east_km: float = 0.0
    sum_north_km: float = 0.0
    points: int = 0
    low_ft: float = 0.0
    low_lat_deg: float = 0.0
    low_lon_deg: float = 0.0
    high_ft: float = 0.0
    surveying: int = 0
    survey_us: float = 0.0
    survey_turns: int = 0
    survey_path_km: float = 0.0
    survey_lat_deg: float = 0.0
    survey_lon_deg: float = 0.0
    extent_km: NDArray[np.float64] = np.zeros(EXTENT_WIDTH)


class Ring(NamedTuple):
    """The first report of each of the last ``RING`` minutes, arrays of shape (slots, RING), minute ``m`` at ``m % RING``; ``us`` is -1 where there was none."""

    us: NDArray[np.int64]
    sum_deg: NDArray[np.float32]
    path_km: NDArray[np.float32]
    straight_s: NDArray[np.float32]
    lat_deg: NDArray[np.float32]
    lon_deg: NDArray[np.float32]
    low_ft: NDArray[np.float32]


class Reports(NamedTuple):
    """Position reports of aircraft, each shape (n,)."""

    segment: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    altitude_ft: NDArray[np.float32]
    on_ground: NDArray[np.int8]


class Limits(NamedTuple):
    """Thresholds of :func:`follow`, in the units of their names."""

    turn_deg: float
    window_min: int
    ends_us: float
    ends_deg: float
    leg_us: float
    leg_deg: float
    holding_turns: float
    holding_leg_us: float
    circle_deg: float
    circle_radius_km: float
    circle_bank_deg: float
    survey_turns: float
    survey_leg_us: float
    survey_ends_us: float
    slowest_kn: float
    review_us: float
    silence_us: float

    @classmethod
    def of(cls, config: CirclingConfig) -> Limits:
        """Those of a configuration."""
        return cls(
            turn_deg=float(config.turn_deg),
            window_min=int(config.window_min),
            ends_us=float(config.ends_min * US_PER_MIN),
            ends_deg=float(config.ends_deg),
            leg_us=float(config.leg_s * US_PER_S),
            leg_deg=float(config.leg_deg),
            holding_turns=float(config.holding_turns),
            holding_leg_us=float(config.holding_leg_min * US_PER_MIN),
            circle_deg=float(config.circle_deg),
            circle_radius_km=float(config.circle_radius_km),
            circle_bank_deg=float(config.circle_bank_deg),
            survey_turns=float(config.survey_turns),
            survey_leg_us=float(config.survey_leg_min * US_PER_MIN),
            survey_ends_us=float(config.survey_ends_min * US_PER_MIN),
            slowest_kn=float(config.slowest_kn),
            review_us=float(config.review_min * US_PER_MIN),
            silence_us=float(int(config.silence_min * US_PER_MIN)),
        )


_MINUTE_US: Final = 60_000_000.0
_THIN_US: Final = 2_000_000.0
_STEP_US: Final = 60_000_000.0
_STEP_DEG: Final = 150.0
_RATE_DEG_S: Final = 25.0
_HALF_TURN_US: Final = 360_000_000.0
_MADE_GOOD_KM: Final = 0.1
_BELIED_DEG: Final = 45.0
_LONGEST_STEP: Final = 1.5
"""A step counts for at most so much of what the reported speed makes of it: positions by multilateration jump by hundreds of metres (mutability/mlat-server #10),
and the jumps, summed, are a long path on a small place."""
_DOUBT_STEP: Final = 0.1
_DOUBTED: Final = 0.4
_GRAVITY: Final = 9.80665
_STILL_DEG: Final = 30.0
_RISE_DEG: Final = 5.0
_LAP_DEG: Final = 300.0
_ENDS_SHARE: Final = 0.4


@numba.njit(cache=True, nogil=True)
def _fresh(s: Turning, ring: Ring, slot: int) -> None:
    """Nothing is known of its turning any more. What belongs to a leg, a story or a survey is set when one begins."""
    s.last_us = s.ref_us = s.leg_us = s.old_leg_us = s.old_end_us = NEVER_US
    s.ref_course_deg = s.old_leg_sum_deg = math.nan
    s.doubt = s.sum_deg = s.path_km = s.straight_s = s.leg_sum_deg = s.latest_us = 0.0
    s.bad = s.leg_on = s.same = s.other = s.surveying = s.survey_turns = 0
    s.phase, s.minute = NONE, -1
    ring.us[slot, :] = -1


@numba.njit(cache=True, nogil=True)
def _story_point(s: Turning, lat_deg: float, lon_deg: float, low_ft: float) -> None:
    """One more minute of the story: extent, centre, lowest and highest."""
    east_km, north_km = local_km_scalar(s.start_lat_deg, s.start_lon_deg, lat_deg, lon_deg)
    widen(s.extent_km, east_km, north_km)
    s.sum_east_km += east_km
    s.sum_north_km += north_km
    s.points += 1
    if not math.isnan(low_ft):
        if not s.low_ft <= low_ft:
            s.low_ft, s.low_lat_deg, s.low_lon_deg = low_ft, lat_deg, lon_deg
        if not s.high_ft >= low_ft:
            s.high_ft = low_ft


@numba.njit(cache=True, nogil=True)
def _begin(s: Turning, ring: Ring, slot: int, phase: int, sign: int, first: int, now_us: float, limits: Limits) -> None:
    """The story begins at the ring's entry of minute ``first``."""
    at = first % RING
    s.phase, s.sign = phase, sign
    s.start_us, s.start_sum_deg = float(ring.us[slot, at]), ring.sum_deg[slot, at]
    s.start_path_km, s.start_straight_s = ring.path_km[slot, at], ring.straight_s[slot, at]
    s.start_lat_deg, s.start_lon_deg = ring.lat_deg[slot, at], ring.lon_deg[slot, at]
    s.sum_east_km = s.sum_north_km = 0.0
    s.points = 0
    s.low_ft = s.high_ft = s.low_lat_deg = s.low_lon_deg = math.nan
    s.extent_km[:] = 0.0
    for minute in range(first, s.minute + 1):
        k = minute % RING
        if ring.us[slot, k] >= 0:
            _story_point(s, ring.lat_deg[slot, k], ring.lon_deg[slot, k], ring.low_ft[slot, k])
    turned_deg, lasted_us = sign * (s.sum_deg - s.start_sum_deg), max(now_us - s.start_us, _MINUTE_US)
    s.need_deg = min(limits.ends_deg, _ENDS_SHARE * turned_deg / lasted_us * limits.ends_us)
    s.review_us = now_us + limits.review_us
    s.top_us, s.top_sum_deg, s.top_path_km, s.top_straight_s = now_us, sign * s.sum_deg, s.path_km, s.straight_s


@numba.njit(cache=True, nogil=True)
def _extremes(s: Turning, ring: Ring, slot: int, window_min: int) -> None:
    """Least and greatest sum of the ring's window."""
    least, most = math.inf, -math.inf
    for minute in range(s.minute - window_min + 1, s.minute + 1):
        k = minute % RING
        if minute >= 0 and ring.us[slot, k] >= 0:
            least, most = min(least, ring.sum_deg[slot, k]), max(most, ring.sum_deg[slot, k])
    s.least_deg, s.most_deg = least, most


@numba.njit(cache=True, nogil=True)
def _minute_of(s: Turning, ring: Ring, slot: int, window_min: int, sign: int, turn_deg: float) -> int:
    """Where the turning began: the latest minute since which it turned all but a lap of it, and before it minutes of at least half that rate."""
    first = -1
    for minute in range(s.minute, max(-1, s.minute - window_min), -1):
        k = minute % RING
        if ring.us[slot, k] >= 0 and sign * (s.sum_deg - ring.sum_deg[slot, k]) >= turn_deg - _LAP_DEG:
            first = minute
            break
    if first < 0:
        return s.minute
    least_deg = 0.5 * (turn_deg - _LAP_DEG) / max(1.0, s.minute - first + 1.0)
    while first - 1 > s.minute - window_min and first >= 1:
        one, two = (first - 1) % RING, first % RING
        if ring.us[slot, one] < 0 or sign * (ring.sum_deg[slot, two] - ring.sum_deg[slot, one]) < least_deg:
            break
        first -= 1
    return first


@numba.njit(cache=True, nogil=True)
def _minute_at(s: Turning, ring: Ring, slot: int, us: float) -> int:
    """The first minute of the ring at or after an instant."""
    for minute in range(max(0, s.minute - RING + 1), s.minute + 1):
        if ring.us[slot, minute % RING] >= us:
            return minute
    return s.minute


@numba.njit(cache=True, nogil=True)
def circle_minute(s: Turning, ring: Ring, slot: int, limits: Limits) -> int:
    """The minute since which it has flown one even, wide, shallow circle; -1 if it has not."""
    now, low_deg_s, high_deg_s, sign = s.minute, math.inf, 0.0, 0.0
    for back in range(1, RING):
        one, two = (now - back) % RING, (now - back + 1) % RING
        if now - back < 0 or ring.us[slot, one] < 0 or ring.us[slot, two] < 0:
            return -1
        seconds = (ring.us[slot, two] - ring.us[slot, one]) / 1e6
        rate_deg_s = (ring.sum_deg[slot, two] - ring.sum_deg[slot, one]) / seconds
        if sign == 0.0:
            sign = 1.0 if rate_deg_s > 0.0 else -1.0
        low_deg_s, high_deg_s = min(low_deg_s, rate_deg_s * sign), max(high_deg_s, rate_deg_s * sign)
        if low_deg_s <= 0.0 or high_deg_s > 2.0 * low_deg_s:
            return -1
        turned_deg = abs(ring.sum_deg[slot, now % RING] - ring.sum_deg[slot, one])
        if turned_deg >= limits.circle_deg:
            lasted_s = (ring.us[slot, now % RING] - ring.us[slot, one]) / 1e6
            omega = math.radians(turned_deg) / lasted_s
            speed_m_s = (ring.path_km[slot, now % RING] - ring.path_km[slot, one]) * 1000.0 / lasted_s
            wide = speed_m_s / omega >= limits.circle_radius_km * 1000.0
            shallow = speed_m_s * omega / _GRAVITY <= math.tan(math.radians(limits.circle_bank_deg))
            return now - back if wide and shallow else -1
    return -1


@numba.njit(cache=True, nogil=True)
def _new_leg(s: Turning, now_us: float, holding_leg_us: float, survey_leg_us: float) -> bool:
    """A leg has been made; returns whether it ended a half turn. The old leg's sum and end are those of its last report."""
    turned_deg, since_us, turning_us = s.sum_deg - s.old_leg_sum_deg, now_us - s.old_leg_us, now_us - s.old_end_us
    half = 130.0 <= abs(turned_deg) <= 240.0 and turning_us <= _HALF_TURN_US
    if half:
        sign = 1 if turned_deg > 0.0 else -1
        if s.same * sign > 0 and since_us <= holding_leg_us:
            s.same += sign
        else:
            s.same, s.same_us = sign, s.old_end_us
        if s.other > 0 and s.other_sign == -sign and since_us <= survey_leg_us:
            s.other += 1
        else:
            s.other, s.other_us = 1, s.old_end_us
        s.other_sign = sign
    elif not abs(turned_deg) < 60.0:
        s.same = s.other = 0
    else:
        return False
    s.old_leg_us = now_us
    return half


@numba.njit(cache=True, nogil=True)
def _turn(s: Turning, now_us: float, course_deg: float, lat_deg: float, lon_deg: float) -> None:
    """Take a course into the sum: the reported one, or where it is missing or belies the positions, the one made good."""
    since_us = now_us - s.ref_us
    if since_us <= _STEP_US:
        east_km, north_km = local_km_scalar(s.ref_lat_deg, s.ref_lon_deg, lat_deg, lon_deg)
        if math.hypot(east_km, north_km) >= _MADE_GOOD_KM:
            made_deg = math.degrees(math.atan2(east_km, north_km))
            if not math.isnan(course_deg):
                middle_deg = s.ref_course_deg + difference_deg_scalar(course_deg, s.ref_course_deg) / 2.0
                belied = s.doubt <= _DOUBTED and abs(difference_deg_scalar(made_deg, middle_deg)) > _BELIED_DEG
                belied |= s.doubt > _DOUBTED and abs(difference_deg_scalar(made_deg, course_deg)) > _BELIED_DEG
                s.doubt += _DOUBT_STEP * (belied - s.doubt)
            if math.isnan(course_deg) or s.doubt > _DOUBTED:
                course_deg = made_deg
        elif s.doubt > _DOUBTED:
            return
        if math.isnan(course_deg):
            return
        step_deg = difference_deg_scalar(course_deg, s.ref_course_deg)
        if abs(step_deg) <= min(_STEP_DEG, _RATE_DEG_S * since_us / 1e6):
            s.sum_deg += step_deg
        elif s.bad == 0 and not math.isnan(step_deg):
            s.bad = 1
            return
    s.ref_us, s.ref_course_deg, s.bad, s.ref_lat_deg, s.ref_lon_deg = now_us, course_deg, 0, lat_deg, lon_deg


@numba.njit(cache=True, nogil=True)
def _minute_goes(s: Turning, ring: Ring, slot: int, reports: Reports, i: int) -> None:
    """The first report of a minute goes into the ring; minutes without a report are empty."""
    minute = reports.time_us[i] // 60_000_000
    for empty in range(max(s.minute + 1, minute - RING + 1), minute):
        ring.us[slot, empty % RING] = -1
    k = minute % RING
    ring.us[slot, k] = reports.time_us[i]
    ring.sum_deg[slot, k], ring.path_km[slot, k], ring.straight_s[slot, k] = s.sum_deg, s.path_km, s.straight_s
    ring.lat_deg[slot, k], ring.lon_deg[slot, k] = reports.lat_deg[i], reports.lon_deg[i]
    ring.low_ft[slot, k] = reports.altitude_ft[i]
    s.minute = minute


@numba.njit(cache=True, nogil=True)
def has_ended(s: Turning, ring: Ring, slot: int, ends_us: float) -> bool:
    """Whether it turned less than needed over ``ends_us``, or over the nearest longer time there is a minute for."""
    now_us = ring.us[slot, s.minute % RING]
    for minute in range(s.minute, s.minute - RING, -1):
        k = minute % RING
        if minute >= 0 and ring.us[slot, k] >= 0 and now_us - ring.us[slot, k] >= ends_us:
            return bool(s.sign * (s.sum_deg - ring.sum_deg[slot, k]) < s.need_deg)
    return False


@numba.njit(cache=True, nogil=True)
def _begins(
    s: Turning, ring: Ring, slot: int, now_us: float, made_half: bool, new_minute: bool, limits: Limits
) -> bool:
    """Whether a story begins with a report; if so it has begun."""
    if s.sum_deg - s.least_deg >= limits.turn_deg or s.most_deg - s.sum_deg >= limits.turn_deg:
        sign = 1 if s.sum_deg - s.least_deg >= limits.turn_deg else -1
        first = _minute_of(s, ring, slot, limits.window_min, sign, limits.turn_deg)
        _begin(s, ring, slot, ORBIT, sign, first, now_us, limits)
        return True
    if made_half and abs(s.same) >= limits.holding_turns:
        first = _minute_at(s, ring, slot, s.same_us)
        _begin(s, ring, slot, RACE, 1 if s.same > 0 else -1, first, now_us, limits)
        return True
    first = circle_minute(s, ring, slot, limits) if new_minute else -1
    if first < 0:
        return False
    sign = 1 if s.sum_deg > ring.sum_deg[slot, first % RING] else -1
    _begin(s, ring, slot, CIRCLE, sign, first, now_us, limits)
    return True


@numba.njit(cache=True, nogil=True)
def _leg(s: Turning, now_us: float, since_us: float, limits: Limits) -> bool:
    """The leg goes on, is long enough, or begins anew; returns whether it ended a half turn."""
    if abs(s.sum_deg - s.leg_sum_deg) > limits.leg_deg:
        s.leg_sum_deg, s.leg_us, s.leg_on = s.sum_deg, now_us, 0
        return False
    if s.leg_on == 0 and not now_us - s.leg_us >= limits.leg_us:
        return False
    made_half = False
    if s.leg_on != 0:
        s.straight_s += since_us / 1e6
    else:
        s.leg_on = 1
        s.straight_s += (now_us - s.leg_us) / 1e6
        made_half = _new_leg(s, now_us, limits.holding_leg_us, limits.survey_leg_us)
    s.old_leg_sum_deg, s.old_end_us = s.sum_deg, now_us
    return made_half


@numba.njit(cache=True, nogil=True)
def _goes_on(s: Turning, now_us: float, lat_deg: float, lon_deg: float, speed_kn: float, slowest_kn: float) -> None:
    """The way from the last report taken to this one."""
    since_us, km = now_us - s.last_us, distance_km_scalar(s.last_lat_deg, s.last_lon_deg, lat_deg, lon_deg)
    if since_us <= _STEP_US:
        said_km = _LONGEST_STEP * speed_kn * 1.852 * since_us / 3.6e9
        s.path_km += said_km if said_km < km and speed_kn >= slowest_kn else km
    else:
        s.leg_sum_deg, s.leg_us, s.leg_on = s.sum_deg, now_us, 0
    s.last_us, s.last_lat_deg, s.last_lon_deg = now_us, lat_deg, lon_deg


@numba.njit(cache=True, nogil=True)
def follow(
    first: int,
    slots: NDArray[np.int32],
    reports: Reports,
    state: NDArray[np.void],
    ring: Ring,
    limits: Limits,
    left: Left,
) -> Reached:
    """Carry the reports from ``first`` on through; ``slots`` are those of their aircraft."""
    count = 0
    for i in range(first, len(slots)):
        if count + 5 > len(left.key):
            return Reached(i, count)
        slot, key, time_us, now_us = slots[i], reports.segment[i], reports.time_us[i], float(reports.time_us[i])
        s: Turning = state[slot]
        since_us = now_us - s.last_us
        if 0.0 <= since_us < _THIN_US:
            continue
        lat_deg, lon_deg, speed_kn = reports.lat_deg[i], reports.lon_deg[i], float(reports.speed_kn[i])
        landed, silent = reports.on_ground[i] == 1, since_us > limits.silence_us
        if landed or silent:
            known_us = time_us if landed and not silent else int(s.last_us + limits.silence_us)
            heard_before = s.last_us > _NEVER_US
            if heard_before and s.phase != NONE:
                count = leave(left, count, END, key, known_us, s)
            if heard_before and s.surveying != 0:
                count = leave(left, count, SURVEY_END, key, known_us, s)
            _fresh(s, ring, slot)
            s.last_us, s.last_lat_deg, s.last_lon_deg = now_us, lat_deg, lon_deg
            s.leg_us = now_us
            continue
        _goes_on(s, now_us, lat_deg, lon_deg, speed_kn, limits.slowest_kn)
        if speed_kn < limits.slowest_kn:
            s.ref_us = NEVER_US
        else:
            _turn(s, now_us, float(reports.course_deg[i]), lat_deg, lon_deg)
        made_half = _leg(s, now_us, since_us, limits)
        altitude_ft = float(reports.altitude_ft[i])
        new_minute = time_us // 60_000_000 != s.minute
        if new_minute:
            _minute_goes(s, ring, slot, reports, i)
            _extremes(s, ring, slot, limits.window_min)
            if s.phase != NONE and s.sign * s.sum_deg >= s.top_sum_deg - _STILL_DEG and now_us - s.top_us <= _STEP_US:
                _story_point(s, lat_deg, lon_deg, altitude_ft)
        elif altitude_ft < ring.low_ft[slot, s.minute % RING]:
            ring.low_ft[slot, s.minute % RING] = altitude_ft
            if s.phase != NONE and altitude_ft < s.low_ft:
                s.low_ft, s.low_lat_deg, s.low_lon_deg = altitude_ft, lat_deg, lon_deg
        if s.phase == NONE:
            turned_deg = max(s.sum_deg - s.least_deg, s.most_deg - s.sum_deg)
            may_begin = made_half or new_minute or turned_deg >= limits.turn_deg
            if may_begin and _begins(s, ring, slot, now_us, made_half, new_minute, limits):
                count = leave(left, count, OPEN, key, time_us, s)
        else:
            if s.sign * s.sum_deg > s.top_sum_deg + _RISE_DEG:
                s.top_sum_deg, s.top_us = s.sign * s.sum_deg, now_us
                s.top_path_km, s.top_straight_s = s.path_km, s.straight_s
            if new_minute and has_ended(s, ring, slot, limits.ends_us):
                count = leave(left, count, END, key, time_us, s)
                s.phase, s.same = NONE, 0
                for k in range(RING):
                    if ring.us[slot, k] < now_us - limits.ends_us:
                        ring.us[slot, k] = -1
                _extremes(s, ring, slot, limits.window_min)
            elif now_us >= s.review_us:
                s.review_us = now_us + limits.review_us
                count = leave(left, count, REVIEW, key, time_us, s)
        if made_half and s.other >= 2:
            s.latest_us = now_us
        if s.surveying == 0:
            if made_half and s.other >= limits.survey_turns:
                s.surveying, s.survey_us, s.survey_turns = 1, s.other_us, s.other
                s.survey_path_km, s.survey_lat_deg, s.survey_lon_deg = s.path_km, lat_deg, lon_deg
                count = leave(left, count, SURVEY, key, time_us, s)
        elif made_half and s.other >= 2:
            s.survey_turns += 1
        elif now_us - s.latest_us > limits.survey_ends_us:
            count = leave(left, count, SURVEY_END, key, time_us, s)
            s.surveying = 0
    return Reached(len(slots), count)


def radius_km(story: Turning) -> float:
    """Radius of the circle round the story."""
    return float(radius_km_scalar(story.extent_km))


def elongation(story: Turning) -> float:
    """The narrowest over the widest of its extents along four axes: 1 for a circle, under 0.7 for a racetrack."""
    least_km, most_km = story.extent_km[0::2], story.extent_km[1::2]
    widths_km = most_km - least_km
    return float(widths_km.min() / max(float(widths_km.max()), 0.1))
