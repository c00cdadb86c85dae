"""Slow hours: Global Fishing Watch's way to find a slow spell, in the place of the row-by-row machine in ``spells``.

The clock is cut into blocks (hours). The speed of a block is the sum of the ways from each position's predecessor over the sum of the times
since it; the first way of a block begins in an earlier one. Blocks below ``slow_kn`` that follow one another, blocks without
a position left out, are one spell. It begins at the last position before its first block and ends at the last position of its last block.
A silence longer than ``max_gap_us`` ends it (GFW: its segments end there). Method: GlobalFishingWatch/pipe-loitering, ``create_raw_loitering``.

State of one transmitter: the spell as it stands without the current block, the spell as it would stand with it (both
``spells.Spell``), and the current block. A block is closed by the first row after it, or by the
watermark; what is said then is known at its end either way.

Records: HOUR (a slow block: ``sum_x``, ``sum_y``, ``sum_z`` and ``move_km`` are its own sums and its hours), WAITED, JUDGE (long enough, at every block from then
on) and END, for every spell.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.confinement import local_km_scalar, widen
from models.geodesy import difference_deg_scalar, distance_km_scalar
from tracker.detectors.loitering.config import LoiteringConfig
from tracker.detectors.loitering.spells import (
    END,
    JUDGE,
    JUDGED,
    SPELL,
    UNDER_WAY,
    WAITED,
    Reports,
    Spell,
    clear,
)
from tracker.detectors.loitering.spells import Limits as SpellLimits
from tracker.detectors.records import Left, Reached, leave

HOUR: Final = -1
"""A slow block; before all other records of its instant."""

_US_PER_H: Final = 3.6e9
_KM_PER_NM: Final = 1.852


class Block:
    """The current block: which (NaN: none), the way in it, the time that took, and its positions added up as vectors."""

    block: float = math.nan
    way_km: float = math.nan
    way_us: float = math.nan
    sum_x: float = math.nan
    sum_y: float = math.nan
    sum_z: float = math.nan


class Kept(NamedTuple):
    """All that is kept of transmitters, a slot each: spells without and with the current block, and the block."""

    spell: NDArray[np.void]
    with_block: NDArray[np.void]
    block: NDArray[np.void]


class Limits(NamedTuple):
    """Thresholds of :func:`follow`, in the units of their names."""

    block_us: float
    slow_kn: float
    min_us: float
    waits_us: float
    max_gap_us: float

    @classmethod
    def of(cls, config: LoiteringConfig) -> Limits:
        """Those of a configuration."""
        same = SpellLimits.of(config)
        return cls(float(config.block_h * _US_PER_H), same.slow_kn, same.min_us, same.waits_us, same.max_gap_us)


@numba.njit(cache=True, nogil=True)
def _take_over(kept: Kept, slot: int) -> None:
    """The spell goes on with the current block: all but what is not of the spell (when and where it was heard last)."""
    s: Spell = kept.spell[slot]
    last_us, ref_us, ref_lat_deg, ref_lon_deg = s.last_us, s.ref_us, s.ref_lat_deg, s.ref_lon_deg
    phase = s.phase if s.phase != UNDER_WAY else SPELL
    kept.spell[slot] = kept.with_block[slot]
    s.last_us, s.ref_us, s.ref_lat_deg, s.ref_lon_deg = last_us, ref_us, ref_lat_deg, ref_lon_deg
    s.phase = phase


@numba.njit(cache=True, nogil=True)
def _close(key: int, kept: Kept, slot: int, limits: Limits, left: Left, count: int) -> int:
    """End the current block: the spell goes on with it, or is over. Returns how many records there are then (at most three more)."""
    s: Spell = kept.spell[slot]
    b: Block = kept.block[slot]
    known_us = int((b.block + 1.0) * limits.block_us)
    slow = b.way_us > 0.0 and b.way_km / _KM_PER_NM < limits.slow_kn * b.way_us / _US_PER_H
    if slow:
        _take_over(kept, slot)
        hour: Spell = left.state[count]
        count = leave(left, count, HOUR, key, known_us, s)
        hour.sum_x, hour.sum_y, hour.sum_z = b.sum_x, b.sum_y, b.sum_z
        hour.move_km = b.way_us / _US_PER_H
        lasted_us = s.slow_us - s.start_us
        if s.taught == 0 and lasted_us >= limits.waits_us:
            s.taught = 1
            count = leave(left, count, WAITED, key, known_us, s)
        if lasted_us >= limits.min_us:
            s.phase = JUDGED
            count = leave(left, count, JUDGE, key, known_us, s)
    elif s.phase != UNDER_WAY:
        count = leave(left, count, END, key, known_us, s)
        s.phase = UNDER_WAY
    b.block = math.nan
    return count


@numba.njit(cache=True, nogil=True)
def _begin(kept: Kept, slot: int, index: float, reports: Reports, i: int) -> None:
    """A block begins with a report, and with it a spell where there is none."""
    s: Spell = kept.spell[slot]
    b: Block = kept.block[slot]
    b.block = index
    b.way_km = b.way_us = b.sum_x = b.sum_y = b.sum_z = 0.0
    kept.with_block[slot] = kept.spell[slot]
    if s.phase != UNDER_WAY:
        return
    t: Spell = kept.with_block[slot]
    clear(t)
    t.taught = 0
    t.slow_us = t.slow_lat_deg = t.slow_lon_deg = t.move_us = 0.0
    if math.isnan(s.ref_us):
        t.start_us, t.start_lat_deg, t.start_lon_deg = float(reports.time_us[i]), reports.lat_deg[i], reports.lon_deg[i]
    else:
        t.start_us, t.start_lat_deg, t.start_lon_deg = s.ref_us, s.ref_lat_deg, s.ref_lon_deg


@numba.njit(cache=True, nogil=True)
def _take(t: Spell, b: Block, reports: Reports, i: int) -> None:
    """One more report of a block, and of the spell with it."""
    lat_deg, lon_deg, status = reports.lat_deg[i], reports.lon_deg[i], reports.nav_status[i]
    phi, lam = math.radians(lat_deg), math.radians(lon_deg)
    x, y, z = math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
    b.sum_x += x
    b.sum_y += y
    b.sum_z += z
    t.sum_x += x
    t.sum_y += y
    t.sum_z += z
    t.slow_us, t.slow_lat_deg, t.slow_lon_deg = float(reports.time_us[i]), lat_deg, lon_deg
    t.rows += 1
    t.anchored += status == 1
    t.moored += status == 5
    t.fishing += status == 7
    course_deg, heading_deg = reports.course_deg[i], reports.heading_deg[i]
    if reports.speed_kn[i] >= 0.3 and not math.isnan(course_deg) and not math.isnan(heading_deg):
        t.angle_sum_deg += abs(difference_deg_scalar(course_deg, heading_deg))
        t.angle_rows += 1
    east_km, north_km = local_km_scalar(t.start_lat_deg, t.start_lon_deg, lat_deg, lon_deg)
    widen(t.extent_km, east_km, north_km)


@numba.njit(cache=True, nogil=True)
def follow(first: int, slots: NDArray[np.int32], reports: Reports, kept: Kept, limits: Limits, left: Left) -> Reached:
    """Carry the reports from ``first`` on through; ``slots`` are those of their transmitters."""
    count = 0
    for i in range(first, len(slots)):
        if count + 4 > len(left.key):
            return Reached(i, count)
        if math.isnan(reports.lat_deg[i]):
            continue
        slot, key, now_us = slots[i], reports.segment[i], float(reports.time_us[i])
        s: Spell = kept.spell[slot]
        t: Spell = kept.with_block[slot]
        b: Block = kept.block[slot]
        index = math.floor(now_us / limits.block_us)
        if not math.isnan(b.block) and b.block != index:
            count = _close(key, kept, slot, limits, left, count)
        if now_us - s.last_us > limits.max_gap_us:
            if s.phase == SPELL or s.phase == JUDGED:
                count = leave(left, count, END, key, int(s.last_us + limits.max_gap_us), s)
            s.phase = UNDER_WAY
            s.ref_us = math.nan
        if math.isnan(b.block):
            _begin(kept, slot, float(index), reports, i)
        if not math.isnan(s.ref_us):
            made_km = distance_km_scalar(s.ref_lat_deg, s.ref_lon_deg, reports.lat_deg[i], reports.lon_deg[i])
            b.way_km += made_km
            b.way_us += now_us - s.ref_us
            t.path_km += made_km
        _take(t, b, reports, i)
        s.last_us = now_us
        s.ref_us, s.ref_lat_deg, s.ref_lon_deg = now_us, reports.lat_deg[i], reports.lon_deg[i]
    return Reached(len(slots), count)


@numba.njit(cache=True, nogil=True)
def close(slots: NDArray[np.int64], keys: NDArray[np.int64], kept: Kept, limits: Limits, left: Left) -> int:
    """Close the current blocks of some slots; room for three records a slot is needed. Returns records."""
    count = 0
    for i in range(len(slots)):
        count = _close(keys[slots[i]], kept, slots[i], limits, left, count)
    return count


def block_mean(record: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean position of the block of some HOUR records, shape (n,), and its hours."""
    lat_deg = np.degrees(np.arctan2(record["sum_z"], np.hypot(record["sum_x"], record["sum_y"])))
    lon_deg = np.degrees(np.arctan2(record["sum_y"], record["sum_x"]))
    return lat_deg, lon_deg, record["move_km"]
