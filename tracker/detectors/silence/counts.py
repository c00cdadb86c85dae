"""A ship switched off, by counts alone: Global Fishing Watch's rule, in the place of the probability in ``judge``.

A silence of a ship is dark when it is long enough and began

- after at least ``disabled_positions`` positions of her in the ``disabled_window_h`` before,
- where of a ship more than ``disabled_per_day`` positions a day are received,
- with no land within ``disabled_shore_km``.

Received a day: all positions of ships in the cell (``cell_ship_deg``) over the time since the position before of each, which counts in full up to
the window and not beyond. Both fade with ``memory_days``. Method: GlobalFishingWatch/AIS-disabling-high-seas, ``ais_disabling/config.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.angles import wrap_longitude
from models.cells import cell_of
from streams.keyed_state import KeyedState
from streams.records import state_columns
from streams.snapshot import LaterTable
from tracker.detectors.base import Context
from tracker.detectors.sea_room import sea_room
from tracker.detectors.silence.config import SilenceConfig
from tracker.identity import is_ship_station
from tracker.positions import PositionBatch
from tracker.units import NEVER_US, US_PER_H

_DAY_US: Final = 24 * US_PER_H


@dataclass(frozen=True, slots=True)
class Counted:
    """What speaks for a ship switched off; ``positions`` counts no further than the rule asks."""

    positions: int
    per_day: float
    offshore: bool


class _Cell:
    """What is kept of one place."""

    stamp_us: int = NEVER_US
    positions: float = 0.0
    days: float = 0.0


class Counts:
    """Positions of each ship in the window before now, and of all ships by place."""

    def __init__(self, config: SilenceConfig) -> None:
        self._config = config
        self._window_us = int(config.disabled_window_h * US_PER_H)
        self._tau_us = config.memory_days * _DAY_US
        self._ships = KeyedState({"at_us": ("i8", NEVER_US, config.disabled_positions)})
        self._cells = KeyedState(state_columns(_Cell))

    def learn(self, rows: PositionBatch, origin_lon: float) -> None:
        """Count rows in time order; longitudes of cells are counted from ``origin_lon``."""
        rows = rows.take(rows.has_position & is_ship_station(rows.craft))
        if not len(rows):
            return
        slots = self._ships.slots(rows.segment)
        cells = self._cells.slots(self._cell(rows.lat_deg, rows.lon_deg, origin_lon))
        time_us = np.ascontiguousarray(rows.time_us)
        _count(time_us, slots, cells, self._ships["at_us"], self._cells.records, self._window_us, self._tau_us)

    def of(
        self, key: int, since_us: int, lat_deg: float, lon_deg: float, origin_lon: float, context: Context
    ) -> Counted:
        """The counts of a silence that began then and there."""
        ship = int(self._ships.find(np.array([key]))[0])
        at_us = self._ships["at_us"][ship] if ship >= 0 else np.empty(0)
        positions = int(((at_us >= since_us - self._window_us) & (at_us <= since_us)).sum())
        cell = int(self._cells.find(self._cell(np.array([lat_deg]), np.array([lon_deg]), origin_lon))[0])
        days = float(self._cells["days"][cell]) if cell >= 0 else 0.0
        per_day = float(self._cells["positions"][cell]) / days if days > 0.0 else math.nan
        room = sea_room(context.places, lat_deg, lon_deg, 0.0, self._config.disabled_shore_km)
        return Counted(positions, per_day, bool(room.open_water[0]))

    def is_dark(self, counted: Counted) -> bool:
        """All that the rule asks of the place and of the time before."""
        enough = counted.positions >= self._config.disabled_positions
        return enough and counted.per_day > self._config.disabled_per_day and counted.offshore

    def forget_ships(self, keys: NDArray[np.int64]) -> None:
        """Drop some ships."""
        self._ships.forget_keys(keys)

    def forget(self, keys: NDArray[np.int64], now_us: int) -> None:
        """Drop some ships, and places where nobody was counted for long."""
        slots = self._ships.find(keys)
        self._ships.forget(slots[slots >= 0].astype(np.int64))
        cells = self._cells.alive()
        self._cells.forget(cells[self._cells["stamp_us"][cells] < now_us - 2 * self._tau_us])

    def tables(self) -> dict[str, LaterTable]:
        """The state for a snapshot."""
        return {"counted_ships": self._ships.capture(), "counted_cells": self._cells.capture()}

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """Take over the state of a snapshot."""
        self._ships.restore_arrow(tables["counted_ships"])
        self._cells.restore_arrow(tables["counted_cells"])

    def _cell(self, lat: NDArray[np.float64], lon: NDArray[np.float64], origin_lon: float) -> NDArray[np.int64]:
        return cell_of(lat, wrap_longitude(lon - origin_lon), float(self._config.cell_ship_deg))


@numba.njit(cache=True, nogil=True)
def _count(
    time_us: NDArray[np.int64],
    slots: NDArray[np.int32],
    cells: NDArray[np.int32],
    at_us: NDArray[np.int64],
    places: NDArray[np.void],
    window_us: int,
    tau_us: float,
) -> None:
    """Enter positions in time order; ``at_us`` holds the latest of each ship, the last one last."""
    for i in range(len(time_us)):
        t, latest = time_us[i], at_us[slots[i]]
        place: _Cell = places[cells[i]]
        if place.stamp_us == NEVER_US:
            place.stamp_us = t
        elif t - place.stamp_us >= US_PER_H:
            fade = math.exp(-(t - place.stamp_us) / tau_us)
            place.positions *= fade
            place.days *= fade
            place.stamp_us = t
        if latest[-1] != NEVER_US:
            place.positions += 1.0
            place.days += min(t - latest[-1], window_us) / _DAY_US
        for k in range(len(latest) - 1):
            latest[k] = latest[k + 1]
        latest[-1] = t
