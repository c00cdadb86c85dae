"""Rows that do not fit into memory are put into order on disk, and come back as they were."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tracker.decode.base import Decoded
from tracker.errors import InputError
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store.sorting import sorted_in_memory, sorted_on_disk

BEGIN_US = 1_772_323_200_000_000
Sorter = Callable[[Iterable[Decoded]], Iterator[Decoded]]


def on_disk(blocks: Iterable[Decoded]) -> Iterator[Decoded]:
    return sorted_on_disk(blocks, 0, "made.csv")


def shuffled(rows: int, seed: int = 1) -> tuple[PositionBatch, StaticBatch]:
    random = np.random.default_rng(seed)
    time_us = BEGIN_US + random.permutation(rows) * 1_000_000
    lat_deg = np.where(random.random(rows) < 0.1, np.nan, random.uniform(50, 60, rows))
    craft = random.integers(1, 9, rows)
    positions = PositionBatch.of(time_us, craft, lat_deg, 3.0, nav_status=5, station=b"north")
    names = np.array([b"ANNA", b"", b"A NAME OF 20 LETTERS"])[random.integers(0, 3, rows)]
    told = StaticBatch.from_columns(
        rows,
        time_us=time_us + 500_000,
        received_us=time_us,
        craft=positions.craft,
        source=0,
        message_type=120,
        name=names,
    )
    return positions, told


def blocks_of(positions: PositionBatch, statics: StaticBatch, cut: int = 5_000) -> Iterator[Decoded]:
    for start in range(0, len(positions), cut):
        some = slice(start, start + cut)
        yield Decoded(positions.take(some), statics.take(some))


@pytest.mark.parametrize("sort", [sorted_in_memory, on_disk])
def test_rows_come_back_in_order_and_bit_by_bit(sort: Sorter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    positions, statics = shuffled(40_000)
    given = list(sort(blocks_of(positions, statics)))
    assert len(given) > 2
    seen_us = 0
    for block in given:
        times_us = np.concatenate([block.positions.time_us, block.statics.time_us])
        assert times_us.min() >= seen_us
        seen_us = int(block.positions.time_us[-1]) if len(block.positions) else seen_us
        if len(block.positions):
            assert (block.statics.time_us <= seen_us).all()
    for batches, expected in (
        ([block.positions for block in given], positions.in_time_order()),
        ([block.statics for block in given], statics.in_time_order()),
    ):
        found = type(expected).concat(batches)
        for column in dataclasses.fields(expected):
            np.testing.assert_array_equal(getattr(found, column.name), getattr(expected, column.name), column.name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sort", [sorted_in_memory, on_disk])
def test_statics_without_positions_and_nothing_at_all_are_no_trouble(sort: Sorter) -> None:
    _, statics = shuffled(100)
    assert sum(len(block.statics) for block in sort([Decoded(statics=statics)])) == 100
    assert list(sort([])) == []


def test_who_stops_reading_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    given = on_disk(blocks_of(*shuffled(40_000)))
    next(given)
    assert len(list(tmp_path.iterdir())) == 1
    given.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"made.csv: .*TMPDIR"):
        list(on_disk(blocks_of(*shuffled(10))))
