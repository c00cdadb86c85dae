"""What is in a zip or a tar: its members as recordings of their own, and what was left out and why.

::

    file ---- zip ------------- members are read where they stand (streams.zip_archive)
       |----- tar ------------- members are read where they stand (streams.tar_archive)
       |----- tar.gz, .zst .... members are written, packed again, to a private folder as the stream passes
       `----- anything else ... one recording
    member -- zip or tar ------ once more; an archive in an archive in an archive is told and left out

Everything is bounded by ``ArchiveLimits``. Nothing is ever written under a member's name, and no link is followed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Final, Self

import zstandard

from streams.errors import TooLargeError, TruncatedError
from streams.files import BOMB_BYTES, BOMB_RATIO, Stored, peek, read_blocks, stored_size
from streams.tar_archive import BLOCK, FileReader, PieceReader, is_tar, tar_members
from streams.unpack import packing_of
from streams.zip_archive import ZIP_MAGIC, zip_members

DEPTH: Final = 2
"""An archive, and an archive in it."""
_HIDDEN_FOLDERS: Final = ("__MACOSX",)
_HIDDEN_NAMES: Final = ("thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r")
_NOTES: Final = (
    "readme",
    "license",
    "licence",
    "copying",
    "changelog",
    "changes",
    "checksums",
    "md5sums",
    "sha1sums",
    "sha256sums",
)
_NOTE_ENDINGS: Final = (".md", ".md5", ".sha1", ".sha256", ".sha512", ".asc", ".sig")
_PIECE_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of what is read out of one archive."""

    members: int = 20_000
    unpacked_bytes: int = 1 << 42
    """Of all members of a zip, as its directory says. A year of a busy country is a terabyte."""
    spool_bytes: int = 1 << 38
    """Of all members that must be written to a private folder, as stored there."""


LIMITS: Final = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was not read, and why."""

    name: str
    why: str
    is_wrong: bool = True
    """Whether a person should mend it; hidden files and notes are left out by rule."""


@dataclass(slots=True)
class Found:
    """What an archive, or a file, holds."""

    recordings: list[Stored] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    is_archive: bool = False


class Spool:
    """A private folder for members of archives that can be read in one direction only; gone when it is closed.

    ``check`` is called with every piece and may raise to end it.
    """

    def __init__(self, limits: ArchiveLimits = LIMITS, check: Callable[[], None] = lambda: None) -> None:
        self.limits, self._check = limits, check
        self._folder: Path | None = None
        self._files = 0
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder and all that is in it."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def path(self) -> Path:
        """A new file, not there yet."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="tidewaiter-"))
        self._files += 1
        return self._folder / str(self._files)

    def keep(self, pieces: Iterator[bytes], *, packed: bool) -> Path:
        """A copy of some pieces, packed by zstd or as they are.

        Raises
        ------
        TooLargeError
            when the folder holds more than ``spool_bytes``.
        """
        path = self.path()
        packer = zstandard.ZstdCompressor(level=1).compressobj()
        with path.open("wb") as file:
            for piece in chain(pieces, (None,)):
                self._check()
                if piece is None:
                    data = packer.flush() if packed else b""
                else:
                    data = packer.compress(piece) if packed else piece
                file.write(data)
                self._bytes += len(data)
                if self._bytes > self.limits.spool_bytes:
                    raise TooLargeError(f"its members need more than {self.limits.spool_bytes:,} bytes on the disk")
        return path


def look_into(stored: Stored, spool: Spool) -> Found:
    """The recordings in a file: itself, or the members of an archive in the order of their names."""
    found = Found()
    _look(stored, spool, DEPTH, found)
    _give_sidecars(found, stored)
    return found


def is_hidden(name: str) -> bool:
    """Whether a file of a folder or an archive is there for a file manager and not for people."""
    parts = name.replace("\\", "/").split("/")
    return any(part.startswith(".") and part not in (".", "..") for part in parts) or (
        any(part in _HIDDEN_FOLDERS for part in parts) or parts[-1].lower() in _HIDDEN_NAMES
    )


def is_note(name: str) -> bool:
    """Whether a file of a folder or an archive tells about others: a README, a licence, checksums."""
    base = name.replace("\\", "/").rpartition("/")[2].lower()
    return base.partition(".")[0] in _NOTES or base.endswith(_NOTE_ENDINGS)


def is_archive(first: bytes) -> bool:
    """Whether content that begins so (unpacked) is an archive of members."""
    return first.startswith(ZIP_MAGIC) or is_tar(first)


def _look(stored: Stored, spool: Spool, depth: int, found: Found) -> None:
    as_is = peek(stored, BLOCK, layers=0)
    first = peek(stored, BLOCK) if packing_of(as_is) else as_is
    if not is_archive(first):
        found.recordings.append(stored)
        return
    found.is_archive = True
    if not depth:
        found.left_out.append(
            LeftOut(stored.name, "is an archive in an archive in an archive; unpack the outer one first")
        )
        return
    try:
        if first.startswith(ZIP_MAGIC):
            members = _zip(stored, spool, is_plain=first is as_is, found=found)
        elif first is as_is and stored.is_plain:
            members = _tar(stored, spool, found)
        else:
            members = _passing_tar(stored, spool, found)
        for member in members:
            _look(member, spool, depth - 1, found)
    except TruncatedError as exc:
        found.left_out.append(
            LeftOut(stored.name, f"{_why(exc, stored)}; fetch it again, or unpack what can be had of it")
        )
    except TooLargeError as exc:
        found.left_out.append(LeftOut(stored.name, str(exc)))


def _zip(stored: Stored, spool: Spool, *, is_plain: bool, found: Found) -> list[Stored]:
    if not (is_plain and stored.is_plain):
        # its directory is at its end: it must be had as a file
        copy = spool.keep(read_blocks(stored, _PIECE_BYTES, bomb_ratio=BOMB_RATIO), packed=False)
        stored = Stored(copy, stored.name)
    size = stored_size(stored)
    members: list[Stored] = []
    unpacked = 0
    with stored.path.open("rb") as file:
        for member in zip_members(file, stored.start, size):
            name = f"{stored.name}!{member.name}"
            why = member.wrong
            if member.unpacked_bytes > BOMB_BYTES and member.unpacked_bytes > BOMB_RATIO * max(member.size, 1):
                why = (
                    f"would unpack to {member.unpacked_bytes / max(member.size, 1):,.0f} times its size, as a bomb does"
                )
            if not _is_taken(name, member.name, why, found):
                continue
            unpacked += member.unpacked_bytes
            if unpacked > spool.limits.unpacked_bytes:
                raise TooLargeError(f"it holds more than {spool.limits.unpacked_bytes:,} bytes unpacked")
            members.append(
                Stored(stored.path, name, member.start, member.size, member.packing, member.unpacked_bytes, member.crc)
            )
            _check_count(len(members), spool)
    return sorted(members, key=lambda one: one.name)


def _tar(stored: Stored, spool: Spool, found: Found) -> list[Stored]:
    members: list[Stored] = []
    with stored.path.open("rb") as file:
        size = stored_size(stored)
        reader = FileReader(file, stored.start, size)
        try:
            for member in tar_members(reader):
                name = f"{stored.name}!{member.name}"
                if _is_taken(name, member.name, member.wrong, found):
                    members.append(Stored(stored.path, name, member.start, member.size))
                    _check_count(len(members), spool)
        except TruncatedError as exc:
            found.left_out.append(LeftOut(stored.name, f"{_why(exc, stored)}; what stands before it is read"))
    return sorted(members, key=lambda one: one.name)


def _passing_tar(stored: Stored, spool: Spool, found: Found) -> list[Stored]:
    """Members of a tar that passes once: each is kept, packed."""
    members: list[Stored] = []
    reader = PieceReader(read_blocks(stored, _PIECE_BYTES, bomb_ratio=BOMB_RATIO))
    try:
        for member in tar_members(reader):
            name = f"{stored.name}!{member.name}"
            if not _is_taken(name, member.name, member.wrong, found):
                continue
            damage: list[str] = []
            copy = spool.keep(_content(reader, member.size, damage), packed=True)
            members.append(Stored(copy, name, packing="zstd", unpacked_bytes=member.size))
            if damage:
                break  # the member tells that it ends early
            _check_count(len(members), spool)
    except TruncatedError as exc:
        found.left_out.append(LeftOut(stored.name, f"{_why(exc, stored)}; what stands before it is read"))
    return sorted(members, key=lambda one: one.name)


def _content(reader: PieceReader, size: int, damage: list[str]) -> Iterator[bytes]:
    """What there is of a member's content."""
    left = size
    try:
        while left and (piece := reader.some(min(left, _PIECE_BYTES))):
            left -= len(piece)
            yield piece
    except TruncatedError as exc:
        damage.append(str(exc))


def _is_taken(name: str, member: str, why: str, found: Found) -> bool:
    """Whether a member is read; else it is told."""
    parts = member.replace("\\", "/").split("/")
    if is_hidden(member):
        found.left_out.append(LeftOut(name, "is hidden", is_wrong=False))
    elif is_note(member):
        found.left_out.append(LeftOut(name, "is a note", is_wrong=False))
    elif why:
        found.left_out.append(LeftOut(name, why))
    elif member.startswith(("/", "\\")) or ".." in parts or member[1:3] in (":\\", ":/"):
        found.left_out.append(LeftOut(name, "has a name that leads out of the archive"))
    else:
        return True
    return False


def _why(exc: TruncatedError, stored: Stored) -> str:
    return str(exc).removeprefix(f"{stored.name}: ")


def _check_count(count: int, spool: Spool) -> None:
    if count > spool.limits.members:
        raise TooLargeError(f"it holds more than {spool.limits.members:,} files; unpack a part of it")


def _give_sidecars(found: Found, outer: Stored) -> None:
    """Members named ``X.json`` beside a member ``X`` tell about it; the archive's own sidecar tells about all others."""
    by_name = {one.name: one for one in found.recordings}
    sidecars = {name for name in by_name if name.endswith(".json") and name.removesuffix(".json") in by_name}
    found.recordings = [
        replace(one, sidecar=by_name[f"{one.name}.json"] if f"{one.name}.json" in sidecars else outer.sidecar)
        for one in found.recordings
        if one.name not in sidecars
    ]
    found.left_out += [LeftOut(name, "is a sidecar", is_wrong=False) for name in sorted(sidecars)]
