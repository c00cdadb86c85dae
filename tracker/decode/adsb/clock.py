"""Receiver counters to event time.

Beast and AVR frames carry a 48-bit counter of a free-running 12 MHz clock that starts anywhere and wraps after 271 days, or, from a
receiver with GPS, seconds of the day in the upper 18 bits and nanoseconds in the lower 30. Which of the two it is, a person says, or
the bits do (``which_clock.py``). Zero, ``FF004D4C4150`` to ``FF004D4C4170`` (readsb's marks: MLAT
result, UAT, do not forward) and all ones are no time.

Counter in a replay: ``time = anchor + (counter - anchor's counter) / 12`` µs, one anchor per receiving station; the first timed frame
of the input is at ``start_time_us``, the first of a further station at the newest time so far.

* A step of less than 5 min, either way, is time passing (or frames of one receiver out of order).
* A larger one is believed when the next stamp of the station is within 5 min of it; until then the frame gets the newest
  time so far, so that one damaged stamp moves nothing (a watermark least of all). A believed step forward of up to
  45 days is a real silence: a restarted counter begins at zero, which is a step back. Any other is a restart: it
  goes on from the newest time so far.

An input that begins with stamps of zero and goes on with one below 5 min has a counter that began at zero with it.

A frame without time gets the time of the last timed frame, in a replay with none so far ``start_time_us``, each such
frame 1 ms after the one before so that order is kept. **That millisecond is no measurement.**

Live (``received_us`` given): the last timed frame of each station in the block is at ``received_us``, frames before it earlier by
their counters' difference if that is at most 10 s, frames without time at ``received_us``.

GPS clock: the day is the one that brings the time of day nearest to ``received_us``, in a replay to the last time, so that
midnight is passed as often as the recording does. The first stamp of a replay is of the day of ``start_time_us`` if that is a midnight
(somebody wrote a date), else the nearest to it. A step of 5 min or more is believed when the next stamp agrees, as with a counter.
Live, a stamp further than an hour from ``received_us`` is not believed (jet1090 does the same). The time of day is UTC, leap seconds
taken off by the receiver (its status says ``TimeUTC``: flightaware/beast-splitter #10).

At most 256 stations have an anchor; a further one takes over the place of another.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from tracker.decode.adsb.which_clock import COUNTER_MASK, NS_MASK, TICKS_PER_US, WhichClock, is_gps_stamp, is_stamp
from tracker.decode.snapshots import matrix_of, matrix_table, restore_vector, vector_table
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S

NO_STAMP: Final = -1
_STATIONS: Final = 256
_SMALL_US: Final = 5 * US_PER_MIN
_SMALL_TICKS: Final = _SMALL_US * TICKS_PER_US
_SILENCE_TICKS: Final = 45 * 24 * US_PER_H * TICKS_PER_US
_BATCH_TICKS: Final = 10 * US_PER_S * TICKS_PER_US
_DAY_US: Final = 24 * US_PER_H
_UNTIMED_STEP_US: Final = 1_000

_STATION, _ANCHOR_TICKS, _ANCHOR_US, _LAST_TICKS = 0, 1, 2, 3
_DOUBTED_TICKS: Final = 4
_COLUMNS: Final = 5
_NEWEST_US, _LAST_US, _ANY_TIMED, _START_US, _BEGAN_AT_ZERO, _DOUBTED_US = 0, 1, 2, 3, 4, 5


@njit(cache=True, nogil=True)
def _signed_step(ticks: int, since: int) -> int:
    """Difference of two counters, wrapping, as a signed number."""
    step = (ticks - since) & COUNTER_MASK
    return step - (COUNTER_MASK + 1) if step >> 47 else step


@njit(cache=True, nogil=True)
def _clock_row(clocks: NDArray[np.int64], station: int) -> int:
    """The row of a station: its own, a free one, or the one it takes over."""
    first = ((station * 0x9E3779B1) >> 16) & (len(clocks) - 1)
    row = first
    for _ in range(len(clocks)):
        if clocks[row, _LAST_TICKS] == NO_STAMP or clocks[row, _STATION] == station:
            return row
        row = (row + 1) & (len(clocks) - 1)
    clocks[first, _LAST_TICKS] = NO_STAMP
    return first


@njit(cache=True, nogil=True)
def counter_times(
    stamps: NDArray[np.int64],
    stations: NDArray[np.int64],
    received_us: int,
    clocks: NDArray[np.int64],
    now: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    """Event times of frames with 12 MHz counters; ``received_us`` is negative in a replay."""
    live = received_us >= 0
    for i in range(len(stamps)):
        ticks = stamps[i]
        if not is_stamp(ticks):
            if live:
                out[i] = received_us
            else:
                now[_BEGAN_AT_ZERO] |= ticks == 0
                if not now[_ANY_TIMED]:
                    now[_LAST_US] += _UNTIMED_STEP_US
                    now[_NEWEST_US] = max(now[_NEWEST_US], now[_LAST_US])
                out[i] = now[_LAST_US]
            continue
        row = _clock_row(clocks, stations[i])
        clock = clocks[row]
        if clock[_LAST_TICKS] == NO_STAMP:
            clock[_STATION] = stations[i]
            clock[_ANCHOR_TICKS] = ticks
            clock[_ANCHOR_US] = now[_NEWEST_US]
            if now[_BEGAN_AT_ZERO] and not now[_ANY_TIMED] and ticks < _SMALL_TICKS:
                clock[_ANCHOR_TICKS] = 0
                clock[_ANCHOR_US] = now[_START_US]
        else:
            step = _signed_step(ticks, clock[_LAST_TICKS])
            if abs(step) >= _SMALL_TICKS:
                doubted = clock[_DOUBTED_TICKS]
                if doubted == NO_STAMP or abs(_signed_step(ticks, doubted)) >= _SMALL_TICKS:
                    clock[_DOUBTED_TICKS] = ticks
                    out[i] = now[_NEWEST_US]
                    continue
                if step < 0 or step > _SILENCE_TICKS:
                    clock[_ANCHOR_TICKS] = doubted
                    clock[_ANCHOR_US] = now[_NEWEST_US]
        clock[_DOUBTED_TICKS] = NO_STAMP
        clock[_LAST_TICKS] = ticks
        out[i] = clock[_ANCHOR_US] + _signed_step(ticks, clock[_ANCHOR_TICKS]) // TICKS_PER_US
        # a wrapping difference reaches 135 days: move the anchor along long before
        if abs(_signed_step(ticks, clock[_ANCHOR_TICKS])) > 1 << 46:
            clock[_ANCHOR_US] = out[i]
            clock[_ANCHOR_TICKS] = ticks
        now[_LAST_US] = out[i]
        now[_NEWEST_US] = max(now[_NEWEST_US], out[i])
        now[_ANY_TIMED] = 1
    if live:
        for i in range(len(stamps)):
            if is_stamp(stamps[i]):
                clock = clocks[_clock_row(clocks, stations[i])]
                back = _signed_step(clock[_LAST_TICKS], stamps[i])
                out[i] = received_us - (back // TICKS_PER_US if 0 <= back <= _BATCH_TICKS else 0)


@njit(cache=True, nogil=True)
def gps_times(stamps: NDArray[np.int64], received_us: int, now: NDArray[np.int64], out: NDArray[np.int64]) -> None:
    """Event times of frames stamped by a GPS clock; ``received_us`` is negative in a replay."""
    live = received_us >= 0
    for i in range(len(stamps)):
        near = received_us if live else now[_LAST_US]
        if not is_stamp(stamps[i]) or not is_gps_stamp(stamps[i]):
            if not live and not now[_ANY_TIMED]:
                now[_LAST_US] += _UNTIMED_STEP_US
                near = now[_LAST_US]
            out[i] = near
            continue
        of_day = (stamps[i] >> 30) * US_PER_S + (stamps[i] & NS_MASK) // 1_000
        if not live and not now[_ANY_TIMED] and now[_START_US] % _DAY_US == 0:
            near = now[_START_US] + _DAY_US // 2
        out[i] = near + (of_day - near + _DAY_US // 2) % _DAY_US - _DAY_US // 2
        if live and abs(out[i] - received_us) > US_PER_H:
            out[i] = received_us
        if not live and now[_ANY_TIMED] and abs(out[i] - now[_LAST_US]) >= _SMALL_US:
            doubted = now[_DOUBTED_US]
            if doubted == NO_STAMP or abs(out[i] - doubted) >= _SMALL_US:
                now[_DOUBTED_US] = out[i]
                out[i] = now[_LAST_US]
                continue
        now[_DOUBTED_US] = NO_STAMP
        now[_LAST_US] = out[i]
        now[_ANY_TIMED] = 1


class ReceiverClock:
    """Event times for the frames of one input, block after block."""

    def __init__(self, start_time_us: int | None, clock: str = "auto") -> None:
        start = 0 if start_time_us is None else start_time_us
        self.which = WhichClock()
        if clock != "auto":
            self.which.told(clock)
        self._now = np.array([start, start, 0, start, 0, NO_STAMP], np.int64)
        self._clocks = np.full((_STATIONS, _COLUMNS), NO_STAMP, np.int64)

    def times(
        self, stamps: NDArray[np.int64], stations: NDArray[np.int64], received_us: int | None
    ) -> NDArray[np.int64]:
        """Event times of frames with these stamps (``NO_STAMP`` for none) from these stations.

        In a replay a clock that nobody told is a counter: whoever has the whole recording settles it first. Live, frames have
        the time of receipt until it is settled.
        """
        out = np.empty(len(stamps), np.int64)
        received = -1 if received_us is None else received_us
        if received_us is not None:
            self.which.weigh(stamps, received_us)
        if self.which.name == "gps":
            gps_times(stamps, received, self._now, out)
        elif received_us is not None and not self.which.name:
            out[:] = received_us
        else:
            counter_times(stamps, stations, received, self._clocks, self._now, out)
        return out

    def tables(self) -> dict[str, pa.Table]:
        """The clocks in use, for a snapshot; each with its row, which is where a station looks for its clock first."""
        used = np.flatnonzero((self._clocks != NO_STAMP).any(axis=1))
        rows = np.column_stack([used, self._clocks[used]])
        return {
            "clock.now": vector_table(self._now),
            "clock.stations": matrix_table(rows),
            "clock.which": self.which.table(),
        }

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        restore_vector(self._now, tables["clock.now"])
        self.which.restore(tables["clock.which"])
        rows = matrix_of(tables["clock.stations"], _COLUMNS + 1, np.int64)
        self._clocks[:] = NO_STAMP
        self._clocks[rows[:, 0]] = rows[:, 1:]
