"""Lines: the decoder is chosen by settings or first bytes, and a line put away at any cut goes on as if nothing had happened."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from streams.snapshot import table_bytes
from streams.source import Chunk
from tests.fuzz import seeds
from tests.naive import ais_bits
from tracker.decode.base import Decoded
from tracker.decode.recognise import InputKind
from tracker.watch.lines import MOST_SNIFFED_BYTES, Line, split

RECEIVED_US = 1_700_000_100_000_000


def line(**changes: object) -> Line:
    return Line(3, "net", "0", "net", "feed", **{"format": "auto", **changes})  # type: ignore[arg-type]


def chunks(content: bytes, rng: random.Random) -> Iterator[Chunk]:
    at = 0
    while at < len(content):
        size = rng.choice([1, 7, 60, 400])
        yield Chunk("0", content[at : at + size], RECEIVED_US, str(min(at + size, len(content))))
        at += size


def fed(one: Line, content: bytes) -> Decoded:
    decoded = one.decode(Chunk("0", content, RECEIVED_US, str(len(content))))
    one.take(decoded)
    return decoded


FEEDS = {InputKind.NMEA: seeds.ais(), InputKind.BEAST: seeds.beast()}


@pytest.mark.parametrize("kind", FEEDS)
@pytest.mark.parametrize("seed", range(4))
def test_put_away_at_any_cut_it_gives_the_same_rows_and_counts(kind: InputKind, seed: int) -> None:
    rng = random.Random(seed)
    whole, one = line(), line()
    expected: list[Decoded] = []
    given: list[Decoded] = []
    for chunk in chunks(FEEDS[kind], rng):
        for fed_line, decoded in ((whole, expected), (one, given)):
            decoded.append(fed_line.decode(chunk))
            fed_line.take(decoded[-1])
        if rng.random() < 0.3:
            kept, one = one.snapshot(), line()
            one.restore(kept)
            assert one.snapshot() == kept
    assert whole.progress.rows > 5
    assert one.progress == whole.progress
    assert (one.kind, one.counts) == (whole.kind, whole.counts)
    assert one.kind == kind
    assert [rows_of(some) for some in given] == [rows_of(some) for some in expected]


def rows_of(decoded: Decoded) -> tuple[bytes, bytes, object]:
    return (
        table_bytes(decoded.positions.to_arrow()),
        table_bytes(decoded.statics.to_arrow()),
        decoded.others,
    )


def test_rows_are_counted_from_the_beginning_of_the_line_whatever_their_kind() -> None:
    one = line(format="nmea")
    decoded = fed(one, seeds.ais())
    assert (one.progress.rows, one.progress.statics, one.progress.others) == (
        len(decoded.positions),
        len(decoded.statics),
        len(decoded.others),
    )
    assert min(one.progress.rows, one.progress.statics, one.progress.others) > 0
    assert one.progress.position == str(len(seeds.ais()))


def test_before_anything_is_recognised_the_bytes_are_kept_over_a_restart() -> None:
    content = seeds.ais()
    first, again = line(), line()
    assert len(fed(first, content[:1]).positions) == 0
    assert first.decoder is None
    assert first.counts.units_in == 0
    again.restore(first.snapshot())
    whole = fed(line(), content)
    assert fed(again, content[1:]).positions.to_arrow() == whole.positions.to_arrow()


def test_what_nobody_recognises_is_counted_as_sentences_sooner_or_later() -> None:
    one = line()
    junk = b"\x07nothing of the kind\n" * 200
    sent = 0
    while sent + len(junk) < MOST_SNIFFED_BYTES:
        fed(one, junk)
        sent += len(junk)
    assert one.decoder is None
    fed(one, junk)
    fed(one, f"{ais_bits.sentences(ais_bits.random_bits(1, random.Random(1)), 0, 'A', 60)[0]}\n".encode())
    assert one.kind is InputKind.NMEA
    assert one.progress.rows == 1
    assert one.counts.rejects.counts


def test_a_format_that_is_named_is_believed_over_the_bytes() -> None:
    one = line(format="beast")
    fed(one, seeds.ais()[:200])
    assert one.kind is InputKind.BEAST


def test_split_cuts_each_kind_by_itself() -> None:
    decoded = fed(line(format="nmea"), seeds.ais())
    rows, statics, others = len(decoded.positions), len(decoded.statics), len(decoded.others)
    head, tail = split(decoded, 3, statics, 1)
    assert (len(head.positions), len(head.statics), len(head.others)) == (3, statics, 1)
    assert (len(tail.positions), len(tail.statics), len(tail.others)) == (rows - 3, 0, others - 1)
    assert type(head.positions).concat([head.positions, tail.positions]).to_arrow() == decoded.positions.to_arrow()
    everything, nothing = split(decoded, 10**6, 10**6, 10**6)
    assert (len(everything.positions), len(nothing.positions), nothing.others) == (rows, 0, ())
