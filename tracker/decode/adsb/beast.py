"""Mode S Beast binary: escaped messages behind 0x1A, and the decoder of a stream of them.

====  ===============  ==============================================================================================
type  bytes after it   what (Jetvision wiki, Mode-S Beast data output formats; readsb net_io.c for the others)
====  ===============  ==============================================================================================
'1'   6 + 1 + 2        Mode A/C reply; all zero: heartbeat
'2'   6 + 1 + 7        Mode S, 56 bits
'3'   6 + 1 + 14       Mode S, 112 bits
'4'   21               receiver status
'5'   21               Radarcape position
'P'   3                ping
'W'   1                command
'H'   any, up to 64    status of a HULC board; no length is published, it ends where the next message begins
0xE3  8                id of the receiver of the messages that follow
0xE4  up to 36         receiver's UUID as text
====  ===============  ==============================================================================================

``6 + 1`` are a big-endian counter (``clock.py``) and the signal level. After the type every 0x1A is doubled. A single 0x1A
inside a message begins a new one: the old one is ``truncated``. Bytes that belong to no message are one ``truncated`` unit
per run, wherever the stream was cut into blocks.

Units: every message (also those without a Mode S frame: they count as ``beast heartbeat``, ``mode a/c`` ...) and
every run of garbage. What waits between blocks is less than one message (under 140 bytes).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.records import record_dtype
from tracker.decode.adsb.stream import Cut, Frames, FrameStream, new_cut
from tracker.decode.rejects import RejectCause

ESC: Final = 0x1A
_MAX_FREE_BYTES: Final = 64
_UUID_BYTES: Final = 36
_HULC: Final = ord("H")
_UUID: Final = 0xE4
_RECEIVER: Final = 0xE3

# what the kernel counts, and the names these counts get
_NAMES: Final = (
    "beast heartbeat",
    "mode a/c",
    "beast status",
    "beast position",
    "beast ping",
    "beast command",
    "beast hulc",
    "beast receiver id",
    "beast uuid",
)
_HEARTBEAT, _MODE_AC, _STATUS, _PLACE, _PING, _COMMAND, _HULC_UNIT, _RECEIVER_UNIT, _UUID_UNIT = range(9)
_TRUNCATED: Final = 9
_FRAMES: Final = 10
_CELLS: Final = 11
_SAMPLES: Final = 20
SAID_COUNTER, SAID_GPS, SAID_GPS_AHEAD = 1, 2, 3
"""What a status message says of the stamps; firmware before the flag 0x80 was a second ahead of UTC (mlat-client knows it so)."""


class BeastState:
    """What the kernel keeps between blocks."""

    in_garbage: int
    """1 while a run of garbage is open."""
    receiver: int
    """The present receiver's id."""
    clock: int
    """What the last status said of the clock: ``SAID_COUNTER`` and its neighbours, 0 for nothing."""


_STATE: Final = record_dtype(BeastState)


def _lengths() -> NDArray[np.int64]:
    """Bytes after the type byte, unescaped; 0 for types of no fixed length, -1 for what is no type."""
    table = np.full(256, -1, np.int64)
    for letter, length in (("1", 9), ("2", 14), ("3", 21), ("4", 21), ("5", 21), ("P", 3), ("W", 1), ("H", 0)):
        table[ord(letter)] = length
    table[_RECEIVER], table[_UUID] = 8, 0
    return table


_LENGTHS: Final = _lengths()


@njit(cache=True, nogil=True)
def _is_uuid_byte(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 70 or 97 <= byte <= 102 or byte == 45


@njit(cache=True, nogil=True)
def deframe(
    data: NDArray[np.uint8], last: bool, state: NDArray[np.void], out: Cut, cells: NDArray[np.int64], samples: NDArray[np.int64]
) -> int:  # fmt: skip
    """Cut messages out of ``data``; returns how many bytes are done with. ``last``: nothing follows ``data``.

    ``state`` is one record of ``BeastState``; a row of ``samples`` is the span of a truncated unit.
    """
    state, out = borrowed(state), borrowed(out)
    frames = out.bytes
    held: BeastState = state[0]
    n = len(data)
    p = 0
    body = np.empty(21, np.uint8)
    while p < n:
        if data[p] != ESC or p + 1 >= n:
            if data[p] == ESC and not last:
                return p
            _garbage(held, cells, samples, p, n)
            p += 1
            continue
        kind = data[p + 1]
        length = _LENGTHS[kind]
        if length < 0:
            _garbage(held, cells, samples, p, n)
            p += 2 if kind == ESC else 1
            continue
        q = p + 2
        got = 0
        whole = False
        broken = False
        if length > 0:
            while got < length and q < n:
                byte = data[q]
                if byte == ESC:
                    if q + 1 >= n:
                        break
                    if data[q + 1] != ESC:
                        broken = True
                        break
                    q += 1
                body[got] = byte
                got += 1
                q += 1
            whole = got == length
        elif kind == _UUID:
            while q < n and got < _UUID_BYTES and _is_uuid_byte(data[q]):
                q += 1
                got += 1
            whole = got == _UUID_BYTES or q < n or last
        else:
            while q < n and got < _MAX_FREE_BYTES:
                if data[q] == ESC:
                    if q + 1 >= n or data[q + 1] != ESC:
                        break
                    q += 1
                q += 1
                got += 1
            whole = got == _MAX_FREE_BYTES or q + 1 < n or last
        if not whole:
            if not broken and not last:
                return p
            held.in_garbage = 0
            _sample(cells, samples, p, q)
            p = q if broken else n
            continue
        held.in_garbage = 0
        if kind in (0x32, 0x33):
            f = cells[_FRAMES]
            cells[_FRAMES] += 1
            stamp: Any = np.int64(0)
            for k in range(6):
                stamp = stamp << 8 | np.int64(body[k])
            if held.clock == SAID_GPS_AHEAD and stamp:
                stamp += -(1 << 30) if stamp >> 30 else 86_399 << 30
            out.stamp[f] = stamp
            out.station[f] = held.receiver
            out.is_long[f] = kind == 0x33
            out.at[f] = p
            for k in range(7, length):
                frames[f, k - 7] = body[k]
            for k in range(length - 7, 14):
                frames[f, k] = 0
        elif kind == 0x31:
            any_bit = False
            for k in range(9):
                any_bit = any_bit or body[k] != 0
            cells[_MODE_AC if any_bit else _HEARTBEAT] += 1
        elif kind == _RECEIVER:
            station: Any = np.int64(0)
            for k in range(8):
                station = station << 8 | np.int64(body[k])
            held.receiver = station
            cells[_RECEIVER_UNIT] += 1
        elif kind == 0x34:
            cells[_STATUS] += 1
            if not body[7] & 0x10:
                held.clock = SAID_COUNTER
            else:
                held.clock = SAID_GPS if body[9] & 0x80 else SAID_GPS_AHEAD
        elif kind == 0x35:
            cells[_PLACE] += 1
        elif kind == 0x50:
            cells[_PING] += 1
        elif kind == 0x57:
            cells[_COMMAND] += 1
        elif kind == _HULC:
            cells[_HULC_UNIT] += 1
        else:
            cells[_UUID_UNIT] += 1
        p = q
    return p


@njit(cache=True, nogil=True)
def _garbage(held: BeastState, cells: NDArray[np.int64], samples: NDArray[np.int64], start: int, stop: int) -> None:
    """A byte that belongs to no message: counted once per run."""
    if not held.in_garbage:
        held.in_garbage = 1
        _sample(cells, samples, start, stop)


@njit(cache=True, nogil=True)
def _sample(cells: NDArray[np.int64], samples: NDArray[np.int64], start: int, stop: int) -> None:
    if cells[_TRUNCATED] < len(samples):
        samples[cells[_TRUNCATED], 0], samples[cells[_TRUNCATED], 1] = start, stop
    cells[_TRUNCATED] += 1


class BeastDecoder(FrameStream):
    """Beast bytes in, rows out."""

    KIND = "decoder.beast"

    def _cut(self, block: bytes, *, last: bool) -> Frames:
        data = self._tail + block if self._tail else block
        room = len(data) // 16 + 1
        out, held = new_cut(room), self._state.view(_STATE)
        cells = np.zeros(_CELLS, np.int64)
        samples = np.empty((_SAMPLES, 2), np.int64)
        done = deframe(np.frombuffer(data, np.uint8), last, held, out, cells, samples)
        self._count(data, cells, samples)
        n = int(cells[_FRAMES])
        stations, at = out.station[:n], out.at[:n]
        at += self._offset
        self._offset += done
        self._tail = data[done:]
        said = int(held["clock"][0])
        clock = "" if not said else "12mhz" if said == SAID_COUNTER else "gps"
        return Frames(out.bytes[:n], out.is_long[:n], out.stamp[:n], stations, _station_texts(stations), at, clock)

    def _count(self, data: bytes, cells: NDArray[np.int64], samples: NDArray[np.int64]) -> None:
        counts = self.counts
        for name, number in zip(_NAMES, cells.tolist(), strict=False):
            if number:
                counts.messages[name] += number
                counts.units_in += number
                counts.units_decoded += number
        truncated = int(cells[_TRUNCATED])
        counts.units_in += truncated
        for start, stop in samples[: min(truncated, _SAMPLES)].tolist():
            counts.rejects.add(RejectCause.TRUNCATED, self._offset + start, data[start : min(stop, start + 240)])
        if truncated > _SAMPLES:
            counts.rejects.counts[RejectCause.TRUNCATED] += truncated - _SAMPLES


def _station_texts(stations: NDArray[np.int64]) -> NDArray[np.bytes_] | None:
    """Receiver ids as 16 hex digits; None where nobody gave any."""
    if not stations.any():
        return None
    distinct, where = np.unique(stations, return_inverse=True)
    texts = [b"%016x" % (station & 0xFFFF_FFFF_FFFF_FFFF) if station else b"" for station in distinct.tolist()]
    return np.array(texts, "S16")[where]
