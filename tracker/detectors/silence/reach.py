"""How far each source hears aircraft: by place, by height, by day, and from its site to the horizon.

What a cell of a degree knows together (``memory``) says nothing of where in it the edge lies: of a box that a query cut, of a radius, of a
country's subscription, or of one receiver's horizon, which for an aircraft at FL250 lies 100 km nearer than for one at FL410. So each source has,
learned from what it gives:

**Patches** of 0.2 degrees (22 km, a minute and a half at cruise): the lowest height heard there, and the days of the last fourteen on which
anybody was. A point is within reach where a patch around it was heard on most of the days on which the source was, or where patches on
two opposite sides were: a source's reach has no holes of a lane's width, and nobody is heard beyond its edge.

**A site**, where one receiver can explain all that was heard. An aircraft at height ``h`` is heard from a mast of height ``m`` up to the horizon
of an earth of 4/3 radius (ITU-R P.453 and P.452; ICAO Doc 9718 gives it as 4.12 km per square root of metre)::

    d = 4.12 km (sqrt(m) + sqrt(h))

The site is the point from which the mast needed is the lowest: the centre of the least sphere round circles (Badoiu and Clarkson 2003, whose
steps towards the farthest it takes). The share of that horizon which is heard, by bearing, is what hills and antenna leave of it.

**Time.** Where a source gives nothing at all for minutes nobody is heard by it, whoever else is.

A way counts only as far as a point a little further along it is within reach too: who is lost on the last kilometres before the edge is
lost to the edge.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.cells import NO_CELL, cell_of, cell_scalar, cells_around, centre
from models.geodesy import bearing_deg, destination, distance_km, from_unit_vectors, interpolate, unit_vectors
from streams.borrowed import borrowed
from streams.keyed_state import KeyedState
from streams.records import record_dtype
from streams.snapshot import LaterTable
from tracker.detectors.following import rows_of
from tracker.identity import DOMAIN_ICAO24, DOMAIN_OTHER24, domain
from tracker.positions import PositionBatch

PATCH_DEG: Final = 0.2
_SOURCE_SHIFT: Final = 48
_CELL_MASK: Final = (1 << _SOURCE_SHIFT) - 1
_DAY_US: Final = 86_400_000_000
_DAYS: Final = 14
"""As long as what is learned of a place lasts (``memory_days``)."""
_DAYS_MASK: Final = (1 << _DAYS) - 1
_BRIDGED: Final = 4
"""Patches, on either side of a point, between which it is taken as heard: 90 km, the width between lanes."""
AHEAD_KM: Final = 45.0
"""How much further along a way must be within reach for a point of it to count: two patches."""
_PAUSE_US: Final = 180_000_000
"""A source that gives nothing for so long hears nobody (``outage_min_s``); in the end of its rows, a tick of judgement is allowed for."""
_GAPS: Final = 4
_CACHE: Final = 4096
KM_PER_SQRT_M: Final = 4.12
_M_PER_FT: Final = 0.3048
_SECTORS: Final = 36
_LOWEST_MAST_KM: Final = KM_PER_SQRT_M * math.sqrt(5.0)
_HIGHEST_MAST_KM: Final = KM_PER_SQRT_M * math.sqrt(1500.0)
"""What one receiver's own height may add to its horizon: a roof, a mountain. What needs more is several receivers."""
_LEAST_PATCHES: Final = 30
_MOST_PATCHES: Final = 2500
"""A disc of 460 km, the horizon at FL410, holds 1,350."""
_STEPS: Final = 120
_NEAR_HORIZON: Final = 0.94
"""Up to this share of what is heard of the horizon at a bearing silence counts: ours, for reception at the horizon comes and goes."""
_SLACK_FT: Final = 1_500.0
_WIDE_KM: Final = 1_100.0
_COMPASS: Final = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)], dtype=np.float64)
"""Steps north and east, opposite ones in pairs."""
_PATCH_COLUMNS: Final = {"floor_ft": ("f8", np.inf), "days": ("i8", 0), "day": ("i8", 0)}
_SOURCE_COLUMNS: Final = {
    "last_us": ("i8", -1),
    "days": ("i8", 0),
    "day": ("i8", 0),
    "fitted": ("i8", 0),
    "site_lat": ("f8", np.nan),
    "site_lon": ("f8", np.nan),
    "mast_km": ("f8", np.nan),
    "share": ("f8", np.nan, _SECTORS),
    "inner_km": ("f8", np.nan, _SECTORS),
    "gap_from": ("i8", -1, _GAPS),
    "gap_to": ("i8", -1, _GAPS),
}


class _Rows(NamedTuple):
    """Columns of ``PositionBatch`` that are looked at."""

    time_us: NDArray[np.int64]
    craft: NDArray[np.int64]
    source: NDArray[np.int16]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    altitude_ft: NDArray[np.float32]
    on_ground: NDArray[np.int8]


class _Latest:
    """Where an aircraft was entered last."""

    key: int
    altitude_ft: float
    day: int


_LATEST: Final = record_dtype(_Latest)


class Reach:
    """Patches and sites of every source; longitudes are counted from ``origin_lon`` as those of ``Memory``."""

    def __init__(self) -> None:
        self._patches = KeyedState(_PATCH_COLUMNS)
        self._sources = KeyedState(_SOURCE_COLUMNS)

    def learn(self, rows: PositionBatch, origin_lon: float) -> None:
        """Take rows in time order; those of aircraft in the air that say where and how high."""
        kind = domain(rows.craft)
        air = np.flatnonzero((kind == DOMAIN_ICAO24) | (kind == DOMAIN_OTHER24))
        if not len(air):
            return
        s, p, count = self._sources, self._patches, len(rows)
        sources = rows.source.astype(np.int64)
        _hear(rows.time_us[air], s.slots(sources[air]), s["last_us"], s["days"], s["day"], s["gap_from"], s["gap_to"])
        kept, keys = np.empty((2, count), dtype=np.int64)
        latest = np.zeros(_CACHE, dtype=_LATEST)
        latest["day"] = -1
        found = _entered(rows_of(_Rows, rows, np.ones(count, np.bool_)), float(origin_lon), latest, kept, keys)
        if found:
            kept, keys = kept[:found], keys[:found]
            slots = p.slots(keys)
            _reach(
                rows.time_us[kept], slots, rows.altitude_ft[kept].astype(np.float64), p["floor_ft"], p["days"], p["day"]
            )

    def within(self, lat: Any, lon: Any, altitude_ft: Any, at_us: Any, origin_lon: float) -> NDArray[np.bool_]:
        """Whether some source that was heard at the time hears an aircraft there and as high; all of one shape."""
        shape = np.shape(lat)
        lat, lon = np.ravel(lat), wrap_longitude(np.ravel(lon) - origin_lon)
        altitude, at_us = np.ravel(altitude_ft), np.ravel(at_us)
        found = np.zeros(lat.shape, dtype=np.bool_)
        around = cells_around(lat, lon, PATCH_DEG)
        for slot in self._sources.alive().tolist():
            ask = np.flatnonzero(~found & self._listened(slot, at_us))
            if len(ask):
                found[ask] = self._heard_by(slot, lat[ask], lon[ask], altitude[ask], around[ask])
        return found.reshape(shape)

    def _listened(self, slot: int, at_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """When a source gave anything at all."""
        s = self._sources
        live = at_us <= s["last_us"][slot] + _PAUSE_US
        for begin, end in zip(s["gap_from"][slot].tolist(), s["gap_to"][slot].tolist(), strict=True):
            if begin >= 0:
                live &= ~((at_us > begin) & (at_us < end))
        return np.asarray(live, dtype=np.bool_)

    def _heard_by(self, slot: int, lat: Any, lon: Any, altitude: Any, around: Any) -> NDArray[np.bool_]:
        s, p = self._sources, self._patches
        source = (int(s.keys[slot]) + 1) << _SOURCE_SHIFT
        patches = p.find((around | source).ravel()).reshape(around.shape)
        patches[around == NO_CELL] = -1
        known = patches >= 0
        floor = np.where(known, p["floor_ft"][patches], np.inf).min(axis=1)
        enough_ft = altitude + _SLACK_FT
        age = np.clip(s["day"][slot] - p["day"][patches], 0, _DAYS)
        days = np.bitwise_or.reduce(np.where(known, (p["days"][patches] << age) & _DAYS_MASK, 0), axis=1)
        least = (int(s["days"][slot]).bit_count() + 1) // 2
        found = known.any(axis=1) & (floor <= enough_ft) & (np.bitwise_count(days) >= least)
        has_site = not math.isnan(s["mast_km"][slot])
        if has_site:
            inside, this_side = self._around_site(slot, lat, lon, altitude)
            found = (found & this_side) | inside
            bare = np.flatnonzero(~found & this_side)
        else:
            bare = np.flatnonzero(~found)
        if len(bare):
            found[bare] = self._bridged(source, lat[bare], lon[bare], enough_ft[bare])
        return np.asarray(found, dtype=np.bool_)

    def _bridged(self, source: int, lat: Any, lon: Any, enough_ft: Any) -> NDArray[np.bool_]:
        """Points with patches heard on two opposite sides."""
        steps = np.arange(1, _BRIDGED + 1) * PATCH_DEG
        north = np.clip(lat[:, None, None] + _COMPASS[:, 0, None] * steps, -89.9, 89.9)
        east = lon[:, None, None] + _COMPASS[:, 1, None] * steps / np.maximum(np.cos(np.radians(north)), 0.02)
        cells = cell_of(north, wrap_longitude(east), PATCH_DEG)
        patches = self._patches.find((cells | source).ravel()).reshape(cells.shape)
        heard = (patches >= 0) & (self._patches["floor_ft"][patches] <= enough_ft[:, None, None])
        side = heard.any(axis=2)
        return np.asarray((side[:, 0::2] & side[:, 1::2]).any(axis=1), dtype=np.bool_)

    def _around_site(self, slot: int, lat: Any, lon: Any, altitude: Any) -> tuple[Any, Any]:
        """Points well inside all that was heard around a site, and points this side of the horizon that it has at their bearing."""
        s = self._sources
        site = s["site_lat"][slot], s["site_lon"][slot]
        km = distance_km(*site, lat, lon)
        horizon_km = s["mast_km"][slot] + KM_PER_SQRT_M * np.sqrt(np.maximum(altitude, 0.0) * _M_PER_FT)
        sector = _sector(*site, lat, lon)
        heard = km / (_NEAR_HORIZON * horizon_km)
        inside = (heard <= _least_of_three(s["share"][slot])[sector]) & (km <= s["inner_km"][slot][sector])
        return inside, heard <= s["share"][slot][sector]

    def settle(self) -> None:
        """Find the sites anew of sources that have been heard in more places, and forget places not heard for long."""
        p, s = self._patches, self._sources
        used = p.alive()
        if not len(used):
            return
        today = int(s["day"][s.alive()].max())
        old = used[p["day"][used] <= today - _DAYS]
        p.forget(old)
        used = p.alive() if len(old) else used
        sources, first, counts = np.unique(p.keys[used] >> _SOURCE_SHIFT, return_index=True, return_counts=True)
        slots = s.find(sources - 1)
        for slot, begin, count in zip(slots.tolist(), first.tolist(), counts.tolist(), strict=True):
            # a new site only where there is something new: a twentieth more, or fewer, places
            if abs(count - s["fitted"][slot]) * 20 > s["fitted"][slot]:
                s["fitted"][slot] = count
                self._fit(slot, used[begin : begin + count])

    def _fit(self, slot: int, patches: NDArray[np.int64]) -> None:
        s, p = self._sources, self._patches
        s["site_lat"][slot] = s["site_lon"][slot] = s["mast_km"][slot] = np.nan
        if not _LEAST_PATCHES <= len(patches) <= _MOST_PATCHES:
            return
        age = np.clip(s["day"][slot] - p["day"][patches], 0, _DAYS)
        days = np.bitwise_count((p["days"][patches] << age) & _DAYS_MASK)
        patches = patches[2 * days >= int(s["days"][slot]).bit_count()]
        if len(patches) < _LEAST_PATCHES:
            return
        lat, lon = centre(p.keys[patches] & _CELL_MASK, PATCH_DEG)
        horizon_km = KM_PER_SQRT_M * np.sqrt(np.maximum(p["floor_ft"][patches], 0.0) * _M_PER_FT)
        site = least_mast(lat, lon, horizon_km)
        if site is None:
            return
        s["site_lat"][slot], s["site_lon"][slot], mast_km = site
        s["mast_km"][slot] = mast_km = max(mast_km, _LOWEST_MAST_KM)
        km, sector = distance_km(site[0], site[1], lat, lon), _sector(site[0], site[1], lat, lon)
        share, furthest_km = np.full((2, _SECTORS), np.nan)
        np.fmax.at(share, sector, km / (mast_km + horizon_km))
        np.fmax.at(furthest_km, sector, km)
        s["share"][slot] = _joined(share)
        s["inner_km"][slot] = _least_of_three(_joined(furthest_km))

    def tables(self) -> dict[str, LaterTable]:
        """The state for a snapshot."""
        return {"reach_patches": self._patches.capture(), "reach_sources": self._sources.capture()}

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """Take over the state of a snapshot."""
        self._patches.restore_arrow(tables["reach_patches"])
        self._sources.restore_arrow(tables["reach_sources"])


def least_mast(lat: Any, lon: Any, horizon_km: Any) -> tuple[float, float, float] | None:
    """The site from which all places lie within ``horizon_km`` and as little more as can be, and how much more in km.

    None where that is more than any mast: several receivers far apart. Where it is none at all, the feed is a part of what is heard, cut by a
    box or a radius, and the site its middle.
    """
    middle = from_unit_vectors(unit_vectors(lat, lon).mean(axis=0))
    at = float(middle[0]), float(middle[1])
    if distance_km(*at, lat, lon).max() > _WIDE_KM:
        return None
    best = (math.inf, *at)
    for k in range(_STEPS):
        km = distance_km(*at, lat, lon)
        beyond = km - horizon_km
        worst = int(np.argmax(beyond))
        if beyond[worst] < best[0]:
            best = (float(beyond[worst]), *at)
        step_km = 150.0 / (k + 2.0)
        share = min(step_km / max(float(km[worst]), 1e-6), 1.0)
        to = interpolate(*at, lat[worst], lon[worst], share)
        at = float(to[0]), float(to[1])
    mast_km, lat_deg, lon_deg = best
    if mast_km > _HIGHEST_MAST_KM:
        return None
    return lat_deg, lon_deg, mast_km


def _joined(sectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least convex outline of the farthest in each sector, as far as those it joins lie no more than a right angle apart.

    Where nobody flew, or only close by, nothing is known but that one receiver, a radius and a box leave no notches.
    """
    out = sectors.copy()
    width = 2.0 * np.pi / _SECTORS
    for apart in range(2, _SECTORS // 4 + 1):
        other = np.roll(sectors, -apart)
        for k in range(1, apart):
            sides = sectors * math.sin(k * width) + other * math.sin((apart - k) * width)
            chord = sectors * other * math.sin(apart * width) / sides
            out = np.fmax(out, np.roll(chord, k))
    return out


def _least_of_three(sectors: Any) -> Any:
    """Of each sector the least of it and its neighbours: where a box has a corner, the sides beside it."""
    return np.minimum(sectors, np.minimum(np.roll(sectors, 1), np.roll(sectors, -1)))


def _sector(lat0: float, lon0: float, lat: Any, lon: Any) -> NDArray[np.int64]:
    return (bearing_deg(lat0, lon0, lat, lon) * (_SECTORS / 360.0)).astype(np.int64) % _SECTORS


def further(lat: NDArray[np.float64], lon: NDArray[np.float64], km: float) -> tuple[Any, Any]:
    """Of each point on ways of shape (ways, steps) the point some km further on, in the direction of the step that ends there."""
    course = np.empty(lat.shape)
    course[:, 1:] = bearing_deg(lat[:, :-1], lon[:, :-1], lat[:, 1:], lon[:, 1:])
    course[:, 0] = course[:, 1]
    still = distance_km(lat[:, 0], lon[:, 0], lat[:, 1], lon[:, 1]) < 1e-6
    run = np.where(still, 0.0, km)[:, None]
    return destination(lat, lon, course, run)


@numba.njit(cache=True, nogil=True)
def _entered(
    rows: _Rows,
    origin_lon_deg: float,
    latest: NDArray[np.void],
    kept: NDArray[np.int64],
    keys: NDArray[np.int64],
) -> int:
    """Rows of aircraft in the air in a patch other than their last, or lower, or on another day; the keys of their patches.

    A record of ``latest`` is one place for many craft: who meets another there is entered once more, which changes nothing.
    """
    rows = borrowed(rows)
    found = 0
    for i in range(len(rows.craft)):
        craft, altitude_ft = rows.craft[i], rows.altitude_ft[i]
        kind = (craft >> 32) & 0xFF
        if (kind != DOMAIN_ICAO24 and kind != DOMAIN_OTHER24) or rows.on_ground[i] == 1:
            continue
        if math.isnan(rows.lat_deg[i]) or math.isnan(altitude_ft):
            continue
        lon_deg = (rows.lon_deg[i] - origin_lon_deg + 180.0) % 360.0 - 180.0
        key = ((np.int64(rows.source[i]) + 1) << _SOURCE_SHIFT) | cell_scalar(rows.lat_deg[i], lon_deg, PATCH_DEG)
        last: _Latest = latest[(craft ^ (craft >> 10)) & (_CACHE - 1)]
        day = rows.time_us[i] // _DAY_US
        if last.key == key and altitude_ft >= last.altitude_ft and last.day == day:
            continue
        last.key = key
        last.altitude_ft = altitude_ft
        last.day = day
        kept[found] = i
        keys[found] = key
        found += 1
    return found


@numba.njit(cache=True, nogil=True)
def _hear(
    time_us: NDArray[np.int64],
    slots: NDArray[np.int32],
    last_us: NDArray[np.int64],
    days: NDArray[np.int64],
    day: NDArray[np.int64],
    gap_from: NDArray[np.int64],
    gap_to: NDArray[np.int64],
) -> None:
    """When each source was heard: its last row, its days, its latest pauses."""
    for i in range(len(slots)):
        s, t = slots[i], time_us[i]
        if last_us[s] >= 0 and t - last_us[s] > _PAUSE_US:
            for k in range(_GAPS - 1):
                gap_from[s, k] = gap_from[s, k + 1]
                gap_to[s, k] = gap_to[s, k + 1]
            gap_from[s, _GAPS - 1] = last_us[s]
            gap_to[s, _GAPS - 1] = t
        last_us[s] = t
        _note_day(s, t // _DAY_US, days, day)


@numba.njit(cache=True, nogil=True)
def _reach(
    time_us: NDArray[np.int64],
    slots: NDArray[np.int32],
    altitude_ft: NDArray[np.float64],
    floor_ft: NDArray[np.float64],
    days: NDArray[np.int64],
    day: NDArray[np.int64],
) -> None:
    """Lowest height and days of each patch."""
    for i in range(len(slots)):
        s = slots[i]
        if _note_day(s, time_us[i] // _DAY_US, days, day) or altitude_ft[i] < floor_ft[s]:
            floor_ft[s] = altitude_ft[i]


@numba.njit(cache=True, nogil=True)
def _note_day(s: int, today: int, days: NDArray[np.int64], day: NDArray[np.int64]) -> bool:
    """Enter a day, the lowest bit of ``days``; True where nothing was known of the last two weeks."""
    fresh = days[s] == 0
    if day[s] != today:
        ago = today - day[s]
        days[s] = (days[s] << ago) & _DAYS_MASK if 0 <= ago < _DAYS else 0
        fresh = fresh or days[s] == 0
        day[s] = today
    days[s] |= 1
    return bool(fresh)
