"""The steady ways of ships, and where one ends and another begins: a look every ``area_min`` at the latest position of each.

From look to look a ship makes good a step: course and speed between two positions. Two steps in a row that agree make a *way*::

    on a way  --a step agrees--> on it still (its end moves on)
    on a way  --a step turns off, is too slow or too long--> in between
    in between --two steps agree--> on a way again: a *turn* from the old way to the new one

A turn by less than ``_TURN_DEG`` that leads to where the ship would be anyhow, or one after more than ``_LONGEST_US`` in between, is none. What was reported as course and speed is not asked, so a turn says where the
positions went, whatever else was said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import bearing_deg_scalar, difference_deg_scalar, distance_km_scalar
from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN

_LEAST_US: Final = 5 * US_PER_MIN
"""Steps over less time would be of GNSS noise and of the time of a report."""
_MOST_US: Final = 30 * US_PER_MIN
"""A longer silence is no step: what she did meanwhile is not known (ours)."""
_AGREE_DEG: Final = 20.0
_AGREE_FRAC: Final = 0.3
"""Steps of one way: an alteration in a traffic lane is within it, a turn round is not (ours)."""
_TURN_DEG: Final = 45.0
_BESIDE_KM: Final = 3.0
_BESIDE_FRAC: Final = 0.2
"""A ship that goes on is this near to where it would be, and a share of its run (ours: twice what ``exchange`` grants one that goes on)."""
_KM_PER_DEG: Final = 111.19492664455873
_LONGEST_US: Final = 36 * US_PER_H
"""So long may lie between two ways: ships lie together for a day and more (GFW's longest encounters)."""
_FORGET_US: Final = 48 * US_PER_H

(
    _US, _LAT, _LON, _COURSE, _KN, _FROM_US, _FROM_LAT, _FROM_LON, _OLD_US, _OLD_LAT, _OLD_LON, _OLD_COURSE, _OLD_KN,
    _SLOW_US, _SLOW_LAT, _SLOW_LON, _SILENT_US, _OFF,
) = range(18)  # fmt: skip
_WIDTH: Final = 18
"""Of a ship: the last position looked at and the step to it, the position before, where its way ended last (the course and speed of it), and since then: slow
steps and where the last of them began, the longest silence, and whether it left its way (0 or 1)."""
_TURN: Final = 15


@dataclass(frozen=True, slots=True)
class Way:
    """An end of a steady way: when and where it was, and the course and speed made good."""

    us: int
    lat_deg: float
    lon_deg: float
    course_deg: float
    kn: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A ship (key of ``motion``) left one way and took another."""

    key: int
    old: Way
    new: Way
    slow_us: int
    """How long of the time between was spent in slow steps, and..."""
    slow_lat_deg: float
    slow_lon_deg: float
    """...where the last of them began: at its end the ship may have left."""
    silent_us: int
    """The longest time between two positions meanwhile."""


@numba.njit(cache=True, nogil=True)
def _is_another(s: NDArray[np.float64], course: float) -> bool:
    """Whether a way that began at the position before is not the old one gone on with: another course, or beside it."""
    if abs(difference_deg_scalar(course, s[_OLD_COURSE])) > _TURN_DEG:
        return True
    run_km = s[_OLD_KN] * KM_PER_NM * (s[_FROM_US] - s[_OLD_US]) / US_PER_H
    turn = math.radians(s[_OLD_COURSE])
    lat = s[_OLD_LAT] + run_km * math.cos(turn) / _KM_PER_DEG
    lon = s[_OLD_LON] + run_km * math.sin(turn) / _KM_PER_DEG / max(math.cos(math.radians(lat)), 0.02)
    return distance_km_scalar(lat, lon, s[_FROM_LAT], s[_FROM_LON]) > _BESIDE_KM + _BESIDE_FRAC * run_km


@numba.njit(cache=True, nogil=True)
def _look(
    slots: NDArray[np.int32],
    us: NDArray[np.float64],
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    state: NDArray[np.float64],
    slow_kn: float,
    out: NDArray[np.float64],
) -> int:
    """Carry positions, one of each slot, into ``state``; the number of turns written to ``out`` (slot, old and new way of :class:`Turn`, slow, silent)."""
    count = 0
    for i in range(len(slots)):
        s = state[slots[i]]
        since_us = us[i] - s[_US]
        if since_us < _LEAST_US:
            continue
        course = kn = math.nan
        if since_us <= _MOST_US:
            kn = distance_km_scalar(s[_LAT], s[_LON], lat[i], lon[i]) / KM_PER_NM / (since_us / US_PER_H)
            course = bearing_deg_scalar(s[_LAT], s[_LON], lat[i], lon[i])
        agrees = abs(kn - s[_KN]) <= _AGREE_FRAC * max(kn, s[_KN]) and min(kn, s[_KN]) >= slow_kn
        if agrees and abs(difference_deg_scalar(course, s[_COURSE])) <= _AGREE_DEG:
            if s[_OFF] == 1.0 and s[_FROM_US] - s[_OLD_US] <= _LONGEST_US and _is_another(s, course):
                r = out[count]
                r[0] = slots[i]
                r[1:6] = s[_OLD_US : _OLD_KN + 1]
                r[6:9] = s[_FROM_US : _FROM_LON + 1]
                r[9], r[10] = course, kn
                r[11:15] = s[_SLOW_US : _SILENT_US + 1]
                count += 1
            s[_OLD_US], s[_OLD_LAT], s[_OLD_LON], s[_OLD_COURSE], s[_OLD_KN] = us[i], lat[i], lon[i], course, kn
            s[_OFF] = s[_SLOW_US] = s[_SILENT_US] = 0.0
        else:
            s[_OFF] = 1.0
            if not s[_SILENT_US] >= since_us:
                s[_SILENT_US] = since_us
            if kn < slow_kn:
                s[_SLOW_US] += since_us
                s[_SLOW_LAT], s[_SLOW_LON] = s[_LAT], s[_LON]
        s[_FROM_US], s[_FROM_LAT], s[_FROM_LON] = s[_US], s[_LAT], s[_LON]
        s[_US], s[_LAT], s[_LON], s[_COURSE], s[_KN] = us[i], lat[i], lon[i], course, kn
    return count


class Ways:
    """Each ship's way, and the one before."""

    def __init__(self, slow_kn: float) -> None:
        self._slow_kn = slow_kn
        self._state = KeyedState({"way": ("f8", np.nan, _WIDTH)})

    def look(
        self, keys: NDArray[np.int64], us: NDArray[np.float64], lat: NDArray[np.float64], lon: NDArray[np.float64]
    ) -> list[Turn]:
        """The latest positions, one of each key; the turns that are complete by now, in the order of keys."""
        slots = self._state.slots(keys)
        out = np.empty((len(keys), _TURN))
        count = _look(slots, us, lat, lon, self._state["way"], self._slow_kn, out)
        turns = []
        for slot, *old, new_us, new_lat, new_lon, course, kn, slow_us, slow_lat, slow_lon, silent_us in out[
            :count
        ].tolist():
            turns.append(
                Turn(
                    int(self._state.keys[int(slot)]), Way(int(old[0]), *old[1:]), Way(int(new_us), new_lat, new_lon, course, kn),
                    int(slow_us), slow_lat, slow_lon, int(silent_us),
                )
            )  # fmt: skip
        return sorted(turns, key=lambda turn: turn.key)

    def forget(self, now_us: int) -> None:
        """Ships silent for two days."""
        last_us = self._state["way"][:, _US]
        self._state.forget(np.flatnonzero(self._state.alive_mask & (now_us - last_us > _FORGET_US)))

    def forget_keys(self, keys: NDArray[np.int64]) -> None:
        """Nothing of some keys."""
        self._state.forget_keys(keys)

    def capture(self) -> LaterTable:
        """For a snapshot."""
        return self._state.capture()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`."""
        self._state.restore_arrow(table)
