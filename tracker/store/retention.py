"""Deleting rows by age, with proof: hour by hour, each with an entry in ``deletions`` in the same transaction.

Deleted are position reports and messages without columns of closed days. Kept are events, alerts, papers, port calls and what craft said they were
(few rows, and the views and orders by IMO number need them); and all rows of craft of which an event is still open, or lasted beyond the day up to which is deleted. A program that has to drive its detectors anew over
what is left states the events of the time before no more, and takes none of them back: they are older than any row that is still judged.

The digest of an entry is the SHA-256 over the SHA-256 of each row as JSON, sorted: whoever has a backup of before can show which rows they were
(:func:`digest_query`). DuckDB gives the space of deleted rows to new ones at its next checkpoint; the file itself does not shrink.
"""

from __future__ import annotations

from typing import Final

import duckdb

from tracker.errors import StoreError
from tracker.store.database import Database
from tracker.units import US_PER_DAY, US_PER_H

TABLES: Final = ("position_rows", "other_message_rows")
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


def hours_to_delete(connection: duckdb.DuckDBPyConnection, before_us: int, spared: list[str]) -> list[tuple[str, int]]:
    """Tables and hours that have rows to be deleted, oldest first."""
    found = [
        (table, int(row[0]) * US_PER_H)
        for table in TABLES
        for row in connection.execute(
            f"SELECT DISTINCT epoch_us(time) // {US_PER_H} FROM {table} WHERE time < make_timestamptz(?) AND NOT list_contains(?, craft)",
            [before_us, spared],
        ).fetchall()
    ]
    return sorted(found, key=lambda one: (one[1], one[0]))


def plan(store: Database, before_us: int) -> tuple[list[str], list[tuple[str, int]]]:
    """Craft to be spared, and tables and hours to be deleted; by a reader of its own.

    Raises
    ------
    StoreError
        the store is closed, or away.
    """
    try:
        with store.cursor() as cursor:
            spared = spared_craft(cursor, before_us)
            return spared, hours_to_delete(cursor, before_us, spared)
    except duckdb.Error as exc:
        raise StoreError(f"{store.path}: what is too old cannot be found: {exc}") from exc


def digest_query(table: str) -> str:
    """SQL of count, first and last instant and digest of the rows of a table in a span of time; parameters: from, to, craft spared."""
    return f"""
        SELECT count(*), epoch_us(min(time)), epoch_us(max(time)), sha256(coalesce(string_agg(h, '' ORDER BY h), ''))
        FROM (SELECT time, sha256(to_json(r)::VARCHAR) AS h FROM {table} r
              WHERE time >= make_timestamptz(?) AND time < make_timestamptz(?) AND NOT list_contains(?, craft))"""


def delete_hour(
    connection: duckdb.DuckDBPyConnection, table: str, hour_us: int, spared: list[str], now_us: int, why: str
) -> int:
    """Delete one hour of a table and enter it; how many rows. Part of the transaction that is open."""
    span = [hour_us, hour_us + US_PER_H, spared]
    rows, first_us, last_us, digest = connection.execute(digest_query(table), span).fetchall()[0]
    if not rows:
        return 0
    connection.execute(
        f"DELETE FROM {table} WHERE time >= make_timestamptz(?) AND time < make_timestamptz(?) AND NOT list_contains(?, craft)",
        span,
    )
    connection.execute(
        "INSERT INTO deletions VALUES (make_timestamptz(?), ?, make_timestamptz(?), make_timestamptz(?), ?, ?, ?)",
        [now_us, table, first_us, last_us, rows, digest, why],
    )
    return int(rows)
