"""A file followed as it grows, through rotation, truncation and restarts: ``tail -F`` with a memory.

A position is ``inode:offset:crc``; the CRC-32 is of the first ``min(offset, 256)`` bytes, so an inode that was given to another file, or a file cut and
written anew, is not taken for the old one.

====================  =======================================================================================================
not there yet         waited for
grows                 read every 50 ms
renamed (rotation)    the old file is read until it has been quiet for a second, then those rotated after it, then the new one
cut (copytruncate)    begun anew, also where it has grown beyond the position since; what was not read of it is told as lost
gone                  told after a second; what is still written to it is read on
restart               goes on in the file of the position, wherever in the folder it has been renamed to
compressed            refused in a sentence: it does not grow
====================  =======================================================================================================

While the file is there and does not grow, a sign of life is given every second.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final, Literal

from streams.errors import SourceError
from streams.pump import LIFE_S, ONLY_PART, QUEUE_BYTES, PumpedSource
from streams.time import US_PER_S, Clock, MonotonicClock

_POLL_S: Final = 0.05
_LOOK_US: Final = 250_000
"""How often the name is looked at for another file."""
_QUIET_US: Final = US_PER_S
"""A rotated file may still be written to for a moment: writers keep it open."""
_READ_BYTES: Final = 1 << 16
_PRINT_BYTES: Final = 256
_COMPRESSED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


class FollowSource(PumpedSource):
    """The bytes of a growing file.

    Parameters
    ----------
    begin_at:
        Where to begin without a position: at the ``beginning`` of the file, or at its ``end`` as it is when we start.
    """

    has_memory = True

    def __init__(
        self, name: str, path: str | Path, clock: Clock, *, begin_at: Literal["beginning", "end"] = "beginning",
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:  # fmt: skip
        super().__init__(name, clock, queue_bytes=queue_bytes)
        if begin_at not in ("beginning", "end"):
            raise ValueError(f"begin_at {begin_at!r} is neither 'beginning' nor 'end'")
        self._path = Path(path)
        self._monotonic = MonotonicClock()
        self._begin_at = begin_at
        self._file: BinaryIO | None = None
        self._offset = 0
        self._head = b""
        """What the file of the position begins with, as far as it was read."""
        self._given: tuple[int, int, int] | None = None  # inode, offset, CRC

    def _open(self, positions: Mapping[str, str]) -> None:
        self._given = _parsed(positions[ONLY_PART], self.name) if ONLY_PART in positions else None
        if self._path.is_dir():
            raise SourceError(f"source {self.name}: {self._path} is a folder; name the file to follow")
        if self._path.exists():
            try:
                with _opened(self._path) as file:
                    _refuse_compressed(file, self._path)
                    if self._given is None and self._begin_at == "end":
                        self._given = _place(file, os.fstat(file.fileno()).st_size)
            except OSError as exc:
                raise SourceError(f"source {self.name}: {self._path}: {exc.strerror or exc}") from exc

    def _wake(self) -> None:
        """The thread looks every 50 ms."""

    def _released(self) -> None:
        if self._file is not None:
            self._file.close()

    def _session(self) -> None:
        if self._file is None:
            self._resume()
        told_us = grown_us = looked_us = self._monotonic.now_us()
        self._note(state="connected", connected=True)
        while not self._stop.is_set():
            assert self._file is not None
            now_us = self._monotonic.now_us()
            if self._read_on():
                told_us = grown_us = now_us
                continue
            if now_us - looked_us >= _LOOK_US:
                looked_us = now_us
                if self._was_cut():
                    continue
                if now_us - grown_us >= _QUIET_US and self._move_on():
                    self._note(state="connected", connected=True)
                    continue
                if now_us - grown_us >= _QUIET_US:
                    self._tell_whether_it_is_there()
            if now_us - told_us >= LIFE_S * US_PER_S:
                told_us = now_us
                self._give(b"", self._position())
            self._stop.wait(_POLL_S)

    def _tell_whether_it_is_there(self) -> None:
        is_there = self._path.exists()
        if not is_there and self._health.state == "connected":
            self._note(state="waiting", error=f"{self._path} is gone; it is waited for")
        elif is_there and self._health.state == "waiting":
            self._note(state="connected", connected=True)

    def _read_on(self) -> bool:
        """Give what the file has grown by; False when it has not."""
        assert self._file is not None
        data = self._file.read(_READ_BYTES)
        if not data or self._was_rewritten():
            return False
        self._offset += len(data)
        self._note(lag=max(os.fstat(self._file.fileno()).st_size - self._offset, 0))
        self._give(data, self._position())
        return True

    def _position(self) -> str:
        assert self._file is not None
        handle = self._file.fileno()
        if len(self._head) < min(self._offset, _PRINT_BYTES):
            self._head = os.pread(handle, min(self._offset, _PRINT_BYTES), 0)
        return f"{os.fstat(handle).st_ino}:{self._offset}:{zlib.crc32(self._head)}"

    def _was_cut(self) -> bool:
        """Begin anew when the file is shorter than what was read of it."""
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_size >= self._offset:
            return False
        self._begin_anew("was cut")
        return True

    def _was_rewritten(self) -> bool:
        """Begin anew when it begins otherwise than it did: cut, and grown beyond the position before we looked."""
        assert self._file is not None
        head = os.pread(self._file.fileno(), len(self._head), 0)
        if head == self._head:
            return False
        if not head.strip(b"\0"):  # cut under a writer who goes on at its old place: nothing stands before that
            self._head = head
            return False
        self._begin_anew("was cut and has grown again")
        return True

    def _begin_anew(self, why: str) -> None:
        assert self._file is not None
        self._note(error=f"{self._path} {why}; it is read from its beginning")
        self._offset, self._head = 0, b""
        self._file.seek(0)

    def _move_on(self) -> bool:
        """Go to the file after this one when the name means another file by now; the thread stays here while there is none."""
        assert self._file is not None
        here = os.fstat(self._file.fileno())
        try:
            if self._path.stat().st_ino == here.st_ino:
                return False
        except FileNotFoundError:
            return False
        self._take(self._after(here.st_ino, here.st_mtime_ns), 0)
        return True

    def _after(self, inode: int, mtime_ns: int) -> Path:
        """The file rotated next after one that was last written at ``mtime_ns``; the one followed when there is none between."""
        between = [
            (found.st_mtime_ns, path)
            for path, found in self._siblings()
            if path.name != self._path.name and found.st_ino != inode and found.st_mtime_ns >= mtime_ns
        ]
        return min(between)[1] if between else self._path

    def _resume(self) -> None:
        """Open the file of the position, or the one followed; wait for it to be there."""
        given = self._given
        if given is not None and not self._find(*given):
            self._note(
                error=f"the file of position {given[0]}:{given[1]} is gone from {self._path.parent} or was written anew; "
                "what followed there is lost, and the present file is read from its beginning"
            )
        self._given = None
        while self._file is None:
            try:
                self._take(self._path, 0)
            except FileNotFoundError:
                self._note(state="waiting", error=f"{self._path} is not there yet")
                if self._stop.wait(_POLL_S * 2):
                    raise

    def _find(self, inode: int, offset: int, crc: int) -> bool:
        """Open the file with that inode and beginning, at that offset."""
        for path, found in self._siblings():
            if found.st_ino == inode and found.st_size >= offset:
                with path.open("rb") as file:
                    same = _place(file, offset) == (inode, offset, crc)
                if same:
                    self._take(path, offset)
                    return True
        return False

    def _siblings(self) -> list[tuple[Path, os.stat_result]]:
        """Plain files of the folder whose names begin as the followed one's: itself and what it was rotated to."""
        found = []
        for entry in os.scandir(self._path.parent):
            if entry.name.startswith(self._path.name) and entry.is_file() and not _is_compressed(Path(entry.path)):
                found.append((Path(entry.path), entry.stat()))
        return found

    def _take(self, path: Path, offset: int) -> None:
        """Read on in that file."""
        file = _opened(path)
        try:
            _refuse_compressed(file, path)
            file.seek(offset)
        except (OSError, SourceError):
            file.close()
            raise
        if self._file is not None:
            self._file.close()
        self._file, self._offset = file, offset
        self._head = os.pread(file.fileno(), min(offset, _PRINT_BYTES), 0)


def _opened(path: Path) -> BinaryIO:
    """A plain file. Opening a pipe would wait for its writer, for ever perhaps; what a pipe or device gave cannot be had again after a kill."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceError(
            f"{path} is no plain file, and only those can be followed; let it be written into one, or sent to a source of kind udp or tcp_server"
        )
    return os.fdopen(handle, "rb", buffering=0)


def _place(file: BinaryIO, offset: int) -> tuple[int, int, int]:
    head = os.pread(file.fileno(), min(offset, _PRINT_BYTES), 0)
    return os.fstat(file.fileno()).st_ino, offset, zlib.crc32(head)


def _is_compressed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(_COMPRESSED)
    except OSError:
        return True  # gone or not ours: not to be followed either


def _refuse_compressed(file: BinaryIO, path: Path) -> None:
    if os.pread(file.fileno(), 4, 0).startswith(_COMPRESSED):
        raise SourceError(f"{path} is compressed and does not grow; read it with replay, or follow the plain file")


def _parsed(position: str, name: str) -> tuple[int, int, int]:
    try:
        inode, offset, crc = (int(number) for number in position.split(":"))
        return inode, offset, crc
    except ValueError as exc:
        raise SourceError(f"source {name}: {position!r} is no position of a followed file") from exc
