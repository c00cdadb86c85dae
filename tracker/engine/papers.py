"""The papers in the order in which they became known: what the engine lays between the rows, in every life alike.

Papers that come while the program runs count from the watermark that had been reached when they came (``known_us``). Whoever drives a timeline again, after a kill or
for late rows, takes them at that very instant, after the rows up to it and before those behind it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracker.cargo.box_events import BoxEvent
from tracker.cargo.manifest import Manifest
from tracker.cargo.versions import ALWAYS_US


@dataclass(frozen=True, slots=True, order=True)
class Taken:
    """Papers that became known together, each the newest version of its ``manifest_id`` then."""

    known_us: int
    number: int
    """In the order in which they came."""
    manifests: tuple[Manifest, ...] = field(compare=False)
    boxes: tuple[BoxEvent, ...] = field(default=(), compare=False)
    """What became of boxes, as told with them."""


class PaperLog:
    """All papers that a timeline may be driven over, superseded versions too.

    Parameters
    ----------
    taken:
        ``(known_us, manifests)`` in the order in which they came: what was there before anything was heard has ``ALWAYS_US``.
    """

    def __init__(self, taken: Iterable[tuple[int, Sequence[Manifest]]] = ()) -> None:
        self._taken: list[Taken] = []
        self._count = 0
        for known_us, manifests in taken:
            self.add(manifests, known_us)

    def add(self, manifests: Sequence[Manifest], known_us: int, boxes: Sequence[BoxEvent] = ()) -> Taken:
        """More papers, which became known at an instant."""
        self._count += 1
        taken = Taken(known_us, self._count, tuple(manifests), tuple(boxes))
        insort(self._taken, taken)
        return taken

    def between(self, after_us: int | None, up_to_us: int) -> list[Taken]:
        """What became known after an instant (None: ever), up to another, in order."""
        first = 0 if after_us is None else bisect_right(self._taken, after_us, key=lambda one: one.known_us)
        return self._taken[first : bisect_right(self._taken, up_to_us, key=lambda one: one.known_us)]

    def manifests(self) -> Iterable[Manifest]:
        """Every version."""
        return (manifest for taken in self._taken for manifest in taken.manifests)

    def rebase(self, manifests: Sequence[Manifest], boxes: Sequence[BoxEvent] = ()) -> None:
        """The papers that count from always are others."""
        self._taken = [one for one in self._taken if one.known_us > ALWAYS_US]
        if manifests or boxes:
            self.add(manifests, ALWAYS_US, boxes)

    def not_after(self, known_us: int) -> None:
        """What became known later did so at an instant: the watermark was set back, for it was of a wrong clock."""
        self._taken = [replace(taken, known_us=min(taken.known_us, known_us)) for taken in self._taken]

    def forget(self, before_us: int) -> None:
        """Of papers known before an instant keep the newest versions only: no timeline is ever set back so far."""
        old = self.between(None, before_us)
        newest = {manifest.manifest_id: manifest for taken in old for manifest in taken.manifests}
        newer = [
            replace(taken, manifests=tuple(one for one in taken.manifests if newest[one.manifest_id] is one))
            for taken in old
        ]
        self._taken[: len(old)] = [taken for taken in newer if taken.manifests or taken.boxes]


NO_PAPERS: Final = PaperLog()
"""Of a timeline that has all its papers from the start."""
