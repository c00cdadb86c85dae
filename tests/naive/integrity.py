"""Slow, obvious twins of the kernels of the integrity detector."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray


def edits(one: str, two: str) -> int:
    """Optimal string alignment distance by its definition."""

    @cache
    def between(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        best = min(between(i - 1, j) + 1, between(i, j - 1) + 1, between(i - 1, j - 1) + (one[i - 1] != two[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == two[j - 2] and one[i - 2] == two[j - 1]:
            best = min(best, between(i - 2, j - 2) + 1)
        return best

    return between(len(one), len(two))


def circle(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Radius, rms of the algebraic residual over the diameter and the radius, and centre, by least squares on all points."""
    z = x * x + y * y
    matrix = np.column_stack([x, y, np.ones_like(x)])
    (d, e, f), *_ = np.linalg.lstsq(matrix, -z, rcond=None)
    radius = float(np.sqrt((d * d + e * e) / 4.0 - f))
    residual = z + matrix @ np.array([d, e, f])
    return radius, float(np.sqrt(np.mean(residual**2))) / (2.0 * radius) / radius, float(-d / 2.0), float(-e / 2.0)


def frozen_us(
    rows: list[tuple[int, float, float, float]], limit_km: float, knots: float, run_km: float, reports: int
) -> list[int]:
    """Instants at which a frozen position is first believed: rows are (us, x km, y km, kn), on a plane."""
    found = []
    for now in range(len(rows)):
        first = now
        while first > 0 and rows[first - 1][3] > knots:
            first -= 1
        start = first
        for k in range(first, now + 1):  # the place is that of the first report that all later ones stay near
            if np.hypot(rows[k][1] - rows[start][1], rows[k][2] - rows[start][2]) > limit_km:
                start = k
        if rows[now][3] <= knots or now - start + 1 < reports:
            continue
        run = sum(
            min(rows[k][0] - rows[k - 1][0], 600_000_000) / 3.6e9 * rows[k][3] * 1.852
            for k in range(start + 1, now + 1)
        )
        if run >= run_km:
            found.append(rows[now][0])
    return found


def gathered(cells: list[int], around: list[list[int]], values: list[int]) -> list[int]:
    """Sum over each cell and its distinct neighbours."""
    of = dict(zip(cells, values, strict=True))
    return [sum(of.get(cell, 0) for cell in set(near)) for near in around]
