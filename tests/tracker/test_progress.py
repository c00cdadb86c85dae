"""Long work says how far it is where there is no terminal, seldom enough for a log."""

from __future__ import annotations

import pytest

from streams.memory import ManualClock
from streams.time import US_PER_S
from tracker.terminal import LINE_EVERY_S, steps


def test_a_step_and_the_time_left_are_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock(0)
    with steps("evaluate", clock) as tell:
        tell("seed 3501: simulate", 0.01)
        for share in (0.1, 0.2, 0.25):
            clock.advance(LINE_EVERY_S * US_PER_S)
            tell("seed 3501: replay", share)
            tell("seed 3501: replay", share + 0.01)
    assert capsys.readouterr().err.splitlines() == [
        "evaluate: seed 3501: replay, 10 % of all, about 4 min left",
        "evaluate: seed 3501: replay, 20 % of all, about 4 min left",
        "evaluate: seed 3501: replay, 25 % of all, about 4 min left",
    ]
