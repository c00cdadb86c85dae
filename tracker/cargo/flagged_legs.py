"""Which consignments of a leg bear flags now: asked once per change of the flags, not once per consignment.

The marks of a leg (``flagging.marks_of``) are laid over those of the flags in force, the fewer of the two over the more; only what both have is looked at. Marks are kept of the
legs asked of last, ``MOST_ITEMS`` consignments in all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from tracker.cargo.codes import compact
from tracker.cargo.consignment import Consignment
from tracker.cargo.fields import PARTIES
from tracker.cargo.flag_chains import FlagChains, chain_marks
from tracker.cargo.flagging import FlagBook, Mark, folded, marks_of
from tracker.cargo.links import Leg, LegFlags
from tracker.cargo.rows import ConsignmentRows, flagged_of

MOST_ITEMS: Final = 200_000
"""Some 1 kB each: the consignments of the dozen largest ships."""
_MARK_COLUMNS: Final[tuple[tuple[str, str, Callable[[str], str]], ...]] = (
    ("document", "document_number", compact), ("master", "master_document_number", compact), ("consignment", "consignment_id", str),
    *(("party", f"{party}_name", folded) for party in PARTIES), *(("party id", f"{party}_id", compact) for party in PARTIES),
)  # fmt: skip
"""What ``flagging.marks_of`` and ``flag_chains.chain_marks`` look at, as columns."""


class FlaggedLegs:
    """Answers for legs, each until the flags change. A leg is known by itself, so it lives as long as anything is kept of it.

    ``chains`` say which flags follow goods from other legs.
    """

    def __init__(self, flags: FlagBook | None, chains: FlagChains) -> None:
        self._flags, self._chains = flags, chains
        self._on_papers: dict[Leg, LegFlags] = {}
        self._marks: OrderedDict[Leg, dict[Mark, list[int]]] = OrderedDict()
        self._items = 0
        self._known: dict[Leg, LegFlags] = {}
        self._version = 0, 0

    def of(self, leg: Leg) -> LegFlags:
        """The flags of a leg's consignments now."""
        on_papers = self._on_papers.get(leg)
        if on_papers is None:
            on_papers = self._on_papers[leg] = LegFlags.of({}, flagged_of(leg.items))
        if not self._flags and not self._chains.marks:
            return on_papers
        version = (self._flags.version if self._flags else 0), self._chains.version
        if version != self._version:
            self._known.clear()
            self._version = version
        known = self._known.get(leg)
        if known is None:
            known = self._known[leg] = self._now(leg, on_papers)
        return known

    def forget(self, legs: Iterable[Leg]) -> None:
        """Keep nothing of some legs: their papers are gone."""
        for leg in legs:
            self._on_papers.pop(leg, None)
            self._known.pop(leg, None)
            if self._marks.pop(leg, None) is not None:
                self._items -= len(leg.items)

    def _now(self, leg: Leg, on_papers: LegFlags) -> LegFlags:
        flags, marks = self._flags, self._marks_of(leg)
        followed = self._chains.followed(leg, marks, flags)
        meant = {at for mark in flags.marks & marks.keys() for at in marks[mark]} if flags else set()
        changed = {}
        for at in meant | followed.keys():
            item = leg.items[at]
            flagged = replace(item, flags=(*item.flags, *followed[at])) if at in followed else item
            if flags:
                flagged = flags.flagged(leg.manifest.manifest_id, flagged)
            if flagged is not item:
                changed[item.consignment_id] = flagged
        if not changed:
            return on_papers
        kept = [item for item in on_papers.flagged if item.consignment_id not in changed]
        return LegFlags.of(changed, [*kept, *(item for item in changed.values() if item.flags)])

    def _marks_of(self, leg: Leg) -> dict[Mark, list[int]]:
        marks = self._marks.get(leg)
        if marks is not None:
            self._marks.move_to_end(leg)
            return marks
        marks = self._marks[leg] = {}
        for at, mark in _marks(leg.items):
            marks.setdefault(mark, []).append(at)
        self._items += len(leg.items)
        while self._items > MOST_ITEMS and len(self._marks) > 1:
            oldest, _ = self._marks.popitem(last=False)
            self._items -= len(oldest.items)
        return marks


def _marks(items: Sequence[Consignment]) -> Iterator[tuple[int, Mark]]:
    """Everything that the consignments of a leg may be known by, each with its place; of rows only the columns needed are looked at."""
    if not isinstance(items, ConsignmentRows):
        yield from ((at, mark) for at, item in enumerate(items) for mark in chain(marks_of(item), chain_marks(item)))
        return
    for kind, name, change in _MARK_COLUMNS:
        column = items.column(name)
        for at, text in enumerate(column.to_pylist()):
            if text is not None:
                yield at, (kind, change(text))
    for at, text in enumerate(items.column("equipment_ids").to_pylist()):
        for box in text.split():
            yield at, ("box", box)
