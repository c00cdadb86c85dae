"""Flags and orders in force: what a risk engine has told the program while it runs.

Every message taken in stands in the store, in order; a new life reads them all again, so what is in force needs no snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tracker.cargo.flagging import FlagBook, FlagMessage
from tracker.topics import Order, Reject, read_flag, read_order

FLAGS = "flags"
ORDERS = "orders"


class Control:
    """``flags`` are looked at by the linker, ``tracked`` by the desk."""

    def __init__(self, craft_of_imo: Callable[[int], list[str]]) -> None:
        self.flags = FlagBook()
        self.counts = {FLAGS: 0, ORDERS: 0, "rejected": 0}
        self.seq = 0
        self._orders: dict[str, Order] = {}
        self._craft_of_imo = craft_of_imo

    def restore(self, rows: Iterable[tuple[int, str, bytes]]) -> None:
        """Take in again what the store holds."""
        for seq, kind, content in rows:
            self.take(kind, content)
            self.seq = seq

    def take(self, kind: str, content: bytes | None) -> bool | Reject:
        """Take a message in: whether it changes anything, or why it is refused."""
        message = read_flag(content) if kind == FLAGS else read_order(content)
        if isinstance(message, Reject):
            self.counts["rejected"] += 1
            return message
        self.counts[kind] += 1
        self.seq += 1
        return self.flags.apply(message) if isinstance(message, FlagMessage) else self._order(message)

    @property
    def tracked(self) -> dict[str, str]:
        """Craft that are to be tracked, each with who ordered it and why."""
        tracked = {}
        for name, order in self._orders.items():
            sentence = f"Tracking ordered by {order.by}: {order.reason}"[:400]
            crafts = [name] if order.imo is None else self._craft_of_imo(order.imo)
            tracked.update(dict.fromkeys(crafts, sentence))
        return tracked

    def _order(self, order: Order) -> bool:
        name = order.craft or f"imo:{order.imo}"
        if order.action == "stop":
            return self._orders.pop(name, None) is not None
        before = self._orders.get(name)
        self._orders[name] = order
        return before != order
