"""The steady ways of ships, and where one ends and another begins: a look every ``area_min`` at the latest position of each.

From look to look a ship makes good a step: course and speed between two positions. Two steps in a row that agree make a *way*::

    on a way  --a step agrees--> on it still (its end moves on)
    on a way  --a step turns off, is too slow or too long--> in between
    in between --two steps agree--> on a way again: a *turn* from the old way to the new one

A turn by less than ``_TURN_DEG``, or after more than ``_LONGEST_US`` in between, is none. What was reported as course and speed is not asked, so a turn says where the
positions went, whatever else was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.angles import difference
from models.geodesy import bearing_deg, distance_km
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
_LONGEST_US: Final = 36 * US_PER_H
"""So long may lie between two ways: ships lie together for a day and more (GFW's longest encounters)."""
_FORGET_US: Final = 48 * US_PER_H


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
    """...where the last of them ended."""
    silent_us: int
    """The longest time between two positions meanwhile."""


class Ways:
    """Each ship's way, and the one before."""

    def __init__(self, slow_kn: float) -> None:
        self._slow_kn = slow_kn
        names = (
            "us", "lat", "lon", "course", "kn", "from_us", "from_lat", "from_lon",
            "old_us", "old_lat", "old_lon", "old_course", "old_kn", "slow_us", "slow_lat", "slow_lon", "silent_us",
        )  # fmt: skip
        self._state = KeyedState({**dict.fromkeys(names, ("f8", np.nan)), "off": ("u1", 0)})

    def look(
        self, keys: NDArray[np.int64], us: NDArray[np.float64], lat: NDArray[np.float64], lon: NDArray[np.float64]
    ) -> list[Turn]:
        """The latest positions, one of each key; the turns that are complete by now, in the order of keys."""
        s = self._state
        slots = s.slots(keys)
        since_us = us - s["us"][slots]
        due = ~(since_us < _LEAST_US)
        slots, us, lat, lon, since_us = slots[due], us[due], lat[due], lon[due], since_us[due]
        if not len(slots):
            return []
        at_lat, at_lon = s["lat"][slots], s["lon"][slots]
        is_step = since_us <= _MOST_US
        with np.errstate(invalid="ignore"):
            kn = np.where(is_step, distance_km(at_lat, at_lon, lat, lon) / KM_PER_NM / (since_us / US_PER_H), np.nan)
            course = np.where(is_step, bearing_deg(at_lat, at_lon, lat, lon), np.nan)
            before_kn = s["kn"][slots]
            agrees = np.abs(difference(course, s["course"][slots])) <= _AGREE_DEG
            agrees &= np.abs(kn - before_kn) <= _AGREE_FRAC * np.maximum(kn, before_kn)
            is_way = agrees & (kn >= self._slow_kn) & (before_kn >= self._slow_kn)
            turn_deg = np.abs(difference(course, s["old_course"][slots]))
            turned = is_way & (s["off"][slots] == 1) & (turn_deg > _TURN_DEG)
            turned &= s["from_us"][slots] - s["old_us"][slots] <= _LONGEST_US
        turns = [self._turn(int(slots[k]), float(course[k]), float(kn[k])) for k in np.flatnonzero(turned).tolist()]
        on = slots[is_way]
        for name, values in (
            ("old_us", us),
            ("old_lat", lat),
            ("old_lon", lon),
            ("old_course", course),
            ("old_kn", kn),
        ):
            s[name][on] = values[is_way]
        s["off"][on], s["slow_us"][on], s["silent_us"][on] = 0, 0.0, 0.0
        off = ~is_way
        s["off"][slots[off]] = 1
        s["silent_us"][slots[off]] = np.fmax(s["silent_us"][slots[off]], since_us[off])
        slow = off & (kn < self._slow_kn)
        s["slow_us"][slots[slow]] += since_us[slow]
        s["slow_lat"][slots[slow]], s["slow_lon"][slots[slow]] = lat[slow], lon[slow]
        for name in ("us", "lat", "lon"):
            s["from_" + name][slots] = s[name][slots]
        for name, values in (("us", us), ("lat", lat), ("lon", lon), ("course", course), ("kn", kn)):
            s[name][slots] = values
        return sorted(turns, key=lambda turn: turn.key)

    def forget(self, now_us: int) -> None:
        """Ships silent for two days."""
        self._state.forget(np.flatnonzero(self._state.alive_mask & (now_us - self._state["us"] > _FORGET_US)))

    def forget_keys(self, keys: NDArray[np.int64]) -> None:
        """Nothing of some keys."""
        self._state.forget_keys(keys)

    def capture(self) -> LaterTable:
        """For a snapshot."""
        return self._state.capture()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`."""
        self._state.restore_arrow(table)

    def _turn(self, slot: int, course: float, kn: float) -> Turn:
        """The turn that a slot has just completed: its new way began one step ago."""
        s: Any = self._state
        old = Way(int(s["old_us"][slot]), *(float(s["old_" + name][slot]) for name in ("lat", "lon", "course", "kn")))
        new = Way(int(s["from_us"][slot]), float(s["from_lat"][slot]), float(s["from_lon"][slot]), course, kn)
        return Turn(
            int(s.keys[slot]), old, new, int(s["slow_us"][slot]), float(s["slow_lat"][slot]), float(s["slow_lon"][slot]),
            int(s["silent_us"][slot]),
        )  # fmt: skip
