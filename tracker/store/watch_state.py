"""What the live program keeps in the store for itself: how far it is, and what it has published.

``watch_state`` holds named texts; ``committed`` and ``control`` have one row each, ``line`` has one per stream of bytes. All is written in the
transaction of the results it belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tracker.events import Event
from tracker.store.recent import public_events
from tracker.units import US_PER_DAY

_MS = 1_000
"""Stored instants are rounded to milliseconds."""


@dataclass(slots=True)
class Progress:
    """How far a line is: position in its source, and how many of each it has given, from its beginning."""

    position: str = ""
    rows: int = 0
    statics: int = 0
    others: int = 0

    def has_reached(self, goal: Progress) -> bool:
        """Whether everything that another knows was given."""
        return self.rows >= goal.rows and self.statics >= goal.statics and self.others >= goal.others

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"position": self.position, "rows": self.rows, "statics": self.statics, "others": self.others}


@dataclass(frozen=True, slots=True)
class Committed:
    """How far the store is: the watermark judged to, each line by name, the snapshot to begin with, the next number in the outbox."""

    watermark_us: int
    snapshot_us: int | None
    next_seq: int
    lines: Mapping[str, Progress]
    snapshot_lines: Mapping[str, Progress]
    """How far the lines were at the snapshot."""

    def to_text(self) -> str:
        """As stored."""
        lines = {name: progress.to_json() for name, progress in self.lines.items()}
        return json.dumps(
            {
                "watermark_us": self.watermark_us,
                "snapshot_us": self.snapshot_us,
                "next_seq": self.next_seq,
                "lines": lines,
            }
        )


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as the store knows it; its number is the one in batches and snapshots."""

    number: int
    name: str
    feed: str
    source: str
    part: str


def read_committed(connection: duckdb.DuckDBPyConnection) -> Committed | None:
    """How far the store is; None in a store in which nothing was watched yet."""
    text = read_text(connection, "committed")
    if text is None:
        return None
    found = json.loads(text)
    for key in ("lines", "snapshot_lines"):
        found[key] = {name: Progress(**progress) for name, progress in found[key].items()}
    return Committed(**found)


def read_text(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A text kept under a name."""
    found = connection.execute("SELECT content FROM watch_state WHERE name = ?", [name]).fetchall()
    return str(found[0][0]) if found else None


def write_texts(connection: duckdb.DuckDBPyConnection, texts: Mapping[str, str]) -> None:
    """Replace texts."""
    connection.execute("DELETE FROM watch_state WHERE list_contains(?, name)", [list(texts)])
    for name, text in texts.items():
        connection.execute("INSERT INTO watch_state VALUES (?, ?)", [name, text])


def read_lines(connection: duckdb.DuckDBPyConnection) -> list[LineRow]:
    """Every line there ever was, by number."""
    found = connection.execute("SELECT content FROM watch_state WHERE name = 'line'").fetchall()
    return sorted((LineRow(*json.loads(row[0])) for row in found), key=lambda line: line.number)


def add_line(connection: duckdb.DuckDBPyConnection, line: LineRow) -> None:
    """A line is opened."""
    row = json.dumps([line.number, line.name, line.feed, line.source, line.part])
    connection.execute("INSERT INTO watch_state VALUES ('line', ?)", [row])


def published_since(connection: duckdb.DuckDBPyConnection, since_us: int, event_ids: Sequence[str]) -> list[Event]:
    """Last public revisions of some events, and of all of which something became known since an instant."""
    return public_events(
        connection,
        "known_time >= make_timestamptz(?) OR list_contains(?, event_id)",
        [max(since_us - _MS, 0), list(event_ids)],
    )


def alerts_since(connection: duckdb.DuckDBPyConnection, since_us: int) -> list[dict[str, Any]]:
    """The last revision of the alerts told of since an instant, as ``AlertDesk.adopt`` takes them."""
    found = connection.execute(
        "SELECT event_id, revision, type, epoch_us(time), data FROM alerts WHERE time >= make_timestamptz(?) ORDER BY event_id",
        [max(since_us - _MS, 0)],
    ).fetchall()
    rows = []
    for event_id, revision, type_name, known_us, text in found:
        data = json.loads(text)
        rows.append(
            {"event_id": event_id, "event_revision": data["event"]["revision"], "alert_revision": revision,
             "type": type_name.removeprefix("tidewaiter.alert."), "known_us": known_us, "data": data}
        )  # fmt: skip
    return rows


def events_to_reconsider(
    connection: duckdb.DuckDBPyConnection, event_ids: Sequence[str], crafts: Sequence[str]
) -> list[Event]:
    """Some events, and those open of some craft, as last published."""
    return public_events(
        connection,
        "list_contains(?, event_id) OR (state = 'open' AND (list_contains(?, craft) OR list_contains(?, other_craft)))",
        [list(event_ids), list(crafts), list(crafts)],
    )


def forget_statements(connection: duckdb.DuckDBPyConnection, watermark_us: int, keep_d: float) -> None:
    """Drop wordings of events older than they may be asked for."""
    connection.execute("DELETE FROM watch_statements WHERE known_us < ?", [watermark_us - int(keep_d * US_PER_DAY)])


def craft_of_imo(connection: duckdb.DuckDBPyConnection, imo: int) -> list[str]:
    """Every craft that gave an IMO number."""
    found = connection.execute("SELECT DISTINCT craft FROM static_rows WHERE imo = ? ORDER BY craft", [imo]).fetchall()
    return [str(row[0]) for row in found]


def read_control(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str, bytes]]:
    """Flags and orders taken in, in order: number, kind, content."""
    found = connection.execute("SELECT seq, kind, content FROM watch_control ORDER BY seq").fetchall()
    return [(int(seq), str(kind), str(content).encode()) for seq, kind, content in found]


def add_control(connection: duckdb.DuckDBPyConnection, seq: int, applied_us: int, kind: str, content: bytes) -> None:
    """A flag or order is taken in."""
    connection.execute("INSERT INTO watch_control VALUES (?, ?, ?, ?)", [seq, applied_us, kind, content.decode()])
