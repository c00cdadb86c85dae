"""The kernels that learn row by row what is remembered of craft and places (``columns``), and find whose silence is to be looked at."""

from __future__ import annotations

import math
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from models.cells import NO_CELL, cell_scalar
from models.geodesy import KM_PER_NM, bearing_deg_scalar, distance_km_scalar
from models.reporting import BEAT_S, CLASS_B_S, best_interval_scalar, drift_scalar, learned_interval_scalar
from streams.borrowed import borrowed
from streams.cache_lines import ask_ahead, lines_of
from streams.keyed_state import record_type
from tracker.detectors.silence.columns import (
    AIRCRAFT,
    BANDS_FT,
    CRAFT_COLUMNS,
    LAYER_SHIFT,
    LOSS_S,
    NEVER_US,
    OTHER,
    SHIP,
    Craft,
    Found,
    Grid,
    Left,
    Limits,
    Place,
    Rows,
)
from tracker.units import US_PER_H

_LONGEST_TAU_S: Final = 3 * 3600.0
"""Time in which a craft's longest silence is forgotten."""
_OWN_TAU_S: Final = 3600.0
"""Time in which what was heard of a craft, against what others give in the same places, fades to a third."""
_PACE_RATE: Final = 0.02
"""Weight of one report in the pace at which a place is heard: some fifty reports settle it."""
_FLIGHT_S: Final = 3600.0
"""An aircraft not heard for so long was elsewhere or on the ground: it comes back as on its first report, and this was no pause of its own."""
_IRREGULAR_S: Final = 30.0
_IRREGULAR_BEATS: Final = 10.0
"""An aircraft that pauses for longer than both, the second in its usual intervals, is not heard regularly."""
_STAY_US: Final = (1_800_000_000, 600_000_000)
"""A stay in one cell counts anew after this long, for ships and for aircraft."""
_LONGEST_INTERVAL_S: Final = 21_600.0
"""A silence counts for no more than this, six hours, in what interval is usual of a craft."""
_USUAL_RATE: Final = 0.01
"""Weight of one report in the usual interval, and in that of late."""
_LATEST_RATE: Final = 0.15
_REPEATED_KN: Final = 60.0
"""OpenSky repeats the last state for a minute: one so fast that stands still was not heard."""
_LEAST_RUN_S: Final = 5.0
_LEAST_RUN_KM: Final = 0.05
"""Between positions closer than these neither a speed nor a course can be told."""
SPELL_US: Final = 21_600_000_000
"""A place is heard in some six hours or it is not: a night of ducting fills two or three of them, traffic at random nearly all."""
_SPELLS: Final = 62
"""Fifteen days, as long as what is learned of a place lasts (``memory_days``)."""
_CRAFT_LINES: Final = lines_of(record_type(CRAFT_COLUMNS).itemsize)


@numba.njit(cache=True, nogil=True)
def later_spells(spells: int, last_us: int, now_us: int) -> int:
    """Spells counted from a later one on; those too old are dropped."""
    ago = now_us // SPELL_US - last_us // SPELL_US
    return (spells << ago) & ((1 << _SPELLS) - 1) if ago < _SPELLS else 0


@numba.njit(cache=True, nogil=True)
def find_returns(
    time_us: NDArray[np.int64],
    slots: NDArray[np.int32],
    craft: NDArray[np.void],
    first_us: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> int:
    """Rows, from the first of ``time_us`` on, that end a silence long enough to be told, or told already (``Craft.opened``); returns how many, their numbers in ``rows``."""
    found = 0
    for i in range(len(slots)):
        ask_ahead(craft, slots, i, 1)
        one: Craft = craft[slots[i]]
        if one.kind > AIRCRAFT or one.heard_us == NEVER_US:
            continue
        if one.opened != 0 or time_us[i] - one.heard_us >= first_us[one.kind]:
            rows[found] = i
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def find_due(craft: NDArray[np.void], alive: NDArray[np.bool_], now_us: int, slots: NDArray[np.int64]) -> int:
    """Slots whose silence is to be looked at now; returns how many."""
    found = 0
    for s in range(len(craft)):
        if craft[s].next_us <= now_us and alive[s]:
            slots[found] = s
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def cell_keys(
    rows: Rows, first: int, slots: NDArray[np.int32], craft: NDArray[np.void], grid: Grid, keys: NDArray[np.int64]
) -> int:
    """The cell of each row of a ship or an aircraft in its layer, from row ``first`` on; returns how many have one."""
    rows = borrowed(rows)
    placed = 0
    for i in range(len(slots)):
        ask_ahead(craft, slots, i, 1)
        one: Craft = craft[slots[i]]
        if one.kind >= OTHER:
            keys[i] = NO_CELL
            continue
        lon_deg = (rows.lon_deg[first + i] - grid.origin_lon_deg + 180.0) % 360.0 - 180.0
        if one.kind == SHIP:
            keys[i] = cell_scalar(rows.lat_deg[first + i], lon_deg, grid.ship_deg)
        else:
            given_ft = rows.altitude_ft[first + i]
            height_ft = one.altitude_ft if math.isnan(given_ft) else np.float64(given_ft)
            layer = 1
            for limit_ft in BANDS_FT:
                layer += height_ft >= limit_ft
            cell = cell_scalar(rows.lat_deg[first + i], lon_deg, grid.air_deg)
            keys[i] = cell if cell == NO_CELL else (layer << LAYER_SHIFT) | cell
        placed += keys[i] != NO_CELL
    return placed


@numba.njit(cache=True, nogil=True)
def learn_rows(
    rows: Rows,
    first: int,
    found: Found,
    craft: NDArray[np.void],
    places: NDArray[np.void],
    limits: Limits,
    left: Left,
) -> int:
    """Rows in time order, from ``first`` on, into the records of craft (``Craft``) and cells (``Place``); returns how many stays ended well (``left``)."""
    rows, found, left, limits = borrowed(rows), borrowed(found), borrowed(left), borrowed(limits)
    craft, places, slots = borrowed(craft), borrowed(places), found.craft
    count = 0
    for i in range(len(slots)):
        ask_ahead(craft, slots, i, _CRAFT_LINES)
        ask_ahead(places, found.cell, i, 1)
        one: Craft = craft[slots[i]]
        r = first + i
        t = rows.time_us[r]
        k = one.kind
        seen_s = (t - one.heard_us) / 1e6 if one.heard_us != NEVER_US else 0.0
        cap_s = LOSS_S[k]
        if one.steady_us == NEVER_US or seen_s > max(_IRREGULAR_S, _IRREGULAR_BEATS * one.interval_s):
            one.steady_us = t
        if k == AIRCRAFT and seen_s >= _FLIGHT_S:
            seen_s = 0.0
            one.cell = NO_CELL
        if seen_s > 0.0:
            one.interval_s = learned_interval_scalar(one.interval_s, min(seen_s, _LONGEST_INTERVAL_S))
            beat_s = max(min(seen_s, cap_s), BEAT_S)
            one.usual_s = drift_scalar(one.usual_s, beat_s, _USUAL_RATE)
            one.latest_s = drift_scalar(one.latest_s, beat_s, _LATEST_RATE)
            one.best_s = best_interval_scalar(one.best_s, min(seen_s, _LONGEST_INTERVAL_S))
            one.longest_s *= max(0.0, 1.0 - seen_s / _LONGEST_TAU_S)
            counts = one.altitude_ft >= limits.low_ft if k == AIRCRAFT else not one.speed_kn < limits.moored_kn
            if (
                counts and one.blind_from_us == NEVER_US
            ):  # not in the lee of a berth or a hill, nor with a feed that was out
                one.longest_s = max(one.longest_s, min(seen_s, cap_s))
        one.beats += 1
        one.heard_us = t
        one.source = rows.source[r]
        one.station = found.station[i]
        if rows.message_type[r] == 18 or rows.message_type[r] == 19:
            one.schedule_s = CLASS_B_S
        elif not math.isnan(rows.lat_deg[r]):  # static reports of class B carry no position and tell no schedule
            one.schedule_s = BEAT_S
        one.booked = 0
        one.inside = 0
        one.shared = 0
        one.blind_from_us = NEVER_US
        one.blind_to_us = NEVER_US
        if rows.on_ground[r] >= 0:
            one.on_ground = rows.on_ground[r]
        if rows.nav_status[r] != 255:
            one.nav_status = rows.nav_status[r]
        if not math.isnan(rows.altitude_ft[r]):
            one.altitude_ft = rows.altitude_ft[r]
        if not math.isnan(rows.vertical_rate_ftmin[r]):
            one.climb_ftmin = rows.vertical_rate_ftmin[r]
        if k <= AIRCRAFT:
            one.next_us = t + np.int64(limits.first_us[k])
        has_position = not math.isnan(rows.lat_deg[r])
        if (
            has_position
            and k == AIRCRAFT
            and rows.lat_deg[r] == one.lat_deg
            and rows.lon_deg[r] == one.lon_deg
            and one.speed_kn > _REPEATED_KN
        ):
            has_position = False  # OpenSky repeats its last state for a minute: heard perhaps, moved not at all
        moved_s = (t - one.pos_us) / 1e6
        if not math.isnan(rows.speed_kn[r]):
            one.speed_kn = rows.speed_kn[r]
            if not math.isnan(rows.course_deg[r]):
                one.course_deg = rows.course_deg[r]
        elif has_position and one.pos_us != NEVER_US and moved_s >= _LEAST_RUN_S:
            run_km = distance_km_scalar(one.lat_deg, one.lon_deg, rows.lat_deg[r], rows.lon_deg[r])
            one.speed_kn = run_km / moved_s * 3600.0 / KM_PER_NM
            if not math.isnan(rows.course_deg[r]):
                one.course_deg = rows.course_deg[r]
            elif run_km > _LEAST_RUN_KM:
                one.course_deg = bearing_deg_scalar(one.lat_deg, one.lon_deg, rows.lat_deg[r], rows.lon_deg[r])
        if not has_position:
            continue
        one.pos_us = t
        one.place_km = math.nan
        one.lat_deg = rows.lat_deg[r]
        one.lon_deg = rows.lon_deg[r]
        if k > AIRCRAFT:
            continue
        place: Place = places[found.cell[i]]
        age_us = t - place.stamp_us
        if place.stamp_us == NEVER_US:
            place.stamp_us = t
        elif age_us >= US_PER_H:
            fade = math.exp(-age_us / limits.tau_us)
            place.received *= fade
            place.expected *= fade
            place.passages *= fade
            place.losses *= fade
            place.stamp_us = t
        place.spells = later_spells(place.spells, place.last_us, t) | 1
        place.last_us = t
        if seen_s > 0.0 and not (k == SHIP and one.speed_kn < limits.moored_kn):
            due = max(1.0, min(seen_s, cap_s) / one.best_s)
            place.received += 1.0
            place.expected += due
            place.pace_s = drift_scalar(place.pace_s, one.best_s, _PACE_RATE)
            usual_s = one.best_s if one.schedule_s <= BEAT_S else min(one.best_s, max(one.schedule_s, place.pace_s))
            due = max(1.0, min(seen_s, cap_s) / usual_s)
            keep = math.exp(-seen_s / _OWN_TAU_S)
            one.got = one.got * keep + 1.0
            one.owed = one.owed * keep + due * place.received / place.expected
        if one.cell == NO_CELL:
            one.cell = found.cell_key[i]
            one.cell_us = t
            one.entered_us = t
        elif one.cell != found.cell_key[i] or t - one.cell_us >= _STAY_US[k]:
            moving = (k == AIRCRAFT and one.on_ground != 1) or (k == SHIP and not one.speed_kn < limits.moored_kn)
            if moving and seen_s * 1e6 < limits.first_us[k]:
                left.cell_key[count] = one.cell
                left.kind[count] = k
                count += 1
            if one.cell != found.cell_key[i]:
                one.entered_us = t
            one.cell = found.cell_key[i]
            one.cell_us = t
    return count
