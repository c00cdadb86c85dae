"""Is a spot open water? What the rules about waiting and meeting ask of geography.

Three answers per spot: distance to the nearest port, whether the land mask calls it land (rivers, canals and harbour basins
are land in it), and whether land lies within a distance (probed on rings 2 km apart at points at most 4 km apart, so a rock smaller than
that may be missed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import destination
from tracker.detectors.base import Places

_RING_KM: Final = 2.0
_ARC_KM: Final = 4.0


@dataclass(frozen=True, slots=True)
class SeaRoom:
    """Per spot: distance to the nearest port, and True where there is no land at or around it."""

    port_km: NDArray[np.float64]
    open_water: NDArray[np.bool_]


def sea_room(places: Places, lat_deg: Any, lon_deg: Any, port_km: float, shore_km: float) -> SeaRoom:
    """Ports and shore around some spots; the shore is only looked for where no port is within ``port_km``."""
    lat, lon = (
        np.atleast_1d(np.asarray(lat_deg, dtype=np.float64)),
        np.atleast_1d(np.asarray(lon_deg, dtype=np.float64)),
    )
    distance_km = np.asarray(places.port_distance_km(lat, lon), dtype=np.float64)
    free = ~(distance_km < port_km)
    rows = np.flatnonzero(free)
    if len(rows):
        land = np.asarray(places.is_land(lat[rows], lon[rows]), dtype=np.bool_)
        rings_km = np.append(np.arange(_RING_KM, shore_km, _RING_KM), shore_km) if shore_km > 0 else np.empty(0)
        for ring_km in rings_km:
            points = max(8, int(np.ceil(2.0 * np.pi * ring_km / _ARC_KM)))
            bearings_deg = np.arange(points) * (360.0 / points)
            around = destination(lat[rows, None], lon[rows, None], bearings_deg[None, :], ring_km)
            probed = np.asarray(places.is_land(around[0].ravel(), around[1].ravel()), dtype=np.bool_)
            land |= probed.reshape(len(rows), -1).any(axis=1)
        free[rows] = ~land
    return SeaRoom(distance_km, free)
