"""The table of readers: which files of other people's forms are read, how each is known by its content, and who reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracker.cargo.formats import dcsa, edifact, edifact_papers, schedule_csv, x12, x12_papers
from tracker.cargo.formats.gathered import Gathered


@dataclass(frozen=True, slots=True)
class Reader:
    """One family of files. ``fits`` looks at the beginning only; ``read`` never raises for what is in the file."""

    kind: str
    fits: Callable[[bytes], bool]
    read: Callable[[bytes, Gathered], None]


READERS: Final = (
    Reader("edifact", edifact.is_edifact, edifact_papers.read),
    Reader("x12", x12.is_x12, x12_papers.read),
    Reader("dcsa", dcsa.is_dcsa, dcsa.read),
    Reader("schedules", schedule_csv.is_schedule, schedule_csv.read),
)


def reader_of(content: bytes) -> Reader | None:
    """The reader of a file, None where it is none of these (our own JSON and CSV are known in ``tracker.cargo.read``)."""
    return next((reader for reader in READERS if reader.fits(content)), None)
