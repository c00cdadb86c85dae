"""Heights of the ground: as sure as they say, zero at sea, the user's grid first."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.geography.airports import Airport, AirportTable, bundled_airports
from tracker.geography.elevation import Elevation, ElevationGrid, heights_left_out


def table(*places: tuple[float, float, float]) -> AirportTable:
    return AirportTable([Airport(f"X{k}", "", "", "", *place) for k, place in enumerate(places)])


def test_nineteen_in_twenty_aerodromes_left_out_lie_within_the_uncertainty() -> None:
    airports = bundled_airports()
    some = AirportTable(airports.airports[::4])
    guess, doubt, truth = heights_left_out(some)
    within = np.abs(guess - truth) <= doubt
    assert within.mean() > 0.93
    assert np.median(doubt) < 200.0, "and is not bought with an uncertainty that says nothing"


def test_the_uncertainty_grows_with_distance_and_spread() -> None:
    flat = Elevation(table(*((50.0 + k * 0.1, 5.0, 300.0) for k in range(6))))
    hilly = Elevation(table(*((50.0 + k * 0.1, 5.0, 300.0 + 900.0 * k) for k in range(6))))
    near, far = flat.at(50.0, 5.01), flat.at(50.0, 7.0)
    assert (near.ground_ft, far.ground_ft) == (pytest.approx(300.0), pytest.approx(300.0))
    assert near.uncertainty_ft < far.uncertainty_ft
    assert hilly.at(50.0, 7.0).uncertainty_ft > 3.0 * far.uncertainty_ft


def test_the_sea_is_zero_off_the_aerodromes_only() -> None:
    ground = Elevation(table((50.0, 5.0, 300.0)), is_land=lambda lat, lon: np.zeros(len(lat), dtype=np.bool_))
    assert ground.at(50.0, 5.05).source == "aerodromes"
    assert (ground.at(50.0, 6.0).source, ground.at(50.0, 6.0).ground_ft) == ("sea", 0.0)


def test_where_nothing_is_known_nothing_is_said() -> None:
    height = Elevation(table()).at(0.0, 0.0)
    assert height.source == "unknown"
    assert np.isnan(height.ground_ft)
    assert height.uncertainty_ft == float("inf")


def test_a_grid_is_read_between_its_points_and_round_the_antimeridian() -> None:
    grid = ElevationGrid(np.array([[0.0, 100.0], [200.0, 300.0]], dtype=np.float32), 51.0, 5.0, 1.0)
    assert grid.at(50.5, 5.5).ground_ft == pytest.approx(150.0 / 0.3048)
    assert grid.at(51.0, 5.0).ground_ft == 0.0
    assert grid.at(52.0, 5.0).source == grid.at(50.5, 7.0).source == "unknown"
    world = ElevationGrid(np.tile(np.arange(4, dtype=np.float32) * 100.0, (3, 1)), 90.0, -180.0, 90.0)
    assert world.at(0.0, 135.0).ground_ft == pytest.approx(150.0 / 0.3048), "between the last column and the first"


def test_a_hole_in_the_grid_falls_back_to_the_aerodromes() -> None:
    grid = ElevationGrid(np.array([[0.0, np.nan], [0.0, 0.0]], dtype=np.float32), 51.0, 5.0, 1.0)
    assert Elevation(table((50.0, 5.0, 300.0)), grid=grid).at(50.5, 5.5).source == "aerodromes"


def test_a_grid_is_less_sure_where_it_is_steep_or_coarse() -> None:
    def doubt(step_deg: float, rise_m: float) -> float:
        heights = np.array([[0.0, 0.0], [rise_m, rise_m]], dtype=np.float32)
        return ElevationGrid(heights, 51.0, 5.0, step_deg).at(51.0 - step_deg / 2, 5.0).uncertainty_ft

    assert doubt(0.01, 0.0) < doubt(0.1, 0.0) < doubt(0.1, 100.0)
