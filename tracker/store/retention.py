"""Deleting rows by age, with proof: hour by hour, or less where an hour has many rows, each with an entry in ``deletions`` in the same transaction.

Deleted are position reports and messages without columns of closed days. Kept are events, alerts, papers, port calls and what craft said they were
(few rows, and the views and orders by IMO number need them); and all rows of craft of which an event is still open, or lasted beyond the day up to which is deleted. A program that has to drive its detectors anew over
what is left states the events of the time before no more, and takes none of them back: they are older than any row that is still judged.

The digest of an entry is the SHA-256 over the SHA-256 of each row as JSON, sorted: whoever has a backup of before can show which rows they were
(:func:`digest_query`). DuckDB gives the space of deleted rows to new ones at its next checkpoint; the file itself does not shrink.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import duckdb

from tracker.errors import StoreError
from tracker.store.database import Database
from tracker.units import US_PER_DAY, US_PER_H, US_PER_S

TABLES: Final = ("position_rows", "other_message_rows")
MOST_ROWS: Final = 20_000
"""Deleted at a time: an alert waits behind it, and the digests of all of them lie in memory. On a busy core 50,000 took a second, 400,000 6.6 s, and 3,000,000
more memory than the store has."""
_CELL_US: Final = 10 * US_PER_S
"""Rows are counted by cells of so much time: the world's feed has 200,000 in one."""
_NEEDED: Final = """
    SELECT unnest([craft, other_craft]) FROM (
        SELECT * FROM event_revisions QUALIFY row_number() OVER (PARTITION BY replay, event_id ORDER BY revision DESC) = 1)
    WHERE state = 'open' OR (state = 'closed' AND start < make_timestamptz(?) AND "end" >= make_timestamptz(?))"""


def cutoff_us(watermark_us: int, keep_d: float) -> int:
    """The beginning of the first day that is kept."""
    return (watermark_us - int(keep_d * US_PER_DAY)) // US_PER_DAY * US_PER_DAY


def spared_craft(connection: duckdb.DuckDBPyConnection, before_us: int) -> list[str]:
    """Craft of which an event is open, or lasted beyond an instant: whoever drives the detectors anew must find its beginning."""
    found = connection.execute(_NEEDED, [before_us, before_us]).fetchall()
    return sorted({str(row[0]) for row in found if row[0] is not None})


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of one table that are deleted together: ``begin_us <= time < end_us``."""

    table: str
    begin_us: int
    end_us: int


def spans_to_delete(connection: duckdb.DuckDBPyConnection, before_us: int, spared: list[str]) -> list[Span]:
    """What is to be deleted, oldest first: hours, cut where they have more than ``MOST_ROWS``."""
    spans: list[Span] = []
    for table in TABLES:
        found = connection.execute(
            f"SELECT epoch_us(time) // {_CELL_US} AS cell, count(*) AS n FROM {table} "
            "WHERE time < make_timestamptz(?) AND NOT list_contains(?, craft) GROUP BY cell ORDER BY cell",
            [before_us, spared],
        ).fetchnumpy()
        rows = 0
        for cell, count in zip(found["cell"].tolist(), found["n"].tolist(), strict=True):
            begin_us, hour = cell * _CELL_US, cell * _CELL_US // US_PER_H
            last = spans[-1] if spans and spans[-1].table == table else None
            if last is not None and last.begin_us // US_PER_H == hour and rows + count <= MOST_ROWS:
                spans[-1] = replace(last, end_us=begin_us + _CELL_US)
                rows += count
            else:
                spans.append(Span(table, begin_us, begin_us + _CELL_US))
                rows = count
    return sorted(spans, key=lambda span: (span.begin_us, span.table))


def plan(store: Database, before_us: int) -> tuple[list[str], list[Span]]:
    """Craft to be spared, and what is to be deleted; by a reader of its own.

    Raises
    ------
    StoreError
        the store is closed, or away.
    """
    try:
        with store.cursor() as cursor:
            spared = spared_craft(cursor, before_us)
            return spared, spans_to_delete(cursor, before_us, spared)
    except duckdb.Error as exc:
        raise StoreError(f"{store.path}: what is too old cannot be found: {exc}") from exc


def digest_query(table: str) -> str:
    """SQL of count, first and last instant and digest of the rows of a table in a span of time; parameters: from, to, craft spared."""
    return f"""
        SELECT count(*), epoch_us(min(time)), epoch_us(max(time)), sha256(coalesce(string_agg(h, '' ORDER BY h), ''))
        FROM (SELECT time, sha256(to_json(r)::VARCHAR) AS h FROM {table} r
              WHERE time >= make_timestamptz(?) AND time < make_timestamptz(?) AND NOT list_contains(?, craft))"""


def delete_span(connection: duckdb.DuckDBPyConnection, span: Span, spared: list[str], now_us: int, why: str) -> int:
    """Delete a span of a table and enter it; how many rows. Part of the transaction that is open."""
    bounds = [span.begin_us, span.end_us, spared]
    rows, first_us, last_us, digest = connection.execute(digest_query(span.table), bounds).fetchall()[0]
    if not rows:
        return 0
    connection.execute(
        f"DELETE FROM {span.table} WHERE time >= make_timestamptz(?) AND time < make_timestamptz(?) AND NOT list_contains(?, craft)",
        bounds,
    )
    connection.execute(
        "INSERT INTO deletions VALUES (make_timestamptz(?), ?, make_timestamptz(?), make_timestamptz(?), ?, ?, ?)",
        [now_us, span.table, first_us, last_us, rows, digest, why],
    )
    return int(rows)
