"""Which papers name a box: looked up when something becomes known of boxes, so that alerts on any craft with such papers are judged again, whoever was asked about before.

A box is kept as a number of 64 bits, some 8 MB for a million of them, and only once the first box event came. Two boxes of one number would have alerts judged again
that stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tracker.cargo.consignment import Consignment
from tracker.cargo.rows import ConsignmentRows
from tracker.cargo.versions import Version


class BoxPapers:
    """Boxes of the newest papers by manifest; the papers of one are read again when another version is the newest."""

    def __init__(self) -> None:
        self._boxes_of: dict[str, tuple[Version, NDArray[np.uint64]]] = {}

    def naming(self, equipment_ids: Collection[str], newest: Iterable[Version]) -> set[str]:
        """Manifests (``manifest_id``) whose newest version names one of some boxes.

        Parameters
        ----------
        newest:
            The newest version of every manifest.
        """
        wanted = _numbers(pl.Series(sorted(equipment_ids), dtype=pl.String))
        before, self._boxes_of = self._boxes_of, {}
        found: set[str] = set()
        for version in newest:
            name = version.manifest.manifest_id
            kept = before.get(name)
            if kept is None or kept[0] is not version:
                kept = version, _boxes(version)
            self._boxes_of[name] = kept
            if np.isin(wanted, kept[1], assume_unique=True).any():
                found.add(name)
        return found


def _boxes(version: Version) -> NDArray[np.uint64]:
    """The boxes of all consignments, each once, in order."""
    return _numbers(pl.concat([pl.Series(dtype=pl.String), *(_named(leg.items) for leg in version.legs)]))


def _named(items: Sequence[Consignment]) -> pl.Series:
    if not isinstance(items, ConsignmentRows):
        return pl.Series([box.equipment_id for item in items for box in item.equipment], dtype=pl.String)
    named = pl.Series(items.column("equipment_ids"), dtype=pl.String).str.split(" ").explode()
    return named.filter(named.str.len_bytes() > 0)


def _numbers(texts: pl.Series) -> NDArray[np.uint64]:
    return np.unique(texts.hash(seed=0).to_numpy())
