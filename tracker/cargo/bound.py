"""Where ships say that they are bound for: a witness for what they carry, of all ships, since papers come late.

Kept of every ship are the last ``MOST_KEPT`` destinations that it typed, each with the instant at which it said it first; 116 bytes a ship. A text is read against the port table only when
somebody asks.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.keyed_state import KeyedState
from streams.snapshot import LaterTable
from tracker.geography.destinations import shared_destinations
from tracker.geography.ports import bundled_ports
from tracker.identity import is_ship_station
from tracker.statics import StaticBatch
from tracker.voyages.ship_names import letters_of

MOST_KEPT: Final = 4
_CODE_LETTERS: Final = 5


class Bound:
    """The last destinations of all ships.

    Parameters
    ----------
    is_asked:
        False where there are no papers and none will come: then nothing is kept.
    """

    def __init__(self, is_asked: bool = True) -> None:
        self._is_asked = is_asked
        self._said = KeyedState(
            {"count": ("i4", 0), "since_us": (f"({MOST_KEPT},)i8", 0), "text": (f"({MOST_KEPT},)S20", b"")}
        )

    def hear(self, statics: StaticBatch) -> None:
        """Static reports, in event-time order."""
        mine = np.flatnonzero((statics.destination != b"") & is_ship_station(statics.craft))
        if not self._is_asked or not len(mine):
            return
        crafts, texts = statics.craft[mine], statics.destination[mine]
        slots = self._said.slots(crafts)
        counts, since_us, kept = self._said["count"], self._said["since_us"], self._said["text"]
        last = kept[slots, np.maximum(counts[slots] - 1, 0)]
        changed = np.isin(crafts, crafts[last != texts])
        for row, slot in zip(mine[changed].tolist(), slots[changed].tolist(), strict=True):
            text, count = bytes(statics.destination[row]), int(counts[slot])
            if count and bytes(kept[slot, count - 1]) == text:
                continue
            if count == MOST_KEPT:
                count -= 1
                since_us[slot, :-1], kept[slot, :-1] = since_us[slot, 1:].copy(), kept[slot, 1:].copy()
            since_us[slot, count], kept[slot, count] = statics.time_us[row], text
            counts[slot] = count + 1

    def of(self, craft: int, known_us: int) -> tuple[int, str] | None:
        """Since when a ship has said which destination, as known at an instant; None where it had said none."""
        slot = int(self._said.find(np.array([craft], dtype=np.int64))[0])
        if slot < 0:
            return None
        count = int(self._said["count"][slot])
        known = np.flatnonzero(self._said["since_us"][slot, :count] <= known_us)
        if not len(known):
            return None
        text = bytes(self._said["text"][slot, known[-1]]).decode("ascii", "replace")
        return int(self._said["since_us"][slot, known[-1]]), text

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        self._said.forget_keys(craft)

    def capture(self) -> LaterTable:
        """For a snapshot."""
        return self._said.capture()

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`."""
        self._said.restore_arrow(table)


@lru_cache(maxsize=4096)
def ports_named(text: str) -> frozenset[str]:
    """The ports that a destination may mean, by their codes; also a code that the port table has not."""
    destinations = shared_destinations(bundled_ports())
    codes = {port.code for port in (*destinations.named(text), *destinations.resolve(text))}
    code = letters_of(text.rpartition(">")[2])
    return frozenset({*codes, code} if len(code) == _CODE_LETTERS else codes)
