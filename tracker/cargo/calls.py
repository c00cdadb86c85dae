"""Port calls that matter to the papers, as they were seen.

Kept are calls at ports that some papers name, or beside them: ports of one country within ``same_port_km`` are one port, since a port
table has one point for terminals up to 30 km apart (Maasvlakte is Rotterdam). Airports are told apart by code alone. Of each craft the
last ``MAX_CALLS`` are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from tracker.cargo.draft import Locate
from tracker.identity import CRAFT_MASK

MAX_CALLS: Final = 16
_TYPES: Final = (pa.int64(), pa.string(), pa.int64(), pa.int64(), pa.bool_(), pa.int64(), pa.int64())
_NAMES: Final = ("craft", "location", "arrive_us", "depart_us", "stopped", "known_us", "left_known_us")


class Call(Protocol):
    """What is needed of a port call (``tracker.voyages.port_calls.PortCall``)."""

    @property
    def craft(self) -> int: ...
    @property
    def location(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def arrive_us(self) -> int: ...
    @property
    def depart_us(self) -> int | None: ...
    @property
    def stopped(self) -> bool: ...
    @property
    def known_us(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One call kept, with the instants from which its arrival and its departure were known."""

    location: str
    arrive_us: int
    depart_us: int | None
    stopped: bool
    known_us: int
    left_known_us: int | None


class CallLog:
    """The last calls of each craft at the ports of some papers."""

    def __init__(self, codes: frozenset[str], locate: Locate | None, same_port_km: float) -> None:
        self._codes, self._locate, self._same_port_km = codes, locate, same_port_km
        self._same: dict[tuple[str, str], bool] = {}
        self._named: dict[str, bool] = {}
        self._calls: dict[int, dict[tuple[str, int], Seen]] = defaultdict(dict)

    def __len__(self) -> int:
        return sum(map(len, self._calls.values()))

    def add(self, calls: Iterable[Call]) -> None:
        """Calls, and later revisions of them."""
        for call in calls:
            if not self._is_named(call.location):
                continue
            kept = self._calls[int(call.craft) & CRAFT_MASK]
            before = kept.get((call.location, call.arrive_us))
            known_us = call.known_us if before is None else before.known_us
            left_known_us = None if call.depart_us is None else call.known_us
            kept[call.location, call.arrive_us] = Seen(
                call.location, call.arrive_us, call.depart_us, call.stopped, known_us, left_known_us
            )
            while len(kept) > MAX_CALLS:
                del kept[min(kept, key=lambda key: (key[1], key[0]))]

    def near(self, craft: int, code: str, declared_us: int | None, known_us: int, window_us: int) -> Seen | None:
        """The last call at a port within a window around a declared time, known by an instant."""
        calls = (
            seen
            for seen in self.at(craft, code, known_us)
            if declared_us is None or abs(seen.arrive_us - declared_us) <= window_us
        )
        return max(calls, key=lambda seen: (seen.arrive_us, seen.location), default=None)

    def forget(self, before_us: int) -> None:
        """Drop calls that ended before an instant."""
        for craft in list(self._calls):
            calls = self._calls[craft]
            kept = {k: seen for k, seen in calls.items() if (seen.depart_us or seen.arrive_us) >= before_us}
            if kept:
                self._calls[craft] = kept
            else:
                del self._calls[craft]

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Drop the calls of some craft."""
        for key in self._calls.keys() & set(craft.tolist()):
            del self._calls[key]

    def table(self) -> pa.Table:
        """All calls, ordered by craft, place and time."""
        rows = [(craft, *astuple(s)) for craft in sorted(self._calls) for _, s in sorted(self._calls[craft].items())]
        columns = [[row[i] for row in rows] for i in range(len(_NAMES))]
        return pa.table(
            [pa.array(values, kind) for values, kind in zip(columns, _TYPES, strict=True)], names=list(_NAMES)
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        for row in table.to_pylist():
            craft = row.pop("craft")
            self._calls[craft][row["location"], row["arrive_us"]] = Seen(**row)

    def at(self, craft: int, code: str, known_us: int) -> Iterator[Seen]:
        """Calls of a craft at a port as they were known at an instant, the departure too."""
        for seen in self._calls.get(craft, {}).values():
            if seen.known_us <= known_us and self._same_port(code, seen.location):
                left = seen.left_known_us is not None and seen.left_known_us <= known_us
                yield seen if left else replace(seen, depart_us=None)

    def _is_named(self, location: str) -> bool:
        """Whether any papers name this port or its neighbour."""
        if location not in self._named:
            self._named[location] = any(self._same_port(code, location) for code in self._codes)
        return self._named[location]

    def _same_port(self, declared: str, seen: str) -> bool:
        if declared == seen:
            return True
        if (declared, seen) not in self._same:
            self._same[declared, seen] = self._are_neighbours(declared, seen)
        return self._same[declared, seen]

    def _are_neighbours(self, declared: str, seen: str) -> bool:
        """Sea ports (five letters) of one country close to each other."""
        if self._locate is None or len(declared) != 5 or len(seen) != 5 or declared[:2] != seen[:2]:
            return False
        a, b = self._locate(declared), self._locate(seen)
        if a is None or b is None:
            return False
        return bool(distance_km_scalar(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg) <= self._same_port_km)
