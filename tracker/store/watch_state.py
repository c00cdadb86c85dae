"""What the live program keeps in the store for itself: how far it is, and what it has published.

``watch_state`` holds named texts; ``committed`` and ``control`` have one row each, ``line`` has one per stream of bytes. All is written in the
transaction of the results it belongs to.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import pyarrow as pa

from streams.journal_index import JournalHead
from streams.kafka_config import OutRecord
from tracker.events import Event
from tracker.identity import parse_craft
from tracker.store.database import Write
from tracker.store.recent import public_events
from tracker.units import US_PER_DAY

SET_BACK_US = -(1 << 61)
"""In place of a snapshot: what was believed of a wrong clock was taken back, and the detectors are to be driven over the rows that are left."""
JOURNAL_HEADS: Final = "journal_heads"
_DECODERS: Final = "decoders"
_SENT: Final = "sent "
_NO_TIME_US: Final = 1 << 57
"""Nothing becomes known so late."""
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
    generation: int = 0
    """Of what late data rewrote among the timelines kept."""
    received_us: int | None = None
    """Latest receive time of any line; None where an older version wrote it."""
    lateness_us: Mapping[str, int] = field(default_factory=dict)
    """How long rows of each line are waited for: who cannot read the snapshot would else take for late what comes as late as ever."""

    def to_text(self) -> str:
        """As stored."""
        return json.dumps(
            {
                "watermark_us": self.watermark_us,
                "snapshot_us": self.snapshot_us,
                "next_seq": self.next_seq,
                "lines": {name: progress.to_json() for name, progress in self.lines.items()},
                "snapshot_lines": {name: progress.to_json() for name, progress in self.snapshot_lines.items()},
                "generation": self.generation,
                "received_us": self.received_us,
                "lateness_us": dict(self.lateness_us),
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


def read_journal_heads(connection: duckdb.DuckDBPyConnection) -> dict[str, JournalHead]:
    """What the journal of each source was at the last commit."""
    return journal_heads_of(read_text(connection, JOURNAL_HEADS))


def journal_heads_of(text: str | None) -> dict[str, JournalHead]:
    """The same out of the text that is stored."""
    found = json.loads(text or "{}")
    heads = {name: JournalHead.from_json(head) for name, head in found.items()}
    return {name: head for name, head in heads.items() if head is not None}


def keep_decoders(lines: Mapping[str, bytes]) -> Write:
    """Keep what the decoders of each line remembered at the snapshot that the same transaction names, by name of the line.

    It stands in the snapshot as well; but where that cannot be read, what it cut in two would be lost.
    """
    packed = {
        name: [len(kept), base64.b64encode(pa.compress(kept, codec="zstd", asbytes=True)).decode()]
        for name, kept in lines.items()
    }
    text = json.dumps(packed)
    return lambda connection: write_texts(connection, {_DECODERS: text})


def read_decoders(connection: duckdb.DuckDBPyConnection) -> dict[str, bytes]:
    """What :func:`keep_decoders` kept last; nothing in a store of an older version."""
    packed: dict[str, tuple[int, str]] = json.loads(read_text(connection, _DECODERS) or "{}")
    return {
        name: pa.decompress(base64.b64decode(text), decompressed_size=size, codec="zstd", asbytes=True)
        for name, (size, text) in packed.items()
    }


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
        is_live=True,
    )


def alerts_since(
    connection: duckdb.DuckDBPyConnection, since_us: int, event_ids: Sequence[str]
) -> list[dict[str, Any]]:
    """The last revision of the alerts on some events, and of all told since an instant, as ``AlertDesk.adopt`` takes them."""
    found = connection.execute(
        """SELECT event_id, revision, type, epoch_us(time), data FROM (
             SELECT * FROM alert_revisions WHERE replay = 0 QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY revision DESC) = 1)
           WHERE time >= make_timestamptz(?) OR list_contains(?, event_id) ORDER BY event_id""",
        [max(since_us - _MS, 0), list(event_ids)],
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
    connection: duckdb.DuckDBPyConnection, event_ids: Sequence[str], crafts: Sequence[str], since_us: int | None = None
) -> list[Event]:
    """Events of some craft, as last published: those named, those that were ever open, and those of which something became known since an instant."""
    return public_events(
        connection,
        """(craft IN (SELECT unnest(?)) OR other_craft IN (SELECT unnest(?)))
           AND (state = 'open' OR event_id IN (SELECT unnest(?)) OR known_time >= make_timestamptz(?))""",
        [list(crafts), list(crafts), list(event_ids), _NO_TIME_US if since_us is None else max(since_us, 0)],
        is_live=True,
    )


def forget_statements(connection: duckdb.DuckDBPyConnection, watermark_us: int, keep_d: float) -> None:
    """Drop wordings of events older than they may be asked for."""
    connection.execute("DELETE FROM watch_statements WHERE known_us < ?", [watermark_us - int(keep_d * US_PER_DAY)])


def imo_pairs(connection: duckdb.DuckDBPyConnection, most: int) -> list[tuple[int, int]]:
    """IMO numbers with each craft that gave them, held rows with them, those given last at the end; at most so many, the latest."""
    found = connection.execute(
        """SELECT imo, craft FROM (
             SELECT imo, craft, time FROM static_rows WHERE imo > 0
             UNION ALL SELECT imo, craft, time FROM watch_held_statics WHERE imo > 0)
           GROUP BY imo, craft ORDER BY max(time) DESC, imo, craft LIMIT ?""",
        [most],
    ).fetchall()
    return [(int(imo), parse_craft(craft)) for imo, craft in reversed(found)]


def read_control(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str, bytes]]:
    """Flags and orders taken in that still say something, in order: number, kind, content. Of each flag and of each craft's orders the last."""
    found = connection.execute(
        """SELECT seq, kind, content FROM watch_control
           QUALIFY command_key IS NULL OR row_number() OVER (PARTITION BY kind, command_key ORDER BY seq DESC) = 1
           ORDER BY seq"""
    ).fetchall()
    return [(int(seq), str(kind), str(content).encode()) for seq, kind, content in found]


def last_control_seq(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of the last flag or order taken in."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM watch_control").fetchall()[0][0])


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A flag or order that changed something. ``applied_us`` is the watermark then, ``said_us`` the time in the message, ``origin`` where it stood."""

    seq: int
    applied_us: int
    kind: str
    content: str
    received_us: int
    said_us: int
    command_key: str
    origin: str


def add_control(rows: Sequence[ControlRow]) -> Write:
    """Flags and orders taken in, many at once: each insert costs as much as ten thousand rows."""
    names = ControlRow.__dataclass_fields__
    table = pa.table({name: pa.array([getattr(row, name) for row in rows]) for name in names})

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        connection.register("incoming", table)
        connection.execute("INSERT INTO watch_control BY NAME SELECT * FROM incoming")
        connection.unregister("incoming")

    return write


def forget_ledger(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Remove the account of some lines, before it is written anew."""
    for table in ("source_rows", "reject_rows"):
        connection.execute(f"DELETE FROM {table} WHERE list_contains(?, source)", [list(names)])


def disbelieve(connection: duckdb.DuckDBPyConnection, beyond_us: int, max_ahead_us: int, names: Sequence[str]) -> None:
    """Mark the rows of some lines that are of a time beyond an instant, or further ahead of their receive time than anything can be.

    Static reports of such a time have no mark to be given, and are removed; their bytes stay in the journal.
    """
    where = "list_contains(?, source) AND (time > make_timestamptz(?) OR epoch_us(time) > epoch_us(received_time) + ?)"
    given = [list(names), beyond_us, max_ahead_us]
    connection.execute(
        f"UPDATE position_rows SET quality = 'broken_clock' WHERE {where} AND quality <> 'broken_clock'", given
    )
    connection.execute(f"DELETE FROM static_rows WHERE {where}", given)


def latest_believed_us(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> int | None:
    """Latest event time of the rows of some lines whose clock is believed."""
    found = connection.execute(
        "SELECT epoch_us(max(time)) FROM position_rows WHERE quality <> 'broken_clock' AND list_contains(?, source)",
        [list(names)],
    ).fetchall()
    return None if found[0][0] is None else int(found[0][0])


def latest_received_us(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> int | None:
    """Latest receive time of the rows of some lines."""
    found = connection.execute(
        "SELECT epoch_us(max(received_time)) FROM position_rows WHERE list_contains(?, source)", [list(names)]
    ).fetchall()
    return None if found[0][0] is None else int(found[0][0])


def earliest_late_us(connection: duckdb.DuckDBPyConnection, after_us: int) -> int | None:
    """Time of the first row after an instant that is recorded as late and judged nothing yet."""
    found = connection.execute(
        "SELECT epoch_us(min(time)) FROM position_rows WHERE quality = 'late' AND time > make_timestamptz(?)",
        [max(after_us, 0)],
    ).fetchall()
    return None if found[0][0] is None else int(found[0][0])


def remove_late(connection: duckdb.DuckDBPyConnection, after_us: int, up_to_us: int) -> None:
    """Remove the rows recorded as late in a window: they were judged, and are stored anew as what they are."""
    connection.execute(
        "DELETE FROM position_rows WHERE quality = 'late' AND time > make_timestamptz(?) AND time <= make_timestamptz(?)",
        [max(after_us, 0), max(up_to_us, 0)],
    )


def forget_port_calls(connection: duckdb.DuckDBPyConnection, after_us: int) -> None:
    """Remove port calls of the live program that began or ended after an instant, and those that last."""
    connection.execute(
        "DELETE FROM port_call_rows WHERE replay = 0 AND (depart_time IS NULL OR greatest(arrive_time, depart_time) > make_timestamptz(?))",
        [max(after_us, 0)],
    )


def queue(rows: Sequence[tuple[int, str, int, OutRecord]]) -> Write:
    """Messages into the outbox (number, alert, its revision, message), but for those of a revision that the store has already."""
    columns: dict[str, list[Any]] = {
        "seq": [seq for seq, *_ in rows],
        "alert_id": [alert_id for _, alert_id, _, _ in rows],
        "revision": [revision for _, _, revision, _ in rows],
        "topic": [message.topic for *_, message in rows],
        "key": [None if message.key is None else message.key.decode("utf-8", "replace") for *_, message in rows],
        "headers": [
            json.dumps([[name, value.decode("utf-8", "replace")] for name, value in m.headers]) for *_, m in rows
        ],
        "value": [message.value for *_, message in rows],
    }
    types = {"seq": pa.int64(), "revision": pa.int64(), "value": pa.binary()}
    table = pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        connection.register("incoming", table)
        connection.execute(
            """INSERT INTO outbox BY NAME SELECT seq, topic, key, headers, value FROM incoming i
               WHERE NOT EXISTS (SELECT 1 FROM alert_revisions a WHERE a.replay = 0 AND a.alert_id = i.alert_id AND a.revision = i.revision)
               ORDER BY seq"""
        )
        connection.unregister("incoming")

    return write


def queued(connection: duckdb.DuckDBPyConnection, after_seq: int, most: int) -> list[tuple[int, OutRecord]]:
    """The next messages of the outbox."""
    found = connection.execute(
        "SELECT seq, topic, key, headers, value FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", [after_seq, most]
    ).fetchall()
    return [(int(row[0]), _message(row)) for row in found]


def queue_depth(connection: duckdb.DuckDBPyConnection, after_seq: int) -> int:
    """How many messages wait."""
    return int(connection.execute("SELECT count(*) FROM outbox WHERE seq > ?", [after_seq]).fetchall()[0][0])


def sent_to(connection: duckdb.DuckDBPyConnection, sink: str) -> int:
    """Number of the last message that a sink has; 0 of one that is new."""
    return int(read_text(connection, _SENT + sink) or 0)


def strike_off(
    connection: duckdb.DuckDBPyConnection, sink: str, sent_to_seq: int, all_sent_to_seq: int, sinks: Sequence[str]
) -> None:
    """A sink has the messages up to a number; those that all sinks have are struck off. Where there is one sink, the outbox itself says how far it is."""
    if len(sinks) > 1:
        write_texts(connection, {_SENT + sink: str(sent_to_seq)})
    connection.execute("DELETE FROM outbox WHERE seq <= ?", [all_sent_to_seq])


def _message(row: Sequence[Any]) -> OutRecord:
    _, topic, key, headers, value = row
    pairs = tuple((str(name), str(text).encode()) for name, text in json.loads(headers))
    return OutRecord(topic, None if key is None else key.encode(), None if value is None else bytes(value), pairs)
