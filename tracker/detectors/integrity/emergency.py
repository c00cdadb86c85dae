"""Emergencies: squawk 7500, 7600, 7700 and the ADS-B emergency state of aircraft; AIS-SART, MOB and EPIRB devices.

An emergency is believed once the same one was said for ``emergency_s``, at least three times, and over once another state is said. A distress device
(MMSI 970 search and rescue transmitter, 972 man overboard, 974 EPIRB) is active in navigational status 14; under test it says 15 (IEC
61097-14). ADS-B emergency states (RTCA DO-260B 2.2.3.2.7.8): 1 general, 2 lifeguard or medical, 3 minimum fuel, 4 no communications, 5 unlawful interference, 6 downed.

Gravest first, as adsbtrack ranks them: 7500, 7700, 7600. A medical flight and minimum fuel are information.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.identity import mmsi_craft, number
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_MIN

CAUSES: Final[dict[str, tuple[str, float]]] = {
    "unlawful_interference": ("reports unlawful interference (7500)", 1.0),
    "general": ("reports an emergency (7700)", 0.95),
    "downed": ("reports being downed", 0.95),
    "man_overboard": ("is an active man-overboard device", 0.95),
    "search_and_rescue": ("is an active search and rescue transmitter", 0.95),
    "epirb": ("is an active emergency beacon (EPIRB)", 0.95),
    "no_communications": ("reports the loss of radio communication (7600)", 0.75),
    "minimum_fuel": ("reports minimum fuel", 0.25),
    "medical": ("flies as an ambulance or lifeguard", 0.2),
}
"""Cause, what is said of the craft, and how sure that it is one."""
_SQUAWKS: Final = {b"7500": "unlawful_interference", b"7600": "no_communications", b"7700": "general"}
_STATES: Final = {
    1: "general", 2: "medical", 3: "minimum_fuel", 4: "no_communications", 5: "unlawful_interference", 6: "downed",
}  # fmt: skip
_DEVICES: Final = {970: "search_and_rescue", 972: "man_overboard", 974: "epirb"}
ACTIVE_STATUS: Final = 14
_FIRST_DEVICE, _LAST_DEVICE = mmsi_craft(970_000_000), mmsi_craft(979_999_999)
_TIMES: Final = 3
_FORGET_US: Final = 30 * US_PER_MIN


def is_grave_squawk(squawk: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    """Transponder codes that say an emergency."""
    return np.asarray((squawk == b"7500") | (squawk == b"7600") | (squawk == b"7700"), dtype=np.bool_)


def concerns_emergency(positions: PositionBatch) -> NDArray[np.bool_]:
    """Rows that may say something of an emergency where none is in question yet."""
    device = (positions.craft >= _FIRST_DEVICE) & (positions.craft <= _LAST_DEVICE)
    return np.asarray(device | ((positions.emergency != 255) & (positions.emergency != 0)), dtype=np.bool_)


class Emergencies:
    """Craft that say they are in an emergency: cause, since when, last said, how often."""

    def __init__(self, last_us: int) -> None:
        self._min_us = last_us
        self._said: dict[int, list[Any]] = {}

    def __len__(self) -> int:
        return len(self._said)

    def hear(self, positions: PositionBatch, statics: StaticBatch) -> None:
        """Rows of a tick, in time order."""
        said: list[tuple[int, int, str | None]] = []
        in_question = np.array(sorted(self._said), dtype=np.int64)
        stated = positions.emergency != 255
        if stated.any():
            stated &= (positions.emergency != 0) | np.isin(positions.craft, in_question)
        device = (positions.craft >= _FIRST_DEVICE) & (positions.craft <= _LAST_DEVICE)
        for i in np.flatnonzero(stated | device).tolist():
            craft, time_us = int(positions.craft[i]), int(positions.time_us[i])
            if device[i]:
                kind = _DEVICES.get(int(number(craft)) // 1_000_000)
                said.append((time_us, craft, kind if positions.nav_status[i] == ACTIVE_STATUS else None))
            else:
                said.append((time_us, craft, _STATES.get(int(positions.emergency[i]))))
        grave = is_grave_squawk(statics.squawk)
        if len(in_question):
            grave |= (statics.squawk != b"") & np.isin(statics.craft, in_question)
        for i in np.flatnonzero(grave).tolist():
            said.append((int(statics.time_us[i]), int(statics.craft[i]), _SQUAWKS.get(bytes(statics.squawk[i]))))
        for time_us, craft, cause in sorted(said, key=lambda one: (one[0], one[1], one[2] or "")):
            self._enter(time_us, craft, cause)

    def standing(self) -> list[tuple[int, str, int, int, int]]:
        """Craft, cause, since, last said and times, where it is believed."""
        return [
            (craft, str(cause), since, last, times)
            for craft, (cause, since, last, times) in sorted(self._said.items())
            if cause and last - since >= self._min_us and times >= _TIMES
        ]

    def forget(self, now_us: int) -> None:
        """Craft that have not spoken of it for half an hour."""
        self._said = {craft: row for craft, row in self._said.items() if now_us - row[2] <= _FORGET_US}

    def forget_craft(self, craft: set[int]) -> None:
        """Some craft, whatever they said."""
        self._said = {one: row for one, row in self._said.items() if one not in craft}

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        return pa.table({"said": pa.array([json.dumps(sorted(self._said.items()))], pa.string())})

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        self._said = {int(craft): list(row) for craft, row in json.loads(table.column("said")[0].as_py())}

    def _enter(self, time_us: int, craft: int, cause: str | None) -> None:
        """A code of zero in one field does not end what the other field says: only silence about it for half a minute does."""
        before = self._said.get(craft)
        if cause is None:
            if before is not None and time_us - before[2] > self._min_us // 2:
                del self._said[craft]
        elif before is None or before[0] != cause:
            if before is None or time_us - before[2] > self._min_us // 2 or CAUSES[cause][1] > CAUSES[before[0]][1]:
                self._said[craft] = [cause, time_us, time_us, 1]
        elif time_us > before[2]:  # said twice at one instant, it was heard twice
            before[2] = time_us
            before[3] += 1
