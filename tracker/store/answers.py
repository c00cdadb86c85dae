"""The answer to a question in SQL, as Arrow batches: the same from a file and from the running program's door.

Each field of the schema carries DuckDB's own type in its metadata (``sql_type``), because Arrow knows no JSON. A mistake in the question
ends in one sentence with DuckDB's suggestion, or the nearest view or column of ours.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from tracker.errors import InputError
from tracker.store.views import VIEW_COLUMNS

Params = Sequence[Any] | Mapping[str, Any] | None

BATCH_ROWS: Final = 10_000
"""Rows of a batch: a few megabytes of the widest view."""
SQL_TYPE: Final = b"sql_type"
_NO_TABLE: Final = re.compile(r"Table with name (\S+) does not exist")


def answer(connection: duckdb.DuckDBPyConnection, sql: str, params: Params = None) -> pa.RecordBatchReader:
    """The rows that a question gives, read while they are fetched; ``params`` are the values of its ``?``, ``$1`` or ``$name``.

    Raises
    ------
    InputError
        the question is no SQL of this store, or asks for what a reader may not do.
    """
    try:
        relation = connection.sql(sql, params=params)
        if relation is None:
            return _nothing()
        types = [str(kind) for kind in relation.types]
        reader = relation.to_arrow_reader(BATCH_ROWS)
    except duckdb.Error as exc:
        raise _mistake(exc) from exc
    fields = [field.with_metadata({SQL_TYPE: kind.encode()}) for field, kind in zip(reader.schema, types, strict=True)]
    schema = pa.schema(fields)
    return pa.RecordBatchReader.from_batches(schema, _batches(reader, schema))


def sql_types(schema: pa.Schema) -> list[str]:
    """DuckDB's types of the columns of an answer."""
    return [(field.metadata or {}).get(SQL_TYPE, str(field.type).encode()).decode() for field in schema]


def _batches(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    try:
        for batch in reader:
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
    except (duckdb.Error, pa.ArrowException) as exc:
        raise _mistake(exc) from exc


def _nothing() -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(pa.schema([]), iter(()))


def _mistake(exc: BaseException) -> InputError:
    """One sentence: what DuckDB says, its suggestion, or ours."""
    lines = [line.strip() for line in str(exc).strip().splitlines()]
    place = next((number for number, line in enumerate(lines) if line.startswith("LINE ")), len(lines))
    said = " ".join(line for line in lines[:place] if line)
    missing = _NO_TABLE.search(said)
    if missing and "Did you mean" not in said:
        near = difflib.get_close_matches(missing[1].strip('"').lower(), list(VIEW_COLUMNS), n=1, cutoff=0.5)
        said += f' Did you mean "{near[0]}"?' if near else ""
    if missing:
        return InputError(said, "query", f"the views are {', '.join(VIEW_COLUMNS)} (docs/columns.md)")
    return InputError(said, "query", "docs/columns.md lists the views and their columns, docs/recipes.md has examples")
