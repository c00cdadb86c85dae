"""Which ship is meant by a misspelt name: a suggestion until something else speaks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B, call, event, static
from tests.tracker.cargo import papers as p
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.events import EventKind
from tracker.statics import StaticBatch
from tracker.store.database import Database, Write
from tracker.units import US_PER_H
from tracker.voyages.itinerary import Conveyance, ItineraryNode, Mode
from tracker.watch.cargo_aboard import CargoAboard
from tracker.watch.record import StoreRecorder

MISSPELT = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="GREY HERRON"))
UNDATED = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="GREY HERRON"), calls=())
NINETH, TENTH, AT_SEA = "2026-04-09T02:00Z", "2026-04-10T07:00Z", "2026-04-15"


def linker(*manifests: Manifest) -> CargoLinker:
    return CargoLinker(CargoBook(manifests), p.PLACES.get)


def status(linked: CargoLinker, craft: int, when: str = AT_SEA) -> list[str]:
    return [str(link.status) for link in linked.aboard(craft, p.us(when))]


def suggested(linked: CargoLinker, craft: int, when: str = AT_SEA) -> list[str]:
    return [found.said for found in linked.suggestions(craft, p.us(when))]


@pytest.mark.parametrize("papers", [MISSPELT, UNDATED])
def test_a_call_at_the_port_of_loading_makes_a_suggestion_a_match(papers: Manifest) -> None:
    linked = linker(papers)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    assert status(linked, SHIP_A) == []
    assert suggested(linked, SHIP_A) == ["GREY HERON"]
    linked.add_port_calls([call(SHIP_A, "BRSSZ", NINETH, TENTH)])
    assert status(linked, SHIP_A) == ["loaded"]
    assert suggested(linked, SHIP_A) == []
    (link,) = linked.aboard(SHIP_A, p.us(AT_SEA))
    assert link.reason.startswith("GREY HERON resembles GREY HERRON, seen at BRSSZ")
    assert status(linked, SHIP_A, "2026-04-09T01:00Z") == [], "not before the call"


def test_a_suggestion_says_why_and_what_would_decide_and_is_in_no_alert() -> None:
    linked = linker(MISSPELT)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    (found,) = linked.all_suggestions(p.us(AT_SEA))
    assert (found.craft, found.manifest_id, found.said) == (SHIP_A, "M1", "GREY HERON")
    assert found.reason == "GREY HERON resembles GREY HERRON"
    assert found.would_decide == (
        "an IMO number, MMSI or call sign on the papers; or a call at BRSSZ in the time declared; "
        "or NLRTM as its destination in that time"
    )
    alert = AlertDesk(linked).consider(event(detail="emergency", kind=EventKind.INTEGRITY))
    assert alert is not None
    assert (alert.consignments, alert.possible) == ((), ())


def test_papers_with_numbers_are_decided_by_them() -> None:
    named = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="GREY HERRON", imo=9074729, call_sign="OXYZ2"))
    linked = linker(named)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    (found,) = linked.suggestions(SHIP_A, p.us(AT_SEA))
    assert found.would_decide.startswith("IMO number 9074729 or call sign OXYZ2 in its own reports; or a call at")


def test_the_live_program_tells_suggestions_and_takes_them_back() -> None:
    linked, told, store = linker(MISSPELT), CargoAboard(), Database(None)

    class Recorder:
        def task(self, write: Write) -> None:
            store.write(write)

    def suggestions() -> list[str]:
        told.tell(linked, p.us(AT_SEA), cast("StoreRecorder", Recorder()))
        store.commit()
        return [name for (name,) in store.cursor().execute("SELECT name FROM cargo_suggestions").fetchall()]

    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    assert suggestions() == ["GREY HERON"]
    linked.add_port_calls([call(SHIP_A, "BRSSZ", NINETH, TENTH)])
    assert suggestions() == []
    store.close()


def test_another_months_call_is_no_witness() -> None:
    linked = linker(MISSPELT)
    linked.observe(static(SHIP_A, "2026-02-08", name="GREY HERON"))
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-02-09", "2026-02-10")])
    assert status(linked, SHIP_A) == []
    assert suggested(linked, SHIP_A) == ["GREY HERON"]


def test_it_is_taken_back_where_a_ship_of_the_very_name_is_heard() -> None:
    linked = linker(MISSPELT)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    linked.add_port_calls([call(SHIP_A, "BRSSZ", NINETH, TENTH)])
    linked.take_changed()
    linked.observe(static(SHIP_B, "2026-04-16", name="GREY HERRON"))
    assert SHIP_A in linked.take_changed(), "its alerts are judged again"
    assert status(linked, SHIP_A) == ["loaded"], "as it was known then"
    assert linked.aboard(SHIP_A, p.us(AT_SEA), p.us("2026-04-17")) == []
    assert suggested(linked, SHIP_A, "2026-04-17") == []


def test_two_that_resemble_it_and_were_there_share_the_doubt_and_the_nearer_one_does_not() -> None:
    linked = linker(MISSPELT)
    for craft, name in ((SHIP_A, "GREY HERROW"), (SHIP_B, "GREY HERON")):
        linked.observe(static(craft, "2026-04-08", name=name))
        linked.add_port_calls([call(craft, "BRSSZ", NINETH, TENTH)])
    assert status(linked, SHIP_A) == status(linked, SHIP_B) == ["possible"]
    linked = linker(p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="ALEXANDRA GREYHERRON")))
    for craft, name in ((SHIP_A, "ALEXANDRA GREYHERON"), (SHIP_B, "ALEXANDRE GREYHERON")):
        linked.observe(static(craft, "2026-04-08", name=name))
        linked.add_port_calls([call(craft, "BRSSZ", NINETH, TENTH)])
    assert (status(linked, SHIP_A), status(linked, SHIP_B)) == (["loaded"], [])


def test_a_call_sign_one_letter_off_is_a_witness_without_any_call() -> None:
    linked = linker(p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="GREY HERRON", call_sign="OXAB2")))
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON", call_sign="OXAB3"))
    assert status(linked, SHIP_A) == ["loaded"], "the declared departure is past"


def bound(craft: int, at: str, text: str) -> StaticBatch:
    return StaticBatch.from_columns(1, time_us=p.us(at), craft=craft, name=b"GREY HERON", destination=text.encode())


@pytest.mark.parametrize(
    ("at", "text", "said"),
    [
        ("2026-04-14", "NLRTM", ["loaded"]), ("2026-04-14", "ROTTERDAM", ["loaded"]), ("2026-04-14", "MAPTM", ["loaded"]), ("2026-04-14", "NL RTM", ["loaded"]), ("2026-04-14", "HAMBURG", []), ("2026-04-14", "FOR ORDERS", []),
        ("2026-03-14", "NLRTM", []),
    ],
)  # fmt: skip
def test_a_ship_bound_for_a_port_of_the_itinerary_in_the_declared_time_is_meant(
    at: str, text: str, said: list[str]
) -> None:
    linked = linker(MISSPELT)
    linked.observe(bound(SHIP_A, at, text))
    again = linker(MISSPELT)
    again.restore(linked.snapshot())
    assert status(linked, SHIP_A) == status(again, SHIP_A) == said
    assert suggested(linked, SHIP_A) == ([] if said else ["GREY HERON"])


def test_a_call_at_another_port_of_the_itinerary_about_the_declared_time_is_a_witness() -> None:
    for arrives, leaves, said in (
        ("2026-04-20T01:00Z", "2026-04-20T19:00Z", ["loaded"]),
        ("2026-04-16T01:00Z", "2026-04-16T19:00Z", []),
    ):
        linked = linker(MISSPELT)
        linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
        linked.add_port_calls([call(SHIP_A, "MAPTM", arrives, leaves)])
        assert status(linked, SHIP_A, "2026-04-21") == said


@pytest.mark.parametrize(
    ("shift_h", "calls", "said"), [(5, p.CALLS, ["loaded"]), (72, p.CALLS, []), (0, p.CALLS[:1], []), (0, (), [])]
)
def test_a_ship_named_rightly_on_other_papers_is_meant_by_those_that_declare_the_same_calls(
    shift_h: int, calls: tuple[ItineraryNode, ...], said: list[str]
) -> None:
    moved = tuple(
        replace(
            node,
            arrive_us=None if node.arrive_us is None else node.arrive_us + shift_h * US_PER_H,
            depart_us=None if node.depart_us is None else node.depart_us + shift_h * US_PER_H,
        )
        for node in calls
    )
    other = p.manifest(
        p.consignment("C9", "MAPTM"), manifest_id="M2", conveyance=Conveyance(Mode.SEA, name="GREY HERON"), calls=moved
    )
    linked = linker(MISSPELT, other)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    mine = [link for link in linked.aboard(SHIP_A, p.us(AT_SEA)) if link.manifest.manifest_id == "M1"]
    assert [str(link.status) for link in mine] == said
    assert all("calls as on papers M2" in link.reason for link in mine)
    assert suggested(linked, SHIP_A) == []


TWO_PORTS = tuple(
    replace(node, arrive_us=None, depart_us=None, arrive_from_us=None, depart_until_us=None)
    for node in p.CALLS
    if node.location in ("BRSSZ", "NLRTM")
)


def of_two_carriers(theirs: str = "", mine: str = "") -> CargoLinker:
    """Two papers of the same two ports without times, the one with the ship's name, the other with a wrong letter."""
    named = Conveyance(Mode.SEA, name="GREY HERON", voyage_number=theirs or None)
    wrong = Conveyance(Mode.SEA, name="GREY HERRON", voyage_number=mine or None)
    other = p.manifest(p.consignment("C9", "NLRTM"), manifest_id="M2", conveyance=named, calls=TWO_PORTS)
    return linker(p.manifest(p.FULL, conveyance=wrong, calls=TWO_PORTS), other)


def of_m1(linked: CargoLinker) -> list[tuple[str, str]]:
    found = linked.aboard(SHIP_A, p.us(AT_SEA))
    return [(str(link.status), link.reason) for link in found if link.manifest.manifest_id == "M1"]


def test_the_route_of_papers_with_its_name_and_a_call_there_join_papers_without_times() -> None:
    linked = of_two_carriers()
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    assert of_m1(linked) == [], "two ports without times are no voyage"
    linked.add_port_calls([call(SHIP_A, "BRSSZ", NINETH, TENTH)])
    ((status_, reason),) = of_m1(linked)
    assert status_ == "loaded"
    assert "calls as on papers M2, which have its name, seen at BRSSZ" in reason


def test_the_route_and_a_destination_on_it_join_them_too_and_a_call_elsewhere_does_not() -> None:
    linked = of_two_carriers()
    linked.observe(bound(SHIP_A, "2026-04-14", "NLRTM"))
    assert [one[0] for one in of_m1(linked)] == ["loaded"]
    linked = of_two_carriers()
    linked.observe(bound(SHIP_A, "2026-04-14", "HAMBURG"))
    linked.add_port_calls([call(SHIP_A, "DEHAM", NINETH, TENTH)])
    assert of_m1(linked) == []


def test_one_voyage_number_and_route_join_papers_of_a_wrong_name_to_those_with_the_right_one() -> None:
    linked = of_two_carriers("014N", "14N")
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    ((_, reason),) = of_m1(linked)
    assert "voyage 14N as on papers M2" in reason
    linked = of_two_carriers("014N", "15N")
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    assert of_m1(linked) == []


def test_an_old_mmsi_on_papers_does_not_lose_the_ship_of_the_name() -> None:
    papers = p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, name="GREY HERON", mmsi=538000001))
    linked = linker(papers)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    linked.add_port_calls([call(SHIP_A, "BRSSZ", NINETH, TENTH)])
    assert status(linked, SHIP_A) == ["loaded"]


def test_a_restored_linker_knows_the_suggestion() -> None:
    linked = linker(MISSPELT)
    linked.observe(static(SHIP_A, "2026-04-08", name="GREY HERON"))
    again = linker(MISSPELT)
    again.restore(linked.snapshot())
    again.add_port_calls([call(SHIP_A, "BRSSZ", NINETH, TENTH)])
    assert status(again, SHIP_A) == ["loaded"]
    again.forget_craft(np.array([SHIP_A]))
    assert status(again, SHIP_A) == suggested(again, SHIP_A) == []


def test_misspelt_papers_that_come_later_are_laid_over_what_was_heard_before() -> None:
    linked = linker()
    linked.observe(static(SHIP_A, "2026-04-08", name="M/V GREY HERON"))
    linked.observe(static(SHIP_B, "2026-04-08", name="KESTREL"))
    linked.add_port_calls([call(SHIP_A, "BRSSZ", NINETH, TENTH)])
    assert SHIP_A in linked.take([MISSPELT], p.us("2026-04-12"))
    assert status(linked, SHIP_A) == ["loaded"]
    assert status(linked, SHIP_B) == []
