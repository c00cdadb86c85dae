"""Programs kept running together: started again, ended together, a mistake told once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from streams.time import MonotonicClock
from tests.waiting import PATIENCE_S, eventually
from tracker.operations.programs import Programs


class Said:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    warning = info

    def of(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.lines if name == event]


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


FOREVER = program("import signal; signal.pause()")


def started(programs: Programs) -> tuple[threading.Thread, list[int]]:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(programs.run()))
    thread.start()
    return thread, codes


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_that_dies_is_started_again_and_the_other_goes_on() -> None:
    said = Said()
    programs = Programs({"a": FOREVER, "b": FOREVER}, MonotonicClock(), said, 5.0)
    thread, codes = started(programs)
    eventually(lambda: len(said.of("program_started")) == 2)
    first, second = (one["process"] for one in said.of("program_started"))
    os.kill(second, signal.SIGKILL)
    eventually(lambda: len(said.of("program_started")) == 3)
    assert said.of("program_ended") == [{"program": "b", "code": -9, "again_s": 1.0}]
    assert is_alive(first)
    programs.stop()
    thread.join()
    assert codes == [0]
    assert not any(is_alive(one["process"]) for one in said.of("program_started"))


def test_a_persons_mistake_ends_both() -> None:
    said = Said()
    assert Programs({"a": FOREVER, "b": program("raise SystemExit(2)")}, MonotonicClock(), said, 5.0).run() == 2
    assert not is_alive(said.of("program_started")[0]["process"])


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    said = Said()
    deaf = program(
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(tmp_path / 'up')!r}, 'w'); signal.pause()"
    )
    programs = Programs({"a": deaf}, MonotonicClock(), said, 0.5)
    thread, codes = started(programs)
    eventually((tmp_path / "up").exists)
    programs.stop()
    thread.join()
    assert codes == [0]
    assert len(said.of("program_killed")) == 1


def test_they_end_with_whoever_started_them() -> None:
    code = (
        "from tracker.operations.programs import Programs\n"
        "from streams.time import MonotonicClock\n"
        "class Log:\n"
        "    def info(self, event, **fields): print(fields['process'], flush=True)\n"
        "    warning = info\n"
        f"Programs({{'a': {FOREVER!r}}}, MonotonicClock(), Log(), 5.0).run()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    eventually(lambda: not is_alive(child))


def test_a_mistake_of_up_ends_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tracker", "up", "--db", str(tmp_path / "a.duckdb"), "--listen", "0.0.0.0:1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "in the clear" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_engine_and_room_come_up_together_and_end_together(tmp_path: Path) -> None:
    config = tmp_path / "all.toml"
    config.write_text('[watch]\nhttp_address = ""\n[sources.a]\nkind = "udp"\naddress = "127.0.0.1:0"\n')
    db = tmp_path / "live.duckdb"
    command = [
        sys.executable,
        "-m",
        "tracker",
        "up",
        "--db",
        str(db),
        "--config",
        str(config),
        "--listen",
        "127.0.0.1:0",
    ]
    lines: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        assert up.stderr is not None and up.stdout is not None

        def listen() -> None:
            assert up.stderr is not None
            lines.extend(json.loads(line) for line in up.stderr)

        listening = threading.Thread(target=listen)
        listening.start()

        def said(event: str) -> list[dict[str, Any]]:
            return [line for line in list(lines) if line["event"] == event]

        try:
            eventually(lambda: said("room_listening"), lambda: lines)
            eventually((tmp_path / "live.duckdb.state" / "door.sock").exists, lambda: lines)
            room = next(one["process"] for one in said("program_started") if one["program"] == "room")
            os.kill(room, signal.SIGKILL)
            eventually(lambda: len(said("room_listening")) == 2, lambda: lines)
            assert said("program_ended")[0]["program"] == "room"
            up.send_signal(signal.SIGTERM)
            assert up.wait(PATIENCE_S) == 0
        finally:
            up.kill()
        listening.join()
        assert up.stdout.read().count("sign in as administrator") == 1
    assert not any(is_alive(one["process"]) for one in said("program_started"))
    assert (tmp_path / "live.duckdb.room" / "room.sqlite").is_file()
