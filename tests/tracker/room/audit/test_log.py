"""The audit in a real SQLite file: written with what it tells of, and tampered with."""

from __future__ import annotations

import json
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine, event

from tracker.errors import InputError
from tracker.room.audit.chain import Fault
from tracker.room.audit.heads import Head, read_anchors
from tracker.room.audit.keys import KEY_FILE, open_key
from tracker.room.audit.log import AuditLog, entries
from tracker.room.audit.verifying import Finding, verify_lines, verify_store
from tracker.room.audited import Act
from tracker.room.store.metadata import METADATA

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@dataclass(frozen=True)
class Somebody:
    person_id: str = "p1"
    session_id: str | None = "s1"
    token_id: str | None = None
    is_service: bool = False


class Room:
    """A store with an audit, and the means to tamper with it behind its back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", lambda dbapi, _: setattr(dbapi, "isolation_level", None))
        event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        METADATA.create_all(self.engine)
        self.now_us = 1_000
        self.log = AuditLog(lambda: self.now_us, KEY)
        self.heads: list[Head] = []

    def write(self, count: int = 1, **more) -> None:
        for number in range(count):
            self.now_us += 1
            with self.engine.begin() as connection:
                self.log.write(
                    connection, Somebody(), Act.ALERT_ACTED, [f"alert:{number}"], terms={"kind": "close"}, **more
                )

    def sign(self) -> None:
        with self.engine.begin() as connection:
            self.heads.append(self.log.sign_head(connection))

    def sql(self, *statements: str) -> None:
        self.engine.dispose()
        with sqlite3.connect(self.path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def verify(self, with_anchors: bool = True) -> Finding:
        lines = [json.dumps(head.to_json()) for head in self.heads] if with_anchors else []
        with self.engine.begin() as connection:
            return verify_store(connection, read_anchors(lines))

    def faults(self, with_anchors: bool = True) -> set[Fault]:
        return {problem.fault for problem in self.verify(with_anchors).problems}


@pytest.fixture
def room(tmp_path):
    made = Room(tmp_path / "room.sqlite")
    made.write(10)
    made.sign()
    made.write(5)
    made.sign()
    yield made
    made.engine.dispose()


def test_an_untouched_audit_holds(room) -> None:
    finding = room.verify()
    assert finding.holds, finding.problems
    assert (finding.entries, finding.anchors_held) == (17, 2)
    assert "17 entries" in finding.sentence()


def test_without_anchors_the_finding_says_what_nobody_can_tell(room) -> None:
    assert "without an anchor" in room.verify(with_anchors=False).sentence()


@pytest.mark.parametrize(
    "set_",
    [
        "actor = 'person:p9'", "act = 'queue_seen'", "at_us = at_us + 1", "objects = '[]'", "objects = 'damaged'", "terms = '{}'", "terms = 'damaged'",
        "is_refused = 1", "session = 's9'", "hash = 'no hash'", "previous = 'no hash'",
    ],
)  # fmt: skip
def test_an_edit_of_a_row_is_found(room, set_) -> None:
    room.sql(f"UPDATE audit_entries SET {set_} WHERE sequence = 4")
    finding = room.verify(with_anchors=False)
    assert not finding.holds
    assert finding.problems[0].sequence in (4, 5)


def test_a_row_that_is_gone_is_found(room) -> None:
    room.sql("DELETE FROM audit_entries WHERE sequence = 4")
    assert room.faults(with_anchors=False) == {Fault.GAP}


def test_two_rows_that_changed_places_are_found(room) -> None:
    room.sql(
        "UPDATE audit_entries SET sequence = -4 WHERE sequence = 4",
        "UPDATE audit_entries SET sequence = 4 WHERE sequence = 5",
        "UPDATE audit_entries SET sequence = 5 WHERE sequence = -4",
    )
    assert Fault.EDITED in room.faults(with_anchors=False)


def test_a_tail_cut_off_with_all_that_the_store_knows_of_it_is_found_by_the_anchors(room) -> None:
    room.sql(
        "DELETE FROM audit_entries WHERE sequence > 12",
        "DELETE FROM audit_heads WHERE sequence > 12",
        "UPDATE audit_tip SET sequence = 12, hash = (SELECT hash FROM audit_entries WHERE sequence = 12)",
    )
    assert room.faults(with_anchors=False) == set()
    assert room.faults() == {Fault.CUT}


def test_a_tail_cut_off_by_a_careless_hand_is_found_without(room) -> None:
    room.sql("DELETE FROM audit_entries WHERE sequence > 12")
    assert room.faults(with_anchors=False) == {Fault.CUT}


def test_a_chain_written_anew_with_the_stolen_key_is_found_by_the_anchors(room, tmp_path) -> None:
    other = Room(tmp_path / "other.sqlite")
    other.now_us = 99_000
    other.write(10)
    other.sign()
    other.write(5)
    other.sign()
    other.heads = room.heads
    assert other.faults(with_anchors=False) == set()
    assert other.faults() == {Fault.REWRITTEN}
    other.engine.dispose()


def test_an_act_that_fails_leaves_no_entry_and_the_chain_goes_on(room) -> None:
    with pytest.raises(RuntimeError), room.engine.begin() as connection:
        room.log.write(connection, Somebody(), Act.ALERTS_READ)
        raise RuntimeError
    room.write()
    finding = room.verify()
    assert finding.holds
    assert finding.entries == 18


def test_names_and_sentences_never_get_in(room) -> None:
    with room.engine.begin() as connection:
        entry = room.log.write(
            connection,
            None,
            Act.ALERTS_READ,
            ["source:Harbour of Ærø"],
            terms={"words": "Van Dam Fruit, BV", "found": 3},
        )
    assert entry.actor == "nobody"
    assert entry.terms["found"] == 3
    assert b"Van Dam" not in room.path.read_bytes()
    assert entry.objects[0].startswith("digest:")
    assert room.verify().holds


def test_equal_words_have_equal_digests_that_need_the_key(room) -> None:
    other = AuditLog(lambda: 0, Ed25519PrivateKey.generate())
    assert room.log.digest_of("MEDU 1") == room.log.digest_of("MEDU 1") != room.log.digest_of("MEDU 2")
    assert room.log.digest_of("MEDU 1") != other.digest_of("MEDU 1")


def test_an_export_verifies_like_the_store(room) -> None:
    with room.engine.begin() as connection:
        lines = [json.dumps(entry.to_json()) for entry in entries(connection)]
    anchors = read_anchors([json.dumps(head.to_json()) for head in room.heads])
    assert verify_lines(lines, anchors).holds
    assert not verify_lines(lines[:-3], anchors).holds
    assert not verify_lines([*lines[:3], "{", *lines[4:]], anchors).holds


def test_more_entries_than_are_read_at_once(room, monkeypatch) -> None:
    monkeypatch.setattr("tracker.room.audit.log._ROWS", 4)
    assert room.verify().entries == 17


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path) -> None:
    key = open_key(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert open_key(tmp_path).private_bytes_raw() == key.private_bytes_raw()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.key", "audit.pub"]


def test_a_key_that_others_can_read_or_that_is_damaged_is_refused_in_words(tmp_path) -> None:
    open_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        open_key(tmp_path)
    (tmp_path / KEY_FILE).write_text("00")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(InputError, match="damaged"):
        open_key(tmp_path)


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "set_",
    ["sequence = 'x'", "at_us = 'x'", "previous = 7", "hash = x'00'", f"terms = '{DEEP}'", f"objects = '{DEEP}'", "objects = 7", "terms = '{\"a\": 1e999}'"],
)  # fmt: skip
def test_a_row_that_is_made_to_be_unreadable_is_a_finding_and_no_fault(room, set_) -> None:
    room.write(3)
    room.sql(f"UPDATE audit_entries SET {set_} WHERE sequence = 2")
    assert not room.verify().holds


def test_an_end_that_is_no_number_is_a_finding(room) -> None:
    room.write(3)
    room.sql("UPDATE audit_tip SET sequence = 'x'")
    assert not room.verify().holds


@pytest.mark.parametrize("sequence", ["Infinity", "1e999", DEEP])
def test_an_anchor_or_a_line_that_is_made_to_be_unreadable_is_a_finding(sequence) -> None:
    line = f'{{"sequence": {sequence}, "hash": "", "at_us": "1", "key": "", "signature": ""}}'
    assert [one.fault for one in read_anchors([line]).problems] == [Fault.UNREADABLE]
    assert verify_lines([line], read_anchors([])).problems[0].fault is Fault.UNREADABLE
