"""Text of any common encoding as UTF-8: UTF-16 and UTF-32 whole, Windows-1252 line by line.

======================================  =====================================================================================
what                                    how it is known
======================================  =====================================================================================
UTF-8, UTF-16, UTF-32 with a mark       ``EF BB BF``, ``FF FE``, ``FE FF``, ``FF FE 00 00``, ``00 00 FE FF``; the mark is taken off
UTF-16 without a mark                   every other byte of the beginning is zero, and the others are printable ASCII
Windows-1252, ISO 8859-1                a line that is no UTF-8 (https://encoding.spec.whatwg.org maps ISO 8859-1 to Windows-1252)
======================================  =====================================================================================

Excel writes "Unicode text", and PowerShell 5 whatever is redirected with ``>``, as UTF-16 with a mark.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT_BYTES: Final = 4096
_FEWEST_BYTES: Final = 8
_MOSTLY: Final = 0.9
_PRINTABLE: Final = frozenset((*range(0x20, 0x7F), 0x09, 0x0A, 0x0D))
_LONGEST_LINE_BYTES: Final = 1 << 24


def encoding_of(first: bytes) -> str:
    """The encoding of text that begins like this: ``utf-16-le`` and so on, or ``utf-8`` for all that is none of the wide ones."""
    for mark, name in _MARKS:
        if first.startswith(mark):
            return name
    looked_at = first[: _LOOKED_AT_BYTES & ~1]
    if len(looked_at) >= _FEWEST_BYTES:
        for zeros, letters, name in ((1, 0, "utf-16-le"), (0, 1, "utf-16-be")):
            written = looked_at[letters::2]
            are_zero = looked_at[zeros::2].count(0) >= _MOSTLY * len(looked_at[zeros::2])
            if are_zero and sum(byte in _PRINTABLE for byte in written) >= _MOSTLY * len(written):
                return name
    return "utf-8"


def as_utf8(blocks: Iterator[bytes], encoding: str, *, by_line: bool) -> Iterator[bytes]:
    """Blocks of text in UTF-8, without a mark at the beginning.

    ``by_line`` takes lines that are no UTF-8 for Windows-1252; without it bytes pass as they are, for whoever reads them byte by byte.
    """
    text = _without_mark(blocks if encoding == "utf-8" else _narrowed(blocks, encoding))
    return _lines_as_utf8(text) if by_line and encoding == "utf-8" else text


def beginning_as_utf8(first: bytes, encoding: str) -> bytes:
    """The beginning of a text in UTF-8, without a mark; it may end in the middle of a line."""
    return b"".join(as_utf8(iter((first,)), encoding, by_line=False))


def _narrowed(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _without_mark(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = b""
    for block in blocks:
        first += block
        if len(first) >= len(codecs.BOM_UTF8):
            break
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from blocks


def _lines_as_utf8(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""  # the unfinished line, if it holds anything beyond ASCII
    for block in blocks:
        if not held and block.isascii():
            yield block
            continue
        data = held + block
        whole, newline, held = data.rpartition(b"\n")
        if not newline and len(held) < _LONGEST_LINE_BYTES:
            continue
        if not newline:
            whole, held = held, b""
        yield _line_by_line(whole + newline)
        if held.isascii():
            yield held
            held = b""
    if held:
        yield _line_by_line(held)


def _line_by_line(lines: bytes) -> bytes:
    """Whole lines as UTF-8."""
    try:
        lines.decode("utf-8")
    except UnicodeDecodeError:
        return b"".join(_line(line) for line in lines.splitlines(keepends=True))
    return lines


def _line(line: bytes) -> bytes:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").encode("utf-8")
    return line
