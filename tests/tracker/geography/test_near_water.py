"""Distances over water on a fine grid of the land mask."""

from __future__ import annotations

import math

import pytest

from models.geodesy import distance_km_scalar
from tracker.geography.land import LandMask
from tracker.geography.near_water import near_water

GEDSER = (54.57, 11.93)


@pytest.fixture(scope="module")
def land() -> LandMask:
    return LandMask.bundled()


def test_over_open_water_it_is_hardly_longer_than_straight(land: LandMask) -> None:
    barbados = near_water(land, 13.1, -59.63)
    assert barbados is not None
    for lat_deg, lon_deg in ((13.5, -57.0), (17.3, -61.0), (8.5, -55.0)):
        straight_km = distance_km_scalar(13.1, -59.63, lat_deg, lon_deg)
        assert straight_km - 8.0 <= barbados.km_from(lat_deg, lon_deg) <= 1.06 * straight_km + 8.0


def test_round_jutland_it_is_the_way_by_skagen(land: LandMask) -> None:
    gedser = near_water(land, *GEDSER)
    assert gedser is not None
    way_km = gedser.km_from(54.2, 8.2)
    by_skagen_km = distance_km_scalar(*GEDSER, 57.8, 10.7) + distance_km_scalar(57.8, 10.7, 54.2, 8.2)
    assert 0.95 * by_skagen_km < way_km < 1.25 * by_skagen_km
    assert gedser.km_from(53.9, 14.3) < 1.2 * distance_km_scalar(*GEDSER, 53.9, 14.3), "across open water"


def test_up_a_fjord_it_goes_to_the_quay(land: LandMask) -> None:
    narvik = near_water(land, 68.43, 17.42)
    assert narvik is not None
    assert narvik.km_from(68.1, 14.6) < 170.0


def test_nothing_is_said_inland_beyond_the_grid_and_near_the_poles(land: LandMask) -> None:
    gedser = near_water(land, *GEDSER)
    assert gedser is not None
    assert math.isnan(gedser.km_from(50.1, 14.4)), "Prague"
    assert math.isnan(gedser.km_from(30.0, -40.0))
    assert near_water(land, 50.1, 14.4) is None
    assert near_water(land, 78.2, 15.6) is None


def test_the_date_line_is_crossed(land: LandMask) -> None:
    suva = near_water(land, -18.13, 178.43)
    assert suva is not None
    assert suva.km_from(-18.5, -178.0) == pytest.approx(distance_km_scalar(-18.13, 178.43, -18.5, -178.0), rel=0.15)
