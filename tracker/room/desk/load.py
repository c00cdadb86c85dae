"""The load of a desk: how many alerts began to call, and whether that is a flood (ISA-18.2, IEC 62682)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracker.room.desk.clocks import HOUR_US, MINUTE_US

WINDOW_US: Final = 10 * MINUTE_US
FLOOD_BEGINS_ABOVE: Final = 10
"""In ten minutes."""
FLOOD_ENDS_BELOW: Final = 5
ACCEPTABLE_AN_HOUR: Final = 6
MANAGEABLE_AN_HOUR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What called at a desk, counted up to an instant; ``flood_since_us`` is None where there is no flood."""

    last_10_min: int
    last_hour: int
    last_shift: int
    shift_h: float
    flood_since_us: int | None
    floods: int
    """Floods that began in the shift."""
    sentence: str


def floods_of(times_us: Sequence[int], now_us: int) -> list[tuple[int, int | None]]:
    """When floods began and ended; the end is None while one goes on.

    Parameters
    ----------
    times_us:
        When alerts began to call, ascending. A flood begins with the call that is the eleventh within ten minutes, and ends when fewer than five are left.
    """
    steps = sorted(
        [(t, 1) for t in times_us if t <= now_us] + [(t + WINDOW_US, -1) for t in times_us if t + WINDOW_US <= now_us]
    )
    found: list[tuple[int, int | None]] = []
    begun_us: int | None = None
    within = 0
    for at_us, change in steps:
        within += change
        if begun_us is None and within > FLOOD_BEGINS_ABOVE:
            begun_us = at_us
        elif begun_us is not None and within < FLOOD_ENDS_BELOW:
            found.append((begun_us, at_us))
            begun_us = None
    if begun_us is not None:
        found.append((begun_us, None))
    return found


def load_of(times_us: Sequence[int], now_us: int, shift_us: int) -> Load:
    """The load of a desk at an instant, of the times at which alerts began to call, ascending; a little more than a shift of them is enough."""

    def within(span_us: int) -> int:
        return bisect_right(times_us, now_us) - bisect_left(times_us, now_us - span_us + 1)

    floods = floods_of(times_us, now_us)
    flood_since_us = floods[-1][0] if floods and floods[-1][1] is None else None
    hour = within(60 * MINUTE_US)
    if flood_since_us is not None:
        sentence = (
            f"flood since {(now_us - flood_since_us) // MINUTE_US} min: {within(WINDOW_US)} alerts in the last 10 min"
        )
    elif hour > MANAGEABLE_AN_HOUR:
        sentence = f"{hour} alerts in the last hour: more than one desk can manage ({MANAGEABLE_AN_HOUR})"
    elif hour > ACCEPTABLE_AN_HOUR:
        sentence = (
            f"{hour} alerts in the last hour: manageable, and more than is likely acceptable ({ACCEPTABLE_AN_HOUR})"
        )
    else:
        sentence = f"{hour} alerts in the last hour: acceptable"
    return Load(
        last_10_min=within(WINDOW_US),
        last_hour=hour,
        last_shift=within(shift_us),
        shift_h=shift_us / HOUR_US,
        flood_since_us=flood_since_us,
        floods=sum(begun > now_us - shift_us for begun, _ in floods),
        sentence=sentence,
    )
