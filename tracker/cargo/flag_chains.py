"""Flags follow goods over ships and aircraft: what is flagged on one leg of a transhipment is flagged on the others.

Two consignments are the same goods where they have the same bill (or the one's bill is the other's master bill) and no other carrier; or the same box, where one leg ends in the port in which
the other begins, in that order and within ``_LONGEST_STAY_US``. Of a box under several bills only the flagged bill is meant, where both legs name it. Only flagged consignments are kept here, so the
cost is that of the flags and not of the papers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tracker.cargo.codes import compact
from tracker.cargo.consignment import Consignment, Flag
from tracker.cargo.flagging import FlagBook
from tracker.cargo.folding import Mark
from tracker.cargo.links import Leg
from tracker.cargo.loading import Declared
from tracker.cargo.rows import flagged_of
from tracker.units import US_PER_DAY

_LONGEST_STAY_US: Final = 60 * US_PER_DAY
"""A box that stands longer in a port between two ships is another journey's (ours: transhipment takes days, in a strike weeks)."""
_OVERLAP_US: Final = 7 * US_PER_DAY
"""By so much the declared departure of the second ship may lie before the declared arrival of the first: either is late."""


@dataclass(frozen=True, slots=True)
class _Flagged:
    """A consignment flagged on its papers."""

    manifest_id: str
    declared: Declared
    item: Consignment


def chain_marks(item: Consignment) -> Iterator[Mark]:
    """What a consignment is known by along its chain."""
    if item.master_document_number:
        yield "master", compact(item.master_document_number)
    for box in item.equipment:
        yield "box", box.equipment_id


class FlagChains:
    """The flagged consignments of the newest papers by what their other legs share with them."""

    def __init__(self, same_port: Callable[[str, str], bool]) -> None:
        self._same_port = same_port
        self._by_mark: dict[Mark, dict[tuple[str, str], _Flagged]] = {}
        self._marks_of: dict[str, list[tuple[Mark, tuple[str, str]]]] = {}
        self.version = 0
        """Another one whenever other flags may follow."""

    @property
    def marks(self) -> KeysView[Mark]:
        """What the flagged consignments are known by."""
        return self._by_mark.keys()

    def take(self, manifest_id: str, legs: Iterable[Leg]) -> None:
        """The newest version of a manifest, in place of the one before."""
        entered = self._marks_of.pop(manifest_id, [])
        for mark, key in entered:
            under = self._by_mark[mark]
            under.pop(key, None)
            if not under:
                del self._by_mark[mark]
        held: list[tuple[Mark, tuple[str, str]]] = []
        for leg in legs:
            for item in flagged_of(leg.items):
                key = manifest_id, item.consignment_id
                number = compact(item.document_number)
                marks: list[Mark] = [("document", number), ("master", number)]
                marks += [("document", mark[1]) if mark[0] == "master" else mark for mark in chain_marks(item)]
                for mark in dict.fromkeys(marks):
                    self._by_mark.setdefault(mark, {})[key] = _Flagged(manifest_id, leg.declared, item)
                    held.append((mark, key))
        if held:
            self._marks_of[manifest_id] = held
        if held or entered:
            self.version += 1

    def followed(
        self, leg: Leg, marks: Mapping[Mark, list[int]], flags: FlagBook | None
    ) -> dict[int, tuple[Flag, ...]]:
        """The flags that follow to consignments of a leg, by their places in it; ``marks`` are those of the leg."""
        found: dict[int, dict[str, Flag]] = {}
        for mark in self.marks & marks.keys():
            for one in self._by_mark[mark].values():
                if one.manifest_id == leg.manifest.manifest_id:
                    continue
                for at in marks[mark]:
                    if self._is_same_goods(mark, one, leg, leg.items[at], marks):
                        theirs = one.item.flags if flags is None else flags.flags_of(one.manifest_id, one.item)
                        own = {flag.flag for flag in leg.items[at].flags}
                        for flag in theirs:
                            if flag.flag not in own:
                                found.setdefault(at, {}).setdefault(flag.flag, _followed(flag, one, mark))
        return {at: tuple(told.values()) for at, told in found.items()}

    def _is_same_goods(
        self, mark: Mark, one: _Flagged, leg: Leg, item: Consignment, marks: Mapping[Mark, list[int]]
    ) -> bool:
        if mark[0] != "box":
            return (
                one.item.carrier is None or item.carrier is None or compact(one.item.carrier) == compact(item.carrier)
            )
        number = compact(one.item.document_number)
        if ("document", number) in marks and compact(item.document_number) != number:
            return False
        return self._goes_on(one.declared, leg.declared) or self._goes_on(leg.declared, one.declared)

    def _goes_on(self, before: Declared, after: Declared) -> bool:
        """Whether one leg begins where another ends, and when."""
        if not self._same_port(before.discharge.code, after.loading.code):
            return False
        if before.arrives_us is None or after.departs_us is None:
            return True
        return before.arrives_us - _OVERLAP_US <= after.departs_us <= before.arrives_us + _LONGEST_STAY_US


def _followed(flag: Flag, one: _Flagged, mark: Mark) -> Flag:
    """The flag, with where it comes from."""
    by = f"box {mark[1]}" if mark[0] == "box" else f"bill {one.item.document_number}"
    came = f"follows {by} from manifest {one.manifest_id}"
    return replace(flag, reason=came if flag.reason is None else f"{flag.reason} ({came})")
