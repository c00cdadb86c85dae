"""The header of delimited text: which character divides its columns, and what they mean."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracker.decode.layouts import AS_IT_STANDS, Reading, ReadLayout, layout_of

DELIMITERS: Final = (",", ";", "\t", "|")
HEADER_LINES: Final = 20
"""The header is one of so many first lines."""
MISSING_SENTENCES: Final = {
    "craft": "a craft identity (mmsi or icao24)",
    "time": "a time",
    "position": "a position (lat and lon)",
}
_MENDS: Final = {
    "craft": "name the column of the MMSI or of the 24-bit address in a mapping, or give the one craft there under [fixed] (--mapping FILE)",
    "time": "name the column of the time in a mapping (--mapping FILE)",
    "position": "name the columns of latitude and longitude in a mapping (--mapping FILE)",
}
_FEWEST_KNOWN: Final = 2
_NAMES_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Header:
    """One header line."""

    names: tuple[str, ...]
    delimiter: str
    read: ReadLayout


def header_of(line: bytes, reading: Reading = AS_IT_STANDS) -> Header | None:
    """The header that a line is, or None where it does not name a craft, a time and a position."""
    text = " ".join(line.decode("utf-8-sig", "replace").splitlines())  # csv takes no line ends, of any kind
    for delimiter in DELIMITERS:
        if delimiter in text:
            names = next(csv.reader([text], delimiter=delimiter))
            read = layout_of(names, "csv", reading)
            if not read.missing:
                return Header(tuple(names), delimiter, read)
    return None


def layout_of_beginning(first_bytes: bytes, reading: Reading = AS_IT_STANDS) -> ReadLayout | None:
    """How the table is read that begins so; None where no header is among the first lines."""
    for line in first_bytes.splitlines()[:HEADER_LINES]:
        header = header_of(line, reading)
        if header is not None:
            return header.read
    return None


def likely_layout(first_bytes: bytes, reading: Reading = AS_IT_STANDS) -> ReadLayout | None:
    """How the line of names is read that most looks like a header, even if it names too little; None where none does."""
    lines = first_bytes.splitlines()[:HEADER_LINES]
    found = [read for line in lines if (read := _likely(line, reading)) is not None]
    return max(found, key=lambda read: len(read.sources), default=None)


def _likely(line: bytes, reading: Reading) -> ReadLayout | None:
    text = " ".join(line.decode("utf-8-sig", "replace").splitlines())
    reads = [layout_of(next(csv.reader([text], delimiter=one)), "csv", reading) for one in DELIMITERS if one in text]
    return max(reads, key=lambda read: len(read.sources), default=None)


def refusal_of_header(lines: Sequence[bytes], reading: Reading = AS_IT_STANDS) -> tuple[str, str] | None:
    """Of lines that hold a table but no header that can be read: what is missing, and how to give it. None where there is no table."""
    found = [read for line in lines if (read := _likely(line, reading)) is not None]
    told = [
        read for read in found if len(read.sources) >= _FEWEST_KNOWN and 0 < len(read.missing) < len(MISSING_SENTENCES)
    ]
    if not told:
        return None
    best = max(told, key=lambda read: len(read.sources))
    if reading.mapping is not None:
        reading.mapping.check(best.names)
    return refusal(best.names, best)


def refusal(names: Sequence[str], read: ReadLayout) -> tuple[str, str]:
    """Why columns of these names cannot be read, and how to mend it: two parts of one sentence."""
    what = f"a table of {read.layout.title}" if read.layout else "a table"
    shown = ", ".join(name.strip() or '""' for name in names[:_NAMES_SHOWN]) + (
        ", ..." if len(names) > _NAMES_SHOWN else ""
    )
    lacks = ", ".join(MISSING_SENTENCES[part] for part in read.missing)
    also = ""
    pair = read.sources.get("lat_lon")
    if pair is not None:
        also = f"; its position is one column, {names[pair[0][0]]} (lat,lon)"
    return f"{what} ({shown}) without {lacks}{also}", _MENDS[read.missing[0]]
