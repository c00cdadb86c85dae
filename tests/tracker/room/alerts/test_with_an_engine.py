"""The room beside a real door over a real store: facts come, verdicts go, the engine goes away and comes back, the room is killed between two commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.door.test_following import Sea, told
from tests.tracker.room.alerts.rooms import Room
from tests.waiting import eventually
from tracker.door.address import DoorAddress
from tracker.door.calling import DoorCalls
from tracker.room.alerts.doors import AddressedDoor
from tracker.room.alerts.following import EngineFollower
from tracker.room.shell.logs import NoLog
from tracker.store.verdicts import TakingDecisions

T_US = 1_795_000_000_000_000


def name_of(number: int) -> str:
    return f"{number:024x}"


class Engine(Sea):
    """A sea whose loop takes decisions in, as that of the watch."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        while not self._stop.wait(0.01):
            for command in self.commands.take():
                assert self.store is not None
                taking = TakingDecisions(command.decisions, T_US, command.told_by)
                self.store.write(taking)
                self.store.commit()
                command.tell(taking.answers)

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        self.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path)
    yield made
    made.end()


def follow(room: Room, path: Path) -> EngineFollower:
    follower = EngineFollower(
        room.store, "sea", AddressedDoor(DoorAddress.of(path)), room.clock, room.run.hub.ring, room.audit, NoLog()
    )
    follower.start()
    return follower


def revisions(room: Room) -> dict[str, int]:
    return {
        row["alert_id"]: int(row["etag"].partition("-f")[2].strip('"')) for row in room.get("olga", "/alerts")["alerts"]
    }


def test_facts_come_and_verdicts_stand_in_the_engines_view(room: Room, engine: Engine) -> None:
    engine.tell(told(1), told(2))
    follower = follow(room, engine.path)
    eventually(lambda: len(room.ids("olga")) == 2)
    engine.tell(told(2, 2), told(3))
    eventually(lambda: revisions(room) == {name_of(1): 1, name_of(2): 2, name_of(3): 1})
    eventually(lambda: follower.state().phase == "live")
    room.did("olga", name_of(2), "close", outcome="confirmed, no irregularity", fields={"case_number": "2026-117"})
    room.clock.pass_s(31)
    calls = DoorCalls(DoorAddress.of(engine.path))

    def verdicts() -> list[dict[str, Any]]:
        return calls.rows("SELECT alert_id, revision, verdict, judged_by, is_known FROM verdicts")

    eventually(lambda: len(verdicts()) == 1)
    assert verdicts() == [
        {
            "alert_id": name_of(2),
            "revision": 2,
            "verdict": "confirmed, no irregularity",
            "judged_by": "olga",
            "is_known": 1,
        }
    ]
    follower.close()


def test_the_room_goes_on_where_it_was_and_the_desk_works_while_the_engine_is_away(room: Room, tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.tell(*(told(number) for number in range(1, 30)))
    follower = follow(room, engine.path)
    eventually(lambda: len(room.ids("olga", "?limit=500")) == 29)
    engine.end()
    eventually(lambda: not follower.state().is_connected)
    assert follower.state().why
    room.did("olga", name_of(1), "close", outcome="inconclusive")
    follower.close()
    again = Engine(tmp_path)
    again.tell(*(told(number) for number in range(25, 40)), told(1, 2))
    follower = follow(room, again.path)
    room.clock.pass_s(31)
    eventually(lambda: len(room.ids("olga", "?limit=500")) == 38)
    assert room.get("olga", f"/alerts/{name_of(1)}")["facts_revision"] == 2
    calls = DoorCalls(DoorAddress.of(again.path))
    eventually(lambda: [row["verdict"] for row in calls.rows("SELECT verdict FROM verdicts")] == ["inconclusive"])
    follower.close()
    again.end()
