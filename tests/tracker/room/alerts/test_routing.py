"""New alerts are given to units as they are taken in, and by what everybody may see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tracker.room.alerts.rooms import Room, alert, consignment
from tests.tracker.room.conftest import Room as Accounts
from tests.tracker.room.conftest import StandingClock
from tracker.room.accounts.persons import put_unit
from tracker.room.audit.log import entries
from tracker.room.store.opening import RoomStore


def unit(room: Room, name: str, **rule: Any) -> str:
    with room.store.write() as connection:
        return str(put_unit(connection, {"name": name, **rule})["unit_id"])


def goods(port: str, *flags: str) -> dict[str, Any]:
    return consignment(f"{port}{len(flags)}", *flags) | {"discharge": port}


def row(room: Room, alert_id: str, who: str = "olga") -> dict[str, Any]:
    return room.get(who, f"/alerts/{alert_id}")


def test_a_new_alert_is_its_units_from_the_first_moment(room: Room) -> None:
    north = unit(room, "North", ports=["NLRTM"])
    south = unit(room, "South", ports=["NLRTM"])
    room.tell(alert("a1", consignments=[goods("NLRTM")]), alert("a2"), alert("a3", consignments=[goods("NLRTM")]))
    assert row(room, "a1")["unit"] == north
    assert row(room, "a1")["routing"] == {"why": ["port:NLRTM"], "also": [south]}
    assert row(room, "a2")["unit"] is None and row(room, "a2")["routing"] is None
    assert room.ids("olga", f"?unit={north}") == ["a1", "a3"]
    assert [one["unit"] for one in room.get("olga", "/load")["desks"]] == [None, north]
    with room.store.read() as connection:
        told = [(one.actor, one.objects) for one in entries(connection) if one.act == "alert.routed"]
    assert told == [("nobody", (f"unit:{north}", "alert:a1", "alert:a3"))]
    assert row(room, "a1")["etag"] == '"d1-f1"'


def test_nobody_learns_of_hidden_goods_by_the_unit(room: Room) -> None:
    unit(room, "North", ports=["NLRTM"])
    desk = unit(room, "Desk", is_default=True)
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "flag", "value": "arms"})
    with_hidden = alert("a1", consignments=[goods("NLRTM", "arms")])
    with_hidden["data"]["itinerary"] = {"next_location": "NLRTM"}
    room.tell(with_hidden, alert("a2"))
    for who in ("olga", "clara"):
        assert (row(room, "a1", who)["unit"], row(room, "a2", who)["unit"]) == (desk, desk)


def test_why_is_not_shown_to_who_may_no_longer_see_the_goods(room: Room) -> None:
    unit(room, "North", ports=["NLRTM"])
    room.tell(alert("a1", consignments=[goods("NLRTM", "arms")]))
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "flag", "value": "arms"})
    assert row(room, "a1")["routing"] == {"why": [], "also": []}
    assert row(room, "a1", "clara")["routing"]["why"] == ["port:NLRTM"]


def test_an_alert_of_a_hidden_craft_is_routed_by_what_is_seen_of_it(room: Room) -> None:
    north = unit(room, "North", ports=["NLRTM"])
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "craft", "value": "mmsi:219001234"})
    room.tell(alert("a1", consignments=[goods("NLRTM")]))
    assert row(room, "a1", "clara")["unit"] == north
    assert room.ids("olga", f"?unit={north}") == []


def test_an_alert_stays_where_it_is_whatever_comes_later(room: Room) -> None:
    north = unit(room, "North", ports=["NLRTM"])
    room.tell(alert("a1", consignments=[goods("NLRTM")]))
    with room.store.write() as connection:
        put_unit(connection, {"ports": ["BEANR"]}, {"unit_id": north, "version": 1})
    room.tell(alert("a1", 2, "updated", consignments=[goods("BEANR")]), alert("a2", consignments=[goods("NLRTM")]))
    assert (row(room, "a1")["unit"], row(room, "a2")["unit"]) == (north, None)
    room.did("olga", "a1", "assign", person="olga", unit=None)
    room.tell(alert("a1", 3, "updated", consignments=[goods("BEANR")]))
    assert row(room, "a1")["unit"] is None


def test_it_is_taken_by_confirming_the_unit_and_given_back_by_undoing(room: Room) -> None:
    north = unit(room, "North", ports=["NLRTM"])
    room.tell(alert("a1", consignments=[goods("NLRTM")]))
    assert row(room, "a1")["respond_due"] is not None
    room.did("olga", "a1", "assign", unit=north)
    assert row(room, "a1")["respond_due"] is None and row(room, "a1")["routing"] is None
    assert room.ask("olga", "POST", "/alerts/a1/undo").status_code == 200
    assert row(room, "a1")["respond_due"] is not None and row(room, "a1")["routing"] is not None


def test_rules_are_made_by_administrators_and_the_default_is_one(any_room: Accounts) -> None:
    administrator = any_room.administrator()
    square = {"type": "Polygon", "coordinates": [[[3, 51], [4, 51], [4, 52], [3, 51]]]}
    rule = {"areas": ["Dover Strait"], "crafts": ["ship"], "feeds": ["ais"], "area": square, "is_default": True}
    first = administrator.post("/api/v1/units", json={"name": "First", **rule})
    assert first.status_code == 201 and first.json().items() >= rule.items()
    second = administrator.post("/api/v1/units", json={"name": "Second", "is_default": True}).json()
    told = {one["name"]: one["is_default"] for one in administrator.get("/api/v1/units").json()["units"]}
    assert told == {"First": False, "Second": True} and second["version"] == 1
    for wrong in ({"area": {"type": "Point"}}, {"crafts": ["balloon"]}, {"ports": ["rotterdam"]}, {"feeds": [""]}):
        assert administrator.post("/api/v1/units", json={"name": "Third", **wrong}).status_code == 422, wrong
    path = f"/api/v1/units/{second['unit_id']}"
    assert administrator.patch(path, json={"area": None, "feeds": []}, headers={"If-Match": '"1"'}).status_code == 200
    supervisor = any_room.person(administrator, "sam", "supervisor")
    assert supervisor.post("/api/v1/units", json={"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("name", ["any_store"])
def test_alerts_are_routed_the_same_over_every_store(
    name: str, any_store: RoomStore, clock: StandingClock, tmp_path: Any
) -> None:
    room = Room(any_store, clock, tmp_path)
    north = unit(
        room, "Nørd", ports=["NLRTM"], area={"type": "Polygon", "coordinates": [[[3, 51], [4, 51], [4, 52], [3, 51]]]}
    )
    room.tell(alert("a1", consignments=[goods("NLRTM")]), alert("a2"))
    assert [row(room, one)["unit"] for one in ("a1", "a2")] == [north, None]
    room.close()
