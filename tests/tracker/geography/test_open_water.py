"""Distance over open water: never longer than over the lanes, and never growing on the way to a port in sight."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination, distance_km, interpolate
from tests.scenarios.diversion_tracks import place, world

APPROACHES = ("OMSOH", "LKCMB", "IDSUB", "PTSIE", "BRFOR", "ZADUR", "INMAA", "SNDKR", "PECLL", "ESALG", "OMSLL")


def straight_approaches(code: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ways over nothing but water, up to the roads of a port, from all round, 40 to 900 km long."""
    lat, lon = place(code)
    found = []
    for course in range(0, 360, 15):
        for km in (900.0, 400.0, 150.0, 40.0):
            far = destination(lat, lon, course, km)
            lats, lons = interpolate(float(far[0]), float(far[1]), lat, lon, np.linspace(0.0, 1.0 - 6.0 / km, 1500))
            if not world().land.is_land(lats, lons).any():
                found.append((lats[::30], lons[::30]))
                break
    return found


@pytest.mark.parametrize("code", APPROACHES)
def test_every_mile_towards_a_port_in_sight_is_a_mile_less(code: str) -> None:
    field = world().sea_routes.open_distances_to(*place(code))
    assert field is not None
    approaches = straight_approaches(code)
    assert approaches
    for lats, lons in approaches:
        to_go = np.array([field.km_from(float(lat), float(lon)) for lat, lon in zip(lats, lons, strict=True)])
        assert (np.diff(to_go) < 0.1).all(), (code, to_go)
        assert np.allclose(to_go, distance_km(lats, lons, *place(code)), atol=0.5)


@pytest.mark.parametrize(
    ("one", "two"), [("NLRTM", "PTLIS"), ("SGSIN", "HKHKG"), ("INNSA", "ITGOA"), ("CNSHA", "USLAX"), ("ZADUR", "BRSSZ"), ("LKCMB", "INMAA")]
)  # fmt: skip
def test_it_is_no_longer_than_over_the_lanes_and_no_shorter_than_the_great_circle(one: str, two: str) -> None:
    routes = world().sea_routes
    field = routes.open_distances_to(*place(two))
    assert field is not None
    km = field.km_from(*place(one))
    assert (
        distance_km(*place(one), *place(two)) - 1.0
        <= km
        <= routes.distances_to(*place(two)).km_from(*place(one)) + 30.0
    )


def test_round_ceylon_and_not_over_adams_bridge() -> None:
    field = world().sea_routes.open_distances_to(*place("INMAA"))
    assert field is not None
    assert field.km_from(*place("LKCMB")) > 1000.0


def test_round_the_cape_where_the_canal_is_closed() -> None:
    routes = world().sea_routes
    through, round_it = (routes.open_distances_to(*place("NLRTM"), avoid) for avoid in ((), ("suez",)))
    assert through is not None
    assert round_it is not None
    assert round_it.km_from(*place("SGSIN")) > 1.3 * through.km_from(*place("SGSIN"))
    corners = round_it.corners_from(*place("SGSIN"))
    assert any(lat < -33.0 and 15.0 < lon < 30.0 for lat, lon in corners)


def test_another_strait_is_seen_from_before_it_and_none_in_mid_ocean() -> None:
    routes = world().sea_routes
    onward, back = routes.open_distances_to(*place("RUPKC")), routes.open_distances_to(*place("RUMAG"))
    assert onward is not None
    assert back is not None
    whole_km = onward.km_from(*place("RUMAG"))
    ahead = onward.nodes_ahead(back, 50.1, 154.7, 1.25 * whole_km, 300.0)
    assert ahead
    assert all(distance_km(50.1, 154.7, *point) <= 300.0 and point[0] < 51.0 for point in ahead)
    assert onward.nodes_ahead(back, 48.0, 147.0, 1.25 * whole_km, 300.0) == []


def test_the_head_of_a_bay_is_no_strait() -> None:
    """Off Harwich, bound from IJmuiden to Le Havre: the mouth of the Thames lies ahead, hardly further, and leads nowhere."""
    routes = world().sea_routes
    onward, back = routes.open_distances_to(*place("FRLEH")), routes.open_distances_to(*place("NLIJM"))
    assert onward is not None
    assert back is not None
    ahead = onward.nodes_ahead(back, 52.05, 2.48, 1.25 * onward.km_from(*place("NLIJM")), 300.0)
    assert any(51.0 < lat < 51.3 for lat, _ in ahead)  # the Strait of Dover is one
    assert not any(51.3 < lat < 51.6 and lon < 1.0 for lat, lon in ahead)


def test_fjords_are_among_land_and_gulfs_are_not() -> None:
    routes = world().sea_routes
    assert routes.is_among_land(-48.8, -74.4)  # Messier Channel
    assert not routes.is_among_land(-47.4, -75.2)  # Gulf of Penas
    assert not routes.is_among_land(42.5, 16.0)  # mid-Adriatic
