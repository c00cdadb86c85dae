"""The itineraries that are followed: by id, by the conveyance that they mean, and by when they are over."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Final

from tracker.units import US_PER_DAY
from tracker.voyages.itinerary import Conveyance, Itinerary

_FAR_US: Final = 1 << 62


class Declared:
    """Itineraries in the order in which they came; those of papers so old that nothing more is said are found without going through all."""

    def __init__(self, forget_after_days: float) -> None:
        self._after_us = round(forget_after_days * US_PER_DAY)
        self._by_id: dict[str, Itinerary] = {}
        self._of: dict[Conveyance, dict[str, Itinerary]] = {}
        self._ends: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Itinerary]:
        return iter(self._by_id.values())

    def __getitem__(self, itinerary_id: str) -> Itinerary:
        return self._by_id[itinerary_id]

    def get(self, itinerary_id: str) -> Itinerary | None:
        """The one under an id."""
        return self._by_id.get(itinerary_id)

    def of(self, conveyance: Conveyance) -> Iterable[Itinerary]:
        """Those of a conveyance, in the order in which they came."""
        return self._of.get(conveyance, {}).values()

    @property
    def conveyances(self) -> list[Conveyance]:
        """How they name their craft, each once, in the order in which they came."""
        return list(dict.fromkeys(itinerary.conveyance for itinerary in self))

    def put(self, itinerary: Itinerary) -> None:
        """One more, or another version in the place of one."""
        before = self._by_id.get(itinerary.itinerary_id)
        if before is not None and before.conveyance != itinerary.conveyance:
            self.drop(itinerary.itinerary_id)
        self._by_id[itinerary.itinerary_id] = itinerary
        self._of.setdefault(itinerary.conveyance, {})[itinerary.itinerary_id] = itinerary
        if (ends_us := self.ends_us(itinerary)) < _FAR_US:
            heapq.heappush(self._ends, (ends_us, itinerary.itinerary_id))

    def drop(self, itinerary_id: str) -> None:
        """Follow one no longer."""
        itinerary = self._by_id.pop(itinerary_id, None)
        if itinerary is not None:
            mine = self._of[itinerary.conveyance]
            del mine[itinerary_id]
            if not mine:
                del self._of[itinerary.conveyance]

    def ends_us(self, itinerary: Itinerary) -> int:
        """When papers are so old that nothing more is said; never where they give no time at all."""
        times = [t for node in itinerary.nodes for t in (node.arrive_us, node.depart_us) if t is not None]
        return max(times) + self._after_us if times else _FAR_US

    def take_over(self, watermark_us: int) -> list[str]:
        """Ids of those that are over by an instant; told once."""
        over = set()
        while self._ends and self._ends[0][0] <= watermark_us:
            itinerary = self._by_id.get(heapq.heappop(self._ends)[1])
            if itinerary is not None and self.ends_us(itinerary) <= watermark_us:
                over.add(itinerary.itinerary_id)
        return sorted(over)
