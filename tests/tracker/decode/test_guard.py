"""A decoder that raises loses the unit it raised on and nothing else, however the bytes are cut and wherever it is put away."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from streams.snapshot import table_bytes
from tests.fuzz import seeds
from tracker.decode import guard
from tracker.decode.base import Decoded, Decoder
from tracker.decode.guard import GuardedDecoder
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind, make_decoder
from tracker.decode.rejects import RejectCause
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import Micros

START_US = Micros(1_700_000_000_000_000)
FEEDS = {
    InputKind.NMEA: (seeds.ais, b"!AIVDM,1,1,,A,POISON,0*00\r\n"),
    InputKind.SBS1: (seeds.sbs1, b"MSG,3,1,1,POISON\r\n"),
    InputKind.POSITIONS_CSV: (seeds.csv, b"POISON,2024-06-06T08:58:39,1,2,3,4,X\n"),
    InputKind.TRACK_JSON: (seeds.json_lines, b'{"mmsi":219000001,"lat":1,"lon":2,"timestamp":"POISON"}\n'),
    InputKind.AVR: (seeds.avr, b"*POISON;\n"),
    InputKind.BEAST: (seeds.beast, b"\x1a3" + b"POISON" + b"\x11" * 15),
}


class Touchy:
    """A real decoder that falls over, after it has done its work, once a unit with the poison is whole."""

    def __init__(self, kind: InputKind, poison: bytes) -> None:
        self._inner: Any = make_decoder(kind, 3, times=InputTimes(undated_us=START_US))
        self._poison, self._ahead = poison, b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        decoded = self._inner.decode(block, received_us)
        self._ahead += block
        if self._poison in self._ahead:
            raise ZeroDivisionError("what nobody thought of")
        self._ahead = self._ahead[-len(self._poison) :]
        return decoded

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        self._ahead = b""
        return self._inner.skip_unit(last)

    def snapshot(self) -> bytes:
        return len(self._ahead).to_bytes(2, "little") + self._ahead + self._inner.snapshot()

    def restore(self, data: bytes) -> None:
        size = int.from_bytes(data[:2], "little")
        self._ahead = data[2 : 2 + size]
        self._inner.restore(data[2 + size :])


def touchy(kind: InputKind) -> Callable[[], Decoder]:
    return partial(Touchy, kind, FEEDS[kind][1])


def poisoned(kind: InputKind, rng: random.Random, count: int = 3) -> bytes:
    """A feed with poison between its units."""
    content, poison = FEEDS[kind][0](), FEEDS[kind][1]
    ends = b"\x1a" if kind is InputKind.BEAST else b"\n"
    places = [at for at in range(len(content) // 2, len(content)) if content[at - 1 : at] == ends]
    if kind is InputKind.BEAST:
        places = [at - 1 for at in places if content[at - 2 : at - 1] != ends and content[at : at + 1] == b"3"]
    for at in sorted(rng.sample(places, count), reverse=True):
        content = content[:at] + poison + content[at:]
    return content


def given(parts: list[Decoded]) -> tuple[bytes, bytes]:
    return (
        table_bytes(PositionBatch.concat(part.positions for part in parts).to_arrow()),
        table_bytes(StaticBatch.concat(part.statics for part in parts).to_arrow()),
    )


def numbers(one: GuardedDecoder) -> tuple[Any, ...]:
    """All counts; of a run of garbage the sample is what a block held of it."""
    counts = one.counts
    return counts.units_in, counts.units_decoded, counts.messages, counts.rejects.counts


@pytest.mark.parametrize("kind", FEEDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_outcome_is_the_same_for_every_cut_and_over_a_restart(kind: InputKind, seed: int) -> None:
    rng = random.Random(seed)
    content = poisoned(kind, rng)
    whole = GuardedDecoder(touchy(kind))
    expected = [whole.decode(content), whole.flush()]
    cut = GuardedDecoder(touchy(kind))
    parts, at = [], 0
    while at < len(content):
        size = rng.choice([1, 5, 70, 900])
        parts.append(cut.decode(content[at : at + size]))
        at += size
        if rng.random() < 0.2:
            kept, cut = cut.snapshot(), GuardedDecoder(touchy(kind))
            cut.restore(kept)
    parts.append(cut.flush())
    assert given(parts) == given(expected)
    assert numbers(cut) == numbers(whole)
    assert whole.counts.rejects.counts[RejectCause.PROGRAM_FAULT] == 3
    assert whole.counts.units_in == whole.counts.units_decoded + whole.counts.rejects.total
    faults = whole.take_faults()
    assert [(fault.part, fault.error) for fault in faults] == [("decoder", "ZeroDivisionError: what nobody thought of")]
    assert faults[0].rows == 3
    assert "POISON" in faults[0].unit


@pytest.mark.parametrize("kind", FEEDS)
def test_all_other_rows_are_those_of_a_feed_without_the_poison(kind: InputKind) -> None:
    rng = random.Random(5)
    clean = GuardedDecoder(partial(make_decoder, kind, 3, times=InputTimes(undated_us=START_US)))
    expected = [clean.decode(FEEDS[kind][0]()), clean.flush()]
    hurt = GuardedDecoder(touchy(kind))
    assert given([hurt.decode(poisoned(kind, rng)), hurt.flush()]) == given(expected)


def test_what_only_a_whole_block_raises_is_no_fault() -> None:
    class Hasty(Touchy):
        def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
            if len(block) > 100:
                raise MemoryError
            return super().decode(block, received_us)

    content = seeds.ais()
    calm = GuardedDecoder(touchy(InputKind.NMEA))
    hasty = GuardedDecoder(partial(Hasty, InputKind.NMEA, b"none of it"))
    assert given([hasty.decode(content)]) == given([calm.decode(content)])
    assert hasty.counts == calm.counts
    assert hasty.take_faults() == []


def test_a_feed_that_only_hurts_is_passed_over_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "FUSE", 5)
    monkeypatch.setattr(guard, "_STRETCH_BYTES", 4_000)
    poison = FEEDS[InputKind.NMEA][1]
    content = poison * 1_000 + seeds.ais()
    outcomes = []
    for size in (len(content), 777):
        one = GuardedDecoder(touchy(InputKind.NMEA))
        parts = [one.decode(content[at : at + size]) for at in range(0, len(content), size)]
        outcomes.append((given(parts), one.counts))
        assert one.counts.rejects.counts[RejectCause.PROGRAM_FAULT] < 20
        assert one.counts.units_decoded > 0
    assert outcomes[0] == outcomes[1]


def test_a_panic_of_a_library_is_a_fault_like_any() -> None:
    class PanicException(BaseException):
        """As pyo3 names it."""

    class Panics(Touchy):
        def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
            try:
                return super().decode(block, received_us)
            except ZeroDivisionError as exc:
                raise PanicException("called `Result::unwrap()` on an `Err` value") from exc

    poison = FEEDS[InputKind.NMEA][1]
    one = GuardedDecoder(partial(Panics, InputKind.NMEA, poison))
    expected = GuardedDecoder(touchy(InputKind.NMEA))
    content = poisoned(InputKind.NMEA, random.Random(1), count=1)
    assert given([one.decode(content), one.flush()]) == given([expected.decode(content), expected.flush()])
    assert [fault.error for fault in one.take_faults()] == ["PanicError: called `Result::unwrap()` on an `Err` value"]
