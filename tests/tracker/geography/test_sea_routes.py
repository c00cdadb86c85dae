"""Ways over the sea."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import distance_km
from tracker.geography.places import WorldPlaces
from tracker.geography.sea_routes import SeaRoutes

WORLD = WorldPlaces()


def at(code: str) -> tuple[float, float]:
    place = WORLD.resolve_location(code)
    assert place is not None
    return place.lat_deg, place.lon_deg


@pytest.mark.parametrize(
    ("one", "two", "low_km", "high_km"),
    [
        ("NLRTM", "SGSIN", 15_000, 16_000),  # by Suez: 8,290 nm published
        ("USLAX", "CNSHA", 10_300, 11_000),  # across the antimeridian
        ("NLRTM", "USNYC", 5_900, 6_500),
        ("DEHAM", "PLGDN", 700, 950),  # by the Kiel Canal
    ],
)
def test_known_distances_come_out(one: str, two: str, low_km: float, high_km: float) -> None:
    assert low_km < WORLD.sea_routes.route(*at(one), *at(two)).length_km < high_km


def test_with_suez_closed_the_way_is_by_the_cape() -> None:
    by_suez = WORLD.sea_routes.route(*at("NLRTM"), *at("SGSIN"))
    by_cape = WORLD.sea_routes.route(*at("NLRTM"), *at("SGSIN"), avoid=("suez",))
    assert "suez" in by_suez.passages
    assert "suez" not in by_cape.passages
    assert by_cape.length_km > by_suez.length_km + 5_000
    assert by_cape.lat_deg.min() < -34.0


def test_there_and_back_are_equally_far() -> None:
    there = WORLD.sea_routes.route(*at("NLRTM"), *at("SGSIN")).length_km
    back = WORLD.sea_routes.route(*at("SGSIN"), *at("NLRTM")).length_km
    assert there == pytest.approx(back, rel=0.02)


def test_a_ship_in_mid_ocean_is_about_as_far_as_the_great_circle_says() -> None:
    lat, lon = 38.7, -41.3
    field = WORLD.sea_routes.distances_to(*at("USNYC"))
    straight = float(distance_km(lat, lon, *at("USNYC")))
    assert straight <= field.km_from(lat, lon) < 1.15 * straight


def test_the_way_does_not_jump_over_a_cape() -> None:
    """Frederikshavn lies behind the tip of Jutland."""
    west_of_skagen = (57.35, 9.6)
    around = WORLD.sea_routes.distances_to(*at("DKFDH")).km_from(*west_of_skagen)
    assert around > 1.5 * float(distance_km(*west_of_skagen, *at("DKFDH")))


def test_near_the_goal_the_way_is_straight() -> None:
    lat, lon = at("NLRTM")
    assert WORLD.sea_routes.distances_to(lat, lon).km_from(lat + 0.1, lon) == pytest.approx(11.1, abs=0.1)


def test_a_missing_position_has_no_distance() -> None:
    assert np.isnan(WORLD.sea_routes.distances_to(*at("NLRTM")).km_from(np.nan, 0.0))


def test_positions_along_a_route_are_evenly_spread_and_both_ends_are_in() -> None:
    route = WORLD.sea_routes.route(*at("USLAX"), *at("CNSHA"))
    lat, lon = route.sampled(50.0)
    assert (lat[0], lon[0]) == pytest.approx(at("USLAX"))
    assert (lat[-1], lon[-1]) == pytest.approx(at("CNSHA"))
    assert distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:]).max() <= 50.001


def test_without_a_land_mask_ways_are_found_all_the_same() -> None:
    assert SeaRoutes().route(*at("NLRTM"), *at("GBHUL")).length_km < 500


@pytest.mark.parametrize(
    ("one", "two", "by"),
    [
        ("PHMNL", "IDSUB", (9.3, 116.4)),  # Palawan Passage instead of the Sulu Sea
        ("AUPHE", "CNTAO", (8.0, 110.0)),  # South China Sea instead of Makassar Strait
    ],
)
def test_another_strait_is_another_way(one: str, two: str, by: tuple[float, float]) -> None:
    routes = WORLD.sea_routes
    ways = routes.distances_to(*at(two)).others(routes.distances_to(*at(one)), 1.15)
    lats, lons = zip(*(way.sampled(20.0) for way in ways), strict=True)
    assert min(float(distance_km(lat, lon, *by).min()) for lat, lon in zip(lats, lons, strict=True)) < 150.0
    shortest_km = routes.route(*at(one), *at(two)).length_km
    assert all(way.length_km <= 1.16 * shortest_km for way in ways)


@pytest.mark.parametrize(("one", "two"), [("CAVAN", "JPYOK"), ("BRSSZ", "NLRTM")])
def test_over_one_open_sea_there_is_no_other_way(one: str, two: str) -> None:
    routes = WORLD.sea_routes
    assert routes.distances_to(*at(two)).others(routes.distances_to(*at(one)), 1.15) == []
