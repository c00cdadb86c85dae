"""Dossiers in the room, beside a real engine: with alerts on them, in the audit, and for hidden things the words for what is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.tracker.room.alerts.rooms import Room, alert, consignment
from tests.tracker.room.search.seas import hide
from tests.tracker.store.search.conftest import OTHER, SHIP
from tracker.door.address import DoorAddress
from tracker.room.alerts.doors import AddressedDoor
from tracker.room.audit.audit_tables import AUDIT_ENTRIES

ON_SHIP = "bbbb00000000000000000001"


def party(room: Room, who: str, name: str) -> str:
    """The path of a party that is found by its name."""
    return f"/parties/{room.get(who, f'/search?q={name}&types=parties')['types']['parties']['hits'][0]['id']}"


def objects(room: Room) -> list[tuple[str, bool]]:
    with room.store.read() as connection:
        rows = connection.execute(select(AUDIT_ENTRIES).order_by(AUDIT_ENTRIES.c.sequence)).mappings().all()
    return [(str(row["objects"]), bool(row["is_refused"])) for row in rows if row["act"] == "dossier.read"]


def test_dossiers_tell_what_the_engine_knows_and_the_alerts(room: Room) -> None:
    goods = consignment("HLCU-7001") | {"manifest_id": "M-1", "consignment_id": "C1"}
    room.tell(alert(ON_SHIP, craft=SHIP, consignments=[goods]))
    alerts = {"open": 1, "closed": 0, "ids": [ON_SHIP]}
    ship = room.get("olga", f"/craft/{SHIP}")
    assert [(one["engine"], one["id"], one["alerts"]) for one in ship["dossiers"]] == [("harbour", SHIP, alerts)]
    assert [one["is_answered"] for one in ship["engines"]] == [True]
    assert room.get("olga", "/consignments/M-1/C1")["dossiers"][0]["alerts"] == alerts
    assert room.get("olga", "/containers/CSQU 3054383")["dossiers"][0]["alerts"] == alerts
    acme = room.get("olga", party(room, "olga", "acme"))["dossiers"][0]
    assert (len(acme["consignments"]), acme["alerts"]) == (3, alerts)
    assert "alert_ids" not in json.dumps([ship, acme])
    # the id of a party tells no name, neither in a path nor to whoever reads the audit
    told = str(objects(room))
    assert [is_refused for _, is_refused in objects(room)] == [False] * 4
    assert f"craft:{SHIP}" in told and "consignment:M-1/C1" in told and "acme" not in told and acme["id"] not in told


HIDDEN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("craft", OTHER, (f"/craft/{OTHER}", "/consignments/M-2/C3", "/containers/TWTU3000003")),
    ("flag", "secret", ("/consignments/M-1/C2", "/consignments/M-2/C3", "/containers/TWTU2000002", "/containers/TWTU3000003")),
    ("party", "secret arms", ("/consignments/M-1/C2", "/containers/TWTU2000002")),
)  # fmt: skip


@pytest.mark.parametrize(("what", "value", "paths"), HIDDEN, ids=[one[0] for one in HIDDEN])
def test_a_hidden_one_is_answered_as_one_that_is_not_there(
    room: Room, what: str, value: str, paths: tuple[str, ...]
) -> None:
    lonely = party(room, "olga", "lonely")
    hide(room, what, value)
    if what != "party":
        paths = (*paths, lonely)
    for path in paths:
        kind = path.split("/")[1]
        missing = {"consignments": "/consignments/M-9/C9", "craft": "/craft/mmsi:1", "containers": "/containers/TWTU9999999", "parties": "/parties/0123456789abcdef"}  # fmt: skip
        answers = [room.ask("olga", "GET", one) for one in (path, missing[kind])]
        assert [one.status_code for one in answers] == [404, 404], path
        bodies = [{name: value for name, value in one.json().items() if name != "instance"} for one in answers]
        assert bodies[0] == bodies[1]
        assert sorted(answers[0].headers) == sorted(answers[1].headers)
        assert room.get("cleo", path)["dossiers"], path
    assert [is_refused for _, is_refused in objects(room)][:2] == [True, True]


def test_what_is_left_of_a_craft_tells_of_no_hidden_goods(room: Room) -> None:
    hide(room, "flag", "secret")
    (ship,) = room.get("olga", f"/craft/{SHIP}")["dossiers"]
    assert ([one["consignment_id"] for one in ship["consignments"]], ship["itineraries"]) == (["C1"], [])
    assert "C2" not in json.dumps(ship)
    (whole,) = room.get("cleo", f"/craft/{SHIP}")["dossiers"]
    assert [one["consignment_id"] for one in whole["consignments"]] == ["C1", "C2"]


@pytest.mark.parametrize("path", ["/craft/'", "/craft/%25", "/craft/%00", "/consignments/%00/x", "/consignments/M-1%252FC1/x", "/containers/%25", "/parties/zz", "/parties/%F0%9F%9A%A2", "/craft/" + "x" * 200])  # fmt: skip
def test_odd_ids_are_not_there(room: Room, path: str) -> None:
    answer = room.ask("olga", "GET", path)
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_rights_are_asked_for_and_an_engine_that_is_away_is_said(room: Room, tmp_path: Path) -> None:
    assert room.ask("audrey", "GET", f"/craft/{SHIP}").status_code == 403
    assert room.get("reader", f"/craft/{SHIP}")["dossiers"]
    away = AddressedDoor(DoorAddress.of(tmp_path / "nobody.duckdb"))
    sea: Any = room.run.doors["harbour"]
    room.run.doors = {"harbour": sea, "strait": away}
    assert [one["is_answered"] for one in room.get("olga", f"/craft/{SHIP}")["engines"]] == [True, False]
    assert room.ask("olga", "GET", "/craft/mmsi:1").status_code == 404
    room.run.doors = {"strait": away}
    assert room.ask("olga", "GET", f"/craft/{SHIP}").status_code == 503
