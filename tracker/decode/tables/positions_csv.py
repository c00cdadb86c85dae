"""Positions as delimited text: MarineCadastre, Danish Maritime Authority, or any table with a header that names its columns.

One physical line is one row. The delimiter (comma, semicolon, tab or ``|``) and the meaning of the columns follow from the header
(``tracker.decode.layouts``), which is the first of the first ``HEADER_LINES`` lines that names a craft, a time and a position;
lines before it are refused unless they are empty or begin with ``#``. A repeated header (files joined end to end) is skipped.

Fields may be quoted (RFC 4180) but may not hold line ends. A line whose quotes do not enclose fields is read as if it had none.

Ledger: a unit is a line that is neither empty nor a header. Refused for its form: ``bad_row`` (wrong number of columns),
``too_long`` (over 64 KiB); for its content: ``tracker.decode.tables.rows``.
"""

from __future__ import annotations

import csv
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.snapshot import pack, scalars, unpack
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import AS_IT_STANDS, Reading, ReadLayout
from tracker.decode.rejects import SAMPLE_BYTES, RejectCause
from tracker.decode.snapshots import counts_tables, restore_counts, scalars_of
from tracker.decode.tables.changes import StaticChanges
from tracker.decode.tables.frame import frame_of_fields, rows_of_frame
from tracker.decode.tables.header import HEADER_LINES, Header, header_of
from tracker.decode.tables.lines import delimiters_of
from tracker.decode.tables.repeats import heard_later, tell_repeats, with_heard
from tracker.decode.tables.rows import Rows, check_rows, code, good_positions, tally
from tracker.decode.tables.statics import new_statics
from tracker.units import Micros

MAX_LINE_BYTES: Final = 1 << 16
_KIND: Final = "decoder.positions_csv"
_LAYOUT: Final = 3
_NEWLINE, _RETURN, _QUOTE, _SPACE = 10, 13, 34, 32

Lines = tuple[NDArray[np.int64], NDArray[np.int64]]


class PositionsCsvDecoder:
    """Decodes one table; see the module for the format."""

    def __init__(self, source: int, *, times: InputTimes = NOTHING_SAID, reading: Reading = AS_IT_STANDS) -> None:
        self.counts = DecoderCounts()
        self._times = times
        self._reading = reading
        self._source = source
        self._layout: Header | None = None
        self._header = b""
        self._header_line = b""
        """The header as it stood; the layout follows from it."""
        self._open = b""
        """The unfinished last line, at most ``MAX_LINE_BYTES`` + 1 of it."""
        self._skipping = False
        """Inside a line that is longer than any valid one."""
        self._line = 0
        self._seen = 0
        """Lines that were tried as header."""
        self._changes = StaticChanges()
        self._places = StaticChanges()
        """Time of the last position of each craft, of layouts that repeat positions."""

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the table."""
        if self._skipping:
            end = block.find(b"\n")
            if end < 0:
                return Decoded()
            self._open, block = self._open[: MAX_LINE_BYTES + 1], block[end:]
            self._skipping = False
        end = block.rfind(b"\n") + 1
        if not end:
            text, self._open = b"", self._open + block
        else:
            text, self._open = b"".join((self._open, memoryview(block)[:end])), block[end:]
        if len(self._open) > MAX_LINE_BYTES:
            self._open = self._open[: MAX_LINE_BYTES + 1]
            self._skipping = True
        return self._lines(text, received_us)

    def flush(self) -> Decoded:
        """End of input: the last line may have no line end."""
        last, self._open, self._skipping = self._open, b"", False
        return self._lines(last + b"\n", None) if last else Decoded()

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished line."""
        self._line += 1
        unit, self._open, self._skipping = self._open + last, b"", False
        return self._line, unit

    @property
    def read(self) -> ReadLayout | None:
        """How the columns are read, once the header is known."""
        return None if self._layout is None else self._layout.read

    def note(self, rows: Rows) -> None:
        """Called with rows as read, before any is refused; for who only looks."""

    def snapshot(self) -> bytes:
        """What spans blocks, as bytes: header, unfinished line, what was told of each craft, counts.

        Statics are compared by polars' row hash: with another version of polars they are told once more.
        """
        stream = scalars(
            header=self._header_line, open=self._open, skipping=self._skipping, line=self._line, seen=self._seen
        )
        return pack(
            _KIND,
            _LAYOUT,
            {"stream": stream, "changes": self._changes.table(), "places": self._places.table()}
            | counts_tables(self.counts),
        )

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot."""
        tables = unpack(_KIND, _LAYOUT, data)
        stream = scalars_of(tables["stream"])
        self._header_line = stream["header"]
        self._header = self._header_line.strip()
        self._layout = header_of(self._header_line, self._reading) if self._header_line else None
        self._open, self._skipping = stream["open"], stream["skipping"]
        self._line, self._seen = stream["line"], stream["seen"]
        self._changes.restore(tables["changes"])
        self._places.restore(tables["places"])
        restore_counts(self.counts, tables)

    def _lines(self, text: bytes, received_us: Micros | None) -> Decoded:
        """Decode whole lines."""
        while self._layout is None and text:
            end = text.index(b"\n") + 1
            self._try_header(text[:end])
            text = text[end:]
        if not text or self._layout is None:
            return Decoded()
        layout = self._layout
        before = self._line
        starts, ends, numbers, causes, stray = self._split(np.frombuffer(text, dtype=np.uint8), text)
        good = np.flatnonzero(causes == 0)
        frame = _frame(text, self._line - before, starts, ends, good, stray, layout)
        rows = rows_of_frame(frame, layout.read, received_us, self._times, self.counts.date_orders)
        self.note(rows)
        tell_repeats(rows, self._places)
        causes[good] = check_rows(rows)
        tally(self.counts, causes, numbers, lambda row: text[starts[row] : min(ends[row], starts[row] + SAMPLE_BYTES)])
        checked = causes[good]
        positions = good_positions(rows, checked, self._source, received_us)
        if rows.heard_us is not None:
            heard_us = rows.heard_us[checked == 0]
            positions = with_heard(positions, heard_later(positions, heard_us), heard_us, received_us)
        statics = new_statics(frame, layout.read, rows, checked, self._changes, self._source, received_us)
        return Decoded(positions, statics)

    def _try_header(self, line: bytes) -> None:
        """Take one line as header, or refuse it."""
        self._line += 1
        bare = line.strip()
        if not bare:
            return
        layout = header_of(line[:MAX_LINE_BYTES], self._reading) if self._seen < HEADER_LINES else None
        self._seen += 1
        if layout is not None:
            self._layout, self._header, self._header_line = layout, bare, line[:MAX_LINE_BYTES]
        elif not bare.startswith((b"#", b"\xef\xbb\xbf#")):
            cause = RejectCause.TOO_LONG if len(line) > MAX_LINE_BYTES else RejectCause.BAD_ROW
            self.counts.units_in += 1
            self.counts.rejects.add(cause, self._line, bare[:SAMPLE_BYTES], "before the header")

    def _split(
        self, data: NDArray[np.uint8], text: bytes
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], NDArray[np.bool_]]:
        """Of every unit: start, end (without line end), line number, cause to refuse it for its form, stray quotes."""
        assert self._layout is not None
        layout = self._layout
        newlines = np.flatnonzero(data == _NEWLINE)
        starts = np.concatenate([[0], newlines[:-1] + 1])
        ends = newlines - (data[np.maximum(newlines - 1, 0)] == _RETURN)
        ends = np.maximum(ends, starts)
        numbers = self._line + 1 + np.arange(len(starts))
        self._line += len(starts)

        unit = ends > starts
        for line in np.flatnonzero(unit & (data[starts] <= _SPACE)):
            unit[line] = bool(text[starts[line] : ends[line]].strip())
        for line in np.flatnonzero(unit & (data[starts] == self._header[0]) & (ends - starts < len(self._header) + 9)):
            unit[line] = text[starts[line] : ends[line]].strip() != self._header
        starts, ends, numbers = starts[unit], ends[unit], numbers[unit]
        stray = np.zeros(len(starts), dtype=bool)
        if b'"' in text and len(starts):
            delimiters = np.flatnonzero(data == ord(layout.delimiter))
            stray, delimiters = self._quoted(data, np.flatnonzero(data == _QUOTE), delimiters, starts, ends)
            width = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts) + 1
        else:
            width = delimiters_of(data, starts, ends, ord(layout.delimiter)) + 1
        causes = np.zeros(len(starts), dtype=np.uint8)
        causes[width != layout.read.width] = code(RejectCause.BAD_ROW)
        causes[ends - starts > MAX_LINE_BYTES] = code(RejectCause.TOO_LONG)
        return starts, ends, numbers, causes, stray

    def _quoted(
        self,
        data: NDArray[np.uint8],
        quotes: NDArray[np.int64],
        delimiters: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Which lines have quotes that enclose no field, and the delimiters that are not inside quotes."""
        assert self._layout is not None
        layout = self._layout
        line = np.clip(np.searchsorted(starts, quotes, side="right") - 1, 0, None)
        before = np.searchsorted(quotes, starts)
        opening = (np.arange(len(quotes)) - before[line]) & 1 == 0
        edge = np.zeros(256, dtype=bool)
        edge[[ord(layout.delimiter), _NEWLINE, _RETURN, _QUOTE]] = True
        previous = np.where(quotes > 0, data[quotes - 1], _NEWLINE)
        following = data[np.minimum(quotes + 1, len(data) - 1)]
        stray = (np.searchsorted(quotes, ends) - before) & 1 == 1
        stray[line[~edge[np.where(opening, previous, following)]]] = True
        holder = np.clip(np.searchsorted(starts, delimiters, side="right") - 1, 0, None)
        outside = (np.searchsorted(quotes, delimiters) - before[holder]) & 1 == 0
        return stray, delimiters[outside | stray[holder]]


def _frame(
    text: bytes,
    lines_in: int,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    good: NDArray[np.int64],
    stray: NDArray[np.bool_],
    layout: Header,
) -> pl.DataFrame:
    """The good lines as text columns named after the layout's fields; ``lines_in`` is how many lines ``text`` has in all."""
    picked = sorted({index for sources in layout.read.sources.values() for index, _ in sources})
    if not len(good):
        return pl.DataFrame({name: pl.Series([], dtype=pl.String) for name in layout.read.sources})
    quoted = b'"' in text
    if not quoted and len(good) == len(starts) == lines_in:
        lines, body = None, text
    else:
        lines = [
            text[starts[row] : ends[row]].replace(b'"', b"") if stray[row] else text[starts[row] : ends[row]]
            for row in good
        ]
        body = b"\n".join(lines)
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            separator=layout.delimiter,
            quote_char='"' if quoted else None,
            infer_schema=False,
            columns=picked,
            encoding="utf8-lossy",
            truncate_ragged_lines=True,
        )
    except pl.exceptions.PolarsError:
        frame = pl.DataFrame()
    if frame.height != len(good) or frame.width != len(picked):
        lines = lines or [text[starts[row] : ends[row]] for row in good]
        frame = _frame_line_by_line(lines, picked, layout.delimiter)
    numbered = dict(zip(picked, frame.columns, strict=True))
    return frame_of_fields(frame, [numbered.get(index, "") for index in range(layout.read.width)], layout.read)


def _frame_line_by_line(lines: list[bytes], picked: list[int], delimiter: str) -> pl.DataFrame:
    """The same by the standard library, for lines whose quotes the block parser reads otherwise."""
    columns: list[list[str]] = [[] for _ in picked]
    for line in lines:
        plain = " ".join(line.decode("utf-8", "replace").splitlines())
        fields = next(csv.reader([plain], delimiter=delimiter), [])
        for column, index in zip(columns, picked, strict=True):
            column.append(fields[index] if index < len(fields) else "")
    return pl.DataFrame({str(number): column for number, column in enumerate(columns)})
