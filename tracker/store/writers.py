r"""Forms in which the answer to a query is written, each a writer of Arrow batches to a text or binary stream.

- ``table`` and ``lines`` are for the eye: whole values, wrapped and never cut, everything unseen shown as an escape. ``lines`` has one column a
  line, for rows too wide for a table.
- ``csv`` is for spreadsheets: lines end in LF; everything unseen is shown as an escape; a text that a spreadsheet would take for a formula
  (it begins with ``= + - @``) gets an apostrophe in front, and how many did is told. ``--exact`` writes values as they are stored.
- ``json`` is one object a line, exact; unseen characters are JSON escapes. JSON columns are objects in it and not text.
- ``parquet`` keeps DuckDB's types. ``geojson`` (RFC 7946) makes points of the columns ``lat_deg`` and ``lon_deg``.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, Final, TextIO

import pyarrow as pa
from pyarrow import parquet
from rich.table import Table
from rich.text import Text

from tracker.errors import InputError
from tracker.printable import json_text, printable
from tracker.store.answers import sql_types
from tracker.terminal import Terminal

_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""Also in their full width, which spreadsheets of East Asia take for the same."""


def shown(value: Any) -> str:
    """A value as a person reads it: NULL is empty, bytes are hexadecimal."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple) and hasattr(value, "nanoseconds"):
        return _interval(value)
    if isinstance(value, (list, dict)):
        return json_text(value, default=_json_value)
    return printable(str(value))


def write_table(answer: pa.RecordBatchReader, console: Terminal) -> int:
    """A table as wide as the terminal; values are wrapped, never cut. Returns the number of rows."""
    table = Table(show_edge=False)
    for name in answer.schema.names:
        table.add_column(_cell(printable(name)), overflow="fold")
    rows = 0
    for row in _rows(answer):
        table.add_row(*(_cell(shown(value)) for value in row))
        rows += 1
    console.print(table)
    return rows


def write_lines(answer: pa.RecordBatchReader, console: Terminal) -> int:
    """One column a line, a rule between rows."""
    rows = 0
    for row in _rows(answer):
        rows += 1
        console.rule(f"row {rows:,}", align="left", style="dim")
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in zip(answer.schema.names, row, strict=True):
            table.add_row(_cell(printable(name)), _cell(shown(value)))
        console.print(table)
    return rows


def write_csv(answer: pa.RecordBatchReader, file: TextIO, *, exact: bool = False) -> tuple[int, int]:
    """Comma-separated values; returns the rows and how many values were written with an apostrophe."""
    writer = csv.writer(file, lineterminator="\n")
    guarded = 0

    def text_of(value: Any) -> Any:
        nonlocal guarded
        if not isinstance(value, str):
            return _machine(value)
        if exact:
            return value
        value = printable(value)
        if value.lstrip().startswith(_FORMULA):
            guarded += 1
            return "'" + value
        return value

    writer.writerow([text_of(name) for name in answer.schema.names])
    rows = 0
    for batch in answer:
        found = [[text_of(value) for value in row] for row in _plain(batch)]
        writer.writerows(found)
        rows += len(found)
    return rows, guarded


def write_json(answer: pa.RecordBatchReader, file: TextIO) -> int:
    """One JSON object a line."""
    rows = 0
    for document in _documents(answer):
        file.write(json_text(document, default=_json_value) + "\n")
        rows += 1
    return rows


def write_geojson(answer: pa.RecordBatchReader, file: TextIO) -> int:
    """A FeatureCollection of points; a row without a position is a feature without geometry."""
    for name in ("lat_deg", "lon_deg"):
        if name not in answer.schema.names:
            raise InputError(
                f"the answer has no column {name}", "--format geojson", "select lat_deg and lon_deg, renamed if need be"
            )
    rows = 0
    file.write('{"type":"FeatureCollection","features":[')
    for document in _documents(answer):
        lat_deg, lon_deg = document.pop("lat_deg"), document.pop("lon_deg")
        here = None if lat_deg is None or lon_deg is None else {"type": "Point", "coordinates": [lon_deg, lat_deg]}
        feature = {"type": "Feature", "geometry": here, "properties": document}
        file.write((",\n" if rows else "\n") + json_text(feature, default=_json_value, separators=(",", ":")))
        rows += 1
    file.write("\n]}\n")
    return rows


def write_parquet(answer: pa.RecordBatchReader, file: BinaryIO) -> int:
    """Parquet, compressed with zstd."""
    rows = 0
    try:
        with parquet.ParquetWriter(file, answer.schema, compression="zstd") as writer:
            for batch in answer:
                writer.write_batch(batch)
                rows += batch.num_rows
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as exc:
        raise InputError(
            f"a column has no type of Parquet ({exc})", "--format parquet", "cast it, for example to VARCHAR"
        ) from exc
    return rows


def limited(answer: pa.RecordBatchReader, most: int | None, note: Callable[[int], None]) -> pa.RecordBatchReader:
    """The first rows of an answer; ``note`` is told when there are more, and how many were given."""
    if most is None:
        return answer

    def some() -> Iterator[pa.RecordBatch]:
        left = most
        for batch in answer:
            if batch.num_rows > left:
                if left:
                    yield batch.slice(0, left)
                note(most)
                return
            left -= batch.num_rows
            yield batch

    return pa.RecordBatchReader.from_batches(answer.schema, some())


def counted(answer: pa.RecordBatchReader, tell: Callable[[int, int | None], None]) -> pa.RecordBatchReader:
    """The same rows; ``tell`` hears how many have gone by."""

    def told() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in answer:
            yield batch
            done += batch.num_rows
            tell(done, None)

    return pa.RecordBatchReader.from_batches(answer.schema, told())


def _rows(answer: pa.RecordBatchReader) -> Iterator[Sequence[Any]]:
    for batch in answer:
        yield from _plain(batch)


def _plain(batch: pa.RecordBatch) -> Iterator[Sequence[Any]]:
    try:
        columns = [column.to_pylist() for column in batch.columns]
    except (ValueError, OverflowError) as exc:
        raise InputError(f"the answer holds a time out of range ({exc})", "query", "cast it to VARCHAR") from exc
    return zip(*columns, strict=True) if columns else iter(())


def _documents(answer: pa.RecordBatchReader) -> Iterator[dict[str, Any]]:
    """Rows as JSON documents: JSON columns as what they hold."""
    names = answer.schema.names
    is_json = [kind == "JSON" for kind in sql_types(answer.schema)]
    for row in _rows(answer):
        yield {
            name: _read(value) if nested and isinstance(value, str) else _json_value(value)
            for name, value, nested in zip(names, row, is_json, strict=True)
        }


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json_value(value: Any) -> Any:
    """A value as JSON has it; what JSON has no number for is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _json_value(item) for name, item in value.items()}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return _machine(value)


def _machine(value: Any) -> Any:
    """A value for programs: ISO 8601 times in UTC, whole decimals as numbers."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, tuple) and hasattr(value, "nanoseconds"):
        return _interval(value)
    if isinstance(value, (list, dict)):
        return json_text(_json_value(value))
    if isinstance(value, tuple):
        return [_json_value(item) for item in value]
    return value


def _interval(value: Any) -> str:
    """An interval as DuckDB writes it: ``1 month 2 days 03:00:00``."""
    parts = [
        f"{count} {unit}{'' if abs(count) == 1 else 's'}"
        for count, unit in ((value.months, "month"), (value.days, "day"))
        if count
    ]
    seconds, fraction_ns = divmod(abs(value.nanoseconds), 1_000_000_000)
    minus, fraction = "-" if value.nanoseconds < 0 else "", f".{fraction_ns // 1000:06d}" if fraction_ns else ""
    if seconds or fraction_ns or not parts:
        parts.append(f"{minus}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}")
    return " ".join(parts)


def _cell(text: str) -> Text:
    """Text in a table: data, never markup."""
    return Text(text)
