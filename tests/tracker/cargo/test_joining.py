"""A bill that names a ship by name and voyage alone is joined to the ship through a schedule, and to what the carrier published of its calls."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from tests.tracker.alerts.story import SHIP_A, static
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.joining import PaperJoin
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.units import US_PER_DAY, US_PER_H
from tracker.voyages.itinerary import Conveyance, DeclaredChange, Itinerary, Mode

BILL_SHIP = Conveyance(Mode.SEA, name="M/V SEA STAR", voyage_number="0114N")
SCHEDULED = Conveyance(Mode.SEA, imo=9074729, mmsi=219001234, name="Sea Star", call_sign="OXYZ2", voyage_number="114N")
GOODS = p.consignment("C1")


def bill(**more: Any) -> Manifest:
    given: dict[str, Any] = {"conveyance": BILL_SHIP, "calls": (), "manifest_id": "BILL"} | more
    return p.manifest(*given.pop("items", (GOODS,)), **given)


def schedule(
    *calls: Any,
    changes: tuple[DeclaredChange, ...] = (),
    conveyance: Conveyance = SCHEDULED,
    name: str = "S1",
    version: int = 1,
) -> Manifest:
    itinerary = Itinerary(name, version, conveyance, calls or p.CALLS, changes)
    return Manifest(name, version, conveyance, itinerary, ())


def joined(*manifests: Manifest) -> Manifest:
    join = PaperJoin(lambda one, other: one == other)
    found: dict[str, Manifest] = {}
    for manifest in manifests:
        found |= {one.manifest_id: one for one in join.take([manifest])}
    return found["BILL"]


@pytest.mark.parametrize("order", list(permutations((bill(), schedule()))))
def test_a_bill_by_name_and_voyage_is_bound_to_the_ship_and_its_calls(order: tuple[Manifest, ...]) -> None:
    found = joined(*order)
    assert (found.conveyance.imo, found.conveyance.mmsi, found.conveyance.call_sign) == (9074729, None, "OXYZ2")
    assert found.conveyance.name == "M/V SEA STAR", "what it says itself stays"
    assert found.itinerary is not None
    assert found.itinerary.nodes == p.CALLS
    assert found.itinerary.conveyance == found.conveyance


@pytest.mark.parametrize(
    "other",
    [
        schedule(conveyance=replace(SCHEDULED, voyage_number="115N")), schedule(conveyance=replace(SCHEDULED, name="SEA SUN")),
        schedule(p.node("BEANR", depart="2026-04-11")),
    ],
    ids=["voyage", "name", "ports"],
)  # fmt: skip
def test_another_voyage_ship_or_route_binds_nothing(other: Manifest) -> None:
    assert joined(bill(), other) == bill()


UNDATED = tuple(
    replace(node, arrive_us=None, depart_us=None, arrive_from_us=None, depart_until_us=None) for node in p.CALLS
)


def moved(by_us: int) -> tuple[Any, ...]:
    return tuple(
        replace(
            node,
            arrive_us=None if node.arrive_us is None else node.arrive_us + by_us,
            depart_us=None if node.depart_us is None else node.depart_us + by_us,
        )
        for node in p.CALLS
    )


@pytest.mark.parametrize("voyage", ["659S", None])
@pytest.mark.parametrize("calls", [p.CALLS, UNDATED, moved(3 * US_PER_H)], ids=["same", "undated", "hours apart"])
def test_papers_of_another_carrier_with_the_same_calls_tell_the_number_whatever_their_voyage_number(
    voyage: str | None, calls: tuple[Any, ...]
) -> None:
    mine = bill(conveyance=replace(BILL_SHIP, voyage_number=voyage), calls=calls)
    other = p.manifest(p.consignment("C9"), manifest_id="M2", conveyance=SCHEDULED, calls=p.CALLS)
    for order in permutations((mine, other)):
        found = joined(*order)
        assert (found.conveyance.imo, found.conveyance.voyage_number) == (9074729, voyage)
        assert found.itinerary is not None
        assert [node.arrive_us for node in found.itinerary.nodes] == [node.arrive_us for node in calls], "no more"


@pytest.mark.parametrize(
    ("name", "calls"),
    [("SEA STAR", moved(7 * US_PER_DAY)), ("SEA STAR", p.CALLS[:2]), ("SEA SUN", p.CALLS), ("SEA STAR", p.CALLS[:1])],
    ids=["next week", "another route", "another name", "one port"],
)
def test_other_times_another_route_or_name_tell_no_number(name: str, calls: tuple[Any, ...]) -> None:
    mine = bill(conveyance=Conveyance(Mode.SEA, name=name, voyage_number="659S"), calls=calls)
    other = p.manifest(p.consignment("C9"), manifest_id="M2", conveyance=SCHEDULED, calls=p.CALLS)
    assert joined(other, mine).conveyance.imo is None


def test_a_number_that_cannot_be_is_told_to_nobody() -> None:
    mine = bill(conveyance=replace(BILL_SHIP, voyage_number="659S"), calls=p.CALLS)
    wrong = p.manifest(
        p.consignment("C8"), manifest_id="M1", conveyance=replace(SCHEDULED, imo=9074720, mmsi=None), calls=p.CALLS
    )
    right = p.manifest(p.consignment("C9"), manifest_id="M2", conveyance=SCHEDULED, calls=p.CALLS)
    assert joined(mine, wrong).conveyance.imo is None
    assert joined(mine, wrong, right).conveyance.imo == 9074729


def test_the_same_voyage_number_of_another_year_binds_nothing() -> None:
    dated = bill(calls=(p.node("BRSSZ", depart="2025-04-10T06:00:00Z"), p.node("NLRTM", "2025-04-25T06:00:00Z")))
    assert joined(dated, schedule()) == dated


def test_two_ships_of_one_name_and_voyage_bind_to_neither() -> None:
    twin = schedule(conveyance=replace(SCHEDULED, imo=9100700, mmsi=None), name="S2")
    assert joined(bill(), schedule(), twin) == bill()


def test_a_manifest_of_the_voyage_tells_the_number_too() -> None:
    manifest = p.manifest(p.consignment("C9"), conveyance=SCHEDULED, manifest_id="M9")
    found = joined(bill(), manifest)
    assert found.conveyance.imo == 9074729
    assert found.itinerary is None, "its calls are its own"


def test_an_mmsi_is_taken_only_where_there_is_no_imo_number() -> None:
    found = joined(bill(), schedule(conveyance=replace(SCHEDULED, imo=None)))
    assert (found.conveyance.imo, found.conveyance.mmsi) == (None, 219001234)
    own = bill(conveyance=replace(BILL_SHIP, imo=9074729))
    assert joined(own, schedule()).conveyance.mmsi is None


OMITTED = (DeclaredChange("OMIT", "MAPTM", "congestion"),)
SHORT = p.CALLS[0], p.CALLS[2]
OWN = bill(calls=p.CALLS, conveyance=replace(BILL_SHIP, imo=9074729))


def locations(manifest: Manifest) -> list[str]:
    return [node.location for node in manifest.itinerary.nodes] if manifest.itinerary else []


def test_an_omission_that_was_published_is_declared() -> None:
    found = joined(OWN, schedule(*SHORT, changes=OMITTED))
    assert locations(found) == ["BRSSZ", "NLRTM"]
    assert found.itinerary is not None
    assert found.itinerary.changes == OMITTED
    assert locations(joined(OWN, schedule())) == ["BRSSZ", "MAPTM", "NLRTM"]
    assert locations(joined(OWN, schedule(*SHORT))) == ["BRSSZ", "MAPTM", "NLRTM"], (
        "not in the schedule, but nobody said it is omitted"
    )


def test_another_order_and_a_further_call_are_declared() -> None:
    turned = p.CALLS[0], p.node("NLRTM", "2026-04-20T10:00Z"), p.node("MAPTM", "2026-04-25T10:00Z")
    assert locations(joined(OWN, schedule(*turned, changes=(DeclaredChange("ROTC", "MAPTM"),)))) == [
        "BRSSZ",
        "NLRTM",
        "MAPTM",
    ]
    longer = (*p.CALLS[:2], p.node("BEANR", "2026-04-23T10:00Z"), p.CALLS[2])
    assert locations(joined(OWN, schedule(*longer))) == ["BRSSZ", "MAPTM", "BEANR", "NLRTM"]


def test_a_delay_that_was_published_is_declared() -> None:
    late = p.CALLS[0], p.node("NLRTM", "2026-04-28T10:00Z")
    found = joined(OWN, schedule(*late))
    assert locations(found) == ["BRSSZ", "MAPTM", "NLRTM"]
    assert found.itinerary is not None
    assert found.itinerary.nodes[2].arrive_us == p.us("2026-04-28T10:00Z")
    assert found.itinerary.nodes[1] == p.CALLS[1]


def test_a_cancelled_voyage_declares_no_call() -> None:
    gone = tuple(DeclaredChange("BLNK", node.location) for node in p.CALLS)
    cancelled = Manifest("S1", 2, SCHEDULED, Itinerary("S1", 2, SCHEDULED, (), gone), ())
    assert locations(joined(OWN, schedule(), cancelled)) == []


def test_a_later_schedule_joins_anew_and_the_same_changes_nothing() -> None:
    join = PaperJoin(lambda one, other: one == other)
    join.take([OWN, schedule()])
    assert [m.manifest_id for m in join.take([schedule(*SHORT, changes=OMITTED, version=2)])] == ["S1", "BILL"]
    assert join.take([schedule(*SHORT, changes=OMITTED, version=2)]) == []
    join.forget(["S1"])
    assert locations(join.take([replace(OWN, version=2)])[0]) == ["BRSSZ", "MAPTM", "NLRTM"]


def test_a_ship_that_says_no_voyage_is_joined_by_number_ports_and_time() -> None:
    plain = bill(conveyance=Conveyance(Mode.SEA, imo=9074729), calls=p.CALLS)
    assert locations(joined(plain, schedule(*SHORT, changes=OMITTED))) == ["BRSSZ", "NLRTM"]


def linker(*manifests: Manifest) -> CargoLinker:
    return CargoLinker(CargoBook(manifests), p.PLACES.get)


def heard(linked: CargoLinker, imo: int, craft: int, when: str, name: str = "ANOTHER NAME") -> None:
    linked.observe(static(craft, when, imo=imo, name=name))


def test_a_bill_without_a_number_finds_the_ship_by_the_schedule_and_only_from_then_on() -> None:
    linked = linker(bill())
    heard(linked, 9074729, SHIP_A, "2026-04-11")
    at_us = p.us("2026-04-12")
    assert linked.aboard(SHIP_A, at_us) == [], "it is called otherwise"
    assert linked.take([schedule()], p.us("2026-04-13")) == {SHIP_A}
    (link,) = linked.aboard(SHIP_A, p.us("2026-04-14"))
    assert (str(link.status), link.expected_arrival_us) == ("loaded", p.us("2026-04-25T10:00Z"))
    assert linked.aboard(SHIP_A, at_us, at_us) == []
    assert linked.aboard(SHIP_A, at_us, p.us("2026-04-13")) != []
    assert linked.papers[0] == bill(), "the paper itself is as it was"


def test_a_restored_linker_joins_as_before() -> None:
    before = linker(bill())
    heard(before, 9074729, SHIP_A, "2026-04-11")
    before.take([schedule()], p.us("2026-04-13"))
    before.take([schedule(*SHORT, changes=OMITTED, version=2)], p.us("2026-04-15"))
    after = linker(bill())
    after.restore(before.snapshot(), [schedule(), schedule(*SHORT, changes=OMITTED, version=2)])
    assert after.snapshot() == before.snapshot()
    for when in ("2026-04-12", "2026-04-14", "2026-04-16"):
        at_us = p.us(when)
        assert after.aboard(SHIP_A, at_us) == before.aboard(SHIP_A, at_us)
        assert after.itinerary(SHIP_A, at_us) == before.itinerary(SHIP_A, at_us)
    assert [len(i.nodes) for i in after.itineraries()] == [2, 2]


def test_a_schedule_that_comes_joins_no_bill_of_another_voyage() -> None:
    linked = linker(bill(), bill(manifest_id="OTHER", conveyance=replace(BILL_SHIP, voyage_number="7S")))
    linked.take_joined()
    linked.take([schedule()], p.us("2026-04-13"))
    assert sorted(m.manifest_id for m in linked.take_joined()) == ["BILL", "S1"]


def test_of_papers_that_tell_the_same_one_is_looked_at_and_only_those_who_learn_are_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[tuple[str, str]] = []
    fits = PaperJoin._fits

    def counted(self: PaperJoin, paper: Any, other: Any) -> bool:
        looked.append((paper.manifest.manifest_id, other.manifest.manifest_id))
        return fits(self, paper, other)

    monkeypatch.setattr(PaperJoin, "_fits", counted)
    join, numbered = PaperJoin(lambda one, other: one == other), replace(BILL_SHIP, imo=9074729)
    for number in range(40):
        join.take([bill(manifest_id=f"N{number:02}", conveyance=numbered), bill(manifest_id=f"U{number:02}")])
    assert {other for _, other in looked} == {"N00"}
    assert len(looked) == 40, "each of those without a number asks once; others of one ship are nothing to each other"
    looked.clear()
    join.take([schedule(name=f"S{number:02}") for number in range(20)])
    assert len(looked) == 2 * 20 + 1, "forty with and forty without a number are of two profiles: one looks for each"


def test_who_spoke_for_papers_that_tell_the_same_is_replaced_when_it_says_otherwise_or_goes() -> None:
    join, numbered = PaperJoin(lambda one, other: one == other), replace(BILL_SHIP, imo=9074729)
    told = [bill(manifest_id=name, conveyance=numbered, calls=p.CALLS) for name in ("N1", "N2")]
    (*_, found) = join.take([*told, bill(calls=p.CALLS)])
    assert found.conveyance.imo == 9074729
    other = replace(BILL_SHIP, imo=9178393)
    changed = {
        one.manifest_id: one for one in join.take([bill(manifest_id="N1", conveyance=other, calls=p.CALLS, version=2)])
    }
    assert changed["BILL"].conveyance.imo is None, "of two ships: neither"
    join.forget(["N1"])
    (found,) = (one for one in join.take([bill(calls=p.CALLS, version=2)]) if one.manifest_id == "BILL")
    assert found.conveyance.imo == 9074729
