"""Ports, airports and land as the program sees them."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import distance_km
from tracker.geography.airports import bundled_airports
from tracker.geography.nearby import NearbyGrid, cell_of
from tracker.geography.places import WorldPlaces
from tracker.geography.ports import Port, PortTable, bundled_ports

WORLD = WorldPlaces()


def test_the_nearest_port_is_the_nearest_by_plain_distance() -> None:
    ports = bundled_ports()
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(-90, 90, 50), rng.uniform(-180, 180, 50)
    index, km = ports.nearest(lat, lon)
    for i in range(50):
        every = distance_km(lat[i], lon[i], ports.lat_deg, ports.lon_deg)
        assert km[i] == pytest.approx(every.min())
        assert every[index[i]] == pytest.approx(every.min())


def test_the_nearest_port_may_lie_across_the_antimeridian() -> None:
    table = PortTable([Port("AAAAA", "west", "", 0.0, 179.9), Port("BBBBB", "east", "", 0.0, -170.0)])
    index, km = table.nearest(0.0, -179.9)
    assert table[int(index[0])].name == "west"
    assert km[0] == pytest.approx(22.24, abs=0.1)


def test_a_missing_position_is_near_nothing_and_not_on_land() -> None:
    nowhere = np.array([np.nan])
    assert WORLD.ports.nearest(nowhere, nowhere)[0][0] == -1
    assert np.isnan(WORLD.port_distance_km(nowhere, nowhere)[0])
    assert np.isnan(WORLD.airport_distance_km(nowhere, nowhere)[0])
    assert not WORLD.is_land(nowhere, nowhere)[0]


@pytest.mark.parametrize("text", ["NLRTM", "nl rtm", " NL  RTM "])
def test_a_port_code_is_understood_as_people_write_it(text: str) -> None:
    port = WORLD.ports.resolve(text)
    assert port is not None
    assert port.name == "Rotterdam"


def test_an_airport_answers_to_both_its_codes() -> None:
    airports = bundled_airports()
    assert airports.resolve("ams") == airports.resolve("EHAM")
    assert WORLD.resolve_location("FRA") == WORLD.resolve_location("EDDF")


def test_an_unknown_code_is_nowhere() -> None:
    assert WORLD.resolve_location("QQQQQ") is None
    assert WORLD.resolve_location("") is None


def test_land_is_land_and_sea_is_sea() -> None:
    lat = np.array([50.0, 0.0, 90.0, -90.0, 48.85, 55.0])
    lon = np.array([10.0, 0.0, 0.0, 180.0, 2.35, 3.0])
    assert WORLD.is_land(lat, lon).tolist() == [True, False, False, True, True, False]


@pytest.mark.slow
def test_the_run_lengths_say_what_the_mask_says() -> None:
    from global_land_mask import globe

    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-90, 90, 200_000), rng.uniform(-180, 180, 200_000)
    np.testing.assert_array_equal(WORLD.is_land(lat, lon), globe.is_land(lat, lon))


def test_a_users_port_replaces_its_namesake_and_leaves_the_others() -> None:
    bundled = PortTable([Port("AAAAA", "Alpha", "", 10.0, 10.0), Port("BBBBB", "Beta", "", 20.0, 20.0)])
    merged = bundled.merged_with([Port("AAAAA", "Alpha quay", "", 10.001, 10.0), Port("WPI1", "Beta", "", 20.02, 20.0)])
    assert [(p.code, p.name) for p in merged.ports] == [("AAAAA", "Alpha quay"), ("BBBBB", "Beta")]
    assert merged.by_code("BBBBB") == Port("BBBBB", "Beta", "", 20.02, 20.0)


@pytest.mark.parametrize("where", [(0.0, 180.0), (89.99, 30.0), (-90.0, 0.0), (52.0, 4.0)])
def test_the_grid_lists_every_place_within_reach(where: tuple[float, float]) -> None:
    rng = np.random.default_rng(8)
    lat = np.clip(where[0] + rng.uniform(-0.3, 0.3, 40), -90, 90)
    lon = (where[1] + rng.uniform(-0.5, 0.5, 40) + 180.0) % 360.0 - 180.0
    grid = NearbyGrid.of(lat, lon, 5.0)
    for _ in range(200):
        at_lat = float(np.clip(where[0] + rng.uniform(-0.3, 0.3), -90, 90))
        at_lon = float((where[1] + rng.uniform(-0.5, 0.5) + 180.0) % 360.0 - 180.0)
        cell = cell_of(at_lat, at_lon)
        listed = set(grid.places[grid.start[cell] : grid.start[cell + 1]].tolist())
        within = set(np.flatnonzero(distance_km(at_lat, at_lon, lat, lon) <= 5.0).tolist())
        assert within <= listed
