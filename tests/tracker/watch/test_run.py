"""The real process: it is watched over HTTP while it follows a file, and ends on SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracker.watch.window import ask, free_port
from tests.waiting import PATIENCE_S, eventually
from tracker.store.database import Database
from tracker.watch.backup import read_backup

ROOT = Path(__file__).resolve().parents[3]
SENTENCE = "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n"


def begin(folder: Path, port: int, *more: str, **settings: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TIDEWAITER_WATCH_HTTP_ADDRESS": f"127.0.0.1:{port}", **settings}
    command = [sys.executable, "-m", "tracker", "watch", "--db", str(folder / "w.duckdb"), *more]
    return subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)


def wait_for(process: subprocess.Popen[str], port: int, page: str, wanted: str = "") -> str:
    def answer() -> str:
        status, text = ask(port, page)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        return text if status == 200 and wanted in text else ""

    return eventually(answer, lambda: f"{page} never answered with {wanted!r}")


@pytest.mark.slow
def test_a_process_is_watched_and_ends_on_sigterm(tmp_path: Path) -> None:
    feed = tmp_path / "feed.nmea"
    feed.write_text(SENTENCE * 5)
    port = free_port()
    process = begin(tmp_path, port, "--source", f"sea={feed}")
    try:
        wait_for(process, port, "/readyz")
        wait_for(process, port, "/metrics", 'tidewaiter_line_units_total{source="sea",line="sea"} 5')
        assert ask(port, "/healthz")[0] == 200
        code, made, said = command(
            "backup", "--db", str(tmp_path / "w.duckdb"), "--to", str(tmp_path / "backup"), "--json"
        )
        assert code == 0, said
        assert json.loads(made)["files"] == len(read_backup(tmp_path / "backup")["files"])
        code, _, said = command("backup", "--db", str(tmp_path / "w.duckdb"), "--to", str(tmp_path / "backup"))
        assert (code, "overwrites nothing" in said) == (2, True)
        with Database(tmp_path / "backup" / "store.duckdb", read_only=True).cursor() as copy:
            assert copy.execute("SELECT count(*) > 0 FROM watch_state").fetchall() == [(True,)]
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        # a C++ library of the interpreter may still speak after the log has ended
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        assert "stopped" in [line["event"] for line in lines]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_process_ends_with_broker_and_source_away(tmp_path: Path) -> None:
    port, nobody = free_port(), free_port()
    away = {"TIDEWAITER_KAFKA_BOOTSTRAP": f"127.0.0.1:{nobody}"}
    process = begin(tmp_path, port, "--source", f"sea=tcp://127.0.0.1:{nobody}", **away)
    try:
        wait_for(process, port, "/metrics", 'tidewaiter_phase{phase="live"} 1')
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_an_address_that_is_taken_ends_the_start_in_one_sentence(tmp_path: Path) -> None:
    feed = tmp_path / "feed.nmea"
    feed.write_text(SENTENCE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = begin(tmp_path, taken.getsockname()[1], "--source", f"sea={feed}")
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert "cannot be served" in said
    assert "Traceback" not in said


def command(*arguments: str) -> tuple[int, str, str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tracker", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_commands_that_read_answer_the_same_with_and_without_a_watch(tmp_path: Path) -> None:
    feed = tmp_path / "feed.nmea"
    feed.write_text(SENTENCE * 5)
    port, db = free_port(), str(tmp_path / "w.duckdb")
    asked = [
        ("query", "--db", db, "--format", form, "SELECT craft, time, lat_deg, speed_kn FROM positions ORDER BY ALL")
        for form in ("table", "lines", "csv", "json", "geojson")
    ]
    assert command("status", "--db", db)[0] == 2
    process = begin(tmp_path, port, "--source", f"sea={feed}")
    try:
        wait_for(process, port, "/metrics", 'tidewaiter_line_rows_total{source="sea",line="sea"}')
        code, said, _ = command("status", "--db", db, "--json")
        told = json.loads(said)
        assert (code == 0) is told["is_ready"]
        assert told["sources"][0]["name"] == "sea"
        asked = [one for one in asked if one[4] != "geojson"]
        live = [command(*one) for one in asked]
        assert "sea" in command("status", "--db", db)[1]
        second = command("watch", "--db", db, "--source", f"sea={feed}")
        assert second[0] == 2
        assert "another 'tidewaiter watch' has this store" in second[2]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.communicate()
    assert [command(*one) for one in asked] == live
    code, said, _ = command("status", "--db", db)
    assert (code, said.startswith("not running since")) == (3, True)
