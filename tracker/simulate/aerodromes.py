"""All aerodromes of the simulator's world, and fields away from them."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from models.geodesy import chord_of_km, distance_km, unit_vectors
from tracker.simulate import world
from tracker.simulate.pilot import beyond

_APART_KM: Final = 8.0
"""Fields are so far from one another that what happens at one is not at another."""


class Aerodromes:
    """All aerodromes, and places away from them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        entries = world.airports()
        self.codes = np.array(list(entries))
        self.lat = np.array([float(e["lat"]) for e in entries.values()])
        self.lon = np.array([float(e["lon"]) for e in entries.values()])
        self.tree = cKDTree(unit_vectors(self.lat, self.lon))
        self.entries = entries
        self.taken: list[tuple[float, float]] = []

    def within(self, lat: float, lon: float, km: float) -> list[str]:
        """Codes within a distance."""
        rows = self.tree.query_ball_point(unit_vectors(lat, lon), float(chord_of_km(km)), return_sorted=True)
        return [str(self.codes[row]) for row in rows]

    def place(self, code: str) -> tuple[float, float, float]:
        """Latitude, longitude and height of one."""
        entry = self.entries[code]
        return float(entry["lat"]), float(entry["lon"]), float(entry["elevation"] or 0.0)

    def home(self, receiver: str, low_km: float = 8.0, high_km: float = 25.0) -> str | None:
        """A small aerodrome near a receiver."""
        lat, lon, _ = self.place(receiver)
        near = [c for c in self.within(lat, lon, high_km) if not self.entries[c]["iata"]]
        near = [c for c in near if float(distance_km(lat, lon, *self.place(c)[:2])) >= low_km]
        return str(self.rng.choice(np.array(near))) if near else None

    def field(self, receiver: str) -> tuple[float, float, float, float] | None:
        """A field near a receiver's airport: place, height and the course of the last approach, away from the airport."""
        lat, lon, ft = self.place(receiver)
        for _ in range(40):
            out = float(self.rng.uniform(0.0, 360.0))
            there = beyond(lat, lon, out, float(self.rng.uniform(11.5, 14.8)))
            if (
                self.within(*there, 14.0) not in ([receiver], [])
                or not world.is_land(*(np.array([v]) for v in there))[0]
            ):
                continue
            if any(float(distance_km(*there, *other)) < _APART_KM for other in self.taken):
                continue
            self.taken.append((there[0], there[1]))
            return there[0], there[1], ft, out + float(self.rng.uniform(-40.0, 40.0))
        return None
