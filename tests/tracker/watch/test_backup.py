"""A backup taken while the program lives goes on like the life it was taken of, and a damaged or half one is never taken for whole."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from streams.claims import claimed_folder
from streams.journal import Journal, JournalConfig, journal_chunks
from streams.source import Chunk
from streams.time import SystemClock
from tests.tracker.store.old_layouts import tables_before_documents
from tests.tracker.test_cli import LINES, assert_one_sentence, run
from tests.tracker.watch import sea
from tests.tracker.watch.story import Story, world_of
from tests.waiting import PATIENCE_S, eventually
from tracker.errors import InputError, StoreError
from tracker.store.copying import StoreView, closed_store
from tracker.store.database import Database
from tracker.store.migrations import LAYOUT
from tracker.watch.backup import MANIFEST, read_backup, restore_backup, take_backup
from tracker.watch.files import state_folder

CLOCK = SystemClock()


def backup_of_the_living(story: Story, folder: Path) -> None:
    assert story.store is not None
    with story.store.cursor() as cursor:
        take_backup(story.folder / "store.duckdb", folder, StoreView(cursor), CLOCK)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_backup_taken_amid_a_life_goes_on_as_that_life_does(
    seed: int, small_sea: sea.SmallSea, undisturbed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    rng = random.Random(seed)
    story = Story(world_of(small_sea), tmp_path / "life", small_sea.content)
    story.begin()
    state_folder(story.folder / "store.duckdb").mkdir()
    (state_folder(story.folder / "store.duckdb") / "snapshots").symlink_to(story.folder / "snapshots")
    life = story.life
    assert life is not None
    begins_at = len(small_sea.content) * rng.uniform(0.3, 0.7)
    thread, failed = None, []

    def back_up() -> None:
        try:
            backup_of_the_living(story, tmp_path / "backup")
        except BaseException as exc:
            failed.append(exc)

    for count, chunk in enumerate(story.chunks(0, 30_000), 1):
        life.take("net", chunk)
        life.step()
        life.commit(wait=True)
        if count % 3 == 0:
            life.take_snapshot()
        if thread is None and int(chunk.position) > begins_at:
            thread = threading.Thread(target=back_up)
            thread.start()
    assert thread is not None
    thread.join(PATIENCE_S)
    assert failed == []
    life.commit(wait=True)
    assert story.left() == undisturbed

    again = Story(world_of(small_sea), tmp_path / "again", small_sea.content)
    restore_backup(tmp_path / "backup", again.folder / "store.duckdb")
    (state_folder(again.folder / "store.duckdb") / "snapshots").rename(again.folder / "snapshots")
    again.content = small_sea.content
    assert again.live(rng, None)
    assert again.driven_anew == []
    assert again.left() == undisturbed


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with a snapshot's file, a journal of sealed segments and one that is being written."""
    path = tmp_path / "live.duckdb"
    Database(path).close()
    snapshots = state_folder(path) / "snapshots"
    snapshots.mkdir(parents=True)
    (snapshots / "17.timeline.zst").write_bytes(b"a snapshot")
    (snapshots / "18.timeline.zst.part").write_bytes(b"half a one")
    return path


def taken(store: Path, folder: Path) -> Path:
    with closed_store(store) as view:
        take_backup(store, folder, view, CLOCK)
    return folder


def test_a_journal_that_is_being_written_is_in_it_up_to_that_moment(store: Path, tmp_path: Path) -> None:
    folder = state_folder(store) / "journal" / "quay"
    journal = Journal(folder, JournalConfig(segment_bytes=400, fsync_s=0))
    lines = [b"line %d of the feed\n" % number for number in range(40)]
    for number, line in enumerate(lines):
        journal.append(Chunk("0", line, number, ""))
    eventually(lambda: len(list(folder.glob("*.journal"))) == 1)
    backup = taken(store, tmp_path / "backup")
    journal.append(Chunk("0", b"later\n", 99, ""))
    journal.close()
    assert restore_backup(backup, tmp_path / "again.duckdb") > 3
    again = state_folder(tmp_path / "again.duckdb")
    assert [chunk.data for chunk in journal_chunks(again / "journal" / "quay")] == lines
    assert [path.name for path in (again / "snapshots").iterdir()] == ["17.timeline.zst"]


def test_nothing_is_overwritten_and_nothing_half_is_taken_for_whole(store: Path, tmp_path: Path) -> None:
    backup = taken(store, tmp_path / "backup")
    with pytest.raises(InputError, match="overwrites nothing"):
        taken(store, backup)
    with pytest.raises(InputError, match="overwrites nothing"):
        restore_backup(backup, store)
    (tmp_path / "half.part").mkdir()
    with pytest.raises(InputError, match="is no backup"):
        restore_backup(tmp_path / "half.part", tmp_path / "x.duckdb")
    (tmp_path / "half.part" / "letters").mkdir()
    with pytest.raises(StoreError, match="it holds 'letters', which this program did not put there"):
        taken(store, tmp_path / "half")


def test_what_a_kill_left_of_a_backup_or_a_restore_stands_in_nobodys_way(store: Path, tmp_path: Path) -> None:
    part = tmp_path / "backup.part"
    (part / "state" / "snapshots").mkdir(parents=True)
    (part / "state" / "snapshots" / "3.timeline.zst").write_bytes(b"of the killed one")
    for name in ("store.duckdb", "store.duckdb.wal", "backup.json"):
        (part / name).write_bytes(b"half of it")
    with claimed_folder(tmp_path / "other.part", ()), pytest.raises(InputError, match="being made by another process"):
        taken(store, tmp_path / "other")
    backup = taken(store, tmp_path / "backup")
    assert not part.exists()
    read_backup(backup)

    again = tmp_path / "again.duckdb"
    half = state_folder(again).with_name(state_folder(again).name + ".restore")
    (half / "journal").mkdir(parents=True)
    (half / "journal" / "x").write_bytes(b"half")
    again.with_name("again.duckdb.restore").write_bytes(
        b"half of a store that was longer than the one to be restored" * 9999
    )
    assert restore_backup(backup, again) > 1
    assert sorted(path.name for path in tmp_path.glob("again*")) == ["again.duckdb", "again.duckdb.state"]
    with duckdb.connect(str(again), read_only=True) as connection:
        connection.execute("SELECT * FROM about")

    # killed between the two last steps: all is there, and only the store has not its name yet
    again.rename(again.with_name("again.duckdb.restore"))
    (state_folder(again) / "more").write_bytes(b"")
    with pytest.raises(InputError, match="overwrites nothing"):
        restore_backup(backup, again)
    (state_folder(again) / "more").unlink()
    restore_backup(backup, again)
    assert sorted(path.name for path in tmp_path.glob("again*")) == ["again.duckdb", "again.duckdb.state"]


def test_what_a_killed_program_left_of_a_copy_goes_at_the_next_start_and_disturbs_no_backup(tmp_path: Path) -> None:
    path, copies = tmp_path / "live.duckdb", tmp_path / "live.duckdb.state" / "copies"
    copies.mkdir(parents=True)
    left = [copies / "store.duckdb", copies / "store.duckdb.wal"]
    for one in left:
        one.write_bytes(b"half a copy")
    store = Database(path, is_confined=True, copies=copies)
    assert list(copies.iterdir()) == []
    left[1].write_bytes(b"the log of another file")
    with store.cursor() as cursor:
        take_backup(path, tmp_path / "backup", StoreView(cursor, copies), CLOCK)
    store.close()
    read_backup(tmp_path / "backup")
    assert list(copies.iterdir()) == []


def damage_a_byte(backup: Path) -> None:
    file = backup / "state" / "snapshots" / "17.timeline.zst"
    file.unlink()
    file.write_bytes(b"b snapshot")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (damage_a_byte, "SHA-256 differs"),
        (lambda backup: (backup / "store.duckdb").unlink(), "is gone"),
        (lambda backup: (backup / "state" / "more").write_bytes(b""), "was not in the backup"),
        (lambda backup: (backup / MANIFEST).write_text("{}"), "is no backup"),
        (lambda backup: (backup / MANIFEST).write_text(json.dumps({"format": 9, "files": {}})), "format 9"),
    ],
)
def test_a_backup_that_was_touched_is_not_restored(
    harm: Callable[[Path], object], sentence: str, store: Path, tmp_path: Path
) -> None:
    backup = taken(store, tmp_path / "backup")
    read_backup(backup)
    harm(backup)
    with pytest.raises(InputError, match=sentence):
        restore_backup(backup, tmp_path / "again.duckdb")
    assert not (tmp_path / "again.duckdb").exists()
    assert not state_folder(tmp_path / "again.duckdb").exists()


def test_a_link_in_a_backup_is_not_the_way_to_harm_it(store: Path, tmp_path: Path) -> None:
    """What the program replaces or removes afterwards is another file; the backup keeps the one it linked."""
    backup = taken(store, tmp_path / "backup")
    original = state_folder(store) / "snapshots" / "17.timeline.zst"
    new = original.with_suffix(".new")
    new.write_bytes(b"another")
    new.rename(original)
    read_backup(backup)


@pytest.mark.slow
def test_the_commands_back_up_and_restore(tmp_path: Path) -> None:
    feed, db, again = tmp_path / "feed.nmea", tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    feed.write_text(LINES)
    assert run("replay", feed, "--db", db).returncode == 0
    done = run("backup", "--db", db, "--to", tmp_path / "backup", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"] == 1
    assert run("restore", tmp_path / "backup", "--db", again).returncode == 0
    counted = run("query", "SELECT count(*) AS n FROM positions", "--db", again, "--format", "json")
    assert json.loads(counted.stdout) == {"n": 2}
    assert_one_sentence(run("restore", tmp_path / "backup", "--db", again), "is there already")


def test_a_migration_is_tried_on_a_copy_and_then_done(tmp_path: Path) -> None:
    old = tmp_path / "old.duckdb"
    with duckdb.connect(str(old)) as connection:
        tables_before_documents(connection)
        connection.execute("DROP TABLE other_message_rows")
        connection.execute("INSERT INTO about VALUES (1, 'tidewaiter')")
    before = old.read_bytes()
    trial = run("migrate", "--db", old, "--dry-run")
    assert (trial.returncode, old.read_bytes() == before) == (0, True), trial.stderr
    assert f"layout 1 to {LAYOUT}" in trial.stderr
    assert "room" in trial.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["old.duckdb"]
    assert run("migrate", "--db", old).returncode == 0
    assert "nothing to do" in run("migrate", "--db", old, "--dry-run").stderr
