"""Coming down: the row-by-row state machine of one aircraft, and what is heard of others as low as it is.

State machine::

    FLYING --two ground reports after flight, the second not faster than 80 kn--> DOWN          (DOWN, what = GROUND)
    FLYING --slower than any aeroplane, on one spot--> DOWN    (DOWN, what = STILL)
    FLYING --silent for lost_after while coming down slowly, others still heard--> LOST      (LOST)
    DOWN   --two reports in the air--> FLYING                 (UP)
    FLYING --silent as long, nobody else heard meanwhile, reports again--> LOST      (no record)
    LOST   --reports again, 20 s apart--> FLYING or DOWN      (BACK)
    all    --silent for forget--> gone                         (GONE, if DOWN or LOST)

A report at the very place of the one before, and not at rest, is that one repeated (OpenSky repeats for up to 300 s what it no longer hears), and counts as silence.

Flight is five reports that move as their speeds say; a set tested on the ground shows heights and speeds from one spot.

Every ground report that follows flight within a minute is also a TOUCH: the altitude it had tells the day's pressure at an aerodrome.

Silence is looked at once a minute of event time, at the first row of anybody in it; everything compared there (who else was heard since, who was heard as low) is what
had been said up to that row, however the rows were cut. Descent is measured against a report two to five minutes older.

Reception low down: per cell the lowest altitudes of two different craft below 10,000 ft, each with its instant and craft. A ground report counts as the lowest there is.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from tracker.detectors.landing.config import LandingConfig
from tracker.detectors.records import Left, Reached, leave
from tracker.units import US_PER_DAY, US_PER_H, US_PER_MIN

DOWN_KIND: Final = 0
LOST_KIND: Final = 1
BACK_KIND: Final = 2
UP_KIND: Final = 3
GONE_KIND: Final = 4
TOUCH_KIND: Final = 5

FLYING: Final = 0
LOST: Final = 1
DOWN: Final = 2

NOT_SEEN: Final = 0
GROUND: Final = 1
STILL: Final = 2
"""How it was seen to be down: not coming down at all, by ground reports, by standing still."""

NEVER_US: Final = -1e18
NOBODY: Final = -1
FORGOTTEN: Final = -2
"""A craft that was heard low and of which nothing may be kept."""


class Descent:
    """What is kept of one aircraft, and a record carries. Instants are microseconds, exact in doubles; NaN is never or unknown.

    ``last_`` is what was reported last; ``new_`` and ``old_`` are two older reports; ``flown`` counts reports in flight, ``ground_rows`` those on the ground since,
    the first at ``ground_us``; ``still_`` is since when and where it has been slower than any aeroplane; ``looked_us`` is the report after which its silence
    was looked at. ``down_`` is where it came down or was last heard, with speed, course and rate before, and ``what`` how that was seen; ``cover_`` and ``witnesses``
    are what others were heard then; ``back_`` is where it was heard again. ``slow_rows`` are reports of climbing or sinking slower than any aeroplane flies.
    """

    last_us: float = NEVER_US
    phase: int = FLYING
    looked_us: float = math.nan
    last_lat_deg: float = math.nan
    last_lon_deg: float = math.nan
    last_ft: float = math.nan
    last_kn: float = math.nan
    last_course_deg: float = math.nan
    last_rate_ftmin: float = math.nan
    old_us: float = math.nan
    old_ft: float = math.nan
    old_kn: float = math.nan
    new_us: float = math.nan
    new_ft: float = math.nan
    new_kn: float = math.nan
    flown: int = 0
    top_ft: float = math.nan
    ground_rows: int = 0
    ground_us: float = math.nan
    still_us: float = math.nan
    still_lat_deg: float = math.nan
    still_lon_deg: float = math.nan
    down_us: float = math.nan
    down_lat_deg: float = math.nan
    down_lon_deg: float = math.nan
    down_ft: float = math.nan
    down_kn: float = math.nan
    down_course_deg: float = math.nan
    down_rate_ftmin: float = math.nan
    down_old_kn: float = math.nan
    what: int = NOT_SEEN
    cover_ft: float = math.nan
    cover_craft: int = 0
    witnesses: int = 0
    back_us: float = math.nan
    back_lat_deg: float = math.nan
    back_lon_deg: float = math.nan
    back_ft: float = math.nan
    back_rows: int = 0
    back_climb_ft: float = math.nan
    back_ground: int = 0
    slow_rows: int = 0


class LowReports:
    """What is kept of one cell: the lowest altitudes of two different craft, when they were heard and whose they are, and where the cell was first heard in."""

    lat_deg: float = math.nan
    lon_deg: float = math.nan
    lowest_ft: float = math.inf
    lowest_us: float = NEVER_US
    lowest_craft: int = NOBODY
    second_ft: float = math.inf
    second_us: float = NEVER_US
    second_craft: int = NOBODY


class Reports(NamedTuple):
    """Position reports of aircraft, each shape (n,)."""

    segment: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    altitude_ft: NDArray[np.float32]
    vertical_rate_ftmin: NDArray[np.float32]
    on_ground: NDArray[np.int8]


class Slots(NamedTuple):
    """Slots of each report, shape (n,): of its aircraft, and of its cell (-1 for none)."""

    aircraft: NDArray[np.int32]
    cell: NDArray[np.int32]


class Sky(NamedTuple):
    """All that is kept: aircraft and cells, each with which of its slots are in use; the minute last looked at, shape (1,)."""

    keys: NDArray[np.int64]
    aircraft: NDArray[np.void]
    in_use: NDArray[np.bool_]
    cells: NDArray[np.void]
    cells_in_use: NDArray[np.bool_]
    minute: NDArray[np.int64]


class Asked(NamedTuple):
    """Of whom and where it is asked who else was heard as low."""

    craft: int
    lat_deg: float
    lon_deg: float
    below_ft: float
    now_us: float


class Limits(NamedTuple):
    """Thresholds of :func:`follow`, in the units of their names."""

    lost_after_us: float
    descent_ftmin: float
    lost_below_kn: float
    slows_share: float
    witness_km: float
    cover_km: float
    cover_us: float
    cover_ft: float
    still_kn: float
    still_us: float
    still_km: float
    forget_us: float

    @classmethod
    def of(cls, config: LandingConfig) -> Limits:
        """Those of a configuration."""
        return cls(
            lost_after_us=float(config.lost_after_min * US_PER_MIN),
            descent_ftmin=float(config.descent_ftmin),
            lost_below_kn=float(config.lost_below_kn),
            slows_share=float(config.slows_share),
            witness_km=float(config.witness_km),
            cover_km=float(config.cover_km),
            cover_us=float(int(config.cover_days * US_PER_DAY)),
            cover_ft=float(config.cover_ft),
            still_kn=float(config.still_kn),
            still_us=float(config.still_min * US_PER_MIN),
            still_km=float(config.still_km),
            forget_us=float(int(config.forget_h * US_PER_H)),
        )


CELL_DEG: Final = 0.05
COVER_BELOW_FT: Final = 10_000.0
ON_GROUND_FT: Final = -2_000.0

_THIN_US: Final = 2_000_000.0
_MINUTE_US: Final = 60_000_000.0
_OLDER_US: Final = 120_000_000.0
_BACK_US: Final = 20_000_000.0
_SETTLED_US: Final = 5_000_000.0
_FLYING_KN: Final = 50.0
_FLOWN_ROWS: Final = 5
_MOST_COVER: Final = 9
_STALE_KN: Final = 5.0
_SLOWEST_KN: Final = 40.0
_SINKING_FTMIN: Final = 128.0
_ROLLING_KN: Final = 80.0
"""Ground reports faster than this are a roll-out, or a low pass of a set without a squat switch: wait (ours: light aircraft touch down slower)."""
_ROOTED_SHARE: Final = 0.2
HOVERS_ROWS: Final = 5
"""So many reports of slow climbing or sinking are a helicopter's (own)."""
_CRAFT_MASK: Final = (1 << 40) - 1
"""The craft of a segment key (``tracker.identity``)."""


@numba.njit(cache=True, nogil=True)
def _fresh(s: Descent) -> None:
    """Nothing is known of it. What belongs to a place it came down at is set when it does."""
    s.last_us = NEVER_US
    s.last_lat_deg = s.last_lon_deg = s.last_ft = s.last_kn = s.last_course_deg = s.last_rate_ftmin = math.nan
    s.old_us = s.old_ft = s.old_kn = s.new_us = s.new_ft = s.new_kn = s.top_ft = math.nan
    s.ground_us = s.still_us = s.looked_us = s.cover_ft = math.nan
    s.phase, s.what = FLYING, NOT_SEEN
    s.flown = s.ground_rows = s.back_rows = s.slow_rows = s.cover_craft = s.witnesses = 0


@numba.njit(cache=True, nogil=True)
def heard_low(cell: LowReports, craft: int, ft: float, now_us: float, memory_us: float) -> None:
    """Take one low report into a cell: the two lowest altitudes of different craft, old ones given up first."""
    if craft == cell.lowest_craft:
        if ft <= cell.lowest_ft or now_us - cell.lowest_us > memory_us:
            cell.lowest_ft, cell.lowest_us = ft, now_us
    elif cell.lowest_craft == NOBODY or ft <= cell.lowest_ft or now_us - cell.lowest_us > memory_us:
        cell.second_ft, cell.second_craft, cell.second_us = cell.lowest_ft, cell.lowest_craft, cell.lowest_us
        cell.lowest_ft, cell.lowest_craft, cell.lowest_us = ft, craft, now_us
    elif craft == cell.second_craft:
        if ft <= cell.second_ft or now_us - cell.second_us > memory_us:
            cell.second_ft, cell.second_us = ft, now_us
    elif ft <= cell.second_ft or now_us - cell.second_us > memory_us:
        cell.second_ft, cell.second_craft, cell.second_us = ft, craft, now_us


@numba.njit(cache=True, nogil=True)
def _counts(craft: int, ft: float, us: float, asked: Asked, memory_us: float) -> bool:
    """Whether an altitude was another craft's, as low, and lately."""
    return not (ft > asked.below_ft or craft == asked.craft or asked.now_us - us > memory_us)


@numba.njit(cache=True, nogil=True)
def _note(craft: int, found: NDArray[np.int64], count: int) -> int:
    """One more craft that was heard low, once; returns how many were."""
    if count == len(found):
        return count
    for k in range(count):
        if found[k] == craft:
            return count
    found[count] = craft
    return count + 1


@numba.njit(cache=True, nogil=True)
def covered(
    cells: NDArray[np.void], in_use: NDArray[np.bool_], asked: Asked, memory_us: float, reach_km: float
) -> tuple[int, float]:
    """How many other craft (at most nine) were heard that low near a place lately, and the lowest altitude."""
    found, count, lowest_ft = np.full(_MOST_COVER, NOBODY), 0, math.inf
    for slot in range(len(cells)):
        cell: LowReports = cells[slot]
        if not in_use[slot] or not abs(cell.lat_deg - asked.lat_deg) * 111.0 <= reach_km + 8.0:
            continue
        if distance_km_scalar(cell.lat_deg, cell.lon_deg, asked.lat_deg, asked.lon_deg) > reach_km:
            continue
        if _counts(cell.lowest_craft, cell.lowest_ft, cell.lowest_us, asked, memory_us):
            lowest_ft = min(lowest_ft, cell.lowest_ft)
            count = _note(cell.lowest_craft, found, count)
        if _counts(cell.second_craft, cell.second_ft, cell.second_us, asked, memory_us):
            lowest_ft = min(lowest_ft, cell.second_ft)
            count = _note(cell.second_craft, found, count)
    return count, lowest_ft


@numba.njit(cache=True, nogil=True)
def is_coming_down(s: Descent, limits: Limits) -> bool:
    """Whether its last reports were descending, slow and slowing down."""
    if s.flown < _FLOWN_ROWS or math.isnan(s.last_ft) or not s.last_kn <= limits.lost_below_kn:
        return False
    minutes = (s.last_us - s.old_us) / _MINUTE_US
    sinking = s.last_rate_ftmin <= -limits.descent_ftmin
    sinking = sinking or (minutes > 0.5 and (s.old_ft - s.last_ft) / minutes >= limits.descent_ftmin)
    return bool(sinking and (s.last_kn <= 100.0 or s.last_kn <= limits.slows_share * s.old_kn))


@numba.njit(cache=True, nogil=True)
def _is_lost(s: Descent) -> None:
    """It is where it was heard last."""
    s.phase, s.back_rows, s.looked_us = LOST, 0, s.last_us
    s.down_us, s.down_lat_deg, s.down_lon_deg, s.down_ft = s.last_us, s.last_lat_deg, s.last_lon_deg, s.last_ft
    _as_before(s)


@numba.njit(cache=True, nogil=True)
def _as_before(s: Descent) -> None:
    """How it moved before it came down."""
    s.down_kn, s.down_course_deg, s.down_rate_ftmin = s.last_kn, s.last_course_deg, s.last_rate_ftmin
    s.down_old_kn = s.old_kn


@numba.njit(cache=True, nogil=True)
def _witnesses(sky: Sky, slot: int, witness_km: float) -> int:
    """How many others near the last report of an aircraft were heard more than a minute after it."""
    s: Descent = sky.aircraft[slot]
    count = 0
    for other in range(len(sky.aircraft)):
        o: Descent = sky.aircraft[other]
        if not sky.in_use[other] or other == slot or not o.last_us > s.last_us + _MINUTE_US:
            continue
        if distance_km_scalar(s.last_lat_deg, s.last_lon_deg, o.last_lat_deg, o.last_lon_deg) <= witness_km:
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _look(time_us: int, sky: Sky, limits: Limits, left: Left, count: int) -> int:
    """Who has been silent for long enough while coming down, others being heard still; returns how many records there are."""
    for slot in range(len(sky.aircraft)):
        s: Descent = sky.aircraft[slot]
        if not sky.in_use[slot] or s.phase != FLYING or s.looked_us == s.last_us:
            continue
        silent_us = time_us - s.last_us
        if silent_us < limits.lost_after_us or count >= len(left.key):
            continue
        if silent_us > 60.0 * _MINUTE_US or not is_coming_down(s, limits):
            s.looked_us = s.last_us
            continue
        witnesses = _witnesses(sky, slot, limits.witness_km)
        if witnesses == 0:
            continue
        craft, below_ft = sky.keys[slot] & _CRAFT_MASK, s.last_ft + limits.cover_ft
        asked = Asked(craft, s.last_lat_deg, s.last_lon_deg, below_ft, float(time_us))
        s.cover_craft, s.cover_ft = covered(sky.cells, sky.cells_in_use, asked, limits.cover_us, limits.cover_km)
        s.witnesses = witnesses
        _is_lost(s)
        count = leave(left, count, LOST_KIND, sky.keys[slot], time_us, s)
    return count


@numba.njit(cache=True, nogil=True)
def _comes_down(s: Descent, what: int, since_us: float, lat_deg: float, lon_deg: float, ft: float) -> None:
    s.phase, s.what = DOWN, what
    s.down_us, s.down_lat_deg, s.down_lon_deg, s.down_ft = since_us, lat_deg, lon_deg, ft
    _as_before(s)
    s.back_rows = 0


@numba.njit(cache=True, nogil=True)
def _is_rooted(s: Descent, lat_deg: float, lon_deg: float, kn: float, since_us: float) -> bool:
    """Fast by what it says, on one spot by where it is: a set under test radiates heights and speeds from the ground (FAA SAFO 17002)."""
    north_nm = (lat_deg - s.last_lat_deg) * 60.0
    east_nm = (lon_deg - s.last_lon_deg) * 60.0 * math.cos(math.radians(lat_deg))
    return bool(math.hypot(north_nm, east_nm) < _ROOTED_SHARE * kn * since_us / 3.6e9)


@numba.njit(cache=True, nogil=True)
def _takes_off(s: Descent, now_us: float, ft: float, kn: float) -> None:
    s.phase, s.flown, s.ground_rows = FLYING, 1, 0
    s.top_ft, s.still_us = ft, math.nan
    s.old_us = s.new_us = now_us
    s.old_ft = s.new_ft = ft
    s.old_kn = s.new_kn = kn


@numba.njit(cache=True, nogil=True)
def _comes_back(s: Descent, now_us: float, lat_deg: float, lon_deg: float, ft: float) -> None:
    """Heard again."""
    s.back_us, s.back_lat_deg, s.back_lon_deg, s.back_ft = now_us, lat_deg, lon_deg, ft


@numba.njit(cache=True, nogil=True)
def _flies(s: Descent, now_us: float, ft: float, kn: float, rate_ftmin: float) -> None:
    """One more report in the air: how high and how fast it was, now and two minutes ago."""
    if kn < _SLOWEST_KN and abs(rate_ftmin) >= _SINKING_FTMIN:
        s.slow_rows += 1
    if not s.top_ft >= ft:
        s.top_ft = ft
    if math.isnan(s.new_us) or now_us - s.new_us >= _OLDER_US:
        s.old_us, s.old_ft, s.old_kn = s.new_us, s.new_ft, s.new_kn
        s.new_us, s.new_ft, s.new_kn = now_us, ft, kn
        if math.isnan(s.old_us):
            s.old_us, s.old_ft, s.old_kn = now_us, ft, kn


@numba.njit(cache=True, nogil=True)
def _reported(s: Descent, reports: Reports, i: int) -> None:
    """This is the last report now; what it does not say stays as it was said."""
    s.last_us, s.last_lat_deg, s.last_lon_deg = float(reports.time_us[i]), reports.lat_deg[i], reports.lon_deg[i]
    if not math.isnan(reports.altitude_ft[i]):
        s.last_ft = reports.altitude_ft[i]
    if not math.isnan(reports.speed_kn[i]):
        s.last_kn, s.last_course_deg = reports.speed_kn[i], reports.course_deg[i]
    if not math.isnan(reports.vertical_rate_ftmin[i]):
        s.last_rate_ftmin = reports.vertical_rate_ftmin[i]


@numba.njit(cache=True, nogil=True)
def follow(first: int, slots: Slots, reports: Reports, sky: Sky, limits: Limits, left: Left) -> Reached:
    """Carry the reports from ``first`` on through. Half of the room is for those that a new minute finds lost."""
    count = 0
    for i in range(first, len(slots.aircraft)):
        if count + 4 > len(left.key) // 2:
            return Reached(i, count)
        key, time_us, now_us = reports.segment[i], reports.time_us[i], float(reports.time_us[i])
        if time_us // 60_000_000 != sky.minute[0]:
            sky.minute[0] = time_us // 60_000_000
            count = _look(time_us, sky, limits, left, count)
        s: Descent = sky.aircraft[slots.aircraft[i]]
        lat_deg, lon_deg, kn = reports.lat_deg[i], reports.lon_deg[i], float(reports.speed_kn[i])
        since_us = now_us - s.last_us
        if 0.0 <= since_us < _THIN_US:
            continue
        if kn >= _STALE_KN and lat_deg == s.last_lat_deg and lon_deg == s.last_lon_deg:
            continue
        if not since_us <= limits.forget_us:
            if s.last_us > NEVER_US and s.phase != FLYING:
                count = leave(left, count, GONE_KIND, key, int(s.last_us + limits.forget_us), s)
            _fresh(s)
        grounded, ft, rate_ftmin = (
            reports.on_ground[i] == 1,
            float(reports.altitude_ft[i]),
            float(reports.vertical_rate_ftmin[i]),
        )
        if slots.cell[i] >= 0:
            cell: LowReports = sky.cells[slots.cell[i]]
            if cell.lowest_craft == NOBODY:
                cell.lat_deg, cell.lon_deg = lat_deg, lon_deg
            heard_low(cell, key & _CRAFT_MASK, ON_GROUND_FT if grounded else ft, now_us, limits.cover_us)
        if s.phase == FLYING and since_us >= limits.lost_after_us and is_coming_down(s, limits):
            s.witnesses, s.cover_craft, s.cover_ft = 0, 0, math.inf
            _is_lost(s)
        if s.phase == LOST:
            if s.back_rows == 0:
                _comes_back(s, now_us, lat_deg, lon_deg, ft)
            s.back_rows += 1
            if now_us - s.back_us >= _BACK_US or grounded:
                s.back_climb_ft = ft - s.back_ft
                if math.isnan(s.back_climb_ft) or (s.back_climb_ft == 0.0 and rate_ftmin > 0.0):
                    s.back_climb_ft = rate_ftmin
                s.back_ground = 1 if grounded else 0
                count = leave(left, count, BACK_KIND, key, time_us, s)
                if grounded:
                    _comes_down(s, NOT_SEEN, now_us, lat_deg, lon_deg, ft)
                else:
                    _takes_off(s, now_us, ft, kn)
        elif s.phase == DOWN:
            flies = not grounded and (kn >= _FLYING_KN or ft >= s.down_ft + 300.0)
            s.back_rows = s.back_rows + 1 if flies else 0
            if s.back_rows == 1:
                _comes_back(s, now_us, lat_deg, lon_deg, ft)
            elif s.back_rows >= 2:
                count = leave(left, count, UP_KIND, key, time_us, s)
                _takes_off(s, now_us, ft, kn)
        elif grounded:
            s.ground_rows += 1
            if s.ground_rows == 1:
                s.ground_us = now_us
                if s.flown >= _FLOWN_ROWS and since_us <= _MINUTE_US and not math.isnan(s.last_ft):
                    count = leave(left, count, TOUCH_KIND, key, time_us, s)
            if s.flown < _FLOWN_ROWS:
                _comes_down(s, NOT_SEEN, now_us, lat_deg, lon_deg, ft)
            elif s.ground_rows >= 2 and now_us - s.ground_us >= _SETTLED_US and not kn > _ROLLING_KN:
                _comes_down(s, GROUND, s.ground_us, lat_deg, lon_deg, s.last_ft)
                count = leave(left, count, DOWN_KIND, key, time_us, s)
        else:
            s.ground_rows = 0
            if since_us > 60.0 * _MINUTE_US:
                _takes_off(s, now_us, ft, kn)
            if not kn < limits.still_kn:
                if s.flown >= _FLOWN_ROWS or not _is_rooted(s, lat_deg, lon_deg, kn, since_us):
                    s.flown += 1
                s.still_us = math.nan
            elif (
                math.isnan(s.still_us)
                or distance_km_scalar(s.still_lat_deg, s.still_lon_deg, lat_deg, lon_deg) > limits.still_km
            ):
                s.still_us, s.still_lat_deg, s.still_lon_deg = now_us, lat_deg, lon_deg
            elif now_us - s.still_us >= limits.still_us:
                what = STILL if s.flown >= _FLOWN_ROWS else NOT_SEEN
                _comes_down(s, what, s.still_us, lat_deg, lon_deg, ft)
                if what == STILL:
                    count = leave(left, count, DOWN_KIND, key, time_us, s)
            _flies(s, now_us, ft, kn, rate_ftmin)
        _reported(s, reports, i)
    return Reached(len(slots.aircraft), count)
