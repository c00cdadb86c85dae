"""Backups of the room: one instant of a room that goes on, whole or refused, put back into either store, and gone on with beside an engine that went on, too."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlalchemy import func, insert, select, text
from typer.testing import CliRunner

from tests.postgres_server import PostgresServer
from tests.tracker.door.test_following import told
from tests.tracker.room.alerts.rooms import Room, alert, consignment
from tests.tracker.room.alerts.test_with_an_engine import Engine, follow, name_of
from tests.tracker.room.conftest import Room as AccountRoom
from tests.tracker.room.conftest import StandingClock
from tests.waiting import eventually
from tracker.cli import app
from tracker.config.room import RoomConfig
from tracker.door.address import DoorAddress
from tracker.door.calling import DoorCalls
from tracker.errors import InputError, StoreError
from tracker.room.accounts.account_tables import PERSONS
from tracker.room.alerts.alert_tables import ALERT_REVISIONS, ALERTS, DESK_TURN
from tracker.room.alerts.following import EngineFollower
from tracker.room.alerts.taking import place_of
from tracker.room.assembling import assemble
from tracker.room.audit.audit_tables import AUDIT_ENTRIES
from tracker.room.audit.heads import read_anchors
from tracker.room.audit.log import entries
from tracker.room.audit.verifying import verify_store
from tracker.room.rights import NOBODY
from tracker.room.sending.sending_tables import OUTBOX
from tracker.room.shell.logs import NoLog
from tracker.room.store.opening import RoomStore, open_room_store
from tracker.room.store.tables import METADATA
from tracker.room.upkeep import restoring
from tracker.room.upkeep.backup import LEFT_OUT, take_backup
from tracker.room.upkeep.backup_file import read_manifest
from tracker.room.upkeep.restoring import restore_backup

RUNNER = CliRunner()


def rows(store: RoomStore) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in METADATA.sorted_tables
        }


def person(store: RoomStore, name: str) -> None:
    with store.write() as connection:
        connection.execute(
            insert(PERSONS).values(
                person_id=name, login=name, name=name.title(), roles=["officer"], compartments=[], is_active=True, must_change_password=False,
                made_us=1, version=1,
            )
        )  # fmt: skip


@pytest.fixture
def worked(any_store: RoomStore, clock: StandingClock, tmp_path: Path) -> Iterator[Room]:
    """A room in which people worked, over each of the stores."""
    room = Room(any_store, clock, tmp_path)
    person(any_store, "olga")
    room.tell(alert("a1", priority=80, consignments=[consignment("H1", "arms")]), alert("a2"), alert("ø3", kind="gap"))
    room.did("olga", "a1", "note", text="Wörter, and a \u202e mark")
    room.did("olga", "a1", "close", outcome="seized", fields={"what": "40 kg", "mass_kg": 40.5})
    room.did("olga", "a2", "acknowledge")
    assert room.ask("olga", "POST", "/handover", {"unit": None}).status_code == 201
    yield room
    room.close()


def message(store: RoomStore, message_id: str) -> int:
    """One more in the outbox; its number, which the database gives."""
    values = {"message_id": message_id, "subscription_id": "s", "cause": "test", "at_us": 1, "due_us": 1, "attempts": 0}
    with store.write() as connection:
        made = connection.execute(insert(OUTBOX).values(**values)).inserted_primary_key
    return int(made[0])


def places(tmp_path: Path, postgres: PostgresServer) -> list[str]:
    return [str(tmp_path / "restored"), postgres.database()]


def test_a_backup_is_restored_between_the_stores_either_way(
    worked: Room, tmp_path: Path, postgres: PostgresServer
) -> None:
    assert [message(worked.store, name) for name in ("first", "second")] == [1, 2]
    before = rows(worked.store)
    made = take_backup(worked.store, tmp_path / "room.backup", worked.clock(), None)
    assert (tmp_path / "room.backup").stat().st_mode & 0o077 == 0
    assert rows(worked.store) == before, "a backup changes nothing"
    worked.clock.pass_s(60)
    for place in places(tmp_path, postgres):
        keys = tmp_path / f"keys of {place.rpartition('/')[2][:10]}"
        keys.mkdir()
        done = restore_backup(tmp_path / "room.backup", place, keys, worked.clock)
        assert done.manifest == made.manifest
        store = open_room_store(place)
        after = rows(store)
        for name in sorted({*before} - {*LEFT_OUT, "alerts", "desk_turn", "room_facts", "sessions"}):
            if name.startswith("audit_"):
                assert name == "audit_tip" or after[name][: len(before[name])] == before[name]
            else:
                assert after[name] == before[name], name
        with store.read() as connection:
            *_, last = entries(connection)
            assert (last.act, last.terms["head"], last.actor) == ("room.restored", made.manifest.head, "nobody")
            assert verify_store(connection, read_anchors((), [made.manifest.head])).holds
        room = Room(store, worked.clock, tmp_path)
        assert room.ids("olga", "?state=closed") == ["a1"]
        assert room.get("olga", "/alerts/a1")["notes"][0]["text"] == "Wörter, and a \u202e mark"
        room.did("olga", "a2", "close", outcome="inconclusive")
        assert message(store, "after") == 3, "numbers go on behind those of the backup"
        room.close()
        store.close()


def test_it_is_one_instant_of_a_room_in_which_people_go_on(worked: Room, tmp_path: Path) -> None:
    """Acts are done all the time: what the backup has of the audit is the chain up to its head, and the desk is as the chain says."""
    stop = threading.Event()

    def act() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            worked.did("olga", "a2", "note", text=f"{number}")

    acting = threading.Thread(target=act)
    acting.start()
    try:
        for number in range(3):
            path = tmp_path / f"b{number}"
            made = take_backup(worked.store, path, worked.clock(), None)
            sequence, _, hash_ = made.manifest.head.partition(":")
            restore_backup(path, str(tmp_path / f"r{number}"), tmp_path / f"r{number}", worked.clock)
            store = open_room_store(str(tmp_path / f"r{number}"))
            with store.read() as connection:
                assert [e.hash for e in entries(connection) if e.sequence == int(sequence)] == [hash_]
                noted = [e for e in entries(connection) if e.act == "alert.acted" and e.terms.get("kind") == "note"]
                (standing,) = connection.execute(select(ALERTS.c.standing).where(ALERTS.c.alert_id == "a2")).scalars()
                assert len(json.loads(standing)["notes"]) == len(noted) - 1, "one of them is on another alert"
            store.close()
    finally:
        stop.set()
        acting.join()


def test_a_backup_cut_or_changed_anywhere_is_refused_in_a_sentence(tmp_path: Path, clock: StandingClock) -> None:
    store = open_room_store(str(tmp_path / "room"))
    person(store, "olga")
    take_backup(store, tmp_path / "whole", clock(), None)
    store.close()
    whole = (tmp_path / "whole").read_bytes()
    broken = tmp_path / "broken"
    for cut in {*range(0, len(whole), 7), *range(64), *range(len(whole) - 64, len(whole))}:
        broken.write_bytes(whole[:cut])
        with pytest.raises(InputError, match=r"broken: .*; (take another backup|name a file)") as refused:
            read_manifest(broken)
        assert "\n" not in str(refused.value)
    for place in range(0, len(whole), 11):
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            changed = read_manifest(broken)
        except InputError:
            continue
        assert changed == read_manifest(tmp_path / "whole"), "a bit of the frame's head that means nothing"
    for behind in (b"x", whole):
        broken.write_bytes(whole + behind)
        with pytest.raises(InputError, match="something follows its end"):
            read_manifest(broken)
    lines = zstandard.decompress(whole, max_output_size=1 << 20).splitlines(keepends=True)
    for edited in (
        lines[:-1],
        [*lines[:2], *lines[3:]],
        [line.replace(b"olga", b"otto") for line in lines],
        [*lines, lines[-1]],
        [b'{"what": "something else"}\n', *lines[1:]],
    ):
        broken.write_bytes(zstandard.compress(b"".join(edited)))
        with pytest.raises(InputError):
            restore_backup(broken, str(tmp_path / "none"), tmp_path / "none", clock)
    assert not (tmp_path / "none").exists(), "nothing is made before it is known to be whole"


def test_a_restore_overwrites_nothing_and_keeps_all_or_nothing(
    worked: Room, tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_backup(worked.store, tmp_path / "b", worked.clock(), None)
    for place in places(tmp_path, postgres):
        with monkeypatch.context() as patch:
            patch.setattr(restoring, "_as_restored", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                restore_backup(tmp_path / "b", place, tmp_path, worked.clock)
        restore_backup(tmp_path / "b", place, tmp_path, worked.clock)
        with pytest.raises(InputError, match="there is a room already"):
            restore_backup(tmp_path / "b", place, tmp_path, worked.clock)
    with pytest.raises(InputError, match="overwrites nothing"):
        take_backup(worked.store, tmp_path / "b", worked.clock(), None)
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_whose_audit_was_edited_is_not_restored(worked: Room, tmp_path: Path) -> None:
    with worked.store.write() as connection:
        connection.execute(AUDIT_ENTRIES.update().where(AUDIT_ENTRIES.c.sequence == 2).values(actor="person:other"))
    take_backup(worked.store, tmp_path / "b", worked.clock(), None)
    with pytest.raises(StoreError, match="entry 2 was changed"):
        restore_backup(tmp_path / "b", str(tmp_path / "r"), tmp_path, worked.clock)


def test_a_backup_of_an_older_layout_is_brought_up(tmp_path: Path, clock: StandingClock) -> None:
    """The passkeys' table came last: a backup from before has none of it, and says so by its layout."""
    store = open_room_store(str(tmp_path / "room"))
    person(store, "olga")
    with store.write() as connection:
        connection.execute(text("DROP TABLE passkeys"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0004_desk'"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracker.room.upkeep.backup.LEFT_OUT", ("desk_stream", "passkeys", *later(METADATA.tables)))
        take_backup(store, tmp_path / "b", clock(), None)
    store.close()
    assert read_manifest(tmp_path / "b").layout == ("0004_desk",)
    restore_backup(tmp_path / "b", str(tmp_path / "new"), tmp_path, clock)
    restored = open_room_store(str(tmp_path / "new"))
    assert [row[1] for row in rows(restored)["persons"]] == ["olga"]
    assert rows(restored)["passkeys"] == []
    restored.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restoring, "known_layouts", lambda: {"0003_accounts"})
        with pytest.raises(InputError, match="which a newer tidewaiter wrote"):
            restore_backup(tmp_path / "b", str(tmp_path / "newer"), tmp_path, clock)


def later(tables: Any) -> list[str]:
    """Tables that came after the layout of the desk, of whatever part."""
    first = {
        "room_facts", "units", "persons", "sessions", "browsers", "sign_in_attempts", "tokens", "token_secrets", "compartment_openings", "engines",
        "alerts", "alert_revisions", "desk_acts", "desk_stream", "desk_turn", "desk_calls", "desk_keys", "decisions", "suppressions",
        "compartment_rules", "handovers", "audit_entries", "audit_objects", "audit_tip", "audit_heads",
    }  # fmt: skip
    return sorted({*tables} - first)


def test_everyone_signs_in_anew(any_store: RoomStore, clock: StandingClock, audit: Any, tmp_path: Path) -> None:
    room = AccountRoom(any_store, clock, audit, RoomConfig())
    administrator = room.administrator()
    cookies = dict(administrator.cookies)
    take_backup(any_store, tmp_path / "b", clock(), None)
    restore_backup(tmp_path / "b", str(tmp_path / "r"), tmp_path, clock)
    store = open_room_store(str(tmp_path / "r"))
    again = AccountRoom(store, clock, audit, RoomConfig())
    assert again.first is None
    client = again.client()
    client.cookies.update(cookies)
    refused = client.get("/api/v1/me")
    assert (refused.status_code, refused.json().get("may_renew")) == (401, None)
    renewed = client.post("/api/v1/session/renew", json={"password": "a long enough sentence"})
    assert renewed.status_code == 401
    assert again.sign_in("administrator", "a long enough sentence").get("/api/v1/me").status_code == 200
    store.close()


def test_what_was_meant_for_the_lost_time_is_refused_and_streams_begin_anew(worked: Room, tmp_path: Path) -> None:
    """After the backup olga acts, and the room is lost. Her page still has the version and the place of then."""
    take_backup(worked.store, tmp_path / "b", worked.clock(), None)
    worked.did("olga", "a2", "note", text="lost")
    tag = worked.ask("olga", "GET", "/alerts/a2").headers["etag"]
    with worked.store.read() as connection:
        place = worked.run.hub.ids.seen(connection.execute(select(DESK_TURN.c.sequence)).scalar_one())
    restore_backup(tmp_path / "b", str(tmp_path / "r"), tmp_path, worked.clock)
    store = open_room_store(str(tmp_path / "r"))
    room = Room(store, worked.clock, tmp_path)
    room.did("otto", "a2", "note", text="of the time after")
    assert room.act("olga", "a2", "close", tag, outcome="inconclusive").status_code == 412

    async def first_event() -> bytes:
        following = room.run.hub.follow(place, frozenset)
        pieces = [await anext(following), await anext(following)]
        await following.aclose()  # type: ignore[attr-defined]
        return pieces[1]

    assert asyncio.run(first_event()).startswith(b"event: reset")
    room.close()
    store.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path)
    yield made
    made.end()


def test_a_restored_room_goes_on_beside_an_engine_that_went_on(room: Room, engine: Engine, tmp_path: Path) -> None:
    """Alerts come again from the place of the backup, each once; of decisions the one that waited is sent once, and those made since are learned, not made twice."""
    person(room.store, "olga")
    engine.tell(*(told(number) for number in range(1, 6)))
    follower = follow(room, engine.path)
    eventually(lambda: len(room.ids("olga")) == 5)
    eventually(lambda: follower.state().phase == "live")
    room.did("olga", name_of(1), "close", outcome="inconclusive")  # may still be undone: not sent
    take_backup(room.store, tmp_path / "b", room.clock(), None)

    engine.tell(told(2, 2), told(6), told(7))
    eventually(lambda: len(room.ids("olga", "?state=annunciated")) == 6)
    room.did("olga", name_of(2), "close", outcome="explained", fields={"explanation": "the pilot"})
    room.did("olga", name_of(6), "close", outcome="wrong: data", fields={"explanation": "the feed"})
    room.did("otto", name_of(7), "close", outcome="inconclusive")  # nobody that the backup knows
    room.clock.pass_s(31)
    calls = DoorCalls(DoorAddress.of(engine.path))
    asked = "SELECT alert_id, verdict, decision_id FROM verdicts ORDER BY alert_id, verdict"
    eventually(lambda: len(calls.rows(asked)) == 4)
    room.clock.pass_s(60)
    room.ask(
        "olga",
        "PATCH",
        f"/alerts/{name_of(6)}",
        {"act": "reopen", "reason": "the feed was right"},
        If_Match=etag(room, 6),
    )
    room.clock.pass_s(31)
    eventually(lambda: len(calls.rows(asked)) == 5)
    before = calls.rows(asked)
    follower.close()
    engine.tell(told(8))

    restore_backup(tmp_path / "b", str(tmp_path / "r"), tmp_path, room.clock)
    store = open_room_store(str(tmp_path / "r"))
    again = Room(store, room.clock, tmp_path)
    follower = EngineFollower(store, "sea", engine_door(engine), room.clock, again.run.hub.ring, again.audit, NoLog())
    follower.start()

    def states() -> dict[str, str]:
        told_rows = again.get("olga", "/alerts?state=annunciated&state=acknowledged&state=closed")["alerts"]
        return {row["alert_id"]: row["state"] for row in told_rows}

    eventually(lambda: len(states()) == 8)
    eventually(lambda: states()[name_of(2)] == "closed")
    assert states() == {
        name_of(1): "closed", name_of(2): "closed", name_of(3): "annunciated", name_of(4): "annunciated", name_of(5): "annunciated",
        name_of(6): "acknowledged", name_of(7): "annunciated", name_of(8): "annunciated",
    }  # fmt: skip
    dossier = again.get("olga", f"/alerts/{name_of(2)}")
    assert (dossier["facts_revision"], dossier["outcome"]) == (2, "explained")
    eventually(lambda: follower.state().behind == 0)
    with store.read() as connection:
        assert place_of(connection, "sea")[0] == 9
        assert connection.execute(select(func.count()).select_from(ALERT_REVISIONS)).scalar_one() == 9
        learned = [entry for entry in entries(connection) if entry.act == "decision.relearned"]
        assert len(learned) == 3
        assert verify_store(connection, read_anchors(())).holds
    assert calls.rows(asked) == before, "nothing was decided twice"
    # taken up again, the learned one is taken back at the engine, too
    again.ask(
        "olga", "PATCH", f"/alerts/{name_of(2)}", {"act": "reopen", "reason": "no pilot"}, If_Match=etag(again, 2)
    )
    room.clock.pass_s(31)
    eventually(lambda: len(calls.rows(asked)) == len(before) + 1)
    follower.close()
    again.close()
    store.close()


def etag(room: Room, number: int) -> str:
    return room.ask("olga", "GET", f"/alerts/{name_of(number)}").headers["etag"]


def engine_door(engine: Engine) -> Any:
    from tracker.room.alerts.doors import AddressedDoor

    return AddressedDoor(DoorAddress.of(engine.path))


def test_the_commands_take_a_backup_beside_a_room_and_put_it_back(tmp_path: Path) -> None:
    data = tmp_path / "room"
    room = assemble(str(data), RoomConfig(), data)
    with room.parts.store.write() as connection:
        from tracker.room.audited import Act

        room.parts.audit.write(connection, NOBODY, Act.ROOM_BEGUN)
    run = lambda *words: RUNNER.invoke(app, ["room", *map(str, words)])  # noqa: E731
    plain, keyed = tmp_path / "plain", tmp_path / "keyed"
    made = run("backup", "--data", data, "--to", plain, "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["has_keys"] is False
    assert (data / "audit.key").read_text().strip().encode() not in zstandard.decompress(
        plain.read_bytes(), max_output_size=1 << 24
    )
    assert run("backup", "--data", data, "--to", keyed, "--with-keys").exit_code == 0
    with room.parts.store.read() as connection:
        told_acts = [(e.act, e.terms.get("has_keys")) for e in entries(connection) if e.act == "room.backed_up"]
    assert told_acts == [("room.backed_up", False), ("room.backed_up", True)]
    room.parts.store.close()
    for file, is_same in ((plain, False), (keyed, True)):
        place = tmp_path / f"restored-{file.name}"
        done = run("restore", file, "--data", place)
        assert done.exit_code == 0, done.output
        assert "everyone signs in anew" in done.stderr
        assert ((place / "audit.key").read_text() == (data / "audit.key").read_text()) is is_same
        assert (place / "audit.key").stat().st_mode & 0o077 == 0
        assert run("audit", "verify", "--data", place).exit_code == 0
    for words, says in (
        (["backup", "--data", tmp_path / "none", "--to", tmp_path / "x"], "there is no room"),
        (["backup", "--data", data, "--to", tmp_path / "no" / "x"], "cannot be written"),
        (["restore", tmp_path / "none", "--data", tmp_path / "y"], "cannot be read"),
        (["restore", data / "audit.key", "--data", tmp_path / "y"], "no whole backup"),
        (["restore", keyed, "--data", tmp_path / "restored-plain"], "is another key than that of the backup"),
        (["restore", keyed, "--data", tmp_path / "restored-keyed"], "there is a room already"),
    ):
        failed = run(*words)
        assert failed.exit_code != 0
        assert says in f"{failed.output}{failed.exception}", words
