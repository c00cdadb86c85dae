"""Text of columns: printable ASCII, whatever came in. Made so where it is decoded, so that nobody behind needs to ask.

AIS and Mode S transmit letters of ASCII alone. Tables and services write names as their people do: letters with marks lose them (``Ærø`` is ``AEro``), and
what has no likeness in ASCII, control characters among them, becomes ``?``.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np
from numpy.typing import NDArray

_ALIKE: Final = str.maketrans(
    {
        "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "OE", "œ": "oe", "ß": "ss", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d",
        "Þ": "Th", "þ": "th", "ı": "i", "\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\t": " ",
    }
)  # fmt: skip
"""Letters that Unicode does not take apart, and signs that editors put in place of ASCII's."""
_DELETE, _FIRST = 0x7F, 0x20


def plain_text(text: str, most: int) -> bytes:
    r"""Printable ASCII of at most so many bytes, without blanks around it.

    >>> plain_text("  Ærø Færge\x1b[2J ", 20), plain_text("長榮", 20), plain_text("EVER GIVEN", 4)
    (b'AEro Faerge?[2J', b'??', b'EVER')
    """
    if not (text.isascii() and text.isprintable()):
        apart = unicodedata.normalize("NFKD", text.translate(_ALIKE))
        text = "".join(
            letter if letter.isascii() and letter.isprintable() else "?"
            for letter in apart
            if unicodedata.category(letter) != "Mn"
        )
    return text.strip()[:most].encode("ascii")


def plain_bytes(text: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Texts ``[n, length]`` of bytes, filled up with NUL, changed in place: what is no printable ASCII becomes ``?``.

    >>> plain_bytes(np.frombuffer(b"M\xe9t\x1b\x00x\x00\x00", np.uint8).reshape(1, 8).copy()).tobytes()
    b'M?t??x\x00\x00'
    """
    odd = (text >= _DELETE) | ((text - np.uint8(1)) < _FIRST - 1)
    odd |= _inner_nul(text)
    if odd.any():
        text[odd] = ord("?")
    return text


def _inner_nul(text: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a NUL stands before the end of a text."""
    inner = np.zeros(text.shape, dtype=np.bool_)
    ends = (text[:, :-1] == 0) & (text[:, 1:] != 0)  # a NUL before something
    rows = np.flatnonzero(ends.any(axis=1))
    if len(rows):
        written = text[rows] != 0
        inner[rows] = ~written & np.logical_or.accumulate(written[:, ::-1], axis=1)[:, ::-1]
    return inner
