"""The end of the demo: engine, room and a live feed run together, the password that is said comes in, and all end with it."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx2
import pytest

from tests.waiting import PATIENCE_S, eventually
from tracker.commands import demo_page
from tracker.web.operations import listen_on


@pytest.mark.slow
def test_the_page_is_served_and_who_it_says_comes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_page, "VESSELS", 20)
    monkeypatch.setattr(demo_page, "HOURS", 3.0)
    monkeypatch.delenv("DISPLAY", raising=False)
    said: list[str] = []
    stop = threading.Event()
    running = threading.Thread(
        target=demo_page.run_page, args=(tmp_path, tmp_path / "demo.duckdb", 1, said.append, stop)
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


def test_a_port_that_is_taken_is_left_alone() -> None:
    with listen_on("127.0.0.1", 0) as taken:
        taken.listen()
        number = int(taken.getsockname()[1])
        assert demo_page.free_port(number) != number
