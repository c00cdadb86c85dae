"""Positions as Parquet: the same column names as delimited text, of any type that holds them.

Parquet needs random access, so it is the one format that is read from a path and not decoded from blocks. It is read a batch
of rows of one row group at a time. Timestamps may be typed (any unit, any zone), epoch numbers or text. In the ledger a unit
is a row; its number is counted from 1. Where a damaged file cannot be read further, one more unit is refused (``truncated``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import AS_IT_STANDS, Reading, ReadLayout, layout_of
from tracker.decode.layouts.plausible import UnitEvidence
from tracker.decode.rejects import SAMPLE_BYTES, RejectCause
from tracker.decode.tables.changes import StaticChanges
from tracker.decode.tables.frame import frame_of_fields, rows_of_frame
from tracker.decode.tables.header import refusal
from tracker.decode.tables.repeats import heard_later, tell_repeats, with_heard
from tracker.decode.tables.rows import check_rows, good_positions, tally
from tracker.decode.tables.statics import new_statics
from tracker.decode.tables.trial import ENOUGH_TO_DECIDE, decided_by, may_be_decided
from tracker.errors import UnknownFormatError
from tracker.faults import PanicError, fault_of, panics_as_errors

BATCH_ROWS: Final = 1 << 16
_UNREADABLE: Final = (
    pa.ArrowException,
    pl.exceptions.PolarsError,
    PanicError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,
)
"""What the libraries raise on a damaged file; a name of a column that is no UTF-8 is a ``UnicodeDecodeError``."""
_TRIAL_ROWS: Final = 4_096
_MOST_TRIAL_ROWS: Final = 1 << 18


def decode_parquet(
    path: str | Path,
    source: int,
    counts: DecoderCounts | None = None,
    *,
    times: InputTimes = NOTHING_SAID,
    reading: Reading = AS_IT_STANDS,
) -> Iterator[Decoded]:
    """Decode a Parquet file batch by batch, entering its rows into ``counts``.

    Raises
    ------
    UnknownFormatError
        when the file is no readable Parquet or its columns name no craft, time and position.
    """
    counts = DecoderCounts() if counts is None else counts
    file, layout = _opened(path, str(path), reading)
    with file:
        try:
            layout = layout_of(layout.names, "parquet", _decided(file, layout, reading))
            yield from _batches(file, layout, source, counts, times)
        except _UNREADABLE as exc:
            counts.units_in += 1
            counts.rejects.add(RejectCause.TRUNCATED, counts.units_in, str(exc), "the file cannot be read further")


def parquet_layout(path: str | Path, reading: Reading = AS_IT_STANDS) -> ReadLayout:
    """How the columns of a Parquet file are read."""
    with pq.ParquetFile(path) as file:
        layout = layout_of(file.schema_arrow.names, "parquet", reading)
        return layout if layout.missing else layout_of(layout.names, "parquet", _decided(file, layout, reading))


def _decided(file: pq.ParquetFile, layout: ReadLayout, reading: Reading) -> Reading:
    """Units that the first rows show, where the names leave them open (``tracker.decode.tables.trial``)."""
    if not may_be_decided(layout):
        return reading
    evidence, names = UnitEvidence(), list(layout.names)
    with suppress(Exception):  # what raises is met again, and counted, when the file is decoded
        for size in (_TRIAL_ROWS, _MOST_TRIAL_ROWS):
            evidence = UnitEvidence()
            batch = next(file.iter_batches(size, columns=_wanted(layout)))
            table = _table(batch)
            evidence.add(rows_of_frame(frame_of_fields(table, names, layout), layout, None).column)
            if evidence.steps >= ENOUGH_TO_DECIDE or batch.num_rows < size:
                break
    return decided_by(evidence, layout, reading)


def _wanted(layout: ReadLayout) -> list[str]:
    """The columns that are read."""
    return sorted({layout.names[index] for sources in layout.sources.values() for index, _ in sources})


def rows_of_parquet(path: str | Path) -> int:
    """How many rows its footer tells."""
    return int(pq.read_metadata(path).num_rows)


def check_parquet(path: str | Path, name: str, reading: Reading = AS_IT_STANDS) -> None:
    """Raise the error of :func:`decode_parquet` beforehand; ``name`` is what people know the file by."""
    _opened(path, name, reading)[0].close()


def _opened(path: str | Path, name: str, reading: Reading) -> tuple[pq.ParquetFile, ReadLayout]:
    try:
        file = pq.ParquetFile(path)
    except _UNREADABLE as exc:
        if isinstance(exc, FileNotFoundError):
            raise
        raise UnknownFormatError(f"not readable as Parquet ({exc})", name, "write the file anew") from exc
    names = list(file.schema_arrow.names)
    layout = layout_of(names, "parquet", reading)
    if reading.mapping is not None:
        reading.mapping.check(names)
    if layout.missing:
        file.close()
        found, mend = refusal(names, layout)
        raise UnknownFormatError(found, name, mend)
    return file, layout


def _batches(
    file: pq.ParquetFile, layout: ReadLayout, source: int, counts: DecoderCounts, times: InputTimes
) -> Iterator[Decoded]:
    names = list(file.schema_arrow.names)
    changes, places = StaticChanges(), StaticChanges()
    done = 0
    for batch in file.iter_batches(BATCH_ROWS, columns=_wanted(layout), use_threads=False):
        table = _table(batch)
        frame = frame_of_fields(table, names, layout)
        yield from _rows(table, frame, done, layout, source, counts, changes, places, times)
        done += frame.height


def _table(batch: pa.RecordBatch) -> pl.DataFrame:
    with panics_as_errors():
        return pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))


def _rows(
    table: pl.DataFrame,
    frame: pl.DataFrame,
    done: int,
    layout: ReadLayout,
    source: int,
    counts: DecoderCounts,
    changes: StaticChanges,
    places: StaticChanges,
    times: InputTimes,
) -> Iterator[Decoded]:
    """Rows of a frame; one that raises is set aside by itself, found by halving."""
    try:
        with panics_as_errors():
            rows = rows_of_frame(frame, layout, None, times, counts.date_orders)
            tell_repeats(rows, places)
            causes = check_rows(rows)
            positions = good_positions(rows, causes, source, None)
            if rows.heard_us is not None:
                heard_us = rows.heard_us[causes == 0]
                positions = with_heard(positions, heard_later(positions, heard_us), heard_us, None)
            decoded = Decoded(positions, new_statics(frame, layout, rows, causes, changes, source, None))
    except Exception as exc:
        if frame.height > 1:
            half = frame.height // 2
            yield from _rows(table[:half], frame[:half], done, layout, source, counts, changes, places, times)
            yield from _rows(table[half:], frame[half:], done + half, layout, source, counts, changes, places, times)
            return
        counts.units_in += 1
        counts.rejects.add(RejectCause.PROGRAM_FAULT, done + 1, _text(table, 0), fault_of(exc, "decoder").note())
        return
    tally(counts, causes, done + 1 + np.arange(len(causes)), partial(_text, table))
    yield decoded


def _text(table: pl.DataFrame, row: int) -> str:
    """The beginning of a row for a person to look at."""
    try:
        return str(table.row(row))[:SAMPLE_BYTES]
    except Exception:  # a value that has no Python form, a time of the year 30,000 for instance
        return "a row with a value that cannot be shown"
