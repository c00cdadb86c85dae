"""The store: one writer, stable views, nothing half written, other people's files refused in words."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.tracker.test_events import event
from tests.waiting import PATIENCE_S
from tracker.errors import InputError, StoreError
from tracker.events import EventState
from tracker.identity import mmsi_craft, with_segment
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append
from tracker.store.database import Database
from tracker.store.migrations import LAYOUT
from tracker.store.views import VIEW_COLUMNS
from tracker.units import Micros

START_US = 1_772_323_200_000_000


def rows(count: int) -> PositionBatch:
    craft = mmsi_craft(np.full(count, 219001234))
    return PositionBatch.of(
        START_US + np.arange(count) * 1_000_000, craft, np.linspace(55, 56, count), np.full(count, 3.0),
        segment=with_segment(craft, 1), speed_kn=10.2, station=b"RX1",
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Database:
    return Database(tmp_path / "watch.duckdb")


def test_every_public_view_is_there_and_empty(store: Database) -> None:
    for view in VIEW_COLUMNS:
        assert store.cursor().execute(f"SELECT count(*) FROM {view}").fetchone() == (0,)
    store.close()


def test_positions_come_back_with_public_names_and_units(store: Database) -> None:
    store.write(append.positions(rows(3), np.array([0, 1, 0], dtype=np.uint8), lambda source: f"feed-{source}"))
    store.commit()
    cursor = store.cursor().execute("SELECT * FROM positions ORDER BY time")
    names = [column[0] for column in cursor.description or []]
    first = dict(zip(names, cursor.fetchone() or (), strict=True))
    assert names[:3] == ["time", "received_time", "craft"]
    assert (first["craft"], first["source"], first["segment"], first["station"]) == (
        "mmsi:219001234",
        "feed-0",
        1,
        "RX1",
    )
    assert first["time"].isoformat() == "2026-03-01T00:00:00+00:00"
    assert first["course_deg"] is None
    assert first["quality"] == "ok"
    qualities = store.cursor().execute("SELECT quality FROM positions ORDER BY time").fetchall()
    assert [row[0] for row in qualities] == ["ok", "duplicate", "ok"]
    store.close()


def test_reports_without_a_position_are_heard_and_no_positions(store: Database) -> None:
    heard = rows(2).with_columns(lat_deg=np.full(2, np.nan), lon_deg=np.full(2, np.nan))
    store.write(append.positions(heard, np.zeros(2, dtype=np.uint8), str))
    store.commit()
    assert store.cursor().execute("SELECT count(*) FROM positions").fetchone() == (0,)
    assert store.cursor().execute("SELECT count(*) FROM heard").fetchone() == (2,)
    store.close()


def test_events_show_their_latest_revision_and_keep_the_others(store: Database) -> None:
    first = event()
    closed = first.revised(state=EventState.CLOSED, end_us=Micros(START_US), known_us=Micros(START_US))
    store.write(append.events([first, closed]))
    store.write(append.events([first]))
    store.commit()
    assert store.cursor().execute("SELECT revision, state FROM events").fetchall() == [(2, "closed")]
    assert store.cursor().execute("SELECT revision FROM event_revisions ORDER BY 1").fetchall() == [(1,), (2,)]
    assert store.cursor().execute("SELECT evidence->>'speed_kn' FROM events").fetchone() == ("3.5",)
    store.close()


def test_groups_of_rows_are_small_in_new_files_and_in_old_ones(tmp_path: Path) -> None:
    """A commit that moves the log into the file packs the last group anew, and alerts wait behind it."""
    path = tmp_path / "it's a store.duckdb"
    for _ in range(2):
        store = Database(path)
        many = rows(80_000)
        store.write(append.positions(many, np.zeros(len(many), np.uint8), lambda _: "a"))
        store.close()
    with duckdb.connect(str(path), read_only=True) as connection:
        groups = connection.execute(
            "SELECT max(count) FROM pragma_storage_info('position_rows') WHERE column_name = 'craft'"
        ).fetchone()
        count = connection.execute("SELECT count(*) FROM positions").fetchone()
    assert groups is not None and groups[0] <= 32_768
    assert count == (160_000,)
    assert [file.name for file in tmp_path.iterdir()] == [path.name], "nothing is left beside it"


def test_a_failed_write_stops_the_store_and_says_why(tmp_path: Path) -> None:
    store = Database(tmp_path / "a.duckdb")

    def broken(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("INSERT INTO nowhere VALUES (1)")

    store.write(broken)
    with pytest.raises(StoreError, match="nowhere"):
        store.commit()
    with pytest.raises(StoreError, match="nowhere"):
        store.close()


def test_what_was_not_committed_is_not_seen(tmp_path: Path) -> None:
    store = Database(tmp_path / "a.duckdb")
    store.write(
        append.statics(StaticBatch.from_columns(1, time_us=1, received_us=1, craft=mmsi_craft(5), source=0), str)
    )
    assert store.cursor().execute("SELECT count(*) FROM statics").fetchone() == (0,)
    store.commit()
    assert store.cursor().execute("SELECT count(*) FROM statics").fetchone() == (1,)
    store.close()


def test_what_was_not_committed_when_it_is_abandoned_never_was(tmp_path: Path) -> None:
    store = Database(tmp_path / "x.duckdb")
    store.write(lambda connection: connection.execute("INSERT INTO watch_state VALUES ('a', '')"))
    store.commit()
    store.write(lambda connection: connection.execute("INSERT INTO watch_state VALUES ('b', '')"))
    store.ask(lambda _: None)
    store.abandon()
    again = Database(tmp_path / "x.duckdb")
    assert again.ask(
        lambda connection: connection.execute("SELECT name FROM watch_state WHERE name != 'store_id'").fetchall()
    ) == [("a",)]
    again.close()


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Database(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE about SET layout = ?", [LAYOUT + 1])
    with pytest.raises(InputError, match="newer program"):
        Database(path)


def test_a_duckdb_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    with pytest.raises(InputError, match="no store of this program"):
        Database(path)
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (1,)


def test_a_store_only_read_answers_what_is_asked_and_refuses_to_write(store: Database, tmp_path: Path) -> None:
    store.write(append.positions(rows(3), np.zeros(3, dtype=np.uint8), lambda source: f"feed-{source}"))
    store.close()
    read = Database(tmp_path / "watch.duckdb", read_only=True)
    asked: list[object] = []

    def ask() -> None:
        asked.append(read.ask(lambda connection: connection.execute("SELECT count(*) FROM positions").fetchone()))
        for task in (lambda: read.ask(lambda c: c.execute("SELECT 1 FROM nowhere")), read.commit):
            with pytest.raises(StoreError) as refused:
                task()
            asked.append(str(refused.value).splitlines()[0])

    thread = threading.Thread(target=ask, daemon=True)  # it hung for ever
    thread.start()
    thread.join(PATIENCE_S)
    read.close()
    assert asked[0] == (3,)
    assert "a question failed: Catalog Error" in str(asked[1])
    assert str(asked[2]).endswith("the store is open for reading only: nothing can be written")


def test_a_store_that_is_closed_says_so(store: Database) -> None:
    store.close()
    with pytest.raises(StoreError, match="the store is closed"):
        store.commit()
