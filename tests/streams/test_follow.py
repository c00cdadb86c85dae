"""A followed file gives every byte once: growing, rotated, cut, and over restarts."""

from __future__ import annotations

import gzip
import itertools
import os
import random
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import streams.follow
from streams.errors import SourceError
from streams.follow import FollowSource
from streams.source import Chunk
from streams.time import SystemClock
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.follow, "_QUIET_US", 150_000)
    monkeypatch.setattr(streams.follow, "_LOOK_US", 20_000)


@contextmanager
def following(path: Path, position: str | None = None, **options: object) -> Iterator[FollowSource]:
    source = FollowSource("file", path, SystemClock(), **options)
    source.start({} if position is None else {"0": position})
    try:
        yield source
    finally:
        source.close()


def collect(source: FollowSource, size: int) -> tuple[bytes, list[Chunk]]:
    """Data of that many bytes, and the chunks it came in."""
    chunks: list[Chunk] = []

    def enough() -> bool:
        chunk = source.read(0.2)
        if chunk is not None and chunk.data:
            chunks.append(chunk)
        return sum(len(chunk.data) for chunk in chunks) >= size

    if size:
        eventually(enough, lambda: (chunks, source.health))
    return b"".join(chunk.data for chunk in chunks), chunks


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_what_is_there_and_what_is_added_is_given(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"one\n")
    with following(path) as source:
        assert collect(source, 4)[0] == b"one\n"
        append(path, b"two\n")
        assert collect(source, 4)[0] == b"two\n"
        assert source.health.state == "connected"
        assert source.health.lag == 0


def test_a_file_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with following(path) as source:
        eventually(lambda: source.health.state == "waiting")
        assert source.health.last_error == f"{path} is not there yet"
        append(path, b"here\n")
        assert collect(source, 5)[0] == b"here\n"


def test_rotation_by_rename_loses_nothing_even_what_is_written_late(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("ab", buffering=0) as writer, following(path) as source:
        writer.write(b"one\n")
        assert collect(source, 4)[0] == b"one\n"
        path.rename(tmp_path / "log.1")
        append(path, b"three\n")
        writer.write(b"two\n")
        assert collect(source, 10)[0] == b"two\nthree\n"


def test_a_file_cut_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"a long first content\n")
    with following(path) as source:
        collect(source, 21)
        path.write_bytes(b"")
        append(path, b"new\n")
        assert collect(source, 4)[0] == b"new\n"
        assert "was cut" in source.health.last_error


def test_signs_of_life_come_while_the_file_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"one\n")
    with following(path) as source:
        _, chunks = collect(source, 4)
        life = source.read(5.0)
        assert life is not None
        assert (life.data, life.position) == (b"", chunks[-1].position)


def test_every_position_goes_on_with_the_next_byte(tmp_path: Path) -> None:
    path = tmp_path / "log"
    content = random.Random(1).randbytes(300_000).replace(b"\x1f\x8b", b"ab")
    append(path, content)
    with following(path) as source:
        _, chunks = collect(source, len(content))
    done = 0
    for chunk in chunks:
        done += len(chunk.data)
        append(path, b"!")
        content += b"!"
        with following(path, chunk.position) as source:
            assert collect(source, len(content) - done)[0] == content[done:]


def test_a_restart_goes_on_in_the_files_rotated_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"one\n")
    with following(path) as source:
        _, chunks = collect(source, 4)
    append(path, b"two\n")
    hours = itertools.count(1_700_000_000_000_000_000, 3_600_000_000_000)
    for old, content in ((".2", b"three\n"), (".1", b"four\n")):
        path.rename(tmp_path / f"log{old}")
        os.utime(
            tmp_path / f"log{old}", ns=(next(hours), next(hours))
        )  # when they were last written tells rotated files apart
        append(path, content)
    (tmp_path / "other.log").write_bytes(b"not ours")
    with following(path, chunks[-1].position) as source:
        assert collect(source, 15)[0] == b"two\nthree\nfour\n"
        assert source.health.last_error == ""


def test_a_predecessor_that_is_gone_is_told_and_the_present_file_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"one\n")
    with following(path) as source:
        _, chunks = collect(source, 4)
    with gzip.open(tmp_path / "log.1.gz", "wb") as packed:
        packed.write(path.read_bytes())
    path.unlink()
    append(path, b"entirely new\n")
    with following(path, chunks[-1].position) as source:
        assert collect(source, 13)[0] == b"entirely new\n"
        assert "is gone" in source.health.last_error


def test_a_folder_that_is_away_for_a_while_costs_no_position(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    append(folder / "log", b"one\n")
    with following(folder / "log") as source:
        _, chunks = collect(source, 4)
    folder.rename(tmp_path / "away")
    with following(folder / "log", chunks[-1].position) as source:
        eventually(lambda: source.health.last_error != "")
        append(tmp_path / "away" / "log", b"two\n")
        (tmp_path / "away").rename(folder)
        assert collect(source, 4)[0] == b"two\n"


def test_an_inode_given_to_another_file_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"old content of the file\n")
    with following(path) as source:
        _, chunks = collect(source, 24)
    path.write_bytes(b"new content, longer than the old one\n")  # the same inode
    with following(path, chunks[-1].position) as source:
        assert collect(source, 37)[0] == b"new content, longer than the old one\n"


def test_only_what_is_added_is_given_when_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"history\n")
    with following(path, begin_at="end") as source:
        append(path, b"new\n")
        assert collect(source, 4)[0] == b"new\n"
    with pytest.raises(ValueError, match="neither"):
        FollowSource("file", path, SystemClock(), begin_at="middle")


@pytest.mark.parametrize("kind", ["gzip", "folder", "position", "pipe", "device"])
def test_what_cannot_be_followed_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log"
    if kind == "gzip":
        path.write_bytes(gzip.compress(b"x"))
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    expected = {
        "gzip": "is compressed and does not grow; read it with replay",
        "folder": "is a folder",
        "position": "no position",
        "pipe": "is no plain file",
        "device": "is no plain file",
    }
    source = FollowSource("file", path, SystemClock())
    with pytest.raises(SourceError, match=expected[kind]):
        source.start({"0": "nonsense"} if kind == "position" else {})
    source.close()


def test_a_file_that_became_a_pipe_is_told_and_the_source_ends_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with following(path) as source:
        eventually(lambda: source.health.state == "waiting")
        os.mkfifo(path)
        eventually(lambda: "is no plain file" in source.health.last_error)


def test_a_busy_writer_with_many_rotations_and_restarts_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path, lines = tmp_path / "log", 3_000
    done = threading.Event()

    def write() -> None:
        for number in range(1, lines):
            append(path, b"%06d\n" % number)
            if number % 400 == 399:
                path.rename(tmp_path / f"log.{number}")
                time.sleep(0.02)  # not a wait: rotated files are told apart by when they were last written
        done.set()

    threads, handles = threading.active_count(), len(os.listdir("/proc/self/fd"))
    append(path, b"000000\n")
    with following(path) as source:  # whoever begins without a position begins with the file of that moment
        given, chunks = collect(source, 7)
    position: str | None = chunks[-1].position
    writer = threading.Thread(target=write)
    writer.start()

    def all_given() -> bool:
        nonlocal given, position
        with following(path, position) as source:
            for _ in range(6):
                chunk = source.read(0.3)
                if chunk is not None:
                    given, position = given + chunk.data, chunk.position
        return len(given) >= 7 * lines

    eventually(all_given, lambda: (len(given), position))
    writer.join()
    assert done.is_set()
    assert given == b"".join(b"%06d\n" % number for number in range(lines))
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == (threads, handles)


def test_a_file_cut_and_grown_again_before_anybody_looked_is_read_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size alone tells nothing (rsyslog 511, fluent-bit 375): the lines up to the old position were lost, and the next began in its middle."""
    path = tmp_path / "log"
    append(path, b"one\ntwo\n")
    with following(path) as source:
        assert collect(source, 8)[0] == b"one\ntwo\n"
        with path.open("r+b", buffering=0) as writer, monkeypatch.context() as patched:
            # cut and written at once, as between two looks
            patched.setattr(os, "fstat", _never_shorter(os.fstat, 8))
            writer.truncate(0)
            writer.write(b"three\nfour\nfive\n")
            assert collect(source, 16)[0] == b"three\nfour\nfive\n"
        assert "was cut and has grown again" in source.health.last_error


def _never_shorter(real: Callable[[int], os.stat_result], size: int) -> Callable[[int], os.stat_result]:
    def fstat(handle: int) -> os.stat_result:
        found = list(real(handle))
        found[stat.ST_SIZE] = max(found[stat.ST_SIZE], size)
        return os.stat_result(found)

    return fstat


def test_a_file_cut_under_a_writer_who_keeps_its_place_is_read_on_without_the_hole(tmp_path: Path) -> None:
    """logrotate 363: copytruncate, and a writer that did not open it for appending."""
    path = tmp_path / "log"
    with path.open("wb", buffering=0) as writer, following(path) as source:
        writer.write(b"a" * 400 + b"\n")
        assert collect(source, 401)[0] == b"a" * 400 + b"\n"
        os.truncate(path, 0)
        writer.write(b"two\n")
        given = collect(source, 4)[0]
        assert given.strip(b"\0") == b"two\n"
        writer.write(b"three\n")
        assert collect(source, 6)[0] == b"three\n"


def test_a_file_that_is_gone_is_told_and_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"one\n")
    with following(path) as source:
        assert collect(source, 4)[0] == b"one\n"
        path.unlink()
        eventually(lambda: source.health.state == "waiting")
        assert source.health.last_error == f"{path} is gone; it is waited for"
        append(path, b"two\n")
        assert collect(source, 4)[0] == b"two\n"
        eventually(lambda: source.health.state == "connected")
