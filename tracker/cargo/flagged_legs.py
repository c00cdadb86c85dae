"""Which consignments of a leg bear flags now: asked once per change of the flags, not once per consignment.

The marks of a leg (``flagging.marks_of``) are laid over those of the flags in force, the fewer of the two over the more; only what both have is looked at. Marks are kept of the
legs asked of last, ``MOST_ITEMS`` consignments in all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from tracker.cargo.consignment import Consignment
from tracker.cargo.flag_chains import FlagChains, chain_marks
from tracker.cargo.flagging import FlagBook, marks_of
from tracker.cargo.folding import Mark
from tracker.cargo.links import Leg, LegFlags
from tracker.cargo.marks import marks_of_rows
from tracker.cargo.rows import ConsignmentRows, flagged_of

MOST_ITEMS: Final = 200_000
"""Some 1 kB each: the consignments of the dozen largest ships."""


class FlaggedLegs:
    """Answers for legs, each until the flags change. A leg is known by itself, so it lives as long as anything is kept of it.

    ``chains`` say which flags follow goods from other legs.
    """

    def __init__(self, flags: FlagBook | None, chains: FlagChains) -> None:
        self._flags, self._chains = flags, chains
        self._on_papers: dict[Leg, LegFlags] = {}
        self._marks: OrderedDict[Leg, dict[Mark, list[int]]] = OrderedDict()
        self._items = 0
        self._known: dict[Leg, tuple[tuple[int, int], LegFlags]] = {}
        """Of each leg its flags, and as of which version of messages and of chains."""

    def of(self, leg: Leg) -> LegFlags:
        """The flags of a leg's consignments now."""
        on_papers = self._on_papers.get(leg)
        if on_papers is None:
            on_papers = self._on_papers[leg] = LegFlags.of({}, flagged_of(leg.items))
        if not self._flags and not self._chains.marks:
            return on_papers
        version = (0 if self._flags is None else self._flags.version), self._chains.version
        known = self._known.get(leg)
        if known is None or known[0] != version:
            flags = None if known is None else self._brought_on(leg, on_papers, *known)
            known = self._known[leg] = version, self._now(leg, on_papers) if flags is None else flags
        return known[1]

    def _brought_on(self, leg: Leg, on_papers: LegFlags, version: tuple[int, int], before: LegFlags) -> LegFlags | None:
        """The flags of a leg from what they were: only consignments that the messages since then speak of are asked. None where they have to be asked anew."""
        flags = self._flags
        changes = None if flags is None or version[1] != self._chains.version else flags.changed_since(version[0])
        if flags is None or changes is None:
            return None
        marks = self._marks_of(leg)
        meant = {at for mark in changes & marks.keys() for at in marks[mark]}
        if self._chains.marks & marks.keys():
            return None  # flags on other legs follow to this one
        if not meant:
            return before
        changed = dict(before.changed)
        for at in meant:
            item = leg.items[at]
            flagged = flags.flagged(leg.manifest.manifest_id, item)
            changed.pop(item.consignment_id, None)
            if flagged is not item:
                changed[item.consignment_id] = flagged
        return _leg_flags(on_papers, changed)

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
        return _leg_flags(on_papers, changed)

    def _marks_of(self, leg: Leg) -> dict[Mark, list[int]]:
        marks = self._marks.get(leg)
        if marks is not None:
            self._marks.move_to_end(leg)
            return marks
        marks = self._marks[leg] = {}
        for mark, at in _marks(leg.items):
            marks.setdefault(mark, []).append(at)
        self._items += len(leg.items)
        while self._items > MOST_ITEMS and len(self._marks) > 1:
            oldest, _ = self._marks.popitem(last=False)
            self._items -= len(oldest.items)
        return marks


def _leg_flags(on_papers: LegFlags, changed: Mapping[str, Consignment]) -> LegFlags:
    """The flags of a leg, where some consignments have others than on the papers."""
    if not changed:
        return on_papers
    kept = [item for item in on_papers.flagged if item.consignment_id not in changed]
    return LegFlags.of(changed, [*kept, *(item for item in changed.values() if item.flags)])


def _marks(items: Sequence[Consignment]) -> Iterator[tuple[Mark, int]]:
    """Everything that the consignments of a leg may be known by, each with its place."""
    if isinstance(items, ConsignmentRows):
        return marks_of_rows(items)
    return ((mark, at) for at, item in enumerate(items) for mark in chain(marks_of(item), chain_marks(item)))
