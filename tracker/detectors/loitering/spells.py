"""Slow spells: the row-by-row state machine under the loitering rule.

A report is *slow* when its speed is below ``slow_below``, *moving* when above ``moving_above``, else it carries on whatever was. Speed is the
reported one and, from the last position at least a minute old, the made-good one; each may say "moving", and all known ones
must agree on "slow"; where she is counts once a minute too, so a chatty transmitter weighs no more. So a feed without speeds works, and a transmitter that says 0 kn while she travels does not loiter.

State machine of one transmitter::

    under way --slow report--> SPELL --slow for min_duration, within radius--> JUDGED
    under way --neither slow nor moving--> ROUNDS --for min_duration, within rounds radius--> JUDGED
    ROUNDS  a slow report makes it a SPELL; starts anew: rounds radius exceeded    (creeping, but going somewhere)
    SPELL, ROUNDS end: moving for moving_for, or off by off_km          (tolerance for a single bad speed)
            starts anew: radius exceeded                           (slow, but going somewhere)
    JUDGED, and all slow for waits, end: moving for leaves_after, or off by leaves_km     (shifting back up-wind is still waiting)
    all     end: silent for longer than max_gap

Records, in the order they became known: WAITED (slow for ``waits``: teaches where ships wait), JUDGE (long enough: is it loitering?), LONGER
(long enough for any craft), STILL (each time its length has doubled), END, and GONE (the end of one that was told as WAITED and never judged: company
counts who waits now). A record carries the whole spell as it stood, columns ``SPELL``; instants are microseconds, exact in doubles.

A craft has *sailed* when three positions in a row were moving and farther than ``sailed_km`` from where it was first heard: what never did is a
fixture, a float, or was lying there before anybody listened.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

from models.angles import wrap_longitude
from models.confinement import EXTENT_WIDTH, local_km_scalar, radius_km_scalar, widen
from models.geodesy import difference_deg_scalar, distance_km_scalar
from streams.cache_lines import ask_ahead, lines_of

WAITED: Final = 0
JUDGE: Final = 1
LONGER: Final = 2
END: Final = 3
STILL: Final = 4
GONE: Final = 5

UNDER_WAY: Final = 0
SPELL: Final = 1
JUDGED: Final = 2
ROUNDS: Final = 3

(
    LAST_US, REF_US, REF_LAT, REF_LON, PHASE, TAUGHT, HOME_LAT, HOME_LON, SAILED, NEXT_US, START_US, START_LAT, START_LON, SLOW_US, SLOW_LAT, SLOW_LON,
    MOVE_US, SUM_X, SUM_Y, SUM_Z, ROWS, PATH_KM, MOORED, ANCHORED, FISHING, NOT_COMMANDED, RESTRICTED, ANGLE_SUM, ANGLE_ROWS, MOVE_KM,
    EXTENT,
) = range(31)  # fmt: skip
WIDTH: Final = EXTENT + EXTENT_WIDTH
"""Numbers per transmitter; see the names above. ``TAUGHT`` counts the records WAITED and LONGER,
``HOME_*`` is where it was first heard, ``SAILED`` counts up to ``ALWAYS_SAILED``, ``NEXT_US`` is how long the spell is at the next STILL,
``MOVE_US`` is NaN while not moving, ``MOVE_KM`` what she made
good since (part of her path only if she is slow again), ``EXTENT`` starts the confinement numbers."""

ALWAYS_SAILED: Final = 3.0
"""Positions in a row far from home and moving: one or two may be false."""
SAILED_US: Final = 30 * 24 * 3_600_000_000
"""For so long it is remembered that a craft sailed."""
_REF_US: Final = 60_000_000.0
_LINES: Final = lines_of(8 * PHASE)
"""Of a craft under way no more is looked at."""
_KN_PER_KM_US: Final = 3.6e9 / 1.852


@numba.njit(cache=True, nogil=True)
def _begin(s: Any, slow: bool, now: float, lat: float, lon: float) -> None:
    """A new spell at a position."""
    s[PHASE] = SPELL if slow else ROUNDS
    s[TAUGHT] = 0.0
    s[START_US], s[START_LAT], s[START_LON] = now, lat, lon
    s[MOVE_US] = math.nan
    s[SUM_X:WIDTH] = 0.0


@numba.njit(cache=True, nogil=True)
def _record(
    kind: int, known_us: int, key: int, s: Any, at: int, out_key: Any, out_known: Any, out_kind: Any, out: Any
) -> None:
    out_key[at], out_known[at], out_kind[at] = key, known_us, kind
    out[at] = s


@numba.njit(cache=True, nogil=True)
def _sail(s: Any, lat: float, lon: float, sailed_km: float) -> None:
    """One more moving position of a craft not yet known to sail."""
    far = distance_km_scalar(s[HOME_LAT], s[HOME_LON], lat, lon) > sailed_km
    s[SAILED] = s[SAILED] + 1.0 if far else 0.0


@numba.njit(cache=True, nogil=True)
def follow(
    first: int, slots: Any, keys: Any, time_us: Any, lat: Any, lon: Any, speed: Any, course: Any, heading: Any, status: Any,
    state: Any, limits: Any, out_key: Any, out_known: Any, out_kind: Any, out: Any,
) -> tuple[int, int]:  # fmt: skip
    """Carry rows ``first``.. through; stops early when the records are nearly full. Returns (next row, records).

    ``limits``: slow_kn, moving_kn, min_us, radius_km, waits_us, moving_for_us, off_km, leaves_after_us, leaves_km, max_gap_us, longer_us,
    rounds_km, sailed_km.
    """
    slow_kn, moving_kn, min_us, radius_km, waits_us = limits[0], limits[1], limits[2], limits[3], limits[4]
    moving_for_us, off_km, leaves_after_us, leaves_km = limits[5], limits[6], limits[7], limits[8]
    max_gap_us, longer_us, rounds_km, sailed_km = limits[9], limits[10], limits[11], limits[12]
    count = 0
    for i in range(first, len(slots)):
        if count + 6 > len(out_key):
            return i, count
        if math.isnan(lat[i]):
            continue
        ask_ahead(state, slots, i, _LINES)
        s = state[slots[i]]
        now = float(time_us[i])
        if now - s[LAST_US] > max_gap_us:
            if s[PHASE] == JUDGED:
                _record(END, int(s[LAST_US] + max_gap_us), keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
            elif s[PHASE] != UNDER_WAY and s[TAUGHT] >= 1.0:
                _record(GONE, int(s[LAST_US] + max_gap_us), keys[i], s, count, out_key, out_known, out_kind, out)
                count += 1
            s[PHASE] = UNDER_WAY
            s[REF_US] = math.nan
            if not s[SAILED] >= ALWAYS_SAILED or now - s[LAST_US] > SAILED_US:
                s[SAILED] = 0.0
                s[HOME_LAT], s[HOME_LON] = lat[i], lon[i]
        s[LAST_US] = now
        said = float(speed[i])
        if s[PHASE] == UNDER_WAY and said > moving_kn:
            if s[SAILED] < ALWAYS_SAILED:
                _sail(s, lat[i], lon[i], sailed_km)
            s[REF_US], s[REF_LAT], s[REF_LON] = now, lat[i], lon[i]
            continue
        made_km = 0.0
        made = math.nan
        if math.isnan(s[REF_US]):
            s[REF_US], s[REF_LAT], s[REF_LON] = now, lat[i], lon[i]
        elif now - s[REF_US] >= _REF_US:
            made_km = distance_km_scalar(s[REF_LAT], s[REF_LON], lat[i], lon[i])
            made = made_km / (now - s[REF_US]) * _KN_PER_KM_US
            s[REF_US], s[REF_LAT], s[REF_LON] = now, lat[i], lon[i]
        if math.isnan(said) and math.isnan(made):
            continue
        moving = said > moving_kn or made > moving_kn
        slow = not moving and not said >= slow_kn and not made >= slow_kn
        if s[SAILED] < ALWAYS_SAILED:
            if moving:
                _sail(s, lat[i], lon[i], sailed_km)
            else:
                s[SAILED] = 0.0
        if s[PHASE] == UNDER_WAY:
            if moving:
                continue
            _begin(s, slow, now, lat[i], lon[i])
        elif moving:
            if math.isnan(s[MOVE_US]):
                s[MOVE_US] = now
            waits = s[PHASE] == JUDGED or s[TAUGHT] >= 1.0
            away_km = distance_km_scalar(s[SLOW_LAT], s[SLOW_LON], lat[i], lon[i])
            if away_km > (leaves_km if waits else off_km) or now - s[MOVE_US] >= (
                leaves_after_us if waits else moving_for_us
            ):
                if waits:
                    kind = END if s[PHASE] == JUDGED else GONE
                    _record(kind, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
                    count += 1
                s[PHASE] = UNDER_WAY
            s[MOVE_KM] += made_km
            continue
        if not math.isnan(made) or s[ROWS] == 0.0:
            x, y = local_km_scalar(s[START_LAT], s[START_LON], lat[i], lon[i])
            widen(s[EXTENT:], x, y)
            confined_km = rounds_km if s[PHASE] == ROUNDS else radius_km
            if s[PHASE] != JUDGED and radius_km_scalar(s[EXTENT:]) > confined_km:
                if s[TAUGHT] >= 1.0:
                    _record(GONE, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
                    count += 1
                _begin(s, slow, now, lat[i], lon[i])
                made_km = 0.0
            phi, lam = math.radians(lat[i]), math.radians(lon[i])
            s[SUM_X] += math.cos(phi) * math.cos(lam)
            s[SUM_Y] += math.cos(phi) * math.sin(lam)
            s[SUM_Z] += math.sin(phi)
            s[PATH_KM] += made_km + s[MOVE_KM]
            s[MOVE_KM] = 0.0
        if slow and s[PHASE] == ROUNDS:
            s[PHASE] = SPELL
        s[MOVE_US] = math.nan
        s[SLOW_US], s[SLOW_LAT], s[SLOW_LON] = now, lat[i], lon[i]
        s[ROWS] += 1.0
        s[ANCHORED] += status[i] == 1
        s[MOORED] += status[i] == 5
        s[FISHING] += status[i] == 7
        s[NOT_COMMANDED] += status[i] == 2
        s[RESTRICTED] += status[i] == 3
        if said >= 0.3 and not math.isnan(course[i]) and not math.isnan(heading[i]):
            s[ANGLE_SUM] += abs(difference_deg_scalar(course[i], heading[i]))
            s[ANGLE_ROWS] += 1.0
        if s[TAUGHT] == 0.0 and now - s[START_US] >= waits_us:
            s[TAUGHT] = 1.0
            _record(WAITED, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
            count += 1
        if s[PHASE] != JUDGED and now - s[START_US] >= min_us:
            s[PHASE] = JUDGED
            s[NEXT_US] = 2.0 * longer_us
            _record(JUDGE, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
            count += 1
        if s[PHASE] == JUDGED and s[TAUGHT] < 2.0 and now - s[START_US] >= longer_us:
            s[TAUGHT] = 2.0
            _record(LONGER, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
            count += 1
        if s[PHASE] == JUDGED and now - s[START_US] >= s[NEXT_US]:
            while now - s[START_US] >= s[NEXT_US]:
                s[NEXT_US] *= 2.0
            _record(STILL, time_us[i], keys[i], s, count, out_key, out_known, out_kind, out)
            count += 1
    return len(slots), count


def centre(spell: Any) -> tuple[float, float]:
    """Mean position of a spell, right everywhere on the sphere."""
    lat = math.degrees(math.atan2(spell[SUM_Z], math.hypot(spell[SUM_X], spell[SUM_Y])))
    return lat, float(wrap_longitude(math.degrees(math.atan2(spell[SUM_Y], spell[SUM_X]))))


def radius_km(spell: Any) -> float:
    """Confinement radius of a spell."""
    return float(radius_km_scalar(np.ascontiguousarray(spell[EXTENT:])))


def net_km(spell: Any) -> float:
    """Distance from where a spell began to where she was last slow."""
    return float(distance_km_scalar(spell[START_LAT], spell[START_LON], spell[SLOW_LAT], spell[SLOW_LON]))


def mean_kn(spell: Any) -> float:
    """Path made good over duration."""
    return float(spell[PATH_KM] / (spell[SLOW_US] - spell[START_US]) * _KN_PER_KM_US)
