"""Mapping files, and looking at a file before it is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.tracker.cargo.papers import us
from tests.tracker.cargo.workbooks import workbook
from tracker.cargo.limits import CargoConfig
from tracker.cargo.office.mapping import mapping_of, read_papers_mapping
from tracker.cargo.read import read_cargo
from tracker.cli import app
from tracker.errors import CargoError
from tracker.geography.places import WorldPlaces

LOCATE = WorldPlaces.load(None).resolve_location
TABLE = "Ref;Naam;Van;Naar;Tonnage;Aankomst;Soort;Naam\nA1;STAR;Kade 7;Felixstowe;1.234;04/05/2026 10:00;OBL;Jones\n"
MAPPING = """
[columns]
"Ref" = "document_number"
"naam" = "craft_name"
"Naam#2" = "consignee_name"
"Van" = "loading"
"Naar" = "discharge"
"Tonnage" = { field = "gross_mass_kg", unit = "t", decimal = "," }
"Aankomst" = { field = "discharge_arrive", order = "mdy", zone = "Europe/Amsterdam" }
"Soort" = "document_type"
[fixed]
voyage_number = "7"
[places]
"kade 7" = "NLRTM"
[codes.document_type]
"obl" = "bill_of_lading"
"""


def test_a_mapping_says_what_no_word_tells(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Title\n" + TABLE)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    book = read_cargo([tmp_path / "list.csv"], LOCATE, CargoConfig(mappings=(str(tmp_path / "mapping.toml"),)))
    (manifest,) = book.manifests
    (item,) = manifest.consignments
    assert (manifest.conveyance.name, manifest.conveyance.voyage_number) == ("STAR", "7")
    assert (item.loading.code, item.discharge.code) == ("NLRTM", "GBFXT")
    assert item.goods[0].gross_mass_kg == 1_234_000
    assert item.consignee is not None
    assert item.consignee.name == "Jones"
    assert manifest.itinerary is not None
    assert manifest.itinerary.nodes[0].arrive_us == us("2026-04-05T10:00+02:00")
    assert (book.rows_rejected, book.warnings) == (0, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": {"A": "documentnumber"}}, r"'documentnumber' is no field for 'A'.*did you mean 'document_number'"),
        ({"columns": {"A": {"field": "loading", "unit": "t"}}}, "loading has no unit"),
        ({"columns": {"A": {"field": "gross_mass_kg", "unit": "stone"}}}, "'stone' is none of 'kg', 't', 'lb', 'g'"),
        ({"columns": {"A": "imo", "B": "imo"}}, "'a' and 'b' are both imo"),
        ({"columns": {"A": "imo"}, "time": {"zone": "Mars/Base"}}, "is no zone"),
        ({"columns": {"A": "imo"}, "colums": {}}, "did you mean 'columns'"),
        ({}, "names no column"),
        ({"shape": "lists", "columns": {"A": "imo"}}, "the shapes are consignments"),
    ],
)
def test_mistakes_in_a_mapping_are_told_with_their_mend(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CargoError, match=said) as caught:
        mapping_of(change, "m.toml")
    assert str(caught.value).startswith("m.toml: ")
    assert caught.value.mend


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[columns]\n"A" = imo\n')
    with pytest.raises(CargoError, match="line 2"):
        read_papers_mapping(tmp_path / "m.toml")
    with pytest.raises(CargoError, match="no such mapping file"):
        read_papers_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_inspect_suggests_a_mapping_that_reads_the_same(tmp_path: Path, kind: str) -> None:
    rows = [["Vessel: SEA STAR", "", "", "", "", ""], ["B/L", "POL", "POD", "Cargo", "", "Consignee"], ["Number", "", "", "Description", 'Weight "t"', ""],
            ["A1", "Rotterdam", "Felixstowe", "Tea", "12,5 t", "Jones"]]  # fmt: skip
    file = tmp_path / f"list.{kind}"
    if kind == "csv":
        file.write_text(
            "\n".join(";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows) + "\n"
        )
    else:
        file.write_bytes(workbook(Cargo=rows))
    mapping = tmp_path / "m.toml"
    said = CliRunner().invoke(app, ["papers", "inspect", str(file), "-o", str(mapping)])
    assert said.exit_code == 0, said.output
    for words in (
        "document_number",
        "by its name",
        "Jones",
        "in all rows craft_name = SEA STAR",
        "gross_mass_kg 12500",
    ):
        assert words in said.output
    plain = read_cargo([file], LOCATE)
    mapped = read_cargo([file], LOCATE, CargoConfig(mappings=(str(mapping),)))
    assert mapped.manifests == plain.manifests
    assert (plain.warnings, mapped.warnings) == (1, 0)


def test_inspect_tells_what_is_missing_and_writes_what_can_be_completed(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("B/L No;Vessel;POL;Consignee;Goods\nA1;STAR;Rotterdam;Jones;Tea\n")
    said = CliRunner().invoke(app, ["papers", "inspect", str(tmp_path / "list.csv"), "-o", str(tmp_path / "m.toml")])
    assert said.exit_code == 3
    assert "no column is discharge" in said.output
    text = (tmp_path / "m.toml").read_text() + '\n[fixed]\ndischarge = "GBFXT"\n'
    (tmp_path / "m.toml").write_text(text)
    book = read_cargo([tmp_path / "list.csv"], LOCATE, CargoConfig(mappings=(str(tmp_path / "m.toml"),)))
    assert [item.discharge.code for item in book.manifests[0].consignments] == ["GBFXT"]
