"""Claims about close pairs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from models.geodesy import distance_km
from models.pairs import close_pairs, count_within

_spec = importlib.util.spec_from_file_location("naive_pairs", Path(__file__).parents[1] / "naive" / "pairs.py")
naive = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(naive)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (51.0, 180.0), (-89.99, 12.0), (90.0, 0.0), (70.0, -179.99)])
def test_pairs_are_those_of_looking_at_every_pair(centre):
    rng = np.random.default_rng(4)
    lat = np.clip(centre[0] + rng.normal(0, 0.01, 120), -90, 90)
    lon = np.mod(centre[1] + rng.normal(0, 0.01, 120) / max(np.cos(np.radians(centre[0])), 0.001) + 180, 360) - 180
    pairs, km = close_pairs(lat, lon, 0.5)
    assert len(pairs)
    assert [tuple(pair) for pair in pairs] == naive.close_pairs(lat, lon, 0.5)
    assert np.allclose(km, distance_km(*(v[pairs[:, k]] for k in (0, 1) for v in (lat, lon))), atol=1e-6)


def test_a_pair_across_the_antimeridian_is_close():
    pairs, km = close_pairs([0.0, 0.0], [179.999, -179.999], 0.5)
    assert [tuple(p) for p in pairs] == [(0, 1)]
    assert km[0] == pytest.approx(0.2224, abs=1e-3)


def test_unknown_positions_are_in_no_pair():
    pairs, _ = close_pairs([0.0, np.nan, 0.0], [0.0, 0.0, 0.0], 1.0)
    assert [tuple(p) for p in pairs] == [(0, 2)]


def test_nobody_and_one_make_no_pair():
    assert len(close_pairs([], [], 1.0)[0]) == 0
    assert len(close_pairs([1.0], [1.0], 1.0)[0]) == 0


def test_counting_within_a_distance():
    assert list(count_within([0.0, 0.0, 1.0], [180.0, -179.99, 0.0], [0.0, 50.0], [179.99, 0.0], 3.0)) == [2, 0]
    assert list(count_within([], [], [0.0], [0.0], 3.0)) == [0]
