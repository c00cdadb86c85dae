"""Light aircraft of the simulator: every label is true by construction."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from models.angles import difference
from models.geodesy import distance_km
from tracker.simulate import world
from tracker.simulate.aerodromes import Aerodromes
from tracker.simulate.air import Flight
from tracker.simulate.light import STORIES, LightWorld, light_world
from tracker.simulate.light_stories import FORBIDDEN
from tracker.simulate.stories.seed import Seed

HOURS = 24.0


@lru_cache(maxsize=1)
def scene() -> LightWorld:
    return light_world(np.random.default_rng(3), 40, HOURS)


def told(detail: str) -> list[tuple[Flight, Seed]]:
    by_craft = {flight.craft: flight for flight in scene().flights}
    return [(by_craft[str(seed.craft)], seed) for seed in scene().seeds if seed.detail == detail]


def part(flight: Flight, seed: Seed) -> np.ndarray:
    return (flight.time_s >= seed.start_s) & (flight.time_s <= seed.end_s)


def test_every_story_is_told_as_often_as_it_says() -> None:
    count = {
        detail: len(told(detail))
        for detail in ("orbit", "survey", "landing", "suspected_strip", "helicopter", "circuits", "go_around")
    }
    assert count == {
        "orbit": 4,
        "survey": 3,
        "landing": 5,
        "suspected_strip": 3,
        "helicopter": 2,
        "circuits": 2,
        "go_around": 2,
    }
    assert len(STORIES) == 10


def test_an_orbit_turns_four_laps_by_the_instant_it_could_be_known() -> None:
    for flight, seed in told("orbit"):
        until = (flight.time_s >= seed.start_s) & (flight.time_s <= (seed.known_s or 0.0))
        turned = abs(np.sum(difference(flight.track_deg[until][1:], flight.track_deg[until][:-1])))
        assert turned == pytest.approx(1440.0, abs=40.0)


@pytest.mark.parametrize("detail", ["landing", "suspected_strip", "helicopter"])
def test_a_field_is_far_from_every_aerodrome_and_she_stands_there(detail: str) -> None:
    places = Aerodromes(np.random.default_rng(0))
    for flight, seed in told(detail):
        near = distance_km(seed.lat_deg, seed.lon_deg, places.lat, places.lon)
        assert near.min() >= 11.4
        here = distance_km(seed.lat_deg, seed.lon_deg, flight.lat, flight.lon) < 0.5
        assert (flight.on_ground & here).sum() * 5.0 >= 700.0


def test_a_silent_landing_is_silent_on_the_ground_and_until_she_has_climbed_out() -> None:
    silent = [(flight, seed) for flight, seed in [*told("landing"), *told("suspected_strip")] if flight.off_air]
    assert silent
    for flight, seed in silent:
        ((begin, end),) = flight.off_air
        assert begin < seed.start_s < end
        away = flight.on_ground & (distance_km(seed.lat_deg, seed.lon_deg, flight.lat, flight.lon) < 0.5)
        assert ((flight.time_s[away] >= begin) & (flight.time_s[away] < end)).all()


def test_fields_are_apart_and_strips_are_where_their_stories_are() -> None:
    strips = scene().strips
    assert len(strips) == 3
    for (_, lat, lon), (_, seed) in zip(strips, told("suspected_strip"), strict=True):
        assert (lat, lon) == (seed.lat_deg, seed.lon_deg)
        others = [s for s in scene().seeds if s.detail in ("landing", "helicopter")]
        assert min(float(distance_km(lat, lon, s.lat_deg, s.lon_deg)) for s in others) >= 8.0


def test_traps_land_at_home_and_forbid_both_kinds() -> None:
    for seed in scene().seeds:
        if seed.kind == "negative":
            assert seed.forbids == FORBIDDEN
    home = world.airports()
    for flight in scene().flights:
        entry = home[flight.origin]
        assert flight.on_ground[-1]
        assert float(distance_km(flight.lat[-1], flight.lon[-1], float(entry["lat"]), float(entry["lon"]))) < 2.0, (
            flight.story
        )


def test_nobody_flies_outside_the_scenario_or_during_an_outage() -> None:
    off = ((40_000.0, 41_200.0),)
    made = light_world(np.random.default_rng(4), 40, HOURS, off)
    assert len(made.flights) >= 25
    for flight in made.flights:
        assert flight.time_s[-1] <= HOURS * 3600.0
        if flight.craft in {seed.craft for seed in made.seeds if seed.kind != "negative"}:
            assert flight.time_s[-1] < off[0][0] or flight.time_s[0] > off[0][1]


def test_without_flights_there_are_none() -> None:
    assert light_world(np.random.default_rng(4), 0, HOURS).flights == []
