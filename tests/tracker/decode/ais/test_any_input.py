"""Whatever the bytes and wherever they are cut: the same rows, a balanced ledger, bounded memory, no crash."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive import ais_bits
from tracker.decode.ais import AisDecoder
from tracker.decode.ais import decoder as decoder_module
from tracker.decode.base import Decoded
from tracker.decode.input_times import InputTimes
from tracker.positions import PositionBatch
from tracker.schema import ColumnBatch
from tracker.statics import StaticBatch

T_S = 1_459_382_401


def tag(fields: str) -> str:
    return f"\\{fields}*{ais_bits.checksum(fields)}\\"


def written(sentence: str, style: int, k: int, count: int, n: int) -> str:
    """Sentence ``k`` of ``count`` of message ``n`` as one of several loggers writes it."""
    when = T_S + n // 10
    match style:
        case 0:
            return f"2016-03-31 00:{n // 600 % 60:02d}:{n // 10 % 60:02d}, {sentence}"
        case 1:
            return f"{when}.{n % 10}00 {sentence}"
        case 2:
            return tag(f"g:{k}-{count}-{n % 1000}" + (f",s:st{n % 7},c:{when}" if k == 1 else "")) + sentence
        case 3:
            return tag(f"s:st{n % 7},c:{when}") + sentence
        case 4:
            return f"{sentence},d-10{n % 10},r00{n % 7},{when}"
    return sentence


def damaged(line: str, source: random.Random) -> str:
    """One line in twenty with a wrong character."""
    at = source.randrange(len(line))
    return line if source.random() > 0.05 else line[:at] + chr(source.randrange(32, 127)) + line[at + 1 :]


def corpus(seed: int, messages: int) -> list[str]:
    """Lines of every kind and fault, as a busy, sloppy feed would write them."""
    source = random.Random(seed)
    lines: list[str] = []
    for n in range(messages):
        kind = source.choice([*ais_bits.LENGTHS, 8, 20])
        length = ais_bits.LENGTHS.get(kind, source.choice([40, 72, 160, 500]))
        if kind in ais_bits.LENGTHS:
            bits = ais_bits.random_bits(kind, source)
        else:
            bits = f"{kind:06b}00{source.randint(0, 10**9):030b}" + f"{source.getrandbits(length):0{length}b}"
        some = ais_bits.sentences(bits, n % 10, source.choice(["A", "B", ""]), source.choice([20, 60, 80]))
        style = source.randrange(8)
        for k, sentence in enumerate(some, 1):
            if style == 5 and k == 1:
                body = f"PGHP,1,2016,3,31,0,{n // 600 % 60},{n // 10 % 60},0,230,45,99219,1,2B"
                lines.append(f"${body}*{ais_bits.checksum(body)}")
            lines.append(damaged(written(sentence, style, k, len(some), n), source))
        if source.random() < 0.05:
            lines[-1] = lines[-1][: source.randrange(len(lines[-1]))]
        if source.random() < 0.05:
            lines.append(source.choice(["", "# note", "$GPGGA,1*00", "x" * 1100, "\\", "!", "!AIVDM,2,1,3,A,"]))
        if len(lines) > 3 and source.random() < 0.1:
            lines[-1], lines[-2] = lines[-2], lines[-1]
    return lines


def run(pieces: list[bytes]) -> tuple[Decoded, AisDecoder]:
    decoder = AisDecoder(3, times=InputTimes(undated_us=T_S * 1_000_000))
    out = [decoder.decode(piece) for piece in pieces]
    out.append(decoder.flush())
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    assert sum(decoder.counts.messages.values()) <= decoder.counts.units_decoded * 2
    return (
        Decoded(PositionBatch.concat(o.positions for o in out), StaticBatch.concat(o.statics for o in out)),
        decoder,
    )


def assert_equal(one: ColumnBatch, other: ColumnBatch) -> None:
    assert len(one) == len(other)
    for column in one.COLUMNS:
        a, b = getattr(one, column.name), getattr(other, column.name)
        assert a.dtype == b.dtype == np.dtype(column.dtype), column.name
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), column.name


def assert_same(one: tuple[Decoded, AisDecoder], other: tuple[Decoded, AisDecoder]) -> None:
    assert_equal(one[0].positions, other[0].positions)
    assert_equal(one[0].statics, other[0].statics)
    assert one[1].counts.messages == other[1].counts.messages
    assert one[1].counts.rejects.counts == other[1].counts.rejects.counts
    # across causes samples come in the order of the blocks; within a cause always in the order of the input
    by_cause = [sorted(map(repr, d.counts.rejects.samples)) for _, d in (one, other)]
    assert by_cause[0] == by_cause[1]


def test_a_cut_at_any_byte_changes_nothing() -> None:
    data = "\r\n".join(corpus(1, 25)).encode()
    whole = run([data])
    assert len(whole[0].positions) > 10
    for at in range(len(data)):
        assert_same(whole, run([data[:at], data[at:]]))
    assert_same(whole, run([data[i : i + 1] for i in range(len(data))]))


@pytest.mark.parametrize("seed", range(3))
def test_random_cuts_of_a_larger_input_change_nothing(seed: int) -> None:
    data = "\n".join(corpus(seed + 10, 4000)).encode()
    whole = run([data])
    assert len(whole[0].positions) > 3000
    source = random.Random(seed)
    for scale in (7, 300, 40_000):
        pieces, at = [], 0
        while at < len(data):
            size = source.randint(0, scale)
            pieces.append(data[at : at + size])
            at += size
        assert_same(whole, run(pieces))


def test_full_buffers_inside_a_block_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "\n".join(corpus(5, 3000)).encode()
    whole = run([data])
    others = whole[1]
    monkeypatch.setattr(decoder_module, "_MAX_ROWS", 100)
    monkeypatch.setattr(decoder_module, "MAX_PASS_BYTES", 5000)
    assert_same(whole, run([data]))
    monkeypatch.setattr(decoder_module, "MAX_PASS_BYTES", 1 << 22)
    small = run([data])
    assert_same(whole, small)
    again = AisDecoder(3, times=InputTimes(undated_us=T_S * 1_000_000))
    again.decode(data)
    theirs = AisDecoder(3, times=InputTimes(undated_us=T_S * 1_000_000))
    monkeypatch.undo()
    theirs.decode(data)
    assert again.take_others() == theirs.take_others()
    assert others.counts.messages["ais 8"] > 0


FRAGMENT = st.one_of(
    st.sampled_from(corpus(2, 60)).map(lambda line: line.encode() + b"\n"),
    st.sampled_from(
        [
            b"\n",
            b"\r\n",
            b"\\",
            b"!",
            b"$",
            b"!AIVDM,",
            b"*",
            b",",
            b"\\s:",
            b"\\g:1-2-",
            b"c:99999999999999999999",
            b"\\*\\",
        ]
    ),
    st.binary(max_size=40),
    st.sampled_from([b"0", b"\\", b"!", b"!AIVDM,1,1,,A,", b" "]).map(lambda b: b * 1500),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENT, max_size=30), st.lists(st.integers(0, 200), max_size=30))
def test_any_bytes_balance_the_ledger_however_they_are_cut(fragments: list[bytes], cuts: list[int]) -> None:
    data = b"".join(fragments)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(data[at : at + cut])
        at += cut
    assert_same(run([data]), run([*pieces, data[at:]]))


def mutated(seed: int, lines: list[bytes], number: int) -> bytes:
    """Lines with bits flipped, cut, spliced and repeated; some kept whole."""
    source = random.Random(seed)
    out: list[bytes] = []
    for _ in range(number):
        line = bytearray(source.choice(lines))
        kind = source.randrange(6)
        if kind == 0 and line:
            for _ in range(source.randint(1, 3)):
                line[source.randrange(len(line))] ^= 1 << source.randrange(8)
        elif kind == 1:
            del line[source.randrange(len(line) + 1) :]
        elif kind == 2:
            other = source.choice(lines)
            line = line[: source.randrange(len(line) + 1)] + other[source.randrange(len(other) + 1) :]
        elif kind == 3:
            line *= source.randint(2, 3)
        out.append(bytes(line))
    return b"\n".join(out) + b"\n"


def check_mutations(rounds: int, lines_per_round: int) -> Counter[str]:
    lines = [line.encode() for line in corpus(6, 800)]
    decoder = AisDecoder(0, times=InputTimes(undated_us=T_S * 1_000_000))
    footprint = decoder._work.nbytes
    for seed in range(rounds):
        decoder.decode(mutated(seed, lines, lines_per_round))
        waiting = decoder.counts.units_in - decoder.counts.units_decoded - decoder.counts.rejects.total
        assert 0 <= waiting <= 9 * 4096
        assert len(decoder._carry) <= 1024
    decoder.flush()
    assert decoder._work.nbytes < footprint + (1 << 22)
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    assert decoder.counts.units_in >= rounds * lines_per_round * 0.8
    return decoder.counts.messages


def test_mutated_lines_neither_crash_nor_grow_nor_get_lost() -> None:
    assert check_mutations(rounds=10, lines_per_round=2000).total() > 5000


@pytest.mark.slow
def test_a_quarter_of_a_million_mutated_lines_neither_crash_nor_grow_nor_get_lost() -> None:
    assert check_mutations(rounds=60, lines_per_round=4000).total() > 60_000
