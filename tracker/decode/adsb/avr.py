"""AVR text: Mode S frames as hexadecimal digits between a mark and a semicolon.

=====================  =====================================================================================
``*hex;``              a frame
``:hex;``              the same, as some receivers mark frames of a good parity
``@`` 12 digits, hex;  counter (``clock.py``) and frame
``%`` 12 digits, hex;  the same, parity known to be good
``<`` 14 digits, hex;  counter, signal level (2 digits), frame
``*hex;(s,q,t)``       signal strength, quality and a time since the last second's pulse: read over, it is no counter
=====================  =====================================================================================

(Jetvision wiki, Mode-S Beast data output formats; readsb net_io.c.) 14 digits are a short frame, 28 a long one, 4 a Mode
A/C reply; length is the only way to tell. A unit reaches from its mark to the semicolon, a line break ends it in any case;
several may stand on one line. Anything else is one ``unknown_sentence`` up to the next line break or semicolon.
A unit of more than 96 bytes is ``too_long`` and read over without being kept.

Frames without counter have no time of their own: see ``clock.py`` for what they get, and do not measure with it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.records import record_dtype
from tracker.decode.adsb.clock import NO_STAMP
from tracker.decode.adsb.stream import Cut, Frames, FrameStream, new_cut
from tracker.decode.rejects import RejectCause

MAX_UNIT_BYTES: Final = 96

_MODE_AC, _UNKNOWN, _TOO_SHORT, _TOO_LONG, _TRUNCATED, _FRAMES = 0, 1, 2, 3, 4, 5
_CELLS: Final = 6
_CAUSES: Final = {
    _UNKNOWN: RejectCause.UNKNOWN_SENTENCE,
    _TOO_SHORT: RejectCause.TOO_SHORT,
    _TOO_LONG: RejectCause.TOO_LONG,
    _TRUNCATED: RejectCause.TRUNCATED,
}
_SAMPLES: Final = 64


class AvrState:
    """What the kernel keeps between blocks."""

    reading_over: int
    """1 within the rest of a unit too long."""
    line: int
    unused: int


_STATE: Final = record_dtype(AvrState)


def _digits() -> NDArray[np.int64]:
    table = np.full(256, -1, np.int64)
    for value, digit in enumerate("0123456789abcdef"):
        table[ord(digit)] = table[ord(digit.upper())] = value
    return table


_DIGIT: Final = _digits()


@njit(cache=True, nogil=True)
def _stamp_digits(mark: int) -> int:
    """How many digits stand before the frame, -1 where ``mark`` is none."""
    if mark in (0x2A, 0x3A):
        return 0
    if mark in (0x40, 0x25):
        return 12
    return 14 if mark == 0x3C else -1


@njit(cache=True, nogil=True)
def read_lines(
    data: NDArray[np.uint8], last: bool, state: NDArray[np.void], out: Cut, cells: NDArray[np.int64], samples: NDArray[np.int64]
) -> int:  # fmt: skip
    """Cut units out of ``data``; returns how many bytes are done with. ``last``: nothing follows ``data``.

    ``state`` is one record of ``AvrState``; a row of ``samples`` is what, span, line.
    """
    state, out = borrowed(state), borrowed(out)
    frames = out.bytes
    held: AvrState = state[0]
    n = len(data)
    p = 0
    while p < n:
        byte = data[p]
        if held.reading_over:
            held.reading_over = 0 if byte in (0x0A, 0x0D, 0x3B) else 1
            held.line += byte == 0x0A
            p += 1
            continue
        if byte <= 0x20:
            held.line += byte == 0x0A
            p += 1
            continue
        q = p
        while q < n and q - p <= MAX_UNIT_BYTES and data[q] != 0x3B and data[q] != 0x0A and data[q] != 0x0D:
            q += 1
        if q - p > MAX_UNIT_BYTES:
            _reject(cells, samples, _TOO_LONG, p, q, held.line)
            held.reading_over = 1
            p = q
            continue
        if q == n and not last:
            return p
        stop = q
        ended = q < n and data[q] == 0x3B
        if ended:
            stop = q + 1
            if stop == n and not last:
                return p
            if stop < n and data[stop] == 0x28:
                r = stop
                while r < n and r - stop < MAX_UNIT_BYTES and data[r] != 0x29 and data[r] != 0x0A:
                    r += 1
                if r == n and not last:
                    return p
                if r < n and data[r] == 0x29:
                    stop = r + 1
        before = _stamp_digits(data[p])
        hexadecimal = True
        for k in range(p + 1, q):
            hexadecimal = hexadecimal and _DIGIT[data[k]] >= 0
        digits = q - p - 1 - before
        if before < 0 or not hexadecimal:
            _reject(cells, samples, _UNKNOWN, p, q, held.line)
        elif not ended:
            _reject(cells, samples, _TRUNCATED, p, q, held.line)
        elif digits == 4:
            cells[_MODE_AC] += 1
        elif digits in (14, 28):
            f = cells[_FRAMES]
            cells[_FRAMES] += 1
            stamp = np.int64(NO_STAMP)
            if before:
                stamp = np.int64(0)
                for k in range(p + 1, p + 13):
                    stamp = stamp << 4 | _DIGIT[data[k]]
            out.stamp[f] = stamp
            out.is_long[f] = digits == 28
            out.at[f] = held.line
            first = p + 1 + before
            for k in range(14):
                frames[f, k] = (
                    _DIGIT[data[first + 2 * k]] << 4 | _DIGIT[data[first + 2 * k + 1]] if 2 * k < digits else 0
                )
        else:
            _reject(cells, samples, _TOO_SHORT if digits < 28 else _TOO_LONG, p, q, held.line)
        p = stop
    return p


@njit(cache=True, nogil=True)
def _reject(cells: NDArray[np.int64], samples: NDArray[np.int64], what: int, start: int, stop: int, line: int) -> None:
    total = cells[_UNKNOWN] + cells[_TOO_SHORT] + cells[_TOO_LONG] + cells[_TRUNCATED]
    if total < len(samples):
        samples[total, 0], samples[total, 1], samples[total, 2], samples[total, 3] = what, start, stop, line
    cells[what] += 1


class AvrDecoder(FrameStream):
    """AVR text in, rows out."""

    KIND = "decoder.avr"

    def __init__(self, source: int, **options: Any) -> None:
        super().__init__(source, **options)
        self._state.view(_STATE)["line"] = 1

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished line."""
        return int(self._state[1]), super().skip_unit(last)[1]

    def _pass_over(self, unit: bytes) -> None:
        """Count the lines that are done with."""
        self._state[1] += unit.count(b"\n")

    def _cut(self, block: bytes, *, last: bool) -> Frames:
        data = self._tail + block if self._tail else block
        room = len(data) // 16 + 1
        out = new_cut(room)
        cells = np.zeros(_CELLS, np.int64)
        samples = np.empty((_SAMPLES, 4), np.int64)
        done = read_lines(np.frombuffer(data, np.uint8), last, self._state.view(_STATE), out, cells, samples)
        self._count(data, cells, samples)
        self._tail = data[done:]
        n = int(cells[_FRAMES])
        return Frames(out.bytes[:n], out.is_long[:n], out.stamp[:n], out.station[:n], None, out.at[:n])

    def _count(self, data: bytes, cells: NDArray[np.int64], samples: NDArray[np.int64]) -> None:
        counts = self.counts
        mode_ac = int(cells[_MODE_AC])
        if mode_ac:
            counts.messages["mode a/c"] += mode_ac
            counts.units_in += mode_ac
            counts.units_decoded += mode_ac
        rejected = {what: int(cells[what]) for what in _CAUSES}
        total = sum(rejected.values())
        counts.units_in += total
        for what, start, stop, line in samples[: min(total, _SAMPLES)].tolist():
            counts.rejects.add(_CAUSES[what], line, data[start:stop])
            rejected[what] -= 1
        for what, number in rejected.items():
            if number:
                counts.rejects.counts[_CAUSES[what]] += number
