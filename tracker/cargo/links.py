"""What is believed of goods and craft: a standing for each way of goods, and the consignments on it.

Consignments of one manifest between the same two ports go the same way (``Leg``): whether they are aboard is asked once for all of them. A ``Cargo`` holds such answers
and gives the consignments one by one, flagged ones first, only as far as somebody asks: a ship has fifteen thousand of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any, NamedTuple

import pyarrow as pa

from tracker.cargo.consignment import Consignment
from tracker.cargo.loading import Declared, Status
from tracker.cargo.manifest import Manifest
from tracker.identity import craft_text


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """All consignments of a manifest from one port to another, in the order of their ids."""

    manifest: Manifest
    declared: Declared
    items: Sequence[Consignment]
    part: int = 0
    """Of a leg of which box events tell the consignments apart: which part of it."""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Tells it from all other legs."""
        return self.manifest.manifest_id, self.declared.loading.code, self.declared.discharge.code, self.part


@dataclass(frozen=True, slots=True)
class LegFlags:
    """The flags on a leg at an instant: consignments whose flags are others than on the papers, and all that bear one, gravest first."""

    changed: Mapping[str, Consignment] = field(default_factory=dict)
    flagged: tuple[Consignment, ...] = ()

    @classmethod
    def of(cls, changed: Mapping[str, Consignment], flagged: Iterable[Consignment]) -> LegFlags:
        """In order."""
        return cls(changed, tuple(sorted(flagged, key=lambda item: (-item.severity, item.consignment_id))))

    def only(self, items: Sequence[Consignment]) -> LegFlags:
        """Those of some consignments of the leg."""
        if not self.changed and not self.flagged:
            return self
        names = {item.consignment_id for item in items}
        changed = {name: item for name, item in self.changed.items() if name in names}
        return LegFlags(changed, tuple(item for item in self.flagged if item.consignment_id in names))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is believed of a craft and a leg. ``until_us`` is None where nothing bounds it; ``arrived_us`` while the craft lies at the discharge."""

    craft: int
    leg: Leg = field(compare=False)
    status: Status
    reason: str
    confidence: float
    from_us: int
    until_us: int | None
    arrived_us: int | None = None
    is_loading_seen: bool = False
    """The craft was seen at the place of loading in time."""
    flags: LegFlags = field(default_factory=LegFlags, compare=False)
    among: tuple[int, ...] = ()
    """Craft of which one has the goods, where nobody can say which."""

    def flagged(self) -> Iterator[Link]:
        """Flagged consignments, gravest first."""
        return (Link(self, item) for item in self.flags.flagged)

    def unflagged(self) -> Iterator[Link]:
        """The others, in the order of their ids."""
        flagged = {item.consignment_id for item in self.flags.flagged}
        changed = self.flags.changed
        for item in self.leg.items:
            if item.consignment_id not in flagged:
                yield Link(self, changed.get(item.consignment_id, item))


class Link(NamedTuple):
    """One consignment, and what is believed of its way."""

    standing: Standing
    consignment: Consignment

    @property
    def craft(self) -> int:
        """The craft it is, or may be, aboard."""
        return self.standing.craft

    @property
    def manifest(self) -> Manifest:
        """The papers it stands on."""
        return self.standing.leg.manifest

    @property
    def status(self) -> Status:
        """What may be said of it."""
        return self.standing.status

    @property
    def reason(self) -> str:
        """Why."""
        return self.standing.reason

    @property
    def confidence(self) -> float:
        """How sure that is."""
        return self.standing.confidence

    @property
    def from_us(self) -> int:
        """Since when it is aboard; 0 where nobody knows."""
        return self.standing.from_us

    @property
    def until_us(self) -> int | None:
        """Until when."""
        return self.standing.until_us

    @property
    def arrived_us(self) -> int | None:
        """When the craft came to the port of discharge."""
        return self.standing.arrived_us

    @property
    def expected_arrival_us(self) -> int | None:
        """Declared arrival at the port of discharge."""
        return self.standing.leg.declared.arrives_us


class Cargo:
    """Consignments on craft, each on a craft once: of several standings the loaded one, then the surest, is kept."""

    def __init__(self, standings: Iterable[Standing]) -> None:
        best: dict[tuple[Any, ...], Standing] = {}
        for standing in standings:
            key = (standing.craft, *standing.leg.key)
            if key not in best or _sureness(standing) > _sureness(best[key]):
                best[key] = standing
        self.standings: Sequence[Standing] = [best[key] for key in sorted(best)]

    def __len__(self) -> int:
        return sum(len(standing.leg.items) for standing in self.standings)

    def __iter__(self) -> Iterator[Link]:
        return chain(self.flagged, heapq.merge(*(s.unflagged() for s in self.standings), key=_order))

    @cached_property
    def flagged(self) -> Sequence[Link]:
        """Flagged ones, gravest first."""
        return sorted(chain.from_iterable(standing.flagged() for standing in self.standings), key=_order)

    @property
    def consignments(self) -> int:
        """How many there are; one that may be aboard either of two craft counts once."""
        return sum(len(leg.items) for leg in {s.leg.key: s.leg for s in self.standings}.values())

    @property
    def ways(self) -> Sequence[Link]:
        """One consignment for each way."""
        return [Link(standing, standing.leg.items[0]) for standing in self.standings]

    @property
    def flagged_ways(self) -> Sequence[Link]:
        """The gravest flagged consignment of each way that has any."""
        return [Link(s, s.flags.flagged[0]) for s in self.standings if s.flags.flagged]

    def first(self, most: int) -> list[Link]:
        """The first so many."""
        return list(islice(self, most))

    def of(self, status: Status) -> Cargo:
        """Those of one status."""
        return Cargo(standing for standing in self.standings if standing.status is status)

    def settled(self, crafts: Set[int]) -> Cargo:
        """The same, where goods that are aboard one of several craft are aboard if all of these had part in what happened, and none of them alone has the goods."""
        alone = {one.leg.key for one in self.standings if one.status is Status.LOADED and one.craft in crafts}
        return Cargo(
            replace(standing, status=Status.LOADED)
            if len(standing.among) > 1
            and crafts >= set(standing.among)
            and standing.from_us > 0
            and standing.leg.key not in alone
            else standing
            for standing in self.standings
        )


def _sureness(standing: Standing) -> tuple[bool, float]:
    return standing.status is Status.LOADED, standing.confidence


def _order(link: Link) -> tuple[Any, ...]:
    return (-link.consignment.severity, link.craft, link.manifest.manifest_id, link.consignment.consignment_id)


def link_table(links: Sequence[Link], known_us: int) -> pa.Table:
    """Rows of the view ``cargo_aboard``, as known at an instant."""
    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "craft": pa.array([craft_text(link.craft) for link in links], pa.string()),
            "manifest_id": pa.array([link.manifest.manifest_id for link in links], pa.string()),
            "consignment_id": pa.array([link.consignment.consignment_id for link in links], pa.string()),
            "status": pa.array([str(link.status) for link in links], pa.string()),
            "from_time": pa.array([link.from_us or None for link in links], pa.int64()).cast(instant),
            "until_time": pa.array([link.until_us for link in links], pa.int64()).cast(instant),
            "confidence": pa.array([link.confidence for link in links], pa.float64()),
            "reason": pa.array([link.reason for link in links], pa.string()),
            "known_time": pa.array([known_us] * len(links), pa.int64()).cast(instant),
        }
    )
