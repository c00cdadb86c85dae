"""Runs: what is remembered of a pair while it is together.

A run of a pair and a manner (stopped or abreast) grows by each instant at which the pair qualifies. Means and extremes are of the whole
run; medians are of its last 288 instants (a day at five minutes), so a run is bounded however long it lasts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import pyarrow as pa

STOPPED: Final = 0
ABREAST: Final = 1

WATCHED: Final = 0
"""Not yet long enough."""
REPORTED: Final = 1
"""Judged an encounter."""
EXCUSED: Final = 2
"""Judged everyday business."""
_RECENT: Final = 288

RunKey = tuple[int, int, int]
"""Smaller segment key, greater one, manner."""


@dataclass(slots=True)
class Run:
    """One pair being together in one manner."""

    start_us: int
    last_us: int
    met_from_km: float = 0.0
    stage: int = WATCHED
    instants: int = 0
    least_km: float = 1e9
    vector: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    km: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    kn: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def grow(self, instant_us: int, km: float, kn: float, x: float, y: float, z: float) -> None:
        """One more instant: distance, mean speed, and the middle between the two as a vector."""
        self.last_us = instant_us
        self.instants += 1
        self.least_km = min(self.least_km, km)
        self.vector[0] += x
        self.vector[1] += y
        self.vector[2] += z
        self.km.append(km)
        self.kn.append(kn)

    def join(self, later: Run) -> None:
        """A later part of the same meeting."""
        self.last_us = later.last_us
        self.instants += later.instants
        self.least_km = min(self.least_km, later.least_km)
        self.vector = [mine + hers for mine, hers in zip(self.vector, later.vector, strict=True)]
        self.km.extend(later.km)
        self.kn.extend(later.kn)

    @property
    def median_km(self) -> float:
        """Median distance."""
        return median(self.km)

    @property
    def median_kn(self) -> float:
        """Median of the mean speed of the two."""
        return median(self.kn)

    @property
    def spread_km(self) -> float:
        """How much the distance varied."""
        return max(self.km) - min(self.km)

    def filled(self, slot_us: int) -> float:
        """Share of the instants from start to last at which the pair qualified."""
        return self.instants / ((self.last_us - self.start_us) / slot_us + 1.0)


def runs_to_arrow(runs: Iterable[tuple[RunKey, Run]]) -> pa.Table:
    """Runs for a snapshot, ordered by key."""
    rows = [
        {
            "a": key[0],
            "b": key[1],
            "manner": key[2],
            **{name: getattr(run, name) for name in _SCALARS},
            "vector": list(run.vector),
            "km": list(run.km),
            "kn": list(run.kn),
        }
        for key, run in sorted(runs, key=lambda item: item[0])
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def runs_from_arrow(table: pa.Table) -> dict[RunKey, Run]:
    """The inverse of :func:`runs_to_arrow`."""
    runs: dict[RunKey, Run] = {}
    row: dict[str, Any]
    for row in table.to_pylist():
        run = Run(**{name: row[name] for name in _SCALARS}, vector=row["vector"])
        run.km.extend(row["km"])
        run.kn.extend(row["kn"])
        runs[row["a"], row["b"], row["manner"]] = run
    return runs


_SCALARS: Final = ("start_us", "last_us", "met_from_km", "stage", "instants", "least_km")
_SCHEMA: Final = pa.schema(
    [(name, pa.int64()) for name in ("a", "b", "manner", "start_us", "last_us")]
    + [("met_from_km", pa.float64()), ("stage", pa.int64()), ("instants", pa.int64()), ("least_km", pa.float64())]
    + [(name, pa.list_(pa.float64())) for name in ("vector", "km", "kn")]
)
