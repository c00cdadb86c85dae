"""Timelines kept on disk: where a late row sets the timeline back to, and where a restart begins.

Files in one folder, ``WATERMARK.timeline.zst`` and, for restarts, ``WATERMARK.rest.zst``: zstd over the Arrow bytes of a snapshot, written
beside, synced and renamed, so that a file under its name is whole. Young ones are kept all, older ones one an hour, and none beyond
the horizon: a row later than that can no longer be settled.

Whatever else lies in the folder is nobody's business here: a name that is none of these, a folder, a file that may not be read. A file of ours that is
damaged, cut off or of another version is as good as none: an earlier one is taken, at worst the beginning.

What late data rewrites is laid beside what it replaces (``WATERMARK.timeline.zst.GENERATION``) and read instead of it. It takes its place by
:meth:`Shelf.adopt` once the commit that names the generation is durable; whoever is killed before finds the one before, which is what
the store belongs to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import zstandard

from streams.errors import SnapshotError
from streams.private import make_private_folder, open_private
from streams.time import BEFORE_ALL_US
from tracker.units import US_PER_H

_TIMELINE: Final = ".timeline.zst"
_REST: Final = ".rest.zst"
_NAME: Final = re.compile(r"(-?\d{1,19})\.(timeline|rest)\.zst(?:\.(\d{1,18}))?")
_MOST_US: Final = -BEFORE_ALL_US
_RESTS_KEPT: Final = 2
_MOST_BYTES: Final = 1 << 34
_PIECE_BYTES: Final = 4 << 20
"""Packed and synced at a time: a commit that syncs meanwhile waits for one piece and not for hundreds of megabytes."""


class Shelf:
    """Snapshots by watermark in one folder."""

    def __init__(self, folder: Path, horizon_us: int) -> None:
        self._folder, self._horizon_us = folder, horizon_us
        try:
            make_private_folder(folder)
            entries = sorted(folder.iterdir())
        except OSError as exc:
            raise SnapshotError(f"{folder}: snapshots cannot be kept there ({exc.strerror})") from exc
        self.foreign = [path.name for path in entries if _kept(path) is None and not path.name.endswith(".part")]
        """What lies in the folder and is none of ours: left alone."""
        for path in entries:
            if path.name.endswith(".part") and _NAME.fullmatch(path.name.removesuffix(".part")):
                _remove_file(path)
        self.generation = 0
        """Of what late data rewrote, as far as it is committed."""
        self._beside: set[str] = set()
        self._marks = sorted(name.mark_us for _, name in self._files() if name.is_timeline and name.generation is None)
        self.stored_bytes = self._size()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shelf")
        self._writing: Future[int] | None = None
        self.is_given_up = False
        """The process ends: what is being written is not waited for. Of half a file the next start knows that it is one."""

    def begin(self, generation: int) -> None:
        """Take what a commit has named before its files took their places, and leave what none has."""
        self.generation = generation
        beside = [(name.generation, path) for path, name in self._files() if name.generation is not None]
        for number, path in sorted(beside):
            if number > generation:
                _remove_file(path)
                continue
            try:
                path.rename(path.with_suffix(""))
            except OSError as exc:
                raise SnapshotError(f"{path} cannot take its place ({exc.strerror})") from exc

    @property
    def has_rewritten(self) -> bool:
        """Whether something waits to be named by a commit."""
        return bool(self._beside)

    def adopt(self) -> None:
        """What was rewritten takes its place: ``generation + 1`` is committed."""
        self.wait()
        for name in sorted(self._beside):
            self._rewritten(name).rename(self._folder / name)
        self._beside.clear()
        self.generation += 1

    def marks(self) -> list[int]:
        """Watermarks of all timelines kept, in order."""
        self.wait()
        return list(self._marks)

    def keep_soon(self, watermark_us: int, timeline: Callable[[], Sequence[bytes]], rest: bytes) -> Future[int]:
        """As :meth:`keep`, in a thread of its own; done, with the number of bytes of the timeline, when the files are on the disk.

        Whatever is asked meanwhile waits for it.
        """
        self.wait()
        self._writing = self._pool.submit(self._make_and_keep, watermark_us, timeline, rest)
        return self._writing

    def _make_and_keep(self, watermark_us: int, timeline: Callable[[], Sequence[bytes]], rest: bytes) -> int:
        made = timeline()
        self._keep(watermark_us, made, rest)
        return sum(map(len, made))

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until what is being written is on the disk, or has failed (its future tells); False where that takes longer than it may."""
        if self._writing is not None:
            wait([self._writing], timeout_s)
            return self._writing.done()
        return True

    def close(self) -> None:
        """Finish writing, unless that was given up."""
        if not self.is_given_up:
            self.wait()
        self._pool.shutdown(wait=not self.is_given_up)

    def keep(self, watermark_us: int, timeline: bytes, rest: bytes | None = None) -> None:
        """Write a snapshot; one of the same watermark is replaced for whoever reads, and on a restart once it is adopted."""
        self.wait()
        self._keep(watermark_us, [timeline], rest)

    def _keep(self, watermark_us: int, timeline: Sequence[bytes], rest: bytes | None) -> None:
        is_known = watermark_us in self._marks
        self._write(f"{watermark_us}{_TIMELINE}", timeline, is_beside=is_known)
        if rest is not None:
            self._write(f"{watermark_us}{_REST}", [rest], is_beside=is_known)
        if not is_known:
            self._marks = sorted([*self._marks, watermark_us])

    def timeline(self, watermark_us: int) -> bytes:
        """A timeline kept."""
        self.wait()
        return self._read(f"{watermark_us}{_TIMELINE}")

    def rest(self, watermark_us: int) -> bytes:
        """What goes with a timeline for a restart."""
        self.wait()
        return self._read(f"{watermark_us}{_REST}")

    def before(self, instant_us: int) -> int | None:
        """The latest watermark kept before an instant."""
        earlier = [mark for mark in self.marks() if mark < instant_us]
        return earlier[-1] if earlier else None

    def forget(self, newest_us: int) -> None:
        """Thin out what is old, as seen from the newest watermark; call it once the newest is committed."""
        self.wait()
        kept: list[int] = []
        hour: int | None = None
        for mark in reversed(self._marks):
            age_us = newest_us - mark
            if age_us <= US_PER_H or (mark // US_PER_H != hour and age_us <= self._horizon_us):
                kept.append(mark)
                hour = mark // US_PER_H
        # the last one beyond the horizon still reaches back to it
        beyond = [mark for mark in self._marks if newest_us - mark > self._horizon_us]
        kept += beyond[-1:]
        for mark in set(self._marks) - set(kept):
            self._remove(f"{mark}{_TIMELINE}")
        self._marks = sorted(kept)
        rests = sorted(name.mark_us for _, name in self._files() if not name.is_timeline and name.generation is None)
        for mark in [m for m in rests if m <= newest_us][:-_RESTS_KEPT]:
            self._remove(f"{mark}{_REST}")
        self.stored_bytes = self._size()

    def drop(self, watermark_us: int) -> None:
        """A timeline that cannot be read is as good as none: it is not offered again."""
        self._marks = [mark for mark in self._marks if mark != watermark_us]

    def cut(self, before_us: int) -> None:
        """Keep no timeline from before an instant; that of the instant is committed."""
        self.wait()
        for path, name in self._files():
            if name.mark_us < before_us:
                _remove_file(path)
        self._marks = [mark for mark in self._marks if mark >= before_us]

    def clear(self, after_us: int | None = None) -> None:
        """Remove everything of ours, or what is of after an instant."""
        self.wait()
        for path, name in self._files():
            if after_us is None or name.mark_us > after_us:
                _remove_file(path)
        self._marks = [] if after_us is None else [mark for mark in self._marks if mark <= after_us]
        self._beside.clear()

    def _write(self, name: str, content: Sequence[bytes], *, is_beside: bool) -> None:
        part = self._folder / f"{name}.part"
        packer: Any = zstandard.ZstdCompressor(level=1, write_checksum=True).chunker(
            size=sum(map(len, content)), chunk_size=_PIECE_BYTES
        )
        pieces = [
            memoryview(block)[begin : begin + _PIECE_BYTES]
            for block in content
            for begin in range(0, len(block), _PIECE_BYTES)
        ]
        try:
            with open_private(part, "wb") as file:
                for piece in pieces:
                    _write_through(file, packer.compress(piece))
                _write_through(file, packer.finish())
            part.rename(self._rewritten(name) if is_beside else self._folder / name)
        except OSError as exc:
            if part.is_file():
                _remove_file(part)
            raise SnapshotError(f"{self._folder}: a snapshot cannot be written ({exc.strerror})") from exc
        if is_beside:
            self._beside.add(name)

    def _read(self, name: str) -> bytes:
        try:
            stored = (self._rewritten(name) if name in self._beside else self._folder / name).read_bytes()
            return zstandard.ZstdDecompressor().decompress(stored, max_output_size=_MOST_BYTES)
        except (OSError, zstandard.ZstdError) as exc:
            raise SnapshotError(f"{name} cannot be read: {exc}") from exc

    def _remove(self, name: str) -> None:
        _remove_file(self._folder / name)
        if name in self._beside:
            self._beside.discard(name)
            _remove_file(self._rewritten(name))

    def _files(self) -> list[tuple[Path, _Name]]:
        """Files of ours: whatever else lies in the folder is none."""
        try:
            entries = sorted(self._folder.iterdir())
        except OSError:
            return []
        return [(path, name) for path in entries if (name := _kept(path)) is not None]

    def _size(self) -> int:
        total = 0
        for path, _ in self._files():
            with suppress(OSError):
                total += path.stat().st_size
        return total

    def _rewritten(self, name: str) -> Path:
        """Where what replaces a file lies until a commit has named it."""
        return self._folder / f"{name}.{self.generation + 1}"


class _Name(NamedTuple):
    """What the name of a file of ours says."""

    mark_us: int
    is_timeline: bool
    generation: int | None


def _kept(path: Path) -> _Name | None:
    """What a file of ours is; None for anything else, a folder of such a name too."""
    found = _NAME.fullmatch(path.name)
    if found is None or abs(int(found[1])) > _MOST_US or not path.is_file():
        return None
    return _Name(int(found[1]), found[2] == "timeline", None if found[3] is None else int(found[3]))


def _remove_file(path: Path) -> None:
    """Remove a file; what cannot be removed stays, and harms nobody."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _write_through(file: IO[Any], pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        file.write(piece)
        file.flush()
        os.fdatasync(file.fileno())


EMPTY_TIMELINE_US: Final = BEFORE_ALL_US
"""Watermark of the timeline that has seen nothing: late rows can be settled from the first day on."""
