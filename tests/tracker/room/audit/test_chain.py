"""The chain shows what was done to it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tracker.room.audit.chain import GENESIS, Entry, Fault, canonical, hash_of, linked, problems_of
from tracker.room.audit.heads import is_genuine, public_key_of, read_anchors, signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def chain(length: int, start_us: int = 1_000) -> list[Entry]:
    made: list[Entry] = []
    for number in range(length):
        made.append(
            linked(
                made[-1] if made else None,
                at_us=start_us + number,
                act="alert_acted",
                actor="person:p1",
                session="s1",
                objects=[f"alert:{number}"],
                terms={"kind": "close", "desk": number},
            )
        )
    return made


def faults(entries: list[Entry], anchored: dict[int, str] | None = None) -> set[Fault]:
    return {problem.fault for problem in problems_of(entries, anchored)}


def test_the_form_that_is_hashed_is_that_of_rfc_8785() -> None:
    assert (
        canonical({"b": 1, "a": '\u20ac$\u000f\nA\'B"\\\\"/'})
        == b'{"a":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/","b":1}'
    )


def test_a_whole_chain_has_no_problem_and_begins_with_nothing_before_it() -> None:
    entries = chain(20)
    assert entries[0].previous == GENESIS
    assert faults(entries, {7: entries[6].hash, 20: entries[19].hash}) == set()


@given(st.integers(0, 9), st.sampled_from(["at_us", "act", "actor", "session", "objects", "is_refused", "terms"]))
def test_every_edit_of_every_field_is_found(place: int, name: str) -> None:
    entries = chain(10)
    other = {
        "at_us": 5,
        "act": "x",
        "actor": "person:p2",
        "session": "",
        "objects": (),
        "is_refused": True,
        "terms": {},
    }
    entries[place] = replace(entries[place], **{name: other[name]})
    assert Fault.EDITED in faults(entries)


def test_an_edit_with_its_own_hash_made_anew_breaks_the_chain_behind_it() -> None:
    entries = chain(10)
    bare = replace(entries[4], actor="person:p2")
    entries[4] = replace(bare, hash=hash_of(bare))
    assert faults(entries) == {Fault.BROKEN}


@given(st.integers(0, 8), st.integers(1, 3))
def test_a_gap_is_found(place: int, missing: int) -> None:
    entries = chain(13)
    del entries[place : place + missing]
    assert Fault.GAP in faults(entries)


@given(st.integers(0, 9), st.integers(0, 9))
def test_a_reorder_is_found(one: int, other: int) -> None:
    entries = chain(10)
    entries[one], entries[other] = entries[other], entries[one]
    assert (Fault.REORDERED in faults(entries)) == (one != other)


def test_a_tail_cut_off_is_found_by_an_anchor_alone() -> None:
    entries = chain(10)
    assert faults(entries[:8]) == set()
    assert faults(entries[:8], {10: entries[9].hash}) == {Fault.CUT}
    assert faults([], {10: entries[9].hash}) == {Fault.CUT}


def test_a_chain_written_anew_is_found_by_an_anchor_alone() -> None:
    entries, anew = chain(10), chain(12, start_us=2_000)
    assert faults(anew) == set()
    assert faults(anew, {10: entries[9].hash}) == {Fault.REWRITTEN}


def test_the_same_thing_in_an_export_has_the_same_hash() -> None:
    for entry in chain(3):
        assert Entry.from_json(json.loads(json.dumps(entry.to_json()))) == entry


def test_one_edit_at_the_beginning_of_a_long_chain_is_told_once() -> None:
    entries = chain(500)
    entries[0] = replace(entries[0], act="x")
    assert [p.sequence for p in problems_of(entries)] == [1]


def test_a_value_that_no_audit_holds_is_an_edit_and_no_crash() -> None:
    entries = chain(3)
    unsound: dict[str, Any] = {"weight": object()}
    entries[1] = replace(entries[1], terms=unsound, previous="not hexadecimal")
    assert Fault.EDITED in faults(entries)


def test_a_head_is_genuine_until_it_is_touched() -> None:
    head = signed(KEY, 7, "ab" * 32, 1_000)
    assert is_genuine(head)
    for name, value in (("sequence", 8), ("hash", "cd" * 32), ("at_us", 1), ("key", "AAAA"), ("signature", "?")):
        assert not is_genuine(replace(head, **{name: value})), name


def test_anchors_are_read_from_lines_and_from_words_off_a_sheet() -> None:
    head = signed(KEY, 7, "ab" * 32, 1_000)
    anchors = read_anchors([json.dumps(head.to_json()), "", "\n"], [" 9:" + "CD" * 32])
    assert anchors.hashes == {7: "ab" * 32, 9: "cd" * 32}
    assert anchors.keys == {public_key_of(KEY)}
    assert anchors.problems == ()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", Fault.UNREADABLE),
        ("[1]", Fault.UNREADABLE),
        ('{"sequence": 1}', Fault.UNREADABLE),
        (json.dumps({**signed(KEY, 7, "ab" * 32, 1_000).to_json(), "hash": "cd" * 32}), Fault.FORGED),
    ],
)
def test_an_anchor_that_cannot_be_or_was_forged_is_told(line: str, fault: Fault) -> None:
    anchors = read_anchors([line])
    assert anchors.hashes == {}
    assert [problem.fault for problem in anchors.problems] == [fault]


def test_two_anchors_that_contradict_each_other_are_told() -> None:
    lines = [json.dumps(signed(KEY, 7, hash_ * 32, 1_000).to_json()) for hash_ in ("ab", "cd")]
    assert [problem.fault for problem in read_anchors(lines).problems] == [Fault.REWRITTEN]


def test_an_anchor_of_another_key_than_the_trusted_is_told() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    line = json.dumps(signed(other, 7, "ab" * 32, 1_000).to_json())
    assert [p.fault for p in read_anchors([line], trusted_key=public_key_of(KEY)).problems] == [Fault.FORGED]
