"""The queue between a reading thread and the loop: bounded, joined where it helps, never late."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

import streams.pump
from streams.memory import ManualClock
from streams.pump import CHUNK_BYTES, JOIN_US, ChunkQueue, PumpedSource
from tests.waiting import PATIENCE_S, eventually


def test_bytes_that_came_together_are_one_chunk_with_the_last_stamp_and_position() -> None:
    queue = ChunkQueue()
    queue.put(b"a\n", 100, "1")
    queue.put(b"b\n", 200, "2")
    chunk = queue.get(1.0)
    assert chunk is not None
    assert (chunk.data, chunk.received_us, chunk.position) == (b"a\nb\n", 200, "2")


def test_bytes_that_came_apart_keep_their_stamps_however_late_they_are_read() -> None:
    queue = ChunkQueue()
    queue.put(b"a", 0)
    queue.put(b"b", JOIN_US + 1)
    queue.put(b"c", 0)
    given = [queue.get(1.0) for _ in range(3)]
    assert [(chunk.data, chunk.received_us) for chunk in given if chunk] == [(b"a", 0), (b"b", JOIN_US + 1), (b"c", 0)]


def test_parts_are_never_joined() -> None:
    queue = ChunkQueue()
    queue.put(b"a", 0, part="x")
    queue.put(b"b", 0, part="y")
    assert [chunk.part for chunk in (queue.get(1.0), queue.get(1.0)) if chunk] == ["x", "y"]


def test_voices_are_joined_each_with_itself_and_an_end_with_nothing() -> None:
    queue = ChunkQueue()
    for number in range(4):
        queue.put(b"a%d" % number, number, voice="x")
        queue.put(b"b%d" % number, number, voice="y")
    queue.put(b"", 5, voice="x")
    queue.put(b"", 5, voice="y")
    given = [queue.get(0.1) for _ in range(4)]
    assert [(chunk.voice, chunk.data) for chunk in given if chunk] == [
        ("x", b"a0a1a2a3"), ("y", b"b0b1b2b3"), ("x", b""), ("y", b"")
    ]  # fmt: skip


def test_a_flood_of_tiny_chunks_is_bounded_too() -> None:
    queue = ChunkQueue(100_000)
    taken = sum(queue.put(b"", 0, voice=f"x.{number}", wait=False) for number in range(10_000))
    assert taken < 500


def test_chunks_grow_to_their_size_and_no_further() -> None:
    queue = ChunkQueue()
    for _ in range(200):
        queue.put(bytes(1000), 0)
    sizes = []
    while (chunk := queue.get(0.05)) is not None:
        sizes.append(len(chunk.data))
    assert sum(sizes) == 200_000
    assert max(sizes) <= CHUNK_BYTES
    assert len(sizes) == 4


def test_signs_of_life_nobody_reads_do_not_pile_up() -> None:
    queue = ChunkQueue()
    for second in range(1000):
        queue.put(b"", second * 1_000_000)
    chunk = queue.get(1.0)
    assert chunk is not None
    assert (chunk.data, chunk.received_us) == (b"", 999_000_000)
    assert queue.get(0.0) is None


def test_a_full_queue_refuses_or_waits_and_never_grows() -> None:
    queue = ChunkQueue(most_bytes=10_000)
    while queue.put(bytes(999), 0, wait=False):
        pass
    assert queue.size_bytes <= 10_000
    went_on = threading.Event()

    def put() -> None:
        queue.put(bytes(999), 1)
        went_on.set()

    thread = threading.Thread(target=put)
    thread.start()
    assert not went_on.wait(0.05)
    assert queue.get(1.0) is not None
    assert went_on.wait(PATIENCE_S)
    thread.join()


def test_something_larger_than_the_queue_still_goes_through() -> None:
    queue = ChunkQueue(most_bytes=10)
    assert queue.put(bytes(100), 0)
    assert not queue.put(b"a", 0, wait=False)
    assert queue.get(0.0) is not None


def test_closing_frees_who_waits_and_keeps_what_was_read() -> None:
    queue = ChunkQueue(most_bytes=3)
    queue.put(b"abc", 0)
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(queue.put(b"d", 0)))
    thread.start()
    queue.close()
    thread.join(PATIENCE_S)
    assert answers == [False]
    chunk = queue.get(0.0)
    assert chunk is not None
    assert chunk.data == b"abc"
    assert queue.get(5.0) is None


class Failing(PumpedSource):
    """A kind of source whose session always breaks."""

    def __init__(self) -> None:
        super().__init__("failing", ManualClock(7))
        self.sessions = 0
        self.twice = threading.Event()

    def _session(self) -> None:
        self.sessions += 1
        self._give(b"%d" % self.sessions)
        if self.sessions == 2:
            self.twice.set()
        raise KeyError("a mistake of ours")

    def _open(self, positions: Mapping[str, str]) -> None:
        self.opened = dict(positions)

    def _wake(self) -> None:
        """Nothing sleeps here."""

    def _released(self) -> None:
        self.released = True


def test_a_session_that_breaks_is_begun_anew_and_told() -> None:
    before = threading.active_count()
    source = Failing()
    source.start({"0": "p"})
    assert source.twice.wait(PATIENCE_S)
    source.close()
    assert source.opened == {"0": "p"}
    assert source.released
    health = source.health
    assert health.state == "closed"
    assert health.last_error == "KeyError: 'a mistake of ours'"
    assert health.last_heard_us == 7
    assert threading.active_count() == before


def test_closing_does_not_wait_for_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Failing()
    monkeypatch.setattr(streams.pump, "RETRY_FIRST_S", 10 * PATIENCE_S)
    source.start({})
    eventually(lambda: source.health.state == "waiting")
    closing = threading.Thread(target=source.close)
    closing.start()
    closing.join(PATIENCE_S)
    assert not closing.is_alive()
