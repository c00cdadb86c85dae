"""One flagged box from Santos to Rotterdam, told from the papers to the last alert.

The Sea Star, known to the papers by her IMO number, loads C1 (flagged) in Santos and C2 in Tanger. She goes dark at sea, meets the
Tramp (known by name alone, with cargo nobody flagged), calls at Antwerp, which nobody declared, and at last at Rotterdam.
A second Sea Star sails elsewhere and must carry nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tracker.alerts.json_schema import errors
from tests.tracker.alerts.story import SHIP_A, SHIP_B, call, event, static
from tests.tracker.cargo import papers as p
from tracker.alerts.alert import Alert
from tracker.alerts.cloudevent import to_json_line
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.read import read_cargo
from tracker.cargo.write import write_cargo_csv, write_cargo_json
from tracker.events import EventKind, EventState
from tracker.identity import mmsi_craft
from tracker.voyages.itinerary import Conveyance, Mode

NAMESAKE = int(mmsi_craft(636000007))
PAPERS = (
    p.manifest(p.FULL, p.consignment("C2", "MAPTM")),
    p.manifest(
        p.consignment("T1", "MAPTM", "BEANR"),
        manifest_id="M8",
        conveyance=Conveyance(Mode.SEA, name="Tramp"),
        calls=(p.node("MAPTM", depart="2026-04-16T00:00Z"), p.node("BEANR", "2026-04-27T00:00Z")),
    ),
)


def through_files(tmp_path: Path, form: str) -> CargoBook:
    if form == "json":
        (tmp_path / "cargo.json").write_text(write_cargo_json(PAPERS), encoding="utf-8")
    else:
        for name, text in write_cargo_csv(PAPERS).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
    return read_cargo([tmp_path], p.locate)


def told(book: CargoBook, *, stop_after: int | None = None) -> list[Alert]:
    """The story; ``stop_after`` alerts everything is put away and taken up again from its snapshot."""
    linker = CargoLinker(book, p.locate)
    desk = AlertDesk(linker)
    alerts: list[Alert] = []

    def consider(*events: object) -> None:
        nonlocal linker, desk
        for one in events:
            alerts.extend(desk.judge(one))
            if len(alerts) == stop_after:
                kept = linker.snapshot(), desk.snapshot()
                linker = CargoLinker(book, p.locate)
                linker.restore(kept[0])
                desk = AlertDesk(linker)
                desk.restore(kept[1])

    linker.observe(static(NAMESAKE, "2026-04-08", name="SEA STAR", imo=9178393))
    linker.observe(static(SHIP_A, "2026-04-09", name="SEA STAR", imo=9074729))
    linker.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09T02:00Z", "2026-04-10T07:00Z")])
    consider(event(EventKind.DARK_PERIOD, NAMESAKE, "2026-04-12", "2026-04-12T06:00Z"))

    dark = event(EventKind.DARK_PERIOD, SHIP_A, "2026-04-14", "2026-04-14T08:00Z", evidence={"speed_kn": 15.0})
    heard = dark.revised(state=EventState.CLOSED, end_us=p.us("2026-04-15"), known_us=p.us("2026-04-15T00:05Z"))
    consider(event(EventKind.GAP, SHIP_A, "2026-04-14", "2026-04-14T08:00Z"), dark, heard)

    linker.add_port_calls([call(SHIP_A, "MAPTM", "2026-04-20T05:00Z", "2026-04-20T21:00Z")])
    linker.observe(static(SHIP_B, "2026-04-21", name="TRAMP"))
    met = event(EventKind.ENCOUNTER, SHIP_A, "2026-04-22", "2026-04-22T03:00Z", other_craft="mmsi:538000001")
    parted = met.revised(state=EventState.CLOSED, end_us=p.us("2026-04-22T06:00Z"), known_us=p.us("2026-04-22T07:00Z"))
    waited = event(EventKind.LOITERING, SHIP_A, "2026-04-21T23:00Z", "2026-04-22T02:30Z")
    consider(waited, met, parted)

    linker.add_port_calls([call(SHIP_A, "BEANR", "2026-04-24T18:00Z")])
    diverted = event(
        EventKind.DIVERSION, SHIP_A, "2026-04-24T18:00Z", "2026-04-24T20:00Z", detail="undeclared_call",
        evidence={"itinerary_id": "M1", "bound_for": "NLRTM"},
    )  # fmt: skip
    consider(diverted)
    linker.add_port_calls([call(SHIP_A, "NLRTM", "2026-04-25T12:00Z")])
    consider(
        diverted.revised(state=EventState.CLOSED, end_us=p.us("2026-04-25T12:00Z"), known_us=p.us("2026-04-25T13:00Z"))
    )
    consider(event(EventKind.LOITERING, SHIP_A, "2026-04-29", "2026-04-29T08:00Z"))
    return alerts


def summary(alerts: list[Alert]) -> list[tuple[str, str, str, str, list[str]]]:
    return [
        (a.event.craft[-4:], str(a.event.kind), str(a.type), str(a.band), [c["consignment_id"] for c in a.consignments])
        for a in alerts
    ]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_the_story_of_one_box(tmp_path: Path, form: str) -> None:
    alerts = told(through_files(tmp_path, form))
    assert summary(alerts) == [
        ("0007", "dark_period", "raised", "low", []),
        ("1234", "dark_period", "raised", "high", ["C1"]),
        ("1234", "dark_period", "closed", "high", ["C1"]),
        ("1234", "loitering", "raised", "high", ["C1", "C2"]),
        ("1234", "encounter", "raised", "high", ["C1", "C2", "T1"]),
        ("1234", "loitering", "retracted", "low", ["C1", "C2"]),
        ("1234", "encounter", "closed", "high", ["C1", "C2", "T1"]),
        ("1234", "diversion", "raised", "critical", ["C1", "C2"]),
        ("1234", "diversion", "closed", "high", ["C1", "C2"]),
        ("1234", "loitering", "raised", "low", []),
    ]
    schema = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "alert.schema.json").read_text("utf-8"))
    assert [errors(json.loads(to_json_line(alert)), schema) for alert in alerts] == [[]] * len(alerts)


def test_what_an_officer_reads_of_the_undeclared_call(tmp_path: Path) -> None:
    alert = told(through_files(tmp_path, "json"))[7]
    assert alert.lead_time_h == pytest.approx(14.0)
    assert "25 Apr 2026 10:00 UTC: 14 h are left to prepare an inspection there." in alert.explanation
    assert alert.itinerary["next_location"] == "NLRTM"
    assert [node["seen_arrive"] is not None for node in alert.itinerary["nodes"]] == [True, True, False]


@pytest.mark.parametrize("stop_after", range(1, 11))
def test_stopping_anywhere_changes_nothing(stop_after: int) -> None:
    book = CargoBook(PAPERS)
    assert [*map(to_json_line, told(book, stop_after=stop_after))] == [*map(to_json_line, told(book))]


def test_an_amendment_that_drops_the_flag_lowers_every_rank() -> None:
    amended = p.manifest(replace(p.FULL, flags=()), p.consignment("C2", "MAPTM"), version=2)
    before, after = told(CargoBook(PAPERS)), told(CargoBook((*PAPERS, amended)))
    assert [a.priority >= b.priority for a, b in zip(before, after, strict=True)] == [True] * len(before)
    assert after[1].priority < before[1].priority
