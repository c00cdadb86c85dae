"""What was published is never altered."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb

from tests.tracker.alerts.story import event
from tests.tracker.cargo import papers as p
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.store import append
from tracker.store.alert_sequence import StreamState, read_page, read_state
from tracker.store.database import Database
from tracker.voyages.itinerary import Conveyance, Mode


def test_a_stored_revision_of_an_event_stands_whatever_comes_under_its_number(tmp_path: Path) -> None:
    first = event()
    store = Database(tmp_path / "a.duckdb")
    store.write(append.events([first]))
    store.write(append.events([replace(first, confidence=0.1, explanation="Something else.")]))
    store.write(append.events([replace(first, revision=2, explanation="Later.")]))
    store.commit()
    asked = "SELECT revision, explanation, round(confidence, 3) FROM event_revisions ORDER BY revision"
    stored = store.cursor().execute(asked).fetchall()
    assert [row[:2] for row in stored] == [(1, first.explanation), (2, "Later.")]
    assert stored[0][2] == round(first.confidence, 3)
    store.close()


def test_a_stored_revision_of_an_alert_stands_whatever_comes_under_its_number(tmp_path: Path) -> None:
    manifest = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, mmsi=219001234, name="SEA STAR"))
    alert = AlertDesk(CargoLinker(CargoBook((manifest,)))).consider(event())
    assert alert is not None
    store = Database(tmp_path / "a.duckdb")
    store.write(append.alerts([alert]))
    store.write(append.alerts([replace(alert, priority=1)]))
    store.commit()
    assert store.cursor().execute("SELECT priority FROM alert_revisions").fetchall() == [(alert.priority,)]
    store.close()


def test_alerts_of_an_older_store_are_numbered_in_their_order_and_later_ones_go_on(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    Database(path).close()
    with duckdb.connect(str(path)) as old:
        for name in ("alerts", "alert_consignments"):
            old.execute(f"DROP VIEW {name}")
        old.execute("ALTER TABLE alert_revisions DROP COLUMN sequence")
        old.execute("DELETE FROM view_digests")
        for replay, alert_id in ((0, "b"), (1, "x"), (0, "a")):
            old.execute(
                "INSERT INTO alert_revisions (alert_id, revision, type, time, craft, kind, event_id, explanation, data, replay) "
                "VALUES (?, 1, 'tidewaiter.alert.raised', now(), 'mmsi:1', 'gap', 'e', '', '{}', ?)",
                [alert_id, replay],
            )
        old.execute("UPDATE about SET layout = 9")
    with closing(Database(path)) as store:
        numbers = "SELECT alert_id, sequence FROM alert_revisions ORDER BY sequence"
        assert store.cursor().execute(numbers).fetchall() == [("b", 1), ("a", 2), ("x", None)]
        manifest = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, mmsi=219001234, name="SEA STAR"))
        alert = AlertDesk(CargoLinker(CargoBook((manifest,)))).consider(event())
        assert alert is not None
        store.write(append.alerts([alert]))
        store.write(append.alerts([alert]))
        store.commit()
        assert store.ask(read_state) == StreamState(store.store_id, 1, 3)
        assert [one.sequence for one in store.ask(lambda connection: read_page(connection, 1, 10))] == [2, 3]
