"""The same papers again change nothing; other papers under the same number are a new version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo
from tracker.cargo.write import manifest_json, write_cargo_csv, write_cargo_json

PAPERS = (p.manifest(p.FULL, p.consignment("C2", "MAPTM")), p.AIR)
HEADER = "manifest_id,mode,imo,consignment_id,document_type,document_number,loading,discharge,description,packages\n"


def read(folder: Path, *texts: str, ending: str = "csv") -> CargoBook:
    for number, text in enumerate(texts):
        (folder / f"{number}.{ending}").write_text(text, encoding="utf-8")
    return read_cargo([folder / f"{number}.{ending}" for number in range(len(texts))], p.locate)


def row(
    item: str = "C1", goods: str = "Coffee", packages: str = "10", imo: str = "9074729", manifest: str = "M1"
) -> str:
    return f"{manifest},sea,{imo},{item},bill_of_lading,MEDU{item},BRSSZ,NLRTM,{goods},{packages}\n"


def warned(book: CargoBook) -> list[str]:
    return [sample.note for file in book.files for sample in file.warnings.samples]


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    text = HEADER + row() + row(goods="Tea")
    once, twice = read(tmp_path, text), read(tmp_path, text, text)
    assert twice.manifests == once.manifests
    assert len(once.manifests[0].consignments[0].goods) == 2
    assert (twice.rows_in, twice.rows_rejected, twice.warnings) == (2 * once.rows_in, 0, 0)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_whole_sets_again_change_nothing(tmp_path: Path, form: str) -> None:
    for copy in ("a", "b"):
        (tmp_path / copy).mkdir()
        if form == "json":
            (tmp_path / copy / "cargo.json").write_text(write_cargo_json(PAPERS), encoding="utf-8")
        else:
            for name, text in write_cargo_csv(PAPERS).items():
                (tmp_path / copy / name).write_text(text, encoding="utf-8")
    book = read_cargo([tmp_path / "a", tmp_path / "b"], p.locate)
    assert book.manifests == PAPERS
    assert (book.rows_rejected, book.warnings) == (0, 0)


def test_a_file_written_twice_into_itself_doubles_nothing(tmp_path: Path) -> None:
    text = HEADER + row() + row("C2")
    book = read(tmp_path, text + text)
    assert book.manifests == read(tmp_path, text).manifests
    assert (book.rows_in, book.rows_rejected) == (5, 0)
    assert "is the header again" in warned(book)[0]


def test_parts_of_one_manifest_add_up(tmp_path: Path) -> None:
    book = read(tmp_path, HEADER + row(), HEADER + row() + row("C2"))
    (manifest,) = book.manifests
    assert [item.consignment_id for item in manifest.consignments] == ["C1", "C2"]
    assert book.warnings == 0


def test_other_content_under_the_same_number_is_a_new_version(tmp_path: Path) -> None:
    first, second = HEADER + row() + row("C2"), HEADER + row(goods="Machine parts")
    book = read(tmp_path, first, second, second, first)
    assert [manifest.version for manifest in book.manifests] == [1, 2]
    assert [item.goods[0].description for item in book.latest[0].consignments] == ["Machine parts", "Coffee"]
    assert [item.goods[0].description for item in book.manifests[0].consignments] == ["Coffee", "Coffee"]
    assert warned(book) == [
        "manifest M1 version 1 says something else than the document before: it is taken as version 2"
    ]


def test_a_corrected_ship_is_a_new_version_with_all_its_goods(tmp_path: Path) -> None:
    book = read(tmp_path, HEADER + row() + row("C2"), HEADER + row(imo="9178393"))
    assert [manifest.conveyance.imo for manifest in book.manifests] == [9074729, 9178393]
    assert len(book.latest[0].consignments) == 2


def test_an_old_version_said_otherwise_does_not_come_before_a_declared_amendment(tmp_path: Path) -> None:
    def version(number: int, goods: str) -> str:
        manifest: dict[str, Any] = manifest_json(p.manifest(p.FULL, version=number))
        manifest["consignments"][0]["goods"] = [{"description": goods}]
        return json.dumps(manifest)

    lines = [version(2, "Amended"), version(1, "First"), version(1, "First, said otherwise"), version(2, "Amended")]
    book = read(tmp_path, "\n".join(lines), ending="jsonl")
    assert [(m.version, m.consignments[0].goods[0].description) for m in book.manifests] == [
        (1, "First"),
        (2, "Amended"),
    ]
    assert "and version 2 is here: it is not taken" in warned(book)[0]


def test_one_bad_part_loses_only_itself(tmp_path: Path) -> None:
    bad = row("C9").replace("NLRTM", "")
    book = read(tmp_path, HEADER + row() + bad, HEADER + bad + row("C2"))
    assert [item.consignment_id for item in book.latest[0].consignments] == ["C1", "C2"]
    assert book.rows_rejected == 2
