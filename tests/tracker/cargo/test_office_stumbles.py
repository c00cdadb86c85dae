"""What office tables stumble over: each case is the smallest table that was read wrongly, or lost something without a word."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.tracker.cargo.test_office_tables import only, read, told
from tests.tracker.cargo.workbooks import packed, workbook
from tracker.cargo.book import CargoBook
from tracker.cargo.paper_time import read_time
from tracker.cargo.read import read_cargo
from tracker.errors import CargoError
from tracker.geography.places import WorldPlaces

HEADER = "B/L No,Vessel,Voyage,POL,POD,ETD,ETA,Description,Packages,Container No,Status"


def table(**said: str) -> str:
    row = {
        "bill": "M1", "ship": "SEA STAR", "voyage": "114N", "pol": "BRSSZ", "pod": "NLRTM", "etd": "10/04/2026", "eta": "25/04/2026", "goods": "Mangoes",
        "packages": "960", "box": "CSQU3054383", "status": "",
    }  # fmt: skip
    return ",".join((row | said).values()) + "\n"


def read_rows(folder: Path, *rows: str) -> CargoBook:
    return read(folder, f"{HEADER}\n{''.join(rows)}")


@pytest.mark.parametrize(
    ("written", "code"),
    [("RTM", "NLRTM"), ("Bodø", "NOBOO"), ("Malmö", "SEMMA"), ("EHAM", "EHAM"), ("JNB", "JNB"), ("Gdańsk", "PLGDN"), ("上海", "上海"), ("Πειραιάς", "ΠΕΙΡΑΙΆΣ")],
)  # fmt: skip
def test_no_ship_calls_at_an_airport_and_no_letter_of_a_name_is_dropped(
    tmp_path: Path, written: str, code: str
) -> None:
    book = read_rows(tmp_path, table(pod=written))
    assert only(book).discharge.code == code
    assert book.rows_rejected == 0
    assert any("unknown place" in note for note in told(book)) == (len(code) != 5)


def test_marks_that_nobody_sees_part_no_names(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(ship="SEA STAR\u200b"), f"\ufeff{HEADER}\n", table(bill="\u202aM2"))
    (manifest,) = book.manifests
    assert manifest.conveyance.name == "SEA STAR"
    assert [item.document_number for item in manifest.consignments] == ["M1", "M2"]


def test_a_number_that_a_spreadsheet_shortened_makes_no_two_bills_one(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(bill="1.23457E+11"), table(bill="1.23457E+11", goods="Cars"))
    assert [item.goods[0].description for item in book.manifests[0].consignments] == ["Mangoes", "Cars"]
    assert any("shortened by a spreadsheet" in note for note in told(book))


def test_a_bill_that_is_cancelled_is_not_taken(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(status="Cancelled"), table(bill="M2", status="Final"))
    assert only(book).document_number == "M2"
    assert (book.rows_in, book.rows_rejected) == (2, 1)


def test_one_number_of_two_forwarders_is_two_consignments(tmp_path: Path) -> None:
    header = "House B/L,Master B/L,Vessel,Voyage,POL,POD,Shipper,Goods\n"
    rows = "1,M1,SEA STAR,114N,BRSSZ,NLRTM,A,x\n1,M2,SEA STAR,114N,BRSSZ,NLRTM,B,y\n1,M1,,,,,,z\n"
    book = read(tmp_path, header + rows)
    assert book.rows_rejected == 0
    assert [[line.description for line in item.goods] for item in book.manifests[0].consignments] == [["x", "z"], ["y"]]


def test_a_cell_left_empty_names_no_other_ship(tmp_path: Path) -> None:
    header = "B/L No,IMO,Vessel,Voyage,POL,POD,Goods\n"
    rows = "M1,,SEA STAR,114N,BRSSZ,NLRTM,x\nM2,9074729,SEA STAR,114N,BRSSZ,NLRTM,x\nM3,,SEA STAR,114N,BRSSZ,NLRTM,x\nM4,9176187,SEA STAR,114N,BRSSZ,NLRTM,x\n"
    book = read(tmp_path, header + rows)
    (manifest,) = book.manifests
    assert manifest.conveyance.imo == 9074729
    assert [item.document_number for item in manifest.consignments] == ["M1", "M2", "M3"]
    assert "9176187" in book.files[0].rejects.samples[0].note


@pytest.mark.parametrize(
    ("etd", "eta", "said"), [("25/04/2026", "10/04/2026", "before they depart"), ("26-04-10", "2026-04-25", "years")]
)
def test_times_that_cannot_both_be_right_are_told(tmp_path: Path, etd: str, eta: str, said: str) -> None:
    book = read_rows(tmp_path, table(etd=etd, eta=eta))
    assert only(book).document_number == "M1"
    assert any(said in note for note in told(book))
    assert not any(said in note for note in told(read_rows(tmp_path, table())))


def test_a_column_that_cannot_be_read_is_told_with_a_cell(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(etd="10/04/2026 06:00 CET"))
    assert any("'10/04/2026 06:00 CET'" in note and "mapping" in note for note in told(book))


@pytest.mark.parametrize(
    ("ship", "voyage", "name", "number"),
    [
        ("SEA STAR (IMO 9074729)", "114N", "SEA STAR", 9074729), ("SEA STAR V.114N", "", "SEA STAR", None), ("SEA STAR VOY 114N", "-", "SEA STAR", None),
        ("SEA STAR IMO 9074720", "114N", "SEA STAR IMO 9074720", None),
    ],
)  # fmt: skip
def test_what_stands_behind_the_name_of_a_ship_is_no_part_of_it(
    tmp_path: Path, ship: str, voyage: str, name: str, number: int | None
) -> None:
    (manifest,) = read_rows(tmp_path, table(ship=ship, voyage=voyage)).manifests
    conveyance = manifest.conveyance
    assert (conveyance.name, conveyance.voyage_number, conveyance.imo) == (name, "114N", number)


def test_a_row_without_a_ship_says_so(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(), table(bill="M2", ship="TBN"))
    assert "names no ship or flight" in book.files[0].rejects.samples[0].note


def test_one_package_that_lacks_is_told(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(), "Total,,,,,,,,961,,\n")
    assert book.files[0].is_incomplete


def test_a_list_of_flights_names_its_ends_and_its_day(tmp_path: Path) -> None:
    book = read(tmp_path, "AWB,Flight,Origin,Destination,Pieces,Weight\n057-76215436,AF077/15APR,CDG,JFK,3,120\n")
    assert (only(book).loading.code, only(book).discharge.code) == ("LFPG", "KJFK")
    assert book.manifests[0].conveyance.flight == "AF077"


def test_names_side_by_side_above_a_header_say_nothing_of_each_other(tmp_path: Path) -> None:
    above = ["Bill", "Vessel", None, "Ports", None, "Dates", None, "Cargo"]
    below = ["B/L No", "Name", "Voyage", "POL", "POD", "ETD", "ETA", "Description"]
    departs = datetime(2026, 4, 10, 13, 59, 59, 999_000)  # noqa: DTZ001 - workbooks know no zones
    row = ["M1", "SEA STAR", "114N", "BRSSZ", "NLRTM", departs, datetime(2026, 4, 25), "Mangoes"]  # noqa: DTZ001
    (manifest,) = read(tmp_path, workbook(Cargo=[above, below, row]), "list.xlsx").manifests
    assert (manifest.conveyance.name, manifest.conveyance.voyage_number) == ("SEA STAR", "114N")
    assert manifest.itinerary is not None
    assert manifest.itinerary.nodes[0].depart_said == "2026-04-10T14:00:00"


def test_a_week_is_no_day() -> None:
    assert read_time("2026-W15-5").said == "2026-04-10"
    with pytest.raises(ValueError, match="no time"):
        read_time("2026-W15")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"%PDF-1.7\n", "is a PDF"), (b"<html><table>", "is a web page"), (b"From: a@b.c\n\nhello", "is a mail"), (b"<?xml version='1.0'?><a/>", "is XML")],
)  # fmt: skip
def test_what_is_sent_instead_of_papers_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CargoError, match=said):
        read(tmp_path, content)


def test_a_day_and_month_without_a_year_say_so(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(etd="15APR", eta="16-Apr"), table(bill="M2"), table(bill="M3"))
    assert len(book.manifests[0].consignments) == 3
    assert sum("names no year" in note for note in told(book)) == 2


def test_goods_that_leave_where_they_came_are_told(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(pod="BRSSZ"), table(bill="M2"))
    assert sum("loaded and discharged at one port, BRSSZ" in note for note in told(book)) == 1


def test_of_many_rows_those_that_leave_where_they_came_are_told(tmp_path: Path) -> None:
    rows = [table(bill=f"M{number}", pod="BRSSZ" if number == 2500 else "NLRTM") for number in range(3000)]
    book = read_rows(tmp_path, *rows)
    assert sum("loaded and discharged at one port, BRSSZ" in note for note in told(book)) == 1


def test_a_name_that_a_port_bears_too_which_the_table_lacks_is_taken_for_none(tmp_path: Path) -> None:
    book = read_rows(tmp_path, table(pod="Newport"))
    assert only(book).discharge.code == "NEWPORT"
    assert any("it may be USEFK" in note for note in told(book))


def test_columns_that_are_not_read_are_named_once(tmp_path: Path) -> None:
    book = read(tmp_path, f"{HEADER},Remarks,Our ref\n{table().strip()},urgent,77\n{table(bill='M2').strip()},,78\n")
    (note,) = (note for note in told(book) if "not read: " in note)
    assert "not read: 'Status', 'Remarks', 'Our ref';" in note


def _sheet(cells: str, more: str = "") -> bytes:
    header = "".join(
        f'<c r="{chr(65 + at)}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for at, name in enumerate(("B/L No", "Vessel", "Voyage", "POL", "POD", "Goods", "Kgs"))
    )
    row = "".join(
        f'<c r="{chr(65 + at)}{{n}}" t="inlineStr"><is><t>{text}</t></is></c>'
        for at, text in enumerate(("M{n}", "SEA STAR", "114N", "BRSSZ", "NLRTM", "Mangoes"))
    )
    rows = "".join(
        f'<row r="{n}">{row.replace("{n}", str(n))}{cell}</row>' for n, cell in enumerate(cells.split("|"), 2)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<worksheet xmlns="{main}"><sheetData><row r="1">{header}</row>{rows}</sheetData>{more}</worksheet>'
    return packed({"xl/worksheets/sheet1.xml": text}, ["Goods"])


@pytest.mark.parametrize(
    ("cells", "more", "said"),
    [
        ('<c r="G2" t="e"><v>#REF!</v></c>|<c r="G3"><v>5</v></c>', "", "G2 hold an error"),
        ('<c r="G2"><f>SUM(A1:A2)</f><v></v></c>|<c r="G3"><f>1+1</f></c>', "", "G2 and 1 more hold a formula"),
        ('<c r="G2"><v>5</v></c>|', '<mergeCells count="1"><mergeCell ref="G2:G3"/></mergeCells>', "G2:G3 are merged"),
    ],
)
def test_cells_of_a_workbook_that_look_empty_and_are_not_are_told(
    tmp_path: Path, cells: str, more: str, said: str
) -> None:
    path = tmp_path / "goods.xlsx"
    path.write_bytes(_sheet(cells, more))
    book = read_cargo([path], WorldPlaces().resolve_location)
    assert len(book.manifests[0].consignments) == 2
    assert sum(said in note for note in told(book)) == 1


def test_computed_formulas_and_merged_titles_are_nothing_to_tell(tmp_path: Path) -> None:
    path = tmp_path / "goods.xlsx"
    merged = '<mergeCells count="1"><mergeCell ref="A1:G1"/></mergeCells>'
    path.write_bytes(_sheet('<c r="G2"><f>2+3</f><v>5</v></c>|<c r="G3"/>', merged))
    book = read_cargo([path], WorldPlaces().resolve_location)
    assert [note for note in told(book) if "hold" in note or "merged" in note] == []


def test_a_workbook_locked_by_a_password_says_so(tmp_path: Path) -> None:
    path = tmp_path / "goods.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(CargoError, match="locked by a password; save it without one"):
        read_cargo([path], WorldPlaces().resolve_location)
