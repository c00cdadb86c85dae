"""The desk is the same over SQLite and PostgreSQL, many at once too."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.tracker.room.alerts.rooms import Room, alert, consignment
from tests.tracker.room.conftest import StandingClock
from tracker.room.alerts.alert_tables import DESK_STREAM
from tracker.room.audit.chain import problems_of
from tracker.room.audit.log import entries
from tracker.room.store.opening import RoomStore


@pytest.fixture
def any_desk(any_store: RoomStore, clock: StandingClock, tmp_path: Path) -> Iterator[Room]:
    made = Room(any_store, clock, tmp_path)
    yield made
    made.close()


def test_a_day_at_the_desk(any_desk: Room) -> None:
    room = any_desk
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "flag", "value": "arms"})
    room.tell(
        alert("a1", priority=80, consignments=[consignment("H1", "arms")]),
        alert("a2"),
        alert("a3"),
        alert("ø4", kind="gap"),
    )
    room.tell(
        alert("a2", 2, "retracted"), alert("a1", 2, "updated", priority=80, consignments=[consignment("H1", "arms")])
    )
    assert room.get("olga", "/alerts")["counts"] == {"annunciated": 3, "returned": 1}
    room.did("olga", "a2", "acknowledge")
    room.did("olga", "a3", "shelve", reason="pilot", until="2026-03-01T01:00:00Z", wakes=["moves"])
    room.did("olga", "a1", "close", outcome="seized", fields={"what": "40 kg", "mass_kg": 40.5})
    assert room.ask("olga", "POST", "/alerts/a1/undo").status_code == 200
    room.did("olga", "a1", "close", outcome="inconclusive")
    made = room.ask(
        "sam", "POST", "/suppressions", {"match": {"rule": "gap"}, "reason": "x", "until": "2026-03-01T01:00:00Z"}
    )
    assert made.status_code == 201
    assert room.ask("olga", "POST", "/handover", {"unit": None}).status_code == 201
    room.clock.pass_s(3_700)
    room.run.tick()
    assert [one["verdict"] for one in room.sent()] == ["inconclusive"]
    assert {row["alert_id"]: row["state"] for row in room.get("olga", "/alerts")["alerts"]} == {
        "a3": "annunciated",
        "ø4": "annunciated",
    }
    for path in (
        "/alerts?state=closed&state=over",
        "/alerts/a1",
        "/alerts/a1/history",
        "/load",
        "/verdicts/figures",
        "/engines",
        "/handover",
    ):
        room.get("cleo", path)
    assert room.get("audrey", "/audit/verify")["holds"]
    assert room.get("audrey", "/audit?object=alert:a1&is_refused=false&since=2026-03-01T00:00:00Z")["entries"]


def test_many_at_once_leave_one_order_and_a_chain_that_holds(any_desk: Room) -> None:
    room = any_desk
    room.tell(*(alert(f"a{k}") for k in range(4)))

    def work(number: int) -> int:
        who = ("olga", "otto", "sam")[number % 3]
        if number % 4 == 0:
            room.tell(alert(f"b{number}"))
            return 200
        if number % 4 == 1:
            return room.ask(
                who, "PATCH", f"/alerts/a{number % 4}", {"act": "note", "text": f"n{number}"}, If_Match="*"
            ).status_code
        return room.act(who, f"a{number % 4}", "assign", person=who, unit=f"u{number}").status_code

    room.get("olga", "/alerts")
    with ThreadPoolExecutor(6) as pool:
        came = list(pool.map(work, range(24)))
    assert set(came) <= {200, 409, 412}
    with room.store.read() as connection:
        numbers = list(connection.execute(select(DESK_STREAM.c.sequence).order_by(DESK_STREAM.c.sequence)).scalars())
        assert numbers == list(range(1, len(numbers) + 1))
        assert list(problems_of(entries(connection))) == []
    assert len(room.get("olga", "/alerts/a1")["notes"]) == 6
