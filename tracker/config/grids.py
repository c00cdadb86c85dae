"""Cells of the earth in which reception and jamming are learned: section ``[grids]``."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.detectors.base import GRID_ORIGIN_DEG
from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class GridConfig:
    """Where the cells begin."""

    origin_lon_deg: float = threshold(
        GRID_ORIGIN_DEG,
        "Longitude from which cells are counted. All programs that share what they learned, and every start, must have the same; where it is changed the detectors are driven anew over the store.",
        "ours: a little beside Greenwich, so that round coordinates lie on no border of cells",
        low=-180.0, high=180.0,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)
