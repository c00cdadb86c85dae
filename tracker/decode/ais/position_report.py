"""Position reports: AIS 1, 2, 3 (class A), 9 (SAR aircraft), 18 and 19 (class B), 27 (long range); ITU-R M.1371-5.

Bits from 0; ``start/width``. s = two's complement.

==================  =========  =========  =========  =========  ============================================
field               1, 2, 3    9          18, 19     27         unit; not available
==================  =========  =========  =========  =========  ============================================
message type        0/6        0/6        0/6        0/6
repeat indicator    6/2        6/2        6/2        6/2        not used
MMSI                8/30       8/30       8/30       8/30
navigational status 38/4       -          -          40/4       0-15 as sent (15 is 'undefined' and kept)
rate of turn        42/8 s     -          -          -          see below; -128
altitude            -          38/12      -          -          m; 4095 (4094: that or higher)
speed over ground   50/10      50/10      46/10      79/6       0.1 kn, kn (9 and 27); 1023, 63
position accuracy   60/1       60/1       56/1       38/1       1: better than 10 m
longitude           61/28 s    61/28 s    57/28 s    44/18 s    1/600,000 deg, 1/600 deg (27); 181 deg
latitude            89/27 s    89/27 s    85/27 s    62/17 s    likewise; 91 deg
course over ground  116/12     116/12     112/12     85/9       0.1 deg, deg (27); from 3600, from 360
true heading        128/9      -          124/9      -          deg; 511, and everything from 360
UTC second          137/6      128/6      133/6      -          s; from 60
==================  =========  =========  =========  =========  ============================================

Rate of turn: the sender transmits 4.733 sqrt(deg/min), so ``(raw / 4.733)^2`` with the sign of ``raw``. +-127 means
'faster than 5 deg in 30 s, no turn indicator' and becomes +-720 deg/min, a value no indicator sends (its scale ends at
708), so that it stays recognisable.

What stands for no position, beside 91 and 181 deg, is told in ``tracker.decode.unset``: the zeros of a structure nobody filled, one value in
both fields. A latitude or longitude out of range that is not the 'not available' value is no position either; it is counted as
``ais impossible position``. The craft was still heard.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais.sixbit import field, signed_field
from tracker.decode.unset import is_no_place
from tracker.units import FT_PER_M

# Rows of the two-dimensional column arrays, shared with ``columns``.
LAT: Final = 0
LON: Final = 1
SPEED: Final = 0
COURSE: Final = 1
HEADING: Final = 2
ALTITUDE: Final = 3
TURN: Final = 4
TYPE: Final = 0
STATUS: Final = 1
ACCURACY: Final = 2
SECOND: Final = 3

FINE: Final = 600_000
"""Steps of a degree in all positions but those of type 27."""
COARSE: Final = 600
_FAST_TURN_DEGMIN: Final = 720.0


def _turn_table() -> np.ndarray[Any, Any]:
    raw = np.arange(256)
    raw = np.where(raw < 128, raw, raw - 256)
    turn = np.sign(raw) * (raw / 4.733) ** 2
    turn[127] = _FAST_TURN_DEGMIN
    turn[256 - 127] = -_FAST_TURN_DEGMIN
    turn[128] = np.nan
    return turn.astype(np.float32)


TURN_DEGMIN: Final = _turn_table()
_NAN: Final = np.float32(np.nan)


@njit(cache=True, nogil=True, error_model="numpy")
def set_position(f8: NDArray[np.float64], i: int, raw_lon: int, raw_lat: int, steps: int) -> int:
    """Store a position if it is one; returns 1 if it is impossible rather than not available."""
    nowhere = is_no_place(raw_lat, raw_lon, steps)
    if not nowhere and -180 * steps <= raw_lon <= 180 * steps and -90 * steps <= raw_lat <= 90 * steps:
        f8[LAT, i] = raw_lat / steps
        f8[LON, i] = raw_lon / steps
        return 0
    f8[LAT, i] = np.nan
    f8[LON, i] = np.nan
    return 0 if nowhere else 1


@njit(cache=True, nogil=True, error_model="numpy")
def set_motion(f4: NDArray[np.float32], i: int, speed: int, course: int, heading: int) -> None:
    """Store speed (0.1 kn), course (0.1 deg) and heading (deg)."""
    f4[SPEED, i] = speed / 10 if speed < 1023 else _NAN
    f4[COURSE, i] = course / 10 if course < 3600 else _NAN
    f4[HEADING, i] = heading if heading < 360 else _NAN


@njit(cache=True, nogil=True, error_model="numpy")
def set_second(u1: NDArray[np.uint8], i: int, second: int) -> None:
    """Store the UTC second."""
    u1[SECOND, i] = second if second < 60 else 255


@njit(cache=True, nogil=True, error_model="numpy")
def class_a(
    words: NDArray[np.int64], i: int, f8: NDArray[np.float64], f4: NDArray[np.float32], u1: NDArray[np.uint8]
) -> int:
    """Types 1, 2, 3."""
    u1[STATUS, i] = field(words, 38, 4)
    f4[TURN, i] = TURN_DEGMIN[field(words, 42, 8)]
    set_motion(f4, i, field(words, 50, 10), field(words, 116, 12), field(words, 128, 9))
    u1[ACCURACY, i] = field(words, 60, 1)
    set_second(u1, i, field(words, 137, 6))
    return set_position(f8, i, signed_field(words, 61, 28), signed_field(words, 89, 27), FINE)


@njit(cache=True, nogil=True, error_model="numpy")
def class_b(
    words: NDArray[np.int64], i: int, f8: NDArray[np.float64], f4: NDArray[np.float32], u1: NDArray[np.uint8]
) -> int:
    """Types 18 and 19."""
    set_motion(f4, i, field(words, 46, 10), field(words, 112, 12), field(words, 124, 9))
    u1[ACCURACY, i] = field(words, 56, 1)
    set_second(u1, i, field(words, 133, 6))
    return set_position(f8, i, signed_field(words, 57, 28), signed_field(words, 85, 27), FINE)


@njit(cache=True, nogil=True, error_model="numpy")
def sar_aircraft(
    words: NDArray[np.int64], i: int, f8: NDArray[np.float64], f4: NDArray[np.float32], u1: NDArray[np.uint8]
) -> int:
    """Type 9; its speed is in whole knots."""
    altitude = field(words, 38, 12)
    speed = field(words, 50, 10)
    set_motion(f4, i, 1023, field(words, 116, 12), 511)
    f4[SPEED, i] = speed if speed < 1023 else _NAN
    f4[ALTITUDE, i] = altitude * FT_PER_M if altitude < 4095 else _NAN
    u1[ACCURACY, i] = field(words, 60, 1)
    set_second(u1, i, field(words, 128, 6))
    return set_position(f8, i, signed_field(words, 61, 28), signed_field(words, 89, 27), FINE)


@njit(cache=True, nogil=True, error_model="numpy")
def long_range(
    words: NDArray[np.int64], i: int, f8: NDArray[np.float64], f4: NDArray[np.float32], u1: NDArray[np.uint8]
) -> int:
    """Type 27; whole knots and degrees, a tenth of a minute."""
    speed = field(words, 79, 6)
    course = field(words, 85, 9)
    f4[SPEED, i] = speed if speed < 63 else _NAN
    f4[COURSE, i] = course if course < 360 else _NAN
    u1[STATUS, i] = field(words, 40, 4)
    u1[ACCURACY, i] = field(words, 38, 1)
    return set_position(f8, i, signed_field(words, 44, 18), signed_field(words, 62, 17), COARSE)
