"""Who she said she was, as known at an instant: type of ship and name per craft; where asked for, length and draught, too.

Detectors judge at event times, while static reports come in batches cut anywhere. So reports are held until the watermark has passed
them, and ``known_at(craft, t)`` looks at reports up to ``t`` only: the answer is the same for every cut and cadence.

AIS types of ship (ITU-R M.1371-5 table 53) that matter here: 30 fishing, 31-32 towing, 33 dredging, 34 diving, 50 pilot, 51 search and
rescue, 52 tug, 53 port tender, 54 anti-pollution, 55 law enforcement, 70-79 cargo, 80-89 tanker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from tracker.identity import is_one_of
from tracker.schema import NO_CODE_U8
from tracker.statics import StaticBatch
from tracker.units import NEVER_US, US_PER_H

_MEMORY_US: Final = 30 * 24 * US_PER_H


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a craft had said of herself; 255 and empty text where nothing."""

    ship_type: int = NO_CODE_U8
    name: str = ""
    length_m: float = math.nan
    draught_m: float = math.nan
    draught_before_m: float = math.nan
    """What was said before that; NaN where it never changed."""
    draught_us: int = NEVER_US
    """When the draught changed last."""


class ShipTypes:
    """The latest type and name of each craft, forgotten after 30 days without a static report; ``with_hull`` length and draught, too."""

    def __init__(self, *, with_hull: bool = False) -> None:
        columns: dict[str, tuple[Any, ...]] = {
            "us": ("i8", NEVER_US),
            "ship_type": ("u1", NO_CODE_U8),
            "name": ("S20", b""),
        }
        self._with_hull = with_hull
        if with_hull:
            columns |= {
                "length_m": ("f4", math.nan),
                "draught_m": ("f4", math.nan),
                "draught_before_m": ("f4", math.nan),
                "draught_us": ("i8", NEVER_US),
            }
        self._state = KeyedState(columns)
        self._held: list[StaticBatch] = []

    def add(self, statics: StaticBatch) -> None:
        """Hold some reports, in time order."""
        if len(statics):
            self._held.append(statics)

    def known_at(self, craft: int, instant_us: int) -> Particulars:
        """What was known of a craft from reports at or before an instant."""
        ship_type, name = NO_CODE_U8, b""
        hull = Particulars()
        slot = int(self._state.find(np.array([craft], dtype=np.int64))[0])
        if slot >= 0 and instant_us - int(self._state["us"][slot]) <= _MEMORY_US:
            ship_type, name = int(self._state["ship_type"][slot]), bytes(self._state["name"][slot])
            if self._with_hull:
                state = self._state
                long, now, before = (
                    float(state[column][slot]) for column in ("length_m", "draught_m", "draught_before_m")
                )
                hull = Particulars(
                    length_m=long, draught_m=now, draught_before_m=before, draught_us=int(state["draught_us"][slot])
                )
        for batch in self._held:
            rows = np.flatnonzero((batch.craft == craft) & (batch.time_us <= instant_us))
            types = batch.ship_type[rows][batch.ship_type[rows] != NO_CODE_U8]
            names = batch.name[rows][batch.name[rows] != b""]
            ship_type = int(types[-1]) if len(types) else ship_type
            name = bytes(names[-1]) if len(names) else name
            if self._with_hull and len(rows):
                hull = _later(hull, batch.take(rows))
        return replace(hull, ship_type=ship_type, name=name.decode("ascii", "replace").strip())

    def draughts_at(
        self, craft: NDArray[np.int64], instant_us: int, settled_us: int | None = None
    ) -> NDArray[np.float64]:
        """Draughts of some craft as known at an instant, NaN where unknown; where they changed after ``settled_us``, those before the change."""
        state = self._state
        slots = state.find(craft)
        found = np.where(
            (slots >= 0) & (instant_us - state["us"][slots] <= _MEMORY_US), state["draught_m"][slots], np.nan
        )
        if settled_us is not None:
            before = state["draught_before_m"][slots]
            late = ~np.isnan(found) & (state["draught_us"][slots] > settled_us) & ~np.isnan(before)
            found = np.where(late, before, found)
        for batch in self._held:
            told = batch.craft[: int(np.searchsorted(batch.time_us, instant_us, side="right"))]
            for n in np.flatnonzero(np.isin(craft, told)).tolist():
                she = self.known_at(int(craft[n]), instant_us)
                late_change = (
                    settled_us is not None and she.draught_us > settled_us and not math.isnan(she.draught_before_m)
                )
                found[n] = she.draught_before_m if late_change else she.draught_m
        return np.asarray(found, dtype=np.float64)

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
            if self._with_hull:
                for column in ("length_m", "draught_m", "draught_before_m"):
                    state[column][slots[stale]] = math.nan
                self._learn_hulls(done, slots)
            state["us"][slots] = done.time_us
            typed, named = done.ship_type != NO_CODE_U8, done.name != b""
            state["ship_type"][slots[typed]] = done.ship_type[typed]
            state["name"][slots[named]] = done.name[named]
        gone = self._state.alive_mask & (watermark_us - self._state["us"] > _MEMORY_US)
        self._state.forget(np.flatnonzero(gone))

    def _learn_hulls(self, done: StaticBatch, slots: NDArray[np.int32]) -> None:
        """Lengths, and of draughts the last two that differ."""
        state = self._state
        long = lengths_m(done)
        told = ~np.isnan(long)
        state["length_m"][slots[told]] = long[told]
        rows = np.flatnonzero(~np.isnan(done.draught_m))
        if not len(rows):
            return
        rows = rows[np.argsort(slots[rows], kind="stable")]
        slot, draught = slots[rows], done.draught_m[rows]
        before = np.concatenate([[np.float32(math.nan)], draught[:-1]])
        first = np.concatenate([[True], slot[1:] != slot[:-1]])
        before[first] = state["draught_m"][slot[first]]
        state["draught_m"][slot] = draught
        changed = np.flatnonzero(~np.isnan(before) & (before != draught))
        state["draught_before_m"][slot[changed]] = before[changed]
        state["draught_us"][slot[changed]] = done.time_us[rows][changed]

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


def lengths_m(statics: StaticBatch) -> NDArray[np.float32]:
    """Length overall per report, NaN where bow or stern are not told (ITU-R M.1371-5, 0 and 0 means no dimensions)."""
    long = statics.to_bow_m + statics.to_stern_m
    return np.asarray(np.where(long > 0.0, long, np.nan), dtype=np.float32)


def _later(hull: Particulars, statics: StaticBatch) -> Particulars:
    """Length and draught after some further reports of one craft, in time order."""
    long = lengths_m(statics)
    known = long[~np.isnan(long)]
    hull = replace(hull, length_m=float(known[-1])) if len(known) else hull
    for at_us, draught_m in zip(statics.time_us.tolist(), statics.draught_m.tolist(), strict=True):
        if math.isnan(draught_m) or draught_m == hull.draught_m:
            continue
        if not math.isnan(hull.draught_m):
            hull = replace(hull, draught_before_m=hull.draught_m, draught_us=at_us)
        hull = replace(hull, draught_m=draught_m)
    return hull
