"""The header of delimited text: which character divides its columns, and what they mean."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Final

from tracker.decode.layouts import ReadLayout, layout_of

DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Header:
    """One header line."""

    names: tuple[str, ...]
    delimiter: str
    read: ReadLayout


def header_of(line: bytes) -> Header | None:
    """The header that a line is, or None where it does not name a craft, a time and a position."""
    text = " ".join(line.decode("utf-8-sig", "replace").splitlines())  # csv takes no line ends, of any kind
    for delimiter in DELIMITERS:
        if delimiter in text:
            names = next(csv.reader([text], delimiter=delimiter))
            read = layout_of(names, "csv")
            if not read.missing:
                return Header(tuple(names), delimiter, read)
    return None
