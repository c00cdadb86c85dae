"""Rows are deleted by age and by nothing else, each hour with its proof; what is open keeps its rows, and the program goes on as before."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from streams.memory import ManualClock
from tests.tracker.alerts.story import event
from tests.tracker.watch import sea
from tests.tracker.watch.said import Said
from tests.tracker.watch.story import Story, world_of
from tracker.config.watch import WatchConfig
from tracker.events import EventKind, EventState
from tracker.settings import load_settings
from tracker.store import append
from tracker.store import retention as store_retention
from tracker.store.copying import closed_store
from tracker.store.database import Database
from tracker.store.retention import cutoff_us, digest_query
from tracker.units import US_PER_DAY, US_PER_H, parse_time
from tracker.watch.retention import Retention

DAY_0_US = parse_time("2026-03-01T00:00:00Z")
NOBODY = "mmsi:219000001"
OPEN = "mmsi:219000002"


def fill(store: Database, days: int) -> None:
    """A report of two craft every minute."""
    store.write(
        lambda connection: connection.execute(
            """INSERT INTO position_rows BY NAME SELECT make_timestamptz(? + m * 60000000) AS time, time AS received_time, craft, 'feed' AS source,
               1 AS message_type, 54.0 AS lat_deg, 8.0 AS lon_deg, 'ok' AS quality FROM range(?) r(m), (VALUES (?), (?)) c(craft)""",
            [DAY_0_US, days * 1440, NOBODY, OPEN],
        )
    )
    store.commit()


def rows(store: Database, sql: str) -> list[tuple[Any, ...]]:
    return store.ask(lambda connection: connection.execute(sql).fetchall())


def test_closed_days_go_hour_by_hour_with_proof_and_open_events_keep_their_craft(tmp_path: Path) -> None:
    path, log = tmp_path / "live.duckdb", Said()
    store = Database(path)
    fill(store, 5)
    store.write(append.events([event(EventKind.GAP, OPEN, state=EventState.OPEN, start="2026-03-01T00:00:00Z")]))
    store.commit()
    store.close()
    with closed_store(path) as view:
        view.look()
        view.copy(tmp_path / "before.duckdb")
    store = Database(path)
    retention = Retention(2.0, ManualClock(DAY_0_US + 6 * US_PER_DAY), log)
    retention.pause_s = 0.0
    before_us = cutoff_us(DAY_0_US + 5 * US_PER_DAY - 1, 2.0)
    assert before_us == DAY_0_US + 2 * US_PER_DAY
    assert retention.delete(store, before_us) == 2 * 1440
    store.commit()
    assert rows(store, "SELECT craft, count(*) FROM position_rows GROUP BY ALL ORDER BY ALL") == [
        (NOBODY, 3 * 1440),
        (OPEN, 5 * 1440),
    ]
    told = rows(
        store,
        "SELECT count(*), sum(rows), min(epoch_us(first_time)), max(epoch_us(last_time)), min(why) FROM deletions",
    )
    assert told == [(48, 2 * 1440, DAY_0_US, before_us - 60_000_000, "older than [watch] keep_d = 2")]
    assert log.take() == [("info", "rows_deleted")]
    with Database(tmp_path / "before.duckdb", read_only=True).cursor() as before:
        for first_us, digest in rows(store, "SELECT epoch_us(first_time), digest FROM deletions"):
            hour = first_us // US_PER_H * US_PER_H
            found = before.execute(digest_query("position_rows"), [hour, hour + US_PER_H, [OPEN]]).fetchall()
            assert found[0][3] == digest
    assert retention.delete(store, before_us) == 0, "nothing is deleted twice"
    store.close()


def test_an_hour_of_many_rows_is_deleted_in_parts_that_fit_the_memory_of_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_retention, "MOST_ROWS", 50)
    store = Database(tmp_path / "live.duckdb")
    fill(store, 3)
    retention = Retention(2.0, ManualClock(DAY_0_US), Said())
    retention.pause_s = 0.0
    assert retention.delete(store, DAY_0_US + 2 * US_PER_H) == 4 * 60
    told = rows(store, "SELECT rows, epoch_us(first_time), epoch_us(last_time) FROM deletions ORDER BY ALL")
    assert sum(row[0] for row in told) == 4 * 60
    assert {row[0] for row in told} == {50, 20}
    assert all(first_us // US_PER_H == last_us // US_PER_H for _, first_us, last_us in told)
    assert rows(store, "SELECT epoch_us(min(time)) FROM position_rows") == [(DAY_0_US + 2 * US_PER_H,)]
    store.close()


def test_the_room_of_deleted_rows_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "live.duckdb"
    store = Database(path)
    retention = Retention(2.0, ManualClock(DAY_0_US), Said())
    retention.pause_s = 0.0
    sizes = []
    for _ in range(5):
        fill(store, 120)
        store.write(
            lambda connection: (
                connection.execute("COMMIT") and connection.execute("CHECKPOINT") and connection.execute("BEGIN")
            )
        )
        store.ask(lambda _: None)
        sizes.append(path.stat().st_size)
        store.write(lambda connection: connection.execute("DELETE FROM position_rows"))
        store.commit()
    store.close()
    assert sizes[-1] <= 2 * sizes[0]


def test_too_short_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="keep_d"):
        WatchConfig(keep_d=1.0)
    assert WatchConfig().keep_d == 0.0


@pytest.mark.slow
def test_a_program_driven_anew_over_what_is_left_takes_back_nothing_that_it_told(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    """Half of the feed, old rows deleted, no snapshot readable: what had been told of the time before stands as it was told."""
    settings = load_settings(environment={"TIDEWAITER_WATCH_HORIZON_H": "0.5"})
    story = Story(world_of(small_sea, settings=settings), tmp_path / "life", small_sea.content)
    story.begin()
    life, store = story.life, story.store
    assert life is not None
    assert store is not None
    for chunk in story.chunks(0, 30_000):
        if int(chunk.position) > len(small_sea.content) * 0.7:
            break
        life.take("net", chunk)
        life.step()
        life.commit(wait=True)
    life.take_snapshot()
    life.shelf.wait()
    life.commit(wait=True)
    retention = Retention(2.0, ManualClock(0), Said())
    retention.pause_s = 0.0
    assert retention.delete(store, life.engine.watermark_us - 3 * US_PER_H) > 1000
    life.commit(wait=True)
    told = set(story.ask("SELECT alert_id, revision FROM alert_revisions"))
    story.kill()
    for path in (story.folder / "snapshots").iterdir():
        path.write_bytes(b"damaged")
    assert story.live(random.Random(1), None)
    assert story.driven_anew
    left = story.left()
    after = {(row[0], row[1]): row[2] for row in left["alerts"]}
    assert told <= set(after)
    taken_back = {key for key, kind in after.items() if kind.endswith("retracted")}
    assert taken_back - {(row[0], row[1]) for row in undisturbed["alerts"]} == set()
