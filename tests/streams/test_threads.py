"""Tasks at once: results in the order of the tasks, and a failure only once all have ended."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from streams.threads import at_once
from tests.waiting import PATIENCE_S


def test_results_come_in_the_order_of_the_tasks_and_not_of_their_ends() -> None:
    first_may_end = threading.Event()

    def first() -> str:
        assert first_may_end.wait(PATIENCE_S), "the second task has not begun beside the first"
        return "first"

    def second() -> str:
        first_may_end.set()
        return "second"

    with ThreadPoolExecutor(2) as pool:
        assert at_once(pool, [first, second]) == ["first", "second"]
        assert at_once(pool, []) == []


def test_a_failure_is_raised_when_the_others_have_ended() -> None:
    ended = threading.Event()

    def fails() -> None:
        raise ValueError("no")

    def goes_on() -> None:
        assert not ended.wait(0.05)
        ended.set()

    with ThreadPoolExecutor(2) as pool, pytest.raises(ValueError, match="no"):
        at_once(pool, [fails, goes_on])
    assert ended.is_set()
