"""Bonds: what events say of two craft and one identity."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import asdict, dataclass, replace
from typing import Final

import pyarrow as pa

from tracker.events import Event, EventKind, EventState
from tracker.identity import parse_craft

TRANSFER: Final = "identity_transfer"
DUPLICATE: Final = "duplicate_identity"
EXCHANGE: Final = "identity_exchange"
DETAILS: Final = (TRANSFER, DUPLICATE, EXCHANGE)
LONGEST_CHAIN: Final = 8
"""Identities that one craft took over, one after the other, and that are followed back."""
UNSEEN: Final = 0.5
"""How sure it is that a number is aboard the other hull where two exchanged names side by side: nobody can tell (ours)."""


@dataclass(frozen=True, slots=True)
class Bond:
    """What an event says of two craft: ``craft`` took over from ``other`` (transfer), both give one number (duplicate), or each goes on as the other (exchange)."""

    event_id: str
    what: str
    craft: int
    other: int
    at_us: int
    """Of a transfer: from when on the new identity was heard."""
    confidence: float
    known_us: int
    withdrawn_us: int | None = None
    is_hull_crossed: bool | None = None
    """Of an exchange: whether each number is aboard the other's hull; None where nobody can tell."""

    @property
    def is_transfer(self) -> bool:
        """Whether one took over from the other."""
        return self.what == TRANSFER

    @property
    def crossed(self) -> float:
        """Of an exchange: how sure it is that the cargo of the one goes under the number of the other."""
        return self.confidence * (UNSEEN if self.is_hull_crossed is None else float(self.is_hull_crossed))

    def other_of(self, craft: int) -> int:
        """The other one of the two."""
        return self.craft if craft == self.other else self.other

    def stands(self, known_us: int) -> bool:
        """Whether it was believed at an instant."""
        return self.known_us <= known_us and (self.withdrawn_us is None or known_us < self.withdrawn_us)


def says_more(bond: Bond, before: Bond) -> bool:
    """Whether an event says something else of two craft than it did."""
    if bond.what == EXCHANGE and (bond.confidence, bond.is_hull_crossed) != (
        before.confidence,
        before.is_hull_crossed,
    ):
        return True
    return bond.at_us != before.at_us


class BondBook:
    """All bonds: made by events as they become known, withdrawn where the event is."""

    def __init__(self) -> None:
        self._bonds: dict[str, Bond] = {}
        self._of: dict[int, list[Bond]] = {}

    def __bool__(self) -> bool:
        return bool(self._bonds)

    def all(self) -> list[Bond]:
        """In the order in which they became known, those withdrawn with them."""
        return sorted(self._bonds.values(), key=lambda bond: (bond.known_us, bond.event_id))

    def hand_over(self, events: Iterable[Event]) -> list[tuple[int, int]]:
        """What events, as they become known, say of an identity that two craft have; the craft concerned, and when that was known."""
        concerned = []
        for event in events:
            if event.kind is not EventKind.INTEGRITY or event.detail not in DETAILS or event.other_craft is None:
                continue
            craft, other = parse_craft(event.craft), parse_craft(event.other_craft)
            if self._take(event, craft, other):
                concerned += [(craft, int(event.known_us)), (other, int(event.known_us))]
        if concerned:
            self._order()
        return concerned

    def _take(self, event: Event, craft: int, other: int) -> bool:
        """Note what an event says; whether that is anything new."""
        before = self._bonds.get(event.event_id)
        stands = before is not None and before.withdrawn_us is None
        if event.state is EventState.RETRACTED:
            if before is not None and stands:
                self._bonds[event.event_id] = replace(before, withdrawn_us=int(event.known_us))
            return True
        crossed = event.evidence.get("is_hull_crossed") if event.detail == EXCHANGE else None
        bond = Bond(
            event.event_id, event.detail, craft, other, int(event.start_us), float(event.confidence), int(event.known_us),
            is_hull_crossed=crossed,
        )  # fmt: skip
        if before is not None and stands:
            if not says_more(bond, before):
                return False
            if event.detail == EXCHANGE:
                key = f"{event.event_id} until {bond.known_us}"
                self._bonds[key] = replace(before, event_id=key, withdrawn_us=bond.known_us)
        self._bonds[event.event_id] = bond
        return True

    def is_bound(self, craft: int) -> bool:
        """Whether any event says something of a craft's identity."""
        return craft in self._of

    def taken_over(self, craft: int, at_us: int, known_us: int) -> Bond | None:
        """The latest bond by which a craft took over another's identity."""
        bonds = [
            bond
            for bond in self._of.get(craft, ())
            if bond.is_transfer and bond.craft == craft and bond.at_us <= at_us and bond.stands(known_us)
        ]
        return max(bonds, key=lambda bond: bond.at_us, default=None)

    def exchange_of(self, craft: int, at_us: int, known_us: int) -> Bond | None:
        """The latest exchange of identities that a craft had part in."""
        bonds = [
            bond
            for bond in self._of.get(craft, ())
            if bond.what == EXCHANGE and bond.at_us <= at_us and bond.stands(known_us)
        ]
        return max(bonds, key=lambda bond: bond.at_us, default=None)

    def went_on(self, craft: int, at_us: int, known_us: int) -> bool:
        """Whether a craft had gone on under another identity by an instant, and is not back."""
        last_us, gone = -1, False
        for bond in self._of.get(craft, ()):
            if bond.is_transfer and bond.at_us <= at_us and bond.stands(known_us) and bond.at_us > last_us:
                last_us, gone = bond.at_us, bond.other == craft and bond.confidence >= 0.5
        return gone

    def twins(self, craft: int, known_us: int) -> list[int]:
        """Craft that give the same number as one at once, in order."""
        return sorted(
            {
                bond.other_of(craft)
                for bond in self._of.get(craft, ())
                if bond.what == DUPLICATE and bond.stands(known_us)
            }
        )

    def formerly(self, craft: int, at_us: int, known_us: int) -> list[int]:
        """Craft whose calls count for this one: those whose identity it took over, and the one with which it exchanged its own."""
        found: list[int] = []
        for _ in range(LONGEST_CHAIN):
            before = self.taken_over(found[-1] if found else craft, at_us, known_us)
            if before is None:
                break
            found.append(before.other)
        exchange = self.exchange_of(craft, at_us, known_us)
        return [*found, *([] if exchange is None else [exchange.other_of(craft)])]

    def forget_craft(self, gone: Set[int]) -> None:
        """Keep nothing of some craft."""
        self._bonds = {key: bond for key, bond in self._bonds.items() if not gone & {bond.craft, bond.other}}
        self._order()

    def forget(self, before_us: int) -> bool:
        """Drop what was known before an instant; whether that was anything."""
        kept = {key: bond for key, bond in self._bonds.items() if bond.known_us >= before_us}
        is_less = len(kept) < len(self._bonds)
        if is_less:
            self._bonds = kept
            self._order()
        return is_less

    def table(self) -> pa.Table:
        """For a snapshot."""
        return pa.table(
            {"text": pa.array([json.dumps(asdict(self._bonds[key])) for key in sorted(self._bonds)], pa.string())}
        )

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        bonds = [Bond(**json.loads(text)) for text in table.column("text").to_pylist()]
        self._bonds |= {bond.event_id: bond for bond in bonds}
        self._order()

    def _order(self) -> None:
        of: dict[int, list[Bond]] = defaultdict(list)
        for bond in self.all():
            of[bond.craft].append(bond)
            of[bond.other].append(bond)
        self._of = dict(of)
