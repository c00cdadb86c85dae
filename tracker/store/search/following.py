"""What the parts of the index have in common: each follows the rows of one table of the store by their numbers, and begins anew where rows were deleted.

Rows are only appended to these tables, or changed in place; papers that are given again at a start are the exception (``tracker.store.append.papers``). DuckDB may number the
rows behind deleted ones anew, so a part counts: it goes on only where all rows that it knows and those that came are all there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.store.search.terms import Links, Rows, Terms

_BATCH_ROWS: Final = 20_000
"""What Python makes of one batch of consignments holds the interpreter for some milliseconds at a time."""


class Part(Protocol):
    """One part of the index."""

    def advance(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Take what came since; whether anything did. The cursor is in a transaction that only reads."""
        ...

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that it knows are gone: it must be made anew."""
        ...


class Place:
    """How far the rows of a table have been taken."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.next = 0
        """Number of the first row that was not taken."""
        self.taken = 0

    def is_beyond(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows that were taken are gone."""
        return self._every(cursor) - self._came(cursor) != self.taken

    def has_more(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether rows came."""
        return self._came(cursor) > 0

    def _every(self, cursor: duckdb.DuckDBPyConnection) -> int:
        count: int = cursor.execute(f"SELECT count(*) FROM {self.table}").fetchall()[0][0]
        return count

    def _came(self, cursor: duckdb.DuckDBPyConnection) -> int:
        """How many came; DuckDB leaves out by their numbers what lies before."""
        count: int = cursor.execute(f"SELECT count(*) FROM {self.table} WHERE rowid >= {self.next}").fetchall()[0][0]
        return count

    def end(self, cursor: duckdb.DuckDBPyConnection) -> int:
        """The number behind the last row."""
        asked = f"SELECT max(rowid) + 1 FROM {self.table} WHERE rowid >= {self.next}"
        return cursor.execute(asked).fetchall()[0][0] or self.next

    def take_to(self, cursor: duckdb.DuckDBPyConnection, end: int) -> None:
        """Everything before a number is taken."""
        self.next, self.taken = end, self._every(cursor)

    def rows(self, cursor: duckdb.DuckDBPyConnection, columns: str) -> Iterator[pa.Table]:
        """Rows that came, in their order, some at a time, with ``rowid`` first; a batch counts as taken once the next is asked for."""
        asked = cursor.sql(f"SELECT rowid, {columns} FROM {self.table} WHERE rowid >= {self.next}")
        with asked.to_arrow_reader(_BATCH_ROWS) as reader:
            for batch in reader:
                if len(batch):
                    yield pa.Table.from_batches([batch])
                    self.next = batch.column("rowid")[-1].as_py() + 1  # DuckDB keeps the order of rows in a plain scan
                    self.taken += len(batch)


class Coming:
    """Rows that come behind those of a part, until they are all there."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._next = len(rows)
        self._batches: list[tuple[NDArray[np.int64], ...]] = []

    def take(self, batch: pa.Table, *digests: str) -> NDArray[np.int64]:
        """Take the rows of a batch, with the columns that tell what they are statements of; the numbers they get."""
        self._batches.append(tuple(batch.column(name).to_numpy() for name in ("rowid", *digests)))
        at = np.arange(self._next, self._next + batch.num_rows)
        self._next += batch.num_rows
        return at

    def all(self, added: Iterable[Terms | Links]) -> Rows:
        """All rows; what was added for them is found from now on, and never before they are there."""
        rows = self._rows.with_more(self._batches) if self._batches else self._rows
        for one in added:
            one.settle()
        return rows
