"""One identity, several places: the kernel that tells a second transmitter from a craft that jumps, and both from a wrong clock.

Only identities with more than one segment (``tracker.tracks``) come here. Their reports make *runs*: reports in a row from one segment. When the
segment changes, the run that ended says which it was::

    it was short (fewer than stay_reports, or shorter than stay)      -> one answers the other: two transmitters at once
    it was a stay, and the new run becomes one before the old is heard -> a jump, if the way cannot be made in the time
    the new place lies in the wake of the other (trail_km, four hours)  -> the same transmitter under another clock: neither

A wake is up to ``SAMPLES`` positions of a segment, 20 minutes apart. A day without turns, or without jumps, begins anew.

A record is (slot, what, now, start, three figures, lat, lon, from lat, from lon, from time).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

from models.geodesy import difference_deg_scalar, distance_km_scalar

SHARED: Final = 2
JUMP: Final = 3

PLACES: Final = 4
SAMPLES: Final = 12
PLACE_US, PLACE_LAT, PLACE_LON, PLACE_ROWS, _SAMPLE_AT, _SAMPLE_US, _WAKE = range(7)
_PLACE_WIDTH: Final = _WAKE + 2 * SAMPLES
(
    HERE, RUN_US, RUN_ROWS, PENDING, FROM_US, FROM_LAT, FROM_LON, TO_LAT, TO_LON, TURNS, TURNS_US, TURN_US, OVER_US, APART_KM, FAR_KM,
    TRAILS, TOLD_US, JUMPS, JUMPS_US, JUMP_US,
) = range(20)  # fmt: skip
HEAD: Final = 20
WIDTH: Final = HEAD + PLACES * _PLACE_WIDTH
RECORD: Final = 12

_KM_PER_DEG: Final = 111.19492664455873
_DAY_US: Final = 86_400_000_000.0
_WAKE_STEP_US: Final = 1_200_000_000.0
_TELL_US: Final = 3_600_000_000.0
_MOST_US: Final = 3_600_000_000.0


def place(number: int) -> int:
    """Where the fields of a segment begin."""
    return HEAD + number * _PLACE_WIDTH


@numba.njit(cache=True, nogil=True)
def _wake_km(p: Any, lat: float, lon: float) -> float:
    """How near a position is to where a segment was in the last hours; infinite where it was not."""
    best = math.inf
    shrink = math.cos(math.radians(lat))
    count = int(min(p[_SAMPLE_AT], SAMPLES))
    bx = difference_deg_scalar(p[PLACE_LON], lon) * _KM_PER_DEG * shrink
    by = (p[PLACE_LAT] - lat) * _KM_PER_DEG
    for k in range(count):
        at = int(p[_SAMPLE_AT] - 1 - k) % SAMPLES
        ax = difference_deg_scalar(p[_WAKE + 2 * at + 1], lon) * _KM_PER_DEG * shrink
        ay = (p[_WAKE + 2 * at] - lat) * _KM_PER_DEG
        ux, uy = bx - ax, by - ay
        long2 = ux * ux + uy * uy
        share = 0.0 if long2 < 1e-12 else min(1.0, max(0.0, -(ax * ux + ay * uy) / long2))
        best = min(best, math.hypot(ax + share * ux, ay + share * uy))
        bx, by = ax, ay
    return best


@numba.njit(cache=True, nogil=True)
def _reach_km(air: int, silent_us: float) -> float:
    """How far one transmitter may have come: somewhat more than the track builder allows."""
    return 10.0 + (1300.0 if air else 60.0) * 1.852 / 3.6e9 * silent_us


@numba.njit(cache=True, nogil=True)
def follow(
    slots: Any, places: Any, time_us: Any, lat: Any, lon: Any, airborne: Any, state: Any, limits: Any, out: Any
) -> int:
    """Carry the rows through; returns the number of records.

    ``limits``: stay reports, stay of ships and aircraft in us, jump km of both, shared us of both, turns, apart km, trail km.
    """
    count = 0
    for i in range(len(slots)):
        s, now, air = state[slots[i]], float(time_us[i]), 1 if airborne[i] else 0
        here = int(places[i])
        p = s[HEAD + here * _PLACE_WIDTH : HEAD + (here + 1) * _PLACE_WIDTH]
        if s[TURNS] > 0.0 and now - s[TURN_US] > _DAY_US:
            s[TURNS] = s[TRAILS] = s[OVER_US] = 0.0
        if s[JUMPS] > 0.0 and now - s[JUMP_US] > _DAY_US:
            s[JUMPS] = 0.0
        before = int(s[HERE])
        if p[PLACE_ROWS] > 0.0:
            gone_km = _reach_km(air, now - p[PLACE_US])
            if distance_km_scalar(p[PLACE_LAT], p[PLACE_LON], lat[i], lon[i]) > gone_km:
                p[:] = 0.0  # the track builder gave the place to another transmitter
                if here == before:
                    before = -1
                    s[PENDING] = 0.0
        if before < 0:
            s[HERE], s[RUN_US], s[RUN_ROWS] = here, now, 1.0
        elif here == before:
            s[RUN_ROWS] += 1.0
            if s[PENDING] > 0.0 and s[RUN_ROWS] >= limits[0] and now - s[RUN_US] >= limits[1 + air]:
                s[PENDING] = 0.0
                if s[JUMPS] == 0.0:
                    s[JUMPS_US] = s[FROM_US]
                s[JUMPS] += 1.0
                s[JUMP_US] = now
                r = out[count]
                r[0], r[1], r[2], r[3] = slots[i], JUMP, now, s[RUN_US]
                r[4] = distance_km_scalar(s[FROM_LAT], s[FROM_LON], s[TO_LAT], s[TO_LON])
                r[5], r[6], r[7], r[8] = s[JUMPS], s[JUMPS_US], s[TO_LAT], s[TO_LON]
                r[9], r[10], r[11] = s[FROM_LAT], s[FROM_LON], s[FROM_US]
                count += 1
        else:
            o = s[HEAD + before * _PLACE_WIDTH : HEAD + (before + 1) * _PLACE_WIDTH]
            km = distance_km_scalar(o[PLACE_LAT], o[PLACE_LON], lat[i], lon[i])
            trails = air == 0 and (
                _wake_km(o, lat[i], lon[i]) <= limits[9] or _wake_km(p, o[PLACE_LAT], o[PLACE_LON]) <= limits[9]
            )
            stayed = s[RUN_ROWS] >= limits[0] and now - s[RUN_US] >= limits[1 + air] and s[PENDING] == 0.0
            # A stay that ends is a jump unless the place she comes to spoke during it.
            answers = p[PLACE_ROWS] > 0.0 and not stayed
            if answers:
                if s[TURNS] == 0.0:
                    s[TURNS_US] = p[PLACE_US]
                    s[APART_KM], s[FAR_KM] = km, km
                else:
                    s[OVER_US] += min(now - s[TURN_US], _MOST_US)
                s[TURNS] += 1.0
                s[TURN_US] = now
                s[APART_KM], s[FAR_KM] = min(s[APART_KM], km), max(s[FAR_KM], km)
                if trails:
                    s[TRAILS] += 1.0
            least_km = max(limits[3 + air], _reach_km(air, now - o[PLACE_US]))
            s[PENDING] = 1.0 if stayed and km >= least_km and not trails else 0.0
            s[FROM_US], s[FROM_LAT], s[FROM_LON] = o[PLACE_US], o[PLACE_LAT], o[PLACE_LON]
            s[TO_LAT], s[TO_LON] = lat[i], lon[i]
            s[HERE], s[RUN_US], s[RUN_ROWS] = here, now, 1.0
            if (
                answers
                and now - s[TURNS_US] >= limits[5 + air]
                and s[OVER_US] >= 0.5 * limits[5 + air]
                and s[TURNS] >= limits[7]
                and s[FAR_KM] >= limits[8]
                and s[TRAILS] < 0.3 * s[TURNS]
                and not now - s[TOLD_US] < _TELL_US
            ):
                s[TOLD_US] = now
                r = out[count]
                r[0], r[1], r[2], r[3] = slots[i], SHARED, now, s[TURNS_US]
                r[4], r[5], r[6], r[7], r[8] = s[TURNS], s[APART_KM], s[FAR_KM], lat[i], lon[i]
                r[9], r[10], r[11] = o[PLACE_LAT], o[PLACE_LON], o[PLACE_US]
                count += 1
        if p[_SAMPLE_AT] == 0.0 or now - p[_SAMPLE_US] >= _WAKE_STEP_US:
            at = int(p[_SAMPLE_AT]) % SAMPLES
            p[_WAKE + 2 * at], p[_WAKE + 2 * at + 1] = lat[i], lon[i]
            p[_SAMPLE_AT] += 1.0
            p[_SAMPLE_US] = now
        p[PLACE_US], p[PLACE_LAT], p[PLACE_LON] = now, lat[i], lon[i]
        p[PLACE_ROWS] += 1.0
    return count


def blank(capacity: int = 1) -> Any:
    """State of identities not seen yet."""
    state = np.zeros((capacity, WIDTH))
    state[:, HERE] = -1.0
    state[:, TOLD_US] = state[:, JUMP_US] = np.nan
    return state


def enter(state: Any, number: int, move: Any) -> None:
    """What ``motion`` knows of a segment becomes the state of its place."""
    p = state[place(number) : place(number) + _PLACE_WIDTH]
    p[PLACE_US], p[PLACE_LAT], p[PLACE_LON], p[PLACE_ROWS] = move[0], move[1], move[2], move[4]
    p[_WAKE], p[_WAKE + 1] = move[1], move[2]
    p[_SAMPLE_AT], p[_SAMPLE_US] = 1.0, move[0]
