"""Time: instants as integers, the watermark, and the only wall clock of the program.

Event time drives everything. The wall clock is read here and nowhere else, by sources that stamp what they receive and by
meters; tests pass a ``ManualClock`` (``streams.memory``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final, Protocol

US_PER_S: Final = 1_000_000
NOT_BEFORE_US: Final = 1_767_225_600_000_000
"""2026-01-01: this program did not exist before, so a clock that says so was never set."""
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


class SteadyClock:
    """Wall time for receive stamps that survives a wall clock that jumps.

    ::

        steady = wall at the start + monotonic time since, slewed toward the wall

    While the wall is within ``JUMP_US`` of steady, steady follows it by at most ``SLEW_PPM`` of the time gone by (NTP daemons slew by up to
    500 ppm, so 1,000 keeps up with them). A greater difference is a jump: counted, and steady runs on as before. Only when the wall has kept
    to its new time for ``HOLD_US`` is it believed, and steady steps there. It never runs backwards but for such a step.

    Two kinds of evidence are heard. What was stamped before (:meth:`not_before`): a life does not begin before the last one ended, and a wall that
    says so has jumped. And witnesses (:meth:`testify`), clocks of others: where most of them agree with the wall and not with steady, the wall is
    believed at once; where they say that the wall is behind what they have sent already, it is not believed at all, nor is a wall that was never set.

    Parameters
    ----------
    clock, monotonic:
        The wall, and time that only runs forward. ``ManualClock`` is the twin of both.
    """

    JUMP_US: Final = 2 * US_PER_S
    SLEW_PPM: Final = 1_000
    HOLD_US: Final = 600 * US_PER_S
    AGREE_US: Final = 300 * US_PER_S
    """So far apart two clocks may be and still agree: the skew that Kerberos allows (RFC 4120)."""

    def __init__(self, clock: Clock, monotonic: Clock | None = None) -> None:
        self._wall = clock
        self._monotonic = monotonic or MonotonicClock()
        self._lock = threading.Lock()
        self._steady_us = self._wall.now_us()
        self._last_us = self._monotonic.now_us()
        self._slewed_ppm_us = 0
        self._jumps, self._steps, self._offset_us = 0, 0, 0
        self._held_offset_us: int | None = None
        self._held_since_us = 0
        self._witnesses_us: tuple[int, ...] = ()

    def not_before(self, instant_us: int) -> None:
        """We stamped an instant earlier: it cannot be before that."""
        with self._lock:
            self._steady_us = max(self._steady_us, instant_us)

    def testify(self, offsets_us: Sequence[int]) -> None:
        """How far clocks of others are ahead of steady now; each is one witness."""
        with self._lock:
            self._witnesses_us = tuple(offsets_us)

    @property
    def is_unset(self) -> bool:
        """Whether the wall was never set: it says a time before this program existed."""
        return self._wall.now_us() < NOT_BEFORE_US

    @property
    def jumps(self) -> int:
        """How often the wall jumped away; its return is not counted."""
        return self._jumps

    @property
    def steps(self) -> int:
        """How often the wall's new time was believed in the end."""
        return self._steps

    @property
    def is_away(self) -> bool:
        """Whether the wall jumped away, and neither came back nor was believed, when last asked."""
        return self._held_offset_us is not None

    @property
    def offset_us(self) -> int:
        """Wall minus steady, when last asked."""
        return self._offset_us

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z; may be asked from any thread."""
        with self._lock:
            monotonic_us = self._monotonic.now_us()
            gone_us = max(monotonic_us - self._last_us, 0)
            self._last_us = monotonic_us
            self._steady_us += gone_us
            offset_us = self._wall.now_us() - self._steady_us
            if abs(offset_us) <= self.JUMP_US:
                self._held_offset_us = None
                self._steady_us += self._slew(offset_us, gone_us)
            else:
                self._judge(offset_us, monotonic_us)
            self._offset_us = self._wall.now_us() - self._steady_us
            return self._steady_us

    def _slew(self, offset_us: int, gone_us: int) -> int:
        """How far to go toward the wall; what is less than a microsecond is kept for the next time."""
        self._slewed_ppm_us += gone_us * self.SLEW_PPM
        allowed_us, self._slewed_ppm_us = divmod(self._slewed_ppm_us, US_PER_S)
        if abs(offset_us) <= allowed_us:
            return offset_us
        return allowed_us if offset_us > 0 else -allowed_us

    def _judge(self, offset_us: int, monotonic_us: int) -> None:
        """Count a jump, or believe one that has held."""
        held_us = self._held_offset_us
        if held_us is None or abs(offset_us - held_us) > self.JUMP_US:
            self._jumps += 1
            self._held_offset_us, self._held_since_us = offset_us, monotonic_us
        elif self._is_believed(offset_us, monotonic_us - self._held_since_us):
            self._steps += 1
            self._steady_us += offset_us
            self._held_offset_us = None

    def _is_believed(self, offset_us: int, held_us: int) -> bool:
        """Whether the wall's new time is: by witnesses, or because it held and none denies it."""
        if self._steady_us + offset_us < NOT_BEFORE_US <= self._steady_us:
            return False
        witnesses = self._witnesses_us
        confirm = sum(abs(w) > self.AGREE_US >= abs(w - offset_us) for w in witnesses)
        deny = sum(w - offset_us > self.AGREE_US >= w for w in witnesses)
        if 2 * confirm > len(witnesses):
            return True
        return held_us >= self.HOLD_US and 2 * deny <= len(witnesses)


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
