"""The list source behaves as a source does."""

from __future__ import annotations

import pytest

from streams.errors import SourceError
from streams.memory import ListSource, ManualClock, chunks_of
from streams.source import Chunk, Source


def everything(source: Source) -> list[Chunk]:
    given = []
    while (chunk := source.read(0.0)) is not None:
        given.append(chunk)
    return given


def test_every_position_goes_on_with_what_follows() -> None:
    chunks = chunks_of([b"a", b"", b"c"], start_us=5, step_us=10)
    assert [(chunk.received_us, chunk.position) for chunk in chunks] == [(5, "1"), (15, "2"), (25, "3")]
    for number in range(4):
        source = ListSource("list", chunks)
        source.start({"0": str(number)} if number else {})
        assert everything(source) == chunks[number:]


def test_parts_have_their_own_positions() -> None:
    a, b = chunks_of([b"a1", b"a2"], part="a"), chunks_of([b"b1", b"b2"], part="b")
    source = ListSource("list", [a[0], b[0], a[1], b[1]])
    source.start({"a": "2"})
    assert everything(source) == b


def test_without_memory_everything_is_given_whatever_is_asked() -> None:
    chunks = chunks_of([b"a", b"b"])
    source = ListSource("list", chunks, has_memory=False)
    source.start({"0": "nonsense"})
    assert everything(source) == chunks


def test_an_unknown_position_is_refused() -> None:
    with pytest.raises(SourceError, match="no chunk at position '9'"):
        ListSource("list", chunks_of([b"a"])).start({"0": "9"})


def test_health_counts_what_was_given() -> None:
    source = ListSource("list", chunks_of([b"abc", b"", b"d"]))
    assert source.health.state == "starting"
    source.start({})
    source.read(0.0)
    source.read(0.0)
    health = source.health
    assert (health.bytes_in, health.chunks_in, health.last_heard_us, health.lag) == (3, 1, 0, 1)
    source.acknowledge({"0": "1"})
    assert source.acknowledged == {"0": "1"}
    source.close()
    assert source.read(0.0) is None
    assert source.health.state == "closed"


def test_a_clock_moves_by_hand_both_ways() -> None:
    clock = ManualClock(10)
    clock.advance(5)
    clock.advance(-7)
    assert clock.now_us() == 8
