"""Rows that the store refuses are set aside one by one; everything else of the transaction is stored, in whatever order it came."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from tests.tracker.store.test_database import rows
from tests.tracker.test_events import event
from tracker.errors import StoreError
from tracker.store import append
from tracker.store.database import Database
from tracker.store.portions import Portion

GOOD = np.zeros(1_000, np.uint8)


def count(store: Database, what: str) -> int:
    found = store.ask(lambda connection: connection.execute(f"SELECT count(*) FROM {what}").fetchone())
    assert found is not None
    return int(found[0])


def test_a_text_that_is_none_costs_its_row_and_the_rest_of_the_transaction_stands() -> None:
    store = Database(None)
    many = rows(1_000)
    station = many.station.copy()
    station[[17, 18, 700]] = b"\xff\xfe", b"ok\x00ok", b"\xc3("
    store.write(lambda connection: connection.execute("INSERT INTO watch_state VALUES ('before', '')"))
    store.write(append.positions(many.with_columns(station=station), GOOD, lambda source: f"feed-{source}"))
    store.write(lambda connection: connection.execute("INSERT INTO watch_state VALUES ('after', '')"))
    store.commit()
    assert count(store, "position_rows") == 998
    assert count(store, "watch_state WHERE name IN ('before', 'after')") == 2
    told = store.ask(lambda c: c.execute("SELECT source, cause, count, note, sample FROM rejects").fetchall())
    assert [row[:3] for row in told] == [("store:feed-0", "program_fault", 1)] * 2
    assert all(row[3].startswith("position_rows: ") and "station=" in row[4] for row in told)
    faults = store.take_faults()
    assert [(source, fault.part, fault.rows) for source, fault in faults] == [("feed-0", "store", 1)] * 2
    assert store.take_faults() == []
    store.close()


def test_a_missing_value_where_none_may_be_costs_its_row() -> None:
    store = Database(None)

    def write(connection: duckdb.DuckDBPyConnection, part: slice) -> None:
        for value in [1, None, 3, None, 5][part]:
            connection.execute(
                "INSERT INTO watch_control (seq, applied_us, kind, content) VALUES (?, 1, 'a', 'b')", [value]
            )

    store.write(Portion("watch_control", 0, 5, write, str))
    store.commit()
    assert store.ask(lambda c: c.execute("SELECT seq FROM watch_control ORDER BY 1").fetchall()) == [(1,), (3,), (5,)]
    store.close()


def test_an_event_with_a_number_that_does_not_fit_costs_itself() -> None:
    store = Database(None)
    good, bad = event(), event()
    object.__setattr__(bad, "revision", 1 << 70)
    store.write(append.events([good, bad]))
    store.commit()
    assert count(store, "event_revisions") == 1
    assert count(store, "rejects") == 1
    store.close()


def test_of_a_portion_that_is_refused_throughout_not_every_row_is_tried() -> None:
    store = Database(None)
    many = rows(1_000).with_columns(station=np.full(1_000, b"\xff", "S16"))
    store.write(append.positions(many, GOOD, str))
    store.commit()
    faults = [fault for _, fault in store.take_faults()]
    assert sum(fault.rows for fault in faults) == 1_000
    assert len(faults) < 80
    assert count(store, "position_rows") == 0
    store.close()


@pytest.mark.parametrize("error", [OSError("disk"), MemoryError(), duckdb.IOException("no space left")])
def test_a_disk_that_is_full_is_nobodys_row(error: Exception) -> None:
    store = Database(None)

    def write(connection: duckdb.DuckDBPyConnection, part: slice) -> None:
        raise error

    store.write(Portion("watch_control", 0, 5, write, str))
    with pytest.raises(StoreError):
        store.commit()
    assert store.take_faults() == []
