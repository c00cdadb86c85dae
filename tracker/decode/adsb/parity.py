"""Mode S parity: the 24-bit remainder of a frame, and what it says about the sender.

The last 24 bits of every frame are a cyclic redundancy check over the bits before them, generator polynomial ``0xFFF409``
with an implied leading one (ICAO Annex 10 vol. IV, 3.1.2.3.3), exclusive-ored with an overlay. What this module calls the
*syndrome* is the overlay that was received, zero bit errors presumed:

====================  =======================================================================
DF 17, 18             0
DF 11                 0 for a squitter, else the interrogator's code (1-79) in the low seven bits
DF 0 4 5 16 20 21 24  the aircraft's address: nothing else in the frame tells it
====================  =======================================================================

The remainder is linear, so it is the exclusive or of one table entry per byte and position; the 11 look-ups of a long
frame do not wait for each other. ``tests/naive/adsb_bits.py`` divides bit by bit.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

POLYNOMIAL: Final = 0xFFF409
LONG_BYTES: Final = 14
SHORT_BYTES: Final = 7
MAX_INTERROGATOR_CODE: Final = 79
"""Interrogator identifiers are 1-15, surveillance identifiers 16-79 (Annex 10 vol. IV, 3.1.2.5.2.1.2)."""


def _contributions() -> NDArray[np.int64]:
    """``[k, b]``: what byte ``b`` adds to the remainder when ``k`` bytes stand between it and the parity field."""
    table = np.zeros((LONG_BYTES - 3, 256), np.int64)
    for value in range(256):
        remainder = value << 16
        for distance in range(LONG_BYTES - 3):
            for _ in range(8):
                remainder = (remainder << 1) ^ ((0x1000000 | POLYNOMIAL) if remainder & 0x800000 else 0)
            table[distance, value] = remainder
    return table


_TABLE: Final = _contributions()


@njit(cache=True, nogil=True)
def syndrome(frames: NDArray[np.uint8], row: int, n_bytes: int) -> int:
    """The overlay of the frame in ``frames[row]`` of ``n_bytes`` (7 or 14)."""
    data = n_bytes - 3
    value: Any = (
        (np.int64(frames[row, data]) << 16) | (np.int64(frames[row, data + 1]) << 8) | np.int64(frames[row, data + 2])
    )
    for i in range(data):
        value ^= _TABLE[data - 1 - i, frames[row, i]]
    return value
