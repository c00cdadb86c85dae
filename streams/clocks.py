"""Clocks held against each other: how far a source's own clock is from ours, and whether ours can be believed.

Two facts decide, and both are the same in every life: a row's event time, and the receive time journalled with its bytes::

    event time > receive time + tolerance      impossible: nobody receives what was not sent yet
    event time far behind receive time         possible: a slow feed, a clock that is behind, or a recording
    receive time behind an earlier receive time of the same line      our own clock was set back: one of the two is wrong

A line's *offset* is the median of event time minus receive time over its latest rows that bring a time of their own: positive where its clock is
ahead of ours. A burst of wrong stamps from one of many senders does not move a median. Of rows without a time of their own the event time is the
receive time, and they say nothing about any clock.

Where feeds that know nothing of each other are ahead of our clock by the same, and none agrees with it, our clock is behind (:func:`shift_of`).
The reverse proves nothing: they may all be late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.time import US_PER_S

STEP_BACK_US: Final = 60 * US_PER_S
"""A receive time so far behind the one before it in the same line is of a clock that was set back."""
SAMPLES: Final = 256
SAMPLES_A_SECOND: Final = 16
"""Of one second of receive time no more rows are looked at: the latest 16 s at least decide, however fast the feed is."""
_SAMPLED_US: Final = 300 * US_PER_S
"""Older rows say nothing of the clock as it is now, unless there are too few others."""
_FEWEST: Final = 16
_STATE: Final = -2
"""The first integer of a state; of those of before, which had fewer, it was a receive time or -1."""
_KEPT: Final = 8
_KEPT_BEFORE: Final = 3
"""Integers of the state before the samples."""


class Off(StrEnum):
    """What a line's clock does that it should not."""

    NOT = ""
    AHEAD = "ahead"
    BEHIND = "behind"
    PAST = "past"
    """So far behind that it is no delay: a recording."""


@dataclass(frozen=True, slots=True)
class ClockLimits:
    """Bounds of one source: how far ahead of receive time a row may be, how far behind before it is told, how far behind is the past, and
    for how long of receive time something must last before it is believed."""

    max_ahead_us: int = 300 * US_PER_S
    max_offset_us: int = 300 * US_PER_S
    past_us: int = 12 * 3600 * US_PER_S
    lasts_us: int = 30 * US_PER_S


def impossible(
    time_us: NDArray[np.int64],
    received_us: NDArray[np.int64],
    max_ahead_us: int,
    shift_us: int = 0,
    not_before_us: int = 0,
) -> NDArray[np.bool_]:
    """Rows that say they are of a time at which nobody could have received them yet.

    ``shift_us``: how far our clock is known to be behind; times that are our own receive times are then as wrong as it is. A receive time before
    ``not_before_us`` is of a clock that was never set: it bounds nothing, and a row whose time it is has none.
    """
    is_set = received_us >= not_before_us
    found: NDArray[np.bool_] = (time_us > received_us + (max_ahead_us + shift_us)) & is_set
    found |= (time_us == received_us) & ((shift_us != 0) | ~is_set)
    return found


def shift_of(offsets_us: Iterable[tuple[str, int]], max_ahead_us: int) -> int:
    """How far our clock is behind, by feeds (name, offset) with clocks of their own; 0 where they do not prove it.

    Two feeds at least must be ahead by the same, to within the tolerance, and none may agree with our clock.
    """
    by_feed: dict[str, list[int]] = {}
    for feed, offset_us in offsets_us:
        by_feed.setdefault(feed, []).append(offset_us)
    medians = sorted(int(np.median(values)) for values in by_feed.values())
    ahead = [value for value in medians if value > max_ahead_us]
    if len(ahead) < 2 or any(abs(value) <= max_ahead_us for value in medians):
        return 0
    middle = ahead[len(ahead) // 2]
    agreeing = [value for value in ahead if abs(value - middle) <= max_ahead_us]
    return middle if len(agreeing) >= 2 and 2 * len(agreeing) > len(medians) else 0


class LineClock:
    """What is known of the clock of one line. State: a function of its rows and their receive times."""

    def __init__(self, limits: ClockLimits) -> None:
        self.limits = limits
        self.off = Off.NOT
        self.received_us: int | None = None
        """Latest receive time of the line."""
        self._samples = np.zeros(0, dtype=np.int64)
        self._at_us = np.zeros(0, dtype=np.int64)
        self._second, self._in_second = -1, 0
        self._ours_us: int | None = None  # receive time of the latest rows without a time of their own
        self._since_us: int | None = None
        self._since_off = Off.NOT

    @property
    def offset_us(self) -> int | None:
        """Event time minus receive time, the median; None until enough rows brought a time of their own."""
        return int(np.median(self._samples)) if len(self._samples) >= _FEWEST else None

    @property
    def is_live(self) -> bool:
        """Whether its rows are of now, as far as can be told: others need not wait for one that is far behind them."""
        offset_us = self.offset_us
        if offset_us is None:
            return self._ours_us is not None
        return self.off is Off.NOT and self._kind(offset_us) is Off.NOT

    def receive(self, received_us: int) -> bool:
        """A chunk was received; True when the clock that says so was set back."""
        went_back = self.received_us is not None and received_us < self.received_us - STEP_BACK_US
        if went_back:
            self._samples, self._at_us, self._since_us, self.off = self._samples[:0], self._at_us[:0], None, Off.NOT
        self.received_us = received_us if went_back else max(received_us, self.received_us or received_us)
        return went_back

    def set_back(self, received_us: int) -> None:
        """Receive times beyond an instant were of a wrong clock."""
        if self.received_us is not None:
            self.received_us = min(self.received_us, received_us)

    def observe(self, time_us: NDArray[np.int64], received_us: NDArray[np.int64], shift_us: int = 0) -> None:
        """Rows of one chunk, in the order of the line."""
        own = np.flatnonzero(time_us != received_us)
        if len(own) < len(time_us):
            self._ours_us = int(received_us[-1])
        if len(own):
            second = int(received_us[own[-1]] // US_PER_S)
            if second != self._second:
                self._second, self._in_second = second, 0
            free = SAMPLES_A_SECOND - self._in_second
            if free > 0:
                picked = own[:: max(1, -(-len(own) // free))][:free]
                self._in_second += len(picked)
                self._samples = np.concatenate([self._samples, time_us[picked] - received_us[picked]])[-SAMPLES:]
                self._at_us = np.concatenate([self._at_us, received_us[picked]])[-SAMPLES:]
                young = self._at_us >= self._at_us[-1] - _SAMPLED_US
                young[-_FEWEST:] = True
                self._samples, self._at_us = self._samples[young], self._at_us[young]
        elif len(self._at_us) and len(received_us) and received_us[-1] > self._at_us[-1] + _SAMPLED_US:
            self._samples, self._at_us = self._samples[:0], self._at_us[:0]  # it brings no times any more
        if self.received_us is not None:
            self._judge(self.received_us, shift_us)

    def _judge(self, received_us: int, shift_us: int) -> None:
        offset_us = self.offset_us
        now = Off.NOT if offset_us is None else self._kind(offset_us - shift_us)
        if now is self.off:
            self._since_us = None
            return
        if self._since_us is None or now is not self._since_off:
            self._since_us, self._since_off = received_us, now
        if received_us - self._since_us >= self.limits.lasts_us:
            self.off, self._since_us = now, None

    def observe_ours(self, received_us: int) -> None:
        """Rows whose times come from our own clock, as of a Mode S receiver's counter."""
        self._ours_us = received_us

    def _kind(self, offset_us: int) -> Off:
        """With hysteresis: what was off is well again at half the limit."""
        limits = self.limits
        share = 1 if self.off is Off.NOT else 2
        if offset_us * share > limits.max_ahead_us:
            return Off.AHEAD
        if -offset_us > limits.past_us:
            return Off.PAST
        return Off.BEHIND if -offset_us * share > limits.max_offset_us else Off.NOT

    def state(self) -> list[int]:
        """What it remembers, for a snapshot."""
        instants_us = [-1 if us is None else us for us in (self.received_us, self._ours_us, self._since_us)]
        offs = [list(Off).index(off) for off in (self.off, self._since_off)]
        kept = [_STATE, *instants_us, *offs, self._second, self._in_second]
        return [*kept, *self._samples.tolist(), *self._at_us.tolist()]

    def set_state(self, state: list[int]) -> None:
        """The inverse of :meth:`state`."""
        if state[0] != _STATE:
            received_us, ours_us, off = state[:_KEPT_BEFORE]
            state = [_STATE, received_us, ours_us, -1, off, 0, -1, 0, *state[_KEPT_BEFORE:]]
        self.received_us, self._ours_us, self._since_us = (None if us < 0 else us for us in state[1:4])
        self.off, self._since_off = (list(Off)[off] for off in state[4:6])
        self._second, self._in_second = state[6:_KEPT]
        self._samples, self._at_us = np.array(state[_KEPT:], dtype=np.int64).reshape(2, -1)


def believed(
    rows: Any, more: Any, max_ahead_us: int, shift_us: int = 0, not_before_us: int = 0
) -> tuple[Any, Any, Any, int]:
    """Rows and their companions without what is impossible; the impossible rows, and how many companions went."""
    bad = impossible(rows.time_us, rows.received_us, max_ahead_us, shift_us, not_before_us)
    bad_more = impossible(more.time_us, more.received_us, max_ahead_us, shift_us, not_before_us)
    if not bad.any() and not bad_more.any():
        return rows, more, rows.take(slice(0, 0)), 0
    return rows.take(~bad), more.take(~bad_more), rows.take(bad), int(np.count_nonzero(bad_more))
