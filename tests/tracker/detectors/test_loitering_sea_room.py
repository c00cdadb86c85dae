"""Claims about open water and about the words of explanations."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.sea import Sea
from tracker.detectors.sea_room import sea_room
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
