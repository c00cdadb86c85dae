"""The fuzz targets and what must hold for any bytes whatever.

1. No exception.
2. The ledger balances: units in = units decoded + rejects.
3. What is held between blocks is bounded, however long a line without an end becomes.
4. The cut into blocks shows nowhere: same rows, same counts.
"""

from __future__ import annotations

import itertools
import random
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tracker.decode.adsb  # noqa: F401 - else imported when the first decoder is made, after run.py instrumented and replaced what was there
from tests.fuzz import seeds
from tests.fuzz.mutate import mutated, with_checksums
from tracker.decode.ais import AisDecoder, NmeaJsonDecoder
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind, make_decoder
from tracker.schema import ColumnBatch

_LINES = re.compile(rb"(?<=\n)")
_ESCAPES = re.compile(rb"\x1a(?!\x1a)")
START_US = seeds.START_S * 1_000_000


@dataclass(frozen=True)
class Target:
    """One decoder under attack."""

    kind: InputKind
    seed: Callable[[], bytes]
    fresh: Callable[[random.Random], bytes]
    separator: re.Pattern[bytes]
    hostile: tuple[bytes, ...]
    most_held: int
    """Bytes the decoder may keep between blocks."""

    def mutated(self, data: bytes, rng: random.Random, most: int = 1 << 16) -> bytes:
        """``data`` after some mutations."""
        out = mutated(data, rng, self.separator, self.fresh, self.hostile, most)
        return with_checksums(out) if self.kind is InputKind.NMEA and rng.random() < 0.5 else out


_TEXT = (b"\n", b"\r\n", b",", b"\x00", b"\xff", b"0", b" ", b'"')
_TAGS = (
    b"\\", b"!", b"$", b"!AIVDM,", b"*", b"\\s:", b"\\g:1-2-", b"\\g:9-1-1*5A\\", b"c:99999999999999999999", b"\\*\\",
    b"\\s:\\", b"!AIVDM,9,9,,,,9*00", b"!AIVDM,2,1,3,A,", b"$PGHP,1,", b"\\c:-1,s:,g:0-0-0*00\\", b"2024-02-30 25:61:61, ",
)  # fmt: skip
_CLOCKS = (
    b"$GPRMC,120000,A,5013.4,N,00346.6,W,4.0,183.2,141123,,,A*", b"$GPZDA,", b",V,", b":60", b" PM", b"+02:00", b"-05", b"31/12/", b"Feb 30 ",
    b"2023-366T", b"00:00:00", b"99:99:99", b"-", b"/", b".", b":",
)  # fmt: skip
_ESC = (b"\x1a", b"\x1a\x1a", b"\x1a2", b"\x1a3", b"\x1a\xe3", b"\x1a\xe4", b"\x1aH", b"\xff" * 6)

TARGETS = {
    "ais": Target(InputKind.NMEA, seeds.ais, seeds.ais_unit, _LINES, (*_TEXT, *_TAGS), 1_100),
    "ais times": Target(
        InputKind.NMEA, seeds.ais_times, seeds.ais_timed_unit, _LINES, (*_TEXT, *_TAGS, *seeds.TIMES, *_CLOCKS), 1_100
    ),
    "nmea json": Target(
        InputKind.NMEA_JSON, seeds.nmea_json, seeds.nmea_json_unit, _LINES,
        (*_TEXT, *_TAGS, b"{", b"}", b"[", b"]", b"null", b"1e999", b'"nmea":', b'"rxtime":', b'"\\ud800"', b"NaN", b"[" * 50), 1 << 19,
    ),
    "beast": Target(InputKind.BEAST, seeds.beast, seeds.beast_unit, _ESCAPES, (*_ESC, b"\x00", b"0"), 200),
    "avr": Target(InputKind.AVR, seeds.avr, seeds.avr_unit, _LINES, (*_TEXT, b"*", b"@", b"<", b"%", b":", b";"), 1_100),
    "sbs1": Target(InputKind.SBS1, seeds.sbs1, seeds.sbs1_unit, _LINES, (*_TEXT, b"MSG,", b"MSG,3,,,", b"-", b"."), 1_100),
    "json": Target(
        InputKind.READSB_JSON, seeds.json_lines, seeds.json_unit, _LINES,
        (*_TEXT, b"{", b"[", b"]", b"}", b"null", b"1e999", b'"aircraft":[', b'"\\ud800"', b"NaN", b"[" * 50), 1 << 26,
    ),
    "csv": Target(InputKind.POSITIONS_CSV, seeds.csv, seeds.csv_unit, _LINES, (*_TEXT, b";", b"\t", b"nan", b'""'), 1 << 18),
}  # fmt: skip


@dataclass
class Outcome:
    """Everything a stream gave."""

    rows: list[ColumnBatch]
    others: list[Any]
    counts: Any


def run(target: Target, blocks: Iterable[bytes]) -> Outcome:
    """Decode a stream; the ledger and the bound are checked on the way."""
    decoder: Any = make_decoder(target.kind, 3, times=InputTimes(undated_us=START_US))
    parts, others = [], []
    for block in blocks:
        parts.append(decoder.decode(block))
        others += decoder.take_others() if isinstance(decoder, AisDecoder | NmeaJsonDecoder) else []
        assert held_bytes(decoder) <= target.most_held
    parts.append(decoder.flush())
    others += decoder.take_others() if isinstance(decoder, AisDecoder | NmeaJsonDecoder) else []
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    rows = [batch for part in parts for batch in (part.positions, part.statics)]
    joined: list[ColumnBatch] = []
    for which in (rows[0::2], rows[1::2]):
        joined.append(type(which[0]).concat(which))
    return Outcome(joined, others, counts)


def check(target: Target, data: bytes) -> Outcome:
    """All that must hold for ``data``; the cuts follow from the bytes, so a failure can be repeated."""
    rng = random.Random(zlib.crc32(data))
    whole = run(target, [data])
    cut = run(target, pieces_of(data, rng))
    for one, other in zip(whole.rows, cut.rows, strict=True):
        assert len(one) == len(other), "rows differ between cuts"
        for column in one.COLUMNS:
            a, b = getattr(one, column.name), getattr(other, column.name)
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), f"{column.name} differs between cuts"
    assert whole.others == cut.others
    assert whole.counts.messages == cut.counts.messages
    assert whole.counts.units_in == cut.counts.units_in
    assert whole.counts.rejects.counts == cut.counts.rejects.counts
    return whole


def pieces_of(data: bytes, rng: random.Random) -> list[bytes]:
    """``data`` in up to a dozen pieces, some of a byte or two."""
    places = [rng.randint(0, len(data)) for _ in range(rng.randint(1, 6))]
    places += [place + rng.randint(0, 2) for place in places]
    bounds = sorted({0, len(data), *(min(place, len(data)) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


def held_bytes(thing: Any, depth: int = 0) -> int:
    """Text and bytes kept by a decoder in its own attributes; its counts and its arrays are bounded by construction."""
    if isinstance(thing, (bytes, bytearray, str)):
        return len(thing)
    if isinstance(thing, (list, tuple)) and depth:
        return sum(held_bytes(item, depth + 1) for item in thing) if depth < 5 else 0
    if not type(thing).__module__.startswith("tracker.decode") or depth > 4:
        return 0
    names = {*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ())} - {"counts"}
    return sum(held_bytes(getattr(thing, name, None), depth + 1) for name in names)
