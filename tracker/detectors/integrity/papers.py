"""What each craft says of itself, and what of it changed: name, call sign, IMO number and length, believed when they came twice.

Per craft and attribute one believed value and one candidate. A report with the believed value clears the candidate; one with another
value is a candidate, believed once it came again ``confirm_s`` later without the believed value in between. (Two ships under one MMSI alternate and so seldom
pass; where they do, the old value comes back and the change is withdrawn.) Variants of spelling are believed silently. A craft whose old value came back
*alternates*: none of its changes is one any more while it is remembered, but that it goes by two values in turns is told once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.identity import is_aircraft
from tracker.statics import StaticBatch
from tracker.units import NEVER_US, US_PER_H
from tracker.voyages.name_variants import is_variant, says_nothing

LENGTH: Final = "length_m"
ATTRIBUTES: Final = ("name", "call_sign", "imo", LENGTH)
_TYPES: Final = {"name": "S20", "call_sign": "S8", "imo": "i4", LENGTH: "i4"}
_MISSING: Final[dict[str, Any]] = {"name": b"", "call_sign": b"", "imo": 0, LENGTH: 0}
_FORGET_US: Final = 30 * 24 * US_PER_H
_SAME_LENGTH_FRAC: Final = 0.1
"""Lengths that differ by less are one, measured or set otherwise (as in ``hulls``)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value newly believed; ``old`` is empty where none was before, ``back`` where the new value is the one given up last."""

    craft: int
    attribute: str
    old: str
    new: str
    first_us: int
    seen_us: int
    back: bool
    alternates: bool = False
    """Values have come and gone in turns before."""
    is_at_sea_first: bool = False
    """Whether it was under way at sea when it gave the new value first: a ship may be in port by the time it is believed."""


class Papers:
    """Believed names, call signs and IMO numbers."""

    def __init__(self, confirm_us: int) -> None:
        self._confirm_us = confirm_us
        columns: dict[str, tuple[Any, ...]] = {"us": ("i8", NEVER_US), "asked": ("u1", 0), "backs": ("u1", 0)}
        for attribute in ATTRIBUTES:
            for column in (attribute, f"{attribute}_new", f"{attribute}_old"):
                columns[column] = (_TYPES[attribute], _MISSING[attribute])
            columns[f"{attribute}_us"], columns[f"{attribute}_at_sea"] = ("i8", 0), ("u1", 0)
        columns["name_other"], columns["name_others"] = ("S20", b""), ("u1", 0)
        self.state = KeyedState(columns)

    def add(self, statics: StaticBatch, is_at_sea: Callable[[int], bool] = lambda _: False) -> list[Change]:
        """Rows in time order; the values newly believed, in order. ``is_at_sea`` is asked of a craft that gives another value than the one believed."""
        ships = np.flatnonzero(~np.asarray(is_aircraft(statics.craft)))
        if not len(ships):
            return []
        state, time_us = self.state, statics.time_us[ships]
        slots = state.slots(statics.craft[ships])
        state["us"][slots] = time_us
        changes: list[Change] = []
        for attribute in ATTRIBUTES:
            values = _said(statics, attribute)[ships]
            known, candidate = state[attribute][slots], state[f"{attribute}_new"][slots]
            missing = _MISSING[attribute]
            present = (values != missing) if values.dtype.kind == "S" else (values > 0)
            for i in np.flatnonzero(present & ((values != known) | (candidate != missing))).tolist():
                change = self._weigh(int(slots[i]), attribute, values[i], int(time_us[i]), is_at_sea)
                if change is not None:
                    changes.append(change)
        return sorted(changes, key=lambda change: (change.seen_us, change.craft, change.attribute))

    def is_new(self, statics: StaticBatch) -> NDArray[np.bool_]:
        """Which rows do more than repeat what is believed of a craft that is known, shape (n,)."""
        new = np.zeros(len(statics), dtype=np.bool_)
        ships = np.flatnonzero(~np.asarray(is_aircraft(statics.craft)))
        if not len(ships):
            return new
        state = self.state
        slots = state.find(statics.craft[ships])
        says_new = slots < 0
        for attribute in ATTRIBUTES:
            values, missing = _said(statics, attribute)[ships], _MISSING[attribute]
            present = (values != missing) if values.dtype.kind == "S" else (values > 0)
            says_new |= present & ((values != state[attribute][slots]) | (state[f"{attribute}_new"][slots] != missing))
        new[ships] = says_new
        return new

    def note(self, statics: StaticBatch) -> None:
        """Rows none of which is new: their craft were heard."""
        ships = np.flatnonzero(~np.asarray(is_aircraft(statics.craft)))
        if len(ships):
            self.state["us"][self.state.find(statics.craft[ships])] = statics.time_us[ships]

    def text(self, craft: int, attribute: str, column: str = "") -> str:
        """The believed value, or with ``_new``, ``_old`` and ``_other`` the candidate, the one before or one refused, as text; empty where none."""
        slot = int(self.state.find(np.array([craft], dtype=np.int64))[0])
        return "" if slot < 0 else _text(self.state[attribute + column][slot])

    def two_names(self, craft: int) -> tuple[str, str] | None:
        """Two different names used under one identity of late."""
        name = self.text(craft, "name")
        slot = int(self.state.find(np.array([craft], dtype=np.int64))[0])
        columns = ("_old",) if slot < 0 or self.state["name_others"][slot] < 2 else ("_other", "_old")
        for column in columns:
            other = self.text(craft, "name", column)
            if name and other and not says_nothing(other) and not is_variant(name, other):
                return name, other
        return None

    def is_first_time(self, craft: int, now_us: int) -> bool:
        """True the first time it is asked for a craft; remembered as long as it is."""
        slot = int(self.state.slots(np.array([craft], dtype=np.int64))[0])
        first = not self.state["asked"][slot]
        self.state["asked"][slot] = 1
        self.state["us"][slot] = max(int(self.state["us"][slot]), now_us)
        return first

    def forget(self, now_us: int) -> None:
        """Craft without a static report for 30 days."""
        self.state.forget(np.flatnonzero(self.state.alive_mask & (now_us - self.state["us"] > _FORGET_US)))

    def capture(self) -> LaterTable:
        """For a snapshot."""
        return self.state.capture()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`."""
        self.state.restore_arrow(table)

    def _weigh(
        self, slot: int, attribute: str, value: Any, time_us: int, is_at_sea: Callable[[int], bool]
    ) -> Change | None:
        state, missing = self.state, _MISSING[attribute]
        known, candidate, old = (state[attribute + column][slot] for column in ("", "_new", "_old"))
        new_column, since = state[f"{attribute}_new"], state[f"{attribute}_us"]
        came_back = attribute == "name" and known == missing and value == state["name_other"][slot]
        if attribute == "name" and candidate not in (missing, value):
            self._refuse(slot, candidate)
        if value == known:
            new_column[slot] = missing
            return None
        if came_back:
            state["name"][slot], new_column[slot] = value, missing  # two names in turns: the one that came back
            return None
        if value != candidate:
            new_column[slot], since[slot] = value, time_us
            state[f"{attribute}_at_sea"][slot] = known != missing and is_at_sea(int(state.keys[slot]))
            return None
        if time_us - int(since[slot]) < self._confirm_us:
            return None
        first_us = int(since[slot])
        state[attribute][slot], new_column[slot] = value, missing
        state[f"{attribute}_old"][slot] = known
        new_text, old_text = _text(value), _text(known)
        if known == missing and attribute != "imo":
            return None
        if known != missing and attribute != "imo" and _same(attribute, old_text, new_text):
            return None
        craft = int(state.keys[slot])
        alternates, back = bool(state["backs"][slot]), bool(value == old) and known != missing
        if back and attribute != LENGTH:
            state["backs"][slot] = 1
        at_sea = bool(state[f"{attribute}_at_sea"][slot])
        return Change(craft, attribute, old_text, new_text, first_us, time_us, back, alternates, at_sea)

    def _refuse(self, slot: int, name: bytes) -> None:
        """A name that did not come twice in a row; how often it was the same one is counted."""
        same = self.state["name_other"][slot] == name
        self.state["name_others"][slot] = min(int(self.state["name_others"][slot]) + 1, 99) if same else 1
        self.state["name_other"][slot] = name


def _said(statics: StaticBatch, attribute: str) -> NDArray[Any]:
    """Values of an attribute; of the length whole metres, 0 where it is not told."""
    if attribute != LENGTH:
        return getattr(statics, attribute)
    length = statics.to_bow_m + statics.to_stern_m
    return np.where(length > 0.0, length, 0.0).astype(np.int32)


def _same(attribute: str, old: str, new: str) -> bool:
    """Nothing said before or now, or a variant of it."""
    if attribute == LENGTH:
        return abs(int(old) - int(new)) <= _SAME_LENGTH_FRAC * max(int(old), int(new))
    if says_nothing(old) or says_nothing(new):
        return True
    return is_variant(old, new) if attribute == "name" else old.replace(" ", "") == new.replace(" ", "")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("ascii", "replace").strip()
    return str(int(value)) if int(value) else ""
