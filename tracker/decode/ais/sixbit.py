"""Six-bit armour: payload characters to bits, bits to numbers and text (ITU-R M.1371-5 table 47; IEC 61162-1 VDM).

A payload character carries six bits::

    '0' .. 'W'   48 ..  87   value = code - 48    0 .. 39
    '`' .. 'w'   96 .. 119   value = code - 56   40 .. 63

The bits of a message are kept as words of 48 bits (eight characters each), the first bit on the wire highest. A field
of up to 48 bits spans at most two words; with literal bounds the compiler reduces ``field`` to a shift and a mask.
Eight characters are read as one number, freed of their offsets, and pushed together in three steps (6 to 12 to 24 to
48 bits). The functions for fields have explicit types: left to itself Numba compiles a copy for each literal.

Text is six bits a character: 0-31 are ``@`` to ``_``, 32-63 are space to ``?``. Trailing ``@`` are padding, then blanks
at both ends are dropped; an ``@`` inside stays, as sent.

``fingerprint`` hashes the bits and their number without the repeat indicator (bits 6-7), so that a message and its copy
from a repeater are one. It is a multiply-and-fold hash over the words, cut to 63 bits, never 0.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais.eight import first_byte, load8, swap8

NO_ARMOUR: Final = 64
"""Value of a byte outside the armour alphabet in ``ARMOUR``."""
WORD_BITS: Final = 48
WORD_CHARS: Final = 8
MAX_WORDS: Final = 232
"""Room for nine fragments of 200 characters, and some words of zeros to read past the end."""


def _armour_table() -> NDArray[np.uint8]:
    table = np.full(256, NO_ARMOUR, dtype=np.uint8)
    table[48:88] = np.arange(40)
    table[96:120] = np.arange(40, 64)
    return table


ARMOUR: Final = _armour_table()
_HASH_SEED: Final = np.uint64(0x9E3779B97F4A7C15)
_HASH_STEP: Final = np.uint64(0xD6E8FEB86659FD93)
_HASH_LAST: Final = np.uint64(0xFF51AFD7ED558CCD)
_FOLD: Final = np.uint64(32)
_63_BITS: Final = np.uint64(0x7FFF_FFFF_FFFF_FFFF)
_NOT_REPEAT: Final = ~(3 << 40)
_AT: Final = 64
_SPACE: Final = 32


@njit(cache=True, nogil=True, error_model="numpy")
def _value8(chars: Any) -> Any:
    """Eight characters as read by ``load8`` to their 48 bits. All must be in the alphabet."""
    value = chars - np.uint64(0x3030303030303030)
    value -= (chars >> np.uint64(2)) & (chars >> np.uint64(3)) & np.uint64(0x0808080808080808)  # from '`' on
    value = swap8(value)
    value = (value & np.uint64(0x003F003F003F003F)) | ((value & np.uint64(0x3F003F003F003F00)) >> np.uint64(2))
    value = (value & np.uint64(0x00000FFF00000FFF)) | ((value & np.uint64(0x0FFF00000FFF0000)) >> np.uint64(4))
    return np.int64((value & np.uint64(0xFFFFFF)) | ((value >> np.uint64(8)) & np.uint64(0xFFFFFF000000)))


@njit(cache=True, nogil=True, error_model="numpy")
def _foreign8(chars: Any) -> Any:
    """Bit 7 of each of eight bytes that is no armour: one is from 48 to 119 and not from 88 to 95 (three carries)."""
    plain = chars & np.uint64(0x7F7F7F7F7F7F7F7F)
    good = plain + np.uint64(0x5050505050505050)  # from 48
    good &= ~(plain + np.uint64(0x2828282828282828)) | (plain + np.uint64(0x2020202020202020))  # not 88, or from 96
    good &= ~(plain + np.uint64(0x0808080808080808)) & ~chars  # not 120; ASCII
    return ~good & np.uint64(0x8080808080808080)


@njit(cache=True, nogil=True, error_model="numpy")
def armoured_run(work: NDArray[np.uint8], start: int) -> Any:
    """Where the characters of the alphabet that begin at ``start`` end, and the XOR of them all."""
    folded = np.uint64(0)
    i = start
    chars = load8(work, i)
    foreign = _foreign8(chars)
    while foreign == 0:
        folded ^= chars
        i += 8
        chars = load8(work, i)
        foreign = _foreign8(chars)
    n = first_byte(foreign)
    folded ^= chars & ((np.uint64(1) << np.uint64(8 * n)) - np.uint64(1))
    folded ^= folded >> np.uint64(32)
    folded ^= folded >> np.uint64(16)
    folded ^= folded >> np.uint64(8)
    return i + n, np.int64(folded & np.uint64(0xFF))


@njit(cache=True, nogil=True, error_model="numpy")
def pack(work: NDArray[np.uint8], offset: int, chars: int, bits: int, words: NDArray[np.int64]) -> int:
    """Unarmour ``chars`` characters at ``offset`` into ``words``; returns how many words hold the ``bits`` bits.

    ``work`` must hold seven readable bytes after the characters. Bits after the message's, and the two words after it,
    are zero.
    """
    for k in range((chars + WORD_CHARS - 1) // WORD_CHARS):
        words[k] = _value8(load8(work, offset + k * WORD_CHARS))
    used = (bits + WORD_BITS - 1) // WORD_BITS
    spare = used * WORD_BITS - bits
    words[used - 1] &= ~((1 << spare) - 1)  # fill bits, and bytes after the payload, are not part of the message
    words[used] = 0
    words[used + 1] = 0
    return used


@njit("int64(int64[::1], int64, int64)", cache=True, nogil=True, error_model="numpy")
def field(words: NDArray[np.int64], start: int, width: int) -> int:
    """The unsigned number of ``width`` bits at bit ``start``."""
    k = start // WORD_BITS
    room = WORD_BITS - start % WORD_BITS
    mask = (1 << width) - 1
    if width <= room:
        return (words[k] >> (room - width)) & mask
    rest = width - room
    return ((words[k] << rest) | (words[k + 1] >> (WORD_BITS - rest))) & mask


@njit("int64(int64[::1], int64, int64)", cache=True, nogil=True, error_model="numpy")
def signed_field(words: NDArray[np.int64], start: int, width: int) -> int:
    """The two's complement number of ``width`` bits at bit ``start``."""
    value = field(words, start, width)
    sign = 1 << (width - 1)
    return (value ^ sign) - sign


@njit("void(int64[::1], int64, int64, int64, uint8[:, ::1], int64)", cache=True, nogil=True, error_model="numpy")
def text_field(words: NDArray[np.int64], start: int, chars: int, bits: int, out: NDArray[np.uint8], row: int) -> None:
    """Write the text of up to ``chars`` whole characters at bit ``start`` into ``out[row]``, padded with zeros."""
    chars = max(0, min(chars, (bits - start) // 6))
    k = start // WORD_BITS
    room = WORD_BITS - start % WORD_BITS
    for i in range(chars):
        if room >= 6:
            value = (words[k] >> (room - 6)) & 63
            room -= 6
        else:
            rest = 6 - room
            value = ((words[k] << rest) | (words[k + 1] >> (WORD_BITS - rest))) & 63
            k += 1
            room = WORD_BITS - rest
        out[row, i] = value + 64 if value < 32 else value
    while chars > 0 and out[row, chars - 1] == _AT:
        chars -= 1
    while chars > 0 and out[row, chars - 1] == _SPACE:
        chars -= 1
    lead = 0
    while lead < chars and out[row, lead] == _SPACE:
        lead += 1
    if lead:
        for i in range(lead, chars):
            out[row, i - lead] = out[row, i]
        chars -= lead
    for i in range(chars, out.shape[1]):
        out[row, i] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def fingerprint(words: NDArray[np.int64], used: int, bits: int) -> Any:
    """63-bit hash of a message's bits without the repeat indicator; never 0."""
    value = _HASH_SEED ^ np.uint64(bits)
    value = (value ^ np.uint64(words[0] & _NOT_REPEAT)) * _HASH_STEP
    value ^= value >> _FOLD
    for k in range(1, used):
        value = (value ^ np.uint64(words[k])) * _HASH_STEP
        value ^= value >> _FOLD
    value *= _HASH_LAST
    value ^= value >> _FOLD
    return max(np.int64(value & _63_BITS), 1)


@njit(cache=True, nogil=True, error_model="numpy")
def peek(work: NDArray[np.uint8], offset: int, start: int, width: int) -> int:
    """An unsigned number straight from the armour: slow, for the few fields needed before a message is unpacked."""
    value = 0
    for bit in range(start, start + width):
        value = (value << 1) | ((ARMOUR[work[offset + bit // 6]] >> (5 - bit % 6)) & 1)
    return value
