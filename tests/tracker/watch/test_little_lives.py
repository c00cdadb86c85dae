"""What must hold of lives whatever is seen, on the little sea: killed, begun anew, driven by the loop, the store ends as if nothing had happened.

The same is tried at more places, and on more kinds of events, on the small sea (``test_life.py``, ``test_loop.py``); these tests are for every day, and for
runs of mutations.
"""

from __future__ import annotations

import ast
import random
import threading
from pathlib import Path

import pytest

from tests.tracker.watch import sea
from tests.tracker.watch.said import Said
from tests.tracker.watch.story import Story, summary, texts, world_of
from tests.tracker.watch.test_loop import ended, watch_of
from tracker.store.database import Database
from tracker.watch import loop
from tracker.watch.life import Life

SIZE = 30_000
END = 200
"""More commits than any life has."""


def lived(story: Story, first: int, stop: int, snapshots: tuple[int, ...] = ()) -> int:
    """Feed what lies from chunk ``first`` on, up to ``stop``, a commit each, and a snapshot before some; the chunk that is next."""
    life = story.life
    assert life is not None
    done = first
    for number, chunk in enumerate(story.chunks(first * SIZE, SIZE), first):
        if number == stop:
            break
        life.take("net", chunk)
        life.step()
        if number in snapshots:
            life.take_snapshot()
            life.shelf.wait()
        life.commit(wait=True)
        done = number + 1
    return done


def life_of(story: Story) -> Life:
    assert story.life is not None
    return story.life


def test_killed_before_and_behind_snapshots_it_ends_as_if_never_killed(
    little_sea: sea.SmallSea, little_undisturbed: dict[str, list[str]], tmp_path: Path
) -> None:
    story = Story(world_of(little_sea), tmp_path / "life", little_sea.content)
    assert story.begin() == 0, "nothing is known yet"
    assert not life_of(story).is_catching_up
    lived(story, 0, 3)
    story.kill()

    read_from = story.begin()
    assert read_from <= 3 * SIZE
    assert life_of(story).is_catching_up == (read_from < 3 * SIZE)
    assert life_of(story).waits_for == (["net"] if life_of(story).is_catching_up else [])
    watermark_us = life_of(story).engine.watermark_us
    lived(story, read_from // SIZE, 9, snapshots=(6,))
    assert life_of(story).engine.watermark_us > watermark_us
    assert not life_of(story).is_catching_up
    assert life_of(story).waits_for == []
    story.kill()

    read_from = story.begin()
    assert 6 * SIZE <= read_from <= 9 * SIZE, "the snapshot of the seventh chunk, or of a settlement after it"
    lived(story, read_from // SIZE, END, snapshots=(9, 15))
    assert life_of(story).safe_positions["net"]["0"] >= str(15 * SIZE)
    assert texts(story.left()) == little_undisturbed


def test_of_a_snapshot_that_cannot_be_read_the_store_is_driven_anew(
    little_sea: sea.SmallSea, little_undisturbed: dict[str, list[str]], tmp_path: Path
) -> None:
    story = Story(world_of(little_sea), tmp_path / "life", little_sea.content)
    story.begin()
    lived(story, 0, 16, snapshots=(4, 13))
    story.kill()
    damaged = [path for path in (story.folder / "snapshots").iterdir() if path.name.endswith(".rest.zst")]
    assert damaged
    for path in damaged:
        path.write_bytes(b"of another version")
    read_from = story.begin()
    assert [why for why in story.driven_anew if ".rest.zst" in why]
    assert story.on_way == sorted(story.on_way)
    assert story.on_way[-1] == 1.0
    lived(story, read_from // SIZE, END)
    assert texts(story.left()) == little_undisturbed


def test_what_the_store_has_and_the_source_has_lost_is_given_up_and_nothing_of_it_is_twice(
    little_sea: sea.SmallSea, little_undisturbed: dict[str, list[str]], tmp_path: Path
) -> None:
    story = Story(world_of(little_sea), tmp_path / "life", little_sea.content)
    story.begin()
    lived(story, 0, 9, snapshots=(4,))
    rows = story.ask("SELECT count(*) FROM position_rows")
    story.kill()
    read_from = story.begin()
    life = life_of(story)
    assert read_from < 9 * SIZE
    assert life.is_catching_up
    life.commit(wait=True)
    assert life.take_snapshot() is None, "it is not yet what it was"
    assert story.ask("SELECT count(*) FROM position_rows") == rows
    life.give_up_catching_up()
    assert not life.is_catching_up
    assert life.waits_for == []
    lived(story, 9, END)
    ((found,),) = story.ask("SELECT count(*) FROM position_rows")
    ((whole,),) = [ast.literal_eval(row) for row in little_undisturbed["reports"]]
    assert whole - 10 < found <= whole, "all but a line cut in two and what waited for the watermark, and nothing twice"
    assert texts(story.left())["events"]


def test_the_loop_judges_stores_and_sends_what_comes_and_the_next_start_goes_on_where_it_ended(
    little_sea: sea.SmallSea, little_undisturbed: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "warm_kernels", lambda _: None)
    half = little_sea.content[: len(little_sea.content) // 2]
    log = Said()
    first = watch_of(world_of(little_sea), tmp_path, half, log)
    ended(first, threading.Event(), lambda: "idle" in [event for _, event, _ in log.lines])
    said = [event for _, event, _ in log.lines]
    assert said[:3] == ["warming", "warm", "live"]
    stopped = log.lines[-1]
    assert stopped[:2] == ("info", "stopped")
    assert stopped[2]["reports"] > 0
    assert stopped[2]["commits"] == first.facts.commits > 0
    assert stopped[2]["snapshots"] == first.facts.snapshots > 0
    assert first.facts.phase == "stopped"
    assert first.facts.lives == 1

    log = Said()
    second = watch_of(world_of(little_sea), tmp_path, little_sea.content[len(half) :], log)
    ended(second, threading.Event(), lambda: "idle" in [event for _, event, _ in log.lines])
    assert not [event for level, event, _ in log.lines if level == "warning"]
    store = Database(tmp_path / "store.duckdb")
    found = texts(summary(store))
    store.close()
    assert found["events"] == little_undisturbed["events"]
    assert found["alerts"] == little_undisturbed["alerts"]
    assert found["rows"] == little_undisturbed["rows"]
    assert found["statics"] == little_undisturbed["statics"]


def test_lives_killed_at_random_end_as_one_that_was_not(
    little_sea: sea.SmallSea, little_undisturbed: dict[str, list[str]], tmp_path: Path
) -> None:
    rng = random.Random(11)
    story = Story(world_of(little_sea), tmp_path / "life", little_sea.content)
    for _ in range(3):
        if story.live(rng, rng.randint(1, 12), snapshot_every=rng.choice((2, 5))):
            break
    else:
        assert story.live(rng, None)
    assert texts(story.left()) == little_undisturbed
