"""Positions through the room: from a real door to a caller, without craft of compartments it has not, and in the audit once a look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.tracker.door.test_following import Sea
from tests.tracker.door.test_positions import QUICK, following, ok, rows
from tests.tracker.room.alerts.rooms import Names
from tests.tracker.room.conftest import StandingClock
from tests.waiting import eventually
from tracker.config.room import RoomConfig
from tracker.door.address import DoorAddress
from tracker.room.alerts.doors import AddressedDoor
from tracker.room.alerts.keeping import desk_turn
from tracker.room.alerts.ruling import add_compartment_rule
from tracker.room.alerts.visibility import What
from tracker.room.positions.following import FleetRun
from tracker.room.positions.position_routes import position_routes
from tracker.room.shell.app import make_app
from tracker.room.shell.logs import NoLog
from tracker.room.shell.parts import RoomParts
from tracker.room.store.opening import RoomStore

NOW_S = 1_772_323_200


class Looking:
    """A room beside a real door of an engine."""

    def __init__(self, store: RoomStore, audit: Any, folder: Path) -> None:
        folder.mkdir()
        self.sea = Sea(folder, QUICK)
        self.store = store
        self.run = FleetRun({"sea": AddressedDoor(DoorAddress.of(self.sea.path))}, NoLog())
        parts = RoomParts(store, StandingClock(NOW_S * 1_000_000), audit, Names(), RoomConfig())
        self.client = TestClient(make_app(parts, lambda parts: position_routes(self.run, parts)))

    def look(self, who: str, since: str | None = None) -> dict[str, Any]:
        answer = self.client.get(
            "/api/v1/positions", params={"since": since} if since else {}, headers={"Authorization": f"Bearer {who}"}
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def move(self, mmsi: int, lat_deg: float, second: int = NOW_S) -> None:
        batch = rows(mmsi, lat_deg, second)
        self.sea.server.offer(batch, ok(batch))

    def hide(self, craft: str) -> None:
        with self.store.write() as connection, desk_turn(connection, NOW_S) as turn:
            add_compartment_rule(turn, "arms", What.CRAFT, craft)

    def close(self) -> None:
        self.run.close()
        self.sea.close()


@pytest.fixture
def looking(store: RoomStore, audit: Any, tmp_path: Path) -> Any:
    made = Looking(store, audit, tmp_path / "sea")
    yield made
    made.close()


def test_craft_come_from_the_door_and_then_only_those_that_move(looking: Looking, audit: Any) -> None:
    assert looking.look("olga")["craft"] == []
    eventually(lambda: following(looking.sea))
    looking.move(219_000_001, 54.123456)
    eventually(lambda: looking.look("olga")["craft"] == ["mmsi:219000001"])
    before = looking.look("olga")
    assert (before["lat_deg"], before["time_s"], before["speed_kn"], before["is_whole"]) == (
        [54.12346],
        [NOW_S],
        [None],
        True,
    )
    looked = [act for act, _ in audit.acts()].count("positions.read")
    looking.move(219_000_002, 55.0)
    after = eventually(lambda: (told := looking.look("olga", before["since"]))["craft"] and told)
    assert (after["craft"], after["is_whole"]) == (["mmsi:219000002"], False)
    assert [act for act, _ in audit.acts()].count("positions.read") == looked, "it is the same look"


def test_craft_of_a_compartment_are_nowhere_for_who_has_it_not(looking: Looking) -> None:
    looking.look("olga")
    eventually(lambda: following(looking.sea))
    looking.move(219_000_001, 54.0)
    looking.move(219_000_002, 55.0)
    eventually(lambda: len(looking.look("olga")["craft"]) == 2)
    before = looking.look("olga")["since"]
    looking.hide("mmsi:219000002")
    told = looking.look("olga", before)
    assert (told["craft"], told["is_whole"]) == (["mmsi:219000001"], True), "all anew, so that it leaves the map"
    assert len(looking.look("cleo")["craft"]) == 2
    looking.move(219_000_002, 56.0, NOW_S + 1)
    eventually(lambda: 56.0 in looking.look("cleo")["lat_deg"])
    assert looking.look("olga", told["since"])["craft"] == []


def test_a_place_is_nobody_elses_and_none_can_be_made_up(looking: Looking) -> None:
    place = looking.look("olga")["since"]
    assert looking.look("olga", place)["is_whole"] is False
    for who, since in (("otto", place), ("olga", place[:-4] + "AAA="), ("olga", "nonsense"), ("olga", "AAAA")):
        assert looking.look(who, since)["is_whole"] is True
