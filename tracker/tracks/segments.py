"""The row-by-row rule that gives each report to one of the transmitters sharing an identity.

State of one craft: the last 16 fingerprints, and up to four *transmitters*. The number of a transmitter is its place 0-3 and becomes
the segment bits of the key. For each row, in time order:

1. **Duplicate**: a fingerprint met within ``duplicate_us``, or the same time, position and speed as the last row of a transmitter.
   Dropped without a trace, so the row kept is the first. (16 fingerprints: a class A ship sends 15 reports in 30 s.)
2. **Expired** transmitters, silent for longer than ``expiry_us`` (not yet believed: ``unproven_us``), free their places.
3. **Heard only** (no position): belongs to the believed transmitter heard last.
4. **Which transmitter**: one is a match when the distance from its last position is at most ``gate * silence + floor``. Of several
   the one with the smallest discrepancy wins, the lesser of the distances from its last and its dead-reckoned position.
5. **No match** opens a transmitter at the lowest free place. It is *believed*, its rows given out, from its third row in a row on;
   the two rows before are dropped. So one foreign position never makes a track. The very first transmitter of a craft is believed
   at once, because most craft are heard once or twice only; but while it is unproven the first proven one takes over its
   place, so a foreign *first* position makes no track either.
6. **No place left**: the unbelieved transmitter heard longest ago gives way, else a believed one silent for ``crowded_us``, else
   the row is dropped.

The idea of open tracks per identity is that of GFW's segmenter; reachability replaces its scores.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

from models.geodesy import distance_km_scalar
from tracker.identity import MOST_TRANSMITTERS

PLACES: Final = MOST_TRANSMITTERS
RING: Final = 16
NEVER_US: Final = -(1 << 62)

KEPT: Final = 0
DUPLICATE: Final = 1
JUMP: Final = 2
CROWDED: Final = 3

_HEARD_US, _US, _LAT, _LON, _SPEED, _COURSE = range(6)
_FIELDS: Final = 8
LAST_US, _RING_AT, _FIRST, _ROWS, _BITS, _BITS_US = 0, 1, 2, 4, 8, 8 + RING

COLUMNS: Final = {
    "transmitters": ("f8", 0.0, PLACES * _FIELDS),
    "craft": ("i8", NEVER_US, _BITS_US + RING),
}
"""State per craft, packed because memory, not arithmetic, is what a row costs.

``transmitters`` has one cache line a place: when heard, then time, position, speed and course of the last position; instants are
whole microseconds, exact in a double. ``craft`` begins with a line of when heard, the next place in the ring, the place believed on
credit (negative for none), and the consistent rows of each place (0 = free); the ring of fingerprints and their times follow.
"""

_KM_PER_DEG: Final = 111.19492664455873
_DEAD_RECKONING_US: Final = 3_600_000_000


@numba.njit(cache=True, nogil=True)
def _same(a: float, b: float) -> bool:
    """Equal, or both missing."""
    return a == b or (math.isnan(a) and math.isnan(b))


@numba.njit(cache=True, nogil=True)
def _dead_reckoned_km(last: Any, dt_us: int, lat: float, lon: float) -> float:
    """How far a position is from where the transmitter would be had she gone on; infinite where that says nothing."""
    speed, course = last[_SPEED], last[_COURSE]
    shrink = math.cos(math.radians(last[_LAT]))
    if not speed > 0.5 or math.isnan(course) or dt_us > _DEAD_RECKONING_US or shrink < 0.02:
        return math.inf
    run_deg = speed * 1.852 * (dt_us / 3.6e9) / _KM_PER_DEG
    theta = math.radians(course)
    reckoned_lat = last[_LAT] + run_deg * math.cos(theta)
    return distance_km_scalar(reckoned_lat, last[_LON] + run_deg * math.sin(theta) / shrink, lat, lon)


@numba.njit(cache=True, nogil=True)
def assign(
    slots: Any, time_us: Any, lat: Any, lon: Any, speed: Any, course: Any, fingerprint: Any, airborne: Any, fixed: Any,
    transmitters: Any, craft: Any,
    duplicate_us: int, crowded_us: int, unproven_us: int, believed_rows: int,
    gate_km_us: Any, floor_km: Any, expiry_us: Any,
    out_place: Any, out_fate: Any,
) -> None:  # fmt: skip
    """Fill ``out_place`` and ``out_fate`` for every row and carry the state on.

    ``gate_km_us``, ``floor_km`` and ``expiry_us`` hold two values, for vessels and for aircraft.
    """
    stay_km = np.empty(PLACES)
    for i in range(len(slots)):
        now = time_us[i]
        kind = 1 if airborne[i] else 0
        one = craft[slots[i]]
        rows = one[_ROWS : _ROWS + PLACES]
        seg = transmitters[slots[i]].reshape(PLACES, _FIELDS)
        out_place[i] = 0
        heard_only = math.isnan(lat[i])
        if now - one[LAST_US] > expiry_us[kind]:
            rows[:] = 0
            one[_FIRST] = -1
        # 1. duplicates
        bits = fingerprint[i]
        duplicate = False
        if bits != 0:
            for r in range(RING):
                if one[_BITS + r] == bits and now - one[_BITS_US + r] <= duplicate_us:
                    duplicate = True
                    break
        if heard_only:
            duplicate |= bits == 0 and one[LAST_US] == now
        elif one[LAST_US] == now:
            for p in range(PLACES):
                duplicate |= (
                    rows[p] > 0
                    and seg[p, _US] == now
                    and seg[p, _LAT] == lat[i]
                    and seg[p, _LON] == lon[i]
                    and _same(seg[p, _SPEED], speed[i])
                )
        if duplicate:
            out_fate[i] = DUPLICATE
            continue
        if bits != 0:
            at = max(one[_RING_AT], 0)
            one[_BITS + at] = bits
            one[_BITS_US + at] = now
            one[_RING_AT] = (at + 1) % RING
        one[LAST_US] = now
        out_fate[i] = KEPT
        if fixed[i]:
            rows[0] = 1
            seg[0, _US], seg[0, _LAT], seg[0, _LON], seg[0, _SPEED] = now, lat[i], lon[i], speed[i]
            continue
        # 2. expiry
        in_use = 0
        for p in range(PLACES):
            if rows[p] > 0:
                proven = rows[p] >= believed_rows or one[_FIRST] == p
                if now - seg[p, _HEARD_US] > (expiry_us[kind] if proven else unproven_us):
                    rows[p] = 0
                    if one[_FIRST] == p:
                        one[_FIRST] = -1
                else:
                    in_use += 1
        # 3. heard only
        best = -1
        if heard_only:
            for p in range(PLACES):
                if (rows[p] >= believed_rows or one[_FIRST] == p) and (
                    best < 0 or seg[p, _HEARD_US] > seg[best, _HEARD_US]
                ):
                    best = p
            if best >= 0:
                seg[best, _HEARD_US] = now
                out_place[i] = best
            continue
        # 4. which transmitter
        best_km = math.inf
        matches = 0
        stay_km[:] = math.inf
        for p in range(PLACES):
            if rows[p] == 0:
                continue
            reach_km = gate_km_us[kind] * (now - seg[p, _US]) + floor_km[kind]
            if abs(seg[p, _LAT] - lat[i]) * _KM_PER_DEG > reach_km:
                continue
            km = distance_km_scalar(seg[p, _LAT], seg[p, _LON], lat[i], lon[i])
            if km <= reach_km:
                matches += 1
                stay_km[p] = km
                if km < best_km:
                    best, best_km = p, km
        if matches > 1:
            for p in range(PLACES):
                if stay_km[p] < math.inf:
                    km = _dead_reckoned_km(seg[p], now - seg[p, _US], lat[i], lon[i])
                    if km < best_km:
                        best, best_km = p, km
        # 5., 6. a new one
        if best < 0:
            oldest = -1
            oldest_weak = False
            for p in range(PLACES):
                if rows[p] == 0:
                    best = p
                    break
                weak = rows[p] < believed_rows and one[_FIRST] != p
                if not weak and now - seg[p, _HEARD_US] <= crowded_us:
                    continue
                if (
                    oldest < 0
                    or (weak and not oldest_weak)
                    or (weak == oldest_weak and seg[p, _HEARD_US] < seg[oldest, _HEARD_US])
                ):
                    oldest, oldest_weak = p, weak
            if best < 0:
                best = oldest
            if best < 0:
                out_fate[i] = CROWDED
                continue
            rows[best] = 0
            if one[_FIRST] == best:
                one[_FIRST] = -1
            if in_use == 0:
                one[_FIRST] = best
        rows[best] += 1
        seg[best, _HEARD_US] = seg[best, _US] = now
        seg[best, _LAT], seg[best, _LON] = lat[i], lon[i]
        seg[best, _SPEED], seg[best, _COURSE] = speed[i], course[i]
        first = one[_FIRST]
        if rows[best] < believed_rows:
            if first != best:
                out_fate[i] = JUMP
        elif first >= 0:
            if first != best:  # the other was believed on credit only: the proven one takes her place
                seg[first] = seg[best]
                rows[first] = rows[best]
                rows[best] = 0
                best = first
            one[_FIRST] = -1
        out_place[i] = best


def new_fates(length: int) -> tuple[Any, Any]:
    """Output arrays of :func:`assign`: places and fates."""
    return np.empty(length, dtype=np.int64), np.empty(length, dtype=np.uint8)
