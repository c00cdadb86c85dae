"""Large tables are read by column, and say the same as if they were read row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tracker.cargo import sheets
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo
from tracker.cargo.rows import ConsignmentRows
from tracker.geography.places import WorldPlaces

LOCATE = WorldPlaces.load(None).resolve_location
HEADER = (
    "manifest_id,version,mode,imo,craft_name,consignment_id,document_type,document_number,loading,discharge,consignee_name,"
    "consignee_country,description,hs_code,packages,gross_mass_kg,equipment_id,size_type,seals\n"
)
ROWS = [
    "M1,1,sea,9074729,STAR,1,bill_of_lading,B1,BRSSZ,NLRTM,Jones,NL,Tea,0902,10,20.5,CSQU3054383,45G1,S1",
    "M1,1,,,,1,,,,,,,Pallets,4415,1,5,CSQU3054383,,S2 S1",
    "M1,1,,,,1,,,,,,,,,,,MSKU1234565,,",
    'M1,1,sea,9074729,STAR,2,BL,B2,Santos,Rotterdam,"Smith, ""Sons""",United Kingdom,Café,0901.11,"1,200","22.400,5",csqu 305438-3,,',
    "M1,1,sea,9074729,STAR,3,bill_of_lading,B3,BRSSZ,NLRTM,,DE,,,,,,,",
    "M1,1,sea,9074729,OTHER,4,bill_of_lading,B4,BRSSZ,NLRTM,Jones,NL,Tea,0902,1,1,,,",
    "M1,1,sea,9074729,STAR,5,bill_of_lading,B5,BRSSZ,NLRTM,Jones,Narnia,Tea,no code,1,1,,,",
    "M1,1,sea,9074729,STAR,6,bill_of_lading,B6,BRSSZ,GBLND,Jones,NL,Tea,0902,-1,1,CSQU3054384,,",
    "M1,1,sea,9074729,STAR,7,bill_of_lading,B7,,NLRTM,Jones,NL,Tea,0902,1,1,,,",
    "M1,1,sea,9074729,STAR,8,bill_of_lading,B8,BRSSZ,NLRTM,Jones,NL,Tea,0902,1,1,,,",
    "M1,1,sea,9074729,STAR,1,bill_of_lading,B1,BRSSZ,NLRTM,Jones,NL,Later,0902,1,1,,,",
    "M1,1,sea,9074729,STAR,8,bill_of_lading,B9,BRSSZ,NLRTM,Jones,NL,Tea,0902,1,1,,,",
    "M2,,sea,,LUNA,1,air_waybill,057-76215437,BRSSZ,BEANR,Jones,NL,Tea,0902,1,1,PMC01473R7,,",
    "M2,2,sea,,LUNA,1,bill_of_lading,B1,BRSSZ,BEANR,,,Tea,0902,1,1,,,S9",
    "M3,1,,,,1,bill_of_lading,B1,BRSSZ,BEANR,,,Tea,,,,,,",
    ",1,sea,,LUNA,1,bill_of_lading,B1,BRSSZ,BEANR,,,Tea,,,,,,",
    "M4,1,sea,12,,1,bill_of_lading,B1,BRSSZ,BEANR,,,Tea,,,,,,",
    "M4,1,sea",
]


def read(folder: Path, monkeypatch: Any, text: str, *, by_column: bool) -> CargoBook:
    monkeypatch.setattr(sheets, "LONG_ROWS", 0 if by_column else 10_000)
    (folder / "papers.csv").write_text(text, encoding="utf-8")
    return read_cargo([folder / "papers.csv"], LOCATE)


def said(book: CargoBook) -> Any:
    return [
        (m.manifest_id, m.version, m.conveyance, m.itinerary, {item.consignment_id: item for item in m.consignments})
        for m in book.manifests
    ]


def account(book: CargoBook) -> Any:
    (file,) = book.files
    rejects = {sample.note for sample in file.rejects.samples}
    return (
        file.rows_in,
        file.rejects.total,
        rejects,
        {sample.note for sample in file.warnings.samples},
        file.is_incomplete,
    )


OFFICE = (
    "B/L No;Vessel;Voy;POL;POD;ETA;Consignee;Goods;Kgs;Cntr\n"
    "A1;STAR;7;Santos;Rotterdam;25/04/2026;Jones;Tea;1.000,5;CSQU3054383, MSKU1234565\n"
    ";;;;;;;Pallets;20;TGHU7597530\nA2;STAR;7;Santos;Pier 9;;Jones;Tea;2.000,5;\nA3;STAR;7;Santos;Rotterdam;;Jones;Tea;heavy;\n"
)


@pytest.mark.parametrize("text", [HEADER + "\n".join(ROWS) + "\n", HEADER + "\n".join(ROWS * 2) + "\n", (HEADER + "\n".join(ROWS) + "\n") * 2, OFFICE],
                         ids=["once", "rows twice", "the whole twice", "an office's"])  # fmt: skip
def test_by_column_and_row_by_row_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    by_row = read(tmp_path, monkeypatch, text, by_column=False)
    by_column = read(tmp_path, monkeypatch, text, by_column=True)
    assert said(by_column) == said(by_row)
    assert account(by_column) == account(by_row)
    assert text.count("Pallets") > 1 or any(isinstance(m.consignments, ConsignmentRows) for m in by_column.manifests)


def test_other_papers_may_speak_of_what_was_read_by_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls in a second file, a flag in a third, and a consignment that a fourth one changes."""
    monkeypatch.setattr(sheets, "LONG_ROWS", 0)
    (tmp_path / "a.csv").write_text(HEADER + ROWS[0] + "\n" + ROWS[3] + "\n")
    (tmp_path / "b.csv").write_text("manifest_id,sequence,location,arrive\nM1,1,BRSSZ,\nM1,2,NLRTM,2026-04-25\n")
    (tmp_path / "c.csv").write_text("document_number,flag\nB2,drugs\n")
    (tmp_path / "d.csv").write_text(HEADER + ROWS[3].replace("Café", "Cocoa") + "\n")
    first, second = read_cargo([tmp_path], LOCATE).manifests
    assert [len(m.consignments) for m in (first, second)] == [2, 2]
    assert second.itinerary is not None
    changed = {item.consignment_id: item for item in second.consignments}["2"]
    assert (changed.goods[0].description, [flag.flag for flag in changed.flags]) == ("Cocoa", ["drugs"])
