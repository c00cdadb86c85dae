"""The end of the demo: the page of the room, opened on the replayed sea with a live feed beside it at sixty times the speed of life.

A second scenario of the last twelve hours is simulated; ``tidewaiter feed`` plays it, ``tidewaiter up`` runs engine and room on a copy of the demo's store. So the
page has the alerts of the replay at once, and new ones as the feed goes on. A person is made who may work on them; its password is said, and nowhere kept.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import Any, Final

from tracker.errors import InputError
from tracker.web.operations import listen_on

HOURS: Final = 12.0
VESSELS: Final = 60
SPEED: Final = 60.0
LOGIN: Final = "officer"
_HOST: Final = "127.0.0.1"
_PORT: Final = 8079
_PATIENCE: Final = 1_200
"""Looks for the room, a tenth of a second apart: kernels are compiled once."""
_ROOM: Final = "first-password"


def run_page(folder: Path, store: Path, seed: int, say: Callable[[str], None], stop: Event) -> None:
    """Serve until ``stop``, or until one of the programs ends.

    Parameters
    ----------
    folder:
        Of the demo; what is made here is in its folder ``live``, made anew.
    store:
        The replayed store; it stays as it is.

    Raises
    ------
    InputError
        the room did not come up.
    """
    live = folder / "live"
    shutil.rmtree(live, ignore_errors=True)
    sea = live / "sea"
    tidewaiter = [sys.executable, "-m", "tracker"]
    simulated = ["simulate", str(sea), "--seed", str(seed + 1), "--vessels", str(VESSELS), "--flights", "0", "--hours", str(HOURS), "--until-now"]  # fmt: skip
    subprocess.run([*tidewaiter, *simulated], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for part in (store, store.with_name(store.name + ".wal")):
        if part.exists():
            shutil.copy(part, live / part.name.replace(store.stem, "live"))
    port, feed_port = free_port(_PORT), free_port(0)
    first = live / _ROOM
    (live / "demo.toml").write_text(f"[room]\nfirst_password_file = {json.dumps(str(first))}\n", encoding="utf-8")
    up = ["up", "--db", str(live / "live.duckdb"), "--listen", f"{_HOST}:{port}", "--config", str(live / "demo.toml")]
    watched = ["--", "--source", f"simulated=tcp://{_HOST}:{feed_port}", "--cargo", str(sea / "cargo.json")]
    feed = ["feed", str(sea / "ais.nmea.zst"), "--to", f"tcp-listen://{_HOST}:{feed_port}", "--speed", str(SPEED)]
    log = (live / "log.jsonl").open("wb")
    running = [subprocess.Popen([*tidewaiter, *command], stdout=log, stderr=log) for command in (feed, [*up, *watched])]
    try:
        password = make_officer(port, first, running[1], live / "log.jsonl")
        address = f"http://{_HOST}:{port}/"
        say(f"The page of the room:  {address}")
        say(f"Sign in as {LOGIN} with the password {password}")
        say(
            f"A simulated feed plays at {SPEED:.0f} times the speed of life; what engine and room say is in {live}/log.jsonl. Ctrl-C ends all."
        )
        if any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")) or sys.platform == "darwin":
            webbrowser.open(address)
        while not stop.wait(0.2) and running[1].poll() is None:
            pass
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait()
        log.close()


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
