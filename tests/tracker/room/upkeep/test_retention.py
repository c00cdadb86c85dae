"""Retention: what is old is gone from the answers and from the disk, figures stay, holds hold, who left has no name, and the chain of the audit holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from typer.testing import CliRunner

from tests.tracker.room.alerts.rooms import KEY, Room, alert, consignment
from tests.tracker.room.conftest import Room as AccountRoom
from tests.tracker.room.conftest import StandingClock
from tracker.cli import app
from tracker.config.room import RoomConfig
from tracker.room.accounts.account_tables import BROWSERS, PERSONS, SESSIONS
from tracker.room.alerts.alert_tables import ALERTS, HANDOVERS
from tracker.room.assembling import assemble
from tracker.room.audit.heads import read_anchors
from tracker.room.audit.log import entries
from tracker.room.audit.verifying import verify_store
from tracker.room.shell.logs import NoLog
from tracker.room.store.opening import RoomStore
from tracker.room.upkeep.retention import AT_ONCE, Retention

DAY_S = 86_400.0
SETTINGS = RoomConfig()
SECRETS = ("Zebra Trading", "goods of H1", "Inspector Wolf", "forty kilograms", "the container was", "night watch")


@pytest.fixture
def desk(any_store: RoomStore, clock: StandingClock, tmp_path: Path) -> Iterator[Room]:
    """Over each store, with alerts of which one is closed with everything that can be written about it."""
    room = Room(any_store, clock, tmp_path)
    goods = [consignment("H1", "arms", consignee="Zebra Trading")]
    room.tell(alert("a1", priority=80, consignments=goods), alert("a2"))
    room.tell(alert("a1", 2, "updated", priority=80, consignments=goods))
    room.did("olga", "a1", "note", text="Inspector Wolf says the container was opened")
    room.did(
        "olga",
        "a1",
        "close",
        outcome="seized",
        fields={"what": "forty kilograms", "mass_kg": 40.5, "case_number": "Zebra Trading 7"},
    )
    assert room.ask("olga", "POST", "/handover", {"unit": None, "remarks": "night watch"}).status_code == 201
    room.clock.pass_s(31)
    assert len(room.sent()) == 1
    yield room
    room.close()  # fmt: skip


def retention(room: Room, settings: RoomConfig = SETTINGS) -> Retention:
    return Retention(room.store, room.clock, room.audit, settings)


def run(room: Room) -> int:
    made, steps = retention(room), 0
    while made.step():
        steps += 1
    made.finish()
    return steps


def everything(store: RoomStore) -> str:
    from tests.tracker.room.upkeep.test_backup import rows

    return str(rows(store))


def test_what_is_old_is_erased_and_figures_stay(desk: Room) -> None:
    assert all(secret in everything(desk.store) for secret in SECRETS)
    figures = desk.get("sam", "/verdicts/figures?days=3650")
    desk.clock.pass_s((SETTINGS.keep_alerts_d - 1) * DAY_S)
    assert retention(desk).due().to_json() == {"alerts": 0, "sheets": 1, "sessions": 0, "persons": 0, "held": 0}
    desk.clock.pass_s(2 * DAY_S)
    assert retention(desk).due().alerts == 1
    assert run(desk) == 2
    left = everything(desk.store)
    assert [secret for secret in SECRETS if secret in left] == []
    assert retention(desk).due().alerts == 0
    assert {**desk.get("sam", "/verdicts/figures?days=3650"), "at": figures["at"]} == figures
    shown = desk.get("cleo", "/alerts/a1")
    assert (shown["kind"], shown["outcome"], shown["confidence"], shown["consignments_aboard"]) == (
        "dark_period", "seized", 0.9, 1,
    )  # fmt: skip
    assert shown["closed"]["fields"] == {"mass_kg": 40.5}
    assert [note["text"] for note in shown["notes"]] == [""]
    assert desk.get("olga", "/alerts/a1/history")["acts"][-1]["what"] == "close"
    with desk.store.read() as connection:
        assert verify_store(connection, read_anchors(desk.anchors.lines())).holds
        done = [(entry.objects, dict(entry.terms)) for entry in entries(connection) if entry.act == "retention.done"]
    assert done[0] == (("alert:a1",), {"kind": "alerts", "count": 1})
    assert done[1][1] == {"kind": "sheets", "count": 1}
    assert desk.ids("olga") == ["a2"], "work that is left has no age"


def test_an_engine_that_tells_it_again_brings_nothing_back_and_news_have_their_own_time(desk: Room) -> None:
    desk.clock.pass_s((SETTINGS.keep_alerts_d + 1) * DAY_S)
    run(desk)
    goods = [consignment("H1", consignee="Zebra Trading")]
    desk.tell(
        alert("a1", 1, priority=80, consignments=goods), alert("a1", 2, "updated", priority=80, consignments=goods)
    )
    assert "Zebra" not in everything(desk.store)
    desk.clock.pass_s(1)
    desk.tell(alert("a1", 3, "updated", priority=80, consignments=goods))
    assert "Zebra" in everything(desk.store)
    assert retention(desk).due().alerts == 0
    desk.clock.pass_s((SETTINGS.keep_alerts_d + 1) * DAY_S)
    run(desk)
    assert "Zebra" not in everything(desk.store)


def test_a_hold_keeps_an_alert_and_its_sheet_until_it_ends(desk: Room) -> None:
    assert desk.ask("olga", "POST", "/room/holds", {"alert_id": "a1", "reason": "court"}).status_code == 403
    assert desk.ask("ada", "POST", "/room/holds", {"alert_id": "none", "reason": "court"}).status_code == 404
    assert desk.ask("ada", "POST", "/room/holds", {"alert_id": "a1", "reason": "court"}).status_code == 201
    assert [one["alert_id"] for one in desk.get("ada", "/room/holds")["holds"]] == ["a1"]
    desk.clock.pass_s((SETTINGS.keep_alerts_d + 1) * DAY_S)
    seen = desk.ask("ada", "POST", "/room/retention", {"is_preview": True}).json()
    assert seen["found"] == seen["left"] == {"alerts": 0, "sheets": 0, "sessions": 0, "persons": 0, "held": 1}
    assert run(desk) == 0
    assert "Zebra Trading" in everything(desk.store)
    assert desk.ask("ada", "DELETE", "/room/holds/a1").status_code == 204
    done = desk.ask("ada", "POST", "/room/retention", {"is_preview": False}).json()
    assert (done["found"]["alerts"], done["left"]["alerts"]) == (1, 0)
    assert "Zebra Trading" not in everything(desk.store)


def test_who_may_not_see_an_alert_learns_of_it_neither_by_counts_nor_by_holds(desk: Room) -> None:
    rule = {"compartment": "arms", "what": "craft", "value": "mmsi:219001234"}
    assert desk.ask("ada", "POST", "/compartments/rules", rule).status_code == 201
    with desk.store.write() as connection:
        from tracker.room.upkeep.upkeep_tables import HOLDS

        connection.execute(insert(HOLDS).values(alert_id="a2", reason="court", by="cleo", at_us=1))
    desk.clock.pass_s((SETTINGS.keep_alerts_d + 1) * DAY_S)
    assert retention(desk).due().alerts == 1
    seen = desk.ask("ada", "POST", "/room/retention", {}).json()
    assert seen["found"] == {"alerts": 0, "sheets": 0, "sessions": 0, "persons": 0, "held": 0}
    assert desk.get("ada", "/room/holds") == {"holds": []}
    assert desk.ask("ada", "DELETE", "/room/holds/a2").status_code == 404
    assert desk.ask("ada", "POST", "/room/holds", {"alert_id": "a1", "reason": "x"}).status_code == 404


def test_nothing_of_it_is_left_in_the_files_of_sqlite(store: RoomStore, clock: StandingClock, tmp_path: Path) -> None:
    room = Room(store, clock, tmp_path)
    long = " ".join(f"Zebra{number}" for number in range(2_000))  # pages of overflow
    for number in range(AT_ONCE + 10):
        room.tell(
            alert(
                f"b{number}", consignments=[consignment("H1", consignee=f"Zebra {long if number % 9 == 0 else number}")]
            )
        )
        room.did("olga", f"b{number}", "note", text=f"Zebra note {number}")
        room.did("olga", f"b{number}", "close", outcome="explained", fields={"explanation": "Zebra"})
    clock.pass_s(31)
    while len(room.sent()) < AT_ONCE + 10:
        pass

    def bytes_of() -> bytes:
        assert store.folder is not None
        return b"".join(
            path.read_bytes() for path in sorted(store.folder.iterdir()) if path.name.startswith("room.sqlite")
        )

    assert b"Zebra" in bytes_of()
    clock.pass_s((SETTINGS.keep_alerts_d + 1) * DAY_S)
    assert run(room) == 2, "in small transactions"
    assert b"Zebra" not in bytes_of()
    assert b"explained" in bytes_of()
    room.close()  # fmt: skip


def test_a_running_room_erases_once_a_day_a_step_each_time(room: Room) -> None:
    from tracker.room.alerts.desk import DeskRun

    for number in range(AT_ONCE + 1):
        room.tell(alert(f"b{number:02d}", 1))
        room.did("olga", f"b{number:02d}", "close", outcome="inconclusive")
    running = DeskRun(
        room.store, room.clock, room.audit, {}, KEY, room.anchors, room.run.settings, NoLog(), retention(room)
    )
    room.clock.pass_s((SETTINGS.keep_alerts_d + 1) * DAY_S)
    left = []
    for _ in range(3):
        running.tick()
        left.append(retention(room).due().alerts)
    assert left == [1, 0, 0]
    room.tell(alert("c"))
    room.did("olga", "c", "close", outcome="inconclusive")
    with room.store.write() as connection:
        connection.execute(update(ALERTS).where(ALERTS.c.alert_id == "c").values(changed_us=1))
    running.tick()
    assert retention(room).due().alerts == 1, "not before the next day"
    room.clock.pass_s(DAY_S)
    running.tick()
    assert retention(room).due().alerts == 0
    running.close()  # fmt: skip


def test_who_left_has_no_name_any_more_and_the_chain_holds(
    any_store: RoomStore, clock: StandingClock, tmp_path: Path
) -> None:
    from tracker.room.audit.log import AuditLog

    audit = AuditLog(clock, KEY)
    room = AccountRoom(any_store, clock, audit, RoomConfig())
    administrator = room.administrator()
    olga = room.person(administrator, "olga.petrova", "officer", name="Olga Petrova")
    person_id = olga.get("/api/v1/me").json()["person_id"]
    given = {"json": {"is_active": False}, "headers": {"If-Match": "*"}}
    assert administrator.patch(f"/api/v1/persons/{person_id}", **given).status_code == 200
    made = Retention(any_store, clock, audit, RoomConfig())
    assert made.due().persons == 0
    clock.pass_s((RoomConfig().keep_persons_d + 1) * DAY_S)
    assert (made.due().persons, made.due().sessions) == (1, 2)
    while made.step():
        pass
    text = everything(any_store).lower()
    assert "petrova" not in text
    assert "192.0.2.1" not in text
    with any_store.read() as connection:
        row = connection.execute(select(PERSONS).where(PERSONS.c.person_id == person_id)).one()
        assert (row.login, row.name, row.password_hash, row.roles) == (f"left-{person_id}".lower(), "left", None, [])
        assert connection.execute(select(SESSIONS)).all() == []
        assert connection.execute(select(BROWSERS)).all() == []
        assert f"person:{person_id}" in {entry.actor for entry in entries(connection)}
        assert verify_store(connection, read_anchors(())).holds
    assert made.due().persons == 0
    assert room.sign_in("administrator", "a long enough sentence").get("/api/v1/persons").status_code == 200  # fmt: skip


def test_the_command_counts_or_erases(tmp_path: Path) -> None:
    data = tmp_path / "room"
    room = assemble(str(data), RoomConfig(), data)
    with room.parts.store.write() as connection:
        connection.execute(
            insert(HANDOVERS).values(
                sheet_id="h1", from_us=0, until_us=1, body="{}", digest="", anchor="", written_by="olga", written_us=1
            )
        )
    room.parts.store.close()
    for words, says in (
        (["--dry-run"], "to be erased: 0 alerts, 1 sheets"),
        ([], "erased: 0 alerts, 1 sheets"),
        (["--dry-run"], "to be erased: 0 alerts, 0 sheets"),
    ):
        done = CliRunner().invoke(app, ["room", "retain", "--data", str(data), *words])
        assert done.exit_code == 0, done.output
        assert says in done.stderr
