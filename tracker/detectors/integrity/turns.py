"""One identity, several places: the kernel that tells a second transmitter from a craft that jumps, and both from a wrong clock.

Only identities with more than one segment (``tracker.tracks``) come here. Their reports make *runs*: reports in a row from one segment. When the
segment changes, the run that ended says which it was::

    it was short (fewer than stay_reports, or shorter than stay)      -> one answers the other: two transmitters at once
    it was a stay, and the new run becomes one before the old is heard -> a jump, if the way cannot be made in the time
    the new place lies in the wake of the other (trail_km, four hours)  -> the same transmitter under another clock: neither

A wake is up to ``SAMPLES`` positions of a segment, 20 minutes apart. A day without turns, or without jumps, begins anew.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from models.geodesy import difference_deg_scalar, distance_km_scalar
from streams.keyed_state import KeyedState
from tracker.units import KM_PER_NM, US_PER_DAY, US_PER_H, US_PER_MIN

SHARED: Final = 2
JUMP: Final = 3
PLACES: Final = 4
SAMPLES: Final = 12

_NOWHERE: Final = -1
_KM_PER_DEG: Final = 111.19492664455873
_DAY_US: Final = US_PER_DAY
_WAKE_STEP_US: Final = 20 * US_PER_MIN
_TELL_US: Final = US_PER_H
_MOST_US: Final = US_PER_H
_REACH_KM: Final = 10.0
_REACH_KN: Final = 60.0
_AIR_REACH_KN: Final = 1300.0
"""How far one transmitter may have come: somewhat more than the track builder allows."""
_WAKES_FRAC: Final = 0.3
"""Of two transmitters fewer turns than this lead into the other's wake (ours)."""
_BOTH_FRAC: Final = 0.5
"""And for so much of the time they answer each other (ours)."""

_NAN: Final = math.nan
_HEAD: Final[dict[str, tuple[Any, ...]]] = {
    "here": ("i8", _NOWHERE),
    "run_us": ("f8", 0.0),
    "run_rows": ("f8", 0.0),
    "is_pending": ("i8", 0),
    "from_us": ("f8", 0.0),
    "from_lat": ("f8", 0.0),
    "from_lon": ("f8", 0.0),
    "to_lat": ("f8", 0.0),
    "to_lon": ("f8", 0.0),
    "turns": ("i8", 0),
    "turns_us": ("f8", 0.0),
    "turn_us": ("f8", 0.0),
    "over_us": ("f8", 0.0),
    "apart_km": ("f8", 0.0),
    "far_km": ("f8", 0.0),
    "trails": ("i8", 0),
    "told_us": ("f8", _NAN),
    "jumps": ("i8", 0),
    "jumps_us": ("f8", 0.0),
    "jump_us": ("f8", _NAN),
}
"""Of an identity: the segment heard last and its run; a jump that is not confirmed yet, from where to where; turns since when, the last one, how long they answered each
other, how near and far, and how many led into a wake; when they were told last; jumps since when and the last one."""
_PLACES: Final[dict[str, tuple[Any, ...]]] = {
    "place_us": ("f8", 0.0, PLACES),
    "place_lat": ("f8", 0.0, PLACES),
    "place_lon": ("f8", 0.0, PLACES),
    "place_rows": ("f8", 0.0, PLACES),
    "samples": ("i8", 0, PLACES),
    "sample_us": ("f8", 0.0, PLACES),
    "wake_lat": ("f8", 0.0, PLACES * SAMPLES),
    "wake_lon": ("f8", 0.0, PLACES * SAMPLES),
}
"""Of each of its segments: the position heard last, how many reports, how many samples its wake has had, the instant of the last one, and the wake."""
Identity = np.void
"""A record of ``_HEAD``."""


class Rows(NamedTuple):
    """Reports of such identities in time order: slot of the identity, number of the segment, what was reported, whether by an aircraft; each shape (n,)."""

    slot: NDArray[np.int32]
    place: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    is_air: NDArray[np.bool_]


class Places(NamedTuple):
    """The columns of ``_PLACES``, shape (slots, ``PLACES``) or (slots, ``PLACES * SAMPLES``)."""

    us: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    rows: NDArray[np.float64]
    samples: NDArray[np.int64]
    sample_us: NDArray[np.float64]
    wake_lat: NDArray[np.float64]
    wake_lon: NDArray[np.float64]

    @classmethod
    def of(cls, state: KeyedState) -> Places:
        """Views of a state."""
        return cls(*(state[name] for name in _PLACES))


class Limits(NamedTuple):
    """Thresholds of ``IntegrityConfig``; of a pair the first is for ships, the second for aircraft."""

    stay_reports: float
    stay_us: tuple[float, float]
    jump_km: tuple[float, float]
    shared_us: tuple[float, float]
    shared_turns: float
    shared_apart_km: float
    trail_km: float


class Sighting(NamedTuple):
    """What the kernel found: of ``what`` SHARED the turns, of JUMP the jumps since ``since_us``; the place now, and the one before."""

    slot: int
    what: int
    now_us: float
    since_us: float
    times: int
    near_km: float
    """Of turns; of a jump how far it was."""
    far_km: float
    run_us: float
    """Since when it is at the place now."""
    lat_deg: float
    lon_deg: float
    from_lat_deg: float
    from_lon_deg: float
    from_us: float


_FOUND: Final = np.dtype(
    [(name, "i8" if name in ("slot", "what", "times") else "f8") for name in Sighting._fields], align=True
)


def state_of_turns() -> KeyedState:
    """State of identities not seen yet."""
    return KeyedState({**_HEAD, **_PLACES})


@numba.njit(cache=True, nogil=True)
def _wake_km(places: Places, slot: int, place: int, lat: float, lon: float) -> float:
    """How near a position is to where a segment was in the last hours; infinite where it was not."""
    best = math.inf
    shrink = math.cos(math.radians(lat))
    newest = places.samples[slot, place]
    bx = difference_deg_scalar(places.lon_deg[slot, place], lon) * _KM_PER_DEG * shrink
    by = (places.lat_deg[slot, place] - lat) * _KM_PER_DEG
    for k in range(min(newest, SAMPLES)):
        at = place * SAMPLES + (newest - 1 - k) % SAMPLES
        ax = difference_deg_scalar(places.wake_lon[slot, at], lon) * _KM_PER_DEG * shrink
        ay = (places.wake_lat[slot, at] - lat) * _KM_PER_DEG
        ux, uy = bx - ax, by - ay
        long2 = ux * ux + uy * uy
        share = 0.0 if long2 < 1e-12 else min(1.0, max(0.0, -(ax * ux + ay * uy) / long2))
        best = min(best, math.hypot(ax + share * ux, ay + share * uy))
        bx, by = ax, ay
    return best


@numba.njit(cache=True, nogil=True)
def _reach_km(air: int, silent_us: float) -> float:
    """How far one transmitter may have come."""
    return _REACH_KM + (_AIR_REACH_KN if air else _REACH_KN) * KM_PER_NM / US_PER_H * silent_us


@numba.njit(cache=True, nogil=True)
def _note(places: Places, slot: int, place: int, now_us: float, lat: float, lon: float) -> None:
    """A position of a segment becomes its last one, and a sample of its wake every 20 minutes."""
    if places.samples[slot, place] == 0 or now_us - places.sample_us[slot, place] >= _WAKE_STEP_US:
        at = place * SAMPLES + places.samples[slot, place] % SAMPLES
        places.wake_lat[slot, at], places.wake_lon[slot, at] = lat, lon
        places.samples[slot, place] += 1
        places.sample_us[slot, place] = now_us
    places.us[slot, place], places.lat_deg[slot, place], places.lon_deg[slot, place] = now_us, lat, lon
    places.rows[slot, place] += 1.0


@numba.njit(cache=True, nogil=True)
def _forget_place(places: Places, slot: int, place: int) -> None:
    """The track builder gave the place to another transmitter."""
    places.us[slot, place] = places.lat_deg[slot, place] = places.lon_deg[slot, place] = 0.0
    places.rows[slot, place] = places.sample_us[slot, place] = 0.0
    places.samples[slot, place] = 0


@numba.njit(cache=True, nogil=True)
def follow(rows: Rows, identities: NDArray[Identity], places: Places, limits: Limits, found: NDArray[np.void]) -> int:
    """Carry the rows through; returns the number of records written to ``found`` (``no_sightings``)."""
    count = 0
    for i in range(len(rows.slot)):
        slot, here, now = rows.slot[i], rows.place[i], float(rows.time_us[i])
        lat, lon, air = rows.lat_deg[i], rows.lon_deg[i], 1 if rows.is_air[i] else 0
        s = identities[slot]
        if s.turns > 0 and now - s.turn_us > _DAY_US:
            s.turns, s.trails, s.over_us = 0, 0, 0.0
        if s.jumps > 0 and now - s.jump_us > _DAY_US:
            s.jumps = 0
        before = s.here
        if places.rows[slot, here] > 0.0:
            gone_km = _reach_km(air, now - places.us[slot, here])
            if distance_km_scalar(places.lat_deg[slot, here], places.lon_deg[slot, here], lat, lon) > gone_km:
                _forget_place(places, slot, here)
                if here == before:
                    before = _NOWHERE
                    s.is_pending = 0
        if before < 0:
            s.here, s.run_us, s.run_rows = here, now, 1.0
        elif here == before:
            s.run_rows += 1.0
            if s.is_pending and s.run_rows >= limits.stay_reports and now - s.run_us >= limits.stay_us[air]:
                s.is_pending = 0
                if s.jumps == 0:
                    s.jumps_us = s.from_us
                s.jumps += 1
                s.jump_us = now
                r = found[count]
                r.slot, r.what, r.now_us, r.since_us, r.times = slot, JUMP, now, s.jumps_us, s.jumps
                r.near_km = distance_km_scalar(s.from_lat, s.from_lon, s.to_lat, s.to_lon)
                r.far_km, r.run_us, r.lat_deg, r.lon_deg = r.near_km, s.run_us, s.to_lat, s.to_lon
                r.from_us, r.from_lat_deg, r.from_lon_deg = s.from_us, s.from_lat, s.from_lon
                count += 1
        else:
            there_us = places.us[slot, before]
            there_lat, there_lon = places.lat_deg[slot, before], places.lon_deg[slot, before]
            km = distance_km_scalar(there_lat, there_lon, lat, lon)
            trails = air == 0 and (
                _wake_km(places, slot, before, lat, lon) <= limits.trail_km
                or _wake_km(places, slot, here, there_lat, there_lon) <= limits.trail_km
            )
            long = s.run_rows >= limits.stay_reports and now - s.run_us >= limits.stay_us[air]
            stayed = long and not s.is_pending
            # A stay that ends is a jump unless the place the craft comes to spoke during it.
            answers = places.rows[slot, here] > 0.0 and not stayed
            if answers:
                if s.turns == 0:
                    s.turns_us = places.us[slot, here]
                    s.apart_km, s.far_km = km, km
                else:
                    s.over_us += min(now - s.turn_us, _MOST_US)
                s.turns += 1
                s.turn_us = now
                s.apart_km, s.far_km = min(s.apart_km, km), max(s.far_km, km)
                if trails:
                    s.trails += 1
            least_km = max(limits.jump_km[air], _reach_km(air, now - there_us))
            s.is_pending = 1 if stayed and km >= least_km and not trails else 0
            s.from_us, s.from_lat, s.from_lon = there_us, there_lat, there_lon
            s.to_lat, s.to_lon = lat, lon
            s.here, s.run_us, s.run_rows = here, now, 1.0
            if (
                answers
                and now - s.turns_us >= limits.shared_us[air]
                and s.over_us >= _BOTH_FRAC * limits.shared_us[air]
                and s.turns >= limits.shared_turns
                and s.far_km >= limits.shared_apart_km
                and s.trails < _WAKES_FRAC * s.turns
                and not now - s.told_us < _TELL_US
            ):
                s.told_us = now
                r = found[count]
                r.slot, r.what, r.now_us, r.since_us, r.times = slot, SHARED, now, s.turns_us, s.turns
                r.near_km, r.far_km, r.run_us = s.apart_km, s.far_km, now
                r.lat_deg, r.lon_deg = lat, lon
                r.from_us, r.from_lat_deg, r.from_lon_deg = there_us, there_lat, there_lon
                count += 1
        _note(places, slot, here, now, lat, lon)
    return count


def sightings(rows: Rows, state: KeyedState, limits: Limits) -> list[Sighting]:
    """Carry rows through the state of :func:`state_of_turns`; what they show."""
    found = np.zeros(len(rows.slot), dtype=_FOUND)
    count = follow(rows, state.records, Places.of(state), limits, found)
    return [Sighting(*record) for record in found[:count].tolist()]


def enter(state: KeyedState, slot: int, number: int, last: tuple[float, float, float], rows: float) -> None:
    """What is known of a segment becomes the state of its place: time, latitude and longitude of its last report, and how many it gave."""
    us, lat, lon = last
    for name, value in (
        ("place_us", us), ("place_lat", lat), ("place_lon", lon), ("place_rows", rows), ("samples", 1), ("sample_us", us),
    ):  # fmt: skip
        state[name][slot, number] = value
    state["wake_lat"][slot, number * SAMPLES], state["wake_lon"][slot, number * SAMPLES] = lat, lon
