"""Bombs in cargo: small files that would unpack or parse to more than memory end in one sentence."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from tracker.cargo.limits import CargoConfig
from tracker.cargo.read import read_cargo
from tracker.errors import CargoError

SMALL = CargoConfig(most_mb=1.0, most_values=20_000)
MANIFEST = {
    "manifest_id": "M1", "conveyance": {"mode": "sea", "name": "EVERGREEN STAR"}, "consignments": [],
}  # fmt: skip


def nowhere(code: str) -> None:
    return None


@pytest.mark.parametrize("packed", [gzip.compress, zstandard.ZstdCompressor(level=19).compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("filler", [b" ", b"\n", b"x"], ids=["blanks", "lines", "one line"])
def test_a_bomb_is_not_unpacked(tmp_path: Path, packed, filler: bytes) -> None:
    bomb = tmp_path / "cargo.json.packed"
    bomb.write_bytes(packed(b'{"manifests": [' + filler * 200_000_000))
    assert bomb.stat().st_size < 250_000
    tracemalloc.start()
    try:
        with pytest.raises(CargoError, match=r"more than 1 million bytes, unpacked.*raise \[cargo\] most_mb"):
            read_cargo([bomb], nowhere, SMALL)
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        '{"manifests": [' + "{}," * 15_000 + "{}]}",
        '{"manifests": [' + ",".join(["[]"] * 15_000) + "]}",
        "manifest_id,consignment_id\n" + "a,b\n" * 15_000,
        json.dumps({**MANIFEST, "consignments": [0] * 30_000}),
    ],
    ids=["objects", "lists", "csv", "numbers"],
)
def test_what_parses_to_too_many_values_is_not_parsed(tmp_path: Path, text: str) -> None:
    (tmp_path / "cargo.json").write_text(text)
    with pytest.raises(CargoError, match=r"more values than the 20,000 .*raise \[cargo\] most_values"):
        read_cargo([tmp_path / "cargo.json"], nowhere, SMALL)


def test_the_limits_are_for_all_files_together(tmp_path: Path) -> None:
    for k in range(3):
        (tmp_path / f"{k}.json").write_text(json.dumps(MANIFEST | {"manifest_id": f"M{k}"}) + " " * 400_000)
    assert len(read_cargo([tmp_path / "0.json", tmp_path / "1.json"], nowhere, SMALL).manifests) == 2
    with pytest.raises(CargoError, match=r"2\.json"):
        read_cargo([tmp_path], nowhere, SMALL)


def test_depth_and_long_numbers_are_told_in_a_sentence(tmp_path: Path) -> None:
    deep, long = tmp_path / "deep.json", tmp_path / "long.json"
    deep.write_text('{"manifests": ' + "[" * 9_000)
    long.write_text('{"manifest_id": ' + "9" * 6_000 + "}")
    for path in (deep, long):
        with pytest.raises(CargoError):
            read_cargo([path], nowhere, SMALL)
