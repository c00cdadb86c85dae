"""The quick order is the plain one."""

from __future__ import annotations

import numpy as np
import pytest

from streams.ordering import order_by_time_and_key


@pytest.mark.parametrize("disorder", [0, 3, 50, 100_000])
@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_a_full_sort(seed: int, disorder: int) -> None:
    rng = np.random.default_rng(seed)
    time_us = np.arange(3000) // 7 + rng.integers(0, disorder + 1, 3000)
    key = rng.integers(0, 50, 3000)
    order = order_by_time_and_key(time_us, key)
    found = np.arange(3000) if order is None else order
    np.testing.assert_array_equal(found, np.lexsort((key, time_us)))


def test_rows_in_order_need_nothing() -> None:
    assert order_by_time_and_key(np.array([1, 1, 2]), np.array([4, 5, 0])) is None
    assert order_by_time_and_key(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)) is None
