"""What is remembered of craft and places, and the one kernel that learns it row by row.

Craft (keyed by segment): when heard, where and how she moved, her usual interval, her longest silence of late, which source and
station gave her last, the cell she is in. Cells (keyed by layer and place): when others were heard there, beats received and
expected, stays that ended in being heard again and stays that ended in silence (``models.reception``).

A cell key is ``layer << 48 | cell``: layer 0 ships; 1-4 aircraft below 3,000, 10,000, 20,000 ft and above. Longitudes are
counted from a setting (``[grids] origin_lon_deg``), so that where a feed begins decides nothing.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.cells import NO_CELL, cell_scalar, cells_around
from models.geodesy import distance_km_scalar
from models.reporting import BEAT_S, CLASS_B_S, best_interval_scalar, drift_scalar, learned_interval_scalar
from streams.cache_lines import ask_ahead, lines_of
from streams.keyed_state import KeyedState, record_type
from tracker.detectors.base import GRID_ORIGIN_DEG
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.counts import Counts
from tracker.detectors.silence.reach import Reach
from tracker.identity import DOMAIN_ICAO24, DOMAIN_OTHER24, domain, is_base_station, is_ship_station
from tracker.positions import PositionBatch

SHIP: Final = 0
AIRCRAFT: Final = 1
OTHER: Final = 2
BASE: Final = 3
"""Kinds of transmitter: only ships and aircraft make gaps; all are heartbeats of a feed and witnesses."""
_NEW: Final = 255
NEVER_US: Final = -1
NO_CHECK_US: Final = 1 << 62
_LAYER_SHIFT: Final = 48
_BANDS_FT: Final = np.array([3_000.0, 10_000.0, 20_000.0])
_LONGEST_TAU_S: Final = 3 * 3600.0
"""Time in which a craft's longest silence is forgotten."""
_OWN_TAU_S: Final = 3600.0
"""Time in which what was heard of a craft, against what others give in the same places, fades to a third."""
BOOKED_OF_FEED: Final = 2
"""Value of ``booked`` for a loss that counts for the feed as a whole, too; 1 for one of the place alone."""
LOST_TO_EDGE: Final = 3
"""Value of ``booked`` for an aircraft on its way out of where it can be heard: counted nowhere."""
STRANGERS_SHARE: Final = 0.005
"""Losses of craft hardly heard that are booked, of all stays: one in 1,300 of the made airways is one."""
_PACE_RATE: Final = 0.02
"""Weight of one report in the pace at which a place is heard: some fifty reports settle it."""
LOSS_S: Final = (1800.0, 480.0, 1800.0, 1800.0)
"""Silences this long, by kind, are losses of a place, and do not stretch what is usual of a craft."""
_FLIGHT_S: Final = 3600.0
"""An aircraft not heard for so long was elsewhere or on the ground: it comes back as on its first report, and this was no pause of its own."""
_IRREGULAR_S: Final = 30.0
_IRREGULAR_BEATS: Final = 10.0
"""An aircraft that pauses for longer than both, the second in its usual intervals, is not heard regularly."""
_STAY_US: Final = (1_800_000_000, 600_000_000)
"""A stay in one cell counts anew after this long, for ships and for aircraft."""

SPELL_US: Final = 21_600_000_000
"""A place is heard in some six hours or it is not: a night of ducting fills two or three of them, traffic at random nearly all."""
_SPELLS: Final = 62
"""Fifteen days, as long as what is learned of a place lasts (``memory_days``)."""
HABIT_PRIOR: Final = (100.0, 40.0)
"""Stays of ships and of aircraft that one loss beforehand is assumed to belong to: a feed is trusted only after some hundreds."""

CRAFT_COLUMNS: Final = {
    "kind": ("u1", _NEW),
    "opened": ("u1", 0),
    "on_ground": ("i1", -1),
    "status": ("u1", 255),
    "booked": ("u1", 0),
    "inside": ("u1", 0),
    "shared": ("u1", 0),
    "ashore": ("u1", 0),
    "heard_us": ("i8", NEVER_US),
    "altitude": ("f8", np.nan),
    "since_us": ("i8", NEVER_US),
    "pos_us": ("i8", NEVER_US),
    "lat": ("f8", np.nan),
    "lon": ("f8", np.nan),
    "speed": ("f8", np.nan),
    "course": ("f8", np.nan),
    "climb": ("f8", np.nan),
    "source": ("i8", -1),
    "station": ("i8", -1),
    "interval": ("f8", np.nan),
    "best": ("f8", np.nan),
    "usual": ("f8", np.nan),
    "latest": ("f8", np.nan),
    "longest": ("f8", 0.0),
    "schedule": ("f8", 10.0),
    "got": ("f8", 0.0),
    "owed": ("f8", 0.0),
    "beats": ("i8", 0),
    "cell": ("i8", NO_CELL),
    "cell_us": ("i8", NEVER_US),
    "entered_us": ("i8", NEVER_US),
    "next_us": ("i8", NO_CHECK_US),
    "place_km": ("f8", np.nan),
    "blind_from": ("i8", NEVER_US),
    "blind_to": ("i8", NEVER_US),
    "steady_us": ("i8", NEVER_US),
}
"""What every pass over the rows looks at comes first, so that it lies on one line of memory."""
CELL_COLUMNS: Final = {
    "last_us": ("i8", NEVER_US),
    "spells": ("i8", 0),
    "stamp_us": ("i8", NEVER_US),
    "pace": ("f8", np.nan),
    "received": ("f8", 0.0),
    "expected": ("f8", 0.0),
    "passages": ("f8", 0.0),
    "losses": ("f8", 0.0),
}
CRAFT_LEARNED: Final = (
    "kind", "heard_us", "pos_us", "lat", "lon", "speed", "course", "altitude", "climb", "on_ground", "status", "source",
    "station", "interval", "best", "usual", "latest", "longest", "schedule", "got", "owed", "beats", "cell", "cell_us", "entered_us",
    "next_us", "booked", "inside", "shared", "place_km", "blind_from", "blind_to", "steady_us",
)  # fmt: skip
_CELL_LEARNED: Final = (
    "last_us", "spells", "stamp_us", "pace", "received", "expected", "passages", "losses",
)  # fmt: skip
"""Columns as the kernel that learns takes them."""
_CRAFT_LINES: Final = lines_of(record_type(CRAFT_COLUMNS).itemsize)


class Memory:
    """Craft, cells and the feed's own share of losses."""

    def __init__(self, config: SilenceConfig, origin_lon: float = GRID_ORIGIN_DEG) -> None:
        self.config = config
        self.craft = KeyedState(CRAFT_COLUMNS)
        self.cells = KeyedState(CELL_COLUMNS)
        self.origin_lon = origin_lon
        self.feed = np.zeros((2, 5))
        """Of the whole feed, for ships and for aircraft: passages, losses, losses in good coverage for good, and those heard again; losses of strangers."""
        self.counts = Counts(config) if config.disabled_positions else None
        """Where ships are judged by counts alone."""
        self.reach = Reach()
        self.listened = 0
        self.listened_us = NEVER_US
        """The spells in which anything was heard, the lowest bit that of the last row, and its time."""
        self._learned = self._learned_columns()
        self.tau_us = config.memory_days * 86_400e6
        self.first_us = 1e6 * np.array(
            [min(config.gap_min_ship_s, config.dark_min_ship_s), min(config.gap_min_air_s, config.dark_min_air_s)]
        )

    def neighbourhood(self, lat: Any, lon: Any, layer: Any, aircraft: bool) -> NDArray[np.int64]:
        """Cell keys of points and their neighbours, shape (..., 9); all points of one kind."""
        size = self.config.cell_air_deg if aircraft else self.config.cell_ship_deg
        cells = cells_around(lat, self._relative(lon), size)
        return cells | (np.asarray(layer, dtype=np.int64)[..., None] << _LAYER_SHIFT)

    def silent_again(self, positions: PositionBatch, slots: NDArray[np.int32]) -> NDArray[np.int64]:
        """Rows that end a silence long enough to be told, or told already; at most one per craft."""
        craft = self.craft
        rows = np.empty(len(slots), dtype=np.int64)
        found = find_returns(
            positions.time_us, slots, craft["kind"], craft["heard_us"], craft["opened"], self.first_us, rows
        )
        return _first_per_slot(rows[:found], slots)

    def enter(self, positions: PositionBatch) -> NDArray[np.int32]:
        """Slot of each row's craft; new craft get their kind."""
        known = len(self.craft)
        slots = self.craft.slots(positions.segment)
        if len(self.craft) > known:
            kind = self.craft["kind"]
            new = kind[slots] == _NEW
            kind[slots[new]] = kind_of(positions.craft[new])
            rows = _first_per_slot(np.flatnonzero(new), slots)
            self.craft["since_us"][slots[rows]] = positions.time_us[rows]
        return slots

    def learn(self, positions: PositionBatch, slots: NDArray[np.int32], station: NDArray[np.int64]) -> None:
        """Take rows in time order into craft and cells."""
        craft, cells, config = self.craft, self.cells, self.config
        keys = np.empty(len(slots), dtype=np.int64)
        placed = cell_keys(
            positions.lat_deg, positions.lon_deg, positions.altitude_ft, slots, craft["kind"], craft["altitude"],
            self.origin_lon, float(config.cell_ship_deg), float(config.cell_air_deg), keys,
        )  # fmt: skip
        cell_slot = cells.find(keys)
        if np.count_nonzero(cell_slot >= 0) < placed:
            cells.slots(keys[keys != NO_CELL])
            cell_slot = cells.find(keys)
        left = np.empty(len(keys), dtype=np.int64)
        left_kind = np.empty(len(keys), dtype=np.uint8)
        count = learn_rows(
            positions.time_us, slots, cell_slot, keys, positions.lat_deg, positions.lon_deg, positions.speed_kn,
            positions.course_deg, positions.altitude_ft, positions.vertical_rate_ftmin, positions.on_ground,
            positions.nav_status, positions.source, station, positions.message_type,
            *self.learned,
            self.first_us, config.moored_speed_kn, config.low_altitude_ft, self.tau_us, left, left_kind,
        )  # fmt: skip
        if count:
            self._book("passages", left[:count])
            self.feed[:, 0] += np.bincount(left_kind[:count], minlength=2)[:2]

    def listen(self, time_us: NDArray[np.int64]) -> None:
        """Note when anything was heard, from rows in time order."""
        if not len(time_us):
            return
        for at_us in time_us[np.flatnonzero(np.diff(time_us // SPELL_US, prepend=-1))].tolist():
            self.listened = int(later_spells(self.listened, self.listened_us, at_us)) | 1
            self.listened_us = at_us
        self.listened_us = int(time_us[-1])

    def book_losses(self, slots: NDArray[np.int64], to_feed: NDArray[np.bool_]) -> None:
        """These craft fell silent where they were last seen; ``to_feed`` tells which count for the feed as a whole."""
        self._book("losses", self.craft["cell"][slots])
        self.craft["booked"][slots] = np.where(to_feed, BOOKED_OF_FEED, 1)
        self.feed[:, 1] += np.bincount(self.craft["kind"][slots[to_feed]], minlength=2)[:2]

    def may_book_stranger(self, kind: int) -> bool:
        """Whether one more loss of a craft hardly heard is booked: as long as they are few beside the stays of all.

        Whoever invents craft by the thousand would else teach that here everybody falls silent.
        """
        few = bool(self.feed[kind, 4] < STRANGERS_SHARE * self.feed[kind, 0] + 1.0)
        self.feed[kind, 4] += few
        return few

    def feed_share(self, kind: int) -> float:
        """Share of all stays that ended in silence, never quite zero: half a loss is assumed beforehand."""
        passages, losses = self.feed[kind, :2]
        return float((losses + 0.5) / (passages + losses + 10.0))

    def habit(self, kind: int, heard_again: bool) -> float:
        """How often this feed loses craft in good coverage, per stay; one such loss is assumed beforehand.

        A feed cut into trips, or one whose craft retire without a word, has a high habit of losing craft for good: then only
        one heard again further on can be said to have been silent under way, and that is a habit of its own.
        """
        counted = self.feed[kind, 3 if heard_again else 2]
        return float((counted + 1.0) / (self.feed[kind, 0] + HABIT_PRIOR[kind]))

    def losses(self, kind: int, *, heard_again: bool) -> float:
        """How many craft this feed lost in good coverage: for good, or heard again under way."""
        return float(self.feed[kind, 3 if heard_again else 2])

    def stays(self, kind: int) -> float:
        """How many stays of craft this feed has shown."""
        return float(self.feed[kind, 0])

    def note_inside(self, slots: NDArray[np.int64]) -> None:
        """These craft fell silent in good coverage, whatever is made of it."""
        self.craft["inside"][slots] = 1
        self.feed[:, 2] += np.bincount(self.craft["kind"][slots], minlength=2)[:2]

    def note_heard_again(self, kind: int, noted: bool) -> None:
        """A craft silent in good coverage was heard again under way; ``noted`` if she was counted as lost before."""
        self.feed[kind, 3] += 1.0
        if noted:
            self.feed[kind, 2] = max(self.feed[kind, 2] - 1.0, 0.0)

    def due(self, now_us: int) -> NDArray[np.int64]:
        """Slots whose silence is to be looked at now, ordered by key."""
        craft = self.craft
        rows = np.empty(len(craft), dtype=np.int64)
        rows = rows[: find_due(craft["next_us"], craft.alive_mask, now_us, rows)]
        return rows if len(rows) < 2 else rows[np.argsort(self.craft.keys[rows], kind="stable")]

    def forget(self, now_us: int) -> NDArray[np.int64]:
        """Drop craft and cells unheard for long; the keys of craft dropped, in order. Also lets the feed's share fade."""
        limit = now_us - int(self.config.forget_days * 86_400e6)
        alive = self.craft.alive()
        old = alive[self.craft["heard_us"][alive] < limit]
        keys = self.craft.keys[old].copy()
        self.craft.forget(old)
        cells = self.cells.alive()
        self.cells.forget(cells[self.cells["last_us"][cells] < now_us - 2 * self.tau_us])
        if self.counts is not None:
            self.counts.forget(keys, now_us)
        self.reach.settle()
        self.feed *= math.exp(-3600e6 / self.tau_us)
        return keys

    def forget_craft(self, keys: NDArray[np.int64]) -> None:
        """Drop some craft; losses booked of them are taken back from the feed: who came once and went says nothing of how well others are heard."""
        craft = self.craft
        slots = craft.find(keys)
        slots = slots[slots >= 0]
        moving = craft["kind"][slots] <= AIRCRAFT
        for column, flag, value in ((1, "booked", BOOKED_OF_FEED), (2, "inside", 1)):
            lost = slots[moving & (craft[flag][slots] == value)]
            taken_back = np.bincount(craft["kind"][lost], minlength=2)[:2]
            self.feed[:, column] = np.maximum(self.feed[:, column] - taken_back, 0.0)
        self._book("losses", craft["cell"][slots[np.isin(craft["booked"][slots], (1, BOOKED_OF_FEED))]], -1.0)
        craft.forget(slots)
        if self.counts is not None:
            self.counts.forget_ships(keys)

    @property
    def learned(self) -> tuple[NDArray[Any], ...]:
        """The columns that ``learn_rows`` writes."""
        craft, cells = self.craft, self.cells
        if craft["kind"] is not self._learned[0] or cells["last_us"] is not self._learned[len(CRAFT_LEARNED)]:
            self._learned = self._learned_columns()
        return self._learned

    def _learned_columns(self) -> tuple[NDArray[Any], ...]:
        """The arrays behind the columns; both tables replace all of theirs when they grow."""
        craft, cells = self.craft, self.cells
        return *(craft[name] for name in CRAFT_LEARNED), *(cells[name] for name in _CELL_LEARNED)

    def _book(self, column: str, keys: NDArray[np.int64], times: float = 1.0) -> None:
        slots = self.cells.find(keys)
        slots = slots[slots >= 0]
        np.add.at(self.cells[column], slots, times)
        if times < 0.0:
            self.cells[column][slots] = np.maximum(self.cells[column][slots], 0.0)

    def _relative(self, lon: Any) -> Any:
        return wrap_longitude(np.asarray(lon, dtype=np.float64) - self.origin_lon)


def kind_of(craft: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Ship, aircraft, base station or other transmitter (SAR aircraft on AIS, aids, handhelds, distress devices)."""
    air = (domain(craft) == DOMAIN_ICAO24) | (domain(craft) == DOMAIN_OTHER24)
    kinds = np.where(
        is_ship_station(craft), SHIP, np.where(air, AIRCRAFT, np.where(is_base_station(craft), BASE, OTHER))
    )
    return kinds.astype(np.uint8)


def band_of(altitude_ft: Any) -> NDArray[np.int64]:
    """Layer of an altitude; unknown altitudes count as low."""
    known = np.where(np.isnan(altitude_ft), 0.0, altitude_ft)
    return np.searchsorted(_BANDS_FT, known, side="right").astype(np.int64) + 1


def _first_per_slot(rows: NDArray[np.int64], slots: NDArray[np.int32]) -> NDArray[np.int64]:
    if len(rows) < 2:
        return rows
    _, first = np.unique(slots[rows], return_index=True)
    return rows[np.sort(first)]


@numba.njit(cache=True, nogil=True)
def later_spells(spells: int, last_us: int, now_us: int) -> int:
    """Spells counted from a later one on; those too old are dropped."""
    ago = now_us // SPELL_US - last_us // SPELL_US
    return (spells << ago) & ((1 << _SPELLS) - 1) if ago < _SPELLS else 0


@numba.njit(cache=True, nogil=True)
def find_returns(time_us: Any, slots: Any, kind: Any, heard_us: Any, opened: Any, first_us: Any, rows: Any) -> int:
    found = 0
    for i in range(len(slots)):
        ask_ahead(kind, slots, i, 1)
        s = slots[i]
        if kind[s] > AIRCRAFT or heard_us[s] == NEVER_US:
            continue
        if opened[s] != 0 or time_us[i] - heard_us[s] >= first_us[kind[s]]:
            rows[found] = i
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def find_due(next_us: Any, alive: Any, now_us: int, rows: Any) -> int:
    found = 0
    for s in range(len(next_us)):
        if next_us[s] <= now_us and alive[s]:
            rows[found] = s
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def cell_keys(
    lat_deg: Any, lon_deg: Any, altitude_ft: Any, slots: Any, kind: Any, altitude: Any, origin_lon: float, ship_deg: float,
    air_deg: float, keys: Any,
) -> int:  # fmt: skip
    """The cell of each row of a ship or an aircraft in its layer; returns how many have one."""
    placed = 0
    for i in range(len(slots)):
        ask_ahead(kind, slots, i, 1)
        s = slots[i]
        if kind[s] >= OTHER:
            keys[i] = NO_CELL
            continue
        lon = (lon_deg[i] - origin_lon + 180.0) % 360.0 - 180.0
        if kind[s] == SHIP:
            keys[i] = cell_scalar(lat_deg[i], lon, ship_deg)
        else:
            height_ft = altitude[s] if math.isnan(altitude_ft[i]) else np.float64(altitude_ft[i])
            layer = 1
            for limit_ft in _BANDS_FT:
                layer += height_ft >= limit_ft
            cell = cell_scalar(lat_deg[i], lon, air_deg)
            keys[i] = cell if cell == NO_CELL else (layer << _LAYER_SHIFT) | cell
        placed += keys[i] != NO_CELL
    return placed


@numba.njit(cache=True, nogil=True)
def learn_rows(
    time_us: Any, slots: Any, cell_slot: Any, cell_key: Any, lat_deg: Any, lon_deg: Any, speed_kn: Any,
    course_deg: Any, altitude_ft: Any, climb_ftmin: Any, ground: Any, nav_status: Any, source: Any, station: Any, message_type: Any,
    kind: Any, heard_us: Any, pos_us: Any, lat: Any, lon: Any, speed: Any, course: Any, altitude: Any, climb: Any,
    on_ground: Any, status: Any, src: Any, stn: Any, interval: Any, best: Any, usual: Any, latest: Any, longest: Any, schedule: Any, got: Any, owed: Any, beats: Any, cell: Any,
    cell_us: Any, entered_us: Any, next_us: Any, booked: Any, inside: Any, shared: Any, place_km: Any, blind_from: Any, blind_to: Any, steady_us: Any,
    at_last: Any, spells: Any, at_stamp: Any, pace: Any, received: Any, expected: Any, passages: Any, losses: Any,
    first_us: Any, moored_kn: float, low_ft: float, tau_us: float, left: Any, left_kind: Any,
) -> int:  # fmt: skip
    """Rows in time order into craft and cell columns; returns how many stays ended well, their cells in ``left``."""
    count = 0
    for i in range(len(slots)):
        ask_ahead(kind, slots, i, _CRAFT_LINES)
        ask_ahead(at_last, cell_slot, i, 1)
        s = slots[i]
        t = time_us[i]
        k = kind[s]
        seen_s = (t - heard_us[s]) / 1e6 if heard_us[s] != NEVER_US else 0.0
        cap_s = LOSS_S[k]
        if steady_us[s] == NEVER_US or seen_s > max(_IRREGULAR_S, _IRREGULAR_BEATS * interval[s]):
            steady_us[s] = t
        if k == AIRCRAFT and seen_s >= _FLIGHT_S:
            seen_s = 0.0
            cell[s] = NO_CELL
        if seen_s > 0.0:
            interval[s] = learned_interval_scalar(interval[s], min(seen_s, 21600.0))
            beat_s = max(min(seen_s, cap_s), BEAT_S)
            usual[s] = drift_scalar(usual[s], beat_s, 0.01)
            latest[s] = drift_scalar(latest[s], beat_s, 0.15)
            best[s] = best_interval_scalar(best[s], min(seen_s, 21600.0))
            longest[s] *= max(0.0, 1.0 - seen_s / _LONGEST_TAU_S)
            hers = altitude[s] >= low_ft if k == AIRCRAFT else not speed[s] < moored_kn
            if hers and blind_from[s] == NEVER_US:  # not in the lee of a berth or a hill, nor with a feed that was out
                longest[s] = max(longest[s], min(seen_s, cap_s))
        beats[s] += 1
        heard_us[s] = t
        src[s] = source[i]
        stn[s] = station[i]
        if message_type[i] == 18 or message_type[i] == 19:
            schedule[s] = CLASS_B_S
        elif not math.isnan(lat_deg[i]):  # static reports of class B carry no position and tell no schedule
            schedule[s] = BEAT_S
        booked[s] = 0
        inside[s] = 0
        shared[s] = 0
        blind_from[s] = NEVER_US
        blind_to[s] = NEVER_US
        if ground[i] >= 0:
            on_ground[s] = ground[i]
        if nav_status[i] != 255:
            status[s] = nav_status[i]
        if not math.isnan(altitude_ft[i]):
            altitude[s] = altitude_ft[i]
        if not math.isnan(climb_ftmin[i]):
            climb[s] = climb_ftmin[i]
        if k <= AIRCRAFT:
            next_us[s] = t + np.int64(first_us[k])
        has_position = not math.isnan(lat_deg[i])
        if has_position and k == AIRCRAFT and lat_deg[i] == lat[s] and lon_deg[i] == lon[s] and speed[s] > 60.0:
            has_position = False  # OpenSky repeats its last state for a minute: heard perhaps, moved not at all
        moved_s = (t - pos_us[s]) / 1e6
        if not math.isnan(speed_kn[i]):
            speed[s] = speed_kn[i]
            if not math.isnan(course_deg[i]):
                course[s] = course_deg[i]
        elif has_position and pos_us[s] != NEVER_US and moved_s >= 5.0:
            run = distance_km_scalar(lat[s], lon[s], lat_deg[i], lon_deg[i])
            speed[s] = run / moved_s * 3600.0 / 1.852
            if not math.isnan(course_deg[i]):
                course[s] = course_deg[i]
            elif run > 0.05:
                dlon = math.radians(lon_deg[i] - lon[s])
                phi1 = math.radians(lat[s])
                phi2 = math.radians(lat_deg[i])
                y = math.sin(dlon) * math.cos(phi2)
                x = math.cos(phi1) * math.sin(phi2) - math.sin(phi1) * math.cos(phi2) * math.cos(dlon)
                course[s] = math.degrees(math.atan2(y, x)) % 360.0
        if not has_position:
            continue
        pos_us[s] = t
        place_km[s] = math.nan
        lat[s] = lat_deg[i]
        lon[s] = lon_deg[i]
        if k > AIRCRAFT:
            continue
        c = cell_slot[i]
        age = t - at_stamp[c]
        if at_stamp[c] == NEVER_US:
            at_stamp[c] = t
        elif age >= 3_600_000_000:
            fade = math.exp(-age / tau_us)
            received[c] *= fade
            expected[c] *= fade
            passages[c] *= fade
            losses[c] *= fade
            at_stamp[c] = t
        spells[c] = later_spells(spells[c], at_last[c], t) | 1
        at_last[c] = t
        if seen_s > 0.0 and not (k == SHIP and speed[s] < moored_kn):
            due = max(1.0, min(seen_s, cap_s) / best[s])
            received[c] += 1.0
            expected[c] += due
            pace[c] = drift_scalar(pace[c], best[s], _PACE_RATE)
            usual_s = best[s] if schedule[s] <= BEAT_S else min(best[s], max(schedule[s], pace[c]))
            due = max(1.0, min(seen_s, cap_s) / usual_s)
            keep = math.exp(-seen_s / _OWN_TAU_S)
            got[s] = got[s] * keep + 1.0
            owed[s] = owed[s] * keep + due * received[c] / expected[c]
        if cell[s] == NO_CELL:
            cell[s] = cell_key[i]
            cell_us[s] = t
            entered_us[s] = t
        elif cell[s] != cell_key[i] or t - cell_us[s] >= _STAY_US[k]:
            moving = (k == AIRCRAFT and on_ground[s] != 1) or (k == SHIP and not speed[s] < moored_kn)
            if moving and seen_s * 1e6 < first_us[k]:
                left[count] = cell[s]
                left_kind[count] = k
                count += 1
            if cell[s] != cell_key[i]:
                entered_us[s] = t
            cell[s] = cell_key[i]
            cell_us[s] = t
    return count
