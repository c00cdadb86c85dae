"""The rows of many minutes, with what every rule asks of them worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.base import Ticks
from tracker.detectors.integrity.emergency import concerns_emergency
from tracker.positions import PositionBatch
from tracker.schema import read_only
from tracker.tracks.kinds import AIRCRAFT, kinds_of

Columns = dict[str, NDArray[Any]]
COLUMNS: Final = (
    "craft",
    "segment",
    "time_us",
    "lat_deg",
    "lon_deg",
    "speed_kn",
    "course_deg",
    "nic",
    "nac_p",
    "on_ground",
)
"""What the rules of one transmitter ask; ``MORE`` is asked of displaced rows only."""
MORE: Final = ("displaced", "heading_deg", "source", "utc_second")


@dataclass(frozen=True, slots=True)
class Heard:
    """Rows with a position: columns, and per row whether of an aircraft, and kind (0 ship, 1 aircraft, 2 neither).

    ``row[k]`` to ``row[k + 1]`` are those of tick ``k``. ``is_grave`` marks, among all rows, those that may begin an emergency.
    """

    ticks: Ticks
    row: NDArray[np.int64]
    columns: Columns
    air: NDArray[np.bool_]
    kinds: NDArray[np.int8]
    is_grave: NDArray[np.bool_]

    @classmethod
    def of(cls, ticks: Ticks) -> Self:
        """The rows of some ticks."""
        rows = ticks.positions.take(slice(0, int(ticks.row[-1])))
        placed = rows.has_position
        columns = {
            name: read_only(getattr(rows, name) if placed.all() else getattr(rows, name)[placed])
            for name in (*COLUMNS, *MORE)
        }
        row = np.concatenate([[0], np.cumsum(placed)])[ticks.row]
        kinds = kinds_of(columns["craft"])
        return cls(ticks, row, columns, kinds == AIRCRAFT, kinds, concerns_emergency(rows))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def part(self, first: int, stop: int) -> Columns:
        """Some rows with a position."""
        return {name: values[first:stop] for name, values in self.columns.items()}

    def all_of(self, k: int) -> PositionBatch:
        """All rows of a tick."""
        return self.ticks.positions_of(k)

    def is_grave_between(self, first: int, stop: int) -> bool:
        """Whether ticks from ``first`` up to ``stop`` may hold an emergency."""
        return bool(self.is_grave[self.ticks.row[first] : self.ticks.row[stop]].any())
