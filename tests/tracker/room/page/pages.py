"""A real room on a real socket, with its page, and a browser in which somebody is signed in."""

from __future__ import annotations

import math
import os
import shutil
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import update

from tests.tracker.room.alerts.rooms import ENGINE, ListedEngine, alert, consignment
from tests.tracker.room.conftest import CHEAP, PASSWORD
from tests.waiting import PATIENCE_S, eventually
from tracker.config.room import RoomConfig
from tracker.door.following import AlertTold, Heartbeat
from tracker.door.position_following import FLOATS, PositionFrame
from tracker.room.accounts.account_tables import SESSIONS
from tracker.room.accounts.first import FIRST_LOGIN, first_password
from tracker.room.assembling import AssembledRoom, assemble
from tracker.room.shell.serving import place_of, server_of, socket_of
from tracker.units import iso_time

__all__ = ["PASSWORD", "ServedRoom", "alert", "chromium_path", "consignment"]
PATIENCE_MS = PATIENCE_S * 1000
SHOT = Path(__file__).resolve().parents[4] / "docs" / "room"


def chromium_path() -> str:
    """Debian's Chromium; it is never fetched by Playwright."""
    found = os.environ.get("TIDEWAITER_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, (
        "Chromium is not installed; 'sudo apt-get install chromium' does, '--without-browser' leaves these tests out"
    )
    return found


class MovingEngine(ListedEngine):
    """An engine whose craft are where a test puts them."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[PositionFrame] = []

    def put(self, *craft: tuple[str, float, float], time_us: int, **columns: float) -> None:
        """Craft at latitudes and longitudes, all with the same other columns."""
        count = len(craft)
        told = {name: np.full(count, columns.get(name, math.nan)) for name in FLOATS}
        told["lat_deg"] = np.array([lat for _, lat, _ in craft])
        told["lon_deg"] = np.array([lon for _, _, lon in craft])
        frame = PositionFrame(tuple(name for name, *_ in craft), np.full(count, time_us), told)
        with self.changed:
            self.frames.append(frame)
            self.changed.notify_all()

    @contextmanager
    def positions(self) -> Iterator[Iterable[PositionFrame]]:
        is_over = threading.Event()

        class Frames:
            def __iter__(_) -> Iterator[PositionFrame]:
                yield NOTHING
                at = 0
                while not is_over.is_set():
                    with self.changed:
                        while at >= len(self.frames) and not is_over.is_set():
                            self.changed.wait(0.2)
                        told = self.frames[at:]
                    at += len(told)
                    yield from told

            def close(_) -> None:
                is_over.set()

        yield Frames()

    def last_positions(self) -> PositionFrame:
        return NOTHING


NOTHING = PositionFrame((), np.empty(0, dtype=np.int64), {name: np.empty(0) for name in FLOATS})


class ServedRoom:
    """The room as `tidewaiter room` assembles it, in a thread, behind its guard; an engine that tells what a test says."""

    engine_kind: type[MovingEngine] = MovingEngine

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.engine = self.engine_kind()
        given = RoomConfig(requests_per_s=1000.0, **settings)
        self.room: AssembledRoom = assemble(str(folder / "room"), given, folder, {ENGINE: self.engine})
        self.room.signing_in.passwords._hasher = CHEAP
        self.faults: list[tuple[str, str]] = []
        self._serve(given, 0)
        password = first_password(self.room.signing_in)
        assert password is not None
        self.administrator = self.client()
        self.chosen(self.administrator, FIRST_LOGIN, password)
        self.room.desk.start()
        self._sequence = 0
        self._is_over = threading.Event()
        self._beating = threading.Thread(target=self._beat_on, daemon=True)
        self._beating.start()

    def _serve(self, settings: RoomConfig, port: int) -> None:
        place = place_of(f"127.0.0.1:{port}", settings, False)
        self._bound = socket_of(place)
        self.port: int = self._bound.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._bound.getsockname()[1]}"
        app = self.room.guarded(place, lambda *told: self.faults.append(told))
        self._server = server_of(app, place, settings, self.room.parts.stopping, lambda _: None)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._bound]}, daemon=True)
        self._thread.start()
        eventually(lambda: self._server.started)

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.address, headers={"Origin": self.address}, timeout=PATIENCE_S)

    def chosen(self, client: httpx2.Client, login: str, password: str) -> None:
        """Sign in with a password for once, and choose another."""
        begun = client.post("/api/v1/session", json={"login": login, "password": password})
        assert begun.status_code == 201, begun.text
        sent = {"password": password, "new_password": PASSWORD}
        assert client.post("/api/v1/session/password", json=sent).status_code == 204

    def person(self, login: str, *roles: str, has_chosen: bool = True) -> str:
        """A new person; its password."""
        sent = {"login": login, "name": login.title(), "roles": list(roles)}
        made = self.administrator.post("/api/v1/persons", json=sent)
        assert made.status_code == 201, made.text
        once: str = made.json()["password_for_once"]
        if not has_chosen:
            return once
        with self.client() as client:
            self.chosen(client, login, once)
        return PASSWORD

    @contextmanager
    def ask_as(self, login: str) -> Iterator[httpx2.Client]:
        """Somebody else's session, without a browser."""
        with self.client() as client:
            assert client.post("/api/v1/session", json={"login": login, "password": PASSWORD}).status_code == 201
            yield client

    def tell(self, *events: Mapping[str, Any]) -> None:
        """The engine tells alerts."""
        items = []
        for event in events:
            self._sequence += 1
            items.append(AlertTold(self._sequence, dict(event)))
        self.engine.tell(*items)

    def beat(self) -> None:
        now = iso_time(self.room.parts.now_us())
        self.engine.tell(Heartbeat(self._sequence, "store", now, now, "live"))

    def _beat_on(self) -> None:
        """As an engine does."""
        while not self._is_over.is_set():
            self.beat()
            self._is_over.wait(5.0)

    def end_sessions_in_idleness(self) -> None:
        """As if nobody had asked for anything for hours."""
        with self.room.parts.store.write() as connection:
            aged_us = self.room.parts.now_us() - int(2 * 3600e6)
            connection.execute(update(SESSIONS).values(seen_us=aged_us))

    def close(self) -> None:
        self._is_over.set()
        self._beating.join(timeout=PATIENCE_S)
        self.administrator.close()
        self._server.should_exit = True
        self.room.desk.close()
        self.room.positions.close()
        self._thread.join(timeout=PATIENCE_S)
        self._bound.close()
        self.room.parts.store.close()


class Line:
    """The line between a browser and the room: a relay on loopback that can be cut and held."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._ends: list[socket.socket] = []
        self._is_whole = threading.Event()
        self._is_whole.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing passes, and nobody is told."""
        self._is_whole.clear()

    def mend(self) -> None:
        """New connections pass; those of before are dead."""
        self._is_whole.set()

    def close(self) -> None:
        self._is_whole.set()
        for end in (self._listening, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                self._is_whole.wait()
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Desk:
    """A window of the page. Whatever the browser complains of is kept."""

    def __init__(self, room: ServedRoom, browser: Browser, address: str = "", **options: Any) -> None:
        self.room = room
        chosen = {
            "viewport": {"width": 1280, "height": 720},
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "color_scheme": "dark",
        }
        self.context: BrowserContext = browser.new_context(base_url=address or room.address, **{**chosen, **options})
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.window()

    def window(self) -> Page:
        page = self.context.new_page()
        self.complaints: list[str] = []
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def enter(self, login: str, password: str = PASSWORD, address: str = "/") -> Page:
        """Sign in by hand."""
        page = self.page
        page.goto(address)
        page.get_by_label("Name").fill(login)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        return page

    def open(self, login: str, address: str = "/") -> Page:
        """Sign in and wait until the list is there."""
        page = self.enter(login, address=address)
        self.ready(page)
        return page

    def ready(self, page: Page) -> None:
        page.wait_for_selector("html[data-ready=yes]")

    def close(self) -> None:
        self.context.close()


def row_of(page: Page, alert_id: str) -> Any:
    return page.locator(f"#row-{alert_id}")


def shown_ids(page: Page) -> list[str]:
    """Ids of the rows that are elements, from the top."""
    found: Sequence[Any] = page.evaluate(
        "() => [...document.querySelectorAll('.row')].sort((a, b) => a.getAttribute('aria-posinset') - b.getAttribute('aria-posinset')).map((row) => row.dataset.id)"
    )
    return list(found)
