"""Altitude codes of Mode S (ICAO Annex 10 vol. IV, 3.1.2.6.5.4) to feet.

Thirteen bits in surveillance replies (DF 0, 4, 16, 20), transmitted in this order::

    bit   12  11  10   9   8   7   6   5   4   3   2   1   0
    AC13  C1  A1  C2  A2  C4  A4   M  B1   Q  B2  D2  B4  D4

Twelve bits in airborne position squitters: the same without M. The M bit set means metres (then the other
twelve bits are the altitude in metres; nobody transmits it, the unit is not trusted, so it decodes to NaN).
Q set: the eleven bits left are ``n`` and the altitude is ``25 n - 1000`` ft. Q clear: 100-ft steps in the Gillham
code of Annex 10 vol. IV, appendix 1 to 3.1.1.7: D2 D4 A1 A2 A4 B1 B2 B4 are a Gray code of 500-ft steps, C1 C2 C4 a
five-valued reflected code of 100-ft steps inside, running backwards in every odd step; lowest value -1200 ft. All bits
zero: not available. The same thirteen bits carry the Mode A identity in DF 5 and 21.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def altitude_ac13_ft(code: int) -> float:
    """Altitude of a 13-bit code in feet; NaN where there is none."""
    if code == 0 or code & 0x40:
        return np.nan
    if code & 0x10:
        n = ((code >> 2) & 0x7E0) | ((code >> 1) & 0x10) | (code & 0x0F)
        return 25.0 * n - 1000.0
    return gillham_ft(code)


@njit(cache=True, nogil=True)
def altitude_ac12_ft(code: int) -> float:
    """Altitude of a 12-bit code (AC13 without its M bit) in feet; NaN where there is none."""
    return altitude_ac13_ft(((code & 0xFC0) << 1) | (code & 0x3F))


@njit(cache=True, nogil=True)
def gillham_ft(code: int) -> float:
    """Altitude of a 13-bit code whose Q bit is clear, in feet; NaN for a code no encoder makes."""
    gray = (
        ((code >> 2) & 1) << 7  # D2
        | (code & 1) << 6  # D4
        | ((code >> 11) & 1) << 5  # A1
        | ((code >> 9) & 1) << 4  # A2
        | ((code >> 7) & 1) << 3  # A4
        | ((code >> 5) & 1) << 2  # B1
        | ((code >> 3) & 1) << 1  # B2
        | ((code >> 1) & 1)  # B4
    )
    five_hundreds = gray
    five_hundreds ^= five_hundreds >> 4
    five_hundreds ^= five_hundreds >> 2
    five_hundreds ^= five_hundreds >> 1
    c_gray = ((code >> 12) & 1) << 2 | ((code >> 10) & 1) << 1 | ((code >> 8) & 1)
    hundreds = c_gray ^ (c_gray >> 1) ^ (c_gray >> 2)
    if hundreds == 7:
        hundreds = 5
    elif hundreds in (0, 5, 6):
        return np.nan
    if five_hundreds & 1:
        hundreds = 6 - hundreds
    return 500.0 * five_hundreds + 100.0 * hundreds - 1300.0


@njit(cache=True, nogil=True)
def squawk_of_ac13(code: int) -> int:
    """Mode A identity of a 13-bit field as four octal digits in a 12-bit number: 0o7700 is 7700."""
    a = ((code >> 7) & 1) << 2 | ((code >> 9) & 1) << 1 | ((code >> 11) & 1)
    b = ((code >> 1) & 1) << 2 | ((code >> 3) & 1) << 1 | ((code >> 5) & 1)
    c = ((code >> 8) & 1) << 2 | ((code >> 10) & 1) << 1 | ((code >> 12) & 1)
    d = (code & 1) << 2 | ((code >> 2) & 1) << 1 | ((code >> 4) & 1)
    return a << 9 | b << 6 | c << 3 | d
