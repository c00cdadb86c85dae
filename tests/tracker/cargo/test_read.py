"""Cargo files: round trips, and every kind of mistake told with file, row and how to mend it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.consignment import Party
from tracker.cargo.read import read_cargo
from tracker.cargo.write import manifest_json, write_cargo_csv, write_cargo_json
from tracker.errors import CargoError

PAPERS = (p.manifest(p.FULL, p.consignment("C2", "MAPTM")), p.AIR)


def read(*paths: Path) -> CargoBook:
    book = read_cargo(paths, p.locate)
    for file in book.files:
        assert file.rows_in == file.rows_kept + file.rejects.total
    return book


def read_text(tmp_path: Path, text: str, name: str = "cargo.json") -> CargoBook:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read(path)


def notes(book: CargoBook) -> list[str]:
    return [sample.note for file in book.files for sample in file.rejects.samples]


def warnings(book: CargoBook) -> list[str]:
    return [sample.note for file in book.files for sample in file.warnings.samples]


def changed(change: Callable[[dict[str, Any]], Any], manifest: Any = None) -> str:
    raw = manifest_json(manifest or PAPERS[0])
    change(raw)
    return json.dumps({"manifests": [raw]})


def test_json_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    book = read_text(tmp_path, write_cargo_json(PAPERS))
    assert book.manifests == PAPERS
    assert (book.rows_rejected, book.warnings) == (0, 0)


def test_csv_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    for name, text in write_cargo_csv(PAPERS).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    book = read(tmp_path)
    assert book.manifests == PAPERS
    assert (book.rows_rejected, book.warnings) == (0, 0)
    assert {file.kind: file.rows_in for file in book.files} == {"consignments": 4, "itineraries": 5, "flags": 1}


def test_json_lines_and_compressed_files_are_recognised_by_content(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(manifest_json(m)) for m in PAPERS).encode()
    (tmp_path / "a").write_bytes(gzip.compress(lines))
    (tmp_path / "b").write_bytes(zstandard.compress(b"\xef\xbb\xbf" + lines))
    assert read(tmp_path / "a").manifests == PAPERS
    assert read(tmp_path / "b").manifests == PAPERS
    (tmp_path / "c").write_bytes(json.dumps(manifest_json(PAPERS[0])).encode("utf-16"))
    assert read(tmp_path / "c").manifests == PAPERS[:1]


def test_a_damaged_line_costs_only_itself(tmp_path: Path) -> None:
    text = '{"manifest_id": broken\n' + json.dumps(manifest_json(p.AIR))
    book = read_text(tmp_path, text)
    assert [m.manifest_id for m in book.manifests] == ["M2"]
    assert (book.rows_in, book.rows_rejected) == (5, 1)


def test_semicolons_serve_as_well_as_commas(tmp_path: Path) -> None:
    text = "manifest_id;mode;flight;sequence;location;arrive\nM1;air;AF077;1;CDG;2026-04-17T10:00\nM1;;;2;JFK;2026-04-17T18:00\n"
    book = read_text(tmp_path, text, "calls.csv")
    itinerary = book.manifests[0].itinerary
    assert itinerary is not None
    assert [node.location for node in itinerary.nodes] == ["LFPG", "KJFK"]


@pytest.mark.parametrize(
    ("change", "said", "rows"),
    [
        (lambda m: m["itinerary"][1].update(location="ZZZZZ", lat_deg=None), "unknown place ZZZZZ", 1),
        (lambda m: m["itinerary"][1].update(arrive="soon"), "is no time; write it like", 1),
        (lambda m: m["itinerary"][1].update(arrive="1926-04-20"), "outside the years", 1),
        (lambda m: m["itinerary"][1].update(depart="2026-04-19"), "departs from MAPTM before it arrives", 1),
        (lambda m: m["itinerary"][2].update(arrive="2026-04-19T00:00Z"), "lies before the one at MAPTM", 1),
        (lambda m: m["consignments"][0]["goods"][0].update(hs_code="1"), "is not an HS code; write 2 to 12 digits", 1),
        (lambda m: m["consignments"][0]["goods"][0].update(gross_mass_kg="heavy"), "is no number", 1),
        (lambda m: m["consignments"][0]["goods"][0].update(packages=-1), "is outside 0", 1),
        (lambda m: m["consignments"][0].pop("document_number"), "document_number is missing", 5),
        (lambda m: m["consignments"][0].update(document_type="letter"), "is none of bill_of_lading, air_waybill", 5),
        (lambda m: m["consignments"][0]["flags"][0].pop("flag"), "flag is missing", 1),
        (lambda m: m["consignments"][0].update(colour="red"), "unknown field 'colour'", 1),
        (lambda m: m["consignments"][0]["goods"][0].update(hs_cod="12"), "did you mean hs_code?", 1),
        (lambda m: m["consignments"].append(3), "is no JSON object", 1),
        (lambda m: m.update(itinerary="none"), "is no JSON list", 1),
        (lambda m: m["consignments"].append(dict(m["consignments"][1])), "is in the manifest twice", 1),
        (lambda m: m["conveyance"].update(mode="road"), "is none of sea, air; the whole manifest is refused", 10),
        (lambda m: m.update(conveyance={"mode": "sea"}), "nothing names the craft; give one of imo, mmsi", 10),
        (lambda m: m["conveyance"].update(imo=12), "is not an IMO number; write its seven digits", 10),
    ],
)  # fmt: skip
def test_a_mistake_is_told_and_the_rest_is_kept(tmp_path: Path, change: Any, said: str, rows: int) -> None:
    book = read_text(tmp_path, changed(change))
    assert said in notes(book)[0]
    assert book.rows_rejected == rows
    assert bool(book.manifests) == (rows < 10)


def test_wrong_check_digits_are_warnings_and_their_rows_are_kept(tmp_path: Path) -> None:
    def change(m: dict[str, Any]) -> None:
        m["conveyance"]["imo"] = 9074728
        m["consignments"][0]["equipment"][0]["equipment_id"] = "CSQU3054384"

    book = read_text(tmp_path, changed(change))
    assert book.rows_rejected == 0
    assert ["IMO number" in note or "container" in note for note in warnings(book)] == [True, True]
    assert book.manifests[0].conveyance.imo == 9074728, "kept as it was written: the ship may contradict it"
    assert book.manifests[0].consignments[0].equipment[0].equipment_id == "CSQU3054384"
    air = read_text(tmp_path, changed(lambda m: m["consignments"][0].update(document_number="057-76215437"), p.AIR))
    assert "wrong check digit" in warnings(air)[0]


def test_a_place_unknown_to_the_program_is_taken_with_its_own_position(tmp_path: Path) -> None:
    change = lambda m: m["itinerary"][1].update(location="XXPLT", name="Platform", lat_deg=1.0, lon_deg=2.0)  # noqa: E731
    itinerary = read_text(tmp_path, changed(change)).manifests[0].itinerary
    assert itinerary is not None
    assert (itinerary.nodes[1].location, itinerary.nodes[1].lat_deg) == ("XXPLT", 1.0)


def test_an_amendment_is_judged_and_the_old_version_stays(tmp_path: Path) -> None:
    old, new = p.manifest(p.FULL), p.manifest(p.FULL, p.consignment("C9"), version=2)
    book = read_text(tmp_path, write_cargo_json([new, old]))
    assert book.manifests == (old, new)
    assert book.latest == (new,)
    assert [row["is_latest"] for row in book.tables()["paper_versions"].to_pylist()] == [0, 1]


def test_flags_files_reach_every_version_and_an_unknown_number_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(write_cargo_json([p.manifest(p.consignment("C1"))]))
    (tmp_path / "flags.csv").write_text("document_number,flag,severity\nmedu-c1,drugs,0.8\nNOSUCH,drugs,\n,drugs,\n")
    book = read(tmp_path)
    assert [flag.severity for flag in book.manifests[0].consignments[0].flags] == [0.8]
    assert ["names no consignment" in note or "no consignment that was read" in note for note in notes(book)] == [
        True,
        True,
    ]


def test_csv_mistakes_are_told_by_line(tmp_path: Path) -> None:
    header = "manifest_id,mode,craft_name,consignment_id,document_type,document_number,loading,discharge,hs_code,hue\n"
    rows = [
        "M1,sea,STAR,C1,bill_of_lading,B1,BRSSZ,NLRTM,0804,",
        "M1,sea,STAR,C1,,,,,99x,",
        "M1,sea,OTHER,C2,bill_of_lading,B2,BRSSZ,NLRTM,,",
        "M1,sea,STAR,C1,,B7,,,,",
        "M1,sea",
        "",
        "M2,,,C3,bill_of_lading,B3,BRSSZ,NLRTM,,",
    ]
    book = read_text(tmp_path, header + "\n".join(rows) + "\n", "c.csv")
    told = [(s.at, s.note) for s in book.files[0].rejects.samples]
    assert [at for at, _ in told] == [1, 3, 4, 5, 6, 8]
    for (_, note), said in zip(
        told,
        ["unknown field 'hue'", "HS code", "another conveyance", "differs from", "2 cells", "no row names"],
        strict=True,
    ):
        assert said in note
    assert (book.rows_in, book.files[0].rows_kept) == (7, 1)


def test_goods_that_cannot_be_read_do_not_take_the_consignment_with_them(tmp_path: Path) -> None:
    header = "manifest_id,mode,craft_name,consignment_id,document_type,document_number,loading,discharge,hs_code\n"
    book = read_text(tmp_path, header + "M1,sea,STAR,C1,bill_of_lading,B1,BRSSZ,NLRTM,mangoes\n", "c.csv")
    assert "is kept without this line" in notes(book)[0]
    assert (book.rows_in, book.rows_rejected) == (1, 1)
    assert [item.goods for item in book.manifests[0].consignments] == [()]
    lost = read_text(tmp_path, header + "M1,sea,STAR,C1,bill_of_lading,B1,XXXXX,NLRTM,mangoes\n", "d.csv")
    assert (lost.rows_in, lost.rows_rejected) == (1, 1)


def test_a_flag_survives_a_severity_that_cannot_be_read(tmp_path: Path) -> None:
    book = read_text(tmp_path, changed(lambda m: m["consignments"][0]["flags"][0].update(severity="high")))
    assert [flag.severity for flag in book.manifests[0].consignments[0].flags] == [0.5]
    assert "severity 'high' is no number" in warnings(book)[0]


def test_a_mistake_about_a_party_is_a_warning_told_without_its_name(tmp_path: Path) -> None:
    book = read_text(tmp_path, changed(lambda m: m["consignments"][0]["consignee"].update(country="Nederland BV")))
    consignee = book.manifests[0].consignments[0].consignee
    assert consignee is not None
    assert (consignee.name, consignee.country) == ("Van Dam Fruit, BV", None)
    samples = [sample for file in book.files for sample in file.warnings.samples]
    assert "write two letters" in samples[0].note
    assert not any("Nederland" in s.note + s.text for s in samples)


def test_a_party_known_by_its_number_alone_is_kept(tmp_path: Path) -> None:
    book = read_text(tmp_path, changed(lambda m: m["consignments"][0].update(notify={"id": "NL77"})))
    assert book.manifests[0].consignments[0].notify == Party("(not named)", id="NL77")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello\n", "is no cargo file"),
        (b"a,b\n1,2\n", "is no cargo file"),
        (b'{"manifests": [', "line 1: is no JSON"),
        (b'{"manifests": 3}', "is no cargo file"),
        (b"\x1f\x8b\x08broken", "cannot be read"),
        (b"\x28\xb5\x2f\xfdbroken", "cannot be read"),
        (b'{"a":\n"\xff\0"}', "line 2: is no text"),
        (b"[" * 100_000, "is no cargo file"),
        (b'{"a":' * 100_000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_no_cargo_file_ends_with_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CargoError) as caught:
        read_cargo([path], p.locate)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.mend


def test_a_missing_path_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(CargoError, match="no such file"):
        read_cargo([tmp_path / "nowhere"], p.locate)
    with pytest.raises(CargoError, match=r"holds no \.json"):
        read_cargo([tmp_path], p.locate)


def test_other_files_in_a_folder_are_left_alone_and_told(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(write_cargo_json(PAPERS))
    (tmp_path / "labels.csv").write_text("kind,start\n")
    (tmp_path / "README.md").write_text("hello")
    book = read(tmp_path)
    assert len(book.manifests) == 2
    assert warnings(book) == ["is no cargo file and was left alone"]


def test_manifests_of_one_voyage_declare_one_itinerary() -> None:
    book = CargoBook((p.manifest(p.FULL), p.manifest(p.consignment("C5"), manifest_id="M7")))
    assert [itinerary.itinerary_id for itinerary in book.itineraries()] == ["M1"]
    assert book.conveyances == (p.SHIP,)


def test_a_round_trip_calls_for_the_loading_before_its_discharge() -> None:
    calls = (p.node("NLRTM"), p.node("BRSSZ"), p.node("NLRTM"))
    manifest = p.manifest(p.FULL, calls=calls)
    assert manifest.node_indices(p.FULL) == (1, 2)
    assert manifest.node_indices(p.consignment("X", "NLRTM", "BRSSZ")) == (0, 1)
    assert p.manifest(calls=(calls[1], calls[0])).node_indices(p.consignment("X", "NLRTM", "BRSSZ")) == (1, None)


@pytest.mark.parametrize(("dated", "looked_for"), [("2026-04-18", "2026-04-17"), ("2026-04-16", "2026-04-17"),
    ("2026-04-17", "2026-04-17"), ("2026-04-25", "2026-04-25")], ids=["Auckland", "Honolulu", "UTC", "another week"])  # fmt: skip
def test_a_flight_dated_by_the_airports_calendar_is_looked_for_on_its_day_in_utc(
    tmp_path: Path, dated: str, looked_for: str
) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["conveyance"]["flight_date"] = dated
        raw["itinerary"][0]["depart"] = "2026-04-17T11:30:00Z"

    book = read_text(tmp_path, changed(change, p.AIR))
    (manifest,) = book.manifests
    assert manifest.conveyance.flight_date == looked_for
    assert manifest.itinerary is not None
    assert manifest.itinerary.conveyance == manifest.conveyance
    assert bool(warnings(book)) == (dated != looked_for)
