"""Claims about the confinement radius."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from models.confinement import confinement_radius_km, local_km_scalar
from models.geodesy import bearing_deg, destination, distance_km

_spec = importlib.util.spec_from_file_location("naive_pairs", Path(__file__).parents[1] / "naive" / "pairs.py")
naive = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(naive)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (51.0, 180.0), (-89.99, 12.0), (70.0, -179.99)])
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_holds_and_is_not_far_off(centre, seed):
    rng = np.random.default_rng(seed)
    lat, lon = destination(centre[0], centre[1], rng.uniform(0, 360, 30), rng.uniform(0, 5, 30))
    bound, best = confinement_radius_km(lat, lon), naive.enclosing_radius_km(lat, lon)
    assert bound <= 1.45 * best
    assert bound >= 0.7 * best


def test_a_straight_run_has_half_its_length_as_radius():
    lat, lon = destination(51.0, 179.9, 73.0, np.linspace(0, 10, 20))
    assert confinement_radius_km(lat, lon) == pytest.approx(5.0, rel=0.09)


def test_local_coordinates_have_true_distance_and_bearing():
    rng = np.random.default_rng(1)
    for _ in range(50):
        lat0, lon0 = rng.uniform(-89, 89), rng.uniform(-180, 180)
        lat, lon = destination(lat0, lon0, rng.uniform(0, 360), rng.uniform(0.01, 50))
        x, y = local_km_scalar(lat0, lon0, float(lat), float(lon))
        assert np.hypot(x, y) == pytest.approx(float(distance_km(lat0, lon0, lat, lon)), rel=1e-9)
        turn = np.degrees(np.arctan2(x, y)) - float(bearing_deg(lat0, lon0, lat, lon))
        assert np.mod(turn + 180, 360) - 180 == pytest.approx(0.0, abs=1e-6)


def test_turning_longitudes_changes_nothing():
    lat = np.array([50.0, 50.01, 50.02])
    lon = np.array([0.0, 0.03, -0.01])
    turned = np.mod(lon + 180.0 + 180.0, 360.0) - 180.0
    assert confinement_radius_km(lat, lon) == pytest.approx(confinement_radius_km(lat, turned), rel=1e-9)


def test_no_points_have_no_radius():
    assert np.isnan(confinement_radius_km([], []))
    assert confinement_radius_km([1.0], [2.0]) == 0.0
