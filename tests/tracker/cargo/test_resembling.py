"""Which ship is meant by a misspelt name: a suggestion until something else speaks for it."""

from __future__ import annotations

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
from tracker.voyages.itinerary import Conveyance, Mode
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
        ("2026-04-14", "NLRTM", ["loaded"]), ("2026-04-14", "ROTTERDAM", ["loaded"]), ("2026-04-14", "MAPTM", []), ("2026-04-14", "FOR ORDERS", []),
        ("2026-03-14", "NLRTM", []),
    ],
)  # fmt: skip
def test_a_ship_bound_for_the_port_of_discharge_in_the_declared_time_is_meant(
    at: str, text: str, said: list[str]
) -> None:
    linked = linker(MISSPELT)
    linked.observe(bound(SHIP_A, at, text))
    again = linker(MISSPELT)
    again.restore(linked.snapshot())
    assert status(linked, SHIP_A) == status(again, SHIP_A) == said
    assert suggested(linked, SHIP_A) == ([] if said else ["GREY HERON"])


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
