"""Papers in columns answer as papers in objects do: legs, marks, flags, and which consignments a flag means."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.tracker.cargo import papers as p
from tracker.cargo import flagging
from tracker.cargo.columns import statement_table
from tracker.cargo.consignment import Consignment, Party
from tracker.cargo.flag_chains import FlagChains, chain_marks
from tracker.cargo.flagged_legs import FlaggedLegs
from tracker.cargo.flagging import CargoIndex, ConsignmentTarget, FlagBook, FlagMessage, PartyTarget, marks_of
from tracker.cargo.legs import legs_of
from tracker.cargo.manifest import Manifest
from tracker.cargo.marks import marks_of_rows
from tracker.cargo.rows import ConsignmentRows

NAMES = (
    "Van Dam Fruit, BV",
    "VAN DAM  fruit, bv",
    "Straße & Söhne",
    "STRASSE & SÖHNE",
    "İzmir Gıda",
    "中远海运",
    "A-1",
    "a 1",
    "x" * 300,
)
ITEMS = tuple(
    p.consignment(
        f"C{i:02}", ("BRSSZ", "MAPTM")[i % 2], ("NLRTM", "BEANR")[i // 2 % 2], document_number=f"medu-{i // 2} {chr(65 + i % 3)}",
        master_document_number="MAEU 77" if i % 5 == 0 else None, consignor=Party(NAMES[i % len(NAMES)], id=f"nl.{i % 4}" if i % 3 else None),
        consignee=Party(NAMES[(i * 2) % len(NAMES)]) if i % 4 else None, notify=Party("ß", id="ß7") if i % 7 == 0 else None,
        equipment=(p.BOX,) if i % 6 == 0 else (), flags=(p.COCAINE,) if i % 8 == 0 else (), goods=(p.FRUIT,),
    )
    for i in range(40)
)  # fmt: skip


def as_rows(items: tuple[Consignment, ...]) -> ConsignmentRows:
    """The same consignments in a table in which others stand, too, in another order."""
    others = (p.consignment("other"), *reversed(items))
    places = {place.code: place for item in others for place in (item.loading, item.discharge)}
    return ConsignmentRows(statement_table(others), np.arange(len(items), 0, -1), places)


OBJECTS = p.manifest(*ITEMS)
ROWS = Manifest("M1", 1, p.SHIP, OBJECTS.itinerary, as_rows(ITEMS))


def test_rows_are_the_consignments_they_were_made_of() -> None:
    assert ROWS == OBJECTS
    assert list(ROWS.consignments[3:5]) == list(ITEMS[3:5])
    assert ROWS.ways() == OBJECTS.ways()
    assert ConsignmentRows.joined([ROWS.consignments, ROWS.consignments, ITEMS, ROWS.consignments]) == [
        (*ITEMS, *ITEMS), ITEMS, ITEMS,
    ]  # fmt: skip


def test_legs_are_the_same() -> None:
    by_rows, by_objects = legs_of(ROWS), legs_of(OBJECTS)
    assert [(leg.declared, tuple(leg.items)) for leg in by_rows] == [(leg.declared, leg.items) for leg in by_objects]
    assert len(by_rows) == 4


def test_marks_are_the_same_whatever_letters_are_in_them() -> None:
    assert isinstance(ROWS.consignments, ConsignmentRows)
    expected = Counter((mark, at) for at, item in enumerate(ITEMS) for mark in chain(marks_of(item), chain_marks(item)))
    assert Counter(marks_of_rows(ROWS.consignments)) == expected


@pytest.mark.parametrize(
    "target",
    [
        *(PartyTarget(name) for name in NAMES), PartyTarget(id="NL3"), PartyTarget("ss", "SS7"), ConsignmentTarget("MEDU1A"), ConsignmentTarget("Medu 4 b", manifest_id="M1"),
        ConsignmentTarget("MEDU1A", manifest_id="M9"), ConsignmentTarget(consignment_id="C07"), ConsignmentTarget("none"),
    ],
)  # fmt: skip
def test_a_target_means_the_same_consignments(target: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flagging, "LARGE_ROWS", 10)
    by_rows, by_objects = CargoIndex([ROWS]).meant_by(target), CargoIndex([OBJECTS]).meant_by(target)
    assert sorted(by_rows, key=str) == sorted(by_objects, key=str)


def test_the_next_version_takes_the_place_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flagging, "LARGE_ROWS", 10)
    index = CargoIndex([ROWS])
    target = ConsignmentTarget(consignment_id="C07")
    assert len(index.meant_by(target)) == 1
    index.take(p.manifest(p.consignment("C99"), version=2))
    assert index.meant_by(target) == []
    index.take(replace(ROWS, version=3))
    assert len(index.meant_by(target)) == 1
    index.take(replace(OBJECTS, version=2))
    assert len(index.meant_by(target)) == 1


@pytest.mark.parametrize("most", [1000, 3])
def test_flags_brought_up_to_date_are_those_asked_anew(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(flagging, "_MOST_CHANGES", most)
    chance = random.Random(most)
    book, chains = FlagBook(), FlagChains(lambda one, other: one == other)
    kept = FlaggedLegs(book, chains)
    legs = [*legs_of(ROWS), *legs_of(OBJECTS)]
    for number in range(200):
        target = chance.choice(
            [PartyTarget(chance.choice(NAMES)), ConsignmentTarget(consignment_id=f"C{chance.randrange(40):02}"), ConsignmentTarget("MEDU3B")]
        )  # fmt: skip
        action = chance.choice(["flag", "flag", "clear"])
        flag_id = f"f{chance.randrange(12)}"
        named = None if action == "clear" and chance.random() < 0.5 else target
        book.apply(
            FlagMessage(flag_id, action, named, "fraud" if action == "flag" else None, 0.5, str(number), "t", number)
        )
        if chance.random() < 0.6:
            for leg in legs:
                assert kept.of(leg) == FlaggedLegs(book, chains).of(leg)
    assert any(kept.of(leg).changed for leg in legs)


def test_what_is_made_of_rows_is_kept_for_who_asks_again_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracker.cargo import rows

    monkeypatch.setattr(rows, "MOST_MADE", 10)
    rows._LATELY.clear()
    items = as_rows(ITEMS)
    assert items[0] is items[0]
    for at in range(len(items)):
        assert items[at] == ITEMS[at]
    assert len(rows._LATELY) <= 10
    assert pa.table({"a": [1]}) is not items.whole
