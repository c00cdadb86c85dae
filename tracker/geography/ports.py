"""Ports of the world: nearest port, port of a code.

The bundled table (searoute, 3,962 ports) has one reference point per UN/LOCODE, usually the town or one basin: terminals lie up to
30 km from it (Maasvlakte from Rotterdam). A distance to a port is therefore a distance to a point, never to a quay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km
from tracker.geography.bundled import bundled_file
from tracker.geography.nearest import PointIndex

NAMESAKE_KM: Final = 10.0
"""Two ports of the same name this close are the same port."""


@dataclass(frozen=True, slots=True)
class Port:
    """One port; ``code`` is its UN/LOCODE without a space."""

    code: str
    name: str
    country: str
    lat_deg: float
    lon_deg: float


class PortTable:
    """Many ports with their tree. Where a code occurs twice the first row answers for it."""

    def __init__(self, ports: Sequence[Port]) -> None:
        self.ports = tuple(ports)
        self.lat_deg: NDArray[np.float64] = np.array([p.lat_deg for p in self.ports], dtype=np.float64)
        self.lon_deg: NDArray[np.float64] = np.array([p.lon_deg for p in self.ports], dtype=np.float64)
        self._by_code: dict[str, int] = {}
        for i, port in enumerate(self.ports):
            self._by_code.setdefault(port.code, i)

    def __len__(self) -> int:
        return len(self.ports)

    def __getitem__(self, index: int) -> Port:
        return self.ports[index]

    @cached_property
    def _index(self) -> PointIndex:
        return PointIndex(self.lat_deg, self.lon_deg)

    def nearest(self, lat_deg: Any, lon_deg: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Row of the nearest port and its distance in km, per position; -1 and NaN where the position is missing."""
        return self._index.nearest(lat_deg, lon_deg)

    def within(self, lat_deg: float, lon_deg: float, radius_km: float) -> list[Port]:
        """Ports within a radius of one position, in table order."""
        return [self.ports[i] for i in self._index.within(lat_deg, lon_deg, radius_km)]

    def by_code(self, code: str) -> Port | None:
        """The port of an exact UN/LOCODE."""
        row = self._by_code.get(code)
        return None if row is None else self.ports[row]

    def resolve(self, text: str) -> Port | None:
        """The port of a UN/LOCODE as people write it.

        >>> bundled_ports().resolve(" nl rtm").name
        'Rotterdam'
        """
        return self.by_code("".join(text.split()).upper())

    def merged_with(self, other: Sequence[Port], same_within_km: float = 1.0) -> PortTable:
        """``other`` laid over this table: it comes first, and a port here with the same code and place gives way.

        A port of ``other`` without a UN/LOCODE (its code begins with ``WPI``) takes the code of a port here of the same name within
        ``NAMESAKE_KM``, which gives way too: most rows of the World Port Index have no code of their own.
        """
        namesakes: dict[str, list[int]] = {}
        for i, port in enumerate(self.ports):
            namesakes.setdefault(port.name.casefold(), []).append(i)
        gone: set[int] = set()
        over = []
        for port in other:
            coded = port.code[:3] != "WPI"
            same = [self._by_code[port.code]] if coded and port.code in self._by_code else []
            for i in same if coded else namesakes.get(port.name.casefold(), []):
                here = self.ports[i]
                km = distance_km(port.lat_deg, port.lon_deg, here.lat_deg, here.lon_deg)
                if km <= (same_within_km if coded else NAMESAKE_KM):
                    gone.add(i)
                    over.append(replace(port, code=here.code))
                    break
            else:
                over.append(port)
        return PortTable([*over, *(port for i, port in enumerate(self.ports) if i not in gone)])


@lru_cache(maxsize=1)
def bundled_ports() -> PortTable:
    """The ports that come with the program's dependencies: read once, and one table for all, so that what is made of it is made once, too."""
    collection = json.loads(bundled_file("searoute", "data", "ports.geojson").read_bytes())
    ports = []
    for feature in collection["features"]:
        about = feature["properties"]
        lon, lat = feature["geometry"]["coordinates"][:2]
        code = (about.get("port") or "").upper()
        if len(code) == 5:
            ports.append(Port(code, about.get("name") or code, about.get("cty") or code[:2], float(lat), float(lon)))
    return PortTable(ports)
