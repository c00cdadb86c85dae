"""All pairs of points closer than a distance, on the sphere.

A sweep: unit vectors are sorted along a fixed slanting axis, and each point is compared with those after it until the difference along
the axis exceeds the chord. Exact, without cells and so without borders, the same at the poles and across the antimeridian. The axis is
slanted so that ships strung along a parallel, a meridian or a coast do not all fall into one slab; a slab 500 m wide through a world of
100,000 ships holds a handful, through the densest anchorage some hundreds. The result is in canonical order.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.geodesy import chord_of_km, km_of_chord, unit_vectors

__all__ = ["close_pairs", "count_within"]

_AXIS: Final = np.array([0.4821, 0.6012, 0.6374])


@numba.njit(cache=True, nogil=True)
def _sweep(
    points: NDArray[np.float64], along: NDArray[np.float64], order: NDArray[np.int64], chord: float, out: NDArray[np.int64],
    out_square: NDArray[np.float64],
) -> int:  # fmt: skip
    """Pairs at most ``chord`` apart, as far as they fit into ``out``; returns how many there are."""
    count, room = 0, len(out)
    square = chord * chord
    for m in range(len(order)):
        i = order[m]
        for n in range(m + 1, len(order)):
            j = order[n]
            if along[j] - along[i] > chord:
                break
            dx, dy, dz = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
            apart = dx * dx + dy * dy + dz * dz
            if apart <= square:
                if count < room:
                    out[count, 0], out[count, 1] = min(i, j), max(i, j)
                    out_square[count] = apart
                count += 1
    return count


def close_pairs(
    lat_deg: ArrayLike, lon_deg: ArrayLike, within_km: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index pairs (i < j, in ascending order, shape (n, 2)) at most ``within_km`` apart, and their distances in km.

    ``lat_deg`` and ``lon_deg`` have one shape (n,); points with NaN are in no pair.

    >>> pairs, km = close_pairs([0.0, 0.0, 50.0], [179.999, -179.999, 0.0], within_km=1.0)
    >>> pairs.tolist(), km.round(3).tolist()
    ([[0, 1]], [0.222])
    """
    lat, lon = np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    if len(known) < 2:
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    points = unit_vectors(lat[known], lon[known])
    along = points @ (_AXIS / np.linalg.norm(_AXIS))
    order = np.argsort(along)  # in what order equal ones come changes nothing: the pairs are put in order below
    chord = float(chord_of_km(within_km)) * (1.0 + 1e-12)
    room = max(1024, 2 * len(known))
    while True:
        found, square = np.empty((room, 2), dtype=np.int64), np.empty(room)
        count = _sweep(points, along, order, chord, found, square)
        if count <= room:
            break
        room = count
    pairs = known[found[:count]]
    canonical = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[canonical], np.asarray(km_of_chord(np.sqrt(square[:count][canonical])))


def count_within(
    lat_deg: ArrayLike, lon_deg: ArrayLike, at_lat_deg: ArrayLike, at_lon_deg: ArrayLike, within_km: float
) -> NDArray[np.int64]:
    """How many of some points lie within a distance of each of some places.

    Points have shape (n,), places (m,) or are one; the result has shape (m,). No coordinate may be NaN: scipy raises ``ValueError``.

    >>> count_within([0.0, 0.001], [0.0, 0.0], [0.0, 10.0], [0.0, 0.0], within_km=1.0).tolist()
    [2, 0]
    """
    at = unit_vectors(np.atleast_1d(at_lat_deg), np.atleast_1d(at_lon_deg))
    if np.size(lat_deg) == 0:
        return np.zeros(len(at), dtype=np.int64)
    from scipy.spatial import cKDTree  # noqa: PLC0415 (loaded when it is needed: a fifth of a second)

    tree = cKDTree(unit_vectors(np.asarray(lat_deg), np.asarray(lon_deg)), balanced_tree=False, compact_nodes=False)
    return np.asarray(tree.query_ball_point(at, float(chord_of_km(within_km)), return_length=True), dtype=np.int64)
