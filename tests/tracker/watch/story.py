"""Lives over one store, fed from memory and killed: the live program without its process."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from streams.kafka_config import OutRecord
from streams.source import Chunk
from streams.threads import at_once
from tests.tracker.watch import sea
from tracker.alerts.alert import Alert
from tracker.config.watch import SourceConfig
from tracker.geography.zones import NO_ZONES
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.topics.outgoing import alert_record, state_record
from tracker.watch.life import Life
from tracker.watch.world import World

CHUNK_BYTES = 40_000
_POOL = ThreadPoolExecutor(2)
"""Detectors run at once as in the real program, while the replays that lives are held against take them one by one."""


def messages_of(alert: Alert) -> tuple[OutRecord, ...]:
    return (alert_record(alert), state_record(alert))


def world_of(small_sea: sea.SmallSea, **changes: Any) -> World:
    settings = load_settings()
    sources = {"net": SourceConfig(kind="file", path="made up", format="nmea", feed="feed")}
    run = partial(at_once, _POOL)
    world = World(
        settings, small_sea.book, small_sea.places, NO_ZONES, sources, messages_of, "tidewaiter.dead-letters", run
    )
    return replace(world, **changes)


class Story:
    """Lives over one store, fed from one file in chunks; positions are offsets."""

    def __init__(self, world: World, folder: Path, content: bytes) -> None:
        folder.mkdir()
        self.world, self.folder, self.content = world, folder, content
        self.store: Database | None = None
        self.life: Life | None = None
        self.driven_anew: list[str] = []
        self.on_way: list[float] = []

    def begin(self) -> int:
        """A new life; where it wants to read from."""
        self.store = Database(self.folder / "store.duckdb")
        self.life = Life(self.world, self.store, self.folder / "snapshots", self.driven_anew.append, self.on_way.append)
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

    def kill(self, then: Callable[[], object] = lambda: None) -> None:
        """What is on the disk now is all that remains: it goes on in a copy, made while everything is still open; ``then`` is called after it."""
        assert self.store is not None
        assert self.life is not None
        remains = self.folder.with_name(f"{self.folder.name}+")
        shutil.copytree(self.folder, remains)
        then()
        self.life.close()
        self.store.close()
        self.folder, self.store, self.life = remains, None, None

    def end(self) -> None:
        """Close cleanly."""
        assert self.store is not None
        assert self.life is not None
        self.life.close()
        self.store.close()

    def left(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the store holds; the story is over."""
        assert self.store is not None
        found = summary(self.store)
        self.end()
        return found

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        assert self.store is not None
        return self.store.ask(lambda connection: connection.execute(sql).fetchall())


def summary(store: Database) -> dict[str, list[tuple[Any, ...]]]:
    """What two stores must have alike, however their lives went."""
    asked = {
        "events": "SELECT * EXCLUDE (known_time) FROM event_revisions ORDER BY ALL",
        "alerts": "SELECT alert_id, revision, type, data FROM alert_revisions ORDER BY ALL",
        "outbox": "SELECT topic, key, headers, value FROM outbox ORDER BY ALL",
        "reports": "SELECT count(*) FROM position_rows",
        "rows": "SELECT quality, count(*), min(time), max(time) FROM position_rows GROUP BY ALL ORDER BY ALL",
        "statics": "SELECT count(*), count(DISTINCT time) FROM static_rows",
    }
    return {name: store.ask(partial(_rows_of, sql=sql)) for name, sql in asked.items()}


def texts(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[str]]:
    """A summary that can be kept in a file."""
    return {name: [repr(row) for row in rows] for name, rows in found.items()}


def _rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()
