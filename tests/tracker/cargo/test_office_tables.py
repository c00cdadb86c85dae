"""Tables with columns of an office's own, as CSV and as workbooks, without a mapping file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.cargo.workbooks import packed, workbook
from tracker.cargo.book import CargoBook
from tracker.cargo.limits import CargoConfig
from tracker.cargo.read import read_cargo
from tracker.errors import CargoError
from tracker.geography.places import WorldPlaces

LOCATE = WorldPlaces.load(None).resolve_location


def read(folder: Path, content: str | bytes, name: str = "list.csv", config: CargoConfig | None = None) -> CargoBook:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_cargo([folder / name], LOCATE, config)


def told(book: CargoBook) -> list[str]:
    return [sample.note for file in book.files for sample in file.warnings.samples]


def only(book: CargoBook) -> Any:
    (manifest,) = book.manifests
    (item,) = manifest.consignments
    return item


@pytest.mark.parametrize(
    "table",
    [
        "B/L No;Vessel;Voy;POL;POD;Consignee;Goods;HS;Kgs;Cntr\nMEDU1;MV SEA STAR;114N;Rotterdam;Felixstowe;Café Ltd;Café;0901.11;22.400,5;CSQU 305438-3\n",
        "Nº de Conocimiento;Buque;Viaje;Puerto de carga;Puerto de descarga;Consignatario;Mercancía;Partida arancelaria;Peso bruto (t);Contenedor\n"
        "MEDU1;M/V SEA STAR;114N;NLRTM;GBFXT;Café Ltd;Café;090111;22,4005;CSQU3054383\n",
        "N° connaissement\tNavire\tN° voyage\tPort de chargement\tPort de déchargement\tDestinataire\tDésignation des marchandises\tCode SH\tPoids brut\tN° conteneur\n"
        "MEDU1\tSEA STAR\t114N\tRotterdam\tFelixstowe\tCafé Ltd\tCafé\t90111\t22,4005 t\tCSQU-305438-3\n",
        "Conhecimento,Navio,Viagem,Porto de embarque,Porto de descarga,Importador,Mercadoria,NCM,Peso Bruto KG,Contêiner\n"
        'MEDU1,SEA STAR,114N,Rotterdam,Felixstowe,Café Ltd,Café,0901.11,"22.400,5",CSQU3054383\n',
        "Lista de carga\nVessel/Voyage: SEA STAR / 114N\n\nB/L,,,,,Port,,Gross weight\nNumber,Consignee,Description,HS code,Container,of loading,of discharge,kg\n"
        'MEDU1,Café Ltd,Café,090111,CSQU3054383,Rotterdam,Felixstowe,"22,400.5"\n,,,,,,Total,"22,400.5"\n',
    ],
    ids=["English", "Spanish", "French", "Portuguese", "title and two header rows"],
)
def test_tables_are_read_by_the_names_of_their_columns(tmp_path: Path, table: str) -> None:
    book = read(tmp_path, table)
    item = only(book)
    assert (item.document_number, item.loading.code, item.discharge.code) == ("MEDU1", "NLRTM", "GBFXT")
    assert item.consignee.name == "Café Ltd"
    (line,) = item.goods
    assert (line.description, line.hs_code, line.gross_mass_kg) == ("Café", "090111", 22400.5)
    assert [box.equipment_id for box in item.equipment] == ["CSQU3054383"]
    assert book.manifests[0].conveyance.voyage_number == "114N"
    assert (book.rows_in, book.rows_rejected) == (1, 0)
    assert not book.files[0].is_incomplete
    assert "were taken by their names" in told(book)[0]


def test_a_workbook_is_read_with_its_numbers_and_dates(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Cargo list"],
        ["Vessel", "IMO", "Voyage", "B/L No", "POL", "POD", "ETD", "ETA", "Consignee", "HS", "Packages", "Weight (t)", "Container"],
        ["SEA STAR", 9074729, 114, 4711, "Santos", "Rotterdam", date(2026, 4, 10), date(2026, 4, 25), "Van Dam", 80450, 960, 22.4005, "CSQU3054383"],
    ]  # fmt: skip
    book = read(tmp_path, workbook(Notes=[["hello"]], Cargo=rows), "list.xlsx")
    item = only(book)
    assert (item.document_number, item.goods[0].hs_code, item.goods[0].packages, item.goods[0].gross_mass_kg) == (
        "4711", "080450", 960, 22400.5,
    )  # fmt: skip
    manifest = book.manifests[0]
    assert (manifest.conveyance.imo, manifest.conveyance.voyage_number) == (9074729, "114")
    assert manifest.itinerary is not None
    assert [(node.location, node.arrive_said, node.depart_said) for node in manifest.itinerary.nodes] == [
        ("BRSSZ", None, "2026-04-10"),
        ("NLRTM", "2026-04-25", None),
    ]
    assert any("sheet 'Notes' holds no papers" in note for note in told(book))


def test_several_containers_further_rows_and_empty_words(tmp_path: Path) -> None:
    table = (
        "B/L No;Vessel;POL;POD;Consignee;Goods;Kgs;Container;Seal\n"
        "A1;SEA STAR;Rotterdam;Felixstowe;N/A;Coffee;1.000,5;CSQU3054383, MSKU1234565;S1 / S2\n"
        ";;;;;Pallets;-;TGHU7597530;\n"
        "A2;;;;Jones;Tea;2.000;;\n"
        "\n"
        "Total;;;;;;3.000,5;;\n"
        "Printed by the agent;;;;;;;;\n"
    )
    book = read(tmp_path, table)
    first, second = book.manifests[0].consignments
    assert [(box.equipment_id, box.seals) for box in first.equipment] == [
        ("CSQU3054383", ("S1",)), ("MSKU1234565", ("S2",)), ("TGHU7597530", ()),
    ]  # fmt: skip
    assert [line.description for line in first.goods] == ["Coffee", "Pallets"]
    assert first.consignee is None
    assert second.goods[0].gross_mass_kg == 2000.0
    assert not book.files[0].is_incomplete
    assert book.rows_rejected == 0


@pytest.mark.parametrize("total", ["4.000,5", "3.000.500"])
def test_a_total_that_does_not_agree_says_the_document_is_not_whole(tmp_path: Path, total: str) -> None:
    book = read(tmp_path, f"B/L No;Vessel;POL;POD;Kgs\nA1;STAR;Rotterdam;Felixstowe;3.000,5\nTotal;;;;{total}\n")
    assert book.files[0].is_incomplete
    assert any("3,000.5 were read" in note for note in told(book))


def test_dates_are_read_in_the_order_that_some_cell_shows(tmp_path: Path) -> None:
    table = "B/L,Vessel,POL,POD,ETA\nA1,STAR,Santos,Rotterdam,04/05/2026\nA2,LUNA,Santos,Rotterdam,04/25/2026\n"
    said = [m.itinerary.nodes[0].arrive_said for m in read(tmp_path, table).manifests if m.itinerary]
    assert set(said) == {"2026-04-05", "2026-04-25"}


def test_a_table_that_lacks_what_it_needs_is_refused_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(CargoError, match=r"no column is discharge.*papers inspect"):
        read(tmp_path, "B/L No;Vessel;POL;Consignee;Goods\nA1;STAR;Rotterdam;Jones;Tea\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (workbook(A=[["x"]])[:-40], "damaged or cut"),
        (packed({"xl/worksheets/sheet1.xml": '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'}, ["A"]), "1,048,576 rows"),
        (packed({"xl/worksheets/sheet1.xml": "<worksheet>" + " " * 3_000_000 + "</worksheet>"}, ["A"]), "more than 1 million bytes"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "cannot be read"),
    ],
    ids=["cut", "far corner", "bomb", "old and broken"],
)  # fmt: skip
def test_workbooks_that_are_bombs_or_broken_end_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CargoError, match=said):
        read(tmp_path, content, "list.xlsx", CargoConfig(most_mb=1.0, most_values=1_000_000))


def test_times_beside_goods_do_not_say_where_else_the_ship_calls(tmp_path: Path) -> None:
    """They tell when goods load; a call between is no diversion."""
    book = read(tmp_path, "B/L,Vessel,POL,POD,ETD,ETA\nA1,STAR,Santos,Rotterdam,2026-04-10,2026-04-25\n")
    assert book.itineraries() == []
    assert [row["loading_depart_time"] for row in book.tables()["paper_legs"].to_pylist()] != [None]
    assert told(book)[1:] == []


OURS = "manifest_id,mode,imo,consignment_id,document_type,document_number,loading,{}\nM1,sea,9074729,1,bill_of_lading,B1,NLRTM,GBFXT\n"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (OURS.format("dischrge"), r"lacks the column discharge of consignments, and 'dischrge' is none of ours; name its columns as in docs/cargo.md"),
        ("B/L No,Vessel,POL,POD" + "," * 20_000 + "\nB1,SEA STAR,Rotterdam,Felixstowe\n", r"has 20,004 cells in row 1, more than the 16,384 of a spreadsheet; have it exported again"),
    ],
    ids=["a slip in a name of ours", "a million columns"],
)  # fmt: skip
def test_what_is_wrong_with_a_header_is_told(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(CargoError, match=said):
        read(tmp_path, table)


def test_the_second_column_of_a_name_that_says_otherwise_is_told(tmp_path: Path) -> None:
    book = read(
        tmp_path, "B/L No;Vessel;POL;POD;POD;Goods;Goods\nM1;SEA STAR;Rotterdam;Felixstowe;Hamburg;Coffee;Coffee\n"
    )
    assert only(book).discharge.code == "GBFXT"
    doubts = [note for note in told(book) if "is not read" in note]
    assert doubts == [
        "column 'POD#2': is not read: the first column of that name was taken for discharge, and this one says otherwise"
    ]


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("version", "9223372036854775807", "has more than 15 digits; correct it"),
        ("gross_mass_kg", "-5", "is outside 0 to 1,000,000,000; correct it"),
    ],
)
def test_numbers_beyond_bounds_are_told_as_such(tmp_path: Path, column: str, cell: str, said: str) -> None:
    head, row = OURS.format("discharge").splitlines()
    book = read(tmp_path, f"{head},{column}\n{row},{cell}\n")
    assert said in book.files[0].rejects.samples[0].note


def test_a_call_in_the_last_year_there_is_is_told(tmp_path: Path) -> None:
    calls = "imo,location,arrive,depart\n9074729,NLRTM,,9999-12-31\n9074729,GBFXT,2026-04-16,\n"
    book = read(tmp_path, calls)
    assert "is outside the years 1990 to 2100; correct it" in book.files[0].rejects.samples[0].note
