"""Times as papers mean them: what is written, how exact it is, and in whose clock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.alerts.story import SHIP_A, event, static
from tests.tracker.cargo import papers as p
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.paper_time import read_time
from tracker.cargo.read import read_cargo
from tracker.cargo.write import write_cargo_json
from tracker.geography.time_zones import zone_of
from tracker.units import US_PER_S
from tracker.voyages.itinerary import ItineraryNode

HEADER = "manifest_id,mode,mmsi,sequence,location,arrive,depart\n"


def nodes(folder: Path, *calls: str, locate: Any = p.locate) -> tuple[ItineraryNode, ...]:
    rows = "".join(f"M1,sea,219001234,{number},{call}\n" for number, call in enumerate(calls, 1))
    (folder / "calls.csv").write_text(HEADER + rows, encoding="utf-8")
    book = read_cargo([folder / "calls.csv"], locate)
    assert book.rows_rejected == 0
    itinerary = book.manifests[0].itinerary
    assert itinerary is not None
    return itinerary.nodes


@pytest.mark.parametrize(
    ("written", "minute"),
    [
        ("15/04/2026 14:00", "14:00"), ("15.04.2026 14:00", "14:00"), ("15-APR-2026 14:00", "14:00"), ("202604151400", "14:00"),
        ("2026-04-15 14:00", "14:00"), ("2026-04-15T14:00", "14:00"), ("46127.583333", "14:00"), ("04/15/2026 2:00 PM", "14:00"),
        ("15 April 2026 14:00:00", "14:00"), ("04/15/2026 12:05 AM", "00:05"), ("20260415T140000", "14:00"),
    ],
)  # fmt: skip
def test_an_hour_without_a_zone_is_the_ports_own(tmp_path: Path, written: str, minute: str) -> None:
    (santos,) = nodes(tmp_path, f"BRSSZ,,{written}")
    assert santos.depart_us == p.us(f"2026-04-15T{minute}-03:00")
    assert (santos.depart_until_us, santos.depart_said) == (None, f"2026-04-15T{minute}:00")


def test_a_time_with_its_zone_needs_no_port(tmp_path: Path) -> None:
    (rotterdam,) = nodes(tmp_path, "NLRTM,2026-04-15T14:00:00Z,2026-04-16T14:00+05:30")
    assert (rotterdam.arrive_us, rotterdam.depart_us) == (p.us("2026-04-15T14:00Z"), p.us("2026-04-16T08:30Z"))
    assert (rotterdam.arrive_said, rotterdam.depart_said) == (None, None)


@pytest.mark.parametrize(
    "written", ["20260416", "2026-04-16", "16/04/2026", "16.4.2026", "16APR2026", "46128", "04/16/2026"]
)
def test_a_date_alone_is_the_whole_local_day(tmp_path: Path, written: str) -> None:
    _, rotterdam = nodes(tmp_path, "BRSSZ,,2026-04-01", f"NLRTM,{written},{written}")
    assert rotterdam.arrive_from_us == rotterdam.depart_us == p.us("2026-04-16T00:00+02:00")
    assert rotterdam.arrive_us == rotterdam.depart_until_us == p.us("2026-04-17T00:00+02:00")
    assert rotterdam.arrive_said == "2026-04-16"


def test_the_day_a_clock_is_put_forward_has_23_hours(tmp_path: Path) -> None:
    (rotterdam,) = nodes(tmp_path, "NLRTM,2026-03-29,")
    assert rotterdam.arrive_us is not None
    assert rotterdam.arrive_from_us is not None
    assert rotterdam.arrive_us - rotterdam.arrive_from_us == 23 * 3600 * US_PER_S


@pytest.mark.parametrize(
    "written", ["soon", "32/01/2026", "31/31/2026", "2026-13-01", "15-FOO-2026", "04/15/2026 14:00 PM", "99999", "0"]
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        read_time(written)


def test_papers_written_again_say_the_same(tmp_path: Path) -> None:
    calls = nodes(tmp_path, "BRSSZ,,15/04/2026 14:00", "NLRTM,2026-04-29,2026-04-30T10:00:00Z")
    papers = p.manifest(p.FULL, calls=calls)
    (tmp_path / "again.json").write_text(write_cargo_json([papers]), encoding="utf-8")
    again = read_cargo([tmp_path / "again.json"], p.locate).manifests[0].itinerary
    assert again is not None
    assert again.nodes == calls


def test_a_ship_that_arrives_on_the_evening_of_the_declared_day_arrives_in_time(tmp_path: Path) -> None:
    """The alert says the day, and counts the hours to its end in the port's own clock."""
    calls = nodes(tmp_path, "BRSSZ,,2026-04-10", "NLRTM,2026-04-25,")
    linked = CargoLinker(CargoBook((p.manifest(p.FULL, conveyance=replace(p.SHIP, mmsi=219001234), calls=calls),)))
    alert = AlertDesk(linked).consider(event(known="2026-04-25T12:00Z"))
    assert alert is not None
    assert alert.lead_time_h == 10.0
    assert "is expected at Rotterdam (NLRTM) on 25 Apr 2026 (no hour is declared): 10 h are left" in alert.explanation


def test_on_the_declared_day_of_departure_nobody_knows_whether_it_has_sailed(tmp_path: Path) -> None:
    calls = nodes(tmp_path, "BRSSZ,,2026-04-10", "NLRTM,2026-04-25,")
    linked = CargoLinker(CargoBook((p.manifest(p.FULL, calls=calls),)))
    linked.observe(static(SHIP_A, "2026-04-01", name="SEA STAR", imo=9074729))
    for when, said in (
        ("2026-04-10T02:59Z", "expected"),
        ("2026-04-10T12:00Z", "possible"),
        ("2026-04-11T03:00Z", "loaded"),
    ):
        assert [str(link.status) for link in linked.all_links(p.us(when), [SHIP_A])] == [said]


def test_zones_of_ports_and_airports() -> None:
    """Of zones with one clock any will do."""
    known = {
        ("NLRTM", 51.9, 4.5): "Europe/Amsterdam", ("GBFXT", 51.95, 1.3): "Europe/London", ("USNYC", 40.7, -74.0): "America/New_York",
        ("USHOU", 29.7, -95.3): "America/North_Dakota/Center", ("USLAX", 33.7, -118.3): "America/Los_Angeles", ("BRSSZ", -23.96, -46.3): "America/Sao_Paulo",
        ("RUVVO", 43.1, 131.9): "Asia/Vladivostok", ("AUFRE", -32.05, 115.75): "Australia/Perth", ("NZAKL", -36.8, 174.8): "Pacific/Auckland",
        ("USCRP", 27.8, -97.4): "America/North_Dakota/Center", ("USMOB", 30.7, -88.0): "America/Chicago", ("USTPA", 27.9, -82.5): "America/Detroit",
        ("ESLPA", 28.1, -15.4): "Atlantic/Canary", ("EHAM", 52.3, 4.76): "Europe/Amsterdam", ("KJFK", 40.6, -73.8): "America/New_York",
    }  # fmt: skip
    assert {place: str(zone_of(*place)) for place in known} == known
    assert zone_of("XXPLT", 1.0, 2.0) is None
