"""Batches are values, and Arrow gives back exactly what went in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tracker.positions import PositionBatch
from tracker.schema import check_thresholds, threshold
from tracker.statics import StaticBatch


def test_columns_not_given_are_missing() -> None:
    batch = PositionBatch.of(np.array([5]), np.array([1]), np.array([2.0]), np.array([3.0]))
    assert np.isnan(batch.speed_kn[0])
    assert batch.nav_status[0] == 255
    assert batch.station[0] == b""
    assert batch.received_us[0] == 5


def test_arrow_and_back_is_exact() -> None:
    batch = PositionBatch.of(
        np.array([5, 6]), np.array([1, 2]), np.array([2.0, np.nan]), np.array([-180.0, np.nan]),
        speed_kn=np.array([0.0, np.nan]), station=np.array([b"s1", b""]), nav_status=np.array([0, 255]),
    )  # fmt: skip
    again = PositionBatch.from_arrow(batch.to_arrow())
    for column in PositionBatch.COLUMNS:
        np.testing.assert_array_equal(getattr(again, column.name), getattr(batch, column.name))


def test_missing_values_are_null_in_arrow() -> None:
    table = StaticBatch.from_columns(
        1, time_us=1, received_us=1, craft=1, source=0, message_type=5, name=b"EVER"
    ).to_arrow()
    assert table.column("imo").null_count == 1
    assert table.column("name").to_pylist() == ["EVER"]
    assert table.column("destination").null_count == 1


def test_a_wrong_column_name_is_told() -> None:
    with pytest.raises(KeyError, match="speed"):
        PositionBatch.from_columns(1, speed=3)


def test_time_order_does_not_depend_on_arrival() -> None:
    rng = np.random.default_rng(3)
    batch = PositionBatch.of(rng.integers(0, 5, 60), rng.integers(1, 4, 60), rng.random(60), rng.random(60))
    mixed = batch.take(rng.permutation(60))
    np.testing.assert_array_equal(batch.in_time_order().lat_deg, mixed.in_time_order().lat_deg)


def test_thresholds_outside_their_bounds_are_refused_by_name() -> None:
    @dataclass(frozen=True)
    class Config:
        radius_km: float = threshold(1.0, "radius", "ours", low=0.1, high=10.0)

        def __post_init__(self) -> None:
            check_thresholds(self)

    assert Config().radius_km == 1.0
    with pytest.raises(ValueError, match="radius_km"):
        Config(radius_km=11.0)


ORDER = ("time_us", "craft", "segment", "station", "message_type", "lat_deg", "lon_deg", "fingerprint", "source")


def plain_rows(batch: PositionBatch) -> list[tuple[object, ...]]:
    """Rows as tuples in the order of the keys, for plain sorting."""
    return list(zip(*(getattr(batch, name).tolist() for name in ORDER), strict=True))


def test_the_fast_order_is_the_plain_one() -> None:
    rng = np.random.default_rng(8)
    batch = PositionBatch.of(
        rng.integers(0, 40, 500), rng.integers(1, 6, 500), rng.integers(0, 3, 500) * 1.0, rng.integers(0, 3, 500) * 1.0,
        fingerprint=rng.integers(0, 3, 500), source=rng.integers(0, 2, 500), message_type=rng.integers(1, 4, 500),
    )  # fmt: skip
    assert plain_rows(batch.in_time_order()) == sorted(plain_rows(batch))
