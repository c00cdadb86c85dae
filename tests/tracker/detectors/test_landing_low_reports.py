"""What is remembered of low reports agrees with its slow twin; what counts as coverage."""

from __future__ import annotations

import numpy as np
import pytest

from tests.naive.low_reports import two_lowest_ft
from tracker.detectors.landing import descents

DAY_US = 86_400_000_000.0


@pytest.mark.parametrize("seed", range(10))
def test_the_two_lowest_craft_of_a_cell_are_those_of_the_slow_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reports = [(int(rng.integers(1, 6)), float(rng.integers(0, 4000))) for _ in range(200)]
    cell = np.full(descents.CELL_WIDTH, np.nan)
    for n, (craft, ft) in enumerate(reports):
        descents.heard_low(cell, float(craft), ft, float(n), 50.0, 3.0, DAY_US)
        assert [cell[descents.C_FT], cell[descents.C_FT2]][: len(two_lowest_ft(reports[: n + 1]))] == two_lowest_ft(
            reports[: n + 1]
        )
        assert cell[descents.C_CRAFT] != cell[descents.C_CRAFT2]


def test_coverage_is_other_craft_as_low_lately_and_near() -> None:
    cells = np.full((2, descents.CELL_WIDTH), np.nan)
    used = np.array([True, False])
    descents.heard_low(cells[0], 7.0, 500.0, 1000.0, 50.0, 3.0, DAY_US)

    def count(craft: float, lat: float, below_ft: float, now: float) -> int:
        return int(descents.covered(cells, used, craft, lat, 3.0, below_ft, now, DAY_US, 15.0)[0])

    assert count(8.0, 50.1, 500.0, 2000.0) == 1
    assert count(7.0, 50.1, 500.0, 2000.0) == 0, "her own reports show nothing"
    assert count(8.0, 50.1, 499.0, 2000.0) == 0, "higher reports show nothing"
    assert count(8.0, 50.2, 500.0, 2000.0) == 0, "too far"
    assert count(8.0, 50.1, 500.0, 1001.0 + DAY_US) == 0, "too long ago"
