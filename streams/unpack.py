"""Packed bytes unpacked piece by piece, recognised by content and never by name.

====================  ===========================================================================================
first bytes           read as
====================  ===========================================================================================
``1F 8B``             gzip (RFC 1952); any number of members one after the other, zero padding between them
``28 B5 2F FD``       zstd (RFC 8878); any number of frames one after the other
``5x 2A 4D 18``       zstd beginning with a skippable frame, as parallel compressors write
``BZh1`` .. ``BZh9``  bzip2; any number of streams, as parallel compressors write
``FD 37 7A 58 5A 00`` xz, and ``5D 00 00`` the lzma format before it
anything else         plain bytes
====================  ===========================================================================================

Two layers are taken off at most: ``x.csv.gz`` inside a zip, or what a browser has packed once more.

Memory is bounded by the piece and not by what is packed: every unpacker is asked for so many bytes at a time. zstd has no such bound and is fed
1 KiB at a time, which can expand to at most 32 MiB (a block of 128 KiB may be stored in 4 bytes); xz may claim a dictionary of ``_LZMA_BYTES``.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

import zstandard

from streams.errors import TruncatedError

LAYERS: Final = 2
_ZSTD_FEED_BYTES: Final = 1 << 10
MAGIC_BYTES: Final = 16
_LZMA_BYTES: Final = 256 << 20
"""``xz -9`` needs 65 MiB."""
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE_TAIL: Final = b"\x2a\x4d\x18"
_XZ: Final = b"\xfd7zXZ\x00"
_BZIP2_BLOCKS: Final = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
"""What stands behind ``BZh9``: a block, or the end of an empty stream."""


def packing_of(first: bytes) -> str:
    """How bytes that begin like this are packed: ``gzip``, ``zstd``, ``bzip2``, ``xz``, or nothing for plain bytes."""
    if first.startswith(_GZIP):
        return "gzip"
    if first.startswith(_ZSTD) or (b"\x50" <= first[:1] <= b"\x5f" and first[1:4] == _ZSTD_SKIPPABLE_TAIL):
        return "zstd"
    if first[:3] == b"BZh" and b"1" <= first[3:4] <= b"9" and first[4:10] in _BZIP2_BLOCKS:
        return "bzip2"
    if first.startswith(_XZ) or (first[:3] == b"\x5d\x00\x00" and first[5:13] == b"\xff" * 8):
        return "xz"
    return ""


def peeled(chunks: Iterator[bytes], most: int, layers: int = LAYERS) -> Iterator[bytes]:
    """Pieces of at most about ``most`` bytes, with up to so many layers of packing taken off.

    Raises
    ------
    TruncatedError
        after the last readable piece, when what is packed ends early or is damaged.
    """
    for _ in range(layers):
        held = b""
        for chunk in chunks:
            held += chunk
            if len(held) >= MAGIC_BYTES:
                break
        packing = packing_of(held)
        chunks = chain((held,), chunks) if held else chunks
        if not packing:
            break
        chunks = unpacked(packing, chunks, most)
    return chunks


def unpacked(packing: str, chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Pieces of what is packed in one of the ways of :func:`packing_of`, or ``deflate``, ``lzma`` and ``stored`` of a zip."""
    match packing:
        case "stored":
            return chunks
        case "gzip":
            return _deflated(chunks, most, wbits=31)
        case "deflate":
            return _deflated(chunks, most, wbits=-15)
        case "zstd":
            return _zstd_pieces(chunks)
        case "bzip2":
            return _streams("bzip2", bz2.BZ2Decompressor, chunks, most)
        case "lzma":
            return _zip_lzma(chunks, most)
        case _:
            return _streams("xz", lambda: lzma.LZMADecompressor(memlimit=_LZMA_BYTES), chunks, most)


def _deflated(chunks: Iterator[bytes], most: int, *, wbits: int) -> Iterator[bytes]:
    """gzip, or the one deflated stream of a zip's member."""
    member = zlib.decompressobj(wbits=wbits)
    word = "gzip" if wbits > 0 else "deflated"
    fresh = True  # nothing of the present member was read yet: the file may end here
    for chunk in chunks:
        data = chunk.lstrip(b"\0") if fresh and wbits > 0 else chunk
        while data:
            try:
                piece = member.decompress(data, most)
            except zlib.error as exc:
                raise TruncatedError(f"damaged {word} data ({exc})") from exc
            fresh = False
            if piece:
                yield piece
            if member.eof:
                if wbits < 0:
                    return
                data = member.unused_data.lstrip(b"\0")
                member, fresh = zlib.decompressobj(wbits=wbits), True
            else:
                data = member.unconsumed_tail
                if not piece and not data:
                    break
    if not fresh:
        if rest := member.flush():  # what a cut member still held back
            yield rest
        raise TruncatedError(f"the {word} data ends early")


def _streams(word: str, make: Callable[[], Any], chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """bzip2 and xz: any number of streams, zero padding between them."""
    stream, fresh = make(), True
    for chunk in chunks:
        data = chunk
        while True:
            if fresh:
                data = data.lstrip(b"\0")
                if not data:
                    break
            try:
                piece = stream.decompress(data, most)
            except (OSError, ValueError, EOFError, MemoryError, lzma.LZMAError) as exc:
                raise TruncatedError(f"damaged {word} data ({exc})") from exc
            fresh, data = False, b""
            if piece:
                yield piece
            if stream.eof:
                data = stream.unused_data
                stream, fresh = make(), True
            elif stream.needs_input:
                break
    if not fresh:
        raise TruncatedError(f"the {word} data ends early")


def _zip_lzma(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """A member of a zip packed by LZMA: version, size and the five bytes of properties stand before the stream (APPNOTE 5.8.8)."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 9:
            break
    size = int.from_bytes(head[2:4], "little")
    if len(head) < 9 or size != 5:
        raise TruncatedError("damaged lzma data (its properties)")
    alone = head[4:9] + b"\xff" * 8 + head[9:]  # the head of a file of the lzma format, of unknown length
    yield from _streams(
        "lzma",
        lambda: lzma.LZMADecompressor(format=lzma.FORMAT_ALONE, memlimit=_LZMA_BYTES),
        chain((alone,), chunks),
        most,
    )


def _zstd_pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    context = zstandard.ZstdDecompressor()
    frame = context.decompressobj()
    fresh = True
    for chunk in chunks:
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
    if not fresh:
        raise TruncatedError("the zstd data ends early")
