"""Claims about places where ships wait."""

from __future__ import annotations

import pytest

from tracker.tracks.waiting_places import PLACES_PER_CRAFT, WaitingPlaces

HOUR_US = 3_600_000_000


def test_others_are_counted_once_each_and_she_herself_is_not():
    places = WaitingPlaces(100 * HOUR_US)
    for craft in (1, 2, 3, 3, 3):
        places.add(craft, 50.0 + 0.001 * craft, 3.0, craft * HOUR_US)
    assert places.others_near(3, 50.0, 3.0, 10 * HOUR_US, 6.0) == 2
    assert places.others_near(9, 50.0, 3.0, 10 * HOUR_US, 6.0) == 3
    assert places.others_near(9, 50.1, 3.0, 10 * HOUR_US, 6.0) == 0


def test_a_wait_is_not_known_before_it_nor_after_the_memory():
    places = WaitingPlaces(10 * HOUR_US)
    places.add(1, 50.0, 3.0, 5 * HOUR_US)
    found = [places.others_near(9, 50.0, 3.0, hour * HOUR_US, 6.0) for hour in (4, 5, 15, 16)]
    assert found == [0, 1, 1, 0]
    places.advance_watermark(16 * HOUR_US)
    assert places.table().num_rows == 0


@pytest.mark.parametrize(("lat", "lon", "other_lon"), [(10.0, 179.99, -179.99), (89.99, 0.0, 90.0)])
def test_the_antimeridian_and_the_pole_are_places_like_others(lat, lon, other_lon):
    places = WaitingPlaces(10 * HOUR_US)
    places.add(1, lat, lon, 0)
    assert places.others_near(9, lat, other_lon, 1, 6.0) == 1


def test_a_craft_keeps_its_latest_places_only():
    places = WaitingPlaces(1000 * HOUR_US)
    for n in range(PLACES_PER_CRAFT + 1):
        places.add(1, 10.0 * n, 3.0, n * HOUR_US)
    assert places.others_near(9, 0.0, 3.0, 9 * HOUR_US, 6.0) == 0
    assert places.others_near(9, 10.0, 3.0, 9 * HOUR_US, 6.0) == 1


def test_a_restored_copy_counts_the_same():
    places, copy = WaitingPlaces(10 * HOUR_US), WaitingPlaces(10 * HOUR_US)
    places.add(1, 50.0, 3.0, HOUR_US)
    copy.restore(places.table())
    assert copy.others_near(9, 50.0, 3.0, HOUR_US, 6.0) == 1
