"""Far inland: is a spot so far from any water of the land mask that no sea-going ship can be there?

The mask calls harbours, rivers and canals land, so land at the spot says nothing. *Far inland* means that no point within ``inland_km`` is
water (probed on rings 2.5 km apart, the outer ones first because they find water soonest). Even so there are rivers: a place (a cell of 0.25 degrees) where
``waterway_craft`` craft were seen that had not jumped there is one, and never spoken of again.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.cells import cell_of
from models.geodesy import destination
from streams.keyed_state import KeyedState
from tracker.detectors.base import Places
from tracker.units import US_PER_H

CELL_DEG: Final = 0.25
_RING_KM: Final = 2.5
_AT_ONCE: Final = 512
"""So many craft are probed together, some 200,000 points."""
_MOST: Final = 3
_FORGET_US: Final = 14 * 24 * US_PER_H


def far_inland(
    places: Places, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], km: float
) -> NDArray[np.bool_]:
    """True where no water of the mask lies within ``km``."""
    inland = np.asarray(places.is_land(lat_deg, lon_deg), dtype=np.bool_).copy()
    rings_km = np.arange(km, 0.0, -_RING_KM)
    for some_km in (rings_km[:1], rings_km[1:]):  # most leave at the first; the others stay for nearly all rings
        rows = np.flatnonzero(inland)
        if not len(rows) or not len(some_km):
            break
        counts = np.maximum(8, np.ceil(2.0 * np.pi * some_km / _RING_KM).astype(np.int64))
        bearings = np.concatenate([np.arange(points) * (360.0 / points) for points in counts.tolist()])
        apart_km = np.repeat(some_km, counts)
        for few in np.split(rows, range(_AT_ONCE, len(rows), _AT_ONCE)):
            lat, lon = destination(lat_deg[few, None], lon_deg[few, None], bearings[None, :], apart_km[None, :])
            probed = np.asarray(places.is_land(lat.ravel(), lon.ravel()), dtype=np.bool_)
            inland[few] = probed.reshape(len(few), -1).all(axis=1)
    return inland


class Waterways:
    """Cells far inland and the craft seen there that had not jumped; up to three are remembered by name."""

    def __init__(self) -> None:
        self._cells = KeyedState({"us": ("i8", 0), "craft": ("i8", -1, _MOST)})

    def visited(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], now_us: int) -> NDArray[np.int32]:
        """The cells of places where craft are that came without a jump, for :meth:`note`."""
        slots = self._cells.slots(cell_of(lat_deg, lon_deg, CELL_DEG))
        self._cells["us"][slots] = now_us
        return slots

    def note(self, cell: int, craft: int) -> None:
        """A craft that came without a jump is in a cell of :meth:`visited`."""
        known = self._cells["craft"][cell]
        free = np.flatnonzero(known == -1)
        if len(free) and not (known == craft).any():
            known[free[0]] = craft

    def others(self, lat_deg: float, lon_deg: float, craft: int) -> int:
        """How many other craft were seen in a place."""
        slot = int(self._cells.find(cell_of(np.array([lat_deg]), np.array([lon_deg]), CELL_DEG))[0])
        if slot < 0:
            return 0
        known = self._cells["craft"][slot]
        return int(((known != -1) & (known != craft)).sum())

    def forget(self, now_us: int) -> None:
        """Places nobody was seen at for two weeks."""
        cells = self._cells
        cells.forget(np.flatnonzero(cells.alive_mask & (now_us - cells["us"] > _FORGET_US)))

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Some craft as witnesses of a waterway."""
        seen = self._cells["craft"]
        seen[np.isin(seen, craft)] = -1

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        return self._cells.to_arrow()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        self._cells.restore_arrow(table)
