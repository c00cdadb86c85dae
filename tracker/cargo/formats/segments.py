"""What EDIFACT and X12 have in common: messages made of segments, and what is amiss with them.

A segment keeps the offset of its first byte, so that whatever is said of it later names its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MOST_SEGMENT_BYTES: Final = 100_000
"""Longer text between two terminators is no segment: the terminator is missing (ours; free text has at most 5 x 512 letters)."""


class Segment(NamedTuple):
    """One segment: its tag, its elements with their components, and the offset of its first byte."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    offset: int

    def get(self, element: int, component: int = 0) -> str:
        """A component by its numbers, the first element behind the tag being 1; empty where it is missing."""
        if not 0 < element <= len(self.elements):
            return ""
        components = self.elements[element - 1]
        return components[component].strip() if component < len(components) else ""

    def all(self, element: int) -> tuple[str, ...]:
        """The components of an element; none where it is missing."""
        return self.elements[element - 1] if 0 < element <= len(self.elements) else ()


class Fault(NamedTuple):
    """What is amiss at an offset, and whether something is missing for it."""

    offset: int
    what: str
    is_incomplete: bool = True


@dataclass(slots=True)
class Message:
    """One message: its kind (``BAPLIE``, ``315``), its version (``D:95B``), its number, and its segments without the envelope."""

    kind: str
    version: str
    reference: str
    offset: int
    segments: list[Segment] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def groups(self, *triggers: str) -> Iterator[list[Segment]]:
        """Runs of segments, each begun by one of some tags; what stands before the first is the first run, and may be empty."""
        run: list[Segment] = []
        for segment in self.segments:
            if segment.tag in triggers:
                yield run
                run = []
            run.append(segment)
        yield run

    def first(self, tag: str, qualifier: str = "") -> Segment | None:
        """The first segment of a tag, and of a qualifier in its first element."""
        return first(self.segments, tag, qualifier)


def first(segments: list[Segment], tag: str, *qualifiers: str) -> Segment | None:
    """The first of some segments with a tag and one of some qualifiers in its first element."""
    for segment in segments:
        if segment.tag == tag and (not any(qualifiers) or segment.get(1) in qualifiers):
            return segment
    return None
