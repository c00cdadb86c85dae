"""Who she said she was, as known at an instant: type of ship and name per craft.

Detectors judge at event times, while static reports come in batches cut anywhere. So reports are held until the watermark has passed
them, and ``known_at(craft, t)`` looks at reports up to ``t`` only: the answer is the same for every cut and cadence.

AIS types of ship (ITU-R M.1371-5 table 53) that matter here: 30 fishing, 31-32 towing, 33 dredging, 34 diving, 50 pilot, 51 search and
rescue, 52 tug, 53 port tender, 54 anti-pollution, 55 law enforcement, 70-79 cargo, 80-89 tanker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from tracker.identity import is_one_of
from tracker.schema import NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import US_PER_H

_MEMORY_US: Final = 30 * 24 * US_PER_H
_NEVER_US: Final = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a craft had said of herself; 255 and empty text where nothing."""

    ship_type: int = NO_CODE_U8
    name: str = ""


class ShipTypes:
    """The latest type and name of each craft, forgotten after 30 days without a static report."""

    def __init__(self) -> None:
        self._state = KeyedState({"us": ("i8", _NEVER_US), "ship_type": ("u1", NO_CODE_U8), "name": ("S20", b"")})
        self._held: list[StaticBatch] = []

    def add(self, statics: StaticBatch) -> None:
        """Hold some reports, in time order."""
        if len(statics):
            self._held.append(statics)

    def known_at(self, craft: int, instant_us: int) -> Particulars:
        """What was known of a craft from reports at or before an instant."""
        ship_type, name = NO_CODE_U8, b""
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        if slot >= 0 and instant_us - int(self._state["us"][slot]) <= _MEMORY_US:
            ship_type, name = int(self._state["ship_type"][slot]), bytes(self._state["name"][slot])
        for batch in self._held:
            rows = np.flatnonzero((batch.craft == craft) & (batch.time_us <= instant_us))
            types = batch.ship_type[rows][batch.ship_type[rows] != NO_CODE_U8]
            names = batch.name[rows][batch.name[rows] != b""]
            ship_type = int(types[-1]) if len(types) else ship_type
            name = bytes(names[-1]) if len(names) else name
        return Particulars(ship_type, name.decode("ascii", "replace").strip())

    def advance_watermark(self, watermark_us: int) -> None:
        """Take held reports up to the watermark into the state; forget craft not heard of for long."""
        held = StaticBatch.concat(self._held)
        ready = int(np.searchsorted(held.time_us, watermark_us, side="right"))
        self._held = [held.take(slice(ready, None))] if ready < len(held) else []
        if ready:
            done = held.take(slice(0, ready))
            state = self._state
            slots = state.slots(done.craft)
            stale = done.time_us - state["us"][slots] > _MEMORY_US
            state["ship_type"][slots[stale]] = NO_CODE_U8
            state["name"][slots[stale]] = b""
            state["us"][slots] = done.time_us
            typed, named = done.ship_type != NO_CODE_U8, done.name != b""
            state["ship_type"][slots[typed]] = done.ship_type[typed]
            state["name"][slots[named]] = done.name[named]
        gone = self._state.alive_mask & (watermark_us - self._state["us"] > _MEMORY_US)
        self._state.forget(np.flatnonzero(gone))

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        self._state.forget_keys(craft)
        self._held = [held.take(~is_one_of(held.craft, craft)) for held in self._held]

    def tables(self) -> dict[str, pa.Table]:
        """The state for a snapshot."""
        return {"ships": self._state.to_arrow(), "ships_held": StaticBatch.concat(self._held).to_arrow()}

    def restore(self, tables: dict[str, Any]) -> None:
        """The inverse of :meth:`tables`."""
        self._state.restore_arrow(tables["ships"])
        held = StaticBatch.from_arrow(tables["ships_held"])
        self._held = [held] if len(held) else []
