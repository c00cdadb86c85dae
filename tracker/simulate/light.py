"""Light aircraft and their stories: orbits, surveys, field landings, and what only looks like them.

All start from and return to a small aerodrome 8 to 25 km from an air receiver, so that they are heard to the ground. A *field* is a point 11.5 to 14.8 km from
a receiver's airport (heard to the ground there too, and so are others, coming in to land) and at least 14 km from any other aerodrome.

Told, with when it could first be known: an orbit of 5 to 10 laps after four laps; a survey of 9 to 14 legs after six legs; a field landing with the transponder on two ground
reports after touching down, with the transponder off 10 min after that; the same at a strip of the register (``strips.csv`` beside the labels).

Every other silent landing has another light aircraft about, which passed as low over the same field before and is heard meanwhile; without one, nobody can tell before she
is heard again.

Traps: circuits with touch and go, go-arounds, a helicopter to a hospital, a low pass, a landing at an aerodrome below everybody's coverage, a flight that dives below coverage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.geodesy import bearing_deg
from tracker.simulate import light_stories as stories
from tracker.simulate import world
from tracker.simulate.aerodromes import Aerodromes
from tracker.simulate.air import Flight
from tracker.simulate.light_stories import Made
from tracker.simulate.pilot import Pilot, beyond
from tracker.simulate.stories.seed import Seed
from tracker.simulate.tracks import HOUR_S

_MARGIN_S: Final = 900.0


@dataclass(slots=True)
class LightWorld:
    """Light aircraft, their labels and the register of strips."""

    flights: list[Flight] = field(default_factory=list)
    seeds: list[Seed] = field(default_factory=list)
    strips: list[tuple[str, float, float]] = field(default_factory=list)


STORIES: Final[tuple[tuple[Callable[[Aerodromes, str], Made | None], int], ...]] = (
    (stories.orbit, 4),
    (stories.survey, 3),
    (stories.field_landing, 5),
    (stories.suspected_strip, 3),
    (stories.helicopter, 2),
    (stories.circuits, 2),
    (stories.go_around, 2),
    (stories.low_pass, 2),
    (stories.far_aerodrome, 2),
    (stories.below_coverage, 2),
)
"""Each story and how often it is told beside 40 flights."""


def light_world(
    rng: np.random.Generator, flights: int, hours: float, avoid: tuple[tuple[float, float], ...] = ()
) -> LightWorld:
    """All stories in their numbers; those that find no room in a short scenario, or no time free of ``avoid``, are left out."""
    made = LightWorld()
    if not flights:
        return made
    places = Aerodromes(rng)
    for story, often in STORIES:
        wanted, tries = max(1, round(often * flights / 40)), 0
        while wanted and tries < 60:
            tries += 1
            told = story(places, str(rng.choice(np.array(world.AIR_RECEIVERS))))
            if told is not None and _enter(made, rng, story.__name__, told, hours * HOUR_S, avoid):
                wanted -= 1
    return made


def _enter(
    made: LightWorld,
    rng: np.random.Generator,
    story: str,
    told: Made,
    end_s: float,
    avoid: tuple[tuple[float, float], ...],
) -> bool:
    """Give a story its time; False where there is none."""
    pilot, home, category, label, off = told
    room_s = end_s - pilot.now_s - 2.0 * _MARGIN_S
    if room_s <= 0.0:
        return False
    begun_s = _MARGIN_S + float(rng.uniform(0.0, room_s))
    if any(a < begun_s + pilot.now_s + 900.0 and begun_s - 900.0 < b for a, b in avoid):
        return False
    if off and len(made.flights) % 2 == 0:
        _companion(made, rng, begun_s + off[0][0], label(begun_s, "", "").lat_deg, label(begun_s, "", "").lon_deg, home)
    number = len(made.flights)
    flight = pilot.flight(begun_s, int(rng.integers(0x3C0000, 0x4CFFFF)), f"LT{number:03d}", home, category, story)
    flight.off_air = [(begun_s + a, begun_s + b) for a, b in off]
    seed = label(begun_s, flight.call_sign, flight.craft)
    made.flights.append(flight)
    made.seeds.append(seed)
    if seed.detail == "suspected_strip":
        made.strips.append((f"Strip {len(made.strips) + 1}", seed.lat_deg, seed.lon_deg))
    return True


def _companion(made: LightWorld, rng: np.random.Generator, silent_s: float, lat: float, lon: float, home: str) -> None:
    """Another aircraft that passes low over a field 15 min before a silence begins there, and flies about within 40 km for most of an hour."""
    entry = world.airports()[home]
    home_lat, home_lon, home_ft = float(entry["lat"]), float(entry["lon"]), float(entry["elevation"] or 0.0)
    pilot = Pilot(home_lat, home_lon, home_ft, float(rng.uniform(0.0, 360.0)))
    pilot.take_off(home_ft + 1500.0)
    away = float(bearing_deg(home_lat, home_lon, lat, lon))
    pilot.go_to(beyond(lat, lon, away + 180.0, 4.0), 90.0, home_ft + 800.0, 0.8)
    pilot.go_to((lat, lon), 80.0, home_ft + 40.0)
    passed_s = pilot.now_s
    pilot.steps(90.0, 0.0, 90.0, home_ft + 40.0)
    for leg in range(4):
        out = away + (140.0 if leg % 2 else -60.0)
        pilot.go_to(beyond(lat, lon, out, 30.0), 95.0, home_ft + 2500.0, 1.0)
    pilot.land_at(home_lat, home_lon, home_ft, float(bearing_deg(pilot.lat_deg, pilot.lon_deg, home_lat, home_lon)))
    pilot.stand(300.0)
    begun_s = silent_s - 900.0 - passed_s
    flight = pilot.flight(
        begun_s, int(rng.integers(0x3C0000, 0x4CFFFF)), f"LT{len(made.flights):03d}", home, "A1", "low_pass"
    )
    made.flights.append(flight)
    made.seeds.append(
        stories.quiet("low_pass", "passes low over a field and flies about", (lat, lon), pilot)(
            begun_s, flight.call_sign, flight.craft
        )
    )
