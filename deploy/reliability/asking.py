"""Many at the door of a live program: status every second, heavy questions, and whoever means it harm. For door.py, latency.py and kill.py."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracker.door.client import Door
from tracker.door.place import connect, place_of, read_token
from tracker.errors import InputError

HEAVY = (
    "SELECT kind, count(*) FROM alerts GROUP BY ALL",
    "SELECT craft, count(*), min(time), max(time), avg(speed_kn) FROM positions GROUP BY craft ORDER BY 2 DESC LIMIT 100",
    "SELECT time_bucket(INTERVAL 1 MINUTE, time) AS t, count(DISTINCT craft) FROM positions GROUP BY ALL ORDER BY t",
    "SELECT a.craft, b.craft, count(*) FROM positions a JOIN positions b ON a.craft < b.craft AND a.time = b.time GROUP BY ALL ORDER BY 3 DESC LIMIT 20",
    "SELECT * FROM positions ORDER BY time DESC, craft LIMIT 50000",
)
GREEDY = (
    "SELECT count(*) FROM positions a, positions b WHERE a.lat_deg < b.lat_deg",
    "SELECT list(time) FROM positions, range(1000)",
    "SELECT * FROM positions, range(300) ORDER BY craft || random() LIMIT 1 OFFSET 10000000",
    "WITH RECURSIVE r AS (SELECT 'xxxxxxxxxxxxxxxx' s, 1 n UNION ALL SELECT s || s, n + 1 FROM r WHERE n < 60) SELECT max(length(s)) FROM r",
    "SELECT list_resize([1], 1000000000)",
    "SELECT length(lpad('a', 2000000000, 'b'))",
    "SELECT length(replace(replace(replace(repeat('a', 10000), 'a', repeat('a', 1000)), 'a', repeat('a', 1000)), 'a', repeat('a', 1000)))",
)
WRITING = (
    "DELETE FROM position_rows",
    "WITH d AS (DELETE FROM position_rows RETURNING *) SELECT count(*) FROM d",
    "SELECT * FROM read_text('/etc/passwd')",
    "CHECKPOINT",
)


class Asking:
    """A process of its own that asks, from construction until :meth:`stop`: whoever measures is not held up by what it is told."""

    def __init__(self, store: Path, kind: str = "well") -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(store), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )  # fmt: skip

    def stop(self) -> dict[str, Any]:
        """End; how often each was answered in which way, and the longest answer."""
        said, _ = self._process.communicate("\n", timeout=120)
        found: dict[str, Any] = json.loads(said)
        return found


class _Askers:
    """Threads that ask, from construction until :meth:`stop`.

    Parameters
    ----------
    kind:
        ``well``: status and a heavy question every second. ``harm``: besides, greedy questions, forbidden ones, wrong tokens, huge bodies,
        slow readers of long answers, and clients that never finish a request.
    """

    def __init__(self, store: Path, kind: str = "well") -> None:
        self.counts: Counter[str] = Counter()
        self.longest_s: Counter[str] = Counter()
        self._store, self._stop = store, threading.Event()
        acts: list[Callable[[], None]] = [self._status, self._heavy]
        if kind == "harm":
            acts += [
                self._greedy,
                self._greedy,
                self._forbidden,
                self._stranger,
                self._huge,
                self._slow_reader,
                self._never_ending,
            ]
        self._turn = 0
        self._threads = [threading.Thread(target=self._every_second, args=(act,), daemon=True) for act in acts]
        for thread in self._threads:
            thread.start()

    def stop(self) -> dict[str, Any]:
        """End; how often each was answered in which way, and the longest answer."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)
        return {
            "answers": dict(sorted(self.counts.items())),
            "longest_s": {name: round(s, 2) for name, s in self.longest_s.items()},
        }

    def _every_second(self, act: Callable[[], None]) -> None:
        while not self._stop.is_set():
            begun, name = time.monotonic(), act.__name__.strip("_")
            try:
                act()
                self.counts[f"{name}: answered"] += 1
            except InputError as exc:
                self.counts[f"{name}: {getattr(exc, 'status', 'refused')}"] += 1
            except (OSError, RuntimeError) as exc:
                self.counts[f"{name}: {type(exc).__name__}"] += 1
            took_s = time.monotonic() - begun
            self.longest_s[name] = max(self.longest_s[name], took_s)  # type: ignore[assignment]
            self._stop.wait(max(0.0, 1.0 - took_s))

    def _door(self) -> Door:
        door = Door.of_store(self._store)
        if door is None:
            raise RuntimeError("nobody is at home")
        return door

    def _status(self) -> None:
        self._door().status()

    def _next(self, of: tuple[str, ...]) -> str:
        self._turn += 1
        return of[self._turn % len(of)]

    def _heavy(self) -> None:
        self._door().sql(self._next(HEAVY)).to_arrow_table()

    def _greedy(self) -> None:
        self._door().sql(self._next(GREEDY), time_s=5.0).to_arrow_table()

    def _forbidden(self) -> None:
        self._door().sql(self._next(WRITING)).to_arrow_table()
        raise RuntimeError("it was done")

    def _raw(self, request: bytes) -> socket.socket:
        client = connect(place_of(self._store), 5)
        client.sendall(request)
        return client

    def _stranger(self) -> None:
        with self._raw(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess\r\n\r\n") as client:
            if b" 401 " not in client.recv(4096):
                raise RuntimeError("a stranger was let in")

    def _huge(self) -> None:
        head = self._head("POST", 1 << 40)
        with self._raw(head) as client, suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(64):
                client.sendall(b"x" * 65536)

    def _slow_reader(self) -> None:
        body = json.dumps({"sql": "SELECT *, repeat('x', 200) FROM positions", "time_s": 5}).encode()
        with self._raw(self._head("POST", len(body)) + body) as client:
            client.settimeout(20)
            for _ in range(5):
                if not client.recv(1024) or self._stop.wait(1.0):
                    break

    def _never_ending(self) -> None:
        clients = [self._raw(b"GET /v1/status HTTP/1.1\r\nX-") for _ in range(100)]
        self._stop.wait(2.0)
        for client in clients:
            client.close()

    def _head(self, method: str, length: int) -> bytes:
        token = read_token(place_of(self._store))
        return (
            f"{method} /v1/sql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()


if __name__ == "__main__":
    askers = _Askers(Path(sys.argv[1]), sys.argv[2])
    sys.stdin.readline()
    print(json.dumps(askers.stop()))
