"""Bonds: what events say of two craft and one identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TRANSFER: Final = "identity_transfer"
DUPLICATE: Final = "duplicate_identity"
EXCHANGE: Final = "identity_exchange"
DETAILS: Final = (TRANSFER, DUPLICATE, EXCHANGE)
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
