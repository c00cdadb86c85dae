"""Lives that are killed while somebody follows: each revision once, under one number that is never another's, whatever was not durable."""

from __future__ import annotations

import random
from pathlib import Path

from tests.tracker.watch import sea
from tests.tracker.watch.story import Story, world_of
from tracker.store.alert_sequence import Revision, StreamState, read_page, read_state
from tracker.store.database import Database
from tracker.watch.belongs import name_stream


def told(store: Database, after: int = 0) -> list[Revision]:
    """What a client is told that has everything up to a number, by a reader of its own as the door's is: of what is committed."""
    found: list[Revision] = []
    with store.cursor() as cursor:
        while page := read_page(cursor, found[-1].sequence if found else after, 7):
            found += page
    return found


def test_whoever_follows_over_kills_is_told_each_revision_once_under_its_number(
    little_sea: sea.SmallSea, little_undisturbed: dict[str, list[str]], tmp_path: Path
) -> None:
    rng = random.Random(5)
    story = Story(world_of(little_sea), tmp_path / "life", little_sea.content)
    heard: list[Revision] = []

    def listen() -> None:
        """Just before the kill, as a client that follows."""
        assert story.store is not None
        heard.extend(told(story.store, heard[-1].sequence if heard else 0))

    is_over, lives = False, 0
    while not is_over:
        lives += 1
        is_over = live_and_listen(story, rng, rng.randint(1, 6) if lives < 12 else None, listen)
    listen()
    assert story.store is not None
    assert heard == told(story.store)
    assert [one.sequence for one in heard] == list(range(1, len(heard) + 1))
    rows = story.ask("SELECT alert_id || '.' || revision FROM alert_revisions ORDER BY sequence")
    assert [f'"id":"{row[0]}"' in one.event for row, one in zip(rows, heard, strict=True)] == [True] * len(heard)
    assert lives > 3
    assert story.left()["alerts"] and len(heard) == len(little_undisturbed["alerts"])


def live_and_listen(story: Story, rng: random.Random, commits: int | None, listen: object) -> bool:
    """As ``Story.live``, but somebody reads what is committed while more waits to be."""
    offset = story.begin()
    assert story.life is not None
    assert callable(listen)
    for count, chunk in enumerate(story.chunks(offset, rng.randint(10_000, 40_000)), 1):
        story.life.take("net", chunk)
        story.life.step()
        listen()  # what this step published is not durable yet
        if commits is not None and count > commits:
            story.kill()
            return False
        story.life.commit(wait=True)
        if count % 5 == 0:
            story.life.take_snapshot()
            story.life.shelf.wait()
    assert not story.life.is_catching_up
    story.life.commit(wait=True)
    return True


def test_a_restored_store_has_another_name_for_its_numbers_and_a_restart_the_same(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    names = []
    for _ in range(2):
        store = Database(tmp_path / "a.duckdb")
        name_stream(store, state)
        names.append(store.ask(read_state))
        store.close()
    assert names[0] == names[1] == StreamState(names[0].store_id, 1, 0)
    (state / "stream_id").unlink()  # what a backup does not hold
    store = Database(tmp_path / "a.duckdb")
    name_stream(store, state)
    assert store.ask(read_state).store_id not in ("", names[0].store_id)
    store.close()
