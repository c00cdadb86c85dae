"""Both sides of ``deploy/reliability/room.py``, each a process, and the network between them, which can be cut."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracker.door.address import DoorAddress
from tracker.door.calling import DoorCalls
from tracker.door.clients import add_client
from tracker.door.place import place_of
from tracker.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
_START_S = 120.0


class Network:
    """Hands bytes on from one port to another until it is cut: then what is connected ends and nothing new comes through."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing comes through."""
        with self._lock:
            self._is_cut = True
            held, self._open = self._open, set()
        for one in held:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """As before."""
        self._is_cut = False

    def close(self) -> None:
        """For good."""
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._to_port), timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                with self._lock:
                    if self._is_cut:
                        near.close()
                        far.close()
                        continue
                    self._open |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {one, other}
        one.close()


class Sides:
    """Engine, room and network of a trial."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.data, self._store = folder, folder / "room", folder / "sea.duckdb"
        self._engine_port, self.port = _free_port(), _free_port()
        self.network = Network(self._engine_port)
        self._engine: subprocess.Popen[str] | None = None
        self._room: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Of the room."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Both, for the first time."""
        token = add_client(place_of(self._store), "room", ["read", "stream", "decisions"], "")
        (self._folder / "token").write_text(token)
        (self._folder / "room.toml").write_text(
            f'[room]\nengine_token = "{self._folder / "token"}"\nrequests_per_s = 1000.0\nfirst_password_file = "{self._folder / "first"}"\n'
        )
        self.start_engine()
        self.start_room()

    def start_engine(self) -> None:
        """Start it, and wait until it is live."""
        command = [sys.executable, "-m", "deploy.reliability.room_engine", str(self._store), str(self._engine_port)]
        self._engine = self._process(command, "engine.log", subprocess.PIPE)
        assert self._engine.stdout is not None
        if self._engine.stdout.readline() != "live\n":
            raise RuntimeError(f"the engine did not start: {(self._folder / 'engine.log').read_text()[-500:]}")

    def start_room(self) -> None:
        """Start it, and wait until it answers."""
        engine = f"sea=http://127.0.0.1:{self.network.port}"
        command = [sys.executable, "-m", "tracker", "room", "--engine", engine, "--data", str(self.data)]
        command += ["--listen", f"127.0.0.1:{self.port}", "--config", str(self._folder / "room.toml")]
        self._room = self._process(command, "room.log", subprocess.DEVNULL)
        until = time.monotonic() + _START_S
        while not self._is_up():
            if self._room.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the room did not start: {(self._folder / 'room.log').read_text()[-500:]}")
            time.sleep(0.05)

    def first_password(self) -> str:
        """Of the administrator."""
        return (self._folder / "first").read_text().strip()

    def burst(self, count: int) -> None:
        """The engine begins to tell so many revisions."""
        assert self._engine is not None and self._engine.stdin is not None
        self._engine.stdin.write(f"{count}\n")
        self._engine.stdin.flush()

    def disturb(self, kind: str, seconds: float) -> None:
        """Kill engine, room or both with SIGKILL, or cut the network for so long; afterwards all is there again."""
        if kind in ("engine", "both"):
            _kill(self._engine)
        if kind in ("room", "both"):
            _kill(self._room)
        if kind == "network":
            self.network.cut()
            time.sleep(seconds)
            self.network.mend()
        if kind in ("engine", "both"):
            self.start_engine()
        if kind in ("room", "both"):
            self.start_room()

    def wait_until_level(self, patience_s: float) -> None:
        """Until the engine has nothing more to tell and the room has all of it."""
        until, before = time.monotonic() + patience_s, -1
        while time.monotonic() < until:
            told = len(self.revisions_told())
            if told == before and told == self._taken():
                return
            before = told
            time.sleep(0.3)
        raise RuntimeError(f"the room did not catch up: it has {self._taken()} of {before}")

    def revisions_told(self) -> list[tuple[str, int]]:
        """What the engine has committed, asked at its door and not through the network of the room."""
        rows = self._rows("SELECT alert_id, revision FROM alert_revisions")
        return [(row["alert_id"], row["revision"]) for row in rows]

    def decisions_held(self) -> list[str]:
        """Decisions that the engine has, by id."""
        return [row["decision_id"] for row in self._rows("SELECT decision_id FROM verdicts")]

    def anchor_lines(self) -> list[str]:
        """Heads that the room published."""
        path = self.data / "anchors.jsonl"
        return path.read_text().splitlines() if path.exists() else []

    def end(self) -> None:
        """Everything."""
        self.network.close()
        _kill(self._room)
        _kill(self._engine)

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        until = time.monotonic() + _START_S
        while True:
            try:
                return DoorCalls(DoorAddress.of(self._store)).rows(sql)
            except (InputError, OSError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _taken(self) -> int:
        import sqlite3

        connection = sqlite3.connect(f"file:{self.data / 'room.sqlite'}?mode=ro", uri=True, timeout=30)
        try:
            return int(connection.execute("SELECT count(*) FROM alert_revisions").fetchone()[0])
        finally:
            connection.close()

    def _process(self, command: list[str], log: str, stdout: int) -> subprocess.Popen[str]:
        with (self._folder / log).open("ab") as said:
            return subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=stdout, stderr=said, text=True,
            )  # fmt: skip

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/api/v1/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _kill(process: subprocess.Popen[str] | None) -> None:
    if process is None:
        return
    process.kill()
    process.wait()
    for end in (process.stdin, process.stdout):
        if end is not None:
            with suppress(OSError):
                end.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
