"""What lies below an aircraft: aerodromes, runways, suspected strips and the height of the ground.

An aerodrome is a point in the bundled table, and the runways of a great airport lie kilometres from it (Amsterdam's Polderbaan 6 km). So the
distance to an aerodrome is less ``LARGE_KM`` where it has an IATA code, and the distance to a runway where the user's runways are known and nearer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.angles import difference
from models.geodesy import bearing_deg, distance_km
from tracker.geography.airports import Airport, AirportTable
from tracker.geography.elevation import Elevation, ElevationGrid, GroundHeight
from tracker.geography.strips import RunwayTable, StripTable, SuspectedStrip

LARGE_KM: Final = 4.5
"""How far the runways of an airport with scheduled traffic reach from its reference point, beyond those of an airfield: Amsterdam, Denver, Dallas."""


@dataclass(frozen=True, slots=True)
class NearAerodrome:
    """The nearest aerodrome: its reference point's distance, and the distance to its edge (0 inside)."""

    airport: Airport | None
    point_km: float
    edge_km: float


NO_AERODROME: Final = NearAerodrome(None, math.inf, math.inf)


class Ground:
    """Aerodromes, runways, strips and heights together."""

    def __init__(
        self,
        airports: AirportTable | None = None,
        *,
        is_land: Callable[[Any, Any], NDArray[np.bool_]] | None = None,
        grid: ElevationGrid | None = None,
        strips: StripTable | None = None,
        runways: RunwayTable | None = None,
    ) -> None:
        self.airports = airports or AirportTable([])
        self.elevation = Elevation(self.airports, is_land, grid)
        self.strips, self.runways = strips or StripTable(), runways or RunwayTable()

    def height(self, lat_deg: float, lon_deg: float) -> GroundHeight:
        """Height of the ground."""
        return self.elevation.at(lat_deg, lon_deg)

    def strip(self, lat_deg: float, lon_deg: float) -> tuple[SuspectedStrip | None, float]:
        """The nearest suspected strip and its distance in km."""
        return self.strips.nearest(lat_deg, lon_deg)

    def aerodrome(self, lat_deg: float, lon_deg: float) -> NearAerodrome:
        """The aerodrome whose edge is nearest."""
        best = NO_AERODROME
        for airport in self._around(lat_deg, lon_deg):
            point_km = float(distance_km(lat_deg, lon_deg, airport.lat_deg, airport.lon_deg))
            edge_km = max(0.0, point_km - LARGE_KM) if airport.iata else point_km
            if (edge_km, point_km) < (best.edge_km, best.point_km):
                best = NearAerodrome(airport, point_km, edge_km)
        runway_km = self.runways.distance_km(lat_deg, lon_deg)
        return best if runway_km >= best.edge_km else NearAerodrome(best.airport, best.point_km, runway_km)

    def ahead(
        self, lat_deg: float, lon_deg: float, course_deg: float, reach_km: float, within_deg: float
    ) -> Airport | None:
        """An aerodrome within reach and within an angle of the course, the nearest; without a course any within reach."""
        found, found_km = None, math.inf
        for airport in self.airports.within(lat_deg, lon_deg, reach_km) if len(self.airports) else ():
            km = float(distance_km(lat_deg, lon_deg, airport.lat_deg, airport.lon_deg))
            bearing = float(bearing_deg(lat_deg, lon_deg, airport.lat_deg, airport.lon_deg))
            off_deg = 0.0 if math.isnan(course_deg) else abs(float(difference(bearing, course_deg)))
            if off_deg <= within_deg and km < found_km:
                found, found_km = airport, km
        return found

    def _around(self, lat_deg: float, lon_deg: float) -> list[Airport]:
        """The nearest aerodrome and all whose edge could be nearer."""
        if not len(self.airports) or not math.isfinite(lat_deg):
            return []
        row, km = self.airports.nearest(lat_deg, lon_deg)
        return [self.airports[int(row[0])], *self.airports.within(lat_deg, lon_deg, float(km[0]) + LARGE_KM)]


UNKNOWN_GROUND: Final = Ground()
"""Nothing is known of the ground."""
