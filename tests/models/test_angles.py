"""Angles behave on the circle."""

from __future__ import annotations

import numpy as np
import pytest

from models.angles import difference, interpolate, mean, wrap_course, wrap_longitude


@pytest.mark.parametrize(
    ("value", "wrapped"), [(180.0, -180.0), (-180.0, -180.0), (190.0, -170.0), (540.0, -180.0), (0.0, 0.0)]
)
def test_longitudes_wrap(value: float, wrapped: float) -> None:
    assert wrap_longitude(value) == pytest.approx(wrapped)


def test_courses_wrap_to_the_positive_circle() -> None:
    assert wrap_course(np.array([-140.7, 360.0, 720.5])) == pytest.approx([219.3, 0.0, 0.5])


def test_the_turn_is_the_smaller_one() -> None:
    assert difference(10.0, 350.0) == pytest.approx(20.0)
    assert difference(350.0, 10.0) == pytest.approx(-20.0)


def test_the_midpoint_across_the_antimeridian_is_not_zero() -> None:
    assert abs(interpolate(179.9, -179.9, 0.5)) == pytest.approx(180.0)


def test_the_mean_of_opposite_sides_of_the_antimeridian_lies_on_it() -> None:
    assert abs(mean([179.0, -179.0])) == pytest.approx(180.0)


def test_the_mean_of_opposite_directions_is_unknown() -> None:
    assert np.isnan(mean([0.0, 180.0]))
    assert np.isnan(mean([]))
