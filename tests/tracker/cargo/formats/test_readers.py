"""Schedules become declared itineraries, and statuses box events, whoever's form they come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.cargo import papers as p
from tests.tracker.cargo.formats import samples as s
from tracker.cargo.book import CargoBook
from tracker.cargo.box_events import BoxEvent
from tracker.cargo.read import read_cargo
from tracker.geography.places import WorldPlaces
from tracker.voyages.itinerary import DeclaredChange

SCHEDULES = {"IFTSAI": s.interchange(s.IFTSAI), "323": s.X323, "OVS": json.dumps(s.OVS).encode(), "CSV": s.CSV.encode()}
STATUSES = {
    "BAPLIE": s.interchange(s.BAPLIE), "COARRI": s.interchange(s.coarri()), "IFTSTA": s.interchange(s.IFTSTA), "315": s.X315,
    "CODECO": s.interchange(s.CODECO), "DCSA": json.dumps([s.event()]).encode(),
}  # fmt: skip


def only(book: CargoBook) -> BoxEvent:
    assert [file.rejects.total for file in book.files] == [0]
    (event,) = book.box_events
    return event


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_a_declared_itinerary(name: str, tmp_path: Path) -> None:
    book = s.read(tmp_path, SCHEDULES[name])
    (found,) = [m for m in book.manifests if m.conveyance.voyage_number == "114N"]
    assert found.consignments == ()
    assert (found.conveyance.imo, (found.conveyance.name or "").upper()) == (9074729, "SEA STAR")
    assert found.itinerary is not None
    nodes = {node.location: node for node in found.itinerary.nodes}
    is_omitted = name in ("OVS", "CSV")
    assert list(nodes) == (["BRSSZ", "NLRTM"] if is_omitted else ["BRSSZ", "MAPTM", "NLRTM"])
    sails = {"OVS": "2026-04-10T07:00:00Z"}.get(name, "2026-04-10T06:00:00Z")
    assert nodes["BRSSZ"].depart_us == p.us(sails), "Santos is three hours behind UTC"
    if name in ("IFTSAI", "323"):
        assert nodes["MAPTM"].arrive_us == p.us("2026-04-20T04:00:00Z"), "and Tanger one ahead"
        assert nodes["NLRTM"].arrive_us == p.us("2026-04-25T22:00:00Z"), "a date alone ends with the day in Rotterdam"
    assert [change.code for change in found.itinerary.changes] == (["OMIT"] if is_omitted else [])


def test_each_voyage_of_a_vessel_is_one_itinerary(tmp_path: Path) -> None:
    book = s.read(tmp_path, s.OVS)
    calls = {m.conveyance.voyage_number: [n.location for n in m.itinerary.nodes] for m in book.manifests if m.itinerary}
    assert calls == {"113S": ["BRSSZ"], "114N": ["BRSSZ", "NLRTM"], "115S": ["NLRTM"]}


@pytest.mark.parametrize("between", ["", "\n", " \ufeff"])
def test_schedules_joined_to_one_file_are_all_read_and_the_same_one_changes_nothing(
    between: str, tmp_path: Path
) -> None:
    once, text = s.read(tmp_path, s.OVS), json.dumps(s.OVS)
    other = json.dumps(s.ovs(s.ovs_call("BRSSZ", "", "200N"), s.ovs_call("NLRTM", "200N", "")))
    book = s.read(tmp_path, between.join((text, text, other)).encode())
    assert [m.conveyance.voyage_number for m in book.manifests] == [
        *(m.conveyance.voyage_number for m in once.manifests), "200N",
    ]  # fmt: skip
    assert [(file.rejects.total, file.incomplete) for file in book.files] == [(0, "")]
    cut = s.read(tmp_path, (text + between + other[:-30]).encode())
    assert [m.conveyance.voyage_number for m in cut.manifests][:3] == ["113S", "114N", "115S"]
    assert cut.files[0].is_incomplete


def test_a_later_schedule_is_the_next_version_and_what_it_leaves_out_is_gone(tmp_path: Path) -> None:
    before = s.ovs(
        s.ovs_call("BRSSZ", "", "114N"), s.ovs_call("MAPTM", "114N", "114N"), s.ovs_call("NLRTM", "114N", "")
    )
    after = s.ovs(s.ovs_call("BRSSZ", "", "114N"), s.ovs_call("NLRTM", "114N", ""))
    cancelled = s.ovs(*(s.ovs_call(code, "114N", "114N", statusCodes=["BLNK"]) for code in ("BRSSZ", "NLRTM")))
    book = s.read(tmp_path, before, after, after, cancelled)
    (latest,) = book.latest
    assert [m.version for m in book.manifests] == [1, 2, 3]
    assert [len(m.itinerary.nodes) for m in book.manifests if m.itinerary] == [3, 2, 0]
    assert latest.itinerary is not None
    assert latest.itinerary.changes[0] == DeclaredChange("BLNK", "BRSSZ")
    assert book.warnings == 0


def test_a_report_to_customs_gives_the_calls_in_order(tmp_path: Path) -> None:
    (found,) = s.read(tmp_path, s.interchange(s.CUSREP)).manifests
    assert found.itinerary is not None
    assert [node.location for node in found.itinerary.nodes] == ["MAPTM", "NLRTM", "BEANR"]


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_a_box_event(name: str, tmp_path: Path) -> None:
    found = only(s.read(tmp_path, STATUSES[name]))
    assert found.equipment_id == s.BOX
    assert found.location == "BRSSZ"
    assert found.is_proof
    kinds = {"BAPLIE": "stowed", "CODECO": "gated_in"}
    assert str(found.kind) == kinds.get(name, "loaded")
    if name == "CODECO":
        assert found.conveyance is None
        assert found.time_us == p.us("2026-04-09T15:00:00Z")
        return
    assert found.conveyance is not None
    assert (found.conveyance.imo, found.conveyance.voyage_number) == (9074729, "114N")
    assert found.time_us == p.us("2026-04-10T06:00:00Z" if name == "BAPLIE" else "2026-04-10T05:00:00Z")
    if name in ("BAPLIE", "COARRI", "315", "DCSA"):
        assert found.documents == ("MEDUC1",)


@pytest.mark.parametrize(
    ("code", "port", "kind"),
    [
        ("270", "LOC+11+BRSSZ'", "loaded"), ("98", "LOC+9+BRSSZ'", "discharged"), ("46", "LOC+9+BRSSZ'", "loaded"), ("46", "LOC+11+BRSSZ'", "discharged"),
        ("44", "LOC+9+BRSSZ'", "loaded"), ("44", "LOC+165+BRSSZ'", "discharged"),
    ],
)  # fmt: skip
def test_whether_boxes_go_aboard_or_ashore(code: str, port: str, kind: str, tmp_path: Path) -> None:
    found = only(s.read(tmp_path, s.interchange(s.coarri(code, port))))
    assert (str(found.kind), found.location) == (kind, "BRSSZ")


def test_an_order_is_no_proof(tmp_path: Path) -> None:
    found = only(s.read(tmp_path, s.interchange(s.coarri("45").replace("COARRI", "COPRAR"))))
    assert str(found.classifier) == "planned"
    assert not found.is_proof


def test_estimates_and_withdrawals_of_dcsa(tmp_path: Path) -> None:
    planned = s.event(eventClassifierCode="PLN")
    withdrawn = {
        "metadata": {"eventID": "E2", "eventCreatedDateTime": "2026-04-11T00:00:00Z", "retractedEventID": "E1"}
    }
    first, second = s.read(tmp_path, [planned, withdrawn]).box_events
    assert not first.is_proof
    assert (str(second.kind), second.event_id) == ("withdrawn", first.event_id)
    assert second.known_us(0) == p.us("2026-04-11T00:00:00Z")


def test_a_box_in_front_of_its_cell_is_bound_to_it(tmp_path: Path) -> None:
    parts = s.BAPLIE.split("LOC+147")
    box = f"EQD+CN+{s.BOX}+45R1+++5'"
    swapped = parts[0] + box + "LOC+147" + parts[1].replace(box, "") + "UNT+15+1'"
    found = only(s.read(tmp_path, s.interchange(swapped)))
    assert (found.loading, found.discharge) == ("BRSSZ", "NLRTM")


def test_a_clock_at_an_unknown_place_is_any_clock(tmp_path: Path) -> None:
    found = only(s.read(tmp_path, s.interchange(s.coarri(port="LOC+9+XXABC'"))))
    assert found.from_us is not None and found.time_us is not None
    assert (found.time_us - found.from_us) / 3_600_000_000 == 26


@pytest.mark.parametrize("content", [*SCHEDULES.values(), *STATUSES.values()], ids=[*SCHEDULES, *STATUSES])
def test_whatever_is_cut_off_the_rest_is_kept_and_the_account_balances(content: bytes, tmp_path: Path) -> None:
    whole = s.read(tmp_path, content)
    is_csv = content == s.CSV.encode()
    for end in range(200, len(content) - 1, 3):
        book = s.read(tmp_path, content[:end])
        (file,) = book.files
        assert file.rows_in == file.rows_kept + file.rejects.total
        assert file.is_incomplete or is_csv, end
        for event in book.box_events:
            assert event.equipment_id in {one.equipment_id for one in whole.box_events} | {""}
        for manifest in book.manifests:
            assert manifest.conveyance.imo in (9074729, None)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig"])
def test_any_encoding(encoding: str, tmp_path: Path) -> None:
    content = s.interchange(s.coarri()).decode().replace("SEA STAR", "SJÆLLAND")
    name = only(s.read(tmp_path, content.encode(encoding))).conveyance
    assert name is not None
    assert name.name == "SJÆLLAND"


def test_one_bad_segment_costs_its_box_only(tmp_path: Path) -> None:
    boxes = [f"EQD+CN+{number}'" for number in (s.BOX, "", "CSQU3054383")]
    content = s.interchange(
        s.message("COARRI", "BGM+270+X+9'", s.SHIP, "LOC+9+BRSSZ'", "DTM+203:202604100200:203'", *boxes)
    )
    book = s.read(tmp_path, content)
    assert [event.equipment_id for event in book.box_events] == [s.BOX, "CSQU3054383"]
    (sample,) = book.files[0].rejects.samples
    assert "has no number" in sample.note


def test_what_is_not_read_is_refused_and_said(tmp_path: Path) -> None:
    book = s.read(tmp_path, s.interchange(s.message("CUSCAR", "BGM+85'"), s.coarri(number=2)))
    (file,) = book.files
    assert (file.rows_in, file.rejects.total, len(book.box_events)) == (2, 1, 1)
    assert "CUSCAR" in file.rejects.samples[0].note


def test_a_vessel_not_named_yet_declares_nothing(tmp_path: Path) -> None:
    book = s.read(tmp_path, s.ovs(s.ovs_call("BRSSZ", "", "114N"), isDummyVessel=True))
    assert (book.manifests, book.rows_rejected) == ((), 1)


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces()


RECORDED: dict[str, tuple[int, int]] = {
    "edifact/d00b_iftsta.edi": (0, 1), "edifact/d04b_baplie.edi": (0, 1), "edifact/d95b_coprar.edi": (0, 2),
    "x12/315_v004010_status.edi": (0, 1), "dcsa/jit2_port_calls.json": (1, 0), "dcsa/tnt3_drop_pick_events.json": (0, 2),
    "dcsa/tnt3_transport_events.json": (1, 1), "dcsa/ovs3_service_schedule_from_property_examples.json": (2, 0),
}  # fmt: skip
"""File -> itineraries or ships, and box events (a withdrawal is one)."""


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_samples_are_read(name: str, real_data: Path, places: WorldPlaces) -> None:
    book = read_cargo([real_data / "manifests" / name], places.resolve_location)
    assert (len(book.manifests), len(book.box_events)) == RECORDED[name]
    assert book.rows_rejected == 0


def test_recorded_samples_say_what_they_say(real_data: Path, places: WorldPlaces) -> None:
    def book(name: str) -> Any:
        return read_cargo([real_data / "manifests" / name], places.resolve_location)

    omitted = book("dcsa/ovs3_service_schedule_from_property_examples.json").latest[0]
    assert (omitted.conveyance.imo, omitted.conveyance.mmsi, omitted.conveyance.call_sign) == (
        9321483,
        278111222,
        "NCVV",
    )
    assert [change.code for change in omitted.itinerary.changes] == ["OMIT", "DELAY"]
    order = book("edifact/d95b_coprar.edi")
    assert order.files[0].is_incomplete
    assert {(str(e.kind), str(e.classifier), e.location, e.conveyance.call_sign) for e in order.box_events} == {
        ("loaded", "planned", "AEJEA", "D5EP4")
    }
    stowed = book("edifact/d04b_baplie.edi").box_events[0]
    assert (str(stowed.kind), stowed.conveyance.name, stowed.conveyance.voyage_number) == (
        "stowed",
        "MEAN TRANS",
        "RFN234",
    )
    box = book("x12/315_v004010_status.edi").box_events[0]
    assert (box.equipment_id, box.documents, box.conveyance.voyage_number) == (
        "GMCU6094137",
        ("21001ASK5V9U", "1NAN910141"),
        "202N",
    )
