"""Visits: the row-by-row state machine of one transmitter and one zone.

``on`` says whether a report lies where the zone's sense looks: inside the outline, or for sense ``outside`` out of it. A report is ``sure`` when it
lies inside, or so far out that no noise put it there. A *crossing* is ``confirm_reports`` reports in a row on the other side of which the
last is sure, or any run of them lasting ``edge``.

State machine::

    sense inside                                 sense outside
    NONE --crossing in--> ON                     NONE --crossing in--> OFF
    ON   --crossing out or silence--> NONE       OFF  --crossing out--> ON
                                                 ON   --crossing in--> OFF      OFF, ON --silence--> NONE

Becoming ON gives the record OPEN, known at the report that confirms; ceasing to be ON gives END, known at the report that confirms or,
in silence, at the end of the longest silence allowed. A record carries the visit as it stood.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba

OPEN: Final = 0
LEFT: Final = 1
SILENT: Final = 2

NONE: Final = 0
OFF: Final = 1
ON: Final = 2

(
    LAST_US, PHASE, RUN, RUN_US, RUN_LAT, RUN_LON, BEFORE_US, START_US, START_LAT, START_LON, START_KN, START_COURSE, START_FT,
    ON_US, ON_LAT, ON_LON, REPORTS, SLOWEST_KN, DEEP_KM, DEEP_LAT, DEEP_LON, DEEP_US,
) = range(22)  # fmt: skip
WIDTH: Final = 22
"""Numbers of a visit. ``RUN..`` the reports in a row on the other side and where they began; ``BEFORE_US`` the report before she came;
``START..`` the first and ``ON..`` the last report of the visit; ``DEEP..`` where she was farthest from the edge. Instants are microseconds,
exact in doubles."""


@numba.njit(cache=True, nogil=True)
def _begin(
    s: Any, now: float, before: float, lat: float, lon: float, speed: float, course: float, altitude: float
) -> None:
    """A visit may begin at this report."""
    s[BEFORE_US], s[START_US], s[START_LAT], s[START_LON] = before, now, lat, lon
    s[START_KN], s[START_COURSE], s[START_FT] = speed, course, altitude
    s[REPORTS] = 0.0
    s[SLOWEST_KN] = s[DEEP_KM] = math.nan


@numba.njit(cache=True, nogil=True)
def _stay(s: Any, now: float, lat: float, lon: float, speed: float, deep_km: float) -> None:
    """One more report of a visit."""
    s[ON_US], s[ON_LAT], s[ON_LON] = now, lat, lon
    s[REPORTS] += 1.0
    if not s[SLOWEST_KN] <= speed and not math.isnan(speed):
        s[SLOWEST_KN] = speed
    if not s[DEEP_KM] >= deep_km and not math.isnan(deep_km):
        s[DEEP_KM], s[DEEP_LAT], s[DEEP_LON], s[DEEP_US] = deep_km, lat, lon, now


@numba.njit(cache=True, nogil=True)
def follow(
    first: int, slots: Any, rows: Any, holds: Any, sure: Any, edge_km: Any, outside: Any, silence_us: Any, before_us: Any,
    time_us: Any, lat: Any, lon: Any, speed: Any, course: Any, altitude: Any, state: Any, confirm: int, edge_us: float,
    out_slot: Any, out_known: Any, out_kind: Any, out: Any,
) -> tuple[int, int]:  # fmt: skip
    """Carry the pairs ``first``.. (a report and a zone, in time order per visit) through; stops early when the records are nearly full.

    ``rows`` picks the report of each pair from the columns; ``before_us`` is when its transmitter gave its position before. Returns (next pair, records).
    """
    count = 0
    for i in range(first, len(slots)):
        if count + 2 > len(out_slot):
            return i, count
        s, row = state[slots[i]], rows[i]
        now = float(time_us[row])
        if (s[PHASE] != NONE or s[RUN] > 0.0) and now - s[LAST_US] > silence_us[i]:
            if s[PHASE] == ON:
                out_slot[count], out_kind[count] = slots[i], SILENT
                out_known[count] = int(s[LAST_US] + silence_us[i])
                out[count] = s
                count += 1
            s[PHASE], s[RUN] = NONE, 0.0
        s[LAST_US] = now
        on = holds[i] != outside[i]
        if s[PHASE] == ON:
            crossing = not on
        elif s[PHASE] == OFF:
            crossing = on
        else:
            crossing = holds[i]
        if s[PHASE] == ON and on:
            _stay(s, now, lat[row], lon[row], speed[row], edge_km[i])
        if not crossing:
            s[RUN] = 0.0
            continue
        if s[RUN] == 0.0:
            s[RUN_US], s[RUN_LAT], s[RUN_LON] = now, lat[row], lon[row]
            if s[PHASE] != ON:
                _begin(s, now, before_us[row], lat[row], lon[row], speed[row], course[row], altitude[row])
        s[RUN] += 1.0
        if s[PHASE] != ON:
            _stay(s, now, lat[row], lon[row], speed[row], edge_km[i])
        if not ((s[RUN] >= confirm and sure[i]) or now - s[RUN_US] >= edge_us):
            continue
        was_on, becomes_on = s[PHASE] == ON, s[PHASE] == OFF or (s[PHASE] == NONE and not outside[i])
        s[RUN] = 0.0
        if was_on or becomes_on:
            out_slot[count], out_known[count], out_kind[count] = slots[i], time_us[row], LEFT if was_on else OPEN
            out[count] = s
            count += 1
        if becomes_on:
            s[PHASE] = ON
        else:
            s[PHASE] = OFF if outside[i] else NONE
    return len(slots), count


@numba.njit(cache=True, nogil=True)
def before(slots: Any, time_us: Any, last_us: Any, out: Any) -> None:
    """When each report's transmitter gave its position before (NaN: never); ``last_us`` is carried on."""
    for i in range(len(slots)):
        last = last_us[slots[i]]
        out[i] = math.nan if last < 0 else float(last)
        last_us[slots[i]] = time_us[i]
