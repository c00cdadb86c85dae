"""The corridor around a path on the sphere."""

from __future__ import annotations

import numpy as np
import pytest

from models.angles import wrap_longitude
from models.corridor import Path, half_width_km
from models.geodesy import distance_km
from tests.naive.diversion_corridor import project


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_dense_sampling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lats = np.clip(np.cumsum(rng.uniform(-6, 6, 6)) + rng.uniform(-70, 70), -89, 89)
    lons = wrap_longitude(np.cumsum(rng.uniform(-8, 8, 6)) + 178.0)
    path = Path(lats, lons)
    for _ in range(10):
        lat, lon = float(np.clip(lats.mean() + rng.uniform(-8, 8), -90, 90)), float(lons[0] + rng.uniform(-8, 8))
        off, along = path.project_one(lat, lon)
        slow_off, slow_along = project(list(lats), list(lons), lat, lon)
        assert off == pytest.approx(slow_off, abs=0.5)
        if slow_off > 5.0:  # where two arcs are equally near, either is right
            there = path.project_one(lat, lon)[1]
            assert there == pytest.approx(along)
            assert abs(along - slow_along) < 2.0 or off == pytest.approx(slow_off, abs=0.05)


def test_points_of_the_path_are_on_it_and_lie_where_they_should() -> None:
    lats, lons = np.array([10.0, 20.0, 20.0]), np.array([170.0, 175.0, -170.0])
    path = Path(lats, lons)
    steps = np.concatenate([[0.0], np.cumsum(distance_km(lats[:-1], lons[:-1], lats[1:], lons[1:]))])
    off, along = path.project(lats, lons)
    assert off == pytest.approx(np.zeros(3), abs=1e-3)
    assert along == pytest.approx(steps, abs=1e-3)
    assert path.length_km == pytest.approx(steps[-1])


def test_a_path_over_the_pole_has_no_seam() -> None:
    path = Path(np.array([85.0, 85.0]), np.array([0.0, 180.0]))
    off, along = path.project_one(90.0, 77.0)
    assert off == pytest.approx(0.0, abs=1e-6)
    assert along == pytest.approx(path.length_km / 2, abs=1e-6)


def test_behind_the_start_the_distance_is_to_the_start() -> None:
    path = Path(np.array([0.0, 0.0]), np.array([0.0, 10.0]))
    off, along = path.project_one(0.0, -3.0)
    assert off == pytest.approx(float(distance_km(0.0, 0.0, 0.0, 3.0)))
    assert along == 0.0


def test_a_missing_position_is_nowhere() -> None:
    off, along = Path(np.array([0.0, 0.0]), np.array([0.0, 10.0])).project_one(np.nan, 1.0)
    assert np.isnan(off)
    assert np.isnan(along)


def test_a_path_of_one_point_is_that_point() -> None:
    path = Path(np.array([5.0, 5.0]), np.array([5.0, 5.0]))
    assert path.length_km == 0.0
    assert path.project_one(5.0, 6.0)[0] == pytest.approx(float(distance_km(5.0, 5.0, 5.0, 6.0)), rel=1e-6)


def test_the_corridor_is_narrow_at_the_ends_and_widest_in_the_middle() -> None:
    assert half_width_km(0.0, 1000.0, 25.0, 0.1, 200.0) == 25.0
    assert half_width_km(1000.0, 1000.0, 25.0, 0.1, 200.0) == 25.0
    assert half_width_km(500.0, 1000.0, 25.0, 0.1, 200.0) == 75.0
    assert half_width_km(5000.0, 10000.0, 25.0, 0.1, 200.0) == 200.0
