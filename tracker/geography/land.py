"""Is a position on land? The GLOBE mask of global-land-mask, 30 arc seconds (about 1 km), kept as run lengths.

The mask is 21,600 rows (north to south) of 43,200 cells. Cell of a position::

    row = min(floor((90 - lat) * 120), 21599)        column = min(floor((lon + 180) * 120), 43199)

Unpacked it takes 933 MB; here only the flat cell numbers at which land and sea change places are kept (772,881 of
them, 3 MB), and a cell is land where an odd number of changes lies at or before it. Loading takes two seconds, once, when first asked.

WARNING: rivers, canals and harbour basins are land in it (Maasvlakte, the Suez and Kiel canals). "On land" alone therefore says
nothing about a ship near a port or in a river.
"""

from __future__ import annotations

import os
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.geography.bundled import bundled_file

_ROWS: Final = 21_600
_COLUMNS: Final = 43_200
_CELLS_PER_DEG: Final = 120
_CHUNK_ROWS: Final = 240
_ALL_SEA: Final = np.uint64(0x0101010101010101)


class LandMask:
    """The mask as sorted change points, starting with sea."""

    def __init__(self, changes: NDArray[np.int32]) -> None:
        self._changes = changes

    @property
    def changes(self) -> NDArray[np.int32]:
        """Flat cell numbers at which land and sea change places, ascending, beginning with sea."""
        return self._changes

    @classmethod
    def bundled(cls) -> LandMask:
        """The mask that comes with the program's dependencies."""
        parts: list[NDArray[np.int32]] = []
        previous, base = np.uint8(1), 0
        with (
            zipfile.ZipFile(bundled_file("global_land_mask", "globe_combined_mask_compressed.npz")) as archive,
            archive.open("mask.npy") as stream,
        ):
            np.lib.format.read_magic(stream)
            np.lib.format.read_array_header_1_0(stream)
            while data := stream.read(_CHUNK_ROWS * _COLUMNS):
                cells = np.frombuffer(data, dtype=np.uint8)
                parts.append((_changes(cells, previous) + base).astype(np.int32))
                previous, base = cells[-1], base + len(cells)
        return cls(np.concatenate(parts))

    @classmethod
    def cached(cls, folder: Path | None) -> LandMask:
        """The bundled mask, its change points kept in a cache folder so that only the first use takes seconds.

        A cache that cannot be read or written is done without.
        """
        if folder is None:
            return cls.bundled()
        path = folder / f"land-{version('global-land-mask')}-1.npy"
        try:
            changes = np.load(path, allow_pickle=False)
            if changes.dtype == np.int32 and changes.ndim == 1 and len(changes) > 0 and (np.diff(changes) > 0).all():
                return cls(changes)
        except (OSError, ValueError):
            pass
        mask = cls.bundled()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.{os.getpid()}")
            with partial.open("wb") as file:
                np.save(file, mask._changes, allow_pickle=False)
            partial.replace(path)
        except OSError:
            pass
        return mask

    def is_land(self, lat_deg: Any, lon_deg: Any) -> NDArray[np.bool_]:
        """True on land, False at sea and where the position is missing."""
        lat = np.atleast_1d(np.asarray(lat_deg, dtype=np.float64))
        lon = np.atleast_1d(np.asarray(lon_deg, dtype=np.float64))
        known = np.isfinite(lat) & np.isfinite(lon)
        row = np.clip(np.where(known, (90.0 - lat) * _CELLS_PER_DEG, 0.0), 0, _ROWS - 1).astype(np.int64)
        column = np.clip(np.where(known, (lon + 180.0) * _CELLS_PER_DEG, 0.0), 0, _COLUMNS - 1).astype(np.int64)
        crossed = np.searchsorted(self._changes, (row * _COLUMNS + column).astype(np.int32), side="right")
        return known & (crossed % 2 == 1)


def _changes(cells: NDArray[np.uint8], previous: np.uint8) -> NDArray[np.int64]:
    """Where a cell differs from the one before it. Looks at eight cells at once and only closer where they are mixed."""
    words = cells.view(np.uint64)
    mixed = (words != 0) & (words != _ALL_SEA)
    mixed[1:] |= words[1:] != words[:-1]
    mixed[0] = True
    at = (np.flatnonzero(mixed)[:, None] * 8 + np.arange(8)).ravel()
    before = cells[at - 1]
    before[0] = previous
    return at[cells[at] != before]
