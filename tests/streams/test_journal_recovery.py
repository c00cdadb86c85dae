"""What a journal is after a bad day: positions, counts and sentences are those of what is there."""

from __future__ import annotations

import errno
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from streams.errors import JournalError, JournalFullError
from streams.journal import Journal, JournalConfig, journal_chunks, parse_position
from streams.journal_index import Index, JournalHead, read_index, wrong_with_index
from streams.journal_segments import (
    HEAD_BYTES,
    MAX_DATA_BYTES,
    SegmentScan,
    check_segments,
    file_head,
    first_bytes_digest,
    plain_path,
    record_bytes,
    sealed_path,
    segment_numbers,
    segment_of,
)
from streams.source import Chunk
from tests.streams.test_journal import SMALL, chunk, fill, journal, plain

MARK = b"whatever"


def test_a_journal_closed_may_be_opened_again_by_the_same_process(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    first.append(chunk(1))
    first.close()
    second = Journal(tmp_path)
    assert plain(second.read_from("")) == [chunk(1)]
    second.close()
    assert first.end == second.end


def test_positions_hold_in_a_segment_of_many_blocks(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        whole = [Chunk("0", bytes([number]) * 700_000, number, "") for number in range(6)]
        positions = [opened.append(one) for one in whole]
        for number, position in enumerate(positions):
            assert plain(opened.read_from(position)) == whole[number + 1 :]
        assert opened.status.damages == 0


def test_a_sign_of_life_without_a_name_is_the_shortest_record_and_is_read_at_the_very_end(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        opened.append(chunk(1))
        opened.append(Chunk("", b"", 7, ""))
    assert list(check_segments(tmp_path)) == []
    with journal(tmp_path) as opened:
        assert opened.status.torn_bytes == 0
        assert plain(opened.read_from("")) == [chunk(1), Chunk("", b"", 7, "")]
        assert opened.newest_us == 7


def _forged(length: int, *, mark: bytes = MARK, data: bytes = b"data") -> bytes:
    """A record that says another length than it has."""
    rest = struct.pack("<IHq", length, 1, 5) + b"0" + data
    return mark + struct.pack("<I", zlib.crc32(rest)) + rest


@pytest.mark.parametrize("length", [MAX_DATA_BYTES + 1, (1 << 32) - 1])
def test_a_length_that_no_record_has_is_damage_and_reading_goes_on_behind_it(tmp_path: Path, length: int) -> None:
    good = record_bytes(MARK, "0", 9, b"good")
    forged = _forged(length)
    plain_path(tmp_path, 1).write_bytes(file_head(1, MARK) + good + forged + good)
    scan = SegmentScan(tmp_path, 1)
    assert [record.data for record in scan.records()] == [b"good", b"good"]
    assert (scan.damages, scan.damaged_bytes, scan.tail_bytes, scan.count) == (1, len(forged), 0, 2)


def test_the_longest_chunk_is_kept_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    longest = Chunk("0", bytes(MAX_DATA_BYTES), 0, "")
    with journal(tmp_path) as opened:
        opened.append(longest)
        opened.append(chunk(1))
        assert plain(opened.read_from("")) == [longest, chunk(1)]
        with pytest.raises(ValueError, match="too long"):
            opened.append(replace(longest, data=bytes(MAX_DATA_BYTES + 1)))
    record_bytes(MARK, "p" * 0xFFFF, 0, b"")
    with pytest.raises(ValueError, match="too long"):
        record_bytes(MARK, "p" * 0x10000, 0, b"")


def test_a_segment_that_nobody_sealed_is_told_only_where_it_is_compressed(tmp_path: Path) -> None:
    fill(tmp_path, 60)
    assert list(check_segments(tmp_path)) == []
    numbers = segment_numbers(tmp_path)
    sealed_path(tmp_path, 1).rename(sealed_path(tmp_path, numbers[-1] + 1))
    told = list(check_segments(tmp_path))
    assert "segment 1 is in the index and not in the folder" in told
    assert any("is not in the index: nobody sealed it" in sentence for sentence in told)
    assert not any("nobody sealed it" in sentence and ".zst" not in sentence for sentence in told)


def test_a_segment_that_cannot_be_read_is_passed_over_and_numbers_go_on_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal(tmp_path) as opened:
        opened.append(chunk(1))
    take_up = Journal._take_up

    def failing(self: Journal, number: int) -> object:
        if number == 1:
            raise OSError(code, os.strerror(code))
        return take_up(self, number)

    monkeypatch.setattr(Journal, "_take_up", failing)
    code = errno.EIO
    with journal(tmp_path) as opened:
        assert opened.status.damages == 1
        assert "segment 1 cannot be read" in opened.status.last_error
        assert opened.append(chunk(2)).startswith("2:")
    code = errno.ENOSPC
    with pytest.raises(JournalFullError, match="no room for the journal"):
        Journal(tmp_path)


def test_what_is_no_longer_there_is_counted_and_told_where_it_was_asked_for(tmp_path: Path) -> None:
    positions = fill(tmp_path, 200)
    for number in (1, 2):
        sealed_path(tmp_path, number).unlink()
    with journal(tmp_path, SMALL) as opened:
        assert next(opened.read_from("")).position.startswith("3:")
        assert (opened.status.missing, opened.status.last_error) == (0, ""), "from the beginning is from what there is"
        last_of_two = [position for position in positions if position.startswith("2:")][-1]
        assert next(opened.read_from(last_of_two)).position.startswith("3:")
        assert opened.status.missing == 0, "the next segment follows"
        assert next(opened.read_from(positions[0])).position.startswith("3:")
        assert opened.status.missing == 1
        assert f"what followed position {positions[0]} is no longer in the journal" in opened.status.last_error
        assert list(opened.read_from(positions[-1])) == []
        assert opened.status.missing == 1


def test_newest_receipt_and_stored_bytes_are_those_of_the_folder(tmp_path: Path) -> None:
    fill(tmp_path, 150)
    with journal(tmp_path, SMALL) as opened:
        assert opened.newest_us == 149_000
        status = opened.status
        stored = sum(path.stat().st_size for path in tmp_path.glob("0*.journal*"))
        assert (status.stored_bytes, status.segments) == (stored, len(segment_numbers(tmp_path)))
        assert parse_position(opened.end)[1] == plain_path(tmp_path, segment_numbers(tmp_path)[-1]).stat().st_size
    empty = tmp_path / "empty"
    with journal(empty) as opened:
        assert opened.newest_us is None
        assert opened.status.stored_bytes == HEAD_BYTES
        assert opened.end == f"1:{HEAD_BYTES}"


def test_a_segment_is_closed_at_its_size_and_not_before(tmp_path: Path) -> None:
    record = len(record_bytes(MARK, "0", 0, b"x" * 66))
    config = JournalConfig(segment_bytes=HEAD_BYTES + 2 * record, fsync_s=0.05)
    with journal(tmp_path, config) as opened:
        places = [opened.append(Chunk("0", b"x" * 66, 0, "")).split(":")[0] for _ in range(5)]
    assert places == ["1", "1", "2", "2", "3"]


def test_names_that_are_no_segments_are_nobodys() -> None:
    assert segment_of("00000007.journal") == segment_of("00000007.journal.zst") == 7
    assert segment_of(f"{(1 << 31) - 1}.journal") == (1 << 31) - 1
    for name in ("7.journal", "00000007.journal.gz", f"{1 << 31}.journal", "00000007.journal.tmp"):
        assert segment_of(name) == 0


def test_the_digest_of_first_bytes_is_none_where_there_are_fewer(tmp_path: Path) -> None:
    plain_path(tmp_path, 1).write_bytes(b"12345")
    assert first_bytes_digest(tmp_path, 1, 5) is not None
    assert first_bytes_digest(tmp_path, 1, 6) is None
    assert first_bytes_digest(tmp_path, 2, 1) is None
    assert first_bytes_digest(tmp_path, 1, 4) != first_bytes_digest(tmp_path, 1, 5)


def test_a_chain_of_lines_is_told_where_it_was_changed(tmp_path: Path) -> None:
    index = Index(tmp_path)
    for segment in (1, 2, 3):
        index.add({"segment": segment, "sha256": str(segment)})
    lines, head = index.state
    known = JournalHead(lines, head, 4, 0, "")
    assert lines == 3
    assert list(wrong_with_index(tmp_path, known)) == []
    assert list(wrong_with_index(tmp_path, replace(known, lines=0, chain=""))) == []
    assert "lines were removed" in next(iter(wrong_with_index(tmp_path, replace(known, lines=4))))
    assert "it was changed" in next(iter(wrong_with_index(tmp_path, replace(known, lines=2))))
    again = Index(tmp_path)
    assert again.state == (lines, head)
    assert sorted(read_index(tmp_path)) == [1, 2, 3]
    path = tmp_path / "index.jsonl"
    text = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([text[0], text[2], b""]))
    told = list(wrong_with_index(tmp_path))
    assert told == ["line 2 of the index does not follow from those before it: one was changed, removed or put in"]
    path.write_bytes(b"\n".join([text[0], b'{"segment": 0}', text[1], b""]))
    assert "line 2 of the index cannot be read" in list(wrong_with_index(tmp_path))


@pytest.mark.parametrize("torn", [1, 5, -1])
def test_a_last_line_torn_is_told_again_and_a_whole_one_gets_its_end(tmp_path: Path, torn: int) -> None:
    index = Index(tmp_path)
    for segment in (1, 2):
        index.add({"segment": segment})
    path = tmp_path / "index.jsonl"
    whole = path.read_bytes()
    second = whole.split(b"\n")[1]
    kept = len(whole) - 1 if torn < 0 else whole.find(b"\n") + 1 + torn
    path.write_bytes(whole[:kept])
    again = Index(tmp_path)
    assert sorted(again.by_segment) == ([1, 2] if torn < 0 else [1])
    assert path.read_bytes() == (whole if torn < 0 else whole[: whole.find(b"\n") + 1])
    if torn > 0:
        again.add({"segment": 2})
        assert path.read_bytes().split(b"\n")[1] == second, "told again in the same words"
    assert list(wrong_with_index(tmp_path)) == []


def test_an_error_of_the_disk_is_told_as_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with journal(tmp_path) as opened:
        opened.append(chunk(1))

        def failing(handle: int, piece: bytes) -> int:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "write", failing)
        with pytest.raises(JournalError, match="cannot be written") as told:
            opened.append(chunk(2))
        assert not isinstance(told.value, JournalFullError)
        monkeypatch.undo()
        opened.append(chunk(2))
    assert plain(journal_chunks(tmp_path)) == [chunk(1), chunk(2)]
