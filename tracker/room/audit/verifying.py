"""Verifying an audit where it stands, in the room's store or in an export, against anchors kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from tracker.room.audit.audit_tables import AUDIT_TIP
from tracker.room.audit.chain import Entry, Fault, Problem, Verifier
from tracker.room.audit.heads import Anchors, is_genuine
from tracker.room.audit.log import entries, heads


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of verifying."""

    entries: int
    last: Entry | None
    anchors_held: int
    anchors_given: int
    problems: tuple[Problem, ...]
    problems_untold: int

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """For ``--json`` and the page."""
        return {
            "holds": self.holds,
            "entries": self.entries,
            "last": None if self.last is None else f"{self.last.sequence}:{self.last.hash}",
            "anchors_given": self.anchors_given,
            "anchors_held": self.anchors_held,
            "problems": [
                {"fault": str(p.fault), "sequence": p.sequence, "sentence": p.sentence} for p in self.problems
            ],
            "problems_untold": self.problems_untold,
        }

    def sentence(self) -> str:
        """The outcome in plain words."""
        if not self.holds:
            count = len(self.problems) + self.problems_untold
            return f"the audit does not hold: {count} problem{'s' if count > 1 else ''} in {self.entries} entries"
        if not self.anchors_given:
            return (
                f"the chain of {self.entries} entries holds in itself; without an anchor kept elsewhere nobody can tell whether its tail was cut off "
                "or all of it written anew"
            )
        last = 0 if self.last is None else self.last.sequence
        return f"the audit holds: {self.entries} entries up to number {last}, {self.anchors_held} anchors agree"


def verify_store(connection: Connection, anchors: Anchors) -> Finding:
    """Go through the chain in a store."""
    verifier = _verifier(anchors)
    for head in heads(connection):
        if not is_genuine(head):
            verifier.tell(
                Fault.FORGED,
                head.sequence,
                f"the signature of the head of entry {head.sequence} in the store does not hold",
            )
    for entry in entries(connection):
        verifier.take(entry)
    verifier.finish()
    _hold_against_own_heads(connection, verifier)
    return _finding(verifier, anchors)


def _hold_against_own_heads(connection: Connection, verifier: Verifier) -> None:
    """The store's own tip and heads are no anchors, but a careless hand forgets them."""
    last, last_hash = (0, "") if verifier.last is None else (verifier.last.sequence, verifier.last.hash)
    tip = connection.execute(select(AUDIT_TIP.c.sequence, AUDIT_TIP.c.hash)).one_or_none()
    if tip is not None and not isinstance(tip.sequence, int):
        verifier.tell(Fault.UNREADABLE, last, "where the store says that the chain ends there is no number")
    elif tip is not None and tip.sequence > last:
        verifier.tell(
            Fault.CUT,
            last,
            f"the store itself says that the chain ends at {tip.sequence}, and it ends at {last}: its tail was cut off",
        )
    elif tip is not None and (tip.sequence < last or (last and tip.hash != last_hash)):
        verifier.tell(
            Fault.REWRITTEN,
            last,
            f"the store says that the chain ends at {tip.sequence}, and there is another end at {last}",
        )


def verify_lines(lines: Iterable[str], anchors: Anchors) -> Finding:
    """Go through the chain in an export (JSON lines)."""
    verifier = _verifier(anchors)
    for entry in _entries_of(lines, verifier):
        verifier.take(entry)
    verifier.finish()
    return _finding(verifier, anchors)


def _entries_of(lines: Iterable[str], verifier: Verifier) -> Iterator[Entry]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = Entry.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            verifier.tell(Fault.UNREADABLE, 0, f"line {number} is no entry of an audit")
        else:
            yield entry


def _verifier(anchors: Anchors) -> Verifier:
    verifier = Verifier(anchors.hashes)
    for problem in anchors.problems:
        verifier.tell(problem.fault, problem.sequence, problem.sentence)
    return verifier


def _finding(verifier: Verifier, anchors: Anchors) -> Finding:
    return Finding(
        entries=verifier.entries,
        last=verifier.last,
        anchors_held=verifier.anchors_held,
        anchors_given=len(anchors.hashes),
        problems=tuple(verifier.problems),
        problems_untold=verifier.problems_untold,
    )
