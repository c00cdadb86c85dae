"""The frontier judges every row the same way however the rows are cut."""

from __future__ import annotations

import numpy as np
import pytest

from streams.frontier import FrontierConfig, SourceFrontier, Verdict

S = 1_000_000
CONFIG = FrontierConfig(lateness_us=600 * S, max_step_us=3600 * S, rows_to_believe=5)


def judge(times_s: list[int], cuts: list[int]) -> tuple[list[int], int | None]:
    """Final verdict per row after feeding the rows in pieces that end at ``cuts``, and the frontier in seconds."""
    frontier = SourceFrontier(CONFIG)
    final: list[int] = []
    times = np.array(times_s, dtype=np.int64) * S
    for start, stop in zip([0, *cuts], [*cuts, len(times)], strict=True):
        verdict, fate = frontier.classify(times[start:stop])
        if fate != Verdict.PENDING:
            final = [int(fate) if value == Verdict.PENDING else value for value in final]
        final.extend(int(value) for value in verdict)
    if frontier.end():
        final = [int(Verdict.ACCEPTED) if value == Verdict.PENDING else value for value in final]
    mark = frontier.frontier_us
    return final, None if mark is None else mark // S


def test_rows_within_the_lateness_are_on_time_and_older_ones_late() -> None:
    verdicts, frontier = judge([0, 1, 2, 3, 4, 700, 101, 99, 100], [])
    assert verdicts == [0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert frontier == 700


def test_one_stamp_from_the_far_future_does_not_make_the_rest_late() -> None:
    verdicts, frontier = judge([0, 1, 2, 3, 4, 90_000_000, 5, 6], [])
    assert verdicts == [0, 0, 0, 0, 0, Verdict.DISCARDED, 0, 0]
    assert frontier == 6


def test_a_broken_first_stamp_is_discarded() -> None:
    verdicts, _ = judge([90_000_000, 0, 1, 2, 3, 4], [])
    assert verdicts == [Verdict.DISCARDED, 0, 0, 0, 0, 0]


def test_a_hole_of_days_is_believed_when_enough_rows_agree() -> None:
    later = [200_000 + k for k in range(5)]
    verdicts, frontier = judge([0, 1, 2, 3, 4, *later], [])
    assert verdicts == [0] * 10
    assert frontier == later[-1]


def test_a_sparse_series_with_days_between_its_rows_is_believed() -> None:
    verdicts, _ = judge([k * 90_000 for k in range(12)], [])
    assert verdicts == [0] * 12


def test_rows_tell_how_far_they_are_behind() -> None:
    frontier = SourceFrontier(CONFIG)
    frontier.classify(np.arange(5, dtype=np.int64) * S)
    assert frontier.behind_us(np.array([10, 3, 11], dtype=np.int64) * S).tolist() == [0, 7 * S, 0]


def test_rows_pending_at_the_end_are_believed() -> None:
    verdicts, frontier = judge([0, 1, 2, 3, 4, 200_000], [])
    assert verdicts == [0] * 6
    assert frontier == 200_000


@pytest.mark.parametrize("seed", range(30))
def test_cuts_change_no_verdict(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.choice(
        [1, 10, -50, -900, 5000, 90_000_000, -90_000_000, 4000], size=80, p=[0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05]
    )
    times = np.abs(1_000_000 + np.where(np.abs(steps) > 1e6, steps, np.cumsum(np.where(np.abs(steps) > 1e6, 0, steps))))
    cuts = sorted(int(cut) for cut in rng.choice(np.arange(1, 80), size=12, replace=False))
    assert judge([int(t) for t in times], cuts) == judge([int(t) for t in times], [])
