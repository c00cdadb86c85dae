"""Stored rows back as batches: what late data is judged with.

A row comes back as the decoder gave it, every column exact; its segment is set anew by whoever judges it. Rows with a clock nobody can believe
(``broken_clock``), and those on which the program itself fails (``program_fault``), stay where they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracker.decode.base import MIN_TIME_US
from tracker.events import Event, event_from_json, statement_digest
from tracker.identity import parse_craft
from tracker.positions import PositionBatch
from tracker.schema import ColumnBatch, from_arrow_array
from tracker.statics import StaticBatch
from tracker.store.tables import EVENT_COLUMNS, LATEST_FIRST, public_name
from tracker.units import US_PER_S, iso_time

_LATE: Final = "late"
_CELL_US: Final = 10 * US_PER_S
"""Rows are counted by cells of so much time: the world's feed has 200,000 in one, a year three million cells."""


def rows_between(
    connection: duckdb.DuckDBPyConnection, after_us: int, up_to_us: int, number_of: Mapping[str, int]
) -> tuple[PositionBatch, StaticBatch, NDArray[np.bool_]]:
    """Rows of some sources with ``after_us < time <= up_to_us``, in no order, and which of the positions are marked late.

    ``number_of`` gives the number of each source by name; rows of others (a replay into the same store) are not looked at.
    """
    bounds = [max(after_us, MIN_TIME_US - 1), max(up_to_us, MIN_TIME_US - 1), list(number_of)]
    where = "time > make_timestamptz(?) AND time <= make_timestamptz(?) AND list_contains(?, source)"
    source_number = number_of.__getitem__
    found = connection.sql(
        f"SELECT * FROM position_rows WHERE {where} AND quality NOT IN ('broken_clock', 'program_fault')", params=bounds
    ).to_arrow_table()
    statics = connection.sql(f"SELECT * FROM static_rows WHERE {where}", params=bounds).to_arrow_table()
    is_late = np.asarray(pc.equal(found.column("quality"), _LATE).to_numpy(zero_copy_only=False), dtype=bool)
    return _batch(PositionBatch, found, source_number), _batch(StaticBatch, statics, source_number), is_late


def rows_held(
    connection: duckdb.DuckDBPyConnection, after_us: int, number_of: Mapping[str, int]
) -> tuple[PositionBatch, StaticBatch]:
    """Rows that waited for the watermark at the last snapshot, those after an instant, in no order."""
    where = "WHERE time > make_timestamptz(?) AND list_contains(?, source)"
    bounds = [max(after_us, MIN_TIME_US - 1), list(number_of)]
    positions, statics = (
        connection.sql(f"SELECT * FROM {table} {where}", params=bounds).to_arrow_table()
        for table in ("watch_held_positions", "watch_held_statics")
    )
    return _batch(PositionBatch, positions, number_of.__getitem__), _batch(StaticBatch, statics, number_of.__getitem__)


def instants_after_rows(connection: duckdb.DuckDBPyConnection, after_us: int, up_to_us: int, rows: int) -> list[int]:
    """Instants between two that part the positions there into pieces of about ``rows``, at multiples of :data:`_CELL_US`.

    One look at the column for all of them: one for each piece would read what is left of a store of months again and again.
    """
    found = connection.execute(
        f"SELECT epoch_us(time) // {_CELL_US} AS cell, count(*) AS n FROM position_rows "
        "WHERE time > make_timestamptz(?) AND time <= make_timestamptz(?) GROUP BY cell ORDER BY cell",
        [max(after_us, MIN_TIME_US - 1), max(up_to_us, MIN_TIME_US - 1)],
    ).fetchnumpy()
    pieces = np.cumsum(found["n"]) // rows
    last_cells = found["cell"][np.flatnonzero(np.diff(pieces, prepend=0))]
    instants_us = (last_cells + 1) * _CELL_US - 1
    return [int(instant) for instant in instants_us if instant < up_to_us]


def first_time_us(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Time of the first position stored, None where there is none."""
    found = connection.execute(
        "SELECT epoch_us(min(time)) FROM position_rows WHERE time >= make_timestamptz(?)", [MIN_TIME_US]
    ).fetchall()
    return found[0][0]


def last_public_event(connection: duckdb.DuckDBPyConnection, event_id: str) -> Event:
    """The last published revision of an event."""
    return public_events(connection, "event_id = ?", [event_id], is_live=True)[0]


def public_events(connection: Any, where: str, params: list[Any], *, is_live: bool = False) -> list[Event]:
    """The last published revision of the events some of whose revisions fulfil a condition, ordered by id.

    ``connection`` is one of DuckDB, or a reader (``tracker.store.asking``). ``is_live``: as the live program itself has published them, whatever
    replays in the store state.
    """
    stated = "(FROM event_revisions WHERE replay = 0)" if is_live else "event_revisions"
    return _events(
        connection,
        # not of the view: its window would pass over every revision there is
        f"""{stated} WHERE event_id IN (SELECT event_id FROM {stated} WHERE {where})
            QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY {LATEST_FIRST}, revision DESC) = 1 ORDER BY event_id""",
        params,
    )


def _revisions(connection: duckdb.DuckDBPyConnection, event_id: str) -> list[Event]:
    """Everything published of an event, the latest first."""
    return _events(connection, f"event_revisions WHERE event_id = ? ORDER BY {LATEST_FIRST}, revision DESC", [event_id])


def _events(connection: Any, what: str, params: list[Any]) -> list[Event]:
    fields = ", ".join(
        f'epoch_us("{public_name(c)}") AS "{c.name}"' if c.name.endswith("_us") else f'"{c.name}"'
        for c in EVENT_COLUMNS
    )
    found = connection.execute(f"SELECT {fields} FROM {what}", params)
    names = [column[0] for column in found.description or []]
    return [_event(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def statement(connection: duckdb.DuckDBPyConnection, event_id: str, digest: str) -> Event:
    """What the timeline stated under a digest."""
    found = connection.execute(
        "SELECT content FROM watch_statements WHERE event_id = ? AND digest = ? ORDER BY known_us LIMIT 1",
        [event_id, digest],
    ).fetchall()
    if not found:
        # forgotten by a watermark that a wrong clock had set; what was said of it in public is in the store for ever
        for event in _revisions(connection, event_id):
            if statement_digest(event) == digest:
                return event
        raise LookupError(f"the statement {digest} of event {event_id} is not in the store")
    return event_from_json(json.loads(found[0][0]))


def _event(row: dict[str, Any]) -> Event:
    stated = {
        **row,
        "start": iso_time(row["start_us"]),
        "end": None if row["end_us"] is None else iso_time(row["end_us"]),
        "evidence": json.loads(row["evidence"]),
        "rule": json.loads(row["rule"]),
    }
    return event_from_json(stated)


def _batch(kind: type[Any], table: pa.Table, source_number: Callable[[str], int]) -> Any:
    """Public columns as the columns of a batch."""
    given: dict[str, Any] = {}
    for column in kind.COLUMNS:
        if column.name == "craft":
            given["craft"] = _codes(table.column("craft"), parse_craft, np.int64)
        elif column.name == "source":
            given["source"] = _codes(table.column("source"), source_number, np.int32)
        elif column.name == "fingerprint":
            given["fingerprint"] = from_arrow_array(
                pc.fill_null(table.column("fingerprint").combine_chunks(), 0), column
            )
        elif column.dtype.startswith("S"):
            given[column.name] = _codes(table.column(public_name(column)), _ascii, column.dtype)
        elif column.name not in ("segment", "displaced"):  # worked out anew by the tracks
            given[column.name] = from_arrow_array(table.column(public_name(column)).combine_chunks(), column)
    if any(column.name == "segment" for column in kind.COLUMNS):
        given["segment"] = given["craft"]
    batch: ColumnBatch = kind.from_columns(table.num_rows, **given)
    return batch


def _ascii(text: str) -> bytes:
    return text.encode("ascii", "replace")


def _codes(column: pa.ChunkedArray, code: Callable[[str], Any], dtype: Any) -> NDArray[Any]:
    """Text as codes: each distinct text is looked up once."""
    encoded = pc.fill_null(column.combine_chunks(), "")
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    codes = np.array([code(text) for text in encoded.dictionary.to_pylist()], dtype=dtype)
    if not len(codes):
        return np.zeros(len(encoded), dtype=dtype)
    return codes[encoded.indices.to_numpy(zero_copy_only=False)]
