"""Craft heard again that have not said yet where they are.

What ends a silence is often a message without a place: a velocity or an identification of an aircraft (DO-260B sends each of them twice a second
or every 5 s, and of positions an even and an odd one are needed), a static report of a ship. The way back is judged when the place is
known, so the silence waits for it: the first report with a place within ``WAIT_US``, else none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.detectors.silence.lost import Return, Silence
from tracker.positions import PositionBatch

WAIT_US: Final = 60_000_000
"""Shorter than the shortest silence that is judged (two ticks), so that no craft is silent twice at a time; ten pairs of
positions lost in a row by chance are none."""
_TYPES: Final = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


class Placeless:
    """At most one silence of each craft, with the time of its first message after it."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Silence, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def returns(
        self, back: Iterable[tuple[Silence, int]], rows: PositionBatch, now_us: int
    ) -> list[tuple[Silence, Return]]:
        """Silences whose end has a place, or will not get one any more: of those that waited, and of ``back``, who is heard again in ``rows``."""
        waiting = self._waiting
        waiting.update({silence.key: (silence, heard_us) for silence, heard_us in back})
        if not waiting:
            return []
        found: list[tuple[Silence, Return]] = []
        placed = self._placed(rows)
        for key, row in zip(rows.segment[placed].tolist(), placed.tolist(), strict=True):
            one = waiting.get(key)
            if one is None or rows.time_us[row] < one[1]:
                continue
            lat, lon = float(rows.lat_deg[row]), float(rows.lon_deg[row])
            found.append((one[0], Return(one[1], lat, lon, int(rows.time_us[row]))))
            del waiting[key]
        for key in [key for key, (_, heard_us) in waiting.items() if now_us - heard_us >= WAIT_US]:
            silence, heard_us = waiting.pop(key)
            found.append((silence, Return(heard_us, np.nan, np.nan, heard_us)))
        return found

    def _placed(self, rows: PositionBatch) -> NDArray[np.int64]:
        """Rows with a place of craft that wait, in order of time."""
        keys = np.fromiter(self._waiting, dtype=np.int64, count=len(self._waiting))
        return np.flatnonzero(rows.has_position & np.isin(rows.segment, keys))

    def forget(self, keys: Iterable[int]) -> None:
        """Drop some craft."""
        for key in keys:
            self._waiting.pop(key, None)

    def table(self) -> pa.Table:
        """The state for a snapshot."""
        waiting = [self._waiting[key] for key in sorted(self._waiting)]
        rows: list[dict[str, Any]] = [{**asdict(silence), "heard_us": heard_us} for silence, heard_us in waiting]
        types = [(field.name, _TYPES[str(field.type)]) for field in fields(Silence)]
        return pa.Table.from_pylist(rows, schema=pa.schema([*types, ("heard_us", pa.int64())]))

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        self._waiting = {}
        for row in table.to_pylist():
            heard_us = row.pop("heard_us")
            self._waiting[row["key"]] = (Silence(**row), heard_us)
