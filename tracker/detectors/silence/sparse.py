"""Dark periods after which the ship turned out to be heard now and then only: she is at reduced power, not switched off.

Tankers that transfer cargo cut their transmitters to 1 W while they lie alongside (Intertanko to IMO MEPC; the terminals of many ports ask for it): a
shore station hears them once in 45 min. The first of these silences looks like a transmitter switched off, and is told so. Those after it show
what it was: reports come singly, minutes to hours apart, and she lies still. A ship switched off says nothing at all, and one switched on
again is heard as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from tracker.detectors.silence.kept import events_dict, events_table
from tracker.detectors.silence.lost import Return, Silence, made_good_kn
from tracker.detectors.silence.telling import AT_REDUCED_POWER, UNSURE, sparse_gap, withdrawn
from tracker.events import Event, EventKind, GapCause, Rule
from tracker.units import Micros

SPARSE_SILENCES: Final = 2
"""So many silences in a row after the dark one, each ended by a report or two, are a habit."""
_REPORTS_EACH: Final = 2
"""Reports with which each of them may have ended: several receivers and a feed's repeats make two of one."""
_LYING_KN: Final = 2.0
"""Made good over such a silence by a ship that lies, the pair adrift included (GFW: under 2 kn is loitering)."""
_WATCH_US: Final = 6 * 3_600_000_000
"""Nothing is made of silences later than this after the dark one: a transfer takes 8 to 24 h, and shows itself within the first hours."""


@dataclass(slots=True)
class _Watched:
    dark: Event
    gap: Event
    beats: int
    silences: int


class SparseWatch:
    """Ships back from a dark period, for some hours: at most one entry for each."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}

    def begin(self, key: int, dark: Event, gap: Event, beats: int) -> None:
        """Her dark period and the gap with it are over; ``beats`` are her reports till now."""
        self._watched[key] = _Watched(dark, gap, beats, 0)

    def hear(self, silence: Silence, back: Return, beats: int, now_us: int) -> list[Event]:
        """Another silence of hers is over: where the dark one was one of many it is withdrawn, and its gap of unknown cause."""
        one = self._watched.get(silence.key)
        if one is None:
            return []
        one.silences += 1
        lying = not made_good_kn(silence, back) >= _LYING_KN
        often = beats - one.beats > _REPORTS_EACH * one.silences
        late = one.dark.end_us is None or now_us - one.dark.end_us > _WATCH_US
        if not lying or often or late:
            del self._watched[silence.key]
            return []
        if one.silences < SPARSE_SILENCES:
            return []
        del self._watched[silence.key]
        gap = one.gap.revised(
            cause=str(GapCause.UNKNOWN), confidence=UNSURE, known_us=Micros(now_us), evidence={**one.gap.evidence, "reason": "sparse"},
            explanation=sparse_gap(one.gap.explanation),
        )  # fmt: skip
        return [gap, withdrawn(one.dark, now_us, GapCause.UNKNOWN, AT_REDUCED_POWER)]

    def forget(self, keys: list[int]) -> None:
        """Drop some craft."""
        for key in keys:
            self._watched.pop(key, None)

    def expire(self, now_us: int) -> None:
        """Drop who has been back for long."""
        self.forget([key for key, one in self._watched.items() if (one.dark.end_us or 0) < now_us - _WATCH_US])

    def table(self) -> pa.Table:
        """The state for a snapshot."""
        keys = sorted(self._watched)
        table = events_table({key: self._watched[key].dark for key in keys})
        gaps = events_table({key: self._watched[key].gap for key in keys})
        table = table.append_column("gap", gaps.column("event"))
        for name in ("beats", "silences"):
            table = table.append_column(name, pa.array([getattr(self._watched[key], name) for key in keys], pa.int64()))
        return table

    def restore(self, table: pa.Table, rules: dict[EventKind, Rule]) -> None:
        """The inverse of :meth:`table`."""
        numbers: list[Any] = [table.column(name).to_pylist() for name in ("beats", "silences")]
        darks = events_dict(table, rules)
        gaps = events_dict(table.drop_columns(["event"]).rename_columns({"gap": "event"}), rules)
        self._watched = {
            key: _Watched(dark, gaps[key], beats, silences)
            for (key, dark), beats, silences in zip(darks.items(), *numbers, strict=True)
        }
