"""The journal: raw bytes of a source without memory, on the disk before anybody works on them. It is also the evidence.

A folder per source holds segments (``streams.journal_segments``). A chunk is appended in one write; a process killed at any moment loses nothing
that was appended, and a power loss at most the last ``fsync_s``. Signs of life are journalled too: that a source was well and silent is evidence,
and a restart sees the same chunks as the run before it.

=============  =====================================================================================================
killed          in the middle of a write: the torn tail has no valid CRC and is cut off on opening (``torn_bytes``)
damage inside   reading goes on at the next record; places and bytes are counted
disk full       ``JournalFullError``; nothing of the chunk stays, it may be tried again
sealing         in a thread: compress, fsync, rename, index line with SHA-256, delete; killed anywhere it is done again
retention       oldest segments go by age (a step of the clock counts for a day at most) and by total size, never one that is not acknowledged, each told in the index
foreign files   what stands where ours belongs is set aside, what cannot be read is passed over; told, and nothing is deleted
theft           the index is a chain (``streams.journal_index``) whose head others keep (:attr:`Journal.head`)
=============  =====================================================================================================

A position is the text ``segment:offset``: the offset behind a record. Ages are judged by the receive times of chunks; the journal asks no clock.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from streams.aside import set_aside
from streams.errors import JournalError, JournalFullError
from streams.journal_index import INDEX, Index, JournalHead, wrong_with_index
from streams.journal_segments import (
    HEAD_BYTES,
    MAX_DATA_BYTES,
    SegmentScan,
    file_head,
    plain_path,
    record_bytes,
    seal,
    sealed_path,
    segment_numbers,
    segment_of,
    sync_folder,
    wrong_since,
)
from streams.private import close_to_others, make_private_folder, open_private, private_handle
from streams.source import Chunk
from streams.time import US_PER_S, MonotonicClock

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_RETRY_US: Final = 30 * US_PER_S
"""A segment that could not be sealed (disk full) is tried again after this."""
_MOST_TORN_BYTES: Final = MAX_DATA_BYTES + (1 << 17)
"""A torn write leaves no more than one record."""
_US_PER_H: Final = 3600 * US_PER_S
_MOST_STEP_US: Final = 24 * _US_PER_H
"""What one step of the receive clock may age the evidence before it: it may be a clock that was set wrong."""

Place = tuple[int, int]
"""Segment and offset."""


@dataclass(frozen=True, slots=True)
class JournalConfig:
    """How a journal is kept."""

    segment_bytes: int = 64 << 20
    """A segment of this size is closed and sealed."""
    segment_s: float = 3600.0
    """So is one that is this old."""
    fsync_s: float = 1.0
    """What a power loss may cost. 0: every append waits for the disk."""
    keep_h: float = 7 * 24.0
    """Older segments are removed once acknowledged."""
    keep_bytes: int = 50 << 30
    """Beyond this the oldest are removed, younger than ``keep_h`` or not, once acknowledged."""

    def __post_init__(self) -> None:
        if self.segment_bytes < 1 or self.segment_s <= 0 or self.fsync_s < 0 or self.keep_h < 0 or self.keep_bytes < 0:
            raise ValueError(f"{self} has a value below what makes sense")


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """How a journal does, as values."""

    stored_bytes: int
    segments: int
    torn_bytes: int
    """Cut off on opening."""
    damages: int
    """Places that could not be read."""
    damaged_bytes: int
    missing: int
    """How often a position was asked for whose bytes are no longer there."""
    last_error: str


@dataclass(slots=True)
class _Segment:
    """A segment as the index will tell of it."""

    number: int
    size: int = HEAD_BYTES
    records: int = 0
    first_us: int | None = None
    last_us: int | None = None
    goes_on: bool = True
    """Whether more may be appended."""

    def facts(self) -> dict[str, Any]:
        return {"records": self.records, "first_received_us": self.first_us, "last_received_us": self.last_us}


class Journal:
    """The journal of one source, open for writing by this process alone. ``append`` and ``read_from`` belong to one thread.

    Raises
    ------
    JournalError
        when another process writes it, or the folder cannot be used; ``JournalFullError`` for want of room.
    """

    def __init__(self, folder: str | Path, config: JournalConfig | None = None) -> None:
        self._folder = Path(folder)
        self._config = config or JournalConfig()
        self._lock = threading.Lock()
        self._torn, self._damages, self._damaged_bytes, self._missing, self._error = 0, 0, 0, 0, ""
        self._acknowledged: Place = (0, 0)
        self._last_us: int | None = None
        self._dirty, self._broken_at = False, -1
        self._to_seal: deque[tuple[_Segment, int]] = deque()
        self._sealed: dict[int, tuple[int, int]] = {}  # number -> stored bytes, last receive time
        self._monotonic = MonotonicClock()
        self._synced_us, self._seal_not_before_us = self._monotonic.now_us(), 0
        self._notes: list[str] = []
        self._digest = hashlib.sha256()
        try:
            self._make_folder()
            self._lock_file = open_private(self._folder / "lock", "ab")
        except OSError as exc:
            raise JournalError(
                f"{folder}: the journal cannot be written ({exc.strerror}); choose another folder"
            ) from exc
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            self._lock_file.close()
            raise JournalError(
                f"{folder}: another process writes this journal; stop it or choose another folder"
            ) from exc
        try:
            self._recover()
        except OSError as exc:
            self._lock_file.close()
            raise self._told(exc) from exc
        except JournalError:
            self._lock_file.close()
            raise
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"journal {self._folder.name}", daemon=True)
        self._keeper.start()

    @property
    def end(self) -> str:
        """The position behind everything appended."""
        active = self._active
        return f"{active.number}:{active.size}"

    @property
    def newest_us(self) -> int | None:
        """Receive time of what was appended last; None while there is nothing."""
        return self._last_us

    @property
    def status(self) -> JournalStatus:
        """How it does now."""
        with self._lock:
            waiting = [segment.size for segment, _ in self._to_seal]
            stored = sum(stored for stored, _ in self._sealed.values()) + sum(waiting) + self._active.size
            return JournalStatus(
                stored, len(self._sealed) + len(waiting) + 1, self._torn, self._damages, self._damaged_bytes,
                self._missing, "; ".join((*self._notes, *filter(None, (self._error,)))),
            )  # fmt: skip

    @property
    def head(self) -> JournalHead:
        """What it is now: whoever keeps this elsewhere can tell later whether anything of it is gone or changed."""
        with self._lock:
            return JournalHead(*self._index.state, self._active.number, self._active.size, self._digest.hexdigest())

    def wrongs(self, known: JournalHead) -> list[str]:
        """What is gone or changed since, a sentence each; quick, so sealed segments are not read (``check_segments`` does)."""
        try:
            found = list(wrong_with_index(self._folder, known))
            if "removed" not in self._index.by_segment.get(known.segment, {}):
                found += wrong_since(self._folder, known)
        except OSError as exc:
            return [f"the journal cannot be compared with what the store knows of it ({exc.strerror or exc})"]
        return found

    def append(self, chunk: Chunk) -> str:
        """Write a chunk and return its position. On any error nothing of it stays and the same chunk may be tried again."""
        try:
            active = self._active
            if active.records and self._is_full(chunk):
                active = self._begin(active.number + 1)
            self._write(record_bytes(self._mark, chunk.part, chunk.received_us, chunk.data, chunk.voice))
        except OSError as exc:
            raise self._told(exc) from exc
        active.records += 1
        active.first_us = chunk.received_us if active.first_us is None else active.first_us
        active.last_us = chunk.received_us
        self._last_us = chunk.received_us
        return self.end

    def read_from(self, position: str) -> Iterator[Chunk]:
        """Chunks behind a position, in the order they were appended, up to what is there now. The empty position is the beginning.

        Raises
        ------
        JournalError
            when the position is none of a journal's.
        """
        after, until = parse_position(position), (self._active.number, self._active.size)
        if after > until:
            # a power loss took what the store had already worked on; what is appended now must come behind that position
            try:
                self._begin(after[0] + 1)
            except OSError as exc:
                raise self._told(exc) from exc
        return self._read(after, until)

    def acknowledge(self, position: str) -> None:
        """Everything up to the position is durable elsewhere: retention may remove it when its time has come."""
        with self._lock:
            self._acknowledged = max(self._acknowledged, parse_position(position))

    def sync(self) -> None:
        """Wait until everything appended is on the disk."""
        with self._lock:
            self._dirty = False
            self._synced_us = self._monotonic.now_us()
        os.fsync(self._handle)

    def close(self) -> None:
        """Everything on the disk, everything released. Segments that wait to be sealed are sealed when it is opened again."""
        self._stop.set()
        self._keeper.join()
        with contextlib.suppress(OSError):
            self.sync()
        for _, handle in self._to_seal:
            os.close(handle)
        os.close(self._handle)
        self._lock_file.close()

    def _make_folder(self) -> None:
        """The folder, and nothing in it that stands where a file of ours belongs."""
        for path in (self._folder.parent, self._folder):
            if (path.exists() or path.is_symlink()) and not path.is_dir():
                self._notes.append(set_aside(path))
        try:
            make_private_folder(self._folder)
            names = sorted(path.name for path in self._folder.iterdir())
        except PermissionError:
            self._notes.append(set_aside(self._folder))
            names = []
            make_private_folder(self._folder)
        for name in names:
            path = self._folder / name
            is_ours = name in ("lock", INDEX) or segment_of(name) or (name.endswith(".tmp") and segment_of(name[:-4]))
            if is_ours and not path.is_file():
                self._notes.append(set_aside(path))
            elif not is_ours and ".aside-" not in name:
                self._notes.append(f"{path} is none of ours and was left alone")

    def _open_index(self) -> Index:
        try:
            return Index(self._folder)
        except PermissionError:
            self._notes.append(set_aside(self._folder / INDEX))
            return Index(self._folder)

    def _recover(self) -> None:
        """Take up a folder as a killed process left it."""
        self._index = self._open_index()
        index = self._index.by_segment
        plain: list[_Segment] = []
        unreadable: list[int] = []
        for number in segment_numbers(self._folder):
            try:
                self._drop_left_overs(number, index.get(number, {}))
                if plain_path(self._folder, number).exists():
                    plain.append(self._take_up(number))
                elif sealed_path(self._folder, number).exists():
                    stored = sealed_path(self._folder, number).stat()
                    last_us = index.get(number, {}).get("last_received_us")
                    self._sealed[number] = (
                        stored.st_size, last_us if last_us is not None else stored.st_mtime_ns // 1000
                    )  # fmt: skip
            except OSError as exc:
                if exc.errno in _FULL:
                    raise
                unreadable.append(number)
                self._damages += 1
                self._notes.append(f"segment {number} cannot be read ({exc.strerror or exc}) and is passed over")
                continue
            last_known = (
                plain[-1].last_us if plain and plain[-1].number == number else self._sealed.get(number, (0, None))[1]
            )
            if last_known is not None:
                self._last_us = last_known
        newest = max([*self._sealed, *(segment.number for segment in plain), *index, *unreadable], default=0)
        if plain and plain[-1].number == newest and plain[-1].goes_on:
            self._active = plain.pop()
            self._handle = os.open(plain_path(self._folder, newest), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            close_to_others(plain_path(self._folder, newest))
            self._digest = self._digest_of(self._active)
        else:
            self._create(newest + 1)
        for segment in plain:
            handle = os.open(plain_path(self._folder, segment.number), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            self._to_seal.append((segment, handle))

    def _drop_left_overs(self, number: int, line: dict[str, Any]) -> None:
        """What a kill left beside what is done: half a sealed file, a plain one that is sealed, a sealed one that retention had written off."""
        plain, sealed = plain_path(self._folder, number), sealed_path(self._folder, number)
        sealed.with_suffix(".tmp").unlink(missing_ok=True)
        if "removed" in line:
            sealed.unlink(missing_ok=True)
        elif plain.exists() and sealed.exists() and line.get("stored_sha256") == _digest_of_file(sealed):
            if line.get("sha256") == _digest_of_file(plain):
                plain.unlink()
            else:  # somebody put it there: what was sealed is the evidence
                self._notes.append(set_aside(plain))

    def _digest_of(self, segment: _Segment) -> Any:
        digest, left = hashlib.sha256(), segment.size
        with plain_path(self._folder, segment.number).open("rb") as file:
            while left and (block := file.read(min(left, 1 << 20))):
                digest.update(block)
                left -= len(block)
        return digest

    def _take_up(self, number: int) -> _Segment:
        """Read an unsealed segment through and cut its torn tail off."""
        path, scan = plain_path(self._folder, number), SegmentScan(self._folder, number)
        for _ in scan.records():
            pass
        self._damages += scan.damages
        self._damaged_bytes += scan.damaged_bytes
        segment = _Segment(number, max(scan.good_end, HEAD_BYTES), scan.count, scan.first_us, scan.last_us)
        if (
            not scan.head_good or scan.tail_bytes > _MOST_TORN_BYTES
        ):  # no write torn by a kill: kept as it is, for experts
            segment.size, segment.goes_on = path.stat().st_size, False
            return segment
        if scan.tail_bytes:
            self._torn += scan.tail_bytes
            os.truncate(path, scan.good_end)
        if scan.good_end < HEAD_BYTES:  # killed before the head was whole
            self._mark = os.urandom(8)
            with open_private(path, "wb") as file:
                file.write(file_head(number, self._mark))
        else:
            self._mark = scan.mark
        return segment

    def _is_full(self, chunk: Chunk) -> bool:
        active = self._active
        begun_us = chunk.received_us if active.first_us is None else active.first_us
        return (
            active.size >= self._config.segment_bytes
            or abs(chunk.received_us - begun_us) >= self._config.segment_s * US_PER_S
        )

    def _begin(self, number: int) -> _Segment:
        """A new active segment; the one before waits to be sealed. On an error the one before stays active."""
        before, handle = self._active, self._handle
        self._create(number)
        with self._lock:
            self._to_seal.append((before, handle))
        return self._active

    def _create(self, number: int) -> None:
        path, mark = plain_path(self._folder, number), os.urandom(8)
        handle = private_handle(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC)
        try:
            head = file_head(number, mark)
            if os.write(handle, head) != len(head):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync_folder(self._folder)
        except OSError:
            os.close(handle)
            path.unlink(missing_ok=True)
            raise
        with self._lock:
            self._active, self._handle, self._mark, self._broken_at = _Segment(number), handle, mark, -1
            self._digest = hashlib.sha256(head)

    def _write(self, record: bytes) -> None:
        active = self._active
        if self._broken_at >= 0:
            os.ftruncate(self._handle, self._broken_at)
            self._broken_at = -1
        try:
            left = memoryview(record)
            while left:
                left = left[os.write(self._handle, left) :]
            if not self._config.fsync_s:
                os.fsync(self._handle)
        except OSError:
            self._broken_at = active.size
            with contextlib.suppress(OSError):  # tried again before the next write
                os.ftruncate(self._handle, active.size)
                self._broken_at = -1
            raise
        with self._lock:
            self._dirty = True
            active.size += len(record)
            self._digest.update(record)

    def _read(self, after: Place, until: Place) -> Iterator[Chunk]:
        numbers = [number for number in segment_numbers(self._folder) if after[0] <= number <= until[0]]
        if after > (0, 0) and after < until and (not numbers or numbers[0] > after[0] + 1):
            self._missing += 1
            self._error = f"what followed position {after[0]}:{after[1]} is no longer in the journal"
        for number in numbers:
            scan = SegmentScan(self._folder, number)
            for record in scan.records(after[1] if number == after[0] else 0):
                if (number, record.end) > until:
                    break
                yield Chunk(record.part, record.data, record.received_us, f"{number}:{record.end}", record.voice)
            else:
                if scan.tail_bytes and number < until[0]:
                    scan.damages, scan.damaged_bytes = scan.damages + 1, scan.damaged_bytes + scan.tail_bytes
            if scan.damages:
                self._damages += scan.damages
                self._damaged_bytes += scan.damaged_bytes
                self._error = f"segment {number} is damaged: {scan.damages} places, {scan.damaged_bytes} bytes skipped"

    def _keep(self) -> None:
        """The thread: fsync in time, seal, remove."""
        while not self._stop.wait(min(max(self._config.fsync_s, 0.05), 1.0)):
            try:
                self._sync_in_time()
                self._seal_one()
                self._remove_old()
            except Exception as exc:  # told, and tried again: the feed must not stop for it
                self._error = f"{type(exc).__name__}: {exc}"
                self._seal_not_before_us = self._monotonic.now_us() + _RETRY_US

    def _sync_in_time(self) -> None:
        now_us = self._monotonic.now_us()
        with self._lock:
            due = self._dirty and now_us - self._synced_us >= self._config.fsync_s * US_PER_S * 0.9
            handle = self._handle
            if due:
                self._dirty, self._synced_us = False, now_us
        if due:
            os.fsync(handle)

    def _seal_one(self) -> None:
        if not self._to_seal or self._monotonic.now_us() < self._seal_not_before_us:
            return
        segment, handle = self._to_seal[0]
        os.fsync(handle)
        line = seal(self._folder, segment.number, segment.facts(), self._sync_in_time, self._index)
        with self._lock:
            self._to_seal.popleft()
            self._sealed[segment.number] = (line["stored_bytes"], segment.last_us or 0)
        os.close(handle)

    def _remove_old(self) -> None:
        """Remove acknowledged segments that are too old or too much."""
        with self._lock:
            last_us, acknowledged = self._last_us, self._acknowledged[0]
            total = sum(stored for stored, _ in self._sealed.values()) + self._active.size
            sealed = sorted(self._sealed.items())
        if last_us is None:
            return
        ages_us = _ages_us([one[1] for _, one in sealed], last_us)
        for (number, (stored, segment_us)), age_us in zip(sealed, ages_us, strict=True):
            if number >= acknowledged:
                return
            is_old = age_us > self._config.keep_h * _US_PER_H
            reason = "age" if is_old else "size" if total > self._config.keep_bytes else ""
            if not reason:
                continue
            known = self._index.by_segment.get(number, {})
            self._index.add(
                {
                    "segment": number, "removed": reason, "last_received_us": segment_us,
                    "acknowledged": acknowledged, "stored_sha256": known.get("stored_sha256"),
                }
            )  # fmt: skip
            sealed_path(self._folder, number).unlink(missing_ok=True)
            total -= stored
            with self._lock:
                del self._sealed[number]

    def _told(self, exc: OSError) -> JournalError:
        if exc.errno in _FULL:
            return JournalFullError(f"{self._folder}: no room for the journal; free some or move it ({exc.strerror})")
        return JournalError(f"{self._folder}: the journal cannot be written ({exc.strerror or exc})")


def _ages_us(lasts_us: Sequence[int], now_us: int) -> list[int]:
    """How old segments are, oldest first, by the time that went by between their last receipts, a day at most from one to the next.

    A clock that jumps ahead by years, and back, so makes evidence two days older and not years; one that runs back makes it no younger.
    """
    steps_us = np.clip(np.diff([*lasts_us, now_us]), 0, _MOST_STEP_US)
    return [int(age) for age in np.cumsum(steps_us[::-1])[::-1]]


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_position(position: str) -> Place:
    """Segment and offset of a position; the empty one is before everything. ``JournalError`` when it is no position."""
    if not position:
        return (0, 0)
    try:
        number, offset = position.split(":")
        return int(number), int(offset)
    except ValueError as exc:
        raise JournalError(f"{position!r} is no position of a journal") from exc


def journal_chunks(folder: str | Path) -> Iterator[Chunk]:
    """Every chunk of a journal folder, for investigators: nothing is locked or changed, damage is passed over (``check_segments`` tells it)."""
    where = Path(folder)
    if not where.is_dir():
        raise JournalError(f"{where}: there is no journal; name the folder of a source")
    for number in segment_numbers(where):
        for record in SegmentScan(where, number).records():
            yield Chunk(record.part, record.data, record.received_us, f"{number}:{record.end}", record.voice)


def journal_bytes(folder: str | Path) -> Iterator[bytes]:
    """The bytes of a source again, as they were received."""
    return (chunk.data for chunk in journal_chunks(folder) if chunk.data)
