"""From what a person names (files, folders, patterns, archives) to recognised recordings, and what was left out and why.

Nothing heavy is loaded for it: a refusal comes before numba, Polars or DuckDB would be there.

A folder is read with all folders in it, sorted by name; links to folders are not followed. Of a folder and of an archive are left out by rule: hidden
files, notes (README and the like), sidecars ``FILE.json`` beside ``FILE``, stores with the folders of their state, and what is evidently
something else (pictures, PDF). A pattern may come with its ``*`` and ``**``, as a shell hands it on that found nothing, or that was told to.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Final

from streams.archives import Found, LeftOut, Spool, is_hidden, is_note, look_into
from streams.encodings import beginning_as_utf8, encoding_of
from streams.errors import StreamError, TooLargeError, TruncatedError
from streams.files import BOMB_RATIO, Stored, peek, read_blocks, read_whole
from streams.unpack import MAGIC_BYTES, packing_of
from tracker.decode.layouts import AS_IT_STANDS, Reading, UserMapping, read_mapping
from tracker.decode.recognise import PEEK_BYTES, InputKind, recognise
from tracker.errors import InputError, OtherFileError, UnknownFormatError

MOST_FILES: Final = 100_000
"""In the folders named; more are a mistake, as a whole disk named in place of a folder."""
_DOCUMENTS: Final = {
    "xl/workbook.xml": ("is an Excel workbook", "save the sheet as CSV"),
    "word/document.xml": ("is a Word document", "save it as plain text"),
    "content.xml": ("is an OpenDocument file", "save the sheet as CSV"),
    "doc.kml": (
        "is KMZ, which names no craft by address or MMSI",
        "export the positions as CSV with a column mmsi or icao24",
    ),
    "META-INF/MANIFEST.MF": ("is a Java archive", "name a recording"),
}
"""A member by which a zip is no archive of recordings but a document, and what to do."""
STDIN: Final = "-"
SIDECAR_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Recognised:
    """A recording that a decoder takes."""

    stored: Stored
    kind: InputKind
    encoding: str = "utf-8"
    reading: Reading = AS_IT_STANDS
    """What is said of the columns of a table."""


@dataclass(slots=True)
class Opened:
    """What can be read, and what not."""

    recordings: list[Recognised] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def refused(self) -> list[LeftOut]:
        """What a person should mend; the rest was left out by rule."""
        return [one for one in self.left_out if one.is_wrong]


def recognised(stored: Stored, mapping: UserMapping | None = None) -> Recognised:
    """The kind of a recording, read by a mapping or by the one its sidecar names.

    Raises
    ------
    InputError
        when it may not be read; ``UnknownFormatError`` when no decoder knows its beginning.
    """
    try:
        first = peek(stored, PEEK_BYTES)
    except OSError as exc:
        raise InputError(f"cannot be read ({exc.strerror})", stored.name, "check it and its permissions") from exc
    if not first and (packing := packing_of(peek(stored, MAGIC_BYTES, layers=0))):
        raise UnknownFormatError(f"is {packing} data, and nothing of it can be unpacked", stored.name, "fetch it again")
    encoding = encoding_of(first)
    mapping = mapping or sidecar_mapping(stored)
    reading = AS_IT_STANDS if mapping is None else Reading(mapping)
    kind = recognise(beginning_as_utf8(first, encoding), stored.name, reading)
    return Recognised(stored, kind, encoding, reading)


def sidecar_mapping(stored: Stored) -> UserMapping | None:
    """The mapping that ``FILE.json`` next to the file names, beside it; None where it names none."""
    if stored.sidecar is None or stored.sidecar.is_member:  # what is in an archive names no file outside
        return None
    try:
        named = json.loads(read_whole(stored.sidecar, SIDECAR_BYTES).decode("utf-8-sig")).get("mapping")
    except (ValueError, AttributeError, RecursionError, StreamError):
        return None  # who reads its times says what is wrong with it
    return read_mapping(stored.path.parent / str(named)) if named else None


def open_recordings(
    paths: Sequence[Path],
    spool: Spool,
    without: Collection[Path] = (),
    mapping: UserMapping | None = None,
    *,
    may_be_nothing: bool = False,
) -> Opened:
    """Everything that is named, recognised; ``without`` are files that a folder may hold and that are not read.

    Raises
    ------
    InputError
        when a path is not there, or (unless it ``may_be_nothing``) nothing of what is named can be read.
    """
    opened = Opened()
    for stored, is_named in _stored(paths, spool, {path.resolve() for path in without}, opened):
        try:
            found = look_into(stored, spool)
        except OSError as exc:
            opened.left_out.append(LeftOut(stored.name, f"cannot be read ({exc.strerror})"))
            continue
        if (document := _document(found)) is not None:
            opened.left_out.append(LeftOut(stored.name, "; ".join(document), is_wrong=is_named))
            continue
        opened.left_out += found.left_out
        for one in found.recordings:
            _recognise(one, is_named and not found.is_archive, spool, opened, mapping)
        if found.is_archive and not found.recordings and not found.left_out:
            opened.left_out.append(LeftOut(stored.name, "is an archive with nothing in it"))
    if not opened.recordings and not may_be_nothing:
        raise _nothing(paths, opened)
    return opened


def _recognise(stored: Stored, is_named: bool, spool: Spool, opened: Opened, mapping: UserMapping | None) -> None:
    """Recognise one recording, or say why not."""
    try:
        one = recognised(stored, mapping)
        if one.kind is InputKind.POSITIONS_PARQUET:
            one = replace(one, stored=_as_file(one.stored, spool, one.reading))
    except OtherFileError as exc:
        opened.left_out.append(LeftOut(stored.name, _told(exc), is_wrong=is_named))
    except InputError as exc:
        opened.left_out.append(LeftOut(stored.name, _told(exc)))
    except (TruncatedError, TooLargeError) as exc:
        opened.left_out.append(LeftOut(stored.name, str(exc).removeprefix(f"{stored.name}: ")))
    else:
        opened.recordings.append(one)


def _document(found: Found) -> tuple[str, str] | None:
    """What kind of document a zip is, if it is one."""
    if not found.is_archive:
        return None
    members = {one.name.partition("!")[2] for one in found.recordings}
    return next((told for member, told in _DOCUMENTS.items() if member in members), None)


def _as_file(stored: Stored, spool: Spool, reading: Reading) -> Stored:
    """Parquet is read here and there: unpacked to a private file, unless it is one, and its columns looked at."""
    from tracker.decode.tables.positions_parquet import check_parquet

    if peek(stored, 4, layers=0) != b"PAR1" or not stored.is_plain or stored.size is not None:
        copy = spool.keep(read_blocks(stored, bomb_ratio=BOMB_RATIO), packed=False)
        stored = Stored(copy, stored.name, sidecar=stored.sidecar)
    check_parquet(stored.path, stored.name, reading)
    return stored


def _stored(
    paths: Sequence[Path], spool: Spool, without: Collection[Path], opened: Opened
) -> Iterator[tuple[Stored, bool]]:
    """Files in the order of their names, each with whether it was named itself."""
    named: dict[str, bool] = {}
    for path in paths:
        if str(path) != STDIN and path.is_dir():
            for file in _files(path, without, opened):
                named.setdefault(file, False)
            continue
        for file in [str(path)] if str(path) == STDIN or path.exists() else _matching(path):
            if Path(file).is_dir():
                named.update(dict.fromkeys(chain(_files(Path(file), without, opened), named), False) | named)
            else:
                named[file] = True
    for file in sorted(named):
        if is_sidecar(file, named):
            opened.left_out.append(LeftOut(file, "is a sidecar", is_wrong=False))
        elif len(named) > 1 and is_note(file):
            opened.left_out.append(LeftOut(file, "is a note", is_wrong=False))
        elif file == STDIN or not Path(file).is_file():
            yield _passing(file, spool), True
        else:
            yield Stored.at(file), named[file]


def is_sidecar(file: str, beside: Collection[str]) -> bool:
    """Whether a file tells about one that is read too."""
    return file.endswith(".json") and file.removesuffix(".json") in beside


def _matching(path: Path) -> list[str]:
    """What a pattern stands for."""
    if not glob.has_magic(str(path)):
        raise InputError("there is no such file", str(path), "check the path")
    found = sorted(glob.glob(str(path), recursive=True))
    if not found:
        raise InputError("no file matches this pattern", str(path), "check it; ** stands for folders in folders")
    return found


def _files(folder: Path, without: Collection[Path], opened: Opened) -> list[str]:
    """All files of a folder that may be recordings."""
    found: list[str] = []
    for where, folders, names in os.walk(folder):
        for name in list(folders):
            if is_hidden(name) or name.endswith(".state"):
                opened.left_out.append(
                    LeftOut(
                        f"{where}/{name}/",
                        "is hidden" if is_hidden(name) else "is the state of a store",
                        is_wrong=False,
                    )
                )
                folders.remove(name)
        folders.sort()
        for name in sorted(names):
            file = Path(where) / name
            if file.resolve() in without:
                continue
            if is_hidden(name) or is_note(name):
                opened.left_out.append(
                    LeftOut(str(file), "is hidden" if is_hidden(name) else "is a note", is_wrong=False)
                )
            elif file.is_file():
                found.append(str(file))
        if len(found) > MOST_FILES:
            raise InputError(f"holds more than {MOST_FILES:,} files", str(folder), "name the folder of the recordings")
    if not found:
        raise InputError("is a folder without a file that could be a recording", str(folder), "check the path")
    return found


def _passing(file: str, spool: Spool) -> Stored:
    """A pipe, or standard input: it passes once, and a recording is read more than once."""
    if file != STDIN and not Path(file).is_fifo():
        raise InputError("is no file, folder or pipe", file, "name a recording")
    try:
        copy = spool.keep(read_blocks("/dev/stdin" if file == STDIN else file, layers=0), packed=True)
    except TooLargeError as exc:
        raise InputError("does not end", file, str(exc)) from exc
    return Stored(copy, "stdin" if file == STDIN else file, packing="zstd")


def _told(exc: InputError) -> str:
    return f"{exc.what}; {exc.mend}" if exc.mend else exc.what


def _nothing(paths: Sequence[Path], opened: Opened) -> InputError:
    """The error where nothing can be read: of one file as it is, of several the first."""
    where = ", ".join(str(path) for path in paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    refused = opened.refused or opened.left_out
    if len(refused) == 1:
        return UnknownFormatError(refused[0].why, refused[0].name)
    if not refused:
        return UnknownFormatError("there is nothing in it to be read", where, "name a recording")
    return UnknownFormatError(
        f"none of its {len(refused)} files can be read; the first is {refused[0].name}: {refused[0].why}", where
    )
