"""What every streaming decoder must do: be put away at any byte and taken up by another one as if nothing had happened.

Adding a format means adding a line to ``INPUTS``.
"""

from __future__ import annotations

import functools
import json
import random
from typing import Any, NamedTuple

import numpy as np
import pytest

from streams.errors import SnapshotError
from tests.fuzz import seeds
from tracker.decode.ais import AisDecoder, NmeaJsonDecoder
from tracker.decode.base import Decoded, Decoder
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind, make_decoder
from tracker.schema import ColumnBatch


def fragments() -> bytes:
    """Messages of several sentences, each with one missing or late, between single ones."""
    rng = random.Random(11)
    lines = [line for _ in range(9) for line in seeds.ais_unit(rng).splitlines(keepends=True)]
    for _ in range(4):
        lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
    return b"".join(lines) + b"x" * 1_100 + b"\n" + seeds.ais_unit(rng)[:-9]


def several_receivers() -> bytes:
    """A flight heard by two receivers with clocks of their own."""
    parts = []
    for n, (ticks, frame) in enumerate(seeds.flight()[:14]):
        parts.append(seeds.adsb_encode.receiver_id(0xABC + n % 2))
        parts.append(seeds.adsb_encode.beast(frame, ticks + n % 2 * 10**12))
    return b"rubbish\x1a\x1ax" + b"".join(parts) + b"\x1aH12\x1a\x1a" + parts[-1][:9]


def short_lines() -> bytes:
    """Nine lines of JSON, as few bytes as will do: more than the reader waits for."""
    rng = random.Random(13)
    rows = [f'{{"hex":"4ca21{n}","now":{seeds.START_S},"lat":5{n},"lon":1,"flight":"EIN"}}' for n in range(3)]
    frames = [f'{{"timestamp":{seeds.START_S},"frame":"{seeds.frame(rng).hex()}"}}' for _ in range(3)]
    return "\n".join([*rows, "", *frames, "{no", rows[0], '[{"hex":"\u00e9']).encode()


def documents() -> bytes:
    """Snapshots and traces, indented, with something broken between their elements and members behind them."""
    rng = random.Random(12)
    row = {
        "hex": "4ca21a",
        "lat": 51.5,
        "lon": -0.1,
        "seen": 9,
        "seen_pos": 20.5,
        "alt_baro": 35000,
        "flight": "EIN5GV",
    }
    rows = [row | {"hex": f"{rng.randrange(1, 1 << 24):06x}", "seen": n % 70} for n in range(900)]
    snapshot = json.dumps({"now": seeds.START_S, "aircraft": rows, "messages": 3}, indent=1)
    broken = snapshot.replace('"seen": 33,', '"seen": ,', 2)
    trace = {
        "icao": "4ca21a",
        "timestamp": seeds.START_S,
        "trace": [[n, 51.0, 0.5, 35000, 450.5, 90, 0, 64] for n in range(60)],
    }
    return (broken + "\nhello\n" + json.dumps(trace, indent=2) + broken[:-2_000]).encode()


def envelopes() -> bytes:
    """Sentences inside JSON: one or several in a record, records in records, lines that are none."""
    halves = seeds.ais_bits.sentences(seeds.ais_bits.random_bits(5, random.Random(7)), 3, "A", 40)
    one = seeds.ais_bits.sentences(seeds.ais_bits.random_bits(1, random.Random(8)))[0]
    records: list[dict[str, Any]] = [
        {"rxuxtime": seeds.START_S + 0.25, "nmea": halves},
        {"rxtime": "20260301120000", "nmea": one, "text": "of a café"},
        {
            "time": seeds.START_S,
            "msgs": [{"nmea": [one]}, {"nmea": halves[:1]}, {"time": seeds.START_S, "nmea": halves[1:]}],
        },
        {"class": "VERSION"},
        {"timestamp": "2026-03-01T12:00:00Z", "sentence": one},
        {"nmea": [one]},
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records] * 2
    lines[4:4] = ["{" + lines[0], "", "$GPRMC,120000,V,,,,,,,,,,N*00", one]
    return "\n".join(lines).encode()


def open_line() -> bytes:
    """Lines that are far too long, and the last one without an end."""
    return b"mmsi,timestamp,lat,lon\n" + b"9" * 70_000 + b"\n219001234,1700000000,55,12\n" + b"8" * 70_000


class Case(NamedTuple):
    """An input and the cuts to try: all of them, or so many at random."""

    kind: InputKind
    data: bytes
    cuts: int = 0

    def places(self) -> list[int]:
        """Where to cut."""
        if not self.cuts:
            return list(range(len(self.data) + 1))
        return sorted(random.Random(1).sample(range(len(self.data)), self.cuts))


INPUTS = {
    "ais": Case(InputKind.NMEA, fragments()),
    "nmea json": Case(InputKind.NMEA_JSON, envelopes(), 150),
    "ais, many lines": Case(InputKind.NMEA, seeds.ais(), 100),
    "beast": Case(InputKind.BEAST, several_receivers()),
    "avr": Case(InputKind.AVR, seeds.avr()),
    "sbs-1": Case(InputKind.SBS1, seeds.sbs1()),
    "json lines": Case(InputKind.READSB_JSON, short_lines()),
    "json, every shape": Case(InputKind.READSB_JSON, seeds.json_lines(), 100),
    "json documents": Case(InputKind.READSB_JSON, documents(), 60),
    "positions csv": Case(InputKind.POSITIONS_CSV, seeds.csv()[:480]),
    "overlong rows": Case(InputKind.POSITIONS_CSV, open_line(), 40),
}
every_input = pytest.mark.parametrize("name", INPUTS)


def made(case: Case) -> Decoder:
    start_us = seeds.START_S * 1_000_000
    return make_decoder(case.kind, 3, times=InputTimes(undated_us=start_us))


def decoded(decoder: Decoder, block: bytes | None) -> tuple[Decoded, list[Any]]:
    """What a block (None: the end) gives, with the messages without columns."""
    given = decoder.flush() if block is None else decoder.decode(block)
    return given, decoder.take_others() if isinstance(decoder, AisDecoder | NmeaJsonDecoder) else []


def same(one: ColumnBatch, other: ColumnBatch) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in ((getattr(one, c.name), getattr(other, c.name)) for c in one.COLUMNS)
    )


@functools.cache
def snapshot_of(name: str) -> bytes:
    decoder = made(INPUTS[name])
    decoder.decode(INPUTS[name].data)
    return decoder.snapshot()


@pytest.mark.slow
@every_input
def test_put_away_and_taken_up_at_any_byte_is_as_if_never_stopped(name: str) -> None:
    case = INPUTS[name]
    for place in case.places():
        first, second = made(case), made(case)
        if place % 16 == 0:
            second.decode(case.data[: len(case.data) // 3])  # what it has seen before must leave no trace
        decoded(first, case.data[:place])
        second.restore(first.snapshot())
        assert second.counts == first.counts
        for block in (case.data[place:], None):
            (a, a_others), (b, b_others) = decoded(first, block), decoded(second, block)
            assert same(a.positions, b.positions) and same(a.statics, b.statics), place
            assert a_others == b_others
            assert second.counts == first.counts, place
        assert first.counts.units_in == first.counts.units_decoded + first.counts.rejects.total


@every_input
def test_a_snapshot_changes_nothing_and_is_the_same_after_it_was_restored(name: str) -> None:
    case = INPUTS[name]
    first, second, undisturbed = made(case), made(case), made(case)
    half = len(case.data) // 2
    for decoder in (first, undisturbed):
        decoder.decode(case.data[:half])
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    assert same(first.decode(case.data[half:]).positions, undisturbed.decode(case.data[half:]).positions)
    assert first.counts == undisturbed.counts


@every_input
def test_a_quiet_decoder_has_a_snapshot_of_a_few_kilobytes(name: str) -> None:
    assert len(made(INPUTS[name]).snapshot()) < 8_000


@every_input
def test_a_snapshot_of_another_format_is_refused(name: str) -> None:
    other = "beast" if name != "beast" else "avr"
    with pytest.raises(SnapshotError):
        made(INPUTS[name]).restore(snapshot_of(other))
    with pytest.raises(SnapshotError):
        made(INPUTS[name]).restore(b"no snapshot")


def test_a_snapshot_holds_the_messages_that_are_open_and_not_the_room_for_them() -> None:
    rng = random.Random(5)
    halves = [seeds.ais_bits.sentences(seeds.ais_bits.random_bits(5, rng), n % 10, "A", 40)[0] for n in range(300)]
    lines = [
        f"\\{body}*{seeds.ais_bits.checksum(body)}\\{half}\n"
        for n, half in enumerate(halves)
        for body in [f"g:1-2-{n}"]
    ]
    decoder = AisDecoder(0, times=InputTimes(undated_us=seeds.START_S * 1_000_000))
    decoder.decode("".join(lines).encode())
    assert len(decoder.snapshot()) < 300 * 600
    after = AisDecoder(0)
    after.restore(decoder.snapshot())
    after.flush()
    assert after.counts.rejects.total == after.counts.units_in == 300
