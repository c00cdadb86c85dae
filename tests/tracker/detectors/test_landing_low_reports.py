"""What is remembered of low reports agrees with its slow twin; what counts as coverage."""

from __future__ import annotations

import numpy as np
import pytest

from streams.keyed_state import KeyedState
from streams.records import state_columns
from tests.naive.low_reports import two_lowest_ft
from tracker.detectors.landing import descents

DAY_US = 86_400_000_000.0


def fresh_cells(count):
    """Cells in which nothing was heard."""
    cells = KeyedState(state_columns(descents.LowReports))
    cells.slots(np.arange(count))
    return cells.records[:count]


@pytest.mark.parametrize("seed", range(10))
def test_the_two_lowest_craft_of_a_cell_are_those_of_the_slow_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reports = [(int(rng.integers(1, 6)), float(rng.integers(0, 4000))) for _ in range(200)]
    cell = fresh_cells(1)[0]
    for n, (craft, ft) in enumerate(reports):
        descents.heard_low(cell, craft, ft, float(n), DAY_US)
        lowest = two_lowest_ft(reports[: n + 1])
        assert [cell["lowest_ft"], cell["second_ft"]][: len(lowest)] == lowest
        assert cell["lowest_craft"] != cell["second_craft"]


def test_coverage_is_other_craft_as_low_lately_and_near() -> None:
    cells = fresh_cells(2)
    used = np.array([True, False])
    cells["lat_deg"], cells["lon_deg"] = 50.0, 3.0
    descents.heard_low(cells[0], 7, 500.0, 1000.0, DAY_US)

    def count(craft: int, lat_deg: float, below_ft: float, now_us: float) -> int:
        asked = descents.Asked(craft, lat_deg, 3.0, below_ft, now_us)
        return int(descents.covered(cells, used, asked, DAY_US, 15.0)[0])

    assert count(8, 50.1, 500.0, 2000.0) == 1
    assert count(7, 50.1, 500.0, 2000.0) == 0, "its own reports show nothing"
    assert count(8, 50.1, 499.0, 2000.0) == 0, "higher reports show nothing"
    assert count(8, 50.2, 500.0, 2000.0) == 0, "too far"
    assert count(8, 50.1, 500.0, 1001.0 + DAY_US) == 0, "too long ago"
