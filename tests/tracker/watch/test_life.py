"""Lives: killed after any commit and begun anew, the store ends as if never killed; flags and orders survive; damaged snapshots are driven anew."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from streams.kafka_config import InRecord
from tests.tracker.watch import sea
from tests.tracker.watch.story import Story, world_of
from tests.waiting import PATIENCE_S
from tracker.alerts.desk import AlertDesk
from tracker.watch.catch_up import CatchUp
from tracker.watch.control import FLAGS, ORDERS


def test_a_life_publishes_what_a_replay_does(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]]
) -> None:
    known = {row[0] for row in undisturbed["events"]}
    assert set(small_sea.events) - known <= small_sea.at_the_end, (
        "a live feed has no end: its last instants wait for more"
    )
    assert len(undisturbed["alerts"]) >= len(small_sea.alerts) > 0
    assert len(undisturbed["outbox"]) == 2 * len(undisturbed["alerts"])


@pytest.mark.slow
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
    assert story.left() == undisturbed


@pytest.mark.slow
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
    assert [why for why in story.driven_anew if ".rest.zst" in why]
    assert len(story.on_way) > 1
    assert story.on_way == sorted(story.on_way)
    assert (story.on_way[0] < 0.5, story.on_way[-1]) == (True, 1.0)
    assert story.left() == undisturbed


@pytest.mark.slow
def test_killed_between_a_settlement_at_the_watermark_of_the_last_snapshot_and_its_commit(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    life = story.life
    assert life is not None
    commit = life.durability.commit
    for chunk in story.chunks(0, 4_000):
        if life.engine.is_unsettled:
            life.take_snapshot()
            life.shelf.wait()
            commit(wait=True)
            life.durability.commit = lambda **_: None  # type: ignore[method-assign]
        before = life.engine.watermark_us, life.engine.counts.recomputations
        life.take("net", chunk)
        if life.engine.counts.recomputations > before[1] and life.engine.watermark_us - before[0] <= 1:
            break
        life.durability.commit = commit  # type: ignore[method-assign]
        life.step()
        commit()
    else:
        raise AssertionError("nothing was settled at the watermark of a snapshot")
    story.kill()
    assert story.live(random.Random(3), None)
    assert story.left() == undisturbed


def test_a_source_is_told_of_a_snapshot_only_once_the_commit_that_names_it_is_durable(
    small_sea: sea.SmallSea, tmp_path: Path
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    life, store = story.life, story.store
    assert life is not None
    assert store is not None
    chunk = next(story.chunks(0, 6_000))
    life.take("net", chunk)
    life.step()
    assert not life.engine.counts.recomputations, "a settlement commits by itself"
    life.take_snapshot()
    life.shelf.wait()
    writer, written = threading.Event(), threading.Event()
    store.write(lambda _: (written.set(), writer.wait(PATIENCE_S))[0])
    written.wait(PATIENCE_S)
    life.commit()
    assert life.safe_positions == {}, "the commit waits behind another write"
    writer.set()
    life.commit(wait=True)
    store.ask(lambda _: None)
    assert life.safe_positions == {"net": {"0": chunk.position}}
    story.end()


@pytest.mark.slow
def test_killed_while_commits_wait_for_the_disk_it_finds_the_snapshot_that_the_store_names(
    small_sea: sea.SmallSea,
    undisturbed: dict[str, list[tuple[Any, ...]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    life, store = story.life, story.store
    assert life is not None
    assert store is not None
    for count, chunk in enumerate(story.chunks(0, 30_000)):
        life.take("net", chunk)
        life.engine.step()
        if count == 12:
            break
        life.take_snapshot()
        if count == 11:
            continue
        life.shelf.wait()
        life.commit(wait=True)
    stands, goes_on = threading.Event(), threading.Event()
    store.write(lambda _: (stands.set(), goes_on.wait(PATIENCE_S))[0])
    stands.wait(PATIENCE_S)
    life.durability.settle_again()  # as after a settlement: one snapshot lies ready, another is taken at once
    settling = threading.Thread(target=life.step)
    settling.start()
    settling.join(2.0)  # not a wait: it stands there, or will

    def then() -> None:
        goes_on.set()
        settling.join()

    story.kill(then)

    def damaged(*_: object) -> None:
        raise AssertionError("the snapshot that the store names is gone")

    monkeypatch.setattr(CatchUp, "_drive_anew", damaged)
    assert story.live(random.Random(3), None)
    assert story.left() == undisturbed


@pytest.mark.slow
def test_killed_after_a_settlement_amid_a_chunk_the_rows_behind_it_are_judged_and_stored(
    small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    life = story.life
    assert life is not None
    for chunk in story.chunks(0, 250_000):
        life.take("net", chunk)
        if life.engine.counts.recomputations and life.engine.reorder.watermark_us > life.engine.watermark_us:
            break
        life.step()
        life.commit()
    else:
        raise AssertionError("nothing was settled amid a chunk")
    life.store.ask(lambda _: None)  # what commits it is durable
    story.kill()
    assert story.live(random.Random(3), None)
    assert story.left() == undisturbed


def record(kind: str, offset: int, **fields: Any) -> InRecord:
    value = json.dumps({"by": "risk engine", "time": "2026-03-01T00:00:00Z", **fields}).encode()
    return InRecord(f"tidewaiter.{kind}", 0, offset, 0, None, value, ())


def priorities(story: Story) -> dict[str, tuple[int, int]]:
    return {
        key: (revision, priority)
        for key, revision, priority in story.ask("SELECT alert_id, revision, priority FROM alerts")
    }


@pytest.mark.slow
def test_flags_and_orders_rank_anew_survive_a_restart_and_bad_ones_are_dead_letters(
    small_sea: sea.SmallSea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    assert story.live(random.Random(1), None)
    assert story.life is not None
    before = priorities(story)
    assert (0, True) in story.ask("SELECT DISTINCT replay, known_time > from_time FROM cargo_aboard"), (
        "what is aboard is in SQL"
    )
    target = next(
        (alert_id, json.loads(data)["consignments"][0]["document_number"])
        for alert_id, data in story.ask(
            "SELECT alert_id, data FROM alerts WHERE type NOT LIKE '%retracted' ORDER BY priority, alert_id"
        )
        if json.loads(data)["consignments"]
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

    def fails(*_: object) -> None:
        raise ZeroDivisionError("what nobody thought of")

    monkeypatch.setattr(AlertDesk, "reconsider", fails)
    story.life.take_control(record("flags", 3, **{**flag, "flag_id": "F3"}), FLAGS)
    story.life.commit(wait=True)
    assert {fault.part for _, fault in story.life.faults} == {"desk"}
    assert story.ask("SELECT count(*) FROM flags WHERE flag_id = 'F3'") == [(1,)], "a topic does not give it again"
    story.end()


@pytest.mark.slow
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
    assert list(story.life.engine.timeline.tracked) == [craft], "whoever is followed is not forgotten to make room"
    told = story.ask(f"SELECT data::VARCHAR FROM alerts WHERE contains(data::VARCHAR, '{craft}')")
    assert any('"tracked"' in row[0] and "seen at night" in row[0] for row in told)
    sentence = "It is told because the craft is tracked. Tracking ordered by risk engine: seen at night."
    assert any(sentence in json.loads(row[0])["explanation"] for row in told)
    story.life.take_control(record("orders", 1, **{**order, "order_id": "O2", "action": "stop"}), ORDERS)
    story.life.commit(wait=True)
    told = story.ask(f"SELECT data::VARCHAR FROM alerts WHERE craft = '{craft}' AND type NOT LIKE '%retracted'")
    assert not any('"tracked"' in row[0] for row in told)
    story.end()
