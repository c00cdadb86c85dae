"""The loop around lives: nothing a socket gives is lost while the program is not ready to read, and it ends when told to, whatever it is at."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from streams.journal import Journal, JournalConfig, journal_bytes
from streams.journaled import JournaledSource
from streams.memory import ListSource, chunks_of
from tests.tracker.watch import sea
from tests.tracker.watch.said import Said
from tests.tracker.watch.story import Story, summary, world_of
from tests.waiting import PATIENCE_S, eventually
from tracker.store.database import Database
from tracker.watch import loop
from tracker.watch.loop import Watch
from tracker.watch.world import World

CHUNK_BYTES = 20_000


def watch_of(world: World, folder: Path, content: bytes, log: Said) -> Watch:
    """A watch whose one source has no memory of its own and gives everything at once."""
    blocks = [content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES)]
    inner = ListSource("net", chunks_of(blocks, start_us=1_795_000_000_000_000), has_memory=False)
    source = JournaledSource(inner, Journal(folder / "journal", JournalConfig(fsync_s=0.05)))
    return Watch(
        world, folder / "store.duckdb", folder / "snapshots", {"net": source}, lambda name: source,
        lambda: None, dict, lambda record, why: None, log,
    )  # fmt: skip


def ended(watch: Watch, stop: threading.Event, when: Callable[[], bool]) -> None:
    """Run a watch until something holds."""
    runner = threading.Thread(target=watch.run, args=(stop,))
    runner.start()
    try:
        eventually(lambda: when() or not runner.is_alive())
    finally:
        stop.set()
        runner.join(PATIENCE_S)
    assert not runner.is_alive()


@pytest.mark.slow
def test_what_a_socket_gives_while_kernels_are_compiled_is_judged_afterwards(
    small_sea: sea.SmallSea,
    undisturbed: dict[str, list[tuple[Any, ...]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def warm(_: object) -> None:
        eventually(lambda: b"".join(journal_bytes(tmp_path / "journal")) == small_sea.content)

    monkeypatch.setattr(loop, "warm_kernels", warm)
    log = Said()
    watch = watch_of(world_of(small_sea), tmp_path, small_sea.content, log)
    ended(watch, threading.Event(), lambda: "idle" in [event for _, event, _ in log.lines])
    store = Database(tmp_path / "store.duckdb")
    found = summary(store)
    store.close()
    assert found["events"] == undisturbed["events"]
    assert found["rows"] == undisturbed["rows"]
    assert found["statics"] == undisturbed["statics"]


def test_who_asks_while_kernels_are_compiled_is_told_how_the_sources_do(
    small_sea: sea.SmallSea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[bool, str, int]] = []
    stop = threading.Event()

    def warm(_: object) -> None:
        eventually(lambda: any(bytes_in for _, _, bytes_in in told))
        stop.set()

    def on_turn(watch: Watch) -> None:
        told.append((watch.is_warming, watch.facts.phase, watch.sources["net"].health.bytes_in))

    monkeypatch.setattr(loop, "warm_kernels", warm)
    watch = watch_of(world_of(small_sea), tmp_path, small_sea.content, Said())
    watch.on_turn = on_turn
    watch.run(stop)
    assert told[0] == (False, "starting", 0)
    assert all(is_warming for is_warming, _, _ in told[1:])


@pytest.mark.slow
def test_told_to_stop_while_the_detectors_are_driven_anew_it_does_and_the_next_start_begins_there_again(
    small_sea: sea.SmallSea,
    undisturbed: dict[str, list[tuple[Any, ...]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "warm_kernels", lambda _: None)
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    assert not story.live(random.Random(2), 20, snapshot_every=4)
    for path in (story.folder / "snapshots").iterdir():
        if path.name.endswith(".rest.zst"):
            path.write_bytes(b"another version wrote it")
    log, stop, driven = Said(), threading.Event(), []
    watch = watch_of(world_of(small_sea), story.folder, b"", log)

    def on_turn(watch: Watch) -> None:
        if watch.facts.driven is not None:
            driven.append((watch.facts.phase, watch.facts.driven))
            stop.set()

    watch.on_turn = on_turn
    watch.run(stop)
    assert len(driven) == 1
    assert (driven[0][0], driven[0][1] < 1.0) == ("catching up", True)
    assert [event for _, event, _ in log.lines] == ["warming", "warm", "driven_anew", "stopped_early"]
    assert story.live(random.Random(3), None)
    assert story.left() == undisturbed


def test_decoders_whose_memory_is_lost_are_counted_and_told(
    small_sea: sea.SmallSea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "warm_kernels", lambda _: None)
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    assert not story.live(random.Random(2), 3, snapshot_every=1)
    for path in (story.folder / "snapshots").iterdir():
        if path.name.endswith(".rest.zst"):
            path.write_bytes(b"another version wrote it")
    with duckdb.connect(str(story.folder / "store.duckdb")) as connection:
        connection.execute("DELETE FROM watch_state WHERE name = 'decoders'")
    log, stop = Said(), threading.Event()
    watch = watch_of(world_of(small_sea), story.folder, b"", log)
    watch.sources["net"] = ListSource("net", [], has_memory=False)

    def on_turn(watch: Watch) -> None:
        if watch.life is not None or watch.facts.last_error:
            stop.set()

    watch.on_turn = on_turn
    watch.run(stop)
    assert watch.facts.last_error == ""
    assert [fields for _, event, fields in log.lines if event == "decoders_lost"] == [
        {"line": "net", "error": "nothing was kept of them"}
    ]
    assert watch.facts.decoders_lost == 1


@pytest.mark.slow
@pytest.mark.parametrize("what", ["removed", "replaced"])
def test_a_store_that_goes_away_while_it_is_open_is_told_and_taken_up_again_when_it_is_back(
    small_sea: sea.SmallSea,
    undisturbed: dict[str, list[tuple[Any, ...]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    monkeypatch.setattr(loop, "warm_kernels", lambda _: None)
    monkeypatch.setattr(loop, "_RETRY_S", (0.2,))
    Database(tmp_path / "other.duckdb").close()
    path, away, log = tmp_path / "store.duckdb", tmp_path / "away.duckdb", Said()
    watch = watch_of(world_of(small_sea), tmp_path, small_sea.content, log)
    told: list[str] = []

    def on_turn(watch: Watch) -> None:
        if watch.facts.phase == "store away" and not told:
            told.append(watch.facts.last_error)
        elif watch.facts.phase == "store away" and watch.facts.last_error != told[0]:
            told.append(watch.facts.last_error)
            if what == "replaced":
                path.unlink()
            away.rename(path)
            away.with_name("away.duckdb.wal").rename(tmp_path / "store.duckdb.wal")
        elif watch.facts.commits == 3 and not told and not away.exists():
            (tmp_path / "store.duckdb.wal").rename(away.with_name("away.duckdb.wal"))
            path.rename(away)
            if what == "replaced":
                shutil.copy(tmp_path / "other.duckdb", path)

    watch.on_turn = on_turn
    ended(watch, threading.Event(), lambda: "idle" in [event for _, event, _ in log.lines])
    assert what in told[0]
    assert ("is gone, but" if what == "removed" else "is not the store that") in told[1]
    store = Database(path)
    found = summary(store)
    store.close()
    assert found["events"] == undisturbed["events"]
    assert found["rows"] == undisturbed["rows"]


def test_topics_of_flags_and_orders_that_were_deleted_are_made_again_though_nothing_is_to_be_sent(
    small_sea: sea.SmallSea, tmp_path: Path
) -> None:
    watch = watch_of(world_of(small_sea), tmp_path, b"", Said())
    asked: list[int] = []
    health = SimpleNamespace(state="connected")
    watch.outbox = SimpleNamespace(prepare_again=lambda: asked.append(1))  # type: ignore[assignment]
    watch._control = SimpleNamespace(health=health), lambda _: "flag"
    begin_us = 10**12
    watch._miss_topics(begin_us)
    assert not asked
    health.state = "waiting"
    for second in range(40):
        watch._miss_topics(begin_us + second * 1_000_000)
    assert len(asked) == 3, "at once, and every fifteen seconds"
    for source in watch.sources.values():
        source.close()
