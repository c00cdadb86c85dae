"""The chain of the audit: every entry holds the hash of the one before it.

::

    hash = SHA-256(previous hash, 32 bytes, then the entry's body as JSON in the one form of RFC 8785, UTF-8)

The body holds the sequence number, so an entry can neither be changed, left out nor moved without breaking the chain. The chain alone does not show that
its tail was cut off, nor that somebody who owns the disk wrote all of it anew: for that there are anchors (``tracker.room.audit.heads``), kept elsewhere.
An entry tells ids only, so that data can be erased and the chain still holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import rfc8785

GENESIS: Final = "0" * 64
"""What the first entry has as its previous hash."""

Term = str | int | bool | None
"""What a term of an entry may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: who did what to which things, when. Times are microseconds since 1970 UTC, hashes 64 hexadecimal digits."""

    sequence: int
    at_us: int
    act: str
    actor: str
    """``person:ID``, ``service:ID`` or ``nobody``."""
    session: str
    """Session or token that acted; empty where there was none."""
    objects: tuple[str, ...]
    """What it was done to: ``alert:ID``, ``person:ID``, ..."""
    is_refused: bool
    terms: Mapping[str, Term]
    previous: str
    hash: str

    def body(self) -> dict[str, Any]:
        """What is hashed: everything but the two hashes."""
        return {
            "sequence": self.sequence,
            "at_us": str(self.at_us),  # JSON numbers hold 53 bits; RFC 8785 refuses more
            "act": self.act,
            "actor": self.actor,
            "session": self.session,
            "objects": list(self.objects),
            "is_refused": self.is_refused,
            "terms": dict(self.terms),
        }

    def to_json(self) -> dict[str, Any]:
        """The entry as a line of an export."""
        return {**self.body(), "previous": self.previous, "hash": self.hash}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Entry:
        """The entry of a line of an export.

        Raises
        ------
        ValueError, KeyError, TypeError
            it is none.
        """
        return cls(
            sequence=int(line["sequence"]),
            at_us=int(line["at_us"]),
            act=str(line["act"]),
            actor=str(line["actor"]),
            session=str(line["session"]),
            objects=tuple(str(name) for name in line["objects"]),
            is_refused=bool(line["is_refused"]),
            terms=dict(line["terms"]),
            previous=str(line["previous"]),
            hash=str(line["hash"]),
        )


def canonical(document: Mapping[str, Any]) -> bytes:
    """A JSON document in the one form of RFC 8785, so that equal documents have equal digests."""
    return rfc8785.dumps(dict(document))


def hash_of(entry: Entry) -> str:
    """The hash that an entry should have."""
    return hashlib.sha256(bytes.fromhex(entry.previous) + canonical(entry.body())).hexdigest()


def linked(
    previous: Entry | None,
    *,
    at_us: int,
    act: str,
    actor: str,
    session: str = "",
    objects: Iterable[str] = (),
    is_refused: bool = False,
    terms: Mapping[str, Term] | None = None,
) -> Entry:
    """The entry that follows ``previous``; the first of a chain where that is None."""
    sequence, before = (1, GENESIS) if previous is None else (previous.sequence + 1, previous.hash)
    return sealed(
        sequence,
        before,
        at_us=at_us,
        act=act,
        actor=actor,
        session=session,
        objects=objects,
        is_refused=is_refused,
        terms=terms,
    )


def sealed(
    sequence: int,
    previous_hash: str,
    *,
    at_us: int,
    act: str,
    actor: str,
    session: str = "",
    objects: Iterable[str] = (),
    is_refused: bool = False,
    terms: Mapping[str, Term] | None = None,
) -> Entry:
    """An entry with its hash, at a place of the chain that is known by number and previous hash."""
    bare = Entry(
        sequence=sequence,
        at_us=at_us,
        act=act,
        actor=actor,
        session=session,
        objects=tuple(objects),
        is_refused=is_refused,
        terms=dict(terms or {}),
        previous=previous_hash,
        hash="",
    )
    return Entry(**{**{name: getattr(bare, name) for name in Entry.__slots__}, "hash": hash_of(bare)})


class Fault(StrEnum):
    """What can be wrong with a chain."""

    EDITED = "edited"
    """An entry is not what was written: its hash does not fit it."""
    GAP = "gap"
    """Entries are missing."""
    REORDERED = "reordered"
    """Entries stand in another order than they were written in."""
    BROKEN = "broken"
    """An entry does not continue the one before it: one of them was replaced."""
    CUT = "cut"
    """An anchor tells of an entry behind the last there is: the tail was cut off."""
    REWRITTEN = "rewritten"
    """The entry at the place of an anchor is another than the anchor tells of: the chain was written anew."""
    FORGED = "forged"
    """The signature of an anchor does not hold."""
    UNREADABLE = "unreadable"
    """What stands at a place of the chain, or in a file of anchors, cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, at which sequence number, and in words."""

    fault: Fault
    sequence: int
    sentence: str


MOST_PROBLEMS: Final = 100
"""More are counted and not told one by one: one edit deep in a chain is what matters, not its ten thousand echoes."""


class Verifier:
    """Goes through a chain once, entry by entry, with little memory.

    Parameters
    ----------
    anchored:
        Sequence number -> hash that some anchor tells for it.
    """

    def __init__(self, anchored: Mapping[int, str] | None = None) -> None:
        self._anchored = dict(anchored or {})
        self._last: Entry | None = None
        self.entries = 0
        self.anchors_held = 0
        self.problems: list[Problem] = []
        self.problems_untold = 0

    def take(self, entry: Entry) -> None:
        """Look at the next entry in the order of the chain."""
        self.entries += 1
        last, expected = self._last, 1 if self._last is None else self._last.sequence + 1
        if entry.sequence < expected:
            self.tell(
                Fault.REORDERED,
                entry.sequence,
                f"entry {entry.sequence} stands behind entry {expected - 1}; it was moved",
            )
        elif entry.sequence > expected:
            missing = (
                f"entry {expected} is"
                if entry.sequence == expected + 1
                else f"entries {expected} to {entry.sequence - 1} are"
            )
            self.tell(Fault.GAP, expected, f"{missing} missing")
        elif entry.previous != (GENESIS if last is None else last.hash):
            self.tell(
                Fault.BROKEN,
                entry.sequence,
                f"entry {entry.sequence} does not continue entry {expected - 1}; one of the two was replaced",
            )
        if not _is_whole(entry):
            self.tell(Fault.EDITED, entry.sequence, f"entry {entry.sequence} was changed after it was written")
        told = self._anchored.pop(entry.sequence, None)
        if told is not None and told == entry.hash:
            self.anchors_held += 1
        elif told is not None:
            self.tell(
                Fault.REWRITTEN,
                entry.sequence,
                f"entry {entry.sequence} is another than its anchor tells of; the chain was written anew",
            )
        self._last = entry

    def finish(self) -> None:
        """The chain ends here."""
        last = 0 if self._last is None else self._last.sequence
        for sequence in sorted(self._anchored):
            if sequence > last:
                self.tell(
                    Fault.CUT,
                    sequence,
                    f"an anchor tells of entry {sequence}, and the chain ends at {last}: its tail was cut off",
                )
        self._anchored.clear()

    @property
    def last(self) -> Entry | None:
        """The last entry looked at."""
        return self._last

    def tell(self, fault: Fault, sequence: int, sentence: str) -> None:
        """Note a problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(fault, sequence, sentence))
        else:
            self.problems_untold += 1


def _is_whole(entry: Entry) -> bool:
    try:
        return hash_of(entry) == entry.hash
    except (ValueError, TypeError, RecursionError):  # no hash at all, or a value that was never written by us
        return False


def problems_of(entries: Iterable[Entry], anchored: Mapping[int, str] | None = None) -> Iterator[Problem]:
    """What is wrong with a whole chain."""
    verifier = Verifier(anchored)
    for entry in entries:
        verifier.take(entry)
    verifier.finish()
    yield from verifier.problems
