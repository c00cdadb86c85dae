"""What a person names is opened: folders, patterns, archives, pipes. What cannot be read is named for what it is, and the others are read."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from streams.archives import Spool
from tests.streams.test_archives import tarred, zipped
from tests.tracker.test_cli import LINES, run
from tracker.cargo.book import CargoBook
from tracker.decode.refusals import refusal_of
from tracker.errors import GaveNothingError, InputError, UnknownFormatError
from tracker.geography.places import WorldPlaces
from tracker.inputs import distinct_inputs, open_input
from tracker.inputs.opening import Opened, open_recordings
from tracker.replay import replay
from tracker.settings import load_settings

CSV = "mmsi,timestamp,lat,lon,name\n" + "".join(
    f"219000001,2026-03-01T00:{m:02d}:00Z,55.{m:02d},12.5,Ærø é\n" for m in range(30)
)


def names(opened: Opened, folder: Path) -> list[str]:
    return [one.stored.name.removeprefix(f"{folder}/") for one in opened.recordings]


def rows(path: Path) -> tuple[int, int, set[bytes]]:
    """Units, reports and names in everything at a path."""
    with Spool() as spool:
        units = reports = 0
        said: set[bytes] = set()
        for number, one in enumerate(open_recordings([path], spool).recordings):
            opened = open_input(one, number)
            for decoded in opened.decoded(1 << 10):
                reports += len(decoded.positions)
                said |= set(decoded.statics.name.tolist())
            units += opened.counts.units_in
    return units, reports, said


PACKED = {
    "plain": CSV.encode(),
    "utf-8 with a mark": CSV.encode("utf-8-sig"),
    "utf-16": CSV.encode("utf-16"),
    "utf-16 big endian": b"\xfe\xff" + CSV.encode("utf-16-be"),
    "utf-16 without a mark": CSV.encode("utf-16-le"),
    "windows-1252": CSV.encode("cp1252"),
    "gzip": gzip.compress(CSV.encode()),
    "bzip2": bz2.compress(CSV.encode()),
    "xz": lzma.compress(CSV.encode()),
    "zip": zipped([("x.csv", CSV.encode())]),
    "zip of gzip": zipped([("x.csv.gz", gzip.compress(CSV.encode()))]),
    "zip in zip": zipped([("x.zip", zipped([("x.csv", CSV.encode())]))]),
    "tar.gz of utf-16": gzip.compress(tarred([("x.csv", CSV.encode("utf-16"))])),
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_table_is_the_same_in_every_box_and_encoding(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(PACKED[kind])
    assert rows(path) == (30, 30, {b"AEro e"})


def test_sentences_in_utf_16_keep_their_checksums(tmp_path: Path) -> None:
    plain, wide = tmp_path / "a.nmea", tmp_path / "b.nmea"
    plain.write_text(LINES)
    wide.write_text(LINES, encoding="utf-16")
    assert rows(wide)[:2] == rows(plain)[:2]
    assert rows(wide)[1] > 0


@pytest.mark.parametrize("box", ["zip", "tar", "tar.gz", "gz"])
def test_parquet_in_a_box_is_unpacked_to_a_file_that_is_gone_afterwards(tmp_path: Path, box: str) -> None:
    table = tmp_path / "table"
    pl.read_csv(CSV.encode()).write_parquet(table)
    data = table.read_bytes()
    table.unlink()
    made = {"zip": zipped([("x", data)]), "tar": tarred([("x", data)]), "tar.gz": gzip.compress(tarred([("x", data)])), "gz": gzip.compress(data)}  # fmt: skip
    (tmp_path / "input").write_bytes(made[box])
    with Spool() as spool:
        one = open_recordings([tmp_path / "input"], spool).recordings[0]
        assert sum(len(part.positions) for part in open_input(one, 0).decoded(1 << 20)) == 30
    assert not one.stored.path.exists()


def test_a_folder_is_read_with_all_in_it_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    for name in ("b/x.csv", "a.csv", "b/c/y.nmea", ".hidden.csv", ".git/z.csv", "README.md", "a.csv.json", "map.png", "notes.txt", "s.duckdb.state/door.csv"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(LINES if name.endswith(".nmea") else CSV)
    (tmp_path / "a.csv.json").write_text('{"zone": "UTC"}')
    (tmp_path / "map.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "notes.txt").write_text("tea at five\n")
    with Spool() as spool:
        opened = open_recordings([tmp_path], spool)
    assert names(opened, tmp_path) == ["a.csv", "b/c/y.nmea", "b/x.csv"]
    assert [Path(one.name).name for one in opened.refused] == ["notes.txt"]
    assert len(opened.left_out) == 7


def test_patterns_that_no_shell_has_taken(tmp_path: Path) -> None:
    for name in ("a/1.csv", "a/b/2.csv", "3.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(CSV)
    with Spool() as spool:
        assert names(open_recordings([tmp_path / "**" / "*.csv"], spool), tmp_path) == ["3.csv", "a/1.csv", "a/b/2.csv"]
        assert names(open_recordings([tmp_path / "a*"], spool), tmp_path) == ["a/1.csv", "a/b/2.csv"]
        with pytest.raises(InputError, match="no file matches"):
            open_recordings([tmp_path / "*.nmea"], spool)


def test_a_pipe_passes_once_and_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(gzip.compress(CSV.encode())))
    writer.start()
    assert rows(path)[:2] == (30, 30)
    writer.join()


def test_the_same_member_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped([("x.csv", CSV.encode()), ("y.csv", CSV.encode())]))
    with Spool() as spool:
        opened = [open_input(one, n) for n, one in enumerate(open_recordings([path], spool).recordings)]
        kept, same = distinct_inputs(opened)
    assert [one.source_name for one in kept] == ["a.zip!x.csv"]
    assert same == {f"{path}!y.csv": f"{path}!x.csv"}


REFUSED = {
    "raw UAT": (b"-00a66ef135445d525a0c0519119021204800;rs=0;ss=5;\n" * 3, "UAT"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
    "page": (b"<!DOCTYPE html><html>", "HTML"),
    "database": (b"SQLite format 3\0" + bytes(100), "SQLite"),
    "GPX": (b'<?xml version="1.0"?>\n<gpx version="1.1">', "GPX"),
    "KML": (b'<?xml version="1.0"?>\n<kml>', "KML"),
    "packets": (b"\xd4\xc3\xb2\xa1" + bytes(50), "pcap"),
    "ASTERIX": (bytes([48, 0, 48]) + bytes(45) + bytes([34, 0, 11]) + bytes(8), "ASTERIX"),
    "hexadecimal": (b"8D4840D6202CC371C32CE0576098\n" * 3, "bare hexadecimal"),
    "dictionaries": (b"{'mmsi': 1, 'lat': 2}\n", "single quotes"),
    "JSON without a craft": (json.dumps([{"name": "x", "lat": 1, "lon": 2}]).encode(), "a craft"),
    "a table without names": (b"219000001,2026-03-01T00:00:00Z,55.1,12.2\n" * 3, "without a line of their names"),
    "another table": (b"first,last,age\nA,B,3\nC,D,4\n", "first, last, age"),
    "settings": (b"[replay]\nlateness_s = 3\n", "text of no kind"),
    "noise": (bytes(range(1, 256)) * 4, "binary data"),
    "zeros": (bytes(900), "nothing but zeros"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c" + bytes(30), "7-Zip"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_decoder_takes_is_named_for_what_it_is(kind: str) -> None:
    data, told = REFUSED[kind]
    assert told in refusal_of(data).what


def test_documents_that_are_zips_and_archives_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "input"
    for members, told in (
        ([("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")], "Excel workbook"),
        ([], "nothing in it"),
        ([("a.png", b"\x89PNG\r\n\x1a\n")], "picture"),
    ):
        path.write_bytes(zipped(members))
        with Spool() as spool, pytest.raises(UnknownFormatError, match=told):
            open_recordings([path], spool)
    path.write_bytes(gzip.compress(os.urandom(100))[:8])
    with Spool() as spool, pytest.raises(UnknownFormatError, match="nothing of it can be unpacked"):
        open_recordings([path], spool)


def test_a_refusal_loads_nothing_that_it_does_not_need() -> None:
    heavy = {"numba", "polars", "pyarrow", "scipy", "duckdb", "sklearn", "tracker.detectors"}
    code = f"import sys, tracker.inputs.opening, tracker.commands.opened; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_one_bad_file_does_not_stop_the_others_and_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(CSV)
    (tmp_path / "broken.csv").write_text("mmsi,timestamp,lat,lon\n" + "219000001,yesterday,55.1,12.5\n" * 5)
    (tmp_path / "letter.txt").write_text("Dear customs,\n")
    done = run("replay", tmp_path, "--json")
    assert done.returncode == 3, done.stderr
    summary = json.loads(done.stdout)
    assert summary["reports"] == 30
    assert {Path(one["input"]).name: one["rows"] > 0 for one in summary["files"]} == {"good.csv": True, "broken.csv": False}  # fmt: skip
    for part in ("broken.csv: gave nothing: all 5 rows were refused as bad_time", "yesterday", "letter.txt: is text"):
        assert part in done.stderr
    strict = run("replay", tmp_path, "--strict")
    assert strict.returncode == 2
    assert "letter.txt" in strict.stderr


def test_an_input_that_gives_nothing_ends_a_strict_replay_before_anything_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("mmsi,timestamp,lat,lon\n" + "219000001,yesterday,55.1,12.5\n" * 5)
    with pytest.raises(GaveNothingError, match="all 5 rows were refused"):
        replay([open_input(path, 0)], load_settings(), book=CargoBook(), places=WorldPlaces.load(), strict=True)
    assert GaveNothingError.exit_code == 3


def test_text_with_control_characters_reaches_nobody(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"mmsi,timestamp,lat,lon,name,destination\n219000001,2026-03-01T00:00:00Z,55,12,EV\x1b[2JER,A\x00B\xc2\x9b\n"
    )
    statics = [part.statics for part in open_input(path, 0).decoded(1 << 20)]
    texts = np.concatenate([batch.name for batch in statics] + [batch.destination for batch in statics]).tolist()
    assert all(text.decode("ascii").isprintable() for text in texts)
    assert b"EV?[2JER" in texts
