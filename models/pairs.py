"""All pairs of points closer than a distance, on the sphere.

A cKDTree over unit vectors with the chord as radius: exact, without cells and so without borders, the same at the poles and across the
antimeridian. 45,000 clustered points take about 25 ms. The result is in canonical order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from models.geodesy import chord_of_km, km_of_chord, unit_vectors


def close_pairs(lat_deg: Any, lon_deg: Any, within_km: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index pairs (i < j, in ascending order, shape (n, 2)) at most ``within_km`` apart, and their distances in km.

    Points with NaN are in no pair.
    """
    lat, lon = np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    if len(known) < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    points = unit_vectors(lat[known], lon[known])
    tree = cKDTree(points, balanced_tree=False, compact_nodes=False)
    found = tree.query_pairs(float(chord_of_km(within_km)) * (1.0 + 1e-12), output_type="ndarray").astype(np.int64)
    chord = np.linalg.norm(points[found[:, 0]] - points[found[:, 1]], axis=1)
    pairs = np.sort(known[found], axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order], np.asarray(km_of_chord(chord[order]))


def count_within(lat_deg: Any, lon_deg: Any, at_lat_deg: Any, at_lon_deg: Any, within_km: float) -> NDArray[np.int64]:
    """How many of some points lie within a distance of each of some places."""
    at = unit_vectors(np.atleast_1d(at_lat_deg), np.atleast_1d(at_lon_deg))
    if np.size(lat_deg) == 0:
        return np.zeros(len(at), dtype=np.int64)
    tree = cKDTree(unit_vectors(np.asarray(lat_deg), np.asarray(lon_deg)), balanced_tree=False, compact_nodes=False)
    return np.asarray(tree.query_ball_point(at, float(chord_of_km(within_km)), return_length=True), dtype=np.int64)
