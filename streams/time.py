"""Time: instants as integers, the watermark, and the only wall clock of the program.

Event time drives everything. The wall clock is read here and nowhere else, by sources that stamp what they receive and by
meters; tests pass a ``ManualClock`` (``streams.memory``).
"""

from __future__ import annotations

import time
from typing import Final, Protocol

US_PER_S: Final = 1_000_000
BEFORE_ALL_US: Final = -(1 << 62)
"""A watermark before any event."""


class Clock(Protocol):
    """Whatever tells the present instant."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000


class MonotonicClock:
    """Time that only runs forward, from an arbitrary origin: for waiting and for judging the wall clock.

    Counts the time a machine was suspended too, where the system can tell (``CLOCK_BOOTTIME``).
    """

    _ID: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def now_us(self) -> int:
        """Microseconds since some instant in the past."""
        return time.clock_gettime_ns(self._ID) // 1_000


class Watermark:
    """A promise that only grows: no row at or before it is expected any more."""

    def __init__(self, start_us: int = BEFORE_ALL_US) -> None:
        self._us = start_us

    @property
    def us(self) -> int:
        """The present watermark."""
        return self._us

    def advance(self, to_us: int) -> bool:
        """Move forward to ``to_us``; a step back is ignored. True when it moved."""
        if to_us <= self._us:
            return False
        self._us = to_us
        return True
