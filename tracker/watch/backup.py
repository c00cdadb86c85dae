"""Backups of a live program's store with its state, and back again.

::

    FOLDER/
      store.duckdb                  a consistent copy of what was committed at one moment
      state/snapshots/...           what a restart begins with
      state/journal/NAME/...        raw bytes received: evidence, and what is read again
      backup.json                   what it is of, when, and size and SHA-256 of every file; written last

A store names the snapshot it begins with, the generation of the timelines beside it, and a position in each journal behind which it reads on. So the
moment is fixed first (a transaction that reads), then snapshots and journals are gathered, which are then as new as that moment or newer, then the
store is copied as it was. If late data have rewritten timelines meanwhile (the generation in the store has changed), both are done anew. What the journals hold
beyond is read again by whoever is restored. Sealed segments and snapshots never change: on one disk they are linked and cost no room; all else is
copied.

The folder carries ``.part`` behind its name until it is whole and verified, and is locked meanwhile; one that is not was left by a kill, and the next
backup of its name begins it anew (``streams.claims``). The same holds of a restore. A restored program tells nothing under another id than before: what it had
told since the backup it may tell again, the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from streams.claims import claimed_folder
from streams.journal_index import INDEX
from streams.journal_segments import check_segments, sync_folder
from streams.private import close_to_others, make_private_folder, open_private
from streams.time import Clock
from tracker.errors import InputError, StoreError
from tracker.store.copying import StoreView, committed_of
from tracker.store.migrations import LAYOUT
from tracker.store.standing import standing_of
from tracker.units import iso_time
from tracker.watch.files import copies_folder, state_folder

STORE_NAME: Final = "store.duckdb"
STATE_NAME: Final = "state"
MANIFEST: Final = "backup.json"
_MADE: Final = (STORE_NAME, f"{STORE_NAME}.wal", STATE_NAME, MANIFEST)
_FORMAT: Final = 1
_ROUNDS: Final = 20
"""So often at most something is gathered anew because it changed meanwhile: a segment is sealed, or timelines rewritten, once a minute at most."""
_BLOCK_BYTES: Final = 1 << 20

Tell = Callable[[str, float], None]
"""Step and the fraction done."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was made."""

    folder: Path
    files: int
    stored_bytes: int
    linked_bytes: int

    def sentence(self) -> str:
        """One sentence."""
        linked = f", {self.linked_bytes:,} of them linked and not copied" if self.linked_bytes else ""
        return f"{self.folder}: {self.files:,} files, {self.stored_bytes:,} bytes{linked}; every digest read back"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "folder": str(self.folder),
            "files": self.files,
            "bytes": self.stored_bytes,
            "linked_bytes": self.linked_bytes,
        }


def take_backup(store: Path, folder: Path, view: StoreView, clock: Clock, tell: Tell | None = None) -> BackupReport:
    """Make a backup of a store, and of what stands beside it.

    Raises
    ------
    InputError
        the folder is there, or cannot be made.
    StoreError
        it could not be made whole; nothing stays but a folder that ends in ``.part``.
    """
    say = tell or (lambda _step, _done: None)
    if folder.exists():
        raise InputError("is there already, and a backup overwrites nothing", str(folder), "name a new folder")
    part = folder.with_name(folder.name + ".part")
    try:
        with claimed_folder(part, _MADE):
            return _made(store, folder, part, view, clock, say)
    except BlockingIOError as exc:
        raise InputError("is being made by another process", str(part), "wait for its end, or name another") from exc
    except OSError as exc:
        raise StoreError(f"{part}: the backup could not be written: {exc.strerror or exc}") from exc


def _made(store: Path, folder: Path, part: Path, view: StoreView, clock: Clock, say: Tell) -> BackupReport:
    gathered = _Gathered(state_folder(store), part / STATE_NAME)
    say("state", 0.0)
    for _ in range(_ROUNDS):
        then = view.look()
        gathered.gather()
        now = view.now()
        if then is None or (now is not None and now.generation == then.generation):
            break
    else:
        raise StoreError(f"{part}: late data rewrite timelines all the time; try again when they have come")
    say("store", 0.2)
    view.copy(part / STORE_NAME)
    close_to_others(part / STORE_NAME)
    say("verify", 0.8)
    _verify(part)
    files = {name: {"bytes": path.stat().st_size, "sha256": _digest(path)} for name, path in _files(part)}
    made = iso_time(clock.now_us())
    manifest = {"format": _FORMAT, "store": store.name, "layout": LAYOUT, "made": made, "files": files}
    with open_private(part / MANIFEST, "wb") as file:
        file.write(json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(folder)
    sync_folder(folder.parent)
    return BackupReport(
        folder, len(files), sum((folder / name).stat().st_size for name in files), gathered.linked_bytes
    )


def back_up_the_living(
    store: Path, lend: Callable[[], AbstractContextManager[Any]], folder: Path, clock: Clock
) -> dict[str, Any]:
    """A backup made by the program that has the store, over a cursor that is lent to it."""
    with lend() as cursor:
        return take_backup(store, folder, StoreView(cursor, copies_folder(store)), clock).to_json()


def read_backup(folder: Path, tell: Tell | None = None) -> dict[str, Any]:
    """The manifest of a backup whose files are all as they were written.

    Raises
    ------
    InputError
        it is none, or a file is gone, new or changed; the first is named.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files: dict[str, dict[str, Any]] = manifest["files"]
        format_number = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise InputError(f"is no backup ({exc})", str(folder), "name a folder that 'tidewaiter backup' made") from exc
    if format_number != _FORMAT:
        raise InputError(
            f"is of format {format_number}, this program knows {_FORMAT}", str(folder), "use the newer program"
        )
    there = dict(_files(folder))
    for name in sorted(files.keys() ^ there.keys()):
        raise InputError(
            "is gone" if name in files else "was not in the backup", str(folder / name), "take another backup"
        )
    for number, (name, path) in enumerate(sorted(there.items())):
        if tell is not None:
            tell("verify", number / len(there))
        if _digest(path) != files[name]["sha256"]:
            raise InputError("is not the file that was written: its SHA-256 differs", str(path), "take another backup")
    return manifest


def restore_backup(folder: Path, store: Path, tell: Tell | None = None) -> int:
    """Put a backup where a store is to be; how many files. The store itself comes last: what is not whole is no store.

    Raises
    ------
    InputError
        there is something already, or the backup is not whole.
    """
    state = state_folder(store)
    part = store.with_name(store.name + ".restore")
    state_part = state.with_name(state.name + ".restore")
    log = store.with_name(store.name + ".wal")
    is_last_step = state.exists() and part.exists() and not store.exists() and not log.exists()
    for place in () if is_last_step else (store, log, state):
        if place.exists():
            raise InputError(
                "is there already, and a restore overwrites nothing", str(place), "name another --db, or move it away"
            )
    manifest = read_backup(folder, tell)
    files: dict[str, str] = {name: one["sha256"] for name, one in manifest["files"].items()}
    try:
        if is_last_step:
            # a restore was killed between its two last steps, if all is there that it had put
            if not _is_restored(files, state, part):
                raise InputError(
                    "is there already, and a restore overwrites nothing",
                    str(state),
                    "name another --db, or move it away",
                )
        else:
            with claimed_folder(state_part, ("snapshots", "journal")):
                for name, digest in files.items():
                    target = _restored(name, state_part, part)
                    if target != part:
                        make_private_folder(target.parent)
                    _copy(folder / name, target)
                    if _digest(target) != digest:
                        raise StoreError(f"{target}: was not written as it was read; look at the disk")
                state_part.rename(state)
        part.rename(store)
        sync_folder(store.parent)
    except BlockingIOError as exc:
        raise InputError("is being restored by another process", str(state_part), "wait for its end") from exc
    except OSError as exc:
        raise InputError(f"cannot be written ({exc.strerror or exc})", str(store), "choose another --db") from exc
    return len(files)


def _restored(name: str, state: Path, store: Path) -> Path:
    """Where a file of a backup is restored to."""
    return store if name == STORE_NAME else state / Path(name).relative_to(STATE_NAME)


def _is_restored(digests: dict[str, str], state: Path, store: Path) -> bool:
    """Whether a restore has put everything where it belongs, and nothing else is there."""
    there = {path for _, path in _files(state)}
    wanted = {_restored(name, state, store): digest for name, digest in digests.items()}
    return there == wanted.keys() - {store} and all(
        path.is_file() and _digest(path) == digest for path, digest in wanted.items()
    )


class _Gathered:
    """Snapshots and journals of a state folder, as far as they are in the backup."""

    def __init__(self, state: Path, target: Path) -> None:
        self._state, self._target = state, target
        self.linked_bytes = 0
        make_private_folder(target)

    def gather(self) -> None:
        """Take everything that is there now and was not, and what has grown."""
        snapshots = self._target / "snapshots"
        for path in sorted(snapshots.iterdir()) if snapshots.is_dir() else ():
            path.unlink()  # of a moment before
        for path in self._there("snapshots"):
            if path.suffix != ".part":
                self._take(path, is_final=True)
        folder = self._state / "journal"
        for journal in sorted(folder.iterdir()) if folder.is_dir() else ():
            if journal.is_dir():
                self._gather_journal(journal)

    def _gather_journal(self, journal: Path) -> None:
        for _ in range(_ROUNDS):
            before = _read(journal / INDEX)
            for path in self._there(f"journal/{journal.name}"):
                if path.name.endswith(".journal.zst"):
                    self._take(path, is_final=True)
                elif path.name.endswith(".journal"):
                    self._take(path, is_final=False)
            if before is not None:
                target = self._target_of(journal / INDEX)
                with open_private(target, "wb") as file:
                    file.write(before)
            if _read(journal / INDEX) == before:
                break
        taken = self._target / "journal" / journal.name
        for plain in sorted(taken.glob("*.journal")) if taken.is_dir() else ():
            if plain.with_name(plain.name + ".zst").exists():
                plain.unlink()  # sealed meanwhile: the same bytes

    def _there(self, name: str) -> Iterator[Path]:
        folder = self._state / name
        yield from (path for path in sorted(folder.iterdir()) if path.is_file()) if folder.is_dir() else ()

    def _target_of(self, path: Path) -> Path:
        target = self._target / path.relative_to(self._state)
        make_private_folder(target.parent)
        return target

    def _take(self, path: Path, *, is_final: bool) -> None:
        target = self._target_of(path)
        try:
            if not is_final:
                _copy(path, target)
                return
            if (
                target.exists()
                and target.stat().st_size == path.stat().st_size
                and path.suffix == ".zst"
                and "journal" in path.name
            ):
                return
            target.unlink(missing_ok=True)
            try:
                os.link(path, target)
                self.linked_bytes += target.stat().st_size
            except FileNotFoundError:
                raise
            except OSError:  # another disk, or a file system without links
                _copy(path, target)
        except FileNotFoundError:
            target.unlink(missing_ok=True)  # removed since it was listed: no longer needed


def _verify(part: Path) -> None:
    """The copy opens, the snapshot it names is there, and every journal is whole but for the end that was being written."""
    standing_of(part / STORE_NAME)
    committed = committed_of(part / STORE_NAME)
    if committed is not None and committed.snapshot_us is not None:
        named = list((part / STATE_NAME / "snapshots").glob(f"{committed.snapshot_us}.timeline.zst*"))
        if not named:
            raise StoreError(f"{part}: the snapshot that the store names is not in the backup; make another")
    journals = part / STATE_NAME / "journal"
    for folder in sorted(journals.iterdir()) if journals.is_dir() else ():
        for wrong in check_segments(folder):
            if " 0 damaged places" not in wrong:
                raise StoreError(f"{folder}: {wrong}; 'tidewaiter journal verify' says whether the original is whole")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / MANIFEST:
            yield path.relative_to(folder).as_posix(), path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _copy(path: Path, target: Path) -> None:
    with path.open("rb") as source, open_private(target, "wb") as file:
        shutil.copyfileobj(source, file, _BLOCK_BYTES)
        file.flush()
        os.fsync(file.fileno())
