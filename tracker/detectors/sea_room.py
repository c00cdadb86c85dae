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
            land |= _meets_land(places, lat[rows], lon[rows], ring_km)
        free[rows] = ~land
    return SeaRoom(distance_km, free)


def shore_distance_km(places: Places, lat_deg: Any, lon_deg: Any, farthest_km: float) -> NDArray[np.float64]:
    """Distance from land in km, shape of the spots, to within a kilometre; 0 on land, at most ``farthest_km``."""
    lat = np.atleast_1d(np.asarray(lat_deg, dtype=np.float64))
    lon = np.atleast_1d(np.asarray(lon_deg, dtype=np.float64))
    out = np.where(np.asarray(places.is_land(lat, lon), dtype=np.bool_), 0.0, farthest_km)
    rows = np.flatnonzero(out > 0.0)
    for ring_km in np.arange(_RING_KM, farthest_km, _RING_KM):
        if not len(rows):
            break
        land = _meets_land(places, lat[rows], lon[rows], ring_km)
        out[rows[land]] = ring_km - _RING_KM / 2.0
        rows = rows[~land]
    return out


def _meets_land(
    places: Places, lat: NDArray[np.float64], lon: NDArray[np.float64], ring_km: float
) -> NDArray[np.bool_]:
    """Is there land on the ring around each spot?"""
    points = max(8, int(np.ceil(2.0 * np.pi * ring_km / _ARC_KM)))
    bearings_deg = np.arange(points) * (360.0 / points)
    around = destination(lat[:, None], lon[:, None], bearings_deg[None, :], ring_km)
    probed = np.asarray(places.is_land(around[0].ravel(), around[1].ravel()), dtype=np.bool_)
    return np.asarray(probed.reshape(len(lat), points).any(axis=1))
