"""The kernel of ways agrees with its plain twin."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import destination
from tests.naive import ways as naive
from tracker.detectors.integrity.ways import Ways
from tracker.identity import mmsi_craft

START_US = 1_772_323_200_000_000
H_US = 3_600_000_000


def looks(seed: int) -> list[naive.Look]:
    """A ship that keeps its way, turns, waits and falls silent, looked at every ten minutes or so."""
    rng = np.random.default_rng(seed)
    hours, lat, lon, found = 0.0, 40.0, -20.0, []
    while hours < 60.0:
        course, knots = rng.uniform(0.0, 360.0), rng.choice([0.4, 2.9, 9.0, 14.0])
        for _ in range(int(rng.integers(1, 9))):
            step_h = rng.choice([0.06, 0.1, 0.16, 0.17, 0.4, 0.7, 5.0], p=[0.1, 0.1, 0.3, 0.3, 0.1, 0.05, 0.05])
            hours += step_h
            lat, lon = (float(v) for v in destination(lat, lon, course + rng.normal(0, 4), knots * 1.852 * step_h))
            found.append((hours, lat, lon))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_turns_are_those_of_the_definition(seed: int) -> None:
    rows, ways, told = looks(seed), Ways(3.0), []
    key = np.array([mmsi_craft(219_000_001)])
    for hours, lat, lon in rows:
        told += ways.look(key, np.array([START_US + hours * H_US]), np.array([lat]), np.array([lon]))
    wanted = naive.turns(rows, 3.0)
    found = [
        ((t.old.us - START_US) / H_US, t.old.course_deg, (t.new.us - START_US) / H_US, t.new.course_deg) for t in told
    ]
    assert len(wanted) > 0
    np.testing.assert_allclose(found, wanted, atol=1e-5)
