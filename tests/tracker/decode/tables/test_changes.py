"""Everything a table says of a craft is told once in six minutes, by the row that is the first in event time."""

from __future__ import annotations

import numpy as np
import pytest

from tracker.decode.tables.changes import TOLD_EVERY_US, StaticChanges

BEGIN_US = 1_772_323_200_000_000
assert BEGIN_US % TOLD_EVERY_US == 0


def told(rows: list[tuple[int, int, int]], cut: int | None = None, most: int = 100) -> list[int]:
    """Rows of (craft, second, what it says) through one memory, in blocks of ``cut``."""
    changes, found = StaticChanges(most), []
    for start in range(0, len(rows), cut or len(rows)):
        some = rows[start : start + (cut or len(rows))]
        craft, seconds, said = (np.array(column) for column in zip(*some, strict=True))
        new = changes.rows(craft, BEGIN_US + seconds * 1_000_000, said.astype(np.uint64))
        found += [start + int(row) for row in new]
    return found


@pytest.mark.parametrize("cut", [None, 1, 3])
def test_what_is_said_of_a_craft_is_told_once_in_six_minutes(cut: int | None) -> None:
    rows = [
        (1, 0, 7),
        (2, 0, 7),
        (1, 10, 7),
        (1, 11, 8),
        (1, 359, 7),
        (1, 360, 7),
        (2, 361, 8),
        (2, 400, 8),
        (1, 420, 8),
    ]
    assert told(rows, cut) == [0, 1, 3, 5, 6, 8]


@pytest.mark.parametrize("cut", [None, 1])
def test_an_earlier_row_is_told_too_and_a_later_one_is_not(cut: int | None) -> None:
    assert told([(1, 20, 7), (1, 10, 7), (1, 10, 7), (1, 15, 7), (1, 5, 7)], cut) == [0, 1, 4]


def test_in_any_order_the_first_of_all_are_told() -> None:
    random = np.random.default_rng(2)
    rows = [
        (int(c), int(s), int(w)) for c, s, w in zip(*(random.integers(0, n, 4_000) for n in (5, 7_200, 3)), strict=True)
    ]
    first = {(c, w, s // 360): s for c, s, w in sorted(rows, key=lambda row: -row[1])}
    for order in (sorted(rows, key=lambda row: row[1]), rows, rows[::-1]):
        given = [order[k] for k in told(order, cut=100, most=1_000)]
        assert {(c, w, s // 360): s for c, s, w in sorted(given, key=lambda row: -row[1])} == first
    assert len(told(sorted(rows, key=lambda row: row[1]))) < 500


def test_memory_goes_on_from_what_was_put_away() -> None:
    before, after = StaticChanges(), StaticChanges()
    craft, said = np.array([1, 2]), np.array([7, 8], dtype=np.uint64)
    before.rows(craft, np.array([BEGIN_US, BEGIN_US]), said)
    after.restore(before.table())
    assert after.rows(craft, np.array([BEGIN_US + 1, BEGIN_US + 1]), said).tolist() == []


def test_beyond_the_bound_the_earlier_half_is_forgotten() -> None:
    changes = StaticChanges(4)
    craft, said = np.arange(1, 7), np.full(6, 7, dtype=np.uint64)
    changes.rows(craft, BEGIN_US + np.arange(6), said)
    assert changes.table().num_rows == 3
    assert changes.rows(craft, np.full(6, BEGIN_US + 10), said).tolist() == [0, 1, 2]
