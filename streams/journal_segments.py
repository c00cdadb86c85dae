"""The files of a journal: what a segment looks like, how it is read past damage, sealed, and checked.

::

    00000007.journal        a segment being written, or waiting to be sealed
    00000006.journal.zst    a sealed one: the same bytes in one zstd frame (RFC 8878)
    index.jsonl             one JSON line per segment sealed or removed, each chained to the one before (``streams.journal_index``)
    lock                    held by the process that writes

Segment (little-endian)::

    8 bytes   TWJRNL01
    8 bytes   mark: random, new in every segment
    4 bytes   number of the segment
    4 bytes   CRC-32 of the 20 bytes before
    records, one after the other:
      8 bytes   mark
      4 bytes   CRC-32 (zlib) of everything behind it
      4 bytes   length of the data
      2 bytes   length of the part's name
      8 bytes   received_us
      part (UTF-8; where the part has several voices then 1F and the voice), data

The mark is where reading goes on behind damage. It is random because whoever sends us bytes must not be able to send us a record: data that
looks like one would otherwise be taken for one once the bytes before it are damaged.

An offset is counted in the bytes of the unsealed segment, so a position outlives the sealing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import zstandard

from streams.errors import JournalError, TruncatedError
from streams.files import read_blocks
from streams.journal_index import MOST_NUMBER, Index, JournalHead, read_index, wrong_with_index
from streams.private import open_private

MAX_DATA_BYTES: Final = 16 << 20
"""More than a chunk ever has; a length beyond it is damage."""
_MAGIC: Final = b"TWJRNL01"
_FILE_HEAD: Final = struct.Struct("<8s8sII")
_RECORD_HEAD: Final = struct.Struct("<8sIIHq")
_CHECKED_FROM: Final = 12
"""Where in a record the bytes under the CRC begin."""
HEAD_BYTES: Final = _FILE_HEAD.size
_NAME: Final = re.compile(r"(\d{8,})\.journal(\.zst)?")
_ZSTD_LEVEL: Final = 3
_VOICE: Final = "\x1f"
"""Between a part and the voice within it (ASCII unit separator)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One chunk as it lies in a segment; ``end`` is the offset behind it."""

    part: str
    received_us: int
    data: bytes
    end: int
    voice: str = ""


def file_head(number: int, mark: bytes) -> bytes:
    """The first bytes of a segment."""
    head = _FILE_HEAD.pack(_MAGIC, mark, number, 0)[:-4]
    return head + struct.pack("<I", zlib.crc32(head))


def record_bytes(mark: bytes, part: str, received_us: int, data: bytes, voice: str = "") -> bytes:
    """A record; ``ValueError`` when the data or the name of the part is too long for one."""
    name = f"{part}{_VOICE}{voice}".encode() if voice else part.encode()
    if len(data) > MAX_DATA_BYTES or len(name) > 0xFFFF:
        raise ValueError(f"a chunk of {len(data)} bytes is too long for the journal")
    rest = _RECORD_HEAD.pack(mark, 0, len(data), len(name), received_us)[_CHECKED_FROM:] + name + data
    return mark + struct.pack("<I", zlib.crc32(rest)) + rest


def plain_path(folder: Path, number: int) -> Path:
    """Where an unsealed segment is."""
    return folder / f"{number:08d}.journal"


def sealed_path(folder: Path, number: int) -> Path:
    """Where a sealed segment is."""
    return folder / f"{number:08d}.journal.zst"


def segment_numbers(folder: Path) -> list[int]:
    """Numbers of the segments there, sealed or not, in order."""
    return sorted({number for path in folder.iterdir() if (number := segment_of(path.name))})


def segment_of(name: str) -> int:
    """The segment that a file's name is of; 0 where it is that of none."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found and int(found[1]) <= MOST_NUMBER else 0


class SegmentScan:
    """The records of one segment, read past damage.

    ``good_end`` is the offset behind the last good record, ``damaged_bytes`` what was skipped between good ones, ``tail_bytes`` what came behind
    the last; ``damages`` how many places were skipped. ``head_good`` is False when the segment's own head is damaged. They are final once ``records`` is exhausted.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._number = folder, number
        self.mark = b""
        self.head_good = True
        self.good_end = HEAD_BYTES
        self.damaged_bytes, self.damages, self.tail_bytes = 0, 0, 0
        self.count = 0
        self.first_us: int | None = None
        self.last_us: int | None = None

    def records(self, after: int = 0) -> Iterator[Record]:
        """Records that end behind the offset ``after``."""
        blocks = self._blocks()
        held = bytearray()
        while len(held) < HEAD_BYTES + len(_MAGIC) and (block := next(blocks, b"")):
            held += block
        self.mark = self._mark_of(held)
        if len(self.mark) < len(_MAGIC):
            self.good_end, self.tail_bytes = 0, len(held) + sum(map(len, blocks))
            return
        base = 0  # offset of held[0]
        begin = max(after, HEAD_BYTES)
        while len(held) < begin - base and (block := next(blocks, b"")):
            base += len(held)
            held[:] = block
        place = begin - base
        self.good_end = begin
        skipping = at_end = False
        while True:
            record = _record_at(held, place, base, self.mark)
            if isinstance(record, Record):
                if skipping:
                    self.damages += 1
                    self.damaged_bytes += base + place - self.good_end
                    skipping = False
                place = record.end - base
                self._count(record)
                yield record
                continue
            if record is None and not at_end:
                base += place
                del held[:place]
                place = 0
                block = next(blocks, b"")
                held += block
                at_end = not block
                continue
            skipping = True
            found = held.find(self.mark, place + 1)
            if found < 0 and at_end:
                break
            place = found if found >= 0 else max(place + 1, len(held) - len(self.mark) + 1)
        self.tail_bytes = max(base + len(held) - self.good_end, 0)

    def _blocks(self) -> Iterator[bytes]:
        """The segment's bytes, sealed or not; a damaged archive ends where it cannot be read."""
        for path in (plain_path(self._folder, self._number), sealed_path(self._folder, self._number)):
            with contextlib.suppress(OSError, TruncatedError):
                if path.is_file() or not path.exists():  # a pipe would have us wait for ever
                    yield from read_blocks(path)
                    return
            if path.exists():
                self.damages += 1
                return

    def _mark_of(self, head: bytearray) -> bytes:
        """The mark, from the head of the segment, or from its first record where the head is damaged."""
        if len(head) < HEAD_BYTES:
            return b""
        if bytes(head[:HEAD_BYTES]) == file_head(self._number, bytes(head[8:16])):
            return bytes(head[8:16])
        self.damages += 1
        self.head_good = False
        return bytes(head[HEAD_BYTES : HEAD_BYTES + 8])

    def _count(self, record: Record) -> None:
        self.good_end = record.end
        self.count += 1
        self.first_us = record.received_us if self.first_us is None else self.first_us
        self.last_us = record.received_us


def _record_at(held: bytearray, place: int, base: int, mark: bytes) -> Record | bool | None:
    """The record there; None when it goes on behind ``held``; False when there is none."""
    if len(held) - place < _RECORD_HEAD.size:
        return None
    found, crc, data_bytes, name_bytes, received_us = _RECORD_HEAD.unpack_from(held, place)
    if found != mark or data_bytes > MAX_DATA_BYTES:
        return False
    end = place + _RECORD_HEAD.size + name_bytes + data_bytes
    if end > len(held):
        return None
    with memoryview(held) as view:
        if zlib.crc32(view[place + _CHECKED_FROM : end]) != crc:
            return False
        name = bytes(view[place + _RECORD_HEAD.size : place + _RECORD_HEAD.size + name_bytes])
        data = bytes(view[end - data_bytes : end])
    part, _, voice = name.decode(errors="replace").partition(_VOICE)
    return Record(part, received_us, data, base + end, voice)


def seal(
    folder: Path, number: int, facts: dict[str, Any], between: Callable[[], object], index: Index
) -> dict[str, Any]:
    """Compress a segment and note its digests in the index; the plain file goes only when all of it is on the disk.

    ``between`` is called now and then: whatever else has to be done in time. Returns the index line.
    """
    plain, sealed = plain_path(folder, number), sealed_path(folder, number)
    unfinished = sealed.with_suffix(".tmp")
    raw, stored = hashlib.sha256(), hashlib.sha256()
    sizes = [0, 0]
    try:
        with open_private(unfinished, "wb") as out:
            packer = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True).compressobj()

            def put(piece: bytes) -> None:
                stored.update(piece)
                sizes[1] += len(piece)
                out.write(piece)

            for block in read_blocks(plain):
                raw.update(block)
                sizes[0] += len(block)
                put(packer.compress(block))
                between()
            put(packer.flush())
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(sealed)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    line = index.add({
        "segment": number, "file": sealed.name, "bytes": sizes[0], "sha256": raw.hexdigest(),
        "stored_bytes": sizes[1], "stored_sha256": stored.hexdigest(), **facts,
    })  # fmt: skip
    plain.unlink()
    return line


def sync_folder(folder: Path) -> None:
    """Make names created or renamed in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_segments(folder: Path, *known: JournalHead) -> Iterator[str]:
    """What is wrong with a journal, a sentence each: a chain that is broken, digests that differ, segments that are gone, records that are damaged.

    ``known`` is what it was at some earlier times: nothing of that may be gone or changed since, but what retention says it removed.
    """
    if not folder.is_dir():
        raise JournalError(f"{folder}: there is no journal; name the folder of a source")
    yield from dict.fromkeys(wrong for head in known or (None,) for wrong in wrong_with_index(folder, head))
    index, there = read_index(folder), segment_numbers(folder)
    for number in sorted(set(index) | set(there)):
        line = index.get(number, {})
        if "removed" in line:
            continue
        if number not in there:
            yield f"segment {number} is in the index and not in the folder"
            continue
        yield from _wrong_with_segment(folder, number, line)
    for head in known:
        if "removed" not in index.get(head.segment, {}):
            yield from wrong_since(folder, head)


def _wrong_with_segment(folder: Path, number: int, line: dict[str, Any]) -> Iterator[str]:
    sealed = sealed_path(folder, number)
    if sealed.exists() and not plain_path(folder, number).exists():
        if not line:
            yield f"{sealed.name} is not in the index: nobody sealed it"
        elif sealed.is_file():
            with sealed.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != line.get("stored_sha256"):
                yield f"{sealed.name} is not the file that was sealed: its SHA-256 differs from the index"
    scan = SegmentScan(folder, number)
    for _ in scan.records():
        pass
    if scan.damages or scan.tail_bytes:
        yield f"segment {number}: {scan.damages} damaged places, {scan.damaged_bytes} bytes lost, {scan.tail_bytes} bytes behind the last record"


def wrong_since(folder: Path, known: JournalHead) -> Iterator[str]:
    """Whether the segment that was being written still begins as it did."""
    found = first_bytes_digest(folder, known.segment, known.size)
    if found is None:
        yield f"segment {known.segment}, of which {known.size} bytes were written, is gone or shorter"
    elif found != known.sha256:
        yield f"the first {known.size} bytes of segment {known.segment} are not those that were written"


def first_bytes_digest(folder: Path, number: int, size: int) -> str | None:
    """SHA-256 of the first bytes of a segment, sealed or not; None where it has not so many."""
    digest, left = hashlib.sha256(), size
    with contextlib.suppress(OSError, TruncatedError):
        plain = plain_path(folder, number)
        for block in read_blocks(plain if plain.is_file() else sealed_path(folder, number)):
            digest.update(block[:left])
            left -= min(left, len(block))
            if not left:
                break
    return None if left else digest.hexdigest()
