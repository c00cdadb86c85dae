"""Lines appended to a file that somebody may read at any moment: whole ones, durable, and none glued to what a kill or a full disk left.

A last line without its end is looked at before anything is appended. One that is whole JSON gets its end. One that begins as ``begin`` says our lines do was
torn by a kill: it is cut off, for whoever was not told that it is safe sends it again. Anything else is somebody's text and gets an end, too.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from streams.private import private_handle

_BLOCK_BYTES: Final = 1 << 16
_MOST_TAIL_BYTES: Final = 64 << 20
"""More than any line of ours; a longer tail gets an end and nothing is cut."""


def append_lines(path: Path, lines: bytes, begin: bytes) -> str:
    """Append whole lines; they are on the disk when this returns. What had to be mended at the end of the file, in a sentence, or nothing.

    Raises
    ------
    OSError
        nothing of the lines stays in the file: the same may be tried again.
    """
    handle = private_handle(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        is_file = stat.S_ISREG(os.fstat(handle).st_mode)
        told = _mend(handle, begin) if is_file else ""
        size = os.fstat(handle).st_size
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(handle, left) :]
            if is_file:
                os.fsync(handle)
        except OSError:
            if is_file:
                with suppress(OSError):
                    os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)
    return told


def _mend(handle: int, begin: bytes) -> str:
    size = os.fstat(handle).st_size
    if not size or os.pread(handle, 1, size - 1) == b"\n":
        return ""
    tail = _tail(handle, size)
    is_whole = False
    with suppress(ValueError):
        is_whole = isinstance(json.loads(tail), dict)
    is_ours = tail.startswith(begin) or begin.startswith(tail)
    if is_ours and not is_whole and len(tail) < _MOST_TAIL_BYTES:
        os.ftruncate(handle, size - len(tail))
        return f"a torn line of {len(tail)} bytes at its end was cut off"
    os.write(handle, b"\n")
    return "its last line lacked its end and was given one"


def _tail(handle: int, size: int) -> bytes:
    """The last line, which has no end."""
    tail = b""
    while size and len(tail) < _MOST_TAIL_BYTES:
        begin = max(0, size - _BLOCK_BYTES)
        block = os.pread(handle, size - begin, begin)
        cut = block.rfind(b"\n") + 1
        tail = block[cut:] + tail
        if cut:
            break
        size = begin
    return tail
