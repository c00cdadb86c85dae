"""How far one source has come in event time, row by row, so that the answer is the same for every cut into batches.

The frontier is the latest event time believed so far. Every row gets a verdict::

    ACCEPTED    on time: later than frontier - lateness, at most ``max_step`` ahead of the frontier
    LATE        at or behind the mark, the greatest frontier - lateness so far: it is stored, but the window it belongs to was already judged
    PENDING     further ahead than ``max_step``: a hole in the feed, or a broken clock? Held until it is settled
    DISCARDED   it was a broken clock: normal rows came after it

A jump ahead is believed after ``rows_to_believe`` rows in a row none of which came back from it, or when the source ends while
they are pending; one row that comes back shows that the clock was broken. The first row of a source is pending too: a recording may
begin with a bad stamp. Without this one flipped bit in a log's unprotected time stamp would make the rest of the file late.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

_UNSET: Final = -(1 << 62)
_MINUTE_US: Final = 60_000_000
_KEPT_A_MINUTE: Final = 63.0 / 64.0


class Verdict(IntEnum):
    """What becomes of a row."""

    ACCEPTED = 0
    LATE = 1
    PENDING = 2
    DISCARDED = 3


@dataclass(frozen=True, slots=True)
class FrontierConfig:
    """Bounds of one source.

    ``lateness_us``: how far behind the frontier a row may be and still be on time. ``max_step_us``: the longest step
    ahead believed at once. ``rows_to_believe``: how many rows in a row make a longer step believed.

    ``least_lateness_us``: where it is given, lateness is learned from the rows themselves, from this up to ``lateness_us``: an orderly feed is
    waited for no longer than this, one whose rows come seconds behind is given a quarter more than its worst row of late. What was
    learned halves in some three quarters of an hour of event time.
    """

    lateness_us: int
    max_step_us: int = 6 * 3600 * 1_000_000
    rows_to_believe: int = 20
    least_lateness_us: int | None = None
    latest_us: int | None = None
    """No row is of a later time, where that is known beforehand: what says so has a broken clock, however many agree."""


@numba.njit(cache=True, nogil=True)
def _classify(
    time_us: Any,
    verdict: Any,
    behind_us: Any,
    state: Any,
    least_us: int,
    most_us: int,
    max_step_us: int,
    rows_to_believe: int,
) -> int:
    """Verdicts of rows, and how far each is behind the frontier; returns the fate of rows held before.

    ``state`` = frontier, rows pending, their latest time, their earliest time, lateness in force,
    the mark: the latest instant so far at or behind which a row is late (it never goes back).

    The fate is a ``Verdict``: PENDING while the group held from earlier batches is still open.
    """
    fate = 2
    group_from = 0  # first row of this batch in the open group; rows held from earlier batches belong to it too
    for i in range(len(time_us)):
        t = time_us[i]
        frontier = state[0]
        if frontier != _UNSET and t <= frontier + max_step_us:
            if state[1] > 0:  # a normal row after a jump: the jump was a broken clock
                for j in range(group_from, i):
                    if verdict[j] == 2:
                        verdict[j] = 3
                if fate == 2:
                    fate = 3
                state[1] = 0
            behind_us[i] = max(0, frontier - t)
            verdict[i] = 1 if t <= state[5] else 0
            if t > frontier:
                minutes = t // _MINUTE_US - frontier // _MINUTE_US
                if state[4] > least_us and minutes > 0:
                    state[4] = max(least_us, int(state[4] * _KEPT_A_MINUTE ** min(minutes, 10_000)))
                state[0] = t
                state[5] = max(state[5], t - state[4])
            elif behind_us[i] * 5 // 4 > state[4]:
                state[4] = min(most_us, behind_us[i] * 5 // 4)
            continue
        behind_us[i] = 0
        if state[1] > 0 and t < state[3] - max_step_us:  # came back from the open group: that one was broken
            for j in range(group_from, i):
                if verdict[j] == 2:
                    verdict[j] = 3
            if fate == 2:
                fate = 3
            state[1] = 0
        if state[1] == 0:
            group_from = i
            state[2] = t
            state[3] = t
        verdict[i] = 2
        state[1] += 1
        state[2] = max(state[2], t)
        state[3] = min(state[3], t)
        if state[1] >= rows_to_believe:
            for j in range(group_from, i + 1):
                if verdict[j] == 2:
                    verdict[j] = 0
            if fate == 2:
                fate = 0
            state[0] = state[2]
            state[5] = max(state[5], state[2] - state[4])
            state[1] = 0
    return fate


class SourceFrontier:
    """The frontier of one source."""

    def __init__(self, config: FrontierConfig) -> None:
        self.config = config
        self._least_us = config.lateness_us if config.least_lateness_us is None else config.least_lateness_us
        self._state = np.array([_UNSET, 0, _UNSET, _UNSET, self._least_us, _UNSET], dtype=np.int64)

    @property
    def frontier_us(self) -> int | None:
        """Latest event time believed; None before the first."""
        return None if self._state[0] == _UNSET else int(self._state[0])

    @property
    def lateness_us(self) -> int:
        """How far behind the frontier a row may be now and still be on time."""
        return int(self._state[4])

    @property
    def mark_us(self) -> int | None:
        """Rows at or behind this instant are late; None before the first row believed."""
        return None if self._state[5] == _UNSET else int(self._state[5])

    def classify(self, time_us: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Verdict]:
        """A verdict per row, and the fate of all rows held pending by earlier calls (PENDING: still open)."""
        verdict, _, fate = self._judge(time_us)
        return verdict, fate

    def behind_us(self, time_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """How far each row is behind the frontier at its turn; 0 for rows that lead or wait to be believed."""
        return self._judge(time_us)[1]

    def _judge(self, time_us: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64], Verdict]:
        verdict = np.empty(len(time_us), dtype=np.uint8)
        behind_us = np.empty(len(time_us), dtype=np.int64)
        cfg = self.config
        fate = _classify(
            time_us,
            verdict,
            behind_us,
            self._state,
            self._least_us,
            cfg.lateness_us,
            cfg.max_step_us,
            cfg.rows_to_believe,
        )
        return verdict, behind_us, Verdict(fate)

    def expect_lateness(self, lateness_us: int) -> None:
        """Take over what was learned before a restart, where no snapshot tells it; within the bounds of the source."""
        self._state[4] = min(max(self._state[4], lateness_us), self.config.lateness_us)

    def state(self) -> list[int]:
        """What it remembers, for a snapshot."""
        return [int(value) for value in self._state]

    def set_state(self, state: list[int]) -> None:
        """The inverse of :meth:`state`."""
        self._state = np.array(state, dtype=np.int64)

    def set_back(self, to_us: int) -> bool:
        """Begin anew where an instant beyond ``to_us`` was believed or waits to be; True when it did. What lateness was learned stays."""
        if max(self._state[0], self._state[5]) <= to_us and not (self._state[1] and self._state[2] > to_us):
            return False
        self._state[:] = [_UNSET, 0, _UNSET, _UNSET, self._state[4], _UNSET]
        return True

    def end(self) -> bool:
        """The source has ended; True when rows still pending are to be accepted."""
        if self._state[1] == 0:
            return False
        self._state[0] = max(self._state[0], self._state[2])
        self._state[5] = max(self._state[5], self._state[0] - self._state[4])
        self._state[1] = 0
        return True
