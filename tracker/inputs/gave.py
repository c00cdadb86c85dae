"""What each input of a replay gave, and a sentence for one that gave nothing: a quiet sea must not look like a file that could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracker.decode.rejects import REJECT_SENTENCES, RejectCause
from tracker.inputs.recorded import Input
from tracker.printable import brief

MENDS: Final[Mapping[RejectCause, str]] = {
    RejectCause.BAD_CHECKSUM: "check how it was recorded: lines were changed or cut on the way",
    RejectCause.BAD_PARITY: "check how it was recorded: bytes were changed on the way, or it is no Mode S",
    RejectCause.TRUNCATED: "fetch it again, or unpack what can be had of it",
    RejectCause.BAD_IDENTITY: "see whether it is the column of the MMSI or 24-bit address ('tidewaiter inspect' shows it); numbers that a publisher made anonymous name no craft",
    RejectCause.BAD_TIME: "look at how it writes its time: 'tidewaiter inspect' shows what was taken for it",
    RejectCause.NO_TIME: "say when it began: --undated 2026-03-01T00:00:00Z, or --undated mtime",
    RejectCause.AMBIGUOUS_DATE: "say --date-order dmy or mdy",
    RejectCause.PROGRAM_FAULT: "please report it",
}
_ANY_MEND: Final = "'tidewaiter inspect' shows how it is read"
_SAMPLE_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Gave:
    """The account of one input."""

    name: str
    kind: str
    units_in: int
    units_decoded: int
    rows: int
    """Position rows, static reports and messages without columns."""
    rejects: dict[str, int]
    nothing: str = ""
    """Why it gave nothing, and how to mend it; nothing where it gave something."""

    @classmethod
    def of(cls, one: Input) -> Gave:
        """The account of an input that was read to its end."""
        counts = one.counts
        rejects = {str(cause): count for cause, count in sorted(counts.rejects.counts.items()) if count}
        nothing = "" if one.rows_read else _nothing(one)
        return cls(
            one.stored.name, str(one.kind), counts.units_in, counts.units_decoded, one.rows_read, rejects, nothing
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "input": self.name, "kind": self.kind, "units_in": self.units_in, "units_decoded": self.units_decoded,
            "rows": self.rows, "rejects": self.rejects, "nothing": self.nothing,
        }  # fmt: skip


def _nothing(one: Input) -> str:
    counts, rejects = one.counts, one.counts.rejects
    words = one.format.units
    if counts.units_decoded:
        told = ", ".join(f"{name} {count:,}" for name, count in counts.messages.most_common(5))
        return f"gave nothing: of its {counts.units_in:,} {words} {counts.units_decoded:,} were decoded ({told}), and none tells a position or a name; record for longer"
    causes = sorted(((count, cause) for cause, count in rejects.counts.items() if count), reverse=True)
    if not causes:
        return f"gave nothing: it was taken for {one.kind}, and there are no {words} in it; {_ANY_MEND}"
    cause = causes[0][1]
    sample = next((sample for sample in rejects.samples if sample.cause is cause), None)
    sentence = REJECT_SENTENCES[cause].partition(";")[0].rstrip(".")
    said = f"gave nothing: all {counts.units_in:,} {words} were refused"
    said += (
        f" as {cause} ({sentence})"
        if len(causes) == 1
        else f" ({', '.join(f'{cause} {count:,}' for count, cause in causes[:5])})"
    )
    if sample is not None:
        note = f" ({brief(sample.note, _SAMPLE_CHARACTERS)})" if sample.note else ""
        said += f"; the first is {one.format.place} {sample.at:,}: {brief(sample.text, _SAMPLE_CHARACTERS)}{note}"
    return f"{said}; {MENDS.get(cause, _ANY_MEND)}"
