"""Which store a state folder belongs to: snapshots and positions of one store say nothing of another that was put in its place.

The store's id (``tracker.store.opening``) is written beside its snapshots and journals. A folder of an earlier version, without it, takes that of the store
it is found with.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Final

from streams.private import make_private_folder, replace_private
from tracker.errors import InputError, StoreError
from tracker.store.alert_sequence import begin_stream, stream_id
from tracker.store.database import Database

NAME: Final = "store_id"
_STREAM: Final = "stream_id"


def expect_store(path: Path, state: Path) -> None:
    """Refuse to make a new store where there was one: it was removed or moved by somebody.

    Raises
    ------
    InputError
        the store is gone and the folder still knows it.
    """
    if _known(state) and not path.exists():
        raise InputError(
            f"is gone, but {state} belongs to it",
            str(path),
            f"put it back; or remove {state / NAME} to make a new store from the journals",
        )


def check_store(path: Path, state: Path, store_id: str) -> None:
    """Refuse a store that is not the one of the folder; a folder that belongs to none is this store's from now on.

    Raises
    ------
    InputError
        it is another one.
    StoreError
        the folder cannot be written.
    """
    known = _known(state)
    if known == store_id:
        return
    if known:
        raise InputError(
            f"is not the store that {state} belongs to: another was put in its place",
            str(path),
            f"put the right one back; or move {state} away, with the journals in it, to go on with this one",
        )
    try:
        make_private_folder(state)
        replace_private(state / NAME, store_id + "\n")
    except OSError as exc:
        raise StoreError(f"{state}: cannot be written ({exc.strerror})") from exc


def name_stream(store: Database, state: Path) -> None:
    """Give the sequence of alerts another name where the folder does not know the one it has.

    A backup holds the store and not this file: one that was restored goes on from an earlier number, and gives numbers again that others have had.

    Raises
    ------
    StoreError
        the folder cannot be written.
    """
    try:
        known = (state / _STREAM).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        known = ""
    if known and known == store.ask(stream_id):
        return
    name = uuid.uuid4().hex
    store.write(lambda connection: begin_stream(connection, name))
    store.commit()
    try:
        replace_private(state / _STREAM, name + "\n")
    except OSError as exc:
        raise StoreError(f"{state}: cannot be written ({exc.strerror})") from exc


def _known(state: Path) -> str:
    try:
        return (state / NAME).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
