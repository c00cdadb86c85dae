"""Which flags a consignment bears after a run of messages from the risk engine. Pure: no topic, no clock.

``FlagBook`` says which flags a consignment has after a run of messages. A flag is known by its ``flag_id``::

    (none) --flag--> flagged --flag again--> the newer one in its place --clear--> (none)

A ``clear`` may also name a target: then it lifts the flags of that target which came before it, those on the papers as well; all of them, or
those of one name where ``flag`` is given.

A consignment is asked for by its *marks*: its document number, its id, and the number and name of each of its parties. Flags lie under the marks of
their targets, so a question costs as much as there are flags on what it asks of, however many are in force (``tests/naive/flagging.py`` asks all).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, KeysView, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tracker.cargo.codes import compact
from tracker.cargo.consignment import Consignment, Flag, Party
from tracker.cargo.folding import Mark, folded
from tracker.cargo.manifest import Manifest
from tracker.cargo.marks import MarkedTable
from tracker.cargo.rows import ConsignmentRows

MOST_FLAGS: Final = 1_000_000
"""So many flags (and clears of targets) are kept at most: some 600 MB. A further one is refused, and whoever sent it is told."""
_MOST_CHANGES: Final = 1000
"""Messages back to which a leg's flags are brought up to date one by one; beyond, they are asked anew (ours)."""


@dataclass(frozen=True, slots=True)
class ConsignmentTarget:
    """Consignments by their papers; every field that is given must agree. At least one of the first two is."""

    document_number: str | None = None
    consignment_id: str | None = None
    manifest_id: str | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Whatever it fits has one of these."""
        if self.document_number is not None:
            return (("document", compact(self.document_number)),)
        return (("consignment", self.consignment_id or ""),)

    def fits(self, manifest_id: str, consignment: Consignment) -> bool:
        """Whether this consignment is meant. Document numbers agree without regard to spaces, hyphens and case."""
        number = self.document_number
        return (
            (number is None or compact(number) == compact(consignment.document_number))
            and self.consignment_id in (None, consignment.consignment_id)
            and self.manifest_id in (None, manifest_id)
        )


@dataclass(frozen=True, slots=True, repr=False)
class PartyTarget:
    """Every consignment on which a party is consignor, consignee or to be notified. Its repr tells nothing, for it may reach a log."""

    name: str | None = None
    id: str | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Whatever it fits has one of these."""
        by_id = () if self.id is None else (("party id", compact(self.id)),)
        return by_id if self.name is None else (*by_id, ("party", folded(self.name)))

    def fits(self, manifest_id: str, consignment: Consignment) -> bool:
        """Whether the party is on its papers: by number where both have one, else by the whole name without regard to case."""
        del manifest_id
        parties = (consignment.consignor, consignment.consignee, consignment.notify)
        return any(self._is(party) for party in parties if party is not None)

    def _is(self, party: Party) -> bool:
        if self.id is not None and party.id is not None:
            return compact(self.id) == compact(party.id)
        return self.name is not None and folded(self.name) == folded(party.name)

    def __repr__(self) -> str:
        return "PartyTarget(...)"


@dataclass(frozen=True, slots=True)
class FlagMessage:
    """One message of the topic of flags. ``target`` and ``flag`` may be None in a ``clear``."""

    flag_id: str
    action: Literal["flag", "clear"]
    target: ConsignmentTarget | PartyTarget | None
    flag: str | None
    severity: float
    reason: str | None
    by: str
    time_us: int
    correlation_id: str | None = field(default=None, compare=False)

    def as_flag(self) -> Flag:
        """The flag as a consignment bears it."""
        return Flag(self.flag or "", self.severity, self.reason, self.by, self.time_us)


class FlagBook:
    """The flags in force, as the messages left them: a function of the messages and their order.

    It grows with the flags in force and the clears of targets, not with the messages seen.
    """

    def __init__(self, messages: Iterable[FlagMessage] = ()) -> None:
        self._messages: dict[str, tuple[int, FlagMessage]] = {}  # by flag_id, in order
        self._by_mark: dict[Mark, dict[int, FlagMessage]] = {}
        self._number = 0
        self._changes: deque[tuple[int, tuple[Mark, ...]]] = deque(maxlen=_MOST_CHANGES)
        self.version = 0
        """Another one whenever the flags of some consignment may be others."""
        for message in messages:
            self.apply(message)

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def messages(self) -> tuple[FlagMessage, ...]:
        """Those still in force, in order: all that need be kept to make the same book again."""
        return tuple(message for _, message in self._messages.values())

    @property
    def is_full(self) -> bool:
        """Whether another flag would be too many."""
        return len(self._messages) >= MOST_FLAGS

    @property
    def marks(self) -> KeysView[Mark]:
        """What the targets of the flags in force are known by."""
        return self._by_mark.keys()

    def in_force(self, flag_id: str) -> FlagMessage | None:
        """The message under an id that is in force, be it a flag or the clear of a target."""
        found = self._messages.get(flag_id)
        return None if found is None else found[1]

    def apply(self, message: FlagMessage) -> bool:
        """Take in the next message; False when it changes nothing (the same one again)."""
        before = self.in_force(message.flag_id)
        if before == message or (before is None and message.action == "clear" and message.target is None):
            return False
        self.version += 1
        targets = [target for target in (message.target, before and before.target) if target]
        self._changes.append((self.version, tuple(mark for target in targets for mark in target.marks)))
        if before is not None:
            self._remove(message.flag_id)
        if message.target is not None:
            self._number += 1
            self._messages[message.flag_id] = self._number, message
            for mark in message.target.marks:
                self._by_mark.setdefault(mark, {})[self._number] = message
        return True

    def changed_since(self, version: int) -> set[Mark] | None:
        """What the targets of all messages since a version are known by; None where that is too long ago."""
        if version + len(self._changes) < self.version:
            return None
        return {mark for at, marks in islice(reversed(self._changes), self.version - version) for mark in marks}

    def _remove(self, flag_id: str) -> None:
        number, message = self._messages.pop(flag_id)
        for mark in () if message.target is None else message.target.marks:
            under = self._by_mark[mark]
            del under[number]
            if not under:
                del self._by_mark[mark]

    def flags_of(self, manifest_id: str, consignment: Consignment) -> tuple[Flag, ...]:
        """The flags of a consignment: those on its papers, then those of the messages, less what was lifted."""
        found: dict[int, FlagMessage] = {}
        for mark in marks_of(consignment):
            if under := self._by_mark.get(mark):
                found |= under
        if not found:
            return consignment.flags
        flags = list(consignment.flags)
        for number in sorted(found):
            message = found[number]
            if message.target is None or not message.target.fits(manifest_id, consignment):
                continue
            if message.action == "flag":
                flags.append(message.as_flag())
            else:
                flags = [flag for flag in flags if message.flag is not None and flag.flag != message.flag]
        return tuple(flags)

    def flagged(self, manifest_id: str, consignment: Consignment) -> Consignment:
        """The consignment with the flags it has now."""
        flags = self.flags_of(manifest_id, consignment)
        return consignment if flags == consignment.flags else replace(consignment, flags=flags)


LARGE_ROWS: Final = 5_000
"""Consignments in a table of so many are not indexed one by one (ours: a look through a million takes some ten milliseconds a column)."""


class CargoIndex:
    """Consignments of papers by their marks: which of them a target means.

    Those in a large table are looked through by column, for an index of a million would take a gigabyte; the others have an index.
    """

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._by_mark: dict[Mark, list[tuple[str, Sequence[Consignment], int]]] = {}
        self._known: dict[str, Manifest] = {}
        self._tables: dict[int, tuple[MarkedTable, list[tuple[str, ConsignmentRows]], NDArray[np.int32]]] = {}
        """Of each large table the papers in it, and for each row which of them has it: -1 where none has, or no longer."""
        for manifest in manifests:
            self.take(manifest)

    def take(self, manifest: Manifest) -> None:
        """A further manifest, or its next version: what the one before said is forgotten. An older version changes nothing."""
        before = self._known.get(manifest.manifest_id)
        if before is not None:
            if before.version >= manifest.version:
                return
            self._forget(before)
        self._known[manifest.manifest_id] = manifest
        items = manifest.consignments
        if isinstance(items, ConsignmentRows) and items.whole.num_rows >= LARGE_ROWS:
            key = id(items.whole)
            if key not in self._tables:
                self._tables[key] = MarkedTable(items.whole), [], np.full(items.whole.num_rows, -1, dtype=np.int32)
            _, papers, of_row = self._tables[key]
            of_row[items.rows_at] = len(papers)
            papers.append((manifest.manifest_id, items))
            return
        for at, item in enumerate(items):
            for mark in dict.fromkeys(marks_of(item)):
                self._by_mark.setdefault(mark, []).append((manifest.manifest_id, items, at))

    def _forget(self, manifest: Manifest) -> None:
        items = manifest.consignments
        if isinstance(items, ConsignmentRows) and id(items.whole) in self._tables:
            self._tables[id(items.whole)][2][items.rows_at] = -1
            return
        for item in items:
            for mark in dict.fromkeys(marks_of(item)):
                left = [one for one in self._by_mark[mark] if one[0] != manifest.manifest_id]
                if left:
                    self._by_mark[mark] = left
                else:
                    del self._by_mark[mark]

    def meant_by(self, target: ConsignmentTarget | PartyTarget) -> list[tuple[str, Consignment]]:
        """Manifest and consignment of all that a target fits, each once."""
        found: dict[tuple[str, str], tuple[str, Consignment]] = {}
        for mark in target.marks:
            for manifest_id, item in self._with(mark):
                if target.fits(manifest_id, item):
                    found[manifest_id, item.consignment_id] = manifest_id, item
        return list(found.values())

    def _with(self, mark: Mark) -> Iterator[tuple[str, Consignment]]:
        for manifest_id, items, at in self._by_mark.get(mark, ()):
            yield manifest_id, items[at]
        for table, papers, of_row in self._tables.values():
            for row in table.rows_with(mark):
                if of_row[row] >= 0:
                    manifest_id, rows = papers[of_row[row]]
                    yield manifest_id, rows.of_row(row)


def marks_of(consignment: Consignment) -> Iterator[Mark]:
    """Everything a target may know a consignment by."""
    yield "document", compact(consignment.document_number)
    yield "consignment", consignment.consignment_id
    for party in (consignment.consignor, consignment.consignee, consignment.notify):
        if party is not None:
            yield "party", folded(party.name)
            if party.id is not None:
                yield "party id", compact(party.id)
