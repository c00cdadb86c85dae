"""The stream over a real socket: what changed, once, in order, from where a client was; and nobody waits for anybody."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from tests.tracker.room.alerts.rooms import PEOPLE, Room, alert
from tests.waiting import PATIENCE_S, eventually
from tracker.room.alerts import hub as hubs
from tracker.room.alerts import showing, streaming

_PATIENCE_S = 60.0


class Served:
    """The room over a socket, in a thread."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._bound = socket.create_server(("127.0.0.1", 0))
        self._bound.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768
        )  # so that one who takes nothing is soon felt
        self.port: int = self._bound.getsockname()[1]
        config = uvicorn.Config(room.app, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._bound]}, daemon=True)
        self._thread.start()
        eventually(lambda: self.server.started)

    def tell(self, *events: Any) -> None:
        self.room.tell(*events)
        self.room.run.hub.ring()

    def close(self) -> None:
        self.server.should_exit = True
        self.room.run.hub.close()
        self._thread.join(timeout=PATIENCE_S)
        self._bound.close()


class Listener:
    """A client of the stream."""

    def __init__(self, served: Served, who: str, last_id: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=_PATIENCE_S)
        headers = {"Authorization": f"Bearer {who}"} | ({} if last_id is None else {"Last-Event-ID": last_id})
        self._connection.request("GET", "/api/v1/stream/alerts", headers=headers)
        self.response = self._connection.getresponse()
        assert self.response.status == 200
        self.last_id = last_id

    def events(self) -> Iterator[tuple[str, Any]]:
        kind, told, id_ = "", "", ""
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                told = value
            elif name == "id":
                id_ = value
            elif not name and kind:
                self.last_id = id_
                yield kind, json.loads(told)
                kind = ""

    def take(self, count: int) -> list[str]:
        """The next alerts, by id and version; a reset as that word."""
        found: list[str] = []
        for kind, told in self.events():
            if kind == "alert":
                found.append(f"{told['alert']['alert_id']} {told['alert']['etag']}")
            elif kind == "reset":
                found.append("reset")
            if len(found) == count:
                break
        return found

    def begin(self) -> Listener:
        """Wait until it follows."""
        next(self.events())
        return self

    def close(self) -> None:
        self._connection.close()
        self.response.close()


@pytest.fixture
def served(room: Room) -> Iterator[Served]:
    made = Served(room)
    yield made
    made.close()


@contextmanager
def listening(served: Served, who: str, last_id: str | None = None) -> Iterator[Listener]:
    one = Listener(served, who, last_id)
    try:
        yield one
    finally:
        one.close()


def test_who_comes_again_goes_on_where_it_was(served: Served) -> None:
    served.tell(alert("before"))
    with listening(served, "olga") as one:
        one.begin()
        served.tell(alert("a1"))
        assert one.take(1) == ['a1 "d1-f1"']
        last_id = one.last_id
    served.tell(alert("a2"))
    served.tell(alert("a1", 2, "updated"))
    with listening(served, "olga", last_id) as one:
        assert one.take(2) == ['a2 "d1-f1"', 'a1 "d1-f2"']
        served.room.did("olga", "a2", "acknowledge")
        assert one.take(1) == ['a2 "d2-f1"']


def test_an_id_survives_a_restart_of_the_room(served: Served, tmp_path) -> None:
    with listening(served, "olga") as one:
        last_id = one.begin().last_id
    served.tell(alert("a1"))
    served.close()
    again = Served(Room(served.room.store, served.room.clock, tmp_path))
    with listening(again, "olga", last_id) as one:
        assert one.take(1) == ['a1 "d1-f1"']
    again.close()


@pytest.mark.parametrize("last_id", ["nonsense", "AAAAAAAAAAAAAAAAAAAAAA"])
def test_an_id_of_no_stream_of_ours_is_answered_with_reset(served: Served, last_id: str) -> None:
    served.tell(alert("a1"))
    with listening(served, "olga", last_id) as one:
        assert one.take(1) == ["reset"]
        served.tell(alert("a2"))
        assert one.take(1) == ['a2 "d1-f1"']


def test_who_is_too_far_behind_is_told_to_fetch_the_list(served: Served, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "MOST_BEHIND", 3)
    with listening(served, "olga") as one:
        last_id = one.begin().last_id
    served.tell(*(alert(f"a{k}") for k in range(4)))
    with listening(served, "olga", last_id) as one:
        assert one.take(1) == ["reset"]


def test_who_is_far_behind_gets_pages_and_then_the_rest(served: Served, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "MOST_KEPT", 8)
    with listening(served, "olga") as one:
        last_id = one.begin().last_id
    served.tell(*(alert(f"a{k:03d}") for k in range(300)))
    with listening(served, "olga", last_id) as one:
        assert one.take(300) == [f'a{k:03d} "d1-f1"' for k in range(300)]
        served.tell(alert("b"))
        assert one.take(1) == ['b "d1-f1"']


def test_the_hidden_is_in_nobodys_stream_who_may_not_know_of_it(served: Served) -> None:
    room = served.room
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "craft", "value": "mmsi:219999999"})
    with listening(served, "olga") as olga, listening(served, "cleo") as cleo:
        olga.begin(), cleo.begin()
        for k in range(3):
            served.tell(alert(f"h{k}", craft="mmsi:219999999"), alert(f"a{k}"))
        assert olga.take(3) == [f'a{k} "d1-f1"' for k in range(3)]
        assert cleo.take(6) == [f'{name}{k} "d1-f1"' for k in range(3) for name in "ha"]


def test_what_may_be_seen_changed_so_lists_are_fetched_again(served: Served) -> None:
    served.tell(alert("a1"))
    with listening(served, "olga") as one:
        one.begin()
        rule = {"compartment": "arms", "what": "craft", "value": "mmsi:219001234"}
        assert served.room.ask("ada", "POST", "/compartments/rules", rule).status_code == 201
        assert one.take(1) == ["reset"]


def test_equal_clients_share_one_encoding(served: Served, monkeypatch) -> None:
    made: list[str] = []
    row_of = showing.row_of

    def counted(connection: Any, kept: Any, *rest: Any) -> Any:
        made.append(kept.alert_id)
        return row_of(connection, kept, *rest)

    monkeypatch.setattr(hubs, "row_of", counted)
    clients = [Listener(served, who).begin() for who in ("olga", "otto", "vera", "sam", "reader") * 3]
    served.tell(alert("a1"))
    assert [one.take(1) for one in clients] == [['a1 "d1-f1"']] * 15
    assert made == ["a1"]
    for one in clients:
        one.close()


def test_many_that_come_at_once_hear_everything_once(served: Served, monkeypatch) -> None:
    read_head = hubs.Hub._read_head

    def slowly(self: Any, connection: Any) -> int:
        time.sleep(0.05)  # not a wait: long enough for others to come meanwhile
        return read_head(self, connection)

    monkeypatch.setattr(hubs.Hub, "_read_head", slowly)
    with ThreadPoolExecutor(20) as pool:
        clients = list(pool.map(lambda _: Listener(served, "olga").begin(), range(40)))
    for k in range(5):
        served.tell(alert(f"a{k}"))
        assert [one.take(1) for one in clients] == [[f'a{k} "d1-f1"']] * 40
    for one in clients:
        one.close()


def test_a_client_that_takes_nothing_is_dropped_and_holds_up_nobody(served: Served, monkeypatch) -> None:
    monkeypatch.setattr(streaming, "STALL_S", 0.5)
    stalled = socket.create_connection(("127.0.0.1", served.port))
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.sendall(b"GET /api/v1/stream/alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer olga\r\n\r\n")
    eventually(lambda: served.room.run.hub.clients == 1)
    with listening(served, "otto") as one:
        one.begin()
        told = 0
        while served.room.run.hub.clients == 2 and told < 60:
            served.tell(*(alert(f"a{told:02d}{k:03d}", priority=30) for k in range(200)))
            assert len(one.take(200)) == 200
            told += 1
        eventually(lambda: served.room.run.hub.clients == 1)
        served.tell(alert("last"))
        assert one.take(1) == ['last "d1-f1"']
    stalled.close()


def test_a_stream_ends_when_its_session_does(served: Served, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "BEAT_S", 0.1)
    with listening(served, "olga") as one:
        one.begin()
        del served.room.names.people["olga"]
        assert [kind for kind, _ in one.events() if kind != "heartbeat"] == []
    served.room.names.people["olga"] = PEOPLE["olga"]


def test_heartbeats_come_and_streams_end_with_the_room(served: Served, monkeypatch) -> None:
    monkeypatch.setattr(hubs, "BEAT_S", 0.1)
    with listening(served, "olga") as one:
        kinds = iter(one.events())
        assert [next(kinds)[0] for _ in range(3)] == ["heartbeat"] * 3
        served.server.should_exit = True
        served.room.run.hub.close()
        assert all(kind == "heartbeat" for kind, _ in kinds)
    eventually(lambda: served.room.run.hub.clients == 0)


def test_a_stream_is_asked_for_with_the_right_to_it(served: Served) -> None:
    answer = served.room.ask("audrey", "GET", "/stream/alerts")
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_what_was_made_before_a_rule_is_given_to_nobody_after_it(served: Served) -> None:
    """Frames are kept for all who may see equally much; a rule ends that for those made before it."""
    with listening(served, "olga") as olga:
        begun = olga.begin().last_id
        served.tell(alert("h1", craft="mmsi:219999999"))
        assert olga.take(1) == ['h1 "d1-f1"']
        rule = {"compartment": "arms", "what": "craft", "value": "mmsi:219999999"}
        assert served.room.ask("ada", "POST", "/compartments/rules", rule).status_code == 201
        assert olga.take(1) == ["reset"]
        with listening(served, "otto", begun) as otto:
            assert otto.take(1) == ["reset"]


def test_one_person_cannot_take_the_streams_of_all(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_OF_ONE", 2)
    with listening(served, "olga") as one, listening(served, "olga") as two:
        one.begin()
        two.begin()
        refused = served.room.ask("olga", "GET", "/stream/alerts")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
        with listening(served, "otto") as other:
            other.begin()
    eventually(lambda: served.room.run.hub.has_room_for("olga"))
