"""The store opens whole or not at all: killed first starts, damage, other people's files, a store that goes away while it is open."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from tests.tracker.store.old_layouts import papers_in_two_tables
from tracker.errors import InputError
from tracker.store.database import Database
from tracker.store.migrations import LAYOUT
from tracker.store.opening import log_of
from tracker.store.tables import TABLES

_OPEN = """
import sys
from pathlib import Path
from tracker.store.database import Database
print("begun", flush=True)
Database(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""
_WRITE = """
import os, sys
from pathlib import Path
from tracker.store.database import Database
store = Database(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    store.write(lambda c, n=n: c.execute("INSERT INTO watch_state VALUES (?, ?)", [f"row{n}", "x" * 500]))
    store.commit()
os.kill(os.getpid(), 9)
"""


def killed(path: Path, after_s: float) -> None:
    """A process that opens the store, killed so long after it began."""
    process = subprocess.Popen([sys.executable, "-c", _OPEN, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    time.sleep(after_s)  # not a wait: so that it is killed at any moment
    process.send_signal(signal.SIGKILL)
    process.communicate()


def is_whole(store: Database) -> bool:
    found = store.ask(lambda c: c.execute("SELECT table_name FROM duckdb_tables()").fetchall())
    layout = store.ask(lambda c: c.execute("SELECT layout FROM about").fetchall())
    return {name for (name,) in found} >= set(TABLES) and layout == [(LAYOUT,)] and bool(store.store_id)


def killed_with_a_log(path: Path, rows: int = 40) -> None:
    subprocess.run([sys.executable, "-c", _WRITE, str(path), str(rows)], check=False)
    assert log_of(path).stat().st_size > 1_000


def rows_in(path: Path) -> int:
    store = Database(path)
    count = store.ask(lambda c: c.execute("SELECT count(*) FROM watch_state WHERE name LIKE 'row%'").fetchone())
    store.close()
    assert count is not None
    return int(count[0])


@pytest.mark.slow
def test_a_first_start_killed_at_any_moment_leaves_a_store_that_opens(tmp_path: Path) -> None:
    rng = random.Random(3)
    states = set()
    for number in range(16):
        path = tmp_path / f"{number}.duckdb"
        killed(path, rng.uniform(0.0, 0.12))
        states.add((path.exists(), log_of(path).exists()))
        store = Database(path)
        assert is_whole(store)
        store.close()
        store = Database(path)
        assert is_whole(store)
        store.close()
    assert (True, True) in states or (True, False) in states


@pytest.mark.parametrize("size", [0, 1, 4096, 8192, 12_287])
def test_a_file_that_ends_in_its_head_is_a_first_start_that_was_killed(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.duckdb"
    duckdb.connect(str(path)).close()
    head = path.read_bytes()[:size] if size != 1 else b"\0"
    path.write_bytes(head)
    store = Database(path)
    assert is_whole(store)
    store.close()


def test_tables_of_ours_without_the_last_one_are_made_whole_unless_something_is_in_them(tmp_path: Path) -> None:
    for name, has_rows in (("empty", False), ("rows", True)):
        path = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            for statement in list(TABLES.values())[:7]:
                connection.execute(statement)
            if has_rows:
                connection.execute("INSERT INTO reject_rows (source, cause, count) VALUES ('a', 'b', 1)")
        if has_rows:
            with pytest.raises(InputError, match="no store of this program"):
                Database(path)
        else:
            store = Database(path)
            assert is_whole(store)
            store.close()


def test_what_belongs_to_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(theirs)) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    text = tmp_path / "text.duckdb"
    text.write_text("hello " * 10)
    for path in (theirs, text):
        before = path.read_bytes()
        with pytest.raises(InputError):
            Database(path)
        assert path.read_bytes() == before
    with pytest.raises(InputError, match="is a folder"):
        Database(tmp_path)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    Database(path).close()
    with duckdb.connect(str(path)) as connection:
        papers_in_two_tables(connection)
        connection.execute("UPDATE about SET layout = 4")
    from tracker.store import opening

    steps = {4: ("CREATE TABLE first_step (a INTEGER)",), 5: ("CREATE TABLE broken (a NO_SUCH_TYPE)",)}
    monkeypatch.setattr(opening, "MIGRATIONS", steps)
    with pytest.raises(Exception, match="nothing was changed"):
        Database(path)
    with duckdb.connect(str(path), read_only=True) as connection:
        names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert "first_step" not in names
        assert connection.execute("SELECT layout FROM about").fetchall() == [(4,)]
    monkeypatch.undo()
    Database(path).close()


def test_a_damaged_log_is_called_one_and_a_torn_end_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    killed_with_a_log(path)
    store, log = path.read_bytes(), log_of(path).read_bytes()

    def with_log(content: bytes) -> Path:
        path.write_bytes(store)
        log_of(path).write_bytes(content)
        return path

    middle = bytearray(log)
    middle[log.index(b"x" * 400, len(log) // 2) + 100] ^= 0xFF  # in a row: a changed length would look like a torn end
    for damaged in (bytes(middle), b"\xff" * 40 + log[40:], os.urandom(5_000)):
        with pytest.raises(InputError, match=r"its log a.duckdb.wal is damaged .*; keep a copy"):
            Database(with_log(damaged))
        assert path.read_bytes() == store
        assert log_of(path).read_bytes() == damaged
    assert 0 < rows_in(with_log(log[: len(log) // 2])) < 40
    assert rows_in(with_log(log)) == 40


def test_a_log_without_its_store_or_beside_another_is_not_thrown_away(tmp_path: Path) -> None:
    path, other = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    killed_with_a_log(path)
    Database(other).close()
    log = log_of(path).read_bytes()
    path.rename(tmp_path / "away")
    with pytest.raises(InputError, match=r"is not there, but its log a\.duckdb\.wal is"):
        Database(path)
    shutil.copy(other, path)
    with pytest.raises(InputError, match="belongs to another store"):
        Database(path)
    assert log_of(path).read_bytes() == log
    shutil.copy(tmp_path / "away", path)
    assert rows_in(path) == 40


def test_a_damaged_store_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store = Database(path)
    store.write(
        lambda c: c.execute(
            "INSERT INTO watch_state SELECT 'row' || range, repeat('x', 200) || hash(range) FROM range(50000)"
        )
    )
    store.close()
    content = path.read_bytes()
    for damaged in (
        bytes(b ^ 0xFF if at > 12_288 and at % 5_000 == 0 else b for at, b in enumerate(content)),
        content[: len(content) // 2],
        content[:4096] + b"\xff" * 8192 + content[12_288:],
    ):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"is damaged \(.*; keep a copy of it"):
            rows_in(path)
        assert path.read_bytes() == damaged


def test_who_has_a_store_open_is_named(tmp_path: Path) -> None:
    """A reader left open in a notebook makes the start of a watch fail: which process it is must not be searched for."""
    path = tmp_path / "a.duckdb"
    Database(path).close()
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}, read_only=True); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        with pytest.raises(
            InputError, match=rf"another process has this store open \(python.*, process {reader.pid}\)"
        ):
            Database(path)
        reader.kill()


def test_a_store_removed_or_replaced_while_it_is_open_is_noticed(tmp_path: Path) -> None:
    path, other = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    Database(other).close()
    store = Database(path)
    assert store.gone == ""
    path.rename(tmp_path / "away")
    assert "was removed while it was open" in store.gone
    shutil.copy(other, path)
    assert "was replaced by another file" in store.gone
    path.unlink()
    (tmp_path / "away").rename(path)
    assert store.gone == ""
    mine = store.store_id
    store.close()
    again, another = Database(path), Database(other)
    assert again.store_id == mine != another.store_id
    again.close()
    another.close()


def test_a_store_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        code = "from streams.private import begin_privately; begin_privately()\n" + _WRITE
        path = tmp_path / "a.duckdb"
        subprocess.run([sys.executable, "-c", code, str(path), "40"], check=False)
    finally:
        os.umask(before)
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
        "a.duckdb": 0o600,
        "a.duckdb.wal": 0o600,
    }
    path.chmod(0o644)
    Database(path).close()
    assert path.stat().st_mode & 0o777 == 0o640
