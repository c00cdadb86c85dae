"""Files as offices have them: encodings, numbers, names of ports, what documents are called."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.tracker.alerts.story import SHIP_A, call
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.consignment import DocumentType
from tracker.cargo.link import CargoLinker
from tracker.cargo.read import read_cargo
from tracker.cargo.values import KINDS
from tracker.geography.places import WorldPlaces

HEADER = "manifest_id;mode;mmsi;consignment_id;document_type;document_number;loading;discharge;consignee_name;packages;gross_mass_kg\n"
ROW = "M1;sea;219001234;1;bill_of_lading;B1;BRSSZ;NLRTM;Café Négoce;10;2000\n"


def read(folder: Path, content: bytes, locate: object = p.locate) -> CargoBook:
    (folder / "papers.csv").write_bytes(content)
    return read_cargo([folder / "papers.csv"], locate)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_offices_are_read(tmp_path: Path, encoding: str) -> None:
    book = read(tmp_path, (HEADER + ROW).encode(encoding))
    consignee = book.manifests[0].consignments[0].consignee
    assert consignee is not None
    assert consignee.name == "Café Négoce"
    assert book.warnings == (1 if encoding == "cp1252" else 0)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1,200", 1200), ("1 200", 1200), ("1.200.000", 1_200_000), ("12", 12), ("10 PKGS", 10)],
)
def test_whole_numbers_of_offices(written: str, meant: int) -> None:
    assert KINDS["count"].parse(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("22.400,5", 22400.5), ("22,400.5", 22400.5), ("22,5", 22.5), ("22.4", 22.4), ("22,400", 22400.0), ("2 000 kg", 2000.0)],
)  # fmt: skip
def test_masses_of_offices(written: str, meant: float) -> None:
    assert KINDS["mass"].parse(written) == meant


@pytest.mark.parametrize("written", ["1,2,3", "1.2.3", "1,20,000", "--1", "1e999", "ten"])
def test_what_is_no_number_stays_none(written: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        KINDS["mass"].parse(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("BL", DocumentType.BILL_OF_LADING), ("B/L", DocumentType.BILL_OF_LADING), ("sea waybill", DocumentType.BILL_OF_LADING),
        ("Bill of Lading", DocumentType.BILL_OF_LADING), ("HAWB", DocumentType.AIR_WAYBILL), ("air-waybill", DocumentType.AIR_WAYBILL),
    ],
)  # fmt: skip
def test_what_offices_call_a_document(written: str, meant: DocumentType) -> None:
    assert KINDS["document_type"].parse(written) is meant


def test_ports_may_be_named(tmp_path: Path) -> None:
    named = ROW.replace("BRSSZ", "Santos").replace("NLRTM", "Rotterdam")
    (item,) = (
        read(tmp_path, (HEADER + named).encode(), WorldPlaces.load(None).resolve_location).manifests[0].consignments
    )
    assert (item.loading.code, item.discharge.code) == ("BRSSZ", "NLRTM")


def test_an_unknown_port_keeps_the_consignment_with_a_doubt(tmp_path: Path) -> None:
    book = read(tmp_path, (HEADER + ROW.replace("NLRTM", "GBLND")).encode())
    (item,) = book.manifests[0].consignments
    assert item.discharge.code == "GBLND"
    assert math.isnan(item.discharge.lat_deg)
    assert (book.rows_rejected, book.warnings) == (0, 1)
    linked = CargoLinker(book, p.locate)
    linked.add_port_calls([call(SHIP_A, "BRSSZ", "2026-04-09T02:00Z", "2026-04-10T07:00Z")])
    assert [str(link.status) for link in linked.aboard(SHIP_A, p.us("2026-04-15"))] == ["loaded"]
