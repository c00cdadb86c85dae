"""The header of delimited text: which character divides its columns, and what they mean."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracker.decode.layouts import AS_IT_STANDS, Reading, ReadLayout, layout_of

DELIMITERS: Final = (",", ";", "\t")
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


def refusal_of_header(lines: Sequence[bytes], reading: Reading = AS_IT_STANDS) -> tuple[str, str] | None:
    """Of lines that hold a table but no header that can be read: what is missing, and how to give it. None where there is no table."""
    best: tuple[int, tuple[str, ...], ReadLayout] | None = None
    for line in lines:
        text = " ".join(line.decode("utf-8-sig", "replace").splitlines())
        for delimiter in DELIMITERS:
            if delimiter not in text:
                continue
            names = next(csv.reader([text], delimiter=delimiter))
            read = layout_of(names, "csv", reading)
            known = len(read.sources)
            if (
                known >= _FEWEST_KNOWN
                and 0 < len(read.missing) < len(MISSING_SENTENCES)
                and (best is None or known > best[0])
            ):
                best = (known, tuple(names), read)
    if best is None:
        return None
    if reading.mapping is not None:
        reading.mapping.check(best[1])
    return refusal(best[1], best[2])


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
