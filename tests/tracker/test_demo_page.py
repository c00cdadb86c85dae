"""The end of the demo: engine, room and a live feed run together, the password that is said comes in, and all end with it."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx2
import pytest
import zstandard

from streams.time import SystemClock
from tests.waiting import PATIENCE_S, eventually
from tracker.commands import demo_page
from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, simulate
from tracker.web.operations import listen_on


@pytest.mark.slow
def test_the_page_is_served_and_who_it_says_comes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_us = SystemClock().now_us()
    simulate(tmp_path, vessels=20, flights=0, hours=3.0, start=now_us - int(3 * 3600e6))
    monkeypatch.setattr(demo_page, "LIVE_H", 1.0)
    monkeypatch.delenv("DISPLAY", raising=False)
    said: list[str] = []
    stop = threading.Event()
    running = threading.Thread(
        target=demo_page.run_page, args=(tmp_path, tmp_path / AIS_FILE, tmp_path / CARGO_FILE, said.append, stop)
    )
    running.start()
    try:
        eventually(lambda: len(said) == 3 or not running.is_alive())
        address = said[0].split()[-1]
        password = said[1].split()[-1]
        with httpx2.Client(base_url=address, timeout=PATIENCE_S) as client:
            begun = client.post("/api/v1/session", json={"login": demo_page.LOGIN, "password": password})
            assert (begun.status_code, begun.json()["must_change_password"]) == (201, False)

            def is_live() -> bool:
                engines = client.get("/api/v1/engines").json()["engines"]
                return bool(engines) and engines[0]["is_connected"] and engines[0]["watermark"] is not None

            eventually(is_live)
            eventually(lambda: client.get("/api/v1/positions").json()["craft"])
    finally:
        stop.set()
        running.join(timeout=PATIENCE_S)
    assert not running.is_alive()
    assert password not in (tmp_path / "live" / "log.jsonl").read_text()


def test_the_recording_is_cut_before_its_last_hours_and_nothing_is_lost(tmp_path: Path) -> None:
    begin_s = 1_772_323_200
    lines = [b"\\s:A,c:%d*00\\!AIVDM,%d\n" % (begin_s + 60 * k, k) for k in range(300)]
    lines.insert(240, b"!AIVDM,without a time\n")
    (tmp_path / "sea.zst").write_bytes(zstandard.compress(b"".join(lines)))
    before, last = demo_page.split(tmp_path / "sea.zst", tmp_path, 1.0)
    assert before.read_bytes() + last.read_bytes() == b"".join(lines)
    assert last.read_bytes().startswith(lines[239])


def test_a_port_that_is_taken_is_left_alone() -> None:
    with listen_on("127.0.0.1", 0) as taken:
        taken.listen()
        number = int(taken.getsockname()[1])
        assert demo_page.free_port(number) != number
