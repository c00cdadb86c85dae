"""Statics of tables in event-time order: what was thinned by files and what was not gives the same."""

from __future__ import annotations

import numpy as np
import pytest

from streams.snapshot import bytes_table, table_bytes
from tracker.decode.tables.changes import StaticChanges
from tracker.positions import MESSAGE_TYPE_TABLE
from tracker.statics import StaticBatch
from tracker.tracks.told import ToldStatics, content_hash

BEGIN_US = 1_772_323_200_000_000


def statics(
    time_s: np.ndarray, craft: np.ndarray, names: np.ndarray, message_type: int = MESSAGE_TYPE_TABLE
) -> StaticBatch:
    time_us = BEGIN_US + (time_s * 1e6).astype(np.int64)
    return StaticBatch.from_columns(
        len(time_us), time_us=time_us, received_us=time_us, craft=craft, source=0, message_type=message_type, name=names
    )


def made(seed: int, rows: int = 3_000) -> StaticBatch:
    """Three craft that change their names now and then, in order, never twice at one instant."""
    random = np.random.default_rng(seed)
    time_s = np.sort(random.choice(40_000, rows, replace=False)).astype(float)
    craft = random.integers(1, 4, rows)
    names = np.array([b"A", b"B", b"C"])[(random.random(rows) < 0.05).cumsum() % 3]
    return statics(time_s, craft, names)


def said(batch: StaticBatch) -> list[tuple[int, int, bytes]]:
    return list(zip(batch.time_us.tolist(), batch.craft.tolist(), batch.name.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_thinned_by_the_file_or_afterwards_it_is_the_same(seed: int) -> None:
    every = made(seed)
    of_all = ToldStatics().new(every)
    changes = StaticChanges()
    by_file = every.take(changes.rows(every.craft, every.time_us, content_hash(every, np.arange(len(every)))))
    assert len(by_file) < len(every) / 3
    assert said(by_file) == said(of_all) == said(ToldStatics().new(by_file))


@pytest.mark.parametrize("seed", range(4))
def test_files_one_after_the_other_and_beside_one_another_give_what_the_whole_gives(seed: int) -> None:
    every, at = made(seed), 1_234
    parts = []
    half = np.random.default_rng(seed).random(len(every)) < 0.5
    for part in (every.take(slice(0, at)), every.take(slice(at, None)), every.take(half), every.take(~half)):
        changes = StaticChanges()
        parts.append(part.take(changes.rows(part.craft, part.time_us, content_hash(part, np.arange(len(part))))))
    assert said(ToldStatics().new(StaticBatch.concat(parts).in_time_order())) == said(ToldStatics().new(every))


@pytest.mark.parametrize("cut", [1, 7, 500])
def test_cuts_and_a_restart_change_nothing(cut: int) -> None:
    every = made(9)
    whole, found, told = said(ToldStatics().new(every)), [], ToldStatics()
    for start in range(0, len(every), cut):
        found += said(told.new(every.take(slice(start, start + cut))))
        kept = table_bytes(told.capture()())
        told = ToldStatics()
        told.restore(bytes_table(kept))
        if start > 1_000 * cut:
            break
    assert found == whole[: len(found)]
    assert len(found) > 50


def test_what_transmitters_say_is_told_every_time() -> None:
    again = statics(np.array([0.0, 1.0]), np.array([1, 1]), np.array([b"A", b"A"]), message_type=5)
    assert len(ToldStatics().new(again)) == 2


def test_only_the_stretch_under_way_is_remembered() -> None:
    told = ToldStatics()
    for k in range(50):
        told.new(statics(np.array([400.0 * k]), np.array([k + 1]), np.array([b"A"])))
    assert told.capture()().num_rows == 1
