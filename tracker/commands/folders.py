"""Folders of the user: where imported reference data and what is slow to make are kept."""

from __future__ import annotations

import os
from pathlib import Path


def reference_folder() -> Path:
    """Where imported reference data is kept: TIDEWAITER_REFERENCE, else the user's data folder."""
    given = os.environ.get("TIDEWAITER_REFERENCE")
    return Path(given) if given else data_folder() / "reference"


def data_folder() -> Path:
    """The user's data folder of this program."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "tidewaiter"


def cache_folder() -> Path:
    """Where derived data that is slow to make is kept: TIDEWAITER_CACHE, else the user's cache folder."""
    given = os.environ.get("TIDEWAITER_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(given) if given else Path(base) / "tidewaiter"
