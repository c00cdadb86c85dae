"""Trials of the live program against a world that fails: each takes a minute or two, prints its figures as JSON, and fails where anything is lost.

.venv/bin/python deploy/reliability/trials.py day        FEED   a recorded day through Kafka gives the events of ``tidewaiter replay``
.venv/bin/python deploy/reliability/trials.py broker            the broker dies for a minute under load and comes back
.venv/bin/python deploy/reliability/trials.py flapping          a TCP source that drops its client every second
.venv/bin/python deploy/reliability/trials.py full              the disk of store and journal is full for a while (needs root: a small tmpfs)
.venv/bin/python deploy/reliability/trials.py clock             the wall clock jumps an hour ahead and back (needs faketime)
.venv/bin/python deploy/reliability/trials.py anew              no snapshot can be read at a start, and a socket goes on meanwhile
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from deploy.reliability.compare import alerts_of_store, difference, events_of_store, final_alerts, final_events
from deploy.reliability.running import ROOT, Broker, Program, kafka_section, latest_messages, unique
from streams.files import read_blocks
from streams.journal import journal_bytes
from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, simulate


def main() -> None:
    """Run one."""
    name, *rest = sys.argv[1:] or ["?"]
    trials: dict[str, Callable[..., dict[str, Any]]] = {
        "day": day, "broker": broker_away, "flapping": flapping, "full": disk_full, "clock": clock_jump,
        "anew": driven_anew,
    }  # fmt: skip
    if name not in trials:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix=f"trial-{name}-") as folder:
        report = trials[name](Path(folder), *rest)
    print(json.dumps({"trial": name, **report, "load": round(os.getloadavg()[0], 1)}))
    sys.exit(bool(report.get("wrong")))


def day(folder: Path, feed: str) -> dict[str, Any]:
    """A recorded feed through a real broker, against the replay of the file."""
    broker = Broker(folder / "kafka")
    try:
        raw = broker.topic("raw")
        lines = b"".join(read_blocks(feed)).splitlines(keepends=True)
        broker.produce(raw, lines)
        program = Program(folder / "live", _kafka_settings(broker, raw, "vernon"))
        begun = time.monotonic()
        program.start()
        program.wait_for_idle(600.0, position=str(len(lines)))
        took_s = time.monotonic() - begun
        program.stop()
    finally:
        broker.stop()
    # the recording under the name of the live source, so that both feeds are called alike
    copy = folder / "vernon.log"
    copy.write_bytes(b"".join(lines))
    replayed = _replay(folder, copy, [])
    return {"sentences": len(lines), "seconds": round(took_s, 1), **_compared(replayed, program.store, live_end=True)}


def broker_away(folder: Path) -> dict[str, Any]:
    """A feed over TCP at 2,000 sentences a second; the broker is killed in the middle and away for 60 s."""
    content, cargo = _sea(folder)
    broker = Broker(folder / "kafka")
    try:
        with Server(content, rate_bytes_s=120_000) as server:
            name = unique("away")
            program = Program(folder / "live", _tcp_settings(server.port, broker, name), ["--cargo", str(cargo)])
            program.start()
            program.wait_for("live")
            time.sleep(20)
            memory_before = _resident_mb(program.pid)
            broker.kill()
            time.sleep(60)
            memory_away = _resident_mb(program.pid)
            broker.start()
            server.wait()
            program.wait_for_idle()
            memory_after = _resident_mb(program.pid)
            program.stop()
        messages = latest_messages(broker.messages(f"{name}-alerts"))
    finally:
        broker.stop()
    alerts = {f"{row['data']['alert_id']}.{row['data']['revision']}" for row in alerts_of_store(program.store)}
    missing = sorted(alerts - messages.keys())
    replayed = _replay(folder, folder / "feed.nmea", ["--cargo", str(cargo)])
    found = _compared(replayed, program.store, live_end=True)
    return {
        "alerts": len(alerts), "messages_missing": len(missing), "memory_mb": [memory_before, memory_away, memory_after],
        "said": sorted({str(line.get("event")) for line in program.log} - {"library"}), **found, "wrong": bool(missing) or found["wrong"],
    }  # fmt: skip


def flapping(folder: Path) -> dict[str, Any]:
    """A server that drops its client every second and goes on where it was."""
    content, cargo = _sea(folder)
    with Server(content, rate_bytes_s=100_000, drop_every_s=1.0) as server:
        program = Program(folder / "live", _tcp_settings(server.port, None, "flap"), ["--cargo", str(cargo)])
        program.start()
        program.wait_for("live")
        time.sleep(10)
        before = _resources(program.pid)
        server.wait()
        program.wait_for_idle()
        after = _resources(program.pid)
        program.stop()
    journalled = b"".join(journal_bytes(folder / "live" / "store.duckdb.state" / "journal" / "net"))
    replayed = _replay(folder, folder / "feed.nmea", ["--cargo", str(cargo)])
    found = _compared(replayed, program.store, live_end=True)
    return {
        "connections": server.connections, "bytes_sent": server.sent, "bytes_journalled": len(journalled),
        "before": before, "after": after, **found,
    }  # fmt: skip


def disk_full(folder: Path) -> dict[str, Any]:
    """Store and journal on a tmpfs that is filled to the last byte for 20 s."""
    content, cargo = _sea(folder)
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", str(disk)], check=True)
    try:
        with Server(content, rate_bytes_s=150_000) as server:
            program = Program(disk / "live", _tcp_settings(server.port, None, "full"), ["--cargo", str(cargo)])
            program.start()
            program.wait_for("live")
            time.sleep(12)
            _fill(disk / "ballast")
            time.sleep(20)
            alive = program.is_running
            said = sorted({str(line.get("event")) for line in program.log if line.get("level") == "warning"})
            (disk / "ballast").unlink()
            server.wait(300)
            program.wait_for_idle()
            program.stop()
        replayed = _replay(folder, folder / "feed.nmea", ["--cargo", str(cargo)])
        found = _compared(replayed, program.store, live_end=True)
        lives = program.said("live")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
    return {"alive_while_full": alive, "said": said, "lives": lives, **found, "wrong": not alive or found["wrong"]}


def clock_jump(folder: Path) -> dict[str, Any]:
    """libfaketime moves the wall clock an hour ahead, then back; monotonic time is left alone."""
    library = next(iter(Path("/usr/lib").rglob("libfaketime.so.1")), None)
    if library is None:
        sys.exit("libfaketime is not installed; apt-get install libfaketime")
    content, cargo = _sea(folder)
    stamp = folder / "offset"
    stamp.write_text("+0")
    with Server(content, rate_bytes_s=150_000) as server:
        program = Program(folder / "live", _tcp_settings(server.port, None, "clock"), ["--cargo", str(cargo)])
        # without a cache it would open the file at every look at a clock, and Python's lock looks thousands of times a second
        program.start(
            LD_PRELOAD=str(library), FAKETIME_TIMESTAMP_FILE=str(stamp), FAKETIME_CACHE_DURATION="1",
            DONT_FAKE_MONOTONIC="1",
        )  # fmt: skip
        program.wait_for("live")
        for offset in ("+3600", "+0"):
            time.sleep(8)
            stamp.write_text(offset)
        server.wait()
        program.wait_for_idle()
        program.stop()
    replayed = _replay(folder, folder / "feed.nmea", ["--cargo", str(cargo)])
    said = [line for line in program.log if "clock" in str(line.get("event"))]
    return {"said": said, **_compared(replayed, program.store, live_end=True)}


def driven_anew(folder: Path) -> dict[str, Any]:
    """Two thirds of a feed, a clean stop, every snapshot spoilt, and the rest of the feed while the detectors are driven anew."""
    content, cargo = _sea(folder)
    lines = content.splitlines(keepends=True)
    # what a decoder alone remembers is lost with its snapshot: not between the parts of one message
    cut = next(k for k in range(2 * len(lines) // 3, len(lines)) if b"VDM,1,1," in lines[k - 1])
    live, arguments = folder / "live", ["--cargo", str(cargo)]
    with Server(b"".join(lines[:cut]), rate_bytes_s=1e9) as server:
        program = Program(live, _tcp_settings(server.port, None, "anew"), arguments)
        program.start()
        server.wait()
        program.wait_for_idle()
        program.stop()
    for path in (live / "store.duckdb.state" / "snapshots").glob("*.rest.zst"):
        path.write_bytes(b"another version wrote it")
    with Server(b"".join(lines[cut:]), rate_bytes_s=1e9) as server:
        program = Program(live, _tcp_settings(server.port, None, "anew"), arguments)
        program.start()
        program.wait_for("driven_anew")
        server.wait()
        is_heard_meanwhile = not program.said("live")
        program.wait_for_idle()
        program.stop()
    replayed = _replay(folder, folder / "feed.nmea", arguments)
    found = _compared(replayed, program.store, live_end=True)
    said = [str(line.get("event")) for line in program.log]
    return {
        "heard_meanwhile": is_heard_meanwhile, "said": said, **found, "wrong": not is_heard_meanwhile or found["wrong"],
    }  # fmt: skip


class Server:
    """Gives a feed to one client at a time, whole lines, at a rate; a client that comes again goes on where the last one was."""

    def __init__(self, content: bytes, rate_bytes_s: float, drop_every_s: float | None = None) -> None:
        self._lines = content.splitlines(keepends=True)
        self._rate, self._drop_s = rate_bytes_s, drop_every_s
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.sent, self.connections = 0, 0
        self._done, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._socket.close()

    def wait(self, timeout_s: float = 240.0) -> None:
        """Until everything was sent."""
        if not self._done.wait(timeout_s):
            raise RuntimeError(f"only {self.sent} bytes were taken")

    def _serve(self) -> None:
        at = 0
        while at < len(self._lines):
            client, _ = self._socket.accept()
            self.connections += 1
            begun, given = time.monotonic(), 0
            while at < len(self._lines):
                now = time.monotonic() - begun
                if self._drop_s is not None and now > self._drop_s:
                    break
                if given > self._rate * now:
                    time.sleep(0.01)
                    continue
                block = self._lines[at : at + 20]
                client.sendall(b"".join(block))
                at += len(block)
                given += sum(map(len, block))
            self.sent += given
            client.shutdown(socket.SHUT_WR)
            client.settimeout(20)
            while client.recv(4096):  # until it has read everything and hung up
                pass
            if at < len(self._lines):
                client.close()
        self._done.set()
        held, self._stopped = client, self._stop.wait(600)
        held.close()


def _sea(folder: Path) -> tuple[bytes, Path]:
    simulate(folder / "sea", seed=6, vessels=60, flights=0, hours=14.0)
    content = b"".join(read_blocks(folder / "sea" / AIS_FILE))
    (folder / "feed.nmea").write_bytes(content)
    return content, folder / "sea" / CARGO_FILE


def _kafka_settings(broker: Broker, raw: str, feed: str) -> str:
    name = unique("trial")
    return f"""
[sources.{feed}]
kind = "kafka"
topics = ["{raw}"]
feed = "{feed}"
{kafka_section(broker.bootstrap, name)}
[watch]
http_address = ""
"""


def _tcp_settings(port: int, broker: Broker | None, name: str) -> str:
    kafka = f"{kafka_section(broker.bootstrap, name)}\nsend_timeout_s = 5.0" if broker else ""
    return f"""
[sources.net]
kind = "tcp"
address = "127.0.0.1:{port}"
feed = "feed"
{kafka}
[watch]
http_address = ""
"""


def _replay(folder: Path, feed: Path, arguments: list[str]) -> Path:
    store = folder / "replay.duckdb"
    command = [sys.executable, "-m", "tracker", "replay", "--db", str(store), *arguments, str(feed)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return store


def _compared(replayed: Path, live: Path, *, live_end: bool) -> dict[str, Any]:
    """Events and alerts of a live store against a replayed one; a live feed has no end, so what its last minute made known is left out."""
    expected, found = events_of_store(replayed), events_of_store(live)
    last = max(row["evidence"]["known"] for row in expected)
    at_end = {row["event_id"] for row in expected if live_end and row["evidence"]["known"] >= last[:15]}
    pairs = {
        "events": (final_events(expected), final_events(found)),
        "alerts": (final_alerts(alerts_of_store(replayed)), final_alerts(alerts_of_store(live))),
    }
    report: dict[str, Any] = {}
    for name, (wanted, have) in pairs.items():
        differs = {what: [key for key in ids if key not in at_end] for what, ids in difference(wanted, have).items()}
        report[name] = len(wanted)
        report[f"{name}_differ"] = {what: ids for what, ids in differs.items() if ids}
    rows = _rows(replayed, live)
    return {**report, "rows": rows, "wrong": bool(report["events_differ"]) or rows[0] != rows[1]}


def _rows(*stores: Path) -> list[int]:
    """Position reports in each store, up to the last instant that all of them have: lost ones are missing, a batch stored twice is too many.

    The last moment of a live feed waits for more.
    """
    connections = [duckdb.connect(str(store), read_only=True) for store in stores]
    last = min(c.execute("SELECT max(time) FROM position_rows").fetchall()[0][0] for c in connections)
    counts = [
        c.execute("SELECT count(*) FROM position_rows WHERE time <= ?", [last]).fetchall()[0][0] for c in connections
    ]
    for connection in connections:
        connection.close()
    return counts


def _fill(path: Path) -> None:
    try:
        with path.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
    except OSError:
        pass


def _resident_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return round(int(text) * 4096 / 1e6, 1)


def _resources(pid: int) -> dict[str, Any]:
    return {
        "memory_mb": _resident_mb(pid),
        "threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
        "handles": len(list(Path(f"/proc/{pid}/fd").iterdir())),
    }


if __name__ == "__main__":
    main()
