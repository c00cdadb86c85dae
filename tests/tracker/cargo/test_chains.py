"""A flag follows the goods, the bill and the box along a transhipment: from Santos over Tanger to Rotterdam, on two ships."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.consignment import Consignment, Flag, TransportEquipment
from tracker.cargo.flagging import ConsignmentTarget, FlagBook, FlagMessage
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.identity import number
from tracker.voyages.itinerary import Conveyance, Mode

DRUGS = Flag("drugs", 0.9, "Seal photo differs", "risk engine")
BOX = (TransportEquipment("CSQU3054383"),)


def first(*items: Consignment, **given: Any) -> Manifest:
    ship = Conveyance(Mode.SEA, mmsi=int(number(SHIP_A)))
    calls = p.node("BRSSZ", depart="2026-04-01T06:00Z"), p.node("MAPTM", arrive="2026-04-11T06:00Z")
    return p.manifest(*items, manifest_id="TS-1", conveyance=ship, calls=calls, **given)


def second(*items: Consignment, sails: str = "2026-04-14T06:00Z") -> Manifest:
    ship = Conveyance(Mode.SEA, mmsi=int(number(SHIP_B)))
    calls = p.node("MAPTM", depart=sails), p.node("NLRTM", arrive="2026-12-19T06:00Z")
    return p.manifest(*items, manifest_id="TS-2", conveyance=ship, calls=calls)


def leg(which: int, bill: str = "THRU123", identifier: str = "1", **given: Any) -> Consignment:
    ends = ("BRSSZ", "MAPTM") if which == 1 else ("MAPTM", "NLRTM")
    return p.consignment(identifier, *ends, document_number=bill, **given)


def flags_on(linked: CargoLinker, when: str = "2026-04-15", craft: int = SHIP_B) -> dict[str, list[str]]:
    links = linked.aboard(craft, p.us(when))
    return {link.consignment.consignment_id: [flag.flag for flag in link.consignment.flags] for link in links}


def linker(*manifests: Manifest, flags: FlagBook | None = None) -> CargoLinker:
    return CargoLinker(CargoBook(manifests), p.PLACES.get, flags=flags)


FLAGGED = leg(1, flags=(DRUGS,), equipment=BOX)


def test_a_through_bill_takes_its_flag_along() -> None:
    linked = linker(first(FLAGGED), second(leg(2), leg(2, "OTHER", "2")))
    assert flags_on(linked) == {"1": ["drugs"], "2": []}
    (told,) = [link.consignment for link in linked.aboard(SHIP_B, p.us("2026-04-15")) if link.consignment.is_flagged]
    assert told.flags[0].reason == "Seal photo differs (follows bill THRU123 from manifest TS-1)"
    assert told.severity == 0.9


def test_a_box_takes_it_along_under_another_bill() -> None:
    linked = linker(first(FLAGGED), second(leg(2, "FEEDER9", equipment=BOX), leg(2, "OTHER", "2")))
    assert flags_on(linked) == {"1": ["drugs"], "2": []}
    assert flags_on(
        linker(first(FLAGGED), second(leg(2, "FEEDER9", equipment=BOX), sails="2026-07-30T06:00Z")), "2026-08-01"
    ) == {"1": []}, "months later it holds other goods"


def test_of_several_bills_in_a_box_the_flagged_one_is_meant() -> None:
    linked = linker(first(FLAGGED), second(leg(2, equipment=BOX), leg(2, "OTHER", "2", equipment=BOX)))
    assert flags_on(linked) == {"1": ["drugs"], "2": []}


def test_a_house_bill_and_its_master() -> None:
    linked = linker(
        first(leg(1, "MASTER1", flags=(DRUGS,))), second(leg(2, "HOUSE7", master_document_number="MASTER1"))
    )
    assert flags_on(linked) == {"1": ["drugs"]}
    linked = linker(
        first(leg(1, "HOUSE7", flags=(DRUGS,), master_document_number="M1")),
        second(leg(2, "M1"), leg(2, "HOUSE8", "2", master_document_number="M1")),
    )
    assert flags_on(linked) == {"1": ["drugs"], "2": []}


def test_the_same_number_of_another_carrier_is_another_bill() -> None:
    linked = linker(first(leg(1, flags=(DRUGS,), carrier="MSC")), second(leg(2, carrier="ONE")))
    assert flags_on(linked) == {"1": []}


@pytest.mark.parametrize("order", [1, -1])
def test_papers_may_come_in_any_order_and_be_amended(order: int) -> None:
    linked = linker()
    for manifest in (first(FLAGGED), second(leg(2)))[::order]:
        linked.take([manifest], p.us("2026-04-02"))
    assert flags_on(linked) == {"1": ["drugs"]}
    linked.take([first(leg(1, equipment=BOX), version=2)], p.us("2026-04-03"))
    assert flags_on(linked) == {"1": []}, "the flag was taken off"


def test_what_is_cleared_on_one_leg_is_cleared_on_the_other() -> None:
    flags = FlagBook()
    linked = linker(first(FLAGGED), second(leg(2, "FEEDER9", equipment=BOX)), flags=flags)
    assert flags_on(linked) == {"1": ["drugs"]}
    target = ConsignmentTarget(None, "1", "TS-1")
    flags.apply(FlagMessage("F1", "clear", target, None, 0.5, None, "officer", p.us("2026-04-12")))
    assert flags_on(linked) == {"1": []}


def test_a_snapshot_keeps_the_chain() -> None:
    papers = first(FLAGGED), second(leg(2))
    after = linker(*papers)
    after.restore(linker(*papers).snapshot())
    assert flags_on(after) == {"1": ["drugs"]}
