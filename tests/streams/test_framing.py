"""Units stay whole however the bytes are cut, and nothing is lost on the way."""

from __future__ import annotations

import random

import pytest

from streams.framing import MAX_LINE_BYTES, BeastFramer, LineFramer, closed_datagram, make_framer

BODIES = {0x31: 9, 0x32: 14, 0x33: 21, 0x34: 21, 0x35: 21, 0x50: 3, 0x57: 1, 0xE3: 8}


def beast_frame(kind: int, body: bytes) -> bytes:
    return bytes([0x1A, kind]) + body.replace(b"\x1a", b"\x1a\x1a")


def beast_frames(seed: int, count: int, *, escape_share: float = 0.3) -> list[bytes]:
    """Frames whose bodies are full of 0x1A and of bytes that look like types."""
    chance = random.Random(seed)
    frames = []
    for _ in range(count):
        kind = chance.choice(list(BODIES))
        body = bytes(
            0x1A if chance.random() < escape_share else chance.choice((0x31, 0x33, 0x00, 0xE3, chance.randrange(256)))
            for _ in range(BODIES[kind])
        )
        frames.append(beast_frame(kind, body))
    return frames


@pytest.mark.parametrize("seed", range(20))
def test_lines_stay_whole_for_every_cut(seed: int) -> None:
    chance = random.Random(seed)
    text = b"".join(b"x" * chance.randrange(200) + b"\n" for _ in range(300)) + b"half"
    framer, given, place = LineFramer(), b"", 0
    while place < len(text):
        size = chance.randrange(1, 500)
        piece = framer.feed(text[place : place + size])
        place += size
        assert piece == b"" or piece.endswith(b"\n")
        given += piece
    assert given + framer.rest() == text + b"\n"
    assert framer.rest() == b""


def test_a_line_without_an_end_is_passed_on_in_pieces_that_have_one() -> None:
    framer = LineFramer()
    long = bytes(random.Random(1).choices(range(32, 127), k=20_000))
    given = b"".join(framer.feed(long[k : k + 999]) for k in range(0, len(long), 999)) + framer.feed(b"\nnext\n")
    assert given.replace(b"\n", b"") == long + b"next"
    assert given.endswith(b"\nnext\n")
    assert max(map(len, given.split(b"\n"))) == MAX_LINE_BYTES
    assert framer.rest() == b""


@pytest.mark.parametrize("seed", range(60))
def test_beast_frames_stay_whole_for_every_cut(seed: int) -> None:
    chance = random.Random(seed)
    frames = beast_frames(seed, 60)
    ends, end = {0}, 0
    for frame in frames:
        end += len(frame)
        if frame[1] != 0xE3:  # a receiver's id is one unit with the frame it names
            ends.add(end)
    stream = b"".join(frames)
    framer, given, place = BeastFramer(), 0, 0
    while place < len(stream):
        size = chance.randrange(1, 40)
        piece = framer.feed(stream[place : place + size])
        place = min(place + size, len(stream))
        assert piece == stream[given : given + len(piece)]
        given += len(piece)
        assert given in ends
        assert given == max(end for end in ends if end <= place), "given as soon as it is whole"
    assert given + len(framer.rest()) == len(stream)


def test_a_whole_beast_frame_is_not_held_for_the_next() -> None:
    frame = beast_frame(0x33, bytes(range(21)))
    assert BeastFramer().feed(frame) == frame


def test_beast_frames_of_no_known_length_wait_for_the_next() -> None:
    framer = BeastFramer()
    assert framer.feed(b"\x1aHstatus") == b""
    assert framer.feed(b"\x1aP123") == b"\x1aHstatus\x1aP123"


def test_garbage_among_beast_frames_is_passed_on() -> None:
    framer = BeastFramer()
    garbage = bytes(random.Random(4).choices([b for b in range(256) if b != 0x1A], k=30_000))
    assert framer.feed(garbage) == garbage
    endless = b"\x1aH" + garbage
    assert b"".join(framer.feed(endless[k : k + 1000]) for k in range(0, len(endless), 1000)) + framer.rest() == endless


def test_an_escape_left_at_the_end_cannot_double_what_follows() -> None:
    framer = BeastFramer()
    assert framer.feed(b"\x1a3\x01\x02\x1a") == b""
    assert framer.rest() == b"\x1a3\x01\x02\x1a\x00"
    assert framer.feed(b"\x1a3\x01\x1a\x1a") == b""
    assert framer.rest() == b"\x1a3\x01\x1a\x1a"


def test_text_datagrams_get_the_end_they_lack() -> None:
    assert closed_datagram(b"!AIVDM") == b"!AIVDM\n"
    assert closed_datagram(b"!AIVDM\r\n") == b"!AIVDM\r\n"
    assert closed_datagram(b"\x1a3abc") == b"\x1a3abc"


def test_an_unknown_framing_is_refused() -> None:
    with pytest.raises(ValueError, match="none of 'auto', 'lines' and 'beast'"):
        make_framer("words")


@pytest.mark.parametrize("seed", range(6))
def test_a_stream_is_cut_by_what_it_begins_with(seed: int) -> None:
    chance = random.Random(seed)
    frames = b"".join(beast_frames(seed, 60))
    text = b"".join(b"!AIVDM,1,1,,A,line %d\r\n" % number for number in range(60))
    middle = frames[chance.randrange(1, 14) :]
    for whole, expected in ((frames, BeastFramer()), (middle, BeastFramer()), (text, LineFramer())):
        framer, given, due, place = make_framer("auto"), b"", b"", 0
        while place < len(whole):
            size = chance.choice([1, 3, 40])
            given += framer.feed(whole[place : place + size])
            due += expected.feed(whole[place : place + size])
            place += size
        assert given + framer.rest() == due + expected.rest()


def test_rubbish_without_an_end_is_not_held_for_ever() -> None:
    framer = make_framer("auto")
    held = 0
    for _ in range(100):
        held += 1000 - len(framer.feed(b"\x07" * 1000).replace(b"\n", b""))
        assert held <= MAX_LINE_BYTES + 1000
    assert make_framer("auto").rest() == b""
    short = make_framer("auto")
    assert short.feed(b"no end") == b""
    assert short.rest() == b"no end\n"
