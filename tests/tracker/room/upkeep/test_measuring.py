"""The room's page of metrics: every sample fits the table, labels are bounded, no name or id stands in it, and it answers while the store is away."""

from __future__ import annotations

import re
import threading
import urllib.request

import pytest
from starlette.testclient import TestClient

from tests.tracker.room.alerts.rooms import Room, alert
from tests.tracker.room.conftest import StandingClock
from tests.waiting import PATIENCE_S
from tracker.config.room import RoomConfig
from tracker.errors import SettingError
from tracker.room.assembling import AssembledRoom, assemble
from tracker.room.shell.meters import Measured, RequestMeters
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.serving import place_of
from tracker.room.upkeep.measuring import RoomMeasures
from tracker.web.metrics import render
from tracker.web.operations import operations_at


def measures(room: Room, requests: RequestMeters, monotonic: StandingClock) -> RoomMeasures:
    parts = RoomParts(room.store, room.clock, room.audit, room.names, RoomConfig())
    return RoomMeasures(parts, room.run, requests, monotonic)


def values(text: str) -> dict[str, float]:
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_what_the_desk_does_stands_in_the_metrics(room: Room) -> None:
    monotonic = StandingClock()
    made = measures(room, RequestMeters(), monotonic)
    sent = {"name": "duty", "way": "webhook", "target": "https://hooks.example.org/"}
    assert room.ask("ada", "POST", "/subscriptions", sent).status_code == 201
    room.tell(alert("a1", priority=80), alert("a2"), alert("a3"))
    room.did("olga", "a2", "acknowledge")
    room.did("olga", "a3", "close", outcome="inconclusive")
    room.run.sign_head()
    room.clock.pass_s(400)
    found = values(render(made.latest().samples))
    assert found['tidewaiter_room_alerts{state="annunciated",band="critical"}'] == 1
    assert found['tidewaiter_room_alerts{state="acknowledged",band="medium"}'] == 1
    assert found['tidewaiter_room_overdue{clock="acknowledge"}'] == 1
    assert found['tidewaiter_room_overdue{clock="respond"}'] == 0
    assert found['tidewaiter_room_decisions_waiting{engine="harbour"}'] == 1
    assert found['tidewaiter_room_outbox_waiting{way="webhook"}'] == 4, "three raised, one closed"
    assert (
        found['tidewaiter_room_outbox_waiting{way="mail"}']
        == found['tidewaiter_room_receivers_failing{way="mail"}']
        == 0
    )
    assert found['tidewaiter_room_engine_connected{engine="harbour"}'] == 0
    assert found["tidewaiter_room_audit_head_age_seconds"] == 400
    assert found["tidewaiter_room_audit_entries"] > 3
    room.clock.pass_s(3_600)
    assert values(render(made.latest().samples)) == found, "who asks again at once is told the same"
    monotonic.pass_s(6)
    later = values(render(made.latest().samples))
    assert later['tidewaiter_room_overdue{clock="respond"}'] == 2
    assert not re.search("olga|a1|mmsi", render(made.latest().samples))


def test_without_its_store_it_is_not_ready_and_still_answers(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def away() -> None:
        raise OperationalError("", {}, Exception())

    made = measures(room, RequestMeters(), StandingClock())
    monkeypatch.setattr(room.run.open_alerts, "read", away)
    told = made.latest()
    assert told.not_ready == ("the room's store cannot be read",)
    assert "tidewaiter_room_stream_clients" in render(told.samples)


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory):
    data = tmp_path_factory.mktemp("measured") / "room"
    room = assemble(str(data), RoomConfig(), data)
    yield room
    room.desk.close()
    room.parts.store.close()


def test_requests_are_counted_by_the_template_of_their_route(assembled: AssembledRoom) -> None:
    app = assembled.guarded(place_of("127.0.0.1:1", RoomConfig(), False), lambda *_: None)
    assert isinstance(app, Measured)
    client = TestClient(app, base_url="http://127.0.0.1")
    for number in range(3):
        client.get(f"/api/v1/alerts/secret-{number}")
        client.get(f"/secret/{number}")
    client.get("/api/v1/health")
    client.get("/api/v1/health", headers={"Host": "elsewhere"})
    client.request("BREW", "/api/v1/health")
    client.post("/api/v1/session", json={"login": "nobody", "password": "a wrong one, surely"})
    counted = assembled.requests.requests()
    assert counted["/api/v1/alerts/{alert_id}", "GET", "4xx"] == 3
    assert counted["/api/v1/health", "GET", "2xx"] == 1
    assert counted["none", "GET", "4xx"] == 4
    assert {method for _, method, _ in counted} <= {"GET", "POST", "other"}
    assert assembled.requests.sign_ins_refused == 1
    assert set(assembled.requests.latencies_s()) == {"p50", "p99", "longest"}
    assert "secret" not in str(counted)


def test_the_page_is_served_on_its_own_address_while_requests_are_counted(assembled: AssembledRoom) -> None:
    page = operations_at("127.0.0.1:0", "[room] http_address", assembled.measures().latest)
    assert page is not None
    stop = threading.Event()

    def count() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            assembled.requests.count(f"/api/v1/{number % 500}", "GET", 200, 1)

    counting = threading.Thread(target=count)
    counting.start()
    try:
        for path, word in (
            ("/metrics", b"tidewaiter_room_sessions 0"),
            ("/readyz", b'"ok": true'),
            ("/healthz", b'"ok": true'),
        ):
            with urllib.request.urlopen(f"http://127.0.0.1:{page.port}{path}", timeout=PATIENCE_S) as answer:
                assert word in answer.read()
        for _ in range(200):
            assembled.requests.requests()
            assembled.requests.latencies_s()
    finally:
        stop.set()
        counting.join()
        page.close()
    assert operations_at("", "[room] http_address", assembled.measures().latest) is None
    for wrong in ("nowhere", "127.0.0.1:port"):
        with pytest.raises(SettingError, match="http_address"):
            operations_at(wrong, "[room] http_address", assembled.measures().latest)
