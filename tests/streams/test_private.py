"""What is created is its owner's alone, whatever the umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.private import begin_privately, close_to_others, make_private_folder, open_private, private_handle


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
def test_folders_and_files_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    folder = make_private_folder(tmp_path / "a" / "b")
    assert mode_of(folder) == mode_of(tmp_path / "a") == 0o700
    with open_private(folder / "x", "wb") as file:
        file.write(b"1")
    with open_private(folder / "y", "a", encoding="utf-8") as text:
        text.write("1")
    os.close(private_handle(folder / "z", os.O_WRONLY | os.O_CREAT))
    assert {mode_of(folder / name) for name in "xyz"} == {0o600}


def test_what_is_there_is_closed_to_others_and_a_group_keeps_reading(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(0o755)
    make_private_folder(folder)
    assert mode_of(folder) == 0o750
    file = folder / "x"
    file.touch()
    for given, left in ((0o644, 0o640), (0o666, 0o640), (0o600, 0o600), (0o640, 0o640)):
        file.chmod(given)
        close_to_others(file)
        assert mode_of(file) == left
    close_to_others(folder / "none")


def test_reading_changes_no_mode(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.touch()
    file.chmod(0o644)
    open_private(file).close()
    assert mode_of(file) == 0o644


@pytest.mark.usefixtures("umask")
def test_a_process_that_began_privately_creates_privately(tmp_path: Path) -> None:
    begin_privately()
    (tmp_path / "x").touch()
    assert mode_of(tmp_path / "x") == 0o600
