"""Who met whom lately, and where: partners and places that meet often are no news.

Kept are the meetings that were told, regular ones included, the newest ``_MOST`` of each craft. Meetings of one pair less than ``visit_h`` apart are
one visit. A meeting is *regular* where the pair had ``regular_pair`` visits in the last ``regular_d`` days, or one, and one of the two has had
``regular_place`` visits of anybody within ``regular_km`` of here: a production ship and her supply boats, a lightering place and its tankers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import pyarrow as pa

from models.geodesy import distance_km_scalar
from tracker.detectors.encounter.config import EncounterConfig
from tracker.units import US_PER_DAY, US_PER_H

_MOST: Final = 24


@dataclass(slots=True)
class Meeting:
    """One told meeting of two craft."""

    a: int
    b: int
    start_us: int
    last_us: int
    lat_deg: float
    lon_deg: float

    def other(self, craft: int) -> int:
        """The partner of a craft."""
        return self.b if craft == self.a else self.a


@dataclass(frozen=True, slots=True)
class History:
    """What was known of a pair when it met: visits of one another, and visits of the one whom others visit here."""

    pair: int = 0
    place: int = 0
    is_regular: bool = False


class Regulars:
    """Meetings of the last ``regular_d`` days by craft."""

    def __init__(self, config: EncounterConfig) -> None:
        self._config = config
        self._meetings: dict[int, list[Meeting]] = {}

    def history(self, a: int, b: int, start_us: int, known_us: int, lat_deg: float, lon_deg: float) -> History:
        """Of two craft that are together here since an instant, as known at a later one."""
        config = self._config
        since_us = known_us - int(config.regular_d * US_PER_DAY)
        before_us = start_us - int(config.visit_h * US_PER_H)
        visits: dict[int, list[Meeting]] = {}
        for craft in (a, b):
            recent = [m for m in self._meetings.get(craft, ()) if since_us <= m.last_us and m.start_us < start_us]
            visits[craft] = self._visits(craft, recent)
        pair = [m for m in visits[a] if m.other(a) == b and m.last_us <= before_us]
        here = [
            sum(distance_km_scalar(m.lat_deg, m.lon_deg, lat_deg, lon_deg) <= config.regular_km for m in visits[craft])
            for craft in (a, b)
        ]
        place = max(here)
        regular = len(pair) >= config.regular_pair or (len(pair) >= 1 and place >= config.regular_place)
        return History(len(pair), place, regular)

    def add(self, meeting: Meeting) -> None:
        """A meeting that is told."""
        for craft in (meeting.a, meeting.b):
            self._meetings[craft] = [*self._meetings.get(craft, ())[1 - _MOST :], meeting]

    def last_together(self, a: int, b: int, last_us: int) -> None:
        """The newest meeting of a pair has lasted until an instant."""
        for meeting in reversed(self._meetings.get(a, ())):
            if meeting.other(a) == b:
                meeting.last_us = last_us
                return

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget what was long ago."""
        since_us = watermark_us - int(self._config.regular_d * US_PER_DAY)
        for craft in list(self._meetings):
            kept = [meeting for meeting in self._meetings[craft] if meeting.last_us >= since_us]
            if kept:
                self._meetings[craft] = kept
            else:
                del self._meetings[craft]

    def forget(self, gone: set[int]) -> None:
        """Keep nothing of some craft."""
        for craft in list(self._meetings):
            kept = [m for m in self._meetings[craft] if not {m.a, m.b} & gone]
            if kept and craft not in gone:
                self._meetings[craft] = kept
            else:
                del self._meetings[craft]

    def table(self) -> pa.Table:
        """Everything, for a snapshot; whose list a meeting stands in is told by ``craft``."""
        rows = [{"craft": craft, **asdict(m)} for craft, kept in sorted(self._meetings.items()) for m in kept]
        return pa.Table.from_pylist(rows, schema=_SCHEMA)

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`: the lists of both craft hold the same meeting."""
        known: dict[tuple[int, int, int], Meeting] = {}
        for row in table.to_pylist():
            craft = row.pop("craft")
            meeting = known.setdefault((row["a"], row["b"], row["start_us"]), Meeting(**row))
            self._meetings.setdefault(craft, []).append(meeting)

    def _visits(self, craft: int, meetings: list[Meeting]) -> list[Meeting]:
        """Meetings of one craft in order of time, those of one partner that follow one another closely as one."""
        gap_us = int(self._config.visit_h * US_PER_H)
        found: dict[int, list[Meeting]] = {}
        for meeting in meetings:
            mine = found.setdefault(meeting.other(craft), [])
            if mine and meeting.start_us - mine[-1].last_us < gap_us:
                mine[-1] = meeting
            else:
                mine.append(meeting)
        return [meeting for mine in found.values() for meeting in mine]


_SCHEMA: Final = pa.schema(
    [(name, pa.int64()) for name in ("craft", "a", "b", "start_us", "last_us")]
    + [(name, pa.float64()) for name in ("lat_deg", "lon_deg")]
)
