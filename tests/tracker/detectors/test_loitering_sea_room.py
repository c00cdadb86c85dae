"""Claims about open water and about the words of explanations."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import Sea
from tracker.detectors.sea_room import sea_room, shore_distance_km
from tracker.detectors.wording import duration_text, kilometres_text, who
from tracker.tracks.ship_types import Particulars

ISLAND = (50.0, 3.0, 4.0)


@pytest.mark.parametrize("bearing_deg", range(0, 360, 35))
def test_land_within_the_distance_is_found_in_every_direction(bearing_deg):
    near = destination(50.0, 3.0, bearing_deg, 20.0)
    far = destination(50.0, 3.0, bearing_deg, 30.0)
    room = sea_room(Sea(land=[ISLAND]), [near[0], far[0]], [near[1], far[1]], 10.0, 20.0)
    assert list(room.open_water) == [False, True]


def test_on_land_and_near_a_port_is_no_open_water():
    places = Sea(ports=[(51.0, 3.0)], land=[ISLAND])
    room = sea_room(places, [50.0, 51.05, 55.0], [3.0, 3.0, 3.0], 10.0, 0.0)
    assert list(room.open_water) == [False, False, True]
    assert room.port_km[1] == pytest.approx(5.56, abs=0.01)


def test_no_spots_have_no_room():
    assert len(sea_room(Sea(), np.empty(0), np.empty(0), 10.0, 5.0).open_water) == 0


def test_durations_and_distances_read_as_people_say_them():
    assert [duration_text(h) for h in (0.75, 4.0833, 51.2)] == ["45 min", "4 h 05 min", "2 d 3 h"]
    assert [kilometres_text(km) for km in (0.18, 2.44, 63.2)] == ["180 m", "2.4 km", "63 km"]
    assert who("mmsi:219000001", Particulars(70, "SEA TRADER")) == "SEA TRADER (mmsi:219000001)"
    assert who("mmsi:219000001", Particulars()) == "mmsi:219000001"


def test_the_distance_from_shore_is_right_to_a_kilometre_and_ends_at_the_farthest_asked():
    place = Sea(land=[(50.0, -20.0, 30.0)])
    lat, lon = destination(50.0, -20.0, 70.0, np.array([10.0, 30.5, 37.3, 64.8, 150.0]))
    found_km = shore_distance_km(place, lat, lon, 80.0)
    assert found_km == pytest.approx([0.0, 0.5, 7.3, 34.8, 80.0], abs=1.1)
    assert (found_km[0], found_km[-1]) == (0.0, 80.0)
