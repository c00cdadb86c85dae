import numpy as np
import pytest

from models.reception import loss_share, way_silence
from tests.naive import silence as naive


def fast(ways):
    arrays = [
        np.array([[step[name] for step in way] for way in ways])
        for name in ("cell", "beats", "covered", "loss", "reception")
    ]
    p, bare = np.empty(len(ways)), np.empty(len(ways))
    way_silence(*arrays, p, bare)
    return p, bare


def way(*cells, beats=10.0, uncovered=(), loss=0.01, reception=0.9):
    return [
        {"cell": c, "beats": beats, "covered": c not in uncovered, "loss": loss, "reception": reception} for c in cells
    ]


def test_the_kernel_agrees_with_its_slow_twin():
    rng = np.random.default_rng(1)
    for _ in range(300):
        ways = [
            [
                {
                    "cell": int(c),
                    "beats": float(rng.integers(0, 4)),
                    "covered": bool(c % 3),
                    "loss": 0.01 + 0.1 * (c % 2),
                    "reception": 0.3 + 0.1 * c,
                }
                for c in np.sort(rng.integers(0, 6, 8))
            ]
            for _ in range(4)
        ]
        np.testing.assert_allclose(fast(ways)[0], naive.way_silence(ways))


def test_a_thousand_beats_in_one_cell_are_one_witness():
    few, many = fast([way(1, 1)])[0][0], fast([way(1, 1, beats=1000.0)])[0][0]
    assert few == pytest.approx(0.01, rel=0.1)
    assert many == pytest.approx(0.01)


def test_each_further_cell_makes_silence_less_likely():
    assert fast([way(1, 2)])[0][0] == pytest.approx(1e-4, rel=0.1)


def test_the_last_cell_before_the_edge_proves_nothing():
    p, bare = fast([way(1, 2, uncovered=(2,))])
    assert p[0] == 1.0
    assert bare[0] == 0.5


def test_well_inside_coverage_the_first_cell_counts_for_a_turn_out_of_it_too():
    p, _ = fast([way(1, 1), way(1, 2, uncovered=(2,))])
    assert p[1] == pytest.approx(0.01, rel=0.1)


def test_a_place_where_half_is_lost_proves_nothing():
    assert fast([way(1, 1, reception=0.3, beats=100.0)])[0][0] == 1.0


def test_no_beats_no_evidence():
    assert fast([way(1, 2, beats=0.0)])[0][0] == 1.0


def test_an_unknown_place_is_as_bad_as_the_feed_and_a_known_one_as_itself():
    assert loss_share(0.0, 0.0, 0.2) == pytest.approx(0.2)
    assert loss_share(1000.0, 0.0, 0.2) < 0.001
    assert loss_share(10.0, 30.0, 0.01) > 0.6
