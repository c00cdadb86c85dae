"""What many who follow the alerts cost the engine, and how soon they hear: the same program, the same feed, windows without and with them in turn.

    .venv/bin/python -m deploy.bench.followers --window 30 --rounds 2 --rate 20000 --craft 100000 --clients 200

A fleet is fed as in deploy/reliability/latency.py, into a store that has 10,000 revisions already. In windows ``followed`` so many clients follow, in a process of
their own: one takes nothing, one comes back every fifteen seconds and wants the last 10,000, one comes, takes one heartbeat and goes, all others follow; ``--maps`` clients
follow the positions meanwhile. ``latency_s`` runs from just before the sentence that completes an event is handed to the socket until the alert stands in the file of
``--alerts``, in both kinds of window; ``to_client_s`` from the first instant at which anybody outside the program has it (it is committed then) until each of the
clients has it. Printed as JSON. Exit code 1 where an alert is missing, or a client did not hear of one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from deploy.reliability.door import _feed, _Tail
from deploy.reliability.latency import Fleet, _manifest, _resident_mb, _zone
from deploy.reliability.running import Program
from tracker.door.address import DoorAddress
from tracker.store.database import Database

BEHIND = 10_000
_TOLD = re.compile(rb'"subject":"mmsi:(\d+)"')
_OLD = b'"time":"2020-'


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--warm", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--craft", type=int, default=100_000)
    parser.add_argument("--every", type=float, default=0.5)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--maps", type=int, default=2)
    parser.add_argument("--follow", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.follow is not None:
        print(json.dumps(asyncio.run(follow_all(args))))
        return 0
    with tempfile.TemporaryDirectory(prefix="streams-") as name:
        found = run(args, Path(name))
    print(json.dumps(found))
    return 0 if found["is_well"] else 1


def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole measurement."""
    kinds = ["alone", "followed"] * args.rounds
    crossing = int(len(kinds) * args.window / args.every)
    fleet = Fleet(args.craft, crossing, args.every, args.warm)
    (folder / "zones.geojson").write_text(json.dumps(_zone()))
    (folder / "cargo.json").write_text(json.dumps({"manifests": [_manifest(int(m)) for m in fleet.mmsi[:crossing]]}))
    alerts = folder / "alerts.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = f'[sources.net]\nkind = "tcp"\naddress = "127.0.0.1:{server.getsockname()[1]}"\n[watch]\nhttp_address = ""\n'
        program = Program(
            folder / "program", settings,
            ["--zones", str(folder / "zones.geojson"), "--cargo", str(folder / "cargo.json"), "--alerts", str(alerts)],
        )  # fmt: skip
        _fill(program.store)
        program.start()
        connection, _ = server.accept()
        program.wait_for("live")
        tail = _Tail(alerts)
        complete: dict[int, float] = {}
        feeding = threading.Thread(
            target=_feed, args=(args, fleet, connection, complete, args.warm + len(kinds) * args.window), daemon=True
        )
        begun = time.monotonic()
        feeding.start()
        time.sleep(args.warm)
        windows: list[tuple[str, float, float]] = []
        clients: list[dict[str, Any]] = []
        memory_mb: list[tuple[str, float]] = []
        for kind in kinds:
            since = time.monotonic()
            until = begun + args.warm + (len(windows) + 1) * args.window
            if kind == "followed":
                clients.append(_follow_apart(args, program.store, until))
                since = clients[-1]["all_since"]  # before, they were still coming
            else:
                time.sleep(max(0.0, until - since))
            windows.append((kind, since, until))
            memory_mb.append((kind, _resident_mb(program.pid)))
        feeding.join()
        time.sleep(5.0)
        tail.stop()
        connection.close()
    program.stop()
    latency: dict[str, list[float]] = {"alone": [], "followed": []}
    for mmsi, sent in complete.items():
        window = next((kind for kind, since, until in windows if since <= sent < until - 2.0), None)
        if window is not None and mmsi in tail.heard:
            latency[window].append(tail.heard[mmsi] - sent)
    to_client, unheard = _lags(clients, tail.heard)
    shown = {kind: _percentiles(values) for kind, values in latency.items()}
    missing = sum(mmsi not in tail.heard for mmsi in complete)
    return {
        "rate": args.rate, "craft": args.craft, "clients": args.clients, "maps": args.maps, "latency_s": shown,
        "followed_to_alone": {
            p: round(shown["followed"][p] / shown["alone"][p], 2) for p in ("p50", "p99") if all(p in one for one in shown.values())
        },
        "to_client_s": _percentiles(to_client), "alerts_due": len(complete), "alerts_missing": missing, "unheard": unheard,
        "returned_s": [seconds for one in clients for seconds in one["returned_s"]], "flaps": sum(one["flaps"] for one in clients),
        "stalled_was_dropped": [one["is_dropped"] for one in clients], "frames": [one["frames"] for one in clients],
        "memory_mb": memory_mb, "load": os.getloadavg()[0], "is_well": missing == 0 and unheard == 0,
    }  # fmt: skip


def _fill(path: Path) -> None:
    """Revisions of long ago, for those who come back; as large as those of a container ship with some consignments."""
    store = Database(path)
    data = json.dumps({"explanation": "x" * 3000})
    store.ask(
        lambda connection: connection.execute(
            "INSERT INTO alert_revisions (alert_id, revision, type, time, craft, kind, event_id, explanation, data, replay, sequence) "
            "SELECT printf('%024x', i), 1, 'tidewaiter.alert.closed', TIMESTAMPTZ '2020-01-01 00:00:00Z', 'mmsi:1', 'zone', printf('%024x', i), 'x', ?, 0, i FROM range(1, ? + 1) r(i)",
            [data, BEHIND],
        )
    )
    store.ask(
        lambda connection: connection.execute("INSERT INTO watch_state VALUES ('alert_sequence', ?)", [str(BEHIND)])
    )
    store.commit()
    store.close()


def _follow_apart(args: argparse.Namespace, store: Path, until: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "deploy.bench.followers", "--follow", str(store), "--until", str(until)]
    command += ["--clients", str(args.clients), "--maps", str(args.maps)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _lags(clients: list[dict[str, Any]], in_file: dict[int, float]) -> tuple[list[float], int]:
    """From when an alert was out until each client had it, and how many clients did not hear of one that others heard."""
    lags: list[float] = []
    unheard = 0
    for one in clients:
        for text, times in one["heard"].items():
            out = min([in_file.get(int(text), times[0]), *times])
            lags += [at - out for at in times]
            # what came while they connected or went is not everybody's
            if one["all_since"] < out < one["until"] - 5.0:
                unheard += one["following"] - len(times)
    return lags, unheard


def _percentiles(values: list[float]) -> dict[str, float]:
    told = {f"p{p:g}": round(float(np.percentile(values, p)), 3) for p in (50, 90, 99, 100)} if values else {}
    return {"n": len(values), **told}


# -- the clients, in their own process -------------------------------------------------------------------------------------


class Follower(asyncio.Protocol):
    """One that follows, and notes when it heard of each craft; bytes are looked through, not decoded."""

    def __init__(self, request: bytes, heard: dict[str, list[float]]) -> None:
        self.is_live, self.is_over = asyncio.Event(), asyncio.Event()
        self.bytes = 0
        self._request, self._heard, self._rest = request, heard, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Whole events are looked at."""
        now = time.monotonic()
        self.bytes += len(data)
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            if b"event: heartbeat" in event:
                self.is_live.set()
            elif _OLD not in event and (found := _TOLD.search(event)) is not None:
                self._heard.setdefault(found[1].decode(), []).append(now)

    def connection_lost(self, _: Exception | None) -> None:
        """It is over."""
        self.is_over.set()


async def follow_all(args: argparse.Namespace) -> dict[str, Any]:
    """Follow for a window."""
    loop = asyncio.get_running_loop()
    until = args.until
    door = DoorAddress.of(args.follow)

    def request(path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {door.read_token()}\r\n\r\n".encode()

    async def connect(path: str, heard: dict[str, list[float]]) -> tuple[asyncio.Transport, Follower]:
        transport, made = await loop.create_unix_connection(
            lambda: Follower(request(path), heard), sock=door.connect(30)
        )
        assert isinstance(transport, asyncio.Transport)
        return transport, made

    heard: dict[str, list[float]] = {}
    following = args.clients - 3
    alerts = [await connect("/v1/stream/alerts", heard) for _ in range(following)]
    maps = [await connect("/v1/stream/positions", {}) for _ in range(args.maps)]
    stalled = door.connect(30)
    stalled.sendall(request("/v1/stream/alerts?after=0"))
    await asyncio.gather(*(one.is_live.wait() for _, one in alerts))
    all_since = time.monotonic()  # the clock of the machine: it is the same in the other process
    returned_s: list[float] = []
    flaps = 0

    async def come_back() -> None:
        while time.monotonic() < until:
            begun = time.monotonic()
            transport, one = await connect("/v1/stream/alerts?after=0", {})
            await one.is_live.wait()
            returned_s.append(round(time.monotonic() - begun, 2))
            transport.close()
            await asyncio.sleep(15.0)

    async def flap() -> None:
        nonlocal flaps
        while time.monotonic() < until:
            transport, one = await connect("/v1/stream/alerts", {})
            await one.is_live.wait()
            flaps += 1
            transport.close()
            await asyncio.sleep(0.05)

    others = [loop.create_task(come_back()), loop.create_task(flap())]
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    for task in others:
        task.cancel()
    for transport, _ in [*alerts, *maps]:
        transport.close()
    stalled.settimeout(5.0)
    try:
        while stalled.recv(1 << 20):
            pass
        is_dropped = True
    except ConnectionResetError:
        is_dropped = True
    except TimeoutError:
        is_dropped = False
    stalled.close()
    return {
        "heard": heard, "following": following, "all_since": all_since, "until": until, "returned_s": returned_s,
        "flaps": flaps, "is_dropped": is_dropped, "frames": [one.bytes for _, one in maps],
    }  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
