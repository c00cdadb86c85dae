"""Who else was heard near a craft lost, under its number, and who fell silent with it."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km, distance_km_scalar
from tracker.detectors.silence.columns import AIRCRAFT, OTHER, Craft
from tracker.detectors.silence.lost import Return, Silence, made_good_kn
from tracker.detectors.silence.memory import Memory
from tracker.detectors.silence.ways import Point
from tracker.identity import segment_number, with_segment
from tracker.tracks.segments import PLACES

MAX_WITNESSES: Final = 5
_SUCCESSOR_US: Final = 600_000_000
"""Who is heard for the first time so soon after a craft fell silent may be that craft under another number: of those that hop flags the new number
begins within a minute of the end of the old one; ours, with room for one thinned to some minutes."""
_OFTEN_S: Final = 300.0
_BESIDE_US: Final = 3_600_000_000
"""Two transmitters of one identity heard side by side for this long are two ships; before, one may be the other's echo or successor."""
_LATE_US: Final = 86_400_000_000
_MANY_TRACKS: Final = 2
"""A ship whose positions are flung away has two tracks under its number, a number that is shared three and more: own and two others within a day."""
_FASTER: Final = 1.25
_FASTER_KN: Final = 2.0
"""Made good against the speed it was last heard with: merchant ships keep theirs within a knot or two; a current adds as much."""


class _Asked(NamedTuple):
    """Of whom and since when others are asked for, and what they must be."""

    key: int
    kind: int
    since_us: int
    interval_s: float
    at: Point
    within_km: float
    low_ft: float
    least_beats: float
    together_s: float
    dark_us: int


def witnesses(
    silence: Silence, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], memory: Memory
) -> tuple[list[tuple[int, int, float]], bool]:
    """Other craft heard since a craft fell silent and now near its way, nearest first; and whether any is near its end."""
    craft, config = memory.craft, memory.config
    radius_km = config.witness_air_km if silence.kind == AIRCRAFT else config.witness_ship_km
    since_us = silence.since_us + int(max(60.0, 2.0 * silence.interval_s) * 1e6)
    start = Point(float(lat_deg[0, 0]), float(lon_deg[0, 0]))
    reach_km = radius_km + float(np.max(distance_km(*start, lat_deg, lon_deg)))
    asked = _asked(silence, memory)._replace(since_us=since_us, at=start, within_km=reach_km)
    rows = np.empty(len(craft), dtype=np.int64)
    rows = rows[: _heard_since(craft.records, craft.keys, craft.alive_mask, asked, rows)]
    if not len(rows):
        return [], False
    way = distance_km(lat_deg[0][:, None], lon_deg[0][:, None], craft["lat_deg"][rows], craft["lon_deg"][rows])
    near = way.min(axis=0)
    begun_us = craft["since_us"][rows] - silence.since_us
    keep = (near <= radius_km) & ~((begun_us > 0) & (begun_us <= _SUCCESSOR_US))
    rows, near, way = rows[keep], near[keep], way[:, keep]
    near_end = bool((way[-1] <= radius_km).any())
    order = np.lexsort((craft.keys[rows], near))
    found = [(int(craft.keys[rows[i]]), int(craft["heard_us"][rows[i]]), float(near[i])) for i in order]
    return found, near_end


def lost_together(silence: Silence, memory: Memory) -> int:
    """How many others of its kind near a craft fell silent when it did and are silent still: a receiver is what they share."""
    craft = memory.craft
    return int(_count_lost(craft.records, craft.keys, craft.alive_mask, _asked(silence, memory)))


def _asked(silence: Silence, memory: Memory) -> _Asked:
    config, air = memory.config, silence.kind == AIRCRAFT
    dark_s = config.dark_min_air_s if air else config.dark_min_ship_s
    return _Asked(
        key=silence.key,
        kind=silence.kind,
        since_us=silence.since_us,
        interval_s=silence.interval_s,
        at=Point(silence.lat_deg, silence.lon_deg),
        within_km=2.0 * (config.witness_air_km if air else config.witness_ship_km),
        low_ft=config.low_altitude_ft,
        least_beats=config.min_own_beats,
        together_s=config.together_s,
        dark_us=silence.since_us + int(1e6 * dark_s),
    )


def heard_elsewhere(silence: Silence, lat: Any, lon: Any, memory: Memory) -> bool:
    """Whether her identity was heard from another track since, so that what fell silent may be no ship of its own.

    Near her way it is herself, behind a feed that stamps old positions with a later time. A track that began when hers ended, or
    within an hour before, or is heard again since, is what her transmitter says from then on: who spoofs positions is heard all the time. Two ships
    under one number, known side by side for longer and far from one another, are each told of.
    """
    craft, own = memory.craft, int(segment_number(silence.key))
    keys = np.array([with_segment(silence.key, k) for k in range(PLACES) if k != own], dtype=np.int64)
    slots = craft.find(keys)
    slots = slots[slots >= 0]
    slots = slots[craft["heard_us"][slots] > silence.since_us]
    if np.any(craft["since_us"][slots] > silence.since_us - _BESIDE_US):
        return True
    near_km = memory.config.witness_air_km if silence.kind == AIRCRAFT else memory.config.witness_ship_km
    return any(bool((distance_km(craft["lat_deg"][s], craft["lon_deg"][s], lat, lon) <= near_km).any()) for s in slots)


def shares_number(silence: Silence, memory: Memory, back: Return | None = None) -> bool:
    """Whether so many tracks went under her number of late that it is nobody's own, such as one that came with the device.

    The end of one of its tracks is no silence of a ship: another boat came or went. One other track is enough where she would have had to
    speed up to be heard again so far on.
    """
    many = _MANY_TRACKS
    if back is not None and not math.isnan(silence.speed_kn):
        many -= made_good_kn(silence, back) > max(_FASTER * silence.speed_kn, silence.speed_kn + _FASTER_KN)
    craft, own = memory.craft, int(segment_number(silence.key))
    keys = np.array([with_segment(silence.key, k) for k in range(PLACES) if k != own], dtype=np.int64)
    slots = craft.find(keys)
    slots = slots[slots >= 0]
    late = craft["heard_us"][slots] > silence.since_us - _LATE_US
    return int((late & (craft["beats"][slots] >= memory.config.min_own_beats)).sum()) >= many


@numba.njit(cache=True, nogil=True)
def _heard_since(
    craft: NDArray[np.void], keys: NDArray[np.int64], alive: NDArray[np.bool_], asked: _Asked, rows: NDArray[np.int64]
) -> int:
    """Slots of others heard since then and no farther off; returns how many."""
    found = 0
    for s in range(len(craft)):
        c: Craft = craft[s]
        if not alive[s] or c.heard_us <= asked.since_us or c.pos_us <= asked.since_us or c.beats < 3:
            continue
        if asked.kind == AIRCRAFT:
            if c.kind != AIRCRAFT or c.altitude_ft < asked.low_ft:
                continue
        elif c.kind == AIRCRAFT or c.kind > OTHER:
            continue
        if keys[s] == asked.key:
            continue
        if distance_km_scalar(asked.at.lat_deg, asked.at.lon_deg, c.lat_deg, c.lon_deg) <= asked.within_km:
            rows[found] = s
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def _count_lost(craft: NDArray[np.void], keys: NDArray[np.int64], alive: NDArray[np.bool_], asked: _Asked) -> int:
    """How many others of the kind fell silent together with the craft asked for."""
    count = 0
    seldom_s = max(_OFTEN_S, 3.0 * asked.interval_s) if asked.interval_s > 0.0 else _OFTEN_S
    for s in range(len(craft)):
        c: Craft = craft[s]
        if not alive[s] or c.kind != asked.kind or c.beats < asked.least_beats or math.isnan(c.interval_s):
            continue
        if asked.kind == AIRCRAFT and (c.on_ground == 1 or c.altitude_ft < asked.low_ft):
            continue  # who lands or is parked falls silent by itself
        if c.interval_s > seldom_s:
            continue  # who is heard now and then only is no witness of a receiver: it falls silent at any time
        slower_s = 2.0 * (max(c.interval_s, asked.interval_s) if asked.interval_s > 0.0 else c.interval_s)
        if abs(c.heard_us - asked.since_us) / 1e6 > max(asked.together_s, slower_s) or keys[s] == asked.key:
            continue
        if c.heard_us + 3e6 * max(c.interval_s, 60.0) >= asked.dark_us:
            continue  # who is not overdue yet may still be heard
        count += distance_km_scalar(asked.at.lat_deg, asked.at.lon_deg, c.lat_deg, c.lon_deg) <= asked.within_km
    return count
