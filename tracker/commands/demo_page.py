"""The end of the demo: the page of the room on the same sea, live.

``tidewaiter up`` runs engine and room on a store of their own, and ``tidewaiter feed`` plays the recording of ships to the engine: all but its last hours as fast as
the engine takes it, so that the page has its first alerts at once, and those hours at sixty times the speed of life. A person is made who may work on them; its
password is said, and nowhere kept.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import Any, Final

import zstandard

from tracker.errors import InputError
from tracker.web.operations import listen_on

LIVE_H: Final = 12.0
"""So much of the end is played slowly."""
SPEED: Final = 60.0
_FAST: Final = 50_000.0
LOGIN: Final = "officer"
_HOST: Final = "127.0.0.1"
_PORT: Final = 8079
_PATIENCE: Final = 1_200
"""Looks for the room, a tenth of a second apart: kernels are compiled once."""
_ROOM: Final = "first-password"
_TIME: Final = re.compile(rb"\\[^\\]*\bc:(\d{10})")


def run_page(folder: Path, recording: Path, cargo: Path, say: Callable[[str], None], stop: Event) -> None:
    """Serve until ``stop``, or until engine and room end.

    Parameters
    ----------
    folder:
        Of the demo; what is made here is in its folder ``live``, made anew.
    recording:
        Of ships, as the simulator writes it (NMEA with tag blocks, zst), its end near now.

    Raises
    ------
    InputError
        the room did not come up.
    """
    live = folder / "live"
    shutil.rmtree(live, ignore_errors=True)
    live.mkdir(parents=True)
    parts = split(recording, live, LIVE_H)
    port, feed_port = free_port(_PORT), free_port(0)
    first = live / _ROOM
    (live / "demo.toml").write_text(f"[room]\nfirst_password_file = {json.dumps(str(first))}\n", encoding="utf-8")
    tidewaiter = [sys.executable, "-m", "tracker"]
    up = ["up", "--db", str(live / "live.duckdb"), "--listen", f"{_HOST}:{port}", "--config", str(live / "demo.toml")]
    watched = ["--", "--source", f"simulated=tcp://{_HOST}:{feed_port}", "--cargo", str(cargo)]
    feeds = [
        ["feed", str(part), "--to", f"tcp-listen://{_HOST}:{feed_port}", "--as-is", "--speed", str(speed)]
        for part, speed in zip(parts, (_FAST, SPEED), strict=True)
    ]
    with (live / "log.jsonl").open("wb") as log:

        def start(command: list[str]) -> subprocess.Popen[bytes]:
            return subprocess.Popen([*tidewaiter, *command], stdout=log, stderr=log)

        programs, feeding = start([*up, *watched]), start(feeds.pop(0))
        try:
            password = make_officer(port, first, programs, live / "log.jsonl")
            address = f"http://{_HOST}:{port}/"
            say(f"The page of the room:  {address}")
            say(f"Sign in as {LOGIN} with the password {password}")
            say(
                f"The last {LIVE_H:.0f} h of the sea are played at {SPEED:.0f} times the speed of life; what engine and room say is in {live}/log.jsonl. Ctrl-C ends all."
            )
            if any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")) or sys.platform == "darwin":
                webbrowser.open(address)
            while not stop.wait(0.2) and programs.poll() is None:
                if feeds and feeding.poll() is not None:
                    feeding = start(feeds.pop(0))
        finally:
            for process in (feeding, programs):
                process.terminate()
            for process in (feeding, programs):
                process.wait()


def split(recording: Path, folder: Path, last_h: float) -> tuple[Path, Path]:
    """The recording in two: all but its last hours, and these. A line without a time of its own goes with the one before it."""
    with zstandard.open(recording, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    times = [_time_s(line) for line in lines]
    cut_s = max((one for one in times if one is not None), default=0) - last_h * 3600
    at = next((k for k, one in enumerate(times) if one is not None and one >= cut_s), len(lines))
    parts = folder / "before.nmea", folder / "last.nmea"
    for part, chosen in zip(parts, (lines[:at], lines[at:]), strict=True):
        part.write_bytes(b"".join(chosen))
    return parts


def _time_s(line: bytes) -> int | None:
    """The time of a tag block (IEC 61162-450), seconds since 1970 UTC."""
    found = _TIME.match(line)
    return None if found is None else int(found[1])


def free_port(wanted: int) -> int:
    """This port, or any other where it is taken."""
    for port in (wanted, 0):
        try:
            with listen_on(_HOST, port) as bound:
                return int(bound.getsockname()[1])
        except OSError:
            continue
    raise InputError("no port is free", _HOST, "end what holds them")


def make_officer(port: int, first: Path, up: subprocess.Popen[bytes], log: Path) -> str:
    """Sign in as the administrator that the first start made, and make a person who works; its password.

    Raises
    ------
    InputError
        the room did not come up.
    """
    waited = Event()
    for _ in range(_PATIENCE):
        if up.poll() is not None:
            break
        if first.is_file() and _is_up(port):
            break
        waited.wait(0.1)
    if up.poll() is not None or not first.is_file():
        raise InputError("the room did not come up", str(log), "the last lines of this file say why")
    once = first.read_text(encoding="utf-8").strip()
    administrator = _signed_in(port, "administrator", once, secrets.token_urlsafe(18))
    person = {"login": LOGIN, "name": "Demo officer", "roles": ["officer", "supervisor"]}
    made = _ask(port, "POST", "/persons", person, administrator)
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    _signed_in(port, LOGIN, str(made["password_for_once"]), password)
    first.unlink(missing_ok=True)
    return password


def _signed_in(port: int, login: str, once: str, password: str) -> str:
    """Sign in with a password for once and choose another; the cookie."""
    cookies: list[str] = []
    _ask(port, "POST", "/session", {"login": login, "password": once}, "", cookies)
    cookie = next(one.partition(";")[0] for one in cookies if one.startswith("tidewaiter="))
    _ask(port, "POST", "/session/password", {"password": once, "new_password": password}, cookie)
    return cookie


def _is_up(port: int) -> bool:
    try:
        return bool(_ask(port, "GET", "/health", None, ""))
    except OSError:
        return False


def _ask(
    port: int, method: str, path: str, body: Mapping[str, Any] | None, cookie: str, cookies: list[str] | None = None
) -> dict[str, Any]:
    """One request to the room."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=30)
    try:
        headers = {"Content-Type": "application/json", "Origin": f"http://{_HOST}:{port}"}
        if cookie:
            headers["Cookie"] = cookie
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        if cookies is not None:
            cookies += answer.headers.get_all("set-cookie") or []
        if answer.status >= 400:
            raise InputError(f"the room refused ({answer.status})", path, content.decode(errors="replace")[:200])
        told: dict[str, Any] = json.loads(content) if content else {}
        return told
    finally:
        connection.close()
