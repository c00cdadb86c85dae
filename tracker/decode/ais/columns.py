"""From the rows of the walk to columns: the payload kernel, and the arrays it fills.

Columns of one type share one two-dimensional array, so that a small block costs a handful of allocations and kernel
arguments. Columns that AIS never fills are slices of constant arrays. What stands for no position is told in
``tracker.decode.unset``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from tracker.decode.ais import layout as at
from tracker.decode.ais import position_report as pr
from tracker.decode.ais import static_report as sr
from tracker.decode.ais.base_station import base_station
from tracker.decode.ais.eight import first_byte, first_bytes
from tracker.decode.ais.layout import Message
from tracker.decode.ais.position_report import class_a, class_b, long_range, sar_aircraft
from tracker.decode.ais.sixbit import fingerprint, pack
from tracker.decode.ais.static_report import StaticColumns, aid_position, static_report
from tracker.decode.constants import Constants, cut
from tracker.decode.plain_text import plain_bytes
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

TIME, CRAFT, FINGERPRINT = 0, 1, 2
_MMSI_DOMAIN: Final = int(mmsi_craft(0))
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_ONES: Final = np.uint64(0x0101010101010101)
_BLANKS: Final = np.uint64(0x2020202020202020)


class PositionColumns(NamedTuple):
    """What :func:`fill` fills: columns of one type share one matrix, a column a row."""

    i8: NDArray[np.int64]
    """Time, craft and fingerprint."""
    f8: NDArray[np.float64]
    f4: NDArray[np.float32]
    u1: NDArray[np.uint8]
    station: NDArray[np.uint64]
    """``[row, word]``: 16 bytes."""


@njit(cache=True, nogil=True, error_model="numpy")
def fill(
    work: NDArray[np.uint8],
    rows: NDArray[np.void],
    n: int,
    words: NDArray[np.int64],
    positions: PositionColumns,
    statics: StaticColumns,
) -> int:
    """Fill the columns of the first ``n`` of ``rows`` (``Message``); returns how many positions were impossible."""
    work, rows, words = borrowed(work), borrowed(rows), borrowed(words)
    positions, statics = borrowed(positions), borrowed(statics)
    i8, f8, f4, u1, station = positions.i8, positions.f8, positions.f4, positions.u1, positions.station
    impossible = 0
    j = np.int64(0)
    for i in range(n):
        message: Message = rows[i]
        kind = message.kind
        bits = message.bits
        used = pack(work, message.offset, message.chars, bits, words)
        i8[TIME, i] = message.time_us
        i8[CRAFT, i] = _MMSI_DOMAIN | message.mmsi
        i8[FINGERPRINT, i] = fingerprint(words, used, bits)
        start = message.station
        length = message.station_bytes
        station[i, 0] = first_bytes(work, start, length)
        station[i, 1] = first_bytes(work, start + 8, length - 8)
        u1[pr.TYPE, i] = kind
        if 1 <= kind <= 3:
            f4[pr.ALTITUDE, i] = np.nan
            impossible += class_a(words, i, f8, f4, u1)
            continue
        u1[pr.STATUS, i] = 255
        f4[pr.TURN, i] = np.nan
        f4[pr.ALTITUDE, i] = np.nan
        if kind == 18 or kind == 19:
            impossible += class_b(words, i, f8, f4, u1)
        elif kind == 9:
            impossible += sar_aircraft(words, i, f8, f4, u1)
        else:
            f4[pr.SPEED, i] = np.nan
            f4[pr.COURSE, i] = np.nan
            f4[pr.HEADING, i] = np.nan
            u1[pr.SECOND, i] = 255
            if kind == 4 or kind == 11:
                impossible += base_station(words, i, f8, u1)
            elif kind == 21:
                impossible += aid_position(words, i, f8, u1)
            elif kind == 27:
                impossible += long_range(words, i, f8, f4, u1)
            else:
                f8[pr.LAT, i] = np.nan
                f8[pr.LON, i] = np.nan
                u1[pr.ACCURACY, i] = 255
        if kind == 5 or kind == 19 or kind == 21 or kind == 24:
            statics.i8[TIME, j] = message.time_us
            statics.i8[CRAFT, j] = i8[CRAFT, i]
            statics.u1[sr.TYPE, j] = kind
            static_report(words, message, j, statics)
            j += 1
    return impossible


@njit("boolean(uint64[:, ::1])", cache=True, nogil=True, error_model="numpy")
def _is_plain(names: NDArray[np.uint64]) -> bool:
    """Whether texts of two words of eight bytes, filled up with NUL, are printable ASCII; most are empty."""
    for row in range(names.shape[0]):
        if not names[row, 0] | names[row, 1]:
            continue
        for k in range(2):
            word = names[row, k]
            zeros = (word - _ONES) & ~word & _HIGH_BITS  # its lowest bit is that of the first NUL
            if zeros:
                used = np.uint64(8 * first_byte(zeros))
                if word >> used or (k == 0 and names[row, 1]):
                    return False
                word |= _BLANKS << used
            if (word | (word - _BLANKS) | (word + _ONES)) & _HIGH_BITS:  # 0x80 and above, below 0x20, 0x7F
                return False
    return True


def _plain(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Names of stations in words of eight bytes, made text: tag blocks hold whatever a line was damaged to."""
    if not _is_plain(words):
        plain_bytes(words.view(np.uint8))
    return words


def new_positions(n: int) -> PositionColumns:
    """Fresh arrays for ``n`` position rows."""
    return PositionColumns(
        np.empty((3, n), dtype=np.int64),
        np.empty((2, n), dtype=np.float64),
        np.empty((5, n), dtype=np.float32),
        np.empty((4, n), dtype=np.uint8),
        np.empty((n, at.STATION_BYTES // 8), dtype=np.uint64),
    )


def position_batch(columns: PositionColumns, received_us: int | None, constants: Constants) -> PositionBatch:
    """The rows as a batch."""
    time_us, craft, fingerprints = columns.i8
    speed, course, heading, altitude, turn = columns.f4
    kind, status, accuracy, second = columns.u1
    n = len(time_us)
    return PositionBatch(
        time_us,
        time_us if received_us is None else np.full(n, received_us, dtype=np.int64),
        craft,
        craft,
        cut(constants.source, n),
        _plain(columns.station).reshape(-1).view("S16"),
        kind,
        columns.f8[pr.LAT],
        columns.f8[pr.LON],
        speed,
        course,
        heading,
        altitude,
        cut(constants.no_rate, n),
        turn,
        status,
        cut(constants.no_ground, n),
        accuracy,
        cut(constants.no_code, n),
        cut(constants.no_code, n),
        cut(constants.no_code, n),
        cut(constants.no_code, n),
        second,
        fingerprints,
        cut(constants.no_code, n),
    )


def new_statics(n: int) -> StaticColumns:
    """Fresh arrays for ``n`` static rows."""
    return StaticColumns(
        np.empty((2, n), dtype=np.int64),
        np.empty(n, dtype=np.int32),
        np.empty((5, n), dtype=np.float32),
        np.empty((6, n), dtype=np.uint8),
        np.empty((n, 20), dtype=np.uint8),
        np.empty((n, 8), dtype=np.uint8),
        np.empty((n, 20), dtype=np.uint8),
    )


def static_batch(columns: StaticColumns, received_us: int | None, constants: Constants) -> StaticBatch:
    """The rows as a batch."""
    time_us, craft = columns.i8
    bow, stern, port, starboard, draught = columns.f4
    kind, ship_type, month, day, hour, minute = columns.u1
    n = len(time_us)
    return StaticBatch(
        time_us,
        time_us if received_us is None else np.full(n, received_us, dtype=np.int64),
        craft,
        cut(constants.source, n),
        kind,
        columns.imo,
        columns.name.reshape(-1).view("S20"),
        columns.call_sign.reshape(-1).view("S8"),
        cut(constants.no_squawk, n),
        ship_type,
        cut(constants.no_registration, n),
        cut(constants.no_squawk, n),  # aircraft type, of the same four bytes
        cut(constants.no_category, n),
        cut(constants.no_code, n),
        cut(constants.no_rate, n),
        cut(constants.no_rate, n),
        bow,
        stern,
        port,
        starboard,
        draught,
        columns.destination.reshape(-1).view("S20"),
        month,
        day,
        hour,
        minute,
    )
