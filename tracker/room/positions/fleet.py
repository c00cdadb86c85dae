"""The latest position of each craft, in columns, and in which frame it changed last; bounded. Used from several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracker.door.position_following import FLOATS, PositionFrame

MOST_CRAFT: Final = 100_000
"""Beyond, a quarter of them, those longest not heard, are forgotten."""
_BEGIN: Final = 1_024


@dataclass(frozen=True, slots=True)
class Moved:
    """Craft that moved since a frame: ids, times (microseconds since 1970 UTC), columns by name; ``frame`` is the one to ask from next."""

    frame: int
    craft: tuple[str, ...]
    time_us: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float64]]


class Fleet:
    """Positions of all engines together: of one craft the latest counts, whoever told it."""

    def __init__(self, most: int = MOST_CRAFT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._slot: dict[str, int] = {}
        self._craft: list[str] = []
        self._frame_of = np.zeros(_BEGIN, dtype=np.int64)
        self._time_us = np.zeros(_BEGIN, dtype=np.int64)
        self._columns = {name: np.full(_BEGIN, np.nan) for name in FLOATS}
        self.frame = 0

    def __len__(self) -> int:
        return len(self._craft)

    @property
    def newest_us(self) -> int:
        """The latest time of any position, microseconds since 1970 UTC; 0 where there is none."""
        return int(self._time_us.max())

    def take(self, told: PositionFrame) -> None:
        """Take in a frame; a position older than the one that is kept is left out."""
        if not told.craft:
            return
        with self._lock:
            self.frame += 1
            slots = np.fromiter((self._slot_for(craft) for craft in told.craft), dtype=np.int64, count=len(told.craft))
            rows = np.flatnonzero((told.time_us >= self._time_us[slots]) & np.isfinite(told.columns["lat_deg"]))
            at = slots[rows]
            self._time_us[at] = told.time_us[rows]
            self._frame_of[at] = self.frame
            for name, values in self._columns.items():
                values[at] = told.columns[name][rows]
            if len(self._craft) > self._most:
                self._forget()

    def since(self, frame: int, is_hidden: Callable[[str], bool] | None, not_before_us: int) -> Moved:
        """What moved after a frame, but for craft that are hidden and those not heard since an instant."""
        with self._lock:
            count = len(self._craft)
            at = np.flatnonzero((self._frame_of[:count] > frame) & (self._time_us[:count] >= not_before_us))
            if is_hidden is not None:
                at = at[np.fromiter((not is_hidden(self._craft[k]) for k in at), dtype=np.bool_, count=len(at))]
            return Moved(
                self.frame,
                tuple(self._craft[k] for k in at),
                self._time_us[at],
                {name: values[at] for name, values in self._columns.items()},
            )

    def _slot_for(self, craft: str) -> int:
        slot = self._slot.get(craft)
        if slot is None:
            slot = self._slot[craft] = len(self._craft)
            self._craft.append(craft)
            if slot >= len(self._time_us):
                self._frame_of, self._time_us = (
                    np.concatenate([one, np.zeros_like(one)]) for one in (self._frame_of, self._time_us)
                )
                self._columns = {
                    name: np.concatenate([one, np.full_like(one, np.nan)]) for name, one in self._columns.items()
                }
        return slot

    def _forget(self) -> None:
        count = len(self._craft)
        kept_count = self._most * 3 // 4
        kept = np.sort(np.argpartition(self._time_us[:count], count - kept_count)[count - kept_count :])
        self._craft = [self._craft[k] for k in kept]
        self._slot = {craft: slot for slot, craft in enumerate(self._craft)}
        for column in (self._frame_of, self._time_us, *self._columns.values()):
            column[:kept_count] = column[kept]
        self._time_us[kept_count:] = 0
        self._frame_of[kept_count:] = 0
