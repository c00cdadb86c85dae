"""A door into a store that is open for writing, as the live program has it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import PATIENCE_S
from tracker.door.alert_stream import StreamLimits
from tracker.door.app import DoorLimits
from tracker.door.client import Door
from tracker.door.commands import CommandQueue
from tracker.door.place import connect, read_token
from tracker.door.server import DoorServer
from tracker.errors import StoreError
from tracker.store.database import Database

STATUS = {"phase": "live", "is_ready": True, "not_ready": []}


class House:
    """A store with some rows and its door."""

    def __init__(
        self, folder: Path, address: str = "", streams: StreamLimits | None = None, *, is_filled: bool = True
    ) -> None:
        self.path = folder / "a.duckdb"
        self.store: Database | None = Database(self.path, memory="512MB", is_confined=True)
        if is_filled:
            self.store.ask(_fill)
        self.lent = 0
        """How often the store was lent to a question."""
        self.commands = CommandQueue()
        self.server = DoorServer(
            self.path,
            address,
            self.lend,
            lambda: dict(STATUS),
            self.commands,
            DoorLimits(PATIENCE_S, PATIENCE_S, 2_000_000, streams=streams or StreamLimits()),
        )

    def lend(self) -> AbstractContextManager[Any]:
        if self.store is None:
            raise StoreError("the program is starting")
        self.lent += 1
        return self.store.lend()

    @property
    def door(self) -> Door:
        door = Door.of_store(self.path)
        assert door is not None
        return door

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] | None = None,
        timeout_s: float = PATIENCE_S,
        **headers: str,
    ) -> tuple[int, bytes, dict[str, str]]:
        """A plain HTTP request through the socket, with the token unless another ``authorization`` is given."""
        given = {"authorization": f"Bearer {read_token(self.door.place)}", **headers}
        if isinstance(body, dict):
            given["content-type"], body = "application/json", json.dumps(body).encode()
        connection = http.client.HTTPConnection("localhost", timeout=timeout_s)
        connection.sock = connect(self.door.place, timeout_s)
        try:
            connection.request(method, path, body, {name: value for name, value in given.items() if value})
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def refused(self, sql: str, **more: Any) -> tuple[int, str]:
        """Status and sentence of a question that is refused."""
        status, body, _ = self.ask("POST", "/v1/sql", {"sql": sql, **more})
        assert status != 200, sql
        told = json.loads(body)
        assert (told["ok"], told["status"]) == (False, status)
        return status, told["error"]

    def close(self) -> None:
        self.server.close()
        if self.store is not None:
            self.store.close()


def _fill(connection: Any) -> None:
    connection.execute(
        "INSERT INTO position_rows (time, received_time, craft, source, message_type, quality, lat_deg, lon_deg, speed_kn) "
        "SELECT make_timestamptz(1772323200000000 + i * 1000000), make_timestamptz(1772323200000000 + i * 1000000), "
        "'mmsi:' || (219000000 + i % 50), 's', 1, 'ok', 54 + i * 1e-6, 8, 10 FROM range(200000) r(i)"
    )
    connection.execute("COMMIT")
    connection.execute("BEGIN")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all tests of a module that leave everything as it was."""
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture
def ticking(house: House) -> Iterator[list[str]]:
    """Meanwhile the store is written as the live program writes it; what went wrong with that."""
    stop, wrong = threading.Event(), []
    store = house.store
    assert store is not None

    def write() -> None:
        while not stop.wait(0.02):
            try:
                store.write(
                    lambda connection: connection.execute(
                        "INSERT INTO position_rows (time, received_time, craft, source, message_type, quality) "
                        "SELECT now(), now(), 'mmsi:' || i, 's', 1, 'ok' FROM range(500) r(i)"
                    )
                )
                store.commit()
            except Exception as exc:
                wrong.append(str(exc))
                return

    thread = threading.Thread(target=write)
    thread.start()
    yield wrong
    stop.set()
    thread.join()
    assert wrong == []
