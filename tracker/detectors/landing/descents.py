"""Coming down: the row-by-row state machine of one aircraft, and what is heard of others as low as she is.

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

Every ground report that follows flight within a minute is also a TOUCH: the altitude she had tells the day's pressure at an aerodrome.

Silence is looked at once a minute of event time, at the first row of anybody in it; everything compared there (who else was heard since, who was heard as low) is what
had been said up to that row, however the rows were cut. Descent is measured against a report two to five minutes older.

Reception low down: per cell the lowest altitudes of two different craft below 10,000 ft, each with its instant and craft. A ground report counts as the lowest there is.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

from models.geodesy import distance_km_scalar

DOWN_KIND: Final = 0
LOST_KIND: Final = 1
BACK_KIND: Final = 2
UP_KIND: Final = 3
GONE_KIND: Final = 4
TOUCH_KIND: Final = 5

FLYING: Final = 0.0
LOST: Final = 1.0
DOWN: Final = 2.0

GROUND: Final = 1.0
STILL: Final = 2.0

(
    LAST_US, LAST_LAT, LAST_LON, LAST_FT, LAST_KN, LAST_COURSE, LAST_RATE, OLD_US, OLD_FT, OLD_KN, NEW_US, NEW_FT, NEW_KN,
    FLOWN, TOP_FT, GROUND_ROWS, GROUND_US, STILL_US, STILL_LAT, STILL_LON, PHASE, LOOKED_US,
    DOWN_US, DOWN_LAT, DOWN_LON, DOWN_FT, DOWN_KN, DOWN_COURSE, DOWN_RATE, DOWN_OLD_KN, WHAT,
    COVER_FT, COVER_CRAFT, WITNESSES, BACK_US, BACK_LAT, BACK_LON, BACK_FT, BACK_ROWS, BACK_CLIMB_FT, BACK_GROUND, SLOW_ROWS,
) = range(42)  # fmt: skip
WIDTH: Final = 42
"""Numbers per aircraft. ``DOWN..`` is where she came down or was last heard, ``OLD..`` and ``NEW..`` two older reports, ``BACK..`` where she was heard again,
``SLOW_ROWS`` reports of climbing or sinking slower than any aeroplane flies."""

C_LAT, C_LON, C_FT, C_CRAFT, C_US, C_FT2, C_CRAFT2, C_US2 = range(8)
CELL_WIDTH: Final = 8
CELL_DEG: Final = 0.05
COVER_BELOW_FT: Final = 10_000.0
ON_GROUND_FT: Final = -2_000.0
NEVER_US: Final = -1e18

_THIN_US: Final = 2_000_000.0
_MINUTE_US: Final = 60_000_000.0
_OLDER_US: Final = 120_000_000.0
_BACK_US: Final = 20_000_000.0
_SETTLED_US: Final = 5_000_000.0
_FLYING_KN: Final = 50.0
_FLOWN_ROWS: Final = 5.0
_MOST_COVER: Final = 9
_STALE_KN: Final = 5.0
_SLOWEST_KN: Final = 40.0
_SINKING_FTMIN: Final = 128.0
_ROLLING_KN: Final = 80.0
"""Ground reports faster than this are a roll-out, or a low pass of a set without a squat switch: wait (ours: light aircraft touch down slower)."""
_ROOTED_SHARE: Final = 0.2
HOVERS_ROWS: Final = 5.0
"""So many reports of slow climbing or sinking are a helicopter's (own)."""


@numba.njit(cache=True, nogil=True)
def _record(
    kind: int, known_us: int, key: int, s: Any, at: int, out_key: Any, out_known: Any, out_kind: Any, out: Any
) -> None:
    out_key[at], out_known[at], out_kind[at] = key, known_us, kind
    out[at] = s


@numba.njit(cache=True, nogil=True)
def _fresh(s: Any) -> None:
    """Nothing is known of her."""
    s[:] = math.nan
    s[LAST_US] = NEVER_US
    s[PHASE], s[FLOWN], s[GROUND_ROWS], s[BACK_ROWS], s[WHAT], s[SLOW_ROWS] = FLYING, 0.0, 0.0, 0.0, 0.0, 0.0


@numba.njit(cache=True, nogil=True)
def heard_low(cell: Any, craft: float, ft: float, now: float, lat: float, lon: float, memory_us: float) -> None:
    """Take one low report into a cell: the two lowest altitudes of different craft, old ones given up first."""
    if not cell[C_US] > NEVER_US:
        cell[C_LAT], cell[C_LON], cell[C_FT2], cell[C_US2], cell[C_CRAFT2] = lat, lon, math.inf, NEVER_US, -1.0
        cell[C_FT], cell[C_CRAFT], cell[C_US] = ft, craft, now
    elif craft == cell[C_CRAFT]:
        if ft <= cell[C_FT] or now - cell[C_US] > memory_us:
            cell[C_FT], cell[C_US] = ft, now
    elif ft <= cell[C_FT] or now - cell[C_US] > memory_us:
        cell[C_FT2], cell[C_CRAFT2], cell[C_US2] = cell[C_FT], cell[C_CRAFT], cell[C_US]
        cell[C_FT], cell[C_CRAFT], cell[C_US] = ft, craft, now
    elif craft == cell[C_CRAFT2]:
        if ft <= cell[C_FT2] or now - cell[C_US2] > memory_us:
            cell[C_FT2], cell[C_US2] = ft, now
    elif ft <= cell[C_FT2] or now - cell[C_US2] > memory_us:
        cell[C_FT2], cell[C_CRAFT2], cell[C_US2] = ft, craft, now


@numba.njit(cache=True, nogil=True)
def covered(
    cells: Any,
    used: Any,
    craft: float,
    lat: float,
    lon: float,
    below_ft: float,
    now: float,
    memory_us: float,
    reach_km: float,
) -> tuple[int, float]:
    """How many other craft (at most nine) were heard that low near a place lately, and the lowest altitude."""
    found, count, lowest = np.full(_MOST_COVER, -1.0), 0, math.inf
    for c in range(len(cells)):
        cell = cells[c]
        if not used[c] or not abs(cell[C_LAT] - lat) * 111.0 <= reach_km + 8.0:
            continue
        if distance_km_scalar(cell[C_LAT], cell[C_LON], lat, lon) > reach_km:
            continue
        for which in range(2):
            at = C_FT + 3 * which
            if cell[at] > below_ft or cell[at + 1] == craft or now - cell[at + 2] > memory_us:
                continue
            lowest = min(lowest, cell[at])
            if count < _MOST_COVER:
                known = False
                for k in range(count):
                    known |= found[k] == cell[at + 1]
                if not known:
                    found[count] = cell[at + 1]
                    count += 1
    return count, lowest


@numba.njit(cache=True, nogil=True)
def is_coming_down(s: Any, descent_ftmin: float, below_kn: float, slows_share: float) -> bool:
    """Whether her last reports were descending, slow and slowing down."""
    if s[FLOWN] < _FLOWN_ROWS or math.isnan(s[LAST_FT]) or not s[LAST_KN] <= below_kn:
        return False
    minutes = (s[LAST_US] - s[OLD_US]) / _MINUTE_US
    sinking = s[LAST_RATE] <= -descent_ftmin or (minutes > 0.5 and (s[OLD_FT] - s[LAST_FT]) / minutes >= descent_ftmin)
    return bool(sinking and (s[LAST_KN] <= 100.0 or s[LAST_KN] <= slows_share * s[OLD_KN]))


@numba.njit(cache=True, nogil=True)
def _is_lost(s: Any) -> None:
    s[PHASE], s[BACK_ROWS], s[LOOKED_US] = LOST, 0.0, s[LAST_US]
    s[DOWN_US], s[DOWN_LAT], s[DOWN_LON], s[DOWN_FT] = s[LAST_US], s[LAST_LAT], s[LAST_LON], s[LAST_FT]
    s[DOWN_KN], s[DOWN_COURSE], s[DOWN_RATE], s[DOWN_OLD_KN] = s[LAST_KN], s[LAST_COURSE], s[LAST_RATE], s[OLD_KN]


@numba.njit(cache=True, nogil=True)
def _look(
    now: int,
    keys: Any,
    state: Any,
    used: Any,
    cells: Any,
    cells_used: Any,
    limits: Any,
    at: int,
    out_key: Any,
    out_known: Any,
    out_kind: Any,
    out: Any,
) -> int:
    """Who has been silent for long enough while coming down, others being heard still; returns the records in use."""
    for slot in range(len(state)):
        s = state[slot]
        if not used[slot] or s[PHASE] != FLYING or s[LOOKED_US] == s[LAST_US]:
            continue
        silent_us = now - s[LAST_US]
        if silent_us < limits[0] or at >= len(out_key):
            continue
        if silent_us > 60.0 * _MINUTE_US or not is_coming_down(s, limits[1], limits[2], limits[3]):
            s[LOOKED_US] = s[LAST_US]
            continue
        witnesses = 0
        for other in range(len(state)):
            o = state[other]
            if not used[other] or other == slot or not o[LAST_US] > s[LAST_US] + _MINUTE_US:
                continue
            if distance_km_scalar(s[LAST_LAT], s[LAST_LON], o[LAST_LAT], o[LAST_LON]) <= limits[4]:
                witnesses += 1
        if witnesses == 0:
            continue
        craft = float(keys[slot] & ((1 << 40) - 1))
        s[COVER_CRAFT], s[COVER_FT] = covered(
            cells, cells_used, craft, s[LAST_LAT], s[LAST_LON], s[LAST_FT] + limits[7], float(now), limits[6], limits[5]
        )
        s[WITNESSES] = witnesses
        _is_lost(s)
        _record(LOST_KIND, now, keys[slot], s, at, out_key, out_known, out_kind, out)
        at += 1
    return at


@numba.njit(cache=True, nogil=True)
def _comes_down(s: Any, what: float, since_us: float, lat: float, lon: float, ft: float) -> None:
    s[PHASE], s[WHAT], s[DOWN_US], s[DOWN_LAT], s[DOWN_LON], s[DOWN_FT] = DOWN, what, since_us, lat, lon, ft
    s[DOWN_KN], s[DOWN_COURSE], s[DOWN_RATE], s[DOWN_OLD_KN] = s[LAST_KN], s[LAST_COURSE], s[LAST_RATE], s[OLD_KN]
    s[BACK_ROWS] = 0.0


@numba.njit(cache=True, nogil=True)
def _is_rooted(s: Any, lat: float, lon: float, kn: float, since_us: float) -> bool:
    """Fast by what it says, on one spot by where it is: a set under test radiates heights and speeds from the ground (FAA SAFO 17002)."""
    north_nm, east_nm = (lat - s[LAST_LAT]) * 60.0, (lon - s[LAST_LON]) * 60.0 * math.cos(math.radians(lat))
    return bool(math.hypot(north_nm, east_nm) < _ROOTED_SHARE * kn * since_us / 3.6e9)


@numba.njit(cache=True, nogil=True)
def _takes_off(s: Any, now: float, ft: float, kn: float) -> None:
    s[PHASE], s[FLOWN], s[GROUND_ROWS] = FLYING, 1.0, 0.0
    s[TOP_FT], s[STILL_US] = ft, math.nan
    s[OLD_US] = s[NEW_US] = now
    s[OLD_FT] = s[NEW_FT] = ft
    s[OLD_KN] = s[NEW_KN] = kn


@numba.njit(cache=True, nogil=True)
def follow(
    first: int, slots: Any, keys_of_rows: Any, time_us: Any, lat: Any, lon: Any, speed: Any, course: Any, altitude: Any, rate: Any, on_ground: Any,
    cell_slots: Any, keys: Any, state: Any, used: Any, cells: Any, cells_used: Any, clock: Any, limits: Any, out_key: Any, out_known: Any, out_kind: Any, out: Any,
) -> tuple[int, int]:  # fmt: skip
    """Carry rows ``first``.. through; stops early when the records are nearly full. Returns (next row, records).

    ``limits``: lost_after_us, descent_ftmin, lost_below_kn, slows_share, witness_km, cover_km, cover_us, cover_ft, still_kn, still_us, still_km, forget_us.
    ``clock[0]``: the minute last looked at. ``cell_slots``: the slot of the row's cell, -1 for none.
    """
    still_kn, still_us, still_km, forget_us = limits[8], limits[9], limits[10], limits[11]
    count = 0
    for i in range(first, len(slots)):
        if count + 4 > len(out_key) // 2:
            return i, count
        now, minute = float(time_us[i]), time_us[i] // 60_000_000
        if minute != clock[0]:
            clock[0] = minute
            count = _look(
                time_us[i], keys, state, used, cells, cells_used, limits, count, out_key, out_known, out_kind, out
            )
        s = state[slots[i]]
        key = keys_of_rows[i]
        since = now - s[LAST_US]
        if 0.0 <= since < _THIN_US:
            continue
        if speed[i] >= _STALE_KN and lat[i] == s[LAST_LAT] and lon[i] == s[LAST_LON]:
            continue
        if not since <= forget_us:
            if s[LAST_US] > NEVER_US and s[PHASE] != FLYING:
                _record(GONE_KIND, int(s[LAST_US] + forget_us), key, s, count, out_key, out_known, out_kind, out)
                count += 1
            _fresh(s)
        grounded, ft, kn = on_ground[i] == 1, float(altitude[i]), float(speed[i])
        if cell_slots[i] >= 0:
            low_ft = ON_GROUND_FT if grounded else ft
            heard_low(cells[cell_slots[i]], float(key & ((1 << 40) - 1)), low_ft, now, lat[i], lon[i], limits[6])
        if s[PHASE] == FLYING and since >= limits[0] and is_coming_down(s, limits[1], limits[2], limits[3]):
            s[WITNESSES], s[COVER_CRAFT], s[COVER_FT] = 0.0, 0.0, math.inf
            _is_lost(s)
        if s[PHASE] == LOST:
            if s[BACK_ROWS] == 0.0:
                s[BACK_US], s[BACK_LAT], s[BACK_LON], s[BACK_FT] = now, lat[i], lon[i], ft
            s[BACK_ROWS] += 1.0
            if now - s[BACK_US] >= _BACK_US or grounded:
                s[BACK_CLIMB_FT] = ft - s[BACK_FT]
                if math.isnan(s[BACK_CLIMB_FT]) or (s[BACK_CLIMB_FT] == 0.0 and rate[i] > 0.0):
                    s[BACK_CLIMB_FT] = float(rate[i])
                s[BACK_GROUND] = 1.0 if grounded else 0.0
                _record(BACK_KIND, time_us[i], key, s, count, out_key, out_known, out_kind, out)
                count += 1
                if grounded:
                    _comes_down(s, 0.0, now, lat[i], lon[i], ft)
                else:
                    _takes_off(s, now, ft, kn)
        elif s[PHASE] == DOWN:
            flies = not grounded and (kn >= _FLYING_KN or ft >= s[DOWN_FT] + 300.0)
            s[BACK_ROWS] = s[BACK_ROWS] + 1.0 if flies else 0.0
            if s[BACK_ROWS] == 1.0:
                s[BACK_US], s[BACK_LAT], s[BACK_LON], s[BACK_FT] = now, lat[i], lon[i], ft
            elif s[BACK_ROWS] >= 2.0:
                _record(UP_KIND, time_us[i], key, s, count, out_key, out_known, out_kind, out)
                count += 1
                _takes_off(s, now, ft, kn)
        elif grounded:
            s[GROUND_ROWS] += 1.0
            if s[GROUND_ROWS] == 1.0:
                s[GROUND_US] = now
                if s[FLOWN] >= _FLOWN_ROWS and since <= _MINUTE_US and not math.isnan(s[LAST_FT]):
                    _record(TOUCH_KIND, time_us[i], key, s, count, out_key, out_known, out_kind, out)
                    count += 1
            if s[FLOWN] < _FLOWN_ROWS:
                _comes_down(s, 0.0, now, lat[i], lon[i], ft)
            elif s[GROUND_ROWS] >= 2.0 and now - s[GROUND_US] >= _SETTLED_US and not kn > _ROLLING_KN:
                last_ft = s[LAST_FT]
                _comes_down(s, GROUND, s[GROUND_US], lat[i], lon[i], last_ft)
                _record(DOWN_KIND, time_us[i], key, s, count, out_key, out_known, out_kind, out)
                count += 1
        else:
            s[GROUND_ROWS] = 0.0
            if since > 60.0 * _MINUTE_US:
                _takes_off(s, now, ft, kn)
            if not kn < still_kn:
                if s[FLOWN] >= _FLOWN_ROWS or not _is_rooted(s, lat[i], lon[i], kn, since):
                    s[FLOWN] += 1.0
                s[STILL_US] = math.nan
            elif math.isnan(s[STILL_US]) or distance_km_scalar(s[STILL_LAT], s[STILL_LON], lat[i], lon[i]) > still_km:
                s[STILL_US], s[STILL_LAT], s[STILL_LON] = now, lat[i], lon[i]
            elif now - s[STILL_US] >= still_us:
                what = STILL if s[FLOWN] >= _FLOWN_ROWS else 0.0
                _comes_down(s, what, s[STILL_US], lat[i], lon[i], ft)
                if what == STILL:
                    _record(DOWN_KIND, time_us[i], key, s, count, out_key, out_known, out_kind, out)
                    count += 1
            if kn < _SLOWEST_KN and abs(rate[i]) >= _SINKING_FTMIN:
                s[SLOW_ROWS] += 1.0
            if not s[TOP_FT] >= ft:
                s[TOP_FT] = ft
            if math.isnan(s[NEW_US]) or now - s[NEW_US] >= _OLDER_US:
                s[OLD_US], s[OLD_FT], s[OLD_KN] = s[NEW_US], s[NEW_FT], s[NEW_KN]
                s[NEW_US], s[NEW_FT], s[NEW_KN] = now, ft, kn
                if math.isnan(s[OLD_US]):
                    s[OLD_US], s[OLD_FT], s[OLD_KN] = now, ft, kn
        s[LAST_US], s[LAST_LAT], s[LAST_LON] = now, lat[i], lon[i]
        if not math.isnan(ft):
            s[LAST_FT] = ft
        if not math.isnan(kn):
            s[LAST_KN], s[LAST_COURSE] = kn, float(course[i])
        if not math.isnan(rate[i]):
            s[LAST_RATE] = float(rate[i])
    return len(slots), count
