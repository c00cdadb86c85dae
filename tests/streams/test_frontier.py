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


LEARNING = FrontierConfig(lateness_us=600 * S, max_step_us=3600 * S, rows_to_believe=5, least_lateness_us=S // 4)


def disorderly(seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows seconds apart, most in order, some behind by up to 20 minutes."""
    rng = np.random.default_rng(seed)
    behind_s = np.where(rng.random(400) < 0.1, rng.integers(0, 1200, 400), 0)
    times_s = 10_000 + np.cumsum(rng.integers(0, 30, 400)) - behind_s
    return times_s.astype(np.int64) * S


@pytest.mark.parametrize("seed", range(10))
def test_learned_lateness_is_the_same_for_every_cut(seed: int) -> None:
    times = disorderly(seed)
    cuts = np.sort(np.random.default_rng(seed).choice(np.arange(10, 400), size=25, replace=False))
    whole, pieces = SourceFrontier(LEARNING), SourceFrontier(LEARNING)
    at_once, _ = whole.classify(times[10:])
    in_pieces = np.concatenate([pieces.classify(part)[0] for part in np.split(times[10:], cuts - 10)])
    believed = at_once != Verdict.PENDING  # which rows were still pending at a cut differs, and only at the beginning
    assert believed.sum() > 380
    assert (at_once[8:] == in_pieces[8:]).all()
    assert whole.state() == pieces.state()


@pytest.mark.parametrize("seed", range(10))
def test_the_mark_never_goes_back_and_decides_what_is_late(seed: int) -> None:
    frontier = SourceFrontier(LEARNING)
    mark = None
    for time in disorderly(seed):
        verdict, _ = frontier.classify(np.array([time]))
        if mark is not None:
            assert (verdict[0] == Verdict.LATE) == (time <= mark)
            assert frontier.mark_us is not None
            assert frontier.mark_us >= mark
        mark = frontier.mark_us
        assert LEARNING.least_lateness_us is not None
        assert LEARNING.least_lateness_us <= frontier.lateness_us <= LEARNING.lateness_us
    assert mark is not None


def test_an_orderly_source_is_waited_for_no_longer_than_the_least() -> None:
    frontier = SourceFrontier(LEARNING)
    frontier.classify(np.arange(100, dtype=np.int64) * S)
    assert frontier.mark_us == 99 * S - S // 4


def test_a_disorderly_source_is_given_more_and_forgiven_in_time() -> None:
    frontier = SourceFrontier(LEARNING)
    frontier.classify(np.arange(100, dtype=np.int64) * S)
    frontier.classify(np.array([59 * S]))
    assert frontier.lateness_us == 50 * S
    frontier.classify(np.arange(100, 100 + 45 * 60, dtype=np.int64) * S)
    assert 20 * S < frontier.lateness_us < 30 * S
