"""Lives: killed after any commit and begun anew, the store ends as if never killed; flags and orders survive; damaged snapshots are driven anew."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.kafka_config import InRecord, OutRecord
from streams.source import Chunk
from tests.tracker.watch import sea
from tracker.alerts.alert import Alert
from tracker.geography.zones import NO_ZONES
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.topics import alert_record, state_record
from tracker.watch.config import SourceConfig
from tracker.watch.control import FLAGS, ORDERS
from tracker.watch.life import Life, World

CHUNK_BYTES = 40_000


def messages_of(alert: Alert) -> tuple[OutRecord, ...]:
    return (alert_record(alert), state_record(alert))


def world_of(small_sea: sea.SmallSea, **changes: Any) -> World:
    settings = load_settings()
    sources = {"net": SourceConfig(kind="file", path="made up", format="nmea", feed="feed")}
    world = World(settings, small_sea.book, small_sea.places, NO_ZONES, sources, messages_of, "tidewaiter.dead-letters")
    return replace(world, **changes)


class Story:
    """Lives over one store, fed from one file in chunks; positions are offsets."""

    def __init__(self, world: World, folder: Path, content: bytes) -> None:
        folder.mkdir()
        self.world, self.folder, self.content = world, folder, content
        self.store: Database | None = None
        self.life: Life | None = None

    def begin(self) -> int:
        """A new life; where it wants to read from."""
        self.store = Database(self.folder / "store.duckdb")
        self.life = Life(self.world, self.store, self.folder / "snapshots")
        return int(self.life.begin().get("net", {}).get("0", "0"))

    def chunks(self, offset: int, size: int) -> Iterator[Chunk]:
        for start in range(offset, len(self.content), size):
            stop = min(start + size, len(self.content))
            yield Chunk("0", self.content[start:stop], 1_795_000_000_000_000, str(stop))

    def live(self, rng: random.Random, commits: int | None, snapshot_every: int = 7) -> bool:
        """Feed until so many commits, or the end; True at the end. The life is killed afterwards."""
        offset = self.begin()
        assert self.life is not None
        for count, chunk in enumerate(self.chunks(offset, rng.randint(CHUNK_BYTES // 3, CHUNK_BYTES)), 1):
            self.life.take("net", chunk)
            self.life.step()
            self.life.commit(wait=True)
            if count % snapshot_every == 0:
                self.life.take_snapshot()
                self.life.shelf.wait()
            if commits is not None and count >= commits:
                self.kill()
                return False
        assert not self.life.is_catching_up
        self.life.commit(wait=True)
        return True

    def kill(self) -> None:
        """What is on the disk now is all that remains: it goes on in a copy, made while everything is still open."""
        assert self.store is not None
        assert self.life is not None
        remains = self.folder.with_name(f"{self.folder.name}+")
        shutil.copytree(self.folder, remains)
        self.life.close()
        self.store.close()
        self.folder, self.store, self.life = remains, None, None

    def end(self) -> None:
        """Close cleanly."""
        assert self.store is not None
        assert self.life is not None
        self.life.close()
        self.store.close()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        assert self.store is not None
        return self.store.ask(lambda connection: connection.execute(sql).fetchall())


def summary(story: Story) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "events": story.ask("SELECT * EXCLUDE (known_time) FROM event_revisions ORDER BY ALL"),
        "alerts": story.ask("SELECT alert_id, revision, type, data FROM alert_revisions ORDER BY ALL"),
        "outbox": story.ask("SELECT topic, key, headers, value FROM outbox ORDER BY ALL"),
        "rows": story.ask(
            "SELECT quality, count(*), min(time), max(time) FROM position_rows GROUP BY ALL ORDER BY ALL"
        ),
        "statics": story.ask("SELECT count(*), count(DISTINCT time) FROM static_rows"),
    }


@pytest.fixture(scope="module")
def undisturbed(small_sea: sea.SmallSea, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    story = Story(world_of(small_sea), tmp_path_factory.mktemp("undisturbed") / "life", small_sea.content)
    assert story.live(random.Random(1), None)
    found = summary(story)
    story.end()
    return found


def test_a_life_publishes_what_a_replay_does(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]]
) -> None:
    known = {row[0] for row in undisturbed["events"]}
    assert set(small_sea.events) - known <= small_sea.at_the_end, (
        "a live feed has no end: its last instants wait for more"
    )
    assert len(undisturbed["alerts"]) >= len(small_sea.alerts) > 0
    assert len(undisturbed["outbox"]) == 2 * len(undisturbed["alerts"])


@pytest.mark.parametrize("seed", range(4))
def test_killed_again_and_again_it_ends_as_if_never_killed(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]], tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    for _ in range(5):
        if story.live(rng, rng.randint(1, 25), snapshot_every=rng.choice((2, 5, 100))):
            break
    else:
        assert story.live(rng, None)
    found = summary(story)
    story.end()
    assert found == undisturbed


def test_snapshots_of_another_version_are_driven_anew_from_the_store(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    assert not story.live(random.Random(2), 20, snapshot_every=4)
    damaged = [path for path in (story.folder / "snapshots").iterdir() if path.name.endswith(".rest.zst")]
    assert damaged
    for path in damaged:
        path.write_bytes(path.read_bytes()[:-9] + b"different")
    assert story.live(random.Random(3), None)
    found = summary(story)
    story.end()
    latest = {row[0]: row for row in found["events"]}
    assert {(row[0], row[2], row[3]) for row in latest.values()} == {
        (row[0], row[2], row[3]) for row in {row[0]: row for row in undisturbed["events"]}.values()
    }


def record(kind: str, offset: int, **fields: Any) -> InRecord:
    value = json.dumps({"by": "risk engine", "time": "2026-03-01T00:00:00Z", **fields}).encode()
    return InRecord(f"tidewaiter.{kind}", 0, offset, 0, None, value, ())


def priorities(story: Story) -> dict[str, tuple[int, int]]:
    return {
        key: (revision, priority)
        for key, revision, priority in story.ask("SELECT alert_id, revision, priority FROM alerts")
    }


def test_flags_and_orders_rank_anew_survive_a_restart_and_bad_ones_are_dead_letters(
    small_sea: sea.SmallSea, tmp_path: Path
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    assert story.live(random.Random(1), None)
    assert story.life is not None
    before = priorities(story)
    target = next(
        (alert_id, json.loads(data)["consignments"][0]["document_number"])
        for alert_id, data in story.ask(
            "SELECT alert_id, data FROM alerts WHERE priority > 0 ORDER BY priority, alert_id"
        )
        if json.loads(data)["consignments"] and json.loads(data)["event"]["state"] != "retracted"
    )
    flag = {
        "flag_id": "F1",
        "action": "flag",
        "target": {"consignment": {"document_number": target[1]}},
        "flag": "new profile",
        "severity": 1.0,
    }
    story.life.take_control(record("flags", 0, **flag), FLAGS)
    story.life.commit(wait=True)
    flagged = priorities(story)
    assert flagged[target[0]][1] > before[target[0]][1]
    assert flagged[target[0]][0] == before[target[0]][0] + 1

    story.life.take_control(record("flags", 1, flag_id="F2", action="fly"), FLAGS)
    story.life.commit(wait=True)
    assert story.life.control.counts == {FLAGS: 1, ORDERS: 0, "rejected": 1}
    (letter,) = story.ask("SELECT headers FROM outbox WHERE topic = 'tidewaiter.dead-letters'")
    assert "flag refused" in letter[0]

    story.life.take_snapshot()
    story.life.shelf.wait()
    story.life.commit(wait=True)
    story.kill()
    story.begin()
    assert story.life is not None
    assert not story.life.is_catching_up
    assert story.life.control_positions == {"tidewaiter.flags/0": "2"}
    assert len(story.life.control.flags) == 1
    story.life.take_control(record("flags", 2, flag_id="F1", action="clear"), FLAGS)
    story.life.commit(wait=True)
    assert priorities(story)[target[0]] == (before[target[0]][0] + 2, before[target[0]][1])
    story.end()


def test_a_craft_under_order_is_alerted_whatever_is_known_aboard(small_sea: sea.SmallSea, tmp_path: Path) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    assert story.live(random.Random(1), None)
    assert story.life is not None
    quiet = story.ask(
        "SELECT craft, event_id FROM events WHERE state = 'open' AND kind NOT IN ('gap', 'feed_outage') AND craft LIKE 'mmsi:%' "
        "AND event_id NOT IN (SELECT event_id FROM alerts) AND kind <> 'dark_period' ORDER BY event_id LIMIT 1"
    )
    craft = (
        quiet[0][0]
        if quiet
        else story.ask("SELECT craft FROM alerts WHERE craft LIKE 'mmsi:%' ORDER BY craft LIMIT 1")[0][0]
    )
    order = {"order_id": "O1", "action": "start", "craft": craft, "reason": "seen at night"}
    story.life.take_control(record("orders", 0, **order), ORDERS)
    story.life.commit(wait=True)
    told = story.ask(f"SELECT data::VARCHAR FROM alerts WHERE contains(data::VARCHAR, '{craft}')")
    assert any('"tracked"' in row[0] and "seen at night" in row[0] for row in told)
    story.life.take_control(record("orders", 1, **{**order, "order_id": "O2", "action": "stop"}), ORDERS)
    story.life.commit(wait=True)
    told = story.ask(f"SELECT data::VARCHAR FROM alerts WHERE craft = '{craft}' AND type NOT LIKE '%retracted'")
    assert not any('"tracked"' in row[0] for row in told)
    story.end()
