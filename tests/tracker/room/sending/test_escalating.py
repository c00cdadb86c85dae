"""Clocks that run out are told: first to the unit, then to all, each once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracker.room.alerts.rooms import Room, alert, consignment, person
from tests.tracker.room.conftest import StandingClock
from tests.tracker.room.sending.conftest import LOOPBACK, subscribe
from tests.tracker.room.sending.receivers import Hook
from tracker.config.room import RoomConfig
from tracker.room.rights import Role

MINUTE_S = 60


@pytest.fixture
def two() -> Iterator[tuple[Hook, Hook]]:
    hooks = (Hook(), Hook())
    yield hooks
    for one in hooks:
        one.close()


def test_the_first_clock_is_the_units_and_the_others_are_everybodys_each_once(
    room: Room, two: tuple[Hook, Hook]
) -> None:
    unit, whole = two
    subscribe(room, unit.url, unit="north", causes=["escalation"])
    subscribe(room, whole.url, causes=["escalation"])
    room.tell(alert("a1", priority=80), alert("a2", priority=80))
    room.did("olga", "a1", "assign", unit="north")
    seen = []
    for _ in range(70):
        room.clock.pass_s(MINUTE_S)
        room.sender.send_due()
        seen.append((len(unit.got), len(whole.got)))
    assert seen[3] == (0, 0)
    assert seen[4] == (1, 1), "a1 to its unit, a2, which has none, to the room"
    assert seen[9] == (3, 3), "twice over: both to all"
    assert seen[-1] == (4, 4), "nobody has a2"
    assert unit.told() == [("escalation", "a1"), ("escalation", "a1"), ("escalation", "a2"), ("escalation", "a2")] or (
        sorted(unit.told()) == [("escalation", "a1")] * 2 + [("escalation", "a2")] * 2
    )


def test_of_a_unit_without_a_subscription_the_room_is_told(room: Room, two: tuple[Hook, Hook]) -> None:
    south, whole = two
    subscribe(room, south.url, unit="south", causes=["escalation"])
    subscribe(room, whole.url, causes=["escalation"])
    room.tell(alert("a1", priority=80))
    room.did("olga", "a1", "assign", unit="north")
    room.clock.pass_s(5 * MINUTE_S)
    room.sender.send_due()
    assert (south.told(), whole.told()) == ([], [("escalation", "a1")])


def test_what_is_acknowledged_in_time_is_not_told_and_what_calls_again_is_told_anew(
    room: Room, two: tuple[Hook, Hook]
) -> None:
    hook, _ = two
    subscribe(room, hook.url, causes=["escalation"])
    room.tell(alert("a1", priority=60), alert("a2", priority=60))
    room.did("olga", "a1", "acknowledge")
    room.did("olga", "a1", "assign", person="olga")
    room.clock.pass_s(15 * MINUTE_S)
    room.sender.send_due()
    assert hook.told() == [("escalation", "a2")]
    room.did("olga", "a2", "acknowledge")
    room.tell(alert("a2", 2, "updated", priority=90))
    room.clock.pass_s(5 * MINUTE_S)
    room.sender.send_due()
    assert hook.told() == [("escalation", "a2")] * 2


def test_a_room_that_starts_anew_tells_nothing_twice_and_a_new_subscription_nothing_old(
    room: Room, two: tuple[Hook, Hook], clock: StandingClock, tmp_path: Path
) -> None:
    hook, late = two
    subscribe(room, hook.url, causes=["escalation"])
    room.tell(alert("a1", priority=80))
    clock.pass_s(5 * MINUTE_S)
    room.sender.send_due()
    subscribe(room, late.url, causes=["escalation"])
    again = Room(room.store, clock, tmp_path, settings=RoomConfig(**LOOPBACK))
    clock.pass_s(10)
    again.sender.send_due()
    assert (len(hook.got), len(late.got)) == (1, 0)
    again.close()


def test_clocks_run_as_for_what_is_shown_to_whom_it_is_sent(room: Room, two: tuple[Hook, Hook]) -> None:
    """Hidden goods make it critical: who is not cleared is told when a medium alert would be, and of a hidden one never."""
    blind, cleared = two
    room.names.people["anna"] = person("anna", Role.ADMINISTRATOR, compartments=["arms"])
    for what, value in (("flag", "arms"), ("craft", "mmsi:219009999")):
        room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": what, "value": value})
    subscribe(room, blind.url, causes=["escalation"])
    subscribe(room, cleared.url, "anna", causes=["escalation"], compartments=["arms"])
    room.tell(
        alert("a1", priority=80, consignments=[consignment("H1", "arms")]),
        alert("a2", priority=80, craft="mmsi:219009999"),
    )
    room.clock.pass_s(5 * MINUTE_S)
    room.sender.send_due()
    assert (blind.told(), sorted(cleared.told())) == ([], [("escalation", "a1"), ("escalation", "a2")])
    room.clock.pass_s(10 * MINUTE_S)
    room.sender.send_due()
    assert blind.told() == [("escalation", "a1")]
    assert blind.events()[0]["data"]["alert"]["priority_band"] == "high"
