"""Constants that stand in two places agree."""

from __future__ import annotations

import math

from models.geodesy import EARTH_RADIUS_KM
from tracker.units import KM_PER_DEG


def test_a_degree_is_of_the_sphere_that_distances_are_measured_on() -> None:
    assert math.degrees(KM_PER_DEG / EARTH_RADIUS_KM) == 1.0
