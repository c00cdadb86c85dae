"""Where the live program keeps what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracker.door.place import place_of


@dataclass(frozen=True, slots=True)
class WatchFiles:
    """The store; snapshots and journals in a folder beside it; alerts as lines where asked for."""

    store: Path
    state: Path
    alerts: Path | None = None


def copies_folder(store: Path) -> Path:
    """Where a copy of the store is made, before a backup takes it."""
    return state_folder(store).absolute() / "copies"


def state_folder(store: Path) -> Path:
    """Where snapshots and journals of a store are: beside it."""
    return place_of(store).folder
