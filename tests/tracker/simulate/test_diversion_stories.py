"""What makes the labels of ships that leave their papers true: nobody could take the story for a voyage as declared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.geodesy import distance_km
from tracker.simulate import world
from tracker.simulate.radio import Coverage
from tracker.simulate.stories.diversion import contradicting_destination, next_voyage, off_route
from tracker.simulate.stories.seed import Seed, Told
from tracker.simulate.traffic import Registry, Sea, Ship


def stories(story: Callable[[Sea], Told | None], count: int) -> list[tuple[Ship, Seed]]:
    """The first few tellings of a story."""
    rng = np.random.default_rng(11)
    sea, told = Sea(rng, Registry(rng), Coverage(world.STATIONS), 48.0), []
    while len(told) < count:
        result = story(sea)
        if result is not None:
            told.append((result[0][0], result[1]))
    return told


def away_km(place: tuple[float, float], code: str) -> float:
    port = world.port(code)
    return float(distance_km(*place, port.lat_deg, port.lon_deg))


def test_who_leaves_the_route_pays_for_it_and_is_far_from_the_shortest_way_too() -> None:
    for ship, seed in stories(off_route, 4):
        assert ship.declared is not None and seed.kind == "diversion"
        line = world.lane(ship.declared[0].port, ship.declared[1].port)
        sailed = np.arange(ship.declared[0].depart_s or 0.0, ship.declared[1].arrive_s or 0.0, 60.0)
        way, lane_km = ship.track.at(sailed), float(world.length_km(line)[-1])
        assert world.length_km(way)[-1] - lane_km > 0.9 * max(30.0, 0.08 * lane_km)
        tight = world.drawn_tight(line)
        assert distance_km(way[0][:, None], way[1][:, None], *tight).min(axis=1).max() > 45.0


def test_the_shortest_way_over_water_is_no_longer_than_the_lane_and_crosses_no_land() -> None:
    for one, two, run_km in world.pairs()[:60:6]:
        tight = world.drawn_tight(world.lane(one, two))
        assert world.length_km(tight)[-1] <= run_km + 1.0
        assert world.land_share(tight) <= max(world.land_share(world.lane(one, two)), 0.01)


def test_another_destination_is_another_port_typed_long_before_the_berth() -> None:
    for ship, seed in stories(contradicting_destination, 6):
        assert ship.declared is not None and seed.kind == "diversion"
        typed, ports = ship.told[1][1], [call.port for call in ship.declared]
        place = world.port(typed).lat_deg, world.port(typed).lon_deg
        assert min(away_km(place, code) for code in ports) >= 60.0
        assert away_km((seed.lat_deg, seed.lon_deg), ports[-1]) >= 130.0


def test_the_next_voyages_port_typed_off_the_berth_is_nothing_wrong() -> None:
    for ship, seed in stories(next_voyage, 4):
        assert seed.kind == "negative" and seed.forbids == ("diversion",)
        assert 3600.0 <= seed.end_s - seed.start_s <= 7200.0
        assert ship.calls[2].port == ship.told[1][1], "she goes there"
