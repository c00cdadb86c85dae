"""Papers cut at every byte, doubled, and with one bad row: what is whole is kept, and the document says that it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracker.cargo import papers as p
from tests.tracker.cargo.workbooks import workbook
from tracker.cargo.consignment import Consignment
from tracker.cargo.content import Gatherings, recognised
from tracker.cargo.ledger import CargoFile
from tracker.cargo.limits import CargoConfig, Room
from tracker.cargo.read import read_cargo
from tracker.cargo.write import write_cargo_csv, write_cargo_json
from tracker.commands.given import cargo_of
from tracker.errors import CargoError
from tracker.geography.places import WorldPlaces
from tracker.settings import load_settings

SECOND = p.consignment("C2", "MAPTM")
PAPERS = (p.manifest(p.FULL, SECOND), p.AIR)
JSON = write_cargo_json(PAPERS)
CSV = write_cargo_csv(PAPERS)["consignments.csv"]


def read(content: bytes) -> tuple[dict[tuple[str, str], Consignment], CargoFile]:
    """Consignments by manifest and name, and the account."""
    file = CargoFile("papers")
    into = Gatherings()
    found = recognised(content, file, Room.of(CargoConfig()))
    if found is None:
        raise CargoError.no_cargo("papers")
    found.read(into)
    made = [one for key in sorted(into.drafts) if (one := into.drafts[key].finish(p.locate)) is not None]
    return {(m.manifest_id, c.consignment_id): c for m in made for c in m.consignments}, file


def cuts(content: bytes) -> Iterator[tuple[int, dict[tuple[str, str], Consignment], CargoFile]]:
    """What is read of every beginning of a document that gives anything."""
    for end in range(1, len(content)):
        try:
            kept, file = read(content[:end])
        except CargoError as exc:
            assert "\n" not in str(exc)
            continue
        assert file.rows_kept >= 0
        yield end, kept, file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_json_cut_at_every_byte_keeps_every_whole_consignment(encoding: str) -> None:
    content = JSON.encode(encoding)
    whole, file = read(content)
    assert not file.is_incomplete
    most = 0
    for end, kept, file in cuts(content):
        assert kept.items() <= whole.items()
        assert len(kept) >= most
        assert file.is_incomplete or not content[end:].decode(encoding.replace("16", "16-le")).strip()
        most = len(kept)
    assert most == len(whole)


def test_json_lines_cut_at_every_byte_keep_every_whole_manifest() -> None:
    lines = "".join(line.rstrip(",") + "\n" for line in JSON.splitlines()[1:-1]).encode()
    whole, _ = read(lines)
    for end, kept, file in cuts(lines):
        assert kept.items() <= whole.items()
        assert file.is_incomplete or lines[end - 1 : end] in (b"}", b"\n")
    assert whole == read(JSON.encode())[0]


def test_csv_cut_at_every_byte_keeps_every_whole_row() -> None:
    content = CSV.encode()
    whole, _ = read(content)
    begins = [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
    last = {key: next(at for at in begins if f"\n{key[0]},".encode() in content[at - 1 : at + 4]) for key in whole}
    for end, kept, file in cuts(content):
        line = content.rfind(b"\n", 0, end) + 1
        for key, item in kept.items():
            assert item == whole[key] or last[key] <= end
        if line < end:  # in the middle of a row: it is told
            assert file.is_incomplete or file.warnings.total


def test_a_workbook_cut_anywhere_is_refused_in_one_sentence() -> None:
    content = workbook(Cargo=[["B/L", "Vessel", "POL", "POD"], ["A1", "STAR", "BRSSZ", "NLRTM"]])
    assert len(read(content)[0]) == 1
    for end in range(8, len(content), 7):
        with pytest.raises(CargoError, match="damaged or cut"):
            read(content[:end])


@pytest.mark.parametrize("text", [JSON, CSV], ids=["json", "csv"])
def test_doubled_is_the_same(text: str) -> None:
    assert read((text + text).encode())[0] == read(text.encode())[0]


def test_damage_in_the_middle_costs_the_consignment_it_is_in() -> None:
    whole, _ = read(JSON.encode())
    kept, file = read(JSON.replace('"document_number": "MEDUC1"', '"document_number" "MEDUC1"').encode())
    assert kept.items() <= whole.items()
    assert {("M1", "C2"), ("M2", "A1")} <= kept.keys()
    assert file.rejects.total
    assert "is no JSON" in file.rejects.samples[0].note


def test_bytes_of_another_encoding_are_named() -> None:
    _, file = read(CSV.replace("Agent", "Agent é").encode("cp1252"))
    (warning,) = [sample for sample in file.warnings.samples if "Windows-1252" in sample.note]
    assert warning.at == 2
    assert "E9 (é)" in warning.note


def test_papers_that_were_cut_say_so_until_a_whole_document_tells_the_same(tmp_path: Path) -> None:
    whole, cut = tmp_path / "b.json", tmp_path / "a.json"
    text = write_cargo_json([p.manifest(p.FULL, SECOND)])
    cut.write_text(text[: text.index('"C2"')])
    (manifest,) = read_cargo([cut], p.locate).manifests
    assert manifest.is_incomplete
    assert [item.consignment_id for item in manifest.consignments] == ["C1"]
    whole.write_text(text)
    assert [one.is_incomplete for one in read_cargo([cut, whole], p.locate).latest] == [False]
    tables = read_cargo([cut], p.locate).tables()
    assert tables["paper_versions"].column("is_incomplete").to_pylist() == [1]


def test_replay_and_watch_name_the_files_that_are_not_whole_and_those_whose_columns_were_guessed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut, guessed, fine = (tmp_path / name for name in ("cut.json", "office.csv", "fine.json"))
    text = write_cargo_json([p.manifest(p.FULL, SECOND)])
    cut.write_text(text[: text.index('"C2"')])
    guessed.write_text("B/L No;Vessel;POL;POD;Kgs\nA1;STAR;Rotterdam;Felixstowe;3.000,5\n")
    fine.write_text(write_cargo_json([p.AIR]))
    cargo_of([cut, guessed, fine], WorldPlaces.load(), load_settings())
    said = " ".join(capsys.readouterr().err.split())
    assert "cut.json: is incomplete: the document breaks off" in said
    assert "office.csv:" in said
    assert "'tidewaiter papers inspect' shows why" in said
    assert "fine.json" not in said
