"""The members of a tar, header by header (POSIX.1-1988 ustar, pax, GNU long names), from a file or from a stream that cannot go back.

A header has 512 bytes: name ``0:100``, size ``124:136`` (octal, or base 256 where the first bit is set), checksum ``148:156`` (the sum of all bytes with
the checksum itself as blanks), type ``156``, ``ustar`` ``257:262``, prefix of the name ``345:500``. The content follows, filled up to 512 bytes.

======  ==================================================================================================
type    what becomes of it
======  ==================================================================================================
0, NUL  a file
5, g    a folder, a header for all that follow: passed over
L, x    the long name, or pax fields (``path``, ``size``), of the next member; bounded to 64 KiB
others  links, devices, pipes, sparse files: told, never followed (a sparse file of pax ends the reading)
======  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from streams.errors import TruncatedError

BLOCK: Final = 512
_MOST_NAMING_BYTES: Final = 1 << 16
_WRONG: Final = {b"1": "is a link", b"2": "is a link", b"3": "is a device", b"4": "is a device", b"6": "is a pipe", b"S": "is a sparse file"}  # fmt: skip
_FILES: Final = (b"0", b"\0", b"7")
_PASSED: Final = (b"5", b"g", b"K", b"V", b"D", b"X")
_WITH_CONTENT: Final = (*_FILES, b"g", b"K", b"D", b"X", b"S", b"M", b"N")


_ASCII: Final = bytes(range(128))


class Reader(Protocol):
    """Bytes that are read forward."""

    at: int
    """How far it is."""

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        ...

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        ...


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member, and why it cannot be read, if so."""

    name: str
    start: int
    """Where its content begins, as the reader counts."""
    size: int
    wrong: str = ""


class FileReader:
    """A stretch of a file: passing over costs nothing. It counts from the beginning of the file."""

    def __init__(self, file: BinaryIO, begin: int, size: int) -> None:
        self._file, self._end = file, begin + size
        self.at = begin

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        self._file.seek(self.at)
        data = self._file.read(max(0, min(size, self._end - self.at)))
        self.at += len(data)
        return data

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        self.at = min(self.at + size, self._end)


class PieceReader:
    """Pieces of a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""
        self.at = 0

    def some(self, most: int) -> bytes:
        """At least one byte and at most so many; nothing at the end."""
        if not self._held:
            self._held = next((piece for piece in self._pieces if piece), b"")
        data, self._held = self._held[:most], self._held[most:]
        self.at += len(data)
        return data

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        parts = []
        while size and (part := self.some(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        while size and (part := self.some(min(size, 1 << 20))):
            size -= len(part)


def is_tar(first: bytes) -> bool:
    """Whether these are the first bytes of a tar: a header with a name, whose checksum is right."""
    return len(first) >= BLOCK and any(first[:100]) and _is_sound(first[:BLOCK])


def tar_members(reader: Reader) -> Iterator[TarMember]:
    """The members in order. Whoever takes one may read its content from the reader; what was not read of it is passed over.

    Raises
    ------
    TruncatedError
        when a header is damaged or the archive ends inside one.
    """
    long_name, long_size = "", -1
    while True:
        header = reader.read(BLOCK)
        if not any(header):
            return  # the end, or the blocks of zeros before it
        if len(header) < BLOCK:
            raise TruncatedError("the tar ends early")
        if not _is_sound(header):
            raise TruncatedError("damaged tar data (the checksum of a header)")
        kind, size = header[156:157], _number(header[124:136])
        if not 0 <= size < 1 << 60:
            raise TruncatedError("damaged tar data (the size of a member)")
        if kind in (b"L", b"x"):
            if size > _MOST_NAMING_BYTES:
                raise TruncatedError("damaged tar data (a name of megabytes)")
            text = reader.read(_padded(size))[:size]
            if kind == b"L":
                long_name = _text(text)
                continue
            fields = _pax(text)
            if any(name.startswith("GNU.sparse") for name in fields):
                yield TarMember(fields.get("GNU.sparse.name", "a member"), reader.at, 0, "is a sparse file")
                raise TruncatedError("what stands behind a sparse file is not read")
            long_name = fields.get("path", long_name)
            long_size = int(fields["size"]) if fields.get("size", "").isdecimal() else long_size
            continue
        name = long_name or _name(header)
        size = min(long_size, 1 << 60) if long_size >= 0 else size
        long_name, long_size = "", -1
        end = reader.at + (_padded(size) if kind in _WITH_CONTENT else 0)
        if kind not in _PASSED and not name.endswith("/"):
            wrong = "" if kind in _FILES else _WRONG.get(kind, f"is a member of type {_text(kind)!r}")
            yield TarMember(name, reader.at, size, wrong)
        reader.skip(end - reader.at)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _is_sound(header: bytes) -> bool:
    """The checksum, of unsigned bytes as everybody writes it, or of signed ones as old Suns did."""
    told = _number(header[148:156])
    if told <= 0:
        return False
    rest = header[:148] + b" " * 8 + header[156:]
    unsigned = sum(rest)
    return told in (unsigned, unsigned - 256 * len(rest.translate(None, _ASCII)))


def _number(field: bytes) -> int:
    """An octal number, or one in base 256; -1 for what is neither."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.replace(b"\0", b" ").strip()
    if not digits:
        return 0
    return int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else -1


def _name(header: bytes) -> str:
    prefix = _text(header[345:500]) if header[257:262] == b"ustar" and header[262:264] != b" \0" else ""
    return f"{prefix}/{_text(header[:100])}" if prefix else _text(header[:100])


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _pax(data: bytes) -> dict[str, str]:
    """Fields of a pax header: ``LENGTH name=value`` and a line end, each; what is damaged ends them."""
    fields: dict[str, str] = {}
    while data:
        length, blank, _ = data.partition(b" ")
        if not blank or not length.isdigit() or len(length) > 6 or not len(length) < int(length) <= len(data):
            break
        name, _, value = data[len(length) + 1 : int(length)].rstrip(b"\n").partition(b"=")
        fields[name.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        data = data[int(length) :]
    return fields
