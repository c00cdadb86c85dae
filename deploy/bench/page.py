"""What an officer waits for at a full page: 20,000 craft that move at 1 Hz, all in view, beside 1,000 open alerts, in a browser without WebGL.

    .venv/bin/python -m deploy.bench.page --size desk --craft 20000 --alerts 1000

The room runs in a process of its own, behind its real guard and socket; its engine is a list that tells a frame of positions a second and, now and then, an alert. Debian's
Chromium is driven by Playwright. Printed as JSON: ``paint_s``, from reloading a page that is signed in until its first row stands; ``craft_s``, until all craft are on the
map; ``input_ms``, from a key until the frame after what it did; ``long_tasks_ms``; ``alert_ms``, from the alert being durable in the room's stream (just told to it) until its row,
or the bar that announces it, is on the screen; elements and heap.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from tests.tracker.room.page import pages
from tests.tracker.room.page.pages import ServedRoom, alert, chromium_path

SIZES = {"desk": {"width": 1280, "height": 720}, "wall": {"width": 3840, "height": 2160}}
_ZOOM = {"desk": "7.4", "wall": "8.6"}
_ALL = "n => Number(document.querySelector('.map')?.dataset.craft ?? 0) >= n"
_WATCH = """() => {
    window.took = []; window.long = [];
    addEventListener('keydown', (event) => { const at = event.timeStamp; requestAnimationFrame(() => setTimeout(() => window.took.push(performance.now() - at))); }, true);
    new PerformanceObserver((list) => { for (const one of list.getEntries()) window.long.push(one.duration); }).observe({ entryTypes: ['longtask'] });
}"""


def serve(line: Connection, craft: int, alerts: int) -> None:
    """The room: says its address, tells an alert for each number that comes, ends with the line."""
    room = ServedRoom(Path(tempfile.mkdtemp()))
    room.person("olga", "officer")
    dice = random.Random(1)
    names = tuple(f"mmsi:2{k:08d}" for k in range(craft))
    lat = np.array([50.3 + 3.2 * dice.random() for _ in range(craft)])
    lon = np.array([0.5 + 5.5 * dice.random() for _ in range(craft)])
    room.tell(*(alert(f"m{k:04d}", priority=20 + k % 50, craft=names[k]) for k in range(alerts)))
    over = threading.Event()

    def move() -> None:
        steps = 0
        while not over.wait(1.0):
            steps += 1
            told = {name: np.full(craft, np.nan) for name in pages.FLOATS}
            told["lat_deg"], told["lon_deg"] = lat + 0.0005 * steps, lon + 0.0005 * steps
            told["speed_kn"], told["course_deg"] = np.full(craft, 12.0), np.full(craft, 45.0)
            frame = pages.PositionFrame(names, np.full(craft, int(time.time() * 1e6)), told)
            with room.engine.changed:
                room.engine.frames.append(frame)
                room.engine.changed.notify_all()

    threading.Thread(target=move, daemon=True).start()
    with room.ask_as("olga") as client:
        while sum(client.get("/api/v1/alerts?limit=1").json()["counts"].values()) < alerts:
            time.sleep(0.2)
    line.send(room.address)
    while (number := line.recv()) is not None:
        room.tell(alert(f"n{number:04d}", priority=95, craft=f"mmsi:3{number:08d}"))
        line.send(time.time())
    over.set()
    os._exit(0)


class _Served:
    """A room elsewhere, as far as a window needs it."""

    def __init__(self, address: str) -> None:
        self.address = address


def main() -> None:
    """Serve, look, type, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default="desk")
    parser.add_argument("--craft", type=int, default=20_000)
    parser.add_argument("--alerts", type=int, default=1_000)
    parser.add_argument("--told", type=int, default=20, help="alerts told while somebody looks")
    parser.add_argument("--picture", type=Path, help="where a picture of the page goes")
    args = parser.parse_args()
    here, there = multiprocessing.get_context("spawn").Pipe()
    room = multiprocessing.get_context("spawn").Process(
        target=serve, args=(there, args.craft, args.alerts), daemon=True
    )
    room.start()
    try:
        found = look(args, here, here.recv())
    finally:
        here.send(None)
        room.join(10)
    print(json.dumps(found))


def look(args: argparse.Namespace, room: Connection, address: str) -> dict[str, Any]:
    """All figures."""
    found: dict[str, Any] = {"size": args.size, "craft": args.craft, "alerts": args.alerts}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-webgl", "--disable-gpu"]
        )
        desk = pages.Desk(_Served(address), browser, viewport=SIZES[args.size])  # type: ignore[arg-type]
        page = desk.open("olga", f"/#/map?at=51.9,3.2,{_ZOOM[args.size]}")
        page.wait_for_function(_ALL, arg=args.craft)
        begun_s = time.monotonic()
        page.reload()
        page.wait_for_selector(".row")
        found["paint_s"] = round(time.monotonic() - begun_s, 2)
        page.wait_for_function(_ALL, arg=args.craft)
        found["craft_s"] = round(time.monotonic() - begun_s, 2)
        page.evaluate(_WATCH)
        for _ in range(40):
            page.keyboard.press("j")
            page.wait_for_timeout(150)
        found["input_ms"] = spread(page.evaluate("window.took"))
        waits = []
        for number in range(args.told):
            room.send(number)
            told_s = room.recv()
            page.wait_for_function(
                "n => document.querySelector(`#row-n${n}`) !== null || Number(document.querySelector('.waiting')?.textContent?.match(/\\d+/)?.[0] ?? 0) > Number(n)",
                arg=f"{number:04d}",
            )
            waits.append((time.time() - told_s) * 1e3)
        found["alert_ms"] = spread(waits)
        found["long_tasks_ms"] = spread(page.evaluate("window.long"))
        found["elements"] = page.evaluate("document.getElementsByTagName('*').length")
        found["heap_mb"] = round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6, 1)
        found["complaints"] = desk.complaints
        if args.picture is not None:
            page.screenshot(path=args.picture)
        browser.close()
    found["load"] = os.getloadavg()[0]
    return found


def spread(values: list[float]) -> dict[str, float]:
    """How many, and their 50th, 95th and 99th percentile and the longest."""
    if not values:
        return {"n": 0}
    names = {"p50": 50, "p95": 95, "p99": 99, "p100": 100}
    return {"n": len(values), **{name: round(float(np.percentile(values, at)), 1) for name, at in names.items()}}


if __name__ == "__main__":
    main()
