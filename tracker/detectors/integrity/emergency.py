"""Emergencies: squawk 7500, 7600, 7700 and the ADS-B emergency state of aircraft; AIS-SART, MOB and EPIRB devices.

An emergency is believed once the same one was said for ``emergency_s``, twice at least, and over once another state is said. A statement *stands* until
it changes: one that was made once and that nothing contradicts is believed, too, when the craft was heard on for as long (three times as long where it came by radio, where a
single reply may be damaged), and lasts while it is heard, for ``_STANDS_US`` at most. What contradicts it: another squawk, or emergency state none, half of ``emergency_s`` after it was last said; a
state of none does not contradict a squawk replied to a radar, which is heard far more seldom, before three times ``emergency_s``. A distress device
(MMSI 970 search and rescue transmitter, 972 man overboard, 974 EPIRB) is active in navigational status 14; under test it says 15 (IEC
61097-14). ADS-B emergency states (RTCA DO-260B 2.2.3.2.7.8): 1 general, 2 lifeguard or medical, 3 minimum fuel, 4 no communications, 5 unlawful interference, 6 downed.

Gravest first, as adsbtrack ranks them: 7500, 7700, 7600. A medical flight and minimum fuel are information.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.identity import mmsi_craft, number
from tracker.positions import MESSAGE_TYPE_TABLE, PositionBatch
from tracker.statics import StaticBatch
from tracker.units import NEVER_US, US_PER_H, US_PER_MIN

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
_TIMES: Final = 2
_ROWS: Final = 3
_BY_RADIO: Final = 3
_STANDS_US: Final = US_PER_H
_FOREVER_US: Final = -NEVER_US
_FORGET_US: Final = 30 * US_PER_MIN


def is_grave_squawk(squawk: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    """Transponder codes that say an emergency."""
    return np.asarray((squawk == b"7500") | (squawk == b"7600") | (squawk == b"7700"), dtype=np.bool_)


def concerns_emergency(positions: PositionBatch) -> NDArray[np.bool_]:
    """Rows that may say something of an emergency where none is in question yet."""
    device = (positions.craft >= _FIRST_DEVICE) & (positions.craft <= _LAST_DEVICE)
    return np.asarray(device | ((positions.emergency != 255) & (positions.emergency != 0)), dtype=np.bool_)


@dataclass(slots=True)
class _Said:
    """What one craft says: since when, when last, how often; and when, how often it was heard at a place since then."""

    cause: str
    since_us: int
    said_us: int
    times: int = 1
    heard_us: int = 0
    rows: int = 0
    by: int = 0
    """How it was said last: see ``_FIELD``."""
    contradicted_us: int = _FOREVER_US
    """When something else was said first since it was said last: from then on it does not stand."""
    is_over: bool = False
    """It was believed and is contradicted since: told once more, and forgotten."""


_FIELD, _SQUAWK, _TABLE = range(3)
"""By the emergency state or a device; by a squawk on the air; by a squawk of a table, which stands on every row."""


class Standing(NamedTuple):
    """An emergency that is believed."""

    craft: int
    cause: str
    since_us: int
    last_us: int
    """When it was last said, or the craft heard under it."""
    times: int


class Emergencies:
    """Craft that say they are in an emergency."""

    def __init__(self, last_us: int) -> None:
        self._min_us = last_us
        self._said: dict[int, _Said] = {}

    def __len__(self) -> int:
        return len(self._said)

    def hear(self, positions: PositionBatch, statics: StaticBatch) -> None:
        """Rows of a tick, in time order."""
        self._said = {craft: one for craft, one in self._said.items() if not one.is_over}
        said: list[tuple[int, int, str | None, int]] = []
        in_question = np.array(sorted(self._said), dtype=np.int64)
        if len(in_question):
            for i in np.flatnonzero(np.isin(positions.craft, in_question) & positions.has_position).tolist():
                one = self._said[int(positions.craft[i])]
                one.heard_us, one.rows = max(one.heard_us, int(positions.time_us[i])), one.rows + 1
        stated, grave = positions.emergency != 255, is_grave_squawk(statics.squawk)
        begun = positions.craft[stated & (positions.emergency != 0)], statics.craft[grave]
        in_question = np.union1d(in_question, np.concatenate(begun))  # what contradicts it may be of the same tick
        if stated.any():
            stated &= (positions.emergency != 0) | np.isin(positions.craft, in_question)
        device = (positions.craft >= _FIRST_DEVICE) & (positions.craft <= _LAST_DEVICE)
        for i in np.flatnonzero(stated | device).tolist():
            craft, time_us = int(positions.craft[i]), int(positions.time_us[i])
            if device[i]:
                kind = _DEVICES.get(int(number(craft)) // 1_000_000)
                said.append((time_us, craft, kind if positions.nav_status[i] == ACTIVE_STATUS else None, _FIELD))
            else:
                said.append((time_us, craft, _STATES.get(int(positions.emergency[i])), _FIELD))
        if len(in_question):
            grave |= (statics.squawk != b"") & np.isin(statics.craft, in_question)
        for i in np.flatnonzero(grave).tolist():
            by = _TABLE if statics.message_type[i] == MESSAGE_TYPE_TABLE else _SQUAWK
            said.append((int(statics.time_us[i]), int(statics.craft[i]), _SQUAWKS.get(bytes(statics.squawk[i])), by))
        for time_us, craft, cause, by in sorted(said, key=lambda one: (one[0], one[1], one[2] or "", one[3])):
            self._enter(time_us, craft, cause, by)

    def standing(self) -> list[Standing]:
        """The emergencies that are believed, in the order of craft."""
        return [
            Standing(craft, one.cause, one.since_us, last_us, one.times)
            for craft, one in sorted(self._said.items())
            if (last_us := self._believed_until_us(one)) is not None
        ]

    def _believed_until_us(self, one: _Said) -> int | None:
        """When it was last said, or heard while it stood; None where it is not believed."""
        if one.said_us - one.since_us >= self._min_us and one.times >= _TIMES:
            return one.said_us
        least_us = self._min_us if one.by == _TABLE else _BY_RADIO * self._min_us
        heard_us = min(one.heard_us, one.contradicted_us)
        if heard_us - one.since_us >= least_us and one.rows >= _ROWS:
            return min(heard_us, one.said_us + _STANDS_US)
        return None

    def forget(self, now_us: int) -> None:
        """Craft that have not spoken of it for half an hour, or an hour where the statement stands."""
        self._said = {
            craft: one
            for craft, one in self._said.items()
            if now_us - one.said_us <= _FORGET_US
            or (now_us - one.heard_us <= _FORGET_US and now_us - one.said_us <= _STANDS_US)
        }

    def forget_craft(self, craft: set[int]) -> None:
        """Some craft, whatever they said."""
        self._said = {one: row for one, row in self._said.items() if one not in craft}

    def to_arrow(self) -> pa.Table:
        """For a snapshot."""
        return pa.table(
            {
                "said": pa.array(
                    [json.dumps([[craft, asdict(one)] for craft, one in sorted(self._said.items())])], pa.string()
                )
            }
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`."""
        self._said = {int(craft): _Said(**one) for craft, one in json.loads(table.column("said")[0].as_py())}

    def _enter(self, time_us: int, craft: int, cause: str | None, by: int) -> None:
        before = self._said.get(craft)
        if cause is None:
            if before is not None and not before.is_over:
                before.contradicted_us = min(before.contradicted_us, time_us)
                seldom = before.by == _SQUAWK and by == _FIELD
                if time_us - before.said_us > (_BY_RADIO * self._min_us if seldom else self._min_us // 2):
                    if self._believed_until_us(before) is None:
                        del self._said[craft]
                    else:
                        before.is_over = True
        elif before is None or before.cause != cause or before.is_over:
            graver = before is None or before.is_over or CAUSES[cause][1] > CAUSES[before.cause][1]
            if before is None or graver or time_us - before.said_us > self._min_us // 2:
                self._said[craft] = _Said(cause, time_us, time_us, by=by)
        elif time_us > before.said_us:  # said twice at one instant, it was heard twice
            before.said_us, before.by, before.contradicted_us = time_us, by, _FOREVER_US
            before.times += 1
        else:
            before.by = max(before.by, by)
