"""Files that are to be written: looked at before any work begins, and never left half written under their names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tracker.errors import InputError


def check_outputs(outputs: Mapping[str, Path | None], inputs: Sequence[Path] = ()) -> None:
    """Every file to be written can be: its folder is there and ours, it is no folder, no input and not named twice.

    Parameters
    ----------
    outputs:
        The options and the files they name.
    inputs:
        Files that are read.

    Raises
    ------
    InputError
        naming the option, the file and what to do.
    """
    read = {_identity(path): path for path in inputs}
    taken: dict[object, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        where = f"{option} {path}"
        if path.is_dir():
            raise InputError("is a folder", where, "name a file in it")
        if not path.parent.is_dir():
            raise InputError("the folder of this file is not there", where, f"make it: mkdir -p {path.parent}")
        if path.exists() and not path.is_file() and not path.is_char_device() and not path.is_fifo():
            raise InputError("is no plain file", where, "name another one")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise InputError("may not be written", where, "choose a file or folder that is yours")
        identity = _identity(path)
        if identity in read:
            raise InputError("is a file that is read", where, "name another one, or it would be lost")
        if identity in taken and not path.is_char_device():
            raise InputError(f"is the file of {taken[identity]} too", where, "give each its own")
        taken[identity] = option


@contextmanager
def replaced(path: Path, *, text: bool = False) -> Iterator[Any]:
    """A file that takes the place of ``path`` when it is whole; after a failure what was there before is still there.

    A device or a pipe is written at once.
    """
    if path.exists() and not path.is_file():
        with _opened(path, text) as file:
            yield file
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _opened(part, text) as file:
            yield file
            file.flush()
        part.replace(path)
    except OSError as exc:
        raise cannot_write(path, exc) from exc
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def cannot_write(path: Path, exc: OSError) -> InputError:
    """The sentence for a file that cannot be written, a full disk among the reasons."""
    return InputError(
        f"cannot be written ({exc.strerror})", str(path), "choose a folder that exists, is yours and has room"
    )


def _opened(path: Path, text: bool) -> IO[Any]:
    return path.open("w", encoding="utf-8", newline="\n") if text else path.open("wb")


def _identity(path: Path) -> object:
    """Which file it is, under whatever name: device and inode where it exists, else its whole path."""
    try:
        found = path.stat()
    except OSError:
        return os.path.realpath(path)
    return found.st_dev, found.st_ino
