"""Slow hours: Global Fishing Watch's way to find a slow spell, in the place of the row-by-row machine in ``spells``.

The clock is cut into blocks (hours). The speed of a block is the sum of the ways from each position's predecessor over the sum of the times
since it; the first way of a block begins in an earlier one. Blocks below ``slow_kn`` that follow one another, blocks without
a position left out, are one spell. It begins at the last position before its first block and ends at the last position of its last block.
A silence longer than ``max_gap`` ends it (GFW: its segments end there). Method: GlobalFishingWatch/pipe-loitering, ``create_raw_loitering``.

State of one transmitter: the spell as it stands without the current block, the spell as it would stand with it (both
with the columns of ``spells``), and the current block (columns ``BLOCK`` on). A block is closed by the first row after it, or by the
watermark; what is said then is known at its end either way.

Records: HOUR (a slow block: ``SUM_*`` and ``MOVE_KM`` are its own sums and its hours), WAITED, JUDGE (long enough, at every block from then
on) and END, for every spell.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

from models.confinement import local_km_scalar, widen
from models.geodesy import difference_deg_scalar, distance_km_scalar
from tracker.detectors.loitering.spells import (
    ANCHORED,
    ANGLE_ROWS,
    ANGLE_SUM,
    END,
    EXTENT,
    FISHING,
    JUDGE,
    JUDGED,
    LAST_US,
    MOORED,
    MOVE_KM,
    PATH_KM,
    PHASE,
    REF_LAT,
    REF_LON,
    REF_US,
    ROWS,
    SLOW_LAT,
    SLOW_LON,
    SLOW_US,
    SPELL,
    START_LAT,
    START_LON,
    START_US,
    SUM_X,
    SUM_Y,
    SUM_Z,
    TAUGHT,
    UNDER_WAY,
    WAITED,
    WIDTH,
)

HOUR: Final = -1
"""A slow block; before all other records of its instant."""

BLOCK, BLOCK_KM, BLOCK_US, BLOCK_X, BLOCK_Y, BLOCK_Z = range(6)
BLOCK_WIDTH: Final = 6
"""Numbers of the current block: which (NaN: none), way, time, and its positions as a vector."""

_US_PER_H: Final = 3.6e9
_KM_PER_NM: Final = 1.852


@numba.njit(cache=True, nogil=True)
def _close(
    key: int, s: Any, with_block: Any, b: Any, limits: Any, count: int, out_key: Any, out_known: Any, out_kind: Any, out: Any
) -> int:  # fmt: skip
    """End the current block: the spell goes on with it, or is over. Returns how many records there are then (at most three more)."""
    block_us, slow_kn, min_us, waits_us = limits[0], limits[1], limits[2], limits[3]
    known_us = int((b[BLOCK] + 1.0) * block_us)
    slow = b[BLOCK_US] > 0.0 and b[BLOCK_KM] / _KM_PER_NM < slow_kn * b[BLOCK_US] / _US_PER_H
    first = count
    if slow:
        phase = s[PHASE] if s[PHASE] != UNDER_WAY else SPELL
        s[TAUGHT] = with_block[TAUGHT]
        s[START_US:WIDTH] = with_block[START_US:WIDTH]
        s[PHASE] = phase
        out[count] = s
        out[count, SUM_X], out[count, SUM_Y], out[count, SUM_Z] = b[BLOCK_X], b[BLOCK_Y], b[BLOCK_Z]
        out[count, MOVE_KM] = b[BLOCK_US] / _US_PER_H
        out_kind[count] = HOUR
        count += 1
        lasted_us = s[SLOW_US] - s[START_US]
        if s[TAUGHT] == 0.0 and lasted_us >= waits_us:
            s[TAUGHT] = 1.0
            out[count] = s
            out_kind[count] = WAITED
            count += 1
        if lasted_us >= min_us:
            s[PHASE] = JUDGED
            out[count] = s
            out_kind[count] = JUDGE
            count += 1
    elif s[PHASE] != UNDER_WAY:
        out[count] = s
        out_kind[count] = END
        s[PHASE] = UNDER_WAY
        count += 1
    for i in range(first, count):
        out_key[i], out_known[i] = key, known_us
    b[BLOCK] = math.nan
    return count


@numba.njit(cache=True, nogil=True)
def follow(
    first: int, slots: Any, keys: Any, time_us: Any, lat: Any, lon: Any, speed: Any, course: Any, heading: Any, status: Any,
    spell: Any, spell_with_block: Any, block: Any, limits: Any, out_key: Any, out_known: Any, out_kind: Any, out: Any,
) -> tuple[int, int]:  # fmt: skip
    """Carry rows ``first``.. through; stops early when the records are nearly full. Returns (next row, records).

    ``limits``: block_us, slow_kn, min_us, waits_us, max_gap_us.
    """
    count = 0
    for i in range(first, len(slots)):
        if count + 4 > len(out_key):
            return i, count
        if math.isnan(lat[i]):
            continue
        s, t, b = spell[slots[i]], spell_with_block[slots[i]], block[slots[i]]
        now = float(time_us[i])
        index = math.floor(now / limits[0])
        if not math.isnan(b[BLOCK]) and b[BLOCK] != index:
            count = _close(keys[i], s, t, b, limits, count, out_key, out_known, out_kind, out)
        if now - s[LAST_US] > limits[4]:
            if s[PHASE] == SPELL or s[PHASE] == JUDGED:
                out[count] = s
                out_key[count], out_known[count], out_kind[count] = keys[i], int(s[LAST_US] + limits[4]), END
                count += 1
            s[PHASE] = UNDER_WAY
            s[REF_US] = math.nan
        if math.isnan(b[BLOCK]):
            b[:] = 0.0
            b[BLOCK] = index
            t[:] = s
            if s[PHASE] == UNDER_WAY:
                t[TAUGHT] = 0.0
                t[START_US:WIDTH] = 0.0
                if math.isnan(s[REF_US]):
                    t[START_US], t[START_LAT], t[START_LON] = now, lat[i], lon[i]
                else:
                    t[START_US], t[START_LAT], t[START_LON] = s[REF_US], s[REF_LAT], s[REF_LON]
        if not math.isnan(s[REF_US]):
            made_km = distance_km_scalar(s[REF_LAT], s[REF_LON], lat[i], lon[i])
            b[BLOCK_KM] += made_km
            b[BLOCK_US] += now - s[REF_US]
            t[PATH_KM] += made_km
        phi, lam = math.radians(lat[i]), math.radians(lon[i])
        x, y, z = math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
        b[BLOCK_X] += x
        b[BLOCK_Y] += y
        b[BLOCK_Z] += z
        t[SUM_X] += x
        t[SUM_Y] += y
        t[SUM_Z] += z
        t[SLOW_US], t[SLOW_LAT], t[SLOW_LON] = now, lat[i], lon[i]
        t[ROWS] += 1.0
        t[ANCHORED] += status[i] == 1
        t[MOORED] += status[i] == 5
        t[FISHING] += status[i] == 7
        if speed[i] >= 0.3 and not math.isnan(course[i]) and not math.isnan(heading[i]):
            t[ANGLE_SUM] += abs(difference_deg_scalar(course[i], heading[i]))
            t[ANGLE_ROWS] += 1.0
        east_km, north_km = local_km_scalar(t[START_LAT], t[START_LON], lat[i], lon[i])
        widen(t[EXTENT:], east_km, north_km)
        s[LAST_US] = now
        s[REF_US], s[REF_LAT], s[REF_LON] = now, lat[i], lon[i]
    return len(slots), count


@numba.njit(cache=True, nogil=True)
def close(
    slots: Any, keys: Any, spell: Any, spell_with_block: Any, block: Any, limits: Any,
    out_key: Any, out_known: Any, out_kind: Any, out: Any,
) -> int:  # fmt: skip
    """Close the current blocks of some slots; room for three records a slot is needed. Returns records."""
    count = 0
    for i in range(len(slots)):
        k = slots[i]
        count = _close(
            keys[k], spell[k], spell_with_block[k], block[k], limits, count, out_key, out_known, out_kind, out
        )
    return count


def block_mean(record: Any) -> tuple[Any, Any, Any]:
    """Mean position of the block of some HOUR records, shape (n, WIDTH), and its hours."""
    lat = np.degrees(np.arctan2(record[:, SUM_Z], np.hypot(record[:, SUM_X], record[:, SUM_Y])))
    lon = np.degrees(np.arctan2(record[:, SUM_Y], record[:, SUM_X]))
    return lat, lon, record[:, MOVE_KM]
