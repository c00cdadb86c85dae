"""Opening a store to read it, whoever has it: one way for every command.

A store that a ``watch`` has open cannot be opened by a second process (DuckDB holds a lock); the program behind its door is asked instead, with the same
answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.door.client import Door, DoorReader
from tracker.errors import InputError
from tracker.store.asking import FileReader, Reader
from tracker.store.database import Database


@contextmanager
def open_to_read(path: Path, time_s: float | None = None) -> Iterator[Reader]:
    """A reader of a store.

    Parameters
    ----------
    time_s:
        How long one question may take where a running program answers; None: what the program allows by default.

    Raises
    ------
    InputError
        there is no such store, or nobody here may read it.
    """
    door = Door.of_store(path)
    if door is not None:
        yield DoorReader(door, time_s)
        return
    if not path.is_file():
        raise InputError(
            "there is no such file", str(path), "give the file that 'tidewaiter replay --db' or 'watch' wrote"
        )
    reader = FileReader(Database(path, read_only=True))
    try:
        yield reader
    finally:
        reader.close()
