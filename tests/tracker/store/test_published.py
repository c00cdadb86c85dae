"""What was published is never altered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.tracker.alerts.story import event
from tests.tracker.cargo import papers as p
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.store import append
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
