"""Nothing is given out that is not on the disk, and nothing on the disk is forgotten."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.journal import Journal, JournalConfig, journal_bytes
from streams.journaled import JournaledSource
from streams.memory import ListSource, ManualClock, chunks_of
from streams.sockets import TcpClientSource
from streams.source import Chunk
from streams.time import SystemClock
from tests.waiting import eventually

QUICK = JournalConfig(fsync_s=0.05)


def opened(folder: Path, blocks: list[bytes], positions: dict[str, str] | None = None) -> JournaledSource:
    """A source started on a folder, with something live behind the journal's tail."""
    source = JournaledSource(ListSource("feed", chunks_of(blocks), has_memory=False), Journal(folder, QUICK))
    source.start(positions or {})
    return source


def everything(source: JournaledSource) -> list[Chunk]:
    return list(iter(lambda: source.read(0.0), None))


def data(chunks: list[Chunk]) -> list[bytes]:
    return [chunk.data for chunk in chunks]


def test_live_chunks_are_on_the_disk_when_they_are_given(tmp_path: Path) -> None:
    source = opened(tmp_path, [b"a", b"b"])
    while (chunk := source.read(0.0)) is not None:
        assert chunk.data in set(journal_bytes(tmp_path))
    source.close()
    assert source.health.state == "closed"


@pytest.mark.parametrize("done", range(5))
def test_a_restart_gives_the_tail_and_then_what_is_live(tmp_path: Path, done: int) -> None:
    first = opened(tmp_path, [b"a", b"b", b"", b"d"])
    given = everything(first)
    first.close()
    assert data(given) == [b"a", b"b", b"", b"d"]
    again = opened(tmp_path, [b"e", b"f"], {"0": given[done - 1].position} if done else {})
    later = everything(again)
    assert later[: 4 - done] == given[done:]
    assert data(later[4 - done :]) == [b"e", b"f"]
    again.close()
    third = opened(tmp_path, [], {"0": later[-2].position} if len(later) > 1 else {})
    assert everything(third) == later[-1:]
    third.close()


def test_what_comes_before_anybody_reads_waits_in_the_journal(tmp_path: Path) -> None:
    first = opened(tmp_path, [b"a", b"b"])
    given = everything(first)
    first.close()
    inner = ListSource("feed", chunks_of([b"c", b"d", b"e"]), has_memory=False)
    source = JournaledSource(inner, Journal(tmp_path, QUICK))
    source.listen()
    assert source.spool()
    assert not source.spool()
    assert b"".join(journal_bytes(tmp_path)) == b"abcde"
    source.start({"0": given[0].position})
    assert data(everything(source)) == [b"b", b"c", b"d", b"e"]
    source.close()


def test_a_long_tail_keeps_the_order_while_live_chunks_come_in(tmp_path: Path) -> None:
    first = opened(tmp_path, [b"%d" % k for k in range(500)])
    everything(first)
    first.close()
    again = opened(tmp_path, [b"%d" % k for k in range(500, 1500)])
    assert data([again.read(0.0) or pytest.fail("nothing")]) == [b"0"]
    assert len(list(journal_bytes(tmp_path))) > 500, "what is live goes to the journal while the tail is given"
    assert data(everything(again)) == [b"%d" % k for k in range(1, 1500)]
    again.close()


def test_parts_go_on_from_their_own_positions(tmp_path: Path) -> None:
    a, b = chunks_of([b"a1", b"a2"], part="a"), chunks_of([b"b1", b"b2"], part="b")
    first = JournaledSource(ListSource("feed", [a[0], b[0], a[1], b[1]], has_memory=False), Journal(tmp_path, QUICK))
    first.start({})
    given = everything(first)
    first.close()
    again = opened(tmp_path, [], {"a": given[2].position, "b": given[1].position})
    assert data(everything(again)) == [b"b2"]
    again.close()


def test_what_was_read_but_not_given_is_kept_on_closing(tmp_path: Path) -> None:
    first = opened(tmp_path, [b"a", b"b", b"c"])
    chunk = Chunk("0", b"", 0, "")
    while chunk.data != b"a":
        chunk = first.read(0.0) or chunk
    inner = first._source
    assert isinstance(inner, ListSource)
    inner.close = lambda: None  # type: ignore[method-assign]  # a socket's queue still gives what it holds
    first.close()
    again = opened(tmp_path, [], {"0": chunk.position})
    assert data(everything(again)) == [b"b", b"c"]
    again.close()


def test_acknowledging_reaches_the_journal_as_the_earliest_part(tmp_path: Path) -> None:
    config = JournalConfig(segment_bytes=100, fsync_s=0.05, keep_bytes=0)
    source = JournaledSource(
        ListSource("feed", chunks_of([b"x" * 60] * 20), has_memory=False), Journal(tmp_path, config)
    )
    source.start({})
    given = everything(source)
    source.acknowledge({})
    source.acknowledge({"0": given[-1].position, "1": given[9].position})
    kept = int(given[9].position.split(":")[0])
    eventually(lambda: source.journal_status.segments == len(given) - kept + 1)
    assert min(int(path.name[:8]) for path in tmp_path.glob("*.journal*")) == kept
    source.close()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bool]]:
    """A disk that can be filled at will."""
    state = {"full": False}
    write = os.write

    def limited(handle: int, piece: bytes) -> int:
        if state["full"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, piece)

    monkeypatch.setattr(os, "write", limited)
    yield state


def test_a_full_disk_holds_the_chunk_and_tries_again_every_second(tmp_path: Path, disk: dict[str, bool]) -> None:
    clock = ManualClock()
    source = JournaledSource(
        ListSource("feed", chunks_of([b"a", b"b", b"c"]), has_memory=False), Journal(tmp_path, QUICK), clock
    )
    source.start({})
    disk["full"] = True
    for _ in range(3):
        assert source.read(0.0) is None
        assert "no room for the journal" in source.health.last_error
        clock.advance(400_000)
    clock.advance(1_000_000)
    disk["full"] = False
    given = everything(source)
    assert data(given) == [b"a", b"b", b"c"]
    assert source.health.last_error == ""
    source.close()
    assert list(journal_bytes(tmp_path)) == [b"a", b"b", b"c"]


def test_a_full_disk_makes_the_sender_wait_and_loses_nothing(tmp_path: Path, disk: dict[str, bool]) -> None:
    total = 6 << 20
    text = b"0123456789abcde\n" * (total // 16)
    with socket.create_server(("127.0.0.1", 0)) as server:
        inner = TcpClientSource("feed", "127.0.0.1", server.getsockname()[1], SystemClock(), queue_bytes=100_000)
        source = JournaledSource(inner, Journal(tmp_path, QUICK))
        source.start({})
        peer, _ = server.accept()

        def send() -> None:
            peer.sendall(text)
            peer.close()

        sender = threading.Thread(target=send)
        assert source.read(0.0) is None, "the tail is over: what comes from here on is given as it is taken"
        sender.start()
        got = 0
        while got < 1 << 20:
            got += len((source.read(0.2) or Chunk("", b"", 0, "")).data)
        disk["full"] = True
        while (chunk := source.read(0.1)) is not None:
            got += len(chunk.data)  # what was in the journal before
        assert got == sum(map(len, journal_bytes(tmp_path))), "nothing is given that the journal has not taken"
        for _ in range(3):
            assert source.read(0.1) is None
        assert got < total
        assert inner._queue.size_bytes <= 100_000
        disk["full"] = False
        while got < total:
            got += len((source.read(0.2) or Chunk("", b"", 0, "")).data)
        sender.join()
        source.close()
    assert b"".join(journal_bytes(tmp_path)) == text


def test_a_reader_waits_no_longer_than_it_asked_for_or_than_until_the_next_try(
    tmp_path: Path, disk: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    source = JournaledSource(ListSource("feed", chunks_of([b"a"]), has_memory=False), Journal(tmp_path, QUICK), clock)
    source.start({})
    waited: list[float] = []
    monkeypatch.setattr(source._pause, "wait", waited.append)
    disk["full"] = True
    assert source.read(5.0) is None
    assert "no room" in source.held_up_by
    assert source.read(5.0) is None
    clock.advance(750_000)
    assert source.read(0.1) is None
    assert source.read(5.0) is None
    assert waited == [1.0, 1.0, 0.1, 0.25]
    clock.advance(250_000)
    assert source.read(5.0) is None, "tried, and still full"
    assert len(waited) == 4
    disk["full"] = False
    clock.advance(1_000_000)
    chunk = source.read(5.0)
    assert chunk is not None
    assert (chunk.data, source.held_up_by) == (b"a", "")
    source.close()


def test_what_has_come_goes_to_the_journal_in_portions(tmp_path: Path) -> None:
    source = JournaledSource(
        ListSource("feed", chunks_of([b"%d" % number for number in range(70)]), has_memory=False), Journal(tmp_path, QUICK)
    )  # fmt: skip
    source.listen()
    assert [source.spool() for _ in range(3)] == [True, True, False]
    assert len(list(journal_bytes(tmp_path))) == 70
    source.resume({})
    assert data(everything(source)) == [b"%d" % number for number in range(70)]
    source.close()
