"""What is known to have become of each box, in the order of time. Only what has happened is kept: plans and orders prove nothing.

An event counts from when it was received, said and happened, and no longer once it is withdrawn. Of each box the last ``MOST_EVENTS`` are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa

from tracker.cargo.box_events import BoxEvent, BoxEventKind, Classifier
from tracker.voyages.itinerary import Conveyance, Mode

MOST_EVENTS: Final = 24
"""A box is loaded and discharged four times at most on its way (ours), and each is told by carrier and terminal."""
MOST_WITHDRAWN: Final = 100_000
NEVER_US: Final = 1 << 62
"""When an event is withdrawn that stands."""


@dataclass(frozen=True, slots=True)
class Known:
    """An event, and from when on it counts."""

    event: BoxEvent
    known_us: int
    happened_us: int


class BoxLog:
    """The events of boxes by their numbers."""

    def __init__(self) -> None:
        self._of: dict[str, list[Known]] = {}
        self._withdrawn: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def __contains__(self, equipment_id: str) -> bool:
        return equipment_id in self._of

    def add(self, events: Iterable[BoxEvent], received_us: int) -> set[str]:
        """Take in events received at an instant; the boxes of which something else is known now."""
        changed = set()
        for event in events:
            if event.kind is BoxEventKind.WITHDRAWN:
                known_us = event.known_us(received_us)
                if event.event_id and known_us < self._withdrawn.get(event.event_id, NEVER_US):
                    self._withdrawn[event.event_id] = known_us
                    changed |= {
                        box for box, held in self._of.items() if any(k.event.event_id == event.event_id for k in held)
                    }
                    while len(self._withdrawn) > MOST_WITHDRAWN:
                        del self._withdrawn[next(iter(self._withdrawn))]
                continue
            if not event.is_proof or not event.equipment_id:
                continue
            assert event.time_us is not None
            held = self._of.setdefault(event.equipment_id, [])
            if any(known.event == event for known in held):
                continue
            held.append(Known(event, event.known_us(received_us), event.time_us))
            held.sort(key=lambda known: (known.happened_us, known.known_us, known.event.event_id))
            del held[:-MOST_EVENTS]
            changed.add(event.equipment_id)
        return changed

    def of(self, equipment_id: str) -> Iterator[tuple[Known, int]]:
        """The events of a box in the order of time, each with the instant from which it is withdrawn."""
        for known in self._of.get(equipment_id, ()):
            yield known, self._withdrawn.get(known.event.event_id, NEVER_US)

    def forget(self, before_us: int) -> None:
        """Drop boxes of which nothing happened since an instant."""
        gone = [box for box, held in self._of.items() if held[-1].happened_us < before_us]
        for box in gone:
            del self._of[box]

    def table(self) -> pa.Table:
        """All that is kept, for a snapshot."""
        rows = [(json.dumps(asdict(known.event)), known.known_us) for held in self._of.values() for known in held]
        rows += [(json.dumps(event_id), known_us) for event_id, known_us in self._withdrawn.items()]
        return pa.table(
            {
                "text": pa.array([row[0] for row in rows], pa.string()),
                "known_us": pa.array([row[1] for row in rows], pa.int64()),
            }
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`, beside what is there."""
        for text, known_us in zip(table.column("text").to_pylist(), table.column("known_us").to_pylist(), strict=True):
            value = json.loads(text)
            if isinstance(value, str):
                self._withdrawn[value] = min(known_us, self._withdrawn.get(value, NEVER_US))
                continue
            self._keep(event_from(value), known_us)

    def _keep(self, event: BoxEvent, known_us: int) -> None:
        held = self._of.setdefault(event.equipment_id, [])
        held[:] = [known for known in held if known.event != event]
        assert event.time_us is not None
        held.append(Known(event, known_us, event.time_us))
        held.sort(key=lambda known: (known.happened_us, known.known_us, known.event.event_id))


def event_from(values: dict[str, Any]) -> BoxEvent:
    """A box event from what ``asdict`` made of it, by way of JSON."""
    ship = values["conveyance"]
    conveyance = None if ship is None else Conveyance(**{**ship, "mode": Mode(ship["mode"])})
    return BoxEvent(
        **{
            **values,
            "kind": BoxEventKind(values["kind"]),
            "classifier": Classifier(values["classifier"]),
            "conveyance": conveyance,
            "documents": tuple(values["documents"]),
        }
    )
