"""What is aboard, and which papers may mean a craft by its name alone, into the views ``cargo_aboard`` and ``cargo_suggestions``, a part with every snapshot."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from tracker.cargo.link import CargoLinker
from tracker.cargo.links import Link, link_table
from tracker.cargo.suggestions import Suggestion, suggestion_table
from tracker.identity import craft_text
from tracker.store import append
from tracker.watch.record import StoreRecorder

_MOST_LINKS: Final = 5_000
"""Consignments told anew with a snapshot, about 40 ms of the loop; the others have their turn with the next ones."""


class CargoAboard:
    """Which craft it was last told of."""

    def __init__(self) -> None:
        self._changed: set[int] = set()
        """Craft of which something became known that was not told yet."""
        self._told_to = -1
        """Craft up to which, in order, it was last told what is aboard."""

    def tell(self, linker: CargoLinker, known_us: int, recorder: StoreRecorder) -> None:
        """Craft of which something became known, then the others in turn, as known at an instant."""
        if known_us <= 0:
            return  # nothing was heard yet
        self._changed |= linker.take_changed()
        changed = sorted(self._changed)
        others = linker.crafts
        start = bisect_right(others, self._told_to)
        links: list[Link] = []
        suggestions: list[Suggestion] = []
        told: list[int] = []
        for craft in dict.fromkeys([*changed, *others[start:], *others[:start]]):
            told.append(craft)
            links += linker.all_links(known_us, [craft])
            suggestions += linker.suggestions(craft, known_us)
            if craft in self._changed:
                self._changed.discard(craft)
            else:
                self._told_to = craft
            if len(links) + len(suggestions) >= _MOST_LINKS:
                break
        if told:
            crafts = [craft_text(craft) for craft in told]
            recorder.task(append.cargo_links(link_table(links, known_us), crafts=crafts))
            recorder.task(append.cargo_suggestions(suggestion_table(suggestions, known_us), crafts=crafts))
