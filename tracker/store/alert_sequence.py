"""The durable sequence of alert revisions: each that the live program states gets the next number, in the transaction that stores it.

The numbers have no gaps, and none is given twice: the last one is kept apart from the rows (``watch_state``), and what a transaction that never
became durable had given was never told to anybody. They belong to one store; :func:`read_state` gives its name beside them, which is another one
after a backup was restored, for that store goes on from an earlier number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from tracker.alerts.cloudevent import envelope
from tracker.printable import json_text, shown_json

_HEAD: Final = "alert_sequence"
_STREAM_ID: Final = "stream_id"


@dataclass(frozen=True, slots=True)
class StreamState:
    """Which numbers there are: ``first`` to ``head``, none where ``head`` is less."""

    store_id: str
    first: int
    head: int


@dataclass(frozen=True, slots=True)
class Revision:
    """One committed revision: its number and its CloudEvent as one line of JSON."""

    sequence: int
    event: str


def numbered(connection: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of revisions that the store does not have yet, each with its number; part of the transaction that is open."""
    if not rows:
        return []
    found = connection.execute(
        "SELECT alert_id, revision FROM alert_revisions WHERE replay = 0 AND alert_id IN (SELECT unnest(?))",
        [[row["alert_id"] for row in rows]],
    ).fetchall()
    known = {(str(alert_id), int(revision)) for alert_id, revision in found}
    fresh: list[dict[str, Any]] = []
    head = _head(connection)
    for row in rows:
        key = (row["alert_id"], row["revision"])
        if key not in known:
            known.add(key)
            fresh.append({**row, "sequence": head + len(fresh) + 1})
    if fresh:
        _keep(connection, _HEAD, str(head + len(fresh)))
    return fresh


def read_state(connection: duckdb.DuckDBPyConnection) -> StreamState:
    """Which numbers there are."""
    found = connection.execute("SELECT min(sequence) FROM alert_revisions").fetchall()
    head = _head(connection)
    return StreamState(stream_id(connection), head + 1 if found[0][0] is None else int(found[0][0]), head)


def read_page(connection: duckdb.DuckDBPyConnection, after: int, most: int) -> list[Revision]:
    """The next revisions after a number, at most so many; none at the head."""
    rows = _between(connection, after, after + most)
    if not rows:
        # numbers have no gaps, but somebody may have deleted rows
        found = connection.execute("SELECT min(sequence) FROM alert_revisions WHERE sequence > ?", [after]).fetchall()
        if found[0][0] is not None:
            rows = _between(connection, int(found[0][0]) - 1, int(found[0][0]) - 1 + most)
    return [Revision(int(row[0]), _event(*row[1:])) for row in rows]


def stream_id(connection: duckdb.DuckDBPyConnection) -> str:
    """What tells this sequence from every other; of a store that no ``watch`` has opened yet the store's own id."""
    texts = dict(
        connection.execute(
            "SELECT name, content FROM watch_state WHERE name IN ('store_id', ?)", [_STREAM_ID]
        ).fetchall()
    )
    return str(texts.get(_STREAM_ID) or texts.get("store_id", ""))


def begin_stream(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """From now on the sequence has another name: its numbers are not those that others may remember."""
    _keep(connection, _STREAM_ID, name)


def _between(connection: duckdb.DuckDBPyConnection, after: int, up_to: int) -> list[tuple[Any, ...]]:
    return connection.execute(
        """SELECT sequence, alert_id, revision, type, craft, epoch_us(time), data FROM alert_revisions
           WHERE sequence > ? AND sequence <= ? ORDER BY sequence""",
        [after, up_to],
    ).fetchall()


def _event(alert_id: str, revision: int, type_name: str, craft: str, known_us: int, data: str) -> str:
    head = json_text(envelope(alert_id, revision, type_name, craft, known_us), separators=(",", ":"))
    return f'{head[:-1]},"data":{shown_json(data)}}}'


def _head(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("SELECT content FROM watch_state WHERE name = ?", [_HEAD]).fetchall()
    return int(found[0][0]) if found else 0


def _keep(connection: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
    connection.execute("DELETE FROM watch_state WHERE name = ?", [name])
    connection.execute("INSERT INTO watch_state VALUES (?, ?)", [name, text])
