"""Recorded files give the same bytes whatever they are packed in, and say when they are cut."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
import zstandard

from streams.errors import TruncatedError
from streams.files import peek, read_blocks, stored_size

TEXT = b"".join(b"%d,line of a recording\n" % number for number in range(20_000))


def packed(kind: str) -> bytes:
    half = len(TEXT) // 2
    zstd = zstandard.ZstdCompressor()
    return {
        "plain": TEXT,
        "gzip": gzip.compress(TEXT),
        "two gzip members": gzip.compress(TEXT[:half]) + gzip.compress(TEXT[half:]),
        "padded gzip": gzip.compress(TEXT[:half]) + bytes(70_000) + gzip.compress(TEXT[half:]) + bytes(9),
        "zstd": zstd.compress(TEXT),
        "two zstd frames": zstd.compress(TEXT[:half]) + zstd.compress(TEXT[half:]),
        "skippable zstd frame first": b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + zstd.compress(TEXT),
    }[kind]


KINDS = [
    "plain",
    "gzip",
    "two gzip members",
    "padded gzip",
    "zstd",
    "two zstd frames",
    "skippable zstd frame first",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block_bytes", [1_000, 65_536, 1 << 20])
def test_a_file_gives_its_content_whatever_it_is_packed_in(tmp_path: Path, kind: str, block_bytes: int) -> None:
    path = tmp_path / "recording"
    path.write_bytes(packed(kind))
    seen: list[int] = []
    blocks = list(read_blocks(path, block_bytes, seen.append))
    assert b"".join(blocks) == TEXT
    assert all(len(block) == block_bytes for block in blocks[:-1])
    assert seen == sorted(seen)
    assert seen[-1] == stored_size(path)
    assert peek(path, 40) == TEXT[:40]


@pytest.mark.parametrize("kind", ["gzip", "two gzip members", "zstd", "two zstd frames"])
def test_a_cut_archive_gives_what_can_be_read_and_then_says_so(tmp_path: Path, kind: str) -> None:
    whole = packed(kind)
    path = tmp_path / "recording"
    path.write_bytes(whole[: len(whole) - 9])
    given = bytearray()
    with pytest.raises(TruncatedError, match="ends early"):
        for block in read_blocks(path, 5_000):
            given += block
    assert TEXT.startswith(bytes(given))
    if "two" in kind:
        assert len(given) >= len(TEXT) // 2


def test_bytes_after_the_archive_that_are_no_archive_are_told(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(packed("gzip") + b"garbage")
    given = bytearray()
    with pytest.raises(TruncatedError, match="recording"):
        for block in read_blocks(path):
            given += block
    assert bytes(given) == TEXT


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_damage_inside_an_archive_ends_it_but_never_crashes(tmp_path: Path, kind: str) -> None:
    whole = packed(kind)
    path = tmp_path / "recording"
    random_bits = random.Random(7)
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[random_bits.randrange(4, len(damaged))] ^= 1 << random_bits.randrange(8)
        path.write_bytes(damaged)
        try:
            for _block in read_blocks(path):
                pass
        except TruncatedError:
            pass


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_comes_out_in_blocks_of_the_size_asked_for(tmp_path: Path, kind: str) -> None:
    zeros = bytes(64 << 20)
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(zeros) if kind == "gzip" else zstandard.ZstdCompressor().compress(zeros))
    blocks = read_blocks(path, 1 << 16)
    assert len(next(blocks)) == 1 << 16
    assert sum(map(len, blocks)) == len(zeros) - (1 << 16)


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert list(read_blocks(path)) == []
    assert peek(path, 10) == b""
