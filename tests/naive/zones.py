"""Is a point in a ring: the even-odd rule by hand, trying the ring one turn to either side."""

from __future__ import annotations

from itertools import pairwise
from typing import Any


def inside_ring(lon: float, lat: float, ring: Any) -> bool:
    """True where a ray to the east crosses an odd number of edges."""
    for turn in (-360.0, 0.0, 360.0):
        odd = False
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > lat) != (y2 > lat) and lon + turn < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
                odd = not odd
        if odd:
            return True
    return False
