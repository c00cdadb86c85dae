"""Distance from a path the slow way: points every hundred metres or so, and the nearest of them."""

from __future__ import annotations

import numpy as np

from models.geodesy import distance_km, interpolate


def project(lats: list[float], lons: list[float], lat: float, lon: float, pieces: int = 4000) -> tuple[float, float]:
    """Distance from the path and along it, in km."""
    best, best_along, before = float("inf"), 0.0, 0.0
    for k in range(len(lats) - 1):
        length = float(distance_km(lats[k], lons[k], lats[k + 1], lons[k + 1]))
        part = np.arange(pieces + 1) / pieces
        at_lat, at_lon = interpolate(lats[k], lons[k], lats[k + 1], lons[k + 1], part)
        km = distance_km(at_lat, at_lon, lat, lon)
        nearest = int(np.argmin(km))
        if km[nearest] < best:
            best, best_along = float(km[nearest]), before + length * float(part[nearest])
        before += length
    return best, best_along
