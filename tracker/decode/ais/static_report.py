"""Static reports: AIS 5 (class A), 19 (class B extended), 21 (aid to navigation), 24 A and B; ITU-R M.1371-5.

Bits from 0; ``start/width``, text in six-bit characters.

==============  =======  =======  =======  =======  =======  ==================================
field           5        19       21       24 A     24 B     unit; not available
==============  =======  =======  =======  =======  =======  ==================================
part number     -        -        -        38/2     38/2     0 is A, 1 is B
IMO number      40/30    -        -        -        -        0
call sign       70/42    -        -        -        90/42    empty
name            112/120  143/120  43/120   40/120   -        empty
type            232/8    263/8    38/5     -        40/8     0
to bow          240/9    271/9    219/9    -        132/9    m; all four 0
to stern        249/9    280/9    228/9    -        141/9
to port         258/6    289/6    237/6    -        150/6
to starboard    264/6    295/6    243/6    -        156/6
ETA month       274/4    -        -        -        -        0 (and 13-15)
ETA day         278/5    -        -        -        -        0
ETA hour        283/5    -        -        -        -        24 (and above)
ETA minute      288/6    -        -        -        -        60 (and above)
draught         294/8    -        -        -        -        0.1 m; 0
destination     302/120  -        -        -        -        empty
position (21)   accuracy 163/1, longitude 164/28 s, latitude 192/27 s, UTC second 253/6
==============  =======  =======  =======  =======  =======  ==================================

What stands for no position is told in ``tracker.decode.unset``. The type is kept as sent (5, 19, 24: type of ship and cargo 0-255). An aid's type counts other things than ships, so a
static row of type 21 has none. The extension of an aid's name (from bit 272) does not fit the 20 characters of the
column and is left off. A type 5 that ends early has the destination characters it carries.

Craft of a parent ship (MMSI 98MIDxxxx) send the parent's MMSI in bits 132-161 of 24 B, where others send dimensions;
these have none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from tracker.decode.ais.layout import Message
from tracker.decode.ais.position_report import ACCURACY, FINE, set_position, set_second
from tracker.decode.ais.sixbit import field, signed_field, text_field

# Rows of the two-dimensional column arrays, shared with ``columns``.
BOW: Final = 0
DRAUGHT: Final = 4
TYPE: Final = 0
SHIP_TYPE: Final = 1
MONTH: Final = 2
DAY: Final = 3
HOUR: Final = 4
MINUTE: Final = 5
_NAN: Final = np.float32(np.nan)


class StaticColumns(NamedTuple):
    """What :func:`static_report` fills: columns of one type share one matrix, a column a row."""

    i8: NDArray[np.int64]
    """Time and craft."""
    imo: NDArray[np.int32]
    f4: NDArray[np.float32]
    u1: NDArray[np.uint8]
    name: NDArray[np.uint8]
    """``[row, byte]``, as the other two texts."""
    call_sign: NDArray[np.uint8]
    destination: NDArray[np.uint8]


@njit(cache=True, nogil=True, error_model="numpy")
def _clear(j: int, out: StaticColumns) -> None:
    """A row in which everything is missing."""
    out = borrowed(out)
    out.imo[j] = -1
    for k in range(5):
        out.f4[k, j] = _NAN
    for k in range(1, 6):
        out.u1[k, j] = 255
    for k in range(20):
        out.name[j, k] = 0
        out.destination[j, k] = 0
    for k in range(8):
        out.call_sign[j, k] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def _set_dimensions(words: NDArray[np.int64], start: int, j: int, f4: NDArray[np.float32]) -> None:
    """Four distances to the antenna; none if all are 0."""
    bow = field(words, start, 9)
    stern = field(words, start + 9, 9)
    port = field(words, start + 18, 6)
    starboard = field(words, start + 24, 6)
    if bow or stern or port or starboard:
        f4[BOW, j] = bow
        f4[BOW + 1, j] = stern
        f4[BOW + 2, j] = port
        f4[BOW + 3, j] = starboard


@njit(cache=True, nogil=True, error_model="numpy")
def _set_ship_type(words: NDArray[np.int64], start: int, j: int, u1: NDArray[np.uint8]) -> None:
    """Type of ship and cargo; 0 is 'not available', 255 would look missing and is."""
    kind = field(words, start, 8)
    if kind:
        u1[SHIP_TYPE, j] = kind


@njit(cache=True, nogil=True, error_model="numpy")
def static_report(words: NDArray[np.int64], message: Message, j: int, out: StaticColumns) -> None:
    """Fill static row ``j`` from a message of type 5, 19, 21 or 24."""
    out = borrowed(out)
    imo, f4, u1, name, call_sign = out.imo, out.f4, out.u1, out.name, out.call_sign
    kind, bits = message.kind, message.bits
    _clear(j, out)
    if kind == 5:
        number = field(words, 40, 30)
        if number:
            imo[j] = number
        text_field(words, 70, 7, bits, call_sign, j)
        text_field(words, 112, 20, bits, name, j)
        _set_ship_type(words, 232, j, u1)
        _set_dimensions(words, 240, j, f4)
        month = field(words, 274, 4)
        day = field(words, 278, 5)
        hour = field(words, 283, 5)
        minute = field(words, 288, 6)
        if 1 <= month <= 12:
            u1[MONTH, j] = month
        if day:
            u1[DAY, j] = day
        if hour < 24:
            u1[HOUR, j] = hour
        if minute < 60:
            u1[MINUTE, j] = minute
        draught = field(words, 294, 8)
        if draught:
            f4[DRAUGHT, j] = draught / 10
        text_field(words, 302, 20, bits, out.destination, j)
    elif kind == 19:
        text_field(words, 143, 20, bits, name, j)
        _set_ship_type(words, 263, j, u1)
        _set_dimensions(words, 271, j, f4)
    elif kind == 21:
        text_field(words, 43, 20, bits, name, j)
        _set_dimensions(words, 219, j, f4)
    elif field(words, 38, 2) == 0:
        text_field(words, 40, 20, bits, name, j)
    else:
        _set_ship_type(words, 40, j, u1)
        text_field(words, 90, 7, bits, call_sign, j)
        if message.mmsi // 10_000_000 != 98:
            _set_dimensions(words, 132, j, f4)


@njit(cache=True, nogil=True, error_model="numpy")
def aid_position(words: NDArray[np.int64], i: int, f8: NDArray[np.float64], u1: NDArray[np.uint8]) -> int:
    """The position of an aid to navigation (type 21)."""
    u1[ACCURACY, i] = field(words, 163, 1)
    set_second(u1, i, field(words, 253, 6))
    return set_position(f8, i, signed_field(words, 164, 28), signed_field(words, 192, 27), FINE)
