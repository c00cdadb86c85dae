"""Messages of several sentences: any order that can be believed, across blocks, bounded in time and number."""

from __future__ import annotations

import random

import pytest

from tests.naive import ais_bits
from tracker.decode.ais import AisDecoder
from tracker.decode.ais.assemble import MAX_OPEN
from tracker.decode.base import Decoded
from tracker.decode.rejects import RejectCause
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

T_S = 1_459_382_401


def tag(fields: str) -> str:
    return f"\\{fields}*{ais_bits.checksum(fields)}\\"


def ship(seed: int) -> str:
    return ais_bits.random_bits(5, random.Random(seed))


def parts(seed: int, sequence: int = 1, channel: str = "A", characters: int = 36) -> list[str]:
    """A type 5 in two sentences, or more with fewer characters each."""
    return ais_bits.sentences(ship(seed), sequence, channel, characters)


def timed(lines: list[str], *seconds: float, station: str = "x") -> list[str]:
    offsets = seconds or (0,) * len(lines)
    return [tag(f"s:{station},c:{int((T_S + s) * 1000)}") + line for s, line in zip(offsets, lines, strict=True)]


def run(lines: list[str]) -> tuple[Decoded, AisDecoder]:
    decoder = AisDecoder(0)
    out = [decoder.decode((line + "\n").encode()) for line in lines]
    out.append(decoder.flush())
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total == len(lines)
    return (
        Decoded(PositionBatch.concat(o.positions for o in out), StaticBatch.concat(o.statics for o in out)),
        decoder,
    )


def names(decoded: Decoded) -> list[bytes]:
    return decoded.statics.name.tolist()


def name(seed: int) -> bytes:
    row = ais_bits.static_row(ship(seed))
    assert row is not None
    return row["name"]


def test_fragments_in_any_order_make_the_message() -> None:
    lines = timed(parts(1, characters=15))
    assert len(lines) == 5
    for seed in range(20):
        mixed = lines[:]
        random.Random(seed).shuffle(mixed)
        decoded, decoder = run(mixed)
        assert names(decoded) == [name(1)]
        assert decoder.counts.rejects.total == 0


def test_interleaved_messages_are_told_apart() -> None:
    many = [
        timed(parts(1, sequence=1)),
        timed(parts(2, sequence=2)),
        timed(parts(3, sequence=1, channel="B")),
        timed(parts(4, sequence=1), station="y"),
        timed([line.replace("!AI", "!AB") for line in parts(5, sequence=1)]),
        timed(parts(6, sequence=1, characters=30)),
    ]
    many[4] = timed(
        [f"!{body}*{ais_bits.checksum(body)}" for body in (x[1:-3].replace("AIV", "ABV") for x in parts(5))]
    )
    firsts = [m[0] for m in many]
    rest = [line for m in reversed(many) for line in m[1:]]
    decoded, decoder = run(firsts + rest)
    assert sorted(names(decoded)) == sorted(name(s) for s in range(1, 7))
    assert decoder.counts.rejects.total == 0


def test_a_group_ties_fragments_whose_second_tag_block_is_bare() -> None:
    a, b = parts(1), parts(2)
    lines = [
        tag(f"g:1-2-77,s:x,c:{T_S}") + a[0],
        tag(f"g:1-2-78,s:y,c:{T_S + 1}") + b[0],
        tag("g:2-2-78") + b[1],
        tag("g:2-2-77") + a[1],
    ]
    decoded, _ = run(lines)
    assert names(decoded) == [name(2), name(1)]
    assert decoded.positions.station.tolist() == [b"y", b"x"]
    assert (decoded.positions.time_us - T_S * 1_000_000).tolist() == [1_000_000, 0]


def test_a_sentence_without_tag_block_continues_the_one_before_it() -> None:
    a = parts(1)
    decoded, _ = run([tag(f"s:x,c:{T_S}") + a[0], a[1]])
    assert names(decoded) == [name(1)]
    decoded, _ = run([a[0], f"{a[1]},b003669712,{T_S}"][::1])
    assert names(decoded) in ([name(1)], [])  # the first fragment has no time of its own: see below


def test_a_message_takes_the_time_of_its_first_fragment_that_has_one() -> None:
    a = parts(1, characters=30)
    decoded, _ = run([tag(f"g:1-3-5,c:{T_S}") + a[0], tag(f"g:2-3-5,c:{T_S + 2}") + a[1], tag("g:3-3-5") + a[2]])
    assert decoded.statics.time_us.tolist() == [T_S * 1_000_000]


def test_fragments_of_different_talkers_are_not_one_message() -> None:
    a = timed(parts(1))
    b = [line.replace("AIVDM", "ABVDM") for line in parts(1)]
    other = timed([f"!{b[1][1:-3]}*{ais_bits.checksum(b[1][1:-3])}"])
    decoded, decoder = run([a[0], other[0]])
    assert names(decoded) == []
    assert decoder.counts.rejects.counts == {RejectCause.INCOMPLETE_MULTIPART: 2}


def test_fragments_more_than_a_minute_apart_are_not_one_message() -> None:
    decoded, decoder = run(timed(parts(1), 0, 60.0))
    assert names(decoded) == [name(1)]
    decoded, decoder = run(timed(parts(1), 0, 60.001))
    assert names(decoded) == []
    assert decoder.counts.rejects.counts == {RejectCause.INCOMPLETE_MULTIPART: 2}


def test_a_lost_first_half_does_not_weld_two_messages_together() -> None:
    old, new, newer = parts(1), parts(2), parts(3)
    decoded, decoder = run(timed([old[1], *new, *newer], 0, 5, 5, 10, 10))
    assert names(decoded) == [name(2), name(3)]
    assert decoder.counts.rejects.counts == {RejectCause.INCOMPLETE_MULTIPART: 1}


def test_a_lost_second_half_gives_way_to_the_next_message() -> None:
    old, new = parts(1), parts(2)
    decoded, decoder = run(timed([old[0], *new], 0, 5, 5))
    assert names(decoded) == [name(2)]
    assert decoder.counts.rejects.counts == {RejectCause.INCOMPLETE_MULTIPART: 1}


def test_a_repeated_fragment_changes_nothing_but_the_ledger() -> None:
    a = timed(parts(1, characters=24))
    decoded, decoder = run([a[0], a[0], a[1], a[1], a[2]])
    assert names(decoded) == [name(1)]
    assert decoder.counts.rejects.counts == {RejectCause.INCOMPLETE_MULTIPART: 2}


@pytest.mark.parametrize("open_messages", [MAX_OPEN, MAX_OPEN + 1, 2 * MAX_OPEN])
def test_no_more_messages_are_open_than_the_bound(open_messages: int) -> None:
    decoder = AisDecoder(0)
    a = parts(1)
    group = "\n".join(tag(f"g:1-2-{n},c:{T_S}") + a[0] for n in range(open_messages)) + "\n"
    decoder.decode(group.encode())
    assert decoder.counts.rejects.total == open_messages - MAX_OPEN if open_messages > MAX_OPEN else True
    rest = "\n".join(tag(f"g:2-2-{n}") + a[1] for n in reversed(range(open_messages))) + "\n"
    decoded = decoder.decode(rest.encode())
    assert len(decoded.statics) >= MAX_OPEN - (open_messages - MAX_OPEN) - 1
    if open_messages == MAX_OPEN:
        assert len(decoded.statics) == MAX_OPEN
    decoder.flush()
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total == 2 * open_messages


def test_slots_are_used_again() -> None:
    decoder = AisDecoder(0)
    lines = "\n".join(line for s in range(10) for line in timed(parts(s, sequence=s)))
    for _ in range(1000):
        decoder.decode((lines + "\n").encode())
    assert decoder.counts.messages["ais 5"] == 10_000
    assert decoder._state["fresh_slot"][0] <= 2  # slots ever touched
    decoder.flush()
    assert decoder.counts.rejects.total == 0
