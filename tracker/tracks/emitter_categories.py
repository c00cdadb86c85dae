"""What kind of aircraft she said she was, and her flight, as known at an instant.

ADS-B emitter categories (ICAO Doc 9871, table of BDS 0,8; RTCA DO-260B 2.2.3.2.5.2): A1 light to A5 heavy, A6 high performance, A7 rotorcraft; B1 glider, B2
lighter than air, B3 parachutist, B4 ultralight or paraglider, B6 unmanned, B7 space; C1 and C2 surface vehicles, C3 to C5 obstacles.

Reports are held until the watermark has passed them, so that ``known_at`` is the same for every cut of the input, as for ships (``ship_types``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from tracker.identity import is_aircraft, is_one_of
from tracker.statics import StaticBatch
from tracker.units import NEVER_US, US_PER_H

ROTORCRAFT: Final = "A7"
SOARING: Final = frozenset({"B1", "B4"})
"""Gliders, hang-gliders, paragliders, ultralights: circling is how they climb."""
LIGHT_FIELDS: Final = frozenset({"B1", "B2", "B3", "B4"})
"""Craft that come down in fields."""
NOT_FLYING: Final = frozenset({"C1", "C2", "C3", "C4", "C5"})
_MEMORY_US: Final = 24 * US_PER_H


@dataclass(frozen=True, slots=True)
class Airframe:
    """What an aircraft had said of herself; empty texts where nothing."""

    category: str = ""
    call_sign: str = ""


class EmitterCategories:
    """The latest category and call sign of each aircraft, forgotten after a day without a static report."""

    def __init__(self) -> None:
        self._state = KeyedState({"us": ("i8", NEVER_US), "category": ("S2", b""), "call_sign": ("S8", b"")})
        self._held: list[StaticBatch] = []

    def add(self, statics: StaticBatch) -> None:
        """Hold some reports, in time order; those of ships are passed over."""
        flying = np.asarray(is_aircraft(statics.craft))
        if flying.any():
            self._held.append(statics if flying.all() else statics.take(flying))

    def known_at(self, craft: int, instant_us: int) -> Airframe:
        """What was known of a craft from reports at or before an instant."""
        category, call_sign = b"", b""
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        if slot >= 0 and instant_us - int(self._state["us"][slot]) <= _MEMORY_US:
            category, call_sign = bytes(self._state["category"][slot]), bytes(self._state["call_sign"][slot])
        for batch in self._held:
            rows = np.flatnonzero((batch.craft == craft) & (batch.time_us <= instant_us))
            said = batch.emitter_category[rows][batch.emitter_category[rows] != b""]
            named = batch.call_sign[rows][batch.call_sign[rows] != b""]
            category = bytes(said[-1]) if len(said) else category
            call_sign = bytes(named[-1]) if len(named) else call_sign
        return Airframe(category.decode("ascii", "replace").strip(), call_sign.decode("ascii", "replace").strip())

    def advance_watermark(self, watermark_us: int) -> None:
        """Take held reports up to the watermark into the state; forget craft not heard of for long."""
        held = StaticBatch.concat(self._held)
        ready = int(np.searchsorted(held.time_us, watermark_us, side="right"))
        self._held = [held.take(slice(ready, None))] if ready < len(held) else []
        if ready:
            done, state = held.take(slice(0, ready)), self._state
            slots = state.slots(done.craft)
            stale = slots[done.time_us - state["us"][slots] > _MEMORY_US]
            state["category"][stale] = state["call_sign"][stale] = b""
            state["us"][slots] = done.time_us
            for name, said in (("category", done.emitter_category), ("call_sign", done.call_sign)):
                given = said != b""
                state[name][slots[given]] = said[given]
        gone = self._state.alive_mask & (watermark_us - self._state["us"] > _MEMORY_US)
        self._state.forget(np.flatnonzero(gone))

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        self._state.forget_keys(craft)
        self._held = [held.take(~is_one_of(held.craft, craft)) for held in self._held]

    def tables(self) -> dict[str, pa.Table]:
        """The state for a snapshot."""
        return {"airframes": self._state.to_arrow(), "airframes_held": StaticBatch.concat(self._held).to_arrow()}

    def restore(self, tables: dict[str, Any]) -> None:
        """The inverse of :meth:`tables`."""
        self._state.restore_arrow(tables["airframes"])
        held = StaticBatch.from_arrow(tables["airframes_held"])
        self._held = [held] if len(held) else []
