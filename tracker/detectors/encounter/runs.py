"""Runs: what is remembered of a pair while it is together.

A run of a pair and a manner (stopped or abreast) grows by each instant at which the pair qualifies. Means and extremes are of the whole
run; medians are of its last 288 instants (a day at five minutes), so a run is bounded however long it lasts.

A run goes on through a silence: ``parted_us`` is the first instant after the last one together at which they, or the one of
them that was heard, were seen elsewhere. Until then nobody knows of them, and they may come back together (``bridge``).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import numpy as np
import pyarrow as pa

from models.geodesy import distance_km_scalar, from_unit_vectors
from tracker.units import NEVER_US

STOPPED: Final = 0
ABREAST: Final = 1

WATCHED: Final = 0
"""Not yet long enough."""
REPORTED: Final = 1
"""Judged an encounter."""
EXCUSED: Final = 2
"""Judged everyday business."""
_RECENT: Final = 288
_APPROACH: Final = 8

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
    bridged_us: int = 0
    """How long of it neither being together nor being apart was seen."""
    parted_us: int = NEVER_US
    revision: int = 0
    convoy: int = 0
    """1 where the two had sailed near one another and kept their distance before the first instant."""
    daughter: int = 0
    """1 or 2 where that one was first heard so near the other that it may be its boat."""
    before: int = 0
    """Visits of the pair before, when it was reported."""
    long_told: int = 0
    """How many of the marks of duration at which an open meeting is told anew it has passed."""
    manner_told: str = ""
    """The detail it was reported as."""
    least_km: float = 1e9
    vector: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    last_place: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """The middle between the two at the last instant together, as the sum of their unit vectors."""
    draughts: list[float] = field(default_factory=lambda: [math.nan, math.nan, math.nan, math.nan])
    """Draughts before of one and two, and those told last, in metres."""
    km: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    kn: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def grow(self, instant_us: int, km: float, kn: float, x: float, y: float, z: float) -> None:
        """One more instant: distance, mean speed, and the middle between the two as a vector."""
        self.last_us = instant_us
        self.parted_us = NEVER_US
        self.last_place = [x, y, z]
        self.instants += 1
        self.least_km = min(self.least_km, km)
        self.vector[0] += x
        self.vector[1] += y
        self.vector[2] += z
        self.km.append(km)
        self.kn.append(kn)

    def bridge(self, instant_us: int, slot_us: int) -> None:
        """They are together again, and nobody saw them apart: what lies between counts as time together, but not as seen."""
        self.bridged_us += instant_us - self.last_us - slot_us

    def drifted_km(self, x: float, y: float, z: float) -> float:
        """How far a place, as the sum of two unit vectors, lies from the last one together."""
        lat, lon = from_unit_vectors(np.array([self.last_place, [x, y, z]]))
        return float(distance_km_scalar(lat[0], lon[0], lat[1], lon[1]))

    def join(self, later: Run) -> None:
        """A later part of the same meeting."""
        self.last_us, self.last_place, self.parted_us = later.last_us, later.last_place, NEVER_US
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
        """How much the distance varied, one instant in eight left out, the farthest: while they came near and while they parted."""
        steady = sorted(self.km)[: len(self.km) - len(self.km) // _APPROACH]
        return steady[-1] - steady[0]

    def filled(self, slot_us: int) -> float:
        """Share of the instants from start to last, silences bridged left out, at which the pair qualified."""
        return self.instants / (self.seen_us / slot_us + 1.0)

    @property
    def seen_us(self) -> int:
        """How long they were seen together."""
        return self.last_us - self.start_us - self.bridged_us


def runs_to_arrow(runs: Iterable[tuple[RunKey, Run]]) -> pa.Table:
    """Runs for a snapshot, ordered by key."""
    rows = [
        {
            "a": key[0],
            "b": key[1],
            "manner": key[2],
            **{name: getattr(run, name) for name in _SCALARS},
            **{name: list(getattr(run, name)) for name in _LISTS},
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
        run = Run(**{name: row[name] for name in (*_SCALARS, *_LISTS)})
        run.km.extend(row["km"])
        run.kn.extend(row["kn"])
        runs[row["a"], row["b"], row["manner"]] = run
    return runs


_COUNTS: Final = (
    "start_us",
    "last_us",
    "stage",
    "instants",
    "bridged_us",
    "parted_us",
    "revision",
    "convoy",
    "daughter",
    "before",
    "long_told",
)
_SCALARS: Final = (*_COUNTS, "met_from_km", "least_km", "manner_told")
_LISTS: Final = ("vector", "last_place", "draughts")
_SCHEMA: Final = pa.schema(
    [(name, pa.int64()) for name in ("a", "b", "manner", *_COUNTS)]
    + [("met_from_km", pa.float64()), ("least_km", pa.float64()), ("manner_told", pa.string())]
    + [(name, pa.list_(pa.float64())) for name in (*_LISTS, "km", "kn")]
)
