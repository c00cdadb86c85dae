"""Where aircraft may come down: runways as lines, and a register of strips that somebody suspects.

A register is the user's own (``tidewaiter reference import``): CSV with ``name, lat, lon, remark``, or GeoJSON points with a ``name``. A runway (OurAirports
``runways.csv``) is laid out as points at most 500 m apart between its ends, so that the distance to it is a distance to the nearest point,
at most 250 m too far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.geodesy import distance_km, interpolate
from tracker.geography.nearest import PointIndex

_SPACING_KM: Final = 0.5


@dataclass(frozen=True, slots=True)
class SuspectedStrip:
    """One entry of the register."""

    name: str
    lat_deg: float
    lon_deg: float
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Runway:
    """One runway between its two ends."""

    airport: str
    le_lat_deg: float
    le_lon_deg: float
    he_lat_deg: float
    he_lon_deg: float


class StripTable:
    """The register of suspected strips."""

    def __init__(self, strips: Sequence[SuspectedStrip] = ()) -> None:
        self.strips = tuple(strips)
        self._index = PointIndex(np.array([s.lat_deg for s in strips]), np.array([s.lon_deg for s in strips]))

    def nearest(self, lat_deg: float, lon_deg: float) -> tuple[SuspectedStrip | None, float]:
        """The nearest strip and its distance in km; None and infinity where there is none."""
        if not self.strips:
            return None, math.inf
        at, km = self._index.nearest_one(lat_deg, lon_deg)
        return self.strips[at], km


class RunwayTable:
    """Runways as points."""

    def __init__(self, runways: Sequence[Runway] = ()) -> None:
        lats, lons = [], []
        for runway in runways:
            ends = runway.le_lat_deg, runway.le_lon_deg, runway.he_lat_deg, runway.he_lon_deg
            if not all(math.isfinite(end) for end in ends):
                continue
            parts = max(1, math.ceil(float(distance_km(*ends)) / _SPACING_KM))
            lat, lon = interpolate(*ends, np.linspace(0.0, 1.0, parts + 1))
            lats.append(lat)
            lons.append(lon)
        self._count = len(lats)
        self._index = PointIndex(np.concatenate([np.empty(0), *lats]), np.concatenate([np.empty(0), *lons]))

    def distance_km(self, lat_deg: float, lon_deg: float) -> float:
        """Distance to the nearest runway; infinite where none is known."""
        return self._index.nearest_one(lat_deg, lon_deg)[1] if self._count else math.inf
