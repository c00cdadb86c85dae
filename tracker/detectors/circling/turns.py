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

A record carries the state row. The story's extent, sums for its centre and lowest point are kept up with the minutes of the ring in which
the turn stood near its greatest, so that what follows the circling does not widen it.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

from models.confinement import EXTENT_WIDTH, local_km_scalar, radius_km_scalar, widen
from models.geodesy import difference_deg_scalar, distance_km_scalar

OPEN: Final = 0
REVIEW: Final = 1
END: Final = 2
SURVEY: Final = 3
SURVEY_END: Final = 4

NONE: Final = 0.0
ORBIT: Final = 1.0
RACE: Final = 2.0
CIRCLE: Final = 3.0

(
    LAST_US, LAST_LAT, LAST_LON, REF_US, REF_COURSE, BAD, SUM, PATH_KM, STRAIGHT_S, MINUTE, LEAST, MOST,
    REF_LAT, REF_LON, DOUBT, LEG_SUM, LEG_US, LEG_ON, OLD_LEG_SUM, OLD_LEG_US, OLD_END_US, SAME, SAME_US, OTHER, OTHER_SIGN, OTHER_US, LATEST_US,
    PHASE, SIGN, START_US, START_SUM, START_PATH, START_STRAIGHT, START_LAT, START_LON, NEED_DEG, REVIEW_US, TOP_US, TOP_SUM, TOP_PATH, TOP_STRAIGHT,
    SUM_X, SUM_Y, POINTS, LOW_FT, LOW_LAT, LOW_LON, HIGH_FT,
    SURVEYING, SURVEY_US, SURVEY_TURNS, SURVEY_PATH, SURVEY_LAT, SURVEY_LON, EXTENT,
) = range(55)  # fmt: skip
WIDTH: Final = EXTENT + EXTENT_WIDTH
"""Numbers per aircraft. Instants are microseconds, exact in doubles. ``SAME`` counts half turns the same way (signed), ``OTHER`` alternating ones;
``TOP_US`` is when the turn of the story stood at its greatest."""

RING: Final = 40
R_SUM, R_PATH, R_STRAIGHT, R_LAT, R_LON, R_LOW = range(6)
RING_WIDTH: Final = 6

NEVER_US: Final = -1e18
_NEVER_US: Final = -1e17
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
def _fresh(s: Any, ring_us: Any) -> None:
    """Nothing is known of her turning any more."""
    for k in range(WIDTH):
        s[k] = 0.0
    s[LAST_US] = s[REF_US] = s[LEG_US] = s[OLD_LEG_US] = s[OLD_END_US] = NEVER_US
    s[REF_COURSE] = s[OLD_LEG_SUM] = math.nan
    s[MINUTE] = -1.0
    ring_us[:] = -1


@numba.njit(cache=True, nogil=True)
def _record(
    kind: int, known_us: int, key: int, s: Any, at: int, out_key: Any, out_known: Any, out_kind: Any, out: Any
) -> None:
    out_key[at], out_known[at], out_kind[at] = key, known_us, kind
    out[at] = s


@numba.njit(cache=True, nogil=True)
def _story_point(s: Any, lat: float, lon: float, low_ft: float) -> None:
    """One more minute of the story: extent, centre, lowest and highest."""
    x, y = local_km_scalar(s[START_LAT], s[START_LON], lat, lon)
    widen(s[EXTENT:], x, y)
    s[SUM_X] += x
    s[SUM_Y] += y
    s[POINTS] += 1.0
    if not math.isnan(low_ft):
        if not s[LOW_FT] <= low_ft:
            s[LOW_FT], s[LOW_LAT], s[LOW_LON] = low_ft, lat, lon
        if not s[HIGH_FT] >= low_ft:
            s[HIGH_FT] = low_ft


@numba.njit(cache=True, nogil=True)
def _begin(
    s: Any,
    ring: Any,
    ring_us: Any,
    what: float,
    sign: float,
    first: int,
    now: float,
    ends_us: float,
    ends_deg: float,
    review_us: float,
) -> None:
    """The story begins at the ring's entry of minute ``first``."""
    at = first % RING
    s[PHASE], s[SIGN] = what, sign
    s[START_US], s[START_SUM], s[START_PATH] = float(ring_us[at]), ring[at, R_SUM], ring[at, R_PATH]
    s[START_STRAIGHT], s[START_LAT], s[START_LON] = ring[at, R_STRAIGHT], ring[at, R_LAT], ring[at, R_LON]
    s[SUM_X] = s[SUM_Y] = s[POINTS] = 0.0
    s[LOW_FT] = s[HIGH_FT] = s[LOW_LAT] = s[LOW_LON] = math.nan
    s[EXTENT:WIDTH] = 0.0
    for minute in range(first, int(s[MINUTE]) + 1):
        k = minute % RING
        if ring_us[k] >= 0:
            _story_point(s, ring[k, R_LAT], ring[k, R_LON], ring[k, R_LOW])
    turned, lasted = sign * (s[SUM] - s[START_SUM]), max(now - s[START_US], _MINUTE_US)
    s[NEED_DEG] = min(ends_deg, _ENDS_SHARE * turned / lasted * ends_us)
    s[REVIEW_US] = now + review_us
    s[TOP_US], s[TOP_SUM], s[TOP_PATH], s[TOP_STRAIGHT] = now, sign * s[SUM], s[PATH_KM], s[STRAIGHT_S]


@numba.njit(cache=True, nogil=True)
def _extremes(s: Any, ring: Any, ring_us: Any, window: int) -> None:
    """Least and greatest sum of the ring's window."""
    least, most = math.inf, -math.inf
    for minute in range(int(s[MINUTE]) - window + 1, int(s[MINUTE]) + 1):
        k = minute % RING
        if minute >= 0 and ring_us[k] >= 0:
            least, most = min(least, ring[k, R_SUM]), max(most, ring[k, R_SUM])
    s[LEAST], s[MOST] = least, most


@numba.njit(cache=True, nogil=True)
def _minute_of(s: Any, ring: Any, ring_us: Any, window: int, sign: float, turn_deg: float) -> int:
    """Where the turning began: the latest minute since which she turned all but a lap of it, and before it minutes of at least half that rate."""
    first = -1
    for minute in range(int(s[MINUTE]), max(-1, int(s[MINUTE]) - window), -1):
        k = minute % RING
        if ring_us[k] >= 0 and sign * (s[SUM] - ring[k, R_SUM]) >= turn_deg - _LAP_DEG:
            first = minute
            break
    if first < 0:
        return int(s[MINUTE])
    least_deg = 0.5 * (turn_deg - _LAP_DEG) / max(1.0, s[MINUTE] - first + 1.0)
    while first - 1 > int(s[MINUTE]) - window and first >= 1:
        one, two = (first - 1) % RING, first % RING
        if ring_us[one] < 0 or sign * (ring[two, R_SUM] - ring[one, R_SUM]) < least_deg:
            break
        first -= 1
    return first


@numba.njit(cache=True, nogil=True)
def _minute_at(s: Any, ring_us: Any, us: float) -> int:
    """The first minute of the ring at or after an instant."""
    for minute in range(max(0, int(s[MINUTE]) - RING + 1), int(s[MINUTE]) + 1):
        if ring_us[minute % RING] >= us:
            return minute
    return int(s[MINUTE])


@numba.njit(cache=True, nogil=True)
def circle_minute(s: Any, ring: Any, ring_us: Any, circle_deg: float, radius_km: float, bank_deg: float) -> int:
    """The minute since which she has flown one even, wide, shallow circle; -1 if she has not."""
    now, low, high = int(s[MINUTE]), math.inf, 0.0
    sign = 0.0
    for back in range(1, RING):
        one, two = (now - back) % RING, (now - back + 1) % RING
        if now - back < 0 or ring_us[one] < 0 or ring_us[two] < 0:
            return -1
        seconds = (ring_us[two] - ring_us[one]) / 1e6
        rate = (ring[two, R_SUM] - ring[one, R_SUM]) / seconds
        if sign == 0.0:
            sign = 1.0 if rate > 0.0 else -1.0
        low, high = min(low, rate * sign), max(high, rate * sign)
        if low <= 0.0 or high > 2.0 * low:
            return -1
        turned = abs(ring[now % RING, R_SUM] - ring[one, R_SUM])
        if turned >= circle_deg:
            lasted_s = (ring_us[now % RING] - ring_us[one]) / 1e6
            omega = math.radians(turned) / lasted_s
            speed = (ring[now % RING, R_PATH] - ring[one, R_PATH]) * 1000.0 / lasted_s
            wide = speed / omega >= radius_km * 1000.0
            return now - back if wide and speed * omega / _GRAVITY <= math.tan(math.radians(bank_deg)) else -1
    return -1


@numba.njit(cache=True, nogil=True)
def _new_leg(s: Any, now: float, holding_leg_us: float, survey_leg_us: float) -> bool:
    """A leg has been made; returns whether it ended a half turn. The old leg's sum and end are those of its last report."""
    turned, since, turning = s[SUM] - s[OLD_LEG_SUM], now - s[OLD_LEG_US], now - s[OLD_END_US]
    half = 130.0 <= abs(turned) <= 240.0 and turning <= _HALF_TURN_US
    if half:
        sign = 1.0 if turned > 0.0 else -1.0
        if s[SAME] * sign > 0.0 and since <= holding_leg_us:
            s[SAME] += sign
        else:
            s[SAME], s[SAME_US] = sign, s[OLD_END_US]
        if s[OTHER] > 0.0 and s[OTHER_SIGN] == -sign and since <= survey_leg_us:
            s[OTHER] += 1.0
        else:
            s[OTHER], s[OTHER_US] = 1.0, s[OLD_END_US]
        s[OTHER_SIGN] = sign
    elif not abs(turned) < 60.0:
        s[SAME] = s[OTHER] = 0.0
    else:
        return False
    s[OLD_LEG_US] = now
    return half


@numba.njit(cache=True, nogil=True)
def _turn(s: Any, now: float, course: float, lat: float, lon: float) -> None:
    """Take a course into the sum: the reported one, or where it is missing or belies the positions, the one made good."""
    since = now - s[REF_US]
    if since <= _STEP_US:
        east_km, north_km = local_km_scalar(s[REF_LAT], s[REF_LON], lat, lon)
        if math.hypot(east_km, north_km) >= _MADE_GOOD_KM:
            made = math.degrees(math.atan2(east_km, north_km))
            if not math.isnan(course):
                middle = s[REF_COURSE] + difference_deg_scalar(course, s[REF_COURSE]) / 2.0
                belied = s[DOUBT] <= _DOUBTED and abs(difference_deg_scalar(made, middle)) > _BELIED_DEG
                belied |= s[DOUBT] > _DOUBTED and abs(difference_deg_scalar(made, course)) > _BELIED_DEG
                s[DOUBT] += _DOUBT_STEP * (belied - s[DOUBT])
            if math.isnan(course) or s[DOUBT] > _DOUBTED:
                course = made
        elif s[DOUBT] > _DOUBTED:
            return
        if math.isnan(course):
            return
        step = difference_deg_scalar(course, s[REF_COURSE])
        if abs(step) <= min(_STEP_DEG, _RATE_DEG_S * since / 1e6):
            s[SUM] += step
        elif s[BAD] == 0.0 and not math.isnan(step):
            s[BAD] = 1.0
            return
    s[REF_US], s[REF_COURSE], s[BAD], s[REF_LAT], s[REF_LON] = now, course, 0.0, lat, lon


@numba.njit(cache=True, nogil=True)
def _minute_goes(
    s: Any, ring: Any, ring_us: Any, minute: int, now: int, lat: float, lon: float, altitude_ft: float
) -> None:
    """The first report of a minute goes into the ring; minutes without a report are empty."""
    last = int(s[MINUTE])
    for empty in range(max(last + 1, minute - RING + 1), minute):
        ring_us[empty % RING] = -1
    k = minute % RING
    ring_us[k] = now
    ring[k, R_SUM], ring[k, R_PATH], ring[k, R_STRAIGHT] = s[SUM], s[PATH_KM], s[STRAIGHT_S]
    ring[k, R_LAT], ring[k, R_LON], ring[k, R_LOW] = lat, lon, altitude_ft
    s[MINUTE] = minute


@numba.njit(cache=True, nogil=True)
def has_ended(s: Any, ring: Any, ring_us: Any, ends_us: float) -> bool:
    """Whether she turned less than needed over ``ends_us``, or over the nearest longer time there is a minute for."""
    now_us = ring_us[int(s[MINUTE]) % RING]
    for minute in range(int(s[MINUTE]), int(s[MINUTE]) - RING, -1):
        k = minute % RING
        if minute >= 0 and ring_us[k] >= 0 and now_us - ring_us[k] >= ends_us:
            return bool(s[SIGN] * (s[SUM] - ring[k, R_SUM]) < s[NEED_DEG])
    return False


@numba.njit(cache=True, nogil=True)
def follow(
    first: int, slots: Any, keys: Any, time_us: Any, lat: Any, lon: Any, speed: Any, course: Any, altitude: Any, on_ground: Any,
    state: Any, rings: Any, rings_us: Any, limits: Any, out_key: Any, out_known: Any, out_kind: Any, out: Any,
) -> tuple[int, int]:  # fmt: skip
    """Carry rows ``first``.. through; stops early when the records are nearly full. Returns (next row, records).

    ``limits``: turn_deg, window_min, ends_us, ends_deg, leg_us, leg_deg, holding_turns, holding_leg_us, circle_deg, circle_radius_km, circle_bank_deg,
    survey_turns, survey_leg_us, survey_ends_us, slowest_kn, review_us, silence_us.
    """
    turn_deg, window, ends_us, ends_deg, leg_us, leg_deg = (
        limits[0],
        int(limits[1]),
        limits[2],
        limits[3],
        limits[4],
        limits[5],
    )
    holding_turns, holding_leg_us, circle_deg, circle_radius_km, circle_bank_deg = (
        limits[6],
        limits[7],
        limits[8],
        limits[9],
        limits[10],
    )
    survey_turns, survey_leg_us, survey_ends_us, slowest_kn = limits[11], limits[12], limits[13], limits[14]
    review_us, silence_us = limits[15], limits[16]
    count = 0
    for i in range(first, len(slots)):
        if count + 5 > len(out_key):
            return i, count
        s, ring, ring_us = state[slots[i]], rings[slots[i]], rings_us[slots[i]]
        now = float(time_us[i])
        since = now - s[LAST_US]
        if 0.0 <= since < _THIN_US:
            continue
        landed, silent = on_ground[i] == 1, since > silence_us
        if landed or silent:
            known_us = time_us[i] if landed and not silent else int(s[LAST_US] + silence_us)
            heard_before = s[LAST_US] > _NEVER_US
            if heard_before and s[PHASE] != NONE:
                _record(END, known_us, keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
            if heard_before and s[SURVEYING] != 0.0:
                _record(SURVEY_END, known_us, keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
            _fresh(s, ring_us)
            s[LAST_US], s[LAST_LAT], s[LAST_LON] = now, lat[i], lon[i]
            s[LEG_US] = now
            continue
        km = distance_km_scalar(s[LAST_LAT], s[LAST_LON], lat[i], lon[i])
        if since <= _STEP_US:
            said_km = _LONGEST_STEP * speed[i] * 1.852 * since / 3.6e9
            s[PATH_KM] += said_km if said_km < km and speed[i] >= slowest_kn else km
        else:
            s[LEG_SUM], s[LEG_US], s[LEG_ON] = s[SUM], now, 0.0
        if speed[i] < slowest_kn:
            s[REF_US] = NEVER_US
        else:
            _turn(s, now, float(course[i]), lat[i], lon[i])
        s[LAST_US], s[LAST_LAT], s[LAST_LON] = now, lat[i], lon[i]
        made_half = False
        if abs(s[SUM] - s[LEG_SUM]) > leg_deg:
            s[LEG_SUM], s[LEG_US], s[LEG_ON] = s[SUM], now, 0.0
        elif s[LEG_ON] != 0.0:
            s[STRAIGHT_S] += since / 1e6
            s[OLD_LEG_SUM], s[OLD_END_US] = s[SUM], now
        elif now - s[LEG_US] >= leg_us:
            s[LEG_ON] = 1.0
            s[STRAIGHT_S] += (now - s[LEG_US]) / 1e6
            made_half = _new_leg(s, now, holding_leg_us, survey_leg_us)
            s[OLD_LEG_SUM], s[OLD_END_US] = s[SUM], now
        minute = time_us[i] // 60_000_000
        new_minute = minute != int(s[MINUTE])
        if new_minute:
            _minute_goes(s, ring, ring_us, minute, time_us[i], lat[i], lon[i], float(altitude[i]))
            _extremes(s, ring, ring_us, window)
            if s[PHASE] != NONE and s[SIGN] * s[SUM] >= s[TOP_SUM] - _STILL_DEG and now - s[TOP_US] <= _STEP_US:
                _story_point(s, lat[i], lon[i], float(altitude[i]))
        elif altitude[i] < ring[minute % RING, R_LOW]:
            ring[minute % RING, R_LOW] = altitude[i]
            if s[PHASE] != NONE and altitude[i] < s[LOW_FT]:
                s[LOW_FT], s[LOW_LAT], s[LOW_LON] = altitude[i], lat[i], lon[i]
        begun = NONE
        if s[PHASE] == NONE:
            if s[SUM] - s[LEAST] >= turn_deg:
                begun = ORBIT
                _begin(
                    s,
                    ring,
                    ring_us,
                    ORBIT,
                    1.0,
                    _minute_of(s, ring, ring_us, window, 1.0, turn_deg),
                    now,
                    ends_us,
                    ends_deg,
                    review_us,
                )
            elif s[MOST] - s[SUM] >= turn_deg:
                begun = ORBIT
                _begin(
                    s,
                    ring,
                    ring_us,
                    ORBIT,
                    -1.0,
                    _minute_of(s, ring, ring_us, window, -1.0, turn_deg),
                    now,
                    ends_us,
                    ends_deg,
                    review_us,
                )
            elif made_half and abs(s[SAME]) >= holding_turns:
                begun = RACE
                sign = 1.0 if s[SAME] > 0.0 else -1.0
                since_us = s[SAME_US]
                _begin(
                    s, ring, ring_us, RACE, sign, _minute_at(s, ring_us, since_us), now, ends_us, ends_deg, review_us
                )
            elif new_minute:
                since_minute = circle_minute(s, ring, ring_us, circle_deg, circle_radius_km, circle_bank_deg)
                if since_minute >= 0:
                    begun = CIRCLE
                    sign = 1.0 if s[SUM] > ring[since_minute % RING, R_SUM] else -1.0
                    _begin(s, ring, ring_us, CIRCLE, sign, since_minute, now, ends_us, ends_deg, review_us)
            if begun != NONE:
                _record(OPEN, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
        else:
            if s[SIGN] * s[SUM] > s[TOP_SUM] + _RISE_DEG:
                s[TOP_SUM], s[TOP_US], s[TOP_PATH], s[TOP_STRAIGHT] = s[SIGN] * s[SUM], now, s[PATH_KM], s[STRAIGHT_S]
            if new_minute and has_ended(s, ring, ring_us, ends_us):
                _record(END, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
                s[PHASE] = NONE
                s[SAME] = 0.0
                for k in range(RING):
                    if ring_us[k] < now - ends_us:
                        ring_us[k] = -1
                _extremes(s, ring, ring_us, window)
            elif now >= s[REVIEW_US]:
                s[REVIEW_US] = now + review_us
                _record(REVIEW, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
        if made_half and s[OTHER] >= 2.0:
            s[LATEST_US] = now
        if s[SURVEYING] == 0.0:
            if made_half and s[OTHER] >= survey_turns:
                s[SURVEYING], s[SURVEY_US], s[SURVEY_TURNS] = 1.0, s[OTHER_US], s[OTHER]
                s[SURVEY_PATH], s[SURVEY_LAT], s[SURVEY_LON] = s[PATH_KM], lat[i], lon[i]
                _record(SURVEY, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
        elif made_half and s[OTHER] >= 2.0:
            s[SURVEY_TURNS] += 1.0
        elif now - s[LATEST_US] > survey_ends_us:
            _record(SURVEY_END, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
            count += 1
            s[SURVEYING] = 0.0
    return len(slots), count


def radius_km(story: Any) -> float:
    """Radius of the circle round the story."""
    return float(radius_km_scalar(np.ascontiguousarray(story[EXTENT:])))


def elongation(story: Any) -> float:
    """The narrowest over the widest of its extents along four axes: 1 for a circle, under 0.7 for a racetrack."""
    least, most = story[EXTENT::2], story[EXTENT + 1 :: 2]
    widths = most - least
    return float(widths.min() / max(float(widths.max()), 0.1))
