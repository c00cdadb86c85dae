"""Port calls as they were seen, of all craft: papers that come later may name any of them.

Ports of one country within ``same_port_km`` are one port, since a port table has one point for terminals up to 30 km apart (Maasvlakte is Rotterdam). Airports
are told apart by code alone. Of each craft the last ``MOST_CALLS`` are kept, and of one port the last ``MOST_AT_A_PORT``, so that a ferry does not push out its own
past; a call is 40 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km_scalar
from tracker.cargo.draft import Locate
from tracker.identity import CRAFT_MASK
from tracker.units import NEVER_US

MOST_CALLS: Final = 32
MOST_AT_A_PORT: Final = 16
_RECORD: Final = struct.Struct("<IqqBqq")
"""Number of the place, arrival, departure, whether it stopped, and since when arrival and departure were known; ``NEVER_US`` where there is none."""
_FIELDS: Final = ("location", "arrive_us", "depart_us", "stopped", "known_us", "left_known_us")
_COLUMNS: Final = np.dtype(list(zip(_FIELDS, ("<u4", "<i8", "<i8", "u1", "<i8", "<i8"), strict=True)))
_Kept = tuple[int, int, int, int, int, int]


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
    """The last calls of each craft."""

    def __init__(self, locate: Locate | None, same_port_km: float) -> None:
        self._locate, self._same_port_km = locate, same_port_km
        self._same: dict[str, dict[int, bool]] = {}
        """By the port that papers declare: which of the places seen are it."""
        self._places: list[str] = []
        self._number_of: dict[str, int] = {}
        self._calls: dict[int, bytes] = {}
        """Of each craft its calls, packed one behind the other, in the order of arrival."""

    def __len__(self) -> int:
        return sum(map(len, self._calls.values())) // _RECORD.size

    def add(self, calls: Iterable[Call]) -> None:
        """Calls, and later revisions of them."""
        for call in calls:
            craft, place = int(call.craft) & CRAFT_MASK, self._number(call.location)
            kept = self._of(craft)
            before = next((one for one in kept if one[:2] == (place, call.arrive_us)), None)
            if before is not None:
                kept.remove(before)
            known_us = call.known_us if before is None else before[4]
            depart_us, left_known_us = (
                (NEVER_US, NEVER_US) if call.depart_us is None else (call.depart_us, call.known_us)
            )
            kept.append((place, call.arrive_us, depart_us, call.stopped, known_us, left_known_us))
            kept.sort(key=lambda one: (one[1], self._places[one[0]]))
            here = [one for one in kept if one[0] == place]
            if len(here) > MOST_AT_A_PORT:
                kept.remove(here[0])
            self._keep(craft, kept[-MOST_CALLS:])

    def near(self, craft: int, code: str, declared_us: int | None, known_us: int, window_us: int) -> Seen | None:
        """The last call at a port within a window around a declared time, known by an instant."""
        calls = (
            seen
            for seen in self.at(craft, code, known_us)
            if declared_us is None or abs(seen.arrive_us - declared_us) <= window_us
        )
        return max(calls, key=lambda seen: (seen.arrive_us, seen.location), default=None)

    def at(self, craft: int, code: str, known_us: int) -> Iterator[Seen]:
        """Calls of a craft at a port as they were known at an instant, the departure too."""
        for place, arrive_us, depart_us, stopped, since_us, left_known_us in _RECORD.iter_unpack(
            self._calls.get(craft, b"")
        ):
            if since_us <= known_us and self._same_port(code, place):
                left = left_known_us != NEVER_US and left_known_us <= known_us
                yield Seen(
                    self._places[place], arrive_us, depart_us if left else None, bool(stopped), since_us,
                    None if left_known_us == NEVER_US else left_known_us,
                )  # fmt: skip

    def forget(self, before_us: int) -> None:
        """Drop calls that ended before an instant."""
        for craft in list(self._calls):
            calls = self._of(craft)
            kept = [one for one in calls if (one[1] if one[2] == NEVER_US else one[2]) >= before_us]
            if len(kept) < len(calls):
                self._keep(craft, kept)

    def forget_craft(self, craft: NDArray[np.int64]) -> None:
        """Drop the calls of some craft."""
        for one in craft.tolist():
            self._calls.pop(one, None)

    def table(self) -> pa.Table:
        """All calls, ordered by craft and time."""
        crafts = sorted(self._calls)
        counts = [len(self._calls[craft]) // _RECORD.size for craft in crafts]
        records = np.frombuffer(b"".join(self._calls[craft] for craft in crafts), dtype=_COLUMNS)
        places = pa.DictionaryArray.from_arrays(
            pa.array(records["location"].astype(np.int32)), pa.array(self._places, pa.string())
        )
        columns = {
            "craft": pa.array(np.repeat(np.array(crafts, dtype=np.int64), counts)),
            "location": places.cast(pa.string()),
        }
        return pa.table({**columns, **{name: pa.array(records[name].copy()) for name in _FIELDS[1:]}})

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        kept: dict[int, list[_Kept]] = {}
        columns = [table.column(name).to_pylist() for name in ("craft", *_FIELDS)]
        for craft, location, *rest in zip(*columns, strict=True):
            kept.setdefault(craft, []).append((self._number(location), *rest))
        for craft, calls in kept.items():
            self._keep(craft, calls)

    def _of(self, craft: int) -> list[_Kept]:
        return list(_RECORD.iter_unpack(self._calls.get(craft, b"")))

    def _keep(self, craft: int, calls: list[_Kept]) -> None:
        if calls:
            self._calls[craft] = b"".join(_RECORD.pack(*call) for call in calls)
        else:
            self._calls.pop(craft, None)

    def _number(self, location: str) -> int:
        number = self._number_of.get(location)
        if number is None:
            number = self._number_of[location] = len(self._places)
            self._places.append(location)
        return number

    def is_same_port(self, declared: str, seen: str) -> bool:
        """Whether two codes are one port."""
        return self._same_port(declared, self._number(seen))

    def _same_port(self, declared: str, place: int) -> bool:
        known = self._same.setdefault(declared, {})
        found = known.get(place)
        if found is None:
            found = known[place] = self._places[place] == declared or self._are_neighbours(
                declared, self._places[place]
            )
        return found

    def _are_neighbours(self, declared: str, seen: str) -> bool:
        """Sea ports (five letters) of one country close to each other."""
        if self._locate is None or len(declared) != 5 or len(seen) != 5 or declared[:2] != seen[:2]:
            return False
        a, b = self._locate(declared), self._locate(seen)
        if a is None or b is None:
            return False
        return bool(distance_km_scalar(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg) <= self._same_port_km)
