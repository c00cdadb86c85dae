"""Answers as bytes: Arrow batches in, pieces of a stream out. One table says which formats there are."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from tracker.store.writers import write_csv, write_json

_GROUP_ROWS: Final = 65_536
"""Rows of a group of a Parquet file: so many lie in memory while it is written."""


class Encoder(Protocol):
    """Makes bytes of batches."""

    def begin(self) -> bytes:
        """What stands before the rows."""
        ...

    def add(self, batch: pa.RecordBatch) -> bytes:
        """Rows, or those that are complete by now."""
        ...

    def end(self) -> bytes:
        """What stands behind them."""
        ...


class _Drain(io.RawIOBase):
    """A file that gives what was written to whoever asks, and forgets it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class ArrowStream:
    """Apache Arrow IPC stream."""

    def __init__(self, schema: pa.Schema) -> None:
        self._out = _Drain()
        self._writer = pa.ipc.new_stream(pa.PythonFile(self._out, mode="w"), schema)

    def begin(self) -> bytes:
        """The schema."""
        return self._out.take()

    def add(self, batch: pa.RecordBatch) -> bytes:
        """One message."""
        self._writer.write_batch(batch)
        return self._out.take()

    def end(self) -> bytes:
        """The mark of the end."""
        self._writer.close()
        return self._out.take()


class ParquetFile:
    """Apache Parquet, zstd."""

    def __init__(self, schema: pa.Schema) -> None:
        self._out = _Drain()
        self._writer = pq.ParquetWriter(pa.PythonFile(self._out, mode="w"), schema, compression="zstd")
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0

    def begin(self) -> bytes:
        """The magic number."""
        return self._out.take()

    def add(self, batch: pa.RecordBatch) -> bytes:
        """Groups that are full."""
        self._batches.append(batch)
        self._rows += len(batch)
        return self._group() if self._rows >= _GROUP_ROWS else b""

    def end(self) -> bytes:
        """The last group and the footer."""
        last = self._group() if self._rows else b""
        self._writer.close()
        return last + self._out.take()

    def _group(self) -> bytes:
        self._writer.write_table(pa.Table.from_batches(self._batches))
        self._batches, self._rows = [], 0
        return self._out.take()


class JsonLines:
    """One JSON object a line, as ``tidewaiter query --format json`` writes it."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def add(self, batch: pa.RecordBatch) -> bytes:
        """A line for each row."""
        out = io.StringIO()
        write_json(pa.RecordBatchReader.from_batches(self._schema, [batch]), out)
        return out.getvalue().encode(errors="replace")

    def end(self) -> bytes:
        """Nothing."""
        return b""


class Csv:
    """Comma-separated values as stored, as ``tidewaiter query --format csv --exact`` writes them."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._head = self._text([])

    def begin(self) -> bytes:
        """The names."""
        return self._head.encode(errors="replace")

    def add(self, batch: pa.RecordBatch) -> bytes:
        """A line for each row."""
        return self._text([batch])[len(self._head) :].encode(errors="replace")

    def end(self) -> bytes:
        """Nothing."""
        return b""

    def _text(self, batches: list[pa.RecordBatch]) -> str:
        out = io.StringIO()
        write_csv(pa.RecordBatchReader.from_batches(self._schema, batches), out, exact=True)
        return out.getvalue()


FORMATS: Final[dict[str, tuple[str, Callable[[pa.Schema], Encoder]]]] = {
    "jsonl": ("application/x-ndjson", JsonLines),
    "csv": ("text/csv; charset=utf-8", Csv),
    "arrow": ("application/vnd.apache.arrow.stream", ArrowStream),
    "parquet": ("application/vnd.apache.parquet", ParquetFile),
}
"""Format -> media type and who writes it; the first is given where none is asked for."""


def format_of(asked: str, accept: str) -> str | None:
    """The format by its name, else by the ``Accept`` header; None where there is no such."""
    if asked:
        return asked if asked in FORMATS else None
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    for media in wanted:
        for name, (kind, _) in FORMATS.items():
            if media == kind.partition(";")[0]:
                return name
    return next(iter(FORMATS)) if not wanted or "*/*" in wanted or "application/json" in wanted else None
