"""Rejects: bad input as data. Counted by cause, a bounded sample kept, never raised inside a stream.

The ledger of one input always balances: ``units_in == units_decoded + sum(rejects)``, where a unit is a line of a text
feed, a frame of a binary feed, or a row of a table. Blank lines are no units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

SAMPLES_PER_CAUSE: Final = 20
"""How many samples of one cause are kept per input; the rest are only counted."""
SAMPLE_BYTES: Final = 240
"""A sample keeps at most this many bytes of the offending unit."""


class RejectCause(StrEnum):
    """Why a unit was refused. ``REJECT_SENTENCES`` explains each to a person."""

    BAD_CHECKSUM = "bad_checksum"
    BAD_PARITY = "bad_parity"
    BAD_TAG_BLOCK = "bad_tag_block"
    BAD_ARMOUR = "bad_armour"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TRUNCATED = "truncated"
    INCOMPLETE_MULTIPART = "incomplete_multipart"
    UNKNOWN_SENTENCE = "unknown_sentence"
    UNKNOWN_MESSAGE = "unknown_message"
    UNKNOWN_ADDRESS = "unknown_address"
    IMPOSSIBLE_VALUE = "impossible_value"
    BAD_IDENTITY = "bad_identity"
    BAD_TIME = "bad_time"
    NO_POSITION = "no_position"
    BAD_JSON = "bad_json"
    BAD_ROW = "bad_row"
    BAD_CARGO = "bad_cargo"
    PROGRAM_FAULT = "program_fault"
    TOO_MANY = "too_many"
    UNREADABLE_RECORD = "unreadable_record"
    NO_TIME = "no_time"
    AMBIGUOUS_DATE = "ambiguous_date"


REJECT_SENTENCES: Final = {
    RejectCause.BAD_CHECKSUM: "The NMEA checksum is missing or does not match the sentence.",
    RejectCause.BAD_PARITY: "The 24-bit Mode S parity does not match the frame.",
    RejectCause.BAD_TAG_BLOCK: "The tag block's own checksum does not match or its fields cannot be read.",
    RejectCause.BAD_ARMOUR: "The payload holds characters outside the six-bit alphabet or a wrong number of fill bits.",
    RejectCause.TOO_SHORT: "The message has fewer bits than its type needs.",
    RejectCause.TOO_LONG: "The line or frame is longer than any valid one.",
    RejectCause.TRUNCATED: "The input ended, or a new frame began, inside this one.",
    RejectCause.INCOMPLETE_MULTIPART: "A fragment whose other fragments never came.",
    RejectCause.UNKNOWN_SENTENCE: "Not a sentence, frame or record this format knows.",
    RejectCause.UNKNOWN_MESSAGE: "A message type that the standard does not define.",
    RejectCause.UNKNOWN_ADDRESS: "A reply whose address is hidden in its parity and is no aircraft heard before.",
    RejectCause.IMPOSSIBLE_VALUE: "A latitude, longitude, speed or altitude that cannot be.",
    RejectCause.BAD_IDENTITY: "An MMSI or 24-bit address that cannot be.",
    RejectCause.BAD_TIME: "The time is unreadable or outside 1990 to 2100.",
    RejectCause.NO_TIME: (
        "Nothing tells its time; say when the recording began: --undated 2026-03-01T00:00:00Z, or --undated mtime for the file's own."
    ),
    RejectCause.AMBIGUOUS_DATE: (
        "The time can be read in two ways and nothing in the file decides; of day and month say --date-order dmy (31/12/2026) or mdy (12/31/2026); the hour that comes twice when summer time ends stays refused."
    ),
    RejectCause.NO_POSITION: "A record of a positions file that carries neither position nor identity worth keeping.",
    RejectCause.BAD_JSON: "Not JSON, or JSON of another shape than this format has.",
    RejectCause.BAD_ROW: "A row with the wrong number of columns or a value that cannot be read.",
    RejectCause.BAD_CARGO: "A row of a cargo file with a wrong or missing value.",
    RejectCause.PROGRAM_FAULT: (
        "The program itself failed on it and set it aside; the note names the error and its place in the code. Please report it."
    ),
    RejectCause.TOO_MANY: "A flag or order beyond the most that may be in force at once.",
    RejectCause.UNREADABLE_RECORD: "A record or batch of a topic that is damaged, or packed in a way this program does not read.",
}


@dataclass(frozen=True, slots=True)
class RejectSample:
    """One refused unit, for a person to look at."""

    cause: RejectCause
    at: int
    """Line number (from 1) of a text feed or table, byte offset (from 0) of a binary feed."""
    text: str
    """The beginning of the unit; bytes outside printable ASCII as ``\\xNN``."""
    note: str = ""


@dataclass(slots=True)
class RejectTally:
    """Counts by cause and the first samples of each; bounded whatever is thrown at it."""

    counts: Counter[RejectCause] = field(default_factory=Counter)
    samples: list[RejectSample] = field(default_factory=list)
    _sampled: Counter[RejectCause] = field(default_factory=Counter)

    def add(self, cause: RejectCause, at: int, unit: bytes | str, note: str = "", *, count: int = 1) -> None:
        """Count ``count`` refused units of one cause and keep this one as a sample while there is room."""
        self.counts[cause] += count
        if self._sampled[cause] < SAMPLES_PER_CAUSE:
            self._sampled[cause] += 1
            self.samples.append(RejectSample(cause, at, printable(unit), note))

    def wants_sample(self, cause: RejectCause) -> bool:
        """Whether another sample of this cause would be kept (so that nobody slices bytes for nothing)."""
        return self._sampled[cause] < SAMPLES_PER_CAUSE

    def restore(self, counts: Mapping[RejectCause, int], samples: Iterable[RejectSample]) -> None:
        """Counts and samples as they were."""
        self.counts, self.samples = Counter(counts), list(samples)
        self._sampled = Counter(sample.cause for sample in self.samples)

    @property
    def total(self) -> int:
        """All refused units."""
        return sum(self.counts.values())


def printable(unit: bytes | str) -> str:
    """The beginning of a unit as printable ASCII."""
    if isinstance(unit, str):
        unit = unit[:SAMPLE_BYTES].encode("utf-8", "backslashreplace")
    unit = unit[:SAMPLE_BYTES]
    if unit.isascii() and (plain := unit.decode("ascii")).isprintable():
        return plain
    return "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in unit)
