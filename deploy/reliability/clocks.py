"""Clocks that lie to the real program over real sockets: it says so, goes on judging what is honest, and takes back what it believed.

    .venv/bin/python deploy/reliability/clocks.py

Three programs, one after the other. In the first four sources speak at once, each of twenty ships a second: an honest one; one client of a listener sends 200
sentences of 2099 among an honest client's; one is two hours ahead, one an hour behind, one plays a recording of ten years ago. The second begins with a wall
clock 73 years ahead, hears a receiver that brings no times, and is set right; it is then stopped and started again. In the third two networks agree with each other
and the wall clock is two hours behind. Prints a table of what is asked and what was found, and ends with 1 where one of them is wrong.

The wall clock is moved by a ``sitecustomize`` in the program's path, so nothing need be installed.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

from deploy.reliability.running import ROOT, Program
from tracker.simulate.ais_encoder import class_a_position, single_sentences

SHIPS = 20
YEARS_S = 73 * 365 * 86_400
_SHIFT = """
import os, time
_real, _path, _read = time.time_ns, os.environ.get("WALL_OFFSET_FILE"), [0.0, 0]
def _wrong():
    now = time.monotonic()
    if now - _read[0] > 0.5:
        with open(_path) as file:
            _read[:] = [now, int(file.read() or 0)]
    return _real() + _read[1] * 1_000_000_000
if _path:
    time.time_ns = _wrong
"""
HTTP = """
[watch]
http_address = "127.0.0.1:{port}"
idle_s = 10.0
"""
Rows = list[tuple[str, bool, str]]


def main() -> None:
    """Run them."""
    found: Rows = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clocks-") as name:
        for trial in (sources_that_are_off, a_wall_that_was_wrong, a_wall_that_is_behind):
            folder = Path(name) / trial.__name__
            folder.mkdir()
            rows = trial(folder)
            found += rows
            for claim, holds, seen in rows:
                print(f"{'ok  ' if holds else 'FAIL'}  {claim:<78} {seen}", flush=True)
    wrong = sum(not holds for _, holds, _ in found)
    facts = {
        "asked": len(found),
        "wrong": wrong,
        "seconds": round(time.monotonic() - begun),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(facts))
    sys.exit(bool(wrong))


def sentences(first_mmsi: int, at_s: int, *, tagged: bool = True, ships: int = SHIPS) -> bytes:
    """One report of each ship, as of an instant; plain, or with that instant in a tag block."""
    mmsi = first_mmsi + np.arange(ships)
    lat_deg = 40.0 + 0.1 * np.arange(ships) + (at_s % 86_400) * 10 / 3600 / 60
    payload = class_a_position(1, mmsi, 0, 0.0, 10.0, lat_deg, np.full(ships, -30.0), 0.0, 0, at_s % 60)
    lines = single_sentences(payload, 0, mmsi % 2 == 1, np.full(ships, "STATN"), np.full(ships, at_s))
    text = np.ascontiguousarray(lines).tobytes()
    return text if tagged else b"".join(line.rpartition(b"\\")[2] for line in text.splitlines(keepends=True))


class Feed:
    """Gives a client what ``send`` makes of the true time, once a second, to whoever connects; or connects itself to ``to``."""

    def __init__(self, send: Callable[[int], bytes], to: int | None = None) -> None:
        self._send, self._to = send, to
        self._server = None if to else socket.create_server(("127.0.0.1", 0))
        self.port = to or (self._server.getsockname()[1] if self._server else 0)
        self._stop = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._server is not None:
                    connection, _ = self._server.accept()
                else:
                    connection = socket.create_connection(("127.0.0.1", self.port))
                with connection:
                    while not self._stop.wait(1.0):
                        connection.sendall(self._send(int(time.time())))
            except OSError:
                self._stop.wait(0.5)

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._server is not None:
            self._server.close()


def free_port() -> int:
    """One that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Screen:
    """What an administrator sees of the program."""

    def __init__(self, port: int) -> None:
        self.port = port

    def _get(self, page: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{page}", timeout=5) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, exc.read().decode()
        except OSError:
            return 0, "{}"

    def reasons(self) -> list[str]:
        """Why it is not ready."""
        return list(json.loads(self._get("/readyz")[1]).get("reasons", []))

    def metric(self, name: str) -> float:
        """A value; NaN where there is none."""
        for line in self._get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return float("nan")

    def wait(self, holds: Callable[[], bool], timeout_s: float) -> bool:
        """Until something holds."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if holds():
                return True
            time.sleep(0.5)
        return False

    @property
    def delay_s(self) -> float:
        """Receive clock minus watermark."""
        return self.metric("tidewaiter_watermark_delay_seconds")


def tcp(name: str, port: int, more: str = "") -> str:
    """Section of a source that is connected to."""
    return f'[sources.{name}]\nkind = "tcp"\naddress = "127.0.0.1:{port}"\nformat = "nmea"\n{more}\n'


def qualities(store: Path, where: str = "true") -> dict[str, int]:
    """Positions by quality; the program has stopped."""
    with duckdb.connect(str(store), read_only=True) as connection:
        return dict(
            connection.execute(f"SELECT quality, count(*) FROM position_rows WHERE {where} GROUP BY 1").fetchall()
        )


def wrong_wall(folder: Path, offset_s: int) -> dict[str, str]:
    """Environment of a program whose wall clock is off; write another offset to the file to move it."""
    (folder / "sitecustomize.py").write_text(_SHIFT)
    (folder / "offset").write_text(str(offset_s))
    return {"PYTHONPATH": f"{folder}:{ROOT}", "WALL_OFFSET_FILE": str(folder / "offset")}


def sources_that_are_off(folder: Path) -> Rows:
    """Five sources at once."""
    ten_years_s = 10 * 365 * 86_400
    feeds = {
        "honest": Feed(lambda now_s: sentences(219_000_000, now_s - 1)),
        "ahead": Feed(lambda now_s: sentences(219_001_000, now_s + 7200)),
        "behind": Feed(lambda now_s: sentences(219_002_000, now_s - 3600)),
        "past": Feed(lambda now_s: sentences(219_003_000, now_s - ten_years_s)),
    }
    listen, port = free_port(), free_port()
    listener = f'[sources.shared]\nkind = "tcp_server"\naddress = "127.0.0.1:{listen}"\nformat = "nmea"\n'
    settings = "".join(tcp(name, feed.port) for name, feed in feeds.items()) + listener + HTTP.format(port=port)
    program, screen = Program(folder / "live", settings), Screen(port)
    program.start()
    program.wait_for("live", timeout_s=300.0)
    feeds["client"] = Feed(lambda now_s: sentences(219_004_000, now_s - 2), to=listen)
    screen.wait(lambda: abs(screen.delay_s) < 15, 60)
    with socket.create_connection(("127.0.0.1", listen)) as liar:
        for second in range(10):
            liar.sendall(sentences(219_005_000, 4_070_908_800 + second))
    told = screen.wait(lambda: sum(n in " ".join(screen.reasons()) for n in ("ahead", "behind", "past")) == 3, 120)
    time.sleep(20)
    screen.wait(lambda: screen.metric("tidewaiter_recomputations_total") > 0, 90)
    reasons, delay_s = screen.reasons(), screen.delay_s
    late = screen.metric("tidewaiter_recomputations_total")
    for feed in feeds.values():
        feed.stop()
    program.stop()
    said = {str(line["source"]): line["offset_s"] for line in program.log if line.get("event") == "clock_offset"}
    with duckdb.connect(str(program.store), read_only=True) as connection:
        (outages,) = connection.execute(
            "SELECT coalesce(max(revision), 0) FROM event_revisions WHERE kind = 'feed_outage'"
        ).fetchall()[0]
    ahead, behind, past = (qualities(program.store, f"source = '{name}'") for name in ("ahead", "behind", "past"))
    liar_rows = qualities(program.store, "craft LIKE 'mmsi:219005%'")
    honest = qualities(program.store, "source IN ('honest', 'shared') AND craft NOT LIKE 'mmsi:219005%'")
    return [
        ("/readyz names the three that are off, and no other", told and len(reasons) == 3, f"{len(reasons)} reasons"),
        ("the watermark is that of the honest sources", abs(delay_s) < 15, f"{delay_s:.1f} s behind the clock"),
        ("200 stamps of 2099 from one client are broken_clock", liar_rows == {"broken_clock": 200}, f"{liar_rows}"),
        ("honest reports, the liar's neighbour's too, are judged", honest.get("ok", 0) > 0.9 * sum(honest.values()), f"{honest}"),
        ("two hours ahead: stored as broken_clock", set(ahead) == {"broken_clock"}, f"{ahead}"),
        ("an hour behind: stored and settled", set(behind) <= {"ok", "late"} and late > 0, f"{behind}, {late:.0f} settlements"),
        ("a recording: stored, no outage raised and retracted again and again", bool(past) and outages <= 2, f"{past}, revisions {outages}"),
        ("the log tells each offset", {"ahead", "behind", "past"} == set(said), f"{said}"),
    ]  # fmt: skip


def a_wall_that_was_wrong(folder: Path) -> Rows:
    """73 years ahead at the start, set right while it runs; then a restart."""
    plain = Feed(lambda now_s: sentences(219_000_000, now_s, tagged=False))
    port = free_port()
    network = Feed(lambda now_s: sentences(219_001_000, now_s - 1))
    settings = tcp("receiver", plain.port) + tcp("network", network.port, "waits = false") + HTTP.format(port=port)
    program, screen = Program(folder / "live", settings), Screen(port)
    environment = wrong_wall(folder, YEARS_S)
    program.start(**environment)
    program.wait_for("live", timeout_s=300.0)
    believed = screen.wait(lambda: screen.metric("tidewaiter_reports_total") > 200, 120)
    screen.wait(lambda: bool(screen.reasons()), 60)
    told = screen.reasons()
    (folder / "offset").write_text("0")
    back = screen.wait(lambda: program.said("clock_set_back") > 0 and abs(screen.delay_s) < 15, 180)
    ready = screen.wait(lambda: not screen.reasons(), 120)
    program.stop()
    future = qualities(program.store, "time > now() + INTERVAL 1 day")
    program.start(**environment)
    program.wait_for("live", times=2 + program.said("clock_set_back"), timeout_s=300.0)
    again = screen.wait(lambda: screen.metric("tidewaiter_reports_total") > 200 and abs(screen.delay_s) < 15, 120)
    ready_again = screen.wait(lambda: not screen.reasons(), 60)
    screen_words = f"{screen.delay_s:.1f} s behind the clock, {len(screen.reasons())} reasons"
    plain.stop()
    network.stop()
    program.stop()
    kept = qualities(program.store, "source = 'receiver' AND time < now() + INTERVAL 1 day")
    with duckdb.connect(str(program.store), read_only=True) as connection:
        (standing,) = connection.execute(
            """SELECT count(*) FROM events WHERE "start" > now() + INTERVAL 1 day AND state <> 'retracted'"""
        ).fetchall()[0]
    return [
        ("a wall 73 years ahead: told by the network that has a clock", believed and bool(told), f"{len(told)} reasons"),
        ("set right, the program takes the future back by itself", back and ready, f"{program.said('clock_set_back')} times"),
        ("what was stamped by the wrong clock is broken_clock", set(future) == {"broken_clock"}, f"{future}"),
        ("no event stands in the future", standing == 0, f"{standing}"),
        ("after a restart it judges at once, and is ready", again and ready_again, f"{kept}, {screen_words}"),
    ]  # fmt: skip


def a_wall_that_is_behind(folder: Path) -> Rows:
    """Two networks agree, and the wall clock is two hours behind."""
    feeds = [Feed(lambda now_s, k=k: sentences(219_000_000 + 1000 * k, now_s - 1)) for k in (0, 1)]  # type: ignore[misc]
    port = free_port()
    settings = tcp("one", feeds[0].port) + tcp("two", feeds[1].port) + HTTP.format(port=port)
    program, screen = Program(folder / "live", settings), Screen(port)
    program.start(**wrong_wall(folder, -7200))
    program.wait_for("live", timeout_s=300.0)
    told = screen.wait(lambda: any("this machine is 2 h behind" in reason for reason in screen.reasons()), 120)
    judged = screen.wait(lambda: screen.metric("tidewaiter_reports_total") > 400, 60)
    reasons = screen.reasons()
    (folder / "offset").write_text("0")
    ready = screen.wait(lambda: not screen.reasons() and abs(screen.delay_s) < 15, 120)
    for feed in feeds:
        feed.stop()
    program.stop()
    return [
        ("two networks that agree prove the machine two hours behind", told and len(reasons) == 1, f"{len(reasons)} reasons"),
        ("they are judged meanwhile", judged, f"{qualities(program.store)}"),
        ("set right it is ready", ready, f"clock_right said {program.said('clock_right')} times"),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
