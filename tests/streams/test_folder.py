"""Which files of a folder are whole: renamed into it, or not growing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streams.errors import SourceError
from streams.folder import ArrivingFiles
from streams.memory import ManualClock
from streams.time import US_PER_S


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(0)


def names(files: ArrivingFiles) -> list[str]:
    return [one.path.name for one in files.look()]


def test_a_file_counts_once_it_has_not_grown_for_long_enough(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one\n")
    files = ArrivingFiles(tmp_path, 5.0, clock)
    assert names(files) == []
    clock.advance(4 * US_PER_S)
    with path.open("a") as file:
        file.write("two\n")
    assert names(files) == []
    clock.advance(4 * US_PER_S)
    assert names(files) == []
    clock.advance(US_PER_S)
    assert names(files) == ["a.csv"]
    assert names(files) == ["a.csv"]
    files.forget("a.csv")
    assert names(files) == []
    files.close()


def test_a_file_renamed_into_the_folder_counts_at_once(tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    files = ArrivingFiles(folder, 5.0, clock)
    for name in ("late.csv", "in/.hidden", "in/c.csv.part"):
        (tmp_path / name).write_text("x")
    (tmp_path / "late.csv").rename(folder / "b.csv")
    (folder / ".hidden").rename(folder / "a\x07\udc80.csv")
    (folder / "c.csv.part").rename(folder / "c.csv")
    assert sorted(names(files)) == ["a\x07\udc80.csv", "b.csv", "c.csv"]
    files.close()


def test_what_is_no_plain_file_is_left_alone_and_told(tmp_path: Path, clock: ManualClock) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link").symlink_to(secret)
    (folder / "done").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / ".hidden").write_text("x")
    (folder / "x.PART").write_text("x")
    files = ArrivingFiles(folder, 0.0, clock)
    assert names(files) == []
    assert files.left_alone == {"link": "a link", "pipe": "no plain file"}
    files.close()


def test_those_written_first_come_first_and_one_that_changes_is_told(tmp_path: Path, clock: ManualClock) -> None:
    for name, at_s in (("a", 3), ("b", 1), ("c", 2)):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (at_s, at_s))
    files = ArrivingFiles(tmp_path, 0.0, clock)
    found = files.look()
    assert [one.path.name for one in found] == ["b", "c", "a"]
    assert all(one.is_still() for one in found)
    (tmp_path / "b").write_text("longer")
    (tmp_path / "c").unlink()
    assert [one.is_still() for one in found] == [False, False, True]
    files.close()


def test_a_folder_that_is_gone_is_told(tmp_path: Path, clock: ManualClock) -> None:
    files = ArrivingFiles(tmp_path / "gone", 0.0, clock)
    with pytest.raises(SourceError, match="cannot be looked at"):
        files.look()
    files.close()
