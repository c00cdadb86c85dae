"""Who may come in, what is answered, and what becomes of commands."""

from __future__ import annotations

import http.client
import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracker.door.conftest import STATUS, House
from tests.waiting import PATIENCE_S, eventually
from tracker.door.app import MOST_BODY_BYTES
from tracker.door.client import Door, DoorRefusedError
from tracker.door.commands import Command, CommandQueue
from tracker.door.place import Lock, bind, place_of, read_token
from tracker.door.routes import ROUTES
from tracker.door.server import DoorServer, loopback_address
from tracker.errors import InputError, SettingError

ROOT = Path(__file__).resolve().parents[3]


def test_the_files_are_for_their_owner_alone(house: House) -> None:
    place = house.door.place
    assert stat.S_IMODE(place.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.token.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    assert len(read_token(place)) >= 43


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic {}", "{}", "Bearer {}x", "Bearer \u00e9"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/"), ("POST", "/v1/sql"), ("GET", "/v1/status"), ("POST", "/v1/command/flag"), ("GET", "/")],
)
def test_without_the_token_nothing_is_answered(open_house: House, given: str, method: str, path: str) -> None:
    token = read_token(open_house.door.place)
    status, body, headers = open_house.ask(
        method, path, b"x", authorization=given.format(token).encode().decode("latin-1") or "x"
    )
    told = json.loads(body)
    assert (status, told["ok"], told["status"]) == (401, False, 401)
    assert headers["www-authenticate"] == "Bearer"
    assert token not in body.decode()


def test_a_page_of_a_browser_that_was_led_here_is_refused(house: House) -> None:
    assert house.ask("GET", "/v1/", host="evil.example")[0] == 403


def test_the_table_of_routes_is_told_and_in_the_documents(house: House) -> None:
    listed = json.loads(house.ask("GET", "/v1/")[1])
    assert [(row["method"], row["path"]) for row in listed["routes"]] == [(one.method, one.path) for one in ROUTES]
    page = (ROOT / "docs" / "door.md").read_text(encoding="utf-8")
    for route in ROUTES:
        assert f"| {route.method} | `{route.path}` |" in page


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/v2/status", 404), ("GET", "/v1/../v1/sql", 404), ("GET", "/v1/sql", 405), ("DELETE", "/v1/status", 405), ("GET", "/v1/sql/nothing", 404),
     ("POST", "/v1/command/nothing", 404), ("GET", "/v1/status%00", 404), ("GET", "/v1", 404)],
)  # fmt: skip
def test_errors_have_one_shape(open_house: House, method: str, path: str, status: int) -> None:
    found, body, _ = open_house.ask(method, path)
    told = json.loads(body)
    assert (found, told["ok"], told["status"]) == (status, False, status)
    assert told["error"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", "text/plain"), (b"\xff", "text/plain"), (b"[]", "application/json"), (b"{", "application/json"), (b'{"sql": 1}', "application/json"),
     (b'{"sql": "SELECT 1", "evil": 1}', "application/json"), (b'{"sql": "SELECT 1", "params": 1}', "application/json"), (b'{"sql": "SELECT 1", "time_s": "x"}', "application/json"),
     (b'{"sql": "SELECT 1", "time_s": 1e9}', "application/json"), (b'{"sql": "SELECT 1", "time_s": NaN}', "application/json"), (b'{"sql": "SELECT 1", "rows": -1}', "application/json"),
     (b'{"sql": "SELECT ?"}', "application/json"), (b'{"sql": "SELECT 1", "params": [1]}', "application/json"), (b"[" * 100_000, "application/json")],
)  # fmt: skip
def test_a_question_that_is_none_is_told(open_house: House, body: bytes, kind: str) -> None:
    status, answer, _ = open_house.ask("POST", "/v1/sql", body, **{"content-type": kind})
    assert (status, json.loads(answer)["ok"]) == (400, False)


def test_a_huge_body_is_not_read(house: House) -> None:
    assert house.ask("POST", "/v1/sql", **{"content-length": str(MOST_BODY_BYTES + 1)})[0] == 413


def test_a_format_nobody_has_is_told(house: House) -> None:
    assert house.ask("POST", "/v1/sql?format=excel", b"SELECT 1")[0] == 406
    assert house.ask("POST", "/v1/sql", b"SELECT 1", accept="image/png")[0] == 406


def test_status_is_told(house: House) -> None:
    assert house.door.status() == STATUS


@pytest.fixture
def taking(house: House) -> Iterator[list[Command]]:
    """Somebody who takes commands in, as the loop does."""
    stop, taken = threading.Event(), []

    def take() -> None:
        while not stop.wait(0.01):
            for command in house.commands.take():
                taken.append(command)
                if b"away" in command.content:
                    command.fail(OSError("the disk is full"))
                else:
                    command.tell([{"kind": command.kind, "result": "taken"}])

    thread = threading.Thread(target=take)
    thread.start()
    yield taken
    stop.set()
    thread.join()


def test_a_command_is_answered_once_it_is_durable(house: House, taking: list[Command]) -> None:
    assert house.door.command("order", {"craft": "mmsi:1"}) == [{"kind": "order", "result": "taken"}]
    assert [json.loads(command.content) for command in taking] == [{"craft": "mmsi:1"}]


def test_a_command_that_cannot_be_taken_in_is_told(house: House, taking: list[Command]) -> None:
    with pytest.raises(DoorRefusedError, match="disk is full"):
        house.door.command("flag", {"x": "away"})
    with pytest.raises(DoorRefusedError, match="no such command"):
        house.door.command("shutdown", {})


def test_who_waits_at_the_end_of_the_program_is_told_that_it_ends(house: House) -> None:
    failed: list[BaseException] = []

    def say() -> None:
        try:
            house.door.command("flag", {})
        except DoorRefusedError as exc:
            failed.append(exc)

    waiting = threading.Thread(target=say)
    waiting.start()
    eventually(lambda: house.commands.waiting == 1)
    house.commands.close()
    waiting.join(PATIENCE_S)
    with pytest.raises(DoorRefusedError, match="it is ending"):
        house.door.command("flag", {})
    assert [exc.status for exc in failed if isinstance(exc, DoorRefusedError)] == [503]
    assert "send the same again once it runs" in str(failed[0])


def test_a_document_that_is_far_too_long_is_told_as_that(house: House) -> None:
    with pytest.raises(DoorRefusedError, match="the body is longer than") as raised:
        house.door.command("flag", {"reason": "x" * (20 * MOST_BODY_BYTES)})
    assert raised.value.status == 413


def test_too_many_commands_are_refused_and_not_kept() -> None:
    queue = CommandQueue()
    commands = [Command("flag", b"{}") for _ in range(100)]
    kept = [command for command in commands if queue.put(command)]
    assert len(kept) < 100
    kept[0].answers.cancel()
    assert queue.take()[0] is kept[1]


def test_a_second_program_does_not_take_the_door(house: House) -> None:
    with pytest.raises(InputError, match="another 'tidewaiter watch' has this store"):
        DoorServer(house.path, "", house.lend, dict, CommandQueue())
    assert house.door.status() == STATUS


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    place = place_of(tmp_path / "a.duckdb")
    lock = Lock(place)
    bind(place).close()
    lock.release()
    assert place.socket.exists()
    assert Door.of_store(tmp_path / "a.duckdb") is None
    house = House(tmp_path)
    try:
        assert house.door.status() == STATUS
    finally:
        house.close()
    assert not place.socket.exists()
    assert not place.token.exists()


def test_a_long_path_has_a_door_too(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 120) / ("b" * 120)
    deep.mkdir(parents=True)
    house = House(deep)
    try:
        assert house.door.sql("SELECT 1").fetchall() == [(1,)]
    finally:
        house.close()


def test_the_token_is_another_after_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    door, before = house.door, read_token(house.door.place)
    house.close()
    house.path.unlink()
    house = House(tmp_path)
    try:
        assert read_token(door.place) != before
        assert door.status() == STATUS
    finally:
        house.close()


def test_an_address_of_this_machine_is_served_too(tmp_path: Path) -> None:
    house = House(tmp_path, "127.0.0.1:0")
    try:
        assert house.server.port
        connection = http.client.HTTPConnection("127.0.0.1", house.server.port, timeout=60)
        connection.request("GET", "/v1/status", headers={"Authorization": f"Bearer {read_token(house.door.place)}"})
        assert json.loads(connection.getresponse().read()) == STATUS
        connection.close()
    finally:
        house.close()


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0:8078",
        "192.0.2.1:8078",
        "[::]:8078",
        "example.org:8078",
        "8078",
        "127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
    ],
)
def test_an_address_that_others_reach_is_refused(address: str) -> None:
    with pytest.raises(SettingError):
        loopback_address(address)


def test_a_door_that_is_off_is_not_there(tmp_path: Path) -> None:
    house = House(tmp_path, "off")
    try:
        assert Door.of_store(house.path) is None
    finally:
        house.close()


def test_the_door_of_another_user_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tracker.door.client.connect", refuse)
    with pytest.raises(InputError, match="another user"):
        Door.of_store(house.path)


def test_a_link_in_place_of_the_lock_is_refused_and_what_it_leads_to_is_left_whole(tmp_path: Path) -> None:
    place = place_of(tmp_path / "a.duckdb")
    place.folder.mkdir()
    kept = tmp_path / "kept"
    kept.write_text("precious")
    place.lock.symlink_to(kept)
    with pytest.raises(InputError, match="the door cannot be made"):
        Lock(place)
    assert kept.read_text() == "precious"
