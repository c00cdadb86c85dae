"""What the 48-bit stamps of a receiver count: a free-running 12 MHz counter, or the time of day of a GPS clock (Radarcape).

====  ==================================================================================================
bits  GPS clock (jet1090, ``process_radarcape``; flightaware/dump1090 #195: nanoseconds since UTC midnight)
====  ==================================================================================================
18    second of the day, 0 to 86,399 (86,400 in a leap second)
30    nanosecond, 0 to 999,999,999
====  ==================================================================================================

A status message (type 4) of a Radarcape says it: bit 0x10 of its first byte of data (flightaware/beast-splitter, BSD licence). Without
one the bits decide. The lower 30 bits of a counter go up to 1,073,741,823 and do so every 89.5 s: one frame in 14.6 holds a number
of nanoseconds that cannot be. So many **seconds without one** are the evidence for GPS, ``weight`` in thousandths of the logarithm of
the odds:

* A new second, the latest so far: a counter has passed the impossible range of 6.1 s unheard. Of frames far apart one in 14.6 would fall
  into it: 69.
* The same where five or more frames of the second before came so close to its end, and the first of this one so close to its beginning, as
  the frames of that second are apart (six times at most): in a counter that range would have held frames. 1,500.

GPS needs 7,000 of the second kind, or 10,000 of both (a counter looks so less than once in a thousand recordings). Stamps are damaged, too:
impossible ones may be one in a hundred in the first case, one stretch of them in 150 new seconds in the second. A counter is settled by eight impossible ones that are more than one in twenty. Nothing settled is a counter: most receivers have one.

Live, the clock that runs as fast as ours settles it: over two seconds or more of receipts only one of the two can.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from tracker.decode.snapshots import restore_vector, vector_table
from tracker.units import US_PER_S

TICKS_PER_US: Final = 12
FIRST_MARK: Final = 0xFF00_4D4C_4150
LAST_MARK: Final = 0xFF00_4D4C_4170
COUNTER_MASK: Final = (1 << 48) - 1
NS_MASK: Final = (1 << 30) - 1
NS_PER_S: Final = 1_000_000_000
S_PER_DAY: Final = 86_400
MOST_LISTENED_BYTES: Final = 1 << 23
"""So much of a recording is read before it is taken for a counter: 83 s of 4,000 frames a second."""

_TOP, _FIRST_NS, _LAST_NS, _IN_SECOND, _SEEN, _IMPOSSIBLE, _WEIGHT, _MARK, _MARK_US, _SETTLED = range(10)
_STRETCHES, _IN_STRETCH, _SECONDS, _DENSE = range(10, 14)
_CELLS: Final = 14
_NONE: Final = -1
_HOUR_S: Final = 3_600
_WEAK, _STRONG, _ENOUGH, _ENOUGH_OF_BOTH = 69, 1_500, 7_000, 10_000
_MANY_FRAMES: Final = 5
_GAPS: Final = 6
_RATE_US: Final = 2 * US_PER_S
_UNSETTLED, _COUNTER, _GPS = 0, 1, 2
_NAMES: Final = ("", "12mhz", "gps")


@njit(cache=True, nogil=True)
def is_stamp(ticks: int) -> bool:
    """Whether it is a time at all, and none of readsb's marks."""
    return 0 < ticks < FIRST_MARK or LAST_MARK < ticks < COUNTER_MASK


@njit(cache=True, nogil=True)
def is_gps_stamp(stamp: int) -> bool:
    """Whether these bits can be a time of day."""
    return stamp >> 30 <= S_PER_DAY and stamp & NS_MASK < NS_PER_S


@njit(cache=True, nogil=True)
def weigh(stamps: NDArray[np.int64], judge: NDArray[np.int64]) -> None:
    """Add the evidence of some stamps."""
    for i in range(len(stamps)):
        stamp = stamps[i]
        if not is_stamp(stamp):
            continue
        judge[_SEEN] += 1
        if not is_gps_stamp(stamp):
            judge[_IMPOSSIBLE] += 1
            judge[_STRETCHES] += 1 - judge[_IN_STRETCH]
            judge[_IN_STRETCH] = 1
            continue
        judge[_IN_STRETCH] = 0
        second, ns, top = stamp >> 30, stamp & NS_MASK, judge[_TOP]
        if second == top:
            if ns >= judge[_LAST_NS]:
                judge[_LAST_NS] = ns
                judge[_IN_SECOND] += 1
            continue
        step = (second - top) % S_PER_DAY
        if top != _NONE and step > _HOUR_S and S_PER_DAY - step <= _HOUR_S:
            continue  # frames out of order
        if top != _NONE and step <= _HOUR_S:
            weight = _WEAK
            if step == 1 and judge[_IN_SECOND] >= _MANY_FRAMES:
                near = _GAPS * (judge[_LAST_NS] - judge[_FIRST_NS]) // (judge[_IN_SECOND] - 1)
                if NS_PER_S - judge[_LAST_NS] <= near and ns <= near:
                    weight = _STRONG
                    judge[_DENSE] += weight
            judge[_WEIGHT] += weight
            judge[_SECONDS] += 1
        judge[_TOP], judge[_FIRST_NS], judge[_LAST_NS], judge[_IN_SECOND] = second, ns, ns, 1
    few = judge[_IMPOSSIBLE] * 100 <= judge[_SEEN]
    if (judge[_DENSE] >= _ENOUGH and few) or (
        judge[_WEIGHT] >= _ENOUGH_OF_BOTH and judge[_STRETCHES] * 150 <= judge[_SECONDS]
    ):
        judge[_SETTLED] = _GPS
    elif judge[_IMPOSSIBLE] >= 8 and judge[_IMPOSSIBLE] * 20 > judge[_SEEN]:
        judge[_SETTLED] = _COUNTER


class WhichClock:
    """The judge of one input; once settled it stays so."""

    def __init__(self) -> None:
        self._judge = np.zeros(_CELLS, np.int64)
        self._judge[[_TOP, _MARK]] = _NONE

    @property
    def name(self) -> str:
        """``12mhz``, ``gps``, or empty as long as nothing is settled."""
        return _NAMES[int(self._judge[_SETTLED])]

    def told(self, name: str) -> None:
        """Somebody said it: a person, or a status message."""
        self._judge[_SETTLED] = _NAMES.index(name)

    def weigh(self, stamps: NDArray[np.int64], received_us: int | None) -> None:
        """Add the evidence of some stamps; ``received_us`` is None in a replay."""
        if self._judge[_SETTLED]:
            return
        weigh(stamps, self._judge)
        timed = stamps[(stamps > 0) & (stamps < FIRST_MARK)]
        if received_us is None or self._judge[_SETTLED] or not len(timed):
            return
        last = int(timed[-1])
        if self._judge[_MARK] != _NONE:
            passed_us = received_us - int(self._judge[_MARK_US])
            if 0 <= passed_us < _RATE_US:
                return
            self._judge[_SETTLED] = _same_pace(int(self._judge[_MARK]), last, passed_us)
        self._judge[_MARK], self._judge[_MARK_US] = last, received_us

    def table(self) -> pa.Table:
        """For a snapshot."""
        return vector_table(self._judge)

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        restore_vector(self._judge, table)


def _same_pace(before: int, after: int, passed_us: int) -> int:
    """Which of the two clocks went on as ours did, between two stamps."""
    allowed_us = passed_us // 5 + 300_000
    if is_gps_stamp(before) and is_gps_stamp(after):
        of_day_us = ((after >> 30) - (before >> 30)) % S_PER_DAY * US_PER_S
        gps_us = of_day_us + ((after & NS_MASK) - (before & NS_MASK)) // 1_000
        if abs(gps_us - passed_us) <= allowed_us:
            return _GPS
    counted_us = (after - before) // TICKS_PER_US
    return _COUNTER if abs(counted_us - passed_us) <= allowed_us else _UNSETTLED
