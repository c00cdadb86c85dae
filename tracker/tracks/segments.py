"""The row-by-row rule that gives each report to one of the transmitters sharing an identity.

State of one craft: the last 16 fingerprints, and up to four *transmitters*. The number of a transmitter is its place 0-3 and becomes
the segment bits of the key. For each row, in time order:

1. **Duplicate**: a fingerprint met within ``duplicate_us``, or the same time, position and speed as the last row of a transmitter.
   Dropped without a trace, so the row kept is the first. (16 fingerprints: a class A ship sends 15 reports in 30 s.)
2. **Expired** transmitters, silent for longer than ``expiry_us`` (not yet believed: ``unproven_us``), free their places.
3. **Heard only** (no position): belongs to the believed transmitter heard last.
4. **Which transmitter**: one is a match when the distance from its last position is at most ``gate * silence + floor``. Of several
   the one with the smallest discrepancy wins, the lesser of the distances from its last and its dead-reckoned position. One in doubt that was silent for
   ``unproven_us`` gives way to a believed one: after hours everything is in reach.
5. **No match** opens a transmitter at the lowest free place. Its rows are given out from its third row in a row on; the two rows
   before are dropped. So one foreign position never makes a track. The very first transmitter of a craft is believed
   at once, because most craft are heard once or twice only; but while it is unproven the first proven one takes over its
   place, so a foreign *first* position makes no track either.
6. **No place left**: the unbelieved transmitter heard longest ago gives way, else a believed one silent for ``crowded_us``, else
   the row is dropped.

7. **Doubt.** A further transmitter may be the same one whose receiver is jammed, in turns or for a while. Its rows are *displaced*: they count as
   heard of the believed transmitter, and their position is nobody's, until one of these shows that there are two:

   - the two answer each other sooner than one of them ever repeats itself (``SOON_FRAC`` of the shorter of their usual intervals);
   - it sails: ``sail_km`` made good agree with the speed it reports, and it is no parallel copy (same speed and course) of the believed one;
   - the believed one gave no position for ``alone_us``;
   - its navigation quality is good and that of the believed one is none (NIC or NACp 0): then that one is the one in doubt from now on.

   The second and third never count where the place is the other one's with a sign lost or latitude and longitude swapped (unless it runs on the course it reports, which no misread
   place does), and within ``mass_km`` of where another craft is displaced as well. One that sails while the believed one, in turns with
   it, does not make the way it reports, is the true one: the other is in doubt from now on.

   A row dropped under 5. or 6. counts as heard of the believed one, too: under a jammer that flings positions about a ship is no silent one.
8. **The same once more**: position, speed and course of the row before, to the last digit, while it should have moved on. A feed that lost its craft tells their
   last reports again under new times: the row is displaced, and heard of its own transmitter. An old position is no position of now.

The idea of open tracks per identity is that of GFW's segmenter; reachability replaces its scores.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numba
import numpy as np

from models.geodesy import difference_deg_scalar, distance_km_scalar
from tracker.identity import MOST_TRANSMITTERS
from tracker.schema import NO_CODE_U8

PLACES: Final = MOST_TRANSMITTERS
RING: Final = 16
NEVER_US: Final = -(1 << 62)

KEPT: Final = 0
DUPLICATE: Final = 1
JUMP: Final = 2
CROWDED: Final = 3

_HEARD_US, _US, _LAT, _LON, _SPEED, _COURSE, _PACE_US, _STANDING = range(8)
_FIELDS: Final = 8
_SINCE_US, _FROM_LAT, _FROM_LON, _RUN_KM, _TURNS, _SOON, _ALIKE, _DOUBT_ROWS, _PATH_KM = range(9)
_DOUBT_FIELDS: Final = 9
NOBODY: Final = PLACES
BELIEVED: Final = NO_CODE_U8
LAST_US, _RING_AT, _FIRST, _ROWS, _BITS, _BITS_US = 0, 1, 2, 4, 8, 8 + RING

COLUMNS: Final = {
    "transmitters": ("f8", 0.0, PLACES * _FIELDS),
    "doubts": ("f8", 0.0, PLACES * _DOUBT_FIELDS),
    "craft": ("i8", NEVER_US, _BITS_US + RING),
}
"""State per craft, packed because memory, not arithmetic, is what a row costs.

``transmitters`` has one cache line a place: when heard, then time, position, speed and course of the last position; instants are
whole microseconds, exact in a double; the interval at which it repeats itself (its 15th percentile, 0 while unknown); and its standing (bits: 1 in doubt,
2 without navigation quality). ``doubts`` is touched only while a place is in doubt: since when and where, the way by reported speed since, turns with the
other, those too soon for one transmitter, rows that say the speed and course of the other, rows, and the way from report to report. ``craft`` begins with a line of when heard, the next place in the ring, the place believed on
credit (negative for none), and the consistent rows of each place (0 = free); the ring of fingerprints and their times follow.
"""

RING_PLACES: Final = 1_024
"""Places to which craft are displaced that are remembered, by hash of the craft: another craft overwrites."""
SOON_FRAC: Final = 0.6
"""Sooner than this share of its interval no transmitter repeats itself: slots are chosen within a fifth of it (ITU-R M.1371-5, annex 2, 3.3.4.2)."""
_QUICKER: Final = 0.85
_SLOWER: Final = 1.03
MIRROR_FRAC: Final = 0.1
"""A place is a misreading only if it lies so near to the mirror, as a share of the way to it (ours: 27 kn for half an hour beside 250 km)."""
_RUN_KM_SEEN: Final = 3.0
_RUN_DEG: Final = 20.0
"""From so long a run on its direction says something, and so much better must the true course fit than the mirrored one (ours: wind, stream and a turn)."""
_PACE_ROWS: Final = 8
_SAIL_ROWS: Final = 10
_NOISE_KM: Final = 0.1
"""A shorter interval takes the learned one down by 15 %, a longer one up by 3 %: it settles where 15 in 100 are shorter, whatever is lost."""


class Limits(NamedTuple):
    """Thresholds of :func:`assign`; pairs are for vessels and for aircraft."""

    duplicate_us: int
    crowded_us: int
    unproven_us: int
    believed_rows: int
    gate_km_us: Any
    floor_km: Any
    expiry_us: Any
    soon_turns: float
    sail_km: Any
    sail_us: Any
    alone_us: int
    mass_km: float
    mass_us: int
    moving_kn: float
    repeat_km: float
    repeat_us: Any


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
def _is_company(
    ring_craft: Any, ring: Any, craft: int, now: int, lat: float, lon: float, mass_km: float, mass_us: int
) -> bool:
    """Whether another craft was displaced to about the same place lately."""
    for k in range(RING_PLACES):
        if ring_craft[k] < 0 or ring_craft[k] == craft or not now - ring[k, 0] <= mass_us:
            continue
        if (
            abs(ring[k, 1] - lat) * _KM_PER_DEG <= mass_km
            and distance_km_scalar(ring[k, 1], ring[k, 2], lat, lon) <= mass_km
        ):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _restart_doubt(d: Any, now: int, lat: float, lon: float) -> None:
    """What is weighed of a place begins now and here."""
    d[:] = 0.0
    d[_SINCE_US], d[_FROM_LAT], d[_FROM_LON] = now, lat, lon


@numba.njit(cache=True, nogil=True)
def _other(rows: Any, seg: Any, here: int) -> tuple[int, bool]:
    """The place, of those of the other standing, with the latest position, and whether the report before this one came from it."""
    other, before = -1, -1
    doubted = int(seg[here, _STANDING]) & 1
    for p in range(PLACES):
        if rows[p] == 0:
            continue
        if before < 0 or seg[p, _US] > seg[before, _US]:
            before = p
        if p != here and int(seg[p, _STANDING]) & 1 != doubted and (other < 0 or seg[p, _US] > seg[other, _US]):
            other = p
    return other, other >= 0 and before == other


@numba.njit(cache=True, nogil=True)
def _is_sailing(d: Any, lat: float, lon: float, least_km: float) -> bool:
    """Whether the way made good is long enough and agrees with the reported speed, and so does the way from report to report: else it is flung about."""
    if d[_DOUBT_ROWS] < _SAIL_ROWS or d[_PATH_KM] > 1.5 * d[_RUN_KM] + _NOISE_KM * d[_DOUBT_ROWS]:
        return False
    made_good_km = distance_km_scalar(d[_FROM_LAT], d[_FROM_LON], lat, lon)
    return made_good_km >= least_km and 0.7 * d[_RUN_KM] <= made_good_km <= 1.3 * d[_RUN_KM]


@numba.njit(cache=True, nogil=True)
def _heard_of(rows: Any, seg: Any, now: int, believed_rows: int, unproven_us: int) -> int:
    """The believed transmitter that a row without a place of its own is heard of, if it was heard a while ago; -1 if not."""
    home = -1
    for p in range(PLACES):
        if (
            rows[p] >= believed_rows
            and int(seg[p, _STANDING]) & 1 == 0
            and (home < 0 or seg[p, _HEARD_US] > seg[home, _HEARD_US])
        ):
            home = p
    if home < 0 or now - seg[home, _HEARD_US] > max(float(unproven_us), 5.0 * seg[home, _PACE_US]):
        return -1
    seg[home, _HEARD_US] = now
    return home


@numba.njit(cache=True, nogil=True)
def _is_misread(o: Any, d: Any, now: int, lat: float, lon: float, course: float, gate_km_us: float) -> bool:
    """Whether a place is that of the other transmitter with a sign lost or latitude and longitude swapped.

    Misread positions run the mirrored way while the course is the true one: a place that runs as it says is none. Where the run does not decide, the mirror must be
    far beside how near to it the place lies: near the equator or the meridian of Greenwich every place has its mirror close by.
    """
    reach_km = 5.0 + 0.5 * gate_km_us * (now - o[_US])
    run_deg = math.nan
    if distance_km_scalar(d[_FROM_LAT], d[_FROM_LON], lat, lon) >= _RUN_KM_SEEN:
        shrink = math.cos(math.radians(lat))
        run_deg = math.degrees(math.atan2(difference_deg_scalar(lon, d[_FROM_LON]) * shrink, lat - d[_FROM_LAT]))
    for mirror in range(4):
        at_lat = -o[_LAT] if mirror in (0, 2) else o[_LAT]
        at_lon = -o[_LON] if mirror in (1, 2) else o[_LON]
        run_off = 180.0 - course if mirror == 0 else -course if mirror == 1 else 180.0 + course
        if mirror == 3:
            if abs(o[_LON]) > 90.0:
                continue
            at_lat, at_lon = o[_LON], o[_LAT]
            run_off = 90.0 - course
        near_km = distance_km_scalar(at_lat, at_lon, lat, lon)
        if near_km > reach_km:
            continue
        better_deg = abs(difference_deg_scalar(run_deg, course)) - abs(difference_deg_scalar(run_deg, run_off))
        if better_deg > _RUN_DEG:
            return True
        is_near = near_km <= MIRROR_FRAC * distance_km_scalar(o[_LAT], o[_LON], lat, lon)
        if is_near and not better_deg < -_RUN_DEG:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _weigh(
    rows: Any, seg: Any, doubts: Any, here: int, now: int, lat: float, lon: float, speed: float, course: float,
    poor: bool, company: Any, craft: int, limits: Any, air: int,
) -> bool:  # fmt: skip
    """One more report while a place of the identity is in doubt; True where the place it belongs to is believed from now on.

    ``seg[here]`` is still that of the report before. ``company`` is the pair of rings, ``limits`` those of :class:`Limits`.
    """
    other, is_turn = _other(rows, seg, here)
    doubted = int(seg[here, _STANDING]) & 1 == 1
    if is_turn and min(rows[here], rows[other]) >= _PACE_ROWS:
        asked = here if doubted else other
        doubts[asked, _TURNS] += 1.0
        if now - seg[other, _US] < SOON_FRAC * min(seg[here, _PACE_US], seg[other, _PACE_US]):
            doubts[asked, _SOON] += 1.0
    d = doubts[here]
    step_km = distance_km_scalar(seg[here, _LAT], seg[here, _LON], lat, lon)
    d[_PATH_KM] += step_km
    if math.isnan(speed):
        d[_RUN_KM] += step_km
    else:
        d[_RUN_KM] += speed * 1.852 * min(now - seg[here, _US], _DEAD_RECKONING_US) / 3.6e9
    d[_DOUBT_ROWS] += 1.0
    if not doubted:
        return False
    if other < 0:
        return True
    o = seg[other]
    if (
        o[_SPEED] > 3.0
        and abs(o[_SPEED] - speed) < 1.5 + 0.05 * o[_SPEED]
        and abs(difference_deg_scalar(o[_COURSE], course)) < 15.0
    ):
        d[_ALIKE] += 1.0
    if rows[here] < limits.believed_rows:
        return False
    if not poor and int(o[_STANDING]) & 2:
        o[_STANDING] = 3.0
        _restart_doubt(doubts[other], now, o[_LAT], o[_LON])
        return True
    turns, soon = d[_TURNS], d[_SOON]
    if soon >= limits.soon_turns and soon >= 0.2 * turns:
        return True
    sails = now - d[_SINCE_US] >= limits.sail_us[air] and _is_sailing(d, lat, lon, limits.sail_km[air])
    sails = sails and (turns <= 2.0 or d[_ALIKE] < 0.5 * d[_DOUBT_ROWS])
    if not sails and now - o[_US] < limits.alone_us:
        return False
    if _is_misread(o, d, now, lat, lon, course, limits.gate_km_us[air]):
        return False
    if _is_company(company[0], company[1], craft, now, lat, lon, limits.mass_km, limits.mass_us):
        return False
    m = doubts[other]
    goes_nowhere = distance_km_scalar(m[_FROM_LAT], m[_FROM_LON], o[_LAT], o[_LON]) < 0.5 * m[_RUN_KM]
    if turns >= limits.soon_turns and soon < 0.1 * turns and m[_RUN_KM] >= 5.0 and goes_nowhere:
        o[_STANDING] = float(int(o[_STANDING]) | 1)
        _restart_doubt(m, now, o[_LAT], o[_LON])
    return True


@numba.njit(cache=True, nogil=True)
def _without_faded(seg: Any, stay_km: Any, now: int, unproven_us: int) -> int:
    """The nearest match, after those in doubt and silent for long are taken out (``stay_km`` infinite) where a believed one is a match, too."""
    believed = False
    for p in range(PLACES):
        believed |= stay_km[p] < math.inf and int(seg[p, _STANDING]) & 1 == 0
    best, best_km = -1, math.inf
    for p in range(PLACES):
        if believed and int(seg[p, _STANDING]) & 1 == 1 and now - seg[p, _US] > unproven_us:
            stay_km[p] = math.inf
        if stay_km[p] < best_km:
            best, best_km = p, stay_km[p]
    return best


@numba.njit(cache=True, nogil=True)
def assign(
    slots: Any, keys: Any, time_us: Any, lat: Any, lon: Any, speed: Any, course: Any, fingerprint: Any, airborne: Any, fixed: Any, poor: Any,
    transmitters: Any, doubts: Any, craft: Any, company: Any, limits: Any, out: Any,
) -> None:  # fmt: skip
    """Fill ``out`` (place, fate, displaced) for every row and carry the state on.

    ``poor`` marks aircraft positions without any navigation quality. ``company`` is a ring of places to which craft are displaced: their keys, and
    instant, latitude, longitude of each. ``displaced`` is the place of the transmitter that the row is heard of, ``NOBODY`` or ``BELIEVED``.
    """
    out_place, out_fate, out_displaced = out
    duplicate_us, crowded_us, unproven_us = limits.duplicate_us, limits.crowded_us, limits.unproven_us
    believed_rows, gate_km_us, floor_km, expiry_us = (
        limits.believed_rows,
        limits.gate_km_us,
        limits.floor_km,
        limits.expiry_us,
    )
    ring_craft, ring = company
    stay_km = np.empty(PLACES)
    for i in range(len(slots)):
        now = time_us[i]
        kind = 1 if airborne[i] else 0
        one = craft[slots[i]]
        rows = one[_ROWS : _ROWS + PLACES]
        seg = transmitters[slots[i]].reshape(PLACES, _FIELDS)
        out_place[i] = 0
        out_displaced[i] = BELIEVED
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
        in_use = in_doubt = 0
        for p in range(PLACES):
            if rows[p] > 0:
                proven = rows[p] >= believed_rows or one[_FIRST] == p
                if now - seg[p, _HEARD_US] > (expiry_us[kind] if proven else unproven_us):
                    rows[p] = 0
                    if one[_FIRST] == p:
                        one[_FIRST] = -1
                else:
                    in_use += 1
                    in_doubt += int(seg[p, _STANDING]) & 1
        # 3. heard only
        best = -1
        if heard_only:
            for p in range(PLACES):
                if (
                    (rows[p] >= believed_rows or one[_FIRST] == p)
                    and int(seg[p, _STANDING]) & 1 == 0
                    and (best < 0 or seg[p, _HEARD_US] > seg[best, _HEARD_US])
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
        if matches > 1 and in_doubt > 0:
            best = _without_faded(seg, stay_km, now, unproven_us)
            best_km = stay_km[best]
        if matches > 1:
            for p in range(PLACES):
                if stay_km[p] < math.inf:
                    km = _dead_reckoned_km(seg[p], now - seg[p, _US], lat[i], lon[i])
                    if km < best_km:
                        best, best_km = p, km
        # 8. the same once more
        if (
            best >= 0
            and seg[best, _LAT] == lat[i]
            and seg[best, _LON] == lon[i]
            and seg[best, _SPEED] == speed[i]
            and seg[best, _COURSE] == course[i]
            and speed[i] > limits.moving_kn
            and int(seg[best, _STANDING]) & 1 == 0
            and speed[i] * 1.852 * (now - seg[best, _US]) / 3.6e9 > limits.repeat_km
            and now - seg[best, _US] > limits.repeat_us[kind]
        ):
            seg[best, _HEARD_US] = now
            out_place[i] = out_displaced[i] = best
            continue
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
                home = _heard_of(rows, seg, now, believed_rows, unproven_us)
                out_displaced[i] = BELIEVED if home < 0 else home
                continue
            rows[best] = 0
            if one[_FIRST] == best:
                one[_FIRST] = -1
            seg[best, _PACE_US] = seg[best, _STANDING] = 0.0
            seg[best, _US], seg[best, _LAT], seg[best, _LON] = now, lat[i], lon[i]
            if in_use == 0:
                one[_FIRST] = best
            else:
                seg[best, _STANDING] = 1.0
                in_doubt += 1
                doubt = doubts[slots[i]].reshape(PLACES, _DOUBT_FIELDS)
                for p in range(PLACES):
                    if p == best or (rows[p] > 0 and in_doubt == 1):
                        _restart_doubt(doubt[p], now, seg[p, _LAT], seg[p, _LON])
        rows[best] += 1
        if in_doubt > 0:
            doubt = doubts[slots[i]].reshape(PLACES, _DOUBT_FIELDS)
            if _weigh(
                rows, seg, doubt, best, now, lat[i], lon[i], speed[i], course[i], poor[i], company, keys[i], limits, kind
            ):  # fmt: skip
                seg[best, _STANDING] = 0.0
        if rows[best] > 1:
            interval_us = float(now - seg[best, _US])
            pace_us = seg[best, _PACE_US]
            if pace_us == 0.0:
                seg[best, _PACE_US] = interval_us
            elif interval_us < pace_us:
                seg[best, _PACE_US] = max(interval_us, (_QUICKER if rows[best] > _PACE_ROWS else 0.5) * pace_us)
            else:
                seg[best, _PACE_US] = min(interval_us, _SLOWER * pace_us)
        doubted = int(seg[best, _STANDING]) & 1
        seg[best, _STANDING] = float(doubted | (2 if poor[i] else 0))
        seg[best, _HEARD_US] = seg[best, _US] = now
        seg[best, _LAT], seg[best, _LON] = lat[i], lon[i]
        seg[best, _SPEED], seg[best, _COURSE] = speed[i], course[i]
        first = one[_FIRST]
        if rows[best] < believed_rows:
            if first != best:
                out_fate[i] = JUMP
                home = _heard_of(rows, seg, now, believed_rows, unproven_us)
                out_displaced[i] = BELIEVED if home < 0 else home
        elif first >= 0:
            if first != best:  # the other was believed on credit only: the proven one takes her place
                seg[first] = seg[best]
                seg[first, _STANDING] = float(int(seg[first, _STANDING]) & 2)
                rows[first] = rows[best]
                rows[best] = 0
                best = first
                doubted = 0
            one[_FIRST] = -1
        out_place[i] = best
        if doubted == 1 and rows[best] >= believed_rows:
            home = _heard_of(rows, seg, now, believed_rows, unproven_us)
            out_displaced[i] = NOBODY if home < 0 else home
            at = (keys[i] ^ (keys[i] >> 10)) % RING_PLACES
            ring_craft[at] = keys[i]
            ring[at, 0], ring[at, 1], ring[at, 2] = now, lat[i], lon[i]


def new_fates(length: int) -> tuple[Any, Any, Any]:
    """Output arrays of :func:`assign`: places, fates, and whose the displaced rows are."""
    return np.empty(length, dtype=np.int64), np.empty(length, dtype=np.uint8), np.empty(length, dtype=np.uint8)


def new_company() -> tuple[Any, Any]:
    """Nobody is displaced."""
    return np.full(RING_PLACES, NEVER_US, dtype=np.int64), np.full((RING_PLACES, 3), np.nan)
