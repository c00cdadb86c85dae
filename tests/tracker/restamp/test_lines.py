"""Every place where a line says a time is moved, as the decoders themselves read it; all else stays byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tracker.decode.recognise import InputKind, make_decoder
from tracker.restamp.lines import move_json, move_nmea, move_sbs1
from tracker.restamp.stamps import iso_us, moved_iso, moved_number, number_us
from tracker.restamp.units import Recording
from tracker.units import US_PER_DAY, US_PER_S

SHIFT_US = 3_653 * US_PER_DAY + 12_345 * US_PER_S
SENTENCE = b"!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E"
NMEA = {
    "seconds": b"1452468552 " + SENTENCE,
    "fractions": b"1452468552.938, " + SENTENCE,
    "milliseconds": b"1452468552938;" + SENTENCE,
    "iso with zone": b"2016-03-31T23:59:59.250Z " + SENTENCE,
    "iso with offset": b"2016-03-31T02:00:01+02:00 " + SENTENCE,
    "iso": b"2016-12-31 23:59:59, " + SENTENCE,
    "tag block": b"\\s:STATION,c:1668046497,g:1-1-7218*1A\\" + SENTENCE,
    "tag block ms": b"\\c:1668046497123*68\\" + SENTENCE,
    "coast guard": SENTENCE + b",d-109,S2105,t050056.00,T56.13,r003669946,1325394060,1325394001",
    "base station": b"!AIVDM,1,1,,A,403OviQuMGCqWrRO9>E6fE700@GO,0*4D",
}


def times(line: bytes, kind: InputKind = InputKind.NMEA) -> list[int]:
    decoder = make_decoder(kind, 0)
    batches = [decoder.decode(line + b"\n").positions, decoder.flush().positions]
    return [int(instant) for batch in batches for instant in batch.time_us]


@pytest.mark.parametrize("form", NMEA)
def test_the_decoder_reads_the_moved_time_and_the_checksums_are_right(form: str) -> None:
    line = NMEA[form]
    moved, told = move_nmea(line, SHIFT_US)
    before, after = times(line), times(moved)
    assert len(before) == len(after) == 1
    assert after[0] - before[0] == SHIFT_US
    assert told in (before[0], None)
    assert len(moved) == len(line)
    assert move_nmea(moved, -SHIFT_US)[0] == line


def test_an_hour_of_pghp_is_moved_with_what_follows_it() -> None:
    line = b"$PGHP,1,2008,5,9,0,0,0,10,338,2,,1,09*17\n" + SENTENCE
    first, second = line.split(b"\n")
    moved, told = move_nmea(first, SHIFT_US)
    assert times(moved + b"\n" + second)[0] - times(line)[0] == SHIFT_US
    assert told == times(line)[0]


def test_what_says_no_time_is_left_alone() -> None:
    for line in (SENTENCE, b"# a comment of 1452468552 seconds", b"\\s:a,c:none*00\\" + SENTENCE, b"", b"\xff\xfe\x00"):
        assert move_nmea(line, SHIFT_US) == (line, None)


def test_both_dates_of_sbs1_are_moved() -> None:
    line = b"MSG,3,1,1,4B1812,1,2016/02/28,23:59:59.500,2016/02/28,23:59:59.750,,35000,,,47.1,8.2,,,0,0,0,0"
    moved, told = move_sbs1(line, 86_400 * US_PER_S)
    assert b"2016/02/29,23:59:59.500,2016/02/29,23:59:59.750" in moved
    assert told == iso_us("2016-02-28 23:59:59.5")
    assert times(moved, InputKind.SBS1)[0] - times(line, InputKind.SBS1)[0] == 86_400 * US_PER_S
    assert move_sbs1(b"MSG,3,1,1,4B1812,1,,,,,,,,,", 5)[1] is None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"now":1668046497.5,"aircraft":[{"hex":"4b1812","lat":47.1,"lon":8.2,"seen_pos":2.0,"seen":1.0}]}', InputKind.READSB_JSON),
        (b'{"mmsi":219000001,"timestamp":"2016-03-31T23:59:59Z","lat":54.1,"lon":8.2}', InputKind.TRACK_JSON),
        (b'{"mmsi":219000001,"timestamp": 1459468799000,"lat":54.1,"lon":8.2}', InputKind.TRACK_JSON),
    ],
)  # fmt: skip
def test_members_that_name_an_instant_are_moved(line: bytes, kind: InputKind) -> None:
    moved, told = move_json(line, SHIFT_US)
    assert told is not None
    assert times(moved, kind)[0] - times(line, kind)[0] == SHIFT_US
    assert move_json(moved, -SHIFT_US)[0] == line


def test_numbers_and_times_keep_their_form() -> None:
    for text in ("1452468552", "1452468552.9", "1452468552938", "1452468552938123", "1452468552938123456"):
        moved = moved_number(text, SHIFT_US)
        assert (len(moved), number_us(moved) - number_us(text)) == (len(text), SHIFT_US)
    for text in ("2016-03-31 00:00:01", "2016-03-31T00:00:01.250Z", "2016-03-31T02:00:01+0200"):
        moved = moved_iso(text, SHIFT_US)
        assert (len(moved), iso_us(moved) - iso_us(text)) == (len(text), SHIFT_US)


def test_beast_frames_are_cut_where_they_end_whatever_the_block(tmp_path: Path) -> None:
    from tests.streams.test_framing import beast_frames

    frames = beast_frames(3, 400)
    path = tmp_path / "air.beast"
    path.write_bytes(b"".join(frames))
    units = list(Recording(path).units(SHIFT_US))
    assert b"".join(unit.data for unit in units) == path.read_bytes()
    assert [unit.data for unit in units] == frames
    paced = [unit.time_us for unit in units if unit.time_us is not None]
    assert np.all(np.diff(paced) >= 0)


def test_frames_of_a_gps_clock_are_played_at_its_pace_over_midnight(tmp_path: Path) -> None:
    from tests.naive import adsb_encode as enc

    path = tmp_path / "radarcape.beast"
    times_us = [86_300_000_000 + 700_000 * number for number in range(400)]
    stamps = [(time_us // 1_000_000 % 86_400) << 30 | time_us % 1_000_000 * 1_000 for time_us in times_us]
    path.write_bytes(b"".join(enc.beast(enc.all_call(0x4CA216), stamp) for stamp in stamps))
    units = [unit.time_us for unit in Recording(path).units()]
    assert units == [time_us - times_us[0] for time_us in times_us]
