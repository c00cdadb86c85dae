"""Flags and orders in force: what a risk engine has told the program while it runs.

What was taken in and changed something stands in the store, in order; a new life reads of each flag and craft the last, so what is in force needs no
snapshot. Orders by IMO number follow the craft that give it: which do is kept in memory, from the store at the beginning and from static reports since.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracker.cargo.flagging import FlagBook, FlagMessage
from tracker.decode.rejects import RejectCause
from tracker.identity import craft_text, parse_craft
from tracker.topics.answers import Result
from tracker.topics.outgoing import Order, Reject, read_flag, read_order

FLAGS: Final = "flags"
ORDERS: Final = "orders"
KINDS: Final[Mapping[str, str]] = {FLAGS: "flag", ORDERS: "order"}
"""As they are called in the store, and in an answer."""
MOST_ORDERS: Final = 100_000
"""So many craft are tracked by order at most."""
MOST_PAIRS: Final = 500_000
"""So many pairs of an IMO number and a craft that gave it are remembered, some 250 bytes each: some for every ship that has a number."""
_SENTENCE_CHARS: Final = 400


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was understood: what became of it, and the flag or order it replaced or ended."""

    message: FlagMessage | Order
    result: Result
    before: FlagMessage | Order | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is otherwise now."""
        return self.result not in (Result.UNCHANGED, Result.NOTHING_TO_CLEAR)

    @property
    def command_key(self) -> str:
        """What the last message under it replaces all earlier ones of: the flag's id, the craft of an order."""
        return self.message.flag_id if isinstance(self.message, FlagMessage) else _name_of(self.message)


class ImoIndex:
    """Which craft gave which IMO number.

    Anybody can give any number, so neither how many craft give one nor how many numbers there are is bounded by the ships there are: every step takes the
    same time whatever was given before, and of more pairs than ``most_pairs`` the numbers longest not given are forgotten. A ship gives hers every six minutes
    (ITU-R M.1371), so she is back soon.
    """

    def __init__(self, most_pairs: int = MOST_PAIRS) -> None:
        self._most = most_pairs
        self._crafts: OrderedDict[int, int | OrderedDict[int, None]] = OrderedDict()
        """Nearly all numbers have one craft; whatever was heard last is last."""
        self._pairs = 0

    def add(self, imo: int, craft: int) -> bool:
        """Take in a static report; True where the pair is new."""
        found = self._crafts.pop(imo, None)
        is_new = True
        if found is None:
            found = craft
        elif isinstance(found, int):
            is_new = found != craft
            found = OrderedDict.fromkeys((found, craft)) if is_new else found
        else:
            is_new = craft not in found
            found[craft] = None
            found.move_to_end(craft)
        self._crafts[imo] = found
        self._pairs += is_new
        while self._pairs > self._most:
            self._forget_one()
        return is_new

    def crafts(self, imo: int) -> tuple[int, ...]:
        """Every craft that gave a number."""
        found = self._crafts.get(imo, ())
        return (found,) if isinstance(found, int) else tuple(found)

    def __len__(self) -> int:
        return len(self._crafts)

    def _forget_one(self) -> None:
        """The craft heard longest ago of the number heard longest ago."""
        imo, found = next(iter(self._crafts.items()))
        if not isinstance(found, int):
            found.popitem(last=False)
        if isinstance(found, int) or not found:
            del self._crafts[imo]
        self._pairs -= 1


class Control:
    """``flags`` are looked at by the linker, ``tracked`` by the desk: both are the same objects as long as this lives."""

    def __init__(self) -> None:
        self.flags = FlagBook()
        self.counts = {FLAGS: 0, ORDERS: 0, "rejected": 0}
        self.seq = 0
        """Number of the last message that changed something."""
        self.commands = 0
        """How many commands came by the door, in all lives."""
        self.imo = ImoIndex()
        self.tracked: dict[str, str] = {}
        """Craft that are to be tracked, each with who ordered it and why."""
        self._orders: dict[str, Order] = {}
        self._orders_on: dict[str, dict[str, Order]] = {}  # by craft as text, then by name, in the order they came
        self._reached: dict[str, dict[str, None]] = {}
        """Craft as text that each order in force has reached, by its name."""

    def restore(self, rows: Iterable[tuple[int, str, bytes]], pairs: Iterable[tuple[int, int]] = ()) -> None:
        """Take in again what the store holds; ``pairs`` are IMO numbers and the craft that gave them."""
        for imo, craft in pairs:
            self.imo.add(imo, craft)
        for seq, kind, content in rows:
            self.take(kind, content)
            self.seq = seq

    def take(self, kind: str, content: bytes | None) -> Taken | Reject:
        """Take a message in: what became of it, or why it is refused."""
        message = read_flag(content) if kind == FLAGS else read_order(content)
        taken = message if isinstance(message, Reject) else self._taken(message)
        if isinstance(taken, Reject):
            self.counts["rejected"] += 1
            return taken
        self.counts[kind] += 1
        self.seq += taken.changes
        return taken

    def note(self, statics: Any) -> list[int]:
        """Take in static reports; the craft that an order in force reaches only now."""
        rows = statics.imo > 0
        if not rows.any():
            return []
        reached = []
        for imo, craft in zip(statics.imo[rows].tolist(), statics.craft[rows].tolist(), strict=True):
            if self.imo.add(imo, craft) and (order := self._orders.get(f"imo:{imo}")) is not None:
                self._track(craft_text(craft), f"imo:{imo}", order)
                reached.append(craft)
        return reached

    def _taken(self, message: FlagMessage | Order) -> Taken | Reject:
        return self._flag(message) if isinstance(message, FlagMessage) else self._order(message)

    def _flag(self, message: FlagMessage) -> Taken | Reject:
        before = self.flags.in_force(message.flag_id)
        if before is None and message.target is not None and self.flags.is_full:
            sentence = f"flag refused: {len(self.flags):,} are in force, which is the most; clear some first"
            return Reject(RejectCause.TOO_MANY, sentence, message.flag_id, message.correlation_id)
        if not self.flags.apply(message):
            return Taken(message, Result.UNCHANGED if before == message else Result.NOTHING_TO_CLEAR)
        if message.action == "clear":
            return Taken(message, Result.CLEARED, before)
        return Taken(message, Result.IN_FORCE if before is None else Result.REPLACED, before)

    def _order(self, order: Order) -> Taken | Reject:
        name = _name_of(order)
        before = self._orders.get(name)
        if order.action == "stop":
            if before is None:
                return Taken(order, Result.NOTHING_TO_CLEAR)
            self._drop(name)
            return Taken(order, Result.CLEARED, before)
        if before == order:
            return Taken(order, Result.UNCHANGED)
        if before is None and len(self._orders) >= MOST_ORDERS:
            sentence = f"order refused: {len(self._orders):,} craft are tracked, which is the most; stop some first"
            return Reject(RejectCause.TOO_MANY, sentence, order.order_id, order.correlation_id)
        if before is not None:
            self._drop(name)
        self._orders[name] = order
        for craft in self.crafts_of(order):
            self._track(craft_text(craft), name, order)
        return Taken(order, Result.IN_FORCE if before is None else Result.REPLACED, before)

    def crafts_of(self, order: Order) -> tuple[int, ...]:
        """The craft an order means now."""
        return (parse_craft(order.craft),) if order.imo is None and order.craft else self.imo.crafts(order.imo or 0)

    def _track(self, craft: str, name: str, order: Order) -> None:
        self._orders_on.setdefault(craft, {})[name] = order
        self._reached.setdefault(name, {})[craft] = None
        self._tell(craft)

    def _drop(self, name: str) -> None:
        del self._orders[name]
        for craft in self._reached.pop(name, {}):
            orders = self._orders_on.get(craft, {})
            orders.pop(name, None)
            if not orders:
                self._orders_on.pop(craft, None)
            self._tell(craft)

    def _tell(self, craft: str) -> None:
        """The sentence of the last order on a craft."""
        orders = self._orders_on.get(craft)
        if orders is None:
            self.tracked.pop(craft, None)
            return
        last = next(reversed(orders.values()))
        self.tracked[craft] = f"Tracking ordered by {last.by}: {last.reason}"[:_SENTENCE_CHARS]


def _name_of(order: Order) -> str:
    return order.craft or f"imo:{order.imo}"
