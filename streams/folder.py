"""Files that arrive in a folder: which of them are whole.

A file counts when it was renamed into the folder, or when it has not grown for ``settle_s``. What was renamed is told by the kernel (inotify, ``IN_MOVED_TO``)
where it can; on a file system of another machine, and for what was there before, the waiting decides.

Left alone: hidden files, and those that other programs are still writing by their endings; told besides, once each: whatever is no plain file. A link is never followed.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams.errors import SourceError
from streams.time import US_PER_S, Clock

UNFINISHED: Final = (".part", ".tmp", ".temp", ".filepart", ".crdownload", "~")
"""Endings that browsers, SFTP clients and editors give what they are still writing."""
_IN_MOVED_TO: Final = 0x80
_IN_NONBLOCK: Final = os.O_NONBLOCK
_IN_CLOEXEC: Final = os.O_CLOEXEC
_HEAD: Final = struct.Struct("iIII")
_MOST_LOOKED_AT: Final = 10_000
"""Of a folder with more files than this the others have their turn later."""


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file that is whole, as it was found."""

    path: Path
    size: int
    mtime_ns: int
    inode: int

    def is_still(self) -> bool:
        """Whether nobody has written to it, or put another in its place, since."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns, found.st_ino) == (self.size, self.mtime_ns, self.inode)


@dataclass(slots=True)
class _Seen:
    """A file as seen last, and since when it is as it is."""

    size: int
    mtime_ns: int
    inode: int
    since_us: int
    was_moved: bool = False


class ArrivingFiles:
    """Looks at a folder; driven by one thread.

    Raises
    ------
    SourceError
        the folder cannot be looked at.
    """

    def __init__(self, folder: Path, settle_s: float, monotonic: Clock) -> None:
        self._folder, self._settle_us, self._monotonic = folder, int(settle_s * US_PER_S), monotonic
        self._seen: dict[str, _Seen] = {}
        self.left_alone: dict[str, str] = {}
        """What lies in the folder and is no plain file, each with what it is."""
        self._moves = _Moves(folder)

    def close(self) -> None:
        """Look no more."""
        self._moves.close()

    def look(self) -> list[ArrivedFile]:
        """Files that are whole now, those written first at the beginning; each is given until it is gone or :meth:`forget` is told of it."""
        moved = self._moves.take()
        now_us = self._monotonic.now_us()
        seen: dict[str, _Seen] = {}
        left: dict[str, str] = {}
        whole: list[ArrivedFile] = []
        for name, found in self._entries():
            if not stat.S_ISREG(found.st_mode):
                if not stat.S_ISDIR(found.st_mode):
                    left[name] = "a link" if stat.S_ISLNK(found.st_mode) else "no plain file"
                continue
            before = self._seen.get(name)
            is_same = before is not None and (before.size, before.mtime_ns, before.inode) == (
                found.st_size, found.st_mtime_ns, found.st_ino,
            )  # fmt: skip
            if before is not None and is_same:
                now = before
            else:
                now = _Seen(found.st_size, found.st_mtime_ns, found.st_ino, now_us)
            now.was_moved = now.was_moved or name in moved
            seen[name] = now
            if now.was_moved or now_us - now.since_us >= self._settle_us:
                whole.append(ArrivedFile(self._folder / name, now.size, now.mtime_ns, now.inode))
        self._seen, self.left_alone = seen, left
        return sorted(whole, key=lambda one: (one.mtime_ns, one.path.name))

    def forget(self, name: str) -> None:
        """Whatever is called so is looked at as if it were new."""
        self._seen.pop(name, None)

    def _entries(self) -> Iterator[tuple[str, os.stat_result]]:
        try:
            with os.scandir(self._folder) as entries:
                for count, entry in enumerate(entries):
                    if count >= _MOST_LOOKED_AT:
                        break
                    if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
                        continue
                    with suppress(FileNotFoundError):
                        yield entry.name, entry.stat(follow_symlinks=False)
        except OSError as exc:
            raise SourceError(f"{self._folder} cannot be looked at ({exc.strerror})") from exc


class _Moves:
    """Names that were renamed into a folder, as the kernel tells them; none where it does not."""

    def __init__(self, folder: Path) -> None:
        self._fd = -1
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None, use_errno=True)
            self._fd = libc.inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC)
            if self._fd >= 0 and libc.inotify_add_watch(self._fd, os.fsencode(folder), _IN_MOVED_TO) < 0:
                self.close()

    def take(self) -> set[str]:
        """Those since this was asked last."""
        names: set[str] = set()
        while self._fd >= 0:
            try:
                block = os.read(self._fd, 1 << 16)
            except BlockingIOError:
                break
            except OSError:
                self.close()
                break
            at = 0
            while at + _HEAD.size <= len(block):
                _, mask, _, length = _HEAD.unpack_from(block, at)
                at += _HEAD.size
                if mask & _IN_MOVED_TO:
                    names.add(os.fsdecode(block[at : at + length].rstrip(b"\0")))
                at += length
        return names

    def close(self) -> None:
        """Be told no more."""
        if self._fd >= 0:
            with suppress(OSError):
                os.close(self._fd)
        self._fd = -1
