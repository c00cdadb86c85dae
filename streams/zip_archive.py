"""The members of a zip, from the directory at its end (PKWARE APPNOTE 6.3.10), zip64 included. Nothing is unpacked here.

====================  ==========================================================================================
record                used of it
====================  ==========================================================================================
``PK 05 06``          end of directory: where the directory is and how long (within the last 65,557 bytes)
``PK 06 07``, ``06``  the same of zip64, where a number of the first does not suffice
``PK 01 02``          one member: flags, packing, checksum, sizes, name, place of its local header
``PK 03 04``          local header: only its length, for the member's bytes stand behind it
====================  ==========================================================================================

A directory is data from outside: its length is bounded before it is read, sizes are held against the file, and members that overlap (bombs of a few
kilobytes are made so) are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from streams.errors import TruncatedError

ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
PACKINGS: Final = {0: "stored", 8: "deflate", 12: "bzip2", 14: "lzma", 93: "zstd", 20: "zstd"}
_METHOD_NAMES: Final = {
    1: "Shrink", 6: "Implode", 9: "Deflate64", 95: "xz", 96: "JPEG", 98: "PPMd", 99: "AES encryption"
}  # fmt: skip
_TAIL_BYTES: Final = 65_557
_MOST_DIRECTORY_BYTES: Final = 64 << 20
_WHOLE_32: Final = 0xFFFFFFFF
_WHOLE_16: Final = 0xFFFF
_ENTRY_BYTES: Final = 46
_LOCAL_BYTES: Final = 30
_SYMLINK, _REGULAR = 0o120000, 0o100000


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One member, and why it cannot be read, if so."""

    name: str
    start: int = 0
    size: int = 0
    packing: str = ""
    unpacked_bytes: int = 0
    crc: int = 0
    wrong: str = ""


def zip_members(file: BinaryIO, begin: int, size: int) -> Iterator[ZipMember]:
    """The members of the zip that takes ``size`` bytes of the file from ``begin`` on; folders are left out.

    Raises
    ------
    TruncatedError
        when it has no directory, or one that cannot be.
    """
    at, length = _directory(file, begin, size)
    file.seek(begin + at)
    data = file.read(length)
    shift = 0  # of everything, where other bytes stand before the zip
    if not data.startswith(b"PK\x01\x02") and length:
        raise TruncatedError("the zip's directory is damaged")
    taken = 0
    offset = 0
    while offset + _ENTRY_BYTES <= len(data) and data[offset : offset + 4] == b"PK\x01\x02":
        flags, method, crc, packed, whole = struct.unpack_from("<HH4xLLL", data, offset + 8)
        name_bytes, extra_bytes, comment_bytes = struct.unpack_from("<HHH", data, offset + 28)
        attributes, local = struct.unpack_from("<LL", data, offset + 38)
        made_by = data[offset + 5]
        raw = data[offset + _ENTRY_BYTES : offset + _ENTRY_BYTES + name_bytes]
        extra = data[offset + _ENTRY_BYTES + name_bytes :][:extra_bytes]
        offset += _ENTRY_BYTES + name_bytes + extra_bytes + comment_bytes
        whole, packed, local = _zip64(extra, whole, packed, local)
        name = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        if name.endswith(("/", "\\")):
            continue
        taken += packed
        if taken > size:
            raise TruncatedError("the zip's members overlap, as in a bomb")
        mode = attributes >> 16 if made_by == 3 else 0  # 3: Unix
        wrong = ""
        if flags & 0x1:
            wrong = "is encrypted"
        elif method not in PACKINGS:
            wrong = f"is packed by {_METHOD_NAMES.get(method, f'method {method}')}"
        elif mode & 0o170000 not in (0, _REGULAR):
            wrong = "is a link" if mode & 0o170000 == _SYMLINK else "is no regular file"
        start = 0 if wrong else _content(file, begin + shift + local)
        if not wrong and (start < 0 or start + packed > begin + size):
            wrong = "has no content where the directory says"
        yield ZipMember(name, max(start, 0), packed, PACKINGS.get(method, ""), whole, crc, wrong)
    if offset < len(data):
        raise TruncatedError("the zip's directory is damaged")


def _directory(file: BinaryIO, begin: int, size: int) -> tuple[int, int]:
    """Where the directory begins, from the beginning of the zip, and its length."""
    tail_at = max(0, size - _TAIL_BYTES)
    file.seek(begin + tail_at)
    tail = file.read(size - tail_at)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < 22:
        raise TruncatedError("the zip ends early: its directory is missing")
    disks, length, at = struct.unpack_from("<L4xLL", tail, found + 4)
    end = tail_at + found
    if length == _WHOLE_32 or at == _WHOLE_32 or struct.unpack_from("<H", tail, found + 10)[0] == _WHOLE_16:
        locator = tail.rfind(b"PK\x06\x07", 0, found)
        if locator >= 0 and found - locator == 20:
            file.seek(begin + struct.unpack_from("<Q", tail, locator + 8)[0])
            record = file.read(56)
            if len(record) == 56 and record.startswith(b"PK\x06\x06"):
                length, at = struct.unpack_from("<QQ", record, 40)
    if disks and disks != _WHOLE_32:
        raise TruncatedError("the zip is one part of several")
    if length > _MOST_DIRECTORY_BYTES or at + length > end:
        raise TruncatedError("the zip's directory is damaged")
    return at, length


def _zip64(extra: bytes, whole: int, packed: int, local: int) -> tuple[int, int, int]:
    """The numbers that did not fit into 32 bits, from the extra field 1."""
    numbers = [whole, packed, local]
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            for index, number in enumerate(numbers):
                if number == _WHOLE_32 and len(field) >= 8:
                    numbers[index], field = struct.unpack_from("<Q", field)[0], field[8:]
            break
        at += 4 + length
    return numbers[0], numbers[1], numbers[2]


def _content(file: BinaryIO, local: int) -> int:
    """Where the bytes of a member begin; -1 where there is no local header."""
    try:
        file.seek(local)
    except (OSError, OverflowError, ValueError):
        return -1
    header = file.read(_LOCAL_BYTES)
    if len(header) < _LOCAL_BYTES or not header.startswith(b"PK\x03\x04"):
        return -1
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    return local + _LOCAL_BYTES + name_bytes + extra_bytes
