"""What is remembered of craft and places (``columns``), and what is made of it; ``learning`` enters the rows.

Craft (keyed by segment): when heard, where and how she moved, her usual interval, her longest silence of late, which source and
station gave her last, the cell she is in. Cells (keyed by layer and place): when others were heard there, beats received and
expected, stays that ended in being heard again and stays that ended in silence (``models.reception``).

Longitudes are
counted from a setting (``[grids] origin_lon_deg``), so that where a feed begins decides nothing.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.cells import NO_CELL, cells_around
from streams.keyed_state import KeyedState
from tracker.detectors.base import GRID_ORIGIN_DEG
from tracker.detectors.silence.columns import (
    AIRCRAFT,
    BANDS_FT,
    BASE,
    CRAFT_COLUMNS,
    LAYER_SHIFT,
    NEVER_US,
    NEW,
    OTHER,
    PLACE_COLUMNS,
    SHIP,
    Found,
    Grid,
    Left,
    Limits,
    Rows,
)
from tracker.detectors.silence.config import SilenceConfig
from tracker.detectors.silence.counts import Counts
from tracker.detectors.silence.learning import SPELL_US, cell_keys, find_due, find_returns, later_spells, learn_rows
from tracker.detectors.silence.reach import Reach
from tracker.identity import DOMAIN_ICAO24, DOMAIN_OTHER24, domain, is_base_station, is_ship_station
from tracker.positions import PositionBatch
from tracker.schema import read_only

BOOKED_OF_FEED: Final = 2
"""Value of ``booked`` for a loss that counts for the feed as a whole, too; 1 for one of the place alone."""
LOST_TO_EDGE: Final = 3
"""Value of ``booked`` for an aircraft on its way out of where it can be heard: counted nowhere."""
STRANGERS_SHARE: Final = 0.005
"""Losses of craft hardly heard that are booked, of all stays: one in 1,300 of the made airways is one."""
HABIT_PRIOR: Final = (100.0, 40.0)
"""Stays of ships and of aircraft that one loss beforehand is assumed to belong to: a feed is trusted only after some hundreds."""


class Memory:
    """Craft, cells and the feed's own share of losses."""

    def __init__(self, config: SilenceConfig, origin_lon: float = GRID_ORIGIN_DEG) -> None:
        self.config = config
        self.craft = KeyedState(CRAFT_COLUMNS)
        self.cells = KeyedState(PLACE_COLUMNS)
        self.origin_lon = origin_lon
        self.feed = np.zeros((2, 5))
        """Of the whole feed, for ships and for aircraft: passages, losses, losses in good coverage for good, and those heard again; losses of strangers."""
        self.counts = Counts(config) if config.disabled_positions else None
        """Where ships are judged by counts alone."""
        self.reach = Reach()
        self.listened = 0
        self.listened_us = NEVER_US
        """The spells in which anything was heard, the lowest bit that of the last row, and its time."""
        self.tau_us = config.memory_days * 86_400e6
        self.first_us = 1e6 * np.array(
            [min(config.gap_min_ship_s, config.dark_min_ship_s), min(config.gap_min_air_s, config.dark_min_air_s)]
        )
        self.limits = Limits(
            self.first_us, float(config.moored_speed_kn), float(config.low_altitude_ft), float(self.tau_us)
        )

    @property
    def grid(self) -> Grid:
        """How cells lie: longitudes are counted from ``origin_lon``."""
        return Grid(float(self.origin_lon), float(self.config.cell_ship_deg), float(self.config.cell_air_deg))

    def neighbourhood(self, lat: Any, lon: Any, layer: Any, aircraft: bool) -> NDArray[np.int64]:
        """Cell keys of points and their neighbours, shape (..., 9); all points of one kind."""
        size = self.config.cell_air_deg if aircraft else self.config.cell_ship_deg
        cells = cells_around(lat, self._relative(lon), size)
        return cells | (np.asarray(layer, dtype=np.int64)[..., None] << LAYER_SHIFT)

    def silent_again(self, positions: PositionBatch, slots: NDArray[np.int32]) -> NDArray[np.int64]:
        """Rows that end a silence long enough to be told, or told already; at most one per craft."""
        craft = self.craft
        rows = np.empty(len(slots), dtype=np.int64)
        found = find_returns(positions.time_us, slots, craft.records, self.first_us, rows)
        return _first_per_slot(rows[:found], slots)

    def enter(self, positions: PositionBatch) -> NDArray[np.int32]:
        """Slot of each row's craft; new craft get their kind."""
        known = len(self.craft)
        slots = self.craft.slots(positions.segment)
        if len(self.craft) > known:
            kind = self.craft["kind"]
            new = kind[slots] == NEW
            kind[slots[new]] = kind_of(positions.craft[new])
            rows = _first_per_slot(np.flatnonzero(new), slots)
            self.craft["since_us"][slots[rows]] = positions.time_us[rows]
        return slots

    def learn(self, positions: PositionBatch, slots: NDArray[np.int32], station: NDArray[np.int64]) -> None:
        """Take rows in time order into craft and cells."""
        craft, cells = self.craft, self.cells
        rows = Rows(*(read_only(getattr(positions, name)) for name in Rows._fields))
        keys = np.empty(len(slots), dtype=np.int64)
        placed = cell_keys(rows, 0, slots, craft.records, self.grid, keys)
        cell_slot = cells.find(keys)
        if np.count_nonzero(cell_slot >= 0) < placed:
            cells.slots(keys[keys != NO_CELL])
            cell_slot = cells.find(keys)
        left = Left(np.empty(len(keys), dtype=np.int64), np.empty(len(keys), dtype=np.uint8))
        found = Found(slots, cell_slot, keys, station)
        count = learn_rows(rows, 0, found, craft.records, cells.records, self.limits, left)
        if count:
            self._book("passages", left.cell_key[:count])
            self.feed[:, 0] += np.bincount(left.kind[:count], minlength=2)[:2]

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
        rows = rows[: find_due(craft.records, craft.alive_mask, now_us, rows)]
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
    return np.searchsorted(BANDS_FT, known, side="right").astype(np.int64) + 1


def _first_per_slot(rows: NDArray[np.int64], slots: NDArray[np.int32]) -> NDArray[np.int64]:
    if len(rows) < 2:
        return rows
    _, first = np.unique(slots[rows], return_index=True)
    return rows[np.sort(first)]
