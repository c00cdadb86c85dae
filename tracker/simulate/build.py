"""A scenario before anything is transmitted: the fleet, the flights, what happens to them, and what of it is labelled.

Everything comes out of one random generator. What is told beside a fleet (stories of crowds, jammers, other people's feeds) has generators of its own, so that
nothing else depends on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from models.geodesy import chord_of_km, distance_km, unit_vectors
from tracker.simulate import air, formation, lies, light, silence, world
from tracker.simulate.radio import GRID_S, Coverage, Silence, Span
from tracker.simulate.stories import feeds, jamming
from tracker.simulate.stories.flights import turn_rounds
from tracker.simulate.stories.seed import Seed
from tracker.simulate.stories.table import CROWDS, has_room, tell_once, told
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Registry, Sea, Ship, honest_fleet, lane_ship

COMPANY_KM: Final = 0.5
COMPANY_MIN: Final = 16.0
COMPANY_STEP_MIN: Final = 4.0
COMPANY_PORT_KM: Final = 8.0
COMPANY_DELAY_S: Final = 1500.0

Progress = Callable[[str, float], None]
"""Told the name of a stage and the share of the work done."""


@dataclass(slots=True)
class World:
    """A scenario before it is written."""

    fleet: list[Ship]
    flights: list[air.Flight]
    seeds: list[Seed]
    coverage: Coverage
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    chance: NDArray[np.float32]
    lost: Silence
    air_lost: tuple[Span, ...]
    light: light.LightWorld
    feeds: list[feeds.Feed] = field(default_factory=list)


def build(rng: np.random.Generator, vessels: int, flights: int, hours: float, tell: Progress) -> World:
    """Ships, flights, stories, outages and silences; nothing is transmitted yet."""
    coverage = Coverage(world.STATIONS)
    sea = Sea(rng, Registry(rng), coverage, hours)
    fleet, seeds = told(sea, vessels)
    fleet += honest_fleet(sea, vessels - len(fleet))
    _odd_identities(sea, fleet)
    tell("stories", 0.25)
    grid_s = np.arange(0.0, hours * HOUR_S + GRID_S, GRID_S)
    lat, lon = _apart(fleet, seeds, grid_s)
    flown, air_seeds = air.schedule(rng, flights, hours)
    lost, outage_seeds = silence.outages(rng, seeds, coverage, hours)
    chance = np.stack(
        [coverage.any_station(a, b, grid_s, class_b=s.class_b) for a, b, s in zip(lat, lon, fleet, strict=True)]
    ).astype(np.float32)
    wanted = max(1, round(9 * vessels / 200))
    seeds += silence.go_dark(rng, fleet, lat, lon, chance, coverage, lost, wanted)
    air_lost, air_outages = _air_outage(rng, flown, air_seeds, hours)
    air_seeds += air.go_dark(rng, flown, air.AirCoverage(), max(1, round(4 * flights / 40)) if flights else 0, air_lost)
    chance_of_lies = rng.spawn(1)[0]
    seeds += lies.tell(chance_of_lies, sea.registry, fleet, lat, lon, chance, lost, max(1, round(vessels / 100)))
    seeds += lies.honest_oddities(chance_of_lies, sea.registry, fleet, lat, lon, chance, lost)
    seeds += lies.shared(fleet, lat, lon, chance)
    seeds += lies.in_distress(chance_of_lies, fleet, lat, lon, chance, lost)
    seeds += lies.tell_air(chance_of_lies, flown, hours, max(1, round(3 * flights / 40)) if flights else 0, air_lost)
    seeds += lies.jammed_area(chance_of_lies, flown, hours)
    lights = light.light_world(rng.spawn(1)[0], flights, hours, air_lost)
    wingmen, formations = formation.meetings(
        rng.spawn(1)[0], flown, max(1, round(2 * flights / 40)) if flights else 0, air_lost
    )
    lights.flights += wingmen
    seeds += air_seeds + outage_seeds + air_outages + lights.seeds + formations
    scene = World(fleet, flown, seeds, coverage, lat, lon, chance, lost, air_lost, lights)
    if has_room(vessels, hours):
        _tell_crowds(scene, replace(sea, rng=rng.spawn(1)[0]), grid_s)
        _tell_habits(scene, rng.spawn(1)[0], sea, flights)
    return scene


def _tell_crowds(scene: World, sea: Sea, grid_s: NDArray[np.float64]) -> None:
    """Stories of several craft, added to a finished fleet; each has a generator of its own, so that none depends on another."""
    every = round(COMPANY_STEP_MIN * 60.0 / GRID_S)

    def is_apart(ships: list[Ship]) -> bool:
        """Whether none of them is with a ship of the fleet for long."""
        for ship in ships:
            at = ship.track.at(grid_s[::every])
            near = distance_km(scene.lat[:, ::every], scene.lon[:, ::every], *at) < COMPANY_KM
            near &= world.port_distance_km(*at) > COMPANY_PORT_KM
            if (near.sum(axis=1) * COMPANY_STEP_MIN >= COMPANY_MIN).any():
                return False
        return True

    for story, chance in zip(CROWDS, sea.rng.spawn(len(CROWDS)), strict=True):
        ships, seeds = tell_once(replace(sea, rng=chance), story, is_apart)
        if not ships:
            continue
        places = [ship.track.at(grid_s) for ship in ships]
        scene.lat = np.vstack([scene.lat, *(place[0] for place in places)])
        scene.lon = np.vstack([scene.lon, *(place[1] for place in places)])
        heard = [
            scene.coverage.any_station(*place, grid_s, class_b=s.class_b)
            for place, s in zip(places, ships, strict=True)
        ]
        scene.chance = np.vstack([scene.chance, *heard]).astype(np.float32)
        scene.fleet += ships
        scene.seeds += seeds


def _tell_habits(scene: World, rng: np.random.Generator, sea: Sea, flights: int) -> None:
    """What receivers, feeds and jammers do to honest craft, and flights that turn round out of everybody's reach."""
    hours = sea.hours
    of_ships, of_flights, of_feeds, of_nights = rng.spawn(4)
    grids = scene.lat, scene.lon, scene.chance, scene.lost
    scene.seeds += jamming.flicker(of_ships, scene.fleet, *grids)
    if flights:
        scene.seeds += jamming.displaced_flights(of_flights, scene.flights, hours, scene.air_lost)
        scene.seeds += turn_rounds(of_flights, scene.flights, hours, max(2, round(4 * flights / 40)))
    for told_by in (
        feeds.satellite(of_feeds, scene.fleet, *grids),
        feeds.box_ships(of_feeds, sea.registry, sea.end_s),
        feeds.polled(of_feeds, sea.registry, sea.end_s),
        *([feeds.box_flights(of_feeds, sea.end_s)] if flights else []),
    ):
        scene.feeds.append(told_by[0])
        scene.seeds += told_by[1]
    duct = silence.ducting(of_nights, scene.coverage, scene.lost, hours)
    if duct is not None:
        scene.lost = replace(scene.lost, duct=duct)
        scene.seeds.append(silence.station_of_duct(duct))


def _apart(
    fleet: list[Ship], seeds: list[Seed], grid_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tracks on the grid, honest ships delayed until none keeps another company by accident.

    Two ships within ``COMPANY_KM`` of one another for ``COMPANY_MIN`` away from port would be an encounter nobody labelled.
    """
    places = [ship.track.at(grid_s) for ship in fleet]
    lat, lon = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    labelled = {frozenset((id(s.ship), id(s.other))) for s in seeds if s.other is not None}
    every = round(COMPANY_STEP_MIN * 60.0 / GRID_S)
    for _ in range(6):
        together: Counter[tuple[int, int]] = Counter()
        for column in range(0, lat.shape[1], every):
            tree = cKDTree(unit_vectors(lat[:, column], lon[:, column]))
            pairs = tree.query_pairs(float(chord_of_km(COMPANY_KM)), output_type="ndarray")
            if len(pairs):
                clear = world.port_distance_km(lat[pairs[:, 0], column], lon[pairs[:, 0], column]) > COMPANY_PORT_KM
                together.update((int(a), int(b)) for a, b in pairs[clear])
        moved: set[int] = set()
        for (one, two), count in sorted(together.items()):
            if count * COMPANY_STEP_MIN < COMPANY_MIN or frozenset((id(fleet[one]), id(fleet[two]))) in labelled:
                continue
            honest = [k for k in (two, one) if not fleet[k].story]
            if honest and not {one, two} & moved:
                fleet[honest[0]].delay(COMPANY_DELAY_S)
                lat[honest[0]], lon[honest[0]] = fleet[honest[0]].track.at(grid_s)
                moved.add(honest[0])
        if not moved:
            break
    return lat, lon


def _air_outage(
    rng: np.random.Generator, flights: list[air.Flight], seeds: list[Seed], hours: float
) -> tuple[tuple[Span, ...], list[Seed]]:
    """The air feed is off for 20 min while at least three aircraft are up and nothing seeded turns on it."""
    if hours < 6.0:
        return (), []
    for _ in range(300):
        begin = float(rng.uniform(HOUR_S, (hours - 1.0) * HOUR_S))
        end = begin + 1200.0
        up = sum(bool(f.time_s[0] < begin and end < f.time_s[-1]) for f in flights)
        if up >= 3 and not any(s.start_s - 1200.0 < end and begin < s.end_s + 1200.0 for s in seeds):
            what = "The whole ADS-B feed is silent."
            seed = Seed(
                "feed_outage", "whole_feed", None, begin, end, np.nan, np.nan, begin + 120.0, what,
                must_alert=False, craft="source:adsb",
            )  # fmt: skip
            return ((begin, end),), [seed]
    return (), []


def _odd_identities(sea: Sea, fleet: list[Ship]) -> None:
    """Two pairs of honest ships share an MMSI; one in forty ships has an IMO number with a wrong check digit."""
    honest = [ship for ship in fleet if ship.role == "lane" and not ship.story]
    for _ in range(2 if len(honest) >= 20 else 1):
        if not honest:
            return
        original = honest.pop()
        double = lane_ship(sea)
        double.mmsi, double.role, original.role = original.mmsi, "shared_mmsi", "shared_mmsi"
        fleet.append(double)
    for _ in range(len(fleet) // 40):
        if honest:
            ship = honest.pop()
            ship.imo += 1 if ship.imo % 10 < 9 else -1
            ship.role = "bad_imo"
