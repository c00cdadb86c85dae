"""Search in the room, beside a real engine: everything by any identifier in one call, with the alerts on it, in the audit without the words."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.tracker.room.alerts.rooms import PEOPLE, Room, alert, consignment
from tests.tracker.room.conftest import StandingClock
from tests.tracker.room.search.seas import engine_with, hide, ids
from tests.tracker.store.search.conftest import OTHER, SEA, SHIP, Sea
from tracker.alerts.alert import alert_id
from tracker.door.address import DoorAddress
from tracker.room.alerts.doors import AddressedDoor
from tracker.room.audit.audit_tables import AUDIT_ENTRIES
from tracker.room.rights import Caller, Right
from tracker.room.store.opening import open_room_store

ON_SHIP = "bbbb00000000000000000001"


def entries(room: Room) -> list[dict[str, Any]]:
    with room.store.read() as connection:
        rows = connection.execute(select(AUDIT_ENTRIES).order_by(AUDIT_ENTRIES.c.sequence)).mappings().all()
    return [dict(row) for row in rows if row["act"] == "searched"]


def test_everything_is_found_in_one_call_with_its_engine_and_its_alerts(room: Room) -> None:
    goods = consignment("HLCU-7001") | {"manifest_id": "M-1", "consignment_id": "C1"}
    on_event = alert_id("aaaa00000000000000000001")
    room.tell(alert(ON_SHIP, craft=SHIP, consignments=[goods]), alert(on_event, craft=SHIP))
    told = room.get("olga", "/search?q=IMO%209321483")
    assert told["read_as"] == [{"form": "imo", "sentence": "read as an IMO number; its check digit is right"}]
    assert ids(told) == {"craft": [SHIP], "papers": ["M-1"]}
    (ship,) = told["types"]["craft"]["hits"]
    assert (ship["engine"], ship["alerts"]) == ("harbour", {"open": 1, "closed": 0, "ids": [ON_SHIP]})
    assert "alert_ids" not in ship
    assert [(one["engine"], one["is_answered"], one["why"]) for one in told["engines"]] == [("harbour", True, "")]
    (goods,) = room.get("olga", "/search?q=hlcu7001")["types"]["consignments"]["hits"]
    assert goods["alerts"] == {"open": 1, "closed": 0, "ids": [ON_SHIP]}
    (event,) = room.get("olga", "/search?q=aaaa00000000000000000001")["types"]["events"]["hits"]
    assert event["alerts"] == {"open": 1, "closed": 0, "ids": [on_event]}


def test_alerts_are_found_by_id_and_closed_ones_counted_apart(room: Room) -> None:
    room.tell(alert(ON_SHIP, craft=SHIP), alert("bbbb00000000000000000002", craft=OTHER))
    room.did("olga", ON_SHIP, "close", outcome="inconclusive")
    told = room.get("olga", f"/search?q={ON_SHIP}")
    assert [(hit["id"], hit["is_finished"], hit["rank"]) for hit in told["types"]["alerts"]["hits"]] == [
        (ON_SHIP, True, 1)
    ]
    assert room.get("olga", "/search?q=219001234")["types"]["craft"]["hits"][0]["alerts"] == {
        "open": 0,
        "closed": 1,
        "ids": [ON_SHIP],
    }
    found = room.get("olga", "/search?q=bbbb0000&limit=1")["types"]["alerts"]
    assert (len(found["hits"]), found["more"]) == (1, True)
    assert ids(room.get("olga", "/search?q=bbbb0000&types=alerts")) == {"alerts": [ON_SHIP, "bbbb00000000000000000002"]}


def test_the_audit_has_ids_and_a_digest_and_never_the_words(room: Room) -> None:
    for words in ("Muller Sohne", "MULLERSOHNE", "9321483", "muller  sohne"):
        room.get("olga", f"/search?q={words}")
    assert room.ask("olga", "GET", "/search?q=x").status_code == 400
    told = entries(room)
    text = json.dumps(told, default=str).casefold()
    assert "muller" not in text and "9321483" not in text
    digests = [json.loads(one["terms"])["words"] for one in told]
    assert (digests[0] == digests[3], digests[0] == digests[1], len(digests)) == (True, False, 5)
    assert [bool(one["is_refused"]) for one in told] == [False, False, False, False, True]
    assert f"craft:{SHIP}" in text


def test_who_may_not_search_is_refused_and_a_service_with_the_scope_may(room: Room) -> None:
    assert room.ask("audrey", "GET", "/search?q=hlcu").status_code == 403
    assert room.ask("reader", "GET", "/search?q=hlcu").status_code == 403
    assert room.ask("nobody", "GET", "/search?q=hlcu").status_code == 401
    room.names.people["finder"] = Caller(
        "t2", "finder", PEOPLE["reader"].roles, token_id="t2", is_service=True, scopes=frozenset({Right.SEARCH})
    )
    assert ids(room.get("finder", "/search?q=hlcu7001"))["consignments"] == ["M-1/C1"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422), ("q=", 422), ("q=x", 400), ("q=%25_", 400), ("q=" + "x" * 201, 422), ("q=" + "x" * 10_000, 422), ("q=hlcu&limit=0", 422), ("q=hlcu&limit=101", 422),
        ("q=hlcu&types=secrets", 422), ("q=a b c d e f g h i", 400), ("q=%00", 400), ("q=ab%00cd", 200), ("q='; DROP TABLE alerts; --", 200), ("q=%E2%80%AEabc", 200),
        ("q=%D8%A3%D8%AD%D9%85%D8%AF", 200), ("q=100%25", 200), ("q=a_b", 200), ("q=hlcu&types=alerts", 200), ("q=%F0%9F%9A%A2%F0%9F%9A%A2", 400), ("q=%ED%A0%80ab", 200),
    ],
)  # fmt: skip
def test_odd_questions_are_answered_or_refused_in_a_sentence(room: Room, query: str, status: int) -> None:
    answer = room.ask("olga", "GET", f"/search?{query}")
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "xxxx" not in answer.text


def test_an_engine_that_is_away_is_said_and_the_room_answers_what_it_knows(
    room: Room, sea: AddressedDoor, tmp_path: Path
) -> None:
    away = AddressedDoor(DoorAddress.of(tmp_path / "nobody.duckdb"))
    room.run.doors = {"harbour": sea, "strait": away}
    room.tell(alert(ON_SHIP, craft=SHIP))
    told = room.get("olga", "/search?q=hlcu7001")
    assert ids(told) == {"consignments": ["M-1/C1"]}
    assert [(one["engine"], one["is_answered"], bool(one["why"])) for one in told["engines"]] == [
        ("harbour", True, False),
        ("strait", False, True),
    ]
    room.run.doors = {"strait": away}
    assert ids(room.get("olga", f"/search?q={ON_SHIP}")) == {"alerts": [ON_SHIP]}


def test_hits_of_several_engines_are_one_list_and_a_place_is_told_once(
    room: Room, sea: AddressedDoor, tmp_path: Path
) -> None:
    more = Sea(statics=({"craft": "mmsi:300000001", "name": "HOPE ISLAND"},))
    with engine_with(tmp_path / "strait", more) as strait:
        room.run.doors = {"harbour": sea, "strait": strait}
        found = room.get("olga", "/search?q=hope&types=craft")["types"]["craft"]
        assert [(hit["id"], hit["engine"]) for hit in found["hits"]] == [
            (SHIP, "harbour"),
            ("mmsi:300000001", "strait"),
        ]
        assert not found["more"]
        assert room.get("olga", "/search?q=hope&types=craft&limit=1")["types"]["craft"]["more"]
        places = room.get("olga", "/search?q=DEHAM&types=places")["types"]["places"]["hits"]
        assert [place["id"] for place in places].count("DEHAM") == 1


QUESTIONS = (
    "hlcu", "c2", "mstr9", "twtu", "twtu3000003", "acme", "secret", "lonely", "us5", "gb78", "m-2", "113e", "gronland", "244660001", "9321483", "aaaa", "bbbb00",
    "aaaa00000000000000000002", "trading", "bbbb00000000000000000002",
)  # fmt: skip
HIDDEN = {
    "flag": ("secret", SEA.without(consignments=lambda row: row["consignment_id"] not in ("C2", "C3"), papers=lambda row: row["manifest_id"] != "M-2")),
    "craft": (OTHER, SEA.without(
        statics=lambda row: row["craft"] != OTHER, positions=lambda row: row["craft"] != OTHER, consignments=lambda row: row["manifest_id"] != "M-2", papers=lambda row: row["manifest_id"] != "M-2",
        events=lambda row: row["event_id"].endswith("1"))),
    "party": ("secret arms inc", SEA.without(consignments=lambda row: row["consignment_id"] != "C2")),
    "rule": ("close_by", SEA.without(events=lambda row: not row["event_id"].endswith("2"))),
}  # fmt: skip


@pytest.mark.parametrize("what", HIDDEN)
def test_a_caller_is_answered_as_if_hidden_things_had_never_been(what: str, sea: AddressedDoor, tmp_path: Path) -> None:
    """Two rooms: beside one engine that has everything, with a rule, and beside one that never had what the rule hides."""

    value, left = HIDDEN[what]
    if all("TWTU3000003" not in row.get("equipment_ids", "") for row in left.consignments):
        left = replace(left, boxes=("TWTU4000004",))
    answers = []
    with engine_with(tmp_path / "less", left) as less:
        for name, door, is_whole in (("whole", sea, True), ("less", less, False)):
            store = open_room_store(str(tmp_path / name))
            room = Room(store, StandingClock(), tmp_path, doors={"harbour": door})
            if is_whole:
                hide(room, what, value)
            room.tell(alert(ON_SHIP, craft=SHIP))
            if is_whole or what not in ("craft", "rule"):
                room.tell(alert("bbbb00000000000000000002", craft=OTHER, rule="close_by"))
            told = {}
            for text in QUESTIONS:
                for limit in (1, 20):
                    one = room.get("olga", f"/search?q={text}&limit={limit}")
                    for engine in one["engines"]:
                        engine.pop("age_s")
                    told[text, limit] = one
            answers.append(told)
            everything = [room.get("cleo", f"/search?q={text}") for text in QUESTIONS]
            if is_whole:
                assert any(
                    one["types"] != told[text, 20]["types"] for text, one in zip(QUESTIONS, everything, strict=True)
                )
            room.close()
            store.close()
    for asked, one in answers[0].items():
        assert one == answers[1][asked], asked


def test_an_alert_that_is_hidden_is_not_counted_on_a_craft_that_is_seen(room: Room) -> None:
    hide(room, "rule", "sanctions")
    room.tell(alert(ON_SHIP, craft=SHIP, rule="sanctions"))
    for who, alerts in (
        ("olga", {"open": 0, "closed": 0, "ids": []}),
        ("cleo", {"open": 1, "closed": 0, "ids": [ON_SHIP]}),
    ):
        assert room.get(who, "/search?q=219001234")["types"]["craft"]["hits"][0]["alerts"] == alerts


def test_an_opened_compartment_is_searched_at_once(room: Room) -> None:
    hide(room, "flag", "secret")
    assert ids(room.get("olga", "/search?q=hlcu7002")) == {}
    assert ids(room.get("clara", "/search?q=hlcu7002")) == {"consignments": ["M-1/C2"]}


def test_many_search_at_once(room: Room) -> None:
    found: list[Any] = []

    def ask() -> None:
        found.extend(ids(room.get("olga", "/search?q=hlcu7001")).get("consignments") for _ in range(4))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["M-1/C1"]] * 24
