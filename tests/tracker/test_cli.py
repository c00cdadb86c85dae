"""The command line as a person meets it: results where they belong, mistakes in one sentence with exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.tracker.alerts.story import event
from tracker.events import EventKind
from tracker.store import append
from tracker.store.database import Database

LINES = (
    "1772323200 !AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E\n"
    "1772323260 !AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6F\n"
    "1772323320 !AIVDM,1,1,,A,15N2Wl?P02oRV=nCBrNn3gvJ2@7T,0*1A\n"
)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracker", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.nmea"
    path.write_text(LINES)
    return path


def assert_one_sentence(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    for part in parts:
        assert part in done.stderr


def test_replay_balances_its_ledger_and_writes_what_was_asked_for(feed: Path, tmp_path: Path) -> None:
    db, events, alerts = tmp_path / "a.duckdb", tmp_path / "e.jsonl", tmp_path / "a.jsonl"
    done = run("replay", feed, "--db", db, "--events", events, "--alerts", alerts, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["units_in"], summary["units_decoded"]) == (3, 2)
    assert summary["rejects"] == {"bad_checksum": 1}
    assert events.exists()
    assert alerts.exists()
    rejects = run(
        "query", "SELECT source, cause, count, line_or_offset, sample FROM rejects", "--db", db, "--format", "json"
    )
    row = json.loads(rejects.stdout)
    assert (row["source"], row["cause"], row["count"], row["line_or_offset"]) == ("feed.nmea", "bad_checksum", 1, 2)
    positions = run("query", "SELECT craft FROM positions ORDER BY time", "--db", db, "--format", "csv")
    assert positions.stdout.split() == ["craft", "mmsi:310327000", "mmsi:367044560"]


def test_replaying_the_same_file_again_doubles_nothing(feed: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.duckdb"
    for _ in range(2):
        assert run("replay", feed, "--db", db).returncode == 0
    counted = run("query", "SELECT count(*) AS n FROM positions", "--db", db, "--format", "json")
    assert json.loads(counted.stdout) == {"n": 2}


@pytest.mark.slow
def test_draw_writes_a_picture_of_an_event(feed: Path, tmp_path: Path) -> None:
    db, svg = tmp_path / "a.duckdb", tmp_path / "a.svg"
    assert run("replay", feed, "--db", db).returncode == 0
    at = {"start": "2026-03-01T00:02:00Z", "known": "2026-03-01T01:02:00Z"}
    stated = event(EventKind.GAP, "mmsi:367044560", **at)
    store = Database(db)
    store.write(append.events([stated]))
    store.close()
    assert_one_sentence(
        run("draw", "gap", "--db", db, "--out", tmp_path / "nowhere" / "a.svg"), "folder of this file is not there"
    )
    done = run("draw", "gap", "--db", db, "--out", svg, "--note", "Simulated.")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert stated.explanation in ElementTree.parse(svg).getroot().findtext("{http://www.w3.org/2000/svg}desc", "")
    assert run("draw", stated.event_id, "--db", db, "--note", "Simulated.").stdout == svg.read_text(encoding="utf-8")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert_one_sentence(run("replay", tmp_path / "nowhere.nmea"), "nowhere.nmea", "no such file", "check the path")


def test_a_file_of_no_known_kind(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customs,\nnothing to declare.\n")
    assert_one_sentence(run("replay", path), "letter.txt", "Dear customs,", "NMEA AIS")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.nmea"
    path.touch()
    assert_one_sentence(run("replay", path), "empty")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert_one_sentence(run("replay", tmp_path), "is a folder", "without a file")


@pytest.mark.parametrize(
    ("toml", "parts"),
    [
        ("[loitring]\n", ("loitring", "loitering")),
        ("[loitering]\nradius = 3\n", ("radius", "radius_km")),
        ("[loitering]\nradius_km = 'far'\n", ("radius_km", "type")),
        ("[loitering]\nradius_km = -1.0\n", ("radius_km", "outside")),
        ("profile = 'navy'\n", ("navy", "customs", "gfw")),
        ("[loitering\n", ("TOML",)),
    ],
)
def test_mistakes_in_the_settings(feed: Path, tmp_path: Path, toml: str, parts: tuple[str, ...]) -> None:
    config = tmp_path / "my.toml"
    config.write_text(toml)
    assert_one_sentence(run("replay", feed, "--config", config), "my.toml", *parts)


def test_cargo_that_is_no_cargo(feed: Path, tmp_path: Path) -> None:
    cargo = tmp_path / "cargo.json"
    cargo.write_text("not json")
    assert_one_sentence(run("replay", feed, "--cargo", cargo), "cargo.json")


def test_a_store_of_somebody_else(feed: Path, tmp_path: Path) -> None:
    db = tmp_path / "notes.txt"
    db.write_text("my notes")
    assert_one_sentence(run("replay", feed, "--db", db), "notes.txt")


def test_an_output_that_cannot_be_written(feed: Path, tmp_path: Path) -> None:
    done = run("replay", feed, "--events", tmp_path / "nowhere" / "e.jsonl")
    assert_one_sentence(done, "--events", "e.jsonl", "the folder of this file is not there; make it")


def test_a_time_that_is_none(feed: Path) -> None:
    assert_one_sentence(run("replay", feed, "--start-time", "yesterday"), "yesterday", "2026-03-01T00:00:00Z")


def test_a_query_with_a_mistake(feed: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.duckdb"
    run("replay", feed, "--db", db)
    assert_one_sentence(run("query", "SELECT * FROM ships", "--db", db), "ships", "docs/columns.md")


def test_a_query_reads_this_store_and_nothing_else(feed: Path, tmp_path: Path) -> None:
    db = tmp_path / "a.duckdb"
    run("replay", feed, "--db", db)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    assert_one_sentence(run("query", f"SELECT * FROM '{secret}'", "--db", db))
    assert run("query", "DELETE FROM position_rows", "--db", db).returncode == 2
    assert run("query", f"COPY positions TO '{tmp_path}/out.csv'", "--db", db).returncode == 2


def test_help_loads_little_of_the_program() -> None:
    heavy = {"numba", "scipy", "polars", "duckdb", "pyarrow", "tracker.detectors", "tracker.decode"}
    code = f"import sys, tracker.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n", "commands import what they do their work with when they are called"
