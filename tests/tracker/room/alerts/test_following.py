"""Following an engine: exactly once, through resets, restarts and silence, and honest meanwhile. Over a real socket, too."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from tests.tracker.room.alerts.rooms import ENGINE, ListedEngine, Room, alert
from tests.waiting import eventually
from tracker.door.address import DoorAddress
from tracker.door.following import AlertTold, Heartbeat, Reset
from tracker.room.alerts import taking
from tracker.room.alerts.alert_tables import ALERT_REVISIONS, DESK_STREAM
from tracker.room.alerts.doors import AddressedDoor
from tracker.room.alerts.following import EngineFollower
from tracker.room.alerts.taking import place_of, take
from tracker.room.shell.logs import NoLog
from tracker.units import US_PER_MIN, iso_time


def counts(room: Room) -> tuple[int, int]:
    with room.store.read() as connection:
        revisions = connection.execute(select(func.count()).select_from(ALERT_REVISIONS)).scalar_one()
        changes = connection.execute(select(func.count()).select_from(DESK_STREAM)).scalar_one()
    return revisions, changes


def place(room: Room) -> tuple[int, str | None]:
    with room.store.read() as connection:
        return place_of(connection, ENGINE)


@pytest.fixture
def following(room: Room):
    made: list[EngineFollower] = []

    def start(door: Any = None) -> EngineFollower:
        follower = EngineFollower(
            room.store, ENGINE, door or room.engine, room.clock, lambda: None, room.audit, NoLog()
        )
        follower.start()
        made.append(follower)
        return follower

    yield start
    room.engine.go_away()
    for one in made:
        one.close()


def test_what_an_engine_tells_is_taken_once_and_the_place_with_it(room: Room, following) -> None:
    room.engine.tell(
        *(AlertTold(k, alert(f"a{k}")) for k in range(1, 6)), Heartbeat(5, "s1", "2026-03-01T00:00:00Z", "now", "live")
    )
    follower = following()
    eventually(lambda: place(room) == (5, "s1"))
    eventually(lambda: follower.state().phase == "live")
    state = follower.state()
    assert (state.is_connected, state.behind, state.why) == (True, 0, "")
    assert counts(room) == (5, 10), "each came, and called when all that there was before had been read"
    follower.close()
    room.engine.tell(AlertTold(6, alert("a6")))
    following()
    eventually(lambda: place(room)[0] == 6)
    assert room.engine.asked[-1] == (5, "s1")
    assert counts(room) == (6, 11)


def test_a_repetition_changes_nothing_and_an_older_revision_is_no_step_back(room: Room) -> None:
    told = [(1, alert("a1")), (2, alert("a1", 2, "updated", priority=60))]
    assert take(room.store, ENGINE, told, room.clock(), room.audit)
    assert not take(room.store, ENGINE, told, room.clock(), room.audit)
    assert take(room.store, ENGINE, [(3, alert("a2"))], room.clock(), room.audit)
    assert not take(room.store, ENGINE, [(4, alert("a1", 1))], room.clock(), room.audit)
    assert room.get("olga", "/alerts/a1")["priority"] == 60


def states(room: Room) -> dict[str, str]:
    shown = [*room.get("olga", "/alerts")["alerts"], *room.get("olga", "/alerts?state=over")["alerts"]]
    return {row["alert_id"]: row["state"] for row in shown}


def test_what_was_over_before_the_room_met_its_engine_calls_nobody(room: Room, following) -> None:
    """A room set up beside an engine of a year would else begin with thousands that nobody has acknowledged."""
    room.engine.tell(
        AlertTold(1, alert("was")), AlertTold(2, alert("was", 2, "closed", state="closed")), AlertTold(3, alert("false")),
        AlertTold(4, alert("is")), AlertTold(5, alert("false", 2, "retracted")),
    )  # fmt: skip
    following()
    eventually(lambda: place(room)[0] == 5)
    assert states(room) == {"was": "over", "false": "over", "is": "over"}, "not while there may be more to come"
    room.clock.pass_s(60)
    room.engine.tell(Heartbeat(5, "s1", None, "now", "live"))
    eventually(lambda: states(room) == {"was": "over", "false": "over", "is": "annunciated"})
    assert room.get("olga", "/alerts/is")["acknowledge_due"] == iso_time(room.clock() + 60 * US_PER_MIN)
    room.engine.tell(
        AlertTold(6, alert("new")), AlertTold(7, alert("new", 2, "closed", state="closed")), AlertTold(8, alert("was", 3, "updated")),
    )  # fmt: skip
    eventually(lambda: states(room) == {"false": "over", "is": "annunciated", "new": "returned", "was": "annunciated"})


def test_a_reset_is_taken_from_the_first_that_there_is_without_doubling(room: Room, following) -> None:
    room.tell(alert("a1"), alert("a2"))
    room.engine.tell(
        Reset(1, 3, "s2"), *(AlertTold(k, alert(f"a{k}")) for k in range(1, 4)), Heartbeat(3, "s2", None, "now", "live")
    )
    with room.store.write() as connection:
        from tracker.room.alerts.taking import set_place

        set_place(connection, ENGINE, 2, "s1")
    room.engine.told[0] = Reset(1, 3, "s2")
    follower = following(_Unfiltered(room.engine))
    eventually(lambda: place(room) == (3, "s2"))
    eventually(lambda: counts(room) == (3, 4), lambda: counts(room))  # the third came, and called once all was read
    follower.close()


class _Unfiltered:
    """Tells everything, as an engine does after a reset."""

    def __init__(self, engine: ListedEngine) -> None:
        self._engine = engine
        self.send = engine.send

    def follow(self, after: int, store_id: str | None) -> Any:
        return self._engine.follow(0, store_id)


class _Said(NoLog):
    def __init__(self) -> None:
        self.said: list[str] = []

    def warning(self, event: str, **fields: object) -> None:
        self.said.append(event)


def test_what_is_no_alert_is_passed_over_and_told(room: Room) -> None:
    log = _Said()
    broken = alert("a1")
    del broken["data"]["event"]["kind"]
    other = {**alert("a3"), "type": "something.else"}
    assert take(room.store, ENGINE, [(1, broken), (2, alert("a2")), (3, other), (4, {})], room.clock(), room.audit, log)
    assert (room.ids("olga"), place(room)[0]) == (["a2"], 4)
    assert log.said == ["room_no_alert"] * 3


def test_an_engine_that_is_away_is_told_as_away_and_comes_back(room: Room, following) -> None:
    room.engine.is_away = True
    follower = following()
    eventually(lambda: "nobody opens" in follower.state().why)
    assert not follower.state().is_connected
    room.engine.tell(AlertTold(1, alert("a1")), Heartbeat(1, "s1", None, "now", "live"))
    room.engine.go_away(False)
    eventually(lambda: follower.state().is_connected)
    eventually(lambda: room.ids("olga") == ["a1"])
    room.engine.go_away()
    eventually(lambda: not follower.state().is_connected)
    assert room.ids("olga") == ["a1"], "the desk works on while the engine is away"


def test_what_breaks_off_in_the_middle_leaves_nothing_half_done(room: Room, monkeypatch) -> None:
    told = [(k, alert(f"a{k}")) for k in range(1, 4)]
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(taking, "set_place", _killed)
        take(room.store, ENGINE, told, room.clock(), room.audit)
    assert (place(room), counts(room), room.ids("olga")) == ((0, None), (0, 0), [])
    assert take(room.store, ENGINE, told, room.clock(), room.audit)
    assert (place(room), counts(room)) == ((3, None), (3, 3))


def _killed(*_: Any) -> None:
    raise KeyboardInterrupt


def test_an_engine_that_answers_nonsense_is_asked_again(room: Room, following) -> None:
    class Odd:
        asked = 0

        def follow(self, after: int, store_id: str | None) -> Any:
            raise KeyError("what came")

        def send(self, decisions: Any) -> None:
            Odd.asked += 1
            raise KeyError("answers")

    room.tell(alert("a1"))
    room.did("olga", "a1", "close", outcome="inconclusive")
    room.clock.pass_s(31)
    follower = following(Odd())
    eventually(lambda: Odd.asked >= 2)
    eventually(lambda: "not understood (KeyError)" in follower.state().why)


def test_engines_are_told_with_their_age(room: Room) -> None:
    (told,) = room.get("vera", "/engines")["engines"]
    assert (told["engine"], told["is_connected"], told["age_s"], told["why"]) == (ENGINE, False, None, "not asked yet")


def test_two_engines_that_hear_the_same_tell_it_once(room: Room) -> None:
    room.tell(alert("a1", 1))
    room.tell(alert("a1", 1), alert("b1"), engine="other")
    rows = {row["alert_id"]: row["engine"] for row in room.get("olga", "/alerts")["alerts"]}
    assert rows == {"a1": ENGINE, "b1": "other"}


class _Door(BaseHTTPRequestHandler):
    """The contract of the door, over HTTP: the stream, and decisions."""

    protocol_version = "HTTP/1.1"
    frames: ClassVar[list[bytes]] = []
    got: ClassVar[list[Any]] = []
    asked: ClassVar[list[str]] = []
    gone: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.headers["authorization"] != "Bearer word":
            self.send_error(401)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for frame in self.frames:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
        self.wfile.flush()
        self.gone.wait(10)
        self.close_connection = True

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        body = (
            b'{"ok": true, "answers": []}'
            if self.path == "/v1/decisions" and len(self.got) > 1
            else b'{"ok": false, "error": "not durable yet"}'
        )
        self.send_response(200 if b"true" in body else 503)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_over_a_real_socket_facts_come_and_decisions_go_until_they_are_durable(
    room: Room, following: Callable[..., EngineFollower]
) -> None:
    event = json.dumps(alert("a1")).encode()
    beat = json.dumps({"sequence": 7, "store_id": "s1", "watermark": None, "at": "now", "phase": "live"}).encode()
    _Door.frames = [
        b"event: alert\nid: 7\ndata: " + event[:50],
        event[50:] + b"\n\nevent: heartbeat\ndata: " + beat + b"\n\n",
    ]
    _Door.got, _Door.asked, _Door.gone = [], [], threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        port = server.server_address[1]
        follower = following(AddressedDoor(DoorAddress.of(f"http://127.0.0.1:{port}", "word")))
        eventually(lambda: place(room) == (7, "s1"))
        assert _Door.asked[0] == "/v1/stream/alerts?after=0"
        room.did("olga", "a1", "close", outcome="inconclusive")
        room.clock.pass_s(31)
        eventually(lambda: len(_Door.got) == 2)
        assert _Door.got[0] == _Door.got[1], "the first was not durable: the same is sent again"
        assert _Door.got[1]["decisions"][0]["verdict"] == "inconclusive"
        follower.close()
    finally:
        _Door.gone.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_door_that_nobody_opens_is_away(room: Room) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        door = AddressedDoor(DoorAddress.of(f"http://127.0.0.1:{held.getsockname()[1]}", "word"))
        with pytest.raises(ValueError, match="away"):
            door.send([{"decision_id": "d"}])
