"""Recorded files: blocks of bytes out of a file, or out of one member of an archive, packed or not (``streams.unpack``).

Memory is bounded by the block size and not by what is packed. What ends early or is damaged inside gives all that can be read and then raises
``TruncatedError``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from streams.errors import TooLargeError, TruncatedError
from streams.unpack import peeled, unpacked

BLOCK_BYTES: Final = 1 << 20
"""Default size of a block."""
_READ_BYTES: Final = 1 << 16
BOMB_BYTES: Final = 256 << 20
"""What unpacks to less than this is never taken for a bomb."""
BOMB_RATIO: Final = 400
"""Beyond ``BOMB_BYTES``: nothing that is tracked repeats itself so much. Tables of ships at rest, packed by zstd -19, reach 60."""

Progress = Callable[[int], None]
"""Told how many bytes of the file as stored (compressed) have been read so far."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the bytes of one recording are stored: a file, or a stretch of one."""

    path: Path
    name: str
    """What people know it by: the path, or ``archive.zip!member.csv``."""
    start: int = 0
    size: int | None = None
    """Length of the stretch; None is up to the end of the file."""
    packing: str = ""
    """How a member of an archive is packed: ``deflate``, ``bzip2``, ``lzma``, ``zstd`` or ``stored``; nothing outside of one."""
    unpacked_bytes: int | None = None
    """How many bytes there are in it, as the archive says; more are never read."""
    crc: int | None = None
    sidecar: Stored | None = None
    """What is said of this recording beside it."""

    @classmethod
    def at(cls, path: str | Path) -> Stored:
        """A whole file."""
        path = Path(path)
        beside = path.with_name(path.name + ".json")
        sidecar = cls(beside, str(beside)) if path.name and beside.is_file() else None
        return cls(path, str(path), sidecar=sidecar)

    @property
    def file_name(self) -> str:
        """The last part of the member's name, or of the path."""
        return self.name.rpartition("!")[2].rpartition("/")[2] or self.path.name

    @property
    def is_member(self) -> bool:
        """Whether it is in an archive."""
        return self.name != str(self.path)

    @property
    def is_plain(self) -> bool:
        """Whether its bytes stand in the file as they are."""
        return self.packing in ("", "stored")


def stored_of(place: str | Path | Stored) -> Stored:
    """A path as what is stored there."""
    return place if isinstance(place, Stored) else Stored(Path(place), str(place))


def stored_size(place: str | Path | Stored) -> int:
    """Bytes as stored: the end value of ``Progress``."""
    stored = stored_of(place)
    return stored.path.stat().st_size if stored.size is None else stored.size


def read_blocks(
    place: str | Path | Stored,
    block_bytes: int = BLOCK_BYTES,
    progress: Progress | None = None,
    *,
    bomb_ratio: int | None = None,
    layers: int | None = None,
) -> Iterator[bytes]:
    """The decompressed content in blocks of ``block_bytes``, the last one shorter.

    ``bomb_ratio`` ends it where more than so many times of what was read comes out (and more than ``BOMB_BYTES``); ``layers`` of packing are taken
    off at most, zero for the bytes as they are in the archive.

    Raises
    ------
    TruncatedError
        after the last readable block, when a compressed file ends early or is damaged, or is a bomb.
    """
    stored = stored_of(place)
    held = bytearray()
    damage: TruncatedError | None = None
    with stored.path.open("rb") as file:
        pieces = _pieces(file, stored, block_bytes, progress, bomb_ratio, layers)
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
        raise TruncatedError(f"{stored.name}: {damage}") from damage


def read_whole(place: str | Path | Stored, most_bytes: int, progress: Progress | None = None) -> bytes:
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
    for block in read_blocks(place, progress=progress):
        size += len(block)
        if size > most_bytes:
            raise TooLargeError(f"holds more than {most_bytes:,} bytes unpacked")
        blocks.append(block)
    return b"".join(blocks)


def read_stored(place: str | Path | Stored, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The bytes as they are stored; nothing more where the archive ends inside them."""
    stored = stored_of(place)
    with stored.path.open("rb") as file:
        file.seek(stored.start)
        left = stored_size(stored)
        while left and (block := file.read(min(block_bytes, left))):
            left -= len(block)
            yield block


def same_stored(one: Stored, other: Stored) -> bool:
    """Whether two recordings of one size are stored as the same bytes in the same way."""
    if one.packing != other.packing:
        return False
    return all(a == b for a, b in zip(read_stored(one), read_stored(other), strict=False))


def peek(place: str | Path | Stored, size: int, *, layers: int | None = None) -> bytes:
    """The first ``size`` decompressed bytes, or fewer where the file is shorter or damaged."""
    try:
        return next(read_blocks(place, size, layers=layers), b"")
    except TruncatedError:
        return b""


def _pieces(
    file: BinaryIO, stored: Stored, most: int, progress: Progress | None, bomb_ratio: int | None, layers: int | None
) -> Iterator[bytes]:
    """Decompressed pieces of at most about ``most`` bytes."""
    done = [0]

    def told(read_bytes: int) -> None:
        done[0] = read_bytes
        if progress is not None:
            progress(read_bytes)

    chunks = _chunks(file, stored, told)
    if stored.packing:
        chunks = _as_declared(unpacked(stored.packing, chunks, most), stored)
    pieces = peeled(chunks, most) if layers is None else peeled(chunks, most, layers)
    out = 0
    for piece in pieces:
        out += len(piece)
        if bomb_ratio is not None and out > BOMB_BYTES and out > bomb_ratio * max(done[0], 1):
            raise TruncatedError(f"it unpacks to more than {bomb_ratio} times its size, as nothing recorded does")
        yield piece


def _chunks(file: BinaryIO, stored: Stored, progress: Progress) -> Iterator[bytes]:
    """The stretch as stored."""
    done, size = 0, stored.size
    if stored.start:
        file.seek(stored.start)
    while chunk := file.read(_READ_BYTES if size is None else min(_READ_BYTES, size - done)):
        done += len(chunk)
        progress(done)
        yield chunk
    if size is not None and done < size:
        raise TruncatedError("the archive ends inside it")


def _as_declared(pieces: Iterator[bytes], stored: Stored) -> Iterator[bytes]:
    """The pieces, held against the length and the checksum that the archive tells."""
    done = crc = 0
    for piece in pieces:
        done, crc = done + len(piece), zlib.crc32(piece, crc)
        if stored.unpacked_bytes is not None and done > stored.unpacked_bytes:
            raise TruncatedError("it holds more than the archive says")
        yield piece
    if stored.unpacked_bytes is not None and done < stored.unpacked_bytes:
        raise TruncatedError("it ends early")
    if stored.crc is not None and crc != stored.crc:
        raise TruncatedError("its checksum does not match")
