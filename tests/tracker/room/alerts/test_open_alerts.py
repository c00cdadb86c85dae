"""The list from memory is what it would be from the store: whatever happens, at any time, for whoever asks; and it reads the facts of the page alone."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import delete

from tests.tracker.room.alerts.rooms import PEOPLE, Room, alert, consignment
from tracker.room.alerts import keeping, listing
from tracker.room.alerts.alert_tables import DESK_STREAM
from tracker.room.alerts.keeping import unfinished, visible
from tracker.room.alerts.open_alerts import OpenAlerts
from tracker.room.alerts.showing import order_of
from tracker.room.desk.clocks import HOUR_US, ClockSettings, clocks_of
from tracker.room.desk.states import Facts, Shelf, State, raised
from tracker.room.desk.waiting import cost_of_waiting, unchanged_until_us

CLOCKS = ClockSettings()


def from_the_store(room: Room, who: str) -> tuple[list[str], dict[str, int]]:
    """Order and counts, each alert read and weighed anew."""
    compartments, now_us = PEOPLE[who].compartments, room.clock()
    found, counts = [], dict[str, int]()
    with room.store.read() as connection:
        for kept in visible(connection, unfinished(), compartments):
            found.append((-order_of(kept, compartments, now_us, CLOCKS)[0], kept.alert_id))
            state = str(kept.standing.state(now_us))
            counts[state] = counts.get(state, 0) + 1
    return [alert_id for _, alert_id in sorted(found)], counts


def paged(room: Room, who: str) -> list[str]:
    """The ids of all pages."""
    ids: list[str] = []
    cursor = ""
    while True:
        page = room.get(who, f"/alerts?limit=7{cursor}")
        ids += [row["alert_id"] for row in page["alerts"]]
        if page["next_cursor"] is None:
            return ids
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("seed", range(3))
def test_the_order_is_exact_for_everybody_at_any_time(room: Room, seed: int) -> None:
    dice = random.Random(seed)
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "flag", "value": "arms"})
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "rule", "value": "sanctions"})

    def one(number: int, revision: int, type_: str) -> dict[str, Any]:
        goods = [consignment(f"C{number}", *dice.choice([("arms",), ("drugs",), ()]))] if dice.random() < 0.6 else []
        return alert(
            f"a{number:02d}", revision, type_, priority=dice.randrange(100), consignments=goods,
            rule="sanctions" if number % 9 == 0 else None, lead_time_h=dice.choice([None, -1, 0.5, 3, 20, 47, 49, 80]),
        )  # fmt: skip

    for step in range(6):
        for number in range(step * 4, step * 4 + 4):
            room.tell(one(number, 1, "raised"))
        room.tell(one(dice.randrange(step * 4 + 4), step + 2, dice.choice(["updated", "closed", "retracted"])))
        who = f"a{step * 4 + 1:02d}"
        act = dice.choice(["acknowledge", "shelve", "close"])
        more = {"shelve": {"reason": "pilot", "until": "2026-03-02T00:00:00Z"}, "close": {"outcome": "inconclusive"}}
        room.act("cleo", who, act, **more.get(act, {}))
        for reader in ("olga", "cleo"):
            order, counts = from_the_store(room, reader)
            assert paged(room, reader) == order
            assert room.get(reader, "/alerts")["counts"] == counts
        room.clock.pass_s(dice.choice([1, 240, 3_600, 20_000]))


def test_the_place_in_the_list_tells_no_clock_of_hidden_goods(room: Room) -> None:
    room.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": "flag", "value": "arms"})
    room.tell(alert("hides", priority=80, consignments=[consignment("C1", "arms")]), alert("plain", priority=70))
    room.clock.pass_s(600)  # a critical alert is overdue now, and one of 60 points is not
    assert paged(room, "cleo") == ["hides", "plain"]
    assert paged(room, "olga") == ["plain", "hides"]


def test_points_hold_until_the_instant_that_is_told() -> None:
    dice = random.Random(7)
    for _ in range(300):
        standing = raised(Facts(revision=1, band=dice.choice(["low", "high", "critical"])), 0)
        if dice.random() < 0.3:
            until_us = dice.randrange(HOUR_US)
            standing = type(standing)(
                version=2, facts=standing.facts, annunciated_us=0,
                shelf=Shelf(by="p1", at_us=0, reason="x", until_us=until_us, rank=1),
            )  # fmt: skip
        lead_us = dice.choice([None, dice.randrange(60 * HOUR_US)])
        now_us = dice.randrange(-HOUR_US, 60 * HOUR_US)

        def weighed(at_us: int, standing=standing, lead_us=lead_us) -> tuple[int, State]:
            left_h = None if lead_us is None else (lead_us - at_us) / HOUR_US
            state = standing.state(at_us)
            return cost_of_waiting(state, 50, left_h, clocks_of(standing, at_us, CLOCKS), at_us)[0], state

        until_us = unchanged_until_us(standing, lead_us, clocks_of(standing, now_us, CLOCKS), now_us)
        assert until_us > now_us
        last_us = min(until_us - 1, now_us + 70 * HOUR_US)
        for at_us in (now_us + 1, (now_us + last_us) // 2, last_us - 1, last_us):
            if now_us <= at_us <= last_us:
                assert weighed(at_us) == weighed(now_us)


def test_a_page_reads_its_own_facts_alone(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.tell(*(alert(f"a{k:02d}", priority=k) for k in range(40)))
    read: list[str] = []
    whole = keeping.kept_of
    monkeypatch.setattr(listing, "kept_of", lambda row: read.append(row.alert_id) or whole(row))
    assert room.ids("olga", "?limit=3") == ["a39", "a38", "a37"]
    assert sorted(read) == ["a37", "a38", "a39"]


def test_only_what_changed_is_read_again_and_everything_where_the_numbers_are_gone(room: Room) -> None:
    room.tell(alert("a1"), alert("a2"))
    remembered = OpenAlerts(room.store, CLOCKS)
    with remembered.read() as (_, before):
        pass
    room.did("olga", "a1", "acknowledge")
    with remembered.read() as (_, after):
        assert after["a2"] is before["a2"]
        assert after["a1"].state(room.clock()) is State.ACKNOWLEDGED
        assert before["a1"].state(room.clock()) is State.ANNUNCIATED
    room.did("olga", "a1", "close", outcome="inconclusive")
    with room.store.write() as connection:
        connection.execute(delete(DESK_STREAM))
    with remembered.read() as (_, after):
        assert set(after) == {"a2"}
