"""Identification: eight characters and an emitter category (RTCA DO-260B 2.2.3.2.5; BDS 0,8 and BDS 2,0).

=======  =====  ==========================================
ME bits  width  field
=======  =====  ==========================================
1-5      5      type code 4, 3, 2, 1: category set A, B, C, D
6-8      3      emitter category inside the set, 0 = none
9-56     48     eight characters of six bits
=======  =====  ==========================================

Characters (Annex 10 vol. IV, table 3-8): 1-26 letters, 48-57 digits, 32 space; nothing else is defined. A name with an
undefined character, or a space before its end, is none. Comm-B replies (DF 20, 21) carry the same 48 bits when their
first byte is 0x20; as any other register may begin so by chance, the name is taken only while the aircraft has sent none itself.

A name is kept as the 48 bits it came in; 0 is "none", as is a name of eight spaces.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

NAME_MASK: Final = (1 << 48) - 1


@njit(cache=True, nogil=True)
def flight_name(bits: int) -> int:
    """The 48 bits if they are a flight name, else 0."""
    ended = False
    any_letter = False
    for i in range(8):
        c = (bits >> (42 - 6 * i)) & 0x3F
        if c == 32:
            ended = True
        elif (1 <= c <= 26 or 48 <= c <= 57) and not ended:
            any_letter = True
        else:
            return 0
    return bits if any_letter else 0


@njit(cache=True, nogil=True)
def write_name(bits: int, out: NDArray[np.uint8], row: int) -> None:
    """The characters of a flight name without its trailing spaces, into eight bytes (all zero for none)."""
    for i in range(8):
        c = (bits >> (42 - 6 * i)) & 0x3F
        if c in (0, 32):
            out[row, i] = 0
        elif c <= 26:
            out[row, i] = 64 + c
        else:
            out[row, i] = c


@njit(cache=True, nogil=True)
def emitter_category(me: int) -> int:
    """Category as ``set << 8 | digit`` in ASCII (A1 is 0x4131), 0 where none is given."""
    type_code, digit = me >> 51, (me >> 48) & 7
    return 0 if digit == 0 else (69 - type_code) << 8 | (48 + digit)
