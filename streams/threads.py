"""Tasks done at once, and what they gave in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, wait
from typing import TypeVar

T = TypeVar("T")


def at_once(executor: Executor, tasks: Sequence[Callable[[], T]]) -> list[T]:
    """What each task gave, once all have ended. Raises what the first that failed raised."""
    begun = [executor.submit(task) for task in tasks]
    wait(begun)
    return [task.result() for task in begun]
