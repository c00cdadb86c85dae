"""The book of open events: what a detector has told, and may have to tell more of.

State diagram of one place in the book::

    (none) --tell, keep--> kept --tell--> kept      revisions are numbered here, from 1 on
                           kept --close, pop--> (none)

A *place* is whose event it is (a segment key) and which of its events, mostly the instant at which it began. An event that is kept is open, or withdrawn for the
time being: a detector that lets something else tell it may tell it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.events import Event, events_from_arrow, events_to_arrow
from tracker.identity import CRAFT_MASK

Place = tuple[int, int]


class OpenEvents:
    """The last revision told of every event that is not over."""

    def __init__(self) -> None:
        self._kept: dict[int, dict[int, Event]] = {}

    def __len__(self) -> int:
        return sum(len(events) for events in self._kept.values())

    def __contains__(self, place: Place) -> bool:
        return self.get(place) is not None

    def __iter__(self) -> Iterator[tuple[Place, Event]]:
        """Everything in the book, in the order of places."""
        for key in sorted(self._kept):
            for which in sorted(self._kept[key]):
                yield (key, which), self._kept[key][which]

    def get(self, place: Place) -> Event | None:
        """The last revision told of a place."""
        return self._kept.get(place[0], {}).get(place[1])

    def of(self, key: int) -> Mapping[int, Event]:
        """The events of one craft, by which of its events they are."""
        return self._kept.get(key, {})

    def tell(self, place: Place, event: Event) -> Event:
        """The next revision of a place: numbered, and kept."""
        return self.keep(place, self._numbered(place, event))

    def close(self, place: Place, event: Event) -> Event:
        """The last revision of a place, numbered: it is over, or withdrawn for good."""
        last = self._numbered(place, event)
        self.pop(place)
        return last

    def keep(self, place: Place, event: Event) -> Event:
        """Enter an event with the number it has, as one that goes on under another place."""
        self._kept.setdefault(place[0], {})[place[1]] = event
        return event

    def pop(self, place: Place) -> Event | None:
        """Take an event out of the book without a word."""
        events = self._kept.get(place[0], {})
        event = events.pop(place[1], None)
        if not events:
            self._kept.pop(place[0], None)
        return event

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft, without a word."""
        gone = set(craft.tolist())
        self._kept = {key: events for key, events in self._kept.items() if key & CRAFT_MASK not in gone}

    def to_arrow(self) -> pa.Table:
        """For a snapshot: the events, and the columns ``key`` and ``which`` of their places."""
        places = [place for place, _ in self]
        table = events_to_arrow(event for _, event in self)
        for part, name in enumerate(("key", "which")):
            table = table.append_column(name, pa.array([place[part] for place in places], pa.int64()))
        return table

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`to_arrow`, on an empty book."""
        keys, which = table.column("key").to_pylist(), table.column("which").to_pylist()
        for place, event in zip(
            zip(keys, which, strict=True), events_from_arrow(table.drop_columns(["key", "which"])), strict=True
        ):
            self.keep(place, event)

    def _numbered(self, place: Place, event: Event) -> Event:
        before = self.get(place)
        return replace(event, revision=1 if before is None else before.revision + 1)
