"""A file of lines is whole after every append, whatever a kill, a full disk or another program left at its end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from streams.line_file import append_lines

BEGIN = b'{"specversion":"'
FIRST, SECOND = (b'{"specversion":"1.0","id":"%d","text":"\xc3\xa9"}\n' % number for number in (1, 2))


@pytest.mark.parametrize("cut", range(1, len(SECOND)))
def test_a_line_torn_anywhere_is_cut_off_and_the_next_stands_alone(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(FIRST + SECOND[:cut])
    told = append_lines(path, SECOND, BEGIN)
    lines = path.read_bytes().splitlines(keepends=True)
    assert lines[0] == FIRST
    assert lines[-1] == SECOND
    assert [json.loads(line)["id"] for line in lines] in (["1", "2"], ["1", "2", "2"])
    assert ("torn" in told) == (len(lines) == 2)


@pytest.mark.parametrize("size", [1, 5_000, 70_000, 200_000])
def test_a_torn_line_of_any_size_alone_in_the_file_goes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes((BEGIN + b"x" * size)[:size])
    append_lines(path, FIRST, BEGIN)
    assert path.read_bytes() == FIRST


def test_nothing_of_somebody_elses_text_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"my notes\nlast line without end")
    assert "given one" in append_lines(path, FIRST, BEGIN)
    assert path.read_bytes() == b"my notes\nlast line without end\n" + FIRST
    assert append_lines(path, SECOND, BEGIN) == ""


def test_a_disk_full_half_way_leaves_nothing_of_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "alerts.jsonl"
    append_lines(path, FIRST, BEGIN)
    write = os.write

    def short(handle: int, data: bytes) -> int:
        if len(data) < len(SECOND):
            raise OSError(28, "No space left on device")
        return write(handle, data[:10])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="No space"):
        append_lines(path, SECOND, BEGIN)
    monkeypatch.undo()
    assert path.read_bytes() == FIRST
    append_lines(path, SECOND, BEGIN)
    assert path.read_bytes() == FIRST + SECOND


def test_it_is_the_owners_alone_and_a_device_is_written_to_as_it_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        append_lines(tmp_path / "alerts.jsonl", FIRST, BEGIN)
    finally:
        os.umask(before)
    assert (tmp_path / "alerts.jsonl").stat().st_mode & 0o777 == 0o600
    if Path("/dev/null").exists():
        mode = Path("/dev/null").stat().st_mode
        assert append_lines(Path("/dev/null"), FIRST, BEGIN) == ""
        assert Path("/dev/null").stat().st_mode == mode
