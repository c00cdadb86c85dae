"""Rows on their way into one table, which can be divided: where the store refuses some of them, the others are stored all the same.

DuckDB ends the whole transaction at the first row that it refuses. The writer then begins it anew without the portion, and tries its halves,
until what is refused is a single row (``tracker.store.database``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows ``begin`` to ``end`` of what somebody wants to append.

    ``write`` appends the rows of a slice, ``describe`` says what a row is, for a person, and ``source`` names its source (or ``store``).
    """

    table: str
    begin: int
    end: int
    write: Callable[[duckdb.DuckDBPyConnection, slice], None]
    describe: Callable[[int], str]
    source: Callable[[int], str] = lambda _: "store"

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Append all of it."""
        self.write(connection, slice(self.begin, self.end))

    def __len__(self) -> int:
        return self.end - self.begin

    def halves(self) -> tuple[Portion, Portion]:
        """Two portions; only of more than one row."""
        middle = (self.begin + self.end) // 2
        return self._of(self.begin, middle), self._of(middle, self.end)

    def _of(self, begin: int, end: int) -> Portion:
        return Portion(self.table, begin, end, self.write, self.describe, self.source)


def is_of_the_rows(exc: BaseException) -> bool:
    """Whether other rows may be stored all the same: not where the disk, the memory or the store itself is at fault."""
    return isinstance(exc, Exception) and not isinstance(exc, _OF_THE_STORE)


_OF_THE_STORE = (
    OSError, MemoryError, duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.OutOfMemoryException,
    duckdb.InterruptException, duckdb.ConnectionException, duckdb.TransactionException, duckdb.CatalogException,
)  # fmt: skip
