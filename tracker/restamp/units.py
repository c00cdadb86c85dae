"""A recorded file as units: what is sent in one piece, and when.

Beast and AVR carry a counter of 12 MHz and no date (``tracker.decode.adsb.clock``): a receiver's frames are of the moment they are received. Their
units have times from the counter, from zero on, for the pace alone, and are sent as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams.encodings import as_utf8
from streams.errors import TruncatedError
from streams.files import Stored, read_blocks
from tracker.decode.adsb.which_clock import NS_MASK
from tracker.decode.recognise import InputKind, clock_of
from tracker.errors import InputError
from tracker.inputs.opening import Recognised, recognised
from tracker.restamp.lines import Move, leave, move_json, move_nmea, move_sbs1

_BLOCK_BYTES: Final = 1 << 18
_MOST_UNIT_BYTES: Final = 1 << 24
"""Longer than any line that a decoder takes; a file without line ends goes out in such pieces."""
_MOVES: Final[dict[InputKind, Move]] = {
    InputKind.NMEA: move_nmea,
    InputKind.SBS1: move_sbs1,
    InputKind.READSB_JSON: move_json,
    InputKind.JET1090: move_json,
    InputKind.NMEA_JSON: move_json,
    InputKind.TRACK_JSON: move_json,
    InputKind.AVR: leave,
    InputKind.BEAST: leave,
}
UNDATED: Final = (InputKind.AVR, InputKind.BEAST)
_AVR_COUNTER: Final = re.compile(rb"^\s*[@%<]([0-9A-Fa-f]{12})")
_FRAME: Final = re.compile(rb"\x1a(?!\x1a)(?:[^\x1a]|\x1a\x1a)*", re.DOTALL)
_COUNTER_BYTES: Final = 6
_TICKS_PER_US: Final = 12
_DAY_TICKS: Final = _TICKS_PER_US * 86_400_000_000
_LONGEST_TICKS: Final = 12 * 3_600_000_000
"""A counter that goes on by more than an hour, or back, was restarted: no time passes."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Bytes sent in one piece; ``time_us`` of the transmission, None before the first time in the file."""

    data: bytes
    time_us: int | None


class Recording:
    """One file that can be played.

    Raises
    ------
    InputError
        it cannot be read, or is of a kind that nothing live takes.
    """

    def __init__(self, place: Path | Recognised) -> None:
        if isinstance(place, Path):
            if not place.is_file():
                raise InputError("there is no such file", str(place), "check the path")
            place = recognised(Stored.at(place))
        self._stored, self._encoding, self.kind = place.stored, place.encoding, place.kind
        self.path = place.stored.path
        if self.kind not in _MOVES:
            mend = "'tidewaiter replay' reads it; live feeds are NMEA, Beast, AVR, SBS-1 and JSON lines"
            raise InputError(f"is {self.kind}, which no live feed gives", self._stored.name, mend)

    def units(self, shift_us: int = 0) -> Iterator[Unit]:
        """Its units in order, moved by so much."""
        move, last_us, clock = _MOVES[self.kind], None, _Counter(self._is_gps())
        for piece in self._pieces():
            data, told_us = move(piece, shift_us)
            if self.kind in UNDATED:
                told_us = clock.time_us(_counter(piece, self.kind))
            last_us = told_us if told_us is not None else last_us
            yield Unit(data, last_us)

    def _is_gps(self) -> bool:
        """Whether a GPS clock stamped the frames: they are paced by it."""
        try:
            return self.kind in UNDATED and clock_of(self.kind, self._blocks()) == "gps"
        except TruncatedError:
            return False

    def _blocks(self) -> Iterator[bytes]:
        blocks = read_blocks(self._stored, _BLOCK_BYTES)
        return blocks if self.kind is InputKind.BEAST else as_utf8(blocks, self._encoding, by_line=False)

    def _pieces(self) -> Iterator[bytes]:
        held = b""
        cut = _frames if self.kind is InputKind.BEAST else _lines
        try:
            for block in self._blocks():
                pieces, held = cut(held + block)
                yield from pieces
        except TruncatedError:  # what there is of it is played
            pass
        if held:
            yield held if self.kind is InputKind.BEAST else held + b"\n"


class _Counter:
    """Counters of 12 MHz, or times of day of a GPS clock, as µs since the first one, running on over restarts."""

    def __init__(self, is_gps: bool) -> None:
        self._passed, self._last, self._is_gps = 0, -1, is_gps

    def time_us(self, ticks: int | None) -> int | None:
        if ticks is not None and ticks > 0:
            if self._is_gps:
                ticks = ((ticks >> 30) * 1_000_000_000 + (ticks & NS_MASK)) * _TICKS_PER_US // 1_000
            step = ticks - self._last
            if self._is_gps and step < -_LONGEST_TICKS:  # midnight
                step += _DAY_TICKS
            if self._last >= 0 and 0 < step <= _LONGEST_TICKS:
                self._passed += step
            if self._last < 0 or step > 0 or step < -_LONGEST_TICKS:
                self._last = ticks
        return self._passed // _TICKS_PER_US if self._last >= 0 else None


def _lines(data: bytes) -> tuple[list[bytes], bytes]:
    whole, newline, rest = data.rpartition(b"\n")
    if not newline:
        return ([], data) if len(data) < _MOST_UNIT_BYTES else ([data], b"")
    return [line + b"\n" for line in whole.split(b"\n")], rest


def _frames(data: bytes) -> tuple[list[bytes], bytes]:
    """Whole frames: each but the last, which may go on."""
    found = [match.span() for match in _FRAME.finditer(data)]
    if not found:
        return [], data[-1:] if data.endswith(b"\x1a") else b""
    *whole, last = found
    return [data[start:end] for start, end in whole], data[last[0] :]


def _counter(piece: bytes, kind: InputKind) -> int | None:
    if kind is InputKind.AVR:
        found = _AVR_COUNTER.match(piece)
        return int(found[1], 16) if found else None
    if len(piece) < 2 or piece[1:2] not in (b"1", b"2", b"3"):
        return None
    plain = piece[2:].replace(b"\x1a\x1a", b"\x1a")
    return int.from_bytes(plain[:_COUNTER_BYTES], "big")
