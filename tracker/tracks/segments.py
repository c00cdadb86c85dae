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
from typing import Annotated, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.geodesy import difference_deg_scalar, distance_km_scalar
from streams.borrowed import borrowed
from streams.keyed_state import KeyedState
from streams.records import record_dtype
from tracker.identity import MOST_TRANSMITTERS
from tracker.schema import NO_CODE_U8
from tracker.units import KM_PER_DEG, KM_PER_NM, NEVER_US, US_PER_H

PLACES: Final = MOST_TRANSMITTERS
RING: Final = 16

KEPT: Final = 0
DUPLICATE: Final = 1
JUMP: Final = 2
CROWDED: Final = 3

NOBODY: Final = PLACES
BELIEVED: Final = NO_CODE_U8
_DOUBTED: Final = 1
_POOR: Final = 2
"""Bits of a standing: in doubt, and without navigation quality."""


class Transmitter:
    """One place, a line of the cache. Instants are whole microseconds, exact in a double: what is kept of a craft is packed, because memory,
    not arithmetic, is what a row costs."""

    heard_us: float
    position_us: float
    lat_deg: float
    lon_deg: float
    speed_kn: float
    course_deg: float
    pace_us: float
    """The interval at which it repeats itself (its 15th percentile), 0 while unknown."""
    standing: float


class Doubt:
    """What is weighed while a place is in doubt."""

    since_us: float
    from_lat_deg: float
    from_lon_deg: float
    run_km: float
    """The way by reported speed."""
    turns: float
    """Turns with the other, and those too soon for one transmitter."""
    soon: float
    alike: float
    """Rows that say the speed and course of the other."""
    rows: float
    path_km: float
    """The way from report to report."""


class Craft:
    """What is kept of one identity."""

    last_us: int
    ring_at: int
    """Next place in the ring of fingerprints."""
    first: int
    """The place believed on credit, negative for none."""
    unused: int
    rows: Annotated[NDArray[np.int64], f"{PLACES}i8"]
    """Consistent rows of each place; 0: it is free."""
    fingerprint: Annotated[NDArray[np.int64], f"{RING}i8"]
    fingerprint_us: Annotated[NDArray[np.int64], f"{RING}i8"]


class Displaced:
    """Where a craft was displaced to."""

    time_us: float
    lat_deg: float
    lon_deg: float


_TRANSMITTER: Final = record_dtype(Transmitter)
_DOUBT: Final = record_dtype(Doubt)
_CRAFT: Final = record_dtype(Craft)
_DISPLACED: Final = record_dtype(Displaced)

COLUMNS: Final = {
    "transmitters": ("f8", 0.0, PLACES * _TRANSMITTER.itemsize // 8),
    "doubts": ("f8", 0.0, PLACES * _DOUBT.itemsize // 8),
    "craft": ("i8", NEVER_US, _CRAFT.itemsize // 8),
}
"""State per craft: ``PLACES`` records of :class:`Transmitter`, as many of :class:`Doubt`, one of :class:`Craft`."""

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
    gate_km_us: NDArray[np.float64]
    floor_km: NDArray[np.float64]
    expiry_us: NDArray[np.int64]
    soon_turns: float
    sail_km: NDArray[np.float64]
    sail_us: NDArray[np.float64]
    alone_us: int
    mass_km: float
    mass_us: int
    moving_kn: float
    repeat_km: float
    repeat_us: NDArray[np.float64]


class Rows(NamedTuple):
    """Reports in time order."""

    slot: NDArray[np.int32]
    craft: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    fingerprint: NDArray[np.int64]
    is_aircraft: NDArray[np.bool_]
    is_fixed: NDArray[np.bool_]
    is_poor: NDArray[np.bool_]
    """Aircraft positions without any navigation quality."""


class State(NamedTuple):
    """What is kept, by slot: see ``COLUMNS``."""

    craft: NDArray[np.void]
    transmitters: NDArray[np.void]
    """``[n, PLACES]``, as ``doubts``."""
    doubts: NDArray[np.void]


class Company(NamedTuple):
    """A ring of places to which craft are displaced, and whose each is."""

    craft: NDArray[np.int64]
    places: NDArray[np.void]


class Fates(NamedTuple):
    """What becomes of each row: its place, ``KEPT`` or why not, and whose it is where its position is not believed."""

    place: NDArray[np.int64]
    fate: NDArray[np.uint8]
    displaced: NDArray[np.uint8]
    """The place of the transmitter that the row is heard of, ``NOBODY`` or ``BELIEVED``."""


class Report(NamedTuple):
    """One row with a position; ``kind`` is 1 for aircraft."""

    craft: int
    time_us: int
    lat_deg: float
    lon_deg: float
    speed_kn: float
    course_deg: float
    is_poor: bool
    kind: int


_DEAD_RECKONING_US: Final = US_PER_H


@numba.njit(cache=True, nogil=True)
def _same(a: float, b: float) -> bool:
    """Equal, or both missing."""
    return a == b or (math.isnan(a) and math.isnan(b))


@numba.njit(cache=True, nogil=True)
def _is_doubted(one: Transmitter) -> bool:
    return int(one.standing) & _DOUBTED == _DOUBTED


@numba.njit(cache=True, nogil=True)
def _dead_reckoned_km(last: Transmitter, dt_us: int, lat: float, lon: float) -> float:
    """How far a position is from where the transmitter would be had she gone on; infinite where that says nothing."""
    speed, course = last.speed_kn, last.course_deg
    shrink = math.cos(math.radians(last.lat_deg))
    if not speed > 0.5 or math.isnan(course) or dt_us > _DEAD_RECKONING_US or shrink < 0.02:
        return math.inf
    run_deg = speed * KM_PER_NM * (dt_us / US_PER_H) / KM_PER_DEG
    theta = math.radians(course)
    reckoned_lat = last.lat_deg + run_deg * math.cos(theta)
    return distance_km_scalar(reckoned_lat, last.lon_deg + run_deg * math.sin(theta) / shrink, lat, lon)


@numba.njit(cache=True, nogil=True)
def _is_company(company: Company, report: Report, mass_km: float, mass_us: int) -> bool:
    """Whether another craft was displaced to about the same place lately."""
    company = borrowed(company)
    lat_deg, lon_deg = report.lat_deg, report.lon_deg
    for k in range(RING_PLACES):
        if company.craft[k] < 0 or company.craft[k] == report.craft:
            continue
        there: Displaced = company.places[k]
        if not report.time_us - there.time_us <= mass_us:
            continue
        if (
            abs(there.lat_deg - lat_deg) * KM_PER_DEG <= mass_km
            and distance_km_scalar(there.lat_deg, there.lon_deg, lat_deg, lon_deg) <= mass_km
        ):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _restart_doubt(d: Doubt, now: int, lat: float, lon: float) -> None:
    """What is weighed of a place begins now and here."""
    d.run_km = d.turns = d.soon = d.alike = d.rows = d.path_km = 0.0
    d.since_us, d.from_lat_deg, d.from_lon_deg = now, lat, lon


@numba.njit(cache=True, nogil=True)
def _other(rows: NDArray[np.int64], seg: NDArray[np.void], here: int) -> tuple[int, bool]:
    """The place, of those of the other standing, with the latest position, and whether the report before this one came from it."""
    other, before = -1, -1
    doubted = _is_doubted(seg[here])
    for p in range(PLACES):
        if rows[p] == 0:
            continue
        if before < 0 or seg[p].position_us > seg[before].position_us:
            before = p
        if p != here and _is_doubted(seg[p]) != doubted and (other < 0 or seg[p].position_us > seg[other].position_us):
            other = p
    return other, other >= 0 and before == other


@numba.njit(cache=True, nogil=True)
def _is_sailing(d: Doubt, lat: float, lon: float, least_km: float) -> bool:
    """Whether the way made good is long enough and agrees with the reported speed, and so does the way from report to report: else it is flung about."""
    if d.rows < _SAIL_ROWS or d.path_km > 1.5 * d.run_km + _NOISE_KM * d.rows:
        return False
    made_good_km = distance_km_scalar(d.from_lat_deg, d.from_lon_deg, lat, lon)
    return made_good_km >= least_km and 0.7 * d.run_km <= made_good_km <= 1.3 * d.run_km


@numba.njit(cache=True, nogil=True)
def _heard_of(rows: NDArray[np.int64], seg: NDArray[np.void], now: int, believed_rows: int, unproven_us: int) -> int:
    """The believed transmitter that a row without a place of its own is heard of, if it was heard a while ago; -1 if not."""
    home = -1
    for p in range(PLACES):
        if rows[p] >= believed_rows and not _is_doubted(seg[p]) and (home < 0 or seg[p].heard_us > seg[home].heard_us):
            home = p
    if home < 0 or now - seg[home].heard_us > max(float(unproven_us), 5.0 * seg[home].pace_us):
        return -1
    seg[home].heard_us = now
    return home


@numba.njit(cache=True, nogil=True)
def _is_misread(o: Transmitter, d: Doubt, now: int, lat: float, lon: float, course: float, gate_km_us: float) -> bool:
    """Whether a place is that of the other transmitter with a sign lost or latitude and longitude swapped.

    Misread positions run the mirrored way while the course is the true one: a place that runs as it says is none. Where the run does not decide, the mirror must be
    far beside how near to it the place lies: near the equator or the meridian of Greenwich every place has its mirror close by.
    """
    reach_km = 5.0 + 0.5 * gate_km_us * (now - o.position_us)
    run_deg = math.nan
    if distance_km_scalar(d.from_lat_deg, d.from_lon_deg, lat, lon) >= _RUN_KM_SEEN:
        shrink = math.cos(math.radians(lat))
        run_deg = math.degrees(math.atan2(difference_deg_scalar(lon, d.from_lon_deg) * shrink, lat - d.from_lat_deg))
    for mirror in range(4):
        at_lat = -o.lat_deg if mirror in (0, 2) else o.lat_deg
        at_lon = -o.lon_deg if mirror in (1, 2) else o.lon_deg
        run_off = 180.0 - course if mirror == 0 else -course if mirror == 1 else 180.0 + course
        if mirror == 3:
            if abs(o.lon_deg) > 90.0:
                continue
            at_lat, at_lon = o.lon_deg, o.lat_deg
            run_off = 90.0 - course
        near_km = distance_km_scalar(at_lat, at_lon, lat, lon)
        if near_km > reach_km:
            continue
        better_deg = abs(difference_deg_scalar(run_deg, course)) - abs(difference_deg_scalar(run_deg, run_off))
        if better_deg > _RUN_DEG:
            return True
        is_near = near_km <= MIRROR_FRAC * distance_km_scalar(o.lat_deg, o.lon_deg, lat, lon)
        if is_near and not better_deg < -_RUN_DEG:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _weigh(
    rows: NDArray[np.int64], seg: NDArray[np.void], doubts: NDArray[np.void], here: int, report: Report, company: Company, limits: Limits
) -> bool:  # fmt: skip
    """One more report while a place of the identity is in doubt; True where the place it belongs to is believed from now on.

    ``seg[here]`` is still that of the report before.
    """
    now, lat, lon, speed, course = report.time_us, report.lat_deg, report.lon_deg, report.speed_kn, report.course_deg
    other, is_turn = _other(rows, seg, here)
    doubted = _is_doubted(seg[here])
    if is_turn and min(rows[here], rows[other]) >= _PACE_ROWS:
        asked = here if doubted else other
        doubts[asked].turns += 1.0
        if now - seg[other].position_us < SOON_FRAC * min(seg[here].pace_us, seg[other].pace_us):
            doubts[asked].soon += 1.0
    d: Doubt = doubts[here]
    step_km = distance_km_scalar(seg[here].lat_deg, seg[here].lon_deg, lat, lon)
    d.path_km += step_km
    if math.isnan(speed):
        d.run_km += step_km
    else:
        d.run_km += speed * KM_PER_NM * min(now - seg[here].position_us, _DEAD_RECKONING_US) / US_PER_H
    d.rows += 1.0
    if not doubted:
        return False
    if other < 0:
        return True
    o: Transmitter = seg[other]
    if (
        o.speed_kn > 3.0
        and abs(o.speed_kn - speed) < 1.5 + 0.05 * o.speed_kn
        and abs(difference_deg_scalar(o.course_deg, course)) < 15.0
    ):
        d.alike += 1.0
    if rows[here] < limits.believed_rows:
        return False
    if not report.is_poor and int(o.standing) & _POOR:
        o.standing = float(_DOUBTED | _POOR)
        _restart_doubt(doubts[other], now, o.lat_deg, o.lon_deg)
        return True
    turns, soon = d.turns, d.soon
    if soon >= limits.soon_turns and soon >= 0.2 * turns:
        return True
    sails = now - d.since_us >= limits.sail_us[report.kind] and _is_sailing(d, lat, lon, limits.sail_km[report.kind])
    sails = sails and (turns <= 2.0 or d.alike < 0.5 * d.rows)
    if not sails and now - o.position_us < limits.alone_us:
        return False
    if _is_misread(o, d, now, lat, lon, course, limits.gate_km_us[report.kind]):
        return False
    if _is_company(company, report, limits.mass_km, limits.mass_us):
        return False
    m: Doubt = doubts[other]
    goes_nowhere = distance_km_scalar(m.from_lat_deg, m.from_lon_deg, o.lat_deg, o.lon_deg) < 0.5 * m.run_km
    if turns >= limits.soon_turns and soon < 0.1 * turns and m.run_km >= 5.0 and goes_nowhere:
        o.standing = float(int(o.standing) | _DOUBTED)
        _restart_doubt(m, now, o.lat_deg, o.lon_deg)
    return True


@numba.njit(cache=True, nogil=True)
def _without_faded(seg: NDArray[np.void], stay_km: NDArray[np.float64], now: int, unproven_us: int) -> int:
    """The nearest match, after those in doubt and silent for long are taken out (``stay_km`` infinite) where a believed one is a match, too."""
    believed = False
    for p in range(PLACES):
        believed |= stay_km[p] < math.inf and not _is_doubted(seg[p])
    best, best_km = -1, math.inf
    for p in range(PLACES):
        if believed and _is_doubted(seg[p]) and now - seg[p].position_us > unproven_us:
            stay_km[p] = math.inf
        if stay_km[p] < best_km:
            best, best_km = p, stay_km[p]
    return best


@numba.njit(cache=True, nogil=True)
def assign(given: Rows, state: State, company: Company, limits: Limits, out: Fates) -> None:
    """Fill ``out`` for every row and carry the state on."""
    given, state, company, out = borrowed(given), borrowed(state), borrowed(company), borrowed(out)
    limits = borrowed(limits)
    believed_rows, unproven_us = limits.believed_rows, limits.unproven_us
    stay_km = np.empty(PLACES)
    for i in range(len(given.slot)):
        now, slot = given.time_us[i], given.slot[i]
        lat, lon, speed, course = given.lat_deg[i], given.lon_deg[i], given.speed_kn[i], given.course_deg[i]
        kind = 1 if given.is_aircraft[i] else 0
        one: Craft = state.craft[slot]
        rows = one.rows
        seg = state.transmitters[slot]
        out.place[i] = 0
        out.displaced[i] = BELIEVED
        heard_only = math.isnan(lat)
        if now - one.last_us > limits.expiry_us[kind]:
            rows[:] = 0
            one.first = -1
        # 1. duplicates
        bits = given.fingerprint[i]
        duplicate = False
        if bits != 0:
            for r in range(RING):
                if one.fingerprint[r] == bits and now - one.fingerprint_us[r] <= limits.duplicate_us:
                    duplicate = True
                    break
        if heard_only:
            duplicate |= bits == 0 and one.last_us == now
        elif one.last_us == now:
            for p in range(PLACES):
                duplicate |= (
                    rows[p] > 0
                    and seg[p].position_us == now
                    and seg[p].lat_deg == lat
                    and seg[p].lon_deg == lon
                    and _same(seg[p].speed_kn, speed)
                )
        if duplicate:
            out.fate[i] = DUPLICATE
            continue
        if bits != 0:
            at = max(one.ring_at, 0)
            one.fingerprint[at] = bits
            one.fingerprint_us[at] = now
            one.ring_at = (at + 1) % RING
        one.last_us = now
        out.fate[i] = KEPT
        if given.is_fixed[i]:
            rows[0] = 1
            seg[0].position_us, seg[0].lat_deg, seg[0].lon_deg, seg[0].speed_kn = now, lat, lon, speed
            continue
        # 2. expiry
        in_use = in_doubt = 0
        for p in range(PLACES):
            if rows[p] > 0:
                proven = rows[p] >= believed_rows or one.first == p
                if now - seg[p].heard_us > (limits.expiry_us[kind] if proven else unproven_us):
                    rows[p] = 0
                    if one.first == p:
                        one.first = -1
                else:
                    in_use += 1
                    in_doubt += 1 if _is_doubted(seg[p]) else 0
        # 3. heard only
        best = -1
        if heard_only:
            for p in range(PLACES):
                if (
                    (rows[p] >= believed_rows or one.first == p)
                    and not _is_doubted(seg[p])
                    and (best < 0 or seg[p].heard_us > seg[best].heard_us)
                ):
                    best = p
            if best >= 0:
                seg[best].heard_us = now
                out.place[i] = best
            continue
        # 4. which transmitter
        best_km = math.inf
        matches = 0
        stay_km[:] = math.inf
        for p in range(PLACES):
            if rows[p] == 0:
                continue
            reach_km = limits.gate_km_us[kind] * (now - seg[p].position_us) + limits.floor_km[kind]
            if abs(seg[p].lat_deg - lat) * KM_PER_DEG > reach_km:
                continue
            km = distance_km_scalar(seg[p].lat_deg, seg[p].lon_deg, lat, lon)
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
                    km = _dead_reckoned_km(seg[p], now - seg[p].position_us, lat, lon)
                    if km < best_km:
                        best, best_km = p, km
        # 8. the same once more
        if (
            best >= 0
            and seg[best].lat_deg == lat
            and seg[best].lon_deg == lon
            and seg[best].speed_kn == speed
            and seg[best].course_deg == course
            and speed > limits.moving_kn
            and not _is_doubted(seg[best])
            and speed * KM_PER_NM * (now - seg[best].position_us) / US_PER_H > limits.repeat_km
            and now - seg[best].position_us > limits.repeat_us[kind]
        ):
            seg[best].heard_us = now
            out.place[i] = out.displaced[i] = best
            continue
        # 5., 6. a new one
        if best < 0:
            oldest = -1
            oldest_weak = False
            for p in range(PLACES):
                if rows[p] == 0:
                    best = p
                    break
                weak = rows[p] < believed_rows and one.first != p
                if not weak and now - seg[p].heard_us <= limits.crowded_us:
                    continue
                if (
                    oldest < 0
                    or (weak and not oldest_weak)
                    or (weak == oldest_weak and seg[p].heard_us < seg[oldest].heard_us)
                ):
                    oldest, oldest_weak = p, weak
            if best < 0:
                best = oldest
            if best < 0:
                out.fate[i] = CROWDED
                home = _heard_of(rows, seg, now, believed_rows, unproven_us)
                out.displaced[i] = BELIEVED if home < 0 else home
                continue
            rows[best] = 0
            if one.first == best:
                one.first = -1
            seg[best].pace_us = seg[best].standing = 0.0
            seg[best].position_us, seg[best].lat_deg, seg[best].lon_deg = now, lat, lon
            if in_use == 0:
                one.first = best
            else:
                seg[best].standing = float(_DOUBTED)
                in_doubt += 1
                doubt = state.doubts[slot]
                for p in range(PLACES):
                    if p == best or (rows[p] > 0 and in_doubt == 1):
                        _restart_doubt(doubt[p], now, seg[p].lat_deg, seg[p].lon_deg)
        rows[best] += 1
        if in_doubt > 0:
            doubt = state.doubts[slot]
            report = Report(given.craft[i], now, lat, lon, speed, course, given.is_poor[i], kind)
            if _weigh(rows, seg, doubt, best, report, company, limits):
                seg[best].standing = 0.0
        if rows[best] > 1:
            interval_us = float(now - seg[best].position_us)
            pace_us = seg[best].pace_us
            if pace_us == 0.0:
                seg[best].pace_us = interval_us
            elif interval_us < pace_us:
                seg[best].pace_us = max(interval_us, (_QUICKER if rows[best] > _PACE_ROWS else 0.5) * pace_us)
            else:
                seg[best].pace_us = min(interval_us, _SLOWER * pace_us)
        doubted = _is_doubted(seg[best])
        seg[best].standing = float((_DOUBTED if doubted else 0) | (_POOR if given.is_poor[i] else 0))
        seg[best].heard_us = seg[best].position_us = now
        seg[best].lat_deg, seg[best].lon_deg = lat, lon
        seg[best].speed_kn, seg[best].course_deg = speed, course
        first = one.first
        if rows[best] < believed_rows:
            if first != best:
                out.fate[i] = JUMP
                home = _heard_of(rows, seg, now, believed_rows, unproven_us)
                out.displaced[i] = BELIEVED if home < 0 else home
        elif first >= 0:
            if first != best:  # the other was believed on credit only: the proven one takes its place
                seg[first] = seg[best]
                seg[first].standing = float(int(seg[first].standing) & _POOR)
                rows[first] = rows[best]
                rows[best] = 0
                best = first
                doubted = False
            one.first = -1
        out.place[i] = best
        if doubted and rows[best] >= believed_rows:
            home = _heard_of(rows, seg, now, believed_rows, unproven_us)
            out.displaced[i] = NOBODY if home < 0 else home
            key = given.craft[i]
            at = (key ^ (key >> 10)) % RING_PLACES
            company.craft[at] = key
            there: Displaced = company.places[at]
            there.time_us, there.lat_deg, there.lon_deg = now, lat, lon


def new_fates(length: int) -> Fates:
    """Output arrays of :func:`assign`."""
    return Fates(np.empty(length, dtype=np.int64), np.empty(length, dtype=np.uint8), np.empty(length, dtype=np.uint8))


def state_of(columns: KeyedState) -> State:
    """The columns of ``COLUMNS`` as records, written in place; fetch it anew once slots were entered."""
    return State(
        columns["craft"].view(_CRAFT).reshape(-1), columns["transmitters"].view(_TRANSMITTER), columns["doubts"].view(_DOUBT)
    )  # fmt: skip


def last_us_of(columns: KeyedState) -> NDArray[np.int64]:
    """When the craft of each slot was heard last."""
    last_us: NDArray[np.int64] = state_of(columns).craft["last_us"]
    return last_us


def new_company() -> Company:
    """Nobody is displaced."""
    company = Company(np.empty(RING_PLACES, dtype=np.int64), np.empty(RING_PLACES, dtype=_DISPLACED))
    forget_company(company, np.ones(RING_PLACES, dtype=np.bool_))
    return company


def forget_company(company: Company, gone: NDArray[np.bool_]) -> None:
    """Free some places of the ring."""
    company.craft[gone] = NEVER_US
    displaced_values(company)[gone] = np.nan


def displaced_values(company: Company) -> NDArray[np.float64]:
    """The places of the ring as a matrix: instant, latitude, longitude."""
    return company.places.view(np.float64).reshape(RING_PLACES, 3)
