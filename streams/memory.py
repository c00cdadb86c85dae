"""In-memory twins of the world: a clock that stands still, for tests and for users' own experiments."""

from __future__ import annotations


class ManualClock:
    """A clock moved by hand."""

    def __init__(self, start_us: int = 0) -> None:
        self._us = start_us

    def now_us(self) -> int:
        """The instant it was set to."""
        return self._us

    def advance(self, by_us: int) -> None:
        """Move forward (or back: clocks do that)."""
        self._us += by_us
