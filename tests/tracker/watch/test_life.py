"""A life killed at any commit and begun anew ends where the undisturbed one does: the same events, alerts and messages to send."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streams.files import read_blocks
from streams.kafka_config import InRecord
from streams.source import Chunk
from tracker.cargo.read import read_cargo
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.settings import load_settings
from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, simulate
from tracker.store.database import Database
from tracker.topics import alert_record, state_record
from tracker.watch.config import SourceConfig
from tracker.watch.control import FLAGS
from tracker.watch.life import Life, World

PIECES = 24
"""Chunks the feed is cut into; committed after every third, snapshots after every sixth, so that a kill falls in between."""


@dataclass
class Feed:
    world: World
    chunks: list[Chunk]


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    folder = tmp_path_factory.mktemp("sea")
    simulate(folder, seed=5, vessels=30, flights=1, hours=8.0)
    places = WorldPlaces.load()
    data = b"".join(bytes(block) for block in read_blocks(folder / AIS_FILE, 1 << 20))
    step = len(data) // PIECES + 1
    chunks = [
        Chunk("", data[k * step : (k + 1) * step], 1_000_000 + k, str(k + 1)) for k in range(PIECES)
    ]  # cut in the middle of lines
    world = World(
        load_settings(),
        read_cargo([folder / CARGO_FILE], places.resolve_location),
        places,
        NO_ZONES,
        {"sea": SourceConfig(kind="file", path="sea.nmea")},
        lambda alert: (alert_record(alert, "alerts"), state_record(alert, "state")),
        "dead-letters",
    )
    return Feed(world, chunks)


def live(feed: Feed, folder: Path, images: Path | None = None) -> dict[str, Any]:
    """One life to the end of the feed. Before every commit what is on the disk is copied: what a kill at that instant would leave."""
    store = Database(folder / "store.duckdb")
    life = Life(feed.world, store, folder / "snapshots")
    try:
        positions = life.begin()
        begin = int(positions.get("sea", {}).get("", "0") or 0)
        for number in range(begin, PIECES):
            life.take("sea", feed.chunks[number])
            life.step()
            if number % 3 == 2:
                if images is not None:
                    life.shelf.wait()
                    shutil.copytree(folder, images / f"{number:02}")
                life.commit(wait=True)
            if number % 6 == 4:
                life.take_snapshot()
        assert life.waits_for == []
        life.engine.settle()
        life.commit(wait=True)
        return what_is_stored(store)
    finally:
        life.close()
        store.close()


def what_is_stored(store: Database) -> dict[str, Any]:
    queries = {
        "events": "SELECT event_id, revision, state, kind, explanation, evidence FROM event_revisions ORDER BY ALL",
        "alerts": "SELECT alert_id, revision, type, priority, data FROM alert_revisions ORDER BY ALL",
        "outbox": "SELECT * FROM outbox ORDER BY ALL",
        "rows": 'SELECT quality, count(*), min("time"), max("time") FROM positions GROUP BY ALL ORDER BY ALL',
        "statics": "SELECT count(*) FROM statics",
    }
    return {name: store.ask(lambda c, q=query: c.execute(q).fetchall()) for name, query in queries.items()}  # type: ignore[misc]


@pytest.fixture(scope="module")
def undisturbed(feed: Feed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Path]]:
    images = tmp_path_factory.mktemp("images")
    yield live(feed, tmp_path_factory.mktemp("whole"), images), images


KILLS = [f"{number:02}" for number in range(2, PIECES, 3)]


def test_the_feed_has_something_to_lose(undisturbed: tuple[dict[str, Any], Path]) -> None:
    found, images = undisturbed
    assert len(found["events"]) > 10
    assert len(found["alerts"]) > 3
    assert len(found["outbox"]) == 2 * len(found["alerts"])
    assert sorted(path.name for path in images.iterdir()) == KILLS


@pytest.mark.slow
@pytest.mark.parametrize("kill", KILLS)
def test_killed_before_any_commit_it_ends_in_the_same(
    feed: Feed, undisturbed: tuple[dict[str, Any], Path], tmp_path: Path, kill: str
) -> None:
    expected, images = undisturbed
    shutil.copytree(images / kill, tmp_path / "store")
    assert live(feed, tmp_path / "store") == expected


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["rest", "timeline"])
def test_with_a_damaged_snapshot_the_timeline_is_driven_again_from_the_store(
    feed: Feed, undisturbed: tuple[dict[str, Any], Path], tmp_path: Path, harm: str
) -> None:
    expected, images = undisturbed
    shutil.copytree(images / KILLS[-2], tmp_path / "store")
    files = list((tmp_path / "store" / "snapshots").glob(f"*.{harm}.zst"))
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:-9])
    found = live(feed, tmp_path / "store")
    latest = {row[0]: row[2:] for row in expected["events"]}
    assert {row[0]: row[2:] for row in found["events"]} == latest


def test_a_flag_nobody_can_read_is_a_dead_letter_and_changes_nothing(feed: Feed, tmp_path: Path) -> None:
    store = Database(tmp_path / "store.duckdb")
    life = Life(feed.world, store, tmp_path / "snapshots")
    try:
        life.begin()
        life.take_control(InRecord("flags", 0, 0, 1, None, b"no json", ()), FLAGS)
        life.commit(wait=True)
        (row,) = store.ask(lambda connection: connection.execute("SELECT * FROM outbox").fetchall())
        assert "dead-letters" in row
        assert life.control.counts["rejected"] == 1
        assert life.control.seq == 0
    finally:
        life.close()
        store.close()
