"""Distances, courses and destinations on the sphere, at the poles and across the antimeridian."""

from __future__ import annotations

import numpy as np
import pytest

from models import geodesy

RNG = np.random.default_rng(2)
LAT1, LAT2 = RNG.uniform(-89.9, 89.9, 500), RNG.uniform(-89.9, 89.9, 500)
LON1, LON2 = RNG.uniform(-180, 180, 500), RNG.uniform(-180, 180, 500)


def test_a_degree_of_latitude_is_sixty_nautical_miles() -> None:
    assert geodesy.distance_km(50.0, 3.0, 51.0, 3.0) == pytest.approx(60 * geodesy.KM_PER_NM, rel=2e-3)


def test_distance_agrees_with_the_angle_between_unit_vectors() -> None:
    one, two = geodesy.unit_vectors(LAT1, LON1), geodesy.unit_vectors(LAT2, LON2)
    naive = geodesy.EARTH_RADIUS_KM * np.arctan2(np.linalg.norm(np.cross(one, two), axis=1), (one * two).sum(axis=1))
    assert geodesy.distance_km(LAT1, LON1, LAT2, LON2) == pytest.approx(naive, rel=1e-9)


def test_the_kernels_agree_with_the_arrays() -> None:
    rows = list(zip(LAT1, LON1, LAT2, LON2, strict=True))
    distances = [geodesy.distance_km_scalar(*row) for row in rows]
    assert geodesy.distance_km(LAT1, LON1, LAT2, LON2) == pytest.approx(distances, rel=1e-12)
    bearings = [geodesy.bearing_deg_scalar(*row) for row in rows]
    assert geodesy.bearing_deg(LAT1, LON1, LAT2, LON2) == pytest.approx(bearings, rel=1e-9)


def test_going_where_the_bearing_points_arrives() -> None:
    course = geodesy.bearing_deg(LAT1, LON1, LAT2, LON2)
    run = geodesy.distance_km(LAT1, LON1, LAT2, LON2)
    lat, lon = geodesy.destination(LAT1, LON1, course, run)
    assert geodesy.distance_km(lat, lon, LAT2, LON2) == pytest.approx(np.zeros(500), abs=1e-3)


def test_rotating_the_earth_changes_no_distance() -> None:
    turned = geodesy.distance_km(LAT1, LON1 + 77.0, LAT2, LON2 + 77.0)
    assert turned == pytest.approx(geodesy.distance_km(LAT1, LON1, LAT2, LON2), abs=1e-8)


def test_the_midpoint_across_the_antimeridian() -> None:
    lat, lon = geodesy.interpolate(10.0, 179.5, 10.0, -179.5, 0.5)
    assert abs(lon) == pytest.approx(180.0)
    assert lat == pytest.approx(10.0, abs=1e-3)


def test_points_at_the_poles_are_one_point() -> None:
    assert geodesy.distance_km(90.0, 0.0, 90.0, 123.0) == pytest.approx(0.0, abs=1e-9)


def test_chords_and_arcs_are_inverse() -> None:
    arcs = np.array([0.0, 0.5, 100.0, 5000.0, 20000.0])
    assert geodesy.km_of_chord(geodesy.chord_of_km(arcs)) == pytest.approx(arcs)


def test_missing_in_is_missing_out() -> None:
    assert np.isnan(geodesy.distance_km(np.nan, 1.0, 2.0, 3.0))
