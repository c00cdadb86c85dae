"""What was asked of a browser and is not answered yet: challenges of passkeys, ways to a provider. Each holds once and for minutes.

It is kept in memory: an answer that comes to a room started anew begins again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from streams.time import US_PER_S
from tracker.room.accounts.secrets import digest

_MOST: Final = 10_000
HOLDS_S: Final = 300
T = TypeVar("T")


class Pending(Generic[T]):
    """By a secret, once. Of too many the oldest are forgotten."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._kept: OrderedDict[str, tuple[int, T]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, secret: str, what: T) -> None:
        """Keep it for :data:`HOLDS_S`."""
        with self._lock:
            self._kept[digest(secret)] = self._now_us() + HOLDS_S * US_PER_S, what
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)

    def take(self, secret: str) -> T | None:
        """What was kept, and no more from now on."""
        with self._lock:
            until_us, what = self._kept.pop(digest(secret), (0, None))
        return what if self._now_us() < until_us else None
