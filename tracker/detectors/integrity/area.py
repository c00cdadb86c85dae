"""Areas in which craft lose the quality of their positions together: jamming seen through the aircraft and ships in it.

Every ``area_min`` each craft heard in that time whose quality was good within the last half day is counted in the cell (``models.cells``, ``area_deg``) she is in:
degraded if her quality has been bad for a minute. So an old transponder that never was good counts nowhere. A cell is *struck* where in it and its neighbours at least
``area_craft`` are degraded, they are more than ``area_frac`` of those there (gpsjam: yellow 2-10 %, red above 10 %), and so many would be rarer than ``area_chance`` by
chance (binomial) at the usual share of that cell, learned with a half-life of a week while it is not struck. Struck cells that touch are one area.

Longitudes are counted from the first position ever seen, so that turning the globe changes no cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.cells import cell_of, cells_around
from streams.keyed_state import KeyedState
from tracker.units import US_PER_H

_HALF_LIFE_US: Final = 7 * 24 * US_PER_H
_FORGET_US: Final = 30 * 24 * US_PER_H


@dataclass(frozen=True, slots=True)
class Area:
    """Struck cells that touch: rows (into the arrays given) of all craft and of the degraded ones there, and the usual share."""

    cells: tuple[int, ...]
    there: NDArray[np.int64]
    degraded: NDArray[np.int64]
    usual_frac: float


class Areas:
    """What share of craft is usually degraded where."""

    def __init__(self, size_deg: float, craft: int, share: float, chance: float, usual: float) -> None:
        self._size_deg, self._craft, self._share, self._chance, self._usual = size_deg, craft, share, chance, usual
        self._cells = KeyedState({"us": ("i8", 0), "craft": ("f8", 0.0), "degraded": ("f8", 0.0)})

    def judge(self, lat: Any, lon: Any, degraded: NDArray[np.bool_], now_us: int) -> list[Area]:
        """Areas struck now, given one position per craft; learns from the cells that are not."""
        if not len(lat):
            return []
        cells, first, where = np.unique(cell_of(lat, lon, self._size_deg), return_index=True, return_inverse=True)
        around = cells_around(lat[first], lon[first], self._size_deg)
        own, own_bad = np.bincount(where), np.bincount(where, weights=degraded)
        count, bad = _gathered(cells, around, own), _gathered(cells, around, own_bad)
        slots = self._cells.slots(cells)
        state = self._cells
        fade = 0.5 ** ((now_us - state["us"][slots]) / _HALF_LIFE_US)
        seen, seen_bad = state["craft"][slots] * fade, state["degraded"][slots] * fade
        usual = np.maximum((seen_bad + 20.0 * self._usual) / (seen + 20.0), self._usual)
        from scipy.special import bdtrc  # noqa: PLC0415 (a tenth of a second, for craft that tell their integrity)

        rare = bdtrc(bad - 1, count, usual)
        struck = (bad >= self._craft) & (bad > self._share * count) & (rare < self._chance)
        calm = ~struck
        state["us"][slots[calm]] = now_us
        state["craft"][slots[calm]] = seen[calm] + count[calm]
        state["degraded"][slots[calm]] = seen_bad[calm] + bad[calm]
        return _joined(cells, around, struck, where, degraded, usual)

    def forget(self, now_us: int) -> None:
        """Cells nobody was in for a month."""
        self._cells.forget(np.flatnonzero(self._cells.alive_mask & (now_us - self._cells["us"] > _FORGET_US)))

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        return self._cells.to_arrow()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        self._cells.restore_arrow(table)


def _gathered(cells: NDArray[np.int64], around: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.int64]:
    """Sum of a figure over each cell and its neighbours (near a pole one may stand there twice: it counts once)."""
    near = np.sort(around, axis=1)
    at = np.minimum(np.searchsorted(cells, near), len(cells) - 1)
    there = cells[at] == near
    there[:, 1:] &= near[:, 1:] != near[:, :-1]
    return np.where(there, values[at], 0).sum(axis=1).astype(np.int64)


def _joined(
    cells: NDArray[np.int64], around: NDArray[np.int64], struck: NDArray[np.bool_], where: NDArray[np.int64],
    degraded: NDArray[np.bool_], usual: NDArray[np.float64],
) -> list[Area]:  # fmt: skip
    """Struck cells that touch, gathered into areas in the order of their cells."""
    areas: list[Area] = []
    index = {int(cell): k for k, cell in enumerate(cells)}
    left = {int(cell) for cell in cells[struck]}
    while left:
        grown: set[int] = set()
        edge = [min(left)]
        while edge:
            cell = edge.pop()
            if cell in left:
                left.discard(cell)
                grown.add(cell)
                edge.extend(int(one) for one in around[index[cell]])
        members = np.isin(where, [index[cell] for cell in grown])
        mean = float(np.mean([usual[index[cell]] for cell in grown]))
        areas.append(Area(tuple(sorted(grown)), np.flatnonzero(members), np.flatnonzero(members & degraded), mean))
    return [area for area in areas if len(area.degraded)]
