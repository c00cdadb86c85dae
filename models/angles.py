"""Angles in degrees on the circle. Every longitude, course and heading in the program goes through here.

Linear arithmetic on longitudes is wrong at the antimeridian (the midpoint of 179.9 and -179.9 is 180, not 0); these functions
are right everywhere. All take scalars or arrays of degrees and broadcast; a result has the broadcast shape (0-dimensional for scalars), in degrees.
NaN in gives NaN out; nothing is raised but numpy's ``ValueError`` for shapes that do not fit.

Examples
--------
>>> float(difference(-179.9, 179.9).round(6))
0.2
>>> float(interpolate(179.9, -179.9, 0.5))
-180.0
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["difference", "interpolate", "mean", "wrap_course", "wrap_longitude"]


def wrap_longitude(lon_deg: ArrayLike) -> Any:
    """Longitude in [-180, 180).

    >>> wrap_longitude([180.0, 541.0, -180.0]).tolist()
    [-180.0, -179.0, -180.0]
    """
    return np.mod(np.asarray(lon_deg, dtype=np.float64) + 180.0, 360.0) - 180.0


def wrap_course(course_deg: ArrayLike) -> Any:
    """Course in [0, 360).

    >>> wrap_course([-10.0, 360.0]).tolist()
    [350.0, 0.0]
    """
    return np.mod(np.asarray(course_deg, dtype=np.float64), 360.0)


def difference(to_deg: ArrayLike, from_deg: ArrayLike) -> Any:
    """Signed smallest turn from one angle to another, in [-180, 180), positive clockwise.

    >>> difference([10.0, 350.0], [350.0, 10.0]).tolist()
    [20.0, -20.0]
    """
    return np.mod(np.asarray(to_deg, dtype=np.float64) - np.asarray(from_deg) + 180.0, 360.0) - 180.0


def interpolate(from_deg: ArrayLike, to_deg: ArrayLike, fraction: ArrayLike) -> Any:
    """Angle at ``fraction`` of the shorter way, in [-180, 180)."""
    return wrap_longitude(np.asarray(from_deg) + difference(to_deg, from_deg) * np.asarray(fraction))


def mean(angles_deg: ArrayLike, axis: int | None = None) -> Any:
    """Circular mean through sine and cosine, in [-180, 180); NaN where the angles cancel out or there are none.

    ``axis`` as in ``numpy.mean``: None takes all together and gives a float (Fisher 1993, "Statistical Analysis of Circular Data", 2.3.1).

    >>> mean([350.0, 10.0, 0.0])
    0.0
    >>> mean([0.0, 180.0])
    nan
    """
    radians = np.radians(np.asarray(angles_deg, dtype=np.float64))
    if radians.size == 0:
        return np.nan
    sine, cosine = np.sin(radians).mean(axis=axis), np.cos(radians).mean(axis=axis)
    result = wrap_longitude(np.degrees(np.arctan2(sine, cosine)))
    return (
        np.where(np.hypot(sine, cosine) < 1e-12, np.nan, result)
        if np.ndim(result)
        else (np.nan if np.hypot(sine, cosine) < 1e-12 else float(result))
    )
