"""Bringing a store to the present layout, or only trying it on a copy: what is done, how long it takes, what room it needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.claims import claimed_folder
from streams.time import US_PER_S, MonotonicClock
from tracker.errors import InputError
from tracker.store.database import Database
from tracker.store.migrations import LAYOUT, MIGRATIONS
from tracker.store.opening import log_of
from tracker.store.standing import Standing, standing_of

_MARGIN = 1.5
"""Room asked for beside the copy: the log of the migration's own transaction."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration, done or tried."""

    store: Path
    before: Standing
    seconds: float
    size_before: int
    size_after: int
    is_trial: bool

    def sentences(self) -> Iterator[str]:
        """What to tell a person."""
        rows = sum(self.before.rows.values())
        if self.before.layout == LAYOUT:
            yield f"{self.store} has layout {LAYOUT}, which is that of this program; there is nothing to do"
            return
        steps = sum(len(MIGRATIONS[layout]) for layout in range(self.before.layout, LAYOUT))
        yield (
            f"{self.store}: layout {self.before.layout} to {LAYOUT}, {steps} statements in one transaction, about {rows:,} rows in "
            f"{len(self.before.rows)} tables; a kill in it leaves layout {self.before.layout}"
        )
        did = "took on a copy" if self.is_trial else "took"
        yield f"it {did} {self.seconds:.1f} s; {self.size_before:,} bytes before, {self.size_after:,} after"
        if self.is_trial:
            yield f"needs about {int(self.size_before * (_MARGIN - 1)):,} bytes of room beside it; nothing was changed. Take a backup first: tidewaiter backup"


def migrate(store: Path) -> Migration:
    """Migrate; ``InputError`` where it is no store or a program has it open."""
    _look(store)
    before, size = standing_of(store), _size(store)
    clock = MonotonicClock()
    begun_us = clock.now_us()
    if before.layout < LAYOUT:
        Database(store).close()
    return Migration(store, before, (clock.now_us() - begun_us) / US_PER_S, size, _size(store), False)


def rehearse(store: Path) -> Migration:
    """Migrate a copy beside the store and remove it; the store is only read."""
    _look(store)
    before, size = standing_of(store), _size(store)
    if before.layout == LAYOUT:
        return Migration(store, before, 0.0, size, size, True)
    free = shutil.disk_usage(store.parent).free
    if free < size * _MARGIN:
        raise InputError(
            f"has no room for a copy: {free:,} bytes free, {int(size * _MARGIN):,} needed",
            str(store.parent),
            "make room",
        )
    folder = store.with_name(store.name + ".trial")
    try:
        with claimed_folder(folder, (store.name, log_of(store).name, f"{store.name}.tmp")):
            try:
                copy = folder / store.name
                for path in (store, log_of(store)):
                    if path.exists():
                        shutil.copyfile(path, copy.with_name(path.name))
                done = migrate(copy)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError as exc:
        raise InputError("is in use by another trial", str(folder), "wait for its end") from exc
    except OSError as exc:
        raise InputError(f"cannot be written ({exc.strerror or exc})", str(folder), "look at the disk") from exc
    return Migration(store, before, done.seconds, size, done.size_after, True)


def _look(store: Path) -> None:
    if not store.is_file():
        raise InputError("there is no such file", str(store), "give the store that watch or replay wrote")


def _size(store: Path) -> int:
    return sum(path.stat().st_size for path in (store, log_of(store)) if path.exists())
