"""What was appended is there again: after a kill, after damage, after sealing, and never forged."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from streams.errors import JournalError, JournalFullError
from streams.journal import Journal, JournalConfig, journal_bytes, journal_chunks
from streams.journal_index import INDEX, JournalHead, next_head, read_index
from streams.journal_segments import (
    HEAD_BYTES,
    check_segments,
    plain_path,
    record_bytes,
    sealed_path,
    segment_numbers,
)
from streams.source import Chunk
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
SMALL = JournalConfig(segment_bytes=2_000, fsync_s=0.05)


def chunk(number: int, *, received_us: int | None = None, part: str = "0") -> Chunk:
    data = b"%06d " % number + random.Random(number).randbytes(number % 90) + b"\n"
    return Chunk(part, data, number * 1000 if received_us is None else received_us, "")


@contextmanager
def journal(folder: Path, config: JournalConfig | None = None) -> Iterator[Journal]:
    opened = Journal(folder, config)
    try:
        yield opened
    finally:
        opened.close()


def plain(chunks: Iterator[Chunk]) -> list[Chunk]:
    """Chunks without positions, to compare."""
    return [replace(one, position="") for one in chunks]


def fill(folder: Path, count: int, config: JournalConfig = SMALL) -> list[str]:
    """Positions of the first ``count`` chunks, all but the last segment sealed."""
    with journal(folder, config) as opened:
        positions = [opened.append(chunk(number)) for number in range(count)]
        eventually(lambda: len(list(folder.glob("*.journal"))) == 1)
    return positions


def test_chunks_come_back_behind_every_position(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        positions = [opened.append(chunk(number, part="ab"[number % 2])) for number in range(50)]
        everything = [chunk(number, part="ab"[number % 2]) for number in range(50)]
        assert plain(opened.read_from("")) == everything
        for number, position in enumerate(positions):
            assert plain(opened.read_from(position)) == everything[number + 1 :]
        assert [one.position for one in opened.read_from("")] == positions
        assert opened.end == positions[-1]


def test_positions_outlive_sealing_and_reopening(tmp_path: Path) -> None:
    positions = fill(tmp_path, 200)
    assert len(list(tmp_path.glob("*.zst"))) > 3
    with journal(tmp_path, SMALL) as opened:
        for number in range(0, 200, 7):
            assert plain(opened.read_from(positions[number])) == [chunk(k) for k in range(number + 1, 200)]
        assert opened.append(chunk(200)) > ""
        assert plain(opened.read_from(positions[-1])) == [chunk(200)]


def test_reading_goes_on_while_segments_are_sealed_under_it(tmp_path: Path) -> None:
    with journal(tmp_path, SMALL) as opened:
        for number in range(100):
            opened.append(chunk(number))
        reading = opened.read_from("")
        first = next(reading)
        eventually(lambda: len(list(tmp_path.glob("*.journal"))) == 1)
        assert plain(iter([first, *reading])) == [chunk(k) for k in range(100)]


def test_a_segment_is_closed_after_its_hour_too(tmp_path: Path) -> None:
    with journal(tmp_path, JournalConfig(segment_s=3600.0, fsync_s=0.05)) as opened:
        hour_us = 3_600_000_000
        places = [
            opened.append(chunk(k, received_us=at)).split(":")[0] for k, at in enumerate((0, hour_us - 1, hour_us))
        ]
    assert places == ["1", "1", "2"]


def test_the_index_holds_digests_that_sha256sum_agrees_with(tmp_path: Path) -> None:
    fill(tmp_path, 100)
    index = read_index(tmp_path)
    assert sorted(index) == segment_numbers(tmp_path)[:-1]
    for number, line in index.items():
        stored = sealed_path(tmp_path, number).read_bytes()
        raw = zstandard.ZstdDecompressor().decompressobj().decompress(stored)
        assert line["stored_sha256"] == hashlib.sha256(stored).hexdigest()
        assert line["sha256"] == hashlib.sha256(raw).hexdigest()
        assert (line["bytes"], line["stored_bytes"]) == (len(raw), len(stored))
    assert sum(line["records"] for line in index.values()) < 100
    assert list(check_segments(tmp_path)) == []


def test_somebody_who_changed_the_evidence_is_found_out(tmp_path: Path) -> None:
    fill(tmp_path, 150)
    path = sealed_path(tmp_path, 2)
    raw = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    path.write_bytes(zstandard.ZstdCompressor().compress(raw + b" "))
    sealed_path(tmp_path, 3).unlink()
    told = list(check_segments(tmp_path))
    assert any("00000002.journal.zst is not the file that was sealed" in sentence for sentence in told)
    assert any("segment 3 is in the index and not in the folder" in sentence for sentence in told)


WRITER = """
import sys
from streams.journal import Journal, JournalConfig
from streams.source import Chunk
from tests.waiting import eventually
journal = Journal(sys.argv[1], JournalConfig(segment_bytes=20_000, fsync_s=0.05))
number = sum(1 for _ in journal.read_from(""))
print("open", number, flush=True)
while True:
    position = journal.append(Chunk("0", b"%08d" % number + b"x" * (number % 3000), number, ""))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    number += 1
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_loses_nothing_it_was_told_is_kept(tmp_path: Path) -> None:
    chance = random.Random(5)
    told = -1
    for _ in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert writer.stdout is not None
        opened = writer.stdout.readline().split()
        assert opened[0] == b"open"
        assert int(opened[1]) > told
        for _ in range(chance.randrange(1, 600)):
            writer.stdout.readline()
        time.sleep(chance.random() * 0.05)  # not a wait: so that it is killed at any moment
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        if lines:
            told = int(lines[-1])
    with journal(tmp_path, SMALL) as again:
        there = list(again.read_from(""))
        assert again.status.damages == 0
    assert [int(one.data[:8]) for one in there] == list(range(len(there)))
    assert all(len(one.data) == 8 + number % 3000 for number, one in enumerate(there))
    assert len(there) > told
    eventually_sealed = list(check_segments(tmp_path))
    assert eventually_sealed == []


def test_a_tail_torn_at_any_byte_is_cut_off_and_writing_goes_on(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    with journal(whole) as opened:
        before = opened.append(chunk(1))
        after = opened.append(chunk(60))
    content = plain_path(whole, 1).read_bytes()
    begin, end = int(before.split(":")[1]), int(after.split(":")[1])
    assert len(content) == end
    for cut in [*range(HEAD_BYTES), *range(begin, end, 3)]:
        folder = tmp_path / str(cut)
        folder.mkdir()
        plain_path(folder, 1).write_bytes(content[:cut])
        with journal(folder) as opened:
            kept = [chunk(1)] if cut >= begin else []
            assert plain(opened.read_from("")) == kept
            assert opened.status.torn_bytes == (cut - begin if cut >= begin else cut)
            opened.append(chunk(7))
            assert plain(opened.read_from("")) == [*kept, chunk(7)]


def test_zeros_that_a_power_loss_left_are_cut_off(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        opened.append(chunk(1))
    with plain_path(tmp_path, 1).open("ab") as file:
        file.write(bytes(5000))
    with journal(tmp_path) as opened:
        assert opened.status.torn_bytes == 5000
        assert plain(opened.read_from("")) == [chunk(1)]


@pytest.mark.parametrize("seed", range(30))
def test_damage_inside_costs_the_records_it_hits_and_no_other(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with journal(tmp_path) as opened:
        ends = [int(opened.append(chunk(number)).split(":")[1]) for number in range(60)]
    path = plain_path(tmp_path, 1)
    content = bytearray(path.read_bytes())
    at, size = chance.randrange(HEAD_BYTES, ends[-2]), chance.randrange(1, 200)
    size = min(size, ends[-2] - at)
    content[at : at + size] = bytes(byte ^ chance.randrange(1, 256) for byte in content[at : at + size])
    path.write_bytes(content)
    starts = [HEAD_BYTES, *ends[:-1]]
    hit = {k for k in range(60) if starts[k] < at + size and ends[k] > at}
    with journal(tmp_path) as opened:
        assert plain(opened.read_from("")) == [chunk(k) for k in range(60) if k not in hit]
        status = opened.status
        assert status.damages == 2  # once on opening, once on reading
        assert status.damaged_bytes == 2 * sum(ends[k] - starts[k] for k in hit)
        assert "1 places" in status.last_error
    assert len(list(check_segments(tmp_path))) == 1


def test_damage_to_a_sealed_segment_costs_that_segment_and_no_other(tmp_path: Path) -> None:
    positions = fill(tmp_path, 200)
    path = sealed_path(tmp_path, 2)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with journal(tmp_path, SMALL) as opened:
        numbers = [int(one.data[:6]) for one in opened.read_from("")]
        assert {k for k in range(200) if not positions[k].startswith("2:")} <= set(numbers)
        assert numbers == sorted(set(numbers))
        assert opened.status.damages > 0


def test_a_damaged_head_of_a_segment_costs_nothing_and_the_segment_is_kept_as_it_is(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        for number in range(5):
            opened.append(chunk(number))
    path = plain_path(tmp_path, 1)
    content = b"garbage!" * 3 + path.read_bytes()[HEAD_BYTES:]
    path.write_bytes(content)
    with journal(tmp_path) as opened:
        assert opened.append(chunk(5)).startswith("2:")
        assert plain(opened.read_from("")) == [chunk(k) for k in range(6)]


def test_nobody_can_send_us_a_record(tmp_path: Path) -> None:
    """Bytes that look like a record of another segment are data, even where the record around them is damaged."""
    with journal(tmp_path) as opened:
        forged = record_bytes(os.urandom(8), "0", 1, b"forged")
        opened.append(Chunk("0", b"a" * 50 + forged + b"b" * 50, 1, ""))
        opened.append(chunk(9))
    path = plain_path(tmp_path, 1)
    content = bytearray(path.read_bytes())
    content[HEAD_BYTES + 40] ^= 1
    path.write_bytes(content)
    assert plain(journal_chunks(tmp_path)) == [chunk(9)]


@pytest.mark.parametrize("stage", ["unfinished", "renamed", "indexed"])
def test_sealing_killed_at_any_stage_is_done_again(tmp_path: Path, stage: str) -> None:
    fill(tmp_path, 60)
    everything = [chunk(k) for k in range(60)]
    sealed = sealed_path(tmp_path, 1)
    raw = zstandard.ZstdDecompressor().decompressobj().decompress(sealed.read_bytes())
    plain_path(tmp_path, 1).write_bytes(raw)
    if stage == "unfinished":
        sealed.with_suffix(".tmp").write_bytes(sealed.read_bytes()[:10])
        sealed.unlink()
    if stage != "indexed":
        lines = (tmp_path / "index.jsonl").read_text().splitlines(keepends=True)
        assert len(lines) == 1
        (tmp_path / "index.jsonl").write_text('{"segm')
    with journal(tmp_path, SMALL) as opened:
        assert plain(opened.read_from("")) == everything
        eventually(lambda: not plain_path(tmp_path, 1).exists())
        assert plain(opened.read_from("")) == everything
    assert list(check_segments(tmp_path)) == []
    assert list(tmp_path.glob("*.tmp")) == []


def test_retention_never_goes_beyond_what_was_acknowledged(tmp_path: Path) -> None:
    config = JournalConfig(segment_bytes=2_000, fsync_s=0.05, keep_bytes=0, keep_h=0.0)
    with journal(tmp_path, config) as opened:
        positions = [opened.append(chunk(number)) for number in range(300)]
        eventually(lambda: len(list(tmp_path.glob("*.journal"))) == 1)
        numbers = segment_numbers(tmp_path)
        assert numbers[0] == 1
        opened.acknowledge(positions[150])
        kept = int(positions[150].split(":")[0])
        eventually(lambda: segment_numbers(tmp_path)[0] == kept)
        assert segment_numbers(tmp_path) == [number for number in numbers if number >= kept]
        assert plain(opened.read_from(positions[150])) == [chunk(k) for k in range(151, 300)]
        assert opened.status.missing == 0
        assert next(opened.read_from(positions[0])).position.startswith(f"{kept}:")
        assert opened.status.missing == 1
    assert {line["removed"] for line in read_index(tmp_path).values() if "removed" in line} == {"age"}
    assert list(check_segments(tmp_path)) == []


@pytest.mark.parametrize("years", [73, -73])
def test_a_clock_that_jumps_by_years_deletes_no_evidence(tmp_path: Path, years: int) -> None:
    config = JournalConfig(segment_bytes=2_000, fsync_s=0.05, keep_h=7 * 24.0)
    with journal(tmp_path, config) as opened:
        for number in range(100):
            opened.append(chunk(number))
        jumped_us = years * 365 * 86_400 * 1_000_000
        for number in range(100, 200):
            there_us = chunk(number).received_us + jumped_us
            opened.append(replace(chunk(number), received_us=there_us))
        for number in range(200, 300):
            opened.append(chunk(number))
        opened.acknowledge(opened.end)
        eventually(lambda: len(list(tmp_path.glob("*.journal"))) == 1)
        opened._remove_old()
        assert len(list(opened.read_from(""))) == 300


def test_evidence_goes_by_age_as_the_receive_clock_goes_on(tmp_path: Path) -> None:
    config = JournalConfig(segment_bytes=2_000, fsync_s=0.05, keep_h=7 * 24.0)
    with journal(tmp_path, config) as opened:
        for day in range(30):
            for number in range(5):
                received_us = chunk(number).received_us + day * 86_400 * 1_000_000
                opened.append(replace(chunk(number), received_us=received_us))
        opened.acknowledge(opened.end)
        eventually(lambda: len(list(opened.read_from(""))) == 5 * 8)


def test_retention_by_size_keeps_the_newest(tmp_path: Path) -> None:
    config = JournalConfig(segment_bytes=2_000, fsync_s=0.05, keep_bytes=12_000)
    with journal(tmp_path, config) as opened:
        for number in range(600):
            opened.append(chunk(number))
        opened.acknowledge(opened.end)
        eventually(lambda: opened.status.stored_bytes <= 12_000)
        assert opened.status.stored_bytes > 6_000
        assert int(list(opened.read_from(""))[-1].data[:6]) == 599


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = 5_000
    write = os.write

    def limited(handle: int, data: bytes) -> int:
        nonlocal room
        size = min(room, len(data))
        if not size:
            raise OSError(errno.ENOSPC, "No space left on device")
        room -= size
        return write(handle, data[:size])

    with journal(tmp_path, SMALL) as opened:
        monkeypatch.setattr(os, "write", limited)
        number = 0
        with pytest.raises(JournalFullError, match="no room for the journal; free some or move it"):
            while True:
                opened.append(chunk(number))
                number += 1
        for _ in range(3):
            with pytest.raises(JournalFullError):
                opened.append(chunk(number))
        room = 1 << 30
        for later in range(number, number + 50):
            opened.append(chunk(later))
        assert plain(opened.read_from("")) == [chunk(k) for k in range(number + 50)]
    with journal(tmp_path, SMALL) as opened:
        assert opened.status.torn_bytes == 0
        assert opened.status.damages == 0


def test_a_position_that_a_power_loss_took_is_never_written_twice(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        positions = [opened.append(chunk(number)) for number in range(10)]
    path = plain_path(tmp_path, 1)
    os.truncate(path, int(positions[3].split(":")[1]))
    with journal(tmp_path) as opened:
        assert list(opened.read_from(positions[9])) == []
        new = opened.append(chunk(50))
        assert plain(opened.read_from(positions[9])) == [chunk(50)]
    with journal(tmp_path) as opened:
        assert plain(opened.read_from(positions[9])) == [chunk(50)]
        assert list(opened.read_from(new)) == []


def test_two_writers_are_refused(tmp_path: Path) -> None:
    with journal(tmp_path), pytest.raises(JournalError, match="another process writes this journal"):
        Journal(tmp_path)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="choose another folder"):
        Journal(tmp_path / "file" / "journal" / "feed")
    with pytest.raises(JournalError, match="there is no journal"):
        list(journal_bytes(tmp_path / "nothing"))
    with journal(tmp_path / "j") as opened, pytest.raises(JournalError, match="'x' is no position"):
        opened.read_from("x")


def test_a_chunk_longer_than_any_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with journal(tmp_path) as opened, pytest.raises(ValueError, match="too long for the journal"):
        opened.append(Chunk("0", bytes((16 << 20) + 1), 0, ""))


def test_a_journal_is_read_back_as_bytes_while_it_is_written(tmp_path: Path) -> None:
    with journal(tmp_path, SMALL) as opened:
        for number in range(100):
            opened.append(chunk(number))
            opened.append(Chunk("0", b"", number, ""))
        assert b"".join(journal_bytes(tmp_path)) == b"".join(chunk(k).data for k in range(100))


def test_every_append_waits_for_the_disk_when_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with journal(tmp_path, JournalConfig(fsync_s=0.0)) as opened:
        synced = []
        fsync = os.fsync
        monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), fsync(handle)))
        opened.append(chunk(1))
        assert opened._handle in synced
    with pytest.raises(ValueError, match="below what makes sense"):
        JournalConfig(fsync_s=-1.0)


def test_a_segment_removed_with_its_line_is_missed(tmp_path: Path) -> None:
    with journal(tmp_path, SMALL) as opened:
        for number in range(300):
            opened.append(chunk(number))
        eventually(lambda: len(list(tmp_path.glob("*.journal"))) == 1)
        head = opened.head
        for number in range(300, 340):
            opened.append(chunk(number))
    assert JournalHead.from_json(json.loads(json.dumps(head.to_json()))) == head
    assert list(check_segments(tmp_path, head)) == []
    index = tmp_path / INDEX
    content = index.read_bytes()
    lines = content.splitlines(keepends=True)
    assert len(lines) > 4

    def wrong(text: bytes, known: JournalHead | None) -> str:
        index.write_bytes(text)
        told = " / ".join(check_segments(tmp_path, *filter(None, [known])))
        index.write_bytes(content)
        return told

    kept = sealed_path(tmp_path, 2).read_bytes()
    sealed_path(tmp_path, 2).unlink()
    assert "line 2 of the index does not follow" in wrong(lines[0] + b"".join(lines[2:]), None)
    forged = lines[0] + b"".join(rechained(lines[0], [lines[0], *lines[2:]])[1:])
    assert wrong(forged, None) == ""  # whoever can write all of it can hide it from the folder alone
    assert "not those that were known" in wrong(forged, replace(head, lines=head.lines - 1))
    assert "lines were removed from its end" in wrong(forged, head) or "not those" in wrong(forged, head)
    sealed_path(tmp_path, 2).write_bytes(kept)
    last = max(read_index(tmp_path))
    assert "were known" in wrong(b"".join(lines[: head.lines - 1]), head)
    assert f"{last + 5:08d}" not in wrong(content, head)


def rechained(first: bytes, lines: list[bytes]) -> list[bytes]:
    """Lines as a forger would write them: whole again among themselves."""
    made, head = [], ""
    for number, text in enumerate(lines, 1):
        line = {**json.loads(text), "line": number, "after": head}
        made.append(json.dumps(line, sort_keys=True).encode())
        head = next_head(head, made[-1])
    assert made[0] + b"\n" == first
    return [text + b"\n" for text in made]


def test_bytes_cut_or_changed_in_what_is_being_written_are_missed(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        ends = [int(opened.append(chunk(number)).split(":")[1]) for number in range(20)]
        head = opened.head
        opened.append(chunk(20))
    with journal(tmp_path) as opened:
        assert opened.append(chunk(21))
        assert opened.head.size > head.size
    assert list(check_segments(tmp_path, head)) == []
    path = plain_path(tmp_path, 1)
    content = path.read_bytes()
    path.write_bytes(content[: ends[3]] + content[ends[5] :])  # two whole records: every checksum left is right
    assert list(check_segments(tmp_path)) == []
    assert "of segment 1 are not those that were written" in " ".join(check_segments(tmp_path, head))
    path.write_bytes(content[: ends[3]])
    assert "is gone or shorter" in " ".join(check_segments(tmp_path, head))
    path.unlink()
    assert "is gone or shorter" in " ".join(check_segments(tmp_path, head))


def test_what_retention_removes_is_no_theft_and_what_it_did_not_is(tmp_path: Path) -> None:
    config = JournalConfig(segment_bytes=2_000, fsync_s=0.05, keep_bytes=0, keep_h=0.0)
    with journal(tmp_path, config) as opened:
        positions = [opened.append(chunk(number)) for number in range(300)]
        eventually(lambda: len(list(tmp_path.glob("*.journal"))) == 1)
        head = opened.head
        opened.acknowledge(positions[200])
        kept = int(positions[200].split(":")[0])
        eventually(lambda: segment_numbers(tmp_path)[0] == kept)
        eventually(lambda: opened.head.lines == head.lines + kept - 1)
    assert list(check_segments(tmp_path, head)) == []
    assert list(check_segments(tmp_path, opened.head)) == []
    removed = {number: line for number, line in read_index(tmp_path).items() if "removed" in line}
    assert sorted(removed) == list(range(1, kept))
    assert all(len(line["stored_sha256"]) == 64 for line in removed.values())
    sealed_path(tmp_path, kept).unlink()
    assert list(check_segments(tmp_path, head)) == [f"segment {kept} is in the index and not in the folder"]


def test_an_index_older_than_the_chain_is_taken_into_it(tmp_path: Path) -> None:
    fill(tmp_path, 100)
    index = tmp_path / INDEX
    old = [
        {name: value for name, value in json.loads(line).items() if name not in ("after", "line")}
        for line in index.read_text().splitlines()
    ]
    index.write_text("".join(json.dumps(line) + "\n" for line in old))
    with journal(tmp_path, SMALL) as opened:
        for number in range(100, 200):
            opened.append(chunk(number))
        eventually(lambda: len(list(tmp_path.glob("*.journal"))) == 1)
        head = opened.head
    assert list(check_segments(tmp_path, head)) == []
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(b"".join(lines[1:]))
    assert any("does not follow" in sentence for sentence in check_segments(tmp_path))


FOREIGN = {
    "a folder for a segment": lambda f: (f / "00000003.journal").mkdir(),
    "a folder for a sealed one": lambda f: (f / "00000090.journal.zst").mkdir(),
    "a pipe for a segment": lambda f: os.mkfifo(f / "00000091.journal"),
    "a link to nothing": lambda f: (f / "00000092.journal").symlink_to(f / "nowhere"),
    "an empty sealed one": lambda f: (f / "00000002.journal.zst").write_bytes(b""),
    "an empty segment": lambda f: (f / "00000093.journal").write_bytes(b""),
    "text for a segment": lambda f: (f / "00000094.journal").write_text("shopping list\n" * 9),
    "a number without bound": lambda f: (f / f"{10**30}.journal").write_bytes(b"x"),
    "a folder for the index": lambda f: ((f / INDEX).unlink(), (f / INDEX).mkdir()),
    "an index of rubbish": lambda f: (f / INDEX).write_bytes(random.Random(1).randbytes(3000) + b"\n[]\n{}\nnull\n"),
    "an index with wrong types": lambda f: (f / INDEX).write_text(
        '{"segment": "1"}\n{"segment": 1, "last_received_us": "x"}\n{"segment": 1e400}\n{"segment": ' + "9" * 40 + "}\n"
    ),
    "no index": lambda f: (f / INDEX).unlink(),
    "a folder for the lock": lambda f: ((f / "lock").unlink(), (f / "lock").mkdir()),
    "a folder ending in tmp": lambda f: (f / "00000004.journal.tmp").mkdir(),
    "names of others": lambda f: [(f / name).write_bytes(b"?") for name in (".x", "a\nb", "x.tmp", "index.jsonl~")],
    "a segment missing": lambda f: sealed_path(f, 2).unlink(),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_in_the_folder_stops_a_start_and_nothing_of_others_is_deleted(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "feed"
    folder.mkdir()
    fill(folder, 100)
    inodes = {path.lstat().st_ino for path in folder.iterdir()}
    FOREIGN[what](folder)
    added = {path.lstat().st_ino for path in folder.iterdir()} - inodes
    with journal(folder, SMALL) as opened:
        position = opened.append(chunk(100))
        numbers = [int(one.data[:6]) for one in opened.read_from("") if one.data[:1].isdigit()]
        assert numbers[-1] == 100
        assert len(numbers) > 30
        opened.acknowledge(position)
        opened.status  # noqa: B018
    assert added <= {path.lstat().st_ino for path in folder.iterdir()} or what in (
        "an empty segment",
        "text for a segment",
    )
    list(check_segments(folder, opened.head))
    with journal(folder, SMALL) as opened:
        assert opened.append(chunk(101))


def test_a_file_where_the_folder_belongs_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "feed").write_text("mine")
    with journal(tmp_path / "feed") as opened:
        assert opened.append(chunk(1))
        assert "was set aside as feed.aside-1" in opened.status.last_error
    assert (tmp_path / "feed.aside-1").read_text() == "mine"


def test_a_plain_segment_put_beside_a_sealed_one_does_not_replace_it(tmp_path: Path) -> None:
    fill(tmp_path, 100)
    sealed = sealed_path(tmp_path, 1).read_bytes()
    forged = plain_path(tmp_path, 3).read_bytes() if plain_path(tmp_path, 3).exists() else b"forged"
    plain_path(tmp_path, 1).write_bytes(forged)
    with journal(tmp_path, SMALL) as opened:
        assert "00000001.journal was none of ours" in opened.status.last_error
        assert plain(opened.read_from("")) == [chunk(k) for k in range(100)]
    assert sealed_path(tmp_path, 1).read_bytes() == sealed
    assert list(check_segments(tmp_path)) == []


def test_files_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        fill(tmp_path / "feed", 100)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "feed", *(tmp_path / "feed").iterdir()]} == {0}
