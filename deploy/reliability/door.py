"""What the door costs the alerts: the same program, the same feed, windows without and with people at the door in turn, and one with an attack.

    .venv/bin/python deploy/reliability/door.py --window 30 --rounds 3 --rate 2000

A fleet is fed as in latency.py; an alert is due every ``--every`` seconds. ``latency`` runs from just before the sentence that completes an event is handed to the
socket until the alert stands in the file of ``--alerts``. Windows follow each other: ``alone``, ``asked`` (status and a heavy question every second), again and
again, then ``attacked`` (greedy and forbidden questions, wrong tokens, huge bodies, slow readers, a hundred clients that never finish a request; ``/healthz`` is asked every second, with two hundred
idle clients at it). Printed as JSON: percentiles by kind of window, the ratio of asked to alone, alerts missing, answers, memory. Exit code 1 where an alert is missing, ``/healthz`` did not answer, or
the program was not well.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from deploy.reliability.asking import Asking
from deploy.reliability.latency import Fleet, _manifest, _resident_mb, _zone
from deploy.reliability.running import Program
from tracker.door.client import Door


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--craft", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=0.25)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="door-") as name:
        found = run(args, Path(name))
    print(json.dumps(found))
    return 0 if found["is_well"] else 1


def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole trial."""
    kinds = ["alone", "asked"] * args.rounds + ["attacked"]
    crossing = int(len(kinds) * args.window / args.every)
    fleet = Fleet(args.craft, crossing, args.every, args.warm)
    (folder / "zones.geojson").write_text(json.dumps(_zone()))
    (folder / "cargo.json").write_text(json.dumps({"manifests": [_manifest(int(m)) for m in fleet.mmsi[:crossing]]}))
    alerts = folder / "alerts.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        http_port = probe.getsockname()[1]
        probe.close()
        settings = f'[sources.net]\nkind = "tcp"\naddress = "127.0.0.1:{server.getsockname()[1]}"\n[watch]\nhttp_address = "127.0.0.1:{http_port}"\n'
        program = Program(
            folder / "program", settings,
            ["--zones", str(folder / "zones.geojson"), "--cargo", str(folder / "cargo.json"), "--alerts", str(alerts)],
        )  # fmt: skip
        program.start()
        connection, _ = server.accept()
        program.wait_for("live", timeout_s=600)
        tail = _Tail(alerts)
        complete: dict[int, float] = {}
        feeding = threading.Thread(
            target=_feed, args=(args, fleet, connection, complete, args.warm + len(kinds) * args.window), daemon=True
        )
        begun = time.monotonic()
        feeding.start()
        time.sleep(args.warm)
        windows: list[tuple[str, float, float]] = []
        asked, memory_mb, delays, healthz = [], [], [], _Healthz(http_port)
        for kind in kinds:
            since = time.monotonic()
            asking = None if kind == "alone" else Asking(program.store, "harm" if kind == "attacked" else "well")
            if kind == "attacked":
                healthz.start()
            time.sleep(max(0.0, begun + args.warm + (len(windows) + 1) * args.window - time.monotonic()))
            windows.append((kind, since, time.monotonic()))
            door = Door.of_store(program.store)
            delays.append({kind: None if door is None else door.status()["delay"]})
            if asking is not None:
                asked.append({kind: asking.stop()})
            memory_mb.append(_resident_mb(program.pid))
        health = healthz.stop()
        feeding.join()
        time.sleep(3.0)
        tail.stop()
        status = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{http_port}/healthz", timeout=10).read())
        connection.close()
    warnings = [line for line in program.log if line.get("level") == "warning"]
    stop_s = program.stop()
    latency: dict[str, list[float]] = {}
    missing = 0
    for mmsi, sent in complete.items():
        window = next((kind for kind, since, until in windows if since <= sent < until - 1.0), None)
        if mmsi not in tail.heard:
            missing += 1
        elif window is not None:
            latency.setdefault(window, []).append(tail.heard[mmsi] - sent)
    shown = {
        kind: {
            "alerts": len(values),
            **{f"p{p:g}": round(float(np.percentile(values, p)), 3) for p in (50, 90, 99, 100)},
        }
        for kind, values in latency.items()
    }
    away = [line for line in warnings if line["event"] == "store_away"]
    return {
        "latency_s": shown,
        "asked_to_alone": {p: round(shown["asked"][p] / shown["alone"][p], 2) for p in ("p50", "p90", "p99", "p100")},
        "alerts_due": len(complete), "alerts_missing": missing, "asked": asked, "memory_mb": memory_mb, "delays_told": delays, "healthz": health,
        "stop_s": round(stop_s, 2), "load": os.getloadavg()[0], "warnings": warnings[:10],
        "is_well": missing == 0 and not away and status["ok"] and health["failed"] == 0,
    }  # fmt: skip


def _feed(
    args: argparse.Namespace, fleet: Fleet, connection: socket.socket, complete: dict[int, float], total_s: float
) -> None:
    chunk = max(1, args.rate // 50)
    begun, sent = time.monotonic(), 0
    while (now := time.monotonic() - begun) < total_s + 2.0:
        if now < sent / args.rate:
            time.sleep(min(sent / args.rate - now, 0.02))
            continue
        data, done = fleet.sentences(fleet.reporting(sent, chunk), now)
        if now < total_s:
            complete |= {int(fleet.mmsi[one]): time.monotonic() for one in done}
        connection.sendall(data)
        sent += chunk


class _Tail:
    """When the first alert of each craft stands in a file."""

    def __init__(self, path: Path) -> None:
        self.heard: dict[int, float] = {}
        self._path, self._stop = path, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._path.exists() and not self._stop.wait(0.05):
            pass
        rest = b""
        with self._path.open("rb") as file:
            while not self._stop.is_set():
                data = file.read()
                now = time.monotonic()
                if not data:
                    self._stop.wait(0.005)
                    continue
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    subject = json.loads(line)["subject"]
                    if subject.startswith("mmsi:"):
                        self.heard.setdefault(int(subject.removeprefix("mmsi:")), now)

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()


class _Healthz:
    """Asks every second, while two hundred clients hold connections open and say nothing more."""

    def __init__(self, port: int) -> None:
        self._port, self._stop = port, threading.Event()
        self._thread: threading.Thread | None = None
        self.answered = self.failed = 0
        self.longest_s = 0.0

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        idle: list[socket.socket] = []
        while not self._stop.wait(1.0):
            while len(idle) < 200:
                one = socket.create_connection(("127.0.0.1", self._port), timeout=5)
                one.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
                idle.append(one)
            begun = time.monotonic()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/healthz", timeout=5) as answer:
                    answer.read()
                self.answered += 1
            except OSError:
                self.failed += 1
            self.longest_s = max(self.longest_s, time.monotonic() - begun)
            for one in idle[:40]:
                one.close()
            del idle[:40]
        for one in idle:
            one.close()

    def stop(self) -> dict[str, Any]:
        """End; how it was answered."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        return {"answered": self.answered, "failed": self.failed, "longest_s": round(self.longest_s, 2)}


if __name__ == "__main__":
    raise SystemExit(main())
