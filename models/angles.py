"""Angles in degrees on the circle. Every longitude, course and heading in the program goes through here.

Linear arithmetic on longitudes is wrong at the antimeridian (the midpoint of 179.9 and -179.9 is 180, not 0); these functions
are right everywhere. All take scalars or arrays and broadcast; NaN in gives NaN out.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def wrap_longitude(lon_deg: Any) -> Any:
    """Longitude in [-180, 180)."""
    return np.mod(np.asarray(lon_deg, dtype=np.float64) + 180.0, 360.0) - 180.0


def wrap_course(course_deg: Any) -> Any:
    """Course in [0, 360)."""
    return np.mod(np.asarray(course_deg, dtype=np.float64), 360.0)


def difference(to_deg: Any, from_deg: Any) -> Any:
    """Signed smallest turn from one angle to another, in [-180, 180)."""
    return np.mod(np.asarray(to_deg, dtype=np.float64) - from_deg + 180.0, 360.0) - 180.0


def interpolate(from_deg: Any, to_deg: Any, fraction: Any) -> Any:
    """Angle at ``fraction`` of the shorter way, in [-180, 180)."""
    return wrap_longitude(np.asarray(from_deg) + difference(to_deg, from_deg) * fraction)


def mean(angles_deg: Any, axis: int | None = None) -> Any:
    """Circular mean through sine and cosine, in [-180, 180); NaN where the angles cancel out or there are none."""
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
