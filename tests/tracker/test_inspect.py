"""``tidewaiter inspect`` says what a file is, how it is read and what is missing; of what is no tracking data it says what it is."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.tracker.decode.tables.vendor_files import CASES
from tracker.cli import app
from tracker.decode.layouts import read_mapping

MARINETRAFFIC = next(case for case in CASES if case.layout == "marinetraffic").text
FLIGHT = 'Timestamp,UTC,Callsign,Position,Altitude,Speed,Direction\n1772366400,2026-03-01T12:00:00Z,AB1,"35.5,139.7",3000,180,340\n'


def inspect(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["inspect", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def inspect_json(*words: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in inspect(*words, "--json")[1].splitlines() if line.startswith("{")]


def test_a_table_is_shown_with_its_layout_its_columns_and_its_first_rows(tmp_path: Path) -> None:
    path = tmp_path / "ps07.csv"
    path.write_text(MARINETRAFFIC)
    code, said = inspect(path)
    assert code == 0
    for words in ("MarineTraffic PS01-PS07", "kn x 10", "not read: SHIP_ID", "10.4", "2026-03-01 12:00:00", "1 ship"):
        assert words in said, words


def test_every_publishers_table_is_inspected(tmp_path: Path) -> None:
    for number, case in enumerate(CASES):
        (tmp_path / f"{number:02}.csv").write_text(case.text)
    found = inspect_json(tmp_path)
    assert [one["layout"] for one in found] == [case.layout for case in CASES]
    assert all(one["units_in"] == one["units_decoded"] for one in found)


def test_a_table_that_cannot_be_read_shows_how_far_it_is_understood_and_gives_a_mapping_to_begin_with(
    tmp_path: Path,
) -> None:
    path, mapping = tmp_path / "flight.csv", tmp_path / "map.toml"
    path.write_text(FLIGHT)
    code, said = inspect(path, "--mapping-out", mapping)
    assert code == 3
    assert "craft identity" in said and "lat_lon" in said
    text = mapping.read_text()
    assert '"Position" = "lat_lon"' in text and "Missing: craft" in text
    read_mapping(mapping)
    mapping.write_text(text.replace('# icao24 = "4ca1b2"', 'icao24 = "86e4a2"'))
    (found,) = inspect_json(path, "--mapping", mapping)
    assert (found["positions"], found["rows"][0]["craft"]) == (1, "icao24:86e4a2")


def test_the_mapping_written_of_a_known_table_reads_it_in_the_same_way(tmp_path: Path) -> None:
    path, mapping = tmp_path / "ps07.csv", tmp_path / "map.toml"
    path.write_text(MARINETRAFFIC)
    (before,) = inspect_json(path, "--mapping-out", mapping)
    (after,) = inspect_json(path, "--mapping", mapping)
    assert after["rows"] == before["rows"]


def test_a_mapping_is_not_written_over_a_file(tmp_path: Path) -> None:
    path, mapping = tmp_path / "ps07.csv", tmp_path / "map.toml"
    path.write_text(MARINETRAFFIC)
    mapping.write_text("mine")
    done = CliRunner().invoke(app, ["inspect", str(path), "--mapping-out", str(mapping)])
    assert done.exit_code != 0
    assert mapping.read_text() == "mine"


def test_refused_rows_are_told_by_cause_with_a_sample_and_a_mend(tmp_path: Path) -> None:
    path = tmp_path / "ships.csv"
    path.write_text("mmsi,timestamp,lat,lon\n219000001,yesterday,55,12\n219000001,2026-03-01T00:00:00Z,55,12\n")
    (found,) = inspect_json(path)
    (refused,) = found["refused"]
    assert (refused["cause"], refused["count"], refused["at"]) == ("bad_time", 1, 2)
    assert "yesterday" in refused["sample"] and refused["mend"]


def test_a_file_all_of_whose_rows_are_refused_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ships.csv"
    path.write_text("mmsi,timestamp,lat,lon\n219000001,yesterday,55,12\n")
    (found,) = inspect_json(path)
    assert "gave nothing" in found["nothing"]


def _junk(folder: Path) -> dict[str, str]:
    """Ten files that are no tracking data, and a word that tells what each is."""
    with zipfile.ZipFile(folder / "pictures.zip", "w") as archive:
        archive.writestr("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 60)
    files: dict[str, tuple[bytes, str]] = {
        "empty.csv": (b"", "empty"),
        "a.png": (b"\x89PNG\r\n\x1a\n" + b"0" * 60, "PNG"),
        "a.pdf": (b"%PDF-1.7\n%abc\n", "PDF"),
        "letter.txt": (b"Dear all, here is what you asked for.\n", "text"),
        "base.db": (b"SQLite format 3\x00" + b"\x00" * 90, "SQLite"),
        "ships.xml": (b'<?xml version="1.0"?><vessels><v mmsi="1"/></vessels>', "XML"),
        "uat.txt": (b"-10a1b2c3d4e5f60718293a4b5c6d7e8f9001;rs=1;\n", "UAT"),
        "prices.csv": (b"date,price,volume\n2026-01-01,3.5,100\n", "price"),
        "page.html": (b"<html><body>log in</body></html>", "HTML"),
    }
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)
    return {name: word for name, (_, word) in files.items()} | {"pictures.zip": "PNG"}


def test_of_files_that_are_no_tracking_data_it_is_said_what_they_are(tmp_path: Path) -> None:
    for name, word in _junk(tmp_path).items():
        code, said = inspect(tmp_path / name)
        assert code == 3, name
        assert word in said, (name, said)
        assert "Traceback" not in said


def test_of_a_folder_every_file_is_told(tmp_path: Path) -> None:
    words = _junk(tmp_path)
    code, said = inspect(tmp_path)
    assert code == 3
    for name in words:
        assert name in said, name


@pytest.mark.parametrize("name", ["missing.csv", "missing*.csv"])
def test_a_path_that_is_not_there_is_a_mistake(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(app, ["inspect", str(tmp_path / name)])
    assert done.exit_code not in (0, 3)


def test_what_gives_nothing_ends_with_exit_code_3_and_says_what_would_help(tmp_path: Path) -> None:
    path = tmp_path / "frames.avr"
    path.write_text("*8D406B902015A678D4D220AA4BDA;\n" * 3)
    code, said = inspect(path)
    assert code == 3
    assert "--undated" in said
    code, said = inspect(path, "--undated", "2026-03-01T00:00:00Z")
    assert code == 0
    assert "2026-03-01 00:00:00" in said
