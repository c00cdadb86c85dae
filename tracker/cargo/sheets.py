"""Rows of cells out of text: comma, semicolon, tab or bar, quoted or not, one row after another.

A broken quotation costs its row only: the lines it swallowed are read again, each by itself. Excel's first line ``sep=;`` is obeyed.
"""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

DELIMITERS: Final = ",;\t|"
_UNSEEN: Final = "\u200b\u200e\u200f\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e"
"""Marks without width: what is copied out of mails and web pages is full of them, and two files put together have one in the middle."""
LONG_ROWS: Final = 2000
_PROBE_LINES: Final = 40
_LONGEST_PROBE: Final = 100_000
_MEND_QUOTES: Final = "check the quotation marks"


class PlainText(str):
    """A cell that a workbook holds as a number or a date: written by us, with a decimal point and as ISO 8601, whatever the office's own way is."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its cells, or what is wrong with it. ``at`` is the line it begins in, of a workbook the row."""

    at: int
    cells: Sequence[str] = ()
    fault: str = ""


@dataclass(slots=True)
class Sheet:
    """A table as it was received. ``name`` is that of the sheet of a workbook; empty of text."""

    name: str
    rows: Iterator[SheetRow]
    is_cut: bool = False
    """The text does not end with a line's end: its last row may have been cut."""
    delimiter: str = ","
    is_long: bool = False
    """It has so many rows that they are worth reading by column."""


def text_sheet(text: str) -> Sheet:
    """The table that a text holds."""
    line, _, rest = text.partition("\n")
    named = line.strip().lower()
    skipped = 0
    if named.startswith("sep=") and len(named) == 5:
        delimiter, text, skipped = line.strip()[4], rest, 1
    else:
        delimiter = delimiter_of(text)
    return Sheet(
        "",
        _rows(text, delimiter, skipped),
        bool(text) and text[-1] not in "\r\n",
        delimiter,
        text.count("\n") > LONG_ROWS,
    )


def without_unseen(text: str) -> str:
    """A text without marks that nobody sees, and that keep two equal names from being equal.

    >>> without_unseen("SEA STAR\\u200b")
    'SEA STAR'
    """
    if not text.isascii():
        for mark in _UNSEEN:
            if mark in text:
                text = text.replace(mark, "")
    return text


def delimiter_of(text: str) -> str:
    """What parts the cells: the sign that most often stands in the same number in the first lines.

    >>> delimiter_of('a;b;c\\n1,5;2,5;x\\n2,5;3,5;"y;z"\\n')
    ';'
    """
    sample = [line for line in text[:_LONGEST_PROBE].splitlines()[:_PROBE_LINES] if line.strip()]
    best = (0.0, ",")
    for sign in DELIMITERS:
        counts = Counter(_unquoted(line).count(sign) for line in sample)
        counts.pop(0, None)
        if counts:
            most, lines = max(counts.items(), key=lambda item: (item[1] * item[0], item[0]))
            best = max(best, (float(most * lines), sign), key=lambda item: item[0])
    return best[1]


def _unquoted(line: str) -> str:
    return "".join(line.split('"')[::2])


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, one at a time: a text of a quarter of a gigabyte is not copied."""
    mark = "\n" if "\n" in text else "\r"
    at = 0
    while (end := text.find(mark, at) + 1) > 0:
        yield text[at:end]
        at = end
    if at < len(text):
        yield text[at:]


class _Lines:
    """The lines of a text, of which those of a broken row can be had again."""

    def __init__(self, text: str) -> None:
        self._lines = _lines(text)
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def give_back_all_but_one(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _rows(text: str, delimiter: str, skipped: int) -> Iterator[SheetRow]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    at = 1 + skipped
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            lines.give_back_all_but_one()
            yield SheetRow(at, fault=f"cannot be read as CSV ({exc}); {_MEND_QUOTES}")
        else:
            if any(cell.strip() for cell in cells):
                yield SheetRow(at, cells)
        at += len(lines.taken)
        lines.taken.clear()
