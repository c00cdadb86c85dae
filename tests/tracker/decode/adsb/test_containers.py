"""Beast, AVR and SBS-1: cutting, escapes, garbage, ledger, clocks; the same rows wherever the stream is cut."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.naive import adsb_encode as enc
from tracker.decode.adsb import AvrDecoder, BeastDecoder, Sbs1Decoder
from tracker.decode.adsb.clock import ReceiverClock
from tracker.decode.base import Decoded, Decoder
from tracker.decode.input_times import InputTimes
from tracker.decode.rejects import RejectCause
from tracker.identity import icao24_craft, other24_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

START_US = 1_717_664_319_000_000
A = 0x4CA21A  # an address with an escape byte in it
S = 12_000_000  # ticks


def run(decoder: Decoder, blocks: Iterable[bytes]) -> tuple[PositionBatch, StaticBatch]:
    parts: list[Decoded] = [decoder.decode(block) for block in blocks]
    parts.append(decoder.flush())
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    assert counts.units_decoded == sum(counts.messages.values())
    return PositionBatch.concat([d.positions for d in parts]), StaticBatch.concat([d.statics for d in parts])


def flight_messages(seconds: int = 4) -> list[tuple[int, bytes]]:
    steps = [(t, f) for t, f, _ in enc.flight(A, 43.6, 1.4, seconds)]
    return [*steps, (seconds * 1_000_000, enc.squitter(A, enc.identification("EIN5GV")))]


def beast_stream() -> bytes:
    out = bytearray(b"rubbish\x1a\x1ax" + bytes([0x1A, 0x31]) + bytes(9))
    for t, frame in flight_messages():
        out += enc.beast(frame, S + 12 * t)
    out += enc.receiver_id(0x1A00_0000_0000_001A) + enc.beast(enc.all_call(A), 6 * S)
    out += enc.beast(b"\x77\x00", 6 * S) + b"\x1a4" + bytes(21) + b"\x1a5" + bytes(21) + b"\x1aP\x01\x02\x03\x1aW1"
    out += b"\x1aH\x01\x02\x1a\x1a\x03" + b"\x1a\xe4" + b"00000000-1111-2222-3333-444444444444"
    out += enc.beast(enc.all_call(A), 7 * S)[:9] + enc.beast(enc.all_call(A), 7 * S) + b"\x1a\x99\x98"
    return bytes(out) + enc.beast(enc.all_call(A), 7 * S)[:5]


def avr_stream() -> bytes:
    lines = [f"@{S + 12 * t:012x}{f.hex()};" for t, f in flight_messages()]
    lines += [f"*{enc.all_call(A).hex()};(123,45,6789)", f"<{6 * S:012X}3F{enc.all_call(A).hex().upper()};"]
    lines += [f"%{6 * S:012x}{enc.all_call(A).hex()};:{enc.all_call(A).hex()};", "*7700;", "", "hello", "*12zz;"]
    lines += ["*8d4ca2", f"*{'8d' * 9};", "*" + "0" * 500 + ";", f"*{enc.all_call(A).hex()};"]
    return "\r\n".join(lines).encode() + b"\r\n*8d4c"


def sbs_line(kind: int, address: str = "4CA216", second: str = "39.147", **fields: str) -> str:
    row = [""] * 22
    row[0:10] = [
        "MSG",
        str(kind),
        "1",
        "1",
        address,
        "1",
        "2024/06/06",
        f"08:58:{second}",
        "2024/06/06",
        "08:58:59.000",
    ]
    places = {"name": 10, "alt": 11, "gs": 12, "trk": 13, "lat": 14, "lon": 15, "vr": 16, "sqk": 17, "gnd": 21}
    for name, value in fields.items():
        row[places[name]] = value
    return ",".join(row)


def sbs_stream() -> bytes:
    lines = [
        sbs_line(4, gs="450", trk="270.5", vr="-64"),
        sbs_line(3, alt="35000H", lat="43.5", lon="1.25", gnd="0", second="40"),
        sbs_line(2, "~4CA217", lat="-43.5", lon="-1.25", gs="10", gnd="-1"),
        sbs_line(1, name="EIN5GV  "),
        sbs_line(6, sqk="0077"),
        "",
        "STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM",
        "rubbish",
        sbs_line(3, "4CA2", lat="1", lon="1"),
        sbs_line(3, lat="91", lon="1"),
        sbs_line(3, lat="4x", lon="1"),
        sbs_line(3, lat="45", lon="1", second="zz").replace("08:58:59.000", ""),
        sbs_line(3) + ",",
        "MSG," + "9" * 900,
        sbs_line(3, lat="0.0", lon="1.25", second="41"),
    ]
    return "\r\n".join(lines).encode()


CASES: list[tuple[Callable[[], Any], Callable[[], bytes]]] = [
    (lambda: BeastDecoder(3, times=InputTimes(undated_us=START_US)), beast_stream),
    (lambda: AvrDecoder(3, times=InputTimes(undated_us=START_US)), avr_stream),
    (lambda: Sbs1Decoder(3), sbs_stream),
]
IDS = ["beast", "avr", "sbs1"]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "stream"), CASES, ids=IDS)
def test_the_cut_into_blocks_shows_nowhere(make: Callable[[], Any], stream: Callable[[], bytes]) -> None:
    data = stream()
    whole = make()
    expected = run(whole, [data])
    cuts = [[data[:i], data[i:]] for i in range(len(data))]
    for blocks in [*cuts, [data[i : i + 1] for i in range(len(data))]]:
        decoder = make()
        got = run(decoder, blocks)
        for mine, theirs in zip(got, expected, strict=True):
            assert all(getattr(mine, c.name).tobytes() == getattr(theirs, c.name).tobytes() for c in mine.COLUMNS)
        assert decoder.counts.messages == whole.counts.messages
        assert decoder.counts.rejects.counts == whole.counts.rejects.counts
        assert {(s.cause, s.at) for s in decoder.counts.rejects.samples} == {
            (s.cause, s.at) for s in whole.counts.rejects.samples
        }


@pytest.mark.slow
@pytest.mark.parametrize(("make", "stream"), CASES, ids=IDS)
def test_mutated_streams_crash_nothing_and_the_ledger_balances(
    make: Callable[[], Any], stream: Callable[[], bytes]
) -> None:
    rng = random.Random(20_240_606)
    clean = stream()
    for _ in range(400):
        data = bytearray(clean)
        for _ in range(rng.randrange(1, 12)):
            at = rng.randrange(len(data))
            kind = rng.randrange(4)
            if kind == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                del data[at : at + rng.randrange(1, 20)]
            elif kind == 2:
                other = rng.randrange(len(clean))
                data[at:at] = clean[other : other + rng.randrange(60)]
            else:
                data[at:at] = bytes([rng.choice((0x1A, 0x0A, 0x2C, 0x3B, 0x2A))]) * rng.randrange(1, 4)
        decoder = make()
        step = rng.randrange(1, 200)
        positions, _ = run(decoder, [bytes(data[i : i + step]) for i in range(0, len(data), step)])
        seen = positions.lat_deg[positions.has_position]
        assert (np.abs(seen) <= 90.0).all()


@pytest.mark.parametrize(("make", "stream"), CASES, ids=IDS)
def test_input_without_an_end_is_not_kept(make: Callable[[], Any], stream: Callable[[], bytes]) -> None:
    decoder = make()
    for _ in range(50):
        decoder.decode(b"@" + b"0" * 999)
        assert len(decoder._tail) <= 1_000
    decoder.flush()
    assert decoder.counts.rejects.total >= 1


def test_every_beast_unit_is_counted_under_its_name() -> None:
    decoder = BeastDecoder(3, times=InputTimes(undated_us=START_US))
    positions, statics = run(decoder, [beast_stream()])
    assert decoder.counts.messages == {
        "mode s 17": 13,
        "mode s 11": 2,
        "beast heartbeat": 1,
        "mode a/c": 1,
        "beast status": 1,
        "beast position": 1,
        "beast ping": 1,
        "beast command": 1,
        "beast hulc": 1,
        "beast uuid": 1,
        "beast receiver id": 1,
    }
    assert decoder.counts.rejects.counts == {RejectCause.TRUNCATED: 4}
    assert set(positions.craft.tolist()) == {icao24_craft(A)}
    assert positions.station.tolist() == [b""] * 15 + [b"1a0000000000001a"] * 2
    assert positions.time_us[0] == START_US
    assert positions.time_us[2] == START_US + 600_000
    assert statics.call_sign.tolist() == [b"EIN5GV"]


def test_avr_units_are_counted_and_timed() -> None:
    decoder = AvrDecoder(3, times=InputTimes(undated_us=START_US))
    positions, _ = run(decoder, [avr_stream()])
    assert decoder.counts.messages == {"mode s 17": 13, "mode s 11": 5, "mode a/c": 1}
    assert decoder.counts.rejects.counts == {
        RejectCause.UNKNOWN_SENTENCE: 2,
        RejectCause.TRUNCATED: 2,
        RejectCause.TOO_SHORT: 1,
        RejectCause.TOO_LONG: 1,
    }
    assert positions.time_us[0] == START_US
    assert positions.time_us[15] == START_US + 4_000_000, "no stamp: the time of the last timed line"
    assert positions.time_us[16] == START_US + 5_000_000


def test_avr_without_any_stamp_keeps_its_order() -> None:
    data = f"*{enc.all_call(A).hex()};\n".encode() * 3
    positions, _ = run(AvrDecoder(0, times=InputTimes(undated_us=START_US)), [data])
    assert (positions.time_us - START_US).tolist() == [1_000, 2_000, 3_000]
    undated = AvrDecoder(0)
    assert len(undated.decode(data).positions) == 0, "nobody said when it began"
    assert undated.counts.rejects.counts == {RejectCause.NO_TIME: 3}
    assert undated.counts.units_in == undated.counts.rejects.total
    live = AvrDecoder(0).decode(data, received_us=START_US).positions
    assert (live.time_us == START_US).all()
    assert (live.received_us == START_US).all()


def test_sbs_rows_hold_what_the_lines_say() -> None:
    decoder = Sbs1Decoder(3)
    p, s = run(decoder, [sbs_stream()])
    assert decoder.counts.messages == {"sbs msg": 6, "sbs other": 1}
    assert decoder.counts.rejects.counts == {
        RejectCause.UNKNOWN_SENTENCE: 1,
        RejectCause.BAD_IDENTITY: 1,
        RejectCause.IMPOSSIBLE_VALUE: 1,
        RejectCause.BAD_ROW: 2,
        RejectCause.BAD_TIME: 1,
        RejectCause.TOO_LONG: 1,
    }
    assert p.message_type.tolist() == [103, 101, 102, 104, 104, 104]
    assert p.time_us[0] == 1_717_664_319_147_000
    assert (p.lat_deg[1], p.lon_deg[1], p.speed_kn[1], p.course_deg[1], p.altitude_ft[1]) == (
        43.5, 1.25, 450.0, 270.5, 35_000.0,
    )  # fmt: skip
    assert p.craft[2] == other24_craft(0x4CA217)
    assert p.on_ground.tolist()[:4] == [-1, 0, 1, -1]
    assert s.call_sign.tolist() == [b"EIN5GV", b""]
    assert s.squawk.tolist() == [b"", b"0077"]


def test_sbs_rows_of_multilateration_are_told_from_the_aircrafts_own() -> None:
    own, theirs = sbs_line(3, lat="43.5", lon="1.25"), sbs_line(3, "4CA217", lat="43.6", lon="1.5")
    decoder = Sbs1Decoder(3)
    p, _ = run(decoder, [f"{own}\r\n{theirs.replace('MSG', 'MLAT')}\r\n".encode()])
    assert decoder.counts.units_decoded == len(p) == 2
    assert p.rebroadcast.tolist() == [255, 3]
    assert p.has_position.all()


@pytest.mark.parametrize(
    ("date", "clock", "said", "instant"),
    [
        ("2024/06/06", "08:58:39.147", InputTimes(), "2024-06-06T08:58:39.147"),
        ("2024-06-06", "08:58:39", InputTimes(), "2024-06-06T08:58:39"),
        ("2024/06/06", "08:58:39.147", InputTimes(zone="Europe/Paris"), "2024-06-06T06:58:39.147"),
        ("2024/01/06", "08:58:39.147", InputTimes(zone="Europe/Paris"), "2024-01-06T07:58:39.147"),
        ("2024/10/27", "02:30:00", InputTimes(zone="Europe/Paris"), RejectCause.AMBIGUOUS_DATE),
        ("2024/03/31", "02:30:00", InputTimes(zone="Europe/Paris"), RejectCause.BAD_TIME),
        ("16/06/2024", "8:58:39 PM", InputTimes(), "2024-06-16T20:58:39"),
        ("06/07/2024", "08:58:39", InputTimes(), RejectCause.AMBIGUOUS_DATE),
        ("06/07/2024", "08:58:39", InputTimes(date_order="mdy"), "2024-06-07T08:58:39"),
        ("06.07.2024", "08:58:39", InputTimes(), "2024-07-06T08:58:39"),
        ("2024/06/06", "08:58:39Z", InputTimes(zone="Europe/Paris"), "2024-06-06T08:58:39"),
        ("2024/02/30", "08:58:39", InputTimes(), RejectCause.BAD_TIME),
        ("", "", InputTimes(), RejectCause.NO_TIME),
        ("", "", InputTimes(undated_us=START_US), ""),
        ("soon", "", InputTimes(), RejectCause.BAD_TIME),
    ],
)
def test_sbs_times_as_senders_write_them(date: str, clock: str, said: InputTimes, instant: str) -> None:
    row = sbs_line(3, lat="43.5", lon="1.25").split(",")
    row[6:10] = date, clock, date, clock
    decoder = Sbs1Decoder(3, times=said)
    p, _ = run(decoder, [",".join(row).encode() + b"\n"])
    if isinstance(instant, RejectCause):
        assert decoder.counts.rejects.counts == {instant: 1}
    elif date:
        assert [np.datetime64(int(t), "us") for t in p.time_us] == [np.datetime64(instant, "us")]
    else:
        assert p.time_us.tolist() == [START_US]


def test_sbs_lines_received_live_get_the_time_of_receipt() -> None:
    decoder = Sbs1Decoder(3)
    p = decoder.decode(sbs_line(4, gs="450").encode() + b"\n", received_us=START_US + 7).positions
    assert p.time_us.tolist() == p.received_us.tolist() == [START_US + 7]


def times(
    clock: ReceiverClock, ticks: list[int], stations: list[int] | None = None, live: int | None = None
) -> list[int]:
    stamps = np.array(ticks, np.int64)
    where = np.array(stations or [0] * len(ticks), np.int64)
    return [int(t) - START_US for t in clock.times(stamps, where, live)]


def counter() -> ReceiverClock:
    return ReceiverClock(START_US, "12mhz")


def test_the_counter_wraps_after_271_days() -> None:
    top = 1 << 48
    assert times(counter(), [top - 12 * S, top - 11 * S, 1, S + 1])[1::2] == [1_000_000, 13_000_000]


def test_a_silence_of_hours_is_believed_and_a_restart_is_not() -> None:
    assert times(counter(), [S, 2 * S, 7_202 * S, 7_203 * S]) == [0, 1_000_000, 1_000_000, 7_202_000_000]
    assert times(counter(), [9_000 * S, 9_001 * S, 5 * S, 6 * S]) == [0, 1_000_000, 1_000_000, 2_000_000]


def test_one_damaged_stamp_does_not_move_the_time_of_the_others() -> None:
    assert times(counter(), [S, 2 * S, 9_000 * S, 3 * S, 4 * S])[2:] == [1_000_000, 2_000_000, 3_000_000]
    assert times(counter(), [9_000 * S, 9_001 * S, 5 * S, 9_002 * S])[2:] == [1_000_000, 2_000_000]


def test_marks_are_no_times() -> None:
    assert times(counter(), [0, 900 * S, 0xFF00_4D4C_4154, 901 * S]) == [1_000, 1_000, 1_000, 1_001_000]


def test_a_counter_that_begins_at_zero_is_believed() -> None:
    assert times(counter(), [0, 3 * S, 4 * S]) == [1_000, 3_000_000, 4_000_000]


def test_each_station_has_its_own_counter() -> None:
    assert times(counter(), [S, 900_000 * S, 2 * S, 900_001 * S], [1, 2, 1, 2]) == [0, 0, 1_000_000, 1_000_000]
    many = times(counter(), [i * 1_000_000 * S + S for i in range(600)] * 2, list(range(600)) * 2)
    assert max(many) == 0


def test_live_frames_are_timed_back_from_the_moment_of_receipt() -> None:
    assert times(counter(), [S, 2 * S, 0, 3 * S], live=START_US) == [-2_000_000, -1_000_000, 0, 0]


def test_a_gps_clock_tells_the_time_of_day() -> None:
    midnight = START_US // 86_400_000_000 * 86_400_000_000

    def stamp(second: int, nanosecond: int = 0) -> int:
        return second << 30 | nanosecond

    clock = ReceiverClock(midnight + 86_399_000_000, "gps")
    got = clock.times(
        np.array([stamp(86_399, 500_000_000), stamp(0, 1_000), stamp(90_000)], np.int64), np.zeros(3, np.int64), None
    )
    assert (got - midnight).tolist() == [86_399_500_000, 86_400_000_001, 86_400_000_001]
    live = clock.times(np.array([stamp(50), stamp(40_000)], np.int64), np.zeros(2, np.int64), midnight + 60_000_000)
    assert (live - midnight).tolist() == [50_000_000, 60_000_000]


def test_a_recorded_stream_decodes_without_loss(real_data: Path) -> None:
    import rs1090

    raw = gzip.decompress((real_data / "adsb" / "toulouse_paris.beast.gz").read_bytes())
    decoder = BeastDecoder(0, times=InputTimes(undated_us=START_US))
    positions, _ = run(decoder, [raw[i : i + 100_003] for i in range(0, len(raw), 100_003)])
    assert decoder.counts.units_in == 129_732
    assert decoder.counts.messages["mode s 17"] == 46_473
    assert decoder.counts.rejects.counts.keys() <= {RejectCause.UNKNOWN_ADDRESS, RejectCause.IMPOSSIBLE_VALUE}
    assert decoder.counts.rejects.total < 50
    assert positions.has_position.sum() > 19_000
    with gzip.open(real_data / "adsb" / "toulouse_paris_60k.avr.gz", "rt") as lines:
        frames = [line.strip(" *;\n") for line in lines]
    avr = AvrDecoder(0, times=InputTimes(undated_us=START_US))
    run(avr, ["".join(f"*{f};\n" for f in frames).encode()])
    theirs = sum(rs1090.decode(f) is not None for f in frames)
    unproved = (
        avr.counts.rejects.counts[RejectCause.UNKNOWN_ADDRESS] + avr.counts.rejects.counts[RejectCause.IMPOSSIBLE_VALUE]
    )
    assert avr.counts.units_decoded + unproved == theirs


def test_two_counters_in_one_live_stream_shift_nobody_beyond_the_time_of_receipt() -> None:
    """Clients of one address without receiver ids: what is near the counter in force keeps its distance, the rest has the time of receipt."""
    received_us = START_US + 7_000_000
    first, second = 5 * S, 900_000 * S
    stamps = np.array([first, second, first + S // 10, second + S // 10], np.int64)
    mixed = ReceiverClock(None, "12mhz").times(stamps, np.zeros(4, np.int64), received_us)
    assert mixed.tolist() == [received_us - 100_000, received_us, received_us, received_us]
    apart = ReceiverClock(None, "12mhz").times(stamps, np.array([0, 1, 0, 1], np.int64), received_us)
    assert apart.tolist() == [received_us - 100_000, received_us - 100_000, received_us, received_us]
