"""Flags after a run of messages: replaced, cleared, lifted; by document, by party; the same whatever is repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive.flagging import NaiveFlagBook
from tracker.cargo import flagging
from tracker.cargo.columns import statement_table
from tracker.cargo.consignment import Consignment, DocumentType, Flag, Location, Party
from tracker.cargo.flagging import CargoIndex, ConsignmentTarget, FlagBook, FlagMessage, PartyTarget
from tracker.cargo.manifest import Manifest
from tracker.cargo.rows import ConsignmentRows
from tracker.voyages.itinerary import Conveyance, Mode

PORT = Location("NLRTM", "Rotterdam", 51.9, 4.1)
PAPERS = Flag("on the papers", 0.3)
GOODS = Consignment(
    "c1", DocumentType.BILL_OF_LADING, "MEDU-123 456", PORT, PORT,
    consignor=Party("Acme  Shipping"), consignee=Party("Beta GmbH", id="DE 123"), flags=(PAPERS,),
)  # fmt: skip
CONVEYANCE = Conveyance(Mode.SEA, imo=9074729)
BY_DOCUMENT = ConsignmentTarget(document_number="medu123456")


def flag(flag_id: str = "f1", target: Any = BY_DOCUMENT, name: str | None = "p7", **changed: Any) -> FlagMessage:
    fields: dict[str, Any] = {"action": "flag", "severity": 0.8, "reason": None, "by": "desk", "time_us": 1} | changed
    return FlagMessage(flag_id=flag_id, target=target, flag=name, **fields)


def clear(flag_id: str = "f1", target: Any = None, name: str | None = None) -> FlagMessage:
    return flag(flag_id, target, name, action="clear")


def names(*messages: FlagMessage) -> list[str]:
    return [item.flag for item in FlagBook(messages).flags_of("m1", GOODS)]


@pytest.mark.parametrize(
    ("target", "fits"),
    [
        (BY_DOCUMENT, True),
        (ConsignmentTarget(document_number="MEDU123457"), False),
        (ConsignmentTarget(consignment_id="c1"), True),
        (ConsignmentTarget(consignment_id="c1", manifest_id="m1"), True),
        (ConsignmentTarget(consignment_id="c1", manifest_id="m2"), False),
        (ConsignmentTarget(document_number="MEDU123456", consignment_id="c2"), False),
        (PartyTarget(name="ACME SHIPPING"), True),
        (PartyTarget(name="ACME"), False),
        (PartyTarget(id="de123"), True),
        (PartyTarget(name="Beta GmbH", id="DE999"), False),  # both have a number: it decides
        (PartyTarget(name="Acme Shipping", id="DE999"), True),  # the papers have none
        (PartyTarget(id="DE999"), False),
    ],
)
def test_a_target_fits_by_what_it_names(target: Any, fits: bool) -> None:
    assert target.fits("m1", GOODS) is fits


def test_flags_come_after_those_of_the_papers_and_go_when_cleared() -> None:
    assert names() == ["on the papers"]
    assert names(flag()) == ["on the papers", "p7"]
    assert names(flag(), flag("f2", name="p8")) == ["on the papers", "p7", "p8"]
    assert names(flag(), flag(name="p9")) == ["on the papers", "p9"]
    assert names(flag(), clear()) == ["on the papers"]
    assert names(flag("f2", name="p8"), clear("f1")) == ["on the papers", "p8"]


def test_a_clear_with_a_target_lifts_what_came_before_it() -> None:
    assert names(flag(), clear("f2", BY_DOCUMENT)) == []
    assert names(flag(), clear("f2", BY_DOCUMENT, "p7")) == ["on the papers"]
    assert names(flag(), clear("f2", BY_DOCUMENT, "on the papers")) == ["p7"]
    assert names(clear("f2", BY_DOCUMENT), flag()) == ["p7"]
    assert names(flag(), clear("f2", PartyTarget(name="somebody else"))) == ["on the papers", "p7"]


def test_the_same_message_again_changes_nothing() -> None:
    book = FlagBook()
    assert book.apply(flag())
    assert not book.apply(flag())
    assert book.apply(clear())
    assert not book.apply(clear())
    assert len(book) == 0


def test_the_messages_in_force_make_the_same_book_again() -> None:
    run = [
        flag(),
        flag("f2", PartyTarget(id="DE123"), "p8"),
        clear("f3", BY_DOCUMENT, "p8"),
        flag("f4", name="p9"),
        clear(),
    ]
    book = FlagBook(run)
    assert FlagBook(book.messages).flags_of("m1", GOODS) == book.flags_of("m1", GOODS)
    assert len(book) == 3


MARKS = st.sampled_from(
    [
        BY_DOCUMENT, ConsignmentTarget(document_number="OTHER 1"), ConsignmentTarget(consignment_id="c1"),
        ConsignmentTarget(consignment_id="c2", manifest_id="m1"), ConsignmentTarget("MEDU123456", "c1", "m2"),
        PartyTarget(name="acme shipping"), PartyTarget(name="Beta GmbH", id="DE999"), PartyTarget(id="de 123"), PartyTarget("Gamma", "X1"),
    ]
)  # fmt: skip
MESSAGES = st.builds(
    lambda number, target, name, action: flag(f"f{number}", target, name, action=action),
    st.integers(0, 5), MARKS | st.none(), st.sampled_from(["p7", "p8", "on the papers"]), st.sampled_from(["flag", "clear"]),
).filter(lambda message: message.action == "clear" or message.target is not None)  # fmt: skip
MANY = [
    GOODS,
    replace(GOODS, consignment_id="c2", document_number="other-1", consignee=Party("GAMMA"), notify=Party("Beta GmbH")),
    replace(GOODS, document_number="X", consignor=Party("Gamma", id="X1"), consignee=None, flags=()),
]


@given(st.lists(MESSAGES, max_size=12))
def test_flags_found_by_their_marks_are_those_found_by_asking_all(messages: list[FlagMessage]) -> None:
    book, naive = FlagBook(), NaiveFlagBook()
    for message in messages:
        assert book.apply(message) == naive.apply(message)
        for manifest_id in ("m1", "m2"):
            for item in MANY:
                assert book.flags_of(manifest_id, item) == naive.flags_of(manifest_id, item)
    assert set(book._by_mark) == {mark for m in book.messages if m.target for mark in m.target.marks}


@given(MARKS)
def test_the_index_of_papers_finds_what_a_target_fits(target: Any) -> None:
    papers = [
        Manifest("m1", 1, CONVEYANCE, None, tuple(MANY[:2])),
        Manifest("m2", 1, CONVEYANCE, None, tuple(MANY[2:])),
    ]
    wanted = [(m.manifest_id, item) for m in papers for item in m.consignments if target.fits(m.manifest_id, item)]
    found = CargoIndex(papers).meant_by(target)
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


def test_a_consignment_bears_its_flags_with_their_gravity_and_is_itself_where_nothing_changes() -> None:
    flagged = FlagBook([flag()]).flagged("m1", GOODS)
    assert flagged.severity == 0.8
    assert flagged.flags[-1] == Flag("p7", 0.8, None, "desk", 1)
    assert replace(flagged, flags=GOODS.flags) == GOODS
    assert FlagBook().flagged("m1", GOODS) is GOODS


def test_what_changed_since_a_version_is_told_as_far_back_as_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flagging, "_MOST_CHANGES", 3)
    book = FlagBook()
    begun = book.version
    assert book.changed_since(begun) == set()
    marks = []
    for number in range(3):
        target = ConsignmentTarget(consignment_id=f"c{number}")
        assert book.apply(flag(f"f{number}", target))
        marks.append(*target.marks)
    assert book.version > begun
    assert book.changed_since(begun) == set(marks)
    assert book.changed_since(book.version) == set()
    before = book.version
    moved = ConsignmentTarget(consignment_id="c9")
    book.apply(flag("f0", moved))
    assert book.changed_since(before) == {marks[0], *moved.marks}, "where it was, and where it is now"
    assert book.changed_since(begun) is None, "too long ago"
    version = book.version
    assert not book.apply(flag("f0", moved))
    assert not book.apply(clear("nobody's"))
    assert book.version == version, "nothing changed"


def test_a_flag_cleared_leaves_nothing_of_its_marks_and_those_of_others_stay() -> None:
    book = FlagBook([flag("f1"), flag("f2"), clear("f1")])
    assert (len(book), [one.flag_id for one in book.messages]) == (1, ["f2"])
    assert book.in_force("f1") is None
    assert book.in_force("f2") is not None
    assert len(book.marks) == 1
    book.apply(clear("f2"))
    assert (len(book), len(book.marks)) == (0, 0)


def test_a_book_is_full_at_so_many_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flagging, "MOST_FLAGS", 2)
    book = FlagBook([flag("f1")])
    assert not book.is_full
    book.apply(flag("f2"))
    assert book.is_full


@pytest.mark.parametrize("is_large", [False, True], ids=["one by one", "by column"])
def test_a_next_version_of_papers_takes_the_place_of_the_one_before_and_an_older_one_does_not(
    is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_large:
        monkeypatch.setattr(flagging, "LARGE_ROWS", 1)

    def papers(version: int, *names: str, manifest_id: str = "m1") -> Manifest:
        items = [replace(GOODS, consignment_id=name) for name in names]
        given = ConsignmentRows(statement_table(items), np.arange(len(items)), {PORT.code: PORT}) if is_large else items
        return Manifest(manifest_id, version, CONVEYANCE, None, given)

    def found(index: CargoIndex) -> list[tuple[str, str]]:
        return sorted((name, item.consignment_id) for name, item in index.meant_by(BY_DOCUMENT))

    index = CargoIndex([papers(1, "a", "b"), papers(1, "c", manifest_id="m2")])
    assert found(index) == [("m1", "a"), ("m1", "b"), ("m2", "c")]
    index.take(papers(2, "b", "d"))
    assert found(index) == [("m1", "b"), ("m1", "d"), ("m2", "c")]
    index.take(papers(1, "a", "b"))
    index.take(papers(2, "e"))
    assert found(index) == [("m1", "b"), ("m1", "d"), ("m2", "c")]
    index.take(papers(3, manifest_id="m2"))
    assert found(index) == [("m1", "b"), ("m1", "d")]
