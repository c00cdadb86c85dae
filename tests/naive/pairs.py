"""Slow twins: pairs by looking at every pair, radius by trying every circle."""

from __future__ import annotations

import itertools

import numpy as np

from models.geodesy import distance_km, interpolate


def close_pairs(lat, lon, within_km):
    found = []
    for i, j in itertools.combinations(range(len(lat)), 2):
        if distance_km(lat[i], lon[i], lat[j], lon[j]) <= within_km:
            found.append((i, j))
    return found


def enclosing_radius_km(lat, lon):
    """Least radius of a circle around the midpoint of two points, or around the point itself, that holds all (an upper bound)."""
    best = np.inf
    for i, j in itertools.combinations_with_replacement(range(len(lat)), 2):
        mid = interpolate(lat[i], lon[i], lat[j], lon[j], 0.5)
        best = min(best, float(np.max(distance_km(mid[0], mid[1], lat, lon))))
    return best
