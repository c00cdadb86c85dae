"""Slow spells: the row-by-row state machine under the loitering rule.

A report is *slow* when its speed is below ``slow_kn``, *moving* when above ``moving_kn``, else it carries on whatever was. Speed is the
reported one and, from the last position at least a minute old, the made-good one; each may say "moving", and all known ones
must agree on "slow"; where it is counts once a minute too, so a chatty transmitter weighs no more. So a feed without speeds works, and a transmitter that says
0 kn while it travels does not loiter.

State machine of one transmitter::

    under way --slow report--> SPELL --slow for min_us, within radius_km--> JUDGED
    under way --neither slow nor moving--> ROUNDS --for min_us, within rounds_km--> JUDGED
    ROUNDS  a slow report makes it a SPELL; starts anew: rounds_km exceeded    (creeping, but going somewhere)
    SPELL, ROUNDS end: moving for moving_for_us, or off by off_km          (tolerance for a single bad speed)
            starts anew: radius_km exceeded                           (slow, but going somewhere)
    JUDGED, and all slow for waits_us, end: moving for leaves_after_us, or off by leaves_km     (shifting back up-wind is still waiting)
    all     end: silent for longer than max_gap_us

Records, in the order they became known: WAITED (slow for ``waits_us``: teaches where ships wait), JUDGE (long enough: is it loitering?), LONGER
(long enough for any craft), STILL (each time its length has doubled), END, and GONE (the end of one that was told as WAITED and never judged: company
counts who waits now). A record carries the whole spell as it stood.

A craft has *sailed* when three positions in a row were moving and farther than ``sailed_km`` from where it was first heard: what never did is a
fixture, a float, or was lying there before anybody listened.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.confinement import EXTENT_WIDTH, local_km_scalar, radius_km_scalar, widen
from models.geodesy import difference_deg_scalar, distance_km_scalar
from streams.cache_lines import ask_ahead, lines_of
from tracker.detectors.loitering.config import LoiteringConfig
from tracker.detectors.records import Left, Reached, leave
from tracker.units import NEVER_US, US_PER_H, US_PER_MIN

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

NEVER: Final = float(NEVER_US)
ALWAYS_SAILED: Final = 3
"""Positions in a row far from home and moving: one or two may be false."""
SAILED_US: Final = 30 * 24 * 3_600_000_000
"""For so long it is remembered that a craft sailed."""
_REF_US: Final = 60_000_000.0
_KN_PER_KM_US: Final = 3.6e9 / 1.852
_AT_ANCHOR, _NOT_COMMANDED, _RESTRICTED, _MOORED, _FISHING = 1, 2, 3, 5, 7
"""Navigational status (ITU-R M.1371-5, table 45)."""


class Spell:
    """What is kept of one transmitter, and a record carries. Instants are microseconds, exact in doubles; NaN is never.

    ``ref_`` is the position that the speed made good is taken from; ``home_`` where it was first heard; ``sailed`` counts up to ``ALWAYS_SAILED``; ``taught``
    counts the records WAITED and LONGER; ``next_us`` is how long the spell is at the next STILL; ``start_`` is where it began, ``slow_`` where it was last slow;
    ``move_us`` is since when it moves, ``move_km`` what it made good since (part of its path only if it is slow again); ``sum_`` are the positions added up as
    vectors; the counts are of rows, ``angle_rows`` of those with a course off the heading. Craft under way need no more than the first line of memory.
    """

    last_us: float = NEVER
    phase: int = UNDER_WAY
    sailed: int = 0
    ref_us: float = math.nan
    ref_lat_deg: float = math.nan
    ref_lon_deg: float = math.nan
    home_lat_deg: float = math.nan
    home_lon_deg: float = math.nan
    taught: int = 0
    next_us: float = math.nan
    start_us: float = math.nan
    start_lat_deg: float = math.nan
    start_lon_deg: float = math.nan
    slow_us: float = math.nan
    slow_lat_deg: float = math.nan
    slow_lon_deg: float = math.nan
    move_us: float = math.nan
    move_km: float = 0.0
    sum_x: float = 0.0
    sum_y: float = 0.0
    sum_z: float = 0.0
    path_km: float = 0.0
    rows: int = 0
    moored: int = 0
    anchored: int = 0
    fishing: int = 0
    not_commanded: int = 0
    restricted: int = 0
    angle_sum_deg: float = 0.0
    angle_rows: int = 0
    extent_km: NDArray[np.float64] = np.zeros(EXTENT_WIDTH)


_LINES: Final = lines_of(48)
"""Of a craft under way no more is looked at than ``last_us`` to ``ref_lon_deg``."""


class Reports(NamedTuple):
    """Position reports of vessels, each shape (n,)."""

    segment: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    heading_deg: NDArray[np.float32]
    nav_status: NDArray[np.uint8]


class Limits(NamedTuple):
    """Thresholds of :func:`follow`, in the units of their names."""

    slow_kn: float
    moving_kn: float
    min_us: float
    radius_km: float
    waits_us: float
    moving_for_us: float
    off_km: float
    leaves_after_us: float
    leaves_km: float
    max_gap_us: float
    longer_us: float
    rounds_km: float
    sailed_km: float

    @classmethod
    def of(cls, config: LoiteringConfig) -> Limits:
        """Those of a configuration."""
        return cls(
            slow_kn=float(config.slow_below_kn),
            moving_kn=float(config.moving_above_kn),
            min_us=_us(config.min_duration_h, US_PER_H),
            radius_km=float(config.radius_km),
            waits_us=_us(min(config.waits_h, config.min_duration_h), US_PER_H),
            moving_for_us=_us(config.moving_for_min, US_PER_MIN),
            off_km=float(config.off_km),
            leaves_after_us=_us(config.leaves_after_min, US_PER_MIN),
            leaves_km=float(config.leaves_km),
            max_gap_us=_us(config.max_gap_h, US_PER_H),
            longer_us=_us(config.other_min_duration_h, US_PER_H),
            rounds_km=float(config.rounds_km),
            sailed_km=float(config.sailed_km),
        )


def _us(length: float, unit_us: int) -> float:
    """A length of time in whole microseconds."""
    return float(int(length * unit_us))


@numba.njit(cache=True, nogil=True)
def clear(s: Spell) -> None:
    """Nothing is added up of a spell."""
    s.sum_x = s.sum_y = s.sum_z = s.path_km = s.move_km = s.angle_sum_deg = 0.0
    s.rows = s.moored = s.anchored = s.fishing = s.not_commanded = s.restricted = s.angle_rows = 0
    s.extent_km[:] = 0.0


@numba.njit(cache=True, nogil=True)
def _begin(s: Spell, slow: bool, now_us: float, lat_deg: float, lon_deg: float) -> None:
    """A new spell at a position."""
    clear(s)
    s.phase = SPELL if slow else ROUNDS
    s.taught = 0
    s.start_us, s.start_lat_deg, s.start_lon_deg = now_us, lat_deg, lon_deg
    s.move_us = math.nan


@numba.njit(cache=True, nogil=True)
def _sail(s: Spell, lat_deg: float, lon_deg: float, sailed_km: float) -> None:
    """One more moving position of a craft not yet known to sail."""
    far = distance_km_scalar(s.home_lat_deg, s.home_lon_deg, lat_deg, lon_deg) > sailed_km
    s.sailed = s.sailed + 1 if far else 0


@numba.njit(cache=True, nogil=True)
def _refer(s: Spell, now_us: float, lat_deg: float, lon_deg: float) -> None:
    """The speed made good is taken from here on."""
    s.ref_us, s.ref_lat_deg, s.ref_lon_deg = now_us, lat_deg, lon_deg


@numba.njit(cache=True, nogil=True)
def _place(s: Spell, lat_deg: float, lon_deg: float, made_km: float) -> None:
    """One more position of a spell, at most one a minute."""
    phi, lam = math.radians(lat_deg), math.radians(lon_deg)
    s.sum_x += math.cos(phi) * math.cos(lam)
    s.sum_y += math.cos(phi) * math.sin(lam)
    s.sum_z += math.sin(phi)
    s.path_km += made_km + s.move_km
    s.move_km = 0.0


@numba.njit(cache=True, nogil=True)
def _count(s: Spell, reports: Reports, i: int) -> None:
    """What one more slow report says of itself."""
    status, course_deg, heading_deg = reports.nav_status[i], reports.course_deg[i], reports.heading_deg[i]
    s.rows += 1
    s.anchored += status == _AT_ANCHOR
    s.moored += status == _MOORED
    s.fishing += status == _FISHING
    s.not_commanded += status == _NOT_COMMANDED
    s.restricted += status == _RESTRICTED
    if float(reports.speed_kn[i]) >= 0.3 and not math.isnan(course_deg) and not math.isnan(heading_deg):
        s.angle_sum_deg += abs(difference_deg_scalar(course_deg, heading_deg))
        s.angle_rows += 1


@numba.njit(cache=True, nogil=True)
def follow(
    first: int, slots: NDArray[np.int32], reports: Reports, state: NDArray[np.void], limits: Limits, left: Left
) -> Reached:
    """Carry the reports from ``first`` on through; ``slots`` are those of their transmitters."""
    count = 0
    for i in range(first, len(slots)):
        if count + 6 > len(left.key):
            return Reached(i, count)
        lat_deg, lon_deg = reports.lat_deg[i], reports.lon_deg[i]
        if math.isnan(lat_deg):
            continue
        ask_ahead(state, slots, i, _LINES)
        s: Spell = state[slots[i]]
        key, time_us, now_us = reports.segment[i], reports.time_us[i], float(reports.time_us[i])
        if now_us - s.last_us > limits.max_gap_us:
            silent_us = int(s.last_us + limits.max_gap_us)
            if s.phase == JUDGED:
                count = leave(left, count, END, key, silent_us, s)
            elif s.phase != UNDER_WAY and s.taught >= 1:
                count = leave(left, count, GONE, key, silent_us, s)
            s.phase = UNDER_WAY
            s.ref_us = math.nan
            if s.sailed < ALWAYS_SAILED or now_us - s.last_us > SAILED_US:
                s.sailed = 0
                s.home_lat_deg, s.home_lon_deg = lat_deg, lon_deg
        s.last_us = now_us
        said_kn = float(reports.speed_kn[i])
        if s.phase == UNDER_WAY and said_kn > limits.moving_kn:
            if s.sailed < ALWAYS_SAILED:
                _sail(s, lat_deg, lon_deg, limits.sailed_km)
            _refer(s, now_us, lat_deg, lon_deg)
            continue
        made_km, made_kn = 0.0, math.nan
        if math.isnan(s.ref_us):
            _refer(s, now_us, lat_deg, lon_deg)
        elif now_us - s.ref_us >= _REF_US:
            made_km = distance_km_scalar(s.ref_lat_deg, s.ref_lon_deg, lat_deg, lon_deg)
            made_kn = made_km / (now_us - s.ref_us) * _KN_PER_KM_US
            _refer(s, now_us, lat_deg, lon_deg)
        if math.isnan(said_kn) and math.isnan(made_kn):
            continue
        moving = said_kn > limits.moving_kn or made_kn > limits.moving_kn
        slow = not moving and not said_kn >= limits.slow_kn and not made_kn >= limits.slow_kn
        if s.sailed < ALWAYS_SAILED:
            if moving:
                _sail(s, lat_deg, lon_deg, limits.sailed_km)
            else:
                s.sailed = 0
        if s.phase == UNDER_WAY:
            if moving:
                continue
            _begin(s, slow, now_us, lat_deg, lon_deg)
        elif moving:
            if math.isnan(s.move_us):
                s.move_us = now_us
            waits = s.phase == JUDGED or s.taught >= 1
            away_km = distance_km_scalar(s.slow_lat_deg, s.slow_lon_deg, lat_deg, lon_deg)
            off_km = limits.leaves_km if waits else limits.off_km
            moving_for_us = limits.leaves_after_us if waits else limits.moving_for_us
            if away_km > off_km or now_us - s.move_us >= moving_for_us:
                if waits:
                    count = leave(left, count, END if s.phase == JUDGED else GONE, key, time_us, s)
                s.phase = UNDER_WAY
            s.move_km += made_km
            continue
        if not math.isnan(made_kn) or s.rows == 0:
            east_km, north_km = local_km_scalar(s.start_lat_deg, s.start_lon_deg, lat_deg, lon_deg)
            widen(s.extent_km, east_km, north_km)
            confined_km = limits.rounds_km if s.phase == ROUNDS else limits.radius_km
            if s.phase != JUDGED and radius_km_scalar(s.extent_km) > confined_km:
                if s.taught >= 1:
                    count = leave(left, count, GONE, key, time_us, s)
                _begin(s, slow, now_us, lat_deg, lon_deg)
                made_km = 0.0
            _place(s, lat_deg, lon_deg, made_km)
        if slow and s.phase == ROUNDS:
            s.phase = SPELL
        s.move_us = math.nan
        s.slow_us, s.slow_lat_deg, s.slow_lon_deg = now_us, lat_deg, lon_deg
        _count(s, reports, i)
        lasted_us = now_us - s.start_us
        if s.taught == 0 and lasted_us >= limits.waits_us:
            s.taught = 1
            count = leave(left, count, WAITED, key, time_us, s)
        if s.phase != JUDGED and lasted_us >= limits.min_us:
            s.phase = JUDGED
            s.next_us = 2.0 * limits.longer_us
            count = leave(left, count, JUDGE, key, time_us, s)
        if s.phase == JUDGED and s.taught < 2 and lasted_us >= limits.longer_us:
            s.taught = 2
            count = leave(left, count, LONGER, key, time_us, s)
        if s.phase == JUDGED and lasted_us >= s.next_us:
            while lasted_us >= s.next_us:
                s.next_us *= 2.0
            count = leave(left, count, STILL, key, time_us, s)
    return Reached(len(slots), count)


def centre(spell: Spell) -> tuple[float, float]:
    """Mean position of a spell, latitude and longitude in degrees, right everywhere on the sphere."""
    lat_deg = math.degrees(math.atan2(spell.sum_z, math.hypot(spell.sum_x, spell.sum_y)))
    return lat_deg, float(wrap_longitude(math.degrees(math.atan2(spell.sum_y, spell.sum_x))))


def radius_km(spell: Spell) -> float:
    """Confinement radius of a spell."""
    return float(radius_km_scalar(spell.extent_km))


def net_km(spell: Spell) -> float:
    """Distance from where a spell began to where it was last slow."""
    return float(distance_km_scalar(spell.start_lat_deg, spell.start_lon_deg, spell.slow_lat_deg, spell.slow_lon_deg))


def mean_kn(spell: Spell) -> float:
    """Path made good over duration."""
    return float(spell.path_km / max(spell.slow_us - spell.start_us, 1.0) * _KN_PER_KM_US)
