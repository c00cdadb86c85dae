"""How a replay ends: what cannot be written is told before the work, an interruption and a full disk leave whole lines and say what is kept."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.tracker.alerts.story import event
from tests.tracker.test_cli import LINES, assert_one_sentence, run
from tracker.commands import replay as replay_commands
from tracker.errors import InputError, InterruptedByUser
from tracker.outputs import check_outputs, replaced
from tracker.replay import JsonLines
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.terminal import Stop


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.nmea"
    path.write_text(LINES)
    return path


def test_a_missing_folder_ends_in_a_sentence_before_the_work(feed: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.duckdb"
    done = run("replay", feed, "--db", db, "--alerts", tmp_path / "nowhere" / "a.jsonl")
    assert_one_sentence(done, "--alerts", "nowhere", "is not there", "mkdir -p")
    assert not db.exists()


def test_a_file_name_that_is_no_utf_8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(str(tmp_path)) + b"/f\xff\x1b[2J.nmea"))
    path.write_text(LINES)
    db = tmp_path / "a.duckdb"
    done = run("replay", path, "--db", db)
    assert done.returncode == 0, done.stderr
    assert "f\\udcff\\x1b[2J.nmea" in done.stderr
    listed = run("sources", "list", "--db", db, "--format", "json")
    assert json.loads(listed.stdout)["source"] == "f\\udcff\\x1b[2J.nmea"
    assert_one_sentence(run("replay", tmp_path / os.fsdecode(b"\xff.nmea")), "\\udcff.nmea", "no such file")


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ({"--events": "in.nmea"}, "is a file that is read"),
        ({"--events": "link"}, "is a file that is read"),
        ({"--events": "x", "--alerts": "x"}, "is the file of --events too"),
        ({"--events": "x", "--alerts": "sub/../x"}, "is the file of --events too"),
        ({"--events": "sub"}, "is a folder"),
        ({"--events": "sub/none/x"}, "is not there"),
        ({"--events": "in.nmea/x"}, "is not there"),
    ],
)
def test_outputs_are_looked_at_first(tmp_path: Path, outputs: dict[str, str], told: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "in.nmea").touch()
    (tmp_path / "link").symlink_to(tmp_path / "in.nmea")
    with pytest.raises(InputError, match=told):
        check_outputs({option: tmp_path / name for option, name in outputs.items()}, [tmp_path / "in.nmea"])


def test_outputs_that_can_be_written_are(tmp_path: Path) -> None:
    check_outputs({"--db": None, "--events": tmp_path / "x", "--alerts": Path("/dev/null")}, [tmp_path / "none"])


def test_what_was_there_stays_until_the_new_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), replaced(path, text=True) as file:
        file.write("half")
        raise RuntimeError
    assert path.read_text() == "old"
    with replaced(path, text=True) as file:
        file.write("new")
    assert path.read_text() == "new"
    assert [item.name for item in tmp_path.iterdir()] == ["a.csv"]


def test_a_full_disk_is_told_in_a_sentence(feed: Path, tmp_path: Path) -> None:
    feed.write_text(LINES + LINES.replace("17723", "17725"))
    assert_one_sentence(run("replay", feed, "--events", "/dev/full"), "/dev/full", "cannot be written", "No space left")
    lines = JsonLines(tmp_path / "e.jsonl", None)
    lines.add_events([event(), event()])
    lines.close()
    whole = (tmp_path / "e.jsonl").read_text()
    assert [json.loads(line)["revision"] for line in whole.splitlines()] == [1, 1]


def test_a_signal_is_a_question_between_steps() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stop() as stop:
        stop.check()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(InterruptedByUser):
            stop.check()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_interrupted_replay_says_what_is_kept(feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(range(100))

    class Late(Stop):
        def check(self) -> None:
            if next(calls) == 5:  # two for the digests, one to measure, then the work
                self.signal_number = signal.SIGTERM
            super().check()

    monkeypatch.setattr(replay_commands, "Stop", Late)
    db, alerts = tmp_path / "a.duckdb", tmp_path / "a.jsonl"
    with pytest.raises(InterruptedByUser) as told:
        replay_commands.run_replay([feed], load_settings, db=db, alerts=alerts)
    assert told.value.signal_number == signal.SIGTERM
    for part in ("marked partial", "the same replay again takes its place", f"{alerts} hold whole lines"):
        assert part in str(told.value)
    store = Database(db, read_only=True)
    assert store.cursor().execute("SELECT source, state FROM sources").fetchall() == [("feed.nmea", "partial")]
    store.close()


@pytest.mark.slow
def test_whoever_reads_may_go(feed: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.duckdb"
    assert run("replay", feed, "--db", db).returncode == 0
    import subprocess
    import sys

    for form in ("csv", "table"):
        command = f"{sys.executable} -m tracker query --db {db} --limit 200000 --format {form} 'SELECT * FROM range(200000)' | head -n 1"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert "Exception" not in done.stderr
        assert "range" in done.stdout
