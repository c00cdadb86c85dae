"""Webhooks: what is sent to whom, signed, under one id until it is taken; what receivers may do to us, and where nothing goes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.tracker.room.alerts.rooms import Room, alert, consignment, person
from tests.tracker.room.conftest import StandingClock
from tests.tracker.room.sending.conftest import LOOPBACK, state_of, subscribe
from tests.tracker.room.sending.receivers import Hook, answer
from tests.waiting import eventually
from tracker.config.room import RoomConfig
from tracker.room.alerts.alert_tables import ALERTS
from tracker.room.audit.log import entries
from tracker.room.rights import Role
from tracker.room.sending import ends, posting, sending_routes
from tracker.room.sending.addresses import Policy, resolved, target_of
from tracker.room.sending.ends import RETRIES_S
from tracker.room.sending.sending_tables import OUTBOX, SUBSCRIPTIONS
from tracker.room.store.opening import RoomStore, open_room_store


def verified(secret: str, heads: dict[str, str], body: bytes) -> bool:
    """As Standard Webhooks tells a receiver to do it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{heads['webhook-id']}.{heads['webhook-timestamp']}.".encode() + body
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return right in heads["webhook-signature"].split(" ")


def arms(room: Room, what: str = "flag", value: str = "arms") -> None:
    room.names.people["anna"] = person("anna", Role.ADMINISTRATOR, compartments=["arms"])
    made = room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": what, "value": value})
    assert made.status_code == 201


def test_an_alert_is_told_signed_and_under_a_durable_id(rooms: Callable[..., Room], hook: Hook) -> None:
    room = rooms(link_base="https://room.example/")
    made = subscribe(room, hook.url)
    room.tell(alert("a1", priority=80))
    room.sender.send_due()
    (heads, body), event = hook.got[0], hook.events()[0]
    assert verified(made["secret"], heads, body) and not verified(
        "whsec_" + base64.b64encode(b"x" * 32).decode(), heads, body
    )
    assert heads["webhook-id"] == event["id"] and heads["content-type"] == "application/cloudevents+json"
    assert int(heads["webhook-timestamp"]) == room.clock() // 1_000_000
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "tidewaiter.room.alert.raised", "a1")
    assert event["data"]["links"] == {"alert": "https://room.example/api/v1/alerts/a1"}
    assert event["data"]["alert"] == json.loads(json.dumps(room.get("olga", "/alerts")["alerts"][0]))
    assert made["secret"] not in room.ask("ada", "GET", "/subscriptions").text
    room.sender.send_due()
    assert len(hook.got) == 1
    assert state_of(room, made) | {"last_sent": None} == {
        "state": "well", "waiting": 0, "given_up": 0, "last_sent": None, "failing_since": None, "failures": 0, "next_try": None, "why": None,
    }  # fmt: skip


def test_causes_over_the_life_of_an_alert(room: Room, hook: Hook) -> None:
    subscribe(room, hook.url)
    room.tell(alert("a1", 1), alert("a2"), alert("a3"))
    room.tell(alert("a1", 2, "updated", priority=45), alert("a2", 2, "closed", state="closed"))
    room.did("olga", "a3", "acknowledge")
    room.tell(alert("a3", 2, "updated", priority=55), alert("a2", 3, "retracted"))
    room.did("olga", "a1", "close", outcome="inconclusive")
    room.sender.send_due()
    assert hook.told() == [
        ("raised", "a1"), ("raised", "a2"), ("raised", "a3"), ("ended", "a2"), ("graver", "a3"), ("retracted", "a2"),
    ]  # fmt: skip
    room.clock.pass_s(31)
    room.sender.send_due()
    assert hook.told()[6:] == [("closed", "a1")]
    assert hook.events()[6]["data"]["alert"]["outcome"] == "inconclusive"


def test_a_closing_that_was_taken_back_is_not_told_and_a_shelf_that_ends_is(room: Room, hook: Hook) -> None:
    subscribe(room, hook.url, causes=["closed", "raised"])
    room.tell(alert("a1"), alert("a2"))
    room.did("olga", "a1", "close", outcome="inconclusive")
    room.clock.pass_s(20)
    assert room.ask("olga", "POST", "/alerts/a1/undo").status_code == 200
    room.did("olga", "a2", "shelve", reason="pilot", until="2026-03-01T01:00:00Z", wakes=[])
    room.clock.pass_s(3_600)
    room.run.tick()
    room.sender.send_due()
    assert sorted(hook.told()) == [("raised", "a1"), ("raised", "a2"), ("raised", "a2")]


@pytest.mark.parametrize(
    ("wants", "told"),
    [
        ({"least_band": "high"}, ["a2"]),
        ({"kinds": ["gap"]}, ["a3"]),
        ({"rules": ["night"]}, ["a4"]),
        ({"areas": ["N50E000"]}, ["a1", "a2", "a3", "a4"]),
        ({"areas": ["N00E000"]}, []),
        ({"units": ["north"]}, []),
        ({"unit": "north"}, []),
        ({"causes": ["retracted"]}, []),
    ],
)
def test_what_is_told_is_what_was_asked_for(room: Room, hook: Hook, wants: dict[str, Any], told: list[str]) -> None:
    subscribe(room, hook.url, **wants)
    room.tell(alert("a1"), alert("a2", priority=60), alert("a3", kind="gap"), alert("a4", rule="night"))
    room.sender.send_due()
    assert [subject for _, subject in hook.told()] == told


def test_what_was_grave_enough_is_told_of_to_its_end_and_what_becomes_so_is_as_good_as_raised(
    room: Room, hook: Hook
) -> None:
    subscribe(room, hook.url, least_band="high", causes=["raised", "retracted"])
    room.tell(alert("a1", priority=60), alert("a2", priority=30))
    room.tell(alert("a1", 2, "retracted", priority=5), alert("a2", 2, "updated", priority=55))
    room.sender.send_due()
    assert hook.told() == [("raised", "a1"), ("retracted", "a1"), ("graver", "a2")]


def test_who_is_not_cleared_learns_nothing_of_what_is_hidden(room: Room, hook: Hook) -> None:
    arms(room)
    arms(room, "craft", "mmsi:219009999")
    subscribe(room, hook.url)
    room.tell(alert("a1", priority=45, consignments=[consignment("H1", "arms"), consignment("P1")]))
    room.tell(alert("hidden", craft="mmsi:219009999"), alert("a2", consignments=[consignment("P2")]))
    room.tell(
        alert(
            "a1",
            2,
            "updated",
            priority=80,
            consignments=[consignment("H1", "arms"), consignment("H2", "arms"), consignment("P1")],
        )
    )
    room.sender.send_due()
    assert [subject for _, subject in hook.told()][:2] == ["a1", "a2"]
    seen = {row["alert_id"]: row for row in room.get("olga", "/alerts")["alerts"]}
    for event in hook.events():
        shown = event["data"]["alert"]
        assert shown == json.loads(json.dumps(seen[event["subject"]]))
    sent = b"".join(body for _, body in hook.got)
    for word in (b"H1", b"H2", b"arms", b"219009999", b"hidden"):
        assert word not in sent
    with room.store.read() as connection:
        kept = connection.execute(select(OUTBOX.c.alert_id)).scalars().all()
    assert "hidden" not in kept


def test_a_hidden_rise_is_told_to_none_but_who_is_cleared(room: Room) -> None:
    arms(room)
    blind, cleared = Hook(), Hook()
    subscribe(room, blind.url, causes=["graver"])
    subscribe(room, cleared.url, "anna", causes=["graver"], compartments=["arms"])
    room.tell(alert("a1", priority=45, consignments=[consignment("P1")]))
    room.tell(alert("a1", 2, "updated", priority=65, consignments=[consignment("H1", "arms"), consignment("P1")]))
    room.sender.send_due()
    assert (blind.told(), cleared.told()) == ([], [("graver", "a1")])
    blind.close()
    cleared.close()


def test_what_was_hidden_before_it_was_sent_is_withheld(room: Room, hook: Hook) -> None:
    made = subscribe(room, hook.url)
    room.tell(alert("a1"))
    arms(room, "craft", "mmsi:219001234")
    room.sender.send_due()
    assert hook.got == [] and state_of(room, made)["waiting"] == 0
    with room.store.read() as connection:
        ends = [dict(one.terms) for one in entries(connection) if one.act == "delivery.ended"]
    assert ends == [{"end": "withheld"}]


def test_nobody_sends_himself_or_traces_what_he_may_not_see(room: Room, hook: Hook) -> None:
    arms(room)
    body = {"name": "x", "way": "webhook", "target": hook.url, "compartments": ["arms"]}
    assert room.ask("ada", "POST", "/subscriptions", body).status_code == 403
    made = subscribe(room, hook.url, "anna", compartments=["arms"])
    path = f"/subscriptions/{made['subscription_id']}"
    room.tell(alert("a1", consignments=[consignment("H1", "arms")]))
    assert state_of(room, made) is None and state_of(room, made, "anna")["waiting"] == 1
    assert room.ask("ada", "GET", f"{path}/deliveries").status_code == 403
    for change in ({"target": "https://example.org/"}, {"compartments": []}, {"name": "y"}):
        assert room.ask("ada", "PATCH", path, change, If_Match="*").status_code == 403, change
    for verb in ("rotate", "test"):
        assert room.ask("ada", "POST", f"{path}/{verb}").status_code == 403
    plain = subscribe(room, hook.url)
    given = {"compartments": ["arms"]}
    assert (
        room.ask("ada", "PATCH", f"/subscriptions/{plain['subscription_id']}", given, If_Match="*").status_code == 403
    )
    assert room.ask("ada", "PATCH", path, {"is_paused": True}, If_Match="*").json()["sending"] is None
    assert room.ask("ada", "DELETE", path).status_code == 204


def test_a_receiver_that_fails_is_left_alone_ever_longer_and_others_go_on(room: Room, hook: Hook) -> None:
    bad = Hook()
    bad.answering = answer(500)
    made = subscribe(room, bad.url, causes=["raised"])
    subscribe(room, hook.url, causes=["raised"])
    room.tell(alert("a1"))
    ids = set()
    for tries, pause_s in enumerate(RETRIES_S, 1):
        room.sender.send_due()
        assert len(bad.got) == tries
        state = state_of(room, made)
        assert (state["state"], state["failures"], state["why"]) == ("failing", tries, "it answered 500")
        ids.add(bad.got[-1][0]["webhook-id"])
        room.clock.pass_s(pause_s - 1)
        room.sender.send_due()
        assert len(bad.got) == tries, "too early"
        room.clock.pass_s(1)
    room.sender.send_due()
    assert len(bad.got) == 7 and len(ids) == 1
    assert state_of(room, made)["given_up"] == 1 and state_of(room, made)["waiting"] == 0
    assert hook.told() == [("raised", "a1")]
    with room.store.read() as connection:
        ends = [(one.is_refused, one.objects) for one in entries(connection) if one.act == "delivery.ended"]
    assert (True, (f"subscription:{made['subscription_id']}", f"message:{ids.pop()}")) in ends
    bad.answering = answer(200)
    room.tell(alert("a2"))
    room.clock.pass_s(RETRIES_S[-1])
    room.sender.send_due()
    assert state_of(room, made)["state"] == "well" and bad.told()[-1] == ("raised", "a2")
    bad.close()


def test_what_waits_for_a_dead_receiver_is_given_up_by_its_age(room: Room, hook: Hook) -> None:
    hook.answering = answer(503)
    made = subscribe(room, hook.url)
    room.tell(*(alert(f"a{k}") for k in range(30)))
    for _ in range(20):
        room.sender.send_due()
        room.clock.pass_s(RETRIES_S[-1])
    assert len(hook.got) <= 21
    assert state_of(room, made)["waiting"] == 0


def test_one_message_that_is_never_taken_holds_up_no_other(room: Room, hook: Hook) -> None:
    def picky(handler: BaseHTTPRequestHandler) -> None:
        answer(400 if hook.events()[-1]["subject"] == "a1" else 200)(handler)

    hook.answering = picky
    subscribe(room, hook.url)
    room.tell(alert("a1"), alert("a2"), alert("a3"))
    for _ in range(2):
        room.sender.send_due()
        room.clock.pass_s(5)
    assert {subject for _, subject in hook.told()} == {"a1", "a2", "a3"}


def dripping(stop: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    def do(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                handler.wfile.write(b"X-Slow: yes\r\n")
                handler.wfile.flush()
        except OSError:
            pass

    return do


def huge(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(10**12))
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        pass


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\xff garbage\r\n\r\n")


def test_receivers_that_drip_or_flood_or_send_elsewhere(
    room: Room, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "POST_S", 1.0)
    stop = threading.Event()
    slow, big, elsewhere, rude = Hook(), Hook(), Hook(), Hook()
    slow.answering, big.answering = dripping(stop), huge
    elsewhere.answering = answer(307, Location=hook.url)
    rude.answering = garbage
    made = {
        name: subscribe(room, one.url)
        for name, one in {"slow": slow, "big": big, "elsewhere": elsewhere, "rude": rude}.items()
    }
    room.tell(alert("a1"))
    room.sender.send_due()
    why = {name: state_of(room, one)["why"] for name, one in made.items()}
    assert why["slow"] == "it took longer than 1 s"
    assert why["big"] is None and state_of(room, made["big"])["state"] == "well"
    assert "not followed" in why["elsewhere"]
    assert why["rude"] == "it broke off, or what it answers is no HTTP"
    assert hook.got == []
    stop.set()
    for one in (slow, big, elsewhere, rude):
        one.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://[fd00::1]/", "https://0.0.0.0/", "https://224.0.0.1/",
        "https://100.64.0.1/", "https://user:word@example.org/", "https://example.org/#x", "ftp://example.org/", "https:///x", "https://example.org:99999/", "https://exa mple.org/",
        "file:///etc/passwd", "https://ex\u00e4mple.org/", "https://example.org\\@10.0.0.1/", "javascript:alert(1)", "https://192.168.1.1/", "https://[::]/",
    ],
)  # fmt: skip
def test_what_is_no_address_or_leads_inside_is_refused(rooms: Callable[..., Room], url: str) -> None:
    room = rooms(webhook_networks=())
    answered = room.ask("ada", "POST", "/subscriptions", {"name": "x", "way": "webhook", "target": url})
    is_name = url == "http://example.org/"  # of a name it shows only when it is sent
    assert answered.status_code == (201 if is_name else 422), answered.text


def test_a_name_that_leads_inside_is_refused_when_it_is_sent(rooms: Callable[..., Room], hook: Hook) -> None:
    room = rooms(webhook_networks=())
    made = subscribe(room, f"http://localhost:{hook.port}/")
    room.tell(alert("a1"))
    room.sender.send_due()
    assert hook.got == [] and "private or special" in state_of(room, made)["why"]


def test_a_name_is_asked_once_and_that_machine_is_connected_to(
    room: Room, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to an allowed machine first and to another a moment later does not reach the other."""
    asked: list[str] = []

    async def lie(self: object, host: str, port: int, **_: object) -> Any:
        asked.append(host)
        machine = "127.0.0.1" if len(asked) == 1 else "127.0.0.9"
        return [(2, 1, 6, "", (machine, port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", lie)
    subscribe(room, f"http://twofaced.example:{hook.port}/")
    room.tell(alert("a1"))
    room.sender.send_due()
    assert asked == ["twofaced.example"] and hook.told() == [("raised", "a1")]
    assert hook.got[0][0]["host"] == f"twofaced.example:{hook.port}"


def test_clear_text_goes_beyond_this_machine_only_where_that_is_set() -> None:
    async def machine(policy: Policy) -> Any:
        return await resolved(target_of("http://192.0.2.7/"), policy)

    with pytest.raises(ValueError, match="in clear"):
        asyncio.run(machine(Policy.of(["192.0.2.0/24"], False)))
    assert str(asyncio.run(machine(Policy.of(["192.0.2.0/24"], True)))) == "192.0.2.7"


def test_certificates_have_to_hold_for_the_name(rooms: Callable[..., Room], certificate: tuple[Path, Path]) -> None:
    hook = Hook(certificate)
    room = rooms(sending_ca=str(certificate[0]))
    good = subscribe(room, hook.url)
    other = subscribe(room, f"https://localhost:{hook.port}/")
    room.tell(alert("a1"))
    room.sender.send_due()
    assert state_of(room, good)["state"] == "well" and hook.told() == [("raised", "a1")]
    assert state_of(room, other)["why"] == "its certificate does not hold, or it speaks no TLS"
    hook.close()


def test_an_authority_that_is_not_believed_is_refused(room: Room, certificate: tuple[Path, Path]) -> None:
    hook = Hook(certificate)
    made = subscribe(room, hook.url)
    room.tell(alert("a1"))
    room.sender.send_due()
    assert hook.got == [] and "certificate" in state_of(room, made)["why"]
    hook.close()


def test_after_a_rotation_both_secrets_hold_for_a_while(room: Room, hook: Hook) -> None:
    made = subscribe(room, hook.url, causes=["raised"])
    path = f"/subscriptions/{made['subscription_id']}"
    renewed = room.ask("ada", "POST", f"{path}/rotate").json()["secret"]
    assert renewed != made["secret"]
    room.tell(alert("a1"))
    room.sender.send_due()
    room.clock.pass_s(24 * 3_600 + 1)
    room.tell(alert("a2"))
    room.sender.send_due()
    held = [[verified(secret, *one) for secret in (made["secret"], renewed)] for one in hook.got]
    assert held == [[True, True], [False, True]]


def test_tests_pauses_and_removal(room: Room, hook: Hook) -> None:
    made = subscribe(room, hook.url)
    path = f"/subscriptions/{made['subscription_id']}"
    message = room.ask("ada", "POST", f"{path}/test").json()["message_id"]
    room.sender.send_due()
    assert hook.events()[0]["id"] == message and hook.told() == [("test", "")]
    told = room.get("ada", f"{path}/deliveries")["deliveries"]
    assert [(one["is_taken"], one["status"], one["messages"]) for one in told] == [(True, 204, [message])]
    assert room.ask("ada", "PATCH", path, {"is_paused": True}).status_code == 428
    paused = room.ask("ada", "PATCH", path, {"is_paused": True}, If_Match='"1"')
    assert paused.json()["sending"]["state"] == "paused"
    assert room.ask("ada", "PATCH", path, {"is_paused": False}, If_Match='"1"').status_code == 412
    assert room.ask("ada", "POST", f"{path}/test").status_code == 409
    room.tell(alert("a1"))
    room.sender.send_due()
    room.ask("ada", "PATCH", path, {"is_paused": False}, If_Match="*")
    room.tell(alert("a2"))
    room.sender.send_due()
    assert hook.told()[1:] == [("raised", "a2")]
    room.tell(alert("a3"))
    assert room.ask("ada", "DELETE", path).status_code == 204
    room.sender.send_due()
    assert len(hook.got) == 2 and room.get("ada", "/subscriptions") == {"subscriptions": []}
    for wrong in (
        {"unit": "no such"},
        {"units": ["no such"]},
        {"causes": ["test"]},
        {"way": "pigeon"},
        {"name": "a\nb"},
    ):
        body = {"name": "x", "way": "webhook", "target": hook.url, **wrong}
        assert room.ask("ada", "POST", "/subscriptions", body).status_code == 422, wrong


def test_neither_targets_nor_secrets_stand_in_the_audit(room: Room, hook: Hook) -> None:
    made = subscribe(room, hook.url)
    room.tell(alert("a1"))
    room.sender.send_due()
    room.ask("ada", "PATCH", f"/subscriptions/{made['subscription_id']}", {"target": hook.url + "2"}, If_Match="*")
    with room.store.read() as connection:
        written = str([one.to_json() for one in entries(connection)])
    assert "delivery.ended" in written and "subscription.changed" in written
    for word in ("127.0.0.1", "secret-in-url", made["secret"], "duty", "219001234"):
        assert word not in written


def test_what_was_committed_is_sent_by_the_next_start_and_what_was_not_written_down_again(
    room: Room, hook: Hook, clock: StandingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(room, hook.url)
    room.tell(alert("a1"))
    monkeypatch.setattr(
        room.sender, "_write_down", lambda *_: False
    )  # as if killed between sending and writing it down
    room.sender.send_due()
    later = Room(room.store, clock, tmp_path, settings=RoomConfig(**LOOPBACK))
    later.sender.send_due()
    assert hook.told() == [("raised", "a1")] * 2
    assert len({event["id"] for event in hook.events()}) == 1
    later.sender.send_due()
    assert len(hook.got) == 2
    later.close()


def test_an_act_that_fails_leaves_no_message(room: Room, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(room, hook.url)
    room.tell(alert("a1"))
    room.sender.send_due()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(room.audit, "write", fail)
    with pytest.raises(RuntimeError):
        room.act("olga", "a1", "close", '"d1-f1"', outcome="inconclusive")
    monkeypatch.undo()
    room.clock.pass_s(31)
    room.sender.send_due()
    assert len(hook.got) == 1


def test_the_running_sender_does_not_let_a_slow_one_hold_up_another(room: Room, hook: Hook) -> None:
    stop, slow = threading.Event(), Hook()
    slow.answering = dripping(stop)
    subscribe(room, slow.url)
    room.tell(alert("a1"))
    room.sender.start()
    eventually(lambda: slow.got)
    subscribe(room, hook.url)
    room.tell(alert("a2"))
    eventually(lambda: hook.told() == [("raised", "a2")])
    stop.set()
    room.sender.close()
    slow.close()


def test_sending_is_the_same_over_every_store(
    any_store: RoomStore, clock: StandingClock, hook: Hook, tmp_path: Path
) -> None:
    room = Room(any_store, clock, tmp_path, settings=RoomConfig(**LOOPBACK))
    second = Room(any_store, clock, tmp_path, settings=RoomConfig(**LOOPBACK))
    made = subscribe(room, hook.url, causes=["raised", "escalation"], kinds=["dark_period", "ømg"])
    room.tell(alert("a1", priority=80))
    room.sender.send_due()
    if not any_store.is_sqlite:
        room.tell(alert("a2"))
        second.sender.send_due()
        assert len(hook.got) == 1, "of two processes on one database one sends"
    clock.pass_s(301)
    room.sender.send_due()
    assert [one for one in hook.told() if one[1] == "a1"] == [("raised", "a1"), ("escalation", "a1")]
    hook.answering = answer(500)
    room.ask("ada", "POST", f"/subscriptions/{made['subscription_id']}/test")
    room.sender.send_due()
    assert state_of(room, made)["waiting"] == 1
    clock.pass_s(8 * 86_400)
    room.sender.send_due()
    assert room.get("ada", f"/subscriptions/{made['subscription_id']}/deliveries")["deliveries"][-1]["status"] == 500
    assert room.ask("ada", "DELETE", f"/subscriptions/{made['subscription_id']}").status_code == 204
    room.close()
    second.close()


def test_what_waits_for_a_week_or_is_too_much_is_given_up(
    room: Room, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "MOST_WAITING", 3)
    made = subscribe(room, hook.url, causes=["raised"])
    path = f"/subscriptions/{made['subscription_id']}"
    room.tell(*(alert(f"a{k}") for k in range(5)))
    room.ask("ada", "PATCH", path, {"is_paused": True}, If_Match="*")
    room.sender.send_due()
    assert (state_of(room, made)["waiting"], state_of(room, made)["given_up"]) == (3, 2)
    room.clock.pass_s(8 * 86_400)
    room.sender.send_due()
    assert state_of(room, made)["waiting"] == 0 and hook.got == []


def test_what_an_engine_tells_a_restored_room_anew_has_the_id_it_had(
    room: Room, hook: Hook, clock: StandingClock, tmp_path: Path
) -> None:
    made = subscribe(room, hook.url)
    store = open_room_store(str(tmp_path / "restored"))
    with room.store.read() as old, store.write() as new:
        new.execute(insert(SUBSCRIPTIONS).values(**old.execute(select(SUBSCRIPTIONS)).mappings().one()))
    restored = Room(store, clock, tmp_path, settings=RoomConfig(**LOOPBACK))
    for number, one in enumerate((room, restored)):
        one.tell(alert("a1"), alert("a1", 2, "updated", priority=80), alert("a1", 3, "retracted"))
        one.sender.send_due()
        clock.pass_s(number + 1)
    ids = [event["id"] for event in hook.events()]
    assert len(ids) == 6 and ids[:3] == ids[3:] and len(set(ids)) == 3
    assert {verified(made["secret"], *one) for one in hook.got} == {True}
    restored.close()
    store.close()


def test_a_room_has_only_so_many_subscriptions(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_routes, "MOST_SUBSCRIPTIONS", 1)
    subscribe(room, "https://example.org/")
    body = {"name": "x", "way": "webhook", "target": "https://example.org/"}
    assert room.ask("ada", "POST", "/subscriptions", body).status_code == 409


def test_an_alert_that_cannot_be_written_holds_up_no_other(room: Room, hook: Hook) -> None:
    made = subscribe(room, hook.url)
    room.tell(alert("a1"), alert("a2"))
    with room.store.write() as connection:
        connection.execute(ALERTS.update().where(ALERTS.c.alert_id == "a1").values(facts="{}"))
    room.sender.send_due()
    assert hook.told() == [("raised", "a2")]
    assert (state_of(room, made)["waiting"], state_of(room, made)["given_up"]) == (0, 1)
