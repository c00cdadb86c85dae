"""Lines as loggers write them: prefixes, tag blocks, suffixes, glued sentences, times, and the ledger."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.naive import ais_bits
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.decode.input_times import InputTimes
from tracker.decode.rejects import RejectCause
from tracker.positions import PositionBatch

T_S = 1_459_382_401
T_US = T_S * 1_000_000
SENTENCE = "!AIVDM,1,1,,B,33I>hf0PA706QD:L7NC5lT;`011Q,0*22"
OTHER = "!AIVDM,1,1,,A,23K8qh0000P6l1<L5q8HIT460<04,0*25"


def run(text: str | bytes, received_us: int | None = None, **options: int) -> tuple[PositionBatch, AisDecoder]:
    decoder = AisDecoder(7, **options)
    block = text.encode() if isinstance(text, str) else text
    parts: list[Decoded] = [decoder.decode(block, received_us), decoder.flush()]
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    return PositionBatch.concat(part.positions for part in parts), decoder


def tag(fields: str) -> str:
    return f"\\{fields}*{ais_bits.checksum(fields)}\\"


@pytest.mark.parametrize(
    "line",
    [
        f"2016-03-31 00:00:01, {SENTENCE}",
        f"2016-03-31 00:00:01 {SENTENCE}",
        f"2016-03-31T00:00:01Z {SENTENCE}",
        f"2016-03-31T00:00:01.000Z\t{SENTENCE}",
        f"2016-03-31T02:00:01+02:00,{SENTENCE}",
        f"2016-03-30T19:00:01-0500,{SENTENCE}",
        f"2016/03/31 00:00:01;{SENTENCE}",
        f"{T_S} {SENTENCE}",
        f"{T_S},{SENTENCE}",
        f"{T_S}.000 {SENTENCE}",
        f"{T_S}000 {SENTENCE}",
        f"{T_S}000000\t{SENTENCE}",
        f"{tag(f's:rMT1,c:{T_S}')}{SENTENCE}",
        f"{tag(f'c:{T_S}000,s:rMT1,T:2016-03-31 00.00.01')}{SENTENCE}",
        f"{tag('s:rMT1')}{tag(f'c:{T_S}')}{SENTENCE}",
        f"{SENTENCE},b003669712,{T_S}",
        f"{SENTENCE},d-109,S2105,t050056.00,T56.13718694,r003669946,{T_S},1325394001",
        f"{SENTENCE},{T_S}",
        f"{SENTENCE},x'y,{T_S}",
        f"$PGHP,1,2016,3,31,0,0,1,0,230,45,992190934,1,2B*"
        f"{ais_bits.checksum('PGHP,1,2016,3,31,0,0,1,0,230,45,992190934,1,2B')}\n{SENTENCE}",
        f"  {T_S} {SENTENCE}",
        f'2016-03-31 00:00:01 [log] "{SENTENCE}"',
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", " \n", "'\n", '"\r\n', ""])
def test_every_way_to_write_the_time_gives_the_same_time(line: str, ending: str) -> None:
    rows, decoder = run(line + ending)
    assert rows.time_us.tolist() == [T_US]
    assert rows.received_us.tolist() == [T_US]
    assert rows.source.tolist() == [7]
    assert decoder.counts.rejects.total == 0


@pytest.mark.parametrize(
    ("line", "station"),
    [
        (f"{tag('s:north')}{SENTENCE}", b"north"),
        (f"{tag('s:a-station-with-a-long-name')}{SENTENCE}", b"a-station-with-a"),
        (f"{SENTENCE},d-109,r003669946,{T_S}", b"r003669946"),
        (f"{SENTENCE},b2003669980", b"b2003669980"),
        (f"{SENTENCE},rCUDJOE_01,{T_S}", b"rCUDJOE_01"),
        (f"{tag('s:north')}{SENTENCE},b003669712,{T_S}", b"north"),
        (SENTENCE, b""),
    ],
)
def test_the_station_is_read(line: str, station: bytes) -> None:
    rows, _ = run(line + "\n", received_us=T_US)
    assert rows.station.tolist() == [station]


def test_a_tag_block_is_nearer_the_air_than_a_prefix() -> None:
    rows, _ = run(f"{T_S + 5} {tag(f'c:{T_S}')}{SENTENCE}\n{T_S + 5} {SENTENCE},r1,{T_S + 1}\n")
    assert rows.time_us.tolist() == [T_US, T_US + 1_000_000]


def test_fractions_of_a_second_are_kept() -> None:
    rows, _ = run(f"1452468552.938 {SENTENCE}\n2016-03-31T00:00:01.25Z {SENTENCE}\n")
    assert rows.time_us.tolist() == [1_452_468_552_938_000, T_US + 250_000]


def test_a_naive_zone_is_taken_off() -> None:
    rows, _ = run(
        f"2016-03-31 02:00:01, {SENTENCE}\n2016-03-31T00:00:01Z {SENTENCE}\n", times=InputTimes(zone="+02:00")
    )
    assert rows.time_us.tolist() == [T_US, T_US]


def test_units_without_a_time_take_the_receive_time() -> None:
    rows, _ = run(f"{SENTENCE}\n{T_S} {OTHER}\n{SENTENCE}\n", received_us=T_US + 99)
    assert rows.time_us.tolist() == [T_US + 99, T_US, T_US + 99]
    assert rows.received_us.tolist() == [T_US + 99] * 3


def test_a_station_named_in_bytes_that_are_no_text_is_text_all_the_same() -> None:
    fields = b"s:AS-\xff\xfeR,c:%d" % T_S
    sum_of = 0
    for byte in fields:
        sum_of ^= byte
    rows, _ = run(b"\\%s*%02X\\%s\n" % (fields, sum_of, SENTENCE.encode()))
    assert rows.station.tolist() == [b"AS-??R"]
    assert rows.to_arrow().column("station").to_pylist() == ["AS-??R"]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (SENTENCE, RejectCause.NO_TIME),
        (SENTENCE[:-1] + "3", RejectCause.BAD_CHECKSUM),
        (SENTENCE[:-3], RejectCause.BAD_CHECKSUM),
        (SENTENCE[:-1], RejectCause.BAD_CHECKSUM),
        (SENTENCE + "A", RejectCause.BAD_CHECKSUM),
        (SENTENCE.replace("33I", "3xI"), RejectCause.BAD_CHECKSUM),
        ("!AIVDM,1,1,,B,33I\x7f,0*" + ais_bits.checksum("AIVDM,1,1,,B,33I\x7f,0"), RejectCause.BAD_ARMOUR),
        ("!AIVDM,1,1,,B,33I,7*" + ais_bits.checksum("AIVDM,1,1,,B,33I,7"), RejectCause.BAD_ARMOUR),
        ("!AIVDM,1,1,,B,33I>hf0,0*" + ais_bits.checksum("AIVDM,1,1,,B,33I>hf0,0"), RejectCause.TOO_SHORT),
        ("!AIVDM,1,1,,B,,0*" + ais_bits.checksum("AIVDM,1,1,,B,,0"), RejectCause.TOO_SHORT),
        ("!AIVDM,2,3,,B,33I,0*" + ais_bits.checksum("AIVDM,2,3,,B,33I,0"), RejectCause.UNKNOWN_SENTENCE),
        ("!AIVDM,0,0,,B,33I,0*" + ais_bits.checksum("AIVDM,0,0,,B,33I,0"), RejectCause.UNKNOWN_SENTENCE),
        ("$GPGGA,1,2*" + ais_bits.checksum("GPGGA,1,2"), RejectCause.UNKNOWN_SENTENCE),
        ("$GPGGA,1,2*00", RejectCause.UNKNOWN_SENTENCE),
        ("# a comment !AIVDM", RejectCause.UNKNOWN_SENTENCE),
        ("hello", RejectCause.UNKNOWN_SENTENCE),
        ("2016-03-31 00:00:01,", RejectCause.UNKNOWN_SENTENCE),
        (tag("s:x"), RejectCause.UNKNOWN_SENTENCE),
        ("\\s:x*00\\" + SENTENCE, RejectCause.BAD_TAG_BLOCK),
        ("\\s:x" + SENTENCE, RejectCause.BAD_TAG_BLOCK),
        ("\\s:x,c:1459382401", RejectCause.BAD_TAG_BLOCK),
        (tag("c:noon") + SENTENCE, RejectCause.BAD_TAG_BLOCK),
        (tag("c:12") + SENTENCE, RejectCause.BAD_TIME),
        (f"2016-02-30 00:00:01 {SENTENCE}", RejectCause.BAD_TIME),
        (f"2016-02-03 25:00:01 {SENTENCE}", RejectCause.BAD_TIME),
        ("!" + "x" * 1024, RejectCause.TOO_LONG),
        (f"{SENTENCE}{' ' * 1024}", RejectCause.TOO_LONG),
        ("!AIVDM,1,1,,B," + "0" * 201 + ",0*" + ais_bits.checksum("AIVDM,1,1,,B,0,0"), RejectCause.TOO_LONG),
        (ais_bits.sentences("0" * 168)[0], RejectCause.UNKNOWN_MESSAGE),
        (ais_bits.sentences(f"{29:06b}" + "01" * 81)[0], RejectCause.UNKNOWN_MESSAGE),
        (ais_bits.sentences(f"{24:06b}00{5:030b}11" + "0" * 128)[0], RejectCause.UNKNOWN_MESSAGE),
        (ais_bits.sentences(f"{1:06b}" + "0" * 162)[0], RejectCause.BAD_IDENTITY),
        (ais_bits.sentences(f"{1:06b}00{1_000_000_000:030b}" + "0" * 130)[0], RejectCause.BAD_IDENTITY),
    ],
)
def test_each_fault_has_its_cause(line: str, cause: RejectCause) -> None:
    rows, decoder = run(f"{T_S} {OTHER}\n{line}\n{T_S} {OTHER}\n")
    assert decoder.counts.rejects.counts == {cause: 1}
    assert decoder.counts.units_decoded == 2
    assert len(rows) == 2
    (sample,) = decoder.counts.rejects.samples
    assert sample.cause is cause
    assert sample.at == 2
    assert sample.text[:10] == line[:10]


def test_blank_lines_are_no_units_but_count_as_lines() -> None:
    _, decoder = run("\n\r\n  \t\r\nrubbish\n")
    assert decoder.counts.units_in == 1
    assert decoder.counts.rejects.samples[0].at == 4


def test_sentences_glued_on_one_line_are_units_of_their_own() -> None:
    glued = f"{tag(f's:a,c:{T_S}')}{SENTENCE}{tag(f's:b,c:{T_S + 1}')}{OTHER}"
    rows, decoder = run(glued + "\n")
    assert decoder.counts.units_in == 2
    assert rows.station.tolist() == [b"a", b"b"]
    assert (rows.time_us - T_US).tolist() == [0, 1_000_000]


def test_a_sentence_cut_off_by_the_next_is_refused_and_the_next_is_read() -> None:
    rows, decoder = run(f"{T_S} {SENTENCE[:30]}{OTHER}\n")
    assert len(rows) == 1
    assert decoder.counts.rejects.counts == {RejectCause.TRUNCATED: 1}


def test_any_talker_is_heard() -> None:
    bits = ais_bits.random_bits(1, random.Random(1))
    lines = [ais_bits.sentences(bits, talker=t)[0] for t in ("AI", "AB", "BS", "SA", "--", "WS")]
    rows, _ = run("\n".join(lines), received_us=T_US)
    assert len(rows) == 6
    assert len(np.unique(rows.fingerprint)) == 1


def test_a_line_without_end_is_refused_once_and_forgotten() -> None:
    decoder = AisDecoder(0)
    for _ in range(5000):
        decoder.decode(b"!AIVDM," + b"0" * 1000)
    assert decoder.counts.units_in == 1
    assert decoder.counts.rejects.counts == {RejectCause.TOO_LONG: 1}
    assert len(decoder._carry) == 0
    decoded = decoder.decode(f"\n{T_S} {SENTENCE}\n".encode())
    assert len(decoded.positions) == 1
    assert decoder.counts.units_in == 2


def test_no_more_samples_are_kept_than_a_cause_may_have() -> None:
    decoder = AisDecoder(0)
    for _ in range(3):
        decoder.decode(b"rubbish\n" * 100)
    assert decoder.counts.rejects.counts[RejectCause.UNKNOWN_SENTENCE] == 300
    assert [s.at for s in decoder.counts.rejects.samples] == list(range(1, 21))


def test_a_block_is_never_written_to_and_results_never_change() -> None:
    block = f"{T_S} {SENTENCE}\n".encode() * 50
    copy = bytes(bytearray(block))
    decoder = AisDecoder(0)
    first = decoder.decode(block).positions
    before = {c.name: getattr(first, c.name).copy() for c in PositionBatch.COLUMNS}
    for _ in range(20):
        decoder.decode(f"{T_S + 60} {OTHER}\n".encode() * 200, received_us=T_US)
    assert block == copy
    for name, values in before.items():
        assert np.array_equal(values, getattr(first, name), equal_nan=values.dtype.kind == "f"), name
