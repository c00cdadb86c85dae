"""Lines: the decoder is chosen by settings or first bytes, and a line put away at any cut goes on as if nothing had happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import Mock

import pytest

from streams.errors import SnapshotError
from streams.snapshot import table_bytes
from streams.source import Chunk
from tests.fuzz import seeds
from tests.naive import ais_bits
from tracker.decode.base import Decoded
from tracker.decode.guard import GuardedDecoder
from tracker.decode.recognise import InputKind
from tracker.store.watch_state import Progress
from tracker.watch.lines import Line, split
from tracker.watch.voices import MOST_RECENT_BYTES, MOST_SNIFFED_BYTES, MOST_VOICES

RECEIVED_US = 1_700_000_100_000_000


def line(**changes: object) -> Line:
    return Line(3, "net", "0", "net", "feed", **{"format": "auto", **changes})


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
    assert (one.kinds, one.counts) == (whole.kinds, whole.counts)
    assert one.kinds == {kind}
    assert [rows_of(some) for some in given] == [rows_of(some) for some in expected]


FORMATS = {
    "nmea": seeds.ais(),
    "beast": seeds.beast(),
    "avr": seeds.avr(),
    "sbs1": seeds.sbs1(),
    "json": seeds.json_lines(),
    "csv": seeds.csv(),
}
OF_ANOTHER_LAYOUT = SnapshotError("snapshot of another layout")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("is_readable", [True, False])
def test_where_the_snapshot_is_lost_what_it_cut_in_two_is_decoded_all_the_same(
    name: str, is_readable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = FORMATS[name]
    if not is_readable:
        content = content[: MOST_RECENT_BYTES * 3 // 4]  # a new decoder hears all that the other had heard
        monkeypatch.setattr(GuardedDecoder, "restore", Mock(side_effect=OF_ANOTHER_LAYOUT))
    rng = random.Random(5)
    whole, given, kept, progress = line(), 0, b"", Progress()
    for chunk in chunks(content, rng):
        expected = whole.decode(chunk)
        whole.take(expected)
        if kept:
            again = line()
            again.begin_at(progress, kept)
            assert rows_of(again.decode(chunk)) == rows_of(expected)
            again.take(expected)
            assert (again.progress, again.kinds) == (whole.progress, whole.kinds)
            if is_readable:
                assert again.counts == whole.counts
            else:
                assert again.counts.units_in <= whole.counts.units_in, "nothing is counted twice"
        given += len(expected.positions)
        kept, progress = (whole.snapshot(), replace(whole.progress)) if rng.random() < 0.1 else (b"", progress)
    assert given > 5


def test_a_new_decoder_hears_the_last_bytes_of_long_lines_and_the_header_of_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(GuardedDecoder, "restore", Mock(side_effect=OF_ANOTHER_LAYOUT))
    content = seeds.csv()
    header_bytes = content.index(b"\n", content.index(b"mmsi")) + 1
    header, rows = content[:header_bytes], content[header_bytes:]
    content = header + rows * (3 * MOST_RECENT_BYTES // len(rows))
    cut = len(content) - 1_000 - len(rows) // 2
    whole, again = line(), line()
    fed(whole, content[:cut])
    again.begin_at(whole.progress, whole.snapshot())
    last = Chunk("0", content[cut:], RECEIVED_US, "end")
    expected, given = whole.decode(last), again.decode(last)
    assert len(given.positions) == len(expected.positions) > 5
    assert len(whole.snapshot()) < 3 * MOST_RECENT_BYTES


def test_what_was_kept_of_a_line_and_cannot_be_read_costs_no_more_than_that() -> None:
    one = line()
    error = one.begin_at(Progress("17", 3, 2, 1), b"of another world")
    assert (one.progress, one.voices) == (Progress("17", 3, 2, 1), {})
    assert error.startswith("SnapshotError: "), "and is told"


def test_a_line_whose_decoders_go_on_or_that_has_given_nothing_has_lost_nothing() -> None:
    whole = line()
    fed(whole, FORMATS["nmea"][:1000])
    assert line().begin_at(whole.progress, whole.snapshot()) == ""
    assert line().begin_at(Progress()) == ""
    assert line().begin_at(whole.progress) == "nothing was kept of them"


def test_decoders_that_fail_half_way_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = line()
    fed(whole, FORMATS["nmea"][:1000])
    monkeypatch.setattr(GuardedDecoder, "restore", Mock(side_effect=ZeroDivisionError("a fault of ours")))
    again = line()
    assert again.begin_at(whole.progress, whole.snapshot()).startswith("ZeroDivisionError: a fault of ours")
    assert (again.voices, again.kinds, again.counts.units_in) == ({}, set(), 0)


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
    assert first.voices[""].decoder is None
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
    assert one.voices[""].decoder is None
    fed(one, junk)
    fed(one, f"{ais_bits.sentences(ais_bits.random_bits(1, random.Random(1)), 0, 'A', 60)[0]}\n".encode())
    assert one.kinds == {InputKind.NMEA}
    assert one.progress.rows == 1
    assert one.counts.rejects.counts


def spoken(one: Line, voice: str, content: bytes) -> Decoded:
    decoded = one.decode(Chunk("0", content, RECEIVED_US, "1", voice))
    one.take(decoded)
    return decoded


def test_every_voice_is_recognised_by_itself_and_none_decides_for_another() -> None:
    ais, beast = fed(line(), seeds.ais()), fed(line(), seeds.beast())
    one = line(has_journal=True)
    rubbish = bytes(random.Random(5).randrange(256) for _ in range(90_000))
    spoken(one, "a.1@192.0.2.9", rubbish)
    cut = len(seeds.ais()) // 2
    given = [
        spoken(one, "a.2@192.0.2.1", seeds.ais()[:cut]),
        spoken(one, "a.3@192.0.2.2", seeds.beast()),
        spoken(one, "a.2@192.0.2.1", seeds.ais()[cut:]),
    ]
    assert sum(len(some.positions) for some in given) == len(ais.positions) + len(beast.positions)
    assert given[1].positions.to_arrow() == beast.positions.to_arrow()
    assert one.kinds >= {InputKind.NMEA, InputKind.BEAST}


def test_a_voice_that_gives_nothing_any_more_is_recognised_anew_where_chunks_come_alike_again() -> None:
    rows = len(fed(line(), seeds.beast()).positions)
    journalled, read_again = line(has_journal=True), line()
    for one in (journalled, read_again):
        spoken(one, "", seeds.ais())
        for _ in range(2):
            spoken(one, "", b"$GPZDA of no use\n" * 3000)
    assert len(spoken(journalled, "", seeds.beast()).positions) == rows
    assert len(spoken(read_again, "", seeds.beast()).positions) == 0
    counts = journalled.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total


@pytest.mark.parametrize("end", ["its end", "a later life"])
def test_a_voice_that_has_ended_is_forgotten_and_what_it_counted_is_not(end: str) -> None:
    one, whole = line(), line()
    fed(whole, seeds.ais())
    spoken(one, "a.1@192.0.2.1", seeds.ais())
    if end == "its end":
        spoken(one, "a.1@192.0.2.1", b"")
        assert one.voices == {}
    else:
        spoken(one, "b.1@192.0.2.1", b"\x07")
        assert list(one.voices) == ["b.1@192.0.2.1"]
    again = line()
    again.restore(one.snapshot())
    assert again.snapshot() == one.snapshot()
    for kept in (one, again):
        assert kept.counts.units_decoded == whole.counts.units_decoded
        assert kept.counts.units_in == kept.counts.units_decoded + kept.counts.rejects.total


def test_voices_that_never_end_are_bounded() -> None:
    one = line()
    for number in range(MOST_VOICES + 40):
        spoken(one, "a.0@192.0.2.1", seeds.ais()[:400])
        spoken(one, f"a.{number + 1}@192.0.2.1", seeds.ais()[:400])
    assert len(one.voices) == MOST_VOICES
    assert "a.0@192.0.2.1" in one.voices


def test_a_format_that_is_named_is_believed_over_the_bytes() -> None:
    one = line(format="beast")
    fed(one, seeds.ais()[:200])
    assert one.kinds == {InputKind.BEAST}


def test_split_cuts_each_kind_by_itself() -> None:
    decoded = fed(line(format="nmea"), seeds.ais())
    rows, statics, others = len(decoded.positions), len(decoded.statics), len(decoded.others)
    head, tail = split(decoded, 3, statics, 1)
    assert (len(head.positions), len(head.statics), len(head.others)) == (3, statics, 1)
    assert (len(tail.positions), len(tail.statics), len(tail.others)) == (rows - 3, 0, others - 1)
    assert type(head.positions).concat([head.positions, tail.positions]).to_arrow() == decoded.positions.to_arrow()
    everything, nothing = split(decoded, 10**6, 10**6, 10**6)
    assert (len(everything.positions), len(nothing.positions), nothing.others) == (rows, 0, ())
