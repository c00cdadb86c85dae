"""A folder in which something is being made, and whose it is: what a killed process left in it is nobody's, and cleared away.

A lock of the system (``flock``, on the folder itself) ends with the process that holds it, however that ends. So a folder that is there and not locked was
left by a kill; one that is locked is being filled just now.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.private import make_private_folder


@contextmanager
def claimed_folder(path: Path, ours: Collection[str]) -> Iterator[Path]:
    """An empty folder of this process alone, for as long as it makes something there; it may be renamed meanwhile.

    Parameters
    ----------
    ours:
        Names of what is ever made there; a folder that holds anything else is left as it is.

    Raises
    ------
    BlockingIOError
        another process makes something there.
    FileExistsError
        it holds something else.
    OSError
        it cannot be made, or is a file.
    """
    handle = _claim(path, ours)
    try:
        yield path
    finally:
        os.close(handle)


def hold_folder(path: Path) -> int:
    """Hold a folder that is there, whatever is in it, for this process alone; a descriptor whose closing lets it go.

    Raises
    ------
    BlockingIOError
        another process holds it.
    OSError
        it cannot be opened, or its file system knows no locks.
    """
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _claim(path: Path, ours: Collection[str]) -> int:
    make_private_folder(path)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(handle), path.stat()):
            raise BlockingIOError("another process has just made it anew")  # between opening and locking
        found = sorted(path.iterdir())
        if foreign := [left.name for left in found if left.name not in ours]:
            raise FileExistsError(errno.EEXIST, f"it holds {foreign[0]!r}, which this program did not put there")
        for left in found:
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()
    except BaseException:
        os.close(handle)
        raise
    return handle
