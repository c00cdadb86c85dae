"""Airports of the world: nearest airport, airport of an ICAO or IATA code.

The bundled table (airportsdata, 28,298 aerodromes, strips and heliports) has the reference point of the field, its elevation, and no
runways. An ICAO code wins where a text could be both.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km
from tracker.geography.bundled import bundled_file
from tracker.geography.nearest import PointIndex


@dataclass(frozen=True, slots=True)
class Airport:
    """One aerodrome. ``iata`` is empty where there is none; the elevation may be NaN."""

    icao: str
    iata: str
    name: str
    country: str
    lat_deg: float
    lon_deg: float
    elevation_ft: float


class AirportTable:
    """Many airports with their tree."""

    def __init__(self, airports: Sequence[Airport]) -> None:
        self.airports = tuple(airports)
        self.lat_deg: NDArray[np.float64] = np.array([a.lat_deg for a in self.airports], dtype=np.float64)
        self.lon_deg: NDArray[np.float64] = np.array([a.lon_deg for a in self.airports], dtype=np.float64)
        self.elevation_ft: NDArray[np.float64] = np.array([a.elevation_ft for a in self.airports], dtype=np.float64)
        self._by_code: dict[str, int] = {}
        for i, airport in enumerate(self.airports):
            self._by_code.setdefault(airport.icao, i)
        for i, airport in enumerate(self.airports):
            if airport.iata:
                self._by_code.setdefault(airport.iata, i)

    def __len__(self) -> int:
        return len(self.airports)

    def __getitem__(self, index: int) -> Airport:
        return self.airports[index]

    @cached_property
    def _index(self) -> PointIndex:
        return PointIndex(self.lat_deg, self.lon_deg)

    @property
    def positions_deg(self) -> NDArray[np.float64]:
        """Latitude and longitude, a row each."""
        return np.column_stack([self.lat_deg, self.lon_deg])

    def nearest(self, lat_deg: Any, lon_deg: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Row of the nearest airport and its distance in km, per position; -1 and NaN where the position is missing."""
        return self._index.nearest(lat_deg, lon_deg)

    def within(self, lat_deg: float, lon_deg: float, radius_km: float) -> list[Airport]:
        """Airports within a radius of one position, in table order."""
        return [self.airports[i] for i in self._index.within(lat_deg, lon_deg, radius_km)]

    def by_code(self, code: str) -> Airport | None:
        """The airport of an exact ICAO or IATA code."""
        row = self._by_code.get(code)
        return None if row is None else self.airports[row]

    def resolve(self, text: str) -> Airport | None:
        """The airport of a code as people write it."""
        return self.by_code("".join(text.split()).upper())

    def merged_with(self, other: Sequence[Airport], same_within_km: float = 1.0) -> AirportTable:
        """``other`` laid over this table: it comes first, and an airport here with the same code and place gives way."""
        over = {airport.icao: airport for airport in other}

        def replaced(airport: Airport) -> bool:
            p = over.get(airport.icao)
            return p is not None and bool(
                distance_km(p.lat_deg, p.lon_deg, airport.lat_deg, airport.lon_deg) <= same_within_km
            )

        return AirportTable([*other, *(airport for airport in self.airports if not replaced(airport))])


def bundled_airports() -> AirportTable:
    """The airports that come with the program's dependencies."""
    airports = []
    with bundled_file("airportsdata", "airports.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        at = {name: i for i, name in enumerate(next(rows))}
        icao, iata, name, country = at["icao"], at["iata"], at["name"], at["country"]
        lat, lon, elevation = at["lat"], at["lon"], at["elevation"]
        for row in rows:
            height_ft = float(row[elevation]) if row[elevation] else math.nan
            airports.append(
                Airport(row[icao], row[iata], row[name], row[country], float(row[lat]), float(row[lon]), height_ft)
            )
    return AirportTable(airports)
