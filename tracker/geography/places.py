"""The real ``Places`` of the program: ports, airports and land, bundled or the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracker.geography.airports import Airport, AirportTable, bundled_airports
from tracker.geography.destinations import shared_destinations
from tracker.geography.ground import Ground
from tracker.geography.land import LandMask
from tracker.geography.place_names import shared_place_names
from tracker.geography.ports import Port, PortTable, bundled_ports
from tracker.geography.sea_routes import SeaRoutes
from tracker.geography.strips import RunwayTable, StripTable

if TYPE_CHECKING:
    from tracker.geography.reference import CallSignRoutes


@dataclass(frozen=True, slots=True)
class Located:
    """A declared location found in the reference tables."""

    code: str
    name: str
    lat_deg: float
    lon_deg: float


class WorldPlaces:
    """Everything geographic, each part loaded when first asked.

    Parameters
    ----------
    folder:
        Reference folder that ``tracker.geography.reference.import_reference`` writes; None for what is bundled alone.
    cache:
        Folder for what is slow to make and the same every time; None to make it anew.
    """

    def __init__(self, folder: Path | None = None, cache: Path | None = None) -> None:
        self._folder, self._cache = folder, cache

    @classmethod
    def load(cls, folder: Path | None = None, cache: Path | None = None) -> WorldPlaces:
        """The user's reference over the bundled one."""
        return cls(folder, cache)

    @cached_property
    def _own(self) -> ModuleType | None:
        """The reader of the user's reference, where there is one: it needs Polars, and most have none."""
        if self._folder is None or not self._folder.is_dir():
            return None
        from tracker.geography import reference  # noqa: PLC0415

        return reference

    @cached_property
    def ports(self) -> PortTable:
        """All ports."""
        own = self._own.read_ports(self._folder) if self._own else []
        return bundled_ports().merged_with(own) if own else bundled_ports()

    @cached_property
    def airports(self) -> AirportTable:
        """All airports."""
        own = self._own.read_airports(self._folder) if self._own else []
        return bundled_airports().merged_with(own) if own else bundled_airports()

    @cached_property
    def land(self) -> LandMask:
        """The land mask (two seconds to load, unless it is in the cache)."""
        return LandMask.cached(self._cache)

    @cached_property
    def ground(self) -> Ground:
        """Aerodromes, runways, suspected strips and heights."""
        own, folder = self._own, self._folder
        return Ground(
            self.airports,
            is_land=self.is_land,
            grid=own.read_elevation(folder) if own else None,
            strips=StripTable(own.read_strips(folder) if own else ()),
            runways=RunwayTable(own.read_runways(folder) if own else ()),
        )

    @cached_property
    def sea_routes(self) -> SeaRoutes:
        """The network of sea lanes."""
        return SeaRoutes(lambda: self.land)

    @cached_property
    def _call_sign_routes(self) -> CallSignRoutes | None:
        return self._own.read_flight_routes(self._folder) if self._own else None

    @cached_property
    def codeshares(self) -> Sequence[tuple[str, str]]:
        """Marketing and operating number of codeshares, from the user's reference."""
        return self._own.read_codeshares(self._folder) if self._own else ()

    @cached_property
    def registrations(self) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
        """Registrations in order, letters and digits alone, and the 24-bit address of each, from the user's reference."""
        nobody = np.empty(0, dtype="S1"), np.empty(0, dtype=np.int64)
        return self._own.read_registrations(self._folder) if self._own else nobody

    def port_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance to the nearest port, per point."""
        return self.ports.nearest(lat_deg, lon_deg)[1]

    def airport_distance_km(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance to the nearest airport, per point."""
        return self.airports.nearest(lat_deg, lon_deg)[1]

    def port_near(self, lat_deg: float, lon_deg: float) -> Located | None:
        """The nearest port, None for no position."""
        row = int(self.ports.nearest(lat_deg, lon_deg)[0][0])
        return None if row < 0 else _located(self.ports[row].code, self.ports[row])

    def aerodrome_near(self, lat_deg: float, lon_deg: float) -> Located | None:
        """The nearest aerodrome, None for no position."""
        row = int(self.airports.nearest(lat_deg, lon_deg)[0][0])
        return None if row < 0 else _located(self.airports[row].icao, self.airports[row])

    def is_land(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        """True where the land mask says land (rivers and harbours included)."""
        return self.land.is_land(lat_deg, lon_deg)

    def route_of_call_sign(self, text: str) -> tuple[str, ...]:
        """ICAO codes a call sign usually flies, from the user's reference; empty where unknown."""
        return self._call_sign_routes.route_of(text) if self._call_sign_routes else ()

    def resolve_location(self, code: str) -> Located | None:
        """The place of a UN/LOCODE, ICAO or IATA code, or of a name (``place_names``); five letters are tried as a port first."""
        port = self.ports.resolve(code)
        if port is not None:
            return _located(port.code, port)
        airport = self.airports.resolve(code)
        if airport is not None:
            return _located(airport.icao, airport)
        named = shared_place_names(shared_destinations(self.ports)).named(code)
        return None if named.port is None else _located(named.port.code, named.port)


def _located(code: str, place: Port | Airport) -> Located:
    return Located(code, place.name, place.lat_deg, place.lon_deg)
