"""Lateness learned from the rows: the same for every cut, and the mark never goes back."""

from __future__ import annotations

import numpy as np
import pytest

from streams.frontier import FrontierConfig, SourceFrontier, Verdict

S = 1_000_000
CONFIG = FrontierConfig(lateness_us=10 * S, least_lateness_us=S // 4)


def rows(seed: int, n: int = 3000, spread_s: float = 8.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (1_700_000_000 * S + np.arange(n) * S // 2 - (rng.random(n) < 0.05) * rng.random(n) * spread_s * S).astype(
        np.int64
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cuts_change_no_verdict(seed: int) -> None:
    times = rows(seed)
    whole = SourceFrontier(CONFIG)
    expected, _ = whole.classify(times)
    rng = np.random.default_rng(seed)
    cut, parts = SourceFrontier(CONFIG), []
    for piece in np.split(times, np.sort(rng.integers(0, len(times), 40))):
        parts.append(cut.classify(piece)[0])
    found = np.concatenate(parts)
    # rows pending when a piece ended are told of by the fate of the next one; all others agree
    assert np.array_equal(found[expected != Verdict.PENDING][25:], expected[expected != Verdict.PENDING][25:])
    assert cut.state() == whole.state()


def test_an_orderly_source_is_waited_for_a_quarter_of_a_second_and_a_disorderly_one_longer() -> None:
    calm, rough = SourceFrontier(CONFIG), SourceFrontier(CONFIG)
    calm.classify(1_700_000_000 * S + np.arange(1000) * S)
    rough.classify(rows(1))
    assert calm.lateness_us == S // 4
    assert S < rough.lateness_us <= 10 * S


def test_few_rows_are_late_once_the_disorder_is_known() -> None:
    frontier = SourceFrontier(CONFIG)
    frontier.classify(rows(4))
    later = rows(5) + 3000 * S // 2
    verdict, _ = frontier.classify(later)
    assert np.mean(verdict == Verdict.LATE) < 0.01


def test_the_mark_never_goes_back() -> None:
    frontier, marks = SourceFrontier(CONFIG), []
    for time_us in rows(6):
        frontier.classify(np.array([time_us]))
        marks.append(frontier.mark_us or 0)
    assert marks == sorted(marks)


def test_what_was_learned_is_forgotten_in_hours() -> None:
    frontier = SourceFrontier(CONFIG)
    frontier.classify(rows(7))
    frontier.classify(rows(7)[-1] + np.arange(1, 8 * 3600) * S)
    assert frontier.lateness_us == S // 4


def test_what_was_learned_before_a_restart_holds_from_the_first_row_on_and_within_the_bounds() -> None:
    learned = SourceFrontier(CONFIG)
    learned.classify(rows(8))
    fresh, greedy = SourceFrontier(CONFIG), SourceFrontier(CONFIG)
    fresh.expect_lateness(learned.lateness_us)
    greedy.expect_lateness(3600 * S)
    assert fresh.lateness_us == learned.lateness_us
    assert greedy.lateness_us == CONFIG.lateness_us
