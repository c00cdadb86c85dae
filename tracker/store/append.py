"""Batches and events to tables: one Arrow table per append, never a Python row per report.

A revision of an event or alert already stored is left as it is (what was published is never altered); a replay that takes another's place
is the work of ``tracker.store.sources``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracker.alerts.alert import Alert
from tracker.decode.rejects import REJECT_SENTENCES, RejectTally
from tracker.events import Event, plain
from tracker.identity import CRAFT_MASK, craft_text, segment_number
from tracker.positions import PositionBatch
from tracker.schema import Column, ColumnBatch, to_arrow_array
from tracker.statics import StaticBatch
from tracker.store.alert_sequence import numbered
from tracker.store.database import Write
from tracker.store.portions import Portion
from tracker.store.tables import (
    ALERT_COLUMNS,
    EVENT_COLUMNS,
    PORT_CALL_COLUMNS,
    POSITION_ROWS,
    REJECT_COLUMNS,
    SOURCE_COLUMNS,
    STATIC_ROWS,
    STORED_POSITION_ROWS,
    public_name,
)
from tracker.units import iso_time

QUALITIES: Final = (
    "ok",
    "duplicate",
    "implausible_jump",
    "too_many_transmitters",
    "late",
    "broken_clock",
    "over_budget",
    "program_fault",
    "displaced",
)
"""Values of the ``quality`` column by code; the first four are the fates of ``tracker.tracks.segments``, the seventh that of ``tracker.tracks.register``, the last of rows that ``tracker.tracks`` does not believe."""
LATE: Final = 4
BROKEN_CLOCK: Final = 5
PROGRAM_FAULT: Final = 7
"""The live program itself fails on the row (``tracker.watch.quarantine``)."""

Connection = duckdb.DuckDBPyConnection
LIVE: Final = 0
"""Number of the live program where others have the number of their replay."""

SourceName = Callable[[int], str]


def positions(
    batch: PositionBatch, quality: NDArray[np.uint8], source_name: SourceName, *, with_fingerprint: bool = False
) -> Write:
    """Append position reports; ``quality`` indexes ``QUALITIES``. Fingerprints are kept where late data may have to be judged."""
    columns = STORED_POSITION_ROWS if with_fingerprint else POSITION_ROWS

    def write(connection: duckdb.DuckDBPyConnection, part: slice) -> None:
        codes = quality[part].astype(np.int8)
        extra = {"quality": pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(QUALITIES))}
        insert_table(connection, "position_rows", _public_table(batch.take(part), columns, source_name, extra))

    return _portion_of("position_rows", batch, write, source_name)


def statics(batch: StaticBatch, source_name: SourceName) -> Write:
    """Append static reports."""

    def write(connection: duckdb.DuckDBPyConnection, part: slice) -> None:
        insert_table(connection, "static_rows", _public_table(batch.take(part), STATIC_ROWS, source_name, {}))

    return _portion_of("static_rows", batch, write, source_name)


def _portion_of(
    table: str, batch: ColumnBatch, write: Callable[[duckdb.DuckDBPyConnection, slice], None], source_name: SourceName
) -> Portion:
    """A portion of a batch with craft, time and source."""

    def describe(row: int) -> str:
        told = {column.name: getattr(batch, column.name)[row] for column in batch.COLUMNS}
        return " ".join(f"{name}={value!s}" for name, value in told.items() if str(value) not in ("nan", "b''"))

    def source(row: int) -> str:
        return source_name(int(batch.source[row]))  # type: ignore[attr-defined]

    return Portion(table, 0, len(batch), write, describe, source)


def records(
    table: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], insert: str = "INSERT OR IGNORE"
) -> Portion:
    """A portion of rows by name."""

    def write(connection: duckdb.DuckDBPyConnection, part: slice) -> None:
        _insert_records(connection, table, columns, rows[part], insert)

    def describe(row: int) -> str:
        return str({name: value for name, value in rows[row].items() if value is not None})

    return Portion(table, 0, len(rows), write, describe)


def held(waiting: PositionBatch, more: StaticBatch, source_name: SourceName) -> Write:
    """Replace the rows that wait for the watermark."""
    quality = pa.array([QUALITIES[0]] * len(waiting), pa.string())
    positions = _public_table(waiting, STORED_POSITION_ROWS, source_name, {"quality": quality})
    statics = _public_table(more, STATIC_ROWS, source_name, {})

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        replace_table("watch_held_positions", positions)(connection)
        replace_table("watch_held_statics", statics)(connection)

    return write


def events(found: Sequence[Event], replay: int = LIVE) -> Write:
    """Append revisions of events, as the live program or a replay states them."""
    rows = [{**event.to_json(), "known_us": int(event.known_us), "replay": replay} for event in found]
    return records("event_revisions", EVENT_COLUMNS, rows)


def alerts(given: Sequence[Alert], replay: int = LIVE) -> Write:
    """Append revisions of alerts, as the live program or a replay states them."""
    rows = [
        {
            "alert_id": alert.alert_id, "revision": alert.revision, "type": alert.type_name, "time_us": alert.known_us,
            "craft": alert.event.craft, "kind": str(alert.event.kind), "event_id": alert.event.event_id,
            "priority": alert.priority, "lead_time_h": alert.lead_time_h, "explanation": alert.explanation, "data": alert.data(),
            "replay": replay,
        }
        for alert in given
    ]  # fmt: skip
    table, columns = "alert_revisions", ALERT_COLUMNS
    appended = records(table, columns, rows)
    if replay != LIVE:
        return appended

    def write(connection: duckdb.DuckDBPyConnection, part: slice) -> None:
        fresh = numbered(connection, rows[part])
        _insert_records(connection, table, columns, fresh, "INSERT")

    return dataclasses.replace(appended, write=write)


def replace_table(name: str, content: pa.Table) -> Write:
    """Replace the rows of a table by an Arrow table of the same column names."""

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"DELETE FROM {name}")
        insert_table(connection, name, content)

    return write


def ledger(sources: Sequence[Mapping[str, Any]], rejects: Sequence[Mapping[str, Any]]) -> Write:
    """Append the account of some inputs: rows of the views ``sources`` and ``rejects``."""

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        _insert_records(connection, "source_rows", SOURCE_COLUMNS, sources, insert="INSERT")
        _insert_records(connection, "reject_rows", REJECT_COLUMNS, rejects, insert="INSERT")

    return write


def reject_rows(source_name: str, tally: RejectTally) -> Iterator[dict[str, Any]]:
    """Rows of the ``rejects`` view: every sample, with the count of its cause."""
    for sample in tally.samples:
        yield {
            "source": source_name, "cause": str(sample.cause), "count": tally.counts[sample.cause], "line_or_offset": sample.at,
            "sample": sample.text, "note": sample.note, "sentence": REJECT_SENTENCES[sample.cause],
        }  # fmt: skip


def port_calls(rows: Sequence[Mapping[str, Any]], replay: int = LIVE) -> Write:
    """Append port calls; a call known before is replaced by what is known of it now."""
    stated = [{**row, "replay": replay} for row in rows]
    return records("port_call_rows", PORT_CALL_COLUMNS, stated, insert="INSERT OR REPLACE")


def cargo_links(stated: pa.Table, replay: int = LIVE, crafts: Sequence[str] | None = None) -> Write:
    """What is aboard, as it is known now, in place of what this program or replay stated before of these craft, or of all."""
    return _in_place("cargo_link_rows", stated, replay, crafts)


def cargo_suggestions(stated: pa.Table, replay: int = LIVE, crafts: Sequence[str] | None = None) -> Write:
    """Craft whose names merely resemble those on papers, in place of what this program or replay stated before of these craft, or of all."""
    return _in_place("cargo_suggestion_rows", stated, replay, crafts)


def _in_place(name: str, stated: pa.Table, replay: int, crafts: Sequence[str] | None) -> Write:
    """Rows of a table in place of those that the same program or replay stated before of some craft, or of all."""
    numbered = stated.append_column("replay", pa.array([replay] * stated.num_rows, pa.int32()))

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        if crafts is None:
            connection.execute(f"DELETE FROM {name} WHERE replay = ?", [replay])
        else:
            connection.execute(
                f"DELETE FROM {name} WHERE replay = ? AND list_contains(?, craft)", [replay, list(crafts)]
            )
        insert_table(connection, name, numbered)

    return write


def papers(tables: Mapping[str, pa.Table], replay: int | None) -> Write:
    """Papers of a replay, or of the live program (None) in place of all that it was given so before. A manifest that another replay brought is
    replaced: the papers last given are in force; one that documents brought (``tracker.store.papers``) stays as it is."""
    of_before = "OR replay IS NULL" if replay is None else ""

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE papers_replaced AS SELECT manifest_id, replay FROM paper_versions
            WHERE list_contains(?, manifest_id) {of_before} GROUP BY ALL HAVING count(sha256) = 0""",
            [list(dict.fromkeys(tables["paper_versions"].column("manifest_id").to_pylist()))],
        )
        brought = [
            name for (name,) in connection.execute(
                "SELECT DISTINCT manifest_id FROM paper_versions WHERE replay IS NULL AND sha256 IS NOT NULL AND ? IS NULL", [replay]
            ).fetchall()
        ]  # fmt: skip
        for name, content in tables.items():
            connection.execute(
                f"DELETE FROM {name} t USING papers_replaced p WHERE t.manifest_id = p.manifest_id AND t.replay IS NOT DISTINCT FROM p.replay"
            )
            given = content.append_column("replay", pa.array([replay] * content.num_rows, pa.int32()))
            insert_table(
                connection,
                name,
                given.filter(pc.invert(pc.is_in(given.column("manifest_id"), pa.array(brought, pa.string())))),
            )

    return write


def _public_table(
    batch: ColumnBatch, columns: Sequence[Column], source_name: SourceName, extra: Mapping[str, pa.Array]
) -> pa.Table:
    arrays, names = [], []
    for column in columns:
        if column.name in extra:
            array = extra[column.name]
        elif column.name == "craft":
            array = _dictionary(batch.craft, _craft_text)  # type: ignore[attr-defined]
        elif column.name == "source":
            array = _dictionary(batch.source, source_name)  # type: ignore[attr-defined]
        elif column.name == "segment":
            array = pa.array(segment_number(batch.segment).astype(np.int32))  # type: ignore[attr-defined]
        else:
            array = to_arrow_array(getattr(batch, column.name), column)
        arrays.append(array)
        names.append(public_name(column))
    return pa.table(arrays, names=names)


@lru_cache(maxsize=1 << 18)
def _craft_text(key: int) -> str:
    return craft_text(key & CRAFT_MASK)


def _dictionary(values: NDArray[Any], text: Callable[[int], str]) -> pa.Array:
    """Text of integer codes as a dictionary array: each distinct code is formatted once."""
    coded = pa.array(values).dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        coded.indices, pa.array([text(value) for value in coded.dictionary.to_pylist()], pa.string())
    )


def insert_table(connection: duckdb.DuckDBPyConnection, name: str, content: pa.Table) -> None:
    """Append an Arrow table; its columns are found by name."""
    if not content.num_rows:  # even a statement that does nothing takes a millisecond
        return
    connection.register("incoming", content)
    connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming")
    connection.unregister("incoming")


def _insert_records(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[Column],
    held: Sequence[Mapping[str, Any]],
    insert: str = "INSERT OR IGNORE",
) -> None:
    if not held:
        return
    arrays = []
    for column in columns:
        values = [row.get(column.name, row.get(public_name(column))) for row in held]
        arrays.append(_column_of(values, column))
    content = pa.table(arrays, names=[public_name(column) for column in columns])
    connection.register("incoming", content)
    selected = ", ".join(
        f'CAST("{public_name(c)}" AS TIMESTAMPTZ) AS "{public_name(c)}"'
        if c.name.endswith("_us")
        else f'"{public_name(c)}"'
        for c in columns
    )
    connection.execute(f"{insert} INTO {name} BY NAME SELECT {selected} FROM incoming")
    connection.unregister("incoming")


def _column_of(values: Sequence[Any], column: Column) -> pa.Array:
    if column.dtype == "JSON":
        texts_of: dict[int, str] = {}  # the rule is the same object in many rows
        texts = []
        for value in values:
            if (text := texts_of.get(id(value))) is None:
                text = texts_of[id(value)] = json.dumps(plain(value), ensure_ascii=False)
            texts.append(text)
        return pa.array(texts, pa.string())
    if column.name.endswith("_us"):
        texts = [iso_time(value) if isinstance(value, int) else value for value in values]
        return pa.array(texts, pa.string())
    if column.dtype.startswith("S"):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(values, column.arrow_type)
