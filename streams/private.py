"""Files and folders that only their owner reads, whatever the umask: what came in and what was found of it is nobody else's business.

A folder or file that is there already loses what others may do with it (0755 becomes 0750, 0644 becomes 0640): who gave it to a group on
purpose keeps that. What belongs to somebody else is left as it is. Libraries that create files by themselves (DuckDB: the store, its log, its
temporary folder) follow the umask of the process: a program that opens a store calls :func:`begin_privately` first.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
_UMASK: Final = 0o077
_MOST_FILE: Final = 0o640
_MOST_FOLDER: Final = 0o750


def begin_privately() -> None:
    """What this process creates from now on, through whatever library, is its owner's alone."""
    os.umask(_UMASK)


def make_private_folder(path: Path) -> Path:
    """Make a folder and what is missing above it, for the owner alone; one that is there is closed to others. Gives the folder back.

    Raises
    ------
    OSError
        as ``Path.mkdir``.
    """
    if not path.is_dir():
        if path.parent != path and not path.parent.exists():
            make_private_folder(path.parent)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    _limit(path, _MOST_FOLDER)
    return path


def open_private(path: Path | str, mode: str = "rb", **options: Any) -> IO[Any]:
    """Open a file as ``open`` does; one that is created is for the owner alone, one that is there is closed to others."""
    return open(path, mode, opener=private_handle, **options)


def private_handle(path: Path | str, flags: int) -> int:
    """As :func:`open_private`, by the flags of ``os.open``; the file's descriptor."""
    handle = os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE)
    if flags & (os.O_WRONLY | os.O_RDWR):
        _limit(path, _MOST_FILE)
    return handle


def replace_private(path: Path, text: str) -> None:
    """A small file that is wholly there or wholly as it was, whatever ends the process or the machine; for the owner alone.

    Raises
    ------
    OSError
        where it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    with open_private(part, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def close_to_others(path: Path | str) -> None:
    """Take from a file what others may do with it; nothing where there is none."""
    _limit(path, _MOST_FILE)


def _limit(path: Path | str, most: int) -> None:
    with suppress(OSError):  # another owner's, or a file system without modes
        found = os.stat(path).st_mode
        if not (stat.S_ISREG(found) or stat.S_ISDIR(found)):
            return  # a device or pipe is everybody's: /dev/stdout, /dev/null
        now = found & 0o777
        if now & ~most:
            os.chmod(path, now & most)
