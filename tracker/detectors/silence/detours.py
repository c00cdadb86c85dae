"""The ways an aircraft may have flown between where it was lost and where it was heard again.

The straight way is one of them. At the speed it had, an aircraft covers so many kilometres in the time; what the straight way leaves of
them was flown somewhere: all ways of that length lie in an ellipse about the two places. A few stand for them: off to either side, on beyond
and back, back first. The more is left, the less weight the straight way has. A speed made good below six tenths of what it flew
with is none that an airliner keeps (at half its cruising speed it stalls: reference speeds of approach lie at 0.3 of cruise, ground
speed in a head wind of 100 kn included): then it held, landed or flew out and back, and nothing is known of the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import KM_PER_NM, bearing_deg, by_way_of, destination, distance_km, interpolate

_SLOWEST_SHARE: Final = 0.6
_LANDED_S: Final = 2_400.0
"""Time left over in which it may have landed and taken off again: the shortest turn-rounds of airliners take 25 min, descent and climb as much."""
_ASIDE: Final = np.array([0.0, 0.35, -0.35, 0.7, -0.7, 1.0, -1.0])
_ASIDE_WEIGHTS: Final = np.array([0.05, 0.2, 0.2, 0.12, 0.12, 0.08, 0.08])
_BEYOND_WEIGHT: Final = 0.1
_BACK_WEIGHT: Final = 0.05
_COUNT: Final = len(_ASIDE) + 2


@dataclass(frozen=True, slots=True)
class Detours:
    """Ways of shape (ways, steps), the straight one first, and the weight of each."""

    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    weights: NDArray[np.float64]


def detours(
    start: tuple[float, float], end: tuple[float, float], seconds: float, speed_kn: float, shares: Any, ways: int
) -> Detours | None:
    """Ways from start to end in that time at that speed, at ``shares`` of their length; None where none of them tells anything.

    ``ways`` is how many rows the answer has; those beyond the detours repeat the straight way with no weight.
    """
    km = float(distance_km(*start, *end))
    flown_km = km if math.isnan(speed_kn) else max(km, speed_kn * KM_PER_NM * seconds / 3600.0)
    left = 1.0 - km / max(flown_km, 1e-9)
    if left > 1.0 - _SLOWEST_SHARE or left * seconds > _LANDED_S:
        return None
    lat, lon = np.empty((2, ways, len(shares)))
    lat[:], lon[:] = interpolate(*start, *end, shares)
    detour = min(1.0, 2.0 * left)
    weights = np.zeros(ways)
    weights[0] = 1.0 - detour
    weights[: len(_ASIDE)] += detour * _ASIDE_WEIGHTS
    weights[len(_ASIDE)] = detour * _BEYOND_WEIGHT
    weights[len(_ASIDE) + 1] = detour * _BACK_WEIGHT
    if flown_km - km < 1.0:
        return Detours(lat, lon, weights)
    course = float(bearing_deg(*start, *end))
    middle = interpolate(*start, *end, 0.5)
    aside_km = math.sqrt(max(flown_km**2 - km**2, 0.0)) / 2.0
    vias = [destination(*middle, course + 90.0, aside * aside_km) for aside in _ASIDE[1:]]
    vias += [destination(*end, course, (flown_km - km) / 2.0), destination(*start, course, (km - flown_km) / 2.0)]
    for row, via in enumerate(vias, start=1):
        lat[row], lon[row] = by_way_of(start, (float(via[0]), float(via[1])), end, shares)
    return Detours(lat, lon, weights)
