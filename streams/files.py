"""Recorded files: blocks of bytes out of a plain, gzip or zstd file, recognised by content and never by name.

====================  ===========================================================================================
first bytes           read as
====================  ===========================================================================================
``1F 8B``             gzip (RFC 1952); any number of members one after the other, zero padding between them
``28 B5 2F FD``       zstd (RFC 8878); any number of frames one after the other
``5x 2A 4D 18``       zstd beginning with a skippable frame, as parallel compressors write
anything else         plain bytes
====================  ===========================================================================================

Memory is bounded by the block size and not by the archive: gzip output is taken ``block_bytes`` at a time, and zstd is
fed 1 KiB at a time, which can expand to at most 32 MiB (a block of 128 KiB may be stored in 4 bytes). An archive that
ends early or is damaged inside gives all that can be read and then raises ``TruncatedError``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from streams.errors import TooLargeError, TruncatedError

BLOCK_BYTES: Final = 1 << 20
"""Default size of a block."""
_READ_BYTES: Final = 1 << 16
_ZSTD_FEED_BYTES: Final = 1 << 10
_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE_TAIL: Final = b"\x2a\x4d\x18"

Progress = Callable[[int], None]
"""Told how many bytes of the file as stored (compressed) have been read so far."""


def stored_size(path: str | Path) -> int:
    """Bytes of the file as stored: the end value of ``Progress``."""
    return Path(path).stat().st_size


def read_blocks(path: str | Path, block_bytes: int = BLOCK_BYTES, progress: Progress | None = None) -> Iterator[bytes]:
    """The decompressed content in blocks of ``block_bytes``, the last one shorter.

    Raises
    ------
    TruncatedError
        after the last readable block, when a compressed file ends early or is damaged.
    """
    held = bytearray()
    damage: TruncatedError | None = None
    with Path(path).open("rb") as file:
        pieces = _pieces(file, block_bytes, progress)
        while True:
            try:
                piece = next(pieces, None)
            except TruncatedError as exc:
                damage = exc
                break
            if piece is None:
                break
            held += piece
            while len(held) >= block_bytes:
                yield bytes(held[:block_bytes])
                del held[:block_bytes]
    if held:
        yield bytes(held)
    if damage is not None:
        raise TruncatedError(f"{path}: {damage}") from damage


def read_whole(path: str | Path, most_bytes: int, progress: Progress | None = None) -> bytes:
    """All decompressed content of a file that must fit into memory.

    Raises
    ------
    TooLargeError
        as soon as more than ``most_bytes`` came out: a packed file of a megabyte may hold a terabyte.
    TruncatedError
        when a compressed file ends early or is damaged.
    """
    blocks: list[bytes] = []
    size = 0
    for block in read_blocks(path, progress=progress):
        size += len(block)
        if size > most_bytes:
            raise TooLargeError(f"holds more than {most_bytes:,} bytes unpacked")
        blocks.append(block)
    return b"".join(blocks)


def peek(path: str | Path, size: int) -> bytes:
    """The first ``size`` decompressed bytes, or fewer where the file is shorter or damaged."""
    try:
        return next(read_blocks(path, size), b"")
    except TruncatedError:
        return b""


def _pieces(file: BinaryIO, most: int, progress: Progress | None) -> Iterator[bytes]:
    """Decompressed pieces of at most about ``most`` bytes."""
    chunks = _chunks(file, progress)
    first = next(chunks, b"")
    if first.startswith(_GZIP_MAGIC):
        yield from _gzip_pieces(first, chunks, most)
    elif first.startswith(_ZSTD_MAGIC) or (first[:1] >= b"\x50" and first[:1] <= b"\x5f" and _is_skippable(first)):
        yield from _zstd_pieces(first, chunks)
    else:
        yield first
        yield from chunks


def _is_skippable(first: bytes) -> bool:
    return first[1:4] == _ZSTD_SKIPPABLE_TAIL


def _chunks(file: BinaryIO, progress: Progress | None) -> Iterator[bytes]:
    """The file as stored."""
    done = 0
    while chunk := file.read(_READ_BYTES):
        done += len(chunk)
        if progress is not None:
            progress(done)
        yield chunk


def _gzip_pieces(first: bytes, chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    fresh = True  # nothing of the present member was read yet: the file may end here
    data = first
    while True:
        if fresh:
            data = data.lstrip(b"\0")
        while data:
            try:
                piece = member.decompress(data, most)
            except zlib.error as exc:
                raise TruncatedError(f"damaged gzip data ({exc})") from exc
            fresh = False
            if piece:
                yield piece
            if member.eof:
                data = member.unused_data.lstrip(b"\0")
                member, fresh = zlib.decompressobj(wbits=31), True
            else:
                data = member.unconsumed_tail
                if not piece and not data:
                    break
        following = next(chunks, None)
        if following is None:
            break
        data = following
    if not fresh:
        yield from _gzip_rest(member)
        raise TruncatedError("the gzip data ends early")


def _gzip_rest(member: zlib._Decompress) -> Iterator[bytes]:
    """What a cut member still held back."""
    rest = member.flush()
    if rest:
        yield rest


def _zstd_pieces(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    context = zstandard.ZstdDecompressor()
    frame = context.decompressobj()
    fresh = True
    chunk: bytes | None = first
    while chunk is not None:
        for start in range(0, len(chunk), _ZSTD_FEED_BYTES):
            data = chunk[start : start + _ZSTD_FEED_BYTES]
            while data:
                try:
                    piece = frame.decompress(data)
                except zstandard.ZstdError as exc:
                    raise TruncatedError(f"damaged zstd data ({exc})") from exc
                fresh = False
                if piece:
                    yield piece
                data = b""
                if frame.eof:
                    data = frame.unused_data
                    frame, fresh = context.decompressobj(), True
        chunk = next(chunks, None)
    if not fresh:
        raise TruncatedError("the zstd data ends early")
